"""How many memories a Hopfield network of 100 units keeps, with units 0 and 1 and with units -1 and +1.

Random matrices are made of n random memories; the network starts at each of them and runs until nothing changes. With
the paper's units 0 and 1 many memories are lost that units -1 and +1 keep: what the memories have in common is noise.
Lines show the signal-to-noise estimate, in which units err independently. They do not, and so more memories are kept.

J. J. Hopfield, "Neural networks and physical systems with emergent collective computational abilities", Proceedings of
the National Academy of Sciences 79:2554-2558 (1982).
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.hopfield import HopfieldNetwork, theory

UNITS = 100
NAMES = {"binary": "units 0 and 1", "spin": "units −1 and +1"}
BINS = {"0": 1, "1–4": 5, "5–9": 10, "10–19": 20, "20–39": 40, "40 and more": 101}  # errors, and the next bin's first


def errors(memories, matrices, coding, seed):
    """Return how many units are wrong where each memory of each matrix ends, shape (matrices, memories)."""
    rng = np.random.default_rng([seed, memories, len(coding)])
    found = np.empty((matrices, memories), int)
    for i in range(matrices):
        states = rng.integers(0, 2, (memories, UNITS)).astype(np.int8)
        states = states if coding == "binary" else 2 * states - 1
        network = HopfieldNetwork(UNITS, coding=coding).store(states)
        found[i] = (network.recall(states, random_state=rng).states != states).sum(axis=1)
    return found


@plotting.style()
def draw(measured):
    """Draw the share of memories without an error, and how many errors the others have."""
    figure = plotting.figure(9.6, 3.9)
    share, histogram = figure.subplots(1, 2)
    fine = np.linspace(1.01, 30, 200)
    for (coding, name), colour, marker in zip(NAMES.items(), plotting.COLOURS, "os", strict=False):
        wrong = measured[coding]
        each = [(found == 0).mean(axis=1) for found in wrong.values()]
        spread = [2 * values.std() / np.sqrt(len(values)) for values in each]
        means = [values.mean() for values in each]
        share.errorbar(list(wrong), means, spread, fmt=marker, markersize=4, capsize=2, color=colour, label=name)
        theory_ = theory.error_free_fraction(UNITS, fine, coding=coding)
        share.plot(fine, theory_, color=colour, linestyle="--", linewidth=1, label="signal to noise")
    share.plot(10, 0.6, "*", color=plotting.INK, markerfacecolor="none", markersize=15, label="Hopfield (1982): 0.6")
    share.set(xlabel=f"memories $n$ in {UNITS} units", ylabel="share kept without an error")
    share.set(xlim=(0, 31), ylim=(-0.03, 1.03))
    share.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2)
    edges = [0, *BINS.values()]
    for i, n in enumerate((5, 10, 15)):
        counts = np.histogram(measured["binary"][n], edges)[0] / measured["binary"][n].size
        histogram.bar(
            np.arange(len(BINS)) + 0.27 * (i - 1), counts, 0.25, color=plotting.COLOURS[i + 2], label=f"n = {n}"
        )
    histogram.set_xticks(range(len(BINS)), list(BINS))
    histogram.set(xlabel=f"wrong units of {UNITS}", ylabel="share of memories", ylim=(0, 1.03))
    histogram.legend(title="units 0 and 1", alignment="left")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 400 matrices of each kind for each number of memories."""
    matrices, counts = (4, (5, 10, 15)) if fast else (400, (2, 4, 5, 6, 8, 10, 12, 14, 15, 16, 18, 20, 25, 30))
    measured = {coding: {n: errors(n, matrices, coding, 1) for n in counts} for coding in NAMES}
    return draw(measured), [*kept(measured, matrices), *signal_to_noise()]


def kept(measured, matrices):
    """Return the claims about the share of memories that are kept."""
    rows = [
        ("binary", 5, "almost always stable", 0.992, 0.008),
        ("binary", 10, "0.6", 0.604, 0.04),
        ("binary", 15, "not printed; 0.145: reference simulation", 0.145, 0.023),
        ("spin", 10, "not printed; 0.967: reference simulation", 0.967, 0.012),
        ("spin", 15, "not printed; 0.724: reference simulation", 0.724, 0.025),
    ]
    few = float((measured["binary"][15] < 5).mean())
    said = f"of {matrices} matrices"
    return [
        *(
            Claim(
                f"{NAMES[coding]}, {n} memories {said}: share without an error", paper,
                float((measured[coding][n] == 0).mean()), value - bar, value + bar,
            )
            for coding, n, paper, value, bar in rows
        ),
        Claim(
            f"units 0 and 1, 15 memories {said}: share with fewer than 5 errors", "about half", few, 0.4, 0.6,
            open_difference="an independent program finds 0.28 too",
        ),
    ]  # fmt: skip


def signal_to_noise():
    """Return the claims about the paper's estimate."""
    bit = float(theory.bit_error_probability(9 / UNITS, coding="binary"))
    whole = float(theory.error_free_fraction(UNITS, 10, coding="binary"))
    return [
        Claim("Signal to noise, 10 memories: probability that a unit is wrong", "0.0091", bit, 0.0090, 0.0093),
        Claim("Signal to noise, 10 memories: share without an error", "0.40", whole, 0.39, 0.41),
    ]


if __name__ == "__main__":
    show(__file__, *main())
