"""Whether a hyperplane parts two classes, with which margin, and Novikoff's bound on a perceptron's mistakes.

Samples are *separable* if there is a vector w with y w·x > 0 for every sample x and its label y = ±1: a hyperplane
through the origin parts the two classes. With an intercept the hyperplane may lie anywhere, which is the same question
with one more feature that is always 1.
"""

from math import sqrt
from typing import Any

import numpy as np
from scipy.optimize import linprog, nnls

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter

SMALLEST_MARGIN = 1e-9  # of points scaled to length 1; what is smaller cannot be told from rounding


def separating_vector(X: Any, y: Any, *, fit_intercept: bool = False) -> np.ndarray | None:
    """Return a vector w with y w·x > 0 for all samples, by linear programming, or None if there is none.

    Margins below about 1e-7 of the samples' lengths are not told from 0.

    Parameters
    ----------
    X : (samples, features) array
    y : (samples,) array
        Two different labels; of others than -1 and 1 the larger counts as +1.
    fit_intercept : bool, default False
        Whether the hyperplane may miss the origin.

    Returns
    -------
    (features,) array or None
        With an intercept (features + 1,), the intercept last. Not the one of the largest margin: see `largest_margin`.
    """
    x, undo = _scaled(augmented(*_samples("separating_vector", X, y), fit_intercept), fit_intercept)
    bounds = [(-1.0, 1.0)] * x.shape[1] + [(0.0, 1.0)]
    objective = np.append(np.zeros(x.shape[1]), -1.0)  # the largest t with y w·x >= t; 0 if they are not separable
    found = linprog(objective, np.column_stack([-x, np.ones(len(x))]), np.zeros(len(x)), bounds=bounds, method="highs")
    if found.status != 0:
        raise DataError(f"separating_vector: the linear program was not solved: {found.message}")
    w = found.x[:-1]
    return undo @ w if (x @ w).min() > SMALLEST_MARGIN else None


def is_separable(X: Any, y: Any, *, fit_intercept: bool = False) -> bool:
    """Return whether a hyperplane parts the two classes; parameters as in `separating_vector`.

    Examples
    --------
    >>> corners = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> is_separable(corners, [0, 0, 0, 1], fit_intercept=True), is_separable(corners, [0, 1, 1, 0], fit_intercept=True)
    (True, False)
    """
    return separating_vector(X, y, fit_intercept=fit_intercept) is not None


def largest_margin(X: Any, y: Any, *, fit_intercept: bool = False) -> tuple[float, np.ndarray]:
    """Return the largest margin, max_w min y w·x / ‖w‖, and the unit vector w that has it.

    The shortest w with y w·x >= 1 is found as a problem of non-negative least squares, whose active-set method ends
    after finitely many steps at the exact solution up to rounding (relative error about 1e-10 for scaled data).

    Parameters
    ----------
    X, y, fit_intercept
        As in `separating_vector`. The intercept is one of the components of w and counts in ‖w‖, as it does for a
        perceptron that learns it with a constant input of 1.

    Returns
    -------
    margin : float
        In the units of X; > 0.
    w : (features,) or (features + 1,) array

    Raises
    ------
    DataError
        If the samples are not separable.

    References
    ----------
    C. L. Lawson & R. J. Hanson, "Solving least squares problems" (1974), chapter 23: least distance programming.

    Examples
    --------
    >>> margin, w = largest_margin([[3.0, 4.0], [-6.0, -8.0]], [1, -1])
    >>> round(margin, 9), w.round(9).tolist()
    (5.0, [0.6, 0.8])
    """
    x = augmented(*_samples("largest_margin", X, y), fit_intercept)
    scale = sqrt(float((x**2).sum(axis=1).max()))
    w = None if scale == 0.0 else shortest(x / scale)
    if w is not None:
        w = w / sqrt(float(w @ w))
        if (margin := float((x @ w).min())) > 0.0:
            return margin, w
    raise DataError("largest_margin: the samples are not separable" + ("" if fit_intercept else " through 0"))


