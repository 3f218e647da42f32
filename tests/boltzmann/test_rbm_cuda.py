"""The CUDA twin of restricted machines: the CPU's numbers in the simulator or on a device, and PTX without a device."""

import inspect

import numpy as np
import pytest

from neurosim.boltzmann import RBM, log_partition, rbm_cpu
from neurosim.boltzmann.rbm_recipe import Arrays, Recipe
from neurosim.core import device

PUBLIC = ("begin", "advance", "fetch", "gibbs", "anneal")
TOLERANCE = {np.float32: 2e-6, np.float64: 1e-13}
KEY, STEP = 2**63 + 12345, 5
RECIPES = {
    "pcd": Recipe(4),
    "cd": Recipe(4, persistent=False),
    "pcd of several sweeps of means": Recipe(4, 3, visible_samples=False, decay=0.1, cost=0.5, target=0.3),
    "cd of several sweeps of means": Recipe(4, 2, persistent=False, visible_samples=False),
    "centred pcd": Recipe(4, 2, offset_rate=0.2, decay=0.05),
    "centred gaussian cd": Recipe(4, 2, False, True, decay=0.05, target=0.1, cost=0.3, offset_rate=0.2),
    "gaussian pcd": Recipe(4, gaussian=True),
}
runs = pytest.mark.skipif(not device.available(), reason="no CUDA device, and NUMBA_ENABLE_CUDASIM is not 1")
on_device = pytest.mark.skipif(device.simulated() or not device.available(), reason="no CUDA device")
both_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@pytest.fixture(scope="module")
def cuda():
    from neurosim.boltzmann import rbm_cuda

    return rbm_cuda


def test_the_twins_have_the_same_functions(cuda):
    for name in PUBLIC:
        ours, theirs = (
            [(q.name, q.kind, q.default) for q in inspect.signature(getattr(kernels, name)).parameters.values()]
            for kernels in (rbm_cpu, cuda)
        )
        assert ours == theirs, name


def near(found, wanted, dtype, what=""):
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype), what
    tolerance = TOLERANCE[dtype] * max(1, abs(wanted).max(initial=0))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance, err_msg=what)


def arrays(rng, recipe, dtype, visible=6, hidden=3):
    """A machine in the midst of learning."""
    shapes = [(visible, hidden), visible, hidden] * 2
    reals = [rng.normal(0, 0.5, shape) for shape in shapes]
    chains = rng.random((recipe.batch if recipe.persistent else 0, hidden)) < 0.5
    means = [rng.random(size) for size in (visible, hidden, hidden)]
    return Arrays(*(array.astype(dtype) for array in (*reals, chains, *means)))


def lesson(rng, batch, dtype, steps=3, samples=9, visible=6):
    """Samples and mini-batches; the last sample of the second one is missing."""
    order = rng.integers(0, samples, steps * batch)
    order[2 * batch - 1] = -1
    x = (rng.random((samples, visible)) < 0.5).astype(dtype)
    return x, order, rng.uniform(0.05, 0.2, steps), rng.uniform(0.3, 0.9, steps)


def part(x, order, rates, momenta, first, last):
    """The mini-batches from `first` on and before `last`."""
    batch = len(order) // len(rates)
    return x, order[first * batch : last * batch], rates[first:last], momenta[first:last]


def compare_learning(cuda, before, recipe, dtype, batches):
    found = []
    for kernels in (rbm_cpu, cuda):
        state = kernels.begin(before, recipe, key=KEY, step=STEP)
        found.append((kernels.advance(state, *batches), kernels.fetch(state)))
        assert state.step[0] == STEP + len(batches[2])
    (errors, ours), (others, theirs) = found
    near(others, errors, dtype, "errors")
    for name, one, other in zip(Arrays._fields, ours, theirs, strict=True):
        near(other, one, dtype, name)
        assert name in ("visible_offset", "hidden_offset") or not np.array_equal(other, getattr(before, name)) or (
            name == "chains" and not recipe.persistent
        )  # fmt: skip


