"""Convolutional networks as estimators."""

import tracemalloc

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

import neurosim
from neurosim.cnn import (
    PRESETS,
    CNNClassifier,
    Compose,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    LeakyReLU,
    Pool2D,
    RandomErasing,
    Shift,
)
from neurosim.cnn.convnet import default_layers
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets import load_digits


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    images = np.float32(data.data.reshape(-1, 8, 8) / 16)
    return train_test_split(images, data.target, test_size=0.3, random_state=0)


def test_digits_out_of_the_box(digits):
    x, held, y, labels = digits
    assert CNNClassifier(random_state=0).fit(x, y).score(held, labels) > 0.98


def test_digits_that_are_not_scaled(digits):
    x, held, y, labels = digits
    assert CNNClassifier(max_iter=10, random_state=0).fit(16 * x, y).score(16 * held, labels) > 0.965


@pytest.fixture
def some(digits):
    return digits[0][:100], digits[2][:100]


def test_images_may_come_in_three_forms(some):
    x, y = some
    model = CNNClassifier([Conv2D(4, 3)], max_iter=2, random_state=0)
    expected = model.fit(x, y).predict_proba(x)
    assert (model.image_shape_, model.n_features_in_) == ((1, 8, 8), 64)
    for form in (x.reshape(100, 64), x[:, None], x.tolist()):
        np.testing.assert_array_equal(model.predict_proba(form), model.predict_proba(np.asarray(form)))
        again = CNNClassifier([Conv2D(4, 3)], max_iter=2, random_state=0).fit(np.float32(form), y)
        np.testing.assert_array_equal(again.predict_proba(x), expected)
    for wrong in (x[:, :, :4], x.reshape(100, 1, 4, 16), x.reshape(100, 4, 4, 4)):
        with pytest.raises(ValueError, match=r"64 features|images of shape"):
            model.predict(wrong)


@pytest.mark.parametrize(
    ("shape", "features", "expected"),
    [
        (None, 64, (1, 8, 8)),
        (None, 48, (3, 4, 4)),
        (None, 10, (1, 1, 10)),
        ((4, 16), 64, (1, 4, 16)),
        ((4, 4, 4), 64, (4, 4, 4)),
    ],
)
def test_rows_become_images(shape, features, expected, rng):
    x, y = rng.normal(size=(20, features)), np.arange(20) % 2
    model = CNNClassifier(image_shape=shape, max_iter=1).fit(x, y)
    assert model.image_shape_ == model.network_.input_shape == expected


def test_channels_are_kept_apart(rng):
    """Only the second channel tells the classes."""
    x, y = rng.normal(size=(300, 2, 5, 5)), np.arange(300) % 2
    x[:, 1, 2, 2] += 6 * y
    model = CNNClassifier([], max_iter=80, random_state=0, learning_rate_init=0.01).fit(x, y)
    weights = model.network_.parameters["dense1.weights"].reshape(2, 5, 5, 2)
    assert np.unravel_index(np.abs(weights[..., 1] - weights[..., 0]).argmax(), (2, 5, 5)) == (1, 2, 2)


def test_dtypes(some):
    x, y = some
    small = np.uint8(np.round(16 * x))
    model = CNNClassifier([], max_iter=1).fit(small, y)
    assert model.network_.dtype == np.float32
    assert CNNClassifier([], max_iter=1).fit(x.astype(float), y).network_.dtype == np.float64


def test_default_layers():
    kinds = [[type(layer).__name__ for layer in default_layers((1, side, side))] for side in (28, 8, 2)]
    assert kinds[0] == ["Conv2D", "Pool2D", "Conv2D", "Pool2D", "Flatten", "Dense"]
    assert kinds[1] == ["Conv2D", "Conv2D", "Pool2D", "Flatten", "Dense"]
    assert kinds[2] == ["Conv2D", "Conv2D", "Flatten", "Dense"]


def test_own_layers_augmentation_and_files(some, tmp_path):
    x, y = some
    layers = [
        [Conv2D(4, 3, activation=LeakyReLU(0.1)), Pool2D(2)],
        Dropout(0.1),
        Flatten(),
        Dense(9, activation="relu"),
    ]
    augment = Compose([Shift(1), RandomErasing(0.2)])
    model = CNNClassifier(layers, augment=augment, max_iter=3, random_state=0).fit(x, y)
    plain = CNNClassifier(layers, max_iter=3, random_state=0).fit(x, y)
    assert (plain.predict_proba(x) != model.predict_proba(x)).any()
    again = neurosim.load(model.save(tmp_path / "m.npz"))
    np.testing.assert_array_equal(again.predict_proba(x), model.predict_proba(x))
    assert again.augment == augment
    np.testing.assert_array_equal(again.fit(x, y).predict_proba(x), model.predict_proba(x))


