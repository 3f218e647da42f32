"""NeuralGas as a scikit-learn estimator, its edges, its figure, and published behaviour."""

import pickle

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

import neurosim
from neurosim.core import parallel, random
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets import load_digits, make_blobs
from neurosim.som.neural_gas import NeuralGas

from . import naive_gas


@parametrize_with_checks([NeuralGas(units=3, epochs=5), NeuralGas(units=3, algorithm="online", epochs=10)])
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture
def x(rng):
    return rng.normal(size=(200, 3))


@pytest.fixture(params=["batch", "online"])
def gas(request, x):
    return NeuralGas(units=12, algorithm=request.param, epochs=5, random_state=1).fit(x)


def test_outputs(gas, x):
    distances = gas.transform(x)
    assert distances.shape == (200, 12)
    np.testing.assert_array_equal(gas.predict(x), distances.argmin(1))
    np.testing.assert_array_equal(gas.labels_, gas.predict(x))
    np.testing.assert_allclose(gas.score(x), -distances.min(1).mean())
    assert list(gas.get_feature_names_out())[-1] == "neuralgas11"
    assert {len(values) for values in gas.history_.values()} == {5}
    np.testing.assert_allclose(gas.history_["range"][0], 6)
    assert gas.n_iter_ == 5


def test_batch_is_the_rule_repeated(x):
    w = x[:12].copy()
    gas = NeuralGas(units=12, epochs=4, neighbourhood_range=(8, 0.125), init=w).fit(x)
    errors = []
    for neighbourhood_range in (8, 2, 0.5, 0.125):
        w, distances = naive_gas.batch(x, w, neighbourhood_range)
        errors.append(distances / len(x))
    np.testing.assert_allclose(gas.weights_, w)
    np.testing.assert_allclose(gas.history_["qe"], errors)
    np.testing.assert_allclose(gas.history_["range"], [8, 2, 0.5, 0.125])


def test_online_shows_every_sample_once_an_epoch(rng):
    """With a range so small that only the nearest learns, and a rate of 1, a unit is where its last sample was."""
    x = np.arange(50.0)[:, None]
    shown = NeuralGas(
        units=50, algorithm="online", epochs=1, learning_rate=(1, 1), neighbourhood_range=(0.01, 0.01), init=x + 0.25
    ).fit(x)
    np.testing.assert_array_equal(np.sort(shown.weights_, axis=0), x)
    np.testing.assert_allclose(shown.history_["qe"], 0.25)


