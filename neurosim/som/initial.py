"""The weights that training starts from."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import eigh
from scipy.sparse.linalg import ArpackError, LinearOperator, svds

from neurosim.core import random
from neurosim.som import rules
from neurosim.som.topology import Topology

BLOCK = 1 << 16  # values converted to float64 at a time


def blocks(x: np.ndarray) -> Iterator[slice]:
    """Yield slices of samples that hold about BLOCK values each."""
    step = max(1, BLOCK // x.shape[1])
    yield from (slice(i, i + step) for i in range(0, len(x), step))


def weighted_mean(x: Any, sample_weight: np.ndarray) -> np.ndarray:
    """Return the weighted mean (D,) in float64, without a copy of `x`."""
    total = sample_weight.sum(dtype=np.float64)
    if sparse.issparse(x):
        of_rows: np.ndarray = x.T @ sample_weight.astype(np.float64) / total
        return of_rows
    mean: np.ndarray = sum(sample_weight[b].astype(np.float64) @ x[b] for b in blocks(x)) / total
    return mean


def scatter(x: np.ndarray, sample_weight: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return the weighted sum of the outer products of the samples less their mean, (D, D) float64."""
    matrix = np.zeros((x.shape[1], x.shape[1]))
    for b in blocks(x):
        centred = x[b] - mean
        matrix += (centred * sample_weight[b, None]).T @ centred
    return matrix


def without_gaps(x: Any, sample_weight: np.ndarray) -> Any:
    """Return the samples with the mean of the feature where a value is missing; `x` itself if none is."""
    if sparse.issparse(x) or not rules.has_gaps(x):
        return x
    gaps = np.isnan(x)
    known = np.where(gaps, 0, sample_weight[:, None]).sum(0, dtype=np.float64)
    mean = (np.where(gaps, 0, x) * sample_weight[:, None]).sum(0, dtype=np.float64) / np.maximum(known, 1e-300)
    return np.where(gaps, mean.astype(x.dtype), x)


def principal_axes(x: Any, sample_weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean (D,) and the two largest principal components (2, D), as long as the standard deviation there.

    The largest entry of a component is positive; a component without variance is zero.
    """
    mean, total = weighted_mean(x, sample_weight), sample_weight.sum(dtype=np.float64)
    n, d = x.shape
    if sparse.issparse(x):
        return mean, _sparse_axes(x, sample_weight / total, mean)
    if d <= n:
        matrix = scatter(x, sample_weight, mean)
    else:  # fewer samples than features: the same values, and vectors in the span of the samples
        rows = (x - mean) * np.sqrt(sample_weight[:, None].astype(np.float64))
        matrix = rows @ rows.T
    values, vectors = eigh(matrix / total, subset_by_index=[max(0, len(matrix) - 2), len(matrix) - 1])
    axes = np.zeros((2, d))
    for axis, value, vector in zip(axes, values[::-1], vectors.T[::-1], strict=False):
        vector = vector if d <= n else vector @ rows
        length = np.linalg.norm(vector)
        if value > 1e-12 * values[-1] and length > 0:
            axis[:] = np.sqrt(value) / length * vector * np.sign(vector[np.argmax(np.abs(vector))])
    return mean, axes


def _sparse_axes(x: Any, shares: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return the principal components of `principal_axes` for a CSR matrix, without making it dense."""
    if min(x.shape) < 4:
        return principal_axes(x.toarray(), shares)[1]
    roots = np.sqrt(shares.astype(np.float64))
    rows = LinearOperator(
        x.shape,
        matvec=lambda v: roots * (x @ v.ravel() - mean @ v.ravel()),
        rmatvec=lambda v: x.T @ (roots * v.ravel()) - mean * (roots @ v.ravel()),
        dtype=np.float64,
    )
    axes = np.zeros((2, x.shape[1]))
    start = random.uniform(0, 0, min(x.shape)) - 0.5
    for k in (2, 1):  # ARPACK gives up where there are fewer directions with variance than asked for
        try:
            _, values, vectors = svds(rows, k=k, v0=start)
            break
        except ArpackError:
            continue
    else:
        return axes
    for axis, value, vector in zip(axes, values[::-1], vectors[::-1], strict=False):
        if value > 1e-6 * values.max():
            axis[:] = value * vector * np.sign(vector[np.argmax(np.abs(vector))])
    return axes


def pca(x: Any, sample_weight: np.ndarray, topology: Topology) -> np.ndarray:
    """Spread the units evenly on the plane of the two largest principal components.

    The longer side of the map spans one standard deviation to either side along the first component, the shorter side
    along the second (the SOM Toolbox's linear initialisation).
    """
    mean, axes = principal_axes(x, sample_weight)
    extent = topology.positions.max(0)
    place = 2.0 * topology.positions / np.where(extent > 0, extent, 1.0) - (extent > 0)
    if extent[1] > extent[0]:
        place = place[:, ::-1]
    return mean + place @ axes


def uniform(x: Any, key: int, topology: Topology) -> np.ndarray:
    """Draw every weight uniformly between the least and the largest value of its feature."""
    ends = x.min(0), x.max(0)
    low, high = (np.asarray(e.toarray() if sparse.issparse(e) else e, np.float64).ravel() for e in ends)
    return low + (high - low) * random.uniform(key, 0, (topology.units, x.shape[1]))


def sample(x: Any, sample_weight: np.ndarray, key: int, topology: Topology) -> np.ndarray:
    """Take different samples of positive weight in random order, over and over if there are fewer than units."""
    candidates = np.flatnonzero(sample_weight)
    order = candidates[np.argsort(random.uniform(key, 0, len(candidates)), kind="stable")]
    rows = x[np.resize(order, topology.units)]
    return np.asarray(rows.toarray() if sparse.issparse(rows) else rows, np.float64)
