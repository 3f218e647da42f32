"""Distances of a sample from a weight vector: compiled functions (x, w) -> float of two 1-D arrays of one length."""

import math
from collections.abc import Hashable
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit, types
from numba.core.errors import NumbaError
from numba.extending import is_jitted, overload

from neurosim.core.errors import InvalidParameter
from neurosim.core.jit import FASTMATH


@njit(fastmath=FASTMATH)
def euclidean(x, w):
    """Return the root of the sum of squared differences."""
    total = 0.0
    for j in range(len(x)):
        total += (x[j] - w[j]) ** 2
    return math.sqrt(total)


@njit(fastmath=FASTMATH)
def euclidean_known(x, w):
    """Return the Euclidean distance over the features of x that are not NaN; 0 if there are none."""
    total = 0.0
    for j in range(len(x)):
        if not math.isnan(x[j]):
            total += (x[j] - w[j]) ** 2
    return math.sqrt(total)


@njit(fastmath=FASTMATH)
def manhattan(x, w):
    """Return the sum of absolute differences."""
    total = 0.0
    for j in range(len(x)):
        total += abs(x[j] - w[j])
    return total


@njit(fastmath=FASTMATH)
def manhattan_known(x, w):
    """Return the sum of absolute differences over the features of x that are not NaN; 0 if there are none."""
    total = 0.0
    for j in range(len(x)):
        if not math.isnan(x[j]):
            total += abs(x[j] - w[j])
    return total


@njit
def chebyshev(x, w):
    """Return the largest absolute difference."""
    largest = 0.0
    for j in range(len(x)):
        largest = max(largest, abs(x[j] - w[j]))
    return largest


@njit(fastmath=FASTMATH)
def cosine(x, w):
    """Return 1 - x.w / |x||w|, from 0 to 2; 1 if a vector is zero."""
    product, xx, ww = 0.0, 0.0, 0.0
    for j in range(len(x)):
        product += x[j] * w[j]
        xx += x[j] * x[j]
        ww += w[j] * w[j]
    return _one_minus(product, xx, ww)


@njit(fastmath=FASTMATH)
def correlation(x, w):
    """Return 1 - the correlation coefficient of x and w, from 0 to 2; 1 if a vector is constant."""
    product, xx, ww = 0.0, 0.0, 0.0
    x_mean, w_mean = x.mean(), w.mean()
    for j in range(len(x)):
        a, b = x[j] - x_mean, w[j] - w_mean
        product += a * b
        xx += a * a
        ww += b * b
    return _one_minus(product, xx, ww)


@njit
def _one_minus(product, xx, ww):
    """Return 1 - product / sqrt(xx ww), 1 if that root is zero, and at least 0 whatever the rounding."""
    lengths = math.sqrt(xx) * math.sqrt(ww)
    return max(0.0, 1.0 - product / lengths) if lengths > 0.0 else 1.0


DISTANCES = {f.__name__: f for f in (euclidean, manhattan, chebyshev, cosine, correlation)}
KNOWN = {"euclidean": euclidean_known, "manhattan": manhattan_known}  # for samples with NaN
SHORT = 16  # features that a user's function is tried on
NUMBERED = (*DISTANCES.values(), *KNOWN.values())


def measured(distance, x, w):
    """Return the distance of two vectors, in compiled code; `distance` is a function, or its number in NUMBERED.

    A kernel that takes functions is compiled for each and cannot be cached; one that takes numbers can.
    """
    raise NotImplementedError


@overload(measured, inline="always")
def _measured(distance, x, w):
    if not isinstance(distance, types.Integer):
        return lambda distance, x, w: distance(x, w)

    def by_number(distance, x, w):
        if distance == 0:
            return euclidean(x, w)
        if distance == 1:
            return manhattan(x, w)
        if distance == 2:
            return chebyshev(x, w)
        if distance == 3:
            return cosine(x, w)
        if distance == 4:
            return correlation(x, w)
        return euclidean_known(x, w) if distance == 5 else manhattan_known(x, w)

    return by_number


def compiled(metric: Any) -> Any:
    """Return a user's distance as a compiled function.

    Parameters
    ----------
    metric : function (x, w) -> float
        Of two 1-D arrays of one length, a sample and a weight vector: a Python function that Numba can compile, or one
        that is compiled already.

    Raises
    ------
    InvalidParameter
        If it does not compile, or gives no number for two short arrays.
    """
    return _compiled(metric) if isinstance(metric, Hashable) else _compiled.__wrapped__(metric)


@lru_cache(maxsize=16)  # a function compiled anew would compile every kernel anew
def _compiled(metric: Any) -> Any:
    wanted = "a function (x, w) -> float of two 1-D arrays that Numba can compile"
    try:
        function = metric if is_jitted(metric) else njit(metric)
        value = function(np.linspace(0.25, 0.5, SHORT), np.linspace(0.5, 0.125, SHORT))
    except NumbaError as error:
        reason = " ".join(str(error).split())[:300]
        raise InvalidParameter("SOM", "metric", metric, f"{wanted}: {reason}") from error
    except Exception as error:
        raise InvalidParameter("SOM", "metric", metric, f"{wanted}: {type(error).__name__}: {error}") from error
    if isinstance(value, bool) or not isinstance(value, float | int) or not value >= 0:
        raise InvalidParameter(
            "SOM", "metric", metric, f"{wanted}; it gave {value!r} for two short arrays, and wanted is a number >= 0"
        )
    return function
