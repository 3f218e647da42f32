"""Enumeration against sums written out, and Onsager's solution against his integral."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.ising import IsingModel, enumerate_states, lattice, sherrington_kirkpatrick
from neurosim.ising.onsager import CRITICAL_TEMPERATURE, energy_per_spin, spontaneous_magnetisation


@pytest.mark.parametrize(
    ("beta", "energy", "magnetisation", "log_partition"),
    [
        (0.2, -0.456135, 0.342766, 0.735717),
        (0.4406867935, -1.565624, 0.843860, 0.970120),
        (0.6, -1.908070, 0.972867, 1.253533),
        (1.0, -1.997158, 0.999275, 2.043670),
    ],
)
def test_the_square_lattice_of_16_spins(beta, energy, magnetisation, log_partition):
    ensemble = enumerate_states(lattice((4, 4)))
    assert ensemble.mean_energy(1 / beta) / 16 == pytest.approx(energy, abs=1e-6)
    assert ensemble.mean_absolute_magnetisation(1 / beta) == pytest.approx(magnetisation, abs=1e-6)
    assert ensemble.log_partition(1 / beta) / 16 == pytest.approx(log_partition, abs=1e-6)


def random_model(n, seed):
    rng = np.random.default_rng(seed)
    couplings = np.triu(rng.normal(size=(n, n)), 1)
    return IsingModel(couplings + couplings.T, rng.normal(size=n), offset=rng.normal())


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 7), st.integers(0, 1000), st.floats(0.2, 5))
def test_means_are_sums_over_all_states(n, seed, temperature):
    model = random_model(n, seed)
    ensemble = enumerate_states(model)
    states = ensemble.states(np.arange(2**n))
    assert len(np.unique(states, axis=0)) == 2**n
    assert ensemble.numbers(states).tolist() == list(range(2**n))
    np.testing.assert_allclose(ensemble.energies, model.energy(states), rtol=0, atol=1e-12)
    weights = np.exp(-model.energy(states) / temperature)
    p = weights / weights.sum()
    np.testing.assert_allclose(ensemble.probabilities(temperature), p, rtol=1e-10)
    assert ensemble.log_partition(temperature) == pytest.approx(np.log(weights.sum()))
    assert ensemble.mean_energy(temperature) == pytest.approx(p @ model.energy(states))
    assert ensemble.mean_absolute_magnetisation(temperature) == pytest.approx(p @ abs(states.mean(axis=1)))
    np.testing.assert_allclose(ensemble.mean_spins(temperature), p @ states, rtol=0, atol=1e-12)
    pairs = np.einsum("k,ki,kj->ij", p, states, states)
    np.testing.assert_allclose(ensemble.pair_correlations(temperature), pairs, rtol=0, atol=1e-12)


def test_integer_energies_are_exact():
    model = lattice((3, 4), coupling=-3)
    ensemble = enumerate_states(model)
    np.testing.assert_array_equal(ensemble.energies, model.energy(ensemble.states(np.arange(2**12))))


def test_ground_states():
    ensemble = enumerate_states(lattice((4, 4)))
    assert ensemble.ground_energy == -32
    assert ensemble.ground_states().tolist() == [[-1] * 16, [1] * 16]
    assert ensemble.ground_states().dtype == np.int8
    glass = sherrington_kirkpatrick(10, random_state=4)
    states = enumerate_states(glass).ground_states()
    assert len(states) == 2
    np.testing.assert_array_equal(states[0], -states[1])
    triangle = IsingModel(np.eye(3) - 1)
    assert len(enumerate_states(triangle).ground_states()) == 6
    assert len(enumerate_states(IsingModel(np.zeros((2, 2)))).ground_states()) == 4


def test_the_largest_model(monkeypatch):
    monkeypatch.setattr("neurosim.ising.exact.MOST_SPINS", 3)
    assert len(enumerate_states(IsingModel(np.zeros((3, 3)))).energies) == 8
    with pytest.raises(InvalidParameter, match="a model of at most 3 spins"):
        enumerate_states(IsingModel(np.zeros((4, 4))))


def test_the_temperature_zero_leaves_the_ground_states():
    ensemble = enumerate_states(IsingModel(np.eye(3) - 1))
    p = ensemble.probabilities(0)
    assert sorted(p.tolist()) == [0, 0] + [1 / 6] * 6
    assert ensemble.mean_energy(0) == pytest.approx(-1)
    np.testing.assert_allclose(ensemble.probabilities(0.02), p, rtol=0, atol=1e-12)
    assert ensemble.pair_correlations(0)[0, 1] == pytest.approx(-1 / 3)


def test_low_temperatures_do_not_overflow():
    ensemble = enumerate_states(lattice((4, 4)))
    assert ensemble.log_partition(1e-3) == pytest.approx(32_000 + np.log(2))
    assert ensemble.mean_absolute_magnetisation(1e-3) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: enumerate_states(IsingModel(np.zeros((25, 25)))), "model must be a model of at most 24 spins"),
        (lambda: enumerate_states([[0]]), "enumerate_states: model must be an IsingModel"),
        (lambda: enumerate_states(IsingModel([[0]])).log_partition(0), "temperature must be a number > 0; got 0"),
        (lambda: enumerate_states(IsingModel([[0]])).mean_energy(-1), "temperature must be a number >= 0; got -1"),
    ],
)
def test_wrong_input(call, message):
    with pytest.raises(InvalidParameter, match=message):
        call()


def integral(beta):
    """Return ln Z per spin of the infinite lattice, Onsager's double integral by the trapezoidal rule."""
    angles = np.cos(2 * np.pi * np.arange(256) / 256)
    inside = np.cosh(2 * beta) ** 2 - np.sinh(2 * beta) * np.add.outer(angles, angles)
    return np.log(2) + np.log(inside).mean() / 2


@pytest.mark.parametrize("temperature", [1.2, 1.8, 2.1, 2.5, 3.0, 6.0])
def test_the_energy_is_the_derivative_of_onsagers_integral(temperature):
    beta, step = 1 / temperature, 1e-4
    slope = (integral(beta + step) - integral(beta - step)) / (2 * step)
    assert energy_per_spin(temperature) == pytest.approx(-slope, abs=1e-5)


def test_numbers_of_the_infinite_lattice():
    assert pytest.approx(2.2691853, abs=1e-7) == CRITICAL_TEMPERATURE
    assert spontaneous_magnetisation(2.0) == pytest.approx(0.911319, abs=1e-6)
    temperatures = [0, 0.001, CRITICAL_TEMPERATURE + 1e-9, 5]
    np.testing.assert_array_equal(spontaneous_magnetisation(temperatures), [1, 1, 0, 0])
    assert 0.05 < spontaneous_magnetisation(CRITICAL_TEMPERATURE * (1 - 1e-9)) < 0.1
    assert energy_per_spin(CRITICAL_TEMPERATURE) == pytest.approx(-np.sqrt(2), abs=1e-12)
    assert energy_per_spin([0, 1e-3, 1e6]) == pytest.approx([-2, -2, 0], abs=1e-5)
    assert isinstance(energy_per_spin(2.0), float)
    assert isinstance(spontaneous_magnetisation(2), float)


@pytest.mark.parametrize("temperature", [-1, np.nan, [1, np.inf]])
def test_wrong_temperatures(temperature):
    for function in (energy_per_spin, spontaneous_magnetisation):
        with pytest.raises(DataError, match="onsager: temperature must be >= 0 and finite"):
            function(temperature)
