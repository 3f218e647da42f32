"""The CUDA twin: same names, same results in the simulator or on a device, and PTX without a device."""

import numpy as np
import pytest

from neurosim.core import device
from neurosim.mcculloch_pitts import Cell, McCullochPittsNetwork, cpu, pack
from tests.twins import assert_twins

from . import naive

PUBLIC = ("begin", "advance", "fetch")
runs = pytest.mark.skipif(not device.available(), reason="no CUDA device, and NUMBA_ENABLE_CUDASIM is not 1")


@pytest.fixture(scope="module")
def cuda():
    from neurosim.mcculloch_pitts import cuda

    return cuda


def test_the_twins_have_the_same_functions(cuda):
    assert_twins(cpu, cuda, PUBLIC)


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("relative", [False, True])
def test_runs_equal_the_cpu(cuda, relative, rng):
    for most, fan_in in ((1, 3), (9, 11)):
        net = naive.random_net(rng, cells=5, relative=relative, most=most, fan_in=fan_in)
        inputs, initial = rng.integers(0, 2, (130, 3, 3)), rng.integers(0, 2, (130, 5))
        ref, comp = (net.run(inputs, 4, initial=initial, backend=b) for b in ("cpu", "cuda"))
        np.testing.assert_array_equal(comp.words, ref.words)


@runs
@pytest.mark.kernels
def test_nothing_is_too_small(cuda):
    net = McCullochPittsNetwork([], {"1": Cell(threshold=1, initial=True), "2": Cell({"1": 1}, threshold=1)})
    comp = net.run(steps=2, backend="cuda", record=["2", "1"])
    np.testing.assert_array_equal(comp.activity, [[0, 1], [1, 0], [0, 0]])
    assert net.run(steps=0, backend="cuda", record=[]).words.shape == (1, 0, 1)


@runs
@pytest.mark.kernels
def test_advancing_in_pieces_and_fetching(cuda, rng):
    net = naive.random_net(rng, cells=4)
    inputs = pack(rng.integers(0, 2, (3, 4, 3)))
    activity, rows = np.array([[1], [2], [3], [4]], np.uint64), np.array([5, 0], np.int32)
    ref, comp = (kernels.begin(net._wiring, activity, inputs.words, rows, 3) for kernels in (cpu, cuda))
    for steps in (1, 2):
        cpu.advance(ref, steps)
        cuda.advance(comp, steps)
        for name in ("activity", "recorded"):
            done = slice(None) if name == "activity" else slice(0, int(ref.step[0]) + 1)
            np.testing.assert_array_equal(cuda.fetch(comp)[name][done], cpu.fetch(ref)[name][done])


@pytest.mark.gpu
@pytest.mark.skipif(device.simulated() or not device.available(), reason="no CUDA device")
def test_a_large_net_on_a_device(cuda, rng):
    net = naive.random_net(rng, inputs=8, cells=500, relative=True, fan_in=40)
    inputs = pack(rng.integers(0, 2, (10_000, 20, 8)))
    ref, comp = (net.run(inputs, 30, backend=b) for b in ("cpu", "cuda"))
    np.testing.assert_array_equal(comp.words, ref.words)


@pytest.mark.ptx
def test_ptx(cuda, compile_ptx):
    from numba import int32, int64, uint64
    from numba.cuda.dispatcher import CUDADispatcher

    rows, starts, bits = int32[::1], int64[::1], uint64[:, :, ::1]
    activity = uint64[:, ::1]
    wiring = (int64[:, ::1], rows, starts, rows, starts, starts, rows)
    kernels = {cuda._tick: (*wiring, activity, bits, int64, int64, rows, int64, activity, bits)}
    assert set(kernels) == {k for k in vars(cuda).values() if isinstance(k, CUDADispatcher)}
    for kernel, signature in kernels.items():
        ptx = compile_ptx(kernel, signature)
        assert ".target sm_90" in ptx
        assert ".f64" not in ptx
        assert ".f32" not in ptx
        assert "lop3" in ptx or "xor.b64" in ptx
