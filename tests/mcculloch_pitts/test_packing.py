"""Histories in words."""

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.mcculloch_pitts import Histories, all_histories, pack


def test_packing_is_a_round_trip(rng):
    for count in (1, 63, 64, 65, 200):
        bits = rng.integers(0, 2, (count, 3, 2)).astype(bool)
        packed = pack(bits)
        assert packed.words.shape == (3, 2, -(-count // 64))
        np.testing.assert_array_equal(packed.unpack(), bits)
    assert pack([[[1]]] * 65).words.tolist() == [[[2**64 - 1, 1]]]


@pytest.mark.parametrize(("inputs", "steps"), [(1, 3), (2, 4), (3, 3), (0, 4), (2, 0)])
def test_all_histories(inputs, steps):
    histories = all_histories(inputs, steps)
    number = np.arange(2 ** (inputs * steps))
    assert histories.count == len(number)
    bits = histories.unpack()
    for t in range(steps):
        for i in range(inputs):
            np.testing.assert_array_equal(bits[:, t, i], number >> (t * inputs + i) & 1)


@pytest.mark.parametrize("arguments", [(-1, 2), (2, -1), (31, 1), (1.0, 1)])
def test_refused_sets_of_histories(arguments):
    with pytest.raises(InvalidParameter, match="all_histories"):
        all_histories(*arguments)


@pytest.mark.parametrize("array", [[1], np.zeros((0, 1, 1)), [[[2]]], "x"])
def test_refused_packing(array):
    with pytest.raises(InvalidParameter, match="pack: array"):
        pack(array)


@pytest.mark.parametrize(
    ("words", "count"),
    [(np.zeros((1, 1, 1), np.uint64), 0), (np.zeros((1, 1, 1), np.uint64), 65), (np.zeros((1, 1, 1)), 1), (0, 1)],
)
def test_refused_histories(words, count):
    with pytest.raises(InvalidParameter, match="Histories"):
        Histories(words, count)
