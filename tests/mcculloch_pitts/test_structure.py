"""Circles, state graphs, and absolute in the place of relative inhibition."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.mcculloch_pitts import Cell, McCullochPittsNetwork, StateGraph, all_histories, structure

from . import naive


def wired(edges, cells):
    """A net with these synapses, from the first of a pair to the second."""
    sources = {name: [a for a, b in edges if b == name] for name in cells}
    return McCullochPittsNetwork([], {name: Cell(dict.fromkeys(sources[name], 2)) for name in cells})


@pytest.mark.parametrize(
    ("edges", "order"),
    [
        ((), 0),
        (("ab", "bc", "ac"), 0),
        (("aa",), 1),
        (("ab", "ba"), 1),
        (("ab", "ba", "cd", "dc"), 2),
        (("ab", "ba", "bc", "cb"), 1),
        (("ab", "bc", "ca", "ba", "cb", "ac"), 2),
        (tuple(a + b for a in "abcde" for b in "abcde"), 5),
        (tuple(a + b for a in "abcde" for b in "abcde" if a != b), 4),
        (("aa", "ab", "ba", "bc", "cb"), 2),
    ],
)
def test_order(edges, order):
    assert wired(edges, "abcde").order == order


def test_order_of_random_nets(rng):
    for _ in range(40):
        n = int(rng.integers(2, 9))
        names = [str(i) for i in range(n)]
        edges = [(a, b) for a in names for b in names if rng.random() < 1.6 / n]
        net = wired(edges, names)
        assert net.order == naive.order(net.cells)
        removed = structure.feedback_cells(net.cells)
        assert not naive.has_circle({name: c for name, c in net.cells.items() if name not in removed})


def test_inhibitory_synapses_close_circles():
    net = McCullochPittsNetwork(["1"], {"a": Cell({"1": 2}, ["b"]), "b": Cell({"a": 2})})
    assert net.order == 1


def test_a_long_circle():
    """Deeper than Python's recursion."""
    n = 3000
    cells = {str(i): Cell({str((i + 1) % n): 2}) for i in range(n)}
    net = McCullochPittsNetwork([], cells)
    assert net.order == 1
    with pytest.raises(InvalidParameter, match="no circle acts on"):
        net.to_expression("5")


def test_an_order_that_takes_too_long(monkeypatch, rng):
    monkeypatch.setattr(structure, "SECONDS", -1.0)
    names = [str(i) for i in range(60)]
    net = wired([(a, b) for a in names for b in names if a != b and rng.random() < 0.2], names)
    with pytest.raises(DataError, match="60 cells on circles"):
        _ = net.order


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize(("inputs", "cells"), [(0, 3), (2, 4), (3, 7), (1, 1)])
def test_state_graph(inputs, cells, relative, rng):
    net = naive.random_net(rng, inputs, cells, relative)
    graph = net.state_graph()
    assert graph.successors.shape == (2**inputs, 2**cells)
    for symbol in range(2**inputs):
        for state in range(2**cells):
            active = {name for i, name in enumerate(net.inputs) if symbol >> i & 1}
            active |= {name for i, name in enumerate(net.cells) if state >> i & 1}
            fired = [naive.fires(cell, active, relative) for cell in net.cells.values()]
            assert graph.successors[symbol, state] == sum(fires << i for i, fires in enumerate(fired))


def test_attractors(rng):
    for cells in (1, 3, 6):
        successors = rng.integers(0, 2**cells, (2, 2**cells))
        graph = StateGraph(("1",), tuple("abcdef"[:cells]), successors)
        for symbol in (0, 1):
            found = graph.attractors(symbol)
            assert {frozenset(a.states): a.basin for a in found} == naive.attractors(successors[symbol])
            assert [a.states[0] for a in found] == sorted(min(a.states) for a in found)
            for a in found:
                assert len(set(a.states)) == a.period
                assert list(np.roll(a.states, -1)) == successors[symbol, list(a.states)].tolist()


def test_one_circle_through_all_states():
    graph = StateGraph((), ("a", "b", "c", "d"), (np.arange(16)[None] + 1) % 16)
    (attractor,) = graph.attractors()
    assert attractor.states == tuple(range(16))
    assert (attractor.basin, attractor.period) == (16, 16)


def test_state_graph_as_dot():
    net = McCullochPittsNetwork(["1"], {"a": Cell({"1": 2}), "b": Cell({"a": 2})})
    dot = net.state_graph().to_dot()
    assert '"10" -> "01" [label="0"];' in dot
    assert '"10" -> "11" [label="1"];' in dot
    assert dot.count("->") == 8
    merged = McCullochPittsNetwork(["1"], {"a": Cell({"a": 2})}).state_graph().to_dot()
    assert '"1" -> "1" [label="0, 1"];' in merged


