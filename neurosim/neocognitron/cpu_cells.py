"""What the CPU does with the S- and C-cells of one image; `Sums` and `Pools` are those of `cpu`.

Arrays are flat: planes of S-cells as (rows, columns, lanes), where lanes are planes filled up to whole registers.
"""

import numpy as np
from numba import njit

from neurosim.core.contraction import ONE, ZERO, contract
from neurosim.core.jit import INNER
from neurosim.neocognitron import rules
from neurosim.neocognitron.recipe import Inhibition, Pool

loops = njit(error_model="numpy", **INNER)
U = np.uint64
NONE, SHUNTING = int(Inhibition.NONE), int(Inhibition.SHUNTING)
MAX, ROOT, L2 = int(Pool.MAX), int(Pool.ROOT), int(Pool.L2)


@njit(**INNER)
def zeros(size, like):
    """Return zeros, from the start of a cache line on."""
    room = np.zeros(size + 16, like.dtype)
    first = (-room.ctypes.data % 64) // room.itemsize
    return room[first : first + size]


@loops
def frame(u, at, S, frame):
    """Copy a layer into its frame of zeros."""
    size, broad = S.wide * S.below, (S.wide + 2 * S.pad) * S.below
    for y in range(S.high):
        to, start = U((y + S.pad) * broad + S.pad * S.below), U(at + y * size)
        for m in range(U(size)):
            frame[to + m] = u[start + m]


@loops
def inked(S, frame):
    """Return the first and the last but one row and column, top, bottom, left and right, of all that is not 0."""
    tall, broad = S.high + 2 * S.pad, (S.wide + 2 * S.pad) * S.below
    top, bottom, left, right = 0, tall, broad, 0
    while top < tall and _blank(frame, top * broad, broad) == broad:
        top += 1
    while bottom > top and _blank(frame, (bottom - 1) * broad, broad) == broad:
        bottom -= 1
    for y in range(top, bottom):
        left = _blank(frame, y * broad, left)
        end = broad
        while end > right and frame[y * broad + end - 1] == 0:
            end -= 1
        right = max(right, end)
    return top, bottom, left // S.below, -(-right // S.below)


@loops
def _blank(frame, at, most):
    """Return how many values, `most` at most, are 0 from a place on."""
    count = 0
    while count < most and frame[at + count] == 0:
        count += 1
    return count


@njit(**INNER)
def excite(kernel, S, frame, s):
    """Set s to the sums of excitation.

    Cells that see nothing are left out. Up to three last places of a row do not fill a tile; their columns are computed
    downwards, where more places are.
    """
    broad, steps = (S.wide + 2 * S.pad) * S.below, S.window * S.below
    top, bottom, left, right = inked(S, frame)
    top, bottom = max(ZERO, top - S.window + 1), min(S.rows, bottom)
    left, right = max(ZERO, left - S.window + 1), min(S.columns, right)
    rows, columns, line = bottom - top, right - left, S.columns * S.lanes
    if rows * columns < S.rows * S.columns:
        s[:] = 0
    if rows < 1 or columns < 1:
        return
    last = 0 if columns % 12 == 8 else columns % 12 % 6 % 4
    x = right - last
    strides, counts = (steps * S.slab, ZERO, S.slab), (S.window, ONE, steps)
    for first in range(0, S.lanes, S.slab):
        size, weights = min(S.slab, S.lanes - first), first * S.window * steps
        contract(
            kernel, x - left, size, (rows, broad, ZERO, line), frame, top * broad + left * S.below,
            (broad, ZERO, ONE, S.below), S.a, weights, strides, counts, s, top * line + left * S.lanes + first,
            S.lanes, s, ZERO, ZERO,
        )  # fmt: skip
        contract(
            kernel, rows, size, (last, S.below, ZERO, S.lanes), frame, top * broad + x * S.below,
            (broad, ZERO, ONE, broad), S.a, weights, strides, counts, s, top * line + x * S.lanes + first, line, s,
            ZERO, ZERO,
        )  # fmt: skip


@njit(error_model="numpy", fastmath={"reassoc", "contract"}, **INNER)
def inhibit(S, frame, squares, v):
    """Set v to the r.m.s. of the windows."""
    broad = S.wide + 2 * S.pad
    for place in range(len(squares)):
        total = squares.dtype.type(0)
        for k in range(U(S.below)):
            value = frame[U(place * S.below) + k]
            total += value * value
        squares[place] = total
    for y in range(S.rows):
        to = U(y * S.columns)
        for x in range(U(S.columns)):
            v[to + x] = 0
        for i in range(S.window):
            for j in range(S.window):
                weight, start = S.c[i * S.window + j], U((y + i) * broad + j)
                for x in range(U(S.columns)):
                    v[to + x] += weight * squares[start + x]
        for x in range(U(S.columns)):
            v[to + x] = rules.rooted(v[to + x])


