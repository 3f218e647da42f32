"""The distances against SciPy's, against wrong formulas, and what users may give in their place."""

import math
from pathlib import Path

import numpy as np
import pytest
from numba import njit
from scipy.spatial.distance import cdist

from neurosim.core.errors import InvalidParameter
from neurosim.som import distances
from tests.mutants import sign_flips

SCIPY = {"manhattan": "cityblock"}
NAMES = ("euclidean", "manhattan", "chebyshev", "cosine", "correlation")


def plain(function):
    return getattr(function, "py_func", function)


def check_distances(module):
    """Fail unless the functions of `module` are the distances of their names."""
    rng = np.random.default_rng(5)
    x, w = rng.normal(size=(6, 5)), rng.normal(size=(4, 5))
    module._one_minus = plain(module._one_minus)
    for name in NAMES:
        got = [[plain(getattr(module, name))(a, b) for b in w] for a in x]
        np.testing.assert_allclose(got, cdist(x, w, SCIPY.get(name, name)), rtol=1e-12, atol=1e-14)
    for name in ("cosine", "correlation"):  # vectors without a direction; and one that rounding takes beyond 1
        f = plain(getattr(module, name))
        assert f(np.zeros(3), np.arange(3.0)) == f(np.arange(3.0), np.zeros(3)) == 1.0
        assert 0 <= f(np.array([0.1, 0.7, 0.3]), np.array([0.3, 2.1, 0.9])) < 1e-15
    a, b, none = np.array([1.0, math.nan, 4.0]), np.array([2.0, 7.0, 2.0]), np.full(3, math.nan)
    assert abs(plain(module.euclidean_known)(a, b) - math.sqrt(5)) < 1e-15
    assert abs(plain(module.manhattan_known)(a, b) - 3) < 1e-15
    assert plain(module.euclidean_known)(none, b) == plain(module.manhattan_known)(none, b) == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compiled_as_written(dtype, rng):
    x, w = rng.normal(size=7).astype(dtype), rng.normal(size=7).astype(dtype)
    for f in distances.NUMBERED:
        np.testing.assert_allclose(f(x, w), f.py_func(x.astype(float), w.astype(float)), rtol=2e-6)


def test_distances():
    original = distances._one_minus
    try:
        check_distances(distances)
    finally:
        distances._one_minus = original
    assert tuple(distances.DISTANCES) == NAMES


# the last lines are about numbers of functions, and no formulas
MUTANTS = [m for m in sign_flips(Path(distances.__file__)) if int(m[0].split()[1].rstrip(":")) < 90]


@pytest.mark.parametrize("mutant", [m for _, m in MUTANTS], ids=[name for name, _ in MUTANTS])
def test_a_wrong_distance_is_noticed(mutant):
    with pytest.raises((AssertionError, ArithmeticError, ValueError)):
        check_distances(mutant)


def test_there_are_mutants():
    assert len(MUTANTS) >= 12


def test_users_functions():
    x, w = np.array([1.0, 2.0]), np.array([0.0, 5.0])
    assert distances.compiled(lambda a, b: abs(a[0] - b[0]))(x, w) == 1.0
    jitted = njit(lambda a, b: abs(a[1] - b[1]))
    assert distances.compiled(jitted) is jitted
    assert distances.compiled(distances.manhattan)(x, w) == 4.0


@pytest.mark.parametrize(
    "metric",
    [
        lambda x: 0.0,
        lambda x, w: "far",
        lambda x, w: x - w,
        lambda x, w: (x[0], w[0]),
        lambda x, w: True,
        lambda x, w: math.nan,
        lambda x, w: {}.unknown(),
        "euclid",
        3,
    ],
    ids=["one argument", "text", "array", "tuple", "bool", "nan", "not compiled", "name", "number"],
)
def test_what_is_no_distance(metric):
    with pytest.raises(InvalidParameter, match="SOM: metric"):
        distances.compiled(metric)
