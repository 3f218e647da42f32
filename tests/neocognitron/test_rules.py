"""The formulas of S- and C-cells."""

import math
import types
from pathlib import Path

import numba
import numpy as np
import pytest

from neurosim.neocognitron import rules
from tests.mutants import sign_flips
from tests.neocognitron import naive

RULES = {
    "phi": 1,
    "shunted": 2,
    "subtracted": 2,
    "saturated": 2,
    "rooted": 1,
    "larger": 2,
}  # and how many numbers they take


def check_rules(module):
    """Fail unless the functions of `module` are what their names say."""
    for name in RULES:
        rule = getattr(module, name)
        setattr(module, name, getattr(rule, "py_func", rule))
    real = np.float64  # with Python's numbers, constants of float32 would make all float32
    for x in map(real, (-2.0, -0.7, -0.5, -0.3, 0.0, 0.4, 1.0, 9.0)):
        assert module.phi(x) == max(x, 0)
        assert module.rooted(x) == (math.sqrt(x) if x > 0 else 0)
        assert module.saturated(x, real(0.5)) == pytest.approx(naive.psi(x, 0.5), rel=1e-15)
        for h in map(real, (0.0, 0.4, 3.0)):
            assert module.shunted(x, h) == pytest.approx(max((1 + x) / (1 + h) - 1, 0), rel=1e-14, abs=1e-15)
            assert module.subtracted(x, h) == max(x - h, 0)
            assert module.larger(x, h) == max(x, h)
    assert module.shunted(real(1e16), real(1e15)) == pytest.approx(9, rel=1e-12)
    for name, numbers in RULES.items():
        assert math.isnan(getattr(module, name)(*[math.nan] * numbers))
    assert math.isnan(module.larger(real(1), math.nan))
    assert math.isnan(module.larger(math.nan, real(1)))


def test_rules():
    copy = types.ModuleType("copy")
    copy.__dict__.update(vars(rules))
    check_rules(copy)


@pytest.mark.parametrize(("change", "mutant"), list(sign_flips(Path(rules.__file__))), ids=lambda x: str(x)[:40])
def test_every_wrong_rule_is_noticed(change, mutant):
    with pytest.raises((AssertionError, ValueError)), np.errstate(all="ignore"):
        check_rules(mutant)


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("real", [numba.float32, numba.float64], ids=str)
def test_rules_keep_the_precision(name, real):
    rule = numba.njit(getattr(rules, name).py_func)
    rule.compile((real,) * RULES[name])
    assert rule.nopython_signatures[0].return_type == real
