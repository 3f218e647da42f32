"""Missing values, CSR matrices and other metrics, against the batch map written out in loops."""

import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist

from neurosim.core import parallel
from neurosim.core.errors import DataError, InvalidParameter, StorageError
from neurosim.som import SOM, Topology

from . import naive


def gappy(rng, n=120, d=5, share=0.25):
    x = rng.normal(size=(n, d))
    gaps = rng.random((n, d)) < share
    gaps[np.arange(n), rng.integers(0, d, n)] = False  # something is known of every sample
    return np.where(gaps, np.nan, x)


def known_distances(x, w, power):
    return np.array([[(abs(a - b)[~np.isnan(a)] ** power).sum() ** (1 / power) for b in w] for a in x])


def naive_epoch(x, w, topology, sigma, table, kind="gaussian"):
    """One batch step from a table of distances (samples, units); NaN has no say in a mean."""
    winners = table.argmin(1)
    new = w.copy()
    apart = naive.map_distances(*topology.grid, topology.hexagonal, topology.shape)
    for u in range(len(w)):
        d2 = apart[u, winners] ** 2 / sigma**2
        inside = d2 <= 1 + 1e-9
        h = {"gaussian": np.exp(-d2 / 2), "bubble": inside * 1.0, "cut_gaussian": inside * np.exp(-d2 / 2)}[kind]
        for j in range(x.shape[1]):
            known = ~np.isnan(x[:, j])
            if h[known].sum() > 1e-195:
                new[u, j] = (h[known] * x[known, j]).sum() / h[known].sum()
    return new


def one_epoch(x, w, topology, sigma, **parameters):
    som = SOM(
        topology.grid,
        lattice=topology.lattice,
        shape=topology.shape,
        sigma=(sigma, sigma),
        epochs=1,
        init=w,
        **parameters,
    )
    return som.fit(x)


