"""Figures of a map: its U-matrix, component planes, hits, classes, images, and the map unfolding in the data.

Every function draws on `ax`, or on a new figure (``ax.figure`` of what it returns), and neither shows nor saves it.
Row 0 of the map is on top. An unfitted model raises scikit-learn's NotFittedError.
"""

from collections.abc import Sequence
from math import ceil, prod, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure, SubFigure
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d

from neurosim import plotting
from neurosim.core.errors import InvalidParameter
from neurosim.som import umatrix

if TYPE_CHECKING:
    from neurosim.som.som import SOM

MOST_PLANES = 64
MOST_BARS = 16  # colour bars beside component planes; more would be too small to read


@plotting.style()
def u_matrix(som: "SOM", *, interleaved: bool = True, ax: Axes | None = None) -> Axes:
    """Draw how far neighbouring units are apart: ridges part the clusters (Ultsch & Siemon 1990).

    Parameters
    ----------
    som : SOM
    interleaved : bool, default True
        Half-size cells for the units and for the steps between them, or one cell a unit; see `neurosim.som.u_matrix`.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    check_is_fitted(som)
    positions, heights = umatrix.u_matrix(som, interleaved=interleaved)
    ax, cells = _cells(som, ax, positions, 0.5 if interleaved else 1.0)
    _colour(cells, heights, "cividis")
    plotting.colour_bar(ax, cells, "distance between neighbouring units")
    return ax


@plotting.style()
def component_plane(
    som: "SOM", feature: int, *, name: str | None = None, shift: Any = None, scale: Any = None, ax: Axes | None = None
) -> Axes:
    """Draw one feature of all weight vectors.

    Parameters
    ----------
    som : SOM
    feature : int in [0, features)
    name : str, optional
        Written at the colour bar; default: the feature's name if the model knows it, or its number.
    shift, scale : float or (features,), optional
        Undo a scaling of the data: what is drawn is ``weights * scale + shift``.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    check_is_fitted(som)
    (feature,) = _features(som, "component_plane", "feature", [feature])
    ax, cells = _plane(som, _unscaled(som.weights_, shift, scale)[:, feature], ax)
    plotting.colour_bar(ax, cells, _names(som, "component_plane", None)[feature] if name is None else name)
    return ax


@plotting.style()
def component_planes(
    som: "SOM",
    features: Sequence[int] | None = None,
    *,
    names: Sequence[str] | None = None,
    shift: Any = None,
    scale: Any = None,
    columns: int | None = None,
    figure: Figure | SubFigure | None = None,
) -> Figure | SubFigure:
    """Draw the component planes on one page, each on a colour scale of its own.

    Parameters
    ----------
    som : SOM
    features : ints in [0, features), at most 64, optional
        Default: all; if there are more than 64, those that vary most over the map.
    names : one str for every feature of the data, optional
    shift, scale : float or (features,), optional
        Undo a scaling of the data: what is drawn is ``weights * scale + shift``.
    columns : int >= 1, optional
        Planes in a row.
    figure : Figure or SubFigure, optional
        Where to draw; default: a new Figure.

    Returns
    -------
    Figure or SubFigure
        With colour bars if it has at most 16 planes.
    """
    check_is_fitted(som)
    shown = (
        telling_features(som, MOST_PLANES)
        if features is None
        else _features(som, "component_planes", "features", features)
    )
    titles = _names(som, "component_planes", names)
    columns = ceil(sqrt(len(shown) * height_over_width(som))) if columns is None else columns
    if columns < 1:
        raise InvalidParameter("plot.component_planes", "columns", columns, "an integer >= 1")
    rows = ceil(len(shown) / columns)
    if figure is None:
        figure = plotting.figure(2.0 * columns, (0.3 + 1.5 * height_over_width(som)) * rows)
    points = 0.9 * 72 * plotting.width_of(figure) / columns
    weights = _unscaled(som.weights_, shift, scale)
    for i, feature in enumerate(shown):
        ax, cells = _plane(som, weights[:, feature], figure.add_subplot(rows, columns, i + 1))
        ax.set_title(plotting.fold(titles[feature], points, 9), fontsize=9)
        if len(shown) <= MOST_BARS:
            plotting.colour_bar(ax, cells, ticks=4)
    return figure


