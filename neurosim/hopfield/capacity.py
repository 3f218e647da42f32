"""How many patterns the Hebb rule and better ones store: signal and noise, Gardner's bound, recall step by step."""

from collections.abc import Callable
from math import log, sqrt
from typing import Any

import numpy as np
from scipy.special import erf, erfc

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.core.gardner import gardner_capacity as gardner_capacity
from neurosim.core.gardner import gardner_stability as gardner_stability

CODINGS = ("spin", "binary")


def bit_error_probability(loads: Any, *, coding: str = "spin") -> Any:
    """Return the probability that one unit of a stored pattern is wrong after one update: 1/2 erfc(sqrt(N / 2P)).

    Under the Hebb rule the field of a unit is its own value plus the noise of the other patterns, normally distributed
    with variance P/N. With units 0 and 1 half the units send nothing, so that the signal is halved and the variance
    only divided by two: the noise is that of twice as many patterns.

    Parameters
    ----------
    loads : float > 0 or array of them
        P/N; (P - 1)/N if the recalled pattern is not to count as noise.
    coding : "spin" or "binary"
        Units -1 and +1, or 0 and 1.

    References
    ----------
    J. J. Hopfield, "Neural networks and physical systems with emergent collective computational abilities", PNAS
    79:2554-2558 (1982): P = 0.0091 for 10 patterns of 100 units 0 and 1.

    Examples
    --------
    >>> round(float(bit_error_probability(9 / 100, coding="binary")), 4)
    0.0092
    """
    checks.one_of("bit_error_probability", "coding", coding, CODINGS)
    values = _positive("bit_error_probability", "loads", loads)
    return 0.5 * erfc(1 / np.sqrt((2.0 if coding == "spin" else 4.0) * values))


def error_free_fraction(n_units: int, patterns: Any, *, coding: str = "spin") -> Any:
    """Return the expected share of Hebb patterns without an error after one update: (1 - p)^N, units independent.

    Parameters
    ----------
    n_units : int >= 1
        N.
    patterns : int >= 1 or array of them
        P.
    coding : "spin" or "binary"
        As for `bit_error_probability`.

    Examples
    --------
    >>> round(float(error_free_fraction(100, 10, coding="binary")), 2)  # Hopfield (1982): e^-0.91 = 0.40
    0.4
    """
    checks.at_least("error_free_fraction", "n_units", n_units, 1)
    counts = _positive("error_free_fraction", "patterns", patterns)
    if np.any(counts < 1):
        raise InvalidParameter("error_free_fraction", "patterns", patterns, "at least 1")
    loads = np.maximum(counts - 1, 1e-9) / n_units
    return (1 - bit_error_probability(loads, coding=coding)) ** n_units


def hebb_capacity(n_units: float, *, every_pattern: bool = False) -> float:
    """Return how many patterns the Hebb rule recalls exactly, for N going to infinity: N / (2 ln N).

    Parameters
    ----------
    n_units : float >= 2
        N.
    every_pattern : bool, default False
        Whether all patterns together have to be recalled, each with probability near 1: N / (4 ln N).

    References
    ----------
    R. J. McEliece, E. C. Posner, E. R. Rodemich, S. S. Venkatesh, "The capacity of the Hopfield associative memory",
    IEEE Trans. Information Theory 33:461-482 (1987). From memory, not checked against the paper.

    Examples
    --------
    >>> round(hebb_capacity(1000), 1), round(hebb_capacity(1000, every_pattern=True), 1)
    (72.4, 36.2)
    """
    checks.number("hebb_capacity", "n_units", n_units, "a finite number >= 2", least=2.0)
    return float(n_units / ((4 if every_pattern else 2) * log(n_units)))


