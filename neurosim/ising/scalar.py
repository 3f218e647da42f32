"""Sweeps of one read alone: fields kept up to date, sites that cannot flip passed over 64 at a time.

A read costs as much as it flips, so few reads, dense and real couplings run quickest here.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from neurosim.core import parallel
from neurosim.core.jit import driver
from neurosim.core.vector import block_buffer
from neurosim.ising import problem as problems
from neurosim.ising.rules import NEVER, PERMUTATION, SEQUENTIAL, below, shuffle, splitmix
from neurosim.ising.sites import SITES, add_row, candidates, draw_allowed, lowest

REFRESH = 256  # sweeps after which real fields are summed anew, so that rounding does not pile up
DENSE_BYTES = 2**26  # of a matrix of couplings
ONE = np.uint64(1)
TINY, HUGE = 1e-30, 1e30  # temperatures, in units of the couplings, beyond which nothing changes


class State(NamedTuple):
    """The arrays of a run; rows are padded to a whole number of looks at 64 sites."""

    first: np.ndarray
    neighbours: np.ndarray
    doubled: np.ndarray  # twice the couplings: (couplings,), or (N * padded,) where a whole row is quicker than a list
    bias: np.ndarray  # (padded,) external fields
    dense: bool
    spins: np.ndarray  # (reads, padded), of the couplings' type
    fields: np.ndarray  # (reads, padded) local fields
    best_spins: np.ndarray  # (reads, padded)
    energies: np.ndarray  # (reads,) int64 or float64
    best: np.ndarray
    generators: np.ndarray  # (4 reads, 64) uint32, for the sites
    streams: np.ndarray  # (reads,) uint64, the generators of the orders
    orders: np.ndarray  # (reads, N) int32
    step: np.ndarray  # (1,) sweeps done
    rule: int
    order: int


def begin(problem, spins, energies, key, rule, order):
    """Lay out a run from spins (N, reads) int8 and their energies (reads,)."""
    n, reads = spins.shape
    padded = -(-n // SITES) * SITES
    kind = problem.couplings.dtype
    dense = _rows_are_quicker(problem, padded)
    doubled = (2 * problem.couplings).astype(kind)
    if dense:
        matrix = problems.aligned((n, padded), kind.type)
        rows = np.repeat(np.arange(n), np.diff(problem.first))
        matrix[rows, problem.neighbours] = doubled
        doubled = matrix.ravel()
    bias = np.zeros(padded, kind)
    bias[:n] = problem.fields
    state = problems.aligned((reads, padded), kind.type)
    state[:] = 1
    state[:, :n] = spins.T
    generators = problems.aligned((4 * reads, SITES), np.uint32)
    words = problems.generator_words(key, problems.LANES, reads * SITES)
    generators[:] = words.reshape(reads, SITES, 4).transpose(0, 2, 1).reshape(4 * reads, SITES)
    low, high = problems.generator_words(key, problems.SITES, reads)[:, :2].T
    counter = np.float64 if kind.kind == "f" else np.int64
    return State(
        problem.first,
        problem.neighbours,
        doubled,
        bias,
        dense,
        state,
        problems.aligned(state.shape, kind.type),
        state.copy(),
        energies.astype(counter),
        energies.astype(counter),
        generators,
        low << np.uint64(32) | high,
        np.tile(np.arange(n, dtype=np.int32), (reads, 1)),
        np.zeros(1, np.int64),
        rule,
        order,
    )


def _rows_are_quicker(problem, padded):
    """Return whether adding whole rows of a matrix beats adding to single fields."""
    row = padded * problem.couplings.itemsize
    return row * len(problem.fields) <= DENSE_BYTES and row <= 64 * len(problem.neighbours) / len(problem.fields)


def advance(state, temperatures):
    """Do a sweep at each temperature; return how many flips each had, and the mean energy after it."""
    flips = np.zeros((len(state.spins), len(temperatures)), np.int64)
    totals = np.zeros(flips.shape)
    halves = (np.clip(temperatures, TINY, HUGE) / 2).astype(np.float32)
    parallel.run(_sweeps, len(flips), *state, halves, flips, totals)
    state.step[0] += len(temperatures)
    return flips.sum(0), problems.in_order(totals) / len(totals)


def fetch(state):
    """Return the last and the best spins (reads, N) int8."""
    n = state.orders.shape[1]
    return {"last": state.spins[:, :n].astype(np.int8), "best": state.best_spins[:, :n].astype(np.int8)}


@driver(nogil=True)
def _sweeps(begin, end, first, neighbours, doubled, bias, dense, spins, fields, best_spins, energies, best, generators,
            streams, orders, step, rule, order, halves, flips, totals):  # fmt: skip
    """Do the sweeps of some reads."""
    n, padded = orders.shape[1], spins.shape[1]
    flat_spins, flat_fields = spins.ravel(), fields.ravel()
    hopeless, allowed = block_buffer(SITES, spins), block_buffer(SITES, spins)
    most = _most(spins)
    for read in range(begin, end):
        start, stream, energy = read * padded, streams[read], energies[read]
        for t in range(len(halves)):
            if step[0] + t == 0 or (doubled.itemsize >= 4 and (step[0] + t) % REFRESH == 0):
                _sum_fields(first, neighbours, doubled, bias, dense, flat_spins, flat_fields, start, n)
            hopeless[:] = min(halves[t] * NEVER, most)
            accepted = 0
            if order == PERMUTATION:
                stream = shuffle(orders, read, stream)
            for group in range(0, n, SITES):
                wanted = ~np.uint64(0) if n - group >= SITES else (ONE << np.uint64(n - group)) - ONE
                if order == SEQUENTIAL:
                    if candidates(flat_spins, flat_fields, start + group, hopeless) & wanted == 0:
                        continue
                    draw_allowed(generators, read, rule, halves[t], most, allowed)
                    while True:
                        found = candidates(flat_spins, flat_fields, start + group, allowed) & wanted
                        if not found:
                            break
                        bit = np.uint64(lowest(found))
                        i = group + np.int64(bit)
                        energy += 2 * flat_spins[start + i] * flat_fields[start + i]
                        accepted += 1
                        _flip(first, neighbours, doubled, dense, flat_spins, flat_fields, start, padded, i)
                        wanted &= ~(((ONE << bit) << ONE) - ONE)
                else:
                    draw_allowed(generators, read, rule, halves[t], most, allowed)
                    for k in range(group, min(group + SITES, n)):
                        i = np.int64(orders[read, k])
                        if order != PERMUTATION:
                            word, stream = splitmix(stream)
                            i = np.int64(below(word, n))
                        cost = flat_spins[start + i] * flat_fields[start + i]
                        if cost <= allowed[k - group]:
                            energy += 2 * cost
                            accepted += 1
                            _flip(first, neighbours, doubled, dense, flat_spins, flat_fields, start, padded, i)
            flips[read, t], totals[read, t] = accepted, energy
            if energy < best[read]:
                best[read] = energy
                for site in range(n):
                    best_spins[read, site] = spins[read, site]
        energies[read], streams[read] = energy, stream


@njit
def _most(spins):
    """Return the largest cost that the type holds, in float32."""
    if spins.itemsize == 1:
        return np.float32(127.0)
    return np.float32(32767.0) if spins.itemsize == 2 else np.float32(3e38)


@njit(inline="always")
def _flip(first, neighbours, doubled, dense, spins, fields, start, padded, i):
    """Turn round spin i and bring the fields up to date."""
    spin = -spins[start + i]
    spins[start + i] = spin
    if dense:
        add_row(fields, start, doubled, i * padded, padded, spin)
    elif spin > 0:
        for p in range(first[i], first[i + 1]):
            fields[start + neighbours[p]] += doubled[p]
    else:
        for p in range(first[i], first[i + 1]):
            fields[start + neighbours[p]] -= doubled[p]


@njit
def _sum_fields(first, neighbours, doubled, bias, dense, spins, fields, start, n):
    """Sum the local fields of a read."""
    padded = len(bias)
    for i in range(n):
        total = np.float64(0.0)
        if dense:
            for j in range(n):
                total += np.float64(doubled[i * padded + j]) * spins[start + j]
        else:
            for p in range(first[i], first[i + 1]):
                total += np.float64(doubled[p]) * spins[start + neighbours[p]]
        fields[start + i] = total / 2 + bias[i]
