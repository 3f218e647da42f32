"""What the fixed points of a network are."""

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.hopfield import HopfieldNetwork
from neurosim.hopfield.results import Recall
from neurosim.hopfield.spurious import sort_attractors


def recall_of(states, stopped):
    zeros = np.zeros(len(states))
    return Recall(np.array(states, np.int8), zeros, np.array(stopped), zeros, zeros, "int16", "cpu", 0)


@pytest.mark.parametrize("coding", ["spin", "binary"])
def test_states_of_every_kind_are_told_apart(coding, rng):
    xi = rng.choice([-1, 1], (8, 999))
    mixture = np.sign(xi[1] - xi[4] + xi[6])
    five, seven = np.sign(xi[:5].sum(axis=0)), np.sign(xi[:7].sum(axis=0))
    near = xi[2].copy()
    near[:20] *= -1
    other = rng.choice([-1, 1], 999)
    states = np.array([xi[0], -xi[3], mixture, five, seven, near, other, other, xi[5]])
    stopped = ["fixed point"] * 8 + ["limit"]
    if coding == "binary":
        states, xi = (states + 1) // 2, (xi + 1) // 2
    found = sort_attractors(recall_of(states, stopped), xi.astype(np.int8), coding, 0.9)
    kinds = {tuple(s): k for s, k in zip(found.states, found.kinds, strict=True)}
    expected = ["pattern", "negative", "3-mixture", "5-mixture", "7-mixture", "pattern", "other", "other"]
    assert [kinds[tuple(s)] for s in states[:8]] == expected
    assert found.counts.tolist() == [2, 1, 1, 1, 1, 1, 1]
    assert found.kinds[0] == "other"
    overlaps = {tuple(s): o for s, o in zip(found.states, found.overlap, strict=True)}
    assert overlaps[tuple(states[5])] == pytest.approx(1 - 40 / 999)
    assert overlaps[tuple(states[2])] == 1
    fractions = found.fractions()
    assert fractions["none"] == pytest.approx(1 / 9)
    assert fractions["other"] == pytest.approx(2 / 9)
    assert sum(fractions.values()) == pytest.approx(1)
    assert found.distinct() == {"pattern": 2, "negative": 1, "3-mixture": 1, "5-mixture": 1, "7-mixture": 1, "other": 1}


def test_three_patterns_have_four_mixtures_and_their_negatives(rng):
    """At a low load the fixed points are the patterns, the 3-mixtures and the negatives of both (Amit et al. 1985)."""
    net = HopfieldNetwork(600).store(rng.choice([-1, 1], (3, 600)))
    found = net.spurious(600, random_state=0)
    assert found.distinct() == {"pattern": 3, "negative": 3, "3-mixture": 8}
    fractions = found.fractions()
    assert fractions["none"] == 0
    assert abs(fractions["pattern"] - fractions["negative"]) < 0.15
    again = net.spurious(600, random_state=0)
    np.testing.assert_array_equal(again.counts, found.counts)


def test_patterns_stored_twice_or_with_their_negatives_are_mixed_once(rng):
    xi = rng.choice([-1, 1], (5, 999)).astype(np.int8)
    mixture = np.sign(xi[0] + xi[2] - xi[3].astype(int))
    found = sort_attractors(recall_of([mixture], ["fixed point"]), np.concatenate([xi, xi, -xi]), "spin", 0.9)
    assert found.distinct() == {"3-mixture": 1}
    assert found.overlap[0] == 1


def test_no_patterns_and_bad_input():
    found = HopfieldNetwork(8, thresholds=1.0).spurious(20, random_state=0)
    assert set(found.kinds) == {"other"}
    for name, value in (("probes", 0), ("least_overlap", 0.0), ("least_overlap", 1.1), ("order", "x")):
        with pytest.raises(InvalidParameter, match=name):
            HopfieldNetwork(8).spurious(**{name: value})
