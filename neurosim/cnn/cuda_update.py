"""What surrounds an instruction on a CUDA device: samples in, the loss and its gradient, and the update."""

import math
from typing import Any

import numpy as np
from numba import cuda

from neurosim.cnn import rules
from neurosim.cnn.cuda_block import Block, cell
from neurosim.cnn.program import BEGIN, DECAYS, END, MASK, NONE, TRAINED, Loss
from neurosim.cnn.rules import Rule, Update
from neurosim.core import device

SQUARED, CROSS_ENTROPY = int(Loss.SQUARED), int(Loss.CROSS_ENTROPY)
ADAGRAD = int(Update.ADAGRAD)


def load(block: Block, count: int, x, order, first: int) -> None:
    """Lay out the samples that `order` names from `first` on."""
    at = int(block.program.places[block.program.source]) * block.lanes
    _load[device.launch(x.shape[1] * count)](block.lanes, count, at, x, order, first, block.values)


def lose(block: Block, count: int, scale: float, targets, weights, order, first: int, losses, stopped) -> None:
    """Set losses[first + lane], not scaled, and begin the gradients; a loss that is not finite sets `stopped`."""
    program, real = block.program, block.values.dtype.type
    clear(block.grads)
    _lose[device.launch(count)](
        int(program.loss), block.loss_reals, block.lanes, count, int(program.places[program.logits]) * block.lanes,
        program.logit_places, real(scale), targets, weights, order, first, block.values, block.grads, losses, stopped,
    )  # fmt: skip


def update(rule: Rule, rate: float, momentum: float, step: int, groups, masks, stopped, arrays: tuple) -> None:
    """Change the parameters, unless stopped; `arrays` are parameters, gradients and moments."""
    real = arrays[0].dtype.type
    correction, root = rules.corrections(momentum, rule.second, step) if rule.kind >= Update.ADAM else (1.0, 1.0)
    keep = 1.0 - rule.decay * (rate if rule.kind == Update.ADAMW else 1.0)
    numbers = (rate, momentum, rule.second, rule.epsilon, rule.l1, rule.l2, keep, correction, root)
    launch = device.launch(arrays[0].shape[0])
    _update[launch](int(rule.kind), *(real(number) for number in numbers), groups, masks, stopped, *arrays)


def clear(array) -> None:
    """Set an array to zero."""
    _clear[device.launch(array.shape[0])](array)


def upload(array: np.ndarray, dtype: Any = None) -> Any:
    """Copy an array, C-contiguous; in the place of an empty one stands one zero, which no thread reads."""
    array = np.ascontiguousarray(array, dtype)
    return device.to_device(array if array.size else np.zeros((1,) * array.ndim, array.dtype))


@cuda.jit
def _clear(array):
    i = cuda.grid(1)
    if i < array.shape[0]:
        array[i] = 0


@cuda.jit
def _load(lanes, count, at, x, order, first, values):
    element, lane = cell(count)
    if element < x.shape[1]:
        values[at + element * lanes + lane] = x[order[first + lane], element]


@cuda.jit
def _lose(
    kind, reals, lanes, count, at, spatial, scale, targets, weights, order, first, values, grads, losses, stopped
):
    """Set a sample's loss, a thread for each, and the gradient by its outputs."""
    lane = cuda.grid(1)
    if lane >= count:
        return
    sample, total, at = order[first + lane], values.dtype.type(0), at + lane
    outputs, weight = targets.shape[1], weights[sample]
    if kind == CROSS_ENTROPY:
        for place in range(spatial):
            total += _cross_entropy(place, spatial, lanes, at, scale * weight, targets, sample, values, grads)
    else:
        for o in range(outputs):
            y, t = values[at + o * lanes], targets[sample, o]
            if kind == SQUARED:
                loss, slope = rules.squared_error(y, t, reals[0])
            else:
                loss, slope = rules.binary_cross_entropy(y, t)
            total += loss
            grads[at + o * lanes] = scale * weight * slope
    total *= weight
    losses[first + lane] = total
    if not math.isfinite(total):
        stopped[0] = 1


@cuda.jit(device=True)
def _cross_entropy(place, spatial, lanes, at, factor, targets, sample, values, grads):
    """Return -sum_c t log softmax(y) at a place, and set the gradient: softmax(y) sum_c t - t."""
    outputs, mass, total = targets.shape[1], values.dtype.type(0), values.dtype.type(0)
    log_sum = values[at + place * lanes]
    for o in range(place, outputs, spatial):
        y = values[at + o * lanes]
        mass += targets[sample, o]
        if o > place:
            log_sum = max(log_sum, y) + rules.log1p_unit(rules.exp(-abs(log_sum - y)))
    for o in range(place, outputs, spatial):
        y, t = values[at + o * lanes], targets[sample, o]
        total += t * (log_sum - y)
        grads[at + o * lanes] = factor * (mass * rules.exp(y - log_sum) - t)
    return total


@cuda.jit
def _update(
    kind, rate, momentum, second, epsilon, l1, l2, keep, correction, root, groups, masks, stopped, parameters,
    gradients, moments,
):  # fmt: skip
    """Change a parameter, a thread for each, by the rule of its group."""
    i, group = cuda.grid(1), 0
    while group < groups.shape[0] and not (groups[group, BEGIN] <= i < groups[group, END]):
        group += 1
    if group == groups.shape[0] or not groups[group, TRAINED] or stopped[0] != 0:
        return
    w, g = parameters[i], gradients[i]
    if groups[group, DECAYS]:
        g = rules.penalised(g, w, l1, l2)
        w *= keep
    if groups[group, MASK] != NONE:
        g *= masks[groups[group, MASK] + i - groups[group, BEGIN]]
    m, v = moments[0, i], moments[1, i]
    if kind >= ADAGRAD:
        v = rules.second_moment(kind, v, g, second)
        moments[1, i] = v
    if kind != ADAGRAD:
        m = rules.first_moment(kind, m, v, g, momentum, epsilon)
        moments[0, i] = m
    parameters[i] = w - rate * rules.change(kind, m, v, g, momentum, epsilon, correction, root)
