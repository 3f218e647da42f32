"""Several figures of one network on a page, as the commands write them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim import plotting
from neurosim.neocognitron import plot, plot_layers

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

WIDTH = 9.2  # of the page, in inches
BESIDE = 2.3  # of it for what is written beside the layers
MIDDLE, CURVES = 3.5, 2.5  # heights of the rows below the layers
STEPS = 10  # of attention that are drawn
SEGMENTS = 9
CELLS = 2.8  # height of the last layer's responses


@plotting.style()
def recognition(
    layers: Any, *, y: Any, predicted: Any, rejected: Any = None, preferred: Mapping[str, Any] | None = None,
    curves: Sequence[Any] = (), classes: Sequence[Any] | None = None, most: int = 16, chance: float | None = None,
    title: str = "", tested: str = "",
) -> "Figure":  # fmt: skip
    """Draw the responses of all layers to an image, confusions, preferred patterns, and tolerance of deformations.

    Parameters
    ----------
    layers : mapping of str to (planes, rows, columns) array
        As for `plot_layers.responses`.
    y, predicted, rejected : (n,) arrays
        As for `plot.confusion`.
    preferred : mapping of str to (planes, rows, columns) array, optional
        What the cells of layers prefer, by a title.
    curves : sequence of ToleranceCurve
        A panel each.
    classes : sequence, optional
        Written above the planes of the last layer.
    most : int >= 1, default 16
        Planes drawn of a layer.
    chance : float, optional
        Share of right answers of a guess.
    title, tested : str, optional
        Of the image and of the confusions.

    Returns
    -------
    Figure
    """
    shown = plot_layers.layers_of(layers)
    columns = min(most, max(map(len, shown.values())))
    tall = 0.5 + (len(shown) + 0.3 * (classes is not None)) * (WIDTH - BESIDE) / columns
    heights = [tall, MIDDLE, *([CURVES] * bool(curves))]
    figure = plotting.figure(WIDTH, sum(heights))
    parts = np.asarray(figure.subfigures(len(heights), 1, height_ratios=heights))
    plot_layers.responses(shown, classes=classes, most=most, ax=parts[0].subplots()).set_title(title)
    pictures = dict(preferred or {})
    left, right = parts[1].subplots(1, 2, width_ratios=(1, 1.1))
    plot.confusion(y, predicted, rejected=rejected, ax=left).set_title(tested)
    right.axis("off")
    if pictures:
        _several(right, pictures)
    if curves:
        _tolerances(parts[2], curves, chance)
    return figure


@plotting.style()
def attention(
    image: Any, frames: Any, outputs: Any, segments: Sequence[tuple[Any, Any]], *, names: Sequence[Any] | None = None
) -> "Figure":
    """Draw what selective attention makes of an image: its segments, what is recalled at each step, and the responses.

    Parameters
    ----------
    image : (rows, columns) array
    frames : (steps, rows, columns) array
        The pattern recalled at each step.
    outputs : (steps, cells) array
        Responses of the last layer.
    segments : sequence of (label, (rows, columns) array)
        In the order in which they were attended.
    names : sequence, one a cell, optional
        Of the cells of the last layer; default: numbers from 0.

    Returns
    -------
    Figure
        Of more than 10 steps every so many are drawn, of more than 9 segments the first 9. A step at which nothing is
        recalled is called a break if cells of the last layer answer, else silent.
    """
    steps = np.asarray(frames, float)
    some = np.unique(np.linspace(0, len(steps) - 1, min(STEPS, len(steps))).round().astype(int))
    shown = list(segments)[:SEGMENTS]
    pictures = np.stack([_full(image), *(_full(pattern) for _, pattern in shown)])
    titles = ["image", *(f"segment {k}: {label}" for k, (label, _) in enumerate(shown, 1))]
    heights = [_strip(pictures), _strip(steps[some]), CELLS]
    figure = plotting.figure(WIDTH, sum(heights))
    above, middle, below = np.asarray(figure.subfigures(3, 1, height_ratios=heights))
    more = f", the first {SEGMENTS} of {len(segments)}" if len(segments) > SEGMENTS else ""
    above.suptitle(f"attended one after the other{more}", fontsize="medium")
    plot.recalled({"": pictures}, titles=titles, ax=above.subplots())
    middle.suptitle("recalled at step", fontsize="medium")
    plot.recalled({"": steps[some]}, titles=[_step(k, steps, outputs) for k in some], ax=middle.subplots())
    plot.activity(outputs, names=names, ax=below.subplots()).set_title("cells of the last layer")
    return figure


def _step(k: int, frames: np.ndarray, outputs: Any) -> str:
    """Return what is written above the pattern recalled at a step."""
    if frames[k].any():
        return f"{k + 1}"
    return f"{k + 1}, {'break' if np.any(np.asarray(outputs)[k] > 0) else 'silent'}"


def _strip(pictures: np.ndarray) -> float:
    """Return the height for a row of pictures, their titles, and one above."""
    count, rows, columns = pictures.shape
    return 0.5 + min(1.5, WIDTH * (rows / columns + 0.28) / (count * (1 + plot_layers.GAP)))


def _full(pattern: Any) -> np.ndarray:
    """Return a pattern whose largest value is 1."""
    values = np.asarray(pattern, float)
    return values / (values.max() or 1.0)


def _several(ax: Any, pictures: Mapping[str, Any]) -> None:
    """Draw patterns of several layers below one another in the place of an Axes."""
    space = 1 / len(pictures)
    for k, (name, stack) in enumerate(pictures.items()):
        inner = ax.inset_axes((0.0, 1 - (k + 1) * space + 0.02, 1.0, space - 0.1))
        columns = None  # of a single layer, which has the whole place
        if len(pictures) > 1:
            columns = len(stack) if len(stack) <= 12 else -(-len(stack) // (2 if len(stack) <= 24 else 3))
        plot_layers.patterns(stack, columns=columns, ax=inner).set_title(name, fontsize=plotting.SMALL)


def _tolerances(place: "Figure | SubFigure", curves: Sequence[Any], chance: float | None) -> None:
    """Draw tolerance curves side by side."""
    panels = place.subplots(1, len(curves), sharey=True, squeeze=False)[0]
    for k, (ax, curve) in enumerate(zip(panels, curves, strict=True)):
        plot.tolerance(curve, chance=chance, ax=ax)
        if k:
            ax.set_ylabel("")
