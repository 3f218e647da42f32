"""The formulas of sparse coding against definitions, and the tests against wrong formulas."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from neurosim.v1 import sparse_rules
from tests.mutants import sign_flips

NAMES = ("shrink", "misfit", "duality_gap", "touching", "next_time", "leak")


def check_rules(module):
    """Fail unless the functions of `module` are what their names say."""
    rules = {name: getattr(getattr(module, name), "py_func", getattr(module, name)) for name in NAMES}
    for t in (-3.0, -0.5, 0.0, 0.2, 0.71, 2.5):
        for alpha in (0.2, 0.7):
            cost = lambda a, t=t, alpha=alpha: (t - a) ** 2 / 2 + alpha * abs(a)  # noqa: E731
            best = minimize_scalar(cost, bounds=(-4, 4), options={"xatol": 1e-10})
            assert abs(rules["shrink"](t, alpha) - best.x) < 1e-6, (t, alpha)
        assert rules["shrink"](t, 3.0) == 0
    rng = np.random.default_rng(0)
    d, x, a = rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=3)
    q, r = d @ x, d @ (x - a @ d)
    error = ((x - a @ d) ** 2).sum()
    assert np.isclose(rules["misfit"](x @ x, a @ q, a @ r), error, rtol=1e-12)
    for alpha in (0.1, 0.5 * abs(r).max(), 2 * abs(r).max()):
        s = min(1, alpha / abs(r).max())
        primal = error / 2 + alpha * abs(a).sum()
        dual = x @ x / 2 - ((x - s * (x - a @ d)) ** 2).sum() / 2
        gap = rules["duality_gap"](error, a @ r, abs(a).sum(), abs(r).max(), alpha, 1.0)
        assert np.isclose(gap, primal - dual, rtol=1e-12), alpha
    for b, sigma, alpha in ((0.7, 0.3, 0.5), (-1.2, 0.9, 0.2)):
        slope = (np.log1p(((b + 1e-6) / sigma) ** 2) - np.log1p(((b - 1e-6) / sigma) ** 2)) / 2e-6
        assert np.isclose(rules["touching"](b, 2 * alpha, sigma**2) * b, alpha * slope, rtol=1e-7)
    t = 1.0
    for n in range(2, 50):
        t, before = rules["next_time"](t, 1.0), t
        assert np.isclose(t * (t - 1), before**2, rtol=1e-12)  # what the proof of FISTA needs
        assert t >= (n + 1) / 2
    assert rules["leak"](0.3, 0.5, 2.0, 0.1) == pytest.approx(0.3 + 0.1 * (2.0 + 0.5 - 0.3), rel=1e-14)
    forgotten = [module.forgetting(step, 4) for step in range(40)]
    assert forgotten[:3] == [pytest.approx(v) for v in (1 / 5, 5 / 9, 9 / 13)]
    assert forgotten[3:5] == [pytest.approx(v) for v in (13 / 17, 14 / 18)]
    assert forgotten[10] == pytest.approx((16 + 11 - 4 + 1 - 4) / (16 + 11 - 4 + 1))


MUTANTS = list(sign_flips(Path(sparse_rules.__file__)))


def test_rules():
    spec = importlib.util.spec_from_file_location("rules_copy", sparse_rules.__file__)
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    check_rules(copy)


@pytest.mark.parametrize(("what", "mutant"), MUTANTS, ids=[what for what, _ in MUTANTS])
def test_turned_round(what, mutant):
    with pytest.raises((AssertionError, ZeroDivisionError, ValueError, TypeError, RuntimeWarning)):
        check_rules(mutant)


def test_parabola_lies_above_the_penalty():
    a = np.linspace(-5, 5, 2001)
    for b in (0.0, 0.1, 1.0, -3.0):
        c = sparse_rules.touching.py_func(b, 2 * 0.4, 0.3**2)
        penalty = 0.4 * np.log1p((a / 0.3) ** 2)
        above = 0.4 * np.log1p((b / 0.3) ** 2) + c / 2 * (a**2 - b**2)
        assert (above >= penalty - 1e-12).all()
