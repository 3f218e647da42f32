"""Recall on a CUDA device: a block of threads for each probe, which share the work of a flip.

One thread looks for the next unit that flips, then all add the row of its weights. With whole weights the results are
those of the CPU, bit by bit.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import cuda

from neurosim.core import device
from neurosim.core.random import splitmix as draw
from neurosim.hopfield import rules
from neurosim.hopfield.rules import COIN, CYCLE, FIXED, NEVER, PARALLEL, PERMUTATION, RANDOM, RUNNING, SEQUENTIAL

UNIT, CHANGE, NEXT, MOVING = 0, 1, 2, 3  # what the threads of a block share
UNDECIDED, MOVED, AWAY = 0, 1, 2


class State(NamedTuple):
    """The arrays of a recall on the device, as in `neurosim.hopfield.cpu.State`, and room to work in."""

    outgoing: Any
    thresholds: Any
    clamped: Any
    low: int
    key: np.uint64
    spins: Any
    before: Any
    fields: Any
    draws: Any
    stopped: Any
    sweeps: Any
    flips: Any
    then: Any  # (probes, N) int8
    words: Any  # (probes, N + 1) uint32
    sequence: Any  # (probes, N) uint32
    probes: int  # how many; the arrays hold one even if there are none


def begin(outgoing, thresholds, clamped, low, key, probes):
    """Lay out a recall from probes (probes, N), which are copied."""
    count, n = probes.shape
    room = max(count, 1)
    spins = probes if count else np.zeros((1, n), np.int8)
    stopped = np.full(room, RUNNING if count else FIXED, np.int8)
    state = State(
        device.to_device(np.ascontiguousarray(outgoing)), device.to_device(thresholds), device.to_device(clamped),
        int(low), np.uint64(key), device.to_device(spins), device.to_device(spins),
        device.empty(spins.shape, thresholds.dtype), device.to_device(np.zeros(room, np.uint64)),
        device.to_device(stopped), device.to_device(np.zeros(room, np.int64)),
        device.to_device(np.zeros(room, np.int64)), device.empty(spins.shape, np.int8),
        device.empty((room, n + 1), np.uint32), device.empty(spins.shape, np.uint32), count,
    )  # fmt: skip
    _update_fields(state)
    return state


def advance(state, sweeps, order, tie, slope):
    """Do some sweeps with the probes that run, or until they stop; return how many still run."""
    blocks, threads = len(state.draws), device.launch(1)[1]
    if order == PARALLEL:
        for sweep in range(sweeps + 1):
            _step[blocks, threads](
                sweep < sweeps, tie, slope, state.clamped, state.low, state.key, state.spins, state.before,
                state.fields, state.draws, state.stopped, state.sweeps, state.flips, state.then,
            )  # fmt: skip
            if sweep == sweeps or not _running(state):
                break
            _update_fields(state)
    else:
        _settle[blocks, threads](
            sweeps, order, tie, slope, state.outgoing, state.clamped, state.low, state.key, state.spins, state.fields,
            state.draws, state.stopped, state.sweeps, state.flips, state.words, state.sequence,
        )  # fmt: skip
    return _running(state)


def fetch(state, names=("spins", "fields", "stopped", "sweeps", "flips")):
    """Return arrays of the state by name, on the host."""
    return {name: getattr(state, name).copy_to_host()[: state.probes] for name in names}


def _running(state):
    return int((state.stopped.copy_to_host() == RUNNING).sum())


def _update_fields(state):
    _find_fields[device.launch(state.spins.size)](
        state.outgoing, state.thresholds, state.stopped, state.spins, state.fields
    )


@cuda.jit
def _find_fields(outgoing, thresholds, stopped, spins, fields):
    """Set the fields of the probes that run to W s - theta, a thread for each."""
    n = len(thresholds)
    item = cuda.grid(1)
    p, i = item // n, item % n
    if p >= len(stopped) or stopped[p] != RUNNING:
        return
    field = -thresholds[i]
    for j in range(n):
        field += spins[p, j] * outgoing[j, i]
    fields[p, i] = field


@cuda.jit
def _settle(
    sweeps, order, tie, slope, outgoing, clamped, low, key, spins, fields, draws, stopped, swept, flips, words, sequence
):
    """Take a probe through sweeps of single updates."""
    shared = cuda.shared.array(4, np.int64)
    p, thread, width = cuda.blockIdx.x, cuda.threadIdx.x, cuda.blockDim.x
    n = len(outgoing)
    row = p if len(clamped) > 1 else 0
    if stopped[p] != RUNNING:
        return
    start = np.uint64(rules.start_of_stream(key, np.uint64(p)))
    for sweep in range(sweeps + 1):
        if thread == 0:
            shared[MOVING] = 0
            shared[NEXT] = 0
        cuda.syncthreads()
        for i in range(thread, n, width):
            rests = rules.settled(fields[p, i], spins[p, i]) or rules.undecided(fields[p, i], spins[p, i], tie)
            if not (clamped[row, i] or rests):
                shared[MOVING] = 1
        _draw(order, start, draws[p], p, words, sequence, n, thread, width)
        cuda.syncthreads()
        if slope == np.inf and shared[MOVING] == 0:
            if thread == 0:
                stopped[p] = FIXED
            break
        if sweep == sweeps:
            break
        while True:
            if thread == 0:
                _next_flip(
                    shared, order, tie, slope, start, p, row, clamped, low, spins, fields, draws, words, sequence
                )
            cuda.syncthreads()
            unit, change = shared[UNIT], shared[CHANGE]
            if unit < 0:
                break
            for j in range(thread, n, width):
                fields[p, j] += change * outgoing[unit, j]
            if thread == 0:
                flips[p] += 1
            cuda.syncthreads()
        if thread == 0:
            swept[p] += 1
            if order != SEQUENTIAL:
                draws[p] += np.uint64((n + 1) // 2)
            if slope < np.inf:
                draws[p] += np.uint64(n)
        cuda.syncthreads()


@cuda.jit(device=True)
def _draw(order, start, count, p, words, sequence, n, thread, width):
    """Draw what chooses the units of a sweep, as on the CPU."""
    if order == SEQUENTIAL:
        return
    half = (n + 1) // 2
    for q in range(thread, half, width):
        bits = np.uint64(draw(start, np.uint64(count) + np.uint64(q)))
        words[p, q] = bits >> rules.B32
        words[p, half + q] = bits & rules.LOW32
    for i in range(thread, n, width):
        sequence[p, i] = i


@cuda.jit(device=True)
def _next_flip(shared, order, tie, slope, start, p, row, clamped, low, spins, fields, draws, words, sequence):
    """Go through the sweep to the next unit that flips, flip it, and share it; -1 at the end of the sweep."""
    n = spins.shape[1]
    base = draws[p] + np.uint64((n + 1) // 2 if order != SEQUENTIAL else 0)
    shared[UNIT] = -1
    for q in range(shared[NEXT], n):
        i = np.int64(q)
        if order == RANDOM:
            i = np.int64(rules.below(words[p, q], n))
        elif order == PERMUTATION:
            other = q + np.int64(rules.below(words[p, q], n - q))
            i = np.int64(sequence[p, other])
            sequence[p, other] = sequence[p, q]
        if clamped[row, i]:
            continue
        field, now = fields[p, i], spins[p, i]
        if slope < np.inf:
            then = rules.warm(field, slope, low, np.uint64(draw(start, base + np.uint64(q))))
        else:
            bits = np.uint64(0)
            if field == 0 and tie == COIN:
                bits = np.uint64(draw(start, base))
                draws[p] += np.uint64(1)
                base += np.uint64(1)
            then = rules.cold(field, now, low, tie, bits)
        if then != now:
            spins[p, i] = then
            shared[UNIT] = i
            shared[CHANGE] = np.int64(then) - np.int64(now)
            shared[NEXT] = q + 1
            return
    shared[NEXT] = n


@cuda.jit
def _step(move, tie, slope, clamped, low, key, spins, before, fields, draws, stopped, swept, flips, then):
    """See whether a probe has stopped, and if `move` and not, update all its units."""
    counts = cuda.shared.array(3, np.int64)
    p, thread, width = cuda.blockIdx.x, cuda.threadIdx.x, cuda.blockDim.x
    n = spins.shape[1]
    row = p if len(clamped) > 1 else 0
    if stopped[p] != RUNNING:
        return
    start, count = np.uint64(rules.start_of_stream(key, np.uint64(p))), draws[p]
    if thread < 3:
        counts[thread] = 0
    cuda.syncthreads()
    for i in range(thread, n, width):
        field, now = fields[p, i], spins[p, i]
        after = now
        if not clamped[row, i]:
            bits = np.uint64(draw(start, count + np.uint64(i)))
            if slope < np.inf:
                after = rules.warm(field, slope, low, bits)
            else:
                after = rules.cold(field, now, low, tie, bits)
            if field == 0:
                cuda.atomic.add(counts, UNDECIDED, 1)
        then[p, i] = after
        if after != now:
            cuda.atomic.add(counts, MOVED, 1)
        if after != before[p, i]:
            cuda.atomic.add(counts, AWAY, 1)
    cuda.syncthreads()
    sure = slope == np.inf and (counts[UNDECIDED] == 0 or tie != COIN)
    fixed = sure and counts[MOVED] == 0
    cycle = sure and counts[AWAY] == 0 and swept[p] > 0
    cuda.syncthreads()
    if fixed or cycle:
        if thread == 0:
            stopped[p] = FIXED if fixed else CYCLE
        return
    if not move:
        return
    for i in range(thread, n, width):
        before[p, i] = spins[p, i] if sure else NEVER
        spins[p, i] = then[p, i]
    if thread == 0:
        draws[p] = count + np.uint64(n)
        flips[p] += counts[MOVED]
        swept[p] += 1
