"""Is it a mirror image? Two hidden units find weights 1 : 2 : 4 with opposite signs on either side.

Six inputs, two hidden units, one output, all logistic. The output has to be 1 if the six bits are symmetric about
their middle, which no unit sees that weighs them alone. A network that has learned weighs mirrored bits by opposite
weights, so that a symmetric pattern cancels, and gives the three pairs weights of which no sum cancels: every other
pattern leaves something over, positive in one hidden unit and negative in the other, and switches one of them on.
Runs that do not get there rest where the output is never 1.

D. E. Rumelhart, G. E. Hinton, R. J. Williams, "Learning representations by back-propagating errors", Nature 323:533-536
(1986), Figure 1, at its settings: accumulated gradient, epsilon 0.1, alpha 0.9, weights from [-0.3, 0.3]. We call a
pattern right when the output is within 0.5 of its target, and read the weights after 4,000 sweeps.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.cnn import PRESETS, train
from neurosim.cnn.ensemble import train_many

PRESET = PRESETS["rhw_symmetry"]
RATIOS = {"1 : 2 : 4": (1, 2, 4), "2 : 3 : 4": (1, 1.5, 2)}


class Run:
    """A network that was trained: the sweep at which it was right (0: never), and its weights (2, 6) at the end."""

    def __init__(self, network, sweep):
        self.sweep = sweep
        self.weights, hidden, output, last = network.parameters.values()
        self.weights, self.output, self.biases = self.weights.T, output[:, 0], (hidden, last)

    def asymmetry(self):
        """Return the largest |w_i + w_mirror| over the largest |w|."""
        return np.abs(self.weights + self.weights[:, ::-1]).max() / np.abs(self.weights).max()

    def ratio(self):
        """Return the sizes of the three pairs in both hidden units, (2, 3), the smallest being 1."""
        sizes = np.sort(np.abs(self.weights[:, :3] - self.weights[:, :2:-1]), axis=1)
        return sizes / sizes[:, :1]

    def follows(self, ratio):
        """Return whether both hidden units have the ratio within 5 %."""
        return bool(np.all(np.abs(self.ratio() / RATIOS[ratio] - 1) < 0.05))


def trained(seeds, sweeps):
    """Train a network for each seed; return them as runs."""
    networks = [PRESET.build(seed, "float64") for seed in range(seeds)]
    settings = PRESET.settings | {"epochs": sweeps}
    found = train_many(networks, *PRESET.prepare(None, None), tolerance=0.5, every=1, stop=False, **settings)
    return [Run(network, sweep) for network, sweep in zip(networks, found, strict=True)]


def errors(seed, sweeps):
    """Return the error by sweep of one network."""
    settings = PRESET.settings | {"epochs": sweeps}
    return train(PRESET.build(seed, "float64"), *PRESET.prepare(None, None), **settings).losses


def draw_network(ax, run):
    """Draw the network with its weights, positive ones in blue and negative ones in orange."""
    inputs = np.stack([np.arange(6.0), np.zeros(6)], axis=1)
    hidden, output = np.array([[1.0, 2.0], [4.0, 2.0]]), np.array([2.5, 3.6])
    strongest = np.abs(run.weights).max()

    def connect(a, b, weight, at):
        colour = plotting.COLOURS[0] if weight > 0 else plotting.COLOURS[1]
        ax.plot(*np.transpose([a, b]), color=colour, linewidth=0.6 + 2.4 * abs(weight) / strongest, zorder=1)
        label = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
        ax.text(
            *(a + at * (b - a)),
            f"{weight:.1f}".replace("-", "−"),
            fontsize=6.5,
            ha="center",
            va="center",
            bbox=label,
            zorder=2,
        )

    for unit, place in enumerate(hidden):
        for i, bit in enumerate(inputs):
            connect(bit, place, run.weights[unit, i], 0.3 if unit == 0 else 0.62)
        connect(place, output, run.output[unit], 0.5)
    for places, biases in ((hidden, run.biases[0]), (output[None], run.biases[1])):
        for place, bias in zip(places, biases, strict=True):
            ax.text(*place, f"{bias:.1f}".replace("-", "−"), fontsize=7, ha="center", va="center", zorder=4)
    everything = np.vstack([inputs, hidden, output])
    ax.scatter(*everything.T, s=[150] * 6 + [420] * 3, color="white", edgecolor=plotting.INK, zorder=3)
    for i, place in enumerate(inputs):
        ax.text(*place, f"{i + 1}", fontsize=7, ha="center", va="center", zorder=4)
    ax.axvline(2.5, ymax=0.14, color=plotting.INK, linestyle=":", linewidth=0.8)
    ax.set(xlim=(-0.4, 5.4), ylim=(-0.4, 4.0), title="weights and biases of one network")
    ax.axis("off")


def draw_sums(ax, run):
    """Draw what both hidden units receive from all patterns."""
    x, targets = PRESET.prepare(None, None)
    symmetric = targets[:, 0] > 0
    received = x @ run.weights.T + run.biases[0]
    for chosen, marker, colour, name in (
        (~symmetric, "o", plotting.COLOURS[1], "56 other patterns"),
        (symmetric, "s", plotting.COLOURS[0], "8 symmetric patterns"),
    ):
        ax.plot(*received[chosen].T, marker, color=colour, markersize=4, label=name, alpha=0.85)
    ax.axhline(0, color=plotting.INK, linewidth=0.6)
    ax.axvline(0, color=plotting.INK, linewidth=0.6)
    ax.set(
        xlabel="net input of hidden unit 1", ylabel="net input of hidden unit 2", title="one hidden unit switches on"
    )
    ax.legend(loc="upper right")


def draw_curves(ax, runs, sweeps):
    """Draw the error of runs that learn and of others."""
    for seed, run in enumerate(runs[:40]):
        colour, width = (plotting.COLOURS[0], 0.9) if run.sweep else ("#999999", 0.7)
        ax.plot(np.arange(sweeps), errors(seed, sweeps), color=colour, linewidth=width, zorder=2 + bool(run.sweep))
    ax.plot([], [], color=plotting.COLOURS[0], label="learns")
    ax.plot([], [], color="#999999", label="rests at 4: never symmetric")
    ax.set(xlabel="sweep", ylabel="error $E$", ylim=(0, 5.2), xlim=(0, sweeps), title=f"error of {len(runs[:40])} runs")
    ax.legend(loc="upper right")


def draw_sweeps(ax, runs, solved, limit):
    """Draw how many sweeps the runs take, by the ratio that they find."""
    kinds = {name: [run.sweep for run in solved if run.follows(name)] for name in RATIOS}
    ax.hist(
        list(kinds.values()),
        bins=np.linspace(0, limit, 17),
        stacked=True,
        color=[plotting.COLOURS[0], plotting.COLOURS[4]],
        label=[f"{name}, {len(found)} runs" for name, found in kinds.items()],
    )
    ax.axvline(PRESET.reference["sweeps"], color=plotting.INK, linestyle="--", linewidth=1)
    ax.annotate("1,425 in 1986", (PRESET.reference["sweeps"], 0.97), (4, 0), xycoords=("data", "axes fraction"),
                textcoords="offset points", fontsize=plotting.SMALL, va="top")  # fmt: skip
    ax.set(xlabel="sweeps until all 64 are right", ylabel="runs", title=f"{len(solved)} of {len(runs)} runs learn")
    ax.legend(loc="center right")


@plotting.style()
def draw(runs, solved, limit):
    """Draw one network, what its hidden units receive, the errors and the numbers of sweeps."""
    figure = plotting.figure(9.6, 6.6)
    network, sums, curves, sweeps = figure.subplots(2, 2, width_ratios=(1.2, 1)).ravel()
    shown = next((run for run in solved if run.follows("1 : 2 : 4")), runs[0])
    draw_network(network, shown)
    draw_sums(sums, shown)
    draw_curves(curves, runs, limit)
    draw_sweeps(sweeps, runs, solved, limit)
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims of 100 runs."""
    seeds, sweeps = (4, 1500) if fast else (100, 4000)
    runs = trained(seeds, sweeps)
    solved = [run for run in runs if run.sweep]
    shares = {name: float(np.mean([run.follows(name) for run in solved])) for name in RATIOS}
    correlation = max(np.corrcoef(run.weights)[0, 1] for run in solved)
    return draw(runs, solved, sweeps), [
        Claim("Median sweeps of the runs that learn", "1425, one run", np.median([r.sweep for r in solved]), 800, 1700),
        Claim(
            f"Runs of {seeds} that learn within 4,000 sweeps", "60 of 100: reference measurement", len(solved), 42, 78
        ),
        Claim(
            "Weights of mirrored bits, largest |w + w'| over the largest |w|, worst run",
            "0: equal and opposite",
            max(run.asymmetry() for run in solved),
            at_most=0.03,
        ),
        Claim(
            "Correlation of the two hidden units' weights, worst run", "-1: sign-flipped", correlation, at_most=-0.99
        ),
        Claim("Share of runs that learn with weights 1 : 2 : 4 within 5 %", "1, one run", shares["1 : 2 : 4"], 0.5),
        Claim("Share with 1 : 2 : 4 or 2 : 3 : 4 within 5 %", "1: reference measurement", sum(shares.values()), 1.0),
    ]


if __name__ == "__main__":
    show(__file__, *main())
