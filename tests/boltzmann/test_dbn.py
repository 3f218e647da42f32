"""Deep belief nets: what each machine learns from, samples against enumeration, labels, fine-tuning, the contract."""

import itertools
import pickle
import warnings

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

import neurosim
from neurosim.boltzmann import DBN
from neurosim.cnn import SGD, Adam, train
from neurosim.core import parallel
from neurosim.core.errors import InvalidParameter
from neurosim.datasets import load_digits

QUICK = {"n_iter": 2, "tuning_epochs": 2, "random_state": 3}


@parametrize_with_checks([DBN((30, 20)), DBN((20,), label_units=True)])
def test_scikit_learn(estimator, check):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "RBM: X reaches")  # the checks' samples are not in [0, 1]
        check(estimator)


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    return np.float32(data.data / 16), data.target


@pytest.fixture
def data(rng):
    y = rng.integers(0, 3, 60)
    return np.float32(rng.random((60, 9)) < 0.15 + 0.7 * (np.arange(9) // 3 == y[:, None])), y


def test_each_machine_learns_from_the_one_below(data):
    x, y = data
    model = DBN((8, 6, 5), n_iter=[3, 2, 1], learning_rate=[0.1, 0.2, 0.3], tuning_epochs=1, random_state=3).fit(x, y)
    below = x
    for rbm, size, epochs, rate in zip(model.rbms_, (8, 6, 5), (3, 2, 1), (0.1, 0.2, 0.3), strict=True):
        assert (rbm.n_components, rbm.n_iter_, rbm.learning_rate) == (size, epochs, rate)
        again = clone(rbm).fit(below)
        np.testing.assert_array_equal(again.components_, rbm.components_)
        below = again.transform(below)
    seeds = [rbm.random_state for rbm in model.rbms_]
    assert len(set(seeds)) == 3


@pytest.mark.parametrize("methods", [("cd", "pcd"), ("pcd", "cd")])
def test_the_machines_get_the_parameters(methods, data):
    given = {"momentum": {0: 0.3}, "weight_decay": 0.01, "batch_size": 7, "n_iter": 1}
    model = DBN((4, 3), visible="gaussian", learning_rate=0.01, method=methods, steps=[2, 3], **given).fit(data[0])
    for k, (rbm, visible) in enumerate(zip(model.rbms_, ("gaussian", "bernoulli"), strict=True)):
        expected = given | {"visible": visible, "visible_samples": methods[k] == "pcd", "steps": 2 + k}
        assert {name: rbm.get_params()[name] for name in expected} == expected
        assert rbm.method == methods[k]


def test_fine_tuning_is_training_as_elsewhere(data):
    x, y = data
    start = DBN((8, 6), **QUICK | {"optimiser": SGD(0.0)}).fit(x, y)
    model = DBN((8, 6), **QUICK, tuning_batch_size=9, batch_size=20, optimiser=Adam(0.01)).fit(x, y)
    how = {"loss": "cross_entropy", "optimiser": Adam(0.01), "epochs": 2, "random_state": model._key(3)}
    train(start.network_, x, y, batch_size=9, **how)
    np.testing.assert_array_equal(model.network_.flat_parameters, start.network_.flat_parameters)


def test_without_labels_it_is_a_transformer(data):
    x, y = data
    model = DBN((8, 6), **QUICK).fit(x)
    hidden = x
    for rbm in model.rbms_:
        hidden = expit(hidden @ rbm.components_.T + rbm.intercept_hidden_)
    np.testing.assert_allclose(model.transform(x), hidden, rtol=1e-5)
    assert list(model.get_feature_names_out()) == [f"dbn{k}" for k in range(6)]
    assert model.loss_curve_ == []
    for ask in (model.predict, model.predict_proba, model.label_free_energy):
        with pytest.raises(NotFittedError, match=r"DBN: fitted without labels \(y\)"):
            ask(x)
    assert not hasattr(model.fit(x, y).fit(x), "classes_")


def test_fine_tuning_starts_from_the_stack_and_leaves_it(data):
    x, y = data
    stack = DBN((8, 6), **QUICK).fit(x)
    tuned = DBN((8, 6), **QUICK | {"optimiser": SGD(0.0)}).fit(x, y)  # a rate of 0: nothing is tuned
    np.testing.assert_array_equal(tuned.transform(x), stack.transform(x))
    np.testing.assert_allclose(tuned.predict_proba(x), 1 / 3, rtol=1e-6)
    np.testing.assert_allclose(tuned.loss_curve_, np.log(3), rtol=1e-6)
    tuned = DBN((8, 6), **QUICK | {"tuning_epochs": 5, "optimiser": Adam(0.02)}).fit(x, y)
    assert (tuned.transform(x) != stack.transform(x)).any()
    assert len(tuned.loss_curve_) == 5
    assert tuned.loss_curve_[-1] < np.log(3)
    for one, two in zip(tuned.rbms_, stack.rbms_, strict=True):
        np.testing.assert_array_equal(one.components_, two.components_)
    hidden = tuned.transform(x)
    weights, bias = (tuned.network_.parameters[f"labels.{name}"] for name in ("weights", "bias"))
    np.testing.assert_allclose(tuned.predict_proba(x), softmax(hidden @ weights + bias, axis=1), rtol=1e-4)


def test_dropout_is_of_the_fine_tuning(data):
    x, y = data
    plain, thinned = (DBN((8, 6), dropout=rate, **QUICK | {"optimiser": SGD(0.0)}).fit(x, y) for rate in (0.0, 0.5))
    assert list(thinned.network_.layers) == ["hidden1", "dropout1", "hidden2", "dropout2", "labels"]
    np.testing.assert_array_equal(thinned.transform(x), plain.transform(x))
    assert list(DBN((8, 6), dropout=0.5, **QUICK).fit(x).network_.layers) == ["hidden1", "dropout1", "hidden2"]


def test_label_units_start_the_softmax(data):
    x, y = data
    model = DBN((8, 6), label_units=True, **QUICK | {"optimiser": SGD(0.0)}).fit(x, np.array(list("abc"))[y])
    top = model.rbms_[-1]
    assert top.components_.shape == (6, 8 + 3)
    logits = model.transform(x) @ top.components_[:, 8:] + top.intercept_visible_[8:]
    np.testing.assert_allclose(model.predict_proba(x), softmax(logits, axis=1), rtol=1e-4)
    hidden = expit(model.rbms_[0].transform(x) @ top.components_[:, :8].T + top.intercept_hidden_)
    np.testing.assert_allclose(model.transform(x), hidden, rtol=1e-5)
    assert set(model.predict(x)) <= set("abc")


@pytest.mark.parametrize("sizes", [(4,), (7, 4)])
def test_free_energies_of_labels_by_enumeration(sizes, data):
    x, y = data
    model = DBN(sizes, label_units=True, tuning_epochs=0, n_iter=60, learning_rate=0.3, batch_size=5, random_state=3)
    model.fit(x, y)
    top, below = model.rbms_[-1], np.float64(x if len(sizes) == 1 else model.rbms_[0].transform(x))
    hidden = np.array(list(itertools.product((0.0, 1.0), repeat=4)))
    for c in range(3):
        v = np.hstack([below, np.tile(np.eye(3)[c], (60, 1))])
        energies = -(v @ top.intercept_visible_)[:, None] - hidden @ top.intercept_hidden_
        energies = energies - v @ top.components_.T @ hidden.T
        expected = -np.log(np.exp(-energies).sum(axis=1))
        np.testing.assert_allclose(model.label_free_energy(x)[:, c], expected, rtol=1e-5)
    np.testing.assert_allclose(model.predict_proba(x), softmax(-model.label_free_energy(x), axis=1))
    assert (model.predict(x) == y).mean() > 0.8
    with pytest.raises(InvalidParameter, match="label_units must be True at the fit"):
        DBN(sizes, **QUICK).fit(x, y).label_free_energy(x)


def given_stack(sizes, labels, visible, rng):
    """Return a net with random weights of a size at which the states can be enumerated."""
    model = DBN(sizes[1:], label_units=labels > 0, visible=visible, **QUICK)
    model.fit(np.float64(rng.random((20, sizes[0])) < 0.5), np.arange(20) % labels if labels else None)
    for rbm in model.rbms_:
        for array in (rbm.components_, rbm.intercept_hidden_, rbm.intercept_visible_):
            array[...] = rng.normal(size=array.shape)
    return model


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
@pytest.mark.parametrize(("labels", "label"), [(0, None), (3, None), (3, 1)])
@pytest.mark.parametrize("sizes", [(3, 2), (3, 4, 2), (3, 2, 4, 2)])
def test_samples_have_the_distribution_of_the_stack(sizes, labels, label, visible, rng):
    """Means and mean products of the outputs, over 4,000 samples, within 5 standard errors of enumeration."""
    if visible == "gaussian" and len(sizes) == 2:
        pytest.skip("has no finite number of states")
    model = given_stack(sizes, labels, visible, rng)
    drawn = model.sample(4000, 60, label=label, random_state=5)
    top = model.rbms_[-1]
    states = np.array(list(itertools.product((0.0, 1.0), repeat=len(top.intercept_visible_))))
    weight = np.exp(-top.free_energy(states))
    if label is not None:
        weight = weight * (states[:, sizes[-2] :] == np.eye(labels)[label]).all(axis=1)
    weight /= weight.sum()
    states = states[:, : sizes[-2]]
    for k in reversed(range(len(sizes) - 2)):
        rbm = model.rbms_[k]
        fields = states @ rbm.components_ + rbm.intercept_visible_
        if k == 0:
            states = fields if visible == "gaussian" else expit(fields)
            break
        states, p = np.array(list(itertools.product((0.0, 1.0), repeat=fields.shape[1]))), expit(fields)[:, None]
        weight = weight @ np.where(states == 1, p, 1 - p).prod(axis=2)
    np.testing.assert_allclose(drawn.mean(axis=0), weight @ states, atol=5 * drawn.std(axis=0).max() / 4000**0.5)
    if len(sizes) > 2:  # a single machine returns its probabilities in the last sweep
        products, expected = drawn[:, 0] * drawn[:, 1], weight @ (states[:, 0] * states[:, 1])
        assert abs(products.mean() - expected) < 5 * products.std() / 4000**0.5


def test_samples_of_a_label_look_like_it(data):
    x, y = data
    model = DBN((20, 20), label_units=True, n_iter=60, learning_rate=0.3, batch_size=5, tuning_epochs=0, random_state=0)
    model.fit(x, y)
    means = np.stack([x[y == c].mean(axis=0) for c in range(3)])
    for c in range(3):
        drawn = model.sample(200, 200, label=c, random_state=1)
        nearest = ((drawn[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
        assert (nearest == c).mean() > 0.75


def test_digits(digits):
    x, y = digits
    model = DBN((100, 100), label_units=True, random_state=0).fit(x[:1200], y[:1200])
    assert model.score(x[1200:], y[1200:]) > 0.88
    own = model.classes_[model.label_free_energy(x[1200:]).argmin(axis=1)]
    assert (own == y[1200:]).mean() > 0.75
    assert model.sample(50, 200, random_state=0).shape == (50, 64)


def test_same_seed_same_bits_for_any_number_of_threads(data):
    x, y = data
    model = DBN((40, 30), label_units=True, **QUICK)
    threads, results = parallel.threads(), []
    for number in (1, 3):
        parallel.set_threads(number)
        try:
            fitted = clone(model).fit(x, y)
            results.append((fitted.predict_proba(x), fitted.label_free_energy(x), fitted.sample(40, 5, random_state=1)))
        finally:
            parallel.set_threads(threads)
    for one, two in zip(*results, strict=True):
        np.testing.assert_array_equal(one, two)
    other = clone(model).set_params(random_state=4).fit(x, y)
    assert (other.predict_proba(x) != results[0][0]).any()


def test_save_load_and_pickle(data, tmp_path):
    x, y = data
    model = DBN((8, 6), momentum={0: 0.5, 1: 0.9}, optimiser=Adam({0: 1e-3, 5: 1e-4}), **QUICK).fit(x, y)
    for again in (neurosim.load(model.save(tmp_path / "m.npz")), pickle.loads(pickle.dumps(model))):
        assert again.get_params() == model.get_params()
        assert again.loss_curve_ == model.loss_curve_
        np.testing.assert_array_equal(again.transform(x), model.transform(x))
        np.testing.assert_array_equal(again.sample(3, 5, random_state=0), model.sample(3, 5, random_state=0))
        np.testing.assert_array_equal(again.predict(x), model.predict(x))
    assert not hasattr(neurosim.load(DBN().save(tmp_path / "u.npz")), "network_")


def test_callbacks_see_every_epoch_and_end_stages(data):
    (x, y), seen, steps = data, [], []
    model = DBN((8, 6), n_iter=[4, 3], tuning_epochs=5, random_state=0)
    model.fit(x, y, callback=seen.append)
    assert [(p.step, p.total) for p in seen] == [(k, 12) for k in range(1, 13)]
    assert [p.metrics.get("layer") for p in seen] == [1] * 4 + [2] * 3 + [None] * 5
    assert [p.metrics["loss"] for p in seen[7:]] == model.loss_curve_
    np.testing.assert_array_equal([p.metrics["error"] for p in seen[:4]], model.rbms_[0].errors_)
    model.fit(x, y, callback=lambda p: steps.append(p.step) or p.step in (2, 5, 9))
    assert steps == [1, 2, 5, 8, 9]
    assert len(model.loss_curve_) == 2
