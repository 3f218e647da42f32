"""Dot products, distances and updates of vectors in registers, for rules that change the weights after every sample.

Compiled loops would do, but for two things: LLVM stores narrower vectors than it loads, and a row that was changed is
read at once again, so that the processor waits for its own stores; and what is left of a row after the whole vectors is
done element by element. Here both go by the same vectors, and the rest by halves. ``NEUROSIM_WIDE=0`` takes plain
loops.

Rows are named by matrix and number. A view, as ``w[k]``, would count references to the matrix, and threads that do so
for the same matrix wait for each other. `squares` and `move` take tiles instead, of vectors that lie side by side.
"""

from functools import partial

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from neurosim.core.jit import FASTMATH
from neurosim.core.vector import BITS, FAST, INT32, INT64, WIDE, Vectors

LINE_BYTES = 64  # of a cache
SUMS = 4  # running sums of a dot product, to hide the latency of an addition
BLOCK = 16  # vectors in a tile, which is (D, BLOCK): every register's width divides it
TOGETHER = 8  # registers that `squares` and `move` work on, for the same reason


class _Rows:
    """A row of each of two contiguous matrices, as long as the second's, and how far the code has got in them."""

    def __init__(self, context, builder, kinds, arguments):
        self.builder, real = builder, kinds[0].dtype
        self.scalar, self.size, self.width = context.get_value_type(real), real.bitwidth // 8, BITS // real.bitwidth
        self.pointers = []
        for matrix in (0, 2):
            array = context.make_array(kinds[matrix])(context, builder, arguments[matrix])
            self.length = builder.extract_value(array.shape, 1)
            start = builder.mul(arguments[matrix + 1], self.length)
            self.pointers.append(builder.gep(array.data, [start], inbounds=True))

    def vectors(self, width):
        """Return loads and stores of `width` elements."""
        return Vectors(self.builder, self.scalar, width, self.size)

    def at(self, index):
        """Return the places of element `index` in both rows."""
        return [self.builder.gep(pointer, [index], inbounds=True) for pointer in self.pointers]

    def whole(self, count, emit):
        """Emit a loop over blocks of `count` whole vectors; emit(r, index) is for vector r of a block."""
        builder, step = self.builder, INT64(count * self.width)
        blocks = builder.sdiv(self.length, step)
        with cgutils.for_range(builder, blocks, intp=INT64) as loop:
            base = builder.mul(loop.index, step)
            for r in range(count):
                emit(r, builder.add(base, INT64(r * self.width)))
        done = builder.mul(blocks, step)
        self.done, self.left = cgutils.alloca_once_value(builder, done), builder.sub(self.length, done)

    def rest(self, elements, emit):
        """Emit what is done if `elements`, a power of two, more elements are left: emit(index)."""
        builder = self.builder
        with builder.if_then(builder.icmp_unsigned("!=", builder.and_(self.left, INT64(elements)), INT64(0))):
            index = builder.load(self.done)
            emit(index)
            builder.store(builder.add(index, INT64(elements)), self.done)


@intrinsic
def _dot(typingctx, w, k, x, i):
    """Return sum_j w[k, j] x[i, j]."""

    def codegen(context, builder, signature, args):
        rows = _Rows(context, builder, signature.args, args)

        def add(width, index, total):
            a, b = (rows.vectors(width).load(place) for place in rows.at(index))
            product = builder.fmul(a, b, flags=FAST)
            builder.store(builder.fadd(builder.load(total), product, flags=FAST), total)

        def add_whole(count, index):
            for r in range(count):
                add(rows.width, builder.add(index, INT64(r * rows.width)), sums[r])

        zero = rows.vectors(rows.width).splat(ir.Constant(rows.scalar, 0.0))
        sums = [cgutils.alloca_once_value(builder, zero) for _ in range(SUMS)]
        rows.whole(SUMS, lambda r, index: add(rows.width, index, sums[r]))
        for count in (2, 1):
            rows.rest(count * rows.width, partial(add_whole, count))
        width, total = rows.width, _sum(builder, [builder.load(part) for part in sums])
        while width > 1:
            width //= 2
            halves = [
                builder.shuffle_vector(
                    total, total, ir.Constant(ir.VectorType(INT32, width), list(range(i, i + width)))
                )
                for i in (0, width)
            ]
            total = cgutils.alloca_once_value(builder, _sum(builder, halves))
            rows.rest(width, partial(lambda width, total, index: add(width, index, total), width, total))
            total = builder.load(total)
        return builder.extract_element(total, INT32(0))

    return w.dtype(w, types.int64, x, types.int64), codegen


