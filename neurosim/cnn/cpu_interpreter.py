"""The compiled interpreter: phases of a step, blocks of a phase, instructions of a block."""

import math
from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from neurosim.cnn.program import OP, Op
from neurosim.core import tickets
from neurosim.core.jit import INNER, call_at, driver
from neurosim.core.vector import BITS, INT64, Vectors, turned

# Columns of a phase
LOAD, FORWARD_BEGIN, FORWARD_END, LOSS, BACK_BEGIN, BACK_END, UPDATE = range(7)
PHASE_COLUMNS = 7
PIECE = 8192  # parameters that one ticket updates
MOMENTS = int(Op.MOMENTS)
FORWARD, BACKWARD = 0, 1
LOSS_KERNEL, UPDATE_KERNEL, MOVE_KERNEL = 0, 1, 2


class Network(NamedTuple):
    """The program, the addresses of its kernels, and what it learns; parameters end with some elements to spare."""

    table: np.ndarray
    helpers: np.ndarray
    code: np.ndarray
    reals: np.ndarray
    places: np.ndarray
    groups: np.ndarray
    masks: np.ndarray
    parameters: np.ndarray
    first: np.ndarray
    second: np.ndarray
    statistics: np.ndarray
    source: int
    logits: int
    logit_places: int
    loss_reals: np.ndarray


class Plan(NamedTuple):
    """How a mini-batch is cut: blocks of lanes, `groups` of them to a slot; `keep`: every block has a workspace."""

    batch: int
    lanes: int
    slots: int
    groups: int
    blocks: int
    keep: bool
    training: bool
    key0: np.uint64
    key1: np.uint64
    first_step: int
    mean: bool
    pieces: int


class Space(NamedTuple):
    """What the kernels write: values and slopes (gradients by them) a workspace, the rest a block, slot or thread."""

    values: np.ndarray
    slopes: np.ndarray
    marks: np.ndarray
    partials: np.ndarray
    gradients: np.ndarray
    scratch: np.ndarray
    losses: np.ndarray
    valid: np.ndarray
    halted: np.ndarray


class Data(NamedTuple):
    """Samples, what to do with them at each step, and where losses and wanted values go."""

    x: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    order: np.ndarray
    counts: np.ndarray
    rates: np.ndarray
    momenta: np.ndarray
    losses: np.ndarray
    wanted: np.ndarray
    out: np.ndarray


