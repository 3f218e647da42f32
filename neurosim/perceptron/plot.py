"""Figures of perceptrons: decision regions, learning, weights as images, and why one unit cannot do XOR.

Every function draws on `ax`, or on a new figure (``ax.figure`` of what it returns), and neither shows nor saves it.
"""

from collections.abc import Sequence
from itertools import combinations
from math import ceil, prod
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from sklearn.utils.validation import check_is_fitted

from neurosim import plotting
from neurosim.core.errors import InvalidParameter
from neurosim.perceptron.separability import is_separable

GRID = 400  # points along the longer side of the plane in which a decision is asked
MARKERS = "osD^vP*X<>"


@plotting.style()
def decision_regions(
    model: Any, X: Any, y: Any, *, names: tuple[str, str] = ("$x_1$", "$x_2$"), ax: Axes | None = None
) -> Axes:
    """Draw what a classifier of two features says everywhere, and the samples.

    Parameters
    ----------
    model : fitted classifier
        With `predict` and `classes_`; not only of this package.
    X : (samples, 2) array
    y : (samples,) labels
    names : (str, str)
        Of the features, with their units.
    ax : Axes, optional

    Returns
    -------
    Axes
        Samples that the model gets wrong have a thick edge.
    """
    check_is_fitted(model)
    x, labels = np.asarray(X, float), np.asarray(y)
    if x.ndim != 2 or x.shape[1] != 2 or len(labels) != len(x):
        raise InvalidParameter("plot.decision_regions", "X", x.shape, f"of shape ({len(labels)}, 2)")
    low, high = x.min(axis=0), x.max(axis=0)
    border = np.where(high > low, 0.1 * (high - low), 1.0)
    low, high = low - border, high + border
    sides = [np.linspace(a, b, GRID) for a, b in zip(low, high, strict=True)]
    plane = np.stack(np.meshgrid(*sides), axis=-1)
    classes = np.asarray(model.classes_)
    code = np.searchsorted(classes, model.predict(plane.reshape(-1, 2))).reshape(GRID, GRID)
    colours = plotting.class_colours(len(classes))
    ax = plotting.axes(ax, 4.6, 3.6)
    pale, limits = ListedColormap(0.75 + 0.25 * colours), (-0.5, len(classes) - 0.5)
    ax.pcolormesh(*sides, code, cmap=pale, vmin=limits[0], vmax=limits[1], shading="nearest", rasterized=True)
    for k in range(len(classes) - 1):
        if (code <= k).any() and (code > k).any():
            ax.contour(*sides, code, levels=[k + 0.5], colors=plotting.INK, linewidths=1.0)
    _scatter(ax, x, labels, model.predict(x) != labels, classes)
    ax.set(xlabel=names[0], ylabel=names[1], xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    ax.legend(title="class", loc="upper left", bbox_to_anchor=(1.0, 1.0), title_fontsize=plotting.SMALL)
    return ax


def _scatter(ax: Axes, x: np.ndarray, labels: np.ndarray, wrong: np.ndarray, classes: np.ndarray) -> None:
    for k, (name, colour) in enumerate(zip(classes, plotting.class_colours(len(classes)), strict=True)):
        for missed, edge, width in ((False, "white", 0.6), (True, "black", 1.6)):
            some = x[(labels == name) & (wrong == missed)]
            marker, label = MARKERS[k % len(MARKERS)], None if missed else str(name)
            ax.scatter(some[:, 0], some[:, 1], s=28, marker=marker, color=[colour], edgecolor=edge, linewidth=width,
                       label=label, zorder=3)  # fmt: skip
    if wrong.any():
        ax.scatter([], [], s=28, color="white", edgecolor="black", linewidth=1.6, label="wrong")


@plotting.style()
def convergence(mistakes: Any, *, names: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """Draw the mistakes of every epoch.

    Parameters
    ----------
    mistakes : fitted model with `mistakes_`, or (epochs,) or (epochs, problems) array
    names : one str a problem, optional
        Default: the model's classes, or numbers.
    ax : Axes, optional

    Returns
    -------
    Axes
        A line a problem, of at most 10 problems; of more their sum.
    """
    model = mistakes if hasattr(mistakes, "mistakes_") else None
    counts = np.asarray(mistakes if model is None else model.mistakes_, float)
    counts = counts.reshape(len(counts), -1)
    problems = counts.shape[1]
    if names is None:
        names = [str(name) for name in (range(problems) if model is None else model.classes_)]
    if problems > len(plotting.CLASS_COLOURS):
        counts, names = counts.sum(axis=1, keepdims=True), ["all classes"]
    elif problems > 1 and len(names) != problems:
        raise InvalidParameter("plot.convergence", "names", names, f"{problems} names, one for every problem")
    ax = plotting.axes(ax, 4.6, 3.2)
    epochs = np.arange(1, len(counts) + 1)
    for k, colour in enumerate(plotting.class_colours(counts.shape[1])):
        marker = MARKERS[k % len(MARKERS)] if len(counts) <= 50 else None
        label = names[k] if problems > 1 else None
        ax.plot(epochs, counts[:, k], marker=marker, markersize=4, color=colour, label=label)
    ax.set(xlabel="epoch", ylabel="mistakes", ylim=(0, None))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    if problems > 1:
        ax.legend(
            title="class" if len(names) > 1 else None,
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
            title_fontsize=plotting.SMALL,
        )
    return ax


@plotting.style()
def weights(
    model: Any, shape: tuple[int, int], *, names: Sequence[str] | None = None, columns: int = 5, ax: Axes | None = None
) -> Axes:
    """Draw weight vectors as images, all on one scale of colours with 0 in the middle.

    Parameters
    ----------
    model : fitted model with `coef_`, or (features,) or (problems, features) array
    shape : (height, width)
        Of the images that the features are; their product is the number of features.
    names : one str a problem, optional
        Default: the model's classes if there is one a problem.
    columns : int >= 1, default 5
        Images in a row.
    ax : Axes, optional

    Returns
    -------
    Axes
        Blue weights speak against, red ones for the class.
    """
    vectors = np.atleast_2d(np.asarray(getattr(model, "coef_", model), float))
    problems, features = vectors.shape
    if len(shape) != 2 or prod(shape) != features:
        raise InvalidParameter("plot.weights", "shape", shape, f"(height, width) with height * width = {features}")
    if names is None:
        classes = getattr(model, "classes_", ())
        names = [str(name) for name in classes] if len(classes) == problems else []
    if names and len(names) != problems:
        raise InvalidParameter("plot.weights", "names", names, f"{problems} names, one for every problem")
    columns = min(columns, problems)
    rows, height, gap = ceil(problems / columns), shape[0] / shape[1], 0.28 if names else 0.08
    ax = plotting.axes(ax, 1.3 * columns + 0.8, 1.3 * (height + gap) * rows)
    largest = float(np.abs(vectors).max()) or 1.0
    scale: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest, "interpolation": "nearest"}
    for k, vector in enumerate(vectors):
        left, top = 1.08 * (k % columns), (height + gap) * (k // columns) + gap
        image = ax.imshow(vector.reshape(shape), extent=(left, left + 1, top + height, top), **scale)
        ax.add_patch(Rectangle((left, top), 1, height, fill=False, edgecolor=plotting.OUTLINE, linewidth=0.6))
        if names:
            ax.text(left + 0.5, top - 0.04, names[k], ha="center", va="bottom", fontsize=plotting.SMALL)
    plotting.bare(ax, np.array([[0.0, 0.0], [1.08 * columns - 0.08, (height + gap) * rows]]))
    plotting.colour_bar(ax, image, "weight")
    return ax


@plotting.style()
def learning_curve(
    x: Any,
    theory: Any = None,
    measured: Any = None,
    spread: Any = None,
    *,
    label: str = "",
    colour: Any = None,
    marker: str = "o",
    names: tuple[str, str] = ("load $α = P/N$", "generalisation error"),
    ax: Axes | None = None,
) -> Axes:
    """Draw a curve of theory as a line and measurements as points with error bars; call it again for more of them.

    Parameters
    ----------
    x : (values,) array, or two of them (for the theory, for the measurements)
    theory, measured : (values,) array, optional
    spread : (values,) array, optional
        Half the length of the error bars, e.g. two standard errors.
    label : str
        For the legend.
    colour, marker
        Of matplotlib; default: the next colour of the palette.
    names : (str, str)
        Quantities on the axes and their units.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = plotting.axes(ax, 4.6, 3.4)
    at = x if isinstance(x, tuple) else (x, x)
    if colour is None:
        colour = plotting.COLOURS[len({line.get_color() for line in ax.lines}) % len(plotting.COLOURS)]
    if theory is not None:
        ax.plot(at[0], theory, color=colour, label=label or None)
    if measured is not None:
        said = label if label and theory is None else "_"
        ax.errorbar(at[1], measured, spread, fmt=marker, markersize=4, capsize=2, color=colour, label=said)
    ax.set(xlabel=names[0], ylabel=names[1])
    if label:
        ax.legend()
    return ax


@plotting.style()
def xor_by_hand(*, ax: Axes | None = None) -> Axes:
    """Draw XOR as three threshold units: two hidden ones, and OR; beside them the best that a single unit can do.

    Parameters
    ----------
    ax : Axes, optional

    Returns
    -------
    Axes
        The shaded half-planes are where each hidden unit fires; the output unit is on in either.
    """
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    wanted = corners.sum(axis=1) == 1
    hidden = np.array([[1.0, -1.0], [-1.0, 1.0]])  # a unit fires where its sum reaches 1/2
    output = (corners @ hidden.T >= 0.5).any(axis=1)
    ax = plotting.axes(ax, 4.6, 4.0)
    span = np.array([-0.6, 1.6])
    places, sides = ((1.5, -0.48), (-0.5, 1.48)), ("right", "left")
    for k, name in enumerate(("$x_1$ and not $x_2$", "$x_2$ and not $x_1$")):
        line = (hidden[k, 0] * span - 0.5) / -hidden[k, 1]
        ax.fill_between(span, line, span[k], color=plotting.COLOURS[k + 1], alpha=0.22, linewidth=0)
        ax.plot(span, line, color=plotting.COLOURS[k + 1])
        ax.text(*places[k], f"unit {k + 1}: {name}", ha=sides[k], va="center", fontsize=9)
    for value, marker, fill in ((False, "o", "white"), (True, "s", plotting.INK)):
        x, y = corners[wanted == value].T
        ax.scatter(x, y, s=90, zorder=3, marker=marker, color=fill, edgecolor=plotting.INK, label=f"XOR = {value:d}")
    ax.set(xlim=span, ylim=span, xticks=(0, 1), yticks=(0, 1), xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    three, one = (output != wanted).sum(), least_errors(corners, wanted)
    ax.set_title(f"unit 1 or unit 2: {three} of 4 wrong\none unit alone: at best {one} of 4 wrong")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax


def least_errors(X: np.ndarray, y: np.ndarray) -> int:
    """Return the fewest errors of a single threshold unit on a small set, by trying all sets of samples to give up."""
    y = np.where(y, 1, -1)
    for errors in range(len(y) + 1):
        for given_up in combinations(range(len(y)), errors):
            signs = np.ones(len(y), int)
            signs[list(given_up)] = -1
            if is_separable(X, y * signs, fit_intercept=True):
                return errors
    raise AssertionError("one class is separable from nothing")