@loops
def respond(S, v, s):
    """Turn sums of excitation into responses."""
    if S.kind == NONE:
        return
    gain, efficacy, lanes = S.gain[0], S.efficacy[0], U(S.lanes)
    for place in range(S.rows * S.columns):
        at, strength = U(place) * lanes, v[place]
        if S.kind == SHUNTING:
            for k in range(lanes):
                s[at + k] = gain * rules.shunted(s[at + k], S.b[k] * strength)
        elif S.kind > SHUNTING:
            for k in range(lanes):
                s[at + k] = gain * rules.subtracted(s[at + k], S.b[k] * strength)
        else:
            for k in range(lanes):
                s[at + k] = gain * rules.subtracted(s[at + k], efficacy)


@loops
def fill(u, at, S, s):
    """Copy given responses."""
    for place in range(S.rows * S.columns):
        for k in range(U(S.planes)):
            s[U(place * S.lanes) + k] = u[U(at + place * S.planes) + k]


@loops
def copy(S, s, s_out, at):
    """Write the S-cells' responses without what fills the lanes up."""
    for place in range(S.rows * S.columns):
        for k in range(U(S.planes)):
            s_out[U(at + place * S.planes) + k] = s[U(place * S.lanes) + k]


@loops
def square(s):
    """Square responses, for the r.m.s. pool."""
    for m in range(U(len(s))):
        s[m] *= s[m]


@loops
def pool(S, C, s, line, pooled, joined, out, at):
    """Pool all windows of an image."""
    wide, lanes = S.columns * S.lanes, U(S.lanes)
    for y in range(C.rows):
        first = y * C.stride - C.pad
        if C.separable:
            line[:] = 0
            for i in range(max(0, -first), min(C.window, S.rows - first)):
                weight, start = C.down[i], U((first + i) * wide)
                for m in range(U(wide)):
                    line[m] += weight * s[start + m]
        for x in range(C.columns):
            left = x * C.stride - C.pad
            begin, end = max(0, -left), min(C.window, S.columns - left)
            pooled[:] = 0
            if C.separable:
                for j in range(begin, end):
                    weight, start = C.along[j], U(left + j) * lanes
                    for k in range(lanes):
                        pooled[k] += weight * line[start + k]
            else:
                _window(S, C, s, first, left, pooled)
            to = at + (y * C.columns + x) * C.planes
            if C.joined:
                _join(S, C, pooled, joined)
                _finish(C, joined, out, to)
            else:
                _finish(C, pooled[: C.planes], out, to)


@loops
def _window(S, C, s, first, left, pooled):
    """Pool one window, cell by cell."""
    lanes = U(S.lanes)
    if C.kind == MAX:
        pooled[:] = -np.inf
    for i in range(C.window):
        for j in range(C.window):
            y, x, weight = first + i, left + j, C.d[i * C.window + j]
            if y < 0 or y >= S.rows or x < 0 or x >= S.columns:
                if C.kind == MAX:
                    for k in range(lanes):
                        pooled[k] = rules.larger(pooled[k], rules.ZERO)
                continue
            start = U((y * S.columns + x) * S.lanes)
            if C.kind == MAX:
                for k in range(lanes):
                    pooled[k] = rules.larger(pooled[k], weight * s[start + k])
            else:
                for k in range(lanes):
                    pooled[k] += weight * s[start + k]


@loops
def _join(S, C, pooled, joined):
    """Join the pools of S-planes."""
    joined[:] = -np.inf if C.kind == MAX else 0
    for k in range(S.planes):
        if C.kind == MAX:
            joined[C.joins[k]] = rules.larger(joined[C.joins[k]], pooled[k])
        else:
            joined[C.joins[k]] += pooled[k]


@loops
def _finish(C, joined, out, at):
    """Write the responses of the C-cells of a place."""
    at, alpha, size = U(at), C.alpha[0], U(C.planes)
    if C.kind == ROOT or C.kind == L2:
        for k in range(size):
            joined[k] = rules.rooted(joined[k])
    if C.lateral:
        mean = joined.sum() / joined.dtype.type(C.planes)
        for k in range(size):
            joined[k] = (joined[k] - mean) / (rules.ONE + mean)
    for k in range(size):
        out[at + k] = rules.saturated(joined[k], alpha) if C.saturates else joined[k]
