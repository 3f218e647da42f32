"""Weighted graphs and their cuts; what comes in as states, edges or the entries of a matrix, and its checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter

CODINGS = ("spin", "binary")
BLOCK = 1 << 21  # numbers in one block of states
MOST = 2**31 - 1  # spins or vertices: their numbers are int32 in the kernels


@dataclass(frozen=True, eq=False)
class Graph:
    """An undirected graph with weighted edges, without loops and without parallel edges.

    Parameters
    ----------
    n_vertices : int >= 1
        Vertices are numbered from 0.
    edges : array of int, shape (M, 2)
        The two ends of every edge, in any order. Kept as int64 with i < j, sorted by i, then j.
    weights : array of shape (M,), optional
        Weights of the edges, finite. Default: all 1. Kept as int64 if all are integers and as float64 if not.

    Raises
    ------
    DataError
        If an edge is a loop, comes twice or leaves the range, or if a weight is not finite.

    Examples
    --------
    >>> from neurosim.ising import Graph
    >>> square = Graph(4, [(0, 1), (1, 2), (2, 3), (3, 0)])
    >>> square.cut([1, -1, 1, -1])
    4
    """

    n_vertices: int
    edges: np.ndarray
    weights: np.ndarray = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        check_count("Graph", "n_vertices", self.n_vertices)
        edges = as_array("Graph", "edges", self.edges)
        weights = np.ones(edges.shape[:1], dtype=np.int64) if self.weights is None else self.weights
        edges, weights = sorted_edges("Graph", self.n_vertices, edges, weights, "weights")
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "weights", integers_if_exact(weights))

    @property
    def n_edges(self) -> int:
        """The number of edges."""
        return len(self.edges)

    @cached_property
    def degree(self) -> np.ndarray:
        """The number of edges at every vertex, int64 of shape (n_vertices,)."""
        return np.bincount(self.edges.ravel(), minlength=self.n_vertices)

    def cut(self, states: Any, *, coding: str = "spin") -> Any:
        """Return the sum of the weights of the edges between the two sides.

        Parameters
        ----------
        states : array of shape (..., n_vertices)
            The side of every vertex: -1 or 1 (spin), 0 or 1 (binary).
        coding : "spin" or "binary", default "spin"
            What the states are written in.

        Returns
        -------
        int or float, or array of shape (...)
            The cut of every state; integers where the weights are.
        """
        spins = as_spins("Graph", states, self.n_vertices, coding)
        rows = spins.reshape(-1, self.n_vertices)
        cuts = np.empty(len(rows), dtype=self.weights.dtype)
        step = max(1, BLOCK // max(1, self.n_edges))
        for begin in range(0, len(rows), step):
            block = rows[begin : begin + step]
            cuts[begin : begin + step] = (block[:, self.edges[:, 0]] != block[:, self.edges[:, 1]]) @ self.weights
        return cuts[0].item() if spins.ndim == 1 else cuts.reshape(spins.shape[:-1])


def check_count(owner: str, name: str, n: Any) -> None:
    """Raise unless `n` is a number of spins or vertices."""
    checks.at_least(owner, name, n, 1)
    if n > MOST:
        raise InvalidParameter(owner, name, n, f"at most {MOST}")


def as_array(owner: str, name: str, values: Any) -> np.ndarray:
    """Return values as an array, whose rows must have one length."""
    try:
        return np.asarray(values)
    except ValueError:
        raise DataError(f"{owner}: {name} must be an array; got rows of different lengths") from None


def as_spins(owner: str, states: Any, n_spins: int, coding: str = "spin", *, name: str = "states") -> np.ndarray:
    """Return states of shape (..., n_spins) as int8 spins -1 and 1, C-contiguous; errors call them by `name`.

    Raises
    ------
    InvalidParameter
        If there is no such coding.
    DataError
        If the last axis has another length or if a value is not of the coding.
    """
    checks.one_of(owner, "coding", coding, CODINGS)
    array = as_array(owner, name, states)
    if array.ndim < 1 or array.shape[-1] != n_spins:
        raise DataError(f"{owner}: {name} must have shape (..., {n_spins}); got {array.shape}")
    low = -1 if coding == "spin" else 0
    wrong = (array != low) & (array != 1)
    if wrong.any():
        place = tuple(int(k) for k in np.argwhere(wrong)[0])
        raise DataError(
            f"{owner}: {name} of coding {coding!r} must be {low} or 1; {name}{list(place)} is {array[place]}"
        )
    spins = np.ascontiguousarray(array, dtype=np.int8)
    return spins if coding == "spin" else np.int8(2) * spins - np.int8(1)


def sorted_edges(owner: str, n: int, edges: Any, values: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return edges (M, 2) int64 with i < j in order, and their values in that order, after all checks."""
    pairs = as_array(owner, "edges", edges)
    if pairs.size == 0:
        pairs = np.empty((0, 2), dtype=np.int64)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu":
        raise DataError(f"{owner}: edges must be integers of shape (M, 2); got {pairs.dtype} of shape {pairs.shape}")
    numbers = finite(owner, name, values, (len(pairs),))
    for wrong, fault in (
        (((pairs < 0) | (pairs >= n)).any(axis=1), f"leaves the range 0 ... {n - 1}"),
        (pairs[:, 0] == pairs[:, 1], "is a loop"),
    ):
        if wrong.any():
            k = int(np.argmax(wrong))
            raise DataError(f"{owner}: edges[{k}], {pairs[k].tolist()}, {fault}")
    low = pairs.min(axis=1).astype(np.int64)
    high = pairs.max(axis=1).astype(np.int64)
    key = low * n + high
    order = np.argsort(key, kind="stable")
    twice = np.flatnonzero(np.diff(key[order]) == 0)
    if len(twice):
        first, second = (int(k) for k in order[twice[0] : twice[0] + 2])
        raise DataError(f"{owner}: edges[{first}] and edges[{second}] are both {pairs[first].tolist()}")
    return np.stack([low[order], high[order]], axis=1), numbers[order]


