"""The batch map as the papers write it: slow, obvious, and importing nothing from the kernels.

Kohonen 1982; batch rule as in Kohonen 2013, "Essentials of the self-organizing map", Neural Networks 37:52-65.
"""

import numpy as np


def positions(rows, columns, hexagonal):
    """Places of the units on the plane, row by row."""
    places = []
    for r in range(rows):
        for c in range(columns):
            places.append((c + 0.5 * (r % 2), r * np.sqrt(3) / 2) if hexagonal else (float(c), float(r)))
    return np.array(places)


def map_distances(rows, columns, hexagonal, shape):
    """Distances between all units; a closed axis is tried once round to the left and once round to the right."""
    p = positions(rows, columns, hexagonal)
    height = rows * (np.sqrt(3) / 2 if hexagonal else 1.0)
    steps_x = (-columns, 0, columns) if shape in ("cylinder", "toroid") else (0,)
    steps_y = (-height, 0, height) if shape == "toroid" else (0,)
    best = np.full((len(p), len(p)), np.inf)
    for sx in steps_x:
        for sy in steps_y:
            shifted = p + np.array([sx, sy])
            best = np.minimum(best, np.sqrt(((p[:, None] - shifted[None]) ** 2).sum(-1)))
    return best


def two_best(x, w):
    """Indices of the nearest and the second nearest unit of every sample."""
    first, second = [], []
    for sample in x:
        d = ((w - sample) ** 2).sum(1)
        order = np.argsort(d, kind="stable")
        first.append(order[0])
        second.append(order[1] if len(w) > 1 else 0)
    return np.array(first), np.array(second)


def epoch(x, w, distances, sigma, sample_weight=None):
    """One batch step: every unit becomes the mean of the samples, weighted by h(unit, winner of the sample)."""
    sample_weight = np.ones(len(x)) if sample_weight is None else sample_weight
    first, _ = two_best(x, w)
    new = np.empty_like(w)
    for u in range(len(w)):
        h = sample_weight * np.exp(-(distances[u, first] ** 2) / (2 * sigma**2))
        new[u] = (h[:, None] * x).sum(0) / h.sum() if h.sum() > 1e-195 else w[u]
    return new


def quantization_error(x, w, sample_weight=None):
    """Mean distance of the samples from their nearest unit."""
    first, _ = two_best(x, w)
    return np.average(np.sqrt(((x - w[first]) ** 2).sum(1)), weights=sample_weight)


def topographic_error(x, w, distances, reach, sample_weight=None):
    """Share of the samples whose two nearest units are more than `reach` apart on the map."""
    first, second = two_best(x, w)
    return np.average(distances[first, second] > reach, weights=sample_weight)


def explained_variance(x, w):
    """One minus the share of the variance around the mean that is left around the nearest unit."""
    first, _ = two_best(x, w)
    return 1 - ((x - w[first]) ** 2).sum() / ((x - x.mean(0)) ** 2).sum()
