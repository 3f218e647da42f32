"""The net on the CPU: the synapses of a cell are counted in binary, for 64 histories at a time.

The sum of a cell is found digit by digit. All words of a digit are absorbed by full adders, whose carries are the words
of higher digits. What is done depends on the synapses only and never on the activity, so that every operation is a loop
over the words of a block. A block runs through all ticks while its activity is in the cache.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from neurosim.core import parallel
from neurosim.core.jit import driver
from neurosim.mcculloch_pitts import rules
from neurosim.mcculloch_pitts.wiring import Wiring

WORDS = 64  # of a block
ROW = np.uint64(WORDS)
GROUP = 8  # words that are absorbed together


class State(NamedTuple):
    """The arrays of a run; `advance` changes activity, recorded and step in place."""

    wiring: Wiring
    capacity: int  # carries that a digit of one cell can have
    activity: np.ndarray  # (names, words) uint64, bit b of word w is history 64 w + b
    inputs: np.ndarray  # (input steps, inputs, words) uint64, read-only
    rows: np.ndarray  # (recorded,) the rows of the activity that are recorded
    recorded: np.ndarray  # (steps + 1, recorded, words) uint64
    step: np.ndarray  # (1,) how far the run is


def begin(wiring, activity, inputs, rows, steps):
    """Lay out a run of so many steps from the cells' activity (cells, words) and the inputs (steps, inputs, words)."""
    now = np.zeros((inputs.shape[1] + len(activity), activity.shape[1]), np.uint64)
    now[inputs.shape[1] :] = activity
    if len(inputs):
        now[: inputs.shape[1]] = inputs[0]
    recorded = np.empty((steps + 1, len(rows), now.shape[1]), np.uint64)
    recorded[0] = now[rows]
    inputs = np.ascontiguousarray(inputs).view()  # one Numba type whatever the caller's array allows
    inputs.flags.writeable = False
    return State(wiring, _capacity(wiring), now, inputs, rows, recorded, np.zeros(1, np.int64))


