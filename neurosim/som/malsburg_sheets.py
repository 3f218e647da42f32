"""Sheets of cells: the hexagonal retina and cortex of 1973 with their bars and noise, the square ones of 1976."""

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.random import uniform

NAME = "Malsburg1973"
PITCH = sqrt(0.75)  # between rows of a hexagonal lattice
NOISE = 1  # stream of random numbers
ORIENTATIONS = (
    "upright", "rotated 90", "rotated 180", "rotated 270",
    "mirrored", "mirrored, rotated 90", "mirrored, rotated 180", "mirrored, rotated 270",
)  # fmt: skip


def hexagon(side: int) -> NDArray[np.float64]:
    """Return the places (cells, 2) of a hexagon of cells one step apart, row by row from the top, y upwards."""
    rows = range(1 - side, side)
    lengths = [2 * side - 1 - abs(row) for row in rows]
    return np.array([(k - (n - 1) / 2, -row * PITCH) for row, n in zip(rows, lengths, strict=True) for k in range(n)])


def surround(places: NDArray[np.float64], squares: Sequence[float], most: int) -> NDArray[np.int64]:
    """Return for every cell the cells at the given squared distances, (cells, most); missing ones are `cells`."""
    square = ((places[:, None] - places) ** 2).sum(axis=-1)
    found = np.full((len(places), most), len(places))
    for cell, at in enumerate(np.isclose(square[..., None], squares).any(axis=-1)):
        found[cell, : at.sum()] = np.flatnonzero(at)
    return found


def axial_difference(a: Any, b: Any) -> NDArray[np.float64]:
    """Return how far orientations are apart, in [0, 90] degrees; bars come back to themselves after 180."""
    apart = np.abs(np.asarray(a, float) - b) % 180
    return np.minimum(apart, 180 - apart)


RETINA, CORTEX = hexagon(3), hexagon(8)
NEAR, FAR = surround(CORTEX, (1,), 6), surround(CORTEX, (3, 4), 12)
PAIRS = np.array([(cell, n) for cell, row in enumerate(NEAR) for n in row if cell < n < len(CORTEX)])
BARS = np.array(
    [
        [int(cell) for cell in row]
        for row in (
            "0100110001000110010",
            "0110010001000100110",
            "0010011001001100100",
            "0000011011101100000",
            "0000001111111000000",
            "0001000111110001000",
            "0001100011100011000",
            "1001100001000011001",
            "1100100001000010011",
        )
    ],
    dtype=np.float64,
)  # rows of the retina from the top, 3 + 4 + 5 + 4 + 3 cells
# the long axis of each: the fibres that light up are spread along it
BAR_ANGLES = np.array([np.degrees(np.angle(((RETINA[row > 0] @ (1, 1j)) ** 2).sum())) / 2 % 180 for row in BARS])


def neighbour_difference(angles: NDArray[np.float64], cells: Any = None) -> float:
    """Return how far apart the orientations of neighbours in the cortex are, in degrees, mean over pairs.

    Parameters
    ----------
    angles : (169,) array
        Degrees.
    cells : (169,) bool or (n,) int array, optional
        Only pairs with one of these cells or two.

    Returns
    -------
    float
        In [0, 90]; about 45 if there is no order.
    """
    pairs = PAIRS if cells is None else PAIRS[cell_set(cells)[PAIRS].any(axis=1)]
    return float(axial_difference(*angles[pairs.T]).mean())


def disturbed(stimuli: NDArray[np.float64], noise: float, key: int, first: int) -> NDArray[np.float64]:
    """Return stimuli (n, 19) with activities a turned into 1 - a with probability `noise`.

    Parameters
    ----------
    stimuli : (n, 19) float64 in [0, 1]
    noise : float in [0, 1]
    key : int
    first : int
        Number of the first presentation: the same presentation gets the same noise, however many are made at once.
    """
    checked_share("noise", noise)
    if not noise:
        return stimuli
    turned = uniform(key, NOISE, (first + len(stimuli), stimuli.shape[1]))[first:] < noise
    return np.where(turned, 1 - stimuli, stimuli)


def checked_share(name: str, value: Any) -> None:
    """Raise unless `value` is in [0, 1]."""
    checks.number(NAME, name, value, "a number in [0, 1]", least=0, below=np.nextafter(1, 2))


def fibres(stimuli: Any) -> NDArray[np.float64]:
    """Return stimuli checked, (n, 19)."""
    if stimuli is None:
        return BARS
    try:
        a = np.atleast_2d(np.asarray(stimuli, float))
    except (TypeError, ValueError):
        raise DataError(f"{NAME}: stimuli must be numbers") from None
    if a.ndim != 2 or a.shape[1] != len(RETINA) or not len(a):
        raise DataError(f"{NAME}: stimuli must have shape (n, {len(RETINA)}), n >= 1; got {np.shape(stimuli)}")
    if not (np.isfinite(a).all() and a.min() >= 0):
        raise DataError(f"{NAME}: stimuli must be finite numbers >= 0")
    return a


def cell_set(cells: Any) -> NDArray[np.bool_]:
    """Return which cells are chosen, (169,) bool."""
    chosen = np.zeros(len(CORTEX), bool)
    try:
        chosen[cells if isinstance(cells, slice) else np.asarray(cells)] = True
    except (IndexError, TypeError, ValueError):
        wanted = f"a bool for each of the {len(CORTEX)} cells, or their numbers"
        raise InvalidParameter(NAME, "cells", cells, wanted) from None
    return chosen


def sheet(side: int) -> NDArray[np.float64]:
    """Return the places (x, y) of side x side cells, one step apart, row by row from the top, y up, 0 the middle."""
    row, column = np.divmod(np.arange(side * side), side)
    return np.stack([column - (side - 1) / 2, (side - 1) / 2 - row], axis=1)


def oriented(places: NDArray[np.float64], orientation: str) -> NDArray[np.float64]:
    """Return places (n, 2) mirrored, left for right, and rotated anticlockwise as one of `ORIENTATIONS` says."""
    number = ORIENTATIONS.index(orientation)
    x = places * (-1, 1) if number >= 4 else places
    for _ in range(number % 4):
        x = np.stack([-x[:, 1], x[:, 0]], axis=1)
    return x


def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the correlation of two rows of numbers, 0 if one is constant."""
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b) / sqrt(max(float(a @ a) * float(b @ b), 1e-300))
