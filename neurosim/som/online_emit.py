"""The inner loop of the online map in vector registers; see `catch_up`. ``NEUROSIM_WIDE=0`` takes a plain loop."""

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from neurosim.core.rows import BLOCK
from neurosim.core.vector import BITS, FAST, INT64, WIDE, Vectors

DOUBLE = ir.DoubleType()


@intrinsic
def _catch_up(typingctx, d2, strengths, apart, t, n, begin, end):
    """See `catch_up`."""

    def codegen(context, builder, signature, args):
        bits = signature.args[1].dtype.bitwidth
        width = BITS // 64
        doubles = Vectors(builder, DOUBLE, width, 8)
        reals = Vectors(builder, context.get_value_type(signature.args[1].dtype), width, bits // 8)
        arrays = [context.make_array(signature.args[k])(context, builder, args[k]) for k in range(3)]
        d2, strengths, apart = (array.data for array in arrays)
        units, samples = (builder.extract_value(arrays[k].shape, 1) for k in (0, 2))
        _, _, _, t, n, begin, end = args

        def row(data, number, length):
            return builder.gep(data, [builder.mul(number, length)], inbounds=True)

        def times(a, b):
            return builder.fmul(a, b, flags=FAST)

        d2_t, g_t, apart_t = row(d2, t, units), row(strengths, t, units), row(apart, t, samples)
        one = doubles.splat(ir.Constant(DOUBLE, 1.0))
        with cgutils.for_range_slice(builder, begin, end, INT64(BLOCK), INT64) as (first, _):
            places = [builder.add(first, INT64(k)) for k in range(0, BLOCK, width)]
            steps = [reals.load(builder.gep(g_t, [u])) for u in places]
            steps = [builder.fpext(g, doubles.kind) if bits == 32 else g for g in steps]
            stays = [builder.fsub(one, g, flags=FAST) for g in steps]
            own = [times(stay, doubles.load(builder.gep(d2_t, [u]))) for stay, u in zip(stays, places, strict=True)]
            for value, u in zip(own, places, strict=True):
                doubles.store(value, builder.gep(d2_t, [u]))
            pulls = [times(g, value) for g, value in zip(steps, own, strict=True)]
            with cgutils.for_range_slice(builder, builder.add(t, INT64(1)), n, INT64(1), INT64) as (s, _):
                between = doubles.splat(builder.load(builder.gep(apart_t, [s])))
                d2_s = row(d2, s, units)
                for u, g, stay, pull in zip(places, steps, stays, pulls, strict=True):
                    place = builder.gep(d2_s, [u])
                    moved = builder.fsub(times(g, between), pull, flags=FAST)
                    doubles.store(builder.fadd(times(stay, doubles.load(place)), moved, flags=FAST), place)
        return context.get_dummy_value()

    i8 = types.int64
    return types.void(d2, strengths, apart, i8, i8, i8, i8), codegen


@njit
def _catch_up_plain(d2, strengths, apart, t, n, begin, end):
    for u in range(begin, end):
        g = float(strengths[t, u])
        d2[t, u] *= 1.0 - g
        for s in range(t + 1, n):
            d2[s, u] = (1.0 - g) * d2[s, u] + (g * apart[t, s] - g * d2[t, u])


catch_up = _catch_up if WIDE else _catch_up_plain
catch_up.__doc__ = """Bring the squared distances of the samples after t up to date with the steps of units towards t.

    Called from compiled code: units from `begin` to `end`, whole numbers of BLOCK; samples up to `n`. `d2` (BLOCK, M)
    float64, `strengths` (BLOCK, M), `apart` (BLOCK, BLOCK) float64, the squared distances of the samples.
    """