@runs
@pytest.mark.kernels
@both_types
@pytest.mark.parametrize("name", RECIPES)
def test_learning_equals_the_cpus(cuda, rng, name, dtype):
    recipe = RECIPES[name]
    compare_learning(cuda, arrays(rng, recipe, dtype), recipe, dtype, lesson(rng, 4, dtype))


@runs
@pytest.mark.kernels
def test_first_steps_without_chains(cuda, rng):
    """Chains that nobody gave begin at 0; the block of random words at the end of a row is not full."""
    recipe = Recipe(3)
    before = arrays(rng, recipe, np.float64, 5, 2)
    before = before._replace(chains=before.chains[:0])
    compare_learning(cuda, before, recipe, np.float64, lesson(rng, 3, np.float64, visible=5))


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("name", ["centred pcd", "centred gaussian cd"])
def test_a_run_cut_in_two_has_the_same_bits(cuda, rng, name):
    recipe = RECIPES[name]
    before, batches, found = arrays(rng, recipe, np.float32), lesson(rng, 4, np.float32), []
    for cuts in ((3,), (2, 3)):
        now, errors, first = before, [], 0
        for last in cuts:
            state = cuda.begin(now, recipe, key=KEY, step=STEP + first)
            errors.append(cuda.advance(state, *part(*batches, first, last)))
            now, first = cuda.fetch(state), last
        found.append((np.concatenate(errors), *now))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@runs
@pytest.mark.kernels
@pytest.mark.parametrize("name", ["cd", "pcd"])
def test_an_error_that_is_not_finite_stops_without_an_update(cuda, rng, name):
    recipe, order = RECIPES[name], np.arange(16)
    before, (x, _, rates, momenta) = arrays(rng, recipe, np.float32), lesson(rng, 4, np.float32, 4, 16)
    x[10, 2] = np.nan  # in the third mini-batch
    for kernels in (rbm_cpu, cuda):
        state, wanted = (kernels.begin(before, recipe, key=KEY) for _ in range(2))
        errors = kernels.advance(state, x, order, rates, momenta)
        np.testing.assert_array_equal(errors[:2], kernels.advance(wanted, *part(x, order, rates, momenta, 0, 2)))
        assert np.isnan(errors[2:]).all()
        assert state.step[0] == wanted.step[0] == 2
        for field, one, other in zip(Arrays._fields, kernels.fetch(state), kernels.fetch(wanted), strict=True):
            assert field == "chains" or np.array_equal(one, other)


@runs
@pytest.mark.kernels
@both_types
@pytest.mark.parametrize("gaussian", [False, True])
@pytest.mark.parametrize("clamped", [None, np.array([1, 0, 0, 1, 0], bool)])
def test_gibbs_equals_the_cpus(cuda, rng, dtype, gaussian, clamped):
    a = arrays(rng, Recipe(1), dtype, 5)
    v = rng.random((4, 5)).astype(dtype)
    ours, theirs = (
        kernels.gibbs(*a[:3], v, 3, gaussian=gaussian, key=KEY, first=2, clamped=clamped) for kernels in (rbm_cpu, cuda)
    )
    for what, one, other in zip(("states", "means", "hidden"), ours, theirs, strict=True):
        near(other, one, dtype, what)
    if clamped is not None:
        np.testing.assert_array_equal(theirs[0][:, clamped], v[:, clamped])
    assert set(np.unique(theirs[2])) <= {0, 1}


@runs
@pytest.mark.kernels
@both_types
def test_annealing_equals_the_cpus(cuda, rng, dtype):
    a = arrays(rng, Recipe(1), dtype)
    v = (rng.random((5, 6)) < 0.5).astype(dtype)
    for betas, start in ((np.array([0, 0.1, 0.3, 0.6, 1]), None), (np.linspace(1, 0, 4), v), (np.array([1.0]), v)):
        ours, theirs = (
            kernels.anneal(*a[:3], a.visible_offset, betas, 5, key=KEY, v=start) for kernels in (rbm_cpu, cuda)
        )
        near(theirs[0], ours[0], dtype, "log weights")
        near(theirs[1], ours[1], dtype, "states")
        assert ours[0].any() == (len(betas) > 1)


