"""`neurosim boltzmann`: machines that learn by annealing the tasks of the first papers."""

from pathlib import Path
from typing import Any

import click

from neurosim_cli.common import Pair, result_folder, run_options, set_threads
from neurosim_cli.rbm import finish

SOME, POSITIVE = click.IntRange(min=1), click.FloatRange(min=0, min_open=True)
TASKS = ("encoder", "shifter")


@click.command()
@click.option("--task", type=click.Choice(TASKS), default="encoder", help="[default: encoder]")
@click.option("--size", help="Of an encoder as 4-2-4 (visible-hidden-visible), of the shifter its bits.  [default: "
              "4-2-4; of the shifter 8]")  # fmt: skip
@click.option("--hidden", type=SOME, help="Hidden units of the shifter.  [default: 24]")
@click.option("--runs", type=SOME, help="Encoders that learn at once.  [default: 1000]")
@click.option("--cycles", type=SOME, help="Learning cycles, at most of encoders.  [default: 4000; of the shifter 1000]")
@click.option("--settlings", type=SOME, help="Of each pattern in a cycle.  [default: 2; of the shifter 1]")
@click.option("--noise", type=Pair(), metavar="OFF,ON", help="Chances that a clamped unit is turned off, and on.  "
              "[default: 0.15,0.05; of 8-3-8 0.15,0.02]")  # fmt: skip
@click.option("--step", type=POSITIVE, help="By which weights change.  [default: 2.0; of the shifter 0.5]")
@click.option("--decay", type=click.FloatRange(0, 1, max_open=True), help="Share of the weights lost in each cycle.  "
              "[default: 0.0; of the shifter 0.002]")  # fmt: skip
@click.option("--schedule", help="Annealing, time units@temperature.  [default: 2@20,2@15,2@12,4@10]")
@click.option("--time", type=SOME, help="Time units of the statistics.  [default: 10]")
@click.option("--temperature", type=POSITIVE, help="Of the statistics.  [default: 10.0]")
@click.option("--distance", type=SOME, help="Least number of hidden units in which two codes differ.  "
              "[default: 1; of 4-3-4 2]")  # fmt: skip
@run_options
def boltzmann(task: str, **options: Any) -> None:
    """Let Boltzmann machines learn by annealing, and write figure, model and report.

    An encoder has two groups of units that have to agree through a few hidden units (Ackley, Hinton & Sejnowski 1985);
    many machines learn at once, and the figure shows how many have not found a code after so many cycles. The shifter
    (Hinton & Sejnowski 1986) has to say which way a pattern of bits was rotated; one machine learns it.

    \b
    neurosim boltzmann
    neurosim boltzmann --size 4-3-4
    neurosim boltzmann --size 8-3-8 --runs 100
    neurosim boltzmann --task shifter --size 5
    """
    import time

    from neurosim.core import storage
    from neurosim.core.random import seed_from
    from neurosim_cli import boltzmann_report as report_

    started = time.perf_counter()
    set_threads(options["threads"])
    seed, out = seed_from(options["seed"]), options["out"] or Path("neurosim-out/boltzmann")
    kinds: dict[str, Any] = {"encoder": report_.Encoders, "shifter": report_.Shifter}
    learner = kinds[task].of(options)
    with result_folder(out):
        learner.learn(options, seed)
    report = learner.report() | {"seconds": time.perf_counter() - started}
    files, figure = [storage.save(learner.machine(), out / "model.npz", notes=learner.notes())], out / "boltzmann.png"
    figure.unlink(missing_ok=True)  # of an earlier run
    if not options["no_plot"]:
        files.append(learner.draw(figure))
    finish(report, [*files, out / "report.json"], learner.rows(report), learner.title(), options)
