"""Rosenblatt's perceptron with error correction."""

from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.perceptron import rules
from neurosim.perceptron.online import OnlineClassifier, squared_norms


class Perceptron(OnlineClassifier):
    """Perceptron: a linear threshold unit that is corrected by every sample it gets wrong.

    A sample x with label y (-1 or 1) and score s = w.x + b that has ``y s <= margin`` adds ``eta0 y x`` to the weights
    and ``eta0 y`` to the bias; all others change nothing. More than two classes are learned one against the rest, and
    the highest score decides.

    If hyperplanes separate the classes, learning ends: with samples no longer than R and a margin gamma of the best
    unit vector, there are at most (R / gamma)^2 corrections, in whatever order the samples come (Novikoff). With a
    `margin` m there are at most (R^2 + 2 m / eta0) / gamma^2, as a correction may then lengthen the weights by more.

    Parameters
    ----------
    margin : float >= 0, default 0
        A score below this counts as wrong; 0 is Rosenblatt's rule.
    eta0 : float > 0, default 1
        Size of a correction. From zero weights and without a margin it only scales the weights.
    epochs : int >= 1, default 100
        Passes over the data at most; an epoch without a correction is the last.
    fit_intercept : bool, default True
        Whether there is a bias, which learns like the weight of a feature that is always 1.
    shuffle : bool, default True
        Whether every epoch has another order of the samples.
    random_state : None, int, SeedSequence, Generator or RandomState, default None
        Where the orders come from.

    Attributes
    ----------
    coef_ : (problems, features)
        Weights, of the samples' dtype; one problem for two classes, else one a class.
    intercept_ : (problems,)
    classes_ : (classes,)
        Labels, sorted.
    mistakes_ : (epochs, problems) int
        Samples on the wrong side when they were shown.
    updates_ : (epochs, problems) int
        Corrections; more than the mistakes where there is a margin.
    novikoff_bound_ : (problems,)
        This bound, with the gamma that the learned weights reach: no more corrections are ever made. Infinite where the
        last epoch still made some, and after `partial_fit`, which does not see all samples. With a bias R and gamma
        count the feature that is always 1.
    n_iter_ : int
        Epochs done.
    n_seen_ : int
        Samples shown.
    seed_ : int
        The key that `random_state` stood for.

    Notes
    -----
    Without shuffling the weights equal those of scikit-learn's Perceptron without a penalty, but for scores so near 0
    that rounding decides. The result does not depend on the number of threads.

    References
    ----------
    F. Rosenblatt, "Principles of Neurodynamics" (1962). A. B. J. Novikoff, "On convergence proofs on perceptrons",
    Symposium on the Mathematical Theory of Automata 12:615-622 (1962). Both from memory of the literature.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.perceptron import Perceptron
    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> model = Perceptron(random_state=0).fit(X, [0, 0, 0, 1])
    >>> model.predict(X)
    array([0, 0, 0, 1])
    >>> bool(model.mistakes_.sum() <= model.novikoff_bound_[0])
    True
    """

    learning_rule = rules.CORRECTION

    def __init__(
        self,
        *,
        margin: float = 0.0,
        eta0: float = 1.0,
        epochs: int = 100,
        fit_intercept: bool = True,
        shuffle: bool = True,
        random_state: Any = None,
    ) -> None:
        self.margin = margin
        self.eta0 = eta0
        self.epochs = epochs
        self.fit_intercept = fit_intercept
        self.shuffle = shuffle
        self.random_state = random_state

    def _check(self) -> None:
        super()._check()
        checks.number(type(self).__name__, "margin", self.margin, "a number >= 0", least=0)
        checks.number(type(self).__name__, "eta0", self.eta0, "a number > 0", above=0)

    def _rule_parameters(self) -> tuple[float, float]:
        return self.margin, self.eta0

    def _finish(self, x: Any, codes: np.ndarray | None) -> None:
        super()._finish(x, codes)
        self.novikoff_bound_ = np.full(len(self.coef_), np.inf)
        settled = np.flatnonzero(self.updates_[-1] == 0)
        if not len(settled) or codes is None:
            return
        one = float(self.fit_intercept)
        radius2 = float(squared_norms(x).max()) + one
        weights = self.coef_[settled].astype(np.float64)
        scores = x @ weights.T + self.intercept_[settled]
        positive = settled if len(self.classes_) > 2 else np.ones(1, np.intp)
        sides = np.where(codes[:, None] == positive, 1, -1)
        lengths2 = (weights**2).sum(axis=1) + one * self.intercept_[settled].astype(np.float64) ** 2
        growth = radius2 + 2 * self.margin / self.eta0
        self.novikoff_bound_[settled] = growth * lengths2 / (scores * sides).min(axis=0) ** 2
