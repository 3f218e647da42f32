"""Gabor functions fitted to receptive fields: least squares, with the errors of the parameters.

Given position, widths, orientation and frequency, the best amplitude and phase are those of a linear regression on the
even and the odd Gabor. So only six parameters are searched, with the residual after that regression as the function of
them (variable projection; Golub & Pereyra, SIAM J. Numer. Anal. 10:413, 1973), by Levenberg-Marquardt with Kaufman's
Jacobian (BIT 15:49, 1975). Starts are the peaks of the spectrum with several widths, and random ones.

Fits of this kind to simple cells: Jones & Palmer, J. Neurophysiol. 58:1233 (1987); Ringach, J. Neurophysiol. 88:455
(2002). Neither paper's own procedure was checked or is copied.
"""

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from scipy.ndimage import maximum_filter
from scipy.optimize import least_squares
from scipy.special import expit, logit

from neurosim.core import checks, random
from neurosim.core.errors import DataError
from neurosim.v1.covariance import reals
from neurosim.v1.gabor import Gabor

# order of the six: x0, y0, log sigma_x, log sigma_y, log frequency, orientation in radians
ANGLE = 5
NAMES = ("x0", "y0", "sigma_x", "sigma_y", "wavelength", "orientation", "amplitude", "phase")
ENOUGH, PEAKS = 100, 3
SCALES = (0.6, 1.0, 1.6)
MARGIN = 1e-3  # within this share of a parameter's range from its end it counts as being at the bound


@dataclass(frozen=True)
class GaborFit:
    """A Gabor function fitted to a receptive field.

    Attributes
    ----------
    gabor : Gabor
        In pixels and degrees; amplitude > 0, orientation in [0, 180), phase in (-180, 180]. Its even filter is the fit.
    r_squared : float
        Share of the field's variance about its mean that the fit explains, at most 1.
    errors : dict
        One standard error for "wavelength", "orientation", "phase", "sigma_x", "sigma_y", "amplitude", "x0" and "y0",
        from the Jacobian at the optimum for independent and equal noise in the pixels; inf for a parameter at a bound,
        and where the field does not determine the parameters.
    residual : (rows, columns)
        Field minus fit.
    """

    gabor: Gabor
    r_squared: float
    errors: dict[str, float]
    residual: np.ndarray


def fit_gabor(field: Any, *, restarts: int = 4, random_state: Any = None) -> GaborFit:
    """Fit one Gabor function to a receptive field.

    Parameters
    ----------
    field : (rows, columns) array
        At least 9 pixels, 3 on a side; pixel (rows // 2, columns // 2) is x = y = 0, as everywhere in `neurosim.v1`.
    restarts : int >= 1, default 4
        How many starts are followed to their optimum, the best of some dozens; the best optimum is returned.
    random_state : None, int or Generator
        For the random ones among the starts.

    Returns
    -------
    GaborFit

    Raises
    ------
    DataError
        If the field is no finite array of at least 3 x 3 pixels, is masked, or is the same everywhere.

    Notes
    -----
    Bounds: centres up to half a side outside the field, widths from 0.3 pixels to four times the longer side,
    wavelengths up to eight times the longer side, and of two pixels or more along x and along y (sqrt(2) along the
    diagonal), since finer waves look like coarser ones on pixels. A blob has no frequency and a full grating no width:
    a parameter at a bound is to be read as "beyond", its error is inf, and the other errors are too small.

    Examples
    --------
    >>> from neurosim.v1 import Gabor, fit_gabor
    >>> field = Gabor(wavelength=6, orientation=30, phase=60, sigma_x=2.5).kernel(16).real
    >>> fit = fit_gabor(field, random_state=0)
    >>> round(fit.gabor.wavelength, 4), round(fit.gabor.orientation, 4), round(fit.gabor.phase, 4)
    (6.0, 30.0, 60.0)
    """
    return _fit(_checked(field, "fit_gabor", 2), restarts, random.seed_from(random_state), 0)


