"""The CUDA twin of settling: the CPU's states in the simulator or on a device, and PTX without a device."""

import numpy as np
import pytest

from neurosim.boltzmann import BoltzmannMachine, cpu, learn_encoders
from neurosim.boltzmann.settling import Settling
from neurosim.core import device
from neurosim.core.errors import DataError
from tests.twins import assert_twins

KEY, STEP = 2**63 + 12345, 7
COOLING = np.array([4.0, -3.0, 1.0, 0.0, -0.0, np.inf, 1.5])
runs = pytest.mark.skipif(not device.available(), reason="no CUDA device, and NUMBA_ENABLE_CUDASIM is not 1")
both_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@pytest.fixture(scope="module")
def cuda():
    from neurosim.boltzmann import cuda

    return cuda


def test_the_twins_have_the_same_functions(cuda):
    assert_twins(cpu, cuda, ("settle",))


def symmetric(rng, *shape, whole=False):
    """Random weights with missing connections; whole ones make gaps of exactly 0."""
    weights = rng.integers(-2, 3, shape) if whole else rng.normal(0, 3, shape) * (rng.random(shape) < 0.7)
    weights = np.tril(weights, -1)
    return weights + weights.swapaxes(-1, -2)


def case(rng, dtype, chains, n, machines=None, whole=False):
    """Weights, biases and states of chains that share a machine, or of chains of several machines."""
    own = () if machines is None else (machines,)
    weights = symmetric(rng, *own, n, n, whole=whole).astype(dtype)
    biases = rng.integers(-1, 2, (*own, n)) if whole else rng.normal(0, 2, (*own, n))
    return weights, biases.astype(dtype), rng.integers(0, 2, (chains, n)).astype(np.uint8)


def settled(kernels, weights, biases, states, free, settling, **options):
    states = states.copy()
    free = np.asarray(free, np.int64)
    counts = kernels.settle(weights, biases, states, free, settling, **({"key": KEY, "step": STEP} | options))
    return states, counts


