"""The least-mean-squares rule of Widrow and Hoff (1960) in theory, and as one long stream of samples.

The rule w <- w + 2 mu e x with the error e = d - w·x looks at one sample at a time. Here x is normally distributed
with mean 0 and correlations R = E[x x'], samples are independent, and d = w*·x + noise. Only the weight error
v = w - w* matters then: E[v] shrinks by the factor 1 - 2 mu lambda a step along each eigenvector of R, and the mean
squared error E[e^2] obeys a linear recursion of its own. Both are exact under these assumptions.
"""

from dataclasses import dataclass
from math import cos, inf, log, pi, sin, sqrt
from typing import Any

import numpy as np
from numba import njit
from scipy.optimize import brentq

from neurosim.core import checks, parallel
from neurosim.core.errors import InvalidParameter
from neurosim.core.jit import driver
from neurosim.core.random import philox, seed_from, unit_interval
from neurosim.perceptron import rules


@dataclass(frozen=True)
class LMSBounds:
    """Where learning is stable.

    Attributes
    ----------
    mean : float
        1 / lambda_max: for 0 < mu < mean the weights tend to w* on average.
    mean_square : float
        For 0 < mu < mean_square their spread stays finite too; less than half of `mean`.
    """

    mean: float
    mean_square: float


@dataclass(frozen=True)
class LMSRun:
    """What was measured while streams of samples were learned.

    Attributes
    ----------
    squared_error : (runs, blocks) array
        Mean of e^2 over the steps of each block, before the weights change.
    excess : (runs, blocks) array
        Mean of (v·x)^2: what is left of e^2 without the noise.
    weight_error : (runs, features) array
        v = w - w* at the end.
    block : int
        Steps in a block.
    """

    squared_error: np.ndarray
    excess: np.ndarray
    weight_error: np.ndarray
    block: int


def lms_bounds(correlation: Any) -> LMSBounds:
    """Return the largest learning rates at which the mean and the mean square of the weights converge.

    The second solves sum_i mu lambda_i / (1 - 2 mu lambda_i) = 1; for white inputs of variance 1 it is 1 / (N + 2).

    Parameters
    ----------
    correlation : (features, features) array
        R = E[x x'], symmetric, positive semidefinite, not 0.

    Examples
    --------
    >>> bounds = lms_bounds(np.eye(10))
    >>> bounds.mean, round(bounds.mean_square, 6)
    (1.0, 0.083333)
    """
    eigenvalues = _eigenvalues("lms_bounds", correlation)
    largest = float(eigenvalues[-1])
    mu = brentq(lambda mu: 1.0 - _gain(mu, eigenvalues / largest), 0.0, 0.5 * (1.0 - 1e-12), xtol=1e-15)
    return LMSBounds(1.0 / largest, float(mu) / largest)


def lms_misadjustment(correlation: Any, mu: float) -> float:
    """Return the excess of the final mean squared error over that of w*, relative to the latter.

    M = g / (1 - g) with g = sum_i mu lambda_i / (1 - 2 mu lambda_i). For white inputs of variance 1 that is
    mu N / (1 - mu (N + 2)); for small mu it tends to mu trace(R), Widrow and Hoff's value.

    Parameters
    ----------
    correlation : (features, features) array
        As in `lms_bounds`.
    mu : float > 0

    Returns
    -------
    float > 0
        Infinite from `LMSBounds.mean_square` on.

    Examples
    --------
    >>> [round(lms_misadjustment(np.eye(10), mu), 4) for mu in (0.01, 0.04)]
    [0.1136, 0.7692]
    """
    eigenvalues = _eigenvalues("lms_misadjustment", correlation)
    _number("lms_misadjustment", "mu", mu)
    if 2 * mu * eigenvalues[-1] >= 1 or (gain := _gain(mu, eigenvalues)) >= 1:
        return inf
    return gain / (1 - gain)


