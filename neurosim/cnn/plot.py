"""Figures of networks that learn: curves, confusions, gradients and activations by layer, weights as squares.

Every function draws on `ax`, or on a new figure (``ax.figure`` of what it returns), and neither shows nor saves it.
Pictures of weights and feature maps are in `plot_filters`, what a network does over a plane is in `plot_planes`.
"""

from collections.abc import Mapping, Sequence
from math import ceil, isqrt
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, MaxNLocator

from neurosim import plotting
from neurosim.core.errors import DataError, InvalidParameter

MARKERS = "osv^Dp*X<>"
GROUND = "#B0B0B0"  # of a Hinton diagram, halfway between its black and its white
FEW = 20  # classes whose confusions are written as numbers


@plotting.style()
def learning_curves(
    curves: Any, *, quantity: str = "loss", every: float = 1, log: bool = False, ax: Axes | None = None
) -> Axes:
    """Draw how the loss, or something else, goes from epoch to epoch.

    Parameters
    ----------
    curves : Training, fitted estimator, or mapping of str to (epochs,) array
        Lines by their names; of a `Training` or an estimator its losses, and those of the validation.
    quantity : str, default "loss"
        What is drawn, for the axis; "error" is written in per cent.
    every : float, default 1
        Epochs between two values.
    log : bool
        Whether the values stand on a logarithmic scale.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    lines = dict(curves) if isinstance(curves, Mapping) else _losses(curves)
    if not lines or any(np.ndim(values) != 1 for values in lines.values()):
        raise DataError(
            "plot.learning_curves: a Training, a fitted estimator, or a mapping of names to (epochs,) arrays"
        )
    ax = plotting.axes(ax, 4.6, 3.2)
    for k, (name, values) in enumerate(lines.items()):
        y = (100.0 if quantity == "error" else 1.0) * np.asarray(values, float)
        marker = MARKERS[k % len(MARKERS)] if len(y) <= 30 else ""
        colour = plotting.COLOURS[k % len(plotting.COLOURS)]
        look: dict[str, Any] = {"marker": marker, "markersize": 4 if len(y) > 1 else 8, "color": colour}
        ax.plot(every * np.arange(1, len(y) + 1), y, label=name, **look)
    ax.set(xlabel="epoch", ylabel=f"{quantity} in %" if quantity == "error" else quantity)
    if max(len(values) for values in lines.values()) == 1:
        ax.set_xlim(0.0, 2.0 * every)
    _scale(ax, log)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    if len(lines) > 1:
        ax.legend()
    return ax


@plotting.style()
def confusion_matrix(y: Any, predicted: Any, *, names: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """Draw how often samples of one class were taken for another.

    Parameters
    ----------
    y, predicted : (samples,) labels
        The true ones and those of a model.
    names : one str a class, optional
        Of the sorted labels; default: the labels.
    ax : Axes, optional

    Returns
    -------
    Axes
        Colours are shares of a true class; the numbers, for at most 20 classes, are samples.
    """
    true, said = np.asarray(y), np.asarray(predicted)
    if true.ndim != 1 or true.shape != said.shape or not len(true):
        raise DataError(f"plot.confusion_matrix: two labels a sample are needed; got {true.shape} and {said.shape}")
    labels, code = np.unique(np.concatenate([true, said]), return_inverse=True)
    n = len(labels)
    called = [str(label) for label in labels] if names is None else list(names)
    if len(called) != n:
        raise InvalidParameter("plot.confusion_matrix", "names", called, f"{n} names, one a class")
    counts = np.zeros((n, n), int)
    np.add.at(counts, (code[: len(true)], code[len(true) :]), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = min(2.0 + 0.34 * n, 7.0)
    ax = plotting.axes(ax, side + 0.9, side)
    image = ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
    every = 1 if n <= 40 else n // 20
    ax.set_xticks(range(0, n, every), called[::every], rotation=90 if max(map(len, called)) > 3 else 0)
    ax.set_yticks(range(0, n, every), called[::every])
    if n <= FEW:
        inks = plotting.ink_on(image.to_rgba(shares).reshape(-1, 4))
        for (i, j), ink in zip(np.ndindex(n, n), inks, strict=True):
            if counts[i, j]:
                ax.text(j, i, str(counts[i, j]), ha="center", va="center", color=ink, fontsize=7 if n <= 10 else 5)
    ax.set(xlabel="predicted", ylabel="true")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    plotting.colour_bar(ax, image, "share of the true class")
    return ax


@plotting.style()
def gradient_flow(gradients: Any, *, label: str = "", ax: Axes | None = None) -> Axes:
    """Draw the sizes of the gradients of each layer's weights, from the input to the output; again for more curves.

    Parameters
    ----------
    gradients : Gradients, or mapping of str to array
        By parameter, as `Sequential.gradients` returns them; of names that end in ".bias" nothing is drawn.
    label : str
        For the legend.
    ax : Axes, optional

    Returns
    -------
    Axes
        Roots of the mean squares as points, the largest sizes as ticks, on a logarithmic scale; none where all are 0.
    """
    by_name = gradients if isinstance(gradients, Mapping) else gradients.parameters
    sizes = {name: np.abs(np.asarray(g, float)) for name, g in by_name.items() if not name.endswith(".bias")}
    if not any(g.size and g.max() > 0 for g in sizes.values()):
        raise DataError("plot.gradient_flow: a gradient other than zero is needed")
    ax = plotting.axes(ax, min(2.0 + 0.45 * len(sizes), 9.0), 3.4)
    used = len({line.get_color() for line in ax.lines})
    colour, marker = plotting.COLOURS[used % len(plotting.COLOURS)], MARKERS[used % len(MARKERS)]
    at = np.arange(len(sizes))
    root = np.array([np.sqrt(np.mean(g**2)) for g in sizes.values()])
    most = np.array([g.max() for g in sizes.values()])
    root[most == 0] = most[most == 0] = np.nan
    ax.plot(at, root, f"{marker}-", markersize=5, color=colour, label=label or "root mean square")
    ax.plot(at, most, "_", markersize=9, color=colour, label="_" if label else "largest")
    _scale(ax, log=True)
    layers = [name.removesuffix(".weights") for name in sizes]
    ax.set_xticks(at, layers, rotation=90 if max(map(len, layers)) * len(layers) > 60 else 0)
    ax.set(xlabel="layer", ylabel="size of the gradient")
    ax.legend()
    return ax


@plotting.style()
def activation_histograms(values: Mapping[str, Any], *, bins: int = 60, ax: Axes | None = None) -> Axes:
    """Draw how the activations of each layer are distributed, one below another from the input to the output.

    Parameters
    ----------
    values : mapping of str to array
        By layer, as `Sequential.activations` returns them.
    bins : int >= 2, default 60
        At most, over the range of all values; fewer in layers with few values.
    ax : Axes, optional

    Returns
    -------
    Axes
        A histogram a layer: heights are roots of counts, so that what is rare is seen beside the zeros of rectifiers,
        and its fullest bin has height 1. The number beside it is the standard deviation.
    """
    rows = {name: np.ravel(np.asarray(v, float)) for name, v in values.items()}
    if not rows or not all(v.size and np.isfinite(v).all() for v in rows.values()):
        raise DataError("plot.activation_histograms: finite values are needed, of one layer or more")
    low, high = min(v.min() for v in rows.values()), max(v.max() for v in rows.values())
    high = high if high > low else low + 1.0
    ax = plotting.axes(ax, 5.2, 0.9 + 0.5 * len(rows))
    for k, v in enumerate(rows.values()):
        edges = np.linspace(low, high, min(bins, 2 * isqrt(v.size) + 4) + 1)
        height = np.sqrt(np.histogram(v, edges)[0])
        base = len(rows) - 1.0 - k
        top, colour = base + 0.85 * height / height.max(), plotting.COLOURS[0]
        ax.stairs(top, edges, baseline=base, fill=True, color=colour, alpha=0.5)
        ax.stairs(top, edges, baseline=base, color=colour, linewidth=0.8)
        ax.text(1.01, base + 0.2, f"σ = {v.std():.3g}", transform=ax.get_yaxis_transform(), fontsize=plotting.SMALL)
    ax.set_yticks(np.arange(len(rows))[::-1] + 0.2, list(rows))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set(xlabel="activation", xlim=(low, high), ylim=(-0.05, len(rows)))
    return ax


@plotting.style()
def hinton(
    weights: Any,
    *,
    largest: float | None = None,
    names: tuple[Sequence[str], Sequence[str]] | None = None,
    quantities: tuple[str, str] = ("to unit", "from unit"),
    bias: Any = None,
    turned: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw weights as squares whose areas are their sizes, white for positive and black for negative ones.

    Parameters
    ----------
    weights : (rows, columns) array
        As those of a dense layer, (inputs, units).
    largest : float > 0, optional
        The weight whose square fills its cell; default: the largest. Larger ones fill it, too.
    names : (one str a row, one str a column), optional
        Default: numbers from 0.
    quantities : (str, str)
        What columns and rows are.
    bias : (columns,) array, optional
        Drawn as one row more, "bias".
    turned : bool, default False
        Whether rows and columns change places in the figure.
    ax : Axes, optional

    Returns
    -------
    Axes
        The title says what the largest square stands for.
    """
    table = np.asarray(weights, float)
    if table.ndim != 2 or not table.size or not np.isfinite(table).all():
        raise DataError(f"plot.hinton: a (rows, columns) array of finite numbers is needed; got {table.shape}")
    table, names, quantities = _arranged(table, names, quantities, bias, turned)
    scale = float(np.abs(table).max()) if largest is None else float(largest)
    if scale < 0 or (largest is not None and scale == 0):
        raise InvalidParameter("plot.hinton", "largest", largest, "a number above 0")
    rows, columns = table.shape
    cell = min(0.4, 6.0 / max(rows, columns))
    ax = plotting.axes(ax, max(3.0, 1.0 + cell * columns), 1.1 + cell * rows)
    plotting.bare(ax, np.array([[-0.5, -0.5], [columns - 0.5, rows - 0.5]]))
    ax.add_patch(Rectangle((-0.5, -0.5), columns, rows, facecolor=GROUND, zorder=0))
    side = 0.92 * np.sqrt(np.minimum(np.abs(table) / (scale or 1.0), 1.0))
    for sign, colour in ((1, "white"), (-1, "black")):
        places = [(i, j, side[i, j]) for i, j in np.argwhere(np.sign(table) == sign)]
        squares = [Rectangle((j - a / 2, i - a / 2), a, a) for i, j, a in places]
        ax.add_collection(PatchCollection(squares, facecolor=colour, linewidth=0))
    _units(ax, names)
    ax.set(xlabel=quantities[0], ylabel=quantities[1])
    ax.set_title(f"white +, black −\na full cell {scale:.3g}", fontsize=plotting.SMALL)
    return ax


