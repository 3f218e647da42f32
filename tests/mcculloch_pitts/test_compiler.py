"""From expressions to nets and back."""

import pytest
from hypothesis import given, settings

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.mcculloch_pitts import Cell, McCullochPittsNetwork, all_histories, figure1, from_expression, parse
from neurosim.mcculloch_pitts.expression import FALSE, And, Atom, Clock, Not, Or
from neurosim.mcculloch_pitts.solver import solve

from .naive_logic import expressions

ROWS = ("~a . ~b", "~a . b", "a . ~b", "a . b")


def assert_exact(net, sentences, steps):
    """Compare the outputs with the sentences over all input histories of a length, and with silence before."""
    histories = all_histories(len(net.inputs), steps)
    run = net.run(histories, steps=steps + net.delay)
    for output, e in sentences.items():
        expected = e.evaluate_all(histories, net.inputs, steps + 1)
        assert (run[output][..., net.delay :] == expected).all(), (output, str(e))
        before = [e.in_silence(t - net.delay) for t in range(net.delay)]
        assert (run[output][..., : net.delay] == before).all(), (output, str(e))


@pytest.mark.parametrize(
    "text",
    [
        "a", "~a", "S a", "S^4 a & b", "true", "false", "~(a & b)", "a & ~a", "a v ~a", "a . a", "a v b v c",
        "~a v b & ~S c", "~(a v S(b v S c))", "t = 2 mod 3", "~(t = 0 mod 2)", "t = 0 mod 1", "S^5 (t = 1 mod 4)",
        "a & t = 1 mod 3 & S (t = 0 mod 2)", "a v ~(t = 1 mod 2)",
        "ever(a)", "always(a)", "ever(~a)", "always(~a)", "S^2 ever(a) & b", "a v S^2 always(b)",
        "ever(S^2 (t = 0 mod 5))", "ever(t = 2 mod 3 & ~a)", "ever(~(t = 0 mod 3))", "always(t = 0 mod 3)",
        "always(a v t = 1 mod 4)", "always(~(t = 2 mod 3) v a)", "ever(t = 4 mod 5 & S^2 ~a)",
        "ever(S always(a))", "always(S ever(~a) v b)", "ever(ever(a) & S b)", "ever(true)", "always(false)",
        "ever(false)", "ever(S^3 a)", "a(t-2) & ever(S b & ~a)(t-3)", "ever(a & S always(b & ~S a))",
    ],
)  # fmt: skip
def test_every_kind_on_all_histories(text):
    net = from_expression(text)
    assert_exact(net, {"out": parse(text)}, steps=6 if len(net.inputs) < 3 else 4)


@settings(deadline=None, max_examples=150)
@given(expressions(circles=False), expressions(circles=False))
def test_any_two_sentences_on_all_histories(first, second):
    net = from_expression({"x": first, "y": second}, inputs=list("abc"))
    assert net.outputs == ("x", "y")
    assert_exact(net, {"x": first, "y": second}, steps=4)
    assert net.order == 0 or net.notes


@settings(deadline=None, max_examples=150)
@given(expressions(("a", "b")))
def test_any_sentence_with_clocks_and_bounds_on_all_histories(e):
    assert_exact(from_expression(e, inputs=list("ab")), {"out": e}, steps=6)


def test_exclusive_or_is_three_cells_and_two_ticks():
    net = from_expression("(a & ~b) | (b & ~a)")
    cells = {"c": Cell({"a": 2}, ["b"]), "d": Cell({"b": 2}, ["a"]), "out": Cell({"c": 2, "d": 2})}
    assert dict(net.cells) == cells
    assert net.delay == 2


def test_theorem_3_on_all_functions_of_two_inputs():
    for number in range(16):
        text = " v ".join(row for i, row in enumerate(ROWS) if number >> i & 1) or "false"
        net = from_expression(text, inputs=["a", "b"])
        true_in_silence = bool(number & 1)
        assert parse(text).false_in_silence is not true_in_silence
        assert bool(net.notes) is true_in_silence
        assert any(cell.initial and name in cell.excitatory for name, cell in net.cells.items()) is true_in_silence
        assert_exact(net, {"out": parse(text)}, steps=6)
    assert "out is true when all its constituents are false" in net.notes[0]


@settings(deadline=None, max_examples=200)
@given(expressions(clocks=False))
def test_theorem_3_on_any_sentence(e):
    """What is true in silence, once the time before t = 0 has no effect, needs a constantly active cell."""
    assert bool(from_expression(e).notes) is e.in_silence(50)


@pytest.mark.parametrize(
    ("text", "noted"),
    [("always(false)", False), ("ever(true)", True), ("~always(false)", True), ("S^3 always(false)", False),
     ("t = 0 mod 2 v a", False), ("~(t = 0 mod 2)", True), ("a . ever(true)", False), ("~ever(true)", False)],
)  # fmt: skip
def test_what_the_note_says_is_so(text, noted):
    net = from_expression(text)
    assert_exact(net, {"out": parse(text)}, steps=5)
    assert bool(net.notes) is noted


def test_figure_1e_is_the_papers_net():
    text = "3(t) = 1(t-1) v [2(t-3) . ~2(t-2)]; 4(t) = 2(t-2) . 2(t-1)"
    net = from_expression(text)
    assert net.delay == 0
    assert dict(net.cells) == dict(figure1("e").cells)
    assert len(net.cells) == 4


def test_delays_cost_nothing_where_they_can_be_waited_for():
    assert len(from_expression("S a").cells) == 1
    assert len(from_expression("S^2 [a . b]").cells) == 2  # the gate waits for a tick
    assert len(from_expression("S [a . b] v S [b . a] v S [a . b . a]").cells) == 1
    net = from_expression({"x": "S a . S b", "y": "a . b"})
    assert net.delay == 1
    assert len(net.cells) == 2  # the conjunction and a delay of it


