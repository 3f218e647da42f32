"""The one look of all figures.

Nothing here keeps global state: figures are `matplotlib.figure.Figure` objects, never pyplot's, and the style holds
only while one of our functions draws. A function of a family's ``plot.py`` is decorated with ``@style()``, takes
``ax=None``, calls `axes` first and returns the Axes.
"""

import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import ceil, pi, sqrt
from pathlib import Path
from textwrap import wrap
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import BoundaryNorm, ListedColormap, to_rgb
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox

from neurosim.core.errors import InvalidParameter

# Okabe & Ito, "Color Universal Design" (2008)
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#F0E442", "#000000")
# the two more are as far from the eight as these are from each other, for the three kinds of colour blindness too
CLASS_COLOURS = (*COLOURS, "#661100", "#DDDDDD")
INK, OUTLINE = "#222222", "#CCCCCC"
FONT, SMALL, TITLE = "DejaVu Sans", 8, 10
LETTER = 0.62  # mean width of a letter, in font sizes
METADATA: dict[str, dict[str, Any]] = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}

STYLE: Any = {
    "axes.edgecolor": INK,
    "axes.facecolor": "white",
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.8,
    "axes.prop_cycle": f"cycler('color', {list(COLOURS)})",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": TITLE,
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "font.family": [FONT],
    "font.size": 9,
    "image.cmap": "viridis",
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "pdf.fonttype": 42,
    "savefig.facecolor": "auto",
    "svg.hashsalt": "neurosim",
    "text.color": INK,
    "text.usetex": False,
    "xtick.color": INK,
    "xtick.labelsize": SMALL,
    "ytick.color": INK,
    "ytick.labelsize": SMALL,
}


@contextmanager
def style() -> Iterator[None]:
    """Let matplotlib draw in our style: a context manager and a decorator.

    Examples
    --------
    >>> import matplotlib
    >>> from neurosim import plotting
    >>> with plotting.style():
    ...     matplotlib.rcParams["axes.spines.top"]
    False
    """
    with matplotlib.rc_context(STYLE):
        yield


@style()
def figure(width: float = 5.0, height: float = 4.0) -> Figure:
    """Return an empty figure of `width` x `height` inches whose parts are laid out without overlap."""
    return Figure(figsize=(width, height), layout="constrained")


def axes(ax: Axes | None, width: float = 5.0, height: float = 4.0) -> Axes:
    """Return `ax` in our style, or the Axes of a new figure of `width` x `height` inches if it is None."""
    if ax is None:
        with style():
            return figure(width, height).add_subplot()
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=SMALL, color=INK, labelcolor=INK, labelfontfamily=FONT)
    for text, size in ((ax.title, TITLE), (ax.xaxis.label, 9), (ax.yaxis.label, 9)):
        text.set(fontsize=size, color=INK, fontfamily=FONT)
    return ax


def polygons(positions: np.ndarray, *, hexagonal: bool, size: float = 1.0) -> np.ndarray:
    """Return the outlines of the cells around `positions` (n, 2), shape (n, 4 or 6, 2).

    Squares of side `size`, or hexagons with a corner on top that touch their six neighbours at distance `size`.
    """
    if hexagonal:
        angle = pi / 6 + np.arange(6) * pi / 3
        corners = np.stack([np.cos(angle), np.sin(angle)], axis=1) / sqrt(3)
    else:
        corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    return positions[:, None] + size * corners


def bare(ax: Axes, outlines: np.ndarray) -> Axes:
    """Turn `ax` into a map: equal scales, y downwards, no frame, no ticks.

    Parameters
    ----------
    ax : Axes
    outlines : (..., 2) array
        Points (x, y) that the limits enclose.
    """
    points = outlines.reshape(-1, 2)
    (left, top), (right, bottom) = points.min(axis=0) - 0.03, points.max(axis=0) + 0.03
    ax.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[])
    ax.set_aspect("equal")
    ax.spines[:].set_visible(False)
    return ax


def colour_bar(ax: Axes, mappable: ScalarMappable, label: str = "", *, ticks: int = 6, whole: bool = False) -> Colorbar:
    """Add a colour bar as tall as `ax` to its right.

    Parameters
    ----------
    ax : Axes
    mappable : ScalarMappable
        What the colours stand for, e.g. the collection drawn in `ax`.
    label : str
        The quantity and, where it has one, its unit.
    ticks : int >= 2
        About how many.
    whole : bool
        Whether the values are counts, so that ticks are whole numbers.
    """
    bar = ax.figure.colorbar(mappable, ax=ax)
    bar.ax.set_box_aspect(None)
    bar.ax.set_axes_locator(_beside(ax))
    bar.locator = MaxNLocator(ticks - 1, integer=whole, steps=[1, 2, 5, 10])
    bar.update_ticks()
    bar.outline.set_visible(False)
    axes(bar.ax)
    bar.set_label(label)
    return bar


def _beside(ax: Axes) -> Callable[[Any, Any], Bbox]:
    """Return the place of a colour bar: `ax` may be smaller than its share of the page, to keep its scales equal."""

    def place(bar: Any, _renderer: Any) -> Bbox:
        bar.set_box_aspect(None)  # the layout sets it anew
        ax.apply_aspect()
        box = ax.get_position()
        return Bbox.from_bounds(box.x1 + 0.02 * box.width, box.y0, 0.045 * box.width, box.height)

    return place


def class_colours(n: int) -> np.ndarray:
    """Return n colours (n, 3), red, green, blue in [0, 1]: fixed and distinct up to 10, beyond along viridis."""
    if n <= len(CLASS_COLOURS):
        return np.array([to_rgb(colour) for colour in CLASS_COLOURS[:n]])
    return matplotlib.colormaps["viridis"](np.linspace(0.0, 1.0, n))[:, :3]


