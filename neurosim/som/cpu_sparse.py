"""The batch map on the CPU for the rows of a CSR matrix: the work is that of the values that are stored."""

from typing import NamedTuple

import numpy as np

from neurosim.core import parallel
from neurosim.core.jit import FASTMATH, driver
from neurosim.core.vector import block_buffer, gather, gathered
from neurosim.som import rules
from neurosim.som.cpu_dense import read_only

SAMPLES = 256  # searched at a time
GROUPS = 4  # of units that are turned at a time


class Data(NamedTuple):
    """Values (nnz,), their columns (nnz,) and the starts of the rows (N + 1,), as in CSR; and the shape."""

    values: np.ndarray
    columns: np.ndarray
    starts: np.ndarray
    shape: tuple[int, int]


def prepare(x):
    """Return the samples as the other functions take them; `x` has sorted indices and no duplicates."""
    return Data(read_only(x.data), read_only(x.indices), read_only(x.indptr), x.shape)


def room(data, units):
    """Return room for the sums (1, M, D + 1): weighted samples and, last, the weights."""
    return np.empty((1, units, data.shape[1] + 1))


def search(data, weights, first, second):
    """Find the two best units of every sample: by groups of units, whose weights then stay in the cache.

    Around the mean unit c, |x - w|^2 / 2 is, but for what is the same for all units, |w - c|^2 / 2 + c.(w - c)
    - x.(w - c): without the squares of large values, and in float64, as the samples cannot be centred.
    """
    (n, d), m, lanes = data.shape, len(weights), gathered(np.float64)
    centre = weights.mean(0, dtype=np.float64)
    best = np.full((2, n), np.inf)
    for start in range(0, m, GROUPS * lanes):
        part = weights[start : start + GROUPS * lanes] - centre
        groups = -(-len(part) // lanes)
        turned, norms = np.zeros((groups, d, lanes)), np.full(groups * lanes, np.inf)
        for k in range(groups):
            few = part[k * lanes : (k + 1) * lanes]
            turned[k, :, : len(few)] = few.T
        norms[: len(part)] = 0.5 * np.einsum("uj,uj->u", part, part) + part @ centre
        parallel.run(_search, -(-n // SAMPLES), start, *data[:3], turned, norms, best, first, second)


def collect(data, sample_weight, weights, first, second, sums, geometry):
    """Add the samples up for their best units; return the weighted sums of distance, its square and of mismatch."""
    n, m = data.shape[0], len(weights)
    order = np.argsort(first[:n], kind="stable")
    starts = np.searchsorted(first[:n], np.arange(m + 1), sorter=order)
    errors = np.zeros((n, 3))
    norms = np.einsum("uj,uj->u", weights, weights, dtype=np.float64)
    arrays = (sample_weight, weights, norms, second, order, starts, sums[0], errors)
    parallel.run(_collect, m, *data[:3], *arrays, *geometry)
    return errors.sum(0)


@driver(nogil=True, fastmath=FASTMATH)
def _search(begin, end, start, values, columns, starts, turned, norms, best, first, second):
    """Merge the units from `start` on into the two best of the blocks of samples from `begin` to `end`."""
    groups, _, lanes = turned.shape
    products = block_buffer(lanes, norms)
    for group in range(groups):
        for i in range(begin * SAMPLES, min(end * SAMPLES, len(starts) - 1)):
            products[:] = 0
            gather(values, columns, starts[i], starts[i + 1], turned, group, products)
            least = np.inf
            for k in range(lanes):
                products[k] = norms[group * lanes + k] - products[k]
                least = min(least, products[k])
            if least >= best[1, i]:
                continue
            for k in range(lanes):
                score, unit = products[k], start + group * lanes + k
                if score < best[0, i]:
                    best[1, i], second[i] = best[0, i], first[i]
                    best[0, i], first[i] = score, unit
                elif score < best[1, i]:
                    best[1, i], second[i] = score, unit


@driver(nogil=True, fastmath=FASTMATH, error_model="numpy")
def _collect(
    begin, end, values, columns, starts, sample_weight, weights, norms, second, order, of_unit, sums, errors, positions,
    width, height, reach2,
):  # fmt: skip
    """Add up the samples of the units from `begin` to `end`; the sums are float64 for float32 too."""
    d = sums.shape[1] - 1
    for u in range(begin, end):
        sums[u] = 0.0
        for k in range(of_unit[u], of_unit[u + 1]):
            i = order[k]
            s = np.float64(sample_weight[i])
            d2, others = 0.0, norms[u]  # over what is stored, and the squares of the weights elsewhere
            for p in range(starts[i], starts[i + 1]):
                value, j = np.float64(values[p]), columns[p]
                d2 += (value - weights[u, j]) ** 2
                others -= np.float64(weights[u, j]) ** 2
                sums[u, j] += s * value
            sums[u, d] += s
            d2 += max(others, 0.0) if starts[i + 1] - starts[i] < d else 0.0
            errors[i, 0], errors[i, 1] = s * np.sqrt(d2), s * d2
            v = second[i]
            dx, dy = positions[u, 0] - positions[v, 0], positions[u, 1] - positions[v, 1]
            if rules.map_distance2(dx, dy, width, height) > reach2:
                errors[i, 2] = s
