"""Figures of cells: tuning curves, answers over time, nonlinearities, eigenvalues, shapes of fitted fields.

Every function draws on `ax`, or on a new figure (``ax.figure`` of what it returns), and neither shows nor saves it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from neurosim import plotting
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1.curves import period_of
from neurosim.v1.physiology import ENVELOPE

AXES = {
    "orientation": "orientation (degrees)",
    "frequency": "spatial frequency (cycles/px)",
    "radius": "radius (px)",
    "contrast": "contrast (%)",
    "phase": "phase (degrees)",
}
CONTRASTS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


@plotting.style()
def tuning(curve: Any, *, label: str = "", fit: Any = None, marks: bool = True, ax: Axes | None = None) -> Axes:
    """Draw a tuning curve: the response, and the preferred value and half width where there are such; again for more.

    Parameters
    ----------
    curve : TuningCurve
        Of one cell. F1 is drawn for a cell that is modulated by its best stimulus, otherwise F0.
    label : str
        For the legend.
    fit : NakaRushton, optional
        Drawn as a line through the points of a contrast response.
    marks : bool, default True
        Whether the preferred orientation or frequency and the width at half height are marked.
    ax : Axes, optional

    Returns
    -------
    Axes
        Frequencies and contrasts on logarithmic scales; a contrast of 0 is left out. Orientations that go around are
        drawn with the best one in the middle, so that some are negative.
    """
    x, rates = np.asarray(curve.x, float), np.asarray(curve.response, float)
    ax = plotting.axes(ax, 4.4, 3.2)
    colour = plotting.COLOURS[len(ax.collections) % len(plotting.COLOURS)]
    contrast = curve.parameter == "contrast"
    x, rates = (100 * x[x > 0], rates[x > 0]) if contrast else _around(x, rates, curve.parameter)
    ax.scatter(x, rates, s=14, color=colour, label=label or None, zorder=3)
    if fit is not None:
        fine = np.geomspace(x[0], x[-1], 200) if contrast else np.linspace(x[0], x[-1], 200)
        ax.plot(fine, fit.respond(fine / 100 if contrast else fine), color=colour)
    else:
        ax.plot(x, rates, color=colour, linewidth=1.0)
    if marks and fit is None and curve.parameter in ("orientation", "frequency"):
        _marks(ax, curve, colour)
    _scale(ax, curve.parameter, x)
    which = "$F_1$" if curve.response is curve.f1 else "$F_0$"
    ax.set(xlabel=AXES.get(curve.parameter, f"{curve.parameter} ({curve.unit})"), ylabel=f"response, {which}")
    ax.set_ylim(min(0.0, float(rates.min())), max(ax.get_ylim()[1], 1.08 * float(rates.max())))
    if label:
        ax.legend()
    return ax


@plotting.style()
def cycle(rates: Any, *, label: str = "", ax: Axes | None = None) -> Axes:
    """Draw a cell's rate during one cycle of a drifting grating; again for more.

    Parameters
    ----------
    rates : Modulation or (frames,) array
        As `modulation` returns it.
    label : str
        For the legend.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    values = np.asarray(getattr(rates, "rates", rates), float)
    if values.ndim != 1 or not values.size:
        raise DataError(f"plot_cells.cycle: the rates (frames,) of one cell are needed; got {values.shape}")
    ax = plotting.axes(ax, 4.0, 2.8)
    at = np.arange(len(values) + 1) / len(values) * 360
    ax.plot(at, np.append(values, values[0]), label=label or None)
    ax.set(xlabel="phase of the cycle (degrees)", ylabel="rate", xlim=(0, 360), xticks=np.arange(0, 361, 90))
    ax.set_ylim(min(0.0, 1.08 * float(values.min())), max(ax.get_ylim()[1], 1.08 * float(values.max()), 1e-12))
    if label:
        ax.legend()
    return ax


