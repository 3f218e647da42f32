"""Figures of associative memories: recall as a film strip, energy, overlaps, basins of attraction, phase diagram.

Every function draws plain arrays on `ax`, or on a new figure (``ax.figure`` of what it returns), and neither shows nor
saves it.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle
from math import ceil, isqrt, prod
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from neurosim import plotting
from neurosim.core.errors import DataError, InvalidParameter

GAP = 0.12  # between frames, in widths of a frame
ON, OFF = "#222222", "#E6E6E6"
WRONG_ON, WRONG_OFF = "#D55E00", "#F7C6A0"  # a unit that is on, or off, and should not be
LINES = (("#D55E00", "-"), ("#000000", "--"), ("#CC79A7", "-."))  # of the theory, to be seen on blue
MARKERS = "osv^Dp*X<>"
FEW, MOST_NAMES = 8, 16  # rows and columns up to which numbers fit into the cells of a table, and names beside it


@plotting.style()
def film_strip(
    states: Any,
    shape: tuple[int, int] | None = None,
    *,
    targets: Any = None,
    times: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw states of networks over time as pictures, a row for each network and a column for each time.

    Parameters
    ----------
    states : (times, units) or (rows, times, units) array
        Of -1 and +1, or of 0 and 1; a unit is on where its value is above 0.
    shape : (height, width), optional
        Of one picture; their product is the number of units. Default: about square, with empty cells at the end.
    targets : (units,) or (rows, units) array, optional
        What each row should become; units that differ from it are drawn in orange.
    times : one str a column, optional
        Sweeps done; default: "0", "1", ...
    names : one str a row, optional
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    on = (np.asarray(states) if np.ndim(states) == 3 else np.atleast_2d(states)[None]) > 0
    rows, columns, units = on.shape
    high, wide = _shape("film_strip", shape, units)
    _fits("film_strip", "times", times, columns)
    _fits("film_strip", "names", names, rows)
    colours = _colours(on, None if targets is None else np.broadcast_to(np.atleast_2d(targets) > 0, (rows, units)))
    missing = np.ones((rows, columns, high * wide - units, 3))
    pictures = np.concatenate([colours, missing], axis=2).reshape(rows, columns, high, wide, 3)
    tall = high / wide
    ax = plotting.axes(ax, 0.8 + 0.95 * columns * (1 + GAP), 0.7 + 0.95 * rows * (tall + GAP))
    for row, column in np.ndindex(rows, columns):
        left, top = column * (1 + GAP), row * (tall + GAP)
        ax.imshow(pictures[row, column], extent=(left, left + 1, top + tall, top), interpolation="nearest")
    plotting.bare(ax, np.array([[0.0, 0.0], [columns * (1 + GAP) - GAP, rows * (tall + GAP) - GAP]]))
    ax.set_xticks(0.5 + (1 + GAP) * np.arange(columns), [str(k) for k in range(columns)] if times is None else times)
    ax.set_yticks(tall / 2 + (tall + GAP) * np.arange(rows), [""] * rows if names is None else names)
    ax.tick_params(length=0)
    ax.set_xlabel("sweep")
    if targets is not None:
        _explain(ax)
    return ax


@plotting.style()
def energy_descent(
    energies: Any, times: Any = None, *, names: Sequence[str] | None = None, time: str = "sweep", ax: Axes | None = None
) -> Axes:
    """Draw how the energy goes while networks recall.

    Parameters
    ----------
    energies : (times,) or (rows, times) array
        Values that are NaN are not drawn.
    times : (times,) array, optional
        Default: 0, 1, 2, ...
    names : one str a row, at most 10, optional
        Default: all rows in one colour.
    time : str, default "sweep"
        What is counted along x.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    values = np.atleast_2d(np.asarray(energies, float))
    at = np.arange(values.shape[1]) if times is None else np.asarray(times)
    if at.shape != values.shape[1:]:
        raise DataError(f"plot.energy_descent: {len(at)} times for {values.shape[1]} energies")
    _fits("energy_descent", "names", names, len(values))
    if names is not None and len(names) > len(MARKERS):
        raise InvalidParameter("plot.energy_descent", "names", list(names), f"at most {len(MARKERS)} names")
    ax = plotting.axes(ax, 4.6, 3.2)
    few = len(at) <= 30
    for k, row in enumerate(values):
        look: dict[str, Any] = {"color": plotting.COLOURS[0], "alpha": max(0.25, len(values) ** -0.5)}
        if names is not None:
            look = {"color": plotting.CLASS_COLOURS[k], "label": names[k]}
        ax.plot(at, row, marker=MARKERS[0 if names is None else k] if few else "", markersize=4, **look)
    ax.set(xlabel=time, ylabel="energy $E$")
    if few and np.array_equal(at, np.rint(at)):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if names is not None:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax


@plotting.style()
def overlaps(
    values: Any,
    *,
    names: tuple[Sequence[str], Sequence[str]] | None = None,
    quantities: tuple[str, str] = ("pattern", "probe"),
    ax: Axes | None = None,
) -> Axes:
    """Draw overlaps of states with patterns as a table in colours, blue for opposite and red for alike.

    Parameters
    ----------
    values : (states, patterns) array
        In [-1, 1].
    names : (one str a state, one str a pattern), optional
        Default, and beyond 16 of them: numbers from 0.
    quantities : (str, str), default ("pattern", "probe")
        What columns and rows are.
    ax : Axes, optional

    Returns
    -------
    Axes
        With the numbers in the cells, if no side has more than 8.
    """
    table = np.atleast_2d(np.asarray(values, float))
    if table.ndim != 2 or not table.size or not (np.abs(table) <= 1 + 1e-9).all():
        raise DataError(f"plot.overlaps: a (states, patterns) array of numbers in [-1, 1] is needed; got {table.shape}")
    rows, columns = table.shape
    ax = plotting.axes(ax, min(1.8 + 0.46 * columns, 6.0), min(1.2 + 0.46 * rows, 6.0))
    image = ax.imshow(table, cmap="RdBu_r", vmin=-1, vmax=1, interpolation="nearest")
    ax.set_aspect("auto" if max(table.shape) > max(MOST_NAMES, 4 * min(table.shape)) else "equal")
    for k, (axis, count) in enumerate(((ax.yaxis, rows), (ax.xaxis, columns))):
        _fits("overlaps", f"names[{k}]", None if names is None else names[k], count)
        if names is not None and count <= MOST_NAMES:
            axis.set_ticks(range(count), names[k])
        else:
            axis.set_major_locator(MaxNLocator(integer=True))
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    if max(rows, columns) <= FEW:
        inks = plotting.ink_on(image.to_rgba(table).reshape(-1, 4))
        for (i, j), ink in zip(np.ndindex(rows, columns), inks, strict=True):
            text = f"{table[i, j] + 0.0:.2f}".replace("-", "−").replace("−0.00", "0.00")
            ax.text(j, i, text, ha="center", va="center", color=ink, fontsize=7)
    ax.set(xlabel=quantities[0], ylabel=quantities[1])
    plotting.colour_bar(ax, image, "overlap $m$", ticks=5)
    return ax


