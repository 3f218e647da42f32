"""The gamble that solves XOR: a random layer of A-units before a perceptron.

No line parts XOR, so a perceptron on the two inputs fails. Rosenblatt's elementary perceptron puts units with random
wiring and random thresholds in between, which never learn. Whether the classes can then be parted by a plane depends
on which units were drawn: with two it is rare, with twenty almost sure. For XOR the probability is computed exactly,
for parity of three and four inputs the layers are counted. The same layer with 5 excitatory and 4 inhibitory
connections a unit reads handwritten digits, the better the wider it is.

F. Rosenblatt, "Principles of Neurodynamics" (1962), for the machine, from memory; its A-units are those of "The
perceptron: a probabilistic model for information storage and organization in the brain", Psychological Review
65:386-408 (1958). Neither is quoted for a number: ours are compared with the exact probability, or with a perceptron
that sees the inputs themselves. Data: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
Learning Repository (1998).
"""

from itertools import product

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import binom

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.datasets import load_digits
from neurosim.perceptron import ElementaryPerceptron, Perceptron
from neurosim.perceptron.separability import is_separable

X, Y = 5, 4  # excitatory and inhibitory connections
SIZES = {
    2: (1, 2, 3, 4, 6, 8, 12, 20),
    3: (4, 6, 8, 10, 12, 16, 24, 40),
    4: (8, 12, 16, 20, 24, 28, 36, 50, 80),
}


def parity(n):
    """Return the corners of the n-cube and whether an odd number of inputs is 1."""
    corners = np.array(list(product([0.0, 1.0], repeat=n)))
    return corners, corners.sum(1) % 2


def unit_probabilities(x, y):
    """Return the probability of each function of two inputs that a random A-unit computes.

    A function and its opposite count as one: the weight's sign and the bias make them equal. The rows of the first
    array are the functions on the corners 00, 01, 10, 11.
    """
    corners, probabilities = parity(2)[0], {}
    for e, i in product(range(x + 1), range(y + 1)):  # connections from the first input
        sums = corners @ (e - i, (x - e) - (y - i))
        thresholds = np.arange(sums.min() + 1, sums.max() + 1) if np.ptp(sums) else sums[:1]
        for threshold in thresholds:
            active = tuple(sums >= threshold)
            function = min(active, tuple(not a for a in active))
            share = binom.pmf(e, x, 0.5) * binom.pmf(i, y, 0.5) / len(thresholds)
            probabilities[function] = probabilities.get(function, 0.0) + share
    return np.array(list(probabilities), float), np.array(list(probabilities.values()))


def xor_probability(sizes, x=X, y=Y):
    """Return the exact probability that so many random A-units let a plane part XOR, one for each size.

    What counts is which functions were drawn at least once. That exactly the functions in T are drawn in N draws has
    the probability sum over S in T of (-1)^(|T| - |S|) (p of a draw from S)^N.
    """
    functions, p = unit_probabilities(x, y)
    subsets = np.array(list(product([False, True], repeat=len(p))))
    target = parity(2)[1]
    solves = np.array([is_separable(functions[s].T, target, fit_intercept=True) if s.any() else False for s in subsets])
    solved = np.zeros(len(sizes))
    for drawn in subsets[solves]:
        for inside in subsets[(subsets <= drawn).all(1)]:
            solved += (-1.0) ** (drawn.sum() - inside.sum()) * p[inside].sum() ** np.array(sizes)
    return solved


def solvable(n, n_units, seeds, **wiring):
    """Return the share of random layers behind which a plane parts parity of n."""
    corners, odd = parity(n)
    layers = (
        ElementaryPerceptron(n_units, epochs=1, random_state=seed, **wiring).fit(corners, odd) for seed in range(seeds)
    )
    return np.mean([is_separable(layer.transform(corners), odd, fit_intercept=True) for layer in layers])


def trained(n_units, seed):
    """Return a machine that was trained on XOR, and on how many of the four corners it is right."""
    corners, odd = parity(2)
    model = ElementaryPerceptron(n_units, epochs=300, random_state=seed).fit(corners, odd)
    return model, round(4 * model.score(corners, odd))


def digit_accuracy(sizes, seeds):
    """Return the share of unseen digits that machines of each size read, (sizes, seeds), and a perceptron, (seeds,)."""
    digits = load_digits()
    x, y, x_new, y_new = digits.data[:1200], digits.target[:1200], digits.data[1200:], digits.target[1200:]
    read = [
        [ElementaryPerceptron(n, epochs=30, random_state=seed).fit(x, y).score(x_new, y_new) for seed in range(seeds)]
        for n in sizes
    ]
    plain = [Perceptron(epochs=30, random_state=seed).fit(x, y).score(x_new, y_new) for seed in range(seeds)]
    return np.array(read), np.array(plain)


def draw_shares(ax, shares, seeds):
    """Draw the share of layers that solve parity, and the exact probability for XOR."""
    sizes = np.arange(1, 31)
    ax.plot(sizes, xor_probability(sizes), color=plotting.COLOURS[0], label="XOR, exact")
    for (n, solved), marker, colour in zip(shares.items(), "os^", plotting.COLOURS, strict=False):
        error = np.sqrt(np.clip(solved * (1 - solved), 0, None) / seeds)
        name = "XOR" if n == 2 else f"parity of {n}"
        line = "none" if n == 2 else ":"
        ax.errorbar(
            SIZES[n][: len(solved)],
            solved,
            error,
            marker=marker,
            markersize=4,
            linestyle=line,
            color=colour,
            label=name,
        )
    ax.set_xscale("log")
    ax.set_xticks([1, 2, 5, 10, 20, 50], labels=["1", "2", "5", "10", "20", "50"])
    ax.minorticks_off()
    ax.set(
        xlabel="A-units, $N_A$",
        ylabel=f"share of {seeds} random layers",
        ylim=(-0.02, 1.04),
        title="layers that solve the problem",
    )
    ax.legend(loc="upper left")