def lms_mean_error(correlation: Any, mu: float, start: Any, steps: int) -> np.ndarray:
    """Return the mean weight error E[w - w*] after 0, 1, ..., `steps` steps, shape (steps + 1, features).

    Parameters
    ----------
    correlation : (features, features) array
        As in `lms_bounds`.
    mu : float > 0
    start : (features,) array
        The weight error at first.
    steps : int >= 0

    Returns
    -------
    (steps + 1, features) array
        E[v] <- (I - 2 mu R) E[v]: for mu > 1 / lambda_max it grows without limit.
    """
    owner = "lms_mean_error"
    r, v = _correlation(owner, correlation), _start(owner, start, len(np.atleast_1d(correlation)))
    _number(owner, "mu", mu)
    checks.at_least(owner, "steps", steps, 0)
    eigenvalues, vectors = np.linalg.eigh(r)
    with np.errstate(over="ignore", invalid="ignore"):
        powers = (1 - 2 * mu * eigenvalues) ** np.arange(steps + 1)[:, None]
        return np.asarray((powers * (v @ vectors)) @ vectors.T)


def lms_learning_curve(correlation: Any, mu: float, start: Any, steps: int, *, noise: float = 1.0) -> np.ndarray:
    """Return the mean squared error E[e^2] at steps 0, 1, ..., `steps` - 1, before the weights change.

    With c_i the variance of v along eigenvector i, E[e^2] = noise^2 + sum_j lambda_j c_j and
    c_i <- (1 - 4 mu lambda_i + 8 mu^2 lambda_i^2) c_i + 4 mu^2 lambda_i E[e^2].

    Parameters
    ----------
    correlation, mu, start
        As in `lms_mean_error`.
    steps : int >= 1
    noise : float >= 0, default 1
        Standard deviation of the noise in the wanted output.

    Returns
    -------
    (steps,) array
    """
    owner = "lms_learning_curve"
    r, v = _correlation(owner, correlation), _start(owner, start, len(np.atleast_1d(correlation)))
    _number(owner, "mu", mu)
    checks.at_least(owner, "steps", steps, 1)
    _number(owner, "noise", noise, positive=False)
    eigenvalues, vectors = np.linalg.eigh(r)
    shrink = 1 - 4 * mu * eigenvalues + 8 * (mu * eigenvalues) ** 2
    c, curve = (v @ vectors) ** 2, np.empty(steps)
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(steps):
            curve[step] = noise**2 + eigenvalues @ c
            c = shrink * c + 4 * mu**2 * eigenvalues * curve[step]
    return curve


