"""Hopfield and Tank's network seldom finds a tour, and more seldom the shortest one.

The ten cities of the paper and its constants (A = B = 500, C = 200, D = 500, n = 15, u0 = 0.02), integrated by Euler's
method in 1,000 steps of 1e-5 time constants from nearly even outputs. Above the outputs V of a run that ends in the
shortest tour, an area for each output. Below the lengths of the tours found beside those of all 181,440 tours, and how
the share of starts that end in a tour depends on n, to which the sum of the outputs is drawn.

J. J. Hopfield, D. W. Tank, "'Neural' computation of decisions in optimization problems", Biological Cybernetics
52:141-152 (1985). Neither this paper nor G. V. Wilson, G. S. Pawley, "On the stability of the travelling salesman
problem algorithm of Hopfield and Tank", Biological Cybernetics 58:63-70 (1988), was at hand: what they found is quoted
from memory. Shares are compared with a reference measurement over 2,000 starts by a separate program.
"""

from itertools import permutations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.hopfield import HopfieldTankTSP

SHORTEST, SECOND = 2.690671, 2.751738
SEED, STEPS = 1, (25, 60, 1000)


def all_lengths(problem):
    """Return the lengths of the (N - 1)! / 2 closed tours; the second city has a lower number than the last."""
    cities = len(problem.cities)
    first = np.fromiter(permutations(range(1, cities)), np.dtype((np.int8, cities - 1)))
    first = first[first[:, 0] < first[:, -1]]
    tours = np.concatenate([np.zeros((len(first), 1), np.int8), first], axis=1)
    return problem.distances[tours, np.roll(tours, -1, axis=1)].sum(axis=1)


def interval(share, n):
    """Return how far the 95 % interval of a share of n starts (Wilson 1927) reaches below and above."""
    z = 1.96
    centre, half = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    low, high = (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)
    return share - np.minimum(low, share), np.maximum(high, share) - share


@plotting.style()
def draw(found, runs, lengths, shares):
    """Draw one run, its tour, the lengths and the shares."""
    figure = plotting.figure(9.6, 5.4)
    above, below = figure.subfigures(2, 1, height_ratios=(1, 1.15))
    *matrices, map_ = above.subplots(1, 4)
    best = int(np.nanargmin(found.lengths))
    for ax, run, steps in zip(matrices, runs, STEPS, strict=True):
        outputs(ax, run.outputs[best])
        ax.set_title(f"outputs after {steps} steps")
    matrices[0].set_ylabel("city")
    tour(map_, HopfieldTankTSP().cities, found.tours[best], found.lengths[best])
    histogram, curve = below.subplots(1, 2)
    bins = np.arange(SHORTEST - 1e-4, 6.6, 0.1)
    for values, name, colour in (
        (lengths, f"all {len(lengths):,} tours", plotting.OUTLINE),
        (found.lengths[found.valid], f"{found.valid.sum()} tours found", plotting.COLOURS[0]),
    ):
        weights = np.full(len(values), 100 / len(values))
        histogram.hist(values, bins, weights=weights, color=colour, alpha=0.8, label=name)
    histogram.axvline(SHORTEST, color=plotting.INK, linewidth=0.8, linestyle=":")
    histogram.text(SHORTEST - 0.06, 8, "shortest", rotation=90, ha="right", fontsize=plotting.SMALL)
    histogram.set(xlabel="length of the tour", ylabel="tours (%)", xlim=(2.3, 6.6))
    histogram.legend()
    at, share = np.array(list(shares)), np.array(list(shares.values()))
    spread = 100 * np.array(interval(share, len(found.valid)))
    curve.errorbar(at, 100 * share, spread, fmt="o-", markersize=4, capsize=2)
    curve.plot(15, 80, "s", color=plotting.COLOURS[1], markersize=5)
    curve.text(14.85, 80, "16 of 20\n(the paper)", ha="right", va="center", fontsize=plotting.SMALL)
    curve.set(xlabel="n, what the sum of the outputs is drawn to", ylim=(-2, 100))
    curve.set(ylabel=f"starts that end in a tour\n(% of {len(found.valid):,}, 95 % interval)")
    return figure


def outputs(ax, v):
    """Draw outputs as squares whose area grows with V."""
    for city, position in np.ndindex(*v.shape):
        side = np.sqrt(v[city, position])
        corner = (position - side / 2, city - side / 2)
        ax.add_patch(Rectangle(corner, side, side, color=plotting.COLOURS[0], linewidth=0))
    ax.set(xlim=(-0.6, 9.6), ylim=(9.6, -0.6), xlabel="position", xticks=(0, 3, 6, 9), yticks=(0, 3, 6, 9))
    ax.set_aspect("equal")
    ax.spines[:].set_visible(True)


def tour(ax, cities, order, length):
    """Draw a closed tour."""
    places = cities[np.append(order, order[0])]
    ax.plot(*places.T, "o-", markersize=4)
    for number, (x, y) in enumerate(cities):
        away = np.array((x, y)) - cities.mean(axis=0)
        place = 8 * away / np.hypot(*away)
        ax.annotate(
            str(number), (x, y), place, textcoords="offset points", fontsize=plotting.SMALL, ha="center", va="center"
        )
    ax.set(xlim=(0.08, 0.96), ylim=(0.05, 1.06), xticks=(), yticks=(), title=f"best tour found: {length:.4f}")
    ax.set_aspect("equal")
    ax.spines[:].set_visible(True)


def compare(found, shares, lengths):
    """Return the claims."""
    said, reference = f"Share of {len(found.valid):,} starts that end in a tour", "reference measurement"
    others = "16 of 20 in the paper, 15 % in Wilson & Pawley, from memory"
    two = found.share_within(SECOND) / found.valid_fraction
    return [
        Claim(f"{said}, n = 15", f"0.156: {reference}; {others}", shares[15], 0.126, 0.186, source_read=False),
        Claim(f"{said}, n = 12.5", f"0.37: {reference}", shares[12.5], 0.30, 0.44),
        Claim(f"{said}, n = 10", f"0: {reference}", shares[10], at_most=0),
        Claim(
            "Length of the shortest tour found", f"{lengths.min():.6f}: all tours", found.best_length, 2.69067, 2.69068
        ),
        Claim("Share of starts that end in it", f"0.004: {reference}", found.share_within(SHORTEST), 0.0005, 0.01),
        Claim(
            "Share of the tours found that are one of the two shortest",
            "about a half (from memory)",
            two,
            at_least=0.35,
            source_read=False,
            open_difference="the paper's share rests on 16 tours, ours on more than 300",
        ),
        Claim(
            "Mean length of the tours found over that of all tours",
            f"1: tours by chance, mean {lengths.mean():.4f}",
            float(np.nanmean(found.lengths) / lengths.mean()),
            at_most=0.75,
        ),
    ]


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 2,000 starts for each n."""
    starts, sums = (150, (10, 12.5)) if fast else (2000, (10, 11, 12, 12.5, 13, 14, 16, 17))
    problem = HopfieldTankTSP()
    found = problem.solve(starts, random_state=SEED)
    runs = [*(problem.solve(starts, steps=steps, random_state=SEED) for steps in STEPS[:-1]), found]
    shares = {n: HopfieldTankTSP(n=n).solve(starts, random_state=SEED).valid_fraction for n in sums}
    shares = dict(sorted((shares | {15: found.valid_fraction}).items()))
    lengths = all_lengths(problem)
    return draw(found, runs, lengths, shares), compare(found, shares, lengths)


if __name__ == "__main__":
    show(__file__, *main())
