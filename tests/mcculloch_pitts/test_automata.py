"""Automata and regular expressions as nets."""

import re
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.mcculloch_pitts import Automaton, Histories, all_histories, from_automaton, from_regex

from .naive_logic import words

PATTERNS = [
    "", "a", "ab", "a|b", "a*", "a+b?", "(a|b)*abb", "(ab)*", "(a*b*)*", "a(b|)a", "()", "a|", "(a+b+)+", "(a?b)*a?",
    ".*aa.*", "[ab]b[^b]", "(a|ab)(ba|a)?", "((a|b)(a|b))*", "b*(ab*ab*)*", "[a-b]+a",
]  # fmt: skip


def verdicts(net, words_):
    """What the net says of words of the same length."""
    letters = np.array([list(word) for word in words_]).reshape(len(words_), -1)
    fed = np.stack([letters == a for a in net.inputs], axis=-1)
    return net.run(fed, steps=letters.shape[1] + 1)["out"][:, -1]


def contains_100():
    moves = {"q": "00->0 01->1 10->2 11->1 20->3 21->1 30->3 31->3"}["q"].split()
    return Automaton("0123", "01", {(m[0], m[1]): m[4] for m in moves}, "0", "3")


def counter(bits=3):
    """The automaton that counts the letters 1 modulo 2**bits and accepts the last number."""
    n = 2**bits
    moves = {(q, a): (q + a) % n for q in range(n) for a in (0, 1)}
    return Automaton(range(n), (0, 1), moves, 0, [n - 1])


@pytest.mark.parametrize("automaton", [contains_100(), counter()], ids=["contains 100", "3-bit counter"])
def test_minskys_net_on_all_words_up_to_length_12(automaton):
    net = from_automaton(automaton)
    assert len(net.cells) <= len(automaton.states) * 2 + len(automaton.states) + 1
    assert net.delay == 2
    steps = 12
    ones = all_histories(1, steps).words
    run = net.run(Histories(np.concatenate([~ones, ones], axis=1), 2**steps), steps=steps + 1)
    states = np.zeros((2**steps, steps + 1), int)  # of every prefix of every word
    names = list(automaton.states)
    moves = np.array([[names.index(automaton.transitions[q, a]) for a in "01"] for q in names])
    for t in range(steps):
        states[:, t + 1] = moves[states[:, t], np.arange(2**steps) >> t & 1]
    accepting = np.isin(states, [names.index(q) for q in automaton.accepting])
    assert (run["out"][:, 1:] == accepting).all()
    assert not run["out"][:, 0].any()
    assert accepting.any()
    assert not accepting.all()


def test_the_automata_are_what_they_are_called():
    for word in words("01", 8):
        assert contains_100().accepts(word) == ("100" in word)
        assert counter().accepts(word) == (word.count("1") % 8 == 7)
    assert counter().accepts([1, 0, 1]) is False
    assert counter().run([1, 0, 1]) == "2"
    with pytest.raises(DataError, match="symbol '2' is not in the alphabet 0, 1"):
        contains_100().accepts("102")


@pytest.mark.parametrize("pattern", PATTERNS)
def test_regular_expressions_on_all_words_up_to_length_7(pattern):
    net, automaton = from_regex(pattern, "ab"), Automaton.from_regex(pattern, "ab")
    minsky = from_automaton(automaton)
    assert len(net.cells) == len(re.findall(r"\[.*?\]|[ab.]", pattern)) + 2
    for length in range(8):
        some = ["".join(letters) for letters in product("ab", repeat=length)]
        expected = [re.fullmatch(pattern, word) is not None for word in some]
        assert verdicts(net, some).tolist() == expected
        assert verdicts(minsky, some).tolist() == expected
        assert [automaton.accepts(word) for word in some] == expected


def patterns():
    """Strategy of patterns over a and b."""

    def larger(inner):
        grouped = inner.map("({})".format)
        return st.one_of(
            st.tuples(inner, inner).map("".join),
            st.tuples(inner, inner).map("|".join),
            st.tuples(grouped, st.sampled_from("*+?")).map("".join),
        )

    return st.recursive(st.sampled_from(["a", "b", "[ab]", ".", ""]), larger, max_leaves=8)


