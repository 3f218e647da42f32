"""Sixteen Philox blocks at once, and the units that their 64 words turn on: LLVM code for `rbm_lanes.draw`.

A compiled loop over `philox` stays scalar, as its words go to four neighbouring places.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from neurosim.core.random import M0, M1, W0, W1
from neurosim.core.vector import INT32, INT64, Vectors

GROUP = 64  # units of a call
HALF = 8  # blocks of a vector: what 512 bits hold as 64-bit words


@intrinsic
def draw_group(typingctx, p, at, s, to, block, row, step, stream, key0, key1):
    """Set s[to + e] to 1 if word e % 4 of Philox block (block + e // 4, row, step, stream) says so, e < GROUP."""

    def codegen(context, builder, signature, args):
        real = signature.args[0].dtype
        kind = context.get_value_type(real)
        p, s = (context.make_array(signature.args[k])(context, builder, args[k]).data for k in (0, 2))
        words = _words(builder, *args[4:])
        reals = Vectors(builder, kind, 2 * HALF, real.bitwidth // 8)
        vector = lambda number: ir.Constant(reals.kind, [number] * (2 * HALF))  # noqa: E731
        for part, bits in enumerate(_woven(builder, words)):
            # of float32: 23 bits and a half are exact, and so it makes no difference that float64 has more
            high = builder.lshr(bits, ir.Constant(bits.type, [9] * (2 * HALF)))
            fraction = builder.fmul(builder.fadd(builder.sitofp(high, reals.kind), vector(0.5)), vector(2.0**-23))
            place = INT64(2 * HALF * part)
            probable = reals.load(builder.gep(p, [builder.add(args[1], place)]))
            on = builder.fcmp_ordered("<", fraction, probable)
            reals.store(builder.select(on, vector(1.0), vector(0.0)), builder.gep(s, [builder.add(args[3], place)]))
        return context.get_dummy_value()

    u8 = types.uint64
    return types.void(p, types.int64, s, types.int64, u8, u8, u8, u8, u8, u8), codegen


def _words(builder, block, row, step, stream, key0, key1):
    """Emit the four words, vectors of 16 int32, of 16 blocks; what is above the 32nd bit on the way does not matter."""
    kind = ir.VectorType(INT64, HALF)
    constant = lambda number: ir.Constant(kind, [int(number)] * HALF)  # noqa: E731
    low, shift = constant(0xFFFFFFFF), constant(32)

    def splat(number):
        first = builder.insert_element(ir.Constant(kind, ir.Undefined), number, INT32(0))
        return builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(INT32, HALF), [0] * HALF))

    halves = []
    for half in range(2):
        lanes = ir.Constant(kind, [half * HALF + lane for lane in range(HALF)])
        c0, c1, c2, c3 = builder.add(splat(block), lanes), splat(row), splat(step), splat(stream)
        k0, k1 = splat(key0), splat(key1)
        for _ in range(10):
            p0, p1 = (builder.mul(builder.and_(c, low), constant(m)) for c, m in ((c0, M0), (c2, M1)))
            c0 = builder.xor(builder.xor(builder.lshr(p1, shift), c1), k0)
            c2 = builder.xor(builder.xor(builder.lshr(p0, shift), c3), k1)
            c1, c3 = p1, p0
            k0, k1 = builder.add(k0, constant(W0)), builder.add(k1, constant(W1))
        halves.append([builder.trunc(c, ir.VectorType(INT32, HALF)) for c in (c0, c1, c2, c3)])
    whole = ir.Constant(ir.VectorType(INT32, 2 * HALF), list(range(2 * HALF)))
    return [builder.shuffle_vector(a, b, whole) for a, b in zip(*halves, strict=True)]


def _woven(builder, words):
    """Emit the words in the order of the units: word 0 of block 0, word 1 of block 0 ..."""
    n = 2 * HALF
    low, high = ([k // 2 + n * (k % 2) + start for k in range(n)] for start in (0, HALF))
    masks = [ir.Constant(ir.VectorType(INT32, n), mask) for mask in (low, high)]
    weave = lambda a, b: [builder.shuffle_vector(a, b, mask) for mask in masks]  # noqa: E731
    even, odd = weave(words[0], words[2]), weave(words[1], words[3])
    return [part for a, b in zip(even, odd, strict=True) for part in weave(a, b)]
