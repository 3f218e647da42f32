"""Curves through measured points: splines, which are periodic for angles, and Naka and Rushton's for contrast."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.optimize import OptimizeResult, least_squares
from scipy.special import expit

from neurosim.core import checks
from neurosim.core.errors import DataError

STEEPEST = 50.0  # exponent
FARTHEST = 1000.0  # c50 in parts of the largest contrast
BLIND = 1e-5  # of the largest sensitivity: what a fit does not feel
PERIODS = (180.0, 360.0)  # degrees


class Curve:
    """A spline through samples (ascending x); `period` is that of `periods` which the samples go once around."""

    def __init__(self, owner: str, x: Any, rates: Any, periods: tuple[float, ...] = PERIODS) -> None:
        self.x, self.rates = finite(owner, "x", x), finite(owner, "rates", rates)
        if self.x.ndim != 1 or self.x.shape != self.rates.shape or len(self.x) < 3:
            shapes = f"{self.x.shape} and {self.rates.shape}"
            raise DataError(f"{owner}: a curve needs one rate for each of 3 or more points; got shapes {shapes}")
        if not (np.diff(self.x) > 0).all():
            raise DataError(f"{owner}: the points of a curve must ascend")
        self.period = period_of(self.x, periods)
        if self.period is None:
            self.spline = CubicSpline(self.x, self.rates, extrapolate=False)
        else:
            once_more = np.append(self.x, self.x[0] + self.period), np.append(self.rates, self.rates[0])
            self.spline = CubicSpline(*once_more, bc_type="periodic")

    @cached_property
    def peak(self) -> float:
        """Where the spline is largest."""
        flat = self.spline.derivative().roots(extrapolate=False)
        places = np.concatenate([self.x, flat[np.isfinite(flat)]])
        best = float(places[self.spline(places).argmax()])
        return best if self.period is None else within(best, self.period)

    @property
    def height(self) -> float:
        """The largest value of the spline."""
        return float(self.spline(self.peak))

    def around(self, share: float) -> tuple[float, float]:
        """Return the nearest places below and above the peak where the curve is `share` of its height, or NaNs."""
        if not self.height > 0:
            return np.nan, np.nan
        places = self.spline.solve(share * self.height, extrapolate=False)
        away = places[np.isfinite(places)] - self.peak
        if self.period is not None:
            away = np.concatenate([away % self.period, away % self.period - self.period])
        below, above = away[away < 0], away[away > 0]
        if not (len(below) and len(above)):
            return np.nan, np.nan
        return self.peak + float(below.max()), self.peak + float(above.min())


def period_of(x: np.ndarray, periods: tuple[float, ...] = PERIODS) -> float | None:
    """Return which of `periods` ascending angles go around once in even steps without the end, or None."""
    step = np.diff(x)
    around = float(step.mean() * len(x)) if len(step) else 0.0
    even = np.allclose(step, step[:1], rtol=0, atol=1e-6)
    return next((period for period in periods if even and abs(around - period) < 1e-6), None)


@dataclass(frozen=True)
class NakaRushton:
    """A contrast response, baseline + r_max c^n / (c50^n + c^n).

    Parameters
    ----------
    r_max : float
        Largest response above the baseline, which may lie beyond the contrasts measured.
    n : float > 0
        Exponent.
    c50 : float > 0
        Contrast of half of `r_max`, in the unit of the contrasts.
    baseline : float, default 0
        Response at contrast 0.
    errors : dict of str to float
        Standard errors of the fitted parameters by name; infinite for those that the rates do not determine.
    r_squared : float
        Share of the variance explained by the fit.

    References
    ----------
    K. I. Naka, W. A. H. Rushton, "S-potentials from colour units in the retina of fish (Cyprinidae)", The Journal of
    Physiology 185:536-555 (1966).

    Examples
    --------
    >>> from neurosim.v1 import NakaRushton
    >>> NakaRushton(r_max=1, n=2, c50=0.2).respond([0, 0.1, 0.2, 1]).round(3)
    array([0.   , 0.2  , 0.5  , 0.962])
    """

    r_max: float
    n: float
    c50: float
    baseline: float = 0.0
    errors: dict[str, float] = field(default_factory=dict)
    r_squared: float = float("nan")

    def respond(self, contrast: Any) -> np.ndarray:
        """Return the responses to contrasts >= 0 of any shape, float64."""
        return _naka_rushton(_contrasts("NakaRushton", contrast), self.r_max, self.n, self.c50, self.baseline)


def fit_contrast_response(contrasts: Any, rates: Any, *, baseline: float | None = None) -> NakaRushton:
    """Fit baseline + r_max c^n / (c50^n + c^n) by least squares.

    Parameters
    ----------
    contrasts, rates : (points,) arrays
        Contrasts >= 0, in any unit; more points than there are parameters to fit.
    baseline : float, optional
        The baseline if it is known, e.g. 0 for model cells. Default: fitted, too.

    Returns
    -------
    NakaRushton
        With r_max > 0, n in 0.01 .. 50 and c50 in 1e-6 .. 1000 times the largest contrast. Where contrasts reach up to
        c50 only, r_max, n and c50 can replace each other, which shows in large errors. Where a parameter ends at its
        limit, or changes no rate, as all do where rates fall with contrast, its error is infinite.

    Raises
    ------
    DataError
        If there are too few points, a contrast is negative, or no rate differs from the others.
    """
    c, r = _contrasts("fit_contrast_response", contrasts), finite("fit_contrast_response", "rates", rates)
    names = ["r_max", "n", "c50", "baseline"][: 4 if baseline is None else 3]
    if c.ndim != 1 or c.shape != r.shape or len(c) <= len(names) or not (c > 0).any() or np.ptp(r) == 0:
        wanted = f"more than {len(names)} contrasts, one rate for each, and rates that differ"
        raise DataError(f"fit_contrast_response: wanted {wanted}; got shapes {c.shape} and {r.shape}")
    if baseline is not None:
        checks.number("fit_contrast_response", "baseline", baseline, "None or a finite number")
    lowest = float(r.min()) if baseline is None else baseline
    unit, top = float(np.ptp(r)), float(c.max())
    start, low, high = (
        [unit, 2.0, float(np.median(c[c > 0]))],
        [1e-9 * unit, 0.01, 1e-6 * top],
        [np.inf, STEEPEST, FARTHEST * top],
    )
    if baseline is None:
        start, low, high = [*start, lowest], [*low, -np.inf], [*high, np.inf]

    def misses(p: np.ndarray) -> np.ndarray:
        return _naka_rushton(c, *p, *([] if baseline is None else [lowest])) - r

    options = {"x_scale": [unit, 1.0, top, unit][: len(names)], "ftol": 1e-12, "xtol": 1e-12, "gtol": 1e-12}
    found = least_squares(misses, start, "3-point", bounds=(low, high), max_nfev=2000, **options)
    at_limit = (found.x < 1.001 * np.array(low)) | (found.x * 1.001 > np.array(high))
    at_limit[3:] = False
    errors = dict(zip(names, map(float, np.where(at_limit, np.inf, _standard_errors(found, unit))), strict=True))
    explained = 1.0 - float(np.sum(found.fun**2) / np.sum((r - r.mean()) ** 2))
    values = dict(zip(names, map(float, found.x), strict=True))
    return NakaRushton(**{"baseline": lowest, **values}, errors=errors, r_squared=explained)


def _standard_errors(found: OptimizeResult, unit: float) -> np.ndarray:
    """Return standard errors of (r_max, n, c50) and perhaps the baseline, infinite where no rate feels a parameter."""
    scale = np.append(found.x[:3], unit)[: len(found.x)]
    _, felt, axes = np.linalg.svd(found.jac * scale, full_matrices=False)
    blind = felt <= BLIND * felt[0]
    variance = 2.0 * found.cost / (len(found.fun) - len(found.x))
    spread = np.sqrt(variance) * np.linalg.norm(axes[~blind] / felt[~blind, None], axis=0)
    unknown = (np.abs(axes[blind]) > 1e-4).any(axis=0)
    return np.where(unknown, np.inf, scale * spread)


def _naka_rushton(c: np.ndarray, r_max: float, n: float, c50: float, baseline: float) -> np.ndarray:
    """Return baseline + r_max / (1 + (c50 / c)^n), which overflows nowhere."""
    with np.errstate(divide="ignore"):
        return baseline + r_max * expit(n * (np.log(c) - np.log(c50)))


def _contrasts(owner: str, contrasts: Any) -> np.ndarray:
    """Return contrasts as float64, all finite and >= 0."""
    c = finite(owner, "contrasts", contrasts)
    if (c < 0).any():
        raise DataError(f"{owner}: contrasts must be >= 0; got {c.min():g}")
    return c


def octaves(owner: str, frequencies: Any) -> np.ndarray:
    """Return log2 of frequencies, which have to be > 0."""
    frequencies = finite(owner, "frequencies", frequencies)
    if not (frequencies > 0).all():
        raise DataError(f"{owner}: frequencies must be > 0; got {frequencies.min():g}")
    return np.log2(frequencies)


def within(angle: float, period: float) -> float:
    """Return an angle in [0, period); the remainder of a tiny negative one would be rounded to the period."""
    rest = angle % period
    return rest if rest < period else 0.0


def finite(owner: str, name: str, values: Any) -> np.ndarray:
    """Return a float64 array of finite numbers or raise DataError."""
    try:
        values = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{owner}: {name} must be numbers") from None
    if not np.isfinite(values).all():
        raise DataError(f"{owner}: {name} must be finite")
    return values
