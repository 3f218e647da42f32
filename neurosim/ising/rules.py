"""The formulas of annealing: energy change, acceptance, and the generators of the inner loops.

A flip of spin s in the local field f = sum_j J_j s_j + h costs 2 s f. With y = -2 s f / (T ln 2) Metropolis et al.
(1953) accept it with probability min(1, 2^y), and the heat bath (Glauber 1963) with probability 2^y / (1 + 2^y).
"""

import math

import numpy as np
from numba import njit

from neurosim.core import random

METROPOLIS, HEATBATH = 0, 1
RULES = ("metropolis", "heatbath")
SEQUENTIAL, PERMUTATION, RANDOM = 0, 1, 2
ORDERS = ("sequential", "permutation", "random")

F = np.float32
MOST = F(126.0)  # powers of two beyond this are not needed: a draw has 23 bits
# 2^f on [0, 1) to 2e-7 of its value, fitted by us; 1 at f = 0
C1, C2, C3, C4, C5 = F(0.6931513), F(0.24016446), F(0.055799866), F(0.009017097), F(0.0018670984)
# log2(1 + f) / f on [0, 1], to 5e-8, fitted by us; 0 at f = 0 and 1 at f = 1
L = tuple(map(F, (1.44268965, -0.721158936, 0.478617141, -0.346999262, 0.241140305, -0.136573787, 0.0514212687,
                  -0.00913637557)))  # fmt: skip
LN2 = F(0.6931472)
NEVER = 16.7  # dE / T that no draw allows: -ln of the smallest, 2^-24, is 16.64

ZERO = np.uint64(0)


@njit
def power_of_two(y):
    """Return 2^y in float32 for |y| <= 126; the same bits wherever it is computed, as no step is fused."""
    whole = F(math.floor(y))
    f = F(y - whole)
    series = F(F(F(F(F(F(F(F(C5 * f) + C4) * f) + C3) * f) + C2) * f) + C1) * f
    return F(F(F(series) + F(1.0)) * F(2.0 ** np.float64(whole)))


@njit
def accepts(rule, u, y):
    """Return whether a flip is accepted for a uniform number u in (0, 1)."""
    if rule == METROPOLIS:
        return u < power_of_two(min(max(y, -MOST), F(0.0)))
    e = power_of_two(min(max(y, -MOST), MOST))
    return F(u * F(F(1.0) + e)) < e


@njit
def minus_log(u):
    """Return -ln u in float32 for u in (0, 1), the same bits wherever it is computed."""
    half, exponent = math.frexp(u)
    f = F(F(half + half) - F(1.0))
    series = L[7]
    for k in range(6, -1, -1):
        series = F(F(series * f) + L[k])
    return F(-F(F(F(exponent) - F(1.0)) + F(series * f)) * LN2)


@njit
def allowance(rule, u):
    """Return what dE / T has to be below for a uniform number u in (0, 1) to accept the flip.

    That is -ln u for Metropolis, as u < exp(-dE / T), and ln(1 - u) - ln u for the heat bath.
    """
    if rule == METROPOLIS:
        return minus_log(u)
    return F(minus_log(u) - minus_log(F(F(1.0) - u)))


@njit
def unit_interval(word):
    """Return the float32 in (0, 1) that the upper 23 of 32 random bits stand for."""
    return F(F(F(word >> np.uint32(9)) + F(0.5)) * F(2.0**-23))


@njit
def xoshiro(a, b, c, d):
    """Return a random uint32 and the next state of xoshiro128+ (Blackman & Vigna 2021)."""
    word = np.uint32(a + d)
    shifted = np.uint32(b << np.uint32(9))
    c = np.uint32(c ^ a)
    d = np.uint32(d ^ b)
    b = np.uint32(b ^ c)
    a = np.uint32(a ^ d)
    c = np.uint32(c ^ shifted)
    d = np.uint32(np.uint32(d << np.uint32(11)) | (d >> np.uint32(21)))
    return word, a, b, c, d


@njit
def draw(generators, number, lane):
    """Return a uniform number in (0, 1) from generator (number, lane) of states (4 numbers, lanes) uint32."""
    row = 4 * number
    word, a, b, c, d = xoshiro(
        generators[row, lane], generators[row + 1, lane], generators[row + 2, lane], generators[row + 3, lane]
    )
    generators[row, lane], generators[row + 1, lane] = a, b
    generators[row + 2, lane], generators[row + 3, lane] = c, d
    return unit_interval(word)


@njit
def splitmix(state):
    """Return a random uint64 and the next state of `core.random.splitmix`."""
    return random.splitmix(state, ZERO), state + random.GOLDEN


@njit
def below(word, count):
    """Return the number in [0, count) that a random uint64 stands for; count < 2^32."""
    return ((word >> np.uint64(32)) * np.uint64(count)) >> np.uint64(32)


@njit
def shuffle(orders, row, stream):
    """Put the numbers of a row into a random order (Fisher and Yates); return the generator's next state."""
    for last in range(orders.shape[1] - 1, 0, -1):
        word, stream = splitmix(stream)
        other = np.int64(below(word, last + 1))
        orders[row, last], orders[row, other] = orders[row, other], orders[row, last]
    return stream
