"""Many Adalines that vote."""

from typing import Any

import numpy as np

from neurosim.core import checks, parallel, random
from neurosim.core.errors import InvalidParameter
from neurosim.perceptron import cpu
from neurosim.perceptron.online import OnlineClassifier, Samples
from neurosim.perceptron.passive_aggressive import dividing_norms


class Madaline(OnlineClassifier):
    """Many Adalines whose majority decides, trained by Widrow's first rule.

    When the majority is wrong, just as many of the outvoting units are changed as it takes to turn it: those whose
    scores are nearest to 0, which need the least change (minimal disturbance). Each moves towards the label by
    ``mu (y - s) x / |x|^2``. A majority of lines can cut out corners, so it solves more than a single unit can. More
    than two classes are learned one against the rest.

    Parameters
    ----------
    n_units : odd int >= 1, default 5
        Adalines for each problem.
    mu : float in (0, 2), default 0.5
        Step size.
    epochs : int >= 1, default 50
        Passes over the data at most; an epoch without a mistake is the last.
    fit_intercept, shuffle
        As for `Perceptron`.
    random_state : None, int, SeedSequence, Generator or RandomState, default None
        Where the first weights (uniform, between -1 and 1 over the root of the features) and the orders come from.

    Attributes
    ----------
    unit_coef_ : (problems, units, features)
    unit_intercept_ : (problems, units)
    classes_, mistakes_, updates_, n_iter_, n_seen_, seed_
        As for `Perceptron`; the updates count changed units.

    References
    ----------
    B. Widrow, M. A. Lehr, "30 years of adaptive neural networks: perceptron, Madaline, and backpropagation",
    Proceedings of the IEEE 78:1415-1442 (1990), from memory.

    Examples
    --------
    >>> from neurosim.perceptron import Madaline
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 1]
    >>> Madaline(n_units=3, random_state=0).fit(X, y).predict(X)
    array([0, 1, 1, 1])
    """

    scores_tell = False

    def __init__(
        self,
        n_units: int = 5,
        *,
        mu: float = 0.5,
        epochs: int = 50,
        fit_intercept: bool = True,
        shuffle: bool = True,
        random_state: Any = None,
    ) -> None:
        self.n_units = n_units
        self.mu = mu
        self.epochs = epochs
        self.fit_intercept = fit_intercept
        self.shuffle = shuffle
        self.random_state = random_state

    def _check(self) -> None:
        super()._check()
        checks.at_least("Madaline", "n_units", self.n_units, 1)
        if self.n_units % 2 == 0:
            raise InvalidParameter("Madaline", "n_units", self.n_units, "odd, so that there is a majority")
        checks.number("Madaline", "mu", self.mu, "a number > 0 and < 2", above=0, below=2)

    def _norms(self, x: Any) -> np.ndarray:
        return dividing_norms("Madaline", x, self.fit_intercept)

    def _first_weights(self, x: Any) -> None:
        shape = (self._problems, self.n_units, x.shape[1] + 1)
        first = (2 * random.uniform(self.seed_, 2**32 - 1, shape) - 1) / np.sqrt(x.shape[1])
        self.unit_coef_ = np.ascontiguousarray(first[..., :-1], x.dtype)
        self.unit_intercept_ = first[..., -1].astype(x.dtype) * self.fit_intercept

    def _epoch(self, x: Samples, codes: np.ndarray, order: np.ndarray, norms: np.ndarray | None) -> cpu.Metrics:
        state = cpu.begin(self.unit_coef_[:, 0], self.unit_intercept_[:, 0], len(self.classes_))
        weights, bias, real = self.unit_coef_.copy(), self.unit_intercept_.copy(), self.unit_coef_.dtype.type
        rows = weights.reshape(-1, weights.shape[2])
        counts = np.zeros((self._problems, cpu.LINE))
        one, alpha = real(self.fit_intercept), real(self.mu)
        parallel.run(
            cpu.madaline_epoch, len(counts), x, codes, order, rows, bias, state.positive, one, alpha, norms, counts
        )
        self.unit_coef_, self.unit_intercept_ = weights, bias
        metrics = cpu.Metrics(counts[:, 0].astype(np.int64), counts[:, 1].astype(np.int64), np.zeros(len(counts)))
        self._count(metrics, len(order))
        return metrics

    def _check_finite(self) -> None:
        pass  # a step below 2 cannot diverge

    def _scores(self, x: Any) -> np.ndarray:
        """Return the mean votes; where two classes have as many, the units' mean scores decide."""
        problems, units, features = self.unit_coef_.shape
        scores = x @ self.unit_coef_.reshape(-1, features).T.astype(x.dtype)
        scores = np.asarray(scores).reshape(-1, problems, units) + self.unit_intercept_
        votes = np.where(scores > 0, 1, -1).mean(axis=2)
        mixed: np.ndarray = votes + np.tanh(scores.mean(axis=2)) / (2 * units)  # less than half a vote
        return mixed

    @property
    def _real(self) -> np.dtype:
        return self.unit_coef_.dtype
