"""Scaling of the features before training: the library never scales, the command does and says so."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from neurosim.core.errors import DataError

SCALES = ("zscore", "range", "none")


@dataclass(frozen=True)
class Scaling:
    """An affine map of each feature, ``(x - shift) / unit``.

    Attributes
    ----------
    kind : "zscore" (mean 0, standard deviation 1), "range" (0 to 1) or "none"
    shift, unit : (features,) arrays
    constant : (features,) bool array
        Features with a single value, which are only shifted.
    """

    kind: str
    shift: np.ndarray
    unit: np.ndarray
    constant: np.ndarray

    @classmethod
    def of(cls, kind: str, data: np.ndarray, name: str) -> Self:
        """Measure the features of `data`, NaN left out; `name` is what the error calls them."""
        empty = np.isnan(data).all(0)
        if empty.any():
            raise DataError(f"{name}: column {int(np.argmax(empty)) + 1} (the first is 1) has no values; leave it out")
        low, high = np.nanmin(data, 0), np.nanmax(data, 0)
        constant = low == high
        if constant.all():
            raise DataError(f"{name}: all {len(constant)} columns are constant; there is nothing to map")
        if kind == "zscore":
            shift = np.asarray(np.nanmean(data, 0, dtype=np.float64))
            unit = np.asarray(np.nanstd(data, 0, dtype=np.float64))
        elif kind == "range":
            shift, unit = low.astype(np.float64), high.astype(np.float64) - low
        else:
            shift, unit = np.zeros(len(low)), np.ones(len(low))
        return cls(kind, shift, np.where(constant, 1.0, unit), constant)

    def apply(self, data: np.ndarray) -> np.ndarray:
        """Return the scaled data, of the same dtype."""
        if self.kind == "none":
            return data
        scaled: np.ndarray = ((data - self.shift) / self.unit).astype(data.dtype)
        return scaled

    def warning(self, names: tuple[str, ...] | None) -> str | None:
        """Return a line about the constant columns, if there are any."""
        if not self.constant.any() or self.kind == "none":
            return None
        columns = [names[i] if names else str(i + 1) for i in np.flatnonzero(self.constant)]
        listed = ", ".join(columns[:8]) + (", ..." if len(columns) > 8 else "")
        return f"{len(columns)} constant column{'s' * (len(columns) > 1)} ({listed}) cannot be scaled and only shifted"

    def to_notes(self) -> dict[str, Any]:
        """Return what a model file keeps of this."""
        return {"kind": self.kind, "shift": self.shift, "unit": self.unit, "constant": self.constant}
