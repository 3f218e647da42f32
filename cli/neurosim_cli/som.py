"""`neurosim som`: train a self-organising map, measure it, place samples on it, draw it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurosim_cli.common import (
    INTERRUPTED,
    DefaultGroup,
    Grid,
    Pair,
    Reported,
    Words,
    progress_bar,
    result_folder,
    run_options,
    set_threads,
    show,
    write_json,
)
from neurosim_cli.files import load_complete, notes_on, restore

if TYPE_CHECKING:
    import numpy as np

    from neurosim.datasets import Dataset
    from neurosim.som import SOM
    from neurosim_cli.scaling import Scaling

KINDS = ("umatrix", "planes", "hits", "labels", "images", "data")
plot_option = click.option(
    "--plot",
    "kinds",
    type=Words(KINDS),
    metavar="KIND,...",
    help=f"What to draw: {', '.join(KINDS)}.  [default: what suits]",
)


@click.group(cls=DefaultGroup)
def som() -> None:
    """Self-organising map (Kohonen 1982)."""


@som.command(hidden=True)
@click.argument("data", default="digits")
@click.option("--grid", type=Grid(), help="Rows and columns of the map.  [default: 20x20]")
@click.option("--lattice", type=click.Choice(["rectangular", "hexagonal"]), help="[default: rectangular]")
@click.option("--hex", "lattice", flag_value="hexagonal", help="Short for --lattice hexagonal.")
@click.option("--shape", type=click.Choice(["sheet", "cylinder", "toroid"]), help="[default: sheet]")
@click.option("--torus", "shape", flag_value="toroid", help="Short for --shape toroid.")
@click.option("--sigma", type=Pair(), help="Width of the neighbourhood in steps.  [default: half the longer side,1]")
@click.option(
    "--sigma-decay",
    type=click.Choice(["exponential", "linear", "inverse", "constant"]),
    help="How sigma goes from start to end.  [default: exponential]",
)
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the data.  [default: 20]")
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

    DATA is a file (.npy .npz .csv .tsv .txt .dat idx) or the name of a data set (see `neurosim data`); without it the
    bundled handwritten digits are used.

    \b
    neurosim som --grid 20x20
    neurosim som iris --grid 8x12 --hex --plot umatrix,planes,labels
    neurosim som table.csv --torus --epochs 50 --scale range
    """
    import time

    from neurosim.core import storage
    from neurosim_cli.scaling import Scaling

    started = time.perf_counter()
    set_threads(options["threads"])
    if options["resume"] and options["checkpoint"] is None:
        raise click.UsageError("--resume goes with --checkpoint")
    dataset = _load(data)
    kinds = () if options["no_plot"] else _kinds(kinds, dataset)
    scaling = Scaling.of(scale, dataset.data, data)
    if (warning := scaling.warning(dataset.feature_names)) and not options["quiet"]:
        click.echo(f"Note: {warning}.", err=True)
    x = scaling.apply(dataset.data)
    model = _model(options)
    out = options["out"] or Path("neurosim-out/som")
    notes = notes_on(data, dataset, scaling)
    loaded = time.perf_counter()
    with result_folder(out):
        _fit(model, x, dataset, notes, options)
    trained = time.perf_counter()
    report = _report(model, x, dataset, data, scaling)
    report["seconds"] = {"load": loaded - started, "fit": trained - loaded}
    files = [storage.save(model, out / "model.npz", notes=notes)]
    if kinds:
        files.append(_draw(model, x, dataset, scaling, kinds, out / "som.png"))
    files.append(out / "report.json")
    report["files"] = [str(file) for file in files]
    write_json(files[-1], report)
    _show(report, as_json=options["as_json"], quiet=options["quiet"])


@som.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", required=False)
@click.option(
    "--adjacency",
    type=click.Choice(["4", "6", "8"]),
    help="Neighbours for the topographic error.  [default: 8; 6 with --hex]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def quality(model: Path, data: str | None, adjacency: str | None, as_json: bool) -> None:
    """Measure how well MODEL fits DATA (default: what it was trained on)."""
    som_, x, dataset, name, scaling = _restore(model, data)
    report = _report(som_, x, dataset, name, scaling, int(adjacency) if adjacency else None)
    _show(report, as_json=as_json, quiet=False)


@som.command(name="map")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", required=False)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of to stdout.")
def map_(model: Path, data: str | None, out: Path | None) -> None:
    """Place every sample of DATA on MODEL: a CSV of sample, unit, row, column, x, y and distance."""
    import csv

    import numpy as np

    som_, x, dataset, _, _ = _restore(model, data)
    units = som_.predict(x)
    row, column = np.divmod(units, som_.topology.grid[1])
    place = som_.topology.positions[units]
    distance = np.linalg.norm(x - som_.weights_[units], axis=1)
    columns = [np.arange(len(x)), units, row, column, *place.round(6).T, [f"{d:.6g}" for d in distance]]
    names = ["sample", "unit", "row", "column", "x", "y", "distance"]
    if dataset.labels is not None:
        columns.append(dataset.labels)
        names.append("label")
    with click.open_file(out or "-", "w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(zip(*columns, strict=True))


@som.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", required=False)
@plot_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="som.png", help="[default: som.png]")
def plot(model: Path, data: str | None, kinds: tuple[str, ...] | None, out: Path) -> None:
    """Draw MODEL with DATA on it; the ending of --out (.png .svg .pdf) decides the format."""
    som_, x, dataset, _, scaling = _restore(model, data)
    click.echo(f"wrote {_draw(som_, x, dataset, scaling, _kinds(kinds, dataset), out)}")


