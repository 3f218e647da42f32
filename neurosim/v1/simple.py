"""Simple cells: a linear field and an output nonlinearity, and Hubel and Wiesel's, made of rows of LGN cells."""

from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.v1.gabor import Gabor
from neurosim.v1.lgn import SHAPE, DifferenceOfGaussians, frames_of, project
from neurosim.v1.stimuli import shape_of

NONLINEARITIES = ("rectified", "half-squared", "linear", "full")


def a_gabor(owner: str, gabor: Any) -> Gabor:
    """Return `gabor`, or raise InvalidParameter if it is something else."""
    if not isinstance(gabor, Gabor):
        raise InvalidParameter(owner, "gabor", gabor, "a Gabor")
    return gabor


class SimpleCell:
    """A linear field and an output nonlinearity: rate = gain * N(L - threshold) with L = sum_u w(u) I(u).

    A matched grating of contrast 1 drives the cell to L = amplitude * pi * sigma_x * sigma_y at its best phase. A
    drifting grating gives F1/F0 = pi/2 = 1.571 with "rectified" and 16/(3 pi) = 1.698 with "half-squared" if the
    threshold is 0, and half-squaring narrows a Gaussian tuning curve by sqrt(2).

    Parameters
    ----------
    gabor : Gabor
        The field; its `orientation` is the cell's preferred one and its `phase` the cell's.
    shape : (rows, columns), default (33, 33)
        Of the field and of every frame. What is outside is cut off: where closed forms have to hold give 5 standard
        deviations to every side, and 8 to a field of 1 octave, whose own answers are so small there.
    nonlinearity : "rectified", "half-squared", "linear" or "full", default "rectified"
        N(z) = max(0, z); max(0, z)^2 (Heeger 1992); z, a membrane potential rather than a rate, which may be negative;
        or `|z|`, full-wave, which subtracts the threshold from `|L|` and rectifies.
    threshold : float >= 0, default 0
        What the linear answer has to exceed, in the unit of L. "linear" has none.
    gain : float > 0, default 1
        Rate per unit of N, e.g. spikes per second. It only scales.
    dc : "none", "subtract" or "quadrature", default "none"
        How the answer to uniform fields is removed; see `Gabor.kernel`.

    Attributes
    ----------
    field : (rows, columns) float64
        Receptive field w.

    Raises
    ------
    InvalidParameter
        If a parameter is outside its range.

    References
    ----------
    D. J. Heeger, "Half-squaring in responses of cat striate cells", Visual Neuroscience 9:427-443 (1992).

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.v1 import Gabor, SimpleCell
    >>> from neurosim.v1.stimuli import grating
    >>> cell = SimpleCell(Gabor(8, orientation=30, sigma_x=3))
    >>> cell.respond(grating((33, 33), 8, orientation=[30, 60, 120])).round(2) + 0.0
    array([28.27, 13.44,  0.22])
    >>> print(f"{np.pi * 3 * 3:.2f}")
    28.27
    """

    def __init__(
        self,
        gabor: Gabor,
        shape: tuple[int, int] = SHAPE,
        *,
        nonlinearity: str = "rectified",
        threshold: float = 0.0,
        gain: float = 1.0,
        dc: Any = "none",
    ) -> None:
        owner = type(self).__name__
        self.gabor, self.shape = a_gabor(owner, gabor), shape_of(owner, shape)
        checks.one_of(owner, "nonlinearity", nonlinearity, NONLINEARITIES)
        checks.number(owner, "threshold", threshold, "a number >= 0", least=0.0)
        if nonlinearity == "linear" and threshold != 0:
            raise InvalidParameter(owner, "threshold", threshold, 'zero with nonlinearity="linear"')
        checks.number(owner, "gain", gain, "a number > 0", above=0.0)
        self.nonlinearity, self.threshold, self.gain, self.dc = nonlinearity, threshold, gain, dc
        self.field = gabor.kernel(self.shape, dc=dc).real.copy()

    def linear(self, stimulus: Any) -> np.ndarray:
        """Return the signed answer L = sum_u w(u) I(u).

        Parameters
        ----------
        stimulus : (..., rows, columns) array
            Contrasts.

        Returns
        -------
        (...) float64

        Raises
        ------
        DataError
            If the frames have another shape than the field, or values that are not finite.
        """
        return project(self.field[None], frames_of(type(self).__name__, stimulus, self.shape))[..., 0]

    def respond(self, stimulus: Any) -> np.ndarray:
        """Return the rate gain * N(L - threshold) for every frame.

        Parameters
        ----------
        stimulus : (..., rows, columns) array

        Returns
        -------
        (...) float64
            >= 0 but for nonlinearity="linear".

        Raises
        ------
        DataError
            As `linear` does.
        """
        answer = self.linear(stimulus)
        if self.nonlinearity == "linear":
            return self.gain * answer
        excess = np.maximum(0.0, (np.abs(answer) if self.nonlinearity == "full" else answer) - self.threshold)
        return self.gain * (excess**2 if self.nonlinearity == "half-squared" else excess)


