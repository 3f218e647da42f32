"""The CUDA twin of the bank: the same maps in the simulator or on a device, and PTX without a device."""

import numpy as np
import pytest

from neurosim.core import device
from neurosim.core.errors import InvalidParameter
from neurosim.v1 import Gabor, GaborBank, cpu
from tests.twins import assert_twins

PUBLIC = ("separable", "direct")
WHAT = ("real", "imaginary", "complex", "energy", "magnitude", "phase")
# One filter alone, a pair by 180 - t, a phase, an amplitude and a centre beside the middle
GABORS = [Gabor(5, 20, sigma_x=2), Gabor(5, 160, 30, 2, amplitude=-0.7), Gabor(4, 90, x0=0.5, y0=-1)]
runs = pytest.mark.skipif(not device.available(), reason="no CUDA device, and NUMBA_ENABLE_CUDASIM is not 1")


@pytest.fixture(scope="module")
def cuda():
    from neurosim.v1 import cuda

    return cuda


def test_the_twins_have_the_same_functions(cuda):
    assert_twins(cpu, cuda, PUBLIC)


def compare(gabors, images, size, dtype, **options):
    """Fail unless all maps of the device equal those of the CPU."""
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    ref, comp = (
        GaborBank(gabors, size=size, dtype=dtype, backend=b).respond(images, WHAT, **options) for b in ("cpu", "cuda")
    )
    for name in WHAT:
        assert comp[name].dtype == ref[name].dtype
        if name == "phase":
            turned = np.deg2rad(comp[name] - ref[name].astype(float))
            assert np.abs(np.hypot(np.sin(turned), 1 - np.cos(turned)) * ref["magnitude"]).max() <= tolerance
        else:
            np.testing.assert_allclose(comp[name], ref[name], rtol=0, atol=tolerance * np.abs(ref[name]).max())


@runs
@pytest.mark.kernels
@pytest.mark.parametrize(("dtype", "size"), [("float64", 18), ("float32", 3)])
def test_separable_equals_the_cpu(cuda, dtype, size, rng):
    compare(GABORS, rng.normal(size=(2, 3, 6) if size == 3 else (2, 3)), size, dtype, method="separable")


@runs
@pytest.mark.kernels
@pytest.mark.parametrize(("dtype", "stride"), [("float64", 1), ("float32", 2)])
def test_direct_equals_the_cpu(cuda, dtype, stride, rng):
    compare(GABORS[:2], rng.normal(size=(2, 5, 10)), 6, dtype, method="direct", stride=stride, border="reflect")


@runs
@pytest.mark.kernels
def test_work_that_does_not_fit_at_once_goes_in_pieces(cuda, monkeypatch, rng):
    monkeypatch.setattr(cuda, "ROOM", 1)
    compare(GABORS, rng.normal(size=(2, 3, 4)), 2, "float64", method="separable")


@runs
@pytest.mark.kernels
def test_no_transforms_on_a_device():
    with pytest.raises(InvalidParameter, match="backend='cuda'"):
        GaborBank(GABORS, backend="cuda").respond(np.zeros((4, 4)), method="fft")


@pytest.mark.gpu
@pytest.mark.skipif(device.simulated() or not device.available(), reason="no CUDA device")
def test_a_bank_on_a_device(cuda, rng):
    gabors = GaborBank.grid(8, 5).gabors
    for dtype in ("float32", "float64"):
        for method, stride in (("separable", 1), ("direct", 1), ("direct", 3)):
            compare(gabors, rng.normal(size=(3, 200, 123)), 31, dtype, method=method, stride=stride)


@pytest.mark.ptx
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_ptx(cuda, kind, compile_ptx):
    import numba
    from numba import int64
    from numba.cuda.dispatcher import CUDADispatcher

    real = getattr(numba, kind)
    three, four, five, whole = real[:, :, ::1], real[:, :, :, ::1], real[:, :, :, :, ::1], int64[::1]
    kernels = {
        cuda._across: (three, three, int64, five),
        cuda._down: (five, three, whole, whole, real[:, ::1], whole, int64, int64, int64, *[four] * 5),
        cuda._direct: (three, four, int64, int64, int64, int64, *[four] * 5),
    }
    assert set(kernels) | {cuda._write} == {k for k in vars(cuda).values() if isinstance(k, CUDADispatcher)}
    for kernel, signature in kernels.items():
        ptx = compile_ptx(kernel, signature)
        assert ".target sm_90" in ptx
        assert ".approx.f32" not in ptx, kernel.py_func.__name__
        assert kind == "float64" or ".f64" not in ptx, kernel.py_func.__name__
