"""The formulas of annealing against exact ones, and the tests against wrong formulas."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from neurosim.ising import rules
from tests.mutants import sign_flips

from . import naive

F = np.float32


def plain(rule):
    return getattr(rule, "py_func", rule)


def check_rules(module):
    """Fail unless the functions of `module` are what their names say."""
    for name in (
        "power_of_two",
        "accepts",
        "minus_log",
        "allowance",
        "unit_interval",
        "xoshiro",
        "splitmix",
        "below",
        "draw",
        "shuffle",
    ):
        setattr(module, name, plain(getattr(module, name)))  # so that mutants call each other uncompiled
    with np.errstate(all="ignore"):
        for y in (-126.0, -20.3, -1.0, -0.5, -1e-6, 0.0, 0.7, 1.0, 5.99, 126.0):
            assert abs(float(module.power_of_two(F(y))) / 2.0 ** float(F(y)) - 1) < 4e-7, y
        for u in (2.0**-24, 1e-5, 0.1, 0.25, 0.4999, 0.5, 0.7, 0.9, 1 - 2.0**-24):
            u = F(u)
            assert abs(float(module.minus_log(u)) + np.log(float(u))) < 1e-6 * max(1.0, -np.log(float(u))), u
            assert float(module.allowance(module.METROPOLIS, u)) == float(module.minus_log(u))
            logit = np.log1p(-float(u)) - np.log(float(u))
            assert abs(float(module.allowance(module.HEATBATH, u)) - logit) < 1e-6 * max(1.0, abs(logit))
        for y in (-200.0, -30.0, -3.0, -1.0, -0.01, 0.0, 0.3, 2.0, 40.0, 300.0):
            change = -float(F(y)) * np.log(2)
            for number, rule in enumerate(("metropolis", "heatbath")):
                p = naive.probability(rule, change, 1.0)
                for u in (p * 0.999, p * 1.001, 2.0**-24, 0.5 + 2.0**-23, 1 - 2.0**-24):
                    if 2.0**-24 <= u < 1 and abs(u - p) > 1e-6 * p:
                        assert module.accepts(number, F(u), F(y)) == (u < p), (rule, y, u)
        assert module.unit_interval(np.uint32(0)) == F(2.0**-24)
        assert module.unit_interval(np.uint32(2**32 - 1)) == F(1 - 2.0**-24)
        ours, reference = (np.uint32(1), np.uint32(2), np.uint32(3), np.uint32(4)), naive.Xoshiro128Plus([1, 2, 3, 4])
        for _ in range(20):
            word, *ours = module.xoshiro(*ours)
            assert int(word) == reference.word()
        generators = np.arange(1, 17, dtype=np.uint32).reshape(8, 2)
        reference = naive.Xoshiro128Plus(generators[4:, 1])
        for _ in range(3):
            assert float(module.draw(generators, 1, 1)) == reference.uniform()
        assert generators[4:, 1].tolist() == reference.s
        state, reference = np.uint64(1234567), naive.SplitMix64(1234567)
        for first in (6457827717110365317, 3203168211198807973):  # published with the algorithm
            word, state = module.splitmix(state)
            assert int(word) == first == reference.word()
        orders, expected, reference = np.tile(np.arange(9), (2, 1)), list(range(9)), naive.SplitMix64(5)
        state = module.shuffle(orders, 1, np.uint64(5))
        reference.shuffle(expected)
        assert (orders[1].tolist(), int(state), orders[0].tolist()) == (expected, reference.state, list(range(9)))
        assert [int(module.below(np.uint64(w), 10)) for w in (0, 2**63, 2**64 - 1)] == [0, 5, 9]
    assert 16.64 < module.NEVER < 17
    assert module.MOST == 126


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
    assert len(MUTANTS) >= 30
