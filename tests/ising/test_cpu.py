"""Annealing by colour classes against slow versions, exact Boltzmann weights and any number of threads."""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import chisquare

from neurosim.core import parallel
from neurosim.core.random import philox
from neurosim.ising import cpu
from neurosim.ising.colouring import colour_classes, rates, threshold, thresholds
from neurosim.ising.problem import Problem
from neurosim.ising.rules import HEATBATH, METROPOLIS

RULES = (METROPOLIS, HEATBATH)
KEY = 0x1234567_89ABCDEF


def problem_of(edges, values, fields):
    """A problem from each edge once."""
    n = len(fields)
    matrix = np.zeros((n, n), np.asarray(values).dtype)
    for (i, j), value in zip(edges, values, strict=True):
        matrix[i, j] = matrix[j, i] = value
    rows, columns = np.nonzero(matrix)
    first = np.searchsorted(rows, np.arange(n + 1)).astype(np.int64)
    return Problem(first, columns.astype(np.int32), matrix[rows, columns], np.asarray(fields, matrix.dtype))


def random_problem(rng, n=13, edges=30, kind=np.int16, most_degree=99):
    """A random graph with random couplings; int8 ones are +1 and -1 without fields."""
    pairs, degree = [], np.zeros(n, int)
    for i, j in rng.permutation(list(itertools.combinations(range(n), 2))):
        if len(pairs) < edges and degree[i] < most_degree and degree[j] < most_degree:
            pairs.append((i, j))
            degree[[i, j]] += 1
    if kind == np.int8:
        return problem_of(pairs, rng.choice([-1, 1], len(pairs)).astype(np.int8), np.zeros(n))
    if kind == np.float32:
        return problem_of(pairs, rng.normal(size=len(pairs)).astype(np.float32), rng.normal(size=n))
    return problem_of(pairs, rng.choice([-3, -2, 1, 2, 5], len(pairs)).astype(kind), rng.integers(-2, 3, n))


def torus(rng, side, signs=(-1, 1)):
    """A square lattice with couplings of +1 and -1, edges to the right and down."""
    sites = np.arange(side * side).reshape(side, side)
    edges = [(i, j) for axis in (0, 1) for i, j in zip(sites.ravel(), np.roll(sites, -1, axis).ravel(), strict=True)]
    return problem_of(edges, rng.choice(signs, len(edges)).astype(np.int8), np.zeros(side * side))


def energies(problem, spins):
    """E = -1/2 s J s - h s of spins (N, reads), a term at a time."""
    total = np.zeros(spins.shape[1])
    for i in range(len(spins)):
        total -= float(problem.fields[i]) * spins[i]
        for p in range(problem.first[i], problem.first[i + 1]):
            total -= float(problem.couplings[p]) * spins[i] * spins[problem.neighbours[p]].astype(float) / 2
    return total


def chance(cost, temperature, rule):
    """The probability of a flip that costs 2 `cost`."""
    y = 2 * cost / temperature if temperature else math.inf * cost if cost else 0.0
    if rule == METROPOLIS:
        return math.exp(-y) if y > 0 else 1.0
    return 1 / (1 + math.exp(y)) if y < 700 else 0.0


def words_of(site, group, sweep, stream):
    """The four words of Philox for one visit."""
    counter = (site, group, sweep, stream)
    return [int(w) for w in philox.py_func(*map(np.uint64, counter), np.uint64(KEY & 0xFFFFFFFF), np.uint64(KEY >> 32))]


