"""The online kernels against the plain loops of `naive_online`, and against SOM_PAK's numbers."""

import numpy as np
import pytest

from neurosim.core import parallel
from neurosim.core.rows import BLOCK
from neurosim.core.schedules import decay
from neurosim.datasets import load_iris
from neurosim.som import Topology, distances, online_cpu
from neurosim.som.topology import NEIGHBOURHOODS

from . import naive, naive_online

BARS = {np.float32: 3e-6, np.float64: 1e-11}


def problem(rng, topology, features, steps, dtype=np.float64, rate=0.5):
    """First weights, samples and schedules; some samples come twice in a row."""
    weights = rng.random((topology.units, features)).astype(dtype)
    x = rng.random((25, features)).astype(dtype)
    order = np.repeat(rng.integers(0, 25, steps), 2)[:steps]
    return weights, x, order, np.linspace(3, 0.6, steps), np.linspace(rate, 0.01, steps)


def check(weights, x, order, sigmas, rates, topology, kind, distance=None, plain=naive_online.euclidean_known):
    """Fail unless the kernel's map and its sum of distances are those of the plain loops."""
    wanted, _, wanted_total = naive_online.train(weights, x, order, sigmas, rates, topology, kind, plain)
    bar, trained = BARS[x.dtype.type], weights.copy()
    total = online_cpu.train(trained, x, order, sigmas, rates, topology, NEIGHBOURHOODS[kind], distance)
    np.testing.assert_allclose(trained, wanted, rtol=0, atol=bar)
    assert abs(total - wanted_total) <= 10 * bar * max(1, wanted_total)
    return trained


@pytest.mark.parametrize("kind", NEIGHBOURHOODS)
def test_neighbourhoods_and_lattices(topology, kind, rng):
    rate = 0.05 if kind == "mexican_hat" else 0.5  # its negative rim would blow the map up
    check(*problem(rng, topology, 3, 75, rate=rate), topology, kind)


@pytest.mark.parametrize("features", [1, 2, 5, 8, 15, 33])
@pytest.mark.parametrize("dtype", BARS)
def test_sizes(features, dtype, rng):
    for topology, steps in ((Topology((4, 4)), 32), (Topology((5, 7), "hexagonal"), 33), (Topology((1, 3)), 1)):
        check(*problem(rng, topology, features, steps, dtype), topology, "gaussian")


@pytest.mark.parametrize("shape", ["sheet", "cylinder", "toroid"])
def test_only_a_part_of_a_large_map_is_reached(shape, rng):
    topology = Topology((10, 40), "hexagonal", shape)
    weights, x, order, _, rates = problem(rng, topology, 2, 40)
    for kind in NEIGHBOURHOODS:
        sigmas = np.full(40, 0.4 if kind in ("gaussian", "mexican_hat") else 3.0)
        check(weights, x, order, sigmas, rates / 10, topology, kind)


def test_no_steps(rng):
    weights, x, *_ = problem(rng, Topology((2, 3)), 2, 1)
    nothing = np.empty(0)
    kept = weights.copy()
    assert online_cpu.train(weights, x, np.empty(0, np.int64), nothing, nothing, Topology((2, 3)), 0) == 0.0
    np.testing.assert_array_equal(weights, kept)


def test_full_and_no_rate(rng):
    topology = Topology((2, 3))
    weights, x, order, _, _ = problem(rng, topology, 4, 20)
    kept = weights.copy()
    online_cpu.train(weights, x, order, np.ones(20), np.zeros(20), topology, 0)
    np.testing.assert_array_equal(weights, kept)
    check(weights, x, order, np.full(20, 0.1), np.ones(20), topology, "gaussian")  # the winner takes over the sample


@pytest.mark.parametrize("distance", [None, distances.euclidean], ids=["blocks", "one by one"])
def test_the_lower_unit_wins_a_tie(distance):
    topology, x = Topology((1, 40)), np.array([[1.0, 0.0]])
    for first in (0, 7, 16, 37):
        weights = np.full((40, 2), 5.0)
        weights[first:] = [0.0, 0.0]
        online_cpu.train(weights, x, np.zeros(1, np.int64), np.full(1, 0.1), np.ones(1), topology, 0, distance)
        assert list(np.flatnonzero((weights == x).all(1))) == [first]


