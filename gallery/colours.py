"""Colours on a map: the three dimensions of red, green and blue are laid out on two.

The demonstration that many people see first, author unknown. A hexagonal map of 20 x 20 units starts from random
colours and is trained with colours drawn from the whole cube; each unit is shown in the colour that its weights are.
Then fifteen named colours, which it has not seen, are placed on it. Neighbours become alike, but a cube cannot be put
on a plane without tears, so that the topographic error does not vanish.

No number is published: the bars come from 20 maps.
"""

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from scipy.spatial.distance import pdist

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.datasets import make_colours
from neurosim.som import SOM, assess


def trained(seed, side, samples):
    """Train a map; return it, the colours that it started with, and its topographic error for fresh ones."""
    rng = np.random.default_rng(seed)
    x, fresh, start = (make_colours(n, random_state=rng).data for n in (samples, samples, side * side))
    som = SOM((side, side), lattice="hexagonal", sigma=(side / 2, 1), epochs=30, init=start).fit(x)
    return som, start, assess(som, fresh).topographic_error


def contrast(som, colours):
    """Return how much neighbouring units differ in colour: their mean distance over that of all pairs."""
    neighbours = som.topology.neighbours()
    unit, direction = np.nonzero(neighbours >= 0)
    steps = colours[unit] - colours[neighbours[unit, direction]]
    return np.linalg.norm(steps, axis=1).mean() / pdist(colours).mean()


@plotting.style()
def draw(som, start):
    """Draw the units in their colours before and after training, with the named colours at their units."""
    figure = plotting.figure(9.6, 4.4)
    before, after = figure.subplots(1, 2)
    outlines = plotting.polygons(som.topology.positions, hexagonal=True)
    for ax, colours, title in ((before, start, "random start"), (after, som.weights_, "after 30 epochs")):
        plotting.bare(plotting.axes(ax), outlines).set_title(title)
        cells = PolyCollection(list(outlines), facecolor=np.clip(colours, 0, 1), edgecolor="face", antialiased=False)
        ax.add_collection(cells)
    named = make_colours(named=True)
    units, places = som.predict(named.data), som.transform(named.data)
    inks = plotting.ink_on(np.insert(som.weights_[units], 3, 1, axis=1))
    middle = som.topology.positions[:, 0].mean()
    for name, (x, y), ink in zip(named.labels, places, inks, strict=True):
        after.plot(x, y, "o", color=ink, markersize=3)
        side, shift = ("left", 0.5) if x < middle else ("right", -0.5)
        after.text(x + shift, y, name, color=ink, fontsize=plotting.SMALL, ha=side, va="center_baseline")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure of the first map, and the claims of 20."""
    seeds, side, samples = (2, 8, 300) if fast else (20, 20, 2000)
    maps = [trained(seed, side, samples) for seed in range(seeds)]
    before = [contrast(som, start) for som, start, _ in maps]
    after = [contrast(som, som.weights_) for som, _, _ in maps]
    none, ratio = "no published number", "colour distance of neighbouring units over that of all pairs"
    return draw(*maps[0][:2]), [
        Claim(f"Before training {ratio}, mean of {seeds} maps", "1: random colours", np.mean(before), 0.97, 1.03),
        Claim(f"After training {ratio}, worst of {seeds} maps", none, max(after), at_most=0.18),
        Claim(f"Topographic error (6 neighbours), worst of {seeds} maps", none, max(e for *_, e in maps), at_most=0.08),
    ]


if __name__ == "__main__":
    show(__file__, *main())
