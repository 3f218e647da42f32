"""Quality measures and the U-matrix against the naive formulas."""

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.som import SOM, assess, u_matrix

from . import naive


@pytest.fixture
def x(rng):
    return rng.normal(size=(150, 3))


def fitted(topology, x):
    return SOM(grid=topology.grid, lattice=topology.lattice, shape=topology.shape, epochs=3).fit(x)


def test_measures(topology, x):
    som = fitted(topology, x)
    quality = assess(som, x)
    distances = naive.map_distances(*topology.grid, topology.hexagonal, topology.shape)
    reach = 1.01 if topology.hexagonal else 1.5
    np.testing.assert_allclose(quality.quantization_error, naive.quantization_error(x, som.weights_))
    np.testing.assert_allclose(
        quality.topographic_error, naive.topographic_error(x, som.weights_, distances, reach), atol=1e-12
    )
    np.testing.assert_allclose(quality.explained_variance, naive.explained_variance(x, som.weights_))
    assert quality.adjacency == (6 if topology.hexagonal else 8)
    assert quality.empty_units == topology.units - len(set(som.predict(x)))


def test_te4_counts_diagonals_as_errors(x):
    """Libraries differ: MiniSom's rectangular error is TE8, the SOM Toolbox's TE4."""
    som = SOM(grid=(6, 6), epochs=5).fit(x)
    distances = naive.map_distances(6, 6, False, "sheet")
    comp = assess(som, x, adjacency=4)
    np.testing.assert_allclose(comp.topographic_error, naive.topographic_error(x, som.weights_, distances, 1.01))
    assert comp.topographic_error > assess(som, x).topographic_error
    with pytest.raises(InvalidParameter, match="adjacency must be 4 or 8"):
        assess(som, x, adjacency=6)


def test_sample_weights(x, rng):
    s = rng.integers(0, 3, 150).astype(float)
    som = SOM(grid=(4, 4), epochs=3).fit(x)
    weighted, repeated = assess(som, x, sample_weight=s), assess(som, np.repeat(x, s.astype(int), axis=0))
    np.testing.assert_allclose(weighted.quantization_error, repeated.quantization_error)
    np.testing.assert_allclose(weighted.topographic_error, repeated.topographic_error)
    np.testing.assert_allclose(weighted.explained_variance, repeated.explained_variance)


def test_constant_data_have_no_variance_to_explain():
    som = SOM(grid=(2, 2), epochs=1).fit(np.ones((5, 2)))
    assert np.isnan(assess(som, np.ones((5, 2))).explained_variance)


def test_u_matrix_heights(topology, x):
    som = fitted(topology, x)
    distances = naive.map_distances(*topology.grid, topology.hexagonal, topology.shape)
    positions, heights = u_matrix(som)
    np.testing.assert_array_equal(positions, topology.positions)
    for u in range(topology.units):
        near = [v for v in range(topology.units) if v != u and distances[u, v] < 1.01]
        ref = np.mean([np.linalg.norm(som.weights_[u] - som.weights_[v]) for v in near])
        np.testing.assert_allclose(heights[u], ref)


@pytest.mark.parametrize(("lattice", "expected"), [("rectangular", 7 * 9), ("hexagonal", 20 + 16 + 2 * 12 + 3)])
def test_interleaved_u_matrix_fills_a_lattice_of_half_the_spacing(lattice, expected, x):
    som = SOM(grid=(4, 5), lattice=lattice, epochs=2).fit(x)
    positions, heights = u_matrix(som, interleaved=True)
    assert len(positions) == len(heights) == expected
    apart = np.linalg.norm(positions[:, None] - positions, axis=2) + 9 * np.eye(len(positions))
    np.testing.assert_allclose(apart.min(1), 0.5)
    w = som.weights_
    between = np.flatnonzero(np.isclose(positions, [0.5, 0.0]).all(1))
    np.testing.assert_allclose(heights[between], np.linalg.norm(w[0] - w[1]))


def test_u_matrix_corner_is_the_mean_of_the_diagonals(x):
    som = SOM(grid=(2, 2), epochs=2).fit(x)
    positions, heights = u_matrix(som, interleaved=True)
    w = som.weights_
    ref = (np.linalg.norm(w[0] - w[3]) + np.linalg.norm(w[1] - w[2])) / (2 * np.sqrt(2))
    np.testing.assert_allclose(heights[np.isclose(positions, 0.5).all(1)], ref)
