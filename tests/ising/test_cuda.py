"""The CUDA twin: same names, same results in the simulator or on a device, and PTX without a device."""

import numpy as np
import pytest

from neurosim.core import device
from neurosim.ising import anneal, cpu, edwards_anderson
from neurosim.ising.colouring import LOOK, colour_classes
from neurosim.ising.problem import Problem
from neurosim.ising.rules import HEATBATH, METROPOLIS
from tests.twins import assert_twins

from .test_cpu import KEY, RULES, random_problem, start, torus

PUBLIC = ("begin", "advance", "fetch")
LAUNCHES = ("whole sweeps", "classes")
DONE = LOOK - 2  # sweeps before a run, so that its second one ends with a look at words
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
    reads = [64 * spins.shape[1] - 28] if spins.dtype == np.uint64 else []
    state = kernels.begin(problem, *colour_classes(problem.first, problem.neighbours), spins, KEY, rule, *reads)
    getattr(state, "groups", state).sweep[0] = DONE
    metrics = [part for temperatures in pieces for part in kernels.advance(state, temperatures)]
    found = kernels.fetch(state)
    return metrics + [found[name] for name in sorted(found)]


def assert_equal_runs(kernels, *case, cpu=cpu):
    for ours, theirs in zip(run(cpu, *case), run(kernels, *case), strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


def test_the_twins_have_the_same_functions(cuda):
    assert_twins(cpu, cuda, PUBLIC)


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
def test_threads_with_several_sites(cuda, launch, rng, monkeypatch):
    """More sites than threads."""
    monkeypatch.setattr(cuda, "SLOTS", 8)
    problem = torus(rng, 24, signs=[1])
    for name in LAUNCHES:
        launch(name)
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


@pytest.mark.gpu
@pytest.mark.skipif(device.simulated() or not device.available(), reason="no CUDA device")
@pytest.mark.parametrize("name", LAUNCHES)
def test_large_graphs_on_a_device(cuda, launch, rng, name):
    launch(name)
    temperatures = np.geomspace(3, 0.3, 20)
    for kind in (np.int16, np.float32):
        problem = random_problem(rng, 800, 8000, kind)
        for rule in RULES:
            assert_equal_runs(cuda, problem, start(rng, 800, 102), rule, 3 * temperatures)


def signatures(cuda, number):
    """Every kernel of the module with the argument types it is launched with."""
    from numba import boolean, float32, int32, int64, uint8, uint32, uint64

    sites, starts, table, record = int32[::1], int64[::1], int64[:, ::1], int64[:, :, ::1]
    graph = (uint64[::1], uint32[::1], number[::1], number[::1], sites, starts)
    step = (table, float32[::1], int64, int64, float32, int64)
    run = [uint64, uint64, uint64, *[int64] * 4, boolean]
    arrays = (uint8[:, ::1], uint8[:, ::1], table, table, uint64[::1], table, record)
    found = {cuda._sweep: [(*graph, *step, *run, *arrays)]}
    found[cuda._record] = [(int64, table, record)]
    found[cuda._close] = [(table, table, uint64[::1])]
    found[cuda._keep] = [(spins[:, ::1], spins[:, ::1], uint64[::1]) for spins in (uint8, uint64)]
    return found


def assert_clean_ptx(module, kernels, compile_ptx):
    """Fail unless these are the module's own kernels, and each compiles to plain instructions without spills."""
    from numba.cuda.dispatcher import CUDADispatcher

    made = {k for k in vars(module).values() if isinstance(k, CUDADispatcher) and not k.targetoptions.get("device")}
    assert set(kernels) == made
    for kernel, variants in kernels.items():
        for signature in variants:
            ptx, name = compile_ptx(kernel, signature), kernel.py_func.__name__
            assert ".target sm_90" in ptx
            assert ".approx" not in ptx, name
            assert ".f64" not in ptx, name
            assert ".local" not in ptx, name


@pytest.mark.ptx
@pytest.mark.parametrize("kind", ["int32", "float32"])
def test_ptx(cuda, kind, compile_ptx):
    from numba import types

    assert_clean_ptx(cuda, signatures(cuda, getattr(types, kind)), compile_ptx)


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("keywords", [{"order": "coloured"}, {"method": "multispin"}])
def test_anneal_finds_the_same_on_both_backends(keywords):
    glass = edwards_anderson((4, 4), random_state=0)
    ours, theirs = (
        anneal(glass, sweeps=3, reads=5, random_state=1, backend=backend, **keywords) for backend in ("cpu", "cuda")
    )
    assert (theirs.backend, theirs.order, theirs.method) == ("cuda", "coloured", ours.method)
    for name in ("states", "last_states", "acceptance", "mean_energies"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
