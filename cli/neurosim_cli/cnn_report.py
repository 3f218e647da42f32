"""What `neurosim cnn` says about a network: report, table, figure; and networks and predictions from files."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from neurosim.core.errors import DataError, StorageError
from neurosim_cli.cnn_data import Inputs, Part, Task, own_patterns, where
from neurosim_cli.common import did_you_mean, write_json
from neurosim_cli.files import load_complete

if TYPE_CHECKING:
    from neurosim.cnn import Graph, Summary, Training

STOPPED_BY_USER = "interrupted"
PUBLISHED_ON = {"zip1989": "usps", "lenet5_1998": "mnist", "lenet5_modern": "mnist", "bn_4_1": "mnist"}
COUNTS = ("units", "connections", "parameters")
MOST_SQUARES = 20_000  # of a Hinton diagram


def measure(task: Task, how: dict[str, Any], training: "Training") -> dict[str, Any]:
    """Return the report: the network, how it was trained, what it got right."""
    network, shown = task.network, task.held_out or task.known
    report: dict[str, Any] = {
        "data": task.data,
        "preset": task.name,
        "samples": {"train": len(task.known.x), "test": 0 if task.held_out is None else len(task.held_out.x)},
        "input": list(network.input_shape),
        "classes": task.classes,
        **totals(network.summary()),
        "dtype": str(np.dtype(network.dtype)),
        "loss": type(how["loss"]).__name__,
        "reduction": how["reduction"],
        "optimiser": _in_words(how["optimiser"]),
        "batch_size": how["batch_size"],
        "epochs": training.epochs,
        "stopped": STOPPED_BY_USER if training.stopped == "callback" else training.stopped,
        "losses": np.asarray(training.losses).tolist(),
        "validation_losses": np.asarray(training.validation_losses).tolist(),
        "wrong": {"train": wrong(task, task.known), "test": wrong(task, task.held_out)},
        "reference": {} if task.preset is None else dict(task.preset.reference),
        "reference_data": PUBLISHED_ON.get(task.name),
        "source": "" if task.preset is None else task.preset.source,
        "channels_last": task.inputs is not None and task.inputs.channels_last,
        "backend": training.backend,
    }
    report["warning"] = _warning(task, report)
    if shown.codes is not None:
        report["confusion"] = _confusion(shown.codes, said(network, shown.x), len(task.classes or ()))
    return report


def _warning(task: Task, report: dict[str, Any]) -> str:
    """Return what to say of a network that knows no more about the training data than how many classes there are."""
    codes, losses = task.known.codes, report["losses"]
    if codes is None or not losses:
        return ""
    shares = np.bincount(codes) / len(codes)
    error, blind = report["wrong"]["train"] / len(codes), 1 - float(shares.max())
    chance = float(np.log(len(task.classes or ())))
    loss = losses[-1] if (report["loss"], report["reduction"]) == ("CrossEntropy", "mean") else 0.0
    if loss <= chance and error < 0.95 * blind:
        return ""
    what = f"a loss of {loss:.3g}, guessing has {chance:.3g}" if loss > chance else f"an error of {error:.0%}"
    return f"no better than guessing ({what}): the rate is probably too large, or there were too few epochs"


def said(network: "Graph", x: np.ndarray) -> np.ndarray:
    """Return the number of the class that a network takes each sample for."""
    return network.forward(x).reshape(len(x), -1).argmax(axis=1)


def wrong(task: Task, part: Part | None) -> int | None:
    """Return how many samples are taken for another class, or have an output on the wrong side of the middle."""
    if part is None:
        return None
    if part.codes is not None:
        return int((said(task.network, part.x) != part.codes).sum())
    outputs, middle = task.network.forward(part.x), (part.targets.min() + part.targets.max()) / 2
    return int(((outputs > middle) != (part.targets > middle)).any(axis=1).sum())


def rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the lines of the table."""
    n, classes = report["samples"], report["classes"]
    size = " × ".join(map(str, report["input"]))
    lines = [("data", f"{report['data']}: {sum(n.values()):,} samples, inputs of {size}")]
    if report["channels_last"]:
        lines.append(("images", "channels came last and were put first"))
    if classes is not None:
        lines.append(("classes", f"{len(classes)}: {shorten(', '.join(map(str, classes)), 60, placeholder=' ...')}"))
    lines += [
        ("network", f"{report['parameters']:,} parameters, {report['connections']:,} connections"),
        ("optimiser", report["optimiser"]),
        ("training", f"{report['epochs']} epochs, batch size {report['batch_size']}, {report['dtype']}"),
    ]
    if losses := _curves(report)["training"].tolist():
        lines.append(("loss", f"{losses[0]:.4g} in the first epoch, {losses[-1]:.4g} in the last"))
    for part, count in report["wrong"].items():
        line = "nothing kept for the test" if count is None else f"{count / n[part]:.2%}: {count:,} of {n[part]:,}"
        if count is not None or classes is not None:
            lines.append((f"{part} error", line))
    lines += _published(report)
    took = f"{report['seconds']['fit']:.2f} s on {report['backend']}, loading the kernels included"
    return [*lines, ("seed", str(report["seed"])), ("time", took)]


