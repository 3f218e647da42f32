"""The network as an object: parameters, energies, overlaps, storage; and the arithmetic of its rules."""

from pathlib import Path

import numpy as np
import pytest

import neurosim
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.hopfield import HopfieldNetwork, rules
from tests import mutants

from . import naive


def test_a_new_network_knows_nothing():
    net = HopfieldNetwork(4)
    assert repr(net) == "HopfieldNetwork(4 units, 0 patterns, coding='spin')"
    assert not net.weights.any()
    assert net.thresholds.tolist() == [0, 0, 0, 0]
    assert net.learning is None
    assert net.is_symmetric
    assert net.overlap([1, 1, 1, -1]).shape == (0,)


@pytest.mark.parametrize("coding", ["spin", "binary"])
def test_energies(coding, rng):
    n = 9
    w, theta = rng.normal(size=(n, n)), rng.normal(size=n)
    w += w.T
    net = HopfieldNetwork.from_weights(w, coding=coding, thresholds=theta)
    states = rng.choice([-1 if coding == "spin" else 0, 1], (2, 3, n))
    expected = [[naive.energy(w, theta, s) for s in row] for row in states]
    np.testing.assert_allclose(net.energy(states), expected)
    assert isinstance(net.energy(states[0, 0]), float)
    fields = states @ w - theta
    then = np.where(fields > 0, 1, -1 if coding == "spin" else 0)
    least = -np.einsum("abi,ij,abj->ab", then, w, states) + (then + states) @ theta
    np.testing.assert_allclose(net.parallel_energy(states), least)
    assert net.energy(np.ones((0, n))).shape == (0,)


def test_overlaps(rng):
    net = HopfieldNetwork(10).store(rng.choice([-1, 1], (3, 10)))
    states = rng.choice([-1, 1], (2, 4, 10))
    np.testing.assert_allclose(net.overlap(states), states @ net.patterns.T / 10)
    np.testing.assert_allclose(net.overlap(states[0, 0], -states[0, 0]), [-1])
    binary = HopfieldNetwork(4, coding="binary")
    assert binary.overlap([0, 0, 1, 1], [[0, 1, 1, 1], [1, 1, 0, 0]]).tolist() == [0.5, -1]


def test_thresholds_can_be_changed():
    net = HopfieldNetwork.from_weights([[0, 2], [2, 0]])
    assert net.recall([1, 1]).stopped == "fixed point"
    net.thresholds = 3
    assert net.thresholds.tolist() == [3, 3]
    assert net.recall([1, 1]).states.tolist() == [[-1, -1]]
    net.thresholds[0] = 99
    assert net.thresholds[0] == 3
    assert HopfieldNetwork(2, thresholds=[0.5, 1]).thresholds.tolist() == [0.5, 1]


def test_weights_that_are_given():
    net = HopfieldNetwork.from_weights([[1, 2], [2, -1]], coding="binary")
    assert net.self_coupling
    assert net.weights.tolist() == [[1, 2], [2, -1]]
    assert net.energy([1, 1]) == -2
    assert not HopfieldNetwork.from_weights([[0, 1], [1, 0]]).self_coupling
    assert HopfieldNetwork.from_weights([[0, 1], [1, 0]], symmetric=False).is_symmetric


def test_narrow_types_hold_what_they_must(rng):
    """Types by the size of weights and fields, at their borders."""
    n = 300
    ones = np.ones((n, n)) - np.eye(n)
    for factor, dtype in ((1, "int16"), (109, "int16"), (110, "int32"), (128, "int32"), (2**15 - 1, "int32")):
        net = HopfieldNetwork.from_weights(ones * factor)
        found = net.recall(np.ones(n))
        assert found.dtype == dtype
        assert found.energies[0] == -factor * n * (n - 1) / 2
    assert HopfieldNetwork.from_weights(ones * 2**15).recall(np.ones(n)).dtype == "float64"
    assert HopfieldNetwork.from_weights(ones, thresholds=0.5).recall(np.ones(n)).dtype == "float64"
    assert HopfieldNetwork.from_weights(ones, thresholds=2.0).recall(np.ones(n)).dtype == "int16"
    assert HopfieldNetwork(n).store(np.ones(n)).recall(np.ones(n)).dtype == "int16"


