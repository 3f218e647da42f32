"""SparseCoding as a scikit-learn estimator: contract, streams, files, bad input; what it learns."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import parametrize_with_checks

import neurosim
from neurosim.cnn import DivergedError
from neurosim.core import parallel
from neurosim.core.errors import InvalidParameter
from neurosim.datasets.natural import make_dead_leaves, sample_patches
from neurosim.v1 import SparseCoding, fit_gabors, sparse_training
from neurosim.v1.whitening import whiten

from . import naive_sparse as naive

KINDS = [
    SparseCoding(6, n_iter=2, batch_size=10),
    SparseCoding(6, solver="fista", batch_size=10),
    SparseCoding.olshausen_field(6, batch_size=10),
]
of_each = pytest.mark.parametrize("model", KINDS, ids=["cd", "fista", "log"])


@parametrize_with_checks(KINDS)
def test_scikit_learn(estimator, check):
    check(estimator)


def made_of_atoms(n):
    """Samples of few atoms each, and the six atoms."""
    rng = np.random.default_rng(1)
    codes = np.where(rng.random((n, 6)) < 0.3, rng.normal(size=(n, 6)) * 3, 0)
    atoms = np.linalg.qr(rng.normal(size=(9, 6)))[0].T
    return codes @ atoms + 0.01 * rng.normal(size=(n, 9)), atoms


@pytest.fixture(scope="module")
def x():
    return made_of_atoms(120)[0]


def learned(model):
    state = {name: value for name, value in vars(model).items() if name.endswith("_")}
    return state | state.pop("memory_")


def assert_same(one, two):
    assert learned(one).keys() == learned(two).keys()
    for name, value in learned(one).items():
        np.testing.assert_array_equal(value, learned(two)[name], err_msg=name)


@of_each
def test_same_seed_same_bits_for_any_number_of_threads(model, x):
    before, found = parallel.threads(), []
    try:
        for threads in (1, 2, 3):
            parallel.set_threads(threads)
            found.append(clone(model).set_params(random_state=5).fit(x))
    finally:
        parallel.set_threads(before)
    for other in found[1:]:
        assert_same(found[0], other)
    assert (clone(model).set_params(random_state=6).fit(x).components_ != found[0].components_).any()


@of_each
def test_streams_are_epochs(model, x):
    model = clone(model).set_params(random_state=3, learning_rate=0.5)
    streamed = clone(model)
    for _ in range(3):
        streamed.partial_fit(x)
    assert_same(streamed, clone(model).set_params(n_iter=3).fit(x))
    assert (streamed.n_iter_, streamed.n_updates_) == (3, 36)
    assert streamed.objective_.shape == (3,)


@of_each
def test_files(model, x, tmp_path):
    model = clone(model).set_params(random_state=np.random.default_rng(0)).fit(x)
    again = neurosim.load(model.save(tmp_path / "model"))
    assert_same(model, again)
    np.testing.assert_array_equal(model.transform(x), again.transform(x))
    assert_same(model.partial_fit(x), again.partial_fit(x))


@of_each
def test_objective_is_the_cost_of_the_codes(model, x):
    model = clone(model).set_params(random_state=0).fit(x)
    codes, d = model.transform(x), model.components_
    costs = [naive.cost(row, a, d, model.alpha, model.penalty, model.sigma) for row, a in zip(x, codes, strict=True)]
    assert model.objective(x) == pytest.approx(np.mean(costs), rel=1e-12)
    np.testing.assert_allclose(model.inverse_transform(codes), codes @ d, atol=1e-12)


def test_objective_of_an_epoch_is_that_before_the_updates(x):
    model = SparseCoding(6, batch_size=200, random_state=0, tol=1e-12).fit(x)
    start = model.set_params(dict_init=None)
    first = clone(start).set_params(n_iter=2).fit(x)
    assert first.objective_[0] == model.objective_[0]
    assert first.objective_[1] == pytest.approx(model.objective(x), rel=1e-9)
    assert first.objective_[1] < first.objective_[0]


def test_learning_finds_the_atoms_that_made_the_samples():
    x, atoms = made_of_atoms(600)
    model = SparseCoding(6, batch_size=60, n_iter=30, random_state=0).fit(x)
    found = np.abs(model.components_ @ atoms.T)
    assert (found.max(axis=0) > 0.99).all()
    assert sorted(found.argmax(axis=0)) == list(range(6))


def test_atoms_of_dead_leaves_are_gabors():
    """With 36 atoms measured .97; of as many fields of noise none."""
    white = whiten(make_dead_leaves((256, 256), 2, random_state=0).data.reshape(2, 256, 256), variance=1)
    patches = sample_patches(white, 8, 20_000, random_state=1)
    model = SparseCoding(36, alpha=2.0, batch_size=100, n_iter=8, random_state=2).fit(patches)
    assert (np.diff(model.objective_) < 0).all()
    fields = model.components_.reshape(-1, 8, 8)[:18]
    noise = np.random.default_rng(0).normal(size=fields.shape)
    ours, chance = ([fit.r_squared > 0.7 for fit in fit_gabors(f, random_state=0)] for f in (fields, noise))
    assert np.mean(ours) > 0.8
    assert np.mean(chance) < 0.1


def test_learning_rates(x):
    model = SparseCoding.olshausen_field(6, batch_size=30, random_state=0, n_iter=2)
    assert (model.penalty, model.alpha, model.sigma, model.learning_rate) == ("log", 0.022, 0.316, (2.0, 0.5))
    assert SparseCoding.olshausen_field(5, alpha=1.0).get_params()["alpha"] == 1.0
    falling = model.fit(x).components_
    assert (clone(model).set_params(learning_rate=(2.0, 2.0)).fit(x).components_ != falling).any()
    np.testing.assert_array_equal(
        clone(model).set_params(learning_rate=(2.0, 2.0)).fit(x).components_,
        clone(model).set_params(learning_rate=2.0).fit(x).components_,
    )
    np.testing.assert_array_equal(
        clone(model).partial_fit(x).components_, clone(model).set_params(learning_rate=0.5).partial_fit(x).components_
    )


def test_callback_can_stop(x):
    seen = []
    model = SparseCoding(4, n_iter=9, random_state=0).fit(x, callback=lambda p: seen.append(p) or len(seen) == 2)
    assert model.n_iter_ == 2
    assert [p.metrics["objective"] for p in seen] == model.objective_.tolist()


def test_too_few_rounds_are_told(x):
    model = SparseCoding(6, alpha=0.01, solver="fista", max_iter=2, n_iter=3, random_state=0)
    with pytest.warns(ConvergenceWarning, match="345 of 360 codes, over all epochs, were not within tol"):
        model.fit(x)
    with pytest.warns(ConvergenceWarning, match="of 120 samples were not within tol = 0.0001 after 2 rounds"):
        model.transform(x)


def grey_levels(rng):
    return rng.integers(0, 256, (400, 16)).astype(np.float32)


DIVERGING = {  # left alone, their atoms become seven times as long with every epoch
    "unscaled": (SparseCoding.olshausen_field(12, n_iter=30, batch_size=50), grey_levels),
    "rate": (
        SparseCoding(20, penalty="log", learning_rate=5.0, n_iter=20, batch_size=50),
        lambda rng: 10 * rng.normal(size=(400, 16)),
    ),
}


@pytest.mark.parametrize(("model", "samples"), DIVERGING.values(), ids=DIVERGING)
def test_atoms_that_outgrow_all_bounds(rng, model, samples):
    x, model = samples(rng), clone(model).set_params(random_state=0)
    square = f"{(x.astype(float) ** 2).mean():.3g}".replace("+", r"\+")
    with pytest.raises(DivergedError, match=rf"learning_rate, .* too large, .* its mean square is {square}"):
        model.fit(x)
    assert model.n_iter_ == len(model.objective_) < model.n_iter
    assert model.n_updates_ == model.n_iter_ * -(-len(x) // model.batch_size)
    assert np.isfinite(model.components_).all()
    assert np.linalg.norm(model.components_, axis=1).max() < 10 * np.linalg.norm(x, axis=1).max() / np.sqrt(0.1)
    assert np.isfinite(model.transform(x)).all()


def test_a_model_keeps_what_it_was_before_the_epoch_in_which_it_diverged(x):
    model = SparseCoding(6, penalty="log", learning_rate=0.5, random_state=0, n_iter=2, batch_size=50).fit(x)
    good = clone(model).fit(x)
    with pytest.raises(DivergedError, match=r"outgrew all bounds by update 9 \(objectives of the epochs before: \d"):
        model.partial_fit(1e200 * x)
    assert_same(model, good)


def test_atoms_too_long_at_first_may_become_shorter(x):
    """Samples that are too small are no reason to stop."""
    for scale in (1e-3, 1e-6):
        model = SparseCoding.olshausen_field(6, n_iter=3, random_state=0).fit(scale * x)
        lengths = np.linalg.norm(model.components_, axis=1)
        assert (lengths < 1).all()
        assert lengths.max() > 10 * np.sqrt((scale * x) ** 2 / 0.1).max()


@of_each
def test_every_epoch_has_its_own_order(model, x, monkeypatch):
    seen = []
    monkeypatch.setattr(
        sparse_training.Run, "_step", lambda self, rows, rate: float(seen.append(rows[:, 0].tolist()) or 0)
    )
    clone(model).set_params(n_iter=3, random_state=0).fit(x)
    shown = np.concatenate(seen).reshape(3, len(x))
    np.testing.assert_array_equal(np.sort(shown), np.tile(np.sort(x[:, 0]), (3, 1)))
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert (shown[one] != shown[other]).mean() > 0.9
    seen.clear()
    clone(model).set_params(n_iter=1, shuffle=False).fit(x)
    np.testing.assert_array_equal(np.concatenate(seen), x[:, 0])


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("n_components", 0, "an integer >= 1"), ("alpha", 0, "a number > 0"), ("penalty", "l2", "one of l1, log"),
        ("sigma", -1, "a number > 0"), ("solver", "omp", "one of cd, fista, lca"),
        ("batch_size", 1.5, "an integer >= 1"), ("n_iter", 0, "an integer >= 1"),
        ("shuffle", "no", "True or False"), ("tol", -1, "a number >= 0"),
        ("max_iter", 0, "an integer >= 1"), ("learning_rate", 0, "a number > 0 or"),
        ("learning_rate", (1, 2, 3), "two numbers > 0"), ("dict_init", np.ones((2, 3)), "of shape"),
        ("dict_init", np.full((144, 9), np.nan), "finite"), ("backend", "tpu", "one of auto, cpu, cuda"),
        ("random_state", "x", "None, an int"),
    ],
)  # fmt: skip
def test_bad_parameters(x, name, value, wanted):
    with pytest.raises(InvalidParameter, match=f"{name} must be .*{wanted}"):
        SparseCoding(**{name: value}).fit(x)


def test_changes_between_calls(x):
    model = SparseCoding(4, random_state=0).partial_fit(x)
    for change in ({"n_components": 5}, {"penalty": "log"}):
        with pytest.raises(InvalidParameter, match="as it was in the first call"):
            clone(model).partial_fit(x).set_params(**change).partial_fit(x)
    with pytest.raises(InvalidParameter, match="4 codes a sample"):
        model.inverse_transform(np.ones((3, 5)))
