"""The theory of the LMS rule against the textbook's formulas and against plain simulations."""

import numpy as np
import pytest

from neurosim.core import parallel
from neurosim.core.errors import InvalidParameter
from neurosim.perceptron.lms import (
    lms_bounds,
    lms_learning_curve,
    lms_mean_error,
    lms_misadjustment,
    simulate_lms,
)

COLOURED = np.array([[2.0, 0.6, 0.0], [0.6, 1.0, -0.3], [0.0, -0.3, 0.5]])


def naive_runs(rng, r, mu, start, steps, runs, noise=1.0):
    """Return e^2 (steps, runs) and the weight errors (runs, n) of many plain streams at once."""
    v, squares = np.tile(np.asarray(start, float), (runs, 1)), np.empty((steps, runs))
    for step in range(steps):
        x = rng.multivariate_normal(np.zeros(len(r)), r, runs)
        error = noise * rng.normal(size=runs) - (v * x).sum(axis=1)
        squares[step] = error**2
        v = v + 2 * mu * error[:, None] * x
    return squares, v


@pytest.mark.parametrize(("mu", "expected"), [(0.01, 0.1136), (0.03, 0.4688)])
def test_misadjustment_of_white_inputs(mu, expected):
    """2,000,000 steps: the mean over seeds spreads by 0.2 %."""
    assert lms_misadjustment(np.eye(10), mu) == pytest.approx(mu * 10 / (1 - mu * 12), rel=1e-12)
    assert lms_misadjustment(np.eye(10), mu) == pytest.approx(expected, abs=6e-5)
    run = simulate_lms(np.eye(10), mu, 2_000_000, block=1000, random_state=1)
    assert run.excess[:, 10:].mean() == pytest.approx(expected, rel=0.03)
    assert run.squared_error[:, 10:].mean() == pytest.approx(1 + expected, rel=0.01)


def test_small_rates_give_the_trace():
    for mu in (1e-4, 1e-6):
        assert lms_misadjustment(COLOURED, mu) == pytest.approx(mu * np.trace(COLOURED), rel=20 * mu)


def test_bounds():
    for n in (1, 4, 10, 100):
        bounds = lms_bounds(np.eye(n))
        assert (bounds.mean, bounds.mean_square) == (1, pytest.approx(1 / (n + 2)))
    coloured = lms_bounds(COLOURED)
    assert coloured.mean == pytest.approx(1 / np.linalg.eigvalsh(COLOURED)[-1])
    assert lms_bounds(10 * COLOURED).mean_square == pytest.approx(coloured.mean_square / 10)
    assert lms_misadjustment(COLOURED, 0.999 * coloured.mean_square) > 100
    assert lms_misadjustment(COLOURED, coloured.mean_square * 1.001) == np.inf
    assert lms_misadjustment(COLOURED, coloured.mean) == np.inf


def test_mean_weights_converge_below_the_bound_and_diverge_above():
    largest = np.linalg.eigvalsh(COLOURED)[-1]
    start = np.array([1.0, -2.0, 3.0])
    below, above = (lms_mean_error(COLOURED, f / largest, start, 400) for f in (0.9, 1.1))
    assert np.linalg.norm(below[-1]) < 1e-6
    assert np.linalg.norm(above[-1]) > 1e20
    v = start
    for k in range(5):
        np.testing.assert_allclose(below[k], v)
        v = v - 2 * 0.9 / largest * COLOURED @ v


def test_mean_error_and_learning_curve_of_many_plain_streams(rng):
    """20,000 streams: standard errors are below 0.01 for the weights and 1.5 % for the errors."""
    start, mu, steps = [1.0, 0.5, -2.0], 0.06, 25
    squares, v = naive_runs(rng, COLOURED, mu, start, steps, 20_000, noise=0.7)
    np.testing.assert_allclose(v.mean(axis=0), lms_mean_error(COLOURED, mu, start, steps)[-1], atol=0.05)
    curve = lms_learning_curve(COLOURED, mu, start, steps, noise=0.7)
    assert curve[0] == pytest.approx(0.49 + np.array(start) @ COLOURED @ start)
    np.testing.assert_allclose(squares.mean(axis=1), curve, rtol=0.07)


def test_learning_curve_ends_at_the_misadjustment():
    for r in (np.eye(4), COLOURED):
        mu = 0.4 * lms_bounds(r).mean_square
        curve = lms_learning_curve(r, mu, np.ones(len(r)), 3000, noise=2.0)
        assert curve[-1] / 4 - 1 == pytest.approx(lms_misadjustment(r, mu), rel=1e-6)