class HubelWieselCell:
    """A simple cell that sums LGN cells whose fields lie in rows (Hubel and Wiesel 1962), and has a threshold.

    rate = gain * max(0, drive - threshold), where drive is the mean rate of all LGN cells. A row of `n` on-centre cells
    lies along the preferred bar. With `flank`, a row of off-centre cells lies on either side: an on region between two
    off regions. The longer the row, the narrower the tuning to orientation. The threshold is what makes the cell
    selective: without one the mean over a drifting grating is the same for all orientations. It does not grow with
    contrast, so that tuning widens with contrast: the tip of the iceberg.

    Parameters
    ----------
    lgn : DifferenceOfGaussians, optional
        The LGN cell of which all are copies at other places; its polarity is that of the middle row. Default:
        ``DifferenceOfGaussians()``.
    n : int >= 1, default 8
        Cells in a row.
    orientation : float, default 0
        Preferred orientation in degrees, the normal of the preferred bar and of the rows.
    spacing : float > 0, optional
        Pixels between neighbours in a row. Default: twice the standard deviation of a centre.
    flank : float > 0, optional
        Distance in pixels of the rows of the other polarity, half the wavelength of the preferred grating. Default:
        no such rows.
    threshold : float >= 0, default 0
        What the drive has to exceed, in units of an LGN cell's rate.
    gain : float > 0, default 1
        Rate per unit of LGN rate above the threshold.

    Attributes
    ----------
    inputs : list of DifferenceOfGaussians
        The LGN cells.
    field : (rows, columns) float64
        Mean of their fields: what the drive would be per contrast if they were not rectified.

    Raises
    ------
    InvalidParameter
        If a parameter is outside its range.

    References
    ----------
    D. H. Hubel, T. N. Wiesel, "Receptive fields, binocular interaction and functional architecture in the cat's visual
    cortex", The Journal of Physiology 160:106-154 (1962).

    Examples
    --------
    >>> from neurosim.v1 import HubelWieselCell
    >>> from neurosim.v1.stimuli import bar
    >>> cell = HubelWieselCell(n=8, threshold=0.2)
    >>> cell.respond(bar((33, 33), 24, 3, orientation=[0, 15, 30, 90])).round(3)
    array([0.375, 0.156, 0.   , 0.   ])
    """

    def __init__(
        self,
        lgn: DifferenceOfGaussians | None = None,
        n: int = 8,
        *,
        orientation: float = 0.0,
        spacing: float | None = None,
        flank: float | None = None,
        threshold: float = 0.0,
        gain: float = 1.0,
    ) -> None:
        owner = type(self).__name__
        lgn = DifferenceOfGaussians() if lgn is None else lgn
        if not isinstance(lgn, DifferenceOfGaussians):
            raise InvalidParameter(owner, "lgn", lgn, "None or a DifferenceOfGaussians")
        checks.at_least(owner, "n", n, 1)
        checks.number(owner, "orientation", orientation, "a finite number (degrees)")
        spacing = 2.0 * lgn.center if spacing is None else spacing
        checks.number(owner, "spacing", spacing, "a number > 0 (pixels)", above=0.0)
        checks.number(owner, "flank", 1.0 if flank is None else flank, "None or a number > 0 (pixels)", above=0.0)
        checks.number(owner, "threshold", threshold, "a number >= 0", least=0.0)
        checks.number(owner, "gain", gain, "a number > 0", above=0.0)
        self.lgn, self.n, self.orientation, self.spacing, self.flank = lgn, n, orientation, spacing, flank
        self.threshold, self.gain, self.shape = threshold, gain, lgn.shape
        self.inputs = self._rows()
        self.field = np.mean([cell.field for cell in self.inputs], axis=0)

    def _rows(self) -> list[DifferenceOfGaussians]:
        """Return the cells of the middle row, then those of the two beside it."""
        angle = np.deg2rad(self.orientation)
        along = (np.arange(self.n) - (self.n - 1) / 2.0) * self.spacing
        other = "off" if self.lgn.polarity == "on" else "on"
        rows = [(0.0, self.lgn.polarity)]
        if self.flank is not None:
            rows += [(-self.flank, other), (self.flank, other)]
        return [
            self.lgn.moved(
                float(self.lgn.x0 + across * np.cos(angle) - place * np.sin(angle)),
                float(self.lgn.y0 + across * np.sin(angle) + place * np.cos(angle)),
                polarity,
            )
            for across, polarity in rows
            for place in along
        ]

    def lgn_rates(self, stimulus: Any) -> np.ndarray:
        """Return the rates of the LGN cells, (..., inputs), to frames (..., rows, columns)."""
        frames = frames_of(type(self).__name__, stimulus, self.shape)
        answers = project(np.stack([cell.field for cell in self.inputs]), frames)
        return self.lgn.gain * np.maximum(0.0, self.lgn.background + answers)

    def linear(self, stimulus: Any) -> np.ndarray:
        """Return the signed answer sum_u w(u) I(u) of `field` to frames (..., rows, columns), in units of contrast."""
        return project(self.field[None], frames_of(type(self).__name__, stimulus, self.shape))[..., 0]

    def respond(self, stimulus: Any) -> np.ndarray:
        """Return the rate gain * max(0, mean LGN rate - threshold) for every frame.

        Parameters
        ----------
        stimulus : (..., rows, columns) array
            Contrasts.

        Returns
        -------
        (...) float64, >= 0

        Raises
        ------
        DataError
            If the frames have another shape than the field, or values that are not finite.
        """
        return self.gain * np.maximum(0.0, self.lgn_rates(stimulus).mean(axis=-1) - self.threshold)
