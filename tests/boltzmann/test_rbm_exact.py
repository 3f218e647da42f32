"""Restricted machines with a small side: sums over all states, quadrature, differences."""

from math import exp, log, pi
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix
from sklearn.neural_network import BernoulliRBM

from neurosim.boltzmann import exact, rbm_exact
from neurosim.boltzmann.likelihood import exact_gradient, free_energy, log_likelihood, log_partition
from tests.boltzmann.naive_rbm import random_rbm, states


def as_general_machine(w, b, c):
    n, visible = len(b) + len(c), len(b)
    weights = np.zeros((n, n))
    weights[:visible, visible:], weights[visible:, :visible] = w, w.T
    return weights, np.concatenate([b, c])


@pytest.mark.parametrize("scale", [0.0, 1.0, 30.0, 200.0])
@pytest.mark.parametrize("sizes", [(9, 5), (5, 9), (6, 6), (1, 11), (12, 1), (10, 10)])
@pytest.mark.parametrize("low", [2, rbm_exact.LOW])
def test_log_partition_is_the_sum_over_all_states(rng, monkeypatch, low, scale, sizes):
    """Check 15, to 1e-10: fields of any size, more and fewer states than the inner table of the enumeration has."""
    monkeypatch.setattr(rbm_exact, "LOW", low)
    rbm = random_rbm(rng, *sizes, scale)
    wanted = exact.distribution(*as_general_machine(*rbm)).log_z
    found = log_partition(rbm)
    assert found.value == pytest.approx(wanted, rel=1e-14, abs=1e-10)
    assert (found.error, found.low, found.high, found.method) == (0, found.value, found.value, "exact")
    assert len(found.log_weights) == 0


def test_products_do_not_overflow(rng):
    """Hundreds of units with fields up to the bound: the logarithm is taken of several products."""
    w = np.full((3, 500), 60.0)
    found = log_partition((w, np.zeros(3), np.zeros(500) + 100.0)).value
    terms = [log(n) + 500 * (60 * k + 100) for k, n in enumerate((1, 3, 3, 1))]
    assert found == pytest.approx(max(terms) + log(sum(exp(t - max(terms)) for t in terms)), rel=1e-12)
    for bias, scale in ((rbm_exact.LARGEST, 0.0), (0.98 * rbm_exact.LARGEST, 0.5), (-0.98 * rbm_exact.LARGEST, 0.5)):
        rbm = (scale * rng.normal(size=(4, 9)), np.zeros(4), np.full(9, bias))
        assert log_partition(rbm).value == pytest.approx(exact.distribution(*as_general_machine(*rbm)).log_z, rel=1e-13)


def test_twenty_units_a_side_agree_with_those_without_weights():
    b, c = np.linspace(-3, 3, 20), np.linspace(-2, 1, 22)
    found = log_partition((np.zeros((20, 22)), b, c)).value
    assert found == pytest.approx(np.logaddexp(0, b).sum() + np.logaddexp(0, c).sum(), abs=1e-10)


def test_machines_come_as_estimators_too(rng):
    w, b, c = random_rbm(rng, 6, 4)
    wanted = log_partition((w, b, c)).value
    theirs = BernoulliRBM(4)
    theirs.components_, theirs.intercept_visible_, theirs.intercept_hidden_ = w.T, b, c
    assert log_partition(theirs).value == wanted
    ours = SimpleNamespace(components_=w.T, intercept_visible_=b, intercept_hidden_=c, visible="bernoulli")
    assert log_partition(ours).value == wanted
    assert log_partition([w.tolist(), b.tolist(), c.tolist()]).value == wanted
    ours.components_ = w.T.astype(np.float32)
    assert rbm_exact.as_machine(ours).real is np.float32
    assert log_partition(ours).value == pytest.approx(wanted, abs=1e-5)


def gaussian_rbm(rng, visible, hidden):
    w, b, c = random_rbm(rng, visible, hidden)
    return SimpleNamespace(components_=w.T, intercept_visible_=b, intercept_hidden_=c, visible="gaussian"), w, b, c


