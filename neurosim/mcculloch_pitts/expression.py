"""Temporal propositional expressions: sentences about which neurons were active when (McCulloch & Pitts 1943)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import lcm
from typing import Any, ClassVar

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.mcculloch_pitts.packing import bits_by_name

Signals = Mapping[str, np.ndarray]  # the activity of every name, time along the last axis
MOST_TICKS = 2**24


class Expression:
    """A sentence about the activity of neurons that is true or false at every time t.

    `neurosim.mcculloch_pitts.parse` makes one from text; ``str`` writes it in the paper's notation, with the delays at
    the atoms and "N" before numbers. Inputs are silent before t = 0; clocks go back for ever.

    Examples
    --------
    >>> from neurosim.mcculloch_pitts import parse
    >>> expression = parse("a & ~S b")
    >>> print(expression)
    a(t) . ~b(t-1)
    >>> expression.evaluate_all({"a": [1, 1, 1], "b": [0, 1, 0]}).tolist()
    [True, True, False]
    """

    def __post_init__(self) -> None:
        operands = self._operands
        if not all(isinstance(part, Expression) for part in operands) or (isinstance(self, And) and not operands):
            raise InvalidParameter(type(self).__name__, "operands", operands, "expressions, at least one")

    @property
    def _operands(self) -> tuple["Expression", ...]:
        return self.parts if isinstance(self, And) else (self.expression,) if isinstance(self, _Unary) else ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the neurons, in the order in which they come."""
        own = [self.name] if isinstance(self, Atom) else []
        return tuple(dict.fromkeys([*own, *(name for part in self._operands for name in part.names)]))

    @property
    def false_in_silence(self) -> bool:
        """Whether the expression is false at all t >= 0 while all its neurons are silent (Theorem 3).

        It is looked at until it repeats, which with clocks is after the least common multiple of their periods; an
        expression that takes more than 2**24 ticks for it is an `InvalidParameter`.
        """
        ticks = sum(self._settles())
        if ticks > MOST_TICKS:
            wanted = f"at most {MOST_TICKS} ticks to be looked through; it is the common period of the clocks or more"
            raise InvalidParameter("Expression", "the time until it repeats in silence", ticks, wanted)
        return not self._values({}, 0, ticks).any()

    def evaluate_all(self, inputs: Any, names: Sequence[str] | None = None, steps: int | None = None) -> np.ndarray:
        """Return whether the expression is true at t = 0 ... steps - 1, bool (steps,) or (histories, steps).

        Parameters
        ----------
        inputs : mapping from name to (steps,) or (histories, steps) of 0 and 1, or array, or Histories
            An array is (steps, names) or (histories, steps, names). Names that a mapping lacks are silent.
        names : sequence of str, optional
            The columns of the array. Default: `self.names`.
        steps : int >= 0, optional
            Default: the length of the inputs, which are silent after their end.

        Raises
        ------
        InvalidParameter
            If the inputs are not as described.
        """
        signals = bits_by_name("Expression", inputs, self.names if names is None else names)
        steps = max((array.shape[-1] for array in signals.values()), default=0) if steps is None else steps
        checks.at_least("Expression", "steps", steps, 0)
        many = np.broadcast_shapes(*(array.shape[:-1] for array in signals.values()))
        return np.array(np.broadcast_to(self._values(signals, 0, steps), (*many, steps)))

    def evaluate(self, inputs: Any, t: int, names: Sequence[str] | None = None) -> Any:
        """Return whether it is true at time `t` >= 0, a bool or one for every history; see `evaluate_all`."""
        checks.at_least("Expression", "t", t, 0)
        values = self.evaluate_all(inputs, names, t + 1)[..., t]
        return values if values.ndim else bool(values)

    def in_silence(self, t: int) -> bool:
        """Return whether the expression is true at time `t`, which may be negative, when all neurons are silent."""
        return bool(self._values({}, t, t + 1)[0])

    def delayed(self, n: int) -> "Expression":
        """Return what this expression was `n` >= 0 ticks before, with all delays pushed to the atoms."""
        checks.at_least("Expression", "n", n, 0)
        return self._delayed(n)

    def _delayed(self, n: int) -> "Expression":
        return self

    def _values(self, signals: Signals, start: int, end: int) -> np.ndarray:
        """Return the values at start <= t < end, time along the last axis."""
        raise NotImplementedError

    def _settles(self) -> tuple[int, int]:
        """Return the time from which the expression is periodic in silence, and its period."""
        each = [part._settles() for part in self._operands]
        return max((transient for transient, _ in each), default=0), lcm(*(period for _, period in each))

    def _text(self) -> str:
        """Return the expression, whose delays are at the atoms, in the paper's notation."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.delayed(0)._text()


@dataclass(frozen=True)
class Constant(Expression):
    """True or false at all times."""

    value: bool

    def _values(self, signals: Signals, start: int, end: int) -> np.ndarray:
        return np.full(end - start, self.value)

    def _text(self) -> str:
        return "true" if self.value else "false"


@dataclass(frozen=True)
class Atom(Expression):
    """The neuron of this name is active at t; never at t < 0."""

    name: str

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InvalidParameter("Atom", "name", self.name, "a name")

    def _delayed(self, n: int) -> Expression:
        return Delay(self, n) if n else self

    def _values(self, signals: Signals, start: int, end: int) -> np.ndarray:
        given = signals.get(self.name, np.zeros(0, np.bool_))
        values = np.zeros((*given.shape[:-1], end - start), np.bool_)
        first, last = max(start, 0), min(end, given.shape[-1])
        if first < last:
            values[..., first - start : last - start] = given[..., first:last]
        return values

    def _text(self, n: int = 0) -> str:
        label = f"N{self.name}" if self.name.isdecimal() else self.name
        return f"{label}(t{-n or ''})"


@dataclass(frozen=True)
class _Unary(Expression):
    expression: Expression


@dataclass(frozen=True)
class Delay(_Unary):
    """The expression was true `n` >= 0 ticks before; the paper's functor S, n times."""

    n: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.at_least("Delay", "n", self.n, 0)

    def _delayed(self, n: int) -> Expression:
        return self.expression._delayed(self.n + n)

    def _values(self, signals: Signals, start: int, end: int) -> np.ndarray:
        return self.expression._values(signals, start - self.n, end - self.n)

    def _settles(self) -> tuple[int, int]:
        transient, period = self.expression._settles()
        return transient + self.n, period

    def _text(self) -> str:
        if isinstance(self.expression, Atom):
            return self.expression._text(self.n)
        return f"{self.expression._text()}(t-{self.n})"


