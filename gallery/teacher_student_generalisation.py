"""Teacher and student: how fast rules learn from examples, simulated and in theory.

A teacher perceptron labels P = alpha N random points; a student learns them, and errs on a new point with probability
arccos(R) / pi, R the cosine between the two weight vectors. Hebb's rule and a perceptron that sees every example once
keep making errors on the examples and fall slowly. Students without such errors fall as 1/alpha; among them the largest
margin is almost as good as the majority of all of them (Bayes), which nothing can beat.

No figure of a paper is drawn again. The curves are the solutions for N to infinity that the documentation of
`neurosim.perceptron.generalisation` gives; E. Gardner's method led to them in the years about 1990, and the constants
of their tails are quoted from memory.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.perceptron.generalisation import THEORIES, generalisation_error, simulate_generalisation
from neurosim.perceptron.plot import learning_curve

NAMES = {
    "hebb": "Hebb",
    "online_perceptron": "perceptron, each example once",
    "gibbs": "any student without errors (Gibbs)",
    "perceptron": "perceptron until it makes no error",
    "maximal_stability": "largest margin",
    "bayes": "majority of them (Bayes)",
}
DIMENSIONS = {"hebb": 500, "online_perceptron": 500, "perceptron": 200, "maximal_stability": 100}
BESIDE = {"perceptron": 0.7}  # other loads, so that its points do not lie on those of the largest margin
MARKERS = {"hebb": "o", "online_perceptron": "s", "perceptron": "^", "maximal_stability": "D"}


@plotting.style()
def draw(measured, fine):
    """Draw the error against the load, linear and with logarithmic scales."""
    figure = plotting.figure(9.4, 3.7)
    axes = figure.subplots(1, 2)
    for ax in axes:
        for colour, (rule, name) in zip(plotting.COLOURS, NAMES.items(), strict=False):
            theory = generalisation_error(rule, fine) if rule in THEORIES else None
            points = measured.get(rule)
            learning_curve(
                (fine, [m.load for m in points or ()]),
                theory,
                None if points is None else [m.mean for m in points],
                None if points is None else [2 * m.standard_error for m in points],
                label=name,
                colour=colour,
                marker=MARKERS.get(rule, "o"),
                ax=ax,
            )
    axes[0].set(xlim=(0, 8.2), ylim=(0, 0.5), title="lines: theory; points: simulation, ± 2 standard errors")
    axes[0].get_legend().remove()
    axes[1].set(xscale="log", yscale="log", title="the same, logarithmic")
    axes[1].legend(loc="lower left", fontsize=7)
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 20 students for each point."""
    loads = np.array([0.5, 4.0]) if fast else np.array([0.2, 0.5, 1.0, 2.0, 4.0, 8.0])
    shrink, trials = (5, 3) if fast else (1, 20)
    measured = {
        rule: [
            simulate_generalisation(rule, n // shrink, load * BESIDE.get(rule, 1), trials, random_state=i)
            for i, load in enumerate(loads)
        ]
        for rule, n in DIMENSIONS.items()
    }
    claims = []
    for rule, bar in (("hebb", 0.005), ("online_perceptron", 0.005), ("maximal_stability", 0.01)):
        theory = generalisation_error(rule, loads)
        gap = float(np.abs([m.mean - t for m, t in zip(measured[rule], theory, strict=True)]).max())
        said = f"Largest difference of simulation and theory, {NAMES[rule]}, N = {DIMENSIONS[rule] // shrink}"
        claims.append(Claim(said, "0 for N to infinity: computed", gap, at_most=bar))
    for rule, constant in (("maximal_stability", 0.50), ("gibbs", 0.625), ("bayes", 0.442)):
        tail = float(1000 * generalisation_error(rule, 1000.0))
        said = f"Error times load at a load of 1000, {NAMES[rule]}"
        bounds = (constant - 0.003, constant + 0.003)
        claims.append(Claim(said, f"{constant:g} (from memory)", tail, *bounds, source_read=False))
    return draw(measured, np.geomspace(0.02, 40, 120)), claims


if __name__ == "__main__":
    show(__file__, *main())
