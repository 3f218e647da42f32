"""The formulas, and the tests against wrong formulas."""

from pathlib import Path

import pytest

from neurosim.perceptron import rules
from tests.mutants import sign_flips


def plain(rule):
    return getattr(rule, "py_func", rule)


def check_rules(module):
    """Fail unless the functions of `module` are the family's rules."""
    correction, aggressive = plain(module.correction), plain(module.passive_aggressive)
    assert [correction(1, s, 0.0, 0.5) for s in (-1, 0, 0.1)] == [0.5, 0.5, 0]
    assert [correction(-1, s, 0.0, 0.5) for s in (1, 0, -0.1)] == [-0.5, -0.5, 0]
    assert [correction(1, s, 2.0, 0.5) for s in (2, 2.1)] == [0.5, 0]
    assert aggressive(1, -1.0, 9.0, 0.0, 4.0) == 0.5
    assert aggressive(-1, 1.0, 9.0, 0.0, 4.0) == -0.5
    assert aggressive(1, -1.0, 0.25, 0.0, 4.0) == 0.25
    assert aggressive(1, -1.0, 9.0, 4.0, 4.0) == 0.25
    assert [aggressive(1, s, 9.0, 0.0, 4.0) for s in (1.0, 1.5)] == [0, 0]
    assert plain(module.lms)(1, 0.5, 0.25) == 0.25
    assert plain(module.normalised_lms)(1, -1.0, 0.5, 4.0) == 0.25


def test_rules():
    check_rules(rules)


def test_tau_takes_the_rule_that_is_named():
    tau = rules.tau.py_func
    assert tau(rules.CORRECTION, 1, -1.0, 0.0, 0.5, 4.0) == 0.5
    assert tau(rules.PASSIVE_AGGRESSIVE, 1, -1.0, 9.0, 0.0, 4.0) == 0.5
    assert tau(rules.LMS, 1, 0.5, 0.25, 0.0, 4.0) == 0.25
    assert tau(rules.NORMALISED_LMS, 1, -1.0, 0.5, 0.0, 4.0) == 0.25


MUTANTS = list(sign_flips(Path(rules.__file__)))


@pytest.mark.parametrize("mutant", [m for _, m in MUTANTS], ids=[name for name, _ in MUTANTS])
def test_a_wrong_rule_is_noticed(mutant):
    with pytest.raises((AssertionError, ArithmeticError)):
        check_rules(mutant)


def test_there_are_mutants():
    assert len(MUTANTS) >= 10