def fit_gabors(fields: Any, *, restarts: int = 4, random_state: Any = None) -> list[GaborFit]:
    """Fit a Gabor function to each of several fields (fields, rows, columns); otherwise as `fit_gabor`.

    A field that is the same everywhere, such as an unused atom of a dictionary, gets amplitude 0, R^2 0 and errors inf;
    DataError if all are. Field i draws its random starts from stream i of the seed: the first is fitted as `fit_gabor`
    would with that seed, the others from other starts.

    Examples
    --------
    >>> from neurosim.v1 import Gabor, fit_gabors
    >>> fields = [Gabor(wavelength=w, orientation=45, sigma_x=2).kernel(12).real for w in (4, 5)]
    >>> [round(fit.gabor.wavelength, 4) for fit in fit_gabors(fields, random_state=0)]
    [4.0, 5.0]
    """
    key = random.seed_from(random_state)
    return [
        _fit(field, restarts, key, i) if np.ptp(field) else _flat(field)
        for i, field in enumerate(_checked(fields, "fit_gabors", 3))
    ]


def _checked(fields: Any, owner: str, axes: int) -> np.ndarray:
    """Return finite float64 fields of at least 3 x 3 pixels, not all of them constant."""
    fields = reals(owner, "the fields", fields).astype(np.float64)
    if fields.ndim != axes or min(fields.shape[-2:]) < 3:
        wanted = "(rows, columns)" if axes == 2 else "(fields, rows, columns)"
        raise DataError(f"{owner}: wanted an array {wanted} of at least 3 x 3 pixels; got shape {fields.shape}")
    if not np.isfinite(fields).all():
        raise DataError(f"{owner}: there are NaN or infinite pixels")
    if fields.size and not np.ptp(fields, axis=(-2, -1)).any():
        raise DataError(f"{owner}: {'the' if axes == 2 else 'every'} field has the same value everywhere")
    return fields


def _flat(field: np.ndarray) -> GaborFit:
    """Return the fit of a field that is the same everywhere: nothing."""
    gabor = Gabor(max(field.shape), sigma_x=max(field.shape), amplitude=0.0)
    return GaborFit(gabor, 0.0, dict.fromkeys(NAMES, np.inf), field.copy())


