"""The inner loop of all layers with weights: sums of products, with a tile of results kept in vector registers.

Convolutions and dense layers, their input gradients and their weight gradients are one and the same sum,

    out[u, m] = start + sum_abc scalars[s + a s_a + b s_b + c s_c + u s_u] vectors[v + a v_a + b v_b + c v_c + m]

over three loops with strides of their own, for a few u and a vector register or two of m. What u, m and the loops stand
for is up to the caller: for the forward pass of a convolution u counts output channels, m samples, and the loops run
over input channels and the kernel. A compiled loop would write the sums to memory and read them back at every step.
"""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from neurosim.core.jit import INNER
from neurosim.core.vector import BITS, FAST, INT64, Vectors

FLAGS = FAST[:1]  # "contract": products go unrounded into sums; the order of the sums stays as it is written
MOST = 6 if BITS == 256 else 12  # rows of a tile: more do not fit the registers
# What the sums start from. Typed, as ONE: with literals, Numba would compile `contract` for every combination.
ZERO, BIAS, CONTENT = np.int64(0), np.int64(1), np.int64(2)
ONE, NOWHERE = np.int64(1), np.int64(-1)


def _tile(units, registers):
    """Return the intrinsic that computes `units` x `registers` vectors of sums."""

    @intrinsic
    def tile(typingctx, scalars, s, s_abcu, vectors, v, v_abc, counts, out, o, o_u, bias, b, start):
        def codegen(context, builder, signature, args):
            kinds = signature.args
            real = kinds[0].dtype
            width = BITS // real.bitwidth
            reals = Vectors(builder, context.get_value_type(real), width, real.bitwidth // 8)
            arrays = [context.make_array(kinds[k])(context, builder, args[k]) for k in (0, 3, 7, 10)]
            scalars, vectors, out, bias = (array.data for array in arrays)
            unpack = lambda k, n: [builder.extract_value(args[k], i) for i in range(n)]  # noqa: E731
            strides = (unpack(2, 4), unpack(5, 3), unpack(6, 3))
            at = [builder.gep(out, [builder.add(args[8], builder.mul(INT64(u), args[9]))]) for u in range(units)]
            sums = _starts(builder, reals, at, builder.gep(bias, [args[11]]), args[12], registers)
            first = builder.gep(scalars, [args[1]]), builder.gep(vectors, [args[4]])
            _loops(builder, reals, first, strides, sums)
            for u in range(units):
                for r in range(registers):
                    reals.store(builder.load(sums[u][r]), builder.gep(at[u], [INT64(r * width)]))
            return context.get_dummy_value()

        i8 = types.int64
        three, four = types.UniTuple(i8, 3), types.UniTuple(i8, 4)
        return types.void(scalars, i8, four, vectors, i8, three, three, out, i8, i8, bias, i8, i8), codegen

    return tile


def _starts(builder, reals, at, bias, start, registers):
    """Emit the registers of the sums, set to zero, to the biases or to what the output holds."""
    zero = ir.Constant(reals.kind, None)
    sums = [[cgutils.alloca_once_value(builder, zero) for _ in range(registers)] for _ in at]
    with builder.if_then(builder.icmp_signed("==", start, INT64(BIAS))):
        for u, row in enumerate(sums):
            value = reals.splat(builder.load(builder.gep(bias, [INT64(u)])))
            for register in row:
                builder.store(value, register)
    with builder.if_then(builder.icmp_signed("==", start, INT64(CONTENT))):
        for place, row in zip(at, sums, strict=True):
            for r, register in enumerate(row):
                builder.store(reals.load(builder.gep(place, [INT64(r * reals.width)])), register)
    return sums


def _loops(builder, reals, first, strides, sums):
    """Emit the three loops; scalars are reached from every third one, which takes few address registers."""
    (s_a, s_b, s_c, s_u), (v_a, v_b, v_c), (n_a, n_b, n_c) = strides
    s_2u, s_3u = builder.add(s_u, s_u), builder.add(s_u, builder.add(s_u, s_u))
    move = lambda place, index, stride: builder.gep(place, [builder.mul(index, stride)])  # noqa: E731
    with cgutils.for_range(builder, n_a, intp=INT64) as a:
        first_a = move(first[0], a.index, s_a), move(first[1], a.index, v_a)
        with cgutils.for_range(builder, n_b, intp=INT64) as b:
            first_b = move(first_a[0], b.index, s_b), move(first_a[1], b.index, v_b)
            with cgutils.for_range(builder, n_c, intp=INT64) as c:
                place, vector = move(first_b[0], c.index, s_c), move(first_b[1], c.index, v_c)
                x = [reals.load(builder.gep(vector, [INT64(r * reals.width)])) for r in range(len(sums[0]))]
                for u, row in enumerate(sums):
                    if u and u % 3 == 0:
                        place = builder.gep(place, [s_3u])
                    at = (place, builder.gep(place, [s_u]), builder.gep(place, [s_2u]))[u % 3] if u % 3 else place
                    w = reals.splat(builder.load(at))
                    for register, lanes in zip(row, x, strict=True):
                        product = builder.fmul(w, lanes, flags=FLAGS)
                        builder.store(builder.fadd(builder.load(register), product, flags=FLAGS), register)


_T12, _T6, _T4, _T1 = (_tile(units, 2) for units in (12, 6, 4, 1))
_S12, _S4, _S1 = (_tile(units, 1) for units in (12, 4, 1))


@njit(**INNER)
def tile_size(count, double):
    """Return how many of `count` rows the next tile takes."""
    if count >= 12 and MOST == 12:
        return 12
    if double and count >= 6 and count != 8:
        return 6
    return 4 if count >= 4 else 1


@njit(**INNER)
def contract(count, double, scalars, s, s_abcu, vectors, v, v_abc, counts, out, o, o_u, bias, b, start):
    """Compute out[o + u o_u + m] for u < count and m of one vector register, or of two if `double`.

    Called from compiled code; see the module for the sum. `s_abcu`, `v_abc` and `counts` are tuples of int64: the
    strides of loops a, b, c (and u), and the loops' lengths. Sums start from 0, bias[b + u] or what `out` holds, as
    `start` is ZERO, BIAS or CONTENT.
    """
    u = 0
    while u < count:
        n = tile_size(count - u, double)
        su, ou, bu = s + u * s_abcu[3], o + u * o_u, b + u
        if double:
            if n == 12:
                _T12(scalars, su, s_abcu, vectors, v, v_abc, counts, out, ou, o_u, bias, bu, start)
            elif n == 6:
                _T6(scalars, su, s_abcu, vectors, v, v_abc, counts, out, ou, o_u, bias, bu, start)
            elif n == 4:
                _T4(scalars, su, s_abcu, vectors, v, v_abc, counts, out, ou, o_u, bias, bu, start)
            else:
                _T1(scalars, su, s_abcu, vectors, v, v_abc, counts, out, ou, o_u, bias, bu, start)
        elif n == 12:
            _S12(scalars, su, s_abcu, vectors, v, v_abc, counts, out, ou, o_u, bias, bu, start)
        elif n == 4:
            _S4(scalars, su, s_abcu, vectors, v, v_abc, counts, out, ou, o_u, bias, bu, start)
        else:
            _S1(scalars, su, s_abcu, vectors, v, v_abc, counts, out, ou, o_u, bias, bu, start)
        u += n
