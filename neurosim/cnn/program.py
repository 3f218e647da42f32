"""A network as a table of instructions: what the kernels of both targets carry out, whatever its layers are.

One interpreter for all networks means that a new network compiles nothing. Forward, the instructions run from the
first to the last; backward, from the last to the first, each handing on the gradient of its output to its inputs.

Every tensor that flows between instructions is a *value*: C channels of H x W numbers per sample (a vector is C x 1 x
1), kept as [C][H][W][lane], the samples of a block being the lanes. So a flattened tensor is the same value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np

Shape = tuple[int, int, int]


class Op(IntEnum):
    """What an instruction does; x and y stand for its input and its output, w for its parameters.

    Indices: o, c channels of y and x; (i, j) places of y; (p, q) the kernel's; h = stride i - padding + dilation p.
    """

    CONVOLVE = 0
    """y[o, i, j] = b[o] + sum_cpq w[c, p, q, o] x[c, h, v], nothing outside x; dense layers have 1 x 1 maps."""
    TRANSPOSED = 1
    """y[o, h, v] = b[o] + sum over all c, i, j, p, q that lead to (h, v) of w[c, p, q, o] x[c, i, j]."""
    ACTIVATE = 2
    """y = f(x), KIND is an `Activation`, the slope is reals[0]; of LECUN_TANH the amplitude and the slope."""
    SOFTMAX = 3
    """y[c] = exp x[c] / sum_c exp x[c] at every place."""
    POOL = 4
    """y = maximum, mean, root of the mean square, or sum (KIND is a `Pooling`) over a window's places inside x."""
    SCALE = 5
    """y = w[c] x + b[c]."""
    MOMENTS = 6
    """Sum x and its squared differences over samples and places, per channel. X, Y, W, B are those of NORMALISE, which
    follows after a cut; backward, NORMALISE sums and MOMENTS hands on the gradient."""
    NORMALISE = 7
    """y = w[c] (x - mean) / sqrt(variance + reals[0]) + b[c]; the population's statistics move by reals[1]."""
    DROPOUT = 8
    """y = x or 0, with the probability reals[0]; kept numbers are multiplied by reals[1]. Not in training: y = x."""
    ADD = 9
    """y = x + x2."""
    COPY = 10
    """y[AT + n] = x[FROM + n] for COUNT elements of the flattened values: slices and concatenations."""
    PAD = 11
    """y is x with a border of reals[0]; x[c, 0, 0] stands at y[c, PADDING]."""
    RADIAL = 12
    """y[o] = -sum_c (x[c] - w[c, o])^2, the units of LeNet-5's output."""


class Activation(IntEnum):
    """The functions of ACTIVATE."""

    SIGMOID = 0
    TANH = 1
    LECUN_TANH = 2
    RELU = 3
    LEAKY_RELU = 4
    GELU = 5


class Pooling(IntEnum):
    """The functions of POOL."""

    MAXIMUM = 0
    AVERAGE = 1
    L2 = 2
    SUM = 3


class Loss(IntEnum):
    """What is minimised, summed over a sample's outputs y with targets t; reals: margin of SQUARED."""

    NONE = 0
    SQUARED = 1
    """1/2 (y - t)^2; with a margin m > 0 nothing where t > 1/2 and y > 1 - m, or t < 1/2 and y < m."""
    CROSS_ENTROPY = 2
    """-t log softmax(y)."""
    BINARY_CROSS_ENTROPY = 3
    """-t log s(y) - (1 - t) log(1 - s(y)), s the logistic function."""


# Columns of an instruction
(OP, KIND, X, X2, Y, W, B, CI, HI, WI, CO, HO, WO, KH, KW, SH, SW, PH, PW, DH, DW, STRIDE_C, STRIDE_KH, STRIDE_KW,
 STRIDE_O, STRIDE_PLACE, FROM, AT, COUNT, STATISTICS, MARKS, PARTIALS, STREAM, NEED_X, NEED_X2, ADD_X, ADD_X2, ADD_W,
 ADD_B, CONTRACT) = range(40)  # fmt: skip
COLUMNS = 40
REALS = 4
NONE = -1
# Columns of a group of parameters
BEGIN, END, DECAYS, MASK, TRAINED = range(5)