def advance(state, steps):
    """Do some time steps."""
    words = state.activity.shape[1]
    parallel.run(_advance, -(-words // WORDS), steps, *state.wiring, *state[1:])
    state.step[0] += steps


def fetch(state, names=("activity", "recorded")):
    """Return arrays of the state by name, on the host."""
    return {name: getattr(state, name) for name in names}


def _capacity(wiring):
    """Return the largest number of carries of any digit, counted as `_absorb` makes them."""
    terms = np.diff(wiring.first)
    carries = np.zeros((len(terms), terms.shape[1] + 3), np.int64)
    for digit in range(terms.shape[1]):
        for words in (terms[:, digit], carries[:, digit]):
            carries[:, digit + 3] += words // GROUP
            carries[:, digit + 1] += (words % GROUP + 1) // 2
    return int(carries.max(initial=1))


@driver(nogil=True)
def _advance(
    begin, end, steps, first, terms, inhibitors_first, inhibitors, thresholds, levels, inverted, capacity, activity,
    inputs, rows, recorded, step,
):  # fmt: skip
    """Take the blocks of words from `begin` to `end` through all steps."""
    names, words = activity.shape
    afferents, digits = inputs.shape[1], first.shape[1] + 2
    even = np.empty((names + len(inverted)) * WORDS, np.uint64)
    odd = np.empty_like(even)
    sums = np.empty((digits + 3) * WORDS, np.uint64)
    carries, counts = np.empty(digits * capacity * WORDS, np.uint64), np.empty(digits, np.int64)
    in_order = np.arange(digits * capacity).astype(np.int32)
    for w in range(begin * WORDS, min(end * WORDS, words), WORDS):
        n = np.uint64(min(WORDS, words - w))  # unsigned, so that no index can be negative: Numba would look each time
        for name in range(names):
            _load(activity[name], w, even, name, n)
        for s in range(steps):
            now, after = (even, odd) if s % 2 == 0 else (odd, even)
            t = step[0] + s + 1
            for i in range(len(inverted)):
                _invert(now, inverted[i], names + i, n)
            for cell in range(len(thresholds)):
                counts[:] = 0
                target = np.uint64(afferents + cell) * ROW
                _clear(sums, after, target, n)
                for k in range(levels[cell]):
                    if first[cell, k] < first[cell, k + 1]:
                        _absorb(now, terms, first[cell, k], first[cell, k + 1], sums, carries, counts, k, capacity, n)
                    c = k * capacity
                    if counts[k]:
                        _absorb(carries, in_order, c, c + counts[k], sums, carries, counts, k, capacity, n)
                    _finish(sums, k, thresholds[cell] >> k & 1, after, target, n)
                for i in range(inhibitors_first[cell], inhibitors_first[cell + 1]):
                    _inhibit(after, target, now, inhibitors[i], n)
            for i in range(afferents):
                if t < len(inputs):
                    _load(inputs[t, i], w, after, i, n)
                else:
                    _silence(after, i, n)
            for i in range(len(rows)):
                _unload(after, rows[i], recorded[t, i], w, n)
        for name in range(names):
            _unload(even if steps % 2 == 0 else odd, name, activity[name], w, n)


@njit
def _absorb(source, terms, start, stop, sums, carries, counts, digit, capacity, n):
    """Add words to a digit, in groups of eight, then two, then one, and append the carries to higher digits."""
    place = np.uint64(digit) * ROW
    while stop - start >= GROUP:
        _eight(source, terms, start, sums, place, n)
        _copy(sums, digit + 3, carries, (digit + 3) * capacity + counts[digit + 3], n)
        counts[digit + 3] += 1
        start += GROUP
    while start < stop:
        carry = np.uint64((digit + 1) * capacity + counts[digit + 1]) * ROW
        a = np.uint64(terms[start]) * ROW
        if stop - start == 1:
            for i in range(n):
                sums[place + i], carries[carry + i] = rules.half_adder(sums[place + i], source[a + i])
        else:
            b = np.uint64(terms[start + 1]) * ROW
            for i in range(n):
                total, carries[carry + i] = rules.full_adder(sums[place + i], source[a + i], source[b + i])
                sums[place + i] = total
        counts[digit + 1] += 1
        start += 2


@njit
def _eight(source, terms, t, sums, place, n):
    """Add eight words to the sums of a digit and of the next two; the row after them receives the carry."""
    a, b = np.uint64(terms[t]) * ROW, np.uint64(terms[t + 1]) * ROW
    c, d = np.uint64(terms[t + 2]) * ROW, np.uint64(terms[t + 3]) * ROW
    e, f = np.uint64(terms[t + 4]) * ROW, np.uint64(terms[t + 5]) * ROW
    g, h = np.uint64(terms[t + 6]) * ROW, np.uint64(terms[t + 7]) * ROW
    for i in range(n):  # all stores go to one array, or LLVM finds too many overlaps to exclude and does not vectorise
        s = place + i
        one, two_ab = rules.full_adder(sums[s], source[a + i], source[b + i])
        one, two_cd = rules.full_adder(one, source[c + i], source[d + i])
        one, two_ef = rules.full_adder(one, source[e + i], source[f + i])
        one, two_gh = rules.full_adder(one, source[g + i], source[h + i])
        two, four_ad = rules.full_adder(sums[s + ROW], two_ab, two_cd)
        two, four_eh = rules.full_adder(two, two_ef, two_gh)
        four, eight = rules.full_adder(sums[s + ROW + ROW], four_ad, four_eh)
        sums[s], sums[s + ROW], sums[s + ROW + ROW], sums[s + ROW + ROW + ROW] = one, two, four, eight


@njit
def _finish(sums, digit, threshold_bit, reached, target, n):
    """Compare a finished digit with the threshold's, and clear the row that becomes the third of the next digit."""
    place = np.uint64(digit) * ROW
    for i in range(n):
        reached[target + i] = rules.reaches(sums[place + i], threshold_bit, reached[target + i])
        sums[place + ROW + ROW + ROW + i] = 0


@njit
def _clear(sums, reached, target, n):
    for i in range(n):
        sums[i], sums[ROW + i], sums[ROW + ROW + i] = 0, 0, 0
        reached[target + i] = ~np.uint64(0)


@njit
def _inhibit(reached, target, now, inhibitor, n):
    start = np.uint64(inhibitor) * ROW
    for i in range(n):
        reached[target + i] = rules.permit(reached[target + i], now[start + i])


@njit
def _invert(now, source, target, n):
    a, b = np.uint64(source) * ROW, np.uint64(target) * ROW
    for i in range(n):
        now[b + i] = ~now[a + i]


@njit
def _copy(source, row, target, to, n):
    a, b = np.uint64(row) * ROW, np.uint64(to) * ROW
    for i in range(n):
        target[b + i] = source[a + i]


@njit
def _silence(target, row, n):
    for i in range(n):
        target[np.uint64(row) * ROW + i] = 0


@njit
def _load(words, w, target, row, n):
    for i in range(n):
        target[np.uint64(row) * ROW + i] = words[np.uint64(w) + i]


@njit
def _unload(source, row, words, w, n):
    for i in range(n):
        words[np.uint64(w) + i] = source[np.uint64(row) * ROW + i]