def _published(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the published numbers that this run has a counterpart of; errors only if the data are the same."""
    lines = []
    for name, value in report["reference"].items():
        part = name.partition(" error (%)")[0]
        if name in COUNTS:
            lines.append((f"{name}, published", f"{value:,.10g} (ours {report[name]:,})"))
        elif part in ("train", "training", "test") and report["data"] == report["reference_data"]:
            part = part.removesuffix("ing")
            if report["wrong"][part] is not None:
                ours = report["wrong"][part] / report["samples"][part]
                lines.append((f"{name.replace(' (%)', '')}, published", f"{value:.3g}% (ours {ours:.2%})"))
    return lines


def write(task: Task, report: dict[str, Any], out: Path, *, plot: bool) -> None:
    """Write model, figure and report, and note their names in the report."""
    from neurosim.core import storage

    inputs = None if task.inputs is None else task.inputs.to_notes()
    data = None if task.inputs is None else where(task.data)
    notes = {"preset": task.name, "data": data, "classes": task.classes, "inputs": inputs}
    files = [storage.save(task.network, out / "model.npz", notes=notes)]
    if plot:
        files.append(draw(task, report, out / "cnn.png"))
    files.append(out / "report.json")
    report["files"] = [str(file) for file in files]
    write_json(files[-1], report)


def draw(task: Task, report: dict[str, Any], path: Path) -> Path:
    """Draw learning curves, confusions or outputs, filters or weights, and the feature maps of a sample."""
    from neurosim import plotting
    from neurosim.cnn.page import overview

    part = task.held_out or task.known
    given: dict[str, Any] = {"x": part.x, "targets": part.targets}
    if part.codes is not None:
        names = [str(name) for name in task.classes or ()]
        given = {"x": part.x, "y": part.codes, "predicted": said(task.network, part.x), "names": names}
    title = "" if task.inputs is None else f"{'test' if task.held_out else 'training'} data of {Path(task.data).name}"
    return plotting.save(overview(task.network, _curves(report), **given, title=title), path)


def _curves(report: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return the losses of the epochs; where there are two kinds they are means over the samples."""
    training, other = np.array(report["losses"]), np.array(report["validation_losses"])
    if not len(other):
        return {"training": training}
    held_back = report["held_back"]
    count = report["samples"]["train"] - held_back if report["reduction"] == "sum" else 1
    return {"training": training / count, "validation" if held_back else "test": other}


def _in_words(optimiser: Any) -> str:
    """Return an optimiser's name, its rate, and what is not as by default."""
    from dataclasses import fields

    values = {field.name: (getattr(optimiser, field.name), field.default) for field in fields(optimiser)}
    told = [f"{name} {_in_time(value)}" for name, (value, usual) in values.items() if name == "rate" or value != usual]
    return ", ".join([type(optimiser).__name__, *told])


def _in_time(value: Any) -> str:
    """Return a number, or how it changes from epoch to epoch."""
    if isinstance(value, Mapping):
        return " then ".join(
            f"{number:g}" if not epoch else f"{number:g} from {epoch}" for epoch, number in value.items()
        )
    if hasattr(value, "kind"):
        return f"{value.kind} from {value.start:g} to {value.end:g}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def network_of(model: str) -> "Graph":
    """Return the network of a file, or of a preset before training."""
    from neurosim.cnn import PRESETS, Graph
    from neurosim.core import storage

    if model in PRESETS and not Path(model).exists():
        return PRESETS[model].build(0, "float32")
    if model in ("small", "mlp") and not Path(model).exists():
        raise DataError(f"{model}: has the size of its data; name the model.npz that `neurosim cnn DATA` writes")
    if not Path(model).exists() and not Path(model).suffix:
        hint = did_you_mean(model, PRESETS) or f"these are {', '.join(PRESETS)}"
        raise DataError(f"{model}: no file and no preset; {hint}")
    stored = storage.load(model)
    network = getattr(stored, "network_", stored)
    if not isinstance(network, Graph):
        raise StorageError(f"{model}: holds a {type(stored).__name__} without a network")
    return network


def draw_weights(network: "Graph", layer: str | None, model: str) -> Any:
    """Return a figure of a layer's weights: pictures, or a Hinton diagram of a dense layer whose inputs are none."""
    from neurosim.cnn import plot, plot_filters

    weights = {name.removesuffix(".weights"): w for name, w in network.parameters.items() if name.endswith(".weights")}
    known, pictures = [name for name, w in weights.items() if np.ndim(w) in (2, 4)], plot_filters.drawable(network)
    if not known or (layer is not None and layer not in known):
        raise click.UsageError(f"{model}: no layer {layer or ''} with weights to draw; these are {', '.join(known)}")
    layer = layer or (pictures or known)[0]
    table = np.asarray(weights[layer])
    if table.ndim == 4 or (len(network.input_shape) == 3 and layer in pictures):
        return plot_filters.filters(network, layer).figure
    if table.size > MOST_SQUARES:
        shape = " × ".join(map(str, table.shape))
        raise DataError(f"{model}: the inputs of {layer} are no image, and {shape} weights are too many for squares")
    ax = plot.hinton(table, bias=network.parameters.get(f"{layer}.bias"), turned=len(table) > table.shape[1])
    ax.set_title(f"weights of {layer}\n{ax.get_title()}", fontsize=8)
    return ax.figure


def totals(summary: "Summary") -> dict[str, int]:
    """Return the counts of a network."""
    return {name: getattr(summary, name) for name in ("units", "connections", "parameters", "fixed", "multiply_adds")}


def predictions(path: Path, data: str | None) -> tuple[list[str], Iterable[tuple[Any, ...]]]:
    """Return the names of columns and the rows of what the network of a file says about data."""
    from neurosim.core import storage

    network, kept = network_of(str(path)), storage.read_notes(path)
    if "preset" not in kept:
        raise DataError(f"{path}: was not trained by this command; neurosim.load(...) gives its network in Python")
    if kept["inputs"] is None:
        if data is not None:
            raise click.UsageError(f"{kept['preset']} knows only its own patterns and takes no DATA")
        return _outputs(network, kept["preset"])
    name = data or kept["data"]
    if data is None and Path(name).is_absolute() and not Path(name).exists():
        raise DataError(f"{path}: was trained on {name}, which is not there any more; name the DATA")
    dataset, inputs = load_complete(name, "neurosim cnn predict"), Inputs.from_notes(kept["inputs"])
    if dataset.data.shape[1] != inputs.features:
        raise DataError(f"{name}: has {dataset.data.shape[1]} features; the network was trained on {inputs.features}")
    outputs = network.forward(inputs.apply(dataset.data)[0]).reshape(len(dataset.data), -1)
    found = outputs.argmax(axis=1)
    labels = [""] * len(found) if dataset.labels is None else dataset.labels
    chosen = (kept["classes"][k] for k in found)
    scores = (f"{score:.6g}" for score in outputs.max(axis=1))
    columns = zip(range(len(found)), labels, chosen, scores, strict=True)
    return ["sample", "label", "predicted", "score"], columns


def _outputs(network: "Graph", preset: str) -> tuple[list[str], Iterable[tuple[Any, ...]]]:
    """Return the targets and the outputs of a preset's own patterns."""
    part = own_patterns(preset, 0, "float32").known
    outputs = network.forward(part.x)
    k = outputs.shape[1]
    names = ["sample", *(f"target {i}" for i in range(k)), *(f"output {i}" for i in range(k))]
    table = np.concatenate([part.targets, outputs], axis=1)
    return names, ((n, *(f"{value:.6g}" for value in row)) for n, row in enumerate(table))


def _confusion(codes: np.ndarray, found: np.ndarray, n: int) -> list[list[int]]:
    """Return how many samples of a class (rows) were taken for which (columns)."""
    return np.bincount(codes * n + found, minlength=n * n).reshape(n, n).tolist()
