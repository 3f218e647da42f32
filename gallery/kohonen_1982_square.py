"""A map unfolds in the unit square: from random weights to an ordered lattice.

After the best-known figure of T. Kohonen, "Self-organized formation of topologically correct feature maps", Biological
Cybernetics 43:59-69 (1982): units are drawn at their weights, neighbours on the map are joined. The paper trains sample
by sample and shows 8 x 8 units up to sample 100 000; here 10 x 10 units are trained in batches (T. Kohonen, "Essentials
of the self-organizing map", Neural Networks 37:52-65, 2013), so that the pictures on the way are not the paper's. What
is to be reproduced is the end: an ordered lattice that fills the square. In a lattice of M square cells the mean
distance from the centre of a cell is 0.3826/sqrt(M).

The paper's text was not at hand; what is said of it here is from memory.
"""

from math import asinh, sqrt

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.datasets import make_uniform
from neurosim.som import SOM, assess
from neurosim.som.plot import data_space

SIDE, EPOCHS, SHOWN = 10, 35, (0, 1, 10, 16, 22, 35)


def trained(seed, samples, side=SIDE, init="random", until=EPOCHS):
    """Train a map whose neighbourhood shrinks from its whole side to half a step; return it and fresh samples."""
    rng = np.random.default_rng(seed)
    x, fresh = (make_uniform(samples, random_state=rng).data for _ in range(2))
    som = SOM((side, side), sigma=(side, 0.5), epochs=EPOCHS, init=init, random_state=seed)
    return som.fit(x, callback=lambda progress: progress.step >= until), fresh


@plotting.style()
def draw(samples):
    """Draw the same map at several epochs."""
    figure = plotting.figure(7.0, 4.85)
    start = np.random.default_rng(0).uniform(size=(SIDE**2, 2))
    for ax, epoch in zip(figure.subplots(2, 3, sharex=True, sharey=True).flat, SHOWN, strict=True):
        som, _ = trained(0, samples, init=start, until=epoch)
        if epoch == 0:
            som.weights_ = start
        data_space(som, names=("$x_1$", "$x_2$"), ax=ax).label_outer()
        ax.set(xlim=(0, 1), ylim=(0, 1), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
        ax.set_title(f"after epoch {epoch}, σ = {som.history_['sigma'][-1]:.2g}" if epoch else "random start")
        ax.spines[:].set_visible(True)
        ax.lines[0].set_markersize(3.5)
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 40 maps, measured on fresh samples."""
    seeds, samples = (3, 500) if fast else (40, 5000)
    maps = [trained(seed, samples) for seed in range(seeds)]
    found = [assess(som, fresh) for som, fresh in maps]
    te4 = np.array([assess(som, fresh, adjacency=4).topographic_error for som, fresh in maps])
    te8_small = [assess(*trained(seed, samples, side=8)).topographic_error for seed in range(seeds)]
    ideal = (sqrt(2) + asinh(1)) / 6 / SIDE
    worst = f"worst of {seeds} maps"
    order = "0: an ordered lattice, as the paper's last picture shows it; no number is printed"
    te8 = max(q.topographic_error for q in found)
    return draw(samples), [
        Claim(
            f"The map fills the square as evenly as a lattice: quantisation error, {worst}",
            f"{ideal:.4f}: ideal lattice of {SIDE} x {SIDE} cells",
            max(q.quantization_error for q in found),
            at_most=0.041,
        ),
        Claim(f"The map is ordered: topographic error (8 neighbours), {worst}", "0: ideal lattice", te8, at_most=0.001),
        Claim(
            f"Most maps are ordered for 4 neighbours too: share of {seeds} maps with topographic error ≤ 0.015",
            "1: ideal lattice",
            float(np.mean(te4 <= 0.015)),
            at_least=0.85,
        ),
        Claim(
            f"A map of 8 x 8 units, as in the paper, ends ordered: topographic error (8 neighbours), {worst}",
            order,
            max(te8_small),
            at_most=0.001,
            source_read=False,
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
