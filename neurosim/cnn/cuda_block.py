"""A program on a CUDA device: its tables, the arrays of one mini-batch, and what the kernels of all operations share.

A mini-batch is one block, sample s being lane s: element e of it is at e * lanes + s, so that neighbouring threads read
neighbouring samples. Sums go to one group of threads each and are added in an order that depends on sizes alone.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import cuda

from neurosim.cnn.program import (
    CI,
    CO,
    HI,
    HO,
    MARKS,
    NONE,
    OP,
    STRIDE_C,
    STRIDE_O,
    WI,
    WO,
    X2,
    Op,
    Program,
    X,
    Y,
)
from neurosim.core import device

THREADS = 128  # of a block of threads that adds up
TERMS = 4  # that a thread should have to add


class Block(NamedTuple):
    """The arrays of a mini-batch on the device; offsets in a row count their elements."""

    program: Program
    table: list[list[int]]  # the code with offsets of values and marks of this block
    rows: list[Any]  # its rows on the device
    reals: list[Any]  # (REALS,) of the parameters' dtype, each
    loss_reals: Any
    lanes: int
    values: Any  # (V * lanes,)
    grads: Any  # (V * lanes,) the loss's gradient by the values
    marks: Any  # (M * lanes,) int32
    sums: Any  # (Q,) of a NORMALISE at PARTIALS: C means, variances, sums of dy and of dy xhat

    @classmethod
    def allocate(cls, program: Program, lanes: int, dtype: np.dtype, training: bool = True) -> "Block":
        """Make room for mini-batches of so many samples; gradients only for training."""
        table, size = _table(program, lanes), int(program.places[-1]) * lanes
        return cls(
            program, table.tolist(), [device.to_device(row) for row in table],
            [device.to_device(row.astype(dtype)) for row in program.reals],
            device.to_device(program.loss_reals.astype(dtype)), lanes,
            device.empty(max(1, size), dtype), device.empty(max(1, size) if training else 1, dtype),
            device.empty(max(1, program.n_marks * lanes), np.int32), device.empty(max(1, program.n_partials), dtype),
        )  # fmt: skip

    def fetch(self, array: Any, value: int, count: int) -> np.ndarray:
        """Return (count, C, H, W) of a value from `values` or `grads`."""
        begin, end = self.program.places[value : value + 2] * self.lanes
        found = array[int(begin) : int(end)].copy_to_host().reshape(-1, self.lanes)[:, :count]
        return np.ascontiguousarray(found.T).reshape(count, *self.program.shapes[value])


def _table(program: Program, lanes: int) -> np.ndarray:
    """Return the code with offsets in the place of numbers of values.

    A transposed convolution is a convolution from its output to its input, so these change places in its row.
    """
    table = program.code.copy()
    for column in (X, X2, Y):
        used = table[:, column] != NONE
        table[used, column] = program.places[table[used, column]] * lanes
    table[:, MARKS] *= lanes
    one, other = [X, CI, HI, WI, STRIDE_C], [Y, CO, HO, WO, STRIDE_O]
    turned = np.flatnonzero(table[:, OP] == Op.TRANSPOSED)[:, None]
    table[turned, one + other] = table[turned, other + one]
    return table


def groups(sums: int, terms: int) -> tuple[int, tuple[int, int]]:
    """Return the launch that gives every sum of so many terms a row of a block of threads."""
    threads, width = device.SIMULATED_THREADS if device.simulated() else THREADS, 1
    while width < threads and width * TERMS < terms:
        width *= 2
    return -(-sums // (threads // width)), (width, threads // width)


@cuda.jit(device=True)
def own_sum():
    """Return which sum a thread works for, and its first term; the next is cuda.blockDim.x further."""
    return cuda.blockIdx.x * cuda.blockDim.y + cuda.threadIdx.y, cuda.threadIdx.x


@cuda.jit(device=True)
def add_up(parts, part):
    """Return the sum of the parts of a row of threads; all threads of a block come here, with a shared array."""
    thread = cuda.threadIdx.y * cuda.blockDim.x + cuda.threadIdx.x
    parts[thread] = part
    cuda.syncthreads()
    half = cuda.blockDim.x >> 1
    while half > 0:
        if cuda.threadIdx.x < half:
            parts[thread] += parts[thread + half]
        cuda.syncthreads()
        half >>= 1
    total = parts[cuda.threadIdx.y * cuda.blockDim.x]
    cuda.syncthreads()
    return total


@cuda.jit(device=True)
def cell(count):
    """Return the element and the lane of a thread, for so many lanes."""
    item = cuda.grid(1)
    return item // count, item % count
