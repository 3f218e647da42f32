"""Capacities of the Hopfield network's relatives: dense and softmax memories, Willshaw's binary matrix."""

from math import exp, inf, log
from typing import Any

import numpy as np
from scipy.special import erfc, gammaln, lambertw, ndtri

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter

LARGEST = 709.0  # exponent of a float64


def dense_error_probability(n_units: int, patterns: Any, degree: int) -> Any:
    """Return the probability that one unit of a stored pattern is wrong after one update of a dense memory.

    1/2 erfc(sqrt(N^(n-1) / (2 (2n-3)!! K))) for the energy -sum (xi·s)^n; degree 2 is the Hebb rule.

    Parameters
    ----------
    n_units : int >= 2
        N.
    patterns : int >= 1 or array of them
        K.
    degree : int >= 2
        n.

    References
    ----------
    D. Krotov, J. J. Hopfield, "Dense associative memory for pattern recognition", NIPS 2016.

    Examples
    --------
    >>> round(float(dense_error_probability(100, 14, 2)), 4)
    0.0038
    """
    _check_dense("dense_error_probability", n_units, degree)
    counts = np.asarray(patterns)
    if counts.dtype.kind not in "iuf" or not np.all((counts > 0) & np.isfinite(counts)):
        raise InvalidParameter("dense_error_probability", "patterns", patterns, "finite numbers > 0")
    size = (degree - 1) * log(n_units) - _log_semifactorial(degree) - np.log(2 * counts)
    return 0.5 * erfc(np.exp(np.minimum(size, LARGEST) / 2))


def dense_capacity(n_units: int, degree: int) -> float:
    """Return how many patterns a dense memory recalls without an error: N^(n-1) / (2 (2n-3)!! ln N).

    Infinity beyond the largest float.

    Parameters
    ----------
    n_units : int >= 2
        N.
    degree : int >= 2
        n.

    References
    ----------
    Krotov and Hopfield (2016), as for `dense_error_probability`.

    Examples
    --------
    >>> [round(dense_capacity(100, n)) for n in (2, 3, 4)]
    [11, 362, 7238]
    """
    _check_dense("dense_capacity", n_units, degree)
    size = (degree - 1) * log(n_units) - _log_semifactorial(degree) - log(2 * log(n_units))
    return exp(size) if size < LARGEST else inf


def dense_load(degree: int, error: float = 0.005) -> float:
    """Return alpha_n, the load K / N^(n-1) at which a share of the units is wrong after one update.

    Parameters
    ----------
    degree : int >= 2
        n.
    error : float > 0, < 1/2
        The tolerated share of wrong units. With 0.005 degree 2 gives 0.15; the 0.14 usually quoted belongs to 0.0036.

    References
    ----------
    Krotov and Hopfield (2016), as for `dense_error_probability`.

    Examples
    --------
    >>> round(dense_load(2), 3), round(dense_load(2, error=0.0036), 3)
    (0.151, 0.138)
    """
    _check_dense("dense_load", 2, degree)
    checks.number("dense_load", "error", error, "a number > 0 and < 1/2", above=0.0, below=0.5)
    return float(exp(-_log_semifactorial(degree)) / ndtri(error) ** 2)


def softmax_base(dimension: int, *, beta: float = 1.0, spread: float = 3.0, failure: float = 0.001) -> float:
    """Return c: a softmax memory stores at least sqrt(p) c^((d-1)/4) random patterns with probability 1 - p.

    c = b / W(exp(a + ln b)) with a = 2 (1 + ln(2 beta K^2 p (d-1))) / (d-1), b = 2 K^2 beta / 5 and W Lambert's
    function (upper branch).

    Parameters
    ----------
    dimension : int >= 2
        d; the patterns lie on a sphere of radius K sqrt(d - 1).
    beta : float > 0
        Inverse temperature of the softmax.
    spread : float > 0
        K.
    failure : float > 0, < 1
        p.

    References
    ----------
    H. Ramsauer et al., "Hopfield networks is all you need", ICLR 2021. From memory; the two examples that the paper
    computes come out.

    Examples
    --------
    >>> round(softmax_base(20), 4), round(softmax_base(75, spread=1.0), 4)
    (3.1546, 1.3719)
    """
    owner = "softmax_base"
    checks.at_least(owner, "dimension", dimension, 2)
    checks.number(owner, "beta", beta, "a finite number > 0", above=0.0)
    checks.number(owner, "spread", spread, "a finite number > 0", above=0.0)
    checks.number(owner, "failure", failure, "a number > 0 and < 1", above=0.0, below=1.0)
    a = 2 / (dimension - 1) * (1 + log(2 * beta * spread**2 * failure * (dimension - 1)))
    b = 2 * spread**2 * beta / 5
    return float(b / lambertw(b * exp(a)).real)


