"""Measures of tuning curves: preferred value, widths, circular variance, modulation, direction index.

Curves are given at samples and read in between by cubic splines: periodic ones where angles are evenly spaced over 180
or 360 degrees, in octaves for spatial frequencies. Heights are counted from zero, not from a spontaneous rate. With 1.5
or more samples in the half width at half height a bell is read within 1 %, with fewer it is read too wide.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1.curves import PERIODS, Curve, finite, octaves, within
from neurosim.v1.curves import NakaRushton as NakaRushton
from neurosim.v1.curves import fit_contrast_response as fit_contrast_response
from neurosim.v1.presentation import harmonics as harmonics
from neurosim.v1.presentation import modulation_ratio

HANNING = 13.5  # half width at half height in degrees


def preferred(x: Any, rates: Any, *, periods: tuple[float, ...] = PERIODS) -> float:
    """Return where the interpolated curve has its peak, in [0, period) for angles all around.

    Parameters
    ----------
    x, rates : (points,) arrays
    periods : tuple of float, default (180, 360)
        Which of them `x` goes once around in even steps the curve does, too. () for an `x` that is no angle.
    """
    return Curve("preferred", x, rates, periods).peak


def vector_average(angles: Any, rates: Any, *, period: float = 180.0) -> float:
    """Return the direction of the vector sum of the rates, in degrees in [0, `period`).

    Parameters
    ----------
    angles, rates : (points,) arrays
        Degrees, evenly spaced over 180 or 360; rates >= 0.
    period : 180 or 360, default 180
        180 for the preferred orientation, in which opposite directions add up; 360 for the preferred direction.
    """
    turn = np.angle(_resultant("vector_average", angles, rates, period)) / (2.0 * np.pi)
    return within(float(turn) * period, period)


def circular_variance(angles: Any, rates: Any) -> float:
    """Return 1 - abs(sum r exp(2 i theta)) / sum r: 0 for an answer to one orientation only, 1 for none preferred.

    Parameters
    ----------
    angles, rates : (points,) arrays
        Orientations in degrees, evenly spaced over 180 or 360; rates >= 0. NaN if all rates are 0.

    References
    ----------
    D. L. Ringach, R. M. Shapley, M. J. Hawken, "Orientation selectivity in macaque V1: diversity and laminar
    dependence", The Journal of Neuroscience 22:5639-5651 (2002).
    """
    return 1.0 - float(np.abs(_resultant("circular_variance", angles, rates, 180.0)))


def half_width(x: Any, rates: Any, *, height: float = 0.5, periods: tuple[float, ...] = PERIODS) -> float:
    """Return half of the distance between the two places around the peak where the curve has fallen to `height`.

    Parameters
    ----------
    x, rates : (points,) arrays
    height : float in (0, 1), default 0.5
        Share of the peak; 0.5 gives the half width at half height (HWHH).
    periods : tuple of float, default (180, 360)
        As in `preferred`: () for an `x` that is no angle.

    Returns
    -------
    float
        In the unit of `x`. NaN where the curve stays above that height on one side of the peak.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.v1.measures import half_width
    >>> angles = np.arange(0, 180, 10)
    >>> round(half_width(angles, np.exp(-((angles - 93) ** 2) / (2 * 20**2))), 1)
    23.6
    """
    checks.number("half_width", "height", height, "a number between 0 and 1", above=0.0, below=1.0)
    low, high = Curve("half_width", x, rates, periods).around(height)
    return (high - low) / 2.0


def ringach_bandwidth(angles: Any, rates: Any) -> float:
    """Return the half width at 1 / sqrt(2) of the peak after smoothing with a Hanning window, in degrees.

    The window is 1 + cos(pi d / 27 degrees) for abs(d) < 27 degrees, whose half width at half height is 13.5 degrees.

    Parameters
    ----------
    angles, rates : (points,) arrays
        Degrees, evenly spaced over 180 or 360.

    References
    ----------
    As for `circular_variance`.
    """
    curve = Curve("ringach_bandwidth", angles, rates)
    if curve.period is None:
        raise DataError("ringach_bandwidth: angles must be evenly spaced over 180 or 360 degrees")
    fine = np.arange(0.0, curve.period, 0.5)
    far = np.minimum(fine, curve.period - fine)
    window = np.where(far < 2 * HANNING, 1.0 + np.cos(np.pi * far / (2 * HANNING)), 0.0)
    spectrum = np.fft.rfft(curve.spline(fine)) * np.fft.rfft(window)
    return half_width(fine, np.fft.irfft(spectrum, len(fine)), height=np.sqrt(0.5))


def bandwidth_octaves(frequencies: Any, rates: Any, *, height: float = 0.5) -> float:
    """Return the full width at half height of a spatial-frequency curve, log2(high / low).

    Parameters
    ----------
    frequencies, rates : (points,) arrays
        Frequencies > 0, ascending, in any unit.
    height : float in (0, 1), default 0.5

    Returns
    -------
    float
        Octaves. NaN if the curve stays above that height on one side, as that of a low-pass cell does.
    """
    checks.number("bandwidth_octaves", "height", height, "a number between 0 and 1", above=0.0, below=1.0)
    low, high = Curve("bandwidth_octaves", octaves("bandwidth_octaves", frequencies), rates, ()).around(height)
    return high - low


def direction_index(angles: Any, rates: Any) -> float:
    """Return 1 - r(opposite) / r(preferred): 0 for equal answers to both directions, 1 for an answer to one only.

    Parameters
    ----------
    angles, rates : (points,) arrays
        Directions of drift in degrees, evenly spaced over 360. NaN if the peak is 0.
    """
    curve = Curve("direction_index", angles, rates)
    if curve.period != 360.0:
        raise DataError("direction_index: angles must be directions of drift evenly spaced over 360 degrees")
    return suppression_index(curve.height, float(curve.spline(curve.peak + 180.0)))


def suppression_index(best: float, suppressed: float) -> float:
    """Return 1 - suppressed / best: 0 without suppression, 1 for complete suppression, NaN if `best` is not > 0."""
    return 1.0 - suppressed / best if best > 0 else float("nan")


@dataclass(frozen=True)
class TuningCurve:
    """What a cell answered to a series of stimuli, and the measures of the curve.

    Parameters
    ----------
    parameter : str
        What was varied: "orientation", "frequency", "radius", "contrast", "phase" or a name of your own. Only curves
        of orientation (over 180 or 360 degrees) and of phase (over 360) go around; only those of orientation have a
        circular variance and its kin.
    unit : str
        Of `x`, e.g. "degrees".
    x : (points,) float64
        Ascending.
    f0, f1 : (points,) or (points, cells) float64
        Mean rate during whole cycles, and the amplitude of its modulation at the frequency of the stimulus.

    Notes
    -----
    The measures are of `response`. They need one cell; of a population take `cell(i)`.

    Examples
    --------
    >>> from neurosim.v1 import Gabor, SimpleCell, orientation_tuning
    >>> curve = orientation_tuning(SimpleCell(Gabor(8, orientation=60, sigma_x=4)), wavelength=8)
    >>> round(curve.preferred, 1), round(curve.hwhh, 1)
    (60.0, 21.6)
    """

    parameter: str
    unit: str
    x: np.ndarray
    f0: np.ndarray
    f1: np.ndarray

    def cell(self, index: int) -> "TuningCurve":
        """Return the curve of one cell of a population."""
        if np.ndim(self.f0) != 2:
            raise DataError("TuningCurve: the curve is of one cell already; cell(i) is for those of a population")
        cells = np.shape(self.f0)[1]
        checks.number("TuningCurve.cell", "index", index, f"an integer below {cells}", least=-cells, below=cells)
        return replace(self, f0=self.f0[:, index], f1=self.f1[:, index])

    @cached_property
    def response(self) -> np.ndarray:
        """F1 for a cell that follows the cycles of its best stimulus (F1 > F0), otherwise F0; (points,)."""
        return self.f1 if self.f1f0 > 1.0 else self.f0

    @property
    def f1f0(self) -> float:
        """F1 / F0 at the stimulus with the largest of both, NaN for a silent cell."""
        if np.ndim(self.f0) != 1:
            raise DataError("TuningCurve: measures need one cell; take cell(i) of a population")
        f0, f1 = finite("TuningCurve", "f0", self.f0), finite("TuningCurve", "f1", self.f1)
        best = int(np.maximum(f0, f1).argmax())
        return float(modulation_ratio(f0[best], f1[best]))

    @property
    def _periods(self) -> tuple[float, ...]:
        return {"orientation": PERIODS, "phase": PERIODS[1:]}.get(self.parameter, ())

    @property
    def _orientations(self) -> np.ndarray:
        if self.parameter != "orientation":
            raise DataError(
                f"TuningCurve: only curves of orientation have this measure; this is one of {self.parameter}"
            )
        return self.x

    @property
    def preferred(self) -> float:
        """Where the interpolated curve has its peak."""
        if self.parameter == "frequency":
            return float(2.0 ** preferred(octaves("TuningCurve", self.x), self.response, periods=()))
        return preferred(self.x, self.response, periods=self._periods)

    @property
    def vector_average(self) -> float:
        """Preferred orientation in degrees in [0, 180) by the vector average."""
        return vector_average(self._orientations, self.response)

    @property
    def hwhh(self) -> float:
        """Half width at half height, in the unit of `x`; see `half_width`."""
        return half_width(self.x, self.response, periods=self._periods)

    @property
    def ringach_bandwidth(self) -> float:
        """Half width at 1 / sqrt(2) after smoothing, degrees; see `ringach_bandwidth`."""
        return ringach_bandwidth(self._orientations, self.response)

    @property
    def circular_variance(self) -> float:
        """1 - abs(sum r exp(2 i theta)) / sum r; see `circular_variance`."""
        return circular_variance(self._orientations, self.response)

    @property
    def bandwidth_octaves(self) -> float:
        """Full width at half height in octaves; see `bandwidth_octaves`."""
        return bandwidth_octaves(self.x, self.response)

    @property
    def direction_index(self) -> float:
        """1 - opposite / preferred of the response to directions around 360 degrees; see `direction_index`."""
        return direction_index(self._orientations, self.response)

    @property
    def suppression_index(self) -> float:
        """1 - response at the last point / largest response, e.g. by a surround."""
        return suppression_index(float(self.response.max()), float(self.response[-1]))

    @property
    def depth(self) -> float:
        """(max - min) / (max + min) of the response, e.g. over phases."""
        high, low = float(self.response.max()), float(self.response.min())
        return (high - low) / (high + low) if high + low > 0 else float("nan")


def narrowest(curve: TuningCurve) -> float:
    """Return the least half width at half height of a cell or of the cells of a population, infinity for none."""
    cells = [curve] if curve.f0.ndim == 1 else [curve.cell(i) for i in range(curve.f0.shape[1])]
    widths = np.array([cell.hwhh for cell in cells])
    return float(np.min(widths, where=np.isfinite(widths), initial=np.inf))


def merged(one: TuningCurve, other: TuningCurve) -> TuningCurve:
    """Return the curve through the points of both."""
    x, f0, f1 = (np.concatenate(pair) for pair in ((one.x, other.x), (one.f0, other.f0), (one.f1, other.f1)))
    order = x.argsort()
    return TuningCurve(one.parameter, one.unit, x[order], f0[order], f1[order])


def _resultant(owner: str, angles: Any, rates: Any, period: float) -> complex:
    """Return the mean of exp(2 pi i angle / period) with the rates as weights."""
    if period not in (180.0, 360.0):
        raise InvalidParameter(owner, "period", period, "180 or 360")
    curve = Curve(owner, angles, rates)
    if curve.period is None or curve.period < period:
        raise DataError(f"{owner}: angles must be evenly spaced over {'180 or ' if period == 180 else ''}360 degrees")
    if (curve.rates < 0).any():
        raise DataError(f"{owner}: rates must be >= 0; got {curve.rates.min():g}")
    total = curve.rates.sum()
    return complex(np.sum(curve.rates * np.exp(2j * np.pi * curve.x / period)) / total) if total > 0 else complex("nan")
