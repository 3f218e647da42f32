"""The learners as scikit-learn estimators: contract, bad input, files, callbacks."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks

import neurosim
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets import load_iris
from neurosim.perceptron import (
    Adaline,
    AveragedPerceptron,
    KernelPerceptron,
    Madaline,
    MinOver,
    PassiveAggressive,
    Perceptron,
    PocketPerceptron,
    VotedPerceptron,
)
from neurosim.perceptron.kernel import scale

MODELS = [
    Perceptron(),
    AveragedPerceptron(),
    VotedPerceptron(),
    PocketPerceptron(),
    KernelPerceptron(),
    KernelPerceptron("rbf", readout="voted"),
    PassiveAggressive(),
    Adaline(),
    Madaline(),
    MinOver(max_steps=2000),
]
of_each = pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
pytestmark = pytest.mark.filterwarnings("ignore:MinOver")


@parametrize_with_checks(MODELS)
def test_scikit_learn(estimator, check):
    check(estimator)


@of_each
def test_save_and_load(model, tmp_path):
    iris = load_iris()
    if "random_state" in model.get_params():
        model = clone(model).set_params(random_state=7)
    model.fit(iris.data, iris.target)
    again = neurosim.load(model.save(tmp_path / "m.npz"))
    np.testing.assert_array_equal(again.decision_function(iris.data), model.decision_function(iris.data))
    assert again.get_params() == model.get_params()
    if hasattr(model, "partial_fit"):
        for one in (model, again):
            one.partial_fit(iris.data, iris.target)
        np.testing.assert_array_equal(again.decision_function(iris.data), model.decision_function(iris.data))


@of_each
def test_labels_of_one_class(model):
    with pytest.raises(DataError, match=f"{type(model).__name__}: y holds one class only, yes; it needs two or more"):
        clone(model).fit([[0.0], [1.0]], ["yes", "yes"])


@of_each
def test_not_a_number(model):
    with pytest.raises(ValueError, match="contains NaN"):
        clone(model).fit([[0.0], [np.nan]], [0, 1])


@of_each
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_refused_data_leave_the_model_as_it_was(model, form, rng):
    x, y = rng.normal(size=(30, 3)), np.arange(30) % 2
    model = clone(model).fit(form(x), y)
    ref = model.decision_function(x)
    for value in (np.nan, np.inf, -np.inf):
        broken = x.copy()
        broken[7, 1] = value
        with pytest.raises(ValueError, match=r"NaN|infinity"):
            model.fit(form(broken[:, [1, 0, 2]]), np.arange(30) % 3)
        with pytest.raises(ValueError, match=r"NaN|infinity"):
            model.partial_fit(form(broken), y) if hasattr(model, "partial_fit") else model.fit(form(broken), y)
    np.testing.assert_array_equal(model.decision_function(x), ref)


@of_each
@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.filterwarnings("ignore:invalid")
def test_numbers_too_large(model, rng):
    x = 1e200 * rng.normal(size=(30, 3))
    with pytest.raises(DataError, match="scale the samples"):
        clone(model).fit(x, x[:, 0] > 0)


@of_each
def test_float32_stays(model, rng):
    x, y = rng.normal(size=(30, 3)).astype(np.float32), np.arange(30) % 3
    model = clone(model).fit(x, y)
    assert model._real == np.float32
    assert model.predict(sparse.csr_matrix(x)).tolist() == model.predict(x).tolist()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Perceptron(margin=-1), "Perceptron: margin must be a number >= 0; got -1"),
        (Perceptron(eta0=0), "Perceptron: eta0 must be a number > 0; got 0"),
        (Perceptron(epochs=0), "Perceptron: epochs must be an integer >= 1; got 0"),
        (AveragedPerceptron(margin=np.nan), "AveragedPerceptron: margin must be a number >= 0; got nan"),
        (PassiveAggressive(-1), "PassiveAggressive: C must be a number > 0; got -1"),
        (PassiveAggressive(variant="PA-III"), "variant must be one of PA, PA-I, PA-II; got 'PA-III'"),
        (Adaline(2.5), "Adaline: mu must be a number > 0 and < 2; got 2.5"),
        (Adaline(rule="delta"), "Adaline: rule must be one of lms, nlms; got 'delta'"),
        (Madaline(4), "Madaline: n_units must be odd, so that there is a majority; got 4"),
        (Madaline(mu=2), "Madaline: mu must be a number > 0 and < 2; got 2"),
        (MinOver(tol=1), "MinOver: tol must be a number > 0 and < 1; got 1"),
        (MinOver(max_steps=0), "MinOver: max_steps must be an integer >= 1; got 0"),
        (KernelPerceptron("cubic"), "KernelPerceptron: kernel must be one of linear, poly, rbf; got 'cubic'"),
        (KernelPerceptron(readout="all"), "readout must be one of averaged, last, voted; got 'all'"),
        (KernelPerceptron(gamma="auto"), "gamma must be \"scale\" or a number > 0; got 'auto'"),
        (KernelPerceptron(coef0=-1), "coef0 must be a number >= 0; got -1"),
        (KernelPerceptron(degree=1.5), "degree must be an integer >= 1; got 1.5"),
    ],
    ids=str,
)
def test_wrong_parameters(model, message):
    with pytest.raises(InvalidParameter) as caught:
        model.fit([[0.0], [1.0]], [0, 1])
    assert message in str(caught.value)


def test_a_step_that_diverges_is_an_error(rng):
    x = 100 * rng.normal(size=(200, 5))
    with pytest.raises(InvalidParameter, match="mu must be smaller: the weights diverged"):
        Adaline(0.5, rule="lms").fit(x, x[:, 0] > 0)


def test_streams_refuse_what_does_not_fit(rng):
    x = rng.normal(size=(4, 2))
    with pytest.raises(InvalidParameter, match="classes must be all labels, at the first partial_fit; got None"):
        Perceptron().partial_fit(x, [0, 1, 0, 1])
    with pytest.raises(InvalidParameter, match="classes must be two or more different labels"):
        Perceptron().partial_fit(x, [1, 1, 1, 1], classes=[1])
    model = Perceptron().partial_fit(x, ["a", "b", "a", "b"], classes=["a", "b"])
    with pytest.raises(InvalidParameter, match="y must be one of the classes"):
        model.partial_fit(x, ["a", "c", "a", "b"])
    with pytest.raises(InvalidParameter, match="classes must be those of the first call"):
        model.partial_fit(x, ["a", "b", "a", "b"], classes=["a", "b", "c"])


@pytest.mark.parametrize("model", [m for m in MODELS if hasattr(m, "partial_fit")], ids=lambda m: type(m).__name__)
def test_a_stream_goes_on_after_a_refused_start(model, rng):
    x, model = rng.normal(size=(6, 2)), clone(model)
    for y, classes in (([0] * 6, [0]), ([0, 1, 5, 0, 1, 0], [0, 1])):
        with pytest.raises(InvalidParameter):
            model.partial_fit(x, y, classes=classes)
    assert model.partial_fit(x, [0, 1] * 3, classes=[0, 1]).predict(x).shape == (6,)


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.uint8, np.int64, np.uint64, bool])
def test_labels_of_any_width(kind):
    info = None if kind is bool else np.iinfo(kind)
    low, high = (False, True) if info is None else (info.min, info.max)
    x, y = [[0.0], [1.0], [2.0], [9.0]], np.array([low, low, high, high], kind)
    model = Perceptron(random_state=0).fit(x, y)
    assert model.predict(x).tolist() == y.tolist()
    assert model.classes_.dtype == kind


def test_sparse_samples_with_wide_indices(rng):
    x, y = sparse.random(40, 7, 0.5, "csr", random_state=0), np.arange(40) % 2
    wide = x.copy()
    wide.indices, wide.indptr = x.indices.astype(np.int64), x.indptr.astype(np.int64)
    ref, comp = (Perceptron(epochs=3, shuffle=False).fit(form, y) for form in (x, wide))
    np.testing.assert_array_equal(comp.coef_, ref.coef_)


def test_large_sparse_samples_are_not_spread_out():
    """100,000 x 100,000 numbers would not fit; the kernel's scale comes from the entries that are there."""
    x, y = sparse.random(100, 10**6, 1e-5, "csr", random_state=0), np.arange(100) % 2
    assert VotedPerceptron(epochs=1).fit(x[:20], y[:20]).score(x[:20], y[:20]) >= 0.5
    assert np.isclose(scale(x[:, :500]), scale(x[:, :500].toarray()))


