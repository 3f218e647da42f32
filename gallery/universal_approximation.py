"""One hidden layer is enough: with ever more units a network comes as near to a function as one likes.

Two steep sigmoids, one subtracted from the other, make a bump; a row of bumps is a staircase under any continuous
function, and the finer the steps the nearer it comes. Rectified units draw a polygon through points of the function
instead. Both are written down without learning, and their largest errors shrink as theory says: like the steps, or for
a smooth function like the square of the steps. Learned networks do more with few units, as they put the steps where
they are needed, but gradient descent profits less and less from more of them, where the bounds go on. Linear units stay
where the best straight line is, however many there are.

G. Cybenko, "Approximation by superpositions of a sigmoidal function", Mathematics of Control, Signals and Systems
2:303-314 (1989); K. Hornik, M. Stinchcombe, H. White, "Multilayer feedforward networks are universal approximators",
Neural Networks 2:359-366 (1989). The theorems say that such weights exist; the bounds here are those of the two
constructions.
"""

import numpy as np
from matplotlib.figure import Figure
from scipy.special import logit

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.cnn import Adam, Dense, Schedule, Sequential, SquaredError, train

GRID = np.linspace(0.0, 1.0, 2001)[:, None]
FUNCTIONS = {
    "$\\sin 2πx$": lambda x: np.sin(2 * np.pi * x),
    "$\\sqrt{x}$": np.sqrt,
    "a kink and a step-like rise": lambda x: np.abs(x - 0.3) + np.tanh(30 * (x - 0.7)) / 2,
}
SINE = FUNCTIONS["$\\sin 2πx$"]
NAMES = {"sigmoid": "sigmoid", "relu": "ReLU"}
STEEPNESS = {"sigmoid": 20.0, "relu": 4.0, None: 1.0}  # of the units before they learn


def filled(activation, slopes, knots, heights, base):
    """Return a network with the output base + sum of heights times f(slope (x - knot))."""
    layers = [Dense(len(slopes), activation=activation), Dense(1)]
    net = Sequential(layers, 1, dtype="float64", random_state=0)
    weights = ([slopes], -slopes * knots, heights[:, None], [base])
    for parameter, values in zip(net.parameters.values(), weights, strict=True):
        parameter[:] = values
    return net


def staircase(function, units, leak=1e-3):
    """Return a network whose sigmoids climb from each value of the function to the next, half-way between the points.

    At the neighbouring points a sigmoid is within `leak` of 0 and 1.
    """
    points = np.linspace(0.0, 1.0, units + 1)
    values = function(points)
    slopes = np.full(units, 2 * units * logit(1 - leak))
    return filled("sigmoid", slopes, (points[1:] + points[:-1]) / 2, np.diff(values), values[0])


def polygon(function, units):
    """Return a network whose rectified units change the slope at equally spaced points of the function."""
    points = np.linspace(0.0, 1.0, units + 1)
    slope = np.diff(function(points)) * units
    heights = np.diff(slope, prepend=0.0)
    return filled("relu", np.ones(units), points[:-1], heights, function(0.0))


def learned(function, units, activation, seed, epochs):
    """Return a network that was trained on 200 points; its units start spread over the interval."""
    rng = np.random.default_rng(seed)
    slopes = rng.choice([-1.0, 1.0], units) * STEEPNESS[activation]
    knots = (np.arange(units) + rng.random(units)) / units
    net = filled(activation, slopes, knots, rng.uniform(-1, 1, units) / units**0.5, 0.0)
    x = np.linspace(0.0, 1.0, 200)[:, None]
    optimiser = Adam(Schedule("cosine", 0.05))
    settings = {"loss": SquaredError(), "optimiser": optimiser, "batch_size": "full", "shuffle": False}
    train(net, x, function(x), epochs=epochs, random_state=seed, **settings)
    return net


def worst(net, function):
    """Return the largest error on 2001 points."""
    return float(np.abs(net.forward(GRID) - function(GRID)).max())


def line_error(function):
    """Return the largest error of the straight line of least squares."""
    x, y = GRID[:, 0], function(GRID[:, 0])
    return np.abs(np.polyval(np.polyfit(x, y, 1), x) - y).max()


def measure(sizes, seeds, epochs):
    """Return {function: {kind: largest errors by size}}; of learned networks the median of the seeds."""
    table = {}
    for name, function in FUNCTIONS.items():
        rows = table[name] = {
            "sigmoid, built": [worst(staircase(function, n), function) for n in sizes],
            "ReLU, built": [worst(polygon(function, n), function) for n in sizes],
        }
        for activation, said in NAMES.items():
            rows[f"{said}, learned"] = [
                np.median([worst(learned(function, n, activation, s, epochs), function) for s in range(seeds)])
                for n in sizes
            ]
        linear = [worst(learned(function, n, None, 0, epochs), function) for n in sizes]
        rows["linear units, learned"] = linear
    return table


def draw_bump(ax):
    """Draw two sigmoids and their difference."""
    up = filled("sigmoid", np.full(1, 60.0), np.full(1, 0.35), np.ones(1), 0.0)
    down = filled("sigmoid", np.full(1, 60.0), np.full(1, 0.65), -np.ones(1), 0.0)
    bump = filled("sigmoid", np.full(2, 60.0), np.array([0.35, 0.65]), np.array([1.0, -1.0]), 0.0)
    for net, style, colour, name in (
        (up, "--", plotting.COLOURS[0], "up"),
        (down, "--", plotting.COLOURS[1], "down"),
        (bump, "-", "black", "their sum"),
    ):
        ax.plot(GRID[:, 0], net.forward(GRID)[:, 0], style, color=colour, label=name)
    ax.set(xlabel="$x$", ylabel="output", ylim=(-1.15, 1.5), title="two sigmoids make a bump")
    ax.legend(loc="upper left", ncols=3, columnspacing=1, handlelength=1.5)