def test_gaussian_visible_units_are_integrated_over(rng):
    rbm, w, b, c = gaussian_rbm(rng, 2, 3)
    axis = np.linspace(-14, 14, 1401)
    v = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    integral = np.exp(-free_energy(rbm, v)).sum() * (axis[1] - axis[0]) ** 2
    assert log_partition(rbm, method="exact").value == pytest.approx(log(integral), abs=1e-9)
    assert np.exp(log_likelihood(rbm, v)).sum() * (axis[1] - axis[0]) ** 2 == pytest.approx(1, abs=1e-9)
    larger, w, b, c = gaussian_rbm(rng, 3, 11)  # more hidden states than the inner table has
    h = states(11)
    terms = h @ c + h @ w.T @ b + ((h @ w.T) ** 2).sum(axis=1) / 2 + 1.5 * log(2 * pi)
    assert log_partition(larger).value == pytest.approx(np.logaddexp.reduce(terms), abs=1e-10)


def test_the_free_energy_sums_the_hidden_units(rng):
    w, b, c = random_rbm(rng, 4, 3)
    x, h = rng.random((5, 4)), states(3)
    wanted = [-log(sum(exp(v @ w @ k + b @ v + c @ k) for k in h)) for v in x]
    np.testing.assert_allclose(free_energy((w, b, c), x), wanted, atol=1e-12)
    rbm, w, b, c = gaussian_rbm(rng, 4, 3)
    x = 3 * rng.normal(size=(5, 4))
    wanted = [-log(sum(exp(-((v - b) ** 2).sum() / 2 + v @ w @ k + c @ k) for k in h)) for v in x]
    np.testing.assert_allclose(free_energy(rbm, x), wanted, atol=1e-12)


def test_sparse_and_many_rows_give_the_same(rng):
    rbm = random_rbm(rng, 6, 3)
    x = (rng.random((rbm_exact.ROWS + 10, 6)) < 0.3).astype(np.uint8)
    wanted = free_energy(rbm, x)
    assert wanted.shape == (len(x),)
    assert wanted[-1] == free_energy(rbm, x[-1:])[0]
    for sparse in (csr_matrix(x), csr_array(x), csr_matrix(x).tocoo()):
        np.testing.assert_array_equal(free_energy(rbm, sparse), wanted)


def test_probabilities_sum_to_one(rng):
    rbm = random_rbm(rng, 6, 4)
    x = states(6)
    assert np.exp(log_likelihood(rbm, x)).sum() == pytest.approx(1, abs=1e-12)
    known = log_partition(rbm)
    np.testing.assert_array_equal(log_likelihood(rbm, x, known), log_likelihood(rbm, x))
    np.testing.assert_allclose(log_likelihood(rbm, x, known.value + 1), log_likelihood(rbm, x) - 1, atol=1e-12)


@pytest.mark.parametrize("sizes", [(4, 3), (3, 5), (11, 10), (10, 11)])
def test_the_exact_gradient_is_the_derivative(rng, sizes):
    rbm = random_rbm(rng, *sizes)
    x, p = rng.random((6, sizes[0])), rng.random(6)
    found = exact_gradient(rbm, x, p)
    assert found.log_likelihood == pytest.approx(np.average(log_likelihood(rbm, x), weights=p), abs=1e-12)
    equal = exact_gradient(rbm, x)
    assert equal.log_likelihood == pytest.approx(log_likelihood(rbm, x).mean(), abs=1e-12)
    np.testing.assert_allclose(equal.weights, exact_gradient(rbm, x, np.full(6, 7)).weights, atol=1e-14)
    h = 1e-5
    for k, derivative in enumerate(found[1:]):
        for place in [(0,) * derivative.ndim, (-1,) * derivative.ndim, (1,) + (0,) * (derivative.ndim - 1)]:
            ends = []
            for sign in (1, -1):
                moved = [array.copy() for array in rbm]
                moved[k][place] += sign * h
                ends.append(np.average(log_likelihood(moved, x), weights=p))
            assert derivative[place] == pytest.approx((ends[0] - ends[1]) / (2 * h), abs=1e-8)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_exact_gradient_leads_to_bars_and_stripes(seed):
    """Check 15: within 0.25 nats of -41.5888, which no model exceeds."""
    lines = states(3)
    x = np.concatenate([np.repeat(lines, 3, axis=1), np.tile(lines, 3)])
    generator = np.random.default_rng(seed)
    rbm = [0.1 * generator.normal(size=(9, 16)), np.zeros(9), np.zeros(16)]
    velocities = [np.zeros_like(array) for array in rbm]
    for _ in range(600):
        velocities = [0.9 * v + 0.5 * g for v, g in zip(velocities, exact_gradient(rbm, x)[1:], strict=True)]
        rbm = [array + v for array, v in zip(rbm, velocities, strict=True)]
    assert -41.8 <= log_likelihood(rbm, x).sum() <= -41.5888
