"""Gibbs sampling of an RBM and the completion of missing values, against enumeration."""

import numpy as np
import pytest
from scipy.special import expit, logsumexp

from neurosim.boltzmann import RBM
from neurosim.datasets.generated import make_bars_and_stripes

from . import naive_rbm
from .test_rbm import every, machine, small_machine


def test_gibbs_is_that_of_the_naive_version(rng):
    rbm, v, *_ = small_machine(rng)
    arrays = rbm.components_.T, rbm.intercept_visible_, rbm.intercept_hidden_
    np.testing.assert_array_equal(rbm.gibbs(v, steps=3, random_state=7), naive_rbm.gibbs(*arrays, v, 3, key=7)[0])
    assert (rbm.gibbs(v, random_state=7) != rbm.gibbs(v, random_state=8)).any()


def test_samples_have_the_exact_frequencies(rng):
    rbm, v, log_p, _ = small_machine(rng)
    n = 10_000
    samples = rbm.sample(n, 50, random_state=1)
    counts = np.bincount((samples @ 2 ** np.arange(6)).astype(int), minlength=64)
    p = np.exp(log_p)
    assert (np.abs(counts - n * p) < 5 * np.sqrt(n * p * (1 - p)) + 3).all()
    means = rbm.sample(n, 50, means=True, random_state=1)
    np.testing.assert_allclose(means.mean(axis=0), p @ v, atol=5 * 0.5 / np.sqrt(n))
    assert ((means > 0) & (means < 1)).all()


def test_gaussian_samples_have_the_exact_mean(rng):
    weights, b, c = rng.normal(size=(3, 3)) * 0.7, rng.normal(size=3), rng.normal(size=3)
    rbm = machine(weights, b, c, visible="gaussian")
    h = every(3)
    log_weights = h @ c + ((h @ weights.T) ** 2).sum(axis=1) / 2 + (h @ weights.T) @ b
    p = np.exp(log_weights - logsumexp(log_weights))
    mean = p @ (h @ weights.T + b)
    spread = np.sqrt(1 + p @ (h @ weights.T + b) ** 2 - mean**2)
    samples = rbm.sample(10_000, 50, random_state=2)
    assert (np.abs(samples.mean(axis=0) - mean) < 5 * spread / np.sqrt(10_000)).all()
    np.testing.assert_allclose(samples.std(axis=0), spread, rtol=0.05)


# ------------------------------------------------------------------ completion
def test_completion_has_the_conditional_probabilities(rng):
    """Of 400 equal rows, against enumeration; two patterns of gaps at once."""
    rbm, v, log_p, _ = small_machine(rng)
    rows = np.array([[1, 0, np.nan, np.nan, 1, np.nan], [np.nan, 1, 1, 0, 0, 1.0]])
    done = rbm.complete(np.repeat(rows, 400, axis=0), burn_in=50, draws=20, random_state=3)
    for row, of in zip(rows, (slice(400), slice(400, 800)), strict=True):
        known = ~np.isnan(row)
        fits = (v[:, known] == row[known]).all(axis=1)
        p = np.minimum(np.exp(log_p[fits] - logsumexp(log_p[fits])) @ v[fits], 1.0)
        found = done.probabilities[of]
        assert (np.abs(found.mean(axis=0) - p) <= 5 * found.std(axis=0) / 20 + 1e-12).all()
        np.testing.assert_array_equal(found[:, known], np.tile(row[known], (400, 1)))
        np.testing.assert_array_equal(done.states[of][:, known], np.tile(row[known], (400, 1)))
        shares = done.states[of].mean(axis=0)
        assert (np.abs(shares - p) <= 5 * np.sqrt(p * (1 - p) / 400)).all()
    assert np.isin(done.states, (0, 1)).all()


