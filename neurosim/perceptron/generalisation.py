"""How well a perceptron learns another one: the generalisation error of rules that imitate a random teacher.

A teacher w* labels P = alpha N random points in N dimensions, normally distributed and independent: y = sign(w*·x).
The student learns them and is asked about a new point. It errs with probability arccos(R) / pi, where R is the cosine
of the angle between the two vectors. As N goes to infinity R depends on the load alpha alone; the curves here are those
limits, and `simulate_generalisation` measures the same at finite N.
"""

from dataclasses import dataclass
from math import asin, atan2, cos, exp, hypot, pi, sqrt
from typing import Any

import numpy as np
from scipy.integrate import quad, solve_ivp
from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtr

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.core.random import seed_from
from neurosim.perceptron.perceptron import Perceptron
from neurosim.perceptron.separability import largest_margin

THEORIES = ("hebb", "maximal_stability", "gibbs", "bayes", "online_perceptron")
SIMULATED = ("hebb", "maximal_stability", "perceptron", "online_perceptron")
MOST_EPOCHS = 1_000_000  # until a perceptron is taken not to converge
FAR = 40.0  # standard deviations, where nothing is left to integrate
FIRST_LOAD = 1e-6  # where the integration of the online perceptron starts


@dataclass(frozen=True)
class Generalisation:
    """Measured generalisation errors.

    Attributes
    ----------
    errors : (trials,) array in [0, 1]
        arccos(R) / pi of each student: the exact probability of an error, not an estimate from test points.
    mean : float
    standard_error : float
        Of the mean; NaN for a single trial.
    load : float
        P / N, after rounding P.
    """

    errors: np.ndarray
    mean: float
    standard_error: float
    load: float


def generalisation_error(rule: str, load: Any) -> Any:
    """Return the generalisation error of a student at the load alpha = P/N, N going to infinity.

    Parameters
    ----------
    rule : str
        "hebb": w = sum y x. "maximal_stability": the largest margin. "gibbs": a random one of all vectors that make no
        error on the examples. "bayes": the majority of them, the best that any student can do.
        "online_perceptron": Rosenblatt's correction, every example shown once, from w = 0.
    load : float >= 0 or array of them

    Returns
    -------
    float or array in (0, 0.5]

    Notes
    -----
    Hebb: R = sqrt(2 alpha / (2 alpha + pi)).
    Gibbs: R = (alpha/pi) sqrt(1-R) int Dt exp(-R t^2/2) / Phi(sqrt(R) t); Bayes has the square root of this R.
    Maximal stability, with kappa the margin and s = sqrt(1-R^2):
    R = alpha sqrt(2/pi) [kappa Phi(kappa/s) + s phi(kappa/s)] and
    1-R^2 = 2 alpha int_{t<kappa} Dt (kappa-t)^2 Phi(R t/s).
    Online perceptron, with rho = w·w* and Q = ‖w‖^2: d rho/d alpha = (1-R) / sqrt(2 pi),
    dQ/d alpha = arccos(R)/pi - 2 sqrt(Q) (1-R) / sqrt(2 pi), R = rho / sqrt(Q).
    All were derived anew (the middle ones as replica-symmetric saddle points) and compared with simulations.

    Examples
    --------
    >>> generalisation_error("hebb", 2.0).round(4)
    np.float64(0.2308)
    """
    checks.one_of("generalisation_error", "rule", rule, THEORIES)
    loads = np.asarray(load, float)
    if loads.size == 0 or not ((loads >= 0) & (loads < np.inf)).all():
        raise InvalidParameter("generalisation_error", "load", load, "a number >= 0 or an array of them")
    if rule == "online_perceptron":
        angles = _online_perceptron(loads.ravel())
    else:
        solve = {"hebb": _hebb, "maximal_stability": _maximal_stability, "gibbs": _gibbs, "bayes": _bayes}[rule]
        angles = np.array([solve(alpha) if alpha > 0 else pi / 2 for alpha in loads.ravel().tolist()])
    return (angles / pi).reshape(loads.shape)[()]