def finite(owner: str, name: str, values: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return real, finite numbers of a given shape as an array of their own type."""
    array = as_array(owner, name, values)
    _check_real(owner, name, array.dtype)
    if array.shape != shape:
        raise DataError(f"{owner}: {name} must have shape {shape}; got {array.shape}")
    if not np.isfinite(array).all():
        place = tuple(int(k) for k in np.argwhere(~np.isfinite(array))[0])
        raise DataError(f"{owner}: {name} must be finite; {name}{list(place)} is {array[place]}")
    return array


def _check_real(owner: str, name: str, kind: np.dtype) -> None:
    if kind.kind not in "biuf":
        raise DataError(f"{owner}: {name} must be real numbers; got an array of type {kind}")


def integers_if_exact(values: np.ndarray) -> np.ndarray:
    """Return numbers as int64 if all are integers below 2**53, and as float64 if not."""
    numbers = values.astype(np.float64)
    exact = bool(((numbers == np.trunc(numbers)) & (np.abs(numbers) < 2.0**53)).all())
    return numbers.astype(np.int64) if exact else numbers


def variables(owner: str, name: str, labels: Any) -> np.ndarray:
    """Return the numbers of variables, integers >= 0, as int64."""
    for label in labels:
        if not isinstance(label, int | np.integer) or isinstance(label, bool) or label < 0:
            raise DataError(f"{owner}: the variables of {name} must be integers >= 0; got {label!r}")
        if label >= MOST:
            raise DataError(f"{owner}: the variables of {name} must be below {MOST}; got {label}")
    return np.array([int(label) for label in labels], dtype=np.int64)


def linear_biases(owner: str, name: str, biases: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return variables and their numbers, from a dict or from a sequence with one number for each variable."""
    if isinstance(biases, Mapping):
        places, numbers = variables(owner, name, biases), list(biases.values()) or np.empty(0)
    else:
        numbers = as_array(owner, name, biases)
        if numbers.ndim != 1:
            came = f"{type(biases).__name__} of shape {numbers.shape}"
            raise DataError(f"{owner}: {name} must be a dict from variable to number, or numbers in a row; got {came}")
        places = np.arange(len(numbers))
    return places, finite(owner, name, numbers, places.shape).astype(np.float64)


def entries(owner: str, name: str, matrix: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Return rows, columns, values and the number of variables of a square matrix or a dict of its entries."""
    if isinstance(matrix, Mapping):
        if not all(isinstance(key, tuple) and len(key) == 2 for key in matrix):
            raise DataError(f"{owner}: the keys of {name} must be pairs (i, j)")
        places = variables(owner, name, [label for key in matrix for label in key]).reshape(-1, 2)
        values = finite(owner, name, list(matrix.values()) or np.empty(0), (len(matrix),))
        return places[:, 0], places[:, 1], values.astype(np.float64), 1 + int(places.max(initial=-1))
    if not sparse.issparse(matrix):
        matrix = as_array(owner, name, matrix)
    _check_real(owner, name, matrix.dtype)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.shape[0] == 0:
        raise DataError(f"{owner}: {name} must have shape (N, N), N >= 1; got {matrix.shape}")
    coordinates = sparse.coo_array(matrix.astype(np.float64))  # before duplicates are added up
    values = finite(owner, name, coordinates.data, coordinates.data.shape)
    return coordinates.row.astype(np.int64), coordinates.col.astype(np.int64), values, matrix.shape[0]


def added_up(n: int, rows: np.ndarray, columns: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs i < j of off-diagonal entries, those of (i, j) and (j, i) added up."""
    off = rows != columns
    low, high = np.minimum(rows, columns)[off], np.maximum(rows, columns)[off]
    upper = sparse.csr_array((values[off], (low, high)), shape=(n, n)).tocoo()
    return np.stack([upper.row, upper.col], axis=1).astype(np.int64), upper.data


def dense_couplings(owner: str, couplings: Any) -> np.ndarray:
    """Return a symmetric matrix with a zero diagonal as float64 in C order, after all checks."""
    array = as_array(owner, "couplings", couplings)
    if array.ndim != 2 or array.shape[0] != array.shape[1] or len(array) == 0:
        raise DataError(f"{owner}: couplings must have shape (N, N), N >= 1; got {array.shape}")
    dense = np.array(finite(owner, "couplings", array, array.shape), dtype=np.float64, order="C")
    if (dense != dense.T).any():
        i, j = (int(k) for k in np.argwhere(dense != dense.T)[0])
        _not_symmetric(owner, i, j, dense[i, j], dense[j, i])
    _check_diagonal(owner, np.diagonal(dense))
    return dense


def sparse_couplings(owner: str, couplings: Any) -> Any:
    """Return a sparse symmetric matrix with a zero diagonal as a csr_array of float64, after all checks."""
    if couplings.ndim != 2 or couplings.shape[0] != couplings.shape[1] or couplings.shape[0] == 0:
        raise DataError(f"{owner}: couplings must have shape (N, N), N >= 1; got {couplings.shape}")
    _check_real(owner, "couplings", couplings.dtype)
    matrix = sparse.csr_array(couplings.astype(np.float64, copy=True))  # before duplicates are added up
    matrix.sum_duplicates()
    finite(owner, "couplings", matrix.data, matrix.data.shape)
    matrix.eliminate_zeros()
    difference = (matrix - matrix.T).tocoo()
    if difference.data.any():
        k = int(np.argmax(difference.data != 0))
        i, j = int(difference.row[k]), int(difference.col[k])
        _not_symmetric(owner, i, j, matrix[i, j], matrix[j, i])
    _check_diagonal(owner, matrix.diagonal())
    return matrix


def _not_symmetric(owner: str, i: int, j: int, one: float, other: float) -> None:
    raise DataError(
        f"{owner}: couplings must be symmetric; couplings[{i}, {j}] is {one:g} and couplings[{j}, {i}] is {other:g}"
    )


def _check_diagonal(owner: str, diagonal: np.ndarray) -> None:
    if diagonal.any():
        i = int(np.argmax(diagonal != 0))
        raise DataError(f"{owner}: couplings must have a zero diagonal; couplings[{i}, {i}] is {diagonal[i]:g}")