@dataclass(frozen=True, eq=False)
class Program:
    """A lowered network; offsets count elements, those into values per lane.

    Attributes
    ----------
    code : (instructions, COLUMNS) int64, see the columns' names
        NEED_X: whether the gradient of X is wanted; ADD_X, ADD_W, ADD_B: whether it is added to what is there, because
        an instruction that runs earlier in the backward pass has written it. W and B are offsets of parameters, the
        weight of (c, p, q, o) being at W + c STRIDE_C + p STRIDE_KH + q STRIDE_KW + o STRIDE_O, plus STRIDE_PLACE
        (i WO + j) where every place has weights of its own.
        CONTRACT is for the kernels: the CPU's fill in the address of their sums.
    reals : (instructions, REALS) float64
    shapes : list of (C, H, W) per value
    places : (values + 1,) int64, offsets of the values; the last is the size of all
    groups : (groups, 5) int64: BEGIN, END of parameters, DECAYS (weight decay applies), MASK (offset or NONE), TRAINED
    masks : (M,) float64, 1 where a connection exists, else 0
    n_parameters, n_statistics, n_marks, n_partials : int
        Sizes of the parameters, the population's statistics (means then variances of a NORMALISE from STATISTICS on),
        the int32 marks per lane (MARKS: argmax of a pool, what dropout keeps), and the sums per block (PARTIALS: 4 C).
    segments : (segments + 1,) int64
        Where the code is cut: an instruction after a cut reads what all blocks wrote before it.
    source, output, logits : int
        The values of the input, of the output, and what a loss is computed from (softmax and sigmoid are parts of
        the cross-entropies).
    loss, loss_reals
        The loss and its numbers: margin.
    """

    code: np.ndarray
    reals: np.ndarray
    shapes: tuple[Shape, ...]
    places: np.ndarray
    groups: np.ndarray
    masks: np.ndarray
    n_parameters: int
    n_statistics: int
    n_marks: int
    n_partials: int
    segments: np.ndarray
    source: int
    output: int
    logits: int
    loss: Loss
    loss_reals: np.ndarray

    @property
    def logit_places(self) -> int:
        """The places over each of which a cross-entropy is taken: those of the softmax that it replaces, if any."""
        for row in self.code:
            if row[OP] == Op.SOFTMAX and row[X] == self.logits:
                return int(row[HI] * row[WI])
        return int(np.prod(self.shapes[self.logits][1:]))

    @cached_property
    def multiply_adds(self) -> float:
        """Of a forward pass of one sample, with one for every number that another instruction puts out."""
        code = self.code
        sums = np.isin(code[:, OP], (Op.CONVOLVE, Op.TRANSPOSED, Op.RADIAL))
        turned = code[:, OP] == Op.TRANSPOSED
        places = np.where(turned, code[:, HI] * code[:, WI], code[:, HO] * code[:, WO])
        inner = np.where(sums, code[:, CI] * code[:, KH] * code[:, KW], 1)
        return float((places * code[:, CO] * inner).sum())

    def masked(self, parameters: np.ndarray) -> np.ndarray:
        """Return a copy of parameters, or of a gradient by them, with zeros where there is no connection."""
        parameters = parameters.copy()
        for group in self.groups[self.groups[:, MASK] != NONE]:
            mask = self.masks[group[MASK] : group[MASK] + group[END] - group[BEGIN]]
            parameters[group[BEGIN] : group[END]] *= mask.astype(parameters.dtype)
        return parameters