@settings(deadline=None, max_examples=60)
@given(patterns())
def test_any_pattern(pattern):
    net, automaton = from_regex(pattern, "ab"), Automaton.from_regex(pattern, "ab")
    for length in range(6):
        some = ["".join(letters) for letters in product("ab", repeat=length)]
        expected = [re.fullmatch(pattern, word) is not None for word in some]
        assert verdicts(net, some).tolist() == expected
        assert [automaton.accepts(word) for word in some] == expected


def test_the_output_follows_every_prefix():
    word = "abbaabbabb"
    net = from_regex("(a|b)*abb")
    run = net.run({a: [c == a for c in word] for a in "ab"}, steps=len(word) + 3)
    expected = [word[:length].endswith("abb") for length in range(len(word) + 1)]
    assert run["out"].tolist() == [False, *expected, False, False]


def test_letters_and_alphabets():
    assert from_regex(r"\*a\.|\\").inputs == ("*", ".", "\\", "a")
    assert from_regex("[a-d]").inputs == tuple("abcd")
    assert from_regex("ba").inputs == ("a", "b")
    assert from_regex("[^a]", "cab").inputs == tuple("cab")
    net = from_regex("[^ax]b", "abc")
    assert [bool(verdicts(net, [word])[0]) for word in ("ab", "bb", "cb", "cc")] == [False, True, True, False]
    assert "[bc]@1" in net.cells


@pytest.mark.parametrize(
    "pattern", ["[a-]", "[-a]", "[^-a]", "[^a-]", "[a-c-]", "[-]", "[a-bd-]+", r"[a\-c]", "[-a-c]"]
)
def test_a_minus_at_the_end_of_square_brackets(pattern):
    net = from_regex(pattern, "abcd-")
    for some in ("abcd-", [a + b for a in "abcd-" for b in "abcd-"]):
        assert verdicts(net, some).tolist() == [re.fullmatch(pattern, word) is not None for word in some]


@pytest.mark.parametrize(
    ("pattern", "alphabet", "message"),
    [
        ("(a", None, r"character 3: expected the closing \) of character 1; found the end"),
        ("a)", None, r"character 2: expected an opening \( before"),
        ("*a", None, r"character 1: expected a letter, or a backslash .*; found '\*'"),
        ("a|*", None, "character 3"),
        ("a**", None, "character 3: expected one sign of repetition"),
        ("[ab", None, r"character 4: expected the closing \] of character 1"),
        ("[]", None, r"character 2: expected a letter"),
        ("a]", None, "character 2: expected a letter"),
        ("[]a]", None, "character 2: expected a letter"),
        ("[a-b-c]", None, "character 5: expected a letter"),
        ("a{2}", None, r"'a\{2\}': character 2: \{n\} is not supported; write the letter n times"),
        ("[b-a]", None, "character 4: b-a is no range"),
        ("a\\", None, "character 3: expected a sign after the backslash; found the end"),
        (r"\d", None, r"regex: '\\d': character 2: \\d is not supported; write \[0-9\]"),
        (r"a\n", None, r"regex: 'a\\n': character 3: expected a sign after the backslash"),
        ("^a", None, r"character 1: patterns match whole words; leave out \^ and \$"),
        ("a$", None, r"character 2: patterns match whole words; leave out \^ and \$"),
        ("abc", "ab", "character 3: 'c' is not in the alphabet"),
        (".", None, r"regex: '\.': has no letters of its own; give an alphabet \(--alphabet\)"),
        ("()", None, "give an alphabet"),
        ("a", "", r"an alphabet of single characters is wanted; got \[\]"),
        ("a", ["a", "bc"], "an alphabet of single characters"),
        ("(" * 150 + "a" + ")" * 150, None, "character 101: expected at most 100"),
        (3, None, "got 3"),
    ],
)
def test_patterns_that_cannot_be_read(pattern, alphabet, message):
    with pytest.raises(DataError, match=message):
        from_regex(pattern, alphabet)
    with pytest.raises(DataError, match=message):
        Automaton.from_regex(pattern, alphabet)


