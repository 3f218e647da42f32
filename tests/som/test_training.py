"""The estimator online and in parts."""

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter, StorageError
from neurosim.core.schedules import decay
from neurosim.som import SOM

from . import naive


def by_hand(x, w, topology, order, sigmas, rates):
    """Kohonen's rule, one sample after the other."""
    w, apart = w.copy(), naive.map_distances(*topology.grid, topology.hexagonal, topology.shape)
    for i, sigma, rate in zip(order, sigmas, rates, strict=True):
        winner = ((x[i] - w) ** 2).sum(1).argmin()
        w += (rate * np.exp(-(apart[winner] ** 2) / (2 * sigma**2)))[:, None] * (x[i] - w)
    return w


def test_online_in_the_order_of_the_samples(topology, rng):
    x, w = rng.normal(size=(40, 3)), rng.normal(size=(topology.units, 3))
    given = {"lattice": topology.lattice, "shape": topology.shape, "init": w, "shuffle": False, "sigma": (2.0, 0.5)}
    som = SOM(topology.grid, algorithm="online", steps=100, **given).fit(x)
    order = np.arange(100) % 40
    wanted = by_hand(x, w, topology, order, decay("exponential", 2.0, 0.5, 100), decay("linear", 0.5, 0.01, 100))
    np.testing.assert_allclose(som.weights_, wanted, atol=1e-10)
    assert som.n_iter_ == 3
    assert som.sigma_ == 0.5
    np.testing.assert_allclose(som.history_["learning_rate"], decay("linear", 0.5, 0.01, 100)[::40])
    assert len(som.history_["qe"]) == 3
    assert som.history_["qe"][-1] < som.history_["qe"][0]


def test_a_new_order_for_every_epoch(rng):
    x = rng.normal(size=(50, 2))
    a, b, c = (SOM((4, 4), algorithm="online", epochs=2, random_state=seed).fit(x).weights_ for seed in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)
    given = {"algorithm": "online", "sigma_decay": "constant", "learning_rate_decay": "constant", "random_state": 1}
    one = SOM((4, 4), epochs=1, **given).fit(x)
    two = SOM((4, 4), epochs=2, **given).fit(x)
    again = SOM((4, 4), epochs=1, init=one.weights_, **given).fit(x)
    assert not np.array_equal(again.weights_, two.weights_)  # which would be the first order once more


def test_online_reaches_what_the_batch_map_reaches(rng):
    x = rng.uniform(size=(5000, 2))
    given = {"init": "random", "random_state": 3, "sigma": (5, 0.5), "epochs": 10}
    batch = SOM((10, 10), **given).fit(x)
    online = SOM((10, 10), algorithm="online", **given).fit(x)
    assert -online.score(x) < -1.1 * batch.score(x)


@pytest.mark.parametrize("metric", ["cosine", "correlation", "mahalanobis", "manhattan", "chebyshev"])
def test_metrics_online(rng, metric):
    x = rng.normal(size=(600, 4)) + 1
    som = SOM((5, 5), algorithm="online", metric=metric, epochs=5, random_state=0, sigma=(2.5, 0.5)).fit(x)
    batch = SOM((5, 5), metric=metric, epochs=5, sigma=(2.5, 0.5)).fit(x)
    assert som.score(x) > 1.15 * batch.score(x)
    if metric in ("cosine", "correlation"):
        np.testing.assert_allclose(np.linalg.norm(som.weights_, axis=1), 1)


def test_missing_values_online(rng):
    x = rng.uniform(size=(3000, 3))
    x[rng.random(x.shape) < 0.1] = np.nan
    x = x[~np.isnan(x).all(1)]
    for metric in ("euclidean", "manhattan"):
        som = SOM((6, 6), algorithm="online", metric=metric, epochs=3, random_state=0).fit(x)
        assert np.isfinite(som.weights_).all()
        assert som.score(x) > 1.15 * SOM((6, 6), metric=metric, epochs=10).fit(x).score(x)


def test_mexican_hat_online(rng):
    x = rng.uniform(size=(2000, 2))
    given = {"algorithm": "online", "random_state": 0, "epochs": 2, "init": "random", "learning_rate": (0.1, 0.01)}
    hat = SOM((6, 6), neighbourhood="mexican_hat", sigma=(3, 1), **given).fit(x)
    ref = SOM((6, 6), sigma=(3, 1), **given).fit(x)
    assert np.isfinite(hat.weights_).all()
    assert hat.weights_.std() > ref.weights_.std()  # the far side is pushed away


def test_a_sample_weight_is_a_number_of_showings_at_a_fixed_winner(rng):
    x, w = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.9, 0.1], [0.1, 0.9]])
    given = {
        "algorithm": "online",
        "init": w,
        "shuffle": False,
        "sigma": (0.01, 0.01),
        "learning_rate": (0.2, 0.2),
        "epochs": 1,
    }
    heavy = SOM((1, 2), **given).fit(x, sample_weight=[3, 1])
    np.testing.assert_allclose(heavy.weights_[0], 1 - 0.8**3 * (1 - w[0]) - [0, 1 - 0.8**3], atol=1e-12)
    repeated = SOM((1, 2), **given).fit(x[[0, 0, 0, 1]])
    np.testing.assert_allclose(heavy.weights_, repeated.weights_, atol=1e-12)


