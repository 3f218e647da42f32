"""What a net accepts, refuses and returns."""

import copy
import pickle

import numpy as np
import pytest

import neurosim
from neurosim.core.errors import InvalidParameter
from neurosim.mcculloch_pitts import Cell, Histories, McCullochPittsNetwork, all_histories, pack

from . import naive

HEAT = {
    "a": Cell({"2": 2}),
    "b": Cell({"a": 2}, ["2"]),
    "3": Cell({"1": 2, "b": 2}),
    "4": Cell({"a": 1, "2": 1}),
}


@pytest.fixture
def net():
    """Figure 1e, the illusion of heat and cold."""
    return McCullochPittsNetwork(["1", "2"], HEAT)


def test_figure_1e_equals_its_caption(net):
    run = net.run(all_histories(2, 6), 9)
    given = np.zeros((4096, 13, 2), bool)
    given[:, 3:9] = all_histories(2, 6).unpack()

    def n(name, t):
        return given[:, 3 + t, name - 1]

    for t in range(10):
        heat = n(1, t - 1) | (n(2, t - 3) & ~n(2, t - 2))
        np.testing.assert_array_equal(run["3"][:, t], heat)
        np.testing.assert_array_equal(run["4"][:, t], n(2, t - 2) & n(2, t - 1))


def test_cold_for_a_moment_is_heat(net):
    run = net.run({"2": [1]}, 6)
    assert run.histories is None
    assert run["3"].tolist() == [False, False, False, True, False, False, False]
    assert not run["4"].any()
    assert run.activity.shape == (7, 6)
    assert run.names == ("1", "2", "a", "b", "3", "4")


def test_a_learning_circle():
    """Figure 1i: after 1 and 2 fired together, 1 alone fires 3."""
    cells = {"m": Cell({"1": 1, "2": 1, "m": 2}), "3": Cell({"2": 2, "1": 1, "m": 1})}
    net = McCullochPittsNetwork(["1", "2"], cells)
    run = net.run({"1": [1, 0, 1, 0, 0, 1], "2": [0, 0, 1, 0, 0, 0]})
    assert run["3"].astype(int).tolist() == [0, 0, 0, 1, 0, 0, 1]
    assert net.order == 1


def test_defaults(net):
    assert net.outputs == ("3", "4")
    assert (net.inhibition, net.delay, net.notes) == ("absolute", 0, ())
    assert net.names == ("1", "2", "a", "b", "3", "4")
    ring = McCullochPittsNetwork([], {"a": Cell({"b": 2}), "b": Cell({"a": 2})})
    assert ring.outputs == ("a", "b")
    loop = McCullochPittsNetwork([], {"a": Cell({"a": 2}), "b": Cell({"a": 2}), "c": Cell({"c": 2, "a": 2})})
    assert loop.outputs == ("b", "c")
    assert "4 cells" in repr(net)


def test_it_cannot_be_changed(net):
    with pytest.raises(TypeError):
        net.cells["5"] = Cell()
    with pytest.raises(AttributeError):
        net.inputs = ("1",)
    assert len({net, McCullochPittsNetwork(["1", "2"], HEAT)}) == 1
    assert net != McCullochPittsNetwork(["1", "2"], HEAT, delay=1)


@pytest.mark.parametrize("copied", [lambda o: pickle.loads(pickle.dumps(o)), copy.deepcopy, copy.copy])
def test_copies(copied, net, rng):
    inputs = rng.integers(0, 2, (5, 2))
    run = net.run(inputs)
    again = copied(net)
    assert again == net
    assert (again.run(inputs).activity == run.activity).all()
    for cell in (*net.cells.values(), Cell(["a"], {"b": 3}, 4, True)):
        assert copied(cell) == cell
        assert hash(copied(cell)) == hash(cell)
        with pytest.raises(TypeError):
            copied(cell).excitatory["9"] = 1


