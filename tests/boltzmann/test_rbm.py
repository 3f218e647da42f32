"""RBM against enumeration and the plain NumPy version: probabilities, likelihoods, learning."""

import numpy as np
import pytest
from scipy.special import expit, logsumexp
from scipy.stats import norm
from sklearn.neural_network import BernoulliRBM

from neurosim.boltzmann import RBM, rbm_training
from neurosim.core import random
from neurosim.datasets.generated import make_bars_and_stripes

from . import naive_rbm


def every(units):
    """All states of some units, (2^units, units)."""
    return ((np.arange(2**units)[:, None] >> np.arange(units)) & 1).astype(float)


def machine(weights, visible_bias, hidden_bias, **parameters):
    """A machine with these weights (V, H), as if it had learned them."""
    visible, hidden = weights.shape
    rbm = RBM(hidden, learning_rate=0.0, n_iter=1, random_state=0, **parameters).fit(
        np.eye(max(2, visible))[:, :visible]
    )
    rbm.components_, rbm.intercept_visible_, rbm.intercept_hidden_ = weights.T, visible_bias, hidden_bias
    return rbm


def small_machine(rng):
    """A machine of 6 and 4 units, all visible states, and their exact log-probabilities."""
    weights, b, c = rng.normal(size=(6, 4)), rng.normal(size=6), rng.normal(size=4)
    v, h = every(6), every(4)
    joint = (v @ b)[:, None] + (h @ c)[None, :] + v @ weights @ h.T
    return machine(weights, b, c), v, logsumexp(joint, axis=1) - logsumexp(joint), expit(v @ weights + c)


def test_hidden_probabilities_and_free_energies_against_enumeration(rng):
    rbm, v, log_p, hidden = small_machine(rng)
    np.testing.assert_allclose(rbm.transform(v), hidden, rtol=1e-12)
    free = rbm.free_energy(v)
    np.testing.assert_allclose(-free - logsumexp(-free), log_p, rtol=1e-10)
    back = expit(hidden @ rbm.components_ + rbm.intercept_visible_)
    np.testing.assert_allclose(rbm.reconstruct(v), back, rtol=1e-12)


def test_pseudo_likelihood_against_enumeration(rng):
    rbm, v, log_p, _ = small_machine(rng)
    number = v @ 2 ** np.arange(6)
    assert (number == np.arange(64)).all()
    expected = np.zeros(64)
    for i in range(6):
        flipped = np.arange(64) ^ (1 << i)
        expected += log_p - np.logaddexp(log_p, log_p[flipped])
    np.testing.assert_allclose(rbm.score_samples(v), expected, rtol=1e-10)
    np.testing.assert_allclose(rbm.score(v), expected.mean(), rtol=1e-12)


def test_pseudo_likelihood_of_probabilities_is_the_mean_of_both_terms(rng):
    rbm = small_machine(rng)[0]
    x = rng.random((5, 6)) * (rng.random((5, 6)) < 0.7)
    expected = np.zeros(5)
    for i in range(6):
        ends = [np.where(np.arange(6) == i, end, x) for end in (0.0, 1.0)]
        off, on = (-rbm.free_energy(end) for end in ends)
        both = np.logaddexp(off, on)
        expected += x[:, i] * (on - both) + (1 - x[:, i]) * (off - both)
    np.testing.assert_allclose(rbm.score_samples(x), expected, rtol=1e-10)


@pytest.mark.parametrize("scale", [0.0, 5.0, 30.0, 200.0, 2000.0])
def test_pseudo_likelihood_of_large_weights_is_finite_and_exact(scale, rng):
    rbm = machine(scale * rng.normal(size=(5, 40)), np.zeros(5), np.zeros(40))
    v = every(5)
    free = rbm.free_energy(v)
    expected = sum(-np.logaddexp(0, free - free[np.arange(32) ^ (1 << i)]) for i in range(5))
    np.testing.assert_allclose(rbm.score_samples(v), expected, rtol=1e-9, atol=1e-9)


