"""The state graph of a small net: what follows each state, and where it ends."""

from dataclasses import dataclass

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter


@dataclass(frozen=True)
class Attractor:
    """States that follow each other in a circle.

    Attributes
    ----------
    states : tuple of int
        In their order in time, from the smallest; bit i of a state is cell i.
    basin : int
        The number of states that lead into it, its own included.
    """

    states: tuple[int, ...]
    basin: int

    @property
    def period(self) -> int:
        """The number of states."""
        return len(self.states)


@dataclass(frozen=True)
class StateGraph:
    """What follows each state of the cells under each activity of the inputs.

    Attributes
    ----------
    inputs, cells : tuple of str
        The names of the net.
    successors : (2**inputs, 2**cells) int
        ``successors[symbol, state]`` is the next state; bit i of a symbol is input i, bit i of a state is cell i.
    """

    inputs: tuple[str, ...]
    cells: tuple[str, ...]
    successors: np.ndarray

    def attractors(self, symbol: int = 0) -> list[Attractor]:
        """Return the attractors under inputs that stay as they are, by their smallest state.

        Parameters
        ----------
        symbol : int, default 0
            The activity of the inputs, bit i that of input i; 0 is silence.

        Examples
        --------
        A cell that excites itself remembers; it has two points of rest:

        >>> from neurosim.mcculloch_pitts import Cell, McCullochPittsNetwork
        >>> net = McCullochPittsNetwork(["1"], {"m": Cell({"m": 2, "1": 2})})
        >>> net.state_graph().attractors()
        [Attractor(states=(0,), basin=1), Attractor(states=(1,), basin=1)]
        """
        checks.at_least("StateGraph", "symbol", symbol, 0)
        if symbol >= len(self.successors):
            raise InvalidParameter("StateGraph", "symbol", symbol, f"at most {len(self.successors) - 1}")
        successor = self.successors[symbol]
        end = successor
        for _ in self.cells:  # after as many steps as there are states, or more, each is on its attractor
            end = end[end]
        at_end = np.bincount(end, minlength=len(successor))
        found, seen = [], np.zeros(len(successor), np.bool_)
        for start in np.flatnonzero(at_end):
            if not seen[start]:
                states = [int(start)]
                while (following := int(successor[states[-1]])) != start:
                    states.append(following)
                seen[states] = True
                found.append(Attractor(tuple(states), int(at_end[states].sum())))
        return found

    def to_dot(self) -> str:
        """Return the graph in the DOT language of Graphviz; states are written with the first cell first."""
        lines = ["digraph states {"]
        for state in range(self.successors.shape[1]):
            following: dict[int, list[str]] = {}
            for symbol, after in enumerate(self.successors[:, state].tolist()):
                following.setdefault(after, []).append(_digits(symbol, len(self.inputs)))
            for after, symbols in following.items():
                label = f' [label="{", ".join(symbols)}"]' if self.inputs else ""
                lines.append(f'  "{_digits(state, len(self.cells))}" -> "{_digits(after, len(self.cells))}"{label};')
        return "\n".join([*lines, "}", ""])


def _digits(number: int, width: int) -> str:
    return "".join(str(number >> i & 1) for i in range(width))
