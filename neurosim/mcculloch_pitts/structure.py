"""The structure of a net: its order, what follows each state, and absolute for relative inhibition."""

from collections.abc import Mapping
from itertools import combinations
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.mcculloch_pitts.cells import Cell
from neurosim.mcculloch_pitts.packing import Histories, counting_words, unpack_bits

if TYPE_CHECKING:
    from neurosim.mcculloch_pitts.network import McCullochPittsNetwork

NAME = "McCullochPittsNetwork"
MOST_BITS = 24  # of a state and a symbol
MOST_INHIBITORS = 10
SECONDS = 60.0


def afferents(cell: Cell) -> set[str]:
    """Return the names of all that act on a cell."""
    return {*cell.excitatory, *cell.inhibitory}


def ends(cells: Mapping[str, Cell]) -> tuple[str, ...]:
    """Return the cells that act on no other cell, or all if there is none."""
    acting = {source for name, cell in cells.items() for source in afferents(cell) if source != name}
    return tuple(name for name in cells if name not in acting) or tuple(cells)


def ancestors(cells: Mapping[str, Cell], name: str) -> set[str]:
    """Return a cell and all cells that act on it, directly or through others."""
    found, open_ = {name}, [name]
    while open_:
        new = {source for source in afferents(cells[open_.pop()]) if source in cells} - found
        open_ += new
        found |= new
    return found


def feedback_cells(cells: Mapping[str, Cell]) -> set[str]:
    """Return a smallest set of cells whose removal leaves no circle: a minimum feedback vertex set, exactly."""
    chosen = {name for name, cell in cells.items() if name in afferents(cell)}
    others = cells.keys() - chosen
    graph = {name: afferents(cells[name]) & others for name in others}
    deadline = monotonic() + SECONDS
    for component in _components(graph):
        if len(component) > 1:
            chosen |= _smallest_cover({name: graph[name] & component for name in component}, deadline)
    return chosen


def _components(graph: dict[str, set[str]]) -> list[set[str]]:
    """Return the strongly connected components."""
    names = sorted(graph)
    number = {name: i for i, name in enumerate(names)}
    edges = np.array([(number[a], i) for i, name in enumerate(names) for a in graph[name]], np.int64).reshape(-1, 2)
    matrix = coo_array((np.ones(len(edges)), edges.T), shape=(len(names), len(names)))
    count, label = connected_components(matrix, directed=True, connection="strong")
    found: list[set[str]] = [set() for _ in range(count)]
    for name, i in zip(names, label, strict=True):
        found[i].add(name)
    return found


def _smallest_cover(graph: dict[str, set[str]], deadline: float) -> set[str]:
    """Return a smallest set that meets every circle; circles join the integer program as it overlooks them."""
    names = sorted(graph)
    circles: list[list[str]] = []
    chosen: set[str] = set()
    while overlooked := _short_circles(graph, chosen):
        circles += overlooked
        meets = np.array([[name in circle for name in names] for circle in circles], float)
        solution = milp(
            np.ones(len(names)), integrality=1, bounds=Bounds(0, 1), constraints=LinearConstraint(meets, 1),
            options={"time_limit": max(deadline - monotonic(), 0.1), "mip_rel_gap": 0.0},
        )  # fmt: skip
        if not solution.success:
            raise DataError(f"{NAME}: the order of {len(names)} cells on circles was not found within {SECONDS:.0f} s")
        chosen = {name for name, taken in zip(names, solution.x, strict=True) if taken > 0.5}
    return chosen


def _short_circles(graph: dict[str, set[str]], without: set[str]) -> list[list[str]]:
    """Return shortest circles through the cells that are left, so many that each cell on one is in one of them."""
    found: list[list[str]] = []
    left = {name: sources - without for name, sources in graph.items() if name not in without}
    for component in _components(left):
        open_ = sorted(component) if len(component) > 1 else []
        while open_:
            found.append(_shortest_circle(left, open_[0]))
            open_ = [name for name in open_ if name not in found[-1]]
    return found


def _shortest_circle(graph: dict[str, set[str]], start: str) -> list[str]:
    """Return a shortest circle through a cell that is on one."""
    towards = {start: start}
    open_ = [start]
    for name in open_:
        for source in sorted(graph[name]):
            if source == start:
                circle = [name]
                while circle[-1] != start:
                    circle.append(towards[circle[-1]])
                return circle
            if source not in towards:
                towards[source] = name
                open_.append(source)
    return []


def successors(net: "McCullochPittsNetwork", max_cells: int) -> np.ndarray:
    """Return the states that follow every state under every symbol, (2**inputs, 2**cells): one step of all at once."""
    cells, bits = len(net.cells), len(net.cells) + len(net.inputs)
    if cells > max_cells:
        raise InvalidParameter(f"{NAME}.state_graph", "max_cells", max_cells, f"at least {cells}, the cells of the net")
    if bits > MOST_BITS:
        raise InvalidParameter(f"{NAME}.state_graph", "inputs and cells", bits, f"at most {MOST_BITS} together")
    words = counting_words(bits)
    inputs, initial = Histories(words[None, cells:], 2**bits), Histories(words[None, :cells], 2**bits)
    after = net.run(inputs, 1, initial=initial, record=net.cells).words[1]
    found = np.zeros(2**bits, np.int64)
    for cell in range(cells):
        found |= unpack_bits(after[cell], 2**bits).astype(np.int64) << cell
    return found.reshape(-1, 2**cells)


def absolute_cells(cells: Mapping[str, Cell], taken: set[str]) -> dict[str, Cell]:
    """Return cells that do with absolute inhibition in two steps what these do with relative inhibition in one.

    For each set of inhibitory afferents there is a cell of the first stage with the threshold that they make together,
    inhibited by the others. If it fires, the cell would, as fewer of the set leave a lower threshold; and if the cell
    would, the one for the set that is active fires. The second stage joins them.
    """
    found: dict[str, Cell] = {}
    for name, cell in cells.items():
        stage: dict[str, Cell] = {}
        for inhibitors in _sets_that_matter(name, cell):
            label = f"{name}[{'+'.join(inhibitors)}]"
            while label in taken:
                label += "'"
            taken.add(label)
            others = [source for source in cell.inhibitory if source not in inhibitors]
            stage[label] = Cell(cell.excitatory, others, _raised(cell, inhibitors))
        found |= stage
        found[name] = Cell(dict.fromkeys(stage, 2), threshold=2, initial=cell.initial)
    return found


def _sets_that_matter(name: str, cell: Cell) -> list[tuple[str, ...]]:
    """Return the sets of inhibitory afferents whose activity leaves the cell a threshold that it can reach."""
    number = len(cell.inhibitory)
    if number > MOST_INHIBITORS:
        wanted = f"inhibited by at most {MOST_INHIBITORS} afferents: each set of them may need a cell"
        raise InvalidParameter(f"{NAME}.to_absolute", f"cells[{name!r}]", f"{number} inhibitors", wanted)
    largest = sum(cell.excitatory.values())
    sets = (chosen for size in range(number + 1) for chosen in combinations(cell.inhibitory, size))
    return [chosen for chosen in sets if _raised(cell, chosen) <= largest]


def _raised(cell: Cell, inhibitors: tuple[str, ...]) -> int:
    """Return the threshold while these relative inhibitors are active."""
    return cell.threshold + sum(cell.inhibitory[name] for name in inhibitors)
