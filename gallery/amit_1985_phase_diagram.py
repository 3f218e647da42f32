"""Storing infinite numbers of patterns: where a Hopfield network remembers, and where it is a spin glass.

P = alpha N random patterns under the Hebb rule. Below the line T_M the mean-field theory has states near the patterns,
below T_c these have the lowest free energy, and below T_g there is a spin glass. Networks start at their patterns and
run for 100 sweeps at a fixed temperature; what they still know is drawn under the lines, and at T = 0 beside them.

D. J. Amit, H. Gutfreund, H. Sompolinsky, "Storing infinite numbers of patterns in a spin-glass model of neural
networks", Physical Review Letters 55:1530-1533 (1985), and "Spin-glass models of neural networks", Physical Review A
32:1007-1018 (1985). Of the second the abstract was read; values printed in the first are quoted from memory, more
digits come from a separate computation.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.hopfield import HopfieldNetwork, theory
from neurosim.hopfield.plot import phase_diagram

SWEEPS = 100


def overlaps(units, load, temperatures, probes, seed):
    """Return the overlap of every probe with its pattern after 100 sweeps, shape (temperatures, probes)."""
    rng = np.random.default_rng(seed)
    patterns = rng.choice(np.array([-1, 1], np.int8), (max(round(load * units), 1), units))
    network, starts = HopfieldNetwork(units).store(patterns), patterns[:probes]
    ends = (network.recall(starts, temperature=t, max_sweeps=SWEEPS, random_state=rng).states for t in temperatures)
    return np.array([(states * starts.astype(float)).mean(axis=1) for states in ends])


@plotting.style()
def draw(lines, loads, temperatures, measured, units, cold, cold_units):
    """Draw the lines of the theory over the measured overlaps, and the overlaps at T = 0."""
    figure = plotting.figure(9.6, 4.2)
    plane, edge = figure.subplots(1, 2, width_ratios=(1.35, 1))
    curves = {
        "$T_g$: below it the spins freeze": (lines.loads, lines.spin_glass_temperatures),
        "$T_M$: below it there are retrieval states": (lines.retrieval_loads, lines.temperatures),
        "$T_c$: below it they have the lowest free energy": (lines.transition_loads, lines.temperatures),
    }
    phase_diagram(curves, loads, temperatures, measured, size=units, ax=plane)
    steps = np.linspace(0, theory.critical_load(), 200)
    at = np.repeat(list(cold), [len(values) for values in cold.values()])
    every = np.concatenate(list(cold.values()))
    edge.plot(at, every, "_", color=plotting.COLOURS[4], markersize=9, alpha=0.5, label="one pattern")
    means = [values.mean() for values in cold.values()]
    edge.plot(list(cold), means, "o", color=plotting.COLOURS[0], label=f"mean, network of {cold_units} units")
    edge.plot(steps, theory.retrieval_overlap(steps), color=plotting.COLOURS[1], linewidth=1.8, label="theory, $T = 0$")
    edge.axvline(steps[-1], color=plotting.INK, linewidth=0.8, linestyle=":")
    edge.text(steps[-1] - 0.003, 0.05, r"$\alpha_c$ = 0.138", fontsize=plotting.SMALL, ha="right")
    edge.set(xlabel=r"load $\alpha = P/N$", ylabel="overlap $m$ with the pattern at the start", xlim=(0, 0.207))
    edge.set(ylim=(0, 1.03), xticks=np.arange(5) / 20)
    edge.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0))
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 27 x 26 points of networks of 600 units, 15 networks of 2,000, 2 of 5,000."""
    units, across, high, probes = (100, 4, 4, 5) if fast else (600, 27, 26, 30)
    cold_units, large, large_probes = (150, 200, 10) if fast else (2000, 5000, 200)
    loads, temperatures = np.linspace(0.005, 0.2, across), np.linspace(0, 1.5, high)
    columns = [overlaps(units, a, temperatures, probes, [1, i]).mean(axis=1) for i, a in enumerate(loads)]
    cold = {a: overlaps(cold_units, a, [0.0], 50, [2, i])[0] for i, a in enumerate(np.linspace(0.06, 0.2, 15))}
    below, above = (overlaps(large, a, [0.0], large_probes, 3)[0] for a in (0.10, 0.16))
    warm = overlaps(large, 0.05, [0.3], large_probes, 4)[0]
    lines = theory.phase_diagram(9 if fast else 51)
    figure = draw(lines, loads, temperatures, np.transpose(columns), units, cold, cold_units)
    return figure, [*predicted(), *simulated(large, below, above, warm)]


def predicted():
    """Return the claims about the theory alone: the first three values are also known from memory."""
    edge, mixture = theory.critical_state(), theory.mixture_temperature(3)
    rows = [
        ("Largest load with retrieval at T = 0", "0.138", edge.load, 0.137905566, 1e-8),
        ("Overlap there", "0.967", edge.overlap, 0.967417115, 1e-8),
        ("Load below which retrieval has the lowest energy at T = 0", "0.051", theory.transition_load(), 0.05185, 1e-4),
        ("T_M at load 0.05", "", theory.retrieval_temperature(0.05), 0.5423, 0.001),
        ("T_c at load 0.05", "", theory.transition_temperature(0.05), 0.216, 0.003),
    ]
    claims = [
        Claim(
            said,
            (f"{paper} (from memory); " if paper else "") + f"{value:.9g}: computed separately",
            ours,
            value - bar,
            value + bar,
            source_read=False,
        )
        for said, paper, ours, value, bar in rows
    ]
    return [*claims, Claim("Few patterns: mixtures of three are stable below T =", "0.46", mixture, 0.455, 0.465)]


def simulated(units, below, above, warm):
    """Return the claims about recall in large networks."""
    said = f"{units} units, {len(below)} patterns as probes"
    cold, state = (theory.retrieval_state(*at).overlap for at in ((0.1,), (0.05, 0.3)))
    lost = float((above > 0.95).mean())
    return [
        Claim(f"{said}: mean overlap at load 0.10, T = 0", f"{cold:.4f}: theory", float(below.mean()), 0.997, 0.9988),
        Claim(f"{said}: at load 0.05, T = 0.3", f"{state:.4f}: theory", float(warm.mean()), 0.989, 0.993),
        Claim(f"{said}: at load 0.16, T = 0", "no retrieval state: theory", float(above.mean()), at_most=0.7),
        Claim(f"{said}: share with overlap above 0.95 there", "0: theory", lost, at_most=0.5),
    ]


if __name__ == "__main__":
    show(__file__, *main())
