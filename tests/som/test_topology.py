"""Geometry against brute force, and the defects of other libraries."""

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.som import SOM, Topology

from . import naive

NEAR = [("rectangular", 4, 1), ("rectangular", 8, 1.5), ("hexagonal", 6, 1)]


def brute(topology):
    return naive.map_distances(*topology.grid, topology.hexagonal, topology.shape)


def test_positions(topology):
    np.testing.assert_allclose(topology.positions, naive.positions(*topology.grid, topology.hexagonal))


def test_distances(topology):
    ref = brute(topology)
    comp = [[topology.distance(u, v) for v in range(topology.units)] for u in range(topology.units)]
    np.testing.assert_allclose(comp, ref, atol=1e-12)


@pytest.mark.parametrize("sigma", [0.3, 1.0, 4.0])
def test_smoothing_separates(topology, sigma):
    along_y, along_x = topology.smoothing(sigma)
    row, column = np.divmod(np.arange(topology.units), topology.grid[1])
    parity = row % len(along_x)
    h = along_y[row[:, None], row] * along_x[parity[:, None], parity, column[:, None], column]
    np.testing.assert_allclose(h, np.exp(-(brute(topology) ** 2) / (2 * sigma**2)), atol=1e-12)


@pytest.mark.parametrize("grid", [(4, 6), (6, 5)])
@pytest.mark.parametrize("shape", ["sheet", "cylinder", "toroid"])
@pytest.mark.parametrize(("lattice", "adjacency", "reach"), NEAR)
def test_neighbours(grid, shape, lattice, adjacency, reach):
    topology = Topology(grid, lattice, shape)
    distances = brute(topology)
    for unit, found in enumerate(topology.neighbours(adjacency)):
        ref = set(np.flatnonzero((distances[unit] < reach + 0.01) & (np.arange(topology.units) != unit)))
        assert set(found[found >= 0]) == ref
    np.testing.assert_array_equal(
        (distances**2 <= topology.reach2(adjacency)).sum(1) - 1, (topology.neighbours(adjacency) >= 0).sum(1)
    )


def test_hexagonal_neighbours_are_at_distance_one():
    """Somoclu's truncation gives 1.323 0.866 1.323 2.179 for the distances from (1, 0) to row 1."""
    topology = Topology((4, 4), "hexagonal")
    unit = 0 * 4 + 1
    below = [topology.distance(unit, 4 + column) for column in range(4)]
    np.testing.assert_allclose(below, [1.0, 1.0, np.sqrt(3), np.sqrt(7)])
    inner = topology.neighbours()[5]
    np.testing.assert_allclose([topology.distance(5, v) for v in inner], np.ones(6))


def test_toroid_has_no_border():
    for lattice in ("rectangular", "hexagonal"):
        topology = Topology((6, 4), lattice, "toroid")
        assert (topology.neighbours() >= 0).all()
        rows = np.sort(np.round(brute(topology), 9), axis=1)
        np.testing.assert_array_equal(rows, np.broadcast_to(rows[0], rows.shape))


def test_a_hexagonal_toroid_needs_even_rows():
    with pytest.raises(InvalidParameter, match=r"grid must be an even number of rows.*got \(5, 4\)"):
        SOM(grid=(5, 4), lattice="hexa", shape="toroid").fit(np.eye(3))


def test_adjacency_fits_the_lattice():
    with pytest.raises(InvalidParameter, match="adjacency must be 6 on a hexagonal lattice; got 8"):
        Topology((3, 4), "hexagonal").reach2(8)
    with pytest.raises(InvalidParameter, match="adjacency must be 4 or 8 on a rectangular lattice; got 6"):
        Topology((3, 4)).neighbours(6)
