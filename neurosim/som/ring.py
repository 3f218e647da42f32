"""Kohonen's map on a ring as a way to short tours, with a fixed and with a growing number of units."""

from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.core.progress import Callback, report
from neurosim.core.random import permutation, seed_from
from neurosim.core.schedules import decay
from neurosim.som import elastic_cpu
from neurosim.som.elastic_net import (
    RingTour,
    checked_random_state,
    circle,
    closed_length,
    in_unit_square,
    ring_tour,
    snapshot_steps,
    units_for,
)

ORDERS = 1  # first of the streams of the key that shuffle the cities, one a sweep
LAST_GAIN = 0.2  # exp(-1 / 0.2^2) = 1e-11: the neighbours stay where they are


class RingMap:
    """Self-organising map on a ring, whose units follow the cities one by one.

    For each city the winner, the nearest unit, and its neighbours round the ring move towards it by
    ``rate exp(-d^2 / 2 sigma^2)`` of the way, where d is the number of units to the winner.

    Parameters
    ----------
    units_per_city : float > 0, default 2.5
        The number of units is rounded, halves to even; at least 3 are made.
    sigma : (start, end), optional
        Width of the neighbourhood in the first and the last step, in units, > 0, falling exponentially. Default: a
        tenth of the ring, and 0.23.
    learning_rate : (start, end), default (0.8, 0.2)
        In (0, 1], falling exponentially.
    sweeps : int >= 1, default 400
        How often each city is shown, in a new order in every sweep.
    random_state : None, int, SeedSequence, Generator or RandomState, default None

    References
    ----------
    The rule is that of T. Kohonen, "Self-organized formation of topologically correct feature maps", Biological
    Cybernetics 43:59-69 (1982); the parameters are our own choice.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.som.ring import RingMap
    >>> angles = 2 * np.pi * np.array([0, 3, 1, 4, 2, 5]) / 6
    >>> result = RingMap(random_state=0).tour(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    >>> round(result.length, 6)
    6.0
    """

    def __init__(
        self,
        *,
        units_per_city: float = 2.5,
        sigma: tuple[float, float] | None = None,
        learning_rate: tuple[float, float] = (0.8, 0.2),
        sweeps: int = 400,
        random_state: Any = None,
    ) -> None:
        owner = type(self).__name__
        checks.number(owner, "units_per_city", units_per_city, "a number > 0", above=0)
        checks.at_least(owner, "sweeps", sweeps, 1)
        self.sigma = None if sigma is None else checks.positive_pair(owner, "sigma", sigma)
        self.learning_rate = checks.positive_pair(owner, "learning_rate", learning_rate)
        if max(self.learning_rate) > 1:
            raise InvalidParameter(owner, "learning_rate", learning_rate, "(start, end), two numbers in (0, 1]")
        checked_random_state(random_state)
        self.units_per_city, self.sweeps, self.random_state = units_per_city, sweeps, random_state

    def tour(self, cities: Any, *, snapshots: int = 0, callback: Callback | None = None) -> RingTour:
        """Find a closed tour.

        Parameters
        ----------
        cities : (n, 2) array, n >= 3, or an object with `coordinates`, such as `neurosim.ising.Cities`
            Places in any unit. If the object has a method `length` of tours, that measures the tour.
        snapshots : int, default 0
            How many copies of the ring to keep: 0, or 2 to one more than there are sweeps.
        callback : callable, optional
            Called with `neurosim.core.progress.Progress` after every sweep; returning True stops the run.

        Returns
        -------
        RingTour
            Its history has for every sweep "sigma" and "rate" at its end and "length" of the ring.

        Raises
        ------
        DataError
            If the cities are not finite places in a plane, or all at one place.
        """
        owner = type(self).__name__
        places, corner, side = in_unit_square(owner, cities)
        n, key = len(places), seed_from(self.random_state)
        ring = circle(places, units_for(n, self.units_per_city), 0.1, key)
        start, end = self.sigma or (max(1.0, len(ring) / 10), 0.23)
        sigmas = decay("exponential", start, end, n * self.sweeps)
        rates = decay("exponential", *self.learning_rate, n * self.sweeps)
        keep = snapshot_steps(owner, snapshots, self.sweeps)
        kept, rows = [ring.copy()] if 0 in keep else [], []
        for sweep in range(1, self.sweeps + 1):
            steps = slice((sweep - 1) * n, sweep * n)
            order = permutation(key, ORDERS + sweep, n)
            elastic_cpu.follow(ring, places, order, sigmas[steps], rates[steps])
            rows.append((sigmas[steps][-1], rates[steps][-1], side * closed_length(ring)))
            if sweep in keep:
                kept.append(ring.copy())
            now = dict(zip(("sigma", "rate", "length"), map(float, rows[-1]), strict=True))
            if report(callback, sweep, self.sweeps, **now):
                break
        history = dict(zip(("sigma", "rate", "length"), np.array(rows).T, strict=True))
        return ring_tour(cities, places, ring, corner, side, history, kept, key)


