"""The perceptron of Freund and Schapire: all weights that it passed through vote."""

from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.perceptron import cpu, rules
from neurosim.perceptron.kernel import READOUTS, KernelPerceptron, dense_rows
from neurosim.perceptron.online import OnlineClassifier, Samples, refuse


class VotedPerceptron(KernelPerceptron):
    """Linear perceptron whose answer is the majority of all weights it passed through.

    It is trained as `Perceptron`. Weights have as many votes as samples were shown from the one that made them to the
    one that changed them. A vote needs the score of every one of these weights, so predicting takes far longer than by
    `AveragedPerceptron`, whose answers differ little. For other kernels there is ``KernelPerceptron(readout="voted")``.

    Parameters
    ----------
    readout : "voted", "averaged" or "last", default "voted"
        Which of the answers; it may be changed after the fit.
    epochs : int >= 1, default 10
    fit_intercept, shuffle, random_state
        As for `Perceptron`.

    Attributes
    ----------
    support_vectors_ : (support, features)
        Samples that were wrong, once for each epoch in which they were; ``coef_`` is ``dual_coef_ @ support_vectors_``.
    change_problem_, change_support_, change_sign_, change_time_ : (changes,)
        Every mistake in order: which problem, which support vector, the label, and the samples seen before.
    coef_, intercept_, classes_, mistakes_, updates_, n_iter_, n_seen_, seed_
        As for `Perceptron`; the weights are the last.

    References
    ----------
    Y. Freund, R. E. Schapire, "Large margin classification using the perceptron algorithm", Machine Learning
    37:277-296 (1999), from memory.

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> from neurosim.perceptron import VotedPerceptron
    >>> iris = load_iris()
    >>> model = VotedPerceptron(random_state=0).fit(iris.data[50:], iris.target[50:])
    >>> bool(model.score(iris.data[50:], iris.target[50:]) > 0.9)
    True
    """

    learning_rule, scores_tell = rules.CORRECTION, True
    kernel, gamma = "linear", 1.0

    def __init__(
        self,
        *,
        readout: str = "voted",
        epochs: int = 10,
        fit_intercept: bool = True,
        shuffle: bool = True,
        random_state: Any = None,
    ) -> None:
        self.readout = readout
        self.epochs = epochs
        self.fit_intercept = fit_intercept
        self.shuffle = shuffle
        self.random_state = random_state

    def _check(self) -> None:
        OnlineClassifier._check(self)
        checks.one_of("VotedPerceptron", "readout", self.readout, READOUTS)

    def _first_weights(self, x: Any) -> None:
        super()._first_weights(x)
        OnlineClassifier._first_weights(self, x)

    def _check_finite(self) -> None:
        OnlineClassifier._check_finite(self)

    def _epoch(self, x: Samples, codes: np.ndarray, order: np.ndarray, norms: np.ndarray | None) -> cpu.Metrics:
        state = self._state()
        at = np.empty((self._problems, len(order)), np.int32)
        metrics = cpu.advance(state, x, codes, order, self.n_seen_, self.learning_rule, 0.0, 1.0, at=at)
        if not metrics.finite:
            refuse("VotedPerceptron", x)
        self._take(state)
        changes = np.zeros((len(order), self._problems), np.int8)
        for k, many in enumerate(metrics.updates):
            times = at[k, :many]
            changes[times, k] = np.where(codes[order[times]] == state.positive[k], 1, -1)
        self._note(changes, self.n_seen_)
        vectors = dense_rows(x, order[changes.any(axis=1)], self.coef_.shape[1])
        self.support_vectors_ = np.vstack([self.support_vectors_, vectors])
        self._count(metrics, len(order))
        return metrics

    def _kernel(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        values: np.ndarray = x @ z.T + x.dtype.type(self.fit_intercept)
        return values
