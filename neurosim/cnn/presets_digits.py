"""Networks that read digits: LeCun's of 1989 and 1998, today's LeNet-5, and the first one with batch normalisation.

Where an original training method is not among ours, the preset says what stands in for it.
"""

from typing import Any

import numpy as np

from neurosim.cnn.activations import LeCunTanh, Sigmoid, Softmax
from neurosim.cnn.convolution import Conv2D
from neurosim.cnn.initialisers import Normal, Uniform
from neurosim.cnn.layers import Dense, Flatten
from neurosim.cnn.losses import CrossEntropy, SquaredError
from neurosim.cnn.normalisation import BatchNorm
from neurosim.cnn.optimisers import SGD, Adam, AdamW, Schedule
from neurosim.cnn.pooling import Pool2D, Subsample2D
from neurosim.cnn.preset import Preset
from neurosim.cnn.sequential import Sequential
from neurosim.cnn.structure import Pad2D, RadialBasis
from neurosim.cnn.stylised_digits import stylised_digits
from neurosim.core.errors import DataError

ZIP_H2 = np.zeros((12, 12), int)
"""Which maps of H1 each map of H2 sees, (maps, channels): 8 of 12. The paper does not print its table."""
ZIP_H2[:4, :8] = ZIP_H2[4:8, 4:] = ZIP_H2[8:, :4] = ZIP_H2[8:, 8:] = 1

LENET_SOURCE = "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Proceedings of the IEEE 86:2278-2324 (1998)"
_C3 = ("012", "123", "234", "345", "045", "015", "0123", "1234", "2345", "0345", "0145", "0125", "0134", "1245", "0235",
       "012345")  # fmt: skip
LENET_C3 = np.array([[int(str(channel) in maps) for channel in range(6)] for maps in _C3])
"""Which maps of S2 each map of C3 sees, (16 maps, 6 channels)."""


def square(images: Any) -> np.ndarray:
    """Return images (n, side, side) float32 of images of that shape or of rows (n, side^2).

    Raises
    ------
    DataError
        If they are neither.
    """
    images = np.asarray(images, np.float32)
    side = round(images.shape[1] ** 0.5) if images.ndim == 2 else images.shape[-1]
    if images.ndim not in (2, 3) or (images.shape[1:] not in ((side * side,), (side, side))):
        raise DataError(f"digits of shape {images.shape}: (n, side, side) or rows (n, side^2) are wanted")
    return images.reshape(len(images), side, side)


def digits(labels: Any) -> np.ndarray:
    """Return labels as integers 0 to 9, also if they come as strings.

    Raises
    ------
    DataError
        If there are others.
    """
    labels = np.asarray(labels)
    try:
        whole = labels.astype(np.int64)
        right = (whole == labels.astype(np.float64)) & (whole >= 0) & (whole <= 9)
    except (TypeError, ValueError):
        right = np.zeros(1, bool)
    if labels.ndim != 1 or not right.all():
        raise DataError("labels of digits have to be integers 0 to 9, (n,)")
    return whole


def resample(images: np.ndarray, side: int) -> np.ndarray:
    """Return images (n, h, w) at another size, (n, side, side): the mean over the area that a new pixel covers.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.cnn.presets_digits import resample
    >>> resample(np.array([[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]]]), 2)[0]
    array([[1.33333333, 2.66666667],
           [5.33333333, 6.66666667]])
    """
    rows, columns = (_areas(old, side).astype(images.dtype) for old in images.shape[1:])
    return np.asarray(rows @ images @ columns.T)


def _areas(old: int, new: int) -> np.ndarray:
    """Return (new, old): the share of each old pixel in each new one, along one side."""
    ends = np.arange(new + 1)[:, None] * old / new
    covered = np.clip(ends - np.arange(old), 0.0, 1.0)
    return np.diff(covered, axis=0) * new / old


