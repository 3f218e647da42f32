"""Annealing of 64 replicas in the bits of a word by colour classes on the CPU: the device's twin, bit for bit.

Words are the tasks; none knows of another. Sites of one class and one degree are visited together, in chunks of which
every step is a loop over sites: a number of each lane, as the bonds that are satisfied, is a few words of its digits.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from neurosim.core import parallel
from neurosim.core.jit import driver
from neurosim.core.random import MASK, SHIFT, philox
from neurosim.ising import colouring
from neurosim.ising.colouring import ALL, LANES, NONE

CHUNK = 256  # sites that are visited together; a number's digits are as many rows of a buffer
ROW, TWO, THREE, ONE = np.uint64(CHUNK), np.uint64(2 * CHUNK), np.uint64(3 * CHUNK), np.uint64(1)
HALF = np.uint64(4 * CHUNK)


class State(NamedTuple):
    """The arrays of a run; sites stand in the order of their visits, and word w holds replicas 64 w to 64 w + 63."""

    bonds: np.ndarray  # (largest degree, N) uint32
    order: np.ndarray  # (N,) uint32
    chunks: np.ndarray  # (chunks, 3) int64: first site, end and degree
    spins: np.ndarray  # (words, N) uint64
    best: np.ndarray  # (words, N) uint64
    energies: np.ndarray  # (words, 64) int64, at the last look
    best_energies: np.ndarray
    totals: np.ndarray  # (words,) int64, the sum of the reads' energies after the last sweep
    counted: np.ndarray  # (words,) uint64, ones in the replicas that are reads, not padding
    sweep: np.ndarray  # (1,) how many were done
    key: tuple
    rule: int
    reads: int


def begin(problem, order, starts, words, key, rule, reads):
    """Lay out a run on words (N, w) uint64: bit b of word k is replica 64 k + b, and 1 stands for spin +1.

    Couplings are +1 and -1, fields 0 and degrees at most 7. Lanes of a word share one random number, which half of
    them, drawn anew for every visit, replace by one minus it: each is a correct chain, and no two stay together. The
    first reads of the 64 w replicas count; what is left over pads the last word.
    """
    degrees = np.diff(problem.first)
    colours = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    order = order[np.lexsort((degrees[order], colours))]
    bonds = colouring.bonds_of(problem, order).astype(np.uint32)
    spins = np.ascontiguousarray(words[order].T, np.uint64)
    chunks = _chunks(colours, degrees[order])
    energies = np.empty((len(spins), LANES), np.int64)
    parallel.run(_tally, len(spins), bonds, chunks, spins, energies)
    totals = np.where(np.arange(energies.size).reshape(energies.shape) < reads, energies, 0).sum(1)
    return State(
        bonds, order.astype(np.uint32), chunks, spins, spins.copy(), energies, energies.copy(), totals,
        colouring.lanes_of(reads), np.zeros(1, np.int64), colouring.halves(key), rule, reads,
    )  # fmt: skip


def advance(state, temperatures):
    """Do a sweep at each temperature T >= 0.

    After every `colouring.LOOK`-th sweep of a run the energy of each replica is compared with its lowest so far.

    Returns
    -------
    accepted : (sweeps,) int64
        How many spins flipped, over all reads.
    energies : (sweeps,) float64
        The mean energy of all reads after each sweep.
    """
    shape = len(state.spins), len(temperatures)
    accepted, totals = np.empty(shape, np.int64), np.empty(shape, np.int64)
    table = colouring.thresholds(temperatures, len(state.bonds), state.rule)
    parallel.run(_advance, len(state.spins), *state[:9], table, *state.key, state.sweep[0], accepted, totals)
    state.sweep[0] += len(temperatures)
    return accepted.sum(0), totals.sum(0) / state.reads


def fetch(state):
    """Return the last and the best words (N, w) and the energies (64 w,) of both.

    The best are of the start, the looks and now; a fetch does not change the run.
    """
    energies, best, best_energies = np.empty_like(state.energies), state.best.copy(), state.best_energies.copy()
    parallel.run(_tally, len(best), state.bonds, state.chunks, state.spins, energies)
    colouring.keep_lower(state.spins, best, energies, best_energies)
    found = {"energies": energies.ravel(), "best_energies": best_energies.ravel()}
    for name, spins in (("spins", state.spins), ("best", best)):
        found[name] = np.empty(spins.shape[::-1], np.uint64)
        found[name][state.order] = spins.T
    return found


def _chunks(colours, degrees):
    """Cut the sites into chunks of one colour and one degree."""
    cuts = np.flatnonzero((np.diff(colours, prepend=-1) != 0) | (np.diff(degrees, prepend=-1) != 0))
    ends = [*cuts[1:], len(colours)]
    begins = [p for i, j in zip(cuts, ends, strict=True) for p in range(i, j, CHUNK)]
    return np.array([(p, q, degrees[p]) for p, q in zip(begins, [*begins[1:], len(colours)], strict=True)], np.int64)


@driver(nogil=True)
def _advance(
    begin, end, bonds, order, chunks, spins, best, energies, best_energies, totals, counted, table, k0, k1, done,
    accepted, record,
):  # fmt: skip
    """Take the words from `begin` to `end` through all sweeps."""
    drawn, limits = np.empty(2 * CHUNK, np.uint64), np.empty(4 * CHUNK, np.uint64)
    others, digits = np.empty(8 * CHUNK, np.uint64), np.empty(3 * CHUNK, np.uint64)
    changes = np.zeros(2, np.int64)
    for word in range(begin, end):
        for s in range(len(table)):
            changes[:] = 0
            for c in range(len(chunks)):
                p, n, degree = np.uint64(chunks[c, 0]), np.uint64(chunks[c, 1] - chunks[c, 0]), chunks[c, 2]
                _draw(order, p, n, np.uint64(word), np.uint64(done + s), k0, k1, drawn)
                _satisfied(bonds, degree, spins, word, p, n, others, digits)
                _limit(drawn, n, table, s, degree, limits)
                _flip(digits, limits, spins, word, p, n, degree, counted[word], changes)
            totals[word] += changes[1]
            accepted[word, s], record[word, s] = changes[0], totals[word]
            if (done + s + 1) % colouring.LOOK == 0:
                _tally(word, word + 1, bonds, chunks, spins, energies)
                _keep(spins, best, energies, best_energies, word)


@njit
def _draw(order, p, n, word, sweep, k0, k1, drawn):
    """Draw a random word of 32 bits and a mask of 64 for each site."""
    low, stream = sweep & MASK, colouring.WORD_STREAM | sweep >> SHIFT
    for i in range(n):
        a, b, c, _ = philox(np.uint64(order[p + i]), word, low, stream, k0, k1)
        drawn[i] = a
        drawn[i + ROW] = b | c << SHIFT


@njit
def _satisfied(bonds, degree, spins, word, p, n, others, digits):
    """Count the bonds of some sites that are satisfied, in three digits."""
    for k in range(degree):
        row = np.uint64(k) * ROW
        for i in range(n):
            others[row + i] = spins[word, np.uint64(bonds[k, p + i]) >> ONE]
    digits[:] = 0
    for k in range(degree & 1):
        for i in range(n):
            digits[i] = _alike(bonds, k, spins, word, p, i, others[i])
    for k in range(degree & 1, degree, 2):
        row = np.uint64(k) * ROW
        for i in range(n):
            one = _alike(bonds, k, spins, word, p, i, others[row + i])
            other = _alike(bonds, k + 1, spins, word, p, i, others[row + ROW + i])
            both, either = one & other, one ^ other
            carry = both | (digits[i] & either)
            twos, fours = digits[i + ROW], digits[i + TWO]
            digits[i], digits[i + ROW], digits[i + TWO] = digits[i] ^ either, twos ^ carry, fours ^ (twos & carry)


@njit
def _alike(bonds, k, spins, word, p, i, other):
    """Return the lanes in which a bond is satisfied."""
    return spins[word, p + i] ^ other ^ (NONE - (np.uint64(bonds[k, p + i]) & ONE))


@njit
def _limit(drawn, n, table, s, degree, limits):
    """Find how few satisfied bonds allow a flip: in four digits, the least number of them that does not.

    That is how many of the thresholds of s f = -degree, 2 - degree ... degree are above a lane's random word.
    """
    middle, sure = table.shape[1] // 2, 0
    while sure <= degree and table[s, middle - degree + 2 * sure] >= colouring.CERTAIN:
        sure += 1
    for digit in range(4):
        limits[digit * CHUNK : (digit + 1) * CHUNK] = ALL if sure >> digit & 1 else NONE
    for k in range(sure, degree + 1):
        limit = table[s, middle - degree + 2 * k]
        if limit == 0:
            break
        for i in range(n):
            below = colouring.below(drawn[i], drawn[i + ROW], limit)
            ones, twos, fours, eights = colouring.add_bit(
                limits[i], limits[i + ROW], limits[i + TWO], limits[i + THREE], below
            )
            limits[i], limits[i + ROW], limits[i + TWO], limits[i + THREE] = ones, twos, fours, eights


@njit
def _flip(digits, limits, spins, word, p, n, degree, counted, changes):
    """Flip the lanes whose satisfied bonds are fewer than their limit; count reads, and add up their energies."""
    flipped = satisfied = np.uint64(0)
    for i in range(n):
        ones, twos, fours = digits[i], digits[i + ROW], digits[i + TWO]
        flips = colouring.fewer(ones, twos, fours, limits[i], limits[i + ROW], limits[i + TWO], limits[i + THREE])
        spins[word, p + i] ^= flips
        flips &= counted
        flipped += _bits(flips)
        satisfied += _bits(flips & ones) + _bits(flips & twos) * np.uint64(2) + _bits(flips & fours) * np.uint64(4)
    changes[0] += np.int64(flipped)
    changes[1] += 4 * np.int64(satisfied) - 2 * degree * np.int64(flipped)


@driver(nogil=True)
def _tally(begin, end, bonds, chunks, spins, energies):
    """Find the energies in the words from `begin` to `end`: bonds less twice the satisfied ones."""
    others, digits = np.empty(8 * CHUNK, np.uint64), np.empty(3 * CHUNK, np.uint64)
    planes, satisfied = np.zeros(8 * CHUNK, np.uint64), np.empty(LANES, np.int64)  # each is counted at both its ends
    bonds_twice = (chunks[:, 2] * (chunks[:, 1] - chunks[:, 0])).sum()
    for word in range(begin, end):
        satisfied[:] = counted = 0
        for c in range(len(chunks)):
            p, n, degree = np.uint64(chunks[c, 0]), np.uint64(chunks[c, 1] - chunks[c, 0]), chunks[c, 2]
            if counted + degree > colouring.PLANES:
                _empty(planes, satisfied)
                counted = 0
            _satisfied(bonds, degree, spins, word, p, n, others, digits)
            _add(digits, planes, n)
            counted += degree
        _empty(planes, satisfied)
        for lane in range(LANES):
            energies[word, lane] = bonds_twice // 2 - satisfied[lane]


@njit
def _add(digits, planes, n):
    for i in range(n):
        j = i + HALF
        a, b, c, d, e, f, g, h = colouring.add_to_planes(
            planes[i], planes[i + ROW], planes[i + TWO], planes[i + THREE], planes[j], planes[j + ROW],
            planes[j + TWO], planes[j + THREE], digits[i], digits[i + ROW], digits[i + TWO],
        )  # fmt: skip
        planes[i], planes[i + ROW], planes[i + TWO], planes[i + THREE] = a, b, c, d
        planes[j], planes[j + ROW], planes[j + TWO], planes[j + THREE] = e, f, g, h


@njit
def _empty(planes, total):
    """Add the sums of each lane to its total, and clear them."""
    for i in range(ROW):
        j = i + HALF
        a, b, c, d = planes[i], planes[i + ROW], planes[i + TWO], planes[i + THREE]
        e, f, g, h = planes[j], planes[j + ROW], planes[j + TWO], planes[j + THREE]
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
    return word * np.uint64(0x0101010101010101) >> np.uint64(56)
