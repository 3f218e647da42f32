"""Nets recognise regular events: regular expressions as nets, checked on all short words.

Two ways from an expression to a net that reads one letter a tick: one cell for each letter of the expression, active
when a reading of the word so far may have come to that letter, and Minsky's net of the smallest automaton, one cell for
each state and letter. The output fires a tick after the cell of the last letter of a word that belongs to the event.

S. C. Kleene, "Representation of events in nerve nets and finite automata", Automata Studies, Princeton (1956), 3-41:
nets represent the regular events and no others. M. Minsky, "Computation: Finite and Infinite Machines", Prentice-Hall
(1967), chapter 3, for nets of automata. Neither text was at hand: Python's regular expressions are the reference.
"""

import re
from itertools import product

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.mcculloch_pitts import Automaton, McCullochPittsNetwork, Run, from_automaton, from_regex
from neurosim.mcculloch_pitts.plot import circuit, raster

EVENTS = {"(0|1)*100": 12, "(0|1)*100(0|1)*": 12, "0*(10*10*)*": 12, "(a|b)*abb|b?": 12, "(ab|c)*(a|ca)?": 8}
CONTAINS, WORD = "(0|1)*100(0|1)*", "01100"


def spell(net: McCullochPittsNetwork, words: list[str]) -> Run:
    """Run words of the same length, one letter a tick."""
    letters = np.array([[[letter == name for name in net.inputs] for letter in word] for word in words], bool)
    return net.run(letters.reshape(len(words), -1, len(net.inputs)), len(words[0]) + net.delay - 1)


def agreement(net: McCullochPittsNetwork, event: str, longest: int) -> float:
    """Return the share of words of at most `longest` letters about which a net and Python agree."""
    right: list[bool] = []
    for length in range(longest + 1):
        words = ["".join(letters) for letters in product(net.inputs, repeat=length)]
        fired = spell(net, words)["out"][:, length + net.delay - 1]
        right += [bool(fires) == bool(re.fullmatch(event, word)) for fires, word in zip(fired, words, strict=True)]
    return float(np.mean(right))


@plotting.style()
def draw() -> Figure:
    """Draw the two nets of one event, and what they do with one word."""
    figure = plotting.figure(10.4, 5.2)
    nets = {"a cell for each letter": from_regex(CONTAINS), "a cell for each state and letter": minsky()}
    for part, (title, net) in zip(figure.subfigures(2, 1, squeeze=False).flat, nets.items(), strict=True):
        left, right = part.subplots(1, 2, width_ratios=(1.7, 1.0))
        circuit(net, ax=left)
        left.set_title(f"{CONTAINS}: {title}", fontsize=9)
        raster(spell(net, [WORD]), net=net, ax=right)
        right.set_title(f"reading {WORD}", fontsize=9)
    return figure


def minsky() -> McCullochPittsNetwork:
    """Return Minsky's net of the smallest automaton for words with 100 in them."""
    return from_automaton(Automaton.from_regex(CONTAINS))


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: all words of up to 12 letters of two, or 8 of three."""
    lengths = {event: min(longest, 4) if fast else longest for event, longest in EVENTS.items()}
    claims = [
        Claim(f"{event}: share of all words of up to {longest} letters that its net judges as Python's re does",
              "1: Kleene's theorem", agreement(from_regex(event), event, longest), at_least=1, source_read=False)
        for event, longest in lengths.items()
    ]  # fmt: skip
    net, automaton = minsky(), Automaton.from_regex(CONTAINS)
    states, letters = len(automaton.states), len(automaton.alphabet)
    most = states * letters + states + 1
    return draw(), [
        *claims,
        Claim(f"Minsky's net for {CONTAINS}: share of all words of up to {lengths[CONTAINS]} letters judged right",
              "1: as the automaton", agreement(net, CONTAINS, lengths[CONTAINS]), at_least=1, source_read=False),
        Claim(f"Its cells, for {states} states and {letters} letters", f"{most}: |Q||Σ| pairs, |Q| states, one output",
              len(net.cells), at_most=most, source_read=False),
    ]  # fmt: skip


if __name__ == "__main__":
    show(__file__, *main())
