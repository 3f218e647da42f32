"""The estimators as scikit-learn's: contract, files, streams, checkpoints, bad input."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import neurosim
from neurosim.cnn import (
    SGD,
    Adam,
    Autoencoder,
    CNNClassifier,
    DivergedError,
    MLPClassifier,
    MLPRegressor,
    RMSProp,
    Schedule,
    trainer,
)
from neurosim.core.errors import DataError, InvalidParameter, StorageError

MODELS = [MLPClassifier(), MLPRegressor(), CNNClassifier(), Autoencoder()]
of_each = pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
of_classifiers = pytest.mark.parametrize("model", [MODELS[0], MODELS[2]], ids=lambda model: type(model).__name__)


@parametrize_with_checks(
    [MLPClassifier(max_iter=60), MLPRegressor(max_iter=100), CNNClassifier(), Autoencoder(max_iter=60)]
)
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture
def data(rng):
    y = rng.integers(0, 3, 60)
    return rng.normal(size=(60, 9)) + y[:, None], y


def outputs(model, x):
    if hasattr(model, "predict_proba"):
        return model.predict_proba(x)
    return model.transform(x) if hasattr(model, "transform") else model.predict(x)


@of_each
def test_same_seed_same_bits(model, data):
    one, two, other = (clone(model).set_params(max_iter=4, random_state=s).fit(*data) for s in (5, 5, 6))
    np.testing.assert_array_equal(outputs(one, data[0]), outputs(two, data[0]))
    assert (outputs(one, data[0]) != outputs(other, data[0])).any()
    generators = [clone(model).set_params(max_iter=4, random_state=np.random.default_rng(1)).fit(*data) for _ in "ab"]
    np.testing.assert_array_equal(*[outputs(model, data[0]) for model in generators])


@of_each
def test_save_load_and_pickle(model, data, tmp_path):
    x, y = data
    model = clone(model).set_params(max_iter=3, random_state=7).fit(x, y)
    for again in (neurosim.load(model.save(tmp_path / "m.npz")), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(outputs(again, x), outputs(model, x))
        assert again.get_params() == model.get_params()
        assert again.loss_curve_ == model.loss_curve_
        first = clone(model).fit(x, y).partial_fit(x, y)
        np.testing.assert_array_equal(outputs(again.partial_fit(x, y), x), outputs(first, x))
    unfitted = neurosim.load(clone(model).set_params(solver=RMSProp({0: 0.1, 3: 0.01})).save(tmp_path / "u.npz"))
    assert unfitted.solver == RMSProp({0: 0.1, 3: 0.01})
    assert not hasattr(unfitted, "network_")


@of_each
def test_callbacks_see_every_epoch_and_stop(model, data):
    x, y = data
    seen = []
    model = clone(model).set_params(max_iter=50, random_state=0)
    model.fit(x, y, callback=lambda p: seen.append((p, outputs(model, x))) or p.step == 3)
    assert [p.step for p, _ in seen] == [1, 2, 3]
    assert model.n_iter_ == len(model.loss_curve_) == 3
    assert model.loss_curve_ == [p.metrics["loss"] for p, _ in seen]
    np.testing.assert_array_equal(seen[-1][1], outputs(model, x))
    assert (seen[0][1] != seen[1][1]).any()


@of_each
def test_streams_are_epochs(model, data):
    """One fit of k epochs is k passes: the optimiser, the permutations and the rates go on."""
    x, y = data
    solver = SGD({0: 0.005, 2: 0.001}, momentum=0.5)
    model = clone(model).set_params(random_state=3, solver=solver, n_iter_no_change=None, batch_size=16)
    streamed = clone(model)
    for _ in range(4):
        options = {"classes": [0, 1, 2]} if hasattr(model, "predict_proba") else {}
        streamed.partial_fit(x, y, **options)
    whole = clone(model).set_params(max_iter=4).fit(x, y)
    np.testing.assert_allclose(outputs(streamed, x), outputs(whole, x), rtol=1e-9)
    np.testing.assert_allclose(streamed.loss_curve_, whole.loss_curve_)
    assert streamed.n_iter_ == 4


@of_each
def test_warm_start_goes_on(model, data):
    x, y = data
    model = clone(model).set_params(random_state=3, solver=SGD(0.05), max_iter=2, batch_size="full")
    twice = clone(model).set_params(warm_start=True).fit(x, y).fit(x, y)
    whole = clone(model).set_params(max_iter=4).fit(x, y)
    np.testing.assert_allclose(twice.loss_curve_, whole.loss_curve_, rtol=1e-9)
    cold = clone(model).fit(x, y)
    first = outputs(cold, x)
    np.testing.assert_array_equal(outputs(cold.fit(x, y), x), first)


@of_each
def test_checkpoints_resume_to_the_same_bits(model, data, tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "SECONDS", 0.0)
    x, y = data
    model = clone(model).set_params(random_state=3, max_iter=6, early_stopping=True)
    file = {"checkpoint": tmp_path / "c.npz", "resume": True}

    def crash(progress):
        if progress.step == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        clone(model).fit(x, y, callback=crash, **file)
    half = neurosim.load(tmp_path / "c.npz")
    assert half.n_iter_ == 3
    assert np.isfinite(outputs(half, x)).all()
    seen = []
    resumed = clone(model).fit(x, y, callback=seen.append, **file)
    whole = clone(model).fit(x, y)
    assert [p.step for p in seen] == [4, 5, 6]
    np.testing.assert_array_equal(outputs(resumed, x), outputs(whole, x))
    assert (resumed.loss_curve_, resumed.validation_curve_) == (whole.loss_curve_, whole.validation_curve_)
    with pytest.raises(StorageError, match=r"the optimiser differs$"):
        clone(model).set_params(learning_rate_init=0.01).fit(x, y, **file)
    with pytest.raises(StorageError, match="exists already"):
        clone(model).fit(x, y, checkpoint=tmp_path / "c.npz")


@of_each
def test_a_checkpoint_of_a_warm_start(model, data, tmp_path):
    """From the model of the first fit, from the file's, or from a new one: the bits of two fits without a break."""
    x, y = data
    model = clone(model).set_params(random_state=3, max_iter=4, warm_start=True, batch_size=20)
    whole = clone(model).fit(x, y).fit(x, y)
    file = {"checkpoint": tmp_path / "c", "resume": True}
    clone(model).fit(x, y).fit(x, y, callback=lambda p: p.step == 2, **file)
    stopped = (tmp_path / "c").read_bytes()
    assert neurosim.load(tmp_path / "c").n_iter_ == 6
    for again in (neurosim.load(tmp_path / "c"), clone(model).fit(x, y), clone(model)):
        (tmp_path / "c").write_bytes(stopped)
        again.fit(x, y, **file)
        np.testing.assert_array_equal(outputs(again, x), outputs(whole, x))
        assert again.loss_curve_ == whole.loss_curve_
        assert again.n_iter_ == 8
    with pytest.raises(StorageError, match=r"c: has gone through 4 epochs, more than max_iter, 3$"):
        clone(model).set_params(max_iter=3).fit(x, y, **file)


