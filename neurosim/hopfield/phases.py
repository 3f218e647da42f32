"""Phase diagram of the Hebb rule in the plane of load and temperature (replica-symmetric theory of `mean_field`)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from math import inf, sqrt

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.hopfield.mean_field import critical_load, retrieval_state, spin_glass_state

PARISI = -0.763166  # quoted
LAST = 1e-4  # this close to T = 1 the roots of the loads are straight lines


@dataclass(frozen=True)
class PhaseDiagram:
    """The three lines of the (load, temperature) plane.

    Attributes
    ----------
    temperatures : (points,) array
        T from 0 to 1.
    retrieval_loads : (points,) array
        Loads below these have retrieval states at that temperature (the line T_M).
    transition_loads : (points,) array
        Below these the retrieval states have the lowest free energy (the line T_c, a first-order transition).
    loads : (points,) array
        Loads from 0 to 0.2, denser near 0, where the next line is steep.
    spin_glass_temperatures : (points,) array
        Below these there is a spin glass (the line T_g).
    """

    temperatures: np.ndarray = field(repr=False)
    retrieval_loads: np.ndarray = field(repr=False)
    transition_loads: np.ndarray = field(repr=False)
    loads: np.ndarray = field(repr=False)
    spin_glass_temperatures: np.ndarray = field(repr=False)


def phase_diagram(points: int = 51) -> PhaseDiagram:
    """Compute the lines between the phases.

    Parameters
    ----------
    points : int >= 3
        On each line.

    Examples
    --------
    >>> phase_diagram(3).retrieval_loads.round(4).tolist()
    [0.1379, 0.0588, 0.0]
    """
    checks.at_least("phase_diagram", "points", points, 3)
    temperatures, loads = np.linspace(0.0, 1.0, points), 0.2 * np.linspace(0.0, 1.0, points) ** 2
    retrieval = np.array([critical_load(t) for t in temperatures[:-1].tolist()] + [0.0])
    transition = np.array([transition_load(t) for t in temperatures[:-1].tolist()] + [0.0])
    return PhaseDiagram(temperatures, retrieval, transition, loads, 1 + np.sqrt(loads))


def phase(load: float, temperature: float) -> str:
    """Return the phase at a load and a temperature.

    Parameters
    ----------
    load : float > 0
        alpha = P/N.
    temperature : float >= 0
        T.

    Returns
    -------
    str
        "retrieval" where the states that recall a pattern have the lowest free energy, "metastable retrieval" where
        they exist beside a lower spin glass, "spin glass", or "paramagnet".

    Examples
    --------
    >>> [phase(0.1, t) for t in (0.2, 0.5, 1.5)]
    ['metastable retrieval', 'spin glass', 'paramagnet']
    """
    checks.number("phase", "load", load, "a finite number > 0", above=0.0)
    checks.number("phase", "temperature", temperature, "a finite number >= 0", least=0.0)
    if temperature >= 1 + sqrt(load):
        return "paramagnet"
    if temperature >= 1 or load > critical_load(temperature):
        return "spin glass"
    lowest = retrieval_state(load, temperature).free_energy < spin_glass_state(load, temperature).free_energy
    return "retrieval" if lowest else "metastable retrieval"


def transition_load(temperature: float = 0.0) -> float:
    """Return the load below which the retrieval states have the lowest free energy: 0.05185 at T = 0.

    Parameters
    ----------
    temperature : float >= 0, < 1
        T.

    Examples
    --------
    >>> round(transition_load(), 5)
    0.05185
    """
    checks.number("transition_load", "temperature", temperature, "a number >= 0 and < 1", least=0.0, below=1.0)
    largest = critical_load(temperature)

    def difference(load: float) -> float:
        retrieval, glass = retrieval_state(load, temperature), spin_glass_state(load, temperature)
        return (retrieval.free_energy - glass.free_energy) / load

    return float(brentq(difference, 0.1 * largest, largest, xtol=1e-12))


def retrieval_temperature(load: float) -> float:
    """Return T_M, the highest temperature at which a retrieval state exists.

    Just above the load 0.137906 the replica-symmetric theory has retrieval states between two temperatures, none at
    T = 0; the higher of the two is returned.

    Parameters
    ----------
    load : float >= 0
        alpha = P/N, at most 0.13819.

    Raises
    ------
    InvalidParameter
        If no temperature has a retrieval state.

    Examples
    --------
    >>> round(retrieval_temperature(0.05), 4)
    0.5423
    """
    checks.number("retrieval_temperature", "load", load, "a finite number >= 0", least=0.0)
    return _highest("retrieval_temperature", critical_load, load)


def transition_temperature(load: float) -> float:
    """Return T_c, the highest temperature at which the retrieval states have the lowest free energy.

    Just above the load 0.05185 this theory has them lowest between two temperatures, not at T = 0.

    Parameters
    ----------
    load : float >= 0
        alpha = P/N, at most 0.0531.

    Raises
    ------
    InvalidParameter
        If the spin glass is lower at all temperatures.

    Examples
    --------
    >>> round(transition_temperature(0.02), 3)
    0.591
    """
    checks.number("transition_temperature", "load", load, "a finite number >= 0", least=0.0)
    return _highest("transition_temperature", transition_load, load)


def spin_glass_temperature(load: float) -> float:
    """Return T_g = 1 + sqrt(alpha), below which the spins freeze.

    Parameters
    ----------
    load : float >= 0
        alpha = P/N.

    Examples
    --------
    >>> spin_glass_temperature(0.25)
    1.5
    """
    checks.number("spin_glass_temperature", "load", load, "a finite number >= 0", least=0.0)
    return 1.0 + sqrt(load)


def sherrington_kirkpatrick_energy(n_spins: float = inf) -> float:
    """Return the mean ground-state energy per spin of the Sherrington-Kirkpatrick spin glass.

    Its couplings have variance 1/N. At large loads the spin glass here is the same but for the scale sqrt(alpha) of its
    energy; without replica symmetry breaking `spin_glass_state` gives -0.798 instead.

    Parameters
    ----------
    n_spins : float >= 1
        N; for finite N -0.763166 + 0.70 N^(-2/3).

    References
    ----------
    G. Parisi's solution for the limit; exponent of the correction from S. Boettcher's simulations, its factor 0.70 from
    memory, not checked against a paper.

    Examples
    --------
    >>> round(sherrington_kirkpatrick_energy(1000), 4)
    -0.7562
    """
    wanted = "a number >= 1"
    if not isinstance(n_spins, int | float | np.integer | np.floating) or not n_spins >= 1:
        raise InvalidParameter("sherrington_kirkpatrick_energy", "n_spins", n_spins, wanted)
    return PARISI + 0.70 * float(n_spins) ** (-2 / 3)


def _highest(owner: str, line: Callable[[float], float], load: float) -> float:
    """Return the highest T with ``line(T) = load``."""
    peak, largest = _peak(line)
    if load > largest:
        raise InvalidParameter(owner, "load", load, f"at most {largest:.6g}")
    slope = sqrt(line(1 - LAST)) / LAST

    def excess(t: float) -> float:
        root = sqrt(line(t)) if t < 1 - LAST else slope * (1 - t)
        return root - sqrt(load)

    return float(brentq(excess, peak, 1.0, xtol=1e-10))


@lru_cache(maxsize=2)
def _peak(line: Callable[[float], float]) -> tuple[float, float]:
    """Return the temperature where a line reaches its largest load, and that load."""
    found = minimize_scalar(lambda t: -line(t), bounds=(0.001, 0.3), method="bounded", options={"xatol": 1e-6})
    return float(found.x), -float(found.fun)
