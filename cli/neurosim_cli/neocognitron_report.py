"""What `neurosim neocognitron` says about a network: report, table, figure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from neurosim_cli.common import print_table, to_json, write_json

if TYPE_CHECKING:
    from neurosim.neocognitron.tolerance import ToleranceCurve

CHANGED = ("shift", "scale", "slant", "flip")  # what test images suffer unless something else is asked for
LEVELS = {
    "scale": (70.0, 85.0, 100.0, 115.0, 130.0),
    "slant": (-20.0, -10.0, 0.0, 10.0, 20.0),
    "flip": (0.0, 0.01, 0.02, 0.05, 0.1),
    "gaussian": (0.0, 0.1, 0.2, 0.3, 0.4),
    "missing": (0.0, 0.05, 0.1, 0.2, 0.3),
}
MOST_CHANGED = 200  # images whose changes are tried
FARTHEST = 4  # pixels that they are shifted


@dataclass
class Run:
    """A trained network and what it said of its test images.

    Attributes
    ----------
    title, data, tested : str
        For the table: the network, what it learned, what it was tested with.
    images, labels, predicted, rejected : (n, ...) arrays
        Of the test.
    predict : function
        From images to labels.
    changeable : (m,) indices
        Of test images that changes are tried on.
    facts : dict
        Of the model, for the report; `rows` those for the table.
    layers, preferred : function
        That returns what is drawn, see `page.recognition`.
    classes : list
        Of the last layer's planes.
    most : int
        Planes drawn of a layer.
    changes : tuple of str
        That are tried unless others are asked for.
    model : object
        To save, if it can be saved.
    notes : dict
        That its file keeps.
    several : tuple of float
        Shares of right answers of all networks, if this is the best of them by this very test.
    """

    title: str
    data: str
    tested: str
    images: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    rejected: np.ndarray
    predict: Callable[[np.ndarray], np.ndarray]
    changeable: np.ndarray
    facts: dict[str, Any]
    rows: list[tuple[str, str]]
    layers: Callable[[int], dict[str, np.ndarray]]
    preferred: Callable[[], dict[str, np.ndarray]]
    classes: list[Any] | None
    most: int
    seconds: dict[str, float]
    changes: tuple[str, ...] = CHANGED
    model: Any = None
    notes: dict[str, Any] = field(default_factory=dict)
    curves: list["ToleranceCurve"] = field(default_factory=list)
    several: tuple[float, ...] = ()


def measure(run: Run, options: dict[str, Any], seed: int) -> dict[str, Any]:
    """Return the report: what was right, what was taken for what, and what changes of the images cost."""
    right = (run.predicted == run.labels) & ~run.rejected
    accuracy = best = float(right.mean())
    error = float(np.sqrt(accuracy * (1 - accuracy) / len(right)))
    if run.several:
        accuracy, error = float(np.mean(run.several)), float(np.std(run.several, ddof=1) / np.sqrt(len(run.several)))
    run.curves = _tolerances(run, options["changes"] or run.changes, seed)
    return {
        "title": run.title,
        "data": run.data,
        **run.facts,
        "test_images": len(run.labels),
        "accuracy": accuracy,
        "standard_error": error,
        **({"best_accuracy": best} if run.several else {}),
        "rejected": int(run.rejected.sum()),
        "confusion": _confusion(run),
        "tolerance": [_plain(curve) for curve in run.curves],
        "seed": seed,
        "seconds": dict(run.seconds),
    }


def write(run: Run, report: dict[str, Any], out: Path, options: dict[str, Any]) -> None:
    """Write model, figure and report, and show the report."""
    from neurosim import plotting
    from neurosim.core import storage

    files, figure = [], out / "neocognitron.png"
    figure.unlink(missing_ok=True)  # of an earlier run
    (out / "model.npz").unlink(missing_ok=True)
    if options["save"]:
        files.append(storage.save(run.model, out / "model.npz", notes=run.notes))
    if not options["no_plot"]:
        files.append(plotting.save(_draw(run), figure))
    files.append(out / "report.json")
    report["files"] = [str(file) for file in files]
    write_json(files[-1], report)
    if options["as_json"]:
        click.echo(to_json(report))
    elif not options["quiet"]:
        _show(run, report)
        click.echo("\n".join(f"wrote {file}" for file in files))


def _tolerances(run: Run, changes: tuple[str, ...], seed: int) -> list["ToleranceCurve"]:
    """Measure what changes of the test images cost, on those that may be changed."""
    from neurosim.neocognitron.tolerance import tolerance

    if changes == ("none",) or not len(run.changeable):
        return []
    rng = np.random.default_rng(seed)
    some = np.sort(rng.permutation(run.changeable)[:MOST_CHANGED])
    far = min(FARTHEST, max(2, round(run.images.shape[1] / 5)))
    levels = LEVELS | {"shift": tuple(range(far + 1))}
    given = run.images[some], run.labels[some]
    return [tolerance(run.predict, *given, change=c, levels=levels[c], random_state=seed) for c in changes]


def _confusion(run: Run) -> dict[str, Any]:
    """Return how many images of a class (rows) were taken for which (columns), the last column for none."""
    classes = np.unique(np.concatenate([run.labels, run.predicted[~run.rejected]]))
    code, taken = np.searchsorted(classes, run.labels), np.searchsorted(classes, run.predicted)
    taken[run.rejected] = len(classes)
    counts = np.zeros((len(classes), len(classes) + 1), int)
    np.add.at(counts, (code, taken), 1)
    return {"classes": [str(label) for label in classes], "counts": counts.tolist()}


def _plain(curve: "ToleranceCurve") -> dict[str, Any]:
    values = {name: np.asarray(getattr(curve, name)).tolist() for name in ("levels", "accuracy", "error")}
    return {"change": curve.change, "unit": curve.unit, **values, "trials": curve.trials}


def _draw(run: Run) -> Any:
    """Return the page: layers, confusions, preferred patterns, tolerance."""
    from neurosim.neocognitron import page

    right = (run.predicted == run.labels) & ~run.rejected
    first = int(next((n for n in (*run.changeable, *np.flatnonzero(right)) if right[n]), 0))
    what = f"responses to a test image of class {run.labels[first]}"
    return page.recognition(
        run.layers(first), y=run.labels, predicted=run.predicted, rejected=run.rejected, preferred=run.preferred(),
        curves=run.curves, classes=run.classes, most=run.most, chance=1 / len(np.unique(run.labels)), title=what,
        tested=run.tested,
    )  # fmt: skip


def _show(run: Run, report: dict[str, Any]) -> None:
    """Print the tables: the run, the confusions of up to 12 classes, the tolerance."""
    from rich.table import Table

    mean = f", mean of {len(run.several)} networks" if run.several else ""
    right = (
        f"{report['accuracy']:.2%} of {report['test_images']:,}{mean}, standard error {report['standard_error']:.2%}"
    )
    rejected = [("rejected", f"{report['rejected']:,}")] if report["rejected"] else []
    took = ", ".join(f"{name} {value:.2f} s" for name, value in report["seconds"].items())
    table = Table(title=run.title, show_header=False, title_justify="left", title_style="bold")
    table.add_column(style="dim")
    table.add_column(justify="right")
    for row in [("learned", run.data), *run.rows, (run.tested, right), *rejected, *_room(run),
                ("seed", str(report["seed"])), ("time", took)]:  # fmt: skip
        table.add_row(*row)
    print_table(table)
    if len(report["confusion"]["classes"]) <= 12:
        _show_confusion(report["confusion"])
    if run.curves:
        _show_tolerance(run.curves)


def _room(run: Run) -> list[tuple[str, str]]:
    """Return a line for the table if no change could be tried."""
    return [] if len(run.changeable) else [("changes", "not tried: the ink of all test images touches a margin")]


def _show_confusion(confusion: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table(title="Taken for", title_justify="left")
    none = any(row[-1] for row in confusion["counts"])
    for name in ("", *confusion["classes"], *(["none"] * none)):
        table.add_column(name, justify="right")
    for name, row in zip(confusion["classes"], confusion["counts"], strict=True):
        table.add_row(name, *(str(count) if count else "." for count in (row if none else row[:-1])))
    print_table(table)


def _show_tolerance(curves: list["ToleranceCurve"]) -> None:
    from rich.table import Table

    most = max(len(curve.levels) for curve in curves)
    table = Table(title=f"Recognised after changes, of {curves[0].trials} images", title_justify="left")
    for name in ("change", *[""] * most):
        table.add_column(name, justify="right" if not name else "left")
    for curve in curves:
        cells = [f"{level:g}: {share:.1%}" for level, share in zip(curve.levels, curve.accuracy, strict=True)]
        table.add_row(f"{curve.change} ({curve.unit})", *cells, *[""] * (most - len(cells)))
    print_table(table)
