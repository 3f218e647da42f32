"""Settling: the same states and counts as the naive version, and nothing that depends on company or threads."""

import numpy as np
import pytest
from scipy.stats import chisquare

from neurosim.boltzmann import cpu, settling
from neurosim.boltzmann.settling import Settling
from neurosim.core import parallel
from neurosim.core.errors import DataError

from . import naive

TEMPERATURES = np.array([3.0, 0.0, -0.0, np.inf, -np.inf, -2.0, 1.0, 0.5, 1e-3])


def machines(rng, count, n, dtype, density=0.6):
    upper = np.triu(rng.normal(0, 2, (count, n, n)) * (rng.random((count, n, n)) < density), 1)
    weights = (upper + upper.transpose(0, 2, 1)).astype(dtype)
    weights[:, :, 0] = weights[:, 0, :] = 0  # a unit whose gap is its bias, and that is 0
    biases = rng.normal(0, 1, (count, n)).astype(dtype)
    biases[:, 0] = 0
    return weights, biases


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("case", [(7, [0, 3, 5, 6], 4), (6, range(6), 9), (5, [2], 0), (4, [], 2)])
def test_the_same_as_the_naive_version(dtype, own, case, rng):
    n, free, counted = case
    weights, biases = machines(rng, 3, n, dtype)
    if not own:
        weights, biases = weights[0], biases[0]
    free = np.array(list(free), np.int64)
    states = rng.integers(0, 2, (6, n)).astype(np.uint8)
    names = rng.integers(0, 2**32, 6)
    for randomise in (False, True):
        ours, key, step = states.copy(), int(rng.integers(2**63)), int(rng.integers(2**32))
        recipe = Settling(TEMPERATURES, counted, randomise)
        counts = cpu.settle(weights, biases, ours, free, recipe, key=key, step=step, names=names)
        then, sums = naive.settle(
            weights, biases, states, free, TEMPERATURES, counted, randomise, key=key, step=step, names=names
        )
        np.testing.assert_array_equal(ours, then)
        np.testing.assert_array_equal(counts, sums)
        assert counts.dtype == (np.int32 if own else np.int64)


@pytest.mark.parametrize("own", [True, False])
def test_more_units_than_a_block_has_coins(own, rng):
    weights, biases = machines(rng, 2, 150, "float32", density=0.1)
    if not own:
        weights, biases = weights[0], biases[0]
    states, free = np.zeros((2, 150), np.uint8), np.arange(3, 150)
    ours = states.copy()
    recipe = Settling(np.array([2.0]), 1, True)
    counts = cpu.settle(weights, biases, ours, free, recipe, key=5, step=6)
    then, sums = naive.settle(weights, biases, states, free, [2.0], 1, True, key=5, step=6)
    np.testing.assert_array_equal(ours, then)
    np.testing.assert_array_equal(counts, sums)


@pytest.mark.parametrize("own", [True, False])
def test_no_chain_knows_the_others_nor_the_threads(own, rng, monkeypatch):
    n, chains = 9, 150
    weights, biases = machines(rng, chains if own else 1, n, "float32")
    states = rng.integers(0, 2, (chains, n)).astype(np.uint8)
    free, recipe = np.arange(1, n), Settling(np.linspace(5, 1, 20), 7, True)

    def run(some, pieces=settling.PIECE):
        monkeypatch.setattr(cpu, "PIECE", pieces)
        ours = states[some].copy()
        w, b = (weights[some], biases[some]) if own else (weights[0], biases[0])
        return ours, cpu.settle(w, b, ours, free, recipe, key=11, step=5, names=np.arange(chains)[some])

    threads = parallel.threads()
    try:
        for number in (1, 2, 5):
            parallel.set_threads(number)
            found = run(slice(None))
            if number == 1:
                whole, counts = found
            np.testing.assert_array_equal(found[0], whole)
            np.testing.assert_array_equal(found[1], counts)
    finally:
        parallel.set_threads(threads)
    total = np.zeros_like(counts)
    for some in (slice(0, 5), slice(5, 101), slice(101, 150)):
        part, sums = run(some)
        np.testing.assert_array_equal(part, whole[some])
        total[some if own else slice(None)] += sums
    np.testing.assert_array_equal(total, counts)
    by_pieces = run(slice(None), pieces=33)
    np.testing.assert_array_equal(by_pieces[0], whole)
    np.testing.assert_array_equal(by_pieces[1], counts)