def _load(data: str) -> "Dataset":
    return load_complete(data, "neurosim som quality, map or plot")


def _kinds(kinds: tuple[str, ...] | None, dataset: "Dataset") -> tuple[str, ...]:
    """Return what to draw: what was asked for, if the data have it, or what suits them."""
    classes, images = dataset.target_names is not None, dataset.shape is not None
    if kinds is None:
        return ("umatrix", "images" if images else "planes", "labels" if classes else "hits")
    if "images" in kinds and not images:
        raise click.UsageError(f"--plot images needs images; {dataset.name} has plain columns")
    if "labels" in kinds and dataset.target is None:
        raise click.UsageError(f"--plot labels needs labelled data; {dataset.name} has no labels")
    return kinds


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
        raise Reported(f"interrupted after {done} of {model.epochs} epochs; {kept}", INTERRUPTED) from None


def _model(options: dict[str, Any]) -> "SOM":
    """Return the unfitted map that the options describe; what was not given stays at the model's default."""
    from neurosim.som import SOM

    names = (
        "grid", "lattice", "shape", "sigma", "sigma_decay", "epochs", "init", "tol", "n_iter_no_change", "backend",
    )  # fmt: skip
    chosen = {name: options[name] for name in names if options[name] is not None}
    return SOM(**chosen, random_state=options["seed"])


def _restore(path: Path, data: str | None) -> "tuple[SOM, np.ndarray, Dataset, str, Scaling]":
    """Return the model of a file, and the data scaled as those that it was trained on."""
    from neurosim.som import SOM

    model, dataset, name, scaling = restore(path, data, (SOM,), _load)
    return model, scaling.apply(dataset.data), dataset, name, scaling


def _report(
    model: "SOM", x: "np.ndarray", dataset: "Dataset", name: str, scaling: "Scaling", adjacency: int | None = None
) -> dict[str, Any]:
    from dataclasses import asdict

    from neurosim.som import assess

    topology = model.topology
    return {
        "data": name,
        "samples": len(x),
        "features": x.shape[1],
        "scale": scaling.kind,
        "grid": list(topology.grid),
        "lattice": topology.lattice,
        "shape": topology.shape,
        "epochs": model.n_iter_,
        "sigma": [float(model.history_["sigma"][0]), float(model.history_["sigma"][-1])],
        "init": model.init if isinstance(model.init, str) else "array",
        "seed": model.seed_,
        "backend": model.backend_,
        "quality": asdict(assess(model, x, adjacency=adjacency, sample_weight=dataset.weights)),
    }


def _rows(report: dict[str, Any]) -> "list[tuple[str, str]]":
    q = report["quality"]
    rows = [
        ("data", f"{report['data']}: {report['samples']:,} samples × {report['features']} features"),
        ("scale", report["scale"]),
        ("map", f"{report['grid'][0]}×{report['grid'][1]} {report['lattice']} {report['shape']}"),
        ("training", f"{report['epochs']} epochs, sigma {report['sigma'][0]:g} to {report['sigma'][1]:g}"),
        ("quantisation error (QE)", f"{q['quantization_error']:.4f}"),
        (f"topographic error (TE{q['adjacency']})", f"{q['topographic_error']:.2%}"),
        ("explained variance", f"{q['explained_variance']:.2%}"),
        ("units that win nothing", f"{q['empty_units']} of {report['grid'][0] * report['grid'][1]}"),
    ]
    if "seconds" in report:
        rows.append(("time", f"{report['seconds']['fit']:.2f} s on {report['backend']}, loading the kernels included"))
    return rows


def _show(report: dict[str, Any], *, as_json: bool, quiet: bool) -> None:
    show(report, _rows(report), "Self-organising map", as_json=as_json, quiet=quiet)
    if not (as_json or quiet):
        for file in report.get("files", ()):
            click.echo(f"wrote {file}")


def _draw(
    model: "SOM", x: "np.ndarray", dataset: "Dataset", scaling: "Scaling", kinds: tuple[str, ...], path: Path
) -> Path:
    from neurosim import plotting
    from neurosim.som.page import overview

    figure = overview(
        model,
        x,
        kinds=kinds,
        y=dataset.target,
        feature_names=dataset.feature_names,
        target_names=dataset.target_names,
        image_shape=(dataset.shape[0], dataset.shape[1]) if dataset.shape else None,
        shift=scaling.shift,
        scale=scaling.unit,
    )
    return plotting.save(figure, path)
