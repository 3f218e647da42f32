"""What all associative memories have in common: no recall before something is stored, and short names on the screen."""

import dataclasses

import numpy as np
import pytest

from neurosim.core.errors import DataError
from neurosim.hopfield import (
    BidirectionalAssociativeMemory,
    ContinuousHopfield,
    DenseAssociativeMemory,
    HopfieldNetwork,
    HopfieldTankTSP,
    ModernHopfield,
    WillshawNetwork,
)

ONE = [[1, 1, 1, 1]]
MEMORIES = {
    "hopfield": (HopfieldNetwork(4), "patterns"),
    "binary": (HopfieldNetwork(4, coding="binary"), "patterns"),
    "dense": (DenseAssociativeMemory(4), "patterns"),
    "modern": (ModernHopfield(4), "patterns"),
    "continuous": (ContinuousHopfield(4), "patterns"),
    "willshaw": (WillshawNetwork(4), "inputs, outputs"),
    "bidirectional": (BidirectionalAssociativeMemory(4, 4), "x, y"),
}


@pytest.mark.parametrize(("memory", "stores"), MEMORIES.values(), ids=MEMORIES)
def test_nothing_is_recalled_before_something_is_stored(memory, stores):
    with pytest.raises(DataError) as error:
        memory.recall(ONE)
    assert str(error.value) == f"{type(memory).__name__}: nothing is stored yet; call store({stores}) first"


def test_weights_and_currents_of_ones_own_and_sequences_are_enough():
    own = np.ones((4, 4)) - np.eye(4)
    assert HopfieldNetwork.from_weights(own).recall(ONE).states.tolist() == ONE
    assert HopfieldNetwork(4, thresholds=-1.0).recall([-1, -1, -1, -1]).states.tolist() == ONE
    sequence = HopfieldNetwork(4).store_sequence([[1, 1, 1, 1], [-1, -1, -1, -1]])
    assert sequence.recall(ONE, order="parallel", max_sweeps=1).states.tolist() == [[-1] * 4]
    assert ContinuousHopfield(4, weights=own).recall(ONE).states.tolist() == ONE
    assert ContinuousHopfield(4, currents=np.ones(4)).recall([[0, 0, 0, 0]]).states.tolist() == ONE


def test_a_network_that_has_forgotten_all_recalls_nothing():
    with pytest.raises(DataError, match="nothing is stored yet"):
        HopfieldNetwork(4).store(ONE).forget(ONE).recall(ONE)


NAMES = {
    "dense": (DenseAssociativeMemory(4).store(ONE),
              "DenseAssociativeMemory(4 units, 1 patterns, interaction='polynomial', degree=3)"),
    "exponential": (DenseAssociativeMemory(4, "exponential"),
                    "DenseAssociativeMemory(4 units, 0 patterns, interaction='exponential')"),
    "modern": (ModernHopfield(4, beta=0.5), "ModernHopfield(4 features, 0 patterns, beta=0.5, dtype='float64')"),
    "continuous": (ContinuousHopfield(4), "ContinuousHopfield(4 units, gain=4, activation='tanh')"),
    "willshaw": (WillshawNetwork(4, 3).store(ONE, [[1, 0, 1]]), "WillshawNetwork(4 inputs, 3 outputs, 1 pairs)"),
    "bidirectional": (BidirectionalAssociativeMemory(4, 3),
                      "BidirectionalAssociativeMemory(4 and 3 units, coding='spin')"),
}  # fmt: skip


@pytest.mark.parametrize(("memory", "name"), NAMES.values(), ids=NAMES)
def test_names_on_the_screen(memory, name):
    assert repr(memory) == name


def results():
    net, ones = HopfieldNetwork(4).store(ONE), np.ones((1, 4), int)
    graded = ContinuousHopfield(4).store(ONE)
    return {
        "recall": net.recall(ones, record=True, random_state=0),
        "basin": net.basin(probes=2, random_state=0),
        "spurious": net.spurious(5, random_state=0),
        "dense": DenseAssociativeMemory(4).store(ONE).recall(ones, random_state=0),
        "modern": ModernHopfield(4).store(ONE).recall(ones),
        "continuous": graded.recall(ones),
        "run": graded.run(ones, steps=2),
        "willshaw": WillshawNetwork(4).store(ONE).recall(ones),
        "bidirectional": BidirectionalAssociativeMemory(4, 4).store(ONE, ONE).recall(ones),
        "tank": HopfieldTankTSP(np.eye(3)[:, :2]).solve(2, steps=2, random_state=0),
    }


def test_results_print_no_arrays():
    for name, result in results().items():
        shown = {field.name for field in dataclasses.fields(result) if field.repr}
        arrays = {key for key, value in vars(result).items() if isinstance(value, np.ndarray)}
        assert arrays, name
        assert not shown & arrays, name
        assert "array" not in repr(result), name
