"""Hopfield, Feinstein and Palmer 1983: unlearning makes memories evenly accessible and spurious states rare.

A network with several memories is started from random states again and again. Each time the state in which it comes to
rest is unlearned a little: a hundredth of what would store it is subtracted. States that random starts find easily lose
most. Spurious states, which share the starts that belong to no memory, shrink; memories that caught few starts gain on
those that caught many, and memories that were not stable become so. Too many repetitions destroy them all.

J. J. Hopfield, D. I. Feinstein, R. G. Palmer, "'Unlearning' has a stabilizing effect in collective memories", Nature
304:158-159 (1983). Not read for this: what the table says of the paper is from memory, sizes and counts are ours.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.hopfield import HopfieldNetwork
from neurosim.hopfield.patterns import random_patterns

UNITS, MEMORIES, RATE = 64, 8, 0.01
STEPS = (0, 50, 100, 150, 200, 300, 400, 600, 800, 1000)
BEST = 300


def accessibility(network, starts, rng):
    """Return the share of random starts that end in each memory or its complement, and which memories are stable."""
    ended = network.recall(random_patterns(starts, UNITS, random_state=rng), max_sweeps=200, random_state=rng).states
    at_rest = network.recall(network.patterns, order="sequential", max_sweeps=1).flips == 0
    return (np.abs(network.overlap(ended)) == 1).mean(axis=0), at_rest


def unlearn(sets, starts, steps, rng):
    """Return shares of starts (sets, steps, memories) and stable memories of the same shape."""
    shares, stable = np.empty((2, sets, len(steps), MEMORIES))
    for k in range(sets):
        network = HopfieldNetwork(UNITS).store(random_patterns(MEMORIES, UNITS, random_state=rng))
        for i, more in enumerate(np.diff(steps, prepend=0)):
            network.unlearn(int(more), rate=RATE, random_state=rng)
            shares[k, i], stable[k, i] = accessibility(network, starts, rng)
    return shares, stable


def unevenness(shares):
    """Return the standard deviation of a network's accessibilities over their mean, NaN where all memories are lost."""
    spread, mean = shares.std(axis=2).mean(axis=0), shares.mean(axis=(0, 2))
    return np.divide(spread, mean, out=np.full_like(mean, np.nan), where=mean > 0)


@plotting.style()
def draw(shares, stable, steps):
    """Draw the accessibility of the memories of one network, and means over all networks."""
    figure = plotting.figure(9.2, 4.2)
    left, right = figure.subplots(1, 2)
    example = int(shares[:, 0].std(axis=1).argmax())
    for k, colour in enumerate(plotting.class_colours(MEMORIES)):
        left.plot(steps, shares[example, :, k], marker="osv^Dp*X"[k], markersize=4, color=colour)
    left.set(xlabel="repetitions of unlearning", ylabel="share of random starts", ylim=(0, None))
    left.set_title(f"the {MEMORIES} memories of one network")
    curves = {"memories that are stable": stable.mean(axis=2), "starts that end in no memory": 1 - shares.sum(axis=2)}
    for (name, values), marker in zip(curves.items(), "^o", strict=True):
        error = 2 * values.std(axis=0) / np.sqrt(len(values))
        right.errorbar(steps, values.mean(axis=0), error, fmt=f"{marker}-", markersize=4, capsize=2, label=name)
    right.plot(steps, unevenness(shares), "s-", markersize=4, label="unevenness (standard deviation / mean)")
    right.set(xlabel="repetitions of unlearning", ylabel="share, or ratio", ylim=(0, None))
    right.set_title(f"mean of {len(shares)} networks, ±2 standard errors")
    right.legend(loc="upper left", bbox_to_anchor=(0.0, -0.17))
    for ax in (left, right):
        plotting.axes(ax)
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims."""
    sets, starts, steps = (2, 50, (0, 50, 100)) if fast else (16, 400, STEPS)
    shares, stable = unlearn(sets, starts, steps, np.random.default_rng(1983))
    at = steps.index(BEST) if BEST in steps else len(steps) - 1
    spurious, uneven = 1 - shares.sum(axis=2).mean(axis=0), unevenness(shares)
    weakest = shares.min(axis=2).mean(axis=0)
    after = f"after {steps[at]} repetitions"
    rows = [
        (f"Starts that end in no memory, {after} over before", "fewer", spurious[at] / spurious[0], None, 0.6),
        (f"Unevenness of the memories, {after} over before", "smaller", uneven[at] / uneven[0], None, 0.8),
        (
            f"Share of starts of the memory with fewest, {after} less before",
            "more",
            weakest[at] - weakest[0],
            0.02,
            None,
        ),
        (f"Share of memories stable, {after}", "more stable", stable[:, at].mean(), 0.98, None),
        (
            f"Share of memories stable after {steps[-1]} repetitions",
            "too much destroys",
            stable[:, -1].mean(),
            None,
            0.05,
        ),
    ]
    return draw(shares, stable, steps), [
        Claim(claim, paper, float(ours), at_least=least, at_most=most, source_read=False)
        for claim, paper, ours, least, most in rows
    ]


if __name__ == "__main__":
    show(__file__, *main())
