"""Counts of cells in the visual cortex of macaques, for drawing beside a model's.

The numbers are those by which J. Dapello et al., "Simulating a primary visual cortex at the front of CNNs improves
robustness to image perturbations" (VOneNet, NeurIPS 2020), sample their filters; they name the papers below as the
origin. The papers themselves were not checked.
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["ENVELOPE", "FREQUENCY", "ORIENTATION", "Histogram", "JointHistogram"]


@dataclass(frozen=True)
class Histogram:
    """Counts between edges.

    Attributes
    ----------
    edges : (bins + 1,)
        Ascending, in `unit`.
    counts : (bins,)
    unit : str
    source : str
    """

    edges: np.ndarray
    counts: np.ndarray
    unit: str
    source: str

    @property
    def median(self) -> float:
        """Median, interpolated in the logarithm where all edges are above 0, else linearly."""
        logarithmic = bool(self.edges[0] > 0)
        edges = np.log(self.edges) if logarithmic else self.edges
        share = np.append(0.0, np.cumsum(self.counts)) / self.counts.sum()
        middle = float(np.interp(0.5, share, edges))
        return float(np.exp(middle)) if logarithmic else middle


@dataclass(frozen=True)
class JointHistogram:
    """Counts of cells by n_x and n_y.

    Attributes
    ----------
    edges : (bins + 1,)
        Of n_x and of n_y, cycles: standard deviation of the envelope times frequency, across and along the bars.
    counts : (bins, bins)
        Row i holds n_x between edges i and i + 1, column j n_y.
    source : str
    """

    edges: np.ndarray
    counts: np.ndarray
    source: str

    def share_below(self, n: float) -> float:
        """Return the share of cells with n_x and n_y below `n`, counts spread evenly over the logarithm in a bin."""
        low, high = np.log(self.edges[:-1]), np.log(self.edges[1:])
        part = np.clip((np.log(n) - low) / (high - low), 0.0, 1.0)
        return float(part @ self.counts @ part / self.counts.sum())


ORIENTATION = Histogram(
    edges=np.array([-22.5, 22.5, 67.5, 112.5, 157.5]),
    counts=np.array([66, 49, 77, 54]),
    unit="degrees",
    source="R. L. De Valois, E. W. Yund, N. Hepler, Vision Research 22:531-544 (1982)",
)
FREQUENCY = Histogram(
    edges=np.array([0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0]),
    counts=np.array([4, 4, 8, 25, 32, 26, 28, 12]),
    unit="cycles/degree",
    source="R. L. De Valois, D. G. Albrecht, L. G. Thorell, Vision Research 22:545-559 (1982)",
)
ENVELOPE = JointHistogram(
    edges=np.logspace(-1.0, 0.2, 6),
    counts=np.array([[2, 0, 1, 0, 0], [8, 9, 4, 1, 0], [1, 2, 19, 17, 3], [0, 0, 1, 7, 4], [0, 0, 0, 0, 0]]),
    source="D. L. Ringach, Journal of Neurophysiology 88:455-463 (2002)",
)
for _array in (
    ORIENTATION.edges,
    ORIENTATION.counts,
    FREQUENCY.edges,
    FREQUENCY.counts,
    ENVELOPE.edges,
    ENVELOPE.counts,
):
    _array.flags.writeable = False
