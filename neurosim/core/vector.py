"""The distance tile: the two best of many units for a block of samples, with the scores kept in vector registers.

With `rows` the only file that emits LLVM code. In a plain loop the partial scores go to memory and back for every
feature; here they stay in registers until they are compared, and no array of distances is written.
``NEUROSIM_WIDE=0`` takes a plain loop: the same units, but for rounding.
"""

import os
import platform

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

WIDE = os.environ.get("NEUROSIM_WIDE", "1") != "0"
LANES = 64  # samples in a block: 64 x 64 float32 are half of an L1 cache
GROUP = 6  # units in a tile
FAST = ("contract", "reassoc", "nsz")
INT32, INT64 = ir.IntType(32), ir.IntType(64)


def _vector_unit() -> tuple[int, int]:
    """Return the bits of a vector register and how many of them each unit of a tile takes."""
    if platform.machine().lower() in ("arm64", "aarch64"):
        return 128, 4
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return 512, 4
    return (256 if features.get("avx") else 128), 2


BITS, REGISTERS = _vector_unit()


class Vectors:
    """Loads, stores and splats of one kind of vector at a given place of the code."""

    def __init__(self, builder, scalar, width, size):
        self.builder, self.size, self.width = builder, size, width
        self.kind = ir.VectorType(scalar, width)

    def load(self, pointer):
        """Emit a load."""
        return self.builder.load(self.builder.bitcast(pointer, self.kind.as_pointer()), align=self.size)

    def store(self, value, pointer):
        """Emit a store."""
        self.builder.store(value, self.builder.bitcast(pointer, self.kind.as_pointer()), align=self.size)

    def splat(self, value):
        """Emit a vector whose elements are all one value."""
        nothing = ir.Constant(self.kind, ir.Undefined)
        first = self.builder.insert_element(nothing, value, INT32(0))
        return self.builder.shuffle_vector(
            first, nothing, ir.Constant(ir.VectorType(INT32, self.width), [0] * self.width)
        )