@pytest.mark.parametrize("dtype", BARS)
def test_bits_do_not_depend_on_the_threads(dtype, monkeypatch, rng):
    topology = Topology((9, 8), "hexagonal")
    case = problem(rng, topology, 6, 70, dtype)
    alone = check(*case, topology, "gaussian")
    monkeypatch.setattr(online_cpu, "THREADED", 0)
    before, results = parallel.threads(), []
    try:
        for threads in (1, 2, 3):
            parallel.set_threads(threads)
            results.append(check(*case, topology, "gaussian"))
    finally:
        parallel.set_threads(before)
    for result in results:
        np.testing.assert_array_equal(result, alone)


@pytest.mark.parametrize("dtype", BARS)
def test_missing_values_are_left_out(dtype, rng):
    topology = Topology((3, 4), "hexagonal")
    weights, x, *rest = problem(rng, topology, 5, 60, dtype)
    x[rng.random(x.shape) < 0.3] = np.nan
    x[3] = np.nan  # nothing is known: no unit moves, at distance 0
    x.flags.writeable = False
    check(weights, x, *rest, topology, "gaussian")
    check(
        weights,
        x,
        *rest,
        topology,
        "bubble",
        distances.manhattan_known,
        lambda a, b: np.nansum(np.abs(a - b)),
    )


def test_a_users_distance(rng):
    topology = Topology((3, 4))
    distance = distances.compiled(lambda x, w: abs(x[0] - w[0]))
    check(*problem(rng, topology, 2, 40), topology, "gaussian", distance, lambda x, w: abs(x[0] - w[0]))


@pytest.mark.parametrize("name", distances.DISTANCES)
def test_distances(name, rng):
    from scipy.spatial.distance import cdist

    metric = {"manhattan": "cityblock"}.get(name, name)
    topology = Topology((3, 4))
    case = problem(rng, topology, 4, 40)
    check(*case, topology, "gaussian", distances.DISTANCES[name], lambda x, w: cdist([x], [w], metric)[0, 0])


SOM_PAK = {
    ("hexagonal", "bubble"): 0.271531,
    ("hexagonal", "gaussian"): 0.329309,
    ("rectangular", "bubble"): 0.264299,
    ("rectangular", "gaussian"): 0.321497,
}


@pytest.mark.parametrize(("lattice", "kind"), SOM_PAK)
def test_sompak(lattice, kind):
    """Iris, 8 rows of 12 units: the quantisation errors that SOM_PAK 3.1 printed for the same commands."""
    x, topology = load_iris().data.astype(np.float32), Topology((8, 12), lattice)
    weights = naive_online.sompak_start(x, topology.units, 123).astype(np.float32)
    for radius, alpha, steps in ((10, 0.05, 1000), (3, 0.02, 10000)):
        sigmas = decay("linear", radius, 1 + (radius - 1) / steps, steps)
        rates = decay("linear", alpha, alpha / steps, steps)
        theirs = naive_online.sompak_schedule(radius, alpha, steps)
        np.testing.assert_allclose([sigmas, rates], theirs, rtol=1e-12)
        order = np.arange(steps) % len(x)
        online_cpu.train(weights, x, order, sigmas, rates, topology, NEIGHBOURHOODS[kind])
    assert abs(naive.quantization_error(x.astype(np.float64), weights) - SOM_PAK[lattice, kind]) <= 2e-6


@pytest.mark.parametrize("m", [1, 15, 16, 17, 400])
def test_the_least_distance_to_the_last_bit(rng, m):
    room = -(-m // BLOCK) * BLOCK
    for least in (0.0, 1e-300, 0.7):
        d2 = np.full((BLOCK, room), np.inf)
        d2[3, :m] = np.nextafter(least, 1) + rng.integers(0, 2, m) * least
        wanted = rng.permutation(m)[:2]
        d2[3, wanted] = least
        assert online_cpu._nearest(d2.view(np.int64), 3, m) == wanted.min()
