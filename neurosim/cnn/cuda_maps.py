"""The operations without parameters on a CUDA device, but for pooling: a thread for every element that is written."""

import numpy as np
from numba import cuda

from neurosim.cnn import rules
from neurosim.cnn.cuda_block import Block, cell
from neurosim.cnn.program import (
    AT,
    CI,
    CO,
    COUNT,
    FROM,
    HI,
    HO,
    KIND,
    MARKS,
    NEED_X,
    NEED_X2,
    OP,
    PH,
    PW,
    STREAM,
    WI,
    WO,
    X2,
    Activation,
    Op,
    X,
    Y,
)
from neurosim.core import device
from neurosim.core.random import philox

SIGMOID, TANH, LECUN_TANH, RELU, LEAKY_RELU = (int(a) for a in list(Activation)[:5])
BITS = 32  # of a random word
PAIR, FOUR = np.uint64(2), np.uint64(4)


def forward(block: Block, k: int, count: int, training: bool, key: tuple, step: int) -> None:
    """Carry out an instruction for so many lanes; `key` is the halves of the random key."""
    row, reals, fixed = block.table[k], block.reals[k], (block.rows[k], block.lanes, count)
    launch = device.launch(_outputs(row) * count)
    if row[OP] == Op.ACTIVATE:
        _activate[launch](*fixed, reals, block.values)
    elif row[OP] == Op.SOFTMAX:
        _softmax[launch](*fixed, block.values)
    elif row[OP] == Op.DROPOUT:
        drop = int(np.ceil(block.program.reals[k, 0] * 2.0**BITS)) if training else 0
        scale = block.program.reals[k, 1] if training else 1.0
        halves = tuple(np.uint64(half) for half in key)
        scale = block.values.dtype.type(scale)
        _dropout[launch](*fixed, np.uint64(drop), scale, np.uint64(step), *halves, block.values, block.marks)
    elif row[OP] == Op.ADD:
        _add[launch](*fixed, block.values)
    elif row[OP] == Op.COPY:
        _copy[launch](*fixed, block.values)
    else:
        _pad[launch](*fixed, reals, block.values)


def backward(block: Block, k: int, count: int, training: bool) -> None:
    """Add the gradients by the inputs that want them."""
    row, reals, fixed = block.table[k], block.reals[k], (block.rows[k], block.lanes, count)
    launch = device.launch(_outputs(row) * count)
    if row[OP] == Op.ADD:
        for need, x in ((NEED_X, X), (NEED_X2, X2)):
            if row[need]:
                _add_input[launch](*fixed, row[x], block.grads)
    elif row[NEED_X]:
        if row[OP] == Op.ACTIVATE:
            _activate_input[launch](*fixed, reals, block.values, block.grads)
        elif row[OP] == Op.SOFTMAX:
            _softmax_input[launch](*fixed, block.values, block.grads)
        elif row[OP] == Op.DROPOUT:
            scale = block.values.dtype.type(block.program.reals[k, 1] if training else 1.0)
            _dropout_input[launch](*fixed, scale, block.marks, block.grads)
        elif row[OP] == Op.COPY:
            _copy_input[launch](*fixed, block.grads)
        else:
            _pad_input[device.launch(row[CI] * row[HI] * row[WI] * count)](*fixed, block.grads)


def _outputs(row):
    """Return how many threads a lane gets."""
    if row[OP] == Op.COPY:
        return row[COUNT]
    return (1 if row[OP] == Op.SOFTMAX else row[CO]) * row[HO] * row[WO]


@cuda.jit
def _activate(row, lanes, count, reals, values):
    """Set y = f(x)."""
    element, lane = cell(count)
    if element >= row[CO] * row[HO] * row[WO]:
        return
    at, kind = element * lanes + lane, row[KIND]
    x = values[row[X] + at]
    if kind == SIGMOID:
        y = rules.sigmoid(x)
    elif kind == TANH:
        y = rules.tanh(x)
    elif kind == LECUN_TANH:
        y = reals[0] * rules.tanh(reals[1] * x)
    elif kind == RELU:
        y = rules.relu(x)
    elif kind == LEAKY_RELU:
        y = rules.leaky_relu(x, reals[0])
    else:
        y = rules.gelu(x)
    values[row[Y] + at] = y


@cuda.jit
def _activate_input(row, lanes, count, reals, values, grads):
    """Add dx = f'(x) dy."""
    element, lane = cell(count)
    if element >= row[CO] * row[HO] * row[WO]:
        return
    at, kind = element * lanes + lane, row[KIND]
    x, y, slope = values[row[X] + at], values[row[Y] + at], values.dtype.type(1)
    if kind == SIGMOID:
        slope = rules.sigmoid_slope(y)
    elif kind == TANH:
        slope = rules.tanh_slope(y)
    elif kind == LECUN_TANH:
        slope = reals[0] * reals[1] * rules.tanh_slope(y / reals[0])
    elif kind == RELU:
        slope = values.dtype.type(1 if x > 0 else 0)
    elif kind == LEAKY_RELU:
        slope = slope if x > 0 else reals[0]
    else:
        slope = rules.gelu_slope(x)
    grads[row[X] + at] += slope * grads[row[Y] + at]


