"""Figures of annealing and sampling: energies, acceptance, the descent, tours, lattices, success and its price.

Every function draws on `ax`, or on a new figure (``ax.figure`` of what it returns), and neither shows nor saves it.
Where a result is asked for, plain arrays will do. What cannot be drawn raises InvalidParameter.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from neurosim import plotting
from neurosim.core import checks
from neurosim.core.errors import InvalidParameter

if TYPE_CHECKING:
    from neurosim.ising.results import Annealing, Samples
    from neurosim.ising.tours import Cities, TourAnnealing

MOST_LEVELS = 40  # steps between the values that get a bar each; more are put into bins
SPINS = ListedColormap(["#F2EEE4", plotting.COLOURS[0]], name="spins")


@plotting.style()
def energies_histogram(
    result: "Annealing | Samples | TourAnnealing | Any",
    *,
    target: float | None = None,
    name: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how many reads ended at which energy.

    Parameters
    ----------
    result : Annealing, TourAnnealing, Samples or array
        Of a result its energies (tour lengths); an array of any shape may hold anything else, such as cuts.
    target : float, optional
        Marked by a line, for instance the best value that is known.
    name : str, default "energy" or "tour length"
    ax : Axes, optional

    Returns
    -------
    Axes
        A bar for every value if these are at most 40 of their least steps apart, or else bins.
    """
    found, known = _values("energies_histogram", result)
    values = found.ravel()
    ax = plotting.axes(ax, 4.6, 3.2)
    levels, counts = np.unique(values, return_counts=True)
    gap = np.diff(levels).min() if len(levels) > 1 else max(1.0, 0.001 * abs(levels[0]))
    if (span := levels[-1] - levels[0]) <= MOST_LEVELS * gap:
        step = min(gap, max(span, gap) / 8)
        ax.bar(levels, counts, width=0.85 * step, color=plotting.COLOURS[0])
        ax.set_xlim(levels[0] - 2 * step, levels[-1] + 2 * step)
    else:
        bins: Any = min(60, max(10, int(2 * np.sqrt(values.size))))
        if np.array_equal(levels, np.rint(levels)):  # bins of as many whole numbers each, the last one full
            width = int(np.ceil((span + 1) / bins))
            bins = levels[-1] + 0.5 - width * np.arange(int(np.ceil((span + 1) / width)), -1, -1)
        ax.hist(values, bins=bins, color=plotting.COLOURS[0])
    if target is not None:
        ax.axvline(target, color=plotting.COLOURS[1], linestyle="--", label=f"target {target:,.10g}")
        left, right = min(ax.get_xlim()[0], target), max(ax.get_xlim()[1], target)
        ax.set(xlim=(left - 0.03 * (right - left), right + 0.03 * (right - left)), ylim=(0, 1.2 * ax.get_ylim()[1]))
        ax.legend(loc="upper right" if target < (left + right) / 2 else "upper left")
    ax.set(xlabel=name or known, ylabel="reads" if found.ndim == 1 else "samples")
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    return ax


