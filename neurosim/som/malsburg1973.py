"""Orientation columns that organise themselves (von der Malsburg 1973)."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from neurosim.core import checks, parallel
from neurosim.core.errors import DataError
from neurosim.core.progress import Callback
from neurosim.core.random import seed_from, uniform
from neurosim.som import malsburg_cpu
from neurosim.som import malsburg_sheets as sheets
from neurosim.som.malsburg_sheets import BAR_ANGLES, BARS, CORTEX, FAR, NAME, NEAR, RETINA

FIRST, INJURY = 0, 2  # streams of random numbers, 1 is the noise; every injury takes a new one
AT_LEAST_0 = ("h", "p", "q", "r", "threshold")
STATE = ("synapses", "intact", "presentations", "injuries")


@dataclass(frozen=True)
class CorticalResponse:
    """What a cortex answers to stimuli.

    Attributes
    ----------
    drive : (stimuli, 169) float64
        What the afferents alone bring to the excitatory cells.
    excitatory, inhibitory : (stimuli, 169) float64
        What the cells send when they have settled: their potentials beyond the threshold.
    """

    drive: NDArray = field(repr=False)
    excitatory: NDArray = field(repr=False)
    inhibitory: NDArray = field(repr=False)


@dataclass(frozen=True)
class OrientationOrder:
    """How far a cortex is organised; measured with the nine bars.

    Attributes
    ----------
    presentations : int
        Stimuli shown so far.
    active : float
        Share of the excitatory cells that answer to a bar or more.
    selectivity : float
        Mean over the cells; see `Malsburg1973.selectivity`.
    neighbour_difference : float
        Degrees between the preferred angles of neighbours, mean over all pairs; 45 if there is no order.
    best_drive : float
        The largest drive by any bar, mean over the cells.
    cells_per_bar, bars_per_cell : float
        How many cells a bar makes active, and how many bars a cell that answers.
    """

    presentations: int
    active: float
    selectivity: float
    neighbour_difference: float
    best_drive: float
    cells_per_bar: float
    bars_per_cell: float


class Malsburg1973:
    """The cortex of von der Malsburg (1973), whose cells become sensitive to the orientation of bars.

    All 19 cells of a retina, a hexagon, have fibres to all 169 excitatory cells of the cortex, a larger hexagon, where
    169 inhibitory cells are at the same places. A cell of potential E sends E* = max(E - threshold, 0), one of I
    likewise I*. From silence the cortex takes 20 steps of ::

        I_k = r sum E*_l   over the cell itself and its 6 neighbours
        E_k = sum_i s_ik A_i + p sum E*_l - q sum I*_m   over the 6 neighbours l and the 12 cells m around these

    where A is 1 for the retina's cells under the bar. Then synapses grow by h A_i E*_k, and those of every cell are
    scaled to their old sum: what some gain the others lose.

    Parameters
    ----------
    h : float >= 0, default 0.05
        Rate of learning.
    p, q, r : float >= 0, default 0.4, 0.3, 0.286
        Strength of a connection from excitatory to excitatory cells (from about 0.58 on activities grow without a
        bound, the other constants as they are), from inhibitory to excitatory, from excitatory to inhibitory ones.
    threshold : float >= 0, default 1.0
        Of all cells.
    steps : int >= 1, default 20
        Until the activities are taken.
    synapse_sum : float > 0, default 2.375
        Of the 19 synapses of a cell, which are drawn uniformly from 0 on and scaled.
    random_state : None, int, Generator or RandomState, default None
        First synapses, noise and injuries.

    Attributes
    ----------
    synapses : (169, 19) float64
        s, from every retinal cell to every excitatory cell.
    intact : (169, 19) bool
        False where `cut` has destroyed the synapse.
    presentations : int
        Stimuli shown so far.
    seed : int
        The key that `random_state` stood for.

    Notes
    -----
    Of the paper the abstract alone was seen: 338 cells, 19 retinal cells, nine bars, order after all were shown twenty
    times. Constants and stimuli are those of a later script that repeats the model. Within a step the inhibitory cells
    go first: if all change at once the activities oscillate. Learning follows each presentation. The same input gives
    the same bits for any number of threads.

    References
    ----------
    C. von der Malsburg, "Self-organization of orientation sensitive cells in the striate cortex", Kybernetik 14:85-100
    (1973).

    Examples
    --------
    >>> from neurosim.som.malsburg1973 import Malsburg1973
    >>> cortex = Malsburg1973(random_state=0)
    >>> cortex.order().neighbour_difference > 41
    True
    >>> cortex.present(cycles=20).neighbour_difference < 33
    True
    """

    def __init__(
        self,
        *,
        h: float = 0.05,
        p: float = 0.4,
        q: float = 0.3,
        r: float = 0.286,
        threshold: float = 1.0,
        steps: int = 20,
        synapse_sum: float = 2.375,
        random_state: Any = None,
    ) -> None:
        self.h, self.p, self.q, self.r = h, p, q, r
        self.threshold, self.steps, self.synapse_sum = threshold, steps, synapse_sum
        for name in AT_LEAST_0:
            checks.number(NAME, name, getattr(self, name), "a finite number >= 0", least=0)
        checks.number(NAME, "synapse_sum", synapse_sum, "a finite number > 0", above=0)
        checks.at_least(NAME, "steps", steps, 1)
        self.seed, self.presentations, self.injuries = seed_from(random_state), 0, 0
        self.intact = np.ones((len(CORTEX), len(RETINA)), bool)
        self.synapses = self._random_synapses(FIRST)

    def __repr__(self) -> str:
        return f"{NAME}({self.presentations} presentations, seed={self.seed})"

    def present(
        self, stimuli: Any = None, *, cycles: int = 1, noise: float = 0.0, callback: Callback | None = None
    ) -> OrientationOrder:
        """Show stimuli in turn, learn from each, and return the order after the last.

        Parameters
        ----------
        stimuli : (n, 19) array of numbers >= 0, optional
            Activities of the retina; default: the nine bars.
        cycles : int >= 1, default 1
            How often all are shown.
        noise : float in [0, 1], default 0.0
            Probability with which each retinal cell's activity a is turned into 1 - a, anew for each presentation;
            stimuli have to be in [0, 1] then.
        callback : callable, optional
            Called with `neurosim.core.progress.Progress` after each cycle; returning True stops.

        Raises
        ------
        InvalidParameter
            If a value is outside its range.
        DataError
            If the stimuli have another shape, or numbers that are negative, NaN or infinite. If activities grow beyond
            all bounds: synapses stay as they were before, at most 10,000 presentations ago.
        """
        return self.present_all([self], stimuli, cycles=cycles, noise=noise, callback=callback)[0]

    @staticmethod
    def present_all(
        cortices: Iterable["Malsburg1973"], stimuli: Any = None, *, cycles: int = 1, noise: float = 0.0,
        callback: Callback | None = None,
    ) -> list[OrientationOrder]:  # fmt: skip
        """Show stimuli to several cortices in parallel; as `present` of each, with noise of its own."""
        group = sheets.each_once(NAME, "cortices", cortices, Malsburg1973, "cortex")
        checks.at_least(NAME, "cycles", cycles, 1)
        sheets.checked_share("noise", noise)
        shown = sheets.fibres(stimuli)
        if noise and shown.max(initial=0) > 1:
            raise DataError(f"{NAME}: stimuli must be in [0, 1] where there is noise; got {shown.max()}")
        piece = 1 if callback else max(1, sheets.PIECE // len(shown))
        sheets.in_pieces(partial(_learn, group, shown, noise), cycles, piece, callback)
        return [cortex.order() for cortex in group]

    def respond(self, stimuli: Any = None) -> CorticalResponse:
        """Return what the cortex answers to stimuli (n, 19), by default the nine bars; nothing is learned."""
        drive = sheets.driven(sheets.fibres(stimuli), self.synapses)
        e, i = np.empty((2, len(drive), len(CORTEX) + 1))
        parallel.run(malsburg_cpu.respond1973, len(drive), drive, NEAR, FAR, self._constants(), e, i)
        sheets.bounded(NAME, e)
        return CorticalResponse(drive, e[:, :-1], i[:, :-1])

    def tuning(self) -> NDArray[np.complex128]:
        """Return the mean of exp(2i angle) over the bars, weighted by the drive that each brings, (169,) complex.

        Only afferents count: lateral connections make neighbours alike even before anything is learned.
        """
        drive = sheets.driven(BARS, self.synapses)
        whole = drive.sum(axis=0)
        return (np.exp(2j * np.radians(BAR_ANGLES))[:, None] * drive).sum(axis=0) / np.where(whole > 0, whole, 1)

    def selectivity(self) -> NDArray[np.float64]:
        """Return how selective every cell is, (169,), from 0, all bars drive it alike, to 1, a single bar does."""
        return np.abs(self.tuning())

    def preferred_angles(self) -> NDArray[np.float64]:
        """Return the orientation that every cell prefers, (169,), in [0, 180) degrees from the row, anticlockwise."""
        return np.degrees(np.angle(self.tuning())) / 2 % 180

    def order(self) -> OrientationOrder:
        """Return how far the cortex is organised."""
        answers = self.respond()
        active = answers.excitatory > 0
        return OrientationOrder(
            presentations=self.presentations,
            active=float(active.any(axis=0).mean()),
            selectivity=float(self.selectivity().mean()),
            neighbour_difference=sheets.neighbour_difference(self.preferred_angles()),
            best_drive=float(answers.drive.max(axis=0).mean()),
            cells_per_bar=float(active.sum(axis=1).mean()),
            bars_per_cell=float(active.sum() / max(1, active.any(axis=0).sum())),
        )

    def scramble(self, cells: Any) -> Self:
        """Give the afferents of some cells new random synapses, as at first, and return the cortex.

        Parameters
        ----------
        cells : (169,) bool, or the numbers of cells, each once
        """
        chosen = sheets.cell_set(cells)
        self.injuries += 1
        self.synapses = np.where(chosen[:, None], self._random_synapses(INJURY + self.injuries), self.synapses)
        return self

    def cut(self, share: float, cells: Any = None) -> Self:
        """Destroy each afferent of some cells with a probability, for good, and return the cortex.

        What is left is not scaled before the next presentation: then a cell makes up for what it has lost.

        Parameters
        ----------
        share : float in [0, 1]
        cells : (169,) bool, or the numbers of cells, each once; optional
            Default: all.
        """
        sheets.checked_share("share", share)
        chosen = sheets.cell_set(range(len(CORTEX)) if cells is None else cells)
        self.injuries += 1
        lost = uniform(self.seed, INJURY + self.injuries, self.intact.shape) < share
        self.intact = self.intact & ~(lost & chosen[:, None])
        self.synapses = self.synapses * self.intact
        return self

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parameters and the state, for `neurosim.save`."""
        parameters = {name: getattr(self, name) for name in (*AT_LEAST_0, "steps", "synapse_sum")}
        parameters["random_state"] = self.seed
        return parameters, {name: getattr(self, name) for name in STATE}

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the cortex that `to_parts` took apart."""
        cortex = cls(**parameters)
        for name in STATE:
            setattr(cortex, name, copy(state[name]))
        return cortex

    def _constants(self) -> NDArray[np.float64]:
        return np.array([self.p, self.q, self.r, self.threshold, self.steps, self.h, self.synapse_sum], float)

    def _random_synapses(self, stream: int) -> NDArray[np.float64]:
        drawn = uniform(self.seed, stream, self.intact.shape) * self.intact
        whole = drawn.sum(axis=1, keepdims=True)
        return drawn * self.synapse_sum / np.where(whole > 0, whole, 1)


def _learn(cortices: list[Malsburg1973], shown: NDArray[np.float64], noise: float, cycles: int) -> None:
    """Show stimuli so many times to all cortices, to each with noise of its own."""
    count, stimuli, intact = cycles * len(shown), shown[None], np.stack([c.intact for c in cortices])
    if noise:
        tiled = np.tile(shown, (cycles, 1))
        stimuli = np.stack([sheets.disturbed(tiled, noise, c.seed, c.presentations) for c in cortices])
    sheets.learn(NAME, malsburg_cpu.organise1973, cortices, count, intact, stimuli, count, NEAR, FAR)
