"""Regular expressions, read into the positions of their letters (Glushkov 1961, from memory)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from neurosim.core.errors import DataError

SPECIAL = "|*+?().[]{}^$\\"
MOST_BRACKETS = 100
CLASSES = {"d": "[0-9]", "w": "[A-Za-z0-9_]"}


def shown(text: str) -> str:
    """Return a text in quotes, as it was written: a backslash is not doubled."""
    return repr(text).replace("\\\\", "\\")


@dataclass(frozen=True)
class Positions:
    """A regular expression as places between which a reader goes, one a letter of the pattern.

    Parameters
    ----------
    alphabet : tuple of str
    letters : tuple of frozenset of str
        The letters that lead to each place.
    following : tuple of frozenset of int
        The places that may come after each place.
    first, last : frozenset of int
        The places that may come first, and where a word may end.
    empty : bool
        Whether the empty word is one of the expression's.
    """

    alphabet: tuple[str, ...]
    letters: tuple[frozenset[str], ...]
    following: tuple[frozenset[int], ...]
    first: frozenset[int]
    last: frozenset[int]
    empty: bool


class Fragment(NamedTuple):
    """Where a part of the pattern begins and ends, and whether it may be empty."""

    first: frozenset[int]
    last: frozenset[int]
    empty: bool


class LetterClass(NamedTuple):
    """Some letters, or all but those; `character` is the place in the pattern, from 1."""

    letters: frozenset[str]
    all_but: bool
    character: int


def positions(pattern: str, alphabet: Iterable[str] | None = None) -> Positions:
    """Return the positions of a pattern.

    Parameters
    ----------
    pattern : str
        Letters stand for themselves, as any character does after a backslash; ``.`` is any letter, ``[ab]``, ``[a-f]``
        and ``[^ab]`` are one of several; ``*``, ``+`` and ``?`` repeat, ``|`` is or, ``( )`` group. The meaning is
        that of the same pattern in `re.fullmatch`, except that ``.`` is the end of a line too. In square brackets
        ``-`` is itself at either end; ``[``, ``]`` and ``^`` need a backslash.
    alphabet : iterable of single characters, optional
        Default: the letters of the pattern, sorted.

    Raises
    ------
    DataError
        If the pattern is none, or has letters outside the alphabet; the message says at which character.
    """
    reader = _Reader(pattern)
    whole = reader.alternatives()
    if reader.next:
        reader.fail("an opening ( before this one")
    own = sorted(set().union(*(one.letters for one in reader.classes)))
    symbols = tuple(dict.fromkeys(own if alphabet is None else alphabet))
    if not symbols and alphabet is None:
        raise DataError(f"regex: {shown(pattern)}: has no letters of its own; give an alphabet (--alphabet)")
    if not symbols or any(not isinstance(one, str) or len(one) != 1 for one in symbols):
        raise DataError(f"regex: {shown(pattern)}: an alphabet of single characters is wanted; got {list(symbols)}")
    letters = []
    for one in reader.classes:
        outside = sorted(one.letters - set(symbols))
        if outside and not one.all_but:
            where = f"regex: {shown(pattern)}: character {one.character}"
            raise DataError(f"{where}: {shown(outside[0])} is not in the alphabet")
        letters.append(frozenset(symbols) - one.letters if one.all_but else one.letters)
    following = tuple(map(frozenset, reader.following))
    return Positions(symbols, tuple(letters), following, whole.first, whole.last, whole.empty)


class _Reader:
    """Recursive descent over the characters of a pattern."""

    def __init__(self, pattern: str) -> None:
        if not isinstance(pattern, str):
            raise DataError(f"regex: a text is wanted; got {pattern!r}")
        self.pattern, self.at, self.depth = pattern, 0, 0
        self.classes: list[LetterClass] = []
        self.following: list[set[int]] = []

    @property
    def next(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def fail(self, expected: str) -> NoReturn:
        self.refuse(f"expected {expected}; found {shown(self.next) if self.next else 'the end'}")

    def refuse(self, message: str) -> NoReturn:
        raise DataError(f"regex: {shown(self.pattern)}: character {self.at + 1}: {message}")

    def take(self) -> str:
        """Return the next character and go on."""
        self.at += 1
        return self.pattern[self.at - 1 : self.at]

    def alternatives(self) -> Fragment:
        """Return what is up to the end or a closing bracket."""
        parts = [self.sequence()]
        while self.next == "|":
            self.take()
            parts.append(self.sequence())
        first = frozenset[int]().union(*(part.first for part in parts))
        last = frozenset[int]().union(*(part.last for part in parts))
        return Fragment(first, last, any(part.empty for part in parts))

    def sequence(self) -> Fragment:
        whole = Fragment(frozenset(), frozenset(), True)
        while self.next and self.next not in "|)":
            part = self.repeated()
            self.join(whole.last, part.first)
            first = whole.first | part.first if whole.empty else whole.first
            last = whole.last | part.last if part.empty else part.last
            whole = Fragment(first, last, whole.empty and part.empty)
        return whole

    def join(self, before: frozenset[int], after: frozenset[int]) -> None:
        for place in before:
            self.following[place] |= after

    def repeated(self) -> Fragment:
        part = self.item()
        if self.next and self.next in "*+?":
            sign = self.take()
            if sign in "*+":
                self.join(part.last, part.first)
            part = part._replace(empty=part.empty or sign in "*?")
            if self.next and self.next in "*+?":
                self.fail("one sign of repetition, or brackets")
        return part

    def item(self) -> Fragment:
        """Return a letter, a class or a group."""
        if self.next == "(":
            opening = self.at
            self.depth += 1
            if self.depth > MOST_BRACKETS:
                self.fail(f"at most {MOST_BRACKETS} brackets inside each other")
            self.take()
            inside = self.alternatives()
            if not self.next:
                self.fail(f"the closing ) of character {opening + 1}")
            self.take()
            self.depth -= 1
            return inside
        character = self.at + 1
        if self.next == "[":
            some = self.some(character)
        elif self.next == ".":
            self.take()
            some = LetterClass(frozenset(), True, character)
        else:
            some = LetterClass(frozenset(self.letter(SPECIAL)), False, character)
        self.classes.append(some)
        self.following.append(set())
        place = frozenset([len(self.classes) - 1])
        return Fragment(place, place, False)

    def letter(self, special: str) -> str:
        """Return a letter that stands for itself."""
        if self.next == "\\":
            self.take()
            if self.next in CLASSES:
                self.refuse(f"\\{self.next} is not supported; write {CLASSES[self.next]}")
            if not self.next or (self.next.isalnum() and self.next.isascii()):
                self.fail("a sign after the backslash")
        elif special == SPECIAL and self.next == "{":
            self.refuse("{n} is not supported; write the letter n times")
        elif special == SPECIAL and self.next and self.next in "^$":
            self.refuse("patterns match whole words; leave out ^ and $")
        elif not self.next or self.next in special:
            self.fail(f"a letter, or a backslash before one of {special}")
        return self.take()

    def some(self, character: int) -> LetterClass:
        """Return what is in square brackets."""
        self.take()
        all_but = self.next == "^"
        if all_but:
            self.take()
        letters: set[str] = set()
        while self.next != "]" or not letters:
            if not self.next:
                self.fail(f"the closing ] of character {character}")
            ahead = self.pattern[self.at + 1 : self.at + 2]
            low = high = self.letter("[]^" if not letters or ahead == "]" else "[]^-")
            if self.next == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("", "]"):
                self.take()
                high = self.letter("[]^-")
            if high < low:
                raise DataError(f"regex: {shown(self.pattern)}: character {self.at}: {low}-{high} is no range")
            letters |= {chr(code) for code in range(ord(low), ord(high) + 1)}
        self.take()
        return LetterClass(frozenset(letters), all_but, character)
