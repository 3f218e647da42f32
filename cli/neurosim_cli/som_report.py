"""What the commands of the map share: data and models from files, the report, the figure."""

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neurosim_cli.common import Words, show
from neurosim_cli.files import load_complete, restore

if TYPE_CHECKING:
    import numpy as np

    from neurosim.datasets import Dataset
    from neurosim.som import SOM
    from neurosim_cli.scaling import Scaling

KINDS = ("umatrix", "planes", "hits", "labels", "pies", "images", "data", "trajectory", "pmatrix")
MOST_LABELS = 30

plot_option = click.option(
    "--plot",
    "kinds",
    type=Words(KINDS),
    metavar="KIND,...",
    help=f"What to draw: {', '.join(KINDS)}.  [default: what suits]",
)


def load_data(data: str) -> "Dataset":
    """Return a data set by the name of its file or its own."""
    return load_complete(data, "neurosim som quality, map or plot", missing=True)


def kinds_for(kinds: tuple[str, ...] | None, dataset: "Dataset") -> tuple[str, ...]:
    """Return what to draw: what was asked for, if the data have it, or what suits them."""
    labels = 0 if dataset.target is None else len(set(dataset.target.tolist()))
    classes, images = dataset.target_names is not None and labels <= MOST_LABELS, dataset.shape is not None
    if kinds is None:
        return ("umatrix", "images" if images else "planes", "labels" if classes else "hits")
    if "images" in kinds and not images:
        raise click.UsageError(f"--plot images needs images; {dataset.name} has plain columns")
    for kind in ("labels", "pies"):
        if kind in kinds and dataset.target is None:
            raise click.UsageError(f"--plot {kind} needs labelled data; {dataset.name} has no labels")
        if kind in kinds and labels > MOST_LABELS:
            raise click.UsageError(
                f"--plot {kind} can show {MOST_LABELS} classes; {dataset.name} has {labels} different labels"
            )
    if "pmatrix" in kinds and dataset.data.size and bool((dataset.data != dataset.data).any()):
        raise click.UsageError(f"--plot pmatrix needs complete data; {dataset.name} has missing values")
    return kinds


def restore_map(path: Path, data: str | None) -> "tuple[SOM, np.ndarray, Dataset, str, Scaling]":
    """Return the model of a file, and the data scaled as those that it was trained on."""
    from neurosim.som import SOM

    model, dataset, name, scaling = restore(path, data, (SOM,), load_data)
    return model, scaling.apply(dataset.data), dataset, name, scaling


def report_on(
    model: "SOM", x: "np.ndarray", dataset: "Dataset", name: str, scaling: "Scaling", adjacency: int | None = None,
    everything: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Return what `report.json` holds of a map and its data; `everything`: all measures of quality."""
    from dataclasses import asdict

    import numpy as np

    from neurosim.som import assess, measures

    history = model.history_.get("sigma", np.full(1, np.nan))
    last = model.sigma_ if model.n_iter_ else np.nan
    topology = model.topology
    given: dict[str, Any] = {"adjacency": adjacency, "sample_weight": dataset.weights}
    return {
        "data": name,
        "samples": len(x),
        "features": x.shape[1],
        "missing": int(np.isnan(x).sum()),
        "scale": scaling.kind,
        "metric": model.metric,
        "algorithm": model.algorithm,
        "neighbourhood": model.neighbourhood,
        "grid": list(topology.grid),
        "lattice": topology.lattice,
        "shape": topology.shape,
        "epochs": model.n_iter_,
        "sigma": [float(history[0]), float(last)],
        "init": model.init if isinstance(model.init, str) else "array",
        "seed": getattr(model, "seed_", None),
        "backend": model.backend_,
        "quality": measures.quality(model, x, **given) if everything else asdict(assess(model, x, **given)),
    }


def _rows(report: dict[str, Any]) -> "list[tuple[str, str]]":
    q = report["quality"]
    rows = [
        ("data", f"{report['data']}: {report['samples']:,} samples × {report['features']} features"),
        ("scale", report["scale"] + (f"; {report['missing']:,} values missing" if report["missing"] else "")),
        ("map", f"{report['grid'][0]}×{report['grid'][1]} {report['lattice']} {report['shape']}"),
        ("metric", report["metric"]),
        ("training", _training(report)),
        ("quantisation error (QE)", f"{q['quantization_error']:.4f}"),
        (f"topographic error (TE{q['adjacency']})", f"{q['topographic_error']:.2%}"),
        ("explained variance", f"{q['explained_variance']:.2%}"),
        ("units that win nothing", f"{q['empty_units']} of {report['grid'][0] * report['grid'][1]}"),
    ]
    more = {
        "combined_error": "combined error",
        "distortion": "distortion",
        "trustworthiness": "trustworthiness",
        "continuity": "continuity",
        "neighbourhood_preservation": "neighbourhood preservation",
        "topographic_product": "topographic product",
    }
    rows += [(name, "not defined" if isnan(q[key]) else f"{q[key]:.4f}") for key, name in more.items() if key in q]
    if "seconds" in report:
        rows.append(("time", f"{report['seconds']['fit']:.2f} s on {report['backend']}, loading the kernels included"))
    return rows


def _training(report: dict[str, Any]) -> str:
    if not report["epochs"]:
        return "not trained here"
    start, end = report["sigma"]
    passes = f"{report['epochs']} epoch{'s' * (report['epochs'] > 1)}"
    return f"{passes} {report['algorithm']}, {report['neighbourhood']}, sigma {start:g} to {end:g}"


def show_report(report: dict[str, Any], *, as_json: bool, quiet: bool) -> None:
    """Print the report, and which files were written."""
    show(report, _rows(report), "Self-organising map", as_json=as_json, quiet=quiet)
    if not (as_json or quiet):
        for file in report.get("files", ()):
            click.echo(f"wrote {file}")


def draw(
    model: "SOM", x: "np.ndarray", dataset: "Dataset", scaling: "Scaling", kinds: tuple[str, ...], path: Path
) -> Path:
    """Draw the map with its data on one page; the ending of `path` decides the format."""
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
