"""What a perceptron with local feature detectors can compute: the order of predicates (Minsky & Papert 1969).

A predicate says yes or no about a picture of n points that are black or white. Its *order* is the smallest k such that
a threshold unit computes it from products of at most k points each: no detector then looks at more than k points.

Predicates are tables of truth values. A plain one has n axes of length 2, one a point. If a predicate only depends on
how many points of some groups are black, its table has one axis a group, of length 1 + size of the group: by averaging
the coefficients over all exchanges within groups one sees that nothing is lost (the group invariance theorem), and the
table stays small.
"""

from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.special import comb

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.perceptron.separability import is_separable

MOST_ROWS = 4096
LONGEST = 33  # beyond, polynomials of a count can no longer be told from each other in double precision


def order_of_predicate(table: Any) -> int:
    """Return the smallest k such that a threshold unit computes the predicate from products of at most k points.

    Found by linear programming, one program a k. Of a 3 x 3 retina it takes 0.1 s, of a 3 x 4 one 6 s.

    Parameters
    ----------
    table : array of bool
        Truth values: n axes of length 2, entry (i, j, ...) for the picture with points i, j, ...; or an axis a group
        of exchangeable points, entry (i, j, ...) for i black points in the first group, and so on. Axes of
        at most 33, at most 4096 entries.

    Returns
    -------
    int in [0, points]

    References
    ----------
    M. Minsky & S. Papert, "Perceptrons" (1969). Quoted from memory.

    Examples
    --------
    >>> order_of_predicate(parity(4))
    4
    >>> order_of_predicate([False, False, True, True])  # a majority of three points
    1
    """
    truth = _table("order_of_predicate", table)
    features, degrees = _products(truth.shape, orthogonal=True)
    labels = np.where(truth.ravel(), 1, -1)
    points = sum(truth.shape) - truth.ndim
    return next(k for k in range(points + 1) if is_separable(features[:, degrees <= k], labels))


def least_coefficient(table: Any, order: int | None = None) -> float:
    """Return how large the largest coefficient must be: the least max ‖a_S‖ of a threshold unit for the predicate.

    The unit adds up a_S over the products of points S that are all black, the empty product included; the sum is at
    least 1 where the predicate holds and at most 0 where it does not. With integer coefficients that is any unit, so
    none has only coefficients below this.

    Parameters
    ----------
    table : array of bool
        As in `order_of_predicate`.
    order : int, optional
        The most points in a product. Default: all.

    Raises
    ------
    DataError
        If the predicate is of a higher order.

    Examples
    --------
    >>> [round(least_coefficient(parity(n)), 6) for n in (1, 2, 3, 4, 5)]
    [1.0, 2.0, 4.0, 8.0, 16.0]
    """
    truth = _table("least_coefficient", table)
    points = sum(truth.shape) - truth.ndim
    order = points if order is None else order
    checks.at_least("least_coefficient", "order", order, 0)
    features, degrees = _products(truth.shape, orthogonal=False)
    features = features[:, degrees <= order]
    count = features.shape[1]
    sign = np.where(truth.ravel(), 1.0, -1.0)[:, None]
    right = np.column_stack([-sign * features, np.zeros(len(features))])
    small = np.vstack([np.column_stack([s * np.eye(count), -np.ones(count)]) for s in (1, -1)])
    limits = np.concatenate([np.where(truth.ravel(), -1.0, 0.0), np.zeros(2 * count)])
    cost = np.append(np.zeros(count), 1.0)
    found = linprog(cost, np.vstack([right, small]), limits, bounds=(None, None), method="highs")
    if found.status == 2:
        raise DataError(f"least_coefficient: no threshold unit with products of at most {order} points computes it")
    if found.status != 0:
        raise DataError(f"least_coefficient: the linear program was not solved: {found.message}")
    return float(found.fun)


