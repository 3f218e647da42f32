"""Patterns that are taken out again, and unlearning."""

import numpy as np
import pytest

from neurosim.core.errors import DataError
from neurosim.hopfield import HopfieldNetwork

from . import naive


@pytest.fixture
def patterns(rng):
    return rng.choice([-1, 1], (7, 20))


@pytest.mark.parametrize("rule", ["hebb", "projection", "clipped"])
def test_forgotten_patterns_leave_no_trace(rule, patterns):
    net = HopfieldNetwork(20).store(patterns, rule).forget(patterns[[5, 1]])
    rest = HopfieldNetwork(20).store(patterns[[0, 2, 3, 4, 6]], rule)
    np.testing.assert_allclose(net.weights, rest.weights, atol=1e-12)
    np.testing.assert_array_equal(net.patterns, rest.patterns)
    net.forget(net.patterns)
    assert abs(net.weights).max() < 1e-12


def test_what_cannot_be_forgotten(patterns):
    with pytest.raises(DataError, match="patterns to forget must be stored; row 1 is not"):
        HopfieldNetwork(20).store(patterns[:2]).forget(patterns[[0, 3]])
    with pytest.raises(DataError, match="cannot be taken out after storkey; store those to keep in a new network"):
        HopfieldNetwork(20).store(patterns, "storkey").forget(patterns[0])
    mixed = HopfieldNetwork(20).store(patterns[:4]).store(patterns[4:], "covariance", activity=0.5)
    alone = HopfieldNetwork(20).store(patterns[4:], "covariance", activity=0.5)
    np.testing.assert_allclose(mixed.forget(patterns[:4]).weights, alone.weights, atol=1e-12)
    with pytest.raises(DataError, match="cannot be taken out after covariance"):
        mixed.forget(patterns[4])


@pytest.mark.parametrize("rule", ["hebb", "projection", "clipped"])
def test_nothing_is_forgotten_that_later_changes_depend_on(rule, patterns):
    unlearned = HopfieldNetwork(20).store(patterns[:4], rule).unlearn(1, random_state=0)
    with pytest.raises(DataError, match=r"cannot be taken out after .*unlearn"):
        unlearned.forget(patterns[1])
    led = HopfieldNetwork(20).store(patterns[:4], rule).store_sequence(patterns[2:6])
    for number in (3, 5):
        with pytest.raises(DataError, match=r"cannot be taken out after .*store_sequence"):
            led.forget(patterns[number])
    assert len(led.patterns) == 6
    led.store(patterns[6], "projection").forget(patterns[3])  # starts anew from all
    rest = HopfieldNetwork(20).store(patterns[[0, 1, 2, 4, 5, 6]], "projection")
    np.testing.assert_allclose(led.weights, rest.weights, atol=1e-12)


def test_hebb_patterns_beside_a_sequence_or_after_unlearning_are_forgotten(patterns):
    net = HopfieldNetwork(20).store(patterns[:3]).store_sequence(patterns[2:6]).unlearn(0)
    net.forget(patterns[:2])
    alone = HopfieldNetwork(20).store(patterns[2]).store_sequence(patterns[2:6])
    np.testing.assert_allclose(net.weights, alone.weights, atol=1e-14)
    np.testing.assert_array_equal(net.patterns, alone.patterns)
    before = net.unlearn(3, random_state=0).weights
    np.testing.assert_allclose(net.store(patterns[6]).forget(patterns[6]).weights, before, atol=1e-14)


def test_the_last_of_equal_patterns_is_forgotten(patterns):
    net = HopfieldNetwork(20).store(patterns[[0, 1, 0, 2, 0]]).forget(patterns[[0, 0]])
    np.testing.assert_array_equal(net.patterns, patterns[[0, 1, 2]])
    np.testing.assert_allclose(net.weights, naive.hebb(patterns[:3], 1 / 20), atol=1e-15)


def test_unlearning_subtracts_what_it_falls_into(patterns):
    """With one pattern every start ends in it or its negative, whose products are the same."""
    net = HopfieldNetwork(20).store(patterns[0])
    before = net.weights
    net.unlearn(5, rate=0.02, random_state=0)
    assert (net.weights != before).sum() == 380
    np.testing.assert_allclose(net.weights, before * (1 - 5 * 0.02), rtol=0, atol=1e-16)


def stable(net, patterns):
    """The share of the patterns that are fixed points."""
    return (net.recall(patterns, max_sweeps=1, random_state=0).sweeps == 0).mean()


def test_unlearning_makes_room_for_more(rng):
    """Above the capacity patterns become fixed points again (Hopfield, Feinstein & Palmer 1983); 4 networks."""
    before, after = [], []
    for _ in range(4):
        patterns = rng.choice([-1, 1], (20, 100))
        net = HopfieldNetwork(100).store(patterns)
        before.append(stable(net, patterns))
        after.append(stable(net.unlearn(200, rate=0.02, random_state=rng), patterns))
    assert np.mean(before) < 0.75
    assert np.mean(after) > 0.9
