"""Gallant's pocket algorithm: the best weights that a perceptron passed through."""

from typing import Any

import numpy as np

from neurosim.core import parallel, random
from neurosim.perceptron import cpu
from neurosim.perceptron.online import OnlineClassifier, Samples


class PocketPerceptron(OnlineClassifier):
    """Perceptron that keeps, in its pocket, the weights that got the most samples in a row right.

    On data that no hyperplane separates the perceptron's weights never settle. Here samples are drawn at random with
    replacement and corrected as by `Perceptron`; when the present weights get more in a row right than the kept ones
    did, they are kept instead. With the ratchet they must also get more of all samples right, so the kept weights never
    become worse.

    Parameters
    ----------
    ratchet : bool, default True
    epochs : int >= 1, default 100
        Draws of as many samples as there are; ends early when the kept weights get all right (ratchet only).
    fit_intercept : bool, default True
    random_state : None, int, SeedSequence, Generator or RandomState, default None
        Where the draws come from.

    Attributes
    ----------
    coef_, intercept_
        The kept weights, (problems, features) and (problems,).
    last_coef_, last_intercept_
        The weights after the last draw.
    longest_run_ : (problems,) int
        Samples in a row that the kept weights got right.
    n_right_ : (problems,) int
        How many of all samples the kept weights get right; on the boundary is wrong.
    classes_, mistakes_, n_iter_, n_seen_, seed_
        As for `Perceptron`.

    References
    ----------
    S. I. Gallant, "Perceptron-based learning algorithms", IEEE Transactions on Neural Networks 1:179-191 (1990), from
    memory.

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> from neurosim.perceptron import PocketPerceptron
    >>> iris = load_iris()
    >>> model = PocketPerceptron(random_state=0).fit(iris.data[50:], iris.target[50:])
    >>> bool(model.score(iris.data[50:], iris.target[50:]) >= 0.97)
    True
    """

    scores_tell = False

    def __init__(
        self, *, ratchet: bool = True, epochs: int = 100, fit_intercept: bool = True, random_state: Any = None
    ) -> None:
        self.ratchet = ratchet
        self.epochs = epochs
        self.fit_intercept = fit_intercept
        self.random_state = random_state

    def _start(self, x: Any) -> None:
        super()._start(x)
        self.last_coef_, self.last_intercept_ = self.coef_.copy(), self.intercept_.copy()
        self.run_, self.longest_run_, self.n_right_ = (np.zeros(len(self.coef_), np.int64) for _ in range(3))

    def _order(self, epoch: int, samples: int) -> np.ndarray:
        return (random.uniform(self.seed_, epoch, samples) * samples).astype(np.int64)

    def _epoch(self, x: Samples, codes: np.ndarray, order: np.ndarray, norms: np.ndarray | None) -> cpu.Metrics:
        kept = cpu.begin(self.coef_, self.intercept_, len(self.classes_), intercept=self.fit_intercept)
        now = cpu.begin(self.last_coef_, self.last_intercept_, len(self.classes_), intercept=self.fit_intercept)
        if self.n_iter_:  # of these samples, which may be others than before
            parts = enumerate(zip(kept.bias * kept.one, kept.positive, strict=True))
            right = [cpu.count_right(x, codes, kept.weights, k, b, positive) for k, (b, positive) in parts]
            self.n_right_ = np.array(right)
        self.run_, self.longest_run_, self.n_right_ = map(np.copy, (self.run_, self.longest_run_, self.n_right_))
        counts = np.zeros((len(kept.weights), cpu.LINE))
        parallel.run(
            cpu.pocket_epoch, len(counts), x, codes, order, now.weights, now.bias, kept.weights, kept.bias, self.run_,
            self.longest_run_, self.n_right_, kept.positive, kept.one, bool(self.ratchet), counts,
        )  # fmt: skip
        self.coef_, self.intercept_ = kept.weights, kept.bias
        self.last_coef_, self.last_intercept_ = now.weights, now.bias
        mistakes = counts[:, 0].astype(np.int64)
        metrics = cpu.Metrics(mistakes, len(codes) - self.n_right_, np.zeros(len(counts)))
        self._count(metrics, len(order))
        return metrics

    def _count(self, metrics: cpu.Metrics, samples: int) -> None:
        self.mistakes_ = np.vstack([self.mistakes_, metrics.mistakes])
        self.n_iter_ += 1
        self.n_seen_ += samples

    def _settled(self, metrics: cpu.Metrics) -> bool:
        return bool(self.ratchet) and not metrics.updates.any()
