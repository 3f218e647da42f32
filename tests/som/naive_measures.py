"""Measures of a map as the papers write them: slow, obvious, and importing nothing from the package."""

from itertools import product

import numpy as np


def ways(lengths):
    """Shortest ways between all units, from edges (M, M) that are infinite where there is none (Floyd, Warshall)."""
    ways = lengths.copy()
    np.fill_diagonal(ways, 0)
    for u in range(len(ways)):
        ways = np.minimum(ways, ways[:, u : u + 1] + ways[u])
    return ways


def combined_error(to_units, between_units, adjacent, counts):
    """Distance to the best unit and on to the second best over edges of the map (Kaski & Lagus 1996)."""
    shortest = ways(np.where(adjacent, between_units, np.inf))
    errors = []
    for row in to_units:
        first, second = np.argsort(row, kind="stable")[:2]
        errors.append(row[first] + shortest[first, second])
    return np.average(errors, weights=counts)


def neighbourhood(kind, d, sigma):
    """The neighbourhood of two units that are d apart."""
    gaussian = np.exp(-d * d / (2 * sigma * sigma))
    if kind == "gaussian":
        return gaussian
    if kind == "mexican_hat":
        return (1 - d * d / (sigma * sigma)) * gaussian
    return (d <= sigma + 1e-9) * (1.0 if kind == "bubble" else gaussian)


def distortion(to_units, on_map, kind, sigma, counts):
    """Mean of sum_u h(c, u) d(x, w_u)^2."""
    errors = []
    for row in to_units:
        first = np.argmin(row)
        errors.append(sum(neighbourhood(kind, on_map[first, u], sigma) * row[u] ** 2 for u in range(len(row))))
    return np.average(errors, weights=counts)


def possible_ranks(row, i):
    """For every other sample the ranks it may have by its distance from i, where equal distances come in any order."""
    found = {}
    for j in range(len(row)):
        if j != i:
            nearer = sum(row[k] < row[j] for k in range(len(row)) if k != i)
            equal = sum(row[k] == row[j] for k in range(len(row)) if k != i)
            found[j] = range(nearer + 1, nearer + equal + 1)
    return found


def rank_measures(in_data, on_map, k):
    """Trustworthiness, continuity (Venna & Kaski 2001) and shared neighbours, over all orders of ties."""
    n = len(in_data)
    intruders = missing = shared = 0.0
    for i in range(n):
        data, place = possible_ranks(in_data[i], i), possible_ranks(on_map[i], i)
        for j in data:
            pairs = list(product(data[j], place[j]))
            intruders += np.mean([(r - k) if s <= k < r else 0 for r, s in pairs])
            missing += np.mean([(s - k) if r <= k < s else 0 for r, s in pairs])
            shared += np.mean([r <= k and s <= k for r, s in pairs])
    worst = n * k * (2 * n - 3 * k - 1) / 2
    return 1 - intruders / worst, 1 - missing / worst, shared / (n * k)


def topographic_product(in_data, on_map, rng):
    """Bauer & Pawelzik 1992, with the ties of one random order."""
    units, total = len(in_data), 0.0
    for j in range(units):
        others = rng.permutation([u for u in range(units) if u != j])
        a = others[np.argsort(on_map[j, others].round(9), kind="stable")]
        b = others[np.argsort(in_data[j, others], kind="stable")]
        q1 = [in_data[j, u] / in_data[j, v] for u, v in zip(a, b, strict=True)]
        q2 = [on_map[j, u] / on_map[j, v] for u, v in zip(a, b, strict=True)]
        for k in range(1, units):
            total += np.log(np.prod(q1[:k]) * np.prod(q2[:k])) / (2 * k)
    return total / (units * (units - 1))