@plotting.style()
def basin(
    distances: Any, recalled: Any, trials: Any = None, *, label: str = "", marker: str = "o", ax: Axes | None = None
) -> Axes:
    """Draw the share of probes that recall their pattern against how far from it they started; again for more curves.

    Parameters
    ----------
    distances : (distances,) array
        Units turned round, or shares of them if none exceeds 1.
    recalled : (distances,) array, in [0, 1]
    trials : int or (distances,) array, optional
        Independent probes of each distance; then bars show the 95 % interval of a share (`wilson`).
    label : str
        For the legend.
    marker : str
        Of matplotlib.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    at, share = np.asarray(distances, float), np.asarray(recalled, float)
    if at.ndim != 1 or at.shape != share.shape or not ((share >= 0) & (share <= 1)).all():
        raise DataError("plot.basin: distances and recalled must be arrays of one length, recalled in [0, 1]")
    ax = plotting.axes(ax, 4.6, 3.4)
    colour = plotting.COLOURS[len(ax.containers) % len(plotting.COLOURS)]
    spread = None if trials is None else np.abs(share - wilson(share, trials))
    ax.errorbar(at, share, spread, fmt=f"{marker}-", markersize=4, capsize=2, color=colour, label=label or "_")
    ax.set(xlabel=f"{'share of ' if at.max() <= 1 else ''}units turned round", ylabel="recalled", ylim=(-0.03, 1.03))
    if label:
        ax.legend()
    return ax


def wilson(share: Any, trials: Any) -> np.ndarray:
    """Return the lower and upper ends of the 95 % interval of a share of `trials` (Wilson 1927), shape (2, ...).

    Examples
    --------
    >>> wilson(0.5, 100).round(3)
    array([0.404, 0.596])
    """
    p, n, z = np.asarray(share, float), np.asarray(trials, float), 1.96
    centre, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + (z / (2 * n)) ** 2)
    return np.stack([centre - half, centre + half]) / (1 + z**2 / n)


@plotting.style()
def phase_diagram(
    curves: Mapping[str, tuple[Any, Any]],
    loads: Any = None,
    temperatures: Any = None,
    overlap: Any = None,
    *,
    size: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw transition temperatures against the load, over measured overlaps.

    Parameters
    ----------
    curves : mapping of str to (loads, temperatures)
        Lines of the theory by their names.
    loads, temperatures : (columns,) and (rows,) arrays, ascending, optional
    overlap : (rows, columns) array in [-1, 1], optional
        Measured there, of the state with the pattern that it started from.
    size : int, optional
        Units of the simulated network, for the colour bar.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = plotting.axes(ax, 5.6, 4.2)
    if overlap is not None:
        x, y, m = np.asarray(loads, float), np.asarray(temperatures, float), np.asarray(overlap, float)
        if m.shape != (y.size, x.size):
            raise DataError(f"plot.phase_diagram: overlap has shape {m.shape}; {(y.size, x.size)} is wanted")
        image = ax.pcolormesh(x, y, m, cmap="Blues", vmin=0, vmax=1, shading="nearest", rasterized=True)
        ax.set(xlim=_ends(x), ylim=_ends(y))
        plotting.colour_bar(ax, image, f"measured overlap $m${'' if size is None else f', {size} units'}")
    for (name, (at, t)), (colour, dash) in zip(curves.items(), cycle(LINES), strict=False):
        ax.plot(at, t, color=colour, linestyle=dash, linewidth=1.6, label=name)
    ax.set(xlabel=r"load $\alpha = P/N$", ylabel="temperature $T$")
    if curves:
        ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0))
    return ax


def _ends(values: np.ndarray) -> tuple[float, float]:
    """Return the outer edges of cells around `values`."""
    first, last = (values[1] - values[0], values[-1] - values[-2]) if values.size > 1 else (1.0, 1.0)
    return values[0] - first / 2, values[-1] + last / 2


def _colours(on: np.ndarray, targets: np.ndarray | None) -> np.ndarray:
    """Return the colours of units, (rows, times, units, 3)."""
    code = on.astype(int)
    if targets is not None:
        code += 2 * (on != targets[:, None])
    return np.array([to_rgb(colour) for colour in (OFF, ON, WRONG_OFF, WRONG_ON)])[code]


def _explain(ax: Axes) -> None:
    """Add the meaning of the colours below `ax`."""
    names = {ON: "on", OFF: "off", WRONG_ON: "on, but off in the pattern", WRONG_OFF: "off, but on in the pattern"}
    patches = [Patch(facecolor=colour, label=name) for colour, name in names.items()]
    ax.legend(handles=patches, loc="upper left", bbox_to_anchor=(1.0, 1.0), handlelength=1, handleheight=1)


def _shape(owner: str, shape: Any, units: int) -> tuple[int, int]:
    """Return (height, width): `shape` checked, or about square with room for all units."""
    if shape is None:
        wide = isqrt(units - 1) + 1 if units > 1 else 1
        return ceil(units / wide), wide
    if len(shape) != 2 or prod(shape) != units:
        raise InvalidParameter(f"plot.{owner}", "shape", shape, f"(height, width) with height * width = {units}")
    return int(shape[0]), int(shape[1])


def _fits(owner: str, name: str, names: Sequence[str] | None, count: int) -> None:
    if names is not None and len(names) != count:
        raise InvalidParameter(f"plot.{owner}", name, list(names), f"{count} names")
