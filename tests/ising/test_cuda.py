"""The CUDA twin: same names, same results in the simulator or on a device, and PTX without a device."""

import numpy as np
import pytest

from neurosim.core import device
from neurosim.ising import coloured
from neurosim.ising.colouring import colour_classes
from neurosim.ising.problem import Problem
from neurosim.ising.rules import HEATBATH, METROPOLIS
from tests.twins import assert_twins

from .test_coloured import KEY, RULES, pack, random_problem, start, torus

PUBLIC = ("begin", "advance", "fetch", "begin_words", "advance_words", "fetch_words")
LAUNCHES = ("whole sweeps", "classes")
SOME = [(LAUNCHES[0], METROPOLIS), (LAUNCHES[0], HEATBATH), (LAUNCHES[1], METROPOLIS)]
runs = pytest.mark.skipif(not device.available(), reason="no CUDA device, and NUMBA_ENABLE_CUDASIM is not 1")


@pytest.fixture(scope="module")
def cuda():
    from neurosim.ising import cuda

    return cuda


@pytest.fixture
def launch(cuda, monkeypatch):
    """A function that has every class launched on its own, or whole sweeps."""

    def choose(name):
        monkeypatch.setattr(cuda, "GROUPS", 0 if name == LAUNCHES[0] else 1 << 30)
        monkeypatch.setattr(cuda, "SITES", 0)

    return choose


def run(kernels, problem, spins, rule, *pieces):
    """Everything that a run returns, from spins (N, reads) or words."""
    words = "_words" if spins.dtype == np.uint64 else ""
    begin, advance, fetch = (getattr(kernels, name + words) for name in ("begin", "advance", "fetch"))
    state = begin(problem, *colour_classes(problem.first, problem.neighbours), spins, KEY, rule)
    metrics = [part for temperatures in pieces for part in advance(state, temperatures)]
    found = fetch(state)
    return metrics + [found[name] for name in sorted(found)]


def assert_equal_runs(kernels, *case):
    for ours, theirs in zip(run(coloured, *case), run(kernels, *case), strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


def test_the_twins_have_the_same_functions(cuda):
    assert_twins(coloured, cuda, PUBLIC)


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("kind", [np.int16, np.float32])
@pytest.mark.parametrize(("name", "rule"), SOME)
def test_runs_equal_the_cpu(cuda, launch, rng, name, kind, rule):
    launch(name)
    problem = random_problem(rng, 9, 18, kind)
    assert_equal_runs(cuda, problem, start(rng, 9, 6), rule, np.array([9.0]), np.array([2.0, 0.0]))


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("degree", [2, 7])
@pytest.mark.parametrize(("name", "rule"), SOME)
def test_words_equal_the_cpu(cuda, launch, rng, name, degree, rule):
    launch(name)
    problem = random_problem(rng, 10, 3 * degree, np.int8, degree)
    words = pack(start(rng, 10, 128))
    assert_equal_runs(cuda, problem, words, rule, np.array([5.0]), np.array([1.0]))


@runs
@pytest.mark.kernels
def test_threads_with_several_sites(cuda, launch, rng, monkeypatch):
    """More sites than threads, and more satisfied bonds than the digits of one sum hold."""
    monkeypatch.setattr(cuda, "SLOTS", 8)
    problem = torus(rng, 24, signs=[1])
    for name in LAUNCHES:
        launch(name)
        assert_equal_runs(cuda, problem, pack(np.ones((576, 64))), METROPOLIS, np.array([0.5]))
        assert_equal_runs(cuda, problem, start(rng, 576, 1), METROPOLIS, np.array([0.5]))


@runs
@pytest.mark.kernels
def test_tables_are_made_in_pieces(cuda, rng, monkeypatch):
    monkeypatch.setattr("neurosim.ising.colouring.ENTRIES", 50)
    assert_equal_runs(cuda, random_problem(rng), start(rng, 13, 3), METROPOLIS, np.geomspace(9, 1, 3))


@runs
@pytest.mark.kernels
def test_nothing_is_too_small(cuda):
    for kind in (np.int16, np.float32):
        alone = Problem(np.zeros(2, np.int64), np.empty(0, np.int32), np.empty(0, kind), np.array([2], kind))
        assert_equal_runs(cuda, alone, -np.ones((1, 1), np.int8), METROPOLIS, np.zeros(1))
    free = Problem(np.zeros(3, np.int64), np.empty(0, np.int32), np.empty(0, np.int8), np.zeros(2, np.int8))
    assert_equal_runs(cuda, free, np.array([[7], [0]], np.uint64), METROPOLIS, np.zeros(1))


@pytest.mark.gpu
@pytest.mark.skipif(device.simulated() or not device.available(), reason="no CUDA device")
@pytest.mark.parametrize("name", LAUNCHES)
def test_large_graphs_on_a_device(cuda, launch, rng, name):
    launch(name)
    temperatures = np.geomspace(3, 0.3, 20)
    lattice = torus(rng, 60)
    assert_equal_runs(cuda, lattice, pack(start(rng, 3600, 256)), METROPOLIS, temperatures)
    for kind in (np.int16, np.float32):
        problem = random_problem(rng, 800, 8000, kind)
        for rule in RULES:
            assert_equal_runs(cuda, problem, start(rng, 800, 102), rule, 3 * temperatures)


def signatures(cuda, number):
    """Every kernel of the module with the argument types it is launched with."""
    from numba import boolean, float32, int32, int64, uint8, uint32, uint64

    sites, starts, table = int32[::1], int64[::1], int64[:, ::1]
    run = [uint64, uint64, uint64, *[int64] * 4, boolean]

    def arrays(spins):
        return spins[:, ::1], spins[:, ::1], table, table, uint64[::1], table, table

    graph = (uint64[::1], uint32[::1], number[::1], number[::1], sites, starts)
    step = (table, float32[::1], int64, int64, float32, int64)
    bonds = uint32[:, ::1]
    found = {cuda._sweep: [(*graph, *step, *run, *arrays(uint8))]}
    found[cuda._sweep_words] = [(int64, bonds, sites, starts, table, *run, *arrays(uint64))]
    found[cuda._tally] = [(bonds, uint64[:, ::1], table)]
    found[cuda._close] = [(int64, table, table, uint64[::1], table)]
    found[cuda._keep] = [(spins[:, ::1], spins[:, ::1], uint64[::1]) for spins in (uint8, uint64)]
    return found


@pytest.mark.ptx
@pytest.mark.parametrize("kind", ["int32", "float32"])
def test_ptx(cuda, kind, compile_ptx):
    from numba import types
    from numba.cuda.dispatcher import CUDADispatcher

    kernels = signatures(cuda, getattr(types, kind))
    made = {k for k in vars(cuda).values() if isinstance(k, CUDADispatcher) and not k.targetoptions.get("device")}
    assert set(kernels) == made
    for kernel, variants in kernels.items():
        for signature in variants:
            ptx, name = compile_ptx(kernel, signature), kernel.py_func.__name__
            assert ".target sm_90" in ptx
            assert ".approx" not in ptx, name
            assert ".f64" not in ptx, name
            assert ".local" not in ptx, name
