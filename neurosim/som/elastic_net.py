"""The elastic net of Durbin and Willshaw, and what all rings in the plane share: cities, tours, lengths."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.progress import Callback, report
from neurosim.core.random import seed_from, uniform
from neurosim.som import elastic_cpu

JITTER = 0  # stream of the key
STEEPEST = 0.5  # of beta K: beyond, a step of the tension makes an alternating displacement larger
OWNER = "DurbinWillshawNet"


@dataclass(frozen=True)
class RingTour:
    """A closed tour that a ring of units has found.

    Attributes
    ----------
    order : (n,) int64
        The cities, 0 to n - 1, as the ring passes them.
    length : float or int
        Of the tour: Euclidean, or by the distances of the cities' own object.
    net : (M, 2) float64
        The units round the ring, in the cities' coordinates.
    history : dict of (steps,) arrays
        What was measured at each step of the schedule; the learner says what.
    snapshots : tuple of (M, 2) arrays
        The net at evenly spaced steps of the schedule, the start first and the end last, if they were asked for;
        after a callback's stop those until then, the net at the stop last.
    seed : int
        The run's key; as `random_state` it repeats the run.
    """

    order: np.ndarray = field(repr=False)
    length: float
    net: np.ndarray = field(repr=False)
    history: dict[str, np.ndarray] = field(repr=False)
    snapshots: tuple[np.ndarray, ...] = field(repr=False)
    seed: int


class DurbinWillshawNet:
    """Elastic net: a rubber ring that cities pull out to a tour (not scikit-learn's regression of that name).

    Every step moves the units y_j of a ring by ``alpha sum_i w_ij (x_i - y_j) + beta K (y_{j+1} - 2 y_j + y_{j-1})``
    with ``w_ij = exp(-|x_i - y_j|^2 / 2 K^2) / sum_k exp(-|x_i - y_k|^2 / 2 K^2)``: a city x_i pulls at the units
    within its reach K, and the ring contracts. That is -K times the gradient of `energy`. K shrinks slowly, until every
    city has a unit of its own.

    Parameters
    ----------
    units_per_city : float > 0, default 2.5
        The number of units is rounded, halves to even; at least 3 are made.
    alpha, beta : float > 0, default 0.2 and 2.0
        Strengths of the pull of a city and of the tension.
    k : (start, end), default (0.2, 0.01)
        Reach of a city, in sides of the square that holds the cities; start >= end > 0, and beta start at most 0.5: a
        larger step would overshoot.
    cooling : float in (0, 1), default 0.99
        K is multiplied by it after every `steps_per_k` steps.
    steps_per_k : int >= 1, default 25
    radius : float > 0, default 0.1
        Of the circle around the cities' mean that the ring starts as, in sides of the square.
    random_state : None, int, SeedSequence, Generator or RandomState, default None
        Displaces the first units by up to a hundredth of the radius, lest symmetric cities hold the ring in balance.

    Notes
    -----
    A step takes time in proportion to cities times units, thus to the square of the number of cities.

    References
    ----------
    R. Durbin, D. Willshaw, "An analogue approach to the travelling salesman problem using an elastic net method",
    Nature 326:689-691 (1987). The values of the parameters are from memory, not checked against the paper.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.som.elastic_net import DurbinWillshawNet
    >>> angles = 2 * np.pi * np.array([0, 3, 1, 4, 2, 5]) / 6
    >>> cities = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    >>> result = DurbinWillshawNet(random_state=0).tour(cities)
    >>> round(result.length, 6)
    6.0
    """

    def __init__(
        self,
        *,
        units_per_city: float = 2.5,
        alpha: float = 0.2,
        beta: float = 2.0,
        k: tuple[float, float] = (0.2, 0.01),
        cooling: float = 0.99,
        steps_per_k: int = 25,
        radius: float = 0.1,
        random_state: Any = None,
    ) -> None:
        positive = {"units_per_city": units_per_city, "alpha": alpha, "beta": beta, "radius": radius}
        for name, value in positive.items():
            checks.number(OWNER, name, value, "a number > 0", above=0)
        checks.number(OWNER, "cooling", cooling, "a number in (0, 1)", above=0, below=1)
        checks.at_least(OWNER, "steps_per_k", steps_per_k, 1)
        self.k = checks.positive_pair(OWNER, "k", k)
        if self.k[0] < self.k[1]:
            raise InvalidParameter(OWNER, "k", k, "(start, end) with start >= end > 0")
        if beta * self.k[0] > STEEPEST:
            raise InvalidParameter(
                OWNER, "beta", beta, f"at most {STEEPEST / self.k[0]:g} = 0.5 / k[0], or it diverges"
            )
        checked_random_state(random_state)
        self.units_per_city, self.alpha, self.beta, self.radius = units_per_city, alpha, beta, radius
        self.cooling, self.steps_per_k, self.random_state = cooling, steps_per_k, random_state

    def schedule(self) -> np.ndarray:
        """Return the values of K, each held for `steps_per_k` steps, from the start down to the end, (stages,)."""
        start, end = self.k
        stages = int(np.floor(np.log(end / start) / np.log(self.cooling) * (1 + 1e-12))) + 1
        return start * self.cooling ** np.arange(stages)

    def tour(self, cities: Any, *, snapshots: int = 0, callback: Callback | None = None) -> RingTour:
        """Find a closed tour.

        Parameters
        ----------
        cities : (n, 2) array, n >= 3, or an object with `coordinates`, such as `neurosim.ising.Cities`
            Places in any unit. If the object has a method `length` of tours, that measures the tour.
        snapshots : int, default 0
            How many copies of the net to keep: 0, or 2 to one more than the schedule has values of K.
        callback : callable, optional
            Called with `neurosim.core.progress.Progress` after each K; returning True stops the run.

        Returns
        -------
        RingTour
            Its history has for every K "k", "energy", and "length" of the ring in the cities' unit.

        Raises
        ------
        DataError
            If the cities are not finite places in a plane, or all at one place; if the net diverges, as it does where
            alpha times the number of cities that pull at one unit is too large, or shrinks to a point at a large K.
        """
        places, corner, side = in_unit_square(OWNER, cities)
        key, ks = seed_from(self.random_state), self.schedule()
        net = circle(places, units_for(len(places), self.units_per_city), self.radius, key)
        keep = snapshot_steps(OWNER, snapshots, len(ks))
        kept, rows = [net.copy()] if 0 in keep else [], []
        for stage, k in enumerate(ks, 1):
            elastic_cpu.relax(net, places, self.alpha, self.beta, k, self.steps_per_k)
            self._check_net(net, k)
            rows.append((k, self.energy(net, places, k), side * closed_length(net)))
            if stage in keep:
                kept.append(net.copy())
            now = dict(zip(("k", "energy", "length"), map(float, rows[-1]), strict=True))
            if report(callback, stage, len(ks), **now):
                break
        history = dict(zip(("k", "energy", "length"), np.array(rows).T, strict=True))
        return ring_tour(cities, places, net, corner, side, history, kept, key)

    def energy(self, net: Any, cities: Any, k: float) -> float:
        """Return ``-alpha K sum_i log sum_j exp(-|x_i - y_j|^2 / 2 K^2) + beta / 2 sum_j |y_{j+1} - y_j|^2``.

        Parameters
        ----------
        net : (M, 2) array
        cities : (n, 2) array
            Places on the scale of K, where the cities fill a square of side 1.
        k : float > 0
        """
        from scipy.special import logsumexp

        checks.number(OWNER, "k", k, "a number > 0", above=0)
        units, places = finite_places(OWNER, "net", net), finite_places(OWNER, "cities", cities)
        squares = ((places[:, None] - units[None]) ** 2).sum(axis=2)
        pull = logsumexp(-squares / (2 * k * k), axis=1).sum()
        tension = ((np.roll(units, -1, axis=0) - units) ** 2).sum()
        return float(-self.alpha * k * pull + 0.5 * self.beta * tension)

    def _check_net(self, net: np.ndarray, k: float) -> None:
        """Raise if the net has left the square and the circle where it started by a side, or is a point."""
        if not np.abs(net - 0.5).max() <= 1.5 + 1.1 * self.radius:
            raise DataError(f"{OWNER}: the net diverged at K = {k:g}; choose a smaller alpha or more units per city")
        if not np.ptp(net, axis=0).any():
            raise DataError(f"{OWNER}: the net shrank to a point at K = {k:g}; let k start lower, or fall faster")


def in_unit_square(owner: str, cities: Any) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the cities' places moved and scaled into the square [0, 1]^2, and its lower left corner and side."""
    places = finite_places(owner, "cities", cities)
    if len(places) < 3:
        raise DataError(f"{owner}: cities must be (n, 2) with n >= 3; got shape {places.shape}")
    corner = places.min(axis=0)
    side = float((places.max(axis=0) - corner).max())
    if not 0 < side < np.inf:
        raise DataError(f"{owner}: cities must not all be at one place, or infinitely far apart")
    return (places - corner) / side, corner, side


def finite_places(owner: str, name: str, values: Any) -> np.ndarray:
    """Return places in the plane, or the coordinates of an object that has them, as an array (n, 2) of its own."""
    values = getattr(values, "coordinates", values)
    if values is None:
        raise DataError(f"{owner}: {name} must have coordinates; distances alone do not do")
    try:
        given = np.asarray(values)
        places = np.array(given if given.dtype.kind in "biufO" else "", np.float64, order="C")
    except (TypeError, ValueError):
        raise DataError(f"{owner}: {name} must be (n, 2) real numbers; got {type(values).__name__}") from None
    if places.ndim != 2 or places.shape[1] != 2:
        raise DataError(f"{owner}: {name} must be (n, 2); got shape {places.shape}")
    if not np.isfinite(places).all():
        bad = int(np.flatnonzero(~np.isfinite(places).all(axis=1))[0])
        raise DataError(f"{owner}: {name} must be finite; row {bad} is {places[bad]}")
    return places


def checked_random_state(random_state: Any) -> None:
    """Raise unless `seed_from` takes it; nothing is drawn from a generator."""
    if not isinstance(random_state, np.random.Generator | np.random.RandomState):
        seed_from(random_state)


def units_for(cities: int, units_per_city: float) -> int:
    """Return the number of units of a ring, 3 at least."""
    return max(3, round(units_per_city * cities))


def circle(places: np.ndarray, units: int, radius: float, key: int) -> np.ndarray:
    """Return units on a circle around the mean of the places, each a little displaced, (units, 2)."""
    angles = 2 * np.pi * np.arange(units) / units
    around = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    jitter = 0.02 * uniform(key, JITTER, (units, 2)) - 0.01
    result: np.ndarray = places.mean(axis=0) + radius * (around + jitter)
    return result


def snapshot_steps(owner: str, snapshots: int, steps: int) -> set[int]:
    """Return after which of the steps 1 to `steps` (0: before the first) a copy is kept."""
    checks.at_least(owner, "snapshots", snapshots, 0)
    if snapshots == 1 or snapshots > steps + 1:
        raise InvalidParameter(owner, "snapshots", snapshots, f"0, or from 2 to {steps + 1}: one a step and the start")
    return set(np.linspace(0, steps, snapshots).round().astype(int).tolist())


def closed_length(places: np.ndarray) -> float:
    """Return the Euclidean length of a closed polygon (n, 2)."""
    return float(np.linalg.norm(np.roll(places, -1, axis=0) - places, axis=1).sum())


def order_along(places: np.ndarray, net: np.ndarray) -> np.ndarray:
    """Return the cities in the order in which the ring passes nearest to them, (n,) int64.

    A city goes where its nearest point on the polygon of the units is; cities at one point, in order of their numbers.
    """
    along = np.roll(net, -1, axis=0) - net
    squares = np.maximum((along**2).sum(axis=1), np.finfo(float).tiny)
    position = np.empty(len(places))
    for i, place in enumerate(places):
        share = np.clip(((place - net) * along).sum(axis=1) / squares, 0.0, 1.0)
        gaps = ((net + share[:, None] * along - place) ** 2).sum(axis=1)
        position[i] = gaps.argmin() + share[gaps.argmin()]
    return np.argsort(position, kind="stable")


def ring_tour(
    cities: Any,
    places: np.ndarray,
    net: np.ndarray,
    corner: np.ndarray,
    side: float,
    history: dict[str, np.ndarray],
    kept: list[np.ndarray],
    key: int,
) -> RingTour:
    """Read the tour off a ring in the unit square, and put everything back on the scale of the cities."""
    if kept and not np.array_equal(kept[-1], net):  # stopped
        kept.append(net)
    order = order_along(places, net)
    length = cities.length(order) if hasattr(cities, "length") else side * closed_length(places[order])
    snapshots = tuple(corner + side * shot for shot in kept)
    return RingTour(order, length, corner + side * net, history, snapshots, key)
