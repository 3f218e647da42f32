"""What comes into a bank and where its responses go, checked."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from neurosim.core.errors import DataError, InvalidParameter

OWNER = "GaborBank.respond"


def real_dtype(dtype: Any) -> np.dtype:
    """Return float32 or float64."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = np.dtype(object)
    if found not in (np.float32, np.float64):
        raise InvalidParameter("GaborBank", "dtype", dtype, "float32 or float64")
    return found


def as_images(images: Any, dtype: np.dtype) -> tuple[np.ndarray, bool]:
    """Return images (n, rows, columns) in a dtype, and whether only one was given."""
    given = np.asarray(images)
    if given.dtype.kind not in "buif" or given.ndim not in (2, 3) or 0 in given.shape[-2:]:
        raise DataError(
            f"{OWNER}: images must be real numbers (rows, columns) or (n, rows, columns); "
            f"got {given.dtype} of shape {given.shape}"
        )
    with np.errstate(over="ignore"):
        stack = np.asarray(given, dtype)
    if not np.isfinite(stack).all():
        raise DataError(f"{OWNER}: images must be finite in {dtype}; got NaN or infinity")
    return stack.reshape(-1, *given.shape[-2:]), given.ndim == 2


def without_mean(stack: np.ndarray) -> np.ndarray:
    """Return images (n, rows, columns) less their means, for kernels that sum to zero: fewer digits get lost."""
    means = [np.ascontiguousarray(image).mean(dtype=np.float64) for image in stack]
    return stack - np.array(means, stack.dtype)[:, None, None]


def results(what: Any, shape: tuple[int, ...], dtype: np.dtype, out: Any) -> dict[str, np.ndarray]:
    """Return the arrays for what is asked for, a word or a tuple of them: new ones, or those given if they fit."""
    if isinstance(what, str):
        return {what: _result(what, shape, dtype, out)}
    if out is None:
        out = dict.fromkeys(what)
    if not isinstance(out, Mapping) or set(out) != set(what):
        raise DataError(f"{OWNER}: out must be a dict of arrays with the keys {', '.join(what)}")
    return {word: _result(word, shape, dtype, out[word]) for word in what}


def _result(word: str, shape: tuple[int, ...], dtype: np.dtype, out: Any) -> np.ndarray:
    if word == "complex":
        dtype = np.result_type(dtype, np.complex64)
    if out is None:
        return np.empty(shape, dtype)
    fits = isinstance(out, np.ndarray) and out.shape == shape and out.dtype == dtype
    if not (fits and out.flags.c_contiguous and out.flags.writeable):
        came = f"{out.dtype} of shape {out.shape}" if isinstance(out, np.ndarray) else type(out).__name__
        raise DataError(
            f"{OWNER}: out for {word!r} must be a writable C-contiguous {dtype} array of shape {shape}; got {came}"
        )
    found: np.ndarray = out
    return found
