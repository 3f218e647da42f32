"""Metrics and neighbourhoods, what goes with what, and maps made from weights."""

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist

from neurosim.core.errors import DataError, InvalidParameter, StorageError
from neurosim.som import SOM, Topology

from .forms import gappy, naive_epoch, one_epoch

METRICS = {"cosine": "cosine", "correlation": "correlation", "manhattan": "cityblock", "chebyshev": "chebyshev"}


@pytest.mark.parametrize("metric", [*METRICS, "mahalanobis"])
def test_metrics(topology, rng, metric):
    x = rng.normal(size=(150, 4)) @ rng.normal(size=(4, 4)) + 2
    som = SOM(topology.grid, lattice=topology.lattice, shape=topology.shape, metric=metric, epochs=4).fit(x)
    if metric == "mahalanobis":
        wanted = cdist(x, som.weights_, "mahalanobis", VI=np.linalg.inv(np.cov(x.T, bias=True)))
    else:
        wanted = cdist(x, som.weights_, METRICS[metric])
    np.testing.assert_allclose(som.distances(x), wanted, atol=1e-6)
    np.testing.assert_array_equal(som.predict(x), wanted.argmin(1))
    np.testing.assert_allclose(-som.score(x), wanted.min(1).mean(), rtol=1e-6)
    again = SOM(topology.grid, lattice=topology.lattice, metric=metric, epochs=1, init=som.weights_).fit(x)
    np.testing.assert_allclose(again.history_["qe"], wanted.min(1).mean(), rtol=1e-6)
    if metric in ("cosine", "correlation"):
        np.testing.assert_allclose(np.linalg.norm(som.weights_, axis=1), 1)


def test_mahalanobis_does_not_depend_on_units_of_measure(rng):
    x = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 3))
    a = SOM((5, 5), metric="mahalanobis", init="sample", random_state=0, epochs=5).fit(x)
    b = SOM((5, 5), metric="mahalanobis", init="sample", random_state=0, epochs=5).fit(x * [1, 1000, 0.01] + 7)
    np.testing.assert_allclose(b.weights_, a.weights_ * [1, 1000, 0.01] + 7, rtol=1e-6)
    np.testing.assert_array_equal(a.predict(x), b.predict(x * [1, 1000, 0.01] + 7))


def half_squares(x, w):
    return 0.5 * ((x - w) ** 2).sum()


def test_a_function_as_metric(rng):
    x = rng.normal(size=(100, 3))
    ref = SOM((4, 4), epochs=4).fit(x)
    comp = SOM((4, 4), epochs=4, metric=half_squares).fit(x)
    np.testing.assert_allclose(comp.weights_, ref.weights_, atol=1e-12)
    np.testing.assert_allclose(comp.distances(x), ref.distances(x) ** 2 / 2, atol=1e-6)


@pytest.mark.parametrize("kind", ["bubble", "cut_gaussian"])
@pytest.mark.parametrize("sigma", [1.0, 1.8])
def test_neighbourhoods(topology, rng, kind, sigma):
    x, w = rng.normal(size=(90, 3)), rng.normal(size=(topology.units, 3))
    som = one_epoch(x, w, topology, sigma, neighbourhood=kind)
    table = cdist(x, w)
    np.testing.assert_allclose(som.weights_, naive_epoch(x, w, topology, sigma, table, kind), atol=1e-10)


@pytest.mark.parametrize(
    ("parameters", "data"),
    [
        ({"metric": "cosine"}, "gaps"),
        ({"metric": "chebyshev"}, "csr"),
        ({"metric": "manhattan", "algorithm": "online"}, "csr"),
        ({"metric": half_squares}, "gaps"),
        ({"metric": "minkowski"}, "dense"),
        ({"metric": 3}, "dense"),
    ],
)
def test_pairs_that_are_not_supported(rng, parameters, data):
    x = {"gaps": gappy(rng), "csr": sparse.random(50, 9, 0.5, "csr", rng=rng), "dense": rng.normal(size=(50, 3))}[data]
    with pytest.raises(InvalidParameter, match=r"SOM: metric must be one that is supported for") as caught:
        SOM((3, 3), **parameters).fit(x)
    assert "mahalanobis  yes" in str(caught.value)


def test_other_pairs_that_are_not_supported(rng):
    x = rng.normal(size=(50, 3))
    with pytest.raises(InvalidParameter, match="neighbourhood"):
        SOM((3, 3), neighbourhood="mexican_hat").fit(x)
    with pytest.raises(InvalidParameter, match="steps"):
        SOM((3, 3), steps=100).fit(x)
    with pytest.raises(DataError, match="all zeros"):
        SOM((3, 3), metric="cosine").fit(np.vstack([x, np.zeros(3)]))
    with pytest.raises(DataError, match="constant"):
        SOM((3, 3), metric="correlation").fit(np.vstack([x, np.ones(3)]))
    with pytest.raises(DataError, match="span 2 dimensions"):
        SOM((3, 3), metric="mahalanobis").fit(x[:, [0, 1, 1]])
    with pytest.raises(InvalidParameter, match="compile"):
        SOM((3, 3), metric=lambda x, w: {}.get(x)).fit(x)


def nothing_for_negatives(x, w):
    return np.sqrt(x[0]) + 0 * w[0]


