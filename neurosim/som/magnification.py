"""How a map shares out its units: density of the weights against that of the data, and which dimensions it picks.

A chain of units on data of density P settles to a density of weights proportional to P^a. The exponent is below 1, so
that rare data get more units than their share. A map of too few dimensions leaves out those in which the data spread
less than a threshold, and folds itself into waves along the others.
"""

from math import e, pi, sqrt
from typing import Any, NamedTuple

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter


class Chain(NamedTuple):
    """A chain of units on a line that the batch rule has brought to rest.

    Attributes
    ----------
    weights : (units,) float64
        In ascending order; see `neighbours` of `stationary_chain` for those that are equal.
    iterations : int
        Done.
    change : float
        The largest change of a weight in the last iteration.
    """

    weights: np.ndarray
    iterations: int
    change: float


def magnification_exponent(neighbours: Any) -> Any:
    """Return ``2 / 3 - 1 / (3 n^2 + 3 (n + 1)^2)``: the exponent of a chain with n neighbours to either side.

    Ritter (1991) for a neighbourhood of 1 on the winner and n units to either side of it, 0 elsewhere. Without
    neighbours, n = 0, it is the 1/3 of optimal quantisation; with many the 2/3 of Ritter & Schulten (1986).

    Parameters
    ----------
    neighbours : int or array of ints, >= 0

    References
    ----------
    H. Ritter, K. Schulten, "On the stationary state of Kohonen's self-organizing sensory mapping", Biological
    Cybernetics 54:99-106 (1986). H. Ritter, "Asymptotic level density for a class of vector quantization processes",
    IEEE Transactions on Neural Networks 2:173-175 (1991). Not checked against the papers.

    Examples
    --------
    >>> magnification_exponent(0), round(magnification_exponent(1), 3)
    (0.3333333333333333, 0.6)
    """
    n = np.asarray(neighbours)
    if n.dtype.kind not in "iu" or (n < 0).any():
        raise InvalidParameter("magnification_exponent", "neighbours", neighbours, "integers >= 0")
    n = n.astype(float)  # squares of small integer types overflow
    exponent = 2 / 3 - 1 / (3 * n**2 + 3 * (n + 1) ** 2)
    return exponent if exponent.ndim else exponent.item()


def stationary_chain(
    quantiles: Any, units: int, neighbours: int, *, tol: float = 1e-10, iterations: int = 100_000
) -> Chain:
    """Bring a chain of units on a line to rest by the batch rule with a bubble neighbourhood.

    Every unit moves to the mean of the data whose winner is among the n units to either side of it or itself. The chain
    starts at even shares of the data, so that it is ordered from the start and stays so. Means are taken over the
    density itself, not over samples: between samples a chain would come to rest before it is at its goal.

    Parameters
    ----------
    quantiles : (N,) array, finite, strictly ascending
        The inverse of the data's distribution function at (i + 1/2) / N; between them it is taken to be straight. Some
        thousands are enough.
    units : int >= 2
        At most N / 2.
    neighbours : int >= 0
        n, below `units`. With half the units or more all data are near the middle ones, whose weights are then equal.
    tol : float >= 0, default 1e-10
        Stop when no weight has changed by more than this share of the range of the data.
    iterations : int >= 1, default 100000
        Stop after these in any case. Waves along the chain die out slowly, in a time that grows with the square of
        units / (neighbours + 1).

    Returns
    -------
    Chain

    Examples
    --------
    >>> import numpy as np
    >>> chain = stationary_chain((np.arange(1000) + 0.5) / 1000, 4, 0)
    >>> chain.weights.round(3).tolist()  # even quantisation of a uniform density
    [0.125, 0.375, 0.625, 0.875]
    """
    q = _ascending("stationary_chain", "quantiles", quantiles, 4)
    checks.at_least("stationary_chain", "units", units, 2)
    checks.at_least("stationary_chain", "neighbours", neighbours, 0)
    checks.at_least("stationary_chain", "iterations", iterations, 1)
    checks.number("stationary_chain", "tol", tol, "a number >= 0", least=0)
    if units > len(q) // 2:
        raise InvalidParameter("stationary_chain", "units", units, f"at most {len(q) // 2} for {len(q)} quantiles")
    if neighbours >= units:
        raise InvalidParameter("stationary_chain", "neighbours", neighbours, f"below units = {units}")
    ranks, centre, limit = np.arange(len(q), dtype=np.float64), q.mean(), tol * (q[-1] - q[0])
    q = q - centre
    sums = np.concatenate([[0.0], np.cumsum(0.5 * (q[1:] + q[:-1]))])
    weights = np.interp((np.arange(units) + 0.5) / units * len(q) - 0.5, ranks, q)
    first = np.maximum(np.arange(units) - neighbours, 0)
    last = np.minimum(np.arange(units) + neighbours + 1, units)
    change, done = np.inf, 0
    while done < iterations and change > limit:
        ends = np.interp(0.5 * (weights[1:] + weights[:-1]), q, ranks)
        ends = np.concatenate([[-0.5], ends, [len(q) - 0.5]])
        total = _integral(q, sums, ends)
        moved = (total[last] - total[first]) / (ends[last] - ends[first])
        change, weights, done = float(np.abs(moved - weights).max()), moved, done + 1
    return Chain(weights + centre, done, change)


