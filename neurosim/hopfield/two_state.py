"""What a network of two-state units is: coding, thresholds, weights; its energies and overlaps."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np

from neurosim.core import checks, storage
from neurosim.hopfield import inputs, rules
from neurosim.hopfield.inputs import LOW, as_spins, as_states
from neurosim.hopfield.results import Learning
from neurosim.hopfield.weights import Prepared, Weights, prepare

NAME = "HopfieldNetwork"
CODINGS = ("spin", "binary")
TIES = {"keep": rules.KEEP, "plus": rules.PLUS, "minus": rules.MINUS, "random": rules.COIN}


class TwoStateNetwork:
    """Two-state units, their thresholds and weights; see `HopfieldNetwork`, which learns and recalls."""

    def __init__(
        self,
        n_units: int,
        *,
        coding: str = "spin",
        zero_field: str = "keep",
        self_coupling: bool = False,
        thresholds: Any = None,
    ) -> None:
        checks.at_least(NAME, "n_units", n_units, 1)
        checks.one_of(NAME, "coding", coding, CODINGS)
        checks.one_of(NAME, "zero_field", zero_field, tuple(TIES))
        self.n_units, self.coding, self.zero_field = int(n_units), coding, zero_field
        inputs.check_flag("self_coupling", self_coupling)
        self.self_coupling = self_coupling
        self._thresholds = inputs.as_thresholds(thresholds, self.n_units)
        self._unit = 1.0 / self.n_units if coding == "spin" else 1.0
        self._weights = Weights(np.zeros((self.n_units, self.n_units), np.int32), self._unit, True)
        self._prepared: Prepared | None = None
        self._cut: np.ndarray | None = None  # (N, N) bool, the connections that dilution took away
        self._rules: list[str] = []
        self.patterns = np.empty((0, self.n_units), np.int8)
        self.learning: Learning | None = None

    @classmethod
    def from_weights(cls, weights: Any, *, symmetric: bool = True, **parameters: Any) -> Self:
        """Return a network with given weights, of which W[i, j] is what unit j does to unit i.

        Parameters
        ----------
        weights : (units, units) array
            With a diagonal other than zero the network has `self_coupling`.
        symmetric : bool, default True
            Refuse weights that are not; without symmetry there is no energy that only falls.
        **parameters
            Those of the constructor but `n_units` and `self_coupling`.

        Raises
        ------
        DataError
            If the weights are not square, not finite or, where claimed, not symmetric.
        """
        given = inputs.as_weights(weights, symmetric=symmetric)
        net = cls(len(given.matrix), self_coupling=bool(np.diagonal(given.matrix).any()), **parameters)
        net._set_weights(given)
        return net

    @property
    def weights(self) -> np.ndarray:
        """The weights (units, units) float64, a copy; W[i, j] is what unit j does to unit i."""
        return self._weights.values()

    @property
    def is_symmetric(self) -> bool:
        """Whether the weights are symmetric."""
        return self._weights.symmetric

    @property
    def thresholds(self) -> np.ndarray:
        """The thresholds (units,) float64, a copy; may be set to a number or an array."""
        return self._thresholds.copy()

    @thresholds.setter
    def thresholds(self, values: Any) -> None:
        self._thresholds, self._prepared = inputs.as_thresholds(values, self.n_units), None

    def __repr__(self) -> str:
        return f"{NAME}({self.n_units} units, {len(self.patterns)} patterns, coding={self.coding!r})"

    def energy(self, states: Any) -> Any:
        """Return -1/2 s^T W s + theta^T s of states (..., units): a float, or an array without the last axis."""
        flat, shape = self._flat(states)
        s = flat.astype(np.float64)
        found = (-0.5 * self._weights.scale) * np.einsum("pi,pi->p", s @ self._weights.matrix, s) + s @ self._thresholds
        return float(found[0]) if shape == () else found.reshape(shape)

    def parallel_energy(self, states: Any) -> Any:
        """Return the energy that never rises under parallel updates at T = 0 with symmetric weights.

        For -1 and +1 without thresholds it is minus the sum of the absolute fields (attributed to Peretto 1984; not
        checked against the paper), in general the least of -s'^T W s + theta^T (s' + s) over the next states s'.
        """
        flat, shape = self._flat(states)
        s = flat.astype(np.float64)
        fields = s @ self._weights.values().T - self._thresholds
        gain = np.abs(fields) if self.coding == "spin" else np.maximum(fields, 0.0)
        found = s @ self._thresholds - gain.sum(axis=1)
        return float(found[0]) if shape == () else found.reshape(shape)

    def overlap(self, states: Any, patterns: Any = None) -> np.ndarray:
        """Return the overlaps (..., patterns) of states (..., units) with patterns, by default those stored.

        The overlap is the mean of the products of states taken as -1 and +1: 1 for equal states, -1 for opposite ones.
        """
        others = self.patterns
        if patterns is not None:
            others = as_states(NAME, "patterns", patterns, self.n_units, LOW[self.coding])
        flat, shape = self._flat(states)
        s, xi = (as_spins(x, self.coding).astype(np.float32) for x in (flat, others))
        found: np.ndarray = (s @ xi.T).astype(np.float64) / self.n_units
        return found.reshape(*shape, len(others))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write this network to a file that `neurosim.load` reads back; see `neurosim.save`."""
        return storage.save(self, path)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parts of the network, for `neurosim.core.storage`."""
        parameters = {
            "n_units": self.n_units,
            "coding": self.coding,
            "zero_field": self.zero_field,
            "self_coupling": self.self_coupling,
            "thresholds": self._thresholds,
        }
        weights = self._weights
        matrix = {"matrix": weights.matrix, "scale": weights.scale, "symmetric": weights.symmetric}
        taught = {"patterns": self.patterns, "rules": list(self._rules)}
        learning = None if self.learning is None else asdict(self.learning)
        return parameters, {**matrix, **taught, "cut": self._cut, "learning": learning}

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the network that `to_parts` took apart."""
        net = cls(**parameters)
        net._set_weights(Weights(state["matrix"], float(state["scale"]), bool(state["symmetric"])))
        net._cut, net.patterns, net._rules = state["cut"], state["patterns"], list(state["rules"])
        net.learning = None if state["learning"] is None else Learning(**state["learning"])
        return net

    def _set_weights(self, weights: Weights) -> None:
        if not self.self_coupling:
            np.fill_diagonal(weights.matrix, 0)
        if self._cut is not None:
            weights.matrix[self._cut] = 0
        self._weights, self._prepared = weights, None

    def _ready(self) -> Prepared:
        if self._prepared is None:
            self._prepared = prepare(self._weights, self._thresholds)
        return self._prepared

    def _flat(self, states: Any) -> tuple[np.ndarray, tuple[int, ...]]:
        """Return states (count, units) and the shape that stands for the first axis."""
        array = np.asarray(states)
        rows = array.reshape(-1, array.shape[-1]) if array.ndim > 2 else array
        return as_states(NAME, "states", rows, self.n_units, LOW[self.coding]), array.shape[:-1]
