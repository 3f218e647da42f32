"""The bases of classifiers that solve one problem a class against the rest, or one for two classes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NoReturn, Self

import numpy as np
from scipy import sparse
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from neurosim.core import checks, random
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.estimator import Learner
from neurosim.core.jit import one_blas_thread
from neurosim.core.progress import Callback, report
from neurosim.perceptron import cpu

Samples = Any  # an array (N, D), or the tuple (data, indices, indptr) of a CSR matrix


class LinearClassifier(ClassifierMixin, Learner):
    """Input, classes and scores."""

    classes_: np.ndarray
    coef_: np.ndarray
    intercept_: np.ndarray

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the scores: (samples,) for two classes, where > 0 means the second, else (samples, classes)."""
        check_is_fitted(self)
        x = validate_data(self, X, reset=False, accept_sparse="csr", dtype=(np.float64, np.float32), order="C")
        scores: np.ndarray = self._scores(x)
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X: Any) -> np.ndarray:
        """Return the label of every sample, shape (samples,): that of the class with the highest score."""
        scores = self.decision_function(X)
        codes = (scores > 0).astype(np.intp) if scores.ndim == 1 else scores.argmax(axis=1)
        labels: np.ndarray = self.classes_[codes]
        return labels

    def __sklearn_tags__(self) -> Any:
        """Return scikit-learn's tags: sparse samples are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _labelled(self, X: Any, y: Any, *, reset: bool = True, finite: bool = True) -> tuple[Any, np.ndarray]:
        """Return X, an array or a CSR matrix, and the labels, both checked; whether X is `finite` may wait."""
        kinds = (np.float64, np.float32) if reset else self._real
        x, y = validate_data(
            self, X, y, reset=reset, accept_sparse="csr", dtype=kinds, order="C", ensure_all_finite=finite
        )
        if y.dtype.kind not in "iub":  # these cannot be wrong, and to look takes as long as an epoch
            check_classification_targets(y)
        return x, y

    def _encoded(self, y: np.ndarray) -> np.ndarray:
        """Set the classes and return the number of every label's class."""
        self.classes_, codes = classes_and_codes(y)
        if len(self.classes_) < 2:
            raise DataError(f"{type(self).__name__}: y holds one class only, {self.classes_[0]}; it needs two or more")
        return codes

    @contextmanager
    def _kept_if_refused(self) -> Iterator[None]:
        """Leave the model as it was if the data are refused."""
        before = self.__dict__.copy()
        try:
            yield
        except ValueError:
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    @property
    def _real(self) -> np.dtype:
        return self.coef_.dtype

    @property
    def _problems(self) -> int:
        return len(self.classes_) if len(self.classes_) > 2 else 1

    def _scores(self, x: Any) -> np.ndarray:
        """Return the scores of all problems, shape (samples, problems)."""
        with one_blas_thread():
            scores: np.ndarray = x @ self.coef_.T.astype(x.dtype) + self.intercept_
        return scores

    def _check_finite(self) -> None:
        """Raise DataError if the weights are so large that scores overflow."""
        most = np.sqrt(np.finfo(self.coef_.dtype).max)
        if not (np.abs(self.coef_) < most).all():
            raise DataError(f"{type(self).__name__}: the weights outgrow the range of {self._real}; scale the samples")


