"""What measures of a map share: checked samples, distances in blocks, distances on the map."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from neurosim.core import checks
from neurosim.core.errors import DataError
from neurosim.core.jit import one_blas_thread

if TYPE_CHECKING:
    from neurosim.som.som import SOM
    from neurosim.som.topology import Topology

BLOCK = 1 << 20  # distances held at a time


def map_squares(topology: "Topology", units: Any) -> np.ndarray:
    """Return the squared map distances of some units from all, shape (some, units), equal ones as equal bits."""
    apart = np.abs(topology.positions[units][:, None] - topology.positions)
    shorter = np.minimum(apart, np.array(topology.periods) - apart)
    return np.round((shorter**2).sum(axis=2), 9)


def complete(som: "SOM", X: Any, what: str) -> np.ndarray:
    """Return X checked, for a measure that is not defined for sparse data or missing values."""
    check_is_fitted(som)
    if sparse.issparse(X):
        raise DataError(f"SOM: {what} need a dense array; X is sparse: X.toarray() makes it dense")
    x = som._samples(X)
    if np.isnan(x.min()):
        raise DataError(f"SOM: {what} are not defined for missing values (NaN); som.impute(X) fills them in")
    return x


def anchor_rows(owner: str, n: int, anchors: int | None) -> np.ndarray:
    """Return the numbers of the samples that a mean is taken over: all, or so many evenly spaced."""
    if anchors is None:
        return np.arange(n)
    checks.at_least(owner, "anchors", anchors, 1)
    count = min(anchors, n)
    return np.arange(count) * n // count


def is_euclidean(som: "SOM") -> bool:
    """Return whether the metric of the map is Euclid's, and no function."""
    return isinstance(som.metric, str) and som.metric == "euclidean"


def distance_blocks(
    som: "SOM", x: Any, points: np.ndarray, rows: np.ndarray | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield blocks of `rows` (default: all) of x and their distances from all points, in the metric of the map.

    `x` are samples as `som._samples` returns them, or the points themselves; `points` have no missing values. Euclid's
    distances are taken relative to the mean point, or they would cancel where the data lie far from the origin.
    """
    rows = np.arange(x.shape[0]) if rows is None else rows
    step, metric_space = max(1, BLOCK // len(points)), som._space(x)
    targets = np.ascontiguousarray(metric_space.weights(points))
    sources = targets if x is points else metric_space.samples(x)
    centre = targets.mean(axis=0) if is_euclidean(som) and not sparse.issparse(x) else np.zeros(1, targets.dtype)
    targets = targets - centre
    for i in range(0, len(rows), step):
        block = rows[i : i + step]
        with one_blas_thread():
            distances = metric_space.distances(sources[block] - centre if centre.any() else sources[block], targets)
        yield block, distances
