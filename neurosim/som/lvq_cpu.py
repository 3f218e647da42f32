"""Learning vector quantisation on the CPU: one sample after another, so training runs in one thread.

Prototypes are columns, (features, prototypes): the distances of a sample from all of them go by vectors of prototypes,
whatever the number of features, and a step changes only one column or two.
"""

import numpy as np
from numba import njit

from neurosim.core import parallel
from neurosim.core.jit import FASTMATH, driver
from neurosim.som import lvq_rules as rules

LANES = 16  # prototypes are filled up to whole vectors of the widest kind
BLOCK = 64  # samples in a task of the search


def columns(prototypes):
    """Return prototypes (P, D) as columns, filled up with zeros to a multiple of LANES."""
    p, d = prototypes.shape
    out = np.zeros((d, -(-p // LANES) * LANES), prototypes.dtype)
    out[:, :p] = prototypes.T
    return out


def train(weights, classes, x, codes, order, rates, own, kind, window, epsilon):
    """Show samples in an order and change `weights` and `own` in place; return (wrong answers, changes).

    Parameters
    ----------
    weights : (D, >= P) array from `columns`
    classes : (P,) int64
        Class of every prototype.
    x : (N, D) array
        Of the dtype of the weights; NaN is left out of distances and steps.
    codes : (N,) int64
        Class of every sample.
    order : (T,) int64
    rates : (T,) float64
        Learning rate of every step; not used by OLVQ1.
    own : (P,) array of the dtype of the weights
        Learning rates of the prototypes, which OLVQ1 changes; `rates[0]` is their largest.
    kind : a number of `lvq_rules`
    window, epsilon : float
    """
    real = weights.dtype.type
    ratio2 = real(rules.window_ratio.py_func(window) ** 2)
    largest = real(rates[0])
    rates = rates.astype(weights.dtype)
    complete = not np.isnan(x).any()
    how = (kind, ratio2, real(epsilon), largest, complete)
    return _train(weights, classes, _read_only(x), codes, order, rates, own, *how)


def search(weights, classes, n_classes, x):
    """Return the nearest prototype of every sample (N,), and the squared distances to those of each class (N, C)."""
    nearest, squares = np.empty(len(x), np.int64), np.empty((len(x), n_classes), x.dtype)
    complete = not np.isnan(x).any()
    tasks = -(-len(x) // BLOCK)
    parallel.run(_search, tasks, _read_only(x), weights, classes, complete, nearest, squares)
    return nearest, squares


def _read_only(array):
    view = array.view()
    view.flags.writeable = False
    return view


@njit
def _observed(x, i, there):
    """Put the numbers of the features that sample i has into `there` and return how many they are."""
    count = 0
    for j in range(x.shape[1]):
        if not np.isnan(x[i, j]):
            there[count] = j
            count += 1
    return count


@njit(fastmath=FASTMATH)
def _squared_distances(weights, x, i, there, count, out):
    """Put the squared distances of sample i from all prototypes into `out`; four features go in one pass over it."""
    out[:] = 0
    whole = count - count % 4
    for c in range(0, whole, 4):
        j0, j1, j2, j3 = there[c], there[c + 1], there[c + 2], there[c + 3]
        x0, x1, x2, x3 = x[i, j0], x[i, j1], x[i, j2], x[i, j3]
        for p in range(len(out)):
            d0, d1, d2, d3 = x0 - weights[j0, p], x1 - weights[j1, p], x2 - weights[j2, p], x3 - weights[j3, p]
            out[p] += (d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3)
    for c in range(whole, count):
        j = there[c]
        xj = x[i, j]
        for p in range(len(out)):
            d = xj - weights[j, p]
            out[p] += d * d


@njit
def _two_nearest(squares, count):
    """Return the two least of the first `count` numbers; the lower one wins a tie."""
    first, second = 0, 1
    if squares[1] < squares[0]:
        first, second = 1, 0
    best, runner_up = squares[first], squares[second]
    for p in range(2, count):
        s = squares[p]
        if s < runner_up:
            if s < best:
                second, runner_up, first, best = first, best, p, s
            else:
                second, runner_up = p, s
    return first, second


@njit
def _move(weights, p, x, i, there, count, factor):
    for c in range(count):
        j = there[c]
        weights[j, p] += factor * (x[i, j] - weights[j, p])


@driver(nogil=True)
def _train(weights, classes, x, codes, order, rates, own, kind, ratio2, epsilon, largest, complete):
    real = weights.dtype.type
    squares = np.empty(weights.shape[1], weights.dtype)
    there = np.arange(x.shape[1])
    count, mistakes, changes = x.shape[1], 0, 0
    for t in range(len(order)):
        i = order[t]
        if not complete:
            count = _observed(x, i, there)
        _squared_distances(weights, x, i, there, count, squares)
        first, second = _two_nearest(squares, len(classes))
        right, second_right = classes[first] == codes[i], classes[second] == codes[i]
        inside = squares[first] > ratio2 * squares[second]
        a, b = rules.steps(kind, right, second_right, inside, epsilon)
        rate = own[first] if kind == rules.OLVQ1 else rates[t]
        if a != 0:
            _move(weights, first, x, i, there, count, rate * real(a))
        if b != 0:
            _move(weights, second, x, i, there, count, rate * real(b))
        if kind == rules.OLVQ1:
            own[first] = rules.next_rate(rate, right, largest)
        mistakes += not right
        changes += a != 0 or b != 0
    return mistakes, changes


@driver(nogil=True)
def _search(begin, end, x, weights, classes, complete, nearest, squares):
    """Find the nearest prototypes for the blocks of samples from `begin` to `end`."""
    scores = np.empty(weights.shape[1], weights.dtype)
    there = np.arange(x.shape[1])
    count = x.shape[1]
    for i in range(begin * BLOCK, min(end * BLOCK, len(x))):
        if not complete:
            count = _observed(x, i, there)
        _squared_distances(weights, x, i, there, count, scores)
        squares[i] = np.inf
        best = 0
        for p in range(len(classes)):
            if scores[p] < scores[best]:
                best = p
            if scores[p] < squares[i, classes[p]]:
                squares[i, classes[p]] = scores[p]
        nearest[i] = best
