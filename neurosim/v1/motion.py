"""Motion energy: quadrature pairs that are oriented in space and time."""

from math import ceil
from typing import Any

import numpy as np
from scipy.special import factorial

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1.gabor import Gabor
from neurosim.v1.lgn import SHAPE, frames_of, project
from neurosim.v1.simple import a_gabor
from neurosim.v1.stimuli import shape_of

CYCLES = 0.4161  # standard deviation over period of a Gabor function with a bandwidth of 1.4 octaves
FAST, SLOW = 3, 5  # stages of Adelson and Bergen's two filters
PEAK = 0.4566  # angular frequency over rate at which that pair answers most


class MotionEnergy:
    """A direction-selective complex cell: the energy of a quadrature pair of space-time filters (Adelson, Bergen 1985).

    A quadrature pair in space, g, meets one in time, h: rate = gain times the squared modulus of
    sum_tau h(tau) sum_u g(u) I(u, t - tau). The real and imaginary parts of that sum are two filters, tilted in
    space-time, a quarter of a cycle apart. With conj(h) for h they tilt the other way: that is the null direction. The
    cell prefers drift in the direction `gabor.orientation` at `gabor.wavelength / period` pixels a frame, and answers a
    matched grating of contrast c with gain * (amplitude * pi * sigma_x * sigma_y * c)^2, as `EnergyCell` does.

    Parameters
    ----------
    gabor : Gabor
        Pair in space. Its `orientation` is the preferred direction of drift, 0 to 360 degrees.
    shape : (rows, columns), default (33, 33)
        Of the fields and of every frame.
    period : float >= 4, default 8
        Frames a cycle at the preferred temporal frequency. Below 4 frames come too seldom to tell the directions.
    temporal : "gabor" or "gamma", default "gabor"
        A Gaussian envelope (standard deviation `sigma_t`) and an exact pair, so that a matched grating that drifts the
        wrong way is not answered at all; or Adelson and Bergen's pair (k t)^n exp(-k t) (1 / n! - (k t)^2 / (n + 2)!)
        with n = 3 and 5, of biological shape and only nearly a pair: the answer to the null direction is some 15 % of
        that to the preferred from a period of 8 on, 17 % at 6 and 31 % at 4, where frames sample it coarsely. (Their
        formula is given as it is commonly quoted, not checked against the paper.)
    sigma_t : float >= period / 4, optional
        Frames; "gabor" only. Default: 0.4161 * period, for 1.4 octaves. With period / 4 the null direction gets
        2e-4 of the preferred one's answer at a period of 4 and 5e-5 above, with the default less than 1e-9.
    periodic : bool, default False
        Whether a movie repeats for ever, or began after uniform frames. The filters look back only.
    gain : float > 0, default 1
        Rate per unit of energy. It only scales.
    dc : "none", "subtract" or "quadrature", default "none"
        As in `EnergyCell`.

    Attributes
    ----------
    field : (rows, columns) complex128
        Pair in space, g.
    filter : (lags,) complex128
        Pair in time, h, from lag 0 on; its answer to the preferred frequency is 1.
    memory : int
        Frames on which a rate depends, lags; 0 with `periodic`, where no frames are needed to settle.
    period : float
        As given: an experiment has to show this many frames a cycle.
    sigma_t : float or None
        As used; None with "gamma".

    Raises
    ------
    InvalidParameter
        If a parameter is outside its range.

    References
    ----------
    E. H. Adelson, J. R. Bergen, "Spatiotemporal energy models for the perception of motion", Journal of the Optical
    Society of America A 2:284-299 (1985).

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.v1 import Gabor, MotionEnergy
    >>> from neurosim.v1.stimuli import drifting_grating
    >>> cell = MotionEnergy(Gabor(8, sigma_x=3), period=8, periodic=True)
    >>> right, left = (drifting_grating((33, 33), 16, 8, angle, cycles=2) for angle in (0, 180))
    >>> cell.respond(right).mean().round(), cell.respond(left).mean().round()
    (np.float64(799.0), np.float64(0.0))
    >>> cell.opponent(left).mean().round()
    np.float64(-799.0)
    """

    def __init__(
        self,
        gabor: Gabor,
        shape: tuple[int, int] = SHAPE,
        *,
        period: float = 8.0,
        temporal: str = "gabor",
        sigma_t: float | None = None,
        periodic: bool = False,
        gain: float = 1.0,
        dc: Any = "none",
    ) -> None:
        owner = type(self).__name__
        self.gabor, self.shape = a_gabor(owner, gabor), shape_of(owner, shape)
        checks.number(owner, "period", period, "a number >= 4 (frames)", least=4.0)
        checks.one_of(owner, "temporal", temporal, ("gabor", "gamma"))
        checks.number(owner, "gain", gain, "a number > 0", above=0.0)
        if not isinstance(periodic, bool | np.bool_):
            raise InvalidParameter(owner, "periodic", periodic, "True or False")
        self.period, self.temporal, self.sigma_t = period, temporal, self._spread(sigma_t, period, temporal)
        self.periodic, self.gain, self.dc = periodic, gain, dc
        self.field = gabor.kernel(self.shape, dc=dc)
        pair = gamma_pair(period) if self.sigma_t is None else gabor_pair(period, self.sigma_t)
        preferred = pair @ np.exp(-2j * np.pi * np.arange(len(pair)) / period)
        self.filter = pair / np.abs(preferred)
        self.memory = 0 if periodic else len(pair)

    def _spread(self, sigma_t: Any, period: float, temporal: str) -> float | None:
        """Return the standard deviation of the pair in time, None for a pair that has no such parameter."""
        owner = type(self).__name__
        if temporal == "gamma":
            if sigma_t is not None:
                raise InvalidParameter(owner, "sigma_t", sigma_t, 'None with temporal="gamma"')
            return None
        if sigma_t is None:
            return CYCLES * period
        checks.number(owner, "sigma_t", sigma_t, "a number >= period / 4 (frames)", least=period / 4.0)
        return float(sigma_t)

    def linear(self, stimulus: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the answers of the pairs tilted to the preferred and to the null direction: two (..., frames) complex.

        Parameters
        ----------
        stimulus : (..., frames, rows, columns) array
            Movies, contrasts.

        Raises
        ------
        DataError
            If the frames have another shape than the field or values that are not finite, or there is no time axis.
        """
        owner = type(self).__name__
        frames = frames_of(owner, stimulus, self.shape)
        if frames.ndim < 3:
            raise DataError(f"{owner}: the stimulus must be a movie, (..., frames, rows, columns); got {frames.shape}")
        in_space = project(self.field[None], frames)[..., 0]
        return self._in_time(in_space, self.filter), self._in_time(in_space, self.filter.conj())

    def _in_time(self, answers: np.ndarray, pair: np.ndarray) -> np.ndarray:
        """Return sum_tau h(tau) a(t - tau) of answers (..., frames)."""
        frames = answers.shape[-1]
        total = np.zeros(answers.shape, np.complex128)
        for lag, weight in enumerate(pair):
            if self.periodic:
                total += weight * np.roll(answers, lag, axis=-1)
            elif lag < frames:
                total[..., lag:] += weight * answers[..., : frames - lag]
        return total

    def respond(self, stimulus: Any) -> np.ndarray:
        """Return the rate gain * energy of the preferred direction for every frame of movies.

        Parameters
        ----------
        stimulus : (..., frames, rows, columns) array
            Contrasts.

        Returns
        -------
        (..., frames) float64, >= 0

        Raises
        ------
        DataError
            As `linear` does.
        """
        return self.gain * np.abs(self.linear(stimulus)[0]) ** 2

    def opponent(self, stimulus: Any) -> np.ndarray:
        """Return gain * (energy of the preferred less that of the null direction), (..., frames): its sign tells which.

        Standing and counterphase gratings give 0 on average.
        """
        preferred, null = self.linear(stimulus)
        return self.gain * (np.abs(preferred) ** 2 - np.abs(null) ** 2)


def gabor_pair(period: float, sigma: float) -> np.ndarray:
    """Return a complex Gabor function of time, (lags,), of 5 standard deviations to either side of its middle."""
    middle = ceil(5.0 * sigma)
    t = np.arange(2 * middle + 1) - middle
    return np.exp(-(t**2) / (2.0 * sigma**2) + 2j * np.pi * t / period)


def gamma_pair(period: float) -> np.ndarray:
    """Return Adelson and Bergen's fast + i slow filter, (lags,), as long as it differs from zero by 1e-6."""
    rate = 2.0 * np.pi / (PEAK * period)
    kt = rate * np.arange(ceil(35.0 / rate))
    fast, slow = (kt**n * np.exp(-kt) * (1.0 / factorial(n) - kt**2 / factorial(n + 2)) for n in (FAST, SLOW))
    return fast + 1j * slow
