"""Annealing in the order of colour classes on the CPU: the device's twin, with the same spins bit for bit.

Within a class it makes no difference which spin comes first, so the classes' sites are visited one after the other.
Blocks of reads, or words of 64 replicas, are the tasks; none knows of another.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numba import njit

from neurosim.core import parallel
from neurosim.core.jit import driver
from neurosim.core.random import MASK, SHIFT, philox
from neurosim.ising import colouring
from neurosim.ising.colouring import ALL, LANES, NONE
from neurosim.ising.problem import Problem

READS = 32  # of a block, a multiple of the four words of a Philox block
QUADS = READS // 4
CHUNK = 256  # sites of a colour that are visited together in 64 replicas
ROW, TWO, FOUR, ONE = np.uint64(CHUNK), np.uint64(2 * CHUNK), np.uint64(4 * CHUNK), np.uint64(1)


class State(NamedTuple):
    """The arrays of a run; `advance` changes spins, best, energies, best_energies and sweep in place."""

    problem: Problem
    order: np.ndarray  # (N,) int32
    spins: np.ndarray  # (N, reads) int8
    best: np.ndarray  # (N, reads) int8
    energies: np.ndarray  # (reads,) int64, times the scale
    best_energies: np.ndarray
    sweep: np.ndarray  # (1,) how many were done
    key: tuple
    rule: int
    largest: int  # the largest |s f|, or -1 for float couplings
    scale: float


class WordState(NamedTuple):
    """The arrays of a run on words; sites stand in their order, and word w holds replicas 64 w to 64 w + 63."""

    bonds: np.ndarray  # (largest degree, N) int32
    degrees: np.ndarray  # (N,) int64
    earlier: np.ndarray  # (colours,) int64, how many bonds to earlier colours a site has at most
    order: np.ndarray  # (N,) int32
    starts: np.ndarray  # (colours + 1,) int64
    spins: np.ndarray  # (words, N) uint64
    best: np.ndarray  # (words, N) uint64
    energies: np.ndarray  # (words, 64) int64
    best_energies: np.ndarray
    sweep: np.ndarray  # (1,) how many were done
    key: tuple
    rule: int


def begin(problem, order, starts, spins, key, rule):
    """Lay out a run.

    Parameters
    ----------
    problem : Problem
    order, starts : (N,) int32, (colours + 1,) int64
        As `colouring.colour_classes` returns them.
    spins : (N, reads) int8 of -1 and +1
    key : int in [0, 2**64)
        Spins depend on the key, the number of the read and the number of the sweep, not on how many reads there are.
    rule : rules.METROPOLIS or rules.HEATBATH
    """
    scale = colouring.energy_scale(problem)
    energies = colouring.scaled_energies(problem, spins, scale)
    spins = np.array(spins, np.int8, order="C")
    return State(
        problem, order, spins, spins.copy(), energies, energies.copy(), np.zeros(1, np.int64), _halves(key), rule,
        colouring.largest_cost(problem), scale,
    )  # fmt: skip


def advance(state, temperatures):
    """Do a sweep at each temperature T >= 0.

    In a fixed order Metropolis flips every spin whose field is 0, so that a model without odd sums may never meet
    some of its states; with the heat bath it meets them all.

    Returns
    -------
    accepted : (sweeps,) int64
        How many spins flipped, over all reads.
    energies : (sweeps, reads) int64, or float64 if the couplings are
        After each sweep. Floats are added up from rounded changes: good for a choice, not to the last digit.
    """
    size = max(1, colouring.ENTRIES // (2 * state.largest + 1)) if state.largest >= 0 else colouring.ENTRIES
    tasks = -(-state.spins.shape[1] // READS)
    kind = np.empty(0, np.float32 if state.largest < 0 else np.int16)
    accepted = np.zeros((tasks, len(temperatures)), np.int64)
    record = np.empty((len(temperatures), state.spins.shape[1]), np.int64)
    for begun in range(0, len(temperatures), size):
        some = slice(begun, min(begun + size, len(temperatures)))
        parallel.run(
            _advance, tasks, *state.problem, state.order, state.spins, state.best, state.energies, state.best_energies,
            colouring.thresholds(temperatures[some], max(state.largest, 0), state.rule),
            colouring.rates(temperatures[some]), state.rule, state.largest, np.float32(2 * state.scale), kind,
            np.uint64(READS), *state.key, state.sweep[0], accepted[:, some], record[some],
        )  # fmt: skip
        state.sweep[0] += some.stop - begun
    return accepted.sum(0), record if state.largest >= 0 else record / state.scale


def fetch(state):
    """Return the last and the best spins (N, reads) and their energies (reads,), of the start and all sweeps' ends."""
    divide = (lambda e: e.copy()) if state.largest >= 0 else (lambda e: e / state.scale)
    return {
        "spins": state.spins,
        "best": state.best,
        "energies": divide(state.energies),
        "best_energies": divide(state.best_energies),
    }


