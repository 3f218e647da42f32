"""SOM as a scikit-learn estimator: contract, parameters, early stop, checkpoints, bad input."""

import inspect
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import neurosim
from neurosim.core.errors import DataError, InvalidParameter, StorageError
from neurosim.som import SOM, assess
from neurosim.som.initial import principal_axes


@parametrize_with_checks([SOM(grid=(5, 6), epochs=5), SOM(grid=(4, 4), lattice="hexagonal", shape="toroid", epochs=5)])
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture
def x(rng):
    return rng.normal(size=(200, 3))


def test_outputs(x):
    som = SOM(grid=(4, 6), lattice="hexa", epochs=4).fit(x)
    units = som.predict(x)
    assert units.dtype == np.intp
    assert units.min() >= 0
    assert units.max() < 24
    distances = som.distances(x)
    assert distances.shape == (200, 24)
    np.testing.assert_array_equal(distances.argmin(1), units)
    np.testing.assert_allclose(som.transform(x), som.topology.positions[units])
    np.testing.assert_allclose(som.score(x), -distances.min(1).mean())
    assert list(som.get_feature_names_out()) == ["som0", "som1"]
    assert {len(v) for v in som.history_.values()} == {4}
    assert list(som.history_) == ["sigma", "qe", "te"]
    np.testing.assert_allclose(som.history_["sigma"][[0, -1]], [3, 1])


def test_history_is_of_the_map_before_each_epoch(x):
    som = SOM(grid=(4, 4), epochs=3).fit(x)
    shorter = SOM(grid=(4, 4), epochs=2, sigma=tuple(som.history_["sigma"][:2])).fit(x)
    np.testing.assert_allclose(-shorter.score(x), som.history_["qe"][2])


def test_dtype_is_kept(x):
    assert SOM(grid=(3, 3), epochs=1).fit(x.astype(np.float32)).weights_.dtype == np.float32
    assert SOM(grid=(3, 3), epochs=1).fit(np.arange(20).reshape(10, 2)).weights_.dtype == np.float64


def test_pipeline_and_grid_search_in_processes(x):
    pipeline = make_pipeline(StandardScaler(), SOM(epochs=3))
    search = GridSearchCV(pipeline, {"som__grid": [(2, 2), (6, 6)]}, cv=2, n_jobs=2).fit(x)
    assert search.best_params_ == {"som__grid": (6, 6)}
    assert search.predict(x).shape == (200,)


def test_clone_and_pickle(x):
    som = SOM(grid=(3, 5), sigma=(2.0, 0.5), random_state=3).fit(x)
    assert clone(som).get_params() == som.get_params()
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(som)).predict(x), som.predict(x))


# ------------------------------------------------------------------ the first weights
def test_pca_spans_one_standard_deviation(rng):
    """MiniSom spans unit eigenvectors whatever the spread; here the plane has the size of the data."""
    x = rng.normal(size=(5000, 3)) * [1.0, 9.0, 3.0] + [0, 100, 0]
    som = SOM(grid=(5, 7), epochs=1)
    som.seed_ = 0
    w = som._initial_weights(x, np.ones(len(x)), som.topology).reshape(5, 7, 3)
    np.testing.assert_allclose(w.mean((0, 1)), x.mean(0), rtol=1e-9)
    values, vectors = np.linalg.eigh(np.cov(x.T, bias=True))
    along_row, along_column = (w[0, -1] - w[0, 0]) / 2, (w[-1, 0] - w[0, 0]) / 2
    np.testing.assert_allclose(np.abs(along_row), np.sqrt(values[2]) * np.abs(vectors[:, 2]), atol=1e-9)
    np.testing.assert_allclose(np.abs(along_column), np.sqrt(values[1]) * np.abs(vectors[:, 1]), atol=1e-9)
    assert along_row[1] > 0


@pytest.mark.parametrize("shape", [(40, 6), (6, 40)])
def test_principal_axes_with_sample_weights(shape, rng):
    x, s = rng.normal(size=shape) * np.linspace(1, 3, shape[1]), rng.integers(1, 4, shape[0]).astype(float)
    mean, axes = principal_axes(x, s)
    repeated = np.repeat(x, s.astype(int), axis=0)
    np.testing.assert_allclose(mean, repeated.mean(0))
    values, vectors = np.linalg.eigh(np.cov(repeated.T, bias=True))
    for axis, value, vector in zip(axes, values[::-1], vectors.T[::-1], strict=False):
        np.testing.assert_allclose(axis @ axis, value)
        np.testing.assert_allclose(np.abs(axis @ vector), np.sqrt(value))


