"""The formulas of S- and C-cells; both targets call them."""

import math

import numpy as np
from numba import njit

ZERO, ONE = np.float32(0), np.float32(1)  # with integers, Numba would compute float32 in float64


@njit
def phi(x):
    """Return the positive part; NaN stays NaN."""
    return ZERO if x <= ZERO else x


@njit
def shunted(e, h):
    """Return phi((1 + e) / (1 + h) - 1), written so that large e and h do not cancel (Fukushima 1980, eq. 1)."""
    return phi((e - h) / (ONE + h))


@njit
def subtracted(e, h):
    """Return phi(e - h): the inhibition of the versions since 2011, and a threshold."""
    return phi(e - h)


@njit
def saturated(x, alpha):
    """Return psi(x) = x / (alpha + x) of positive x, else 0 (Fukushima 1980, eq. 5)."""
    return ZERO if x <= ZERO else x / (alpha + x)


@njit
def rooted(x):
    """Return the square root of positive x, else 0."""
    return ZERO if x <= ZERO else math.sqrt(x)


@njit
def larger(x, y):
    """Return the larger one, or NaN if either is."""
    return y if y > x or y != y else x