@pytest.mark.parametrize("inhibition", ["absolute", "relative"])
@pytest.mark.parametrize("count", [1, 3, 64, 70])
def test_bits_beyond_the_histories_are_zero(count, inhibition):
    cells = {"x": Cell({"x": 2}, initial=True), "y": Cell({"x": 2}, ["1"])}
    net = McCullochPittsNetwork(["1"], cells, inhibition=inhibition)
    rubbish = Histories(np.full((2, 1, 1 + (count > 64)), 2**64 - 1, np.uint64), count)
    for words in (net.run(rubbish, 3).words, net.run(pack(np.ones((count, 2, 1))), 3).words):
        assert words[-1, 1:].tolist() == [[2**64 - 1] * (count // 64) + [2 ** (count % 64) - 1] * (count % 64 > 0)] * 2
        assert words[0, 0].tolist() == words[-1, 1].tolist()
    assert net.run({"1": [0]}, 3).words[3, :, 0].tolist() == [0, 1, 1]


def test_every_form_of_inputs_is_the_same(net, rng):
    bits = rng.integers(0, 2, (5, 2)).astype(bool)
    expected = naive.activity(net, bits, 5)
    forms = [bits, bits.astype(int), bits.astype(float).tolist(), dict(zip("12", bits.T, strict=True))]
    for form in forms:
        np.testing.assert_array_equal(net.run(form).activity, expected)
    for many in (bits[None], pack(bits[None])):
        run = net.run(many)
        assert run.histories == 1
        np.testing.assert_array_equal(run.activity, [expected])
        np.testing.assert_array_equal(run["b"], [np.array(expected)[:, 3]])
    assert net.run({"1": [1], "2": [0, 1, 1]}).words.shape == (4, 6, 1)
    np.testing.assert_array_equal(net.run({"1": [1], "2": [0, 1, 1]})["1"], [1, 0, 0, 0])
    np.testing.assert_array_equal(net.run(bits, 3).activity, np.array(expected)[:4])
    assert not net.run(steps=4).activity.any()


@pytest.mark.parametrize("histories", [1, 64, 70])
def test_first_activity(net, histories, rng):
    initial = rng.integers(0, 2, (histories, 4)).astype(bool)
    bits = rng.integers(0, 2, (5, 2))
    expected = [naive.activity(net, bits, 5, dict(zip(net.cells, start, strict=True))) for start in initial]
    np.testing.assert_array_equal(net.run(bits, initial=initial).activity, expected)  # one history, many starts
    packed = pack(initial[:, None])
    np.testing.assert_array_equal(net.run(np.repeat(bits[None], histories, 0), initial=packed).activity, expected)
    np.testing.assert_array_equal(net.run(bits, initial=initial[0]).activity, expected[0])
    many = net.run(np.repeat(bits[None], histories, 0), initial=initial[0])  # many histories, one start
    np.testing.assert_array_equal(many.activity, [expected[0]] * histories)
    assert net.run(bits[None], initial=initial[0]).histories == 1
    named = {name: bool(on) for name, on in zip(net.cells, initial[0], strict=True) if on}
    np.testing.assert_array_equal(net.run(bits, initial=named).activity, expected[0])


def test_cells_that_start_active():
    net = McCullochPittsNetwork([], {"a": Cell({"b": 1}, threshold=1, initial=True), "b": Cell({"a": 1}, threshold=1)})
    np.testing.assert_array_equal(net.run(steps=3)["a"], [1, 0, 1, 0])
    np.testing.assert_array_equal(net.run(steps=3, initial={"b": True})["a"], [1, 1, 1, 1])
    np.testing.assert_array_equal(net.run(steps=1, initial={"a": 0})["a"], [0, 0])


def test_record(net, rng):
    bits = rng.integers(0, 2, (70, 5, 2))
    whole = net.run(bits)
    assert net.run(bits, record="outputs").names == ("3", "4")
    some = net.run(bits, record=["4", "1"])
    assert some.words.shape == (6, 2, 2)
    np.testing.assert_array_equal(some.activity[..., 0], whole["4"])
    np.testing.assert_array_equal(some["1"], whole["1"])
    with pytest.raises(InvalidParameter, match="'2'"):
        some["2"]


def test_step_is_one_step(net, rng):
    for _ in range(20):
        active = {name for name in net.names if rng.integers(2)}
        expected = {name for name, cell in net.cells.items() if naive.fires(cell, active)}
        assert net.step(active) == expected
        after = net.step(np.array([name in active for name in net.names]))
        np.testing.assert_array_equal(after, [name in expected for name in net.cells])
    assert net.step([]) == set()


def test_relative_and_absolute_inhibition_differ():
    cells = {"3": Cell({"1": 3}, {"2": 1})}
    inputs = {"1": [1], "2": [1]}
    assert not McCullochPittsNetwork(["1", "2"], cells).run(inputs)["3"].any()
    assert McCullochPittsNetwork(["1", "2"], cells, inhibition="relative").run(inputs)["3"][1]
    cells = {"3": Cell({"1": 3}, {"2": 2})}
    assert not McCullochPittsNetwork(["1", "2"], cells, inhibition="relative").run(inputs)["3"].any()


def test_thresholds_and_multiplicities_up_to_the_limit():
    large = 2**30
    cells = {"3": Cell({"1": large, "2": large - 1}, threshold=2 * large - 1), "4": Cell({"1": large - 1}, [], large)}
    run = McCullochPittsNetwork(["1", "2"], cells).run([[1, 1], [1, 0]])
    np.testing.assert_array_equal(run["3"], [0, 1, 0])
    assert not run["4"].any()
    with pytest.raises(InvalidParameter, match="sums and thresholds"):
        McCullochPittsNetwork(["1"], {"2": Cell({"1": 2**31})}).run(steps=1)
    with pytest.raises(InvalidParameter, match="sums and thresholds"):
        McCullochPittsNetwork(["1"], {"2": Cell({"1": 1}, threshold=2**70)}).run(steps=1)


@pytest.mark.parametrize("steps", [0, 3])
def test_nets_without_cells_or_synapses(steps):
    assert McCullochPittsNetwork(["1"], {}).run(steps=steps).activity.shape == (steps + 1, 1)
    assert not McCullochPittsNetwork([], {"1": Cell()}).run(steps=steps).activity.any()
    assert McCullochPittsNetwork([], {}).run(steps=steps).activity.shape == (steps + 1, 0)


def test_a_file_holds_a_net(tmp_path, rng):
    net = naive.random_net(rng, relative=True)
    again = neurosim.load(net.save(tmp_path / "net.npz"))
    assert again == net
    assert type(again) is McCullochPittsNetwork


REFUSED_NETS = [
    (["1"], {"2": Cell({"3": 1})}, {}, r"cells\['2'\] .* got '3'"),
    (["1"], {"2": Cell(inhibitory=["3"])}, {}, r"cells\['2'\] .* got '3'"),
    (["1", "1"], {}, {}, "inputs .* got '1'"),
    (["1"], {"1": Cell()}, {}, "inputs .* got '1'"),
    ([""], {}, {}, "inputs"),
    (["1"], {" ": Cell()}, {}, "cells"),
    (["1"], {1: Cell()}, {}, "cells"),
    ("12", {}, {}, "inputs"),
    (1, {}, {}, "inputs"),
    (["1"], {"2": {"1": 1}}, {}, "cells"),
    (["1"], [Cell()], {}, "cells"),
    (["1"], {"2": Cell()}, {"outputs": ["1"]}, "outputs .* got '1'"),
    (["1"], {"2": Cell()}, {"outputs": ["2", "2"]}, "outputs"),
    (["1"], {"2": Cell()}, {"inhibition": "strong"}, "inhibition"),
    (["1"], {"2": Cell()}, {"delay": -1}, "delay"),
    (["1"], {"2": Cell()}, {"notes": "one sentence"}, "notes"),
    (["1"], {"2": Cell()}, {"notes": [1]}, "notes"),
]


@pytest.mark.parametrize(("inputs", "cells", "others", "message"), REFUSED_NETS)
def test_refused_nets(inputs, cells, others, message):
    with pytest.raises(InvalidParameter, match=message):
        McCullochPittsNetwork(inputs, cells, **others)


REFUSED_RUNS = [
    ((), {}, "steps"),
    ((None, -1), {}, "steps"),
    ((None, 1.0), {}, "steps"),
    (([1, 0],), {}, "inputs"),
    (([[1, 0, 1]],), {}, "inputs"),
    ((np.zeros((0, 3, 2)),), {}, "inputs"),
    (([[2, 0]],), {}, "inputs"),
    (([[np.nan, 0]],), {}, "inputs"),
    (([[1, 0], [1]],), {}, "inputs"),
    ((["1"],), {}, "inputs"),
    (({"a": [1]},), {}, "inputs"),
    (({"1": [[1]]},), {}, r"inputs\['1'\]"),
    (({"1": [3]},), {}, r"inputs\['1'\]"),
    ((pack(np.zeros((1, 1, 3))),), {}, "number of inputs must be 2, the inputs of the net; got 3"),
    (([[0, 2], [3, 0]],), {}, r"inputs\[0, 1\] must be 0 or 1; got 2"),
    (({"1": "0120"},), {}, r"inputs\['1'\] must be an array of 0 and 1; got '0120'"),
    ((np.zeros((3, 1)),), {}, r"inputs must be of shape \(steps, 2\) or .*; got \(3, 1\)"),
    (([[0, None]],), {}, r"inputs\[0, 1\] must be 0 or 1; got None"),
    ((None, 1), {"initial": [1]}, "initial"),
    ((None, 1), {"initial": np.zeros((0, 4))}, "initial"),
    ((None, 1), {"initial": [0, 0, 0, 5]}, "initial"),
    ((None, 1), {"initial": {"1": True}}, "initial"),
    ((None, 1), {"initial": {"a": 2}}, "initial"),
    ((None, 1), {"initial": {"a": [1]}}, "initial"),
    ((None, 1), {"initial": pack(np.zeros((1, 1, 3)))}, "initial"),
    ((np.zeros((3, 1, 2)),), {"initial": np.zeros((2, 4))}, "initial"),
    ((None, 1), {"record": ["x"]}, "record"),
    ((None, 1), {"record": "everything"}, "record"),
    ((None, 1), {"record": ["a", "a"]}, "record"),
    ((None, 1), {"backend": "tpu"}, "backend"),
]


@pytest.mark.parametrize(("arguments", "others", "name"), REFUSED_RUNS)
def test_refused_runs(net, arguments, others, name):
    with pytest.raises(InvalidParameter, match=f": {name}"):
        net.run(*arguments, **others)


@pytest.mark.parametrize("active", [["x"], "a", np.zeros(3, bool), 5])
def test_refused_steps(net, active):
    with pytest.raises(InvalidParameter, match="active"):
        net.step(active)


def test_one_name_is_no_set_of_names(net):
    with pytest.raises(InvalidParameter, match=r"active must be a set of names, as \{'a'\}; got 'a'"):
        net.step("a")
    with pytest.raises(InvalidParameter, match="active must be names of the net; got 'x'"):
        net.step("x")


def test_inputs_as_text(net):
    text, numbers = (net.run(inputs, 5).words for inputs in ({"1": "0110", "2": "1"}, {"1": [0, 1, 1, 0], "2": [1]}))
    np.testing.assert_array_equal(text, numbers)