def shortest(z: np.ndarray) -> np.ndarray | None:
    """Return the shortest w with z w >= 1 in every row of `z` (rows, n), None if there is none."""
    rows, n = z.shape
    dual = np.vstack([z.T, np.ones(rows)])
    target = np.append(np.zeros(n), 1.0)
    u, _ = nnls(dual, target, maxiter=max(100, 30 * rows))
    residual = target - dual @ u
    length2 = float(residual @ residual)  # margin^2 / (1 + margin^2), and 0 if there is none
    return -residual[:-1] / length2 if length2 > SMALLEST_MARGIN**2 else None


def novikoff_bound(X: Any, y: Any, weights: Any = None, *, fit_intercept: bool = False) -> float:
    """Return the most mistakes that a perceptron can make: (R/gamma)^2, R the longest sample, gamma a margin.

    It holds for any order of the samples, any number of passes and any learning rate, from w = 0 and with an update
    only where y w·x <= 0.

    Parameters
    ----------
    X, y, fit_intercept
        As in `largest_margin`. With an intercept every sample has one more coordinate, 1, in R and in gamma.
    weights : (features,) or, with an intercept, (features + 1,) array, optional
        A separating vector, of any length. Default: the one of the largest margin, which gives the least bound.

    Raises
    ------
    DataError
        If the samples are not separable, or not by `weights`.

    References
    ----------
    A. B. J. Novikoff, "On convergence proofs on perceptrons", Symp. Mathematical Theory of Automata 12:615-622 (1962).
    Quoted from memory; the proof is two lines: ‖w‖^2 <= m R^2 and w·w* >= m gamma after m mistakes.

    Examples
    --------
    >>> round(novikoff_bound(*novikoff_worst_case(7)), 9)
    7.0
    """
    x = augmented(*_samples("novikoff_bound", X, y), fit_intercept)
    longest = float((x**2).sum(axis=1).max())
    if weights is None:
        margin = largest_margin(X, y, fit_intercept=fit_intercept)[0]
    else:
        w = np.asarray(weights, float)
        if w.shape != (x.shape[1],) or not np.isfinite(w).all() or not w.any():
            raise InvalidParameter("novikoff_bound", "weights", weights, f"{x.shape[1]} numbers, not all of them 0")
        margin = float((x @ w).min() / sqrt(float(w @ w)))
        if margin <= 0.0:
            raise DataError("novikoff_bound: weights do not separate the samples")
    return longest / margin**2


def novikoff_worst_case(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return X (n, n) and y (n,) for which a perceptron makes exactly (R/gamma)^2 = n mistakes, in any order.

    The samples are the unit vectors, all of the class +1: none says anything about another, and a mistake on each
    gives w = (1, ..., 1), which is right. Learned without an intercept, from w = 0.
    """
    checks.at_least("novikoff_worst_case", "n", n, 1)
    return np.eye(n), np.ones(n, dtype=np.int64)


def _samples(owner: str, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return samples as float64 and labels as -1.0 and 1.0, checked."""
    x, labels = np.asarray(X, float), np.asarray(y)
    if x.ndim != 2 or min(x.shape) < 1 or labels.shape != (len(x),):
        raise DataError(
            f"{owner}: X must be (samples, features) and y (samples,), not empty; got {x.shape}, {labels.shape}"
        )
    if not np.isfinite(x).all():
        raise DataError(f"{owner}: X holds NaN or infinity")
    if np.isin(labels, (-1, 1)).all():
        return x, labels.astype(float)
    found = np.unique(labels)
    if len(found) > 2:
        raise DataError(f"{owner}: y must hold at most two different labels; got {len(found)}")
    return x, np.where(labels == found[-1], 1.0, -1.0)


def augmented(x: np.ndarray, y: np.ndarray, fit_intercept: bool) -> np.ndarray:
    """Return y x, with the intercept's coordinate last."""
    return (np.column_stack([x, np.ones(len(x))]) if fit_intercept else x) * y[:, None]


def _scaled(z: np.ndarray, fit_intercept: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return samples of length 1, their features centred if that is allowed and of order 1, and the matrix back."""
    undo = np.eye(z.shape[1])
    if fit_intercept:
        undo[-1, :-1] = -(z[:, :-1] * z[:, -1:]).mean(axis=0)
    size = np.abs(z @ undo).max(axis=0)
    undo /= np.where(size > 0.0, size, 1.0)
    z = z @ undo
    length = np.sqrt((z**2).sum(axis=1, keepdims=True))
    return z / np.where(length > 0.0, length, 1.0), undo
