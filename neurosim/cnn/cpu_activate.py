"""Activations, softmax and dropout of a block on the CPU; called from compiled code.

`x`, `y`, `dx`, `dy` are the values of one instruction as [C][H][W][lane] or parts of them; all of y or dx is set.
"""

import numpy as np

from neurosim.cnn import rules
from neurosim.cnn.cpu_loops import U, fill, loops
from neurosim.cnn.program import Activation
from neurosim.core.random import MASK, philox

# Plain integers: Numba then drops what other kinds need where a kernel is made for one
SIGMOID, TANH, LECUN_TANH, RELU, LEAKY_RELU, GELU = (int(kind) for kind in Activation)


@loops
def activate(kind, reals, x, y):
    """Set y = f(x)."""
    real = y.dtype.type
    a, b = real(reals[0]), real(reals[1])
    if kind == SIGMOID:
        for i in range(len(x)):
            y[i] = rules.sigmoid(x[i])
    elif kind == TANH:
        for i in range(len(x)):
            y[i] = rules.tanh(x[i])
    elif kind == LECUN_TANH:
        for i in range(len(x)):
            y[i] = a * rules.tanh(b * x[i])
    elif kind == RELU:
        for i in range(len(x)):
            y[i] = rules.relu(x[i])
    elif kind == LEAKY_RELU:
        for i in range(len(x)):
            y[i] = rules.leaky_relu(x[i], a)
    else:
        for i in range(len(x)):
            y[i] = rules.gelu(x[i])


@loops
def activate_backward(kind, reals, x, y, dx, dy):
    """Set dx = dy f'(x)."""
    real = y.dtype.type
    a, b, zero = real(reals[0]), real(reals[1]), real(0)
    if kind == SIGMOID:
        for i in range(len(x)):
            dx[i] = dy[i] * rules.sigmoid_slope(y[i])
    elif kind == TANH:
        for i in range(len(x)):
            dx[i] = dy[i] * rules.tanh_slope(y[i])
    elif kind == LECUN_TANH:
        inverse = real(1) / a if a != zero else zero
        for i in range(len(x)):
            dx[i] = dy[i] * (a * b * rules.tanh_slope(y[i] * inverse))
    elif kind == RELU:
        for i in range(len(x)):
            dx[i] = dy[i] if y[i] > zero else zero
    elif kind == LEAKY_RELU:
        for i in range(len(x)):
            dx[i] = dy[i] if x[i] > zero else a * dy[i]
    else:
        for i in range(len(x)):
            dx[i] = dy[i] * rules.gelu_slope(x[i])


@loops
def softmax(channels, x, y):
    """Set y to softmax x over the channels."""
    size = len(x) // channels
    most, sums = np.empty(size, x.dtype), np.empty(size, x.dtype)
    fill(most, x.dtype.type(-np.inf))
    fill(sums, x.dtype.type(0))
    size = U(size)
    for c in range(channels):
        at = U(c) * size
        for i in range(size):
            most[i] = most[i] if x[at + i] < most[i] else x[at + i]
    for c in range(channels):
        at = U(c) * size
        for i in range(size):
            power = rules.exp(x[at + i] - most[i])
            y[at + i] = power
            sums[i] += power
    for c in range(channels):
        at = U(c) * size
        for i in range(size):
            y[at + i] /= sums[i]


@loops
def softmax_backward(channels, y, dx, dy):
    """Set dx = y (dy - sum over the channels of y dy)."""
    dot = np.empty(len(y) // channels, y.dtype)
    fill(dot, y.dtype.type(0))
    size = U(len(dot))
    for c in range(channels):
        at = U(c) * size
        for i in range(size):
            dot[i] += y[at + i] * dy[at + i]
    for c in range(channels):
        at = U(c) * size
        for i in range(size):
            dx[at + i] = y[at + i] * (dy[at + i] - dot[i])


@loops
def draw(kept, rate, lanes, key0, key1, step, first, stream):
    """Set kept [element][lane] to 1 or, with probability `rate`, to 0; lane 0 is sample `first` of the mini-batch."""
    limit, one, zero = U(np.ceil(rate * 2.0**32)), np.int32(1), np.int32(0)
    key0, key1, step, stream = key0 & MASK, key1 & MASK, step & MASK, stream & MASK
    elements = len(kept) // lanes
    for e in range(0, elements, 4):
        for lane in range(lanes):
            words = philox(U(e // 4) & MASK, (first + U(lane)) & MASK, step, stream, key0, key1)
            for i in range(min(4, elements - e)):
                kept[(e + i) * lanes + lane] = one if words[i] >= limit else zero


@loops
def keep(x, kept, scale, y):
    """Set y to scale x or 0."""
    zero = y.dtype.type(0)
    for i in range(len(x)):
        y[i] = scale * x[i] if kept[i] != 0 else zero