def test_wide_data_start_quickly_on_the_plane_of_the_samples(rng):
    x = rng.normal(size=(10, 20_000))
    _, axes = principal_axes(x, np.ones(10))
    assert axes.shape == (2, 20_000)
    assert abs(axes[0] @ axes[1]) < 1e-6 * (axes[0] @ axes[0])


def test_pca_puts_the_first_component_on_the_longer_side(rng):
    x = rng.normal(size=(500, 2)) * [5.0, 1.0]
    som = SOM(grid=(9, 4), epochs=1)
    som.seed_ = 0
    w = som._initial_weights(x, np.ones(len(x)), som.topology).reshape(9, 4, 2)
    assert np.abs(w[-1, 0] - w[0, 0])[0] > 8


@pytest.mark.parametrize("grid", [(1, 5), (4, 4)])
def test_pca_of_one_feature(grid, rng):
    weights = SOM(grid=grid, epochs=3).fit(rng.normal(size=(50, 1))).weights_
    assert np.isfinite(weights).all()


def test_random_starts_cover_negative_columns(rng):
    """SOM_PAK starts the maximum at the smallest positive float, so an all-negative column comes out wrong."""
    x = rng.uniform(-5, -3, size=(400, 2))
    som = SOM(grid=(20, 20), init="random", random_state=0)
    som.seed_ = 0
    w = som._initial_weights(x, np.ones(len(x)), som.topology)
    assert (w >= x.min(0)).all()
    assert (w <= x.max(0)).all()
    assert (w.std(0) > 0.5).all()


def test_sample_takes_different_samples_of_positive_weight(rng):
    x, s = np.arange(60.0).reshape(30, 2), np.repeat([0.0, 1.0], 15)
    som = SOM(grid=(3, 5), init="sample")
    som.seed_ = 4
    w = som._initial_weights(x, s, som.topology)
    assert sorted(w[:, 0]) == sorted(x[15:, 0])


