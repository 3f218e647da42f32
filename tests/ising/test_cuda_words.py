"""The CUDA twin of words: same names, same results in the simulator or on a device, and PTX without a device."""

import numpy as np
import pytest

from neurosim.core import device
from neurosim.ising import cpu_words
from neurosim.ising.problem import Problem
from neurosim.ising.rules import METROPOLIS
from tests.twins import assert_twins

from .test_cpu import random_problem, start, torus
from .test_cpu_words import pack
from .test_cuda import LAUNCHES, PUBLIC, SOME, assert_clean_ptx, assert_equal_runs, runs


@pytest.fixture(scope="module")
def cuda_words():
    from neurosim.ising import cuda_words

    return cuda_words


@pytest.fixture
def launch(monkeypatch):
    """A function that has every class launched on its own, or whole sweeps."""
    from neurosim.ising import cuda

    def choose(name):
        monkeypatch.setattr(cuda, "GROUPS", 0 if name == LAUNCHES[0] else 1 << 30)
        monkeypatch.setattr(cuda, "SITES", 0)

    return choose


def assert_equal(cuda_words, *case):
    assert_equal_runs(cuda_words, *case, cpu=cpu_words)


def test_the_twins_have_the_same_functions(cuda_words):
    assert_twins(cpu_words, cuda_words, PUBLIC)


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("degree", [2, 7])
@pytest.mark.parametrize(("name", "rule"), SOME)
def test_runs_equal_the_cpu(cuda_words, launch, rng, name, degree, rule):
    launch(name)
    problem = random_problem(rng, 10, 3 * degree, np.int8, degree)
    words = pack(start(rng, 10, 128))
    assert_equal(cuda_words, problem, words, rule, np.array([5.0]), np.array([1.0, 9.0]))


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("name", LAUNCHES)
def test_threads_with_several_sites(cuda_words, launch, monkeypatch, rng, name):
    """More sites than threads, and more satisfied bonds than the digits of one sum hold."""
    monkeypatch.setattr("neurosim.ising.cuda.SLOTS", 8)
    launch(name)
    assert_equal(cuda_words, torus(rng, 24, signs=[1]), pack(np.ones((576, 64))), METROPOLIS, np.array([0.5]))


@runs
@pytest.mark.kernels
def test_nothing_is_too_small(cuda_words):
    free = Problem(np.zeros(3, np.int64), np.empty(0, np.int32), np.empty(0, np.int8), np.zeros(2, np.int8))
    assert_equal(cuda_words, free, np.array([[7], [0]], np.uint64), METROPOLIS, np.zeros(1))


@pytest.mark.gpu
@pytest.mark.skipif(device.simulated() or not device.available(), reason="no CUDA device")
@pytest.mark.parametrize("name", LAUNCHES)
def test_large_graphs_on_a_device(cuda_words, launch, rng, name):
    launch(name)
    assert_equal(cuda_words, torus(rng, 60), pack(start(rng, 3600, 256)), METROPOLIS, np.geomspace(3, 0.3, 20))


def signatures(cuda_words):
    """Every kernel of the module with the argument types it is launched with."""
    from numba import boolean, int32, int64, uint32, uint64

    bonds, spins, table = uint32[:, ::1], uint64[:, ::1], int64[:, ::1]
    run = [uint64, uint64, uint64, *[int64] * 4, boolean]
    arrays = (spins, spins, table, table, uint64[::1], table, table)
    return {
        cuda_words._sweep: [(int64, bonds, uint64[::1], int32[::1], int64[::1], table, *run, *arrays)],
        cuda_words._tally: [(bonds, spins, table)],
    }


@pytest.mark.ptx
def test_ptx(cuda_words, compile_ptx):
    assert_clean_ptx(cuda_words, signatures(cuda_words), compile_ptx)