def ink(images: Any, paper: float, full: float, side: int) -> np.ndarray:
    """Return digits (n, side, side), 0 on paper and 1 where there is most ink.

    Digits of another size than 28 x 28 are brought to 20 x 20 in the middle of 28 x 28, as MNIST's are, unless they
    have `side` already; from there to `side` by resampling if that is smaller, by a margin if it is larger.
    """
    images = square(images)
    if images.size and 0 < images.max() <= 1 and paper == 0 and full == 255:
        raise DataError(f"digits of grey values up to {images.max():.3g}, but full is {full:g}: full=1.0 is wanted")
    grey = (images - np.float32(paper)) / np.float32(full - paper)
    if grey.shape[1] not in (28, side):
        grey = np.pad(resample(grey, 20), ((0, 0), (4, 4), (4, 4)))
    if grey.shape[1] > side:
        return resample(grey, side)
    margin = (side - grey.shape[1]) // 2
    return np.pad(grey, ((0, 0), (margin, margin), (margin, margin)))


def zip1989(random_state: Any = None, dtype: str = "float32") -> Sequential:
    """Build the network of 1989: shared weights with a bias for every unit, 16 x 16 grey values in [-1, 1]."""

    def limit(fan_in: int) -> Uniform:
        return Uniform(2.4 / fan_in**0.5)

    convolution: Any = {"stride": 2, "activation": "tanh", "bias": "unit"}
    layers = [
        Pad2D(2, value=-1.0),
        Conv2D(12, 5, initialiser=limit(25), **convolution),
        Pad2D(2, value=-1.0),
        Conv2D(12, 5, connections=ZIP_H2, initialiser=limit(200), **convolution),
        Flatten(),
        Dense(30, activation="tanh", initialiser=limit(192)),
        Dense(10, activation="tanh", initialiser=limit(30), bias_initialiser=-1.0),
    ]
    return Sequential(layers, (1, 16, 16), dtype=dtype, random_state=random_state)


def zip1989_data(images: Any, labels: Any, *, paper: float = 0.0, full: float = 255.0) -> tuple[np.ndarray, np.ndarray]:
    """Return x (n, 1, 16, 16) in [-1, 1] and targets (n, 10) of -1 and, for the digit, +1.

    Parameters
    ----------
    images : (n, side, side) or (n, side^2) array
        16 x 16 digits are taken as they are, others resampled.
    labels : (n,) array of int, 0 to 9, or of such digits as strings
    paper, full : float
        The images' grey values of paper and ink; the defaults are MNIST's, USPS has -1 and 1. Images up to 1 are
        refused with the defaults.
    """
    x = 2.0 * ink(images, paper, full, 16)[:, None] - 1.0
    targets = np.where(digits(labels)[:, None] == np.arange(10), 1.0, -1.0)
    return x, targets.astype(np.float32)


def lenet5_1998(random_state: Any = None, dtype: str = "float32") -> Sequential:
    """Build LeNet-5 as published: trained subsampling, the table of C3, and ten fixed bitmaps as output units.

    F6 and the bitmaps are a quarter of the paper's size: at its size the outputs are so far apart that the
    cross-entropy sees none but the misread digits.
    """
    layers = [
        Conv2D(6, 5, activation="lecun_tanh", initialiser="lecun_uniform"),
        Subsample2D(2, activation="lecun_tanh"),
        Conv2D(16, 5, connections=LENET_C3, activation="lecun_tanh", initialiser="lecun_uniform"),
        Subsample2D(2, activation="lecun_tanh"),
        Conv2D(120, 5, activation="lecun_tanh", initialiser="lecun_uniform"),
        Flatten(),
        Dense(84, activation=LeCunTanh(1.7159 / 4), initialiser="lecun_uniform"),
        RadialBasis(10, centres=stylised_digits().reshape(10, 84) / 4),
    ]
    return Sequential(layers, (1, 32, 32), dtype=dtype, random_state=random_state)


