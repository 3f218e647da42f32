"""The formulas of learning vector quantisation, and the tests against wrong formulas."""

from pathlib import Path

import pytest

from neurosim.som import lvq_rules
from tests.mutants import sign_flips


def plain(rule):
    return getattr(rule, "py_func", rule)


def check_rules(module):
    """Fail unless the functions of `module` are the rules."""
    assert plain(module.window_ratio)(0.25) == 0.6
    steps, rate = plain(module.steps), plain(module.next_rate)
    for kind in (module.LVQ1, module.OLVQ1):
        for second in (True, False):
            for inside in (True, False):
                assert steps(kind, True, second, inside, 0.2) == (1, 0)
                assert steps(kind, False, second, inside, 0.2) == (-1, 0)
    for kind in (module.LVQ21, module.LVQ3):
        assert steps(kind, True, False, True, 0.2) == (1, -1)
        assert steps(kind, False, True, True, 0.2) == (-1, 1)
        for first in (True, False):
            assert steps(kind, first, not first, False, 0.2) == (0, 0)
        for inside in (True, False):
            assert steps(kind, False, False, inside, 0.2) == (0, 0)
            both = (0.2, 0.2) if kind == module.LVQ3 else (0, 0)
            assert steps(kind, True, True, inside, 0.2) == both
    assert abs(rate(0.25, True, 0.3) - 0.2) < 1e-15
    assert abs(rate(0.2, False, 0.3) - 0.25) < 1e-15
    assert rate(0.25, False, 0.3) == 0.3


def test_rules():
    check_rules(lvq_rules)


MUTANTS = list(sign_flips(Path(lvq_rules.__file__)))


@pytest.mark.parametrize("mutant", [m for _, m in MUTANTS], ids=[name for name, _ in MUTANTS])
def test_a_wrong_rule_is_noticed(mutant):
    with pytest.raises((AssertionError, ArithmeticError)):
        check_rules(mutant)


def test_there_are_mutants():
    assert len(MUTANTS) >= 8
