"""The formulas against NumPy's and textbook ones in both precisions, and the tests against wrong formulas."""

import math
import types
from pathlib import Path

import numpy as np
import pytest

from neurosim.cnn import rules
from neurosim.cnn.cpu_activate import activate, activate_backward
from neurosim.cnn.program import Activation
from neurosim.cnn.rules import Update
from neurosim.core.jit import driver
from tests.mutants import sign_flips

F, D = np.float32, np.float64
POINTS = (-30.0, -8.3, -3.1, -1.05, -0.61, -0.55, -0.2, -1e-4, 0.0, 1e-4, 0.24, 0.52, 0.59, 0.9, 1.4, 2.75, 9.1, 31.0)
AMPLITUDE, SLOPE = 1.7159, 2 / 3


def normal(x):
    return math.erfc(-x / math.sqrt(2)) / 2


def density(x):
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def logistic(x):
    return 1 / (1 + math.exp(-x))


FUNCTIONS = {  # name: function, derivative
    "sigmoid": (logistic, lambda x: logistic(x) * logistic(-x)),
    "tanh": (math.tanh, lambda x: 1 / math.cosh(x) ** 2),
    "relu": (lambda x: max(x, 0.0), lambda x: float(x > 0)),
    "gelu": (lambda x: x * normal(x), lambda x: normal(x) + x * density(x)),
}


def uncompiled(module):
    """Make the functions of a module plain ones, which call each other uncompiled."""
    for name, value in list(vars(module).items()):
        setattr(module, name, getattr(value, "py_func", value))
    return module


def a_copy():
    module = types.ModuleType("rules")
    exec(compile(Path(rules.__file__).read_text(), "rules", "exec"), module.__dict__)
    return uncompiled(module)


def near(found, wanted, real, scale=1.0):
    """Whether a number is as near as a few roundings allow, relative to itself, and of the precision asked for."""
    assert real is D or isinstance(found, F)
    tolerance = {F: 4e-7, D: 2e-15}[real] * scale
    assert abs(float(found) - wanted) <= tolerance * abs(wanted), (float(found), wanted)


def check_functions(m, real):
    for x in POINTS:
        x = real(x)
        near(m.exp(x), math.exp(x), real)
        near(m.sigmoid(x), logistic(x), real)
        near(m.tanh(x), math.tanh(x), real)
        near(m.relu(x), max(x, 0.0), real)
        near(m.leaky_relu(x, real(0.125)), x if x > 0 else x / 8, real)
        if x > -9:  # e^(-x^2 / 2) takes the rounding of its argument x^2 / 2 times
            near(m.gelu(x), x * normal(x), real, 1 + x * x)
            assert abs(float(m.gelu_slope(x)) - normal(x) - x * density(x)) < {F: 5e-7, D: 1e-15}[real]
        s, t = logistic(x), math.tanh(x)
        near(m.sigmoid_slope(real(s)), float(real(s)) * (1 - float(real(s))), real)
        assert abs(float(m.tanh_slope(real(t))) - 1 + float(real(t)) ** 2) < {F: 1.5e-7, D: 1e-15}[real]
    for e in (0.0, 1e-5, 0.1, 0.4, 0.7, 0.95, 1.0):
        near(m.log1p_unit(real(e)), math.log1p(real(e)), real)
    for name in ("exp", "sigmoid", "tanh", "relu", "gelu", "log1p_unit"):
        assert math.isnan(getattr(m, name)(real(np.nan)))
    assert m.relu(real(0)) == 0


def check_extremes(m):
    assert 0 < m.exp(F(-1000)) < 2e-38
    assert 1e38 < m.exp(F(1000)) < np.inf
    near(m.exp(F(-87.25)), math.exp(-87.25), F)
    near(m.exp(F(88.25)), math.exp(88.25), F)
    for x in (F(100), F(1e9)):
        assert m.tanh(x) == m.sigmoid(x) == 1
        assert m.tanh(-x) == -1
        assert 0 < m.sigmoid(-x) < 2e-38
    assert m.gelu(F(200)) == 200
    assert abs(m.gelu(F(-200))) < 1e-35


def check_losses(m, real):
    for y, t in ((0.3, 0.9), (-1.2, 0.4), (1.5, 0.25), (0.0, 0.0)):
        y, t = real(y), real(t)
        loss, slope = m.squared_error(y, t, real(0))
        near(loss, (float(y) - float(t)) ** 2 / 2, real)
        near(slope, float(y) - float(t), real)
        loss, slope = m.binary_cross_entropy(y, t)
        s = logistic(y)
        near(loss, -float(t) * math.log(s) - (1 - float(t)) * math.log(1 - s), real, 2)
        assert abs(float(slope) - (s - float(t))) < {F: 2e-7, D: 1e-15}[real]
    # within the margin of the end that the target is nearer to, and beyond, there is no error
    for y, t, d in ((0.9, 1, 0), (1.5, 0.85, 0), (0.75, 1, -0.25), (0.1, 0, 0), (-0.5, 0.2, 0), (0.25, 0, 0.25),
                    (0.9, 0.2, 0.7), (0.1, 0.8, -0.7), (0.9, 0.5, 0.4), (0.1, 0.5, -0.4)):  # fmt: skip
        loss, slope = m.squared_error(real(y), real(t), real(0.2))
        assert abs(float(slope) - d) < 2e-7, (y, t)
        assert abs(float(loss) - d * d / 2) < 2e-7, (y, t)
    assert m.squared_error(real(2.0), real(1.5), real(0))[1] == 0.5  # no margin
    assert m.squared_error(real(-2.0), real(-1.5), real(0))[1] == -0.5
    for y in (-60.0, 60.0):
        loss, slope = m.binary_cross_entropy(real(y), real(y < 0))
        assert loss == 60
        assert abs(float(slope)) == 1


