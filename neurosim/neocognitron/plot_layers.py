"""Figures of a neocognitron's layers: their responses to an image, and what makes their cells answer.

Every function draws on `ax`, or on a new figure (``ax.figure`` of what it returns), and neither shows nor saves it.
"""

import re
from collections.abc import Mapping, Sequence
from math import ceil, floor, sqrt
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from neurosim import plotting
from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter

GAP, MOST = 0.08, 24
SYMBOL = re.compile("U?(0|G|[SC]?[0-9]+)")  # of a layer
STRENGTH, PAPER = "Blues", "Greys"  # of responses and of images, whose ink is 1


@plotting.style()
def responses(
    model: Any, image: Any = None, *, layers: Sequence[str] | None = None, classes: Sequence[Any] | None = None,
    most: int = MOST, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Draw the responses of every layer to one image, a row for each layer and a square for each cell plane.

    Parameters
    ----------
    model : fitted neocognitron, or mapping of str to (planes, rows, columns) array
        Of a model, ``model.responses`` of the image; of a mapping, its arrays under its names.
    image : (rows, columns) array, optional
        Needed with a model.
    layers : names of layers, optional
        Default: all.
    classes : sequence, optional
        Written above the planes of the last layer, where it is drawn last.
    most : int >= 1, default 24
        Planes drawn of a layer; where it has more, those that respond most, in the order of their numbers.
    ax : Axes, optional

    Returns
    -------
    Axes
        White is no response, dark the strongest of the layer, which is written beside it.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.neocognitron.plot_layers import responses
    >>> ax = responses({"U0": np.eye(4)[None], "S1": np.random.default_rng(0).random((3, 4, 4))})
    >>> [label.get_text().split() for label in ax.get_yticklabels()]
    [['$U_{0}$', '4', '×', '4'], ['$U_{S1}$:', '3', '4', '×', '4']]
    """
    checks.at_least("plot_layers.responses", "most", most, 1)
    found = layers_of(model, image)
    if layers is not None and (unknown := [name for name in layers if name not in found]):
        raise InvalidParameter("plot_layers.responses", "layers", unknown[0], f"one of {', '.join(found)}")
    rows = {name: found[name] for name in (found if layers is None else layers)}
    if not rows:
        raise InvalidParameter("plot_layers.responses", "layers", layers, f"some of {', '.join(found)}")
    classes = _of_last(classes, found, list(rows)[-1])
    shown = {name: strongest(planes, most) for name, planes in rows.items()}
    columns = max(map(len, shown.values()))
    above = 0.0 if classes is None else 0.34
    width = min(9.0, 1.9 + 0.62 * columns)
    ax = plotting.axes(ax, width, 0.2 + (width - 1.9) * (len(rows) * (1 + GAP) + above) / (columns * (1 + GAP)))
    for row, (name, planes) in enumerate(rows.items()):
        top = row * (1 + GAP) + (above if row == len(rows) - 1 else 0.0)
        most_here = float(planes.max())
        tiles(ax, planes[shown[name]], top, cmap=PAPER if name == "U0" else STRENGTH, vmin=0, vmax=most_here or 1.0)
        ax.text(columns * (1 + GAP), top + 0.5, f"max {most_here:.2g}", va="center", fontsize=plotting.SMALL - 1)
    if classes is not None:
        _above(ax, [str(classes[k]) for k in shown[name]], (len(rows) - 1) * (1 + GAP) + above)
    high = len(rows) * (1 + GAP) - GAP + above
    plotting.bare(ax, np.array([[0.0, 0.0], [columns * (1 + GAP) + (0.9 if columns > 8 else 0.6), high]]))
    places = [row * (1 + GAP) + 0.5 + (above if row == len(rows) - 1 else 0.0) for row in range(len(rows))]
    ax.set_yticks(places, [_called(name, planes, most) for name, planes in rows.items()])
    ax.tick_params(length=0)
    return ax


@plotting.style()
def patterns(
    pictures: Any, *, titles: Sequence[Any] | None = None, columns: int | None = None, signed: bool = False,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Draw one picture of each cell plane: its weights, what it was taught, or what its cells prefer.

    Parameters
    ----------
    pictures : (planes, rows, columns) array
        As `preferred` returns them.
    titles : sequence, one a plane, optional
        Written above.
    columns : int >= 1, optional
        Planes side by side; default: about twice as many as rows.
    signed : bool, default False
        Whether pictures have both signs: red is positive and blue negative. Otherwise white is 0.
    ax : Axes, optional

    Returns
    -------
    Axes
        The largest value of each plane has the full colour.
    """
    stack = np.asarray(pictures, float)
    if stack.ndim != 3 or not stack.size or not np.isfinite(stack).all():
        raise DataError(
            f"plot_layers.patterns: pictures (planes, rows, columns) of finite numbers are needed; got {stack.shape}"
        )
    if titles is not None and len(titles) != len(stack):
        raise InvalidParameter("plot_layers.patterns", "titles", list(titles), f"{len(stack)} titles")
    columns = min(len(stack), ceil(sqrt(2 * len(stack)))) if columns is None else columns
    checks.at_least("plot_layers.patterns", "columns", columns, 1)
    most = np.abs(stack).max(axis=(1, 2), keepdims=True)
    scaled = stack / np.where(most > 0, most, 1.0)
    step = 1 + GAP + (0.0 if titles is None else 0.34)
    rows = ceil(len(stack) / columns)
    width = min(9.0, max(2.0, 0.55 * columns))
    ax = plotting.axes(ax, width, 0.1 + width * rows * step / (columns * (1 + GAP)))
    look: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -1} if signed else {"cmap": PAPER, "vmin": 0}
    for row in range(rows):
        some = slice(row * columns, (row + 1) * columns)
        top = row * step + step - 1 - GAP
        tiles(ax, scaled[some], top, vmax=1, **look)
        if titles is not None:
            _above(ax, [str(title) for title in titles[some]], top)
    return plotting.bare(ax, np.array([[0.0, 0.0], [columns * (1 + GAP) - GAP, rows * step - GAP]]))


