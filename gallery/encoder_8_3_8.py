"""The encoder: eight patterns through three units, which invent a binary code.

Eight inputs, three hidden units, eight outputs that are to repeat the inputs. If one input at a time is on, a local
code, the three units have to tell eight cases apart. Backpropagation gives each pattern a combination of its own, in
half of the runs a corner of the cube each: a distributed code, near to counting in binary, though here and there it
makes do with a value between. If the patterns are distributed already, four of eight units on at random, they are
learned in a fifth of the sweeps: what patterns have in common need not be invented.

D. E. Rumelhart, G. E. Hinton, R. J. Williams, "Learning internal representations by error propagation", in "Parallel
Distributed Processing" 1, chapter 8, MIT Press (1986), after D. H. Ackley, G. E. Hinton, T. J. Sejnowski, Cognitive
Science 9:147-169 (1985). What the chapter prints of the code was not checked. Ours: epsilon 0.1, alpha 0.9, all
patterns before each update, weights from [-0.3, 0.3]; learned when all outputs are within 0.5 of their targets.
"""

from itertools import product

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.cnn import SGD, Dense, Sequential, SquaredError, Uniform, train
from neurosim.cnn.ensemble import train_many

SETTINGS = {
    "loss": SquaredError(),
    "optimiser": SGD(0.1, momentum=0.9),
    "batch_size": "full",
    "shuffle": False,
    "reduction": "sum",
}
SWEEPS = 6000


def distributed_patterns():
    """Return eight different patterns of eight units, (8, 8), four of which are on."""
    rng = np.random.default_rng(1986)
    while True:
        patterns = np.array([rng.permutation([1.0] * 4 + [0.0] * 4) for _ in range(8)])
        if len(np.unique(patterns, axis=0)) == 8:
            return patterns


PATTERNS = {"local": np.eye(8), "distributed": distributed_patterns()}


def network(hidden, seed):
    """Build an encoder with so many hidden units."""
    start = {"initialiser": Uniform(0.3), "bias_initialiser": Uniform(0.3)}
    layers = [Dense(units, activation="sigmoid", **start) for units in (hidden, 8)]
    return Sequential(layers, 8, dtype="float64", random_state=seed)


def codes(encoder, patterns):
    """Return what the hidden units make of the patterns, (8, hidden)."""
    return encoder.activations(patterns, "dense1")["dense1"]


def trained(hidden, patterns, seeds, sweeps, stop=True):
    """Train an encoder for each seed; return the sweeps each took, 0 for too many, and the codes (seeds, 8, hidden)."""
    encoders = [network(hidden, seed) for seed in range(seeds)]
    taken = train_many(encoders, patterns, patterns, tolerance=0.5, stop=stop, epochs=sweeps, **SETTINGS)
    return taken, np.array([codes(encoder, patterns) for encoder in encoders])


def corners(code):
    """Return how many different corners of the cube the eight codes are nearest to."""
    return len(np.unique(code > 0.5, axis=0))


def paths(seed, sweeps):
    """Return the codes of the eight local patterns during training, (times, 8, 3)."""
    encoder, seen = network(3, seed), []

    def look(progress):
        if progress.step % 10 == 1:
            seen.append(codes(encoder, PATTERNS["local"]))

    train(encoder, PATTERNS["local"], PATTERNS["local"], epochs=sweeps, callback=look, **SETTINGS)
    return np.array([*seen, codes(encoder, PATTERNS["local"])])


def flat(points):
    """Return points of the cube on the page."""
    x, y, z = np.moveaxis(np.asarray(points, float), -1, 0)
    return np.stack([x + 0.42 * y, z + 0.3 * y], axis=-1)


def draw_cube(ax, seen):
    """Draw the codes' paths from the middle of the cube to its corners."""
    cube = np.array(list(product((0, 1), repeat=3)))
    for a, b in product(cube, cube):
        if (b - a).min() >= 0 and (b - a).sum() == 1:
            ax.plot(*flat([a, b]).T, color=plotting.OUTLINE, linewidth=1, zorder=0)
    for pattern in range(8):
        path = flat(seen[:, pattern])
        colour = plotting.class_colours(8)[pattern]
        ax.plot(*path.T, color=colour, linewidth=1, zorder=1)
        ax.plot(*path[-1], "o", color=colour, markersize=14, markeredgecolor=plotting.INK, zorder=2)
        ink = plotting.ink_on(np.array([[*colour, 1.0]]))[0]
        ax.text(*path[-1], str(pattern + 1), color=ink, ha="center", va="center", fontsize=plotting.SMALL, zorder=3)
    for end, name in ((flat([0.5, 0, 0]), "$h_1$"), (flat([1, 0.5, 0]), "$h_2$"), (flat([0, 0, 0.5]), "$h_3$")):
        ax.annotate(name, end, (0, -10) if name != "$h_3$" else (-12, 0), textcoords="offset points", ha="center")
    ax.set(xlim=(-0.2, 1.6), ylim=(-0.2, 1.45), title="codes of the eight patterns while they are learned")
    ax.set_aspect("equal")
    ax.axis("off")


