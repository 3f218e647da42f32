"""Compiles the kernels of McCulloch-Pitts nets, for `neurosim warmup`."""

from neurosim.mcculloch_pitts.cells import Cell
from neurosim.mcculloch_pitts.network import McCullochPittsNetwork


def compile_kernels() -> None:
    """Run every CPU kernel once, which compiles it into the cache."""
    McCullochPittsNetwork(["1"], {"2": Cell({"1": 2})}).run([[1]], backend="cpu")
