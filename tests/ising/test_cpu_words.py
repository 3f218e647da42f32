"""Annealing of 64 replicas in a word against a slow version, exact Boltzmann weights and any number of threads."""

import itertools

import numpy as np
import pytest

from neurosim.core import parallel
from neurosim.ising import cpu_words
from neurosim.ising.colouring import LOOK, bonds_of, colour_classes
from neurosim.ising.problem import Problem
from neurosim.ising.rules import METROPOLIS

from .test_cpu import (
    KEY,
    RULES,
    chance,
    energies,
    exact_weights,
    fits,
    numbers,
    problem_of,
    random_problem,
    start,
    torus,
    words_of,
)  # fmt: skip


def naive_words(problem, order, spins, temperatures, rule, reads=None):
    """Sweeps as the module describes them: returns the spins, the best at the looks, and of each sweep flips and mean.

    Spins are (N, 64 words), of which every 64 share a random number.
    """
    spins = spins.copy()
    best, lowest, flips, means = spins.copy(), energies(problem, spins), [], []
    for sweep, temperature in enumerate(temperatures):
        flips.append(0)
        for site, word in itertools.product(order, range(spins.shape[1] // 64)):
            u, low, high, _ = words_of(site, word, sweep, 2 << 16)
            mask = low | high << 32
            for read in range(64 * word, 64 * word + 64):
                field = sum(
                    int(problem.couplings[p]) * int(spins[problem.neighbours[p], read])
                    for p in range(problem.first[site], problem.first[site + 1])
                )
                mine = 2**32 - 1 - u if mask >> (read % 64) & 1 else u
                if mine < round(chance(field * spins[site, read], temperature, rule) * 2**32):
                    spins[site, read] *= -1
                    flips[-1] += read < (reads or read + 1)
        now = energies(problem, spins)
        means.append(now[:reads].mean())
        if sweep % LOOK == LOOK - 1 or sweep == len(temperatures) - 1:
            best[:, now < lowest] = spins[:, now < lowest]
            lowest = np.minimum(now, lowest)
    return spins, best, flips, means


def pack(spins):
    """Spins (N, 64 words) as bits."""
    bits = (spins > 0).reshape(len(spins), -1, 64).astype(np.uint64)
    return (bits << np.arange(64, dtype=np.uint64)).sum(2, dtype=np.uint64)


def unpack(words):
    """Spins (N, 64 words) of words (N, words)."""
    bits = words[:, :, None] >> np.arange(64, dtype=np.uint64) & np.uint64(1)
    return (2 * bits.astype(np.int8) - 1).reshape(len(words), -1)


def began(problem, words, rule=METROPOLIS, reads=None):
    reads = reads or 64 * words.shape[1]
    return cpu_words.begin(problem, *colour_classes(problem.first, problem.neighbours), words, KEY, rule, reads)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("degree", [1, 2, 3, 4, 7])
def test_sweeps_equal_the_slow_version(rng, rule, degree):
    """With all degrees up to the largest, and cut into pieces where no look is."""
    n = 13 if degree < 7 else 8  # all of seven neighbours, of which a hot spin leaves even the seventh
    problem = random_problem(rng, n, 3 * degree + 7, np.int8, degree)
    order, _ = colour_classes(problem.first, problem.neighbours)
    spins, temperatures = start(rng, n, 128), np.array([50, 5, 3, 2, 1.5, 1.2, 1, 1.6, 1.8, 1.9, 2.0])
    state = began(problem, pack(spins), rule, reads=100)
    first, second = (cpu_words.advance(state, part) for part in (temperatures[:3], temperatures[3:]))
    last, best, flips, means = naive_words(problem, order, spins, temperatures, rule, reads=100)
    for _ in range(2):  # a fetch changes nothing
        found = cpu_words.fetch(state)
        np.testing.assert_array_equal(unpack(found["spins"]), last)
        np.testing.assert_array_equal(unpack(found["best"]), best)
        np.testing.assert_array_equal(found["energies"], energies(problem, last))
        np.testing.assert_array_equal(found["best_energies"], energies(problem, best))
    np.testing.assert_array_equal(np.concatenate([first[0], second[0]]), flips)
    np.testing.assert_array_equal(np.concatenate([first[1], second[1]]), means)
    if rule == METROPOLIS and degree == 7:
        assert (found["energies"] > found["best_energies"]).any(), "no look before the end mattered"


def test_classes_of_several_chunks(rng):
    lattice = torus(rng, 26)
    spins, temperatures = start(rng, 676, 64), np.array([2.0])
    state = began(lattice, pack(spins))
    assert len(state.chunks) == 4
    cpu_words.advance(state, temperatures)
    board = np.argsort(np.indices((26, 26)).sum(0).ravel() % 2, kind="stable")
    last = naive_words(lattice, board, spins, temperatures, METROPOLIS)
    found = cpu_words.fetch(state)
    np.testing.assert_array_equal(unpack(found["spins"]), last[0])
    np.testing.assert_array_equal(found["energies"], energies(lattice, last[0]))


def test_energies_of_many_bonds():
    """More satisfied bonds than the eight digits of a sum can hold, on a ferromagnet of 200 x 200."""
    sites = np.arange(40_000, dtype=np.int32).reshape(200, 200)
    neighbours = np.stack([np.roll(sites, by, axis).ravel() for by in (-1, 1) for axis in (0, 1)], axis=1).ravel()
    couplings, fields = np.ones(160_000, np.int8), np.zeros(40_000, np.int8)
    problem = Problem(np.arange(0, 160_001, 4), neighbours, couplings, fields)
    words = np.full((40_000, 1), 2**64 - 1, np.uint64)
    words[0] = 1  # a flipped spin breaks four bonds in all lanes but the first
    state = began(problem, words, METROPOLIS)
    np.testing.assert_array_equal(cpu_words.fetch(state)["energies"], [-80_000] + [-79_992] * 63)


def test_one_result_for_any_number_of_threads(rng):
    lattice, temperatures, words, found = torus(rng, 6), np.geomspace(9, 0.5, 20), pack(start(rng, 36, 512)), []
    before = parallel.threads()
    try:
        for threads in (1, 2, 5):
            parallel.set_threads(threads)
            state = began(lattice, words)
            found.append([*cpu_words.advance(state, temperatures), *cpu_words.fetch(state).values()])
    finally:
        parallel.set_threads(before)
    for others in found[1:]:
        for a, b in zip(found[0], others, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("rule", RULES)
def test_states_have_their_boltzmann_weights(rng, rule):
    """One lane of each of 5,000 words, as lanes of a word are not independent.

    Degrees are odd: in a fixed order Metropolis flips every spin without a field, so that some states are never met.
    """
    prism = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3), (0, 3), (1, 4), (2, 5)]
    problem = problem_of(prism, rng.choice([-1, 1], 9).astype(np.int8), np.zeros(6))
    words = pack(start(rng, 6, 64))
    state = began(problem, np.repeat(words, 5_000, axis=1), rule)
    cpu_words.advance(state, np.full(40, 3.0))
    lanes = rng.integers(64, size=5_000).astype(np.uint64)
    spins = (cpu_words.fetch(state)["spins"] >> lanes & np.uint64(1)).astype(int)
    counts = np.bincount(numbers(spins), minlength=64)
    assert fits(counts, exact_weights(problem, 3.0)) > 1e-4


@pytest.mark.parametrize("rule", RULES)
def test_lanes_do_not_coalesce(rng, rule):
    """Without the masks, the 64 replicas of a small ferromagnet soon share a few states."""
    for side, signs, temperatures, fewest in (
        (48, (-1, 1), 1 / np.linspace(0.1, 3.0, 60), 60),
        (4, [1], np.full(400, 4.0), 40),
    ):
        problem = torus(rng, side, signs)
        state = began(problem, pack(start(rng, side * side, 64)), rule)
        cpu_words.advance(state, temperatures)
        assert len(np.unique(unpack(cpu_words.fetch(state)["spins"]).T, axis=0)) >= fewest


def test_nothing_rises_at_zero_temperature(rng):
    lattice = torus(rng, 8)
    for rule in RULES:
        state = began(lattice, pack(start(rng, 64, 64)), rule)
        means = cpu_words.advance(state, np.zeros(30))[1]
        assert (np.diff(means) <= 0).all()
        assert means[-1] < -80


def test_nothing_is_too_small():
    """Spins without bonds."""
    free = Problem(np.zeros(4, np.int64), np.empty(0, np.int32), np.empty(0, np.int8), np.zeros(3, np.int8))
    assert (bonds_of(free, np.arange(3)) == -1).all()
    accepted, found = cpu_words.advance(began(free, np.zeros((3, 1), np.uint64)), np.zeros(2))
    assert accepted.tolist() == [192, 192]
    assert (found == 0).all()
