"""Annealing in the order of colour classes on a CUDA device: the spins of `coloured`, bit for bit.

A group is what one random block serves: four reads, as four bits of an octet, or a word of 64 replicas. Groups do not
know of each other, so a thread block takes one group through whole sweeps and waits only for its own threads between
classes: one launch, many sweeps. Where the groups are too few to fill the device and the graph is large, all blocks
share a class, and every class is a launch. The host waits for neither. Sites are numbered in the order of the classes,
so that neighbouring threads read neighbouring sites.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import cuda

from neurosim.core import device
from neurosim.core.random import MASK, SHIFT, philox
from neurosim.ising import colouring
from neurosim.ising.colouring import ALL, LANES, NONE

ONE = np.uint64(1)
READS = 4  # of a group
SUMS = READS + 1  # their changes of energy, and the flips
MOST_THREADS = 512  # of a block that does whole sweeps
GROUPS = 128  # groups that fill a device
SITES = 1 << 15  # below which a class is too small for all blocks
SLOTS = 1 << 18  # threads that a device runs at a time


class State(NamedTuple):
    """The arrays of a run; `advance` changes those on the device and sweep in place."""

    graph: tuple  # first, neighbours, couplings and fields, or number of edges and bonds; the sites; starts of classes
    spins: Any  # (groups, N) uint8 or uint64, a bit a lane
    best: Any
    energies: Any  # (groups, lanes) int64, times the scale
    best_energies: Any
    better: Any  # (groups,) uint64, lanes whose last sweep was their best
    order: np.ndarray  # (N,) int32
    starts: np.ndarray  # (colours + 1,) int64
    sweep: np.ndarray  # (1,) how many were done
    key: tuple
    rule: int
    largest: int  # the largest |s f|, or -1 for float couplings
    scale: float
    reads: int


def begin(problem, order, starts, spins, key, rule):
    """Lay out a run, as `coloured.begin`."""
    scale, reads = colouring.energy_scale(problem), spins.shape[1]
    groups = -(-reads // READS)
    padded = np.ones((len(order), groups * READS), np.int8)
    padded[:, :reads] = spins
    bits = (padded[order].reshape(len(order), groups, READS) > 0) @ (1 << np.arange(READS))
    kind = np.float32 if problem.couplings.dtype.kind == "f" else np.int32
    first, neighbours, couplings, fields = colouring.ordered(problem, order)
    graph = (first.astype(np.uint64), neighbours.astype(np.uint32), couplings.astype(kind), fields.astype(kind))
    return _begin(
        (*graph, order, starts), np.ascontiguousarray(bits.T, np.uint8),
        colouring.scaled_energies(problem, padded, scale), order, starts, key, rule, colouring.largest_cost(problem),
        scale, reads,
    )  # fmt: skip


def advance(state, temperatures):
    """Do a sweep at each temperature T >= 0, as `coloured.advance`."""
    size = max(1, colouring.ENTRIES // (2 * state.largest + 1)) if state.largest >= 0 else colouring.ENTRIES
    found = []
    for begun in range(0, len(temperatures), size):
        some = temperatures[begun : begun + size]
        table = colouring.thresholds(some, max(state.largest, 0), state.rule)
        step = (
            device.to_device(table), device.to_device(colouring.rates(some)), state.rule, state.largest,
            np.float32(2 * state.scale), state.reads,
        )  # fmt: skip
        found.append(_advance(state, _sweep, step, len(some)))
    accepted, record = (np.concatenate(parts) for parts in zip(*found, strict=True))
    record = record[:, : state.reads]
    return accepted, record if state.largest >= 0 else record / state.scale


def fetch(state):
    """Return the last and the best spins and their energies, as `coloured.fetch`."""
    found = {}
    for name in ("energies", "best_energies"):
        energies = getattr(state, name).copy_to_host().ravel()[: state.reads]
        found[name] = energies if state.largest >= 0 else energies / state.scale
    for name in ("spins", "best"):
        bits = getattr(state, name).copy_to_host().T[:, :, None] >> np.arange(READS, dtype=np.uint8) & 1
        found[name] = np.empty((len(state.order), state.reads), np.int8)
        found[name][state.order] = 2 * bits.reshape(len(bits), -1)[:, : state.reads].astype(np.int8) - 1
    return found


def begin_words(problem, order, starts, words, key, rule):
    """Lay out a run on words, as `coloured.begin_words`."""
    bonds, edges = colouring.bonds_of(problem, order), len(problem.neighbours) // 2
    spins = np.ascontiguousarray(words[order].T, np.uint64)
    energies = np.full(len(spins) * LANES, edges)
    state = _begin(
        (edges, bonds.astype(np.uint32), order, starts),
        spins,
        energies,
        order,
        starts,
        key,
        rule,
        len(bonds),
        1.0,
        len(energies),
    )
    _tally[_all_blocks(spins.shape, len(order))](state.graph[1], state.spins, state.energies)
    state.best_energies.copy_to_device(state.energies)
    return state


def advance_words(state, temperatures):
    """Do a sweep at each temperature T >= 0, as `coloured.advance_words`."""
    table = device.to_device(colouring.thresholds(temperatures, state.largest, state.rule))
    return _advance(state, _sweep_words, (table,), len(temperatures))


def fetch_words(state):
    """Return the last and the best words and their energies, as `coloured.fetch_words`."""
    found = {name: getattr(state, name).copy_to_host().ravel() for name in ("energies", "best_energies")}
    for name in ("spins", "best"):
        found[name] = np.empty(state.spins.shape[::-1], np.uint64)
        found[name][state.order] = getattr(state, name).copy_to_host().T
    return found


def _begin(graph, spins, energies, order, starts, key, rule, largest, scale, reads):
    energies = device.to_device(energies.reshape(len(spins), -1)), device.to_device(energies.reshape(len(spins), -1))
    return State(
        tuple(_to_device(part) if isinstance(part, np.ndarray) else part for part in graph),
        device.to_device(spins), device.to_device(spins), energies[0], energies[1],
        device.to_device(np.zeros(len(spins), np.uint64)), order, starts, np.zeros(1, np.int64),
        (np.uint64(key & 0xFFFFFFFF), np.uint64(key >> 32)), rule, largest, scale, reads,
    )  # fmt: skip


def _to_device(array):
    """Copy an array; in the place of an empty one stands one zero, which no thread reads."""
    return device.to_device(array if array.size else np.zeros((1,) * array.ndim, array.dtype))


def _advance(state, kernel, step, sweeps):
    """Launch the sweeps; return the flips of each and the energies (sweeps, groups lanes) after it."""
    (groups, n), classes = state.spins.shape, np.diff(state.starts)
    flips = device.to_device(np.zeros((sweeps, groups), np.int64))
    record = device.empty((sweeps, state.energies.size), np.int64)
    fixed = (*state.graph, *step, *state.key, np.uint64(state.sweep[0]))
    arrays = (state.spins, state.best, state.energies, state.best_energies, state.better, flips, record)
    if groups >= GROUPS or n < SITES:
        kernel[groups, _threads(classes.max())](*fixed, 0, sweeps, 0, len(classes), True, *arrays)
    else:
        for s in range(sweeps):
            for colour, sites in enumerate(classes):
                kernel[_all_blocks((groups, n), sites)](*fixed, s, s + 1, colour, colour + 1, False, *arrays)
            if kernel is _sweep_words:
                _tally[_all_blocks((groups, n), n)](state.graph[1], state.spins, state.energies)
            _close[device.launch(groups)](s, state.energies, state.best_energies, state.better, record)
            _keep[_all_blocks((groups, n), n)](state.spins, state.best, state.better)
    state.sweep[0] += sweeps
    return flips.copy_to_host().sum(1), record.copy_to_host()


def _threads(sites):
    """Return how many threads of one block share so many sites, a power of two."""
    if device.simulated():
        return device.SIMULATED_THREADS
    return int(min(MOST_THREADS, max(32, 1 << int(sites - 1).bit_length())))


def _all_blocks(shape, sites):
    """Return the launch in which all blocks share the sites of every group."""
    _, threads = device.launch(sites)
    most = max(1, SLOTS // (threads * shape[0]))
    return (shape[0], int(min(most, -(-sites // threads)))), threads


@cuda.jit
def _sweep(
    first, neighbours, couplings, fields, sites, starts, table, rates, rule, largest, scale, reads, k0, k1, done,
    sweep_begin, sweep_end, class_begin, class_end, whole, spins, best, energies, best_energies, better, flips_of,
    record,
):  # fmt: skip
    """Visit classes of sites in four reads; at the end of whole sweeps, keep what is better than ever."""
    sums = cuda.shared.array((SUMS, MOST_THREADS), np.int64)
    group, slot, step = _place()
    t = cuda.threadIdx.x
    valid = (1 << min(READS, reads - READS * cuda.blockIdx.x)) - 1
    for s in range(sweep_begin, sweep_end):
        sweep = done + np.uint64(s)
        a = b = c = d = flipped = np.int64(0)
        for colour in range(class_begin, class_end):
            p, end = np.uint64(starts[colour]) + slot, np.uint64(starts[colour + 1])
            while p < end:
                w, x, y, z = _costs(first, neighbours, couplings, fields, spins, group, p)
                stream = colouring.STREAM | sweep >> SHIFT
                i, j, k, m = philox(np.uint64(sites[p]), group, sweep & MASK, stream, k0, k1)
                flips = _flips(w, i, table, s, rates, rule, largest)
                flips |= _flips(x, j, table, s, rates, rule, largest) << 1
                flips |= _flips(y, k, table, s, rates, rule, largest) << 2
                flips |= _flips(z, m, table, s, rates, rule, largest) << 3
                spins[group, p] ^= np.uint8(flips)
                a += _change(w, largest, scale) if flips & 1 else np.int64(0)
                b += _change(x, largest, scale) if flips & 2 else np.int64(0)
                c += _change(y, largest, scale) if flips & 4 else np.int64(0)
                d += _change(z, largest, scale) if flips & 8 else np.int64(0)
                flipped += cuda.popc(flips & valid)
                p += step
            cuda.syncthreads()
        sums[0, t], sums[1, t], sums[2, t], sums[3, t], sums[4, t] = a, b, c, d, flipped
        _add_up(sums, t)
        if t == 0:
            for lane in range(READS):
                cuda.atomic.add(energies, (group, lane), sums[lane, 0])
            cuda.atomic.add(flips_of, (s, group), sums[READS, 0])
        if whole:
            _end(s, group, spins, best, energies, best_energies, better, record)


@cuda.jit(device=True)
def _place():
    """Return the group of this block, the first place of this thread in a class, and how far it is to its next."""
    slot = cuda.blockIdx.y * cuda.blockDim.x + cuda.threadIdx.x
    return np.uint64(cuda.blockIdx.x), np.uint64(slot), np.uint64(cuda.gridDim.y * cuda.blockDim.x)


@cuda.jit(device=True)
def _costs(first, neighbours, couplings, fields, spins, group, p):
    """Return s f in four reads."""
    w = x = y = z = fields[p]
    for e in range(first[p], first[p + ONE]):
        others, plus = spins[group, neighbours[e]], couplings[e]
        minus = fields.dtype.type(-plus)
        w = fields.dtype.type(w + (plus if others & 1 else minus))
        x = fields.dtype.type(x + (plus if others & 2 else minus))
        y = fields.dtype.type(y + (plus if others & 4 else minus))
        z = fields.dtype.type(z + (plus if others & 8 else minus))
    own = spins[group, p]
    w = w if own & 1 else fields.dtype.type(-w)
    x = x if own & 2 else fields.dtype.type(-x)
    y = y if own & 4 else fields.dtype.type(-y)
    z = z if own & 8 else fields.dtype.type(-z)
    return w, x, y, z


@cuda.jit(device=True)
def _flips(cost, word, table, s, rates, rule, largest):
    """Return 1 for a flip, else 0."""
    if largest >= 0:
        limit = table[s, np.uint64(np.int64(cost) + largest)]
    else:
        limit = colouring.threshold(np.float32(cost), rates[s], rule)
    return 1 if np.int64(word) < limit else 0


@cuda.jit(device=True)
def _change(cost, largest, scale):
    """Return by how much a flip changes the energy, times its scale."""
    if largest >= 0:
        return 2 * np.int64(cost)
    return np.int64(np.float32(cost) * scale)


@cuda.jit(device=True)
def _add_up(sums, t):
    """Add up the numbers of a block's threads; rows of `sums` end up in its first column."""
    half = cuda.blockDim.x >> 1
    cuda.syncthreads()
    while half > 0:
        if t < half:
            for row in range(sums.shape[0]):
                sums[row, t] += sums[row, t + half]
        cuda.syncthreads()
        half >>= 1


