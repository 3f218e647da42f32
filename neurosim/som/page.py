"""Several figures of a map on one page."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_is_fitted

from neurosim import plotting
from neurosim.core.errors import InvalidParameter
from neurosim.som import plot, plot_units
from neurosim.som.plot import height_over_width, telling_features

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from neurosim.som.som import SOM

KINDS = ("umatrix", "planes", "hits", "labels", "pies", "images", "data", "trajectory", "pmatrix")
TITLES = {
    "umatrix": "U-matrix",
    "hits": "hits",
    "labels": "majority class (paler: mixed)",
    "pies": "classes",
    "images": "weights",
    "data": "map in the data",
    "trajectory": "samples in their order",
    "pmatrix": "P-matrix",
}
PANEL = 4.8  # width of one map in inches


def overview(
    som: "SOM",
    X: Any,
    *,
    kinds: Sequence[str],
    y: Any = None,
    feature_names: Sequence[str] | None = None,
    target_names: Sequence[str] | None = None,
    image_shape: tuple[int, int] | None = None,
    shift: Any = None,
    scale: Any = None,
) -> "Figure":
    """Draw several figures of a map on one page.

    Parameters
    ----------
    som : SOM
    X : (samples, features) array
    kinds : sequence of "umatrix", "planes", "hits", "labels", "pies", "images", "data", "trajectory", "pmatrix"
        Maps stand side by side in this order; component planes, at most the 16 that vary most, below them;
        "data" shows the two features that vary most.
    y, target_names : see `labels` and `pies`, which need y
    feature_names : one str for every feature, optional
    image_shape : see `images`, which needs it
    shift, scale : float or (features,), optional
        Undo a scaling of the data in what is drawn; see `images`.

    Returns
    -------
    Figure
    """
    check_is_fitted(som)
    kinds = _known_kinds(kinds, y, image_shape)
    classes = {"target_names": target_names}
    units, two = {"shift": shift, "scale": scale}, telling_features(som, 2)
    draw: dict[str, Callable[[Axes], Axes]] = {
        "umatrix": lambda ax: plot.u_matrix(som, ax=ax),
        "hits": lambda ax: plot.hits(som, X, ax=ax),
        "labels": lambda ax: plot.labels(som, *_labelled(X, y, target_names), **classes, ax=ax),
        "pies": lambda ax: plot_units.pies(som, *_labelled(X, y, target_names), **classes, ax=ax),
        "trajectory": lambda ax: plot_units.trajectory(som, X, ax=ax),
        "pmatrix": lambda ax: plot_units.p_matrix(som, X, ax=ax),
        "images": lambda ax: plot.images(som, image_shape or (0, 0), **units, ax=ax),
        "data": lambda ax: plot.data_space(som, X, features=two, names=feature_names, **units, ax=ax),
    }
    maps = [kind for kind in kinds if kind != "planes"]
    planes = telling_features(som, plot.MOST_BARS) if "planes" in kinds else []
    figure, places, below = _page(som, len(maps), len(planes))
    for kind, place in zip(maps, places, strict=True):
        draw[kind](place).set_title(TITLES[kind])
    if planes:
        columns = _even(len(planes), 3 * _even(len(maps), 3)[1])[1]
        plot.component_planes(som, planes, names=feature_names, **units, columns=columns, figure=below)
    return figure


def _labelled(X: Any, y: Any, target_names: Any) -> tuple[Any, Any]:
    """Return the samples that have a label, and their labels: a number below 0 names no class."""
    if y is None or target_names is None or np.asarray(y).dtype.kind != "i":
        return X, y
    known = np.asarray(y) >= 0
    if not known.any():
        raise InvalidParameter("overview", "y", "numbers below 0 alone", "with labels of some samples")
    return (X, y) if known.all() else (_safe_indexing(X, known), np.asarray(y)[known])


def _page(som: "SOM", maps: int, planes: int) -> "tuple[Figure, list[Axes], Figure | SubFigure]":
    """Return a page, the Axes of its maps, and its part for the component planes below them."""
    rows, columns = _even(maps, 3)
    plane_rows, plane_columns = _even(planes, 3 * columns)
    width = PANEL * columns
    upper = rows * max(2.9, 0.5 + 0.85 * PANEL * height_over_width(som)) if maps else 0.0  # colour bars have labels
    lower = plane_rows * (0.4 + 0.75 * width / plane_columns * height_over_width(som)) if planes else 0.0
    figure = plotting.figure(width, upper + lower)
    above: Any = figure
    below: Any = figure
    if maps and planes:
        above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[upper, lower]).flat
    return figure, [above.add_subplot(rows, columns, i + 1) for i in range(maps)], below


def _even(n: int, most: int) -> tuple[int, int]:
    """Return rows and columns for n panels, at most `most` in a row and the rows about equally full."""
    rows = max(1, ceil(n / most))
    return rows, max(1, ceil(n / rows))


def _known_kinds(kinds: Sequence[str], y: Any, image_shape: Any) -> tuple[str, ...]:
    """Return `kinds` checked."""
    asked = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    if not asked or not set(asked) <= set(KINDS):
        raise InvalidParameter("overview", "kinds", kinds, f"one or more of {', '.join(KINDS)}")
    for kind, name, value in (("labels", "y", y), ("pies", "y", y), ("images", "image_shape", image_shape)):
        if kind in asked and value is None:
            raise InvalidParameter("overview", name, value, f"given for the kind {kind!r}")
    return asked
