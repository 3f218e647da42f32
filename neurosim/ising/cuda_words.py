"""Annealing of 64 replicas in the bits of a word on a CUDA device: the spins of `cpu_words`, bit for bit.

A word is a group of lanes, as `cuda` has them; the launches are the same.
"""

from typing import NamedTuple

import numpy as np
from numba import cuda

from neurosim.core import device
from neurosim.core.random import MASK, SHIFT, philox
from neurosim.ising import colouring
from neurosim.ising.colouring import ALL, LANES, NONE
from neurosim.ising.cuda import MOST_THREADS, ONE, Groups, add_up, end_sweep, place

SUMS = 2  # flips and their change of the energy


class State(NamedTuple):
    """A run of words."""

    groups: Groups
    edges: int
    rule: int
    reads: int
    total: np.ndarray  # (1,) int64, the sum of the reads' energies after the last sweep


def begin(problem, order, starts, words, key, rule, reads):
    """Lay out a run on words, as `cpu_words.begin`."""
    bonds, edges = colouring.bonds_of(problem, order).astype(np.uint32), len(problem.neighbours) // 2
    spins = np.ascontiguousarray(words[order].T, np.uint64)
    energies = np.full((len(spins), LANES), edges)
    groups = Groups.lay_out((edges, bonds, colouring.lanes_of(reads)), spins, energies, order, starts, key)
    for laid in (groups.energies, groups.best_energies):
        _tally[groups.all_blocks(len(order))](groups.graph[1], groups.spins, laid)
    total = groups.energies.copy_to_host().ravel()[:reads].sum(keepdims=True)
    return State(groups, edges, rule, reads, total)


def advance(state, temperatures):
    """Do a sweep at each temperature T >= 0, as `cpu_words.advance`."""
    groups, sweeps = state.groups, len(temperatures)
    table = device.to_device(colouring.thresholds(temperatures, groups.graph[1].shape[0], state.rule))
    changes = device.to_device(np.zeros((sweeps, len(groups.spins)), np.int64))
    accepted = groups.sweeps(_sweep, (table,), sweeps, changes, _tally)
    totals = state.total + np.cumsum(changes.copy_to_host().sum(1))
    state.total[:] = totals[-1:]
    return accepted, totals / state.reads


def fetch(state):
    """Return the last and the best words and their energies, as `cpu_words.fetch`."""
    groups = state.groups
    laid = device.to_device(np.full(groups.energies.shape, state.edges))
    _tally[groups.all_blocks(len(groups.order))](groups.graph[1], groups.spins, laid)
    last, best, energies, best_energies = (
        array.copy_to_host() for array in (groups.spins, groups.best, laid, groups.best_energies)
    )
    colouring.keep_lower(last, best, energies, best_energies)
    found = {"energies": energies.ravel(), "best_energies": best_energies.ravel()}
    for name, spins in (("spins", last), ("best", best)):
        found[name] = np.empty(spins.shape[::-1], np.uint64)
        found[name][groups.order] = spins.T
    return found


@cuda.jit
def _sweep(
    edges, bonds, counted, sites, starts, table, k0, k1, done, sweep_begin, sweep_end, class_begin, class_end, whole,
    spins, best, energies, best_energies, better, flips_of, changes,
):  # fmt: skip
    """Visit classes of sites in a word's 64 replicas; after whole sweeps with a look, keep what is better than ever."""
    sums = cuda.shared.array((SUMS, MOST_THREADS), np.int64)
    lanes = cuda.shared.array(LANES, np.int64)
    every = np.uint64(spins.shape[1])
    group, slot, step = place()
    t = cuda.threadIdx.x
    for s in range(sweep_begin, sweep_end):
        sweep = done + np.uint64(s)
        stream = colouring.WORD_STREAM | sweep >> SHIFT
        flipped = change = np.int64(0)
        look = (sweep + ONE) % np.uint64(colouring.LOOK) == NONE
        if look and class_begin == 0:
            lane = slot
            while lane < np.uint64(LANES):  # `_add_energies` takes from them, after all classes
                energies[group, lane] = edges
                lane += step
        for colour in range(class_begin, class_end):
            p, end = np.uint64(starts[colour]) + slot, np.uint64(starts[colour + 1])
            while p < end:
                u, low, high, _ = philox(np.uint64(sites[p]), group, sweep & MASK, stream, k0, k1)
                mask = np.uint64(low) | np.uint64(high) << SHIFT
                ones, twos, fours, degree = _satisfied(bonds, spins, group, p, every)
                a, b, c, d = _limit(np.uint64(u), mask, degree, table, s)
                flips = np.uint64(colouring.fewer(ones, twos, fours, a, b, c, d))
                spins[group, p] ^= flips
                flips &= counted[group]
                flipped += cuda.popc(flips)
                change += 4 * _sum(flips & ones, flips & twos, flips & fours) - 2 * degree * cuda.popc(flips)
                p += step
            cuda.syncthreads()
        sums[0, t], sums[1, t] = flipped, change
        add_up(sums, t)
        if t == 0:
            cuda.atomic.add(flips_of, (s, group), sums[0, 0])
            cuda.atomic.add(changes, (s, group), sums[1, 0])
        if look and whole:
            _add_energies(bonds, spins, energies, group, slot, step, lanes)
            end_sweep(group, spins, best, energies, best_energies, better)


