"""Rules that look at one sample after another: a sequence by nature, so only the one-vs-rest problems run in parallel.

For the same reason there is no CUDA twin: a step is one dot product and waits for the step before it.
Samples are a C-contiguous array (N, D), or the arrays (data, indices, indptr) of a CSR matrix as a tuple.
"""

from typing import NamedTuple

import numpy as np
from numba import types
from numba.extending import overload

from neurosim.core import parallel
from neurosim.core.jit import FASTMATH, driver
from neurosim.core.rows import add_scaled, dot, prefetch
from neurosim.perceptron import rules

AHEAD = 3200  # bytes: samples are asked for so much before they are needed
LINE = 16  # numbers of 8 bytes in two cache lines, which are fetched together and which threads should not share


class State(NamedTuple):
    """The arrays of K one-vs-rest problems; `advance` changes them in place."""

    weights: np.ndarray  # (K, D)
    bias: np.ndarray  # (K,)
    sums: np.ndarray  # (K, D) or (0, 0) float64: sum of tau x (samples seen before), for the mean of all weights
    bias_sums: np.ndarray  # (K,) or (0,) float64
    positive: np.ndarray  # (K,) the class code that a problem sets apart
    one: float  # what a bias sees in place of a feature: 1, or 0 without an intercept


class Metrics(NamedTuple):
    """What one pass counted, arrays (K,): wrong scores (y s <= 0), changes of the weights, sum of (y - s)^2."""

    mistakes: np.ndarray
    updates: np.ndarray
    squared_error: np.ndarray
    finite: bool = True  # whether all scores were


def begin(weights, bias, classes, *, intercept=True):
    """Lay out the state for `weights` (K, D) and `bias` (K,); two classes make one problem: class 1 or not."""
    positive = np.arange(classes) if classes > 2 else np.ones(1, np.int64)
    return State(weights.copy(), bias.copy(), np.zeros((0, 0)), np.zeros(0), positive, weights.dtype.type(intercept))


def advance(state, x, codes, order, seen, rule, first, second, *, norms=None, at=None):
    """Show the samples once, in `order`, to all problems.

    Parameters
    ----------
    state : State
    x : (N, D) array or CSR tuple
    codes : (N,) int64
        Class of every sample.
    order : (M,) int64
    seen : int
        Samples shown before.
    rule, first, second : as in `rules.tau`
    norms : (N,) of the samples' dtype, optional
        Squared lengths of the samples, for the rules that ask.
    at : (K, M) int32, optional
        Gets the places in `order` at which the weights of a problem changed.
    """
    problems, real = len(state.weights), state.weights.dtype.type
    counts = np.zeros((problems, LINE))
    groups = min(problems, parallel.threads())  # each reads a sample once for all its problems
    weights, bias = _on_own_lines(state.weights), _on_own_lines(state.bias[:, None])
    shown, parameters = (x, codes, order), (real(first), real(second))
    target = (state.positive, state.one, real(np.finfo(real).max))
    if rule == rules.CORRECTION and at is None and not len(state.sums):
        parallel.run(_correct, groups, groups, *shown, weights, bias, *target, *parameters, counts)
    else:
        norms = np.ones(1, real) if norms is None else norms
        at = np.empty((0, 0), np.int32) if at is None else at
        means = (state.sums, state.bias_sums, seen)
        how = (rule, *parameters, norms)
        parallel.run(_learn, groups, groups, *shown, weights, bias, *target, *how, *means, at, counts)
    state.weights[:], state.bias[:] = weights[:, : state.weights.shape[1]], bias[:, 0]
    mistakes, updates = counts[:, :2].astype(np.int64).T
    return Metrics(mistakes, updates, counts[:, 2].copy(), not counts[:, 3].any())


