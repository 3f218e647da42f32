"""The network of graded neurons: its equation, its Lyapunov function, its gain."""

import numpy as np
import pytest

import neurosim
from neurosim.core import parallel
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.hopfield import ContinuousHopfield

from . import naive_memories as naive


def circuit(rng, n=8, activation="tanh", scale=1.0):
    """A circuit in which every constant differs from neuron to neuron."""
    weights = rng.normal(size=(n, n)) * scale
    return ContinuousHopfield(
        n,
        gain=3.0,
        activation=activation,
        capacitance=rng.uniform(0.5, 2, n),
        resistance=rng.uniform(0.5, 2, n),
        weights=weights + weights.T,
        currents=rng.normal(size=n),
    )


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
def test_a_step_is_that_of_runge_and_kutta_on_the_naive_equation(activation, rng):
    net, u, h = circuit(rng, activation=activation), rng.normal(size=8), 0.01

    def rate(u):
        constants = (net.weights, net.gain, net.capacitance, net.resistance, net.currents)
        return naive.graded_derivative(u, *constants, activation == "logistic")

    expected = u
    for _ in range(3):
        k1 = rate(expected)
        k2 = rate(expected + h / 2 * k1)
        k3 = rate(expected + h / 2 * k2)
        expected = expected + h / 6 * (k1 + 2 * k2 + 2 * k3 + rate(expected + h * k3))
    run = net.run(u, steps=3, time_step=h)
    np.testing.assert_allclose(run.potentials[3, 0], expected, rtol=1e-12)
    np.testing.assert_allclose(run.times, [0, h, 2 * h, 3 * h])
    low = 0.0 if activation == "logistic" else -1.0
    assert ((run.outputs > low) & (run.outputs < 1)).all()


def test_a_neuron_alone_decays_with_its_time_constant():
    net = ContinuousHopfield(2, capacitance=2.0, resistance=[1.0, 3.0])
    run = net.run([[1.0, 1.0]], steps=50, time_step=0.02)
    np.testing.assert_allclose(run.potentials[-1, 0], np.exp(-1 / np.array([2.0, 6.0])), rtol=1e-9)


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
def test_lyapunov_function_is_the_integral(activation, rng):
    net, u = circuit(rng, activation=activation), rng.normal(size=(3, 8))
    constants = (net.weights, net.gain, net.resistance, net.currents, activation == "logistic")
    np.testing.assert_allclose(net.lyapunov(u), [naive.lyapunov(row, *constants) for row in u], rtol=1e-5, atol=1e-6)
    assert np.isfinite(net.lyapunov(np.full(8, 1e6)))


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
def test_lyapunov_function_never_rises(activation, rng):
    for _ in range(20):
        net = circuit(rng, activation=activation)
        energies = net.run(rng.normal(size=(10, 8)), steps=300).energies
        assert np.diff(energies, axis=0).max() <= 1e-10 * np.abs(energies).max()
        assert (energies[0] - energies[-1]).min() > 1e-3


def test_without_symmetry_it_would_rise(rng):
    """The check above can fail: a circuit with a cycle goes round for ever."""
    net = ContinuousHopfield(2, gain=5.0)
    net.weights = np.array([[1.0, 2.0], [-2.0, 1.0]])
    assert np.diff(net.run([[0.5, 0.0]], steps=300).energies, axis=0).max() > 1e-3


def test_fixed_points_move_to_corners_as_the_gain_grows(rng):
    patterns = rng.choice([-1, 1], (3, 60))
    distances = []
    for gain in (0.5, 1.5, 3.0, 10.0, 30.0):
        found = ContinuousHopfield(60, gain=gain).store(patterns).recall(patterns, tolerance=1e-8, max_time=500)
        assert found.settled.all()
        distances.append(np.abs(1 - np.abs(found.outputs)).max())
    assert distances[0] == pytest.approx(1, abs=1e-6)
    assert (np.diff(distances[1:]) < 0).all()
    assert distances[-1] < 1e-3


def test_recall_restores_a_pattern_and_rests(rng):
    patterns = rng.choice([-1, 1], (4, 100))
    net = ContinuousHopfield(100).store(patterns[:2]).store(patterns[2:])
    noisy = patterns * np.where(rng.random(patterns.shape) < 0.1, -1, 1)
    found = net.recall(noisy)
    np.testing.assert_array_equal(found.states, patterns)
    assert found.states.dtype == np.int8
    assert found.settled.all()
    assert np.abs(found.outputs @ net.weights - found.potentials).max() <= 1e-6
    np.testing.assert_allclose(found.energies, net.lyapunov(found.potentials))


