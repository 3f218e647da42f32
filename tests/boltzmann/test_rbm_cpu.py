"""The CPU's kernels of restricted machines against the naive ones, and what must not change their bits."""

import numpy as np
import pytest

from neurosim.boltzmann import rbm_cpu, rbm_sparse
from neurosim.boltzmann.rbm_recipe import Arrays, Recipe
from neurosim.core import parallel

from . import naive_rbm as naive

KEY = 2**63 + 98765
TOLERANCE = {np.float32: 2e-5, np.float64: 1e-12}
RECIPES = {
    "pcd": {},
    "pcd2": {"sweeps": 2},
    "cd": {"persistent": False},
    "cd3": {"persistent": False, "sweeps": 3},
    "means": {"persistent": False, "visible_samples": False},
    "decay": {"decay": 0.1},
    "sparse": {"target": 0.05, "cost": 0.7},
    "centred": {"offset_rate": 0.2, "cost": 0.5, "target": 0.1},
    "centred_cd": {"offset_rate": 0.2, "persistent": False, "decay": 0.01},
    "gaussian": {"gaussian": True, "persistent": False},
    "gaussian_pcd": {"gaussian": True, "offset_rate": 0.1},
}


def machine(visible, hidden, recipe, dtype, seed=0):
    rng = np.random.default_rng(seed)
    normal = lambda *shape: rng.normal(size=shape) * 0.3  # noqa: E731
    chains = rng.random((recipe.batch if recipe.persistent else 0, hidden)) < 0.5
    offsets = (rng.random(visible), rng.random(hidden)) if recipe.offset_rate else (np.zeros(visible), np.zeros(hidden))
    arrays = (
        normal(visible, hidden), normal(visible), normal(hidden), 0.1 * normal(visible, hidden), 0.1 * normal(visible),
        0.1 * normal(hidden), chains, *offsets, rng.random(hidden),
    )  # fmt: skip
    return Arrays(*(array.astype(np.float32).astype(dtype) for array in arrays))


def tolerance_of(name, dtype):
    """Normal numbers are float32 whatever the machine is."""
    return TOLERANCE[np.float32 if "gaussian" in name else dtype]


def samples(n, visible, density=0.5, seed=1):
    return (np.random.default_rng(seed).random((n, visible)) < density).astype(float)


