"""What the papers and the theory promise of the learners."""

import numpy as np
import pytest
from sklearn.linear_model import Perceptron as Peer

from neurosim.datasets import fetch_mnist
from neurosim.perceptron import AveragedPerceptron, Perceptron


def test_weights_equal_those_of_scikit_learn(rng):
    x = rng.normal(size=(3000, 20)).astype(np.float32)
    for classes in (2, 5):
        y = (x @ rng.normal(size=(20, classes)) + 2 * rng.normal(size=(3000, classes))).argmax(axis=1)
        peer = Peer(max_iter=5, tol=None, shuffle=False).fit(x, y)
        ours = Perceptron(epochs=5, shuffle=False).fit(x, y)
        np.testing.assert_array_equal(ours.coef_, peer.coef_)
        np.testing.assert_array_equal(ours.intercept_, peer.intercept_)


def test_novikoff_bound_holds_for_a_thousand_separable_sets(rng):
    """With the margin of the teacher that labelled them: (R / gamma)^2, any order."""
    tested = 0
    while tested < 1000:
        n, d = rng.integers(2, 60), rng.integers(1, 12)
        teacher, x = rng.normal(size=d), rng.normal(size=(n, d))
        y = np.where(x @ teacher > 0, 1, -1)
        y[0], x[0] = 1, teacher  # both classes are there
        y[1], x[1] = -1, -teacher
        gamma = (y * (x @ teacher)).min() / np.linalg.norm(teacher)
        bound = (x**2).sum(axis=1).max() / gamma**2
        if bound > 2e5:  # would take long
            continue
        tested += 1
        model = Perceptron(fit_intercept=False, epochs=200_000, random_state=tested).fit(x, y)
        assert model.score(x, y) == 1
        assert model.mistakes_.sum() <= bound * (1 + 1e-9)
        assert model.mistakes_.sum() <= model.novikoff_bound_[0] * (1 + 1e-9)
        assert model.novikoff_bound_[0] >= 1 - 1e-9


@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_novikoff_bound_is_attained(n):
    """x_i = e_i with label +1 (and -e_0 with -1, so that there are two classes): n mistakes, the whole of the bound."""
    x, y = np.vstack([np.eye(n), -np.eye(n)[:1]]), [1] * n + [0]
    model = Perceptron(fit_intercept=False, shuffle=False).fit(x, y)
    assert model.mistakes_.sum() == n
    np.testing.assert_allclose(model.novikoff_bound_, n)


@pytest.mark.parametrize("margin", [0.5, 10.0, 200.0])
@pytest.mark.parametrize("intercept", [True, False])
def test_the_bound_holds_with_a_margin(rng, margin, intercept):
    """R^2 + 2 m / eta in the place of R^2; without that term these sets go far beyond it."""
    x = np.array([[1.0, 0.0], [-0.5, 0.1], [-1.0, 0.0], [0.5, -0.1]])
    sets = [(x, [1, 1, 0, 0])]
    for _ in range(20):
        x = rng.normal(size=(20, 4))
        sets.append((x, x @ rng.normal(size=4) > 0))
    for x, y in sets:
        model = Perceptron(margin=margin, eta0=0.5, fit_intercept=intercept, epochs=10**6, shuffle=False).fit(x, y)
        assert np.isfinite(model.novikoff_bound_[0])
        assert model.updates_.sum() <= model.novikoff_bound_[0] * (1 + 1e-9)


def test_a_stream_has_no_bound(rng):
    x = rng.normal(size=(200, 3))
    model = Perceptron().partial_fit(x, x[:, 0] > 0, classes=[False, True])
    model.partial_fit(100 * x[:1], x[:1, 0] > 0)
    assert np.isinf(model.novikoff_bound_).all()


def test_the_bound_is_infinite_while_there_are_mistakes():
    model = Perceptron(epochs=5).fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])
    assert np.isinf(model.novikoff_bound_).all()


def test_averaged_perceptron_on_mnist(data_folder):
    """Five shuffles of 10 epochs: the mean errs on at most 8.5 %, the last weights on a point more at least."""
    train, test = (fetch_mnist(subset, data_home=data_folder) for subset in ("train", "test"))
    for seed in range(5):
        model = AveragedPerceptron(random_state=seed).fit(train.data / np.float32(255), train.target)
        x = test.data / np.float32(255)
        averaged = 1 - model.score(x, test.target)
        last = ((x @ model.last_coef_.T + model.last_intercept_).argmax(axis=1) != test.target).mean()
        assert averaged <= 0.085
        assert last - averaged >= 0.01
