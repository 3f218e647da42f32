"""Kernels of closed rings of units in the plane: the elastic net, Kohonen's ring and that of Angeniol et al."""

import math

import numpy as np
from numba import njit

from neurosim.core.jit import FASTMATH, driver

NEGLIGIBLE = 40.0  # exp(-40) is below the rounding of the sum that it is added to
C2, C3, C4, C5, C6, C7, C8 = (1.0 / math.factorial(n) for n in range(2, 9))


@driver(nogil=True, fastmath=FASTMATH)
def relax(net, cities, alpha, beta, k, steps):
    """Let the net (M, 2) go `steps` steps of the elastic net's rule at one K, in place.

    Every city shares out a pull of alpha among the units by how near they are, and neighbours pull at each other.
    """
    x, y = net[:, 0].copy(), net[:, 1].copy()
    force_x, force_y, near = np.empty_like(x), np.empty_like(x), np.empty_like(x)
    scale = 0.5 / (k * k)
    for _ in range(steps):
        force_x[:], force_y[:] = 0.0, 0.0
        for i in range(len(cities)):
            city_x, city_y = cities[i, 0], cities[i, 1]
            for j in range(len(x)):
                near[j] = (city_x - x[j]) ** 2 + (city_y - y[j]) ** 2
            least, total = _least(near), 0.0
            for j in range(len(x)):
                near[j] = _exp_of_minus((near[j] - least) * scale)  # the nearest has 1, whatever K is
                total += near[j]
            share = alpha / total
            for j in range(len(x)):
                force_x[j] += share * near[j] * (city_x - x[j])
                force_y[j] += share * near[j] * (city_y - y[j])
        _tension(x, force_x, beta * k)
        _tension(y, force_y, beta * k)
        x += force_x
        y += force_y
    net[:, 0], net[:, 1] = x, y


@njit(fastmath=FASTMATH | {"nnan"})  # or it would not become vector code
def _least(values):
    least = math.inf
    for j in range(len(values)):
        least = min(least, values[j])
    return least


@njit(fastmath=FASTMATH)
def _exp_of_minus(a):
    """Return exp(-a) of a >= 0 to 10 digits without a branch, so that loops over it become vector code."""
    b = min(a, NEGLIGIBLE) * (-1.0 / 256.0)
    value = 1.0 + b * (1.0 + b * (C2 + b * (C3 + b * (C4 + b * (C5 + b * (C6 + b * (C7 + b * C8)))))))
    for _ in range(8):
        value *= value
    return value


@njit
def _tension(x, force, strength):
    """Add strength * (x_{j+1} - 2 x_j + x_{j-1}) round the ring."""
    m = len(x)
    for j in range(m):
        after, before = j + 1 if j < m - 1 else 0, j - 1 if j > 0 else m - 1
        force[j] += strength * (x[after] - 2.0 * x[j] + x[before])


@driver(nogil=True)
def follow(ring, cities, order, sigmas, rates):
    """Show cities to Kohonen's ring (M, 2) one after the other, and let the winner and its neighbours follow."""
    m = len(ring)
    for t in range(len(order)):
        x, y = cities[order[t], 0], cities[order[t], 1]
        winner = _nearest(ring, m, x, y)
        reach = min(m // 2, int(6.0 * sigmas[t]) + 1)
        for d in range(-reach, reach + 1):
            if 2 * d == -m:  # the unit opposite is the same on either way
                continue
            h = rates[t] * math.exp(-0.5 * (d / sigmas[t]) ** 2)
            unit = (winner + d) % m
            ring[unit, 0] += h * (x - ring[unit, 0])
            ring[unit, 1] += h * (y - ring[unit, 1])


@njit
def _nearest(ring, m, x, y):
    """Return the first of m units that is nearest to a place."""
    best, least = 0, math.inf
    for j in range(m):
        dx, dy = x - ring[j, 0], y - ring[j, 1]
        square = dx * dx + dy * dy
        if square < least:
            best, least = j, square
    return best


@driver(nogil=True)
def survey(ring, idle, m, cities, order, gain):
    """Show every city once to a ring that grows where it is short of units, and shrinks; return its units.

    The first m rows of `ring` (room, 2) are the units, round the ring; `idle` counts surveys without a win. A unit that
    wins twice gets a twin beside it, and neither moves the ring until the survey is over. A unit that has won nothing
    in three surveys leaves.
    """
    wins, mute = np.zeros(len(ring), np.int64), np.zeros(len(ring), np.bool_)
    for i in order:
        x, y = cities[i, 0], cities[i, 1]
        winner = _nearest(ring, m, x, y)
        if mute[winner]:
            continue
        wins[winner] += 1
        if wins[winner] > 1 and m < len(ring):
            for j in range(m, winner, -1):
                ring[j, 0], ring[j, 1] = ring[j - 1, 0], ring[j - 1, 1]
                wins[j], mute[j], idle[j] = wins[j - 1], mute[j - 1], idle[j - 1]
            m += 1
            mute[winner] = mute[winner + 1] = True
            continue
        for j in range(m):
            steps = min(abs(j - winner), m - abs(j - winner))
            h = math.sqrt(0.5) * math.exp(-((steps / gain) ** 2))
            ring[j, 0] += h * (x - ring[j, 0])
            ring[j, 1] += h * (y - ring[j, 1])
    kept = 0
    for j in range(m):
        idle[j] = 0 if wins[j] > 0 else idle[j] + 1
        if idle[j] < 3:
            ring[kept, 0], ring[kept, 1], idle[kept] = ring[j, 0], ring[j, 1], idle[j]
            kept += 1
    return kept
