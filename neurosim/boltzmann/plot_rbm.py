"""Figures of restricted machines and nets of them: filters, reconstructions, fantasies, completions, likelihood.

Every function draws on `ax`, or on a new figure (``ax.figure`` of what it returns), and neither shows nor saves it.
"""

from collections.abc import Mapping, Sequence
from math import ceil, isfinite, isqrt
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from scipy.special import logsumexp

from neurosim import plotting
from neurosim.cnn import plot_filters
from neurosim.cnn.plot import MARKERS
from neurosim.cnn.plot_filters import GAP
from neurosim.core.errors import DataError, InvalidParameter

UNKNOWN = "#F7C6A0"  # pixels that were not given
LIMIT = "#000000"


@plotting.style()
def filters(
    model: Any,
    shape: tuple[int, int] | None = None,
    *,
    order: str = "index",
    columns: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the weights of each hidden unit as a picture, all on one scale of colours with 0 in the middle.

    Parameters
    ----------
    model : fitted RBM, or (hidden, visible) array
    shape : (height, width), optional
        Of a picture; default: square.
    order : "index" or "norm", default "index"
        By number, or the largest first.
    columns : int >= 1, optional
        Pictures in a row; default: about as many as rows.
    ax : Axes, optional

    Returns
    -------
    Axes
        Of more than 16 rows the first 16.
    """
    weights = np.asarray(getattr(model, "components_", model), float)
    if weights.ndim != 2 or not np.isfinite(weights).all():
        raise DataError(f"plot_rbm.filters: finite weights (hidden, visible) are needed; got {weights.shape}")
    if order not in ("index", "norm"):
        raise InvalidParameter("plot_rbm.filters", "order", order, '"index" or "norm"')
    if order == "norm":
        weights = weights[np.argsort(-np.linalg.norm(weights, axis=1), kind="stable")]
    ax = plot_filters.filters(weights.T, shape=shape, columns=columns, ax=ax)
    ax.set_xlabel("hidden units, the largest weights first" if order == "norm" else "hidden units, row by row")
    return ax


@plotting.style()
def reconstructions(
    rows: Mapping[str, Any], shape: tuple[int, int] | None = None, *, cmap: str = "gray", ax: Axes | None = None
) -> Axes:
    """Draw data and what models make of them, below one another.

    Parameters
    ----------
    rows : mapping of str to (n, visible) array
        The data first, then their reconstructions; all have the greys of the first row. Pixels that are NaN are
        orange: use it for what was given to `complete`.
    shape : (height, width), optional
        Of a picture; default: square.
    cmap : str, default "gray"
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    tables = {name: np.asarray(values, float) for name, values in rows.items()}
    known = [values[np.isfinite(values)] for values in tables.values()]
    if not known or not known[0].size:
        raise DataError("plot_rbm.reconstructions: a row of pictures or more is needed")
    low, high = known[0].min(), known[0].max()
    ax = plot_filters.reconstructions(tables, shape, cmap=cmap, ax=ax)
    for image, values in zip(ax.images, tables.values(), strict=True):
        image.set_clim(low, high)
        if np.isnan(values).any():
            _mark(ax, image, len(values))
    return ax


@plotting.style()
def samples(
    states: Any,
    shape: tuple[int, int] | None = None,
    *,
    times: Sequence[Any] | None = None,
    columns: int | None = None,
    cmap: str = "gray",
    ax: Axes | None = None,
) -> Axes:
    """Draw fantasies: states, or better their probabilities, that a model makes up.

    Parameters
    ----------
    states : (n, visible) or (times, chains, visible) array
        A table of pictures; or a row for each time and a column for each chain.
    shape : (height, width), optional
        Of a picture; default: square.
    times : one a row, optional
        Gibbs sweeps done.
    columns : int >= 1, optional
        Of a table; default: about as many as rows.
    cmap : str, default "gray"
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    pictures = np.asarray(states, float)
    if pictures.ndim == 3:
        called = [str(k) for k in (range(len(pictures)) if times is None else times)]
        if len(set(called)) != len(pictures):
            wanted = f"{len(pictures)} different ones"
            raise InvalidParameter("plot_rbm.samples", "times", times, wanted)
        ax = reconstructions(dict(zip(called, pictures, strict=True)), shape, cmap=cmap, ax=ax)
        ax.set(xlabel="chains", ylabel="Gibbs sweeps")
        for image in ax.images:
            image.set_clim(pictures.min(), pictures.max())
        return ax
    if pictures.ndim != 2 or not pictures.size:
        raise DataError(f"plot_rbm.samples: states (n, visible) or (times, chains, visible); got {pictures.shape}")
    return _table(ax, _shaped("samples", pictures, shape), columns, cmap)


@plotting.style()
def likelihood(
    curves: Mapping[str, Any],
    at: Any = None,
    *,
    bounds: Mapping[str, tuple[Any, Any]] | None = None,
    limit: float | None = None,
    quantity: str = "mean log-likelihood in nats",
    time: str = "epoch",
    ax: Axes | None = None,
) -> Axes:
    """Draw how likelihoods or free energies go while machines learn.

    Parameters
    ----------
    curves : mapping of str to (values,) array
        Lines by their names, such as "training" and "validation"; NaN is left out.
    at : (values,) array, optional
        When they were measured; default: 1, 2, ...
    bounds : mapping of str to (low, high) arrays, optional
        Bands about lines, such as the errors of annealed importance sampling.
    limit : float, optional
        The greatest value that is possible, drawn as a dashed line.
    quantity, time : str
        What is drawn, for the axes.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    lines = {name: np.asarray(values, float) for name, values in curves.items()}
    if not lines or any(values.ndim != 1 or not values.size for values in lines.values()):
        raise DataError("plot_rbm.likelihood: one value or more is needed of each curve")
    ax = plotting.axes(ax, 4.8, 3.4)
    for k, (name, values) in enumerate(lines.items()):
        x = np.arange(1, len(values) + 1) if at is None else np.asarray(at, float)
        if len(x) != len(values):
            raise DataError(f"plot_rbm.likelihood: {len(x)} times for the {len(values)} values of {name}")
        colour, marker = plotting.COLOURS[k % len(plotting.COLOURS)], MARKERS[k % len(MARKERS)]
        ax.plot(x, values, color=colour, marker=marker if len(x) <= 30 else "", markersize=4, label=name)
        if bounds and name in bounds:
            low, high = (np.asarray(end, float) for end in bounds[name])
            ax.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
    if limit is not None:
        ax.axhline(limit, color=LIMIT, linestyle="--", linewidth=1.0, label="greatest possible")
    ax.set(xlabel=time, ylabel=quantity)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    if len(lines) > 1 or limit is not None:
        ax.legend()
    return ax


@plotting.style()
def partition(estimates: Mapping[str, Any], *, exact: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw estimates of log Z with their errors over what their chains say.

    Parameters
    ----------
    estimates : mapping of str to LogPartition
        Such as those of annealed importance sampling and of its reverse; a row each.
    exact : float, optional
        The true value, drawn as a line.
    ax : Axes, optional

    Returns
    -------
    Axes
        Small points are what each chain says, the large one with a bar is the estimate from low to high; a bar has no
        end there where that is infinite.
    """
    if not estimates:
        raise DataError("plot_rbm.partition: an estimate or more is needed")
    ax = plotting.axes(ax, 5.2, 0.9 + 0.6 * len(estimates))
    for k, estimate in enumerate(estimates.values()):
        colour, said = plotting.COLOURS[k % len(plotting.COLOURS)], _each_chain(estimate)
        spread = 0.5 * ((np.arange(len(said)) * 0.6180339887) % 1.0 - 0.5)  # an even scatter without random numbers
        ax.plot(said, k + spread, ".", markersize=3, color=colour, alpha=0.5)
        known = [end for end in (estimate.low, estimate.high) if isfinite(end)]
        ends = np.clip([estimate.low, estimate.high], *_range([*said, *known, estimate.value]))
        ax.plot(ends, [k, k], color=plotting.INK)
        ax.plot(known, [k] * len(known), "|", markersize=8, color=plotting.INK)
        ax.plot(estimate.value, k, "o", markersize=6, color=plotting.INK, mfc=colour)
    if exact is not None:
        ax.axvline(exact, color=LIMIT, linestyle="--", linewidth=1.0, zorder=0)
        ax.text(exact, 1.0, f"exact {exact:.2f}", transform=ax.get_xaxis_transform(), ha="center", va="bottom",
                fontsize=plotting.SMALL)  # fmt: skip
    ax.set_yticks(range(len(estimates)), list(estimates))
    ax.set(xlabel="$\\log Z$ in nats", ylim=(len(estimates) - 0.5, -0.5))
    ax.tick_params(axis="y", length=0)
    ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.xaxis.set_major_formatter("{x:g}")
    return ax


def _each_chain(estimate: Any) -> np.ndarray:
    """Return log Z by the weight of each chain alone."""
    weights = np.asarray(estimate.log_weights, float).ravel()
    if not weights.size:
        return weights
    off = weights - logsumexp(weights) + np.log(len(weights))
    return np.asarray(estimate.value + (-off if estimate.method == "reverse_ais" else off))


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Return the least and the greatest, 5 % further apart."""
    low, high = min(values), max(values)
    return low - 0.05 * (high - low), high + 0.05 * (high - low)


def _table(ax: Axes | None, pictures: np.ndarray, columns: int | None, cmap: str) -> Axes:
    """Draw pictures (n, height, width) row by row."""
    n, high, wide = pictures.shape
    columns = min(n, columns or isqrt(n - 1) + 1)
    rows, tall, width = ceil(n / columns), high / wide, min(0.8, 6.0 / columns)
    ax = plotting.axes(ax, 0.2 + width * columns * (1 + GAP), 0.2 + width * rows * (tall + GAP))
    extent = (0.0, columns * (1 + GAP) - GAP, rows * (tall + GAP) - GAP, 0.0)
    ax.imshow(plot_filters.mosaic(pictures, columns), cmap=cmap, extent=extent, interpolation="nearest")
    return plotting.bare(ax, np.array([extent[:2], extent[2:]]).T)


def _shaped(owner: str, values: np.ndarray, shape: tuple[int, int] | None) -> np.ndarray:
    """Return rows of values as pictures, (n, height, width)."""
    n, units = values.shape
    high, wide = shape or (isqrt(units), isqrt(units))
    if high * wide != units:
        wanted = f"(height, width) with height * width = {units}"
        raise InvalidParameter(f"plot_rbm.{owner}", "shape", shape, wanted)
    return values.reshape(n, high, wide)


def _mark(ax: Axes, image: Any, count: int) -> None:
    """Put colour behind the pictures of a row, which is seen where their pixels are NaN."""
    left, _, bottom, top = image.get_extent()
    for k in range(count):
        place = left + k * (1 + GAP), top
        ax.add_patch(Rectangle(place, 1.0, bottom - top, facecolor=UNKNOWN, linewidth=0, zorder=-1))