@intrinsic
def _tile(typingctx, xt, w, norms, k, lane, best, first, runner_up, second):
    """Score the GROUP units from k on against the samples from `lane` on, and merge them into the two best of each."""

    def codegen(context, builder, signature, args):
        real = signature.args[0].dtype
        width = BITS // real.bitwidth
        reals = Vectors(builder, context.get_value_type(real), width, real.bitwidth // 8)
        ints = Vectors(builder, INT32, width, 4)
        xt, w, norms, *found = (
            context.make_array(kind)(context, builder, value)
            for kind, value in zip(signature.args, args, strict=True)
            if isinstance(kind, types.Array)
        )
        units = [builder.add(args[3], INT64(g)) for g in range(GROUP)]
        scores = _scores(builder, reals, xt, w, norms, units, args[4])
        names = [ints.splat(builder.trunc(unit, INT32)) for unit in units]
        for r in range(REGISTERS):
            at = builder.add(args[4], INT64(r * width))
            places = [builder.gep(array.data, [at], inbounds=True) for array in found]
            _merge(builder, reals, ints, [score[r] for score in scores], names, places)
        return context.get_dummy_value()

    return types.void(xt, w, norms, types.int64, types.int64, best, first, runner_up, second), codegen


def _scores(builder, reals, xt, w, norms, units, lane):
    """Emit score[unit] = norm[unit] + sum_j w[unit, j] xt[j, lane ...]; return a list of registers per unit."""
    features = builder.extract_value(w.shape, 1)
    rows = [builder.gep(w.data, [builder.mul(unit, features)], inbounds=True) for unit in units]
    starts = [reals.splat(builder.load(builder.gep(norms.data, [unit], inbounds=True))) for unit in units]
    registers = [[cgutils.alloca_once_value(builder, start) for _ in range(REGISTERS)] for start in starts]
    with cgutils.for_range(builder, features, intp=INT64) as loop:
        base = builder.add(builder.mul(loop.index, INT64(LANES)), lane)
        at = [builder.add(base, INT64(r * reals.width)) for r in range(REGISTERS)]
        x = [reals.load(builder.gep(xt.data, [i], inbounds=True)) for i in at]
        for row, scores in zip(rows, registers, strict=True):
            weight = reals.splat(builder.load(builder.gep(row, [loop.index], inbounds=True)))
            for score, lanes in zip(scores, x, strict=True):
                product = builder.fmul(weight, lanes, flags=FAST)
                builder.store(builder.fadd(builder.load(score), product, flags=FAST), score)
    return [[builder.load(score) for score in scores] for scores in registers]


def _merge(builder, reals, ints, scores, names, places):
    """Emit the merge of a register of scores per unit into the two best; the lower unit wins a tie.

    As the search goes on, new bests become rare: a look at the least score saves the merge.
    """
    p_best, p_first, p_runner_up, p_second = places
    least = scores[0]
    for score in scores[1:]:
        least = builder.select(builder.fcmp_ordered("<", score, least), score, least)
    mask = builder.fcmp_ordered("<", least, reals.load(p_runner_up))
    mask = builder.bitcast(mask, ir.IntType(reals.width))
    with builder.if_then(builder.icmp_unsigned("!=", mask, mask.type(0))):
        best, runner_up = reals.load(p_best), reals.load(p_runner_up)
        first, second = ints.load(p_first), ints.load(p_second)
        for score, name in zip(scores, names, strict=True):
            wins, follows = builder.fcmp_ordered("<", score, best), builder.fcmp_ordered("<", score, runner_up)
            second = builder.select(wins, first, builder.select(follows, name, second))
            loser = builder.select(wins, best, score)
            runner_up = builder.select(follows, loser, runner_up)
            first = builder.select(wins, name, first)
            best = builder.select(wins, score, best)
        reals.store(best, p_best)
        reals.store(runner_up, p_runner_up)
        ints.store(first, p_first)
        ints.store(second, p_second)


@intrinsic
def _turn_square(typingctx, x, centre, i, j, xt, lane):
    """Copy the square of x - centre with its corner at (i, j) to lanes and features of a block, turned over."""

    def codegen(context, builder, signature, args):
        real = signature.args[0].dtype
        width = BITS // real.bitwidth
        reals = Vectors(builder, context.get_value_type(real), width, real.bitwidth // 8)
        x, centre, xt = (context.make_array(signature.args[k])(context, builder, args[k]) for k in (0, 1, 4))
        features = builder.extract_value(x.shape, 1)
        middle = reals.load(builder.gep(centre.data, [args[3]], inbounds=True))
        square = []
        for r in range(width):
            at = builder.add(builder.mul(builder.add(args[2], INT64(r)), features), args[3])
            square.append(builder.fsub(reals.load(builder.gep(x.data, [at], inbounds=True)), middle))
        for f, features in enumerate(turned(builder, square)):
            at = builder.add(builder.mul(builder.add(args[3], INT64(f)), INT64(LANES)), args[5])
            reals.store(features, builder.gep(xt.data, [at], inbounds=True))
        return context.get_dummy_value()

    return types.void(x, centre, types.int64, types.int64, xt, types.int64), codegen


def turned(builder, square):
    """Emit the transpose of as many vectors as each has elements: interleaving the halves log2(n) times."""
    n = len(square)
    low, high = ([k // 2 + n * (k % 2) + shift for k in range(n)] for shift in (0, n // 2))
    masks = [ir.Constant(ir.VectorType(INT32, n), mask) for mask in (low, high)]
    for _ in range(n.bit_length() - 1):
        pairs = zip(square[: n // 2], square[n // 2 :], strict=True)
        square = [builder.shuffle_vector(a, b, mask) for a, b in pairs for mask in masks]
    return square


@intrinsic
def turn_square(typingctx, source, x, step, rows, out, y, out_step):
    """Transpose a square of vectors; rows from the number `rows` on repeat the last one."""

    def codegen(context, builder, signature, args):
        real = signature.args[0].dtype
        width = BITS // real.bitwidth
        reals = Vectors(builder, context.get_value_type(real), width, real.bitwidth // 8)
        source, out = (context.make_array(signature.args[k])(context, builder, args[k]).data for k in (0, 4))
        first, last = builder.gep(source, [args[1]]), builder.sub(args[3], INT64(1))
        square = []
        for r in range(width):
            there = builder.icmp_signed("<", INT64(r), args[3])
            row = builder.select(there, INT64(r), last)
            square.append(reals.load(builder.gep(first, [builder.mul(row, args[2])])))
        first = builder.gep(out, [args[5]])
        for r, lanes in enumerate(turned(builder, square)):
            reals.store(lanes, builder.gep(first, [builder.mul(INT64(r), args[6])]))
        return context.get_dummy_value()

    i8 = types.int64
    return types.void(source, i8, i8, i8, out, i8, i8), codegen


@njit(inline="always")
def load_block(x, i0, centre, xt):
    """Fill the flat block `xt` with x[i0 : i0 + LANES] - centre, feature by feature, as far as there are samples."""
    lanes, d = min(LANES, len(x) - i0), x.shape[1]
    width = BITS // 8 // x.itemsize if WIDE and lanes == LANES else d + 1
    squares = d - d % width
    for lane in range(0, LANES if squares else 0, width):
        for j in range(0, squares, width):
            _turn_square(x, centre, i0 + lane, j, xt, lane)
    for i in range(lanes):
        for j in range(squares, d):
            xt[j * LANES + i] = x[i0 + i, j] - centre[j]


@njit(inline="always")
def _two_best_wide(xt, w, norms, best, first, runner_up, second):
    for k in range(0, len(w), GROUP):
        for lane in range(0, LANES, REGISTERS * (BITS // 8 // xt.itemsize)):
            _tile(xt, w, norms, k, lane, best, first, runner_up, second)


@njit
def _two_best_plain(xt, w, norms, best, first, runner_up, second):
    for k in range(len(w)):
        for i in range(LANES):
            score = norms[k]
            for j in range(w.shape[1]):
                score += w[k, j] * xt[j * LANES + i]
            if score < best[i]:
                runner_up[i], second[i] = best[i], first[i]
                best[i], first[i] = score, k
            elif score < runner_up[i]:
                runner_up[i], second[i] = score, k


two_best = _two_best_wide if WIDE else _two_best_plain
two_best.__doc__ = """Merge len(w) units into the two best of LANES samples; the score of unit k is norms[k] + w[k] . x.

    Called from compiled code. `xt` is the flat block of samples, feature by feature (D * LANES), `w` is (M, D) with M a
    multiple of GROUP (pad `norms` with inf), `best`, `runner_up` (scores), `first` and `second` (units, int32) have
    LANES elements and start at inf and 0. The lower unit wins a tie.
    """


@intrinsic
def _gather(typingctx, values, columns, begin, end, table, group, out):
    """See `gather`."""

    def codegen(context, builder, signature, args):
        real = signature.args[4].dtype
        width = BITS // real.bitwidth
        reals = Vectors(builder, context.get_value_type(real), width, real.bitwidth // 8)
        values, columns, table, out = (
            context.make_array(signature.args[k])(context, builder, args[k]) for k in (0, 1, 4, 6)
        )
        features, lanes = (builder.extract_value(table.shape, k) for k in (1, 2))
        first = builder.gep(table.data, [builder.mul(args[5], builder.mul(features, lanes))], inbounds=True)
        at = [INT64(r * width) for r in range(GATHERED)]
        sums = [cgutils.alloca_once_value(builder, reals.load(builder.gep(out.data, [i]))) for i in at]
        with cgutils.for_range_slice(builder, args[2], args[3], INT64(1), INT64) as (p, _):
            value = builder.load(builder.gep(values.data, [p], inbounds=True))
            if signature.args[0].dtype != real:
                value = builder.fpext(value, reals.kind.element)
            value = reals.splat(value)
            column = builder.load(builder.gep(columns.data, [p], inbounds=True))
            column = column if column.type == INT64 else builder.sext(column, INT64)
            row = builder.gep(first, [builder.mul(column, lanes)], inbounds=True)
            for total, i in zip(sums, at, strict=True):
                product = builder.fmul(value, reals.load(builder.gep(row, [i])), flags=FAST)
                builder.store(builder.fadd(builder.load(total), product, flags=FAST), total)
        for total, i in zip(sums, at, strict=True):
            reals.store(builder.load(total), builder.gep(out.data, [i]))
        return context.get_dummy_value()

    i8 = types.int64
    return types.void(values, columns, i8, i8, table, i8, out), codegen


@njit(inline="always")
def _gather_wide(values, columns, begin, end, table, group, out):
    _gather(values, columns, np.int64(begin), np.int64(end), table, group, out)


@njit
def _gather_plain(values, columns, begin, end, table, group, out):
    for p in range(begin, end):
        for k in range(table.shape[2]):
            out[k] += values[p] * table[group, columns[p], k]


GATHERED = 2  # registers of sums
gather = _gather_wide if WIDE else _gather_plain
gather.__doc__ = """Add to `out` the rows of table[group] that `columns` names, times `values`, from `begin` to `end`.

    Called from compiled code: a row of a CSR matrix times a dense one. `table` and `out` are of one dtype, `table`
    (groups, columns, gathered(dtype)); `values` may be float32 where they are float64.
    """


def gathered(dtype):
    """Return how many columns of a table `gather` takes at a time."""
    return GATHERED * BITS // 8 // np.dtype(dtype).itemsize


@njit(inline="always")
def block_buffer(size, like):
    """Return an array that starts on a cache line: a vector load across two lines costs twice."""
    buffer = np.empty(size + 64 // like.itemsize, like.dtype)
    return buffer[(-buffer.ctypes.data) % 64 // like.itemsize :][:size]