def _integral(q: np.ndarray, sums: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the integral of the straight lines through q, which go on at both ends, from rank 0 to some ranks."""
    k = np.clip(ends.astype(np.int64), 0, len(q) - 2)
    beyond = ends - k
    result: np.ndarray = sums[k] + beyond * (q[k] + 0.5 * beyond * (q[k + 1] - q[k]))
    return result


def weight_density(weights: Any) -> np.ndarray:
    """Return the density of the weights of a chain at its inner units, ``2 / (w_{j+1} - w_{j-1})``, (units - 2,)."""
    w = _ascending("weight_density", "weights", weights, 3)
    return np.asarray(2.0 / (w[2:] - w[:-2]))


def fitted_exponent(weights: Any, density: Any, *, share: tuple[float, float] = (0.3, 0.85)) -> float:
    """Return the slope of log density of the weights against log density of the data: the measured exponent.

    Parameters
    ----------
    weights : (units,) array
        Of a chain, in ascending order.
    density : callable
        P, of an array of places; any factor.
    share : (from, to), default (0.3, 0.85)
        Part of the chain that counts, 0 <= from < to <= 1: near its ends units lack neighbours.

    Examples
    --------
    >>> import numpy as np
    >>> quantiles = np.sqrt((np.arange(2000) + 0.5) / 2000)  # P(x) = 2 x on [0, 1]
    >>> chain = stationary_chain(quantiles, 60, 1)
    >>> round(fitted_exponent(chain.weights, lambda x: 2 * x), 3)
    0.6
    """
    return fitted_line(weights, density, share)[1]


def fitted_line(weights: Any, density: Any, share: Any = (0.3, 0.85)) -> tuple[slice, float, float]:
    """Return which of the inner units count, and slope and intercept of the line through their log densities.

    Parameters and errors as for `fitted_exponent`; the slice is one of `weight_density`.
    """
    level = weight_density(weights)
    w = np.asarray(weights, np.float64)
    try:
        start, stop = (float(end) for end in share)
    except (TypeError, ValueError):
        start = stop = np.nan
    if not 0 <= start < stop <= 1:
        raise InvalidParameter("fitted_exponent", "share", share, "(from, to) with 0 <= from < to <= 1")
    used = slice(max(0, int(start * len(w)) - 1), min(len(level), int(stop * len(w)) - 1))
    places = w[1:-1][used]
    p = np.asarray(density(places) if callable(density) else 0, np.float64)
    if len(places) < 3 or p.shape != places.shape or not ((p > 0) & (p < np.inf)).all() or np.ptp(p) == 0:
        wanted = "a function of places to densities > 0 that differ, at 3 units at least"
        raise InvalidParameter("fitted_exponent", "density", density, wanted)
    slope, intercept = np.polyfit(np.log(p), np.log(level[used]), 1)
    return used, float(slope), float(intercept)


def _ascending(owner: str, name: str, values: Any, least: int) -> np.ndarray:
    try:
        x = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{owner}: {name} must be finite, strictly ascending numbers; got {values!r}") from None
    if x.ndim != 1 or len(x) < least or not np.isfinite(x).all() or not (np.diff(x) > 0).all():
        raise DataError(f"{owner}: {name} must be finite, strictly ascending, and at least {least}; got {x!r}")
    return x


def selection_threshold(sigma: float) -> float:
    """Return ``sigma sqrt(3 e / 2)``: the half-width at which a map takes up one more dimension of the data.

    A map whose units lie evenly, one unit of length apart, along its own dimensions, with a Gaussian neighbourhood of
    width sigma and data that spread evenly from -s to s across them: up to this s all its weights are 0 across. The
    data are along the map infinite and even (Ritter, Martinetz & Schulten 1992).

    Parameters
    ----------
    sigma : float > 0
        In steps between units.

    Examples
    --------
    >>> round(selection_threshold(1.0), 3)
    2.019
    """
    checks.number("selection_threshold", "sigma", sigma, "a number > 0", above=0)
    return sigma * sqrt(1.5 * e)


def selection_wavelength(sigma: float) -> float:
    """Return ``sqrt(2) pi sigma``, the length of the waves that appear first, in steps between units.

    See `selection_threshold`.

    Examples
    --------
    >>> round(selection_wavelength(1.0), 3)
    4.443
    """
    checks.number("selection_wavelength", "sigma", sigma, "a number > 0", above=0)
    return sqrt(2) * pi * sigma
