"""Kosko's bidirectional memory recalls a pair of letters from one of them with noise.

Three pairs of letters, S-E, M-V and G-N. Left: a probe, S with 40 % of its units turned round, and what the two layers
answer each other until nothing changes. Middle: the energy -x W y of 200 such probes never rises. Right: the share of
random pairs that are fixed points, for layers of 100 units each and both codings of the states.

B. Kosko, "Bidirectional associative memories", IEEE Transactions on Systems, Man, and Cybernetics 18:49-60 (1988), with
the same pairs of letters in another size. The paper was not at hand: its worked example (six and four units) is quoted
from memory.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.hopfield import BidirectionalAssociativeMemory
from neurosim.hopfield.patterns import LETTER_SHAPE, letters

UNITS = 100
FIRST, SECOND = "SMG", "EVN"
A = [[1, 0, 1, 0, 1, 0], [1, 1, 1, 0, 0, 0]]
B = [[1, 1, 0, 0], [1, 0, 1, 0]]


def alphabet():
    """Return the memory of the three pairs, and their patterns."""
    x, y = letters(FIRST, coding="spin"), letters(SECOND, coding="spin")
    return BidirectionalAssociativeMemory(x.shape[1], y.shape[1], coding="spin").store(x, y), x, y


def noisy(x, share, copies):
    """Return copies of a pattern, each with the same share of its units turned round."""
    order = np.random.default_rng(4).random((copies, len(x))).argsort(axis=1)
    return x * np.where(order < round(share * len(x)), -1, 1)


def stable(coding, pairs, draws):
    """Return the share of random pairs that are fixed points."""
    rng = np.random.default_rng((pairs, coding == "binary"))
    shares = []
    for _ in range(draws):
        x, y = (rng.integers(0, 2, (pairs, UNITS)) for _ in range(2))
        if coding == "spin":
            x, y = 2 * x - 1, 2 * y - 1
        found = BidirectionalAssociativeMemory(UNITS, UNITS, coding=coding).store(x, y).recall(x, y, max_steps=2)
        shares.append(((found.x == x).all(axis=1) & (found.y == y).all(axis=1)).mean())
    return float(np.mean(shares))


@plotting.style()
def draw(memory, probe, energies, shares):
    """Draw the film, the energies and the capacity."""
    figure = plotting.figure(10.4, 3.6)
    film, descent, capacity = figure.subplots(1, 3, width_ratios=(1.35, 1, 1))
    steps = [memory.recall(probe, max_steps=k) for k in range(1, 6)]
    layers = [probe, *((run.y if k % 2 == 0 else run.x)[0] for k, run in enumerate(steps))]
    strip(film, layers[0::2], 0)
    strip(film, layers[1::2], 1.5)
    for k in range(len(layers) - 1):
        x, down = k // 2 * 1.1 + 0.5, k % 2 == 0
        film.annotate(
            "",
            (x, 1.52) if down else (x + 0.9, 1.02),
            (x, 1.02) if down else (x + 0.2, 1.48),
            arrowprops={"arrowstyle": "->", "color": plotting.INK, "linewidth": 0.9},
        )
    film.set(xlim=(-0.05, 3.3), ylim=(2.6, -0.1), xticks=(), yticks=(0.5, 2.0))
    film.set_yticklabels(("first\nlayer", "second\nlayer"))
    film.tick_params(length=0)
    film.spines[:].set_visible(False)
    film.set_aspect("equal")
    descent.plot(energies / 1000, color=plotting.COLOURS[0], alpha=0.15, linewidth=0.8)
    descent.plot(energies.mean(axis=1) / 1000, "o-", color=plotting.COLOURS[1], markersize=4, label="mean")
    descent.set(xlabel="update of a layer", ylabel="energy (thousands)", xticks=range(len(energies)))
    descent.legend()
    for (coding, curve), marker in zip(shares.items(), "os", strict=True):
        label = "-1/+1" if coding == "spin" else "0/1"
        capacity.plot(list(curve), 100 * np.array(list(curve.values())), f"{marker}-", markersize=4.5, label=label)
    capacity.set(
        xlabel=f"stored pairs ({UNITS} + {UNITS} units)", ylabel="pairs that are fixed points (%)", ylim=(-3, 103)
    )
    capacity.legend(title="states", title_fontsize=plotting.SMALL)
    return figure


def strip(ax, patterns, top):
    """Draw letters in a row."""
    for k, pattern in enumerate(patterns):
        left = 1.1 * k
        picture = pattern.reshape(LETTER_SHAPE)
        ax.imshow(picture, cmap="gray_r", vmin=-1, vmax=1, extent=(left + 0.08, left + 0.92, top + 1, top), zorder=1)


def worked_example():
    """Return the two energies of the stored pairs and of a probe that lacks one unit, and whether it is recalled."""
    memory = BidirectionalAssociativeMemory(6, 4, coding="binary").store(A, B)
    lacking = [[0, 1, 1, 0, 0, 0]]
    found = memory.recall(lacking)
    right = bool((found.x == A[1]).all() and (found.y == B[1]).all())
    return memory.energy(A, B), float(memory.energy(lacking, B[1:])[0]), right


def compare(found, y, copies, shares):
    """Return the claims."""
    right = np.mean([(run.y == pattern).all(axis=1).mean() for run, pattern in zip(found, y, strict=True)])
    rises = max(float(np.diff(run.energies, axis=0).max()) for run in found)
    (first, second), lacking, completed = worked_example()
    memorised = "from memory"
    return [
        Claim(
            "Energy of the first pair of the worked example",
            f"-6: {memorised}",
            float(first),
            -6,
            -6,
            source_read=False,
        ),
        Claim("Energy of the second pair", f"-6: {memorised}", float(second), -6, -6, source_read=False),
        Claim("Energy of the second pair without one unit", f"-4: {memorised}", lacking, -4, -4, source_read=False),
        Claim("It is recalled from this", f"yes: {memorised}", float(completed), at_least=1, source_read=False),
        Claim(
            f"Share of {3 * copies} letters with 40 % noise that give the right letter",
            f"one such probe is recalled, {memorised}",
            float(right),
            at_least=0.7,
            source_read=False,
        ),
        Claim(
            "Share of 10 random pairs that are fixed points, states in -1/+1 less states in 0/1",
            f"-1/+1 is better, {memorised}",
            shares["spin"][10] - shares["binary"][10],
            at_least=0.3,
            source_read=False,
        ),
        Claim("Largest rise of the energy in an update", "0: it never rises", rises, at_most=0),
    ]


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 200 noisy probes of each letter, 200 memories for each number of pairs."""
    copies, draws = (20, 2) if fast else (200, 200)
    memory, x, y = alphabet()
    probes = [noisy(pattern, 0.4, copies) for pattern in x]
    found = [memory.recall(rows) for rows in probes]
    sizes = (1, 2, 3, 4, 6, 8, 10, 12, 15, 20, 25)
    shares = {coding: {size: stable(coding, size, draws) for size in sizes} for coding in ("spin", "binary")}
    return draw(memory, probes[0][0], found[0].energies, shares), compare(found, y, copies, shares)


if __name__ == "__main__":
    show(__file__, *main())
