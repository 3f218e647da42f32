"""A machine's weights as squares in rectangles, as the papers of the 1980s drew them."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle

from neurosim import plotting
from neurosim.core.errors import DataError, InvalidParameter

GROUND = "#B0B0B0"  # of a unit's rectangle, halfway between its black and its white squares
WIDEST = 10  # units side by side


@plotting.style()
def weights(
    machine: Any,
    biases: Any = None,
    *,
    groups: Mapping[str, Any] | None = None,
    of: Any = None,
    across: int = WIDEST,
    columns: int = WIDEST,
    largest: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the weights of a machine.

    A rectangle is a unit and a small picture of the whole machine: the square at another unit's place there is the
    weight between the two, white if positive and black if negative, with an area as its size. The square at its own
    place, in a frame, is its bias.

    Parameters
    ----------
    machine : BoltzmannMachine, or (units, units) array
    biases : (units,) array, optional
        With an array of weights; default: 0.
    groups : mapping of str to unit numbers, optional
        Rows of rectangles by their names, from above; every unit is in one. Default: visible and hidden units.
    of : unit numbers, optional
        Units whose rectangles are drawn, one after the other; default: all, and where they are in the small pictures.
    across : int >= 1, default 10
        Rectangles of `of` in a row at most.
    columns : int >= 1, default 10
        Units of a group in a row at most.
    largest : float > 0, optional
        What fills its place; default: the largest weight or bias. Larger ones fill it, too.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    w = np.asarray(getattr(machine, "weights", machine), float)
    b = np.asarray(getattr(machine, "biases", np.zeros(len(w)) if biases is None else biases), float)
    if w.ndim != 2 or w.shape != (len(b), len(b)) or not len(b) or not np.isfinite(w).all():
        raise DataError(
            f"plot_weights.weights: weights (units, units) and biases (units,); got {w.shape} and {b.shape}"
        )
    if groups is None:
        groups = {name: getattr(machine, name) for name in ("visible", "hidden") if hasattr(machine, name)}
    rows = rows_of("plot_weights.weights", groups or {"": range(len(b))}, len(b), columns)
    place = _places(rows, len(b))
    table = w + np.diag(b)
    scale = float(np.abs(table).max()) or 1.0 if largest is None else float(largest)
    if not scale > 0:
        raise InvalidParameter("plot_weights.weights", "largest", largest, "a number above 0")
    drawn, where = (np.arange(len(b)), place) if of is None else _table(of, across, len(b))
    wide, high = max(len(units) for _, units in rows), len(rows)
    centre = where * (wide + 0.6, high + 0.6)  # of the rectangles, in squares
    width, height = np.ptp(centre[:, 0]) + wide, np.ptp(centre[:, 1]) + high
    cell = min(0.17, 8.0 / width)
    ax = plotting.axes(ax, max(3.2, 1.0 + cell * width), 0.8 + cell * height)
    _unit_pictures(ax, table[drawn] / scale, place - (0.0, (high - 1) / 2), centre, (wide, high), drawn)
    if of is None:
        ax.set_yticks([centre[units[0], 1] for _, units in rows], [name for name, _ in rows])
    ax.tick_params(length=0)
    told = f"white +, black −, a full place {scale:.3g}"
    break_ = "\n" if plotting.width_of(ax.figure) < 5.0 else "; "
    ax.set_xlabel(f"{told}{break_}in the frame a unit's own bias", fontsize=plotting.SMALL)
    return ax


def _unit_pictures(
    ax: Axes, table: np.ndarray, place: np.ndarray, centre: np.ndarray, size: tuple[int, int], units: np.ndarray
) -> None:
    """Draw a rectangle about each centre, and in it a unit's row of `table`, of sizes up to 1, at the places."""
    corner = np.array(size) / 2
    boxes = [Rectangle(tuple(middle - corner), *size) for middle in centre]
    ax.add_collection(PatchCollection(boxes, facecolor=GROUND, linewidth=0))
    inside = centre[:, None] + place
    side = 0.92 * np.sqrt(np.minimum(np.abs(table), 1.0))
    for sign, colour in ((1, "white"), (-1, "black")):
        pairs = np.argwhere(np.sign(table) == sign)
        squares = [Rectangle(tuple(inside[i, j] - side[i, j] / 2), side[i, j], side[i, j]) for i, j in pairs]
        ax.add_collection(PatchCollection(squares, facecolor=colour, linewidth=0))
    own = [Rectangle(tuple(inside[k, unit] - 0.5), 1, 1) for k, unit in enumerate(units)]
    ax.add_collection(PatchCollection(own, facecolor="none", edgecolor=plotting.INK, linewidth=0.4))
    plotting.bare(ax, np.array([centre.min(axis=0) - corner, centre.max(axis=0) + corner]))


def _table(of: Any, across: int, units: int) -> tuple[np.ndarray, np.ndarray]:
    """Return units and their columns, counted from the middle, and rows, (units, 2)."""
    drawn = np.asarray(of)
    if drawn.ndim != 1 or not drawn.size or not np.isin(drawn, range(units)).all():
        raise InvalidParameter("plot_weights.weights", "of", of, f"numbers of units from 0 to {units - 1}")
    across = min(across, len(drawn))
    k = np.arange(len(drawn))
    return drawn, np.stack([k % across - (across - 1) / 2, k // across], axis=1)


def rows_of(owner: str, groups: Mapping[str, Any], units: int, columns: int) -> list[tuple[str, list[int]]]:
    """Return names and units of rows of at most `columns` units; a group's further rows have no name."""
    rows, seen = [], []
    for name, members in groups.items():
        group = [int(unit) for unit in members]
        seen += group
        lines = ceil(len(group) / columns)
        length = ceil(len(group) / max(lines, 1)) or 1
        rows += [(name if k == 0 else "", group[k * length : (k + 1) * length]) for k in range(lines)]
    if sorted(seen) != list(range(units)):
        raise InvalidParameter(owner, "groups", dict(groups), f"each of the units 0 to {units - 1} once")
    return rows


def _places(rows: Sequence[tuple[str, list[int]]], units: int) -> np.ndarray:
    """Return columns, counted from the middle, and rows of units, (units, 2)."""
    place = np.zeros((units, 2))
    for row, (_, members) in enumerate(rows):
        for column, unit in enumerate(members):
            place[unit] = column - (len(members) - 1) / 2, row
    return place
