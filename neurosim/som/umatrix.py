"""The U-matrix: how far the weights of neighbouring units are apart (Ultsch & Siemon 1990)."""

from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils.validation import check_is_fitted

from neurosim.som.topology import Topology

if TYPE_CHECKING:
    from neurosim.som.som import SOM


def u_matrix(som: "SOM", *, interleaved: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return places on the map and the height of the U-matrix there.

    Parameters
    ----------
    som : SOM
        A fitted map.
    interleaved : bool, default False
        False: one height a unit, the mean distance from its neighbours (4, or 6 on a hexagonal lattice). True: also a
        height between every two neighbours, their distance, and on a rectangular lattice one between every four units,
        the mean of the two diagonals divided by sqrt(2). The places then fill a lattice of half the spacing.

    Returns
    -------
    positions : (places, 2)
        Map coordinates (x, y). On a cylinder or toroid the last places lie half a step beyond the border.
    heights : (places,)
        Distances in the data's units, >= 0.
    """
    check_is_fitted(som)
    topology, w = som.topology, som.weights_.astype(np.float64)
    adjacency = 6 if topology.hexagonal else 4
    neighbours = topology.neighbours(adjacency)
    apart = np.where(neighbours >= 0, np.linalg.norm(w[:, None] - w[neighbours], axis=2), np.nan)
    heights = np.nansum(apart, axis=1) / (neighbours >= 0).sum(axis=1)
    if not interleaved:
        return topology.positions, heights
    half = adjacency // 2  # the other half of the steps are the same edges seen from the other side
    unit, direction = np.nonzero(neighbours[:, :half] >= 0)
    places = [topology.positions, topology.positions[unit] + _steps(topology)[direction] / 2]
    values = [heights, apart[unit, direction]]
    if not topology.hexagonal:
        corner, value = _corners(topology, neighbours, w)
        places.append(topology.positions[corner] + 0.5)
        values.append(value)
    return np.concatenate(places), np.concatenate(values)


def _steps(topology: Topology) -> np.ndarray:
    """Return the first half of the steps to the neighbours, in map coordinates."""
    if topology.hexagonal:
        return np.array([[1.0, 0.0], [0.5, np.sqrt(0.75)], [-0.5, np.sqrt(0.75)]])
    return np.array([[1.0, 0.0], [0.0, 1.0]])


def _corners(topology: Topology, neighbours: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the units with a full square to their lower right, and the height in the middle of that square."""
    right, below = neighbours[:, 0], neighbours[:, 1]
    unit = np.flatnonzero((right >= 0) & (below >= 0))
    across = neighbours[right[unit], 1]
    diagonals = np.linalg.norm(w[unit] - w[across], axis=1) + np.linalg.norm(w[right[unit]] - w[below[unit]], axis=1)
    return unit, diagonals / (2 * np.sqrt(2))