@of_each
def test_what_cannot_be_stored_is_told_first(model, data, tmp_path):
    x, y = data
    calls = {"callback": lambda p: pytest.fail("it has been trained")}
    name = type(model).__name__
    with pytest.raises(InvalidParameter, match=f"{name}: solver must be of a kind that a checkpoint can hold"):
        clone(model).set_params(solver=SGD(lambda epoch: 0.1)).fit(x, y, checkpoint=tmp_path / "c", **calls)
    with pytest.raises(InvalidParameter, match=f"{name}: checkpoint must be a file in a folder that exists"):
        clone(model).fit(x, y, checkpoint=tmp_path / "none" / "c", **calls)
    with pytest.raises(InvalidParameter, match=f"{name}: resume must be False without a checkpoint"):
        clone(model).fit(x, y, resume=True, **calls)
    with pytest.raises(StorageError, match="cannot be stored"):
        clone(model).set_params(solver=SGD(lambda epoch: 0.1)).save(tmp_path / "m")


@of_each
@pytest.mark.parametrize("patience", [None, 1000])
def test_early_stopping_returns_to_the_best_epoch(model, patience, rng):
    x, y = rng.normal(size=(60, 9)), rng.integers(0, 2, 60)
    if isinstance(model, Autoencoder):  # learns anything
        model = Autoencoder(solver=Adam({0: 0.01, 20: 1.0}))
    model = clone(model).set_params(max_iter=40, early_stopping=True, n_iter_no_change=patience, random_state=0)
    model.set_params(validation_fraction=0.4)
    weights = []
    model.fit(x, y, callback=lambda p: weights.append(model.network_.flat_parameters.copy()))
    best = int(np.argmin(model.validation_curve_))
    assert best < 39
    np.testing.assert_array_equal(model.network_.flat_parameters, weights[best])


