"""One cell."""

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.mcculloch_pitts import Cell, figure1


def test_cells_cannot_be_changed():
    cell = figure1("e").cells["a"]
    for afferents in (cell.excitatory, cell.inhibitory):
        with pytest.raises(TypeError):
            afferents["2"] = 3
    given = {"1": 2}
    cell = Cell(given, ["2"])
    given["1"] = 5
    assert cell.excitatory == {"1": 2}
    assert repr(cell) == "Cell(excitatory={'1': 2}, inhibitory={'2': 1}, threshold=2, initial=False)"


def test_equal_cells_have_equal_hashes():
    cells = [Cell({"1": 1, "2": 2}, ["3", "4"], 3), Cell({"2": 2, "1": 1}, {"4": 1, "3": 1}, np.int64(3), np.False_)]
    assert cells[0] == cells[1]
    others = [Cell({"1": 1, "2": 2}, ["3"], 3), Cell({"1": 1}, ["3", "4"], 3), Cell(["3", "4"], {"1": 1, "2": 2}, 3)]
    others += [Cell({"1": 1, "2": 2}, ["3", "4"], 2), Cell({"1": 1, "2": 2}, ["3", "4"], 3, True)]
    assert len({*cells, *others}) == 6


def test_cells_take_names_or_numbers_of_synapses():
    cell = Cell(["1", "2"], {"3": 2}, np.int64(3), np.True_)
    assert cell == Cell({"1": 1, "2": 1}, {"3": 2}, 3, True)
    assert (type(cell.threshold), type(cell.initial)) == (int, bool)
    assert Cell().threshold == 2


REFUSED_CELLS = [
    ({"threshold": 0}, "threshold"),
    ({"threshold": 1.5}, "threshold"),
    ({"threshold": True}, "threshold"),
    ({"excitatory": {"1": 0}}, "excitatory"),
    ({"excitatory": {"1": 1.0}}, "excitatory"),
    ({"excitatory": "12"}, "excitatory"),
    ({"excitatory": ["1", "1"]}, "excitatory"),
    ({"excitatory": [1]}, "excitatory"),
    ({"excitatory": 3}, "excitatory"),
    ({"inhibitory": [""]}, "inhibitory"),
    ({"inhibitory": {"1": -1}}, "inhibitory"),
    ({"initial": 2}, "initial"),
    ({"initial": None}, "initial"),
]


@pytest.mark.parametrize(("parameters", "name"), REFUSED_CELLS)
def test_refused_cells(parameters, name):
    with pytest.raises(InvalidParameter, match=f"Cell: {name}"):
        Cell(**parameters)