def _sum(builder, parts):
    """Emit the sum of vectors, in pairs."""
    while len(parts) > 1:
        half = len(parts) // 2
        parts = [builder.fadd(a, b, flags=FAST) for a, b in zip(parts[:half], parts[half:], strict=True)]
    return parts[0]


@intrinsic
def _add_scaled(typingctx, w, k, x, i, factor):
    """Add factor * x[i, j] to every w[k, j]."""

    def codegen(context, builder, signature, args):
        rows = _Rows(context, builder, signature.args, args)

        def add(width, index):
            vectors = rows.vectors(width)
            here, there = rows.at(index)
            product = builder.fmul(vectors.splat(args[4]), vectors.load(there), flags=FAST)
            vectors.store(builder.fadd(vectors.load(here), product, flags=FAST), here)

        rows.whole(1, lambda r, index: add(rows.width, index))
        width = rows.width
        while width > 1:
            width //= 2
            rows.rest(width, partial(add, width))
        return context.get_dummy_value()

    return types.void(w, types.int64, x, types.int64, w.dtype), codegen


@intrinsic
def _prefetch(typingctx, x, i):
    """Ask for row i of a contiguous matrix to be brought near."""

    def codegen(context, builder, signature, args):
        x = context.make_array(signature.args[0])(context, builder, args[0])
        size = INT64(signature.args[0].dtype.bitwidth // 8)
        row_bytes = builder.mul(builder.extract_value(x.shape, 1), size)
        byte = builder.bitcast(x.data, ir.IntType(8).as_pointer())
        start = builder.gep(byte, [builder.mul(args[1], row_bytes)])
        kinds = [byte.type, INT32, INT32, INT32]
        fetch = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), kinds), "llvm.prefetch.p0"
        )
        with cgutils.for_range_slice(builder, INT64(0), row_bytes, INT64(LINE_BYTES), INT64) as (offset, _):
            builder.call(fetch, [builder.gep(start, [offset]), INT32(0), INT32(3), INT32(1)])
        return context.get_dummy_value()

    return types.void(x, types.int64), codegen


@njit(fastmath=FASTMATH)
def _dot_plain(w, k, x, i):
    total = w.dtype.type(0)
    for j in range(x.shape[1]):
        total += w[k, j] * x[i, j]
    return total


@njit
def _add_scaled_plain(w, k, x, i, factor):
    for j in range(x.shape[1]):
        w[k, j] += factor * x[i, j]


@njit(inline="always")
def prefetch(x, i):
    """Bring row i of the contiguous matrix x near before it is needed; called from compiled code."""
    if WIDE:
        _prefetch(x, i)


