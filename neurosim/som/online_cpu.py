"""The online map on the CPU: Kohonen's rule of 1982, one sample after the other.

The rule is a sequence: the winner of a sample is known when the sample before it has moved the map. But the squared
distance of a unit from sample s after a step of strength g towards sample t follows from the distances before it:

    |x_s - w - g (x_t - w)|^2 = d_s - g (d_s - |x_s - x_t|^2 + (1 - g) d_t)    with d_i = |x_i - w|^2.

So the winners of a block of samples are found from these numbers alone (`_choose`), and the weight vectors are read and
written once a block (`_move_units`), which threads can share. But for rounding the result is that of the sequence. With
missing values and for other distances the kernel goes through the samples one by one.
"""

import math

import numpy as np
from numba import njit

from neurosim.core import parallel, tickets
from neurosim.core.jit import driver
from neurosim.core.rows import BLOCK, move, squares
from neurosim.som import distances, rules
from neurosim.som.online_emit import catch_up

THREADED = 1 << 17  # elements of weight vectors from which on threads pay


def train(weights, x, order, sigmas, rates, topology, kind, distance=None):
    """Show samples one by one; the winner and its neighbourhood move towards each: w_u += rate h(u, c) (x - w_u).

    The lower unit wins a tie. The bits do not depend on the number of threads.

    Parameters
    ----------
    weights : (M, D) float32 or float64, C-contiguous
        Changed in place.
    x : (N, D) of the same dtype, C-contiguous
        NaN is a missing value: left out of the update and, by default, of the distance.
    order : (steps,) int64
        Rows of `x`.
    sigmas, rates : (steps,) float64
    topology : Topology
    kind : int
        The neighbourhood: GAUSSIAN, BUBBLE, CUT_GAUSSIAN or MEXICAN_HAT of `rules`.
    distance : compiled function (x, w) -> float, optional
        One of `distances`, or a user's. Default: Euclidean.

    Returns
    -------
    total : float
        Sum of the distances of the samples from their winners at the time they are shown.
    """
    lattice = (topology.positions, topology.grid[1], 2 if topology.hexagonal else 1, *topology.periods)
    schedule = (order, sigmas, rates)
    x = x.view()
    x.flags.writeable = False  # one Numba type whatever the caller's array allows
    if distance is None and not rules.has_gaps(x):
        return _by_blocks(weights, x, schedule, lattice, kind)
    distance = distances.euclidean_known if distance is None else distance
    if distance in distances.NUMBERED:
        return _one_by_one(weights, x, *schedule, lattice, kind, distances.NUMBERED.index(distance))
    return _one_by_one_by(weights, x, *schedule, lattice, kind, distance)


