"""Settling on a CUDA device: a thread takes a chain through its visits, neighbouring threads neighbouring chains.

Random numbers and sums are the CPU's, bit for bit. In the probability a device fuses products with sums, which the
simulator does not; about three visits in 10^9 therefore end otherwise there.
"""

import numpy as np
from numba import cuda

from neurosim.boltzmann import rules
from neurosim.boltzmann.settling import MASK, PIECE, SHIFT, Settling, check, slopes, visiting_order
from neurosim.core import device


def settle(weights, biases, states, free, settling: Settling, *, key, step, names=None):
    """Let the free units of many chains settle, and count which units were on together, as `cpu.settle`."""
    check(weights, len(states), free, settling)
    own, chains, time, f = weights.ndim == 3, len(states), len(settling.temperatures), len(free)
    names = np.arange(chains) if names is None else names
    random = (
        _upload(names.astype(np.uint64)), np.uint64(step), np.uint64(key & MASK), np.uint64(key >> SHIFT),
    )  # fmt: skip
    machines = (weights.transpose(1, 2, 0), biases.T) if own else (weights[:, :, None], biases[:, None])
    on, counts = _upload(states.T), _upload(np.zeros(machines[0].shape, np.int64))
    machines = tuple(_upload(part) for part in machines)
    if settling.randomise:
        _toss[device.launch(chains)](_upload(free), f, *random, chains, on)
    rates, piece = _upload(slopes(settling.temperatures, weights.dtype)), max(1, PIECE // max(f, 1))
    begin, counted_from = 0, time - settling.counted
    while begin < time:
        end = begin + 1 if begin >= counted_from else min(begin + piece, counted_from)
        order = _upload(visiting_order(free, begin, end, key, step))
        _visit[device.launch(chains)](*machines, order, f, rates, begin, end, *random, chains, on)
        if begin >= counted_from:
            _count[device.launch(counts.size)](chains, on, counts)
        begin = end
    states[:] = on.copy_to_host()[:, :chains].T
    found = counts.copy_to_host().transpose(2, 0, 1)
    return found[: len(weights)].astype(np.int32) if own else found[0]


def _upload(array):
    """Copy an array, C-contiguous; an empty one gets a row of zeros, which no thread reads."""
    array = np.ascontiguousarray(array)
    return device.to_device(array if array.size else np.zeros([max(1, n) for n in array.shape], array.dtype))


@cuda.jit
def _toss(free, f, names, step, k0, k1, chains, on):
    """Set the free units of a chain by fair coins."""
    chain = cuda.grid(1)
    if chain < chains:
        for k in range(f):
            on[free[k], chain] = rules.coin(k, names[chain], step, k0, k1)


@cuda.jit
def _visit(weights, biases, order, f, slopes, begin, end, names, step, k0, k1, chains, on):
    """Take a chain through some time units of f visits; weights [i][j][machine], states [unit][chain]."""
    chain = cuda.grid(1)
    if chain >= chains:
        return
    machine = chain % biases.shape[1]
    for t in range(begin, end):
        for q in range(f):
            unit = order[(t - begin) * f + q]
            gap = biases[unit, machine]
            for j in range(on.shape[0]):
                if on[j, chain]:
                    gap += weights[unit, j, machine]
            u = rules.decision(t * f + q, names[chain], step, k0, k1)
            on[unit, chain] = 1 if rules.turns_on(u, gap, slopes[t]) else 0


@cuda.jit
def _count(chains, on, counts):
    """Add s_i s_j of a machine's chains."""
    item = cuda.grid(1)
    n, machines = counts.shape[1], counts.shape[2]
    i, j, machine = item // machines // n, item // machines % n, item % machines
    if i < n:
        for chain in range(machine, chains, machines):
            counts[i, j, machine] += on[i, chain] & on[j, chain]
