"""The formulas of backpropagation: activations, losses and update rules, as scalars that both targets compile.

A float32 in means float32 arithmetic and a float32 out: exponentials and logarithms are polynomials fitted by us, so
that loops over them become vector code. A float64 takes the mathematical library's. NaN stays NaN.
"""

import math
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numba import njit

F, INT = np.float32, np.int32
formula = njit(error_model="numpy", no_cfunc_wrapper=True)  # x / 0 = inf
LOG2E, LN2_HIGH, LN2_LOW = F(1.44269504), F(0.693359375), F(-2.12194440e-4)
ROUND = F(1.5 * 2**23)  # adding it rounds to a whole number, which the lowest bits then hold
BIAS, MANTISSA = INT(127), INT(23)
LEAST, MOST = F(-87.3), F(88.3)
# (e^r - 1 - r) / r^2 on |r| < ln 2 / 2, to 2e-8 of e^r
E0, E1, E2, E3, E4 = F(0.499999995), F(0.166665737), F(0.041666861), F(0.00836373984), F(0.00139015297)
# (tanh x / x - 1) / x^2 as a series in x^2 on |x| < 0.6, to 1e-8 of tanh
NEAR = F(0.6)
T0, T1, T2, T3, T4 = F(-0.333333303), F(0.133329142), F(-0.0538738455), F(0.0211106017), F(-0.00626870186)
# (log(1 + e) / s - 2) / s^2 as a series in s^2, s = e / (2 + e), on 0 <= e <= 1, to 2e-8 of the logarithm
L0, L1, L2, L3 = F(0.666666393), F(0.400076745), F(0.282341647), F(0.268655333)
# P(Z > a) e^(a^2 / 2) / t for a standard normal Z as a series in t = 1 / (1 + 0.35 a), to 4e-8
SHRINK = F(0.35)
P0, P1, P2, P3, P4, P5, P6, P7, P8 = (F(0.139621403), F(0.139861892), F(0.119832704), F(0.105508663), F(-0.0231114176),
                                      F(0.159176491), F(-0.255716319), F(0.143972707), F(-0.0291461394))  # fmt: skip
NEARLY_ONE = 1.000000001  # is 1 as a float32
ROOT_HALF, DENSITY = math.sqrt(0.5), 1 / math.sqrt(2 * math.pi)


class Update(IntEnum):
    """The rules that turn a gradient g into a change of the weights w; m, v are their moments, n the rate."""

    SGD = 0
    """m' = mu m + g, w' = w - n m', mu being the momentum."""
    NESTEROV = 1
    """m' = mu m + g, w' = w - n (g + mu m')."""
    ADAGRAD = 2
    """v' = v + g^2, w' = w - n g / (sqrt(v') + epsilon)."""
    RMSPROP = 3
    """v' = second v + (1 - second) g^2, m' = mu m + g / (sqrt(v') + epsilon), w' = w - n m'."""
    ADAM = 4
    """m' = mu m + (1 - mu) g, v' = second v + (1 - second) g^2; both are divided by 1 - mu^t, 1 - second^t in update
    number t (from 1), then w' = w - n m' / (sqrt(v') + epsilon)."""
    ADAMW = 5
    """ADAM with a decay that is multiplied by the rate."""


class Rule(NamedTuple):
    """An update rule and its constants.

    `second` is beta_2 or rho. In groups of parameters that decay, l1 sign(w) + l2 w is added to the gradient, and
    before the update w is multiplied by 1 - decay (ADAMW: 1 - rate decay).
    """

    kind: int
    second: float = 0.0
    epsilon: float = 0.0
    l1: float = 0.0
    l2: float = 0.0
    decay: float = 0.0


@formula
def is_single(x):
    """Return whether x is a float32; the compiler knows."""
    return type(x)(NEARLY_ONE) == 1.0


@formula
def _exp_single(x):
    x = LEAST if x < LEAST else x
    x = MOST if x > MOST else x
    shifted = F(x * LOG2E + ROUND)
    whole = shifted - ROUND
    r = (x - whole * LN2_HIGH) - whole * LN2_LOW
    series = (((E4 * r + E3) * r + E2) * r + E1) * r + E0
    bits = INT(shifted.view(INT))
    power = F(INT((bits + BIAS) << MANTISSA).view(F))
    return (series * (r * r) + r + F(1)) * power


@formula
def exp(x):
    """Return e^x; a float32 result is between e^-87.3 and e^88.3."""
    return _exp_single(F(x)) if is_single(x) else math.exp(x)


@formula
def _log1p_single(e):
    s = e / (F(2) + e)
    z = s * s
    return (((L3 * z + L2) * z + L1) * z + L0) * (z * s) + (s + s)


@formula
def log1p_unit(e):
    """Return log(1 + e) for 0 <= e <= 1."""
    return _log1p_single(F(e)) if is_single(e) else math.log1p(e)


