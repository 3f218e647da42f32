"""The first layers of the deep neocognitrons: images on a field, contrast, and edges of all directions."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.core.errors import InvalidParameter
from neurosim.core.jit import one_blas_thread
from neurosim.neocognitron.layers import gaussian, s_cells
from neurosim.neocognitron.recipe import Inhibition, SLayer

DIRECTIONS = 16
THETA = 0.5  # of the edge-extracting cells: a neighbouring direction, 22.5 degrees away, gets 0.85 of the response
GRADIENT = 9, 1.5  # window and width of the Gaussian whose derivative is taken, cells
CONTRAST = 7, 1.0, 2.0  # window, widths of centre and surround, cells
EDGE = 7, 2.0  # window and width of the cells that learn an edge of two contrast planes, cells


def on_field(images: NDArray, scale: float, field: int) -> NDArray[np.float32]:
    """Return images enlarged and in the middle of a square field.

    Parameters
    ----------
    images : (n, rows, columns) array
    scale : float > 0
        Cells of the field per pixel, by linear interpolation; below 1 neighbouring pixels are averaged.
    field : int >= scale times rows and columns
        Rows and columns of the field; what the image does not cover is 0.

    Returns
    -------
    (n, field, field, 1) float32 array, planes last

    Examples
    --------
    >>> import numpy as np
    >>> on_field(np.ones((1, 1, 2)), 2, 4)[0, :, :, 0].tolist()
    [[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]]
    """
    rows, columns = (_resampling(size, scale, field) for size in images.shape[1:])
    with one_blas_thread():
        u = rows @ images.astype(np.float32, copy=False) @ columns.T
    return np.ascontiguousarray(u[..., None])


def _resampling(size: int, scale: float, field: int) -> NDArray[np.float32]:
    """Return the matrix (field, size) that enlarges a row of an image."""
    cells = max(1, round(size * scale))
    at = (np.arange(cells) + 0.5) * size / cells - 0.5
    near = min(cells / size, 1.0)
    weights = np.maximum(1 - near * np.abs(np.clip(at, 0, size - 1)[:, None] - np.arange(size)), 0)
    matrix, first = np.zeros((field, size), np.float32), (field - cells) // 2
    matrix[first : first + cells] = weights / weights.sum(axis=1, keepdims=True)
    return matrix


def contrast_layer() -> SLayer:
    """Return cells with on- and off-centre receptive fields: differences of Gaussians, rectified (planes 0 and 1)."""
    size, centre, surround = CONTRAST
    inner, outer = gaussian(size, centre), gaussian(size, surround)
    on = inner / inner.sum() - outer / outer.sum()
    a = np.stack([on, -on], axis=2)[:, :, None].astype(np.float32)
    return SLayer(a, np.ones(2, np.float32), np.ones((size, size), np.float32), size // 2, Inhibition.THRESHOLD)


def gradient_layer() -> SLayer:
    """Return linear cells that measure the slope of a smoothed image along columns (plane 0) and rows (plane 1)."""
    size, width = GRADIENT
    at = np.arange(size) - (size - 1) / 2
    along = gaussian(size, width) * at
    along /= (along * at).sum()
    a = np.stack([along, along.T], axis=2)[:, :, None].astype(np.float32)
    return SLayer(a, np.ones(2, np.float32), np.ones((size, size), np.float32), size // 2, Inhibition.NONE)


def edges_of_slopes() -> SLayer:
    """Return S-cells of 16 directions e over the two planes g of slopes: phi(g e - theta |g|) / (1 - theta)."""
    angles = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    e = np.stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    return SLayer.subtractive(e[None, None], np.ones((1, 1), np.float32), 0, THETA)


def edge_patches() -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return straight edges of 16 directions, seen through `contrast_layer`, and how S-cells weigh their places.

    Returns
    -------
    patches : (16, 7, 7, 2)
    c : (7, 7)
    """
    size, width = EDGE
    margin = CONTRAST[0] // 2  # so that no cell of the window sees beyond the edge's picture
    at = np.arange(size + 2 * margin) - (size - 1) / 2 - margin
    angles = 2 * np.pi * np.arange(DIRECTIONS)[:, None, None] / DIRECTIONS
    across = np.cos(angles) * at[None, None, :] + np.sin(angles) * at[None, :, None]
    seen = s_cells(np.clip(across + 0.5, 0, 1).astype(np.float32)[..., None], contrast_layer())
    return seen[:, margin:-margin, margin:-margin], gaussian(size, width)


def auto_scale(shape: tuple[int, int], field: int) -> float:
    """Return the scale at which the longer side of an image takes 7/8 of the field: 2 for 28 pixels on 64 cells."""
    return math.floor(7 * field / 8) / max(shape)


def rows_of(X: Any) -> tuple[Any, tuple[int, ...] | None]:
    """Return images as rows, and their shape if they had one, (rows, columns); integers become float32."""
    if isinstance(X, list | tuple):
        X = np.asarray(X)
    if isinstance(X, np.ndarray) and X.dtype.kind in "biu":
        X = X.astype(np.float32)
    if getattr(X, "ndim", 2) != 3:
        return X, None
    images = np.asarray(X)
    return images.reshape(len(images), math.prod(images.shape[1:])), images.shape[1:]


def shape_of(features: int, shape: Any) -> tuple[int, int]:
    """Return the rows and columns of images of so many numbers: those given, or a square, or a single line."""
    if shape is None:
        side = math.isqrt(features)
        return (side, side) if side * side == features else (1, features)
    try:
        rows, columns = (int(size) for size in shape)
    except (TypeError, ValueError):
        rows = columns = 0
    if min(rows, columns) < 1 or rows * columns != features:
        raise InvalidParameter("Neocognitron2013", "image_shape", shape, f"(rows, columns) of {features} numbers")
    return rows, columns
