"""Coding and learning on the CPU against the naive version and against each other."""

import numpy as np
import pytest

from neurosim.core import parallel
from neurosim.v1 import SparseCoding, sparse_cpu, sparse_training
from neurosim.v1.sparse_recipe import Recipe

from . import naive_sparse as naive


def problem(rng, n=6, k=5, features=7, dtype=np.float64):
    d = rng.normal(size=(k, features))
    return rng.normal(size=(n, features)).astype(dtype), (d / np.linalg.norm(d, axis=1, keepdims=True)).astype(dtype)


@pytest.mark.parametrize("solver", ["cd", "fista", "lca"])
@pytest.mark.parametrize("alpha", [0.1, 0.4, 5.0])
def test_codes_are_the_best_there_are(rng, solver, alpha):
    x, d = problem(rng)
    d *= rng.uniform(0.5, 2, (len(d), 1))
    coded = sparse_cpu.code(x, d, Recipe(solver=solver, alpha=alpha, tol=1e-14, most=100_000))
    assert (coded.rounds > 0).all()
    for row, code, cost in zip(x, *coded[:2], strict=True):
        wanted, best = naive.exact_code(row, d, alpha)
        np.testing.assert_allclose(code, wanted, atol=1e-5)
        np.testing.assert_allclose([cost, naive.cost(row, code, d, alpha)], best, rtol=1e-12)
    assert (coded.codes == 0).all() == (alpha == 5.0)


def test_all_solvers_find_one_minimum(rng):
    """Overcomplete, more active atoms than are solved for at a time, and atoms that resemble each other."""
    x, d = problem(rng, 6, 150, 100)
    d[1] = d[0] + 1e-7 * d[2]
    costs = {}
    for solver in ("fista", "lca", "cd"):
        coded = sparse_cpu.code(x, d, Recipe(solver=solver, alpha=0.2, tol=1e-8, most=100_000))
        assert (coded.rounds > 0).all()
        costs[solver] = coded.costs
    assert (coded.codes != 0).sum(axis=1).max() > sparse_cpu.LARGEST
    for solver in ("fista", "lca"):
        np.testing.assert_allclose(costs[solver], costs["cd"], rtol=1e-6)


@pytest.mark.parametrize("solver", ["cd", "fista", "lca"])
def test_tol_bounds_the_cost(rng, solver):
    x, d = problem(rng, 50, 60, 40)
    best = sparse_cpu.code(x, d, Recipe(alpha=0.2, tol=1e-14)).costs
    squared = (x**2).sum(axis=1)
    for tol in (1e-1, 1e-2, 1e-3):
        found = sparse_cpu.code(x, d, Recipe(solver=solver, alpha=0.2, tol=tol))
        assert (found.costs <= best + tol * squared).all()
        assert (found.costs >= best - 1e-12).all()


def test_rounds_that_are_not_enough_are_told(rng):
    x, d = problem(rng, 10, 30, 20)
    for solver in ("fista", "lca"):
        coded = sparse_cpu.code(x, d, Recipe(solver=solver, alpha=0.1, tol=1e-10, most=3))
        assert (coded.rounds == -1).all()
        assert (coded.costs > sparse_cpu.code(x, d, Recipe(alpha=0.1, tol=1e-10)).costs).all()


@pytest.mark.parametrize("solver", ["fista", "lca"])
def test_every_round_is_the_naive_one(rng, solver):
    x, d = problem(rng, 3, 20, 12)
    rounds = {"fista": naive.fista, "lca": naive.compete}[solver]
    for most in (1, 2, 3, 7, 30, 60):
        coded = sparse_cpu.code(x, d, Recipe(solver=solver, alpha=0.1, tol=0.0, most=most))
        assert (coded.rounds == -1).all()
        np.testing.assert_allclose(coded.codes, [rounds(row, d, 0.1, most) for row in x], atol=1e-10)
        assert (coded.codes != 0).any()


def test_log_codes_are_minima_below_the_start(rng):
    x, d = problem(rng, 30, 20, 12)
    how = Recipe("log", alpha=0.2, sigma=0.4, tol=1e-20)
    coded = sparse_cpu.code(x, d, how)
    assert (coded.rounds > 0).all()
    for row, code, cost in zip(x, *coded[:2], strict=True):
        assert cost == pytest.approx(naive.cost(row, code, d, 0.2, "log", 0.4), rel=1e-12)
        assert cost < naive.cost(row, np.zeros(20), d, 0.2, "log", 0.4)
        for j in range(20):
            for step in (1e-4, -1e-4):
                other = code.copy()
                other[j] += step
                assert naive.cost(row, other, d, 0.2, "log", 0.4) > cost


def test_log_codes_in_one_dimension_are_the_root_of_a_cubic():
    """a (sigma^2 + a^2) + 2 alpha a = x (sigma^2 + a^2), which has one root where sigma^2 > alpha / 4."""
    x = np.linspace(-2, 2, 21)[:, None]
    coded = sparse_cpu.code(x, np.ones((1, 1)), Recipe("log", alpha=0.3, sigma=0.5, tol=1e-28))
    for value, code in zip(x[:, 0], coded.codes[:, 0], strict=True):
        roots = np.roots([1, -value, 0.25 + 0.6, -value * 0.25])
        (real,) = roots[abs(roots.imag) < 1e-9].real
        assert code == pytest.approx(real, abs=1e-10)


