"""What measures of a map share: checked samples, distances in blocks, distances on the map."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from neurosim.core import checks
from neurosim.core.errors import DataError
from neurosim.core.jit import one_blas_thread
from neurosim.som.space import Space, Whitened

if TYPE_CHECKING:
    from neurosim.som.som import SOM
    from neurosim.som.topology import Topology

BLOCK = 1 << 20  # distances held at a time
CLOSE = 1e-4  # squares below this share of both vectors' would lose too many digits as |a|^2 + |b|^2 - 2 a.b


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

    `x` are samples as `som._samples` returns them, or the points themselves; `points` have no missing values. Distances
    in Euclid's space are right to 9 digits each, however far the data lie from the origin or some of them from others.
    """
    rows = np.arange(x.shape[0]) if rows is None else rows
    step, metric_space = max(1, BLOCK // len(points)), som._space(x)
    targets = np.ascontiguousarray(metric_space.weights(points))
    sources = targets if x is points else metric_space.samples(x)
    measure: Any = metric_space.distances
    if type(metric_space) in (Space, Whitened) and not sparse.issparse(x) and not np.isnan(x.sum()):
        centre = np.median(targets[:: max(1, len(targets) // 1000)], axis=0).astype(np.float64)
        targets, measure = targets - centre, _euclidean
    else:
        centre = np.zeros(1, targets.dtype)
    for i in range(0, len(rows), step):
        block = rows[i : i + step]
        with one_blas_thread():
            distances = measure(sources[block] - centre if measure is _euclidean else sources[block], targets)
        yield block, distances


def _euclidean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the distances of all a (N, D) from all b (M, D), both float64, shape (N, M)."""
    sums = np.einsum("ij,ij->i", a, a)[:, None] + np.einsum("ij,ij->i", b, b)
    squares = sums - 2 * a @ b.T
    i, j = np.nonzero(squares <= CLOSE * sums)
    step = max(1, BLOCK // a.shape[1])
    for k in range(0, len(i), step):
        some = slice(k, k + step)
        squares[i[some], j[some]] = ((a[i[some]] - b[j[some]]) ** 2).sum(axis=1)
    return np.sqrt(squares)
