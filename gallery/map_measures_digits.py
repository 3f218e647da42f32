"""Accuracy against order: what the last width of the neighbourhood does to seven measures of a map.

Maps of 20 x 20 units of 1797 handwritten digits, 8 x 8 pixels scaled to variance 1, whose neighbourhood shrinks from
ten steps to widths from a quarter of a step to 5.6 steps. The narrower, the smaller the quantisation error, and the
more often the two best units of a digit are no neighbours: the map folds, as digits have more than two dimensions. The
combined error counts both, a distance to the map and the way along it from the best to the second best unit, and is
least in between. Neighbours on the map are neighbours in the data (trustworthiness) from one step downwards; that
neighbours in the data stay neighbours on the map (continuity) hardly depends on the width. The topographic product,
below 0 where a map has too few dimensions, tells the folds from the weights alone.

S. Kaski, K. Lagus, "Comparing self-organizing maps", ICANN 1996, 809-814; J. Venna, S. Kaski, "Neighborhood
preservation in nonlinear projection methods: an experimental study", ICANN 2001, 485-491. Neither paper was at hand and
neither has these numbers; trustworthiness and continuity are compared with scikit-learn's, which breaks the ties of
samples in one unit by the order of the samples.
"""

import numpy as np
from matplotlib.figure import Figure
from sklearn.manifold import trustworthiness

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.datasets import load_digits
from neurosim.som import SOM
from neurosim.som.measures import quality

WIDTHS = (0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6)
NEAREST = 10
ERRORS = {"combined_error": "combined error", "quantization_error": "quantisation error"}
RANKS = {
    "trustworthiness": "trustworthiness",
    "continuity": "continuity",
    "neighbourhood_preservation": f"shared of {NEAREST} nearest",
}


@plotting.style()
def draw(widths, found):
    """Draw the measures against the last width."""
    figure = plotting.figure(9.6, 5.4)
    axes = figure.subplots(2, 2, sharex=True)
    curves = (ERRORS, {"topographic_error": ""}, RANKS, {"topographic_product": ""})
    labels = ("distance (std. dev. of a pixel)", "topographic error (%)", "share", "topographic product")
    for ax, names, label in zip(axes.flat, curves, labels, strict=True):
        for (key, name), marker in zip(names.items(), "os^", strict=False):
            values = np.array([q[key] for q in found])
            ax.plot(widths, 100 * values if "%" in label else values, f"{marker}-", markersize=4, label=name)
        ax.set(xscale="log", ylabel=label)
        ax.set_xticks((0.25, 0.5, 1, 2, 4), ("0.25", "0.5", "1", "2", "4"))
        ax.minorticks_off()
        if len(names) > 1:
            ax.legend()
    axes[0, 0].set(ylim=(0, None), title="accuracy")
    axes[0, 1].set(ylim=(0, None), title="order: best and second best unit apart")
    axes[1, 0].set(ylim=(0, 1.02), title="order: nearest samples")
    axes[1, 1].set(title="order: nearest units")
    axes[1, 1].axhline(0, color=plotting.INK, linewidth=0.8)
    for ax in axes[1]:
        ax.set_xlabel("last width of the neighbourhood (steps)")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims; maps start on the principal plane, so that nothing is random."""
    side, widths, samples = (6, (0.35, 1.4, 5.6), 300) if fast else (20, WIDTHS, 1797)
    pixels = load_digits().data[:samples]
    spread = pixels.std(0)
    spread[spread == 0] = 1  # pixels that are never inked stay 0
    x = (pixels - pixels.mean(0)) / spread
    maps = [SOM((side, side), sigma=(side / 2, width)).fit(x) for width in widths]
    found = [quality(som, x, neighbours=NEAREST, anchors=None) for som in maps]
    combined = [q["combined_error"] for q in found]
    place, ours = maps[len(maps) // 2].transform(x), found[len(maps) // 2]
    first = trustworthiness(x, place, n_neighbors=NEAREST), trustworthiness(place, x, n_neighbors=NEAREST)
    order, by = "no paper: a check of the idea", "one order of the ties, by scikit-learn: "
    away = f"last width {widths[len(maps) // 2]:g}"
    return draw(widths, found), [
        Claim(
            "Width at which the combined error is least (steps)",
            order,
            widths[int(np.argmin(combined))],
            at_least=0.7,
            at_most=2.8,
        ),
        Claim("Combined error at the narrowest width over the least", order, combined[0] / min(combined), at_least=1.3),
        Claim("Combined error at the widest over the least", order, combined[-1] / min(combined), at_least=1.05),
        Claim(
            f"Trustworthiness, {away}",
            f"{by}{first[0]:.4f}",
            ours["trustworthiness"],
            at_least=round(first[0] - 0.002, 4),
            at_most=round(first[0] + 0.002, 4),
        ),
        Claim(
            f"Continuity, {away}",
            f"{by}{first[1]:.4f}",
            ours["continuity"],
            at_least=round(first[1] - 0.002, 4),
            at_most=round(first[1] + 0.002, 4),
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
