"""Backpropagation on the CPU: one compiled interpreter carries out the program of any network.

A mini-batch is cut into blocks of lanes; a slot is the gradient of one block or of a few, one after another. How it is
cut depends on the mini-batch's size alone, and gradients are added in the order of the slots: the results do not depend
on the number of threads. Threads share the slots, and the parameters to update, by tickets (`neurosim.core.tickets`),
so that a step costs no return to Python.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from neurosim.cnn.batches import Batches, Differentiated, Fitted
from neurosim.cnn.cpu_fused import BAND
from neurosim.cnn.cpu_interpreter import (
    BACK_BEGIN,
    BACK_END,
    FORWARD_BEGIN,
    FORWARD_END,
    LOAD,
    LOSS,
    PHASE_COLUMNS,
    PIECE,
    UPDATE,
    Data,
    Network,
    Plan,
    Space,
    work,
)  # fmt: skip
from neurosim.cnn.cpu_single import RUN, SLACK
from neurosim.cnn.cpu_units import addresses, helpers
from neurosim.cnn.program import ADD_X, CI, CO, DH, DW, HI, HO, KH, KW, OP, SH, SW, WI, WO, Op, Program, X
from neurosim.cnn.rules import Rule
from neurosim.core import parallel, tickets
from neurosim.core.contraction import MOST, aligned, writable
from neurosim.core.vector import BITS

SLOTS = 8  # gradients that are kept apart, at most
ALONE = 2e5  # multiply-adds of a step below which one thread does it
NO_STEPS = np.zeros(0)


class State(NamedTuple):
    """A training run: the network, how a mini-batch is cut, and what the kernels write."""

    program: Program
    network: Network
    space: Space
    plan: Plan
    phases: np.ndarray
    rule: Rule
    step: np.ndarray
    participants: int


def lanes_for(batch: int) -> int:
    """Return the number of samples that a block holds side by side."""
    return 32 if batch > 16 else (16 if batch > 4 else 1)


def begin(
    program: Program,
    parameters: np.ndarray,
    statistics: np.ndarray,
    rule: Rule,
    *,
    batch: int,
    key: int,
    moments: np.ndarray | None = None,
    step: int = 0,
) -> State:
    """Return the state before a run; the arrays are copied.

    Parameters
    ----------
    parameters : (P,) float32 or float64
    statistics : (S,), the population's means and variances
    batch : samples of a mini-batch, >= 1
    key : int in [0, 2**64), of the random numbers
    moments : (2, P), what the update rule remembers
    step : updates done before
    """
    lanes = lanes_for(batch)
    blocks = -(-batch // lanes)
    groups = -(-blocks // SLOTS)
    slots = -(-blocks // groups)
    keep = len(program.segments) > 2
    participants = _participants(program, batch, slots)
    network = _network(program, parameters, statistics, lanes, learning=True, rule=int(rule.kind))
    if moments is not None:
        network.first[:], network.second[:] = moments
    plan = _plan(batch, lanes, slots, groups, blocks, keep, key, training=True)
    space = _space(program, parameters.dtype, plan, participants, blocks if keep else participants, slots)
    return State(program, network, space, plan, _phases(program, update=True), rule, np.array([step]), participants)


def advance(state: State, batches: Batches) -> np.ndarray:
    """Do a step a rate; return the mini-batches' losses before their updates, (steps,) float64.

    At the first loss that is not finite the run stops without an update; this loss and the later ones are NaN.
    """
    steps = len(batches.rates)
    state.space.halted[:] = 0
    pieces = -(-max(state.program.n_parameters, 1) // PIECE)
    plan = state.plan._replace(pieces=pieces, first_step=int(state.step[0]), mean=batches.reduction == "mean")
    losses = np.full(steps, np.nan)
    data = _data(state.program, batches, losses, state.space.values.dtype)
    numbers = np.array([*state.rule[1:]], np.float64)
    counters = tickets.counters()
    parallel.run(work, state.participants, counters, state.phases, state.network, data, state.space, plan, numbers)
    state.step[0] += np.isfinite(losses).sum()
    return losses


def fetch(state: State) -> Fitted:
    """Return copies of what was learned."""
    network, size = state.network, state.program.n_parameters
    moments = np.stack([network.first, network.second])
    return Fitted(network.parameters[:size].copy(), network.statistics.copy(), moments, int(state.step[0]))


def infer(
    program: Program,
    parameters: np.ndarray,
    statistics: np.ndarray,
    x: np.ndarray,
    values: tuple[int, ...] | None = None,
) -> list[np.ndarray]:
    """Return values of the network for samples x (n, features), each (n, C, H, W); the output if none is named."""
    wanted = (program.output,) if values is None else tuple(values)
    n = len(x)
    if not wanted or not n:
        return [np.empty((n, *program.shapes[value]), parameters.dtype) for value in wanted]
    lanes = lanes_for(n)
    blocks = -(-n // lanes)
    participants = _participants(program, n, blocks)
    plan = _plan(n, lanes, blocks, 1, blocks, False, 0, training=False)
    space = _space(program, parameters.dtype, plan, participants, participants, 0)
    phases = np.zeros((1, PHASE_COLUMNS), np.int64)
    phases[0, [LOAD, FORWARD_END]] = 1, len(program.code)
    shapes = [program.shapes[value] for value in wanted]
    out = np.empty(sum(n * int(np.prod(shape)) for shape in shapes), parameters.dtype)
    data = _forward_data(program, x, parameters.dtype, out, wanted)
    network = _network(program, parameters, statistics, lanes, learning=False, rule=None, wanted=wanted)
    parallel.run(work, participants, tickets.counters(), phases, network, data, space, plan, NO_STEPS)
    ends = np.cumsum([n * int(np.prod(shape)) for shape in shapes])[:-1]
    return [part.reshape(n, *shape) for part, shape in zip(np.split(out, ends), shapes, strict=True)]


def differentiate(
    program: Program,
    parameters: np.ndarray,
    statistics: np.ndarray,
    x: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    *,
    reduction: str = "mean",
    training: bool = True,
    key: int = 0,
    step: int = 0,
    values: tuple[int, ...] = (),
) -> Differentiated:
    """Return the loss of all samples together and its gradients; nothing is learned, no statistics move."""
    n = len(x)
    lanes = lanes_for(n)
    blocks = -(-n // lanes)
    groups = -(-blocks // SLOTS)
    slots = -(-blocks // groups)
    participants = _participants(program, n, slots)
    plan = _plan(n, lanes, slots, groups, blocks, True, key, training)._replace(
        first_step=step, mean=reduction == "mean"
    )
    space = _space(program, parameters.dtype, plan, participants, blocks, slots)
    order = np.arange(blocks * lanes)
    order[n:] = -1
    losses = np.zeros(1)
    batches = Batches(x, targets, weights, order[:n], np.zeros(1), np.zeros(1))
    data = _data(program, batches, losses, parameters.dtype)
    network = _network(program, parameters, statistics, lanes, learning=True, rule=None)
    phases = _phases(program, update=False)
    parallel.run(work, participants, tickets.counters(), phases, network, data, space, plan, NO_STEPS)
    gradient = space.gradients[0, : program.n_parameters].copy()
    for other in space.gradients[1:]:
        gradient += other[: program.n_parameters]
    gradient = program.masked(gradient)
    pick = lambda arrays, value: _samples(program, arrays, value, lanes, n)  # noqa: E731
    outputs = pick(space.values, program.output).reshape(n, -1)
    forward, backward = [pick(space.values, v) for v in values], [pick(space.slopes, v) for v in values]
    return Differentiated(float(space.losses.sum()), outputs, gradient, forward, backward)


def _samples(program: Program, arrays: np.ndarray, value: int, lanes: int, n: int) -> np.ndarray:
    """Return a value of all blocks as (n, C, H, W)."""
    begin, end = program.places[value] * lanes, program.places[value + 1] * lanes
    blocks = arrays[:, begin:end].reshape(len(arrays), -1, lanes)
    return np.ascontiguousarray(blocks.transpose(0, 2, 1).reshape(-1, *program.shapes[value])[:n])


def _participants(program: Program, batch: int, slots: int) -> int:
    """Return the number of threads that are of use."""
    return 1 if program.multiply_adds * batch < ALONE else max(1, min(parallel.threads(), slots))


def _plan(batch: int, lanes: int, slots: int, groups: int, blocks: int, keep: bool, key: int, training: bool) -> Plan:
    words = np.uint64(key & 0xFFFFFFFF), np.uint64(key >> 32)
    return Plan(batch, lanes, slots, groups, blocks, keep, training, *words, 0, True, 0)


def _phases(program: Program, *, update: bool) -> np.ndarray:
    """Return the phases of a step: forward to each cut, the loss, backward from each cut, the update."""
    ends = list(zip(program.segments[:-1], program.segments[1:], strict=True))
    phases = np.zeros((2 * len(ends) - 1 + update, PHASE_COLUMNS), np.int64)
    for row, (start, end) in zip(phases, ends, strict=False):
        row[[FORWARD_BEGIN, FORWARD_END]] = start, end
    for row, (start, end) in zip(phases[len(ends) - 1 :], reversed(ends), strict=False):
        row[[BACK_BEGIN, BACK_END]] = start, end
    phases[0, LOAD] = phases[len(ends) - 1, LOSS] = 1
    if update:
        phases[-1, UPDATE] = 1
    return phases


def _network(
    program: Program,
    parameters: np.ndarray,
    statistics: np.ndarray,
    lanes: int,
    *,
    learning: bool,
    rule: int | None,
    wanted: tuple[int, ...] | None = None,
) -> Network:
    size, dtype = program.n_parameters, parameters.dtype
    padded = np.zeros(size + SLACK, dtype)
    padded[:size] = program.masked(parameters)
    moments = np.zeros((2, size if learning else 0), dtype)
    code, table, kernels, masks = _tables(program, dtype, lanes == 1, learning, rule, wanted)
    return Network(
        table, kernels, code, program.reals, program.places, program.groups, masks, padded, moments[0], moments[1],
        np.array(statistics, dtype), program.source, program.logits, program.logit_places, program.loss_reals,
    )  # fmt: skip


@lru_cache(64)
def _tables(
    program: Program, dtype: np.dtype, one_lane: bool, learning: bool, rule: int | None, wanted: tuple[int, ...] | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the code, the addresses of its instructions' kernels and of the other kernels, and the masks."""
    code, table = addresses(program, dtype, one_lane=one_lane, backward=learning, wanted=wanted)
    kernels = helpers(program, dtype, rule) if learning else np.zeros(3, np.int64)
    return code, table, kernels, program.masks.astype(dtype)


