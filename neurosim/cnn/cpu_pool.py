"""Pooling of a block on the CPU; called from compiled code.

`x`, `y`, `dx`, `dy` and `marks` are the values of one instruction as [C][H][W][lane]; all of y
or dx is set. `g` is the instruction, and a kernel is made for a `kind` of pools: HALVES, MAXIMUM or others.
"""

import math

import numpy as np

from neurosim.cnn.cpu_loops import U, dispatch, fill, loops
from neurosim.cnn.program import CI, HI, HO, KH, KIND, KW, PH, PW, SH, SW, WI, WO, Pooling

MAXIMUM = int(Pooling.MAXIMUM)
HALVES = -1  # maximum pools of 2 x 2 places that tile x


@dispatch
def pool(kind, code, k, x, y, marks, lanes):
    """Set y."""
    g = code[k]
    if kind != MAXIMUM and kind != HALVES:
        fill(y, y.dtype.type(0))
        _reduce(g, x, y, U(lanes))
    elif kind == HALVES:
        _halve(g[CI] * g[HO], U(g[WO]), U(lanes), x, y, marks)
    else:
        _maximum(g, x, y, marks, U(lanes))


@dispatch
def pool_backward(kind, code, k, x, y, dx, dy, marks, lanes):
    """Set dx."""
    g = code[k]
    if kind != MAXIMUM and kind != HALVES:
        fill(dx, dx.dtype.type(0))
        _reduce_backward(g, x, y, dx, dy, U(lanes))
    elif kind == HALVES:
        _halve_backward(g[CI] * g[HO], U(g[WO]), U(lanes), dx, dy, marks)
    else:
        fill(dx, dx.dtype.type(0))
        _maximum_backward(g, dx, dy, marks, U(lanes))


def kernel_of(g) -> int:
    """Return which kernel an instruction takes: HALVES, MAXIMUM or, for the others, that of AVERAGE."""
    if g[KIND] != Pooling.MAXIMUM:
        return int(Pooling.AVERAGE)
    twos = (g[[KH, KW, SH, SW]] == 2).all() and (g[[PH, PW]] == 0).all()
    return HALVES if twos and g[HI] == 2 * g[HO] and g[WI] == 2 * g[WO] else MAXIMUM


@loops
def _halve(rows, places, lanes, x, y, marks):
    """Set y to the maxima of 2 x 2 places of x, and marks to where they are; the first wins a tie."""
    zero, one, two, three = np.int32(0), np.int32(1), np.int32(2), np.int32(3)
    to, a = U(0), U(0)
    for _ in range(rows):
        for _ in range(places):
            b, c = a + lanes, a + U(2) * places * lanes
            d = c + lanes
            for i in range(lanes):
                upper = x[b + i] if x[b + i] > x[a + i] else x[a + i]
                lower = x[d + i] if x[d + i] > x[c + i] else x[c + i]
                y[to + i] = lower if lower > upper else upper
            for i in range(lanes):
                upper = one if x[b + i] > x[a + i] else zero
                lower = three if x[d + i] > x[c + i] else two
                below = max(x[c + i], x[d + i]) > max(x[a + i], x[b + i])
                marks[to + i] = lower if below else upper
            to += lanes
            a += U(2) * lanes
        a += U(2) * places * lanes


