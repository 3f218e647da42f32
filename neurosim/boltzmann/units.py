"""Stochastic 0/1 units with symmetric weights: what a Boltzmann machine is, before it does anything."""

from typing import Any, Self

import numpy as np

from neurosim.boltzmann import clamping
from neurosim.boltzmann.settling import Settling
from neurosim.core import backend as backend_
from neurosim.core import checks
from neurosim.core.errors import DataError
from neurosim.core.random import seed_from

NAME = "BoltzmannMachine"
DTYPES = ("float32", "float64")
BATCH = 128  # chains that share the order in which units are visited


class StochasticUnits:
    """The units, weights and biases of a `BoltzmannMachine`, checked, and its ways to the kernels."""

    def __init__(
        self,
        n_visible: int,
        n_hidden: int = 0,
        *,
        connections: Any = None,
        weights: Any = None,
        biases: Any = None,
        dtype: str = "float32",
        random_state: Any = None,
        backend: str = "auto",
    ) -> None:
        checks.at_least(NAME, "n_visible", n_visible, 1)
        checks.at_least(NAME, "n_hidden", n_hidden, 0)
        checks.one_of(NAME, "dtype", dtype, DTYPES)
        checks.one_of(NAME, "backend", backend, backend_.BACKENDS)
        self.n_visible, self.n_hidden, self.n_units = int(n_visible), int(n_hidden), int(n_visible + n_hidden)
        self.dtype, self.backend, n = dtype, backend, self.n_units
        self.visible, self.hidden = np.arange(n_visible), np.arange(n_visible, n)
        self._connections = _mask(connections, n)
        self.set_parameters(np.zeros((n, n)) if weights is None else weights, np.zeros(n) if biases is None else biases)
        self._seed, self._calls = None if random_state is None else seed_from(random_state), 0

    def __repr__(self) -> str:
        pairs = int(self.connections.sum()) // 2
        return f"{NAME}(n_visible={self.n_visible}, n_hidden={self.n_hidden}, {pairs} connections, dtype={self.dtype})"

    @property
    def connections(self) -> np.ndarray:
        """Which pairs of units have a weight, (n, n) bool, read-only."""
        return _read_only(self._connections)

    @property
    def weights(self) -> np.ndarray:
        """The weights w, (n, n), read-only."""
        return _read_only(self._weights)

    @weights.setter
    def weights(self, values: Any) -> None:
        self.set_parameters(values, self._biases)

    @property
    def biases(self) -> np.ndarray:
        """The biases b, (n,), read-only."""
        return _read_only(self._biases)

    @biases.setter
    def biases(self, values: Any) -> None:
        self.set_parameters(self._weights, values)

    def set_parameters(self, weights: Any, biases: Any) -> None:
        """Set weights (n, n) and biases (n,); where one of them will not do, neither is changed."""
        w = self._finite("weights", weights, (self.n_units, self.n_units))
        wrong = (w != w.T) | ((w != 0) & ~self._connections)
        if wrong.any():
            i, j = map(int, np.argwhere(wrong)[0])
            pair = f"w[{i}, {j}] = {w[i, j]:g} and w[{j}, {i}] = {w[j, i]:g}"
            raise DataError(f"{NAME}: weights must be symmetric and 0 where there is no connection; got {pair}")
        self._weights, self._biases = w, self._finite("biases", biases, (self.n_units,))

    def energy(self, states: Any) -> Any:
        """Return the energies (...) of states (..., n) of 0 and 1."""
        s = clamping.numbers(NAME, "states", states)
        if s.ndim < 1 or s.shape[-1] != self.n_units or not ((s == 0) | (s == 1)).all():
            raise DataError(f"{NAME}: states must be (..., {self.n_units}) of 0 and 1; got shape {s.shape}")
        w = self.weights.astype(np.float64)
        energies = 0.0 - (np.einsum("...i,...i->...", s @ w, s) / 2 + s @ self.biases.astype(np.float64))
        return float(energies) if s.ndim == 1 else energies

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return (parameters, state), the two parts that `neurosim.save` keeps."""
        parameters = {
            "n_visible": self.n_visible, "n_hidden": self.n_hidden, "connections": self.connections,
            "dtype": self.dtype, "random_state": self._seed, "backend": self.backend,
        }  # fmt: skip
        return parameters, {"weights": self.weights, "biases": self.biases, "calls": self._calls}

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the machine that `to_parts` took apart."""
        made = cls(**parameters)
        made.set_parameters(state["weights"], state["biases"])
        made._calls = int(state["calls"])
        return made

    def _key(self, random_state: Any) -> int:
        """Return the key of a call."""
        if random_state is not None or self._seed is None:
            return seed_from(random_state)
        self._calls += 1
        return seed_from(np.random.SeedSequence((self._seed, self._calls)))

    def _finite(self, name: str, values: Any, shape: tuple[int, ...]) -> np.ndarray:
        """Return a copy of weights or biases in the machine's type."""
        numbers = clamping.numbers(NAME, name, values)
        if numbers.shape != shape:
            raise DataError(f"{NAME}: {name} must be {shape} of numbers; got shape {numbers.shape}")
        most, largest = self.largest, float(np.abs(numbers).max())  # NaN if one is
        if not largest <= most:
            raise DataError(f"{NAME}: {name} must be numbers of at most +-{most:.2g}; got {largest:.3g} (absolute)")
        return numbers.astype(self.dtype)  # a copy

    @property
    def largest(self) -> float:
        """The largest absolute value that weights and biases may have, so that no field is too large for its type."""
        return float(np.finfo(self.dtype).max) / (2 * self.n_units)

    def _copies(self, clamp: Any, chains: int) -> tuple[np.ndarray, np.ndarray]:
        """Return chains with one clamp, as `clamping.chains_of` does."""
        if np.ndim(clamp) > 1:
            raise DataError(f"{NAME}: clamp must have one dimension here; got {np.shape(clamp)}")
        states, is_free = clamping.chains_of(NAME, clamp, None, 1, self.n_units)
        return np.repeat(states, chains, 0), np.repeat(is_free, chains, 0)

    def target(self, chains: int, time: int) -> str:
        """Return on which target so many chains settle for so many time units."""
        return backend_.choose(self.backend, "boltzmann", float(chains) * time * self.n_units**2)

    def run(
        self, states: np.ndarray, is_free: np.ndarray, settling: Settling, key: int, step: int, names: Any = None,
        target: str | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Let chains (chains, n) settle, in place, and return the counts (n, n) of all of them.

        They all visit their units in the order that key and step make.
        """
        target = target or self.target(len(states), len(settling.temperatures))
        kernels, names = backend_.kernels("boltzmann", target), np.arange(len(states)) if names is None else names
        total = np.zeros((self.n_units, self.n_units), np.int64)
        for chains, free in clamping.groups(is_free):
            some = np.ascontiguousarray(states[chains])
            total += kernels.settle(
                self._weights, self._biases, some, free, settling, key=key, step=step, names=names[chains]
            )
            states[chains] = some
        return total

    def run_batches(
        self, states: np.ndarray, is_free: np.ndarray, settling: Settling, key: int, step: int = 0, first: int = 0
    ) -> tuple[np.ndarray, str]:
        """Let chains settle in batches of 128, each in an order of visits of its own; return counts and target.

        Batch j has the step `step` + j, and chain k the name `first` + k.
        """
        count = len(states)
        target = self.target(min(BATCH, count), len(settling.temperatures))
        total, names = np.zeros((self.n_units, self.n_units), np.int64), first + np.arange(count)
        for j, begin in enumerate(range(0, count, BATCH)):
            some = slice(begin, begin + BATCH)
            total += self.run(states[some], is_free[some], settling, key, step + j, names[some], target)
        return total, target


def batches(chains: int) -> int:
    """Return how many steps `StochasticUnits.run_batches` uses up."""
    return -(-chains // BATCH)


def _read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.flags.writeable = False
    return view


def _mask(connections: Any, n: int) -> np.ndarray:
    """Return the connections as an array of bool."""
    mask = ~np.eye(n, dtype=bool) if connections is None else clamping.numbers(NAME, "connections", connections)
    if mask.shape != (n, n) or not ((mask == 0) | (mask == 1)).all():
        raise DataError(f"{NAME}: connections must be ({n}, {n}) of bool; got shape {mask.shape}")
    if (mask != mask.T).any() or mask.diagonal().any():
        raise DataError(f"{NAME}: connections must be symmetric without a diagonal")
    return mask.astype(bool)
