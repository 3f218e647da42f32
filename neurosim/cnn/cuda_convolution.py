"""Convolutions, dense layers and radial units on a CUDA device: every output and every weight gathers its sum.

A convolution leads from a large map (X of the row) to a small one (Y); a transposed one leads back. `_shrink` sums on
the way there and `_grow` on the way back, so each is the other's gradient.
"""

import math
from typing import Any

from numba import cuda

from neurosim.cnn.cuda_block import THREADS, Block, add_up, cell, groups, own_sum
from neurosim.cnn.program import (
    CI,
    CO,
    DH,
    DW,
    HI,
    HO,
    KH,
    KIND,
    KW,
    NEED_X,
    NONE,
    OP,
    PH,
    PW,
    SH,
    STRIDE_C,
    STRIDE_KH,
    STRIDE_KW,
    STRIDE_O,
    STRIDE_PLACE,
    SW,
    WI,
    WO,
    B,
    Op,
    W,
    X,
    Y,
)
from neurosim.core import device


def forward(block: Block, k: int, count: int, parameters: Any) -> None:
    """Carry out a CONVOLVE, TRANSPOSED or RADIAL for so many lanes."""
    row, big, small = block.table[k], _size(block, k, CI), _size(block, k, CO)
    kernel, size = {Op.CONVOLVE: (_shrink, small), Op.TRANSPOSED: (_grow, big), Op.RADIAL: (_radial, small)}[
        Op(row[OP])
    ]
    kernel[device.launch(size * count)](block.rows[k], block.lanes, count, True, parameters, block.values, block.values)


def backward(block: Block, k: int, count: int, parameters: Any, gradients: Any) -> None:
    """Add the gradients by the parameters, and by the input if it is wanted."""
    row, big, small = block.table[k], _size(block, k, CI), _size(block, k, CO)
    fixed = (block.rows[k], block.lanes, count)
    if row[OP] == Op.RADIAL:
        _radial_weights[groups(row[CI] * row[CO], count)](*fixed, parameters, block.values, block.grads, gradients)
        if row[NEED_X]:
            _radial_input[device.launch(big * count)](*fixed, parameters, block.values, block.grads)
        return
    if row[OP] == Op.CONVOLVE:
        kernel, size, arrays = _grow, big, (block.values, block.grads)
    else:
        kernel, size, arrays = _shrink, small, (block.grads, block.values)
    weights, places = row[CI] * row[KH] * row[KW] * row[CO], row[HO] * row[WO]
    launch = groups(weights * places, count) if row[STRIDE_PLACE] else groups(weights, places * count)
    _weights[launch](*fixed, *arrays, gradients)
    if row[B] != NONE:
        _add_biases(block, k, count, gradients)
    if row[NEED_X]:
        kernel[device.launch(size * count)](*fixed, False, parameters, block.grads, block.grads)


def _add_biases(block, k, count, gradients):
    """Add the gradient by the biases, one for each output map or, if KIND is 1, for each output."""
    row = block.table[k]
    at, channels = (Y, CO) if row[OP] == Op.CONVOLVE else (X, CI)
    outputs = _size(block, k, channels)
    biases = outputs if row[KIND] else row[channels]
    places = outputs // biases
    fixed = (block.lanes, count, row[at], biases, places, row[B])
    _biases[groups(biases, places * count)](*fixed, block.grads, gradients)


def _size(block, k, channels):
    return math.prod(block.table[k][channels : channels + 3])


@cuda.jit(device=True)
def _start(row, forward, parameters, target, at, channel, element):
    """Return what a sum begins with: the bias, or the gradient so far."""
    if not forward:
        return target[at]
    if row[B] == NONE:
        return target.dtype.type(0)
    return parameters[row[B] + (element if row[KIND] else channel)]


@cuda.jit
def _shrink(row, lanes, count, forward, parameters, source, target):
    """Sum over the window of a place of the small map; forward: set, with the bias, else add."""
    element, lane = cell(count)
    if element >= row[CO] * row[HO] * row[WO]:
        return
    o, place = element // (row[HO] * row[WO]), element % (row[HO] * row[WO])
    top, left = place // row[WO] * row[SH] - row[PH], place % row[WO] * row[SW] - row[PW]
    height, width, dilation, step = row[HI], row[WI], row[DW], row[STRIDE_KW]
    at = row[Y] + element * lanes + lane
    total = _start(row, forward, parameters, target, at, o, element)
    own = row[W] + o * row[STRIDE_O] + place * row[STRIDE_PLACE]
    for c in range(row[CI]):
        for p in range(row[KH]):
            h = top + row[DH] * p
            if 0 <= h < height:
                w = own + c * row[STRIDE_C] + p * row[STRIDE_KH]
                x = row[X] + (c * height + h) * width * lanes + lane
                for q in range(row[KW]):
                    v = left + dilation * q
                    if 0 <= v < width:
                        total += parameters[w + q * step] * source[x + v * lanes]
    target[at] = total


