"""`neurosim som`: train a self-organising map."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurosim_cli.common import (
    INTERRUPTED,
    DefaultGroup,
    Grid,
    Pair,
    Reported,
    progress_bar,
    result_folder,
    run_options,
    set_threads,
    write_json,
)
from neurosim_cli.files import notes_on
from neurosim_cli.som_files import export, import_
from neurosim_cli.som_report import draw, kinds_for, load_data, plot_option, report_on, show_report
from neurosim_cli.som_verbs import cluster, impute, map_, plot, quality

if TYPE_CHECKING:
    import numpy as np

    from neurosim.datasets import Dataset
    from neurosim.som import SOM

DECAYS = ("exponential", "linear", "inverse", "constant")
METRICS = ("euclidean", "cosine", "correlation", "mahalanobis", "manhattan", "chebyshev")


class GridOrAuto(Grid):
    """ROWSxCOLUMNS, or auto."""

    name = "ROWSxCOLUMNS|auto"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return (rows, columns) or "auto"."""
        return "auto" if value == "auto" else super().convert(value, param, ctx)


@click.group(cls=DefaultGroup)
def som() -> None:
    """Self-organising map (Kohonen 1982)."""


@som.command(hidden=True)
@click.argument("data", default="digits")
@click.option("--grid", type=GridOrAuto(), help="Rows and columns of the map; auto: by the data.  [default: 20x20]")
@click.option("--lattice", type=click.Choice(["rectangular", "hexagonal"]), help="[default: rectangular]")
@click.option("--hex", "lattice", flag_value="hexagonal", help="Short for --lattice hexagonal.")
@click.option("--shape", type=click.Choice(["sheet", "cylinder", "toroid"]), help="[default: sheet]")
@click.option("--torus", "shape", flag_value="toroid", help="Short for --shape toroid.")
@click.option("--metric", type=click.Choice(METRICS), help="Distance of samples and units.  [default: euclidean]")
@click.option(
    "--neighbourhood",
    type=click.Choice(["gaussian", "bubble", "cut_gaussian", "mexican_hat"]),
    help="Shape of the neighbourhood.  [default: gaussian]",
)
@click.option(
    "--algorithm", type=click.Choice(["batch", "online"]), help="Means, or sample by sample.  [default: batch]"
)
@click.option("--online", "algorithm", flag_value="online", help="Short for --algorithm online.")
@click.option("--sigma", type=Pair(), help="Width of the neighbourhood in steps.  [default: half the longer side,1]")
@click.option(
    "--sigma-decay",
    type=click.Choice(DECAYS),
    help="How sigma goes from start to end.  [default: exponential]",
)
@click.option("--learning-rate", type=Pair(), help="Online: how far units move.  [default: 0.5,0.01]")
@click.option("--learning-rate-decay", type=click.Choice(DECAYS), help="Online: how it goes down.  [default: linear]")
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the data.  [default: 20]")
@click.option("--steps", type=click.IntRange(min=1), help="Online: samples shown, instead of --epochs.")
@click.option("--shuffle/--in-order", default=None, help="Online: order of the samples.  [default: shuffle]")
@click.option("--init", type=click.Choice(["pca", "random", "sample"]), help="First weights.  [default: pca]")
@click.option("--tol", type=click.FloatRange(min=0), help="Stop when the error falls by less.  [default: never]")
@click.option("--n-iter-no-change", type=click.IntRange(min=1), help="For so many epochs running.  [default: 3]")
@click.option(
    "--scale",
    type=click.Choice(["zscore", "range", "none"]),
    default="zscore",
    help="Scale every feature to standard deviation 1, to the range 0 to 1, or not.  [default: zscore]",
)
@plot_option
@click.option("--checkpoint", type=click.Path(dir_okay=False, path_type=Path), help="Save the map after every epoch.")
@click.option("--resume", is_flag=True, help="Go on from --checkpoint, if it is there.")
@run_options
def train(data: str, scale: str, kinds: tuple[str, ...] | None, **options: Any) -> None:
    """Train a self-organising map on DATA and write its figure, model and report.

    DATA is a file (.npy .npz .csv .tsv .txt .dat .lrn idx) or the name of a data set (see `neurosim data`); without it
    the bundled handwritten digits are used.

    \b
    neurosim som --grid 20x20
    neurosim som iris --grid 8x12 --hex --plot umatrix,planes,labels
    neurosim som table.csv --torus --epochs 50 --scale range
    neurosim som table.csv --grid auto --online --metric manhattan

    Missing values (nan, NA, an empty field) are left out of distances and means (euclidean, manhattan).
    """
    import time

    from neurosim.core import storage
    from neurosim_cli.scaling import Scaling

    started = time.perf_counter()
    set_threads(options["threads"])
    _check(options)
    if options["resume"] and options["checkpoint"] is None:
        raise click.UsageError("--resume goes with --checkpoint")
    dataset = load_data(data)
    kinds = () if options["no_plot"] else kinds_for(kinds, dataset)
    scaling = Scaling.of(scale, dataset.data, data)
    if not options["quiet"]:
        _note(dataset, scaling)
    x = scaling.apply(dataset.data)
    model = _model(options)
    out = options["out"] or Path("neurosim-out/som")
    notes = notes_on(data, dataset, scaling)
    loaded = time.perf_counter()
    with result_folder(out):
        _fit(model, x, dataset, notes, options)
    trained = time.perf_counter()
    report = report_on(model, x, dataset, data, scaling)
    report["seconds"] = {"load": loaded - started, "fit": trained - loaded}
    files = [storage.save(model, out / "model.npz", notes=notes)]
    if kinds:
        files.append(draw(model, x, dataset, scaling, kinds, out / "som.png"))
    files.append(out / "report.json")
    report["files"] = [str(file) for file in files]
    write_json(files[-1], report)
    show_report(report, as_json=options["as_json"], quiet=options["quiet"])