def begin_words(problem, order, starts, words, key, rule):
    """Lay out a run on words (N, w) uint64: bit b of word k is replica 64 k + b, and 1 stands for spin +1.

    Couplings are +1 and -1, fields 0 and degrees at most 7. Lanes of a word share one random number, which half of
    them, drawn anew for every visit, replace by one minus it: each is a correct chain, and no two stay together.
    """
    bonds = colouring.bonds_of(problem, order)
    spins = np.ascontiguousarray(words[order].T, np.uint64)
    begins = np.repeat(starts[:-1], np.diff(starts))
    before = ((bonds >= 0) & (bonds >> 1 < begins)).sum(0)
    earlier = np.array([before[i:j].max() for i, j in pairwise(starts)])
    degrees = (bonds >= 0).sum(0)
    energies = np.empty((len(spins), LANES), np.int64)
    for word in range(len(spins)):
        _tally(bonds, degrees, earlier, starts, spins, word, energies)
    return WordState(
        bonds, degrees, earlier, order, starts, spins, spins.copy(), energies, energies.copy(), np.zeros(1, np.int64),
        _halves(key), rule,
    )  # fmt: skip


def advance_words(state, temperatures):
    """Do a sweep at each temperature T >= 0; return the flips (sweeps,) and the energies (sweeps, 64 words), int64."""
    accepted = np.zeros((len(state.spins), len(temperatures)), np.int64)
    record = np.empty((len(temperatures), len(state.spins), LANES), np.int64)
    table = colouring.thresholds(temperatures, len(state.bonds), state.rule)
    parallel.run(
        _advance_words, len(state.spins), *state[:9], table, *state.key, state.sweep[0], accepted, record
    )  # fmt: skip
    state.sweep[0] += len(temperatures)
    return accepted.sum(0), record.reshape(len(temperatures), -1)


def fetch_words(state):
    """Return the last and the best words (N, w) and the energies (64 w,) of both."""
    found = {"energies": state.energies.ravel().copy(), "best_energies": state.best_energies.ravel().copy()}
    for name in ("spins", "best"):
        found[name] = np.empty(state.spins.shape[::-1], np.uint64)
        found[name][state.order] = getattr(state, name).T
    return found


def _halves(key):
    return np.uint64(key & 0xFFFFFFFF), np.uint64(key >> 32)