def simulate_lms(
    correlation: Any,
    mu: float,
    steps: int,
    *,
    start: Any = None,
    noise: float = 1.0,
    runs: int = 1,
    block: int = 1,
    random_state: Any = None,
) -> LMSRun:
    """Learn streams of normally distributed samples, every sample shown once.

    Parameters
    ----------
    correlation : (features, features) array
        As in `lms_bounds`.
    mu : float > 0
    steps : int in [1, 2**32)
        Samples in a stream; 2,000,000 of 10 features take about a second.
    start : (features,) array, optional
        Weight error at first. Default: zeros.
    noise : float >= 0, default 1
        Standard deviation of the noise in the wanted output.
    runs : int >= 1, default 1
        Independent streams, which run in parallel.
    block : int >= 1, default 1
        Steps over which errors are averaged; it has to divide `steps`.
    random_state : None, int or Generator

    Returns
    -------
    LMSRun
        Infinite or NaN where learning diverged.

    Examples
    --------
    >>> run = simulate_lms(np.eye(10), 0.01, 200_000, block=1000, random_state=0)
    >>> bool(abs(run.excess[:, 10:].mean() - lms_misadjustment(np.eye(10), 0.01)) < 0.01)
    True
    """
    owner = "simulate_lms"
    r = _correlation(owner, correlation)
    v = _start(owner, np.zeros(len(r)) if start is None else start, len(r))
    _number(owner, "mu", mu)
    _number(owner, "noise", noise, positive=False)
    for name, value in (("steps", steps), ("runs", runs), ("block", block)):
        checks.at_least(owner, name, value, 1)
    if steps % block or steps >= 2**32:
        raise InvalidParameter(owner, "steps", steps, f"a multiple of block = {block} below 2**32")
    eigenvalues, vectors = np.linalg.eigh(r)
    root = np.ascontiguousarray(vectors * np.sqrt(np.maximum(eigenvalues, 0.0)))
    measured, weights = np.zeros((2, runs, steps // block)), np.tile(v, (runs, 1))
    key = seed_from(random_state)
    parallel.run(_learn, runs, np.uint64(key), float(mu), float(noise), root, block, weights, measured)
    return LMSRun(measured[0], measured[1], weights, int(block))


@njit
def _normals(z: np.ndarray, run: int, step: int, key: int) -> None:
    """Fill `z` with standard normal numbers, two of a block of random words (Box and Muller)."""
    low, high = key & np.uint64(0xFFFFFFFF), key >> np.uint64(32)
    for pair in range((len(z) + 1) // 2):
        a, b, c, d = philox(np.uint64(pair), np.uint64(step), np.uint64(run), np.uint64(0), low, high)
        radius, angle = sqrt(-2.0 * log(1.0 - unit_interval(a, b))), 2.0 * pi * unit_interval(c, d)
        z[2 * pair] = radius * cos(angle)
        if 2 * pair + 1 < len(z):
            z[2 * pair + 1] = radius * sin(angle)


@driver(nogil=True, error_model="numpy")
def _learn(
    begin: int, end: int, key: int, mu: float, noise: float, root: np.ndarray, block: int,
    weights: np.ndarray, measured: np.ndarray,
) -> None:  # fmt: skip
    n = len(root)
    z, x = np.empty(n + 1), np.empty(n)
    for run in range(begin, end):
        v = weights[run]
        for step in range(measured.shape[2] * block):
            _normals(z, run, step, key)
            s = 0.0
            for i in range(n):
                total = 0.0
                for j in range(n):
                    total += root[i, j] * z[j]
                x[i] = total
                s += v[i] * total
            wanted = noise * z[n]
            tau = rules.lms(wanted, s, mu)
            for i in range(n):
                v[i] += tau * x[i]
            measured[0, run, step // block] += (wanted - s) ** 2 / block
            measured[1, run, step // block] += s**2 / block


def _gain(mu: float, eigenvalues: np.ndarray) -> float:
    return float((mu * eigenvalues / (1 - 2 * mu * eigenvalues)).sum())


def _correlation(owner: str, correlation: Any) -> np.ndarray:
    r = np.asarray(correlation, float)
    square = r.ndim == 2 and r.shape[0] == r.shape[1] > 0 and bool(np.isfinite(r).all())
    if not square or not np.allclose(r, r.T) or not r.any() or np.linalg.eigvalsh(r)[0] < -1e-9 * np.abs(r).max():
        raise InvalidParameter(owner, "correlation", correlation, "a symmetric positive semidefinite matrix, not 0")
    return r


def _eigenvalues(owner: str, correlation: Any) -> np.ndarray:
    return np.linalg.eigvalsh(_correlation(owner, correlation)).clip(min=0.0)


def _start(owner: str, start: Any, features: int) -> np.ndarray:
    v = np.asarray(start, float)
    if v.shape != (features,) or not np.isfinite(v).all():
        raise InvalidParameter(owner, "start", start, f"{features} numbers")
    return v


def _number(owner: str, name: str, value: float, positive: bool = True) -> None:
    if not isinstance(value, int | float | np.number) or not 0 <= value < inf or (positive and value == 0):
        raise InvalidParameter(owner, name, value, "a number > 0" if positive else "a number >= 0")
