"""What the classifiers share: labels, probabilities, streams."""

import os
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d, validate_data

from neurosim.cnn.activations import Sigmoid, Softmax
from neurosim.cnn.estimator import NetworkLearner
from neurosim.cnn.layer import Layer
from neurosim.cnn.losses import BinaryCrossEntropy, CrossEntropy, Loss
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.progress import Callback


class NetworkClassifier(ClassifierMixin, NetworkLearner):
    """Classes as outputs: a softmax, or for several labels a sample a logistic unit each."""

    classes_: np.ndarray
    multilabel_: bool

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities of the classes, (samples, classes); of several labels each for itself."""
        return self._outputs(X)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X: Any) -> np.ndarray:
        """Return the label of every sample, (samples,), or 0 and 1, (samples, labels), where several may hold."""
        probabilities = self.predict_proba(X)
        if self.multilabel_:
            return (probabilities > 0.5).astype(np.int64)
        labels: np.ndarray = self.classes_[probabilities.argmax(axis=1)]
        return labels

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
        """Train on labelled samples.

        Parameters
        ----------
        X : (samples, features) array, finite, at least 2 samples
        y : (samples,) labels of two or more classes, or (samples, labels) of 0 and 1
        sample_weight : (samples,), optional
            How much each sample counts, >= 0.
        callback : function of a `neurosim.core.progress.Progress`, optional
            Called after every epoch with the metrics "loss" and, with early stopping, "validation_loss" and
            "validation_accuracy"; returning True stops.
        checkpoint : path, optional
            The estimator is written here after epochs; `neurosim.load` reads it.
        resume : bool, default False
            Go on from `checkpoint`, if that file is there, to the same bits as without the interruption; with
            `warm_start` from the model that the interrupted fit began with, or from the file's.

        Returns
        -------
        self

        Raises
        ------
        InvalidParameter, ValueError
            If a parameter, X or y is not as described.
        DivergedError
            If the loss is not finite; `network_` keeps the last good weights.
        StorageError
            If the checkpoint is there without `resume`, is damaged, or belongs to other data or parameters.
        """
        with self._kept_if_refused():
            self._check()
            x, y = self._labelled(X, y, fitting=True)
            self._take_classes(y)
            targets = self._targets(y, x.dtype)
            job = self._prepare(x, targets, self._loss(), sample_weight, checkpoint=checkpoint, resume=resume)
        return self._run(job, callback)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Pass over the samples once and keep what was learned before.

        Parameters
        ----------
        X, y, sample_weight : as for `fit`
            One sample or more, of some of the classes.
        classes : (classes,), needed at the first call
            All labels that will ever come.

        Notes
        -----
        Nobody knows how many calls will come: rates of a `solver` may not depend on the number of steps.

        Returns
        -------
        self
        """
        with self._kept_if_refused():
            self._check()
            first = not hasattr(self, "network_")
            x, y = self._labelled(X, y, fitting=first, streaming=True)
            known = self._known(classes, y)
            if y.ndim == 1 and not np.isin(y, known).all():
                unknown = y[~np.isin(y, known)][0]
                raise InvalidParameter(type(self).__name__, "y", unknown, f"one of the classes {known}")
            if first:
                self.classes_, self.multilabel_ = known, y.ndim == 2
            job = self._prepare(x, self._targets(y, x.dtype), self._loss(), sample_weight, stream=True)
        return self._run(job)

    def _take_classes(self, y: np.ndarray) -> None:
        """Set the classes of a fit."""
        name, multilabel = type(self).__name__, y.ndim == 2
        classes = np.arange(y.shape[1]) if multilabel else np.unique(y)
        if len(classes) < 2:
            raise DataError(f"{name}: y holds one class only, {classes[0]}; it needs two or more")
        goes_on = self.warm_start and hasattr(self, "network_")
        if goes_on and not (multilabel == self.multilabel_ and np.array_equal(classes, self.classes_)):
            raise DataError(f"{name}: warm_start needs the classes of the first fit, {self.classes_}")
        self.classes_, self.multilabel_ = classes, multilabel

    def _known(self, classes: Any, y: np.ndarray) -> np.ndarray:
        """Return the labels of a stream, checked."""
        name = type(self).__name__
        if hasattr(self, "network_"):
            if classes is not None and not np.array_equal(np.unique(classes), self.classes_):
                raise InvalidParameter(name, "classes", classes, f"those of the first call: {self.classes_}")
            if (y.ndim == 2) != self.multilabel_ or (y.ndim == 2 and y.shape[1] != len(self.classes_)):
                raise DataError(f"{name}: y of shape {y.shape} is not like that of the first call")
            return self.classes_
        if y.ndim == 2:
            return np.arange(y.shape[1])
        if classes is None:
            raise InvalidParameter(name, "classes", None, "all labels, at the first partial_fit")
        if len(known := np.unique(classes)) < 2:
            raise InvalidParameter(name, "classes", classes, "two or more different labels")
        return known

    def _labelled(self, X: Any, y: Any, *, fitting: bool, streaming: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Return samples and labels, (samples,) or (samples, labels) of 0 and 1, checked."""
        x, y = validate_data(
            self, X, y, reset=fitting, dtype=(np.float64, np.float32), order="C", multi_output=True,
            ensure_min_samples=1 if streaming else 2,
        )  # fmt: skip
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        if y.ndim == 2 and type_of_target(y) != "multilabel-indicator":
            raise DataError(f"{type(self).__name__}: y of shape {y.shape} has to hold 0 and 1")
        return x, y

    def _loss(self) -> Loss:
        return BinaryCrossEntropy() if self.multilabel_ else CrossEntropy()

    def _output_activation(self) -> Layer:
        return Sigmoid() if self.multilabel_ else Softmax()

    def _targets(self, y: np.ndarray, dtype: Any) -> np.ndarray:
        if self.multilabel_:
            return y.astype(dtype)
        return np.eye(len(self.classes_), dtype=dtype)[np.searchsorted(self.classes_, y)]

    def __sklearn_tags__(self) -> Any:
        """Return scikit-learn's tags: several labels a sample are welcome."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