def test_seeds(x):
    fits = [SOM(grid=(5, 5), init="random", epochs=1, random_state=seed).fit(x) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(fits[0].weights_, fits[1].weights_)
    assert not np.array_equal(fits[0].weights_, fits[2].weights_)
    again = SOM(grid=(5, 5), init="random", epochs=1).fit(x)
    repeat = SOM(grid=(5, 5), init="random", epochs=1, random_state=again.seed_).fit(x)
    np.testing.assert_array_equal(again.weights_, repeat.weights_)


def test_given_weights(x):
    init = x[:12].copy()
    som = SOM(grid=(3, 4), init=init, sigma=(0.01, 0.01), epochs=1).fit(x)
    np.testing.assert_array_equal(init, x[:12])
    assert som.weights_.shape == (12, 3)


# ------------------------------------------------------------------ stopping and going on
def test_callback_sees_every_epoch_and_stops(x):
    seen = []
    som = SOM(grid=(3, 3), epochs=6).fit(x, callback=lambda p: seen.append(p) or p.step == 4)
    assert [p.step for p in seen] == [1, 2, 3, 4]
    assert all(p.total == 6 and set(p.metrics) == {"sigma", "qe", "te"} for p in seen)
    assert som.n_iter_ == 4


def test_weights_follow_the_epochs_for_callbacks_and_after_an_interrupt(x):
    seen, som = [], SOM(grid=(3, 3), epochs=5, init="random", random_state=1)

    def look(progress):
        seen.append(som.weights_.copy())
        if progress.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        som.fit(x, callback=look)
    assert not np.array_equal(seen[0], seen[1])
    np.testing.assert_array_equal(som.weights_, seen[2])
    assert som.n_iter_ == len(som.history_["qe"]) == 3


def test_numpy_booleans_stop_too(x):
    assert SOM(grid=(3, 3), epochs=5).fit(x, callback=lambda p: np.bool_(True)).n_iter_ == 1


def test_changing_parameters_after_the_fit_changes_nothing(x):
    som = SOM(grid=(4, 6), lattice="hexagonal", epochs=2).fit(x)
    before = som.transform(x), assess(som, x)
    som.set_params(grid=(2, 2), lattice="rectangular")
    np.testing.assert_array_equal(som.transform(x), before[0])
    assert assess(som, x) == before[1]


def test_score_takes_sample_weights(x):
    som, s = SOM(grid=(3, 3), epochs=2).fit(x), np.arange(200.0)
    np.testing.assert_allclose(som.score(x, sample_weight=s), -np.average(som.distances(x).min(1), weights=s))


def test_only_the_ratios_of_sample_weights_matter(x):
    ref = SOM(grid=(3, 3), epochs=3).fit(x, sample_weight=np.arange(200.0))
    for factor in (1e-250, 1e250):
        comp = SOM(grid=(3, 3), epochs=3).fit(x, sample_weight=factor * np.arange(200.0))
        np.testing.assert_allclose(comp.weights_, ref.weights_, rtol=1e-9)


def test_early_stop(x):
    som = SOM(grid=(4, 4), epochs=200, sigma=(1, 1), sigma_decay="constant", tol=1e-4).fit(x)
    assert 4 <= som.n_iter_ < 200
    qe = som.history_["qe"][-4:]
    assert (qe[:-1] - qe[1:] < 1e-4 * qe[:-1]).all()
    assert SOM(grid=(4, 4), epochs=30).fit(x).n_iter_ == 30


def test_resume_gives_the_same_bits(x, tmp_path):
    path = tmp_path / "run.npz"
    parameters = {"grid": (5, 5), "epochs": 9, "init": "random", "random_state": 5, "sigma": (3.0, 0.7)}
    ref = SOM(**parameters).fit(x)

    def interrupt(progress):
        if progress.step == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SOM(**parameters).fit(x, callback=interrupt, checkpoint=path)
    assert neurosim.load(path).n_iter_ == 4
    comp = SOM(**parameters).fit(x, checkpoint=path, resume=True)
    assert comp.n_iter_ == 9
    np.testing.assert_array_equal(comp.weights_, ref.weights_)
    for name in ref.history_:
        np.testing.assert_array_equal(comp.history_[name], ref.history_[name])
    finished = SOM(**parameters).fit(x, checkpoint=path, resume=True)
    np.testing.assert_array_equal(finished.weights_, ref.weights_)


def test_resume_without_a_file_starts(x, tmp_path):
    som = SOM(grid=(3, 3), epochs=2).fit(x, checkpoint=tmp_path / "new.npz", resume=True)
    assert som.n_iter_ == 2


def test_resume_refuses_another_fit(x, tmp_path):
    path = tmp_path / "run.npz"
    SOM(grid=(3, 3), epochs=2).fit(x, checkpoint=path)
    with pytest.raises(StorageError, match="exists already; resume goes on from it"):
        SOM(grid=(3, 3), epochs=2).fit(x, checkpoint=path)
    SOM(grid=[3, 3], lattice="rect", epochs=2, random_state=np.random.default_rng(1)).fit(
        x, checkpoint=path, resume=True
    )
    with pytest.raises(StorageError, match="init, random_state differ"):
        SOM(grid=(3, 3), epochs=2, init=x[:9], random_state=1).fit(x, checkpoint=path, resume=True)
    with pytest.raises(StorageError, match="the data differ"):
        SOM(grid=(3, 3), epochs=2).fit(x, sample_weight=np.arange(200), checkpoint=path, resume=True)
    with pytest.raises(StorageError, match="checkpoint of another fit; epochs differ"):
        SOM(grid=(3, 3), epochs=3).fit(x, checkpoint=path, resume=True)
    with pytest.raises(StorageError, match="the data differ"):
        SOM(grid=(3, 3), epochs=2).fit(x + 1, checkpoint=path, resume=True)
    path.write_bytes(b"damaged")
    with pytest.raises(StorageError, match="not a neurosim model file"):
        SOM(grid=(3, 3), epochs=2).fit(x, checkpoint=path, resume=True)


# ------------------------------------------------------------------ bad input
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"grid": (0, 20)}, r"SOM: grid must be \(rows, columns\), positive integers.*got \(0, 20\)"),
        ({"grid": (1, 1)}, "at least 2 units"),
        ({"grid": 20}, "grid must be"),
        ({"grid": "20x20"}, "grid must be"),
        ({"grid": (2.5, 3)}, "grid must be"),
        ({"grid": (2, 3, 4)}, "grid must be"),
        ({"lattice": "triangular"}, "lattice must be one of rectangular, rect, hexagonal, hexa; got 'triangular'"),
        ({"shape": "sphere"}, "shape must be one of sheet, cylinder, toroid; got 'sphere'"),
        ({"sigma": (0, 1)}, r"sigma must be \(start, end\), two numbers > 0; got \(0, 1\)"),
        ({"sigma": 3.0}, "sigma must be"),
        ({"sigma": (1, float("nan"))}, "sigma must be"),
        ({"sigma_decay": "cosine"}, "sigma_decay must be one of constant, linear, exponential, inverse"),
        ({"epochs": 0}, "epochs must be an integer >= 1; got 0"),
        ({"epochs": 2.5}, "epochs must be an integer >= 1"),
        ({"init": "zeros"}, "init must be one of pca, random, sample; got 'zeros'"),
        ({"init": np.zeros((3, 3))}, r"init must be .*shape \(400, 3\), one row for each unit; got 'shape \(3, 3\)'"),
        ({"init": np.full((400, 3), np.nan)}, "got 'NaN or infinity'"),
        ({"tol": -1}, "tol must be None or a number >= 0; got -1"),
        ({"n_iter_no_change": 0}, "n_iter_no_change must be an integer >= 1"),
        ({"random_state": -3}, "random_state must be None, an int"),
        ({"backend": "gpu"}, "backend must be one of auto, cpu, cuda"),
    ],
)
def test_bad_parameters(parameters, message, x):
    with pytest.raises(InvalidParameter, match=message):
        SOM(**parameters).fit(x)


