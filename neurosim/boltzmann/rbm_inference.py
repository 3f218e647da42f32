"""What can be asked of a restricted machine that has weights, however it came by them."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse
from scipy.special import expit
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from neurosim.boltzmann.pseudo_likelihood import log_pseudo_likelihood
from neurosim.cnn.initialisers import normal
from neurosim.core import backend, checks, parallel, random
from neurosim.core.estimator import Learner
from neurosim.core.jit import one_blas_thread

BLOCK, LARGEST = 1024, 2**22  # samples of one matrix product, and numbers of one that is dense
START = 0  # the stream of the visible units that samples start from


@dataclass(frozen=True, eq=False)
class Completed:
    """Samples with their missing values filled in; known values are in both as they came.

    Attributes
    ----------
    states : (samples, features)
        After the last sweep.
    probabilities : (samples, features)
        Of a missing unit to be on, given the hidden units, on average over the draws; the mean of a Gaussian one.
    """

    states: np.ndarray
    probabilities: np.ndarray


def _bernoulli(model: Any) -> bool:
    return bool(model.visible == "bernoulli")


class RestrictedMachine(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Learner):
    """Conditional probabilities, energies and Gibbs sampling; see `RBM`."""

    components_: np.ndarray
    intercept_hidden_: np.ndarray
    intercept_visible_: np.ndarray
    visible: str
    backend: str

    def transform(self, X: Any) -> np.ndarray:
        """Return P(h = 1 | v) for every sample.

        Parameters
        ----------
        X : (samples, features) array or CSR matrix

        Returns
        -------
        (samples, n_components) array
        """
        check_is_fitted(self)
        x = self._visible(X)
        weights, bias = self._as(x.dtype)[0], self._as(x.dtype)[2]
        return _in_blocks(x, (weights.shape[1],), x.dtype, lambda v: expit(v @ weights + bias))

    def reconstruct(self, X: Any) -> np.ndarray:
        """Return the means of the visible units given the probabilities of the hidden ones, (samples, features)."""
        check_is_fitted(self)
        x = self._visible(X)
        weights, visible_bias, hidden_bias = self._as(x.dtype)
        means = (lambda field: field) if self.visible == "gaussian" else expit

        def there_and_back(v: Any) -> Any:
            return means(expit(v @ weights + hidden_bias) @ weights.T + visible_bias)

        return _in_blocks(x, (len(visible_bias),), x.dtype, there_and_back)

    def free_energy(self, X: Any) -> np.ndarray:
        """Return F(v) = -ln sum_h exp(-E(v, h)) of every sample, (samples,) float64.

        ln P(v) is -F(v) - ln Z; see `log_partition`. F(v) = -b.v - sum_k ln(1 + exp(c_k + (vW)_k)); with Gaussian
        visible units (v - b)^2 / 2 takes the place of -b.v.
        """
        check_is_fitted(self)
        x = self._visible(X)
        weights, visible_bias, hidden_bias = self._as(np.float64)

        def energies(v: Any) -> np.ndarray:
            field = v @ weights + hidden_bias
            hidden = (np.maximum(field, 0) + np.log1p(np.exp(-np.abs(field)))).sum(axis=1)
            if self.visible == "gaussian":
                return np.asarray(0.5 * ((_dense(v) - visible_bias) ** 2).sum(axis=1) - hidden)
            return np.asarray(-(v @ visible_bias) - hidden)

        return _in_blocks(x, (), np.float64, energies)

    @available_if(_bernoulli)
    def score_samples(self, X: Any) -> np.ndarray:
        """Return the log-pseudo-likelihood of every sample, sum_i ln P(v_i | all others), (samples,) float64.

        Only with Bernoulli visible units. Scikit-learn's class of this name draws one of the terms and multiplies it by
        their number: the same on average. A value between 0 and 1 counts as a probability, with the mean of the terms
        of 1 and 0.
        """
        check_is_fitted(self)
        x = self._visible(X)
        arrays = self._as(np.float64)
        scores = np.empty(x.shape[0])
        with one_blas_thread():
            for rows in _blocks(x):
                scores[rows] = log_pseudo_likelihood(_dense(x[rows]), *arrays)
        return scores

    @available_if(_bernoulli)
    def score(self, X: Any, y: Any = None) -> float:
        """Return the mean of `score_samples`."""
        return float(self.score_samples(X).mean())

    def gibbs(self, X: Any, *, steps: int = 1, random_state: Any = None) -> np.ndarray:
        """Return visible states after some sweeps of Gibbs sampling that start at samples.

        Parameters
        ----------
        X : (samples, features) array or CSR matrix
        steps : int >= 1, default 1
            In each all hidden units are drawn given the visible ones, and then the visible ones given these.
        random_state : None, int, SeedSequence, Generator or RandomState, default None

        Returns
        -------
        (samples, features) array
        """
        check_is_fitted(self)
        checks.at_least("RBM", "steps", steps, 1)
        return self._sweeps(_dense(self._visible(X), None), steps, random.seed_from(random_state))[0]

    def sample(self, n: int = 1, steps: int = 1000, *, means: bool = False, random_state: Any = None) -> np.ndarray:
        """Return samples from the model: visible states of independent chains after some sweeps.

        Parameters
        ----------
        n : int >= 1, default 1
        steps : int >= 1, default 1000
            Sweeps from independent visible units of the visible biases. A machine with large weights mixes slowly and
            may need many more.
        means : bool, default False
            Return the units' probabilities in the last sweep (the means of Gaussian units), as figures show them,
            instead of their states.
        random_state : None, int, SeedSequence, Generator or RandomState, default None

        Returns
        -------
        (n, features) array
            Row i depends on the seed and on i, not on n.
        """
        check_is_fitted(self)
        checks.at_least("RBM", "n", n, 1)
        checks.at_least("RBM", "steps", steps, 1)
        key = random.seed_from(random_state)
        return self._sweeps(self._start(n, key), steps, key)[1 if means else 0]

    def complete(self, X: Any, *, burn_in: int = 100, draws: int = 100, random_state: Any = None) -> Completed:
        """Fill in missing values by Gibbs sampling in which the known ones are clamped.

        Parameters
        ----------
        X : (samples, features) array, NaN where a value is missing
        burn_in : int >= 0, default 100
            Sweeps before the probabilities are averaged.
        draws : int >= 1, default 100
            Sweeps over which they are.
        random_state : None, int, SeedSequence, Generator or RandomState, default None

        Returns
        -------
        Completed
        """
        check_is_fitted(self)
        checks.at_least("RBM", "burn_in", burn_in, 0)
        checks.at_least("RBM", "draws", draws, 1)
        x = self._visible(X, missing=True)
        key, missing = random.seed_from(random_state), np.isnan(x)
        states = np.where(missing, self._start(len(x), key), x).astype(self.components_.dtype)
        means = states.astype(np.float64)
        patterns, of = np.unique(missing, axis=0, return_inverse=True)
        for k in np.flatnonzero(patterns.any(axis=1)).tolist():
            rows, own = np.flatnonzero(of.reshape(-1) == k), random.seed_from(np.random.SeedSequence([key, 1 + k]))
            clamped = ~patterns[k]
            v = states[rows]
            v = self._sweeps(v, burn_in, own, clamped=clamped)[0] if burn_in else v
            total = np.zeros(v.shape)
            for draw in range(draws):
                v, probabilities = self._sweeps(v, 1, own, first=burn_in + draw, clamped=clamped)
                total += probabilities
            states[rows], means[rows] = v, np.where(clamped, means[rows], total / draws)
        return Completed(states, means.astype(self.components_.dtype))

    def _sweeps(self, v: np.ndarray, steps: int, key: int, **how: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return visible states and means after some sweeps."""
        arrays = self._as(self.components_.dtype)
        work = 2.0 * self.components_.size * len(v)
        kernels = backend.kernels("boltzmann", f"rbm_{backend.choose(self.backend, 'boltzmann', work)}")
        v = np.ascontiguousarray(v, self.components_.dtype)
        states, means, _ = kernels.gibbs(*arrays, v, steps, gaussian=self.visible == "gaussian", key=key, **how)
        return states, means

    def _start(self, n: int, key: int) -> np.ndarray:
        """Return independent visible units with the visible biases, (n, features); row i is a function of (key, i)."""
        own = random.seed_from(np.random.SeedSequence([key, 0]))
        unit = random.uniform(own, START, (n, len(self.intercept_visible_)))
        if self.visible == "gaussian":
            return np.asarray(self.intercept_visible_ + normal(unit))
        return np.asarray(unit < expit(self.intercept_visible_))

    def _as(self, dtype: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return weights (V, H), visible and hidden biases of a type."""
        arrays = (self.components_.T, self.intercept_visible_, self.intercept_hidden_)
        weights, visible_bias, hidden_bias = (np.ascontiguousarray(array, dtype) for array in arrays)
        return weights, visible_bias, hidden_bias

    def _visible(self, X: Any, *, first: bool = False, least: int = 1, missing: bool = False) -> Any:
        """Return samples checked, an array or (unless values may be missing) CSR, of float32 or float64.

        Warns if Bernoulli units cannot stand for them.
        """
        x = validate_data(
            self, X, reset=first, accept_sparse=False if missing else "csr", dtype=(np.float64, np.float32), order="C",
            ensure_all_finite="allow-nan" if missing else True, ensure_min_samples=least,
        )  # fmt: skip
        if self.visible == "bernoulli":
            _warn_of_range(x)
        return x

    @property
    def _n_features_out(self) -> int:
        return len(self.components_)

    def __sklearn_tags__(self) -> Any:
        """Return scikit-learn's tags."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _warn_of_range(x: Any) -> None:
    """Warn if numbers are not in [0, 1], for the caller of the method that checks its samples; NaN is allowed."""
    values = x.data if issparse(x) else x
    values = values[~np.isnan(values)]
    if not values.size:
        return
    low, high = float(values.min()), float(values.max())
    low, high = (min(low, 0.0), max(high, 0.0)) if issparse(x) else (low, high)
    if low < 0 or high > 1:
        message = f"RBM: X reaches from {low:.4g} to {high:.4g}; Bernoulli visible units stand for values in [0, 1]"
        warnings.warn(f"{message}: scale X, or use visible='gaussian'", stacklevel=4)


def _dense(x: Any, dtype: Any = np.float64) -> np.ndarray:
    return np.asarray(x.toarray() if issparse(x) else x, dtype)


def _in_blocks(x: Any, shape: tuple[int, ...], dtype: Any, function: Callable[[Any], Any]) -> np.ndarray:
    """Return function(samples), (samples, *shape), a block of samples at a time, on all threads."""
    result, blocks = np.empty((x.shape[0], *shape), dtype), _blocks(x)

    def work(begin: int, end: int) -> None:
        for rows in blocks[begin:end]:
            result[rows] = function(x[rows])

    with one_blas_thread():
        parallel.run(work, len(blocks))
    return result


def _blocks(x: Any) -> list[slice]:
    """Return the rows of each block of samples; the blocks do not depend on the number of threads."""
    rows = max(1, min(BLOCK, LARGEST // x.shape[1]))
    return [slice(begin, begin + rows) for begin in range(0, x.shape[0], rows)]
