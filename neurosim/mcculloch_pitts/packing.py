"""Histories packed into words: bit b of word w is history 64 w + b."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter

MOST_BITS = 30  # of a set of all histories: 2**30 histories a row are 128 MiB
PATTERNS = (0xAAAAAAAAAAAAAAAA, 0xCCCCCCCCCCCCCCCC, 0xF0F0F0F0F0F0F0F0,
            0xFF00FF00FF00FF00, 0xFFFF0000FFFF0000, 0xFFFFFFFF00000000)  # fmt: skip


@dataclass(frozen=True)
class Histories:
    """Input histories of the same length, 64 in a word.

    Parameters
    ----------
    words : (steps, inputs, words) uint64
        Bit b of word w is history 64 w + b; the bits of the last word that are left over are ignored.
    count : int >= 1
        The number of histories.
    """

    words: np.ndarray
    count: int

    def __post_init__(self) -> None:
        checks.at_least("Histories", "count", self.count, 1)
        shape = np.shape(self.words)
        if len(shape) != 3 or shape[2] != words_for(self.count) or np.asarray(self.words).dtype != np.uint64:
            got = (shape, str(np.asarray(self.words).dtype))
            wanted = f"of shape (steps, inputs, {words_for(self.count)}) and uint64 for {self.count} histories"
            raise InvalidParameter("Histories", "words", got, wanted)

    def unpack(self) -> np.ndarray:
        """Return the histories as a bool array (histories, steps, inputs)."""
        return np.moveaxis(unpack_bits(self.words, self.count), -1, 0)


def words_for(histories: int) -> int:
    """Return the number of words that hold this many histories."""
    return -(-histories // 64)


def pack(array: Any) -> Histories:
    """Pack histories into words.

    Parameters
    ----------
    array : (histories, steps, inputs) of bool or 0 and 1
        At least one history.

    Examples
    --------
    >>> from neurosim.mcculloch_pitts import pack
    >>> pack([[[1], [0]], [[1], [1]]]).words.tolist()
    [[[3]], [[2]]]
    """
    bits = as_bits("pack", "array", array)
    if bits.ndim != 3 or len(bits) < 1:
        raise InvalidParameter("pack", "array", bits.shape, "of shape (histories, steps, inputs), >= 1 history")
    return Histories(pack_bits(np.moveaxis(bits, 0, -1)), len(bits))


def all_histories(n_inputs: int, steps: int) -> Histories:
    """Return all 2**(inputs * steps) input histories of a length.

    Bit ``t * n_inputs + i`` of the number of a history is input i at time t.

    Parameters
    ----------
    n_inputs, steps : int >= 0
        Together at most 30 bits: ``n_inputs * steps <= 30``.

    Examples
    --------
    >>> from neurosim.mcculloch_pitts import all_histories
    >>> all_histories(2, 1).unpack().astype(int).tolist()
    [[[0, 0]], [[1, 0]], [[0, 1]], [[1, 1]]]
    """
    checks.at_least("all_histories", "n_inputs", n_inputs, 0)
    checks.at_least("all_histories", "steps", steps, 0)
    bits = n_inputs * steps
    if bits > MOST_BITS:
        raise InvalidParameter("all_histories", "n_inputs * steps", bits, f"at most {MOST_BITS}")
    return Histories(counting_words(bits).reshape(steps, n_inputs, words_for(2**bits)), 2**bits)


def counting_words(bits: int) -> np.ndarray:
    """Return the words (bits, words) in which history h holds the binary digits of h, the lowest first."""
    number = np.arange(words_for(2**bits), dtype=np.uint64)
    rows = np.empty((bits, len(number)), np.uint64)
    for bit in range(bits):
        rows[bit] = PATTERNS[bit] if bit < 6 else np.uint64(0) - (number >> np.uint64(bit - 6) & np.uint64(1))
    return rows


def pack_bits(bits: np.ndarray) -> np.ndarray:
    """Pack the last axis of a bool array into words, the first in the lowest bit; bits left over are 0."""
    count = bits.shape[-1]
    padded = np.zeros((*bits.shape[:-1], 64 * words_for(count)), np.bool_)
    padded[..., :count] = bits
    packed: np.ndarray = np.packbits(padded, axis=-1, bitorder="little").view("<u8").astype(np.uint64)
    return packed


def without_rest(words: np.ndarray, count: int) -> np.ndarray:
    """Set the bits of the last axis that are left over beyond `count` to 0, in place, and return the words."""
    if count % 64:
        words[..., -1] &= np.uint64(2 ** (count % 64) - 1)
    return words


def unpack_bits(words: np.ndarray, count: int) -> np.ndarray:
    """Return the bits of the last axis as bool, `count` of them."""
    octets = np.ascontiguousarray(words, "<u8").view(np.uint8)
    return np.unpackbits(octets, axis=-1, count=count, bitorder="little").view(np.bool_)


def as_bits(owner: str, name: str, value: Any) -> np.ndarray:
    """Return an array of bool or of numbers that are all 0 or 1, or text as "0110", as bool."""
    digits = isinstance(value, str) and not {*value} - {"0", "1"}
    try:
        array = np.asarray([digit == "1" for digit in value] if digits else value)
    except ValueError:
        raise InvalidParameter(owner, name, value, "an array of 0 and 1, rows of the same length") from None
    if array.dtype.kind in "biuf":
        right = np.isin(array, (0, 1))
    else:
        right = np.reshape(
            [isinstance(one, int | float) and one in (0, 1) for one in array.ravel().tolist()], array.shape
        )
    if not right.all():
        place = tuple(map(int, np.argwhere(~right)[0]))
        wanted = "0 or 1" if place else "an array of 0 and 1"
        raise InvalidParameter(owner, f"{name}{list(place) or ''}", array.item(place), wanted)
    return array.astype(np.bool_)


def bits_by_name(owner: str, inputs: Any, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the activity of every name, time along the last axis, from any of the forms of a set of histories."""
    if isinstance(inputs, Mapping):
        signals = {name: as_bits(owner, f"inputs[{name!r}]", values) for name, values in inputs.items()}
        shapes = sorted({array.shape for array in signals.values()})
        lengths, counts = ({shape[-axis] for shape in shapes if len(shape) >= axis} for axis in (1, 2))
        if len(lengths) > 1 or len(counts) > 1 or any(len(shape) not in (1, 2) for shape in shapes):
            wanted = "of shape (steps,) or (histories, steps) for every name, with the same lengths"
            raise InvalidParameter(owner, "inputs", shapes, wanted)
        return signals
    array = inputs.unpack() if isinstance(inputs, Histories) else as_bits(owner, "inputs", inputs)
    if array.ndim not in (2, 3) or array.shape[-1] != len(names):
        wanted = f"of shape ([histories,] steps, {len(names)}) for {', '.join(names)}"
        raise InvalidParameter(owner, "inputs", array.shape, wanted)
    return {name: array[..., i] for i, name in enumerate(names)}
