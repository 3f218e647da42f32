"""`neurosim rbm`: train a restricted Boltzmann machine, draw samples from it, measure its partition function."""

from pathlib import Path
from typing import Any

import click

from neurosim_cli.common import (
    INTERRUPTED,
    DefaultGroup,
    Pair,
    Reported,
    result_folder,
    run_options,
    set_threads,
    show,
    write_json,
)

SOME, NOT_NEGATIVE = click.IntRange(min=1), click.FloatRange(min=0)
BETAS, CHAINS = 2000, 100
seed_option = click.option(
    "--seed", type=click.IntRange(0, 2**64 - 1), help="Seed of the random numbers.  [default: fresh entropy]"
)
threads_option = click.option("--threads", type=SOME, help="CPU threads.  [default: all]")


@click.group(cls=DefaultGroup)
def rbm() -> None:
    """Restricted Boltzmann machine."""


@rbm.command(hidden=True)
@click.argument("data", required=False, default="digits")
@click.option("--hidden", "n_components", type=SOME, help="Hidden units.  [default: 256]")
@click.option("--pcd", type=SOME, help="Persistent chains, with so many sweeps a step.  [default: 1]")
@click.option("--cd", type=SOME, help="Contrastive divergence instead, with so many sweeps a step.")
@click.option("--epochs", "n_iter", type=SOME, help="Passes over the data; few of them want a larger --rate.  "
              "[default: 10; many more of small data sets, 309 of the digits]")  # fmt: skip
@click.option("--rate", "learning_rate", type=NOT_NEGATIVE, help="Of learning.  [default: 0.05]")
@click.option("--batch-size", type=SOME, help="Samples a step, and persistent chains.  [default: 100]")
@click.option("--momentum", type=click.FloatRange(0, 1, max_open=True), help="[default: 0.0]")
@click.option("--decay", "weight_decay", type=NOT_NEGATIVE, help="Of the weights.  [default: 0.0]")
@click.option("--sparsity", type=Pair(), metavar="TARGET,COST", help="Mean activity of hidden units, and its weight.")
@click.option("--centred", is_flag=True, help="Subtract running means from both layers.")
@click.option("--gaussian", is_flag=True, help="Visible units are real numbers; columns get mean 0 and variance 1.")
@click.option("--threshold", type=float, help="Values of DATA above it are 1, others 0.  [default: scaled to 0 to 1]")
@click.option("--test", "share", type=click.FloatRange(0, 1, max_open=True), help="Share kept for the test.  "
              "[default: 0.1, of fewer than 100 samples none; mnist and usps have test sets]")  # fmt: skip
@click.option("--betas", type=click.IntRange(min=0), default=BETAS, help="Temperatures of the annealing that estimates "
              f"the likelihood of large machines, 0 for none.  [default: {BETAS}]")  # fmt: skip
@click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float32", help="[default: float32]")
@run_options
def train(data: str, **options: Any) -> None:
    """Train a restricted Boltzmann machine on DATA, and write figure, model and report.

    DATA is a file (.npy .npz .csv .tsv .txt .dat idx) or the name of a data set (see `neurosim data`); without it the
    bundled handwritten digits are used. Values are scaled to 0 to 1: those of images all alike, other columns each by
    itself. Up to 20 hidden (or visible) units the likelihood is exact, else it is estimated by annealing in both
    directions.

    \b
    neurosim rbm
    neurosim rbm mnist --hidden 256 --pcd 1
    neurosim rbm mnist --hidden 500 --cd 25 --epochs 50
    neurosim rbm bars-and-stripes --hidden 16 --epochs 5000 --rate 0.1
    """
    import time

    from neurosim.core import storage
    from neurosim.core.random import seed_from
    from neurosim_cli import rbm_report as report_
    from neurosim_cli.rbm_data import source_of

    started = time.perf_counter()
    set_threads(options["threads"])
    if options["threshold"] is not None and options["gaussian"]:
        raise click.UsageError("--threshold makes binary data; --gaussian goes without it")
    seed, out = seed_from(options["seed"]), options["out"] or Path("neurosim-out/rbm")
    model = report_.machine(options, seed)
    source = source_of(data, options["share"], options["threshold"], options["gaussian"], options["dtype"], seed)
    loaded = time.perf_counter()
    with result_folder(out):
        curve, stopped = report_.trained(model, source, options, seed)
    fitted = time.perf_counter()
    report = report_.measured(model, source, curve, options, seed) | {"stopped": stopped}
    done = time.perf_counter()
    report["seconds"] = {"load": loaded - started, "fit": fitted - loaded, "likelihood": done - fitted}
    files, figure = [storage.save(model, out / "model.npz", notes=source.notes())], out / "rbm.png"
    figure.unlink(missing_ok=True)  # of an earlier run
    if not options["no_plot"]:
        files.append(report_.draw(model, source, curve, figure, seed))
    finish(report, [*files, out / "report.json"], report_.rows(report), "Restricted Boltzmann machine", options)