def test_pseudo_likelihood_is_the_mean_of_scikit_learns(rng):
    rbm, v, *_ = small_machine(rng)
    other = BernoulliRBM(4, n_iter=1, random_state=0).fit(v)
    other.components_, other.intercept_visible_, other.intercept_hidden_ = (
        rbm.components_, rbm.intercept_visible_, rbm.intercept_hidden_,
    )  # fmt: skip
    draws = [other.score_samples(np.repeat(v[:8], 500, axis=0)).reshape(8, 500) for _ in range(4)]
    draws = np.concatenate(draws, axis=1)
    error = draws.std(axis=1) / np.sqrt(2000)
    assert (np.abs(draws.mean(axis=1) - rbm.score_samples(v[:8])) < 5 * error).all()


def test_gaussian_free_energy_is_the_density_of_a_mixture(rng):
    weights, b, c = rng.normal(size=(2, 3)), rng.normal(size=2), rng.normal(size=3)
    rbm = machine(weights, b, c, visible="gaussian")
    h = every(3)
    means = h @ weights.T + b
    # E = (v - b)^2 / 2 - c.h - v W h: completing the square gives each mean's weight
    log_weights = h @ c + ((h @ weights.T) ** 2).sum(axis=1) / 2 + (h @ weights.T) @ b
    v = rng.normal(size=(7, 2))
    density = logsumexp(log_weights + norm.logpdf(v[:, None, :], means).sum(axis=2), axis=1) + np.log(2 * np.pi)
    np.testing.assert_allclose(-rbm.free_energy(v), density, rtol=1e-10)
    np.testing.assert_allclose(rbm.reconstruct(v), expit(v @ weights + c) @ weights.T + b, rtol=1e-12)


# ------------------------------------------------------------------ learning
RECIPES = [
    {"method": "pcd"},
    {"method": "cd", "steps": 3, "momentum": 0.5},
    {"method": "pcd", "steps": 2, "weight_decay": 0.01, "centred": True},
    {"method": "cd", "visible_samples": False, "sparsity_target": 0.1, "sparsity_cost": 0.5},
    {"method": "cd", "visible": "gaussian", "momentum": {0: 0.0, 2: 0.9}, "centred": 0.1},
]


@pytest.mark.parametrize("parameters", RECIPES, ids=lambda p: "-".join(map(str, p)))
def test_learning_is_that_of_the_naive_version(parameters):
    """The same draws: equal until rounding moves one, which does not happen here. Normal draws are made in float32."""
    x, epochs, seed = make_bars_and_stripes(3).data, 4, 3
    rbm = RBM(5, batch_size=6, n_iter=epochs, learning_rate=0.1, random_state=seed, **parameters).fit(x)
    recipe = rbm_training.recipe(rbm)
    order = np.full((epochs, 18), -1)
    for epoch in range(epochs):
        order[epoch, :16] = random.permutation(seed, epoch, 16)
    momentum = parameters.get("momentum", 0.0)
    momenta = np.repeat([0.0, 0.0, 0.9, 0.9], 3) if isinstance(momentum, dict) else np.full(12, momentum)
    key = random.seed_from(np.random.SeedSequence([seed, 2]))
    first = rbm_training.first_arrays(x, 5, recipe, seed)
    a, errors = naive_rbm.advance(first, recipe, x, order.ravel(), np.full(12, 0.1), momenta, key=key)
    close = {"rtol": 1e-5, "atol": 1e-7} if recipe.gaussian else {"rtol": 1e-9, "atol": 1e-12}
    ours = {"weights": rbm.components_.T, "visible_bias": rbm.intercept_visible_, "hidden_bias": rbm.intercept_hidden_}
    for name, value in (ours | rbm.memory_ | {"chains": rbm.chains_}).items():
        np.testing.assert_allclose(value, a[name], **close, err_msg=name)
    means = np.average(errors.reshape(epochs, 3), axis=1, weights=[6, 6, 4])
    np.testing.assert_allclose(rbm.errors_, means, **close)