@cuda.jit
def _softmax(row, lanes, count, values):
    """Set y[c] = exp x[c] / sum_c exp x[c] at a place."""
    place, lane = cell(count)
    step = row[HO] * row[WO] * lanes
    if place >= row[HO] * row[WO]:
        return
    x, y = row[X] + place * lanes + lane, row[Y] + place * lanes + lane
    largest, total = values[x], values.dtype.type(0)
    for c in range(1, row[CO]):
        largest = max(largest, values[x + c * step])
    for c in range(row[CO]):
        power = rules.exp(values[x + c * step] - largest)
        values[y + c * step] = power
        total += power
    for c in range(row[CO]):
        values[y + c * step] /= total


@cuda.jit
def _softmax_input(row, lanes, count, values, grads):
    """Add dx[c] = y[c] (dy[c] - sum_c y[c] dy[c])."""
    place, lane = cell(count)
    step = row[HO] * row[WO] * lanes
    if place >= row[HO] * row[WO]:
        return
    x, y, total = row[X] + place * lanes + lane, row[Y] + place * lanes + lane, values.dtype.type(0)
    for c in range(row[CO]):
        total += values[y + c * step] * grads[y + c * step]
    for c in range(row[CO]):
        grads[x + c * step] += values[y + c * step] * (grads[y + c * step] - total)


@cuda.jit
def _dropout(row, lanes, count, drop, scale, step, k0, k1, values, marks):
    """Set y to a multiple of x, or to 0 where the random word of the element is below `drop`."""
    element, lane = cell(count)
    if element >= row[CO] * row[HO] * row[WO]:
        return
    at, e = element * lanes + lane, np.uint64(element)
    a, b, c, d = philox(e // FOUR, np.uint64(lane), step, np.uint64(row[STREAM]), k0, k1)
    which = e % FOUR
    word = (a if which == 0 else b) if which < PAIR else (c if which == PAIR else d)
    marks[row[MARKS] + at] = keep = 1 if word >= drop else 0
    values[row[Y] + at] = scale * values[row[X] + at] if keep else values.dtype.type(0)


@cuda.jit
def _dropout_input(row, lanes, count, scale, marks, grads):
    """Add dx = a multiple of dy where x was kept."""
    element, lane = cell(count)
    at = element * lanes + lane
    if element < row[CO] * row[HO] * row[WO] and marks[row[MARKS] + at]:
        grads[row[X] + at] += scale * grads[row[Y] + at]


@cuda.jit
def _add(row, lanes, count, values):
    """Set y = x + x2."""
    element, lane = cell(count)
    if element < row[CO] * row[HO] * row[WO]:
        at = element * lanes + lane
        values[row[Y] + at] = values[row[X] + at] + values[row[X2] + at]


@cuda.jit
def _add_input(row, lanes, count, x, grads):
    """Add dx = dy."""
    element, lane = cell(count)
    if element < row[CO] * row[HO] * row[WO]:
        at = element * lanes + lane
        grads[x + at] += grads[row[Y] + at]


@cuda.jit
def _copy(row, lanes, count, values):
    """Set y[AT + n] = x[FROM + n]."""
    n, lane = cell(count)
    if n < row[COUNT]:
        values[row[Y] + (row[AT] + n) * lanes + lane] = values[row[X] + (row[FROM] + n) * lanes + lane]


@cuda.jit
def _copy_input(row, lanes, count, grads):
    """Add dx[FROM + n] = dy[AT + n]."""
    n, lane = cell(count)
    if n < row[COUNT]:
        grads[row[X] + (row[FROM] + n) * lanes + lane] += grads[row[Y] + (row[AT] + n) * lanes + lane]


@cuda.jit
def _pad(row, lanes, count, reals, values):
    """Set y[c, h, v] = x[c, h - PH, v - PW], or reals[0] outside."""
    element, lane = cell(count)
    if element >= row[CO] * row[HO] * row[WO]:
        return
    c, place = element // (row[HO] * row[WO]), element % (row[HO] * row[WO])
    i, j = place // row[WO] - row[PH], place % row[WO] - row[PW]
    y = reals[0]
    if 0 <= i < row[HI] and 0 <= j < row[WI]:
        y = values[row[X] + ((c * row[HI] + i) * row[WI] + j) * lanes + lane]
    values[row[Y] + element * lanes + lane] = y


@cuda.jit
def _pad_input(row, lanes, count, grads):
    """Add dx[c, i, j] = dy[c, i + PH, j + PW]."""
    element, lane = cell(count)
    if element >= row[CI] * row[HI] * row[WI]:
        return
    c, place = element // (row[HI] * row[WI]), element % (row[HI] * row[WI])
    h, v = place // row[WI] + row[PH], place % row[WI] + row[PW]
    if 0 <= h < row[HO] and 0 <= v < row[WO]:
        y = row[Y] + ((c * row[HO] + h) * row[WO] + v) * lanes + lane
        grads[row[X] + element * lanes + lane] += grads[y]
