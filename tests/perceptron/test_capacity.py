"""What is separable, with which margin, and how often: counts one by one, two solvers, random sets."""

from fractions import Fraction
from itertools import product
from math import comb, sqrt

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.perceptron import MinOver
from neurosim.perceptron.capacity import (
    cover_count,
    cover_probability,
    gardner_capacity,
    gardner_stability,
    separability_curve,
)
from neurosim.perceptron.separability import (
    is_separable,
    largest_margin,
    novikoff_bound,
    novikoff_worst_case,
    separating_vector,
)


def random_set(rng, points, dimension):
    return rng.normal(size=(points, dimension)), rng.choice([-1, 1], points)


def learn(x, y):
    """The perceptron of the textbook: passes until it makes no mistake; return the mistakes."""
    w, mistakes, again = np.zeros(x.shape[1]), 0, True
    while again:
        again = False
        for sample, label in zip(x, y, strict=True):
            if label * (w @ sample) <= 0:
                w, mistakes, again = w + label * sample, mistakes + 1, True
    return mistakes


@pytest.mark.parametrize(("points", "dimension", "count"), [(4, 2, 8), (4, 3, 14), (3, 3, 8), (1, 1, 2), (5, 1, 2)])
def test_cover_counts(points, dimension, count):
    assert cover_count(points, dimension) == count


@pytest.mark.parametrize(("points", "dimension"), [(4, 2), (6, 3), (7, 2)])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_cover_counts_the_labellings_one_by_one(rng, points, dimension, fit_intercept):
    x = rng.normal(size=(points, dimension))
    found = sum(is_separable(x, y, fit_intercept=fit_intercept) for y in product([-1, 1], repeat=points))
    assert found == cover_count(points, dimension + fit_intercept)


def test_cover_probability():
    for points, expected in ((30, 0.969286), (40, 0.5), (50, 0.076204)):
        assert cover_probability(points, 20) == pytest.approx(expected, abs=1e-6)
    assert cover_probability(40, 21) == pytest.approx(0.625, abs=1e-3)
    for points, dimension in ((1, 1), (3, 7), (10, 10), (11, 10), (3000, 1400), (2000, 1000)):
        exact = float(Fraction(cover_count(points, dimension), 2**points))
        assert cover_probability(points, dimension) == pytest.approx(exact, rel=1e-9)
    np.testing.assert_allclose(cover_probability(np.array([[10, 40]]), 20), [[1, 0.5]])


@pytest.mark.parametrize(("points", "share", "bar"), [(30, 0.969, 0.035), (40, 0.5, 0.1), (50, 0.076, 0.053)])
def test_cover_in_random_sets(rng, points, share, bar):
    """300 sets: the bars are 3.5 standard errors, beyond which a correct program falls less than once in 1000."""
    found = [is_separable(*random_set(rng, points, 20)) for _ in range(300)]
    assert abs(np.mean(found) - share) < bar


def test_linear_program_and_least_distance_agree(rng):
    for points in range(5, 36, 2):
        for fit_intercept in (False, True):
            x, y = random_set(rng, points, 8)
            x += 30 * rng.normal(size=8)
            w = separating_vector(x, y, fit_intercept=fit_intercept)
            if w is None:
                with pytest.raises(DataError, match="not separable"):
                    largest_margin(x, y, fit_intercept=fit_intercept)
            else:
                z = np.column_stack([x, np.ones(points)]) if fit_intercept else x
                assert (y * (z @ w) > 0).all()
                assert largest_margin(x, y, fit_intercept=fit_intercept)[0] >= (y * (z @ w)).min() / np.linalg.norm(w)


def test_separability_curve():
    """4,000 draws: the bars are about 4 standard errors."""
    curve = separability_curve(20, [10, 30, 40, 50], 4000, random_state=1)
    np.testing.assert_allclose(curve.expected, [1, 0.969286, 0.5, 0.076204], atol=1e-6)
    assert (np.abs(curve.separable - curve.expected) <= [0, 0.012, 0.03, 0.017]).all()
    assert (curve.separable[0], curve.dimension, curve.draws) == (1, 20, 4000)
    shifted = separability_curve(20, 40, 4000, fit_intercept=True, random_state=1)
    assert shifted.separable[0] == pytest.approx(0.625, abs=0.03)
    assert shifted.expected[0] == pytest.approx(0.625, abs=1e-3)
    again = separability_curve(20, 40, 50, random_state=7).separable
    assert again == separability_curve(20, 40, 50, random_state=7).separable


def test_largest_margin_is_that_of_a_general_optimiser(rng):
    for _ in range(20):
        x = rng.normal(size=(12, 5)) * 3
        y = np.sign(x @ rng.normal(size=5))
        margin, w = largest_margin(x, y)
        rows = y[:, None] * x
        solved = minimize(
            lambda v: v @ v,
            2 * w / margin,
            jac=lambda v: 2 * v,
            method="SLSQP",
            constraints={"type": "ineq", "fun": lambda v, rows=rows: rows @ v - 1, "jac": lambda _, rows=rows: rows},
            options={"ftol": 1e-14, "maxiter": 500},
        )
        assert margin == pytest.approx(1 / np.linalg.norm(solved.x), rel=1e-5)
        assert np.linalg.norm(w) == pytest.approx(1)
        assert (rows @ w).min() == margin


