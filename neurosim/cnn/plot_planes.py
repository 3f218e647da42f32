"""What a network says of every point of a plane, and the loss over a plane in the space of its weights.

Both functions draw on `ax`, or on a new figure (``ax.figure`` of what they return), and neither show nor save it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from neurosim import plotting
from neurosim.core.errors import InvalidParameter
from neurosim.core.random import seed_from

MARKERS = "osv^Dp*X<>"
GRID = 200  # points along a side of the plane in which a decision is asked


@plotting.style()
def decision_regions(
    model: Any, X: Any, y: Any, *, names: tuple[str, str] = ("$x_1$", "$x_2$"), ax: Axes | None = None
) -> Axes:
    """Draw what a network of two inputs says everywhere, and the samples.

    Parameters
    ----------
    model : network, fitted classifier, or callable
        Takes (points, 2) and returns outputs (points, 1) or (points, classes), or, a classifier's `predict`, labels.
    X : (samples, 2) array
    y : (samples,) labels
    names : (str, str)
        Of the inputs, with their units.
    ax : Axes, optional

    Returns
    -------
    Axes
        Of a single output its value, with a line halfway between the least and the largest label; else the classes.
    """
    x, labels = np.asarray(X, float), np.asarray(y).reshape(-1)
    if x.ndim != 2 or x.shape[1] != 2 or len(labels) != len(x):
        raise InvalidParameter("plot_planes.decision_regions", "X", x.shape, f"of shape ({len(labels)}, 2)")
    low, high = x.min(axis=0), x.max(axis=0)
    border = np.where(high > low, 0.2 * (high - low), 1.0)
    sides = [np.linspace(a, b, GRID) for a, b in zip(low - border, high + border, strict=True)]
    plane = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    said = np.asarray(model.predict(plane) if hasattr(model, "predict") else model(plane))
    found = np.unique(labels)
    ax = plotting.axes(ax, 4.6, 3.6)
    if said.ndim == 2 and said.shape[1] == 1:
        _heights(ax, sides, said.reshape(GRID, GRID), float(found[0]), float(found[-1]))
    else:
        found = np.arange(said.shape[1]) if said.ndim == 2 else found
        code = said.argmax(axis=1) if said.ndim == 2 else np.searchsorted(found, said)
        pale = ListedColormap(0.75 + 0.25 * plotting.class_colours(len(found)))
        limits: dict[str, Any] = {"vmin": -0.5, "vmax": len(found) - 0.5}
        ax.pcolormesh(*sides, code.reshape(GRID, GRID), cmap=pale, rasterized=True, **limits)
    for k, (label, colour) in enumerate(zip(found, plotting.class_colours(len(found)), strict=True)):
        look: dict[str, Any] = {"marker": MARKERS[k % len(MARKERS)], "color": [colour], "edgecolor": "white"}
        some = x[labels == label]
        ax.scatter(some[:, 0], some[:, 1], s=36, linewidth=0.8, label=_named(label), **look)
    ax.set(xlabel=names[0], ylabel=names[1], xlim=sides[0][[0, -1]], ylim=sides[1][[0, -1]])
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=6, columnspacing=1.0, handletextpad=0.1)
    return ax


def _named(label: Any) -> str:
    return f"{label:g}" if isinstance(label, float | np.floating) else str(label)


def _heights(ax: Axes, sides: list[np.ndarray], values: np.ndarray, low: float, high: float) -> None:
    """Colour a plane by an output whose targets go from low to high, and draw a line halfway."""
    middle, half = (low + high) / 2, max((high - low) / 2, 1e-9)
    image = ax.pcolormesh(*sides, values, cmap="RdBu_r", alpha=0.8, vmin=middle - half, vmax=middle + half,
                          rasterized=True)  # fmt: skip
    if values.min() < middle < values.max():
        ax.contour(*sides, values, levels=[middle], colors=plotting.INK, linewidths=1.0)
    plotting.colour_bar(ax, image, "output")


@plotting.style()
def loss_landscape(
    loss: Callable[[np.ndarray], float],
    centre: Any,
    *,
    span: float = 1.0,
    points: int = 25,
    groups: Any = None,
    path: Any = None,
    random_state: Any = 0,
    ax: Axes | None = None,
) -> Axes:
    """Draw a loss over two random directions from a point of the weights (Li et al. 2018).

    Parameters
    ----------
    loss : callable (P,) -> float
    centre : (P,) array
        The weights in the middle.
    span : float > 0, default 1
        How far the slice reaches, in lengths of a direction.
    points : int >= 3, default 25
        Along each side.
    groups : sequence of (begin, end), optional
        Parts of the weights; in each a direction is as long as the weights are. Default: one part.
    path : (steps, P) array, optional
        Weights on the way to the centre; the slice then goes along their two main directions (PCA) and shows them.
    random_state : None, int or Generator, default 0
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    w = np.asarray(centre, float)
    if path is None:
        rng = np.random.default_rng(seed_from(random_state))
        directions = rng.normal(size=(2, len(w)))
        for begin, end in [(0, len(w))] if groups is None else groups:
            part = directions[:, begin:end]
            part *= np.linalg.norm(w[begin:end]) / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-300)
        walk = None
    else:
        steps = np.asarray(path, float) - w
        directions = np.linalg.svd(steps, full_matrices=False)[2][:2]
        walk = steps @ directions.T
        span = span * 1.1 * float(np.abs(walk).max())
    at = np.linspace(-span, span, points)
    heights = np.array([[loss(w + a * directions[0] + b * directions[1]) for a in at] for b in at])
    ax = plotting.axes(ax, 5.4, 3.8)
    image = ax.contourf(at, at, heights, levels=24, cmap="cividis")
    ax.contour(at, at, heights, levels=12, colors="white", linewidths=0.4, alpha=0.6)
    if walk is not None:
        ax.plot(*walk.T, color=plotting.COLOURS[1], marker="o", markersize=2)
    ax.plot(0, 0, "X", color=plotting.COLOURS[1], markeredgecolor="white", markersize=9)
    ax.set(xlabel="direction 1", ylabel="direction 2", aspect="equal")
    plotting.colour_bar(ax, image, "loss")
    return ax
