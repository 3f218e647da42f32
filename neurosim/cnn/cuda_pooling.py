"""Pooling on a CUDA device: every output gathers its window, every input the windows that it lies in."""

import math

from numba import cuda

from neurosim.cnn.cuda_block import Block, cell
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
    MARKS,
    NEED_X,
    PH,
    PW,
    SH,
    SW,
    WI,
    WO,
    Pooling,
    X,
    Y,
)
from neurosim.core import device

MAXIMUM, AVERAGE, L2 = (int(p) for p in list(Pooling)[:3])


def forward(block: Block, k: int, count: int) -> None:
    """Carry out a POOL for so many lanes."""
    row = block.table[k]
    launch = device.launch(int(row[CO] * row[HO] * row[WO]) * count)
    _pool[launch](block.rows[k], block.lanes, count, block.values, block.marks)


def backward(block: Block, k: int, count: int) -> None:
    """Add the gradient by the input if it is wanted."""
    row = block.table[k]
    launch = device.launch(int(row[CI] * row[HI] * row[WI]) * count)
    if row[NEED_X]:
        _pool_input[launch](block.rows[k], block.lanes, count, block.values, block.grads, block.marks)


@cuda.jit
def _pool(row, lanes, count, values, marks):
    """Set y = the maximum, mean, root of the mean square, or sum over a window's places inside x."""
    element, lane = cell(count)
    if element >= row[CO] * row[HO] * row[WO]:
        return
    c, place = element // (row[HO] * row[WO]), element % (row[HO] * row[WO])
    top, left = place // row[WO] * row[SH] - row[PH], place % row[WO] * row[SW] - row[PW]
    y, inside, kind = values.dtype.type(0), 0, row[KIND]
    for p in range(row[KH]):
        h = top + row[DH] * p
        for q in range(row[KW]):
            v = left + row[DW] * q
            if 0 <= h < row[HI] and 0 <= v < row[WI]:
                x = values[row[X] + ((c * row[HI] + h) * row[WI] + v) * lanes + lane]
                inside += 1
                if kind != MAXIMUM:
                    y += x * x if kind == L2 else x
                elif inside == 1 or x > y:
                    y = x
                    marks[row[MARKS] + element * lanes + lane] = p * row[KW] + q
    if kind in (AVERAGE, L2):
        y /= values.dtype.type(max(inside, 1))
    values[row[Y] + element * lanes + lane] = math.sqrt(y) if kind == L2 else y


@cuda.jit(device=True)
def _inside(start, step, size, kernel):
    """Return how many places of a kernel lie inside."""
    count = 0
    for p in range(kernel):
        if 0 <= start + step * p < size:
            count += 1
    return count


@cuda.jit
def _pool_input(row, lanes, count, values, grads, marks):
    """Add to dx what every window that x lies in hands on."""
    element, lane = cell(count)
    if element >= row[CI] * row[HI] * row[WI]:
        return
    c, place = element // (row[HI] * row[WI]), element % (row[HI] * row[WI])
    bottom, right, kind = place // row[WI] + row[PH], place % row[WI] + row[PW], row[KIND]
    x, total = row[X] + element * lanes + lane, values.dtype.type(0)
    for p in range(row[KH]):
        h = bottom - row[DH] * p
        i = h // row[SH]
        if h < 0 or h % row[SH] != 0 or i >= row[HO]:
            continue
        rows = _inside(i * row[SH] - row[PH], row[DH], row[HI], row[KH])
        for q in range(row[KW]):
            v = right - row[DW] * q
            j = v // row[SW]
            if v < 0 or v % row[SW] != 0 or j >= row[WO]:
                continue
            at = ((c * row[HO] + i) * row[WO] + j) * lanes + lane
            dy, y = grads[row[Y] + at], values[row[Y] + at]
            if kind == MAXIMUM:
                total += dy if marks[row[MARKS] + at] == p * row[KW] + q else values.dtype.type(0)
                continue
            if kind in (AVERAGE, L2):
                dy /= values.dtype.type(rows * _inside(j * row[SW] - row[PW], row[DW], row[WI], row[KW]))
            if kind == L2:
                dy = dy * values[x] / y if y > 0 else values.dtype.type(0)
            total += dy
    grads[x] += total
