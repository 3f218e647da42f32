"""The energy of spins with pair couplings, and its forms as a cut and as a binary quadratic function."""

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
from scipy import sparse

from neurosim.core import checks
from neurosim.core.errors import DataError
from neurosim.core.jit import one_blas_thread
from neurosim.ising.graphs import (
    BLOCK,
    Graph,
    added_up,
    as_spins,
    check_count,
    dense_couplings,
    entries,
    finite,
    linear_biases,
    sorted_edges,
    sparse_couplings,
)

NAME = "IsingModel"


class IsingModel:
    """Spins s_i = -1 or 1 with couplings and fields: E(s) = -1/2 s^T J s - h^T s + offset.

    A coupling J_ij > 0 favours equal spins. The local field of spin i is f_i = sum_j J_ij s_j + h_i, and turning that
    spin over changes the energy by 2 s_i f_i. Temperatures are in units of the energy (k_B = 1).

    Parameters
    ----------
    couplings : array or scipy.sparse array of shape (N, N)
        J, symmetric, finite, with a zero diagonal. A sparse one stays sparse.
    fields : array of shape (N,), optional
        h, finite. Default: all 0.
    offset : float, default 0.0
        A constant added to the energy.

    Attributes
    ----------
    n_spins : int
        N.
    couplings : ndarray, or csr_array with sorted indices, of float64, shape (N, N)
        J.
    fields : ndarray of float64, shape (N,)
        h.
    offset : float
        The constant.
    is_sparse : bool
        Whether the couplings are a csr_array.
    is_integer : bool
        Whether all couplings and fields are integers; the energies are then exact.

    Raises
    ------
    DataError
        If the couplings or the fields are not as above; the message names the place.

    Examples
    --------
    >>> from neurosim.ising import IsingModel
    >>> pair = IsingModel([[0, 1], [1, 0]], fields=[0.5, 0])
    >>> pair.energy([[1, 1], [1, -1]])
    array([-1.5,  0.5])
    """

    def __init__(self, couplings: Any, fields: Any = None, *, offset: float = 0.0) -> None:
        self.couplings: Any = (
            sparse_couplings(NAME, couplings) if sparse.issparse(couplings) else dense_couplings(NAME, couplings)
        )
        self.n_spins = int(self.couplings.shape[0])
        fields = np.zeros(self.n_spins) if fields is None else fields
        self.fields = np.array(finite(NAME, "fields", fields, (self.n_spins,)), dtype=np.float64)
        checks.number(NAME, "offset", offset, "a finite number")
        self.offset = float(offset)
        self.is_sparse = sparse.issparse(self.couplings)
        values = self.couplings.data if self.is_sparse else self.couplings
        self.is_integer = all(np.array_equal(numbers, np.trunc(numbers)) for numbers in (values, self.fields))

    def __repr__(self) -> str:
        kind = "sparse" if self.is_sparse else "dense"
        return f"{NAME}(n_spins={self.n_spins}, {kind}, {len(self.pairs()[1])} couplings, offset={self.offset:g})"

    @classmethod
    def from_edges(
        cls, n_spins: int, edges: Any, values: Any = 1.0, fields: Any = None, *, offset: float = 0.0
    ) -> Self:
        """Return the sparse model with coupling values[k] between the two spins edges[k].

        Parameters
        ----------
        n_spins : int >= 1
            The number of spins.
        edges : array of int, shape (M, 2)
            Pairs of different spins, each pair once, in any order.
        values : array of shape (M,) or number, default 1.0
            J of each pair, or of all.
        fields, offset
            As in the constructor.
        """
        check_count(NAME, "n_spins", n_spins)
        if np.ndim(values) == 0:
            values = np.full(len(edges), values)
        pairs, numbers = sorted_edges(NAME, n_spins, edges, values, "values")
        return cls(_symmetric(n_spins, pairs, numbers.astype(np.float64)), fields, offset=offset)

    @classmethod
    def from_graph(cls, graph: Graph) -> Self:
        """Return the model whose ground states are the maximum cuts of a graph: J = -w, no fields."""
        return cls.from_edges(graph.n_vertices, graph.edges, -graph.weights)

    @classmethod
    def from_qubo(cls, qubo: Any, *, offset: float = 0.0) -> Self:
        """Return the model of E = b^T Q b + offset with b_i = 0 or 1, s_i = 2 b_i - 1.

        Parameters
        ----------
        qubo : array or scipy.sparse array of shape (N, N), or dict from (i, j) to number
            Q. It need not be symmetric: Q_ij and Q_ji are added up. A dict makes 1 + the largest index variables.
        offset : float, default 0.0
            The constant of E.
        """
        rows, columns, values, n = entries(NAME, "qubo", qubo)
        if n == 0:
            raise DataError(f"{NAME}: qubo must have at least one entry; got an empty dict")
        linear = np.bincount(rows[rows == columns], values[rows == columns], minlength=n)
        pairs, quarter = added_up(n, rows, columns, values / 4)
        at_ends = np.bincount(pairs.T.ravel(), np.tile(quarter, 2), minlength=n)
        checks.number(NAME, "offset", offset, "a finite number")
        constant = offset + quarter.sum() + linear.sum() / 2
        return cls.from_edges(n, pairs, -quarter, -(linear / 2 + at_ends), offset=constant)

    @classmethod
    def from_ising_dicts(cls, h: Any, J: Any, offset: float = 0.0) -> Self:
        """Return the model of dimod's E = sum_i h_i s_i + sum_ij J_ij s_i s_j + offset.

        The signs of dimod are opposite to ours: its h and J come in here and -h and -J are kept.

        Parameters
        ----------
        h : dict from variable to number, or sequence of numbers
            Linear biases.
        J : dict from (variable, variable) to number
            Quadratic biases; those of (i, j) and (j, i) are added up.
        offset : float, default 0.0
            The constant.

        Raises
        ------
        DataError
            If a variable is not an integer >= 0; 1 + the largest of them is the number of spins. (In dimod
            ``bqm.relabel_variables_as_integers()`` numbers the variables.)
        """
        spins, biases = linear_biases(NAME, "h", h)
        if not isinstance(J, Mapping):
            raise DataError(f"{NAME}: J must be a dict from (variable, variable) to number; got {type(J).__name__}")
        rows, columns, values, n = entries(NAME, "J", J)
        n = max(n, 1 + int(spins.max(initial=-1)))
        if n == 0:
            raise DataError(f"{NAME}: h and J must name at least one variable; both are empty")
        if (rows == columns).any():
            raise DataError(f"{NAME}: J must couple different variables; {int(rows[rows == columns][0])} comes twice")
        pairs, values = added_up(n, rows, columns, values)
        fields = np.bincount(spins, biases, minlength=n)
        return cls.from_edges(n, pairs, -values, -fields, offset=offset)

    @classmethod
    def from_dimod(cls, bqm: Any) -> Self:
        """Return the model of a dimod ``BinaryQuadraticModel``, whose variables have to be integers >= 0.

        Any object will do whose attribute ``spin`` has ``linear``, ``quadratic`` and ``offset``, with dimod's signs.
        """
        view = getattr(bqm, "spin", None)
        if not all(hasattr(view, name) for name in ("linear", "quadratic", "offset")):
            raise DataError(f"{NAME}: bqm must be a dimod BinaryQuadraticModel; got {type(bqm).__name__}")
        assert view is not None
        return cls.from_ising_dicts(dict(view.linear), dict(view.quadratic), float(view.offset))

    def energy(self, states: Any, *, coding: str = "spin") -> Any:
        """Return the energy of every state, computed anew; exact where all numbers are integers.

        Parameters
        ----------
        states : array of shape (..., N)
            Spins -1 and 1, or binary variables b = (s + 1) / 2.
        coding : "spin" or "binary", default "spin"
            Which of the two.

        Returns
        -------
        float, or float64 array of shape (...)
            E of every state.
        """
        spins = as_spins(NAME, states, self.n_spins, coding)
        energies = self._pair_energies(spins) - spins @ self.fields + self.offset
        return float(energies) if spins.ndim == 1 else energies

    def local_fields(self, states: Any, *, coding: str = "spin") -> np.ndarray:
        """Return the local fields J s + h of states of shape (..., N), float64 of the same shape."""
        spins = as_spins(NAME, states, self.n_spins, coding)
        fields = np.empty(spins.shape)
        for rows, out in self._blocks(spins, fields.reshape(-1, self.n_spins)):
            out[:] = self._times(rows) + self.fields
        return fields

    def cut(self, states: Any, *, coding: str = "spin") -> Any:
        """Return the weight between the two sides of every state, (...): the weights are -J.

        Raises
        ------
        DataError
            If the model has fields: it is then not a cut.
        """
        self._require_no_fields()
        spins = as_spins(NAME, states, self.n_spins, coding)
        cuts = (-self.couplings.sum() / 2 - self._pair_energies(spins)) / 2
        return float(cuts) if spins.ndim == 1 else cuts

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the coupled pairs, (M, 2) int64 with i < j in order, and J of each, (M,) float64."""
        upper = (
            sparse.triu(self.couplings, 1, format="csr")
            if self.is_sparse
            else sparse.csr_array(np.triu(self.couplings, 1))
        )
        coordinates = upper.tocoo()
        return np.stack([coordinates.row, coordinates.col], axis=1).astype(np.int64), coordinates.data

    def to_graph(self) -> Graph:
        """Return the graph whose maximum cut this model asks for, with weights -J; fields are an error."""
        self._require_no_fields()
        pairs, values = self.pairs()
        return Graph(self.n_spins, pairs, 0 - values)

    def to_qubo(self) -> tuple[Any, float]:
        """Return (Q, offset) with E = b^T Q b + offset for b = (s + 1) / 2; Q is an upper triangular csr_array."""
        pairs, values = self.pairs()
        diagonal = 2 * self._row_sums() - 2 * self.fields
        n = np.arange(self.n_spins)
        rows, columns = np.concatenate([pairs[:, 0], n]), np.concatenate([pairs[:, 1], n])
        numbers = np.concatenate([-4 * values, diagonal])
        qubo = sparse.csr_array((numbers, (rows, columns)), shape=(self.n_spins, self.n_spins))
        qubo.eliminate_zeros()
        return qubo, float(self.offset - values.sum() + self.fields.sum())

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return (parameters, state), the two parts that `neurosim.save` keeps."""
        parameters: dict[str, Any] = {"fields": self.fields, "offset": self.offset}
        if self.is_sparse:
            edges, values = self.pairs()
            return parameters | {"n_spins": self.n_spins, "edges": edges, "values": values}, {}
        return parameters | {"couplings": self.couplings}, {}

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the model that `to_parts` took apart."""
        return cls.from_edges(**parameters) if "edges" in parameters else cls(**parameters)

    def _require_no_fields(self) -> None:
        if self.fields.any():
            i = int(np.argmax(self.fields != 0))
            raise DataError(f"{NAME}: a model with fields is no cut; fields[{i}] is {self.fields[i]:g}")

    def _row_sums(self) -> np.ndarray:
        return np.asarray(self.couplings.sum(axis=1), dtype=np.float64).ravel()

    def _pair_energies(self, spins: np.ndarray) -> np.ndarray:
        """Return -1/2 s^T J s of states of shape (..., N)."""
        energies = np.empty(spins.shape[:-1])
        for rows, out in self._blocks(spins, energies.reshape(-1)):
            out[:] = -0.5 * np.einsum("ri,ri->r", rows, self._times(rows))
        return energies

    def _blocks(self, spins: np.ndarray, out: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield blocks of states as float64 rows, each with its part of `out`."""
        rows = spins.reshape(-1, self.n_spins)
        step = max(1, BLOCK // self.n_spins)
        for begin in range(0, len(rows), step):
            yield rows[begin : begin + step].astype(np.float64), out[begin : begin + step]

    def _times(self, rows: np.ndarray) -> np.ndarray:
        """Return J s of every row."""
        if self.is_sparse:
            product: np.ndarray = (self.couplings @ rows.T).T
            return product
        with one_blas_thread():
            return rows @ self.couplings


def _symmetric(n: int, pairs: np.ndarray, values: np.ndarray) -> Any:
    both = np.concatenate([pairs, pairs[:, ::-1]])
    return sparse.csr_array((np.tile(values, 2), (both[:, 0], both[:, 1])), shape=(n, n))
