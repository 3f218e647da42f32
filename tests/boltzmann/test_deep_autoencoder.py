"""Deep autoencoders: the linear code's machine, unrolling, what pre-training is worth, the contract."""

import pickle
import warnings

import numpy as np
import pytest
from scipy.special import expit, ndtri
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

import neurosim
from neurosim.boltzmann import DeepAutoencoder
from neurosim.boltzmann.linear_code import DEVIATION, NOISE, learn_linear_code
from neurosim.cnn import SGD, Adam, Dense, DivergedError, Sequential, train
from neurosim.core import parallel, random
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets import load_digits

QUICK = {"n_iter": 2, "tuning_epochs": 2, "random_state": 3}
LAYERS = ["encoder1", "encoder2", "code", "decoder1", "decoder2", "decoder3"]


@parametrize_with_checks([DeepAutoencoder(hidden_layer_sizes=(20, 10))])
def test_scikit_learn(estimator, check):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "RBM: X reaches")  # the checks' samples are not in [0, 1]
        check(estimator)


@pytest.fixture(scope="module")
def digits():
    return np.float32(load_digits().data / 16)


@pytest.fixture
def x(rng):
    return np.float32(rng.random((60, 9)) < 0.15 + 0.7 * (np.arange(9) // 3 == rng.integers(0, 3, 60)[:, None]))


@pytest.mark.parametrize("gaussian", [False, True])
def test_the_code_learns_as_written_down(gaussian, rng):
    """Two epochs, step by step and sample by sample; the last mini-batch is smaller."""
    x = rng.random((7, 4))
    found = learn_linear_code(
        x, 3, gaussian=gaussian, rate={0: 0.05, 1: 0.2}, momentum=0.6, decay=0.1, batch_size=3, epochs=2, key=11
    )
    w = DEVIATION * ndtri(random.uniform(11, NOISE - 1, (4, 3)) + 2.0**-54)
    mean = x.mean(axis=0)
    b, c = mean if gaussian else np.log(mean / (1 - mean)), np.zeros(3)
    dw, db, dc = np.zeros((4, 3)), np.zeros(4), np.zeros(3)
    for epoch, rate in enumerate((0.05, 0.2)):
        noise = ndtri(random.uniform(11, NOISE + epoch, (7, 3)) + 2.0**-54)
        order, error = random.permutation(11, epoch, 7), 0.0
        for rows in ((0, 1, 2), (3, 4, 5), (6,)):
            gw, gb, gc = -0.1 * w, np.zeros(4), np.zeros(3)
            for row in rows:
                v = x[order[row]]
                h = c + v @ w
                again = b + w @ (h + noise[row])
                again = again if gaussian else expit(again)
                error += ((v - again) ** 2).sum()
                gw = gw + (np.outer(v, h) - np.outer(again, c + again @ w)) / len(rows)
                gb = gb + (v - again) / len(rows)
                gc = gc + (h - c - again @ w) / len(rows)
            dw, db, dc = 0.6 * dw + rate * gw, 0.6 * db + rate * gb, 0.6 * dc + rate * gc
            w, b, c = w + dw, b + db, c + dc
        assert found.errors[epoch] == pytest.approx(error / 7)
    np.testing.assert_allclose(found.weights, w)
    np.testing.assert_allclose(found.visible_bias, b)
    np.testing.assert_allclose(found.hidden_bias, c)


def test_the_code_starts_from_the_top_of_the_stack(x):
    model = DeepAutoencoder(2, hidden_layer_sizes=(8, 6), n_iter=[1, 1, 3], tuning_epochs=0, random_state=3).fit(x)
    below = model.rbms_[1].transform(model.rbms_[0].transform(x))
    again = learn_linear_code(
        below, 2, gaussian=False, rate=0.001, momentum=0.5, decay=0.0002, batch_size=20, epochs=3, key=model._key(2)
    )
    np.testing.assert_array_equal(model.code_weights_, again.weights)
    np.testing.assert_array_equal(model.code_errors_, again.errors)


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_unrolling(visible, x):
    """Up through the machines and down through their transposes, before any fine-tuning."""
    model = DeepAutoencoder(2, hidden_layer_sizes=(8, 6), visible=visible, **QUICK | {"tuning_epochs": 0}).fit(x)
    one, two = model.rbms_
    hidden = expit(x @ one.components_.T + one.intercept_hidden_)
    top = expit(hidden @ two.components_.T + two.intercept_hidden_)
    codes = top @ model.code_weights_ + model.code_hidden_bias_
    np.testing.assert_allclose(model.transform(x), codes, rtol=1e-4, atol=1e-6)
    top = expit(codes @ model.code_weights_.T + model.code_visible_bias_)
    hidden = expit(top @ two.components_ + two.intercept_visible_)
    outputs = hidden @ one.components_ + one.intercept_visible_
    outputs = outputs if visible == "gaussian" else expit(outputs)
    np.testing.assert_allclose(model.reconstruct(x), outputs, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(model.inverse_transform(codes), outputs, rtol=1e-4, atol=1e-6)
    assert list(model.network_.layers) == LAYERS
    assert model.loss_curve_ == []
    kept = DeepAutoencoder(2, hidden_layer_sizes=(8, 6), visible=visible, **QUICK | {"optimiser": SGD(0.0)}).fit(x)
    np.testing.assert_array_equal(kept.reconstruct(x), model.reconstruct(x))


def test_halves_and_scores(x):
    model = DeepAutoencoder(3, hidden_layer_sizes=(8, 6), **QUICK).fit(x)
    codes = model.transform(x)
    assert codes.shape == (60, 3)
    np.testing.assert_allclose(model.inverse_transform(codes), model.reconstruct(x), rtol=1e-5)
    errors = ((model.reconstruct(x) - x) ** 2).sum(axis=1)
    np.testing.assert_allclose(model.reconstruction_error(x), errors, rtol=1e-6)
    assert model.score(x) == pytest.approx(-errors.mean(), rel=1e-6)
    model.set_params(code_size=5)  # for the next fit
    assert list(model.get_feature_names_out()) == [f"deepautoencoder{k}" for k in range(3)]
    with pytest.raises(DataError, match=r"DeepAutoencoder: codes of shape \(4, 2\); wanted are \(samples, 3\)"):
        model.inverse_transform(np.zeros((4, 2)))


@pytest.mark.parametrize(
    ("options", "loss"),
    [
        ({}, "binary_cross_entropy"),
        ({"loss": "squared_error"}, "squared_error"),
        ({"visible": "gaussian"}, "squared_error"),
    ],
)
def test_losses(options, loss, x):
    """With a rate of 0 the loss of the epoch is that of the unrolled network."""
    model = DeepAutoencoder(2, hidden_layer_sizes=8, **QUICK | {"optimiser": SGD(0.0)}, **options).fit(x)
    y = model.reconstruct(x)
    expected = ((x - y) ** 2).sum(axis=1).mean() / 2
    if loss == "binary_cross_entropy":
        expected = -(x * np.log(y) + (1 - x) * np.log(1 - y)).sum(axis=1).mean()
    np.testing.assert_allclose(model.loss_curve_, expected, rtol=1e-4)


def test_digits_beat_principal_components_and_random_weights(digits):
    x, held = digits[:1200], digits[1200:]
    model = DeepAutoencoder(4, hidden_layer_sizes=(100, 50, 25), tuning_epochs=25, random_state=0).fit(x)
    pca = PCA(4).fit(x)
    best = ((held - pca.inverse_transform(pca.transform(held))) ** 2).sum(axis=1).mean()
    assert -model.score(held) < 0.85 * best
    network = Sequential(
        [
            *[Dense(size, activation="sigmoid") for size in (100, 50, 25)],
            Dense(4),
            *[Dense(size, activation="sigmoid") for size in (25, 50, 100, 64)],
        ],
        64,
        random_state=0,
    )
    random_start = train(
        network, x, x, loss="binary_cross_entropy", optimiser=Adam(), epochs=25, batch_size=32, random_state=0
    )
    assert model.loss_curve_[-1] < random_start.losses[-1] - 0.5


def test_no_hidden_layers(digits):
    """Codes of Gaussian units on real ones: fine-tuned they come close to principal components."""
    x = digits - digits.mean(axis=0)
    model = DeepAutoencoder(
        5, hidden_layer_sizes=(), visible="gaussian", optimiser=Adam(0.01), tuning_epochs=30, random_state=0
    ).fit(x)
    pca = PCA(5).fit(x)
    best = ((x - pca.inverse_transform(pca.transform(x))) ** 2).sum(axis=1).mean()
    assert best * (1 - 1e-5) <= -model.score(x) < 1.05 * best


def test_same_seed_same_bits_for_any_number_of_threads(x):
    threads, results = parallel.threads(), []
    for number in (1, 3):
        parallel.set_threads(number)
        try:
            results.append(DeepAutoencoder(2, hidden_layer_sizes=(40, 20), **QUICK).fit(x).reconstruct(x))
        finally:
            parallel.set_threads(threads)
    np.testing.assert_array_equal(*results)
    other = DeepAutoencoder(2, hidden_layer_sizes=(40, 20), **QUICK | {"random_state": 4}).fit(x)
    assert (other.reconstruct(x) != results[0]).any()


def test_save_load_and_pickle(x, tmp_path):
    model = DeepAutoencoder(2, hidden_layer_sizes=(8, 6), optimiser=Adam({0: 1e-3, 5: 1e-4}), **QUICK).fit(x)
    for again in (neurosim.load(model.save(tmp_path / "m.npz")), pickle.loads(pickle.dumps(model))):
        assert again.get_params() == model.get_params()
        np.testing.assert_array_equal(again.reconstruct(x), model.reconstruct(x))
        np.testing.assert_array_equal(again.inverse_transform([[0.5, 1.0]]), model.inverse_transform([[0.5, 1.0]]))
        np.testing.assert_array_equal(again.fit(x).reconstruct(x), model.reconstruct(x))


def test_callbacks_see_every_epoch_and_end_stages(x):
    seen, steps = [], []
    model = DeepAutoencoder(2, hidden_layer_sizes=8, n_iter=[3, 2], tuning_epochs=4, random_state=0)
    model.fit(x, callback=seen.append)
    assert [(p.step, p.total) for p in seen] == [(k, 9) for k in range(1, 10)]
    assert [p.metrics.get("layer") for p in seen] == [1] * 3 + [2] * 2 + [None] * 4
    assert [p.metrics["loss"] for p in seen[5:]] == model.loss_curve_
    np.testing.assert_array_equal([p.metrics["error"] for p in seen[3:5]], model.code_errors_)
    model.fit(x, callback=lambda p: steps.append(p.step) or p.step in (2, 4, 7))
    assert steps == [1, 2, 4, 6, 7]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"code_size": 0}, "DeepAutoencoder: code_size must be an integer >= 1"),
        ({"hidden_layer_sizes": 0}, "DeepAutoencoder: hidden_layer_sizes must be"),
        ({"n_iter": [1, 1]}, "DeepAutoencoder: n_iter must be one for all, or a list of 3"),
        ({"learning_rate": [0.1]}, "DeepAutoencoder: learning_rate must be one for all, or a list of 2"),
        ({"code_learning_rate": -1.0}, "DeepAutoencoder: code_learning_rate must be numbers >= 0"),
        ({"loss": "cross_entropy"}, "DeepAutoencoder: loss must be one of binary_cross_entropy, squared_error"),
        ({"visible": "gaussian", "loss": "binary_cross_entropy"}, 'loss must be "squared_error" or None'),
        ({"tuning_epochs": 1.5}, "DeepAutoencoder: tuning_epochs must be"),
    ],
)
def test_bad_parameters_leave_the_model_as_it_was(wrong, message, x):
    model = DeepAutoencoder(2, hidden_layer_sizes=(8, 6), **QUICK).fit(x)
    before, right = model.reconstruct(x), {name: model.get_params()[name] for name in wrong}
    with pytest.raises(InvalidParameter, match=message):
        model.set_params(**wrong).fit(x[:, :5])
    np.testing.assert_array_equal(model.set_params(**right).reconstruct(x), before)


def test_divergence_of_the_code(x):
    model = DeepAutoencoder(2, hidden_layer_sizes=(), visible="gaussian", code_learning_rate=1e6, n_iter=50)
    with pytest.raises(DivergedError, match="probably the learning rate of the code"):
        model.fit(x)
    with pytest.raises(NotFittedError):
        model.transform(x)
    model.set_params(code_learning_rate=0.001).fit(x)
    before = model.reconstruct(x)
    with pytest.raises(DivergedError, match="code"):
        model.set_params(code_learning_rate=1e6).fit(x)
    np.testing.assert_array_equal(model.reconstruct(x), before)
