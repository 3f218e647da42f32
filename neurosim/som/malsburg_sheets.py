"""Sheets of cells, the hexagonal ones of 1973 and the square ones of 1976, and what both models share."""

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.core import checks, parallel
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.progress import Callback, report
from neurosim.core.random import uniform
from neurosim.som import malsburg_cpu

NAME = "Malsburg1973"
PITCH = sqrt(0.75)  # between rows of a hexagonal lattice
PIECE = 10_000  # presentations at most, after which what was learned is kept, whatever happens to the rest
NOISE = 1  # stream of random numbers
ORIENTATIONS = (
    "upright", "rotated 90", "rotated 180", "rotated 270",
    "mirrored", "mirrored, rotated 90", "mirrored, rotated 180", "mirrored, rotated 270",
)  # fmt: skip
MARKERS = (*ORIENTATIONS, "twisted")


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
    cells : (169,) bool, or the numbers of cells, each once; optional
        Only pairs with one of these cells or two.

    Returns
    -------
    float
        In [0, 90]; about 45 if there is no order.

    Raises
    ------
    InvalidParameter
        If there is no such pair.
    DataError
        If there is not a finite angle for each cell.
    """
    turned = activities("neighbour_difference", np.ravel(angles), len(CORTEX), "angles")[0]
    pairs = PAIRS if cells is None else PAIRS[cell_set(cells)[PAIRS].any(axis=1)]
    if not len(pairs):
        raise InvalidParameter(NAME, "cells", cells, "one cell or more")
    return float(axial_difference(*turned[pairs.T]).mean())


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
    turned = uniform(key, NOISE, stimuli.shape, first * stimuli.shape[1]) < noise
    return np.where(turned, 1 - stimuli, stimuli)


def checked_share(name: str, value: Any) -> None:
    """Raise unless `value` is in [0, 1]."""
    checks.number(NAME, name, value, "a number in [0, 1]", least=0, below=np.nextafter(1, 2))


def activities(owner: str, stimuli: Any, cells: int, name: str = "stimuli") -> NDArray[np.float64]:
    """Return real finite numbers, a row (cells,) or several, as an array (n, cells) of its own."""
    try:
        given = np.asarray(stimuli)
        a = np.array(given if given.dtype.kind in "biufO" else "", float, order="C", ndmin=2)
    except (TypeError, ValueError):
        raise DataError(f"{owner}: {name} must be real numbers") from None
    if a.ndim != 2 or a.shape[1] != cells:
        raise DataError(f"{owner}: {name} must have shape (n, {cells}); got {np.shape(stimuli)}")
    if not np.isfinite(a).all():
        raise DataError(f"{owner}: {name} must be finite numbers")
    return a


def fibres(stimuli: Any) -> NDArray[np.float64]:
    """Return stimuli of the retina checked, (n, 19)."""
    a = activities(NAME, BARS if stimuli is None else stimuli, len(RETINA))
    if not len(a):
        raise DataError(f"{NAME}: stimuli must have shape (n, {len(RETINA)}), n >= 1; got {np.shape(stimuli)}")
    if a.min() < 0:
        raise DataError(f"{NAME}: stimuli must be finite numbers >= 0")
    return a


def driven(stimuli: NDArray[np.float64], synapses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the afferents bring to the cells, (stimuli, cells), summed as in learning."""
    drives = np.empty((len(stimuli), len(synapses)))
    parallel.run(malsburg_cpu.drive_all, len(stimuli), stimuli, synapses, drives)
    return drives


def each_once(owner: str, name: str, models: Any, kind: type, noun: str) -> list[Any]:
    """Return models of a class as a list, one or more, each once."""
    found = list(models) if np.iterable(models) else []
    if not found or len(set(map(id, found))) < len(found) or not all(isinstance(model, kind) for model in found):
        raise InvalidParameter(owner, name, models, f"one {noun} or more, each once")
    return found


