"""Connection matrices: whole numbers and a scale where a rule allows it, which recall uses in the narrowest type."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True)
class Weights:
    """The matrix `matrix * scale`; W[i, j] is what unit j does to unit i.

    Attributes
    ----------
    matrix : (N, N) int32 or float64
    scale : float
        1 where the matrix is float64.
    symmetric : bool
    """

    matrix: np.ndarray = field(repr=False)
    scale: float
    symmetric: bool

    @property
    def is_integer(self) -> bool:
        """Whether the matrix holds whole numbers."""
        return self.matrix.dtype == np.int32

    def values(self) -> np.ndarray:
        """Return the weights, float64."""
        return self.matrix * self.scale

    def plus(self, change: np.ndarray, unit: float, *, symmetric: bool = True) -> "Weights":
        """Return these weights plus `unit` times a matrix, as whole numbers where both are."""
        both = self.symmetric and symmetric
        if self.is_integer and self.scale == unit and np.array_equal(change, np.rint(change)):
            return Weights(self.matrix + change.astype(np.int32), unit, both)
        return Weights(self.values() + unit * change, 1.0, both)


class Prepared(NamedTuple):
    """What kernels read: see `neurosim.hopfield.cpu.State`; fields are `scale` times what they hold."""

    outgoing: np.ndarray
    thresholds: np.ndarray
    scale: float


def prepare(weights: Weights, thresholds: np.ndarray) -> Prepared:
    """Return the narrowest arrays that hold the weights and every field that can occur."""
    outgoing = weights.matrix if weights.symmetric else np.ascontiguousarray(weights.matrix.T)
    scaled = thresholds / weights.scale
    if weights.is_integer and np.array_equal(scaled, np.rint(scaled)):
        largest = int(np.abs(outgoing).max(initial=0))
        most = float((np.abs(outgoing).sum(0, dtype=np.int64) + np.abs(scaled)).max(initial=0.0))
        if largest < 2**7 and most < 2**15:
            return Prepared(outgoing.astype(np.int8), scaled.astype(np.int16), weights.scale)
        if largest < 2**15 and most < 2**31:
            return Prepared(outgoing.astype(np.int16), scaled.astype(np.int32), weights.scale)
    values = outgoing * weights.scale
    return Prepared(values, thresholds.astype(np.float64), 1.0)
