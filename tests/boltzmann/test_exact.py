"""Enumeration against sums over all states in plain loops, against published values and against differences."""

from itertools import product
from math import copysign, exp, inf, log

import numpy as np
import pytest

from neurosim.boltzmann.exact import distribution, gradient
from neurosim.core.errors import DataError, InvalidParameter

TEMPERATURES = [1.0, 0.4, 7.0, -2.5, inf, -inf]


def random_machine(rng, n, scale=1.0):
    w = np.triu(rng.normal(0, scale, (n, n)), 1)
    return w + w.T, rng.normal(0, scale, n)


def energy(w, b, s):
    pairs = sum(w[i][j] * s[i] * s[j] for i in range(len(s)) for j in range(i))
    return -pairs - sum(b[i] * s[i] for i in range(len(s)))


def enumerated(w, b, t, clamp):
    """States in order of their numbers, energies, probabilities and the sum, by the definition."""
    n = len(b)
    choices = [(0, 1) if np.isnan(c) else (int(c),) for c in clamp]
    states = [s[::-1] for s in product(*reversed(choices))]
    energies = [energy(w, b, s) for s in states]
    weights = [exp(-e / t) for e in energies]
    z = sum(weights)
    together = [
        [sum(x * s[i] * s[j] for x, s in zip(weights, states, strict=True)) / z for j in range(n)] for i in range(n)
    ]
    return np.array(states), np.array(energies), np.array(weights) / z, log(z), np.array(together)


@pytest.mark.parametrize("t", TEMPERATURES)
@pytest.mark.parametrize("clamp", [[], [1], [np.nan, 0, 1], [0, 1, np.nan, np.nan, 1], [1, 0, 0, 1, 1]])
def test_every_sum_is_the_one_of_the_definition(rng, t, clamp):
    w, b = random_machine(rng, 5)
    found = distribution(w, b, t, clamp)
    whole = np.append(clamp, np.full(5 - len(clamp), np.nan))
    states, energies, p, log_z, together = enumerated(w.tolist(), b.tolist(), t, whole)
    np.testing.assert_array_equal(found.states(), states)
    np.testing.assert_array_equal(found.numbers(states), np.arange(len(states)))
    np.testing.assert_array_equal(found.clamp, whole)
    np.testing.assert_allclose(found.energies, energies, atol=1e-13)
    np.testing.assert_allclose(found.probabilities, p, atol=1e-13)
    np.testing.assert_allclose(found.log_probabilities, np.log(p), atol=1e-12)
    np.testing.assert_allclose(found.cooccurrence, together, atol=1e-13)
    np.testing.assert_allclose(found.activities, p @ states, atol=1e-13)
    assert found.log_z == pytest.approx(log_z, abs=1e-12)
    assert found.mean_energy == pytest.approx(p @ energies, abs=1e-12)
    assert found.entropy == pytest.approx(-p @ np.log(p), abs=1e-12)


def test_the_cold_limits_share_equally_among_the_extreme_states():
    w = np.array([[0, 2, 0], [2, 0, 0], [0, 0, 0]])
    b = np.array([-1, -1, 0])  # energies: 0 for 00 and 11, 1 for 01 and 10; the third unit does not matter
    cold, inverted = distribution(w, b, 0.0), distribution(w, b, -0.0)
    np.testing.assert_allclose(cold.probabilities, np.array([1, 0, 0, 1] * 2) / 4)
    np.testing.assert_allclose(inverted.probabilities, np.array([0, 1, 1, 0] * 2) / 4)
    assert cold.log_z == pytest.approx(log(4))  # the states of energy 0
    assert inverted.log_z == inf
    assert cold.entropy == pytest.approx(log(4))
    np.testing.assert_array_equal(cold.log_probabilities[[0, 1]], [-log(4), -inf])
    for t in (0.01, -0.01):
        limit = distribution(w, b, copysign(0.0, t))
        np.testing.assert_allclose(distribution(w, b, t).cooccurrence, limit.cooccurrence, atol=1e-12)
    assert distribution(w, b + 1, 0.0).log_z == inf  # the lowest energy is below 0
    assert distribution(w, b - 2, -0.0).log_z == inf
    assert distribution(-w, -b - 3, 0.0, [1, 1, 1]).log_z == -inf


