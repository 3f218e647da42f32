"""What an annealing of tours starts from: pairs of near cities, first tours, and the range of temperatures."""

from math import inf

import numpy as np

from neurosim.core.random import permutation, uniform
from neurosim.ising import tour_cpu

CITIES, TOURS, PROBES = 0x70757274, 0x70757275, 0x70757276  # streams of the key
PROBE_READS, QUENCH, PROPOSALS = 8, 30, 20_000
HOT, COLD = 0.15, 0.025  # in units of the median


def near_pairs(distances: np.ndarray, neighbours: int) -> np.ndarray:
    """Return the pairs of which one city is among the `neighbours` nearest of the other, in both orders, (P, 2)."""
    n = len(distances)
    count = min(int(neighbours), n - 1)
    apart = distances.astype(np.float64)
    np.fill_diagonal(apart, inf)
    nearest = np.argpartition(apart, count - 1, axis=1)[:, :count]
    near = np.zeros((n, n), bool)
    np.put_along_axis(near, nearest, True, axis=1)
    return np.argwhere(near | near.T)


def random_tours(n: int, reads: int, key: int) -> np.ndarray:
    """Return tours in random order, (reads, n)."""
    return np.argsort(uniform(key, TOURS, (reads, n)), axis=1, kind="stable")


def nearest_tours(distances: np.ndarray, reads: int, key: int) -> np.ndarray:
    """Return tours that start at random cities and go on to the nearest city that is left, (reads, n).

    Reads share the first cities in turn, so that they differ as far as there are cities.
    """
    n = len(distances)
    firsts = permutation(key, CITIES, n)[np.arange(reads) % n]
    tours = np.empty((reads, n), np.int64)
    unique = min(reads, n)
    left = np.ones((unique, n), bool)
    here, rows = firsts[:unique], np.arange(unique)
    for k in range(n):
        tours[:unique, k] = here
        left[rows, here] = False
        if k < n - 1:
            here = np.where(left, distances[here], inf).argmin(axis=1)
    return tours[np.arange(reads) % n]


def automatic_range(distances: np.ndarray, pairs: np.ndarray, two_opt: int, key: int) -> tuple[float, float]:
    """Return (hot, cold): two fractions of how much proposals would typically lengthen tours after a short descent.

    The fractions were chosen by trial on TSPLIB instances and random cities. Whatever the unit of length, the range is
    the same in that unit.
    """
    starts = nearest_tours(distances, PROBE_READS, key)
    state = tour_cpu.begin(distances, pairs, two_opt, starts, np.zeros(PROBE_READS), key ^ PROBES)
    tour_cpu.advance(state, np.zeros(QUENCH))
    changes = tour_cpu.differences(state, PROPOSALS // PROBE_READS)
    longer = changes[(changes > 0) & (changes < inf)]
    if not len(longer):
        return 1.0, 1.0
    median = float(np.median(longer))
    return HOT * median, COLD * median
