"""Autoencoders: against principal components, tied, denoising, and as a transformer."""

import numpy as np
import pytest
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA

from neurosim.cnn import Adam, Autoencoder, Schedule
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets import load_digits


@pytest.fixture(scope="module")
def digits():
    return load_digits().data / 16


@pytest.mark.parametrize("tied", [False, True])
def test_a_linear_autoencoder_finds_the_principal_components(tied, rng):
    """Reconstruction within 1 % of PCA's, and its plane within 1 degree (Baldi & Hornik 1989)."""
    x = rng.normal(size=(400, 12)) * np.linspace(2.0, 0.3, 12) @ np.linalg.qr(rng.normal(size=(12, 12)))[0]
    solver = Adam(Schedule("cosine", 0.02, 0.0))
    model = Autoencoder(4, tied=tied, solver=solver, batch_size="full", max_iter=1000, n_iter_no_change=None)
    model.set_params(random_state=0).fit(x)
    pca = PCA(4).fit(x)
    best = ((x - pca.inverse_transform(pca.transform(x))) ** 2).sum(1).mean()
    assert best <= -model.score(x) * (1 + 1e-9)
    assert -model.score(x) < 1.01 * best
    decoder = model.inverse_transform(np.eye(4)) - model.inverse_transform(np.zeros((1, 4)))
    assert np.rad2deg(subspace_angles(decoder.T, pca.components_.T)).max() < 1
    np.testing.assert_allclose(model.reconstruct(x).mean(0), x.mean(0), atol=0.01)


def test_hidden_layers_beat_principal_components(digits):
    model = Autoencoder(4, hidden_layer_sizes=(64,), learning_rate_init=0.005, max_iter=60, random_state=0)
    model.fit(np.float32(digits))
    pca = PCA(4).fit(digits)
    best = ((digits - pca.inverse_transform(pca.transform(digits))) ** 2).sum(1).mean()
    assert -model.score(digits) < 0.85 * best


@pytest.mark.parametrize("tied", [False, True])
def test_the_halves_are_the_whole(tied, digits):
    model = Autoencoder(
        3, hidden_layer_sizes=(20, 10), activation="tanh", code_activation="tanh", output_activation="logistic",
        tied=tied, noise=0.2, max_iter=3, random_state=0,
    ).fit(digits)  # fmt: skip
    codes = model.transform(digits)
    assert codes.shape == (len(digits), 3)
    assert np.abs(codes).max() <= 1
    np.testing.assert_allclose(codes, model.network_.activations(digits, "code")["code"], rtol=1e-12)
    np.testing.assert_allclose(model.inverse_transform(codes), model.reconstruct(digits), rtol=1e-9)
    errors = ((model.reconstruct(digits) - digits) ** 2).sum(1)
    np.testing.assert_allclose(model.reconstruction_error(digits), errors)
    np.testing.assert_allclose(model.score(digits), -errors.mean())
    model.set_params(code_size=5)  # for the next fit
    assert list(model.get_feature_names_out()) == ["autoencoder0", "autoencoder1", "autoencoder2"]
    names = [name for name in model.network_.parameters if name.endswith("weights")]
    assert len(names) == (3 if tied else 6)


def test_tied_weights_are_transposes(rng):
    x = rng.normal(size=(50, 6))
    model = Autoencoder(2, hidden_layer_sizes=4, activation="identity", tied=True, max_iter=5, random_state=0).fit(x)
    parameters = model.network_.parameters
    w1, w2 = parameters["encoder1.weights"], parameters["code.weights"]
    hidden = x @ w1 + parameters["encoder1.bias"]
    codes = hidden @ w2 + parameters["code.bias"]
    expected = (codes @ w2.T + parameters["decoder1.bias"]) @ w1.T + parameters["decoder2.bias"]
    np.testing.assert_allclose(model.reconstruct(x), expected, rtol=1e-9, atol=1e-12)


def test_denoising_fills_in_what_is_missing(digits, rng):
    """Trained with masking noise, it restores pixels that were set to 0 better than trained without."""
    x, held = np.float32(digits[:1200]), np.float32(digits[1200:])
    masked = np.where(rng.random(held.shape) < 0.3, np.float32(0), held)
    errors = []
    for noise in (0.0, 0.3):
        model = Autoencoder(30, code_activation="relu", noise=noise, max_iter=60, learning_rate_init=0.003)
        model.set_params(random_state=0).fit(x)
        errors.append(((model.reconstruct(masked) - held) ** 2).sum(1).mean())
    assert errors[1] < 0.85 * errors[0]


def test_weights_of_samples(rng):
    x = rng.normal(size=(60, 5))
    weights = rng.integers(0, 3, 60)
    model = Autoencoder(2, batch_size="full", max_iter=30, random_state=0)
    weighted = model.fit(x, sample_weight=weights).transform(x)
    repeated = model.fit(x.repeat(weights, axis=0)).transform(x)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-6, atol=1e-9)


def test_bad_input(rng):
    x = rng.normal(size=(20, 5))
    model = Autoencoder(2, max_iter=1).fit(x)
    with pytest.raises(DataError, match=r"Autoencoder: codes of shape \(4, 3\); wanted are \(samples, 2\)"):
        model.inverse_transform(np.zeros((4, 3)))
    for wrong in (
        {"code_size": 0},
        {"noise": 1.0},
        {"tied": 3},
        {"code_activation": "step"},
        {"hidden_layer_sizes": 0},
    ):
        (name,) = wrong
        with pytest.raises(InvalidParameter, match=f"Autoencoder: {name} must be"):
            Autoencoder(**wrong).fit(x)
