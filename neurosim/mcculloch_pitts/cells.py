"""One cell: what excites it, what inhibits it, and its threshold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter

NET = "McCullochPittsNetwork"
Afferents = Mapping[str, int] | Iterable[str]


@dataclass(frozen=True)
class Cell:
    """A cell of a McCulloch-Pitts net; it does not change.

    It fires at time t if at t - 1 none of its inhibitory afferents fired and the synapses of the excitatory afferents
    that fired number at least `threshold` (McCulloch & Pitts 1943, equation 1). The paper's text says that the sum
    "exceeds" the threshold, its figure 1 that two synapses fire a cell; here it is ``sum >= threshold``.

    Parameters
    ----------
    excitatory : mapping from name to int >= 1, or iterable of names, default none
        How many synapses each excitatory afferent makes on the cell; names alone mean one each.
    inhibitory : mapping from name to int >= 1, or iterable of names, default none
        The inhibitory afferents. The number of synapses matters only in a net with relative inhibition.
    threshold : int >= 1, default 2
        How many synapses have to be excited at the same time.
    initial : bool, default False
        Whether the cell is active at time 0.

    Raises
    ------
    InvalidParameter
        If a value is none of these.

    Examples
    --------
    >>> from neurosim.mcculloch_pitts import Cell
    >>> Cell({"1": 2}, inhibitory=["2"])
    Cell(excitatory={'1': 2}, inhibitory={'2': 1}, threshold=2, initial=False)
    """

    excitatory: Mapping[str, int]
    inhibitory: Mapping[str, int]
    threshold: int
    initial: bool

    def __init__(
        self, excitatory: Afferents = (), inhibitory: Afferents = (), threshold: int = 2, initial: bool = False
    ) -> None:
        checks.at_least("Cell", "threshold", threshold, 1)
        if initial not in (0, 1):
            raise InvalidParameter("Cell", "initial", initial, "True or False")
        object.__setattr__(self, "excitatory", _synapses("excitatory", excitatory))
        object.__setattr__(self, "inhibitory", _synapses("inhibitory", inhibitory))
        object.__setattr__(self, "threshold", int(threshold))
        object.__setattr__(self, "initial", bool(initial))

    def __repr__(self) -> str:
        excitatory, inhibitory, threshold, initial = self._parts()
        return f"Cell({excitatory=}, {inhibitory=}, {threshold=}, {initial=})"

    def __hash__(self) -> int:
        return hash((frozenset(self.excitatory.items()), frozenset(self.inhibitory.items()), *self._parts()[2:]))

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), self._parts()

    def _parts(self) -> tuple[dict[str, int], dict[str, int], int, bool]:
        return dict(self.excitatory), dict(self.inhibitory), self.threshold, self.initial


def _synapses(name: str, afferents: Any) -> Mapping[str, int]:
    """Return the number of synapses of each afferent, not to be changed."""
    wanted = "a mapping from names to numbers of synapses >= 1, or different names"
    if isinstance(afferents, str) or not isinstance(afferents, Iterable):
        raise InvalidParameter("Cell", name, afferents, wanted)
    pairs = list(afferents.items() if isinstance(afferents, Mapping) else ((source, 1) for source in afferents))
    for source, number in pairs:
        if not isinstance(source, str) or not source:
            raise InvalidParameter("Cell", name, source, wanted)
        checks.at_least("Cell", f"{name}[{source!r}]", number, 1)
    if len(dict(pairs)) < len(pairs):
        raise InvalidParameter("Cell", name, [source for source, _ in pairs], wanted)
    return MappingProxyType({source: int(number) for source, number in pairs})


def different_names(parameter: str, names: Any) -> tuple[str, ...]:
    """Return names that are all different and not empty."""
    wanted = "a sequence of different names, none empty"
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise InvalidParameter(NET, parameter, names, wanted)
    found: dict[str, None] = {}
    for name in names:
        if not isinstance(name, str) or not name.strip() or name in found:
            raise InvalidParameter(NET, parameter, name, wanted)
        found[name] = None
    return tuple(found)


def check_cells(inputs: tuple[str, ...], cells: Any) -> dict[str, Cell]:
    """Return the cells of a net, of which every synapse comes from an input or a cell, and none has an input's name."""
    if not isinstance(cells, Mapping) or not all(isinstance(cell, Cell) for cell in cells.values()):
        raise InvalidParameter(NET, "cells", cells, "a mapping from names to Cells")
    different_names("cells", cells)
    for name in inputs:
        if name in cells:
            raise InvalidParameter(NET, "inputs", name, "different from the names of the cells")
    known = {*inputs, *cells}
    for name, cell in cells.items():
        for source in (*cell.excitatory, *cell.inhibitory):
            if source not in known:
                raise InvalidParameter(NET, f"cells[{name!r}]", source, "wired to an input or a cell of the net")
    return dict(cells)
