"""Digits and letters in strokes one pixel wide, 7 x 9 pixels, for the neocognitron of 1980; our own drawings."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.neocognitron.organisation import FIELD

DRAWINGS = {
    "0": ".#####. #.....# #.....# #.....# #.....# #.....# #.....# #.....# .#####.",
    "1": "...#... ..##... .#.#... ...#... ...#... ...#... ...#... ...#... .#####.",
    "2": ".#####. #.....# ......# ......# .....#. ...##.. .##.... #...... #######",
    "3": ".#####. #.....# ......# ......# ..####. ......# ......# #.....# .#####.",
    "4": ".....#. ....##. ...#.#. ..#..#. .#...#. ####### .....#. .....#. .....#.",
    "X": "#.....# .#...#. .#...#. ..#.#.. ...#... ..#.#.. .#...#. .#...#. #.....#",
    "Y": "#.....# .#...#. ..#.#.. ...#... ...#... ...#... ...#... ...#... ...#...",
    "T": "####### ...#... ...#... ...#... ...#... ...#... ...#... ...#... ...#...",
    "Z": "####### ......# .....#. ....#.. ...#... ..#.... .#..... #...... #######",
}


def drawing(name: str) -> NDArray[np.float64]:
    """Return the drawing (9, 7) of one of 0 1 2 3 4 X Y T Z, ink 1 on 0.

    Raises
    ------
    InvalidParameter
        For another name.

    Examples
    --------
    >>> int(drawing("4").sum())
    19
    """
    if not isinstance(name, str) or name not in DRAWINGS:
        raise InvalidParameter("stick_patterns", "name", name, f"one of {' '.join(DRAWINGS)}")
    return np.array([[pixel == "#" for pixel in row] for row in DRAWINGS[name].split()], np.float64)


def positions(pattern: NDArray, shape: tuple[int, int] = (FIELD, FIELD)) -> NDArray[np.float64]:
    """Return a pattern at all positions of a field of `shape` that hold it whole.

    Returns
    -------
    (positions, *shape) float64
        By rows, then by columns.

    Raises
    ------
    DataError
        If the pattern has not two dimensions, or is larger than the field.

    Examples
    --------
    >>> positions(drawing("4")).shape
    (80, 16, 16)
    """
    pattern = np.asarray(pattern, np.float64)
    if pattern.ndim != 2:
        raise DataError(f"stick_patterns: a pattern must have rows and columns; got shape {pattern.shape}")
    down, right = shape[0] - pattern.shape[0] + 1, shape[1] - pattern.shape[1] + 1
    if min(down, right) < 1:
        raise DataError(f"stick_patterns: a pattern of {pattern.shape} does not fit into a field of {tuple(shape)}")
    result = np.zeros((down, right, *shape))
    for i in range(down):
        for j in range(right):
            result[i, j, i : i + pattern.shape[0], j : j + pattern.shape[1]] = pattern
    return result.reshape(-1, *shape)


def centred(names: Sequence[str] = "01234") -> NDArray[np.float64]:
    """Return drawings in the middle of the field, (names, 16, 16)."""
    _some(names)
    result = np.zeros((len(names), FIELD, FIELD))
    for image, name in zip(result, names, strict=True):
        pattern = drawing(name)
        top, left = (FIELD - pattern.shape[0]) // 2, (FIELD - pattern.shape[1]) // 2
        image[top : top + pattern.shape[0], left : left + pattern.shape[1]] = pattern
    return result


def everywhere(names: Sequence[str] = "01234") -> tuple[NDArray[np.float64], NDArray]:
    """Return drawings at all their 80 positions in the field, (80 names, 16, 16), and their names (80 names,)."""
    _some(names)
    images = [positions(drawing(name)) for name in names]
    return np.concatenate(images), np.repeat(np.array(list(names)), [len(part) for part in images])


def _some(names: Sequence[str]) -> None:
    if not len(names):
        raise InvalidParameter("stick_patterns", "names", names, "one name or more")
