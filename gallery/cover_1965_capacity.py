"""Cover's count: 2 N random points are separable in half of all labellings.

P normally distributed points in N dimensions get random labels. A hyperplane through the origin parts the classes with
probability C(P, N) / 2^P, where C(P, N) = 2 sum_{k<N} binomial(P-1, k). The larger N, the steeper is the fall at
P = 2N, the capacity of a threshold unit. With a bias the unit has one dimension more.

T. M. Cover, "Geometrical and statistical properties of systems of linear inequalities with applications in pattern
recognition", IEEE Transactions on Electronic Computers 14:326-334 (1965). The paper was not at hand: its formula is
quoted from memory, and the measured shares are compared with values computed from it.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.perceptron.capacity import cover_count, cover_probability, separability_curve
from neurosim.perceptron.plot import learning_curve

MARKERS = {5: "s", 20: "o", 100: "D"}


@plotting.style()
def draw(curves):
    """Draw shares against P/N, a line and points for every N."""
    figure = plotting.figure(5.6, 3.6)
    ax = figure.add_subplot()
    for colour, (n, curve) in zip(plotting.COLOURS, curves.items(), strict=False):
        fine = np.arange(1, 4 * n + 1)
        spread = 2 * np.sqrt(curve.expected * (1 - curve.expected) / curve.draws)
        learning_curve(
            (fine / n, curve.points / n),
            cover_probability(fine, n),
            curve.separable,
            spread,
            label=f"N = {n}",
            colour=colour,
            marker=MARKERS[n],
            names=("points per dimension, $P / N$", "separable (share of random labellings)"),
            ax=ax,
        )
    ax.axvline(2, color=plotting.INK, linewidth=0.8, linestyle=":")
    ax.text(2.04, 0.97, "$P = 2N$", fontsize=plotting.SMALL)
    ax.set(xlim=(0, 4), ylim=(0, 1.03), title="lines: Cover's count; points: random sets, ± 2 standard errors")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 4,000 sets of 20 dimensions for each number of points."""
    draws = 60 if fast else 4000
    tested = separability_curve(20, [30, 40, 50], draws, random_state=1)
    biased = separability_curve(20, 40, draws, fit_intercept=True, random_state=2)
    steps = np.array([0.8, 1.2, 1.4, 1.6, 1.8, 2.0, 2.2, 2.4, 2.6, 3.0, 3.6])
    several = {5: draws // 2, 20: draws // 2, 100: draws // 10}
    curves = {
        n: separability_curve(n, np.round(steps * n).astype(int), count, random_state=n) for n, count in several.items()
    }
    said = f"Separable share of {draws} random sets in 20 dimensions"
    bars = ((30, 0.969, 0.012), (40, 0.5, 0.03), (50, 0.076, 0.017))
    claims = [
        Claim(f"{said}, P = {p}", f"{value}: C({p}, 20) / 2^{p}, computed", share, value - bar, value + bar)
        for (p, value, bar), share in zip(bars, tested.separable.tolist(), strict=True)
    ]
    value = f"{cover_probability(40, 21):.3f}: C(40, 21) / 2^40, computed"
    half = cover_count(40, 20) / 2**40
    return draw(curves), [
        *claims,
        Claim(f"{said}, P = 40, with a bias", value, float(biased.separable[0]), 0.595, 0.655),
        Claim("C(2N, N) / 2^(2N), exactly, N = 20", "1/2 (from memory)", half, 0.5, 0.5, source_read=False),
    ]


if __name__ == "__main__":
    show(__file__, *main())