@of_each
def test_streams_refuse_what_needs_their_end(model, data):
    x, y = data
    options = {"classes": [0, 1, 2]} if hasattr(model, "predict_proba") else {}
    name = type(model).__name__
    with pytest.raises(InvalidParameter, match=f"{name}: early_stopping must be False for partial_fit"):
        clone(model).set_params(early_stopping=True).partial_fit(x, y, **options)
    for solver in (SGD(Schedule("cosine", 0.1)), SGD(0.1, Schedule("linear", 0.5)), Adam(beta1=np.full(4, 0.9))):
        with pytest.raises(InvalidParameter, match=f"{name}: solver must be one without a last step"):
            clone(model).set_params(solver=solver).partial_fit(x, y, **options)
    clone(model).set_params(solver=SGD(Schedule("step", 0.01))).partial_fit(x, y, **options)


@of_each
def test_weights_that_leave_a_part_without_samples(model, data):
    x, y = data
    weights = np.zeros(60)
    weights[:1] = 1
    with pytest.raises(InvalidParameter, match=f"{type(model).__name__}: sample_weight must be > 0 for some of"):
        clone(model).set_params(early_stopping=True).fit(x, y, sample_weight=weights)


@of_each
def test_adam_remembers_its_updates_in_a_stream(model, data):
    """Its first moments are corrected by the number of updates: forgotten, the second pass would be another."""
    x, y = data
    model = clone(model).set_params(random_state=3, n_iter_no_change=None, batch_size=16, alpha=0.0)
    options = {"classes": [0, 1, 2]} if hasattr(model, "predict_proba") else {}
    streamed = clone(model).partial_fit(x, y, **options).partial_fit(x, y, **options)
    assert streamed.n_updates_ == 8
    whole = clone(model).set_params(max_iter=2).fit(x, y)
    np.testing.assert_allclose(outputs(streamed, x), outputs(whole, x), rtol=1e-9)


@of_each
def test_patience(model, data):
    x, y = data
    model = clone(model).set_params(random_state=0, max_iter=3000, tol=1e-2, n_iter_no_change=4, batch_size=20)
    model.fit(x, y)
    assert 5 <= model.n_iter_ < 3000
    assert min(model.loss_curve_[-4:]) > min(model.loss_curve_[:-4]) - 1e-2 - 1e-12
    early = clone(model).set_params(early_stopping=True, validation_fraction=0.3).fit(x, y)
    assert len(early.validation_curve_) == early.n_iter_