def test_draws_of_a_completion_are_new_ones(rng):
    """Of one chain: the average over the draws comes near to the conditional probabilities."""
    weights, b, c = 0.5 * rng.normal(size=(6, 4)), 0.5 * rng.normal(size=6), rng.normal(size=4)
    rbm, v = machine(weights, b, c), every(6)[::2] + np.eye(6)[0]  # unit 0 is on
    free = -rbm.free_energy(v)
    done = rbm.complete([[1.0, *[np.nan] * 5]], draws=4000, random_state=0)
    np.testing.assert_allclose(done.probabilities[0], np.exp(free - logsumexp(free)) @ v, atol=0.02)


def test_patterns_of_gaps_have_draws_of_their_own():
    rbm = machine(np.zeros((3, 2)), np.zeros(3), np.zeros(2))
    rows = np.repeat([[np.nan, 0, np.nan], [0, np.nan, np.nan]], 200, axis=0)
    one, two = rbm.complete(rows, burn_in=0, draws=1, random_state=0).states[:, 2].reshape(2, 200)
    assert 0.3 < (one == two).mean() < 0.7


def test_samples_start_from_the_visible_biases(rng):
    """After one sweep the means are still those of the start, by enumeration."""
    rbm, v, _, hidden = small_machine(rng)
    weights, b, h = rbm.components_.T, rbm.intercept_visible_, every(4)
    p = np.where(v == 1, expit(b), expit(-b)).prod(axis=1)
    to_hidden = np.where(h == 1, hidden[:, None], 1 - hidden[:, None]).prod(axis=2)
    expected = p @ to_hidden @ expit(h @ weights.T + b)
    found = rbm.sample(20_000, 1, means=True, random_state=0)
    assert (np.abs(found.mean(axis=0) - expected) < 5 * found.std(axis=0) / np.sqrt(20_000)).all()
    even = np.full(64, 1 / 64) @ to_hidden @ expit(h @ weights.T + b)
    assert (np.abs(even - expected) > 10 * found.std(axis=0) / np.sqrt(20_000)).any()  # the start is seen


def test_completion_of_bars_and_stripes():
    """Half of a bar says which it is: the learned machine gives the other half."""
    x = make_bars_and_stripes(3).data
    rbm = RBM(16, learning_rate=0.1, batch_size=16, n_iter=3000, random_state=0).fit(x)
    gaps = x[1:7].copy().reshape(-1, 3, 3)  # bars that are neither blank nor full
    gaps[:, 2] = np.nan
    done = rbm.complete(gaps.reshape(-1, 9), random_state=0)
    assert ((done.probabilities > 0.5) == x[1:7]).all()


def test_completion_leaves_whole_rows_alone_and_fills_empty_ones(rng):
    rbm, *_ = small_machine(rng)
    x = rng.random((3, 6))
    done = rbm.complete(x, random_state=0)
    np.testing.assert_array_equal(done.states, x)
    np.testing.assert_array_equal(done.probabilities, x)
    empty = rbm.complete(np.full((2, 6), np.nan), random_state=0)
    assert np.isfinite(empty.probabilities).all()
    again = rbm.complete(np.full((2, 6), np.nan), random_state=0)
    np.testing.assert_array_equal(empty.states, again.states)


def test_gaussian_completion_has_the_conditional_mean(rng):
    """With one hidden unit the missing value is a mixture of two normals."""
    rbm = machine(np.array([[2.0], [3.0]]), np.array([0.5, -1.0]), np.array([-1.0]), visible="gaussian")
    done = rbm.complete(np.tile([[1.2, np.nan]], (400, 1)), burn_in=20, draws=20, random_state=0)
    # the other unit summed out: W^2 / 2 + W b is added to the hidden bias
    p = expit(-1.0 + 1.2 * 2.0 + 3.0**2 / 2 + 3.0 * -1.0)
    found = done.probabilities[:, 1]
    assert abs(found.mean() - (-1.0 + 3.0 * p)) < 5 * found.std() / 20


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_samples_do_not_depend_on_how_many_there_are(visible, rng):
    rbm = machine(rng.normal(size=(5, 4)), rng.normal(size=5), rng.normal(size=4), visible=visible)
    for means in (False, True):
        many, few = (rbm.sample(n, 3, means=means, random_state=5) for n in (40, 7))
        np.testing.assert_array_equal(many[:7], few)
