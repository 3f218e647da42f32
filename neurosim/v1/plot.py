"""Figures of filters and their responses: fields, banks, mosaics, orientation energy.

Every function draws on `ax`, or on a new figure (``ax.figure`` of what it returns), and neither shows nor saves it.
Curves of cells are in `plot_cells`, the map onto the cortex in `plot_retinotopy`, whole pages in `page`.
"""

from collections.abc import Sequence
from math import ceil, pi, sqrt
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Ellipse

from neurosim import plotting
from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter

# orientations 0, 45, 90, 135 degrees; opposite ones differ for all kinds of colour blindness
WHEEL = np.array([to_rgb(colour) for colour in ("#0072B2", "#CC79A7", "#E69F00", "#009E73")])
GREY = 0.5  # of a field's zero in a mosaic
HALF = sqrt(2 * np.log(2)) / (2 * pi)  # half width at half amplitude of a Gaussian's spectrum, for sigma 1
LOW, HIGH = 0.0, 98.0  # percentiles of the strength that are drawn white and in full colour


@plotting.style()
def field(values: Any, *, part: str = "even", bar: bool = True, ax: Axes | None = None) -> Axes:
    """Draw a receptive field: red excites, blue inhibits.

    Parameters
    ----------
    values : Gabor, a cell with a ``field``, or (rows, columns) array
        Real, or complex: an even and an odd field.
    part : "even" or "odd", default "even"
        Which one of a pair.
    bar : bool, default True
        Whether a colour bar is added.
    ax : Axes, optional

    Returns
    -------
    Axes
        Pixels from the middle one; y runs downwards.
    """
    checks.one_of("plot.field", "part", part, ("even", "odd"))
    given = values.kernel() if hasattr(values, "kernel") else getattr(values, "field", values)
    pair = np.asarray(given)
    if pair.ndim != 2 or not pair.size or not np.isfinite(pair).all():
        raise DataError(f"plot.field: a field (rows, columns) of finite numbers is needed; got {pair.shape}")
    shown = pair.real if part == "even" else pair.imag
    most = float(np.abs(shown).max()) or 1.0
    ax = plotting.axes(ax, 3.6, 3.0)
    image = ax.imshow(shown, cmap="RdBu_r", vmin=-most, vmax=most, extent=_pixels(shown.shape), interpolation="nearest")
    ax.spines[:].set_visible(False)
    ax.set(xlabel="$x$ (px)", ylabel="$y$ (px)")
    if bar:
        plotting.colour_bar(ax, image, "weight", ticks=5)
    return ax


@plotting.style()
def fields(
    values: Any, *, columns: int | None = None, common: bool = False, titles: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Draw many fields as a mosaic: white excites, black inhibits, grey is nothing.

    Parameters
    ----------
    values : GaborBank, or (n, rows, columns) array
        Of complex fields the even ones are drawn.
    columns : int >= 1, optional
        Fields side by side; default: of a bank its orientations if these repeat, otherwise about as many as rows.
    common : bool, default False
        Whether all fields share one scale; by default the largest weight of each is black or white.
    titles : one str a field, optional
        Written above each.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    stack = np.real(np.asarray(getattr(values, "kernels", values)))
    if stack.ndim != 3 or not stack.size or not np.isfinite(stack).all():
        raise DataError(f"plot.fields: fields (n, rows, columns) of finite numbers are needed; got {stack.shape}")
    if columns is None:
        columns = _columns(values, len(stack))
    checks.at_least("plot.fields", "columns", columns, 1)
    if titles is not None and len(titles) != len(stack):
        raise InvalidParameter("plot.fields", "titles", list(titles), f"{len(stack)} titles")
    most = np.abs(stack).max(axis=None if common else (1, 2), keepdims=True)
    pictures = GREY * (1 + stack / np.where(most > 0, most, 1.0))
    rows, tall = ceil(len(stack) / columns), stack.shape[1] / stack.shape[2]
    gap, above = 0.08, 0.0 if titles is None else 0.28
    width = min(8.0, max(2.4, 0.45 * columns + 0.4))
    ax = plotting.axes(ax, width, max(1.2, width * rows * (tall + gap + above) / (columns * (1 + gap))))
    for k, picture in enumerate(pictures):
        left, top = k % columns * (1 + gap), k // columns * (tall + gap + above) + above
        place = (left, left + 1, top + tall, top)
        ax.imshow(picture, cmap="gray", vmin=0, vmax=1, extent=place, interpolation="nearest")
        if titles is not None:
            ax.text(left + 0.5, top - 0.04, titles[k], ha="center", va="bottom", fontsize=plotting.SMALL - 1)
    return plotting.bare(ax, np.array([[0, 0], [columns * (1 + gap) - gap, rows * (tall + gap + above) - gap]]))


@plotting.style()
def coverage(bank: Any, *, ax: Axes | None = None) -> Axes:
    """Draw where in the plane of frequencies the filters of a bank answer: their contours at half amplitude.

    Parameters
    ----------
    bank : GaborBank or sequence of Gabor
    ax : Axes, optional

    Returns
    -------
    Axes
        Cycles per pixel; a filter's colour is that of its orientation in `energy`. Each answers at the opposite
        frequency, too, which is not drawn.
    """
    gabors = list(getattr(bank, "gabors", bank))
    if not gabors or not all(hasattr(gabor, "orientation_bandwidth") for gabor in gabors):
        raise InvalidParameter("plot.coverage", "bank", bank, "a GaborBank or a sequence of one Gabor or more")
    ax = plotting.axes(ax, 3.8, 3.4)
    corners = [np.zeros(2)]
    for gabor in gabors:
        angle = np.deg2rad(gabor.orientation)
        middle = gabor.frequency * np.array([np.cos(angle), np.sin(angle)])
        sizes = 2 * HALF / gabor.sigma_x, 2 * HALF / gabor.sigma_y
        colour = colours_of(gabor.orientation)
        ax.add_patch(Ellipse(tuple(middle), *sizes, angle=gabor.orientation, fill=False, edgecolor=colour))
        corners += [middle - max(sizes) / 2, middle + max(sizes) / 2]
    ax.axhline(0, color=plotting.OUTLINE, linewidth=0.8, zorder=0)
    ax.axvline(0, color=plotting.OUTLINE, linewidth=0.8, zorder=0)
    (left, top), (right, bottom) = 1.04 * np.min(corners, axis=0), 1.04 * np.max(corners, axis=0)
    ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="$f_x$ (cycles/px)", ylabel="$f_y$ (cycles/px)")
    ax.set_aspect("equal")
    return ax


