"""Compiles the kernels of recall, for `neurosim warmup`."""

import numpy as np

from neurosim.hopfield.dense import DenseAssociativeMemory
from neurosim.hopfield.network import HopfieldNetwork
from neurosim.hopfield.willshaw import WillshawNetwork


def compile_kernels() -> None:
    """Run every CPU kernel once for each of its types, which compiles it into the cache."""
    ones = np.ones((2, 2)) - np.eye(2)
    for factor in (1, 1000, 0.5):  # int8, int16 and float64
        net = HopfieldNetwork.from_weights(ones * factor)
        for order in ("random", "parallel"):
            net.recall([1, 1], order=order, backend="cpu")
    DenseAssociativeMemory(2).store([[1, 1]]).recall([[1, -1]])
    WillshawNetwork(2).store([[1, 0]]).recall([[1, 0]])
