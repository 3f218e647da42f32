"""Layers with weights on the CPU, for blocks of samples as vector lanes: convolutions, their adjoints and gradients.

`g` is an instruction of CONVOLVE (see `program`), or one of TRANSPOSED turned round by `transposed`. A block's element
(channel, i, j, lane) is at ((channel H + i) W + j) lanes + lane.
"""

import numpy as np
from numba import njit

from neurosim.cnn.correlation import correlate, turn
from neurosim.cnn.cpu_geometry import meeting, origins, reach
from neurosim.cnn.program import (
    CI,
    CO,
    COLUMNS,
    CONTRACT,
    DH,
    DW,
    HI,
    HO,
    KH,
    KIND,
    KW,
    NONE,
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
    W,
)  # fmt: skip
from neurosim.core.contraction import BIAS, CONTENT, ONCE, ONE, ZERO, contract
from neurosim.core.jit import INNER
from neurosim.core.vector import BITS

DEPTH = 120  # products of a sum at once: their weights and inputs stay in the L1 cache
FEW_CHANNELS = 8  # below, a weight gradient sums over lanes rather than broadcasting inputs


@njit(**INNER)
def transposed(g):
    """Return the convolution whose adjoint this TRANSPOSED instruction is."""
    r = np.empty(COLUMNS, np.int64)
    for column in range(COLUMNS):
        r[column] = g[column]
    r[CI], r[HI], r[WI], r[CO], r[HO], r[WO] = g[CO], g[HO], g[WO], g[CI], g[HI], g[WI]
    r[STRIDE_C], r[STRIDE_O] = g[STRIDE_O], g[STRIDE_C]
    return r


@njit(**INNER)
def chunk(size, width):
    """Return the elements of the next step over `size`: two registers if they are filled, else one."""
    return 2 * width if size >= 2 * width else width


@njit(inline="always")
def convolve(g, weights, source, x, target, y, lanes, add):
    """target[y] = convolution of source[x]; biases are taken from `weights` unless the sum is added to `target`."""
    start = CONTENT if add else (BIAS if g[B] != NONE and g[KIND] == 0 else ZERO)
    for i in range(g[HO]):
        convolve_row(g, weights, source, x, i, ZERO, g[WO], ZERO, g[CO], target, y + i * g[WO] * lanes,
                     g[HO] * g[WO] * lanes, lanes, start)  # fmt: skip


