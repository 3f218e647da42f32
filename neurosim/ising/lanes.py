"""A visit of one site by 64 reads at once, in vector registers.

The reads are the innermost axis: a neighbour's spins are one row of 64 octets, and the sum over the neighbours, the
random numbers and the decisions of all 64 take a few registers each. Compiled loops would write them to memory between
the steps. ``NEUROSIM_WIDE=0`` takes plain loops, with the same bits.
"""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from neurosim.core.vector import INT64, WIDE
from neurosim.ising import rules
from neurosim.ising.emit import BITS64, FLOAT, INT8, INT32, WIDTH, Emit, vector

READS = WIDTH


def _field(emit, problem, row, spins, base):
    """Return the local fields of a site; int8 couplings are masks, 0 for +1 and -1 for -1."""
    builder = emit.builder
    first, neighbours, couplings, bias = problem
    start = emit.scalar(bias, row)
    kind = start.type
    total = cgutils.alloca_once_value(builder, emit.splat(start))
    ends = [emit.scalar(first, builder.add(row, INT64(i))) for i in (0, 1)]
    with cgutils.for_range_slice(builder, *ends, INT64(1), INT64) as (p, _):
        neighbour = builder.zext(emit.scalar(neighbours, p), INT64)
        lanes = emit.load(spins, builder.add(base, neighbour), INT8)
        coupling = emit.scalar(couplings, p)
        if kind is FLOAT:
            minus = builder.icmp_signed("<", lanes, ir.Constant(lanes.type, None))
            before = builder.load(total)
            builder.store(builder.select(minus, builder.fadd(before, emit.splat(coupling)), before), total)
        else:
            term = (
                builder.xor(lanes, emit.splat(coupling))
                if kind.width == 8
                else builder.mul(builder.sext(lanes, vector(kind)), emit.splat(coupling))
            )
            builder.store(builder.add(builder.load(total), term), total)
    return builder.load(total)


@intrinsic
def _visit(typingctx, first, neighbours, couplings, bias, site, spins, base, generators, block, scale, cut, rule,
           valid, sums):  # fmt: skip
    """Emit `visit`."""

    def codegen(context, builder, signature, args):
        emit = Emit(builder)
        arrays = [
            context.make_array(kind)(context, builder, value) if isinstance(kind, types.Array) else value
            for kind, value in zip(signature.args, args, strict=True)
        ]
        (first, neighbours, couplings, bias, site, spins, base, generators, block, scale, cut, rule, valid,
         sums) = arrays  # fmt: skip
        row = builder.add(base, site)
        spin = emit.load(spins, row, INT8)
        cost = emit.times_spin(_field(emit, (first, neighbours, couplings, bias), site, spins, base), spin)
        kind = cost.type.element
        real = kind is FLOAT
        possible = (builder.fcmp_ordered if real else builder.icmp_signed)("<=", cost, emit.splat(cut))
        flips = cgutils.alloca_once_value(builder, INT64(0))
        with builder.if_then(builder.icmp_unsigned("!=", builder.bitcast(possible, BITS64), INT64(0))):
            u = emit.draw(generators, block)
            number = cost
            if not real:
                wide = cost if kind.width == 32 else builder.sext(cost, vector(INT32))
                number = builder.sitofp(wide, vector(FLOAT))
            accepted = emit.accepts(rule, u, builder.fmul(number, emit.splat(scale)))
            flipped = builder.sub(ir.Constant(spin.type, None), spin)
            emit.store(builder.select(accepted, flipped, spin), spins, row)
            wide = context.get_value_type(signature.args[13].dtype)
            change = cost if wide == kind else builder.sext(cost, vector(wide))
            change = builder.select(accepted, change, ir.Constant(change.type, None))
            before = emit.load(sums, block, wide)
            emit.store((builder.fadd if real else builder.add)(before, change), sums, block)
            counted = builder.and_(builder.bitcast(accepted, BITS64), valid)
            builder.store(builder.ctpop(counted), flips)
        return builder.load(flips)

    return types.int64(
        first, neighbours, couplings, bias, types.int64, spins, types.int64, generators, types.int64, types.float32,
        bias.dtype, types.int64, types.uint64, sums,
    ), codegen  # fmt: skip


@njit(inline="always")
def _visit_wide(first, neighbours, couplings, bias, site, spins, base, generators, block, scale, cut, rule, valid,
                sums):  # fmt: skip
    return _visit(first, neighbours, couplings, bias, site, spins, base, generators, block, scale, cut, rule, valid,
                  sums)  # fmt: skip


@njit
def _visit_plain(first, neighbours, couplings, bias, site, spins, base, generators, block, scale, cut, rule, valid,
                 sums):  # fmt: skip
    flips, possible = 0, False
    costs = np.empty(READS, bias.dtype)
    for read in range(READS):
        field = bias[site]
        for p in range(first[site], first[site + 1]):
            spin, coupling = spins[base + neighbours[p], read], couplings[p]
            if couplings.itemsize == 1:
                field = bias.dtype.type(field + (spin ^ np.int8(coupling)))
            elif couplings.itemsize == 2:
                field = bias.dtype.type(field + spin * coupling)
            elif spin < 0:
                field = bias.dtype.type(field + coupling)
        costs[read] = field * spins[base + site, read]
        possible |= costs[read] <= cut
    for read in range(READS if possible else 0):
        u = rules.draw(generators, block, read)
        if rules.accepts(rule, u, np.float32(np.float32(costs[read]) * scale)):
            spins[base + site, read] = -spins[base + site, read]
            sums[block, read] += costs[read]
            flips += (valid >> np.uint64(read)) & np.uint64(1)
    return flips


visit = _visit_wide if WIDE else _visit_plain
visit.__doc__ = """Offer the flip of one site to 64 reads; return how many of the valid ones accept; from compiled code.

    Parameters
    ----------
    first, neighbours, couplings, bias : arrays of a `Problem`
        With int8 couplings, which are +1 or -1, `couplings` holds masks (0 for +1, -1 for -1) and `bias` the fields
        plus the number of couplings of -1 that a site has: s ^ -1 is -s - 1. With float32 couplings J, `couplings`
        holds -2 J and `bias` the fields plus the sum of J: only the neighbours that are -1 add something.
    site, spins, base : int, (rows, 64) int8, int
        Row base + i holds spin i of the 64 reads.
    generators, block : (4 blocks, 64) uint32, int
        The state of each read's generator.
    scale, cut, rule, valid
        -2 / (T ln 2) in float32, the largest s f that may be accepted, the number of the rule, the bits of the reads
        that count.
    sums : (blocks, 64)
        To which s f of every flip is added: int16 for int8 couplings, int32 for int16, float32 for float32.
    """
