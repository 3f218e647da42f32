"""Likelihood of restricted machines by annealing: unbiased, with the errors and bounds that follow from the weights."""

from math import exp, inf, log, sqrt
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.neural_network import BernoulliRBM

from neurosim.boltzmann import likelihood, rbm_cpu
from neurosim.boltzmann.likelihood import (
    annealing_betas,
    exact_gradient,
    free_energy,
    likelihood_pair,
    log_likelihood,
    log_partition,
)
from neurosim.core.errors import DataError, InvalidParameter
from tests.boltzmann import naive_rbm
from tests.boltzmann.naive_rbm import random_rbm, states


def samples(rng, rbm, count):
    """Independent samples of the machine's visible units, through the probabilities of all hidden states."""
    w, b, c = rbm
    h = states(len(c))
    weight = h @ c + np.logaddexp(0, h @ w.T + b).sum(axis=1)
    p = np.exp(weight - weight.max())
    chosen = h[rng.choice(len(h), size=count, p=p / p.sum())]
    return (rng.random((count, len(b))) < 1 / (1 + np.exp(-chosen @ w.T - b))).astype(float)


@pytest.fixture
def naive_kernels(monkeypatch):
    monkeypatch.setattr(likelihood.backends, "kernels", lambda *_: naive_rbm)


def test_the_temperatures_are_those_of_the_paper():
    betas = annealing_betas()
    steps = [np.arange(0, 500) / 1e3, np.arange(5000, 9000) / 1e4, np.arange(90000, 100001) / 1e5]
    np.testing.assert_allclose(betas, np.concatenate(steps), atol=1e-12)
    assert len(betas) == 14501
    np.testing.assert_allclose(annealing_betas(29000)[::2], betas, atol=1e-12)
    for count in (1, 2, 7, 1000):
        few = annealing_betas(count)
        assert (len(few), few[0], few[-1]) == (count + 1, 0, 1)
        assert (np.diff(few) > 0).all()


def pretend(monkeypatch, log_weights):
    """Let annealing return these weights; the list gets what it was called with."""
    calls = []

    def anneal(*arguments, key, v):
        calls.append((*arguments, v))
        return np.array(log_weights), None

    kernels = SimpleNamespace(anneal=anneal, gibbs=naive_rbm.gibbs)
    monkeypatch.setattr(likelihood.backends, "kernels", lambda *_: kernels)
    return calls


def test_estimate_error_and_bounds_follow_from_the_weights(monkeypatch):
    weights = np.array([4.0, 5.0, 6.0, 5.0])
    rbm, base = (np.zeros((2, 3)), np.zeros(2), np.zeros(3)), [1.0, -1.0]
    settings = {"chains": 4, "base": base, "betas": [0, 0.5, 1]}
    log_base = log(1 + exp(1)) + log(1 + exp(-1)) + 3 * log(2)
    spread = sqrt(2 / 3) / sqrt(4)
    calls = pretend(monkeypatch, np.log(weights) + 1000)
    found = log_partition(rbm, method="ais", **settings)
    assert found.value == pytest.approx(log_base + 1000 + log(5))
    assert found.error == pytest.approx(spread / 5)
    assert (found.low, found.high) == pytest.approx(
        (log_base + 1000 + log(5 - 3 * spread), log_base + 1000 + log(5 + 3 * spread))
    )
    np.testing.assert_array_equal(found.log_weights, np.log(weights) + 1000)
    np.testing.assert_array_equal(calls[0][4], [0, 0.5, 1])
    assert (calls[0][5], calls[0][6]) == (4, None)
    found = log_partition(rbm, method="reverse_ais", starts=np.eye(2)[[0, 1, 1, 0]], **settings)
    assert found.value == pytest.approx(log_base - 1000 - log(5))
    assert (found.low, found.high) == pytest.approx(
        (log_base - 1000 - log(5 + 3 * spread), log_base - 1000 - log(5 - 3 * spread))
    )
    np.testing.assert_array_equal(calls[1][4], [1, 0.5, 0])
    np.testing.assert_array_equal(calls[1][6], np.eye(2)[[0, 1, 1, 0]])
    calls = pretend(monkeypatch, [0, 0, 0, 50])
    assert log_partition(rbm, method="ais", **settings).low == -inf
    assert log_partition(rbm, method="reverse_ais", starts=np.zeros((4, 2)), **settings).high == inf