def check_updates(m, real):
    w, g, mu, second, epsilon = real(0.7), real(0.3), real(0.8), real(0.9), real(0.05)
    before, v = real(-0.4), real(0.2)
    assert [float(m.penalised(real(1), real(x), real(0.5), real(0.25))) for x in (2, -2, 0)] == [2.0, 0.0, 1.0]
    mean = 0.9 * 0.2 + 0.1 * 0.09
    for kind in Update:
        v2 = m.second_moment(kind, v, g, second)
        near(v2, 0.29 if kind == Update.ADAGRAD else mean, real, 2)
        m2 = m.first_moment(kind, before, v2, g, mu, epsilon)
        size = math.sqrt(v2) + 0.05
        wanted = {Update.RMSPROP: -0.32 + 0.3 / size, Update.ADAM: -0.26, Update.ADAMW: -0.26}.get(kind, -0.02)
        assert abs(float(m2) - wanted) < {F: 1e-7, D: 1e-15}[real]
        correction, root = real(1.25), real(1.5)
        adam = 1.25 * float(m2) / (1.5 * math.sqrt(v2) + 0.05)
        wanted = {Update.NESTEROV: 0.3 + 0.8 * float(m2), Update.ADAGRAD: 0.3 / size, Update.ADAM: adam,
                  Update.ADAMW: adam}.get(kind, float(m2))  # fmt: skip
        change = m.change(kind, m2, v2, g, mu, epsilon, correction, root)
        near(change, wanted, real, 2)
        assert isinstance(w - change, real)
    for step in (0, 1, 9):
        correction, root = m.corrections(0.9, 0.99, step)
        np.testing.assert_allclose(correction, 1 / (1 - 0.9 ** (step + 1)), rtol=1e-14)
        np.testing.assert_allclose(root, 1 / math.sqrt(1 - 0.99 ** (step + 1)), rtol=1e-14)


def check_rules(module):
    """Fail unless the functions of `module` are what their names say."""
    with np.errstate(all="ignore"):
        for real in (F, D):
            check_functions(module, real)
            check_losses(module, real)
            check_updates(module, real)
        check_extremes(module)


def test_rules():
    check_rules(a_copy())


@driver()
def forward_and_back(kind, reals, x, y, dx, dy):
    activate(kind, reals, x, y)
    activate_backward(kind, reals, x, y, dx, dy)


@pytest.mark.parametrize("real", [F, D])
@pytest.mark.parametrize("kind", list(Activation))
def test_compiled_activations_and_their_derivatives(kind, real):
    x = np.array([p for p in POINTS if -9 < p < 10] * 3, real)  # vectors and what is left of them
    reals = {Activation.LECUN_TANH: (AMPLITUDE, SLOPE), Activation.LEAKY_RELU: (0.01, 0)}.get(kind, (0, 0))
    y, dx, dy = np.empty_like(x), np.empty_like(x), np.linspace(-1, 2, len(x)).astype(real)
    forward_and_back(int(kind), np.array([*reals, 0.0, 0.0]), x, y, dx, dy)
    if kind == Activation.LECUN_TANH:
        wanted = [(AMPLITUDE * math.tanh(SLOPE * p), AMPLITUDE * SLOPE / math.cosh(SLOPE * p) ** 2) for p in x]
    elif kind == Activation.LEAKY_RELU:
        wanted = [(p, 1.0) if p > 0 else (p / 100, 0.01) for p in x.astype(D)]
    else:
        wanted = [tuple(f(float(p)) for f in FUNCTIONS[kind.name.lower()]) for p in x]
    tolerance = {F: 1e-6, D: 1e-14}[real]
    np.testing.assert_allclose(y, [f for f, _ in wanted], rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(dx, dy * [f for _, f in wanted], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("kind", list(Activation))
def test_derivatives_against_differences(kind):
    h, reals = 1e-6, np.array([AMPLITUDE, SLOPE, 0, 0])
    x = np.linspace(-3.01, 3, 40)
    above, below, dx, ones = np.empty(40), np.empty(40), np.empty(40), np.ones(40)
    forward_and_back(int(kind), reals, x + h, above, dx, ones)
    forward_and_back(int(kind), reals, x - h, below, dx, ones)
    forward_and_back(int(kind), reals, x, np.empty(40), dx, ones)
    np.testing.assert_allclose(dx, (above - below) / (2 * h), atol=1e-8)


MUTANTS = list(sign_flips(Path(rules.__file__)))


@pytest.mark.parametrize("mutant", [m for _, m in MUTANTS], ids=[name for name, _ in MUTANTS])
def test_a_wrong_rule_is_noticed(mutant):
    with pytest.raises((AssertionError, ArithmeticError, ValueError)):
        check_rules(uncompiled(mutant))


def test_there_are_mutants():
    assert len(MUTANTS) >= 80
