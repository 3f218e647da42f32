"""Spikes from rates: Poisson counts and spike times."""

from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import DataError
from neurosim.core.random import seed_from


def poisson_spikes(rates: Any, duration: float = 1.0, *, random_state: Any = None) -> np.ndarray:
    """Return spike counts of Poisson neurons.

    Parameters
    ----------
    rates : (...) array >= 0
        Spikes per second, e.g. a cell's responses.
    duration : float > 0, default 1
        Seconds for which each rate holds.
    random_state : None, int, Generator or RandomState

    Returns
    -------
    (...) int64
        Independent draws with mean and variance `rates` * `duration`.

    Raises
    ------
    DataError
        If a rate is negative or not finite, or so high that a count does not fit 64 bits.

    Examples
    --------
    >>> from neurosim.v1.spikes import poisson_spikes
    >>> counts = poisson_spikes([0.0, 5.0, 50.0], duration=2.0, random_state=0)
    >>> counts.shape, int(counts[0])
    ((3,), 0)
    """
    checks.number("poisson_spikes", "duration", duration, "a finite number > 0", above=0.0)
    mean = _checked("poisson_spikes", rates) * duration
    if mean.size and mean.max() > 1e18:
        raise DataError(f"poisson_spikes: {mean.max():g} spikes are too many to count; rates are in spikes per second")
    return np.asarray(np.random.default_rng(seed_from(random_state)).poisson(mean), dtype=np.int64)


def spike_times(rates: Any, frame_duration: float, *, random_state: Any = None) -> np.ndarray:
    """Return the spike times of one Poisson neuron whose rate is constant during each frame.

    Parameters
    ----------
    rates : (frames,) array >= 0
        Spikes per second.
    frame_duration : float > 0
        Seconds.
    random_state : None, int, Generator or RandomState

    Returns
    -------
    (spikes,) float64
        Seconds from the start of the first frame, ascending.
    """
    rates = _checked("spike_times", rates)
    if rates.ndim != 1:
        raise DataError(f"spike_times: rates must be one row of frames; got an array of the shape {rates.shape}")
    checks.number("spike_times", "frame_duration", frame_duration, "a finite number > 0", above=0.0)
    draws = np.random.default_rng(seed_from(random_state))
    counts = poisson_spikes(rates, frame_duration, random_state=draws)
    frame = np.repeat(np.arange(len(rates)), counts)
    return np.sort((frame + draws.random(len(frame))) * frame_duration)


def _checked(owner: str, rates: Any) -> np.ndarray:
    """Return rates as float64, all finite and not negative."""
    try:
        rates = np.asarray(rates, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{owner}: rates must be numbers") from None
    wrong = ~(np.isfinite(rates) & (rates >= 0))
    if wrong.any():
        raise DataError(f"{owner}: rates must be finite and >= 0; got {rates[wrong][0]:g}")
    return rates
