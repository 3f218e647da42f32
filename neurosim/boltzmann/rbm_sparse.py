"""Sums over the units that are not 0: the places of such units, and sums of rows of a matrix at these places.

Data with one pixel in ten on need a tenth of the products. The sums run in the same order as the dense ones of
`neurosim.core.contraction`, where a product with 0 changes nothing: both give the same bits.
"""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from neurosim.boltzmann.rbm_lanes import fill_rows
from neurosim.core.contraction import CONTENT, FLAGS, ONCE, ONE, ZERO, contract
from neurosim.core.jit import INNER
from neurosim.core.vector import BITS, INT32, INT64, Vectors

GROUP = 16  # units looked at together
SPARSE = 0.3  # part of the units below which sums of rows are quicker


@intrinsic
def append_places(typingctx, x, at, index, to, first):
    """Store first + e for every e < GROUP with x[at + e] != 0 to index[to ...]; return how many there are."""

    def codegen(context, builder, signature, args):
        real = signature.args[0].dtype
        reals = Vectors(builder, context.get_value_type(real), GROUP, real.bitwidth // 8)
        x, index = (context.make_array(signature.args[k])(context, builder, args[k]).data for k in (0, 2))
        there = builder.fcmp_unordered(
            "!=", reals.load(builder.gep(x, [args[1]])), ir.Constant(reals.kind, [0.0] * GROUP)
        )
        ints = Vectors(builder, INT32, GROUP, 4)
        lanes = ir.Constant(ints.kind, list(range(GROUP)))
        places = builder.add(ints.splat(builder.trunc(args[4], INT32)), lanes)
        mask, pointer = ir.VectorType(ir.IntType(1), GROUP), INT32.as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [ints.kind, pointer, mask])
        store = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.compressstore.v{GROUP}i32")
        builder.call(store, [places, builder.gep(index, [args[3]]), there])
        bits = builder.zext(builder.bitcast(there, ir.IntType(GROUP)), INT64)
        return builder.ctpop(bits)

    i8 = types.int64
    return i8(x, i8, index, i8, i8), codegen


def _gather(registers):
    """Return the intrinsic that adds rows of a matrix, some registers of each, to what `out` holds."""

    @intrinsic
    def gather(typingctx, index, i, count, scalars, s, s_c, vectors, v, v_c, out, o):
        def codegen(context, builder, signature, args):
            real = signature.args[3].dtype
            width = BITS // real.bitwidth
            reals = Vectors(builder, context.get_value_type(real), width, real.bitwidth // 8)
            index, scalars, vectors, out = (
                context.make_array(signature.args[k])(context, builder, args[k]).data for k in (0, 3, 6, 9)
            )
            places = [builder.gep(out, [builder.add(args[10], INT64(r * width))]) for r in range(registers)]
            sums = [cgutils.alloca_once_value(builder, reals.load(place)) for place in places]
            for place, total in zip(places, sums, strict=True):
                builder.store(reals.load(place), total)
            first = builder.gep(index, [args[1]])
            with cgutils.for_range(builder, args[2], intp=INT64) as loop:
                c = builder.sext(builder.load(builder.gep(first, [loop.index])), INT64)
                w = reals.splat(builder.load(builder.gep(scalars, [builder.add(args[4], builder.mul(c, args[5]))])))
                row = builder.gep(vectors, [builder.add(args[7], builder.mul(c, args[8]))])
                for r, total in enumerate(sums):
                    product = builder.fmul(w, reals.load(builder.gep(row, [INT64(r * width)])), flags=FLAGS)
                    builder.store(builder.fadd(builder.load(total), product, flags=FLAGS), total)
            for place, total in zip(places, sums, strict=True):
                reals.store(builder.load(total), place)
            return context.get_dummy_value()

        i8 = types.int64
        return types.void(index, i8, i8, scalars, i8, i8, vectors, i8, i8, out, i8), codegen

    return gather


_G16, _G8, _G4, _G1 = (_gather(registers) for registers in (16, 8, 4, 1))


@njit(**INNER)
def add_rows_at(index, i, count, scalars, s, s_c, vectors, v, v_c, out, o, size):
    """Add to out[o + m], m < size, the sum over listed c of scalars[s + c s_c] vectors[v + c v_c + m]."""
    width = BITS // 8 // vectors.itemsize
    m = 0
    while m < size:
        if size - m >= 16 * width:
            _G16(index, i, count, scalars, s, s_c, vectors, v + m, v_c, out, o + m)
            m += 16 * width
        elif size - m >= 8 * width:
            _G8(index, i, count, scalars, s, s_c, vectors, v + m, v_c, out, o + m)
            m += 8 * width
        elif size - m >= 4 * width:
            _G4(index, i, count, scalars, s, s_c, vectors, v + m, v_c, out, o + m)
            m += 4 * width
        else:
            _G1(index, i, count, scalars, s, s_c, vectors, v + m, v_c, out, o + m)
            m += width


@njit(**INNER)
def room_for_places(rows, wide):
    """Return arrays for the places and counts that `affine` leaves."""
    return np.empty(rows * wide, np.int32), np.empty((rows, wide // GROUP + 1), np.int64)


@njit(**INNER)
def list_places(x, at, size, index, to, counts):
    """Store the places of units that are not 0, of `size` (a multiple of GROUP), to index[to ...].

    counts[g] becomes how many there are before unit g GROUP, the last one all there are, which is returned.
    """
    count = np.int64(0)
    for g in range(np.uint64(size // GROUP)):
        counts[g] = count
        first = np.int64(g) * GROUP
        count += append_places(x, at + first, index, to + count, first)
    counts[np.uint64(size // GROUP)] = count
    return count


@njit(**INNER)
def affine(kernel, x, at, size, wide, rows, matrix, out_wide, bias, out, to, places, first, counts, counted):
    """Set rows of out to the bias plus the product of rows of x with a matrix.

    Rows of x, `size` units padded with zeros to `wide`, start at x[at], those of out at out[to]. The places of the
    units that are not 0 are left in places[first ...], a row each, and their numbers (`list_places`) in the rows of
    counts from `counted` on.
    """
    total = 0
    for row in range(rows):
        total += list_places(x, at + row * wide, wide, places, first + row * wide, counts[counted + row])
    fill_rows(out, to, rows, out_wide, bias)
    if total > SPARSE * rows * size:
        contract(
            kernel, rows, out_wide, ONCE, x, at, (ZERO, ZERO, ONE, wide), matrix, ZERO, (ZERO, ZERO, out_wide),
            (ONE, ONE, size), out, to, out_wide, out, ZERO, CONTENT,
        )  # fmt: skip
        return
    for row in range(rows):
        listed = counts[counted + row, wide // GROUP]
        add_rows_at(places, first + row * wide, listed, x, at + row * wide, ONE, matrix, ZERO, out_wide,
                    out, to + row * out_wide, out_wide)  # fmt: skip