def preferred(
    images: Any, responses: Any, *, window: int, stride: int = 1, first: float | None = None, best: int = 10
) -> NDArray[np.float64]:  # fmt: skip
    """Return what the cells of each plane answer most: the mean of the parts of images that excite them.

    Of each image the place of a plane's strongest response counts, and of these the `best` of all images, each
    weighted by its response. A part is what the cell's receptive field sees of the image.

    Parameters
    ----------
    images : (n, rows, columns) array
    responses : (n, planes, rows, columns) array
        Of one layer to the images.
    window : int >= 1
        Rows and columns of a receptive field in pixels.
    stride : int >= 1, default 1
        Distance of neighbouring cells in pixels.
    first : float, optional
        Pixel, from 0, on which the middle of the first cell's receptive field lies, as `receptive_fields` returns it;
        rows and columns alike. Default: the middle of the plane lies over the middle of the image.
    best : int >= 1, default 10
        Images that count.

    Returns
    -------
    float64 array, shape (planes, window, window)
        0 for planes that answer none of the images. Outside an image there is 0.
    """
    x, u = np.asarray(images, float), np.asarray(responses, float)
    if x.ndim != 3 or u.ndim != 4 or len(u) != len(x) or not len(x):
        raise DataError(
            "plot_layers.preferred: images (n, rows, columns) and responses (n, planes, rows, columns) are needed; got "
            f"{x.shape} and {u.shape}"
        )
    if not (np.isfinite(x).all() and np.isfinite(u).all()):
        raise DataError("plot_layers.preferred: images and responses must be finite numbers")
    if first is not None:
        checks.number("plot_layers.preferred", "first", first, "a number of pixels")
    for name, value in (("window", window), ("stride", stride), ("best", best)):
        checks.at_least("plot_layers.preferred", name, value, 1)
    padded = np.pad(x, ((0, 0), (window, window), (window, window)))
    flat = u.reshape(*u.shape[:2], -1)
    strength, place = flat.max(axis=2), flat.argmax(axis=2)
    found = np.zeros((u.shape[1], window, window))
    for plane in range(u.shape[1]):
        order = np.argsort(-strength[:, plane], kind="stable")[:best]
        for n in order[strength[order, plane] > 0]:
            at = np.unravel_index(place[n, plane], u.shape[2:])
            corner = [_corner(int(at[k]), u.shape[2 + k], x.shape[1 + k], window, stride, first) for k in (0, 1)]
            part = padded[n, corner[0] : corner[0] + window, corner[1] : corner[1] + window]
            found[plane] += strength[n, plane] / strength[order, plane].sum() * part
    return found


def receptive_fields(layers: Any) -> dict[str, tuple[int, int, float]]:
    """Return where and how far each layer sees the first one, in pixels.

    Parameters
    ----------
    layers : sequence of (SLayer, CLayer)

    Returns
    -------
    dict of str to (window, stride, first)
        Of S1, C1, S2 ...: the width of a cell's receptive field, the distance to its neighbour's, and the pixel on
        which the middle of the first cell's lies, counted from 0 and below 0 outside the image. See `preferred`.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.neocognitron.plot_layers import receptive_fields
    >>> from neurosim.neocognitron.recipe import CLayer, Pool, SLayer
    >>> s = SLayer.subtractive(np.zeros((5, 5, 1, 3)), np.ones((5, 5)), 2, 0.5)
    >>> receptive_fields([(s, CLayer(np.ones((3, 3)), 2, 1, Pool.MAX))])
    {'S1': (5, 1, 0.0), 'C1': (7, 2, 0.0)}
    """
    found, window, stride, first = {}, 1, 1, 0.0
    for number, stage in enumerate(layers, 1):
        for kind, layer, step in zip("SC", stage, (1, stage[1].stride), strict=True):
            window += (layer.window - 1) * stride
            first += ((layer.window - 1) / 2 - layer.pad) * stride
            stride *= step
            found[f"{kind}{number}"] = window, stride, first
    return found


