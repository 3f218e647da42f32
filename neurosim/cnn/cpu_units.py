"""The kernels of the instructions on the CPU, each compiled on its own when a network first needs it.

The interpreter finds them by their addresses, in a table with a row per instruction. So a network compiles only the
kinds of layers that no network had before it.
"""

from functools import cache
from typing import Any

import numpy as np
from numba import types

from neurosim.cnn import cpu_units_maps
from neurosim.cnn.cpu_pool import kernel_of
from neurosim.cnn.cpu_table import BACKWARD, FORWARD
from neurosim.cnn.cpu_units_layers import LOSSES, UPDATES, move_moments
from neurosim.cnn.program import KIND, OP, Op, Program, receives
from neurosim.cnn.rules import Update
from neurosim.core.jit import address

assert cpu_units_maps  # fills the tables


@cache
def signatures(real: Any) -> dict[str, Any]:
    """Return the signatures of the kernels for a type of real numbers."""
    flag, whole, word = types.boolean, types.int64, types.uint64
    ints, table = types.int64[::1], types.int64[:, ::1]
    reals, doubles = real[::1], types.float64[:, ::1]
    program, block = (table, doubles, whole, ints), (types.int32[::1], doubles, whole, ints, reals, reals)
    return {
        "forward": types.void(*program, reals, *block, reals, whole, flag, word, word, word, whole),
        "backward": types.void(*program, reals, reals, *block, reals, reals, whole, flag, flag),
        "loss": types.void(
            types.float64[::1], reals, reals, whole, whole, real[:, ::1], reals, ints, whole, whole, whole,
            types.float64, types.float64[::1], whole, whole,
        ),
        "update": types.void(
            whole, whole, reals, reals, reals, real[:, ::1], whole, table, reals, types.float64, types.float64,
            types.float64[::1], whole,
        ),
        "move": types.void(table, doubles, whole, doubles, ints, reals),
    }  # fmt: skip


def addresses(program: Program, dtype: Any, *, one_lane: bool, backward: bool) -> np.ndarray:
    """Return the table of addresses: (instructions, 2) for forward and backward."""
    kinds = signatures(types.float32 if dtype == np.float32 else types.float64)
    table = np.zeros((len(program.code), 2), np.int64)
    flags = receives(program.code, program.logits)
    for row, instruction, gets_gradient in zip(table, program.code, flags, strict=True):
        op = Op(instruction[OP])
        variant = int(one_lane) if op in (Op.CONVOLVE, Op.TRANSPOSED) else 0
        if op == Op.ACTIVATE:
            variant = int(instruction[KIND])
        if op == Op.POOL:
            variant = kernel_of(instruction)
        row[0] = address(FORWARD[op, variant], kinds["forward"])
        if backward and gets_gradient:
            row[1] = address(BACKWARD[op, variant], kinds["backward"])
    return table


def helpers(program: Program, dtype: Any, update: int | None) -> np.ndarray:
    """Return the addresses of the loss, of the update if there is one, and of the moving of statistics."""
    kinds = signatures(types.float32 if dtype == np.float32 else types.float64)
    addresses = np.zeros(3, np.int64)
    addresses[0] = address(LOSSES[program.loss], kinds["loss"])
    if update is not None:
        addresses[1] = address(UPDATES[Update(update)], kinds["update"])
        addresses[2] = address(move_moments, kinds["move"]) if program.n_statistics else 0
    return addresses
