"""Basins of attraction."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.hopfield import HopfieldNetwork


@pytest.mark.parametrize("coding", ["spin", "binary"])
def test_one_pattern_has_half_of_all_states(coding, rng):
    pattern = rng.integers(0, 2, 31)
    if coding == "spin":
        net = HopfieldNetwork(31).store(2 * pattern - 1)
        basin = net.basin(flips=[0, 1, 10, 14, 17, 31], probes=20, random_state=0)
        assert basin.probability.tolist() == [[1, 1, 1, 1, 0, 0]]
        assert basin.overlap.tolist() == [[1, 1, 1, 1, -1, -1]]
    else:
        net = HopfieldNetwork(31, coding=coding, thresholds=0).store(pattern)
        basin = net.basin(flips=[0, 1], probes=20, random_state=0)
        assert basin.probability.tolist() == [[1, 1]]
    assert basin.patterns.tolist() == [0]
    assert basin.probes == 20


def test_probes_lie_at_the_distance_asked_for(rng):
    """Without weights a network stays where it is."""
    net = HopfieldNetwork(50)
    net.patterns = rng.choice([-1, 1], (3, 50)).astype(np.int8)
    basin = net.basin([2, 0], flips=[0, 7, 50], probes=9, random_state=0)
    np.testing.assert_allclose(basin.overlap, [[1, 1 - 14 / 50, -1]] * 2)
    assert basin.probability.tolist() == [[1, 0, 0]] * 2
    assert basin.patterns.tolist() == [2, 0]
    loose = net.basin(2, flips=[6, 7, 8], probes=9, errors=7, random_state=0)
    assert loose.probability.tolist() == [[1, 1, 0]]


def test_recall_fails_more_often_from_afar(rng):
    net = HopfieldNetwork(100).store(rng.choice([-1, 1], (8, 100)))
    basin = net.basin(random_state=1, probes=50)
    mean = basin.probability.mean(axis=0)
    assert basin.flips.tolist() == list(range(0, 51, 5))
    assert mean[0] > 0.9
    assert mean[-1] < 0.1
    assert (np.diff(mean) < 0.05).all()
    again = net.basin(random_state=1, probes=50)
    np.testing.assert_array_equal(again.probability, basin.probability)
    one = net.basin(3, random_state=1, probes=50)
    np.testing.assert_array_equal(one.overlap[0], basin.overlap[3])


def test_bad_input(rng):
    net = HopfieldNetwork(10).store(rng.choice([-1, 1], (2, 10)))
    with pytest.raises(DataError, match="must have stored patterns; it has none"):
        HopfieldNetwork(10).basin()
    for name, value in (
        ("patterns", 2), ("patterns", [0.5]), ("flips", 11), ("flips", -1), ("flips", []), ("probes", 0),
        ("errors", -1), ("order", "x"),
    ):  # fmt: skip
        with pytest.raises(InvalidParameter, match=name):
            net.basin(**{name: value})