@runs
@pytest.mark.kernels
def test_a_machine_does_the_same_on_both_backends(rng):
    x = (rng.random((7, 5)) < 0.5).astype(np.float64)
    found = []
    for backend in ("cpu", "cuda"):
        rbm = RBM(3, batch_size=3, n_iter=2, learning_rate=0.5, random_state=1, backend=backend).fit(x)
        assert rbm.backend_ == backend
        ais = log_partition(rbm, method="ais", betas=6, chains=4, X=x, random_state=2, backend=backend)
        found.append(
            (rbm.components_, rbm.errors_, rbm.chains_, rbm.sample(3, steps=2, random_state=3), ais.log_weights)
        )
    for one, other in zip(*found, strict=True):
        near(np.asarray(other), np.asarray(one), np.float64)


@pytest.mark.gpu
@on_device
@both_types
@pytest.mark.parametrize("name", RECIPES)
def test_learning_on_a_device(cuda, rng, name, dtype, monkeypatch):
    """Sums are longer than in the simulator, and rounding is in another order."""
    monkeypatch.setitem(TOLERANCE, np.float32, 1e-4)
    monkeypatch.setitem(TOLERANCE, np.float64, 1e-11)
    recipe = RECIPES[name]._replace(batch=100)
    before = arrays(rng, recipe, dtype, 784, 100)
    before = before._replace(weights=before.weights / 10, weight_velocity=before.weight_velocity / 1000)
    compare_learning(cuda, before, recipe, dtype, lesson(rng, 100, dtype, samples=1000, visible=784))


@pytest.mark.gpu
@on_device
def test_the_same_bits_twice_on_a_device(cuda, rng):
    recipe = RECIPES["centred pcd"]._replace(batch=100)
    before, batches = arrays(rng, recipe, np.float32, 300, 100), lesson(rng, 100, np.float32, 20, 1000, 300)
    found = []
    for _ in range(2):
        state = cuda.begin(before, recipe, key=KEY)
        found.append((cuda.advance(state, *batches), *cuda.fetch(state)))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def signatures(cuda, r):
    """Every kernel with the argument types it is launched with."""
    from numba import boolean, int64, uint8, uint64

    from neurosim.boltzmann import rbm_cuda_chains as chains

    v, m, i = r[::1], r[:, ::1], int64
    layer, draw = (i, m, m, v, m), (i, i, m, uint64, uint64, uint64, uint64, m)
    return {
        chains._sum_hidden: layer, chains._sum_visible: layer, chains._blend: (i, r, r, v, m),
        chains._logistic: (i, r, m), chains._bernoulli: draw, chains._normal: draw,
        chains._hold: (i, uint8[::1], m, m, m), chains._weigh: (i, i, r, r, r, m, v, v, m, m),
        cuda._load: (i, i, m, int64[::1], m), cuda._means: (i, m, v), cuda._losses: (i, m, m, v),
        cuda._learn_weights: (i, i, r, r, r, boolean, m, m, m, m, v, v, v, v, v, v, m, m),
        cuda._learn_visible: (r, r, boolean, v, v, v, m, v, v),
        cuda._learn_hidden: (r, r, r, r, boolean, v, v, v, m, v, v, v), cuda._move: (r, v, v),
    }  # fmt: skip


@pytest.mark.ptx
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_ptx(cuda, kind, compile_ptx):
    """Nothing is approximate or spilled from registers, and in float32 nothing of double precision."""
    from numba import types
    from numba.cuda.dispatcher import CUDADispatcher

    from neurosim.boltzmann import rbm_cuda_chains as chains

    kernels = signatures(cuda, getattr(types, kind))
    assert set(kernels) == {k for m in (cuda, chains) for k in vars(m).values() if isinstance(k, CUDADispatcher)}
    for kernel, signature in kernels.items():
        ptx, name = compile_ptx(kernel, signature), kernel.py_func.__name__
        assert ".target sm_90" in ptx
        for banned in (".local",) + ((".approx", ".f64") if kind == "float32" else ()):
            assert banned not in ptx, f"{name}: {banned}"
