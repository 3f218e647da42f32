"""Twists and folds: a neighbourhood that starts too narrow leaves the map defective.

A 10 x 10 map of the unit square, trained in batches from random weights. It orders almost always if the neighbourhood
is at first as wide as the map. If it starts two steps wide, parts of the map order on their own, do not fit together
when they meet, and stay so: a defect, seen here as a topographic error above 1 % (8 neighbours).

T. Kohonen, "Self-organized formation of topologically correct feature maps", Biological Cybernetics 43:59-69 (1982),
for the map. For chains in one dimension E. Erwin, K. Obermayer, K. Schulten, "Self-organizing maps: stationary states,
metastability and convergence rate", Biological Cybernetics 67:35-45 (1992), prove that such states cannot exist above a
certain width of a Gaussian neighbourhood. No figure of theirs is drawn again here: shares are compared with a
reference measurement over 20 maps by a separate program.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.datasets import make_uniform
from neurosim.som import SOM, assess
from neurosim.som.plot import data_space

SIDE, EPOCHS, DEFECTIVE = 10, 35, 0.01


def trained(seed, start, samples):
    """Train a map whose neighbourhood shrinks from `start` to half a step; return it and its topographic error."""
    rng = np.random.default_rng(seed)
    x, fresh = (make_uniform(samples, random_state=rng).data for _ in range(2))
    som = SOM((SIDE, SIDE), sigma=(start, 0.5), epochs=EPOCHS, init="random", random_state=seed).fit(x)
    return som, assess(som, fresh).topographic_error


def interval(share, n):
    """Return the 95 % interval of a share of n maps (Wilson 1927), lower and upper ends."""
    z = 1.96
    centre, half = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    return (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)


@plotting.style()
def draw(shares, seed, samples, n):
    """Draw the map of one seed after a narrow and after a wide start, and the share of defective maps."""
    figure = plotting.figure(9.6, 3.1)
    *nets, curve = figure.subplots(1, 3, width_ratios=(1, 1, 1.25))
    for ax, start in zip(nets, (2, 10), strict=True):
        som, error = trained(seed, start, samples)
        data_space(som, names=("$x_1$", "$x_2$"), ax=ax)
        ax.set(xlim=(0, 1), ylim=(0, 1), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
        ax.set_title(f"$σ_0$ = {start}: topographic error {100 * error:.0f} %")
        ax.spines[:].set_visible(True)
        ax.lines[0].set_markersize(3.5)
    starts, share = np.array(list(shares)), np.array(list(shares.values()))
    low, high = interval(share, n)
    curve.errorbar(starts, 100 * share, 100 * np.abs([share - low, high - share]), fmt="o-", markersize=4, capsize=2)
    curve.axvline(SIDE / 2, color=plotting.INK, linewidth=0.8, linestyle=":")
    curve.text(SIDE / 2 + 0.15, 97, "half the side of the map", fontsize=plotting.SMALL, va="top")
    curve.set(
        xlabel="first width of the neighbourhood, $σ_0$ (steps)", ylabel=f"defective (% of {n} maps, 95 % interval)"
    )
    curve.set(xlim=(0, 10.5), ylim=(0, 100), title="a wide start leaves no defects")
    curve.set_box_aspect(0.8)
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 40 maps for each width."""
    seeds, samples, starts = (3, 500, (2, 5, 10)) if fast else (40, 5000, (1, 1.5, 2, 3, 4, 5, 6, 8, 10))
    errors = {start: [trained(seed, start, samples)[1] for seed in range(seeds)] for start in starts}
    shares = {start: float(np.mean(np.array(e) > DEFECTIVE)) for start, e in errors.items()}
    said, reference = f"Share of defective maps among {seeds}, neighbourhood", "reference measurement"
    return draw(shares, int(np.argmax(errors[2])), samples, seeds), [
        Claim(f"{said} 2 steps wide at first", f"0.6 (12 of 20): {reference}", shares[2], at_least=0.3, at_most=0.825),
        Claim(f"{said} half the map wide at first", f"0.05 (1 of 20): {reference}", shares[5], at_most=0.2),
        Claim(f"{said} as wide as the map at first", f"0 (0 of 20): {reference}", shares[10], at_most=0.025),
    ]


if __name__ == "__main__":
    show(__file__, *main())
