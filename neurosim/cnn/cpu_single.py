"""Layers with weights on the CPU for one sample at a time: channels, not samples, fill the vector registers.

Neighbouring outputs of a row take the place of a tile's rows as long as the same part of the kernel meets the input.
The functions are those of `cpu_layers` with lanes = 1. A register may read past the weights of one place of a kernel;
what comes of that is not used, and the arrays end with `SLACK` elements to spare.
"""

from numba import njit

from neurosim.cnn.cpu_geometry import meeting, origins, reach
from neurosim.cnn.cpu_layers import chunk
from neurosim.cnn.program import (
    CI,
    CO,
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
from neurosim.core.contraction import ONCE, ONE, ZERO, contract
from neurosim.core.jit import INNER
from neurosim.core.vector import BITS

SLACK = 64
RUN = 12  # outputs of a row at once


@njit(**INNER)
def _pack(g, weights, w, scratch, inputs_last):
    """Copy a kernel so that output channels (or input channels) are contiguous; return the row's padded length."""
    width = BITS // 8 // weights.itemsize
    size = g[CI] if inputs_last else g[CO]
    padded = (size + width - 1) // width * width
    at = 0
    for a in range(g[CO] if inputs_last else g[CI]):
        for p in range(g[KH]):
            for q in range(g[KW]):
                here = w + p * g[STRIDE_KH] + q * g[STRIDE_KW] + a * (g[STRIDE_O] if inputs_last else g[STRIDE_C])
                step = g[STRIDE_C] if inputs_last else g[STRIDE_O]
                for m in range(size):
                    scratch[at + m] = weights[here + m * step]
                at += padded
    return padded


@njit(**INNER)
def convolve_one(g, weights, source, x, target, y, scratch, add):
    """target[y] = convolution of source[x] for one sample; see `cpu_layers.convolve`."""
    width = BITS // 8 // source.itemsize
    packed = g[STRIDE_O] != 1 or g[STRIDE_PLACE] != 0
    v_c, v_p, v_q, row = g[STRIDE_C], g[STRIDE_KH], g[STRIDE_KW], g[CO]
    tile = 0
    if packed:
        row = _pack(g, weights, g[W], scratch, False)
        v_c, v_p, v_q = g[KH] * g[KW] * row, g[KW] * row, row
        tile = g[CI] * g[KH] * g[KW] * row
    bias = not add and g[B] != NONE and g[KIND] == 0
    for i in range(g[HO]):
        p, n_p = reach(i, g[SH], g[PH], g[DH], g[KH], g[HI])
        j = 0
        while j < g[WO]:
            q, n_q = reach(j, g[SW], g[PW], g[DW], g[KW], g[WI])
            run = 1
            while run < RUN and j + run < g[WO] and g[STRIDE_PLACE] == 0:
                if reach(j + run, g[SW], g[PW], g[DW], g[KW], g[WI]) != (q, n_q):
                    break
                run += 1
            if g[STRIDE_PLACE]:
                _pack(g, weights, g[W] + (i * g[WO] + j) * g[STRIDE_PLACE], scratch, False)
            at = x + (i * g[SH] - g[PH] + p * g[DH]) * g[WI] + j * g[SW] - g[PW] + q * g[DW]
            first = p * v_p + q * v_q + (0 if packed else g[W])
            strides = (g[HI] * g[WI], g[DH] * g[WI], g[DW], g[SW])
            o = 0
            while o < g[CO]:
                m = chunk(g[CO] - o, width)
                contract(
                    g[CONTRACT], run, m, ONCE, source, at, strides,
                    scratch if packed else weights, first + o, (v_c, v_p, v_q), (g[CI], n_p, n_q),
                    scratch, tile, m, scratch, ZERO, ZERO,
                )  # fmt: skip
                for k in range(min(m, g[CO] - o)):
                    to = y + ((o + k) * g[HO] + i) * g[WO] + j
                    for u in range(run):
                        total = scratch[tile + u * m + k]
                        if bias:
                            total += weights[g[B] + o + k]
                        if add:
                            total += target[to + u]
                        target[to + u] = total
                o += m
            j += run


@njit(**INNER)
def adjoint_one(g, weights, source, y, target, x, bias, scratch, add):
    """target[x] = adjoint of the convolution of source[y] for one sample; see `cpu_layers.adjoint`."""
    if g[STRIDE_PLACE]:
        _adjoint_places(g, weights, source, y, target, x, add)
        return
    width = BITS // 8 // source.itemsize
    row = _pack(g, weights, g[W], scratch, True)
    tile = g[CO] * g[KH] * g[KW] * row
    for h in range(g[HI]):
        p, p_step, n_p, i, i_step = origins(h, g[SH], g[PH], g[DH], g[KH], g[HO])
        for phase in range(min(g[SW], g[WI])):
            v = phase
            while v < g[WI]:
                q, q_step, n_q, j, j_step = origins(v, g[SW], g[PW], g[DW], g[KW], g[WO])
                run = 1
                while run < RUN and v + run * g[SW] < g[WI]:
                    q2, _, n_q2, j2, _ = origins(v + run * g[SW], g[SW], g[PW], g[DW], g[KW], g[WO])
                    if q2 != q or n_q2 != n_q or (n_q and j2 != j + run):
                        break
                    run += 1
                c = 0
                while c < g[CI]:
                    m = chunk(g[CI] - c, width)
                    contract(
                        g[CONTRACT], run, m, ONCE,
                        source, y + i * g[WO] + j, (i_step * g[WO], j_step, g[HO] * g[WO], ONE),
                        scratch, (p * g[KW] + q) * row + c, (p_step * g[KW] * row, q_step * row, g[KH] * g[KW] * row),
                        (n_p, n_q, g[CO]), scratch, tile, m, scratch, ZERO, ZERO,
                    )  # fmt: skip
                    for k in range(min(m, g[CI] - c)):
                        to = x + ((c + k) * g[HI] + h) * g[WI] + v
                        for u in range(run):
                            total = scratch[tile + u * m + k]
                            if bias != NONE:
                                total += weights[bias + c + k]
                            if add:
                                total += target[to + u * g[SW]]
                            target[to + u * g[SW]] = total
                    c += m
                v += run * g[SW]


@njit(**INNER)
def _adjoint_places(g, weights, source, y, target, x, add):
    """The adjoint of a layer whose places have weights of their own."""
    if not add:
        for m in range(g[CI] * g[HI] * g[WI]):
            target[x + m] = 0
    for i in range(g[HO]):
        p0, n_p = reach(i, g[SH], g[PH], g[DH], g[KH], g[HI])
        for j in range(g[WO]):
            q0, n_q = reach(j, g[SW], g[PW], g[DW], g[KW], g[WI])
            place = i * g[WO] + j
            for o in range(g[CO]):
                slope = source[y + o * g[HO] * g[WO] + place]
                for c in range(g[CI]):
                    w = g[W] + place * g[STRIDE_PLACE] + o * g[STRIDE_O] + c * g[STRIDE_C]
                    for p in range(p0, p0 + n_p):
                        to = x + (c * g[HI] + i * g[SH] - g[PH] + p * g[DH]) * g[WI] + j * g[SW] - g[PW]
                        for q in range(q0, q0 + n_q):
                            target[to + q * g[DW]] += slope * weights[w + p * g[STRIDE_KH] + q * g[STRIDE_KW]]


@njit(**INNER)
def weight_gradient_one(g, source, x, slopes, y, gradients, scratch, add):
    """Set or add the gradient of the weights for one sample; see `cpu_layers.weight_gradient`."""
    width = BITS // 8 // source.itemsize
    places = g[HO] * g[WO]
    outputs = (g[CO] + width - 1) // width * width
    for o in range(g[CO]):
        for place in range(places):
            scratch[place * outputs + o] = slopes[y + o * places + place]
    tile = places * outputs
    # a tile's rows are input channels, or neighbouring places of the kernel that meet the input at the same outputs
    along = g[KW] > g[CI] and g[PW] == 0 and (g[WO] - 1) * g[SW] + (g[KW] - 1) * g[DW] < g[WI]
    for c in range(g[CI] if along else 1):
        for p in range(g[KH]):
            i, n_i = meeting(p, g[SH], g[PH], g[DH], g[HI], g[HO])
            for q in range(1 if along else g[KW]):
                j, n_j = meeting(q, g[SW], g[PW], g[DW], g[WI], g[WO])
                rows, s_u, w_u = g[CI], g[HI] * g[WI], g[STRIDE_C]
                if along:
                    rows, s_u, w_u = g[KW], g[DW], g[STRIDE_KW]
                w = g[W] + c * g[STRIDE_C] + p * g[STRIDE_KH] + q * g[STRIDE_KW]
                at = x + (c * g[HI] + i * g[SH] - g[PH] + p * g[DH]) * g[WI] + j * g[SW] - g[PW] + q * g[DW]
                o = 0
                while o < g[CO]:
                    m = chunk(outputs - o, width)
                    for place in range(n_i * n_j if g[STRIDE_PLACE] else 1):
                        di, dj = (place // n_j, place % n_j) if g[STRIDE_PLACE] else (0, 0)
                        number = (i + di) * g[WO] + j + dj
                        contract(
                            g[CONTRACT], rows, m, ONCE,
                            source, at + di * g[SH] * g[WI] + dj * g[SW], (ZERO, g[SH] * g[WI], g[SW], s_u),
                            scratch, number * outputs + o, (ZERO, g[WO] * outputs, outputs),
                            (ONE, ONE, ONE) if g[STRIDE_PLACE] else (ONE, n_i, n_j),
                            scratch, tile, m, scratch, ZERO, ZERO,
                        )  # fmt: skip
                        to = w + o * g[STRIDE_O] + number * g[STRIDE_PLACE]
                        for u in range(rows):
                            for k in range(min(m, g[CO] - o)):
                                here = to + u * w_u + k * g[STRIDE_O]
                                total = scratch[tile + u * m + k]
                                gradients[here] = gradients[here] + total if add else total
                    o += m
