"""One step up and one step down a stage on the CPU: an image is a task, and silent cells cost nothing.

In a network that attends to one pattern few cells are active, so what a cell sends is added to its targets one by one.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from neurosim.core import parallel
from neurosim.core.jit import driver


class Wiring(NamedTuple):
    """The connections of one stage; every weight is of the network's type."""

    a: np.ndarray  # (window, window, planes below, S-planes)
    b: np.ndarray  # (S-planes,)
    c: np.ndarray  # (window, window)
    pad: int
    r: np.ndarray  # (1,)
    back: np.ndarray  # (S-planes, window, window, planes below): what a backward S-cell sends, its inhibition deducted
    d: np.ndarray  # (pool, pool)
    stride: int
    pool_pad: int
    half: np.ndarray  # (1,): x / (half + x) saturates the C-cells
    joins: np.ndarray  # (S-planes,)


def ascend(u, wiring, eased, alarmed, s_out, c_out):
    """Set the responses of a stage to a layer u below, all (images, rows, columns, planes).

    Parameters
    ----------
    eased, alarmed : as s_out, and (images,)
        S-cells have the selectivity r / (1 + eased + alarmed).
    """
    parallel.run(_ascend, len(u), u, eased, alarmed, s_out, c_out, *wiring)


def descend(w, s, wiring, alpha, beta, expect, keep, learn, eased, out):
    """Set what the C-cells w of a stage recall in the layer below, and ease the S-cells that are missed.

    Parameters
    ----------
    w, s, out : the backward C-cells, the forward S-cells and the backward C-cells below
    expect, keep, learn : float
        eased becomes keep eased + learn phi(min(expect sent, 1) - s), with `sent` what the C-cells send to the cell.
    """
    real = w.dtype.type
    constants = tuple(real(v) for v in (alpha, beta, expect, keep, learn))
    parallel.run(_descend, len(w), w, s, *constants, eased, out, *wiring)


@njit
def _targets(at, pad, stride, window, count):
    """Return the first and last cell above, and one more, whose window holds a place."""
    return max(0, -((window - 1 - at - pad) // stride)), min(count, (at + pad) // stride + 1)


@njit
def _send_up(u, a, b, c, pad, e, power):
    """Set e to the sums a u of a layer of S-cells, and power to the sums c u^2."""
    rows, columns, planes = e.shape
    e[:] = 0
    power[:] = 0
    for y in range(u.shape[0]):
        for x in range(u.shape[1]):
            square = u.dtype.type(0)
            for k in range(u.shape[2]):
                square += u[y, x, k] * u[y, x, k]
            if square == 0:
                continue
            top, bottom = _targets(y, pad, 1, len(c), rows)
            left, right = _targets(x, pad, 1, len(c), columns)
            for row in range(top, bottom):
                for column in range(left, right):
                    i, j, to = y + pad - row, x + pad - column, e[row, column]
                    power[row, column] += c[i, j] * square
                    for k in range(u.shape[2]):
                        value = u[y, x, k]
                        if value != 0:
                            weights = a[i, j, k]
                            for m in range(planes):
                                to[m] += weights[m] * value


@driver(nogil=True)
def _ascend(begin, end, u, eased, alarmed, s, out, a, b, c, pad, r, back, d, stride, pool_pad, half, joins):
    one, zero = u.dtype.type(1), u.dtype.type(0)
    rows, columns, planes = s.shape[1:]
    power = np.empty((rows, columns), u.dtype)
    for image in range(begin, end):
        pooled = out[image]
        pooled[:] = 0
        _send_up(u[image], a, b, c, pad, s[image], power)
        for y in range(rows):
            top, bottom = _targets(y, pool_pad, stride, len(d), pooled.shape[0])
            for x in range(columns):
                if power[y, x] == 0:
                    continue
                left, right = _targets(x, pool_pad, stride, len(d), pooled.shape[1])
                v = np.sqrt(power[y, x])
                for k in range(planes):
                    own = r[0] / (one + eased[image, y, x, k] + alarmed[image])
                    inhibition = own / (one + own) * b[k] * v
                    value = own * max(s[image, y, x, k] - inhibition, zero) / (one + inhibition)
                    s[image, y, x, k] = value
                    if value == 0:
                        continue
                    for row in range(top, bottom):
                        for column in range(left, right):
                            share = d[y + pool_pad - row * stride, x + pool_pad - column * stride]
                            pooled[row, column, joins[k]] += share * value
        for y in range(pooled.shape[0]):
            for x in range(pooled.shape[1]):
                for k in range(pooled.shape[2]):
                    value = pooled[y, x, k]
                    pooled[y, x, k] = value / (half[0] + value)


@driver(nogil=True)
def _descend(
    begin, end, w, s, alpha, beta, expect, keep, learn, eased, out,
    a, b, c, pad, r, back, d, stride, pool_pad, half, joins,
):  # fmt: skip
    rows, columns, planes = s.shape[1:]
    one, zero = w.dtype.type(1), w.dtype.type(0)
    drive = np.empty((rows, columns, w.shape[3]), w.dtype)
    for image in range(begin, end):
        _send_down(w[image], d, stride, pool_pad, drive)
        below = out[image]
        below[:] = 0
        for y in range(rows):
            top, bottom = max(0, y - pad), min(below.shape[0], y - pad + len(c))
            for x in range(columns):
                left, right = max(0, x - pad), min(below.shape[1], x - pad + len(c))
                for k in range(planes):
                    sent, value = drive[y, x, joins[k]], s[image, y, x, k]
                    ease = keep * eased[image, y, x, k] + learn * max(min(expect * sent, one) - value, zero)
                    eased[image, y, x, k] = ease
                    gated = min(value, alpha * sent)
                    if gated == 0:
                        continue
                    for row in range(top, bottom):
                        for column in range(left, right):
                            weights, to = back[k, row - y + pad, column - x + pad], below[row, column]
                            for m in range(len(to)):
                                to[m] += weights[m] * gated
        for y in range(below.shape[0]):
            for x in range(below.shape[1]):
                for m in range(below.shape[2]):
                    value = beta * max(below[y, x, m], zero)
                    below[y, x, m] = value / (one + value)


@njit
def _send_down(w, d, stride, pad, drive):
    """Set drive (rows, columns, planes) to what backward C-cells send to the S-cells below: sum d w."""
    drive[:] = 0
    for y in range(w.shape[0]):
        for x in range(w.shape[1]):
            for k in range(w.shape[2]):
                value = w[y, x, k]
                if value == 0:
                    continue
                top, left = y * stride - pad, x * stride - pad
                for i in range(max(0, -top), min(len(d), drive.shape[0] - top)):
                    for j in range(max(0, -left), min(len(d), drive.shape[1] - left)):
                        drive[top + i, left + j, k] += d[i, j] * value
