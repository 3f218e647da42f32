"""The batch map on the CPU: the distance tile finds the two best units; per-unit sums and separable smoothing follow.

Samples are searched independently of each other, and summed in blocks that depend on the problem only, so the bits are
the same for any number of threads.
"""

from typing import NamedTuple

import numpy as np

from neurosim.core import parallel
from neurosim.core.jit import FASTMATH, driver
from neurosim.core.vector import GROUP, LANES, block_buffer, load_block, two_best
from neurosim.som import rules

BLOCKS = 16  # partial sums at most: what the threads share when they add up the samples of the units
PARTIAL_BYTES = 64 << 20


class State(NamedTuple):
    """The arrays of a map in training; `advance` and `assign` change them in place."""

    x: np.ndarray  # (N, D) samples, read-only
    sample_weight: np.ndarray  # (N,)
    weights: np.ndarray  # (M, D)
    first: np.ndarray  # best unit of every sample, with room for whole blocks
    second: np.ndarray  # second best unit
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
        np.empty(n + LANES - 1, np.int32),  # the last block of the search may be cut short
        np.empty(n + LANES - 1, np.int32),
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


def fetch(state, names=("weights", "first", "second")):
    """Return arrays of the state by name, on the host."""
    n = len(state.x)
    return {name: getattr(state, name) if name == "weights" else getattr(state, name)[:n] for name in names}


def _assign(state):
    x, sample_weight, weights, first, second, sums, errors, positions, (width, height), reach2 = state
    parallel.run(_search, -(-len(x) // LANES), x, *_tile_weights(weights), first, second)
    geometry = (positions, width, height, reach2)
    parallel.run(_sum_samples, len(sums), x, sample_weight, weights, first, second, sums, errors, *geometry)
    total = sums.sum(0)
    distance, squares, mismatch = errors.sum(0) / total[:, -1].sum()
    return rules.Metrics(distance, mismatch, squares), total


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


@driver(nogil=True)
def _search(begin, end, x, tiles, norms, centre, first, second):
    """Find the two best units for the blocks of samples from `begin` to `end`."""
    size = x.shape[1] * LANES
    buffer = block_buffer(size + 2 * LANES, x)
    xt, best, runner_up = buffer[:size], buffer[size : size + LANES], buffer[size + LANES :]
    for block in range(begin, end):
        i = block * LANES
        load_block(x, i, centre, xt)
        b1, b2 = first[i : i + LANES], second[i : i + LANES]
        for k in range(LANES):
            best[k], runner_up[k], b1[k], b2[k] = np.inf, np.inf, 0, 0
        two_best(xt, tiles, norms, best, b1, runner_up, b2)


@driver(nogil=True, fastmath=FASTMATH, error_model="numpy")
def _sum_samples(begin, end, x, sample_weight, weights, first, second, sums, errors, positions, width, height, reach2):
    """Add up the samples of the partial sums from `begin` to `end`; the sums are float64 for float32 too."""
    n, d = x.shape
    for p in range(begin, end):
        sums[p] = 0.0
        distance, squares, mismatch = 0.0, 0.0, 0.0  # written once: threads share the cache lines of `errors`
        for i in range(n * p // len(sums), n * (p + 1) // len(sums)):
            u, v = first[i], second[i]
            s = np.float64(sample_weight[i])
            d2 = 0.0
            for j in range(d):
                value = np.float64(x[i, j])
                e = value - weights[u, j]
                d2 += e * e
                sums[p, u, j] += s * value
            sums[p, u, d] += s
            distance += s * np.sqrt(d2)
            squares += s * d2
            dx, dy = positions[u, 0] - positions[v, 0], positions[u, 1] - positions[v, 1]
            if rules.map_distance2(dx, dy, width, height) > reach2:
                mismatch += s
        errors[p, 0], errors[p, 1], errors[p, 2] = distance, squares, mismatch


@driver(error_model="numpy")
def _update(weights, smoothed):
    m, d = weights.shape
    for u in range(m):
        for j in range(d):
            weights[u, j] = rules.batch_mean(smoothed[u, j], smoothed[u, d], weights[u, j])