def test_mean_square_diverges_from_the_bound_on():
    bound = lms_bounds(COLOURED).mean_square
    stable, unstable = (lms_learning_curve(COLOURED, f * bound, np.ones(3), 20_000)[-1] for f in (0.98, 1.02))
    assert stable < 100
    assert unstable > 1e6
    assert lms_mean_error(COLOURED, 1.02 * bound, np.ones(3), 2000)[-1] == pytest.approx(0, abs=1e-6)


def test_simulated_streams_follow_the_curve():
    """4,000 streams: e^2 has a standard error of about 2 % at first, and less when averaged over 5 steps."""
    start = np.array([1.0, 0.5, -2.0])
    run = simulate_lms(COLOURED, 0.06, 50, start=start, noise=0.7, runs=4000, block=5, random_state=2)
    curve = lms_learning_curve(COLOURED, 0.06, start, 50, noise=0.7)
    np.testing.assert_allclose(run.squared_error.mean(axis=0), curve.reshape(-1, 5).mean(axis=1), rtol=0.12)
    np.testing.assert_allclose(run.excess.mean(axis=0), curve.reshape(-1, 5).mean(axis=1) - 0.49, rtol=0.16)
    expected = lms_mean_error(COLOURED, 0.06, start, 50)[-1]
    np.testing.assert_allclose(run.weight_error.mean(axis=0), expected, atol=0.05)
    assert (run.squared_error.shape, run.weight_error.shape, run.block) == ((4000, 10), (4000, 3), 5)


def test_streams_are_normal_and_independent():
    """With mu almost 0 the weights stay, and the excess is v'Rv on average."""
    run = simulate_lms(COLOURED, 1e-12, 1000, start=[0, 1, 1], runs=300, block=1000, noise=2.0, random_state=3)
    expected = np.array([0, 1, 1]) @ COLOURED @ [0, 1, 1]
    assert run.excess.mean() == pytest.approx(expected, rel=0.02)
    assert run.squared_error.mean() == pytest.approx(4 + expected, rel=0.02)
    assert run.excess.std() == pytest.approx(expected * np.sqrt(2 / 1000), rel=0.2)  # chi squared


def test_streams_do_not_depend_on_threads_or_runs():
    before, results = parallel.threads(), []
    for threads, runs in ((1, 5), (3, 5), (2, 2)):
        parallel.set_threads(threads)
        results.append(simulate_lms(COLOURED, 0.05, 60, runs=runs, random_state=9).weight_error)
    parallel.set_threads(before)
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0][:2], results[2])
    assert len(np.unique(results[0])) == 15


def test_two_equal_inputs_leave_a_direction_alone():
    equal = np.ones((2, 2))
    assert lms_bounds(equal).mean == pytest.approx(0.5)
    np.testing.assert_allclose(lms_mean_error(equal, 0.1, [1, -1], 50)[-1], [1, -1])
    run = simulate_lms(equal, 0.05, 500, start=[1, -1], random_state=0)
    assert run.weight_error[0] @ [1, -1] == pytest.approx(2)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: lms_bounds(np.zeros((2, 2))), "correlation must be a symmetric"),
        (lambda: lms_bounds([[1.0, 0.0], [0.5, 1.0]]), "correlation"),
        (lambda: lms_bounds([[1.0, 0.0], [0.0, -1.0]]), "correlation"),
        (lambda: lms_bounds(3.0), "correlation"),
        (lambda: lms_misadjustment(np.eye(2), 0), "mu must be a number > 0"),
        (lambda: lms_misadjustment(np.eye(2), "fast"), "mu"),
        (lambda: lms_mean_error(np.eye(2), 0.1, [1.0], 3), "start"),
        (lambda: lms_mean_error(np.eye(2), 0.1, [1.0, 1.0], -1), "steps"),
        (lambda: lms_learning_curve(np.eye(2), 0.1, [1, 1], 5, noise=-1), "noise"),
        (lambda: simulate_lms(np.eye(2), 0.1, 10, block=3), "multiple of block"),
        (lambda: simulate_lms(np.eye(2), 0.1, 10, runs=0), "runs"),
        (lambda: simulate_lms(np.eye(2), np.nan, 10), "mu"),
    ],
)
def test_errors_name_the_parameter(call, words):
    with pytest.raises(InvalidParameter, match=words):
        call()
