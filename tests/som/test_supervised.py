"""The supervised map: its labels, its shares, scikit-learn's contract, files."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import neurosim
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets import load_digits, load_iris
from neurosim.som import SOM, Topology, distortion, training, u_matrix
from neurosim.som.supervised import SOMClassifier, smoothed

from . import naive

VARIANTS = [
    SOMClassifier(grid=(5, 6), epochs=5),
    SOMClassifier(grid=(4, 4), lattice="hexagonal", shape="toroid", algorithm="online", epochs=5),
]


@parametrize_with_checks(VARIANTS)
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def iris():
    return load_iris()


@pytest.mark.parametrize("lattice", ["rectangular", "hexagonal"])
@pytest.mark.parametrize("shape", ["sheet", "cylinder", "toroid"])
def test_smoothing_is_a_sum_over_all_units(lattice, shape, rng):
    topology, counts = Topology((4, 5), lattice, shape), rng.integers(0, 9, (20, 3)).astype(float)
    distances = naive.map_distances(4, 5, lattice == "hexagonal", shape)
    want = np.exp(-(distances**2) / (2 * 0.7**2)) @ counts
    np.testing.assert_allclose(smoothed(counts, topology, 0.7), want, rtol=1e-12)


def test_shares_are_those_of_the_samples_around_a_unit(iris):
    model = SOMClassifier(grid=(3, 4), sigma=(2, 0.5)).fit(iris.data, iris.target)
    units, distances = model.som_.predict(iris.data), naive.map_distances(3, 4, False, "sheet")
    for u in range(12):
        h = np.exp(-(distances[u, units] ** 2) / (2 * 0.5**2))
        np.testing.assert_allclose(model.shares_[u], [h[iris.target == k].sum() / h.sum() for k in range(3)])
    np.testing.assert_array_equal(model.predict_proba(iris.data), model.shares_[units])
    np.testing.assert_array_equal(model.predict(iris.data), model.shares_[units].argmax(1))


def test_the_map_learns_the_labels_beside_the_features(iris):
    """Their variance has to that of the features the ratio of label_weight to what is left of 1."""
    x, labels = iris.data, np.eye(3)[iris.target]
    for weight in (0.2, 0.8):
        model = SOMClassifier(grid=(4, 5), label_weight=weight).fit(x, iris.target)
        scaled = labels * np.sqrt(weight / (1 - weight) * x.var(0).sum() / labels.var(0).sum())
        whole = SOM(grid=(4, 5)).fit(np.hstack([x, scaled]))
        np.testing.assert_allclose(model.som_.weights_, whole.weights_[:, :4], rtol=1e-9)
        assert model.som_.history_["qe"][-1] == pytest.approx(whole.history_["qe"][-1])


def test_without_label_weight_it_is_an_ordinary_map(iris):
    model = SOMClassifier(grid=(4, 5), label_weight=0, lattice="hexa").fit(iris.data, iris.target)
    plain = SOM(grid=(4, 5), lattice="hexa").fit(iris.data)
    np.testing.assert_allclose(model.som_.weights_, plain.weights_, rtol=1e-9, atol=1e-12)


def test_labels_help():
    """No chance in it: the start is that of the principal components."""
    digits = load_digits()
    x, y = digits.data, digits.target
    score = {}
    for weight in (0.0, 0.5):
        model = SOMClassifier(grid=(15, 15), label_weight=weight).fit(x[::2], y[::2])
        score[weight] = model.score(x[1::2], y[1::2])
    assert score[0.5] > score[0.0] + 0.005
    assert score[0.5] > 0.95


def test_the_map_is_an_ordinary_one_for_measures_and_figures(iris):
    model = SOMClassifier(grid="auto", sigma=(3, 0.5)).fit(iris.data, iris.target)
    assert model.som_.weights_.shape == (model.som_.topology.units, 4)
    assert model.som_.predict(iris.data).max() < model.som_.topology.units
    assert u_matrix(model.som_)[1].shape == (model.som_.topology.units,)
    assert list(model.som_.history_["sigma"][[0, -1]]) == [3, 0.5]
    assert 50 < model.som_.topology.units < 75  # 5 sqrt(150)


def test_far_from_all_samples_the_shares_are_those_of_all(rng):
    x = np.vstack([rng.normal(size=(30, 2)), rng.normal(size=(10, 2)) + 50])
    model = SOMClassifier(grid=(1, 90), sigma=(0.011, 0.01), init="random", label_weight=0, random_state=0)
    model.fit(x, np.repeat([0, 1], [30, 10]))
    used = np.bincount(model.som_.predict(x), minlength=90) > 0
    np.testing.assert_allclose(model.shares_.sum(1), 1)
    assert not used.all()
    np.testing.assert_allclose(model.shares_[~used], np.tile([0.75, 0.25], (int((~used).sum()), 1)))


@pytest.mark.parametrize("updates", [{"epochs": 1}, {"steps": 150}, {"steps": 151}, {"epochs": 4}])
def test_the_shares_of_an_online_map_are_those_of_its_last_sigma(iris, updates):
    model = SOMClassifier(grid=(6, 6), algorithm="online", sigma=(4, 0.5), random_state=0, **updates)
    model.fit(iris.data, iris.target)
    counts = np.zeros((36, 3))
    np.add.at(counts, (model.som_.predict(iris.data), iris.target), 1)
    around = smoothed(counts, model.som_.topology, 0.5)
    np.testing.assert_allclose(model.shares_, around / around.sum(1, keepdims=True), rtol=1e-9)
    stopped = model.fit(iris.data, iris.target, callback=lambda p: p.step == 1)
    if updates == {"epochs": 4}:
        assert stopped.shares_.max() < 0.9  # of a sigma still wide


@pytest.fixture
def sigmas(monkeypatch):
    """The sigma of the last sample that was shown, in every epoch."""
    seen = []

    def spy(run, weights, order, sigmas, rates, show=training.show):
        seen.append(sigmas[-1])
        return show(run, weights, order, sigmas, rates)

    monkeypatch.setattr(training, "show", spy)
    return seen


@pytest.mark.parametrize("decay", ["exponential", "linear", "inverse", "constant"])
@pytest.mark.parametrize("updates", [{"epochs": 1}, {"epochs": 5}, {"steps": 50}, {"steps": 150}, {"steps": 400}])
def test_the_last_sigma_of_an_online_map_is_that_of_its_last_update(iris, sigmas, decay, updates):
    """`history_` holds those at the beginning of the epochs."""
    som = SOM(grid=(4, 5), algorithm="online", sigma=(4, 0.6), sigma_decay=decay, **updates).fit(iris.data)
    assert som.sigma_ == pytest.approx(sigmas[-1], rel=1e-12)
    assert distortion(som, iris.data) == pytest.approx(distortion(som, iris.data, sigma=sigmas[-1]))
    for _ in range(3):
        som.partial_fit(iris.data)
        assert som.sigma_ == pytest.approx(sigmas[-1], rel=1e-12)


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_the_last_sigma_of_an_online_fit_that_was_stopped(iris, sigmas, stop):
    for updates in ({"epochs": 5}, {"steps": 500}):
        som = SOM(grid=(4, 5), algorithm="online", sigma=(4, 0.6), **updates)
        som.fit(iris.data, callback=lambda p: p.step == stop)
        assert som.sigma_ == sigmas[-1]
    called = SOM(grid=(4, 5), sigma=(4, 0.6), algorithm="online", epochs=5).partial_fit(iris.data)
    assert called.sigma_ == sigmas[-1] == 4


def test_names_of_the_features_are_on_the_map(iris):
    frame = pd.DataFrame(iris.data, columns=list("abcd"))
    model = SOMClassifier(grid=(4, 4), epochs=2).fit(frame, iris.target)
    assert model.som_.feature_names_in_.tolist() == list("abcd")
    np.testing.assert_array_equal(model.som_.predict(frame), model.som_._assigned(iris.data)[0]["first"])
    assert model.predict(frame).shape == (150,)
    model.fit(iris.data, iris.target)
    assert not hasattr(model.som_, "feature_names_in_")


def test_what_the_map_cannot_take_is_said_before_any_arithmetic(iris):
    for value, message in (
        (1e200, r"the largest value of X is 7.9e\+200"),
        (1e-200, "the largest value of X is 7.9e-200"),
    ):
        with pytest.raises(DataError, match=message):
            SOMClassifier(grid=(2, 2)).fit(iris.data * value, iris.target)
    gaps = iris.data.copy()
    gaps[:, 1] = np.nan
    with pytest.raises(DataError, match="feature 1 of X has no value"):
        SOMClassifier(grid=(2, 2)).fit(gaps, iris.target)


def test_missing_values(iris, rng):
    x = np.where(rng.random(iris.data.shape) < 0.15, np.nan, iris.data)
    x[np.isnan(x).all(1)] = 1.0
    model = SOMClassifier(grid=(6, 6)).fit(x, iris.target)
    assert model.score(x, iris.target) > 0.85
    assert np.isfinite(model.som_.weights_).all()


def test_constant_features_leave_the_labels():
    model = SOMClassifier(grid=(2, 2)).fit(np.ones((6, 2)), [0, 0, 0, 1, 1, 1])
    np.testing.assert_allclose(model.predict_proba(np.ones((1, 2))), [[0.5, 0.5]])


def test_labels_of_any_kind_and_dtype(iris):
    words = np.array(["se", "ve", "vi"])[iris.target]
    model = SOMClassifier(grid=(6, 6)).fit(iris.data.astype(np.float32), words)
    assert model.som_.weights_.dtype == np.float32
    assert set(model.predict(iris.data)) == {"se", "ve", "vi"}


def test_the_seed_decides_and_callback_stops(iris):
    fits = [
        SOMClassifier(grid=(4, 4), init="random", epochs=2, random_state=s).fit(iris.data, iris.target)
        for s in (1, 1, 2)
    ]
    np.testing.assert_array_equal(fits[0].som_.weights_, fits[1].som_.weights_)
    assert not np.array_equal(fits[0].som_.weights_, fits[2].som_.weights_)
    assert fits[2].seed_ == 2
    stopped = SOMClassifier(grid=(4, 4)).fit(iris.data, iris.target, callback=lambda p: p.step == 3)
    assert stopped.som_.n_iter_ == 3


def test_pickle_and_parts(iris):
    model = SOMClassifier(grid=(4, 4), random_state=3).fit(iris.data, iris.target)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).shares_, model.shares_)
    again = SOMClassifier.from_parts(*model.to_parts())
    np.testing.assert_array_equal(again.predict_proba(iris.data), model.predict_proba(iris.data))
    assert again.get_params() == model.get_params()


def test_files(iris, tmp_path):
    model = SOMClassifier(grid=(4, 4), random_state=np.random.default_rng(3)).fit(iris.data, iris.target)
    again = neurosim.load(model.save(tmp_path / "m.npz"))
    np.testing.assert_array_equal(again.predict_proba(iris.data), model.predict_proba(iris.data))
    np.testing.assert_array_equal(again.som_.transform(iris.data), model.som_.transform(iris.data))
    assert neurosim.load(SOMClassifier(grid=(3, 3)).save(tmp_path / "new.npz")).grid == (3, 3)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"label_weight": 1}, "SOMClassifier: label_weight must be a number from 0 to below 1"),
        ({"label_weight": -0.1}, "SOMClassifier: label_weight must be"),
        ({"init": np.zeros((400, 4))}, "SOMClassifier: init must be one of pca, random, sample"),
        ({"grid": (0, 4)}, "grid must be"),
        ({"sigma": 3}, "sigma must be"),
    ],
)
def test_bad_parameters(iris, parameters, message):
    with pytest.raises(InvalidParameter, match=message):
        SOMClassifier(**parameters).fit(iris.data, iris.target)


def test_one_class(iris):
    with pytest.raises(DataError, match="SOMClassifier: y holds one class only, 4; it needs two or more"):
        SOMClassifier().fit(iris.data, np.full(150, 4))
