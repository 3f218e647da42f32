"""Matrices of restricted machines in the memory of the CPU's kernels: rows padded to cache lines."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import types

from neurosim.core.contraction import SIGNATURE, aligned, contraction
from neurosim.core.jit import address

LINE = 16  # rows are padded to a multiple


class Sizes(NamedTuple):
    """Numbers of units, and the lengths of their padded rows."""

    visible: int
    hidden: int
    wide_visible: int
    wide_hidden: int


def sizes_of(weights: np.ndarray) -> Sizes:
    """Return the sizes of a machine with weights (V, H)."""
    visible, hidden = weights.shape
    return Sizes(visible, hidden, -(-visible // LINE) * LINE, -(-hidden // LINE) * LINE)


def padded(values: np.ndarray | Sequence[np.ndarray], rows: int, width: int, dtype: Any) -> np.ndarray:
    """Return a flat copy of a matrix with padded rows and, if it has fewer than `rows`, rows of zeros."""
    matrix: np.ndarray = aligned(rows, width, dtype)
    for row, numbers in zip(matrix, values, strict=False):
        row[: len(numbers)] = numbers
    return matrix.reshape(-1)


def kernel_of(dtype: Any) -> int:
    """Return the address of the sums of products for a type of real numbers."""
    return address(contraction(types.float32 if dtype == np.float32 else types.float64), SIGNATURE)