@plotting.style()
def hits(som: "SOM", X: Any, *, ax: Axes | None = None) -> Axes:
    """Draw how many samples every unit wins; units that win none stay empty.

    Parameters
    ----------
    som : SOM
    X : (samples, features) array
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    check_is_fitted(som)
    won = np.bincount(som.predict(X), minlength=som.topology.units)
    ax, cells = _cells(som, ax)
    _colour(cells, np.ma.masked_equal(won, 0), "viridis_r")
    cells.set(edgecolor=plotting.OUTLINE, clim=(1, max(2, won.max())))
    plotting.colour_bar(ax, cells, "samples per unit", whole=True)
    return ax


@plotting.style()
def labels(som: "SOM", X: Any, y: Any, *, target_names: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """Write into every unit the class that most of its samples have.

    Parameters
    ----------
    som : SOM
    X : (samples, features) array
    y : (samples,) array
        Class labels of any kind.
    target_names : sequence of str, optional
        Names of the classes: of label 0, 1, ... if labels are integers, or of the sorted labels. Long names are
        abbreviated on the map, and a legend explains them.
    ax : Axes, optional

    Returns
    -------
    Axes
        A cell's colour is its class; its opacity is the share of the unit's samples that are of this class.
    """
    check_is_fitted(som)
    check_consistent_length(X, y)
    code, names = plotting.classes(column_or_1d(y), target_names)
    votes = np.zeros((som.topology.units, len(names)))
    np.add.at(votes, (som.predict(X), code), 1)
    won, winner = votes.sum(axis=1), votes.argmax(axis=1)
    colours = np.zeros((len(won), 4))
    colours[:, :3] = plotting.class_colours(len(names))[winner]
    colours[:, 3] = votes.max(axis=1) / np.maximum(won, 1)
    ax, cells = _cells(som, ax)
    cells.set(facecolor=colours, edgecolor=plotting.OUTLINE)
    short, wins = plotting.abbreviate(names), won > 0
    plotting.write(ax, som.topology.positions[wins], [short[c] for c in winner[wins]], colours[wins])
    if short != names:
        plotting.explain(ax, short, names)
    return ax


@plotting.style()
def images(
    som: "SOM",
    shape: tuple[int, int],
    *,
    shift: Any = None,
    scale: Any = None,
    cmap: str = "gray",
    ax: Axes | None = None,
) -> Axes:
    """Draw the weight vectors of all units as images, each at its unit's place.

    Parameters
    ----------
    som : SOM
    shape : (height, width)
        Of one image, with height * width features, row by row.
    shift, scale : float or (features,), optional
        Undo a scaling of the data: what is drawn is ``weights * scale + shift``.
    cmap : str, default "gray"
        Colour map, the same range for all images; "gray_r" for ink on paper.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    check_is_fitted(som)
    pixels = _unscaled(som.weights_, shift, scale)
    if len(shape) != 2 or min(shape) < 1 or prod(shape) != som.n_features_in_:
        wanted = f"(height, width) with height * width = {som.n_features_in_} features"
        raise InvalidParameter("plot.images", "shape", shape, wanted)
    outlines = plotting.polygons(som.topology.positions, hexagonal=som.topology.hexagonal)
    ax = _bare(som, ax, outlines)
    rows, columns = som.topology.grid
    cell_height = sqrt(0.75) if som.topology.hexagonal else 1.0
    strips = pixels.reshape(rows, columns, *shape)
    for strip, (x, y) in zip(strips, som.topology.positions[::columns], strict=True):
        place = (x - 0.5, x - 0.5 + columns, y + cell_height / 2, y - cell_height / 2)
        shown = plotting.side_by_side(strip, cell_height)
        ax.imshow(shown, cmap=cmap, vmin=pixels.min(), vmax=pixels.max(), extent=place, aspect="equal")
    return plotting.bare(ax, outlines)  # imshow has moved the limits


