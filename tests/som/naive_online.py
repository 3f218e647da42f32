"""The online map as the papers write it, one sample and one unit at a time: slow, and importing nothing from kernels.

The start, the schedules and the geometry of SOM_PAK 3.1 are written from the description of its programs.
"""

import numpy as np

from .naive import map_distances


def strengths(distances, sigma, kind):
    """Neighbourhood of map distances; a rim that is touched but for rounding is inside."""
    ratio = distances / sigma
    gauss, inside = np.exp(-(ratio**2) / 2), ratio <= 1 + 1e-9
    shapes = {"bubble": 1.0 * inside, "cut_gaussian": gauss * inside, "mexican_hat": (1 - ratio**2) * gauss}
    return shapes.get(kind, gauss)


def euclidean_known(x, w):
    """Euclidean distance over the features of x that are there."""
    known = ~np.isnan(x)
    return np.sqrt(((x[known] - w[known]) ** 2).sum())


def train(weights, x, order, sigmas, rates, topology, kind, distance=euclidean_known):
    """Return the weights after all steps, the winners, and the sum of their distances."""
    w, total, winners = weights.astype(np.float64), 0.0, []
    lattice = map_distances(*topology.grid, topology.hexagonal, topology.shape)
    for i, sigma, rate in zip(order, sigmas, rates, strict=True):
        sample = x[i].astype(np.float64)
        found = [distance(sample, unit) for unit in w]
        winner = int(np.argmin(found))
        h = strengths(lattice[winner], sigma, kind)
        for u in range(len(w)):
            for j in np.flatnonzero(~np.isnan(sample)):
                w[u, j] += rate * h[u] * (sample[j] - w[u, j])
        total += found[winner]
        winners.append(winner)
    return w, winners, total


def sompak_start(x, units, seed):
    """Weights of SOM_PAK's randinit, for columns that are not all negative."""
    low, high = x.min(0), x.max(0)
    w, s = np.empty((units, x.shape[1])), seed
    for u in range(units):
        for j in range(x.shape[1]):
            s = 23 * s % 100000001
            w[u, j] = low[j] + (high[j] - low[j]) * (s % 32767 / 32768)
    return w


def sompak_schedule(radius, alpha, steps):
    """Radius and learning rate of every step of SOM_PAK's vsom with -alpha_type linear."""
    left = (steps - np.arange(steps)) / steps
    return 1 + (radius - 1) * left, alpha * left
