"""Figures of Boltzmann machines: survival of learning runs, hidden codes, pairs of units, schedules.

Every function draws on `ax`, or on a new figure (``ax.figure`` of what it returns), and neither shows nor saves it.
Pictures of weights are in `plot_weights`, those of restricted machines in `plot_rbm`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, MaxNLocator, NullFormatter

from neurosim import plotting
from neurosim.boltzmann.plot_weights import rows_of
from neurosim.boltzmann.settling import temperatures_of
from neurosim.core.errors import DataError, InvalidParameter

ON, OFF, SHARED = "#222222", "#E6E6E6", "#D55E00"
TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)


@plotting.style()
def survival(
    solved_at: Any, cycles: int | None = None, *, label: str = "", published: Any = None, ax: Axes | None = None
) -> Axes:
    """Draw the share of learning machines that have not solved their task after so many cycles; again for more curves.

    Parameters
    ----------
    solved_at : EncoderRuns or (machines,) int array
        The cycle in which each solved it, -1 for those that did not.
    cycles : int, optional
        How long they had; default: as `solved_at` says, or the last cycle in it.
    label : str
        For the legend.
    published : (cycles, shares) arrays, optional
        Points of another's curve.
    ax : Axes, optional

    Returns
    -------
    Axes
        Cycles on a logarithmic scale; the dotted line is at one half.
    """
    at = np.asarray(getattr(solved_at, "solved_at", solved_at))
    if at.ndim != 1 or not at.size or at.dtype.kind not in "iu":
        raise DataError("plot.survival: solved_at must be the cycles of one machine or more, whole numbers")
    solved = np.sort(at[at >= 0])
    end = cycles or getattr(solved_at, "cycles", None) or max(solved, default=1)
    x = np.concatenate([[1], np.maximum(solved, 1), [end]])
    y = 1.0 - np.concatenate([np.arange(len(solved) + 1), [len(solved)]]) / len(at)
    ax = plotting.axes(ax, 4.8, 3.4)
    if not ax.lines:
        ax.axhline(0.5, color=plotting.OUTLINE, linestyle=":", linewidth=1.0)
    colour = plotting.COLOURS[(len(ax.lines) - 1) % len(plotting.COLOURS)]
    ax.plot(x, y, drawstyle="steps-post", color=colour, label=label or f"{len(at):,} machines")
    if published is not None:
        ax.plot(*np.asarray(published, float), "D", markersize=5, color=plotting.INK, label="published")
    ax.set_xscale("log")
    ax.set(xlabel="learning cycles", ylabel="share not yet solved", ylim=(-0.03, 1.03))
    ax.xaxis.set_major_locator(FixedLocator(TICKS[:: 1 if x[-1] <= 300 else 3]))
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.legend()
    return ax


@plotting.style()
def codes(
    values: Any, *, names: Sequence[str] | None = None, patterns: Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the hidden units that stand for each pattern, a row for each pattern and a block for each machine.

    Parameters
    ----------
    values : EncoderRuns, or (patterns, hidden) or (machines, patterns, hidden) array of 0 and 1
        Of more than 12 machines the first 12 are drawn.
    names : one str a machine drawn, optional
    patterns : one str a pattern, optional
        Default: numbers from 1.
    ax : Axes, optional

    Returns
    -------
    Axes
        Units that are on are black; a code that two patterns of a machine share is orange.
    """
    blocks = np.asarray(getattr(values, "codes", values))
    blocks = (blocks[None] if blocks.ndim == 2 else blocks)[:12]
    if blocks.ndim != 3 or not blocks.size or not np.isin(blocks, (0, 1)).all():
        raise DataError(f"plot.codes: codes (machines, patterns, hidden) of 0 and 1 are needed; got {blocks.shape}")
    machines, rows, units = blocks.shape
    for name, given, count in (("names", names, machines), ("patterns", patterns, rows)):
        if given is not None and len(given) != count:
            raise InvalidParameter("plot.codes", name, list(given), f"{count} names")
    step = units + 1
    ax = plotting.axes(ax, min(9.2, 1.2 + 0.24 * step * machines), 1.0 + 0.24 * rows)
    plotting.bare(ax, np.array([[-0.5, -0.5], [step * machines - 1.5, rows - 0.5]]))
    shared = np.stack([_shared(block) for block in blocks])
    squares, faces, edges = [], [], []
    for m, p, h in np.ndindex(blocks.shape):
        squares.append(Rectangle((m * step + h - 0.45, p - 0.45), 0.9, 0.9))
        ink = SHARED if shared[m, p] else ON
        faces.append(ink if blocks[m, p, h] else OFF)
        edges.append(ink)
    ax.add_collection(PatchCollection(squares, facecolor=faces, edgecolor=edges, linewidth=0.6))
    called = [str(k + 1) * (machines > 1) for k in range(machines)] if names is None else names
    ax.set_yticks(range(rows), [str(p + 1) for p in range(rows)] if patterns is None else patterns)
    ax.set_xticks(np.arange(machines) * step + (units - 1) / 2, called)
    ax.tick_params(length=0)
    below = "machine" if machines > 1 else "hidden units"
    ax.set(ylabel="pattern", xlabel=f"{below}\norange: the same for two patterns" if shared.any() else below)
    return ax


