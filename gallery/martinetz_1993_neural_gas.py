"""The neural gas quantises clusters better than k-means and Kohonen's map.

Fifteen equal squares lie apart in the plane, and 60 units are to represent samples that are drawn evenly from them. The
best that can be done is known: four units in each square, at the centres of its quarters. T. M. Martinetz, S. G.
Berkovich, K. J. Schulten, "'Neural-gas' network for vector quantization and its application to time-series prediction",
IEEE Transactions on Neural Networks 4:558-569 (1993), compare by how much more than that minimum a rule leaves after so
many samples. All three rules here are online, start from random samples, and have learning rates that fall
geometrically from 0.5 to 0.005. In the neural gas the range falls from 10 ranks to 0.01; k-means is the same program
with a range of 0.01 throughout; the map has 6 x 10 units and a sigma that falls from 5 steps to 0.01.

Of the paper its abstract was read: the rule "exhibits good performance in reaching the optimum, or at least coming
close". The task and its settings are from memory, and where the squares lie is drawn anew for every run. The graph of
the units comes from T. Martinetz, K. Schulten, "Topology representing networks", Neural Networks 7:507-522 (1994),
which was not at hand.
"""

import numpy as np
from matplotlib.figure import Figure
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.som import SOM
from neurosim.som.neural_gas import NeuralGas
from neurosim.som.plot import data_space
from neurosim.som.plot_gas import gas_in_data_space

CLUSTERS, UNITS, SIDE, CELLS, RIM = 15, 60, 0.1, 4, 0.03
STEPS = (1000, 2000, 4000, 10_000, 20_000, 40_000, 100_000)
LEAST = (SIDE / 2) ** 2 / 6  # mean squared distance from the centre of a quarter, the best of all
RATES = (0.5, 0.005)
RULES = ("neural gas", "k-means", "Kohonen's map")


def squares(rng):
    """Return the lower left corners of the squares: each anywhere in its cell of a 4 x 4 chessboard, but for a rim."""
    cells = rng.permutation(CELLS**2)[:CLUSTERS]
    corner = np.stack([cells % CELLS, cells // CELLS], axis=1) / CELLS
    return corner + RIM + rng.uniform(size=(CLUSTERS, 2)) * (1 / CELLS - SIDE - 2 * RIM)


def draw_samples(rng, corners, n):
    """Draw samples evenly from the squares; return them and the numbers of their squares."""
    square = rng.integers(CLUSTERS, size=n)
    return corners[square] + SIDE * rng.uniform(size=(n, 2)), square


def model(rule, steps, seed):
    """Return the untrained model of a rule."""
    if rule == "Kohonen's map":
        shared = {"learning_rate": RATES, "learning_rate_decay": "exponential", "init": "sample", "random_state": seed}
        return SOM((6, 10), algorithm="online", steps=steps, sigma=(5, 0.01), **shared)
    ranges = (10, 0.01) if rule == "neural gas" else (0.01, 0.01)
    return NeuralGas(
        UNITS, algorithm="online", steps=steps, neighbourhood_range=ranges, learning_rate=RATES, random_state=seed
    )


def run(rule, steps, seed):
    """Train on fresh samples; return the model, the samples, what it leaves, and how many units each square has."""
    rng = np.random.default_rng(seed)
    corners = squares(rng)
    x, _ = draw_samples(rng, corners, steps)
    fitted = model(rule, steps, seed).fit(x)
    test, _ = draw_samples(rng, corners, 40_000)
    error = np.mean(KDTree(fitted.weights_).query(test)[0] ** 2)
    units = (np.abs(fitted.weights_[:, None] - corners - SIDE / 2) <= SIDE / 2).all(2).sum(0)
    return fitted, x, error / LEAST - 1, units


@plotting.style()
def draw(errors, shown, seeds):
    """Draw one run of each rule, and the errors over the number of samples."""
    figure = plotting.figure(7.4, 7.2)
    *nets, curve = figure.subplots(2, 2).flat
    for rule, ax in zip(RULES, nets, strict=True):
        fitted, x, error, _ = run(rule, shown, 0)
        net = data_space if rule == "Kohonen's map" else gas_in_data_space
        net(fitted, x[:4000], names=("$x_1$", "$x_2$"), ax=ax)
        ax.set(xlim=(0, 1), ylim=(0, 1), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
        ax.set_title(f"{rule}: {100 * error:.0f} % above the least error")
        ax.spines[:].set_visible(True)
    for rule, marker in zip(RULES, "os^", strict=True):
        steps, values = np.array(list(errors[rule])), 100 * np.array(list(errors[rule].values()))
        curve.errorbar(
            steps, values.mean(1), values.std(1), marker=marker, markersize=4, linewidth=1.2, capsize=2, label=rule
        )
    curve.set(xscale="log", xlabel="samples shown", ylabel="error above the least (%)", ylim=(0, None))
    curve.set_title(f"mean and spread of {seeds} runs")
    curve.legend()
    curve.set_box_aspect(1)
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 20 runs of every rule for every number of samples."""
    seeds, numbers, last = (2, (1000, 4000), 4000) if fast else (20, STEPS, 40_000)
    runs = {rule: {steps: [run(rule, steps, seed) for seed in range(seeds)] for steps in numbers} for rule in RULES}
    errors = {rule: {steps: [r[2] for r in found] for steps, found in runs[rule].items()} for rule in RULES}
    mean = {rule: float(np.mean(errors[rule][last])) for rule in RULES}
    full = {rule: float(np.mean([r[3] == UNITS // CLUSTERS for r in runs[rule][last]])) for rule in RULES}
    parts = [connected_components(r[0].graph())[0] for r in runs["neural gas"][last]]
    after = f"after {last} samples, mean of {seeds} runs"
    reaches = "close to the optimum (abstract)"
    better = "> 1: the comparison as remembered"
    return draw(errors, last, seeds), [
        Claim(
            f"The neural gas comes near the least error: share above it {after}", reaches, mean[RULES[0]], at_most=0.12
        ),
        Claim(
            f"k-means stays further away: its share over that of the neural gas {after}",
            better,
            mean["k-means"] / mean["neural gas"],
            at_least=4,
            source_read=False,
        ),
        Claim(
            f"So does Kohonen's map: its share over that of the neural gas {after}",
            better,
            mean["Kohonen's map"] / mean["neural gas"],
            at_least=4,
            source_read=False,
        ),
        Claim(
            f"The neural gas puts four units into most squares: share of the squares {after}",
            "1: at the least error",
            full["neural gas"],
            at_least=0.65,
        ),
        Claim(
            f"k-means does so in few: share of the squares {after}",
            "1: at the least error",
            full["k-means"],
            at_most=0.3,
        ),
        Claim(
            f"The edges keep the squares apart: connected parts of the graph {after}",
            "15: squares; a unit that is never among the two nearest is a part of its own",
            float(np.mean(parts)),
            at_least=14.5,
            at_most=16,
            source_read=False,
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
