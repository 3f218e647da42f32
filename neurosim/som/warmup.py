"""Compiles the kernels of the family, for `neurosim warmup`."""

import numpy as np
from scipy import sparse

from neurosim.som.elastic_net import DurbinWillshawNet
from neurosim.som.lvq import LVQ
from neurosim.som.malsburg1973 import Malsburg1973
from neurosim.som.neural_gas import NeuralGas
from neurosim.som.ring import GrowingRing, RingMap
from neurosim.som.som import SOM
from neurosim.som.willshaw_malsburg1976 import WillshawMalsburg1976


def compile_kernels() -> None:
    """Run every CPU kernel once for each dtype, which compiles it into the cache."""
    for dtype in (np.float32, np.float64):
        x: np.ndarray = np.eye(3, dtype=dtype)
        holes = np.where(x > 0, np.nan, x)
        small = SOM(grid=(2, 2), epochs=1, backend="cpu")
        for samples in (x, holes, sparse.csr_matrix(x)):
            small.fit(samples)
        for samples in (x, holes):
            SOM(grid=(2, 2), epochs=1, algorithm="online").fit(samples)
        SOM(grid=(2, 2), epochs=1, neighbourhood="bubble").fit(x)
        SOM(grid=(2, 2), epochs=1, metric="manhattan").fit(x).distances(x)
        NeuralGas(units=2, epochs=1).fit(x)
        LVQ(prototypes=1, epochs=1).fit(x[:2], [0, 1]).predict(x)
    cities = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    for tour in (DurbinWillshawNet(), RingMap(random_state=0), GrowingRing(random_state=0)):
        tour.tour(cities)
    Malsburg1973(random_state=0).present()
    retina = WillshawMalsburg1976(random_state=0)
    retina.present(1)
    retina.respond()
