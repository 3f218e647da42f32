"""Ackley, Hinton and Sejnowski 1985: machines that invent a code by annealing, twice a cycle awake and asleep.

Two groups of units, of each of which one is on, have to agree through a few hidden units. A cycle settles with the
patterns clamped and again with nothing clamped, and changes every weight by 2 into the direction in which the pair was
on more often. A thousand machines show what became of the paper's 250, 200 and 20. Taken literally the recipe finds
codes as fast, but a few machines never end, and of 8-3-8 more than half. Their weights have grown until annealing no
longer reaches equilibrium, as enumeration shows. If every weight loses 0.005 of itself in a cycle, about as many
machines solve the three tasks as in the paper. Two lines differ even so: a few of the 4-3-4 machines take longer than
the paper's slowest, and 8-3-8 has seven codes in half the cycles.

D. H. Ackley, G. E. Hinton, T. J. Sejnowski, "A learning algorithm for Boltzmann machines", Cognitive Science 9:147-169
(1985). The paper's text, as we read it, has no such decay for these nets; that it is what is missing is our guess. The
value is the one of 0.0003 to 0.02 that came nearest to the paper's 8-3-8, after some twenty other changes of the recipe
had been tried on 64 machines each; bounds of 50 on all weights helped, too. These lines are a fit, not a prediction.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.boltzmann import BoltzmannMachine, encoder_task, learn_encoders, plot, plot_weights

DECAY, CYCLES = 0.005, 4000
SIZES = {"4-2-4": {}, "4-3-4": {"distance": 2}, "8-3-8": {"noise": (0.15, 0.02)}}
SCHEDULE = "2@20,2@15,2@12,14@10"  # annealing and the time of the statistics
LITERAL, DECAYING = "as printed", f"with a decay of {DECAY}"
PAPER = {
    "4-2-4": ([110, 1810], [0.5, 0]),
    "4-3-4": ([270, 1090], [0.5, 0]),
    "8-3-8": ([1570, 4000], [0.5, 0.2]),
}  # median and end, by the paper's text
LONGER = {"cycles": 1000, "decay": DECAY, "distance": 3, "random_state": 4}  # three of two units never differ
TITLES = {
    "4-2-4": "4-2-4: four codes",
    "4-3-4": "4-3-4: codes two units apart",
    "8-3-8": "8-3-8: all eight codes",
}
NONE = "no published number"
TAIL = "the recipe as we read it; weights grow until the net freezes, see the lines with decay"
WHEN = "we count codes after every cycle, by the gaps of the hidden units; how the paper found its codes is not said"


def learned(runs, many, cycles):
    """Return the runs of each size, as printed and with decay."""
    found = {}
    for size, options in SIZES.items():
        for label, decay in ((LITERAL, 0.0), (DECAYING, DECAY)):
            count = many if size == "8-3-8" else runs
            found[size, label] = learn_encoders(
                size, runs=count, cycles=cycles, decay=decay, random_state=1985, **options
            )
    return found


def later_than(runs, cycle):
    """Return the share of machines that had not solved the task after so many cycles."""
    return np.mean((runs.solved_at < 0) | (runs.solved_at > cycle))


def size_of_weights(runs):
    """Return the median size of a weight to a hidden unit in machines that have not solved the task."""
    hidden = runs.codes.shape[2]
    return np.median(np.abs(runs.weights[runs.solved_at < 0, -hidden:, :-hidden]))


def out_of_equilibrium(runs, machines, orders):
    """Return the median over failed machines of the largest error of p'_ij after annealing, against enumeration.

    Many settlings of few chains each, as chains that settle together share their order of visits.
    """
    task, errors = encoder_task("8-3-8"), []
    used = task.connections | np.eye(len(task.connections), dtype=bool)
    for k in np.flatnonzero(runs.solved_at < 0)[:machines]:
        net = BoltzmannMachine(task.n_visible, task.n_hidden, weights=runs.weights[k], biases=runs.biases[k])
        states = np.concatenate([net.settle(SCHEDULE, chains=256, random_state=seed).states for seed in range(orders)])
        counted = states.astype(float).T @ states / len(states)
        errors.append(np.abs(counted - net.exact(10.0).cooccurrence)[used].max())
    return np.median(errors)


@plotting.style()
def draw(found):
    """Draw how soon machines solve the three tasks, the codes of some, and the weights of one."""
    figure = plotting.figure(9.6, 7.0)
    upper, lower = figure.subfigures(2, 1, height_ratios=(1, 1.15))
    for ax, size in zip(upper.subplots(1, 3, sharey=True), SIZES, strict=True):
        for label in (LITERAL, DECAYING):
            published = PAPER[size] if label == DECAYING else None
            plot.survival(found[size, label], label=label, published=published, ax=ax)
        ax.set_title(TITLES[size])
        ax.set_xlim(1, CYCLES * 1.2)
        ax.get_legend().set_visible(size == "4-2-4")
        ax.label_outer()
    left, right = lower.subfigures(1, 2, width_ratios=(1, 1.25))
    eight = found["8-3-8", DECAYING]
    order = np.argsort(np.where(eight.solved_at < 0, CYCLES + 1, eight.solved_at), kind="stable")
    shown = order[np.linspace(len(order) // 10, len(order) - 1, 5).astype(int)]
    when = [f"{eight.solved_at[k]:,}" if eight.solved_at[k] > 0 else "never" for k in shown]
    ax = plot.codes(eight.codes[shown], names=when, ax=left.subplots())
    ax.set_title("codes of 8-3-8, and when all were found")
    ax.set_xlabel(f"cycle\n{ax.get_xlabel().partition(chr(10))[2]}")
    four, groups = learn_encoders("4-2-4", runs=1, **LONGER), encoder_task("4-2-4").groups
    ax = plot_weights.weights(four.weights[0], four.biases[0], groups=groups, ax=right.subplots())
    ax.set_title(f"weights of a 4-2-4 encoder after {four.cycles:,} cycles")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims, of 1,000 machines each and 256 of the largest."""
    found = learned(*((40, 6, 150) if fast else (1000, 256, CYCLES)))
    claims = []
    for label, open_ in ((LITERAL, TAIL), (DECAYING, "")):
        four, three, eight = (found[size, label] for size in SIZES)
        claims += [
            Claim(f"4-2-4 {label}: solved in 4,000 cycles", "250 of 250", four.solved, at_least=0.97),
            Claim(f"4-2-4 {label}: not solved after 1,810 cycles", "0 of 250", later_than(four, 1810), at_most=0.012,
                  open_difference=open_),
            Claim(f"4-2-4 {label}: median cycle", "110", median(four), at_least=60, at_most=150, open_difference=WHEN),
            Claim(f"4-3-4 {label}: solved in 4,000 cycles", "200 of 200", three.solved, at_least=0.985,
                  open_difference=open_),
            Claim(f"4-3-4 {label}: median cycle", "270", median(three), at_least=220, at_most=330),
            Claim(f"4-3-4 {label}: not solved after 1,090 cycles", "0 of 200", later_than(three, 1090), at_most=0.015,
                  open_difference=open_ or "the tail is shorter than without decay"),
            Claim(f"8-3-8 {label}: all 8 codes in 4,000 cycles", "16 of 20", eight.solved, at_least=0.58, at_most=0.92,
                  open_difference=open_),
            Claim(f"8-3-8 {label}: median cycle for 7 codes", "210", median(eight, 7), at_least=150, at_most=300,
                  open_difference=WHEN),
        ]  # fmt: skip
    printed, decaying = (found["8-3-8", label] for label in (LITERAL, DECAYING))
    return draw(found), [
        *claims,
        Claim(f"8-3-8 {DECAYING}: median cycle for 8 codes", "1570", median(decaying), at_least=800, at_most=3000),
        Claim("8-3-8: weights to hidden units in machines that failed, without decay over with it",
              NONE, size_of_weights(printed) / size_of_weights(decaying), at_least=2),
        *(Claim(f"8-3-8 {label}: largest error of p'_ij after annealing, failed machines", NONE,
                out_of_equilibrium(runs, *((2, 2) if fast else (16, 64))), **bound)
          for label, runs, bound in ((LITERAL, printed, {"at_least": 0.3}), (DECAYING, decaying, {"at_most": 0.15}))),
    ]  # fmt: skip


def median(runs, distinct=None):
    """Return the median over all machines, at most the cycles that they had."""
    return min(runs.quantile(0.5, distinct=distinct), runs.cycles)


if __name__ == "__main__":
    show(__file__, *main())
