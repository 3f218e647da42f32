"""What a threshold unit can separate at most: Cover's count of labellings, and Gardner's capacity at a margin."""

from dataclasses import dataclass
from math import comb, inf
from typing import Any

import numpy as np
from scipy.special import bdtr

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.core.gardner import gardner_capacity as gardner_capacity
from neurosim.core.gardner import gardner_stability as gardner_stability
from neurosim.core.random import seed_from
from neurosim.perceptron.separability import augmented, shortest


@dataclass(frozen=True)
class SeparabilityCurve:
    """How often random points with random labels are separable.

    Attributes
    ----------
    points : (counts,) int array
        Numbers of points.
    separable : (counts,) array in [0, 1]
        Measured share of the draws.
    expected : (counts,) array in [0, 1]
        `cover_probability`.
    dimension : int
        Number of features, the intercept not counted.
    draws : int
        Sets drawn for each number of points.
    """

    points: np.ndarray
    separable: np.ndarray
    expected: np.ndarray
    dimension: int
    draws: int


def cover_count(points: int, dimension: int) -> int:
    """Return how many of the 2^P labellings of P points in N dimensions are separable through the origin.

    C(P, N) = 2 sum_{k<N} binomial(P-1, k), for points in general position: any N of them linearly independent.

    Parameters
    ----------
    points, dimension : int >= 1
        P and N; with an intercept N + 1.

    References
    ----------
    T. M. Cover, "Geometrical and statistical properties of systems of linear inequalities with applications in pattern
    recognition", IEEE Trans. Electronic Computers 14:326-334 (1965). Quoted from memory; the tests count the
    labellings of small sets one by one.

    Examples
    --------
    >>> cover_count(4, 3)  # with an intercept: four points of the plane; the two XOR labellings are missing
    14
    """
    checks.at_least("cover_count", "points", points, 1)
    checks.at_least("cover_count", "dimension", dimension, 1)
    return 2 * sum(comb(int(points) - 1, k) for k in range(min(int(dimension), int(points))))


def cover_probability(points: Any, dimension: int) -> Any:
    """Return the probability that P points in general position with random labels are separable, C(P, N) / 2^P.

    Parameters
    ----------
    points : int >= 1 or array of them
        P; thousands are no trouble.
    dimension : int >= 1
        N, as in `cover_count`.

    Examples
    --------
    >>> round(float(cover_probability(40, 20)), 9)
    0.5
    """
    counts = _whole("cover_probability", points)
    checks.at_least("cover_probability", "dimension", dimension, 1)
    return bdtr(np.minimum(dimension, counts) - 1, counts - 1, 0.5)  # P - 1 fair coins: at most N - 1 heads


def separability_curve(
    dimension: int, points: Any, draws: int = 1000, *, fit_intercept: bool = False, random_state: Any = None
) -> SeparabilityCurve:
    """Measure how often P normally distributed points with random labels are separable.

    Parameters
    ----------
    dimension : int >= 1
        N, the number of features.
    points : int >= 1 or array of them
        P.
    draws : int >= 1, default 1000
        Sets for each P. One takes about 0.2 ms at N = 20, P = 40.
    fit_intercept : bool, default False
        With one, the same points follow the count for N + 1 dimensions.
    random_state : None, int or Generator

    Returns
    -------
    SeparabilityCurve
    """
    owner = "separability_curve"
    counts = np.atleast_1d(_whole(owner, points))
    checks.at_least(owner, "dimension", dimension, 1)
    checks.at_least(owner, "draws", draws, 1)
    rng = np.random.default_rng(seed_from(random_state))

    def one(count: int) -> bool:
        x = augmented(rng.normal(size=(count, dimension)), rng.choice([-1.0, 1.0], count), fit_intercept)
        return shortest(x) is not None

    shares = [np.mean([one(int(count)) for _ in range(draws)]) for count in counts]
    expected = np.atleast_1d(cover_probability(counts, dimension + bool(fit_intercept)))
    return SeparabilityCurve(counts, np.array(shares), expected, int(dimension), int(draws))


def _whole(owner: str, points: Any) -> np.ndarray:
    counts = np.asarray(points)
    if counts.dtype.kind not in "iu" or counts.size == 0 or counts.min() < 1:
        raise InvalidParameter(owner, "points", points, "an integer >= 1 or an array of them")
    return counts


def _number(owner: str, name: str, value: Any, least: float, most: float) -> float:
    if not isinstance(value, int | float | np.number) or not least <= value <= most or value == inf:
        raise InvalidParameter(owner, name, value, f"a number in [{least:g}, {most:g}]")
    return float(value)
