"""SCALE, MOMENTS and NORMALISE on a CUDA device: a row of threads adds up a channel over samples and places."""

import math
from typing import Any

from numba import cuda

from neurosim.cnn.cuda_block import THREADS, Block, add_up, cell, groups, own_sum
from neurosim.cnn.program import CO, HO, NEED_X, NONE, OP, PARTIALS, STATISTICS, WO, B, Op, W, X, Y
from neurosim.core import device


def forward(block: Block, k: int, count: int, parameters: Any, statistics: Any, training: bool) -> None:
    """Carry out an instruction for so many lanes; MOMENTS takes the population's statistics if not in training."""
    row, places, fixed = block.table[k], _places(block, k), (block.rows[k], block.lanes, count)
    launch = device.launch(row[CO] * places * count)
    if row[OP] == Op.SCALE:
        _scale[launch](*fixed, parameters, block.values)
    elif row[OP] == Op.MOMENTS:
        _moments[groups(row[CO], places * count)](*fixed, training, statistics, block.values, block.sums)
    else:
        _normalise[launch](*fixed, block.reals[k], parameters, block.values, block.sums)


def backward(block: Block, k: int, count: int, parameters: Any, gradients: Any, training: bool) -> None:
    """Add the gradients by the parameters, and by the input if it is wanted."""
    row, places, fixed = block.table[k], _places(block, k), (block.rows[k], block.lanes, count)
    sums, launch = groups(row[CO], places * count), device.launch(row[CO] * places * count)
    if row[OP] == Op.SCALE:
        _scale_sums[sums](*fixed, block.values, block.grads, gradients)
        if row[NEED_X]:
            _scale_input[launch](*fixed, parameters, block.grads)
    elif row[OP] == Op.NORMALISE:
        _normalise_sums[sums](*fixed, block.reals[k], block.values, block.grads, block.sums, gradients)
    elif row[NEED_X]:
        _moments_input[launch](*fixed, block.reals[k], training, parameters, block.values, block.grads, block.sums)


def move_statistics(block: Block, k: int, count: int, stopped: Any, statistics: Any) -> None:
    """Let the population's mean and variance follow those of the mini-batch, unless the loss stopped the run."""
    row = block.table[k]
    _move_statistics[device.launch(row[CO])](
        block.rows[k], block.reals[k], _places(block, k) * count, stopped, block.sums, statistics
    )


def _places(block, k):
    return block.table[k][HO] * block.table[k][WO]


@cuda.jit
def _scale(row, lanes, count, parameters, values):
    """Set y = w[c] x + b[c]."""
    element, lane = cell(count)
    places = row[HO] * row[WO]
    if element < row[CO] * places:
        at, c = element * lanes + lane, element // places
        y = values[row[X] + at]
        if row[W] != NONE:
            y *= parameters[row[W] + c]
        if row[B] != NONE:
            y += parameters[row[B] + c]
        values[row[Y] + at] = y


