"""How likely a restricted Boltzmann machine makes data: free energy, exact partition function, annealed estimates.

A machine is an `RBM`, scikit-learn's `BernoulliRBM`, or the arrays (weights (V, H), visible biases (V,), hidden biases
(H,)) of one with binary units. With binary visible units ``E(v, h) = -v W h - b v - c h``; with Gaussian ones
``E(v, h) = |v - b|^2 / 2 - v W h - c h``.

R. M. Neal, "Annealed importance sampling", Statistics and Computing 11:125-139 (2001); R. Salakhutdinov and I. Murray,
"On the quantitative analysis of deep belief networks", ICML 2008.
"""

from dataclasses import dataclass, field
from math import inf, log, log1p, sqrt
from typing import Any

import numpy as np
from scipy.sparse import issparse
from scipy.special import logit

from neurosim.boltzmann import rbm_exact
from neurosim.boltzmann.rbm_exact import Machine, as_machine, chunks, exact_gradient, free_energy
from neurosim.core import backend as backends
from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.random import seed_from

__all__ = [
    "LikelihoodPair",
    "LogPartition",
    "annealing_betas",
    "exact_gradient",
    "free_energy",
    "likelihood_pair",
    "log_likelihood",
    "log_partition",
]

METHODS = ("auto", "exact", "ais", "reverse_ais")
AUTO_UNITS = 20  # of the smaller side: up to here "auto" enumerates


@dataclass(frozen=True, eq=False)
class LogPartition:
    """ln Z of a machine.

    Attributes
    ----------
    value : float
        The result or estimate.
    error : float
        The standard error of `value` by the delta method, ``s(w) / (mean(w) sqrt(chains))`` for importance weights w;
        0 if exact. Chains that all miss the same modes do not show in it.
    low, high : float
        `value` with the mean weight 3 standard errors lower and higher; may be infinite.
    method : "exact", "ais" or "reverse_ais"
    log_weights : (chains,) float64
        The logarithms of the importance weights; empty if exact.
    """

    value: float
    error: float
    low: float
    high: float
    method: str
    log_weights: np.ndarray = field(repr=False)


@dataclass(frozen=True, eq=False)
class LikelihoodPair:
    """The mean log-likelihood of data in nats, from annealing in both directions.

    Attributes
    ----------
    ais, reverse : LogPartition
        Annealing tends to find too little of Z, so that its likelihood flatters. The reverse way tends to find too
        much, if it starts from samples of the machine. The less they differ the more either can be trusted.
    from_ais, from_reverse : float
        The mean log-likelihood with either.
    """

    ais: LogPartition
    reverse: LogPartition
    from_ais: float
    from_reverse: float


def annealing_betas(count: int = 14500) -> np.ndarray:
    """Return ``count + 1`` inverse temperatures from 0 to 1, spaced as Salakhutdinov and Murray (2008) did.

    They took 14,500: steps of 1/1,000 to 0.5, of 1/10,000 to 0.9 and of 1/100,000 to 1. Another number of steps is
    shared out in the same proportion.

    Examples
    --------
    >>> from neurosim.boltzmann.likelihood import annealing_betas
    >>> annealing_betas()[[0, 1, 500, 4500, 14499, 14500]]
    array([0.     , 0.001  , 0.5    , 0.9    , 0.99999, 1.     ])
    """
    checks.at_least("annealing_betas", "count", count, 1)
    return np.interp(np.arange(count + 1), count / 14500 * np.array([0, 500, 4500, 14500]), [0, 0.5, 0.9, 1])


