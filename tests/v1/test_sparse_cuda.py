"""The CUDA twin of sparse coding: the CPU's codes in the simulator or on a device, and PTX without a device."""

import inspect

import numpy as np
import pytest

from neurosim.core import device
from neurosim.v1 import SparseCoding, sparse_cpu
from neurosim.v1.sparse_recipe import Recipe

RECIPES = {
    "cd": Recipe(alpha=0.4, tol=1e-13),
    "fista": Recipe(solver="fista", alpha=0.4, tol=1e-13),
    "lca": Recipe(solver="lca", alpha=0.4, tol=1e-13),
    "log": Recipe("log", alpha=0.2, sigma=0.5, tol=1e-24),
}
runs = pytest.mark.skipif(not device.available(), reason="no CUDA device, and NUMBA_ENABLE_CUDASIM is not 1")
on_device = pytest.mark.skipif(device.simulated() or not device.available(), reason="no CUDA device")


@pytest.fixture(scope="module")
def cuda():
    from neurosim.v1 import sparse_cuda

    return sparse_cuda


def test_the_twins_have_one_signature(cuda):
    assert list(inspect.signature(cuda.code).parameters) == list(inspect.signature(sparse_cpu.code).parameters)


def compare(cuda, rng, recipe, dtype, n, k, features, close):
    d = rng.normal(size=(k, features)).astype(dtype)
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    x = rng.normal(size=(n, features)).astype(dtype)
    x[0] = 0
    ours, theirs = (kernels.code(x, d, recipe) for kernels in (sparse_cpu, cuda))
    assert (theirs.rounds > 0).all()
    assert theirs.codes.dtype == theirs.costs.dtype == dtype
    np.testing.assert_allclose(theirs.codes, ours.codes, rtol=0, atol=close)
    np.testing.assert_allclose(theirs.costs, ours.costs, rtol=close, atol=close)
    assert not theirs.codes[0].any()
    assert (ours.codes[1:] != 0).any(axis=1).all()


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize(("dtype", "close"), [(np.float64, 1e-6), (np.float32, 5e-3)])
def test_codes_equal_the_cpus(cuda, rng, name, dtype, close):
    compare(cuda, rng, RECIPES[name], dtype, 5, 7, 8, close)


@runs
@pytest.mark.kernels
def test_a_model_learns_the_same_on_both_backends(rng):
    x, atoms = rng.normal(size=(12, 5)), np.eye(4, 5) + 0.2
    how = {"alpha": 0.3, "batch_size": 6, "tol": 1e-13, "dict_init": atoms, "random_state": 1}
    found = [SparseCoding(4, **how, backend=backend).fit(x) for backend in ("cpu", "cuda")]
    assert [model.backend_ for model in found] == ["cpu", "cuda"]
    np.testing.assert_allclose(found[0].components_, found[1].components_, rtol=0, atol=1e-6)


@pytest.mark.gpu
@on_device
@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize(("dtype", "close"), [(np.float64, 1e-6), (np.float32, 5e-3)])
def test_codes_on_a_device(cuda, rng, name, dtype, close):
    compare(cuda, rng, RECIPES[name], dtype, 500, 40, 64, close)


def signatures(cuda, r):
    """Every kernel with the argument types it is launched with."""
    from numba import int32, int64

    v, m = r[::1], r[:, ::1]
    arrays = (m, m, v, m, v, int32[::1], m)
    return {
        cuda._code_cd: (*arrays, int32[:, ::1], m, r, r, int64),
        cuda._code_fista: (*arrays, r, r, r, int64),
        cuda._code_lca: (*arrays, r, r, r, int64),
        cuda._code_log: (*arrays, r, r, r, int64),
    }


@pytest.mark.ptx
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_ptx(cuda, kind, compile_ptx):
    """Nothing is approximate or spilled from registers, and in float32 nothing of double precision."""
    from numba import types

    for kernel, signature in signatures(cuda, getattr(types, kind)).items():
        ptx, name = compile_ptx(kernel, signature), kernel.py_func.__name__
        assert ".target sm_90" in ptx
        for banned in (".local",) + ((".approx", ".f64") if kind == "float32" else ()):
            assert banned not in ptx, f"{name}: {banned}"
