"""The formulas of stochastic units against exact ones, and the tests against wrong formulas."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from neurosim.boltzmann import rules
from neurosim.boltzmann.settling import slopes, visiting_order
from neurosim.core.random import philox
from neurosim.ising import rules as ising
from tests.mutants import sign_flips

from . import naive

F = np.float32
NAMES = ("power_of_two", "turns_on", "fraction", "below", "visited", "decision", "coin")
LIMITS = (0.0, -0.0, np.inf, -np.inf)


def check_rules(module):
    """Fail unless the functions of `module` are what their names say."""
    module.philox = philox.py_func
    for name in NAMES:
        rule = getattr(module, name)
        setattr(module, name, getattr(rule, "py_func", rule))  # so that mutants call each other uncompiled
    with np.errstate(all="ignore"):
        for y in (-126.0, -125.5, -20.3, -1.0, -0.5, -1e-6, 0.0, 1e-7, 0.7, 1.0, 5.99, 126.0):
            assert module.power_of_two(F(y)) == ising.power_of_two.py_func(F(y)) == naive.power_of_two(F(y)), y
            assert abs(float(module.power_of_two(F(y))) / 2.0 ** float(F(y)) - 1) < 4e-7, y
        for real in (F, np.float64):
            for temperature in (*LIMITS, 1.0, 0.1, 30.0, -2.0):
                slope = slopes(np.array([temperature]), real)[0]
                for gap in (0.0, -1e-40, 1e-30, 0.3, -0.3, 2.5, -700.0, 700.0):
                    p = naive.probability(float(real(gap)), temperature)
                    for u in (2.0**-24, p * 0.9999, p * 1.0001, 0.4999, 0.5001, 1 - 2.0**-24):
                        if 2.0**-24 <= u < 1 and abs(u - p) > 3e-6 * p:
                            assert module.turns_on(F(u), real(gap), slope) == (u < p), (u, gap, temperature)
                            assert naive.turns_on(F(u), real(gap), temperature, real) == (u < p)
        assert module.fraction(np.uint64(0)) == F(2.0**-24)
        assert module.fraction(np.uint64(2**32 - 1)) == F(1 - 2.0**-24)
        assert [int(module.below(np.uint64(w), 10)) for w in (0, 2**31, 2**32 - 1)] == [0, 5, 9]
        key, step, halves = 0x123456789ABCDEF0, 77, (np.uint64(0x9ABCDEF0), np.uint64(0x12345678))
        for q in (0, 1, 6, 401, 130):
            place = naive.word(q, 5, step, 0, key) * 13 >> 32
            assert int(module.visited(q, 5, step, 13, *halves)) == place
            u = ((naive.word(q, 9, step, 1, key) >> 9) + 0.5) / 2**23
            assert float(module.decision(q, 9, step, *halves)) == u
            bits = naive.philox((q // 128, 9, step, 2), key)
            assert int(module.coin(q, 9, step, *halves)) == bits[q // 32 % 4] >> q % 32 & 1


MUTANTS = list(sign_flips(Path(rules.__file__)))


def test_rules():
    spec = importlib.util.spec_from_file_location("rules_copy", rules.__file__)
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    check_rules(copy)


@pytest.mark.parametrize("mutant", [m for _, m in MUTANTS], ids=[name for name, _ in MUTANTS])
def test_a_wrong_rule_is_noticed(mutant):
    with pytest.raises((AssertionError, ArithmeticError, ValueError, TypeError, IndexError)):
        check_rules(mutant)


def test_there_are_mutants():
    assert len(MUTANTS) >= 15


def test_slopes_of_all_temperatures():
    found = slopes(np.array([1.0, -2.0, *LIMITS]), np.float64)
    np.testing.assert_allclose(found, [1 / np.log(2), -0.5 / np.log(2), np.inf, -np.inf, 0, 0], rtol=1e-15)


def test_the_order_of_visits_does_not_depend_on_pieces():
    free = np.array([1, 4, 7])
    whole = visiting_order(free, 0, 9, 2**40 + 3, 8)
    parts = [visiting_order(free, a, b, 2**40 + 3, 8) for a, b in ((0, 4), (4, 9))]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert whole[:4].tolist() == [free[naive.word(q, t, 8, 0, 2**40 + 3) * 3 >> 32] for t, q in
                                  ((0, 0), (0, 1), (0, 2), (1, 0))]  # fmt: skip
    assert set(whole) == set(free)