@cuda.jit(device=True)
def _sum(ones, twos, fours):
    """Return the sum of a number of three digits over all lanes."""
    return np.int64(cuda.popc(ones)) + 2 * np.int64(cuda.popc(twos)) + 4 * np.int64(cuda.popc(fours))


@cuda.jit(device=True)
def _satisfied(bonds, spins, group, p, end):
    """Return the three digits of how many bonds to sites before `end` are satisfied, and how many there are."""
    own = spins[group, p]
    ones = twos = fours = NONE
    degree = 0
    for k in range(bonds.shape[0]):
        bond = np.uint64(bonds[k, p])
        if bond >> ONE < end:  # where there is none it lies beyond all sites
            alike = own ^ spins[group, bond >> ONE] ^ (ALL if bond & ONE else NONE)
            ones, twos, fours, _ = _add_bit(ones, twos, fours, NONE, alike)
            degree += 1
    return ones, twos, fours, degree


@cuda.jit(device=True)
def _limit(word, mask, degree, table, s):
    """Return how few satisfied bonds allow a flip, in four digits: the least number of them that does not."""
    ones = twos = fours = eights = NONE
    for k in range(degree + 1):
        limit = table[s, np.uint64(table.shape[1] // 2 - degree + 2 * k)]
        ones, twos, fours, eights = _add_bit(ones, twos, fours, eights, np.uint64(colouring.below(word, mask, limit)))
    return ones, twos, fours, eights


@cuda.jit(device=True)
def _add_bit(ones, twos, fours, eights, bit):
    ones, twos, fours, eights = colouring.add_bit(ones, twos, fours, eights, bit)
    return np.uint64(ones), np.uint64(twos), np.uint64(fours), np.uint64(eights)  # the simulator's are Python's


@cuda.jit
def _tally(bonds, spins, energies):
    lanes = cuda.shared.array(LANES, np.int64)
    group, slot, step = place()
    _add_energies(bonds, spins, energies, group, slot, step, lanes)


@cuda.jit(device=True)
def _add_energies(bonds, spins, energies, group, slot, step, lanes):
    """Take twice the satisfied bonds from the energies; each is counted by the later of its ends."""
    t, sites = cuda.threadIdx.x, np.uint64(spins.shape[1])
    for lane in range(t, LANES, cuda.blockDim.x):
        lanes[lane] = 0
    cuda.syncthreads()
    p = slot
    while p < sites:
        a = b = c = d = e = f = g = h = NONE
        counted = bonds.shape[0]
        while p < sites and counted <= colouring.PLANES:
            ones, twos, fours, _ = _satisfied(bonds, spins, group, p, p)
            a, b, c, d, e, f, g, h = colouring.add_to_planes(
                np.uint64(a), np.uint64(b), np.uint64(c), np.uint64(d), np.uint64(e), np.uint64(f), np.uint64(g),
                np.uint64(h), ones, twos, fours,
            )  # fmt: skip
            counted += bonds.shape[0]
            p += step
        for i in range(LANES):  # the threads of a warp begin at different lanes, or they would wait for each other
            lane = (i + t) % LANES
            count = colouring.lane_of_planes(
                np.uint64(a), np.uint64(b), np.uint64(c), np.uint64(d), np.uint64(e), np.uint64(f), np.uint64(g),
                np.uint64(h), np.uint64(lane),
            )  # fmt: skip
            cuda.atomic.add(lanes, lane, -2 * count)
    cuda.syncthreads()
    for lane in range(t, LANES, cuda.blockDim.x):
        cuda.atomic.add(energies, (group, lane), lanes[lane])