@driver(nogil=True)
def work(begin, end, counters, phases, network, data, space, plan, numbers):
    """Draw tickets until none is left: a slot's part of a phase, or a piece of the parameters to update."""
    n_phases = len(phases)
    updates = plan.pieces if phases[n_phases - 1, UPDATE] else 0
    per_step = plan.slots * (n_phases - (updates > 0)) + updates
    total = per_step * len(data.rates)
    while True:
        ticket = tickets.take(counters)
        if ticket >= total:
            return
        step, item = ticket // per_step, ticket % per_step
        number = min(item // plan.slots, n_phases - 1)
        item -= number * plan.slots
        before = step * per_step + number * plan.slots
        if before:
            tickets.wait_for(counters, before)
        if space.halted[0] == 0:
            if phases[number, UPDATE]:
                _update(item, step, network, data, space, plan, numbers)
            else:
                _slot(item, step, begin, phases[number], network, data, space, plan)
        tickets.done(counters)


@njit(inline="always")
def _update(item, step, network, data, space, plan, numbers):
    """Update a piece of the parameters, unless the loss is no number."""
    total = 0.0
    for block in range(plan.blocks):
        total += space.losses[block]
    good = math.isfinite(total)
    if good:
        begin, end = item * PIECE, min((item + 1) * PIECE, network.first.size)
        call_at(network.helpers[UPDATE_KERNEL], (
            begin, end, network.parameters, network.first, network.second, space.gradients, plan.slots,
            network.groups, network.masks, data.rates[step], data.momenta[step], numbers, plan.first_step + step,
        ))  # fmt: skip
    if item == 0:
        if good:
            data.losses[step] = total
            for k in range(len(network.code)):
                if network.code[k, OP] == MOMENTS:
                    call_at(network.helpers[MOVE_KERNEL], (
                        network.code, network.reals, k, space.partials, space.valid, network.statistics,
                    ))  # fmt: skip
        else:
            space.halted[0] = 1


@njit(inline="always")
def _slot(slot, step, participant, phase, network, data, space, plan):
    """Carry a slot's blocks through a phase, one after another."""
    count = data.counts[step]
    scale = 1.0 / count if plan.mean and count else 1.0
    scratch = space.scratch[participant]
    for group in range(plan.groups):
        block = slot * plan.groups + group
        if block >= plan.blocks:
            return
        workspace = block if plan.keep else participant
        values, marks = space.values[workspace], space.marks[workspace]
        first = block * plan.lanes
        valid = max(0, min(plan.lanes, count - first))
        if phase[LOAD]:
            space.valid[block] = valid
            _load(
                data.x, data.order, step * plan.batch + first, valid, values, network.source, network.places, plan.lanes
            )
        now = np.uint64(plan.first_step + step)
        for k in range(phase[FORWARD_BEGIN], phase[FORWARD_END]):
            if network.table[k, FORWARD] == 0:
                continue
            call_at(network.table[k, FORWARD], (
                network.code, network.reals, k, network.places, values, marks, space.partials, block, space.valid,
                network.parameters, network.statistics, scratch, plan.lanes, plan.training, plan.key0, plan.key1, now,
                first,
            ))  # fmt: skip
        if len(data.wanted):
            _hand_out(data.wanted, data.out, network.places, values, plan.lanes, first, valid, count)
            continue
        slopes = space.slopes[workspace]
        if phase[LOSS]:
            at = network.places[network.logits]
            call_at(network.helpers[LOSS_KERNEL], (
                network.loss_reals, values, slopes, at * plan.lanes,
                network.places[network.logits + 1] - at, data.targets, data.weights, data.order,
                step * plan.batch + first, plan.lanes, valid, scale, space.losses, block, network.logit_places,
            ))  # fmt: skip
        gradients = space.gradients[slot]
        for back in range(phase[BACK_END] - phase[BACK_BEGIN]):
            k = phase[BACK_END] - 1 - back
            if network.table[k, BACKWARD] == 0:
                continue
            call_at(network.table[k, BACKWARD], (
                network.code, network.reals, k, network.places, values, slopes, marks, space.partials, block,
                space.valid, network.parameters, network.statistics, gradients, scratch, plan.lanes, plan.training,
                group > 0,
            ))  # fmt: skip


@intrinsic
def _load_square(typingctx, x, order, row, there, feature, values, to, step):
    """Copy some features of as many samples, turned over; samples from the number `there` on are zero."""

    def codegen(context, builder, signature, args):
        real = signature.args[0].dtype
        width = BITS // real.bitwidth
        reals = Vectors(builder, context.get_value_type(real), width, real.bitwidth // 8)
        x, order, values = (context.make_array(signature.args[k])(context, builder, args[k]) for k in (0, 1, 5))
        features = builder.extract_value(x.shape, 1)
        zero = ir.Constant(reals.kind, None)
        square = []
        for r in range(width):
            exists = builder.icmp_signed("<", INT64(r), args[3])
            at = builder.gep(order.data, [builder.add(args[2], builder.select(exists, INT64(r), INT64(0)))])
            sample = builder.add(builder.mul(builder.load(at), features), args[4])
            square.append(builder.select(exists, reals.load(builder.gep(x.data, [sample])), zero))
        first = builder.gep(values.data, [args[6]])
        for r, vector in enumerate(turned(builder, square)):
            reals.store(vector, builder.gep(first, [builder.mul(INT64(r), args[7])]))
        return context.get_dummy_value()

    i8 = types.int64
    return types.void(x, order, i8, i8, i8, values, i8, i8), codegen


@njit(**INNER)
def _load(x, order, row, valid, values, source, places, lanes):
    """Copy a block's samples to its workspace, [feature][lane]; lanes without a sample are zero."""
    at, features = places[source] * lanes, x.shape[1]
    width = BITS // 8 // x.itemsize
    squares = features - features % width if lanes % width == 0 else 0
    for lane in range(0, lanes if squares else 0, width):
        there = valid - lane
        for f in range(0, squares, width):
            if there > 0:
                _load_square(x, order, row + lane, there, f, values, at + f * lanes + lane, lanes)
            else:
                for k in range(width):
                    for m in range(width):
                        values[at + (f + k) * lanes + lane + m] = 0
    for lane in range(lanes):
        for f in range(squares, features):
            values[at + f * lanes + lane] = x[order[row + lane], f] if lane < valid else 0


@njit(**INNER)
def _hand_out(wanted, out, places, values, lanes, first, valid, count):
    """Copy wanted values of a block's samples to `out`, value by value and sample by sample."""
    start = 0
    for value in wanted:
        size = places[value + 1] - places[value]
        for lane in range(valid):
            to = start + (first + lane) * size
            at = places[value] * lanes + lane
            for f in range(size):
                out[to + f] = values[at + f * lanes]
        start += count * size
