"""64 sites of one read at a time, in vector registers: draws for them, a look for one that flips, a row of couplings.

What a draw allows does not depend on the spins. So the draws of 64 sites are made at once, and one comparison of costs
with allowances finds the next site that flips, without a branch for every site. ``NEUROSIM_WIDE=0`` takes plain loops,
with the same bits.
"""

import math

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from neurosim.core.vector import INT64, WIDE, Vectors
from neurosim.ising.emit import INT32, WIDTH, Emit, vector
from neurosim.ising.rules import allowance, draw

SITES = WIDTH  # that are looked at together: the bits of a word
ONE = np.uint64(1)
FUSED = ("contract",)


@intrinsic
def _candidates(typingctx, spins, fields, start, allowed):
    """Emit the look at 64 sites."""

    def codegen(context, builder, signature, args):
        spins, fields, allowed = (
            context.make_array(signature.args[k])(context, builder, args[k]).data for k in (0, 1, 3)
        )
        scalar = context.get_value_type(signature.args[0].dtype)
        vectors = Vectors(builder, scalar, SITES, signature.args[0].dtype.bitwidth // 8)
        spin, field = (vectors.load(builder.gep(data, [args[2]], inbounds=True)) for data in (spins, fields))
        limit = vectors.load(allowed)
        if isinstance(signature.args[0].dtype, types.Integer):
            sign = builder.ashr(spin, ir.Constant(vectors.kind, [scalar.width - 1] * SITES))
            cost = builder.sub(builder.xor(field, sign), sign)
            found = builder.icmp_signed("<=", cost, limit)
        else:
            found = builder.fcmp_ordered("<=", builder.fmul(spin, field), limit)
        return builder.bitcast(found, ir.IntType(SITES))

    return types.uint64(spins, fields, types.int64, allowed), codegen


@intrinsic
def _lowest(typingctx, word):
    """Emit `lowest`."""

    def codegen(context, builder, signature, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), codegen


@intrinsic
def _draw_allowed(typingctx, generators, read, rule, scale, most, allowed):
    """Emit the draws for 64 sites."""

    def codegen(context, builder, signature, args):
        generators, allowed = (context.make_array(signature.args[k])(context, builder, args[k]) for k in (0, 5))
        emit = Emit(builder)
        limit = builder.fmul(emit.allowance(args[2], emit.draw(generators, args[1])), emit.splat(args[3]))
        kind = signature.args[5].dtype
        if isinstance(kind, types.Integer):
            limit = emit.least(limit, emit.splat(args[4]))
            lowest = emit.splat(builder.fneg(args[4]))
            limit = builder.select(builder.fcmp_ordered(">", limit, lowest), limit, lowest)
            limit = builder.fptosi(emit.call("llvm.floor", limit), vector(INT32))
            limit = builder.trunc(limit, vector(context.get_value_type(kind)))
        elif kind.bitwidth == 64:
            limit = builder.fpext(limit, vector(ir.DoubleType()))
        emit.store(limit, allowed, INT64(0))
        return context.get_dummy_value()

    return types.void(generators, types.int64, types.int64, types.float32, types.float32, allowed), codegen


@intrinsic
def _add_row(typingctx, fields, start, rows, row, padded, sign):
    """Emit fields[start + j] += sign rows[row + j] for j < padded, a multiple of 64; sign is +1 or -1."""

    def codegen(context, builder, signature, args):
        kind = signature.args[0].dtype
        vectors = Vectors(builder, context.get_value_type(kind), SITES, kind.bitwidth // 8)
        starts = [
            builder.gep(context.make_array(signature.args[k])(context, builder, args[k]).data, [args[k + 1]])
            for k in (0, 2)
        ]
        signs = vectors.splat(args[5])
        negative = builder.ashr(signs, ir.Constant(vectors.kind, [7] * SITES)) if kind.bitwidth < 32 else None
        with cgutils.for_range_slice(builder, INT64(0), args[4], INT64(SITES), INT64) as (j, _):
            here, there = (builder.gep(start, [j]) for start in starts)
            term = vectors.load(there)
            if negative is None:
                product = builder.fmul(signs, term, flags=FUSED)  # exact, so that fusing changes nothing
                total = builder.fadd(vectors.load(here), product, flags=FUSED)
            else:
                total = builder.add(vectors.load(here), builder.sub(builder.xor(term, negative), negative))
            vectors.store(total, here)
        return context.get_dummy_value()

    return types.void(fields, types.int64, rows, types.int64, types.int64, fields.dtype), codegen


@njit(inline="always")
def lowest(word):
    """Return the place of the lowest bit of a word that is not 0."""
    return _lowest(word)


@njit(inline="always")
def _candidates_wide(spins, fields, start, allowed):
    return _candidates(spins, fields, start, allowed)


@njit
def _candidates_plain(spins, fields, start, allowed):
    found = np.uint64(0)
    for i in range(SITES):
        if spins[start + i] * fields[start + i] <= allowed[i]:
            found |= ONE << np.uint64(i)
    return found


@njit(inline="always")
def _draw_allowed_wide(generators, read, rule, scale, most, allowed):
    _draw_allowed(generators, read, rule, scale, most, allowed)


@njit(inline="always")
def _add_row_wide(fields, start, rows, row, padded, sign):
    _add_row(fields, start, rows, row, padded, sign)


@njit
def _add_row_plain(fields, start, rows, row, padded, sign):
    for j in range(padded):
        fields[start + j] += sign * rows[row + j]


@njit
def _draw_allowed_plain(generators, read, rule, scale, most, allowed):
    for i in range(SITES):
        limit = np.float32(allowance(rule, draw(generators, read, i)) * scale)
        allowed[i] = math.floor(max(min(limit, most), -most)) if allowed.itemsize < 4 else limit


candidates, draw_allowed, add_row = (
    (_candidates_wide, _draw_allowed_wide, _add_row_wide)
    if WIDE
    else (_candidates_plain, _draw_allowed_plain, _add_row_plain)
)
candidates.__doc__ = (
    """Return as bits which of 64 sites, from `start` on, have s f <= their allowance; compiled code."""
)
draw_allowed.__doc__ = """Draw what 64 sites allow: the largest s f at which each flips; from compiled code.

    Parameters
    ----------
    generators, read : (4 reads, 64) uint32, int
    rule, scale, most : int, float32, float32
        The number of the rule, T / 2, and the largest number that the type of `allowed` holds.
    allowed : (64,), of the fields' type
    """
add_row.__doc__ = (
    """Add sign * rows[row + j] to fields[start + j] for j < padded, a multiple of 64; sign is +1 or -1."""
)
