"""The layers of a drawn net, and the order in each.

Layers go from left to right (Sugiyama, Tagawa & Toda 1981): circles are broken by a depth-first search, cells stand on
the layer of the longest path to them, axons keep lanes of their own in the layers that they pass; layers are ordered
by barycentres and by swaps of neighbours. An axon that closes a circle turns round behind its cell, runs back in such a
lane, and turns again.
"""

from collections.abc import Iterator
from functools import cached_property
from graphlib import TopologicalSorter
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from neurosim.mcculloch_pitts.network import McCullochPittsNetwork

SWEEPS = 12
TURN = 0.4  # what a place that a turn passes costs, in crossings


class Lane(NamedTuple):
    """The place of an axon in a layer that it passes, to the right or back to the left."""

    source: str
    layer: int
    back: bool


Place = str | Lane  # an input or a cell by its name, or a lane


class Link(NamedTuple):
    """A piece of an axon: from one place to the next, on the next layer or, where it turns, on the same."""

    start: Place
    end: Place


class Layers:
    """The steps of the method, each from what the ones before it found."""

    def __init__(self, net: "McCullochPittsNetwork") -> None:
        self.net = net
        self.afferents: dict[str, list[tuple[str, bool, int]]] = {}
        for name, cell in net.cells.items():
            kinds: Any = ((False, cell.excitatory), (True, cell.inhibitory))
            self.afferents[name] = [(source, kind, n) for kind, some in kinds for source, n in some.items()]

    # which layer

    @cached_property
    def layers(self) -> dict[str, int]:
        """Inputs are on 0, cells one beyond their last afferent or, without one, just before their first target."""
        back = set(self.circles())
        forward = {
            name: [source for source, _, _ in afferents if (source, name) not in back]
            for name, afferents in self.afferents.items()
        }
        layer = dict.fromkeys(self.net.inputs, 0)
        for name in TopologicalSorter(forward).static_order():
            if name in forward:
                layer[name] = 1 + max((layer[source] for source in forward[name]), default=0)
        for name in forward:
            targets = [layer[target] for target, sources in forward.items() if name in sources]
            if targets and not forward[name]:
                layer[name] = max(1, min(targets) - 1)
        return layer

    def circles(self) -> Iterator[tuple[str, str]]:
        """Yield the pairs (source, target) of axons whose removal breaks all circles."""
        targets: dict[str, list[str]] = {name: [] for name in self.net.names}
        for name, afferents in self.afferents.items():
            for source, _, _ in afferents:
                targets[source].append(name)
        active: set[str] = set()
        done: set[str] = set()
        for root in self.net.names:
            path = [(root, iter(targets[root]))] if root not in done else []
            active |= {root} - done
            while path:
                name, rest = path[-1]
                follower = next(rest, None)
                if follower is None:
                    path.pop()
                    active.discard(name)
                    done.add(name)
                elif follower in active:
                    yield name, follower
                elif follower not in done:
                    active.add(follower)
                    path.append((follower, iter(targets[follower])))

    # which way

    @cached_property
    def chains(self) -> dict[tuple[str, str], list[Place]]:
        """The places that the axon from a source to a target passes; axons of one source share their lanes."""
        chains: dict[tuple[str, str], list[Place]] = {}
        for target, afferents in self.afferents.items():
            for source, _, _ in afferents:
                first, last = self.layers[source], self.layers[target]
                back = last <= first
                passed = range(first, last - 1, -1) if back else range(first + 1, last)
                chains[source, target] = [source, *(Lane(source, layer, back) for layer in passed), target]
        return chains

    @cached_property
    def links(self) -> list[Link]:
        """All pieces of axons, each once."""
        return list(dict.fromkeys(Link(*pair) for chain in self.chains.values() for pair in pairwise(chain)))

    def layer(self, place: Place) -> int:
        """Return the layer of a place."""
        return place.layer if isinstance(place, Lane) else self.layers[place]

    # in which order

    @cached_property
    def order(self) -> list[list[Place]]:
        """The places of each layer from top to bottom, with few crossings."""
        places = dict.fromkeys((*self.net.names, *(place for link in self.links for place in link)))
        order: list[list[Place]] = [[] for _ in range(1 + max(map(self.layer, places)))]
        for place in places:
            order[self.layer(place)].append(place)
        best, least = order, np.inf
        for sweep in range(SWEEPS):
            order = self.swapped(self.swept(order, downstream=sweep % 2 == 0))
            cost = sum(self.cost(order, layer) for layer in range(len(order)))
            if cost < least:
                best, least = [list(layer) for layer in order], cost
        return best

    @cached_property
    def beside(self) -> dict[Place, list[Place]]:
        """The places that each place is linked to."""
        beside: dict[Place, list[Place]] = {}
        for start, end in self.links:
            beside.setdefault(start, []).append(end)
            beside.setdefault(end, []).append(start)
        return beside

    def swept(self, order: list[list[Place]], *, downstream: bool) -> list[list[Place]]:
        """Return the layers sorted, one after the other, by the mean place of what is linked to each."""
        order = [list(layer) for layer in order]
        at = {place: i / len(layer) for layer in order for i, place in enumerate(layer)}
        for number in range(len(order)) if downstream else reversed(range(len(order))):
            layer, seen = order[number], (number, number - 1 if downstream else number + 1)
            mean = dict(at)
            for place in layer:
                if found := [at[other] for other in self.beside.get(place, ()) if self.layer(other) in seen]:
                    mean[place] = float(np.mean(found))
            layer.sort(key=mean.__getitem__)
            at.update((place, i / len(layer)) for i, place in enumerate(layer))
        return order

    def swapped(self, order: list[list[Place]]) -> list[list[Place]]:
        """Return the layers with neighbours swapped where that saves crossings."""
        at = {place: i for layer in order for i, place in enumerate(layer)}
        for layer in order:
            for i in range(len(layer) - 1):
                above, below = layer[i], layer[i + 1]
                if self.saved(at, above, below) > 0:
                    layer[i : i + 2] = below, above
                    at[below], at[above] = i, i + 1
        return order

    def saved(self, at: dict[Place, int], above: Place, below: Place) -> float:
        """Return the crossings that vanish when two neighbours change places, less those that come."""
        saved = 0.0
        for side in (-1, 1):
            ups, downs = ([at[other] for other in self.beside_on(place, side)] for place in (above, below))
            saved += sum((up > down) - (up < down) for up in ups for down in downs)
        ups, downs = ([at[other] for other in self.beside_on(place, 0)] for place in (above, below))
        nearer = sum(1 if up > at[above] else -1 for up in ups if up != at[below])
        nearer += sum(1 if down < at[below] else -1 for down in downs if down != at[above])
        return saved + TURN * nearer

    def beside_on(self, place: Place, side: int) -> list[Place]:
        """Return what a place is linked to on the layer before, its own or the next, for `side` -1, 0 or 1."""
        return [other for other in self.beside.get(place, ()) if self.layer(other) - self.layer(place) == side]

    def cost(self, order: list[list[Place]], number: int) -> float:
        """Return the crossings on both sides of a layer, and a little for the lengths of its turns."""
        at = {place: i for layer in order[max(0, number - 1) : number + 2] for i, place in enumerate(layer)}
        crossings = 0
        for left in (number - 1, number):
            ends = np.array([[at[place] for place in pair] for pair in self.between.get(left, ())]).reshape(-1, 2)
            before = ends[:, None] < ends[None]
            crossings += int((before[..., 0] & before.transpose(1, 0, 2)[..., 1]).sum())
        return crossings + TURN * sum(abs(at[start] - at[end]) for start, end in self.turns.get(number, ()))

    @cached_property
    def between(self) -> dict[int, list[Link]]:
        """The links between each layer and the next, the left place first."""
        found: dict[int, list[Link]] = {}
        for link in self.links:
            left, right = sorted(link, key=self.layer)
            if self.layer(left) < self.layer(right):
                found.setdefault(self.layer(left), []).append(Link(left, right))
        return found

    @cached_property
    def turns(self) -> dict[int, list[Link]]:
        """The links inside each layer, where axons turn round."""
        found: dict[int, list[Link]] = {}
        for link in self.links:
            if self.layer(link.start) == self.layer(link.end):
                found.setdefault(self.layer(link.start), []).append(link)
        return found
