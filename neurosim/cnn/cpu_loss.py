"""Losses of a block on the CPU; called from compiled code."""

import math

import numpy as np

from neurosim.cnn import rules
from neurosim.cnn.cpu_activate import softmax
from neurosim.cnn.cpu_loops import U, dispatch, fill, loops
from neurosim.cnn.program import Loss

# Plain integers: Numba then drops what other kinds need where a kernel is made for one
SQUARED, CROSS_ENTROPY = int(Loss.SQUARED), int(Loss.CROSS_ENTROPY)


@dispatch
def loss(kind, reals, values, grads, at, k_outputs, targets, weights, order, first, lanes, valid, scale, spatial=1):
    """Return the sum over the block's samples of weight x loss, and set grads to its derivative times `scale`.

    values, grads : 1-D arrays of the block; the outputs are the elements from `at` on, [K][lane]
    k_outputs : outputs K, `spatial` places of each channel
    targets : (n, K); the row of lane l is order[first + l]
    valid : lanes that hold a sample; the others' gradient becomes 0
    """
    size, real = k_outputs * lanes, values.dtype.type
    y, g = values[at : at + size], grads[at : at + size]
    if kind == CROSS_ENTROPY:
        softmax(k_outputs // spatial, y, g)
    result = 0.0
    totals = np.empty(lanes, values.dtype)
    fill(totals, real(0))
    if kind != CROSS_ENTROPY:
        for lane in range(valid):
            row = order[first + lane]
            for o in range(k_outputs):
                g[o * lanes + lane] = targets[row, o]
        _separate(kind, real(reals[0]), y, g, totals)
    for lane in range(valid):
        row = order[first + lane]
        if kind == CROSS_ENTROPY:
            for place in range(spatial):
                totals[lane] += _cross_entropy(
                    y, g, place * lanes + lane, spatial * lanes, targets[row], place, spatial
                )
        weight = weights[row]
        result += float(weight) * float(totals[lane])
        totals[lane] = weight * real(scale)
    for lane in range(valid, lanes):
        totals[lane] = 0
    width = U(lanes)
    for o in range(k_outputs):
        to = U(o) * width
        for i in range(width):
            g[to + i] *= totals[i]
    return result


@loops
def _separate(kind, margin, y, g, totals):
    """Turn the targets in g into derivatives and add the losses, which are sums over outputs, to the lanes' totals."""
    lanes = U(len(totals))
    for o in range(len(y) // len(totals)):
        at = U(o) * lanes
        if kind == SQUARED:
            for i in range(lanes):
                number, slope = rules.squared_error(y[at + i], g[at + i], margin)
                totals[i] += number
                g[at + i] = slope
        else:
            for i in range(lanes):
                number, slope = rules.binary_cross_entropy(y[at + i], g[at + i])
                totals[i] += number
                g[at + i] = slope


@loops
def _cross_entropy(y, g, at, stride, targets, place, spatial):
    """Return -sum_c t log p and turn the softmax p in g into p sum_c t - t, for one sample and place."""
    most, mass, dot = at, y.dtype.type(0), y.dtype.type(0)
    channels = len(targets) // spatial
    for c in range(channels):
        if y[at + c * stride] > y[most]:
            most = at + c * stride
    log_sum = y[most] - y.dtype.type(math.log(g[most]))
    for c in range(channels):
        t = targets[c * spatial + place]
        mass += t
        dot += t * (log_sum - y[at + c * stride])
    for c in range(channels):
        i = at + c * stride
        g[i] = mass * g[i] - targets[c * spatial + place]
    return dot