class Builder:
    """Collects the instructions of a network; layers call `value` and `emit`."""

    def __init__(self, source: Shape) -> None:
        self.shapes: list[Shape] = []
        self.rows: list[np.ndarray] = []
        self.reals: list[np.ndarray] = []
        self.cuts: list[int] = [0]
        self.sizes = {STATISTICS: 0, MARKS: 0, PARTIALS: 0}
        self.source = self.value(source)

    def value(self, shape: Shape) -> int:
        """Return the number of a new value."""
        self.shapes.append(shape)
        return len(self.shapes) - 1

    def reserve(self, column: int, size: int) -> int:
        """Return the offset of `size` elements of STATISTICS, MARKS (per lane) or PARTIALS (per block)."""
        offset = self.sizes[column]
        self.sizes[column] += size
        return offset

    def cut(self) -> None:
        """What follows reads sums of all blocks."""
        self.cuts.append(len(self.rows))

    def emit(
        self, op: Op, x: int, y: int, *, x_shape: Shape, y_shape: Shape, reals: Sequence[float] = (), **columns: int
    ) -> None:
        """Append an instruction; `columns` are named as above in lower case, the others are NONE, 0 or 1."""
        row = np.zeros(COLUMNS, np.int64)
        row[[X2, W, B, STATISTICS, MARKS, PARTIALS]] = NONE
        row[[KH, KW, SH, SW, DH, DW]] = 1
        row[[OP, X, Y, STREAM]] = op, x, y, len(self.rows)
        row[[CI, HI, WI]], row[[CO, HO, WO]] = x_shape, y_shape
        for name, value in columns.items():
            row[globals()[name.upper()]] = value
        self.rows.append(row)
        self.reals.append(np.array([*reals, *[0.0] * (REALS - len(reals))]))

    def finish(
        self,
        output: int,
        *,
        groups: np.ndarray,
        masks: np.ndarray,
        n_parameters: int,
        logits: int | None = None,
        loss: Loss = Loss.NONE,
        loss_reals: Sequence[float] = (0.0,),
        input_gradient: bool = False,
    ) -> Program:
        """Return the program; `input_gradient` asks for the gradient of the input, too."""
        code = np.array(self.rows, np.int64).reshape(-1, COLUMNS)
        from_logits = output if logits is None else logits
        groups = _reached(groups, code[receives(code, from_logits)])
        _plan_gradients(code, len(self.shapes), self.source if input_gradient else NONE, from_logits)
        sizes = np.cumsum([0, *(int(np.prod(shape)) for shape in self.shapes)])
        return Program(
            code,
            np.array(self.reals).reshape(-1, REALS),
            tuple(self.shapes),
            sizes.astype(np.int64),
            groups,
            masks,
            n_parameters,
            self.sizes[STATISTICS],
            self.sizes[MARKS],
            self.sizes[PARTIALS],
            np.array([*self.cuts, len(code)], np.int64),
            self.source,
            output,
            from_logits,
            loss,
            np.array(loss_reals, np.float64),
        )


def receives(code: np.ndarray, logits: int) -> np.ndarray:
    """Return which instructions get a gradient: those on a way to the values that the loss is computed from."""
    reached = {logits}
    flags = np.zeros(len(code), bool)
    for k in range(len(code) - 1, -1, -1):
        if code[k, Y] in reached:
            flags[k] = True
            reached.update(int(code[k, x]) for x in (X, X2) if code[k, x] != NONE)
    return flags


def _reached(groups: np.ndarray, code: np.ndarray) -> np.ndarray:
    """Return the groups with those not trained, and so not decayed either, that get no gradient."""
    groups = np.array(groups, np.int64).reshape(-1, 5)
    groups[~np.isin(groups[:, BEGIN], code[:, [W, B]]), TRAINED] = 0
    return groups


def _plan_gradients(code: np.ndarray, n_values: int, source: int, logits: int) -> None:
    """Fill in which gradients are needed and which are added to earlier ones."""
    needed = np.zeros(n_values, bool)
    if source != NONE:
        needed[source] = True
    flags = receives(code, logits)
    for row, flag in zip(code, flags, strict=True):
        row[NEED_X] = needed[row[X]] and flag
        row[NEED_X2] = row[X2] != NONE and needed[row[X2]] and flag
        inputs = [row[x] for x in (X, X2) if row[x] != NONE]
        needed[row[Y]] |= bool(row[W] != NONE or row[B] != NONE or needed[inputs].any())
    written = np.zeros(n_values, bool)
    parameters: set[int] = set()
    for row in (code[k] for k in np.flatnonzero(flags)[::-1]):
        if row[OP] != Op.NORMALISE:
            for need, x, add in ((NEED_X, X, ADD_X), (NEED_X2, X2, ADD_X2)):
                if row[need]:
                    row[add] = written[row[x]]
                    written[row[x]] = True
        if row[OP] != Op.MOMENTS:
            for offset, add in ((W, ADD_W), (B, ADD_B)):
                if row[offset] != NONE:
                    row[add] = int(row[offset]) in parameters
                    parameters.add(int(row[offset]))