def ink_on(colours: np.ndarray) -> list[str]:
    """Return "black" or "white" for each colour (n, 4), red, green, blue, opacity on white: what reads best there."""
    seen = 1.0 + colours[:, 3:] * (colours[:, :3] - 1.0)
    linear = np.where(seen <= 0.04045, seen / 12.92, ((seen + 0.055) / 1.055) ** 2.4)
    luminance = linear @ (0.2126, 0.7152, 0.0722)
    return ["black" if value > 0.18 else "white" for value in luminance]


def abbreviate(names: Sequence[str], longest: int = 3) -> list[str]:
    """Return short forms that differ: the names' beginnings, or numbers from 0 where these would be too long.

    Examples
    --------
    >>> abbreviate(["setosa", "versicolor", "virginica"])
    ['se', 've', 'vi']
    >>> abbreviate(["class_0", "class_1"])
    ['0', '1']
    """
    if max(map(len, names)) <= longest:
        return list(names)
    for letters in range(1, longest + 1):
        short = [name[:letters] for name in names]
        if len(set(short)) == len(short):
            return short
    return [str(number) for number in range(len(names))]


def classes(y: np.ndarray, target_names: Sequence[str] | None = None) -> tuple[np.ndarray, list[str]]:
    """Return the class of every label as a number from 0, shape (samples,), and the classes' names.

    `target_names` name the labels 0, 1, ... if labels are integers, and otherwise the sorted labels.
    """
    found, code = np.unique(y, return_inverse=True)
    if target_names is None:
        return code, [f"{label:g}" if found.dtype.kind == "f" else str(label) for label in found]
    if found.dtype.kind in "iu" and found[0] >= 0 and found[-1] < len(target_names):
        return y, [str(name) for name in target_names]
    if len(found) != len(target_names):
        wanted = f"one name for each of the {len(found)} classes"
        raise InvalidParameter("plot.labels", "target_names", target_names, wanted)
    return code, [str(name) for name in target_names]


def write(ax: Axes, places: np.ndarray, texts: Sequence[str], colours: np.ndarray) -> None:
    """Write texts at `places` (n, 2), centred, small enough for cells of width 1 that are filled with `colours`."""
    widest = LETTER * max(map(len, texts))
    size = min(TITLE, 0.85 * points_per_unit(ax) / max(widest, 1.0))
    for (x, y), text, ink in zip(places, texts, ink_on(colours), strict=True):
        ax.text(x, y, text, color=ink, fontsize=size, ha="center", va="center_baseline", fontfamily=FONT)


def explain(ax: Axes, short: Sequence[str], names: Sequence[str]) -> None:
    """Add a bar to the right of `ax` that says which name each abbreviation and class colour stands for."""
    n = len(names)
    scale = ScalarMappable(BoundaryNorm(np.arange(n + 1) - 0.5, n), ListedColormap(class_colours(n)))
    bar = colour_bar(ax, scale)
    bar.set_ticks(list(range(n)), labels=[f"{brief}  {name}" for brief, name in zip(short, names, strict=True)])
    bar.ax.tick_params(length=0)
    bar.ax.minorticks_off()
    bar.ax.invert_yaxis()


def side_by_side(pictures: np.ndarray, cell_height: float = 1.0) -> np.ndarray:
    """Return pictures (n, height, width) in one row, each in the middle of a cell 1 wide, with gaps of NaN."""
    n, height, width = pictures.shape
    zoom = ceil(40 / max(height, width))  # for gaps finer than a pixel of a small picture
    pictures = pictures.repeat(zoom, axis=1).repeat(zoom, axis=2)
    side = 1.08 * zoom * max(width, height / cell_height)
    down, across = round(side * cell_height), round(side)
    top, left = (down - height * zoom) // 2, (across - width * zoom) // 2
    cells = np.full((n, down, across), np.nan, pictures.dtype)
    cells[:, top : top + height * zoom, left : left + width * zoom] = pictures
    return cells.transpose(1, 0, 2).reshape(down, n * across)


def fold(text: str, points: float, size: float = TITLE) -> str:
    """Return `text` on at most two lines that fit into a width in points, its end left out if need be."""
    letters = max(3, int(points / (LETTER * size)))
    return "\n".join(wrap(text, letters, max_lines=2, placeholder="…"))


def points_per_unit(ax: Axes) -> float:
    """Return about how many points one unit of the data takes on `ax`, the smaller of x and y."""
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    pixels = min(ax.bbox.width / abs(right - left), ax.bbox.height / abs(top - bottom))
    return float(72.0 * pixels / ax.figure.dpi)


def width_of(place: Figure | SubFigure) -> float:
    """Return the width of a figure or a part of one in inches."""
    return float(place.bbox.width / place.dpi)


def save(figure: Figure, path: str | os.PathLike[str], *, dpi: float = 150) -> Path:
    """Write a figure to a .png, .svg or .pdf file; an existing file is replaced only when the new one is complete.

    Parameters
    ----------
    figure : Figure
    path : path
        Its ending chooses the format.
    dpi : float > 0
        Pixels per inch of a PNG and of the images inside the others.

    Raises
    ------
    InvalidParameter
        If the ending is another.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in METADATA:
        raise InvalidParameter("plotting.save", "path", str(path), f"a file name ending in {', '.join(METADATA)}")
    drawn = io.BytesIO()
    with style():
        figure.savefig(drawn, format=kind[1:], dpi=dpi, metadata=METADATA[kind])
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {path.parent}")
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(drawn.getvalue())
    os.replace(unfinished, path)
    return path
