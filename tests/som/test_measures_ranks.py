"""Trustworthiness, continuity and shared neighbours against naive sums over all orders of ties, and scikit-learn."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist
from sklearn.manifold import trustworthiness as of_scikit_learn

from neurosim.core import parallel
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.som import SOM, measures_common
from neurosim.som.measures_ranks import continuity, neighbourhood_preservation, preservation, trustworthiness

from . import naive, naive_measures


def fitted(topology, x):
    return SOM(grid=topology.grid, lattice=topology.lattice, shape=topology.shape, epochs=2).fit(x)


@pytest.mark.parametrize("neighbours", [1, 4, 14])
def test_all_orders_of_ties_count(topology, neighbours, rng):
    """Coordinates are whole numbers, so that distances in the data are tied too."""
    x = rng.integers(0, 4, (30, 2)).astype(float)
    som = fitted(topology, x)
    winners = som.predict(x)
    on_map = naive.map_distances(*topology.grid, topology.hexagonal, topology.shape).round(9)[np.ix_(winners, winners)]
    ref = naive_measures.rank_measures(cdist(x, x).round(9), on_map, neighbours)
    np.testing.assert_allclose(preservation(som, x, neighbours=neighbours), ref, rtol=1e-12)


def test_scikit_learn_agrees_where_ties_are_broken_by_chance(rng):
    x = rng.normal(size=(60, 3))
    som = SOM(grid=(5, 6), epochs=5).fit(x)
    places = som.transform(x)
    broken = [places + 1e-6 * rng.normal(size=places.shape) for _ in range(200)]
    for ours, draws in (
        (trustworthiness, [of_scikit_learn(x, b, n_neighbors=5) for b in broken]),
        (continuity, [of_scikit_learn(b, x, n_neighbors=5) for b in broken]),
    ):
        error = np.std(draws, ddof=1) / np.sqrt(len(draws))
        assert error < 5e-4
        assert abs(ours(som, x, neighbours=5) - np.mean(draws)) < 4 * error


def test_perfect_order_and_none(rng):
    square = np.stack(np.divmod(np.arange(64), 8), axis=1).astype(float)
    ordered = SOM.from_weights(square, (8, 8))
    np.testing.assert_allclose(preservation(ordered, square, neighbours=8)[:2], 1.0, atol=0.02)  # corners have ties
    x = rng.uniform(0, 7, (400, 2))
    shuffled = SOM.from_weights(rng.permutation(square), (8, 8))
    good, bad = preservation(ordered, x), preservation(shuffled, x)
    assert min(good[:2]) > 0.98
    assert good.neighbourhood_preservation > 0.5
    assert max(bad[:2]) < 0.9
    assert neighbourhood_preservation(ordered, x) == good.neighbourhood_preservation


@pytest.mark.parametrize("metric", ["cosine", "manhattan"])
def test_neighbours_in_the_metric_of_the_map(metric, rng):
    x = rng.normal(size=(40, 3)) + 1
    som = SOM(grid=(4, 4), metric=metric, epochs=2).fit(x)
    winners = som.predict(x)
    on_map = naive.map_distances(4, 4, False, "sheet")[np.ix_(winners, winners)]
    in_data = cdist(x, x, {"manhattan": "cityblock"}.get(metric, metric))
    np.testing.assert_allclose(preservation(som, x, neighbours=3), naive_measures.rank_measures(in_data, on_map, 3))


def test_equal_distances_tie_in_spite_of_rounding(rng):
    """Tenths are no binary fractions: 0.3 - 0.2 and 0.2 - 0.1 differ in the last place."""
    whole = rng.integers(0, 8, (120, 2)).astype(float)
    weights = rng.uniform(0, 8, (20, 2))
    found = [preservation(SOM.from_weights(weights * unit, (4, 5)), whole * unit) for unit in (1, 0.1, 0.3)]
    np.testing.assert_allclose(found, found[:1] * 3, rtol=1e-12)


@pytest.mark.parametrize("far", [1e3, 1e6, 1e8])
def test_an_outlier_does_not_tie_all_others(rng, far):
    x = rng.normal(size=(150, 3))
    som = SOM(grid=(6, 8), epochs=5).fit(x)
    moved = np.vstack([x[:-1], np.full((1, 3), far)])
    places = SOM.from_weights(np.vstack([som.weights_[:-1], moved[-1:]]), (6, 8))
    winners = places.predict(moved)
    on_map = naive.map_distances(6, 8, False, "sheet")[np.ix_(winners, winners)]
    ref = naive_measures.rank_measures(cdist(moved, moved), on_map, 5)
    np.testing.assert_allclose(preservation(places, moved, neighbours=5), ref, atol=1e-12 if far < 1e7 else 2e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("metric", ["euclidean", "mahalanobis"])
def test_distances_are_right_beside_an_outlier(rng, dtype, metric):
    """Two heaps far apart and a pair of equal points: |a|^2 + |b|^2 - 2 a.b would leave no digits of what is near."""
    x = rng.normal(size=(150, 3))
    points = np.vstack([x[:40], x[40:80] + 3e4, x[:1], np.full((1, 3), 1e6)]).astype(dtype)
    som = SOM.from_weights(points[:4], (2, 2))
    if metric == "mahalanobis":
        som = SOM(grid=(2, 2), metric=metric, epochs=1).fit(x.astype(dtype))
    for _, found in measures_common.distance_blocks(som, points, points):
        there = points.astype(np.float64) @ som.whitening_ if metric == "mahalanobis" else points.astype(np.float64)
        there = som._space(points).samples(points).astype(np.float64) if dtype == np.float32 else there
        np.testing.assert_allclose(found, cdist(there, there), rtol=1e-9 if metric == "euclidean" else 1e-5)
    assert found[0, 80] == 0


def test_anchors_estimate_the_whole_mean(rng):
    x = rng.normal(size=(600, 4))
    som = SOM(grid=(8, 8), epochs=5).fit(x)
    whole, some = preservation(som, x), preservation(som, x, anchors=200)
    assert whole == preservation(som, x, anchors=600) == preservation(som, x, anchors=9999)
    assert whole != some
    np.testing.assert_allclose(some, whole, atol=0.03)


def test_threads_change_nothing(rng, monkeypatch):
    x = rng.normal(size=(300, 4))
    som = SOM(grid=(6, 6), epochs=2).fit(x)
    found = []
    for threads in (1, 2, 4):
        monkeypatch.setattr(parallel, "_threads", threads)
        found.append(preservation(som, x))
    assert found[0] == found[1] == found[2]


def test_memory_grows_with_samples_not_with_their_square(rng):
    x = rng.normal(size=(30_000, 2)).astype(np.float32)
    som = SOM.from_weights(x[:25], (5, 5))
    som.predict(x)
    tracemalloc.start()
    preservation(som, x, anchors=100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6  # all distances at once would take 3.6 GB, those of the anchors alone 24 MB


def test_what_is_not_defined_is_refused(rng):
    x = rng.normal(size=(30, 3))
    som = SOM(grid=(3, 3), epochs=1).fit(x)
    gaps = x.copy()
    gaps[3, 1] = np.nan
    with pytest.raises(DataError, match=r"not defined for missing values \(NaN\); som.impute"):
        trustworthiness(som, gaps)
    with pytest.raises(DataError, match="X is sparse"):
        continuity(som, sparse.csr_matrix(x))
    with pytest.raises(InvalidParameter, match="neighbours must be less than half of the 30 samples"):
        neighbourhood_preservation(som, x, neighbours=15)
    for bad in ({"neighbours": 0}, {"neighbours": 2.5}, {"anchors": 0}):
        with pytest.raises(InvalidParameter, match="an integer >= 1"):
            preservation(som, x, **bad)