class GrowingRing:
    """Ring that starts with one unit and makes and deletes units where cities ask for it (Angéniol et al. 1988).

    For each city the winner and its neighbours move towards it by ``exp(-d^2 / G^2) / sqrt(2)`` of the way. A unit
    that wins a second time in a survey of all cities gets a twin beside it, and both are mute until the survey is over:
    what they win moves nothing. A unit that wins nothing in three surveys is deleted. After each survey the gain G
    shrinks by the factor 1 - alpha, until neighbours no longer move.

    Parameters
    ----------
    gain : float > 0.2, default 10
        First G, in units round the ring.
    alpha : float in (0, 1), default 0.02
        Small for short tours, large for speed. The ring at most doubles in a survey: if ``schedule()`` has not several
        times log2(n) surveys, cities share units and come in the order of their numbers, which is no short tour.
    random_state : None, int, SeedSequence, Generator or RandomState, default None
        The order of the cities, a new one in every survey: with one order for all, some rings stay a clump of units.

    References
    ----------
    B. Angéniol, G. de La Croix Vaubois, J.-Y. Le Texier, "Self-organizing feature maps and the travelling salesman
    problem", Neural Networks 1:289-293 (1988). The rules are from memory, not checked against the paper.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.som.ring import GrowingRing
    >>> angles = 2 * np.pi * (3 * np.arange(10) % 10) / 10
    >>> result = GrowingRing(random_state=0).tour(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    >>> round(result.length, 5), len(result.net)
    (6.18034, 10)
    """

    def __init__(self, *, gain: float = 10.0, alpha: float = 0.02, random_state: Any = None) -> None:
        owner = type(self).__name__
        checks.number(owner, "gain", gain, f"a number > {LAST_GAIN}", above=LAST_GAIN)
        checks.number(owner, "alpha", alpha, "a number in (0, 1)", above=0, below=1)
        checked_random_state(random_state)
        self.gain, self.alpha, self.random_state = gain, alpha, random_state

    def schedule(self) -> np.ndarray:
        """Return the gain of every survey, (surveys,)."""
        surveys = int(np.ceil(np.log(LAST_GAIN / self.gain) / np.log1p(-self.alpha))) + 1
        return self.gain * (1 - self.alpha) ** np.arange(surveys)

    def tour(self, cities: Any, *, snapshots: int = 0, callback: Callback | None = None) -> RingTour:
        """Find a closed tour; parameters, result and errors as for `RingMap.tour`, with surveys instead of sweeps.

        The history has for every survey "gain", "units" at its end, and "length" of the ring.
        """
        owner = type(self).__name__
        places, corner, side = in_unit_square(owner, cities)
        n, key, gains = len(places), seed_from(self.random_state), self.schedule()
        ring, idle, units = np.zeros((4 * n, 2)), np.zeros(4 * n, np.int64), 1
        ring[0] = places.mean(axis=0)
        keep = snapshot_steps(owner, snapshots, len(gains))
        kept, rows = [ring[:1].copy()] if 0 in keep else [], []
        for survey, gain in enumerate(gains, 1):
            units = elastic_cpu.survey(ring, idle, units, places, permutation(key, ORDERS + survey, n), gain)
            rows.append((gain, units, side * closed_length(ring[:units])))
            if survey in keep:
                kept.append(ring[:units].copy())
            now = dict(zip(("gain", "units", "length"), map(float, rows[-1]), strict=True))
            if report(callback, survey, len(gains), **now):
                break
        history = dict(zip(("gain", "units", "length"), np.array(rows).T, strict=True))
        return ring_tour(cities, places, ring[:units].copy(), corner, side, history, kept, key)
