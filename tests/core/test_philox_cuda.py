"""The same random stream on CUDA as on the host."""

import numpy as np
import pytest
from numba import cuda

from neurosim.core import device, random


@cuda.jit
def fill(key, stream, out):
    """One draw an element, a thread for each."""
    i = cuda.grid(1)
    if i < out.size:
        low, high = key & np.uint64(0xFFFFFFFF), key >> np.uint64(32)
        w = random.philox(np.uint64(i // 2), np.uint64(0), stream, np.uint64(0), low, high)
        out[i] = random.unit_interval(w[0], w[1]) if i % 2 == 0 else random.unit_interval(w[2], w[3])


@pytest.mark.kernels
@pytest.mark.gpu
@pytest.mark.skipif(not device.available(), reason="no CUDA device, and NUMBA_ENABLE_CUDASIM is not 1")
def test_device_draws_equal_host_draws():
    out = device.to_device(np.empty(37))
    fill[device.launch(37)](np.uint64(0x123456789ABCDEF0), np.uint64(7), out)
    np.testing.assert_array_equal(out.copy_to_host(), random.uniform(0x123456789ABCDEF0, 7, 37))


@pytest.mark.ptx
def test_ptx(compile_ptx):
    from numba import types

    ptx = compile_ptx(fill, (types.uint64, types.uint64, types.float64[::1]))
    assert ".approx" not in ptx
    assert "mul.lo.s64" in ptx or "mul.wide.u32" in ptx
