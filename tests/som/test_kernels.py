"""The CPU kernels against the naive batch map."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.core import parallel
from neurosim.core.jit import one_blas_thread
from neurosim.som import Topology, cpu

from . import naive


def begin(x, w, topology, sample_weight=None, adjacency=None, kernels=cpu):
    weights = np.ones(len(x), x.dtype) if sample_weight is None else sample_weight
    return kernels.begin(x, weights, w, topology.positions, topology.periods, topology.reach2(adjacency))


def brute(topology):
    return naive.map_distances(*topology.grid, topology.hexagonal, topology.shape)


def run(x, w, topology, sigmas, sample_weight=None):
    state = begin(x, w, topology, sample_weight)
    metrics = [cpu.advance(state, topology.smoothing(sigma)) for sigma in sigmas]
    return cpu.fetch(state), metrics


def test_epochs_equal_the_naive_map(topology, rng):
    x, w = rng.normal(size=(90, 3)), rng.normal(size=(topology.units, 3))
    distances, ref = brute(topology), w.copy()
    sigmas = (2.5, 1.0, 0.4, 0.1)
    comp, metrics = run(x, w, topology, sigmas)
    for sigma, measured in zip(sigmas, metrics, strict=True):
        reach = 1.5 if topology.adjacency == 8 else 1.01
        np.testing.assert_allclose(measured.qe, naive.quantization_error(x, ref), rtol=1e-12)
        np.testing.assert_allclose(measured.te, naive.topographic_error(x, ref, distances, reach), atol=1e-12)
        ref = naive.epoch(x, ref, distances, sigma)
    np.testing.assert_allclose(comp["weights"], ref, rtol=0, atol=1e-10)


@pytest.mark.parametrize("features", [1, 2, 5, 64])
def test_float32(topology, features, rng):
    x = rng.normal(size=(200, features)).astype(np.float32)
    w = rng.normal(size=(topology.units, features)).astype(np.float32)
    comp, _ = run(x, w, topology, (1.5,))
    assert comp["weights"].dtype == np.float32
    ref = naive.epoch(x.astype(float), w.astype(float), brute(topology), 1.5)
    np.testing.assert_allclose(comp["weights"], ref, atol=2e-6)
    first, second = naive.two_best(x.astype(float), w.astype(float))
    assert (comp["first"] == first).mean() > 0.99
    assert (comp["second"] == second).mean() > 0.99


def test_sample_weights(topology, rng):
    x, w = rng.normal(size=(60, 2)), rng.normal(size=(topology.units, 2))
    s = rng.integers(0, 4, 60).astype(float)
    comp, metrics = run(x, w, topology, (1.0,), s)
    repeated, again = run(np.repeat(x, s.astype(int), axis=0), w, topology, (1.0,))
    np.testing.assert_allclose(comp["weights"], repeated["weights"], atol=1e-12)
    np.testing.assert_allclose(metrics[0], again[0], atol=1e-12)
    np.testing.assert_allclose(comp["weights"], naive.epoch(x, w, brute(topology), 1.0, s), atol=1e-12)


def test_far_from_the_origin_float32_does_not_cancel(rng):
    topology = Topology((5, 5))
    x = rng.normal(size=(500, 4)).astype(np.float32) + np.float32(1000)
    w = x[:25].copy()
    comp, _ = run(x, w, topology, (1.0,))
    assert (comp["first"] == naive.two_best(x.astype(float), w.astype(float))[0]).mean() > 0.99


def test_units_without_samples_nearby_stay(rng):
    topology = Topology((1, 60))
    w = np.linspace(0, 1000, 60)[:, None]
    comp, _ = run(np.zeros((5, 1)), w, topology, (0.5,))
    assert comp["weights"][0, 0] == 0
    np.testing.assert_array_equal(comp["weights"][20:], w[20:])


def test_ties_go_to_the_lower_unit():
    comp, metrics = run(np.ones((70, 2)), np.ones((20, 2)), Topology((4, 5)), (1.0,))
    assert (comp["first"] == 0).all()
    assert (comp["second"] == 1).all()
    assert metrics[0].qe == 0


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 300),
    d=st.integers(1, 9),
    rows=st.integers(1, 5),
    columns=st.integers(2, 9),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.integers(0, 2**32 - 1),
)
def test_search_of_any_shape(n, d, rows, columns, dtype, seed):
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(n, d)).astype(dtype), rng.normal(size=(rows * columns, d)).astype(dtype)
    state = begin(x, w, Topology((rows, columns)))
    cpu.assign(state)
    d2 = ((x[:, None].astype(float) - w.astype(float)) ** 2).sum(2)
    i, slack = np.arange(n), 1e-4 if dtype == np.float32 else 1e-12
    ordered = np.sort(d2, axis=1)
    found = cpu.fetch(state)
    assert (d2[i, found["first"]] <= ordered[:, 0] + slack).all()
    assert (d2[i, found["second"]] <= ordered[:, 1] + slack).all()
    assert (found["first"] != found["second"]).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("samples", "side"), [(100, 4), (1000, 20), (20_000, 6)])
def test_the_same_bits_for_any_number_of_threads(dtype, samples, side, rng, monkeypatch):
    topology = Topology((side, side), "hexagonal")
    x = rng.normal(size=(samples, 5)).astype(dtype)
    w = rng.normal(size=(topology.units, 5)).astype(dtype)
    results = []
    for threads in (1, 2, 4, 7):
        monkeypatch.setattr(parallel, "_threads", threads)
        with one_blas_thread():
            results.append(run(x, w, topology, (2.0, 1.0)))
    for comp, metrics in results[1:]:
        np.testing.assert_array_equal(comp["weights"], results[0][0]["weights"])
        assert metrics == results[0][1]


FORK = """
import multiprocessing, numpy as np
from neurosim.som import SOM
x = np.random.default_rng(0).normal(size=(5000, 3))
som = SOM(grid=(4, 4), epochs=2).fit(x)
if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for result in pool.map_async(som.predict, [x, x]).get(timeout=60):
            np.testing.assert_array_equal(result, som.predict(x))
    print("done")
"""


def test_a_forked_process_can_use_the_kernels():
    variables = os.environ | {"NUMBA_NUM_THREADS": "4"}
    done = subprocess.run([sys.executable, "-c", FORK], env=variables, capture_output=True, text=True, timeout=120)
    assert done.stdout == "done\n", done.stderr


THREADS = """
import sys, zlib, numpy as np
from neurosim.som import SOM
x = np.random.default_rng(0).normal(size=(20000, 6)).astype(np.float32)
som = SOM(grid=(12, 10), lattice="hexagonal", shape="toroid", epochs=3).fit(x)
print(zlib.crc32(som.weights_), zlib.crc32(som.history_["qe"]))
"""


def test_the_same_bits_for_1_2_and_4_threads():
    """In processes of their own, so that 4 threads run even on a machine with fewer cores."""
    prints = set()
    for threads in (1, 2, 4):
        variables = os.environ | {"NUMBA_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
        done = subprocess.run([sys.executable, "-c", THREADS], env=variables, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        prints.add(done.stdout)
    assert len(prints) == 1


def test_read_only_and_strided_input(rng):
    x = rng.normal(size=(50, 4))
    frozen = x.copy()
    frozen.flags.writeable = False
    w = rng.normal(size=(20, 4))
    ref, _ = run(x, w, Topology((4, 5)), (1.0,))
    comp, _ = run(frozen, w, Topology((4, 5)), (1.0,))
    np.testing.assert_array_equal(comp["weights"], ref["weights"])
