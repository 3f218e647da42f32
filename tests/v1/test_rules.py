"""The formulas of responses against complex numbers, and the tests against wrong formulas."""

import cmath
import math
from pathlib import Path

import numpy as np
import pytest

from neurosim.v1 import rules
from tests.mutants import sign_flips

NAMES = ("turned_real", "turned_imaginary", "energy", "magnitude", "angle")


def check_rules(module):
    """Fail unless the functions of `module` are what their names say."""
    for name in NAMES:
        rule = getattr(module, name)
        setattr(module, name, getattr(rule, "py_func", rule))
    for z in (0.3 + 0.4j, -1.2 + 0.7j, 2.0 - 5.0j, -3.0 - 0.2j, 1 + 0j):
        for turn in (cmath.exp(0.7j), 2 * cmath.exp(-2.1j)):
            parts = (z.real, z.imag, turn.real, turn.imag)
            assert math.isclose(module.turned_real(*parts), (z * turn).real, rel_tol=1e-12)
            assert math.isclose(module.turned_imaginary(*parts), (z * turn).imag, rel_tol=1e-12)
        assert math.isclose(module.energy(z.real, z.imag), abs(z) ** 2, rel_tol=1e-12)
        assert math.isclose(module.magnitude(z.real, z.imag), abs(z), rel_tol=1e-12)
        assert math.isclose(module.angle(z.real, z.imag), math.degrees(cmath.phase(z)), rel_tol=1e-12)
    assert module.angle(0.0, 0.0) == 0.0


def test_the_formulas():
    import types

    copy = types.ModuleType("copy")
    copy.__dict__.update(vars(rules))
    check_rules(copy)


@pytest.mark.parametrize(("change", "mutant"), list(sign_flips(Path(rules.__file__))), ids=lambda x: str(x)[:40])
def test_every_wrong_formula_is_noticed(change, mutant):
    with pytest.raises((AssertionError, ZeroDivisionError)), np.errstate(all="ignore"):
        check_rules(mutant)


def test_float32_stays_float32():
    x, y = np.float32(0.3), np.float32(-0.4)
    assert rules.angle(x, y) == pytest.approx(-53.130102)
    assert isinstance(rules.magnitude(x, y), float)  # Numba hands float32 back as a Python number