def lenet5_1998_data(
    images: Any, labels: Any, *, paper: float = 0.0, full: float = 255.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return x (n, 1, 32, 32), -0.1 on paper and 1.175 on ink, and the labels (n,); parameters as `zip1989_data`."""
    x = 1.275 * ink(images, paper, full, 32)[:, None] - 0.1
    return x.astype(np.float32), np.asarray(labels)


def lenet5_modern(random_state: Any = None, dtype: str = "float32") -> Sequential:
    """Build what is called LeNet-5 today: every map of C3 sees all of S2, rectified units, maxima, softmax."""
    layers = [
        Conv2D(6, 5, padding=2, activation="relu", initialiser="he_uniform"),
        Pool2D(2),
        Conv2D(16, 5, activation="relu", initialiser="he_uniform"),
        Pool2D(2),
        Flatten(),
        Dense(120, activation="relu", initialiser="he_uniform"),
        Dense(84, activation="relu", initialiser="he_uniform"),
        Dense(10),
        Softmax(),
    ]
    return Sequential(layers, (1, 28, 28), dtype=dtype, random_state=random_state)


def lenet5_modern_data(
    images: Any, labels: Any, *, paper: float = 0.0, full: float = 255.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return x (n, 1, 28, 28), 0 on paper and 1 on ink, and the labels (n,); parameters as `zip1989_data`."""
    return ink(images, paper, full, 28)[:, None], np.asarray(labels)


def bn_4_1(random_state: Any = None, dtype: str = "float32", *, normalised: bool = True) -> Sequential:
    """Build the perceptron of Ioffe and Szegedy's section 4.1, 784-100-100-100-10, with or without normalisation.

    The weights start from N(0, 0.1^2), ours: the paper calls them small Gaussian values.
    """
    layers: list[Any] = [Flatten()]
    for _ in range(3):
        layers.append(Dense(100, bias=not normalised, initialiser=Normal(0.1)))
        layers += [BatchNorm(), Sigmoid()] if normalised else [Sigmoid()]
    layers += [Dense(10, initialiser=Normal(0.1)), Softmax()]
    return Sequential(layers, (1, 28, 28), dtype=dtype, random_state=random_state)


def bn_4_1_data(images: Any, labels: Any, *, paper: float = 0.0, full: float = 255.0) -> tuple[np.ndarray, np.ndarray]:
    """Return x (n, 1, 28, 28) of 0 and, where there is more than half the ink, 1; parameters as `zip1989_data`."""
    return (ink(images, paper, full, 28)[:, None] > 0.5).astype(np.float32), np.asarray(labels)


PRESETS_DIGITS = {
    preset.name: preset
    for preset in (
        Preset(
            name="zip1989",
            title="shared weights read digits of 16 x 16 pixels",
            build=zip1989,
            loss=SquaredError(),
            optimiser=SGD(rate=0.006),  # of half the sum of ten squares; 0.03 of their mean
            epochs=23,
            batch_size=1,
            shuffle=False,
            reduction="sum",
            prepare=zip1989_data,
            reference={
                "units": 1256,
                "connections": 64660,
                "parameters": 9760,
                "training error (%)": 0.14,
                "test error (%)": 5.0,
            },
            source="Y. LeCun et al., Neural Computation 1:541-551 (1989)",
        ),
        Preset(
            name="lenet5_1998",
            title="LeNet-5 with trained subsampling, a table of connections and bitmaps as outputs",
            build=lenet5_1998,
            loss=CrossEntropy(),
            optimiser=Adam(rate=Schedule("cosine", 3e-3)),
            epochs=15,
            batch_size=32,
            shuffle=True,
            reduction="mean",
            prepare=lenet5_1998_data,
            reference={"connections": 340908, "parameters": 60000, "test error (%)": 0.95},
            source=LENET_SOURCE,
        ),
        Preset(
            name="lenet5_modern",
            title="LeNet-5 as it is built today: full connections, rectified units, maxima, softmax",
            build=lenet5_modern,
            loss=CrossEntropy(),
            optimiser=AdamW(rate=Schedule("cosine", 2e-3), decay=0.01),
            epochs=10,
            batch_size=64,
            shuffle=True,
            reduction="mean",
            prepare=lenet5_modern_data,
            reference={"parameters": 61706, "test error (%) of LeNet-5 in 1998": 0.95},
            source=LENET_SOURCE,
        ),
        Preset(
            name="bn_4_1",
            title="batch normalisation before each of three layers of sigmoid units",
            build=bn_4_1,
            loss=CrossEntropy(),
            optimiser=SGD(rate=0.5),
            epochs=50,
            batch_size=60,
            shuffle=True,
            reduction="mean",
            prepare=bn_4_1_data,
            reference={"steps": 50000, "units a layer": 100},
            source="S. Ioffe, C. Szegedy, Batch normalization, ICML 2015, section 4.1",
        ),
    )
}
