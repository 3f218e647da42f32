"""The kernels of instructions without a sum of products on the CPU; see `cpu_units`."""

import numpy as np
from numba import njit

from neurosim.cnn import cpu_activate
from neurosim.cnn.cpu_activate import draw, keep, softmax, softmax_backward
from neurosim.cnn.cpu_affine import radial, radial_backward, radial_gradients, scale, scale_backward, scale_gradients
from neurosim.cnn.cpu_loops import add, copy, fill
from neurosim.cnn.cpu_maps import hand_on, rows, value
from neurosim.cnn.cpu_norm import moments, moments_backward, normalise, normalise_backward
from neurosim.cnn.cpu_pool import HALVES, MAXIMUM, pool, pool_backward
from neurosim.cnn.cpu_table import BACKWARD, FORWARD, backward, forward
from neurosim.cnn.program import (
    ADD_X,
    ADD_X2,
    AT,
    CI,
    COUNT,
    FROM,
    HI,
    MARKS,
    NEED_X,
    NEED_X2,
    NONE,
    STREAM,
    X2,
    Activation,
    Op,
    Pooling,
    W,
    X,
    Y,
)

# Parts of the kernels, where all but one kind falls away
activate, activate_backward = (
    njit(inline="always", error_model="numpy")(function.py_func)
    for function in (cpu_activate.activate, cpu_activate.activate_backward)
)


def _activation(kind):
    """Return the kernels of one activation function."""

    def ahead(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
              training, key0, key1, step, first):  # fmt: skip
        x, y = value(code[k, X], places, values, lanes), value(code[k, Y], places, values, lanes)
        activate(kind, reals[k], x, y)

    def back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics, gradients,
             scratch, lanes, training, accumulate):  # fmt: skip
        if code[k, NEED_X]:
            x, y = value(code[k, X], places, values, lanes), value(code[k, Y], places, values, lanes)
            dx, dy = value(code[k, X], places, slopes, lanes), value(code[k, Y], places, slopes, lanes)
            to = scratch[: len(dx)] if code[k, ADD_X] else dx
            activate_backward(kind, reals[k], x, y, to, dy)
            if code[k, ADD_X]:
                hand_on(to, dx, True)

    return ahead, back


for _function in Activation:
    FORWARD[Op.ACTIVATE, _function], BACKWARD[Op.ACTIVATE, _function] = _activation(int(_function))


@forward(Op.SOFTMAX)
def _softmax(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
             training, key0, key1, step, first):  # fmt: skip
    x, y = value(code[k, X], places, values, lanes), value(code[k, Y], places, values, lanes)
    softmax(code[k, CI], x, y)


@backward(Op.SOFTMAX)
def _softmax_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                  gradients, scratch, lanes, training, accumulate):  # fmt: skip
    if code[k, NEED_X]:
        y = value(code[k, Y], places, values, lanes)
        dx, dy = value(code[k, X], places, slopes, lanes), value(code[k, Y], places, slopes, lanes)
        to = scratch[: len(dx)] if code[k, ADD_X] else dx
        softmax_backward(code[k, CI], y, to, dy)
        if code[k, ADD_X]:
            hand_on(to, dx, True)


def _pooling(kind):
    """Return the kernels of maximum pools, or of the others."""

    def ahead(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
              training, key0, key1, step, first):  # fmt: skip
        x, y = value(code[k, X], places, values, lanes), value(code[k, Y], places, values, lanes)
        pool(kind, code, k, x, y, marks[max(code[k, MARKS], 0) * lanes :], lanes)

    def back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics, gradients,
             scratch, lanes, training, accumulate):  # fmt: skip
        if code[k, NEED_X]:
            x, y = value(code[k, X], places, values, lanes), value(code[k, Y], places, values, lanes)
            dx, dy = value(code[k, X], places, slopes, lanes), value(code[k, Y], places, slopes, lanes)
            to = scratch[: len(dx)] if code[k, ADD_X] else dx
            pool_backward(kind, code, k, x, y, to, dy, marks[max(code[k, MARKS], 0) * lanes :], lanes)
            if code[k, ADD_X]:
                hand_on(to, dx, True)

    return ahead, back


for _kind in (HALVES, MAXIMUM, int(Pooling.AVERAGE)):
    FORWARD[Op.POOL, _kind], BACKWARD[Op.POOL, _kind] = _pooling(_kind)


@forward(Op.SCALE)
def _scale(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
           training, key0, key1, step, first):  # fmt: skip
    x, y = value(code[k, X], places, values, lanes), value(code[k, Y], places, values, lanes)
    scale(code, k, x, y, parameters)


@backward(Op.SCALE)
def _scale_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                gradients, scratch, lanes, training, accumulate):  # fmt: skip
    x = value(code[k, X], places, values, lanes)
    dx, dy = value(code[k, X], places, slopes, lanes), value(code[k, Y], places, slopes, lanes)
    scale_gradients(code, k, x, dy, gradients, accumulate)
    if code[k, NEED_X]:
        to = scratch[: len(dx)] if code[k, ADD_X] else dx
        scale_backward(code, k, to, dy, parameters)
        if code[k, ADD_X]:
            hand_on(to, dx, True)


@forward(Op.MOMENTS)
def _moments(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
             training, key0, key1, step, first):  # fmt: skip
    if training:
        moments(code, k, value(code[k, X], places, values, lanes), partials, block, valid, lanes)


