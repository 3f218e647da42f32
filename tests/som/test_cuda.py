"""The CUDA twin: same names, same results in the simulator or on a device, and PTX without a device."""

import numpy as np
import pytest

from neurosim.core import device
from neurosim.core.errors import BackendError, InvalidParameter
from neurosim.som import SOM, Topology, assess, cpu
from tests.twins import assert_twins

from .test_kernels import begin

PUBLIC = ("begin", "assign", "advance", "normalise", "fetch")
runs = pytest.mark.skipif(not device.available(), reason="no CUDA device, and NUMBA_ENABLE_CUDASIM is not 1")


@pytest.fixture(scope="module")
def cuda():
    from neurosim.som import cuda

    return cuda


def test_the_twins_have_the_same_functions(cuda):
    assert_twins(cpu, cuda, PUBLIC)


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_epochs_equal_the_cpu(cuda, topology, dtype, rng):
    x, w = rng.normal(size=(37, 3)).astype(dtype), rng.normal(size=(topology.units, 3)).astype(dtype)
    s = rng.uniform(0, 2, 37).astype(dtype)
    ref, comp = begin(x, w, topology, s), begin(x, w, topology, s, kernels=cuda)
    scale, rtol = np.abs(x).max(), 2e-6 if dtype == np.float32 else 1e-13
    for sigma in (2.0, 1.0, 0.5):
        expected = cpu.advance(ref, topology.smoothing(sigma))
        measured = cuda.advance(comp, topology.smoothing(sigma))
        np.testing.assert_allclose(measured, expected, rtol=max(rtol, 1e-6), atol=1e-6)
    ref, comp = cpu.fetch(ref), cuda.fetch(comp)
    np.testing.assert_allclose(comp["weights"], ref["weights"], rtol=0, atol=rtol * scale)
    np.testing.assert_array_equal(comp["first"], ref["first"])
    np.testing.assert_array_equal(comp["second"], ref["second"])


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("kind", ["bubble", "cut_gaussian"])
def test_other_neighbourhoods_and_unit_length(cuda, topology, kind, rng):
    x, w = rng.normal(size=(37, 3)), rng.normal(size=(topology.units, 3))
    ref, comp = begin(x, w, topology), begin(x, w, topology, kernels=cuda)
    for kernels, state in ((cpu, ref), (cuda, comp)):
        kernels.advance(state, topology.smoothing(1.5, kind))
    np.testing.assert_allclose(cuda.fetch(comp)["weights"], cpu.fetch(ref)["weights"], rtol=0, atol=1e-12)
    for kernels, state in ((cpu, ref), (cuda, comp)):
        kernels.normalise(state)
    np.testing.assert_allclose(np.linalg.norm(cuda.fetch(comp)["weights"], axis=1), 1)
    np.testing.assert_allclose(cuda.fetch(comp)["weights"], cpu.fetch(ref)["weights"], rtol=0, atol=1e-12)


@runs
@pytest.mark.kernels
def test_ties_and_odd_sizes(cuda):
    for n, units in ((1, 2), (9, 3), (5, 17)):
        state = begin(np.ones((n, 2)), np.ones((units, 2)), Topology((1, units)), kernels=cuda)
        state.errors.copy_to_device(np.full(3, 12345))
        assert cuda.assign(state) == (0, 0, 0)
        found = cuda.fetch(state)
        assert (found["first"] == 0).all()
        assert (found["second"] == 1).all()


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("magnitude", [1e-10, 1e-5, 1e5, 1e14])
def test_fixed_point_holds_any_magnitude(cuda, dtype, magnitude, rng):
    topology = Topology((2, 3))
    x = (rng.normal(size=(40, 2)) * [magnitude, magnitude / 100]).astype(dtype)
    w, s = x[:6].copy(), rng.uniform(0, 1e-3, 40).astype(dtype)
    ref, comp = begin(x, w, topology, s), begin(x, w, topology, s, kernels=cuda)
    expected, measured = (k.advance(t, topology.smoothing(1.0)) for k, t in ((cpu, ref), (cuda, comp)))
    np.testing.assert_allclose(measured, expected, rtol=1e-5)
    weights = cuda.fetch(comp, ("weights",))["weights"]
    np.testing.assert_allclose(weights / magnitude, cpu.fetch(ref)["weights"] / magnitude, rtol=0, atol=2e-6)


