"""Figures of rings: nets among cities, their tours, and how a chain's units follow the density of the data."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from neurosim import plotting
from neurosim.core.errors import InvalidParameter
from neurosim.som.magnification import fitted_line, weight_density

if TYPE_CHECKING:
    from neurosim.som.elastic_net import RingTour


@plotting.style()
def net(cities: Any, units: Any, *, ax: Axes | None = None) -> Axes:
    """Draw a ring of units among the cities.

    Parameters
    ----------
    cities : (n, 2) array or object with `coordinates`
    units : (M, 2) array or RingTour
        For instance `net` or one of the `snapshots` of a RingTour.
    ax : Axes, optional

    Returns
    -------
    Axes
        Without frame; cities are dots, the units are joined by a line.
    """
    places, ring = _places("net", "cities", cities), _places("net", "units", getattr(units, "net", units))
    return _closed(ax, places, ring)


@plotting.style()
def tour(cities: Any, result: "RingTour | Any", *, ax: Axes | None = None) -> Axes:
    """Draw the closed tour that a ring has found.

    Parameters
    ----------
    cities : (n, 2) array or object with `coordinates`
    result : RingTour or (n,) ints
        Every city once.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    places, order = _places("tour", "cities", cities), np.asarray(getattr(result, "order", result))
    if order.dtype.kind not in "iu" or not np.array_equal(np.sort(order), np.arange(len(places))):
        raise InvalidParameter("plot_rings.tour", "result", result, f"each of the {len(places)} cities once")
    return _closed(ax, places, places[order])


@plotting.style()
def magnification(weights: Any, density: Any, *, label: str = "", ax: Axes | None = None) -> Axes:
    """Draw the density of a chain's weights against that of the data, on logarithmic axes, with the fitted power.

    Parameters
    ----------
    weights : (units,) array
        Of a chain, in ascending order.
    density : callable
        P, of an array of places.
    label : str, default ""
        For the legend, before the exponent.
    ax : Axes, optional

    Returns
    -------
    Axes
        Units of the middle of the chain, which the fit rests on, are filled; the line is the fit. Densities are in
        units of their value in the middle of the chain, so that several chains can share the axes.
    """
    w = np.asarray(weights, np.float64)
    inner, exponent, intercept = fitted_line(w, density)
    level, p = weight_density(w), np.asarray(density(w[1:-1]), np.float64)
    middle = len(level) // 2
    height = np.exp(intercept) * p[middle] ** exponent / level[middle]
    level, p = level / level[middle], p / p[middle]
    ax = plotting.axes(ax, 4.4, 4.0)
    line = ax.loglog(p, level, "o", markersize=2.5, fillstyle="none", markeredgewidth=0.5)[0]
    ax.loglog(p[inner], level[inner], "o", markersize=3.5, color=line.get_color())
    ends = np.array([p[inner].min() / 2, 1.3 * p[inner].max()])
    name = f"{label}: " if label else ""
    ax.loglog(ends, height * ends**exponent, color=line.get_color(), label=f"{name}exponent {exponent:.3f}")
    low, high = np.array([0.3, 2.0]) * (level[inner].min(), level[inner].max())
    ax.set(xlabel="density of the data (relative)", ylabel="density of the weights (relative)")
    ax.set_ylim(low, high)  # the ripples at the ends would set the scale
    for axis in (ax.xaxis, ax.yaxis):
        axis.set(major_locator=LogLocator(subs=(1, 2, 5)), minor_locator=NullLocator())
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.legend(loc="upper left")
    return ax


def _closed(ax: Axes | None, places: np.ndarray, ring: np.ndarray) -> Axes:
    """Draw cities as dots and a closed line, with equal scales and without a frame."""
    ax = plotting.axes(ax, 4.0, 4.0)
    many = np.sqrt(len(places))
    ax.plot(*np.concatenate([ring, ring[:1]]).T, color=plotting.COLOURS[0], linewidth=np.clip(12 / many, 0.6, 1.4))
    ax.plot(*places.T, "o", color=plotting.INK, markersize=np.clip(25 / many, 1, 4), zorder=3)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.set_aspect("equal", adjustable="datalim")
    return ax


def _places(function: str, name: str, values: Any) -> np.ndarray:
    places = np.asarray(getattr(values, "coordinates", values))
    if places.ndim != 2 or places.shape[1] != 2 or places.dtype.kind not in "iuf":
        raise InvalidParameter(f"plot_rings.{function}", name, f"an array of shape {places.shape}", "(n, 2) places")
    return places