@pytest.mark.parametrize(
    ("weights", "message"),
    [(np.ones(3), r"got 'shape \(3,\)'"), (-np.ones(200), "finite numbers >= 0"), (np.zeros(200), "not all zero")],
)
def test_bad_sample_weights(weights, message, x):
    with pytest.raises(InvalidParameter, match=message):
        SOM(grid=(3, 3)).fit(x, sample_weight=weights)


def test_large_maps_make_no_array_of_units_by_units(x):
    """SOMPY and IntraSOM stop at 150 x 150 and 200 x 200 units: a float64 matrix of units by units has 12.8 GB here."""
    som = SOM(grid=(200, 200), epochs=1, lattice="hexagonal").fit(x)
    assert som.weights_.shape == (40_000, 3)
    assert assess(som, x).empty_units >= 40_000 - 200


def test_bad_samples(x):
    with pytest.raises(ValueError, match="contains infinity"):
        SOM().fit(np.full((3, 2), np.inf))
    with pytest.raises(ValueError, match="minimum of 2 is required"):
        SOM().fit(x[:1])
    with pytest.raises(ValueError, match="expecting 3 features"):
        SOM(grid=(2, 2)).fit(x).predict(x[:, :2])


@pytest.mark.parametrize(
    ("dtype", "factor"), [(np.float32, 1e30), (np.float32, 1e-30), (float, 1e200), (float, 1e-200)]
)
def test_values_whose_squares_overflow_or_vanish(x, dtype, factor):
    with pytest.raises(DataError, match=r"the largest value of X is .*: scale X"):
        SOM(grid=(3, 3)).fit((x * factor).astype(dtype))
    som = SOM(grid=(3, 3), epochs=1).fit(x.astype(dtype))
    with pytest.raises(DataError, match="scale X"):
        som.predict((x * factor).astype(dtype))


def test_a_map_from_a_device_can_be_used_without_one(x):
    som = SOM(grid=(3, 3), epochs=1).fit(x)
    before = som.predict(x)
    som.backend_ = "cuda"
    np.testing.assert_array_equal(som.predict(x), before)


def test_unknown_keywords_are_errors():
    with pytest.raises(TypeError, match="speed"):
        SOM(speed=3)


def test_every_parameter_is_documented():
    for name in inspect.signature(SOM).parameters:
        assert f"\n{name} : " in inspect.getdoc(SOM)