@pytest.mark.parametrize("rule", ["hebb", "storkey"])
def test_saving(rule, rng, tmp_path):
    net = HopfieldNetwork(12, zero_field="plus", thresholds=0.25).store(rng.choice([-1, 1], (3, 12)), rule)
    net.dilute(0.2, symmetric=False, random_state=0)
    again = neurosim.load(net.save(tmp_path / "net.npz"))
    assert isinstance(again, HopfieldNetwork)
    for name in ("weights", "thresholds", "patterns"):
        np.testing.assert_array_equal(getattr(again, name), getattr(net, name))
    assert (again.zero_field, again.is_symmetric) == ("plus", False)
    assert again.learning == net.learning is not None
    for one in (net, again):
        one.store(np.ones(12))
    np.testing.assert_array_equal(again.weights, net.weights)
    probes = rng.choice([-1, 1], (5, 12))
    np.testing.assert_array_equal(
        again.recall(probes, random_state=1, max_sweeps=3).states,
        net.recall(probes, random_state=1, max_sweeps=3).states,
    )


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"n_units": 0}, "n_units"),
        ({"n_units": 2.5}, "n_units"),
        ({"coding": "bipolar"}, "coding"),
        ({"zero_field": "stay"}, "zero_field"),
        ({"self_coupling": 1}, "self_coupling"),
        ({"thresholds": [1, 2]}, "thresholds"),
        ({"thresholds": np.nan}, "thresholds"),
        ({"thresholds": "high"}, "thresholds"),
    ],
)
def test_bad_parameters(parameters, name):
    with pytest.raises(InvalidParameter, match=f"HopfieldNetwork: {name} must be"):
        HopfieldNetwork(**{"n_units": 3, **parameters})


def test_unknown_keywords():
    with pytest.raises(TypeError, match="temprature"):
        HopfieldNetwork(3).recall([1, 1, 1], temprature=1.0)
    with pytest.raises(TypeError, match="n_neurons"):
        HopfieldNetwork(n_neurons=3)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([[0, 1], [2, 0]], r"symmetric=False given; got 1.0 at \(0, 1\) and 2.0 at \(1, 0\)"),
        ([[0, np.inf], [np.inf, 0]], r"finite; got inf at \(0, 1\)"),
        ([[0, 1, 2], [1, 0, 2]], r"square array of numbers; got shape \(2, 3\)"),
        ([], "square"),
        ([["a"]], "square array of numbers"),
    ],
)
def test_bad_weights(weights, message):
    with pytest.raises(DataError, match=message):
        HopfieldNetwork.from_weights(weights)
    with pytest.raises(InvalidParameter, match="symmetric must be True or False; got 'no'"):
        HopfieldNetwork.from_weights(weights, symmetric="no")


def test_bad_states():
    net = HopfieldNetwork(3)
    with pytest.raises(DataError, match="patterns must hold only -1 and 1"):
        net.store([[0, 1, 1]])
    with pytest.raises(DataError, match="patterns must have shape"):
        net.store([[1, 1]])
    with pytest.raises(DataError, match="states must have shape"):
        net.energy([[1, 1]])
    with pytest.raises(DataError, match="states must have shape"):
        net.overlap(1)


def plain(rule):
    return getattr(rule, "py_func", rule)


def check_rules(module):
    """Fail unless the functions of `module` do what the naive network does."""
    start = plain(module.start_of_stream)(np.uint64(2**40 + 7), np.uint64(3))
    assert int(start) == naive.Generator(2**40 + 7, 3).state
    for word, number in ((2**32 - 1, 7), (2**31, 7), (5, 1), (123456789, 1000)):
        assert plain(module.below)(word, number) == word * number >> 32
    ties = {"keep": module.KEEP, "plus": module.PLUS, "minus": module.MINUS, "random": module.COIN}
    for low in (-1, 0):
        for field in (-3, 0, 2):
            for now in (low, 1):
                assert bool(plain(module.settled)(field, now)) == (
                    field != 0 and naive.decide(field, now, low, "keep", 0) == now
                )
                for word, tie in ties.items():
                    for bits, coin in ((np.uint64(2**63), 1), (np.uint64(2**63 - 1), low)):
                        then = plain(module.cold)(field, now, low, tie, bits)
                        assert then == naive.decide(field, now, low, word, coin)
                    rests = field == 0 and word != "random" and naive.decide(0, now, low, word, 0) == now
                    assert bool(plain(module.undecided)(field, now, tie)) == rests
    for field in (-1.3, 0.0, 0.4, 5000.0, -5000.0):
        for bits in (0, 2**62, 2**63, 2**64 - 1, 3 * 2**61):
            expected = naive.heat_bath(max(min(field, 300), -300), 0, 1 / 2, bits)
            assert plain(module.warm)(field, 2.0, 0, np.uint64(bits)) == expected
    spins, fields = np.array([[1, -1], [-1, -1]]), np.array([[3, -4], [5, 6]])
    found = plain(module.energies)(spins, fields, np.array([1, 2]), 0.5)
    np.testing.assert_allclose(found, [0.5 * (0.5 * (1 - 2) - 0.5 * (3 + 4)), 0.5 * (0.5 * (-1 - 2) - 0.5 * (-5 - 6))])


def test_rules():
    check_rules(rules)


MUTANTS = list(mutants.sign_flips(Path(rules.__file__)))


@pytest.mark.parametrize("mutant", [m for _, m in MUTANTS], ids=[name for name, _ in MUTANTS])
def test_a_wrong_rule_is_noticed(mutant):
    with pytest.raises((AssertionError, TypeError, OverflowError, ZeroDivisionError)):
        check_rules(mutant)


def test_there_are_mutants():
    assert len(MUTANTS) >= 19
