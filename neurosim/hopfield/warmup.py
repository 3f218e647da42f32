"""Compiles the kernels of recall, for `neurosim warmup`."""

import numpy as np

from neurosim.hopfield.network import HopfieldNetwork


def compile_kernels() -> None:
    """Run every CPU kernel of `HopfieldNetwork` once for each type of weights, which compiles it into the cache."""
    ones = np.ones((2, 2)) - np.eye(2)
    for factor in (1, 1000, 0.5):  # int8, int16 and float64
        net = HopfieldNetwork.from_weights(ones * factor)
        for order in ("random", "parallel"):
            net.recall([1, 1], order=order, backend="cpu")
