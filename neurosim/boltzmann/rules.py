"""The formulas of stochastic 0/1 units: when a unit turns on, and what its random numbers are made of.

A unit whose gap is E(off) - E(on) = sum_j w_ij s_j + b_i turns on with probability 1 / (1 + exp(-gap / T)) (Ackley,
Hinton & Sejnowski 1985). With slope = 1 / (T ln 2) the odds are 2^(gap slope).
"""

import numpy as np
from numba import njit

from neurosim.core.random import philox
from neurosim.ising.rules import C1, C2, C3, C4, C5, MOST

VISIT, DECISION, COIN = np.uint64(0), np.uint64(1), np.uint64(2)  # streams: last word of a Philox counter

F = np.float32
I32 = np.int32
ZERO, HALF, ONE, TO_UNIT = F(0.0), F(0.5), F(1.0), F(2.0**-23)
B2, B32 = np.uint64(2), np.uint64(32)
NINE, EXPONENT, BIAS = np.uint64(9), I32(23), I32(127)


@njit
def power_of_two(y):
    """Return 2^y in float32 for |y| <= 126, with the bits of `neurosim.ising.rules.power_of_two`.

    Here loops over it become vector code: nothing is called.
    """
    towards_zero = I32(y)
    whole = I32(towards_zero - I32(F(towards_zero) > y))
    f = F(y - F(whole))
    series = F(F(F(F(F(F(F(F(C5 * f) + C4) * f) + C3) * f) + C2) * f) + C1) * f
    return F(F(F(series) + ONE) * I32(I32(whole + BIAS) << EXPONENT).view(np.float32))


@njit
def turns_on(u, gap, slope):
    """Return whether a unit is on after its visit, for a uniform number u in (0, 1) of float32.

    Parameters
    ----------
    u : float32
    gap, slope : float32 or both float64
        The slope of T = +0 is inf and of -0 is -inf, so that the sign of the gap decides; that of T = inf is 0, so that
        a fair coin decides, as it always does where the gap is 0. Negative temperatures exchange on and off.
    """
    y = ZERO if gap == 0 else F(gap * slope)
    e = power_of_two(min(max(y, -MOST), MOST))
    return F(u * F(ONE + e)) < e


@njit
def fraction(word):
    """Return the float32 in (0, 1) that the 23 highest of 32 random bits stand for."""
    return F(F(F(I32(word >> NINE)) + HALF) * TO_UNIT)


@njit
def below(word, count):
    """Return the number in [0, count) that 32 random bits stand for; count < 2**32."""
    return (word * np.uint64(count)) >> B32


@njit
def visited(q, t, step, count, k0, k1):
    """Return which of `count` free units probe q of time unit t visits, in every chain: word q % 4 of a block."""
    words = philox(np.uint64(q) >> B2, np.uint64(t), np.uint64(step), VISIT, k0, k1)
    return below(words[np.uint64(q) & np.uint64(3)], count)


@njit
def decision(number, name, step, k0, k1):
    """Return u of decision `number` of the chain `name`; a settling's decisions are numbered through."""
    words = philox(np.uint64(number) >> B2, np.uint64(name), np.uint64(step), DECISION, k0, k1)
    return fraction(words[np.uint64(number) & np.uint64(3)])


@njit
def coin(number, name, step, k0, k1):
    """Return bit `number` of the chain `name`: the state in which its free unit of this number starts."""
    bit = np.uint64(number)
    words = philox(bit >> np.uint64(7), np.uint64(name), np.uint64(step), COIN, k0, k1)
    return (words[(bit >> np.uint64(5)) & np.uint64(3)] >> (bit & np.uint64(31))) & np.uint64(1)
