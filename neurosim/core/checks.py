"""Checks of parameters that families share; each raises InvalidParameter and names the owner and the parameter."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from neurosim.core.errors import InvalidParameter


def one_of(owner: str, name: str, value: Any, allowed: Sequence[str]) -> None:
    """Raise unless `value` is one of some words."""
    if not isinstance(value, str) or value not in allowed:
        raise InvalidParameter(owner, name, value, f"one of {', '.join(allowed)}")


def at_least(owner: str, name: str, value: Any, least: int) -> None:
    """Raise unless `value` is an integer >= `least`."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
        raise InvalidParameter(owner, name, value, f"an integer >= {least}")


def number(
    owner: str,
    name: str,
    value: Any,
    wanted: str,
    *,
    least: float = -np.inf,
    above: float = -np.inf,
    below: float = np.inf,
) -> None:
    """Raise unless `value` is a finite number >= `least`, > `above` and < `below`; `wanted` says so in words."""
    real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not real or not (least <= value and above < value < below):
        raise InvalidParameter(owner, name, value, wanted)


def positive_pair(owner: str, name: str, value: Any) -> tuple[float, float]:
    """Return (start, end), two finite numbers > 0."""
    try:
        start, end = (float(v) for v in value)
    except (TypeError, ValueError):
        start = end = 0.0
    if not (0 < start < np.inf and 0 < end < np.inf):
        raise InvalidParameter(owner, name, value, "(start, end), two numbers > 0")
    return start, end


def grid_of_units(owner: str, name: str, value: Any) -> tuple[int, int]:
    """Return (rows, columns), positive integers with at least 2 units."""
    try:
        rows, columns = (int(v) if int(v) == v else 0 for v in value)
    except (TypeError, ValueError):
        rows = columns = 0
    if min(rows, columns) < 1 or rows * columns < 2:
        raise InvalidParameter(owner, name, value, "(rows, columns), positive integers with at least 2 units")
    return rows, columns
