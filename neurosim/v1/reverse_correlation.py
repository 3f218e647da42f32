"""Reverse correlation: receptive fields from the answers to noise.

The spike-triggered average of white Gaussian noise is proportional to the linear filter of a linear-nonlinear-Poisson
cell; E. J. Chichilnisky, "A simple white noise analysis of neuronal light responses", Network 12:199-213 (2001), not
checked against the paper. `sta_correlation` says how near it comes after so many stimuli.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1.covariance import blocks, frames, moments
from neurosim.v1.lnp import pointwise


@dataclass(frozen=True)
class SpikeTriggeredAverage:
    """Result of `spike_triggered_average`.

    Attributes
    ----------
    field : array of the stimuli's shape
        Mean stimulus per spike, in the unit of the stimuli; with `whiten` divided by their covariance.
    error : array of the same shape
        Standard error of every pixel.
    spikes : float
        Total number of spikes.
    """

    field: np.ndarray
    error: np.ndarray
    spikes: float

    @property
    def z(self) -> np.ndarray:
        """The field in standard errors."""
        return np.divide(self.field, self.error, out=np.zeros_like(self.field), where=self.error > 0.0)


def spike_triggered_average(
    stimuli: Any, spikes: Any, *, subtract_mean: bool = False, whiten: bool = False, ridge: float = 0.0
) -> SpikeTriggeredAverage:
    """Return the average of the stimuli weighted with the spikes that they gave.

    Parameters
    ----------
    stimuli : (n, ...) array
        One stimulus for each entry of `spikes`, of any shape. Integers are converted. Read in blocks, so that it may be
        a memory map.
    spikes : (n,) array >= 0
        Number of spikes, or rate, in answer to each stimulus.
    subtract_mean : bool, default False
        Whether to subtract the mean of all stimuli: needed if they are not contrasts about 0. It also takes chance
        correlations with the mean rate out of the average; see `sta_correlation`.
    whiten : bool, default False
        Whether to divide by the covariance of the stimuli: for correlated stimuli such as natural images.
    ridge : float >= 0, default 0
        Added to that covariance's diagonal, in units of the mean variance of a pixel. Directions with less variance are
        damped instead of having their noise blown up.

    Returns
    -------
    SpikeTriggeredAverage
        Its errors take the stimuli as independent of each other.

    Raises
    ------
    DataError, InvalidParameter
        If the arrays do not fit or are masked, there are no spikes, or the covariance is singular.

    Notes
    -----
    For a field in space and time pass overlapping windows of the movie (frames, rows, columns), which take no memory:
    ``np.lib.stride_tricks.sliding_window_view(movie, lags, axis=0)`` with ``spikes[lags - 1:]``; and ``min_shift=lags``
    to `spike_triggered_covariance`, as such windows are not independent.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.v1 import spike_triggered_average
    >>> sta = spike_triggered_average([[1, 0], [0, 1], [1, 1]], [3, 1, 0])
    >>> sta.field, sta.spikes
    (array([0.75, 0.25]), 4.0)
    """
    owner = "spike_triggered_average"
    stimuli, spikes = frames(owner, stimuli, spikes)
    checks.number(owner, "ridge", ridge, "a finite number >= 0", least=0.0)
    n, total, shape = len(spikes), spikes.sum(), stimuli.shape[1:]
    middle, average = _mean(stimuli, np.ones(n)), _mean(stimuli, spikes)
    field = average - middle if subtract_mean else average
    if whiten:
        covariance = moments(stimuli, np.ones(n), middle)[1]
        unmix = _inverse(owner, covariance, ridge)
        field = unmix @ field
    square = np.zeros(len(middle))
    for index, part in blocks(stimuli):
        influence = (part - average) * (spikes[index] / total)[:, None]
        part -= middle
        if subtract_mean:
            influence -= part / n
        if whiten:
            influence -= (part * (part @ field)[:, None] - covariance @ field) / n
            influence = influence @ unmix
        square += (influence**2).sum(axis=0)
    return SpikeTriggeredAverage(field.reshape(shape), np.sqrt(square).reshape(shape), float(total))


def _mean(stimuli: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted mean of the stimuli, (pixels,)."""
    sums = sum(weights[index] @ part for index, part in blocks(stimuli, weights > 0.0))
    mean = np.asarray(sums / weights.sum())
    if not np.isfinite(mean).all():
        raise DataError("reverse correlation: there are NaN or infinite stimuli")
    return mean


