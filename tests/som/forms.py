"""Batch maps of samples with gaps, and with any distance and neighbourhood, written out in loops."""

import numpy as np

from neurosim.som import SOM

from . import naive


def gappy(rng, n=120, d=5, share=0.25):
    x = rng.normal(size=(n, d))
    gaps = rng.random((n, d)) < share
    gaps[np.arange(n), rng.integers(0, d, n)] = False  # something is known of every sample
    return np.where(gaps, np.nan, x)


def known_distances(x, w, power):
    return np.array([[(abs(a - b)[~np.isnan(a)] ** power).sum() ** (1 / power) for b in w] for a in x])


def naive_epoch(x, w, topology, sigma, table, kind="gaussian"):
    """One batch step from a table of distances (samples, units); NaN has no say in a mean."""
    winners = table.argmin(1)
    new = w.copy()
    apart = naive.map_distances(*topology.grid, topology.hexagonal, topology.shape)
    for u in range(len(w)):
        d2 = apart[u, winners] ** 2 / sigma**2
        inside = d2 <= 1 + 1e-9
        h = {"gaussian": np.exp(-d2 / 2), "bubble": inside * 1.0, "cut_gaussian": inside * np.exp(-d2 / 2)}[kind]
        for j in range(x.shape[1]):
            known = ~np.isnan(x[:, j])
            if h[known].sum() > 1e-195:
                new[u, j] = (h[known] * x[known, j]).sum() / h[known].sum()
    return new


def one_epoch(x, w, topology, sigma, **parameters):
    som = SOM(
        topology.grid,
        lattice=topology.lattice,
        shape=topology.shape,
        sigma=(sigma, sigma),
        epochs=1,
        init=w,
        **parameters,
    )
    return som.fit(x)
