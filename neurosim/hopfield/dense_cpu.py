"""The dense associative memory on the CPU: one probe is a task, and its overlaps with all memories are kept.

With the overlaps m_mu = xi_mu . s at hand a unit costs K additions: without the unit itself they are
m_mu - xi_mu,i s_i, integers from -N to N, so that every value of F comes from a table. A flip costs K more additions.
"""

import numpy as np
from numba import njit

from neurosim.core.jit import FASTMATH, driver
from neurosim.core.random import MASK, SHIFT, philox, unit_interval

ORDERS = ("sequential", "permutation", "random")
PERMUTATION, RANDOM = 1, 2
POLYNOMIAL, RECTIFIED, EXPONENTIAL = 0, 1, 2


@driver(nogil=True)
def recall(begin, end, memories, table, kind, slack, order, free, most, k0, k1, states, sweeps, fixed):
    """Take the probes from `begin` to `end` to fixed points; `states`, `sweeps` and `fixed` are the results.

    memories (N, K) int8, table (2N + 3,) float64, free (units,) int64 those that may flip, states (probes, N) int8,
    sweeps (probes,) int64, fixed (probes,) bool.
    """
    overlaps = np.empty(memories.shape[1], np.int32)
    for probe in range(begin, end):
        _overlap(memories, states, probe, overlaps)
        turn = free.copy()
        sweep, quiet = 0, False
        while sweep < most and not quiet:
            if order == PERMUTATION:
                _shuffle(turn, probe, sweep, k0, k1)
            flips = 0
            for step in range(len(turn)):
                unit = turn[_draw(len(turn), probe, sweep, step, k0, k1)] if order == RANDOM else turn[step]
                if _falls(memories, overlaps, table, kind, slack, states, probe, unit):
                    _flip(memories, overlaps, states, probe, unit)
                    flips += 1
            sweep += 1
            # in random order some units may not have had a turn
            quiet = flips == 0 and (
                order != RANDOM or _rests(memories, overlaps, table, kind, slack, states, probe, free)
            )
        sweeps[probe] = sweep
        fixed[probe] = quiet or _rests(memories, overlaps, table, kind, slack, states, probe, free)


@njit
def _overlap(memories, states, probe, overlaps):
    overlaps[:] = 0
    for unit in range(len(memories)):
        s = np.int32(states[probe, unit])
        for mu in range(np.uint64(memories.shape[1])):
            overlaps[mu] += s * np.int32(memories[unit, mu])


@njit
def _flip(memories, overlaps, states, probe, unit):
    twice = np.int32(2 * states[probe, unit])
    states[probe, unit] = -states[probe, unit]
    for mu in range(np.uint64(memories.shape[1])):
        overlaps[mu] -= twice * np.int32(memories[unit, mu])


@njit
def _rests(memories, overlaps, table, kind, slack, states, probe, free):
    i = 0
    while i < len(free) and not _falls(memories, overlaps, table, kind, slack, states, probe, free[i]):
        i += 1
    return i == len(free)


@njit(fastmath=FASTMATH)
def _falls(memories, overlaps, table, kind, slack, states, probe, unit):
    """Return whether a flip of the unit lowers the energy, by more than the sum can be wrong.

    The sum is s_i sum_mu F(rest_mu + xi_mu,i) - F(rest_mu - xi_mu,i), one entry of the table times xi_mu,i s_i for each
    memory. The entry of rest = 0 is in the middle; for exp the last entry is that of the largest overlap plus 1, so
    that nothing overflows.
    """
    s = np.int32(states[probe, unit])
    patterns = np.uint64(memories.shape[1])
    shift = np.int32(len(table) // 2)
    error = 0.0
    if slack > 0.0:
        largest = overlaps[0]
        for mu in range(patterns):
            m = overlaps[mu]
            largest = max(largest, abs(m) if kind == POLYNOMIAL else m)
        if kind == EXPONENTIAL:
            shift = np.int32(len(table) - 2) - largest
        error = slack * abs(table[largest + 1 + shift])
    total = 0.0
    for mu in range(patterns):
        a = np.int32(memories[unit, mu]) * s
        total += a * table[np.uint32(overlaps[mu] - a + shift)]
    return total < -error


@njit
def _draw(count, probe, sweep, step, k0, k1):
    """Return a number below `count`."""
    probe = np.uint64(probe)
    a, b, _, _ = philox(np.uint64(step), np.uint64(sweep), probe & MASK, probe >> SHIFT, k0, k1)
    return np.int64(unit_interval(a, b) * count)


@njit
def _shuffle(turn, probe, sweep, k0, k1):
    for last in range(len(turn) - 1, 0, -1):
        other = _draw(last + 1, probe, sweep, last, k0, k1)
        turn[last], turn[other] = turn[other], turn[last]