def simulate_generalisation(
    rule: str, n: int, load: float, trials: int = 20, *, random_state: Any = None
) -> Generalisation:
    """Let students learn from random teachers and measure their generalisation errors.

    Parameters
    ----------
    rule : str
        "hebb", "maximal_stability" or "online_perceptron" as in `generalisation_error`; "perceptron": the correction
        repeated until all examples are right.
    n : int >= 2
        N, the dimension.
    load : float > 0
        P/N; P is rounded to an integer >= 1.
    trials : int >= 1, default 20
    random_state : None, int or Generator

    Returns
    -------
    Generalisation

    Examples
    --------
    >>> measured = simulate_generalisation("hebb", 200, 2.0, trials=50, random_state=0)
    >>> abs(measured.mean - generalisation_error("hebb", 2.0)) < 0.01
    np.True_
    """
    owner = "simulate_generalisation"
    checks.one_of(owner, "rule", rule, SIMULATED)
    checks.at_least(owner, "n", n, 2)
    checks.at_least(owner, "trials", trials, 1)
    if not isinstance(load, int | float | np.number) or not 0 < load < np.inf:
        raise InvalidParameter(owner, "load", load, "a number > 0")
    rng = np.random.default_rng(seed_from(random_state))
    points = max(1, round(load * n))
    errors = np.empty(trials)
    for trial in range(trials):
        teacher, x = rng.normal(size=n), rng.normal(size=(points, n))
        w = _student(rule, x, np.where(x @ teacher > 0, 1.0, -1.0))
        overlap = float(w @ teacher) / sqrt(float(w @ w) * float(teacher @ teacher))
        errors[trial] = np.arccos(min(overlap, 1.0)) / pi
    spread = float(errors.std(ddof=1) / sqrt(trials)) if trials > 1 else float("nan")
    return Generalisation(errors, float(errors.mean()), spread, points / n)


def _student(rule: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    if rule == "hebb" or len(y) == 1:
        return np.asarray(y @ x)
    if rule == "maximal_stability":
        return largest_margin(x, y)[1]
    alternating = np.where(np.arange(len(y)) % 2, 1.0, -1.0)  # only y x counts, and a classifier wants two classes
    epochs = 1 if rule == "online_perceptron" else MOST_EPOCHS
    model = Perceptron(epochs=epochs, fit_intercept=False, shuffle=False)
    return np.asarray(model.fit(x * (y * alternating)[:, None], alternating).coef_[0])


def _hebb(alpha: float) -> float:
    return atan2(sqrt(pi), sqrt(2 * alpha))


def _missing_overlap(alpha: float) -> float:
    """Return 1 - R of the Gibbs student."""

    def ratio(t: float, r: float) -> float:
        return exp(-(1 + r) * t * t / 2 - float(log_ndtr(sqrt(r) * t))) / sqrt(2 * pi)

    def excess(x: float) -> float:
        return 1 - x - alpha / pi * sqrt(x) * quad(ratio, -FAR, FAR, args=(1 - x,))[0]

    return float(brentq(excess, 0.0, 1.0, xtol=1e-16))


def _gibbs(alpha: float) -> float:
    return 2 * asin(sqrt(_missing_overlap(alpha) / 2))


def _bayes(alpha: float) -> float:
    return asin(sqrt(_missing_overlap(alpha)))


def _maximal_stability(alpha: float) -> float:
    def tangent(beta: float) -> float:  # R / s from beta = kappa / s, by the first equation
        return alpha * sqrt(2 / pi) * (beta * float(ndtr(beta)) + exp(-beta * beta / 2) / sqrt(2 * pi))

    def excess(beta: float) -> float:  # the second equation, divided by s^2, with u = t / s
        s = 1 / hypot(1.0, tangent(beta))
        r = s * tangent(beta)

        def pressed(u: float) -> float:
            return exp(-((s * u) ** 2) / 2) * (beta - u) ** 2 * float(ndtr(r * u))

        upper = min(beta, FAR / s)
        below = quad(pressed, -FAR, min(0.0, upper))[0] + quad(pressed, 0.0, max(0.0, upper))[0]
        return 1 - 2 * alpha * s / sqrt(2 * pi) * below

    highest = 1.0
    while excess(highest) > 0:
        highest *= 2
    return atan2(1.0, tangent(float(brentq(excess, 0.0, highest, xtol=1e-13))))


def _online_perceptron(loads: np.ndarray) -> np.ndarray:
    """Integrate rho and Q from where half of the examples are wrong and the corrections add up at random."""

    def angle(rho: Any, q: Any) -> Any:
        return np.arccos(np.minimum(rho / np.sqrt(q), 1.0))

    def change(_: float, state: np.ndarray) -> list[float]:
        theta = float(angle(*state))
        pull = (1 - cos(theta)) / sqrt(2 * pi)
        return [pull, theta / pi - 2 * sqrt(state[1]) * pull]

    angles = np.arccos(np.sqrt(np.minimum(loads, FIRST_LOAD) / pi))  # rho = alpha / sqrt(2 pi), Q = alpha / 2
    later = loads > FIRST_LOAD
    if later.any():
        at, back = np.unique(loads[later], return_inverse=True)
        start = [FIRST_LOAD / sqrt(2 * pi), FIRST_LOAD / 2]
        angles[later] = angle(*solve_ivp(change, (FIRST_LOAD, at[-1]), start, "LSODA", at, rtol=1e-9, atol=1e-12).y)[
            back
        ]
    return angles