@runs
@pytest.mark.kernels
def test_estimator_on_cuda(cuda, rng):
    x = rng.normal(size=(60, 2)).astype(np.float32)
    ref, comp = (SOM(grid=(3, 4), epochs=3, backend=b).fit(x) for b in ("cpu", "cuda"))
    assert comp.backend_ == "cuda"
    np.testing.assert_allclose(comp.weights_, ref.weights_, atol=1e-5)
    assert abs(assess(comp, x).quantization_error / assess(ref, x).quantization_error - 1) < 1e-4
    np.testing.assert_array_equal(comp.predict(x), ref.predict(x))
    ref, comp = (SOM(grid=(3, 4), epochs=3, metric="cosine", backend=b).fit(x) for b in ("cpu", "cuda"))
    np.testing.assert_allclose(comp.weights_, ref.weights_, atol=1e-5)
    for wrong in ({"metric": "manhattan"}, {"algorithm": "online"}):
        with pytest.raises(InvalidParameter, match="backend must be cpu or auto"):
            SOM(grid=(3, 4), backend="cuda", **wrong).fit(x)
    with pytest.raises(BackendError, match="Euclid"):
        cuda.begin(x, x[:, 0], x[:12], None, None, None, distance=abs)


@pytest.mark.gpu
@pytest.mark.skipif(device.simulated() or not device.available(), reason="no CUDA device")
def test_a_large_map_on_a_device(cuda, rng):
    """Best units differ from the CPU's on ties only, QE agrees, and a second run has the same bits."""
    x = rng.normal(size=(50_000, 16)).astype(np.float32)
    topology = Topology((30, 30), "hexagonal")
    found = []
    for kernels in (cpu, cuda, cuda):
        state = begin(x, x[:900].copy(), topology, kernels=kernels)
        metrics = [kernels.advance(state, topology.smoothing(sigma)) for sigma in (8.0, 2.0, 1.0)]
        found.append((kernels.fetch(state), metrics))
    ref, comp, again = found
    assert (ref[0]["first"] != comp[0]["first"]).mean() < 1e-3
    np.testing.assert_allclose([m.qe for m in comp[1]], [m.qe for m in ref[1]], rtol=1e-4)
    np.testing.assert_array_equal(comp[0]["weights"], again[0]["weights"])


def signatures(cuda, real):
    """Every kernel of the module with the argument types it is launched with."""
    from numba import float64, int32, int64

    matrix, vector, units = real[:, ::1], real[::1], int32[::1]
    fixed, errors, sums = int64[:, ::1], int64[::1], float64[:, ::1]
    return {
        cuda._norms: (matrix, vector, vector),
        cuda._search: (matrix, matrix, vector, vector, units, units),
        cuda._clear: (fixed, errors),
        cuda._sum_samples: (matrix, vector, matrix, units, units, matrix, *[real] * 7, fixed, errors),
        cuda._smooth_rows: (fixed, float64[:, :, :, ::1], float64, float64, float64[:, :, ::1]),
        cuda._smooth_columns: (float64[:, :, ::1], sums, int64, sums),
        cuda._smooth_radial: (fixed, matrix, real, real, int64, float64, float64, float64, sums),
        cuda._update: (sums, matrix),
        cuda._normalise: (matrix,),
    }


@pytest.mark.ptx
@pytest.mark.parametrize("bits", [32, 64])
def test_ptx(cuda, bits, compile_ptx):
    from numba import types
    from numba.cuda.dispatcher import CUDADispatcher

    real = types.float32 if bits == 32 else types.float64
    kernels = signatures(cuda, real)
    assert set(kernels) == {k for k in vars(cuda).values() if isinstance(k, CUDADispatcher)}
    for kernel, signature in kernels.items():
        ptx = compile_ptx(kernel, signature)
        name = kernel.py_func.__name__
        assert ".target sm_90" in ptx
        assert ".approx" not in ptx, name
        only_float32 = not any(getattr(t, "dtype", t) == types.float64 for t in signature)
        assert not (only_float32 and ".f64" in ptx), name
        assert "_search" not in name or ".local" not in ptx, "the scores fell out of the registers"
