"""The page of a net: circuit and raster, and what is left out of them."""

from neurosim.mcculloch_pitts import Cell, McCullochPittsNetwork
from neurosim.mcculloch_pitts.page import MOST_CELLS, MOST_ROWS, left_out, overview

from .test_plot import HEAT_COLD, png, random_net


def test_page():
    run = HEAT_COLD.run({"2": [1, 0, 0, 1, 1, 0]})
    figure = overview(HEAT_COLD, run)
    assert len(figure.axes) == 2
    png(figure)
    assert len(overview(HEAT_COLD).axes) == 1
    png(overview(HEAT_COLD, run, history=None))


def test_a_page_of_a_large_net_shows_inputs_and_outputs(rng):
    net = random_net(rng, MOST_ROWS)
    raster = overview(net, net.run(steps=4)).axes[-1]
    names = [label.get_text() for label in raster.get_yticklabels()]
    assert names == [*net.inputs, *net.outputs][:MOST_ROWS]


def test_the_title_stands_above_the_raster():
    circuit, raster = overview(HEAT_COLD, HEAT_COLD.run(steps=3), title="word 1: accepted").axes
    assert (circuit.get_title(), raster.get_title()) == ("", "word 1: accepted")


def test_what_is_left_out():
    few, many = (
        McCullochPittsNetwork(["x"], {f"c{i}": Cell({"x": 2}) for i in range(n)}) for n in (MOST_CELLS, MOST_CELLS + 1)
    )
    assert left_out(HEAT_COLD, HEAT_COLD.run(steps=1)) == []
    assert left_out(few, few.run(steps=1, record=["x", "c0"])) == []
    assert len(overview(few).axes) == 1
    assert left_out(few, few.run(steps=1)) == ["the activity of 21 of 61 inputs and cells"]
    assert left_out(many, many.run(steps=1))[0] == "the circuit, which has more than 60 cells (net.dot has it)"
    assert len(overview(many, many.run(steps=1)).axes) == 1
