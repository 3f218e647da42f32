"""Every rule against its naive version: dense and sparse samples, two classes and more, any number of threads."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from neurosim.core import parallel, random
from neurosim.perceptron import (
    Adaline,
    AveragedPerceptron,
    KernelPerceptron,
    Madaline,
    MinOver,
    PassiveAggressive,
    Perceptron,
    PocketPerceptron,
    VotedPerceptron,
)

from . import naive


@pytest.fixture
def data(rng):
    """60 samples of 9 features that no plane separates, labels -1 and 1."""
    x = rng.integers(-4, 5, (60, 9)).astype(float)  # whole numbers: no rounding, so no decision depends on it
    y = np.where(x @ rng.normal(size=9) + 3 * rng.normal(size=60) > 0, 1, -1)
    return x, y


@pytest.fixture
def many(rng):
    """90 samples of 4 classes."""
    x = rng.integers(-4, 5, (90, 7)).astype(float)
    return x, (x @ rng.normal(size=(7, 4))).argmax(axis=1)


@pytest.mark.parametrize("margin", [0.0, 5.0])
@pytest.mark.parametrize("intercept", [True, False])
def test_perceptron(data, margin, intercept):
    x, y = data
    w, b, mean, mistakes = naive.perceptron(x, y, 4, margin, 2.0, intercept)
    parameters = {"margin": margin, "eta0": 2.0, "epochs": 4, "fit_intercept": intercept, "shuffle": False}
    for form in (x, sparse.csr_matrix(x), x.astype(np.float32)):
        model = Perceptron(**parameters).fit(form, y)
        np.testing.assert_array_equal(model.coef_[0], w)
        assert model.intercept_ == b
        np.testing.assert_array_equal(model.mistakes_[:, 0], mistakes)
        assert (model.updates_ >= model.mistakes_).all()
        assert model.coef_.dtype == form.dtype
        averaged = AveragedPerceptron(**parameters).fit(form, y)
        np.testing.assert_allclose(np.append(averaged.coef_, averaged.intercept_), mean, rtol=1e-6)
        np.testing.assert_array_equal(averaged.last_coef_[0], w)


@pytest.mark.parametrize("variant", ["PA", "PA-I", "PA-II"])
def test_passive_aggressive(data, variant):
    x, y = data
    w = naive.passive_aggressive(x, y, 3, 0.02, variant)
    for form in (x, sparse.csr_matrix(x)):
        model = PassiveAggressive(0.02, variant=variant, epochs=3, shuffle=False).fit(form, y)
        np.testing.assert_allclose(np.append(model.coef_, model.intercept_), w, rtol=1e-9)


@pytest.mark.parametrize(("rule", "mu"), [("lms", 0.002), ("nlms", 0.3)])
def test_adaline(data, rule, mu):
    x, y = data
    w, errors = naive.adaline(x, y, 3, mu, rule)
    for form in (x, sparse.csr_matrix(x)):
        model = Adaline(mu, rule=rule, epochs=3, shuffle=False).fit(form, y)
        np.testing.assert_allclose(np.append(model.coef_, model.intercept_), w, rtol=1e-9)
        np.testing.assert_allclose(model.mean_squared_error_[:, 0], errors, rtol=1e-9)


def test_adaline_finds_the_least_squares_solution(rng):
    x = rng.normal(size=(400, 3))
    y = np.where(x @ [1.0, -2.0, 0.5] + 0.3 * rng.normal(size=400) > 0.2, 1, -1)
    ones = np.hstack([x, np.ones((400, 1))])
    best = np.linalg.lstsq(ones, y, rcond=None)[0]
    model = Adaline(0.0005, rule="lms", epochs=60, random_state=0).fit(x, y)
    np.testing.assert_allclose(np.append(model.coef_, model.intercept_), best, atol=0.02)


KERNELS = {
    "linear": ({}, lambda a, b: a @ b),
    "poly": ({"degree": 3, "gamma": 0.125, "coef0": 1.0}, lambda a, b: (0.125 * (a @ b) + 1) ** 3),
    "rbf": ({"gamma": 0.05}, lambda a, b: np.exp(-0.05 * ((a - b) ** 2).sum())),
}


@pytest.mark.parametrize("readout", ["voted", "averaged", "last"])
@pytest.mark.parametrize("kernel", KERNELS)
def test_kernel_perceptron(data, readout, kernel):
    x, y = data
    parameters, function = KERNELS[kernel]
    scores = naive.votes(x[:40], y[:40], 3, x[40:], function)[readout]
    for form in (x, sparse.csr_matrix(x)):
        model = KernelPerceptron(kernel, **parameters, readout=readout, epochs=3, shuffle=False)
        model.fit(form[:40], y[:40])
        np.testing.assert_allclose(model.decision_function(form[40:]), scores, rtol=1e-7, atol=1e-9)


def test_voted_perceptron(data):
    x, y = data
    expected = naive.votes(x[:40], y[:40], 3, x[40:], lambda a, b: a @ b + 1)
    for form in (x, sparse.csr_matrix(x)):
        model = VotedPerceptron(epochs=3, shuffle=False).fit(form[:40], y[:40])
        for readout, scores in expected.items():
            found = model.set_params(readout=readout).decision_function(form[40:])
            np.testing.assert_allclose(found, scores, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(model.coef_, model.dual_coef_ @ model.support_vectors_)


def test_blocks_of_the_kernel_perceptron(monkeypatch, many):
    """The block is an arrangement of the work: the outcome does not depend on it."""
    from neurosim.perceptron import kernel

    x, y = many
    ref = KernelPerceptron(readout="voted", random_state=1).fit(x, y).decision_function(x)
    monkeypatch.setattr(kernel, "BLOCK", 7)
    monkeypatch.setattr(kernel, "ROWS", 3)
    np.testing.assert_allclose(KernelPerceptron(readout="voted", random_state=1).fit(x, y).decision_function(x), ref)


@pytest.mark.parametrize("ratchet", [True, False])
def test_pocket(data, ratchet):
    x, y = data
    for seed in range(20):
        picks = np.concatenate([(random.uniform(seed, epoch, 60) * 60).astype(int) for epoch in range(20)])
        kept, run, right = naive.pocket(x, y, picks, ratchet)
        model = PocketPerceptron(ratchet=ratchet, epochs=20, random_state=seed).fit(x, y)
        np.testing.assert_array_equal(np.append(model.coef_, model.intercept_), kept)
        assert model.longest_run_ == run
        assert model.n_right_ == right == (y * (x @ model.coef_[0] + model.intercept_) > 0).sum()
    sparse_model = PocketPerceptron(ratchet=ratchet, epochs=20, random_state=seed).fit(sparse.csr_matrix(x), y)
    np.testing.assert_array_equal(sparse_model.coef_, model.coef_)


def test_with_the_ratchet_the_kept_weights_never_become_worse(rng):
    x, y = rng.normal(size=(50, 3)), rng.integers(0, 2, 50)

    def right(ratchet, seed):
        models = [PocketPerceptron(ratchet=ratchet, epochs=n, random_state=seed).fit(x, y) for n in range(1, 25)]
        return np.diff([model.n_right_[0] for model in models])

    assert all((right(True, seed) >= 0).all() for seed in range(5))
    assert any((right(False, seed) < 0).any() for seed in range(5))


def test_minover_says_that_it_did_not_suffice(data):
    x, y = data
    with pytest.warns(ConvergenceWarning, match="MinOver: 500 steps did not suffice; the samples are not separated"):
        model = MinOver(max_steps=500).fit(x, y)
    assert model.stability_[0] < 0
    assert model.n_steps_ == 500
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    with pytest.warns(ConvergenceWarning, match="not separated"):
        model = MinOver(max_steps=400).fit(corners, [0, 1, 1, 0])
    assert model.stability_[0] <= 0
    with pytest.warns(ConvergenceWarning, match="for the class 1; the samples are not separated"):
        MinOver(max_steps=400, tol=0.5).fit([[0.0], [1.0], [2.0], [3.0], [4.0]], [0, 1, 2, 2, 2])


def test_madaline(data):
    x, y = data
    model = Madaline(3, epochs=4, random_state=5).fit(x, y)
    first = Madaline(3, epochs=4, random_state=5)
    first.classes_, first.seed_ = np.array([-1, 1]), 5
    first._first_weights(x)
    w = np.hstack([first.unit_coef_[0], first.unit_intercept_[0][:, None]])
    orders = [random.permutation(5, epoch, 60) for epoch in range(model.n_iter_)]
    expected = naive.madaline(x, y, orders, w, 0.5)
    found = np.hstack([model.unit_coef_[0], model.unit_intercept_[0][:, None]])
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    majority = np.sign(np.sign(np.hstack([x, np.ones((60, 1))]) @ expected.T).sum(axis=1))
    np.testing.assert_array_equal(model.predict(x), majority)


def test_minover_reaches_the_optimal_stability(rng):
    """The optimum from a linear programme's cousin: the smallest |w| with y w.x >= 1, by its dual."""
    from scipy.optimize import nnls

    for _ in range(5):
        x = rng.normal(size=(12, 6))
        y = np.where(x @ rng.normal(size=6) > 0, 1, -1)
        rows = x * y[:, None]
        # min |w|^2 with rows w >= 1 is the least distance of (0, 1) from the cone of the columns [rows; 1]
        factors, residual = nnls(np.vstack([rows.T, np.ones(12)]), np.append(np.zeros(6), 1.0))
        optimum = 1 / np.linalg.norm((rows.T @ factors) / residual**2)
        model = MinOver(tol=0.002, fit_intercept=False, max_steps=2_000_000).fit(x, y)
        assert 0.998 * optimum <= model.stability_[0] <= optimum * (1 + 1e-9) <= model.stability_bound_[0] * (1 + 2e-9)
        np.testing.assert_allclose(model.stability_[0], (rows @ model.coef_[0]).min() / np.linalg.norm(model.coef_))


