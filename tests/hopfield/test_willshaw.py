"""Willshaw's net: its synapses, its thresholds, what it holds."""

import numpy as np
import pytest

import neurosim
from neurosim.core import parallel
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.hopfield import WillshawNetwork

from . import naive_memories as naive


def sparse(rng, rows, units, active):
    """Rows of 0/1, each with so many ones."""
    patterns = np.zeros((rows, units), np.int8)
    np.put_along_axis(patterns, rng.random((rows, units)).argsort(axis=1)[:, :active], 1, axis=1)
    return patterns


@pytest.mark.parametrize(("n_inputs", "n_outputs"), [(1, 1), (63, 20), (64, 3), (65, 64), (130, 70)])
def test_synapses_and_sums_are_the_naive_ones(n_inputs, n_outputs, rng):
    x, y = rng.integers(0, 2, (4, n_inputs)), (rng.random((4, n_outputs)) < 0.3).astype(int)
    net = WillshawNetwork(n_inputs, n_outputs).store(x[:1], y[:1]).store(x[1:], y[1:])
    weights = naive.willshaw_weights(x, y)
    np.testing.assert_array_equal(net.weights, weights)
    assert net.load == pytest.approx(weights.mean())
    assert net.n_pairs == 4
    probes = rng.integers(0, 2, (7, n_inputs))
    found = net.recall(probes)
    np.testing.assert_array_equal(found.sums, probes @ weights.T)
    thresholds = np.maximum(probes.sum(axis=1), 1)
    np.testing.assert_array_equal(found.thresholds, thresholds)
    np.testing.assert_array_equal(found.outputs, probes @ weights.T >= thresholds[:, None])


def test_a_stored_output_always_comes_back_whole(rng):
    x, y = sparse(rng, 60, 100, 5), sparse(rng, 60, 80, 4)
    net = WillshawNetwork(100, 80).store(x, y)
    assert (net.recall(x).outputs >= y).all()
    incomplete = x.copy()
    incomplete[np.arange(60), x.argmax(axis=1)] = 0
    assert (net.recall(incomplete).outputs >= y).all()


def test_thresholds(rng):
    x, y = sparse(rng, 5, 50, 6), sparse(rng, 5, 30, 3)
    net = WillshawNetwork(50, 30).store(x, y)
    sums = net.recall(x).sums
    np.testing.assert_array_equal(net.recall(x, threshold=4).outputs, sums >= 4)
    each = np.array([1, 2, 3, 4, 5])
    np.testing.assert_array_equal(net.recall(x, threshold=each).outputs, sums >= each[:, None])
    spurious = x.copy()
    spurious[np.arange(5), (x == 0).argmax(axis=1)] = 1
    assert not (net.recall(spurious).outputs >= y).all()
    assert (net.recall(spurious, threshold=6).outputs >= y).all()


def test_nothing_answers_to_a_probe_without_active_inputs():
    net = WillshawNetwork(3).store(np.ones((1, 3)))
    assert not net.recall([0, 0, 0]).outputs.any()
    assert net.recall([0, 0, 0], threshold=0).outputs.all()


def test_autoassociation_completes_a_pattern(rng):
    x = sparse(rng, 20, 200, 8)
    net = WillshawNetwork(200).store(x)
    part = x.copy()
    for row in part:
        row[np.flatnonzero(row)[:4]] = 0
    np.testing.assert_array_equal(net.recall(part).outputs, x)


def test_at_half_load_it_holds_ln_2_bits_a_synapse(rng):
    """M_A = log2 N_B: one wrong output a pattern is expected, and R M_B log2 N_B = ln 2 N_A N_B bits are stored."""
    units, active = 512, 9
    pairs = round(np.log(2) * units**2 / active**2)
    x, y = sparse(rng, pairs, units, active), sparse(rng, pairs, units, active)
    net = WillshawNetwork(units).store(x, y)
    assert net.load == pytest.approx(0.5, abs=0.01)
    assert pairs * active * np.log2(units) / units**2 == pytest.approx(np.log(2), abs=1e-3)
    answer = net.recall(x).outputs
    assert (answer >= y).all()
    wrong = (answer.sum() - y.sum()) / pairs
    # above N_B p^M_A = 1, as an output that belongs to many pairs has more synapses that are on
    assert 0.9 < wrong < 1.6


def test_results_do_not_depend_on_threads(rng):
    x, y = sparse(rng, 50, 100, 5), sparse(rng, 50, 80, 4)
    before = parallel.threads()
    try:
        results = []
        for threads in (1, 3):
            parallel.set_threads(threads)
            net = WillshawNetwork(100, 80).store(x, y)
            results.append((net.words, net.recall(x).sums))
    finally:
        parallel.set_threads(before)
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])


def test_saved_and_loaded(tmp_path, rng):
    net = WillshawNetwork(70, 30).store(sparse(rng, 9, 70, 5), sparse(rng, 9, 30, 2))
    again = neurosim.load(neurosim.save(net, tmp_path / "net.npz"))
    np.testing.assert_array_equal(again.weights, net.weights)
    assert (again.n_inputs, again.n_outputs, again.n_pairs) == (70, 30, 9)


def test_bad_input():
    with pytest.raises(InvalidParameter, match="n_inputs"):
        WillshawNetwork(0)
    with pytest.raises(InvalidParameter, match="n_outputs"):
        WillshawNetwork(3, -1)
    net = WillshawNetwork(3, 2)
    with pytest.raises(DataError, match="inputs must hold only 0 and 1; got -1 in row 0, unit 1"):
        net.store([[0, -1, 1]], [[0, 1]])
    with pytest.raises(DataError, match=r"outputs must have shape \(count, 2\)"):
        net.store([[0, 1, 1]])
    with pytest.raises(DataError, match="2 inputs cannot be paired with 1 outputs"):
        net.store([[0, 1, 1], [1, 1, 1]], [[0, 1]])
    assert net.load == 0
    for wrong in (-1, 1.5, "half", [1, 2]):
        with pytest.raises(InvalidParameter, match="threshold"):
            net.recall([[1, 1, 1]], threshold=wrong)
    with pytest.raises(DataError, match="count, 3"):
        net.recall([[1, 1]])
    parameters, state = net.to_parts()
    with pytest.raises(DataError, match="words"):
        WillshawNetwork.from_parts(parameters, state | {"words": np.zeros((1, 1), np.uint64)})
