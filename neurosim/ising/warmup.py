"""Compiles the kernels of annealing, for `neurosim warmup`."""

import numpy as np

from neurosim.ising.annealing import anneal
from neurosim.ising.exact import enumerate_states
from neurosim.ising.generators import edwards_anderson, sherrington_kirkpatrick
from neurosim.ising.model import IsingModel
from neurosim.ising.tours import anneal_tour, random_cities


def compile_kernels() -> None:
    """Run every CPU kernel once for each of its types, which compiles it into the cache."""
    glass = edwards_anderson((3, 3, 3), random_state=0)
    whole = IsingModel(np.array([[0, 2, 3], [2, 0, 5], [3, 5, 0]]))
    real = sherrington_kirkpatrick(8, random_state=0)
    for model in (glass, whole, real):
        for method in ("replica", "scalar"):
            anneal(model, sweeps=2, reads=2, method=method, random_state=0)
        anneal(model, sweeps=2, reads=2, order="coloured", random_state=0)
        if model is not glass:
            enumerate_states(model)
    anneal(glass, sweeps=2, reads=2, method="multispin", random_state=0)
    anneal_tour(random_cities(12, random_state=0), sweeps=2, reads=2, random_state=0)
