"""How a chain of units follows the density of the data: less than in proportion, by a known power.

Units on a line, data of density P(x) = 2 x on [0, 1], and the batch rule with a bubble of n neighbours to either side,
brought to rest by a deterministic calculation. The density of the weights goes like P^a. Left the density of the
weights against that of the data for three n; right the exponent a, fitted between 30 % and 85 % of the chain, beside
Ritter's formula. Means are taken over the density itself: over samples, units come to rest where no sample changes its
winner any more, which is too early.

H. Ritter, K. Schulten, "On the stationary state of Kohonen's self-organizing sensory mapping", Biological Cybernetics
54:99-106 (1986): a = 2/3 in the limit of many neighbours. H. Ritter, "Asymptotic level density for a class of vector
quantization processes", IEEE Transactions on Neural Networks 2:173-175 (1991): a = 2/3 - 1 / (3 n^2 + 3 (n + 1)^2).
Neither text was at hand; 1/3 for n = 0 is the exponent of optimal quantisation in one dimension (Zador 1982).
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.som import plot_rings
from neurosim.som.magnification import fitted_exponent, magnification_exponent, stationary_chain

UNITS = {0: 80, 1: 100, 2: 180, 3: 270, 4: 360, 6: 540, 8: 720}  # ripples of the ends reach far
SHOWN = (0, 1, 4)


def density(x):
    """Return P(x) = 2 x."""
    return 2 * x


def chain(neighbours, knots=4001):
    """Return the weights of a chain at rest on the density P(x) = 2 x, whose quantiles are roots."""
    quantiles = np.sqrt((np.arange(knots) + 0.5) / knots)
    return stationary_chain(quantiles, UNITS[neighbours], neighbours).weights


@plotting.style()
def draw(chains, exponents):
    """Draw the densities of some chains and the exponents of all."""
    figure = plotting.figure(9.6, 4.0)
    left, right = figure.subplots(1, 2)
    for n in SHOWN:
        if n in chains:
            name = "no neighbours" if n == 0 else f"$n$ = {n}"
            plot_rings.magnification(chains[n], density, label=name, ax=left)
    left.set_title("units follow the data, but less than in proportion")
    theory = np.arange(max(exponents) + 1)
    plotting.axes(right)
    right.axhline(2 / 3, color=plotting.INK, linewidth=0.8, linestyle=":")
    right.text(0, 0.672, "2/3", va="bottom", fontsize=plotting.SMALL)
    right.plot(theory, magnification_exponent(theory), color=plotting.OUTLINE, linewidth=2.5, label="Ritter 1991")
    right.plot(list(exponents), list(exponents.values()), "o", markersize=5, label="batch rule at rest")
    right.set(xlabel="neighbours to either side, $n$", ylabel="exponent $a$ of $P^a$", ylim=(0.3, 0.72))
    right.set_title("exponent of the density")
    right.legend(loc="lower right")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: n = 0 to 8."""
    used = SHOWN[:2] if fast else tuple(UNITS)
    chains = {n: chain(n) for n in used}
    exponents = {n: fitted_exponent(weights, density) for n, weights in chains.items()}
    claims = []
    for n in used:
        theory = magnification_exponent(n)
        width = 0.002  # an order below what a chain at rest on 100,000 samples misses
        said, formula = f"Exponent with {n} neighbours to either side", f"{theory:.4f}: Ritter's formula"
        claims.append(Claim(said, formula, exponents[n], theory - width, theory + width, source_read=False))
    return draw(chains, exponents), claims


if __name__ == "__main__":
    show(__file__, *main())