def log_partition(
    rbm: Any,
    *,
    method: str = "auto",
    betas: Any = 14500,
    chains: int = 100,
    base: Any = "data",
    X: Any = None,
    starts: Any = None,
    burn_in: int = 1000,
    random_state: Any = None,
    backend: str = "auto",
) -> LogPartition:
    """Return ln Z, exactly or by annealed importance sampling.

    Parameters
    ----------
    rbm : RBM, BernoulliRBM, or (weights (V, H), visible biases (V,), hidden biases (H,))
    method : "auto", "exact", "ais" or "reverse_ais"
        "exact" enumerates the smaller side (the hidden one under Gaussian visible units), at most 25 units. "ais" goes
        from a distribution of independent units to the machine, "reverse_ais" from samples of the machine back. "auto"
        is exact up to 20 units and "ais" beyond.
    betas : int or (b,) array, default 14500
        Number of temperatures, see `annealing_betas`, or the inverse temperatures themselves, rising from 0 to 1.
    chains : int >= 2, default 100
    base : "data", "uniform" or (V,) array
        Where annealing begins: independent units as often on as in X, with probability 1/2, or with these biases.
    X : (m, V) array or sparse matrix of numbers in [0, 1], optional
        The training data, for ``base="data"`` and for the starts of "reverse_ais"; "exact" does not need them.
    starts : (chains, V) array of 0 and 1, optional
        Samples of the machine that "reverse_ais" starts from; default: random rows of X after `burn_in` Gibbs sweeps,
        which are samples only in so far as this is long enough.
    burn_in : int, default 1000
    random_state : None, int or Generator, optional
    backend : "auto", "cpu" or "cuda"

    Raises
    ------
    InvalidParameter, DataError
        If a parameter is out of its range, an array of the wrong shape, or the machine too large or not binary for the
        method.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.boltzmann import log_partition
    >>> round(log_partition((np.eye(3), np.zeros(3), np.zeros(3))).value, 4)  # 3 ln(3 + e)
    5.231
    """
    checks.one_of("log_partition", "method", method, METHODS)
    machine = as_machine(rbm)
    if method == "exact" or (method == "auto" and rbm_exact.smaller_side(machine) <= AUTO_UNITS):
        value = rbm_exact.log_partition(machine)
        return LogPartition(value, 0.0, value, value, "exact", np.empty(0))
    if machine.gaussian:
        raise InvalidParameter("log_partition", "method", method, "exact for Gaussian visible units")
    steps = _betas(betas)
    checks.at_least("log_partition", "chains", chains, 2)
    checks.at_least("log_partition", "burn_in", burn_in, 0)
    biases = _base(machine, base, X)
    work = 3.0 * chains * machine.weights.size
    kernels = backends.kernels("boltzmann", f"rbm_{backends.choose(backend, 'boltzmann', work)}")
    keys = np.random.SeedSequence(seed_from(random_state)).generate_state(2, np.uint64)
    if method != "reverse_ais":
        return _annealed(kernels, machine, biases, steps, chains, int(keys[0]), None)
    v = _starts(kernels, machine, starts, X, chains, burn_in, int(keys[1]))
    return _annealed(kernels, machine, biases, steps[::-1].copy(), chains, int(keys[0]), v)


def likelihood_pair(
    rbm: Any,
    X: Any,
    *,
    betas: Any = 14500,
    chains: int = 100,
    base: Any = "data",
    starts: Any = None,
    burn_in: int = 1000,
    random_state: Any = None,
    backend: str = "auto",
) -> LikelihoodPair:
    """Return the mean log-likelihood of X with ln Z from annealing in both directions.

    Parameters are those of `log_partition`; X gives the base rates and the starts, too.
    """
    keys = np.random.SeedSequence(seed_from(random_state)).generate_state(2, np.uint64)
    settings = {"betas": betas, "chains": chains, "base": base, "X": X, "backend": backend}
    ais = log_partition(rbm, method="ais", random_state=int(keys[0]), **settings)
    settings |= {"starts": starts, "burn_in": burn_in}
    reverse = log_partition(rbm, method="reverse_ais", random_state=int(keys[1]), **settings)
    mean = -float(free_energy(rbm, X).mean())
    return LikelihoodPair(ais, reverse, mean - ais.value, mean - reverse.value)


def log_likelihood(rbm: Any, X: Any, log_z: Any = None) -> np.ndarray:
    """Return ``ln p(v) = -F(v) - ln Z`` of every row of X (m, V), float64, in nats.

    Parameters
    ----------
    rbm, X
        A machine and data, see `log_partition`. Grey values between 0 and 1 enter the formula as they are.
    log_z : LogPartition or float, optional
        Default: exact, by enumeration of at most 25 units.
    """
    machine = as_machine(rbm)
    if log_z is None and rbm_exact.smaller_side(machine) > rbm_exact.MOST_UNITS:
        wanted = f"given beyond {rbm_exact.MOST_UNITS} units: log_likelihood(rbm, X, log_partition(rbm, X=X))"
        raise InvalidParameter("log_likelihood", "log_z", log_z, wanted)
    _check_range(machine, X)
    known = log_partition(rbm, method="exact") if log_z is None else log_z
    value = known.value if isinstance(known, LogPartition) else known
    checks.number("log_likelihood", "log_z", value, "a finite number or a LogPartition")
    return -free_energy(rbm, X) - value


