"""A convolution, the halving maximum pool that follows it and a ReLU in one pass, for inference; see `cpu_layers`.

The convolution's values stay in the L1 cache and are not kept: written to the block's values and read back they would
cost about a third of the time.
"""

from functools import cache

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from neurosim.cnn.cpu_layers import convolve_row
from neurosim.cnn.program import CO, HO, NONE, WO, B
from neurosim.core.contraction import BIAS, MOST, ZERO
from neurosim.core.jit import INNER
from neurosim.core.vector import BITS, INT64, Vectors

BAND = 8  # places of a row: 12 channels of two rows are 24 KiB


def _maximum(rectified):
    """Return the intrinsic that sets target[to ...] to the largest of four vectors, or of them and zero."""

    @intrinsic
    def maximum(typingctx, source, at, right, down, target, to):
        def codegen(context, builder, signature, args):
            real = signature.args[0].dtype
            reals = Vectors(builder, context.get_value_type(real), BITS // real.bitwidth, real.bitwidth // 8)
            source, target = (context.make_array(signature.args[k])(context, builder, args[k]).data for k in (0, 4))
            first = builder.gep(source, [args[1]])
            steps = [INT64(0), args[2], args[3], builder.add(args[2], args[3])]
            four = [reals.load(builder.gep(first, [step])) for step in steps]
            larger = lambda x, y: builder.select(builder.fcmp_ordered(">", y, x), y, x)  # noqa: E731
            most = larger(larger(four[0], four[1]), larger(four[2], four[3]))
            if rectified:
                zero = ir.Constant(reals.kind, None)
                most = builder.select(builder.fcmp_ordered("<", most, zero), zero, most)
            reals.store(most, builder.gep(target, [args[5]]))
            return context.get_dummy_value()

        i8 = types.int64
        return types.void(source, i8, i8, i8, target, i8), codegen

    return maximum


@cache
def convolve_halve(rectified):
    """Return the function that sets target[y] to the maxima of 2 x 2 places of a convolution of source[x]."""
    maximum = _maximum(rectified)

    @njit(**INNER)
    def convolve(g, weights, source, x, target, y, lanes, scratch):
        width = BITS // 8 // source.itemsize
        start = BIAS if g[B] != NONE else ZERO
        for i in range(0, g[HO], 2):
            for j in range(0, g[WO], BAND):
                band = min(BAND, g[WO] - j)
                for o in range(0, g[CO], MOST):
                    count = min(MOST, g[CO] - o)
                    for row in range(2):
                        convolve_row(g, weights, source, x, i + row, j, j + band, o, count,
                                     scratch, row * band * lanes, 2 * band * lanes, lanes, start)  # fmt: skip
                    for u in range(count):
                        to = y + (((o + u) * g[HO] + i) * g[WO] // 4 + j // 2) * lanes
                        at = 2 * u * band * lanes
                        for place in range(band // 2):
                            for lane in range(0, lanes, width):
                                maximum(scratch, at + 2 * place * lanes + lane, lanes, band * lanes,
                                        target, to + place * lanes + lane)  # fmt: skip

    return convolve