@loops
def _halve_backward(rows, places, lanes, dx, dy, marks):
    zero, width = dx.dtype.type(0), U(2) * places * lanes
    for row in range(rows):
        for window in range(4):
            to = U(row) * places * lanes
            at = U(2 * row + window // 2) * width + U(window % 2) * lanes
            for _ in range(places):
                for i in range(lanes):
                    dx[at + i] = dy[to + i] if marks[to + i] == window else zero
                to += lanes
                at += U(2) * lanes


@dispatch
def _inside(output, kernel, stride, padding, size):
    """Return where place 0 of a window lies, and the first and the end of its places inside x."""
    start = output * stride - padding
    return start, max(0, -start), min(kernel, size - start)


@loops
def _maximum(g, x, y, marks, lanes):
    to = U(0)
    for row in range(g[CI] * g[HO]):
        c = row // g[HO]
        h, p0, p1 = _inside(row - c * g[HO], g[KH], g[SH], g[PH], g[HI])
        for j in range(g[WO]):
            w, q0, q1 = _inside(j, g[KW], g[SW], g[PW], g[WI])
            for p in range(p0, p1):
                for q in range(q0, q1):
                    at = U((c * g[HI] + h + p) * g[WI] + w + q) * lanes
                    name, first = np.int32(p * g[KW] + q), p == p0 and q == q0
                    for i in range(lanes):
                        larger = first | (x[at + i] > y[to + i])
                        marks[to + i] = name if larger else marks[to + i]
                    for i in range(lanes):
                        larger = first | (x[at + i] > y[to + i])
                        y[to + i] = x[at + i] if larger else y[to + i]
            to += lanes


@loops
def _maximum_backward(g, dx, dy, marks, lanes):
    to, zero = U(0), dx.dtype.type(0)
    for row in range(g[CI] * g[HO]):
        c = row // g[HO]
        h, p0, p1 = _inside(row - c * g[HO], g[KH], g[SH], g[PH], g[HI])
        for j in range(g[WO]):
            w, q0, q1 = _inside(j, g[KW], g[SW], g[PW], g[WI])
            for p in range(p0, p1):
                for q in range(q0, q1):
                    at, name = U((c * g[HI] + h + p) * g[WI] + w + q) * lanes, p * g[KW] + q
                    for i in range(lanes):
                        dx[at + i] += dy[to + i] if marks[to + i] == name else zero
            to += lanes


@loops
def _reduce(g, x, y, lanes):
    """Add mean or sum of a window's places inside x to y, or set it to the root of the mean square."""
    to, zero, one = U(0), y.dtype.type(0), y.dtype.type(1)
    linear, square = (zero, one) if g[KIND] == Pooling.L2 else (one, zero)
    for row in range(g[CI] * g[HO]):
        c = row // g[HO]
        h, p0, p1 = _inside(row - c * g[HO], g[KH], g[SH], g[PH], g[HI])
        for j in range(g[WO]):
            w, q0, q1 = _inside(j, g[KW], g[SW], g[PW], g[WI])
            factor = one if g[KIND] == Pooling.SUM else one / y.dtype.type((p1 - p0) * (q1 - q0))
            for p in range(p0, p1):
                for q in range(q0, q1):
                    at = U((c * g[HI] + h + p) * g[WI] + w + q) * lanes
                    for i in range(lanes):
                        y[to + i] += factor * x[at + i] * (linear + square * x[at + i])
            to += lanes
    if g[KIND] == Pooling.L2:
        for i in range(to):
            y[i] = math.sqrt(y[i])


@loops
def _reduce_backward(g, x, y, dx, dy, lanes):
    to, zero, one = U(0), y.dtype.type(0), y.dtype.type(1)
    linear, square = (zero, one) if g[KIND] == Pooling.L2 else (one, zero)
    for row in range(g[CI] * g[HO]):
        c = row // g[HO]
        h, p0, p1 = _inside(row - c * g[HO], g[KH], g[SH], g[PH], g[HI])
        for j in range(g[WO]):
            w, q0, q1 = _inside(j, g[KW], g[SW], g[PW], g[WI])
            factor = one if g[KIND] == Pooling.SUM else one / y.dtype.type((p1 - p0) * (q1 - q0))
            for p in range(p0, p1):
                for q in range(q0, q1):
                    at = U((c * g[HI] + h + p) * g[WI] + w + q) * lanes
                    for i in range(lanes):
                        slope = linear + square * (x[at + i] / y[to + i] if y[to + i] > zero else zero)
                        dx[at + i] += factor * dy[to + i] * slope
            to += lanes
