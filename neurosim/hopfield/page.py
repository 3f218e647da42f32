"""Several figures of a recall on one page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim import plotting
from neurosim.core.errors import DataError
from neurosim.hopfield import plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 9.2  # of the page, in inches
WIDEST = 40  # letters that fit side by side below the overlaps


def overview(
    states: Any,
    energies: Any,
    patterns: Any,
    *,
    shape: tuple[int, int] | None = None,
    targets: Any = None,
    frames: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
    pattern_names: Sequence[str] | None = None,
    title: str = "",
) -> "Figure":
    """Draw recall as a film strip, the descent of the energy, and the overlaps of the last states on one page.

    Parameters
    ----------
    states : (probes, times, units) array
        Of -1 and +1, or of 0 and 1.
    energies : (probes, times) array
    patterns : (patterns, units) array
        What is stored, in the values of `states`.
    shape : (height, width), optional
        Of one picture; their product is the number of units.
    targets : (probes, units) array, optional
        What each probe should become.
    frames : sequence of int, optional
        Which of the times the film strip shows; default: all.
    names, pattern_names : one str a probe, one str a pattern, optional
    title : str, optional
        Such as which of more probes these are.

    Returns
    -------
    Figure
    """
    films, values, stored = np.asarray(states), np.asarray(energies, float), np.atleast_2d(patterns)
    if films.ndim != 3 or values.shape != films.shape[:2] or stored.shape[1] != films.shape[2]:
        wanted = "states (probes, times, units), energies (probes, times) and patterns (patterns, units)"
        raise DataError(f"overview: {wanted} are needed; got {films.shape}, {values.shape} and {stored.shape}")
    probes, times, units = films.shape
    shown = np.arange(times) if frames is None else np.asarray(frames)
    high, wide = shape or (1, 1)
    frame = min(0.95, (WIDTH - 3.2) / (len(shown) * (1 + plot.GAP)))
    above = 0.6 + 0.2 * bool(title) + max(1.2, probes * frame * (high / wide + plot.GAP))
    figure = plotting.figure(WIDTH, above + 3.4)
    upper, lower = np.asarray(figure.subfigures(2, 1, height_ratios=(above, 3.4)))
    labels = [str(time) for time in shown]
    strip = plot.film_strip(films[:, shown], shape, targets=targets, times=labels, names=names, ax=upper.subplots())
    strip.set_title(title)
    left, right = lower.subplots(1, 2, width_ratios=(1, 1.1))
    few = names is not None and len(names) <= len(plot.MARKERS)
    plot.energy_descent(values, names=names if few else None, ax=left).set_title("energy")
    rows = [str(k) for k in range(probes)] if names is None else names
    columns = [str(k) for k in range(len(stored))] if pattern_names is None else pattern_names
    last, signs = 2.0 * (films[:, -1] > 0) - 1, 2.0 * (stored > 0) - 1
    table = last @ signs.T / units
    plot.overlaps(table, names=(rows, columns), ax=right).set_title("overlap after recall")
    if len(columns) <= plot.MOST_NAMES and max(map(len, columns)) * len(columns) > WIDEST:
        right.tick_params(axis="x", rotation=90)
    return figure
