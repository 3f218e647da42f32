"""The perceptron of optimal stability."""

import warnings
from typing import Any, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from neurosim.core import checks, parallel
from neurosim.perceptron import cpu
from neurosim.perceptron.online import LinearClassifier, arrays


class MinOver(LinearClassifier):
    """Perceptron of optimal stability: the hyperplane that keeps the largest distance from all samples.

    With a bias it is the largest margin of samples that have one more feature, always 1; only without one is it the
    distance in the space of the features.

    Always the sample of the least stability ``y s / |w|`` is added to the weights, y x. After n additions no weights
    have a stability above ‖w‖ / n, so the distance from the optimum is known all the time, and `tol` says when it is
    small enough. More than two classes are learned one against the rest.

    Parameters
    ----------
    tol : float in (0, 1), default 0.01
        Stop when the stability is within this share of the largest possible.
    max_steps : int >= 1, default 100_000
        Additions at most, for each problem; a ConvergenceWarning says if they did not suffice. Where no hyperplane
        separates the classes they never do.
    fit_intercept : bool, default True
        Whether there is a bias, which learns like the weight of a feature that is always 1 and counts in ‖w‖.

    Attributes
    ----------
    coef_ : (problems, features)
    intercept_ : (problems,)
    classes_ : (classes,)
    stability_ : (problems,)
        The least y s divided by the length of the weights and the bias; negative where a sample lies on the wrong side.
    stability_bound_ : (problems,)
        The most that any weights can reach.
    n_steps_ : (problems,) int
        Additions done.

    References
    ----------
    W. Krauth, M. Mezard, "Learning algorithms with optimal stability in neural networks", Journal of Physics A
    20:L745-L752 (1987), from memory.

    Examples
    --------
    >>> from neurosim.perceptron import MinOver
    >>> model = MinOver(fit_intercept=False, tol=0.001).fit([[0.0, 1.0], [3.0, 0.5], [-2.0, -1.0]], [1, 1, 0])
    >>> float(round(model.stability_[0], 2))
    0.99
    """

    def __init__(self, *, tol: float = 0.01, max_steps: int = 100_000, fit_intercept: bool = True) -> None:
        self.tol = tol
        self.max_steps = max_steps
        self.fit_intercept = fit_intercept

    def fit(self, X: Any, y: Any) -> Self:
        """Find the hyperplanes.

        Parameters
        ----------
        X : (samples, features) array or sparse matrix, finite
        y : (samples,)
            Labels of two or more classes.

        Returns
        -------
        self

        Raises
        ------
        InvalidParameter, ValueError
            If a parameter, X or y is not as described.
        """
        checks.at_least("MinOver", "max_steps", self.max_steps, 1)
        checks.number("MinOver", "tol", self.tol, "a number > 0 and < 1", above=0, below=1)
        with self._kept_if_refused():
            x, y = self._labelled(X, y)
            codes = self._encoded(y)
            samples = arrays(x)
            apart = range(len(self.classes_)) if self._problems > 1 else [1]
            weights = np.zeros((self._problems, x.shape[1] + 1), x.dtype)  # the bias is the last
            steps, least = np.zeros(self._problems, np.int64), np.zeros(self._problems)
            one = x.dtype.type(self.fit_intercept)

            def solve(begin: int, end: int) -> None:
                for k in range(begin, end):
                    sides = np.where(codes == apart[k], 1, -1).astype(x.dtype)
                    steps[k], least[k] = cpu.min_over(samples, sides, weights[k : k + 1], one, self.max_steps, self.tol)

            parallel.run(solve, self._problems)
            self.coef_, self.intercept_ = np.ascontiguousarray(weights[:, :-1]), weights[:, -1].copy()
            self._check_finite()
            length = np.linalg.norm(weights.astype(np.float64), axis=1)
            self.n_steps_, self.stability_bound_ = steps, length / steps
            self.stability_ = np.divide(least, length, out=np.zeros_like(least), where=length > 0)
            self._warn()
            return self

    def _warn(self) -> None:
        """Say which problems were not solved."""
        short = (self.stability_ <= 0) | (self.stability_ < (1 - self.tol) * self.stability_bound_)
        if not short.any():
            return
        which = "" if self._problems == 1 else f" for the class {', '.join(map(str, self.classes_[short]))}"
        least = self.stability_[short].min()
        told = "the samples are not separated" if least <= 0 else f"the least stability is {least:.4g}"
        message = f"MinOver: {self.max_steps} steps did not suffice{which}; {told}"
        warnings.warn(message, ConvergenceWarning, stacklevel=3)