def nerode_classes(automaton, longest):
    """How many classes of words up to a length no continuation up to that length tells apart."""
    some = words(automaton.alphabet, longest)
    return len({tuple(automaton.accepts(word + more) for more in some) for word in some})


@pytest.mark.parametrize("pattern", PATTERNS)
def test_automata_are_smallest(pattern):
    automaton = Automaton.from_regex(pattern, "ab")
    assert len(automaton.states) == nerode_classes(automaton, 5)
    assert automaton.minimised() == automaton


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 7).flatmap(lambda n: st.tuples(
    st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), min_size=n, max_size=n),
    st.sets(st.integers(0, n - 1)))))  # fmt: skip
def test_any_automaton(parts):
    moves, accepting = parts
    n = len(moves)
    automaton = Automaton(
        range(n), "ab", {(q, a): moves[q]["ab".index(a)] for q in range(n) for a in "ab"}, 0, accepting
    )
    smallest, net = automaton.minimised(), from_automaton(automaton)
    assert len(smallest.states) == nerode_classes(automaton, 6 if n > 5 else 5)
    assert smallest.minimised() == smallest
    for length in range(7):
        some = ["".join(letters) for letters in product("ab", repeat=length)]
        expected = [automaton.accepts(word) for word in some]
        assert [smallest.accepts(word) for word in some] == expected
        assert verdicts(net, some).tolist() == expected
    assert len(net.cells) == 2 * len(automaton.reachable()) + 2


def test_equal_automata():
    assert (
        Automaton.from_regex("(a|b)*abb")
        == Automaton.from_regex("(a*b*)*a[b]b|[ab]+abb")
        == Automaton.from_regex(".*abb", "ab")
    )
    assert Automaton.from_regex(".*100.*", "01") == contains_100().minimised()


def test_names_that_look_like_those_of_the_net():
    moves = {("a", "b,c"): "a,b", ("a,b", "c"): "a", ("a", "c"): "a", ("a,b", "b,c"): "a"}
    automaton = Automaton(["a", "a,b"], ["b,c", "c"], moves, "a", ["a,b"])
    net = from_automaton(automaton)
    assert len(net.cells) == 6
    run = net.run({"b,c": [1]}, steps=2)
    assert run["out"].tolist() == [False, False, True]
    assert from_automaton(
        Automaton(["s"], ["start", "out"], {("s", "start"): "s", ("s", "out"): "s"}, "s", [])
    ).outputs == ("out'",)


GOOD = {
    "states": "pq",
    "alphabet": "a",
    "transitions": {("p", "a"): "q", ("q", "a"): "q"},
    "start": "p",
    "accepting": "q",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"states": "ppq"}, "states must be different names"),
        ({"states": ""}, "states must be different names"),
        ({"alphabet": ["a", ""]}, "alphabet must be different names"),
        ({"start": "r"}, "start must be one of the states p, q; got 'r'"),
        ({"accepting": "r"}, "accepting must be one of the states p, q"),
        ({"transitions": {("p", "a"): "q"}}, "state 'q' needs one for symbol 'a'; got '1 missing'"),
        ({"transitions": {("p", "a"): "q", ("q", "a"): "r"}}, "transitions must be one of the states p, q; got 'r'"),
        ({"transitions": {("p", "a"): "q", ("q", "a"): "q", ("q", "b"): "q"}}, "symbols of a; got 'b'"),
        ({"transitions": {"pab": "q"}}, "a mapping from"),
        ({"transitions": 3}, "a mapping from"),
    ],
)
def test_impossible_automata(change, message):
    Automaton(**GOOD)
    with pytest.raises(InvalidParameter, match=f"Automaton: .*{message}"):
        Automaton(**GOOD | change)


@pytest.mark.parametrize(("pattern", "alphabet"), [("a b", None), ("a", "a\t")])
def test_white_space_names_no_input(pattern, alphabet):
    with pytest.raises(DataError, match=f"regex: '{pattern}': white space cannot be a letter"):
        from_regex(pattern, alphabet)
