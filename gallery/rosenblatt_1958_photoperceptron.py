"""The photo-perceptron: what it remembers fades, what it generalises grows, and both end at one level.

Machines with a retina of 20 x 20 points, 5 excitatory and 5 inhibitory origin points for each A-unit, threshold 3 and
two responses in the gamma system. In the ideal environment, random dots, every further stimulus blurs the memory of
the others, and an unseen one is answered by chance. In the differentiated environment, prototypes of random dots with
30 % of the points turned over, the recall of trained stimuli falls and that of unseen ones rises to one common
asymptote, the higher the more A-units there are. The memory is spread over all A-units: what is removed takes a little
of every response. On top the probabilities that the paper derives such curves from.

F. Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the brain",
Psychological Review 65:386-408 (1958). The constants of its equation for the curves are illegible in scans, so they are
simulated, and the claims are about their course.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.perceptron.photo import PhotoPerceptron
from neurosim.perceptron.photo_theory import activity_probability, conditional_activity, learning_curves
from neurosim.perceptron.stimuli import make_random_dots, make_variations

FLIP, CLASSES = 0.3, 4
SMALL, LARGE = 100, 500


def damage(shares, machines, n_units):
    """Return what share of trained stimuli is recalled without a share of the A-units, (machines, shares, classes)."""
    recalled = np.empty((machines, len(shares), CLASSES))
    for seed, rows in enumerate(recalled):
        prototypes = make_random_dots(CLASSES, random_state=seed)
        stimuli, responses = make_variations(prototypes, 50, flip=FLIP, random_state=seed)
        machine = PhotoPerceptron(n_units=n_units, n_responses=CLASSES, random_state=seed)
        machine.train(stimuli, responses)
        for row, share in zip(rows, shares, strict=True):
            right = machine.remove_units(share, random_state=seed).respond(stimuli) == responses
            row[:] = [right[responses == c].mean() for c in range(CLASSES)]
    return recalled


def draw_stimuli(ax):
    """Draw three stimuli of one response for each environment."""
    dots = make_random_dots(4, random_state=3)
    alike = make_variations(dots[3:], 3, flip=FLIP, random_state=3)[0]
    page = np.zeros((45, 69))
    for row, pictures in enumerate((dots[:3], alike)):
        for column, picture in enumerate(pictures):
            page[row * 24 + 1 : row * 24 + 21, column * 24 + 1 : column * 24 + 21] = 1 - 0.85 * picture
    ax.imshow(np.where(page == 0, np.nan, page), cmap="gray", vmin=0, vmax=1)
    ax.set(yticks=(10.5, 34.5), xticks=(), title="stimuli of one response")
    ax.set_yticklabels(("ideal", "differ-\nentiated"), rotation=90, va="center")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def draw_theory(active, shared):
    """Draw P_a against the lit share of the retina and P_c against the overlap of two stimuli."""
    share = np.linspace(0.002, 0.998, 120)
    for theta, line in zip((1, 2, 3), ("-", "--", ":"), strict=True):
        wakes = [activity_probability(R, 5, 5, theta) for R in share]
        active.plot(share, wakes, line)
        active.text(0.5, max(wakes) + 0.005, f"$θ$ = {theta}", fontsize=plotting.SMALL, ha="center", va="bottom")
        shared.plot(share, [conditional_activity(0.5, C, 5, 5, theta) for C in share], line, label=f"$θ$ = {theta}")
    shared.legend(loc="upper left", handlelength=1.8)
    active.set(xlabel="lit share of the retina, $R$", ylabel="active A-units, $P_a$", xlim=(0, 1), ylim=(0, 0.44))
    active.set_title("A-units that a stimulus wakes")
    shared.axvline(0.5, color=plotting.INK, linewidth=0.8, alpha=0.5)
    shared.text(0.48, 0.98, "chance", fontsize=plotting.SMALL, ha="right", va="top")
    shared.set(
        xlabel="overlap of two stimuli, $C$ ($R$ = 0.5)", ylabel="still active, $P_c$", xlim=(0, 1), ylim=(0, 1.02)
    )
    shared.set_title("and that a second one wakes too")


def draw_curves(ax, curves, title):
    """Draw P_r and P_g for both numbers of A-units."""
    for colour, (n_units, c) in zip(plotting.COLOURS, curves.items(), strict=False):
        ax.errorbar(
            c.n_sr, c.recall, c.recall_error, fmt="o-", markersize=3, color=colour, label=f"$P_r$, $N_A$ = {n_units}"
        )
        ax.errorbar(
            c.n_sr,
            c.generalisation,
            c.generalisation_error,
            fmt="s--",
            markersize=3,
            mfc="w",
            color=colour,
            label="$P_g$",
        )
    ax.set_xscale("log", base=2)
    ax.set(xlabel="stimuli of each response, $n_{sr}$", ylabel="share answered rightly", ylim=(0.4, 1.02), title=title)
    ax.set_xticks([1, 4, 16, 64, 256], labels=["1", "4", "16", "64", "256"])
    ax.minorticks_off()


@plotting.style()
def draw(curves, shares, recalled, n_units):
    """Draw stimuli, theory, learning curves and the effect of damage."""
    figure = plotting.figure(9.6, 5.8)
    (stimuli, active, shared), (ideal, differentiated, rest) = figure.subplots(2, 3)
    draw_stimuli(stimuli)
    draw_theory(active, shared)
    draw_curves(ideal, curves["ideal"], "ideal environment")
    draw_curves(differentiated, curves["differentiated"], "differentiated environment")
    ideal.legend(loc="lower left", bbox_to_anchor=(0, 0.17), handlelength=2.2)
    rest.plot(shares, recalled.mean((0, 2)), "o-", markersize=3, label="all responses")
    rest.plot(shares, recalled.min(2).mean(0), "v:", markersize=3, label="the worst of four")
    rest.axhline(1 / CLASSES, color=plotting.INK, linewidth=0.8, linestyle=":")
    rest.text(0.02, 1 / CLASSES - 0.02, "chance", fontsize=plotting.SMALL, va="top")
    rest.set(xlabel=f"removed share of {n_units} A-units", ylabel="share recalled", xlim=(0, 1), ylim=(0, 1.02))
    rest.set_title("memory without some A-units")
    rest.legend(loc="lower left", bbox_to_anchor=(0, 0.3))
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 40 machines a curve."""
    machines, sizes = (3, [1, 8]) if fast else (40, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512])
    curves = {
        environment: {
            n: learning_curves(sizes, environment=environment, machines=machines, flip=FLIP, n_units=n, random_state=n)
            for n in (SMALL, LARGE)
        }
        for environment in ("ideal", "differentiated")
    }
    shares = np.array([0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99])
    n_units = 200 if fast else 2000
    recalled = damage(shares, machines, n_units)
    return draw(curves, shares, recalled, n_units), claims(curves, shares, recalled, n_units)


