"""Mean-field theory of the Hebb rule at a load alpha = P/N: overlap, noise and free energy of its states.

Amit, Gutfreund and Sompolinsky describe a state by its overlap m with one pattern, by q, the mean square of the
average spins, and by r, the mean square overlap with all other patterns in units of its value for random states. With
averages over a normally distributed z and beta = 1/T the replica-symmetric equations are::

    m = <tanh beta (sqrt(alpha r) z + m)>
    q = <tanh^2 beta (sqrt(alpha r) z + m)>
    r = q / (1 - beta (1 - q))^2

With u = m / sqrt(alpha r) and b = beta sqrt(alpha r) as unknowns, both averages are functions of (u, b), and the
equations give T and alpha. At fixed T that is a curve alpha(u) with one maximum, the largest load that can be recalled;
larger u belong to the stable state. So every solution is a root of a monotonic function between known ends.

References
----------
D. J. Amit, H. Gutfreund, H. Sompolinsky, "Storing infinite numbers of patterns in a spin-glass model of neural
networks", Physical Review Letters 55:1530-1533 (1985); "Statistical mechanics of neural networks near saturation",
Annals of Physics 173:30-67 (1987). Equations from memory; the tests integrate them in another way and find the free
energy stationary.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import erf, exp, log, pi, sqrt
from typing import Any

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.hopfield.averages import averages, nodes

TIGHT = {"xtol": 1e-15, "rtol": 1e-14}


@dataclass(frozen=True)
class MeanFieldState:
    """A solution of the replica-symmetric equations.

    Attributes
    ----------
    load : float
        alpha = P/N, patterns per unit.
    temperature : float
        T, in units in which a unit's field from its own pattern is 1.
    overlap : float
        m, with the recalled pattern; 0 in the spin-glass and paramagnetic states.
    q : float
        Mean square of the average spins (Edwards-Anderson order parameter).
    r : float
        Mean square overlap with the patterns not recalled, times N.
    susceptibility : float
        beta (1 - q), called C at T = 0.
    free_energy : float
        Per unit; at T = 0 the energy. The self-couplings, which the network has not, do not count.
    """

    load: float
    temperature: float
    overlap: float
    q: float
    r: float
    susceptibility: float
    free_energy: float


def retrieval_state(load: float, temperature: float = 0.0) -> MeanFieldState:
    """Return the state that recalls one of the patterns, stable or metastable.

    Parameters
    ----------
    load : float >= 0
        alpha = P/N, not above `critical_load` of this temperature.
    temperature : float >= 0, < 1
        T.

    Raises
    ------
    InvalidParameter
        If there is no such state: the load is too large for this temperature.

    Examples
    --------
    >>> state = retrieval_state(0.1)
    >>> round(state.overlap, 6)  # one unit of a thousand is wrong
    0.997999
    """
    owner = "retrieval_state"
    checks.number(owner, "load", load, "a finite number >= 0", least=0.0)
    checks.number(owner, "temperature", temperature, "a number >= 0 and < 1", least=0.0, below=1.0)
    if load == 0:
        return _few_patterns(temperature)
    best, largest = _steepest(temperature)
    if load > largest**2:
        raise InvalidParameter(owner, "load", load, f"at most {largest**2:.6g}, the capacity at T = {temperature:g}")
    if temperature == 0:
        u = brentq(lambda u: _cold_root_load(u) - sqrt(load), best, 1 / sqrt(load) + 1, **TIGHT)
        return _cold_state(load, erf(u / sqrt(2)), u)
    # m <= sqrt(q) and r >= q, so that u <= 1 / sqrt(alpha)
    u = brentq(lambda u: _root_load(u, temperature)[0] - sqrt(load), best, 1 / sqrt(load) + 1, **TIGHT)
    return _warm_state(load, temperature, *_root_load(u, temperature)[1:])


def spin_glass_state(load: float, temperature: float = 0.0) -> MeanFieldState:
    """Return the state without overlap: spin glass below T = 1 + sqrt(alpha), paramagnet (q = r = 0) above.

    Parameters
    ----------
    load : float > 0
        alpha = P/N.
    temperature : float >= 0
        T.

    Examples
    --------
    >>> spin_glass_state(0.1).free_energy < retrieval_state(0.1).free_energy  # recall is only metastable
    True
    """
    owner = "spin_glass_state"
    checks.number(owner, "load", load, "a finite number > 0", above=0.0)
    checks.number(owner, "temperature", temperature, "a finite number >= 0", least=0.0)
    if temperature == 0:
        return _cold_state(load, 0.0, 0.0)

    def excess(b: float) -> float:
        _, q, idle = averages(0.0, b)
        return b * (temperature - idle) / sqrt(q) - sqrt(load)

    if temperature >= 1 + sqrt(load) or excess(1e-7) >= 0:
        return _warm_state(load, temperature, 0.0, 0.0, 1.0)
    # b <sech^2 bz> <= sqrt(2 / pi), and so the excess is positive at the upper end
    b = brentq(excess, 1e-7, (sqrt(load) + 1) / temperature, **TIGHT)
    return _warm_state(load, temperature, *averages(0.0, b))


def critical_state(temperature: float = 0.0) -> MeanFieldState:
    """Return the retrieval state at the largest load that has one.

    Parameters
    ----------
    temperature : float >= 0, < 1
        T.

    Examples
    --------
    >>> state = critical_state()
    >>> print(f"{state.load:.9f} {state.overlap:.9f}")
    0.137905566 0.967417116
    """
    checks.number("critical_state", "temperature", temperature, "a number >= 0 and < 1", least=0.0, below=1.0)
    u, root_load = _steepest(temperature)
    if temperature == 0:
        return _cold_state(root_load**2, erf(u / sqrt(2)), u)
    return _warm_state(root_load**2, temperature, *_root_load(u, temperature)[1:])


def critical_load(temperature: float = 0.0) -> float:
    """Return the largest load with a retrieval state: 0.137906 at T = 0.

    In this replica-symmetric theory it rises to 0.13819 at T = 0.023 before it falls to 0 at T = 1.

    Parameters
    ----------
    temperature : float >= 0, < 1
        T.
    """
    checks.number("critical_load", "temperature", temperature, "a number >= 0 and < 1", least=0.0, below=1.0)
    return float(_steepest(temperature)[1] ** 2)


def retrieval_overlap(loads: Any, temperature: float = 0.0) -> np.ndarray:
    """Return the overlap m of the retrieval state at each load, 0 where there is none.

    Parameters
    ----------
    loads : array of floats >= 0
        alpha = P/N.
    temperature : float >= 0, < 1
        T.

    Examples
    --------
    >>> retrieval_overlap([0.05, 0.1, 0.13, 0.15]).round(6).tolist()
    [0.999992, 0.997999, 0.987212, 0.0]
    """
    largest = critical_load(temperature)
    values = np.asarray(loads, np.float64)
    if not np.all((values >= 0) & np.isfinite(values)):
        raise InvalidParameter("retrieval_overlap", "loads", loads, "finite numbers >= 0")
    found = [retrieval_state(a, temperature).overlap if a <= largest else 0.0 for a in values.ravel().tolist()]
    return np.array(found).reshape(values.shape)


def error_fraction(loads: Any, temperature: float = 0.0) -> np.ndarray:
    """Return the share of wrong units in the retrieval state, (1 - m)/2; 1/2 where there is none.

    Parameters
    ----------
    loads, temperature
        As for `retrieval_overlap`.
    """
    return (1 - retrieval_overlap(loads, temperature)) / 2


def free_energy(load: float, temperature: float, m: float, q: float, r: float) -> float:
    """Return the replica-symmetric free energy per unit; its stationary points are the states.

    Parameters
    ----------
    load : float >= 0
        alpha = P/N.
    temperature : float > 0
        T, above 1 - q.
    m, q, r : float
        The order parameters, 0 <= q <= 1 and r >= 0.
    """
    owner = "free_energy"
    checks.number(owner, "load", load, "a finite number >= 0", least=0.0)
    checks.number(owner, "temperature", temperature, "a finite number > 0", above=0.0)
    checks.number(owner, "q", q, "a number in [0, 1]", least=0.0, below=np.nextafter(1.0, 2.0))
    checks.number(owner, "r", r, "a finite number >= 0", least=0.0)
    if load > 0 and temperature <= 1 - q:
        raise InvalidParameter(owner, "temperature", temperature, f"above 1 - q = {1 - q:.6g}")
    return _free_energy(load, temperature, m, 1 - q, r)


def _free_energy(load: float, t: float, m: float, idle: float, r: float) -> float:
    """Return the free energy; `idle` is 1 - q, which near T = 0 is known better than q."""
    energy = m * m / 2
    if load > 0:
        c = idle / t
        energy += load / 2 * (1 + r * c) + load * t / 2 * log(1 - c) - load / 2 * (1 - idle) / (1 - c)
    s = sqrt(load * r)
    if s == 0:
        return energy - float(t * np.logaddexp(m / t, -m / t))
    z, weight = nodes(abs(m) / s, s / t)
    field = s * z + abs(m)
    return energy - float(weight @ (t * np.logaddexp(field / t, -field / t)))


def _few_patterns(t: float) -> MeanFieldState:
    """Return the state at load 0: m = tanh(m / T)."""
    u = brentq(lambda u: np.tanh(u / t) - u, 1e-9, 1.0, **TIGHT) if t > 0.02 else 1.0
    c = (1 - u * u) / t if t else 0.0
    f = _free_energy(0.0, t, u, 1 - u * u, 0.0) if t else -0.5
    return MeanFieldState(0.0, float(t), float(u), float(u * u), float((u / (1 - c)) ** 2), float(c), f)


def _warm_state(load: float, t: float, m: float, q: float, idle: float) -> MeanFieldState:
    """Return the state at T > 0 with 1 - q = `idle`."""
    c = idle / t
    r = q / (1 - c) ** 2
    return MeanFieldState(float(load), float(t), m, q, r, c, _free_energy(load, t, m, idle, r))


def _cold_state(load: float, m: float, u: float) -> MeanFieldState:
    """Return the state at T = 0 with u = m / sqrt(alpha r)."""
    k = sqrt(2 / (pi * load)) * exp(-u * u / 2)  # C / (1 - C)
    r = (1 + k) ** 2
    noise = sqrt(load * r)
    field = noise * sqrt(2 / pi) * exp(-u * u / 2) + m * erf(u / sqrt(2))
    energy = m * m / 2 + load / 2 * (r * k / (1 + k) - k) - field
    return MeanFieldState(float(load), 0.0, float(m), 1.0, r, k / (1 + k), energy)


@lru_cache(maxsize=256)
def _steepest(t: float) -> tuple[float, float]:
    """Return u and sqrt(alpha) where the load is largest at this temperature."""
    if t == 0:
        u = brentq(_cold_slope, 1.0, 4.0, **TIGHT)
        return u, _cold_root_load(u)
    found = minimize_scalar(
        lambda x: -_root_load(exp(x), t)[0], bounds=(log(0.5), log(8.0)), method="bounded", options={"xatol": 1e-8}
    )
    return exp(found.x), -float(found.fun)


def _cold_root_load(u: float) -> float:
    """Return sqrt(alpha) at T = 0."""
    return erf(u / sqrt(2)) / u - sqrt(2 / pi) * exp(-u * u / 2)


def _cold_slope(u: float) -> float:
    """Return the derivative of `_cold_root_load`."""
    return sqrt(2 / pi) * exp(-u * u / 2) * (u + 1 / u) - erf(u / sqrt(2)) / u**2


def _root_load(u: float, t: float) -> tuple[float, float, float, float]:
    """Return sqrt(alpha), negative where beta (1 - q) > 1, and m, q and 1 - q at T > 0."""
    # m / (u b) falls from 1 to 0 as b grows, and m <= 1
    low, high = log(1e-6 / max(u, 1.0)), -log(u * t) + 1e-3
    b = exp(brentq(lambda x: averages(u, exp(x))[0] / (u * exp(x)) - t, low, high, **TIGHT))
    m, q, idle = averages(u, b)
    return m / u * (1 - idle / t) / sqrt(q), m, q, idle