@plotting.style()
def nonlinearity(
    estimate: Any, *, truth: Callable[[np.ndarray], Any] | None = None, unit: str = "", ax: Axes | None = None
) -> Axes:
    """Draw an estimated nonlinearity with its standard errors.

    Parameters
    ----------
    estimate : Nonlinearity
    truth : function of arrays, optional
        Drawn as a line behind it.
    unit : str
        Of the filter's output, in brackets after its name.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = plotting.axes(ax, 4.0, 3.0)
    if truth is not None:
        fine = np.linspace(estimate.z[0], estimate.z[-1], 200)
        ax.plot(fine, truth(fine), color=plotting.COLOURS[1], label="true")
    ax.errorbar(estimate.z, estimate.rate, np.nan_to_num(estimate.error), fmt="o", markersize=3.5, label="estimated")
    name = f"output of the filter ({unit})" if unit else "output of the filter"
    ax.set(xlabel=name, ylabel="spikes per stimulus")
    ax.legend()
    return ax


@plotting.style()
def eigenvalues(stc: Any, *, ax: Axes | None = None) -> Axes:
    """Draw the eigenvalues of a spike-triggered covariance, the significant ones in colour.

    Parameters
    ----------
    stc : SpikeTriggeredCovariance
    ax : Axes, optional

    Returns
    -------
    Axes
        Shaded: what axes that do not matter keep between.
    """
    values, count = np.asarray(stc.eigenvalues), len(stc.eigenvalues)
    kinds = np.ones(count, int)
    kinds[: len(stc.excitatory)], kinds[count - len(stc.suppressive) :] = 0, 2
    ax = plotting.axes(ax, 4.0, 3.0)
    ax.axhspan(*stc.band, color=plotting.OUTLINE, alpha=0.5, linewidth=0)
    names = "excitatory", "not significant", "suppressive"
    for kind, colour in enumerate((plotting.COLOURS[1], "#777777", plotting.COLOURS[0])):
        at = np.flatnonzero(kinds == kind)
        if len(at):
            ax.plot(at + 1, values[at], "o", color=colour, markersize=4, label=f"{names[kind]} ({len(at)})")
    ax.set(xlabel="axis", ylabel="variance of the spikes' stimuli")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend()
    return ax


@plotting.style()
def envelopes(fits: Any, *, least: float = 0.0, label: str = "", ax: Axes | None = None) -> Axes:
    """Draw widths and lengths of fitted fields in cycles over counts of cells of the macaque (Ringach 2002).

    Parameters
    ----------
    fits : sequence of GaborFit, or (n, 2) array of n_x and n_y
    least : float, default 0
        Fits whose R^2 is below are left out.
    label : str
        For the legend.
    ax : Axes, optional

    Returns
    -------
    Axes
        n_x = sigma_x frequency across the bars, n_y along them, on logarithmic scales. The counts are those of
        `neurosim.v1.physiology.ENVELOPE`: the darker, the more cells. What lies beyond the axes is drawn at their ends.
    """
    if len(fits) and hasattr(fits[0], "gabor"):
        fits = [(fit.gabor.n_x, fit.gabor.n_y) for fit in fits if fit.r_squared >= least]
    n = np.asarray(fits, float).reshape(-1, 2)
    if n.size and not (n > 0).all():
        raise InvalidParameter("plot_cells.envelopes", "fits", fits, "fits, or pairs of n_x and n_y, numbers > 0")
    edges = ENVELOPE.edges
    ax = plotting.axes(ax, 4.4, 3.6)
    image = ax.pcolormesh(edges, edges, ENVELOPE.counts.T, cmap="Blues", vmax=1.4 * ENVELOPE.counts.max())
    inside = np.clip(n, edges[0] * 1.02, edges[-1] / 1.02)
    ax.scatter(
        inside[:, 0],
        inside[:, 1],
        s=12,
        color=plotting.COLOURS[1],
        edgecolor="white",
        linewidth=0.3,
        label=label or None,
    )
    ax.set(xscale="log", yscale="log")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(FixedLocator([0.1, 0.2, 0.5, 1.0]))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter("{x:g}")
    ax.set(xlabel="$n_x$ (cycles)", ylabel="$n_y$ (cycles)", xlim=edges[[0, -1]], ylim=edges[[0, -1]])
    ax.set_aspect("equal")
    plotting.colour_bar(ax, image, "cells of the macaque", whole=True)
    if label:
        ax.legend(loc="upper left")
    return ax


def _around(x: np.ndarray, rates: np.ndarray, parameter: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a curve of orientations that go around with its largest rate in the middle; any other as it is."""
    period = period_of(x) if parameter == "orientation" and len(x) > 2 else None
    if period is None:
        return x, rates
    start = x[rates.argmax()] - period / 2
    turned = (x - start + 1e-9) % period - 1e-9 + start
    order = np.argsort(turned)
    return np.append(turned[order], turned[order[0]] + period), np.append(rates[order], rates[order[0]])


def _marks(ax: Axes, curve: Any, colour: str) -> None:
    """Mark the preferred value and, where the curve falls to it on both sides, the width at half height."""
    best, height = curve.preferred, float(np.max(curve.response))
    if not np.isfinite(best) or not height > 0:
        return
    if (period := period_of(curve.x) if curve.parameter == "orientation" else None) is not None:
        top = curve.x[np.argmax(curve.response)]
        best = top + (best - top + period / 2) % period - period / 2
    ax.axvline(best, color=colour, linestyle=":", linewidth=0.9)
    wide = curve.hwhh if curve.parameter == "orientation" else curve.bandwidth_octaves
    if not np.isfinite(wide):
        return
    spread = (best - wide, best + wide)
    if curve.parameter == "frequency":
        at = np.interp(np.linspace(0, 1, 400), [0, 1], np.log2(curve.x[[0, -1]]))
        above = at[np.interp(at, np.log2(curve.x), curve.response) >= height / 2]
        spread = 2 ** above[0], 2 ** above[-1]
    ax.plot(spread, [height / 2, height / 2], color=colour, linestyle="--", linewidth=0.9)


def _scale(ax: Axes, parameter: str, x: np.ndarray) -> None:
    """Choose the scale of the abscissa and ticks that are plain numbers."""
    if parameter == "orientation":
        step = 45 if np.ptp(x) <= 200 else 90
        ax.set_xticks(step * np.arange(np.floor(x[0] / step), np.ceil(x[-1] / step) + 1))
    elif parameter in ("frequency", "contrast"):
        ax.set_xscale("log", base=2 if parameter == "frequency" else 10)
        doubled = 2.0 ** np.arange(-9, 1)
        ticks = doubled if parameter == "frequency" else np.array(CONTRASTS)
        ax.xaxis.set_major_locator(FixedLocator(ticks[(ticks >= 0.95 * x[0]) & (ticks <= 1.05 * x[-1])]))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter("{x:.3g}")
