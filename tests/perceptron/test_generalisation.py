"""Generalisation errors: theory against simulated students, and limits that can be worked out by hand."""

from math import pi, sqrt

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from neurosim.core.errors import InvalidParameter
from neurosim.perceptron.generalisation import (
    SIMULATED,
    THEORIES,
    generalisation_error,
    simulate_generalisation,
)


@pytest.mark.parametrize(
    ("rule", "n", "trials"), [("hebb", 250, 40), ("maximal_stability", 100, 60), ("online_perceptron", 300, 40)]
)
@pytest.mark.parametrize("load", [0.5, 2.0])
def test_simulation_meets_theory(rule, n, trials, load):
    """Finite N costs about 1/N; the bar of 4.5 standard errors leaves room for it."""
    measured = simulate_generalisation(rule, n, load, trials, random_state=3)
    assert measured.load == load
    assert measured.errors.shape == (trials,)
    assert abs(measured.mean - generalisation_error(rule, load)) < 4.5 * measured.standard_error
    assert measured.standard_error < 0.006


def test_a_perceptron_that_makes_no_error_lies_between():
    """40 students at alpha = 4: worse than the largest margin (0.1133), better than a single pass (0.1994)."""
    measured = simulate_generalisation("perceptron", 100, 4.0, 40, random_state=5)
    assert generalisation_error("bayes", 4.0) < measured.mean < generalisation_error("online_perceptron", 4.0) - 0.05


def version_space(rng, n, points, steps):
    """Hit and run among the vectors that make no error, from the teacher; yield unit vectors and the teacher."""
    teacher = rng.normal(size=n)
    rows = rng.normal(size=(points, n))
    rows *= np.sign(rows @ teacher)[:, None]
    w = teacher.copy()
    for _ in range(steps):
        direction = rng.normal(size=n)
        direction /= np.linalg.norm(direction)
        fields, change = rows @ w, rows @ direction
        low = np.max(-fields[change > 0] / change[change > 0], initial=-9.0)
        high = np.min(-fields[change < 0] / change[change < 0], initial=9.0)
        middle = -(w @ direction)  # where the normal density along the line has its peak
        a, b = ndtr(low - middle), ndtr(high - middle)
        w = w + np.clip(middle + ndtri(a + (b - a) * rng.random()), low, high) * direction
        yield w / np.linalg.norm(w), teacher / np.linalg.norm(teacher)


def test_gibbs_and_bayes_in_a_sampled_version_space(rng):
    """16 teachers in 25 dimensions at alpha = 1; standard errors are about 0.008."""
    gibbs, bayes = [], []
    for _ in range(16):
        chain = list(version_space(rng, 25, 25, 2000))[300:]
        students, teacher = np.array([w for w, _ in chain]), chain[0][1]
        middle = students.mean(axis=0)
        gibbs.append(np.arccos(students @ teacher).mean() / pi)
        bayes.append(np.arccos(middle @ teacher / np.linalg.norm(middle)) / pi)
    assert np.mean(gibbs) == pytest.approx(generalisation_error("gibbs", 1.0), abs=0.035)
    assert np.mean(bayes) == pytest.approx(generalisation_error("bayes", 1.0), abs=0.035)


def test_hebb_is_the_formula():
    for load in (0.1, 1.0, 20.0):
        expected = np.arccos(sqrt(2 * load / (2 * load + pi))) / pi
        assert generalisation_error("hebb", load) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("rule", "product"), [("maximal_stability", 0.5005), ("gibbs", 0.6247), ("bayes", 0.4417)])
def test_students_without_errors_fall_as_one_over_the_load(rule, product):
    """The products error * load to which the solutions of the equations tend; that they do is what is tested."""
    loads = np.array([200.0, 1000.0])
    np.testing.assert_allclose(loads * generalisation_error(rule, loads), product, rtol=1e-3)


def test_other_students_fall_more_slowly():
    hebb, online = (generalisation_error(rule, np.array([1000.0, 8000.0])) for rule in ("hebb", "online_perceptron"))
    assert hebb[0] / hebb[1] == pytest.approx(sqrt(8), rel=2e-3)
    assert online[0] / online[1] == pytest.approx(2, rel=0.02)  # load^(-1/3)


def test_order_of_the_students():
    loads = np.array([0.05, 0.5, 2.0, 10.0])
    bayes, stability, gibbs, hebb = (
        generalisation_error(rule, loads) for rule in ("bayes", "maximal_stability", "gibbs", "hebb")
    )
    assert (bayes < stability).all()
    assert (stability < gibbs).all()
    assert (stability < hebb).all()
    assert (np.diff(bayes) < 0).all()


@pytest.mark.parametrize("rule", THEORIES)
def test_without_examples_a_student_guesses(rule):
    assert generalisation_error(rule, 0) == 0.5
    few = generalisation_error(rule, [[1e-9, 1e-7], [1e-5, 1e-3]])
    assert few.shape == (2, 2)
    assert (few < 0.5).all()
    np.testing.assert_allclose(few, 0.5, atol=0.02)


def test_the_first_examples_count_most():
    """The overlap R at small loads: sqrt(2 alpha / pi), but 2 alpha / pi for Gibbs, and half the examples online."""
    load = 1e-7
    overlaps = {rule: np.cos(pi * generalisation_error(rule, load)) for rule in THEORIES}
    assert overlaps["gibbs"] == pytest.approx(2 * load / pi, rel=0.01)
    assert overlaps["online_perceptron"] == pytest.approx(sqrt(load / pi), rel=0.01)
    for rule in ("hebb", "maximal_stability", "bayes"):
        assert overlaps[rule] == pytest.approx(sqrt(2 * load / pi), rel=0.01)
    just = generalisation_error("online_perceptron", [0.9e-6, 1.1e-6])
    assert just[0] - just[1] == pytest.approx((sqrt(1.1e-6 / pi) - sqrt(0.9e-6 / pi)) / pi, rel=0.02)


@pytest.mark.parametrize("rule", SIMULATED)
def test_simulation_is_repeatable(rule):
    first, again = (simulate_generalisation(rule, 20, 1.5, 3, random_state=4).errors for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert len(set(first)) == 3
    assert np.isnan(simulate_generalisation(rule, 5, 0.01, 1, random_state=0).standard_error)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: generalisation_error("oracle", 1), "rule must be one of hebb"),
        (lambda: generalisation_error("hebb", -1), "load"),
        (lambda: generalisation_error("hebb", [1, np.nan]), "load"),
        (lambda: simulate_generalisation("bayes", 10, 1), "rule"),
        (lambda: simulate_generalisation("hebb", 1, 1), "n must"),
        (lambda: simulate_generalisation("hebb", 10, 0), "load"),
        (lambda: simulate_generalisation("hebb", 10, 1, 0), "trials"),
    ],
)
def test_errors_name_the_parameter(call, words):
    with pytest.raises(InvalidParameter, match=words):
        call()
