"""What a run returns."""

from dataclasses import dataclass

import numpy as np

from neurosim.core.errors import InvalidParameter
from neurosim.mcculloch_pitts.packing import unpack_bits


@dataclass(frozen=True)
class Run:
    """What a net did.

    Attributes
    ----------
    names : tuple of str
        The inputs and cells that were recorded.
    words : (steps + 1, recorded, words) uint64
        Their activity at the times 0 to `steps`; bit b of word w is history 64 w + b, and the
        bits of the last word that are left over are 0.
    histories : int or None
        The number of histories; None where one was given without that axis.
    """

    names: tuple[str, ...]
    words: np.ndarray
    histories: int | None

    @property
    def activity(self) -> np.ndarray:
        """The activity as bool: (steps + 1, recorded), or (histories, steps + 1, recorded)."""
        return self._unpacked(self.words)

    def __getitem__(self, name: str) -> np.ndarray:
        """Return the activity of an input or a cell, bool: (steps + 1,), or (histories, steps + 1)."""
        if name not in self.names:
            raise InvalidParameter("Run", "name", name, f"one of {', '.join(self.names)}")
        return self._unpacked(self.words[:, self.names.index(name)])

    def _unpacked(self, words: np.ndarray) -> np.ndarray:
        bits = np.moveaxis(unpack_bits(words, self.histories or 1), -1, 0)
        return bits[0] if self.histories is None else bits
