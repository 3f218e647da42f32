"""The CUDA twin of the layers: the CPU's responses in the simulator or on a device, and PTX without a device."""

import numpy as np
import pytest

from neurosim.core import device
from neurosim.neocognitron import cpu, layers
from neurosim.neocognitron.recipe import CLayer, Inhibition, Pool, SLayer
from tests.twins import assert_twins

PUBLIC = ("s_cells", "v_cells", "c_cells", "stage")
KINDS = list(Inhibition)
POOLS = list(Pool)
runs = pytest.mark.skipif(not device.available(), reason="no CUDA device, and NUMBA_ENABLE_CUDASIM is not 1")
on_device = pytest.mark.skipif(device.simulated() or not device.available(), reason="no CUDA device")


@pytest.fixture(scope="module")
def cuda():
    from neurosim.neocognitron import cuda

    return cuda


def test_the_twins_have_the_same_functions(cuda):
    assert_twins(cpu, cuda, PUBLIC)


def s_layer(rng, kind, below, planes, size, pad, dtype):
    """Return an S-layer of random weights."""
    a, b = rng.normal(0.2, 0.6, (size, size, below, planes)), rng.uniform(0.2, 2, planes)
    c = layers.exponential(size, 0.8) / (size * size * below)
    return SLayer(a.astype(dtype), b.astype(dtype), c.astype(dtype), pad, kind, 1.7, 0.6)


def c_layer(pool, size, stride, pad, dtype, lateral=False, joins=None):
    return CLayer(layers.exponential(size, 0.9).astype(dtype), stride, pad, pool, 0.5, lateral, joins)


def cells_below(rng, shape, dtype):
    return np.maximum(rng.normal(size=shape), 0).astype(dtype)


def compare(cuda, name, u, *arguments):
    """Fail unless a function's responses on the device are the CPU's."""
    ours, theirs = (getattr(module, name)(u, *arguments) for module in (cpu, cuda))
    assert (theirs.dtype, theirs.shape) == (u.dtype, ours.shape)
    close = 1e-12 if u.dtype == np.float64 else 1e-6
    assert np.abs(ours).max() > 0
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=close * max(1, np.abs(ours).max()))


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_s_cells_equal_the_cpus(cuda, kind, dtype, rng):
    u = cells_below(rng, (1, 3, 2, 3), dtype)
    compare(cuda, "s_cells", u, s_layer(rng, kind, 3, 9, 3, 1, dtype))
    compare(cuda, "s_cells", u, s_layer(rng, kind, 3, 2, 2, 1, dtype))


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_v_cells_equal_the_cpus(cuda, dtype, rng):
    u, c = cells_below(rng, (2, 4, 3, 2), dtype), layers.exponential(4, 0.8).astype(dtype)
    compare(cuda, "v_cells", u, c, 2)


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("lateral", [False, True])
@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize(("dtype", "joins"), [("float32", None), ("float64", [1, 0, 2, 0])])
def test_c_cells_equal_the_cpus(cuda, lateral, pool, dtype, joins, rng):
    u = cells_below(rng, (2, 4, 3, 4), dtype)
    compare(cuda, "c_cells", u, c_layer(pool, 3, 2, 2, dtype, lateral, None if joins is None else np.array(joins)))


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("pool", POOLS)
def test_no_saturation(cuda, pool, rng):
    u, d = rng.normal(size=(1, 3, 4, 2)), layers.gaussian(2, 1.0)
    u = u if pool == Pool.AVERAGE else np.abs(u)
    for lateral in (False, True):
        compare(cuda, "c_cells", u, CLayer(d, 1, 0, pool, None, lateral))


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("kind", [Inhibition.THRESHOLD, Inhibition.SHUNTING])
def test_a_stage_in_pieces_equals_the_cpus(cuda, kind, monkeypatch, rng):
    u = cells_below(rng, (3, 3, 4, 1), "float64")
    s, c = s_layer(rng, kind, 1, 3, 3, 1, "float64"), c_layer(Pool.L2, 3, 2, 2, "float64", True)
    whole = cuda.stage(u, s, c)
    compare(cuda, "stage", u, s, c)
    monkeypatch.setattr(cuda, "ROOM", 1)
    np.testing.assert_array_equal(cuda.stage(u, s, c), whole)