def learned(name, visible, hidden, batch, dtype, density=0.5, steps=4):
    """The machine after some steps, the last mini-batch not full; ours and the naive one."""
    recipe = Recipe(batch, **RECIPES[name])
    start = machine(visible, hidden, recipe, dtype)
    x = samples(3 * batch, visible, density).astype(dtype)
    order = np.random.default_rng(2).integers(0, len(x), steps * batch)
    order[steps * batch - batch // 3 :] = -1
    rates, momenta = np.linspace(0.1, 0.05, steps), np.linspace(0.2, 0.9, steps)
    state = rbm_cpu.begin(start, recipe, key=KEY, step=7)
    errors = rbm_cpu.advance(state, x, order, rates, momenta)
    return rbm_cpu.fetch(state), errors, naive.advance(start, recipe, x, order, rates, momenta, key=KEY, step=7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("visible", "hidden", "batch"), [(21, 10, 5), (100, 37, 30)])
@pytest.mark.parametrize("name", RECIPES)
def test_learning_equals_the_naive_one(name, visible, hidden, batch, dtype):
    ours, errors, (theirs, their_errors) = learned(name, visible, hidden, batch, dtype)
    tolerance = tolerance_of(name, dtype)
    np.testing.assert_allclose(errors, their_errors, rtol=tolerance)
    for field, array in ours._asdict().items():
        assert array.dtype == dtype
        if field != "chains" or RECIPES[name].get("persistent", True):
            np.testing.assert_allclose(array, theirs[field], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", ["pcd", "centred_cd"])
def test_few_units_on_or_many_give_the_same_bits(name, monkeypatch):
    first = learned(name, 130, 70, 25, np.float32, density=0.1)[0]
    for threads in (1, 3):
        before = parallel.threads()
        parallel.set_threads(threads)
        again = learned(name, 130, 70, 25, np.float32, density=0.1)[0]
        parallel.set_threads(before)
        for a, b in zip(first, again, strict=True):
            np.testing.assert_array_equal(a, b)


def test_sums_over_listed_units_are_the_dense_ones():
    rng = np.random.default_rng(3)
    dense, listed = ((rng.random((40, 130)) < density).astype(np.float32) for density in (0.9, 0.02))
    weights = rng.normal(size=(130, 70)).astype(np.float32)
    zero = np.zeros(130, np.float32), np.zeros(70, np.float32)
    betas = np.array([0.0, 1.0])
    # the log weight of one step tells the sums vW; a block is dense or listed as a whole
    alone = [rbm_cpu.anneal(weights, *zero, zero[0], betas, 40, key=1, v=v)[0] for v in (dense, listed)]
    mixed = np.where(np.arange(40)[:, None] % 2, dense, listed)
    together = rbm_cpu.anneal(weights, *zero, zero[0], betas, 40, key=1, v=mixed)[0]
    np.testing.assert_array_equal(together, np.where(np.arange(40) % 2, *alone))
    assert 0.02 < rbm_sparse.SPARSE < 0.46


def test_pieces_of_a_run_give_the_same_bits():
    recipe = Recipe(20, offset_rate=0.1)
    x, order = samples(60, 33).astype(np.float32), np.arange(60)
    rates, momenta = np.full(3, 0.1), np.full(3, 0.5)
    whole = rbm_cpu.begin(machine(33, 9, recipe, np.float32), recipe, key=KEY)
    rbm_cpu.advance(whole, x, order, rates, momenta)
    part = rbm_cpu.begin(machine(33, 9, recipe, np.float32), recipe, key=KEY)
    rbm_cpu.advance(part, x, order[:20], rates[:1], momenta[:1])
    resumed = rbm_cpu.begin(rbm_cpu.fetch(part), recipe, key=KEY, step=1)
    rbm_cpu.advance(resumed, x, order[20:], rates[1:], momenta[1:])
    for a, b in zip(rbm_cpu.fetch(whole), rbm_cpu.fetch(resumed), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("persistent", [True, False])
def test_an_error_that_is_no_number_stops_the_run(persistent):
    recipe = Recipe(20, persistent=persistent)
    x = samples(80, 30).astype(np.float32)
    x[45] = np.nan
    start = machine(30, 8, recipe, np.float32)
    rates, momenta = np.full(4, 0.1), np.zeros(4)
    state = rbm_cpu.begin(start, recipe, key=KEY)
    errors = rbm_cpu.advance(state, x, np.arange(80), rates, momenta)
    np.testing.assert_array_equal(np.isnan(errors), [False, False, True, True])
    before = rbm_cpu.begin(start, recipe, key=KEY)
    rbm_cpu.advance(before, x, np.arange(40), rates[:2], momenta[:2])
    np.testing.assert_array_equal(rbm_cpu.fetch(state).weights, rbm_cpu.fetch(before).weights)
    assert state.step[0] == 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("gaussian", [False, True])
def test_gibbs_sampling_equals_the_naive_one(gaussian, dtype):
    m = machine(45, 20, Recipe(5), dtype)
    v, clamped = samples(30, 45).astype(dtype), np.arange(45) < 6
    arguments = m.weights, m.visible_bias, m.hidden_bias, v, 3
    options = {"gaussian": gaussian, "key": KEY, "first": 4, "clamped": clamped}
    for ours, theirs in zip(rbm_cpu.gibbs(*arguments, **options), naive.gibbs(*arguments, **options), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=tolerance_of("gaussian" if gaussian else "", dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("density", [0.1, 0.9])
def test_annealing_equals_the_naive_one(density, dtype):
    m = machine(45, 20, Recipe(5), dtype)
    base, v = np.linspace(-1, 1, 45).astype(dtype), samples(30, 45, density).astype(dtype)
    for betas, start in ((np.linspace(0, 1, 21), None), (np.linspace(1, 0, 21), v)):
        arguments = m.weights, m.visible_bias, m.hidden_bias, base, betas, 30
        ours, theirs = (kernels.anneal(*arguments, key=KEY, v=start) for kernels in (rbm_cpu, naive))
        np.testing.assert_allclose(ours[0], theirs[0], atol=30 * TOLERANCE[dtype])
        np.testing.assert_array_equal(ours[1], theirs[1])
