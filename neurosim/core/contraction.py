"""The inner loop of all dense sums: sums of products, with a tile of results kept in vector registers.

Products of matrices, convolutions, their input gradients and their weight gradients are one and the same sum,

    out[u, m] = start + sum_abc scalars[s + a s_a + b s_b + c s_c + u s_u] vectors[v + a v_a + b v_b + c v_c + m]

over three loops with strides of their own, for a few u and a vector register or two of m. What u, m and the loops stand
for is up to the caller: for the forward pass of a convolution u counts output channels, m samples, and the loops run
over input channels and the kernel. A compiled loop would write the sums to memory and read them back at every step.
"""

from functools import cache

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from neurosim.core.jit import INNER, call_at
from neurosim.core.vector import BITS, FAST, INT64, Vectors

FLAGS = FAST[:1]  # "contract": products go unrounded into sums; the order of the sums stays as it is written
MOST = 6 if BITS == 256 else 12  # rows of a tile: more do not fit the registers
# What the sums start from. Typed, as ONE: with literals, Numba would compile `contract` for every combination.
ZERO, BIAS, CONTENT = np.int64(0), np.int64(1), np.int64(2)
ONE, NOWHERE = np.int64(1), np.int64(-1)
ONCE = (ONE, ZERO, ZERO, ZERO)


