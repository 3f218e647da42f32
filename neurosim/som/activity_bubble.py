"""The activity bubble of 1982: lateral interaction gathers the activity of a sheet of cells round its strongest input.

It is what the neighbourhood function of the self-organising map stands for: no cell knows the winner, and yet after a
few steps a patch of cells round it is active and all others are silent.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.som.topology import LATTICES, SHAPES, Topology

MOST_CELLS = 4096  # whose lateral weights, all to all, take 134 MB


@dataclass(frozen=True)
class BubbleRun:
    """A run of `ActivityBubble`.

    Parameters
    ----------
    activity : (steps + 1, rows, columns)
        Activity of the cells before the first step and after each.
    settled : bool
        Whether the last step changed less than the tolerance.
    """

    activity: np.ndarray
    settled: bool

    @property
    def active(self) -> np.ndarray:
        """Which cells are active at the end, (rows, columns) of bool."""
        return self.activity[-1] > 0


class ActivityBubble:
    """A sheet of cells with excitation between near ones and inhibition between distant ones.

    A cell's activity is its potential u cut off below 0 and above the saturation, eta = f(u). In every step all
    potentials change at once, ``u_i += step * (phi_i + sum_j gamma(d_ij) eta_j - u_i)``, where phi is the input and d
    the distance of two cells. With ``step = 1`` this is Kohonen's iteration, ``eta(t+1) = f(phi + gamma eta(t))``;
    shorter steps follow the same dynamics in continuous time and keep strong inhibition from making it swing.
    The lateral weight is a Mexican hat made of two discs, ``gamma(d) = excitation / n(reach[0]) [d <= reach[0]] -
    inhibition / n(reach[1]) [d <= reach[1]]``, where n is the number of cells in a disc without borders. Inhibition
    that reaches over the whole sheet leaves one bubble, shorter inhibition may leave several.

    Parameters
    ----------
    grid : (rows, columns), default (1, 51)
        At most 4096 cells; one row is a line of cells.
    lattice : "rectangular" or "hexagonal", default "rectangular"
    shape : "sheet", "cylinder" or "toroid", default "sheet"
    reach : (excitation, inhibition), default (5.0, 50.0)
        Radii of the two discs in steps between cells, the second the larger.
    excitation, inhibition : float >= 0, default 3.0 and 10.0
        Sum of the weights in each disc. The bubble covers a share of the inhibitory disc that grows with their ratio.
    saturation : float > 0, default 10.0
        Largest activity.
    step : float in (0, 1], default 0.2

    References
    ----------
    T. Kohonen, "Self-organized formation of topologically correct feature maps", Biological Cybernetics 43:59-69
    (1982). The equation is given from memory, not checked against the paper; the default numbers are ours.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.som.activity_bubble import ActivityBubble
    >>> run = ActivityBubble().settle(2 * np.sin(np.pi * np.arange(51) / 50))
    >>> run.settled, np.flatnonzero(run.active[0])
    (True, array([18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32]))
    """

    def __init__(
        self,
        grid: tuple[int, int] = (1, 51),
        *,
        lattice: str = "rectangular",
        shape: str = "sheet",
        reach: tuple[float, float] = (5.0, 50.0),
        excitation: float = 3.0,
        inhibition: float = 10.0,
        saturation: float = 10.0,
        step: float = 0.2,
    ) -> None:
        owner = "ActivityBubble"
        grid = checks.grid_of_units(owner, "grid", grid)
        if grid[0] * grid[1] > MOST_CELLS:
            raise InvalidParameter(owner, "grid", grid, f"at most {MOST_CELLS} cells")
        checks.one_of(owner, "lattice", lattice, tuple(LATTICES))
        checks.one_of(owner, "shape", shape, SHAPES)
        self.reach = checks.positive_pair(owner, "reach", reach)
        if self.reach[0] >= self.reach[1]:
            raise InvalidParameter(owner, "reach", reach, "(excitation, inhibition), the second the larger")
        checks.number(owner, "excitation", excitation, "a number >= 0", least=0)
        checks.number(owner, "inhibition", inhibition, "a number >= 0", least=0)
        checks.number(owner, "saturation", saturation, "a number > 0", above=0)
        checks.number(owner, "step", step, "a number in (0, 1]", above=0)
        if step > 1:
            raise InvalidParameter(owner, "step", step, "a number in (0, 1]")
        self.topology = Topology(grid, LATTICES[lattice], shape)
        self.excitation, self.inhibition = float(excitation), float(inhibition)
        self.saturation, self.step = float(saturation), float(step)
        self.lateral = self._lateral()

    def _lateral(self) -> np.ndarray:
        """Return the lateral weights (cells, cells)."""
        apart2 = np.zeros((self.topology.units, self.topology.units))
        for place, period in zip(self.topology.positions.T, self.topology.periods, strict=True):
            d = np.abs(place[:, None] - place)
            apart2 += np.minimum(d, period - d) ** 2
        return self.profile(np.sqrt(apart2))

    def profile(self, distance: Any) -> np.ndarray:
        """Return the lateral weight gamma at distances >= 0 in steps, of their shape."""
        d = np.asarray(distance, dtype=np.float64) - 1e-9
        near, far = self.reach
        excitation = self.excitation / self._cells_within(near) * (d <= near)
        return excitation - self.inhibition / self._cells_within(far) * (d <= far)

    def _cells_within(self, radius: float) -> int:
        """Return the cells in a disc on a lattice (or a line) without borders."""
        n = int(radius) + 1
        line = 1 in self.topology.grid
        disc = Topology((1 if line else 4 * n + 1, 4 * n + 1), self.topology.lattice)
        middle = disc.positions[disc.units // 2]
        return int((np.linalg.norm(disc.positions - middle, axis=1) <= radius + 1e-9).sum())

    def settle(self, inputs: Any, *, steps: int = 1000, tol: float = 1e-4) -> BubbleRun:
        """Start from silence and let the activity settle under a constant input.

        Parameters
        ----------
        inputs : (rows, columns), or (columns,) for a line
            The input phi of every cell, finite.
        steps : int >= 1, default 1000
            At most so many steps.
        tol : float >= 0, default 1e-4
            The run ends when no potential changes by more than this share of the saturation.

        Returns
        -------
        BubbleRun

        Raises
        ------
        InvalidParameter, DataError
            If a parameter or `inputs` is not as described.
        """
        checks.at_least("ActivityBubble", "steps", steps, 1)
        checks.number("ActivityBubble", "tol", tol, "a number >= 0", least=0)
        grid = self.topology.grid
        given = np.asarray(inputs)
        fits = given.shape == grid or (grid[0] == 1 and given.shape == grid[1:])
        if not fits or given.dtype.kind not in "biuf" or not np.isfinite(given).all():
            got = f"shape {given.shape} and type {given.dtype}"
            raise DataError(f"ActivityBubble: inputs have {got}; wanted finite numbers of shape {grid}")
        phi = given.astype(np.float64).ravel()
        potential, change = np.zeros(len(phi)), np.inf
        activity = [potential]
        while len(activity) <= steps and change > tol * self.saturation:
            moved = self.step * (phi + self.lateral @ activity[-1] - potential)
            potential = potential + moved
            activity.append(np.clip(potential, 0.0, self.saturation))
            change = float(np.abs(moved).max())
        history = np.stack(activity).reshape(-1, *grid)
        return BubbleRun(history, bool(change <= tol * self.saturation))
