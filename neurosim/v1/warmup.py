"""Compiles the kernels of banks and of sparse coding, for `neurosim warmup`."""

import numpy as np

from neurosim.v1.bank import GaborBank
from neurosim.v1.gabor import Gabor
from neurosim.v1.sparse_coding import SparseCoding
from neurosim.v1.sparse_inference import sparse_codes


def compile_kernels() -> None:
    """Run every CPU kernel once for each of its types, which compiles it into the cache."""
    for dtype in ("float32", "float64"):
        bank = GaborBank([Gabor(4.0, sigma_x=1.0)], dtype=dtype, backend="cpu")
        for method in ("separable", "direct"):
            bank.respond(np.ones((9, 9)), method=method)
        bank.respond(np.ones((9, 9)), method="direct", stride=2)
        x = np.eye(4, dtype=dtype)
        for penalty in ("l1", "log"):
            SparseCoding(2, penalty=penalty, batch_size=2, random_state=0, backend="cpu").fit(x)
        for solver in ("fista", "lca"):
            sparse_codes(x, x, solver=solver, backend="cpu")