def _arranged(table: np.ndarray, names: Any, quantities: Any, bias: Any, turned: bool) -> tuple[Any, Any, Any]:
    """Return a table, with a row of biases and turned if that is asked for, its units' names and its axes'."""
    names = [list(map(str, range(n))) for n in table.shape] if names is None else list(names)
    for k in (0, 1):
        if len(names[k]) != table.shape[k]:
            raise InvalidParameter("plot.hinton", f"names[{k}]", list(names[k]), f"{table.shape[k]} names")
    if bias is not None:
        if np.shape(bias) != table.shape[1:]:
            raise InvalidParameter("plot.hinton", "bias", np.shape(bias), f"of shape {table.shape[1:]}")
        table, names[0] = np.vstack([table, np.asarray(bias, float)]), [*names[0], "bias"]
    return (table.T, names[::-1], quantities[::-1]) if turned else (table, names, quantities)


def _units(ax: Axes, names: Any) -> None:
    """Write the names of rows and columns; of numbers as many as there is room for."""
    for k, axis in enumerate((ax.yaxis, ax.xaxis)):
        called = list(names[k])
        named = any(not name.isdecimal() for name in called if name != "bias")
        every = 1 if named else ceil(2.5 * plotting.SMALL / plotting.points_per_unit(ax))
        biased, last = called[-1] == "bias", len(called) - 1
        shown = [n for n in range(0, len(called), every) if not biased or last - n >= every] + [last] * biased
        axis.set_ticks(shown, [called[n] for n in shown])
    ax.tick_params(axis="x", rotation=90 if max(map(len, names[1])) > 2 else 0, length=0)
    ax.tick_params(axis="y", length=0)


