"""Networks on a CUDA device: the host goes through a program and launches a kernel for every instruction.

A mini-batch is one block, a sample a lane. Parameters, moments and statistics stay on the device; all sums have a fixed
order, so that the same seed gives the same bits.
"""

from typing import Any, NamedTuple

import numpy as np

from neurosim.cnn import cuda_convolution, cuda_maps, cuda_normalisation, cuda_pooling, cuda_update
from neurosim.cnn.batches import Differentiated, Fitted
from neurosim.cnn.cuda_block import Block
from neurosim.cnn.cuda_update import clear, upload
from neurosim.cnn.program import NONE, OP, X2, Op, Program, X, Y
from neurosim.cnn.rules import Rule
from neurosim.core import device
from neurosim.core.random import MASK, SHIFT

LANES = 256  # samples that `infer` takes at a time
LINEAR = (Op.CONVOLVE, Op.TRANSPOSED, Op.RADIAL)
CHANNELS = (Op.SCALE, Op.MOMENTS, Op.NORMALISE)


class State(NamedTuple):
    """A run of learning; arrays are the device's, but for `step`."""

    block: Block
    path: np.ndarray  # the instructions from the input to what the loss is computed from
    rule: Rule
    key: tuple
    groups: Any
    masks: Any
    parameters: Any  # (P,), as the gradients
    gradients: Any
    moments: Any  # (2, P)
    statistics: Any  # (S,)
    stopped: Any  # (1,) int64, whether a loss was not finite
    step: np.ndarray  # (1,) how many updates were done


def begin(program, parameters, statistics, rule, *, batch, key, moments=None, step=0):
    """Lay out a run of learning, as `cpu.begin`."""
    dtype = parameters.dtype
    if moments is None:
        moments = np.zeros((2, len(parameters)), dtype)
    return State(
        Block.allocate(program, batch, dtype), _path(program, program.logits), rule, _halves(key),
        upload(program.groups), upload(program.masks, dtype), upload(program.masked(parameters)), upload(parameters),
        upload(moments, dtype), upload(statistics, dtype), upload(np.zeros(1, np.int64)), np.array([step]),
    )  # fmt: skip


def advance(state, batches):
    """Learn from mini-batches, as `cpu.advance`."""
    block, program, lanes = state.block, state.block.program, state.block.lanes
    counts = (batches.order.reshape(-1, lanes) >= 0).sum(1)
    scales = 1.0 / np.maximum(counts, 1) if batches.reduction == "mean" else np.ones(len(counts))
    arrays = (state.parameters, state.gradients, state.moments)
    x, targets, weights, order = _upload_rows(batches, state.parameters.dtype)
    losses = device.empty(max(1, batches.order.size), state.parameters.dtype)
    clear(state.stopped)
    for s, (count, scale) in enumerate(zip(counts.tolist(), scales, strict=True)):
        first, step = s * lanes, int(state.step[0]) + s
        cuda_update.load(block, count, x, order, first)
        _forward(block, state.path, count, state.parameters, state.statistics, True, state.key, step)
        cuda_update.lose(block, count, scale, targets, weights, order, first, losses, state.stopped)
        _backward(block, state.path, count, state.parameters, state.gradients, True)
        for k in state.path[program.code[state.path, OP] == Op.MOMENTS]:
            cuda_normalisation.move_statistics(block, int(k), count, state.stopped, state.statistics)
        numbers = (float(batches.rates[s]), float(batches.momenta[s]), step)
        cuda_update.update(state.rule, *numbers, state.groups, state.masks, state.stopped, arrays)
    found = np.where(batches.order >= 0, losses.copy_to_host()[: batches.order.size].astype(float), 0.0)
    found = found.reshape(-1, lanes).sum(1) * scales
    failed = np.flatnonzero(~np.isfinite(found))
    done = int(failed[0]) if len(failed) else len(found)
    state.step[0] += done
    found[done:] = np.nan
    return found


def fetch(state):
    """Return what was learnt, as `cpu.fetch`."""
    program = state.block.program
    return Fitted(
        state.parameters.copy_to_host()[: program.n_parameters],
        state.statistics.copy_to_host()[: program.n_statistics],
        state.moments.copy_to_host()[:, : program.n_parameters],
        int(state.step[0]),
    )