@plotting.style()
def data_space(
    som: "SOM",
    X: Any = None,
    *,
    features: Sequence[int] = (0, 1),
    names: Sequence[str] | None = None,
    shift: Any = None,
    scale: Any = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the map as a net in the space of two features, as in Kohonen's figures of 1982.

    Parameters
    ----------
    som : SOM
    X : (samples, features) array, optional
        Drawn as faint dots.
    features : (int, int), default (0, 1)
        Features along x and y, in [0, features).
    names : one str for every feature of the data, optional
    shift, scale : float or (features,), optional
        Undo a scaling of the data: what is drawn is ``weights * scale + shift``, and the samples likewise.
    ax : Axes, optional

    Returns
    -------
    Axes
        Neighbouring units are joined by lines, on a cylinder or toroid across its seams too. Scales are equal unless
        one feature spans more than five times the other.
    """
    check_is_fitted(som)
    chosen = _features(som, "data_space", "features", features)
    if len(chosen) != 2:
        raise InvalidParameter("plot.data_space", "features", features, "two features")
    labels_xy = [_names(som, "data_space", names)[feature] for feature in chosen]
    ax = plotting.axes(ax, 5.0, 5.0)
    w = _unscaled(som.weights_, shift, scale)[:, chosen]
    if X is not None:
        x = _unscaled(som._samples(X), shift, scale)[:, chosen]
        size = np.clip(60 / sqrt(len(x)), 0.8, 4.0)
        ax.plot(x[:, 0], x[:, 1], ".", color="0.72", markersize=size, zorder=1, rasterized=len(x) > 2000)
    ax.add_collection(LineCollection(list(w[_edges(som)]), colors=plotting.INK, linewidths=0.7, zorder=2))
    ax.plot(w[:, 0], w[:, 1], "o", color=plotting.COLOURS[0], markersize=np.clip(50 / sqrt(len(w)), 1.5, 5), zorder=3)
    ax.set(xlabel=labels_xy[0], ylabel=labels_xy[1])
    if max(ax.dataLim.size) <= 5 * min(ax.dataLim.size):
        ax.set_aspect("equal")
    return ax


def _cells(
    som: "SOM", ax: Axes | None, positions: np.ndarray | None = None, size: float = 1.0
) -> tuple[Axes, PolyCollection]:
    """Draw a cell around every position, by default every unit's, on `ax` or a new figure."""
    positions = som.topology.positions if positions is None else positions
    outlines = plotting.polygons(positions, hexagonal=som.topology.hexagonal, size=size)
    ax = _bare(som, ax, outlines)
    cells = PolyCollection(list(outlines), linewidth=0.5, antialiased=som.topology.hexagonal)
    ax.add_collection(cells, autolim=False)
    return ax, cells


def _bare(som: "SOM", ax: Axes | None, outlines: np.ndarray) -> Axes:
    """Return `ax` or a new one, large enough for labels in the cells, as an empty map that encloses `outlines`."""
    rows, columns = som.topology.grid
    scale = np.clip(0.27 * max(rows, columns), 4.0, 12.0) / max(rows, columns)
    width, height = (float(scale * max(side, 2)) for side in (columns, rows))
    return plotting.bare(plotting.axes(ax, width + 1.0, max(height, 2.6)), outlines)  # 2.4 for the label of the bar


def _colour(cells: PolyCollection, values: np.ndarray, cmap: str) -> None:
    """Colour cells by values; edges too, or hairlines would show between them."""
    cells.set(array=values, cmap=cmap, edgecolor="face")
    cells.autoscale()


def _plane(som: "SOM", values: np.ndarray, ax: Axes | None) -> tuple[Axes, PolyCollection]:
    ax, cells = _cells(som, ax)
    _colour(cells, values, "viridis")
    return ax, cells


def _unscaled(values: np.ndarray, shift: Any, scale: Any) -> np.ndarray:
    """Return values, one feature a column, on the scale that the data had before."""
    return values * (1.0 if scale is None else scale) + (0.0 if shift is None else shift)


def height_over_width(som: "SOM") -> float:
    """Return the height of the map over its width."""
    rows, columns = som.topology.grid
    return float(np.clip(rows * (sqrt(0.75) if som.topology.hexagonal else 1.0) / columns, 0.3, 2.0))


def _edges(som: "SOM") -> np.ndarray:
    """Return the pairs of neighbouring units, shape (edges, 2), each once."""
    topology = som.topology
    neighbours = topology.neighbours(6 if topology.hexagonal else 4)
    unit, direction = np.nonzero(neighbours >= 0)
    pairs = np.sort(np.stack([unit, neighbours[unit, direction]], axis=1), axis=1)
    return np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)


def _features(som: "SOM", function: str, name: str, features: Any) -> list[int]:
    """Return feature numbers checked."""
    numbers, most = np.asarray(features), som.n_features_in_
    fits = numbers.ndim == 1 and 0 < len(numbers) <= MOST_PLANES and numbers.dtype.kind in "iu"
    if not fits or numbers.min() < 0 or numbers.max() >= most:
        raise InvalidParameter(f"plot.{function}", name, features, f"integers in [0, {most}), at most {MOST_PLANES}")
    return [int(number) for number in numbers]


def telling_features(som: "SOM", most: int) -> list[int]:
    """Return the features that vary most over the map, at most `most`, in ascending order."""
    order = np.argsort(-som.weights_.var(axis=0), kind="stable")[:most]
    return sorted(int(feature) for feature in order)


def _names(som: "SOM", function: str, names: Sequence[str] | None) -> list[str]:
    """Return a name for every feature: given, known from the data frame of the fit, or made from its number."""
    n = som.n_features_in_
    if names is None:
        return [str(name) for name in getattr(som, "feature_names_in_", [f"feature {i}" for i in range(n)])]
    if len(names) != n:
        raise InvalidParameter(f"plot.{function}", "names", names, f"{n} names, one for every feature")
    return [str(name) for name in names]
