"""Mean-field theory of a few patterns in a large network: pattern states and mixtures.

With P fixed and N going to infinity the patterns do not disturb each other, and the free energy per unit of a state
with overlaps m is ``f = m·m/2 - T <ln 2 cosh (xi·m / T)>``, averaged over patterns xi of -1 and +1. Its symmetric
solutions have n equal overlaps. For n = 1 they are the patterns themselves; the others are mixtures, spurious states,
stable for odd n at low temperature.

References
----------
D. J. Amit, H. Gutfreund, H. Sompolinsky, "Spin-glass models of neural networks", Physical Review A 32:1007-1018 (1985).
Equations from memory; the tests differentiate the free energy numerically.
"""

from math import inf

import numpy as np
from scipy.optimize import brentq
from scipy.special import binom

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter


def mixture_overlap(mixed: int, temperature: float = 0.0) -> float:
    """Return the overlap of a symmetric mixture with each of its patterns; 0 from T = 1 on.

    Parameters
    ----------
    mixed : int >= 1
        n, the number of patterns; 1 is a pattern state, whose overlap solves m = tanh(m / T).
    temperature : float >= 0
        T.

    Examples
    --------
    >>> mixture_overlap(3)
    0.5
    """
    _check("mixture_overlap", mixed, temperature)
    z, chance = _sums(mixed)
    if temperature == 0:
        return float(chance @ np.abs(z)) / mixed
    if temperature >= 1:
        return 0.0

    def excess(m: float) -> float:
        return float(chance @ (z * np.tanh(m * z / temperature))) / mixed - m

    smallest = 1e-9
    return float(brentq(excess, smallest, 1.0, xtol=1e-15)) if excess(smallest) > 0 else 0.0


def mixture_stability(mixed: int, temperature: float = 0.0) -> float:
    """Return the smallest eigenvalue of the second derivatives of the free energy at a mixture: stable if positive.

    Parameters
    ----------
    mixed : int >= 1
        n, the number of patterns.
    temperature : float >= 0, < 1
        T.

    Examples
    --------
    >>> [mixture_stability(n) for n in (1, 2, 3)]
    [1.0, -inf, 1.0]
    """
    _check("mixture_stability", mixed, temperature)
    checks.number("mixture_stability", "temperature", temperature, "a number >= 0 and < 1", least=0.0, below=1.0)
    if temperature == 0:  # with an even number some units have no field
        return 1.0 if mixed % 2 else -inf
    z, chance = _sums(mixed)
    m = mixture_overlap(mixed, temperature)
    squares = np.tanh(m * z / temperature) ** 2
    outside = 1 - (1 - chance @ squares) / temperature  # towards a pattern that is not mixed
    if mixed == 1:
        return float(outside)
    pair = chance @ ((z**2 - mixed) / (mixed * (mixed - 1)) * squares)  # never negative: both factors grow with |z|
    return float(outside - pair / temperature)  # towards a state that favours one of the mixed patterns


def mixture_temperature(mixed: int = 3) -> float:
    """Return the temperature below which a mixture is stable: 1 for one pattern, 0.460 for three.

    Parameters
    ----------
    mixed : odd int >= 1
        n, the number of patterns; mixtures of an even number are never stable.

    Examples
    --------
    >>> round(mixture_temperature(3), 3)
    0.46
    """
    checks.at_least("mixture_temperature", "mixed", mixed, 1)
    if mixed % 2 == 0:
        raise InvalidParameter("mixture_temperature", "mixed", mixed, "odd")
    if mixed == 1:
        return 1.0
    return float(brentq(lambda t: mixture_stability(mixed, t), 0.1 / mixed**0.5, 0.9, xtol=1e-12))


def _check(owner: str, mixed: int, temperature: float) -> None:
    checks.at_least(owner, "mixed", mixed, 1)
    checks.number(owner, "temperature", temperature, "a finite number >= 0", least=0.0)


def _sums(mixed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums of n numbers -1 or +1 and their probabilities."""
    ups = np.arange(mixed + 1)
    return 2.0 * ups - mixed, binom(mixed, ups) / 2.0**mixed
