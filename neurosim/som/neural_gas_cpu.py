"""The neural gas on the CPU: the ranks of all units for every sample, and the moves that follow from them.

Online training keeps the weights feature by feature, so that units lie side by side in vector registers, and moves the
units for one sample while it takes their distances from the next. Batches share their samples out in blocks that depend
on the problem only, so the bits are the same for any number of threads.
"""

import math

import numpy as np
from numba import njit

from neurosim.core import parallel
from neurosim.core.jit import FASTMATH, driver
from neurosim.som import cpu_dense

WIDTH = 16  # units are padded to a multiple of this with units that are infinitely far
REACH = 37.0  # exp(-k / range) counts as 0 where k is more than so many times the range: it is below 1e-16
FEW = 8  # nearest units that are found by insertion
COUNTED = 200  # units up to which counting all smaller distances is faster than sorting
BITS, DIGITS, LOWEST = 11, 2, 9  # of the 31 bits of a score, what a radix sort goes by
MASK = (1 << BITS) - 1
ROWS = 256  # samples whose distances are held at a time


def two_best(x, weights):
    """Return the nearest and the second nearest unit of every sample, each (N,) int32; the lower unit wins a tie."""
    first, second = np.empty((2, len(x) + cpu_dense.LANES - 1), np.int32)
    cpu_dense.search(cpu_dense.prepare(x), weights, first, second)
    return first[: len(x)], second[: len(x)]


def train(weights, x, order, ranges, rates):
    """Show samples one by one and change `weights` (M, D) in place.

    Parameters
    ----------
    weights : (M, D) array
    x : (N, D) C-contiguous array of the same dtype
    order : (steps,) int64
        Rows of `x`.
    ranges, rates : (steps,) float64
        Neighbourhood range and learning rate at every step.

    Returns
    -------
    float
        Sum of the distances of the samples from their nearest units when they were shown.
    """
    units, features = weights.shape
    lanes = np.zeros((features, _padded(units)), weights.dtype)
    lanes[:, :units] = weights.T
    total = _train(lanes, units, cpu_dense.read_only(x), order, ranges, rates)
    weights[:] = lanes[:, :units].T
    return total


def epoch(x, weights, neighbourhood_range):
    """Do one epoch of the batch rule; return the new weights and the sum of distances from the nearest old ones.

    Every unit becomes the mean of the samples, weighted by exp(-k / neighbourhood_range); one that no sample counts for
    stays.
    """
    units, features = weights.shape
    centred, centre = cpu_dense.centred(weights)
    norms = np.full(_padded(units), np.inf, x.dtype)
    norms[:units] = (centred**2).sum(1)
    table = np.zeros(len(norms), x.dtype)
    reach = fill_shares(table, units, neighbourhood_range, 1.0)
    sums = cpu_dense.partial_sums(len(x), units, features + 1)
    distances = np.empty(len(sums))
    parallel.run(_sum_part, len(sums), x, centred, centre, norms, table, reach, sums, distances)
    total = sums.sum(0)
    new = weights.copy()
    moved = total[:, -1] > 0
    new[moved] = (total[moved, :-1] / total[moved, -1:] + centre).astype(x.dtype)
    return new, float(distances.sum())


def _sum_part(begin, end, x, weights, centre, norms, table, reach, sums, distances):
    """Add up the partial sums from `begin` to `end`: samples times shares and, last, shares; and the distances."""
    units, n = len(weights), len(x)
    factors = -2.0 * weights.T
    rows = np.full((min(ROWS, n), len(norms)), np.inf, x.dtype)
    shares, winners = np.empty((len(rows), units), x.dtype), np.empty(len(rows), np.int64)
    for part in range(begin, end):
        sums[part], distances[part] = 0.0, 0.0
        first, stop = n * part // len(sums), n * (part + 1) // len(sums)
        for i in range(first, stop, ROWS):
            block = x[i : min(i + ROWS, stop)] - centre
            scores, share, winner = rows[: len(block)], shares[: len(block)], winners[: len(block)]
            np.matmul(block, factors, out=scores[:, :units])
            scores += norms
            _share_rows(scores, table, reach, share, winner)
            sums[part, :, :-1] += share.T @ block
            sums[part, :, -1] += share.sum(0)
            distances[part] += np.sqrt(((block - weights[winner]) ** 2).sum(1)).sum(dtype=np.float64)


