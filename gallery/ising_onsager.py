"""The Ising model in two dimensions: order, energy and three snapshots, beside Onsager's solution.

Spins on a square lattice couple to their four neighbours. Onsager (1944) found the energy for infinitely many spins,
and Yang (1952) the magnetisation below the critical temperature, above which there is none. The points are averages
over independent chains of heat-bath sweeps at fixed temperature on a periodic lattice of 64 x 64 spins, every chain
begun with all spins up. Close to the critical temperature the finite lattice rounds the transition off.

L. Onsager, "Crystal statistics. I. A two-dimensional model with an order-disorder transition", Physical Review
65:117-149 (1944); C. N. Yang, "The spontaneous magnetization of a two-dimensional Ising model", Physical Review
85:808-816 (1952). The curves are the formulas that bear their names, not checked against the text of the papers.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.ising import lattice, onsager, plot, sample

TC = onsager.CRITICAL_TEMPERATURE
SNAPSHOTS = (1.8, TC, 3.2)
COMPARED = (2.0, 2.6, 3.2)  # far enough from the critical temperature for 64 x 64 spins


def measured(model, temperature, chains, sweeps, seed):
    """Return mean and standard error of |m| and of the energy per spin over independent chains, and a last state."""
    up = np.ones((chains, model.n_spins), np.int8)
    drawn = sample(model, temperature, samples=20, chains=chains, burn_in=sweeps // 2, thin=max(1, sweeps // 40),
                   method="replica", rule="heatbath", initial=up, random_state=seed)  # fmt: skip
    values = np.abs(drawn.magnetisations), drawn.energies / model.n_spins
    return [(a.mean(), drawn.standard_error(a)) for a in values], drawn.states[-1, 0]


@plotting.style()
def draw(points, states, side):
    """Draw order and energy against temperature above the snapshots."""
    figure = plotting.figure(9.0, 6.4)
    above, below = figure.subfigures(2, 1, height_ratios=(1.15, 1))
    temperatures = np.array(list(points))
    fine = np.sort(np.append(np.linspace(1.4, 3.4, 401), TC))
    axes = above.subplots(1, 2)
    curves = (onsager.spontaneous_magnetisation(fine), onsager.energy_per_spin(fine))
    names = ("magnetisation per spin, $|m|$", "energy per spin")
    for k, (ax, curve, name) in enumerate(zip(axes, curves, names, strict=True)):
        mean, error = np.array([found[k] for found in points.values()]).T
        ax.plot(fine, curve, color=plotting.INK, linewidth=1.0, label="infinite lattice, exact")
        ax.errorbar(temperatures, mean, 2 * error, fmt="o", markersize=4, capsize=2, color=plotting.COLOURS[1],
                    label=f"{side} × {side} spins, ± 2 standard errors")  # fmt: skip
        ax.axvline(TC, color=plotting.INK, linewidth=0.8, linestyle=":", label="critical temperature $T_c$")
        ax.set(xlabel="temperature $T$", ylabel=name, xlim=(1.4, 3.4))
    axes[0].set_ylim(0, 1.02)
    axes[1].legend(loc="lower right", frameon=True, framealpha=1, edgecolor="none")
    for ax, (temperature, state) in zip(below.subplots(1, 3), states.items(), strict=True):
        plot.lattice(state, (side, side), ax=ax)
        ax.set_title("$T = T_c$" if temperature == TC else f"$T$ = {temperature:g}")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 256 chains at each temperature."""
    side, chains, sweeps = (16, 64, 80) if fast else (64, 256, 2000)
    few = (*COMPARED, *SNAPSHOTS)
    temperatures = sorted({*few} if fast else {*few, *np.arange(1.5, 3.4, 0.1).round(1), 2.15, 2.25, 2.35, 2.45})
    model = lattice((side, side))
    found = {t: measured(model, t, chains, sweeps, seed) for seed, t in enumerate(temperatures)}
    points = {t: averages for t, (averages, _) in found.items()}
    claims = []
    for k, exact, name in (
        (0, onsager.spontaneous_magnetisation, "Magnetisation per spin"),
        (1, onsager.energy_per_spin, "Energy per spin"),
    ):
        for t in COMPARED if k else COMPARED[:1]:
            value, (mean, error) = float(exact(t)), points[t][k]
            said = f"{name} at T = {t:g}, {side} x {side} spins; standard error {error:.2g}, tolerance 5 of them"
            bounds = (float(f"{value - 5 * error:.6f}"), float(f"{value + 5 * error:.6f}"))
            claims.append(Claim(said, f"{value:.6f}: exact solution, computed", mean, *bounds, scaled_down=fast))
    return draw(points, {t: found[t][1] for t in SNAPSHOTS}, side), claims


if __name__ == "__main__":
    show(__file__, *main())