def test_a_metric_without_a_result(rng):
    x = np.array([[1.0, 1], [2, 2], [-3, 1], [1, 1]])
    with pytest.raises(DataError, match="the metric gives no finite distance from any unit for sample 2 of X"):
        SOM((2, 2), metric=nothing_for_negatives, init="sample", random_state=0).fit(x)
    for algorithm in ("batch", "online"):
        som = SOM((2, 2), metric=nothing_for_negatives, algorithm=algorithm, random_state=0).fit(abs(x))
        before = som.predict(abs(x))
        with pytest.raises(DataError, match="no finite distance"):
            som.fit(x)
        np.testing.assert_array_equal(som.predict(abs(x)), before)
    with pytest.raises(InvalidParameter, match="a number >= 0"):
        SOM((2, 2), metric=lambda x, w: x[0] - w[0] - 9.0).fit(x)


def test_a_function_is_compiled_once(rng):
    from neurosim.som import distances

    assert distances.compiled(half_squares) is distances.compiled(half_squares)


def test_the_metric_is_that_of_the_fit(rng):
    x = rng.normal(size=(80, 3)) + 1
    som = SOM((3, 3), metric="cosine", epochs=2).fit(x)
    before = som.predict(x)
    som.set_params(metric="mahalanobis")
    np.testing.assert_array_equal(som.predict(x), before)
    assert som.fit(x).whitening_.shape == (3, 3)


def test_a_refused_fit_leaves_the_map_alone(rng, tmp_path):
    x, other = rng.normal(size=(80, 3)), rng.normal(size=(80, 3)) * [1, 5, 9]
    som = SOM((3, 3), metric="mahalanobis", epochs=2, random_state=1).fit(x, checkpoint=tmp_path / "run.npz")
    before, seed = som.score(x), som.seed_
    with pytest.raises(StorageError):
        som.fit(other, checkpoint=tmp_path / "run.npz")
    assert som.score(x) == before
    assert som.seed_ == seed


@pytest.mark.parametrize("wrong", [{"init": np.zeros((2, 2))}, {"learning_rate": (2, 1)}, {"metric": "cosine"}])
def test_an_error_leaves_the_map_alone(rng, wrong):
    x = rng.normal(size=(80, 3))
    som = SOM((3, 3), metric="mahalanobis", epochs=2).fit(x)
    before = som.score(x)
    other = np.c_[x, np.ones(80)]
    other[0] = 0
    with pytest.raises((InvalidParameter, DataError)):
        som.set_params(**wrong).fit(other)
    assert som.score(x) == before


def test_an_interrupt_before_training_leaves_the_map_alone(rng, monkeypatch):
    x = rng.normal(size=(80, 3))
    som = SOM((3, 3), epochs=2).fit(x)
    before = som.predict(x)

    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(SOM, "_initial_weights", interrupt)
    with pytest.raises(KeyboardInterrupt):
        som.set_params(metric="mahalanobis").fit(x)
    np.testing.assert_array_equal(som.predict(x), before)


def test_tiny_sigma_is_refused(rng):
    with pytest.raises(InvalidParameter, match="two numbers >= 1e-06"):
        SOM((3, 3), sigma=(1, 1e-170)).fit(rng.normal(size=(9, 2)))


def test_before_a_fit(rng):
    from sklearn.exceptions import NotFittedError

    from neurosim.som import u_matrix

    for use in (SOM((3, 3)).impute, lambda _: u_matrix(SOM((3, 3)))):
        with pytest.raises(NotFittedError):
            use(np.ones((2, 2)))
    with pytest.raises(InvalidParameter, match="until a fit has seen samples"):
        _ = SOM("auto").topology


def test_a_constant_feature_and_mahalanobis(rng):
    with pytest.raises(DataError, match="span 2 dimensions"):
        SOM((3, 3), metric="mahalanobis").fit(np.c_[rng.normal(size=(50, 2)), np.ones(50)])


def test_auto_grid(rng):
    x = rng.normal(size=(400, 3)) * [4, 2, 1]
    som = SOM("auto", epochs=1).fit(x)
    rows, columns = som.topology.grid
    assert 85 <= rows * columns <= 115
    assert 1.6 <= rows / columns <= 2.6
    with pytest.raises(InvalidParameter, match="grid"):
        SOM("automatic").fit(x)


def test_from_weights(rng):
    x = rng.normal(size=(200, 3))
    trained = SOM((4, 5), lattice="hexagonal", epochs=5).fit(x)
    som = SOM.from_weights(trained.weights_, (4, 5), lattice="hexagonal")
    np.testing.assert_array_equal(som.predict(x), trained.predict(x))
    assert som.score(x) == trained.score(x)
    with pytest.raises(InvalidParameter, match=r"shape \(20, features\), one row for each unit"):
        SOM.from_weights(trained.weights_[:7], (4, 5))
    with pytest.raises(InvalidParameter, match="NaN"):
        SOM.from_weights(np.full((20, 2), np.nan), (4, 5))
    for wrong in (np.zeros((20, 0)), [[1, 2], [3]], "weights", 7):
        with pytest.raises(InvalidParameter, match="weights must be a finite array"):
            SOM.from_weights(wrong, (4, 5))


def test_a_map_with_gaps_is_kept_in_a_file(rng, tmp_path):
    import neurosim

    x = gappy(rng)
    for metric in ("euclidean", "mahalanobis", "manhattan"):
        data = np.nan_to_num(x) if metric == "mahalanobis" else x
        som = SOM((4, 4), metric=metric, epochs=2).fit(data)
        som.save(tmp_path / "map.npz")
        np.testing.assert_array_equal(neurosim.load(tmp_path / "map.npz").predict(data), som.predict(data))


def test_topology_of_auto_grid_is_that_of_the_fit(rng):
    som = SOM("auto", lattice="hexagonal", shape="toroid", epochs=1).fit(rng.normal(size=(100, 2)))
    assert isinstance(som.topology, Topology)
    assert som.topology.grid[0] % 2 == 0
