"""Multi-layer perceptrons as scikit-learn estimators."""

import os
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import column_or_1d, validate_data

from neurosim.cnn.classifier import NetworkClassifier
from neurosim.cnn.estimator import NetworkLearner, activation, sizes
from neurosim.cnn.layers import Dense, Dropout
from neurosim.cnn.losses import SquaredError
from neurosim.core import checks
from neurosim.core.errors import DataError
from neurosim.core.progress import Callback


class Perceptrons(NetworkLearner):
    """Dense layers, and their parameters as lists."""

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        dropout: float = 0.0,
        solver: Any = "adam",
        alpha: float = 0.0001,
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
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
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

    def _hidden(self) -> list[Any]:
        owner = type(self).__name__
        function, initialiser = activation(owner, "activation", self.activation)
        layers: list[Any] = []
        for size in sizes(owner, "hidden_layer_sizes", self.hidden_layer_sizes):
            layers.append(Dense(size, activation=function, initialiser=initialiser))
            if self.dropout:
                layers.append(Dropout(self.dropout))
        return layers

    def _check(self) -> None:
        super()._check()
        checks.number(type(self).__name__, "dropout", self.dropout, "a number >= 0 and < 1", least=0, below=1)
        self._hidden()

    @property
    def coefs_(self) -> list[np.ndarray]:
        """The weights of each layer, (inputs, units); views of the network's."""
        return [array for name, array in self.network_.parameters.items() if name.endswith(".weights")]

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """The biases of each layer, (units,); views of the network's."""
        return [array for name, array in self.network_.parameters.items() if name.endswith(".bias")]


class MLPClassifier(Perceptrons, NetworkClassifier):
    """Multi-layer perceptron that classifies: dense layers, a softmax and the cross-entropy.

    Parameters and attributes are named as in scikit-learn's class of this name where they mean the same.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int >= 1, default (100,)
        Units of each hidden layer; () is multinomial logistic regression.
    activation : str or layer, default "relu"
        Of the hidden layers: "identity", "logistic" (or "sigmoid"), "tanh", "lecun_tanh", "relu", "leaky_relu", "gelu",
        or e.g. ``LeakyReLU(0.2)``. Weights start as He et al. propose for the last three, else as Glorot and Bengio do.
    dropout : float in [0, 1), default 0.0
        Share of the hidden units that each step of training leaves out.
    solver : "adam", "sgd" or optimiser, default "adam"
        An optimiser such as ``AdamW(1e-3)`` has rates and penalties of its own; alpha, learning_rate_init and momentum
        are then not used.
    alpha : float >= 0, default 0.0001
        Strength of the L2 penalty, ``alpha / (2 batch_size) sum w^2`` beside the mean loss of a mini-batch. A last
        mini-batch that is smaller has the same penalty; scikit-learn divides by its actual size.
    batch_size : int >= 1, "auto" or "full", default "auto"
        Samples per update; "auto" is the smaller of 200 and their number.
    learning_rate_init : float > 0, default 0.001
    momentum : float in [0, 1), default 0.9
        Of "sgd", in Nesterov's form.
    max_iter : int >= 1, default 200
        Most epochs of a fit.
    shuffle : bool, default True
    tol : float >= 0, default 0.0001
        Training stops when the loss (with early stopping that of the validation) has not fallen by more than this for
        `n_iter_no_change` epochs running.
    n_iter_no_change : int >= 1 or None, default 10
        None: never stop before `max_iter`.
    early_stopping : bool, default False
        Set samples aside, watch their loss, and return to the weights of the best epoch, also if all epochs were run.
        `partial_fit` cannot do that and refuses it.
    validation_fraction : float in (0, 1), default 0.1
        Share of the samples that are set aside, at random.
    warm_start : bool, default False
        Whether `fit` goes on from the weights that are there.
    random_state : None, int, SeedSequence, Generator or RandomState, default None
        Where the weights, the order of the samples and dropout come from.
    backend : "auto", "cpu" or "cuda", default "auto"

    Attributes
    ----------
    network_ : Sequential
        The network; ends in a softmax, with several labels a sample in logistic units.
    classes_ : (classes,)
    loss_curve_, validation_curve_ : lists of float
        Mean loss of every epoch without the penalty, and of the validation after it.
    n_iter_ : int
        Epochs done.
    n_updates_, moments_
        Updates of the last fit and the streams after it, and what the optimiser remembers.
    coefs_, intercepts_ : lists of arrays
    seed_ : int
        The key that `random_state` stood for.
    backend_ : "cpu" or "cuda"
    n_features_in_ : int

    Notes
    -----
    float32 samples make a float32 network; all others float64, which takes about twice the time. The same input gives
    the same bits for any number of threads. Samples are not scaled: features of about 1 learn best.

    Examples
    --------
    >>> from neurosim.cnn import MLPClassifier
    >>> from neurosim.datasets import load_digits
    >>> digits = load_digits()
    >>> model = MLPClassifier(max_iter=20, random_state=0).fit(digits.data[:1000] / 16, digits.target[:1000])
    >>> bool(model.score(digits.data[1000:] / 16, digits.target[1000:]) > 0.85)
    True
    """

    def _layers(self, features: int, outputs: int) -> tuple[list[Any], Any]:
        return [*self._hidden(), Dense(outputs), self._output_activation()], features


