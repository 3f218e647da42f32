"""What a network consists of: parameters, connections and multiply-adds of every layer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from neurosim.cnn.layer import Shape, volume

if TYPE_CHECKING:
    from neurosim.cnn.graph import Graph

TITLES = ("name", "layer", "output", "units", "connections", "parameters", "multiply-adds")


@dataclass(frozen=True)
class Row:
    """A layer of a network.

    Attributes
    ----------
    name, layer : str
        The layer's name in the network and its kind.
    shape : tuple of int
        Of the output.
    units : int
        Numbers that are put out; 0 for layers without connections of their own.
    connections : int
        Each unit's, with its bias and those from a border of padding, as LeCun (1989, 1998) counts them.
    parameters, fixed : int
        How many numbers are learned, and how many are kept.
    multiply_adds : int
        Products of a forward pass of one sample.
    """

    name: str
    layer: str
    shape: Shape
    units: int
    connections: int
    parameters: int
    fixed: int
    multiply_adds: int


@dataclass(frozen=True)
class Summary:
    """The layers of a network with their sizes; `str` of it is a table.

    Attributes
    ----------
    rows : tuple of Row
        The first is the input.
    """

    rows: tuple[Row, ...]

    @property
    def units(self) -> int:
        """The units of all layers, those of the input too."""
        return sum(row.units for row in self.rows)

    @property
    def connections(self) -> int:
        """The connections of all layers."""
        return sum(row.connections for row in self.rows)

    @property
    def parameters(self) -> int:
        """The parameters that are learned."""
        return sum(row.parameters for row in self.rows)

    @property
    def fixed(self) -> int:
        """The parameters that are kept."""
        return sum(row.fixed for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """The products of a forward pass of one sample."""
        return sum(row.multiply_adds for row in self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __getitem__(self, name: str) -> Row:
        return {row.name: row for row in self.rows}[name]

    def __str__(self) -> str:
        cells: list[tuple[str, ...]] = [TITLES]
        for row in self.rows:
            counts = (row.units, row.connections, row.parameters, row.multiply_adds)
            cells.append((row.name, row.layer, " x ".join(map(str, row.shape)), *map(_grouped, counts)))
        totals = (self.units, self.connections, self.parameters, self.multiply_adds)
        cells.append(("total", "", "", *map(_grouped, totals)))
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(w) if c < 3 else cell.rjust(w) for c, (cell, w) in enumerate(zip(r, widths, strict=True))
            )
            for r in cells
        ]
        rule = "-" * len(lines[0])
        end = [f"fixed parameters: {self.fixed:,}"] if self.fixed else []
        return "\n".join(line.rstrip() for line in [lines[0], rule, *lines[1:-1], rule, lines[-1], *end])


def _grouped(count: int) -> str:
    return f"{count:,}" if count else "-"


def summarise(network: "Graph") -> Summary:
    """Return the summary of a network."""
    rows = []
    for node in network.nodes.values():
        if node.layer is None:
            rows.append(Row(node.name, "", node.shape, volume(node.shape), 0, 0, 0, 0))
            continue
        counts = node.layer.counts(*(network.nodes[name].shape for name in node.inputs))
        parameters = [slot.parameter for name, slot in network.slots.items() if name.rpartition(".")[0] == node.name]
        free = sum(parameter.free for parameter in parameters)
        fixed = sum(parameter.size for parameter in parameters if not parameter.trained)
        kind = type(node.layer).__name__
        rows.append(
            Row(node.name, kind, node.shape, counts.units, counts.connections, free, fixed, counts.multiply_adds)
        )
    return Summary(tuple(rows))
