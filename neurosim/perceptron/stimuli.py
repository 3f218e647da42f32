"""Stimuli for a retina: random dots, and shapes that are shifted and spoiled at random.

Rosenblatt (1958) sets an "ideal environment", in which the stimuli of one response have nothing in common, against
a "differentiated environment", in which they resemble each other.
"""

from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.random import seed_from, uniform

SHAPES = ("square", "circle", "horizontal bar", "vertical bar")
DOTS, SHIFT, FLIP = range(16, 19)  # none of a machine's: stimuli of the same seed are independent of its wiring


def make_random_dots(
    n_stimuli: int, retina: tuple[int, int] = (20, 20), *, share: float = 0.5, random_state: Any = None
) -> np.ndarray:
    """Draw stimuli that light the same number of points each, anywhere on the retina: the ideal environment.

    Parameters
    ----------
    n_stimuli : int >= 1
    retina : (rows, columns), default (20, 20)
    share : float in [0, 1], default 0.5
        R, the lit share of the retina, rounded to whole points.
    random_state : None, int, SeedSequence, Generator or RandomState

    Returns
    -------
    (n_stimuli, rows, columns) bool array

    Raises
    ------
    InvalidParameter
        If a parameter is out of its range.

    Examples
    --------
    >>> from neurosim.perceptron.stimuli import make_random_dots
    >>> make_random_dots(3, share=0.2, random_state=0).sum((1, 2)).tolist()
    [80, 80, 80]
    """
    owner = "make_random_dots"
    checks.at_least(owner, "n_stimuli", n_stimuli, 1)
    rows, columns = checks.grid_of_units(owner, "retina", retina)
    _check_share(owner, "share", share)
    ranks = uniform(seed_from(random_state), DOTS, (n_stimuli, rows * columns)).argsort(axis=1).argsort(axis=1)
    lit: np.ndarray = ranks < round(share * rows * columns)
    return lit.reshape(n_stimuli, rows, columns)


def make_shape(kind: str, retina: tuple[int, int] = (20, 20), *, size: int = 10) -> np.ndarray:
    """Return one shape in the middle of the retina, to half a point.

    Parameters
    ----------
    kind : "square", "circle", "horizontal bar" or "vertical bar"
        Filled shapes; a bar is a quarter as wide as it is long.
    retina : (rows, columns), default (20, 20)
    size : int >= 1, default 10
        Side, diameter or length, in points; at most the shorter side of the retina.

    Returns
    -------
    (rows, columns) bool array

    Raises
    ------
    InvalidParameter
        If a parameter is out of its range.

    Examples
    --------
    >>> from neurosim.perceptron.stimuli import make_shape
    >>> int(make_shape("square", size=10).sum())
    100
    """
    rows, columns = checks.grid_of_units("make_shape", "retina", retina)
    checks.one_of("make_shape", "kind", kind, SHAPES)
    checks.at_least("make_shape", "size", size, 1)
    if size > min(rows, columns):
        raise InvalidParameter("make_shape", "size", size, f"at most {min(rows, columns)} points")
    if kind == "circle":
        y, x = np.ogrid[:rows, :columns]
        return (y - (rows - 1) / 2) ** 2 + (x - (columns - 1) / 2) ** 2 <= size**2 / 4
    thin = max(1, round(size / 4))
    height = thin if kind == "horizontal bar" else size
    width = thin if kind == "vertical bar" else size
    top, left = (rows - height) // 2, (columns - width) // 2
    shape = np.zeros((rows, columns), bool)
    shape[top : top + height, left : left + width] = True
    return shape


def make_variations(
    prototypes: Any, n_each: int, *, max_shift: int = 0, flip: float = 0.0, random_state: Any = None
) -> tuple[np.ndarray, np.ndarray]:
    """Draw stimuli that resemble prototypes: the differentiated environment.

    Parameters
    ----------
    prototypes : (classes, rows, columns) array of bool
    n_each : int >= 1
        Stimuli of each class.
    max_shift : int >= 0, default 0
        Largest shift along the rows and along the columns, in points. What leaves the retina comes back on the other
        side, so that a shifted stimulus lights as many points as its prototype.
    flip : float in [0, 1], default 0
        Probability that a point is turned from lit to dark or from dark to lit.
    random_state : None, int, SeedSequence, Generator or RandomState

    Returns
    -------
    stimuli : (classes * n_each, rows, columns) bool array
    responses : (classes * n_each,) int array
        The number of each stimulus' prototype. The classes take turns.

    Raises
    ------
    InvalidParameter, DataError
        If a parameter is out of its range.

    Examples
    --------
    >>> from neurosim.perceptron.stimuli import make_shape, make_variations
    >>> shapes = [make_shape("square"), make_shape("circle", size=11)]
    >>> stimuli, responses = make_variations(shapes, 50, max_shift=2, random_state=0)
    >>> stimuli.shape, responses[:4].tolist()
    ((100, 20, 20), [0, 1, 0, 1])
    """
    owner = "make_variations"
    originals = np.asarray(prototypes)
    if originals.ndim != 3 or originals.size == 0 or not np.isin(originals, (0, 1)).all():
        raise DataError(f"{owner}: prototypes must be 0 or 1, (classes, rows, columns); got shape {originals.shape}")
    checks.at_least(owner, "n_each", n_each, 1)
    checks.at_least(owner, "max_shift", max_shift, 0)
    _check_share(owner, "flip", flip)
    key = seed_from(random_state)
    classes, rows, columns = originals.shape
    responses = np.tile(np.arange(classes), n_each)
    n = len(responses)
    shifts = (uniform(key, SHIFT, (n, 2)) * (2 * max_shift + 1)).astype(int) - max_shift
    y = (np.arange(rows) - shifts[:, :1]) % rows
    x = (np.arange(columns) - shifts[:, 1:]) % columns
    shifted = originals.astype(bool)[responses[:, None, None], y[:, :, None], x[:, None, :]]
    return shifted ^ (uniform(key, FLIP, (n, rows, columns)) < flip), responses


def _check_share(owner: str, name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise InvalidParameter(owner, name, value, "a share in [0, 1]")
