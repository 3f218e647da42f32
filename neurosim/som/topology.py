"""The lattice of units: positions, distances and neighbours on sheet, cylinder and toroid."""

from dataclasses import dataclass
from functools import cached_property
from math import inf, sqrt
from typing import NamedTuple

import numpy as np

from neurosim.core.errors import InvalidParameter
from neurosim.som import rules

LATTICES = {"rectangular": "rectangular", "rect": "rectangular", "hexagonal": "hexagonal", "hexa": "hexagonal"}
ROW_PITCH = sqrt(0.75)  # between the rows of a hexagonal lattice
SHAPES = ("sheet", "cylinder", "toroid")

# (row step, column step) of the neighbours; on the hexagonal lattice for even and for odd rows
STEPS_4 = ((0, 1), (1, 0), (0, -1), (-1, 0))
STEPS_8 = (*STEPS_4, (1, 1), (1, -1), (-1, -1), (-1, 1))
STEPS_EVEN = ((0, 1), (1, 0), (1, -1), (0, -1), (-1, 0), (-1, -1))
STEPS_ODD = ((0, 1), (1, 1), (1, 0), (0, -1), (-1, 1), (-1, 0))

NEIGHBOURHOODS = {
    "gaussian": rules.GAUSSIAN,
    "bubble": rules.BUBBLE,
    "cut_gaussian": rules.CUT_GAUSSIAN,
    "mexican_hat": rules.MEXICAN_HAT,
}


class Separable(NamedTuple):
    """A neighbourhood that is a product of a factor across the rows and one along them; see `Topology.smoothing`."""

    along_y: np.ndarray
    along_x: np.ndarray


class Radial(NamedTuple):
    """A neighbourhood that is a function of the distance on the map, `rules.neighbourhood`."""

    kind: int
    sigma: float