def infer(program, parameters, statistics, x, values=None):
    """Return values of samples, as `cpu.infer`."""
    values = (program.output,) if values is None else values
    path, lanes = _path(program, *values), max(1, min(LANES, len(x)))
    block = Block.allocate(program, lanes, parameters.dtype, training=False)
    fixed, order = (upload(program.masked(parameters)), upload(statistics, parameters.dtype)), upload(np.arange(lanes))
    found = [np.empty((len(x), *program.shapes[value]), parameters.dtype) for value in values]
    for start in range(0, len(x), lanes):
        some = x[start : start + lanes]
        cuda_update.load(block, len(some), upload(some, parameters.dtype), order, 0)
        _forward(block, path, len(some), *fixed, False, _halves(0), 0)
        for array, value in zip(found, values, strict=True):
            array[start : start + lanes] = block.fetch(block.values, value, len(some))
    return found


def differentiate(
    program, parameters, statistics, x, targets, weights, *, reduction="mean", training=True, key=0, step=0, values=()
):
    """Return the loss of a mini-batch and its gradients, as `cpu.differentiate`."""
    n, path = len(x), _path(program, program.logits)
    block, scale = Block.allocate(program, n, parameters.dtype), 1.0 / n if reduction == "mean" else 1.0
    fixed, gradients = (upload(program.masked(parameters)), upload(statistics, parameters.dtype)), upload(parameters)
    x, targets, weights = (upload(part, parameters.dtype) for part in (x, targets, weights))
    losses, stopped, order = device.empty(n, parameters.dtype), upload(np.zeros(1, np.int64)), upload(np.arange(n))
    cuda_update.load(block, n, x, order, 0)
    every = _path(program, program.logits, program.output, *values)
    _forward(block, every, n, *fixed, training, _halves(key), step)
    cuda_update.lose(block, n, scale, targets, weights, order, 0, losses, stopped)
    _backward(block, path, n, fixed[0], gradients, training)
    return Differentiated(
        float(losses.copy_to_host().astype(float).sum() * scale),
        block.fetch(block.values, program.output, n).reshape(n, -1),
        program.masked(gradients.copy_to_host()[: program.n_parameters]),
        [block.fetch(block.values, value, n) for value in values],
        [block.fetch(block.grads, value, n) for value in values],
    )


def _halves(key):
    """Return a key's lower and upper 32 bits."""
    return np.uint64(key) & MASK, np.uint64(key) >> SHIFT


def _upload_rows(batches, dtype):
    """Copy samples, targets, weights and order; where few samples are named, these alone."""
    arrays, order = (batches.x, batches.targets, batches.weights), batches.order
    if len(order) < len(batches.x):
        arrays, order = tuple(array[order] for array in arrays), np.arange(len(order))
    return *(upload(array, dtype) for array in arrays), upload(order, np.int64)


def _path(program: Program, *values: int) -> np.ndarray:
    """Return the instructions that lead to values, in their order."""
    wanted, path = set(values), []
    for k in range(len(program.code) - 1, -1, -1):
        row = program.code[k]
        if row[Y] in wanted:
            path.append(k)
            wanted |= {int(row[x]) for x in (X, X2) if row[x] != NONE}
    return np.array(path[::-1], np.int64)


def _forward(block, path, count, parameters, statistics, training, key, step):
    """Carry out instructions for the first `count` lanes."""
    for k in path.tolist():
        op = block.program.code[k, OP]
        if op in LINEAR:
            cuda_convolution.forward(block, k, count, parameters)
        elif op in CHANNELS:
            cuda_normalisation.forward(block, k, count, parameters, statistics, training)
        elif op == Op.POOL:
            cuda_pooling.forward(block, k, count)
        else:
            cuda_maps.forward(block, k, count, training, key, step)


def _backward(block, path, count, parameters, gradients, training):
    """Add all gradients to zeros, from that by what the loss is computed from."""
    clear(gradients)
    for k in path[::-1].tolist():
        op = block.program.code[k, OP]
        if op in LINEAR:
            cuda_convolution.backward(block, k, count, parameters, gradients)
        elif op in CHANNELS:
            cuda_normalisation.backward(block, k, count, parameters, gradients, training)
        elif op == Op.POOL:
            cuda_pooling.backward(block, k, count)
        else:
            cuda_maps.backward(block, k, count, training)