def _on_own_lines(rows):
    """Return a copy whose rows are longer and begin on cache lines, so that no two threads write to one line."""
    line = 128 // rows.itemsize  # two lines: they are fetched in pairs
    length = -(-rows.shape[1] // line) * line
    room = np.zeros(len(rows) * length + line, rows.dtype)
    start = -room.ctypes.data % 128 // rows.itemsize
    apart = room[start : start + len(rows) * length].reshape(len(rows), length)
    apart[:, : rows.shape[1]] = rows
    return apart


def score(w, k, x, i):
    """Return w_k . x_i, in compiled code."""
    raise NotImplementedError


def add(w, k, x, i, tau):
    """Add tau x_i to w_k, in compiled code."""
    raise NotImplementedError


def add_many(sums, k, x, i, factor):
    """Add factor x_i to row k of the float64 array `sums`, in compiled code."""
    raise NotImplementedError


def lead(x):
    """Return how many samples ahead to ask for one, in compiled code."""
    raise NotImplementedError


@overload(lead, inline="always")
def _lead(x):
    if not isinstance(x, types.BaseTuple):
        return lambda x: max(1, AHEAD // max(1, x.shape[1] * x.itemsize))
    return lambda x: 1


def ask_for(x, i):
    """Bring sample i near, in compiled code."""
    raise NotImplementedError


@overload(ask_for, inline="always")
def _ask_for(x, i):
    if not isinstance(x, types.BaseTuple):
        return lambda x, i: prefetch(x, i)
    return lambda x, i: None


@overload(score, inline="always")
def _score(w, k, x, i):
    if not isinstance(x, types.BaseTuple):
        return lambda w, k, x, i: dot(w, k, x, i)

    def sparse(w, k, x, i):
        data, indices, indptr = x
        total = w.dtype.type(0)
        for p in range(indptr[i], indptr[i + 1]):
            total += w[k, indices[p]] * data[p]
        return total

    return sparse


@overload(add, inline="always")
def _add(w, k, x, i, tau):
    if not isinstance(x, types.BaseTuple):
        return lambda w, k, x, i, tau: add_scaled(w, k, x, i, tau)

    def sparse(w, k, x, i, tau):
        data, indices, indptr = x
        for p in range(indptr[i], indptr[i + 1]):
            w[k, indices[p]] += tau * data[p]

    return sparse


@overload(add_many, inline="always")
def _add_many(sums, k, x, i, factor):
    if not isinstance(x, types.BaseTuple):

        def dense(sums, k, x, i, factor):
            for j in range(x.shape[1]):
                sums[k, j] += factor * x[i, j]

        return dense

    def sparse(sums, k, x, i, factor):
        data, indices, indptr = x
        for p in range(indptr[i], indptr[i + 1]):
            sums[k, indices[p]] += factor * data[p]

    return sparse


@driver(nogil=True, fastmath=FASTMATH, error_model="numpy")
def _correct(begin, end, groups, x, codes, order, weights, bias, positive, one, most, margin, rate, counts):
    """Rosenblatt's rule alone: `_learn` without what slows it down by a third."""
    k0, k1 = len(weights) * begin // groups, len(weights) * end // groups
    unit, ahead, finite = weights.dtype.type(1), lead(x), True
    for t in range(len(order)):
        i = order[t]
        if t + ahead < len(order):
            ask_for(x, order[t + ahead])
        for k in range(k0, k1):
            s = score(weights, k, x, i) + bias[k, 0] * one
            finite &= abs(s) <= most  # np.isfinite would go: s - s counts as 0 where sums may be reordered
            y = unit if codes[i] == positive[k] else -unit
            tau = rules.correction(y, s, margin, rate)
            if tau != 0:
                counts[k, 0] += y * s <= 0
                counts[k, 1] += 1
                bias[k, 0] += tau * one
                add(weights, k, x, i, tau)
    counts[k0, 3] = not finite


@driver(nogil=True, fastmath=FASTMATH, error_model="numpy")
def _learn(
    begin, end, groups, x, codes, order, weights, bias, positive, one, most, rule, first, second, norms, sums,
    bias_sums, seen, at, counts,
):  # fmt: skip
    """Any rule, with what the mean of the weights and a list of the changes need."""
    k0, k1 = len(weights) * begin // groups, len(weights) * end // groups
    unit, ahead, finite = weights.dtype.type(1), lead(x), True
    for t in range(len(order)):
        i = order[t]
        if t + ahead < len(order):
            ask_for(x, order[t + ahead])
        norm2 = norms[i] if len(norms) > 1 else norms[0]
        for k in range(k0, k1):
            s = score(weights, k, x, i) + bias[k, 0] * one
            finite &= abs(s) <= most  # np.isfinite would go: s - s counts as 0 where sums may be reordered
            y = unit if codes[i] == positive[k] else -unit
            tau = rules.tau(rule, y, s, first, second, norm2)
            counts[k, 0] += y * s <= 0
            counts[k, 2] += (y - s) * (y - s)
            if tau != 0:
                if len(at):
                    at[k, np.int64(counts[k, 1])] = t
                counts[k, 1] += 1
                bias[k, 0] += tau * one
                add(weights, k, x, i, tau)
                if len(sums):
                    bias_sums[k] += np.float64(tau * one) * (seen + t)
                    add_many(sums, k, x, i, np.float64(tau) * (seen + t))
    counts[k0, 3] = not finite


@driver(nogil=True, fastmath=FASTMATH, error_model="numpy")
def pocket_epoch(
    begin, end, x, codes, picks, weights, bias, kept, kept_bias, runs, longest, right, positive, one, ratchet, counts
):
    """Gallant's pocket algorithm for the problems from `begin` to `end`: `kept` has the best weights so far.

    `runs` counts the samples in a row that the present weights get right, `longest` is that of the kept weights, and
    `right` how many of all samples these get right.
    """
    unit = weights.dtype.type(1)
    for k in range(begin, end):
        # whether the present weights were compared with the kept ones, and won or are the same
        looked = better = bias[k] == kept_bias[k] and (weights[k] == kept[k]).all()
        for t in range(len(picks)):
            i = picks[t]
            y = unit if codes[i] == positive[k] else -unit
            if y * (score(weights, k, x, i) + bias[k] * one) <= 0:
                counts[k, 0] += 1
                bias[k] += y * one
                add(weights, k, x, i, y)
                runs[k], looked = 0, False
                continue
            runs[k] += 1
            if runs[k] <= longest[k]:
                continue
            if not looked:
                looked, total = True, count_right(x, codes, weights, k, bias[k] * one, positive[k])
                better = total > right[k] or not ratchet
                if better:
                    kept[k], kept_bias[k], right[k] = weights[k], bias[k], total
            if better:
                longest[k] = runs[k]


@driver(nogil=True, fastmath=FASTMATH, error_model="numpy")
def count_right(x, codes, weights, k, bias, positive):
    """Return how many samples are on the right side of problem k."""
    total = 0
    for i in range(len(codes)):
        s = score(weights, k, x, i) + bias
        total += s > 0 if codes[i] == positive else s < 0
    return total


@driver(nogil=True, fastmath=FASTMATH, error_model="numpy")
def madaline_epoch(begin, end, x, codes, order, weights, bias, positive, one, alpha, norms, counts):
    """Widrow's first rule for some problems: `weights` is (K H, D), `bias` (K, H), and H units vote."""
    units = bias.shape[1]
    unit = weights.dtype.type(1)
    scores = np.empty(units, weights.dtype)
    for k in range(begin, end):
        for t in range(len(order)):
            i = order[t]
            y = unit if codes[i] == positive[k] else -unit
            votes = 0
            for h in range(units):
                scores[h] = y * (score(weights, k * units + h, x, i) + bias[k, h] * one)
                votes += 1 if scores[h] > 0 else -1
            counts[k, 0] += votes < 0
            while votes < 0:
                h = -1  # the wrong unit that needs the least change
                for g in range(units):
                    if scores[g] <= 0 and (h < 0 or scores[g] > scores[h]):
                        h = g
                change = y * rules.normalised_lms(unit, scores[h], alpha, norms[i])
                bias[k, h] += change * one
                add(weights, k * units + h, x, i, change)
                scores[h] = unit
                votes += 2
                counts[k, 1] += 1


@driver(nogil=True, fastmath=FASTMATH, error_model="numpy")
def min_over(x, y, weights, one, most, tol):
    """Krauth and Mezard's rule: add the sample of the least stability until it is within `tol` of the largest possible.

    `weights` is (1, D + 1), with the bias at the end. Returns the number of additions and the least y s.
    """
    d = weights.shape[1] - 1
    for step in range(most + 1):
        least, worst = np.inf, 0
        for i in range(len(y)):
            s = y[i] * (score(weights, 0, x, i) + weights[0, d] * one)
            if s < least:
                least, worst = s, i
        length2 = dot(weights, 0, weights, 0)
        # no weights reach more than |w| / steps, as w is the sum of `step` samples
        if step == most or (least > 0 and least * step >= (1 - tol) * length2):
            return step, least
        weights[0, d] += y[worst] * one
        add(weights, 0, x, worst, y[worst])


@driver(nogil=True)
def correct_block(scores, gram, codes, positive, changes):
    """Go through a block of samples in order; a change of one moves the scores (B, K) of those after it."""
    for i in range(len(gram)):
        for k in range(scores.shape[1]):
            y = 1 if codes[i] == positive[k] else -1
            if y * scores[i, k] <= 0:
                changes[i, k] = y
                for j in range(i + 1, len(gram)):
                    scores[j, k] += y * gram[i, j]


@driver(nogil=True)
def vote(begin, end, values, starts, index, changes, counts, votes):
    """Let all prediction vectors of all problems vote on the samples from `begin` to `end`.

    `values` (N, S) are kernels of samples and support vectors. Change m adds changes[m] times support vector index[m],
    and what it makes votes counts[m] times; problem k has the changes from starts[k] to starts[k + 1].
    """
    for i in range(begin, end):
        for k in range(len(starts) - 1):
            s, total = 0.0, 0
            for m in range(starts[k], starts[k + 1]):
                s += changes[m] * values[i, index[m]]
                total += counts[m] if s > 0 else -counts[m]
            votes[i, k] = total
