"""Annealing in the order of colour classes on the CPU: the device's twin, with the same spins bit for bit.

Within a class it makes no difference which spin comes first, so the classes' sites are visited one after the other.
Blocks of reads are the tasks; none knows of another.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from neurosim.core import parallel
from neurosim.core.jit import driver
from neurosim.core.random import MASK, SHIFT, philox
from neurosim.ising import colouring
from neurosim.ising.problem import Problem

READS = 32  # of a block, a multiple of the four words of a Philox block
QUADS = READS // 4


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
        problem, order, spins, spins.copy(), energies, energies.copy(), np.zeros(1, np.int64), colouring.halves(key),
        rule, colouring.largest_cost(problem), scale,
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