def test_logistic_units_move_as_tanh_units(rng):
    patterns = rng.choice([-1, 1], (3, 30))
    u = rng.normal(size=(4, 30))
    tanh = ContinuousHopfield(30).store(patterns).run(u, steps=20, time_step=0.1)
    logistic = ContinuousHopfield(30, activation="logistic").store((patterns + 1) // 2).run(u, steps=20, time_step=0.1)
    np.testing.assert_allclose(logistic.potentials, tanh.potentials, atol=1e-10)
    np.testing.assert_allclose(2 * logistic.outputs - 1, tanh.outputs, atol=1e-10)


def test_a_probe_that_runs_out_of_time_has_not_settled(rng):
    net = ContinuousHopfield(20, resistance=2.0).store(rng.choice([-1, 1], (1, 20)))
    found = net.recall(rng.uniform(-0.1, 0.1, (3, 20)), max_time=0.1)
    assert not found.settled.any()
    assert (np.abs(found.times - 0.2) < net.stable_step()).all()


def test_results_do_not_depend_on_threads_and_a_settled_probe_is_left_alone(rng):
    patterns = rng.choice([-1, 1], (3, 40))
    net = ContinuousHopfield(40).store(patterns)
    probes = rng.uniform(-1, 1, (300, 40))
    before = parallel.threads()
    try:
        results = []
        for threads in (1, 3):
            parallel.set_threads(threads)
            results.append(net.recall(probes))
    finally:
        parallel.set_threads(before)
    np.testing.assert_array_equal(results[0].potentials, results[1].potentials)
    np.testing.assert_array_equal(results[0].times, results[1].times)
    assert len(set(results[0].times.tolist())) > 10
    assert np.abs(net.recall(probes[:1]).outputs - results[0].outputs[0]).max() < 1e-9


def test_potentials_and_outputs_are_inverse(rng):
    for activation in ("tanh", "logistic"):
        net = circuit(rng, activation=activation)
        u = rng.uniform(-1, 1, (3, 8))
        np.testing.assert_allclose(net.potential(net.output(u)), u, atol=1e-12)
        assert np.isfinite(net.potential(np.ones(8))).all()


def test_saved_and_loaded(tmp_path, rng):
    net = circuit(rng, activation="logistic")
    again = neurosim.load(neurosim.save(net, tmp_path / "net.npz"))
    probes = rng.uniform(0, 1, (3, 8))
    np.testing.assert_array_equal(again.recall(probes).potentials, net.recall(probes).potentials)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"n_units": 0}, "n_units must be an integer >= 1; got 0"),
        ({"gain": 0}, "gain must be a number > 0; got 0"),
        ({"activation": "relu"}, "activation must be one of tanh, logistic; got 'relu'"),
        ({"capacitance": [1, 1, 0]}, "capacitance must be a finite number > 0 or 3 of them"),
        ({"resistance": [1, 1]}, "resistance must be a finite number > 0 or 3 of them"),
        ({"currents": "x"}, "currents must be a finite number or 3 of them"),
    ],
)
def test_bad_parameters(arguments, said):
    with pytest.raises(InvalidParameter) as error:
        ContinuousHopfield(**{"n_units": 3} | arguments)
    assert said in str(error.value)


def test_bad_arrays():
    w = np.zeros((3, 3))
    w[0, 1] = 1
    with pytest.raises(DataError, match=r"symmetric; \[0, 1\] is 1.0 and \[1, 0\] is 0.0"):
        ContinuousHopfield(3, weights=w)
    with pytest.raises(DataError, match=r"shape \(3, 3\)"):
        ContinuousHopfield(3, weights=np.zeros((2, 3)))
    with pytest.raises(DataError, match="finite"):
        ContinuousHopfield(3, weights=np.full((3, 3), np.nan))
    net = ContinuousHopfield(3)
    with pytest.raises(DataError, match="-1 and 1; got 0 in row 0, unit 1"):
        net.store([[1, 0, 1]])
    with pytest.raises(DataError, match="3 columns"):
        net.recall([[1, 0]])
    with pytest.raises(DataError, match=r"outputs must be in \[-1, 1\]"):
        net.recall([[2, 0, 0]])
    with pytest.raises(DataError, match="numbers"):
        net.lyapunov([["a", "b", "c"]])
    for wrong in ({"max_time": 0}, {"time_step": -1}, {"tolerance": -1}):
        with pytest.raises(InvalidParameter, match=next(iter(wrong))):
            net.recall([[1, 0, 0]], **wrong)