@cuda.jit
def _grow(row, lanes, count, forward, parameters, source, target):
    """Sum over the windows that a place of the large map lies in; forward: set, with the bias, else add."""
    element, lane = cell(count)
    if element >= row[CI] * row[HI] * row[WI]:
        return
    c, place = element // (row[HI] * row[WI]), element % (row[HI] * row[WI])
    bottom, right = place // row[WI] + row[PH], place % row[WI] + row[PW]
    maps, width, step, image = row[CO], row[WO], row[STRIDE_O], row[HO] * row[WO] * lanes
    at = row[X] + element * lanes + lane
    total = _start(row, forward, parameters, target, at, c, element)
    own = row[W] + c * row[STRIDE_C]
    for p in range(row[KH]):
        h = bottom - row[DH] * p
        i = h // row[SH]
        if h >= 0 and h % row[SH] == 0 and i < row[HO]:
            for q in range(row[KW]):
                v = right - row[DW] * q
                j = v // row[SW]
                if v >= 0 and v % row[SW] == 0 and j < width:
                    w = own + p * row[STRIDE_KH] + q * row[STRIDE_KW] + (i * width + j) * row[STRIDE_PLACE]
                    y = row[Y] + (i * width + j) * lanes + lane
                    for o in range(maps):
                        total += parameters[w + o * step] * source[y + o * image]
    target[at] = total


@cuda.jit
def _weights(row, lanes, count, large, small, gradients):
    """Add dw = the sum over samples and places of what a weight connects, a row of threads for each weight."""
    parts = cuda.shared.array(THREADS, large.dtype)
    weight, first = own_sum()
    o, rest = weight % row[CO], weight // row[CO]
    q, rest = rest % row[KW], rest // row[KW]
    p, rest = rest % row[KH], rest // row[KH]
    c, begin = rest % row[CI], rest // row[CI]
    places, height, width, columns = row[HO] * row[WO], row[HI], row[WI], row[WO]
    down, right, above, before = row[SH], row[SW], row[DH] * p - row[PH], row[DW] * q - row[PW]
    x, y = row[X] + c * height * width * lanes, row[Y] + o * places * lanes
    end = begin + 1 if row[STRIDE_PLACE] else places
    exists = begin < (places if row[STRIDE_PLACE] else 1)
    total = large.dtype.type(0)
    for term in range(begin * count + first, end * count if exists else 0, cuda.blockDim.x):
        place, lane = term // count, term % count
        h, v = place // columns * down + above, place % columns * right + before
        if 0 <= h < height and 0 <= v < width:
            total += large[x + (h * width + v) * lanes + lane] * small[y + place * lanes + lane]
    total = add_up(parts, total)
    if first == 0 and exists:
        w = row[W] + c * row[STRIDE_C] + p * row[STRIDE_KH] + q * row[STRIDE_KW] + o * row[STRIDE_O]
        gradients[w + begin * row[STRIDE_PLACE]] += total


@cuda.jit
def _biases(lanes, count, at, sums, places, bias, grads, gradients):
    """Add db = the sum over samples and places of an output map, a row of threads for each bias."""
    parts = cuda.shared.array(THREADS, grads.dtype)
    o, first = own_sum()
    total = grads.dtype.type(0)
    for term in range(first, places * count if o < sums else 0, cuda.blockDim.x):
        total += grads[at + (o * places + term // count) * lanes + term % count]
    total = add_up(parts, total)
    if first == 0 and o < sums:
        gradients[bias + o] += total


@cuda.jit
def _radial(row, lanes, count, forward, parameters, source, target):
    """Set y[o] = -sum_c (x[c] - w[c, o])^2."""
    o, lane = cell(count)
    if o >= row[CO]:
        return
    total = target.dtype.type(0)
    for c in range(row[CI]):
        difference = source[row[X] + c * lanes + lane] - parameters[row[W] + c * row[STRIDE_C] + o * row[STRIDE_O]]
        total -= difference * difference
    target[row[Y] + o * lanes + lane] = total


@cuda.jit
def _radial_input(row, lanes, count, parameters, values, grads):
    """Add dx[c] = -2 sum_o (x[c] - w[c, o]) dy[o]."""
    c, lane = cell(count)
    if c >= row[CI]:
        return
    x, total = values[row[X] + c * lanes + lane], values.dtype.type(0)
    for o in range(row[CO]):
        difference = x - parameters[row[W] + c * row[STRIDE_C] + o * row[STRIDE_O]]
        total -= difference * grads[row[Y] + o * lanes + lane]
    grads[row[X] + c * lanes + lane] += total + total


@cuda.jit
def _radial_weights(row, lanes, count, parameters, values, grads, gradients):
    """Add dw[c, o] = 2 sum over samples of (x[c] - w[c, o]) dy[o], a row of threads for each."""
    parts = cuda.shared.array(THREADS, values.dtype)
    weight, first = own_sum()
    o, c = weight % row[CO], weight // row[CO]
    at, total = row[W] + c * row[STRIDE_C] + o * row[STRIDE_O], values.dtype.type(0)
    for lane in range(first, count if c < row[CI] else 0, cuda.blockDim.x):
        difference = values[row[X] + c * lanes + lane] - parameters[at]
        total += difference * grads[row[Y] + o * lanes + lane]
    total = add_up(parts, total)
    if first == 0 and c < row[CI]:
        gradients[at] += total + total
