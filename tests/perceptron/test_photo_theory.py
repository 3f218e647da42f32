"""P_a and P_c against the published formulas enumerated one by one, their known values, and machines that are built."""

from itertools import product
from math import comb

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.perceptron.photo import PhotoPerceptron
from neurosim.perceptron.photo_theory import (
    activity_probability,
    conditional_activity,
    learning_curves,
    least_conditional_activity,
)

SIDE = 20


def bernoulli(k, n, p):
    return comb(n, k) * p**k * (1 - p) ** (n - k)


def naive_conditional(R, R2, C, x, y, theta):
    """Sum over e, i, l_e, l_i, g_e, g_i as the paper writes it."""
    L, G = 1 - C, (R2 - R * C) / (1 - R)
    fired = both = 0.0
    for e, i in product(range(x + 1), range(y + 1)):
        p = bernoulli(e, x, R) * bernoulli(i, y, R)
        if e - i < theta:
            continue
        fired += p
        for le, li, ge, gi in product(range(e + 1), range(i + 1), range(x - e + 1), range(y - i + 1)):
            if e - i - le + li + ge - gi >= theta:
                lost = bernoulli(le, e, L) * bernoulli(li, i, L)
                both += p * lost * bernoulli(ge, x - e, G) * bernoulli(gi, y - i, G)
    return both / fired


@pytest.mark.parametrize(
    ("parameters", "value"),
    [
        ((0.5, 10, 0, 1), 0.999023),
        ((0.5, 10, 0, 5), 0.623047),
        ((0.5, 5, 5, 1), 0.376953),
        ((0.5, 5, 5, 3), 0.054688),
        ((0.2, 5, 5, 1), 0.340124),
        ((0.2, 10, 0, 4), 0.120874),
    ],
)
def test_activity_probability(parameters, value):
    assert activity_probability(*parameters) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(
    ("parameters", "value"),
    [((0.5, 0, 10, 0, 5), 0.394984), ((0.2, 0.5, 10, 0, 2), 0.720249), ((0.2, 0, 10, 0, 2), 0.569064)],
)
def test_conditional_activity(parameters, value):
    assert conditional_activity(*parameters) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(
    ("R", "R2", "C", "x", "y", "theta"),
    [(0.3, 0.3, 0.6, 4, 3, 1), (0.3, 0.5, 0.2, 3, 4, 0), (0.7, 0.5, 0.4, 4, 2, 2), (0.5, 0.5, 0.58, 5, 0, -1)],
)
def test_conditional_activity_as_the_paper_sums_it(R, R2, C, x, y, theta):
    expected = naive_conditional(R, R2, C, x, y, theta)
    assert conditional_activity(R, C, x, y, theta, R2=R2) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("R", "R2"), [(0.2, 0.2), (0.5, 0.5), (0.3, 0.6)])
@pytest.mark.parametrize(("x", "y", "theta"), [(10, 0, 4), (5, 5, 2), (7, 3, 0)])
def test_stimuli_that_overlap_by_chance_are_independent(R, R2, x, y, theta):
    expected = activity_probability(R2, x, y, theta)
    assert conditional_activity(R, R2, x, y, theta, R2=R2) == pytest.approx(expected, abs=1e-12)
    assert conditional_activity(R, 1.0, x, y, theta) == pytest.approx(1.0)


