"""The kernels of the instructions on the CPU, each compiled on its own when a network first needs it.

The interpreter finds them by their addresses, in a table with a row per instruction. So a network compiles only the
kinds of layers that no network had before it.
"""

from functools import cache
from typing import Any

import numpy as np
from numba import types

from neurosim.cnn import cpu_units_maps
from neurosim.cnn.cpu_pool import HALVES, kernel_of
from neurosim.cnn.cpu_table import BACKWARD, FORWARD
from neurosim.cnn.cpu_units_layers import HALVED, HALVED_RECTIFIED, LOSSES, UPDATES, move_moments
from neurosim.cnn.program import CONTRACT, KIND, OP, X2, Activation, Op, Program, X, Y, receives
from neurosim.cnn.rules import Update
from neurosim.core.contraction import SIGNATURE, contraction
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


def addresses(
    program: Program, dtype: Any, *, one_lane: bool, backward: bool, wanted: tuple[int, ...] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the code, with the address of the sums filled in, and the table of addresses of its kernels.

    The table is (instructions, 2), for forward and backward; 0 stands for nothing to be done. If the only values wanted
    are those of `wanted`, a kernel may carry out the instructions after its own, too.
    """
    real = types.float32 if dtype == np.float32 else types.float64
    kinds, code = signatures(real), program.code.copy()
    table = np.zeros((len(code), 2), np.int64)
    flags = receives(program.code, program.logits)
    if np.isin(code[:, OP], (Op.CONVOLVE, Op.TRANSPOSED)).any():
        code[:, CONTRACT] = address(contraction(real), SIGNATURE)
    k = 0
    while k < len(code):
        op, done = Op(code[k, OP]), 1
        variant = int(one_lane) if op in (Op.CONVOLVE, Op.TRANSPOSED) else 0
        if op == Op.CONVOLVE and wanted is not None and not one_lane:
            variant, done = _fused(program, k, wanted)
        if op == Op.ACTIVATE:
            variant = int(code[k, KIND])
        if op == Op.POOL:
            variant = kernel_of(code[k])
        table[k, 0] = address(FORWARD[op, variant], kinds["forward"])
        if backward and flags[k]:
            table[k, 1] = address(BACKWARD[op, variant], kinds["backward"])
        k += done
    return code, table


def _fused(program: Program, k: int, wanted: tuple[int, ...]) -> tuple[int, int]:
    """Return which kernel a convolution takes, and how many instructions it carries out."""
    code = program.code
    follow, variants = 0, (0, HALVED, HALVED_RECTIFIED)
    while follow < 2 and k + follow + 1 < len(code):
        value, after = code[k + follow, Y], code[k + follow + 1]
        readers = (code[:, [X, X2]] == value).sum() + (value in wanted)
        kinds = (Op.POOL, HALVES), (Op.ACTIVATE, Activation.RELU)
        kind = kernel_of(after) if after[OP] == Op.POOL else after[KIND]
        if after[X] != value or readers != 1 or (after[OP], kind) != kinds[follow] or code[k, KIND] == 1:
            break
        follow += 1
    return variants[follow], follow + 1


def helpers(program: Program, dtype: Any, update: int | None) -> np.ndarray:
    """Return the addresses of the loss, of the update if there is one, and of the moving of statistics."""
    kinds = signatures(types.float32 if dtype == np.float32 else types.float64)
    addresses = np.zeros(3, np.int64)
    addresses[0] = address(LOSSES[program.loss], kinds["loss"])
    if update is not None:
        addresses[1] = address(UPDATES[Update(update)], kinds["update"])
        addresses[2] = address(move_moments, kinds["move"]) if program.n_statistics else 0
    return addresses
