"""Recall against the naive network: every order, coding, zero-field rule, type of weights and number of threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.core import parallel
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.hopfield import HopfieldNetwork

from . import naive

ORDERS = ("random", "permutation", "sequential", "parallel")
LOW = {"spin": -1, "binary": 0}


def random_weights(rng, n, largest, *, symmetric=True, whole=True):
    w = rng.integers(-largest, largest + 1, (n, n)).astype(float) if whole else rng.normal(size=(n, n)) * largest
    if symmetric:
        w = np.tril(w, -1)
        w += w.T
    np.fill_diagonal(w, 0)
    return w


def compare(net, w, theta, probes, key, clamp=None, **options):
    """Fail unless a recall equals the naive one, probe by probe."""
    found = net.recall(probes, random_state=key, record=True, clamp=clamp, **options)
    for p, probe in enumerate(probes):
        clamped = () if clamp is None else np.flatnonzero(clamp if clamp.ndim == 1 else clamp[p])
        path, stopped = naive.recall(
            w, theta, probe, key, p, low=LOW[net.coding], tie=net.zero_field, clamped=set(clamped.tolist())
            if clamp is not None else (), **options,
        )  # fmt: skip
        assert found.stopped[p] == stopped
        assert found.sweeps[p] == len(path) - 1
        np.testing.assert_array_equal(found.trajectory[: len(path), p], path)
        assert (found.trajectory[len(path) :, p] == path[-1]).all()
        np.testing.assert_array_equal(found.states[p], path[-1])
        np.testing.assert_allclose(found.energies[p], naive.energy(w, theta, path[-1]), rtol=1e-12, atol=1e-9)
    return found


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("coding", ["spin", "binary"])
@pytest.mark.parametrize("tie", ["keep", "plus", "minus", "random"])
@pytest.mark.parametrize("temperature", [0.0, 1.5])
def test_recall_equals_the_naive_network(order, coding, tie, temperature, rng):
    n = 13
    w = random_weights(rng, n, 2)
    net = HopfieldNetwork.from_weights(w, coding=coding, zero_field=tie)
    probes = rng.choice([LOW[coding], 1], (6, n))
    found = compare(net, w, [0] * n, probes, 77, order=order, temperature=temperature, max_sweeps=7)
    assert found.dtype == "int16"
    assert temperature == 0 or (found.stopped == "limit").all()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", ["int16", "int32", "float64"])
def test_asymmetric_weights_thresholds_and_clamps_in_every_type(order, kind, rng):
    n = 11
    w = random_weights(
        rng, n, {"int16": 100, "int32": 30_000, "float64": 1}[kind], symmetric=False, whole=kind[0] == "i"
    )
    theta = rng.integers(-40, 40, n).astype(float) if kind[0] == "i" else rng.normal(size=n)
    net = HopfieldNetwork.from_weights(w, symmetric=False, thresholds=theta)
    assert not net.is_symmetric
    probes = rng.choice([-1, 1], (5, n))
    for clamp in (None, rng.random(n) < 0.3, rng.random((5, n)) < 0.3):
        found = compare(net, w, theta, probes, 2**40 + 5, clamp, order=order, max_sweeps=9)
        assert found.dtype == kind


@pytest.mark.parametrize("n", [1, 2, 63, 127, 128, 129, 300])
def test_fields_of_all_sizes(n, rng):
    """One parallel step from random states shows the sign of every field."""
    for w in (random_weights(rng, n, 60), random_weights(rng, n, 9000), random_weights(rng, n, 1, whole=False)):
        for coding in ("spin", "binary"):
            theta = np.full(n, 0.5) if w.dtype.kind == "f" and (w % 1).any() else np.ones(n)
            net = HopfieldNetwork.from_weights(w, coding=coding, thresholds=theta)
            probes = rng.choice([LOW[coding], 1], (140, n))
            fields = probes @ w.T - theta
            expected = np.where(fields > 0, 1, np.where(fields < 0, LOW[coding], probes))
            np.testing.assert_array_equal(net.recall(probes, order="parallel", max_sweeps=1).states, expected)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("temperature", [0.0, 0.3])
def test_the_same_bits_for_any_number_of_threads(order, temperature, rng):
    patterns = rng.choice([-1, 1], (20, 130))
    probes = rng.choice([-1, 1], (50, 130))
    before = parallel.threads()
    found = []
    try:
        for rule in ("hebb", "storkey"):
            net = HopfieldNetwork(130).store(patterns, rule)
            for threads in (1, 2, 5):
                parallel.set_threads(threads)
                found.append(net.recall(probes, order=order, temperature=temperature, max_sweeps=20, random_state=3))
            again = net.recall(probes[:7], order=order, temperature=temperature, max_sweeps=20, random_state=3)
            np.testing.assert_array_equal(again.states, found[-1].states[:7])
    finally:
        parallel.set_threads(before)
    for one, other in ((0, 1), (0, 2), (3, 4), (3, 5)):
        np.testing.assert_array_equal(found[one].states, found[other].states)
        np.testing.assert_array_equal(found[one].flips, found[other].flips)


@given(st.integers(0, 2**32 - 1), st.sampled_from(ORDERS[:3]), st.sampled_from(["spin", "binary"]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_energy_never_rises(seed, order, coding, whole):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 40))
    w = random_weights(rng, n, 3, whole=whole)
    theta = rng.integers(-2, 3, n) if whole else rng.normal(size=n)
    tie = str(rng.choice(["keep", "plus", "minus", "random"]))
    net = HopfieldNetwork.from_weights(w, coding=coding, thresholds=theta, zero_field=tie)
    probes = rng.choice([LOW[coding], 1], (8, n))
    found = net.recall(probes, order=order, random_state=seed, record=True, clamp=rng.random(n) < 0.2)
    energies = net.energy(found.trajectory)
    assert (np.diff(energies, axis=0) <= 1e-9).all()
    np.testing.assert_allclose(energies[-1], found.energies, atol=1e-9)
    assert tie == "random" or (found.stopped == "fixed point").all()


@given(st.integers(0, 2**32 - 1), st.sampled_from(["spin", "binary"]))
@settings(max_examples=40, deadline=None)
def test_parallel_updates_lower_their_energy_and_end_in_a_cycle_of_at_most_two(seed, coding):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 40))
    net = HopfieldNetwork.from_weights(
        random_weights(rng, n, 3), coding=coding, thresholds=rng.integers(-2, 3, n), zero_field="plus"
    )
    found = net.recall(rng.choice([LOW[coding], 1], (8, n)), order="parallel", record=True, max_sweeps=500)
    assert (np.diff(net.parallel_energy(found.trajectory), axis=0) <= 1e-9).all()
    assert set(found.stopped) <= {"fixed point", "2-cycle"}


def test_two_units_in_a_cycle():
    net = HopfieldNetwork.from_weights([[0, 1], [1, 0]])
    found = net.recall([[1, -1], [1, 1]], order="parallel", record=True)
    assert found.stopped.tolist() == ["2-cycle", "fixed point"]
    assert found.sweeps.tolist() == [1, 0]
    assert found.trajectory[:, 0].tolist() == [[1, -1], [-1, 1]]
    assert net.recall([1, -1], order="sequential").states.tolist() == [[-1, -1]]


@pytest.mark.parametrize("record", [False, True])
def test_a_cycle_that_rests_on_a_coin_is_none(record):
    """From -1 1 1 1 a coin leads to -1 -1 -1 1, which surely leads back, but the coin may fall otherwise then."""
    w = np.array([[0, -2, 2, -2], [-2, 0, -1, -1], [2, -1, 0, 2], [-2, -1, 2, 0]])
    net = HopfieldNetwork.from_weights(w, zero_field="random")
    probes = np.tile(np.array(np.meshgrid(*[[-1, 1]] * 4)).reshape(4, -1).T, (20, 1))
    found = net.recall(probes, order="parallel", random_state=2, record=record)
    ends = found.states[found.stopped == "2-cycle"]
    assert len(ends)
    assert (ends @ w).all()
    assert (np.sign(ends @ w) @ w).all()
    assert not found.states[found.stopped == "limit"].size


def test_states_of_a_small_net_are_visited_with_their_boltzmann_weight(rng):
    """Chi-square over the 16 states, from 4000 independent probes after 30 sweeps, for the three orders."""
    from scipy.stats import chisquare

    n, temperature = 4, 1.7
    for coding in ("spin", "binary"):
        w, theta = random_weights(rng, n, 1, whole=False), rng.normal(size=n)
        net = HopfieldNetwork.from_weights(w, coding=coding, thresholds=theta)
        low = LOW[coding]
        states = np.array(np.meshgrid(*[[low, 1]] * n)).reshape(n, -1).T
        weights = np.exp(-np.array([naive.energy(w, theta, s) for s in states]) / temperature)
        for order in ("random", "permutation", "sequential"):
            probes = rng.choice([low, 1], (4000, n))
            found = net.recall(probes, order=order, temperature=temperature, max_sweeps=30, random_state=11).states
            counts = [(found == s).all(axis=1).sum() for s in states]
            assert chisquare(counts, 4000 * weights / weights.sum()).pvalue > 1e-5


def test_parallel_heat_bath_has_its_own_stationary_states(rng):
    """Little's dynamics weighs -1 and +1 states by prod_i 2 cosh(h_i / T): Peretto's energy at T > 0."""
    from scipy.stats import chisquare

    n, temperature = 3, 1.5
    w = random_weights(rng, n, 1, whole=False)
    states = np.array(np.meshgrid(*[[-1, 1]] * n)).reshape(n, -1).T
    weights = np.cosh(states @ w / temperature).prod(axis=1)
    probes = rng.choice([-1, 1], (6000, n))
    net = HopfieldNetwork.from_weights(w)
    found = net.recall(probes, order="parallel", temperature=temperature, max_sweeps=40, random_state=5).states
    counts = [(found == s).all(axis=1).sum() for s in states]
    assert chisquare(counts, 6000 * weights / weights.sum()).pvalue > 1e-5


def test_progress_and_stopping(rng):
    net = HopfieldNetwork(60).store(rng.choice([-1, 1], (3, 60)))
    probes = rng.choice([-1, 1], (9, 60))
    seen = []
    whole = net.recall(probes, random_state=1)
    assert (
        net.recall(probes, random_state=1, callback=lambda p: seen.append(p)).sweeps.tolist() == whole.sweeps.tolist()
    )
    assert [p.step for p in seen] == list(range(1, whole.sweeps.max() + 1)) or seen[-1].metrics["running"] == 0
    stopped = net.recall(probes, random_state=1, callback=lambda p: True)
    assert stopped.sweeps.max() == 1
    assert set(stopped.stopped) <= {"limit", "fixed point"}


def test_no_probes():
    found = HopfieldNetwork(3).store([1, 1, -1]).recall(np.empty((0, 3)), record=True)
    assert found.states.shape == (0, 3)
    assert found.trajectory.shape == (1, 0, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": "asynchronous"}, "order must be one of random, permutation, sequential, parallel"),
        ({"temperature": -1.0}, "temperature must be a finite number >= 0"),
        ({"temperature": np.nan}, "temperature must be"),
        ({"max_sweeps": 0}, "max_sweeps must be an integer >= 1"),
        ({"clamp": [0, 1, 0]}, r"clamp must be bool of shape \(3,\) or \(1, 3\)"),
        ({"clamp": np.ones((2, 3), bool)}, "clamp must be bool"),
        ({"record": "yes"}, "record must be True or False; got 'yes'"),
        ({"random_state": "x"}, "random_state"),
        ({"backend": "tpu"}, "backend"),
    ],
)
def test_bad_options_of_recall(options, message):
    with pytest.raises(InvalidParameter, match=message):
        HopfieldNetwork(3).recall([1, 1, 1], **options)


@pytest.mark.parametrize(
    ("coding", "probes", "message"),
    [
        ("spin", [1, 1], r"probes must have shape \(count, 3\) or \(3,\); got \(2,\)"),
        ("spin", [[[1, 1, 1]]], "probes must have shape"),
        ("spin", [1, 0, 1], r"probes must hold only -1 and 1; got .*0.* in row 0, unit 1"),
        ("binary", [[1, 0, 1], [1, -1, 1]], r"only 0 and 1; got .*-1.* in row 1, unit 1"),
        ("spin", [1.0, 0.5, 1.0], "0.5"),
        ("spin", [1.0, np.nan, 1.0], "nan"),
        ("spin", ["a", "b", "c"], "probes must be numbers"),
    ],
)
def test_bad_probes(coding, probes, message):
    with pytest.raises(DataError, match=message):
        HopfieldNetwork(3, coding=coding).recall(probes)