def _by_blocks(weights, x, schedule, lattice, kind):
    m, d = weights.shape
    tiles = -(-m // BLOCK)
    w = np.zeros((tiles, BLOCK, d), x.dtype)
    w.reshape(-1, d)[:m] = weights
    w = np.ascontiguousarray(w.transpose(0, 2, 1))
    # squared distances in float64, or those of near units would get lost in the rounding of those of far samples
    d2, strengths = (np.zeros((BLOCK, tiles * BLOCK), kind) for kind in (np.float64, x.dtype))
    samples = np.zeros((2, d, BLOCK), x.dtype)  # of this block and the next
    state = (w, d2, strengths, np.zeros(tiles, np.int64), samples)
    problem = (d2.view(np.int64), x, *schedule, lattice, kind)
    pieces, total = parallel.threads() if w.size >= THREADED else 1, np.zeros(1)
    parallel.run(_share, pieces, tickets.counters(), pieces, total, *state, *problem)
    weights[:] = w.transpose(0, 2, 1).reshape(-1, d)[:m]
    return float(total[0])


@driver(nogil=True, error_model="numpy")
def _share(
    begin,
    end,
    counters,
    pieces,
    total,
    w,
    d2,
    strengths,
    touched,
    samples,
    bits,
    x,
    order,
    sigmas,
    rates,
    lattice,
    kind,
):
    """Draw tickets until none is left: to find the winners of a block, or to move a piece of the map by it."""
    phases, tiles = 1 + pieces, len(w)
    last = (1 - (-len(order) // BLOCK)) * phases
    ticket = tickets.take(counters)
    while ticket < last:
        block, piece = ticket // phases - 1, ticket % phases
        tickets.wait_for(counters, ticket - piece + (piece > 0))  # winners: all before; pieces: the winners too
        if piece == 0:
            total[0] += _step(block, d2, strengths, touched, samples, bits, x, order, sigmas, rates, lattice, kind)
        else:
            first, stop = tiles * (piece - 1) // pieces, tiles * piece // pieces
            _move_tiles(first, stop, block, w, d2, strengths, touched, samples)
        tickets.done(counters)
        ticket = tickets.take(counters)


@njit
def _move_tiles(begin, end, block, w, d2, strengths, touched, samples):
    """Move units by a block of samples, and measure their distances from the next block."""
    which = np.empty(BLOCK, np.int64)
    for tile in range(begin, end):
        count = 0
        if touched[tile]:
            for i in range(BLOCK):
                which[count] = i
                count += touched[tile] >> i & 1
            touched[tile] = 0
            move(w, tile, samples, block & 1, strengths, which, count)
        squares(w, tile, samples, ~block & 1, d2, tile * BLOCK)


@njit(error_model="numpy")
def _step(block, d2, strengths, touched, samples, bits, x, order, sigmas, rates, lattice, kind):
    """Find the winners of a block and how strongly each moves the units, and fetch the next block."""
    total = 0.0
    begin, this = block * BLOCK, block & 1
    if block >= 0:
        apart = np.empty((BLOCK, BLOCK))
        squares(samples, this, samples, this, apart, 0)
        stage = sigmas[begin : begin + BLOCK], rates[begin : begin + BLOCK]
        total = _choose(d2, bits, strengths, touched, apart, *stage, lattice, kind)
    begin += BLOCK
    for i in range(min(BLOCK, len(order) - begin)):
        for j in range(x.shape[1]):
            samples[1 - this, j, i] = x[order[begin + i], j]
    return total


@njit(error_model="numpy")
def _choose(d2, bits, strengths, touched, apart, sigmas, rates, lattice, kind):
    """Find the winners of a block of samples one after the other; return the sum of their distances."""
    total, n, m = 0.0, len(sigmas), len(lattice[0])
    room = _room(lattice)
    for t in range(n):
        winner = _nearest(bits, t, m)
        total += math.sqrt(max(0.0, d2[t, winner]))
        g = strengths[t]
        ranges = _reached(g, winner, sigmas[t], rates[t], lattice, kind, room)
        for begin, end in ranges:
            first, last = begin // BLOCK, (end - 1) // BLOCK
            for tile in (first, last):  # the others are filled
                for u in range(tile * BLOCK, 0 if touched[tile] >> t else (tile + 1) * BLOCK):
                    g[u] = 0
            for tile in range(first, last + 1):
                touched[tile] |= 1 << t
        _strengthen(g, ranges, rates[t], sigmas[t], lattice, kind, room)
        done = 0
        for begin, end in ranges:  # in whole tiles, which are 0 beyond the range; two ranges may share one
            start, done = max(done, begin // BLOCK), (end - 1) // BLOCK + 1
            catch_up(d2, strengths, apart, t, n, start * BLOCK, done * BLOCK)
    return total


@njit
def _nearest(bits, t, m):
    """Return the unit nearest to sample t, the lowest of equals.

    The distances come as the whole numbers of the same bits: they compare alike, and in vector instructions.
    """
    row, m, step = np.uint64(t), np.uint64(m), np.uint64(BLOCK)
    least = bits[row, 0]
    for u in range(m):
        least = min(least, bits[row, u])
    for start in range(np.uint64(0), m, step):
        found = 0
        for u in range(step):
            found += bits[row, start + u] == least
        if found:
            for u in range(start, m):
                if bits[row, u] == least:
                    return np.int64(u)
    return 0


@njit(error_model="numpy")
def _reach2(kind, sigma, rate, least):
    """Return a squared map distance beyond which rate * h is below `least`."""
    if kind == rules.BUBBLE or kind == rules.CUT_GAUSSIAN:
        return 1.001 * sigma * sigma
    return 2.0 * sigma * sigma * (math.log(rate / least) + (5.0 if kind == rules.MEXICAN_HAT else 0.0))


@njit
def _room(lattice):
    """Return room for `_reached`: factors of columns and of rows, and ranges of columns and of units."""
    positions, columns, parities, _, _ = lattice
    rows = len(positions) // columns
    spans, ranges = np.empty((2, 2), np.int64), np.empty((2 * rows, 2), np.int64)
    return np.empty((parities, columns)), np.empty(rows), spans, ranges


@njit(error_model="numpy")
def _reached(g, unit, sigma, rate, lattice, kind, room):
    """Return the ranges of units (n, 2) that the winner `unit` reaches, and fill the factors of their neighbourhood.

    Strengths below a quarter of the rounding of a weight are taken for 0.
    """
    positions, columns, parities, width, height = lattice
    along_x, along_y, spans, ranges = room
    reach2 = _reach2(kind, sigma, rate, np.finfo(g.dtype).eps / 4)
    x, y = positions[unit]
    n, n_spans = 0, 0
    for q in range(columns):
        nearest = np.inf
        for p in range(parities):
            d2 = rules.map_distance2(positions[q, 0] + 0.5 * p - x, 0.0, width, height)
            nearest = min(nearest, d2)
            along_x[p, q] = d2
        if nearest <= reach2:
            n_spans = _append(spans, n_spans, q, q + 1)
    for row in range(len(along_y)):
        along_y[row] = rules.map_distance2(0.0, positions[row * columns, 1] - y, width, height)
        if along_y[row] <= reach2:
            for begin, end in spans[:n_spans]:
                n = _append(ranges, n, row * columns + begin, row * columns + end)
    return ranges[:n]


@njit
def _append(ranges, n, begin, end):
    """Append a range, or lengthen the last one if it goes up to there; return how many there are."""
    if n > 0 and ranges[n - 1, 1] == begin:
        ranges[n - 1, 1] = end
        return n
    ranges[n, 0], ranges[n, 1] = begin, end
    return n + 1


@njit(error_model="numpy")
def _strengthen(g, ranges, rate, sigma, lattice, kind, room):
    """Fill the ranges of g with rate * h."""
    columns, parities = lattice[1], lattice[2]
    along_x, along_y, _, _ = room
    if kind == rules.GAUSSIAN and len(ranges) > 0:  # a product of a column and a row factor
        for p in range(parities):
            for q in range(columns):
                along_x[p, q] = rules.neighbourhood(kind, along_x[p, q], sigma)
        for row in range(len(along_y)):
            along_y[row] = rate * rules.neighbourhood(kind, along_y[row], sigma)
    for begin, end in ranges:
        while begin < end:
            row = begin // columns
            stop, first = min(end, (row + 1) * columns), begin - row * columns
            if kind == rules.GAUSSIAN:
                _product(g, begin, stop, along_y[row], along_x, row % parities, first)
            else:
                for u in range(begin, stop):
                    d2 = along_y[row] + along_x[row % parities, u - row * columns]
                    g[u] = rate * rules.neighbourhood(kind, d2, sigma)
            begin = stop


@njit
def _product(g, begin, stop, scale, factors, p, first):
    begin, p, first = np.uint64(begin), np.uint64(p), np.uint64(first)  # no tests for negative indices
    for u in range(np.uint64(stop) - begin):
        g[begin + u] = scale * factors[p, first + u]


def _follow(weights, x, order, sigmas, rates, lattice, kind, distance):
    """Follow the rule one sample at a time; return the sum of the distances from the winners."""
    g = np.empty(len(weights), weights.dtype)
    room = _room(lattice)
    total = 0.0
    for t in range(len(order)):
        sample = x[order[t]]
        winner, least = 0, math.inf
        for u in range(len(weights)):
            d = distances.measured(distance, sample, weights[u])
            if d < least:
                winner, least = u, d
        total += least
        ranges = _reached(g, winner, sigmas[t], rates[t], lattice, kind, room)
        _strengthen(g, ranges, rates[t], sigmas[t], lattice, kind, room)
        for begin, end in ranges:
            for u in range(begin, end):
                for j in range(x.shape[1]):
                    step = g[u] * (sample[j] - weights[u, j])
                    weights[u, j] += 0 if math.isnan(sample[j]) else step
    return total


_one_by_one = driver(nogil=True, error_model="numpy")(_follow)
_one_by_one_by = njit(nogil=True, error_model="numpy")(_follow)  # a user's function: not cached