@njit(**INNER)
def convolve_row(g, weights, source, x, i, j, end, o, count, target, to, o_u, lanes, start):
    """Convolve at places (i, j) to (i, end) for `count` channels from o on; one channel's sums are side by side."""
    image, row = g[HI] * g[WI] * lanes, g[WI] * lanes
    p, n_p = reach(i, g[SH], g[PH], g[DH], g[KH], g[HI])
    while j < end:
        q, n_q = reach(j, g[SW], g[PW], g[DW], g[KW], g[WI])
        run = 1  # places that meet the same part of the kernel
        while j + run < end and reach(j + run, g[SW], g[PW], g[DW], g[KW], g[WI]) == (q, n_q):
            run += 1
        w = g[W] + p * g[STRIDE_KH] + q * g[STRIDE_KW] + (i * g[WO] + j) * g[STRIDE_PLACE] + o * g[STRIDE_O]
        at = x + (i * g[SH] - g[PH] + p * g[DH]) * row + (j * g[SW] - g[PW] + q * g[DW]) * lanes
        together = g[SW] == 1 and g[STRIDE_PLACE] == 0
        dense = g[KH] * g[KW] == 1  # the innermost loop should be the longest
        w_p, w_q, w_c, x_p, x_q = g[STRIDE_KH], g[STRIDE_KW], g[STRIDE_C], g[DH] * row, g[DW] * lanes
        c = 0
        while c < g[CI]:
            depth = min(max(DEPTH // (g[KH] * g[KW]), 1), g[CI] - c)
            contract(
                g[CONTRACT], count, run * lanes if together else lanes,
                ONCE if together else (run, g[STRIDE_PLACE], g[SW] * lanes, lanes),
                weights, w + c * w_c, (w_p, w_q, w_c, g[STRIDE_O]) if dense else (w_c, w_p, w_q, g[STRIDE_O]),
                source, at + c * image, (x_p, x_q, image) if dense else (image, x_p, x_q),
                (n_p, n_q, depth) if dense else (depth, n_p, n_q),
                target, to, o_u, weights, g[B] + o, CONTENT if c else start,
            )  # fmt: skip
            c += depth
        j += run
        to += run * lanes


@njit(inline="always")
def adjoint(g, weights, source, y, target, x, lanes, bias, add):
    """target[x] = the adjoint of the convolution, of source[y]: an input gradient or a transposed convolution."""
    start = CONTENT if add else (BIAS if bias != NONE else ZERO)
    for h in range(g[HI]):
        for v in range(min(g[SW], g[WI])):
            _adjoint_row(g, weights, source, y, target, x, lanes, bias, start, h, v)


@njit(**INNER)
def _adjoint_row(g, weights, source, y, target, x, lanes, bias, start, h, v):
    """Set places (h, v), (h, v + SW) ... of x."""
    image, row = g[HI] * g[WI] * lanes, g[WO] * lanes
    p, p_step, n_p, i, i_step = origins(h, g[SH], g[PH], g[DH], g[KH], g[HO])
    w_p = p_step * g[STRIDE_KH] + i_step * g[WO] * g[STRIDE_PLACE]
    while v < g[WI]:
        q, q_step, n_q, j, j_step = origins(v, g[SW], g[PW], g[DW], g[KW], g[WO])
        run = 1  # places that the same part of the kernel reached
        while v + run * g[SW] < g[WI]:
            q2, _, n_q2, j2, _ = origins(v + run * g[SW], g[SW], g[PW], g[DW], g[KW], g[WO])
            if q2 != q or n_q2 != n_q or (n_q and j2 != j + run):
                break
            run += 1
        w = g[W] + p * g[STRIDE_KH] + q * g[STRIDE_KW] + (i * g[WO] + j) * g[STRIDE_PLACE]
        w_q = q_step * g[STRIDE_KW] + j_step * g[STRIDE_PLACE]
        contract(
            g[CONTRACT], g[CI], lanes, (run, g[STRIDE_PLACE], lanes, g[SW] * lanes),
            weights, w, (w_p, w_q, g[STRIDE_O], g[STRIDE_C]),
            source, y + (i * g[WO] + j) * lanes, (i_step * row, j_step * lanes, g[HO] * row), (n_p, n_q, g[CO]),
            target, x + (h * g[WI] + v) * lanes, image, weights, bias, start,
        )  # fmt: skip
        v += run * g[SW]


@njit(inline="always")
def weight_gradient(g, source, x, slopes, y, gradients, lanes, scratch, add):
    """Set or add the gradient of the weights, sums over samples and places of source[x] slopes[y]."""
    if g[CI] < FEW_CHANNELS and g[KW] > 1 and g[STRIDE_PLACE] == 0:
        correlate(g, source, x, slopes, y, gradients, lanes, scratch, add)
        return
    width = BITS // 8 // source.itemsize
    image, places = g[HI] * g[WI] * lanes, g[HO] * g[WO]
    outputs = (g[CO] + width - 1) // width * width
    tile = places * lanes * outputs  # of scratch
    turn(slopes, y, places, g[CO], lanes, scratch, outputs)
    for p in range(g[KH]):
        i, n_i = meeting(p, g[SH], g[PH], g[DH], g[HI], g[HO])
        for q in range(g[KW]):
            j, n_j = meeting(q, g[SW], g[PW], g[DW], g[WI], g[WO])
            w = g[W] + p * g[STRIDE_KH] + q * g[STRIDE_KW]
            at = x + ((i * g[SH] - g[PH] + p * g[DH]) * g[WI] + j * g[SW] - g[PW] + q * g[DW]) * lanes
            o = 0
            while o < g[CO]:
                m = chunk(outputs - o, width)
                for place in range(n_i * n_j if g[STRIDE_PLACE] else 1):
                    # with weights of their own, one place at a time
                    di, dj = (place // n_j, place % n_j) if g[STRIDE_PLACE] else (0, 0)
                    counts = (ONE, ONE, lanes) if g[STRIDE_PLACE] else (n_i, n_j, lanes)
                    here = at + (di * g[SH] * g[WI] + dj * g[SW]) * lanes
                    number = (i + di) * g[WO] + j + dj
                    to = w + o * g[STRIDE_O] + number * g[STRIDE_PLACE]
                    whole = g[STRIDE_O] == 1 and o + m <= g[CO]
                    contract(
                        g[CONTRACT], g[CI], m, ONCE,
                        source, here, (g[SH] * g[WI] * lanes, g[SW] * lanes, ONE, image),
                        scratch, number * lanes * outputs + o, (g[WO] * lanes * outputs, lanes * outputs, outputs),
                        counts, gradients if whole else scratch, to if whole else tile, g[STRIDE_C] if whole else m,
                        scratch, ZERO, CONTENT if whole and add else ZERO,
                    )  # fmt: skip
                    if not whole:
                        _put(scratch, tile, m, gradients, to, g[CI], g[STRIDE_C], g[CO] - o, g[STRIDE_O], add)
                o += m


@njit(**INNER)
def _put(scratch, tile, m, gradients, to, rows, row, left, column, add):
    """Set or add a tile of sums, rows of m elements of which the first `left` count if there are more."""
    for c in range(rows):
        for o in range(min(m, left)):
            total = scratch[tile + c * m + o]
            if add:
                total += gradients[to + c * row + o * column]
            gradients[to + c * row + o * column] = total


@njit(fastmath={"reassoc", "nsz"}, **INNER)
def bias_gradient(g, slopes, y, gradients, lanes, add):
    """Set or add the gradient of the biases: one a map, or with KIND 1 one a place."""
    places = g[HO] * g[WO]
    parts = places if g[KIND] else 1
    size = places * lanes // parts
    for o in range(g[CO] * parts):
        part = slopes[y + o * size : y + (o + 1) * size]
        total = slopes.dtype.type(0)
        for m in range(size):
            total += part[m]
        gradients[g[B] + o] = gradients[g[B] + o] + total if add else total


@njit(**INNER)
def add_place_biases(g, weights, target, y, lanes):
    """Add the biases of KIND 1, one for every channel and place."""
    for o in range(g[CO] * g[HO] * g[WO]):
        bias = weights[g[B] + o]
        for m in range(lanes):
            target[y + o * lanes + m] += bias