def test_base_and_starts_come_from_the_data(rng, monkeypatch):
    calls = pretend(monkeypatch, [0.0, 0.0])
    work = []
    monkeypatch.setattr(likelihood.backends, "choose", lambda *asked: work.append(asked) or "cpu")
    rbm = random_rbm(rng, 3, 2)
    x = np.array([[0, 0.5, 1.0]] * 8)
    log_partition(rbm, method="ais", X=csr_matrix(x), chains=2)
    np.testing.assert_allclose(calls[-1][3], [log(1 / 9), 0, log(9)])
    assert work == [("auto", "boltzmann", 3 * 2 * 3 * 2)]
    log_partition(rbm, method="ais", base="uniform", chains=2)
    np.testing.assert_array_equal(calls[-1][3], 0)
    assert len(calls[-1][4]) == 14501
    log_partition(rbm, method="reverse_ais", X=np.tile(x, (50, 1)), chains=400, burn_in=0, random_state=1)
    started = calls[-1][6]
    assert not started[:, 0].any()
    assert started[:, 2].all()
    assert 0.4 < started[:, 1].mean() < 0.6
    strong = np.zeros((3, 2)), np.array([9.0, 9, -99]), np.zeros(2)
    log_partition(strong, method="reverse_ais", X=x, chains=2, burn_in=1, random_state=1)
    np.testing.assert_array_equal(calls[-1][6], [[1, 1, 0]] * 2)


def test_beyond_20_units_auto_anneals_forwards(rng, monkeypatch):
    calls = pretend(monkeypatch, [0.0, 0.0])
    rbm, x = random_rbm(rng, 21, 22), rng.random((5, 21))
    for settings in ({"X": x}, {"base": "uniform"}):
        found = log_partition(rbm, chains=2, betas=10, **settings)
        assert found.method == "ais"
        assert calls[-1][6] is None
        assert (calls[-1][4][0], calls[-1][4][-1]) == (0, 1)
    assert log_likelihood(rbm, x, found).shape == (5,)


@pytest.mark.parametrize("kernels", [naive_rbm, rbm_cpu], ids=["naive", "cpu"])
def test_annealing_is_unbiased_in_both_directions(rng, kernels):
    """Few temperatures spread the weights, but their mean is Z / Z_0, or Z_0 / Z on the way back."""
    rbm = random_rbm(rng, 6, 4)
    base, betas, chains = rng.normal(size=6), np.array([0, 0.2, 0.6, 1]), 20000
    log_ratio = log_partition(rbm).value - np.logaddexp(0, base).sum() - 4 * log(2)
    up, last = kernels.anneal(*rbm, base, betas, chains, key=5)
    down, _ = kernels.anneal(*rbm, base, betas[::-1].copy(), chains, key=6, v=samples(rng, rbm, chains))
    for log_weights, wanted in ((up, log_ratio), (down, -log_ratio)):
        w = np.exp(log_weights - wanted)
        assert 0.05 < w.std() < 3
        assert w.mean() == pytest.approx(1, abs=5 * w.std() / sqrt(chains))
    assert set(np.unique(last)) == {0, 1}


@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_the_kernel_draws_the_numbers_of_the_naive_version(rng, real):
    w, b, c = random_rbm(rng, 21, 13)
    base, betas = rng.normal(size=21), annealing_betas(20)
    theirs, mine = (
        kernels.anneal(*(np.ascontiguousarray(a, kind) for a in (w, b, c, base)), betas, 30, key=2**40 + 3)
        for kernels, kind in ((rbm_cpu, real), (naive_rbm, np.float64))
    )
    np.testing.assert_array_equal(theirs[1], mine[1])
    np.testing.assert_allclose(theirs[0], mine[0], atol=2e-4 if real is np.float32 else 1e-10)


def trained(rng, visible, hidden):
    """A machine that was taught eight noisy patterns by contrastive divergence, with weights as learning makes them."""
    prototypes = rng.random((8, visible)) < 0.3
    x = (prototypes[rng.integers(8, size=60)] ^ (rng.random((60, visible)) < 0.05)).astype(float)
    w, b, c = 0.1 * rng.normal(size=(visible, hidden)), np.zeros(visible), np.zeros(hidden)
    for _ in range(300):
        h = naive_rbm.sigmoid(x @ w + c)
        v = rng.random(x.shape) < naive_rbm.sigmoid((rng.random(h.shape) < h) @ w.T + b)
        k = naive_rbm.sigmoid(v @ w + c)
        w += 0.1 * (x.T @ h - v.T @ k) / 60
        b += 0.1 * (x - v).mean(axis=0)
        c += 0.1 * (h - k).mean(axis=0)
    return (w, b, c), x


def test_annealing_finds_the_partition_function_ten_times_of_ten(rng):
    """Check 15 as corrected: 16 hidden units, within 5 standard errors or 0.2, in both directions."""
    rbm, x = trained(rng, 40, 16)
    exactly = log_partition(rbm).value
    assert abs(rbm[0]).max() > 1
    starts = samples(rng, rbm, 100)
    for repeat in range(10):
        pair = likelihood_pair(rbm, x, betas=700, starts=starts, random_state=repeat)
        for found in (pair.ais, pair.reverse):
            assert abs(found.value - exactly) <= max(5 * found.error, 0.2)
            assert 0 < found.error < 0.2
        assert pair.from_ais == pytest.approx(log_likelihood(rbm, x, pair.ais).mean())
        assert pair.from_reverse == pytest.approx(log_likelihood(rbm, x, pair.reverse).mean())
        assert (pair.ais.method, pair.reverse.method) == ("ais", "reverse_ais")