@runs
@pytest.mark.kernels
def test_no_images(cuda, rng):
    s, c = s_layer(rng, Inhibition.SHUNTING, 2, 3, 3, 1, "float32"), c_layer(Pool.L2, 3, 2, 2, "float32")
    assert cuda.stage(np.zeros((0, 5, 6, 2), "float32"), s, c).shape == (0, 4, 4, 3)


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("pool", POOLS)
def test_not_a_number_is_seen(cuda, pool, rng):
    u = cells_below(rng, (2, 3, 4, 2), "float64")
    u[0, 1, 1, 0] = np.nan
    s, c = s_layer(rng, Inhibition.SUBTRACTIVE, 2, 3, 3, 1, "float64"), c_layer(pool, 3, 2, 1, "float64")
    cells = cuda.s_cells(u, s)
    assert np.isnan(cells[0, :3, :3]).all()
    assert np.isfinite(cells[0, :, 3]).all()
    assert np.isfinite(cells[1]).all()
    found = cuda.c_cells(u, c)
    assert np.isnan(found[0, :, :1, 0]).all()
    assert np.isfinite(found[0, ..., 1]).all()


@runs
@pytest.mark.kernels
def test_layers_take_the_device(rng):
    u = cells_below(rng, (1, 3, 3, 1), "float64")
    s, c = s_layer(rng, Inhibition.SHUNTING, 1, 2, 3, 1, "float64"), c_layer(Pool.AVERAGE, 3, 1, 1, "float64")
    found = [layers.stage(u, s, c, backend=backend) for backend in ("cpu", "cuda")]
    np.testing.assert_allclose(found[0], found[1], rtol=0, atol=1e-12)


@pytest.mark.gpu
@on_device
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_layers_on_a_device(cuda, kind, dtype, rng):
    joins = np.array([1, 0, 1, 2, *range(3, 82)])
    for below, planes, size, pad in ((1, 24, 5, 2), (80, 83, 5, 2), (16, 250, 4, 2)):
        u, s = cells_below(rng, (5, 19, 26, below), dtype), s_layer(rng, kind, below, planes, size, pad, dtype)
        compare_large(cuda, "s_cells", u, s)
        compare_large(cuda, "v_cells", u, s.c, pad)
        for pool in POOLS:
            c = c_layer(pool, 5, 2, 3, dtype, planes == 24, joins if planes == 83 else None)
            compare_large(cuda, "c_cells", cpu.s_cells(u, s), c)
            compare_large(cuda, "stage", u, s, c)
            np.testing.assert_array_equal(cuda.stage(u, s, c), cuda.stage(u, s, c))


def compare_large(cuda, name, *arguments):
    """As `compare`, for sums of thousands of terms."""
    ours, theirs = (getattr(module, name)(*arguments) for module in (cpu, cuda))
    close = 1e-11 if ours.dtype == np.float64 else 1e-4
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=close * np.abs(ours).max())


def signatures(cuda, r):
    """Every kernel with the argument types it is launched with."""
    from numba import boolean, int64, types

    shape = types.UniTuple(int64, 4)
    row, plane, three, four, whole = r[::1], r[:, ::1], r[:, :, ::1], r[:, :, :, ::1], int64[::1]
    return {
        cuda._excite: (shape, row, row, int64, int64, shape, row),
        cuda._respond: (row, row, int64, r, r, row),
        cuda._square: (four, three),
        cuda._inhibit: (three, plane, int64, three),
        cuda._pool: (four, plane, whole, whole, int64, int64, int64, boolean, r, four),
        cuda._inhibit_laterally: (boolean, r, four),
    }


@pytest.mark.ptx
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_ptx(cuda, kind, compile_ptx):
    """Nothing is approximate or spilled from registers, and in float32 nothing of double precision."""
    from numba import types
    from numba.cuda.dispatcher import CUDADispatcher

    kernels = signatures(cuda, getattr(types, kind))
    assert set(kernels) | {cuda._find_corners} == {k for k in vars(cuda).values() if isinstance(k, CUDADispatcher)}
    for kernel, signature in kernels.items():
        ptx, name = compile_ptx(kernel, signature), kernel.py_func.__name__
        assert ".target sm_90" in ptx
        for banned in (".local",) + ((".approx", ".f64") if kind == "float32" else ()):
            assert banned not in ptx, f"{name}: {banned}"
