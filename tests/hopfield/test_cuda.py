"""The CUDA twin: same names, same bits in the simulator or on a device, and PTX without a device."""

import numpy as np
import pytest

from neurosim.core import device
from neurosim.hopfield import HopfieldNetwork, cpu
from tests.twins import assert_twins

PUBLIC = ("begin", "advance", "fetch")
ORDERS = ("random", "permutation", "sequential", "parallel")
runs = pytest.mark.skipif(not device.available(), reason="no CUDA device, and NUMBA_ENABLE_CUDASIM is not 1")


@pytest.fixture(scope="module")
def cuda():
    from neurosim.hopfield import cuda

    return cuda


def test_the_twins_have_the_same_functions(cuda):
    assert_twins(cpu, cuda, PUBLIC)


def compare(net, probes, **options):
    """Fail unless a recall on the device equals that on the CPU."""
    ref, comp = (net.recall(probes, backend=b, random_state=5, **options) for b in ("cpu", "cuda"))
    assert (ref.backend, comp.backend) == ("cpu", "cuda")
    for name in ("states", "sweeps", "stopped", "flips"):
        np.testing.assert_array_equal(getattr(comp, name), getattr(ref, name))
    np.testing.assert_allclose(comp.energies, ref.energies, atol=1e-12)
    if options.get("record"):
        np.testing.assert_array_equal(comp.trajectory, ref.trajectory)


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("temperature", [0.0, 0.7])
def test_recall_equals_the_cpu(cuda, order, temperature, rng):
    cases = (("spin", "keep"), ("binary", "random"), ("spin", "random"), ("binary", "plus"))
    for coding, tie in cases[2:] if temperature else cases:  # what a zero field does matters at T = 0 only
        low = -1 if coding == "spin" else 0
        net = HopfieldNetwork(9, coding=coding, zero_field=tie).store(rng.choice([low, 1], (4, 9)))
        compare(net, rng.choice([low, 1], (3, 9)), order=order, temperature=temperature, max_sweeps=3, record=True)


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("order", ["permutation", "parallel"])
def test_other_types_clamps_and_asymmetry(cuda, order, rng):
    patterns, probes = rng.choice([-1, 1], (3, 10)), rng.choice([-1, 1], (3, 10))
    clamp = rng.random((3, 10)) < 0.3
    weights = rng.integers(-9000, 9000, (10, 10))
    nets = (
        HopfieldNetwork(10, thresholds=0.03).store(patterns, "storkey"),
        HopfieldNetwork(10).store_sequence(patterns),
        HopfieldNetwork.from_weights(weights, symmetric=False, thresholds=3),
    )
    for net in nets:
        compare(net, probes, order=order, clamp=clamp, max_sweeps=3)
    compare(nets[-1], probes[:1], order=order, clamp=clamp[0], max_sweeps=3)


@runs
@pytest.mark.kernels
def test_no_cycle_rests_on_a_coin(cuda):
    w = np.array([[0, -2, 2, -2], [-2, 0, -1, -1], [2, -1, 0, 2], [-2, -1, 2, 0]])
    compare(HopfieldNetwork.from_weights(w, zero_field="random"), [[-1, 1, 1, 1]] * 6, order="parallel", max_sweeps=4)


@runs
@pytest.mark.kernels
def test_nothing_is_too_small(cuda):
    compare(HopfieldNetwork(1).store([1]), np.array([[1], [-1]]))
    assert HopfieldNetwork(3).store([1, 1, -1]).recall(np.empty((0, 3)), backend="cuda").states.shape == (0, 3)


@pytest.mark.gpu
@pytest.mark.skipif(device.simulated() or not device.available(), reason="no CUDA device")
def test_a_large_network_on_a_device(cuda, rng):
    net = HopfieldNetwork(2000).store(rng.choice([-1, 1], (150, 2000)))
    probes = rng.choice([-1, 1], (300, 2000))
    for order in ORDERS:
        compare(net, probes, order=order)


@pytest.mark.ptx
@pytest.mark.parametrize("kind", ["int16", "int32", "float64"])
def test_ptx(cuda, kind, compile_ptx):
    import numba
    from numba import boolean, float64, int8, int16, int64, uint32, uint64
    from numba.cuda.dispatcher import CUDADispatcher

    field = getattr(numba, kind)
    weight = {"int16": int8, "int32": int16, "float64": float64}[kind]
    w, f, s, mask = weight[:, ::1], field[:, ::1], int8[:, ::1], boolean[:, ::1]
    draws, stopped, counts, room = uint64[::1], int8[::1], int64[::1], uint32[:, ::1]
    kernels = {
        cuda._find_fields: (w, field[::1], stopped, s, f),
        cuda._settle: (
            int64, int64, int64, float64, w, mask, int64, uint64, s, f, draws, stopped, counts, counts, room, room,
        ),
        cuda._step: (boolean, int64, float64, mask, int64, uint64, s, s, f, draws, stopped, counts, counts, s),
    }  # fmt: skip
    functions = {cuda._draw, cuda._next_flip}
    assert set(kernels) | functions == {k for k in vars(cuda).values() if isinstance(k, CUDADispatcher)}
    for kernel, signature in kernels.items():
        ptx = compile_ptx(kernel, signature)
        assert ".target sm_90" in ptx
        assert ".approx.f32" not in ptx, kernel.py_func.__name__
        assert kernel is not cuda._find_fields or kind == "float64" or ".f64" not in ptx
