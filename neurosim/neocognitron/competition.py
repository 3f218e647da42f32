"""Learning of S-planes without labels: the largest responders win, and losers may be deleted.

A patch is what a place's window holds; the similarity s of two patches is their cosine, every square and product
weighted with c. A plane has learned the sum of some patches, and a cell responds if its similarity is above theta.
Learning takes a higher theta than recognition, so that planes get narrow features and share out others.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.jit import one_blas_thread
from neurosim.neocognitron.add_if_silent import floating


@dataclass(frozen=True)
class _View:
    """The active places of an image.

    Attributes
    ----------
    shape : (rows, columns) of all places
    at : (places, 2)
    patches : (places, features)
    strengths : (places,), their r.m.s. inputs
    units : (places, features), whose products are similarities
    """

    shape: tuple[int, int]
    at: NDArray
    patches: NDArray
    strengths: NDArray
    units: NDArray

    def largest_around(self, values: NDArray, area: int) -> NDArray:
        """Return the largest of the places' values in the area of each."""
        field = np.full(self.shape, -np.inf)
        field[tuple(self.at.T)] = values
        largest: NDArray = maximum_filter(field, area, mode="constant", cval=-np.inf)[tuple(self.at.T)]
        return largest


class _Views:
    """The patches of images."""

    def __init__(self, owner: str, features: NDArray, window: int, c: NDArray, pad: int, activity: float) -> None:
        checks.at_least(owner, "window", window, 1)
        checks.at_least(owner, "pad", pad, 0)
        checks.number(owner, "activity", activity, "a number in [0, 1)", least=0, below=1)
        features = floating(owner, features)
        if features.ndim != 4 or min(features.shape[1:3]) + 2 * pad < window or not features.shape[3]:
            wanted = f"(images, rows, columns, planes) with room for windows of {window} x {window}"
            raise DataError(f"{owner}: features have to be {wanted}; got the shape {features.shape}")
        weights = np.asarray(c, dtype=features.dtype)
        if weights.shape != (window, window) or not ((weights > 0) & np.isfinite(weights)).all():
            raise InvalidParameter(owner, "c", c, f"a ({window}, {window}) array of weights > 0")
        self.owner, self.features, self.window, self.pad, self.activity = owner, features, window, pad, activity
        self.root = np.repeat(np.sqrt(weights).reshape(-1), features.shape[3])
        self.shape = (features.shape[1] + 2 * pad - window + 1, features.shape[2] + 2 * pad - window + 1)

    def of(self, image: int) -> _View:
        """Return the active places of an image."""
        around = (self.pad, self.pad)
        padded = np.pad(self.features[image], (around, around, (0, 0)))
        windows = sliding_window_view(padded, (self.window, self.window), (0, 1))
        patches = windows.transpose(0, 1, 3, 4, 2).reshape(self.shape[0] * self.shape[1], -1)
        units = patches * self.root
        strengths = np.linalg.norm(units, axis=1)
        active = np.flatnonzero(strengths > self.activity * strengths.max())
        at = np.stack(np.unravel_index(active, self.shape), axis=1)
        strengths = strengths[active]
        return _View(self.shape, at, patches[active], strengths, units[active] / strengths[:, None])


class _Planes:
    """What planes have learned."""

    def __init__(self, views: _Views, cells: int) -> None:
        self.views, self.count = views, 0
        self.sums = np.empty((cells, len(views.root)), views.features.dtype)
        self.units = np.empty_like(self.sums)

    def similarities(self, units: NDArray, first: int = 0) -> NDArray:
        """Return the similarities (patches, planes) of unit patches with the planes from one on."""
        s: NDArray = units @ self.units[first : self.count].T
        return s

    def learn(self, k: int, patch: NDArray) -> None:
        """Add a patch to a plane."""
        self.sums[k] += patch
        weighted = self.sums[k] * self.views.root
        self.units[k] = weighted / np.linalg.norm(weighted)

    def add(self, patch: NDArray) -> None:
        """Make a plane of a patch."""
        self.sums[self.count] = 0
        self.count += 1
        self.learn(self.count - 1, patch)

    def delete(self, planes: NDArray) -> None:
        """Delete planes; the others close up."""
        if len(planes):
            left = np.delete(np.arange(self.count), planes)
            self.count = len(left)
            self.sums[: self.count], self.units[: self.count] = self.sums[left], self.units[left]

    def learned(self) -> NDArray:
        """Return the sums of patches."""
        window, owner = self.views.window, self.views.owner
        if not self.count:
            raise DataError(f"{owner}: no image excites the layer below: there is nothing to learn")
        return self.sums[: self.count].reshape(self.count, window, window, self.views.features.shape[3]).copy()


