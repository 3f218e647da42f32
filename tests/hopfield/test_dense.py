"""The dense associative memory: its rule, its energy, its capacity."""

import numpy as np
import pytest

import neurosim
from neurosim.core import parallel
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.hopfield import DenseAssociativeMemory, dense_cpu

from . import naive_memories as naive

KINDS = [(kind, degree) for degree in (1, 2, 3, 4, 9) for kind in ("polynomial", "rectified")] + [("exponential", 3)]


@pytest.mark.parametrize(("kind", "degree"), KINDS)
def test_sequential_recall_is_that_of_the_naive_memory(kind, degree, rng):
    for units, count in ((13, 5), (16, 40)):
        patterns, probes = rng.choice([-1, 1], (count, units)), rng.choice([-1, 1], (12, units))
        memory = DenseAssociativeMemory(units, kind, degree).store(patterns)
        found = memory.recall(probes, order="sequential")
        for k, probe in enumerate(probes):
            state, sweeps = naive.dense_recall(patterns, probe, kind, degree)
            np.testing.assert_array_equal(found.states[k], state)
            assert found.sweeps[k] == sweeps
            energy = naive.dense_energy(patterns, state, kind, degree)
            expected = -np.log(-energy) if kind == "exponential" else energy
            assert found.energies[k] == pytest.approx(expected, rel=1e-12)
        assert (found.stopped == "fixed point").all()


@pytest.mark.parametrize("order", ["permutation", "random"])
@pytest.mark.parametrize(("kind", "degree"), KINDS)
def test_every_end_is_a_fixed_point_and_no_sweep_raises_the_energy(kind, degree, order, rng):
    patterns, probes = rng.choice([-1, 1], (30, 20)), rng.choice([-1, 1], (40, 20))
    memory = DenseAssociativeMemory(20, kind, degree).store(patterns)
    energies = [memory.energy(probes)]
    for sweeps in range(1, 6):
        energies.append(memory.recall(probes, order=order, max_sweeps=sweeps, random_state=3).energies)
    assert np.diff(energies, axis=0).max() <= 1e-9 * np.abs(energies).max()
    found = memory.recall(probes, order=order, random_state=3)
    assert (found.stopped == "fixed point").all()
    for state in found.states[:10]:
        for unit in range(20):
            assert naive.dense_field(patterns, state, unit, kind, degree) * int(state[unit]) >= 0


def test_order_of_the_units(rng):
    """Random orders differ between probes; a probe depends on its number and the seed alone."""
    patterns = rng.choice([-1, 1], (40, 30))
    memory = DenseAssociativeMemory(30, "polynomial", 2).store(patterns)
    same = np.tile(rng.choice([-1, 1], 30), (200, 1))
    for order in ("permutation", "random"):
        found = memory.recall(same, order=order, random_state=1)
        assert len(np.unique(found.states, axis=0)) > 5
        np.testing.assert_array_equal(memory.recall(same[:7], order=order, random_state=1).states, found.states[:7])
        assert (memory.recall(same, order=order, random_state=2).states != found.states).any()
    assert len(np.unique(memory.recall(same, order="sequential").states, axis=0)) == 1


def test_a_permutation_gives_every_unit_one_turn_and_random_order_does_not(rng):
    """One pattern: every unit that has a turn takes its value."""
    pattern = rng.choice([-1, 1], (1, 1000))
    memory = DenseAssociativeMemory(1000, "rectified", 2).store(pattern)
    probe = pattern * np.where(np.arange(1000) < 400, -1, 1)
    once = memory.recall(probe, order="permutation", max_sweeps=1, random_state=0)
    np.testing.assert_array_equal(once.states, pattern)
    assert once.stopped[0] == "fixed point"
    drawn = memory.recall(probe, order="random", max_sweeps=1, random_state=0)
    left = (drawn.states != pattern).sum()
    assert 100 < left < 200  # 400 / e = 147, standard deviation 8
    assert drawn.stopped[0] == "limit"


def test_capacity_of_a_hundred_units():
    """2,000 patterns, random starts; for even n a pattern and its negative both count."""
    rng = np.random.default_rng(7)
    patterns, starts = rng.choice([-1, 1], (2000, 100)), rng.choice([-1, 1], (400, 100))
    bars = {
        ("polynomial", 3): (0, 0.01),
        ("rectified", 3): (0, 0.01),
        ("polynomial", 4): (0.75, 0.91),
        ("rectified", 4): (0.94, 1),
        ("polynomial", 5): (0.985, 1),
        ("rectified", 5): (0.985, 1),
        ("exponential", 3): (0.985, 1),
    }
    for (kind, degree), (least, most) in bars.items():
        memory = DenseAssociativeMemory(100, kind, degree).store(patterns)
        overlaps = memory.overlaps(memory.recall(starts, random_state=1).states)
        share = (np.abs(overlaps).max(axis=1) == 100).mean()
        assert least <= share <= most, (kind, degree, share)


