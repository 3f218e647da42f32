"""Compiles the kernels of the map, for `neurosim warmup`."""

import numpy as np

from neurosim.som.som import SOM


def compile_kernels() -> None:
    """Run every CPU kernel once for each dtype, which compiles it into the cache."""
    for dtype in (np.float32, np.float64):
        SOM(grid=(2, 2), epochs=1, backend="cpu").fit(np.eye(3, dtype=dtype))
