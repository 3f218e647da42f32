"""Which places of a kernel lead from an output to its inputs, and back; called from compiled code."""

import numpy as np
from numba import njit

from neurosim.core.contraction import ONE, ZERO
from neurosim.core.jit import INNER


@njit(**INNER)
def reach(i, stride, padding, dilation, kernel, size):
    """Return the first place of the kernel that meets the input at output i, and how many places do."""
    start = i * stride - padding
    if dilation == 1:  # no divisions
        return max(-start, ZERO), max(0, min(size - start, kernel) - max(-start, ZERO))
    first = ZERO
    if start < 0:
        first = (-start + dilation - 1) // dilation
    end = (size - start + dilation - 1) // dilation
    return first, max(0, min(end, kernel) - first)


@njit(**INNER)
def origins(h, stride, padding, dilation, kernel, size):
    """Return how input h was reached: the first place of the kernel, the step to the next, their number, and outputs.

    The last two are the output of the first place, and what has to be added to it from place to place (<= 0).
    """
    first, step, count, output, next_output = ZERO, ONE, ZERO, ZERO, ZERO
    for p in range(kernel):
        at = h + padding - p * dilation
        if at >= 0 and at % stride == 0 and at // stride < size:
            if count == 0:
                first, output = np.int64(p), np.int64(at // stride)
            elif count == 1:
                step, next_output = np.int64(p - first), np.int64(at // stride - output)
            count += 1
    return first, step, count, output, next_output


@njit(**INNER)
def meeting(p, stride, padding, dilation, size, outputs):
    """Return the first output at which place p of the kernel meets the input, and how many outputs do."""
    start = p * dilation - padding
    first = ZERO
    if start < 0:
        first = (-start + stride - 1) // stride
    end = (size - start + stride - 1) // stride
    return first, max(0, min(end, outputs) - first)