def draw_codes(ax, kind, code):
    """Draw the patterns and what the hidden units make of them, patterns sorted by their codes."""
    order = np.lexsort((code > 0.5).T[::-1])
    table = np.concatenate([PATTERNS[kind][order], np.full((8, 1), np.nan), code[order]], axis=1)
    ax.imshow(table, cmap="Greys", vmin=0, vmax=1.25)
    for (row, unit), value in np.ndenumerate(code[order]):
        ink = "white" if value > 0.6 else "black"
        ax.text(unit + 9, row, f"{value:.1f}", fontsize=6.5, ha="center", va="center", color=ink)
    labels = [*map(str, range(1, 9)), "$h_1$", "$h_2$", "$h_3$"]
    ax.set_xticks([*range(8), 9, 10, 11], labels=labels)
    ax.set_yticks(range(8), labels=[str(pattern + 1) for pattern in order])
    ax.set_xticks(np.arange(-0.5, 12), minor=True)
    ax.set_yticks(np.arange(-0.5, 8), minor=True)
    ax.grid(which="minor", color="white", linewidth=1.5)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_visible(False)
    ax.set(xlabel="inputs and hidden units", ylabel="pattern", title=f"{kind} patterns and their codes")


def draw_sweeps(ax, taken):
    """Draw the median number of sweeps by the number of hidden units, and the share of runs that learn."""
    for (kind, found), marker, colour in zip(taken.items(), "os", plotting.COLOURS, strict=False):
        learned = {hidden: sweeps[sweeps > 0] for hidden, sweeps in found.items() if (sweeps > 0).mean() >= 0.25}
        middle = [np.median(sweeps) for sweeps in learned.values()]
        ends = np.abs([np.percentile(s, [10, 90]) - np.median(s) for s in learned.values()]).T
        ax.errorbar(list(learned), middle, ends, marker=marker, markersize=4, color=colour, capsize=2, label=kind)
        for hidden, sweeps in learned.items():
            if (share := (sweeps.size / found[hidden].size)) < 1:
                ax.annotate(f"{100 * share:.0f} %", (hidden, np.median(sweeps)), (5, 4), textcoords="offset points",
                            fontsize=plotting.SMALL, color=colour)  # fmt: skip
    ax.set_yscale("log")
    ax.set(xlabel="hidden units", ylabel="sweeps (median, 10th to 90th percentile)", xticks=list(found))
    ax.set_title("sweeps until learned (share, if not all runs)")
    ax.legend(title="patterns", title_fontsize=plotting.SMALL)


@plotting.style()
def draw(seen, shown, taken):
    """Draw the paths of the codes, the codes of both kinds of patterns, and the sweeps."""
    figure = plotting.figure(9.6, 7.2)
    cube, local, sweeps, distributed = figure.subplots(2, 2, width_ratios=(1.1, 1)).ravel()
    draw_cube(cube, seen)
    draw_codes(local, "local", shown["local"])
    draw_sweeps(sweeps, taken)
    draw_codes(distributed, "distributed", shown["distributed"])
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims of 50 runs of each kind."""
    seeds, sweeps = (4, 800) if fast else (50, SWEEPS)
    sizes = (3, 8) if fast else (2, 3, 4, 5, 6, 8)
    taken = {
        kind: {hidden: trained(hidden, patterns, seeds, sweeps)[0] for hidden in sizes}
        for kind, patterns in PATTERNS.items()
    }
    found = {kind: trained(3, patterns, seeds, sweeps, stop=False)[1] for kind, patterns in PATTERNS.items()}
    best = int(np.argmax([corners(code) - np.minimum(code, 1 - code).mean() for code in found["local"]]))
    shown = {"local": found["local"][best], "distributed": found["distributed"][0]}
    learned = {kind: by_size[3][by_size[3] > 0] for kind, by_size in taken.items()}
    none = "no published number"
    return draw(paths(best, sweeps), shown, taken), [
        Claim("8-3-8, local patterns: share of runs that learn", "1, one run", len(learned["local"]) / seeds, 0.95),
        Claim(
            "Hidden activities nearer than 1/4 to 0 or 1, local patterns",
            "near 1: a binary code, some values between",
            np.mean(np.abs(found["local"] - 0.5) > 0.25),
            at_least=0.75,
            source_read=False,
        ),
        Claim(
            "Runs in which all eight local patterns have corners of their own",
            "1, one run",
            np.mean([corners(code) == 8 for code in found["local"]]),
            at_least=0.4,
            source_read=False,
        ),
        Claim(
            "Sweeps with local patterns over those with distributed ones, medians",
            none,
            np.median(learned["local"]) / np.median(learned["distributed"]),
            at_least=2,
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
