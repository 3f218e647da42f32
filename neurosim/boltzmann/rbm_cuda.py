"""Restricted Boltzmann machines on a CUDA device: a thread for every result, and sums in one fixed order.

The random numbers are the CPU's. Probabilities differ from its by rounding; where a draw falls between two such, which
is rare, the runs part.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import cuda

from neurosim.boltzmann.rbm_cuda_chains import anneal as anneal
from neurosim.boltzmann.rbm_cuda_chains import draw, find_hidden, find_visible, halves, upload
from neurosim.boltzmann.rbm_cuda_chains import gibbs as gibbs
from neurosim.boltzmann.rbm_recipe import ACTIVITY_RATE, HIDDEN, VISIBLE, Arrays, Recipe
from neurosim.core import device


class Room(NamedTuple):
    """Device arrays that a step of learning fills; rows are samples or chains."""

    data: Any  # (batch, V)
    first: Any  # (batch, V), means of the visible units in the first sweep
    later: Any  # (batch, V), in the other sweeps
    samples: Any  # (batch, V)
    positive: Any  # (batch, H), P(h = 1) given the data
    negative: Any  # (batch, H), P(h = 1) at the end of the sweeps
    losses: Any  # (batch,), squared distances of samples from their reconstructions
    means: tuple  # over rows: (V,) of the data and of the negative phase, (H,) of `positive` and of `negative`


class State(NamedTuple):
    """A run of learning; its chains are the hidden units' samples, with or without persistence."""

    recipe: Recipe
    key: tuple
    step: np.ndarray  # (1,) how many were done
    arrays: Arrays  # on the device
    room: Room


def begin(arrays, recipe, *, key, step=0):
    """Lay out a run of learning, as `rbm_cpu.begin`."""
    (visible, hidden), batch, dtype = arrays.weights.shape, recipe.batch, arrays.weights.dtype
    chains = np.zeros((batch, hidden), dtype)
    chains[: len(arrays.chains)] = arrays.chains
    copies = Arrays(*(upload(array, dtype) for array in arrays._replace(chains=chains)))
    room = [device.empty(shape, dtype) for shape in [(batch, visible)] * 4 + [(batch, hidden)] * 2 + [batch]]
    room.append(tuple(device.empty(size, dtype) for size in (visible, visible, hidden, hidden)))
    return State(recipe, halves(key), np.array([step]), copies, Room(*room))


def advance(state, x, order, rates, momenta):
    """Learn from mini-batches, as `rbm_cpu.advance`."""
    recipe, data, real = state.recipe, state.room.data, state.arrays.weights.dtype.type
    counts = (np.reshape(order, (len(rates), recipe.batch)) >= 0).sum(axis=1).tolist()
    if len(order) < len(x):  # samples that no mini-batch names need not go to the device
        x, order = x[order], np.arange(len(order))
    x, order, errors = upload(x, real), upload(order, np.int64), np.full(len(rates), np.nan)
    for s, count in enumerate(counts):
        _load[device.launch(count * data.shape[1])](count, s * recipe.batch, x, order, data)
        fantasy, rows = _sample(state, count)
        error = _error(state, fantasy, count, rows)
        if not np.isfinite(error):
            break
        errors[s] = error
        _learn(state, fantasy, count, rows, real(rates[s]), real(momenta[s]))
        state.step[0] += 1
    return errors


def fetch(state):
    """Return what was learnt, as `rbm_cpu.fetch`."""
    found = Arrays(*(array.copy_to_host() for array in state.arrays))
    return found if state.recipe.persistent else found._replace(chains=found.chains[:0])


def _sample(state, count):
    """Find both phases; return the negative one's visible units and how many rows these are."""
    recipe, room, step = state.recipe, state.room, int(state.step[0])
    machine, h = state.arrays[:3], state.arrays.chains
    rows = recipe.batch if recipe.persistent else count
    find_hidden(machine, count, room.data, room.positive)
    if not recipe.persistent:
        draw(False, rows, room.positive, state.key, step, HIDDEN, h)
    for sweep in range(recipe.sweeps):
        v = mean = room.later if sweep else room.first
        find_visible(machine, rows, h, mean, recipe.gaussian)
        if recipe.visible_samples:
            v = room.samples
            draw(recipe.gaussian, rows, mean, state.key, step, VISIBLE + 2 * sweep, v)
        find_hidden(machine, rows, v, room.negative)
        if recipe.persistent or sweep + 1 < recipe.sweeps:
            draw(False, rows, room.negative, state.key, step, HIDDEN + 2 * (sweep + 1), h)
    return v, rows


def _error(state, fantasy, count, rows):
    """Find the means over rows and return the step's error, NaN if one of the means is not finite."""
    room, means = state.room, []
    columns = ((count, room.data), (rows, fantasy), (count, room.positive), (rows, room.negative))
    for (number, values), mean in zip(columns, room.means, strict=True):
        _means[device.launch(len(mean))](number, values, mean)
        means.append(mean.copy_to_host().astype(np.float64))
    if not np.isfinite(np.concatenate(means)).all():
        return np.nan
    if state.recipe.persistent:
        return np.square(means[0] - means[1]).sum()
    _losses[device.launch(count)](count, room.data, room.first, room.losses)
    return room.losses.copy_to_host()[:count].mean(dtype=np.float64)