@formula
def sigmoid(x):
    """Return 1 / (1 + e^-x)."""
    e, one = exp(-abs(x)), type(x)(1)
    return (e if x < 0 else one) / (one + e)


@formula
def _tanh_single(x):
    z, size = x * x, abs(x)
    near = ((((T4 * z + T3) * z + T2) * z + T1) * z + T0) * (z * x) + x
    far = F(1) - F(2) / (_exp_single(size + size) + F(1))
    return near if size < NEAR else (-far if x < 0 else far)


@formula
def tanh(x):
    """Return the hyperbolic tangent."""
    return _tanh_single(F(x)) if is_single(x) else math.tanh(x)


@formula
def relu(x):
    """Return x, or 0 where x is negative."""
    return type(x)(0) if x < 0 else x


@formula
def leaky_relu(x, slope):
    """Return x, or slope x where x is negative."""
    return slope * x if x < 0 else x


@formula
def _normal_single(x, power):
    size = abs(x)
    t = F(1) / (SHRINK * size + F(1))
    series = (((((((P8 * t + P7) * t + P6) * t + P5) * t + P4) * t + P3) * t + P2) * t + P1) * t + P0
    tail = series * t * power
    return tail if x < 0 else F(1) - tail


@formula
def _normal(x, power):
    """Return the standard normal distribution function, `power` being e^(-x^2 / 2)."""
    real = type(x)
    return _normal_single(F(x), F(power)) if is_single(x) else real(0.5) * math.erfc(-real(ROOT_HALF) * x)


@formula
def gelu(x):
    """Return x P(Z < x), Z standard normal (Hendrycks & Gimpel 2016; not checked against the paper)."""
    return x * _normal(x, exp(type(x)(-0.5) * x * x))


@formula
def gelu_slope(x):
    """Return the derivative of `gelu`, P(Z < x) + x p(x)."""
    real = type(x)
    power = exp(real(-0.5) * x * x)
    return _normal(x, power) + x * (real(DENSITY) * power)


@formula
def sigmoid_slope(y):
    """Return the derivative of `sigmoid` where it is y."""
    return y * (type(y)(1) - y)


@formula
def tanh_slope(y):
    """Return the derivative of `tanh` where it is y."""
    return type(y)(1) - y * y


@formula
def squared_error(y, t, margin):
    """Return 1/2 (y - t)^2, and y - t; both 0 where y is nearer to the end of [0, 1] that t asks for than `margin`.

    Rumelhart, Hinton & Williams (1986) took an output for correct beyond 0.8 or 0.2.
    """
    real = type(y)
    high = (t > real(0.5)) & (y > real(1) - margin)
    low = (t < real(0.5)) & (y < margin)
    d = real(0) if (margin > 0) & (high | low) else y - t
    return real(0.5) * d * d, d


@formula
def binary_cross_entropy(y, t):
    """Return -t log s(y) - (1 - t) log(1 - s(y)) and its derivative s(y) - t, s being the logistic function."""
    e, one = exp(-abs(y)), type(y)(1)
    s = (e if y < 0 else one) / (one + e)
    return relu(y) - t * y + log1p_unit(e), s - t


@formula
def penalised(g, w, l1, l2):
    """Return the gradient g with that of l1 |w| + 1/2 l2 w^2 added."""
    zero = type(w)(0)
    return g + l2 * w + (l1 if w > 0 else (-l1 if w < 0 else zero))


@formula
def second_moment(kind, v, g, second):
    """Return v'; see `Update`."""
    if kind == Update.ADAGRAD:
        return v + g * g
    return second * v + (type(v)(1) - second) * (g * g)


@formula
def first_moment(kind, m, v, g, momentum, epsilon):
    """Return m' with v being v' already; see `Update`."""
    if kind == Update.RMSPROP:
        return momentum * m + g / (math.sqrt(v) + epsilon)
    if kind == Update.ADAM or kind == Update.ADAMW:
        return momentum * m + (type(m)(1) - momentum) * g
    return momentum * m + g


@formula
def change(kind, m, v, g, momentum, epsilon, correction, root):
    """Return (w - w') / n from m' and v'; `correction` is 1 / (1 - mu^t), `root` 1 / sqrt(1 - second^t)."""
    if kind == Update.NESTEROV:
        return g + momentum * m
    if kind == Update.ADAGRAD:
        return g / (math.sqrt(v) + epsilon)
    if kind == Update.ADAM or kind == Update.ADAMW:
        return correction * m / (root * math.sqrt(v) + epsilon)
    return m


@formula
def corrections(momentum, second, step):
    """Return `correction` and `root` of ADAM's update that follows `step` others, as float64."""
    t = float(step + 1)
    return 1.0 / (1.0 - momentum**t), 1.0 / math.sqrt(1.0 - second**t)
