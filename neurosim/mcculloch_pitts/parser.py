"""The text form of temporal propositional expressions."""

import re
from typing import NamedTuple, NoReturn

from neurosim.core.errors import DataError
from neurosim.mcculloch_pitts.expression import FALSE, TRUE, Always, And, Atom, Clock, Delay, Ever, Expression, Not, Or

TOKENS = re.compile(
    r"(?P<or>[|∨]|(?<=\s)v(?=\s)|\bor\b)|(?P<and>[&.∧·]|\band\b)|(?P<not>[~¬]|\bnot\b)|(?P<delay>\bS\b)"
    r"|(?P<constant>\b(?:[Tt]rue|[Ff]alse)\b)|(?P<bounded>\b(?:ever|always)\b)|(?P<mod>\bmod\b)|(?P<time>\bt\b)"
    r"|(?P<name>[^\W\d]\w*'*|\d+)|(?P<open>[(\[])|(?P<close>[)\]])|(?P<sign>[-^=])"
)
CLOSING = {"(": ")", "[": "]"}
EQUATION = re.compile(r"\s*(?P<name>(?!t\b)\w+'*)\s*(?:\(\s*t\s*\))?\s*=")
OPERAND = "a name, a bracket, ~, S, ever, always, true, false or t = m mod n"
FOREIGN = re.compile(r"&&|\|\||!|->|(?<!\bS)(?<!\bS )\^|\b(?:AND|OR|NOT|XOR|xor)\b")
HINT = " (write ~ & | or not, and, or)"
MOST_LEVELS = 100  # brackets, negations and delays inside each other
MOST_DIGITS = 6


class Token(NamedTuple):
    """A word of the text."""

    kind: str
    text: str
    position: int


def parse(text: str) -> Expression:
    """Return the expression that a text stands for.

    ===========================  =======================================================
    ``N1``, ``heat``, ``2``      a neuron: an identifier or a number
    ``~a`` or ``not a``          negation
    ``a . b``, ``&`` or ``and``  conjunction; binds less than negation and delay
    ``a v b``, ``|`` or ``or``   disjunction, binds least; the letter v needs spaces
    ``S a``, ``S^3 a``           one tick before, three ticks before
    ``a(t)``, ``a(t-2)``         now, two ticks before; brackets take it too: ``[a v b](t-1)``
    ``t = 1 mod 3``              a clock, true at t = 1, 4, 7, ...
    ``ever(a)``, ``always(a)``   a was true at some x, at all x, 0 <= x <= t
    ``true``, ``False``          constants, with a small or a capital letter
    ``( )`` or ``[ ]``           brackets
    ===========================  =======================================================

    Parameters
    ----------
    text : str
        A sentence as above. A number is a neuron's name and never a constant.

    Raises
    ------
    DataError
        If the text is no sentence; the message says at which character, counted from 1, and what was expected.

    Examples
    --------
    >>> from neurosim.mcculloch_pitts import parse
    >>> print(parse("N1(t-1) | S [S S N2 & ~S N2]"))
    N1(t-1) v [N2(t-3) . ~N2(t-2)]
    """
    if not isinstance(text, str):
        raise DataError(f"parse: a text is wanted; got {text!r}")
    return _Parser(text, 0, len(text)).sentence()


def parse_equations(text: str) -> dict[str, Expression]:
    """Return the expressions of equations ``name(t) = expression``, one a line or separated by semicolons.

    A single expression without a name is called "out".

    Raises
    ------
    DataError
        If the text is not as described, or if two equations have the same name.

    Examples
    --------
    >>> from neurosim.mcculloch_pitts.parser import parse_equations
    >>> {name: str(e) for name, e in parse_equations("N3(t) = N1(t-1); b = ~N1").items()}
    {'N3': 'N1(t-1)', 'b': '~N1(t)'}
    """
    pieces = [piece for piece in re.finditer(r"[^;\n]+", text) if piece[0].strip()]
    pieces = pieces or list(re.finditer("(?s)^.*$", text))  # parsing nothing raises
    found: dict[str, Expression] = {}
    for piece in pieces:
        equation = EQUATION.match(text, piece.start(), piece.end())
        if equation is None and len(pieces) > 1:
            raise DataError(f"parse: {text!r}: character {piece.start() + 1}: expected name(t) = expression")
        name = equation["name"] if equation else "out"
        if name in found:
            raise DataError(f"parse: {text!r}: character {piece.start() + 1}: {name} is defined twice")
        found[name] = _Parser(text, equation.end() if equation else piece.start(), piece.end()).sentence()
    return found