def _tile(real, units, registers, adjacent=False):
    """Return the intrinsic that computes `units` x `registers` vectors of sums, from and to addresses.

    With `adjacent` scalars, s_u = 1, a step has no addresses to add up, which the multiplications would wait for.
    """

    @intrinsic
    def tile(typingctx, scalars, s_abcu, vectors, v_abc, counts, out, o_u, bias, start):
        def codegen(context, builder, signature, args):
            kind = context.get_value_type(real)
            width = BITS // real.bitwidth
            reals = Vectors(builder, kind, width, real.bitwidth // 8)
            scalars, vectors, out, bias = (builder.inttoptr(args[k], kind.as_pointer()) for k in (0, 2, 5, 7))
            unpack = lambda k, n: [builder.extract_value(args[k], i) for i in range(n)]  # noqa: E731
            strides = (unpack(1, 4), unpack(3, 3), unpack(4, 3))
            if adjacent:
                strides[0][3] = INT64(1)
            at = [builder.gep(out, [builder.mul(INT64(u), args[6])]) for u in range(units)]
            sums = _starts(builder, reals, at, bias, args[8], registers)
            _loops(builder, reals, (scalars, vectors), strides, sums)
            for u in range(units):
                for r in range(registers):
                    reals.store(builder.load(sums[u][r]), builder.gep(at[u], [INT64(r * width)]))
            return context.get_dummy_value()

        i8 = types.int64
        three, four = types.UniTuple(i8, 3), types.UniTuple(i8, 4)
        return types.void(i8, four, i8, three, three, i8, i8, i8, i8), codegen

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
                    if isinstance(s_u, ir.Constant):
                        at = builder.gep(place, [INT64(u)])
                    else:
                        if u and u % 3 == 0:
                            place = builder.gep(place, [s_3u])
                        at = (place, builder.gep(place, [s_u]), builder.gep(place, [s_2u]))[u % 3] if u % 3 else place
                    w = reals.splat(builder.load(at))
                    for register, lanes in zip(row, x, strict=True):
                        product = builder.fmul(w, lanes, flags=FLAGS)
                        builder.store(builder.fadd(builder.load(register), product, flags=FLAGS), register)


@njit(**INNER)
def _rows(count):
    """Return how many of `count` rows the next tile takes."""
    if count >= 12 and MOST == 12:
        return 12
    if count >= 6 and count != 8:
        return 6
    return 4 if count >= 4 else 1


SIGNATURE = types.void(*[types.int64] * 22)


@cache
def contraction(real):
    """Return the kernel of all these sums for a Numba type of real numbers, to be called by its address.

    So it is compiled once, not once for every kernel that needs it. Such a call takes a while, hence its loop over
    neighbouring places.
    """
    width, item = np.int64(BITS // real.bitwidth), np.int64(real.bitwidth // 8)
    (q6, q4), (t12, t6, t4, t1), (s12, s6, s4, s1) = (
        [_tile(real, units, registers) for units in sizes]
        for sizes, registers in (((6, 4), 4), ((12, 6, 4, 1), 2), ((12, 6, 4, 1), 1))
    )

    a12 = _tile(real, 12, 2, adjacent=True)

    @njit(**INNER)
    def tile(n, left, s, s_abcu, v, v_abc, counts, o, o_u, b, start):
        """Compute n rows of as many registers as `left` elements fill, and return how many elements those are."""
        if MOST == 12 and left >= 4 * width and (n == 6 or n == 4):
            if n == 6:
                q6(s, s_abcu, v, v_abc, counts, o, o_u, b, start)
            else:
                q4(s, s_abcu, v, v_abc, counts, o, o_u, b, start)
            return 4 * width
        if left >= 2 * width:
            if n == 12 and s_abcu[3] == 1:
                a12(s, s_abcu, v, v_abc, counts, o, o_u, b, start)
            elif n == 12:
                t12(s, s_abcu, v, v_abc, counts, o, o_u, b, start)
            elif n == 6:
                t6(s, s_abcu, v, v_abc, counts, o, o_u, b, start)
            elif n == 4:
                t4(s, s_abcu, v, v_abc, counts, o, o_u, b, start)
            else:
                t1(s, s_abcu, v, v_abc, counts, o, o_u, b, start)
            return 2 * width
        if n == 12:
            s12(s, s_abcu, v, v_abc, counts, o, o_u, b, start)
        elif n == 6:
            s6(s, s_abcu, v, v_abc, counts, o, o_u, b, start)
        elif n == 4:
            s4(s, s_abcu, v, v_abc, counts, o, o_u, b, start)
        else:
            s1(s, s_abcu, v, v_abc, counts, o, o_u, b, start)
        return width

    def kernel(count, size, run, s_r, v_r, o_r, scalars, s_a, s_b, s_c, s_u, vectors, v_a, v_b, v_c, n_a, n_b, n_c,
               out, o_u, bias, start):  # fmt: skip
        s_abcu, v_abc, counts = (s_a, s_b, s_c, s_u), (v_a, v_b, v_c), (n_a, n_b, n_c)
        u = 0
        while u < count:
            n = _rows(count - u)
            for r in range(run):
                s, v = scalars + (u * s_u + r * s_r) * item, vectors + r * v_r * item
                o, b = out + (u * o_u + r * o_r) * item, bias + u * item
                m = 0
                while m < size:
                    m += tile(n, size - m, s, s_abcu, v + m * item, v_abc, counts, o + m * item, o_u, b, start)
            u += n

    return kernel


@intrinsic
def _place(typingctx, array, index):
    """Return the address of an element of a flat array."""

    def codegen(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.ptrtoint(builder.gep(data, [args[1]]), INT64)

    return types.int64(array, types.int64), codegen


@njit(**INNER)
def contract(kernel, count, size, run, scalars, s, s_abcu, vectors, v, v_abc, counts, out, o, o_u, bias, b, start):
    """Compute out[o + u o_u + m] for u < count and m < size, a multiple of a register's elements.

    Called from compiled code; `kernel` is the address of `contraction`, see the module for the sum. `s_abcu`, `v_abc`
    and `counts` are tuples of int64: the strides of loops a, b, c (and u), and the loops' lengths. Sums start from 0,
    bias[b + u] or what `out` holds, as `start` is ZERO, BIAS or CONTENT. `run` is a tuple, too: how often to do all
    this, and how far s, v and o move each time.
    """
    call_at(kernel, (
        count, size, run[0], run[1], run[2], run[3], _place(scalars, s), s_abcu[0], s_abcu[1], s_abcu[2], s_abcu[3],
        _place(vectors, v), v_abc[0], v_abc[1], v_abc[2], counts[0], counts[1], counts[2], _place(out, o), o_u,
        _place(bias, b), start,
    ))  # fmt: skip


def aligned(rows, size, dtype):
    """Return zeros whose rows start on cache lines; a row may be longer than asked for."""
    itemsize = np.dtype(dtype).itemsize
    line = 64 // itemsize
    size = -(-size // line) * line
    buffer = np.zeros(rows * size + line, dtype)
    first = -buffer.ctypes.data % 64 // itemsize
    return buffer[first : first + rows * size].reshape(rows, size)


def writable(array, dtype):
    """Return a C-contiguous array of the type that the kernels are compiled for; read-only ones are another."""
    array = np.ascontiguousarray(array, dtype)
    return array if array.flags.writeable else array.copy()
