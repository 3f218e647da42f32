"""A step of contrastive divergence in pieces: blocks of samples, then pieces of the weights, then the hidden biases."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from neurosim.boltzmann import rbm_lanes as lanes
from neurosim.boltzmann.rbm_memory import LINE
from neurosim.boltzmann.rbm_recipe import ACTIVITY_RATE, HIDDEN, VISIBLE
from neurosim.boltzmann.rbm_sparse import GROUP, SPARSE, add_rows_at, affine
from neurosim.core import tickets
from neurosim.core.contraction import CONTENT, ONCE, ONE, ZERO, contract
from neurosim.core.jit import INNER, driver
from neurosim.core.vector import BITS, turn_square

ROWS = 12  # samples or chains of a block, at most
PIECE = 48  # visible units of a piece of the weights
U = np.uint64
# Rows of `Buffers.visible` and `Buffers.hidden`
BIAS, VELOCITY, OFFSET, ACTIVITY = (np.int64(row) for row in range(4))
COLUMNS = 128  # hidden units for which a piece's sums are formed at a time: their means stay in the nearest cache


class Buffers(NamedTuple):
    """What the kernels read and write: flat matrices, a row a unit, a sample or a chain, padded to cache lines.

    A block has `rows` samples. `means`, a block's rows for each thread, and `fantasy` are the visible units' means and
    states in the negative phase, `states` the hidden units'; `places` and `counts` list the units of `data` and of
    `fantasy` that are not 0 (`list_places`); `positive` and `negative` are the hidden probabilities of both phases
    divided by the number of rows, with their sign. `sums` has two rows a block: the sum of both, and that of
    `positive`. `pulls`, a row a piece, is what centring takes from the hidden biases; `gaps` a piece's part of PCD's
    error.
    """

    rows: int
    weights: np.ndarray
    turned: np.ndarray
    velocity: np.ndarray
    visible: np.ndarray
    hidden: np.ndarray
    data: np.ndarray
    means: np.ndarray
    fantasy: np.ndarray
    positive: np.ndarray
    negative: np.ndarray
    states: np.ndarray
    places: np.ndarray
    counts: np.ndarray
    lists: np.ndarray
    scratch: np.ndarray
    sums: np.ndarray
    pulls: np.ndarray
    checks: np.ndarray
    gaps: np.ndarray
    halted: np.ndarray


@driver(nogil=True)
def learn(
    begin, end, counters, kernel, sizes, recipe, b, x, order, counts, rates, momenta, errors, key0, key1, first
):  # fmt: skip
    """Draw tickets until none is left: a block of samples, a piece of the weights, or a step's end."""
    blocks, pieces = len(b.checks), len(b.gaps)
    per_step = blocks + pieces + 1
    while True:
        ticket = tickets.take(counters)
        if ticket >= per_step * len(rates):
            return
        step, item = ticket // per_step, ticket % per_step
        before = step * per_step + (0 if item < blocks else (blocks if item < blocks + pieces else per_step - 1))
        if before:
            tickets.wait_for(counters, before)
        if b.halted[0] == 0:
            if item < blocks:
                _block(item, step, begin, kernel, sizes, recipe, b, x, order, counts[step], key0, key1, U(first + step))
            elif not _finite(b.checks):
                b.halted[0] = item == per_step - 1
            elif item < per_step - 1:
                _piece(item - blocks, begin, kernel, sizes, recipe, b, counts[step], step, rates, momenta)
            else:
                error = _end(sizes, recipe, b, rates[step], momenta[step])
                b.halted[0] = not math.isfinite(error)  # PCD's data are too large for their sum
                errors[step] = np.nan if b.halted[0] else error
        tickets.done(counters)


@njit(**INNER)
def _finite(checks):
    total = 0.0
    for number in checks:
        total += number
    return math.isfinite(total)