MODELS = [
    Perceptron(random_state=0),
    AveragedPerceptron(random_state=0),
    VotedPerceptron(random_state=0, epochs=3),
    PocketPerceptron(random_state=0, epochs=20),
    KernelPerceptron(gamma=0.01, random_state=0),
    PassiveAggressive(random_state=0),
    Adaline(random_state=0),
    Madaline(random_state=0),
    MinOver(max_steps=3000),
]


@pytest.mark.filterwarnings("ignore:MinOver")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_threads_and_classes(model, many):
    """One problem a class, each as if the others were one class; the same bits for any number of threads."""
    x, y = many
    scores = []
    try:
        for threads in (1, 2, 3):
            parallel.set_threads(threads)
            with threadpool_limits(threads, "blas"):
                scores.append(model.fit(x, y).decision_function(x))
    finally:
        parallel.set_threads(2)
    assert scores[0].shape == (90, 4)
    np.testing.assert_array_equal(scores[0], scores[1])
    np.testing.assert_array_equal(scores[0], scores[2])
    assert model.score(x, y) > 0.6
    np.testing.assert_allclose(model.fit(sparse.csr_matrix(x), y).decision_function(x), scores[0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("model", MODELS[:3] + MODELS[4:5] + MODELS[5:7], ids=lambda model: type(model).__name__)
def test_a_stream_equals_an_epoch(model, many):
    x, y = many
    once = model.set_params(epochs=1, shuffle=False).fit(x, y).decision_function(x)
    stream = type(model)(**model.get_params())
    for start in range(0, 90, 25):
        stream.partial_fit(x[start : start + 25], y[start : start + 25], classes=range(4))
    np.testing.assert_allclose(stream.decision_function(x), once, rtol=1e-9, atol=1e-9)
    assert stream.n_seen_ == 90
