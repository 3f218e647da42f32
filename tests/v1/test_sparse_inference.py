"""Codes in a given dictionary, and the locally competitive circuit."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1.sparse_inference import LCA, sparse_codes

from . import naive_sparse as naive


@pytest.fixture
def atoms(rng):
    d = rng.normal(size=(20, 12))
    return d / np.linalg.norm(d, axis=1, keepdims=True)


@pytest.mark.parametrize("solver", ["cd", "fista", "lca"])
def test_codes(rng, atoms, solver):
    x = rng.normal(size=(4, 12))
    codes = sparse_codes(x.tolist(), atoms, alpha=0.3, solver=solver, tol=1e-12, max_iter=100_000)
    for row, code in zip(x, codes, strict=True):
        np.testing.assert_allclose(code, naive.descend(row, atoms, 0.3), atol=1e-5)
    assert sparse_codes(x.astype(np.float32), atoms, alpha=0.3).dtype == np.float32


def test_the_circuit_settles_at_the_least_cost(rng, atoms):
    """Acceptance check: LCA with the soft threshold and FISTA reach one objective within 1e-6."""
    x = rng.normal(size=(3, 12))
    run = LCA(atoms, alpha=0.2).run(x, duration=40)
    codes = sparse_codes(x, atoms, alpha=0.2, solver="fista", tol=1e-10, max_iter=100_000)
    best = [naive.cost(row, code, atoms, 0.2) for row, code in zip(x, codes, strict=True)]
    np.testing.assert_allclose(run.objective[-1], best, rtol=1e-6)
    np.testing.assert_allclose(run.outputs[-1], codes, atol=1e-4)
    np.testing.assert_allclose(run.objective[0], (x**2).sum(axis=1) / 2)
    assert (run.objective[-1] < 0.9 * run.objective[0]).all()


def test_the_circuit_follows_its_equation(rng, atoms):
    x = rng.normal(size=(1, 12))
    for threshold in ("soft", "hard"):
        run = LCA(atoms, alpha=0.3, threshold=threshold, tau=0.02, step=0.002).run(x[0], duration=0.1)
        assert run.time[-1] == pytest.approx(0.1)
        assert run.potentials.shape == run.outputs.shape == (51, 1, 20)
        u = np.zeros(20)
        for t in range(51):
            np.testing.assert_allclose(run.potentials[t, 0], u, atol=1e-12)
            loud = abs(u) > 0.3
            a = np.where(loud, u - 0.3 * np.sign(u) if threshold == "soft" else u, 0)
            np.testing.assert_allclose(run.outputs[t, 0], a, atol=1e-12)
            error = ((x[0] - a @ atoms) ** 2).sum() / 2
            cost = 0.3 * abs(a).sum() if threshold == "soft" else 0.3**2 / 2 * loud.sum()
            assert run.objective[t, 0] == pytest.approx(error + cost)
            inhibition = [sum(a[k] * (atoms[j] @ atoms[k]) for k in range(20) if k != j) for j in range(20)]
            u = u + 0.1 * (atoms @ x[0] - u - inhibition)


def test_the_circuit_is_stable_up_to_the_limit_and_not_beyond(rng):
    """Where all units are active the potentials follow a linear equation, u' = u + step / tau (b - G u)."""
    fields = rng.normal(size=(6, 12))
    x = 100 * np.ones(6) @ fields
    limit = 2 * 0.01 / np.linalg.eigvalsh(fields @ fields.T)[-1]
    with pytest.raises(InvalidParameter, match=f"step must be below {limit:.3g}, from where on .* unstable"):
        LCA(fields, alpha=0.1, step=1.001 * limit)
    stable = LCA(fields, alpha=0.1, step=0.95 * limit)
    settled = stable.run(x, duration=20_000 * stable.step)
    assert np.abs(settled.potentials[-1] - settled.potentials[-2]).max() < 1e-6
    assert (settled.outputs[-1] > 50).all()
    stable.step = 1.02 * limit
    assert np.abs(stable.run(x, duration=2000 * stable.step).potentials[-1]).max() > 1e6


def test_hard_codes_are_fixed_points(rng, atoms):
    x = rng.normal(size=(5, 12))
    run = LCA(atoms, alpha=0.5, threshold="hard").run(x, duration=3)
    a = run.outputs[-1]
    settled = np.abs(run.potentials[-1] - run.potentials[-100]).max(axis=1) < 1e-6
    assert settled.any()
    for row, code in zip(x[settled], a[settled], strict=True):
        used = code != 0
        np.testing.assert_allclose(code[used], np.linalg.lstsq(atoms[used].T, row, rcond=None)[0], atol=1e-4)


def test_bad_input(atoms):
    with pytest.raises(DataError, match="samples have 3 features and atoms 12"):
        sparse_codes(np.ones((2, 3)), atoms)
    for wrong in (np.ones(3), np.ones((0, 12)), np.full((2, 12), np.inf), [["a"]]):
        with pytest.raises(DataError, match="sparse_codes: X must be"):
            sparse_codes(wrong, atoms)
    with pytest.raises(InvalidParameter, match="sparse_codes: alpha must be a number > 0"):
        sparse_codes(np.ones((2, 12)), atoms, alpha=0)
    for name, value in {"alpha": 0, "tau": -1, "step": 0.5, "threshold": "firm"}.items():
        with pytest.raises(InvalidParameter, match=f"LCA: {name} must be"):
            LCA(atoms, **({"alpha": 1.0} | {name: value}))
    with pytest.raises(DataError, match="LCA: stimuli have 5 features"):
        LCA(atoms, alpha=1).run(np.ones(5))
    with pytest.raises(InvalidParameter, match="duration"):
        LCA(atoms, alpha=1).run(np.ones(12), duration=0)
