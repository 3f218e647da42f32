"""Drawings made of strokes: polylines in cell coordinates, drawn one cell wide."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.random import seed_from, uniform

Point = tuple[int, int]
Strokes = tuple[tuple[Point, ...], ...]


def as_strokes(owner: str, value: Any) -> Strokes:
    """Return strokes as tuples of (row, column) points, whole numbers; raise DataError otherwise."""
    try:
        strokes = tuple(tuple((_whole(row), _whole(column)) for row, column in line) for line in value)
    except (TypeError, ValueError, OverflowError):
        strokes = ()
    if not strokes or not all(strokes):
        raise DataError(f"{owner}: strokes must be lists of (row, column) points, whole numbers; got {value!r}")
    return strokes


def draw(strokes: Any, shape: Point) -> NDArray[np.float32]:
    """Return a drawing: 1 on the strokes, 0 elsewhere.

    Parameters
    ----------
    strokes : sequence of polylines
        A polyline is a sequence of (row, column) points, whole numbers, row 0 on top; one of a single point is a dot.
        What lies outside the field is cut off.
    shape : (rows, columns)

    Returns
    -------
    (rows, columns) float32

    Raises
    ------
    DataError
        If the strokes are no lists of points.
    InvalidParameter
        If the shape is not made of two integers >= 1.

    Examples
    --------
    >>> from neurosim.neocognitron.strokes import draw
    >>> draw([[(0, 0), (2, 2)], [(0, 2)]], (3, 3)).astype(int)
    array([[1, 0, 1],
           [0, 1, 0],
           [0, 0, 1]])
    """
    field = np.zeros(_shape("draw", shape), np.float32)
    for line in as_strokes("draw", strokes):
        for start, end in zip(line, line[1:] or line, strict=False):
            at = cells(start, end)
            inside = ((at >= 0) & (at < field.shape)).all(axis=1)
            field[tuple(at[inside].T)] = 1
    return field


def cells(start: Point, end: Point) -> NDArray[np.int64]:
    """Return the (cells, 2) cells of a line, one for each step along its longer direction."""
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    # from the smaller to the larger point, so that the cells are the same in both directions
    first, last = np.array(sorted((start, end)))
    along = np.arange(steps + 1)[:, None]
    return first + (2 * along * (last - first) + steps) // (2 * steps)


def jittered(strokes: Any, *, amount: int = 1, points: str = "all", random_state: Any = None) -> Strokes:
    """Return strokes whose points are displaced at random; points that coincide stay together.

    Parameters
    ----------
    strokes : sequence of polylines
    amount : int >= 0, default 1
        Each row and each column moves by a whole number of -amount to amount, all equally probable.
    points : "all" or "ends", default "all"
        Whether all points move, or only the first and the last of each polyline.
    random_state : None, int, Generator or RandomState
    """
    checks.at_least("jittered", "amount", amount, 0)
    checks.one_of("jittered", "points", points, ("all", "ends"))
    lines = as_strokes("jittered", strokes)
    free = sorted({point for line in lines for point in (line if points == "all" else (line[0], line[-1]))})
    moves = (uniform(seed_from(random_state), 0, (len(free), 2)) * (2 * amount + 1)).astype(int) - amount
    moved = {point: (point[0] + int(m[0]), point[1] + int(m[1])) for point, m in zip(free, moves, strict=True)}
    return tuple(tuple(moved.get(point, point) for point in line) for line in lines)


def _shape(owner: str, value: Iterable[Any]) -> Point:
    try:
        rows, columns = (_whole(v) for v in value)
    except (TypeError, ValueError, OverflowError):
        rows = columns = 0
    if min(rows, columns) < 1:
        raise InvalidParameter(owner, "shape", value, "(rows, columns), integers >= 1")
    return rows, columns


def _whole(value: Any) -> int:
    if isinstance(value, bool) or int(value) != value:
        raise ValueError
    return int(value)
