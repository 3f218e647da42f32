"""Figures of von der Malsburg's models: preferred orientations, afferent fields, a retinotopic net.

Every function draws on `ax`, or on a new figure (``ax.figure`` of what it returns), and neither shows nor saves it.
"""

from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import ListedColormap

from neurosim import plotting
from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.som.malsburg_sheets import CORTEX, RETINA, cell_numbers, cell_set

if TYPE_CHECKING:
    from neurosim.som.malsburg1973 import Malsburg1973
    from neurosim.som.willshaw_malsburg1976 import WillshawMalsburg1976

DOWN = (1, -1)  # maps are drawn with y downwards
COLOURS = 8  # so many tell orientations apart, and files stay small
FULL = 0.5  # selectivity from which on a bar is as long as its cell
MIDDLE_ROW = tuple(range(77, 92))


@plotting.style()
def preferred_orientations(
    cortex: "Malsburg1973", *, marked: Any = None, key: bool = True, ax: Axes | None = None
) -> Axes:
    """Draw the orientation that every excitatory cell prefers.

    Parameters
    ----------
    cortex : Malsburg1973
    marked : (169,) bool, or the numbers of cells, each once; optional
        Cells to outline, such as those that were injured.
    key : bool, default True
        Whether a colour bar says which colour is which orientation.
    ax : Axes, optional

    Returns
    -------
    Axes
        A bar shows the orientation by its direction and, up to 0.5, the selectivity by its length; the colour is the
        orientation again. A cell that answers to none of the nine bars is empty but for a dot.
    """
    outlines = plotting.polygons(CORTEX * DOWN, hexagonal=True)
    ax = plotting.bare(plotting.axes(ax, 5.0, 4.4), outlines)
    tuning, active = cortex.tuning(), (cortex.respond().excitatory > 0).any(axis=0)
    angles = cortex.preferred_angles()
    cells = PolyCollection(list(outlines), edgecolor="face", linewidth=0.3, antialiased=False)
    cells.set_cmap(ListedColormap(matplotlib.colormaps["twilight"](np.arange(COLOURS) / COLOURS)))
    cells.set(array=np.ma.masked_where(~active, angles), clim=(0, 180))
    ax.add_collection(cells, autolim=False)
    along = np.exp(1j * np.radians(angles)) * 0.42 * np.minimum(np.abs(tuning) / FULL, 1)
    half = np.stack([along.real, -along.imag], axis=1)
    ends = np.stack([CORTEX * DOWN - half, CORTEX * DOWN + half], axis=1)[active]
    inks = plotting.ink_on(cells.to_rgba(angles[active]))
    width = float(np.clip(0.16 * plotting.points_per_unit(ax), 0.6, 2.5))
    ax.add_collection(LineCollection(list(ends), colors=inks, linewidths=width, capstyle="round"), autolim=False)
    ax.plot(*(CORTEX * DOWN)[~active].T, ".", color=plotting.INK, markersize=2)
    if marked is not None:
        edges = list(_outline(outlines[cell_set(marked)]))
        ax.add_collection(LineCollection(edges, colors=plotting.COLOURS[1], linewidths=1.6), autolim=False)
    if key:
        bar = plotting.colour_bar(ax, cells, "preferred orientation (degrees)")
        bar.set_ticks([0, 45, 90, 135, 180])
    return ax


@plotting.style()
def afferent_fields(
    cortex: "Malsburg1973", cells: Any = MIDDLE_ROW, *, columns: int = 5, ax: Axes | None = None
) -> Axes:
    """Draw the synapses of some cells at the places of the retinal cells from which they come.

    Parameters
    ----------
    cortex : Malsburg1973
    cells : (169,) bool, or the numbers of cells, each once; default the 15 of the middle row
    columns : int >= 1, default 5
        Retinas in a row.
    ax : Axes, optional

    Returns
    -------
    Axes
        Over each retina is the orientation that the cell prefers, in degrees.
    """
    checks.at_least("plot_cortex.afferent_fields", "columns", columns, 1)
    numbers = cell_numbers(cells)
    if not len(numbers):
        raise InvalidParameter("plot_cortex.afferent_fields", "cells", cells, "one cell or more")
    row, column = np.divmod(np.arange(len(numbers)), columns)
    centres = np.stack([5.8 * column, 6.0 * row], axis=1)
    places = (centres[:, None] + RETINA * DOWN).reshape(-1, 2)
    outlines = plotting.polygons(places, hexagonal=True)
    room = np.append(outlines.reshape(-1, 2), centres - (0, 3.3), axis=0)
    ax = plotting.bare(plotting.axes(ax, 5.6, 1.1 * (row[-1] + 1)), room)
    fields = PolyCollection(list(outlines), cmap="viridis", edgecolor="face", linewidth=0.3)
    fields.set(array=cortex.synapses[numbers].ravel())
    fields.set_clim(0, cortex.synapses[numbers].max())
    ax.add_collection(fields, autolim=False)
    for (x, y), angle in zip(centres, cortex.preferred_angles()[numbers], strict=True):
        ax.text(x, y - 2.75, f"{angle:.0f}°", ha="center", va="center", fontsize=plotting.SMALL)
    plotting.colour_bar(ax, fields, "strength of a synapse")
    return ax


@plotting.style()
def retinotopic_net(projection: "WillshawMalsburg1976", *, ax: Axes | None = None) -> Axes:
    """Draw the middle of every postsynaptic cell's field on the presynaptic sheet, neighbours joined.

    Parameters
    ----------
    projection : WillshawMalsburg1976
    ax : Axes, optional

    Returns
    -------
    Axes
        Small crosses are the presynaptic cells. The fields of the top row of postsynaptic cells are joined by a thick
        line, from a square at the left to a triangle at the right; if the map is upright it is on top.
    """
    places, fields, side = projection.places, projection.fields(), projection.side
    ax = plotting.bare(plotting.axes(ax, 4.0, 4.0), np.concatenate([places - 0.4, places + 0.4]))
    ax.invert_yaxis()  # y is upwards here
    ax.plot(*places.T, "+", color="0.65", markersize=4, markeredgewidth=0.7, zorder=1)
    net = fields.reshape(side, side, 2)
    ax.add_collection(LineCollection([*net, *net.swapaxes(0, 1)], colors=plotting.INK, linewidths=0.8, zorder=2))
    ax.plot(*fields.T, "o", color=plotting.COLOURS[0], markersize=3.5, zorder=3)
    ax.plot(*net[0].T, color=plotting.COLOURS[1], linewidth=2.2, zorder=4)
    for corner, symbol in ((0, "s"), (-1, "^")):
        ax.plot(*net[0, corner], symbol, color=plotting.COLOURS[1], markersize=6, zorder=5)
    return ax


def _outline(outlines: np.ndarray) -> np.ndarray:
    """Return the edges (n, 2, 2) of cells (cells, 6, 2) that belong to one of them alone."""
    edges = np.stack([outlines, np.roll(outlines, -1, axis=1)], axis=2).reshape(-1, 2, 2)
    middles = edges.mean(axis=1).round(6)
    _, first, count = np.unique(middles, axis=0, return_index=True, return_counts=True)
    return edges[first[count == 1]]
