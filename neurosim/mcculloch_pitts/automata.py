"""Finite automata and regular expressions as nets (Kleene 1956; Minsky 1967)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.mcculloch_pitts.cells import Cell
from neurosim.mcculloch_pitts.network import McCullochPittsNetwork
from neurosim.mcculloch_pitts.regex import Positions, positions, shown
from neurosim.mcculloch_pitts.tables import unused_name

DELAY = 2  # of the output after the last letter


@dataclass(frozen=True)
class Automaton:
    """A deterministic finite automaton.

    Parameters
    ----------
    states, alphabet : iterable of str
        All different; other values are taken as their `str`.
    transitions : mapping from (state, symbol) to state
        One for every state and symbol.
    start : state
    accepting : iterable of states

    Raises
    ------
    InvalidParameter
        If a state or a symbol is unknown or comes twice, or if a transition is missing.

    Examples
    --------
    >>> from neurosim.mcculloch_pitts import Automaton
    >>> parity = Automaton(["even", "odd"], "01", {("even", "0"): "even", ("even", "1"): "odd",
    ...                    ("odd", "0"): "odd", ("odd", "1"): "even"}, "even", ["odd"])
    >>> parity.accepts("10110")
    True
    """

    states: tuple[str, ...]
    alphabet: tuple[str, ...]
    transitions: Mapping[tuple[str, str], str]
    start: str
    accepting: frozenset[str]

    def __post_init__(self) -> None:
        if not isinstance(self.transitions, Mapping) or any(len(key) != 2 for key in self.transitions):
            raise InvalidParameter("Automaton", "transitions", self.transitions, "a mapping from (state, symbol)")
        for name in ("states", "alphabet"):
            object.__setattr__(self, name, _different(name, getattr(self, name)))
        transitions = {(str(q), str(a)): str(r) for (q, a), r in self.transitions.items()}
        object.__setattr__(self, "transitions", transitions)
        object.__setattr__(self, "start", str(self.start))
        object.__setattr__(self, "accepting", frozenset(map(str, self.accepting)))
        known = set(self.states)
        for name, found in (
            ("start", {self.start}), ("accepting", self.accepting),
            ("transitions", {q for key, r in transitions.items() for q in (key[0], r)}),
        ):  # fmt: skip
            if unknown := sorted(set(found) - known):
                raise InvalidParameter("Automaton", name, unknown[0], f"one of the states {', '.join(self.states)}")
        if unknown := sorted({a for _, a in transitions} - set(self.alphabet)):
            raise InvalidParameter("Automaton", "transitions", unknown[0], f"symbols of {', '.join(self.alphabet)}")
        missing = [(q, a) for q in self.states for a in self.alphabet if (q, a) not in transitions]
        if missing:
            wanted = f"complete: state {missing[0][0]!r} needs one for symbol {missing[0][1]!r}"
            raise InvalidParameter("Automaton", "transitions", f"{len(missing)} missing", wanted)

    @classmethod
    def from_regex(cls, pattern: str, alphabet: Iterable[str] | None = None) -> Self:
        """Return the smallest automaton that accepts the words of a pattern as of `from_regex`."""
        found = positions(pattern, alphabet)
        here: dict[frozenset[int], str] = {frozenset([-1]): "q0"}  # -1 is before the first letter
        transitions: dict[tuple[str, str], str] = {}
        open_ = list(here)
        while open_:
            places = open_.pop()
            after = frozenset().union(*(found.first if p < 0 else found.following[p] for p in places))
            for symbol in found.alphabet:
                target = frozenset(p for p in after if symbol in found.letters[p])
                if target not in here:
                    here[target] = f"q{len(here)}"
                    open_.append(target)
                transitions[here[places], symbol] = here[target]
        last = found.last | ({-1} if found.empty else set())
        accepting = [name for places, name in here.items() if places & last]
        return cls(tuple(here.values()), found.alphabet, transitions, "q0", frozenset(accepting)).minimised()

    def run(self, word: Iterable[Any]) -> str:
        """Return the state after a word, a text or a sequence of symbols."""
        state = self.start
        for symbol in map(str, word):
            if symbol not in self.alphabet:
                raise DataError(f"Automaton: the symbol {symbol!r} is not in the alphabet {', '.join(self.alphabet)}")
            state = self.transitions[state, symbol]
        return state

    def accepts(self, word: Iterable[Any]) -> bool:
        """Return whether a word, a text or a sequence of symbols, leads to an accepting state."""
        return self.run(word) in self.accepting

    def reachable(self) -> list[str]:
        """Return the states that words lead to, the start first, those of shorter words before others."""
        found = [self.start]
        for state in found:
            found += dict.fromkeys(r for a in self.alphabet if (r := self.transitions[state, a]) not in found)
        return found

    def minimised(self) -> Self:
        """Return the automaton with the fewest states that accepts the same words.

        Its states are q0, q1, ... in the order in which words lead to them, so that automata over the same alphabet
        accept the same words if and only if these are equal. States are told apart step by step (Moore 1956, from
        memory).
        """
        states = self.reachable()
        kind = {q: int(q in self.accepting) for q in states}
        while True:
            seen = {q: (kind[q], *(kind[self.transitions[q, a]] for a in self.alphabet)) for q in states}
            numbers = {signature: i for i, signature in enumerate(dict.fromkeys(seen.values()))}
            finer = {q: numbers[seen[q]] for q in states}
            if len(numbers) == len(set(kind.values())):
                break
            kind = finer
        names = {q: f"q{finer[q]}" for q in states}
        transitions = {(names[q], a): names[self.transitions[q, a]] for q in states for a in self.alphabet}
        accepting = frozenset(names[q] for q in states if q in self.accepting)
        return type(self)(tuple(dict.fromkeys(names.values())), self.alphabet, transitions, "q0", accepting)


def _different(name: str, values: Iterable[Any]) -> tuple[str, ...]:
    found = tuple(map(str, values))
    if not found or "" in found or len(set(found)) < len(found):
        raise InvalidParameter("Automaton", name, list(found), "different names, at least one")
    return found


def from_automaton(automaton: Automaton) -> McCullochPittsNetwork:
    """Return Minsky's net of an automaton: one cell for every state that can be reached and symbol read in it.

    The inputs are the symbols. A word is given one symbol a tick, from t = 0 on and without a pause; output "out" at
    time t + 2 tells whether the symbols at 0, 1, ..., t are an accepted word: ``net.delay`` is 2. A word of length L is
    judged at t = L + 1, the empty word at t = 1. A cell (state, symbol) has threshold 2 and one synapse from the symbol
    and from every pair that leads to the state, of which only one is active at a time.

    The construction is that of M. Minsky, Computation: Finite and Infinite Machines (1967), as we remember it.

    Examples
    --------
    >>> from neurosim.mcculloch_pitts import Automaton, from_automaton
    >>> net = from_automaton(Automaton.from_regex(".*100.*", "01"))
    >>> word = "01100"
    >>> run = net.run({a: [c == a for c in word] for a in "01"}, steps=len(word) + 1)
    >>> len(net.cells), bool(run["out"][len(word) + 1])
    (10, True)
    """
    taken = set(automaton.alphabet)
    start, out = unused_name("start", taken), unused_name("out", taken)
    pairs = {(q, a): unused_name(f"{q},{a}", taken) for q in automaton.reachable() for a in automaton.alphabet}
    leading: dict[str, list[str]] = {q: [] for q in automaton.states}
    for pair, name in pairs.items():
        leading[automaton.transitions[pair]].append(name)
    leading[automaton.start].insert(0, start)
    cells = {start: Cell(initial=True)}
    cells |= {name: Cell([a, *leading[q]]) for (q, a), name in pairs.items()}
    cells[out] = Cell({name: 2 for q in automaton.states if q in automaton.accepting for name in leading[q]})
    return McCullochPittsNetwork(automaton.alphabet, cells, outputs=[out], delay=DELAY)


def from_regex(pattern: str, alphabet: Iterable[str] | None = None) -> McCullochPittsNetwork:
    """Return a net that recognises the words of a regular expression, with one cell for every letter of the pattern.

    Words are given and judged as with `from_automaton`: one symbol a tick from t = 0 on, and output "out" at time
    t + 2 tells whether the symbols at 0, 1, ..., t match (``net.delay`` = 2). The cell of a letter with k predecessors
    has k synapses from the letter and one from each predecessor, and threshold k + 1. It is active when some way to
    match the word so far ends at its letter. That nets recognise just the regular events is Kleene's theorem (1956).

    Parameters
    ----------
    pattern : str
        Letters stand for themselves, as any sign does after a backslash; ``.`` is any letter, ``[ab]``, ``[a-f]`` and
        ``[^ab]`` are one of several; ``*``, ``+`` and ``?`` repeat, ``|`` is or, ``( )`` group.
    alphabet : iterable of single characters, optional
        The inputs. Default: the letters of the pattern, sorted.

    Raises
    ------
    DataError
        If the pattern cannot be read, or has letters outside the alphabet; the message says at which character.

    Examples
    --------
    >>> from neurosim.mcculloch_pitts import from_regex
    >>> net = from_regex("(a|b)*abb")
    >>> word = "babb"
    >>> run = net.run({a: [c == a for c in word] for a in "ab"}, steps=len(word) + 1)
    >>> len(net.cells), bool(run["out"][len(word) + 1])
    (7, True)
    """
    found = positions(pattern, alphabet)
    if any(one.isspace() for one in found.alphabet):
        raise DataError(f"regex: {shown(pattern)}: white space cannot be a letter, which names an input")
    names = [f"{_label(letters, found)}@{i + 1}" for i, letters in enumerate(found.letters)]
    before: list[list[str]] = [["start"] if i in found.first else [] for i in range(len(names))]
    for i, following in enumerate(found.following):
        for j in following:
            before[j].append(names[i])
    cells = {"start": Cell(initial=True)}
    for name, letters, predecessors in zip(names, found.letters, before, strict=True):
        k = len(predecessors)
        excitatory = {a: k for a in found.alphabet if a in letters} | dict.fromkeys(predecessors, 1)
        cells[name] = Cell(excitatory if k else {}, threshold=k + 1)
    ends = [names[i] for i in sorted(found.last)] + (["start"] if found.empty else [])
    cells["out"] = Cell(dict.fromkeys(ends, 2))
    return McCullochPittsNetwork(found.alphabet, cells, outputs=["out"], delay=DELAY)


def _label(letters: frozenset[str], found: Positions) -> str:
    """Return the letters of a position as in a pattern."""
    if len(letters) == 1:
        return next(iter(letters))
    return "." if letters == set(found.alphabet) else f"[{''.join(sorted(letters))}]"
