"""Speed against accuracy: the slower a Boltzmann machine is annealed, the fewer errors it makes.

Encoders that have learned are asked to complete a pattern: one half is clamped, and in the other just the right unit
has to come on. The schedule goes in five stages from T = 20 to T = 5, and all stages are made longer together. Ackley,
Hinton and Sejnowski found that errors grew as annealing was made faster, and thought of people, who also trade speed
for accuracy. At a constant temperature all depends on which: where it is cold the machine sticks in what it finds
first, and where it is hot it never settles. Between them is one that does as well as annealing, if it is known.

D. H. Ackley, G. E. Hinton, T. J. Sejnowski, "A learning algorithm for Boltzmann machines", Cognitive Science 9:147-169
(1985), say so about 40-10-40, without numbers; the schedules and all values here are ours. The bounds held for four
sets of machines and random numbers.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from gallery import ackley_1985_40_10_40 as large
from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.boltzmann import BoltzmannMachine, encoder_task, learn_encoders, plot

STAGES = ((1, 20), (1, 15), (1, 12), (2, 10), (2, 5))  # time units and temperatures of the fastest schedule
FACTORS = (1, 2, 4, 8, 16, 32, 64)
COLD, MILD, HOT = 2.0, 5.0, 10.0
OURS, PAPER = "no published number", "more errors if faster, without numbers"
KINDS = ("several units on", "one unit on, the wrong one", "no unit on")


def annealing(factor):
    """Return the temperatures of the schedule that is so many times as slow."""
    return np.repeat([t for _, t in STAGES], [factor * time for time, _ in STAGES]).astype(float)


def ends(machine, v, schedule, trials):
    """Return the second half's states after the first half was clamped to each pattern, (trials, v, v)."""
    clamped = np.full((v, machine.n_visible), np.nan)
    clamped[:, :v] = np.eye(v)
    return machine.complete(clamped, schedule=schedule, trials=trials, random_state=0).trials[:, :, v : 2 * v]


def right(found):
    """Return the share of trials with just the right unit on."""
    return (found == np.eye(found.shape[-1])).all(axis=-1).mean()


def kinds_of_errors(found):
    """Return the shares of trials with several units on, with just a wrong one, and with none."""
    on, hit = found.sum(axis=-1), np.einsum("...ii->...i", found)
    return [(on > 1).mean(), ((on == 1) & (hit == 0)).mean(), (on == 0).mean()]


def small_machines(runs, cycles):
    """Return 8-3-8 encoders that have eight different codes at the end, or the first ones if none has."""
    task = encoder_task("8-3-8")
    options = {"noise": (0.15, 0.02), "decay": 0.005, "random_state": 8}
    # codes of three units never differ in four, so that all machines go on to learn
    found = learn_encoders("8-3-8", runs=runs, cycles=cycles, distance=4, **options)
    different = np.array([len(np.unique(code, axis=0)) for code in found.codes])
    chosen = np.flatnonzero(different == different.max())
    return [
        BoltzmannMachine(16, 3, connections=task.connections, weights=found.weights[k], biases=found.biases[k])
        for k in chosen
    ]


def large_machines(count, share):
    """Return 40-10-40 encoders."""
    with ThreadPoolExecutor(2) as pool:
        runs = pool.map(lambda seed: large.learned(large.RECIPES[large.OURS], seed, share, 10_000), range(count))
        return [machine for machine, _ in runs]


def measured(machines, v, trials, factors):
    """Return the errors (4, factors) of annealing, cold, mild and hot, and those of annealing by kinds (factors, 3)."""
    wrong, kinds = np.zeros((4, len(factors))), []
    for k, factor in enumerate(factors):
        temperatures = annealing(factor)
        found = np.stack([ends(machine, v, temperatures, trials) for machine in machines])
        wrong[0, k] = 1 - right(found)
        kinds.append(kinds_of_errors(found))
        for row, constant in enumerate((COLD, MILD, HOT), 1):
            flat = np.full(len(temperatures), constant)
            wrong[row, k] = 1 - np.mean([right(ends(machine, v, flat, trials)) for machine in machines])
    return wrong, np.array(kinds)


def ticks(axis, values):
    """Let a logarithmic axis show these numbers."""
    axis.set_major_locator(FixedLocator(values))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))


@plotting.style()
def draw(results, factors):
    """Draw errors against time for both encoders, the kinds of errors of the larger one, and a schedule."""
    figure = plotting.figure(9.6, 6.4)
    grid = figure.subplots(2, 2)
    times = np.array(factors) * len(annealing(1))
    labels = ("annealed from T = 20 to 5", *(f"all the time at T = {t:g}" for t in (COLD, MILD, HOT)))
    for ax, (size, (wrong, _)) in zip(grid[0], results.items(), strict=True):
        ax = plotting.axes(ax)
        for errors, label, marker in zip(wrong, labels, "osD^", strict=True):
            ax.loglog(times, errors, marker + "-", markersize=4, label=label)
        ax.set(ylabel="share of errors", title=f"{size}: completion of patterns")
        ticks(ax.yaxis, (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1))
    grid[0, 0].legend(loc="lower left")
    ax = plotting.axes(grid[1, 0])
    ax.stackplot(times, *results["40-10-40"][1].T, labels=KINDS, colors=plotting.COLOURS[3:6])
    ax.set_xscale("log")
    ax.set(ylabel="share of errors", xlim=times[[0, -1]])
    ax.set_title("40-10-40, annealed: what was wrong")
    ax.legend(loc="upper right")
    for ax in (*grid[0], grid[1, 0]):
        ax.set_xlabel("time units from random states to the answer")
        ticks(ax.xaxis, times)
    plot.schedule(annealing(4), ax=grid[1, 1]).set_title("the schedule of 28 time units")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims, of 4 machines 40-10-40 and those of 64 that have learned 8-3-8."""
    factors = FACTORS[:3] if fast else FACTORS
    small, big = (small_machines(4, 20), large_machines(1, 0.01)) if fast else (
        small_machines(64, 3000), large_machines(4, 1.0)
    )  # fmt: skip
    results = {
        "8-3-8": measured(small, 8, 1 if fast else 25, factors),
        "40-10-40": measured(big, 40, 1 if fast else 25, factors),
    }
    claims = []
    for size, ((annealed, cold, mild, hot), _) in results.items():
        least = max(annealed[-1], 1e-4)
        claims += [
            Claim(f"{size}: errors in the fastest schedule over those in the slowest", PAPER, annealed[0] / least,
                  at_least=3),
            Claim(f"{size}: largest rise of errors where the time is doubled", PAPER, np.diff(annealed).max(),
                  at_most=0.01),
            *(Claim(f"{size}: errors all the time at T = {t:g} over those of annealing, in the longest time", OURS,
                    errors[-1] / least, *bounds)
              for t, errors, bounds in ((COLD, cold, (2,)), (MILD, mild, (0.7, 1.4)), (HOT, hot, (1.5,)))),
        ]  # fmt: skip
    return draw(results, factors), claims


if __name__ == "__main__":
    show(__file__, *main())
