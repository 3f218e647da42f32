"""Nets of McCulloch-Pitts cells and what they do in time."""

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from neurosim.core import backend as backend_
from neurosim.core import checks, storage
from neurosim.core.errors import InvalidParameter
from neurosim.mcculloch_pitts import formats, presentation, structure
from neurosim.mcculloch_pitts.cells import Cell, check_cells, different_names
from neurosim.mcculloch_pitts.packing import without_rest
from neurosim.mcculloch_pitts.runs import Run
from neurosim.mcculloch_pitts.states import StateGraph
from neurosim.mcculloch_pitts.wiring import Wiring, wire

if TYPE_CHECKING:
    from neurosim.mcculloch_pitts.expression import Expression

NAME = "McCullochPittsNetwork"
INHIBITION = ("absolute", "relative")


class McCullochPittsNetwork:
    """A net of all-or-none cells in discrete time.

    A cell fires at time t if at t - 1 no afferent that inhibits it fired and the synapses of the afferents that excite
    it and fired number at least its threshold (McCulloch & Pitts 1943, equation 1). The only delay is that of a
    synapse, one time step. The net does not change after it was made.

    Parameters
    ----------
    inputs : sequence of str
        The peripheral afferents, whose activity is given.
    cells : mapping from name to Cell
        The cells, each with its afferents.
    outputs : sequence of str, optional
        The cells of interest. Default: those that act on no other cell, or all if there is none.
    inhibition : "absolute" or "relative", default "absolute"
        With absolute inhibition one active inhibitory afferent keeps a cell from firing. With relative inhibition it
        raises the threshold by the number of its synapses.
    delay : int >= 0, default 0
        The number of steps by which the outputs lag what the net was made from.
    notes : sequence of str
        What is to be said of the net.

    Raises
    ------
    InvalidParameter
        If a name is empty or taken twice, or if a synapse comes from what is neither input nor cell.

    Examples
    --------
    Two synapses excite a cell, so that one of each afferent makes a conjunction (figure 1c):

    >>> from neurosim.mcculloch_pitts import Cell, McCullochPittsNetwork
    >>> net = McCullochPittsNetwork(["1", "2"], {"3": Cell({"1": 1, "2": 1})})
    >>> net.run({"1": [1, 1, 0], "2": [0, 1, 1]})["3"].astype(int)
    array([0, 0, 1, 0])
    """

    def __init__(
        self,
        inputs: Sequence[str],
        cells: Mapping[str, Cell],
        *,
        outputs: Sequence[str] | None = None,
        inhibition: str = "absolute",
        delay: int = 0,
        notes: Sequence[str] = (),
    ) -> None:
        self._inputs = different_names("inputs", inputs)
        self._cells = check_cells(self._inputs, cells)
        checks.one_of(NAME, "inhibition", inhibition, INHIBITION)
        checks.at_least(NAME, "delay", delay, 0)
        if isinstance(notes, str) or not all(isinstance(note, str) for note in notes):
            raise InvalidParameter(NAME, "notes", notes, "a sequence of sentences")
        self._outputs = structure.ends(self._cells) if outputs is None else different_names("outputs", outputs)
        for name in self._outputs:
            if name not in self._cells:
                raise InvalidParameter(NAME, "outputs", name, "names of cells of the net")
        self._inhibition, self._delay, self._notes = inhibition, int(delay), tuple(notes)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the peripheral afferents."""
        return self._inputs

    @property
    def cells(self) -> Mapping[str, Cell]:
        """The cells by name, in order; not to be changed."""
        return MappingProxyType(self._cells)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the cells of interest."""
        return self._outputs

    @property
    def inhibition(self) -> str:
        """What inhibition does: "absolute" or "relative"."""
        return self._inhibition

    @property
    def delay(self) -> int:
        """The number of steps by which the outputs lag what the net was made from."""
        return self._delay

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of the net."""
        return self._notes

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the inputs and of the cells."""
        return (*self._inputs, *self._cells)

    def __repr__(self) -> str:
        return f"{NAME}({len(self._inputs)} inputs, {len(self._cells)} cells, outputs {', '.join(self._outputs)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, McCullochPittsNetwork) and formats.describe(self) == formats.describe(other)

    def __hash__(self) -> int:
        return hash(self.names)

    def run(
        self,
        inputs: Any = None,
        steps: int | None = None,
        *,
        initial: Any = None,
        record: str | Iterable[str] | None = None,
        backend: str = "auto",
    ) -> Run:
        """Run the net for some time.

        Parameters
        ----------
        inputs : array, mapping or Histories, optional
            What the inputs do at times 0, 1, ...: an array of 0 and 1, (steps, inputs) for one history or (histories,
            steps, inputs) for many; a mapping from names to sequences or text as "0110", a missing one being silent;
            or packed `Histories`. After their end, and by default, the inputs are silent.
        steps : int >= 0, optional
            Default: as many as there are inputs for. A compiled net needs `delay` more to answer the last of them.
        initial : mapping or array, optional
            The activity of the cells at time 0: a mapping from names, where a cell that is missing keeps its own; or
            an array (cells,) or (histories, cells) of 0 and 1; or `Histories` of the cells, of one step. Default: the
            cells' own.
        record : "outputs" or names, optional
            The inputs and cells to record. Default: all.
        backend : "auto", "cpu" or "cuda", default "auto"
            Where the kernels run.

        Returns
        -------
        Run
            The activity at the times 0 to `steps`; that of the inputs after the end of theirs is silence.

        Raises
        ------
        InvalidParameter
            If an array has another shape or other values, or a name is none of the net.
        """
        presented = presentation.present(self, inputs, steps, initial)
        names = presentation.recorded(self, record)
        row = {name: i for i, name in enumerate(self.names)}
        rows = np.array([row[name] for name in names], np.int32)
        target = backend_.choose(backend, "mcculloch_pitts", len(self._wiring.terms) * presented.activity.shape[1])
        kernels = backend_.kernels("mcculloch_pitts", target)
        state = kernels.begin(self._wiring, presented.activity, presented.inputs, rows, presented.steps)
        kernels.advance(state, presented.steps)
        words = without_rest(kernels.fetch(state, ("recorded",))["recorded"], presented.histories or 1)
        return Run(names, words, presented.histories)

    def step(self, active: Any) -> Any:
        """Return the cells that are active one time step later.

        Parameters
        ----------
        active : iterable of names, or bool array (inputs + cells,)
            The inputs and cells that are active now.

        Returns
        -------
        set of str, or bool array (cells,)
            The cells that are active then; names for names, an array for an array.
        """
        if isinstance(active, np.ndarray):
            if active.shape != (len(self.names),):
                raise InvalidParameter(NAME, "active", active.shape, f"names, or of shape ({len(self.names)},)")
            n = len(self._inputs)
            return self.run(active[None, :n], 1, initial=active[n:], record=self._cells).activity[1]
        chosen = set(presentation.known(NAME, "active", active, self.names))
        then = self.step(np.array([name in chosen for name in self.names]))
        return {name for name, fires in zip(self._cells, then, strict=True) if fires}

    @cached_property
    def order(self) -> int:
        """The size of a smallest set of cells whose removal leaves no circle (McCulloch & Pitts 1943, section II)."""
        return len(structure.feedback_cells(self._cells))

    def to_expression(self, output: str | None = None) -> "Expression":
        """Return the temporal propositional expression that a cell computes (theorem 1).

        It takes all cells to be silent at first. Where some are initially active, it describes the net from the time
        on when their effect has passed: after as many ticks as the longest path to the solved cell has cells.

        Parameters
        ----------
        output : str, optional
            The cell; may be left out if the net has one output.

        Raises
        ------
        InvalidParameter
            If the cell depends on a circle, if its expression would be too long, or if there are several outputs.
        """
        from neurosim.mcculloch_pitts import solver

        name = self._outputs[0] if output is None and len(self._outputs) == 1 else output
        if name not in self._cells:
            raise InvalidParameter(NAME, "output", name, f"the name of a cell, as {', '.join(self._outputs)}")
        return solver.solve(self._cells, self._inputs, name, relative=self._inhibition == "relative")

    def state_graph(self, max_cells: int = 16) -> StateGraph:
        """Return what follows each of the 2**cells states under each of the 2**inputs inputs.

        Parameters
        ----------
        max_cells : int >= 1, default 16
            A net with more cells is refused; so is one with more than 24 inputs and cells together.
        """
        checks.at_least(NAME, "max_cells", max_cells, 1)
        return StateGraph(self._inputs, tuple(self._cells), structure.successors(self, max_cells))

    def to_absolute(self) -> "McCullochPittsNetwork":
        """Return a net with absolute inhibition that does in two time steps what this one does in one (theorem 4).

        Inputs of time t are to be given at time 2 t, and the activity of this net at t is found at 2 t. What happens
        at odd times is a second run, independent of the first. Each cell becomes one cell for each set of inhibitory
        afferents that it can overcome, and one that joins these. A net with absolute inhibition is returned itself.

        Raises
        ------
        InvalidParameter
            If a cell has more than 10 inhibitory afferents.
        """
        if self._inhibition == "absolute":
            return self
        cells = structure.absolute_cells(self._cells, set(self.names))
        note = "Two time steps do what one step of the net with relative inhibition does: give inputs at even times."
        return McCullochPittsNetwork(
            self._inputs, cells, outputs=self._outputs, delay=2 * self._delay, notes=(*self._notes, note)
        )

    def to_json(self) -> str:
        """Return the net as JSON; `from_json` reads it back."""
        return formats.to_json(self)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the net that `to_json` wrote.

        Raises
        ------
        DataError
            If the text is not JSON or describes no net.
        """
        return cls(**formats.from_json(text))

    def to_dot(self) -> str:
        """Return the net in the DOT language of Graphviz; inhibitory synapses end in a small circle."""
        return formats.to_dot(self)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write this net to a file that `neurosim.load` reads back; see `neurosim.save`."""
        return storage.save(self, path)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parts of the net, for `neurosim.core.storage`."""
        return formats.describe(self), {}

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the net that `to_parts` took apart."""
        return cls(**formats.rebuild(parameters))

    @cached_property
    def _wiring(self) -> Wiring:
        return wire(self._inputs, self._cells, self._inhibition == "relative")
