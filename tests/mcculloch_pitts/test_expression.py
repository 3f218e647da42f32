"""Temporal propositional expressions and their text."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.mcculloch_pitts import all_histories, parse
from neurosim.mcculloch_pitts.expression import FALSE, TRUE, Always, And, Atom, Clock, Delay, Ever, Not, Or
from neurosim.mcculloch_pitts.minimise import conjunction, disjunction, negation
from neurosim.mcculloch_pitts.parser import parse_equations

from .naive_logic import expressions, true_at

a, b, c = map(Atom, "abc")


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("a", a),
        ("12", Atom("12")),
        ("N1", Atom("N1")),
        ("a'", Atom("a'")),
        ("true", TRUE),
        ("false", FALSE),
        ("~a", Not(a)),
        ("not a", Not(a)),
        ("¬ a", Not(a)),
        ("~~a", Not(Not(a))),
        ("a . b", And((a, b))),
        ("a&b.c", And((a, b, c))),
        ("a and b ∧ c", And((a, b, c))),
        ("a v b", Or((a, b))),
        ("a|b ∨ c", Or((a, b, c))),
        ("a or b", Or((a, b))),
        ("v | a", Or((Atom("v"), a))),
        ("a | b & c", Or((a, And((b, c))))),
        ("(a | b) & c", And((Or((a, b)), c))),
        ("[a | b] & (c)", And((Or((a, b)), c))),
        ("~a & b", And((Not(a), b))),
        ("S a & b", And((Delay(a, 1), b))),
        ("S^3 a", Delay(a, 3)),
        ("S S a", Delay(Delay(a, 1), 1)),
        ("S ~a", Delay(Not(a), 1)),
        ("S^0 a", Delay(a, 0)),
        ("a(t)", a),
        ("a(t-2)", Delay(a, 2)),
        ("a ( t - 2 )", Delay(a, 2)),
        ("[a v b](t-1)", Delay(Or((a, b)), 1)),
        ("t = 1 mod 3", Clock(1, 3)),
        ("a & t = 1 mod 3 & b", And((a, Clock(1, 3), b))),
        ("ever(a)", Ever(a)),
        ("always[a v b]", Always(Or((a, b)))),
        ("~ever(a & b)(t-2)", Not(Delay(Ever(And((a, b))), 2))),
        ("a1 v Sb v never", Or((Atom("a1"), Atom("Sb"), Atom("never")))),
    ],
)
def test_parse(text, expression):
    assert parse(text) == expression


@pytest.mark.parametrize(
    ("text", "character", "message"),
    [
        ("", 1, "expected a name"),
        ("   ", 4, "found nothing"),
        ("a &", 4, "expected a name"),
        ("a & & b", 5, "found '&'"),
        ("a $ b", 3, r"unknown symbol '\$'"),
        ("(a", 3, r"'\)'; found the end"),
        ("(a]", 3, r"'\)'; found '\]'"),
        ("a)", 2, "no bracket is open"),
        ("a b", 3, "expected an operator"),
        ("()", 2, "expected a name"),
        ("a(t-)", 5, "expected the number of ticks"),
        ("a(x)", 3, "expected 't'"),
        ("a(t+1)", 4, "unknown symbol"),
        ("S^ a", 4, "expected the number of ticks"),
        ("t = 3 mod 3", 11, "expected a number > 3; found 3"),
        ("t = a mod 3", 5, "expected a number"),
        ("t = 1", 6, "expected 'mod'"),
        ("ever a", 6, r"expected \( or \["),
        ("S^1234567 a", 3, "at most 6 digits"),
        ("(" * 200 + "a" + ")" * 200, 101, "at most 100 brackets"),
        ("~" * 200 + "a", 101, "at most 100"),
        ("(~S" * 60 + "a" + ")" * 60, 101, "at most 100"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text, character, message):
    with pytest.raises(DataError, match=rf"(?s)^parse: .*: character {character}: .*{message}"):
        parse(text)


@pytest.mark.parametrize(
    "text", ["a && b", "a || b", "!a", "a -> b", "a ^ b", "a AND b", "a OR b", "NOT a", "a xor b", "a XOR b"]
)
def test_operators_of_other_languages_get_a_hint(text):
    with pytest.raises(DataError, match=r"\(write ~ & \| or not, and, or\)$"):
        parse(text)


@pytest.mark.parametrize("text", ["a b", "a $ b", "S^ a", "S ^ a", "a &"])
def test_other_mistakes_get_none(text):
    with pytest.raises(DataError, match=r"(?<!or\))$"):
        parse(text)


def test_constants_may_have_a_capital_letter():
    assert parse("True") == parse("true")
    assert parse("a & ~False") == parse("a & ~false")
    assert parse("Truest").names == ("Truest",)


def test_any_number_of_parts():
    assert parse(" & ".join(["~(S a)"] * 300)) == And((Not(Delay(a, 1)),) * 300)


def test_parse_wants_text():
    with pytest.raises(DataError, match="got 3"):
        parse(3)


def test_equations():
    text = "N3(t) = a v b; out=~a\n\n 4 ( t ) = t = 1 mod 2"
    assert parse_equations(text) == {"N3": Or((a, b)), "out": Not(a), "4": Clock(1, 2)}
    assert parse_equations("a v b") == {"out": Or((a, b))}
    assert parse_equations("t = 1 mod 2") == {"out": Clock(1, 2)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = a; x = b", "character 7: x is defined twice"),
        ("x = a; b", "character 7: expected name"),
        ("x = a; y = a &", "character 15: expected a name"),
        ("x = ", "character 5: expected a name"),
        ("", "found nothing"),
        (" ; ", "character 2: unknown symbol ';'"),
    ],
)
def test_equations_that_cannot_be_read(text, message):
    with pytest.raises(DataError, match=message):
        parse_equations(text)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("1(t-1) | S(S S 2 & ~S 2)", "N1(t-1) v [N2(t-3) . ~N2(t-2)]"),
        ("S ~(a & b)", "~[a(t-1) . b(t-1)]"),
        ("S^2 (t = 1 mod 4)", "[t = 3 mod 4]"),
        ("~~a", "~~a(t)"),
        ("S ever(S a)", "ever[a(t-1)](t-1)"),
        ("a & S ever(a | always(b))", "a(t) . ever[a(t) v always[b(t)]](t-1)"),
        ("S true | false", "true v false"),
    ],
)
def test_the_papers_notation(text, printed):
    assert str(parse(text)) == printed
    assert str(parse(printed)) == printed


@settings(deadline=None)
@given(expressions())
def test_printed_expressions_are_read_again(e):
    assert str(parse(str(e))) == str(e)
    assert parse(str(e)).delayed(0) == e.delayed(0)


@settings(deadline=None)
@given(expressions(), st.lists(st.tuples(*[st.booleans()] * 3), max_size=8), st.integers(0, 3))
def test_values_follow_the_definitions(e, rows, more):
    history = {name: [row[i] for row in rows] for i, name in enumerate("abc")}
    steps = len(rows) + more
    expected = [true_at(e, history, t) for t in range(steps)]
    assert e.evaluate_all(history, steps=steps).tolist() == expected
    assert e.delayed(2).evaluate_all(history, steps=steps).tolist() == [
        true_at(e, history, t - 2) for t in range(steps)
    ]
    assert [e.in_silence(t) for t in range(-5, 6)] == [true_at(e, {}, t) for t in range(-5, 6)]
    assert e.false_in_silence == (not any(true_at(e, {}, t) for t in range(60)))


def test_silence_is_looked_through_until_clocks_repeat():
    clocks = [Clock(n - 1, n) for n in (211, 223, 227, 229)]
    assert And((*clocks[:2], Not(Clock(0, 2)))).false_in_silence is False  # first at t = 47053 - 1 + 47053
    assert And((*clocks[:2], Clock(0, 211))).false_in_silence is True
    tracemalloc.start()
    assert And(tuple(clocks[:3])).false_in_silence is False
    assert tracemalloc.get_traced_memory()[1] < 5 * 211 * 223 * 227
    tracemalloc.stop()
    with pytest.raises(InvalidParameter, match=f"ticks to be looked through; .*; got {211 * 223 * 227 * 229}"):
        _ = Or(tuple(clocks)).false_in_silence


def test_the_forms_of_inputs():
    e = parse("a & ~S b")
    histories = all_histories(2, 3)
    array = histories.unpack()
    expected = [[true_at(e, {"a": h[:, 0], "b": h[:, 1]}, t) for t in range(4)] for h in array]
    assert e.evaluate_all(histories, steps=4).tolist() == expected
    assert e.evaluate_all(array, steps=4).tolist() == expected
    assert e.evaluate_all(array[..., ::-1], ["b", "a"], 4).tolist() == expected
    assert e.evaluate_all({"a": array[..., 0], "b": array[..., 1]}, steps=4).tolist() == expected
    assert e.evaluate(array, 2).tolist() == [row[2] for row in expected]
    assert e.evaluate(array[9], 1) is expected[9][1]
    assert e.evaluate({"a": [1]}, 0) is True
    assert e.evaluate({"a": [1]}, 5) is False
    assert TRUE.evaluate_all({}, steps=2).tolist() == [True, True]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"a": [1, 0], "b": [1]}, r"got \[\(1,\), \(2,\)\]"),
        ({"a": [[1, 0]] * 3, "b": [[1, 0]] * 2}, r"got \[\(2, 2\), \(3, 2\)\]"),
        ({"a": [2]}, r"inputs\['a'\]\[0\] must be 0 or 1; got 2"),
        ({"a": [[[1]]]}, r"\(steps,\)"),
        (np.zeros((3, 3)), r"got \(3, 3\)"),
        (np.zeros(3), "for a, b"),
    ],
)
def test_inputs_of_the_wrong_form(inputs, message):
    with pytest.raises(InvalidParameter, match=message):
        parse("a & b").evaluate_all(inputs)


def test_names_come_in_order():
    assert parse("c & ~(a v S c) & ever(b)").names == ("c", "a", "b")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Atom(""),
        lambda: Delay(a, -1),
        lambda: Delay("a", 1),
        lambda: Clock(3, 3),
        lambda: Clock(0, 0),
        lambda: And(()),
        lambda: Or((a, "b")),
        lambda: a.delayed(-1),
        lambda: a.evaluate({}, -1),
    ],
)
def test_impossible_expressions(make):
    with pytest.raises(InvalidParameter):
        make()


@settings(deadline=None)
@given(st.lists(expressions(circles=False), max_size=4))
def test_simplified_sentences_mean_the_same(parts):
    histories = all_histories(3, 3)
    columns = {name: histories.unpack()[..., i] for i, name in enumerate("abc")}
    values = [part.evaluate_all(columns, steps=6) for part in parts]
    for join, simplified in ((np.logical_and, conjunction(parts)), (np.logical_or, disjunction(parts))):
        expected = join.reduce(values) if parts else join.identity
        assert (simplified.evaluate_all(columns, steps=6) == expected).all()


def test_simplification():
    assert conjunction([]) == TRUE
    assert disjunction([a, And((a, b)), a]) == a
    assert conjunction([a, Or((b, a)), TRUE]) == a
    assert conjunction([a, b, negation(a)]) == FALSE
    assert disjunction([a, TRUE]) == TRUE
    assert disjunction([Or((a, b)), FALSE, c]) == Or((a, b, c))
    assert negation(negation(a)) == a
    for first, second in itertools.permutations([And((a, b)), b]):
        assert disjunction([first, second]) == b
