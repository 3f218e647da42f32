"""The batch map on the CPU for samples with missing values: distances and means take what is known.

With K = 1 where a value is known and 0 elsewhere, sum_j K_j (x_j - w_j)^2 is, but for what is the same for all units,
the product of (K x, K) with (-2 w, w^2): the tile for samples without gaps, with twice the features.
"""

import numpy as np

from neurosim.core import parallel
from neurosim.core.jit import FASTMATH, driver
from neurosim.core.vector import GROUP, LANES, block_buffer, load_block, two_best
from neurosim.som import rules
from neurosim.som.cpu_dense import centred, partial_sums


def room(data, units):
    """Return room for the partial sums (P, M, 2 D): weighted samples, and the weights of those known, by feature."""
    return partial_sums(len(data.x), units, 2 * data.x.shape[1])


def search(data, weights, first, second):
    """Find the two best units of every sample."""
    parallel.run(_search, -(-len(data.x) // LANES), data.x, *_tile_weights(weights), first, second)


def collect(data, sample_weight, weights, first, second, sums, geometry):
    """Add the samples up for their best units; return the weighted sums of distance, its square and of mismatch."""
    errors = np.empty((len(sums), 3))
    parallel.run(_collect, len(sums), data.x, sample_weight, weights, first, second, sums, errors, *geometry)
    return errors.sum(0)


def _tile_weights(weights):
    """Return (-2 w, w^2) and zeros, padded to whole tiles, and the centre."""
    m, d = weights.shape
    w, centre = centred(weights)
    tiles = np.zeros((-(-m // GROUP) * GROUP, 2 * d), weights.dtype)
    tiles[:m, :d], tiles[:m, d:] = -2 * w, w * w
    norms = np.full(len(tiles), np.inf, weights.dtype)
    norms[:m] = 0
    return tiles, norms, centre


@driver(nogil=True)
def _search(begin, end, x, tiles, norms, centre, first, second):
    """Find the two best units for the blocks of samples from `begin` to `end`."""
    half = x.shape[1] * LANES
    size = 2 * half
    buffer = block_buffer(size + 2 * LANES, x)
    xt, best, runner_up = buffer[:size], buffer[size : size + LANES], buffer[size + LANES :]
    for block in range(begin, end):
        i = block * LANES
        load_block(x, i, centre, xt)
        for k in range(half):
            known = xt[k] == xt[k]
            xt[k] = xt[k] if known else 0
            xt[half + k] = known
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
        distance, squares, mismatch = 0.0, 0.0, 0.0
        for i in range(n * p // len(sums), n * (p + 1) // len(sums)):
            u, v = first[i], second[i]
            s = np.float64(sample_weight[i])
            d2 = 0.0
            for j in range(d):
                value = np.float64(x[i, j])
                known = value == value
                e = value - weights[u, j]
                d2 += e * e if known else 0.0
                sums[p, u, j] += s * value if known else 0.0
            for j in range(d):
                sums[p, u, d + j] += s if x[i, j] == x[i, j] else 0.0
            distance += s * np.sqrt(d2)
            squares += s * d2
            dx, dy = positions[u, 0] - positions[v, 0], positions[u, 1] - positions[v, 1]
            if rules.map_distance2(dx, dy, width, height) > reach2:
                mismatch += s
        errors[p, 0], errors[p, 1], errors[p, 2] = distance, squares, mismatch
