"""The update of the parameters on the CPU; called from compiled code."""

import numpy as np

from neurosim.cnn.cpu_loops import dispatch, loops
from neurosim.cnn.program import BEGIN, DECAYS, END, MASK, NONE, TRAINED
from neurosim.cnn.rules import Update, change, corrections, first_moment, penalised, second_moment

# Plain integers: Numba then drops the other rules where a kernel is made for one
SGD, NESTEROV, ADAGRAD, RMSPROP, ADAM, ADAMW = (int(kind) for kind in Update)
CHUNK = 1024  # parameters whose gradient, moments and changes stay in an L1 cache


@dispatch
def update(
    begin, end, kind, parameters, first, second, gradients, slots, groups, masks, rate, momentum, second_rate, epsilon,
    l1, l2, decay, step,
):  # fmt: skip
    """Change the parameters from `begin` to `end` of the groups that are trained, and their moments.

    gradients : (slots or more, P), summed in the order of the slots
    kind, second_rate, epsilon, l1, l2, decay : see `rules.Rule`
    step : updates done before this one
    """
    real = parameters.dtype.type
    shrink = real(1.0 - (rate * decay if kind == ADAMW else decay))
    correction, root = corrections(momentum, second_rate, step)
    buffer = np.empty(CHUNK, parameters.dtype)
    for group in range(len(groups)):
        stop = min(end, groups[group, END]) if groups[group, TRAINED] != 0 else 0
        for start in range(max(begin, groups[group, BEGIN]), stop, CHUNK):
            at, size = np.uint64(start), np.uint64(min(CHUNK, stop - start))
            _collect(gradients, slots, at, size, buffer)
            if groups[group, DECAYS] != 0 and (l1 != 0 or l2 != 0 or decay != 0):
                _decay(parameters, at, size, buffer, real(l1), real(l2), shrink)
            if groups[group, MASK] != NONE:
                _mask(buffer, size, masks, np.uint64(groups[group, MASK] + start - groups[group, BEGIN]))
            _apply(
                kind, parameters, first, second, at, size, buffer, real(rate), real(momentum), real(second_rate),
                real(epsilon), real(correction), real(root),
            )  # fmt: skip


@loops
def _collect(gradients, slots, at, size, g):
    """Set g to the sum of the slots' gradients."""
    for i in range(size):
        g[i] = gradients[0, at + i]
    for slot in range(1, slots):
        for i in range(size):
            g[i] += gradients[slot, at + i]


@loops
def _decay(w, at, size, g, l1, l2, shrink):
    for i in range(size):
        g[i] = penalised(g[i], w[at + i], l1, l2)
    for i in range(size):
        w[at + i] *= shrink


@loops
def _mask(g, size, masks, at):
    real = g.dtype.type
    for i in range(size):
        g[i] *= real(masks[at + i])


@dispatch
def _apply(kind, w, m, v, at, size, g, rate, momentum, second, epsilon, correction, root):
    """Change moments and parameters by the summed gradients g; a loop with one rule has no branches."""
    if kind == SGD:
        for i in range(at, at + size):
            m[i] = first_moment(SGD, m[i], m[i], g[i - at], momentum, epsilon)
            w[i] -= rate * m[i]
    elif kind == NESTEROV:
        for i in range(at, at + size):
            m[i] = first_moment(NESTEROV, m[i], m[i], g[i - at], momentum, epsilon)
            w[i] -= rate * change(NESTEROV, m[i], m[i], g[i - at], momentum, epsilon, correction, root)
    elif kind == ADAGRAD:
        for i in range(at, at + size):
            v[i] = second_moment(ADAGRAD, v[i], g[i - at], second)
            w[i] -= rate * change(ADAGRAD, v[i], v[i], g[i - at], momentum, epsilon, correction, root)
    elif kind == RMSPROP:
        for i in range(at, at + size):
            v[i] = second_moment(RMSPROP, v[i], g[i - at], second)
            m[i] = first_moment(RMSPROP, m[i], v[i], g[i - at], momentum, epsilon)
            w[i] -= rate * m[i]
    else:
        for i in range(at, at + size):
            v[i] = second_moment(ADAM, v[i], g[i - at], second)
            m[i] = first_moment(ADAM, m[i], v[i], g[i - at], momentum, epsilon)
            w[i] -= rate * change(ADAM, m[i], v[i], g[i - at], momentum, epsilon, correction, root)
