"""Quality measures and the U-matrix against the naive formulas."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist

from neurosim.core.errors import InvalidParameter
from neurosim.som import SOM, assess, initial, measures_common, measures_errors, u_matrix
from neurosim.som.measures import quality
from neurosim.som.measures_errors import combined_error, distortion
from neurosim.som.measures_product import topographic_product
from neurosim.som.measures_ranks import preservation

from . import naive, naive_measures


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
    assert weighted.empty_units == repeated.empty_units
    one = np.arange(150) == 3  # a single sample counts
    assert assess(som, x, sample_weight=one.astype(float)).empty_units == 15


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


METRICS = ["euclidean", "manhattan", "chebyshev", "cosine", "correlation", "mahalanobis"]
WAYS = {
    "euclidean": {},
    "mahalanobis": {},
    "manhattan": {"metric": "cityblock"},
    "chebyshev": {"metric": "chebyshev"},
    "cosine": {"metric": "cosine"},
    "correlation": {"metric": "correlation"},
}


def between(metric, x, points, covariance=None):
    """Distances of all rows of x from all points, by SciPy."""
    if metric == "mahalanobis":
        return cdist(x, points, "mahalanobis", VI=np.linalg.inv(covariance))
    return cdist(x, points, **WAYS[metric])


def adjacent(som, adjacency=None):
    found = np.zeros((som.topology.units,) * 2, bool)
    for unit, near in enumerate(som.topology.neighbours(adjacency)):
        found[unit, near[near >= 0]] = True
    return found


def test_combined_error(topology, x, rng):
    """Random weights, so that ways round several units are needed."""
    som = SOM.from_weights(rng.normal(size=(topology.units, 3)), topology.grid, lattice=topology.lattice,
                           shape=topology.shape)  # fmt: skip
    s = rng.uniform(size=150)
    for adjacency in (6,) if topology.hexagonal else (4, 8):
        to_units, edges = cdist(x, som.weights_), cdist(som.weights_, som.weights_)
        ref = naive_measures.combined_error(to_units, edges, adjacent(som, adjacency), s)
        np.testing.assert_allclose(combined_error(som, x, adjacency=adjacency, sample_weight=s), ref)


@pytest.mark.parametrize("metric", METRICS)
def test_errors_in_the_metric_of_the_map(metric, x, rng):
    x = x[:, :2] @ rng.normal(size=(2, 4)) + rng.normal(size=(150, 4))
    som = SOM(grid=(5, 5), metric=metric, epochs=2).fit(x)
    som.weights_ = som.weights_[rng.permutation(25)]
    covariance = np.cov(x.T, bias=True)
    to_units = between(metric, x, som.weights_, covariance)
    edges = between(metric, som.weights_, som.weights_, covariance)
    ref = naive_measures.combined_error(to_units, edges, adjacent(som), None)
    np.testing.assert_allclose(combined_error(som, x), ref, rtol=1e-6)
    on_map = naive.map_distances(5, 5, False, "sheet")
    ref = naive_measures.distortion(to_units, on_map, "gaussian", 1.5, None)
    np.testing.assert_allclose(distortion(som, x, sigma=1.5), ref, rtol=1e-6)


def test_cosines_have_no_triangle_inequality():
    """The way over the unit above is shorter than the edge from left to right."""
    left, above, right, _ = weights = np.array([[1, -0.1, 0], [1, 0, 0.09], [1, 0.1, 0], [-1, 0, 0]])
    som = SOM.from_weights(weights, (2, 2), metric="cosine")
    x = [[1, 0, -0.05]]
    way = sum(between("cosine", [above], [left, right])[0])
    assert way < between("cosine", [left], [right])[0, 0]
    np.testing.assert_allclose(combined_error(som, x), -som.score(x) + way)


def test_an_ordered_chain_adds_one_edge_and_a_fold_the_way_back():
    x = np.array([[0.1, 0.0], [1.1, 0.0]])
    straight = SOM.from_weights([[0.0, 0], [1, 0], [2, 0], [3, 0]], (1, 4))
    np.testing.assert_allclose(combined_error(straight, x), 0.1 + 1)
    folded = SOM.from_weights([[0.0, 0], [0, 5], [1, 5], [1, 0]], (1, 4))
    np.testing.assert_allclose(combined_error(folded, x), 0.1 + 11)


@pytest.mark.parametrize("kind", ["gaussian", "bubble", "cut_gaussian", "mexican_hat"])
def test_distortion(topology, kind, x, rng):
    som = fitted(topology, x).set_params(neighbourhood=kind)
    s = rng.uniform(size=150)
    on_map = naive.map_distances(*topology.grid, topology.hexagonal, topology.shape)
    ref = naive_measures.distortion(cdist(x, som.weights_), on_map, kind, 1.0, s)
    np.testing.assert_allclose(distortion(som, x, sigma=1.0, sample_weight=s), ref, atol=1e-12)


def test_distortion_is_taken_at_the_last_sigma_of_the_fit(x):
    som = SOM(grid=(5, 5), sigma=(3, 0.7), epochs=4).fit(x)
    assert distortion(som, x) == distortion(som, x, sigma=0.7) != distortion(som, x, sigma=1.0)
    untrained = SOM.from_weights(som.weights_, (5, 5))
    assert distortion(untrained, x) == distortion(som, x, sigma=1.0)
    with pytest.raises(InvalidParameter, match="distortion: sigma must be a number > 0"):
        distortion(som, x, sigma=0)


def test_missing_values_take_no_part(x, rng):
    gaps = np.where(rng.uniform(size=x.shape) < 0.2, np.nan, x)
    gaps = gaps[~np.isnan(gaps).all(1)]
    som = SOM(grid=(4, 5), epochs=3).fit(x)
    w = som.weights_
    squares = np.array([[np.nansum((row - unit) ** 2) for unit in w] for row in gaps])
    first = squares.argmin(1)
    left, around = np.nansum((gaps - w[first]) ** 2), np.nansum((gaps - np.nanmean(gaps, 0)) ** 2)
    found = quality(som, gaps)
    np.testing.assert_allclose(found["explained_variance"], 1 - left / around)
    on_map = naive.map_distances(4, 5, False, "sheet")
    ref = naive_measures.distortion(np.sqrt(squares), on_map, "gaussian", 1.0, None)
    np.testing.assert_allclose(found["distortion"], ref)
    ref = naive_measures.combined_error(np.sqrt(squares), cdist(w, w), adjacent(som), None)
    np.testing.assert_allclose(found["combined_error"], ref)
    assert all(np.isnan(found[name]) for name in ("trustworthiness", "continuity", "neighbourhood_preservation"))
    assert np.isfinite(found["topographic_product"])


def test_sparse_samples_are_measured_as_dense_ones(x, rng):
    x = np.where(rng.uniform(size=x.shape) < 0.5, x, 0.0)
    s = rng.uniform(size=150)
    som = SOM(grid=(4, 5), epochs=3).fit(x)
    dense, thin = quality(som, x, sample_weight=s), quality(som, sparse.csr_matrix(x), sample_weight=s)
    for name in set(dense) - {"trustworthiness", "continuity", "neighbourhood_preservation"}:
        np.testing.assert_allclose(thin[name], dense[name], err_msg=name)
    assert np.isnan(thin["trustworthiness"])


def test_quality_holds_every_measure(x, rng):
    som = SOM(grid=(5, 6), lattice="hexagonal", epochs=4).fit(x)
    s = rng.integers(0, 3, 150).astype(float)
    found = quality(som, x, neighbours=7, sample_weight=s, anchors=20)
    assert asdict(assess(som, x, sample_weight=s)).items() <= found.items()
    ranks = preservation(som, x[s > 0], neighbours=7, anchors=20)
    assert ranks._asdict().items() <= found.items()
    np.testing.assert_allclose(found["combined_error"], combined_error(som, x, sample_weight=s))
    assert found["distortion"] == distortion(som, x, sample_weight=s)
    assert found["topographic_product"] == topographic_product(som)
    repeated = np.repeat(x, s.astype(int), axis=0)
    for measure in (combined_error, distortion):
        np.testing.assert_allclose(measure(som, x, sample_weight=s), measure(som, repeated))
    assert json.loads(json.dumps(found)) == found
    assert np.isnan(quality(som, x[:20])["continuity"])
    with pytest.raises(InvalidParameter, match="quality: neighbours must be an integer >= 1"):
        quality(som, x, neighbours=0)


def test_measures_read_data_frames_without_a_warning(x):
    frame = pd.DataFrame(x, columns=list("abc"))
    som = SOM(grid=(3, 4), epochs=2).fit(frame)
    assert quality(som, frame) == quality(SOM(grid=(3, 4), epochs=2).fit(x), x)


def test_data_far_from_the_origin(x):
    near, far = (quality(SOM(grid=(4, 5), epochs=3).fit(data), data) for data in (x, x + 2.0**20))
    for name, value in near.items():
        np.testing.assert_allclose(far[name], value, rtol=1e-5, err_msg=name)


def test_blocks_change_nothing(x, monkeypatch):
    som = SOM(grid=(5, 5), epochs=2).fit(x)
    whole = quality(som, x)
    for module in (measures_common, measures_errors):
        monkeypatch.setattr(module, "BLOCK", 60)
    monkeypatch.setattr(initial, "BLOCK", 40)
    in_parts = quality(som, x)
    for name, value in whole.items():
        np.testing.assert_allclose(in_parts[name], value, err_msg=name)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_product_of_a_perfect_lattice_is_zero(topology, dtype):
    som = SOM.from_weights((3 * topology.positions + 1).astype(dtype), topology.grid, lattice=topology.lattice)
    np.testing.assert_allclose(topographic_product(som), 0, atol=1e-6 if dtype == np.float32 else 1e-12)


def test_topographic_product(topology, rng):
    """One random order of ties differs; the mean over many comes near what counts all orders."""
    som = SOM.from_weights(rng.normal(size=(topology.units, 3)), topology.grid, lattice=topology.lattice,
                           shape=topology.shape)  # fmt: skip
    on_map = naive.map_distances(*topology.grid, topology.hexagonal, topology.shape)
    between_units = cdist(som.weights_, som.weights_)
    draws = [naive_measures.topographic_product(between_units, on_map, rng) for _ in range(30)]
    error = np.std(draws, ddof=1) / np.sqrt(len(draws))
    assert abs(topographic_product(som) - np.mean(draws)) <= 4 * error + 1e-12


def test_the_sign_of_the_product_tells_the_dimension(rng):
    square = np.stack(np.divmod(np.arange(64), 8), axis=1).astype(float)
    snake = np.where((square[:, :1] % 2 == 1) & [False, True], 7 - square, square)
    assert topographic_product(SOM.from_weights(snake, (1, 64))) < -0.05
    assert topographic_product(SOM.from_weights(np.arange(64.0)[:, None], (8, 8))) > 0.05
    x = rng.uniform(size=(1000, 2))
    chain, sheet = (topographic_product(SOM(grid=grid).fit(x)) for grid in ((1, 64), (8, 8)))
    assert chain < -0.02 < -0.01 < sheet < 0.01
    assert topographic_product(SOM(grid=(8, 8)).fit(x * [1, 0.001])) > 0.05


def test_the_product_is_not_defined_for_equal_units(rng):
    for _ in range(20):  # rounding may part them
        weights = rng.normal(size=(20, 33)) + 100
        assert np.isfinite(topographic_product(SOM.from_weights(weights, (4, 5))))
        weights[13] = weights[4]
        assert np.isnan(topographic_product(SOM.from_weights(weights, (4, 5))))
