"""Mean field: the equations, the bound, its limits and cases that can be solved by hand."""

from math import inf, log

import numpy as np
import pytest

from neurosim.boltzmann.exact import distribution
from neurosim.boltzmann.mean_field import mean_field
from neurosim.core.errors import DataError, InvalidParameter


def random_machine(rng, n, scale=1.0):
    w = np.triu(rng.normal(0, scale, (n, n)), 1)
    return w + w.T, rng.normal(0, scale, n)


@pytest.mark.parametrize("t", [1.0, 0.5, 4.0, -3.0])
def test_the_solution_solves_the_equations_and_bounds_the_partition_function(rng, t):
    for _ in range(20):
        w, b = random_machine(rng, 7)
        found = mean_field(w, b, t, [1, np.nan, 0])
        assert found.converged
        m = found.activities
        free = [1, 3, 4, 5, 6]
        for i in free:
            assert m[i] == pytest.approx(1 / (1 + np.exp(-(w[i] @ m + b[i]) / t)), abs=1e-8)
        assert (m[0], m[2]) == (1, 0)
        entropy = -sum(m[i] * log(m[i]) + (1 - m[i]) * log(1 - m[i]) for i in free)
        assert found.log_z == pytest.approx((m @ w @ m / 2 + b @ m) / t + entropy, abs=1e-12)
        assert found.log_z <= distribution(w, b, t, [1, np.nan, 0]).log_z + 1e-12


def test_without_weights_it_is_exact(rng):
    b = rng.normal(size=6)
    found, exact = mean_field(np.zeros((6, 6)), b, 0.7), distribution(np.zeros((6, 6)), b, 0.7)
    np.testing.assert_allclose(found.cooccurrence, exact.cooccurrence, atol=1e-12)
    assert found.log_z == pytest.approx(exact.log_z, abs=1e-12)
    assert found.sweeps == 2


def test_weak_weights_are_right_to_first_order(rng):
    """Mean field leaves out terms of second order, so the error falls at least fourfold when the weights halve."""
    w, b = random_machine(rng, 8)
    errors = [
        np.abs(mean_field(s * w, b).activities - distribution(s * w, b).activities).max() for s in (0.1, 0.05, 0.025)
    ]
    assert errors[0] > 3.5 * errors[1] > 3.5**2 * errors[2] > 0


def test_every_sweep_raises_the_bound(rng):
    w, b = random_machine(rng, 10, 3.0)
    bounds = [mean_field(w, b, max_sweeps=k).log_z for k in range(1, 30)]
    assert (np.diff(bounds) >= -1e-12).all()
    assert bounds[-1] > bounds[0]


def test_too_few_sweeps_are_told(rng):
    w, b = random_machine(rng, 10, 3.0)
    found = mean_field(w, b, max_sweeps=1)
    assert (found.sweeps, found.converged) == (1, False)
    assert mean_field(w, b, tolerance=1.0).converged


def test_rows_are_problems_of_their_own(rng):
    w, b = random_machine(rng, 6)
    clamp = np.array([[1, np.nan, 0], [0, 0, np.nan], [np.nan, np.nan, np.nan]])
    initial = rng.random((3, 6))
    together = mean_field(w, b, 2.0, clamp, initial=initial)
    assert together.cooccurrence.shape == (3, 6, 6)
    for k in range(3):
        alone = mean_field(w, b, 2.0, clamp[k], initial=initial[k])
        np.testing.assert_allclose(together.activities[k], alone.activities, atol=1e-9)
        np.testing.assert_allclose(together.cooccurrence[k], alone.cooccurrence, atol=1e-9)
        assert together.log_z[k] == pytest.approx(alone.log_z, abs=1e-9)
        m = alone.activities
        np.testing.assert_allclose(alone.cooccurrence, np.outer(m, m) + np.diag(m - m * m), atol=1e-12)


def test_where_the_search_begins_decides_between_two_states():
    """Two units that support each other: one solution while hot, three while cold."""
    w, b = np.array([[0, 12.0], [12, 0]]), np.array([-6.0, -6])
    np.testing.assert_allclose(mean_field(w, b).activities, 0.5)
    up, down = mean_field(w, b, initial=[0.9, 0.6]), mean_field(w, b, initial=[0.1, 0.4])
    assert up.activities.min() > 0.99
    np.testing.assert_allclose(down.activities, 1 - up.activities, atol=1e-9)
    assert up.log_z > mean_field(w, b).log_z
    np.testing.assert_allclose(mean_field(w, b, 4.0, initial=[0.9, 0.6]).activities, 0.5, atol=1e-6)


def test_the_limits_of_the_temperature():
    w, b = np.array([[0, 2.0, 0], [2, 0, 0], [0, 0, 0]]), np.array([-1.0, 0.5, 0])
    cold = mean_field(w, b, 0.0)
    np.testing.assert_array_equal(cold.activities, [1, 1, 0.5])
    assert (cold.log_z, cold.converged) == (inf, True)
    np.testing.assert_array_equal(mean_field(w, b, -0.0, initial=[0, 1, 1]).activities, [1, 0, 0.5])
    np.testing.assert_array_equal(mean_field(w, -b, -0.0, [1, 1]).log_z, -inf)
    assert mean_field(w, b - 0.5, 0.0, [0, 0, 0]).log_z == 0
    assert mean_field(np.zeros((3, 3)), np.zeros(3), 0.0).log_z == pytest.approx(3 * log(2))
    np.testing.assert_array_equal(mean_field(w, b, 1e-310).activities, cold.activities)
    for t in (inf, -inf):
        hot = mean_field(w, b, t)
        np.testing.assert_array_equal(hot.activities, 0.5)
        assert hot.log_z == pytest.approx(3 * log(2))


def test_all_units_may_be_clamped():
    found = mean_field([[0, 3], [3, 0]], [1, 1], 2.0, [1, 1])
    assert (found.log_z, found.converged) == (2.5, True)


W, B = np.zeros((3, 3)), np.zeros(3)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"temperature": np.nan}, "temperature must be a number"),
        ({"clamp": [2]}, "0, 1 and NaN"),
        ({"initial": ["a"] * 3}, "initial must be an array of numbers"),
        ({"initial": [0.5, 0.5]}, r"of shape \(3,\); got shape \(2,\)"),
        ({"initial": [0.5, 0.5, 1.5]}, r"numbers in \[0, 1\]"),
        ({"initial": [0.5, 0.5, np.nan]}, r"numbers in \[0, 1\]"),
        ({"max_sweeps": 0}, "max_sweeps must be an integer >= 1"),
        ({"tolerance": -1}, "tolerance must be a number >= 0"),
    ],
)
def test_bad_input_is_refused(given, said):
    with pytest.raises((DataError, InvalidParameter), match=said):
        mean_field(W, B, **given)
