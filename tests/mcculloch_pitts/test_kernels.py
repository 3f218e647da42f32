"""The CPU kernels against the naive net."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.core import parallel
from neurosim.mcculloch_pitts import Cell, McCullochPittsNetwork, all_histories, cpu, pack

from . import naive


def reference(net, inputs, steps, initial=None):
    """The naive activity of several histories, (histories, steps + 1, names)."""
    runs = []
    for h, history in enumerate(inputs):
        start = None if initial is None else dict(zip(net.cells, initial[h], strict=True))
        runs.append(naive.activity(net, history, steps, start))
    return np.array(runs, bool)


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("histories", [1, 63, 64, 65, 200])
def test_random_nets_equal_the_naive_ones(relative, histories, rng):
    for _ in range(3):
        net = naive.random_net(rng, relative=relative)
        inputs = rng.integers(0, 2, (histories, 7, 3))
        initial = rng.integers(0, 2, (histories, 8))
        comp = net.run(inputs, 9, initial=initial, backend="cpu")
        np.testing.assert_array_equal(comp.activity, reference(net, inputs, 9, initial))


def test_the_random_nets_are_lively(rng):
    """What the comparison rests on: cells that fire now and then, inhibition that matters, circles."""
    nets = [naive.random_net(rng) for _ in range(20)]
    inputs = rng.integers(0, 2, (64, 20, 3))
    rates = np.concatenate([net.run(inputs).activity[:, 5:, 3:].mean((0, 1)) for net in nets])
    assert ((rates > 0.02) & (rates < 0.98)).mean() > 0.3
    assert sum(net.order > 0 for net in nets) > 10


@settings(max_examples=60, deadline=None)
@given(
    inputs=st.integers(0, 4),
    cells=st.integers(1, 12),
    fan_in=st.integers(0, 16),
    most=st.sampled_from([1, 2, 9, 1000]),
    relative=st.booleans(),
    histories=st.sampled_from([1, 2, 64, 67]),
    steps=st.integers(0, 6),
    given_steps=st.integers(0, 8),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_shape(inputs, cells, fan_in, most, relative, histories, steps, given_steps, seed):
    rng = np.random.default_rng(seed)
    net = naive.random_net(rng, inputs, cells, relative, most, fan_in)
    presented = rng.integers(0, 2, (histories, given_steps, inputs))
    comp = net.run(presented, steps)
    assert comp.words.shape == (steps + 1, inputs + cells, -(-histories // 64))
    np.testing.assert_array_equal(comp.activity, reference(net, presented, steps))


@pytest.mark.parametrize("fan_in", [1, 2, 7, 8, 9, 15, 16, 17, 100, 513])
def test_a_cell_counts_its_synapses(fan_in, rng):
    """Every threshold around the numbers of active afferents; 513 need carries of carries of groups of eight."""
    names = [f"i{i}" for i in range(fan_in)]
    inputs = rng.integers(0, 2, (130, 1, fan_in))
    inputs[0], inputs[1] = 0, 1
    numbers = inputs.sum((1, 2))
    for weight in (1, 5):
        thresholds = sorted({max(1, int(n) + shift) for n in numbers for shift in (0, 1)})
        cells = {str(t): Cell(dict.fromkeys(names, weight), threshold=t * weight) for t in thresholds}
        fired = McCullochPittsNetwork(names, cells).run(inputs).activity[:, 1, fan_in:]
        np.testing.assert_array_equal(fired, numbers[:, None] >= thresholds)


def test_many_relative_inhibitors(rng):
    names = [f"i{i}" for i in range(60)]
    cell = Cell(dict.fromkeys(names[:40], 3), dict.fromkeys(names[30:], 2), threshold=30)
    inputs = rng.integers(0, 2, (300, 1, 60))
    fired = McCullochPittsNetwork(names, {"c": cell}, inhibition="relative").run(inputs)["c"][:, 1]
    expected = 3 * inputs[:, 0, :40].sum(1) >= 30 + 2 * inputs[:, 0, 30:].sum(1)
    np.testing.assert_array_equal(fired, expected)
    assert 0.05 < fired.mean() < 0.95


def test_the_same_bits_for_any_number_of_threads_and_blocks(rng, monkeypatch):
    net = naive.random_net(rng, cells=30, fan_in=12)
    inputs = pack(rng.integers(0, 2, (64 * 150 + 7, 6, 3)))
    results = []
    for threads in (1, 2, 4, 7):
        monkeypatch.setattr(parallel, "_threads", threads)
        results.append(net.run(inputs, 8).words)
    for words in results[1:]:
        np.testing.assert_array_equal(words, results[0])
    some = rng.choice(inputs.count, 20, replace=False)
    comp = net.run(inputs, 8).activity[some]
    np.testing.assert_array_equal(comp, reference(net, inputs.unpack()[some], 8))


THREADS = """
import zlib, numpy as np
from neurosim.mcculloch_pitts import Cell, McCullochPittsNetwork, all_histories
cells = {str(c): Cell({str((c * 7 + k) % 40): 1 + k % 3 for k in range(9)}, [str(c * 3 % 37)], 5) for c in range(2, 40)}
net = McCullochPittsNetwork(["0", "1"], cells)
print(zlib.crc32(net.run(all_histories(2, 7), 20).words))
"""


def test_the_same_bits_for_1_2_and_4_threads():
    """In processes of their own, so that 4 threads run even on a machine with fewer cores."""
    prints = set()
    for threads in (1, 2, 4):
        variables = os.environ | {"NUMBA_NUM_THREADS": str(threads)}
        done = subprocess.run([sys.executable, "-c", THREADS], env=variables, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        prints.add(done.stdout)
    assert len(prints) == 1


def test_advancing_in_pieces_is_the_same(rng):
    net = naive.random_net(rng)
    inputs = pack(rng.integers(0, 2, (70, 9, 3)))
    activity = rng.integers(0, 2**63, (8, 2)).astype(np.uint64)
    rows = np.arange(11, dtype=np.int32)
    whole, pieces = (cpu.begin(net._wiring, activity, inputs.words, rows, 9) for _ in range(2))
    cpu.advance(whole, 9)
    for steps in (1, 0, 3, 5):
        cpu.advance(pieces, steps)
    for name in ("activity", "recorded"):
        np.testing.assert_array_equal(cpu.fetch(whole)[name], cpu.fetch(pieces)[name])
    np.testing.assert_array_equal(cpu.fetch(whole)["activity"], whole.recorded[9])


def test_input_arrays_are_not_changed(rng):
    histories = all_histories(3, 3)
    before = histories.words.copy()
    naive.random_net(rng).run(histories, 5)
    np.testing.assert_array_equal(histories.words, before)
    assert histories.words.flags.writeable