def test_contradictions_need_no_afferents():
    assert dict(from_expression("S [a . b] . ~S [b . a]").cells) == {"out": Cell()}
    assert dict(from_expression("a v ~a").cells) == {"out": Cell({"out": 2}, initial=True)}


def test_outputs_that_mean_the_same_are_two_cells():
    net = from_expression({"x": "a . b", "y": "a . b", "z": "ever(a)", "w": "ever(a)"})
    assert net.outputs == ("x", "y", "z", "w")
    assert_exact(net, {"x": parse("a.b"), "y": parse("a.b"), "z": parse("ever(a)"), "w": parse("ever(a)")}, 5)


def test_names_that_look_like_those_of_the_compiler():
    net = from_expression({"a": "~const . ~c", "b": "~S(c . out)"}, inputs=["out", "c", "const"])
    assert set(net.outputs) == {"a", "b"}
    assert_exact(net, {"a": parse("~const . ~c"), "b": parse("~S(c . out)")}, steps=4)


def test_forms_of_expressions():
    assert from_expression("x = a v b").outputs == ("x",)
    assert from_expression("b . a").inputs == ("b", "a")
    assert from_expression(Or((Atom("a"), Atom("b")))).outputs == ("out",)
    assert from_expression({"x": "a", "y": Atom("b")}).outputs == ("x", "y")
    assert from_expression("a", inputs=["b", "a"]).inputs == ("b", "a")


@pytest.mark.parametrize(
    ("expression", "inputs", "message"),
    [
        ("a & b", ["a"], "names that include 'b'"),
        ({"a": "a & b"}, None, "named differently from its inputs"),
        ({}, None, "a text, an Expression"),
        (3, None, "a text, an Expression"),
        ({"x": 3}, None, "a text, an Expression"),
    ],
)
def test_what_cannot_be_compiled(expression, inputs, message):
    with pytest.raises(InvalidParameter, match=message):
        from_expression(expression, inputs=inputs)


def test_text_that_cannot_be_read():
    with pytest.raises(DataError, match="character 4"):
        from_expression("a &")
    with pytest.raises(DataError, match="character 4"):
        from_expression({"x": "a &"})
    with pytest.raises(DataError, match="character 3"):
        from_expression({"x": "y = a"})


@settings(deadline=None, max_examples=100)
@given(expressions(circles=False))
def test_theorem_1_brings_the_expression_back(e):
    net = from_expression(And((e, Atom("a"))), inputs=list("abc"))
    found = net.to_expression()
    histories = all_histories(3, 4)
    assert (found.evaluate_all(histories, "abc", 9) == net.run(histories, steps=8)["out"]).all()
    again = from_expression(found, inputs=list("abc"))
    assert again.delay == 0
    assert (again.run(histories, steps=8)["out"] == net.run(histories, steps=8)["out"]).all()


@pytest.mark.parametrize("relative", [False, True])
def test_theorem_1_on_thresholds(relative):
    names = list("abcd")
    histories = all_histories(4, 2)
    for threshold in range(1, 9):
        cells = {"s": Cell({"a": 2}), "x": Cell({"a": 3, "b": 2, "s": 1, "c": 1}, {"d": 2}, threshold=threshold)}
        net = McCullochPittsNetwork(names, cells, inhibition="relative" if relative else "absolute")
        found = net.to_expression("x")
        assert (found.evaluate_all(histories, names, 5) == net.run(histories, steps=4)["x"]).all()


def test_solved_figures():
    net = figure1("e")
    assert str(net.to_expression("3")) == "N1(t-1) v [N2(t-3) . ~N2(t-2)]"
    assert str(net.to_expression("4")) == "N2(t-2) . N2(t-1)"
    assert str(figure1("d").to_expression()) == "N1(t-1) . ~N2(t-1)"
    assert str(figure1("f_relative").to_expression()) == (
        "[N2(t-1) . N3(t-1)] v [N2(t-1) . ~N1(t-1)] v [N3(t-1) . ~N1(t-1)]"
    )
    assert str(figure1("g").to_expression()) == "N2(t-2) . ~N1(t-3)"


def test_what_has_no_expression():
    loop = {"x": Cell({"x": 2, "a": 2}), "y": Cell({"x": 2}), "z": Cell({"a": 2}), "never": Cell()}
    for name in "xy":
        with pytest.raises(InvalidParameter, match="no circle acts on, as x -> x does"):
            solve(loop, "a", name)
    assert str(solve(loop, "a", "z")) == "a(t-1)"
    assert solve(loop, "a", "never") == FALSE
    with pytest.raises(InvalidParameter, match="output must be the name of a cell"):
        solve(loop, "a", "a")
    names = [f"i{k}" for k in range(30)]
    with pytest.raises(InvalidParameter, match="expression is shorter"):
        solve({"x": Cell(names, threshold=15)}, names, "x")


def test_long_chains_are_solved():
    cells = {"c0": Cell({"a": 2})} | {f"c{k}": Cell({f"c{k - 1}": 2}) for k in range(1, 2000)}
    assert str(solve(cells, "a", "c1999")) == "a(t-2000)"


def test_a_clock_is_one_ring():
    net = from_expression({"x": Clock(1, 3), "y": And((Clock(0, 3), Clock(0, 2)))})
    assert len(net.cells) == 3 + 2 + 1
    assert net.order == 2
    assert_exact(net, {"x": Clock(1, 3), "y": And((Clock(0, 3), Clock(0, 2)))}, steps=12)
    assert Not(Clock(0, 2)).false_in_silence is False
