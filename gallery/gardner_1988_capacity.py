"""Gardner's bound: no rule makes more than 2 N random patterns fixed points, and a margin costs capacity.

Every unit of a network that is to hold P random patterns of N units has to answer P random questions. Gardner counted
the couplings that do, each with a stability kappa, the field times the wanted state with couplings of length 1: for N
going to infinity there are some up to the load alpha = P/N with 1/alpha = integral over t > -kappa of Dt (t + kappa)^2.
On the left the largest stability of single units, by quadratic programming; on the right units of Hopfield networks
taught by the perceptron rule, beside Cover's count of the units that can learn.

E. Gardner, "The space of interactions in neural network models", Journal of Physics A 21:257-270 (1988). The paper was
not at hand: its formula is quoted from memory, and more digits come from a separate computation.
"""

import warnings

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.hopfield import HopfieldNetwork, theory
from neurosim.perceptron.capacity import cover_probability
from neurosim.perceptron.separability import shortest

MARGIN_LOADS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75)
TAUGHT_LOADS = (1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.2, 2.5)
STYLES = {20: "s", 50: "o", 100: "D"}


def largest_stabilities(units, load, draws, seed):
    """Return the largest stability of one unit in each of some networks, 0 where it cannot learn all patterns."""
    rng = np.random.default_rng([seed, units, round(100 * load)])
    found = np.zeros(draws)
    for i in range(draws):
        x = rng.choice([-1.0, 1.0], (round(load * units), units))
        couplings = shortest(x[:, :1] * x[:, 1:])  # that give all patterns at least 1
        found[i] = 0.0 if couplings is None else 1 / np.linalg.norm(couplings)
    return found


def taught(units, load, networks, epochs, seed):
    """Return the share of units that the perceptron rule taught all patterns, and the patterns of a network."""
    rng = np.random.default_rng([seed, units, round(100 * load)])
    shares, count = [], round(load * units)
    for _ in range(networks):
        x = rng.choice([-1, 1], (count, units))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # not converged: that is what we count
            w = HopfieldNetwork(units).store(x, rule="perceptron", max_epochs=epochs).weights
        shares.append((x * (x @ w.T) > 0).all(axis=0).mean())
    return float(np.mean(shares)), count


@plotting.style()
def draw(margins, units, learned, epochs):
    """Draw stabilities and the shares of units that learned against the load."""
    figure = plotting.figure(9.6, 3.9)
    bound, rule = figure.subplots(1, 2)
    kappa = np.linspace(0, 3, 200)
    load = np.array([theory.gardner_capacity(k) for k in kappa])
    bound.fill_between([*load[::-1], 2.6], [*kappa[::-1], 0], 3, color="#EEEEEE", linewidth=0)
    bound.plot(load, kappa, color=plotting.COLOURS[1], linewidth=1.8, label="Gardner's bound")
    means, spread = ([f(values) for values in margins.values()] for f in (np.mean, np.std))
    label = f"one unit of {units}: mean and standard deviation"
    bound.errorbar(list(margins), means, spread, fmt="o", markersize=4, capsize=2, label=label)
    bound.text(1.75, 1.2, "no couplings\nhold all patterns", fontsize=plotting.SMALL, ha="center")
    bound.set(xlabel=r"load $\alpha = P/N$", ylabel=r"stability $\kappa$", xlim=(0, 2.3), ylim=(0, 2.6))
    bound.legend(loc="upper right")
    for (n, marker), colour in zip(STYLES.items(), (0, 2, 3), strict=True):
        if n in learned:
            share, count = np.array(list(learned[n].values())).T
            fine = np.arange(n // 2, int(2.6 * n))
            rule.plot(fine / n, cover_probability(fine, n - 1), color=plotting.COLOURS[colour])
            rule.plot(count / n, share, marker, markersize=5, color=plotting.COLOURS[colour], label=f"N = {n}")
    rule.axvline(2, color=plotting.INK, linewidth=0.8, linestyle=":")
    rule.set(xlabel=r"load $\alpha = P/N$", ylabel=f"share of units taught in {epochs:,} epochs")
    rule.set(xlim=(0.9, 2.6), ylim=(-0.03, 1.03), title="lines: Cover's count; points: perceptron rule")
    rule.legend(loc="lower left")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 40 units of 200 for every load, networks of 20, 50 and 100 units."""
    units, draws, epochs = (30, 3, 50) if fast else (200, 40, 2000)
    networks = {20: 1} if fast else {20: 40, 50: 16, 100: 4}
    margins = {load: largest_stabilities(units, load, draws, 1) for load in MARGIN_LOADS}
    learned = {n: {a: taught(n, a, count, epochs, 2) for a in TAUGHT_LOADS} for n, count in networks.items()}
    large = 30 if fast else 200
    easy, hard = (taught(large, load, 1, 1000, 3)[0] for load in (1.5, 2.3))
    half = float(margins[1.0].mean())
    return draw(margins, units, learned, epochs), [
        *(
            Claim(
                f"Capacity at stability {kappa:g}", f"{value}: computed separately", theory.gardner_capacity(kappa),
                value - 1e-4, value + 1e-4, source_read=False,
            )
            for kappa, value in ((0, 2.0), (0.25, 1.3646), (0.5, 0.9612), (1, 0.5196), (1.5, 0.3099), (2, 0.2002))
        ),
        Claim(
            f"Mean largest stability of {draws} units among {units} at load 1",
            f"{theory.gardner_stability(1.0):.3f}: Gardner's formula", half, 0.43, 0.53, source_read=False,
        ),
        Claim(
            f"Share of {large} units that learn a load of 1.5 in 1,000 epochs", "1: below the capacity 2", easy,
            at_least=1.0, source_read=False,
        ),
        Claim(
            f"Share of {large} units that learn a load of 2.3", "0: above the capacity 2", hard,
            at_most=0.05, source_read=False,
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    show(__file__, *main())
