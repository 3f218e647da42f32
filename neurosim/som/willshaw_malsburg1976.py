"""Ordered connections between two sheets of cells that organise themselves (Willshaw & von der Malsburg 1976)."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist

from neurosim.core import checks, parallel
from neurosim.core.errors import InvalidParameter
from neurosim.core.progress import Callback
from neurosim.core.random import seed_from, uniform
from neurosim.som import malsburg_cpu
from neurosim.som import malsburg_sheets as sheets
from neurosim.som.malsburg_sheets import ORIENTATIONS, correlation, oriented, sheet

NAME = "WillshawMalsburg1976"
FIRST, SPOTS = 0, 1  # streams of random numbers
REPORTED = 100  # spots between two calls of a callback
AT_LEAST_0 = ("h", "excitation", "inhibition", "threshold", "marker_strength")
POSITIVE = ("reach", "spot", "mean_synapse")


@dataclass(frozen=True)
class RetinotopicOrder:
    """How far a projection is organised.

    Attributes
    ----------
    presentations : int
        Spots shown so far.
    upright : float
        Correlation, in [-1, 1], between the places of the cells' fields (see `WillshawMalsburg1976.fields`) and the
        places of the cells: 1 for an upright map of any size, -1 for one that is turned by 180 degrees.
    orientation : str
        The one of `ORIENTATIONS` whose map is most like the projection.
    agreement : float
        Correlation with that map.
    distances : float
        Correlation, over all pairs of cells, between the distance of the cells and the distance of their fields.
    step : float
        Distance of the fields of neighbouring cells over the mean of all pairs; about 1 without order.
    field_size : float
        Root mean square distance of a cell's synapses from the middle of its field, weighted by their strengths, in
        steps; mean over the cells.
    """

    presentations: int
    upright: float
    orientation: str
    agreement: float
    distances: float
    step: float
    field_size: float


class WillshawMalsburg1976:
    """A retinotopic projection between two square sheets (Willshaw & von der Malsburg 1976).

    At first every presynaptic cell i has a synapse of random strength s_ji on every postsynaptic cell j. Small spots
    of neighbouring presynaptic cells light up one after the other. The postsynaptic potentials follow ::

        dH_j/dt = sum_i s_ji A_i + sum_k b_jk H*_k - H_j,      H* = max(H - threshold, 0)

    from silence, where b excites over short and inhibits over long distances. Then synapses grow by h A_i H*_j, and
    those of every cell are scaled to their old mean. Neighbours fire together on one sheet because a spot lights them
    and on the other because of b, so that they get connected to neighbours. Which way round the map comes to lie is
    decided by polarity markers, a few stronger synapses between the middles of the sheets from which order spreads.

    Parameters
    ----------
    side : int >= 3, default 6
        Each sheet has side x side cells.
    markers : one of `malsburg_sheets.MARKERS`, None or (n, 2) int array, default "upright"
        The orientation of the markers, which join the 4 cells in the middle (5 if `side` is odd); "twisted" crosses two
        of four, so that no map fits; or pairs (presynaptic cell, postsynaptic cell) of your own, of which one that
        comes twice counts once; or none.
    marker_strength : float >= 0, default 10.0
        By how many mean synapses a marked one is stronger.
    variation : float in [0, 1], default 0.1
        The other first synapses are uniform between 1 - variation and 1 + variation of the mean.
    h : float >= 0, default 0.01
        Rate of learning.
    excitation, inhibition : float >= 0, default 0.1, 0.1
        b is +excitation for the cell itself and those within `reach`, -inhibition for all others.
    reach, spot : float > 0, default 1.5, 1.0
        Radii, in steps between cells: of excitation, and of a spot, which has 5 cells for 1, 13 for 2.
    threshold : float >= 0, default 1.0
    mean_synapse : float > 0, default 0.2
        Mean of every cell's synapses; with these numbers a whole spot brings an unmarked cell just to its threshold.
    time_step : float in (0, 1], default 0.3
    steps : int >= 1, default 30
        Time steps (Euler) until the activities are taken.
    random_state : None, int, Generator or RandomState, default None
        First synapses and spots.

    Attributes
    ----------
    synapses : (side^2, side^2) float64
        s, a row for every postsynaptic cell.
    presentations : int
        Spots shown so far.
    seed : int
        The key that `random_state` stood for.

    Notes
    -----
    The model is told from memory and was not checked against the paper; all constants are ours, chosen so that a marked
    map orders. The same input gives the same bits for any number of threads.

    References
    ----------
    D. J. Willshaw, C. von der Malsburg, "How patterned neural connections can be set up by self-organization",
    Proceedings of the Royal Society of London B 194:431-445 (1976).

    Examples
    --------
    >>> from neurosim.som.willshaw_malsburg1976 import WillshawMalsburg1976
    >>> projection = WillshawMalsburg1976(markers="rotated 90", random_state=0)
    >>> order = projection.present(10_000)
    >>> order.orientation, order.agreement > 0.9
    ('rotated 90', True)
    """

    def __init__(
        self,
        *,
        side: int = 6,
        markers: Any = "upright",
        marker_strength: float = 10.0,
        variation: float = 0.1,
        h: float = 0.01,
        excitation: float = 0.1,
        inhibition: float = 0.1,
        reach: float = 1.5,
        spot: float = 1.0,
        threshold: float = 1.0,
        mean_synapse: float = 0.2,
        time_step: float = 0.3,
        steps: int = 30,
        random_state: Any = None,
    ) -> None:
        self.side, self.markers = side, deepcopy(markers)
        self.marker_strength, self.variation = marker_strength, variation
        self.h, self.excitation, self.inhibition, self.reach = h, excitation, inhibition, reach
        self.spot, self.threshold, self.mean_synapse = spot, threshold, mean_synapse
        self.time_step, self.steps = time_step, steps
        self._check()
        self.places = sheet(side)
        self.seed, self.presentations = seed_from(random_state), 0
        self.synapses = self._first_synapses()

    def __repr__(self) -> str:
        return f"{NAME}({self.side} x {self.side} cells, {self.presentations} presentations, seed={self.seed})"

    @property
    def spots(self) -> NDArray[np.float64]:
        """Activities of the presynaptic cells for a spot around each of them, (side^2, side^2), 0 or 1."""
        return np.asarray(cdist(self.places, self.places) <= self.spot * (1 + 1e-9), float)

    @property
    def lateral(self) -> NDArray[np.float64]:
        """The connections b between postsynaptic cells, (side^2, side^2)."""
        near = cdist(self.places, self.places) <= self.reach * (1 + 1e-9)
        return np.where(near, float(self.excitation), -float(self.inhibition))

    def present(self, presentations: int = 1000, *, callback: Callback | None = None) -> RetinotopicOrder:
        """Light up random spots one after the other, learn from each, and return the order after the last.

        Parameters
        ----------
        presentations : int >= 1, default 1000
        callback : callable, optional
            Called with `neurosim.core.progress.Progress` after every 100 spots; returning True stops.

        Raises
        ------
        DataError
            If activities or synapses grow beyond all bounds: synapses stay as they were before, at most 10,000
            presentations ago.
        """
        return self.present_all([self], presentations, callback=callback)[0]

    @staticmethod
    def present_all(
        projections: Iterable["WillshawMalsburg1976"], presentations: int = 1000, *, callback: Callback | None = None
    ) -> list[RetinotopicOrder]:
        """Show spots to several projections of the same side in parallel, to each its own; as `present` of each."""
        group = sheets.each_once(NAME, "projections", projections, WillshawMalsburg1976, "projection")
        if len({p.side for p in group}) > 1:
            raise InvalidParameter(NAME, "projections", group, "projections of the same side")
        checks.at_least(NAME, "presentations", presentations, 1)
        piece = REPORTED if callback else sheets.PIECE
        sheets.in_pieces(partial(_learn, group), presentations, piece, callback)
        return [p.order() for p in group]

    def respond(self, stimuli: Any = None) -> NDArray[np.float64]:
        """Return what the postsynaptic cells send, (n, side^2), when they have settled; nothing is learned.

        Parameters
        ----------
        stimuli : (n, side^2) array of numbers, optional
            Activities of the presynaptic cells; default: all spots.
        """
        shown = sheets.activities(NAME, self.spots if stimuli is None else stimuli, self.side**2)
        drive = sheets.driven(shown, self.synapses)
        sent = np.empty_like(drive)
        parallel.run(malsburg_cpu.respond1976, len(drive), drive, self.lateral, self._constants(), sent)
        sheets.bounded(NAME, sent)
        return sent

    def fields(self) -> NDArray[np.float64]:
        """Return the middle of every postsynaptic cell's field, (side^2, 2), in steps from the middle of the sheet.

        The mean of the places of the presynaptic cells, weighted by their synapses on the cell.
        """
        weighted = (self.synapses[:, :, None] * self.places).sum(axis=1)  # not `@`: bits depend on BLAS's threads
        return weighted / self.synapses.sum(axis=1, keepdims=True)

    def order(self) -> RetinotopicOrder:
        """Return how far the projection is organised."""
        fields, apart = self.fields(), pdist(self.places)
        centred, whole = fields - fields.mean(axis=0), (self.places**2).sum()
        size = np.sqrt(max((centred**2).sum() * whole, 1e-300))
        alike = [float((centred * oriented(self.places, name)).sum() / size) for name in ORIENTATIONS]
        best, between = int(np.argmax(alike)), pdist(fields)
        spread = self.synapses * cdist(fields, self.places) ** 2
        return RetinotopicOrder(
            presentations=self.presentations,
            upright=alike[0],
            orientation=ORIENTATIONS[best],
            agreement=alike[best],
            distances=correlation(apart, between),
            step=float(between[np.isclose(apart, 1)].mean() / max(between.mean(), 1e-300)),
            field_size=float(np.sqrt(spread.sum(axis=1) / self.synapses.sum(axis=1)).mean()),
        )

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parameters and the state, for `neurosim.save`."""
        names = ("side", "markers", "variation", "time_step", "steps", *AT_LEAST_0, *POSITIVE)
        parameters = {name: getattr(self, name) for name in names} | {"random_state": self.seed}
        return parameters, {"synapses": self.synapses, "presentations": self.presentations}

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the projection that `to_parts` took apart."""
        projection = cls(**parameters)
        projection.synapses, projection.presentations = state["synapses"].copy(), state["presentations"]
        return projection

    def _check(self) -> None:
        checks.at_least(NAME, "side", self.side, 3)
        checks.at_least(NAME, "steps", self.steps, 1)
        for name in AT_LEAST_0:
            checks.number(NAME, name, getattr(self, name), "a finite number >= 0", least=0)
        for name in POSITIVE:
            checks.number(NAME, name, getattr(self, name), "a finite number > 0", above=0)
        above_1 = np.nextafter(1, 2)
        checks.number(NAME, "variation", self.variation, "a number in [0, 1]", least=0, below=above_1)
        checks.number(NAME, "time_step", self.time_step, "a number in (0, 1]", above=0, below=above_1)

    def _first_synapses(self) -> NDArray[np.float64]:
        shape = (self.side**2, self.side**2)
        s = 1 + self.variation * (2 * uniform(self.seed, FIRST, shape) - 1)
        pre, post = sheets.marked(NAME, self.markers, self.places).T
        s[post, pre] += self.marker_strength
        return s * (self.mean_synapse / s.mean(axis=1, keepdims=True))

    def _next_spots(self, presentations: int) -> NDArray[np.int64]:
        """Return which spots come next, (presentations,): the same ones, however many are asked for at once."""
        drawn = uniform(self.seed, SPOTS, presentations, self.presentations)
        return (drawn * self.side**2).astype(np.int64)

    def _constants(self) -> NDArray[np.float64]:
        whole = self.mean_synapse * self.side**2
        return np.array([self.threshold, self.time_step, self.steps, self.h, whole], float)


def _learn(projections: list[WillshawMalsburg1976], presentations: int) -> None:
    """Light up so many spots on all projections, on each its own."""
    spots, lateral = (np.stack([getattr(p, name) for p in projections]) for name in ("spots", "lateral"))
    order = np.stack([p._next_spots(presentations) for p in projections])
    sheets.learn(NAME, malsburg_cpu.organise1976, projections, presentations, spots, order, lateral)