def test_partial_fit(rng):
    x = rng.normal(size=(60, 3))
    given = {"epochs": 3, "random_state": 5, "sigma": (2.0, 1.0), "learning_rate": (0.4, 0.1), "shuffle": False}
    som = SOM((4, 4), **given)
    for _ in range(5):
        som.partial_fit(x)
    assert som.n_iter_ == 5
    assert som.sigma_ == 1
    np.testing.assert_allclose(som.history_["sigma"], [2, 2**0.5, 1, 1, 1])
    np.testing.assert_allclose(som.history_["learning_rate"], [0.4, 0.25, 0.1, 0.1, 0.1])
    w = SOM((4, 4), epochs=1, **{k: v for k, v in given.items() if k != "epochs"})._initial_weights(
        x, np.ones(60), som.topology
    )
    for sigma, rate in zip(som.history_["sigma"], som.history_["learning_rate"], strict=True):
        w = by_hand(x, w, som.topology, np.arange(60), np.full(60, sigma), np.full(60, rate))
    np.testing.assert_allclose(som.weights_, w, atol=1e-10)


def test_partial_fit_goes_on_from_a_batch_map(rng):
    x = rng.normal(size=(500, 2))
    som = SOM((5, 5), epochs=5, learning_rate=(0.5, 0.001)).fit(x)
    before = som.weights_.copy()
    som.partial_fit(x[:1] + 100)
    assert som.n_iter_ == 6
    assert 0 < np.abs(som.weights_ - before).max() < 1
    assert np.isnan(som.history_["learning_rate"][:5]).all()
    with pytest.raises(ValueError, match="expecting 2 features"):
        som.partial_fit(np.zeros((3, 4)))


@pytest.mark.parametrize("given", [{"algorithm": "online", "steps": 150}, {"tol": 0.9, "n_iter_no_change": 1}])
def test_after_a_fit_partial_fit_has_the_end_of_the_schedule(rng, given):
    x = rng.normal(size=(50, 2))
    som = SOM((6, 6), random_state=0, sigma=(3, 0.7), learning_rate=(0.5, 0.02), **given).fit(x)
    assert som.n_iter_ < som.epochs
    som.partial_fit(x)
    assert som.history_["sigma"][-1] == 0.7
    np.testing.assert_allclose(som.history_["learning_rate"][-1], 0.02)


def test_partial_fit_of_a_map_from_elsewhere(rng):
    x = rng.normal(size=(50, 2))
    som = SOM.from_weights(x[:9], (3, 3), random_state=0).partial_fit(x)
    assert som.history_["sigma"][-1] == 1
    assert som.n_iter_ == 1


def test_a_wrong_parameter_leaves_no_half_trained_map(rng):
    som = SOM((3, 3), learning_rate=(2, 1))
    with pytest.raises(InvalidParameter, match="learning_rate"):
        som.partial_fit(rng.normal(size=(5, 2)))
    assert not hasattr(som, "weights_")


def test_partial_fit_of_single_samples(rng):
    som = SOM((3, 3), random_state=0)
    for sample in rng.normal(size=(20, 2)):
        som.partial_fit(sample[None])
    assert som.n_iter_ == 20
    assert np.isfinite(som.weights_).all()


@pytest.mark.parametrize("stop_at", [1, 3])
def test_online_goes_on_from_a_checkpoint_to_the_same_bits(rng, tmp_path, stop_at):
    x = rng.normal(size=(80, 3))
    given = {"algorithm": "online", "epochs": 5, "random_state": 2}
    whole = SOM((4, 4), **given).fit(x)
    path = tmp_path / "run.npz"
    SOM((4, 4), **given).fit(x, checkpoint=path, callback=lambda progress: progress.step == stop_at)
    resumed = SOM((4, 4), **given).fit(x, checkpoint=path, resume=True)
    np.testing.assert_array_equal(resumed.weights_, whole.weights_)
    np.testing.assert_array_equal(resumed.history_["qe"], whole.history_["qe"])
    with pytest.raises(StorageError, match="the data differ"):
        SOM((4, 4), **given).fit(x, sample_weight=np.full(80, 2), checkpoint=path, resume=True)
    with pytest.raises(StorageError, match="learning_rate"):
        SOM((4, 4), learning_rate=(0.3, 0.1), **given).fit(x, checkpoint=path, resume=True)


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"algorithm": "stochastic"}, "algorithm"),
        ({"neighbourhood": "triangle"}, "neighbourhood"),
        ({"learning_rate": (0.5, 0)}, "learning_rate"),
        ({"learning_rate": (1.5, 0.1)}, "learning_rate"),
        ({"learning_rate": 0.5}, "learning_rate"),
        ({"learning_rate_decay": "cosine"}, "learning_rate_decay"),
        ({"steps": 0, "algorithm": "online"}, "steps"),
        ({"steps": 1.5, "algorithm": "online"}, "steps"),
        ({"algorithm": "online", "backend": "cuda"}, "backend|CUDA"),
    ],
)
def test_wrong_parameters(rng, parameters, name):
    with pytest.raises((InvalidParameter, RuntimeError), match=name):
        SOM((3, 3), **parameters).fit(rng.normal(size=(20, 2)))
