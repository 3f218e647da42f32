"""Novikoff's bound: a perceptron makes at most (R/gamma)^2 mistakes.

R is the length of the longest example and gamma the largest margin, found by least distance programming. 1000 random
separable sets in 2 to 50 dimensions are learned until no mistake is left; none comes above the bound, and most stay far
below it. Unit vectors reach it: each says nothing of the others, so that n of them cost n mistakes.

A. B. J. Novikoff, "On convergence proofs on perceptrons", Symposium on the Mathematical Theory of Automata 12:615-622
(1962). The paper was not at hand: the theorem is quoted from memory; its proof is two lines.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.perceptron import Perceptron
from neurosim.perceptron.separability import novikoff_bound, novikoff_worst_case

MOST_EPOCHS, LARGEST = 100_000, 1e6


def mistakes(x, y, seed):
    """Return the mistakes until the set is learned, or NaN if it is not."""
    model = Perceptron(fit_intercept=False, epochs=MOST_EPOCHS, random_state=seed).fit(x, y)
    return float(model.mistakes_.sum()) if model.mistakes_[-1].sum() == 0 else np.nan


def random_sets(count, seed):
    """Yield separable sets: a random teacher, points at least a random distance from its hyperplane."""
    rng = np.random.default_rng(seed)
    while count:
        n, points = rng.integers(2, 51), rng.integers(5, 201)
        teacher = rng.normal(size=n)
        x = rng.normal(size=(points, n))
        field = x @ teacher / np.linalg.norm(teacher)
        kept = np.abs(field) > rng.uniform(0, 1)
        x, y = x[kept], np.sign(field[kept])
        if len(np.unique(y)) == 2 and novikoff_bound(x, y) < LARGEST:
            count -= 1
            yield x, y


@plotting.style()
def draw(bounds, made, worst):
    """Draw mistakes against the bound, and the line that they do not cross."""
    figure = plotting.figure(5.0, 4.0)
    ax = figure.add_subplot()
    limits = np.array([0.8, 1.3 * max(bounds.max(), worst.max())])
    ax.plot(limits, limits, color=plotting.INK, linewidth=1.0, label="bound")
    ax.plot(bounds, made, ".", markersize=4, alpha=0.6, label=f"{len(bounds)} random sets")
    ax.plot(worst, worst, "D", markersize=5, label="unit vectors")
    ax.set(xscale="log", yscale="log", xlim=limits, ylim=(0.8, 1.3 * max(made.max(), worst.max())))
    ax.set(xlabel="bound, $(R / γ)^2$", ylabel="mistakes until all are right")
    ax.legend(loc="upper left")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 1000 random sets, and unit vectors in 1 to 200 dimensions."""
    sets = list(random_sets(30 if fast else 1000, 1))
    bounds = np.array([novikoff_bound(x, y) for x, y in sets])
    made = np.array([mistakes(x, y, seed) for seed, (x, y) in enumerate(sets)])
    sizes, worst = np.array([2, 5, 10, 20, 50, 100, 200]), []
    for n in sizes:
        x, y = novikoff_worst_case(int(n))
        sides = np.where(np.arange(n) % 2, 1, -1)  # -x with the label -1 is the same example as x with 1
        worst.append(mistakes(x * sides[:, None], y * sides, 0))
    above, endless = int((made > bounds).sum()), int(np.isnan(made).sum())
    gap, memory = float(np.abs(worst - sizes).max()), {"source_read": False}
    return draw(bounds, made, np.array(worst)), [
        Claim(
            f"Of {len(sets)} random sets, with more mistakes than the bound",
            "0 (from memory)",
            above,
            at_most=0,
            **memory,
        ),
        Claim("Random sets not learned", "0 (from memory)", endless, at_most=0, **memory),
        Claim("Unit vectors: largest difference of mistakes and n", "0: computed by hand", gap, at_most=0),
    ]


if __name__ == "__main__":
    show(__file__, *main())
