"""Kohonen's learning vector quantisation: LVQ1, OLVQ1, LVQ2.1 and LVQ3."""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from neurosim.core import checks, random
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.estimator import Learner, unmasked
from neurosim.core.jit import one_blas_thread
from neurosim.core.progress import Callback, report
from neurosim.core.schedules import DECAYS, decay
from neurosim.som import lvq_cpu as cpu
from neurosim.som import lvq_initial as initial
from neurosim.som import lvq_rules as rules

ALGORITHMS = {"lvq1": rules.LVQ1, "olvq1": rules.OLVQ1, "lvq2.1": rules.LVQ21, "lvq3": rules.LVQ3}
RATES = {"lvq1": 0.1, "olvq1": 0.3, "lvq2.1": 0.03, "lvq3": 0.03}


class LVQ(ClassifierMixin, Learner):
    """Learning vector quantisation: a sample has the class of the nearest of a few labelled prototypes.

    Every sample x with learning rate a moves the prototypes nearest to it, towards it by ``m += a (x - m)`` or away
    from it by ``m -= a (x - m)``:

    - "lvq1": the nearest one, towards a sample of its class, else away.
    - "olvq1": the same, and every prototype has its own rate, which becomes ``a / (1 + a)`` after a right answer and
      ``a / (1 - a)``, at most the first rate, after a wrong one; so early and late samples count alike.
    - "lvq2.1": the two nearest, if one has the class and one has not, the first towards and the other away, and only
      for samples in a window between them: nearer over farther distance > ``(1 - window) / (1 + window)``.
    - "lvq3": the same, and if both have the class, both towards by ``epsilon a``, in the window or not.

    LVQ1 and OLVQ1 find the prototypes; LVQ2.1 and LVQ3 are for moving them on: see `init`.

    Parameters
    ----------
    prototypes : int >= 1 or (classes,) sequence of int, default 5
        Prototypes of each class, but no more than it has samples; or of every class in sorted order, as
        `proportional_prototypes` returns them.
    algorithm : "lvq1", "olvq1", "lvq2.1" or "lvq3", default "olvq1"
    learning_rate : float or (start, end), in (0, 1), optional
        A number is the start and falls to 0 after the last step. "olvq1" needs the start only. Default: 0.1 for
        "lvq1", 0.3 for "olvq1", 0.03 for the others.
    learning_rate_decay : "linear", "exponential", "inverse" or "constant", default "linear"
        How the rate goes from start to end, step by step.
    epochs : int >= 1, default 20
        Passes over the data.
    window : float in (0, 1), default 0.25
        Width of the window of "lvq2.1" and "lvq3".
    epsilon : float in [0, 1], default 0.2
        Of "lvq3".
    init : "kmeans", "samples" or (prototypes, labels), default "kmeans"
        The first prototypes: centres of the samples of each class by k-means (of one prototype, their mean; some are
        equal if the class has fewer different samples); samples
        whose class is that of the most of their 5 nearest neighbours, as far as there are; or given, as the `codebook`
        of another model, arrays (prototypes, features) and (prototypes,) with a prototype of every class.
    shuffle : bool, default True
        Whether every epoch has another order of the samples.
    random_state : None, int, SeedSequence, Generator or RandomState, default None

    Attributes
    ----------
    prototypes_ : (prototypes, features)
        Of the samples' dtype (float32 or float64).
    prototype_labels_ : (prototypes,)
        Their classes.
    rates_ : (prototypes,)
        Their own learning rates at the end, only for "olvq1".
    classes_ : (classes,)
        Labels, sorted.
    mistakes_ : (epochs,) int
        Samples whose nearest prototype was of another class when they were shown.
    updates_ : (epochs,) int
        Samples that changed a prototype.
    n_iter_ : int
        Epochs done.
    seed_ : int
        The key that `random_state` stood for.
    n_features_in_ : int

    Notes
    -----
    NaN in X is a missing value: it is left out of distances and steps. Features with large numbers rule the distances;
    scale them first. Samples are learned one after another, so training has one thread; the result does not depend on
    their number. With equal starts the prototypes agree with those of LVQ_PAK 3.1 to the digits that it writes, but
    its window compares squared distances: its width w is ours of ``(1 - r) / (1 + r)``, r = sqrt((1 - w) / (1 + w)).

    References
    ----------
    T. Kohonen, "Improved versions of learning vector quantization", Proc. IJCNN 1990, I:545-550; "Self-Organizing
    Maps", Springer (1995), chapter 6. Not checked against these; the rules are those of the program LVQ_PAK 3.1.

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> from neurosim.som.lvq import LVQ
    >>> iris = load_iris()
    >>> model = LVQ(prototypes=5, random_state=0).fit(iris.data, iris.target)
    >>> model.prototypes_.shape
    (15, 4)
    >>> bool(model.score(iris.data, iris.target) > 0.96)
    True
    """

    classes_: np.ndarray

    def __init__(
        self,
        prototypes: Any = 5,
        *,
        algorithm: str = "olvq1",
        learning_rate: Any = None,
        learning_rate_decay: str = "linear",
        epochs: int = 20,
        window: float = 0.25,
        epsilon: float = 0.2,
        init: Any = "kmeans",
        shuffle: bool = True,
        random_state: Any = None,
    ) -> None:
        self.prototypes = prototypes
        self.algorithm = algorithm
        self.learning_rate = learning_rate
        self.learning_rate_decay = learning_rate_decay
        self.epochs = epochs
        self.window = window
        self.epsilon = epsilon
        self.init = init
        self.shuffle = shuffle
        self.random_state = random_state

    @classmethod
    def from_codebook(cls, prototypes: Any, labels: Any, **parameters: Any) -> Self:
        """Return a model with given prototypes, as if it had been trained.

        Parameters
        ----------
        prototypes : (prototypes, features) array, finite
            float32 stays float32; everything else becomes float64.
        labels : (prototypes,) labels of two or more classes
        **parameters : see the class
        """
        model = cls(**parameters)
        model._check()
        rows = np.asarray(prototypes)
        rows = rows if rows.dtype == np.float32 else rows.astype(np.float64)
        features = rows.shape[1] if rows.ndim == 2 else 0
        classes = np.unique(labels)
        if len(classes) < 2:
            raise DataError("LVQ: the prototypes need labels of two or more classes")
        model.prototypes_, owners = initial.given((rows, labels), classes, features, rows.dtype)
        model.classes_, model.prototype_labels_ = classes, classes[owners]
        model.n_features_in_, model.n_iter_, model.seed_ = features, 0, random.seed_from(model.random_state)
        return model

    @property
    def codebook(self) -> tuple[np.ndarray, np.ndarray]:
        """The fitted prototypes (prototypes, features) and their labels: what `init` takes."""
        check_is_fitted(self)
        return self.prototypes_, self.prototype_labels_

    def fit(self, X: Any, y: Any, *, callback: Callback | None = None) -> Self:
        """Set the first prototypes and train them.

        Parameters
        ----------
        X : (samples, features) array
            NaN is a missing value. float32 stays float32; everything else becomes float64.
        y : (samples,) labels of two or more classes
        callback : function of a `neurosim.core.progress.Progress`, optional
            Called after every epoch with the metric "mistakes"; returning True stops.

        Returns
        -------
        self

        Raises
        ------
        InvalidParameter, ValueError
            If a parameter, X or y is not as described.
        """
        self._check()
        x, y = validate_data(
            self,
            unmasked(X),
            y,
            dtype=(np.float64, np.float32),
            order="C",
            ensure_all_finite="allow-nan",
            ensure_min_samples=2,
        )
        check_classification_targets(y)
        initial.check_values(x, fitting=True)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise DataError(f"LVQ: y holds one class only, {self.classes_[0]}; it needs two or more")
        self.seed_ = random.seed_from(self.random_state)
        with one_blas_thread():
            prototypes, owners = self._first(x, codes)
        self._train(x, codes, prototypes, owners, callback)
        return self

    def _train(
        self, x: np.ndarray, codes: np.ndarray, prototypes: np.ndarray, owners: np.ndarray, callback: Callback | None
    ) -> None:
        n, weights = len(x), cpu.columns(prototypes)
        rates = self._rates(n)
        own = np.full(len(owners), rates[0], x.dtype)
        self.prototype_labels_ = self.classes_[owners]
        self.mistakes_, self.updates_ = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self.n_iter_ = 0
        how = (ALGORITHMS[self.algorithm], self.window, self.epsilon)
        for epoch in range(self.epochs):
            order = random.permutation(self.seed_, epoch, n) if self.shuffle else np.arange(n)
            steps = rates[epoch * n : (epoch + 1) * n]
            wrong, changed = cpu.train(weights, owners, x, codes, order, steps, own, *how)
            self.prototypes_ = np.ascontiguousarray(weights[:, : len(owners)].T)
            self.mistakes_, self.updates_ = np.append(self.mistakes_, wrong), np.append(self.updates_, changed)
            self.n_iter_ = epoch + 1
            if report(callback, epoch + 1, self.epochs, mistakes=wrong):
                break
        self.__dict__.pop("rates_", None)
        if self.algorithm == "olvq1":
            self.rates_ = own

    def _check(self) -> None:
        checks.one_of("LVQ", "algorithm", self.algorithm, tuple(ALGORITHMS))
        checks.at_least("LVQ", "epochs", self.epochs, 1)
        checks.one_of("LVQ", "learning_rate_decay", self.learning_rate_decay, tuple(DECAYS))
        checks.number("LVQ", "window", self.window, "a number above 0 and below 1", above=0, below=1)
        if not isinstance(self.shuffle, bool | np.bool_):
            raise InvalidParameter("LVQ", "shuffle", self.shuffle, "True or False")
        checks.number("LVQ", "epsilon", self.epsilon, "a number from 0 to 1", least=0, below=np.nextafter(1, 2))
        self._rates(1)

    def _rates(self, samples: int) -> np.ndarray:
        """Return the learning rate of every step."""
        rate = RATES[self.algorithm] if self.learning_rate is None else self.learning_rate
        steps = self.epochs * samples
        pair = (rate, rate / steps) if isinstance(rate, int | float | np.number) else rate
        try:
            start, end = checks.positive_pair("LVQ", "learning_rate", pair)
        except InvalidParameter:
            start = end = 1.0
        if max(start, end) >= 1:
            wanted = "a number above 0 and below 1, or two of them, (start, end)"
            raise InvalidParameter("LVQ", "learning_rate", self.learning_rate, wanted)
        kind = "constant" if self.algorithm == "olvq1" or steps == 1 else self.learning_rate_decay
        return decay(kind, start, end, steps)

    def _first(self, x: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the first prototypes and the numbers of their classes."""
        if not isinstance(self.init, str):
            return initial.given(self.init, self.classes_, x.shape[1], x.dtype)
        checks.one_of("LVQ", "init", self.init, ("kmeans", "samples"))
        counts = initial.counts_of(self.prototypes, codes, self.classes_)
        return initial.chosen(self.init, x, codes, counts, self.seed_), np.repeat(np.arange(len(counts)), counts)

    def predict(self, X: Any) -> np.ndarray:
        """Return the label of every sample, shape (samples,): that of the nearest prototype."""
        nearest = self.winners(X)
        labels: np.ndarray = self.prototype_labels_[nearest]
        return labels

    def winners(self, X: Any) -> np.ndarray:
        """Return the number of the nearest prototype of every sample, shape (samples,); of two the lower."""
        nearest: np.ndarray = self._search(X)[0]
        return nearest

    def class_distances(self, X: Any) -> np.ndarray:
        """Return the distances of the samples from the nearest prototype of each class, shape (samples, classes)."""
        distances: np.ndarray = np.sqrt(self._search(X)[1])
        return distances

    def decision_function(self, X: Any) -> np.ndarray:
        """Return minus the `class_distances`; for two classes (samples,), how much nearer the second is."""
        distances = self.class_distances(X)
        scores: np.ndarray = distances[:, 0] - distances[:, 1] if len(self.classes_) == 2 else -distances
        return scores

    def _search(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        check_is_fitted(self)
        x = validate_data(
            self, unmasked(X), reset=False, dtype=(np.float64, np.float32), order="C", ensure_all_finite="allow-nan"
        )
        initial.check_values(x)
        owners = np.searchsorted(self.classes_, self.prototype_labels_)
        return cpu.search(cpu.columns(self.prototypes_.astype(x.dtype)), owners, len(self.classes_), x)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