def bounded(owner: str, sent: NDArray[np.float64]) -> None:
    """Raise if what cells send is not finite."""
    if not np.isfinite(sent).all():
        raise DataError(f"{owner}: the activities grew beyond all bounds; excite less, or take fewer steps")


def in_pieces(learn: Callable[[int], None], total: int, piece: int, callback: Callback | None) -> None:
    """Call learn(n) until all n together are `total`, unless the callback stops it; what was learned is kept."""
    for done in range(0, total, piece):
        now = min(piece, total - done)
        learn(now)
        if report(callback, done + now, total):
            break


def learn(owner: str, kernel: Callable[..., None], models: list[Any], presentations: int, *arguments: Any) -> None:
    """Let models learn, all of them, or none where one grows beyond all bounds."""
    before, constants = np.stack([m.synapses for m in models]), np.stack([m._constants() for m in models])
    after = before.copy()
    parallel.run(kernel, len(models), after, *arguments, constants)
    with np.errstate(over="ignore", invalid="ignore"):
        sums = after.sum(axis=-1)
    if not np.isfinite(sums).all() or ((sums == 0) & (before.sum(axis=-1) > 0)).any():
        said = "activities or synapses grew beyond all bounds, and the last presentations were not learned"
        raise DataError(f"{owner}: {said}; excite less, learn more slowly, or take fewer steps")
    for model, synapses in zip(models, after, strict=True):
        model.synapses, model.presentations = synapses, model.presentations + presentations


def cell_numbers(cells: Any) -> NDArray[np.int64]:
    """Return the numbers of the chosen cells in the order in which they are given, (n,)."""
    try:
        given = np.atleast_1d(np.asarray(cells))
    except ValueError:  # ragged
        given = np.empty(0)
    if given.dtype == bool and given.shape == (len(CORTEX),):
        return np.flatnonzero(given)
    fits = given.ndim == 1 and given.dtype.kind in "iu" and len(np.unique(given)) == len(given)
    if not fits or given.min(initial=0) < 0 or given.max(initial=0) >= len(CORTEX):
        wanted = f"a bool for each of the {len(CORTEX)} cells, or their numbers, each once"
        raise InvalidParameter(NAME, "cells", cells, wanted)
    return given.astype(np.int64)


def cell_set(cells: Any) -> NDArray[np.bool_]:
    """Return which cells are chosen, (169,) bool."""
    chosen = np.zeros(len(CORTEX), bool)
    chosen[cell_numbers(cells)] = True
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


def marked(owner: str, markers: Any, places: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the pairs (presynaptic cell, postsynaptic cell) of markers, (n, 2)."""
    if markers is None:
        return np.empty((0, 2), np.int64)
    if isinstance(markers, str) and markers in MARKERS:
        middle = np.flatnonzero((places**2).sum(axis=1) < 1.01)
        to = oriented(places[middle], "upright" if markers == "twisted" else markers)
        pre = ((to[:, None] - places) ** 2).sum(axis=2).argmin(axis=1)
        if markers == "twisted":
            pre[-2:] = pre[:-3:-1]
        return np.stack([pre, middle], axis=1)
    try:
        pairs = np.asarray(markers)
    except ValueError:  # ragged
        pairs = np.empty(0)
    fits = pairs.dtype.kind in "iu" and pairs.ndim == 2 and pairs.shape[1] == 2
    if not fits or pairs.min(initial=0) < 0 or pairs.max(initial=0) >= len(places):
        wanted = f"one of {', '.join(map(repr, MARKERS))}, None, or pairs of integers in [0, {len(places)})"
        raise InvalidParameter(owner, "markers", markers, wanted)
    return pairs


def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the correlation of two rows of numbers, 0 if one is constant."""
    a, b = a - a.mean(), b - b.mean()
    size = float((a * a).sum()) * float((b * b).sum())  # not a @ b, whose bits depend on BLAS's threads
    return float((a * b).sum()) / sqrt(max(size, 1e-300))
