"""Widrow and Hoff's adaptive linear element."""

from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.perceptron import cpu, rules
from neurosim.perceptron.online import OnlineClassifier, Samples
from neurosim.perceptron.passive_aggressive import dividing_norms

RULES = {"lms": rules.LMS, "nlms": rules.NORMALISED_LMS}


class Adaline(OnlineClassifier):
    """Adaptive linear element: every sample, right or wrong, moves the score towards its label.

    With the error ``e = y - s`` a sample adds ``2 mu e x`` ("lms": least mean squares) or ``mu e x / |x|^2`` ("nlms":
    normalised, where mu is the alpha of alpha-LMS). The weights then wander about the least-squares solution, the
    nearer the smaller mu. More than two classes are learned one against the rest.

    Parameters
    ----------
    mu : float > 0, default 0.1
        Step size. "nlms" is stable below 2. "lms" is stable in the mean below 1 / (largest eigenvalue of the
        correlation matrix of the inputs), and its squared error stays bounded only for less than that: for white
        inputs of variance 1 and Gaussian distribution below 1 / (features + 2), where the bias counts as a feature.
    rule : "nlms" or "lms", default "nlms"
        "nlms" does not depend on the scale of the features.
    epochs : int >= 1, default 10
    fit_intercept, shuffle, random_state
        As for `Perceptron`; the bias counts as the weight of a feature that is always 1, in ‖x‖^2 too.

    Attributes
    ----------
    coef_, intercept_, classes_, mistakes_, n_iter_, n_seen_, seed_
        As for `Perceptron`.
    mean_squared_error_ : (epochs, problems)
        Mean of e^2 over the samples of each epoch, each as it was before its step.

    Raises
    ------
    InvalidParameter
        At the fit, if mu is so large that the weights diverge.

    References
    ----------
    B. Widrow, M. E. Hoff, "Adaptive switching circuits", IRE WESCON Convention Record 4:96-104 (1960), from memory.

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> from neurosim.perceptron import Adaline
    >>> iris = load_iris()
    >>> model = Adaline(mu=0.1, random_state=0).fit(iris.data, iris.target == 0)
    >>> float(model.score(iris.data, iris.target == 0))
    1.0
    """

    def __init__(
        self,
        mu: float = 0.1,
        *,
        rule: str = "nlms",
        epochs: int = 10,
        fit_intercept: bool = True,
        shuffle: bool = True,
        random_state: Any = None,
    ) -> None:
        self.mu = mu
        self.rule = rule
        self.epochs = epochs
        self.fit_intercept = fit_intercept
        self.shuffle = shuffle
        self.random_state = random_state

    def _check(self) -> None:
        super()._check()
        checks.one_of(type(self).__name__, "rule", self.rule, tuple(RULES))
        most, wanted = (2, "a number > 0 and < 2") if self.rule == "nlms" else (np.inf, "a number > 0")
        checks.number(type(self).__name__, "mu", self.mu, wanted, above=0, below=most)

    def _rule_code(self) -> int:
        return RULES[self.rule]

    def _rule_parameters(self) -> tuple[float, float]:
        return self.mu, 0.0

    def _norms(self, x: Any) -> np.ndarray | None:
        return dividing_norms("Adaline", x, self.fit_intercept) if self.rule == "nlms" else None

    def _start(self, x: Any) -> None:
        super()._start(x)
        self.mean_squared_error_ = np.zeros((0, len(self.coef_)))

    def _count(self, metrics: cpu.Metrics, samples: int) -> None:
        super()._count(metrics, samples)
        self.mean_squared_error_ = np.vstack([self.mean_squared_error_, metrics.squared_error / samples])

    def _refuse(self, x: Samples) -> None:
        if np.isfinite(x[0] if isinstance(x, tuple) else x).all():
            wanted = "smaller: the weights diverged (scale the features, or take rule='nlms')"
            raise InvalidParameter(type(self).__name__, "mu", self.mu, wanted)
        super()._refuse(x)

    def _settled(self, metrics: cpu.Metrics) -> bool:
        return False
