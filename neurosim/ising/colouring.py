"""Colour classes of a graph, and what annealing by classes shares between the CPU and the device.

Spins of one colour do not interact, so all of them may be flipped at the same time. The device visits the sites in the
order of their classes, and the CPU's twin does the same one after the other. All decisions are made on integers, in
steps of 2^-32 of probability, which is why both reach the same spins bit for bit.
"""

import numpy as np
from numba import njit
from scipy.sparse import csr_array

from neurosim.core.jit import driver
from neurosim.core.random import MASK
from neurosim.ising.problem import Problem, row_sums
from neurosim.ising.rules import HEATBATH

CERTAIN = 1 << 32  # the threshold that every 32-bit word is below
STREAM, WORD_STREAM = np.uint64(0x10000), np.uint64(0x20000)  # last counter of Philox, before a sweep's upper bits
FRACTION = 30  # bits of the fraction of an exponent
SMALLEST = np.float32(40.0)  # powers of a half from which on a probability is taken as 0
# 2^-f on [0, 1) in steps of 2^-32, to 4e-9; fitted by us, exact at 0
P1, P2, P3, P4, P5, P6 = -2977043890, 1031755646, -238331739, 41145185, -5478403, 469564
ENERGY_BITS = 60
ENTRIES = 1 << 20  # thresholds that are made at a time
LANES = 64  # replicas of a word
LOOK = 8  # every so many sweeps the energies of the replicas of words are compared with their lowest
PLANES = 255  # the largest number that `add_to_planes` counts to
NONE, ALL = np.uint64(0), np.uint64(0xFFFFFFFFFFFFFFFF)


def colour_classes(first, neighbours):
    """Colour the vertices greedily in the order of their numbers, so that no edge joins two of one colour.

    Parameters
    ----------
    first : (N + 1,) int64
        The neighbours of vertex i stand at first[i] ... first[i + 1] - 1.
    neighbours : (2 edges,) int32
        Every edge stands in the rows of both its ends.

    Returns
    -------
    order : (N,) int32
        Vertices by colour, those of one colour by number.
    starts : (colours + 1,) int64
        Colour c has the vertices order[starts[c]:starts[c + 1]]; at most one colour more than the largest degree.
    """
    colours = np.full(len(first) - 1, -1, np.int32)
    _colour(first, neighbours, colours)
    starts = np.concatenate([[0], np.cumsum(np.bincount(colours))]).astype(np.int64)
    return np.argsort(colours, kind="stable").astype(np.int32), starts


@driver(nogil=True)
def _colour(first, neighbours, colours):
    taken = np.full(len(colours) + 1, -1, np.int32)  # the last vertex with a neighbour of this colour
    for i in range(len(colours)):
        for p in range(first[i], first[i + 1]):
            other = colours[neighbours[p]]
            if other >= 0:
                taken[other] = i
        colour = 0
        while taken[colour] == i:
            colour += 1
        colours[i] = colour


def halves(key):
    """Return the lower and the upper 32 bits of a key."""
    return np.uint64(key & 0xFFFFFFFF), np.uint64(key >> 32)


def ordered(problem, order):
    """Return the problem with its sites numbered by their place in `order`."""
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    degrees = np.diff(problem.first)[order]
    first = np.concatenate([[0], np.cumsum(degrees)]).astype(np.int64)
    entries = np.arange(first[-1]) + np.repeat(problem.first[:-1][order] - first[:-1], degrees)
    return Problem(first, place[problem.neighbours[entries]], problem.couplings[entries], problem.fields[order])


def bonds_of(problem, order):
    """Return the bonds (largest degree, N) int32 of the ordered sites: 2 neighbour + 1 if the coupling is +1, or -1.

    A site's come in the order of its neighbours, and those that are missing last.
    """
    first, neighbours, couplings, _ = ordered(problem, order)
    degrees = np.diff(first)
    bonds = np.full((max(1, degrees.max(initial=0)), len(order)), -1, np.int32)
    site = np.repeat(np.arange(len(order)), degrees)
    by_neighbour = np.lexsort((neighbours, site))
    bonds[np.arange(len(neighbours)) - first[site], site] = (2 * neighbours + (couplings > 0))[by_neighbour]
    return bonds


def largest_cost(problem):
    """Return the largest |s f| of integer couplings; -1 for others, which need no table."""
    if problem.couplings.dtype.kind == "f":
        return -1
    sums = row_sums(problem.first, np.abs(problem.couplings.astype(np.int64)))
    return int((sums + np.abs(problem.fields.astype(np.int64))).max(initial=0))


def energy_scale(problem):
    """Return the power of two by which energies are multiplied: 1 for integers, else so that they fill 60 bits."""
    if problem.couplings.dtype.kind != "f":
        return 1.0
    bound = np.abs(problem.couplings).sum(dtype=np.float64) / 2 + np.abs(problem.fields).sum(dtype=np.float64)
    return float(2.0 ** min(ENERGY_BITS - np.ceil(np.log2(bound)), 100)) if bound else 1.0