def test_equal_energies_count_as_equal_at_zero_in_spite_of_rounding():
    w = np.array([[0, 0, -1], [0, 0, -1], [-1, -1, 0]])
    found = distribution(w, [0.1, 0.2, 0.3], 0.0)  # 0.1 + 0.2 is not 0.3
    np.testing.assert_array_equal(found.states(np.flatnonzero(found.probabilities)), [[1, 1, 0], [0, 0, 1]])


def test_a_lattice_gives_the_known_partition_function():
    """4 x 4 periodic Ising at the critical temperature, ln Z / N = 0.970120, in units of 0 and 1."""
    w = np.zeros((16, 16))
    for i in range(16):
        for j in (i // 4 * 4 + (i + 1) % 4, (i + 4) % 16):
            w[i, j] = w[j, i] = 4
    found = distribution(w, np.full(16, -8.0), 1 / 0.4406867935)
    assert (found.log_z + 32 * 0.4406867935) / 16 == pytest.approx(0.970120, abs=1e-6)
    assert (found.mean_energy - 32) / 16 == pytest.approx(-1.565624, abs=1e-6)
    pairs = found.cooccurrence
    np.testing.assert_allclose(pairs.diagonal(), 0.5, atol=1e-12)


def test_twenty_units_are_done_and_one_more_is_refused(rng):
    b = rng.normal(size=20)
    p = 1 / (1 + np.exp(-b))
    found = distribution(np.zeros((20, 20)), b)
    assert found.log_z == pytest.approx(np.logaddexp(0, b).sum(), abs=1e-10)
    np.testing.assert_allclose(found.cooccurrence, np.outer(p, p) + np.diag(p - p * p), atol=1e-12)
    w = np.zeros((21, 21))
    with pytest.raises(InvalidParameter, match="free units must be at most 20; got 21"):
        distribution(w, np.zeros(21))
    assert len(distribution(w, np.zeros(21), clamp=[1, 0]).probabilities) == 2**19


def test_marginals_add_up_the_other_units(rng):
    found = distribution(*random_machine(rng, 6), clamp=[np.nan, 1])
    states, p = found.states(), found.probabilities
    marginal = np.exp(found.log_marginal([4, 0, 3]))
    for number in range(8):
        wanted = [number & 1, number >> 1 & 1, number >> 2]
        assert marginal[number] == pytest.approx(p[(states[:, [4, 0, 3]] == wanted).all(axis=1)].sum(), abs=1e-13)
    for units in ([1], [0, 0], [6]):
        with pytest.raises(InvalidParameter, match="different free units"):
            found.log_marginal(units)


def test_the_divergence_is_its_definition(rng):
    w, b = random_machine(rng, 5)
    found = distribution(w, b, 1.5)
    patterns, weights = [[0, 1, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1]], [1, 3, 1, 0]
    marginal = {}
    for s, p in zip(found.states()[:, :3].tolist(), found.probabilities, strict=True):
        marginal[tuple(s)] = marginal.get(tuple(s), 0) + p
    expected = 0.4 * log(0.4 / marginal[0, 1, 1]) + 0.6 * log(0.6 / marginal[1, 0, 1])
    assert found.kl(patterns, weights) == pytest.approx(expected, abs=1e-12)
    assert found.kl(found.states(), found.probabilities) == pytest.approx(0, abs=1e-12)


def test_tiny_temperatures_are_the_limit_of_zero(rng):
    w, b = random_machine(rng, 5)
    for t in (1e-310, -1e-310):
        found, limit = distribution(w, b, t), distribution(w, b, copysign(0.0, t))
        np.testing.assert_array_equal(found.probabilities, limit.probabilities)
        np.testing.assert_array_equal(found.log_probabilities, limit.log_probabilities)


def test_the_divergence_is_finite_where_probabilities_are_too_small_for_a_number():
    w, b = np.zeros((2, 2)), np.array([-1000.0, 0.0])
    found = distribution(w, b)
    assert found.probabilities[1] == 0
    assert found.kl([[1]]) == pytest.approx(1000)
    assert distribution(w, b, 0.0).kl([[1]]) == inf


@pytest.mark.parametrize("t", [1.0, 3.0, -2.0])
@pytest.mark.parametrize("visible", [1, 3, 6])
def test_the_gradient_is_the_derivative(rng, t, visible):
    """Check 14: against differences, to 1e-6 and better."""
    w, b = random_machine(rng, 6)
    patterns, weights = rng.integers(0, 2, (5, visible)), rng.random(5)
    found = gradient(w, b, patterns, pattern_weights=weights, temperature=t)
    assert found.kl == distribution(w, b, t).kl(patterns, weights)
    np.testing.assert_array_equal(found.weights, found.weights.T)
    assert not found.weights.diagonal().any()
    h = 1e-5
    for i in range(6):
        slope = [distribution(w, b + d * h * np.eye(6)[i], t).kl(patterns, weights) for d in (1, -1)]
        assert found.biases[i] == pytest.approx((slope[0] - slope[1]) / (2 * h), abs=1e-8)
        for j in range(i):
            step = np.zeros((6, 6))
            step[i, j] = step[j, i] = h
            slope = [distribution(w + d * step, b, t).kl(patterns, weights) for d in (1, -1)]
            assert found.weights[i, j] == pytest.approx((slope[0] - slope[1]) / (2 * h), abs=1e-8)


def test_what_comes_is_not_changed(rng):
    w, b = random_machine(rng, 4)
    before = w.copy(), b.copy()
    gradient(w, b, [[0, 1], [1, 1]])
    distribution(w, b, clamp=[1, np.nan])
    np.testing.assert_array_equal(w, before[0])
    np.testing.assert_array_equal(b, before[1])


W, B = np.zeros((3, 3)), np.zeros(3)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: distribution(np.zeros((3, 2)), B), r"weights must be \(n, n\) and biases \(n,\)"),
        (lambda: distribution(np.zeros((0, 0)), []), "n >= 1"),
        (lambda: distribution(W + np.nan, B), "must be finite"),
        (lambda: distribution(W, B + inf), "must be finite"),
        (lambda: distribution(np.eye(3), B), "diagonal of 0"),
        (lambda: distribution(np.triu(np.ones((3, 3)), 1), B), "symmetric"),
        (lambda: distribution(W, B, np.nan), "temperature must be a number"),
        (lambda: distribution(W, B, "hot"), "temperature must be a number"),
        (lambda: distribution(W, B, clamp=[0.5]), "0, 1 and NaN"),
        (lambda: distribution(W, B, clamp=[0, 0, 0, 1]), "m <= 3"),
        (lambda: distribution(W, B, clamp=[[0, 1]]), "one dimension"),
        (lambda: distribution(W, B).kl([[0, 2]]), "of 0 and 1"),
        (lambda: distribution(W, B).kl(np.zeros((0, 2))), "m >= 1"),
        (lambda: distribution(W, B).kl([[0, 1, 1, 0]]), "v <= 3"),
        (lambda: distribution(W, B).kl([[0, 1]], [-1]), "numbers >= 0"),
        (lambda: distribution(W, B).kl([[0, 1]], [0]), "sum > 0"),
        (lambda: distribution(W, B).kl([[0, 1]], [1, 1]), "must be 1 finite numbers"),
        (lambda: gradient(W, B, [[0, 1]], temperature=0), "other than 0"),
        (lambda: gradient(W, B, [[0, 1]], pattern_weights=[-1]), r"pattern_weights must be .* got \[-1\]"),
        (lambda: distribution(W, ["a"] * 3), "biases must be an array of numbers"),
        (lambda: distribution(W, B, clamp=["a"]), "clamp must be an array of numbers"),
    ],
)
def test_bad_input_is_refused(call, said):
    with pytest.raises((DataError, InvalidParameter), match=said):
        call()
