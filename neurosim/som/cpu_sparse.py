"""The batch map on the CPU for the rows of a CSR matrix: the work is that of the values that are stored."""

from typing import NamedTuple

import numpy as np

from neurosim.core import parallel
from neurosim.core.jit import FASTMATH, driver
from neurosim.core.vector import block_buffer, gather, gathered
from neurosim.som import rules
from neurosim.som.cpu_dense import read_only

SAMPLES = 256  # searched at a time


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
    """Find the two best units of every sample: by groups of units, whose weights then stay in the cache."""
    (n, d), m = data.shape, len(weights)
    lanes = gathered(weights.dtype)
    groups = -(-m // lanes)
    turned, norms = np.zeros((groups, d, lanes), weights.dtype), np.full((groups, lanes), np.inf, weights.dtype)
    for k in range(groups):
        part = weights[k * lanes : (k + 1) * lanes]
        turned[k, :, : len(part)] = part.T
        norms[k, : len(part)] = 0.5 * np.einsum("uj,uj->u", part, part)
    parallel.run(_search, -(-n // SAMPLES), *data[:3], turned, norms, first, second)


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
def _search(begin, end, values, columns, starts, turned, norms, first, second):
    """Find the two best units for the blocks of samples from `begin` to `end`: those of least |w|^2 / 2 - w.x."""
    groups, lanes = norms.shape
    start, stop = begin * SAMPLES, min(end * SAMPLES, len(starts) - 1)
    best, runner_up = np.full(stop - start, np.inf, norms.dtype), np.full(stop - start, np.inf, norms.dtype)
    products = block_buffer(lanes, norms)
    for group in range(groups):
        for i in range(start, stop):
            products[:] = 0
            gather(values, columns, starts[i], starts[i + 1], turned, group, products)
            least = norms.dtype.type(np.inf)
            for k in range(lanes):
                products[k] = norms[group, k] - products[k]
                least = min(least, products[k])
            if group > 0 and least >= runner_up[i - start]:
                continue
            for k in range(lanes):
                score = products[k]
                if score < best[i - start]:
                    runner_up[i - start], second[i] = best[i - start], first[i]
                    best[i - start], first[i] = score, group * lanes + k
                elif score < runner_up[i - start]:
                    runner_up[i - start], second[i] = score, group * lanes + k


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
            d2 = norms[u]
            for p in range(starts[i], starts[i + 1]):
                value, j = np.float64(values[p]), columns[p]
                d2 += value * (value - 2.0 * weights[u, j])
                sums[u, j] += s * value
            sums[u, d] += s
            d2 = max(d2, 0.0)
            errors[i, 0], errors[i, 1] = s * np.sqrt(d2), s * d2
            v = second[i]
            dx, dy = positions[u, 0] - positions[v, 0], positions[u, 1] - positions[v, 1]
            if rules.map_distance2(dx, dy, width, height) > reach2:
                errors[i, 2] = s
