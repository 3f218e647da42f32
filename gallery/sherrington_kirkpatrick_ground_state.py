"""The ground state of the Sherrington-Kirkpatrick spin glass, extrapolated from a few hundred spins.

Every pair of N spins is coupled, by +1 or -1 at random over the square root of N. Annealing finds the lowest energies
of many such glasses. Their mean per spin falls with N as e + a N^(-2/3), and its limit e is known from Parisi's
solution for infinitely many spins.

D. Sherrington, S. Kirkpatrick, "Solvable model of a spin-glass", Physical Review Letters 35:1792-1796 (1975);
G. Parisi, "Infinite number of order parameters for spin-glasses", Physical Review Letters 43:1754-1756 (1979). The
limit -0.763166 and the amplitude a = 0.70 of the finite sizes, from simulations by others, are quoted from memory.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.ising import anneal, sherrington_kirkpatrick

LIMIT, AMPLITUDE = -0.763166, 0.70


def lowest(n, seed, sweeps, reads):
    """Return the lowest energy per spin of one glass, and how many reads found it."""
    glass = sherrington_kirkpatrick(n, distribution="bimodal", random_state=seed)
    result = anneal(glass, sweeps=sweeps, reads=reads, random_state=n + seed)
    return result.best_energy / n, round(result.success_probability() * reads)


def fit(sizes, mean, error):
    """Return limit and amplitude of a line through the means over N^(-2/3), each with its standard error."""
    design = np.stack([np.ones(len(sizes)), sizes ** (-2 / 3)], axis=1) / error[:, None]
    covariance = np.linalg.inv(design.T @ design)
    return covariance @ design.T @ (mean / error), np.sqrt(np.diag(covariance))


@plotting.style()
def draw(sizes, energies, mean, error, line):
    """Draw the mean lowest energies over N^(-2/3) with the line, and their spread over the glasses."""
    figure = plotting.figure(9.4, 3.7)
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    x = np.linspace(0, 1.05 * sizes[0] ** (-2 / 3), 50)
    left.plot(x, line[0] + line[1] * x, label=f"fit {line[0]:.4f} + {line[1]:.3f} $N^{{-2/3}}$")
    left.errorbar(sizes ** (-2 / 3), mean, 2 * error, fmt="o", markersize=4, capsize=2, color=plotting.COLOURS[1],
                  label="mean of the glasses, ± 2 standard errors")  # fmt: skip
    left.plot(0, LIMIT, "D", color=plotting.INK, clip_on=False, zorder=5, label=f"Parisi's solution, {LIMIT}")
    left.set(xlabel="$N^{-2/3}$", ylabel="lowest energy per spin", xlim=(0, x[-1]))
    left.legend(loc="upper left")
    above = left.secondary_xaxis("top", functions=(lambda v: v, lambda v: v))
    above.set_xticks(sizes ** (-2 / 3), [str(n) for n in sizes])
    above.tick_params(labelsize=plotting.SMALL)
    above.set_xlabel("number of spins $N$")
    spread = right.violinplot(energies, showextrema=False, widths=0.8)
    for body in spread["bodies"]:
        body.set(facecolor=plotting.COLOURS[0], alpha=0.35)
    right.plot(np.arange(1, len(sizes) + 1), mean, "o", markersize=4, color=plotting.COLOURS[1])
    right.axhline(LIMIT, color=plotting.INK, linestyle=":", linewidth=0.8)
    right.set_xticks(np.arange(1, len(sizes) + 1), [str(n) for n in sizes])
    right.set(xlabel="number of spins $N$", ylabel="lowest energy per spin", title="from glass to glass")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims."""
    many = {48: 1000, 64: 1000, 96: 600, 128: 500, 192: 300, 256: 200, 512: 40}
    glasses = {32: 6, 64: 6} if fast else many
    reads = 32 if fast else 64
    sizes, found = np.array(list(glasses)), []
    for n, count in glasses.items():
        found.append([lowest(n, 10_000 * n + number, 100 if fast else 2 * n, reads) for number in range(count)])
    energies = [np.array([energy for energy, _ in rows]) for rows in found]
    mean = np.array([e.mean() for e in energies])
    error = np.array([e.std(ddof=1) / np.sqrt(len(e)) for e in energies])
    line, errors = fit(sizes, mean, error)
    again = float(np.mean([hits > 1 for _, hits in found[-1]]))
    return draw(sizes, energies, mean, error, line), [
        Claim(f"Energy per spin for N to infinity (standard error of the fit {errors[0]:.2g})",
              f"{LIMIT} (from memory)", line[0], at_least=LIMIT - 0.003, at_most=LIMIT + 0.003, source_read=False),
        Claim(f"Amplitude a of N^(-2/3) (standard error of the fit {errors[1]:.2g})",
              f"{AMPLITUDE:.2f} (from memory)", line[1], at_least=0.60, at_most=0.80, source_read=False),
        Claim(f"Share of the {glasses[sizes[-1]]} glasses of {sizes[-1]} spins whose lowest energy was found by two "
              f"reads or more of {reads}", "our criterion for a ground state", again, at_least=0.9),
    ]  # fmt: skip


if __name__ == "__main__":
    show(__file__, *main())
