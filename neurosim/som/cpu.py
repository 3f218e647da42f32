"""The batch map on the CPU: the distance tile finds the two best units; per-unit sums and separable smoothing follow.

Samples are searched independently of each other, and summed in blocks that depend on the problem only, so the bits are
the same for any number of threads.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, prange

from neurosim.core.jit import FASTMATH, driver
from neurosim.core.vector import GROUP, LANES, block_buffer, two_best
from neurosim.som import rules

CHUNK = 4096  # samples that a thread takes at a time
BLOCKS = 16  # partial sums at most: what the threads share when they add up the samples of the units
PARTIAL_BYTES = 64 << 20


class State(NamedTuple):
    """The arrays of a map in training; `advance` and `assign` change them in place."""

    x: np.ndarray  # (N, D) samples, read-only
    sample_weight: np.ndarray  # (N,)
    weights: np.ndarray  # (M, D)
    first: np.ndarray  # (N,) best unit
    second: np.ndarray  # (N,) second best unit
    sums: np.ndarray  # (P, M, D + 1) weighted sums of the units' samples and of their weights, one partial a block
    errors: np.ndarray  # (P, 3) weighted sums of distance, squared distance and topographic mismatch
    positions: np.ndarray  # (M, 2) places of the units on the map
    periods: tuple[float, float]
    reach2: float


def begin(x, sample_weight, weights, positions, periods, reach2):
    """Lay out the state of a map; arrays are float32 or float64, C-contiguous, `x` (N, D) and `weights` (M, D)."""
    n, d = x.shape
    m = len(weights)
    blocks = max(1, min(BLOCKS, n // (2 * m), PARTIAL_BYTES // (8 * m * (d + 1))))
    return State(
        _read_only(x),
        _read_only(sample_weight),
        weights.copy(),
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.empty((blocks, m, d + 1)),
        np.empty((blocks, 3)),
        positions,
        periods,
        reach2,
    )


def assign(state):
    """Find the two best units of every sample and return the metrics of the map as it is."""
    return _assign(state)[0]


def advance(state, along_y, along_x):
    """Do one epoch with the neighbourhood of `Topology.smoothing`; return the metrics of the map before the update."""
    metrics, sums = _assign(state)
    _update(state.weights, _smooth(sums, along_y, along_x))
    return metrics


def fetch(state):
    """Return the arrays that a caller keeps, on the host."""
    return {"weights": state.weights, "first": state.first, "second": state.second}


def _assign(state):
    _search(state.x, *_tile_weights(state.weights), state.first, state.second)
    _sum_samples(*state[:5], state.positions, *state.periods, state.reach2, state.sums, state.errors)
    sums = state.sums.sum(0)
    distance, squares, mismatch = state.errors.sum(0)
    total = sums[:, -1].sum()
    return rules.Metrics(distance / total, mismatch / total, squares / total), sums


def _read_only(array):
    # one Numba type whatever the caller's array allows, and no copy
    view = array.view()
    view.flags.writeable = False
    return view


def _tile_weights(weights):
    """Return -2 w and |w|^2, padded to whole tiles, and the centre; |x - w|^2 = |x|^2 - 2 w.x + |w|^2.

    Everything is taken relative to the mean unit, or float32 would cancel where the data lie far from the origin.
    """
    m, d = weights.shape
    centre = weights.mean(0, dtype=np.float64).astype(weights.dtype)
    w = weights - centre
    tiles = np.zeros((-(-m // GROUP) * GROUP, d), weights.dtype)
    tiles[:m] = -2 * w
    norms = np.full(len(tiles), np.inf, weights.dtype)
    norms[:m] = (w * w).sum(1)
    return tiles, norms, centre


def _smooth(sums, along_y, along_x):
    """Apply the neighbourhood to the per-unit sums: along the rows, then across them."""
    rows, parities, columns = len(along_y), len(along_x), along_x.shape[-1]
    sums = sums.reshape(rows, columns, -1)
    out = np.empty((rows, columns * sums.shape[-1]))
    within = np.empty_like(sums)
    for p in range(parities):
        for q in range(parities):
            within[q::parities] = along_x[p, q] @ sums[q::parities]
        out[p::parities] = along_y[p::parities] @ within.reshape(rows, -1)
    return out.reshape(rows * columns, -1)


@njit
def _search_chunk(x, w, norms, centre, first, second):
    n, d = x.shape
    xt = block_buffer(d * LANES, x)
    best, runner_up = block_buffer(LANES, x), block_buffer(LANES, x)
    b1, b2 = block_buffer(LANES, first), block_buffer(LANES, second)
    for i0 in range(0, n, LANES):
        lanes = min(LANES, n - i0)
        for i in range(lanes):
            for j in range(d):
                xt[j * LANES + i] = x[i0 + i, j] - centre[j]
        for i in range(LANES):
            best[i], runner_up[i], b1[i], b2[i] = np.inf, np.inf, 0, 0
        two_best(xt, w, norms, best, b1, runner_up, b2)
        for i in range(lanes):
            first[i0 + i], second[i0 + i] = b1[i], b2[i]


@driver(parallel=True)
def _search(x, w, norms, centre, first, second):
    n = len(x)
    for chunk in prange((n + CHUNK - 1) // CHUNK):
        i = np.int64(chunk) * CHUNK
        j = min(n, i + CHUNK)
        _search_chunk(x[i:j], w, norms, centre, first[i:j], second[i:j])


@njit(fastmath=FASTMATH, error_model="numpy")
def _sum_block(x, sample_weight, weights, first, second, positions, width, height, reach2, sums, errors):
    n, d = x.shape
    for u in range(len(sums)):
        for j in range(d + 1):
            sums[u, j] = 0.0
    distance, squares, mismatch = 0.0, 0.0, 0.0
    for i in range(n):
        u, v = first[i], second[i]
        s = np.float64(sample_weight[i])
        d2 = 0.0
        for j in range(d):
            value = np.float64(x[i, j])
            e = value - weights[u, j]
            d2 += e * e
            sums[u, j] += s * value
        sums[u, d] += s
        distance += s * np.sqrt(d2)
        squares += s * d2
        dx, dy = positions[u, 0] - positions[v, 0], positions[u, 1] - positions[v, 1]
        if rules.map_distance2(dx, dy, width, height) > reach2:
            mismatch += s
    errors[0], errors[1], errors[2] = distance, squares, mismatch


@driver(parallel=True)
def _sum_samples(x, sample_weight, weights, first, second, positions, width, height, reach2, sums, errors):
    n, blocks = len(x), len(sums)
    for p in prange(blocks):
        i, j = n * np.int64(p) // blocks, n * (np.int64(p) + 1) // blocks
        _sum_block(
            x[i:j],
            sample_weight[i:j],
            weights,
            first[i:j],
            second[i:j],
            positions,
            width,
            height,
            reach2,
            sums[p],
            errors[p],
        )


@driver(error_model="numpy")
def _update(weights, smoothed):
    m, d = weights.shape
    for u in range(m):
        for j in range(d):
            weights[u, j] = rules.batch_mean(smoothed[u, j], smoothed[u, d], weights[u, j])
