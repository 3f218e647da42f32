"""The perceptron that answers with the mean of all its weights."""

from typing import Any

import numpy as np

from neurosim.perceptron import cpu
from neurosim.perceptron.perceptron import Perceptron


class AveragedPerceptron(Perceptron):
    """Perceptron whose answers come from the mean of the weights after every sample that was shown.

    It is trained as `Perceptron`. The last weights depend on which samples happened to come last; the mean does not,
    and errs less on data that no hyperplane separates. The mean costs nothing until a sample is corrected: with T
    samples shown, a correction tau x made after t of them counts ``tau x (T - t) / T``.

    Parameters
    ----------
    margin, eta0, epochs, fit_intercept, shuffle, random_state
        As for `Perceptron`; 10 epochs by default.

    Attributes
    ----------
    coef_, intercept_
        The means, (problems, features) and (problems,), of the samples' dtype.
    last_coef_, last_intercept_
        The weights after the last sample.
    classes_, mistakes_, updates_, n_iter_, n_seen_, seed_
        As for `Perceptron`.

    References
    ----------
    Y. Freund, R. E. Schapire, "Large margin classification using the perceptron algorithm", Machine Learning
    37:277-296 (1999), from memory.

    Examples
    --------
    >>> from neurosim.datasets import load_digits
    >>> from neurosim.perceptron import AveragedPerceptron
    >>> digits = load_digits()
    >>> model = AveragedPerceptron(random_state=0).fit(digits.data, digits.target)
    >>> bool(model.score(digits.data, digits.target) > 0.95)
    True
    """

    def __init__(
        self,
        *,
        margin: float = 0.0,
        eta0: float = 1.0,
        epochs: int = 10,
        fit_intercept: bool = True,
        shuffle: bool = True,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            margin=margin,
            eta0=eta0,
            epochs=epochs,
            fit_intercept=fit_intercept,
            shuffle=shuffle,
            random_state=random_state,
        )

    def _start(self, x: Any) -> None:
        super()._start(x)
        self.last_coef_, self.last_intercept_ = self.coef_, self.intercept_
        self.sums_ = np.zeros(self.coef_.shape)
        self.intercept_sums_ = np.zeros(self.intercept_.shape)

    def _state(self) -> cpu.State:
        state = cpu.begin(self.last_coef_, self.last_intercept_, len(self.classes_), intercept=self.fit_intercept)
        return state._replace(sums=self.sums_.copy(), bias_sums=self.intercept_sums_.copy())

    def _take(self, state: cpu.State) -> None:
        self.last_coef_, self.last_intercept_ = state.weights, state.bias
        self.sums_, self.intercept_sums_ = state.sums, state.bias_sums

    def _finish(self, x: Any, codes: np.ndarray | None) -> None:
        real = self.last_coef_.dtype
        self.coef_ = (self.last_coef_ - self.sums_ / self.n_seen_).astype(real)
        self.intercept_ = (self.last_intercept_ - self.intercept_sums_ / self.n_seen_).astype(real)
        self._check_finite()
