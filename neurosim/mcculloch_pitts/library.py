"""The nets of figure 1 of McCulloch & Pitts (1943) and the sentences of its caption."""

from collections.abc import Mapping
from types import MappingProxyType

from neurosim.core import checks
from neurosim.mcculloch_pitts.cells import Cell
from neurosim.mcculloch_pitts.expression import Expression
from neurosim.mcculloch_pitts.network import McCullochPittsNetwork
from neurosim.mcculloch_pitts.parser import parse

_CAPTIONS = {
    "a": {"2": "1(t-1)"},
    "b": {"3": "1(t-1) v 2(t-1)"},
    "c": {"3": "1(t-1) . 2(t-1)"},
    "d": {"3": "1(t-1) . ~2(t-1)"},
    "e": {"3": "1(t-1) v [2(t-3) . ~2(t-2)]", "4": "2(t-2) . 2(t-1)"},
    "f_relative": {"4": "[~1(t-1) . [2(t-1) v 3(t-1)]] v [1(t-1) . 2(t-1) . 3(t-1)]"},
    "f": {"4": "[~1(t-2) . [2(t-2) v 3(t-2)]] v [1(t-2) . 2(t-2) . 3(t-2)]"},
    "g": {"3": "2(t-2) . ~1(t-3)"},
    "h": {"2": "1(t-1) . 1(t-2)"},
    "i": {"3": "2(t-1) v [1(t-1) . ever(1 . 2)(t-1)]"},
}
_CELLS = {
    "a": {"2": Cell({"1": 2})},
    "b": {"3": Cell({"1": 2, "2": 2})},
    "c": {"3": Cell(["1", "2"])},
    "d": {"3": Cell({"1": 2}, ["2"])},
    "e": {
        "a": Cell({"2": 2}),
        "b": Cell({"a": 2}, ["2"]),
        "3": Cell({"1": 2, "b": 2}),
        "4": Cell(["a", "2"]),
    },
    "f_relative": {"4": Cell({"2": 2, "3": 2}, ["1"])},
    "f": {"a": Cell({"2": 2, "3": 2}, ["1"]), "b": Cell(["2", "3"]), "4": Cell({"a": 2, "b": 2})},
    "g": {"a": Cell({"1": 2}), "b": Cell({"2": 2}, ["a"]), "3": Cell({"b": 2})},
    "h": {"d": Cell({"1": 2}), "2": Cell(["1", "d"])},
    "i": {"m": Cell({"1": 1, "2": 1, "m": 2}), "3": Cell({"2": 2, "1": 1, "m": 1})},
}

#: The captions of figure 1 by letter: for each output the expression that its cell tells.
FIGURE1: Mapping[str, Mapping[str, Expression]] = MappingProxyType(
    {
        letter: MappingProxyType({output: parse(text) for output, text in caption.items()})
        for letter, caption in _CAPTIONS.items()
    }
)


def figure1(letter: str) -> McCullochPittsNetwork:
    """Return a net of figure 1 of McCulloch & Pitts (1943), all cells with threshold 2.

    =========== ====================================================================================================
    a, b, c, d  delay, disjunction, conjunction, conjoined negation
    e           the illusion of heat: 1 and 2 are receptors of heat and cold, 3 and 4 feel heat and cold
    f           absolute inhibition that does what the relative one of "f_relative" does, one tick later
    g           absolute inhibition in the place of extinction
    h           temporal summation from spatial summation
    i           a circle that learns: once 1 and 2 were active together, 1 does what 2 did
    =========== ====================================================================================================

    Parameters
    ----------
    letter : "a" to "i", or "f_relative"

    Returns
    -------
    McCullochPittsNetwork
        Its notes are the caption, `FIGURE1[letter]`: for each output the expression that it tells, with no delay.

    Notes
    -----
    Nets (a) to (e) are as the paper has them, (e) after its derivation; (f) to (i) are wired so that they do what the
    caption says. In (e) cold for one tick is felt as heat three ticks later, and cold for longer as cold, with heat
    after its end.

    Examples
    --------
    >>> from neurosim.mcculloch_pitts import figure1
    >>> net = figure1("e")
    >>> print(*net.notes, sep=", ")
    N3(t) = N1(t-1) v [N2(t-3) . ~N2(t-2)], N4(t) = N2(t-2) . N2(t-1)
    >>> run = net.run({"2": [1]}, steps=4)
    >>> run["3"].astype(int), run["4"].astype(int)
    (array([0, 0, 0, 1, 0]), array([0, 0, 0, 0, 0]))
    """
    checks.one_of("figure1", "letter", letter, tuple(_CELLS))
    cells, caption = _CELLS[letter], FIGURE1[letter]
    inputs = sorted({source for cell in cells.values() for source in (*cell.excitatory, *cell.inhibitory)} - set(cells))
    inhibition = "relative" if letter.endswith("relative") else "absolute"
    notes = [f"N{output}(t) = {expression}" for output, expression in caption.items()]
    return McCullochPittsNetwork(inputs, cells, outputs=tuple(caption), inhibition=inhibition, notes=notes)