def winner_take_all(
    features: NDArray,
    *,
    window: int,
    c: NDArray,
    pad: int,
    cells: int,
    theta: float,
    activity: float = 0.3,
    area: int = 3,
    random_state: Any = None,
) -> NDArray:
    """Learn S-planes by competition: one pass over the images.

    An active place is one whose r.m.s. input is above a part of the image's largest. The competition area of a place
    is made of the active places around it, in all planes. The cell with the largest response of its area is a
    candidate; of a plane's candidates the one that responds most is its seed, and the plane learns the seed's patch.
    Where all cells of an active place's area are silent a new plane is made of the patch with the largest input, until
    there is no such place; planes made of an image learn nothing else from it.

    Parameters
    ----------
    features : (images, rows, columns, planes below) array
        The layer below, planes last, in the order in which the images are shown.
    window : int >= 1
        Rows and columns of a patch.
    c : (window, window) array
        Weights > 0 of the places; only their ratios count.
    pad : int >= 0
        Rows and columns of zeros around the layer below.
    cells : int >= 1
        No more planes than these are made.
    theta : float in (0, 1)
        Threshold of the similarity while learning.
    activity : float in [0, 1), default 0.3
        Least part of the largest r.m.s. input of the image that makes a place active.
    area : odd int >= 1, default 3
        Rows and columns of a competition area.
    random_state
        Not used, as nothing is drawn at random: all learning rules are called alike.

    Returns
    -------
    (planes, window, window, planes below) array of the features' dtype
        The sum of the patches that each plane learned.

    Raises
    ------
    InvalidParameter, DataError
        If an argument is not as described, or no place of any image is active.

    References
    ----------
    K. Fukushima, "Neocognitron for handwritten digit recognition", Neurocomputing 51:161-180 (2003); the details were
    not checked against the paper.
    """
    views = _Views("winner_take_all", features, window, c, pad, activity)
    _check("winner_take_all", cells, theta, area)
    planes = _Planes(views, cells)
    with one_blas_thread():
        for image in range(len(features)):
            _compete(planes, views.of(image), cells, theta, area)
    return planes.learned()


def winner_kill_loser(
    features: NDArray,
    *,
    window: int,
    c: NDArray,
    pad: int,
    cells: int,
    theta: float,
    activity: float = 0.3,
    area: int = 3,
    random_state: Any = None,
) -> NDArray:
    """Learn S-planes by competition in which losers die: one pass over the images.

    The active places of an image take turns, that with the largest r.m.s. input first; places in the area around an
    earlier one are passed over. Planes that respond to a place's patch are candidates. If there is none, a new plane is
    made of the patch; else the one that responds most learns the patch, and all other candidates are deleted.

    Parameters
    ----------
    features, window, c, pad, cells, theta, activity, area, random_state
        See `winner_take_all`. While there are as many planes as `cells`, no new ones are made.

    Returns
    -------
    (planes, window, window, planes below) array of the features' dtype
        The sum of the patches that each plane learned.

    Raises
    ------
    InvalidParameter, DataError
        If an argument is not as described, or no place of any image is active.

    References
    ----------
    K. Fukushima, "Neocognitron trained with winner-kill-loser rule", Neural Networks 23:926-938 (2010); the choice of
    the places was not checked against the paper.
    """
    views = _Views("winner_kill_loser", features, window, c, pad, activity)
    _check("winner_kill_loser", cells, theta, area)
    planes = _Planes(views, cells)
    with one_blas_thread():
        for image in range(len(features)):
            _kill(planes, views.of(image), cells, theta, area)
    return planes.learned()


def _compete(planes: _Planes, view: _View, cells: int, theta: float, area: int) -> None:
    """Let the planes learn from an image, and make planes where all are silent."""
    s = planes.similarities(view.units)
    seeds = _seeds(view, s, theta, area)
    largest = s.max(axis=1, initial=-1)
    while planes.count < cells:
        silent = view.largest_around(largest, area) <= theta
        if not silent.any():
            break
        planes.add(view.patches[np.where(silent, view.strengths, -1).argmax()])
        largest = np.maximum(largest, planes.similarities(view.units, planes.count - 1)[:, 0])
    for k, n in seeds.items():
        planes.learn(k, view.patches[n])


def _kill(planes: _Planes, view: _View, cells: int, theta: float, area: int) -> None:
    """Let the best plane learn each patch of an image, and delete the others that respond to it."""
    for n in _turns(view, area):
        s = planes.similarities(view.units[n : n + 1])[0]
        candidates = np.flatnonzero(s > theta)
        if len(candidates):
            winner = candidates[s[candidates].argmax()]
            planes.learn(winner, view.patches[n])
            planes.delete(candidates[candidates != winner])
        elif planes.count < cells:
            planes.add(view.patches[n])


def _seeds(view: _View, s: NDArray, theta: float, area: int) -> dict[int, int]:
    """Return the place of every plane that has a seed."""
    seeds: dict[int, int] = {}
    if s.size:
        winners, largest = s.argmax(axis=1), s.max(axis=1)
        candidates = (largest > theta) & (largest >= view.largest_around(largest, area))
        for n in np.flatnonzero(candidates):
            k = int(winners[n])
            if k not in seeds or largest[n] > largest[seeds[k]]:
                seeds[k] = int(n)
    return seeds


def _turns(view: _View, area: int) -> list[int]:
    """Return the places that take turns, in their order."""
    turns = []
    left = np.ones(len(view.at), np.bool_)
    for n in np.argsort(-view.strengths, kind="stable"):
        if left[n]:
            turns.append(int(n))
            left &= (np.abs(view.at - view.at[n]) > area // 2).any(axis=1)
    return turns


def _check(owner: str, cells: int, theta: float, area: int) -> None:
    checks.at_least(owner, "cells", cells, 1)
    checks.number(owner, "theta", theta, "a number in (0, 1)", above=0, below=1)
    checks.at_least(owner, "area", area, 1)
    if area % 2 == 0:
        raise InvalidParameter(owner, "area", area, "an odd integer >= 1")
