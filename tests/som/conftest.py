"""Maps and lattices that several tests look at."""

import pytest

from neurosim.som import Topology

LATTICES = [
    Topology((4, 5)),
    Topology((4, 5), shape="toroid"),
    Topology((3, 6), shape="cylinder"),
    Topology((4, 5), "hexagonal"),
    Topology((4, 5), "hexagonal", "toroid"),
    Topology((5, 4), "hexagonal", "cylinder"),
    Topology((1, 7)),
    Topology((6, 1), "hexagonal"),
]


@pytest.fixture(params=LATTICES, ids=lambda t: f"{t.grid[0]}x{t.grid[1]}-{t.lattice}-{t.shape}")
def topology(request) -> Topology:
    return request.param