@pytest.mark.parametrize("value", ["a", None, True, [1.0]])
def test_what_is_no_number(value):
    for model, name in ((Perceptron, "margin"), (Perceptron, "eta0"), (Adaline, "mu"), (PassiveAggressive, "C")):
        with pytest.raises(InvalidParameter, match=f"{model.__name__}: {name} must be a number"):
            model(**{name: value}).fit([[0.0], [1.0]], [0, 1])


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_where_the_first_broken_number_is(form):
    x = np.ones((5, 4))
    x[3, 2], x[4, 0] = np.nan, np.inf
    with pytest.raises(DataError, match=r"Perceptron: X contains NaN, first at sample 3, feature 2"):
        Perceptron().fit(form(x), [0, 1, 0, 1, 0])


def test_callback_stops_and_counts(rng):
    x, y = rng.normal(size=(50, 2)), rng.integers(0, 2, 50)
    seen = []
    model = Perceptron(epochs=9, random_state=0).fit(x, y, callback=lambda p: seen.append(p) or p.step == 3)
    assert [p.step for p in seen] == [1, 2, 3]
    assert [p.metrics["mistakes"] for p in seen] == model.mistakes_[:, 0].tolist()
    assert model.n_iter_ == 3


def test_seeds_and_grid_search():
    iris = load_iris()
    a, b, c = (Perceptron(epochs=3, random_state=s).fit(iris.data, iris.target) for s in (1, 1, 2))
    np.testing.assert_array_equal(a.coef_, b.coef_)
    assert (a.coef_ != c.coef_).any()
    search = GridSearchCV(AveragedPerceptron(random_state=0), {"epochs": [1, 100]}, cv=3).fit(iris.data, iris.target)
    assert search.best_params_ == {"epochs": 100}
