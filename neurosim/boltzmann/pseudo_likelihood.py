"""The probability of every visible unit given all others: sums over the hidden units in closed form."""

from math import exp, log, log1p

import numpy as np
from numba import njit
from scipy.special import expit

from neurosim.core import parallel
from neurosim.core.jit import FASTMATH, driver

SAFE = 600.0  # products of e^w up to e^600 are within float64's range


def log_pseudo_likelihood(
    x: np.ndarray, weights: np.ndarray, visible_bias: np.ndarray, hidden_bias: np.ndarray
) -> np.ndarray:
    """Return sum_i ln P(v_i | v_j, j != i) of every sample, (n,) float64.

    A value between 0 and 1 is a probability: its term is the mean of those of 1 and 0 with these weights, while the
    other values stay as they are.

    Parameters
    ----------
    x : (n, V) float64
    weights : (V, H) float64
    visible_bias : (V,) float64
    hidden_bias : (H,) float64
    """
    fields = x @ weights + hidden_bias
    with np.errstate(over="ignore"):
        rise, fall = np.exp(weights), np.exp(-weights)
    largest = float(np.abs(weights).max(initial=0.0))
    together = int(min(SAFE / largest, 32)) if largest > 0 else 32
    sums = np.empty(len(x))
    arrays = [
        np.ascontiguousarray(a, np.float64)
        for a in (x, fields, expit(fields), expit(-fields), weights, rise, fall, visible_bias)
    ]
    parallel.run(_sums, len(x), together, *arrays, sums)
    return sums


@driver(nogil=True, error_model="numpy", fastmath=FASTMATH)
def _sums(
    begin: int,
    end: int,
    together: int,
    x: np.ndarray,
    fields: np.ndarray,
    on: np.ndarray,
    off: np.ndarray,
    weights: np.ndarray,
    rise: np.ndarray,
    fall: np.ndarray,
    bias: np.ndarray,
    sums: np.ndarray,
) -> None:
    """Add up the terms of samples; `on`, `off` are P(h = 1 | v), P(h = 0 | v); `rise`, `fall` are e^w, e^-w."""
    for n in range(begin, end):
        total = 0.0
        for i in range(x.shape[1]):
            v, odds = x[n, i], bias[i]
            if v == 0.0 and together > 0:
                odds += _log_product(on, off, rise, n, i, together)
            elif v == 1.0 and together > 0:
                odds -= _log_product(on, off, fall, n, i, together)
            elif 0.0 < v < 1.0 and together > 0:
                odds += _log_quotient(on, off, weights, rise, n, i, v, together)
            else:
                for k in range(weights.shape[1]):
                    without = fields[n, k] - v * weights[i, k]
                    odds += _softplus(without + weights[i, k]) - _softplus(without)
            total += v * odds - _softplus(odds)
        sums[n] = total


@njit(fastmath=FASTMATH)
def _log_product(on, off, factor, n, i, together):  # type: ignore[no-untyped-def]
    """Return sum_k ln(off_k + on_k factor_k), by which the sum of ln(1 + e^field) grows; one ln for several terms."""
    total, product = 0.0, 1.0
    for first in range(0, on.shape[1], together):
        product = 1.0
        for k in range(first, min(first + together, on.shape[1])):
            product *= off[n, k] + on[n, k] * factor[i, k]
        total += log(product)
    return total


@njit(fastmath=FASTMATH)
def _log_quotient(on, off, weights, rise, n, i, v, together):  # type: ignore[no-untyped-def]
    """Return the same for a unit between 0 and 1: both ends are compared with its value."""
    total, product = 0.0, 1.0
    for first in range(0, on.shape[1], together):
        product = 1.0
        for k in range(first, min(first + together, on.shape[1])):
            at_zero = on[n, k] * exp(-v * weights[i, k])
            product *= (off[n, k] + at_zero * rise[i, k]) / (off[n, k] + at_zero)
        total += log(product)
    return total


@njit
def _softplus(x):  # type: ignore[no-untyped-def]
    return max(x, 0.0) + log1p(exp(-abs(x)))