def test_refused_state_graphs():
    net = McCullochPittsNetwork([], {str(i): Cell() for i in range(5)})
    with pytest.raises(InvalidParameter, match="max_cells"):
        net.state_graph(4)
    with pytest.raises(InvalidParameter, match="max_cells"):
        net.state_graph(0)
    wide = McCullochPittsNetwork([f"i{i}" for i in range(25)], {"a": Cell()})
    with pytest.raises(InvalidParameter, match="inputs and cells"):
        wide.state_graph()
    graph = net.state_graph()
    for symbol in (1, -1, 0.0):
        with pytest.raises(InvalidParameter, match="symbol"):
            graph.attractors(symbol)


def test_absolute_does_in_two_steps_what_relative_does_in_one(rng):
    fired = 0
    for _ in range(8):
        net = naive.random_net(rng, cells=6, relative=True)
        absolute = net.to_absolute()
        assert absolute.inhibition == "absolute"
        steps = 8
        inputs = rng.integers(0, 2, (100, steps, 3))
        slow = np.zeros((100, 2 * steps, 3), int)
        slow[:, ::2] = inputs
        expected = net.run(inputs, record=net.cells).activity
        found = absolute.run(slow, record=net.cells).activity
        np.testing.assert_array_equal(found[:, ::2], expected)
        assert not found[:, 1::2].any()
        slow[:, 1::2] = rng.integers(0, 2, (100, steps, 3))  # a second run in between changes nothing
        np.testing.assert_array_equal(absolute.run(slow, record=net.cells).activity[:, ::2], expected)
        fired += expected[:, 1:].mean()
    assert fired > 0.2


def test_absolute_with_all_inhibitors_and_excitation_from_an_inhibitor():
    net = McCullochPittsNetwork(
        ["1", "2", "3"], {"4": Cell({"1": 3, "2": 2}, {"2": 1, "3": 2}, 2)}, inhibition="relative", delay=3, notes=["x"]
    )
    absolute = net.to_absolute()
    inputs = all_histories(3, 1)
    np.testing.assert_array_equal(absolute.run(inputs, 2)["4"][:, 2], net.run(inputs)["4"][:, 1])
    assert absolute.delay == 6
    assert absolute.notes[0] == "x"
    assert absolute.outputs == ("4",)
    assert len(absolute.notes) == 2


def test_absolute_nets_stay():
    net = McCullochPittsNetwork(["1"], {"2": Cell({"1": 2})})
    assert net.to_absolute() is net


def test_too_many_inhibitors_for_absolute():
    names = [str(i) for i in range(12)]
    net = McCullochPittsNetwork(names, {"c": Cell({"0": 20}, names[1:])}, inhibition="relative")
    with pytest.raises(InvalidParameter, match="at most 10"):
        net.to_absolute()


def test_names_of_the_first_stage_are_new():
    cells = {"a": Cell({"1": 2}), "a[]": Cell({"a": 2}), "a[]'": Cell()}
    net = McCullochPittsNetwork(["1"], cells, inhibition="relative").to_absolute()
    assert len(net.cells) == 5  # the last cell can never fire
    assert net.run({"1": [1]}, 4)["a[]"].tolist() == [False] * 4 + [True]


def test_expressions_are_refused_where_there_is_none():
    ring = McCullochPittsNetwork(["1"], {"a": Cell({"b": 2, "1": 2}), "b": Cell({"a": 2}), "c": Cell({"1": 2})})
    for name in ("a", "b"):
        with pytest.raises(InvalidParameter, match="circle"):
            ring.to_expression(name)
    with pytest.raises(InvalidParameter, match="output"):
        ring.to_expression("1")
    two = McCullochPittsNetwork(["1"], {"a": Cell({"1": 2}), "b": Cell({"1": 2})})
    with pytest.raises(InvalidParameter, match="output"):
        two.to_expression()
    assert str(ring.to_expression("c")) == "N1(t-1)"


def test_ancestors():
    cells = {"a": Cell({"x": 2}), "b": Cell({"a": 2, "c": 2}), "c": Cell(inhibitory=["b"]), "d": Cell({"a": 2})}
    found = {name: "".join(sorted(structure.ancestors(cells, name))) for name in cells}
    assert found == {"a": "a", "b": "abc", "c": "abc", "d": "ad"}