@cuda.jit(device=True)
def _end(s, group, spins, best, energies, best_energies, better, record):
    """Do within a block what `_close` and `_keep` do between launches."""
    cuda.syncthreads()
    if cuda.threadIdx.x == 0:
        _compare(s, group, energies, best_energies, better, record)
    cuda.syncthreads()
    _copy(spins, best, better, group, np.uint64(cuda.threadIdx.x), np.uint64(cuda.blockDim.x))
    cuda.syncthreads()


@cuda.jit(device=True)
def _compare(s, group, energies, best_energies, better, record):
    """Record the energies of a group and note which lanes are lower than ever."""
    lanes, lower = energies.shape[1], NONE
    for lane in range(lanes):
        energy = energies[group, lane]
        record[s, group * np.uint64(lanes) + np.uint64(lane)] = energy
        if energy < best_energies[group, lane]:
            best_energies[group, lane] = energy
            lower |= ONE << np.uint64(lane)
    better[group] = lower


@cuda.jit(device=True)
def _copy(spins, best, better, group, slot, step):
    """Copy the lanes that are lower than ever."""
    lower = spins.dtype.type(better[group])
    while lower and slot < np.uint64(spins.shape[1]):
        best[group, slot] ^= spins.dtype.type((best[group, slot] ^ spins[group, slot]) & lower)
        slot += step


