"""Recall on the CPU: the fields of all units are kept, so that a look costs 1 and a flip one row of weights.

The first fields of all probes are found together, for which see `_find_fields`. Then a probe is a task: its fields and
states fit the cache, and with whole weights a field takes two bytes.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from neurosim.core import parallel
from neurosim.core.jit import driver
from neurosim.core.random import splitmix as draw
from neurosim.hopfield import rules
from neurosim.hopfield.rules import CYCLE, FIXED, NEVER, PARALLEL, RANDOM, RUNNING, SEQUENTIAL

UNITS = 128  # of a block of fields, which with PROBES of them fits the cache
PROBES = 128
ROWS = 8  # rows of weights that are added together, by two tables of 16 sums
HALF = 16
WIDTH = np.uint64(UNITS)
ZERO, ONE, TWO = np.uint64(0), np.uint64(1), np.uint64(2)


class State(NamedTuple):
    """The arrays of a recall; `advance` changes the last seven in place."""

    outgoing: np.ndarray  # (N, N) int8, int16 or float64: row j is what unit j sends
    thresholds: np.ndarray  # (N,) int16, int32 or float64, the type in which fields are kept
    clamped: np.ndarray  # (1 or probes, N) bool
    low: np.int8  # the lower state, -1 or 0
    key: np.uint64
    spins: np.ndarray  # (probes, N) int8
    before: np.ndarray  # (probes, N) int8, the states one parallel step earlier; NEVER if that threw a coin
    fields: np.ndarray  # (probes, N) of the thresholds' type, always those of the spins
    draws: np.ndarray  # (probes,) uint64, how many random numbers were drawn
    stopped: np.ndarray  # (probes,) int8: RUNNING, FIXED or CYCLE
    sweeps: np.ndarray  # (probes,) int64
    flips: np.ndarray  # (probes,) int64


def begin(outgoing, thresholds, clamped, low, key, probes):
    """Lay out a recall from probes (probes, N), which are copied."""
    count = len(probes)
    state = State(
        outgoing, thresholds, clamped, np.int8(low), np.uint64(key), probes.copy(), probes.copy(),
        np.empty(probes.shape, thresholds.dtype), np.zeros(count, np.uint64), np.zeros(count, np.int8),
        np.zeros(count, np.int64), np.zeros(count, np.int64),
    )  # fmt: skip
    codes = np.packbits(probes > 0, axis=1, bitorder="little")
    blocks = -(-len(thresholds) // UNITS)
    tasks = blocks * -(-count // PROBES)
    parallel.run(_find_fields, tasks, blocks, codes, outgoing, thresholds, state.low, state.fields)
    return state


def advance(state, sweeps, order, tie, slope):
    """Do some sweeps with the probes that run, or until they stop; return how many still run."""
    if order == PARALLEL:
        parallel.run(_march, len(state.spins), sweeps, tie, slope, *state)
    else:
        parallel.run(_settle, len(state.spins), sweeps, order, tie, slope, *state)
    return int((state.stopped == RUNNING).sum())


def fetch(state, names=("spins", "fields", "stopped", "sweeps", "flips")):
    """Return arrays of the state by name, on the host."""
    return {name: getattr(state, name) for name in names}


@driver(nogil=True)
def _find_fields(begin, end, blocks, codes, outgoing, thresholds, low, fields):
    """Set fields to W s - theta for the blocks of units and probes from `begin` to `end`.

    Eight rows of weights are added at a time: four have but 16 sums, so that a probe adds two rows of tables instead of
    eight of weights. Bit k of codes[p, g] tells whether unit 8 g + k of probe p is in its upper state.
    """
    n, real = len(thresholds), thresholds.dtype.type
    sums, tables, rows = np.empty(PROBES * UNITS, real), np.empty(2 * HALF * UNITS, real), np.empty(ROWS * UNITS, real)
    for task in range(begin, end):
        first, start = task // blocks * PROBES, np.uint64(task % blocks * UNITS)
        count, width = min(PROBES, len(codes) - first), min(WIDTH, np.uint64(n) - start)
        sums[:] = 0
        rows[:] = 0
        for g in range(codes.shape[1]):
            for k in range(ROWS):
                _load_row(outgoing, g * ROWS + k, start, rows, np.uint64(k) * WIDTH, width)
            _tabulate(rows, real(low), real(1) - real(low), tables)
            for q in range(count):
                _add(sums, np.uint64(q) * WIDTH, tables, np.uint64(codes[first + q, g]))
        for q in range(count):
            p, place = np.uint64(first + q), np.uint64(q) * WIDTH
            for i in range(width):
                fields[p, start + i] = sums[place + i] - thresholds[start + i]


@njit
def _load_row(outgoing, row, start, rows, place, width):
    """Copy a part of a row of weights; one after the last counts as zeros."""
    j, there = np.uint64(row), row < len(outgoing)
    for i in range(width):
        rows[place + i] = outgoing[j, start + i] if there else 0


@njit
def _tabulate(rows, low, step, tables):
    """Fill both tables: row c holds sum_k s_k w_k, where s_k is the state that bit k of c stands for."""
    for half in range(2):
        table, a = np.uint64(half * HALF) * WIDTH, np.uint64(half * 4) * WIDTH
        b, c, d = a + WIDTH, a + WIDTH + WIDTH, a + WIDTH + WIDTH + WIDTH
        for i in range(WIDTH):
            tables[table + i] = low * (rows[a + i] + rows[b + i] + rows[c + i] + rows[d + i])
        for code in range(1, HALF):
            k = 3 if code >= 8 else 2 if code >= 4 else 1 if code >= 2 else 0
            here, there = table + np.uint64(code) * WIDTH, table + np.uint64(code - (1 << k)) * WIDTH
            source = a + np.uint64(k) * WIDTH
            for i in range(WIDTH):
                tables[here + i] = tables[there + i] + step * rows[source + i]


@njit
def _add(sums, place, tables, code):
    one = (code & np.uint64(HALF - 1)) * WIDTH
    two = (np.uint64(HALF) + (code >> np.uint64(4))) * WIDTH
    for i in range(WIDTH):
        sums[place + i] += tables[one + i] + tables[two + i]


@driver(nogil=True)
def _settle(
    begin, end, sweeps, order, tie, slope, outgoing, thresholds, clamped, low, key, spins, before, fields, draws,
    stopped, swept, flips,
):  # fmt: skip
    """Take the probes from `begin` to `end` through sweeps of single updates."""
    n = np.uint64(len(thresholds))
    field, now, mask = np.empty_like(thresholds), np.empty(n, np.int8), np.empty(n, np.bool_)
    words, sequence = np.empty(n + ONE, np.uint32), np.empty(n, np.uint32)
    for probe in range(begin, end):
        p = np.uint64(probe)
        if stopped[p] != RUNNING:
            continue
        row = p if len(clamped) > 1 else ZERO
        _load(p, fields, spins, field, now, n)
        for i in range(n):
            mask[i] = clamped[row, i]
        start, count = rules.start_of_stream(key, p), draws[p]
        for sweep in range(sweeps + 1):
            if slope == np.inf and _stable(field, now, mask, tie, n):
                stopped[p] = FIXED
                break
            if sweep == sweeps:
                break
            changed, count = _sweep(
                order, tie, slope, outgoing, mask, low, start, count, field, now, words, sequence, n
            )
            swept[p] += 1
            flips[p] += changed
        draws[p] = count
        _store(p, field, now, fields, spins, n)


@njit
def _load(p, fields, spins, field, now, n):
    for i in range(n):
        field[i] = fields[p, i]
    for i in range(n):
        now[i] = spins[p, i]


@njit
def _store(p, field, now, fields, spins, n):
    for i in range(n):
        fields[p, i] = field[i]
    for i in range(n):
        spins[p, i] = now[i]


@njit
def _stable(field, now, mask, tie, n):
    moving = 0
    for i in range(n):
        moving |= not (mask[i] | rules.settled(field[i], now[i]) | rules.undecided(field[i], now[i], tie))
    return moving == 0


@njit
def _draw(order, start, count, words, sequence, n):
    """Draw 32 random bits for each choice of a unit in a sweep; return the number of draws so far, each for two."""
    if order == SEQUENTIAL:
        return count
    for i in range(n):
        sequence[i] = i
    half = (n + ONE) // TWO
    for q in range(half):
        bits = draw(start, count + q)
        words[q] = bits >> rules.B32
        words[half + q] = bits & rules.LOW32
    return count + half


@njit(inline="always")
def _pick(order, q, words, sequence, n):
    """Return the unit of update q of a sweep."""
    if order == SEQUENTIAL:
        return q
    if order == RANDOM:
        return rules.below(words[q], n)
    other = q + rules.below(words[q], n - q)  # what is not yet taken stands from q on
    i = np.uint64(sequence[other])
    sequence[other] = sequence[q]
    return i


@njit
def _sweep(order, tie, slope, outgoing, mask, low, start, count, field, now, words, sequence, n):
    """Do n updates; return the number of flips and of draws so far."""
    flips, is_cold = 0, slope == np.inf
    count = _draw(order, start, count, words, sequence, n)
    for q in range(n):
        i = _pick(order, q, words, sequence, n)
        if (is_cold and rules.settled(field[i], now[i])) or mask[i]:
            continue
        if is_cold:
            coin = ZERO
            if field[i] == 0 and tie == rules.COIN:
                coin = draw(start, count)
                count += ONE
            then = rules.cold(field[i], now[i], low, tie, coin)
        else:
            then = rules.warm(field[i], slope, low, draw(start, count + q))
        if then != now[i]:
            flips += 1
            _flip(outgoing, i, then, field, now, n)
    return flips, count if is_cold else count + n


@njit
def _flip(outgoing, i, then, field, now, n):
    change = field.dtype.type(then - now[i])
    now[i] = then
    for j in range(n):
        field[j] += change * outgoing[i, j]


@driver(nogil=True)
def _march(
    begin, end, steps, tie, slope, outgoing, thresholds, clamped, low, key, spins, before, fields, draws, stopped,
    swept, flips,
):  # fmt: skip
    """Take the probes from `begin` to `end` through updates of all units at once."""
    n = np.uint64(len(thresholds))
    field, now, then = np.empty_like(thresholds), np.empty(n, np.int8), np.empty(n, np.int8)
    for probe in range(begin, end):
        p = np.uint64(probe)
        if stopped[p] != RUNNING:
            continue
        row = p if len(clamped) > 1 else ZERO
        start, count = rules.start_of_stream(key, p), draws[p]
        _load(p, fields, spins, field, now, n)
        for step in range(steps + 1):
            sure = _next_states(tie, slope, low, clamped, row, start, count, field, now, then, n)
            moved, away = 0, 0
            for i in range(n):
                moved += then[i] != now[i]
                away += then[i] != before[p, i]
            if sure and (moved == 0 or (away == 0 and swept[p] > 0)):
                stopped[p] = CYCLE if moved else FIXED
                break
            if step == steps:
                break
            for i in range(n):
                before[p, i] = now[i] if sure else NEVER
            for i in range(n):
                if then[i] != now[i]:
                    _flip(outgoing, i, then[i], field, now, n)
            count += n
            flips[p] += moved
            swept[p] += 1
        draws[p] = count
        _store(p, field, now, fields, spins, n)


@njit
def _next_states(tie, slope, low, clamped, row, start, count, field, now, then, n):
    """Set `then` to the states after a parallel update; return whether nothing was left to chance."""
    undecided = 0
    if slope == np.inf:
        for i in range(n):
            bits = draw(start, count + i) if tie == rules.COIN else ZERO
            then[i] = rules.cold(field[i], now[i], low, tie, bits)
    else:
        for i in range(n):
            then[i] = rules.warm(field[i], slope, low, draw(start, count + i))
    for i in range(n):
        free = not clamped[row, i]
        then[i] = then[i] if free else now[i]
        undecided += free & (field[i] == 0)
    return slope == np.inf and (undecided == 0 or tie != rules.COIN)