class _Tiles:
    """A tile of each of two arrays (tiles, D, BLOCK), of which code takes a register of units and one sample."""

    def __init__(self, context, builder, kinds, arguments):
        self.builder, real = builder, kinds[0].dtype
        self.width = BITS // real.bitwidth
        self.reals = Vectors(builder, context.get_value_type(real), self.width, real.bitwidth // 8)
        self.arrays = [
            context.make_array(kind)(context, builder, value) if isinstance(kind, types.Array) else value
            for kind, value in zip(kinds, arguments, strict=True)
        ]
        self.features = builder.extract_value(self.arrays[0].shape, 1)
        self.steps = partial(cgutils.for_range_slice, builder, intp=INT64)  # a loop: start, stop, step

    def place(self, which, feature, vector):
        """Emit the place of a feature of a vector in array 0 or 2, of the tile that the next argument names."""
        row = self.builder.add(self.builder.mul(self.arrays[which + 1], self.features), feature)
        return self.at(self.arrays[which], row, INT64(BLOCK), vector)

    def at(self, array, row, columns, column):
        """Emit the place of an element."""
        index = self.builder.add(self.builder.mul(row, columns), column)
        return self.builder.gep(array.data, [index], inbounds=True)

    def apart(self, feature, i, units):
        """Emit how far sample i is from units in one feature."""
        x = self.reals.splat(self.builder.load(self.place(2, feature, i)))
        return self.builder.fsub(x, units, flags=FAST)


@intrinsic
def _squares(typingctx, w, tile, x, block, out, k):
    """See `squares`."""

    def codegen(context, builder, signature, args):
        tiles = _Tiles(context, builder, signature.args, args)
        reals, out, size = tiles.reals, tiles.arrays[4], INT64(BLOCK)
        columns, kept = builder.extract_value(out.shape, 1), context.get_value_type(signature.args[4].dtype)
        results = Vectors(builder, kept, tiles.width, signature.args[4].dtype.bitwidth // 8)
        by_units, by_samples = (tiles.steps(INT64(0), size, INT64(step)) for step in (tiles.width, TOGETHER))
        with by_units as (unit, _), by_samples as (first, _):
            samples = [builder.add(first, INT64(i)) for i in range(TOGETHER)]
            zero = reals.splat(ir.Constant(reals.kind.element, 0.0))
            sums = [cgutils.alloca_once_value(builder, zero) for _ in samples]
            with cgutils.for_range(builder, tiles.features, intp=INT64) as loop:
                units = reals.load(tiles.place(0, loop.index, unit))
                for i, total in zip(samples, sums, strict=True):
                    apart = tiles.apart(loop.index, i, units)
                    square = builder.fmul(apart, apart, flags=FAST)
                    builder.store(builder.fadd(builder.load(total), square, flags=FAST), total)
            for i, total in zip(samples, sums, strict=True):
                total = builder.fpext(builder.load(total), results.kind)
                results.store(total, tiles.at(out, i, columns, builder.add(args[5], unit)))
        return context.get_dummy_value()

    return types.void(w, types.int64, x, types.int64, out, types.int64), codegen


@intrinsic
def _move(typingctx, w, tile, x, block, g, which, count):
    """See `move`."""

    def codegen(context, builder, signature, args):
        tiles = _Tiles(context, builder, signature.args, args)
        reals, g, which = tiles.reals, *tiles.arrays[4:6]
        columns = builder.extract_value(g.shape, 1)

        def move_features(features, unit):
            places = [tiles.place(0, feature, unit) for feature in features]
            vectors = [cgutils.alloca_once_value(builder, reals.load(place)) for place in places]
            with cgutils.for_range(builder, args[6], intp=INT64) as loop:
                i = builder.load(builder.gep(which.data, [loop.index]))
                column = builder.add(builder.mul(args[1], INT64(BLOCK)), unit)
                shares = reals.load(tiles.at(g, i, columns, column))
                for feature, vector in zip(features, vectors, strict=True):
                    here = builder.load(vector)
                    step = builder.fmul(shares, tiles.apart(feature, i, here), flags=FAST)
                    builder.store(builder.fadd(here, step, flags=FAST), vector)
            for place, vector in zip(places, vectors, strict=True):
                reals.store(builder.load(vector), place)

        with tiles.steps(INT64(0), INT64(BLOCK), INT64(tiles.width)) as (unit, _):
            done, count = INT64(0), TOGETHER
            while count:  # features by eights, then what is left by four, two and one
                whole = builder.and_(tiles.features, INT64(-count))
                with tiles.steps(done, whole, INT64(count)) as (first, _):
                    move_features([builder.add(first, INT64(f)) for f in range(count)], unit)
                done, count = whole, count // 2
        return context.get_dummy_value()

    return types.void(w, types.int64, x, types.int64, g, which, types.int64), codegen


@njit
def _squares_plain(w, tile, x, block, out, k):
    for i in range(BLOCK):
        out[i, k : k + BLOCK] = ((x[block, :, i : i + 1] - w[tile]) ** 2).sum(0)


@njit
def _move_plain(w, tile, x, block, g, which, count):
    for i in which[:count]:
        w[tile] += g[i, tile * BLOCK : (tile + 1) * BLOCK] * (x[block, :, i : i + 1] - w[tile])


dot, add_scaled = (_dot, _add_scaled) if WIDE else (_dot_plain, _add_scaled_plain)
dot.__doc__ = """Return sum_j w[k, j] x[i, j]; called from compiled code.

    `w` and `x` are C-contiguous matrices of one dtype, `w` with as many columns as `x` or more, which do not count.
    """
add_scaled.__doc__ = """Add factor * x[i, j] to every w[k, j]; see `dot`, `factor` is of the matrices' dtype."""
squares, move = (_squares, _move) if WIDE else (_squares_plain, _move_plain)
squares.__doc__ = """Fill out[i, k + u] with the squared distance of vector i of x[block] from vector u of w[tile].

    Called from compiled code. `w` and `x` are (tiles, D, BLOCK) of one dtype; `out`, float64, has BLOCK rows.
    """
move.__doc__ = """Move each vector w_u of w[tile] by g[i, tile * BLOCK + u] (x_i - w_u), for one sample after the other.

    Called from compiled code. The samples are those of x[block] that which[:count] (int64) names; `w` and `x` are
    (tiles, D, BLOCK), `g` has BLOCK rows, all of one dtype.
    """
