"""Pictures of what a network has learned and of what it makes of a sample: filters, feature maps, reconstructions.

Every function draws on `ax`, or on a new figure (``ax.figure`` of what it returns), and neither shows nor saves it.
"""

from collections.abc import Mapping, Sequence
from math import ceil, gcd, isqrt
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle

from neurosim import plotting
from neurosim.cnn.structure import Pad2D
from neurosim.core.errors import DataError, InvalidParameter

GAP = 0.1  # between pictures, in widths of a picture
MOST = 16  # pictures in a row
MOST_ROWS = 16


@plotting.style()
def filters(
    weights: Any,
    layer: str | None = None,
    *,
    shape: tuple[int, int] | None = None,
    columns: int | None = None,
    names: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the weights of a layer as pictures, all on one scale of colours with 0 in the middle.

    Parameters
    ----------
    weights : network, fitted estimator, or array
        The layer's of a network or an estimator, or (maps, channels, height, width), (maps, height, width), or, of
        dense units, (inputs, units).
    layer : str, optional
        Name of a layer of the network; default: the first that has weights to draw.
    shape : (height, width), optional
        Of the pictures that the inputs of dense units are; default: as the input of the network, or square.
    columns : int >= 1, optional
        Pictures in a row, of filters on one channel; default: about as many as rows.
    names : one str a picture, optional
    ax : Axes, optional

    Returns
    -------
    Axes
        Of filters on several channels a column for each filter and a row for each channel. Of more than 16 rows or
        columns the first 16 are drawn.

    Raises
    ------
    DataError
        If the weights are no pictures.
    """
    weights = getattr(weights, "network_", weights)
    if hasattr(weights, "parameters"):
        layer, kernels = _of_layer(weights, layer, shape)
    else:
        kernels = _kernels(weights, shape)
    channels, *size = kernels.shape[1:]
    if channels > 1:
        kernels = kernels[:MOST, :MOST_ROWS].swapaxes(0, 1)
        columns = kernels.shape[1]
    pictures = kernels.reshape(-1, *size)
    if names is not None and len(names) != len(pictures):
        raise InvalidParameter("plot_filters.filters", "names", list(names), f"{len(pictures)} names, one a picture")
    columns = min(columns or _columns(len(pictures)), len(pictures))
    pictures = pictures[: MOST_ROWS * columns]
    rows, tall, between = ceil(len(pictures) / columns), size[0] / size[1], GAP if names is None else 0.3
    ax = _table_axes(ax, rows, columns, tall, extra=between - GAP)
    largest = float(np.abs(pictures).max()) or 1.0
    look = {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest}
    image = _tile(ax, pictures, columns, look, between=between)
    for k, name in enumerate(names or ()):
        place = (k % columns) * (1 + GAP) + 0.5, (k // columns) * (tall + between) - 0.04
        ax.text(*place, name, ha="center", va="bottom", fontsize=plotting.SMALL)
    above = 0.0 if names is None else -between
    plotting.bare(ax, np.array([[0.0, above], [columns * (1 + GAP) - GAP, rows * (tall + between) - between]]))
    if channels > 1:
        ax.set(xlabel="map", ylabel="channel")
    else:
        ax.set_xlabel("maps, row by row" if len(pictures) > columns else "map")
    if layer is not None:
        ax.set_title(f"weights of {layer}")
    plotting.colour_bar(ax, image, "weight")
    return ax


@plotting.style()
def feature_maps(
    values: Any, sample: Any = None, *, layers: Sequence[str] | None = None, most: int = MOST, ax: Axes | None = None
) -> Axes:
    """Draw what the layers of a network make of one sample, a row for each layer.

    Parameters
    ----------
    values : network, fitted estimator, or mapping of str to (channels, height, width) array
        Of a network or an estimator those that it computes from `sample`.
    sample : (channels, height, width) or (height, width) array, optional
        Needed with a network; drawn as the first row. One sample, not a batch.
    layers : names of layers, optional
        Default: all whose values are maps of more than one place, but for those that only add a margin.
    most : int >= 1, default 16
        Maps drawn of a layer.
    ax : Axes, optional

    Returns
    -------
    Axes
        Every row has colours of its own, from its least value, dark, to its largest.
    """
    rows = _maps(values, sample, layers)
    if not rows:
        raise DataError("plot_filters.feature_maps: no layer has maps of more than one place")
    table = {f"{name}\n{len(m)} × {m.shape[1]}×{m.shape[2]}": m[:most] for name, m in rows.items()}
    looks: list[dict[str, Any]] = [{"vmin": float(m.min()), "vmax": float(m.max())} for m in rows.values()]
    for name, look in zip(rows, looks, strict=True):
        look["cmap"] = "gray" if name == "input" else "viridis"
    return _rows(ax, table, looks)


@plotting.style()
def reconstructions(
    pictures: Mapping[str, Any], shape: tuple[int, int] | None = None, *, cmap: str = "gray", ax: Axes | None = None
) -> Axes:
    """Draw pictures and what autoencoders make of them, below one another.

    Parameters
    ----------
    pictures : mapping of str to (n, height * width) or (n, height, width) array
        A row each: the samples, what they were turned into, the reconstructions of one or more models.
    shape : (height, width), optional
        Of a picture; default: as the arrays say, or square.
    cmap : str, default "gray"
        Colour map; all rows have the range of the first.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    rows = {name: _pictures("reconstructions", values, shape) for name, values in pictures.items()}
    if not rows or len({len(row) for row in rows.values()}) != 1:
        raise DataError("plot_filters.reconstructions: one picture of every sample is needed in each row")
    first = next(iter(rows.values()))
    look = {"cmap": cmap, "vmin": float(first.min()), "vmax": float(first.max())}
    return _rows(ax, rows, [look] * len(rows))


def drawable(network: Any) -> list[str]:
    """Return the names of a network's layers whose weights `filters` can draw."""
    names: list[str] = []
    for name, values in network.parameters.items():
        layer, _, what = name.rpartition(".")
        if what == "weights" and (np.ndim(values) == 4 or (np.ndim(values) == 2 and not names)):
            names.append(layer)
    return names


def _columns(n: int) -> int:
    """Return how many of n pictures stand in a row: about as many as rows, and none is missing if that can be."""
    least = min(MOST, isqrt(max(n - 1, 0)) + 1)
    return next((k for k in range(least, min(MOST, 2 * least) + 1) if n % k == 0), least)


def _of_layer(network: Any, layer: str | None, shape: tuple[int, int] | None) -> tuple[str, np.ndarray]:
    """Return the name of a layer and pictures of its weights, (maps, channels, height, width)."""
    known = drawable(network)
    if not known or (layer is not None and f"{layer}.weights" not in network.parameters):
        wanted = f"a layer with weights to draw: {', '.join(known)}" if known else "given for a network with weights"
        raise InvalidParameter("plot_filters.filters", "layer", layer, wanted)
    layer = known[0] if layer is None else layer
    weights = network.parameters[f"{layer}.weights"]
    channels, *size = tuple(network.input_shape) if len(network.input_shape) == 3 else (0,)
    if shape is None and channels == 1 and np.ndim(weights) == 2 and len(weights) == np.prod(size):
        shape = (int(size[0]), int(size[1]))
    return layer, _kernels(weights, shape)


def _kernels(weights: Any, shape: tuple[int, int] | None) -> np.ndarray:
    """Return pictures of weights, (maps, channels, height, width)."""
    array = np.asarray(weights, float)
    array = _pictures("filters", array.T, shape) if array.ndim == 2 else array
    array = array[:, None] if array.ndim == 3 else array
    if array.ndim != 4 or not array.size:
        raise DataError(f"plot_filters.filters: weights of shape {np.shape(weights)} are no pictures")
    return array


def _pictures(owner: str, values: Any, shape: tuple[int, int] | None) -> np.ndarray:
    """Return values as pictures, (n, height, width)."""
    array = np.asarray(values, float)
    if array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 3 and shape is None:
        return array
    array = array.reshape(len(array), -1)
    side = isqrt(array.shape[1])
    high, wide = shape or (side, side)
    if high * wide != array.shape[1]:
        wanted = f"(height, width) with height * width = {array.shape[1]}"
        raise InvalidParameter(f"plot_filters.{owner}", "shape", shape, wanted)
    return array.reshape(-1, high, wide)


def _maps(values: Any, sample: Any, layers: Sequence[str] | None) -> dict[str, np.ndarray]:
    """Return the maps of the layers to draw, each (channels, height, width); the sample is the first."""
    rows: dict[str, np.ndarray] = {}
    values = getattr(values, "network_", values)
    if sample is not None:
        picture = np.asarray(sample, float)
        if picture.ndim not in (2, 3):
            wanted = "one sample, (channels, height, width) or (height, width)"
            raise InvalidParameter("plot_filters.feature_maps", "sample", picture.shape, wanted)
        rows["input"] = picture[None] if picture.ndim == 2 else picture
    margins: set[str] = set()
    if hasattr(values, "activations"):
        if sample is None:
            raise InvalidParameter("plot_filters.feature_maps", "sample", sample, "given with a network")
        margins = {name for name, node in values.nodes.items() if isinstance(node.layer, Pad2D)}
        values = _values(values, rows["input"])
    for name in [name for name in values if name not in margins] if layers is None else layers:
        if name not in values:
            raise InvalidParameter("plot_filters.feature_maps", "layers", name, f"one of {', '.join(values)}")
        maps = np.asarray(values[name], float)
        if maps.ndim == 3 and maps[0].size > 1 and name not in rows:
            rows[name] = maps
    return rows


def _values(network: Any, picture: np.ndarray) -> dict[str, np.ndarray]:
    """Return what the layers of a network make of one sample."""
    shape = tuple(network.input_shape)
    if picture.size != np.prod(shape):
        raise InvalidParameter("plot_filters.feature_maps", "sample", picture.shape, f"one sample of shape {shape}")
    values = network.activations(picture.astype(network.dtype).reshape(1, *shape))
    return {name: maps[0] for name, maps in values.items()}


def _rows(ax: Axes | None, rows: Mapping[str, np.ndarray], looks: Sequence[dict[str, Any]]) -> Axes:
    """Draw rows of pictures with their names."""
    columns = max(map(len, rows.values()))
    tall = max(pictures.shape[1] / pictures.shape[2] for pictures in rows.values())
    ax = _table_axes(ax, len(rows), columns, tall, beside=1.0)
    for row, (pictures, look) in enumerate(zip(rows.values(), looks, strict=True)):
        _tile(ax, pictures, len(pictures), look, top=row * (tall + GAP))
    plotting.bare(ax, np.array([[0.0, 0.0], [columns * (1 + GAP) - GAP, len(rows) * (tall + GAP) - GAP]]))
    ax.set_yticks(tall / 2 + (tall + GAP) * np.arange(len(rows)), list(rows))
    ax.tick_params(length=0)
    return ax


def _table_axes(
    ax: Axes | None, rows: int, columns: int, tall: float, *, extra: float = 0.0, beside: float = 0.9
) -> Axes:
    """Return `ax` or that of a new figure for a table of pictures `tall` times as high as wide."""
    width = min(0.8, 8.0 / columns)
    return plotting.axes(ax, beside + width * columns * (1 + GAP), 0.4 + width * rows * (tall + GAP + extra))


def mosaic(pictures: np.ndarray, columns: int, between: float = GAP) -> np.ndarray:
    """Return pictures (n, height, width) row by row as one, every pixel enlarged, with gaps of NaN.

    `between` is the gap between rows in widths of a picture; that between columns is GAP.
    """
    n, high, wide = pictures.shape
    zoom = _zoom(high, wide)
    pictures = pictures.repeat(zoom, axis=1).repeat(zoom, axis=2)
    rows, across, down = ceil(n / columns), round(GAP * wide * zoom), round(between * wide * zoom)
    table = np.full((rows, high * zoom + down, columns, wide * zoom + across), np.nan)
    for k, picture in enumerate(pictures):
        table[k // columns, : high * zoom, k % columns, : wide * zoom] = picture
    return table.reshape(table.shape[0] * table.shape[1], -1)[: -down or None, :-across]


def _zoom(high: int, wide: int) -> int:
    """Return how often a pixel is repeated: such that gaps are whole pixels, and finer than one of a small picture."""
    least = round(1 / GAP) // gcd(wide, round(1 / GAP))
    return least * ceil(40 / (least * max(high, wide)))


def _tile(
    ax: Axes, pictures: np.ndarray, columns: int, look: dict[str, Any], *, top: float = 0.0, between: float = GAP
) -> Any:
    """Draw pictures row by row, each 1 wide and with an outline, and return the image."""
    tall, wide = pictures.shape[1] / pictures.shape[2], _zoom(*pictures.shape[1:]) * pictures.shape[2]
    drawn = mosaic(pictures, columns, between)
    extent = (0, drawn.shape[1] / wide, top + drawn.shape[0] / wide, top)
    image = ax.imshow(drawn, extent=extent, interpolation="nearest", **look)
    places = [((k % columns) * (1 + GAP), top + (k // columns) * (tall + between)) for k in range(len(pictures))]
    outlines = [Rectangle(place, 1, tall) for place in places]
    ax.add_collection(PatchCollection(outlines, facecolor="none", edgecolor=plotting.OUTLINE, linewidth=0.5))
    return image
