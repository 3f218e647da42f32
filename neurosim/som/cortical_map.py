"""Maps of visual cortex as self-organising maps of stimulus features (Obermayer, Blasdel & Schulten 1992)."""

from dataclasses import dataclass
from math import e, pi, sqrt
from typing import Any

import numpy as np

from neurosim.core import checks, random, schedules
from neurosim.core.errors import InvalidParameter
from neurosim.som import online_cpu, rules
from neurosim.som.topology import Topology

BLOCK = 1 << 16  # stimuli drawn at a time


@dataclass(frozen=True)
class FeatureMap:
    """What the units of a `CorticalMap` prefer.

    Parameters
    ----------
    preference : (rows, columns)
        Preferred orientation in radians, in [0, pi).
    selectivity : (rows, columns), >= 0
        Length of the orientation feature, in steps (`Obermayer1990`: from 0 to 1).
    dominance : (rows, columns)
        Ocular dominance, in steps: negative for one eye, positive for the other.
    retina : (rows, columns, 2)
        Position (x, y) in the visual field, in steps.
    """

    preference: np.ndarray
    selectivity: np.ndarray
    dominance: np.ndarray
    retina: np.ndarray


class CorticalMap:
    """A sheet of cortex that maps position in the visual field, orientation and ocular dominance.

    A stimulus is a point ``(x, y, q cos 2 phi, q sin 2 phi, z)``: position in the visual field, orientation phi with
    its selectivity q, and ocularity z. Stimuli are uniform: the position in the field, the orientation feature in a
    disc of radius `orientation`, z in ``[-ocularity, ocularity]``. The map is trained online, from a retinotopic start
    without orientation or dominance. Lengths are in steps between units, of which the field has as many as the sheet.

    Sheet and field close on themselves, so that no border disturbs the columns. A coordinate of the field is therefore
    held as a point on a circle whose circumference is the side of the field.

    Parameters
    ----------
    grid : (rows, columns), default (128, 128)
        At least 8 each.
    orientation : float >= 0, default 7.0
        Radius q of the disc of orientation features. Below ``sqrt(2 e) sigma``, 2.33 sigma, no preferences arise.
    ocularity : float >= 0, default 0.0
        Half-width of z; the threshold is ``sqrt(3 e / 2) sigma``, 2.02 sigma.
    sigma : float or (start, end) > 0, default 2.5
        Width of the neighbourhood in steps.
    learning_rate : float or (start, end) in (0, 1], default 0.02
    decay : "exponential", "linear" or "inverse", default "exponential"
        How sigma and rate go from start to end over one call of `develop`.
    random_state : None, int, SeedSequence, Generator or RandomState, default None

    Raises
    ------
    InvalidParameter
        If a parameter is not as described.

    References
    ----------
    K. Obermayer, G. G. Blasdel, K. Schulten, "Statistical-mechanical analysis of self-organization and pattern
    formation during the development of visual maps", Physical Review A 45:7568-7589 (1992); from memory, not checked
    against the paper. The thresholds: H. Ritter, T. Martinetz, K. Schulten, "Neural Computation and Self-Organizing
    Maps", Addison-Wesley (1992), for one feature; those of the disc follow from its variance.

    Examples
    --------
    >>> from neurosim.som.cortical_map import CorticalMap
    >>> from neurosim.som.orientation_map import column_layout
    >>> found = CorticalMap((32, 32), orientation=10.0, random_state=0).develop(20_000)
    >>> layout = column_layout(found.preference, found.selectivity)
    >>> len(layout.pinwheels.charges) > 0, float(layout.pinwheels.charges.sum())
    (True, 0.0)
    """

    def __init__(
        self,
        grid: tuple[int, int] = (128, 128),
        *,
        orientation: float = 7.0,
        ocularity: float = 0.0,
        sigma: float | tuple[float, float] = 2.5,
        learning_rate: float | tuple[float, float] = 0.02,
        decay: str = "exponential",
        random_state: Any = None,
    ) -> None:
        owner = "CorticalMap"
        self.topology = Topology(checks.grid_of_units(owner, "grid", grid), shape="toroid")
        if min(self.topology.grid) < 8:
            raise InvalidParameter(owner, "grid", grid, "(rows, columns), at least 8 each")
        checks.number(owner, "orientation", orientation, "a number >= 0", least=0)
        checks.number(owner, "ocularity", ocularity, "a number >= 0", least=0)
        checks.one_of(owner, "decay", decay, tuple(schedules.DECAYS))
        self.orientation, self.ocularity, self.decay = float(orientation), float(ocularity), decay
        self.sigma = _pair(owner, "sigma", sigma)
        self.learning_rate = _pair(owner, "learning_rate", learning_rate)
        if max(self.learning_rate) > 1:
            raise InvalidParameter(owner, "learning_rate", learning_rate, "one or two numbers in (0, 1]")
        self.seed = random.seed_from(random_state)
        self.stimuli = 0
        self.weights = self._start()

    def _start(self) -> np.ndarray:
        """Return the first weights: positions on the field, and a trace of the features for the map to begin from."""
        x, y = self.topology.positions.T
        trace = 0.02 * (2 * random.uniform(self.seed, 0, (3, self.topology.units)) - 1)
        trace *= np.array([self.orientation, self.orientation, self.ocularity])[:, None]
        return np.stack([*self._on_circles(x, y), *trace], axis=1).astype(np.float32)

    def _on_circles(self, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
        """Return a position on the field as points on two circles."""
        rows, columns = self.topology.grid
        circles = ((x, columns / (2 * pi)), (y, rows / (2 * pi)))
        return [radius * turn(place / radius) for place, radius in circles for turn in (np.cos, np.sin)]

    def draw(self, count: int, first: int = 0) -> np.ndarray:
        """Return the stimuli from number `first` on, (count, 7) float32: two points on circles, q cos 2 phi, ..., z.

        Stimulus i is a function of `random_state` and i alone; `develop` shows them in turn.
        """
        x, y, radius, turn, eye = random.uniform(self.seed, 1, (count, 5), first=5 * first).T
        rows, columns = self.topology.grid
        q = self.orientation * np.sqrt(radius)
        features = (q * np.cos(2 * pi * turn), q * np.sin(2 * pi * turn), self.ocularity * (2 * eye - 1))
        return np.stack([*self._on_circles(columns * x, rows * y), *features], axis=1).astype(np.float32)

    def develop(self, stimuli: int = 700_000) -> FeatureMap:
        """Train the map; a second call goes on from where the first ended, with the stimuli that follow.

        With constant sigma and rate two calls do what one of as many stimuli does, but for rounding, which a long
        development can make visible. A sigma or rate that falls does so from start to end in every call.

        Parameters
        ----------
        stimuli : int >= 1, default 700000

        Returns
        -------
        FeatureMap
        """
        checks.at_least("CorticalMap", "stimuli", stimuli, 1)
        sigmas, rates = (schedules.decay(self.decay, *pair, stimuli) for pair in (self.sigma, self.learning_rate))
        for first in range(0, stimuli, BLOCK):
            part = slice(first, min(first + BLOCK, stimuli))
            count = part.stop - first
            x = self.draw(count, first=self.stimuli)
            online_cpu.train(
                self.weights, x, np.arange(count), sigmas[part], rates[part], self.topology, rules.GAUSSIAN
            )
            self.stimuli += count
        return self.features()

    def features(self) -> FeatureMap:
        """Return what the units prefer now."""
        grid = self.topology.grid
        w = self.weights.astype(np.float64).reshape(*grid, -1)
        sides = np.array([grid[1], grid[0]])
        turns = np.arctan2(w[..., (1, 3)], w[..., (0, 2)]) / (2 * pi)
        return FeatureMap(
            preference=np.arctan2(w[..., 5], w[..., 4]) / 2 % pi,
            selectivity=np.hypot(w[..., 4], w[..., 5]),
            dominance=w[..., 6],
            retina=turns % 1 * sides,
        )


def orientation_threshold(sigma: float) -> float:
    """Return the radius of the disc of orientation features above which a map of width sigma has preferences.

    A feature stays unmapped while its variance is below ``e sigma**2 / 2`` (Ritter, Martinetz & Schulten 1992, there
    for a uniform one); the disc has variance ``q**2 / 4`` in each direction, so ``q = sqrt(2 e) sigma``. Just above it
    the columns are ``sqrt(2) pi sigma`` apart.
    """
    checks.number("orientation_threshold", "sigma", sigma, "a number > 0", above=0)
    return sqrt(2 * e) * sigma


def _pair(owner: str, name: str, value: Any) -> tuple[float, float]:
    """Return (start, end) of a number that may be one or two."""
    return checks.positive_pair(owner, name, (value, value) if np.ndim(value) == 0 else value)
