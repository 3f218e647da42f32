"""`neurosim hopfield`: store patterns in a Hopfield network and recall them from noise; the phase diagram."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from neurosim_cli.common import DefaultGroup, Grid, Pair, result_folder, run_options, set_threads, show, write_json

SHARE, NOT_NEGATIVE, SOME = click.FloatRange(0, 1), click.FloatRange(min=0), click.IntRange(min=1)
RULES = ("hebb", "covariance", "storkey", "projection", "perceptron", "clipped", "bounded")
ORDERS = ("random", "permutation", "sequential", "parallel")
ZERO_FIELDS = ("keep", "plus", "minus", "random")


def recall_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a recall."""
    options = [
        click.option("--noise", type=SHARE, help="Share of each probe's units turned round.  [default: 0.2]"),
        click.option("--probes", type=SOME, help="Noisy probes.  [default: one of each pattern]"),
        click.option("--order", type=click.Choice(ORDERS), help="Which unit comes next.  [default: random]"),
        click.option("--temperature", type=NOT_NEGATIVE, help="Of the heat bath, 0 for none.  [default: 0.0]"),
        click.option("--max-sweeps", type=SOME, help="Sweeps at most.  [default: 100]"),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group(cls=DefaultGroup)
def hopfield() -> None:
    """Hopfield network (1982)."""


@hopfield.command(hidden=True)
@click.argument("data", required=False)
@click.option("--patterns", type=SOME, help="How many to store, the first of DATA.  [default: 5; all of a file]")
@click.option("--letters", "text", metavar="TEXT", help="Which letters to store.  [default: some little alike]")
@click.option("--units", type=SOME, help="Of random patterns.  [default: 100]")
@click.option("--threshold", type=float, help="Values of DATA above it are on.  [default: half-way, see above]")
@click.option("--rule", type=click.Choice(RULES), help="Learning rule.  [default: hebb]")
@click.option("--coding", type=click.Choice(["spin", "binary"]), help="Units -1, +1 or 0, 1.  [default: spin]")
@click.option("--zero-field", type=click.Choice(ZERO_FIELDS), help="What a field of 0 does.  [default: keep]")
@click.option("--self-coupling", is_flag=True, help="Keep the diagonal of the weights.")
@recall_options
@run_options
def train(data: str | None, **options: Any) -> None:
    """Store patterns in a Hopfield network, recall them from noisy probes, and write figure, model and report.

    DATA is `letters` (the default: pictures of 12 x 10 units), `random`, a file (.npy .npz .csv .tsv .txt .dat idx) or
    the name of a data set (see `neurosim data`). A row is a pattern; a column of labels names the patterns and is no
    unit. Values that are not two are cut at the threshold, by default half-way between the least and the greatest in
    the data.

    \b
    neurosim hopfield
    neurosim hopfield --letters HOPFIELD --rule projection --noise 0.3
    neurosim hopfield random --units 500 --patterns 50 --order parallel
    neurosim hopfield digits --patterns 10 --rule projection
    neurosim hopfield phase
    """
    import time

    from neurosim.core import storage
    from neurosim.core.random import seed_from
    from neurosim_cli import hopfield_report as report_

    started = time.perf_counter()
    set_threads(options["threads"])
    seed = seed_from(options["seed"])
    source = report_.source_of(data, options, seed)
    out = options["out"] or Path("neurosim-out/hopfield")
    network = report_.stored(source, options, seed)
    with result_folder(out):
        trial = report_.recalled(network, source, options, seed, not options["no_plot"])
    report = report_.measured(network, source, trial, options) | {"seconds": time.perf_counter() - started}
    files, figure = [storage.save(network, out / "model.npz", notes=source.notes())], out / "hopfield.png"
    figure.unlink(missing_ok=True)  # of an earlier run
    if not options["no_plot"]:
        files.append(report_.draw(network, source, trial, figure))
    _finish(report, [*files, out / "report.json"], report_.rows(report), "Hopfield network", options)


@hopfield.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", required=False)
@recall_options
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Seed of the random numbers.  [default: fresh entropy]")
@click.option("--backend", type=click.Choice(["auto", "cpu", "cuda"]), help="Where to compute.  [default: auto]")
@click.option("--threads", type=SOME, help="CPU threads.  [default: all]")
@click.option("--states", type=click.Path(dir_okay=False, path_type=Path), help="Write the last states to this .npy.")
@click.option("--plot", "figure", type=click.Path(dir_okay=False, path_type=Path), help="Draw to a .png, .svg or .pdf.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of to stdout.")
def recall(model: Path, data: str | None, **options: Any) -> None:
    """Recall from the rows of DATA, or from noisy patterns of MODEL: a CSV with a row for each probe.

    The columns are probe, pattern (the one that the last state overlaps most with), overlap, sweeps, stopped and
    energy; stderr says how many probes ended in a stored pattern. Rows of DATA start as they are, unless --noise is
    given. Values other than those of the network's units are cut at the threshold at which the stored ones were, or
    half-way if the file of the model knows none.
    """
    import csv

    from neurosim.core.random import seed_from
    from neurosim_cli import hopfield_report as report_

    set_threads(options["threads"])
    seed = seed_from(options["seed"])
    network, source = report_.restored(model, data)
    trial = report_.recalled(network, source, options, seed, options["figure"] is not None)
    if options["states"] is not None:
        import numpy as np

        np.save(options["states"], trial.result.states)
    if options["figure"] is not None:
        report_.draw(network, source, trial, options["figure"])
    overlap = network.overlap(trial.result.states)
    with click.open_file(options["out"] or "-", "w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["probe", "pattern", "overlap", "sweeps", "stopped", "energy"])
        writer.writerows(_lines(overlap, trial.result))
    probes = "1 probe" if len(overlap) == 1 else f"{len(overlap)} probes"
    click.echo(f"{(overlap.max(axis=1) == 1).sum()} of {probes} ended in a stored pattern without an error", err=True)


@hopfield.command()
@click.option("--units", type=SOME, default=500, help="Of the simulated networks.  [default: 500]")
@click.option("--loads", type=Pair(), help="Patterns for each unit.  [default: 0.01,0.16, but one pattern at least]")
@click.option("--temperatures", type=Pair(), default="0,1.4", help="Coldest and hottest.  [default: 0,1.4]")
@click.option("--grid", type=Grid(), default="15x16", help="How many temperatures and loads.  [default: 15x16]")
@click.option("--probes", type=SOME, default=20, help="Patterns recalled at each point.  [default: 20]")
@click.option("--sweeps", type=SOME, default=300, help="Sweeps from each pattern at T > 0.  [default: 300]")
@run_options
def phase(**options: Any) -> None:
    """Draw the phase diagram of Amit, Gutfreund and Sompolinsky (1985) over a simulation.

    At every load and temperature a network stores random patterns by Hebb's rule, starts from some of them, and the
    overlap with the start is measured at the end: at T = 0 when nothing changes any more, else after --sweeps. The
    lines are those of infinitely many units; in a finite network metastable states live on beyond them.
    """
    import time

    from neurosim.core.random import seed_from
    from neurosim_cli import hopfield_phase as phase_

    started = time.perf_counter()
    set_threads(options["threads"])
    out = options["out"] or Path("neurosim-out/hopfield-phase")
    with result_folder(out):
        report = phase_.simulated(options, seed_from(options["seed"]))
    report["seconds"] = time.perf_counter() - started
    figure = out / "phase.png"
    figure.unlink(missing_ok=True)  # of an earlier run
    files = [] if options["no_plot"] else [phase_.draw_phase(report, figure)]
    _finish(report, [*files, out / "report.json"], phase_.phase_rows(report), "Phase diagram", options)


def _lines(overlap: Any, result: Any) -> Iterator[tuple[Any, ...]]:
    """Yield a row for every probe: its number, the nearest pattern, the overlap with it, sweeps, why, energy."""
    for k, pattern in enumerate(overlap.argmax(axis=1)):
        told = f"{overlap[k, pattern]:.6g}", result.sweeps[k], result.stopped[k], f"{result.energies[k]:.8g}"
        yield k, pattern, *told


def _finish(
    report: dict[str, Any], files: list[Path], rows: list[tuple[str, str]], title: str, options: dict[str, Any]
) -> None:
    """Write the report and show it."""
    report["files"] = [str(file) for file in files]
    write_json(files[-1], report)
    show(report, rows, title, as_json=options["as_json"], quiet=options["quiet"])
    if not (options["as_json"] or options["quiet"]):
        for file in files:
            click.echo(f"wrote {file}")
