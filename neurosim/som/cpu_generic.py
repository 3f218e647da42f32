"""The batch map on the CPU for any distance: a compiled function of a sample and a weight vector.

The kernels know the distances of `distances` by their numbers. Those for a user's function are compiled in each
process: Numba cannot keep code that calls a function it is given.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from neurosim.core import parallel
from neurosim.core.errors import DataError
from neurosim.core.jit import driver
from neurosim.som import cpu_dense, cpu_missing, rules
from neurosim.som import distances as distances_of


class Data(NamedTuple):
    """Samples (N, D), read-only; how they are summed; their distances from the best unit, which `search` fills in."""

    x: np.ndarray
    sums: ModuleType
    distance: Callable[..., Any]
    nearest: np.ndarray


def prepare(x, distance):
    """Return the samples as the other functions take them; NaN is for `distance` to ignore."""
    sums = cpu_missing if rules.has_gaps(x) else cpu_dense
    return Data(cpu_dense.read_only(x), sums, distance, np.empty(len(x)))


def room(data, units):
    """Return room for the partial sums."""
    return data.sums.room(data, units)


def search(data, weights, first, second):
    """Find the two best units of every sample."""
    kernel, distance = _kernel(_nearest_two, data.distance)
    parallel.run(kernel, len(data.x), data.x, weights, distance, first, second, data.nearest)
    if not np.isfinite(data.nearest).all():
        i = int(np.argmin(np.isfinite(data.nearest)))
        raise DataError(f"SOM: the metric gives no finite distance from any unit for sample {i} of X")


def collect(data, sample_weight, weights, first, second, sums, geometry):
    """Add the samples up for their best units; return the weighted sums of distance, its square and of mismatch."""
    errors = data.sums.collect(data, sample_weight, weights, first, second, sums, geometry)
    errors[:2] = sample_weight @ data.nearest, sample_weight @ data.nearest**2
    return errors


def distances(x, weights, distance):
    """Return the distances of all samples from all units, (N, M) float64."""
    out = np.empty((len(x), len(weights)))
    kernel, distance = _kernel(_table, distance)
    parallel.run(kernel, len(x), cpu_dense.read_only(x), weights, distance, out)
    return out


def _nearest_two(begin, end, x, weights, distance, first, second, nearest):
    for i in range(begin, end):
        best, runner_up, b1, b2 = np.inf, np.inf, 0, 0
        for u in range(len(weights)):
            d = distances_of.measured(distance, x[i], weights[u])
            if d < best:
                best, runner_up, b1, b2 = d, best, u, b1
            elif d < runner_up:
                runner_up, b2 = d, u
        first[i], second[i], nearest[i] = b1, b2, best


def _table(begin, end, x, weights, distance, out):
    for i in range(begin, end):
        for u in range(len(weights)):
            out[i, u] = distances_of.measured(distance, x[i], weights[u])


def _kernel(source, distance):
    """Return the kernel for a distance, and what it takes for it: the number of one of ours, or a user's function."""
    if distance in distances_of.NUMBERED:
        return CACHED[source], distances_of.NUMBERED.index(distance)
    return COMPILED[source], distance


CACHED = {source: driver(nogil=True)(source) for source in (_nearest_two, _table)}
COMPILED = {source: njit(nogil=True)(source) for source in (_nearest_two, _table)}