@plotting.style()
def acceptance(
    result: "Annealing | TourAnnealing | Any", accepted: Any = None, *, label: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the share of accepted moves at every temperature.

    Parameters
    ----------
    result : Annealing, TourAnnealing, or (sweeps,) array
        A result, or temperatures of which `accepted` are the shares.
    accepted : (sweeps,) array, optional
    label : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes
        The temperature is on a logarithmic scale if it spans more than a factor of 5; the arrow shows the way of time.
    """
    temperatures = np.asarray(getattr(result, "temperatures", result), float)
    shares = np.asarray(result.acceptance if accepted is None else accepted, float)
    if temperatures.ndim != 1 or temperatures.shape != shares.shape:
        raise InvalidParameter("plot.acceptance", "accepted", shares.shape, f"shares of shape {temperatures.shape}")
    ax = plotting.axes(ax, 4.6, 3.2)
    ax.plot(temperatures, 100 * shares, ".-" if len(shares) < 60 else "-", markersize=4, linewidth=0.9, label=label)
    positive = temperatures[temperatures > 0]
    if len(positive) == len(temperatures) and positive.max() > 5 * positive.min():
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if positive.max() < 500 * positive.min() else (1,)))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set(xlabel="temperature $T$", ylabel="accepted moves (%)", ylim=(0, max(1.0, 105 * shares.max())))
    if temperatures[0] > temperatures[-1]:
        arrow = {"arrowstyle": "-|>", "color": plotting.INK}
        ax.annotate("", (0.28, 0.93), (0.52, 0.93), xycoords="axes fraction", arrowprops=arrow)
        ax.text(0.4, 0.945, "time", transform=ax.transAxes, ha="center", va="bottom", fontsize=plotting.SMALL)
    if label:
        ax.legend(loc="best")
    return ax


@plotting.style()
def trajectory(
    result: "Annealing | Samples | TourAnnealing | Any",
    *,
    target: float | None = None,
    name: str | None = None,
    label: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the energy after every sweep: the mean over all reads and the band of the middle 90 % of them.

    Parameters
    ----------
    result : Annealing, TourAnnealing, Samples, or array of shape (sweeps,) or (sweeps, reads)
    target : float, optional
        Marked by a line.
    name, label : str, optional
        The quantity at the axis, by default energy or tour length; for the legend.
    ax : Axes, optional

    Returns
    -------
    Axes
        The band is there for Samples and arrays of two dimensions; a thin line marks the best of all reads of a run.
    """
    mean, band, best, known = _course(result)
    ax = plotting.axes(ax, 4.6, 3.2)
    sweeps = np.arange(1, len(mean) + 1)
    (line,) = ax.plot(sweeps, mean, label=label or "mean over reads")
    if band is not None:
        ax.fill_between(sweeps, *band, color=line.get_color(), alpha=0.25, linewidth=0, label="90 % of the reads")
    if best is not None:
        ax.axhline(best, color=plotting.INK, linewidth=0.8, linestyle=":", label=f"best {best:,.10g}")
    if target is not None:
        ax.axhline(target, color=plotting.COLOURS[1], linestyle="--", label=f"target {target:,.10g}")
    ax.set(xlabel="sweep", ylabel=name or known, xlim=(0, 1.03 * len(mean) + 0.5))
    ax.legend(loc="upper right")
    return ax


@plotting.style()
def tour(cities: "Cities | Any", order: Any, *, ax: Axes | None = None) -> Axes:
    """Draw a closed tour through cities.

    Parameters
    ----------
    cities : Cities or (cities, 2) array
        Coordinates x and y. Cities without coordinates cannot be drawn.
    order : (cities,) ints
        Every city once.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    places = getattr(cities, "coordinates", cities)
    places = np.empty((0, 0)) if places is None else np.asarray(places, float)
    if places.ndim != 2 or places.shape[1] != 2:
        raise InvalidParameter("plot.tour", "cities", f"an array of shape {places.shape}", "x and y of every city")
    visits = np.asarray(order)
    if not np.array_equal(np.sort(visits), np.arange(len(places))):
        raise InvalidParameter("plot.tour", "order", order, f"each of the {len(places)} cities once")
    ax = plotting.axes(ax, 4.4, 4.4)
    x, y = places[np.append(visits, visits[0])].T
    many = np.sqrt(len(places))
    line = ax.plot(x, y, "o-", color=plotting.COLOURS[0], linewidth=np.clip(12 / many, 0.5, 1.2))[0]
    line.set(markersize=np.clip(40 / many, 0.8, 5), markerfacecolor=plotting.INK, markeredgecolor=plotting.INK)
    ax.set(xlabel="$x$", ylabel="$y$")
    ax.set_aspect("equal", adjustable="datalim")
    ax.locator_params(nbins=5)
    return ax


@plotting.style()
def lattice(state: Any, shape: Sequence[int], *, layer: int = 0, ax: Axes | None = None) -> Axes:
    """Draw the spins of a lattice in two dimensions, or a layer of one in three.

    Parameters
    ----------
    state : (spins,) array
        One state, -1 and +1 or 0 and 1, row by row.
    shape : (rows, columns) or (layers, rows, columns)
        With as many sites as there are spins.
    layer : int, default 0
        Which layer of a lattice in three dimensions.
    ax : Axes, optional

    Returns
    -------
    Axes
        Spins up are dark. Row 0 is on top.
    """
    spins, sides = np.asarray(state), tuple(int(side) for side in shape)
    if len(sides) not in (2, 3) or spins.shape != (np.prod(sides),):
        wanted = f"2 or 3 sides whose product is the number of spins, here of a state of shape {spins.shape}"
        raise InvalidParameter("plot.lattice", "shape", shape, wanted)
    layers = spins.reshape(-1, *sides[-2:])
    if not 0 <= layer < len(layers):
        raise InvalidParameter("plot.lattice", "layer", layer, f"an integer in [0, {len(layers)})")
    ax = plotting.axes(ax, 3.4, 3.4)
    ax.imshow(layers[layer] > 0, cmap=SPINS, vmin=0, vmax=1, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
    return ax


@plotting.style()
def success(
    results: "Sequence[Annealing]",
    target: float | None = None,
    *,
    quantity: str = "probability",
    confidence: float = 0.99,
    label: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how often reads reached a target, or how long that takes, against the number of sweeps.

    Parameters
    ----------
    results : sequence of Annealing
        Of one model with several numbers of sweeps.
    target : float, optional
        Energy.  [default: the lowest of all results]
    quantity : "probability" or "time", default "probability"
        The share of the reads that reached the target, or the time after which some read has.
    confidence : float in (0, 1), default 0.99
        Of that time.
    label : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes
        Shares with 95 % intervals (Wilson 1927), too narrow for multispin reads, which share random numbers. There is
        no time where no read reached the target.
    """
    checks.one_of("plot.success", "quantity", quantity, ("probability", "time"))
    if len(results) == 0:
        raise InvalidParameter("plot.success", "results", results, "at least one result of annealing")
    target = min(result.best_energy for result in results) if target is None else target
    sweeps = np.array([len(result.temperatures) for result in results])
    share = np.array([result.success_probability(target) for result in results])
    ax = plotting.axes(ax, 4.6, 3.2)
    ax.set(xscale="log", xlabel="sweeps of a read")
    if quantity == "time":
        seconds = np.array([result.time_to_solution(target, confidence=confidence) for result in results])
        ax.plot(sweeps[share > 0], seconds[share > 0], "o-", markersize=4, label=label)
        ax.set(yscale="log", ylabel=f"time to the target, {100 * confidence:g} % sure (s)")
    else:
        ends = _wilson(share, np.array([len(result.energies) for result in results]))
        errors = np.maximum(100 * np.abs(ends - share), 0.0)
        ax.errorbar(sweeps, 100 * share, errors, fmt="o-", markersize=4, capsize=2, label=label)
        ax.set(ylabel="reads that reach the target (%)", ylim=(-2, 102))
    if label:
        ax.legend(loc="best")
    return ax


def _values(function: str, result: Any) -> tuple[np.ndarray, str]:
    """Return the energies or tour lengths of a result, and what they are."""
    lengths = getattr(result, "lengths", None)
    values = np.asarray(getattr(result, "energies", result) if lengths is None else lengths, float)
    if values.ndim == 0 or values.size == 0:
        raise InvalidParameter(f"plot.{function}", "result", result, "a result, or an array of at least one value")
    return values, "energy" if lengths is None else "tour length"


def _course(result: Any) -> tuple[np.ndarray, np.ndarray | None, float | None, str]:
    """Return the mean after every sweep, the ends of the band of 90 % of the reads, the best of all, and of what."""
    if hasattr(result, "mean_energies"):
        return np.asarray(result.mean_energies), None, result.best_energy, "energy"
    if hasattr(result, "mean_lengths"):
        return np.asarray(result.mean_lengths), None, result.best_length, "tour length"
    values, known = _values("trajectory", result)
    if values.ndim == 1:
        return values, None, None, known
    if values.ndim > 2:
        raise InvalidParameter("plot.trajectory", "result", f"an array of shape {values.shape}", "(sweeps, reads)")
    return values.mean(axis=1), np.quantile(values, (0.05, 0.95), axis=1), None, known


def _wilson(share: np.ndarray, n: np.ndarray, z: float = 1.96) -> np.ndarray:
    """Return the ends of the 95 % intervals of shares of n, (2, results)."""
    centre, half = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    return np.stack([centre - half, centre + half]) / (1 + z**2 / n)
