"""The arithmetic of bits, and the tests against wrong arithmetic."""

import ast
from itertools import product
from pathlib import Path
from unittest import mock

import pytest

from neurosim.mcculloch_pitts import rules
from tests import mutants

BITS = {ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitOr}


def plain(rule):
    return getattr(rule, "py_func", rule)


def check_rules(module):
    """Fail unless the functions of `module` add and compare bits."""
    for a, b, c in product((0, 1), repeat=3):
        total, carry = plain(module.full_adder)(a, b, c)
        assert total + 2 * carry == a + b + c
    for a, b in product((0, 1), repeat=2):
        total, carry = plain(module.half_adder)(a, b)
        assert total + 2 * carry == a + b
        assert plain(module.permit)(a, b) == int(a == 1 and b == 0)
    for number, threshold in product(range(8), repeat=2):
        reached = 1
        for k in range(3):
            reached = plain(module.reaches)(number >> k & 1, threshold >> k & 1, reached)
        assert reached == int(number >= threshold)


def test_rules():
    check_rules(rules)


with mock.patch.dict(mutants.FLIPS, BITS):
    MUTANTS = list(mutants.sign_flips(Path(rules.__file__)))


@pytest.mark.parametrize("mutant", [m for _, m in MUTANTS], ids=[name for name, _ in MUTANTS])
def test_a_wrong_rule_is_noticed(mutant):
    with pytest.raises(AssertionError):
        check_rules(mutant)


def test_there_are_mutants():
    assert len(MUTANTS) >= 10
