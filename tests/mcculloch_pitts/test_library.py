"""Figure 1 of McCulloch & Pitts (1943)."""

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.mcculloch_pitts import FIGURE1, all_histories, figure1, from_expression

from .naive_logic import true_at

LETTERS = [*"abcdefghi", "f_relative"]


@pytest.mark.parametrize("letter", LETTERS)
def test_nets_do_what_their_caption_says_on_all_histories(letter):
    net, steps = figure1(letter), 6
    histories = all_histories(len(net.inputs), steps)
    run = net.run(histories, steps=steps + 3)
    for output, caption in FIGURE1[letter].items():
        assert (run[output] == caption.evaluate_all(histories, net.inputs, steps + 4)).all()
        assert f"N{output}(t) = {caption}" in net.notes
        some = dict(zip(net.inputs, histories.unpack()[histories.count * 5 // 7].T, strict=True))
        assert [true_at(caption, some, t) for t in range(steps + 1)] == [
            caption.evaluate(some, t) for t in range(steps + 1)
        ]
    assert net.outputs == tuple(FIGURE1[letter])
    assert net.delay == 0


def test_the_figure_has_nine_nets_and_a_relative_one():
    assert sorted(FIGURE1) == sorted(LETTERS)
    assert {letter for letter in LETTERS if figure1(letter).inhibition == "relative"} == {"f_relative"}
    assert {letter for letter in LETTERS if figure1(letter).order > 0} == {"i"}
    assert all(cell.threshold == 2 for letter in LETTERS for cell in figure1(letter).cells.values())


def test_captions_read_as_in_the_paper():
    assert str(FIGURE1["e"]["3"]) == "N1(t-1) v [N2(t-3) . ~N2(t-2)]"
    assert str(FIGURE1["g"]["3"]) == "N2(t-2) . ~N1(t-3)"
    assert str(FIGURE1["i"]["3"]) == "N2(t-1) v [N1(t-1) . ever[N1(t) . N2(t)](t-1)]"


@pytest.mark.parametrize("letter", "abcdeg")
def test_the_compiler_makes_the_nets_of_the_figure(letter):
    net = from_expression(FIGURE1[letter])
    assert dict(net.cells) == dict(figure1(letter).cells)
    assert net.delay == 0


def test_relative_inhibition_is_replaced_one_tick_later():
    histories = all_histories(3, 4)
    upper = figure1("f_relative").run(histories, steps=6)["4"]
    lower = figure1("f").run(histories, steps=7)["4"]
    assert (lower[:, 1:] == upper).all()


@pytest.mark.parametrize(("ticks", "cold", "heat"), [(1, [], [3]), (2, [2], [4]), (3, [2, 3], [5])])
def test_the_illusion_of_heat(ticks, cold, heat):
    run = figure1("e").run({"2": [1] * ticks}, steps=10)
    assert np.flatnonzero(run["4"]).tolist() == cold
    assert np.flatnonzero(run["3"]).tolist() == heat


def test_the_circle_learns():
    net = figure1("i")
    assert not net.run({"1": [1, 1, 1]}, steps=5)["3"].any()
    assert net.run({"1": [1, 0, 0, 1], "2": [1]}, steps=5)["3"].tolist() == [False, True, False, False, True, False]


def test_other_letters():
    with pytest.raises(InvalidParameter, match="figure1: letter must be one of a, b"):
        figure1("j")