def parity(points: int, *, grouped: bool = False) -> np.ndarray:
    """Return the predicate "the number of black points is odd".

    Parameters
    ----------
    points : int in [1, 12], with `grouped` in [1, 4095]
    grouped : bool, default False
        Whether all points form one group: a table (points + 1,) instead of (2,) * points.
    """
    checks.at_least("parity", "points", points, 1)
    if grouped:
        _size("parity", "points", points, points + 1)
        return np.arange(points + 1) % 2 == 1
    _size("parity", "points", points, 2**points)
    return np.asarray(np.indices((2,) * points).sum(axis=0) % 2 == 1)


def connectedness(rows: int, columns: int) -> np.ndarray:
    """Return the predicate "the black points hang together", neighbours being above, below, left and right.

    Parameters
    ----------
    rows, columns : int >= 1, at most 12 points

    Returns
    -------
    (2,) * (rows * columns) array of bool
        Axes in row-major order of the points. The white picture counts as connected.

    Examples
    --------
    >>> connectedness(2, 2).sum()  # of 16 pictures all but the two diagonals
    np.int64(14)
    """
    checks.at_least("connectedness", "rows", rows, 1)
    checks.at_least("connectedness", "columns", columns, 1)
    points = rows * columns
    _size("connectedness", "rows * columns", points, 2**points)
    pictures = np.indices((2,) * points).reshape(points, -1).T.reshape(-1, rows, columns).astype(bool)
    seen = np.zeros_like(pictures)
    seen.reshape(len(seen), -1)[np.arange(len(seen)), pictures.reshape(len(seen), -1).argmax(axis=1)] = True
    seen &= pictures
    for _ in range(points):  # a path has at most as many steps as there are points
        spread = seen.copy()
        spread[:, 1:] |= seen[:, :-1]
        spread[:, :-1] |= seen[:, 1:]
        spread[:, :, 1:] |= seen[:, :, :-1]
        spread[:, :, :-1] |= seen[:, :, 1:]
        seen = spread & pictures
    return (seen == pictures).all(axis=(1, 2)).reshape((2,) * points)


def one_in_a_box(boxes: int, size: int) -> np.ndarray:
    """Return the predicate "there is a black point in every box".

    Parameters
    ----------
    boxes, size : int >= 1
        Number of boxes and of points in each; (size + 1)^boxes at most 4096.

    Returns
    -------
    (size + 1,) * boxes array of bool
        One axis a box: its points are exchangeable.
    """
    checks.at_least("one_in_a_box", "boxes", boxes, 1)
    checks.at_least("one_in_a_box", "size", size, 1)
    _size("one_in_a_box", "(size + 1)**boxes", (boxes, size), (size + 1) ** boxes)
    return np.asarray((np.indices((size + 1,) * boxes) > 0).all(axis=0))


def _products(shape: tuple[int, ...], *, orthogonal: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the features (entries, products) of every entry of a table, and the number of points in each product.

    For a group of s points of which c are black, j of them are all black in binomial(c, j) products. `orthogonal`
    features span the same spaces and suit the solver better.
    """
    features, degrees = np.ones((1, 1)), np.zeros(1, dtype=int)
    for length in shape:
        black = np.arange(length)
        one = comb(black[:, None], black[None])
        if orthogonal:
            one = np.linalg.qr(np.vander(np.linspace(-1.0, 1.0, length), increasing=True))[0] * np.sqrt(length)
        features = np.kron(features, one)
        degrees = (degrees[:, None] + black).ravel()
    return features, degrees


def _table(owner: str, table: Any) -> np.ndarray:
    truth = np.asarray(table)
    if truth.dtype.kind in "iu" and np.isin(truth, (0, 1)).all():
        truth = truth.astype(bool)
    if truth.dtype != bool or not truth.ndim or not all(2 <= axis <= LONGEST for axis in truth.shape):
        raise InvalidParameter(owner, "table", table, f"an array of 0 and 1 with axes of length 2 to {LONGEST}")
    _size(owner, "table", f"one of shape {truth.shape}", truth.size)
    return truth


def _size(owner: str, name: str, value: Any, entries: int) -> None:
    if entries > MOST_ROWS:
        raise InvalidParameter(owner, name, value, f"so small that the table has at most {MOST_ROWS} entries")