@rbm.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--n", "count", type=SOME, default=64, help="Samples.  [default: 64]")
@click.option("--steps", type=SOME, default=1000, help="Gibbs sweeps before each is taken.  [default: 1000]")
@click.option("--states", is_flag=True, help="Write states instead of their probabilities.")
@seed_option
@threads_option
@click.option("--plot", "figure", type=click.Path(dir_okay=False, path_type=Path), help="Draw to a .png, .svg or .pdf.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="samples.npy",
              help="A .npy or .csv.  [default: samples.npy]")  # fmt: skip
def sample(model: Path, count: int, steps: int, states: bool, seed: int | None, **options: Any) -> None:
    """Draw samples from MODEL, in the units of the data that it was trained on: one a row."""
    from neurosim.boltzmann import RBM
    from neurosim_cli.rbm_data import restore

    check_table(options["out"])
    set_threads(options["threads"])
    machine, notes = restore(model, (RBM,))
    drawn = machine.sample(count, steps, means=not states, random_state=seed)
    write_samples(drawn, machine, notes, options["out"], options["figure"])


@rbm.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", required=False)
@click.option("--method", type=click.Choice(["auto", "exact", "ais"]), default="auto",
              help="Enumerate all states of the smaller layer, or anneal in both directions.  [default: auto: exact up "
              "to 20 units]")  # fmt: skip
@click.option("--betas", type=SOME, default=14500, help="Temperatures of the annealing.  [default: 14500]")
@click.option("--chains", type=click.IntRange(min=2), default=CHAINS, help=f"Of the annealing.  [default: {CHAINS}]")
@seed_option
@threads_option
@click.option("--plot", "figure", type=click.Path(dir_okay=False, path_type=Path), help="Draw to a .png, .svg or .pdf.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def logz(model: Path, data: str | None, **options: Any) -> None:
    """Measure the logarithm of the partition function of MODEL, and how likely it makes DATA.

    Without DATA: the whole data set that it was trained on; of mnist and usps, which have test sets of their own, that
    is the training set (name mnist-test for the other). Annealing that goes up from independent units tends to find too
    small a value, annealing that comes down from samples too large a one: trust them as far as they agree.
    """
    from neurosim.boltzmann import RBM
    from neurosim.core.random import seed_from
    from neurosim_cli import rbm_report as report_
    from neurosim_cli.rbm_data import again, restore

    set_threads(options["threads"])
    machine, notes = restore(model, (RBM,))
    if machine.visible == "gaussian" and options["method"] == "ais":
        raise click.UsageError(f"--method ais: {model} has Gaussian visible units, which are not annealed; take exact")
    x = again(data, notes, machine, model)
    report, estimates = report_.partition(machine, {"data": x}, seed_from(options["seed"]), options)
    if options["figure"] is not None:
        from neurosim import plotting
        from neurosim.boltzmann import plot_rbm

        drawn: Any = plot_rbm.partition(estimates).figure
        plotting.save(drawn, options["figure"])
    show(report, report_.partition_rows(report), "Partition function", as_json=options["as_json"], quiet=False)


def check_table(out: Path) -> None:
    """Raise an error unless a file of samples ends in .npy or .csv and its folder is there."""
    if out.suffix.lower() not in (".npy", ".csv"):
        raise click.UsageError(f"--out {out}: a name that ends in .npy or .csv")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"{out}: there is no folder {out.parent}")


def write_samples(drawn: Any, model: Any, notes: dict[str, Any], out: Path, figure: Path | None) -> None:
    """Write samples in the units of the data, and a figure if one is wanted."""
    import numpy as np

    from neurosim_cli.rbm_data import as_data

    if figure is not None:
        from neurosim import plotting
        from neurosim.boltzmann import plot_rbm

        shape = notes.get("shape")
        pictures: Any = plot_rbm.samples(drawn, shape or (1, drawn.shape[1]), columns=None if shape else 1).figure
        plotting.save(pictures, figure)
    values = as_data(drawn, notes, model)
    if out.suffix.lower() == ".csv":
        np.savetxt(out, values, fmt="%.6g", delimiter=",")
    else:
        np.save(out, values)
    click.echo("\n".join(f"wrote {path}" for path in (out, figure) if path is not None))


def finish(
    report: dict[str, Any], files: list[Path], rows: list[tuple[str, str]], title: str, options: dict[str, Any]
) -> None:
    """Write the report and show it."""
    report["files"] = [str(file) for file in files]
    write_json(files[-1], report)
    show(report, rows, title, as_json=options["as_json"], quiet=options["quiet"])
    if not (options["as_json"] or options["quiet"]):
        click.echo("\n".join(f"wrote {file}" for file in files))
    if report.get("stopped") == "interrupted":
        done = report["epochs"] if isinstance(report["epochs"], list) else [report["epochs"]]
        epochs = f"{', '.join(map(str, done))} epoch{'s' * (done != [1])}"
        raise Reported(f"interrupted after {epochs}; what was learned was written", INTERRUPTED)
