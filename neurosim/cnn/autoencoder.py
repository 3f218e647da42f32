"""Autoencoders: networks that learn to give back their input through a narrow layer."""

import os
from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from neurosim.cnn import program as p
from neurosim.cnn.estimator import NetworkLearner, activation, sizes
from neurosim.cnn.graph import Graph
from neurosim.cnn.layers import Dense, Masking
from neurosim.cnn.losses import SquaredError
from neurosim.cnn.program import Program
from neurosim.cnn.sequential import Sequential
from neurosim.core import backend, checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.progress import Callback

CODE = "code"


class Autoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, NetworkLearner):
    """Dense network that is trained to return its input, through a layer that holds the code.

    The decoder has the encoder's hidden layers in reverse. With linear units the codes span the plane of the largest
    principal components (Baldi & Hornik 1989).

    Parameters
    ----------
    code_size : int >= 1, default 2
        Units of the middle layer.
    hidden_layer_sizes : int or sequence of int >= 1, default ()
        Units of the encoder's hidden layers, from the input on.
    activation : str or layer, default "relu"
        Of the hidden layers; see `MLPClassifier`.
    code_activation, output_activation : str or layer, default "identity"
    tied : bool, default False
        Whether every layer of the decoder uses the transpose of its counterpart's weights.
    noise : float in [0, 1), default 0.0
        The share of the inputs that are set to 0 in training, while the whole input is to be returned (denoising).
    solver, alpha, batch_size, learning_rate_init, momentum, max_iter, shuffle, tol, n_iter_no_change, early_stopping,
    validation_fraction, warm_start, random_state, backend
        As for `MLPClassifier`.

    Attributes
    ----------
    network_ : Sequential
        Encoder and decoder; the layer of the code is named "code".
    loss_curve_, validation_curve_, n_iter_, n_updates_, moments_, seed_, backend_
        As for `MLPClassifier`; the loss is half the squared error, summed over the features. With `noise` it is that of
        the disturbed inputs, while `validation_curve_` is of whole ones.
    n_features_in_ : int

    Notes
    -----
    Features are not scaled, and those with large numbers rule the loss.

    References
    ----------
    P. Baldi, K. Hornik, "Neural networks and principal component analysis: learning from examples without local
    minima", Neural Networks 2:53-58 (1989). P. Vincent, H. Larochelle, Y. Bengio, P.-A. Manzagol, "Extracting and
    composing robust features with denoising autoencoders", ICML (2008). Both from memory.

    Examples
    --------
    >>> from neurosim.cnn import Autoencoder
    >>> from neurosim.datasets import load_digits
    >>> x = load_digits().data / 16
    >>> model = Autoencoder(8, max_iter=20, random_state=0).fit(x)
    >>> codes = model.transform(x)
    >>> codes.shape, model.inverse_transform(codes).shape
    ((1797, 8), (1797, 64))
    """

    def __init__(
        self,
        code_size: int = 2,
        *,
        hidden_layer_sizes: Any = (),
        activation: Any = "relu",
        code_activation: Any = "identity",
        output_activation: Any = "identity",
        tied: bool = False,
        noise: float = 0.0,
        solver: Any = "adam",
        alpha: float = 0.0,
        batch_size: int | str = "auto",
        learning_rate_init: float = 0.001,
        momentum: float = 0.9,
        max_iter: int = 200,
        shuffle: bool = True,
        tol: float = 0.0001,
        n_iter_no_change: int | None = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        random_state: Any = None,
        backend: str = "auto",
    ) -> None:
        self.code_size = code_size
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.code_activation = code_activation
        self.output_activation = output_activation
        self.tied = tied
        self.noise = noise
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

    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        callback: Callback | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        resume: bool = False,
    ) -> Self:
        """Train to return the samples.

        Parameters
        ----------
        X : (samples, features) array, finite, at least 2 samples
        y : ignored
        sample_weight, callback, checkpoint, resume
            As for `MLPClassifier.fit`.

        Returns
        -------
        self
        """
        with self._kept_if_refused():
            self._check()
            x = self._samples(X, fitting=True)
            job = self._prepare(x, x, SquaredError(), sample_weight, checkpoint=checkpoint, resume=resume)
        return self._run(job, callback)

    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Pass over the samples once and keep what was learned before; parameters as for `fit`."""
        with self._kept_if_refused():
            self._check()
            first = not hasattr(self, "network_")
            x = validate_data(self, X, reset=first, dtype=(np.float64, np.float32), order="C")
            job = self._prepare(x, x, SquaredError(), sample_weight, stream=True)
        return self._run(job)

    def transform(self, X: Any) -> np.ndarray:
        """Return the codes, (samples, code_size)."""
        check_is_fitted(self)
        encoder, decoder = self._halves()
        return self._infer(encoder, self._samples(X), decoder.source)

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Return what the decoder makes of codes (samples, code_size), (samples, features)."""
        check_is_fitted(self)
        codes = check_array(X, dtype=(np.float64, np.float32), order="C")
        decoder = self._halves()[1]
        if codes.shape[1] != (size := int(np.prod(decoder.shapes[decoder.source]))):
            raise DataError(f"Autoencoder: codes of shape {codes.shape}; wanted are (samples, {size})")
        return self._infer(decoder, codes, decoder.output)

    def reconstruct(self, X: Any) -> np.ndarray:
        """Return what the network makes of samples, (samples, features)."""
        return self._outputs(X)

    def reconstruction_error(self, X: Any) -> np.ndarray:
        """Return the squared distance of every sample from its reconstruction, (samples,)."""
        check_is_fitted(self)
        x = self._samples(X)
        return np.asarray(((self._outputs(x) - x) ** 2).sum(axis=1))

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return minus the mean of `reconstruction_error`."""
        return -float(np.average(self.reconstruction_error(X), weights=sample_weight))

    def _halves(self) -> tuple[Program, Program]:
        """Return the programs of the encoder and the decoder; the code is the decoder's source."""
        lowered = self.network_.lowered()
        program, code = lowered.program, lowered.values[CODE][0]
        cut = int(np.flatnonzero(program.code[:, p.X] == code)[0])
        return (
            part_of(program, slice(None, cut), program.source, code),
            part_of(program, slice(cut, None), code, program.output),
        )

    def _infer(self, program: Program, x: np.ndarray, value: int) -> np.ndarray:
        network = self.network_
        rows = np.ascontiguousarray(x, network.dtype)
        kernels = backend.kernels("cnn", backend.choose(self.backend, "cnn", 0.0))
        outputs = kernels.infer(program, network.flat_parameters, network.flat_statistics, rows, values=(value,))[0]
        return np.asarray(outputs.reshape(len(rows), -1))

    def _check(self) -> None:
        super()._check()
        checks.at_least("Autoencoder", "code_size", self.code_size, 1)
        checks.number("Autoencoder", "noise", self.noise, "a number >= 0 and < 1", least=0, below=1)
        if not isinstance(self.tied, bool | np.bool_):
            raise InvalidParameter("Autoencoder", "tied", self.tied, "True or False")

    def _build(self, features: int, outputs: int, dtype: str, key: int) -> Graph:
        """Return encoder and decoder; the encoder's layers are enc1, enc2, ..., code, the decoder's dec1, dec2, ..."""
        hidden = sizes("Autoencoder", "hidden_layer_sizes", self.hidden_layer_sizes)
        inner, start = activation("Autoencoder", "activation", self.activation)
        middle = activation("Autoencoder", "code_activation", self.code_activation)
        last = activation("Autoencoder", "output_activation", self.output_activation)
        network = Sequential([Masking(self.noise)] if self.noise else [], features, dtype=dtype, random_state=key)
        names = [f"encoder{k + 1}" for k in range(len(hidden))]
        for name, size in zip(names, hidden, strict=True):
            network.add(Dense(size, activation=inner, initialiser=start), name=name)
        network.add(Dense(int(self.code_size), activation=middle[0], initialiser=middle[1]), name=CODE)
        for k, (size, of) in enumerate(zip([*hidden[::-1], features], [CODE, *names[::-1]], strict=True)):
            function, rule = (inner, start) if k < len(hidden) else last
            layer = Dense(size, activation=function, initialiser=rule, weights_of=of if self.tied else None)
            network.add(layer, name=f"decoder{k + 1}")
        return network

    @property
    def _n_features_out(self) -> int:
        return int(self.network_.nodes[CODE].shape[0])

    def __sklearn_tags__(self) -> Any:
        """Return scikit-learn's tags."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def part_of(program: Program, rows: slice, source: int, output: int) -> Program:
    """Return a program of some of the instructions, which lead from one value to another."""
    code = program.code[rows]
    segments = np.array([0, len(code)], np.int64)
    return replace(
        program, code=code, reals=program.reals[rows], segments=segments, source=source, output=output, logits=output
    )
