"""Responses of layers of S- and C-cells to batches of images."""

from math import prod
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from neurosim.core import backend as backends
from neurosim.core import checks
from neurosim.core.contraction import writable
from neurosim.core.errors import DataError
from neurosim.neocognitron.recipe import CLayer, Pool, SLayer

FAMILY = "neocognitron"


def s_cells(u: NDArray, layer: SLayer, backend: str = "auto") -> NDArray:
    """Return the responses of a layer of S-cells.

    Parameters
    ----------
    u : (images, rows, columns, planes below), float32 or float64
        The layer below, planes last.
    layer : SLayer
    backend : "auto", "cpu" or "cuda"

    Returns
    -------
    (images, rows, columns, planes) array of u's dtype

    Raises
    ------
    DataError
        If the planes differ from the layer's, or are smaller than its window.
    """
    u = _checked(u, layer)
    work = prod(u.shape[:3]) * float(layer.a.size)
    return np.asarray(_kernels(backend, work).s_cells(u, layer))


def v_cells(u: NDArray, c: NDArray, pad: int, backend: str = "auto") -> NDArray:
    """Return the r.m.s. responses (images, rows, columns) of the inhibitory cells of a layer u, planes last.

    Parameters
    ----------
    c : (window, window) array
    pad : int
        Rows and columns of zeros around the layer.
    """
    u = _checked(u, None)
    _fits(CLayer(c, 1, pad, Pool.AVERAGE), *u.shape[1:3])
    return np.asarray(_kernels(backend, float(u.size)).v_cells(u, c, pad))


def c_cells(u: NDArray, layer: CLayer, backend: str = "auto") -> NDArray:
    """Return the responses of a layer of C-cells.

    Parameters
    ----------
    u : (images, rows, columns, S-planes), float32 or float64
        The responses of the S-cells, planes last.
    layer : CLayer
    backend : "auto", "cpu" or "cuda"

    Returns
    -------
    (images, rows, columns, planes) array of u's dtype
    """
    u = _checked(u, None)
    _fits(layer, *u.shape[1:3])
    _joins(layer, u.shape[3])
    return np.asarray(_kernels(backend, float(u.size) * layer.d.size).c_cells(u, layer))


def stage(u: NDArray, s: SLayer, c: CLayer, backend: str = "auto") -> NDArray:
    """Return the responses of C-cells to S-cells over a layer below, without keeping those of the S-cells."""
    u = _checked(u, s)
    _fits(c, *s.shape(*u.shape[1:3]))
    _joins(c, s.a.shape[3])
    work = prod(u.shape[:3]) * float(s.a.size)
    return np.asarray(_kernels(backend, work).stage(u, s, c))


def exponential(size: int, gamma: float, metric: str = "euclidean") -> NDArray[np.float64]:
    """Return gamma^|nu| over a window, nu counted from its middle; not normalised.

    Parameters
    ----------
    metric : "euclidean" or "cityblock"
    """
    checks.one_of("exponential", "metric", metric, ("euclidean", "cityblock"))
    at = np.abs(np.arange(size) - (size - 1) / 2)
    x, y = at[None, :], at[:, None]
    return np.asarray(gamma ** (np.hypot(x, y) if metric == "euclidean" else x + y))


def gaussian(size: int, sigma: float) -> NDArray[np.float64]:
    """Return a Gaussian of `sigma` cells over a window, largest value 1 (if the size is odd)."""
    at = np.arange(size) - (size - 1) / 2
    part = np.exp(-((at / sigma) ** 2) / 2)
    return np.outer(part, part)


def _kernels(backend: str, work: float) -> ModuleType:
    return backends.kernels(FAMILY, backends.choose(backend, FAMILY, work))


def _checked(u: NDArray, layer: SLayer | None) -> NDArray:
    """Return u as the kernels take it."""
    u = np.asarray(u)
    if u.dtype.kind not in "biuf":
        raise DataError(f"a layer has to hold real numbers, not {u.dtype}")
    if u.ndim != 4:
        raise DataError(f"a layer has to have the axes (images, rows, columns, planes), not the shape {u.shape}")
    if layer is not None:
        _fits(layer, *u.shape[1:3])
        if u.shape[3] != layer.a.shape[2]:
            raise DataError(f"a layer of {u.shape[3]} planes is below S-cells that take {layer.a.shape[2]}")
    return writable(u, np.float32 if u.dtype == np.float32 else np.float64)


def _joins(layer: CLayer, planes: int) -> None:
    if layer.joins is not None and len(layer.joins) != planes:
        raise DataError(f"{planes} S-planes are below C-cells that join {len(layer.joins)}")


def _fits(layer: SLayer | CLayer, rows: int, columns: int) -> None:
    if min(layer.shape(rows, columns)) < 1:
        raise DataError(f"planes of {rows} x {columns} cells with {layer.pad} zeros around are smaller than a window "
                        f"of {layer.window} x {layer.window}")  # fmt: skip
