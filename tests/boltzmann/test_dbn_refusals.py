"""What a DBN refuses, and what is left of it then and when learning diverges."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from neurosim.boltzmann import DBN
from neurosim.cnn import SGD, DivergedError
from neurosim.core.errors import DataError, InvalidParameter

QUICK = {"n_iter": 2, "tuning_epochs": 2, "random_state": 3}


@pytest.fixture
def data(rng):
    y = rng.integers(0, 3, 60)
    return np.float32(rng.random((60, 9)) < 0.15 + 0.7 * (np.arange(9) // 3 == y[:, None])), y


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"hidden_layer_sizes": (10, 0)}, "DBN: hidden_layer_sizes must be an integer"),
        ({"hidden_layer_sizes": ()}, "DBN: hidden_layer_sizes must be"),
        ({"visible": "binary"}, "DBN: visible must be one of bernoulli, gaussian"),
        ({"label_units": 1}, "DBN: label_units must be True or False"),
        ({"label_units": True, "visible": "gaussian", "hidden_layer_sizes": 8}, "DBN: label_units must be False for"),
        ({"n_iter": [3]}, r"DBN: n_iter must be one for all, or a list of 2, one a layer"),
        ({"learning_rate": [0.1, 0.1, 0.1]}, "DBN: learning_rate must be one for all, or a list of 2"),
        ({"tuning_epochs": -1}, "DBN: tuning_epochs must be an integer >= 0"),
        ({"tuning_epochs": 0}, "DBN: tuning_epochs must be an integer >= 1 without label_units"),
        ({"dropout": 1.0}, "DBN: dropout must be a number >= 0 and < 1"),
        ({"optimiser": "newton"}, "DBN: optimiser must be an optimiser such as"),
        ({"backend": "tpu"}, "DBN: backend must be one of"),
        ({"method": "ml"}, "RBM: method must be one of"),
        ({"momentum": 1.0}, "RBM: momentum must be"),
    ],
)
def test_bad_parameters_leave_the_model_as_it_was(wrong, message, data):
    x, y = data
    model = DBN((8, 6), **QUICK).fit(x, y)
    before = model.predict_proba(x)
    right = {name: model.get_params()[name] for name in wrong}
    with pytest.raises(InvalidParameter, match=message):
        model.set_params(**wrong).fit(x[:, :5], y)
    model.set_params(**right)
    np.testing.assert_array_equal(model.predict_proba(x), before)


def test_bad_input(data):
    x, y = data
    model = DBN((8, 6), **QUICK).fit(x, y)
    with pytest.raises(InvalidParameter, match="DBN: n must be"):
        model.sample(0)
    for label, said in ((1, "1"), (np.str_("a"), "'a'")):
        with pytest.raises(InvalidParameter, match=f"DBN: label must be None .* fit with label_units=True; got {said}"):
            model.sample(label=label)
    with pytest.raises(DataError, match="DBN: label_units=True requires y to be passed"):
        DBN((8,), label_units=True).fit(x)
    with pytest.raises(DataError, match="DBN: y holds one class only, 1"):
        model.fit(x, np.ones(60))
    labelled = DBN((8, 6), label_units=True, **QUICK).fit(x, y)
    with pytest.raises(InvalidParameter, match=r"DBN: label must be one of the classes \[0 1 2\]; got 7"):
        labelled.sample(label=7)


@pytest.mark.parametrize("wrong", [{"learning_rate": 1e3, "n_iter": 30}, {"optimiser": SGD(1e300)}])
def test_divergence_keeps_a_fitted_model(wrong, data):
    x, y = data
    model = DBN((8, 6), visible="gaussian", **QUICK).fit(x, y)
    before = model.predict_proba(x), model.sample(3, 5, random_state=0), model.loss_curve_.copy()
    with pytest.raises(DivergedError, match="probably"):
        model.set_params(**wrong).fit(1 + x[:, :5], y[::-1])
    after = model.predict_proba(x), model.sample(3, 5, random_state=0), model.loss_curve_
    for one, two in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, two)


def test_divergence_of_a_first_fit_leaves_no_network(data):
    x, y = data
    model = DBN((8, 6), visible="gaussian", learning_rate=1e3, n_iter=30, random_state=0)
    with pytest.raises(DivergedError, match="probably"):
        model.fit(x, y)
    with pytest.raises(NotFittedError):
        model.predict(x)
