"""Maximum cuts of the Gset: annealing beside the best cuts that are known.

The Gset is 71 graphs of Rinaldi's generator rudy; all are made here from their seeds. A cut parts the vertices into
two sides and is the larger the more weight runs between them; to find the largest is NP-hard. The best known cuts come
from public lists of what many programs found in long runs; those of G48 and G50 are proven. Each graph is annealed once
with the budget that the figure states, and the best cut of all reads counts.

C. Helmberg, F. Rendl, "A spectral bundle method for semidefinite programming", SIAM Journal on Optimization
10:673-696 (2000), is where the graphs are usually cited from.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.ising import BEST_KNOWN_CUTS, IsingModel, anneal, gset
from neurosim.ising.best_known import PROVEN

KINDS = {
    1: "random", 6: "random ±1", 11: "torus ±1", 14: "planar", 18: "planar ±1", 22: "random", 32: "torus ±1",
    43: "random", 48: "torus", 50: "torus", 55: "random", 70: "random", 81: "torus ±1",
}  # fmt: skip
SWEEPS = {
    1: 1000, 6: 2000, 11: 20_000, 14: 10_000, 18: 10_000, 22: 3000, 32: 20_000, 43: 1000, 48: 5000, 50: 20_000,
    55: 5000, 70: 5000, 81: 20_000,
}  # fmt: skip
READS, COLUMNS = 64, (0.45, 1.0)
BARS = {
    1: 11624, 6: 2170, 11: 562, 14: 3060, 18: 986, 22: 13355, 32: 1402, 43: 6660, 48: 6000, 50: 5850, 55: 10275,
    70: 9560, 81: 13950,
}  # fmt: skip


def cuts(number, sweeps, reads):
    """Return the graph, the best cut of every read, and the result; words of 64 reads where few edges meet."""
    graph = gset(number)
    method = "multispin" if graph.degree.max() <= 4 else "replica"
    result = anneal(IsingModel.from_graph(graph), sweeps=sweeps, reads=reads, method=method, random_state=number)
    return graph, graph.cut(result.states), result


@plotting.style()
def draw(found):
    """Draw how far the cuts of all reads stay below the best known one, as a table with a plot."""
    figure = plotting.figure(9.6, 0.36 * len(found) + 1.3)
    ax, table = figure.subplots(1, 2, sharey=True, width_ratios=(3, 1.1))
    table.set_axis_off()
    labels = []
    for row, (number, (graph, values, result)) in enumerate(found.items()):
        best = BEST_KNOWN_CUTS[number]
        gap = 100 * (best - np.sort(values)[::-1]) / best
        ax.plot([gap[0], gap[-1]], [row, row], color=plotting.COLOURS[4], linewidth=5, solid_capstyle="butt", zorder=1)
        ax.plot(gap.mean(), row, "|", color=plotting.INK, markersize=9, zorder=2)
        ax.plot(gap[0], row, "o", color=plotting.COLOURS[1], markersize=5, zorder=3, clip_on=False)
        labels.append(f"G{number}  {KINDS[number]}, {graph.n_vertices:,} vertices")
        told = f"{values.max():,} of {best:,}", f"{len(values)} × {result.sweeps:,}"
        for x, text in zip(COLUMNS, told, strict=True):
            table.text(x, row, text, ha="right", va="center", fontsize=8)
    for x, text in zip(COLUMNS, ("best cut", "reads × sweeps"), strict=True):
        table.text(x, -0.9, text, ha="right", va="center", fontsize=8, weight="bold")
    ax.set_yticks(range(len(found)), labels)
    ax.set(ylim=(len(found) - 0.5, -1.2), xlabel="cut below the best known one (%): best read (dot), mean (line), all "
           "reads (bar)")  # fmt: skip
    ax.set_xlim(left=0)
    ax.tick_params(axis="y", length=0)
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims."""
    sweeps, reads = (dict.fromkeys((1, 11, 48), 50), 8) if fast else (SWEEPS, READS)
    found = {number: cuts(number, many, reads) for number, many in sweeps.items()}
    claims = []
    for number, (_, values, result) in found.items():
        known = f"{BEST_KNOWN_CUTS[number]} ({'proven' if number in PROVEN else 'best known'})"
        said = f"Cut of G{number}, best of {len(values)} reads x {result.sweeps} sweeps ({result.method})"
        claims.append(Claim(said, known, float(values.max()), at_least=BARS[number]))
    return draw(found), claims


if __name__ == "__main__":
    show(__file__, *main())
