"""Labels, clusters and mixtures of units."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import AgglomerativeClustering
from sklearn.exceptions import NotFittedError
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets import load_iris, make_blobs
from neurosim.som import SOM
from neurosim.som.mixtures import mixture
from neurosim.som.units import cluster_units, label_map

CENTRES = [[0, 0], [9, 0], [0, 9], [9, 9]]


@pytest.fixture
def blobs():
    return make_blobs(400, centers=CENTRES, random_state=1)


@pytest.fixture
def som(blobs):
    return SOM(grid=(8, 8), epochs=10).fit(blobs.data)


def test_counts_labels_and_purity():
    x = np.array([[0.0, 0], [0.1, 0], [0.2, 0], [5, 0], [5.1, 0]])
    y = np.array(["b", "b", "a", "c", "c"])
    som = SOM(grid=(1, 3), epochs=1).fit(x)
    som.weights_ = np.array([[0.0, 0], [1.7, 0], [5, 0]])
    found = label_map(som, x, y)
    assert found.classes.tolist() == ["a", "b", "c"]
    assert found.counts.tolist() == [[1, 2, 0], [0, 0, 0], [0, 0, 2]]
    assert found.labels.tolist() == ["b", "b", "c"]  # the unit that wins nothing is nearer to the first
    np.testing.assert_allclose(found.purity, [2 / 3, np.nan, 1])
    assert found.predict([[1.6, 0], [9, 9]]).tolist() == ["b", "c"]
    som.weights_[:] = 7
    assert found.predict([[5.1, 0]]).tolist() == ["c"]  # what was found is of the map as it was


def test_labels_of_blobs(som, blobs):
    found = label_map(som, blobs.data[:200], blobs.target[:200])
    assert found.counts.sum() == 200
    assert (found.predict(blobs.data[200:]) == blobs.target[200:]).mean() > 0.99


@pytest.mark.parametrize("missing", [np.nan, None, pd.NA])
@pytest.mark.parametrize("every", [1, 7])
def test_missing_labels_are_refused(som, blobs, missing, every):
    y = blobs.target.astype(object)
    y[::every] = missing
    with pytest.raises(DataError, match="label_map: y must hold labels that can be sorted, none missing"):
        label_map(som, blobs.data, y)
    if missing is np.nan:
        with pytest.raises(DataError, match="none missing"):
            label_map(som, blobs.data, y.astype(float))


def test_label_map_checks_lengths(som, blobs):
    with pytest.raises(ValueError, match="inconsistent numbers"):
        label_map(som, blobs.data, blobs.target[:-1])
    with pytest.raises(NotFittedError):
        label_map(SOM(), blobs.data, blobs.target)


@pytest.mark.parametrize("method", ["kmeans", "ward"])
def test_four_blobs_are_four_clusters(som, blobs, method):
    found = cluster_units(som, method=method, random_state=0)
    assert found.clusters == 4
    assert min(found.davies_bouldin, key=found.davies_bouldin.get) == 4
    assert list(found.davies_bouldin) == [2, 3, 4, 5, 6, 7, 8]
    assert adjusted_rand_score(found.labels[som.predict(blobs.data)], blobs.target) > 0.98
    for cluster, centre in enumerate(found.centres):
        np.testing.assert_allclose(centre, som.weights_[found.labels == cluster].mean(0))
    first = [np.flatnonzero(found.labels == cluster)[0] for cluster in range(4)]
    assert first == sorted(first)


@pytest.mark.parametrize(("lattice", "shape"), [("rect", "sheet"), ("hexa", "sheet"), ("hexa", "toroid")])
def test_ward_keeps_clusters_connected(rng, lattice, shape):
    som = SOM(grid=(6, 6), lattice=lattice, shape=shape, init="random", random_state=0, epochs=1)
    som.fit(rng.normal(size=(200, 3)))
    som.weights_ = rng.normal(size=(36, 3))  # neighbours on the map that are no neighbours in space
    neighbours = som.topology.neighbours(6 if lattice == "hexa" else 4)
    joined = np.zeros((36, 36))
    for unit, others in enumerate(neighbours):
        joined[unit, others[others >= 0]] = 1
    for clusters in (1, 2, 5, 17, 36):
        labels = cluster_units(som, clusters, method="ward").labels
        peer = AgglomerativeClustering(clusters, connectivity=joined, linkage="ward").fit_predict(som.weights_)
        assert adjusted_rand_score(labels, peer) == 1
        for cluster in range(clusters):
            own = labels == cluster
            assert connected_components(joined[np.ix_(own, own)])[0] == 1


def test_davies_bouldin_by_hand(som):
    found = cluster_units(som, 3, random_state=1)
    parts = [som.weights_[found.labels == c] for c in range(3)]
    scatter = [np.linalg.norm(p - p.mean(0), axis=1).mean() for p in parts]
    worst = np.zeros(3)
    for i, j in itertools.permutations(range(3), 2):
        apart = np.linalg.norm(parts[i].mean(0) - parts[j].mean(0))
        worst[i] = max(worst[i], (scatter[i] + scatter[j]) / apart)
    assert list(found.davies_bouldin) == [3]
    np.testing.assert_allclose(found.davies_bouldin[3], worst.mean())


def test_clusters_depend_on_the_seed_alone(rng):
    som = SOM(grid=(20, 20), epochs=2).fit(rng.normal(size=(500, 5)))
    first = cluster_units(som, (2, 9), random_state=3)
    with threadpool_limits(1):
        second = cluster_units(som, (2, 9), random_state=3)
    np.testing.assert_array_equal(first.labels, second.labels)
    assert first.davies_bouldin == second.davies_bouldin
    assert first.davies_bouldin != cluster_units(som, (2, 9), random_state=4).davies_bouldin


def test_range_and_extremes(som):
    assert list(cluster_units(som, (3, 5), method="ward").davies_bouldin) == [3, 4, 5]
    one = cluster_units(som, 1, random_state=0)
    assert set(one.labels) == {0}
    assert np.isnan(one.davies_bouldin[1])
    assert cluster_units(som, (1, 2), method="ward").clusters == 2


@pytest.mark.parametrize("clusters", [0, 65, (1, 65), (5, 3), (1, 2, 3), 2.0, True, "4"])
def test_numbers_of_clusters_are_checked(som, clusters):
    with pytest.raises(InvalidParameter, match="clusters must be an integer in"):
        cluster_units(som, clusters)


def test_other_errors_of_clusters(som):
    with pytest.raises(InvalidParameter, match="one of kmeans, ward"):
        cluster_units(som, method="linkage")
    som.weights_ = np.ones_like(som.weights_)
    with pytest.raises(DataError, match="1 different weight vectors cannot make 2 clusters"):
        cluster_units(som)


@pytest.fixture
def models(rng):
    """A map of three features whose weights are positive."""
    som = SOM(grid=(3, 4), epochs=2).fit(rng.uniform(size=(50, 3)))
    som.weights_ = rng.uniform(size=(12, 3))
    return som


def best_by_trial(weights, sample, most):
    """The nearest non-negative combination, by least squares of every subset of units."""
    best = np.linalg.norm(sample)
    for count in range(1, most + 1):
        for units in itertools.combinations(range(len(weights)), count):
            shares = np.linalg.lstsq(weights[list(units)].T, sample, rcond=None)[0]
            if (shares >= 0).all():
                best = min(best, np.linalg.norm(shares @ weights[list(units)] - sample))
    return best


def test_mixtures_are_the_best_of_all(models, rng):
    x = rng.normal(size=(20, 3)) + 0.3
    found = mixture(models, x)
    assert found.coefficients.shape == (20, 12)
    assert found.coefficients.data.min() > 0
    assert np.diff(found.coefficients.indptr).max() <= 3
    np.testing.assert_allclose(found.residuals, np.linalg.norm(found.coefficients @ models.weights_ - x, axis=1))
    for sample, residual in zip(x, found.residuals, strict=True):
        np.testing.assert_allclose(residual, best_by_trial(models.weights_, sample, 3), atol=1e-9)


def test_a_unit_is_its_own_mixture(models):
    found = mixture(models, models.weights_, most=1)
    np.testing.assert_allclose(found.residuals, 0, atol=1e-9)


def test_most_takes_what_fits_best(rng):
    som = SOM(grid=(1, 3), epochs=1).fit(rng.uniform(size=(50, 3)))
    som.weights_ = np.diag([1.0, 10.0, 100.0])
    found = mixture(som, [[5.0, 4.0, 6.0], [-1.0, 2.0, 0.0], [-1.0, 0.0, 0.0]], most=2)
    np.testing.assert_allclose(found.coefficients.toarray(), [[5, 0, 0.06], [0, 0.2, 0], [0, 0, 0]])
    np.testing.assert_allclose(found.residuals, [4, 1, 1])
    known = mixture(som, [[5.0, np.nan, 6.0], [np.nan, 4.0, np.nan]], most=2)
    np.testing.assert_allclose(known.coefficients.toarray(), [[5, 0, 0.06], [0, 0.4, 0]], atol=1e-12)
    np.testing.assert_allclose(known.residuals, 0, atol=1e-12)
    sparse = mixture(som, csr_array([[5.0, 0.0, 6.0], [-1.0, 2.0, 0.0]]))
    np.testing.assert_allclose(sparse.coefficients.toarray(), [[5, 0, 0.06], [0, 0.2, 0]])
    som.weights_[2] = 0
    np.testing.assert_allclose(mixture(som, [[5.0, 4.0, 6.0]], most=3).residuals, 6)


def test_more_units_fit_better(models, rng):
    x = rng.normal(size=(40, 3)) + 0.3
    full = mixture(models, x).residuals
    found = [mixture(models, x, most=most) for most in (1, 2, 3, 12)]
    assert min(mixed.coefficients.data.min() for mixed in found) > 0
    errors = np.array([mixed.residuals for mixed in found])
    assert (np.diff(errors, axis=0) <= 1e-9).all()
    assert (errors >= full - 1e-9).all()
    np.testing.assert_allclose(errors[-1], full, atol=1e-6)
    for sample, residual in zip(x, errors[0], strict=True):
        np.testing.assert_allclose(residual, best_by_trial(models.weights_, sample, 1))


def test_mixture_checks():
    x = load_iris().data
    with pytest.raises(InvalidParameter, match="most must be an integer >= 1"):
        mixture(SOM(grid=(2, 2), epochs=1).fit(x), x, most=0)
    with pytest.raises(ValueError, match="features"):
        mixture(SOM(grid=(2, 2), epochs=1).fit(x), x[:, :3])
