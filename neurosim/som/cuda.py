"""The batch map on a CUDA device: the same search, sums and smoothing as on the CPU, a thread for each item.

The sums of a unit are added up in 64-bit fixed point, in which the order of the additions does not matter: the same
bits for every launch shape.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numba import cuda

from neurosim.core import device
from neurosim.core.errors import BackendError
from neurosim.som import rules
from neurosim.som.topology import Radial

UNITS = 8  # units that a thread scores at a time
SAMPLES = 4  # samples that a thread searches for
FIXED_BITS = 62


class State(NamedTuple):
    """The arrays of a map in training, on the device; `advance` and `assign` change them in place."""

    x: Any  # (N, D) samples
    sample_weight: Any  # (N,)
    weights: Any  # (M, D)
    centre: Any  # (D,) mean of the first weights, which the search takes as origin
    norms: Any  # (M,) squared length of the weights
    first: Any  # (N,) best unit
    second: Any  # (N,) second best unit
    fixed: Any  # (M, D + 1) weighted sums of the units' samples and of their weights, in fixed point
    errors: Any  # (3,) weighted sums of distance, squared distance and topographic mismatch, in fixed point
    within: Any  # (2, M, D + 1) the sums smoothed along the rows, for rows of either parity
    smoothed: Any  # (M, D + 1)
    positions: Any  # (M, 2) places of the units on the map
    periods: tuple
    reach2: Any
    scales: tuple  # fixed-point steps of sample weights, weighted values, distances and squared distances
    total: float  # sum of the sample weights


def begin(x, sample_weight, weights, positions, periods, reach2, distance=None):
    """Lay out the state of a map; arrays are float32 or float64, C-contiguous, `x` (N, D) and `weights` (M, D).

    Unlike the CPU's, these kernels take no NaN, no CSR matrix, and no other distance than Euclid's.
    """
    if distance is not None:
        raise BackendError("the CUDA kernels of the map have Euclid's distance only; use backend='cpu'")
    (n, d), m, real = x.shape, len(weights), x.dtype.type
    largest = float(max(np.abs(x).max(), np.abs(weights).max()))
    total = float(sample_weight.sum(dtype=np.float64))
    longest = 2.0 * math.sqrt(d) * largest
    return State(
        device.to_device(x),
        device.to_device(sample_weight),
        device.to_device(weights),
        device.to_device(weights.mean(0, dtype=np.float64).astype(real)),
        device.empty(m, real),
        device.to_device(np.zeros(n, np.int32)),
        device.to_device(np.zeros(n, np.int32)),
        device.empty((m, d + 1), np.int64),
        device.to_device(np.zeros(3, np.int64)),
        device.empty((2, m, d + 1), np.float64),
        device.empty((m, d + 1), np.float64),
        device.to_device(positions.astype(real)),
        tuple(real(period) for period in periods),
        real(reach2),
        tuple(_fixed_scale(real, total * bound) for bound in (1.0, largest, longest, longest**2)),
        total,
    )


def assign(state):
    """Find the two best units of every sample and return the metrics of the map as it is."""
    n, m, (per_weight, _, per_distance, per_square) = len(state.x), len(state.weights), state.scales
    _norms[device.launch(m)](state.weights, state.centre, state.norms)
    _search[device.launch(-(-n // SAMPLES))](
        state.x, state.weights, state.norms, state.centre, state.first, state.second
    )
    _clear[device.launch(max(m, 3))](state.fixed, state.errors)
    _sum_samples[device.launch(n)](
        *state[:3], state.first, state.second, state.positions, *state.periods, state.reach2, *state.scales,
        state.fixed, state.errors,
    )  # fmt: skip
    steps = np.array([per_distance, per_square, per_weight], np.float64)
    distance, squares, mismatch = state.errors.copy_to_host() / steps / state.total
    return rules.Metrics(distance, mismatch, squares)


def advance(state, smoothing):
    """Do one epoch with a neighbourhood of `Topology.smoothing`; return the metrics of the map before the update."""
    metrics = assign(state)
    if isinstance(smoothing, Radial):
        _smooth_radial[device.launch(state.smoothed.size)](
            state.fixed, state.positions, *state.periods, *smoothing, *map(float, state.scales[:2]), state.smoothed
        )
        _update[device.launch(state.weights.size)](state.smoothed, state.weights)
        return metrics
    along_y, along_x = map(device.to_device, smoothing)
    sums = state.smoothed.size
    _smooth_rows[device.launch(sums * len(along_x))](
        state.fixed, along_x, float(state.scales[0]), float(state.scales[1]), state.within
    )  # fmt: skip
    _smooth_columns[device.launch(sums)](state.within, along_y, len(along_x), state.smoothed)
    _update[device.launch(state.weights.size)](state.smoothed, state.weights)
    return metrics


def normalise(state):
    """Scale every weight vector to length 1; a vector of zeros stays."""
    _normalise[device.launch(len(state.weights))](state.weights)


def fetch(state, names=("weights", "first", "second")):
    """Return arrays of the state by name, on the host."""
    return {name: getattr(state, name).copy_to_host() for name in names}


def _fixed_scale(real, largest):
    """Return the largest power of two, within the range of the type, that keeps sums up to `largest` in 64 bits."""
    most = 120 if real == np.float32 else 1000
    return real(2.0 ** min(FIXED_BITS - math.ceil(math.log2(largest)), most) if largest > 0 else 1.0)


@cuda.jit
def _normalise(weights):
    u = cuda.grid(1)
    if u < weights.shape[0]:
        square = weights.dtype.type(0)
        for j in range(weights.shape[1]):
            square += weights[u, j] * weights[u, j]
        if square > 0:
            length = math.sqrt(square)
            for j in range(weights.shape[1]):
                weights[u, j] /= length


@cuda.jit
def _norms(weights, centre, norms):
    u = cuda.grid(1)
    if u < weights.shape[0]:
        norm = norms.dtype.type(0)
        for j in range(weights.shape[1]):
            w = weights[u, j] - centre[j]
            norm += w * w
        norms[u] = norm


@cuda.jit
def _search(x, weights, norms, centre, first, second):
    """The two best units of SAMPLES samples a thread; |x - w|^2 = |x|^2 - 2 w.x + |w|^2 around the centre."""
    n, d = x.shape
    units = weights.shape[0]
    begin = cuda.grid(1) * SAMPLES
    if begin >= n:
        return
    score = cuda.local.array((SAMPLES, UNITS), x.dtype)
    best = cuda.local.array((SAMPLES, 2), x.dtype)
    for s in range(SAMPLES):
        best[s, 0] = math.inf
        best[s, 1] = math.inf
    for u0 in range(0, units, UNITS):
        for s in range(SAMPLES):
            for g in range(UNITS):
                score[s, g] = 0
        for j in range(d):
            for s in range(SAMPLES):
                value = x[min(begin + s, n - 1), j] - centre[j]
                for g in range(UNITS):
                    score[s, g] += value * (weights[min(u0 + g, units - 1), j] - centre[j])
        for s in range(SAMPLES):  # constant bounds throughout, so that the scores stay in registers
            i = min(begin + s, n - 1)
            for g in range(UNITS):
                t = norms[min(u0 + g, units - 1)] - (score[s, g] + score[s, g])
                if u0 + g >= units or begin + s >= n:
                    continue
                if t < best[s, 0]:
                    best[s, 1] = best[s, 0]
                    second[i] = first[i]
                    best[s, 0] = t
                    first[i] = u0 + g
                elif t < best[s, 1]:
                    best[s, 1] = t
                    second[i] = u0 + g


@cuda.jit
def _clear(fixed, errors):
    u = cuda.grid(1)
    if u < fixed.shape[0]:
        for j in range(fixed.shape[1]):
            fixed[u, j] = 0
    if u < 3:
        errors[u] = 0


@cuda.jit
def _sum_samples(
    x, sample_weight, weights, first, second, positions, width, height, reach2, per_weight, per_value, per_distance,
    per_square, fixed, errors,
):  # fmt: skip
    """Add a sample to its unit; every product with a scale is exact, as scales are powers of two."""
    i = cuda.grid(1)
    if i >= x.shape[0]:
        return
    u, v, s, d = first[i], second[i], sample_weight[i], x.shape[1]
    d2 = x.dtype.type(0)
    for j in range(d):
        e = x[i, j] - weights[u, j]
        d2 += e * e
        cuda.atomic.add(fixed, (u, j), np.int64(s * x[i, j] * per_value))
    cuda.atomic.add(fixed, (u, d), np.int64(s * per_weight))
    cuda.atomic.add(errors, 0, np.int64(s * math.sqrt(d2) * per_distance))
    cuda.atomic.add(errors, 1, np.int64(s * d2 * per_square))
    dx, dy = positions[u, 0] - positions[v, 0], positions[u, 1] - positions[v, 1]
    if rules.map_distance2(dx, dy, width, height) > reach2:
        cuda.atomic.add(errors, 2, np.int64(s * per_weight))


@cuda.jit
def _smooth_rows(fixed, along_x, per_weight, per_value, within):
    parities, columns, width = along_x.shape[0], along_x.shape[2], fixed.shape[1]
    i = cuda.grid(1)
    if i >= parities * fixed.shape[0] * width:
        return
    p, u, j = i // (fixed.shape[0] * width), i // width % fixed.shape[0], i % width
    row, c = u // columns, u % columns
    total = 0.0
    for k in range(columns):
        total += along_x[p, row % parities, c, k] * fixed[row * columns + k, j]
    within[p, u, j] = total / (per_weight if j == width - 1 else per_value)


@cuda.jit
def _smooth_columns(within, along_y, parities, smoothed):
    rows, width = along_y.shape[0], smoothed.shape[1]
    columns = smoothed.shape[0] // rows
    i = cuda.grid(1)
    if i >= smoothed.size:
        return
    u, j = i // width, i % width
    row, c = u // columns, u % columns
    total = 0.0
    for k in range(rows):
        total += along_y[row, k] * within[row % parities, k * columns + c, j]
    smoothed[u, j] = total


@cuda.jit
def _smooth_radial(fixed, positions, width, height, kind, sigma, per_weight, per_value, smoothed):
    i = cuda.grid(1)
    if i >= smoothed.size:
        return
    columns = smoothed.shape[1]
    u, j = i // columns, i % columns
    total = 0.0
    for v in range(positions.shape[0]):
        dx, dy = positions[u, 0] - positions[v, 0], positions[u, 1] - positions[v, 1]
        total += rules.neighbourhood(kind, rules.map_distance2(dx, dy, width, height), sigma) * fixed[v, j]
    smoothed[u, j] = total / (per_weight if j == columns - 1 else per_value)


@cuda.jit
def _update(smoothed, weights):
    i = cuda.grid(1)
    if i < weights.size:
        u, j = i // weights.shape[1], i % weights.shape[1]
        weights[u, j] = rules.batch_mean(smoothed[u, j], smoothed[u, weights.shape[1]], weights[u, j])
