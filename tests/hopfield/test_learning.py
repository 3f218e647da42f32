"""The learning rules against the naive ones, and what each promises."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.hopfield import HopfieldNetwork
from neurosim.hopfield.learning import RULES, hebb_sums

from . import naive


@pytest.fixture
def patterns(rng):
    return rng.choice([-1, 1], (7, 20))


def stable(net, patterns):
    """Which patterns are fixed points."""
    found = net.recall(patterns, max_sweeps=1, random_state=0)
    return found.sweeps == 0


def test_hebb(patterns):
    net = HopfieldNetwork(20).store(patterns)
    np.testing.assert_allclose(net.weights, naive.hebb(patterns, 1 / 20), atol=1e-15)
    whole = HopfieldNetwork(20, self_coupling=True).store(patterns)
    np.testing.assert_allclose(np.diagonal(whole.weights), 7 / 20)
    binary = HopfieldNetwork(20, coding="binary").store((patterns + 1) // 2)
    np.testing.assert_array_equal(binary.weights, naive.hebb(patterns, 1))
    np.testing.assert_array_equal(binary.patterns, (patterns + 1) // 2)


def test_covariance(patterns):
    a = 0.3
    eta = (patterns + 1) / 2
    expected = (eta - a).T @ (eta - a) / (20 * a * (1 - a))
    np.fill_diagonal(expected, 0)
    net = HopfieldNetwork(20).store(patterns, "covariance", activity=a)
    np.testing.assert_allclose(net.weights, expected, atol=1e-14)
    half = HopfieldNetwork(20).store(patterns, "covariance", activity=0.5)
    np.testing.assert_allclose(half.weights, naive.hebb(patterns, 1 / 20), atol=1e-14)
    measured = HopfieldNetwork(20).store(patterns, "covariance")
    same = HopfieldNetwork(20).store(patterns, "covariance", activity=float(eta.mean()))
    np.testing.assert_array_equal(measured.weights, same.weights)


def test_covariance_stores_sparse_patterns_where_hebb_fails(rng):
    a, n = 0.05, 400
    patterns = (rng.random((40, n)) < a).astype(int)
    good = HopfieldNetwork(n, coding="binary", thresholds=(0.5 - a) * n).store(patterns, "covariance", activity=a)
    bad = HopfieldNetwork(n, coding="binary").store(patterns)
    assert good.overlap(good.recall(patterns, random_state=0).states).diagonal().mean() > 0.99
    assert bad.overlap(bad.recall(patterns, random_state=0).states).diagonal().mean() < 0.95


def test_sums_are_exact_for_any_number_of_patterns():
    many = 2**24 + 3  # no float32
    assert hebb_sums(np.ones((many, 1), np.int8)) == many


@pytest.mark.parametrize("rule", ["hebb", "covariance", "storkey", "projection", "clipped", "bounded"])
def test_weights_are_symmetric_to_the_last_bit(rule, rng):
    patterns = rng.choice([-1, 1], (9, 40))
    net = HopfieldNetwork(40, self_coupling=True).store(patterns, rule)
    assert net.is_symmetric
    HopfieldNetwork.from_weights(net.weights)


@pytest.mark.parametrize("self_coupling", [False, True])
def test_storkey(patterns, self_coupling):
    expected = naive.storkey(patterns)
    if not self_coupling:
        np.fill_diagonal(expected, 0)
    net = HopfieldNetwork(20, self_coupling=self_coupling).store(patterns, "storkey")
    np.testing.assert_allclose(net.weights, expected, atol=1e-12)
    assert net.is_symmetric


def test_projection_keeps_patterns_that_differ_in_one_unit_or_span_everything(rng):
    """Such units have no field but what rounding leaves."""
    for _ in range(10):
        one = rng.choice([-1, 1], 20)
        two = one * np.where(np.arange(20) == 7, -1, 1)
        net = HopfieldNetwork(20).store([one, two], "projection")
        assert not net.weights[7].any()
        assert stable(net, [one, two]).all()
    all_of_them = rng.choice([-1, 1], (60, 20))
    net = HopfieldNetwork(20).store(all_of_them, "projection")
    assert not net.weights.any()
    assert stable(net, all_of_them).all()


@pytest.mark.parametrize("name", ["projection", "pinv"])
def test_projection(patterns, name):
    expected = np.linalg.pinv(patterns.astype(float)) @ patterns
    net = HopfieldNetwork(20, self_coupling=True).store(patterns, name)
    np.testing.assert_allclose(net.weights, expected, atol=1e-12)
    assert net.learning.rule == "projection"
    np.fill_diagonal(expected, 0)
    twice = np.concatenate([patterns, patterns[:2]])  # linearly dependent
    np.testing.assert_allclose(HopfieldNetwork(20).store(twice, name).weights, expected, atol=1e-12)


def test_clipped(patterns):
    net = HopfieldNetwork(20).store(patterns, "clipped")
    np.testing.assert_allclose(net.weights, np.sign(naive.hebb(patterns, 1)) / 20, atol=1e-15)
    binary = HopfieldNetwork(20, coding="binary").store((patterns + 1) // 2, "clipped")
    np.testing.assert_array_equal(binary.weights, np.sign(naive.hebb(patterns, 1)))


def test_bounded(patterns):
    net = HopfieldNetwork(20).store(patterns, "bounded", bound=2)
    np.testing.assert_allclose(net.weights, naive.bounded(patterns, 2) / 20, atol=1e-15)
    assert abs(HopfieldNetwork(100).store(np.ones((9, 100)), "bounded").weights).max() == pytest.approx(4 / 100)


def test_a_palimpsest_keeps_the_last_patterns_only(rng):
    n = 400
    patterns = rng.choice([-1, 1], (300, n))
    net = HopfieldNetwork(n).store(patterns, "bounded")
    overlap = net.overlap(net.recall(patterns, random_state=0).states).diagonal()
    assert overlap[-5:].min() > 0.9
    assert overlap[:200].mean() < 0.5
    full = HopfieldNetwork(n).store(patterns)
    assert full.overlap(full.recall(patterns, random_state=0).states).diagonal()[-5:].mean() < 0.6


def perceptron_net(rng, alpha, **options):
    patterns = rng.choice([-1, 1], (round(200 * alpha), 200))
    return HopfieldNetwork(200).store(patterns, "perceptron", **options), patterns


def test_the_perceptron_rule_converges_at_alpha_one_and_a_half(rng):
    net, patterns = perceptron_net(rng, 1.5)
    assert net.learning.converged
    assert stable(net, patterns).all()
    assert not net.is_symmetric
    assert (np.diagonal(net.weights) == 0).all()


def test_the_perceptron_rule_does_not_converge_beyond_the_capacity(rng):
    with pytest.warns(UserWarning, match="'perceptron' did not converge in 300 epochs"):
        net, _ = perceptron_net(rng, 2.3, max_epochs=300)
    assert net.learning.converged is False
    assert net.learning.epochs == 300


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("coding", ["spin", "binary"])
def test_the_perceptron_rule_reaches_its_margin(symmetric, coding, rng):
    spins = rng.choice([-1, 1], (20, 60))
    states = spins if coding == "spin" else (spins + 1) // 2
    net = HopfieldNetwork(60, coding=coding).store(states, "perceptron", kappa=0.4, symmetric=symmetric)
    assert net.learning.converged
    assert net.is_symmetric == symmetric
    assert np.array_equal(net.weights, net.weights.T) == symmetric
    stabilities = spins * (states @ net.weights.T) / np.linalg.norm(net.weights, axis=1)
    assert stabilities.min() >= 0.4
    assert net.learning.epochs > 1


@pytest.mark.parametrize("rule", ["hebb", "covariance", "storkey", "bounded", "projection", "clipped"])
@pytest.mark.parametrize("cut", [0.0, 0.3])
def test_two_calls_do_the_same_as_one(rule, cut, patterns):
    options = {"activity": 0.5} if rule == "covariance" else {}
    once, twice = (HopfieldNetwork(20).dilute(cut, random_state=1) for _ in range(2))
    once.store(patterns, rule, **options)
    twice.store(patterns[:3], rule, **options).store(patterns[3:], rule, **options)
    np.testing.assert_allclose(twice.weights, once.weights, atol=1e-12)
    np.testing.assert_array_equal(twice.patterns, once.patterns)


def test_a_sequence_is_run_through(rng):
    patterns = rng.choice([-1, 1], (5, 200))
    net = HopfieldNetwork(200).store_sequence(patterns, cyclic=True)
    assert not net.is_symmetric
    found = net.recall(patterns[0], order="parallel", record=True, max_sweeps=12)
    steps = net.overlap(found.trajectory[:, 0])
    assert [int(m.argmax()) for m in steps] == [k % 5 for k in range(13)]
    assert steps.max(axis=1).min() > 0.95
    expected = sum(np.outer(patterns[k + 1], patterns[k]) for k in range(4)) / 200
    np.fill_diagonal(expected, 0)
    once = HopfieldNetwork(200).store_sequence(patterns, strength=0.5)
    np.testing.assert_allclose(once.weights, 0.5 * expected, atol=1e-15)
    np.testing.assert_array_equal(once.patterns, patterns)
    assert len(HopfieldNetwork(200).store(patterns).store_sequence(patterns).patterns) == 5


def test_patterns_with_a_sequence_drift_on(rng):
    """Weak asymmetric weights beside the symmetric ones leave the patterns stable, strong ones do not."""
    patterns = rng.choice([-1, 1], (4, 300))
    weak, strong = (HopfieldNetwork(300).store(patterns).store_sequence(patterns, strength=a) for a in (0.3, 1.5))
    assert weak.overlap(weak.recall(patterns, random_state=1).states).diagonal().min() > 0.95
    assert strong.overlap(strong.recall(patterns[0], random_state=1, max_sweeps=5).states)[0, 0] < 0.5


@pytest.mark.parametrize("symmetric", [True, False])
def test_dilution(symmetric, rng):
    patterns = rng.choice([-1, 1], (3, 40))
    net = HopfieldNetwork(40).store(patterns)
    full = net.weights
    net.dilute(0.25, symmetric=symmetric, random_state=4)
    kept = net.weights != 0
    cut = (full != 0) & ~kept
    assert net.is_symmetric == symmetric
    assert np.array_equal(cut, cut.T) == symmetric
    np.testing.assert_array_equal(net.weights[kept], full[kept])
    net.dilute(1 / 3, symmetric=symmetric, random_state=5)
    net.store(np.ones(40))
    assert (net.weights[cut] == 0).all()
    allowed = HopfieldNetwork(40).dilute(0.5, symmetric=symmetric, random_state=1).store(np.ones(40)).weights
    assert (allowed != 0).sum() == 780
    taught = HopfieldNetwork(40).dilute(0.5, symmetric=symmetric, random_state=1).store(patterns, "perceptron")
    assert taught.learning.converged
    assert (taught.weights[allowed == 0] == 0).all()
    assert stable(taught, patterns).all()


@pytest.mark.parametrize(
    ("rule", "options", "message"),
    [
        ("hopfield", {}, "rule must be one of hebb, covariance, storkey"),
        (3, {}, "rule must be one of"),
        ("hebb", {"kappa": 1.0}, "kappa must be left out: no option of rule 'hebb', which takes none"),
        ("perceptron", {"epochs": 5}, "'perceptron', which takes kappa, max_epochs, symmetric"),
        ("perceptron", {"kappa": -1.0}, "kappa must be a finite number >= 0"),
        ("perceptron", {"max_epochs": 0}, "max_epochs must be an integer >= 1"),
        ("perceptron", {"symmetric": "no"}, "symmetric must be True or False"),
        ("covariance", {"activity": 1.0}, "activity must be a number between 0 and 1"),
        ("bounded", {"bound": 0}, "bound must be an integer >= 1"),
    ],
)
def test_bad_rules_and_options(rule, options, message, patterns):
    with pytest.raises(InvalidParameter, match=message):
        HopfieldNetwork(20).store(patterns, rule, **options)


def test_rules_that_do_not_fit(patterns):
    for rule in ("storkey", "projection"):
        with pytest.raises(InvalidParameter, match='rule must be one that is defined for coding="binary"; got'):
            HopfieldNetwork(20, coding="binary").store((patterns + 1) // 2, rule)
    with pytest.raises(DataError, match="'bounded' needs weights that are sums of patterns"):
        HopfieldNetwork(20).store(patterns, "storkey").store(patterns, "bounded")
    with pytest.raises(DataError, match="symmetric=True needs symmetric weights"):
        HopfieldNetwork(20).store_sequence(patterns).store(patterns, "perceptron", symmetric=True)
    with pytest.raises(DataError, match="at least one pattern"):
        HopfieldNetwork(20).store(np.empty((0, 20)))
    with pytest.raises(DataError, match="two or more patterns to make a sequence; got 1"):
        HopfieldNetwork(20).store_sequence(patterns[0])
    with pytest.raises(InvalidParameter, match="strength"):
        HopfieldNetwork(20).store_sequence(patterns, strength=np.inf)
    for name, value in (("steps", -1), ("rate", 0.0), ("max_sweeps", 0)):
        with pytest.raises(InvalidParameter, match=name):
            HopfieldNetwork(20).unlearn(**{"steps": 0, name: value})
    with pytest.raises(InvalidParameter, match="cyclic must be True or False; got 'no'"):
        HopfieldNetwork(20).store_sequence(patterns, cyclic="no")
    with pytest.raises(InvalidParameter, match="symmetric must be True or False; got 'no'"):
        HopfieldNetwork(20).dilute(0.5, symmetric="no")
    with pytest.raises(InvalidParameter, match="fraction must be a number from 0 to 1"):
        HopfieldNetwork(20).dilute(1.5)


def test_every_rule_is_tested():
    assert set(RULES) == {"hebb", "covariance", "storkey", "projection", "perceptron", "clipped", "bounded"}
