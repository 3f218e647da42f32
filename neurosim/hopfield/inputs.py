"""Checks of what a network is given."""

from typing import Any

import numpy as np

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.hopfield.weights import Weights

NAME = "HopfieldNetwork"
LOW = {"spin": -1, "binary": 0}
LARGEST = 2**15  # of weights that are kept as whole numbers


def as_states(owner: str, name: str, values: Any, n_units: int, low: int) -> np.ndarray:
    """Return states of `low` and 1 as a contiguous int8 array (count, units); one alone may lack the first axis."""
    array = np.asarray(values)
    array = array[None] if array.ndim == 1 else array
    if array.ndim != 2 or array.shape[1] != n_units:
        raise DataError(f"{owner}: {name} must have shape (count, {n_units}) or ({n_units},); got {np.shape(values)}")
    if array.dtype.kind not in "biuf":
        raise DataError(f"{owner}: {name} must be numbers {low} and 1; got an array of type {array.dtype}")
    wrong = np.argwhere((array != 1) & (array != low))
    if len(wrong):
        row, unit = wrong[0]
        raise DataError(f"{owner}: {name} must hold only {low} and 1; got {array[row, unit]} in row {row}, unit {unit}")
    return np.ascontiguousarray(array, np.int8)


def as_numbers(owner: str, name: str, values: Any, width: int) -> np.ndarray:
    """Return finite float64 numbers (..., width)."""
    try:
        array = np.asarray(values, float)
    except (TypeError, ValueError):
        raise DataError(f"{owner}: {name} must be numbers; got {type(values).__name__}") from None
    if array.ndim == 0 or array.shape[-1] != width:
        raise DataError(f"{owner}: {name} must have {width} columns; got shape {array.shape}")
    if not np.isfinite(array).all():
        raise DataError(f"{owner}: {name} must be finite")
    return array


def as_spins(states: np.ndarray, coding: str) -> np.ndarray:
    """Return states of either coding as int8 -1 and +1."""
    return states if coding == "spin" else (2 * states - 1).astype(np.int8)


def check_stored(owner: str, stored: Any, call: str = "store(patterns)") -> None:
    """Raise unless something is stored."""
    if not stored:
        raise DataError(f"{owner}: nothing is stored yet; call {call} first")


def check_flag(name: str, value: Any) -> None:
    """Raise unless a parameter of `HopfieldNetwork` is True or False."""
    if not isinstance(value, bool):
        raise InvalidParameter(NAME, name, value, "True or False")


def as_mask(values: Any, probes: int, n_units: int) -> np.ndarray:
    """Return the mask of clamped units, bool (1, units) or (probes, units)."""
    if values is None:
        return np.zeros((1, n_units), np.bool_)
    mask = np.asarray(values)
    if mask.dtype != np.bool_ or mask.shape not in ((n_units,), (probes, n_units)):
        came = f"{mask.dtype} of shape {mask.shape}"
        raise InvalidParameter(NAME, "clamp", came, f"bool of shape ({n_units},) or ({probes}, {n_units})")
    return np.ascontiguousarray(mask.reshape(-1, n_units))


def as_thresholds(values: Any, n_units: int) -> np.ndarray:
    """Return thresholds (units,) float64 of None, a number or an array."""
    try:
        array = np.broadcast_to(np.asarray(0.0 if values is None else values, np.float64), (n_units,)).copy()
    except (TypeError, ValueError):
        array = np.array([np.nan])
    if not np.isfinite(array).all():
        raise InvalidParameter(NAME, "thresholds", values, f"None, a finite number or {n_units} of them")
    return array


def as_weights(values: Any, *, symmetric: bool) -> Weights:
    """Return weights of a square array, kept as whole numbers where they are."""
    check_flag("symmetric", symmetric)
    try:
        w = np.array(values, np.float64)
    except (TypeError, ValueError):
        w = np.empty(0)
    if w.ndim != 2 or w.shape[0] != w.shape[1] or not len(w):
        raise DataError(f"{NAME}: weights must be a square array of numbers; got shape {np.shape(values)}")
    if not np.isfinite(w).all():
        i, j = np.argwhere(~np.isfinite(w))[0]
        raise DataError(f"{NAME}: weights must be finite; got {w[i, j]} at ({i}, {j})")
    different = np.argwhere(w != w.T)
    if symmetric and len(different):
        i, j = different[0]
        raise DataError(
            f"{NAME}: weights must be symmetric, or symmetric=False given; "
            f"got {w[i, j]} at ({i}, {j}) and {w[j, i]} at ({j}, {i})"
        )
    whole = bool((w == np.rint(w)).all() and np.abs(w).max() < LARGEST)
    return Weights(w.astype(np.int32) if whole else w, 1.0, not len(different))
