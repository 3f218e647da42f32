"""The elementary perceptron: contract, wiring, the gamble on XOR and parity, digits, files, bad input."""

from itertools import product

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.utils.estimator_checks import parametrize_with_checks

import neurosim
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.perceptron import ElementaryPerceptron, Perceptron


@parametrize_with_checks([ElementaryPerceptron(100), ElementaryPerceptron(80, excitatory=2, inhibitory=3, margin=1.0)])
def test_scikit_learn(estimator, check):
    check(estimator)


def parity(n):
    corners = np.array(list(product([0, 1], repeat=n)))
    return corners, corners.sum(1) % 2


def solved(n, **parameters):
    x, y = parity(n)
    return ElementaryPerceptron(**parameters).fit(x, y).score(x, y) == 1


@pytest.fixture
def samples(rng):
    x = rng.normal(size=(150, 5))
    return x, np.digitize(x[:, 0] * x[:, 1], [-0.3, 0.3])


def test_activity_is_what_wiring_and_thresholds_say(samples):
    x, y = samples
    model = ElementaryPerceptron(40, excitatory=3, inhibitory=2, epochs=3, random_state=1).fit(x, y)
    assert model.signs_.tolist() == [1, 1, 1, -1, -1]
    sums = (x[:, model.origins_] * model.signs_).sum(2)
    np.testing.assert_array_equal(model.activity(x), sums >= model.thresholds_)
    assert (model.thresholds_ <= sums.max(0)).all()
    assert (model.thresholds_ > sums.min(0)).all()
    place = (model.thresholds_ - sums.min(0)) / np.ptp(sums, axis=0)
    assert abs(place.mean() - 0.5) < 4 * np.sqrt(1 / 12 / 40)
    assert model.transform(x).dtype == np.float64
    np.testing.assert_array_equal(model.transform(x), model.activity(x))
    np.testing.assert_array_equal(model.activity(x[:1]), model.activity(x)[:1])


def test_one_threshold_for_all(samples):
    x, y = samples
    model = ElementaryPerceptron(40, threshold=0.7, epochs=3, random_state=1).fit(x, y)
    np.testing.assert_array_equal(model.thresholds_, 0.7)


def test_thresholds_of_lit_and_dark_features_act_as_integers():
    """Each of the integers in a unit's range is as likely: 9 connections to one feature make units all alike."""
    model = ElementaryPerceptron(4000, excitatory=3, inhibitory=0, random_state=0).fit([[0], [1], [1]], [0, 1, 1])
    steps = np.bincount(np.ceil(model.thresholds_).astype(int), minlength=4)
    assert steps[0] == 0
    assert (np.abs(steps[1:] - 4000 / 3) < 4 * np.sqrt(4000 * 2 / 9)).all()


def test_only_the_readout_learns(samples):
    """Its weights are those of a perceptron on the activity."""
    x, y = samples
    model = ElementaryPerceptron(300, epochs=30, random_state=2).fit(x, y)
    active = model.transform(x)
    scores = active @ model.coef_.T + model.intercept_
    np.testing.assert_allclose(model.decision_function(x), scores)
    np.testing.assert_array_equal(model.predict(x), model.classes_[scores.argmax(1)])
    assert model.coef_.shape == (3, 300)
    assert model.score(x, y) == 1 > Perceptron(random_state=0).fit(x, y).score(x, y)
    assert (model.coef_ == np.round(model.coef_)).all()
    assert model.n_iter_ == len(model.mistakes_) == len(model.updates_) < 30
    assert model.mistakes_[-1].sum() == 0


def test_margin_and_epochs_reach_the_readout(samples):
    x, y = samples
    scores = ElementaryPerceptron(300, margin=5.0, random_state=2).fit(x, y).decision_function(x)
    signs = np.where(y[:, None] == np.arange(3), 1, -1)
    assert (signs * scores).min() > 5
    assert ElementaryPerceptron(300, epochs=2, random_state=2).fit(x, y).n_iter_ == 2


def test_callback_stops(samples):
    seen = []
    model = ElementaryPerceptron(20, random_state=2).fit(*samples, callback=lambda p: seen.append(p) or len(seen) == 3)
    assert model.n_iter_ == len(seen) == 3


def test_partial_fit_goes_on_where_it_stopped(samples):
    x, y = samples
    steps = ElementaryPerceptron(50, random_state=3)
    steps.partial_fit(x, y, classes=[0, 1, 2])
    drawn = steps.origins_.copy(), steps.thresholds_.copy()
    for part in (slice(0, 100), slice(100, 150)):
        steps.partial_fit(x[part], y[part])
    np.testing.assert_array_equal(steps.origins_, drawn[0])
    np.testing.assert_array_equal(steps.thresholds_, drawn[1])
    plain = Perceptron(random_state=0)
    for _ in range(2):
        plain.partial_fit(steps.transform(x), y, classes=[0, 1, 2])
    np.testing.assert_array_equal(steps.coef_, plain.coef_)
    np.testing.assert_array_equal(steps.intercept_, plain.intercept_)
    assert steps.n_seen_ == 300


