"""What `neurosim perceptron` does with a model: fit, report, rows, figure; and the run of the photo-perceptron."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from neurosim_cli.common import INTERRUPTED, Reported, progress_bar, result_folder
from neurosim_cli.scaling import Scaling

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from neurosim.datasets import Dataset

UNCOUNTED = ("PocketPerceptron", "Adaline", "MinOver")  # these have no corrections to count
COLUMNS = 5  # images in a row
FEW = 20  # classes whose confusions are written as numbers
FLIP = 0.1  # probability that a point of a shape is turned round


def fit(model: Any, x: np.ndarray, labels: np.ndarray, *, quiet: bool) -> None:
    """Train with a progress bar where the model has epochs; warnings become notes."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    epochs = getattr(model, "epochs", None)
    with warnings.catch_warnings(record=True) as caught, progress_bar("training", quiet=quiet) as callback:
        warnings.simplefilter("always", ConvergenceWarning)
        try:
            with in_words_of_the_command():
                model.fit(x, labels, **({"callback": callback} if epochs else {}))
        except KeyboardInterrupt:
            done = f" after {getattr(model, 'n_iter_', 0)} of {epochs} epochs" if epochs else ""
            raise Reported(f"interrupted{done}; nothing was written", INTERRUPTED) from None
    if not quiet:
        for warning in caught:
            click.echo(f"Note: {warning.message}.", err=True)


@contextmanager
def in_words_of_the_command() -> "Iterator[None]":
    """Name a wrong parameter as the option that sets it."""
    from neurosim.core.errors import InvalidParameter
    from neurosim_cli.perceptron import OPTIONS

    try:
        yield
    except InvalidParameter as error:
        if error.name not in OPTIONS:
            raise
        raise click.UsageError(f"{OPTIONS[error.name][0]} must be {error.wanted}; got {error.value}") from error


def measure(model: Any, known: "Dataset", held_out: "Dataset | None", scaling: Scaling) -> dict[str, Any]:
    """Return what there is to say of a model, the data that it was trained on, and those kept for the test."""
    report: dict[str, Any] = {
        "parameters": {name: value for name, value in model.get_params().items() if name != "random_state"},
        "samples": {"train": len(known.data), "test": 0 if held_out is None else len(held_out.data)},
        "features": known.data.shape[1],
        "classes": model.classes_.tolist(),
        "accuracy": {"train": accuracy(model, known, scaling), "test": accuracy(model, held_out, scaling)},
    }
    if hasattr(model, "mistakes_"):
        report |= {"epochs": model.n_iter_, "mistakes": model.mistakes_.sum(axis=1).tolist()}
        if type(model).__name__ not in UNCOUNTED:
            report["corrections"] = int(model.updates_.sum())
    for name in ("novikoff_bound", "stability", "stability_bound"):
        if hasattr(model, f"{name}_"):
            report[name] = [v if np.isfinite(v) else None for v in getattr(model, f"{name}_").tolist()]
    if hasattr(model, "mean_squared_error_"):
        report["mean_squared_error"] = float(model.mean_squared_error_[-1].mean())
    return report


def accuracy(model: Any, dataset: "Dataset | None", scaling: Scaling) -> float | None:
    """Return the share of samples that a model gets right, None without samples."""
    return None if dataset is None else float(model.score(scaling.apply(dataset.data), dataset.labels))


def rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the lines of the table."""
    if report["model"] == "photo":
        return _photo_rows(report)
    n, classes = report["samples"], report["classes"]
    parameters = ", ".join(f"{name} {value}" for name, value in report["parameters"].items())
    lines = [
        ("data", f"{report['data']}: {sum(n.values()):,} samples × {report['features']} features"),
        ("classes", f"{len(classes)}: {shorten(', '.join(map(str, classes)), 60, placeholder=' ...')}"),
        ("scale", report["scale"]),
        ("parameters", parameters),
    ]
    if "separable" in report:
        lines.append(("linearly separable", "yes" if report["separable"] else "no"))
    if "epochs" in report:
        lines.append(("epochs", f"{report['epochs']}"))
        units = f" by {len(classes)} units" if len(classes) > 2 else ""
        lines.append(("mistakes in the last epoch", f"{report['mistakes'][-1]:,}{units}"))
    if "corrections" in report:
        lines.append(("corrections", f"{report['corrections']:,}"))
    if any(bounds := [b for b in report.get("novikoff_bound", ()) if b is not None]):
        which = "" if len(bounds) == 1 else ", at most"
        lines.append((f"Novikoff bound on the mistakes{which}", f"{max(bounds):,.0f}"))
    if "mean_squared_error" in report:
        lines.append(("mean squared error", f"{report['mean_squared_error']:.4f}"))
    if "stability" in report:
        pairs = zip(report["stability"], report["stability_bound"], strict=True)
        least, bound = min((s or 0.0, b or 0.0) for s, b in pairs)
        most = f"at most {bound:.4g} is possible" if least > 0 else "not separated"
        lines.append(("stability" if len(classes) == 2 else "least stability", f"{least:.4g}; {most}"))
    for part, share in report["accuracy"].items():
        right = "" if share is None else f"{share:.2%} of {n[part]:,}"
        lines.append((f"{part} accuracy", right or "nothing kept for the test"))
    return [*lines, ("seed", str(report["seed"])), ("time", f"{report['seconds']['fit']:.2f} s, kernels included")]


def draw(model: Any, dataset: "Dataset", scaling: Scaling, title: str, path: Path) -> Path:
    """Draw what suits the data: decision regions of two features, weights of images, learning, confusions."""
    from neurosim import plotting

    with plotting.style():
        return plotting.save(page(model, dataset, scaling, title), path)


def page(model: Any, dataset: "Dataset", scaling: Scaling, title: str) -> "Figure":
    """Return the figure that `draw` saves."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    from neurosim import plotting
    from neurosim.perceptron import plot

    learns, plane = hasattr(model, "mistakes_"), dataset.data.shape[1] == 2
    weights, labels = np.asarray(getattr(model, "coef_", ())), np.asarray(dataset.labels)
    below = [name for name, wanted in (("regions", plane), ("learning", learns), ("confusion", not plane)) if wanted]
    figure = plotting.figure(4.6 * len(below), 3.6)
    place: Any = figure
    if dataset.shape is not None and len(dataset.shape) == 2 and weights.shape[1:] == dataset.data.shape[1:]:
        high = 1.2 + 1.4 * -(-len(weights) // COLUMNS)
        figure.set_size_inches(9.2, 3.6 + high)
        above, place = np.asarray(figure.subfigures(2, 1, height_ratios=(high, 3.6)))
        lengths = np.linalg.norm(weights, axis=1, keepdims=True)
        classes = [str(name) for name in model.classes_] if len(weights) == len(model.classes_) else None
        shown = weights / np.where(lengths > 0, lengths, 1.0)
        ax = plot.weights(
            shown, (dataset.shape[0], dataset.shape[1]), names=classes, columns=COLUMNS, ax=above.subplots()
        )
        ax.set_title(f"direction of the weights{' of the scaled features' * (scaling.kind != 'none')}")
    spaced, ratios = (below, None) if len(below) > 1 or place is figure else ([".", *below, "."], (1, 2, 1))
    parts = place.subplot_mosaic([spaced], width_ratios=ratios)
    right = f"{title}: {accuracy(model, dataset, scaling):.1%} right"
    if plane:
        raw = make_pipeline(FunctionTransformer(scaling.apply), model)
        names = dataset.feature_names or ("$x_1$", "$x_2$")
        plot.decision_regions(raw, dataset.data, labels, names=(names[0], names[1]), ax=parts["regions"])
        parts["regions"].set_title(right)
    else:
        said = model.predict(scaling.apply(dataset.data))
        confusion(labels, said, model.classes_, parts["confusion"]).set_title(right)
    if learns:
        plot.convergence(model, ax=parts["learning"]).set_title("training")
    return figure


def confusion(labels: np.ndarray, said: np.ndarray, classes: np.ndarray, ax: "Axes") -> "Axes":
    """Draw how many samples of every class got every answer."""
    from sklearn.metrics import confusion_matrix

    from neurosim import plotting

    counts = confusion_matrix(labels, said, labels=classes)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    plotting.axes(ax)
    image = ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(classes) <= FEW:
        names, at = [str(name) for name in classes], range(len(classes))
        slanted: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
        ax.set_xticks(at, names, **(slanted if max(map(len, names)) > 3 else {}))
        ax.set_yticks(at, names)
        inks = plotting.ink_on(image.to_rgba(shares).reshape(-1, 4))
        for (i, j), ink in zip(np.ndindex(counts.shape), inks, strict=True):
            if counts[i, j]:
                ax.text(j, i, counts[i, j], ha="center", va="center", color=ink, fontsize=plotting.SMALL)
    ax.set(xlabel="answer", ylabel="class")
    plotting.colour_bar(ax, image, "share of the class")
    return ax


def run_photo(parameters: dict[str, Any], seed: int, out: Path, *, plot: bool) -> dict[str, Any]:
    """Run Rosenblatt's machine on stimuli of two responses, write machine and figure, and return the report."""
    import time

    from neurosim.core import storage

    started = time.perf_counter()
    kind, each = parameters.pop("stimuli", "shapes"), parameters.pop("each", 100)
    with result_folder(out):
        machine, report, shown = train_photo(parameters, seed, kind, each)
    report["seconds"] = {"fit": time.perf_counter() - started}
    files = [storage.save(machine, out / "model.npz", notes={"stimuli": kind})]
    if plot:
        from neurosim import plotting

        with plotting.style():
            files.append(plotting.save(photo_page(report, shown), out / "perceptron.png"))
    return report | {"files": [str(file) for file in files]}


def train_photo(parameters: dict[str, Any], seed: int, kind: str, each: int) -> tuple[Any, dict[str, Any], np.ndarray]:
    """Return a machine trained on `each` stimuli of either response, its report and the first stimuli."""
    from neurosim.perceptron import PhotoPerceptron

    machine = PhotoPerceptron(**parameters, random_state=seed)
    stimuli, responses = make_stimuli(kind, machine.retina, 2 * each, seed)
    known, begin, recall, generalisation = 2 * each, 0, [], []
    steps = {step * 10**power for power in range(len(str(each))) for step in (1, 2, 5)}
    sizes = sorted({size for size in steps if size < each} | {each})
    for size in sizes:
        machine.train(stimuli[begin : 2 * size], responses[begin : 2 * size])
        begin = 2 * size
        right = machine.respond(stimuli) == responses
        recall.append(float(right[:begin].mean()))
        generalisation.append(float(right[known:].mean()))
    told = ("retina", "n_units", "excitatory", "inhibitory", "threshold", "system", "readout", "reinforcement")
    report = {
        "model": "photo",
        "stimuli": kind,
        "seed": seed,
        "parameters": {name: getattr(machine, name) for name in told},
        "active": float(machine.activity(stimuli[:known]).mean()),
        "trained": sizes,
        "P_r": recall,
        "P_g": generalisation,
    }
    return machine, report, stimuli[:4]


def make_stimuli(kind: str, retina: tuple[int, int], each: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return `each` stimuli of either response, which take turns, and the responses."""
    from neurosim.perceptron import stimuli

    if kind == "dots":
        return stimuli.make_random_dots(2 * each, retina, random_state=seed), np.arange(2 * each) % 2
    side = min(retina)
    sizes = {"circle": 0.8, "square": 0.7, "horizontal bar": 0.8, "vertical bar": 0.8}
    names, shift = (("square", "circle"), 0) if kind == "shapes" else (("horizontal bar", "vertical bar"), side // 10)
    pair = [stimuli.make_shape(name, retina, size=max(1, round(sizes[name] * side))) for name in names]
    return stimuli.make_variations(pair, each, max_shift=shift, flip=FLIP, random_state=seed)


def _photo_rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    parameters = ", ".join(f"{name} {value}" for name, value in report["parameters"].items())
    return [
        ("stimuli", f"{report['stimuli']}, {report['trained'][-1]} of each of 2 responses"),
        ("parameters", parameters.replace("(", "").replace(", ", "×", 1).replace(")", "")),
        ("A-units that a stimulus wakes", f"{report['active']:.2%}"),
        ("P_r, right on trained stimuli", f"{report['P_r'][-1]:.2%}"),
        ("P_g, right on as many others", f"{report['P_g'][-1]:.2%}"),
        ("seed", str(report["seed"])),
        ("time", f"{report['seconds']['fit']:.2f} s"),
    ]


def photo_page(report: dict[str, Any], shown: np.ndarray) -> "Figure":
    """Draw stimuli of both responses, and how recall and generalisation go with training."""
    from neurosim import plotting
    from neurosim.perceptron.plot import learning_curve

    figure = plotting.figure(8.4, 3.4)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.4))
    framed = np.pad(1.0 - 0.85 * shown, ((0, 0), (1, 0), (1, 0)), constant_values=0.8)
    rows_ = [np.hstack(list(pair)) for pair in (framed[:2], framed[2:])]
    page_ = np.pad(np.vstack(rows_), ((0, 1), (0, 1)), constant_values=0.8)
    left.imshow(page_, cmap="gray", vmin=0, vmax=1)
    left.set(title="stimuli", xticks=np.array([0.25, 0.75]) * page_.shape[1], yticks=())
    left.set_xticklabels(["response 0", "response 1"])
    left.tick_params(length=0)
    left.spines[:].set_visible(False)
    names = ("stimuli trained of each response", "share of right responses")
    n = np.array(report["trained"])
    for key, label, marker in (("P_r", "$P_r$, trained stimuli", "o"), ("P_g", "$P_g$, other stimuli", "s")):
        share = np.array(report[key])
        error = np.sqrt(share * (1 - share) / (2 * (n if key == "P_r" else n[-1])))
        learning_curve(n, measured=share, spread=error, label=label, marker=marker, names=names, ax=right)
    right.axhline(0.5, color=plotting.OUTLINE, zorder=0, label="chance")
    right.legend(loc="lower left")
    right.set(xscale="log", ylim=(0, 1.05), title=f"{report['parameters']['system']} system")
    right.set_xticks(n, [str(size) for size in n])
    right.minorticks_off()
    return figure
