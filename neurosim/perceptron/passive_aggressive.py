"""Passive-aggressive learning: the smallest change that makes a sample right."""

from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.perceptron import rules
from neurosim.perceptron.online import OnlineClassifier, arrays, refuse, squared_norms

VARIANTS = ("PA", "PA-I", "PA-II")


class PassiveAggressive(OnlineClassifier):
    """Passive-aggressive classifier: changes the weights as little as makes the score of a sample at least 1.

    With the loss ``l = max(0, 1 - y s)`` a sample adds tau y x, where tau is ``l / |x|^2`` ("PA"), at most C
    ("PA-I"), or ``l / (|x|^2 + 1 / (2 C))`` ("PA-II"). More than two classes are learned one against the rest.

    Parameters
    ----------
    C : float > 0, default 1
        How much a single sample may change; "PA" does not use it.
    variant : "PA", "PA-I" or "PA-II", default "PA-I"
    epochs : int >= 1, default 10
        Passes over the data at most; an epoch without a loss is the last.
    fit_intercept, shuffle, random_state
        As for `Perceptron`; the bias counts as the weight of a feature that is always 1, in ‖x‖^2 too.

    Attributes
    ----------
    coef_, intercept_, classes_, mistakes_, updates_, n_iter_, n_seen_, seed_
        As for `Perceptron`.

    References
    ----------
    K. Crammer, O. Dekel, J. Keshet, S. Shalev-Shwartz, Y. Singer, "Online passive-aggressive algorithms", Journal of
    Machine Learning Research 7:551-585 (2006), from memory.

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> from neurosim.perceptron import PassiveAggressive
    >>> iris = load_iris()
    >>> model = PassiveAggressive(random_state=0).fit(iris.data, iris.target == 0)
    >>> float(model.score(iris.data, iris.target == 0))
    1.0
    """

    learning_rule = rules.PASSIVE_AGGRESSIVE

    def __init__(
        self,
        C: float = 1.0,
        *,
        variant: str = "PA-I",
        epochs: int = 10,
        fit_intercept: bool = True,
        shuffle: bool = True,
        random_state: Any = None,
    ) -> None:
        self.C = C
        self.variant = variant
        self.epochs = epochs
        self.fit_intercept = fit_intercept
        self.shuffle = shuffle
        self.random_state = random_state

    def _check(self) -> None:
        super()._check()
        checks.one_of(type(self).__name__, "variant", self.variant, VARIANTS)
        checks.number(type(self).__name__, "C", self.C, "a number > 0", above=0)

    def _rule_parameters(self) -> tuple[float, float]:
        limit = self.C if self.variant == "PA-I" else np.inf
        return limit, 1 / (2 * self.C) if self.variant == "PA-II" else 0.0

    def _norms(self, x: Any) -> np.ndarray:
        return dividing_norms("PassiveAggressive", x, self.fit_intercept)


def dividing_norms(owner: str, x: Any, intercept: bool) -> np.ndarray:
    """Return squared lengths of samples with their bias, infinite for a sample of zeros, which teaches nothing."""
    with np.errstate(over="ignore"):
        norms = squared_norms(x) + x.dtype.type(intercept)
    if not np.isfinite(norms).all():
        refuse(owner, arrays(x))
    return np.where(norms > 0, norms, np.inf).astype(x.dtype)
