"""Willshaw's associative net (1969): binary patterns, synapses that are on or off, and their bits in 64-bit words."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numba import njit

from neurosim.core import checks, parallel
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.jit import driver
from neurosim.hopfield.inputs import as_states, check_stored

NAME = "WillshawNetwork"


@dataclass(frozen=True)
class WillshawRecall:
    """What the net answered.

    Attributes
    ----------
    outputs : (probes, n_outputs) int8
        In 0/1: whether the sum reached the threshold.
    sums : (probes, n_outputs) int64
        How many active inputs have a synapse that is on, for each output.
    thresholds : (probes,) int64
    """

    outputs: np.ndarray = field(repr=False)
    sums: np.ndarray = field(repr=False)
    thresholds: np.ndarray = field(repr=False)


class WillshawNetwork:
    """The associative net of Willshaw, Buneman and Longuet-Higgins (1969).

    A synapse is turned on for ever when its input and its output are active in the same pair, ::

        W_ji = max_r y_rj x_ri      (x, y in 0/1)

    and an output answers where the number of active inputs with a synapse that is on reaches a threshold. With the
    number of active inputs as the threshold every stored output comes back whole, and perhaps others with it. After R
    pairs with M_A of N_A inputs and M_B of N_B outputs active, a synapse is on with probability
    p = 1 - (1 - M_A M_B / (N_A N_B))^R. At p = 1/2 and M_A = log2 N_B the net holds ln 2 = 0.69 bits a synapse, if
    a pattern counts as M_B log2 N_B bits.

    Parameters
    ----------
    n_inputs : int >= 1
        N_A.
    n_outputs : int >= 1, optional
        N_B. Default: as many as inputs, e.g. for patterns that are associated with themselves.

    Raises
    ------
    InvalidParameter
        If a value is outside its range.

    References
    ----------
    D. J. Willshaw, O. P. Buneman, H. C. Longuet-Higgins, "Non-holographic associative memory", Nature 222:960-962
    (1969). Not checked against the paper.

    Examples
    --------
    >>> from neurosim.hopfield import WillshawNetwork
    >>> net = WillshawNetwork(6, 4).store([[1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 0]], [[1, 1, 0, 0], [0, 1, 0, 1]])
    >>> net.recall([[1, 1, 0, 0, 0, 0], [0, 0, 0, 1, 1, 0]]).outputs
    array([[1, 1, 0, 0],
           [0, 1, 0, 1]], dtype=int8)
    >>> net.load
    0.4583...
    """

    def __init__(self, n_inputs: int, n_outputs: int | None = None) -> None:
        checks.at_least(NAME, "n_inputs", n_inputs, 1)
        n_outputs = n_inputs if n_outputs is None else n_outputs
        checks.at_least(NAME, "n_outputs", n_outputs, 1)
        self.n_inputs, self.n_outputs = int(n_inputs), int(n_outputs)
        self.n_pairs = 0
        self.words = np.zeros((self.n_outputs, -(-self.n_inputs // 64)), np.uint64)

    def __repr__(self) -> str:
        return f"{NAME}({self.n_inputs} inputs, {self.n_outputs} outputs, {self.n_pairs} pairs)"

    @property
    def weights(self) -> np.ndarray:
        """The synapses, (n_outputs, n_inputs) int8 in 0/1."""
        bits = np.unpackbits(self.words.astype("<u8").view(np.uint8), axis=1, bitorder="little")
        return bits[:, : self.n_inputs].astype(np.int8)

    @property
    def load(self) -> float:
        """The share of synapses that are on, p."""
        return int(np.bitwise_count(self.words).sum()) / (self.n_inputs * self.n_outputs)

    def store(self, inputs: Any, outputs: Any = None) -> Self:
        """Add pairs to those that are stored, and return the net.

        Parameters
        ----------
        inputs : (pairs, n_inputs) array
            In 0/1.
        outputs : (pairs, n_outputs) array, optional
            In 0/1. Default: the inputs.
        """
        x = as_states(NAME, "inputs", inputs, self.n_inputs, 0)
        y = as_states(NAME, "outputs", inputs if outputs is None else outputs, self.n_outputs, 0)
        if len(x) != len(y):
            raise DataError(f"{NAME}: {len(x)} inputs cannot be paired with {len(y)} outputs")
        words = self.words.copy()
        parallel.run(_associate, self.n_outputs, pack(x), y, words)
        self.words, self.n_pairs = words, self.n_pairs + len(x)
        return self

    def recall(self, probes: Any, *, threshold: Any = "active") -> WillshawRecall:
        """Return which outputs answer.

        Parameters
        ----------
        probes : (probes, n_inputs) or (n_inputs,) array
            In 0/1.
        threshold : "active", int >= 0 or (probes,) int array, default "active"
            "active": the number of active inputs of the probe, which suits probes that lack some of the active inputs
            of a stored pattern; no output answers to a probe without any. Probes that also have wrong ones need a lower
            number. With the number 0 every output answers.
        """
        x = as_states(NAME, "probes", probes, self.n_inputs, 0)
        thresholds = self._thresholds(threshold, x)
        check_stored(NAME, self.n_pairs, "store(inputs, outputs)")
        sums = np.empty((len(x), self.n_outputs), np.int64)
        parallel.run(_sum, len(x), pack(x), self.words, sums)
        return WillshawRecall((sums >= thresholds[:, None]).astype(np.int8), sums, thresholds)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parameters and the state, for `neurosim.save`."""
        parameters = {"n_inputs": self.n_inputs, "n_outputs": self.n_outputs}
        return parameters, {"words": self.words, "n_pairs": self.n_pairs}

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the net that `to_parts` took apart."""
        net = cls(**parameters)
        words = np.asarray(state["words"])
        if words.shape != net.words.shape or words.dtype != np.uint64:
            raise DataError(f"{NAME}: words must be uint64 {net.words.shape}; got {words.dtype} {words.shape}")
        net.words, net.n_pairs = words, int(state["n_pairs"])
        return net

    def _thresholds(self, threshold: Any, x: np.ndarray) -> np.ndarray:
        if isinstance(threshold, str) and threshold == "active":
            return np.maximum(x.sum(axis=1, dtype=np.int64), 1)
        wanted = f'"active", an integer >= 0 or {len(x)} of them'
        values = np.asarray(threshold)
        if values.dtype.kind not in "iu" or values.shape not in ((), (len(x),)) or (values < 0).any():
            raise InvalidParameter(NAME, "threshold", threshold, wanted)
        return np.broadcast_to(values, (len(x),)).astype(np.int64)


def pack(rows: np.ndarray) -> np.ndarray:
    """Return rows of 0 and 1 as uint64 words; bit b of word w is column 64 w + b, and what is left over is 0."""
    bits = np.packbits(rows.astype(bool), axis=1, bitorder="little")
    padded = np.zeros((len(rows), 8 * -(-rows.shape[1] // 64)), np.uint8)
    padded[:, : bits.shape[1]] = bits
    return padded.view("<u8").astype(np.uint64)


@driver(nogil=True)
def _associate(begin: int, end: int, inputs: np.ndarray, outputs: np.ndarray, words: np.ndarray) -> None:
    """Turn on the synapses of the outputs from `begin` to `end`."""
    for pair in range(len(inputs)):
        for j in range(begin, end):
            if outputs[pair, j]:
                for w in range(inputs.shape[1]):
                    words[j, w] |= inputs[pair, w]


@driver(nogil=True)
def _sum(begin: int, end: int, probes: np.ndarray, words: np.ndarray, sums: np.ndarray) -> None:
    """Count the active synapses of every output for the probes from `begin` to `end`."""
    for probe in range(begin, end):
        for j in range(words.shape[0]):
            total = np.uint64(0)
            for w in range(np.uint64(words.shape[1])):
                total += _ones(words[j, w] & probes[probe, w])
            sums[probe, j] = total


@njit
def _ones(word: Any) -> Any:
    """Return the number of ones: LLVM knows this sum of neighbouring digits as one instruction."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (word * np.uint64(0x0101010101010101)) >> np.uint64(56)
