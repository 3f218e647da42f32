"""Fixtures of all tests."""

import os
import zlib
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("NUMBA_CUDA_LOW_OCCUPANCY_WARNINGS", "0")  # read when numba is imported


def pytest_addoption(parser):
    parser.addoption("--require-ptx", action="store_true", help="fail where CUDA kernels cannot be compiled to PTX")


@pytest.fixture
def rng(request):
    """A generator seeded by the test's name."""
    return np.random.default_rng(zlib.crc32(request.node.nodeid.encode()))


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of the real data sets, NEUROSIM_DATA; NEUROSIM_REQUIRE_DATA=1 makes its absence a failure."""
    folder = os.environ.get("NEUROSIM_DATA")
    if folder and Path(folder).is_dir():
        return Path(folder)
    message = f"NEUROSIM_DATA is {folder!r}: the real data sets are not here"
    if os.environ.get("NEUROSIM_REQUIRE_DATA") == "1":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
def compile_ptx(request, monkeypatch):
    """A function from a kernel and its signature to PTX for compute capability 9.0; no device is asked."""
    missing = None
    try:
        import numba.cuda as cuda
        import numba.cuda.dispatcher as dispatcher

        if cuda.implementation == "Built-in":
            missing = "the cuda extra (numba-cuda with its compiler) is not installed"
    except ImportError as error:
        missing = str(error)
    if missing or os.environ.get("NUMBA_ENABLE_CUDASIM") == "1":
        (pytest.fail if request.config.getoption("--require-ptx") else pytest.skip)(missing or "in the simulator")

    class Hopper:
        compute_capability = (9, 0)

    # a plain @njit function that a kernel calls asks the current device what to compile for
    monkeypatch.setattr(dispatcher, "get_current_device", Hopper)

    def compile_(kernel, signature):
        return cuda.compile_ptx(kernel.py_func, signature, cc=(9, 0))[0]

    return compile_