def softmax_capacity(dimension: int, *, beta: float = 1.0, spread: float = 3.0, failure: float = 0.001) -> float:
    """Return the number of random patterns that a softmax memory stores at least, sqrt(p) c^((d-1)/4).

    Parameters
    ----------
    dimension, beta, spread, failure
        As for `softmax_base`, which is c; infinity beyond the largest float.

    Examples
    --------
    >>> round(softmax_capacity(20), 1)
    7.4
    """
    base = softmax_base(dimension, beta=beta, spread=spread, failure=failure)
    size = log(failure) / 2 + (dimension - 1) / 4 * log(base)
    return exp(size) if size < LARGEST else inf


def willshaw_load(patterns: int, fraction: float, output_fraction: float | None = None) -> float:
    """Return the expected share of the switches that are on in Willshaw's matrix: 1 - (1 - f g)^P.

    Parameters
    ----------
    patterns : int >= 0
        P, pairs of random patterns stored.
    fraction : float > 0, < 1
        f, the share of active input lines.
    output_fraction : float > 0, < 1, optional
        g, the share of active output lines; f if None.

    References
    ----------
    D. J. Willshaw, O. P. Buneman, H. C. Longuet-Higgins, "Non-holographic associative memory", Nature 222:960-962
    (1969). From memory, not checked against the paper.

    Examples
    --------
    >>> round(willshaw_load(700, 0.03), 3)
    0.468
    """
    checks.at_least("willshaw_load", "patterns", patterns, 0)
    return float(-np.expm1(patterns * np.log1p(-_joint("willshaw_load", fraction, output_fraction))))


def willshaw_capacity(fraction: float, output_fraction: float | None = None, *, load: float = 0.5) -> float:
    """Return the number of pairs that turn on a share of the switches of Willshaw's matrix.

    A wrong output line answers to k active input lines with probability load^k. With half the switches on and
    k = log2(number of output lines), one wrong line is expected, and a switch holds ln 2 = 0.69 bits.

    Parameters
    ----------
    fraction, output_fraction
        As for `willshaw_load`, whose inverse this is.
    load : float > 0, < 1
        The share of switches that are on.

    Examples
    --------
    >>> round(willshaw_capacity(0.03))
    770
    """
    checks.number("willshaw_capacity", "load", load, "a number > 0 and < 1", above=0.0, below=1.0)
    return float(np.log1p(-load) / np.log1p(-_joint("willshaw_capacity", fraction, output_fraction)))


def _joint(owner: str, fraction: float, output_fraction: float | None) -> float:
    checks.number(owner, "fraction", fraction, "a number > 0 and < 1", above=0.0, below=1.0)
    if output_fraction is None:
        return fraction * fraction
    checks.number(owner, "output_fraction", output_fraction, "a number > 0 and < 1", above=0.0, below=1.0)
    return fraction * output_fraction


def _check_dense(owner: str, n_units: int, degree: int) -> None:
    checks.at_least(owner, "n_units", n_units, 2)
    checks.at_least(owner, "degree", degree, 2)


def _log_semifactorial(degree: int) -> float:
    """Return ln (2n-3)!! = ln (2n-2)! - ln (n-1)! - (n-1) ln 2."""
    return float(gammaln(2 * degree - 1) - gammaln(degree) - (degree - 1) * log(2))
