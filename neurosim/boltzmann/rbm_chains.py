"""Chains of a restricted machine that does not learn: Gibbs sampling, and annealed importance sampling's weights."""

import numpy as np
from numba import njit

from neurosim.boltzmann import rbm_lanes as lanes
from neurosim.boltzmann.rbm_blocks import ROWS, hidden_means, visible_means, visible_states
from neurosim.boltzmann.rbm_memory import kernel_of, padded, sizes_of
from neurosim.boltzmann.rbm_recipe import ANNEALING, FIRST, HIDDEN, SWEEPS, VISIBLE
from neurosim.boltzmann.rbm_sparse import affine, room_for_places
from neurosim.core import parallel
from neurosim.core.contraction import ZERO, writable
from neurosim.core.jit import INNER, driver

U = np.uint64


def gibbs(
    weights: np.ndarray,
    visible_bias: np.ndarray,
    hidden_bias: np.ndarray,
    v: np.ndarray,
    steps: int,
    *,
    gaussian: bool = False,
    key: int,
    first: int = 0,
    clamped: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sweep h ~ P(h|v), v ~ P(v|h); return visible states, their means, and the hidden states behind them.

    Parameters
    ----------
    v : (n, V), the states to start from
    steps : sweeps, >= 1
    key, first : the draws of sweep s of chain c depend on (key, first + s, c) alone
    clamped : (V,) bool, units that keep their state
    """
    sizes, real = sizes_of(weights), weights.dtype
    states = padded(v, len(v), sizes.wide_visible, real)
    means, hidden = states.copy(), np.zeros(len(v) * sizes.wide_hidden, real)
    held = np.flatnonzero(clamped) if clamped is not None else np.zeros(0, np.int64)
    parallel.run(
        _gibbs, -(-len(v) // ROWS), kernel_of(real), sizes, *_machine(weights, visible_bias, hidden_bias, sizes),
        states, means, hidden, held, len(v), steps, gaussian, U(key & 0xFFFFFFFF), U(key >> 32), first,
    )  # fmt: skip
    cut = lambda m, wide, size: m.reshape(len(v), wide)[:, :size].copy()  # noqa: E731
    seen = (cut(array, sizes.wide_visible, sizes.visible) for array in (states, means))
    return *seen, cut(hidden, sizes.wide_hidden, sizes.hidden)


def anneal(
    weights: np.ndarray,
    visible_bias: np.ndarray,
    hidden_bias: np.ndarray,
    base_bias: np.ndarray,
    betas: np.ndarray,
    chains: int,
    *,
    key: int,
    v: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the logarithms of annealed importance sampling's weights, (chains,), and the last visible states.

    The distributions on the way are, for b from `betas`, but for a factor

        log f_b(v) = (1 - b) v.base_bias + b v.visible_bias + sum_k softplus(b (v W + hidden_bias)_k)

    Parameters
    ----------
    base_bias : (V,), of the independent visible units at b = 0
    betas : (t,) in [0, 1]; rising from 0 to 1, or, for the reverse estimate, falling from 1 to 0
    v : (chains, V), states to start from; at b = 0 they are drawn from the base distribution by default
    """
    sizes, real = sizes_of(weights), weights.dtype
    states = np.zeros((chains, sizes.visible), real) if v is None else v
    states = padded(states, chains, sizes.wide_visible, real)
    weigh = np.zeros(chains)
    base = padded([base_bias], 1, sizes.wide_visible, real)
    parallel.run(
        _anneal, -(-chains // ROWS), kernel_of(real), sizes, *_machine(weights, visible_bias, hidden_bias, sizes), base,
        writable(betas, np.float64), states, np.zeros_like(states), np.zeros(chains * sizes.wide_hidden, real),
        np.zeros(chains * sizes.wide_hidden, real), weigh, v is None, U(key & 0xFFFFFFFF), U(key >> 32),
    )  # fmt: skip
    return weigh, states.reshape(chains, -1)[:, : sizes.visible].copy()


def _machine(weights, visible_bias, hidden_bias, sizes):
    """Return the weights, the same turned, and the biases, all padded."""
    real = weights.dtype
    return (
        padded(weights, sizes.visible, sizes.wide_hidden, real),
        padded(weights.T, sizes.wide_hidden, sizes.wide_visible, real),
        padded([visible_bias], 1, sizes.wide_visible, real),
        padded([hidden_bias], 1, sizes.wide_hidden, real),
    )


@driver(nogil=True)
def _gibbs(begin, end, kernel, sizes, weights, turned, visible, hidden, states, means, on, held, chains, steps,
           gaussian, key0, key1, first):  # fmt: skip
    """Sweep blocks of chains."""
    wide_v, wide_h = sizes.wide_visible, sizes.wide_hidden
    for block in range(begin, end):
        chain = block * ROWS
        rows = min(ROWS, chains - chain)
        v, h = chain * wide_v, chain * wide_h
        kept = np.empty((rows, len(held)), states.dtype)
        for row in range(rows):
            for i in range(len(held)):
                kept[row, i] = states[v + row * wide_v + held[i]]
        probable = np.empty(rows * wide_h, states.dtype)
        places, counts = room_for_places(rows, max(wide_v, wide_h))
        for sweep in range(steps):
            now = U(first + sweep)
            hidden_means(kernel, sizes, states, v, rows, weights, hidden, probable, ZERO, places, ZERO, counts, ZERO)
            for row in range(rows):
                lanes.draw(probable, row * wide_h, wide_h, on, h + row * wide_h, chain + row, now, SWEEPS + HIDDEN,
                           key0, key1)  # fmt: skip
            visible_means(
                kernel, sizes, on, h, rows, turned, visible, means, v, gaussian, places, ZERO, counts, ZERO
            )  # fmt: skip
            for row in range(rows):
                at = v + row * wide_v
                visible_states(gaussian, True, means, at, sizes, states, at, chain + row, now, SWEEPS + VISIBLE,
                               key0, key1)  # fmt: skip
                for i in range(len(held)):
                    states[at + held[i]] = kept[row, i]
                    means[at + held[i]] = kept[row, i]


@driver(nogil=True)
def _anneal(begin, end, kernel, sizes, weights, turned, visible, hidden, base, betas, states, means, fields, on, weigh,
            start, key0, key1):  # fmt: skip
    """Take blocks of chains through all temperatures."""
    wide_v, wide_h, real = sizes.wide_visible, sizes.wide_hidden, states.dtype.type
    for block in range(begin, end):
        chain = block * ROWS
        rows = min(ROWS, len(weigh) - chain)
        v, h = chain * wide_v, chain * wide_h
        places, counts = room_for_places(rows, max(wide_v, wide_h))
        if start:
            lanes.fill_rows(means, v, rows, wide_v, base)
            lanes.logistic(means, v, rows * wide_v)
            _draw_rows(means, v, rows, wide_v, sizes.visible, states, chain, ZERO, FIRST, key0, key1)
        for t in range(len(betas) - 1):
            low, high = betas[t], betas[t + 1]
            affine(kernel, states, v, sizes.visible, wide_v, rows, weights, wide_h, hidden, fields, h, places, ZERO,
                   counts, ZERO)  # fmt: skip
            for row in range(rows):
                gain = 0.0
                for i in range(sizes.visible):
                    gain += np.float64(states[v + row * wide_v + i]) * np.float64(visible[i] - base[i])
                weigh[chain + row] += (high - low) * gain + lanes.softplus_difference(
                    fields, h + row * wide_h, sizes.hidden, real(low), real(high)
                )
            lanes.scale(fields, h, rows * wide_h, real(high))
            lanes.logistic(fields, h, rows * wide_h)
            _draw_rows(fields, h, rows, wide_h, sizes.hidden, on, chain, t, ANNEALING + HIDDEN, key0, key1)
            affine(kernel, on, h, sizes.hidden, wide_h, rows, turned, wide_v, visible, means, v, places, ZERO, counts,
                   ZERO)  # fmt: skip
            for row in range(rows):
                lanes.blend(means, v + row * wide_v, wide_v, real(high), base, real(1.0 - high))
            lanes.logistic(means, v, rows * wide_v)
            _draw_rows(means, v, rows, wide_v, sizes.visible, states, chain, t, ANNEALING + VISIBLE, key0, key1)


@njit(**INNER)
def _draw_rows(means, at, rows, wide, size, states, first, step, stream, key0, key1):
    for row in range(rows):
        to = at + row * wide
        lanes.draw(means, to, wide, states, to, first + row, U(step), stream, key0, key1)
        for i in range(size, wide):
            states[to + i] = 0