def test_first_values(rng):
    x = (rng.random((400, 30)) < 0.2).astype(float)
    x[:, 0], x[:, 1] = 0, 1
    rbm = RBM(50, learning_rate=0.0, n_iter=1, random_state=0).fit(x)
    means = (x.sum(axis=0) + 1) / 402
    np.testing.assert_allclose(expit(rbm.intercept_visible_), means)
    assert (rbm.intercept_hidden_ == 0).all()
    assert abs(rbm.components_.std() - 0.01) < 0.001  # 1500 numbers: more than five standard errors
    assert abs(rbm.components_.mean()) < 0.0015
    real = rng.normal(3, 1, (40, 4))
    np.testing.assert_allclose(
        RBM(2, visible="gaussian", learning_rate=0.0).fit(real).intercept_visible_, real.mean(axis=0)
    )


def exact(rbm, x):
    """The mean log-likelihood of samples, by the sum over all hidden states."""
    h = every(rbm.n_components)
    log_z = logsumexp(
        h @ rbm.intercept_hidden_ + np.logaddexp(0, h @ rbm.components_ + rbm.intercept_visible_).sum(axis=1)
    )
    return float((-rbm.free_energy(x) - log_z).mean())


@pytest.mark.parametrize(
    "parameters",
    [
        {"method": "pcd"},
        {"method": "cd"},
        {"method": "cd", "steps": 5},
        {"centred": True},
        {"method": "cd", "momentum": 0.5, "learning_rate": 0.05},
    ],
    ids=str,
)
def test_learning_bars_and_stripes(parameters):
    """The best possible is -2.599, independent units have -6.06; ten seeds of each gave -4.26 to -3.06."""
    x = make_bars_and_stripes(3).data
    options = {"learning_rate": 0.1, "batch_size": 16, "n_iter": 3000} | parameters
    rbm = RBM(10, random_state=1, **options).fit(x)
    assert exact(RBM(10, learning_rate=0.0, n_iter=1).fit(x), x) < -5.9
    assert exact(rbm, x) > -4.6


def test_sparsity_target_is_met():
    x = make_bars_and_stripes(4).data
    common = {"n_components": 12, "method": "cd", "learning_rate": 0.1, "batch_size": 32, "n_iter": 500}
    sparse = RBM(**common, sparsity_target=0.1, sparsity_cost=3.0, random_state=0).fit(x)
    free = RBM(**common, random_state=0).fit(x)
    assert abs(sparse.transform(x).mean() - 0.1) < 0.05 < free.transform(x).mean() - 0.1


def test_weight_decay_and_centring_do_what_they_say():
    x = make_bars_and_stripes(4).data
    common = {"n_components": 12, "learning_rate": 0.1, "batch_size": 32, "n_iter": 500, "random_state": 0}
    plain, small = RBM(**common).fit(x), RBM(**common, weight_decay=0.05).fit(x)
    assert np.abs(small.components_).mean() < 0.6 * np.abs(plain.components_).mean()
    offset = RBM(**common, centred=0.05).fit(x).memory_["visible_offset"]
    np.testing.assert_allclose(offset, x.mean(axis=0), atol=1e-9)  # a mini-batch is the whole set
    assert (plain.memory_["visible_offset"] == 0).all()


def test_gaussian_units_find_two_clusters(rng):
    """Two clouds of variance 1 at (3, 3) and (-3, -3): one hidden unit, with W = (6, 6), is the true model."""
    side = rng.integers(0, 2, 2000)
    x = rng.normal(size=(2000, 2)) + np.where(side, 3.0, -3.0)[:, None]
    rbm = RBM(1, visible="gaussian", method="cd", learning_rate=0.02, n_iter=60, random_state=0).fit(x)
    np.testing.assert_allclose(np.abs(rbm.components_), 6, atol=0.6)
    assert ((rbm.transform(x)[:, 0] > 0.5) == side).mean() in (pytest.approx(1, abs=0.01), pytest.approx(0, abs=0.01))