@njit(**INNER)
def _block(block, step, participant, kernel, sizes, recipe, b, x, order, count, key0, key1, now):
    """Both phases of a block's samples and chains: hidden probabilities, samples, sums, and a check of them."""
    first, wide_v, wide_h = block * b.rows, sizes.wide_visible, sizes.wide_hidden
    samples = max(0, min(b.rows, count - first))
    rows = max(0, min(b.rows, recipe.batch - first)) if recipe.persistent else samples
    v, h = first * wide_v, first * wide_h
    for row in range(samples):
        source = order[step * recipe.batch + first + row]
        lanes.copy_row(x, source, sizes.visible, b.data, v + row * wide_v)
    hidden_means(kernel, sizes, b.data, v, samples, b.weights, b.hidden, b.positive, h, b.places, v, b.counts, first)
    if not recipe.persistent:
        for row in range(samples):
            at = h + row * wide_h
            lanes.draw(b.positive, at, wide_h, b.states, at, first + row, now, HIDDEN, key0, key1)
    error, means, places, fantasy = 0.0, b.means[participant], b.lists[participant], len(b.positive) // wide_h
    for sweep in range(recipe.sweeps):
        visible_means(
            kernel, sizes, b.states, h, rows, b.turned, b.visible, means, ZERO, recipe.gaussian, places, ZERO, b.counts,
            first + fantasy,
        )  # fmt: skip
        for row in range(rows):
            at = row * wide_v
            if sweep == 0 and not recipe.persistent:
                error += lanes.squared_distance(b.data, v + at, means, at, sizes.visible) / count
            visible_states(recipe.gaussian, recipe.visible_samples, means, at, sizes, b.fantasy, v + at, first + row,
                           now, VISIBLE + 2 * sweep, key0, key1)  # fmt: skip
        hidden_means(
            kernel, sizes, b.fantasy, v, rows, b.weights, b.hidden, b.negative, h, b.places, v + len(b.data), b.counts,
            first + fantasy,
        )  # fmt: skip
        if recipe.persistent or sweep + 1 < recipe.sweeps:
            for row in range(rows):
                at = h + row * wide_h
                lanes.draw(b.negative, at, wide_h, b.states, at, first + row, now, HIDDEN + 2 * (sweep + 1), key0, key1)
    real = b.data.dtype.type
    lanes.scale(b.positive, h, samples * wide_h, real(1.0 / count))
    lanes.scale(b.negative, h, rows * wide_h, real(-1.0 / (recipe.batch if recipe.persistent else count)))
    _sum_up(block, samples, rows, wide_h, h, b)
    check = lanes.total(b.sums[2 * block], 0, wide_h) + lanes.total(b.fantasy, v, rows * wide_v)
    b.checks[block] = error + 0.0 * check


@njit(**INNER)
def _sum_up(block, samples, rows, wide, at, b):
    """Set the block's sums of hidden probabilities: of both phases, and of the data's."""
    both, data = b.sums[2 * block], b.sums[2 * block + 1]
    data[:] = 0
    lanes.add_rows(b.positive, at, samples, wide, data, 0)
    for k in range(wide):
        both[k] = data[k]
    lanes.add_rows(b.negative, at, rows, wide, both, 0)


@njit(**INNER)
def hidden_means(kernel, sizes, states, v, rows, weights, hidden, out, h, places, first, counts, counted):
    """Set rows of out to P(h = 1 | states), with 0 for the units that pad a row; the last four: see `affine`."""
    wide_h = sizes.wide_hidden
    affine(kernel, states, v, sizes.visible, sizes.wide_visible, rows, weights, wide_h, hidden, out, h, places, first,
           counts, counted)  # fmt: skip
    lanes.logistic(out, h, rows * wide_h)
    for row in range(rows):
        for k in range(sizes.hidden, wide_h):
            out[h + row * wide_h + k] = 0


@njit(**INNER)
def visible_means(kernel, sizes, states, h, rows, turned, visible, out, v, gaussian, places, first, counts, counted):
    """Set rows of out to the means of the visible units, given the hidden ones; the last four: see `affine`."""
    wide_v = sizes.wide_visible
    affine(kernel, states, h, sizes.hidden, sizes.wide_hidden, rows, turned, wide_v, visible, out, v, places, first,
           counts, counted)  # fmt: skip
    if not gaussian:
        lanes.logistic(out, v, rows * wide_v)