class OnlineClassifier(LinearClassifier):
    """What learns from one sample after another: epochs and streams. A child says its rule and its parameters."""

    learning_rule: ClassVar[int]
    scores_tell: ClassVar[bool] = True  # whether an epoch notices samples that are not finite, which saves a look

    epochs: int
    fit_intercept: bool
    random_state: Any
    shuffle: bool

    def fit(self, X: Any, y: Any, *, callback: Callback | None = None) -> Self:
        """Learn from the samples, epoch after epoch, from zero weights.

        Parameters
        ----------
        X : (samples, features) array or sparse matrix, finite
            float32 stays float32; everything else becomes float64.
        y : (samples,)
            Labels of two or more classes.
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
        with self._kept_if_refused():
            x, y = self._labelled(X, y, finite=not self.scores_tell)
            codes = self._encoded(y)
            self._start(x)
            samples, norms = arrays(x), self._norms(x)
            for epoch in range(self.epochs):
                metrics = self._epoch(samples, codes, self._order(epoch, len(y)), norms)
                wrong = int(metrics.mistakes.sum())
                if report(callback, epoch + 1, self.epochs, mistakes=wrong) or self._settled(metrics):
                    break
            self._finish(x, codes)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """Learn from the samples once, in their order, and keep what was learned before.

        Parameters
        ----------
        X, y : as for `fit`
            One sample or more, of some of the classes.
        classes : (classes,), needed at the first call
            All labels that will ever come.

        Returns
        -------
        self
        """
        self._check()
        first = not hasattr(self, "classes_")
        with self._kept_if_refused():
            x, y = self._labelled(X, y, reset=first, finite=not self.scores_tell)
            known = self._known(classes)
            codes = np.searchsorted(known, y).clip(max=len(known) - 1)
            if (unknown := y[known[codes] != y]).size:
                raise InvalidParameter(type(self).__name__, "y", unknown[0], f"one of the classes {known}")
            if first:
                self.classes_ = known
                self._start(x)
            self._epoch(arrays(x), codes, np.arange(len(y)), self._norms(x))
            self._finish(None, None)
        return self

    def _known(self, classes: Any) -> np.ndarray:
        """Return the labels of a stream, checked."""
        name = type(self).__name__
        if not hasattr(self, "classes_"):
            if classes is None:
                raise InvalidParameter(name, "classes", None, "all labels, at the first partial_fit")
            if len(known := np.unique(classes)) < 2:
                raise InvalidParameter(name, "classes", classes, "two or more different labels")
            return known
        if classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise InvalidParameter(name, "classes", classes, f"those of the first call: {self.classes_}")
        return self.classes_

    # what a child may change

    def _rule_code(self) -> int:
        """Return which of the rules of `rules.tau` it is."""
        return self.learning_rule

    def _rule_parameters(self) -> tuple[float, float]:
        """Return the two parameters of the rule."""
        raise NotImplementedError

    def _check(self) -> None:
        """Raise InvalidParameter if a parameter is out of its range."""
        checks.at_least(type(self).__name__, "epochs", self.epochs, 1)

    def _order(self, epoch: int, samples: int) -> np.ndarray:
        """Return the numbers of the samples in the order of an epoch."""
        return random.permutation(self.seed_, epoch, samples) if self.shuffle else np.arange(samples)

    def _settled(self, metrics: cpu.Metrics) -> bool:
        """Return whether another epoch would change nothing."""
        return not metrics.updates.any()

    def _norms(self, x: Any) -> np.ndarray | None:
        """Return the squared lengths of the samples, with the bias' 1, for the rules that divide by them."""
        return None

    def _finish(self, x: Any, codes: np.ndarray | None) -> None:
        """Set what follows from the weights and, after a fit, from the samples (else None)."""
        self._check_finite()

    # the work

    def _start(self, x: Any) -> None:
        """Set the first weights, and nothing seen."""
        self.seed_ = random.seed_from(self.random_state)
        self.mistakes_ = np.zeros((0, self._problems), np.int64)
        self.updates_ = np.zeros((0, self._problems), np.int64)
        self.n_iter_ = 0
        self.n_seen_ = 0
        self._first_weights(x)

    def _first_weights(self, x: Any) -> None:
        """Set weights of zero."""
        self.coef_ = np.zeros((self._problems, x.shape[1]), x.dtype)
        self.intercept_ = np.zeros(self._problems, x.dtype)

    def _epoch(self, x: Samples, codes: np.ndarray, order: np.ndarray, norms: np.ndarray | None) -> cpu.Metrics:
        """Show the samples once."""
        state = self._state()
        rule = (self._rule_code(), *self._rule_parameters())
        metrics = cpu.advance(state, x, codes, order, self.n_seen_, *rule, norms=norms)
        if not metrics.finite:
            self._refuse(x)
        self._take(state)
        self._count(metrics, len(order))
        return metrics

    def _refuse(self, x: Samples) -> None:
        """Say why scores were not finite."""
        refuse(type(self).__name__, x)

    def _state(self) -> cpu.State:
        """Return the state that the next epoch starts from."""
        return cpu.begin(self.coef_, self.intercept_, len(self.classes_), intercept=self.fit_intercept)

    def _take(self, state: cpu.State) -> None:
        """Keep what an epoch changed."""
        self.coef_, self.intercept_ = state.weights, state.bias

    def _count(self, metrics: cpu.Metrics, samples: int) -> None:
        self.mistakes_ = np.vstack([self.mistakes_, metrics.mistakes])
        self.updates_ = np.vstack([self.updates_, metrics.updates])
        self.n_iter_ += 1
        self.n_seen_ += samples


def refuse(owner: str, x: Samples) -> NoReturn:
    """Say what is wrong with samples whose scores are not finite."""
    numbers = x[0] if isinstance(x, tuple) else x
    broken = np.argwhere(~np.isfinite(numbers))
    if not len(broken):
        raise DataError(f"{owner}: scores outgrow the range of {numbers.dtype}; scale the samples")
    value = numbers[tuple(broken[0])]
    sample = np.searchsorted(x[2], broken[0][0], "right") - 1 if isinstance(x, tuple) else broken[0][0]
    feature = x[1][broken[0][0]] if isinstance(x, tuple) else broken[0][1]
    kind = "NaN" if np.isnan(value) else "infinity"
    raise DataError(f"{owner}: X contains {kind}, first at sample {sample}, feature {feature} (counted from 0)")


def arrays(x: Any) -> Samples:
    """Return samples as the kernels take them, with one Numba type whatever the caller's arrays allow."""
    if sparse.issparse(x):
        if max(x.nnz, x.shape[1]) >= 2**31:
            raise DataError(f"sparse samples may have up to 2**31 - 1 entries and features; these have {x.nnz} entries")
        indices, indptr = (part.astype(np.int32, copy=False) for part in (x.indices, x.indptr))
        return tuple(map(_read_only, (x.data, indices, indptr)))
    return _read_only(x)


def _read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.flags.writeable = False
    return view


def squared_norms(x: Any) -> np.ndarray:
    """Return the squared lengths of samples, an array or a CSR matrix, shape (samples,)."""
    if sparse.issparse(x):
        return np.asarray(x.multiply(x).sum(axis=1)).ravel()
    return np.einsum("ij,ij->i", x, x)


def classes_and_codes(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sorted labels and the number of each sample's; for small integers without sorting."""
    if y.dtype.kind not in "iu" or int(y.max()) - int(y.min()) >= 2**16 or int(y.max()) >= 2**63:
        classes = np.unique(y)
        return classes, np.searchsorted(classes, y)
    lowest = y.min()
    above = y.astype(np.int64) - np.int64(lowest)
    there = np.bincount(above) > 0
    return (np.flatnonzero(there) + np.int64(lowest)).astype(y.dtype), (np.cumsum(there) - 1)[above]
