"""The square-lattice ferromagnet without a field, solved exactly (Onsager 1944; Yang 1952).

Temperatures are in units of the coupling J = 1; for another coupling divide the temperature by it.
"""

from typing import Any

import numpy as np
from scipy.special import ellipkm1

from neurosim.core.errors import DataError

__all__ = ["CRITICAL_TEMPERATURE", "energy_per_spin", "spontaneous_magnetisation"]

#: T_c / J = 2 / ln(1 + sqrt 2), at which the order of the infinite lattice vanishes.
CRITICAL_TEMPERATURE = 2 / float(np.log1p(np.sqrt(2.0)))


def spontaneous_magnetisation(temperature: Any) -> Any:
    """Return the magnetisation per spin that is left when the field goes to zero.

    Parameters
    ----------
    temperature : float or array, >= 0
        T / J.

    Returns
    -------
    float, or float64 array of the same shape
        ``(1 - sinh(2 / T)**-4)**(1/8)`` below the critical temperature (Yang 1952), 0 above.

    Examples
    --------
    >>> from neurosim.ising.onsager import spontaneous_magnetisation
    >>> round(spontaneous_magnetisation(2.0), 6)
    0.911319
    """
    double = _double_coupling(temperature)
    quarter = np.minimum(1.0, 2 * np.exp(-double) / -np.expm1(-2 * double))  # 1 / sinh
    return _as_given((1 - quarter**4) ** 0.125)


def energy_per_spin(temperature: Any) -> Any:
    """Return the mean energy per spin of an infinite lattice, in units of J (Onsager 1944).

    Parameters
    ----------
    temperature : float or array, >= 0
        T / J.

    Returns
    -------
    float, or float64 array of the same shape
        From -2 at low temperatures through ``-sqrt(2)`` at the critical one towards 0.
    """
    double = _double_coupling(temperature)
    tangent = np.tanh(double)
    complement = (2 * tangent**2 - 1) ** 2  # 1 - k**2 of the elliptic integral
    singular = np.zeros_like(complement)
    np.multiply(2 * tangent**2 - 1, ellipkm1(np.maximum(complement, 1e-300)), where=complement > 0, out=singular)
    return _as_given(-(1 + 2 / np.pi * singular) / tangent)


def _double_coupling(temperature: Any) -> np.ndarray:
    """Return 2 J / T."""
    given = np.asarray(temperature, dtype=np.float64)
    if not (given >= 0).all() or np.isinf(given).any():
        raise DataError(f"onsager: temperature must be >= 0 and finite; got {temperature!r}")
    with np.errstate(divide="ignore"):
        return np.asarray(2 / given)


def _as_given(values: np.ndarray) -> Any:
    """Return a float for a single temperature."""
    return float(values) if values.ndim == 0 else values
