"""Whether neighbours in the data are neighbours on the map: measures by ranks, in blocks of samples."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.som.measures_common import anchor_rows, complete, distance_blocks, map_squares

if TYPE_CHECKING:
    from neurosim.som.som import SOM
    from neurosim.som.topology import Topology


class Preservation(NamedTuple):
    """The three measures by ranks; see `trustworthiness`, `continuity`, `neighbourhood_preservation`."""

    trustworthiness: float
    continuity: float
    neighbourhood_preservation: float


def trustworthiness(som: "SOM", X: Any, *, neighbours: int = 10, anchors: int | None = None) -> float:
    """Return how far samples that are close on the map are close in the data.

    ``T(k) = 1 - 2 / (N k (2N - 3k - 1)) sum_i sum_{j in U_k(i)} (r(i, j) - k)``, where U_k(i) are the samples among the
    k nearest of i on the map but not in the data, and r(i, j) is the rank of j by its distance from i in the data.

    Parameters
    ----------
    som : SOM
        A fitted map.
    X : (samples, features) array
        On the scale that the map was trained on, without missing values.
    neighbours : int in [1, samples / 2), default 10
        The k of the formula.
    anchors : int >= 1, optional
        Take the outer mean over so many samples, evenly spaced, instead of all N; neighbours are still sought among
        all. The time grows with anchors * N log N, the memory with N.

    Returns
    -------
    float in [0, 1]
        1 if the k nearest on the map are always the k nearest in the data.

    Raises
    ------
    DataError
        If X is sparse or has missing values.
    InvalidParameter
        If `neighbours` or `anchors` is not as described.

    Notes
    -----
    Samples of one unit have the same place, so most ranks on a map are tied; distances in the data are if they agree to
    9 digits (float32: 6). All orders of tied samples count as
    equally likely, and what is returned is the mean over them, exactly; other programs break ties by the order of the
    samples.

    References
    ----------
    J. Venna, S. Kaski, "Neighborhood preservation in nonlinear projection methods: an experimental study", ICANN 2001,
    485-491. From memory, not checked against the
    paper.

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> from neurosim.som import SOM
    >>> from neurosim.som.measures_ranks import trustworthiness
    >>> iris = load_iris()
    >>> trustworthiness(SOM(grid=(8, 12)).fit(iris.data), iris.data) > 0.95
    True
    """
    return preservation(som, X, neighbours=neighbours, anchors=anchors).trustworthiness


def continuity(som: "SOM", X: Any, *, neighbours: int = 10, anchors: int | None = None) -> float:
    """Return how far samples that are close in the data are close on the map.

    The formula of `trustworthiness` with data and map exchanged: it counts the samples among the k nearest in the data
    but not on the map, by their rank on the map. Parameters, errors, ties and source as there.

    Returns
    -------
    float in [0, 1]
        1 if the k nearest in the data are always the k nearest on the map.
    """
    return preservation(som, X, neighbours=neighbours, anchors=anchors).continuity


def neighbourhood_preservation(som: "SOM", X: Any, *, neighbours: int = 10, anchors: int | None = None) -> float:
    """Return the mean share of the k nearest samples in the data that are among the k nearest on the map.

    Parameters, errors and ties as in `trustworthiness`.

    Returns
    -------
    float in [0, 1]
        About k / N if map and data have nothing to do with each other.
    """
    return preservation(som, X, neighbours=neighbours, anchors=anchors).neighbourhood_preservation


def preservation(som: "SOM", X: Any, *, neighbours: int = 10, anchors: int | None = None) -> Preservation:
    """Return all three measures by ranks in the time of one; parameters and errors as in `trustworthiness`."""
    x = complete(som, X, "measures by ranks")
    checks.at_least("preservation", "neighbours", neighbours, 1)
    if 2 * neighbours >= len(x):
        raise InvalidParameter("preservation", "neighbours", neighbours, f"less than half of the {len(x)} samples")
    return preservation_of(som, x, som._assigned(x)[0]["first"], neighbours, anchors)


def preservation_of(som: "SOM", x: np.ndarray, winners: np.ndarray, k: int, anchors: int | None) -> Preservation:
    """Return the three measures for samples whose best units are known."""
    n, rows = len(x), anchor_rows("preservation", len(x), anchors)
    rows = rows[np.argsort(winners[rows], kind="stable")]
    place, sums = _Places(som.topology, winners), np.zeros(3)
    digits = 6 if x.dtype == np.float32 else 9
    angles = isinstance(som.metric, str) and som.metric in ("cosine", "correlation")
    for block, distances in distance_blocks(som, x, x, rows):
        for i, row in zip(block, _rounded(distances, angles, digits), strict=True):
            sums += _row(np.delete(row, i), *place.ranks(i), k)
    worst = len(rows) * k * (2 * n - 3 * k - 1) / 2
    values = 1 - sums[0] / worst, 1 - sums[1] / worst, sums[2] / (len(rows) * k)
    return Preservation(*map(float, values))


def _rounded(distances: np.ndarray, angles: bool, digits: int) -> np.ndarray:
    """Return distances (block, N) with `digits` digits, so that equal ones tie in spite of rounding.

    Of each, or an outlier would make all others tie; but of the row's largest where they are one minus a cosine, whose
    rounding errors do not shrink with it.
    """
    if angles:
        return np.round(distances / np.maximum(distances.max(axis=1, keepdims=True), 1e-300), 7)
    mantissas, exponents = np.frexp(distances)
    result: np.ndarray = np.ldexp(np.round(mantissas, digits), exponents)
    return result


def _row(distances: np.ndarray, low: np.ndarray, high: np.ndarray, k: int) -> np.ndarray:
    """Return what one sample adds to the three sums.

    `distances` (N - 1,) are those in the data, rounded, `low` and `high` the ends of the ranks on the map that each of
    the other samples may have.
    """
    ordered = np.sort(distances)
    near = np.flatnonzero(distances <= ordered[k - 1])
    close = np.flatnonzero(low <= k)
    first = np.searchsorted(ordered, distances[close], "left") + 1
    last = np.searchsorted(ordered, distances[close], "right")
    tied = np.searchsorted(ordered, ordered[k - 1], "left")
    among = np.where(distances[near] < ordered[k - 1], 1.0, (k - tied) / (len(near) - tied))
    intruders = _among(low[close], high[close], k) @ _excess(first, last, k)
    missing = among @ _excess(low[near], high[near], k)
    return np.array([intruders, missing, among @ _among(low[near], high[near], k)])


def _among(low: np.ndarray, high: np.ndarray, k: int) -> np.ndarray:
    """Return the probability that a rank, equally likely to be any from `low` to `high`, is at most k."""
    return np.clip((k - low + 1) / (high - low + 1), 0.0, 1.0)


def _excess(low: np.ndarray, high: np.ndarray, k: int) -> np.ndarray:
    """Return the mean of max(0, rank - k) over the ranks from `low` to `high`."""
    least, most = np.maximum(low - k, 1), high - k
    return np.where(most > 0, (most - least + 1) * (most + least) / (2.0 * (high - low + 1)), 0.0)


class _Places:
    """Ranks of all samples by their distance on the map, worked out once for each unit."""

    def __init__(self, topology: "Topology", winners: np.ndarray) -> None:
        self.topology, self.winners = topology, winners
        self.hits = np.bincount(winners, minlength=topology.units)
        self.known: tuple[int, tuple[np.ndarray, np.ndarray]] = (-1, (winners, winners))

    def ranks(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and the largest rank that each sample but i may have, seen from sample i."""
        unit = int(self.winners[i])
        if self.known[0] != unit:
            self.known = (unit, self._from(unit))
        low, high = self.known[1]
        others = np.delete(self.winners, i)
        return low[others], high[others]

    def _from(self, unit: int) -> tuple[np.ndarray, np.ndarray]:
        hits = self.hits.copy()
        hits[unit] -= 1  # without the sample itself
        _, group = np.unique(map_squares(self.topology, [unit])[0], return_inverse=True)
        within = np.cumsum(np.bincount(group, weights=hits)).astype(np.int64)
        return np.concatenate([[0], within])[group] + 1, within[group]