class _Problem:
    """The residual of one field, scaled to norm 1, as a function of the six parameters."""

    def __init__(self, field: np.ndarray) -> None:
        self.shape = rows, columns = field.shape
        highest = float(np.abs(field).max())  # squares of very large or small numbers would leave float64
        self.target = field.ravel() / highest
        length = float(np.linalg.norm(self.target))
        self.target /= length
        self.scale = highest * length
        y, x = np.mgrid[:rows, :columns]
        self.x, self.y = (x - columns // 2).ravel().astype(float), (y - rows // 2).ravel().astype(float)
        side = max(rows, columns)
        self.low = np.array([self.x[0] - columns / 2, self.y[0] - rows / 2, *np.log([0.3, 0.3, 0.125 / side])])
        self.most = np.array([self.x[-1] + columns / 2, self.y[-1] + rows / 2, *np.log([4 * side, 4 * side, 0.5])])

    def waves(self, parameters: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return x', y', envelope, and 2 pi frequency x' for parameters (..., 6); each (..., pixels)."""
        x0, y0, sigma_x, sigma_y, frequency, angle = np.moveaxis(parameters[..., None], -2, 0)
        cosine, sine, x, y = np.cos(angle), np.sin(angle), self.x - x0, self.y - y0
        along, across = x * cosine + y * sine, y * cosine - x * sine
        envelope = np.exp(-0.5 * ((along / np.exp(sigma_x)) ** 2 + (across / np.exp(sigma_y)) ** 2))
        return along, across, envelope, 2.0 * np.pi * np.exp(frequency) * along

    def explained(self, parameters: np.ndarray) -> np.ndarray:
        """Return the squared length of the target's projection on the even and odd Gabors, (...)."""
        _, _, envelope, turn = self.waves(parameters)
        even, odd = envelope * np.cos(turn), envelope * np.sin(turn)
        even /= np.linalg.norm(even, axis=-1, keepdims=True) + 1e-300
        odd -= (even * odd).sum(axis=-1, keepdims=True) * even
        odd /= np.linalg.norm(odd, axis=-1, keepdims=True) + 1e-300
        return (even @ self.target) ** 2 + (odd @ self.target) ** 2

    def high(self, angle: float) -> np.ndarray:
        """Return upper bounds (5,); that of the frequency is 0.5 cycles per pixel along x or y, whichever is more."""
        return self.most - np.append(np.zeros(4), np.log(max(abs(np.cos(angle)), abs(np.sin(angle)))))

    def bounded(self, free: np.ndarray) -> np.ndarray:
        """Return parameters within their bounds for any six numbers."""
        return np.append(self.low + (self.high(free[ANGLE]) - self.low) * expit(free[:ANGLE]), free[ANGLE])

    def share(self, parameters: np.ndarray) -> np.ndarray:
        """Return where the first five lie between their bounds, 0 to 1."""
        return (parameters[:ANGLE] - self.low) / (self.high(parameters[ANGLE]) - self.low)

    def free(self, parameters: np.ndarray) -> np.ndarray:
        """Undo `bounded`; parameters at or beyond a bound are first moved inside."""
        return np.append(logit(np.clip(self.share(parameters), 0.01, 0.99)), parameters[ANGLE])

    def regress(self, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the weights of even and odd Gabor (2,), an orthonormal basis of both (pixels, 2), fit (pixels,)."""
        _, _, envelope, turn = self.waves(parameters)
        gabors = np.stack([envelope * np.cos(turn), envelope * np.sin(turn)], axis=1)
        basis, upper = np.linalg.qr(gabors)
        shares = basis.T @ self.target
        upper[np.diag_indices(2)] += 1e-12 * np.abs(upper[0, 0]) + 1e-300
        return np.linalg.solve(upper, shares), basis, basis @ shares

    def slopes(self, parameters: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return the derivatives of the fit by the six parameters, amplitude (relative) and phase, (pixels, 8)."""
        along, across, envelope, turn = self.waves(parameters)
        cosine, sine = np.cos(parameters[ANGLE]), np.sin(parameters[ANGLE])
        fit = envelope * (weights[0] * np.cos(turn) + weights[1] * np.sin(turn))
        by_turn = envelope * (weights[1] * np.cos(turn) - weights[0] * np.sin(turn))
        sigma_x, sigma_y, frequency = np.exp(parameters[2:ANGLE])
        by_along = 2.0 * np.pi * frequency * by_turn - along / sigma_x**2 * fit
        by_across = -across / sigma_y**2 * fit
        place = [-cosine * by_along + sine * by_across, -sine * by_along - cosine * by_across]
        width = [(along / sigma_x) ** 2 * fit, (across / sigma_y) ** 2 * fit]
        return np.stack([*place, *width, turn * by_turn, across * by_along - along * by_across, fit, by_turn], axis=1)

    def residual(self, free: np.ndarray) -> np.ndarray:
        return self.regress(self.bounded(free))[2] - self.target

    def jacobian(self, free: np.ndarray) -> np.ndarray:
        """Return Kaufman's Jacobian: what of the fit's slopes the regression cannot make up for, (pixels, 6)."""
        parameters = self.bounded(free)
        weights, basis, _ = self.regress(parameters)
        slopes = self.slopes(parameters, weights)[:, :6]
        inside, cosine, sine = expit(free[:ANGLE]), np.cos(free[ANGLE]), np.sin(free[ANGLE])
        turning = sine / cosine if abs(cosine) >= abs(sine) else -cosine / sine  # of the frequency's upper bound
        slopes[:, ANGLE] += slopes[:, ANGLE - 1] * inside[-1] * turning
        slopes[:, :ANGLE] *= (self.high(free[ANGLE]) - self.low) * inside * (1.0 - inside)
        return slopes - basis @ (basis.T @ slopes)


def _fit(field: np.ndarray, restarts: int, key: int, stream: int) -> GaborFit:
    """Follow the best starts to their optima and describe the best of these."""
    checks.at_least("fit_gabor", "restarts", restarts, 1)
    problem = _Problem(field)
    starts = _starts(problem, random.uniform(key, stream, (8 * restarts, 6)))
    order = np.argsort(-problem.explained(starts), kind="stable")[:restarts]
    begins = [problem.free(starts[i]) for i in order]
    found = [least_squares(problem.residual, b, problem.jacobian, method="lm", max_nfev=ENOUGH) for b in begins]
    return _described(problem, field, problem.bounded(min(found, key=lambda one: one.cost).x))


def _starts(problem: _Problem, draws: np.ndarray) -> np.ndarray:
    """Return starts (n, 6): peaks of the spectrum with several widths, then random ones around the first."""
    weight = problem.target**4  # the fourth power keeps noise far from the field out of its moments
    weight /= weight.sum()
    x0, y0 = weight @ problem.x, weight @ problem.y
    starts = []
    for frequency, angle in _peaks(problem.target.reshape(problem.shape)):
        along = (problem.x - x0) * np.cos(angle) + (problem.y - y0) * np.sin(angle)
        across = (problem.y - y0) * np.cos(angle) - (problem.x - x0) * np.sin(angle)
        widths = 2.0 * np.sqrt([weight @ along**2, weight @ across**2]) + 0.5
        for pair in product(SCALES, SCALES):
            starts.append([x0, y0, *np.log(widths * pair), np.log(frequency), angle])
    side = max(problem.shape)
    spread = np.array([side / 3, side / 3, 1.5, 1.5, 1.5, np.pi])
    return np.concatenate([starts, np.array(starts[4]) + spread * (draws - 0.5)])


def _peaks(field: np.ndarray) -> list[tuple[float, float]]:
    """Return (cycles per pixel, angle) of the highest local maxima of the spectrum, padded to four times the sides."""
    rows, columns = (4 * side for side in field.shape)
    power = np.abs(np.fft.fft2(field, (rows, columns))) ** 2
    fy, fx = np.meshgrid(np.fft.fftfreq(rows), np.fft.fftfreq(columns), indexing="ij")
    half = (fx > 0.0) | ((fx == 0.0) & (fy >= 0.0))
    tops = np.flatnonzero(half & (power == maximum_filter(power, 3, mode="wrap")))
    tops = tops[np.argsort(-power.ravel()[tops], kind="stable")[:PEAKS]]
    lowest = 0.25 / max(field.shape)  # a blob peaks at 0, which has no logarithm
    waves = fx.flat[tops] + 1j * fy.flat[tops]
    return list(zip(np.maximum(np.abs(waves), lowest), np.angle(waves), strict=True))


def _described(problem: _Problem, field: np.ndarray, parameters: np.ndarray) -> GaborFit:
    """Return the fit in the terms of `Gabor`, orientation in [0, 180) and amplitude > 0."""
    weights, _, values = problem.regress(parameters)
    fit = (problem.scale * values).reshape(problem.shape)
    x0, y0, *logarithms = parameters[:ANGLE].tolist()
    sigma_x, sigma_y, frequency = np.exp(logarithms).tolist()
    orientation, phase = _upright(*np.degrees([parameters[ANGLE], np.arctan2(-weights[1], weights[0])]))
    amplitude = problem.scale * float(np.hypot(*weights))
    gabor = Gabor(1.0 / frequency, orientation, phase, sigma_x, sigma_y, amplitude, x0, y0)
    unexplained = float(np.sum((problem.target - values) ** 2) / np.sum((problem.target - problem.target.mean()) ** 2))
    return GaborFit(gabor, 1.0 - unexplained, _errors(problem, parameters, weights, gabor), field - fit)


def _upright(orientation: float, phase: float) -> tuple[float, float]:
    """Return orientation in [0, 180) and phase in (-180, 180] of the same wave, in degrees."""
    half_turns, orientation = divmod(orientation, 180.0)
    if orientation >= 180.0:  # a little less than a multiple of 180 is rounded up to it
        half_turns, orientation = half_turns + 1.0, 0.0
    phase = -phase if half_turns % 2.0 else phase
    return float(orientation), float(180.0 - (180.0 - phase) % 360.0)


def _errors(problem: _Problem, parameters: np.ndarray, weights: np.ndarray, gabor: Gabor) -> dict[str, float]:
    """Return one standard error for each parameter from the Jacobian of all eight."""
    slopes = problem.slopes(parameters, weights)
    degree = 180.0 / np.pi
    units = [1.0, 1.0, gabor.sigma_x, gabor.sigma_y, gabor.wavelength, degree, gabor.amplitude, degree]
    rest = problem.regress(parameters)[2] - problem.target
    variance = float(rest @ rest) / max(len(rest) - len(units), 1)
    _, lengths, axes = np.linalg.svd(slopes, full_matrices=False)
    if lengths[-1] <= 1e-12 * lengths[0]:
        return dict.fromkeys(NAMES, np.inf)
    errors = np.sqrt(variance * ((axes.T / lengths) ** 2).sum(axis=1)) * units
    errors[:ANGLE][np.abs(problem.share(parameters) - 0.5) > 0.5 - MARGIN] = np.inf
    return dict(zip(NAMES, errors.tolist(), strict=True))