def _padded(units):
    return -(-units // WIDTH) * WIDTH


@driver(nogil=True)
def _share_rows(scores, table, reach, shares, winners):
    """Fill the shares of all units in every sample, and the nearest units."""
    ranks, order = np.empty(scores.shape[1], scores.dtype), np.empty((2, shares.shape[1]), np.int32)
    found = np.empty(FEW, np.int64)
    for i in range(len(scores)):
        if reach <= FEW:
            _nearest(scores[i], shares.shape[1], reach, found)
            shares[i] = 0.0
            for k in range(reach):
                shares[i, found[k]] = table[k]
            winners[i] = found[0]
        else:
            winners[i] = _share(scores[i], table, ranks, order, shares[i])


@njit
def _share(scores, table, ranks, order, shares):
    """Set shares[unit] = table[rank of the unit] and return the nearest unit."""
    units = len(shares)
    if units > COUNTED:
        return _share_sorted(scores, table, order, shares)
    if _count_smaller(scores, units, ranks) != units * (units - 1) / 2:
        _part_ties(scores, units, ranks)
    winner = 0
    for i in range(units):
        shares[i] = table[int(ranks[i])]
        if ranks[i] == 0:
            winner = i
    return winner


@njit(fastmath=FASTMATH)
def _count_smaller(scores, units, ranks):
    """Count for every unit the smaller scores, four at a time; return the sum of all counts."""
    one, zero = scores.dtype.type(1), scores.dtype.type(0)
    ranks[:] = zero
    for j in range(0, units, 4):
        a, b, c, d = scores[j], scores[j + 1], scores[j + 2], scores[j + 3]
        for i in range(len(scores)):
            s = scores[i]
            ranks[i] += ((one if a < s else zero) + (one if b < s else zero)) + (
                (one if c < s else zero) + (one if d < s else zero)
            )
    total = 0.0
    for i in range(units):
        total += ranks[i]
    return total


@njit
def _part_ties(scores, units, ranks):
    """Rank units of equal scores by their numbers."""
    for i in range(units):
        for j in range(i):
            if scores[j] == scores[i]:
                ranks[i] += 1


@njit
def _share_sorted(scores, table, order, shares):
    """As `_share`, by sorting the units."""
    units = len(shares)
    _sort(scores, order)
    for k in range(units):
        shares[order[0, k]] = table[k]
    return order[0, 0]


@njit
def _sort(scores, order):
    """Set order[0] to the units in the order of their scores, equal ones in the order of their numbers.

    A radix sort by the bits of the scores in single precision, which order numbers >= 0 as integers, and insertion
    for what is left.
    """
    units = order.shape[1]
    values = np.empty(units, np.float32)
    bits = values.view(np.int32)
    least = scores[:units].min()
    for i in range(units):
        values[i] = scores[i] - least
        order[0, i] = i
    for digit in range(DIGITS):
        starts = np.zeros(1 << BITS, np.int32)
        here, there = order[digit % 2], order[(digit + 1) % 2]
        for i in range(units):
            starts[(bits[i] >> (LOWEST + BITS * digit)) & MASK] += 1
        total = 0
        for k in range(len(starts)):
            total, starts[k] = total + starts[k], total
        for i in here:
            k = (bits[i] >> (LOWEST + BITS * digit)) & MASK
            there[starts[k]] = i
            starts[k] += 1
    for k in range(1, units):
        unit = order[0, k]
        j = k
        while j > 0 and scores[unit] < scores[order[0, j - 1]]:
            order[0, j] = order[0, j - 1]
            j -= 1
        order[0, j] = unit


@njit
def _nearest(scores, units, reach, found):
    """Set found[:reach] to the units of the smallest scores in order."""
    count = 0
    for i in range(units):
        s = scores[i]
        if count < reach or s < scores[found[count - 1]]:
            k = min(count, reach - 1)
            while k > 0 and s < scores[found[k - 1]]:
                found[k] = found[k - 1]
                k -= 1
            found[k] = i
            count = min(count + 1, reach)


@njit
def fill_shares(table, units, neighbourhood_range, rate):
    """Fill rate * exp(-k / range) for every rank k and return how many count; the others must be 0 or were counted."""
    reach = units if neighbourhood_range * REACH >= units - 1 else int(neighbourhood_range * REACH) + 1
    factor, share = math.exp(-1.0 / neighbourhood_range), rate
    for k in range(reach):
        table[k] = share
        share *= factor
    table[reach:] = 0.0
    return reach


@driver(nogil=True, fastmath=FASTMATH, error_model="numpy")
def _train(lanes, units, x, order, ranges, rates):
    features, width = lanes.shape
    table, shares = np.zeros(width, lanes.dtype), np.zeros(width, lanes.dtype)
    scores, ranks = np.empty(width, lanes.dtype), np.empty(width, lanes.dtype)
    ranking, found = np.empty((2, units), np.int32), np.empty(FEW, np.int64)
    total = 0.0
    _distances2(lanes, x, order[0], scores)
    for t in range(len(order)):
        i, following = order[t], order[min(t + 1, len(order) - 1)]
        scores[units:] = np.inf
        reach = fill_shares(table, units, ranges[t], rates[t])
        if reach <= FEW:
            _nearest(scores, units, reach, found)
            total += math.sqrt(scores[found[0]])
            for k in range(reach):
                unit, share = found[k], table[k]
                for j in range(features):
                    lanes[j, unit] += share * (x[i, j] - lanes[j, unit])
            _distances2(lanes, x, following, scores)
        else:
            winner = _share(scores, table, ranks, ranking, shares[:units])
            total += math.sqrt(scores[winner])
            scores[:] = 0.0
            for j in range(features):
                here, there = x[i, j], x[following, j]
                for unit in range(width):
                    w = lanes[j, unit]
                    w += shares[unit] * (here - w)
                    lanes[j, unit] = w
                    scores[unit] += (there - w) * (there - w)
    return total


@njit(fastmath=FASTMATH)
def _distances2(lanes, x, i, scores):
    scores[:] = 0.0
    for j in range(lanes.shape[0]):
        value = x[i, j]
        for unit in range(lanes.shape[1]):
            difference = value - lanes[j, unit]
            scores[unit] += difference * difference