def _fit(model: "SOM", x: "np.ndarray", dataset: "Dataset", notes: dict[str, Any], options: dict[str, Any]) -> None:
    """Train with a progress bar; say after an interrupt what is left and how to go on."""
    checkpoint = options["checkpoint"]
    try:
        with progress_bar("training", quiet=options["quiet"]) as callback:
            model.fit(
                x,
                sample_weight=dataset.weights,
                callback=callback,
                checkpoint=checkpoint,
                resume=options["resume"],
                notes=notes,
            )
    except KeyboardInterrupt:
        done = getattr(model, "n_iter_", 0)
        kept = f"{checkpoint} holds the map, --resume goes on from it" if checkpoint and done else "nothing was written"
        raise Reported(f"interrupted after {done} of {_epochs(model, x)} epochs; {kept}", INTERRUPTED) from None


def _model(options: dict[str, Any]) -> "SOM":
    """Return the unfitted map that the options describe; what was not given stays at the model's default."""
    from neurosim.som import SOM

    names = (
        "grid", "lattice", "shape", "metric", "neighbourhood", "algorithm", "sigma", "sigma_decay", "learning_rate",
        "learning_rate_decay", "epochs", "steps", "shuffle", "init", "tol", "n_iter_no_change", "backend",
    )  # fmt: skip
    chosen = {name: options[name] for name in names if options[name] is not None}
    return SOM(**chosen, random_state=options["seed"])


def _check(options: dict[str, Any]) -> None:
    """Raise for options that would have no effect."""
    if options["algorithm"] != "online":
        for name, given in (
            ("--learning-rate", options["learning_rate"]),
            ("--learning-rate-decay", options["learning_rate_decay"]),
            ("--shuffle and --in-order", options["shuffle"]),
            ("--steps", options["steps"]),
        ):
            if given is not None:
                raise click.UsageError(f"{name} {'go' if ' and ' in name else 'goes'} with --online")
    elif options["steps"] and options["epochs"]:
        raise click.UsageError("--steps and --epochs both say how long to train; give one of them")


def _note(dataset: "Dataset", scaling: Any) -> None:
    """Say on stderr what the user may not expect of these data."""
    import numpy as np

    if warning := scaling.warning(dataset.feature_names):
        click.echo(f"Note: {warning}.", err=True)
    gaps = np.isnan(dataset.data)
    if missing := int(gaps.sum()):
        rows, values = int(gaps.any(1).sum()), "value is" if missing == 1 else "values are"
        click.echo(f"Note: {missing:,} {values} missing, in {rows:,} of {len(gaps):,} samples.", err=True)


def _epochs(model: "SOM", x: "np.ndarray") -> int:
    return -(-model.steps // len(x)) if model.steps else model.epochs


for verb in (quality, map_, plot, impute, cluster, export, import_):
    som.add_command(verb)
