"""Rosenblatt's elementary perceptron as a classifier: random A-units that are fixed, and a perceptron that learns."""

from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from neurosim.core import checks
from neurosim.core.jit import one_blas_thread
from neurosim.core.progress import Callback
from neurosim.core.random import seed_from, uniform
from neurosim.perceptron.online import LinearClassifier
from neurosim.perceptron.perceptron import Perceptron
from neurosim.perceptron.wiring import draw_origins, fires, sum_range

ORIGINS, THRESHOLDS, ORDER = range(3)
BLOCK = 512  # samples at a time
LEARNED = ("coef_", "intercept_", "classes_", "mistakes_", "updates_", "n_iter_", "n_seen_")


class ElementaryPerceptron(ClassNamePrefixFeaturesOutMixin, TransformerMixin, LinearClassifier):
    """Elementary perceptron: a random layer of threshold units, the A-units, before a perceptron.

    An A-unit adds `excitatory` features and takes away `inhibitory` ones, drawn with replacement, and is active if this
    sum reaches its threshold. Wiring and thresholds are drawn once and stay; error correction trains only the weights
    from the A-units to the responses. Whether the classes can then be parted by a plane is a gamble, which almost
    surely pays off with enough units: so XOR and other problems are solved that no perceptron on the features solves.

    Parameters
    ----------
    n_units : int >= 1, default 1000
        A-units, N_A.
    excitatory, inhibitory : int >= 0, default 5, 4
        Connections of every A-unit with sign +1 and -1; at least one in all. With equal numbers a unit cannot tell
        (0, ..., 0) from (1, ..., 1): its sum is 0 for both.
    threshold : float, optional
        Of all units. Default: every unit draws its own, uniformly in the range that its sum takes on the training
        data. For features 0 and 1 this is the same as an integer drawn from those above the least sum up to the
        largest.
    margin : float >= 0, default 0.0
        See `Perceptron`.
    epochs : int >= 1, default 100
        See `Perceptron`.
    random_state : None, int, SeedSequence, Generator or RandomState, default None
        Where wiring, thresholds and the order of the samples come from.

    Attributes
    ----------
    origins_ : (n_units, excitatory + inhibitory) array
        Index of the feature that every connection comes from.
    signs_ : (excitatory + inhibitory,) array of 1 and -1
        The same for all units.
    thresholds_ : (n_units,) array
    coef_ : (responses, n_units) array
        Weights from the A-units to the responses: one for each class, or a single one for two classes.
    intercept_ : (responses,) array
    classes_ : (classes,) array
    mistakes_, updates_ : (epochs, responses) int arrays
        See `Perceptron`.
    n_iter_, n_seen_ : int
        Epochs done and samples shown.
    seed_ : int
        The key that `random_state` stood for.
    n_features_in_ : int

    Notes
    -----
    Rosenblatt's S-points are lit or dark. For graded features the connections carry the values as they are: a feature
    with large numbers rules the sums of its units, so that features of different kinds want scaling.

    References
    ----------
    F. Rosenblatt, "Principles of Neurodynamics" (1962), from memory: error correction on a layer of random A-units. The
    A-units are those of F. Rosenblatt, "The perceptron: a probabilistic model for information storage and organization
    in the brain", Psychological Review 65:386-408 (1958), whose machine reinforces values instead (`PhotoPerceptron`).

    Examples
    --------
    >>> from neurosim.perceptron import ElementaryPerceptron
    >>> corners, xor = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> ElementaryPerceptron(50, random_state=0).fit(corners, xor).predict(corners).tolist()
    [0, 1, 1, 0]
    """

    def __init__(
        self,
        n_units: int = 1000,
        *,
        excitatory: int = 5,
        inhibitory: int = 4,
        threshold: float | None = None,
        margin: float = 0.0,
        epochs: int = 100,
        random_state: Any = None,
    ) -> None:
        self.n_units = n_units
        self.excitatory = excitatory
        self.inhibitory = inhibitory
        self.threshold = threshold
        self.margin = margin
        self.epochs = epochs
        self.random_state = random_state

    def fit(self, X: Any, y: Any, *, callback: Callback | None = None) -> Self:
        """Draw the A-units and train the weights from them to the responses.

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
            x, y = self._labelled(X, y)
            self._encoded(y)
            x = dense(x)
            self._draw_units(x)
            return self._keep(self._readout().fit(self._active(x).astype(x.dtype), y, callback=callback))

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """Train on the samples once, in their order; the first call draws the A-units.

        Parameters
        ----------
        X, y : as for `fit`
            One sample or more, of some of the classes. The first call's samples should be typical: thresholds are drawn
            in the range of their sums.
        classes : (classes,), needed at the first call
            All labels that will ever come.

        Returns
        -------
        self
        """
        self._check()
        first = not hasattr(self, "classes_")
        with self._kept_if_refused():
            x, y = self._labelled(X, y, reset=first)
            x = dense(x)
            if first:
                self._draw_units(x)
            readout = self._readout()
            if not first:
                state = {name: getattr(self, name) for name in LEARNED}
                readout = Perceptron.from_parts(readout.get_params(), state | {"n_features_in_": len(self.origins_)})
            return self._keep(readout.partial_fit(self._active(x).astype(x.dtype), y, classes))

    def activity(self, X: Any) -> np.ndarray:
        """Return which A-units are active for every sample, bool (samples, n_units)."""
        check_is_fitted(self)
        return self._active(self._samples(X))

    def transform(self, X: Any) -> np.ndarray:
        """Return the activity as numbers 0 and 1 of the samples' dtype, shape (samples, n_units)."""
        check_is_fitted(self)
        x = self._samples(X)
        return self._active(x).astype(x.dtype)

    def _samples(self, X: Any, *, fitting: bool = False) -> np.ndarray:
        kinds = (np.float64, np.float32)
        return dense(validate_data(self, X, reset=fitting, accept_sparse="csr", dtype=kinds, order="C"))

    def _scores(self, x: Any) -> np.ndarray:
        """Return what the responses receive, block by block: activities take more room than samples."""
        weights, bias = self.coef_.T.astype(x.dtype), self.intercept_.astype(x.dtype)
        blocks = (self._active(dense(x[start : start + BLOCK])) for start in range(0, x.shape[0], BLOCK))
        with one_blas_thread():
            return np.vstack([active.astype(x.dtype) @ weights + bias for active in blocks])

    @property
    def _n_features_out(self) -> int:
        return len(self.origins_)

    def _draw_units(self, x: np.ndarray) -> None:
        """Draw wiring and thresholds."""
        self.seed_ = seed_from(self.random_state)
        connections = self.excitatory + self.inhibitory
        self.origins_ = draw_origins(self.seed_, ORIGINS, self.n_units, connections, x.shape[1])
        self.signs_ = np.where(np.arange(connections) < self.excitatory, 1, -1)
        if self.threshold is not None:
            self.thresholds_ = np.full(self.n_units, self.threshold, x.dtype)
            return
        least, largest = sum_range(x, self.origins_, self.excitatory)
        self.thresholds_ = (largest - uniform(self.seed_, THRESHOLDS, self.n_units) * (largest - least)).astype(x.dtype)

    def _active(self, x: np.ndarray) -> np.ndarray:
        return fires(x, self.origins_, int((self.signs_ > 0).sum()), self.thresholds_)

    def _readout(self) -> Perceptron:
        """Return a perceptron for the responses that has learned nothing yet."""
        key = int(uniform(self.seed_, ORDER, 1)[0] * 2**53)
        return Perceptron(margin=self.margin, epochs=self.epochs, random_state=key)

    def _keep(self, readout: Perceptron) -> Self:
        for name in LEARNED:
            setattr(self, name, getattr(readout, name))
        return self

    def _check(self) -> None:
        name = type(self).__name__
        checks.at_least(name, "n_units", self.n_units, 1)
        checks.at_least(name, "excitatory", self.excitatory, 0)
        checks.at_least(name, "epochs", self.epochs, 1)
        checks.at_least(name, "inhibitory", self.inhibitory, 0 if self.excitatory else 1)
        checks.number(name, "margin", self.margin, "a number >= 0", least=0)
        if self.threshold is not None:
            checks.number(name, "threshold", self.threshold, "None or a finite number")


def dense(x: Any) -> np.ndarray:
    """Return samples, an array or a sparse matrix, as an array."""
    array: np.ndarray = x.toarray() if sparse.issparse(x) else x
    return array