@pytest.mark.parametrize(("metric", "power"), [("euclidean", 2), ("manhattan", 1)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_missing_values(topology, rng, metric, power, dtype):
    x = gappy(rng).astype(dtype)
    w = rng.normal(size=(topology.units, 5)).astype(dtype)
    som = one_epoch(x, w, topology, 1.3, metric=metric)
    table = known_distances(x.astype(float), w.astype(float), power)
    wanted = naive_epoch(x.astype(float), w.astype(float), topology, 1.3, table)
    np.testing.assert_allclose(som.weights_, wanted, atol=1e-10 if dtype == np.float64 else 2e-5)
    np.testing.assert_allclose(som.history_["qe"], table.min(1).mean(), rtol=1e-12 if dtype == np.float64 else 1e-5)
    two = table.argsort(1)[:, :2]
    reach = 1.5 if topology.adjacency == 8 else 1.01
    far = naive.map_distances(*topology.grid, topology.hexagonal, topology.shape)[two[:, 0], two[:, 1]] > reach
    np.testing.assert_allclose(som.history_["te"], far.mean(), atol=1e-12 if dtype == np.float64 else 0.02)
    after = known_distances(x.astype(float), som.weights_.astype(float), power)
    np.testing.assert_allclose(som.distances(x), after, atol=1e-6 if dtype == np.float64 else 2e-3)
    assert (som.predict(x) == after.argmin(1)).mean() > 0.98


def test_without_gaps_missing_values_change_nothing(rng):
    x = rng.normal(size=(300, 4))
    som = SOM((5, 6), epochs=3).fit(x)
    one_gap = np.vstack([x, [np.nan, 0, 0, 0]])
    weights = np.r_[np.ones(300), 1e-300]
    again = SOM((5, 6), epochs=3).fit(one_gap, sample_weight=weights)
    np.testing.assert_allclose(again.weights_, som.weights_, atol=1e-9)


def test_impute(rng):
    hidden = rng.uniform(-1, 1, (2000, 1))
    x = np.hstack([hidden, 2 * hidden, -hidden])
    gaps = rng.random(x.shape) < 0.2
    gaps[gaps.all(1)] = False
    holes = np.where(gaps, np.nan, x)
    som = SOM((1, 30), sigma=(10, 0.5), epochs=30).fit(holes)
    filled = som.impute(holes)
    np.testing.assert_array_equal(filled[~gaps], x[~gaps])
    error = np.sqrt(((filled - x)[gaps] ** 2).mean())
    assert error < 0.1 * x[gaps].std()
    np.testing.assert_array_equal(np.isnan(holes), gaps)  # a copy was filled


def test_a_sample_or_a_feature_without_values(rng):
    x = gappy(rng)
    empty = x.copy()
    empty[7] = np.nan
    with pytest.raises(DataError, match="sample 7 of X has no value"):
        SOM((3, 3)).fit(empty)
    with pytest.raises(DataError, match="sample 7 of X has no value"):
        SOM((3, 3), epochs=1).fit(x).predict(empty)
    empty = x.copy()
    empty[:, 2] = np.nan
    with pytest.raises(DataError, match="feature 2 of X has no value"):
        SOM((3, 3)).fit(empty)
    assert SOM((3, 3), epochs=1).fit(x).predict(empty).shape == (len(x),)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_csr_equals_dense(topology, rng, dtype, metric):
    x = np.abs(sparse.random(150, 40, 0.1, "csr", rng=rng).astype(dtype))
    x = sparse.csr_matrix(x + sparse.csr_matrix((np.full(150, 0.5, dtype), (np.arange(150), np.arange(150) % 40))))
    s = rng.integers(1, 4, 150)
    given = {"init": rng.random((topology.units, 40)), "sigma": (1.5, 0.6), "epochs": 3, "metric": metric}
    shape = {"lattice": topology.lattice, "shape": topology.shape}
    comp = SOM(topology.grid, **shape, **given).fit(x, sample_weight=s)
    ref = SOM(topology.grid, **shape, **given).fit(x.toarray(), sample_weight=s)
    close = {"rtol": 0, "atol": 1e-10 if dtype == np.float64 else 1e-4}
    assert comp.weights_.dtype == dtype
    np.testing.assert_allclose(comp.weights_, ref.weights_, **close)
    np.testing.assert_allclose(comp.history_["qe"], ref.history_["qe"], **close)
    np.testing.assert_allclose(
        comp.distances(x), ref.distances(x.toarray()), atol=1e-6 if dtype == np.float64 else 3e-3
    )
    assert (comp.predict(x) == ref.predict(x.toarray())).mean() > 0.98


@pytest.mark.parametrize("init", ["pca", "random", "sample"])
def test_first_weights_of_csr(rng, init):
    x = sparse.random(200, 30, 0.2, "csr", rng=rng)
    comp, ref = (SOM((6, 5), init=init, epochs=1, random_state=1, sigma=(0.01, 0.01)) for _ in "ab")
    a, b = comp.fit(x)._initial_weights(x, np.ones(200), comp.topology), ref.fit(x.toarray())
    b = ref._initial_weights(x.toarray(), np.ones(200), ref.topology)
    np.testing.assert_allclose(a, b, atol=1e-8)


@pytest.mark.parametrize("shape", [(20, 200), (200, 20), (3, 50)])
@pytest.mark.parametrize("rank", [0, 1, 2])
def test_first_weights_of_csr_of_low_rank(rng, shape, rank):
    x = sum((np.outer(rng.random(shape[0]), rng.random(shape[1])) for _ in range(rank)), np.ones(shape))
    comp, ref = (SOM((3, 4), epochs=1).fit(data) for data in (sparse.csr_matrix(x), x))
    np.testing.assert_allclose(comp.weights_, ref.weights_, atol=1e-6)


def test_a_checkpoint_of_other_columns_is_refused(rng, tmp_path):
    x = sparse.random(60, 20, 0.3, "csr", rng=rng)
    other = sparse.csr_matrix((x.data, x.indices[::-1].copy(), x.indptr), x.shape)
    SOM((3, 4), epochs=2).fit(x, checkpoint=tmp_path / "run.npz")
    with pytest.raises(StorageError, match="the data differ"):
        SOM((3, 4), epochs=2).fit(other, checkpoint=tmp_path / "run.npz", resume=True)


def test_csr_of_any_make(rng):
    x = sparse.random(60, 20, 0.3, "csr", rng=rng)
    ref = SOM((3, 4), epochs=2).fit(x)
    doubled = sparse.csr_matrix(
        (np.tile(x.data / 2, 2), (np.tile(x.nonzero()[0], 2), np.tile(x.nonzero()[1], 2))), x.shape
    )
    messy = sparse.csr_matrix(x.shape)
    messy = sparse.coo_matrix((x.data, x.nonzero()), x.shape)
    positive = abs(x) + sparse.csr_matrix(np.eye(60, 20, k=0) + np.eye(60, 20, k=-20) + np.eye(60, 20, k=-40))
    cosine = {"metric": "cosine", "epochs": 2}
    np.testing.assert_array_equal(
        SOM((3, 4), **cosine).fit(sparse.csr_array(positive)).weights_, SOM((3, 4), **cosine).fit(positive).weights_
    )
    for other in (doubled, messy, x.tocsc(), sparse.csr_array(x)):
        np.testing.assert_allclose(SOM((3, 4), epochs=2).fit(other).weights_, ref.weights_, atol=1e-10)
    before = x.copy()
    SOM((3, 4), epochs=1).fit(x)
    assert (x != before).nnz == 0


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


@pytest.mark.parametrize("gaps", [False, True])
def test_distances_far_from_the_origin(rng, gaps):
    x = (gappy(rng) if gaps else rng.normal(size=(100, 4))) + 1e7
    som = SOM((4, 4), epochs=3).fit(x)
    wanted = known_distances(x, som.weights_, 2)
    np.testing.assert_allclose(som.distances(x), wanted, atol=1e-5)


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


@pytest.mark.parametrize("form", ["gaps", "csr", "manhattan"])
def test_the_same_bits_for_any_number_of_threads(rng, form, monkeypatch):
    x = gappy(rng, 5000, 6, 0.1) if form != "csr" else sparse.random(3000, 50, 0.1, "csr", rng=rng)
    results = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(parallel, "_threads", threads)
        som = SOM((8, 8), epochs=2, metric="manhattan" if form == "manhattan" else "euclidean").fit(x)
        results.append((som.weights_, som.history_["qe"], som.history_["te"]))
    for other in results[1:]:
        for a, b in zip(other, results[0], strict=True):
            np.testing.assert_array_equal(a, b)


PLAIN = """
import sys, numpy as np
from scipy import sparse
from neurosim.core.vector import WIDE
from neurosim.som import SOM
x = np.random.default_rng(0).normal(size=(300, 5)) + 1
text = sparse.random(200, 40, 0.2, "csr", rng=np.random.default_rng(1))
maps = [
    SOM((5, 6), algorithm="online", epochs=2, random_state=0).fit(x), SOM((5, 6), epochs=3).fit(text),
    SOM((5, 6), epochs=3).fit(np.where(x > 2.5, np.nan, x)),
]
np.savez(sys.argv[1], *[som.weights_ for som in maps], wide=WIDE)
"""


def test_plain_loops_give_the_same_maps(tmp_path):
    found = []
    for wide in "01":
        command = [sys.executable, "-c", PLAIN, str(tmp_path / f"{wide}.npz")]
        done = subprocess.run(command, env=os.environ | {"NEUROSIM_WIDE": wide}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found.append(np.load(tmp_path / f"{wide}.npz"))
        assert found[-1]["wide"] == (wide == "1")
    for name in ("arr_0", "arr_1", "arr_2"):
        np.testing.assert_allclose(found[0][name], found[1][name], atol=1e-9)


def test_csr_float32_far_from_the_origin(rng):
    x = np.c_[rng.integers(0, 2, (400, 20)), 10 * rng.integers(1990, 2020, 400)].astype(np.float32)
    som = SOM((6, 6), epochs=5).fit(x)
    d = known_distances(x.astype(float), som.weights_.astype(float), 2)
    units = som.predict(sparse.csr_matrix(x))
    np.testing.assert_allclose(d[np.arange(400), units], d.min(1), rtol=1e-6)


def nothing_for_negatives(x, w):
    return np.sqrt(x[0]) + 0 * w[0]


def test_a_metric_without_a_result(rng):
    x = np.array([[1.0, 1], [2, 2], [-3, 1], [1, 1]])
    with pytest.raises(DataError, match="the metric gives no finite distance from any unit for sample 2 of X"):
        SOM((2, 2), metric=nothing_for_negatives, init="sample", random_state=0).fit(x)
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


def test_masked_values_are_missing(rng):
    x = gappy(rng)
    masked = np.ma.masked_invalid(x)
    np.testing.assert_array_equal(SOM((3, 3), epochs=2).fit(masked).weights_, SOM((3, 3), epochs=2).fit(x).weights_)


@pytest.mark.parametrize("algorithm", ["batch", "online"])
@pytest.mark.parametrize("init", ["pca", "random", "sample"])
def test_samples_of_weight_0_are_left_out(rng, init, algorithm):
    x = rng.normal(size=(60, 3))
    far = np.vstack([x, 100 + rng.normal(size=(20, 3))])
    given = {"init": init, "algorithm": algorithm, "random_state": 3, "epochs": 3}
    ref = SOM((4, 4), **given).fit(x)
    comp = SOM((4, 4), **given).fit(far, sample_weight=np.r_[np.ones(60), np.zeros(20)])
    np.testing.assert_array_equal(comp.weights_, ref.weights_)
    np.testing.assert_array_equal(comp.history_["qe"], ref.history_["qe"])
    holes = np.where(np.arange(80)[:, None] < 60, [1, 1, np.nan], 1) * far
    with pytest.raises(DataError, match="feature 2 of X has no value"):
        SOM((4, 4), **given).fit(holes, sample_weight=np.r_[np.ones(60), np.zeros(20)])


def test_before_a_fit(rng):
    from sklearn.exceptions import NotFittedError

    from neurosim.som import u_matrix

    for use in (SOM((3, 3)).impute, lambda _: u_matrix(SOM((3, 3)))):
        with pytest.raises(NotFittedError):
            use(np.ones((2, 2)))
    with pytest.raises(InvalidParameter, match="until a fit has seen samples"):
        _ = SOM("auto").topology


def test_data_frames_keep_their_names(rng):
    import pandas as pd

    x = pd.DataFrame(gappy(rng, 100, 3), columns=list("abc"))
    som = SOM((3, 3), epochs=2).fit(x)
    assert not np.isnan(som.impute(x)).any()
    assert list(som.feature_names_in_) == ["a", "b", "c"]
    np.testing.assert_array_equal(SOM((3, 3), epochs=2).fit_predict(x), som.predict(x))


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
    with pytest.raises(InvalidParameter, match=r"shape \(20, 3\), one row for each unit"):
        SOM.from_weights(trained.weights_[:7], (4, 5))
    with pytest.raises(InvalidParameter, match="NaN"):
        SOM.from_weights(np.full((20, 2), np.nan), (4, 5))


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
