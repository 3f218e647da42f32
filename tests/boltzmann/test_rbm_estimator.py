"""RBM as a scikit-learn estimator: contract, parameters, streams, sparse input, files, bad input."""

import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import neurosim
from neurosim.boltzmann import RBM, rbm_inference, rbm_training
from neurosim.cnn import DivergedError, Schedule
from neurosim.core import parallel
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets import load_digits

KINDS = [
    RBM(8, n_iter=3, batch_size=10),
    RBM(8, n_iter=3, batch_size=10, method="cd", momentum=0.5, centred=True),
    RBM(8, n_iter=3, batch_size=10, visible="gaussian", method="cd", learning_rate=0.001),
]
of_each = pytest.mark.parametrize("model", KINDS, ids=["pcd", "cd", "gaussian"])


@pytest.mark.filterwarnings("ignore:RBM. X reaches:UserWarning")
@parametrize_with_checks(KINDS)
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def x():
    return (load_digits().data[:250] > 7).astype(np.float64)


def learned(model):
    return {name: value for name, value in vars(model).items() if name.endswith("_")}


def assert_same(one, two):
    parts, others = learned(one), learned(two)
    assert parts.keys() == others.keys()
    for name, value in parts.items():
        if name == "memory_":
            for key in value:
                np.testing.assert_array_equal(value[key], others[name][key], err_msg=key)
        else:
            np.testing.assert_array_equal(value, others[name], err_msg=name)


@of_each
def test_same_seed_same_bits(model, x):
    one, two, other = (clone(model).set_params(random_state=s).fit(x) for s in (5, 5, 6))
    assert_same(one, two)
    assert (one.components_ != other.components_).any()
    assert_same(*[clone(model).set_params(random_state=np.random.default_rng(1)).fit(x) for _ in "ab"])


@of_each
def test_threads_change_nothing(model, x):
    model = clone(model).set_params(random_state=1)
    before, found = parallel.threads(), []
    try:
        for threads in (1, 2, 3):
            parallel.set_threads(threads)
            fitted = clone(model).fit(x)
            found.append((fitted, fitted.transform(x), fitted.sample(5, 20, random_state=0), fitted.free_energy(x)))
    finally:
        parallel.set_threads(before)
    for other in found[1:]:
        assert_same(found[0][0], other[0])
        for one, two in zip(found[0][1:], other[1:], strict=True):
            np.testing.assert_array_equal(one, two)


@of_each
def test_dtype_is_kept(model, x):
    for dtype in (np.float32, np.float64):
        fitted = clone(model).fit(x.astype(dtype))
        for array in (fitted.components_, fitted.chains_, fitted.transform(x.astype(dtype))):
            assert array.dtype == dtype
        assert fitted.sample(3, 2).dtype == dtype
    assert clone(model).fit(x.astype(int)).components_.dtype == np.float64


