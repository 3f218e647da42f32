"""Convolutional networks as a scikit-learn estimator."""

import math
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from neurosim.cnn.activations import Softmax
from neurosim.cnn.augmentation import Augmentation
from neurosim.cnn.classifier import NetworkClassifier
from neurosim.cnn.convolution import Conv2D
from neurosim.cnn.graph import Graph
from neurosim.cnn.layer import Layer
from neurosim.cnn.layers import Dense, Flatten
from neurosim.cnn.losses import CrossEntropy
from neurosim.cnn.pooling import Pool2D
from neurosim.cnn.targets import channels_last
from neurosim.core.errors import DataError, InvalidParameter

STAGES = ((16, 16), (32, 4))  # of the default network: maps, and the least side of images that are pooled then
UNITS = 128


class CNNClassifier(NetworkClassifier):
    """Convolutional network that classifies images, with a softmax and the cross-entropy.

    Parameters
    ----------
    layers : "auto", name of a preset, or sequence of layers, default "auto"
        The layers before the outputs, as ``[Conv2D(8, 5, activation="relu"), Pool2D(2)]``: they are flattened and
        followed by a unit for each class. "auto" is two convolutions of 3 x 3 with 16 and 32 maps, rectified and
        pooled (images below 16 x 16 only after the second), and 128 rectified units. A preset, as "lenet5_modern", is
        taken with its own outputs, which a softmax follows if there is none, and has to fit the images and the classes;
        it has to be one for the cross-entropy.
    image_shape : (height, width) or (channels, height, width), optional
        How a row of X is an image: channels, then rows, then columns. Default: as X if it has three or four dimensions;
        else a square of one channel, or of three; else a single line.
    augment : Augmentation, optional
        Random changes of the images in every epoch, as ``Shift(2)`` or ``Compose([Distortion(), Shift(1)])``.
    solver, alpha, learning_rate_init, momentum, shuffle, tol, n_iter_no_change, early_stopping, validation_fraction,
    warm_start, random_state, backend
        As for `MLPClassifier`.
    batch_size : int >= 1, "auto" or "full", default 64
    max_iter : int >= 1, default 30
        Most epochs of a fit.

    Attributes
    ----------
    network_ : Sequential or Graph
    image_shape_ : (channels, height, width)
    classes_, loss_curve_, validation_curve_, n_iter_, n_updates_, moments_, seed_, backend_
        As for `MLPClassifier`.
    n_features_in_ : int
        Channels times height times width.

    Notes
    -----
    X may be (samples, features), (samples, height, width) or (samples, channels, height, width). float64 images make a
    float64 network, all others (bytes, too) a float32 one, which is about twice as fast. The same input gives the same
    bits for any number of threads. Images are not scaled: grey values up to about 1 learn best.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.cnn import CNNClassifier
    >>> from neurosim.datasets import load_digits
    >>> digits = load_digits()
    >>> images = np.float32(digits.data.reshape(-1, 8, 8) / 16)
    >>> model = CNNClassifier(max_iter=5, random_state=0).fit(images[:1000], digits.target[:1000])
    >>> bool(model.score(images[1000:], digits.target[1000:]) > 0.85)
    True
    """

    def __init__(
        self,
        layers: Any = "auto",
        *,
        image_shape: Any = None,
        augment: Any = None,
        solver: Any = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = 64,
        learning_rate_init: float = 0.001,
        momentum: float = 0.9,
        max_iter: int = 30,
        shuffle: bool = True,
        tol: float = 0.0001,
        n_iter_no_change: int | None = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        random_state: Any = None,
        backend: str = "auto",
    ) -> None:
        self.layers = layers
        self.image_shape = image_shape
        self.augment = augment
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.momentum = momentum
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.random_state = random_state
        self.backend = backend

    def _check(self) -> None:
        super()._check()
        if self.augment is not None and not isinstance(self.augment, Augmentation):
            raise InvalidParameter("CNNClassifier", "augment", self.augment, "None or an augmentation such as Shift(2)")

    def _augmentation(self) -> Any:
        return self.augment

    def _labelled(self, X: Any, y: Any, *, fitting: bool, streaming: bool = False) -> tuple[np.ndarray, np.ndarray]:
        rows, shape = as_rows(X)
        x, labels = super()._labelled(rows, y, fitting=fitting, streaming=streaming)
        if fitting and not (self.warm_start and hasattr(self, "network_")):
            self.image_shape_ = self._shape(x.shape[1], shape)
        self._check_shape(shape)
        return x, labels

    def _samples(self, X: Any, *, fitting: bool = False) -> np.ndarray:
        rows, shape = as_rows(X)
        x = validate_data(self, rows, reset=fitting, dtype=(np.float64, np.float32), order="C")
        self._check_shape(shape)
        return x

    def _shape(self, features: int, seen: tuple[int, ...] | None) -> tuple[int, int, int]:
        """Return (channels, height, width): what was asked for, what X has, or a guess."""
        shape = seen if self.image_shape is None else self.image_shape
        advice = channels_last(seen or ()) if self.image_shape is None and (seen or (1,))[0] not in (1, 3) else ""
        if advice:
            raise DataError(
                f"CNNClassifier: X holds images of shape {seen}{advice}; image_shape={seen} takes it as it is"
            )
        if shape is not None:
            try:
                whole = tuple(int(size) for size in shape)
            except (TypeError, ValueError):
                whole = ()
            whole = (1, *whole) if len(whole) == 2 else whole
            if len(whole) != 3 or min(whole) < 1 or math.prod(whole) != features:
                wanted = f"(height, width) or (channels, height, width) of {features} numbers"
                raise InvalidParameter("CNNClassifier", "image_shape", shape, wanted)
            return whole[0], whole[1], whole[2]
        for channels in (1, 3):
            side = math.isqrt(features // channels)
            if channels * side * side == features:
                return channels, side, side
        return 1, 1, features

    def _check_shape(self, seen: tuple[int, ...] | None) -> None:
        if seen is not None and (1, *seen)[-3:] != tuple(self.image_shape_):
            advice = channels_last(seen, self.image_shape_)
            wanted = f"the network takes {self.image_shape_}{advice}"
            raise DataError(f"CNNClassifier: X holds images of shape {seen}; {wanted}")

    def _build(self, features: int, outputs: int, dtype: str, key: int) -> Graph:
        if not isinstance(self.layers, str) or self.layers == "auto":
            return super()._build(features, outputs, dtype, key)
        from neurosim.cnn.presets import PRESETS

        if self.layers not in PRESETS:
            raise InvalidParameter(
                "CNNClassifier", "layers", self.layers, f"auto, layers, or one of {', '.join(PRESETS)}"
            )
        preset, wanted = PRESETS[self.layers], ""
        if not isinstance(preset.loss, CrossEntropy):
            wanted = "a preset for the cross-entropy (others do not put out probabilities: use train), or layers"
        elif self.multilabel_:
            wanted = '"auto" or layers where a sample has several labels'
        if wanted:
            raise InvalidParameter("CNNClassifier", "layers", self.layers, wanted)
        network = preset.build(key, dtype)
        if not isinstance(list(network.layers.values())[-1], Softmax):
            network.add(Softmax())
        fits = math.prod(network.input_shape), math.prod(network.output_shape)
        if fits != (features, outputs):
            raise DataError(
                f"CNNClassifier: {self.layers} takes images of shape {network.input_shape} and has {fits[1]} outputs; "
                f"X has images of shape {self.image_shape_} and y {outputs} classes"
            )
        return network

    def _layers(self, features: int, outputs: int) -> tuple[list[Any], Any]:
        shape = self.image_shape_
        if isinstance(self.layers, str):
            layers = default_layers(shape)
        else:
            layers = list(self.layers) if isinstance(self.layers, list | tuple) else [self.layers]
            if not all(isinstance(layer, Layer | list | tuple) for layer in layers):
                raise InvalidParameter("CNNClassifier", "layers", self.layers, "auto, a preset's name, or layers")
        return [*layers, Flatten(), Dense(outputs), self._output_activation()], shape


def default_layers(shape: tuple[int, int, int]) -> list[Any]:
    """Return the layers of "auto" for images (channels, height, width)."""
    layers: list[Any] = []
    side = min(shape[1:])
    for maps, least in STAGES:
        layers.append(Conv2D(maps, 3, padding="same", activation="relu", initialiser="he_uniform"))
        if side >= least:
            layers.append(Pool2D(2))
            side //= 2
    return [*layers, Flatten(), Dense(UNITS, activation="relu", initialiser="he_uniform")]


def as_rows(X: Any) -> tuple[Any, tuple[int, ...] | None]:
    """Return images as rows, and their shape if they had one: (height, width) or (channels, height, width).

    Numbers become float32 unless they are float64.
    """
    if isinstance(X, list | tuple):
        X = np.asarray(X)
    if isinstance(X, np.ndarray) and X.dtype.kind in "biuf" and X.dtype != np.float64:
        X = X.astype(np.float32, copy=False)
    if getattr(X, "ndim", 2) not in (3, 4):
        return X, None
    images = np.asarray(X)
    return images.reshape(len(images), -1), images.shape[1:]