def _check_range(machine: Machine, X: Any) -> None:
    """Raise DataError if numbers are not finite, or not in [0, 1] under binary visible units."""
    x = X.tocsr().data if issparse(X) else np.asarray(X)
    if not x.size:
        return
    low, high = float(x.min()), float(x.max())
    if not (np.isfinite([low, high]).all() and (machine.gaussian or 0 <= low <= high <= 1)):
        wanted = "finite numbers" if machine.gaussian else "numbers in [0, 1], the visible units being binary"
        raise DataError(f"log_likelihood: X must hold {wanted}; got numbers from {low:.4g} to {high:.4g}")


def _betas(betas: Any) -> np.ndarray:
    """Return the inverse temperatures of an annealing run, rising."""
    if np.ndim(betas) == 0:
        checks.at_least("log_partition", "betas", betas, 1)
        return annealing_betas(int(betas))
    steps = np.array(betas, np.float64)
    rising = steps.ndim == 1 and len(steps) > 1 and (np.diff(steps) >= 0).all()
    if not (rising and steps[0] == 0 and steps[-1] == 1):
        wanted = "a number >= 1 or inverse temperatures that rise from 0 to 1"
        raise InvalidParameter("log_partition", "betas", betas, wanted)
    return steps


def _base(machine: Machine, base: Any, X: Any) -> np.ndarray:
    """Return the biases of the independent units that annealing begins with."""
    units = len(machine.visible_bias)
    if isinstance(base, str):
        checks.one_of("log_partition", "base", base, ("data", "uniform"))
        if base == "uniform":
            return np.zeros(units)
        if X is None:
            wanted = 'the training data: log_partition(rbm, X=X), or without: base="uniform", method="ais"'
            raise InvalidParameter("log_partition", "X", X, wanted)
        total, count = np.zeros(units), 0
        for rows in chunks(machine, X):
            total, count = total + rows.sum(axis=0), count + len(rows)
        return np.asarray(logit((total + 1) / (count + 2)))
    biases = np.asarray(base, np.float64)
    if biases.shape != (units,) or not np.isfinite(biases).all():
        raise DataError(f"log_partition: base must be {units} finite biases; got shape {biases.shape}")
    return biases


def _starts(kernels: Any, machine: Machine, starts: Any, X: Any, chains: int, burn_in: int, key: int) -> np.ndarray:
    """Return what stands for samples of the machine, (chains, V)."""
    if starts is not None:
        v = np.concatenate(list(chunks(machine, starts)))
        if len(v) != chains or not ((v == 0) | (v == 1)).all():
            raise DataError(f"log_partition: starts must be {chains} rows of 0 and 1; got {v.shape}")
        return v
    if X is None:
        raise InvalidParameter("log_partition", "X", X, "data, or starts, for reverse_ais")
    generator = np.random.default_rng(key)
    data: Any = X.tocsr() if issparse(X) else np.asarray(X)
    rows = np.concatenate(list(chunks(machine, data[generator.integers(data.shape[0], size=chains)])))
    v = (generator.random(rows.shape) < rows).astype(machine.real)
    return np.asarray(kernels.gibbs(*_arrays(machine), v, burn_in, key=key)[0]) if burn_in else v


def _arrays(machine: Machine) -> list[np.ndarray]:
    """Return weights and biases as the kernels want them."""
    return [np.ascontiguousarray(array, machine.real) for array in machine[:3]]


def _annealed(
    kernels: Any, machine: Machine, base: np.ndarray, betas: np.ndarray, chains: int, key: int, v: np.ndarray | None
) -> LogPartition:
    """Return the estimate of annealing up from the base, or down to it from states v."""
    start: Any = None if v is None else np.ascontiguousarray(v, machine.real)
    log_weights, _ = kernels.anneal(*_arrays(machine), base.astype(machine.real), betas, chains, key=key, v=start)
    log_base = float(np.logaddexp(0, base).sum()) + len(machine.hidden_bias) * log(2)
    top = float(log_weights.max())
    weights = np.exp(log_weights - top)
    mean = float(weights.mean())
    error = float(weights.std(ddof=1)) / (mean * sqrt(chains))
    log_mean = top + log(mean)
    low = log_mean + log1p(-3 * error) if 3 * error < 1 else -inf
    high = log_mean + log1p(3 * error)
    if v is None:
        return LogPartition(log_base + log_mean, error, log_base + low, log_base + high, "ais", log_weights)
    return LogPartition(log_base - log_mean, error, log_base - high, log_base - low, "reverse_ais", log_weights)
