"""The neural gas as the papers write it: slow, obvious, and importing nothing from the kernels."""

import numpy as np


def ranks(sample, w):
    """How many units are nearer than each unit; of equally near ones the lower comes first."""
    d = ((w - sample) ** 2).sum(1)
    k = np.empty(len(w), int)
    k[np.argsort(d, kind="stable")] = np.arange(len(w))
    return k


def shares(k, neighbourhood_range):
    """h(k) = exp(-k / lambda); below 1e-16 it counts as nothing."""
    return np.where(k <= 37 * neighbourhood_range, np.exp(-k / neighbourhood_range), 0)


def online(x, w, order, ranges, rates):
    """Every unit moves towards the sample, the less the more units are nearer (Martinetz et al. 1993)."""
    w, distances = w.copy(), 0.0
    for i, neighbourhood_range, rate in zip(order, ranges, rates, strict=True):
        k = ranks(x[i], w)
        distances += np.sqrt(((w - x[i]) ** 2).sum(1).min())
        w += rate * shares(k, neighbourhood_range)[:, None] * (x[i] - w)
    return w, distances


def batch(x, w, neighbourhood_range):
    """Every unit becomes the mean of the samples, weighted by h of its rank (Cottrell et al. 2006)."""
    h = np.array([shares(ranks(sample, w), neighbourhood_range) for sample in x])
    distances = sum(np.sqrt(((w - sample) ** 2).sum(1).min()) for sample in x)
    new = w.copy()
    for u in range(len(w)):
        if h[:, u].sum() > 0:
            new[u] = (h[:, u, None] * x).sum(0) / h[:, u].sum()
    return new, distances


def edges(x, w):
    """Pairs of units that are the two nearest of a sample, with the number of such samples."""
    counts = {}
    for sample in x:
        a, b = np.argsort(((w - sample) ** 2).sum(1), kind="stable")[:2]
        pair = (min(a, b), max(a, b))
        counts[pair] = counts.get(pair, 0) + 1
    return counts
