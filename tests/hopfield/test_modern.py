"""The modern Hopfield network: its update, its energy, when it retrieves."""

import numpy as np
import pytest

import neurosim
from neurosim.core import parallel
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.hopfield import ModernHopfield, modern

from . import naive_memories as naive


@pytest.fixture(scope="module")
def sphere():
    """10,000 random patterns in 64 dimensions on the sphere of radius 8."""
    x = np.random.default_rng(3).normal(size=(10000, 64))
    return 8 * x / np.linalg.norm(x, axis=1, keepdims=True)


@pytest.mark.parametrize("beta", [0.2, 1.0, 50.0])
def test_update_energy_and_attention_are_the_naive_ones(beta, rng, monkeypatch):
    monkeypatch.setattr(modern, "PATTERNS", 7)  # several tiles, the last of them not full
    monkeypatch.setattr(modern, "PROBES", 4)
    patterns, states = rng.normal(size=(30, 5)), rng.normal(size=(9, 5))
    network = ModernHopfield(5, beta=beta).store(patterns[:11]).store(patterns[11:])
    expected = [naive.softmax_update(patterns, state, beta) for state in states]
    np.testing.assert_allclose(network.update(states), expected, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(network.attention(states) @ patterns, expected, rtol=1e-10, atol=1e-13)
    energies = [naive.softmax_energy(patterns, state, beta) for state in states]
    np.testing.assert_allclose(network.energy(states), energies, rtol=1e-10, atol=1e-12)


def test_energy_never_rises_and_lies_between_its_bounds(rng):
    for beta in (0.05, 0.5, 5.0):
        network = ModernHopfield(8, beta=beta).store(rng.normal(size=(40, 8)))
        xi = network.update(rng.normal(size=(50, 8)))
        bound = 2 * network.largest_norm**2
        energies = [network.energy(xi)]
        for _ in range(15):
            xi = network.update(xi)
            energies.append(network.energy(xi))
        assert np.diff(energies, axis=0).max() < 1e-10
        assert energies[0].max() - energies[-1].min() > 0
        assert np.min(energies) >= 0
        assert np.max(energies) <= bound


def test_one_update_on_the_sphere(sphere):
    """d = 64, 10,000 patterns: exact at beta = 1, close at .3, lost at .125."""
    errors = {}
    for beta in (1.0, 0.3, 0.125):
        network = ModernHopfield(64, beta=beta).store(sphere)
        errors[beta] = np.linalg.norm(network.update(sphere[:2000]) - sphere[:2000], axis=1)
    assert errors[1.0].max() < 1e-9
    assert abs(np.median(errors[0.3]) - 0.0042) < 0.001
    assert errors[0.125].min() > 4


def test_single_precision(sphere):
    network = ModernHopfield(64, dtype="float32").store(sphere)
    found = network.recall(sphere[:300] + 0.05)
    assert found.states.dtype == found.energies.dtype == np.float32
    assert np.abs(found.states - sphere[:300]).max() < 1e-5
    assert found.converged.all()


def test_recall_converges_to_what_beta_can_tell_apart(rng):
    patterns = np.concatenate([rng.normal([5, 0], 0.1, (10, 2)), rng.normal([-5, 0], 0.1, (10, 2))])
    mean = ModernHopfield(2, beta=1e-3).store(patterns).recall(patterns)
    np.testing.assert_allclose(mean.states, np.broadcast_to(patterns.mean(axis=0), (20, 2)), atol=0.05)
    groups = ModernHopfield(2, beta=0.5).store(patterns).recall(patterns)
    centres = np.repeat([patterns[:10].mean(axis=0), patterns[10:].mean(axis=0)], 10, axis=0)
    np.testing.assert_allclose(groups.states, centres, atol=0.05)
    for found in (mean, groups):
        assert found.converged.all()
        again = found.states - ModernHopfield(2, beta=0.5).store(patterns).update(found.states)
        assert found is mean or np.abs(again).max() < 1e-8


def test_updates_are_counted_and_a_converged_probe_is_left_alone(rng):
    patterns = rng.normal(size=(20, 6))
    network = ModernHopfield(6, beta=2.0).store(patterns)
    probes = rng.normal(size=(30, 6))
    found = network.recall(probes, tolerance=1e-6)
    for k in (0, 7, 29):
        state = probes[k]
        for _ in range(found.updates[k]):
            before, state = state, naive.softmax_update(patterns, state, 2.0)
        np.testing.assert_allclose(found.states[k], state, atol=1e-9)
        assert np.linalg.norm(state - before) <= 1e-6
    assert len(set(found.updates.tolist())) > 1
    once = network.recall(probes, max_updates=1)
    np.testing.assert_array_equal(once.states, network.update(probes))
    assert (once.updates == 1).all()
    assert not once.converged.all()


def test_separation(rng, monkeypatch):
    monkeypatch.setattr(modern, "PATTERNS", 8)
    x = rng.normal(size=(20, 4))
    products = x @ x.T
    expected = [min(products[i, i] - products[i, j] for j in range(20) if j != i) for i in range(20)]
    np.testing.assert_allclose(ModernHopfield(4).store(x).separation(), expected)


def test_huge_exponents_do_not_overflow():
    network = ModernHopfield(2, beta=1e6).store([[1e3, 0], [0, 1e3]])
    np.testing.assert_allclose(network.update([[900.0, 0.0]]), [[1e3, 0]])
    assert np.isfinite(network.energy([[900.0, 0.0]])).all()


@pytest.mark.parametrize(("dtype", "beta"), [("float64", 1e300), ("float64", 1e308), ("float32", 1e38)])
def test_the_largest_beta_takes_the_best_pattern(dtype, beta, rng):
    patterns = rng.normal(size=(50, 4)) * 1e5
    patterns /= np.linalg.norm(patterns, axis=1, keepdims=True)
    patterns *= 1e5
    network = ModernHopfield(4, beta=beta, dtype=dtype).store(patterns)
    found = network.recall(patterns)
    np.testing.assert_array_equal(found.states, patterns.astype(dtype))
    assert np.isfinite(found.energies).all()
    np.testing.assert_array_equal(network.attention(patterns), np.eye(50))


@pytest.mark.parametrize(("dtype", "large"), [("float32", 1e19), ("float32", 1e39), ("float64", 1e154)])
def test_what_overflows_is_refused(dtype, large):
    network = ModernHopfield(2, dtype=dtype).store([[1.0, 0.0]])
    for method, name in ((network.store, "patterns"), (network.recall, "probes")):
        with pytest.raises(DataError, match=f"{name} must lie within .* overflow {dtype}"):
            method([[large, 0.0]])
    fits = 0.99 * np.sqrt(float(np.finfo(dtype).max) / 2) / 2
    network.store([[fits, fits]])
    assert np.isfinite(network.energy([[fits, -fits], [fits, fits]])).all()
    assert np.isfinite(network.update([[-fits, -fits]])).all()


def test_results_do_not_depend_on_threads(rng):
    network = ModernHopfield(10, beta=0.7).store(rng.normal(size=(500, 10)))
    probes = rng.normal(size=(400, 10))
    before = parallel.threads()
    try:
        results = []
        for threads in (1, 3):
            parallel.set_threads(threads)
            results.append(network.recall(probes).states)
    finally:
        parallel.set_threads(before)
    np.testing.assert_array_equal(results[0], results[1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_saved_and_loaded(tmp_path, rng, dtype):
    network = ModernHopfield(4, beta=3.0, dtype=dtype).store(rng.normal(size=(5, 4)))
    again = neurosim.load(neurosim.save(network, tmp_path / "network.npz"))
    assert again.to_parts()[0] == {"n_features": 4, "beta": 3.0, "dtype": dtype}
    assert again.patterns.dtype == dtype
    np.testing.assert_array_equal(again.patterns, network.patterns)


def test_bad_input():
    for arguments, name in (
        ({"n_features": 0}, "n_features"),
        ({"n_features": 3, "beta": 0}, "beta"),
        ({"n_features": 3, "beta": np.inf}, "beta"),
        ({"n_features": 3, "beta": 1e39, "dtype": "float32"}, "beta"),
        ({"n_features": 3, "dtype": "int8"}, "dtype"),
    ):
        with pytest.raises(InvalidParameter, match=f"ModernHopfield: {name} must"):
            ModernHopfield(**arguments)
    network = ModernHopfield(3)
    for method in (network.recall, network.update, network.energy, network.attention):
        with pytest.raises(DataError, match="nothing is stored"):
            method([[1.0, 2.0, 3.0]])
    with pytest.raises(DataError, match="3 columns; got shape"):
        network.store([[1.0, 2.0]])
    with pytest.raises(DataError, match="finite"):
        network.store([[1.0, 2.0, np.inf]])
    with pytest.raises(DataError, match="numbers"):
        network.store([["a", "b", "c"]])
    with pytest.raises(DataError, match="rows of 3"):
        network.store(np.zeros((2, 2, 3)))
    network.store([[1.0, 2.0, 3.0]])
    with pytest.raises(InvalidParameter, match="max_updates"):
        network.recall([[1, 2, 3]], max_updates=0)
    with pytest.raises(InvalidParameter, match="tolerance"):
        network.recall([[1, 2, 3]], tolerance=-1)
