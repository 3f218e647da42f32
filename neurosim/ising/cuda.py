"""Annealing in the order of colour classes on a CUDA device: the spins of `cpu`, bit for bit.

A group is what one random block serves: four reads, as four bits of an octet, or a word of 64 replicas (`cuda_words`).
Groups do not know of each other, so a thread block takes one group through whole sweeps and waits only for its own
threads between classes: one launch, many sweeps. Where the groups are too few to fill the device and the graph is
large, all blocks share a class, and every class is a launch. The host waits for neither. Sites are numbered in the
order of the classes, so that neighbouring threads read neighbouring sites.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import cuda

from neurosim.core import device
from neurosim.core.random import MASK, SHIFT, philox
from neurosim.ising import colouring
from neurosim.ising.colouring import NONE

ONE = np.uint64(1)
READS = 4  # of a group
SUMS = READS + 1  # their changes of energy, and the flips
MOST_THREADS = 512  # of a block that does whole sweeps
GROUPS = 128  # groups that fill a device
SITES = 1 << 15  # below which a class is too small for all blocks
SLOTS = 1 << 18  # threads that a device runs at a time


class Groups(NamedTuple):
    """What runs of reads and of words share; a run changes the arrays on the device and sweep in place."""

    graph: tuple  # first, neighbours, couplings, fields, or edges, bonds, counted lanes; then sites, starts of classes
    spins: Any  # (groups, N) uint8 or uint64, a bit a lane
    best: Any
    energies: Any  # (groups, lanes) int64, times the scale
    best_energies: Any
    better: Any  # (groups,) uint64, lanes that were lower than ever when they were last compared
    order: np.ndarray  # (N,) int32
    starts: np.ndarray  # (colours + 1,) int64
    sweep: np.ndarray  # (1,) how many were done
    key: tuple

    @classmethod
    def lay_out(cls, graph, spins, energies, order, starts, key):
        """Copy the arrays of a run to the device."""
        graph = tuple(_to_device(part) if isinstance(part, np.ndarray) else part for part in (*graph, order, starts))
        return cls(
            graph, device.to_device(spins), device.to_device(spins), device.to_device(energies),
            device.to_device(energies), device.to_device(np.zeros(len(spins), np.uint64)), order, starts,
            np.zeros(1, np.int64), colouring.halves(key),
        )  # fmt: skip

    def sweeps(self, kernel, step, number, record, tally=None):
        """Launch a number of sweeps and return the flips of each; with a tally, energies are those of the looks."""
        (groups, n), classes = self.spins.shape, np.diff(self.starts)
        flips = device.to_device(np.zeros((number, groups), np.int64))
        fixed = (*self.graph, *step, *self.key, np.uint64(self.sweep[0]))
        arrays = (self.spins, self.best, self.energies, self.best_energies, self.better, flips, record)
        if groups >= GROUPS or n < SITES:
            kernel[groups, _threads(classes.max())](*fixed, 0, number, 0, len(classes), True, *arrays)
        else:
            for s in range(number):
                for colour, sites in enumerate(classes):
                    kernel[self.all_blocks(sites)](*fixed, s, s + 1, colour, colour + 1, False, *arrays)
                if tally is None:
                    _record[device.launch(groups)](s, self.energies, record)
                elif (self.sweep[0] + s + 1) % colouring.LOOK == 0:
                    tally[self.all_blocks(n)](self.graph[1], self.spins, self.energies)
                _close[device.launch(groups)](self.energies, self.best_energies, self.better)
                _keep[self.all_blocks(n)](self.spins, self.best, self.better)
        self.sweep[0] += number
        return flips.copy_to_host().sum(1)

    def all_blocks(self, sites):
        """Return the launch in which all blocks share so many sites of every group."""
        _, threads = device.launch(sites)
        most = max(1, SLOTS // (threads * len(self.spins)))
        return (len(self.spins), int(min(most, -(-sites // threads)))), threads


class State(NamedTuple):
    """A run of reads."""

    groups: Groups
    rule: int
    largest: int  # the largest |s f|, or -1 for float couplings
    scale: float
    reads: int


def begin(problem, order, starts, spins, key, rule):
    """Lay out a run, as `cpu.begin`."""
    scale, reads = colouring.energy_scale(problem), spins.shape[1]
    groups = -(-reads // READS)
    padded = np.ones((len(order), groups * READS), np.int8)
    padded[:, :reads] = spins
    bits = (padded[order].reshape(len(order), groups, READS) > 0) @ (1 << np.arange(READS))
    kind = np.float32 if problem.couplings.dtype.kind == "f" else np.int32
    first, neighbours, couplings, fields = colouring.ordered(problem, order)
    graph = (first.astype(np.uint64), neighbours.astype(np.uint32), couplings.astype(kind), fields.astype(kind))
    energies = colouring.scaled_energies(problem, padded, scale).reshape(groups, READS)
    laid = Groups.lay_out(graph, np.ascontiguousarray(bits.T, np.uint8), energies, order, starts, key)
    return State(laid, rule, colouring.largest_cost(problem), scale, reads)


def advance(state, temperatures):
    """Do a sweep at each temperature T >= 0, as `cpu.advance`."""
    size = max(1, colouring.ENTRIES // (2 * state.largest + 1)) if state.largest >= 0 else colouring.ENTRIES
    accepted, records = [], []
    for begun in range(0, len(temperatures), size):
        some = temperatures[begun : begun + size]
        table = colouring.thresholds(some, max(state.largest, 0), state.rule)
        step = (
            device.to_device(table), device.to_device(colouring.rates(some)), state.rule, state.largest,
            np.float32(2 * state.scale), state.reads,
        )  # fmt: skip
        record = device.empty((len(some), *state.groups.energies.shape), np.int64)
        accepted.append(state.groups.sweeps(_sweep, step, len(some), record))
        records.append(record.copy_to_host().reshape(len(some), -1)[:, : state.reads])
    record = np.concatenate(records)
    return np.concatenate(accepted), record if state.largest >= 0 else record / state.scale


def fetch(state):
    """Return the last and the best spins and their energies, as `cpu.fetch`."""
    found = {}
    for name in ("energies", "best_energies"):
        energies = getattr(state.groups, name).copy_to_host().ravel()[: state.reads]
        found[name] = energies if state.largest >= 0 else energies / state.scale
    for name in ("spins", "best"):
        bits = getattr(state.groups, name).copy_to_host().T[:, :, None] >> np.arange(READS, dtype=np.uint8) & 1
        found[name] = np.empty((len(bits), state.reads), np.int8)
        found[name][state.groups.order] = 2 * bits.reshape(len(bits), -1)[:, : state.reads].astype(np.int8) - 1
    return found


def _to_device(array):
    """Copy an array; in the place of an empty one stands one zero, which no thread reads."""
    return device.to_device(array if array.size else np.zeros((1,) * array.ndim, array.dtype))


def _threads(sites):
    """Return how many threads of one block share so many sites, a power of two."""
    if device.simulated():
        return device.SIMULATED_THREADS
    return int(min(MOST_THREADS, max(32, 1 << int(sites - 1).bit_length())))


@cuda.jit
def _sweep(
    first, neighbours, couplings, fields, sites, starts, table, rates, rule, largest, scale, reads, k0, k1, done,
    sweep_begin, sweep_end, class_begin, class_end, whole, spins, best, energies, best_energies, better, flips_of,
    record,
):  # fmt: skip
    """Visit classes of sites in four reads; at the end of whole sweeps, keep what is better than ever."""
    sums = cuda.shared.array((SUMS, MOST_THREADS), np.int64)
    group, slot, step = place()
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
        add_up(sums, t)
        if t == 0:
            for lane in range(READS):
                cuda.atomic.add(energies, (group, lane), sums[lane, 0])
                if whole:
                    record[s, group, lane] = energies[group, lane]
            cuda.atomic.add(flips_of, (s, group), sums[READS, 0])
        if whole:
            end_sweep(group, spins, best, energies, best_energies, better)


@cuda.jit(device=True)
def place():
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
def add_up(sums, t):
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
def end_sweep(group, spins, best, energies, best_energies, better):
    """Do within a block what `_close` and `_keep` do between launches."""
    cuda.syncthreads()
    if cuda.threadIdx.x == 0:
        _compare(group, energies, best_energies, better)
    cuda.syncthreads()
    _copy(spins, best, better, group, np.uint64(cuda.threadIdx.x), np.uint64(cuda.blockDim.x))
    cuda.syncthreads()


@cuda.jit(device=True)
def _compare(group, energies, best_energies, better):
    """Note which lanes of a group are lower than ever."""
    lower = NONE
    for lane in range(energies.shape[1]):
        energy = energies[group, lane]
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
def _record(s, energies, record):
    group = cuda.grid(1)
    if group < energies.shape[0]:
        for lane in range(energies.shape[1]):
            record[s, group, lane] = energies[group, lane]


@cuda.jit
def _close(energies, best_energies, better):
    group = cuda.grid(1)
    if group < energies.shape[0]:
        _compare(np.uint64(group), energies, best_energies, better)


@cuda.jit
def _keep(spins, best, better):
    group, slot, step = place()
    _copy(spins, best, better, group, slot, step)