def draw_staircase(ax, units=12):
    """Draw the staircase for the sine, and the bumps that it is the sum of."""
    net = staircase(SINE, units)
    x, values = GRID[:, 0], SINE(np.linspace(0, 1, units + 1))
    edges = np.concatenate([[-1.0], (np.arange(units) + 0.5) / units, [2.0]])
    for left, right, height in zip(edges, edges[1:], values, strict=False):
        ax.fill_between(x, 0, height * ((x >= left) & (x < right)), color=plotting.COLOURS[4], alpha=0.35, linewidth=0)
    ax.plot(x, SINE(x), color="black", linewidth=1, label="$\\sin 2πx$")
    ax.plot(x, net.forward(GRID)[:, 0], color=plotting.COLOURS[0], label=f"{units} sigmoids")
    ax.set(xlabel="$x$", ylabel="output", ylim=(-1.2, 1.5), title="bumps side by side: a staircase")
    ax.legend(loc="upper right")


def draw_learned(ax, epochs, units=4):
    """Draw what few learned units make of the sine."""
    ax.plot(GRID[:, 0], SINE(GRID[:, 0]), color="black", linewidth=1, label="$\\sin 2πx$")
    for (activation, said), colour in zip(NAMES.items(), plotting.COLOURS, strict=False):
        nets = [learned(SINE, units, activation, seed, epochs) for seed in range(3)]
        net = min(nets, key=lambda net: worst(net, SINE))
        ax.plot(GRID[:, 0], net.forward(GRID)[:, 0], color=colour, label=f"{units} {said}, learned")
    ax.set(xlabel="$x$", ylabel="output", ylim=(-1.2, 1.5), title="few learned units")
    ax.legend(loc="upper right")


def draw_errors(ax, name, rows, sizes):
    """Draw the largest error against the number of hidden units."""
    looks = {"sigmoid": plotting.COLOURS[0], "ReLU": plotting.COLOURS[1], "linear": "#777777"}
    for kind, errors in rows.items():
        colour = looks[kind.split(",")[0].split()[0]]
        built = kind.endswith("built")
        style = {"linestyle": "--" if built else "-", "marker": "s" if built else "o", "markersize": 3.5}
        if kind.startswith("linear"):
            style = {"linestyle": ":", "marker": ""}
        ax.plot(sizes, errors, color=colour, label=kind, markerfacecolor="white" if built else colour, **style)
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    ax.set_xticks(sizes, labels=[str(size) for size in sizes])
    ax.minorticks_off()
    ax.set(xlabel="hidden units", ylabel="largest error in [0, 1]", title=name, ylim=(1e-4, 2))


@plotting.style()
def draw(table, sizes, epochs):
    """Draw the bump, the staircase, few learned units, and the errors for three functions."""
    figure = plotting.figure(9.8, 6.4)
    parts = figure.subplots(2, 3)
    draw_bump(parts[0, 0])
    draw_staircase(parts[0, 1])
    draw_learned(parts[0, 2], epochs)
    for ax, (name, rows) in zip(parts[1], table.items(), strict=True):
        draw_errors(ax, name, rows, sizes)
    parts[1, 0].legend(loc="lower left", fontsize=7)
    return figure


def order(sizes, errors):
    """Return the power of the number of units by which the error falls, a straight line through the logarithms."""
    return -np.polyfit(np.log(sizes), np.log(errors), 1)[0]


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims."""
    sizes, seeds, epochs = ((2, 4, 8), 1, 50) if fast else ((1, 2, 4, 8, 16, 32, 64), 3, 4000)
    table = measure(sizes, seeds, epochs)
    sine, root, _ = table.values()
    large = np.array(sizes) >= 4
    many = np.array(sizes)[large]
    bound = (2 * np.pi) ** 2 / 8 / many**2
    learned_best = np.minimum(sine["sigmoid, learned"], sine["ReLU, learned"])
    four = sizes.index(4)
    return draw(table, sizes, epochs), [
        Claim(
            "Sine, ReLU built: largest error over the bound max|f''| / (8 N²)",
            "≤ 1: interpolation",
            np.max(np.array(sine["ReLU, built"])[large] / bound),
            at_most=1.0,
        ),
        Claim(
            "Sine, ReLU built: order of the error in 1/N",
            "2",
            order(many, np.array(sine["ReLU, built"])[large]),
            1.8,
            2.2,
        ),
        Claim(
            "Sine, sigmoid built: order of the error in 1/N",
            "1: the height of a step",
            order(many, np.array(sine["sigmoid, built"])[large]),
            0.85,
            1.15,
        ),
        Claim(
            "√x, ReLU built: order of the error in 1/N",
            "1/2: infinitely steep at 0",
            order(many, np.array(root["ReLU, built"])[large]),
            0.45,
            0.55,
        ),
        Claim(
            "Sine, 4 units: largest error built over learned, the better kind of each",
            "> 1: learned units are placed",
            min(sine["ReLU, built"][four], sine["sigmoid, built"][four]) / learned_best[four],
            at_least=2,
        ),
        Claim(
            "Linear units: error over that of the line of least squares, least of all sizes and functions",
            "1: no better than a line",
            min(
                error / line_error(function)
                for function, rows in zip(FUNCTIONS.values(), table.values(), strict=True)
                for error in rows["linear units, learned"]
            ),
            at_least=0.9,
        ),
        Claim(
            "Largest error of the best network with most units, worst of three functions",
            "0 in the limit",
            max(min(errors[-1] for errors in rows.values()) for rows in table.values()),
            at_most=0.04,
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
