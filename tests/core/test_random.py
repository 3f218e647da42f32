"""Philox against the published vectors, and the same bits everywhere."""

import numpy as np
import pytest
from numba import njit, prange

from neurosim.core import random
from neurosim.core.errors import InvalidParameter

# Random123's known answers (kat_vectors) for philox4x32 with 10 rounds: counter, key, result
VECTORS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def words(text):
    return [np.uint64(int(word, 16)) for word in text.split()]


@njit(parallel=True)
def fill(key, stream, out):
    """One draw an element, over threads."""
    for i in prange(len(out)):
        block = np.uint64(i // 2)
        w = random.philox(
            block, np.uint64(0), np.uint64(stream), np.uint64(0), key & np.uint64(0xFFFFFFFF), key >> np.uint64(32)
        )
        out[i] = random.unit_interval(w[0], w[1]) if i % 2 == 0 else random.unit_interval(w[2], w[3])


@pytest.mark.parametrize(("counter", "key", "expected"), VECTORS)
def test_published_vectors(counter, key, expected):
    arguments = [*words(counter), *words(key)]
    assert list(random.philox(*arguments)) == words(expected)
    assert list(random.philox.py_func(*arguments)) == words(expected)
    as_arrays = random.philox.py_func(*(np.array([a]) for a in arguments))
    assert [int(w[0]) for w in as_arrays] == words(expected)


def test_host_draws_equal_compiled_draws():
    key = 0x123456789ABCDEF0
    out = np.empty(1001)
    fill(np.uint64(key), 7, out)
    np.testing.assert_array_equal(random.uniform(key, 7, 1001), out)


def test_draws_depend_on_their_index_alone():
    np.testing.assert_array_equal(random.uniform(3, 1, 100)[:37], random.uniform(3, 1, 37))
    np.testing.assert_array_equal(random.uniform(3, 1, (10, 10)).ravel(), random.uniform(3, 1, 100))


@pytest.mark.parametrize("first", [0, 1, 2, 31])
@pytest.mark.parametrize("count", [0, 1, 8, 9])
def test_draws_from_a_number_on(first, count):
    np.testing.assert_array_equal(random.uniform(3, 1, count, first), random.uniform(3, 1, 40)[first : first + count])


def test_the_counter_has_a_high_word():
    """Draw 2**33 and the one after it come from block 2**32, whose low word is that of block 0."""
    one, zero = np.uint64(1), np.uint64(0)
    assert random.philox(zero, one, zero, zero, zero, zero) != random.philox(zero, zero, zero, zero, zero, zero)


def test_streams_and_keys_differ_and_are_uniform():
    draws = random.uniform(1, 0, 100_000)
    assert 0 <= draws.min() < draws.max() < 1
    assert abs(draws.mean() - 0.5) < 5 / np.sqrt(12 * 100_000)
    assert abs(np.corrcoef(draws[:-1], draws[1:])[0, 1]) < 5 / np.sqrt(100_000)
    assert not np.isin(random.uniform(1, 1, 1000), draws).any()
    assert not np.isin(random.uniform(2**32 + 1, 0, 1000), draws).any()


def test_seed_from_repeats_or_moves_on():
    assert random.seed_from(5) == 5
    assert random.seed_from(np.int64(5)) == 5
    assert random.seed_from(2**64 - 1) == 2**64 - 1
    assert random.seed_from(np.random.SeedSequence(1)) == random.seed_from(np.random.SeedSequence(1))
    for generator in (np.random.default_rng(1), np.random.RandomState(1)):
        assert random.seed_from(generator) != random.seed_from(generator)
    assert random.seed_from(None) != random.seed_from(None)


@pytest.mark.parametrize("bad", [-1, 2**64, 1.5, "7", True])
def test_seed_from_refuses(bad):
    with pytest.raises(InvalidParameter, match="random_state must be None, an int"):
        random.seed_from(bad)


def test_splitmix_gives_its_published_numbers():
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert [int(random.splitmix(np.uint64(1234567), count)) for count in range(3)] == published