def colours_of(orientation: Any) -> np.ndarray:
    """Return a colour for each orientation in degrees, (..., 3): red, green, blue in 0 to 1, around in 180 degrees.

    Examples
    --------
    >>> from matplotlib.colors import to_hex
    >>> from neurosim.v1.plot import colours_of
    >>> to_hex(colours_of(0)), to_hex(colours_of(90)), to_hex(colours_of(270))
    ('#0072b2', '#e69f00', '#e69f00')
    """
    place = np.asarray(orientation, float) % 180.0 / 45.0
    low = np.floor(place).astype(int)
    share = (place - low)[..., None]
    return np.asarray((1 - share) * WHEEL[low % 4] + share * WHEEL[(low + 1) % 4])


def orientation_map(energy: Any, gabors: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the orientation in degrees and the strength at every pixel, (rows, columns) each.

    Parameters
    ----------
    energy : (filters, rows, columns) array >= 0
        As ``GaborBank.respond(image, "energy")`` returns it.
    gabors : GaborBank or sequence of Gabor
        The filters; their orientations have to be spread evenly for the strength to be that of orientation alone.

    Returns
    -------
    orientation : float64 array
        In [0, 180): half the angle of the sum of energy exp(2 i orientation).
    strength : float64 array
        The length of that sum.
    """
    filters = list(getattr(gabors, "gabors", gabors))
    e = np.asarray(energy)
    if e.ndim != 3 or len(e) != len(filters) or e.dtype.kind not in "fiu":
        raise DataError(f"plot.energy: energies ({len(filters)}, rows, columns) are needed; got {e.shape} of {e.dtype}")
    turns = np.exp(2j * np.deg2rad([gabor.orientation for gabor in filters]))
    total = np.tensordot(turns, e.astype(np.float64), 1)
    return np.rad2deg(np.angle(total)) / 2 % 180.0, np.abs(total)


@plotting.style()
def energy(values: Any, gabors: Any, *, gamma: float = 0.5, key: bool = True, ax: Axes | None = None) -> Axes:
    """Draw the orientation energy of an image: the colour is the orientation, its depth the strength.

    Parameters
    ----------
    values : (filters, rows, columns) array
        Energies, as ``bank.respond(image, "energy")`` returns them.
    gabors : GaborBank or sequence of Gabor
    gamma : float > 0, default 0.5
        Strengths are drawn to this power; 0.5 draws the amplitude.
    key : bool, default True
        Whether strokes beside the image say which colour stands for which direction of lines.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    checks.number("plot.energy", "gamma", gamma, "a number > 0", above=0)
    orientation, strength = orientation_map(values, gabors)
    low, high = np.percentile(strength, (LOW, HIGH))
    depth = np.clip((strength - low) / (high - low), 0, 1) ** gamma if high > low else np.zeros_like(strength)
    rows, columns = strength.shape
    ax = plotting.axes(ax, 5.0, 5.0 * rows / columns * (0.85 if key else 1.0) + 0.2)
    ax.imshow(1 + depth[..., None] * (colours_of(orientation) - 1), interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color=plotting.OUTLINE)
    if key:
        _key(ax)
    return ax


def _key(ax: Axes) -> None:
    """Add strokes to the right of `ax`, each in the colour of lines in its direction."""
    key = ax.inset_axes((1.02, 0.0, 0.16, 1.0))
    steps = np.arange(0.0, 180.0, 22.5)
    for k, orientation in enumerate(steps):
        bar = np.deg2rad(orientation + 90)
        reach = 0.38 * np.array([np.cos(bar), np.sin(bar)])
        key.plot([-reach[0], reach[0]], [k - reach[1], k + reach[1]], color=colours_of(orientation), linewidth=3)
        key.text(0.75, k, f"{orientation:g}°", va="center", fontsize=plotting.SMALL)
    key.set(xlim=(-0.5, 2.4), ylim=(len(steps) - 0.4, -0.6), aspect="equal", anchor="W")
    key.axis("off")


def _pixels(shape: tuple[int, ...]) -> tuple[float, float, float, float]:
    """Return the edges of a field, (left, right, bottom, top), its pixel size // 2 at 0."""
    rows, columns = shape
    left, top = -(columns // 2) - 0.5, -(rows // 2) - 0.5
    return left, left + columns, top + rows, top


def _columns(values: Any, count: int) -> int:
    """Return the number of orientations of a bank in which they repeat, or about the square root of the count."""
    different = len({round(gabor.orientation, 6) for gabor in getattr(values, "gabors", ())})
    return different if different > 1 and count % different == 0 else ceil(sqrt(count))