def test_several_chains_of_a_machine_are_counted_together(rng):
    weights, biases = machines(rng, 70, 5, "float32")
    biases[:, 2] = 1000  # always on, so that an octet would overflow
    states = rng.integers(0, 2, (210, 5)).astype(np.uint8)
    states[:, 2] = 1
    free, recipe = np.array([0, 2, 4]), Settling(np.full(300, 2.0), 290)
    ours = states.copy()
    counts = cpu.settle(weights, biases, ours, free, recipe, key=1, step=2)
    total = np.zeros_like(counts)
    for k in range(3):
        part = states[70 * k : 70 * (k + 1)].copy()
        names = np.arange(70 * k, 70 * (k + 1))
        total += cpu.settle(weights, biases, part, free, recipe, key=1, step=2, names=names)
        np.testing.assert_array_equal(part, ours[70 * k : 70 * (k + 1)])
    np.testing.assert_array_equal(total, counts)
    assert (counts[:, 2, 2] == 3 * 290).all()


def test_a_machine_of_its_own_does_what_a_shared_one_does(rng):
    weights, biases = machines(rng, 1, 6, "float64")
    states = rng.integers(0, 2, (100, 6)).astype(np.uint8)
    recipe = Settling(np.full(20, 1.0), 10, True)
    shared, own = states.copy(), states.copy()
    counts = cpu.settle(weights[0], biases[0], shared, np.arange(6), recipe, key=3, step=4)
    sums = cpu.settle(np.repeat(weights, 100, 0), np.repeat(biases, 100, 0), own, np.arange(6), recipe, key=3, step=4)
    np.testing.assert_array_equal(own, shared)
    np.testing.assert_array_equal(sums.sum(0), counts)


@pytest.mark.parametrize("own", [True, False])
def test_all_states_of_a_random_machine_have_their_probabilities(own, rng):
    """8 units, 40,000 independent chains after 60 time units; a correct sampler fails once in 10,000 times."""
    n, chains = 8, 40_000
    upper = np.triu(rng.normal(0, 1, (n, n)), 1)
    weights, biases = (upper + upper.T).astype(np.float32), rng.normal(0, 1, n).astype(np.float32)
    states = np.zeros((chains, n), np.uint8)
    w, b = (np.tile(weights, (64, 1, 1)), np.tile(biases, (64, 1))) if own else (weights, biases)
    cpu.settle(w, b, states, np.arange(n), Settling(np.full(60, 1.5), 0, True), key=17, step=0)
    found = np.bincount(states @ (1 << np.arange(n)[::-1]), minlength=2**n)
    _, p = naive.distribution(weights, biases, 1.5)
    rare = p * chains < 5
    found, expected = np.append(found[~rare], found[rare].sum()), np.append(p[~rare], p[rare].sum()) * chains
    assert len(found) > 50
    assert chisquare(found, expected).pvalue > 1e-4


def test_what_would_write_out_of_bounds_or_repeat_random_numbers_is_refused(rng):
    weights, biases = machines(rng, 3, 4, "float32")
    recipe = Settling(np.ones(2), 1, True)
    for chains in (4, 2):
        with pytest.raises(DataError, match=f"chains must be a multiple of the 3 machines; got {chains}"):
            cpu.settle(weights, biases, np.zeros((chains, 4), np.uint8), np.arange(4), recipe, key=1, step=0)
    endless = Settling(np.broadcast_to(1.0, settling.LIMIT // 4))
    with pytest.raises(DataError, match="more than the 17179869184 of a step"):
        cpu.settle(weights, biases, np.zeros((3, 4), np.uint8), np.arange(4), endless, key=1, step=0)