@dataclass(frozen=True)
class Not(_Unary):
    """The expression is false."""

    def _delayed(self, n: int) -> Expression:
        return Not(self.expression._delayed(n))

    def _values(self, signals: Signals, start: int, end: int) -> np.ndarray:
        return ~self.expression._values(signals, start, end)

    def _text(self) -> str:
        return f"~{_bracketed(self.expression)}"


@dataclass(frozen=True)
class And(Expression):
    """All parts are true; a tuple of at least one."""

    parts: tuple[Expression, ...]
    _join: ClassVar[np.ufunc] = np.logical_and
    _sign: ClassVar[str] = " . "

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(self.parts))
        super().__post_init__()

    def _delayed(self, n: int) -> Expression:
        parts = tuple(part._delayed(n) for part in self.parts)
        return type(self)(parts) if len(parts) > 1 else parts[0]

    def _values(self, signals: Signals, start: int, end: int) -> np.ndarray:
        return reduce(self._join, (part._values(signals, start, end) for part in self.parts))

    def _text(self) -> str:
        return self._sign.join(map(_bracketed, self.parts))


class Or(And):
    """At least one part is true; a tuple of at least one."""

    _join, _sign = np.logical_or, " v "


@dataclass(frozen=True)
class Clock(Expression):
    """The time is `m` modulo `n`; 0 <= m < n."""

    m: int
    n: int

    def __post_init__(self) -> None:
        checks.at_least("Clock", "n", self.n, 1)
        if self.m not in range(self.n):
            raise InvalidParameter("Clock", "m", self.m, f"an integer from 0 to n - 1 = {self.n - 1}")

    def _delayed(self, n: int) -> Expression:
        return Clock((self.m + n) % self.n, self.n)

    def _values(self, signals: Signals, start: int, end: int) -> np.ndarray:
        values = np.zeros(max(0, end - start), np.bool_)
        values[(self.m - start) % self.n :: self.n] = True
        return values

    def _settles(self) -> tuple[int, int]:
        return 0, self.n

    def _text(self) -> str:
        return f"[t = {self.m} mod {self.n}]"


@dataclass(frozen=True)
class Ever(_Unary):
    """The expression was true at some x, 0 <= x <= t: the paper's bounded existential operator. False at t < 0."""

    _join: ClassVar[np.ufunc] = np.logical_or
    _empty: ClassVar[bool] = False

    def _delayed(self, n: int) -> Expression:
        inner = type(self)(self.expression._delayed(0))
        return Delay(inner, n) if n else inner

    def _values(self, signals: Signals, start: int, end: int) -> np.ndarray:
        inner = self.expression._values(signals, 0, max(end, 0))
        before = np.full((*inner.shape[:-1], max(0, min(end, 0) - start)), self._empty)
        return np.concatenate([before, self._join.accumulate(inner, axis=-1)[..., max(start, 0) :]], axis=-1)

    def _settles(self) -> tuple[int, int]:
        return sum(self.expression._settles()), 1

    def _text(self) -> str:
        return f"{type(self).__name__.lower()}[{self.expression._text()}]"


class Always(Ever):
    """The expression was true at all x, 0 <= x <= t: the paper's bounded universal operator. True at t < 0."""

    _join, _empty = np.logical_and, True


TRUE, FALSE = Constant(True), Constant(False)


def _bracketed(expression: Expression) -> str:
    return f"[{expression._text()}]" if isinstance(expression, And) else expression._text()