def _inverse(owner: str, covariance: np.ndarray, ridge: float) -> np.ndarray:
    """Return the inverse of the covariance with `ridge` times the mean variance added to its diagonal."""
    values, vectors = np.linalg.eigh(covariance)
    values = values + ridge * values.mean()
    if values[0] <= 1e-12 * values[-1]:
        raise DataError(f"{owner}: the stimuli's covariance is singular; pass ridge > 0 or more stimuli than pixels")
    return np.asarray((vectors / values) @ vectors.T)


def sta_correlation(
    n: Any,
    pixels: int,
    nonlinearity: str | Callable[[np.ndarray], np.ndarray] = "rectified",
    *,
    mean_count: float | None = None,
    subtract_mean: bool = False,
) -> Any:
    """Return the correlation to expect between the spike-triggered average and the filter of a cell.

    For white Gaussian noise of unit variance, a filter w of norm 1 and rates g(w . stimulus)::

        r = sqrt(n / (n + c (pixels - 1)))        c = E[g(z)^2] / E[z g(z)]^2,   z normal

    which is c = 2 for the rectifier and 3 pi / 4 = 2.3562 for half-squaring. Poisson spikes add their variance, E[g],
    to E[g^2]; subtracting the mean stimulus takes E[g]^2 away.

    Parameters
    ----------
    n : int or array of int >= 1
        Number of stimuli.
    pixels : int >= 1
        Dimensions of a stimulus.
    nonlinearity : "linear", "rectified", "half-squared", "squared", "exponential" or callable
        g, which maps arrays. Expectations are integrated numerically.
    mean_count : float > 0, optional
        Poisson spikes per stimulus on average; by default the rates themselves are averaged, without noise.
    subtract_mean : bool, default False
        As in `spike_triggered_average`.

    Returns
    -------
    float or array
        In the leading order of pixels / n; within 0.001 of the mean over simulations for 256 pixels from n = 2,000.

    Raises
    ------
    InvalidParameter
        If a parameter is out of range, or rates on average are not above 0 although there are to be spikes.

    Examples
    --------
    >>> from neurosim.v1.reverse_correlation import sta_correlation
    >>> round(sta_correlation(10_000, 256), 4), round(sta_correlation(10_000, 256, "half-squared"), 4)
    (0.9754, 0.9712)
    """
    owner = "sta_correlation"
    checks.at_least(owner, "pixels", pixels, 1)
    n = np.asarray(n, dtype=np.float64)
    if not (n >= 1).all():
        raise InvalidParameter(owner, "n", n, "numbers >= 1")
    z = np.linspace(-12.0, 12.0, 24_001)
    density = np.exp(-0.5 * z**2)
    density /= density.sum()
    rate = np.asarray(pointwise(owner, nonlinearity)(z), dtype=np.float64)
    mean, slope, square = density @ rate, density @ (z * rate), density @ rate**2
    if mean_count is not None:
        checks.number(owner, "mean_count", mean_count, "None or a number > 0", above=0.0)
        if not mean > 0.0:
            raise InvalidParameter(owner, "nonlinearity", nonlinearity, "positive on average where there are spikes")
        square += mean**2 / mean_count
    if subtract_mean:
        square -= mean**2
    expected = slope / np.sqrt(slope**2 + square * (pixels - 1) / n)
    return float(expected) if n.ndim == 0 else expected
