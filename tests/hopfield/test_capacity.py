"""Capacities against integrals of their definitions, simulated networks and the published values."""

from math import exp, inf, log, pi, sqrt

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtri

from neurosim.core.errors import InvalidParameter
from neurosim.hopfield import theory


def hebb(patterns):
    weights = patterns.T @ patterns / patterns.shape[1]
    np.fill_diagonal(weights, 0)
    return weights


@pytest.mark.parametrize("coding", ["spin", "binary"])
def test_bit_errors_of_one_update(coding, rng):
    n, p, wrong = 1000, 150, []
    for _ in range(40):
        spins = rng.choice([-1.0, 1.0], (p, n)).astype(np.float32)
        states = spins if coding == "spin" else (spins + 1) / 2
        wrong.append(np.mean(spins * (states @ hebb(spins)) < 0))
    # a network's share spreads by 13 % in the binary coding, where what all patterns have in common is noise
    assert np.mean(wrong) == pytest.approx(theory.bit_error_probability((p - 1) / n, coding=coding), rel=0.08)


def test_errors_of_hopfield_1982():
    assert theory.bit_error_probability(9 / 100, coding="binary") == pytest.approx(0.0091, abs=2e-4)
    assert theory.error_free_fraction(100, 10, coding="binary") == pytest.approx(0.40, abs=0.01)
    assert theory.bit_error_probability([0.1, 0.2]) == pytest.approx([7.827e-4, 0.012674], rel=1e-3)
    assert theory.error_free_fraction(100, [1, 11]) == pytest.approx([1, (1 - 7.827e-4) ** 100], rel=1e-4)


@pytest.mark.parametrize(
    ("kappa", "load"), [(0, 2.0), (0.25, 1.3646), (0.5, 0.9612), (1, 0.5196), (1.5, 0.3099), (2, 0.2002)]
)
def test_gardner(kappa, load):
    area = quad(lambda t: (t + kappa) ** 2 * exp(-t * t / 2) / sqrt(2 * pi), -kappa, 12)[0]
    assert theory.gardner_capacity(kappa) == pytest.approx(1 / area, abs=1e-9)
    assert theory.gardner_capacity(kappa) == pytest.approx(load, abs=1e-4)
    assert theory.gardner_stability(theory.gardner_capacity(kappa)) == pytest.approx(kappa, abs=1e-9)


def test_gardner_at_small_loads():
    assert theory.gardner_stability(1e-4) == pytest.approx(100, rel=0.01)


def test_capacities_without_errors():
    n = 5000
    assert theory.hebb_capacity(n) == pytest.approx(n / (2 * log(n)))
    assert theory.hebb_capacity(n, every_pattern=True) == pytest.approx(n / (4 * log(n)))
    assert theory.storkey_capacity(n) == pytest.approx(n / sqrt(2 * log(n)))
    for size in (1e6, 1e12):  # at this number a pattern has few errors, and fewer and fewer
        capacity = theory.hebb_capacity(size)
        assert 0 < size * theory.bit_error_probability(capacity / size) < 1 / sqrt(4 * pi * log(size)) * 1.001


def parallel_updates(rng, n, load, start, probes, steps):
    """Update all units of a network at once; return the overlaps with the target, and the noise after one update.

    The first states have exactly the overlap `start`. The noise is the sum of the squared overlaps with other patterns.
    """
    xi = rng.choice([-1.0, 1.0], (round(load * n), n)).astype(np.float32)
    wrong = rng.random((probes, n)).argsort(axis=1) < round((1 - start) / 2 * n)
    target = xi[:probes]
    x = np.where(wrong, -target, target)
    overlaps = [(x * target).mean(axis=1)]
    for step in range(steps):
        x = np.where((x @ xi.T) @ xi - len(xi) * x > 0, 1, -1).astype(np.float32)
        overlaps.append((x * target).mean(axis=1))
        if step == 0:
            noise = ((x @ xi.T / n) ** 2).sum(axis=1) - overlaps[1] ** 2
    return np.array(overlaps).mean(axis=1), noise.mean()


@pytest.mark.parametrize(("load", "start"), [(0.1, 0.2), (0.1, 0.5), (0.15, 0.5), (0.3, 0.6)])
def test_direction_cosines(load, start, rng):
    runs = [parallel_updates(rng, 2000, load, start, 50, 2) for _ in range(4)]
    found, noise = (np.mean(values, axis=0) for values in zip(*runs, strict=True))
    expected = theory.direction_cosines(load, start, 2)
    assert found[:2] == pytest.approx(expected[:2], abs=0.01)
    assert abs(found[2] - expected[2]) < load / 3  # neglects correlations
    signal = ndtri((1 + expected[2]) / 2)  # a_1 / s_1, from a_2 = erf(a_1 / s_1 / sqrt 2)
    assert (expected[1] / signal) ** 2 == pytest.approx(noise, rel=0.04)


def test_recall_step_by_step():
    assert theory.dynamical_capacity() == pytest.approx(0.1597, abs=1e-4)
    assert theory.direction_cosines(0.05, 1.0, 100)[-1] == pytest.approx(1, abs=1e-4)
    edge = theory.critical_overlap(0.1)
    inside, outside = (theory.direction_cosines(0.1, edge + change, 60) for change in (0.01, -0.01))
    assert inside[-1] > 0.99 > 0.1 > abs(outside[-1])
    assert outside.max() > outside[0] + 0.1  # nearer at first
    assert theory.direction_cosines(0.1, -0.5, 3) == pytest.approx(-theory.direction_cosines(0.1, 0.5, 3))