def test_presets(rng):
    presets = pytest.importorskip("neurosim.cnn.presets")
    assert "lenet5_modern" in presets.PRESETS
    x, y = rng.random((40, 28, 28), dtype=np.float32), np.arange(40) % 10
    model = CNNClassifier("lenet5_modern", max_iter=1, random_state=0).fit(x, y)
    assert model.network_.n_parameters == 61_706
    assert model.predict_proba(x).shape == (40, 10)
    with pytest.raises(DataError, match=r"lenet5_modern takes images of shape \(1, 28, 28\) and has 10 outputs"):
        CNNClassifier("lenet5_modern").fit(x[:, :8, :8], y)
    with pytest.raises(InvalidParameter, match="CNNClassifier: layers must be auto, layers, or one of"):
        CNNClassifier("lenet9").fit(x, y)


def test_presets_put_out_probabilities(rng):
    x, y = rng.random((20, 32, 32), dtype=np.float32), np.arange(20) % 10
    model = CNNClassifier("lenet5_1998", max_iter=1, random_state=0).fit(x, y)
    probabilities = model.predict_proba(x)
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    with pytest.raises(InvalidParameter, match="CNNClassifier: layers must be a preset for the cross-entropy"):
        CNNClassifier("zip1989").fit(x[:, :16, :16], y)
    labels = np.eye(10, dtype=int)[y] + np.eye(10, dtype=int)[(y + 1) % 10]
    with pytest.raises(InvalidParameter, match='layers must be "auto" or layers where a sample has several labels'):
        CNNClassifier("lenet5_modern").fit(x[:, :28, :28], labels)


@pytest.mark.parametrize("channels", [1, 3])
def test_channels_that_come_last_are_refused(channels, rng):
    x, y = rng.random((20, 8, 8, channels), dtype=np.float32), np.arange(20) % 2
    first = x.transpose(0, 3, 1, 2)
    message = r"numpy.transpose\(x, \(0, 3, 1, 2\)\)"
    with pytest.raises(DataError, match=message):
        CNNClassifier().fit(x, y)
    with pytest.raises(DataError, match=message):
        CNNClassifier(image_shape=(channels, 8, 8)).fit(x, y)
    model = CNNClassifier([], max_iter=1).fit(first, y)
    with pytest.raises(DataError, match=message):
        model.predict(x)
    assert CNNClassifier([], image_shape=x.shape[1:], max_iter=1).fit(x, y).image_shape_ == x.shape[1:]


def test_bytes_do_not_pass_through_float64(rng):
    x, y = rng.integers(0, 255, (500, 64, 64), dtype=np.uint8), np.arange(500) % 2
    model = CNNClassifier([Pool2D(16)], max_iter=1, random_state=0).fit(x, y)
    tracemalloc.start()
    model.predict(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 7.9 * x.size  # float64 alone takes 8 bytes


def test_digits_are_checked(rng):
    labels, x = np.arange(10), rng.random((10, 28, 28))
    zip1989 = PRESETS["zip1989"].prepare
    np.testing.assert_array_equal(zip1989(255 * x, labels.astype(str))[1], zip1989(255 * x, labels)[1])
    for wrong in (labels + 1, labels - 1, labels + 0.5, ["one"] * 10, labels[:, None]):
        with pytest.raises(DataError, match="labels of digits have to be integers 0 to 9"):
            zip1989(255 * x, wrong)
    for name in ("zip1989", "lenet5_1998", "lenet5_modern", "bn_4_1"):
        with pytest.raises(DataError, match=r"grey values up to .*, but full is 255: full=1.0 is wanted"):
            PRESETS[name].prepare(x, labels)
        assert PRESETS[name].prepare(x, labels, full=1.0)[0].max() > 0.5


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"image_shape": (8, 9)}, r"CNNClassifier: image_shape must be \(height, width\)"),
        ({"image_shape": 8}, "CNNClassifier: image_shape must be"),
        ({"augment": "shift"}, "CNNClassifier: augment must be"),
        ({"layers": [3]}, "CNNClassifier: layers must be"),
        ({"layers": [Conv2D(3, 9)]}, "conv1"),
    ],
)
def test_bad_parameters(wrong, message, some):
    with pytest.raises(InvalidParameter, match=message):
        CNNClassifier(**wrong).fit(*some)