def naive(problem, order, spins, temperatures, rule):
    """Sweeps as the module describes them: returns the spins, the best ones and the flips of each sweep."""
    spins = spins.copy()
    best, lowest, flips = spins.copy(), energies(problem, spins), []
    for sweep, temperature in enumerate(temperatures):
        flips.append(0)
        for site, read in itertools.product(order, range(spins.shape[1])):
            neighbours = slice(problem.first[site], problem.first[site + 1])
            field = float(problem.fields[site]) + sum(
                float(j) * int(spins[k, read])
                for j, k in zip(problem.couplings[neighbours], problem.neighbours[neighbours], strict=True)
            )
            word = words_of(site, read // 4, sweep, 1 << 16)[read % 4]
            if word < round(chance(field * spins[site, read], temperature, rule) * 2**32):
                spins[site, read] *= -1
                flips[-1] += 1
        now = energies(problem, spins)
        best[:, now < lowest] = spins[:, now < lowest]
        lowest = np.minimum(now, lowest)
    return spins, best, flips


def start(rng, n, reads):
    return rng.choice([-1, 1], (n, reads)).astype(np.int8)


def test_no_edge_within_a_colour(rng):
    for n, edges in ((1, 0), (9, 36), (200, 900)):
        problem = random_problem(rng, n, edges)
        order, starts = colour_classes(problem.first, problem.neighbours)
        assert (np.sort(order) == np.arange(n)).all()
        assert order.dtype == np.int32
        colours = np.empty(n, int)
        for colour in range(len(starts) - 1):
            members = order[starts[colour] : starts[colour + 1]]
            assert (np.diff(members) > 0).all()
            colours[members] = colour
        for i in range(n):
            others = colours[problem.neighbours[problem.first[i] : problem.first[i + 1]]]
            assert (others != colours[i]).all()
            assert set(range(colours[i])) <= set(others), "not the first colour that is free"
    assert len(colour_classes(*torus(rng, 8)[:2])[1]) == 3


def test_thresholds_are_chances():
    for rule, temperature, cost in itertools.product(RULES, (0.0, 0.3, 2.0, 1e9), range(-6, 7)):
        expected = chance(cost, temperature, rule) * 2**32
        assert thresholds(np.array([temperature]), 6, rule)[0, cost + 6] == round(expected)
        for size in (1.0, 0.37, 1e-20):
            expected = chance(float(np.float32(cost * size)), temperature, rule) * 2**32
            found = threshold(np.float32(cost * size), rates(np.array([temperature]))[0], rule)
            assert abs(found - expected) < 40 + 2e-6 * min(expected, 2**32 - expected), (rule, temperature, cost, size)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", [np.int8, np.int16, np.float32])
def test_sweeps_equal_the_slow_version(rng, rule, kind):
    problem = random_problem(rng, kind=kind)
    order, starts = colour_classes(problem.first, problem.neighbours)
    spins, temperatures = start(rng, 13, 37), np.array([5.0, 2.0, 1.0, 0.4, 0.0])
    state = cpu.begin(problem, order, starts, spins, KEY, rule)
    first, second = (cpu.advance(state, part) for part in (temperatures[:2], temperatures[2:]))
    last, best, flips = naive(problem, order, spins, temperatures, rule)
    found = cpu.fetch(state)
    np.testing.assert_array_equal(found["spins"], last)
    np.testing.assert_array_equal(found["best"], best)
    np.testing.assert_array_equal(np.concatenate([first[0], second[0]]), flips)
    np.testing.assert_allclose(found["energies"], energies(problem, last), atol=1e-4 if kind == np.float32 else 0)
    np.testing.assert_allclose(found["best_energies"], energies(problem, best), atol=1e-4 if kind == np.float32 else 0)
    np.testing.assert_array_equal(second[1][-1], found["energies"])
    assert first[1].dtype == (np.float64 if kind == np.float32 else np.int64)


def test_one_result_for_any_number_of_threads(rng):
    graph, spins, temperatures, found = random_problem(rng, 50, 200), start(rng, 50, 320), np.geomspace(9, 0.5, 20), []
    before = parallel.threads()
    try:
        for threads in (1, 2, 5):
            parallel.set_threads(threads)
            state = cpu.begin(graph, *colour_classes(graph.first, graph.neighbours), spins, KEY, METROPOLIS)
            metrics = cpu.advance(state, temperatures)
            found.append([*metrics, *cpu.fetch(state).values()])
    finally:
        parallel.set_threads(before)
    for others in found[1:]:
        for a, b in zip(found[0], others, strict=True):
            np.testing.assert_array_equal(a, b)


def test_tables_are_made_in_pieces(rng, monkeypatch):
    problem, temperatures = random_problem(rng), np.geomspace(9, 0.5, 11)
    order, starts = colour_classes(problem.first, problem.neighbours)
    spins, found = start(rng, 13, 5), []
    for entries in (1 << 20, 100):
        monkeypatch.setattr("neurosim.ising.colouring.ENTRIES", entries)
        state = cpu.begin(problem, order, starts, spins, KEY, METROPOLIS)
        found.append(cpu.advance(state, temperatures))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    np.testing.assert_array_equal(found[0][1], found[1][1])


def exact_weights(problem, temperature):
    """Boltzmann weights of all states, in the order in which `numbers` counts them."""
    n = len(problem.fields)
    states = np.array(list(itertools.product([-1, 1], repeat=n)), np.int8).T
    weights = np.exp(-(energies(problem, states) - energies(problem, states).min()) / temperature)
    return weights / weights.sum()


def fits(counts, weights):
    """The p-value of chi-square; states that are expected fewer than five times count as one."""
    expected = weights * counts.sum()
    rare = expected < 5
    merged = [np.append(values[~rare], values[rare].sum()) for values in (counts, expected)]
    merged = [values[np.append(np.full((~rare).sum(), True), rare.any())] for values in merged]
    return chisquare(*merged).pvalue


def numbers(spins):
    """The number of each column's state."""
    return (1 << np.arange(len(spins))[::-1]) @ (spins > 0)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", [np.int16, np.float32])
def test_states_have_their_boltzmann_weights(rng, rule, kind):
    """Chi-square over the last states of 20,000 independent chains of 60 sweeps."""
    problem = random_problem(rng, 6, 9, kind)
    order, starts = colour_classes(problem.first, problem.neighbours)
    temperature = 6.0 if kind == np.int16 else 2.0
    state = cpu.begin(problem, order, starts, start(rng, 6, 20_000), KEY, rule)
    cpu.advance(state, np.full(60, temperature))
    counts = np.bincount(numbers(cpu.fetch(state)["spins"]), minlength=64)
    assert fits(counts, exact_weights(problem, temperature)) > 1e-4


def test_nothing_rises_at_zero_temperature(rng):
    problem = random_problem(rng, 60, 200)
    for rule in RULES:
        order, starts = colour_classes(problem.first, problem.neighbours)
        state = cpu.begin(problem, order, starts, start(rng, 60, 40), KEY, rule)
        assert (np.diff(cpu.advance(state, np.zeros(30))[1], axis=0) <= 0).all()


def test_nothing_is_too_small():
    """A single spin in a field."""
    alone = Problem(np.zeros(2, np.int64), np.empty(0, np.int32), np.empty(0, np.int16), np.array([2], np.int16))
    state = cpu.begin(alone, *colour_classes(*alone[:2]), -np.ones((1, 3), np.int8), KEY, METROPOLIS)
    cpu.advance(state, np.zeros(1))
    assert (cpu.fetch(state)["best"] == 1).all()
    assert (cpu.fetch(state)["energies"] == -2).all()