def _space(program: Program, dtype: np.dtype, plan: Plan, participants: int, workspaces: int, slots: int) -> Space:
    size = int(program.places[-1]) * plan.lanes + SLACK
    return Space(
        aligned(workspaces, size, dtype),
        aligned(workspaces if slots else 1, size if slots else 1, dtype),
        np.zeros((workspaces, program.n_marks * plan.lanes + 1), np.int32),
        np.zeros((plan.blocks, program.n_partials)),
        aligned(max(slots, 1), program.n_parameters if slots else 1, dtype),
        aligned(participants, _scratch(program, plan.lanes, np.dtype(dtype).itemsize), dtype),
        np.zeros(plan.blocks),
        np.zeros(plan.blocks, np.int64),
        np.zeros(1, np.int64),
    )


@lru_cache(64)
def _scratch(program: Program, lanes: int, itemsize: int) -> int:
    """Return the elements that the layers with weights need for copies and tiles."""
    width = BITS // 8 // itemsize
    sizes = np.diff(program.places)[program.code[program.code[:, ADD_X] != 0][:, X]]
    most = int(max(sizes, default=0)) * lanes
    for row in program.code[np.isin(program.code[:, OP], (Op.CONVOLVE, Op.TRANSPOSED))]:
        for ci, co, ho, wo in (row[[CI, CO, HO, WO]], row[[CO, CI, HI, WI]]):
            rows = max(RUN, ci, row[KW])
            kernel = row[KH] * row[KW]
            turned = ho * wo * lanes * (co + width) + rows * 2 * width
            packed = kernel * max(ci * (co + width), co * (ci + width)) + rows * 2 * width if lanes == 1 else 0
            border = (
                ((ho - 1) * row[SH] + (row[KH] - 1) * row[DH] + 1)
                * ((wo - 1) * row[SW] + (row[KW] - 1) * row[DW] + 1)
                * lanes
            )
            most = max(most, int(turned), int(packed), int(border) + 4 * 5, int(2 * min(co, MOST) * BAND * lanes))
    return most + SLACK


def _data(program: Program, batches: Batches, losses: np.ndarray, dtype: np.dtype) -> Data:
    steps = len(batches.rates)
    order = np.ascontiguousarray(batches.order, np.int64)
    counts = (order.reshape(steps, -1) >= 0).sum(axis=1) if steps else np.zeros(0, np.int64)
    n_outputs = int(np.prod(program.shapes[program.logits]))
    targets = writable(batches.targets, dtype).reshape(-1, n_outputs)
    return Data(
        writable(batches.x, dtype), targets, writable(batches.weights, dtype), order, counts,
        np.ascontiguousarray(batches.rates, float), np.ascontiguousarray(batches.momenta, float), losses,
        np.zeros(0, np.int64), np.zeros(0, dtype),
    )  # fmt: skip


def _forward_data(program: Program, x: np.ndarray, dtype: np.dtype, out: np.ndarray, wanted: tuple[int, ...]) -> Data:
    nothing = np.zeros((0, 1), dtype)
    return Data(
        writable(x, dtype), nothing, np.zeros(0, dtype), np.arange(len(x)), np.array([len(x)]),
        np.zeros(1), np.zeros(1), np.zeros(1), np.array(wanted, np.int64), out,
    )  # fmt: skip
