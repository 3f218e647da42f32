"""Loops over parts of flat arrays; called from compiled code.

Every function that a kernel calls is compiled by itself and then again as a part of its caller, and every loop becomes
several. So there are few of them, shared, and offsets instead of views where loops are short. Offsets and lengths are
unsigned: LLVM makes vector code only of what needs no look at the sign of an index.
"""

import numpy as np
from numba import njit

from neurosim.core.jit import FASTMATH, INNER

loops = njit(error_model="numpy", **INNER)
sums = njit(fastmath=FASTMATH, **INNER)
dispatch = njit(inline="always")  # nothing but calls: not compiled by itself
U = np.uint64


@loops
def fill(y, number):
    """Set all of y to a number."""
    for i in range(len(y)):
        y[i] = number


@loops
def copy(x, y):
    """Set y to x."""
    for i in range(len(y)):
        y[i] = x[i]


@loops
def add(x, x2, y):
    """Set y to x + x2."""
    for i in range(len(y)):
        y[i] = x[i] + x2[i]


@loops
def affine(x, y, at, size, centre, scale, shift):
    """Set y = (x - centre) scale + shift in a part of both."""
    at = U(at)
    for i in range(at, at + U(size)):
        y[i] = (x[i] - centre) * scale + shift


@sums
def total(x, at, rows, width, stride):
    """Return the sum of `rows` runs of x, `width` long, from `at` on."""
    result = x.dtype.type(0)
    for row in range(rows):
        start = U(at + row * stride)
        for i in range(start, start + U(width)):
            result += x[i]
    return result


@sums
def product(x, centre, z, centre2, at, rows, width, stride):
    """Return the sum of (x - centre) (z - centre2) over such runs."""
    result = x.dtype.type(0)
    for row in range(rows):
        start = U(at + row * stride)
        for i in range(start, start + U(width)):
            result += (x[i] - centre) * (z[i] - centre2)
    return result
