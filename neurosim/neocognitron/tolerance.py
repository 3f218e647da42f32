"""How far images may change before a classifier fails: shift, scale, slant, noise, missing parts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.random import seed_from, uniform

__all__ = ["ToleranceCurve", "deform", "shifted", "tolerance"]
Array = NDArray[Any]
UNITS = {
    "shift": "pixels",
    "scale": "% of the size",
    "slant": "degrees",
    "flip": "share of the pixels",
    "gaussian": "standard deviation",
    "missing": "share of the ink",
}
DIRECTIONS = np.array([(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)])  # rows, columns
RANGES: dict[str, dict[str, Any]] = {
    "shift": {"wanted": "a whole number of pixels >= 0", "least": 0},
    "scale": {"wanted": "a size in per cent > 0", "above": 0},
    "slant": {"wanted": "an angle between -89 and 89 degrees", "above": -89, "below": 89},
    "flip": {"wanted": "a share of pixels in [0, 1]", "least": 0, "below": np.nextafter(1, 2)},
    "gaussian": {"wanted": "a standard deviation >= 0", "least": 0},
    "missing": {"wanted": "a share of ink in [0, 1]", "least": 0, "below": np.nextafter(1, 2)},
}


@dataclass(frozen=True)
class ToleranceCurve:
    """How often a classifier is right on changed images.

    Attributes
    ----------
    change : str
        What was done to the images.
    unit : str
        Unit of the levels, in words.
    levels : (levels,) float64
    accuracy : (levels,) float64
        Share of right answers, in [0, 1].
    error : (levels,) float64
        Its standard error over the images; an image's repeats count as one. 0 where all answers are right.
    trials : int
        Answers behind each share: images times repeats.
    """

    change: str
    unit: str
    levels: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    error: NDArray[np.float64]
    trials: int


def tolerance(
    predict: Callable[[Array], ArrayLike],
    images: ArrayLike,
    labels: ArrayLike,
    *,
    change: str = "shift",
    levels: Sequence[float],
    repeats: int = 1,
    random_state: Any = None,
) -> ToleranceCurve:
    """Measure how often a classifier is right on changed images.

    Parameters
    ----------
    predict : function
        Takes images (n, rows, columns), all of them changed together, and returns n labels.
    images : (n, rows, columns) array
        Real numbers >= 0, ink large.
    labels : (n,) array
    change : str
        See `deform`.
    levels : sequence of float
        Amounts of the change, in the units of `deform`.
    repeats : int
        How often each image is changed anew at each level, n answers each time. Shifts and noise are drawn; repeats of
        scale and slant give the same answers.
    random_state : None, int or Generator
        A repeat draws the same numbers at all levels: directions of the shifts are the same, and the pixels flipped
        at one level are among those flipped at the next.

    Returns
    -------
    ToleranceCurve

    Raises
    ------
    InvalidParameter
        If a parameter is outside its range.
    DataError
        If `images` are none, or `labels` or what `predict` returns are not one for each image.

    Examples
    --------
    Which half of the field is the ink in?

    >>> import numpy as np
    >>> images = np.zeros((2, 8, 8))
    >>> images[0, :, 2] = images[1, :, 5] = 1
    >>> def left_or_right(u):
    ...     return (u[:, :, 4:].sum((1, 2)) > u[:, :, :4].sum((1, 2))).astype(int)
    >>> tolerance(left_or_right, images, [0, 1], change="slant", levels=[0, 10]).accuracy
    array([1., 1.])
    """
    checks.at_least("tolerance", "repeats", repeats, 1)
    u, y = _images("tolerance", images), np.asarray(labels)
    if y.shape != u.shape[:1]:
        raise DataError(f"tolerance: labels must be one for each of {len(u)} images; got shape {y.shape}")
    if np.ndim(levels) != 1 or not len(levels):
        raise InvalidParameter("tolerance", "levels", levels, "a sequence of one level at least")
    levels = [_checked("tolerance", change, level) for level in levels]
    key = seed_from(random_state)
    right = np.zeros((len(levels), repeats, len(u)))
    for i, level in enumerate(levels):
        for repeat in range(repeats):
            seed = np.random.SeedSequence((key, repeat))
            answers = np.asarray(predict(deform(u, change, level, random_state=seed)))
            if answers.shape != y.shape:
                raise DataError(f"tolerance: predict must return {len(u)} labels; got shape {answers.shape}")
            right[i, repeat] = answers == y
    shares = right.mean(axis=1)
    error = shares.std(axis=1) / np.sqrt(len(u))
    return ToleranceCurve(change, UNITS[change], np.array(levels), shares.mean(axis=1), error, right[0].size)


def deform(images: ArrayLike, change: str, level: float, *, random_state: Any = None) -> Array:
    """Return images changed by a level.

    Parameters
    ----------
    images : (n, rows, columns) array
        Real numbers >= 0, ink large. The largest of all is full ink. They are *binary* where all values are 0 or that.
    change : str
        ``"shift"``: by `level` whole pixels in one of the eight directions, drawn for each image; a diagonal shift
        goes `level` pixels along rows and along columns. What leaves the field is lost.
        ``"scale"``: to `level` per cent of the size, about the middle of the smallest box around the ink. Binary ink
        keeps a whole pixel in its middle, so that sizes go in steps of two: 7 pixels stay 7 at 90 %, and are 5 at 80 %.
        ``"slant"``: upright lines lean by `level` degrees, to the right where it is positive; rows move, about the
        middle of the same box.
        ``"flip"``: each pixel is struck with probability `level`; struck pixels of binary images are inverted, those of
        grey images become 0 or full ink, half of them each (salt and pepper).
        ``"gaussian"``: normal noise, `level` is its standard deviation in units of full ink; sums below 0 and above
        full ink are cut off.
        ``"missing"``: the share `level` of each image's pixels > 0, rounded to a whole number of them, becomes 0.
    level : float
    random_state : None, int or Generator

    Returns
    -------
    (n, rows, columns) array
        float32 of float32 images, float64 of all others. In scale and slant grey values are interpolated linearly, and
        averaged where a size shrinks; binary images stay binary, and strokes stay whole.

    Raises
    ------
    InvalidParameter
        If `change` or `level` is outside its range.
    DataError
        If `images` are not finite numbers >= 0 of three dimensions.

    Examples
    --------
    >>> bar = np.zeros((1, 5, 5))
    >>> bar[0, :, 2] = 1
    >>> deform(bar, "slant", 45)[0].astype(int)
    array([[0, 0, 0, 0, 1],
           [0, 0, 0, 1, 0],
           [0, 0, 1, 0, 0],
           [0, 1, 0, 0, 0],
           [1, 0, 0, 0, 0]])
    """
    u = _images("deform", images)
    level = _checked("deform", change, level)
    if change == "scale":
        changed = _scaled(u, level / 100)
    elif change == "slant":
        changed = _slanted(u, np.tan(np.deg2rad(level)))
    else:
        key = seed_from(random_state)
        if change == "shift":
            steps = DIRECTIONS[np.int64(8 * uniform(key, 0, len(u)))]
            changed = shifted(u, *(int(min(level, max(u.shape))) * steps.T))
        else:
            changed = {"flip": _flipped, "gaussian": _noisy, "missing": _erased}[change](u, level, key)
    return changed.astype(u.dtype)


def shifted(images: ArrayLike, down: ArrayLike, right: ArrayLike) -> Array:
    """Return images moved by whole pixels; what leaves the field is lost, and 0 comes in.

    Parameters
    ----------
    images : (n, rows, columns) array
    down, right : int, or (n,) array of int
        Negative numbers move up and to the left.
    """
    u = np.asarray(images)
    n, rows, columns = u.shape
    y = np.arange(rows) - np.broadcast_to(down, n)[:, None]
    x = np.arange(columns) - np.broadcast_to(right, n)[:, None]
    inside = ((y >= 0) & (y < rows))[:, :, None] & ((x >= 0) & (x < columns))[:, None]
    taken = u[np.arange(n)[:, None, None], y.clip(0, rows - 1)[:, :, None], x.clip(0, columns - 1)[:, None]]
    return np.where(inside, taken, u.dtype.type(0))


def real_numbers(owner: str, images: ArrayLike) -> Array:
    """Return images as float32, if they are, or float64; raise DataError if they are no real numbers."""
    try:
        u = np.asarray(images)
        u = u if u.dtype == np.float32 else u.astype(np.float64, casting="same_kind")
    except (TypeError, ValueError):
        raise DataError(f"{owner}: images must be an array of real numbers") from None
    return u


def _images(owner: str, images: ArrayLike) -> Array:
    u = real_numbers(owner, images)
    if u.ndim != 3 or not u.size:
        raise DataError(f"images must have the shape (n, rows, columns), none of them 0; got {u.shape}")
    if not (np.isfinite(u).all() and u.min() >= 0):
        raise DataError(f"images must be finite numbers >= 0; got values from {u.min()} to {u.max()}")
    return u


def _checked(owner: str, change: str, level: Any) -> float:
    checks.one_of(owner, "change", change, list(UNITS))
    checks.number(owner, "level", level, **RANGES[change])
    if change == "shift" and level != int(level):
        raise InvalidParameter(owner, "level", level, RANGES[change]["wanted"])
    return float(level)


def _binary(u: Array) -> bool:
    return bool(((u == 0) | (u == u.max())).all())


def _middles(profile: Array) -> Array:
    """Return the middle of the ink of (n, length) largest values; the middle of the field where there is none."""
    ink, length = profile > 0, profile.shape[1]
    middles = (np.argmax(ink, axis=1) + length - 1 - np.argmax(ink[:, ::-1], axis=1)) / 2
    return np.where(ink.any(axis=1), middles, (length - 1) / 2)


def _scaled(u: Array, size: float) -> Array:
    binary = _binary(u)
    rows, columns = (_resampling(u.max(axis), size, binary) for axis in (2, 1))
    changed = rows @ u @ columns.swapaxes(1, 2)
    return np.where(changed > 0, u.max(), 0) if binary else changed


def _resampling(profile: Array, size: float, binary: bool) -> Array:
    """Return (n, length, length) weights with which places after the change of size take from those before."""
    at = np.arange(profile.shape[1])
    middle = _middles(profile)[:, None, None]
    after, before = at[:, None] - middle, at - middle
    if binary:  # each place takes the nearest, and, where the size shrinks, nothing is left out
        off = after - before * size if size < 1 else after / size - before
        return np.asarray((off > -0.5) & (off <= 0.5), np.float64)
    if size < 1:  # the mean over the area that shrinks to a pixel
        overlap = np.minimum((after + 0.5) / size, before + 0.5) - np.maximum((after - 0.5) / size, before - 0.5)
        return size * np.maximum(overlap, 0)
    return np.maximum(1 - np.abs(after / size - before), 0)


def _slanted(u: Array, slope: float) -> Array:
    rows, columns = u.shape[1:]
    move = slope * (_middles(u.max(axis=2))[:, None] - np.arange(rows))  # (n, rows), to the right
    source = np.arange(columns) - (np.rint(move) if _binary(u) else move)[:, :, None]
    left = np.floor(source).astype(np.int64)
    padded = np.pad(u, ((0, 0), (0, 0), (1, 1)))
    part = source - left
    take = [np.take_along_axis(padded, (left + 1 + more).clip(0, columns + 1), axis=2) for more in (0, 1)]
    return (1 - part) * take[0] + part * take[1]


def _flipped(u: Array, share: float, key: int) -> Array:
    new = u.max() - u if _binary(u) else u.max() * (uniform(key, 2, u.shape) < 0.5)
    return np.where(uniform(key, 1, u.shape) < share, new, u)


def _noisy(u: Array, deviation: float, key: int) -> Array:
    noise = np.random.Generator(np.random.Philox(key=key)).standard_normal(u.shape)
    return np.clip(u + deviation * u.max() * noise, 0, u.max())


def _erased(u: Array, share: float, key: int) -> Array:
    flat = u.reshape(len(u), -1)
    draws = np.where(flat > 0, uniform(key, 3, flat.shape), 2.0)  # ink comes first; not the numbers of the flips
    rank = np.argsort(np.argsort(draws, axis=1), axis=1)
    return np.where(rank < np.rint(share * (flat > 0).sum(axis=1, keepdims=True)), 0, flat).reshape(u.shape)
