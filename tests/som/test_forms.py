"""Missing values and CSR matrices, against the batch map written out in loops."""

import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import sparse

from neurosim.core import parallel
from neurosim.core.errors import DataError, StorageError
from neurosim.som import LVQ, SOM, NeuralGas, SOMClassifier

from . import naive
from .forms import gappy, known_distances, naive_epoch, one_epoch


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


@pytest.mark.parametrize("gaps", [False, True])
def test_distances_far_from_the_origin(rng, gaps):
    x = (gappy(rng) if gaps else rng.normal(size=(100, 4))) + 1e7
    som = SOM((4, 4), epochs=3).fit(x)
    wanted = known_distances(x, som.weights_, 2)
    np.testing.assert_allclose(som.distances(x), wanted, atol=1e-5)


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
from neurosim.som import LVQ, SOM, NeuralGas, SOMClassifier
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


def test_masked_values_are_missing(rng):
    x = gappy(rng)
    masked = np.ma.masked_invalid(x)
    np.testing.assert_array_equal(SOM((3, 3), epochs=2).fit(masked).weights_, SOM((3, 3), epochs=2).fit(x).weights_)


def test_masked_values_are_missing_for_the_relatives_too(rng):
    x = gappy(rng)
    y, hidden = (np.nan_to_num(x[:, 0]) > 0) * 1, np.ma.masked_array(np.nan_to_num(x, nan=1e6), np.isnan(x))
    for model in (SOMClassifier((3, 3), epochs=2), LVQ(2, epochs=2, random_state=0)):
        np.testing.assert_array_equal(model.fit(hidden, y).predict(hidden), model.fit(x, y).predict(x))
    with pytest.raises(ValueError, match="NaN"):
        NeuralGas(4).fit(hidden)


def test_partial_fit_of_batches_that_lack_a_feature(rng):
    x = gappy(rng)
    x[3, 2] = np.nan
    x[3, 0] = 1.0
    som = SOM((3, 3), epochs=2, random_state=0).fit(x).partial_fit(x[3:4])
    assert np.isfinite(som.weights_).all()
    with pytest.raises(DataError, match="feature 2"):
        SOM((3, 3)).partial_fit(x[3:4])


def test_weights_too_small_to_count_take_their_samples_with_them(rng):
    x, forgotten = rng.normal(size=(200, 3)).astype(np.float32), 1e10 * np.exp(-np.arange(200.0))
    kept = (forgotten / forgotten.max()).astype(np.float32) > 0
    given = {"algorithm": "online", "random_state": 0, "epochs": 2}
    comp = SOM((3, 3), **given).fit(x, sample_weight=forgotten)
    ref = SOM((3, 3), **given).fit(x[kept], sample_weight=forgotten[kept])
    np.testing.assert_array_equal(comp.weights_, ref.weights_)
    SOM((3, 3), **given).fit(x, sample_weight=np.full(200, 1e-50))


def test_errors_of_csr_far_from_the_origin(rng):
    x = rng.normal(size=(100, 5)) + 1e7
    som = SOM((3, 3), epochs=2).fit(x)
    np.testing.assert_allclose(som.score(sparse.csr_matrix(x)), som.score(x), rtol=1e-7)


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


def test_data_frames_keep_their_names(rng):
    import pandas as pd

    x = pd.DataFrame(gappy(rng, 100, 3), columns=list("abc"))
    som = SOM((3, 3), epochs=2).fit(x)
    assert not np.isnan(som.impute(x)).any()
    assert list(som.feature_names_in_) == ["a", "b", "c"]
    np.testing.assert_array_equal(SOM((3, 3), epochs=2).fit_predict(x), som.predict(x))
