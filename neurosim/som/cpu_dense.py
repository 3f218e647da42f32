"""The batch map on the CPU for samples without gaps: the distance tile finds the two best units of every sample."""

from typing import NamedTuple

import numpy as np

from neurosim.core import parallel
from neurosim.core.jit import FASTMATH, driver
from neurosim.core.vector import GROUP, LANES, block_buffer, load_block, two_best
from neurosim.som import rules

BLOCKS = 16  # partial sums at most: what the threads share when they add up the samples of the units
PARTIAL_BYTES = 64 << 20


class Data(NamedTuple):
    """Samples (N, D), read-only."""

    x: np.ndarray


def prepare(x):
    """Return the samples as the other functions take them."""
    return Data(read_only(x))


def room(data, units):
    """Return room for the partial sums (P, M, D + 1): weighted samples and, last, the weights."""
    return partial_sums(len(data.x), units, data.x.shape[1] + 1)


def search(data, weights, first, second):
    """Find the two best units of every sample."""
    parallel.run(_search, -(-len(data.x) // LANES), data.x, *_tile_weights(weights), first, second)


def collect(data, sample_weight, weights, first, second, sums, geometry):
    """Add the samples up for their best units; return the weighted sums of distance, its square and of mismatch."""
    errors = np.empty((len(sums), 3))
    parallel.run(_collect, len(sums), data.x, sample_weight, weights, first, second, sums, errors, *geometry)
    return errors.sum(0)


def read_only(array):
    """Return a view with one Numba type whatever the caller's array allows, without a copy."""
    view = array.view()
    view.flags.writeable = False
    return view


def partial_sums(samples, units, columns):
    """Return room for as many partial sums as pay, shape (P, units, columns)."""
    blocks = max(1, min(BLOCKS, samples // (2 * units), PARTIAL_BYTES // (8 * units * columns)))
    return np.empty((blocks, units, columns))


def centred(weights):
    """Return the weights relative to their mean, and the mean.

    Distances are taken around it, or float32 would cancel where the data lie far from the origin.
    """
    centre = weights.mean(0, dtype=np.float64).astype(weights.dtype)
    return weights - centre, centre


def _tile_weights(weights):
    """Return -2 w and |w|^2, padded to whole tiles, and the centre; |x - w|^2 = |x|^2 - 2 w.x + |w|^2."""
    m, d = weights.shape
    w, centre = centred(weights)
    tiles = np.zeros((-(-m // GROUP) * GROUP, d), weights.dtype)
    tiles[:m] = -2 * w
    norms = np.full(len(tiles), np.inf, weights.dtype)
    norms[:m] = (w * w).sum(1)
    return tiles, norms, centre


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
def _collect(begin, end, x, sample_weight, weights, first, second, sums, errors, positions, width, height, reach2):
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
