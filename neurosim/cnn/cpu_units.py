"""The kernels of the instructions on the CPU, each compiled on its own when a network first needs it.

The interpreter finds them by their addresses, in a table with a row per instruction. So a network compiles only the
kinds of layers that no network had before it.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import types

from neurosim.cnn import cpu_layers as lanes_of
from neurosim.cnn import cpu_single as single
from neurosim.cnn.contraction import NOWHERE
from neurosim.cnn.cpu_activate import activate, activate_backward, copy, draw, fill, keep, softmax, softmax_backward
from neurosim.cnn.cpu_affine import radial, radial_backward, radial_gradients, scale, scale_backward, scale_gradients
from neurosim.cnn.cpu_loss import loss
from neurosim.cnn.cpu_maps import _add, _hand_on, _rows, _value
from neurosim.cnn.cpu_norm import moments, moments_backward, move_statistics, normalise, normalise_backward
from neurosim.cnn.cpu_pool import pool, pool_backward
from neurosim.cnn.cpu_update import update
from neurosim.cnn.program import (
    ADD_B, ADD_W, ADD_X, ADD_X2, AT, B, CI, COUNT, FROM, HI, KIND, MARKS, NEED_X, NEED_X2, NONE, OP, STREAM, W, X, X2,
    Y, Op, Program,
)  # fmt: skip
from neurosim.core.jit import address

FORWARD: dict[tuple[Op, bool], Callable[..., None]] = {}
BACKWARD: dict[tuple[Op, bool], Callable[..., None]] = {}


@cache
def signatures(real: Any) -> dict[str, Any]:
    """Return the signatures of the kernels for a type of real numbers."""
    flag, whole, word = types.boolean, types.int64, types.uint64
    ints, table = types.int64[::1], types.int64[:, ::1]
    reals, doubles = real[::1], types.float64[:, ::1]
    program, block = (table, doubles, whole, ints), (types.int16[::1], doubles, whole, ints, reals, reals)
    return {
        "forward": types.void(*program, reals, *block, reals, whole, flag, word, word, word, whole),
        "backward": types.void(*program, reals, reals, *block, reals, reals, whole, flag, flag),
        "loss": types.void(
            whole, types.float64[::1], reals, reals, whole, whole, real[:, ::1], reals, ints, whole, whole, whole,
            types.float64, types.float64[::1], whole,
        ),
        "update": types.void(
            whole, whole, whole, reals, reals, reals, real[:, ::1], whole, table, reals, types.float64, types.float64,
            types.float64[::1], whole,
        ),
        "move": types.void(table, doubles, whole, doubles, ints, reals),
    }  # fmt: skip


def addresses(program: Program, dtype: Any, *, one_lane: bool, backward: bool) -> np.ndarray:
    """Return the table of addresses: (instructions, 2) for forward and backward."""
    kinds = signatures(types.float32 if dtype == np.float32 else types.float64)
    table = np.zeros((len(program.code), 2), np.int64)
    for row, op in zip(table, program.code[:, OP], strict=True):
        table_key = (Op(op), one_lane and op in (Op.CONVOLVE, Op.TRANSPOSED))
        row[0] = address(FORWARD[table_key], kinds["forward"])
        if backward:
            row[1] = address(BACKWARD[table_key], kinds["backward"])
    return table


def helpers(dtype: Any) -> np.ndarray:
    """Return the addresses of loss, update and the moving of statistics."""
    kinds = signatures(types.float32 if dtype == np.float32 else types.float64)
    parts = (("loss", loss_of_block), ("update", update_piece), ("move", move_moments))
    return np.array([address(function, kinds[name]) for name, function in parts])


def _forward(op: Op, one_lane: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return lambda function: FORWARD.setdefault((op, one_lane), function)


def _backward(op: Op, one_lane: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return lambda function: BACKWARD.setdefault((op, one_lane), function)


@_forward(Op.CONVOLVE)
def _convolve(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
              training, key0, key1, step, first):  # fmt: skip
    g = code[k]
    x, y = places[g[X]] * lanes, places[g[Y]] * lanes
    lanes_of.convolve(g, parameters, values, x, values, y, lanes, False)
    if g[B] != NONE and g[KIND] == 1:
        lanes_of.add_place_biases(g, parameters, values, y, lanes)


@_forward(Op.CONVOLVE, one_lane=True)
def _convolve_one(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
                  training, key0, key1, step, first):  # fmt: skip
    g = code[k]
    single.convolve_one(g, parameters, values, places[g[X]], values, places[g[Y]], scratch, False)
    if g[B] != NONE and g[KIND] == 1:
        lanes_of.add_place_biases(g, parameters, values, places[g[Y]], 1)


@_forward(Op.TRANSPOSED)
def _transposed(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
                training, key0, key1, step, first):  # fmt: skip
    g = lanes_of.transposed(code[k])
    x, y = places[g[X]] * lanes, places[g[Y]] * lanes
    lanes_of.adjoint(g, parameters, values, x, values, y, lanes, g[B], False)


@_forward(Op.TRANSPOSED, one_lane=True)
def _transposed_one(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch,
                    lanes, training, key0, key1, step, first):  # fmt: skip
    g = lanes_of.transposed(code[k])
    single.adjoint_one(g, parameters, values, places[g[X]], values, places[g[Y]], g[B], scratch, False)


@_backward(Op.CONVOLVE)
def _convolve_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                   gradients, scratch, lanes, training, accumulate):  # fmt: skip
    g = code[k]
    x, y = places[g[X]] * lanes, places[g[Y]] * lanes
    if g[B] != NONE:
        lanes_of.bias_gradient(g, slopes, y, gradients, lanes, accumulate or g[ADD_B] != 0)
    lanes_of.weight_gradient(g, values, x, slopes, y, gradients, lanes, scratch, accumulate or g[ADD_W] != 0)
    if g[NEED_X]:
        lanes_of.adjoint(g, parameters, slopes, y, slopes, x, lanes, NOWHERE, g[ADD_X] != 0)


@_backward(Op.CONVOLVE, one_lane=True)
def _convolve_back_one(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                       gradients, scratch, lanes, training, accumulate):  # fmt: skip
    g = code[k]
    x, y = places[g[X]], places[g[Y]]
    if g[B] != NONE:
        lanes_of.bias_gradient(g, slopes, y, gradients, 1, accumulate or g[ADD_B] != 0)
    single.weight_gradient_one(g, values, x, slopes, y, gradients, scratch, accumulate or g[ADD_W] != 0)
    if g[NEED_X]:
        single.adjoint_one(g, parameters, slopes, y, slopes, x, NOWHERE, scratch, g[ADD_X] != 0)


@_backward(Op.TRANSPOSED)
def _transposed_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                     gradients, scratch, lanes, training, accumulate):  # fmt: skip
    g = lanes_of.transposed(code[k])
    x, y = places[g[X]] * lanes, places[g[Y]] * lanes
    if g[B] != NONE:
        lanes_of.bias_gradient(code[k], slopes, y, gradients, lanes, accumulate or g[ADD_B] != 0)
    lanes_of.weight_gradient(g, slopes, y, values, x, gradients, lanes, scratch, accumulate or g[ADD_W] != 0)
    if g[NEED_X]:
        g[B] = NONE
        lanes_of.convolve(g, parameters, slopes, y, slopes, x, lanes, g[ADD_X] != 0)


@_backward(Op.TRANSPOSED, one_lane=True)
def _transposed_back_one(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                         gradients, scratch, lanes, training, accumulate):  # fmt: skip
    g = lanes_of.transposed(code[k])
    x, y = places[g[X]], places[g[Y]]
    if g[B] != NONE:
        lanes_of.bias_gradient(code[k], slopes, y, gradients, 1, accumulate or g[ADD_B] != 0)
    single.weight_gradient_one(g, slopes, y, values, x, gradients, scratch, accumulate or g[ADD_W] != 0)
    if g[NEED_X]:
        g[B] = NONE
        single.convolve_one(g, parameters, slopes, y, slopes, x, scratch, g[ADD_X] != 0)


@_forward(Op.ACTIVATE)
def _activate(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
              training, key0, key1, step, first):  # fmt: skip
    x, y = _value(code[k, X], places, values, lanes), _value(code[k, Y], places, values, lanes)
    activate(code[k, KIND], reals[k], x, y)


@_backward(Op.ACTIVATE)
def _activate_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                   gradients, scratch, lanes, training, accumulate):  # fmt: skip
    if code[k, NEED_X]:
        x, y = _value(code[k, X], places, values, lanes), _value(code[k, Y], places, values, lanes)
        dx, dy = _value(code[k, X], places, slopes, lanes), _value(code[k, Y], places, slopes, lanes)
        to = scratch[: len(dx)] if code[k, ADD_X] else dx
        activate_backward(code[k, KIND], reals[k], x, y, to, dy)
        if code[k, ADD_X]:
            _hand_on(to, dx, True)


@_forward(Op.SOFTMAX)
def _softmax(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
             training, key0, key1, step, first):  # fmt: skip
    x, y = _value(code[k, X], places, values, lanes), _value(code[k, Y], places, values, lanes)
    softmax(code[k, CI], x, y)


@_backward(Op.SOFTMAX)
def _softmax_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                  gradients, scratch, lanes, training, accumulate):  # fmt: skip
    if code[k, NEED_X]:
        y = _value(code[k, Y], places, values, lanes)
        dx, dy = _value(code[k, X], places, slopes, lanes), _value(code[k, Y], places, slopes, lanes)
        to = scratch[: len(dx)] if code[k, ADD_X] else dx
        softmax_backward(code[k, CI], y, to, dy)
        if code[k, ADD_X]:
            _hand_on(to, dx, True)


@_forward(Op.POOL)
def _pool(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
          training, key0, key1, step, first):  # fmt: skip
    x, y = _value(code[k, X], places, values, lanes), _value(code[k, Y], places, values, lanes)
    pool(code, k, x, y, marks[max(code[k, MARKS], 0) * lanes :], lanes)


@_backward(Op.POOL)
def _pool_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
               gradients, scratch, lanes, training, accumulate):  # fmt: skip
    if code[k, NEED_X]:
        x, y = _value(code[k, X], places, values, lanes), _value(code[k, Y], places, values, lanes)
        dx, dy = _value(code[k, X], places, slopes, lanes), _value(code[k, Y], places, slopes, lanes)
        to = scratch[: len(dx)] if code[k, ADD_X] else dx
        pool_backward(code, k, x, y, to, dy, marks[max(code[k, MARKS], 0) * lanes :], lanes)
        if code[k, ADD_X]:
            _hand_on(to, dx, True)


@_forward(Op.SCALE)
def _scale(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
           training, key0, key1, step, first):  # fmt: skip
    x, y = _value(code[k, X], places, values, lanes), _value(code[k, Y], places, values, lanes)
    scale(code, k, x, y, parameters)


@_backward(Op.SCALE)
def _scale_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                gradients, scratch, lanes, training, accumulate):  # fmt: skip
    x = _value(code[k, X], places, values, lanes)
    dx, dy = _value(code[k, X], places, slopes, lanes), _value(code[k, Y], places, slopes, lanes)
    scale_gradients(code, k, x, dy, gradients, accumulate)
    if code[k, NEED_X]:
        to = scratch[: len(dx)] if code[k, ADD_X] else dx
        scale_backward(code, k, to, dy, parameters)
        if code[k, ADD_X]:
            _hand_on(to, dx, True)


@_forward(Op.MOMENTS)
def _moments(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
             training, key0, key1, step, first):  # fmt: skip
    if training:
        moments(code, k, _value(code[k, X], places, values, lanes), partials, block, valid, lanes)


@_backward(Op.MOMENTS)
def _moments_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                  gradients, scratch, lanes, training, accumulate):  # fmt: skip
    if code[k, NEED_X]:
        x = _value(code[k, X], places, values, lanes)
        dx, dy = _value(code[k, X], places, slopes, lanes), _value(code[k, Y], places, slopes, lanes)
        to = scratch[: len(dx)] if code[k, ADD_X] else dx
        moments_backward(
            code, reals, k, x, to, dy, partials, block, valid, parameters, statistics, lanes, training
        )  # fmt: skip
        if code[k, ADD_X]:
            _hand_on(to, dx, True)


@_forward(Op.NORMALISE)
def _normalise(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
               training, key0, key1, step, first):  # fmt: skip
    x, y = _value(code[k, X], places, values, lanes), _value(code[k, Y], places, values, lanes)
    normalise(code, reals, k, x, y, partials, valid, parameters, statistics, lanes, training)


@_backward(Op.NORMALISE)
def _normalise_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                    gradients, scratch, lanes, training, accumulate):  # fmt: skip
    x, dy = _value(code[k, X], places, values, lanes), _value(code[k, Y], places, slopes, lanes)
    normalise_backward(
        code, reals, k, x, dy, partials, block, valid, parameters, statistics, gradients, lanes, training, accumulate
    )


@_forward(Op.DROPOUT)
def _dropout(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
             training, key0, key1, step, first):  # fmt: skip
    x, y = _value(code[k, X], places, values, lanes), _value(code[k, Y], places, values, lanes)
    if training:
        kept = marks[code[k, MARKS] * lanes : code[k, MARKS] * lanes + len(x)]
        draw(kept, reals[k, 0], lanes, key0, key1, step, np.uint64(first), np.uint64(code[k, STREAM]))
        keep(x, kept, values.dtype.type(reals[k, 1]), y)
    else:
        copy(x, y)


@_backward(Op.DROPOUT)
def _dropout_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                  gradients, scratch, lanes, training, accumulate):  # fmt: skip
    if code[k, NEED_X]:
        dx, dy = _value(code[k, X], places, slopes, lanes), _value(code[k, Y], places, slopes, lanes)
        to = scratch[: len(dx)] if code[k, ADD_X] else dx
        if training:
            kept = marks[code[k, MARKS] * lanes : code[k, MARKS] * lanes + len(dx)]
            keep(dy, kept, dx.dtype.type(reals[k, 1]), to)
        else:
            copy(dy, to)
        if code[k, ADD_X]:
            _hand_on(to, dx, True)


@_forward(Op.ADD)
def _add_values(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
                training, key0, key1, step, first):  # fmt: skip
    x, y = _value(code[k, X], places, values, lanes), _value(code[k, Y], places, values, lanes)
    _add(x, _value(code[k, X2], places, values, lanes), y)


@_backward(Op.ADD)
def _add_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
              gradients, scratch, lanes, training, accumulate):  # fmt: skip
    dy = _value(code[k, Y], places, slopes, lanes)
    if code[k, NEED_X]:
        _hand_on(dy, _value(code[k, X], places, slopes, lanes), code[k, ADD_X])
    if code[k, NEED_X2]:
        _hand_on(dy, _value(code[k, X2], places, slopes, lanes), code[k, ADD_X2])


@_forward(Op.COPY)
def _copy(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
          training, key0, key1, step, first):  # fmt: skip
    x, y = _value(code[k, X], places, values, lanes), _value(code[k, Y], places, values, lanes)
    at, start, count = code[k, AT] * lanes, code[k, FROM] * lanes, code[k, COUNT] * lanes
    copy(x[start : start + count], y[at : at + count])


@_backward(Op.COPY)
def _copy_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
               gradients, scratch, lanes, training, accumulate):  # fmt: skip
    if code[k, NEED_X]:
        dx, dy = _value(code[k, X], places, slopes, lanes), _value(code[k, Y], places, slopes, lanes)
        at, start, count = code[k, AT] * lanes, code[k, FROM] * lanes, code[k, COUNT] * lanes
        if not code[k, ADD_X]:
            fill(dx, dx.dtype.type(0))
        _hand_on(dy[at : at + count], dx[start : start + count], True)


@_forward(Op.PAD)
def _pad(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
         training, key0, key1, step, first):  # fmt: skip
    x, y = _value(code[k, X], places, values, lanes), _value(code[k, Y], places, values, lanes)
    fill(y, y.dtype.type(reals[k, 0]))
    for row in range(code[k, CI] * code[k, HI]):
        at, start, count = _rows(code, k, row, lanes)
        copy(x[start : start + count], y[at : at + count])


@_backward(Op.PAD)
def _pad_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
              gradients, scratch, lanes, training, accumulate):  # fmt: skip
    if code[k, NEED_X]:
        dx, dy = _value(code[k, X], places, slopes, lanes), _value(code[k, Y], places, slopes, lanes)
        for row in range(code[k, CI] * code[k, HI]):
            at, start, count = _rows(code, k, row, lanes)
            _hand_on(dy[at : at + count], dx[start : start + count], code[k, ADD_X])


@_forward(Op.RADIAL)
def _radial(code, reals, k, places, values, marks, partials, block, valid, parameters, statistics, scratch, lanes,
            training, key0, key1, step, first):  # fmt: skip
    x, y = _value(code[k, X], places, values, lanes), _value(code[k, Y], places, values, lanes)
    radial(code, k, x, y, parameters, lanes)


@_backward(Op.RADIAL)
def _radial_back(code, reals, k, places, values, slopes, marks, partials, block, valid, parameters, statistics,
                 gradients, scratch, lanes, training, accumulate):  # fmt: skip
    x = _value(code[k, X], places, values, lanes)
    dx, dy = _value(code[k, X], places, slopes, lanes), _value(code[k, Y], places, slopes, lanes)
    if code[k, W] != NONE:
        radial_gradients(code, k, x, dy, parameters, gradients, lanes, accumulate)
    if code[k, NEED_X]:
        to = scratch[: len(dx)] if code[k, ADD_X] else dx
        radial_backward(code, k, x, to, dy, parameters, lanes)
        if code[k, ADD_X]:
            _hand_on(to, dx, True)


def loss_of_block(kind, reals, values, slopes, at, outputs, targets, weights, order, first, lanes, valid, scale, losses,
                  block):  # fmt: skip
    """Write the loss of a block and the gradient by its outputs."""
    total = loss(kind, reals, values, slopes, at, outputs, targets, weights, order, first, lanes, valid, scale)
    losses[block] = scale * total


def update_piece(begin, end, kind, parameters, first, second, gradients, slots, groups, masks, rate, momentum, numbers,
                 step):  # fmt: skip
    """Update some of the parameters."""
    update(
        begin, end, kind, parameters, first, second, gradients, slots, groups, masks, rate, momentum, numbers[0],
        numbers[1], numbers[2], numbers[3], numbers[4], step,
    )  # fmt: skip


def move_moments(code, reals, k, partials, valid, statistics):
    """Move the population's statistics."""
    move_statistics(code, reals, k, partials, valid, statistics)