@driver(nogil=True)
def _advance(
    begin, end, first, neighbours, couplings, fields, order, spins, best, energies, best_energies, table, rates, rule,
    largest, scale, kind, n, k0, k1, done, accepted, record,
):  # fmt: skip
    """Take the blocks of n reads from `begin` to `end` through all sweeps.

    To the compiler n is no constant: it would write loops out before it could turn them into vector code.
    """
    block, best_block = np.empty(len(spins) * READS, np.int8), np.empty(len(spins) * READS, np.int8)
    costs, words, limits = np.empty(READS, kind.dtype), np.empty(READS, np.int64), np.empty(READS, np.int64)
    changes, better = np.empty(READS, kind.dtype), np.empty(READS, np.int8)
    sums, flips = np.empty(READS, np.int64), np.empty(READS, np.int64)
    for task in range(begin, end):
        _load(spins, task, block)
        _load(best, task, best_block)
        for s in range(len(rates)):
            sums[:] = 0
            flips[:] = 0
            for site in order:
                _costs(first, neighbours, couplings, fields, block, site, costs, n)
                _draw(np.uint64(site), np.uint64(task * READS // 4), np.uint64(done + s), k0, k1, words, n)
                if largest >= 0:
                    for i in range(n):
                        limits[i] = table[s, np.uint64(np.int64(costs[i]) + largest)]
                else:
                    for i in range(n):
                        limits[i] = colouring.threshold(np.float32(costs[i]), rates[s], rule)
                _decide(words, limits, block, site, costs, changes, flips, n)
                if largest >= 0:
                    for i in range(n):
                        sums[i] += 2 * np.int64(changes[i])
                else:
                    for i in range(n):
                        sums[i] += np.int64(np.float32(changes[i]) * scale)
            accepted[task, s] = _end(task, s, sums, flips, energies, best_energies, record, better)
            for i in range(np.uint64(len(block)) if better.any() else np.uint64(0)):
                best_block[i] = block[i] if better[i % n] else best_block[i]
        _store(block, task, spins)
        _store(best_block, task, best)


@njit
def _load(spins, task, block):
    """Copy some reads; their place is such that the first ones of every four lie together, then the second ones."""
    for site in range(len(spins)):
        for i in range(READS):
            read = min(task * READS + i, spins.shape[1] - 1)
            block[site * READS + i % 4 * QUADS + i // 4] = spins[site, read]


@njit
def _store(block, task, spins):
    for site in range(len(spins)):
        for i in range(min(READS, spins.shape[1] - task * READS)):
            spins[site, task * READS + i] = block[site * READS + i % 4 * QUADS + i // 4]


@njit
def _costs(first, neighbours, couplings, fields, block, site, costs, n):
    """Set s f; float32 sums are rounded after each neighbour, in their order."""
    for i in range(n):
        costs[i] = fields[site]
    for p in range(first[site], first[site + 1]):
        row, coupling = np.uint64(neighbours[p]) * n, couplings[p]
        for i in range(n):
            costs[i] += coupling if block[row + i] > 0 else -coupling
    row = np.uint64(site) * n
    for i in range(n):
        costs[i] = costs[i] if block[row + i] > 0 else -costs[i]


@njit
def _draw(site, quad, sweep, k0, k1, words, n):
    """Draw 32 bits for each read of a block; a Philox block serves four reads."""
    quads = n >> np.uint64(2)
    for q in range(quads):
        a, b, c, d = philox(site, quad + q, sweep & MASK, colouring.STREAM | sweep >> SHIFT, k0, k1)
        words[q], words[q + quads], words[q + quads + quads], words[q + quads + quads + quads] = a, b, c, d


@njit
def _decide(words, limits, block, site, costs, changes, flips, n):
    """Flip spins whose words are below their limits; keep the s f of those, and count them."""
    row = np.uint64(site) * n
    for i in range(n):
        flip = words[i] < limits[i]
        changes[i] = costs[i] if flip else 0
        flips[i] += flip
    for i in range(n):
        block[row + i] = -block[row + i] if words[i] < limits[i] else block[row + i]


@njit
def _end(task, s, sums, flips, energies, best_energies, record, better):
    """Bring the energies of a block up to date, note which are lower than ever, and return how many spins flipped."""
    flipped = 0
    better[:] = 0
    for i in range(min(READS, len(energies) - task * READS)):
        place, read = i % 4 * QUADS + i // 4, task * READS + i
        energies[read] += sums[place]
        record[s, read] = energies[read]
        better[place] = energies[read] < best_energies[read]
        best_energies[read] = min(energies[read], best_energies[read])
        flipped += flips[place]
    return flipped


@driver(nogil=True)
def _advance_words(
    begin, end, bonds, degrees, earlier, order, starts, spins, best, energies, best_energies, table, k0, k1, done,
    accepted, record,
):  # fmt: skip
    """Take the words from `begin` to `end` through all sweeps."""
    drawn, masks, others, digits, passed = _buffers()
    for word in range(begin, end):
        for s in range(len(table)):
            sweep = np.uint64(done + s)
            for colour in range(len(starts) - 1):
                for p in range(starts[colour], starts[colour + 1], CHUNK):
                    n = np.uint64(min(CHUNK, starts[colour + 1] - p))
                    _draw_words(order, p, n, np.uint64(word), sweep, k0, k1, drawn, masks)
                    digits[:] = 0
                    for k in range(len(bonds)):
                        _satisfied(bonds, k, spins, word, p, n, len(order), others, digits)
                    _pass(drawn, n, table, s, passed)
                    accepted[word, s] += _flip(masks, digits, passed, degrees, len(bonds), p, n, spins, word)
            _tally(bonds, degrees, earlier, starts, spins, word, energies)
            record[s, word] = energies[word]
            _keep(spins, best, energies, best_energies, word)


@njit
def _buffers():
    """Return what a chunk of sites needs: random words, masks, neighbours, digits of counts, thresholds passed."""
    drawn, masks, others = np.empty(CHUNK, np.uint64), np.empty(CHUNK, np.uint64), np.empty(CHUNK, np.uint64)
    return drawn, masks, others, np.empty(3 * CHUNK, np.uint64), np.empty(2 * CHUNK, np.int64)


@njit
def _draw_words(order, p, n, word, sweep, k0, k1, drawn, masks):
    stream = colouring.WORD_STREAM | sweep >> SHIFT
    for i in range(n):
        a, b, c, _ = philox(np.uint64(order[np.uint64(p) + i]), word, sweep & MASK, stream, k0, k1)
        drawn[i] = a
        masks[i] = b | c << SHIFT


@njit
def _satisfied(bonds, k, spins, word, p, n, end, others, digits):
    """Count bond k of some sites, if it leads to a site before `end`, where it is satisfied."""
    for i in range(n):
        others[i] = spins[word, np.uint64(max(bonds[k, np.uint64(p) + i], 0)) >> ONE]
    for i in range(n):
        bond = bonds[k, np.uint64(p) + i]
        alike = spins[word, np.uint64(p) + i] ^ others[i] ^ (ALL if bond & 1 else NONE)
        alike = alike if bond >= 0 and bond >> 1 < end else NONE
        ones, twos, fours = colouring.add_bit(digits[i], digits[i + ROW], digits[i + TWO], alike)
        digits[i], digits[i + ROW], digits[i + TWO] = ones, twos, fours


@njit
def _pass(drawn, n, table, s, passed):
    """Count the thresholds above a random word and above its complement."""
    sure, count = 0, table.shape[1]
    while sure < count and table[s, sure] >= colouring.CERTAIN:
        sure += 1
    passed[:] = sure
    for j in range(sure, count):
        limit = np.uint64(table[s, j])
        if limit == 0:
            break
        for i in range(n):
            passed[i] += drawn[i] < limit
            passed[i + ROW] += MASK ^ drawn[i] < limit


@njit
def _flip(masks, digits, passed, degrees, largest, p, n, spins, word):
    """Flip what may flip at some sites and return how many lanes did."""
    flipped = 0
    for i in range(n):
        ones, twos, fours = digits[i], digits[i + ROW], digits[i + TWO]
        degree = degrees[np.uint64(p) + i]
        few, other = colouring.fewest(passed[i], largest, degree), colouring.fewest(passed[i + ROW], largest, degree)
        kept = colouring.at_least(ones, twos, fours, few) & ~masks[i]
        flips = ~(kept | (colouring.at_least(ones, twos, fours, other) & masks[i]))
        spins[word, np.uint64(p) + i] ^= flips
        flipped += _bits(flips)
    return flipped


@driver(nogil=True)
def _tally(bonds, degrees, earlier, starts, spins, word, energies):
    """Find the energies of 64 replicas: bonds less twice the satisfied ones, each counted where its later end is."""
    _, _, others, digits, _ = _buffers()
    planes = np.zeros(8 * CHUNK, np.uint64)
    total, counted, most = np.zeros(LANES, np.int64), 0, np.uint64(0)
    for colour in range(len(earlier)):
        if not earlier[colour]:
            continue
        for p in range(starts[colour], starts[colour + 1], CHUNK):
            n = np.uint64(min(CHUNK, starts[colour + 1] - p))
            digits[:] = 0
            for k in range(earlier[colour]):
                _satisfied(bonds, k, spins, word, p, n, starts[colour], others, digits)
            if counted + earlier[colour] > colouring.PLANES:
                _empty(planes, total, most)
                counted = 0
            most = max(most, n)
            _add(digits, planes, n)
            counted += earlier[colour]
    _empty(planes, total, most)
    energies[word] = degrees.sum() // 2 - 2 * total


@njit
def _add(digits, planes, n):
    for i in range(n):
        j = i + FOUR
        a, b, c, d, e, f, g, h = colouring.add_to_planes(
            planes[i], planes[i + ROW], planes[i + TWO], planes[i + TWO + ROW], planes[j], planes[j + ROW],
            planes[j + TWO], planes[j + TWO + ROW], digits[i], digits[i + ROW], digits[i + TWO],
        )  # fmt: skip
        planes[i], planes[i + ROW], planes[i + TWO], planes[i + TWO + ROW] = a, b, c, d
        planes[j], planes[j + ROW], planes[j + TWO], planes[j + TWO + ROW] = e, f, g, h


@njit
def _empty(planes, total, n):
    """Add the sums of each lane to its total, and clear them."""
    for i in range(n):
        j = i + FOUR
        a, b, c, d = planes[i], planes[i + ROW], planes[i + TWO], planes[i + TWO + ROW]
        e, f, g, h = planes[j], planes[j + ROW], planes[j + TWO], planes[j + TWO + ROW]
        for lane in range(LANES):
            total[lane] += colouring.lane_of_planes(a, b, c, d, e, f, g, h, np.uint64(lane))
    planes[:] = 0


@njit
def _keep(spins, best, energies, best_energies, word):
    """Copy the replicas that are lower than ever."""
    better = NONE
    for lane in range(LANES):
        if energies[word, lane] < best_energies[word, lane]:
            best_energies[word, lane] = energies[word, lane]
            better |= np.uint64(1) << np.uint64(lane)
    if better != NONE:
        for site in range(np.uint64(spins.shape[1])):
            best[word, site] ^= (best[word, site] ^ spins[word, site]) & better


@njit
def _bits(word):
    """Return how many bits are set."""
    word = word - (word >> np.uint64(1) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + (word >> np.uint64(2) & np.uint64(0x3333333333333333))
    word = word + (word >> np.uint64(4)) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64(word * np.uint64(0x0101010101010101) >> np.uint64(56))
