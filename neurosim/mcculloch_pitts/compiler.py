"""From temporal propositional expressions to nets (McCulloch & Pitts 1943, Theorems 2, 3 and 10)."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count, product
from string import ascii_lowercase
from typing import NamedTuple

from neurosim.core.errors import InvalidParameter
from neurosim.mcculloch_pitts.cells import Cell, different_names
from neurosim.mcculloch_pitts.expression import (
    TRUE,
    Always,
    And,
    Atom,
    Clock,
    Constant,
    Delay,
    Ever,
    Expression,
    Not,
    Or,
)
from neurosim.mcculloch_pitts.network import McCullochPittsNetwork
from neurosim.mcculloch_pitts.parser import parse, parse_equations

OWNER = "from_expression"
ACTIVE = "\0const"  # while a net is built its cells have names that no input has


def from_expression(
    expression: str | Expression | Mapping[str, str | Expression], *, inputs: Sequence[str] | None = None
) -> McCullochPittsNetwork:
    """Return a net whose outputs say, a fixed time later, whether expressions are true.

    Output o of the net at time t is expression o at time ``t - net.delay``, for all t >= 0 and all histories of the
    inputs, which are silent before t = 0. Every And and Or is one cell, and so is every delay that is needed to bring
    its operands together; cells that would do the same are one. An expression that is true when all its constituents
    are false needs a constantly active cell (Theorem 3), and `net.notes` says so. A clock is a ring of cells, of which
    one is active at any time, and counts as a constituent: "t = 0 mod 2 v a", true in silence at even t, needs no
    constantly active cell and gets no note. "ever" and "always" are cells that excite themselves.

    Parameters
    ----------
    expression : str, Expression, or mapping from output name to these
        A text as `parse` takes it, or equations ``name(t) = expression``, one a line; see `parse`. The output of a
        single expression is "out".
    inputs : sequence of str, optional
        The names of the inputs. Default: all names, in the order in which they come.

    Raises
    ------
    DataError
        If a text cannot be read.
    InvalidParameter
        If an expression has a name that is no input, or if an output has the name of an input.

    Examples
    --------
    >>> from neurosim.mcculloch_pitts import from_expression
    >>> net = from_expression("(a & ~b) | (b & ~a)")
    >>> len(net.cells), net.delay
    (3, 2)
    >>> net.run({"a": [0, 0, 1, 1], "b": [0, 1, 0, 1]}, steps=6)["out"][net.delay :].astype(int)
    array([0, 1, 1, 0, 0])
    """
    wanted = _expressions(expression)
    found = dict.fromkeys(name for e in wanted.values() for name in e.names)
    names = different_names("inputs", found if inputs is None else inputs)
    for output in wanted:
        if output in names:
            raise InvalidParameter(OWNER, "expression", output, "named differently from its inputs")
    builder = _Builder(names)
    return builder.net({output: builder.literal(e) for output, e in wanted.items()})


def _expressions(given: str | Expression | Mapping[str, str | Expression]) -> dict[str, Expression]:
    if isinstance(given, str):
        return parse_equations(given)
    if isinstance(given, Expression):
        return {"out": given}
    if not isinstance(given, Mapping) or not given or not all(isinstance(e, str | Expression) for e in given.values()):
        raise InvalidParameter(OWNER, "expression", given, "a text, an Expression or a mapping from names to these")
    return {name: parse(e) if isinstance(e, str) else e for name, e in given.items()}


class Literal(NamedTuple):
    """A signal or its negation: source(t) = meaning(t - delay).

    The delay is negative where cells are ahead of what they mean: neuron a is S a one tick before. Of a clock or a
    constant, which is there at any delay, it is None. As long as all literals that enter a cell are signals that are
    false in silence, so is the cell's own; negation stays outside, and only the root may have to be negated.
    """

    source: str
    delay: int | None
    meaning: Expression
    negated: bool = False

    def flipped(self) -> "Literal":
        """Return the negation."""
        return self._replace(negated=not self.negated)


FALSE = Literal(ACTIVE, None, TRUE, negated=True)


class _Builder:
    """The cells made so far."""

    def __init__(self, inputs: tuple[str, ...]) -> None:
        self.inputs = inputs
        self.cells: dict[str, Cell] = {}
        self.same: dict[object, str] = {}
        self.literals: dict[Expression, Literal] = {}
        self.rings: dict[int, list[str]] = {}
        self.numbers = count()

    def cell(
        self, excitatory: dict[str, int], inhibitory: Sequence[str] = (), threshold: int = 2, initial: bool = False
    ) -> str:
        """Return the name of the cell with these afferents, which is made if there is none."""
        key = frozenset(excitatory.items()), frozenset(inhibitory), threshold, initial
        if key not in self.same:
            self.same[key] = self.new_name()
            self.cells[self.same[key]] = Cell(excitatory, inhibitory, threshold, initial)
        return self.same[key]

    def new_name(self) -> str:
        return f"\0{next(self.numbers)}"

    def literal(self, e: Expression) -> Literal:
        """Return the signal that tells an expression, with the cells it needs."""
        if e not in self.literals:
            self.literals[e] = self.realised(e)
        return self.literals[e]

    def realised(self, e: Expression) -> Literal:
        match e:
            case Atom(name):
                if name not in self.inputs:
                    raise InvalidParameter(OWNER, "inputs", self.inputs, f"names that include {name!r}")
                return Literal(name, 0, e)
            case Delay(inner, n):
                return self.shifted(self.literal(inner), n)
            case Not(inner):
                return self.literal(inner).flipped()
            case Or(parts):
                return self.gate([self.literal(part).flipped() for part in parts], Not(e)).flipped()
            case And(parts):
                return self.gate([self.literal(part) for part in parts], e)
            case Always(inner):
                return self.bounded(self.literal(inner).flipped()).flipped()
            case Ever(inner):
                return self.bounded(self.literal(inner))
            case Clock(_, 1):
                return FALSE.flipped()
            case Clock():
                return Literal("", None, e)
            case Constant(value):
                return FALSE.flipped() if value else FALSE
        raise InvalidParameter(OWNER, "expression", e, "an Expression of this package")

    def shifted(self, literal: Literal, n: int) -> Literal:
        """Return the literal of what the literal meant n ticks before: the same cell, with less delay."""
        if literal.delay is None:
            return literal._replace(meaning=literal.meaning.delayed(n))
        return literal._replace(delay=literal.delay - n, meaning=Delay(literal.meaning, n) if n else literal.meaning)

    def padded(self, literal: Literal, delay: int) -> str:
        """Return the name of what tells the meaning of a literal `delay` ticks later, through a chain of cells."""
        name, now, meaning, _ = literal
        if isinstance(meaning, Clock):
            return self.ring(meaning.n)[(meaning.m + delay) % meaning.n]
        if now is None:
            return self.active()
        for passed in range(now, delay):
            name = self.cell({name: 2}, initial=meaning.in_silence(-passed - 1))
        return name

    def active(self) -> str:
        self.cells.setdefault(ACTIVE, Cell({ACTIVE: 2}, initial=True))
        return ACTIVE

    def ring(self, n: int) -> list[str]:
        """Return the cells of a clock; cell k is active at t = k mod n."""
        if n not in self.rings:
            names = self.rings[n] = [self.new_name() for _ in range(n)]
            self.cells |= {name: Cell({names[k - 1]: 2}, initial=k == 0) for k, name in enumerate(names)}
        return self.rings[n]

    def gate(self, parts: Sequence[Literal], e: Expression) -> Literal:
        """Return the literal of a conjunction `e`: one cell."""
        literals = dict.fromkeys(one for one in parts if one != FALSE.flipped())
        if FALSE in literals or any(one.flipped() in literals for one in literals):
            return FALSE
        if not literals:
            return FALSE.flipped()
        delay = max((one.delay for one in literals if one.delay is not None), default=0)
        names = [
            dict.fromkeys(self.padded(one, delay) for one in literals if one.negated is sign) for sign in (False, True)
        ]
        positive, negative = map(list, names)
        if set(positive) & set(negative):
            return FALSE
        if len(positive) + len(negative) == 1:
            return next(one for one in literals if one.delay in (None, delay))
        if not positive:  # nor: the negation of or
            initial = not e.in_silence(-delay - 1)
            return Literal(self.cell(dict.fromkeys(negative, 2), initial=initial), delay + 1, Not(e), negated=True)
        boutons, threshold = (2, 2) if len(positive) == 1 else (1, len(positive))
        initial = e.in_silence(-delay - 1)
        return Literal(self.cell(dict.fromkeys(positive, boutons), negative, threshold, initial), delay + 1, e)

    def bounded(self, literal: Literal) -> Literal:
        """Return the literal of Ever(literal): a cell that keeps itself active, or one that keeps itself until then.

        Where the afferent lags, its first ticks are about t < 0; a chain of cells that is active just then hides them.
        """
        if literal == FALSE:
            return literal
        if literal == FALSE.flipped():  # always(false) is true at t < 0 only, and ever(true) its negation
            return Literal(self.early(1), 1, Always(Constant(False)), negated=True)
        g, negated, delay = literal.meaning, literal.negated, literal.delay or 0
        source, name = self.padded(literal, delay), self.new_name()
        meaning = Always(g) if negated else Ever(g)
        initial = meaning.in_silence(-delay - 1)
        hide = any(g.in_silence(-t) is not negated for t in range(1, delay + 1))
        early = [self.early(delay)] if hide else []
        if negated:
            self.cells[name] = Cell(dict.fromkeys([name, source, *early], 1), (), 2, initial)
        else:
            self.cells[name] = Cell({name: 2, source: 2}, early, 2, initial)
        return Literal(name, delay + 1, meaning, negated)

    def early(self, n: int) -> str:
        """Return the cell that is active at t < n."""
        name = self.cell({}, initial=True)
        for _ in range(n - 1):
            name = self.cell({name: 2}, initial=True)
        return name

    def net(self, outputs: Mapping[str, Literal]) -> McCullochPittsNetwork:
        """Return the net of all cells that matter to the outputs, which are brought to the same delay."""
        delay = max(0, *(self.least_delay(literal) for literal in outputs.values()))
        ends = {output: self.end(literal, delay) for output, literal in outputs.items()}
        names: dict[str, str] = {}
        for output, end in ends.items():
            names.setdefault(end, output)
        cells = self.named(names, _needed(self.cells, ends.values()))
        for output, end in ends.items():  # two outputs with the same meaning are two cells
            cells.setdefault(output, cells[names[end]])
        constant = [output for output, one in outputs.items() if one.negated != (one.meaning == TRUE)]
        notes = [
            f"a constantly active cell was added: {output} is true when all its constituents are false"
            for output in constant
        ]
        return McCullochPittsNetwork(self.inputs, cells, outputs=tuple(outputs), delay=delay, notes=notes)

    def least_delay(self, literal: Literal) -> int:
        if literal.delay is None:
            return 0
        return literal.delay + int(literal.negated or literal.source in self.inputs)

    def end(self, literal: Literal, delay: int) -> str:
        """Return the cell that tells a literal at this delay."""
        if not literal.negated:
            return self.padded(literal, delay)
        if literal.meaning == TRUE:
            return self.cell({})
        initial = not literal.meaning.in_silence(-delay)
        return self.cell({self.active(): 2}, [self.padded(literal, delay - 1)], 2, initial)

    def named(self, names: dict[str, str], needed: set[str]) -> dict[str, Cell]:
        """Return the cells that are needed, with their final names: those given, and letters."""
        taken = {*self.inputs, *names.values()}
        letters = ("".join(word) for length in count(1) for word in product(ascii_lowercase, repeat=length))
        free = (word for word in letters if word not in taken)
        for name in self.cells:
            if name in needed and name not in names:
                names[name] = "const" if name == ACTIVE and "const" not in taken else next(free)
        return {names[name]: _renamed(cell, names) for name, cell in self.cells.items() if name in needed}


def _renamed(cell: Cell, names: Mapping[str, str]) -> Cell:
    excitatory, inhibitory = (
        {names.get(source, source): number for source, number in afferents.items()}
        for afferents in (cell.excitatory, cell.inhibitory)
    )
    return Cell(excitatory, inhibitory, cell.threshold, cell.initial)


def _needed(cells: Mapping[str, Cell], ends: Iterable[str]) -> set[str]:
    """Return the cells from which a path leads to one of the ends."""
    open_, found = list(ends), set(ends)
    while open_:
        cell = cells[open_.pop()]
        new = {name for name in (*cell.excitatory, *cell.inhibitory) if name in cells} - found
        found |= new
        open_ += new
    return found
