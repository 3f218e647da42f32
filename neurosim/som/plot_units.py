"""Figures of what happens at the units: classes as pies, paths of winners, densities.

As in `neurosim.som.plot`, every function draws on `ax`, or on a new figure, and neither shows nor saves it.
"""

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.patches import Wedge
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d

from neurosim import plotting
from neurosim.core.errors import InvalidParameter
from neurosim.som import density, umatrix, units
from neurosim.som.plot import _cells, _colour

if TYPE_CHECKING:
    from neurosim.som.som import SOM
    from neurosim.som.topology import Topology
    from neurosim.som.units import UnitClusters

SMALLEST = 0.25  # radius of a pie of one sample beside the largest
TIME = LinearSegmentedColormap.from_list("time", colormaps["plasma"](np.linspace(0, 0.88, 64)))  # to orange, not yellow
PALE = LinearSegmentedColormap.from_list("pale", ["white", "#8C8C8C"])  # behind a path in colours


@plotting.style()
def pies(som: "SOM", X: Any, y: Any, *, target_names: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """Draw for every unit which classes its samples have, as a pie whose area grows with their number.

    Parameters
    ----------
    som : SOM
    X : (samples, features) array
    y : (samples,) array
        Class labels of any kind that can be sorted, none missing.
    target_names : sequence of str, optional
        Names of the classes: of label 0, 1, ... if labels are integers, or of the sorted labels.
    ax : Axes, optional

    Returns
    -------
    Axes
        Pies start on top and go clockwise; units that win no sample have none. No pie is less than a quarter as wide as
        the largest.
    """
    check_is_fitted(som)
    check_consistent_length(X, y)
    units.sorted_labels("plot_units.pies", y)
    code, names = plotting.classes(column_or_1d(y), target_names)
    votes = np.zeros((som.topology.units, len(names)))
    np.add.at(votes, (som.predict(X), code), 1)
    ax, cells = _cells(som, ax)
    cells.set(facecolor="none", edgecolor=plotting.OUTLINE)
    colours, wedges, shades = plotting.class_colours(len(names)), [], []
    most = votes.sum(axis=1).max()
    for place, counts in zip(som.topology.positions, votes, strict=True):
        radius = 0.46 * max(SMALLEST, sqrt(counts.sum() / most))
        ends = 360 * np.concatenate([[0], np.cumsum(counts)]) / max(counts.sum(), 1)
        for c in np.flatnonzero(counts):
            # angles grow clockwise, as y points downwards; -90 is the top
            wedges.append(Wedge(tuple(place), radius, ends[c] - 90, ends[c + 1] - 90))
            shades.append(colours[c])
    slices = PatchCollection(wedges, facecolor=shades, edgecolor="white", linewidth=0.4, zorder=3)
    ax.add_collection(slices, autolim=False)
    plotting.explain(ax, [""] * len(names), names)
    return ax


@plotting.style()
def clusters(som: "SOM", found: "UnitClusters | np.ndarray", *, ax: Axes | None = None) -> Axes:
    """Draw the clusters of the units, with their numbers.

    Parameters
    ----------
    som : SOM
    found : UnitClusters of `cluster_units`, or (units,) array of int >= 0
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    check_is_fitted(som)
    labels = np.asarray(getattr(found, "labels", found))
    if labels.shape != (som.topology.units,) or labels.dtype.kind not in "iu" or labels.min() < 0:
        wanted = f"UnitClusters, or integers >= 0 of shape ({som.topology.units},), for the units of this map"
        raise InvalidParameter("plot_units.clusters", "found", f"shape {labels.shape}, {labels.dtype}", wanted)
    ax, cells = _cells(som, ax)
    colours = plotting.class_colours(int(labels.max()) + 1)[labels]
    cells.set(facecolor=colours, edgecolor=plotting.OUTLINE)
    opaque = np.column_stack([colours[:, :3], np.ones(len(colours))])
    plotting.write(ax, som.topology.positions, [str(label) for label in labels], opaque)
    return ax


@plotting.style()
def trajectory(
    som: "SOM", X: Any, *, times: Any = None, label: str = "sample", background: bool = True, ax: Axes | None = None
) -> Axes:
    """Draw the best-matching units of samples that follow each other as a path, its colour the time.

    Parameters
    ----------
    som : SOM
    X : (samples, features) array, at least 2 samples
        In the order of time.
    times : (samples,) array, optional
        Numbers that never fall; default: the sample's number from 0.
    label : str, default "sample"
        What the times are, with their unit; written at the colour bar.
    background : bool, default True
        Whether the U-matrix is drawn behind the path, white where neighbouring units are alike and dark on ridges.
    ax : Axes, optional

    Returns
    -------
    Axes
        The ring marks the first sample and the square the last. On a cylinder or toroid a step takes the shorter way,
        across the seam if need be.
    """
    check_is_fitted(som)
    topology, winners = som.topology, som.predict(X)
    checked = _times(times, len(winners))
    ax, cells = _cells(som, ax)
    if background:
        cells.set(array=umatrix.u_matrix(som)[1], cmap=PALE, edgecolor="face")
        cells.autoscale()
    else:
        cells.set(facecolor="none", edgecolor=plotting.OUTLINE)
    moves = np.flatnonzero(np.diff(winners))
    lines, step = _steps(topology, winners[moves], winners[moves + 1])
    path = LineCollection(list(lines), cmap=TIME, norm=Normalize(checked[0], checked[-1]), capstyle="round")
    path.set(array=checked[moves + 1][step], linewidth=1.8, zorder=3)
    ax.add_collection(path, autolim=False)
    ends: dict[str, Any] = {"markersize": 7, "markerfacecolor": "white", "markeredgecolor": plotting.INK, "zorder": 4}
    for place, marker in zip(topology.positions[winners[[0, -1]]], "os", strict=True):
        ax.plot(*place, marker, **ends)
    plotting.colour_bar(ax, path, label, whole=times is None)
    return ax


@plotting.style()
def p_matrix(som: "SOM", X: Any, *, radius: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw how many samples lie around the weights of each unit (Ultsch 2003).

    Parameters
    ----------
    som : SOM
    X : (samples, features) array
    radius : float >= 0, optional
        See `neurosim.som.density.p_matrix`.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    check_is_fitted(som)
    return _heights(som, density.p_matrix(som, X, radius=radius), "viridis", "samples within the radius", ax)


@plotting.style()
def u_star_matrix(som: "SOM", X: Any, *, radius: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw the U-matrix weighed by the density: borders of clusters stay, distances inside them vanish (Ultsch 2003).

    Parameters
    ----------
    som : SOM
    X : (samples, features) array
    radius : float >= 0, optional
        See `neurosim.som.density.p_matrix`.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    check_is_fitted(som)
    heights = density.u_star_matrix(som, X, radius=radius)
    return _heights(som, heights, "cividis", "distance between neighbours × thinness", ax)


def _heights(som: "SOM", values: np.ndarray, cmap: str, label: str, ax: Axes | None) -> Axes:
    """Draw one value a unit, with a colour bar."""
    ax, cells = _cells(som, ax)
    _colour(cells, values, cmap)
    plotting.colour_bar(ax, cells, label)
    return ax


def _steps(topology: "Topology", begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return lines (n, 2, 2) from units to units, and the step that each belongs to.

    A step across a seam is drawn once from each side, one across two seams four times; what lies beyond the map is cut
    off by the Axes.
    """
    period = np.array(topology.periods)
    start, stop = topology.positions[begin], topology.positions[end]
    around = np.where(2 * np.abs(stop - start) > period, np.sign(stop - start), 0.0)
    shift = around * np.where(np.isinf(period), 0.0, period)
    lines, steps = [], []
    for sides in np.ndindex(2, 2):
        drawn = np.flatnonzero((around[:, np.array(sides) == 1] != 0).all(axis=1))
        moved = (shift * sides)[drawn]
        lines.append(np.stack([start[drawn] + moved, (stop - shift)[drawn] + moved], axis=1))
        steps.append(drawn)
    return np.concatenate(lines), np.concatenate(steps)


def _times(times: Any, n: int) -> np.ndarray:
    """Return the times checked, shape (n,)."""
    checked = np.arange(n) if times is None else np.asarray(times)
    if n < 2:
        raise InvalidParameter("plot_units.trajectory", "X", f"{n} sample", "at least 2 samples")
    fits = checked.shape == (n,) and checked.dtype.kind in "iuf"
    if not fits or not np.isfinite(checked).all() or (np.diff(checked) < 0).any():
        raise InvalidParameter("plot_units.trajectory", "times", times, f"{n} finite numbers that never fall")
    return checked
