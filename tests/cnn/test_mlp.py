"""Perceptrons with hidden layers as estimators."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split

from neurosim.cnn import LeakyReLU, MLPClassifier, MLPRegressor
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets import load_digits


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    return train_test_split(np.float32(data.data / 16), data.target, test_size=0.3, random_state=0)


def test_digits_out_of_the_box(digits):
    x, held, y, labels = digits
    assert MLPClassifier(random_state=0).fit(x, y).score(held, labels) > 0.965


def test_digits_that_are_not_scaled(digits):
    x, held, y, labels = digits
    assert MLPClassifier(random_state=0).fit(16 * x, y).score(16 * held, labels) > 0.95


def test_without_hidden_layers_it_is_logistic_regression(rng):
    """alpha / (2 n) |w|^2 beside the mean loss: scikit-learn's C is 1 / alpha."""
    x = rng.normal(size=(200, 4))
    y = (x @ rng.normal(size=(4, 3)) + rng.normal(size=(200, 3))).argmax(1)
    ours = MLPClassifier((), alpha=5.0, batch_size="full", learning_rate_init=0.05, max_iter=500, tol=0.0)
    ours.set_params(n_iter_no_change=None, random_state=0).fit(x, y)
    theirs = LogisticRegression(C=1 / 5.0, tol=1e-8).fit(x, y)
    np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), atol=1e-3)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_linear_regressor_is_ridge_regression(solver, rng):
    x = rng.normal(size=(100, 3))
    y = x @ [1.0, -2.0, 0.5] + 3 + 0.1 * rng.normal(size=100)
    ours = MLPRegressor((), alpha=7.0, batch_size="full", learning_rate_init=0.05, max_iter=600)
    ours.set_params(n_iter_no_change=None, random_state=0, solver=solver).fit(x, y)
    theirs = Ridge(alpha=7.0, tol=1e-10).fit(x, y)
    np.testing.assert_allclose(ours.coefs_[0][:, 0], theirs.coef_, atol=2e-3)
    np.testing.assert_allclose(ours.intercepts_[0], theirs.intercept_, atol=2e-3)


def test_weights_are_lists_of_views(digits):
    x, held, y, _ = digits
    model = MLPClassifier((20, 15), "tanh", max_iter=2, random_state=0).fit(x, y)
    assert [w.shape for w in model.coefs_] == [(64, 20), (20, 15), (15, 10)]
    assert [b.shape for b in model.intercepts_] == [(20,), (15,), (10,)]
    hidden = held
    for w, b in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        hidden = np.tanh(hidden @ w + b)
    logits = hidden @ model.coefs_[-1] + model.intercepts_[-1]
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(held), expected, rtol=1e-4, atol=1e-6)
    model.coefs_[-1][...] = 0
    model.intercepts_[-1][...] = 0
    np.testing.assert_allclose(model.predict_proba(held), 0.1, rtol=1e-6)


@pytest.mark.parametrize(
    "activation", ["identity", "logistic", "tanh", "lecun_tanh", "relu", "leaky_relu", "gelu", LeakyReLU(0.2)], ids=str
)
def test_activations_and_solvers(activation, digits):
    x, held, y, labels = digits
    model = MLPClassifier(30, activation, solver="sgd", learning_rate_init=0.2, batch_size=50, max_iter=15)
    assert model.set_params(random_state=0).fit(x, y).score(held, labels) > 0.9


def test_dropout_and_early_stopping(digits):
    x, held, y, labels = digits
    model = MLPClassifier(100, dropout=0.3, early_stopping=True, max_iter=60, random_state=0).fit(x, y)
    assert len(model.validation_curve_) == model.n_iter_
    assert model.score(held, labels) > 0.95
    assert "Dropout" in [type(layer).__name__ for layer in model.network_.layers.values()]


def test_regression_of_several_numbers(rng):
    x = rng.uniform(-1, 1, (300, 2))
    y = np.stack([np.sin(3 * x[:, 0]), x[:, 0] * x[:, 1]], axis=1)
    model = MLPRegressor(40, "tanh", batch_size=30, learning_rate_init=0.01, random_state=0).fit(x, y)
    assert model.predict(x).shape == (300, 2)
    assert model.score(x, y) > 0.97
    assert model.fit(x, y[:, 0]).predict(x).shape == (300,)
    with pytest.raises(DataError, match="is not like that of the first fit"):
        model.partial_fit(x, y)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"hidden_layer_sizes": (10, 0)}, "MLPClassifier: hidden_layer_sizes must be an integer >= 1 or a sequence"),
        ({"activation": "step"}, "MLPClassifier: activation must be identity, logistic, or"),
        ({"dropout": 1.0}, "MLPClassifier: dropout must be"),
    ],
)
def test_bad_parameters(wrong, message, digits):
    x, _, y, _ = digits
    with pytest.raises(InvalidParameter, match=message):
        MLPClassifier(**wrong).fit(x, y)
