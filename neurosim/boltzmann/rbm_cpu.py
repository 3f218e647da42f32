"""Restricted Boltzmann machines on the CPU: learning by contrastive divergence, Gibbs sampling, annealing's weights.

All sums of products are those of `neurosim.core.contraction`: a tile's rows are 12 samples or 12 visible units, its
lanes are units. Threads share the blocks of samples, and then the pieces of the weights, by tickets (`core.tickets`).
Both are cut by the problem's size alone: the results do not depend on the number of threads.
"""

from typing import NamedTuple

import numpy as np

from neurosim.boltzmann.rbm_blocks import PIECE, ROWS, Buffers, learn
from neurosim.boltzmann.rbm_chains import anneal as anneal
from neurosim.boltzmann.rbm_chains import gibbs as gibbs
from neurosim.boltzmann.rbm_memory import Sizes, kernel_of, padded, sizes_of
from neurosim.boltzmann.rbm_recipe import Arrays, Recipe
from neurosim.boltzmann.rbm_sparse import GROUP
from neurosim.core import parallel, tickets
from neurosim.core.contraction import aligned, writable


class State(NamedTuple):
    """A training run: sizes, recipe, what the kernels write, the key's halves, and the steps done."""

    sizes: Sizes
    recipe: Recipe
    buffers: Buffers
    key: tuple[np.uint64, np.uint64]
    step: np.ndarray
    participants: int


def rows_of(batch: int) -> int:
    """Return how many samples a block has: with these numbers tiles are full; the blocks should share out evenly."""
    return min((ROWS, 10, 6), key=lambda rows: -(-batch // (2 * rows)) * rows)


def begin(arrays: Arrays, recipe: Recipe, *, key: int, step: int = 0) -> State:
    """Return the state before a run; the arrays are copied.

    Parameters
    ----------
    key : int in [0, 2**64), of the random numbers
    step : steps done before
    """
    sizes = sizes_of(arrays.weights)
    real, (visible, _, wide_visible, wide_hidden) = arrays.weights.dtype, sizes
    block = rows_of(recipe.batch)
    blocks, pieces = -(-recipe.batch // block), -(-visible // PIECE)
    participants = min(parallel.threads(), max(blocks, pieces))
    rows = blocks * block

    def flat(count: int, width: int) -> np.ndarray:
        return aligned(count, width, real).reshape(-1)

    buffers = Buffers(
        rows=block,
        weights=padded(arrays.weights, visible, wide_hidden, real),
        turned=padded(arrays.weights.T, wide_hidden, wide_visible, real),
        velocity=padded(arrays.weight_velocity, visible, wide_hidden, real),
        visible=padded([arrays.visible_bias, arrays.visible_velocity, arrays.visible_offset], 3, wide_visible, real),
        hidden=padded(
            [arrays.hidden_bias, arrays.hidden_velocity, arrays.hidden_offset, arrays.activity], 4, wide_hidden, real
        ),
        data=flat(rows, wide_visible), means=aligned(participants, ROWS * wide_visible, real),
        fantasy=flat(rows, wide_visible),
        positive=flat(rows, wide_hidden), negative=flat(rows, wide_hidden),
        states=padded(arrays.chains, rows, wide_hidden, real),
        places=np.zeros(2 * rows * wide_visible, np.int32),
        counts=np.zeros((2 * rows, max(wide_visible, wide_hidden) // GROUP + 1), np.int64),
        lists=np.zeros((participants, PIECE * (rows + 1) + ROWS * wide_hidden), np.int32),
        scratch=aligned(participants, (PIECE + 1) * wide_hidden + 2 * PIECE, real),
        sums=aligned(2 * blocks, wide_hidden, real), pulls=aligned(pieces, wide_hidden, real),
        checks=np.zeros(blocks), gaps=np.zeros(pieces), halted=np.zeros(1, np.int64),
    )  # fmt: skip
    halves = np.uint64(key & 0xFFFFFFFF), np.uint64(key >> 32)
    return State(sizes, recipe, buffers, halves, np.array([step]), participants)


def advance(state: State, x: np.ndarray, order: np.ndarray, rates: np.ndarray, momenta: np.ndarray) -> np.ndarray:
    """Do a step a rate; return the steps' errors before their updates, (steps,) float64.

    The error is the squared distance of a sample from its reconstruction, on average (CD), or that of the mini-batch's
    mean from the chains' (PCD). At the first error that is not finite the run stops without an update, unless it is a
    sum of finite data that is infinite; this error and the later ones are NaN.

    Parameters
    ----------
    x : (n, V), samples
    order : (steps * batch,) int64, the rows of x; -1, only at the end of a mini-batch that has one, stands for none
    rates, momenta : (steps,)
    """
    batch, real = state.recipe.batch, state.buffers.weights.dtype
    order = np.ascontiguousarray(order, np.int64)
    counts = (order.reshape(len(rates), batch) >= 0).sum(axis=1)
    errors = np.full(len(rates), np.nan)
    state.buffers.halted[0] = 0
    parallel.run(
        learn, state.participants, tickets.counters(), kernel_of(real), state.sizes, state.recipe, state.buffers,
        writable(x, real), order, counts, np.ascontiguousarray(rates, float), np.ascontiguousarray(momenta, float),
        errors, *state.key, int(state.step[0]),
    )  # fmt: skip
    state.step[0] += np.isfinite(errors).sum()
    return errors


def fetch(state: State) -> Arrays:
    """Return copies of what was learned."""
    sizes, b = state.sizes, state.buffers
    visible, hidden = (m.reshape(n, -1) for m, n in ((b.visible, 3), (b.hidden, 4)))
    matrix = lambda m, rows: m.reshape(-1, sizes.wide_hidden)[:rows, : sizes.hidden].copy()  # noqa: E731
    visible, hidden = visible[:, : sizes.visible].copy(), hidden[:, : sizes.hidden].copy()
    chains = matrix(b.states, state.recipe.batch if state.recipe.persistent else 0)
    return Arrays(
        matrix(b.weights, sizes.visible), visible[0], hidden[0], matrix(b.velocity, sizes.visible), visible[1],
        hidden[1], chains, visible[2], hidden[2], hidden[3],
    )  # fmt: skip