class _Parser:
    """Recursive descent over the tokens of text[start:end]."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text, self.depth = text, 0
        self.tokens: list[Token] = []
        while start < end:
            if text[start].isspace():
                start += 1
                continue
            match = TOKENS.match(text, start, end)
            if match is None:
                hint = HINT * bool(FOREIGN.search(text))
                raise DataError(f"parse: {text!r}: character {start + 1}: unknown symbol {text[start]!r}{hint}")
            self.tokens.append(Token(str(match.lastgroup), match[0], start))
            start = match.end()
        self.tokens.append(Token("end", "", end))
        self.tokens.reverse()  # the next one is the last

    def sentence(self) -> Expression:
        """Return the expression of the whole text."""
        expression = self.disjunction()
        if self.next.kind != "end":
            self.fail(
                "an operator (. v & |) or the end" + (", no bracket is open" if self.next.kind == "close" else "")
            )
        return expression

    @property
    def next(self) -> Token:
        return self.tokens[-1]

    def fail(self, expected: str) -> NoReturn:
        """Raise the error at the next token."""
        found = repr(self.next.text) if self.next.text else "the end"
        if not self.text.strip():
            found = "nothing"
        at = f"parse: {self.text!r}: character {self.next.position + 1}"
        hint = HINT * bool(FOREIGN.search(self.text))
        raise DataError(f"{at}: expected {expected}; found {found}{hint}")

    def take(self, kind: str, *, text: str = "", expected: str = "") -> Token:
        """Return the next token and go on; raise if it is another."""
        if self.next.kind != kind or (text and self.next.text != text):
            self.fail(expected or repr(text))
        return self.tokens.pop()

    def disjunction(self) -> Expression:
        parts = [self.conjunction()]
        while self.next.kind == "or":
            self.tokens.pop()
            parts.append(self.conjunction())
        return Or(tuple(parts)) if len(parts) > 1 else parts[0]

    def conjunction(self) -> Expression:
        parts = [self.prefixed()]
        while self.next.kind == "and":
            self.tokens.pop()
            parts.append(self.prefixed())
        return And(tuple(parts)) if len(parts) > 1 else parts[0]

    def prefixed(self) -> Expression:
        """Return an operand after any number of negations and delays."""
        before: list[int | None] = []  # ticks of a delay; None is a negation
        while self.next.kind in ("not", "delay"):
            self.deeper()
            if self.tokens.pop().kind == "not":
                before.append(None)
            elif self.next.text == "^":
                self.tokens.pop()
                before.append(self.number("the number of ticks"))
            else:
                before.append(1)
        operand = self.shifted(self.operand())
        self.depth -= len(before)
        for n in reversed(before):
            operand = Not(operand) if n is None else Delay(operand, n)
        return operand

    def deeper(self) -> None:
        """Raise where brackets, negations and delays inside each other are too many."""
        self.depth += 1
        if self.depth > MOST_LEVELS:
            self.fail(f"at most {MOST_LEVELS} brackets, negations and delays inside each other")

    def shifted(self, operand: Expression) -> Expression:
        """Return the operand at the time that follows in brackets, if one does."""
        if self.next.text != "(":
            return operand
        self.tokens.pop()
        self.take("time", text="t")
        n = 0
        if self.next.text == "-":
            self.tokens.pop()
            n = self.number("the number of ticks")
        self.take("close", text=")")
        return Delay(operand, n) if n else operand

    def operand(self) -> Expression:
        token = self.next
        if token.kind in ("open", "bounded"):
            return self.bracketed()
        if token.kind not in ("name", "constant", "time"):
            self.fail(OPERAND)
        self.tokens.pop()
        if token.kind == "constant":
            return TRUE if token.text.lower() == "true" else FALSE
        return Atom(token.text) if token.kind == "name" else self.clock()

    def bracketed(self) -> Expression:
        """Return what is in brackets, of a bounded operator or not."""
        self.deeper()
        word = self.tokens.pop().text if self.next.kind == "bounded" else ""
        opening = self.take("open", expected="( or [").text
        inside = self.disjunction()
        if self.next.text != CLOSING[opening]:
            self.fail(f"an operator (. v & |) or {CLOSING[opening]!r}")
        self.tokens.pop()
        self.depth -= 1
        return Ever(inside) if word == "ever" else Always(inside) if word == "always" else inside

    def clock(self) -> Expression:
        self.take("sign", text="=")
        m = self.number("a number")
        self.take("mod", text="mod")
        at = self.next.position
        n = self.number("a number > 0")
        if m >= n:
            raise DataError(f"parse: {self.text!r}: character {at + 1}: expected a number > {m}; found {n}")
        return Clock(m, n)

    def number(self, expected: str) -> int:
        if not self.next.text.isdecimal() or len(self.next.text) > MOST_DIGITS:
            self.fail(f"{expected}, at most {MOST_DIGITS} digits")
        return int(self.tokens.pop().text)
