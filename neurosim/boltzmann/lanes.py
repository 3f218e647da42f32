"""A visit of one unit in 64 chains at once, in vector registers.

The chains are the innermost axis: a unit's states are one row of 64 numbers, and its field, the decisions and the
random numbers of all 64 take a few registers each. ``NEUROSIM_WIDE=0`` takes plain loops, with the same bits.
"""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from neurosim.boltzmann import rules
from neurosim.core.random import M0, M1, MASK, SHIFT, W0, W1, philox
from neurosim.core.vector import INT64, WIDE, Vectors
from neurosim.ising.emit import FLOAT, INT8, INT32, WIDTH, Emit, vector
from neurosim.ising.rules import HEATBATH

LANES = WIDTH
CHUNK = 16  # chains whose counters stay in registers
BITS64 = ir.IntType(LANES)
FUSE = ("contract",)  # of a product with 0 or 1, which is exact: the sum has the same bits


class _Rows(Emit):
    """Rows of 64 real numbers."""

    def __init__(self, context, builder, kind):
        super().__init__(builder)
        self.real_kind, self.size = context.get_value_type(kind), kind.bitwidth // 8

    def row(self, array, index):
        """Load a row of real numbers."""
        return Vectors(self.builder, self.real_kind, LANES, self.size).load(self.place(array, index))

    def either(self, array, index, own):
        """Load a row of numbers, one a chain, or one number for all chains."""
        return self.row(array, index) if own else self.splat(self.scalar(array, index))

    def fraction(self, words):
        """Return the numbers in (0, 1) that random words stand for: `rules.fraction`."""
        upper = self.builder.lshr(words, self.integer(int(rules.NINE)))
        upper = self.builder.fadd(self.builder.sitofp(upper, vector(FLOAT)), self.real(rules.HALF))
        return self.builder.fmul(upper, self.real(rules.TO_UNIT))


@intrinsic
def _visit(typingctx, first, neighbours, values, biases, unit, words, word, slope, states, octets):
    """Emit `visit`."""

    def codegen(context, builder, signature, args):
        emit, own = _Rows(context, builder, signature.args[2].dtype), signature.args[2].ndim == 2
        first, neighbours, values, biases, unit, words, word, slope, states, octets = (
            context.make_array(kind)(context, builder, value) if isinstance(kind, types.Array) else value
            for kind, value in zip(signature.args, args, strict=True)
        )
        total = cgutils.alloca_once_value(builder, emit.either(biases, unit, own))
        ends = [emit.scalar(first, builder.add(unit, INT64(i))) for i in (0, 1)]
        with cgutils.for_range_slice(builder, *ends, INT64(1), INT64) as (p, _):
            product = builder.fmul(emit.either(values, p, own), emit.row(states, emit.scalar(neighbours, p)), FUSE)
            builder.store(builder.fadd(builder.load(total), product, FUSE), total)
        gap = builder.load(total)
        y, zero = builder.fmul(gap, emit.splat(slope)), ir.Constant(gap.type, None)
        if emit.real_kind is not FLOAT:
            y = builder.fptrunc(y, vector(FLOAT))
        y = builder.select(builder.fcmp_ordered("==", gap, zero), emit.real(0.0), y)
        on = emit.accepts(INT64(HEATBATH), emit.fraction(emit.load(words, word, INT32)), y)
        emit.store(builder.uitofp(on, vector(emit.real_kind)), states, unit)
        emit.store(builder.zext(on, vector(INT8)), octets, unit)
        return context.get_dummy_value()

    return types.void(
        first, neighbours, values, biases, types.int64, words, types.int64, values.dtype, states, octets
    ), codegen


