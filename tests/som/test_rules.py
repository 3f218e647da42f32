"""The formulas against the papers', and the tests against wrong formulas."""

from pathlib import Path

import numpy as np
import pytest

from neurosim.som import rules
from tests.mutants import sign_flips

from . import naive


def plain(rule):
    return getattr(rule, "py_func", rule)


def check_rules(module):
    """Fail unless the functions of `module` are the formulas of the batch map."""
    distances = naive.map_distances(4, 6, False, "toroid")
    p = naive.positions(4, 6, False)
    for u in range(24):
        for v in range(24):
            d2 = plain(module.map_distance2)(*(p[u] - p[v]), 6.0, 4.0)
            assert abs(d2 - distances[u, v] ** 2) < 1e-12
    np.testing.assert_allclose(module.gaussian(np.array([0.0, 1.0, 4.0]), 2.0), np.exp([0, -1 / 8, -4 / 8]))
    check_neighbourhoods(module)
    assert plain(module.batch_mean)(6.0, 2.0, 9.0) == 3.0
    assert plain(module.batch_mean)(0.0, 0.0, 9.0) == 9.0
    assert plain(module.batch_mean)(1e-200, 1e-200, 9.0) == 9.0


def check_neighbourhoods(module):
    h = plain(module.neighbourhood)
    d2 = np.array([0.0, 1.0, 3.9999, 4.0, 4.0 + 1e-13, 4.0001, 9.0])
    gauss = np.exp(-d2 / 8)
    inside = [1, 1, 1, 1, 1, 0, 0]  # the rim, with its rounding, is inside
    wanted = {"GAUSSIAN": gauss, "BUBBLE": inside, "CUT_GAUSSIAN": gauss * inside, "MEXICAN_HAT": (1 - d2 / 4) * gauss}
    for name, values in wanted.items():
        got = [h(getattr(module, name), float(d), 2.0) for d in d2]
        np.testing.assert_allclose(got, values, rtol=1e-10, atol=1e-12)


def test_rules():
    check_rules(rules)


MUTANTS = list(sign_flips(Path(rules.__file__)))


@pytest.mark.parametrize("mutant", [m for _, m in MUTANTS], ids=[name for name, _ in MUTANTS])
def test_a_wrong_rule_is_noticed(mutant):
    with pytest.raises((AssertionError, ArithmeticError)):
        check_rules(mutant)


def test_there_are_mutants():
    assert len(MUTANTS) >= 8