@cuda.jit
def _close(s, energies, best_energies, better, record):
    group = cuda.grid(1)
    if group < energies.shape[0]:
        _compare(s, np.uint64(group), energies, best_energies, better, record)


@cuda.jit
def _keep(spins, best, better):
    group, slot, step = _place()
    _copy(spins, best, better, group, slot, step)


@cuda.jit
def _sweep_words(
    edges, bonds, sites, starts, table, k0, k1, done, sweep_begin, sweep_end, class_begin, class_end, whole, spins,
    best, energies, best_energies, better, flips_of, record,
):  # fmt: skip
    """Visit classes of sites in a word's 64 replicas; at the end of whole sweeps, keep what is better than ever."""
    sums = cuda.shared.array((1, MOST_THREADS), np.int64)
    lanes = cuda.shared.array(LANES, np.int64)
    every = np.uint64(spins.shape[1])
    group, slot, step = _place()
    t = cuda.threadIdx.x
    for s in range(sweep_begin, sweep_end):
        sweep = done + np.uint64(s)
        stream = colouring.WORD_STREAM | sweep >> SHIFT
        flipped = np.int64(0)
        if class_begin == 0:
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
                few, other = _fewest(np.int64(u), degree, table, s)
                kept = np.uint64(colouring.at_least(ones, twos, fours, few)) & ~mask
                flips = ~(kept | (np.uint64(colouring.at_least(ones, twos, fours, other)) & mask))
                spins[group, p] ^= flips
                flipped += cuda.popc(flips)
                p += step
            cuda.syncthreads()
        sums[0, t] = flipped
        _add_up(sums, t)
        if t == 0:
            cuda.atomic.add(flips_of, (s, group), sums[0, 0])
        if whole:
            _add_energies(bonds, spins, energies, group, slot, step, lanes)
            _end(s, group, spins, best, energies, best_energies, better, record)


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
            ones, twos, fours = colouring.add_bit(np.uint64(ones), np.uint64(twos), np.uint64(fours), alike)
            degree += 1
    return np.uint64(ones), np.uint64(twos), np.uint64(fours), degree


@cuda.jit(device=True)
def _fewest(word, degree, table, s):
    """Return how many satisfied bonds forbid a flip under a random word, and under its complement."""
    passed = passed_other = 0
    for i in range(table.shape[1]):
        limit = table[s, np.uint64(i)]
        passed += 1 if word < limit else 0
        passed_other += 1 if np.int64(MASK) - word < limit else 0
    largest = table.shape[1] // 2
    return colouring.fewest(passed, largest, degree), colouring.fewest(passed_other, largest, degree)


@cuda.jit
def _tally(bonds, spins, energies):
    lanes = cuda.shared.array(LANES, np.int64)
    group, slot, step = _place()
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
