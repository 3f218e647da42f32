"""Kosko's bidirectional associative memory (1988): two layers that answer each other until both rest."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import DataError
from neurosim.core.jit import one_blas_thread
from neurosim.hopfield.inputs import as_states, check_stored

NAME = "BidirectionalAssociativeMemory"


@dataclass(frozen=True)
class BidirectionalRecall:
    """Where the two layers came to.

    Attributes
    ----------
    x : (probes, n_x) int8
        The first layer, in the memory's coding.
    y : (probes, n_y) int8
        The second layer.
    steps : (probes,) int64
        How often a layer was updated; the last two updates of a stable pair changed nothing.
    stable : (probes,) bool
        Whether the pair reverberates, that is, changes no more.
    energies : (steps + 1, probes) float64
        -x^T W y at the start and after each update.
    """

    x: np.ndarray = field(repr=False)
    y: np.ndarray = field(repr=False)
    steps: np.ndarray = field(repr=False)
    stable: np.ndarray = field(repr=False)
    energies: np.ndarray = field(repr=False)


class BidirectionalAssociativeMemory:
    """The bidirectional associative memory (Kosko 1988).

    Pairs are stored in W = sum_r x_r y_r^T, taken from patterns in -1/+1 whatever the coding of the states. A layer
    that is updated takes the sign of what the other sends, y from x W and x from W y; a unit that receives 0 keeps its
    state. In turn this never raises the energy E = -x^T W y, so that every probe comes to a stable pair for any W.

    Parameters
    ----------
    n_x, n_y : int >= 1
        The units of the two layers.
    coding : "spin" or "binary", default "spin"
        Whether states and patterns are -1/+1 or 0/1. Bipolar states recall better.

    Raises
    ------
    InvalidParameter
        If a value is outside its range.

    References
    ----------
    B. Kosko, "Bidirectional associative memories", IEEE Transactions on Systems, Man, and Cybernetics 18:49-60 (1988).
    Not checked against the paper.

    Examples
    --------
    >>> from neurosim.hopfield import BidirectionalAssociativeMemory
    >>> memory = BidirectionalAssociativeMemory(6, 4, coding="binary")
    >>> memory.store([[1, 0, 1, 0, 1, 0], [1, 1, 1, 0, 0, 0]], [[1, 1, 0, 0], [1, 0, 1, 0]]).weights[0]
    array([ 2,  0,  0, -2])
    >>> memory.recall(x=[0, 1, 1, 0, 0, 0]).y
    array([[1, 0, 1, 0]], dtype=int8)
    >>> memory.recall(y=[1, 1, 0, 0]).x
    array([[1, 0, 1, 0, 1, 0]], dtype=int8)
    """

    def __init__(self, n_x: int, n_y: int, *, coding: str = "spin") -> None:
        checks.at_least(NAME, "n_x", n_x, 1)
        checks.at_least(NAME, "n_y", n_y, 1)
        checks.one_of(NAME, "coding", coding, ("spin", "binary"))
        self.n_x, self.n_y, self.coding = int(n_x), int(n_y), coding
        self.weights = np.zeros((self.n_x, self.n_y), np.int64)

    def __repr__(self) -> str:
        return f"{NAME}({self.n_x} and {self.n_y} units, coding={self.coding!r})"

    def store(self, x: Any, y: Any) -> Self:
        """Add pairs, (pairs, n_x) and (pairs, n_y) in the memory's coding, and return the memory."""
        self.weights = self.weights + self._correlation(x, y)
        return self

    def forget(self, x: Any, y: Any) -> Self:
        """Subtract what `store` adds for these pairs, and return the memory."""
        self.weights = self.weights - self._correlation(x, y)
        return self

    def energy(self, x: Any, y: Any) -> np.ndarray:
        """Return -x^T W y for pairs (pairs, n_x) and (pairs, n_y), shape (pairs,)."""
        first, second = self._paired(x, y)
        return self._energy(first.astype(float), second.astype(float))

    def recall(self, x: Any = None, y: Any = None, *, max_steps: int = 100) -> BidirectionalRecall:
        """Update the layers in turn until both rest.

        Parameters
        ----------
        x : (probes, n_x) or (n_x,) array, optional
        y : (probes, n_y) or (n_y,) array, optional
            At least one of them. The layer that is not given starts at its low state, -1 or 0, and is updated first;
            if both are given, y is.
        max_steps : int >= 1, default 100
            The largest number of updates.
        """
        if x is None and y is None:
            raise DataError(f"{NAME}: recall needs x, y or both")
        checks.at_least(NAME, "max_steps", max_steps, 1)
        low = -1 if self.coding == "spin" else 0
        start_x = self._rows("x", np.full((len(np.atleast_2d(y)), self.n_x), low) if x is None else x)
        start_y = self._rows("y", np.full((len(start_x), self.n_y), low) if y is None else y)
        states = [a.astype(float) for a in self._paired(start_x, start_y)]
        check_stored(NAME, self.weights.any(), "store(x, y)")
        with one_blas_thread():
            return self._settle(states, 0 if x is None else 1, max_steps)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parameters and the state, for `neurosim.save`."""
        return {"n_x": self.n_x, "n_y": self.n_y, "coding": self.coding}, {"weights": self.weights}

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the memory that `to_parts` took apart."""
        memory = cls(**parameters)
        weights = np.asarray(state["weights"])
        if weights.shape != memory.weights.shape:
            raise DataError(f"{NAME}: weights must have shape {memory.weights.shape}; got {weights.shape}")
        memory.weights = weights
        return memory

    def _settle(self, states: list[np.ndarray], turn: int, max_steps: int) -> BidirectionalRecall:
        """Update the layers in turn, `turn` first, until two updates change nothing."""
        steps, quiet = np.zeros(len(states[0]), np.int64), np.zeros(len(states[0]), np.int64)
        energies = [self._energy(*states)]
        for _ in range(max_steps):
            going = quiet < 2
            if not going.any():
                break
            after = self._answer(states[1 - turn], states[turn], turn)
            quiet = np.where((after != states[turn]).any(axis=1), 0, quiet + 1)
            steps += going
            states[turn] = after
            energies.append(self._energy(*states))
            turn = 1 - turn
        first, second = (a.astype(np.int8) for a in states)
        return BidirectionalRecall(first, second, steps, quiet >= 2, np.array(energies))

    def _answer(self, other: np.ndarray, own: np.ndarray, turn: int) -> np.ndarray:
        """Return the states of layer `turn` after its update."""
        weights = self.weights.astype(float)
        received = other @ (weights if turn else weights.T)
        return np.where(received > 0, 1.0, np.where(received < 0, -1.0 if self.coding == "spin" else 0.0, own))

    def _energy(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        energy: np.ndarray = -((x @ self.weights.astype(float)) * y).sum(axis=1)
        return energy

    def _correlation(self, x: Any, y: Any) -> np.ndarray:
        first, second = (a.astype(float) for a in self._paired(x, y))
        if self.coding == "binary":
            first, second = 2 * first - 1, 2 * second - 1
        return np.rint(first.T @ second).astype(np.int64)

    def _paired(self, x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        first, second = self._rows("x", x), self._rows("y", y)
        if len(first) != len(second):
            raise DataError(f"{NAME}: {len(first)} rows of x cannot be paired with {len(second)} rows of y")
        return first, second

    def _rows(self, name: str, values: Any) -> np.ndarray:
        low = -1 if self.coding == "spin" else 0
        return as_states(NAME, name, values, self.n_x if name == "x" else self.n_y, low)
