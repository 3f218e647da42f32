"""The batch map on the CPU: the two best units of every sample, then sums for each unit, smoothed over the map.

Samples are searched independently of each other, and summed in blocks that depend on the problem only, so the bits are
the same for any number of threads. How they are searched and summed depends on their form: `cpu_dense` has numbers
everywhere, `cpu_missing` gaps, `cpu_sparse` the rows of a CSR matrix, `cpu_generic` any other distance than Euclid's.
"""

from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from neurosim.core import parallel
from neurosim.core.jit import driver
from neurosim.core.vector import LANES
from neurosim.som import cpu_dense, cpu_generic, cpu_missing, cpu_sparse, rules
from neurosim.som.topology import Radial

SMOOTHED_BYTES = 8 << 20  # at a time


class State(NamedTuple):
    """The arrays of a map in training; `advance`, `assign` and `normalise` change them in place."""

    form: ModuleType
    data: Any  # the samples, as the form has prepared them
    sample_weight: np.ndarray  # (N,)
    weights: np.ndarray  # (M, D)
    first: np.ndarray  # best unit of every sample, with room for whole blocks
    second: np.ndarray  # second best unit
    sums: np.ndarray  # (P, M, D + 1 or 2 D) weighted sums of the units' samples and of their weights, partial
    geometry: tuple[np.ndarray, float, float, float]  # positions (M, 2), periods, squared reach of neighbours


def begin(x, sample_weight, weights, positions, periods, reach2, distance=None):
    """Lay out the state of a map.

    `x` is a C-contiguous array (N, D), in which NaN is a missing value, or a CSR matrix; float32 or float64, as
    `weights` (M, D). `distance` is a compiled function of a sample and a weight vector; None is Euclid's distance.
    """
    form: ModuleType
    data: Any
    if distance is not None:
        form, data = cpu_generic, cpu_generic.prepare(x, distance)
    elif sparse.issparse(x):
        form, data = cpu_sparse, cpu_sparse.prepare(x)
    else:
        form, data = cpu_missing if rules.has_gaps(x) else cpu_dense, cpu_dense.prepare(x)
    room = x.shape[0] + LANES - 1  # the last block of the search may be cut short
    return State(
        form,
        data,
        cpu_dense.read_only(sample_weight),
        weights.copy(),
        np.empty(room, np.int32),
        np.empty(room, np.int32),
        form.room(data, len(weights)),
        (positions, *periods, reach2),
    )


def assign(state):
    """Find the two best units of every sample and return the metrics of the map as it is."""
    form, data, sample_weight, weights, first, second, sums, geometry = state
    form.search(data, weights, first, second)
    errors = form.collect(data, sample_weight, weights, first, second, sums, geometry)
    distance, squares, mismatch = errors / sample_weight.sum(dtype=np.float64)
    return rules.Metrics(distance, mismatch, squares)


def advance(state, smoothing):
    """Do one epoch with a neighbourhood of `Topology.smoothing`; return the metrics of the map before the update."""
    metrics = assign(state)
    sums = state.sums[0] if len(state.sums) == 1 else state.sums.sum(0)
    m, d = state.weights.shape
    below = _smooth(state, sums[:, d:], smoothing) if sums.shape[1] == d + 1 else None
    step = max(1, SMOOTHED_BYTES // (8 * m))
    for j in range(0, d, step):
        above = _smooth(state, sums[:, j : min(j + step, d)], smoothing)
        known = below if below is not None else _smooth(state, sums[:, d + j : min(d + j + step, 2 * d)], smoothing)
        _update(state.weights[:, j : j + step], above, known)
    return metrics


def normalise(state):
    """Scale every weight vector to length 1; a vector of zeros stays."""
    weights = state.weights
    lengths = np.sqrt(np.einsum("uj,uj->u", weights, weights, dtype=np.float64))
    weights /= np.where(lengths > 0, lengths, 1.0).astype(weights.dtype)[:, None]


def fetch(state, names=("weights", "first", "second")):
    """Return arrays of the state by name, on the host."""
    n = len(state.sample_weight)
    return {name: getattr(state, name) if name == "weights" else getattr(state, name)[:n] for name in names}


def _smooth(state, sums, smoothing):
    """Apply the neighbourhood to the per-unit sums (M, columns)."""
    if isinstance(smoothing, Radial):
        return _smooth_radial(sums, smoothing, *state.geometry[:3])
    along_y, along_x = smoothing
    rows, parities, columns = len(along_y), len(along_x), along_x.shape[-1]
    sums = sums.reshape(rows, columns, -1)
    out = np.empty((rows, columns * sums.shape[-1]))
    within = np.empty_like(sums)
    for p in range(parities):
        for q in range(parities):
            within[q::parities] = along_x[p, q] @ sums[q::parities]
        out[p::parities] = along_y[p::parities] @ within.reshape(rows, -1)
    return out.reshape(rows * columns, -1)


def _smooth_radial(sums, smoothing, positions, width, height):
    """Apply a neighbourhood that does not separate, some rows of the table of h at a time."""
    m = len(sums)
    out = np.empty(sums.shape)
    step = max(1, SMOOTHED_BYTES // (8 * m))
    for u in range(0, m, step):
        h = np.empty((min(step, m - u), m))
        parallel.run(_neighbourhood, len(h), u, positions, width, height, *smoothing, h)
        out[u : u + step] = h @ sums
    return out


@driver(nogil=True)
def _neighbourhood(begin, end, start, positions, width, height, kind, sigma, h):
    for k in range(begin, end):
        for v in range(len(positions)):
            dx = positions[start + k, 0] - positions[v, 0]
            dy = positions[start + k, 1] - positions[v, 1]
            h[k, v] = rules.neighbourhood(kind, rules.map_distance2(dx, dy, width, height), sigma)


@driver(error_model="numpy")
def _update(weights, above, below):
    for u in range(above.shape[0]):
        for j in range(above.shape[1]):
            known = below[u, j if below.shape[1] > 1 else 0]
            weights[u, j] = rules.batch_mean(above[u, j], known, weights[u, j])