def test_online_is_the_rule_repeated(x):
    """Every epoch has its own order of all samples, and the last is cut short."""
    gas = NeuralGas(units=5, algorithm="online", steps=450, random_state=3, init=x[:5]).fit(x)
    orders = [random.permutation(3, stream, 200)[:count] for stream, count in ((1, 200), (2, 200), (3, 50))]
    w, errors = x[:5], []
    for begin, order in zip((0, 200, 400), orders, strict=True):
        t = (begin + np.arange(len(order))) / 449
        w, distances = naive_gas.online(x, w, order, 2.5 * (0.01 / 2.5) ** t, 0.5 * 0.01**t)
        errors.append(distances / len(order))
    np.testing.assert_allclose(gas.weights_, w, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(gas.history_["qe"], errors, rtol=1e-6)
    np.testing.assert_allclose(gas.history_["learning_rate"], 0.5 * 0.01 ** (np.array([0, 200, 400]) / 449))
    assert gas.n_iter_ == 3


def test_edges(gas, x):
    counts = naive_gas.edges(x, gas.weights_)
    assert {tuple(p): c for p, c in zip(gas.edges_.tolist(), gas.edge_counts_.tolist(), strict=True)} == counts
    graph = gas.graph().toarray()
    np.testing.assert_array_equal(graph, graph.T)
    assert graph.sum() == 2 * len(x)
    strong = gas.graph(least=4).toarray()
    np.testing.assert_array_equal(strong, np.where(graph >= 4, graph, 0))
    with pytest.raises(InvalidParameter, match="least must be an integer >= 1"):
        gas.graph(0)


@pytest.mark.parametrize("algorithm", ["batch", "online"])
def test_graph_of_a_circle_and_apart_blobs(rng, algorithm):
    """The edges follow the data: a ring in which every unit has two neighbours, and a component for each blob."""
    angle = rng.uniform(0, 2 * np.pi, 2000)
    ring = NeuralGas(units=20, algorithm=algorithm, random_state=0).fit(np.stack([np.cos(angle), np.sin(angle)], 1))
    np.testing.assert_array_equal((ring.graph().toarray() > 0).sum(1), 2)
    assert connected_components(ring.graph())[0] == 1
    blobs = make_blobs(600, centers=[[0, 0], [20, 0], [0, 20]], random_state=0)
    gas = NeuralGas(units=30, algorithm=algorithm, random_state=0).fit(blobs.data)
    _, component = connected_components(gas.graph())
    assert len(set(component[gas.labels_])) == 3
    assert len(set(zip(component[gas.labels_], blobs.target, strict=True))) == 3
    if algorithm == "batch":
        assert set(gas.labels_) == set(range(30))


@pytest.mark.parametrize("algorithm", ["batch", "online"])
def test_seed_dtype_and_threads(x, algorithm):
    fits, before = [], parallel.threads()
    for threads in (1, 3):
        parallel.set_threads(threads)
        try:
            fits.append(NeuralGas(units=20, algorithm=algorithm, epochs=3, random_state=7).fit(x.astype(np.float32)))
        finally:
            parallel.set_threads(before)
    assert fits[0].weights_.dtype == np.float32
    np.testing.assert_array_equal(fits[0].weights_, fits[1].weights_)
    other = NeuralGas(units=20, algorithm=algorithm, epochs=3, random_state=8).fit(x.astype(np.float32))
    assert (other.weights_ != fits[0].weights_).any()
    again = NeuralGas(units=20, algorithm=algorithm, epochs=3, random_state=fits[0].seed_).fit(x.astype(np.float32))
    np.testing.assert_array_equal(again.weights_, fits[0].weights_)


def test_random_units_lie_in_the_range_of_the_data(x):
    gas = NeuralGas(units=50, epochs=1, init="random", neighbourhood_range=(0.01, 0.01), random_state=0)
    seen = []
    gas.fit(x * [1, 10, 100], callback=lambda progress: seen.append(progress) or True)
    assert len(seen) == 1
    assert seen[0].total == 1
    assert (gas.weights_ >= (x * [1, 10, 100]).min(0)).all()
    assert (gas.weights_ <= (x * [1, 10, 100]).max(0)).all()
    assert gas.weights_[:, 2].std() > 20


def test_callback_stops(x):
    gas = NeuralGas(units=5, epochs=9).fit(x, callback=lambda progress: progress.step == 2)
    assert gas.n_iter_ == 2


def test_files(gas, x, tmp_path):
    for other in (pickle.loads(pickle.dumps(gas)), neurosim.load(gas.save(tmp_path / "gas.npz"))):
        np.testing.assert_array_equal(other.predict(x), gas.predict(x))
        np.testing.assert_array_equal(other.edges_, gas.edges_)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"units": 1}, "units must be an integer >= 2"),
        ({"algorithm": "growing"}, "algorithm must be one of batch, online"),
        ({"neighbourhood_range": (5, 0)}, "neighbourhood_range must be .start, end., two numbers > 0"),
        ({"learning_rate": (1.5, 0.1)}, "learning_rate must be .start, end., two numbers in"),
        ({"epochs": 0}, "epochs must be an integer >= 1"),
        ({"steps": 100}, "steps must be None with algorithm='batch'"),
        ({"steps": 0, "algorithm": "online"}, "steps must be an integer >= 1"),
        ({"init": "pca"}, "init must be one of sample, random"),
        ({"init": np.zeros((3, 3))}, r"a finite array of shape \(100, 3\)"),
        ({"init": np.full((100, 3), np.nan)}, "a finite array of shape"),
    ],
)
def test_errors(x, changes, message):
    with pytest.raises(InvalidParameter, match=message):
        NeuralGas(**changes).fit(x)


def test_other_errors(x):
    with pytest.raises(InvalidParameter, match="callback must be a function or None; got 3"):
        NeuralGas(units=3).fit(x, callback=3)
    with pytest.raises(DataError, match="scale X"):
        NeuralGas(units=3).fit(x.astype(np.float32) * 1e20)
    with pytest.raises(NotFittedError):
        NeuralGas().graph()


def test_escapes_the_local_minima_of_k_means(rng):
    """Digits, 30 units, mean of 5 seeds: below k-means from random samples."""
    x = load_digits().data
    gas, means = [], []
    for seed in range(5):
        fitted = NeuralGas(units=30, algorithm="online", epochs=20, random_state=seed).fit(x)
        gas.append((fitted.transform(x).min(1) ** 2).sum())
        means.append(KMeans(30, init="random", n_init=1, random_state=seed).fit(x).inertia_)
    assert np.mean(gas) < np.mean(means)


def lines_of(ax):
    return next(c for c in ax.collections if isinstance(c, LineCollection))


def test_figure(gas, x):
    from neurosim.som.plot_gas import gas_in_data_space

    ax = gas_in_data_space(gas, x, features=(2, 0), least=2, shift=1.0, scale=[1, 2, 3])
    kept = gas.edges_[gas.edge_counts_ >= 2]
    w = (gas.weights_ * [1, 2, 3] + 1)[:, [2, 0]]
    np.testing.assert_allclose(np.array(lines_of(ax).get_segments()), w[kept])
    np.testing.assert_allclose(np.stack(ax.lines[-1].get_data(), 1), w)
    np.testing.assert_allclose(np.stack(ax.lines[0].get_data(), 1), (x * [1, 2, 3] + 1)[:, [2, 0]])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("feature 2", "feature 0")
    assert gas_in_data_space(gas, names=["a", "b", "c"], ax=ax).get_xlabel() == "a"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features": (0,)}, "features must be two integers in"),
        ({"features": (0, 3)}, "features must be two integers in"),
        ({"names": ["a"]}, "names must be 3 names"),
        ({"least": 0}, "least must be an integer >= 1"),
    ],
)
def test_errors_of_the_figure(gas, changes, message):
    from neurosim.som.plot_gas import gas_in_data_space

    with pytest.raises(InvalidParameter, match=message):
        gas_in_data_space(gas, **changes)