@plotting.style()
def cooccurrence(
    table: Any, *, groups: Mapping[str, Any] | None = None, difference: bool = False, ax: Axes | None = None
) -> Axes:
    """Draw how often two units are on together, or how much this differs between two ways to run a machine.

    Parameters
    ----------
    table : (units, units) array
        Probabilities; on the diagonal those that a unit is on. Or differences of such.
    groups : mapping of str to unit numbers, optional
        Lines are drawn between them, and they are named.
    difference : bool, default False
        Whether values are differences: blue is negative, red positive.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    p = np.asarray(table, float)
    if p.ndim != 2 or p.shape[0] != p.shape[1] or not p.size or not np.isfinite(p).all():
        raise DataError(f"plot.cooccurrence: a (units, units) array of finite numbers is needed; got {p.shape}")
    rows = rows_of("plot.cooccurrence", groups or {"": range(len(p))}, len(p), len(p))
    order = [unit for _, units in rows for unit in units]
    ax = plotting.axes(ax, 4.6, 3.8)
    most = float(np.abs(p).max()) or 1.0
    look: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -most, "vmax": most}
    look = look if difference else {"cmap": "Blues", "vmin": 0.0, "vmax": 1.0}
    image = ax.imshow(p[np.ix_(order, order)], interpolation="nearest", **look)
    ends = np.cumsum([0, *(len(units) for _, units in rows)])
    for end in ends[1:-1] - 0.5:
        ax.axhline(end, color=plotting.INK, linewidth=0.8)
        ax.axvline(end, color=plotting.INK, linewidth=0.8)
    ax.spines[:].set_visible(False)
    if groups:
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_ticks((ends[1:] + ends[:-1] - 1) / 2, [name for name, _ in rows])
        ax.tick_params(length=0)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set(xlabel="unit", ylabel="unit")
    plotting.colour_bar(ax, image, "difference of probabilities" if difference else "both on, probability")
    return ax


@plotting.style()
def schedule(temperatures: Any, *, statistics: tuple[int, float] | None = None, ax: Axes | None = None) -> Axes:
    """Draw the temperature of an annealing schedule against time; again for more schedules.

    Parameters
    ----------
    temperatures : str or (time units,) array
        Stages as in "2@20,2@15", or the temperature of each time unit.
    statistics : (time units, temperature), optional
        What follows, while states are counted; it is shaded.
    ax : Axes, optional

    Returns
    -------
    Axes
        A time unit is as many probes of random units as units are free.
    """
    text = isinstance(temperatures, str)
    t = temperatures_of("plot.schedule", temperatures)
    if not t.size or not np.isfinite(t).all():
        raise DataError("plot.schedule: a finite temperature of each time unit is needed")
    ax = plotting.axes(ax, 4.6, 3.0)
    colour = plotting.COLOURS[len(ax.patches) % len(plotting.COLOURS)]
    after, heat = (0, 0.0) if statistics is None else statistics
    label = temperatures if text else None
    ax.stairs(np.concatenate([t, np.full(after, heat)]), baseline=None, color=colour, linewidth=1.6, label=label)
    if after:
        ax.axvspan(len(t), len(t) + after, color=colour, alpha=0.15, linewidth=0)
        ax.text(len(t) + after / 2, 0.97, "statistics", ha="center", va="top", transform=ax.get_xaxis_transform(),
                fontsize=plotting.SMALL)  # fmt: skip
    ax.set(xlabel="time units", ylabel="temperature $T$", ylim=(0, max(1.08 * max(t.max(), heat), ax.get_ylim()[1])))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
    if label:
        ax.legend()
    return ax


def _shared(block: np.ndarray) -> np.ndarray:
    """Return which patterns have a code that another has, (patterns,) bool."""
    _, code, counts = np.unique(block, axis=0, return_inverse=True, return_counts=True)
    return np.asarray(counts[code.ravel()] > 1)