@dataclass(frozen=True)
class Topology:
    """A grid of rows x columns units, numbered row by row, with neighbours one step apart.

    Parameters
    ----------
    grid : (rows, columns)
        Positive integers.
    lattice : "rectangular" (or "rect") or "hexagonal" (or "hexa")
        On the hexagonal lattice odd rows are shifted half a step to the right and rows are sqrt(3)/2 apart, as in
        SOM_PAK.
    shape : "sheet", "cylinder" or "toroid"
        The cylinder closes the rows on themselves (left meets right), the toroid the columns too.
    """

    grid: tuple[int, int]
    lattice: str = "rectangular"
    shape: str = "sheet"

    def __post_init__(self) -> None:
        if self.shape == "toroid" and self.hexagonal and self.grid[0] % 2:
            wanted = "an even number of rows on a hexagonal toroid, or its first and last row would not fit together"
            raise InvalidParameter("SOM", "grid", self.grid, wanted)

    @property
    def hexagonal(self) -> bool:
        """Whether the lattice is hexagonal."""
        return self.lattice == "hexagonal"

    @property
    def units(self) -> int:
        """Number of units."""
        return self.grid[0] * self.grid[1]

    @property
    def periods(self) -> tuple[float, float]:
        """Width and height after which the map closes on itself, in map coordinates; inf where it does not."""
        rows, columns = self.grid
        pitch = ROW_PITCH if self.hexagonal else 1.0
        return (inf if self.shape == "sheet" else float(columns), rows * pitch if self.shape == "toroid" else inf)

    @cached_property
    def positions(self) -> np.ndarray:
        """Map coordinates (x, y) of the units, shape (units, 2); x runs along a row, y across the rows."""
        row, column = np.divmod(np.arange(self.units), self.grid[1])
        if not self.hexagonal:
            return np.stack([column, row], axis=1).astype(np.float64)
        return np.stack([column + 0.5 * (row % 2), row * ROW_PITCH], axis=1)

    @property
    def adjacency(self) -> int:
        """Number of neighbours that the topographic error counts by default: 8, or 6 on the hexagonal lattice."""
        return 6 if self.hexagonal else 8

    def reach2(self, adjacency: int | None = None) -> float:
        """Return the largest squared map distance at which units count as adjacent, with room for rounding."""
        adjacency = self.adjacency if adjacency is None else adjacency
        if adjacency not in ((6,) if self.hexagonal else (4, 8)):
            wanted = "6 on a hexagonal lattice" if self.hexagonal else "4 or 8 on a rectangular lattice"
            raise InvalidParameter("SOM", "adjacency", adjacency, wanted)
        return 2.001 if adjacency == 8 else 1.001

    def distance(self, u: int, v: int) -> float:
        """Return the map distance of units u and v."""
        dx, dy = self.positions[u] - self.positions[v]
        return sqrt(rules.map_distance2.py_func(dx, dy, *self.periods))

    def neighbours(self, adjacency: int | None = None) -> np.ndarray:
        """Return the neighbours of every unit, shape (units, adjacency); -1 where the sheet ends."""
        self.reach2(adjacency)
        rows, columns = self.grid
        row, column = np.divmod(np.arange(self.units), columns)
        if self.hexagonal:
            steps = np.where((row % 2 == 1)[:, None, None], np.array(STEPS_ODD), np.array(STEPS_EVEN))
        else:
            steps = np.broadcast_to(STEPS_4 if adjacency == 4 else STEPS_8, (self.units, adjacency or 8, 2))
        r, c = row[:, None] + steps[..., 0], column[:, None] + steps[..., 1]
        if self.shape == "toroid":
            r = r % rows
        if self.shape != "sheet":
            c = c % columns
        inside = (r >= 0) & (r < rows) & (c >= 0) & (c < columns)
        found = np.where(inside, r * columns + c, -1)
        found[found == np.arange(self.units)[:, None]] = -1  # round a closed axis of one unit
        for k in range(1, found.shape[1]):  # and of two: the same neighbour from both sides
            found[(found[:, :k] == found[:, k : k + 1]).any(1), k] = -1
        return found

    @cached_property
    def _squares(self) -> tuple[np.ndarray, np.ndarray]:
        (rows, columns), (width, height) = self.grid, self.periods
        pitch, shifts = (ROW_PITCH, (0.0, 0.5, -0.5)) if self.hexagonal else (1.0, (0.0,))
        along_y = _squared_differences(rows, pitch, 0.0, height)
        along_x = [_squared_differences(columns, 1.0, shift, width) for shift in shifts]
        parities = range(2 if self.hexagonal else 1)
        return along_y, np.array([[along_x[p - q] for q in parities] for p in parities])

    def smoothing(self, sigma: float, neighbourhood: str = "gaussian") -> Separable | Radial:
        """Return a neighbourhood, as kernels apply it.

        The Gaussian separates into a row and a column part:
        ``h(u, v) = along_y[row_u, row_v] * along_x[parity_u, parity_v, column_u, column_v]``, where the parity is that
        of the row on a hexagonal lattice and 0 on a rectangular one.

        Returns
        -------
        Separable
            along_y (rows, rows) and along_x (1, 1, columns, columns), or (2, 2, columns, columns) on a hexagonal
            lattice, for the Gaussian.
        Radial
            For any other.
        """
        if neighbourhood != "gaussian":
            return Radial(NEIGHBOURHOODS[neighbourhood], float(sigma))
        along_y, along_x = self._squares
        return Separable(rules.gaussian(along_y, sigma), rules.gaussian(along_x, sigma))


def _squared_differences(n: int, pitch: float, shift: float, period: float) -> np.ndarray:
    """Return the table of the squares of pitch * (i - j) + shift, the shorter way round."""
    values = np.array([rules.wrapped.py_func(pitch * d + shift, period) ** 2 for d in range(1 - n, n)])
    i = np.arange(n)
    return values[i[:, None] - i + n - 1]