class MLPRegressor(RegressorMixin, Perceptrons):
    """Multi-layer perceptron that predicts numbers: dense layers, linear outputs and the squared error.

    Parameters
    ----------
    hidden_layer_sizes, activation, dropout, solver, alpha, batch_size, learning_rate_init, momentum, max_iter, shuffle,
    tol, n_iter_no_change, early_stopping, validation_fraction, warm_start, random_state, backend
        As for `MLPClassifier`.

    Attributes
    ----------
    network_, loss_curve_, validation_curve_, n_iter_, n_updates_, moments_, coefs_, intercepts_, seed_, backend_
        As for `MLPClassifier`; the loss is half the squared error, summed over the outputs.
    n_outputs_ : int
    single_ : bool
        Whether y had one dimension.
    n_features_in_ : int

    Notes
    -----
    Neither samples nor targets are scaled: numbers of about 1 learn best.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.cnn import MLPRegressor
    >>> x = np.linspace(-1, 1, 200)[:, None]
    >>> model = MLPRegressor((20,), "tanh", batch_size=20, learning_rate_init=0.01, random_state=0)
    >>> model = model.fit(x, np.sin(3 * x[:, 0]))
    >>> bool(model.score(x, np.sin(3 * x[:, 0])) > 0.99)
    True
    """

    n_outputs_: int
    single_: bool

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        callback: Callback | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        resume: bool = False,
    ) -> Self:
        """Train on samples and numbers to predict.

        Parameters
        ----------
        X : (samples, features) array, finite, at least 2 samples
        y : (samples,) or (samples, outputs) array, finite
        sample_weight, callback, checkpoint, resume
            As for `MLPClassifier.fit`.

        Returns
        -------
        self
        """
        with self._kept_if_refused():
            self._check()
            x, targets = self._numbers(X, y, fitting=True)
            job = self._prepare(x, targets, SquaredError(), sample_weight, checkpoint=checkpoint, resume=resume)
        return self._run(job, callback)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Pass over the samples once and keep what was learned before; parameters as for `fit`."""
        with self._kept_if_refused():
            self._check()
            x, targets = self._numbers(X, y, fitting=not hasattr(self, "network_"), streaming=True)
            job = self._prepare(x, targets, SquaredError(), sample_weight, stream=True)
        return self._run(job)

    def predict(self, X: Any) -> np.ndarray:
        """Return the predicted numbers, (samples,) or (samples, outputs) as y was."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self.single_ else outputs

    def _numbers(self, X: Any, y: Any, *, fitting: bool, streaming: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Return samples and targets (samples, outputs), checked."""
        x, y = validate_data(
            self, X, y, reset=fitting, dtype=(np.float64, np.float32), order="C", multi_output=True, y_numeric=True,
            ensure_min_samples=1 if streaming else 2,
        )  # fmt: skip
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        outputs = 1 if y.ndim == 1 else y.shape[1]
        goes_on = hasattr(self, "network_") and (self.warm_start or not fitting)
        if goes_on and (outputs, y.ndim == 1) != (self.n_outputs_, self.single_):
            raise DataError(f"{type(self).__name__}: y of shape {y.shape} is not like that of the first fit")
        self.n_outputs_, self.single_ = outputs, y.ndim == 1
        return x, y.reshape(len(y), -1)

    def _layers(self, features: int, outputs: int) -> tuple[list[Any], Any]:
        return [*self._hidden(), Dense(outputs)], features

    def __sklearn_tags__(self) -> Any:
        """Return scikit-learn's tags: several outputs are welcome."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