@njit(**INNER)
def visible_states(gaussian, sampled, means, at, sizes, states, to, row, now, stream, key0, key1):
    """Set a row of states to samples of the visible units, or to their means; what pads it is 0."""
    wide = sizes.wide_visible
    if not sampled:
        for i in range(wide):
            states[to + i] = means[at + i]
    elif gaussian:
        lanes.draw_normal(means, at, wide, states, to, row, now, stream, key0, key1)
    else:
        lanes.draw(means, at, wide, states, to, row, now, stream, key0, key1)
    for i in range(sizes.visible, wide):
        states[to + i] = 0


@njit(**INNER)
def _products(piece, phase, kernel, sizes, states, means, rows, b, scratch, lists, start):
    """Set, or add to, scratch the products of the piece's visible units with hidden means, summed over rows."""
    begin, wide_v, wide_h = piece * PIECE, sizes.wide_visible, sizes.wide_hidden
    units, first, capacity = min(PIECE, sizes.visible - begin), phase * len(b.data), len(b.positive) // wide_h
    counts = b.counts[phase * capacity : phase * capacity + rows]
    from_group, to_group = begin // GROUP, -(-(begin + units) // GROUP)
    total = np.int64(0)
    for row in range(rows):
        total += counts[row, to_group] - counts[row, from_group]
    if total > SPARSE * units * rows:
        contract(
            kernel, units, wide_h, ONCE, states, begin, (ZERO, ZERO, wide_v, ONE), means, ZERO,
            (ZERO, ZERO, wide_h), (ONE, ONE, rows), scratch, ZERO, wide_h, scratch, ZERO, start,
        )  # fmt: skip
        return
    for i in range(PIECE):
        lists[i] = 0
    for row in range(rows):
        at = first + row * wide_v
        for k in range(at + counts[row, from_group], at + counts[row, to_group]):
            unit = b.places[k] - begin
            lists[PIECE + unit * capacity + lists[unit]] = row
            lists[unit] += 1
    if start == ZERO:
        lanes.scale(scratch, 0, units * wide_h, scratch.dtype.type(0))
    for k in range(0, wide_h, COLUMNS):
        for unit in range(units):
            add_rows_at(lists, PIECE + unit * capacity, lists[unit], states, begin + unit, wide_v, means, k, wide_h,
                        scratch, unit * wide_h + k, min(COLUMNS, wide_h - k))  # fmt: skip


