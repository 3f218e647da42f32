"""Dot products and updates of rows in vector registers, for rules that change the weights after every sample.

Compiled loops would do, but for two things: LLVM stores narrower vectors than it loads, and a row that was changed is
read at once again, so that the processor waits for its own stores; and what is left of a row after the whole vectors is
done element by element. Here both go by the same vectors, and the rest by halves. ``NEUROSIM_WIDE=0`` takes plain
loops.

Rows are named by matrix and number. A view, as ``w[k]``, would count references to the matrix, and threads that do so
for the same matrix wait for each other.
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


@njit(inline="always")
def _dot_wide(w, k, x, i):
    return _dot(w, k, x, i)


@njit(fastmath=FASTMATH)
def _dot_plain(w, k, x, i):
    total = w.dtype.type(0)
    for j in range(x.shape[1]):
        total += w[k, j] * x[i, j]
    return total


@njit(inline="always")
def _add_scaled_wide(w, k, x, i, factor):
    _add_scaled(w, k, x, i, factor)


@njit
def _add_scaled_plain(w, k, x, i, factor):
    for j in range(x.shape[1]):
        w[k, j] += factor * x[i, j]


@njit(inline="always")
def prefetch(x, i):
    """Bring row i of the contiguous matrix x near before it is needed; called from compiled code."""
    if WIDE:
        _prefetch(x, i)


dot, add_scaled = (_dot_wide, _add_scaled_wide) if WIDE else (_dot_plain, _add_scaled_plain)
dot.__doc__ = """Return sum_j w[k, j] x[i, j]; called from compiled code.

    `w` and `x` are C-contiguous matrices of one dtype, `w` with as many columns as `x` or more, which do not count.
    """
add_scaled.__doc__ = """Add factor * x[i, j] to every w[k, j]; see `dot`, `factor` is of the matrices' dtype."""
