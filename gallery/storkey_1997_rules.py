"""Storkey 1997: a local rule that stores several times as many patterns as Hebb's.

Random patterns are stored one after the other in a network of 100 units by three rules, and it is counted how many of
them are exactly stable. Hebb's rule is local and can take in one pattern after the other, but its patterns disturb each
other. The projection rule keeps all of them as long as they are linearly independent, and is not local. Storkey's rule
is local and incremental as Hebb's and takes out a part of the disturbance.

A. Storkey, "Increasing the capacity of a Hopfield network without sacrificing functionality", ICANN 1997, LNCS
1327:451-456; L. Personnaz, I. Guyon, G. Dreyfus, "Information storage and retrieval in spin-glass like neural
networks", Journal de Physique Lettres 46:359-365 (1985). Both were not read for this: shares are compared with a
reference measurement by a separate program, and the rule's capacity with its known formula.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.hopfield import HopfieldNetwork
from neurosim.hopfield.patterns import corrupt, random_patterns
from neurosim.hopfield.plot import basin

UNITS, MANY = 100, 30
RULES = {"hebb": ("Hebb", "o"), "storkey": ("Storkey", "s"), "projection": ("projection", "^")}
COUNTS = (5, 10, 14, 20, 25, 30, 40, 50, 60, 75, 90)
NOISES = np.arange(0.0, 0.5, 0.05)
FEW = 12  # patterns of the second panel, which Hebb's rule can nearly keep


def stable_shares(draws, rng):
    """Return the share of stable patterns for each rule and count, over `draws` sets of patterns."""
    shares = {rule: np.zeros(len(COUNTS)) for rule in RULES}
    for _ in range(draws):
        patterns = random_patterns(COUNTS[-1], UNITS, random_state=rng)
        for rule, share in shares.items():
            network = HopfieldNetwork(UNITS)
            for k, count in enumerate(COUNTS):
                network.store(patterns[len(network.patterns) : count], rule)
                at_rest = network.recall(patterns[:count], order="sequential", max_sweeps=1).flips == 0
                share[k] += at_rest.mean()
    return {rule: share / draws for rule, share in shares.items()}


def recalled_shares(draws, rng):
    """Return the share of noisy probes that end exactly in their pattern, for each rule and noise."""
    shares = {rule: np.zeros(len(NOISES)) for rule in RULES}
    for _ in range(draws):
        patterns = random_patterns(FEW, UNITS, random_state=rng)
        probes = np.concatenate([corrupt(patterns, noise, random_state=rng) for noise in NOISES])
        for rule, share in shares.items():
            ended = HopfieldNetwork(UNITS).store(patterns, rule).recall(probes, max_sweeps=200, random_state=rng).states
            share += (ended.reshape(-1, FEW, UNITS) == patterns).all(axis=2).mean(axis=1)
    return {rule: share / draws for rule, share in shares.items()}


@plotting.style()
def draw(stable, recalled, trials):
    """Draw stable shares against the number of patterns, and recalled shares against the noise."""
    figure = plotting.figure(9.2, 3.5)
    left, right = figure.subplots(1, 2)
    for (rule, (name, marker)), colour in zip(RULES.items(), plotting.COLOURS, strict=False):
        left.plot(COUNTS, stable[rule], marker=marker, markersize=4, color=colour, label=name)
        basin(NOISES, recalled[rule], trials, label=name, marker=marker, ax=right)
    plotting.axes(left).set(
        xlabel=f"patterns stored in {UNITS} units", ylabel="share of them stable", ylim=(-0.03, 1.03)
    )
    left.set_title("stored and stable")
    left.legend(loc="center right", bbox_to_anchor=(1.0, 0.7))
    right.set_title(f"{FEW} patterns recalled from noise")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims."""
    draws = 3 if fast else 100
    rng = np.random.default_rng(1997)
    stable, recalled = stable_shares(draws, rng), recalled_shares(draws, rng)
    share = {rule: dict(zip(COUNTS, values, strict=True)) for rule, values in stable.items()}
    of = f"Share of patterns stable, {UNITS} units,"
    at_fifth = int(np.argmin(np.abs(NOISES - 0.2)))
    claims = [
        Claim(f"{of} Hebb, 10", "0.96: reference", share["hebb"][10], at_least=0.93, at_most=0.99),
        Claim(f"{of} Hebb, 20", "0.43: reference", share["hebb"][20], at_least=0.37, at_most=0.49),
        Claim(f"{of} Hebb, {MANY}", "0.04: reference", share["hebb"][MANY], at_most=0.1),
        Claim(f"{of} Storkey, {MANY}", "0.99: reference", share["storkey"][MANY], at_least=0.97),
        Claim(f"{of} Storkey, 40", "0.89: reference", share["storkey"][40], at_least=0.84, at_most=0.94),
        Claim(f"{of} Storkey, 60", "0.34: reference", share["storkey"][60], at_least=0.26, at_most=0.42),
        Claim(f"{of} projection, 90", "1 (independent patterns)", share["projection"][90], at_least=1.0),
        Claim(f"Storkey recalls from 20 % noise, {FEW} patterns, more often than Hebb by", "more often",
              recalled["storkey"][at_fifth] - recalled["hebb"][at_fifth], at_least=0.1, source_read=False),
    ]  # fmt: skip
    return draw(stable, recalled, FEW * draws), claims


if __name__ == "__main__":
    show(__file__, *main())
