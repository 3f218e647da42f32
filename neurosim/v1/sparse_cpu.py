"""Sparse coding on the CPU: threads share the samples, each of which is coded on its own.

A sample's residual stays up to date in the cache while its coefficients change; a change adds a row of D D^T to it.
Nothing depends on the number of threads.
"""

import numpy as np
from numba import njit

from neurosim.core import parallel
from neurosim.core.jit import FASTMATH, driver, one_blas_thread
from neurosim.core.rows import add_scaled
from neurosim.v1.sparse_recipe import Coded, Recipe
from neurosim.v1.sparse_solvers import ROOM, solvers

LARGEST = 48  # active atoms that are solved for at a time
OPTIONS = {"fastmath": FASTMATH, "error_model": "numpy"}
_descend, _fista, _compete, _conjugate = solvers(njit(**OPTIONS), add_scaled)


def code(x: np.ndarray, dictionary: np.ndarray, recipe: Recipe) -> Coded:
    """Code samples.

    Parameters
    ----------
    x : (n, features)
    dictionary : (k, features), the atoms, of the samples' dtype
    """
    real = x.dtype.type
    gram, projections, norms = problem_of(x, dictionary)
    found = Coded(np.zeros(projections.shape, real), np.zeros(len(x), real), np.zeros(len(x), np.int32))
    problem = (gram, projections, norms, *found)
    alpha, tol, most = real(recipe.alpha), real(recipe.tolerance(x.dtype)), recipe.most
    if recipe.penalty == "log":
        parallel.run(_code_log, len(x), *problem, real(2 * recipe.alpha), real(recipe.sigma**2), tol, most)
        return found._replace(costs=log_costs(found.codes, projections, gram, norms, recipe))
    if recipe.solver == "cd":
        parallel.run(_code_cd, len(x), *problem, alpha, tol, most)
    else:
        rate = real(rate_of(gram))
        parallel.run(_code_fista if recipe.solver == "fista" else _code_lca, len(x), *problem, rate, alpha, tol, most)
    return found


def problem_of(x: np.ndarray, dictionary: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return D D^T (k, k), x D^T (n, k) and the squared lengths of the samples (n,)."""
    with one_blas_thread():
        return dictionary @ dictionary.T, x @ dictionary.T, np.einsum("ij,ij->i", x, x)


def rate_of(gram: np.ndarray) -> float:
    """Return 1 / the largest eigenvalue of D D^T: with this step shrinkage does not overshoot."""
    with one_blas_thread():
        return 1.0 / max(float(np.linalg.eigvalsh(gram)[-1]), float(np.finfo(gram.dtype).tiny))


def log_costs(
    codes: np.ndarray, projections: np.ndarray, gram: np.ndarray, norms: np.ndarray, how: Recipe
) -> np.ndarray:
    """Return E of every sample with the log penalty."""
    with one_blas_thread():
        fitted = np.einsum("ij,ij->i", codes, 2 * projections - codes @ gram)
    costs: np.ndarray = (norms - fitted) / 2 + how.alpha * np.log1p((codes / how.sigma) ** 2).sum(axis=1)
    return costs


def update_dictionary(dictionary: np.ndarray, products: np.ndarray, correlations: np.ndarray) -> None:
    """Set every atom in turn to its best given the others, and shorten it to length 1 if it is longer.

    Parameters
    ----------
    dictionary : (k, features), changed in place
    products, correlations : (k, k), (k, features)
        Weighted means of a^T a and a^T x. Where the diagonal of `products` is not positive an atom is only shortened.
    """
    _update(0, 1, dictionary, products, correlations)


@driver(nogil=True, **OPTIONS)
def _code_cd(begin, end, gram, projections, norms, codes, costs, rounds, alpha, tol, most):
    k = codes.shape[1]
    room, active = np.empty((ROOM, k), codes.dtype), np.empty((1, k), np.int64)
    factor = np.empty((LARGEST, LARGEST), codes.dtype)
    for i in range(begin, end):
        costs[i], rounds[i] = _descend(
            i, gram, projections, norms, codes, room, 0, active, 0, factor, alpha, tol, most
        )  # fmt: skip


@driver(nogil=True, **OPTIONS)
def _code_fista(begin, end, gram, projections, norms, codes, costs, rounds, rate, alpha, tol, most):
    room = np.empty((ROOM, codes.shape[1]), codes.dtype)
    for i in range(begin, end):
        costs[i], rounds[i] = _fista(i, gram, projections, norms, codes, room, 0, rate, alpha, tol, most)


@driver(nogil=True, **OPTIONS)
def _code_lca(begin, end, gram, projections, norms, codes, costs, rounds, rate, alpha, tol, most):
    room = np.empty((ROOM, codes.shape[1]), codes.dtype)
    for i in range(begin, end):
        costs[i], rounds[i] = _compete(i, gram, projections, norms, codes, room, 0, rate, alpha, tol, most)


@driver(nogil=True, **OPTIONS)
def _code_log(begin, end, gram, projections, norms, codes, costs, rounds, twice_alpha, variance, tol, most):
    room = np.empty((ROOM, codes.shape[1]), codes.dtype)
    for i in range(begin, end):
        costs[i], rounds[i] = _conjugate(
            i, gram, projections, norms, codes, room, 0, twice_alpha, variance, tol, most
        )  # fmt: skip


@driver(nogil=True, **OPTIONS)
def _update(begin, end, dictionary, products, correlations):
    k, features = dictionary.shape
    one, change = dictionary.dtype.type(1), np.empty((1, features), dictionary.dtype)
    for j in range(k):
        if products[j, j] > 0:
            for f in range(features):
                change[0, f] = correlations[j, f]
            for other in range(k):
                if products[j, other] != 0:
                    add_scaled(change, 0, dictionary, other, -products[j, other])
            add_scaled(dictionary, j, change, 0, one / products[j, j])
        squared = dictionary.dtype.type(0)
        for f in range(features):
            squared += dictionary[j, f] * dictionary[j, f]
        if squared > one:
            shorter = one / np.sqrt(squared)
            for f in range(features):
                dictionary[j, f] *= shorter