@pytest.mark.parametrize(
    ("kind", "degree", "works"), [("polynomial", 1, 0), ("polynomial", 2, 0), ("polynomial", 3, 1)]
)
def test_exclusive_or(kind, degree, works):
    """Three units, the four rows of the table as memories; the inputs are clamped."""
    table = np.array([[a, b, -a * b] for a in (-1, 1) for b in (-1, 1)])
    memory = DenseAssociativeMemory(3, kind, degree).store(table)
    right = 0
    for wrong in (table * [1, 1, -1], table):
        found = memory.recall(wrong, order="sequential", clamp=np.array([True, True, False]))
        right += (found.states == table).all()
        np.testing.assert_array_equal(found.states[:, :2], table[:, :2])
    assert (right == 2) == bool(works)


@pytest.mark.parametrize(("kind", "degree"), [("polynomial", 30), ("rectified", 90), ("exponential", 3)])
def test_high_orders_and_long_patterns_stay_finite(kind, degree, rng):
    patterns = rng.choice([-1, 1], (50, 2000))
    memory = DenseAssociativeMemory(2000, kind, degree).store(patterns)
    noisy = patterns * np.where(rng.random(patterns.shape) < 0.3, -1, 1)
    found = memory.recall(noisy, random_state=0)
    np.testing.assert_array_equal(found.states, patterns)
    assert np.isfinite(found.energies).all()


@pytest.mark.parametrize("degree", [3, 25])
def test_fields_that_are_0_but_for_rounding_leave_the_probe_alone(degree, rng):
    """Patterns and their negatives, odd degree: every field is 0; degree 25 is beyond the whole numbers of float64."""
    patterns = rng.choice([-1, 1], (100, 30))
    memory = DenseAssociativeMemory(30, "polynomial", degree).store(patterns).store(rng.permutation(-patterns))
    probes = rng.choice([-1, 1], (50, 30))
    found = memory.recall(probes, random_state=0)
    np.testing.assert_array_equal(found.states, probes)
    assert (found.sweeps == 1).all()


def test_every_permutation_is_as_likely():
    counts = {}
    for probe in range(6000):
        turn = np.arange(3)
        dense_cpu._shuffle(turn, probe, 2, np.uint64(5), np.uint64(6))
        counts[tuple(turn)] = counts.get(tuple(turn), 0) + 1
    assert len(counts) == 6
    assert max(abs(count - 1000) for count in counts.values()) < 150  # 5 standard deviations


def test_results_do_not_depend_on_threads(rng):
    patterns, probes = rng.choice([-1, 1], (200, 64)), rng.choice([-1, 1], (100, 64))
    memory = DenseAssociativeMemory(64, "rectified", 3).store(patterns)
    before = parallel.threads()
    try:
        results = []
        for threads in (1, 3):
            parallel.set_threads(threads)
            results.append(memory.recall(probes, order="random", random_state=9))
    finally:
        parallel.set_threads(before)
    np.testing.assert_array_equal(results[0].states, results[1].states)
    np.testing.assert_array_equal(results[0].sweeps, results[1].sweeps)


@pytest.mark.parametrize("kind", ["polynomial", "exponential"])
def test_no_probes(kind):
    memory = DenseAssociativeMemory(5, kind).store(np.ones((2, 5)))
    found = memory.recall(np.empty((0, 5)))
    assert (found.states.shape, found.energies.shape) == ((0, 5), (0,))
    assert memory.energy(np.empty((0, 5))).shape == (0,)


def test_saved_and_loaded(tmp_path, rng):
    memory = DenseAssociativeMemory(20, "rectified", 4).store(rng.choice([-1, 1], (9, 20)))
    again = neurosim.load(neurosim.save(memory, tmp_path / "memory.npz"))
    assert again.to_parts()[0] == {"n_units": 20, "interaction": "rectified", "degree": 4}
    np.testing.assert_array_equal(again.patterns, memory.patterns)
    empty = neurosim.load(neurosim.save(DenseAssociativeMemory(5), tmp_path / "empty.npz"))
    assert empty.patterns.shape == (0, 5)


def test_bad_input(rng):
    for arguments, said in (
        ((0,), "n_units must be an integer >= 1"),
        ((5, "cubic"), "interaction must be one of polynomial, rectified, exponential; got 'cubic'"),
        ((5, "rectified", 0), "degree must be an integer >= 1"),
        ((1000, "rectified", 200), r"degree must be so small that 1000\*\*degree is a float64; got 200"),
    ):
        with pytest.raises(InvalidParameter, match=said):
            DenseAssociativeMemory(*arguments)
    memory = DenseAssociativeMemory(4)
    with pytest.raises(DataError, match="nothing is stored"):
        memory.recall([[1, 1, 1, 1]])
    with pytest.raises(DataError, match="-1 and 1; got 0 in row 1, unit 2"):
        memory.store([[1, 1, 1, 1], [1, 1, 0, 1]])
    with pytest.raises(DataError, match=r"shape \(count, 4\) or \(4,\); got"):
        memory.store([[1, 1, 1]])
    with pytest.raises(DataError, match="numbers -1 and 1"):
        memory.store([["a"] * 4])
    memory.store([[1, 1, 1, 1]])
    with pytest.raises(InvalidParameter, match="order"):
        memory.recall([[1, 1, 1, 1]], order="parallel")
    with pytest.raises(InvalidParameter, match="max_sweeps"):
        memory.recall([[1, 1, 1, 1]], max_sweeps=0)
    with pytest.raises(DataError, match="clamp must be a bool array"):
        memory.recall([[1, 1, 1, 1]], clamp=[0, 1, 0, 0])