@of_each
@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csr_matrix])
def test_sparse_samples_give_the_same_bits(model, x, container, monkeypatch):
    monkeypatch.setattr(rbm_training, "DENSE", 8 * 64 * 20)  # two mini-batches at a time
    model = clone(model).set_params(random_state=1)
    packed = container(x)
    one, two = clone(model).fit(x), clone(model).fit(packed)
    assert_same(one, two)
    assert_same(clone(one).partial_fit(x), clone(two).partial_fit(packed))
    for name in ("transform", "reconstruct", "free_energy", "score_samples"):
        if hasattr(one, name):
            np.testing.assert_allclose(getattr(one, name)(x), getattr(one, name)(packed), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(one.gibbs(x, random_state=1), one.gibbs(packed, random_state=1))


def test_sparse_samples_are_never_dense_as_a_whole(rng, monkeypatch):
    monkeypatch.setattr(rbm_training, "DENSE", 2**20)
    places = rng.integers(0, (200, 20_000), (4000, 2))
    x = sparse.csr_array((np.ones(4000, np.float32), places.T), shape=(200, 20_000))
    x.data[:] = 1  # where two fell on one place
    sizes, toarray = [], type(x).toarray
    monkeypatch.setattr(type(x), "toarray", lambda self, **how: sizes.append(self.shape[0]) or toarray(self, **how))
    rbm = RBM(2, n_iter=1, batch_size=5, random_state=0).fit(x)
    assert sum(sizes) == 200
    assert max(sizes) * 20_000 * 4 <= 2**20
    rbm.transform(x)
    rbm.free_energy(x)
    assert sum(sizes) == 200
    monkeypatch.setattr(rbm_inference, "LARGEST", 2**20)
    rbm.score(x)
    assert max(sizes) == 52


@of_each
def test_streams_are_epochs(model, x):
    model = clone(model).set_params(random_state=3, n_iter=4, learning_rate={0: 0.01, 2: 0.001}, momentum=0.5)
    streamed = clone(model)
    for _ in range(4):
        streamed.partial_fit(x)
    assert_same(streamed, clone(model).fit(x))
    assert (streamed.n_iter_, streamed.n_updates_) == (4, 100)
    assert_same(clone(model).set_params(n_iter=5).fit(x), streamed.partial_fit(x))


def test_streams_of_parts_learn(x):
    rbm = RBM(16, learning_rate=0.1, batch_size=10, random_state=0)
    for _ in range(10):
        for begin in range(0, 250, 45):  # the last mini-batch of a part is not full
            rbm.partial_fit(x[begin : begin + 45])
    assert rbm.score(x) > RBM(16, learning_rate=0.0, n_iter=1).fit(x).score(x) + 2


def test_schedules(x):
    seen = RBM(4, n_iter=6, batch_size=50, random_state=0)
    steps = np.repeat([0.1, 0.05, 0.025], 10)
    by_step = clone(seen).set_params(learning_rate=steps).fit(x)
    assert_same(clone(seen).set_params(learning_rate=Schedule("step", 0.1, factor=0.5, every=2)).fit(x), by_step)
    assert_same(clone(seen).set_params(learning_rate={0: 0.1, 2: 0.05, 4: 0.025}).fit(x), by_step)
    assert_same(clone(seen).set_params(learning_rate=lambda epoch: 0.1 * 0.5 ** (epoch // 2)).fit(x), by_step)
    still = clone(seen).set_params(learning_rate=0.0).fit(x)
    assert np.abs(still.components_).max() < 0.06


def test_callbacks_see_every_epoch_and_stop(x):
    seen = []
    rbm = RBM(4, n_iter=9, random_state=0)
    rbm.fit(x, callback=lambda p: seen.append((p, rbm.components_)) or p.step == 3)
    assert [(p.step, p.total) for p, _ in seen] == [(1, 9), (2, 9), (3, 9)]
    assert [p.metrics["error"] for p, _ in seen] == rbm.errors_.tolist()
    assert (seen[0][1] != seen[1][1]).any()
    assert_same(rbm, RBM(4, n_iter=3, random_state=0).fit(x))


@of_each
def test_save_load_and_pickle(model, x, tmp_path):
    model = clone(model).set_params(random_state=7, learning_rate={0: 0.01, 3: 0.001}).fit(x)
    for again in (neurosim.load(model.save(tmp_path / "m.npz")), pickle.loads(pickle.dumps(model))):
        assert_same(again, model)
        assert again.get_params() == model.get_params()
        np.testing.assert_array_equal(again.transform(x), model.transform(x))
        assert_same(again.partial_fit(x), clone(model).fit(x).partial_fit(x))
    unfitted = neurosim.load(RBM(3, momentum=Schedule("linear", 0.5, 0.9)).save(tmp_path / "u.npz"))
    assert unfitted.momentum == Schedule("linear", 0.5, 0.9)
    assert not hasattr(unfitted, "components_")


def test_pipeline_and_grid_search():
    digits = load_digits()
    x, y = digits.data[:600] / 16, digits.target[:600]
    pipeline = make_pipeline(
        RBM(40, learning_rate=0.1, batch_size=10, random_state=0), LogisticRegression(max_iter=1000)
    )
    search = GridSearchCV(pipeline, {"rbm__n_iter": [1, 20]}, cv=2).fit(x, y)
    assert search.best_params_ == {"rbm__n_iter": 20}
    assert GridSearchCV(RBM(8, learning_rate=0.1, batch_size=10, random_state=0), {"n_iter": [1, 40]}, cv=2).fit(
        x
    ).best_params_ == {"n_iter": 40}
    assert list(pipeline[0].fit(x).get_feature_names_out())[:2] == ["rbm0", "rbm1"]


@pytest.mark.parametrize("sparsely", [False, True])
def test_divergence_keeps_the_last_good_weights(x, sparsely):
    data = sparse.csr_array(100 * x) if sparsely else 100 * x
    rbm = RBM(8, visible="gaussian", method="cd", learning_rate=5.0, n_iter=400, batch_size=50, random_state=0)
    with pytest.raises(DivergedError, match=r"not finite at update .*not scaled: they reach 100.*learning rate, 5, is"):
        rbm.fit(data)
    assert np.isfinite(rbm.components_).all()
    assert np.isfinite(rbm.transform(data)).all()
    assert rbm.n_iter_ == len(rbm.errors_)
    assert np.isfinite(rbm.errors_).all()
    clone(rbm).set_params(n_iter=max(1, rbm.n_iter_ - 1)).fit(data)


def test_divergence_at_once_keeps_the_first_weights(x):
    rbm = RBM(4, visible="gaussian", method="cd", learning_rate=1e300, random_state=0)
    with pytest.raises(DivergedError):
        rbm.fit(x)
    assert np.abs(rbm.components_).max() < 0.1
    assert rbm.n_updates_ == 0


def test_values_beyond_probabilities_are_warned_of(x):
    with pytest.warns(UserWarning, match=r"^RBM: X reaches from 0 to 16; Bernoulli visible units .* in \[0, 1\]"):
        RBM(2, n_iter=1).fit(16 * x)
    with pytest.warns(UserWarning, match="X reaches from -1 to 0"):
        RBM(2, n_iter=1).partial_fit(sparse.csr_array(-x))
    RBM(2, n_iter=1, visible="gaussian", learning_rate=1e-6).fit(16 * x).reconstruct(16 * x)


@pytest.mark.parametrize(
    "question", ["score", "score_samples", "complete", "gibbs", "reconstruct", "free_energy", "transform"]
)
def test_questions_beyond_probabilities_are_warned_of(question, x):
    ask = getattr(RBM(2, n_iter=1, random_state=0).fit(x), question)
    ask(x)
    with pytest.warns(UserWarning, match="^RBM: X reaches from 0 to 16; Bernoulli visible units"):
        ask(16 * x)
    if question == "complete":
        ask(np.where(x == 0, np.nan, x))
        ask(np.full((2, x.shape[1]), np.nan))
    else:
        with pytest.warns(UserWarning, match="X reaches from -1 to 0"):
            ask(sparse.csr_array(-x))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_components": 0}, "n_components must be an integer >= 1; got 0"),
        ({"steps": 1.5}, "steps must be an integer"),
        ({"batch_size": True}, "batch_size must be an integer"),
        ({"n_iter": 0}, "n_iter must be an integer >= 1"),
        ({"visible": "binary"}, "visible must be one of bernoulli, gaussian; got 'binary'"),
        ({"method": "sml"}, "method must be one of pcd, cd; got 'sml'"),
        ({"learning_rate": -0.1}, "learning_rate must be a number >= 0, or a schedule; got -0.1"),
        ({"learning_rate": "fast"}, "learning_rate must be"),
        ({"learning_rate": [0.1, 0.2]}, "learning_rate must be one number, or one for each of the 30 steps"),
        ({"momentum": 1.0}, "momentum must be a number >= 0 and < 1"),
        ({"momentum": {0: 1.5}}, "momentum must be"),
        ({"weight_decay": -1}, "weight_decay must be a number >= 0"),
        ({"sparsity_target": 1.0, "sparsity_cost": 1.0}, "sparsity_target must be None or a number > 0 and < 1"),
        ({"sparsity_target": 0.1}, "sparsity_cost must be > 0 with a sparsity_target, else 0; got 0.0"),
        ({"sparsity_cost": 0.1}, "sparsity_cost must be"),
        ({"centred": 2.0}, "centred must be True, False or a rate > 0 and <= 1; got 2.0"),
        ({"visible_samples": 1}, "visible_samples must be True or False; got 1"),
        ({"random_state": -1}, "random_state must be"),
        ({"backend": "gpu"}, "backend must be one of auto, cpu, cuda"),
    ],
)
def test_bad_parameters(parameters, message, x):
    with pytest.raises(InvalidParameter, match=message):
        RBM(**parameters).fit(x)


def test_what_a_stream_refuses(x):
    for rate in (Schedule("linear", 0.1, 0.01), [0.1, 0.1, 0.1]):
        with pytest.raises(InvalidParameter, match="learning_rate must be without a last step for partial_fit"):
            RBM(learning_rate=rate).partial_fit(x)
    rbm = RBM(4).partial_fit(x)
    with pytest.raises(InvalidParameter, match=r"n_components must be as it was in the first call"):
        rbm.set_params(n_components=5).partial_fit(x)
    with pytest.raises(InvalidParameter, match=r"batch_size, method must be as it was"):
        rbm.set_params(n_components=4, method="cd").partial_fit(x)


def test_bad_data_and_questions(x):
    rbm = RBM(4, n_iter=1).fit(x)
    with pytest.raises(ValueError, match="features"):
        rbm.transform(x[:, 1:])
    with pytest.raises(ValueError, match="NaN"):
        rbm.fit(np.where(x == 0, np.nan, x))
    with pytest.raises(InvalidParameter, match="steps must be an integer >= 1"):
        rbm.gibbs(x, steps=0)
    with pytest.raises(InvalidParameter, match="n must be an integer >= 1"):
        rbm.sample(0)
    with pytest.raises(InvalidParameter, match="draws must be an integer >= 1"):
        rbm.complete(x, draws=0)
    assert not hasattr(RBM(visible="gaussian"), "score_samples")
    assert issubclass(InvalidParameter, ValueError)
    assert DataError is not InvalidParameter
