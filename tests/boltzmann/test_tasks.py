import numpy as np
import pytest

from neurosim.boltzmann import encoder_task, shifter_task
from neurosim.core.errors import InvalidParameter


def links(task, a, b):
    """Return how many connections two groups have, each counted once."""
    block = task.connections[np.ix_(task.groups[a], task.groups[b])]
    return block.sum() // (2 if a == b else 1)


@pytest.mark.parametrize(("size", "v", "h"), [("4-2-4", 4, 2), (" 40-10-40 ", 40, 10), ("2-1-2", 2, 1)])
def test_encoder_patterns_have_one_unit_on_in_each_group(size, v, h):
    task = encoder_task(size)
    assert (task.n_visible, task.n_hidden, task.patterns.dtype) == (2 * v, h, np.uint8)
    for group in ("V1", "V2"):
        np.testing.assert_array_equal(task.patterns[:, task.groups[group]], np.eye(v))
    np.testing.assert_array_equal(np.concatenate(list(task.groups.values())), np.arange(2 * v + h))


def test_encoder_groups_see_each_other_only_through_hidden_units():
    task = encoder_task("5-3-5")
    pairs = [("V1", "V1"), ("V2", "V2"), ("V1", "V2"), ("V1", "H"), ("V2", "H"), ("H", "H")]
    found = {a + b: links(task, a, b) for a, b in pairs}
    assert found == {"V1V1": 10, "V2V2": 10, "V1V2": 0, "V1H": 15, "V2H": 15, "HH": 0}
    np.testing.assert_array_equal(task.connections, task.connections.T)
    assert not task.connections.diagonal().any()


def test_shifter_patterns_are_rotations_by_the_place_that_v3_names():
    task = shifter_task(5, n_hidden=7)
    assert (task.patterns.shape, task.n_hidden) == ((3 * 2**5, 13), 7)
    assert len(np.unique(task.patterns, axis=0)) == len(task.patterns)
    for pattern in task.patterns:
        (shift,) = np.flatnonzero(pattern[task.groups["V3"]])
        np.testing.assert_array_equal(pattern[task.groups["V2"]], np.roll(pattern[task.groups["V1"]], shift - 1))


def test_no_single_unit_tells_the_shift_but_pairs_do():
    task = shifter_task(4)
    groups = [task.patterns[:, task.groups[name]].astype(bool) for name in ("V1", "V2", "V3")]
    first, second, shifts = groups
    for group in (first, second):
        for unit in group.T:
            np.testing.assert_array_equal(shifts[unit].mean(axis=0), [1 / 3] * 3)
            np.testing.assert_array_equal(shifts[~unit].mean(axis=0), [1 / 3] * 3)
    np.testing.assert_array_equal(shifts[first[:, 0] == second[:, 0]].mean(axis=0), [0.25, 0.5, 0.25])


def test_shifter_connections():
    task = shifter_task(5, n_hidden=7)
    found = {a + b: links(task, a, b) for a, b in [("V1", "V1"), ("V1", "V2"), ("V2", "V3"), ("V3", "V3")]}
    assert found == {"V1V1": 0, "V1V2": 0, "V2V3": 0, "V3V3": 3}
    assert [links(task, group, "H") for group in task.groups] == [35, 35, 21, 0]
    np.testing.assert_array_equal(task.connections, task.connections.T)


def test_shifter_without_hidden_units():
    task = shifter_task(2, n_hidden=0)
    assert task.connections.shape == (7, 7)
    assert len(task.groups["H"]) == 0


@pytest.mark.parametrize("size", ["4-2", "4-2-5", "1-1-1", "4-0-4", "a-b-a", "4-2-4-2", "", 4, None, "-4-2--4"])
def test_bad_sizes(size):
    with pytest.raises(InvalidParameter, match='encoder_task: size must be as "4-2-4"'):
        encoder_task(size)


@pytest.mark.parametrize("bits", [1, 17, 4.0, True, "8"])
def test_bad_bits(bits):
    with pytest.raises(InvalidParameter, match="shifter_task: bits must be an integer from 2 to 16"):
        shifter_task(bits)


def test_bad_number_of_hidden_units():
    with pytest.raises(InvalidParameter, match="shifter_task: n_hidden must be an integer >= 0; got -1"):
        shifter_task(n_hidden=-1)