def claims(curves, shares, recalled, n_units):
    """Return what the paper says of the curves beside ours."""
    ideal, (few, many) = curves["ideal"], curves["differentiated"].values()
    first, last = few.n_sr[[0, -1]]
    chance = np.mean([c.generalisation for c in ideal.values()])
    both = f"{SMALL} A-units, {last} instead of {first} stimuli of each response"
    half = recalled[:, shares == 0.5].min(2).mean()
    return [
        Claim(
            f"Ideal environment: change of P_r, {both}",
            "falls",
            ideal[SMALL].recall[-1] - ideal[SMALL].recall[0],
            at_most=-0.3,
        ),
        Claim("Ideal environment: P_g, mean of all sizes", "0.5", chance, at_least=0.49, at_most=0.51),
        Claim(
            f"Differentiated environment: change of P_r, {both}", "falls", few.recall[-1] - few.recall[0], at_most=-0.1
        ),
        Claim(
            f"Differentiated environment: change of P_g, {both}",
            "rises",
            few.generalisation[-1] - few.generalisation[0],
            at_least=0.1,
        ),
        Claim(
            f"P_r - P_g after {last} stimuli, {SMALL} A-units",
            "0 (one asymptote)",
            few.recall[-1] - few.generalisation[-1],
            at_least=-0.03,
            at_most=0.03,
        ),
        Claim(
            f"P_r - P_g after {last} stimuli, {LARGE} A-units",
            "0 (one asymptote)",
            many.recall[-1] - many.generalisation[-1],
            at_least=-0.03,
            at_most=0.03,
        ),
        Claim(
            f"Rise of the asymptote (P_g) from {SMALL} to {LARGE} A-units",
            "grows",
            many.generalisation[-1] - few.generalisation[-1],
            at_least=0.05,
        ),
        Claim(
            f"Recall of the worst of {CLASSES} responses without half of {n_units} A-units",
            "no response is lost",
            half,
            at_least=0.85,
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
