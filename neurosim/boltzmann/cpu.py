"""Settling on the CPU: 64 chains are the lanes, and blocks of them the tasks.

Fields are summed anew at every visit, over the weights that are not 0 in some lane: with 64 chains at a visit one of
them nearly always changes, and keeping fields would cost as much as summing them.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from neurosim.boltzmann import rules
from neurosim.boltzmann.lanes import LANES, bits, draw, ones, visit
from neurosim.boltzmann.settling import MASK, PIECE, SHIFT, Settling, check, slopes, visiting_order
from neurosim.core import parallel
from neurosim.core.jit import driver

TASKS = 64  # at most of chains that share weights: each has counts of its own
BITS = 128  # of a Philox block
TALLY = 255  # counted states after which octets would overflow
B2, NONE = np.uint64(2), np.uint64(0)


class Walk(NamedTuple):
    """A piece of a settling, as the kernels take it."""

    order: np.ndarray  # (probes,) int64: the unit that each visits
    slopes: np.ndarray  # (time units,) of the weights' type
    counted_from: int  # the time unit after which states are first counted
    free: np.ndarray  # (f,) int64
    is_free: np.ndarray  # (n,) bool
    number: int  # of the first decision, a multiple of 4
    randomise: bool
    names: np.ndarray  # (chains,) uint64
    step: np.uint64
    k0: np.uint64
    k1: np.uint64


def settle(weights, biases, states, free, settling: Settling, *, key, step, names=None):
    """Let the free units of many chains settle, and count which units were on together.

    Parameters
    ----------
    weights : (n, n) or (machines, n, n), float32 or float64
        Symmetric with a zero diagonal: shared by all chains, or of machines, of which chain c is c % machines.
    biases : (n,) or (machines, n), of the weights' type
    states : (chains, n) uint8 of 0 and 1
        Changed in place. There are as many chains as machines, or a multiple.
    free : (f,) int64
        The units that may change, in all chains the same.
    settling : Settling
    key, step : int in [0, 2**64), int in [0, 2**32)
        The random numbers are functions of both, of the time and of the chain's name: see `rules`.
    names : (chains,) int64 in [0, 2**32), optional
        The chains' numbers, by default from 0 on. A chain's states do not depend on which others are in the call.

    Returns
    -------
    counts : (n, n) or (machines, n, n) int64, int32
        The sums of s_i s_j, on the diagonal of s_i, over the counted time units and the chains of a machine.
    """
    check(weights, len(states), free, settling)
    own = weights.ndim == 3
    weights, biases = np.ascontiguousarray(weights), np.ascontiguousarray(biases)
    counts = np.zeros(weights.shape, np.int32 if own else np.int64)
    tasks = -(-(len(weights) if own else len(states)) // LANES)
    for walk in _walks(free, states.shape[1], weights.dtype, settling, key, step, len(states), names):
        if own:
            parallel.run(_settle_own, tasks, weights, biases, states, counts, *walk)
        else:
            parts = np.zeros((min(tasks, TASKS), *weights.shape), np.int64)
            rows = _rows(weights)
            parallel.run(_settle_shared, len(parts), len(parts), *rows, biases, states, parts, *walk)
            counts += parts.sum(0)
    return counts


def _walks(free, n, dtype, settling, key, step, chains, names):
    """Yield the pieces of a settling, one at least."""
    time, f = len(settling.temperatures), len(free)
    names = np.arange(chains) if names is None else names
    free, is_free = np.ascontiguousarray(free, np.int64), np.zeros(n, np.bool_)
    is_free[free] = True
    rates = slopes(settling.temperatures, dtype)
    random = names.astype(np.uint64), np.uint64(step), np.uint64(key & MASK), np.uint64(key >> SHIFT)
    piece = max(4, PIECE // max(f, 1) // 4 * 4)  # so that decisions begin with a Philox block
    for begin in range(0, max(time, 1), piece):
        end = min(begin + piece, time)
        yield Walk(
            visiting_order(free, begin, end, key, step), rates[begin:end], time - settling.counted - begin, free,
            is_free, begin * f, settling.randomise and begin == 0, *random,
        )  # fmt: skip


def _rows(weights):
    """Return (first, neighbours, values) of weights (n, n): those that are not 0, in compressed rows."""
    row, column = np.nonzero(weights)
    first = np.searchsorted(row, np.arange(len(weights) + 1))
    return first.astype(np.int64), column.astype(np.int64), weights[row, column]


@driver(nogil=True)
def _settle_own(
    begin, end, weights, biases, states, counts, order, slopes, counted_from, free, is_free, number, randomise, names,
    step, k0, k1,
):  # fmt: skip
    """Take the blocks of 64 machines from `begin` to `end` through a piece of a settling."""
    n, machines = weights.shape[1], len(weights)
    first, neighbours = np.zeros(n + 1, np.int64), np.empty(n * n, np.int64)
    values, own_biases = np.empty((n * n, LANES), weights.dtype), np.zeros((n, LANES), weights.dtype)
    reals, octets = np.zeros((n, LANES), weights.dtype), np.zeros((n, LANES), np.uint8)
    words, block_names = np.empty((4, LANES), np.uint32), np.zeros(LANES, np.uint64)
    tally, sums = np.zeros((n * n, LANES), np.uint8), np.zeros((n * n, LANES), np.int32)
    for block in range(begin, end):
        start = block * LANES
        lanes = min(LANES, machines - start)
        _load_machines(weights, biases, start, lanes, first, neighbours, values, own_biases)
        sums[:] = 0
        tallied = 0
        for chain in range(start, len(states), machines):
            _load(states, names, chain, lanes, free, step, k0, k1, randomise, words, reals, octets, block_names)
            probe = 0
            for t in range(len(slopes)):
                for _ in range(len(free)):
                    if probe % 4 == 0:
                        draw(np.uint64(number + probe) >> B2, block_names, step, rules.DECISION, k0, k1, words)
                    visit(first, neighbours, values, own_biases, order[probe], words, probe % 4, slopes[t], reals,
                          octets)  # fmt: skip
                    probe += 1
                if t >= counted_from:
                    _tally(octets, is_free, tally)
                    tallied += 1
                if tallied == TALLY:
                    tallied = _flush(tally, sums)
            _store(octets, chain, lanes, free, states)
            _add_clamped(octets, is_free, len(slopes) - max(counted_from, 0), sums)
        tallied = _flush(tally, sums)
        _add_sums(sums, is_free, start, lanes, counts)


@driver(nogil=True)
def _settle_shared(
    begin, end, tasks, first, neighbours, values, biases, states, counts, order, slopes, counted_from, free, is_free,
    number, randomise, names, step, k0, k1,
):  # fmt: skip
    """Take the chains of the tasks from `begin` to `end`, every so many blocks of 64, through a piece of a settling."""
    n, blocks = states.shape[1], (len(states) + LANES - 1) // LANES
    reals, octets = np.zeros((n, LANES), values.dtype), np.zeros((n, LANES), np.uint8)
    words, block_names = np.empty((4, LANES), np.uint32), np.zeros(LANES, np.uint64)
    rows = np.zeros(n, np.uint64)
    for task in range(begin, end):
        for block in range(task, blocks, tasks):
            chain = block * LANES
            lanes = min(LANES, len(states) - chain)
            valid = ~np.uint64(0) >> np.uint64(LANES - lanes)
            _load(states, names, chain, lanes, free, step, k0, k1, randomise, words, reals, octets, block_names)
            probe = 0
            for t in range(len(slopes)):
                for _ in range(len(free)):
                    if probe % 4 == 0:
                        draw(np.uint64(number + probe) >> B2, block_names, step, rules.DECISION, k0, k1, words)
                    visit(first, neighbours, values, biases, order[probe], words, probe % 4, slopes[t], reals,
                          octets)  # fmt: skip
                    probe += 1
                if t >= counted_from:
                    for i in range(n):
                        rows[i] = bits(octets, i) & valid
                    for i in free:
                        _count(rows, i, 1, counts, task)
            _store(octets, chain, lanes, free, states)
            for i in range(n):
                rows[i] = NONE if is_free[i] else bits(octets, i) & valid
            for i in range(n):
                if not is_free[i]:
                    _count(rows, i, len(slopes) - max(counted_from, 0), counts, task)
        for i in range(n):
            for j in range(n):
                if is_free[i] and not is_free[j]:
                    counts[task, j, i] = counts[task, i, j]


@njit
def _count(rows, i, times, counts, task):
    """Add row i of s_i s_j, `times` times, summed over the chains of a block."""
    row = rows[i]
    if times > 0 and row:
        for j in range(np.uint64(len(rows))):
            counts[task, i, j] += times * ones(row & rows[j])


@njit
def _load_machines(weights, biases, start, lanes, first, neighbours, values, own_biases):
    """Lay out 64 machines: compressed rows of the weights that are not 0 in one of them."""
    n, p = weights.shape[1], 0
    for i in range(n):
        for lane in range(lanes):
            own_biases[i, lane] = biases[start + lane, i]
        for j in range(n):
            some = False
            for lane in range(lanes):
                w = weights[start + lane, i, j]
                values[p, lane] = w
                some |= w != 0
            for lane in range(lanes, LANES):
                values[p, lane] = 0
            if some:
                neighbours[p] = j
                p += 1
        first[i + 1] = p


@njit
def _load(states, names, chain, lanes, free, step, k0, k1, randomise, words, reals, octets, block_names):
    """Lay out the states of some chains; if asked for, free units start from fair coins."""
    octets[:] = 0
    for lane in range(lanes):
        block_names[lane] = names[chain + lane]
        for i in range(states.shape[1]):
            octets[i, lane] = states[chain + lane, i]
    for k in range(len(free) if randomise else 0):
        if k % BITS == 0:
            draw(np.uint64(k // BITS), block_names, step, rules.COIN, k0, k1, words)
        row, shift = k % BITS // 32, np.uint32(k % 32)
        for lane in range(np.uint64(octets.shape[1])):
            octets[free[k], lane] = (words[row, lane] >> shift) & np.uint32(1)
    for i in range(states.shape[1]):
        for lane in range(np.uint64(octets.shape[1])):
            reals[i, lane] = octets[i, lane]


@njit
def _store(octets, chain, lanes, free, states):
    for lane in range(lanes):
        for i in free:
            states[chain + lane, i] = octets[i, lane]


@njit
def _tally(octets, is_free, tally):
    """Add s_i s_j of every pair with a free unit, j <= i, machine by machine."""
    n, lanes = len(is_free), np.uint64(octets.shape[1])
    for i in range(n):
        for j in range(i + 1):
            if is_free[i] or is_free[j]:
                pair = i * n + j
                for lane in range(lanes):
                    tally[pair, lane] += octets[i, lane] & octets[j, lane]


@njit
def _flush(tally, sums):
    """Add the tally to the sums and clear it; return 0."""
    for pair in range(len(tally)):
        for lane in range(np.uint64(tally.shape[1])):
            sums[pair, lane] += tally[pair, lane]
            tally[pair, lane] = 0
    return 0


@njit
def _add_clamped(octets, is_free, times, sums):
    """Add s_i s_j of the clamped pairs, which have not changed, `times` times."""
    n = len(is_free)
    for i in range(n if times > 0 else 0):
        for j in range(i + 1):
            if not (is_free[i] or is_free[j]):
                for lane in range(np.uint64(octets.shape[1])):
                    sums[i * n + j, lane] += times * np.int32(octets[i, lane] & octets[j, lane])


@njit
def _add_sums(sums, is_free, start, lanes, counts):
    n = len(is_free)
    for lane in range(lanes):
        for i in range(n):
            for j in range(i + 1):
                counts[start + lane, i, j] += sums[i * n + j, lane]
                if j < i:
                    counts[start + lane, j, i] += sums[i * n + j, lane]
