"""Sparse coding on a CUDA device: the solvers of `sparse_solvers`, a thread for every sample.

Its room lies in the device's memory. Coordinate descent is without the exact steps on the active atoms, which would
need a matrix for every sample: the same codes after more rounds.
"""

import numpy as np
from numba import cuda

from neurosim.core import device
from neurosim.v1.sparse_cpu import log_costs, problem_of, rate_of
from neurosim.v1.sparse_recipe import Coded
from neurosim.v1.sparse_solvers import ROOM, solvers

_inner = cuda.jit(device=True)


@_inner
def _add_scaled(w, k, x, i, factor):
    """As `core.rows.add_scaled`."""
    for j in range(x.shape[1]):
        w[k, j] += factor * x[i, j]


_descend, _fista, _compete, _conjugate = solvers(_inner, _add_scaled)


def code(x, dictionary, recipe):
    """Code samples, as `sparse_cpu.code`."""
    gram, projections, norms = problem_of(x, dictionary)
    real, n, k = x.dtype.type, len(x), len(dictionary)
    found = [np.zeros((n, k), real), np.zeros(n, real), np.zeros(n, np.int32)]
    arrays = [device.to_device(array) for array in (gram, projections, norms, *found)]
    room, grid = device.empty((ROOM * n, k), real), device.launch(n)
    alpha, tol, most = real(recipe.alpha), real(recipe.tolerance(x.dtype)), np.int64(recipe.most)
    if recipe.penalty == "log":
        _code_log[grid](*arrays, room, real(2 * recipe.alpha), real(recipe.sigma**2), tol, most)
    elif recipe.solver == "cd":
        _code_cd[grid](*arrays, room, device.empty((n, k), np.int32), device.empty((0, 0), real), alpha, tol, most)
    else:
        kernel = _code_fista if recipe.solver == "fista" else _code_lca
        kernel[grid](*arrays, room, real(rate_of(gram)), alpha, tol, most)
    coded = Coded(*(array.copy_to_host() for array in arrays[3:]))
    if recipe.penalty == "log":
        return coded._replace(costs=log_costs(coded.codes, projections, gram, norms, recipe))
    return coded


@cuda.jit
def _code_cd(gram, projections, norms, codes, costs, rounds, room, active, factor, alpha, tol, most):
    i = cuda.grid(1)
    if i < codes.shape[0]:
        costs[i], rounds[i] = _descend(
            i, gram, projections, norms, codes, room, ROOM * i, active, i, factor, alpha, tol, most
        )  # fmt: skip


@cuda.jit
def _code_fista(gram, projections, norms, codes, costs, rounds, room, rate, alpha, tol, most):
    i = cuda.grid(1)
    if i < codes.shape[0]:
        costs[i], rounds[i] = _fista(i, gram, projections, norms, codes, room, ROOM * i, rate, alpha, tol, most)


@cuda.jit
def _code_lca(gram, projections, norms, codes, costs, rounds, room, rate, alpha, tol, most):
    i = cuda.grid(1)
    if i < codes.shape[0]:
        costs[i], rounds[i] = _compete(i, gram, projections, norms, codes, room, ROOM * i, rate, alpha, tol, most)


@cuda.jit
def _code_log(gram, projections, norms, codes, costs, rounds, room, twice_alpha, variance, tol, most):
    i = cuda.grid(1)
    if i < codes.shape[0]:
        costs[i], rounds[i] = _conjugate(
            i, gram, projections, norms, codes, room, ROOM * i, twice_alpha, variance, tol, most
        )  # fmt: skip
