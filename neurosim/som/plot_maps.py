"""Figures of the history of maps: activity bubbles, taxonomies, semantic maps, orientation maps and their spectra.

Every function draws on `ax`, or on a new figure (``ax.figure`` of what it returns), and neither shows nor saves it.
Row 0 of a map is on top.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform
from sklearn.utils.validation import check_is_fitted

from neurosim import plotting
from neurosim.core.errors import InvalidParameter

if TYPE_CHECKING:
    from neurosim.som.activity_bubble import BubbleRun
    from neurosim.som.orientation_map import Pinwheels, Spectrum
    from neurosim.som.semantic import SymbolMap
    from neurosim.som.som import SOM
    from neurosim.som.topology import Topology

ORIENTATIONS = "twilight"  # of equal ends, and readable without red and green


@plotting.style()
def bubble(
    run: "BubbleRun", inputs: Any = None, *, steps: Sequence[int] = (1, 5, 10, 20), ax: Axes | None = None
) -> Axes:
    """Draw the activity of a line of cells after some steps, and at the end.

    Parameters
    ----------
    run : BubbleRun
        Of a grid of one row.
    inputs : (columns,), optional
        Drawn dashed.
    steps : ints >= 0
        Those beyond the end of the run are left out.
    ax : Axes, optional
    """
    activity = run.activity
    if activity.shape[1] != 1:
        raise InvalidParameter("plot_maps.bubble", "run", f"a grid of {activity.shape[1]} rows", "a grid of one row")
    ax = plotting.axes(ax, 5.0, 3.2)
    last = len(activity) - 1
    shown = [step for step in steps if 0 <= step < last]
    for number, step in enumerate(shown):
        colour = str(0.8 - 0.45 * number / max(1, len(shown) - 1))
        ax.plot(activity[step, 0], color=colour, linewidth=1.0, label=f"step {step}")
    ax.plot(activity[-1, 0], color=plotting.COLOURS[0], linewidth=2.0, label=f"step {last}")
    if inputs is not None:
        ax.plot(np.ravel(inputs), "--", color=plotting.COLOURS[1], label="input")
    ax.set(xlabel="cell", ylabel="activity")
    ax.legend(loc="upper right")
    return ax


@plotting.style()
def bubble_sheet(topology: "Topology", activity: Any, inputs: Any = None, *, ax: Axes | None = None) -> Axes:
    """Draw the input or activity of a sheet of cells, and the outline of the active cells.

    Parameters
    ----------
    topology : Topology
        Of the sheet.
    activity : (rows, columns)
        Cells above 0 are outlined.
    inputs : (rows, columns), optional
        What the colours show; default: the activity.
    ax : Axes, optional
    """
    outlines = plotting.polygons(topology.positions, hexagonal=topology.hexagonal)
    ax = plotting.bare(plotting.axes(ax, 4.2, 3.4), outlines)
    shown = np.ravel(activity if inputs is None else inputs)
    cells = PolyCollection(list(outlines), array=shown, cmap="viridis", edgecolor="face", linewidth=0.5)
    ax.add_collection(cells, autolim=False)
    active = np.ravel(activity) > 0
    ax.add_collection(LineCollection(list(_outline(outlines[active])), colors="white", linewidths=1.6), autolim=False)
    plotting.colour_bar(ax, cells, "activity" if inputs is None else "input")
    return ax


@plotting.style()
def symbols(
    som: "SOM", found: "SymbolMap", names: Sequence[str], classes: Any, *, class_names: Sequence[str], ax: Any = None
) -> Axes:
    """Draw a semantic map: the class of every unit's strongest symbol, and the symbols at their winners.

    Parameters
    ----------
    som : SOM
    found : SymbolMap
    names : one str for every symbol
    classes : (symbols,) of int
        Class of every symbol, an index into `class_names`.
    class_names : sequence of str
    ax : Axes, optional
    """
    check_is_fitted(som)
    _check_names("symbols", names, len(found.winners))
    topology, code = som.topology, np.asarray(classes).astype(int)
    outlines = plotting.polygons(topology.positions, hexagonal=topology.hexagonal)
    ax = plotting.bare(plotting.axes(ax, 5.4, 4.6), outlines)
    colours = 0.55 + 0.45 * plotting.class_colours(len(class_names))
    fill = colours[code[found.labels]]
    ax.add_collection(PolyCollection(list(outlines), facecolor=fill, edgecolor="white", linewidth=0.4), autolim=False)
    borders = _borders(topology, found.labels)
    ax.add_collection(LineCollection(list(borders), colors=plotting.INK, linewidths=0.8), autolim=False)
    size = min(plotting.SMALL, 0.98 * plotting.points_per_unit(ax) / (plotting.LETTER * max(map(len, names))))
    for unit in np.unique(found.winners):
        text = "\n".join(name for name, winner in zip(names, found.winners, strict=True) if winner == unit)
        x, y = topology.positions[unit]
        ax.text(x, y, text, fontsize=size, ha="center", va="center", linespacing=0.95)
    for colour, name in zip(colours, class_names, strict=True):
        ax.scatter([], [], marker="s", s=60, color=[colour], label=name)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=len(class_names), handletextpad=0.2)
    return ax


@plotting.style()
def spanning_tree(som: "SOM", X: Any, names: Sequence[str], *, ax: Axes | None = None) -> Axes:
    """Draw the samples' minimal spanning tree, every sample at its best-matching unit.

    Parameters
    ----------
    som : SOM
        Of a sheet.
    X : (samples, features) array, none missing
    names : one str for every sample
        Those of one unit are written together.
    ax : Axes, optional
    """
    topology, units = som.topology, som.predict(X)
    _check_names("spanning_tree", names, len(units))
    outlines = plotting.polygons(topology.positions, hexagonal=topology.hexagonal)
    ax = plotting.bare(plotting.axes(ax, 5.0, 4.2), outlines)
    grey = plotting.OUTLINE
    ax.add_collection(PolyCollection(list(outlines), facecolor="white", edgecolor=grey, linewidth=0.6), autolim=False)
    # SciPy takes a distance of 0, and in a dense matrix one near 0, for no edge
    apart = np.maximum(pdist(np.asarray(X, dtype=np.float64)), np.finfo(float).tiny)
    tree = minimum_spanning_tree(csr_array(squareform(apart))).tocoo()
    lines = topology.positions[units][np.stack([tree.row, tree.col], axis=1)]
    ax.add_collection(LineCollection(list(lines), colors=plotting.COLOURS[0], linewidths=1.4, zorder=2), autolim=False)
    for unit in np.unique(units):
        text = " ".join(name for name, own in zip(names, units, strict=True) if own == unit)
        box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"}
        x, y = topology.positions[unit]
        ax.text(x, y, text, fontsize=9, ha="center", va="center", bbox=box, zorder=3)
    return ax


@plotting.style()
def orientation(
    preference: Any, pinwheels: "Pinwheels | None" = None, *, dominance: Any = None, ax: Axes | None = None
) -> Axes:
    """Draw an orientation map in cyclic colours.

    Parameters
    ----------
    preference : (rows, columns)
        Preferred orientation in radians, of period pi.
    pinwheels : Pinwheels, optional
        Marked by discs (charge +1/2) and triangles (-1/2).
    dominance : (rows, columns), optional
        The borders of its stripes, where it is 0, are drawn as lines.
    ax : Axes, optional
    """
    angle = np.asarray(preference) % np.pi
    ax = plotting.axes(ax, 5.0, 4.0)
    image = ax.imshow(np.degrees(angle), cmap=ORIENTATIONS, vmin=0, vmax=180, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    if dominance is not None:
        ax.contour(dominance, levels=[0], colors="white", linewidths=1.6)
        ax.contour(dominance, levels=[0], colors="black", linewidths=0.7)
    if pinwheels is not None:
        for sign, marker, colour in ((1, "o", "white"), (-1, "^", "black")):
            x, y = pinwheels.positions[pinwheels.charges * sign > 0].T
            edge = "black" if sign > 0 else "white"
            ax.scatter(x, y, s=16, marker=marker, facecolor=colour, edgecolor=edge, linewidth=0.7)
    bar = plotting.colour_bar(ax, image, "preferred orientation (degrees)")
    bar.set_ticks([0, 45, 90, 135, 180])
    return ax


@plotting.style()
def ring(spectrum: "Spectrum", *, reach: float = 3.0, ax: Axes | None = None) -> Axes:
    """Draw the power spectrum of a map over wave vectors, and its mean wave number as a circle.

    Parameters
    ----------
    spectrum : Spectrum
    reach : float > 0, default 3.0
        The picture ends at so many mean wave numbers.
    ax : Axes, optional
    """
    ax = plotting.axes(ax, 4.2, 3.6)
    rows, columns = spectrum.power.shape
    left, top = (-(n // 2) / n - 0.5 / n for n in (columns, rows))
    place = (left, left + 1, top + 1, top)
    image = ax.imshow(np.sqrt(spectrum.power), cmap="gray", extent=place, interpolation="nearest")
    turn = np.linspace(0, 2 * np.pi, 200)
    x, y = np.cos(turn) / spectrum.wavelength, np.sin(turn) / spectrum.wavelength
    ax.plot(x, y, "--", color=plotting.COLOURS[3], linewidth=1.0)
    limit = min(0.5, reach / spectrum.wavelength)
    ax.set(xlim=(-limit, limit), ylim=(limit, -limit), xlabel="$f_x$ (cycles per step)")
    ax.set_ylabel("$f_y$ (cycles per step)")
    ax.locator_params(nbins=5)
    plotting.colour_bar(ax, image, "square root of the share of power")
    return ax


def _check_names(function: str, names: Sequence[str], count: int) -> None:
    if len(names) != count:
        wanted = f"{count}, one for every sample"
        raise InvalidParameter(f"plot_maps.{function}", "names", f"{len(names)} names", wanted)


def _segments(outlines: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the sides of polygons (n, corners, 2), the number of every side's first twin, and its polygon."""
    sides = np.stack([outlines, np.roll(outlines, -1, axis=1)], axis=2).reshape(-1, 2, 2)
    middles = np.round(sides.mean(axis=1), 6) + 0.0
    twin = np.unique(middles, axis=0, return_inverse=True)[1].ravel()
    return sides, twin, np.repeat(np.arange(len(outlines)), outlines.shape[1])


def _outline(outlines: np.ndarray) -> np.ndarray:
    """Return the sides of polygons that only one of them has."""
    if not len(outlines):
        return np.empty((0, 2, 2))
    sides, twin, _ = _segments(outlines)
    return sides[np.bincount(twin)[twin] == 1]


def _borders(topology: "Topology", labels: np.ndarray) -> np.ndarray:
    """Return the sides between units of different labels."""
    sides, twin, unit = _segments(plotting.polygons(topology.positions, hexagonal=topology.hexagonal))
    label = labels[unit]
    low, high = np.full(twin.max() + 1, labels.max() + 1), np.full(twin.max() + 1, -1)
    np.minimum.at(low, twin, label)
    np.maximum.at(high, twin, label)
    first = np.unique(twin, return_index=True)[1]
    return sides[first[low != high]]