def layers_of(model: Any, image: Any = None) -> dict[str, NDArray[Any]]:
    """Return the responses of a model's layers to one image, each (planes, rows, columns), by the layers' names."""
    owner = "plot_layers.responses"
    if not isinstance(model, Mapping):
        if not hasattr(model, "responses"):
            raise InvalidParameter(owner, "model", model, "a neocognitron or a mapping of names to layers")
        if image is None or np.ndim(image) != 2:
            shape = None if image is None else np.shape(image)
            raise InvalidParameter(owner, "image", shape, "one image (rows, columns) with a model")
        answered = named(model.responses(np.asarray(image)[None]))
        model = {"U0": np.asarray(image)[None]} | {name: planes[0] for name, planes in answered.items()}
    found = {str(name): np.asarray(planes, float) for name, planes in model.items()}
    bad = [name for name, planes in found.items() if planes.ndim != 3 or not planes.size]
    if bad or not found:
        what = f"{bad[0]} of shape {found[bad[0]].shape}" if bad else "no layer"
        raise DataError(f"{owner}: layers of shape (planes, rows, columns) are needed; got {what}")
    if endless := [name for name, planes in found.items() if not np.isfinite(planes).all()]:
        raise DataError(f"{owner}: layers of finite numbers are needed; {endless[0]} has others")
    return found


def _of_last(classes: Sequence[Any] | None, found: Mapping[str, NDArray[Any]], lowest: str) -> Sequence[Any] | None:
    """Return the classes if the last layer is drawn last."""
    last = list(found)[-1]
    if classes is not None and len(classes) != len(found[last]):
        wanted = f"{len(found[last])} names, one for each plane of {last}"
        raise InvalidParameter("plot_layers.responses", "classes", list(classes), wanted)
    return classes if lowest == last else None


def named(layers: Any) -> dict[str, NDArray[Any]]:
    """Return what ``responses(images)`` gives by the layers' names; where they have none: layer 1, layer 2 ..."""
    if isinstance(layers, Mapping):
        return dict(layers)
    return {f"layer {number}": planes for number, planes in enumerate(layers, 1)}


def strongest(planes: NDArray[Any], most: int) -> NDArray[np.int64]:
    """Return the numbers of the `most` planes that respond most, ascending."""
    return np.sort(np.argsort(-planes.reshape(len(planes), -1).max(axis=1), kind="stable")[:most])


def tiles(ax: Axes, pictures: NDArray[Any], top: float, *, tall: float = 1.0, **look: Any) -> None:
    """Draw pictures in a row, each 1 wide, `tall` high and with a frame."""
    for k, picture in enumerate(pictures):
        left = k * (1 + GAP)
        ax.imshow(picture, extent=(left, left + 1, top + tall, top), interpolation="nearest", **look)
    frames = [Rectangle((k * (1 + GAP), top), 1, tall) for k in range(len(pictures))]
    ax.add_collection(PatchCollection(frames, facecolor="none", edgecolor=plotting.OUTLINE, linewidth=0.5))


def _above(ax: Axes, texts: Sequence[str], top: float) -> None:
    """Write texts above the squares of a row."""
    for k, text in enumerate(texts):
        ax.text(k * (1 + GAP) + 0.5, top - 0.05, text, ha="center", va="bottom", fontsize=plotting.SMALL - 1)


def _called(name: str, planes: NDArray[Any], most: int) -> str:
    """Return a layer's name, the number of its planes and their size."""
    known = SYMBOL.fullmatch(name)
    symbol = f"$U_{{{known[1]}}}$" if known else name
    count, rows, columns = planes.shape
    several = "" if count == 1 else f": {most} of {count}" if count > most else f": {count}"
    return f"{symbol}{several}\n{rows} × {columns}"


def _corner(at: int, cells: int, pixels: int, window: int, stride: int, first: float | None) -> int:
    """Return the first pixel that a cell sees, in an image with `window` pixels of margin."""
    start = (pixels - 1) / 2 - stride * (cells - 1) / 2 if first is None else first
    corner = floor(start + stride * at - (window - 1) / 2 + 0.5)
    return int(np.clip(corner, -window, pixels)) + window
