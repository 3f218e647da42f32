"""Deep belief nets: restricted machines on top of each other, samples from them, and classification."""

from typing import Any, Self

import numpy as np
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from neurosim.boltzmann.stack import Layer, Stack, Stages
from neurosim.core import checks, random
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.progress import Callback

LABELS = "labels"


class DBN(ClassifierMixin, Stack):
    """Deep belief net: a stack of restricted Boltzmann machines, and a classifier made of it.

    Each machine learns, without labels, what the hidden units of the one below make of the samples. The stack then
    generates samples from its top downwards, and as a network with a softmax it is fine-tuned by backpropagation.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int >= 1, default (256, 256)
        Units of each hidden layer, from the samples on.
    visible : "bernoulli" or "gaussian", default "bernoulli"
        Of the lowest machine; see `RBM`.
    label_units : bool, default False
        Whether the top machine also has a visible unit for each class, so that it models samples and labels together
        (Hinton, Osindero & Teh 2006). `sample` can then be told a label, and labels can be told without fine-tuning.
        These are independent logistic units, not a softmax. Gaussian visible units then want two layers or more.
    method, steps, learning_rate, n_iter : as for `RBM`, or a list with one for each machine
        For good samples the top machine needs "pcd" and a rate that decays.
    momentum, weight_decay, batch_size
        Of the machines; see `RBM`.
    tuning_epochs : int >= 0, default 20
        Epochs of backpropagation, if there are labels; 0, without fine-tuning, needs `label_units`.
    tuning_batch_size : int >= 1, default 32
    dropout : float in [0, 1), default 0.0
        Share of each hidden layer's units that a step of the fine-tuning leaves out.
    optimiser : optimiser or its name, default "adam"
        Of the fine-tuning, as ``neurosim.cnn.Adam(1e-3)``.
    random_state : None, int, SeedSequence, Generator or RandomState, default None
    backend : "auto", "cpu" or "cuda", default "auto"

    Attributes
    ----------
    rbms_ : list of RBM
        From the samples on. Fine-tuning leaves them as they are.
    network_ : neurosim.cnn.Sequential
        Layers "hidden1", "hidden2", ... and, with labels, "labels"; with dropout "dropout1", ... between.
    classes_ : (classes,)
        If there are labels.
    loss_curve_ : list of float
        Mean cross-entropy of each epoch of fine-tuning.
    seed_ : int
    backend_ : "cpu" or "cuda"
    n_features_in_ : int

    Notes
    -----
    Hidden probabilities, not states, are the data of the next machine; in its learning by "cd" means stand for visible
    units. The generative side is never fine-tuned: there is no up-down algorithm. The same input gives the same bits
    for any number of threads.

    References
    ----------
    G. E. Hinton, S. Osindero, Y.-W. Teh, "A fast learning algorithm for deep belief nets", Neural Computation
    18:1527-1554 (2006). Not checked against the paper.

    Examples
    --------
    >>> from neurosim.boltzmann import DBN
    >>> from neurosim.datasets import load_digits
    >>> digits = load_digits()
    >>> x, y = digits.data / 16, digits.target
    >>> net = DBN((100, 100), random_state=0).fit(x[:1200], y[:1200])
    >>> bool(net.score(x[1200:], y[1200:]) > 0.85)
    True
    >>> net.sample(3, steps=100, random_state=0).shape
    (3, 64)
    """

    classes_: np.ndarray

    def __init__(
        self,
        hidden_layer_sizes: Any = (256, 256),
        *,
        visible: str = "bernoulli",
        label_units: bool = False,
        method: Any = "cd",
        steps: Any = 1,
        learning_rate: Any = 0.1,
        n_iter: Any = 20,
        momentum: Any = 0.5,
        weight_decay: float = 0.0002,
        batch_size: int = 20,
        tuning_epochs: int = 20,
        tuning_batch_size: int = 32,
        dropout: float = 0.0,
        optimiser: Any = "adam",
        random_state: Any = None,
        backend: str = "auto",
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.visible = visible
        self.label_units = label_units
        self.method = method
        self.steps = steps
        self.learning_rate = learning_rate
        self.n_iter = n_iter
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.tuning_epochs = tuning_epochs
        self.tuning_batch_size = tuning_batch_size
        self.dropout = dropout
        self.optimiser = optimiser
        self.random_state = random_state
        self.backend = backend

    def fit(self, X: Any, y: Any = None, *, callback: Callback | None = None) -> Self:
        """Train the machines one after the other, and, if there are labels, fine-tune the network.

        Parameters
        ----------
        X : (samples, features) array, finite, at least 2 samples
            In [0, 1] for "bernoulli"; values between are probabilities.
        y : (samples,) labels of two or more classes, optional
            Without them the net is a transformer and a source of samples.
        callback : function of a `neurosim.core.progress.Progress`, optional
            Called after every epoch, with the metrics "layer" (1 is the lowest) and "error" of a machine's training and
            "loss" of the fine-tuning. Returning True ends this machine's training or the fine-tuning; what follows has
            at least one epoch.

        Returns
        -------
        self

        Raises
        ------
        InvalidParameter, ValueError
            If a parameter, X or y is not as described.
        DivergedError
            If weights are not finite any more. A model that was fitted before stays as it was.
        """
        with self._kept_if_refused():
            self._check()
            layers = self._layers(1)
            epochs = self._epochs(len(layers))
            x, targets = self._data(X, y)
            self.seed_ = random.seed_from(self.random_state)
            stages = Stages(callback, sum(epochs) + (0 if y is None else self.tuning_epochs))
            self._pretrain(x, layers, epochs, stages, targets if self.label_units else None)
            self._unroll(x.shape[1], targets)
            if targets is not None:
                self._fine_tune(x, targets, "cross_entropy", stages)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the probabilities of the last hidden layer's units, (samples, units), after fine-tuning if any."""
        check_is_fitted(self, "network_")
        return self._values(X, f"hidden{len(self.rbms_)}")

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities of the classes, (samples, classes): the network's, or without fine-tuning the top
        machine's.
        """
        self._check_labelled()
        if self.loss_curve_:
            return self._values(X, LABELS)
        return np.asarray(softmax(-self.label_free_energy(X), axis=1))

    def predict(self, X: Any) -> np.ndarray:
        """Return the label of every sample, (samples,)."""
        labels: np.ndarray = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[labels])

    def label_free_energy(self, X: Any) -> np.ndarray:
        """Return the top machine's free energy of each sample together with each label, (samples, classes) float64.

        The label with the least is the stack's own answer, before any fine-tuning. Needs `label_units`.
        """
        self._check_labelled()
        x, classes = self._samples(X), len(self.classes_)
        if not self._top_sees_labels():
            raise InvalidParameter("DBN", "label_units", False, "True at the fit for free energies of labels")
        for rbm in self.rbms_[:-1]:
            x = rbm.transform(x)
        labels = np.eye(classes, dtype=x.dtype)
        energies = [self.rbms_[-1].free_energy(np.hstack([x, np.tile(label, (len(x), 1))])) for label in labels]
        return np.stack(energies, axis=1)

    def sample(self, n: int = 1, steps: int = 1000, *, label: Any = None, random_state: Any = None) -> np.ndarray:
        """Draw samples from the stack: Gibbs sampling in the top machine, then once down.

        Parameters
        ----------
        n : int >= 1, default 1
        steps : int >= 1, default 1000
            Gibbs sweeps of the top machine, from independent units of its visible biases.
        label : one of `classes_`, optional
            Held fixed while the top machine runs; needs `label_units`.
        random_state : None, int, SeedSequence, Generator or RandomState, default None

        Returns
        -------
        (n, features) array
            Probabilities of the visible units, or their means if they are Gaussian.
        """
        check_is_fitted(self, "network_")
        checks.at_least("DBN", "n", n, 1)
        checks.at_least("DBN", "steps", steps, 1)
        held, top = self._held(label), self.rbms_[-1]
        key = random.seed_from(random_state)
        start = top._start(n, key).astype(top.components_.dtype)
        clamped = np.arange(start.shape[1]) >= start.shape[1] - len(held)
        start[:, clamped] = held
        states, means = top._sweeps(start, steps, key, clamped=clamped)
        below = (states if len(self.rbms_) > 1 else means)[:, : self._top_inputs()]
        return self._descend(below, key)

    # the work

    def _data(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray | None]:
        """Return samples and one-hot labels, checked, and set the classes."""
        if y is None:
            if self.label_units:
                raise DataError("DBN: label_units=True requires y to be passed, but the target y is None")
            self.__dict__.pop("classes_", None)
            return self._samples(X, fitting=True), None
        x, y = validate_data(
            self, X, y, reset=True, dtype=(np.float64, np.float32), order="C", ensure_min_samples=2, multi_output=True
        )
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        classes = np.unique(y)
        if len(classes) < 2:
            raise DataError(f"DBN: y holds one class only, {classes[0]}; it needs two or more")
        self.classes_ = classes
        return x, np.eye(len(classes), dtype=x.dtype)[np.searchsorted(classes, y)]

    def _unroll(self, features: int, targets: np.ndarray | None) -> None:
        """Make the network: hidden layers with the machines' weights, and a softmax for the classes."""
        arrays = [(rbm.components_.T, rbm.intercept_hidden_) for rbm in self.rbms_]
        classes = 0 if targets is None else targets.shape[1]
        top, below = self.rbms_[-1], arrays[-2][0].shape[1] if len(arrays) > 1 else features
        arrays[-1] = top.components_[:, :below].T, top.intercept_hidden_
        layers = [Layer(f"hidden{k + 1}", *pair, "sigmoid") for k, pair in enumerate(arrays)]
        if self.label_units:
            layers.append(Layer(LABELS, top.components_[:, below:], top.intercept_visible_[below:], "softmax"))
        elif classes:
            zeros = np.zeros((len(top.components_), classes), top.components_.dtype)
            layers.append(Layer(LABELS, zeros, zeros[0], "softmax"))
        self._connect(features, layers, self.dropout)

    def _held(self, label: Any) -> np.ndarray:
        """Return the states of the units that are clamped: those of a label, or none."""
        if label is None:
            return np.zeros(0)
        labelled, known = self._top_sees_labels(), getattr(self, "classes_", np.zeros(0))
        if not labelled or label not in known:
            without = "None for a net fitted without label_units; to draw from a class, fit with label_units=True"
            came = label.item() if isinstance(label, np.generic) else label
            raise InvalidParameter("DBN", "label", came, f"one of the classes {known}" if labelled else without)
        return (known == label).astype(np.float64)

    def _top_sees_labels(self) -> bool:
        return len(self.rbms_[-1].intercept_visible_) > self._top_inputs()

    def _top_inputs(self) -> int:
        """Return how many units the top machine sees beside those of labels."""
        return len(self.rbms_[-2].components_) if len(self.rbms_) > 1 else int(self.n_features_in_)

    def _check(self) -> None:
        super()._check()
        if not isinstance(self.label_units, bool | np.bool_):
            raise InvalidParameter("DBN", "label_units", self.label_units, "True or False")
        if self.label_units and self.visible == "gaussian" and np.size(self.hidden_layer_sizes) == 1:
            wanted = 'False for one hidden layer on visible="gaussian": its label units would be Gaussian, too'
            raise InvalidParameter("DBN", "label_units", self.label_units, wanted)
        checks.number("DBN", "dropout", self.dropout, "a number >= 0 and < 1", least=0, below=1)
        if self.tuning_epochs == 0 and not self.label_units:
            raise InvalidParameter("DBN", "tuning_epochs", 0, "an integer >= 1 without label_units")

    def _check_labelled(self) -> None:
        """Raise NotFittedError if the net knows no labels."""
        check_is_fitted(self, "network_")
        if not hasattr(self, "classes_"):
            raise NotFittedError("DBN: fitted without labels (y), so that it knows no classes")

    @property
    def _n_features_out(self) -> int:
        return len(self.rbms_[-1].components_)