@pytest.mark.parametrize("recipe", [Recipe(alpha=0.2), Recipe(solver="fista", alpha=0.2), Recipe("log", alpha=0.1)])
def test_float32_is_as_good_as_its_rounding(rng, recipe):
    x, d = problem(rng, 50, 60, 40)
    wide = sparse_cpu.code(x, d, recipe._replace(tol=1e-9))
    narrow = sparse_cpu.code(x.astype(np.float32), d.astype(np.float32), recipe._replace(tol=0.0))
    assert narrow.codes.dtype == narrow.costs.dtype == np.float32
    assert (narrow.rounds > 0).all()
    np.testing.assert_allclose(narrow.costs, wide.costs, rtol=1e-4)


@pytest.mark.parametrize("recipe", [Recipe(alpha=0.2), Recipe(solver="lca", alpha=0.2), Recipe("log", alpha=0.1)])
def test_samples_of_nothing_and_atoms_of_nothing(rng, recipe):
    x, d = problem(rng)
    x[2], d[1] = 0, 0
    coded = sparse_cpu.code(x, d, recipe)
    assert (coded.rounds > 0).all()
    assert not coded.codes[2].any()
    assert not coded.codes[:, 1].any()
    assert coded.codes[:2].any()


def test_online_learning_is_mairals(rng):
    x, d = problem(rng, 60, 4, 6)
    model = SparseCoding(4, alpha=0.2, batch_size=5, shuffle=False, dict_init=d, tol=1e-15, random_state=0).fit(x)
    assert model.n_updates_ == 12
    assert (np.diag(model.memory_["products"]) > sparse_training.UNUSED).all()
    np.testing.assert_allclose(model.components_, naive.online_learning(x, d, 0.2, 5, 12), atol=1e-7)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_online_learning_is_scikit_learns(rng, dtype):
    from sklearn.decomposition import MiniBatchDictionaryLearning

    x, d = problem(rng, 200, 10, 16, dtype)
    how = {"alpha": 0.3, "batch_size": 20, "shuffle": False, "random_state": 0}
    ours = SparseCoding(10, **how, n_iter=2, dict_init=d, tol=1e-14).fit(x)
    theirs = MiniBatchDictionaryLearning(
        10, **how, max_iter=2, dict_init=d.copy(), fit_algorithm="lars", tol=0, max_no_improvement=None
    ).fit(x)  # fmt: skip
    assert ours.components_.dtype == theirs.components_.dtype == dtype
    np.testing.assert_allclose(ours.components_, theirs.components_, atol=1e-6 if dtype == np.float64 else 2e-4)
    assert np.abs(ours.components_ - d).max() > 0.1


def test_unused_atoms_become_samples(rng):
    x = rng.normal(size=(40, 6))
    d = np.eye(4, 6)
    d[3] = 1e-9  # never used
    model = SparseCoding(4, alpha=0.2, batch_size=40, shuffle=False, dict_init=d, random_state=0).fit(x)
    atom = model.components_[3]
    assert np.linalg.norm(atom) == pytest.approx(1)
    likeness = x @ atom / np.linalg.norm(x, axis=1)
    assert likeness.max() > 0.99
    assert (np.linalg.norm(model.components_, axis=1) <= 1 + 1e-12).all()
    model.components_[3] = 0
    model.memory_["products"][3] = model.memory_["products"][:, 3] = 0
    model.memory_["products"][3, 3] = 1e-7  # what was nearly never used counts for nothing
    model.memory_["correlations"][3] = [1, -1, 1, -1, 1, -1]
    atom = model.partial_fit(x).components_[3]
    assert (x @ atom / np.linalg.norm(x, axis=1)).max() > 0.99


def test_gradient_steps_are_olshausens(rng):
    x, d = problem(rng, 30, 8, 6)
    codes = rng.normal(size=(30, 8))
    variances, gains = rng.uniform(0.05, 0.2, 8), rng.uniform(0.5, 1.5, 8)
    gains[3] = 1e-3  # the least
    variances[3] = 0.01
    wanted = naive.gradient_step(d, x, codes, 0.7, variances, gains)
    memory = {"variances": variances, "gains": gains}
    sparse_training.follow_gradient(d, memory, x, codes, 0.7)
    for ours, other in zip((d, variances, gains), wanted, strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-12)


def test_log_coefficients_come_to_their_variance(rng):
    x = rng.laplace(size=(2000, 6)) * 0.3
    model = SparseCoding.olshausen_field(6, n_iter=600, batch_size=200, random_state=0, learning_rate=0.1).fit(x)
    squares = (model.transform(x) ** 2).mean(axis=0)
    assert ((squares > 0.08) & (squares < 0.125)).all()


@pytest.mark.parametrize(
    "recipe",
    [Recipe(alpha=0.2), Recipe(solver="fista", alpha=0.2), Recipe(solver="lca", alpha=0.2), Recipe("log", alpha=0.1)],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_threads_change_nothing(rng, recipe, dtype):
    x, d = problem(rng, 100, 37, 21, dtype)
    before, found = parallel.threads(), []
    try:
        for threads in (1, 2, 5):
            parallel.set_threads(threads)
            found.append(sparse_cpu.code(x, d, recipe))
    finally:
        parallel.set_threads(before)
    for other in found[1:]:
        for one, two in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(one, two)