def test_dense_capacity():
    values = [theory.dense_capacity(100, n) for n in (2, 3, 4)]
    assert values == pytest.approx([11, 360, 7240], rel=0.013)  # as the paper rounds them
    assert theory.dense_capacity(1000, 2) == pytest.approx(theory.hebb_capacity(1000))
    for degree in (2, 3, 4):
        load = theory.dense_load(degree, 0.01)
        assert theory.dense_error_probability(50, load * 50 ** (degree - 1), degree) == pytest.approx(0.01)
    tiny = exp(179 * log(100) - sum(map(log, range(1, 358, 2))) - log(2 * log(100)))  # (2n-3)!! is no float64
    assert theory.dense_capacity(100, 180) == pytest.approx(tiny, rel=1e-9, abs=0)
    assert theory.dense_capacity(10**9, 60) == inf
    assert theory.dense_error_probability(100, 10, 200) == pytest.approx(0.5, abs=1e-6)
    assert theory.dense_error_probability(10**9, 10, 60) == 0
    assert theory.dense_load(155) > 0
    assert theory.dense_error_probability(100, 14, 2) == pytest.approx(theory.bit_error_probability(0.14))


@pytest.mark.parametrize(("degree", "n", "patterns"), [(3, 120, 1000), (4, 60, 3000)])
def test_bit_errors_of_one_update_of_a_dense_memory(degree, n, patterns, rng):
    power, wrong = np.arange(-n, n + 1.0) ** degree, []
    for _ in range(16):
        xi = rng.choice([-1, 1], (patterns, n))
        for target in xi[:25]:
            overlaps = (xi @ target)[:, None]
            gain = power[overlaps + n] - power[overlaps - 2 * xi * target + n]
            wrong.append((gain.sum(axis=0) < 0).mean())
    assert np.mean(wrong) == pytest.approx(theory.dense_error_probability(n, patterns, degree), rel=0.35)


@pytest.mark.parametrize(("dimension", "spread", "base"), [(20, 3.0, 3.1546), (75, 1.0, 1.3719)])
def test_softmax_capacity(dimension, spread, base):
    assert theory.softmax_base(dimension, spread=spread) == pytest.approx(base, abs=1e-4)
    for beta, failure in ((1.0, 0.001), (2.5, 0.02)):
        chosen = {"spread": spread, "beta": beta, "failure": failure}
        c = theory.softmax_base(dimension, **chosen)
        a = 2 / (dimension - 1) * (1 + log(2 * beta * spread**2 * failure * (dimension - 1)))
        b = 2 * spread**2 * beta / 5
        assert b / c * exp(b / c) == pytest.approx(b * exp(a))  # b / c is Lambert's function
        assert theory.softmax_capacity(dimension, **chosen) == pytest.approx(sqrt(failure) * c ** ((dimension - 1) / 4))
    assert theory.softmax_capacity(100_000) == inf


def test_willshaw(rng):
    n, active, pairs = 200, 10, 250
    matrix = np.zeros((n, n), bool)
    for _ in range(pairs):
        x, y = np.zeros((2, n), bool)
        x[rng.permutation(n)[:active]] = y[rng.permutation(n)[: 2 * active]] = True
        matrix |= np.outer(x, y)
    load = theory.willshaw_load(pairs, active / n, 2 * active / n)
    assert matrix.mean() == pytest.approx(load, abs=0.02)
    assert theory.willshaw_capacity(active / n, 2 * active / n, load=load) == pytest.approx(pairs)
    assert theory.willshaw_load(0, 0.1) == 0
    # with k = log2(n) of n lines active, the pairs at half load hold ln 2 = 0.69 bits a switch
    size = 2.0**20
    bits = theory.willshaw_capacity(20 / size) * 20 * log(size / 20, 2)
    assert bits / size**2 == pytest.approx(log(2) * log(size / 20, 2) / 20, rel=1e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.bit_error_probability(0.0), "loads must be finite numbers > 0"),
        (lambda: theory.bit_error_probability(0.1, coding="bits"), "coding must be one of spin, binary"),
        (lambda: theory.error_free_fraction(100, 0.5), "patterns must be at least 1"),
        (lambda: theory.error_free_fraction(0, 1), "n_units must be an integer >= 1"),
        (lambda: theory.hebb_capacity(1), "n_units must be a finite number >= 2"),
        (lambda: theory.storkey_capacity(1), "n_units must be a finite number >= 2"),
        (lambda: theory.gardner_capacity(-0.1), "stability must be a finite number >= 0"),
        (lambda: theory.gardner_stability(2.1), "load must be a number > 0 and <= 2"),
        (lambda: theory.direction_cosines(0.1, 1.1), "start must be a number in"),
        (lambda: theory.critical_overlap(0.2), "load must be at most 0.1597"),
        (lambda: theory.dense_capacity(100, 1), "degree must be an integer >= 2"),
        (lambda: theory.dense_load(2, 0.5), "error must be a number > 0 and < 1/2"),
        (lambda: theory.dense_error_probability(100, -1, 2), "patterns must be finite numbers > 0"),
        (lambda: theory.softmax_base(1), "dimension must be an integer >= 2"),
        (lambda: theory.softmax_capacity(20, failure=1.0), "failure must be a number > 0 and < 1"),
        (lambda: theory.willshaw_load(-1, 0.1), "patterns must be an integer >= 0"),
        (lambda: theory.willshaw_capacity(1.0), "fraction must be a number > 0 and < 1"),
        (lambda: theory.willshaw_capacity(0.1, load=1.0), "load must be a number > 0 and < 1"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InvalidParameter, match=message):
        call()
