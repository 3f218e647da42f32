"""All parameters of a network in one array, and by name as views of it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from neurosim.cnn import initialisers
from neurosim.cnn.layer import Layer, Shape
from neurosim.cnn.lowering import Slot
from neurosim.core.errors import DataError


class Weights:
    """What networks share; see `Graph`."""

    def __init__(self, dtype: str, key: int) -> None:
        self._key = key
        self._slots: dict[str, Slot] = {}
        self._statistic_slots: dict[str, tuple[int, int, float]] = {}
        self._parameters, self._statistics = np.empty(0, dtype), np.empty(0, dtype)

    @property
    def dtype(self) -> np.dtype:
        """float32 or float64."""
        return self._parameters.dtype

    @property
    def slots(self) -> Mapping[str, Slot]:
        """Where every parameter lies in `flat_parameters`, by name."""
        return MappingProxyType(self._slots)

    @property
    def n_parameters(self) -> int:
        """The number of parameters that can be learned; fixed ones and missing connections do not count."""
        return sum(slot.parameter.free for slot in self._slots.values())

    @property
    def flat_parameters(self) -> np.ndarray:
        """All parameters in one array, (stored,), fixed ones and missing connections too; may be written to."""
        self._allocate()
        return self._parameters

    @flat_parameters.setter
    def flat_parameters(self, values: Any) -> None:
        self._assign("flat_parameters", self.flat_parameters, values)

    @property
    def flat_statistics(self) -> np.ndarray:
        """The population's statistics of all batch normalisations in one array; may be written to."""
        self._allocate()
        return self._statistics

    @flat_statistics.setter
    def flat_statistics(self, values: Any) -> None:
        self._assign("flat_statistics", self.flat_statistics, values)

    @property
    def parameters(self) -> Mapping[str, np.ndarray]:
        """The parameters by name, as "conv1.weights": views, to be written to, as ``["conv1.bias"][:] = 0``.

        Views are out of date after another layer was added.
        """
        return self.views(self.flat_parameters)

    @property
    def statistics(self) -> Mapping[str, np.ndarray]:
        """The population's statistics by name, as "batchnorm1.mean": views, to be written to."""
        flat = self.flat_statistics
        return MappingProxyType({name: flat[begin:end] for name, (begin, end, _) in self._statistic_slots.items()})

    def views(self, flat: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return views, by name, of an array like `flat_parameters`."""
        shaped = ((name, s, flat[s.begin : s.end].reshape(s.parameter.shape)) for name, s in self._slots.items())
        return MappingProxyType({name: slot.parameter.view(array) for name, slot, array in shaped})

    def _declare(self, name: str, layer: Layer, shapes: list[Shape]) -> None:
        """Make room for a layer's parameters and statistics."""
        for parameter in layer.parameters(*shapes):
            begin = next((slot.end for slot in reversed(self._slots.values())), 0)
            self._slots[f"{name}.{parameter.name}"] = Slot(parameter, begin)
        for statistic, (size, value) in layer.statistics(*shapes).items():
            begin = next((end for _, end, _ in reversed(self._statistic_slots.values())), 0)
            self._statistic_slots[f"{name}.{statistic}"] = begin, begin + size, value

    def _allocate(self) -> None:
        """Draw the first values of parameters that were declared since the last time."""
        size = next((slot.end for slot in reversed(self._slots.values())), 0)
        done = self._parameters.size
        if done < size:
            self._parameters = np.concatenate([self._parameters, np.zeros(size - done, self.dtype)])
            for stream, slot in enumerate(self._slots.values()):
                if slot.begin >= done:
                    start, parameter = slice(slot.begin, slot.end), slot.parameter
                    values = initialisers.draw(
                        parameter.initialiser, self._key, stream, parameter.shape, parameter.fans
                    )
                    self._parameters[start] = (values if parameter.mask is None else values * parameter.mask).ravel()
        done = self._statistics.size
        new = [np.full(end - begin, value) for begin, end, value in self._statistic_slots.values() if begin >= done]
        if new:
            self._statistics = np.concatenate([self._statistics, *new]).astype(self.dtype)

    def _restore(self, parameters: np.ndarray, statistics: np.ndarray) -> None:
        """Take the values of a stored network instead of first ones."""
        size = next((slot.end for slot in reversed(self._slots.values())), 0)
        self._parameters = np.empty(size, self.dtype)
        self.flat_parameters, self.flat_statistics = parameters, statistics

    def _assign(self, name: str, into: np.ndarray, values: Any) -> None:
        values = np.asarray(values)
        if values.shape != into.shape or values.dtype.kind not in "iuf":
            raise DataError(
                f"{type(self).__name__}: {name} has shape {into.shape} and type {into.dtype}; "
                f"got shape {values.shape}, type {values.dtype}"
            )
        into[:] = values