def test_margin_scales_with_the_data(rng):
    x = rng.normal(size=(30, 6))
    y = np.sign(x @ np.ones(6))
    margin, w = largest_margin(x, y)
    for scale in (1e-8, 1e8):
        scaled, same = largest_margin(scale * x, y)
        assert scaled == pytest.approx(scale * margin)
        np.testing.assert_allclose(same, w, atol=1e-9)


def test_gardner_capacity():
    for kappa in (0.0, 0.3, 1.0, 2.5):
        integral, _ = quad(lambda t, k=kappa: np.exp(-t * t / 2) * (t + k) ** 2 / sqrt(2 * np.pi), -kappa, np.inf)
        assert gardner_capacity(kappa) == pytest.approx(1 / integral, rel=1e-9)
    for load in (0.01, 0.7, 1.3, 2.0):
        assert gardner_capacity(gardner_stability(load)) == pytest.approx(load)


def test_gardner_stability_in_random_sets(rng):
    """20 sets of 150 points in 150 dimensions; their margins spread by about 0.02, and N is not infinite."""
    margins = [largest_margin(*random_set(rng, 150, 150))[0] for _ in range(20)]
    assert np.mean(margins) == pytest.approx(gardner_stability(1.0), abs=0.03)


def test_novikoff_holds_in_1000_random_sets(rng):
    for _ in range(1000):
        points, n = rng.integers(2, 13), rng.integers(1, 6)
        x = rng.normal(size=(points, n))
        teacher = rng.normal(size=n)
        y = np.where(x @ teacher > 0, 1, -1)
        bound = novikoff_bound(x, y)
        assert bound <= novikoff_bound(x, y, teacher) * (1 + 1e-9)
        if bound < 3000:
            assert learn(x, y) <= bound * (1 + 1e-9)


@pytest.mark.parametrize("n", [1, 2, 10, 33])
def test_novikoff_is_attained(n):
    x, y = novikoff_worst_case(n)
    assert learn(x, y) == n
    assert novikoff_bound(x, y) == pytest.approx(n, rel=1e-12)
    assert novikoff_bound(x, y, np.ones(n)) == pytest.approx(n, rel=1e-12)


def test_an_offset_of_the_data_does_not_matter_with_an_intercept(rng):
    x = rng.normal(size=(60, 5)) + 1e8
    y = (x - 1e8) @ [1.0, -1.0, 1.0, 0.5, 2.0] > 0
    assert is_separable(x, y, fit_intercept=True)
    assert is_separable(1e-20 * x, y, fit_intercept=True)
    assert not is_separable(x, rng.permutation(y), fit_intercept=True)


def test_minover_comes_close_to_the_largest_margin(rng):
    x = rng.normal(size=(40, 10))
    y = np.sign(x @ rng.normal(size=10))
    model = MinOver(tol=0.02, fit_intercept=False).fit(x, y)
    margin, w = largest_margin(x, y)
    assert 0.98 * margin <= model.stability_[0] <= margin * (1 + 1e-9)
    assert model.coef_[0] @ w / np.linalg.norm(model.coef_) > 0.99


def test_labels_of_other_kinds():
    x = [[1.0, 2.0], [-1.0, 1.0], [0.5, -1.0]]
    for y in ([1, -1, 1], [5, 2, 5], ["b", "a", "b"], [True, False, True], [1, 0, 1]):
        margin, w = largest_margin(x, y)
        assert margin > 0
        assert w[0] > 0
    assert is_separable(x, [0, 0, 0], fit_intercept=True)


def test_not_separable():
    xor = ([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])
    assert separating_vector(*xor, fit_intercept=True) is None
    assert not is_separable([[0.0, 0.0], [1.0, 1.0]], [1, -1])
    with pytest.raises(DataError, match="novikoff_bound: weights do not separate"):
        novikoff_bound([[1.0], [2.0]], [1, 1], [-1.0])
    for data in (xor, ([[0.0]], [1])):
        with pytest.raises(DataError, match="not separable"):
            novikoff_bound(*data)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cover_count(0, 3), "points must be an integer >= 1"),
        (lambda: cover_count(3, 2.5), "dimension"),
        (lambda: cover_probability([1.5], 3), "points"),
        (lambda: cover_probability([0], 3), "points"),
        (lambda: gardner_capacity(-0.1), "stability must be a finite number >= 0"),
        (lambda: gardner_capacity(float("nan")), "stability"),
        (lambda: gardner_stability(0), "load"),
        (lambda: gardner_stability(2.1), "load"),
        (lambda: gardner_stability("1"), "load"),
        (lambda: separability_curve(3, [4], 0), "draws"),
        (lambda: novikoff_bound([[1.0]], [1], [0.0]), "weights"),
        (lambda: novikoff_bound([[1.0]], [1], [1.0, 2.0]), "weights"),
    ],
)
def test_errors_name_the_parameter(call, words):
    with pytest.raises(InvalidParameter, match=words):
        call()


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ([1.0, 2.0], [1, -1], "X must be"),
        ([[1.0], [2.0]], [1], "X must be"),
        (np.empty((0, 2)), [], "not empty"),
        ([[np.nan], [2.0]], [1, -1], "NaN"),
        ([[1.0], [2.0], [3.0]], [1, 2, 3], "two different labels"),
    ],
)
def test_unusable_data(x, y, words):
    with pytest.raises(DataError, match=words):
        is_separable(x, y)


def test_the_counts_of_the_notes():
    assert cover_count(40, 20) * 2 == 2**40
    assert cover_count(30, 20) == 2 * sum(comb(29, k) for k in range(20))