def test_results_depend_on_the_seed_alone(rng, naive_kernels):
    rbm, x = random_rbm(rng, 5, 3), rng.random((6, 5))
    settings = {"betas": 10, "chains": 5, "burn_in": 3}
    first, second, other = (likelihood_pair(rbm, x, random_state=seed, **settings) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.ais.log_weights, second.ais.log_weights)
    np.testing.assert_array_equal(first.reverse.log_weights, second.reverse.log_weights)
    assert (first.ais.log_weights != other.ais.log_weights).any()
    assert (first.ais.log_weights != -first.reverse.log_weights).any()


RBM = np.zeros((4, 3)), np.zeros(4), np.zeros(3)


X = np.zeros((2, 4))


GAUSSIAN = SimpleNamespace(
    components_=np.zeros((3, 4)), intercept_visible_=np.zeros(4), intercept_hidden_=np.zeros(3), visible="gaussian"
)


WIDE = np.zeros((26, 26)), np.zeros(26), np.zeros(26)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: log_partition("rbm"), "rbm must be a fitted RBM"),
        (lambda: log_partition(BernoulliRBM()), "rbm must be a fitted RBM"),
        (lambda: log_partition((*RBM, 1)), "rbm must be a fitted RBM"),
        (lambda: log_partition((RBM[0].T, *RBM[1:])), r"do not fit: \(3, 4\)"),
        (lambda: log_partition((RBM[0], RBM[1] + np.nan, RBM[2])), "must be finite"),
        (lambda: log_partition(RBM, method="guess"), "one of auto, exact, ais, reverse_ais"),
        (lambda: log_partition(WIDE, method="exact"), "at most 25 units to enumerate; got 26"),
        (lambda: log_partition(GAUSSIAN, method="ais"), "exact for Gaussian"),
        (lambda: log_partition(RBM, method="ais"), r"X must be the training data: log_partition\(rbm, X=X\)"),
        (lambda: log_partition(WIDE), 'or without: base="uniform", method="ais"; got None'),
        (lambda: log_likelihood(WIDE, X), r"log_z must be .*: log_likelihood\(rbm, X, log_partition\(rbm, X=X\)\)"),
        (lambda: log_likelihood(RBM, X + 2), r"X must hold numbers in \[0, 1\], .*; got numbers from 2 to 2"),
        (lambda: log_likelihood(RBM, csr_matrix(X - 1)), "got numbers from -1 to -1"),
        (lambda: log_likelihood(GAUSSIAN, X + np.nan), "must hold finite numbers; got numbers from nan"),
        (lambda: log_partition(RBM, method="ais", base="zero"), "one of data, uniform"),
        (lambda: log_partition(RBM, method="ais", base=[0, 0]), "base must be 4 finite biases"),
        (lambda: log_partition(RBM, method="ais", X=X, chains=1), "chains must be an integer >= 2"),
        (lambda: log_partition(RBM, method="ais", X=X, betas=0), "betas must be an integer >= 1"),
        (lambda: log_partition(RBM, method="ais", X=X, betas=[0, 0.5]), "rise from 0 to 1"),
        (lambda: log_partition(RBM, method="ais", X=X, betas=[1, 0]), "rise from 0 to 1"),
        (lambda: log_partition(RBM, method="ais", X=X, backend="tpu"), "backend must be one of"),
        (lambda: log_partition(RBM, method="reverse_ais", base="uniform"), "data, or starts"),
        (lambda: log_partition(RBM, method="reverse_ais", X=X, burn_in=-1), "burn_in must be an integer >= 0"),
        (lambda: log_partition(RBM, method="reverse_ais", X=X, starts=X), "starts must be 100 rows of 0 and 1"),
        (lambda: log_partition(RBM, method="reverse_ais", X=X, starts=X + 0.5, chains=2), "rows of 0 and 1"),
        (lambda: free_energy(RBM, np.zeros((2, 3))), r"X must be \(m, 4\)"),
        (lambda: free_energy(RBM, np.zeros((0, 4))), "m >= 1"),
        (lambda: free_energy(RBM, X + 2), r"in \[0, 1\]"),
        (lambda: free_energy(GAUSSIAN, X + np.nan), "finite"),
        (lambda: log_likelihood(RBM, X, np.nan), "log_z must be a finite number or a LogPartition"),
        (lambda: exact_gradient(GAUSSIAN, X), "binary units"),
        (lambda: exact_gradient(WIDE, np.zeros((1, 26))), "at most 20"),
        (lambda: exact_gradient(RBM, X, [1, -1]), "numbers >= 0"),
        (lambda: exact_gradient(RBM, X, [1]), "must be 2 finite numbers"),
        (lambda: annealing_betas(0), "count must be an integer >= 1"),
    ],
)
def test_bad_input_is_refused(call, said):
    with pytest.raises((DataError, InvalidParameter), match=said):
        call()