def storkey_capacity(n_units: float) -> float:
    """Return how many patterns Storkey's rule recalls exactly, for N going to infinity: N / sqrt(2 ln N).

    Parameters
    ----------
    n_units : float >= 2
        N.

    References
    ----------
    A. Storkey, "Increasing the capacity of a Hopfield network without sacrificing functionality", ICANN 1997. From
    memory, not checked against the paper.

    Examples
    --------
    >>> round(storkey_capacity(1000), 1)
    269.0
    """
    checks.number("storkey_capacity", "n_units", n_units, "a finite number >= 2", least=2.0)
    return float(n_units / sqrt(2 * log(n_units)))


def direction_cosines(load: float, start: float, steps: int = 30) -> np.ndarray:
    """Return the overlap with the recalled pattern after each parallel update, by Amari and Maginu's recursion.

    The state and the noise in the fields change together: with c = a_t / s_t and phi the standard normal density::

        a_{t+1} = erf(c / sqrt 2)
        s_{t+1}^2 = alpha + 4 phi(c)^2 + 4 alpha c phi(c) a_{t+1},    s_0^2 = alpha

    Below a critical overlap the state comes nearer at first and then goes away. The first step is exact for large N;
    later ones neglect that a unit hears its own earlier state through the others, and recall ends at a load of 0.16.

    Parameters
    ----------
    load : float > 0
        alpha = P/N, Hebb rule, no self-couplings.
    start : float in [-1, 1]
        Overlap of the first state, which is otherwise random.
    steps : int >= 0
        Number of updates of all units at once.

    Returns
    -------
    (steps + 1,) array

    References
    ----------
    S. Amari, K. Maginu, "Statistical neurodynamics of associative memory", Neural Networks 1:63-73 (1988). From memory,
    not checked against the paper; the tests simulate the first steps.

    Examples
    --------
    >>> direction_cosines(0.1, 0.15, 6).round(2).tolist()  # nearer, then away
    [0.15, 0.36, 0.35, 0.34, 0.33, 0.32, 0.3]
    """
    owner = "direction_cosines"
    checks.number(owner, "load", load, "a finite number > 0", above=0.0)
    checks.number(owner, "start", start, "a number in [-1, 1]", least=-1.0, below=np.nextafter(1.0, 2.0))
    checks.at_least(owner, "steps", steps, 0)
    overlaps, variance = np.empty(steps + 1), float(load)
    overlaps[0] = start
    for t in range(steps):
        c = overlaps[t] / sqrt(variance)
        density = np.exp(-c * c / 2) / sqrt(2 * np.pi)
        overlaps[t + 1] = erf(c / sqrt(2))
        variance = load + 4 * density**2 + 4 * load * c * density * overlaps[t + 1]
    return overlaps


def dynamical_capacity() -> float:
    """Return the load at which `direction_cosines` no longer keeps a pattern from which it starts: 0.16.

    Examples
    --------
    >>> round(dynamical_capacity(), 2)
    0.16
    """
    return _last(lambda load: bool(direction_cosines(load, 1.0, 400)[-1] > 0.5), 0.1, 0.3)


def critical_overlap(load: float) -> float:
    """Return the smallest overlap of a first state from which `direction_cosines` reaches the pattern.

    Parameters
    ----------
    load : float > 0
        alpha = P/N, at most `dynamical_capacity`.

    Examples
    --------
    >>> [round(critical_overlap(load), 2) for load in (0.05, 0.1, 0.15)]
    [0.09, 0.21, 0.45]
    """
    checks.number("critical_overlap", "load", load, "a finite number > 0", above=0.0)
    if load > (most := dynamical_capacity()):
        raise InvalidParameter("critical_overlap", "load", load, f"at most {most:.4g}")
    return -_last(lambda start: bool(direction_cosines(load, -start, 400)[-1] > 0.5), -1.0, 0.0)


def _last(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Return by bisection the end of the interval from `low` on in which something holds."""
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _positive(owner: str, name: str, values: Any) -> np.ndarray:
    """Return numbers > 0 as float64."""
    numbers = np.asarray(values)
    if numbers.dtype.kind not in "iuf" or not np.all((numbers > 0) & np.isfinite(numbers)):
        raise InvalidParameter(owner, name, values, "finite numbers > 0")
    return numbers.astype(np.float64)
