"""Loops over rows of units on the CPU: logistic units, samples, annealing's weights; called from compiled code."""

import numpy as np
from numba import njit

from neurosim.boltzmann.rbm_emit import GROUP, draw_group
from neurosim.boltzmann.rbm_rules import normal, softplus
from neurosim.boltzmann.rules import fraction
from neurosim.cnn.rules import sigmoid
from neurosim.core.jit import FASTMATH, INNER
from neurosim.core.random import MASK, philox

loops = njit(error_model="numpy", **INNER)
sums = njit(fastmath=FASTMATH, **INNER)
U = np.uint64


@loops
def fill_rows(to, at, rows, size, values):
    """Set rows of `to`, from `at` on, to the same values."""
    for row in range(rows):
        start = U(at + row * size)
        for i in range(U(size)):
            to[start + i] = values[i]


@loops
def copy_row(x, source, size, to, at):
    """Set to[at : at + size] to a row of the matrix x."""
    for i in range(U(size)):
        to[U(at) + i] = x[source, i]


@loops
def logistic(x, at, size):
    """Set x[at : at + size] to 1 / (1 + e^-x)."""
    for i in range(U(at), U(at + size)):
        x[i] = sigmoid(x[i])


@loops
def scale(x, at, size, factor):
    """Multiply x[at : at + size] by a factor."""
    for i in range(U(at), U(at + size)):
        x[i] *= factor


@loops
def draw(p, at, size, s, to, row, step, stream, key0, key1):
    """Set s[to + e] to 1 with the probability p[at + e], else 0, for e < size, a multiple of 4."""
    one, zero = s.dtype.type(1), s.dtype.type(0)
    row, step, stream = U(row) & MASK, U(step) & MASK, U(stream) & MASK
    grouped = size - size % GROUP
    for e in range(0, grouped, GROUP):
        draw_group(p, at + e, s, to + e, U(e // 4), row, step, stream, key0, key1)
    for q in range(U(grouped // 4), U(size // 4)):
        words = philox(q & MASK, row, step, stream, key0, key1)
        i, j = U(at) + U(4) * q, U(to) + U(4) * q
        s[j] = one if fraction(words[0]) < p[i] else zero
        s[j + U(1)] = one if fraction(words[1]) < p[i + U(1)] else zero
        s[j + U(2)] = one if fraction(words[2]) < p[i + U(2)] else zero
        s[j + U(3)] = one if fraction(words[3]) < p[i + U(3)] else zero


@loops
def draw_normal(mean, at, size, s, to, row, step, stream, key0, key1):
    """Set s[to + e] to mean[at + e] plus a standard normal number, for e < size, a multiple of 2."""
    at, to, row, step, stream = U(at), U(to), U(row) & MASK, U(step) & MASK, U(stream) & MASK
    for q in range(U(size // 2)):
        words = philox(q & MASK, row, step, stream, key0, key1)
        i, j = at + U(2) * q, to + U(2) * q
        s[j] = mean[i] + normal(words[0], words[1])
        s[j + U(1)] = mean[i + U(1)] + normal(words[2], words[3])


@sums
def squared_distance(x, at, y, to, size):
    """Return the sum of (x - y)^2 over `size` elements, float64."""
    total = 0.0
    for i in range(U(size)):
        d = x[U(at) + i] - y[U(to) + i]
        total += np.float64(d * d)
    return total


@sums
def total(x, at, size):
    """Return the sum of `size` elements; not finite if one of them is not."""
    result = 0.0
    for i in range(U(at), U(at + size)):
        result += np.float64(x[i])
    return result


@loops
def add_rows(x, at, rows, size, to, start):
    """Add rows of x to to[start : start + size]."""
    for row in range(rows):
        first = U(at + row * size)
        for i in range(U(size)):
            to[U(start) + i] += x[first + i]


@sums
def softplus_difference(x, at, size, low, high):
    """Return the sum over units of softplus(high x) - softplus(low x), float64."""
    result = 0.0
    for i in range(U(at), U(at + size)):
        result += np.float64(softplus(high * x[i]) - softplus(low * x[i]))
    return result


@loops
def centre(gradient, at, hidden, size, offset, change, offsets, start):
    """Take from a visible unit's gradient what centring takes: offset x hidden change + change x hidden offset."""
    at, hidden, start = U(at), U(hidden), U(start)
    for k in range(U(size)):
        gradient[at + k] -= offset * gradient[hidden + k] + change * offsets[start + k]


@loops
def move(weights, velocity, at, size, gradient, start, rate, momentum, decay):
    """Change a row of the weights by its velocity, which remembers earlier gradients."""
    at, start = U(at), U(start)
    for k in range(U(size)):
        step = gradient[start + k] - decay * weights[at + k]
        velocity[at + k] = momentum * velocity[at + k] + rate * step
    for k in range(U(size)):
        weights[at + k] += velocity[at + k]


@loops
def step(weights, at, size, gradient, start, rate, decay):
    """Change a row of the weights as `move` does without momentum."""
    at, start = U(at), U(start)
    for k in range(U(size)):
        weights[at + k] += rate * (gradient[start + k] - decay * weights[at + k])


@loops
def add_scaled(x, at, factor, to, size):
    """Add factor x[at : at + size] to `to`."""
    for k in range(U(size)):
        to[k] += factor * x[U(at) + k]


@sums
def dot(x, at, y, start, size):
    """Return the sum of products of two rows."""
    result = x.dtype.type(0)
    for k in range(U(size)):
        result += x[U(at) + k] * y[U(start) + k]
    return result


@loops
def blend(x, at, size, factor, base, rest):
    """Set x to factor x + rest base, in a row."""
    for i in range(U(size)):
        x[U(at) + i] = factor * x[U(at) + i] + rest * base[i]
