"""The formulas of two-state units with cached fields: when a unit flips, and where its random numbers come from."""

import math

import numpy as np
from numba import njit

from neurosim.core.random import TO_UNIT, philox

LOW32, STREAM = np.uint64(0xFFFFFFFF), np.uint64(0x484F5046)
B11, B32, B63 = (np.uint64(b) for b in (11, 32, 63))

KEEP, PLUS, MINUS, COIN = 0, 1, 2, 3  # what a unit does whose field is zero
SEQUENTIAL, PERMUTATION, RANDOM, PARALLEL = 0, 1, 2, 3  # orders of updates
RUNNING, FIXED, CYCLE = 0, 1, 2  # whether a probe has stopped, and where
NEVER = 2  # in place of a state to which nothing can come back
MOST = 700.0  # exponent of a float64


@njit
def start_of_stream(key, probe):
    """Return the 64-bit state from which the generator of a probe starts, a Philox block of (key, probe)."""
    probe, zero = np.uint64(probe), np.uint64(0)
    high, low, _, _ = philox(probe & LOW32, probe >> B32, STREAM, zero, key & LOW32, key >> B32)
    return np.uint64((high << B32) | low)


@njit
def below(word, number):
    """Return an integer in [0, number) made of 32 random bits; number < 2**32."""
    return (np.uint64(word) * np.uint64(number)) >> B32


@njit
def settled(field, now):
    """Return whether a unit is in the state that its field, if it is not zero, asks for at T = 0."""
    return (2 * now - 1) * field > 0  # without a branch, which would be foreseen wrongly half the time


@njit
def undecided(field, now, tie):
    """Return whether a unit stays as it is at T = 0 because its field is zero."""
    return (field == 0) & ((tie == KEEP) | ((tie == PLUS) & (now > 0)) | ((tie == MINUS) & (now <= 0)))


@njit
def cold(field, now, low, tie, bits):
    """Return the state that a unit takes at T = 0: the upper one if its field is positive, the lower if negative."""
    zero = now if tie == KEEP else np.int8(1) if tie == PLUS or (tie == COIN and np.uint64(bits) >> B63) else low
    return np.int8(1) if field > 0 else low if field < 0 else zero


@njit
def warm(field, slope, low, bits):
    """Return the state drawn by the heat bath: the upper one with probability 1 / (1 + exp(-slope field)).

    The slope is the difference of the two states over the temperature: 2 / T for -1 and +1, 1 / T for 0 and 1.
    """
    return np.int8(1) if (np.uint64(bits) >> B11) * TO_UNIT * (1.0 + math.exp(min(-slope * field, MOST))) < 1.0 else low


def energies(spins, fields, thresholds, scale):
    """Return -1/2 s^T W s + theta^T s of each row, where fields = W s - theta, all in units of `scale`."""
    total = (spins * fields).sum(axis=1, dtype=fields.dtype if fields.dtype.kind == "f" else np.int64)
    raised = np.einsum("pi,i->p", spins, thresholds.astype(np.float64)) if thresholds.any() else 0.0
    return scale * (0.5 * raised - 0.5 * total)
