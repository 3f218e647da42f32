"""LVQ as a scikit-learn estimator: contract, first prototypes, parameters, files, bad input."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks

import neurosim
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets import load_digits, load_iris
from neurosim.som import lvq_initial
from neurosim.som.lvq import LVQ
from neurosim.som.lvq_initial import proportional_prototypes


@parametrize_with_checks([LVQ(), LVQ(3, algorithm="lvq3", init="samples")])
def test_scikit_learn(estimator, check):
    check(estimator)


# ------------------------------------------------------------------ the first prototypes
def test_kmeans_starts_at_the_centres_of_each_class(rng):
    centres = np.array([[0, 0], [20, 0], [0, 20], [20, 20.0]])
    x = np.repeat(centres, 30, axis=0) + rng.normal(size=(120, 2))
    y = np.repeat(["p", "q"], 60)
    counts = lvq_initial.counts_of(2, np.repeat([0, 1], 60), np.array(["p", "q"]))
    first = lvq_initial.chosen("kmeans", x, np.repeat([0, 1], 60), counts, 5)
    want = x.reshape(4, 30, 2).mean(1)
    for k in (0, 1):
        got = first[2 * k : 2 * k + 2]
        np.testing.assert_allclose(got[np.argsort(got[:, 0])], want[2 * k : 2 * k + 2], atol=1e-12)
    model = LVQ(prototypes=(1, 2), learning_rate=1e-9).fit(x, y)
    assert model.prototype_labels_.tolist() == ["p", "q", "q"]
    np.testing.assert_allclose(model.prototypes_[0], x[:60].mean(0), atol=1e-6)


def test_samples_are_confirmed_by_their_neighbours(rng):
    """Ten samples of the second class each lie in a heap of the first: they come only when there are no others."""
    heaps = np.repeat(np.arange(10) * 100.0, 10)
    first_class = np.stack([heaps, rng.normal(size=100)], axis=1)
    strays = np.stack([np.arange(10) * 100.0, np.zeros(10)], axis=1)
    alone = rng.normal((0, 1000), size=(50, 2))
    x = np.vstack([first_class, strays, alone])
    codes = np.repeat([0, 1], [100, 60])
    for count, stray in ((40, 0), (50, 0), (57, 7)):
        rows = lvq_initial.chosen("samples", x, codes, np.array([20, count]), 3)
        assert len(np.unique(rows, axis=0)) == 20 + count
        assert {tuple(row) for row in rows[:20]} <= {tuple(row) for row in first_class}
        assert (rows[20:, 1] < 500).sum() == stray
    other = lvq_initial.chosen("samples", x, codes, np.array([20, 57]), 4)
    assert not np.array_equal(rows, other)


@pytest.mark.parametrize("seed", range(3))
def test_a_sample_does_not_confirm_itself(seed):
    """The one at 0 has two of its class and three others next to it, the farthest of the five is another one."""
    x = np.array([0, 1, 2, 100, 101, 102, 103, 104, 105, -1.5, -1.6, -2.5])[:, None]
    codes = np.repeat([1, 0], [9, 3])
    rows = lvq_initial.chosen("samples", x, codes, np.array([1, 6]), seed)
    assert sorted(rows[1:, 0]) == [100, 101, 102, 103, 104, 105]


def test_missing_values_are_filled_for_the_start_with_the_mean_of_the_class():
    n = np.nan
    x = np.array([[1.0, n, n], [3.0, 5.0, 2.0], [7.0, n, n], [9.0, n, 8.0]])
    filled = lvq_initial.filled(x, np.array([0, 0, 1, 1]))
    np.testing.assert_array_equal(filled, [[1, 5, 2], [3, 5, 2], [7, 5, 8], [9, 5, 8]])  # or the mean of all


def test_missing_values_cost_little():
    digits, holes = load_digits(), np.random.default_rng(0).random((1797, 64)) < 0.3
    x = np.where(holes, np.nan, digits.data)
    model = LVQ(5, random_state=0).fit(x[:1200], digits.target[:1200])
    assert model.score(x[1200:], digits.target[1200:]) > 0.85


def test_a_codebook_goes_on_with_another_algorithm():
    digits = load_digits()
    x, y = digits.data, digits.target
    first = LVQ(3, random_state=0).fit(x[:1200], y[:1200])
    again = LVQ(algorithm="lvq3", init=first.codebook, learning_rate=1e-12).fit(x[:1200], y[:1200])
    np.testing.assert_allclose(again.prototypes_, first.prototypes_, atol=1e-7)
    tuned = LVQ(algorithm="lvq3", init=first.codebook, random_state=0).fit(x[:1200], y[:1200])
    assert tuned.mistakes_[-1] < first.mistakes_[-1]
    assert tuned.score(x[1200:], y[1200:]) > 0.9


def test_proportional_prototypes_share_like_the_samples():
    assert proportional_prototypes([0] * 50 + [1] * 30 + [2] * 20, 10) == [5, 3, 2]
    assert proportional_prototypes([0] * 98 + [1, 2], 5) == [3, 1, 1]
    y = np.random.default_rng(0).integers(0, 7, 500)
    assert sum(proportional_prototypes(y, 33)) == 33
    with pytest.raises(InvalidParameter, match="total must be an integer >= 3"):
        proportional_prototypes([0, 1, 2], 2)


# ------------------------------------------------------------------ an estimator
def test_counts_and_attributes():
    iris = load_iris()
    labels = np.array(["se", "ve", "vi"])[iris.target]
    model = LVQ(prototypes=2, epochs=3, random_state=7).fit(iris.data, labels)
    assert model.prototype_labels_.tolist() == ["se", "se", "ve", "ve", "vi", "vi"]
    assert len(model.mistakes_) == len(model.updates_) == model.n_iter_ == 3
    assert (model.updates_ == 150).all()  # LVQ1 and OLVQ1 move something every time
    assert model.seed_ == 7
    assert not hasattr(model.set_params(algorithm="lvq1").fit(iris.data, labels), "rates_")


def test_an_epoch_counts_the_mistakes_before_each_step():
    model = LVQ(algorithm="lvq2.1", window=1e-9, learning_rate=0.5, init=([[0.0], [1.0]], [0, 1]), epochs=2)
    model.fit([[0.1], [0.9], [0.8], [0.2]], [0, 1, 0, 1])
    assert model.mistakes_.tolist() == [2, 2]
    assert model.updates_.tolist() == [0, 0]


def test_the_seed_decides():
    iris = load_iris()
    fits = [LVQ(3, random_state=seed).fit(iris.data, iris.target).prototypes_ for seed in (1, 1, 2)]
    np.testing.assert_array_equal(fits[0], fits[1])
    assert not np.array_equal(fits[0], fits[2])


def test_callback_stops():
    seen = []
    model = LVQ(epochs=9).fit([[0.0], [1.0]], [0, 1], callback=lambda p: seen.append(p) or p.step == 2)
    assert model.n_iter_ == 2
    assert [(p.step, p.total, set(p.metrics)) for p in seen] == [(1, 9, {"mistakes"}), (2, 9, {"mistakes"})]


def test_clone_pickle_grid_search():
    iris = load_iris()
    model = LVQ(init=(iris.data[::10], iris.target[::10])).fit(iris.data, iris.target)
    again = clone(model).fit(iris.data, iris.target)
    assert again.n_features_in_ == 4
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(iris.data), model.predict(iris.data))
    search = GridSearchCV(LVQ(random_state=0), {"prototypes": [1, 8]}, cv=3).fit(
        load_digits().data, load_digits().target
    )
    assert search.best_params_ == {"prototypes": 8}


BAD = {
    "algorithm": ({"algorithm": "lvq2"}, "algorithm must be one of lvq1, olvq1, lvq2.1, lvq3"),
    "epochs": ({"epochs": 0}, "epochs must be an integer >= 1"),
    "rate": ({"learning_rate": 1.0}, "learning_rate must be a number above 0 and below 1"),
    "rates": ({"learning_rate": (0.1, 0.0)}, "learning_rate must be a number above 0"),
    "word": ({"learning_rate": "fast"}, "learning_rate must be a number above 0"),
    "decay": ({"learning_rate_decay": "steps"}, "learning_rate_decay must be one of"),
    "window": ({"window": 0}, "window must be a number above 0 and below 1"),
    "epsilon": ({"epsilon": 1.5}, "epsilon must be a number from 0 to 1"),
    "none": ({"prototypes": 0}, "prototypes must be an integer >= 1, or one for each of the 3 classes"),
    "fraction": ({"prototypes": 2.5}, "prototypes must be an integer"),
    "two counts": ({"prototypes": (1, 2)}, "prototypes must be an integer"),
    "too many": ({"prototypes": (1, 2, 51)}, "class 2 has 50 samples, too few for 51 prototypes"),
    "init": ({"init": "means"}, "init must be one of kmeans, samples"),
    "shape": ({"init": (np.eye(3), [0, 1, 2])}, r"init must be .*got 'prototypes \(3, 3\), labels \(3,\)'"),
    "labels": ({"init": (np.eye(3, 4), [0, 1, 9])}, "init must be .*got 'the label 9'"),
    "nan": ({"init": (np.full((2, 4), np.nan), [0, 1])}, "init must be"),
    "a class without": ({"init": (np.eye(2, 4), [0, 2])}, "init must be .*got 'no prototype of class 1'"),
    "one class": ({"init": (np.eye(2, 4), [0, 0])}, "init must be .*got 'no prototype of class 1'"),
    "far": ({"init": (np.eye(3, 4) * 1e200, [0, 1, 2])}, r"the largest value of init is 1e\+200"),
    "shuffle": ({"shuffle": "no"}, "shuffle must be True or False; got 'no'"),
    "no pair": ({"init": 7}, "init must be"),
    "seed": ({"random_state": -1}, "random_state"),
}


@pytest.mark.parametrize(("parameters", "message"), BAD.values(), ids=BAD)
def test_bad_parameters(parameters, message):
    iris = load_iris()
    with pytest.raises((InvalidParameter, DataError), match=message):
        LVQ(**parameters).fit(iris.data, iris.target)


def test_bad_data():
    with pytest.raises(DataError, match=r"sample 1 \(counted from 0\) has no value but NaN"):
        LVQ().fit([[0.0], [np.nan], [1.0]], [0, 1, 1])
    with pytest.raises(DataError, match=r"feature 1 \(counted from 0\) has no value in any sample"):
        LVQ().fit([[0.0, np.nan], [1.0, np.nan]], [0, 1])
    with pytest.raises(DataError, match="the largest value of X is 1e\\+200"):
        LVQ().fit([[0.0], [1e200]], [0, 1])
    for dtype, unit in ((np.float32, 1e-24), (np.float64, 1e-170)):
        iris = load_iris()
        with pytest.raises(DataError, match=r"the largest value of X is 7.9e-.*: scale it"):
            LVQ().fit((iris.data * unit).astype(dtype), iris.target)
    with pytest.raises(DataError, match="y holds one class only, 3"):
        LVQ().fit([[0.0], [1.0]], [3, 3])
    with pytest.raises(DataError, match="two or more classes"):
        LVQ.from_codebook([[0.0], [1.0]], [3, 3])


def test_small_and_zero_samples_can_be_classified():
    model = LVQ.from_codebook([[0.0], [1.0]], ["low", "high"])
    assert model.predict([[0.0]]).tolist() == model.predict([[1e-200]]).tolist() == ["low"]


def test_classes_of_fewer_different_samples_than_prototypes():
    """Without scikit-learn's warning, which would be an error here."""
    x = np.repeat([[0.0], [1.0], [5.0], [6.0]], 10, axis=0)
    model = LVQ(5, random_state=0).fit(x, np.repeat([0, 1], 20))
    assert len(model.prototypes_) == 10
    assert model.score(x, np.repeat([0, 1], 20)) == 1


def test_a_refused_fit_leaves_the_parameters_checked_before_the_data():
    with pytest.raises(InvalidParameter):
        LVQ(window=2).fit(None, None)


def test_files(tmp_path):
    iris = load_iris()
    model = LVQ(2, random_state=1).fit(iris.data, np.array(["a", "b", "c"])[iris.target])
    again = neurosim.load(model.save(tmp_path / "m.npz"))
    np.testing.assert_array_equal(again.predict(iris.data), model.predict(iris.data))
    np.testing.assert_array_equal(again.prototypes_, model.prototypes_)
