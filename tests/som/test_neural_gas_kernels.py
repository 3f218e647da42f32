"""The kernels of the neural gas against the papers' formulas."""

import numpy as np
import pytest

from neurosim.core import parallel
from neurosim.core.schedules import decay
from neurosim.som import neural_gas_cpu as cpu

from . import naive_gas

TOLERANCE = {np.float32: {"rtol": 2e-3, "atol": 2e-4}, np.float64: {"rtol": 1e-9, "atol": 1e-10}}
FITTING = [(1, 3), (2, 1), (7, 2), (16, 5), (50, 9), (600, 3)]  # units, features; the last is sorted


def problem(rng, units, features, dtype, samples=60):
    x = np.ascontiguousarray(rng.normal(size=(samples, features)) + 2, dtype)
    w = np.ascontiguousarray(rng.normal(size=(units, features)) + 2, dtype)
    return x, w


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("units", "features"), FITTING)
def test_online(rng, units, features, dtype):
    """Ranges from far above the number of units to far below one, in any order: all ways of ranking are used."""
    x, w = problem(rng, units, features, dtype)
    steps = 40
    order = rng.integers(len(x), size=steps)
    ranges, rates = decay("exponential", 3 * units, 0.01, steps), decay("exponential", 0.5, 0.05, steps)
    ranges = rng.permutation(ranges)
    wanted, distances = naive_gas.online(x.astype(float), w.astype(float), order, ranges, rates)
    found = w.copy()
    total = cpu.train(found, x, order, ranges, rates)
    np.testing.assert_allclose(found, wanted, **TOLERANCE[dtype])
    np.testing.assert_allclose(total, distances, rtol=TOLERANCE[dtype]["rtol"])


@pytest.mark.parametrize("neighbourhood_range", [1e4, 20.0, 1.0, 0.2, 0.01])
@pytest.mark.parametrize(("units", "features"), FITTING)
def test_batch(rng, units, features, neighbourhood_range):
    for samples in (1, 60, 700):
        x, w = problem(rng, units, features, np.float64, samples)
        wanted, distances = naive_gas.batch(x, w, neighbourhood_range)
        found, total = cpu.epoch(x, w, neighbourhood_range)
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose(total, distances)


def test_batch_far_from_the_origin_in_float32(rng):
    x, w = problem(rng, 20, 4, np.float64, 500)
    wanted, distances = naive_gas.batch(x, w, 3.0)
    found, total = cpu.epoch((x + 1000).astype(np.float32), (w + 1000).astype(np.float32), 3.0)
    np.testing.assert_allclose(found - 1000, wanted, atol=5e-3)
    np.testing.assert_allclose(total, distances, rtol=1e-3)


@pytest.mark.parametrize("units", [30, 600])
@pytest.mark.parametrize("neighbourhood_range", [10.0, 0.1])
def test_equal_units_take_ranks_in_order(rng, units, neighbourhood_range):
    x = rng.integers(0, 3, size=(40, 2)).astype(float)
    w = np.ones((units, 2))
    np.testing.assert_allclose(
        cpu.epoch(x, w, neighbourhood_range)[0], naive_gas.batch(x, w, neighbourhood_range)[0], atol=1e-10
    )
    order, ranges, rates = np.arange(40), np.full(40, neighbourhood_range), np.full(40, 0.25)
    wanted, _ = naive_gas.online(x, w, order, ranges, rates)
    cpu.train(w, x, order, ranges, rates)
    np.testing.assert_allclose(w, wanted, atol=1e-10)


def test_any_number_of_threads_gives_the_same_bits(rng):
    x, w = problem(rng, 40, 6, np.float32, 3000)
    results, before = [], parallel.threads()
    for threads in (1, 2, 5):
        parallel.set_threads(threads)
        try:
            results.append(cpu.epoch(x, w, 4.0))
        finally:
            parallel.set_threads(before)
    for weights, total in results[1:]:
        np.testing.assert_array_equal(weights, results[0][0])
        assert total == results[0][1]


def test_two_best(rng):
    x, w = problem(rng, 23, 3, np.float64)
    first, second = cpu.two_best(x, w)
    counts = naive_gas.edges(x, w)
    pairs, found = np.unique(np.sort(np.stack([first, second], 1), axis=1), axis=0, return_counts=True)
    assert {tuple(p): c for p, c in zip(pairs.tolist(), found.tolist(), strict=True)} == counts