def _scale(ax: Axes, log: bool) -> None:
    """Let all that is drawn fit with room for its points, and write numbers that can be read."""
    values = np.concatenate([np.asarray(line.get_ydata(), float) for line in ax.lines])
    values = values[np.isfinite(values) & ((values > 0) | (not log))]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.1, 1.0)
    if log:
        ax.set_yscale("log")
        ax.yaxis.set_minor_formatter("")
        room = max(high / low, 1.2) ** 0.07
        ax.set_ylim(low / room, high * room)
        if high < 100 * low:
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)) if high > 5 * low else MaxNLocator(5))
            ax.yaxis.set_major_formatter("{x:g}")
    elif low >= 0:
        ax.set_ylim(-0.03 * (high or 1.0), 1.06 * (high or 1.0))
        if high >= 1e5:
            ax.yaxis.set_major_formatter("{x:g}")


def _losses(training: Any) -> dict[str, np.ndarray]:
    """Return the curves of a `Training` or of a fitted estimator."""
    if not hasattr(training, "losses"):
        return {"training": np.asarray(training.loss_curve_)} if hasattr(training, "loss_curve_") else {}
    held_out = getattr(training, "validation_losses", None)
    lines = {"training": np.asarray(training.losses)}
    return lines | ({} if held_out is None or not len(held_out) else {"validation": np.asarray(held_out)})