def _learn(state, fantasy, count, rows, rate, momentum):
    """Change what a step changes."""
    recipe, room, a = state.recipe, state.room, state.arrays
    (visible, hidden), real, centred = a.weights.shape, a.weights.dtype.type, recipe.offset_rate > 0
    _learn_weights[device.launch(visible * hidden)](
        count, rows, rate, momentum, real(recipe.decay), centred, room.data, room.positive, fantasy, room.negative,
        *room.means, a.visible_offset, a.hidden_offset, a.weights, a.weight_velocity,
    )  # fmt: skip
    _learn_visible[device.launch(visible)](
        rate, momentum, centred, *room.means[:2], a.hidden_offset, a.weight_velocity, a.visible_bias,
        a.visible_velocity,
    )  # fmt: skip
    _learn_hidden[device.launch(hidden)](
        rate, momentum, real(recipe.target), real(recipe.cost), centred, *room.means[2:], a.visible_offset,
        a.weight_velocity, a.hidden_bias, a.hidden_velocity, a.activity,
    )  # fmt: skip
    if centred:
        for mean, offset in zip(room.means[::2], (a.visible_offset, a.hidden_offset), strict=True):
            _move[device.launch(len(offset))](real(recipe.offset_rate), mean, offset)


@cuda.jit
def _load(count, first, x, order, data):
    """Copy the samples that `order` names from `first` on."""
    item = cuda.grid(1)
    row, i = item // data.shape[1], item % data.shape[1]
    if row < count:
        data[row, i] = x[order[first + row], i]


@cuda.jit
def _means(rows, values, means):
    """Set the mean of a column over rows."""
    i = cuda.grid(1)
    if i < means.shape[0]:
        total = means.dtype.type(0)
        for row in range(rows):
            total += values[row, i]
        means[i] = total / means.dtype.type(rows)


@cuda.jit
def _losses(count, data, means, losses):
    """Set a sample's squared distance from its reconstruction."""
    row = cuda.grid(1)
    if row < count:
        total = data.dtype.type(0)
        for i in range(data.shape[1]):
            difference = data[row, i] - means[row, i]
            total += difference * difference
        losses[row] = total


@cuda.jit
def _learn_weights(
    count, rows, rate, momentum, decay, centred, data, positive, fantasy, negative, data_mean, fantasy_mean,
    positive_mean, negative_mean, visible_offset, hidden_offset, weights, velocity,
):  # fmt: skip
    """Change a weight."""
    item = cuda.grid(1)
    i, k = item // weights.shape[1], item % weights.shape[1]
    if i >= weights.shape[0]:
        return
    seen = dreamt = weights.dtype.type(0)
    for row in range(count):
        seen += data[row, i] * positive[row, k]
    for row in range(rows):
        dreamt += fantasy[row, i] * negative[row, k]
    change = seen / weights.dtype.type(count) - dreamt / weights.dtype.type(rows)
    if centred:
        change -= visible_offset[i] * (positive_mean[k] - negative_mean[k])
        change -= (data_mean[i] - fantasy_mean[i]) * hidden_offset[k]
    velocity[i, k] = momentum * velocity[i, k] + rate * (change - decay * weights[i, k])
    weights[i, k] += velocity[i, k]


@cuda.jit
def _learn_visible(rate, momentum, centred, data_mean, fantasy_mean, offset, moved, bias, velocity):
    """Change a visible bias; `moved` is the velocity of the weights."""
    i = cuda.grid(1)
    if i >= bias.shape[0]:
        return
    pull = bias.dtype.type(0)
    if centred:
        for k in range(moved.shape[1]):
            pull += moved[i, k] * offset[k]
    velocity[i] = momentum * velocity[i] + rate * (data_mean[i] - fantasy_mean[i])
    bias[i] += velocity[i] - pull


@cuda.jit
def _learn_hidden(
    rate, momentum, target, cost, centred, positive_mean, negative_mean, offset, moved, bias, velocity,
    activity,
):  # fmt: skip
    """Change a hidden bias and the activity."""
    k = cuda.grid(1)
    if k >= bias.shape[0]:
        return
    activity[k] += activity.dtype.type(ACTIVITY_RATE) * (positive_mean[k] - activity[k])
    pull = bias.dtype.type(0)
    if centred:
        for i in range(moved.shape[0]):
            pull += offset[i] * moved[i, k]
    change = positive_mean[k] - negative_mean[k] + cost * (target - activity[k])
    velocity[k] = momentum * velocity[k] + rate * change
    bias[k] += velocity[k] - pull


@cuda.jit
def _move(rate, mean, offset):
    """Move an offset towards a mean."""
    i = cuda.grid(1)
    if i < offset.shape[0]:
        offset[i] += rate * (mean[i] - offset[i])