@backward(Op.MOMENTS)
def _moments_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                  gradients, scratch, lanes, training, accumulate):  # fmt: skip
    if code[k, NEED_X]:
        x = value(code[k, X], places, values, lanes)
        dx, dy = value(code[k, X], places, slopes, lanes), value(code[k, Y], places, slopes, lanes)
        to = scratch[: len(dx)] if code[k, ADD_X] else dx
        moments_backward(
            code, reals, k, x, to, dy, partials, block, valid, parameters, statistics, lanes, training
        )  # fmt: skip
        if code[k, ADD_X]:
            hand_on(to, dx, True)


@forward(Op.NORMALISE)
def _normalise(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
               training, key0, key1, step, first):  # fmt: skip
    x, y = value(code[k, X], places, values, lanes), value(code[k, Y], places, values, lanes)
    normalise(code, reals, k, x, y, partials, valid, parameters, statistics, lanes, training)


@backward(Op.NORMALISE)
def _normalise_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                    gradients, scratch, lanes, training, accumulate):  # fmt: skip
    x, dy = value(code[k, X], places, values, lanes), value(code[k, Y], places, slopes, lanes)
    normalise_backward(
        code, reals, k, x, dy, partials, block, valid, parameters, statistics, gradients, lanes, training, accumulate
    )


@forward(Op.DROPOUT)
def _dropout(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
             training, key0, key1, step, first):  # fmt: skip
    x, y = value(code[k, X], places, values, lanes), value(code[k, Y], places, values, lanes)
    if training:
        kept = marks[code[k, MARKS] * lanes : code[k, MARKS] * lanes + len(x)]
        draw(kept, reals[k, 0], lanes, key0, key1, step, np.uint64(first), np.uint64(code[k, STREAM]))
        keep(x, kept, values.dtype.type(reals[k, 1]), y)
    else:
        copy(x, y)


@backward(Op.DROPOUT)
def _dropout_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                  gradients, scratch, lanes, training, accumulate):  # fmt: skip
    if code[k, NEED_X]:
        dx, dy = value(code[k, X], places, slopes, lanes), value(code[k, Y], places, slopes, lanes)
        to = scratch[: len(dx)] if code[k, ADD_X] else dx
        if training:
            kept = marks[code[k, MARKS] * lanes : code[k, MARKS] * lanes + len(dx)]
            keep(dy, kept, dx.dtype.type(reals[k, 1]), to)
        else:
            copy(dy, to)
        if code[k, ADD_X]:
            hand_on(to, dx, True)


@forward(Op.ADD)
def _add_values(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
                training, key0, key1, step, first):  # fmt: skip
    x, y = value(code[k, X], places, values, lanes), value(code[k, Y], places, values, lanes)
    add(x, value(code[k, X2], places, values, lanes), y)


@backward(Op.ADD)
def _add_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
              gradients, scratch, lanes, training, accumulate):  # fmt: skip
    dy = value(code[k, Y], places, slopes, lanes)
    if code[k, NEED_X]:
        hand_on(dy, value(code[k, X], places, slopes, lanes), code[k, ADD_X])
    if code[k, NEED_X2]:
        hand_on(dy, value(code[k, X2], places, slopes, lanes), code[k, ADD_X2])


@forward(Op.COPY)
def _copy(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
          training, key0, key1, step, first):  # fmt: skip
    x, y = value(code[k, X], places, values, lanes), value(code[k, Y], places, values, lanes)
    at, start, count = code[k, AT] * lanes, code[k, FROM] * lanes, code[k, COUNT] * lanes
    copy(x[start : start + count], y[at : at + count])


@backward(Op.COPY)
def _copy_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
               gradients, scratch, lanes, training, accumulate):  # fmt: skip
    if code[k, NEED_X]:
        dx, dy = value(code[k, X], places, slopes, lanes), value(code[k, Y], places, slopes, lanes)
        at, start, count = code[k, AT] * lanes, code[k, FROM] * lanes, code[k, COUNT] * lanes
        if not code[k, ADD_X]:
            fill(dx, dx.dtype.type(0))
        hand_on(dy[at : at + count], dx[start : start + count], True)


@forward(Op.PAD)
def _pad(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
         training, key0, key1, step, first):  # fmt: skip
    x, y = value(code[k, X], places, values, lanes), value(code[k, Y], places, values, lanes)
    fill(y, y.dtype.type(reals[k, 0]))
    for row in range(code[k, CI] * code[k, HI]):
        at, start, count = rows(code, k, row, lanes)
        copy(x[start : start + count], y[at : at + count])


@backward(Op.PAD)
def _pad_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
              gradients, scratch, lanes, training, accumulate):  # fmt: skip
    if code[k, NEED_X]:
        dx, dy = value(code[k, X], places, slopes, lanes), value(code[k, Y], places, slopes, lanes)
        for row in range(code[k, CI] * code[k, HI]):
            at, start, count = rows(code, k, row, lanes)
            hand_on(dy[at : at + count], dx[start : start + count], code[k, ADD_X])


@forward(Op.RADIAL)
def _radial(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
            training, key0, key1, step, first):  # fmt: skip
    x, y = value(code[k, X], places, values, lanes), value(code[k, Y], places, values, lanes)
    radial(code, k, x, y, parameters, lanes)


@backward(Op.RADIAL)
def _radial_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                 gradients, scratch, lanes, training, accumulate):  # fmt: skip
    x = value(code[k, X], places, values, lanes)
    dx, dy = value(code[k, X], places, slopes, lanes), value(code[k, Y], places, slopes, lanes)
    if code[k, W] != NONE:
        radial_gradients(code, k, x, dy, parameters, gradients, lanes, accumulate)
    if code[k, NEED_X]:
        to = scratch[: len(dx)] if code[k, ADD_X] else dx
        radial_backward(code, k, x, to, dy, parameters, lanes)
        if code[k, ADD_X]:
            hand_on(to, dx, True)
