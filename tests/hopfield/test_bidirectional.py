"""The bidirectional associative memory: both directions, both codings, its energy."""

import numpy as np
import pytest

import neurosim
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.hopfield import BidirectionalAssociativeMemory

from . import naive_memories as naive

CODINGS = [("spin", -1), ("binary", 0)]


def memory(coding, low, rng, n_x=12, n_y=9, pairs=3):
    x, y = rng.choice([low, 1], (pairs, n_x)), rng.choice([low, 1], (pairs, n_y))
    return BidirectionalAssociativeMemory(n_x, n_y, coding=coding).store(x, y), x, y


@pytest.mark.parametrize(("coding", "low"), CODINGS)
@pytest.mark.parametrize("given", ["x", "y", "xy"])
def test_recall_is_the_naive_one(coding, low, given, rng):
    bam, _, _ = memory(coding, low, rng, pairs=6)
    x, y = rng.choice([low, 1], (20, 12)), rng.choice([low, 1], (20, 9))
    found = bam.recall(**{side: value for side, value in (("x", x), ("y", y)) if side in given})
    for k in range(20):
        start_x = x[k].tolist() if "x" in given else [low] * 12
        start_y = y[k].tolist() if "y" in given else [low] * 9
        first = 0 if given == "y" else 1
        end_x, end_y, steps = naive.bam_recall(bam.weights.tolist(), start_x, start_y, low, first)
        np.testing.assert_array_equal(found.x[k], end_x)
        np.testing.assert_array_equal(found.y[k], end_y)
        assert found.steps[k] == steps
    assert found.stable.all()


@pytest.mark.parametrize(("coding", "low"), CODINGS)
def test_energy_never_rises_for_any_weights(coding, low, rng):
    bam = BidirectionalAssociativeMemory(15, 10, coding=coding)
    bam.weights = rng.integers(-9, 10, (15, 10))
    found = bam.recall(rng.choice([low, 1], (200, 15)), rng.choice([low, 1], (200, 10)))
    assert found.stable.all()
    assert np.diff(found.energies, axis=0).max() <= 0
    assert (found.energies[0] - found.energies[-1]).min() >= 0
    assert (found.energies[0] > found.energies[-1]).mean() > 0.9
    np.testing.assert_array_equal(found.energies[-1], bam.energy(found.x, found.y))
    expected = [-float(x @ bam.weights @ y) for x, y in zip(found.x.astype(int), found.y.astype(int), strict=True)]
    np.testing.assert_array_equal(found.energies[-1], expected)
    again = bam.recall(found.x, found.y)
    np.testing.assert_array_equal(again.x, found.x)
    assert (again.steps == 2).all()


@pytest.mark.parametrize(("coding", "low"), CODINGS)
def test_pairs_are_recalled_from_either_side(coding, low):
    """Few pairs in large layers, with noise."""
    rng = np.random.default_rng(5)
    bam, x, y = memory(coding, low, rng, 200, 150, 3)
    flip = rng.random(x.shape) < 0.05
    found = bam.recall(x=np.where(flip, 1 + low - x, x))
    np.testing.assert_array_equal(found.x, x)
    np.testing.assert_array_equal(found.y, y)
    found = bam.recall(y=y)
    np.testing.assert_array_equal(found.x, x)
    np.testing.assert_array_equal(found.y, y)


def test_weights_are_the_correlation_whatever_the_coding(rng):
    bam, x, y = memory("binary", 0, rng)
    same = BidirectionalAssociativeMemory(12, 9, coding="spin").store(2 * x - 1, 2 * y - 1)
    np.testing.assert_array_equal(bam.weights, same.weights)
    np.testing.assert_array_equal(bam.weights, (2 * x - 1).T @ (2 * y - 1))
    bam.forget(x[:1], y[:1])
    np.testing.assert_array_equal(bam.weights, (2 * x[1:] - 1).T @ (2 * y[1:] - 1))


def test_the_default_is_spin():
    assert BidirectionalAssociativeMemory(3, 2).coding == "spin"


def test_without_a_field_units_keep_their_state():
    bam = BidirectionalAssociativeMemory(3, 2, coding="spin")
    bam.weights = np.array([[0, 0], [0, 0], [0, 1]])
    found = bam.recall([[1, -1, 1]], [[-1, 1]])
    np.testing.assert_array_equal(found.x, [[1, -1, 1]])
    np.testing.assert_array_equal(found.y, [[-1, 1]])
    assert found.energies.shape == (3, 1)


def test_a_pair_that_is_stopped_is_not_called_stable(rng):
    bam, x, _ = memory("spin", -1, rng)
    assert not bam.recall(x, max_steps=1).stable.any()


def test_saved_and_loaded(tmp_path, rng):
    bam, x, _ = memory("binary", 0, rng)
    again = neurosim.load(neurosim.save(bam, tmp_path / "bam.npz"))
    np.testing.assert_array_equal(again.recall(x).y, bam.recall(x).y)
    assert again.coding == "binary"


def test_bad_input(rng):
    for arguments, name in (((0, 2), "n_x"), ((2, 0), "n_y")):
        with pytest.raises(InvalidParameter, match=name):
            BidirectionalAssociativeMemory(*arguments, coding="binary")
    with pytest.raises(InvalidParameter, match="coding must be one of spin, binary; got 'bipolar'"):
        BidirectionalAssociativeMemory(2, 2, coding="bipolar")
    bam = BidirectionalAssociativeMemory(3, 2, coding="spin")
    with pytest.raises(DataError, match="x must hold only -1 and 1; got 0"):
        bam.store([[1, 0, 1]], [[1, 1]])
    with pytest.raises(DataError, match="2 rows of x cannot be paired with 1 rows of y"):
        bam.store([[1, 1, 1], [1, 1, -1]], [[1, 1]])
    with pytest.raises(DataError, match=r"y must have shape \(count, 2\)"):
        bam.recall(y=[[1, 1, 1]])
    with pytest.raises(DataError, match="needs x, y or both"):
        bam.recall()
    with pytest.raises(InvalidParameter, match="max_steps"):
        bam.recall([[1, 1, 1]], max_steps=0)
    parameters, state = bam.to_parts()
    with pytest.raises(DataError, match="weights must have shape"):
        BidirectionalAssociativeMemory.from_parts(parameters, {"weights": state["weights"].T})