def draw_digits(ax, sizes, read, plain):
    """Draw the share of unseen digits that are read against the number of A-units."""
    ax.errorbar(sizes, 100 * read.mean(1), 100 * read.std(1), fmt="o-", markersize=4, label="elementary perceptron")
    ax.axhline(100 * plain.mean(), color=plotting.COLOURS[1], linestyle="--", label="perceptron on the pixels")
    ax.set_xscale("log")
    ax.set_xticks(sizes, labels=[str(n) for n in sizes])
    ax.minorticks_off()
    ax.set(
        xlabel="A-units, $N_A$",
        ylabel="unseen digits read (%)",
        title=f"handwritten digits (mean and s.d. of {read.shape[1]})",
    )
    ax.legend(loc="lower right")


def draw_regions(ax, model, title):
    """Draw the answers of a machine on the plane of the two inputs, and where its units switch."""
    line = np.linspace(-0.3, 1.3, 401)
    plane = np.array(np.meshgrid(line, line)).reshape(2, -1).T
    answers = model.predict(plane).reshape(401, 401)
    colours = (plotting.COLOURS[4], plotting.COLOURS[3])
    ax.contourf(line, line, answers, levels=[-0.5, 0.5, 1.5], colors=colours, alpha=0.45)
    for origins, threshold in zip(model.origins_, model.thresholds_, strict=True):
        a, b = (model.signs_[origins == f].sum() for f in (0, 1))
        ax.contour(
            line, line, a * line + b * line[:, None], [threshold], colors="#777777", linewidths=0.7, linestyles="solid"
        )
    corners, odd = parity(2)
    for value, marker in ((0, "o"), (1, "s")):
        ax.plot(
            *corners[odd == value].T, marker, color=plotting.COLOURS[value], markeredgecolor="k", label=f"XOR = {value}"
        )
    ax.set(xlabel="$x_1$", ylabel="$x_2$", xticks=(0, 1), yticks=(0, 1), title=title)
    ax.set_aspect("equal")
    ax.spines[:].set_visible(True)


@plotting.style()
def draw(shares, seeds, gambles, sizes, read, plain):
    """Draw the shares of solved problems, the digits, a lost and a won gamble."""
    figure = plotting.figure(8.6, 6.6)
    parts = figure.subplot_mosaic([["shares", "lost"], ["digits", "won"]], width_ratios=(1.5, 1))
    draw_shares(parts["shares"], shares, seeds)
    draw_digits(parts["digits"], sizes, read, plain)
    for name in ("lost", "won"):
        model = gambles[name]
        draw_regions(parts[name], model, f"{len(model.origins_)} A-units: {name}")
    parts["lost"].legend(loc="center", fontsize=plotting.SMALL, frameon=True, framealpha=0.85)
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 400 layers for each point, 1000 machines for the trained XOR."""
    seeds, runs, sizes = (10, 20, (30, 100)) if fast else (400, 1000, (10, 30, 100, 300, 1000, 3000))
    shares = {n: np.array([solvable(n, n_units, seeds) for n_units in SIZES[n]]) for n in SIZES}
    machines = [trained(6, seed) for seed in range(runs)]
    right = np.array([corners for _, corners in machines])
    gambles = {"lost": machines[int(np.argmax(right == 3))][0], "won": machines[int(np.argmax(right == 4))][0]}
    read, plain = digit_accuracy(sizes, 2 if fast else 5)
    figure = draw(shares, seeds, gambles, sizes, read, plain)
    alike = solvable(3, 40, seeds // 4, excitatory=4, inhibitory=4)
    rows = claims_on_parity(shares, seeds, (right == 4).mean(), runs, alike)
    gain = read[-1].mean() - plain.mean()
    said = f"Digits: share read by {sizes[-1]} A-units less that of a perceptron on the pixels"
    return figure, [*rows, Claim(said, "> 0: our perceptron", gain, at_least=0.01)]


def claims_on_parity(shares, seeds, learned, runs, alike):
    """Return the claims on XOR and parity."""
    exact = dict(zip(SIZES[2], xor_probability(SIZES[2]), strict=True))
    error = 4 * np.sqrt(exact[6] * (1 - exact[6]) / runs)
    off = np.abs(shares[2] - list(exact.values())).max()
    return [
        Claim(
            f"Share of {runs} machines with 6 A-units that learn XOR",
            f"{exact[6]:.4f}: exact probability",
            learned,
            at_least=round(exact[6] - error, 3),
            at_most=round(exact[6] + error, 3),
        ),
        Claim(
            f"Largest distance of {seeds} layers from the exact probability, {len(exact)} sizes",
            "0: exact probability",
            off,
            at_most=round(4.5 * np.sqrt(0.25 / seeds), 3),
        ),
        Claim("Exact probability that 20 A-units solve XOR", "1 in the limit", exact[20], at_least=0.999),
        *(
            Claim(
                f"Share of {seeds} layers of {SIZES[n][-1]} that solve parity of {n}",
                "1 in the limit",
                shares[n][-1],
                at_least=0.98,
            )
            for n in (3, 4)
        ),
        Claim(
            "Share that solve parity of 3 if as many connections inhibit as excite",
            "0: all lit and all dark look alike",
            alike,
            at_most=0.0,
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
