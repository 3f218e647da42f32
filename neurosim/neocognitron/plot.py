"""Figures of what neocognitrons do: confusions, tolerance of deformations, recall, attention over time.

Every function draws on `ax`, or on a new figure (``ax.figure`` of what it returns), and neither shows nor saves it.
The layers are drawn by `plot_layers`, whole pages by `page`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from neurosim import plotting
from neurosim.cnn.plot import confusion_matrix
from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.neocognitron.plot_layers import GAP, PAPER, STRENGTH, tiles

MARKERS = "osv^Dp*X<>"
NONE = "–"  # what a rejected image is taken for


@plotting.style()
def confusion(y: Any, predicted: Any, *, rejected: Any = None, ax: Axes | None = None) -> Axes:
    """Draw how often images of one class were taken for another, or for none.

    Parameters
    ----------
    y, predicted : (n,) labels
        The true ones and those of a model.
    rejected : (n,) bool array, optional
        Images for which no cell of the last layer answered; they have a column of their own.
    ax : Axes, optional

    Returns
    -------
    Axes
        Colours are shares of a true class, numbers are images.
    """
    true, said = np.asarray(y), np.asarray(predicted)
    lost = np.zeros(said.shape, bool) if rejected is None else np.asarray(rejected, bool)
    if true.ndim != 1 or true.shape != said.shape or lost.shape != true.shape or not len(true):
        shapes = f"{true.shape}, {said.shape} and {lost.shape}"
        raise DataError(f"plot.confusion: two labels an image, and whether it was rejected, are needed; got {shapes}")
    labels, code = np.unique(np.concatenate([true, said[~lost]]), return_inverse=True)
    taken = np.full(len(true), len(labels))
    taken[~lost] = code[len(true) :]
    names = [str(label) for label in labels] + [NONE] * bool(lost.any())
    ax = confusion_matrix(code[: len(true)], taken, names=names, ax=ax)
    if lost.any():
        ax.set_ylim(len(labels) - 0.5, -0.5)
        ax.set_xlabel(f"predicted ({NONE} none)")
    return ax


@plotting.style()
def tolerance(curves: Any, *, chance: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw the share of images that are recognised against how much they were changed.

    Parameters
    ----------
    curves : ToleranceCurve, or mapping of str to ToleranceCurve
        All of the same change; the names of several are the legend's.
    chance : float in [0, 1], optional
        Drawn as a dashed line.
    ax : Axes, optional

    Returns
    -------
    Axes
        Bars are standard errors.
    """
    lines: dict[str, Any] = dict(curves) if isinstance(curves, Mapping) else {"": curves}
    if len({getattr(curve, "change", None) for curve in lines.values()} - {None}) != 1:
        raise DataError("plot.tolerance: a ToleranceCurve, or a mapping of names to such of the same change, is needed")
    if chance is not None:
        checks.number("plot.tolerance", "chance", chance, "a number from 0 to 1", least=0, below=1 + 1e-12)
    ax = plotting.axes(ax, 3.8, 3.0)
    for k, (name, curve) in enumerate(lines.items()):
        look: dict[str, Any] = {
            "marker": MARKERS[k % len(MARKERS)],
            "color": plotting.COLOURS[k % len(plotting.COLOURS)],
        }
        bars = 100 * np.asarray(curve.error, float)
        ax.errorbar(curve.levels, 100 * np.asarray(curve.accuracy, float), yerr=bars, label=name, markersize=4,
                    capsize=2, elinewidth=1.0, **look)  # fmt: skip
    if chance is not None:
        ax.axhline(100 * chance, color=plotting.INK, linewidth=0.8, linestyle="--")
    first = next(iter(lines.values()))
    ax.set(xlabel=f"{first.change} ({first.unit})" if first.unit else first.change, ylabel="recognised (%)")
    ax.set_ylim(-2, 103)
    whole = all(float(level).is_integer() for curve in lines.values() for level in curve.levels)
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=whole))
    if len(lines) > 1 or "" not in lines:
        ax.legend()
    return ax


@plotting.style()
def recalled(
    pictures: Mapping[str, Any], *, titles: Sequence[Any] | None = None, ax: Axes | None = None
) -> Axes:  # fmt: skip
    """Draw images and what came of them, below one another: stimuli, patterns recalled, differences.

    Parameters
    ----------
    pictures : mapping of str to (n, rows, columns) array
        A row each.
    titles : sequence, one an image, optional
        Written above.
    ax : Axes, optional

    Returns
    -------
    Axes
        White is 0, and the largest value of each row is black.
    """
    rows = {name: np.asarray(values, float) for name, values in pictures.items()}
    shapes = {values.shape for values in rows.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 3 or not all(values.size for values in rows.values()):
        raise DataError(f"plot.recalled: rows of images (n, rows, columns) alike are needed; got {sorted(shapes)}")
    columns, *size = next(iter(shapes))
    if titles is not None and len(titles) != columns:
        raise InvalidParameter("plot.recalled", "titles", list(titles), f"{columns} titles")
    tall, above = size[0] / size[1], 0.0 if titles is None else 0.28
    width = min(9.0, 1.3 + 0.8 * columns)
    ax = plotting.axes(ax, width, 0.2 + (width - 1.3) * (above + len(rows) * (tall + GAP)) / (columns * (1 + GAP)))
    for row, values in enumerate(rows.values()):
        top = above + row * (tall + GAP)
        tiles(ax, values, top, tall=tall, cmap=PAPER, vmin=0, vmax=float(values.max()) or 1.0)
    for k, title in enumerate(() if titles is None else titles):
        ax.text(k * (1 + GAP) + 0.5, above - 0.02, str(title), ha="center", va="bottom", fontsize=plotting.SMALL)
    plotting.bare(ax, np.array([[0.0, 0.0], [columns * (1 + GAP) - GAP, above + len(rows) * (tall + GAP) - GAP]]))
    ax.set_yticks(above + (tall + GAP) * np.arange(len(rows)) + tall / 2, list(rows))
    ax.tick_params(length=0)
    return ax


@plotting.style()
def activity(outputs: Any, *, names: Sequence[Any] | None = None, ax: Axes | None = None) -> Axes:
    """Draw the responses of the last layer's cells over time.

    Parameters
    ----------
    outputs : (steps, cells) array
    names : sequence, one a cell, optional
        Default: numbers from 0.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    values = np.asarray(outputs, float)
    if values.ndim != 2 or not values.size:
        raise DataError(f"plot.activity: responses (steps, cells) are needed; got {values.shape}")
    called = [str(name) for name in (range(values.shape[1]) if names is None else names)]
    if len(called) != values.shape[1]:
        raise InvalidParameter("plot.activity", "names", called, f"{values.shape[1]} names")
    ax = plotting.axes(ax, 6.0, 0.8 + 0.22 * values.shape[1])
    image = ax.imshow(values.T, cmap=STRENGTH, vmin=0, aspect="auto", interpolation="nearest",
                      extent=(0.5, len(values) + 0.5, values.shape[1] - 0.5, -0.5))  # fmt: skip
    ax.set_yticks(range(values.shape[1]), called)
    ax.set(xlabel="step", ylabel="cell")
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    plotting.colour_bar(ax, image, "response")
    return ax
