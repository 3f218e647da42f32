"""Models that the literature on spin glasses and annealing measures on."""

from typing import Any

import numpy as np
from scipy.special import ndtri

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.core.random import permutation, seed_from, uniform
from neurosim.ising.graphs import Graph
from neurosim.ising.model import IsingModel

DISTRIBUTIONS = ("gaussian", "bimodal")
ATTEMPTS = 1000


def sherrington_kirkpatrick(n_spins: int, *, distribution: str = "gaussian", random_state: Any = None) -> IsingModel:
    """Return a spin glass in which every pair is coupled, with J_ij of mean 0 and variance 1 / n_spins.

    Parameters
    ----------
    n_spins : int >= 2
        The number of spins.
    distribution : "gaussian" or "bimodal", default "gaussian"
        Normal couplings, or couplings of size n_spins**-0.5 with random signs.
    random_state : None, int or Generator
        Where the couplings come from.

    Notes
    -----
    The model of Sherrington & Kirkpatrick 1975. The energy per spin of its ground states tends to -0.7632 for many
    spins (Parisi's solution); at 100 to 1000 spins it lies above, by about 0.7 n_spins**(-2/3).
    """
    checks.at_least("sherrington_kirkpatrick", "n_spins", n_spins, 2)
    pairs = n_spins * (n_spins - 1) // 2
    values = _draw("sherrington_kirkpatrick", distribution, pairs, seed_from(random_state)) / np.sqrt(n_spins)
    couplings = np.zeros((n_spins, n_spins))
    couplings[np.triu_indices(n_spins, 1)] = values
    return IsingModel(couplings + couplings.T)


def edwards_anderson(
    shape: tuple[int, ...] = (16, 16, 16),
    *,
    distribution: str = "bimodal",
    periodic: bool = True,
    random_state: Any = None,
) -> IsingModel:
    """Return a spin glass on a lattice: random couplings between nearest neighbours.

    Parameters
    ----------
    shape : sequence of int, default (16, 16, 16)
        Sides of the lattice, one for each dimension. Spins are numbered in row-major order.
    distribution : "bimodal" or "gaussian", default "bimodal"
        Couplings -1 and 1 with equal probability, or normal ones of variance 1.
    periodic : bool, default True
        Whether opposite faces are joined; every side is then at least 3.
    random_state : None, int or Generator
        Where the couplings come from.

    Notes
    -----
    The model of Edwards & Anderson 1975; with "bimodal" also called the +-J model.
    """
    n_spins, edges = _bonds("edwards_anderson", shape, periodic)
    values = _draw("edwards_anderson", distribution, len(edges), seed_from(random_state))
    return IsingModel.from_edges(n_spins, edges, values)


def lattice(shape: tuple[int, ...], *, coupling: float = 1.0, periodic: bool = True) -> IsingModel:
    """Return the Ising model of a lattice: one coupling between all nearest neighbours.

    Parameters
    ----------
    shape : sequence of int
        Sides of the lattice, one for each dimension. Spins are numbered in row-major order.
    coupling : float, default 1.0
        Above 0 a ferromagnet, below 0 an antiferromagnet.
    periodic : bool, default True
        Whether opposite faces are joined; every side is then at least 3.

    Examples
    --------
    >>> from neurosim.ising import lattice
    >>> lattice((4, 4)).energy([1] * 16)
    -32.0
    """
    checks.number("lattice", "coupling", coupling, "a finite number")
    n_spins, edges = _bonds("lattice", shape, periodic)
    return IsingModel.from_edges(n_spins, edges, np.full(len(edges), float(coupling)))