def compare(cuda, *case, **options):
    ours, theirs = (settled(kernels, *case, **options) for kernels in (cpu, cuda))
    for one, other in zip(ours, theirs, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(other, one)
    return theirs


@runs
@pytest.mark.kernels
@both_types
@pytest.mark.parametrize("machines", [None, 5])
@pytest.mark.parametrize("randomise", [True, False])
def test_settling_equals_the_cpu(cuda, rng, dtype, machines, randomise):
    weights, biases, states = case(rng, dtype, 10, 6, machines)
    free, names = [4, 0, 3, 5], 1000 * np.arange(10) + 3
    compare(cuda, weights, biases, states, free, Settling(COOLING, 3, randomise), names=names)


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("counted", [0, len(COOLING)])
def test_gaps_of_zero_and_all_or_no_counts(cuda, rng, counted):
    fixed = case(rng, np.float32, 9, 5, whole=True)
    states, counts = compare(cuda, *fixed, np.arange(5), Settling(COOLING, counted))
    assert (states != fixed[-1]).any()
    assert counts.any() == (counted > 0)


@runs
@pytest.mark.kernels
def test_the_order_is_made_in_pieces(cuda, rng, monkeypatch):
    """A piece of the time before the states are counted, two time units of three visits each."""
    fixed = case(rng, np.float32, 3, 4, machines=3)
    settling = Settling(np.linspace(3, 1, 7), 2, True)
    whole = compare(cuda, *fixed, [0, 1, 3], settling)
    monkeypatch.setattr(cuda, "PIECE", 6)
    for one, other in zip(whole, compare(cuda, *fixed, [0, 1, 3], settling), strict=True):
        np.testing.assert_array_equal(one, other)


@runs
@pytest.mark.kernels
def test_nothing_is_too_small(cuda, rng):
    fixed = case(rng, np.float32, 2, 3)
    compare(cuda, *fixed, [0, 2], Settling(np.empty(0), 0, True))
    compare(cuda, *fixed, [], Settling(np.ones(2), 1, True))
    compare(cuda, *case(rng, np.float64, 1, 1, machines=1), [0], Settling(np.ones(3), 2))
    for machines in (None, 2, 0):
        weights, biases, _ = case(rng, np.float32, 2, 3, machines)
        compare(cuda, weights, biases, np.empty((0, 3), np.uint8), [1], Settling(np.ones(2), 1, True))


@runs
@pytest.mark.kernels
def test_more_decisions_than_numbers(cuda, rng):
    fixed = case(rng, np.float32, 1, 2)
    endless = np.broadcast_to(1.0, 2**33)
    for kernels in (cpu, cuda):
        with pytest.raises(DataError, match="settle"):
            settled(kernels, *fixed, [0, 1], Settling(endless))


@runs
@pytest.mark.kernels
def test_a_machine_does_the_same_on_both_backends(rng):
    weights, biases, _ = case(rng, np.float64, 1, 5)
    clamp = np.array([[1, np.nan, np.nan], [np.nan, 0, np.nan], [0, np.nan, np.nan]])
    ours, theirs = (
        BoltzmannMachine(3, 2, weights=weights, biases=biases, dtype="float64", backend=backend).settle(
            "2@4,1@1", clamp=clamp, random_state=1
        )
        for backend in ("cpu", "cuda")
    )
    assert theirs.backend == "cuda"
    np.testing.assert_array_equal(theirs.states, ours.states)


@runs
@pytest.mark.kernels
def test_encoders_learn_the_same_on_both_backends():
    ours, theirs = (
        learn_encoders("4-2-4", runs=3, cycles=3, schedule="2@20,1@10", time=2, random_state=2, backend=backend)
        for backend in ("cpu", "cuda")
    )
    assert ours.weights.any()
    for name in ("weights", "biases", "solved_at", "codes"):
        np.testing.assert_array_equal(getattr(theirs, name), getattr(ours, name))


@pytest.mark.gpu
@pytest.mark.skipif(device.simulated() or not device.available(), reason="no CUDA device")
@both_types
@pytest.mark.parametrize("machines", [None, 1000])
def test_many_chains_on_a_device(cuda, rng, dtype, machines):
    """A device rounds probabilities otherwise: 3 of 10^9 visits of these 10^7 may end otherwise."""
    fixed = case(rng, dtype, 2000, 20, machines)
    settling = Settling(np.geomspace(20, 2, 250), 10, True)
    (ours, counts), (theirs, others) = (settled(kernels, *fixed, np.arange(20), settling) for kernels in (cpu, cuda))
    assert (ours != theirs).any(axis=1).sum() <= 2
    assert abs(counts.astype(np.int64) - others).max() <= 20
    assert counts.dtype == others.dtype


@pytest.mark.ptx
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_ptx(cuda, kind, compile_ptx):
    """Nothing is approximate or spilled from registers, and in float32 nothing of double precision."""
    from numba import int64, types, uint8, uint64
    from numba.cuda.dispatcher import CUDADispatcher

    real, units, on = getattr(types, kind), int64[::1], uint8[:, ::1]
    random = (uint64[::1], uint64, uint64, uint64)
    kernels = {
        cuda._toss: (units, int64, *random, int64, on),
        cuda._visit: (real[:, :, ::1], real[:, ::1], units, int64, real[::1], int64, int64, *random, int64, on),
        cuda._count: (int64, on, int64[:, :, ::1]),
    }
    assert set(kernels) == {k for k in vars(cuda).values() if isinstance(k, CUDADispatcher)}
    for kernel, signature in kernels.items():
        ptx, name = compile_ptx(kernel, signature), kernel.py_func.__name__
        assert ".target sm_90" in ptx
        for banned in (".approx", ".local") + ((".f64",) if kind == "float32" else ()):
            assert banned not in ptx, f"{name}: {banned}"