@cuda.jit
def _scale_input(row, lanes, count, parameters, grads):
    """Add dx = w[c] dy."""
    element, lane = cell(count)
    places = row[HO] * row[WO]
    if element < row[CO] * places:
        at = element * lanes + lane
        w = parameters[row[W] + element // places] if row[W] != NONE else grads.dtype.type(1)
        grads[row[X] + at] += w * grads[row[Y] + at]


@cuda.jit
def _scale_sums(row, lanes, count, values, grads, gradients):
    """Add dw[c], the sum of dy x, and db[c], the sum of dy."""
    parts = cuda.shared.array(THREADS, values.dtype)
    c, first = own_sum()
    places = row[HO] * row[WO]
    product = total = values.dtype.type(0)
    for term in range(first, places * count if c < row[CO] else 0, cuda.blockDim.x):
        at = (c * places + term // count) * lanes + term % count
        product += grads[row[Y] + at] * values[row[X] + at]
        total += grads[row[Y] + at]
    product = add_up(parts, product)
    total = add_up(parts, total)
    if first == 0 and c < row[CO]:
        if row[W] != NONE:
            gradients[row[W] + c] += product
        if row[B] != NONE:
            gradients[row[B] + c] += total


@cuda.jit
def _moments(row, lanes, count, training, statistics, values, sums):
    """Find a channel's mean and variance, in two passes, or take those of the population."""
    parts = cuda.shared.array(THREADS, values.dtype)
    c, first = own_sum()
    places, own = row[HO] * row[WO], row[PARTIALS] + c
    terms = places * count if training and c < row[CO] else 0
    mean = square = values.dtype.type(0)
    for term in range(first, terms, cuda.blockDim.x):
        mean += values[row[X] + (c * places + term // count) * lanes + term % count]
    mean = add_up(parts, mean) / values.dtype.type(places * count)
    for term in range(first, terms, cuda.blockDim.x):
        difference = values[row[X] + (c * places + term // count) * lanes + term % count] - mean
        square += difference * difference
    square = add_up(parts, square) / values.dtype.type(places * count)
    if first == 0 and c < row[CO]:
        sums[own] = mean if training else statistics[row[STATISTICS] + c]
        sums[own + row[CO]] = square if training else statistics[row[STATISTICS] + row[CO] + c]


@cuda.jit(device=True)
def _deviation(row, reals, c, sums):
    """Return sqrt(variance + epsilon)."""
    return math.sqrt(sums[row[PARTIALS] + row[CO] + c] + reals[0])


@cuda.jit
def _normalise(row, lanes, count, reals, parameters, values, sums):
    """Set y = w[c] (x - mean) / sqrt(variance + epsilon) + b[c]."""
    element, lane = cell(count)
    places = row[HO] * row[WO]
    if element < row[CO] * places:
        at, c = element * lanes + lane, element // places
        y = (values[row[X] + at] - sums[row[PARTIALS] + c]) / _deviation(row, reals, c, sums)
        if row[W] != NONE:
            y *= parameters[row[W] + c]
        if row[B] != NONE:
            y += parameters[row[B] + c]
        values[row[Y] + at] = y


@cuda.jit
def _normalise_sums(row, lanes, count, reals, values, grads, sums, gradients):
    """Sum dy and dy xhat of a channel, xhat being the normalised x; add them to the gradients by b and w."""
    parts = cuda.shared.array(THREADS, values.dtype)
    c, first = own_sum()
    places = row[HO] * row[WO]
    product = total = values.dtype.type(0)
    for term in range(first, places * count if c < row[CO] else 0, cuda.blockDim.x):
        at = (c * places + term // count) * lanes + term % count
        total += grads[row[Y] + at]
        product += grads[row[Y] + at] * (values[row[X] + at] - sums[row[PARTIALS] + c])
    total = add_up(parts, total)
    product = add_up(parts, product)
    if first == 0 and c < row[CO]:
        product /= _deviation(row, reals, c, sums)
        sums[row[PARTIALS] + 2 * row[CO] + c] = total
        sums[row[PARTIALS] + 3 * row[CO] + c] = product
        if row[B] != NONE:
            gradients[row[B] + c] += total
        if row[W] != NONE:
            gradients[row[W] + c] += product


@cuda.jit
def _moments_input(row, lanes, count, reals, training, parameters, values, grads, sums):
    """Add dx = w[c] / sqrt(variance + epsilon) (dy - mean of dy - xhat mean of dy xhat); the means only in training."""
    element, lane = cell(count)
    places = row[HO] * row[WO]
    if element >= row[CO] * places:
        return
    at, c = element * lanes + lane, element // places
    own, deviation, dx = row[PARTIALS] + c, _deviation(row, reals, c, sums), grads[row[Y] + at]
    if training:
        xhat = (values[row[X] + at] - sums[own]) / deviation
        dx -= (sums[own + 2 * row[CO]] + xhat * sums[own + 3 * row[CO]]) / values.dtype.type(places * count)
    if row[W] != NONE:
        dx *= parameters[row[W] + c]
    grads[row[X] + at] += dx / deviation


@cuda.jit
def _move_statistics(row, reals, count, stopped, sums, statistics):
    """Move mean and variance, the latter free of bias: new = (1 - m) old + m of the mini-batch; not with one value."""
    c = cuda.grid(1)
    if c < row[CO] and stopped[0] == 0 and count > 1:
        mean, m = row[STATISTICS] + c, reals[1]
        variance, keep = mean + row[CO], statistics.dtype.type(1) - m
        free = sums[row[PARTIALS] + row[CO] + c] * (statistics.dtype.type(count) / statistics.dtype.type(count - 1))
        statistics[mean] = keep * statistics[mean] + m * sums[row[PARTIALS] + c]
        statistics[variance] = keep * statistics[variance] + m * free