@njit(**INNER)
def _piece(piece, participant, kernel, sizes, recipe, b, count, step, rates, momenta):
    """Update some visible units' weights and biases, in both copies of the weights."""
    rate, momentum = rates[step], momenta[step]
    begin, wide_v, wide_h = piece * PIECE, sizes.wide_visible, sizes.wide_hidden
    units, chains = min(PIECE, sizes.visible - begin), recipe.batch if recipe.persistent else count
    scratch, real = b.scratch[participant], b.data.dtype.type
    lists = b.lists[participant]
    _products(piece, 0, kernel, sizes, b.data, b.positive, count, b, scratch, lists, ZERO)
    _products(piece, 1, kernel, sizes, b.fantasy, b.negative, chains, b, scratch, lists, CONTENT)
    data, difference, hidden = PIECE * wide_h, PIECE * wide_h + PIECE, PIECE * wide_h + 2 * PIECE
    _column_means(kernel, b, begin, units, wide_v, count, chains, scratch, data, difference)
    centred = recipe.offset_rate > 0
    last = step + 1 == len(momenta)
    remembers = centred or last or momentum != 0 or momenta[step + 1] != 0  # else nobody asks for the velocity
    if centred:
        for k in range(wide_h):
            scratch[hidden + k] = 0
            b.pulls[piece, k] = 0
        for block in range(len(b.checks)):
            lanes.add_rows(b.sums[2 * block], 0, 1, wide_h, scratch, hidden)
    gap = 0.0
    for unit in range(units):
        j, change = begin + unit, scratch[difference + unit]
        gap += np.float64(change) ** 2
        if centred:
            lanes.centre(scratch, unit * wide_h, hidden, wide_h, b.visible[OFFSET * wide_v + j], change, b.hidden,
                         OFFSET * wide_h)  # fmt: skip
        if remembers:
            lanes.move(b.weights, b.velocity, j * wide_h, wide_h, scratch, unit * wide_h, real(rate), real(momentum),
                       real(recipe.decay))  # fmt: skip
        else:
            lanes.step(b.weights, j * wide_h, wide_h, scratch, unit * wide_h, real(rate), real(recipe.decay))
        b.visible[VELOCITY * wide_v + j] = real(momentum) * b.visible[VELOCITY * wide_v + j] + real(rate) * change
        b.visible[j] += b.visible[VELOCITY * wide_v + j]
        if centred:
            offset = b.visible[OFFSET * wide_v + j]
            b.visible[j] -= lanes.dot(b.velocity, j * wide_h, b.hidden, OFFSET * wide_h, wide_h)
            lanes.add_scaled(b.velocity, j * wide_h, offset, b.pulls[piece], wide_h)
            b.visible[OFFSET * wide_v + j] += real(recipe.offset_rate) * (scratch[data + unit] - offset)
    b.gaps[piece] = gap
    width = BITS // 8 // b.weights.itemsize
    for unit in range(0, units, width):
        for k in range(0, wide_h, width):
            turn_square(b.weights, (begin + unit) * wide_h + k, wide_h, min(width, units - unit), b.turned,
                        k * wide_v + begin + unit, wide_v)  # fmt: skip


@njit(**INNER)
def _column_means(kernel, b, begin, units, wide, count, chains, scratch, data, difference):
    """Set scratch to the mean of the piece's visible units in the data, and to how much it exceeds the chains'."""
    real, one = scratch.dtype.type, difference + PIECE
    scratch[one] = 1
    wanted = -(-units // LINE) * LINE
    for states, rows, at in ((b.data, count, data), (b.fantasy, chains, difference)):
        contract(
            kernel, ONE, wanted, ONCE, scratch, one, (ZERO, ZERO, ZERO, ZERO), states, begin, (ZERO, ZERO, wide),
            (ONE, ONE, rows), scratch, at, ZERO, scratch, ZERO, ZERO,
        )  # fmt: skip
    for i in range(units):
        scratch[data + i] /= real(count)
        scratch[difference + i] = scratch[data + i] - scratch[difference + i] / real(chains)


@njit(**INNER)
def _end(sizes, recipe, b, rate, momentum):
    """Update the hidden biases, activity and offsets; return the step's error."""
    wide, real, blocks = sizes.wide_hidden, b.hidden.dtype.type, len(b.checks)
    for k in range(sizes.hidden):
        change, mean, pull = real(0), real(0), real(0)
        for block in range(blocks):
            change += b.sums[2 * block, k]
            mean += b.sums[2 * block + 1, k]
        b.hidden[ACTIVITY * wide + k] += real(ACTIVITY_RATE) * (mean - b.hidden[ACTIVITY * wide + k])
        change += real(recipe.cost) * (real(recipe.target) - b.hidden[ACTIVITY * wide + k])
        velocity = real(momentum) * b.hidden[VELOCITY * wide + k] + real(rate) * change
        b.hidden[VELOCITY * wide + k] = velocity
        if recipe.offset_rate > 0:
            for piece in range(len(b.gaps)):
                pull += b.pulls[piece, k]
            b.hidden[OFFSET * wide + k] += real(recipe.offset_rate) * (mean - b.hidden[OFFSET * wide + k])
        b.hidden[k] += velocity - pull
    error = 0.0
    for number in b.gaps if recipe.persistent else b.checks:
        error += number
    return error
