"""What a threshold unit can store at a margin (Gardner 1988), for perceptrons and associative memories."""

from math import inf, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from neurosim.core import checks


def gardner_capacity(stability: float = 0.0) -> float:
    """Return the largest load alpha = P/N at which random labels can have a margin kappa, N going to infinity.

    1/alpha = integral over t > -kappa of Dt (t + kappa)^2, with Dt the standard normal measure. Every unit of an
    associative memory is such a learner: P random patterns can be fixed points with that stability, under any rule and
    with couplings that need not be symmetric.

    Parameters
    ----------
    stability : float >= 0
        The margin kappa = y w·x / ‖w‖ of points whose coordinates have variance 1. (Below 0 the allowed w are no convex
        set, and the formula is not exact.)

    Returns
    -------
    float in (0, 2]

    References
    ----------
    E. Gardner, "The space of interactions in neural network models", J. Phys. A 21:257-270 (1988). Quoted from memory;
    the tests integrate the definition and compare it with largest margins of random sets.

    Examples
    --------
    >>> gardner_capacity(), round(gardner_capacity(1.0), 4)
    (2.0, 0.5196)
    """
    checks.number("gardner_capacity", "stability", stability, "a finite number >= 0", least=0.0)
    density = np.exp(-stability * stability / 2) / sqrt(2 * np.pi)
    return float(1 / ((1 + stability * stability) * ndtr(stability) + stability * density))


def gardner_stability(load: float) -> float:
    """Return the largest margin kappa of random labels at a load: the inverse of `gardner_capacity`.

    Parameters
    ----------
    load : float > 0, <= 2
        P/N.

    Examples
    --------
    >>> round(gardner_stability(0.5196), 4)
    1.0
    """
    wanted = "a number > 0 and <= 2"
    checks.number("gardner_stability", "load", load, wanted, above=0.0, below=np.nextafter(2.0, inf))
    return float(brentq(lambda kappa: gardner_capacity(kappa) - load, 0.0, 1 / sqrt(load), xtol=1e-14))
