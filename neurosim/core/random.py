"""Random numbers as a function of (key, stream, index): the same on every target and for any number of threads.

Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", SC11): ten rounds of
multiplications and exclusive ors scramble a 128-bit counter under a 64-bit key. A draw depends on its counter alone,
never on a thread, a launch shape or the order of the draws.
"""

from numbers import Integral
from typing import Any

import numpy as np
from numba import njit

from neurosim.core.errors import InvalidParameter
from neurosim.core.jit import driver

MASK = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)
M0, M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
W0, W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
TO_UNIT = 2.0**-53
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX1, MIX2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
R27, R30, R31 = (np.uint64(bits) for bits in (27, 30, 31))


@njit
def philox(c0, c1, c2, c3, k0, k1):
    """Return the four 32-bit words of one Philox4x32-10 block; counters, keys and words are uint64 below 2**32.

    Scalars in compiled code on either target; called uncompiled (``philox.py_func``) it also takes arrays.
    """
    for _ in range(10):
        p0 = M0 * c0
        p1 = M1 * c2
        c0, c1, c2, c3 = (p1 >> SHIFT) ^ c1 ^ k0, p1 & MASK, (p0 >> SHIFT) ^ c3 ^ k1, p0 & MASK
        k0 = (k0 + W0) & MASK
        k1 = (k1 + W1) & MASK
    return c0, c1, c2, c3


@njit
def splitmix(start, count):
    """Return 64 random bits, number `count` after a state: SplitMix64 (Steele, Lea & Flood 2014).

    For inner loops, where Philox would take longer than what is done with the number. The state of a generator is
    ``start + GOLDEN * count``; `start` comes from a Philox block of its own.
    """
    z = np.uint64(start) + (np.uint64(count) + np.uint64(1)) * GOLDEN
    z = (z ^ (z >> R30)) * MIX1
    z = (z ^ (z >> R27)) * MIX2
    return z ^ (z >> R31)


@njit
def unit_interval(high, low):
    """Return the float64 in [0, 1) with 53 random bits made of two 32-bit words."""
    return ((high >> np.uint64(5)) * np.uint64(67108864) + (low >> np.uint64(6))) * TO_UNIT


def uniform(key: int, stream: int, shape: int | tuple[int, ...], first: int = 0) -> np.ndarray:
    """Draw uniform float64 numbers in [0, 1) on the host.

    Parameters
    ----------
    key : int in [0, 2**64)
        The seed, as `seed_from` returns it.
    stream : int in [0, 2**32)
        Which of the independent sequences under this key.
    shape : int or tuple of int
        Shape of the result; number i in row-major order is a function of (key, stream, first + i) alone.
    first : int >= 0, default 0
        How many numbers of the sequence to leave out.
    """
    count = int(np.prod(shape))
    block = np.arange(first // 2, (first + count + 1) // 2, dtype=np.uint64)
    words = philox.py_func(
        block & MASK,
        block >> SHIFT,
        np.full_like(block, stream),
        np.zeros_like(block),
        np.uint64(key & 0xFFFFFFFF),
        np.uint64(key >> 32),
    )
    pairs = [unit_interval.py_func(words[0], words[1]), unit_interval.py_func(words[2], words[3])]
    return np.stack(pairs, axis=1).ravel()[first % 2 :][:count].reshape(shape)


def permutation(key: int, stream: int, count: int) -> np.ndarray:
    """Return the numbers below `count` in a random order, int64, a function of (key, stream) alone."""
    order = np.arange(count)
    _shuffle(order, np.uint64(key & 0xFFFFFFFF), np.uint64(key >> 32), np.uint64(stream))
    return order


@driver()
def _shuffle(order, k0, k1, stream):
    """Exchange every number with one at or before its place, from the last on (Fisher and Yates)."""
    zero = np.uint64(0)
    for pair in range(len(order) // 2):
        a, b, c, d = philox(np.uint64(pair) & MASK, np.uint64(pair) >> SHIFT, stream, zero, k0, k1)
        last = len(order) - 1 - 2 * pair
        other = np.int64(unit_interval(a, b) * (last + 1))
        order[last], order[other] = order[other], order[last]
        other = np.int64(unit_interval(c, d) * last)
        order[last - 1], order[other] = order[other], order[last - 1]


def seed_from(random_state: Any) -> int:
    """Return the 64-bit key that `random_state` stands for.

    Parameters
    ----------
    random_state : None, int >= 0, numpy SeedSequence, Generator or RandomState
        None takes fresh entropy from the system. An int below 2**64 is the key itself. A Generator or a RandomState is
        drawn from, so that a second call gives another key.

    Raises
    ------
    InvalidParameter
        If it is none of these.
    """
    if random_state is None:
        random_state = np.random.SeedSequence()
    if isinstance(random_state, np.random.SeedSequence):
        return int(random_state.generate_state(1, np.uint64)[0])
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**64, dtype=np.uint64))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**63 - 1, dtype=np.int64))
    if isinstance(random_state, Integral) and not isinstance(random_state, bool) and 0 <= int(random_state) < 2**64:
        return int(random_state)
    wanted = "None, an int in [0, 2**64), a SeedSequence, a Generator or a RandomState"
    raise InvalidParameter("random", "random_state", random_state, wanted)