@intrinsic
def _draw(typingctx, block, names, start, step, stream, k0, k1, words):
    """Emit `draw` for CHUNK chains from `start` on."""

    def codegen(context, builder, signature, args):
        block, names, start, step, stream, k0, k1, words = args
        names, words = (
            context.make_array(signature.args[i])(context, builder, array) for i, array in ((1, names), (7, words))
        )
        wide, narrow = Vectors(builder, INT64, CHUNK, 8), Vectors(builder, INT32, CHUNK, 4)
        m0, m1, w0, w1, mask, shift = (
            wide.splat(ir.Constant(INT64, int(value))) for value in (M0, M1, W0, W1, MASK, SHIFT)
        )
        c0, c2, c3, k0, k1 = (wide.splat(value) for value in (block, step, stream, k0, k1))
        c1 = wide.load(builder.gep(names.data, [start]))
        for _ in range(10):  # the upper halves are not cleared as in `philox`, but where they would count
            p0, p1 = builder.mul(m0, builder.and_(c0, mask)), builder.mul(m1, builder.and_(c2, mask))
            c0 = builder.xor(builder.xor(builder.lshr(p1, shift), c1), k0)
            c2 = builder.xor(builder.xor(builder.lshr(p0, shift), c3), k1)
            c1, c3, k0, k1 = p1, p0, builder.add(k0, w0), builder.add(k1, w1)
        for i, c in enumerate((c0, c1, c2, c3)):
            place = builder.add(start, INT64(i * LANES))
            narrow.store(builder.trunc(c, narrow.kind), builder.gep(words.data, [place]))
        return context.get_dummy_value()

    uint64 = types.uint64
    return types.void(uint64, names, types.int64, uint64, uint64, uint64, uint64, words), codegen


@intrinsic
def _bits(typingctx, octets, row):
    """Return the lowest bits of a row of 64 octets as a uint64."""

    def codegen(context, builder, signature, args):
        emit, octets = Emit(builder), context.make_array(signature.args[0])(context, builder, args[0])
        return builder.bitcast(builder.trunc(emit.load(octets, args[1], INT8), vector(ir.IntType(1))), BITS64)

    return types.uint64(octets, types.int64), codegen


@intrinsic
def ones(typingctx, word):
    """Return how many bits of a uint64 are 1."""

    def codegen(context, builder, signature, args):
        return builder.ctpop(args[0])

    return types.int64(types.uint64), codegen


@njit(inline="always")
def _visit_wide(first, neighbours, values, biases, unit, words, word, slope, states, octets):
    _visit(first, neighbours, values, biases, unit, words, word, slope, states, octets)


@njit(inline="always")
def _draw_wide(block, names, step, stream, k0, k1, words):
    for start in range(0, LANES, CHUNK):
        _draw(block, names, start, step, stream, k0, k1, words)


@njit(inline="always")
def _bits_wide(octets, row):
    return _bits(octets, row)


@njit
def _visit_plain(first, neighbours, values, biases, unit, words, word, slope, states, octets):
    for lane in range(LANES):
        if values.ndim == 2:
            gap = biases[unit, lane]
            for p in range(first[unit], first[unit + 1]):
                gap += values[p, lane] * states[neighbours[p], lane]
        else:
            gap = biases[unit]
            for p in range(first[unit], first[unit + 1]):
                gap += values[p] * states[neighbours[p], lane]
        octets[unit, lane] = rules.turns_on(rules.fraction(words[word, lane]), gap, slope)
    for lane in range(LANES):
        states[unit, lane] = octets[unit, lane]


@njit
def _draw_plain(block, names, step, stream, k0, k1, words):
    for lane in range(LANES):
        words[0, lane], words[1, lane], words[2, lane], words[3, lane] = philox(
            block, names[lane], step, stream, k0, k1
        )


@njit
def _bits_plain(octets, row):
    word = np.uint64(0)
    for lane in range(LANES):
        word |= np.uint64(octets[row, lane]) << np.uint64(lane)
    return word


visit, draw, bits = (_visit_wide, _draw_wide, _bits_wide) if WIDE else (_visit_plain, _draw_plain, _bits_plain)
visit.__doc__ = """Visit one unit in 64 chains: turn it on or off by its field and a random word; from compiled code.

    Parameters
    ----------
    first, neighbours : (n + 1,), (entries,) int64
        Neighbours of a unit, in compressed rows.
    values, biases : (entries, 64) and (n, 64), or (entries,) and (n,), float32 or float64
        Weights and biases of 64 machines, or of the one that all chains share.
    unit, words, word : int, (4, 64) uint32, int
        The random words are row `word`.
    slope : number of the weights' type
    states, octets : (n, 64) of the weights' type, (n, 64) uint8
        The states twice, for sums and for counts.
    """
draw.__doc__ = """Fill `words` (4, 64) uint32 with the Philox blocks (block, names[lane], step, stream)."""
bits.__doc__ = """Return the states of row `row` of octets (n, 64) as the bits of a uint64."""
