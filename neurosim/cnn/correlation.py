"""Weight gradients of convolutions with few channels, and blocks turned from lanes to channels.

With one or six input channels there are too few inputs to broadcast. The gradient of a few outputs' kernels is then
summed lane by lane in registers, and over the lanes at the end.
"""

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from neurosim.cnn.program import (
    CI,
    CO,
    DH,
    DW,
    HI,
    HO,
    KH,
    KW,
    PH,
    PW,
    SH,
    STRIDE_C,
    STRIDE_KH,
    STRIDE_KW,
    STRIDE_O,
    SW,
    WI,
    WO,
    W,
)  # fmt: skip
from neurosim.core.contraction import FLAGS, ZERO
from neurosim.core.vector import BITS, INT64, Vectors, turn_square


def _lags(outputs, places):
    """Return the intrinsic that correlates `outputs` rows of slopes with an input at `places` shifts."""

    @intrinsic
    def lags(typingctx, slopes, y, y_abou, source, x, x_abq, counts, out):
        def codegen(context, builder, signature, args):
            kinds = signature.args
            real = kinds[0].dtype
            width = BITS // real.bitwidth
            reals = Vectors(builder, context.get_value_type(real), width, real.bitwidth // 8)
            slopes, source, out = (context.make_array(kinds[k])(context, builder, args[k]).data for k in (0, 3, 7))
            (y_a, y_b, y_o), (x_a, x_b, x_q), (n_a, n_b, n_lanes) = (
                [builder.extract_value(args[k], i) for i in range(3)] for k in (2, 5, 6)
            )
            zero = ir.Constant(reals.kind, None)
            sums = [[cgutils.alloca_once_value(builder, zero) for _ in range(places)] for _ in range(outputs)]
            for row in sums:
                for register in row:
                    builder.store(zero, register)
            move = lambda place, index, stride: builder.gep(place, [builder.mul(index, stride)])  # noqa: E731
            first = builder.gep(slopes, [args[1]]), builder.gep(source, [args[4]])
            with cgutils.for_range(builder, n_a, intp=INT64) as a:
                first_a = move(first[0], a.index, y_a), move(first[1], a.index, x_a)
                with cgutils.for_range(builder, n_b, intp=INT64) as b:
                    first_b = move(first_a[0], b.index, y_b), move(first_a[1], b.index, x_b)
                    with cgutils.for_range(builder, n_lanes, intp=INT64) as lane:
                        shift = builder.mul(lane.index, INT64(width))
                        at = builder.gep(first_b[1], [shift])
                        inputs = [reals.load(move(at, INT64(q), x_q)) for q in range(places)]
                        at = builder.gep(first_b[0], [shift])
                        for o, row in enumerate(sums):
                            slope = reals.load(move(at, INT64(o), y_o))
                            for value, register in zip(inputs, row, strict=True):
                                product = builder.fmul(slope, value, flags=FLAGS)
                                builder.store(builder.fadd(builder.load(register), product, flags=FLAGS), register)
            scalar = reals.kind.element
            name = f"llvm.vector.reduce.fadd.v{width}f{real.bitwidth}"
            reduce = cgutils.get_or_insert_function(builder.module, ir.FunctionType(scalar, [scalar, reals.kind]), name)
            for o, row in enumerate(sums):
                for q, register in enumerate(row):
                    total = builder.call(
                        reduce, [ir.Constant(scalar, 0.0), builder.load(register)], fastmath=("reassoc", "nsz")
                    )
                    builder.store(total, builder.gep(out, [INT64(o * places + q)]))
            return context.get_dummy_value()

        i8 = types.int64
        three = types.UniTuple(i8, 3)
        return types.void(slopes, i8, three, source, i8, three, three, out), codegen

    return lags


ROWS = 4  # outputs of a tile
_LAGS5, _LAGS3, _LAGS1 = (_lags(ROWS, places) for places in (5, 3, 1))


@njit(inline="always")
def correlate(g, source, x, slopes, y, gradients, lanes, scratch, add):
    """Set or add the gradient of a convolution's weights; see `cpu_layers.weight_gradient`."""
    height, width = (g[HO] - 1) * g[SH] + (g[KH] - 1) * g[DH] + 1, (g[WO] - 1) * g[SW] + (g[KW] - 1) * g[DW] + 1
    row, out = width * lanes, g[HO] * g[WO] * lanes
    sums = scratch[height * row :]
    counts = (g[HO], g[WO], lanes // (BITS // 8 // source.itemsize))
    x_abq = (g[SH] * row, g[SW] * lanes, g[DW] * lanes)
    for c in range(g[CI]):
        _border(g, source, x + c * g[HI] * g[WI] * lanes, scratch, height, width, lanes)
        o = 0
        while o < g[CO]:
            # the last tile may repeat outputs; with fewer than a tile has, its rows are all the same one
            first = min(o, g[CO] - ROWS) if g[CO] >= ROWS else o
            end = first + ROWS if g[CO] >= ROWS else o + 1
            y_abo = (g[WO] * lanes, lanes, out if g[CO] >= ROWS else ZERO)
            for p in range(g[KH]):
                q = 0
                while q < g[KW]:
                    n_q = 5 if q + 5 <= g[KW] else (3 if q + 3 <= g[KW] else 1)
                    at = p * g[DH] * row + q * g[DW] * lanes
                    if n_q == 5:
                        _LAGS5(slopes, y + first * out, y_abo, scratch, at, x_abq, counts, sums)
                    elif n_q == 3:
                        _LAGS3(slopes, y + first * out, y_abo, scratch, at, x_abq, counts, sums)
                    else:
                        _LAGS1(slopes, y + first * out, y_abo, scratch, at, x_abq, counts, sums)
                    to = g[W] + c * g[STRIDE_C] + p * g[STRIDE_KH] + q * g[STRIDE_KW]
                    for u in range(o, end):
                        for k in range(n_q):
                            at = to + k * g[STRIDE_KW] + u * g[STRIDE_O]
                            total = sums[(u - first) * n_q + k]
                            gradients[at] = gradients[at] + total if add else total
                    q += n_q
            o = end


@njit(inline="always")
def _border(g, source, x, scratch, height, width, lanes):
    """Copy a channel to scratch, as the kernel sees it: with its border of zeros, without what is not met."""
    for i in range(height):
        h = i - g[PH]
        for j in range(width):
            v = j - g[PW]
            to = (i * width + j) * lanes
            if 0 <= h < g[HI] and 0 <= v < g[WI]:
                at = x + (h * g[WI] + v) * lanes
                for m in range(lanes):
                    scratch[to + m] = source[at + m]
            else:
                for m in range(lanes):
                    scratch[to + m] = 0


@njit(inline="always")
def turn(source, x, places, channels, lanes, out, padded):
    """Copy source[x], [channel][place][lane], to out, [place][lane][channel], rows padded to `padded` channels."""
    width = BITS // 8 // source.itemsize
    for place in range(places):
        for lane in range(0, lanes, width):
            for c in range(0, padded, width):
                turn_square(
                    source, x + (c * places + place) * lanes + lane, places * lanes, min(width, channels - c),
                    out, (place * lanes + lane) * padded + c, padded,
                )  # fmt: skip