def random_regular(n_vertices: int, degree: int, *, weights: str = "ones", random_state: Any = None) -> Graph:
    """Return a random graph in which every vertex has the same number of neighbours.

    Parameters
    ----------
    n_vertices : int >= 2
        The number of vertices.
    degree : int, 0 <= degree < n_vertices
        Neighbours of each; n_vertices * degree must be even.
    weights : "ones", "bimodal" or "gaussian", default "ones"
        Weights all 1, -1 and 1 with equal probability, or normal of variance 1.
    random_state : None, int or Generator
        Where edges and weights come from.

    Notes
    -----
    Free ends of edges are joined at random, and those of loops and parallel edges drawn again (Steger & Wormald
    1999). For large graphs of small degree nearly uniform among all such graphs.
    """
    name = "random_regular"
    checks.at_least(name, "n_vertices", n_vertices, 2)
    checks.at_least(name, "degree", degree, 0)
    checks.one_of(name, "weights", weights, ("ones", *DISTRIBUTIONS))
    if degree >= n_vertices or n_vertices * degree % 2:
        wanted = f"less than n_vertices = {n_vertices}, and n_vertices * degree even"
        raise InvalidParameter(name, "degree", degree, wanted)
    key = seed_from(random_state)
    fewer = min(degree, n_vertices - 1 - degree)
    edges = _regular_edges(n_vertices, fewer, key)
    if fewer < degree:
        every = np.stack(np.triu_indices(n_vertices, 1), axis=1)
        edges = every[~np.isin(every @ [n_vertices, 1], edges @ [n_vertices, 1])]
    values = np.ones(len(edges)) if weights == "ones" else _draw(name, weights, len(edges), key)
    return Graph(n_vertices, edges, values)


def _draw(owner: str, distribution: str, count: int, key: int) -> np.ndarray:
    """Return random numbers of mean 0 and variance 1."""
    checks.one_of(owner, "distribution", distribution, DISTRIBUTIONS)
    draws = uniform(key, 0, count)
    if distribution == "bimodal":
        return np.where(draws < 0.5, -1.0, 1.0)
    normal: np.ndarray = ndtri(np.maximum(draws, 2.0**-54))
    return normal


def _bonds(owner: str, shape: tuple[int, ...], periodic: bool) -> tuple[int, np.ndarray]:
    """Return the number of sites of a lattice and its pairs of nearest neighbours, (M, 2)."""
    if not isinstance(periodic, bool | np.bool_):
        raise InvalidParameter(owner, "periodic", periodic, "True or False")
    least = 3 if periodic else 1
    try:
        sides = tuple(int(side) for side in shape if int(side) == side)
    except (TypeError, ValueError, OverflowError):
        sides = ()
    if not sides or len(sides) != len(shape) or min(sides) < least:
        raise InvalidParameter(owner, "shape", shape, f"integers >= {least}, one for each dimension")
    sites = np.arange(np.prod(sides)).reshape(sides)
    bonds = []
    for axis, side in enumerate(sides):
        near = sites if periodic else sites.take(range(side - 1), axis)
        far = np.roll(sites, -1, axis) if periodic else sites.take(range(1, side), axis)
        bonds.append(np.stack([near.ravel(), far.ravel()], axis=1))
    return sites.size, np.concatenate(bonds)


def _regular_edges(n: int, degree: int, key: int) -> np.ndarray:
    """Join the free ends of vertices at random, those of loops and parallel edges anew; begin again when stuck."""
    stream = 1
    for _ in range(ATTEMPTS):
        edges = np.empty((0, 2), dtype=np.int64)
        ends = np.repeat(np.arange(n), degree)
        while len(ends):
            pairs = np.sort(ends[permutation(key, stream, len(ends))].reshape(-1, 2), axis=1)
            stream += 1
            _, first = np.unique(pairs @ [n, 1], return_index=True)
            fresh = np.zeros(len(pairs), dtype=bool)
            fresh[first] = True
            fresh &= (pairs[:, 0] != pairs[:, 1]) & ~np.isin(pairs @ [n, 1], edges @ [n, 1])
            if not fresh.any() and len(ends) < 4 * degree * degree:
                break
            edges = np.concatenate([edges, pairs[fresh]])
            ends = pairs[~fresh].ravel()
        if not len(ends):
            return edges
    raise RuntimeError(f"no {degree}-regular graph of {n} vertices was found in {ATTEMPTS} attempts")
