"""Averages over normally distributed noise of functions that change quickly at one place, as tanh does at low T."""

from math import asinh, pi, sqrt

import numpy as np

STEP = 0.05  # of the trapezoid: a fifth of it changes no average by more than 1e-13
WIDEST = 9.0  # standard deviations of the noise that count


def averages(u: float, b: float) -> tuple[float, float, float]:
    """Return <tanh b(z + u)>, <tanh^2 b(z + u)> and 1 minus that, each to full relative precision.

    z is standard normal.

    Parameters
    ----------
    u : float >= 0
        Signal in units of the noise.
    b : float > 0
        Noise in units of the temperature.
    """
    z, weight = nodes(u, b)
    field = b * (z + u)
    decay = np.exp(-2 * np.abs(field))
    tanh = np.tanh(field)
    return float(weight @ tanh), float(weight @ tanh**2), float(weight @ (4 * decay / (1 + decay) ** 2))


def nodes(u: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Return points z and normal weights of a trapezoid that is dense where tanh b(z + u) changes.

    Steps are equal in t, z = -u + sinh(t) / max(1, b). Gauss-Hermite points would step over the change at low T.

    Parameters
    ----------
    u, b : float
        As for `averages`.
    """
    centre, scale = -min(u, WIDEST - 1), max(1.0, b)
    ends = asinh((-WIDEST - centre) * scale), asinh((WIDEST - centre) * scale)
    t = np.arange(ends[0] - STEP, ends[1] + STEP, STEP)
    z = centre + np.sinh(t) / scale
    return z, STEP / scale * np.cosh(t) * np.exp(-z * z / 2) / sqrt(2 * pi)