def scaled_energies(problem, spins, scale):
    """Return the energies of spins (N, reads) times the scale, int64."""
    kind = np.float64 if problem.couplings.dtype.kind == "f" else np.int64
    matrix = csr_array((problem.couplings.astype(kind), problem.neighbours, problem.first), shape=(len(spins),) * 2)
    energies = np.empty(spins.shape[1], np.int64)
    for begin in range(0, len(energies), LANES):
        part = spins[:, begin : begin + LANES].astype(kind)
        products = (part * (matrix @ part)).sum(0)
        along = (part * problem.fields[:, None].astype(kind)).sum(0)
        total = -products / 2 - along if kind == np.float64 else -(products // 2) - along
        energies[begin : begin + LANES] = np.rint(total * scale) if kind == np.float64 else total
    return energies


def thresholds(temperatures, largest, rule):
    """Return for each temperature and each s f from -largest to largest what a word has to be below for a flip.

    A flip costs 2 s f. Metropolis et al. (1953) accept it with probability min(1, exp(-2 s f / T)), the heat bath
    (Glauber 1963) with 1 / (1 + exp(2 s f / T)); int64 (temperatures, 2 largest + 1), times 2^32.
    """
    cost = 2.0 * np.arange(-largest, largest + 1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        y = np.where(cost == 0, 0.0, cost / np.asarray(temperatures, np.float64)[:, None])
        chance = 1 / (1 + np.exp(y)) if rule == HEATBATH else np.exp(-np.maximum(y, 0))
    return np.rint(np.ldexp(chance, 32)).astype(np.int64)


def rates(temperatures):
    """Return 2 / (T ln 2) in float32, infinite at T = 0: by how many powers of two a unit of s f lowers the chance."""
    with np.errstate(divide="ignore", over="ignore"):
        return (2.0 / (np.log(2.0) * np.asarray(temperatures, np.float64))).astype(np.float32)


@njit
def threshold(cost, rate, rule):
    """Return the threshold for a float32 cost s f: one product in float32, the rest on integers."""
    size = abs(cost)
    powers = np.float32(size * rate)
    chance = np.int64(0)
    if size == 0:
        chance = np.int64(CERTAIN)
    elif powers < SMALLEST:
        fixed = np.int64(powers * np.float32(1 << FRACTION))
        f = fixed & ((1 << FRACTION) - 1)
        series = P4 + ((P5 + (P6 * f >> FRACTION)) * f >> FRACTION)
        series = P2 + ((P3 + (series * f >> FRACTION)) * f >> FRACTION)
        chance = (CERTAIN + ((P1 + (series * f >> FRACTION)) * f >> FRACTION)) >> (fixed >> FRACTION)
    if rule == HEATBATH:
        chance = (chance << 30) // ((CERTAIN + chance) >> 2)
        return chance if cost > 0 else CERTAIN - chance
    return chance if cost > 0 else np.int64(CERTAIN)


def lanes_of(reads):
    """Return for each word of 64 replicas a word with ones in those that are reads, not padding."""
    octets = np.packbits(np.arange(-(-reads // LANES) * LANES) < reads, bitorder="little")
    return octets.view("<u8").astype(np.uint64)


def keep_lower(spins, best, energies, best_energies):
    """Copy, on the host and in place, the replicas of words (words, N) whose energies (words, 64) are lower."""
    octets = np.packbits(energies < best_energies, axis=1, bitorder="little")
    best ^= (best ^ spins) & octets.view("<u8").astype(np.uint64)
    np.minimum(best_energies, energies, out=best_energies)


@njit
def add_bit(ones, twos, fours, eights, bit):
    """Add a bit of every lane to the four digits of its number."""
    carry = ones & bit
    next_carry = twos & carry
    return ones ^ bit, twos ^ carry, fours ^ next_carry, eights ^ (fours & next_carry)


@njit
def below(word, mask, limit):
    """Return the lanes whose draw is below a limit: the word of 32 bits, or 2^32 - 1 less it where the mask is 1."""
    one = np.uint64((np.int64(word) - limit) >> 63)
    other = np.uint64((np.int64(MASK ^ word) - limit) >> 63)
    return one ^ ((one ^ other) & mask)


@njit
def fewer(a, b, c, ones, twos, fours, eights):
    """Return the lanes in which a number of three digits is below one of four."""
    less = ~a & ones
    less = (~b & twos) | (~(b ^ twos) & less)
    less = (~c & fours) | (~(c ^ fours) & less)
    return eights | less


@njit
def add_to_planes(a, b, c, d, e, f, g, h, ones, twos, fours):
    """Add the three digits of every lane to the eight digits of its sum."""
    carry = a & ones
    a ^= ones
    both = b ^ twos
    carry, b = (b & twos) | (both & carry), both ^ carry
    both = c ^ fours
    carry, c = (c & fours) | (both & carry), both ^ carry
    carry, d = d & carry, d ^ carry
    carry, e = e & carry, e ^ carry
    carry, f = f & carry, f ^ carry
    carry, g = g & carry, g ^ carry
    return a, b, c, d, e, f, g, h ^ carry


@njit
def lane_of_planes(a, b, c, d, e, f, g, h, lane):
    """Return the sum of one lane."""
    one = np.uint64(1)
    low = (a >> lane & one) | (b >> lane & one) << np.uint64(1) | (c >> lane & one) << np.uint64(2)
    middle = (d >> lane & one) << np.uint64(3) | (e >> lane & one) << np.uint64(4) | (f >> lane & one) << np.uint64(5)
    return np.int64(low | middle | (g >> lane & one) << np.uint64(6) | (h >> lane & one) << np.uint64(7))