@of_each
def test_refused_data_leave_the_model_as_it_was(model, data):
    x, y = data
    model = clone(model).set_params(max_iter=2, random_state=0)
    bad = x.copy()
    bad[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        model.fit(bad, y)
    assert not [name for name in vars(model) if name.endswith("_")]
    model.fit(x, y)
    before = outputs(model, x)
    for wrong in ({"X": bad, "y": y}, {"X": x, "y": y, "sample_weight": np.zeros(60)}):
        with pytest.raises(ValueError, match=r"NaN|sample_weight"):
            model.fit(**wrong)
        with pytest.raises(ValueError, match=r"NaN|sample_weight"):
            model.partial_fit(**wrong)
        np.testing.assert_array_equal(outputs(model, x), before)


@of_each
def test_divergence_keeps_good_weights(model, data):
    x, y = data
    model = clone(model).set_params(solver=SGD(1e30), random_state=0)
    with pytest.raises(DivergedError, match="learning rate, 1e\\+30, is too large"):
        model.fit(np.float32(x), y)
    assert np.isfinite(outputs(model, np.float32(x))).all()


@of_each
def test_dtypes(model, data):
    x, y = data
    assert clone(model).set_params(max_iter=1).fit(np.float32(x), y).network_.dtype == np.float32
    assert clone(model).set_params(max_iter=1).fit(x, y).network_.dtype == np.float64


@of_each
@pytest.mark.parametrize(
    "wrong",
    [
        {"solver": "lbfgs"},
        {"alpha": -1.0},
        {"batch_size": 0},
        {"batch_size": "half"},
        {"learning_rate_init": 0.0},
        {"momentum": 1.0},
        {"max_iter": 0},
        {"shuffle": "yes"},
        {"early_stopping": "yes"},
        {"warm_start": 1},
        {"tol": -1.0},
        {"n_iter_no_change": 0},
        {"validation_fraction": 1.0},
        {"random_state": -1},
        {"backend": "tpu"},
    ],
    ids=str,
)
def test_bad_parameters(model, wrong, data):
    (name,) = wrong
    with pytest.raises(InvalidParameter, match=name):
        clone(model).set_params(**wrong).fit(*data)


@of_classifiers
def test_labels(model, data):
    x, y = data
    model = clone(model).set_params(max_iter=20, random_state=0)
    words = np.array(["no", "yes", "maybe"], dtype=object)[y]
    model.fit(x, words)
    assert list(model.classes_) == ["maybe", "no", "yes"]
    assert set(model.predict(x)) <= set(words)
    np.testing.assert_allclose(model.predict_proba(x).sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(x)), model.predict_proba(x))
    with pytest.raises(DataError, match=f"{type(model).__name__}: y holds one class only, a; it needs two or more"):
        clone(model).fit(x, ["a"] * 60)
    with pytest.raises(InvalidParameter, match="classes must be all labels, at the first partial_fit"):
        clone(model).partial_fit(x, y)
    with pytest.raises(InvalidParameter, match=r"y must be one of the classes \[0 1\]; got"):
        clone(model).partial_fit(x, y, classes=[0, 1])
    with pytest.raises(InvalidParameter, match="classes must be those of the first call"):
        clone(model).fit(x, y).partial_fit(x, y, classes=[0, 1])
    with pytest.raises(DataError, match="warm_start needs the classes of the first fit"):
        clone(model).set_params(warm_start=True).fit(x, y).fit(x, y + 1)


@of_classifiers
def test_several_labels_a_sample(model, rng):
    x = rng.normal(size=(200, 4))
    y = (x[:, :3] + 0.2 * rng.normal(size=(200, 3)) > 0).astype(int)
    model = clone(model).set_params(max_iter=100, random_state=0, learning_rate_init=0.01).fit(x, y)
    probabilities = model.predict_proba(x)
    assert probabilities.shape == (200, 3)
    np.testing.assert_array_equal(model.predict(x), probabilities > 0.5)
    assert model.score(x, y) > 0.7  # all three labels right
    with pytest.raises(DataError, match="has to hold 0 and 1"):
        clone(model).fit(x, np.stack([y[:, 0], y[:, 1] + 5], axis=1))
    again = clone(model).partial_fit(x, y)
    with pytest.raises(DataError, match="is not like that of the first call"):
        again.partial_fit(x, y[:, :2])


def test_pipeline_and_grid_search(data):
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(max_iter=5, random_state=0))
    search = GridSearchCV(pipeline, {"mlpclassifier__learning_rate_init": [1e-6, 0.02]}, cv=2).fit(*data)
    assert search.best_params_ == {"mlpclassifier__learning_rate_init": 0.02}
