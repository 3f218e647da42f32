"""What `neurosim lvq` says of a model: report, rows, figure."""

from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim_cli.perceptron_report import accuracy, confusion
from neurosim_cli.scaling import Scaling

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from neurosim.datasets import Dataset
    from neurosim.som.lvq import LVQ

MOST_IMAGES = 100
TOLD = ("algorithm", "learning_rate", "epochs", "window", "epsilon", "shuffle")


def measure(model: "LVQ", known: "Dataset", held_out: "Dataset | None", scaling: Scaling) -> dict[str, Any]:
    """Return what there is to say of a model, the data that it was trained on, and those kept for the test."""
    return {
        "parameters": {name: getattr(model, name) for name in TOLD},
        "samples": {"train": len(known.data), "test": 0 if held_out is None else len(held_out.data)},
        "features": known.data.shape[1],
        "classes": model.classes_.tolist(),
        "prototypes": len(model.prototypes_),
        "mistakes": model.mistakes_.tolist(),
        "accuracy": {"train": accuracy(model, known, scaling), "test": accuracy(model, held_out, scaling)},
    }


def rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the lines of the table."""
    n, classes = report["samples"], report["classes"]
    lines = [
        ("data", f"{report['data']}: {sum(n.values()):,} samples × {report['features']} features"),
        ("classes", f"{len(classes)}: {shorten(', '.join(map(str, classes)), 60, placeholder=' ...')}"),
        ("scale", report["scale"]),
        ("prototypes", str(report["prototypes"])),
        ("parameters", ", ".join(f"{k} {v}" for k, v in report["parameters"].items() if v is not None)),
        ("mistakes in the last epoch", f"{report['mistakes'][-1]:,}"),
    ]
    for part, share in report["accuracy"].items():
        right = "nothing kept for the test" if share is None else f"{share:.2%} of {n[part]:,}"
        lines.append((f"{part} accuracy", right))
    return [*lines, ("seed", str(report["seed"])), ("time", f"{report['seconds']:.2f} s, kernels included")]


def draw(model: "LVQ", dataset: "Dataset", scaling: Scaling, title: str, path: Path) -> Path:
    """Write the figure of a model."""
    from neurosim import plotting

    with plotting.style():
        return plotting.save(page(model, dataset, scaling, title), path)


def page(model: "LVQ", dataset: "Dataset", scaling: Scaling, title: str) -> "Figure":
    """Return what suits the data: regions of two features or confusions, prototypes that are images, the training."""
    from neurosim import plotting
    from neurosim.perceptron.plot import convergence

    labels, plane = np.asarray(dataset.labels), dataset.data.shape[1] == 2 and not np.isnan(dataset.data).any()
    learned = len(getattr(model, "mistakes_", ())) > 0  # not so the codebook of a file
    figure = plotting.figure(4.6 * (1 + learned), 3.6)
    place: Any = figure
    if dataset.shape is not None and len(dataset.shape) == 2:
        columns, height = _columns(model), 0.0
        height = 1.0 + 9.0 / max(columns, 10) * -(-min(len(model.prototypes_), MOST_IMAGES) // columns) * 0.9
        figure.set_size_inches(9.2, 3.6 + height)
        above, place = np.asarray(figure.subfigures(2, 1, height_ratios=(height, 3.6)))
        _images(model, scaling, dataset.shape, columns, above.subplots())
    axes = np.atleast_1d(place.subplots(1, 1 + learned))
    said = model.predict(scaling.apply(dataset.data))
    if plane:
        _regions(model, dataset, scaling, axes[0])
    else:
        confusion(labels, said, model.classes_, axes[0])
    axes[0].set_title(f"{title}: {np.mean(said == labels):.1%} right")
    if learned:
        convergence(model.mistakes_, ax=axes[1]).set_title("training")
    return figure


def _columns(model: "LVQ") -> int:
    """Return how many images go into a row: those of a class side by side, if all classes have as many."""
    counts = np.unique(model.prototype_labels_, return_counts=True)[1]
    each, many = int(counts[0]), len(model.prototypes_)
    whole = (counts == each).all() and (np.diff(np.searchsorted(model.classes_, model.prototype_labels_)) >= 0).all()
    return max(1, 20 // each) * each if whole and each <= 20 else min(many, 20)


def _images(model: "LVQ", scaling: Scaling, shape: tuple[int, ...], columns: int, ax: "Axes") -> None:
    """Draw the prototypes in the units of the data, row by row, each with its label."""
    from neurosim import plotting

    h, w = shape
    shown = (model.prototypes_ * scaling.unit + scaling.shift)[:MOST_IMAGES].reshape(-1, h, w)
    lines = -(-len(shown) // columns)
    sheet = np.full((lines * (h + 3), columns * (w + 1)), np.nan)
    for k, picture in enumerate(shown):
        row, column = divmod(k, columns)
        sheet[row * (h + 3) + 2 : row * (h + 3) + 2 + h, column * (w + 1) : column * (w + 1) + w] = picture
    plotting.axes(ax)
    image = ax.imshow(sheet, cmap="gray_r", interpolation="nearest")
    for k, label in enumerate(model.prototype_labels_[: len(shown)]):
        row, column = divmod(k, columns)
        ax.text(column * (w + 1) + (w - 1) / 2, row * (h + 3) + 0.4, str(label), ha="center", va="center",
                fontsize=plotting.SMALL)  # fmt: skip
    ax.set(xticks=(), yticks=())
    ax.spines[:].set_visible(False)
    more = f", the first {MOST_IMAGES} of {len(model.prototypes_)}" * (len(model.prototypes_) > MOST_IMAGES)
    ax.set_title(f"prototypes{more}")
    plotting.colour_bar(ax, image, "value")


def _regions(model: "LVQ", dataset: "Dataset", scaling: Scaling, ax: "Axes") -> None:
    """Draw samples, prototypes and the regions of the classes, in the units of the data."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    from neurosim import plotting
    from neurosim.perceptron.plot import decision_regions

    raw = make_pipeline(FunctionTransformer(scaling.apply), model)
    names = dataset.feature_names or ("$x_1$", "$x_2$")
    decision_regions(raw, dataset.data, np.asarray(dataset.labels), names=(names[0], names[1]), ax=ax)
    x, y = (model.prototypes_ * scaling.unit + scaling.shift).T
    owners = np.searchsorted(model.classes_, model.prototype_labels_)
    colours = plotting.class_colours(len(model.classes_))[owners]
    ax.scatter(x, y, s=110, marker="*", color=colours, edgecolor="black", linewidth=1.0, zorder=4)
    ax.scatter([], [], s=110, marker="*", color="white", edgecolor="black", linewidth=1.0, label="prototype")
    ax.legend(title="class", loc="upper left", bbox_to_anchor=(1.0, 1.0), title_fontsize=plotting.SMALL)
