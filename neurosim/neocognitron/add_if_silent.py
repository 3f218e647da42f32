"""Add-if-silent: a new cell where something is seen and nothing answers."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from neurosim.core import checks
from neurosim.core.errors import DataError
from neurosim.core.jit import one_blas_thread
from neurosim.neocognitron.layers import s_cells, v_cells
from neurosim.neocognitron.recipe import Inhibition, SLayer

CHUNK = 64
DOUBT = 1e-3  # similarities this close to the threshold, in float32, are computed again


def add_if_silent(
    features: NDArray,
    *,
    window: int,
    c: NDArray,
    pad: int,
    cells: int,
    theta: float,
    activity: float = 0.3,
    random_state: Any = None,
    chunk: int = CHUNK,
) -> NDArray:
    """Return the patches that the S-cells of a layer learn when images pass over the layer below once.

    At every place, s is the cosine between what a cell there sees and the patch that it learned, weighted by c. Where
    all cells are silent, s < theta, although the layer below is active, one more cell learns what is seen there, once
    and for good. Of several such places in an image the most active comes first; the new cell then counts for the
    others.

    Parameters
    ----------
    features : (images, rows, columns, planes) array
        Responses of the layer below, planes last, in the order in which they are shown.
    window : int
        Rows and columns that a cell sees.
    c : (window, window) array > 0
        Weights of the places; only their ratios count.
    pad : int
        Rows and columns of zeros around the layer below.
    cells : int >= 1
        Learning ends when there are so many.
    theta : float in (0, 1)
    activity : float in [0, 1), default 0.3
        A place is active where the r.m.s. response v of the layer below, weighted by c, exceeds this share of the
        largest v of the image.
    random_state
        Not used, as nothing is drawn at random: all learning rules are called alike.
    chunk : int >= 1, default 64
        Images that are compared with the cells together; the result does not depend on it.

    Returns
    -------
    (up to `cells`, window, window, planes) array
        What each cell learned, unchanged; places outside the layer are 0.

    Raises
    ------
    InvalidParameter, DataError
        If an argument is not as described, or no place of any image is active.

    References
    ----------
    K. Fukushima, "Training multi-layered neural network neocognitron", Neural Networks 40:18-31 (2013), for the
    principle; that it ends at a number of cells, and what is active, are ours.

    Examples
    --------
    >>> import numpy as np
    >>> images = np.zeros((3, 3, 3, 1))
    >>> images[0, 1, :], images[1, :, 1], images[2, 1, :] = 1, 1, 2  # a line, one across it, and the first again
    >>> options = {"window": 3, "c": np.ones((3, 3)), "pad": 0, "cells": 5, "theta": 0.7}
    >>> add_if_silent(images, **options)[..., 0].tolist()
    [[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]], [[0.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]]
    """
    features, c = floating("add_if_silent", features), np.asarray(c, dtype=np.float64)
    _check(features, window, c, pad, cells, theta, activity, chunk)
    learner = _Cells(features.shape[3], np.sqrt(c / c.sum()), pad, theta, activity)
    at, size = 0, 1
    with one_blas_thread():
        while at < len(features) and len(learner.patches) < cells:
            part = features[at : at + size]
            for u, silent in zip(part, learner.silent(part), strict=True):
                if silent.any():
                    learner.learn(u, silent, cells)
            at, size = at + size, min(2 * size, chunk)  # most cells come with the first images
    if not learner.patches:
        raise DataError("add_if_silent: no image excites the layer below: there is nothing to learn")
    return np.stack(learner.patches)


class _Cells:
    """The cells so far: the patches, and these times the root of c, of length 1."""

    def __init__(self, below: int, root: NDArray, pad: int, theta: float, activity: float) -> None:
        self.root, self.pad, self.theta, self.activity = root[:, :, None], pad, theta, activity
        self.window = len(root)
        self.patches: list[NDArray] = []
        self.units = np.empty((0, self.window * self.window * below))

    def silent(self, u: NDArray) -> NDArray[np.bool_]:
        """Return at which places (images, rows, columns) all cells may be silent."""
        c = self.root[..., 0] ** 2
        v = v_cells(u, c, self.pad)
        active = v > self.activity * v.max(axis=(1, 2), keepdims=True)
        if not self.patches:
            return active
        weighted = self.units.reshape(-1, *self.root.shape[:2], u.shape[3]) * self.root
        a = np.ascontiguousarray(np.moveaxis(weighted, 0, 3), u.dtype)
        layer = SLayer(a, np.ones(len(self.patches), u.dtype), c, self.pad, Inhibition.NONE)
        best = np.concatenate([s_cells(u[at : at + 16], layer).max(axis=3) for at in range(0, len(u), 16)])
        silent: NDArray[np.bool_] = active & (best < (self.theta + DOUBT) * v)
        return silent

    def learn(self, u: NDArray, silent: NDArray[np.bool_], cells: int) -> None:
        """Add cells for the silent ones of the places of an image."""
        padded = np.pad(u, ((self.pad, self.pad), (self.pad, self.pad), (0, 0)))
        windows = np.moveaxis(sliding_window_view(padded, (self.window, self.window), axis=(0, 1)), 2, 4)[silent]
        seen = (windows * self.root).reshape(len(windows), -1).astype(np.float64, copy=False)
        v = np.sqrt(np.einsum("pf,pf->p", seen, seen))
        seen /= v[:, None]
        best = (seen @ self.units.T).max(axis=1, initial=-1.0)
        while len(self.patches) < cells and (best < self.theta).any():
            new = int(np.where(best < self.theta, v, -1.0).argmax())
            self.patches.append(windows[new].copy())
            self.units = np.vstack([self.units, seen[new]])
            best = np.maximum(best, seen @ seen[new])


def floating(owner: str, features: Any) -> NDArray:
    """Return features as they are if they are float32 or float64, else as float64; raise unless real and finite."""
    features = np.asarray(features)
    if features.dtype.kind not in "biuf" or not np.isfinite(features).all():
        raise DataError(f"{owner}: features have to be finite real numbers")
    return features if features.dtype in (np.float32, np.float64) else features.astype(np.float64)


def _check(
    features: NDArray, window: int, c: NDArray, pad: int, cells: int, theta: float, activity: float, chunk: int
) -> None:
    owner = "add_if_silent"
    checks.at_least(owner, "pad", pad, 0)
    if features.ndim != 4 or c.shape != (window, window) or not ((c > 0) & np.isfinite(c)).all():
        raise DataError(
            f"{owner}: features (images, rows, columns, planes) and c (window, window) > 0 are needed; got the shapes "
            f"{features.shape} and {c.shape} with window={window}"
        )
    checks.at_least(owner, "cells", cells, 1)
    checks.at_least(owner, "chunk", chunk, 1)
    checks.number(owner, "theta", theta, "a number in (0, 1)", above=0, below=1)
    checks.number(owner, "activity", activity, "a number in [0, 1)", least=0, below=1)