@pytest.mark.parametrize(("R", "C"), [(0.2, 0.0), (0.5, 0.3), (0.4, 0.9)])
def test_lower_bound(R, C):
    for x, y, theta in [(10, 0, 4), (5, 5, 2), (7, 3, 0), (3, 7, -2)]:
        assert conditional_activity(R, C, x, y, theta) >= least_conditional_activity(R, C, x, y)
    # the bound is reached where a unit fires only if all excitatory and no inhibitory points are lit
    assert conditional_activity(R, C, 4, 3, 4) == pytest.approx(least_conditional_activity(R, C, 4, 3), abs=1e-12)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: activity_probability(1.1, 5, 5, 1), "R"),
        (lambda: activity_probability(0.5, -1, 5, 1), "excitatory"),
        (lambda: activity_probability(0.5, 5, 1.5, 1), "inhibitory"),
        (lambda: activity_probability(0.5, 5, 5, np.nan), "threshold"),
        (lambda: conditional_activity(0.0, 0.5, 5, 5, 1), "R"),
        (lambda: conditional_activity(0.5, 1.5, 5, 5, 1), "C"),
        (lambda: conditional_activity(0.8, 0.1, 5, 5, 1), "C"),
        (lambda: conditional_activity(0.5, 0.5, 5, 5, 6), "threshold"),
        (lambda: learning_curves([2, 1]), "sizes"),
        (lambda: learning_curves([1], environment="both"), "environment"),
        (lambda: learning_curves([1], machines=1), "machines"),
    ],
)
def test_bad_parameters(call, name):
    with pytest.raises(InvalidParameter, match=f": {name} must be"):
        call()


@pytest.mark.parametrize(("sizes", "C", "allowed"), [((0.8, 0.8), 0.1, "0.75, 1"), ((0.8, 0.4), 0.9, "0.25, 0.5")])
def test_an_impossible_overlap_is_told_what_is_possible(sizes, C, allowed):
    with pytest.raises(InvalidParameter, match=rf"C must be in \[{allowed}\]"):
        conditional_activity(sizes[0], C, 5, 5, 1, R2=sizes[1])


@pytest.mark.parametrize(
    ("share", "overlap", "x", "y", "theta"),
    [(0.5, 0.58, 5, 5, 3), (0.2, 0.5, 10, 0, 2), (0.5, 0.0, 10, 0, 5), (0.2, 0.2, 5, 5, 1)],
)
def test_machines_follow_the_theory(rng, share, overlap, x, y, theta):
    """20,000 A-units on a 20 x 20 retina, within 4 standard errors."""
    points, lit = SIDE * SIDE, round(share * SIDE * SIDE)
    common = round(overlap * lit)
    order = rng.permutation(points)
    stimuli = np.zeros((2, points), bool)
    stimuli[0, order[:lit]] = True
    stimuli[1, order[lit - common : 2 * lit - common]] = True
    machine = PhotoPerceptron(
        (SIDE, SIDE), 20_000, excitatory=x, inhibitory=y, threshold=theta, random_state=int(rng.integers(2**32))
    )
    first, second = machine.activity(stimuli)
    p_a = activity_probability(share, x, y, theta)
    p_c = conditional_activity(share, overlap, x, y, theta)
    for active in (first, second):
        assert active.mean() == pytest.approx(p_a, abs=4 * np.sqrt(p_a * (1 - p_a) / machine.n_units))
    assert second[first].mean() == pytest.approx(p_c, abs=4 * np.sqrt(p_c * (1 - p_c) / first.sum()))


def test_learning_curves():
    """Bars from 15 seeds."""
    sizes = [2, 8, 32, 128]
    ideal = learning_curves(sizes, environment="ideal", machines=40, n_units=100, random_state=1)
    assert list(ideal.n_sr) == sizes
    assert (np.diff(ideal.recall) < 0).all()
    assert ideal.recall[0] > 0.9
    assert ideal.recall[-1] < 0.75
    assert (np.abs(ideal.generalisation - 0.5) < 4.5 * ideal.generalisation_error).all()
    assert ((ideal.generalisation_error > 0.003) & (ideal.generalisation_error < 0.02)).all()
    small, large = (learning_curves(sizes, machines=40, n_units=n, random_state=2) for n in (60, 300))
    for curves in (small, large):
        assert curves.generalisation[-1] - curves.generalisation[0] > 0.05
        assert curves.recall[0] - curves.recall[-1] > 0.03
        assert abs(curves.recall[-1] - curves.generalisation[-1]) < 0.09
    assert 0.1 < large.generalisation[-1] - small.generalisation[-1] < 0.3


def test_learning_curves_are_reproducible():
    once, again = (learning_curves([2, 4], machines=2, tests=5, n_units=50, random_state=3) for _ in range(2))
    np.testing.assert_array_equal(once.recall, again.recall)
    np.testing.assert_array_equal(once.generalisation, again.generalisation)