def test_xor():
    assert np.mean([solved(2, n_units=20, random_state=seed) for seed in range(200)]) > 0.97
    x, y = parity(2)
    assert Perceptron(random_state=0).fit(x, y).score(x, y) < 1


@pytest.mark.parametrize(("n", "n_units"), [(3, 50), (4, 150), (5, 400)])
def test_parity(n, n_units):
    assert np.mean([solved(n, n_units=n_units, epochs=1000, random_state=seed) for seed in range(20)]) > 0.9


def test_few_units_are_a_gamble():
    shares = [np.mean([solved(3, n_units=n, random_state=seed) for seed in range(100)]) for n in (4, 9, 40)]
    assert shares[0] < 0.15  # 0.016 of 400
    assert 0.3 < shares[1] < 0.85
    assert shares[2] > 0.95


def test_equal_numbers_cannot_tell_all_lit_from_all_dark():
    """An odd number of inputs: the two corners want different answers and wake the same units."""
    assert not any(
        solved(3, n_units=200, excitatory=4, inhibitory=4, epochs=50, random_state=seed) for seed in range(5)
    )


def test_digits():
    x, x_test, y, y_test = train_test_split(*load_digits(return_X_y=True), test_size=600, random_state=0)
    scores = [
        ElementaryPerceptron(n, epochs=20, random_state=0).fit(x, y).score(x_test, y_test) for n in (30, 200, 1500)
    ]
    assert scores[0] < 0.8
    assert scores[0] + 0.1 < scores[1] < scores[2] - 0.01
    assert scores[2] > 0.95


def test_float32_and_files(tmp_path, samples):
    x, y = samples
    model = ElementaryPerceptron(60, random_state=4).fit(x.astype(np.float32), y)
    assert model.thresholds_.dtype == model.coef_.dtype == model.transform(x.astype(np.float32)).dtype == np.float32
    again = neurosim.load(model.save(tmp_path / "model.npz"))
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    for each in (model, again):
        each.partial_fit(x, y)
    np.testing.assert_array_equal(again.coef_, model.coef_)


def test_random_state(samples):
    first, same, other = (ElementaryPerceptron(30, epochs=5, random_state=s).fit(*samples) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.coef_, same.coef_)
    assert (first.origins_ != other.origins_).any()
    assert first._readout().random_state != other._readout().random_state  # the orders of the samples differ too
    rng = np.random.default_rng(0)
    assert ElementaryPerceptron(3, random_state=rng).fit(*samples).seed_ != same.seed_


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"n_units": 0}, "n_units"),
        ({"excitatory": -1}, "excitatory"),
        ({"excitatory": 0, "inhibitory": 0}, "inhibitory"),
        ({"inhibitory": 1.5}, "inhibitory"),
        ({"threshold": np.nan}, "threshold"),
        ({"epochs": 0}, "epochs"),
        ({"margin": -1}, "margin"),
    ],
)
def test_bad_parameters(parameters, name, samples):
    with pytest.raises(InvalidParameter, match=f"ElementaryPerceptron: {name} must be"):
        ElementaryPerceptron(**parameters).fit(*samples)


def test_bad_labels(samples):
    x, y = samples
    with pytest.raises(DataError, match="one class"):
        ElementaryPerceptron(5).fit(x, np.zeros(150))
    model = ElementaryPerceptron(5)
    with pytest.raises(InvalidParameter, match="classes"):
        model.partial_fit(x, y)
    model.partial_fit(x, y, classes=[0, 1, 2])
    with pytest.raises(InvalidParameter, match="y must be one of"):
        model.partial_fit(x, y + 1)


def test_refused_data_leave_the_machine_as_it_was(rng):
    x, y = rng.normal(size=(40, 3)), np.arange(40) % 2
    model = ElementaryPerceptron(30, random_state=0).fit(x, y)
    ref = model.decision_function(x)
    for refused in (lambda: model.fit(x, [1] * 40), lambda: model.partial_fit(x, y + 5)):
        with pytest.raises(ValueError, match="class"):
            refused()
    np.testing.assert_array_equal(model.decision_function(x), ref)
    fresh = ElementaryPerceptron(30, random_state=0)
    with pytest.raises(ValueError, match="classes"):
        fresh.partial_fit(x, y)
    assert not hasattr(fresh, "origins_")
