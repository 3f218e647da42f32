"""Annealing of 64 reads at once: begin, advance, fetch."""

from typing import NamedTuple

import numpy as np
from numba import njit

from neurosim.core import parallel
from neurosim.core.jit import driver
from neurosim.ising import problem as problems
from neurosim.ising.lanes import READS, visit
from neurosim.ising.rules import NEVER, PERMUTATION, RANDOM, below, shuffle, splitmix

VISITS = 256  # after which the energies are brought up to date, before an int16 sum of int8 changes can overflow
SUMS = {"int8": np.int16, "int16": np.int32, "float32": np.float32}
TINY, HUGE = 1e-30, 1e30  # temperatures, in units of the couplings, beyond which nothing changes


class State(NamedTuple):
    """The arrays of a run; block b holds reads 64 b to 64 b + 63, which share the order of the sites."""

    problem: problems.Problem  # as `lanes.visit` wants it
    spins: np.ndarray  # (blocks N, 64) int8
    best_spins: np.ndarray  # the same, of the best sweeps' ends
    energies: np.ndarray  # (blocks, 64) int64 or float64
    best: np.ndarray
    generators: np.ndarray  # (4 blocks, 64) uint32
    streams: np.ndarray  # (blocks,) uint64, the generators of the orders
    orders: np.ndarray  # (blocks, N) int32
    valid: np.ndarray  # (blocks,) uint64, the reads that were asked for
    sums: np.ndarray  # (blocks, 64)
    rule: int
    order: int
    reads: int


def begin(problem, spins, energies, key, rule, order):
    """Lay out a run from spins (N, reads) int8 and their energies (reads,)."""
    n, reads = spins.shape
    blocks = -(-reads // READS)
    kind = problem.couplings.dtype.name
    padded = np.resize(spins.T, (blocks * READS, n)).reshape(blocks, READS, n)
    start = problems.aligned((blocks * n, READS), np.int8)
    start[:] = padded.transpose(0, 2, 1).reshape(blocks * n, READS)
    counter = np.float64 if kind == "float32" else np.int64
    first_energies = problems.aligned((blocks, READS), counter)
    first_energies[:] = np.resize(energies, (blocks, READS))
    best_spins = problems.aligned(start.shape, np.int8)
    best_spins[:] = start
    generators = problems.aligned((4 * blocks, READS), np.uint32)
    words = problems.generator_words(key, problems.LANES, blocks * READS)
    generators[:] = words.reshape(blocks, READS, 4).transpose(0, 2, 1).reshape(4 * blocks, READS)
    low, high = problems.generator_words(key, problems.SITES, blocks)[:, :2].T
    bits = np.arange(blocks * READS).reshape(blocks, READS) < reads
    return State(
        _prepared(problem),
        start,
        best_spins,
        first_energies,
        first_energies.copy(),
        generators,
        low << np.uint64(32) | high,
        np.tile(np.arange(n, dtype=np.int32), (blocks, 1)),
        np.packbits(bits, axis=1, bitorder="little").view("<u8").astype(np.uint64).ravel(),
        problems.aligned((blocks, READS), SUMS[kind]),
        rule,
        order,
        reads,
    )


def _prepared(problem):
    """Turn the couplings into what `lanes.visit` wants."""
    first, _, couplings, fields = problem
    if couplings.dtype == np.int8:
        masks = np.where(couplings < 0, -1, 0).astype(np.int8)
        return problem._replace(couplings=masks, fields=(fields + problems.row_sums(first, masks < 0)).astype(np.int8))
    if couplings.dtype == np.float32:
        sums = problems.row_sums(first, couplings.astype(np.float64))
        return problem._replace(couplings=-2 * couplings, fields=(fields + sums).astype(np.float32))
    return problem


def advance(state, temperatures):
    """Do a sweep at each temperature; return how many flips each had, and the mean energy after it."""
    flips = np.zeros((len(state.valid), len(temperatures)), np.int64)
    totals = np.zeros(flips.shape)
    scales = (-2.0 / (np.clip(temperatures, TINY, HUGE) * np.log(2.0))).astype(np.float32)
    cuts = _cuts(np.asarray(temperatures), state.problem.fields.dtype)
    parallel.run(_sweeps, len(flips), *state.problem, *state[1:-1], scales, cuts, flips, totals)
    return flips.sum(0), problems.in_order(totals) / state.reads


def _cuts(temperatures, kind):
    """Return the largest s f at which a flip may still be accepted."""
    cuts = NEVER / 2 * np.minimum(temperatures, HUGE)
    return cuts.astype(kind) if kind == np.float32 else np.minimum(cuts, np.iinfo(kind).max).astype(kind)


def fetch(state):
    """Return the last and the best spins (reads, N) int8."""
    blocks, n = state.orders.shape
    found = {}
    for name, spins in (("last", state.spins), ("best", state.best_spins)):
        found[name] = spins.reshape(blocks, n, READS).transpose(0, 2, 1).reshape(-1, n)[: state.reads]
    return found


@driver(nogil=True)
def _sweeps(begin, end, first, neighbours, couplings, bias, spins, best_spins, energies, best, generators, streams,
            orders, valid, sums, rule, order, scales, cuts, flips, totals):  # fmt: skip
    """Do the sweeps of some blocks."""
    n = len(bias)
    improved = np.empty(READS, np.int8)
    for block in range(begin, end):
        base = block * n
        stream = streams[block]
        for t in range(len(scales)):
            if order == PERMUTATION:
                stream = shuffle(orders, block, stream)
            for begun in range(0, n, VISITS):
                for k in range(begun, min(begun + VISITS, n)):
                    site = np.int64(orders[block, k])
                    if order == RANDOM:
                        word, stream = splitmix(stream)
                        site = np.int64(below(word, n))
                    flips[block, t] += visit(
                        first, neighbours, couplings, bias, site, spins, base, generators, block, scales[t], cuts[t],
                        rule, valid[block], sums,
                    )  # fmt: skip
                for read in range(READS):
                    energies[block, read] += 2 * sums[block, read]
                    sums[block, read] = 0
            for read in range(READS):
                totals[block, t] += energies[block, read] if valid[block] >> np.uint64(read) & np.uint64(1) else 0
            if _lower(energies, best, block, improved):
                for row in range(base, base + n):
                    for read in range(READS):
                        kept = best_spins[row, read] & ~improved[read]
                        best_spins[row, read] = kept | (spins[row, read] & improved[read])
        streams[block] = stream


@njit
def _lower(energies, best, block, improved):
    """Note which reads are lower than ever, as masks of octets, and return whether one is."""
    anywhere = False
    for read in range(READS):
        lower = energies[block, read] < best[block, read]
        improved[read] = -1 if lower else 0
        anywhere |= lower
        best[block, read] = min(energies[block, read], best[block, read])
    return anywhere
