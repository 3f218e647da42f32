"""Dense associative memory: from order 5 on, 100 units find one of 2,000 memories from nearly any start.

2,000 random memories of 100 units. Starts are random too, and a start has succeeded if it ends in a memory; for even n
a memory and its negative have the same energy, so both count. Left: orders 2 and 3 fail, 4 often succeeds, 5 and more
nearly always. Middle: how close the ends are to the nearest memory. Right: the share of stored patterns that are fixed
points, against their number divided by N^(n-1) / (2 (2n-3)!! ln N), and the share that the error probability of that
theory gives.

D. Krotov, J. J. Hopfield, "Dense associative memory for pattern recognition", NIPS 2016 (the same experiment with
10,000 starts). The reference measurement is a separate program with fewer starts.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.hopfield import DenseAssociativeMemory
from neurosim.hopfield.theory import dense_capacity, dense_error_probability

UNITS, MEMORIES = 100, 2000
A_FEW = "5 of 10,000 starts end elsewhere; with memories of three other seeds 0 to 8 of 4,000 do"
NAMES = {"polynomial": "power, $x^n$", "rectified": "rectified, $\\max(x, 0)^n$"}


def signs(key, rows, units=UNITS):
    """Return random rows of -1 and +1."""
    return np.random.default_rng(key).choice(np.array([-1, 1], np.int8), (rows, units))


def nearest(kind, degree, starts):
    """Return the largest overlap of each end with a memory, between 0 and 1."""
    memory = DenseAssociativeMemory(UNITS, kind, degree).store(signs(0, MEMORIES))
    ends = memory.recall(signs(1, starts), random_state=degree).states
    overlaps = memory.overlaps(ends)
    return (np.abs(overlaps) if degree % 2 == 0 and kind == "polynomial" else overlaps).max(axis=1) / UNITS


def stable(degree, count, tested):
    """Return the share of stored patterns that are fixed points, from as many memories as it takes."""
    shares = []
    for draw in range(-(-tested // count)):
        patterns = signs((2, degree, count, draw), count)
        memory = DenseAssociativeMemory(UNITS, "polynomial", degree).store(patterns)
        found = memory.recall(patterns[:tested], order="sequential", max_sweeps=1)
        shares.append((found.states == patterns[:tested]).all(axis=1).mean())
    return float(np.mean(shares))


def exclusive_or(degree):
    """Return how many of the four rows are right when the third unit is computed from the others."""
    table = np.array([[a, b, -a * b] for a in (-1, 1) for b in (-1, 1)])
    memory = DenseAssociativeMemory(3, "polynomial", degree).store(table)
    held = np.array([True, True, False])
    ends = [memory.recall(rows, clamp=held, order="sequential").states for rows in (table, table * [1, 1, -1])]
    return sum(int((rows == table).all(axis=1).sum()) for rows in ends) / 2


@plotting.style()
def draw(overlaps, shares):
    """Draw success, ends and capacity."""
    figure = plotting.figure(10.4, 3.3)
    success, ends, capacity = figure.subplots(1, 3)
    for (kind, name), marker, colour in zip(NAMES.items(), "os", plotting.COLOURS, strict=False):
        at = [degree for k, degree in overlaps if k == kind]
        share = [100 * (overlaps[kind, degree] == 1).mean() for degree in at]
        success.plot(at, share, f"{marker}-", markersize=5, color=colour, label=name)
    success.set(xlabel="order of the interaction, n", ylabel="starts that end in a memory (%)", ylim=(-3, 103))
    success.set(xticks=sorted({degree for _, degree in overlaps}))
    success.legend(loc="center right")
    bins = np.arange(0.2, 1.05, 0.02) - 0.01
    for degree, colour in ((2, plotting.COLOURS[4]), (3, plotting.COLOURS[1]), (4, plotting.COLOURS[0])):
        values = overlaps["polynomial", degree]
        weights = np.full(len(values), 100 / len(values))
        ends.hist(values, bins, weights=weights, histtype="stepfilled", color=colour, alpha=0.6, label=f"n = {degree}")
    ends.set(xlabel="overlap with the nearest memory", ylabel="ends (%)", xlim=(0.2, 1.03), title="power")
    ends.legend(loc="upper center")
    fine = np.linspace(0.2, 4, 100)
    for (degree, curve), colour, marker in zip(shares.items(), plotting.COLOURS, "os^", strict=False):
        most = dense_capacity(UNITS, degree)
        counts, share = np.array(list(curve)), np.array(list(curve.values()))
        label = f"n = {degree}, K = {most:,.0f}"
        capacity.plot(counts / most, 100 * share, marker, markersize=4.5, color=colour, label=label)
        expected = (1 - dense_error_probability(UNITS, fine * most, degree)) ** UNITS
        capacity.plot(fine, 100 * expected, color=colour, linewidth=1)
    capacity.axvline(1, color=plotting.INK, linewidth=0.8, linestyle=":")
    capacity.set(xlabel="stored patterns / K", ylabel="fixed points (% of stored patterns)", ylim=(-3, 103))
    capacity.set(xlim=(0, 4), title="lines: theory")
    capacity.legend()
    return figure


def compare(overlaps):
    """Return the claims."""
    said = "random starts that end in one of 2,000 memories"
    bars = (
        ("polynomial", 3, "fails: the paper", None, 0.01),
        ("rectified", 3, "fails: the paper", None, 0.01),
        ("polynomial", 4, "a peak at perfect recovery: the paper", 0.75, 0.95),
        ("rectified", 4, "a peak at perfect recovery: the paper", 0.94, 0.9999),
        ("polynomial", 5, "1: the paper", 1, None),
        ("rectified", 5, "1: the paper", 1, None),
    )
    claims = [
        Claim(
            f"Share of {len(overlaps[kind, degree]):,} {said}, {kind}, n = {degree}",
            paper,
            float((overlaps[kind, degree] == 1).mean()),
            least,
            most,
            open_difference=A_FEW if (kind, degree) == ("rectified", 5) else "",
        )
        for kind, degree, paper, least, most in bars
    ]
    counts = [
        Claim(
            f"Patterns without an error, N = 100, n = {n}",
            f"{value:,}: the formula",
            dense_capacity(UNITS, n),
            low,
            high,
        )
        for n, value, low, high in ((2, 11, 10.5, 11.5), (3, 360, 355, 365), (4, 7240, 7235, 7245))
    ]
    return [
        *claims,
        *counts,
        Claim("Rows of exclusive or that are right, n = 2", "fails: the paper", exclusive_or(2), at_most=3),
        Claim("Rows of exclusive or that are right, n = 3", "4: the paper", exclusive_or(3), at_least=4),
    ]


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 10,000 starts for each order."""
    starts, tested, orders = (100, 20, (2, 3)) if fast else (10000, 1000, (2, 3, 4))
    tries = [(kind, degree) for degree in (2, 3, 4, 5, 6) for kind in NAMES]
    few = starts // 5  # where none succeeds
    overlaps = {(kind, degree): nearest(kind, degree, few if degree < 4 else starts) for kind, degree in tries}
    steps = (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4)
    sizes = {n: [round(step * dense_capacity(UNITS, n)) for step in steps] for n in orders}
    shares = {n: {count: stable(n, count, tested) for count in sizes[n]} for n in orders}
    return draw(overlaps, shares), compare(overlaps)


if __name__ == "__main__":
    show(__file__, *main())
