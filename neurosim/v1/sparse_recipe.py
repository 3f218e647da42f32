"""What the kernels of sparse coding are told."""

from typing import NamedTuple

import numpy as np

SOLVERS = ("cd", "fista", "lca")
PENALTIES = ("l1", "log")


class Recipe(NamedTuple):
    """How samples are coded."""

    penalty: str = "l1"
    solver: str = "cd"  # for l1; the log penalty goes by conjugate gradients
    alpha: float = 1.0
    sigma: float = 1.0
    tol: float = 1e-4
    most: int = 1000  # rounds

    def tolerance(self, dtype: np.dtype) -> float:
        """Return `tol`, but not less than what rounding allows."""
        eps = float(np.finfo(dtype).eps)
        return max(self.tol, 16 * eps if self.penalty == "l1" else (100 * eps) ** 2)


class Coded(NamedTuple):
    """Codes of samples."""

    codes: np.ndarray  # (n, k)
    costs: np.ndarray  # (n,) what the coefficients and the misfit cost, E
    rounds: np.ndarray  # (n,) int32, -1 where they were not enough
