"""Where the cells of a net stand on a page, and how their axons run.

A linear program makes the wires as straight as the spacing allows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import lil_array

from neurosim.mcculloch_pitts.layers import Lane, Layers, Link, Place

if TYPE_CHECKING:
    from neurosim.mcculloch_pitts.network import McCullochPittsNetwork

BODY, FORK, SLOT, LANE, TEXT = 0.8, 0.3, 0.22, 0.26, 0.3  # lengths; a letter of size TEXT is LETTER wide
LETTER, RADIUS = 0.19, 0.075
MOST_LETTERS = 16  # longer names are cut
MOST_BOUTONS = 3  # drawn one by one; more are a number


@dataclass(frozen=True)
class Synapse:
    """The boutons (1 to 3, 2) of one axon on one cell; a single one stands for all of a multiplicity above 3."""

    source: str
    target: str
    inhibitory: bool
    multiplicity: int
    boutons: np.ndarray


@dataclass(frozen=True)
class Layout:
    """A net on a page, x and y of everything, y downwards.

    Parameters
    ----------
    places : dict from name to (x, y)
        Of a cell the middle of the base of its body, which points to the right; of an input where its axon begins.
    heights : dict from name to float
        Of the bodies.
    wires, ends : (n, 4, 2) arrays
        Pieces of axons, each a cubic Bezier curve; of inhibitory axons the last pieces are in `ends`.
    synapses : list of Synapse
    size : (width, height)
    """

    places: dict[str, tuple[float, float]]
    heights: dict[str, float]
    wires: np.ndarray
    ends: np.ndarray
    synapses: list[Synapse]
    size: tuple[float, float]


def short(name: str) -> str:
    """Return a name with its middle left out if it is long."""
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 6]}…{name[-5:]}"


def arrange(net: "McCullochPittsNetwork") -> Layout:
    """Return the places of all cells and axons of a net."""
    return _Arrangement(net).layout()


class _Arrangement(Layers):
    """Where all that has a layer and a place in it goes."""

    # how high

    @cached_property
    def ports(self) -> dict[str, list[tuple[str, bool, int]]]:
        """The afferents of each cell from top to bottom, in the order in which their axons come."""
        at = {place: i for layer in self.order for i, place in enumerate(layer)}

        def coming(source: str, target: str) -> tuple[int, int]:
            last = self.chains[source, target][-2]
            if self.layer(last) < self.layers[target]:
                return 1, at[last]
            return (0 if at[last] < at[target] else 2), -at[last]  # the nearest lane takes the outermost port

        return {
            name: [afferent for _, afferent in sorted((coming(afferent[0], name), afferent) for afferent in afferents)]
            for name, afferents in self.afferents.items()
        }

    def slots(self, target: str) -> list[np.ndarray]:
        """Return for each port how far its boutons are below the middle of the base."""
        counts = [n if n <= MOST_BOUTONS else 1 for _, _, n in self.ports[target]]
        heights = SLOT * (np.arange(sum(counts)) - (sum(counts) - 1) / 2)
        return np.split(heights, np.cumsum(counts))[:-1]

    def height(self, place: Place) -> float:
        """Return the height of a body, a lane or the name of an input."""
        if isinstance(place, Lane):
            return LANE
        if place not in self.afferents:
            return 1.4 * TEXT
        return max(0.8, SLOT * sum(map(len, self.slots(place))) + 0.16)

    @cached_property
    def y(self) -> dict[Place, float]:
        """The heights that make the wires as straight as the spacing allows."""
        places = [place for layer in self.order for place in layer]
        labels = {place: TEXT + 0.1 if place in self.afferents else 0.0 for place in places}
        rows = list(self.inequalities(dict(zip(places, count())), labels))
        matrix = lil_array((max(1, len(rows)), len(places) + len(self.links)))
        for i, (row, _) in enumerate(rows):
            for j, value in row.items():
                matrix[i, j] = value
        lengths = [1.0 + 3.0 * sum(isinstance(place, Lane) for place in link) for link in self.links]
        found = linprog(
            [0.0] * len(places) + lengths,
            matrix.tocsr(),
            [most for _, most in rows] or [0.0],
            bounds=[(self.height(place) / 2 + labels[place], None) for place in places] + [(0.0, None)] * len(lengths),
        )
        return {place: float(y) for place, y in zip(places, found.x, strict=False)}

    def inequalities(
        self, number: dict[Place, int], labels: dict[Place, float]
    ) -> Iterator[tuple[dict[int, float], float]]:
        """Yield sums of variables, heights and then lengths of links, each with what it must not exceed."""
        offsets = {
            Link(self.chains[source, name][-2], name): float(slot.mean())
            for name in self.afferents
            for (source, _, _), slot in zip(self.ports[name], self.slots(name), strict=True)
        }
        for above, below in (pair for layer in self.order for pair in pairwise(layer)):
            room = (self.height(above) + self.height(below)) / 2 + max(0.06, labels[below])
            yield {number[above]: 1.0, number[below]: -1.0}, -room
        for k, link in enumerate(self.links, len(number)):
            (start, end), offset = link, offsets.get(link, 0.0)
            yield {number[start]: 1.0, number[end]: -1.0, k: -1.0}, offset
            yield {number[start]: -1.0, number[end]: 1.0, k: -1.0}, -offset

    # how far to the right

    @cached_property
    def columns(self) -> list[tuple[float, float, float]]:
        """Left side, base of the bodies and right side of each layer."""
        columns, right = [], 0.0
        for number, layer in enumerate(self.order):
            letters = max((len(place) for place in layer if isinstance(place, str)), default=0)
            label = LETTER * min(letters, MOST_LETTERS)
            if number == 0:
                columns.append((0.0, 0.0, label))
            else:
                overhang = max(0.0, (label - BODY) / 2)
                left = right + self.gap(number - 1)
                base = left + max(FORK + 2 * RADIUS, overhang)
                columns.append((left, base, base + BODY + overhang))
            right = columns[-1][2]
        return columns

    def gap(self, number: int) -> float:
        """Return the room to the right of a layer: more for many and for steep wires."""
        links = [*self.between.get(number, ()), *self.turns.get(number, ()), *self.turns.get(number + 1, ())]
        steepest = max((abs(self.y[start] - self.y[end]) for start, end in links), default=0.0)
        return float(np.clip(0.5 + 0.25 * steepest, 0.6, 2.5)) + 0.03 * len(links)

    def layout(self) -> Layout:
        """Return what is to be drawn."""
        wires = [self.wire(link) for link in self.links if link.end not in self.afferents]
        for place, y in self.y.items():
            left, base, right = self.columns[self.layer(place)]
            if isinstance(place, Lane):
                wires.append(straight((left, y), (right, y)))
            elif place in self.afferents and place in self.beside:
                wires.append(straight((base + BODY, y), (right, y)))
        ends: list[np.ndarray] = []
        synapses = []
        for name in self.afferents:
            for afferent, slots in zip(self.ports[name], self.slots(name), strict=True):
                pieces, boutons = self.arrival(afferent[0], name, slots)
                (ends if afferent[1] else wires).extend(pieces)
                synapses.append(Synapse(afferent[0], name, afferent[1], afferent[2], boutons))
        places = {}
        for name in self.net.names:
            left, base, right = self.columns[self.layers[name]]
            places[name] = (base if name in self.afferents else right, self.y[name])
        heights = {name: self.height(name) for name in self.afferents}
        size = (self.columns[-1][2] + 0.65, max(y + self.height(place) / 2 for place, y in self.y.items()))
        return Layout(places, heights, curves(wires), curves(ends), synapses, size)

    def wire(self, link: Link, height: float | None = None) -> np.ndarray:
        """Return the curve of a link between two layers or round a turn; `height` is that of its end."""
        y = self.y[link.start], self.y[link.end] if height is None else height
        first, last = (self.columns[self.layer(place)] for place in link)
        if first is not last:
            forward = first[0] < last[0]
            x = (first[2], last[0]) if forward else (first[0], last[2])
            return np.array([[x[0], y[0]], [sum(x) / 2, y[0]], [sum(x) / 2, y[1]], [x[1], y[1]]])
        out = not isinstance(link.start, Lane)  # leaving the cell on its right, or coming to one on its left
        x0, reach = first[2] if out else first[0], min(0.6, 0.3 + 0.2 * abs(y[0] - y[1]))
        x1 = x0 + reach if out else x0 - reach
        return np.array([[x0, y[0]], [x1, y[0]], [x1, y[1]], [x0, y[1]]])

    def arrival(self, source: str, target: str, slots: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Return the last pieces of an axon, one fork to every bouton, and the boutons."""
        left, base, _ = self.columns[self.layers[target]]
        heights = self.y[target] + slots
        middle = float(heights.mean())
        tips = np.stack([np.full(len(slots), base - RADIUS), heights], axis=1)
        pieces = [self.wire(Link(self.chains[source, target][-2], target), middle)]
        fork = (base - FORK, middle)
        pieces.append(straight((left, middle), fork))
        pieces += [straight(fork, tip) for tip in tips]
        return pieces, tips


def straight(start: Sequence[float] | np.ndarray, end: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return a straight line as a cubic Bezier curve."""
    return np.linspace(start, end, 4)


def curves(pieces: Sequence[np.ndarray]) -> np.ndarray:
    """Return the curves (n, 4, 2) in one array."""
    return np.array(pieces).reshape(-1, 4, 2)
