"""The weights that training starts from."""

from collections.abc import Iterator

import numpy as np
from scipy.linalg import eigh

from neurosim.core import random
from neurosim.som.topology import Topology

BLOCK = 1 << 16  # values converted to float64 at a time


def blocks(x: np.ndarray) -> Iterator[slice]:
    """Yield slices of samples that hold about BLOCK values each."""
    step = max(1, BLOCK // x.shape[1])
    yield from (slice(i, i + step) for i in range(0, len(x), step))


def weighted_mean(x: np.ndarray, sample_weight: np.ndarray) -> np.ndarray:
    """Return the weighted mean (D,) in float64, without a copy of `x`."""
    total = sample_weight.sum(dtype=np.float64)
    mean: np.ndarray = sum(sample_weight[b].astype(np.float64) @ x[b] for b in blocks(x)) / total
    return mean


def principal_axes(x: np.ndarray, sample_weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean (D,) and the two largest principal components (2, D), as long as the standard deviation there.

    The largest entry of a component is positive; a component without variance is zero.
    """
    mean, total = weighted_mean(x, sample_weight), sample_weight.sum(dtype=np.float64)
    n, d = x.shape
    if d <= n:
        matrix = np.zeros((d, d))
        for b in blocks(x):
            centred = x[b] - mean
            matrix += (centred * sample_weight[b, None]).T @ centred
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


def pca(x: np.ndarray, sample_weight: np.ndarray, topology: Topology) -> np.ndarray:
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


def uniform(x: np.ndarray, key: int, topology: Topology) -> np.ndarray:
    """Draw every weight uniformly between the least and the largest value of its feature."""
    low, high = x.min(0).astype(np.float64), x.max(0).astype(np.float64)
    return low + (high - low) * random.uniform(key, 0, (topology.units, x.shape[1]))


def sample(x: np.ndarray, sample_weight: np.ndarray, key: int, topology: Topology) -> np.ndarray:
    """Take different samples of positive weight in random order, over and over if there are fewer than units."""
    candidates = np.flatnonzero(sample_weight)
    order = candidates[np.argsort(random.uniform(key, 0, len(candidates)), kind="stable")]
    return x[np.resize(order, topology.units)].astype(np.float64)
