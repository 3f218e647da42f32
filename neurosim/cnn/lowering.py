"""From the layers of a network to its program: emission, two simplifications, and what a loss is computed from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.cnn import program as p
from neurosim.cnn.layer import Parameter, Shape, image
from neurosim.cnn.program import Activation, Builder, Op, Pooling, Program
from neurosim.core.errors import InvalidParameter

if TYPE_CHECKING:
    from neurosim.cnn.graph import Node
    from neurosim.cnn.losses import Loss

ENDINGS: tuple[tuple[Op | Activation, str, str], ...] = (
    (Op.SOFTMAX, "softmax", "CrossEntropy"),
    (Activation.SIGMOID, "sigmoid", "BinaryCrossEntropy"),
)
"""The functions that are a part of a loss, and which."""

MONOTONE = (Activation.SIGMOID, Activation.TANH, Activation.LECUN_TANH, Activation.RELU, Activation.LEAKY_RELU)


@dataclass(frozen=True)
class Slot:
    """Where a parameter lies in the flat storage, [begin, end)."""

    parameter: Parameter
    begin: int

    @property
    def end(self) -> int:
        """The end of the slot."""
        return self.begin + self.parameter.size


@dataclass(frozen=True)
class Lowered:
    """A program, and for the name of every node (and sum before an activation) its value and its shape."""

    program: Program
    values: Mapping[str, tuple[int, Shape]]


class Site:
    """Where a layer writes its instructions.

    Attributes
    ----------
    inputs : list of int
        The numbers of the inputs' values.
    shapes : list of Shape
        Their shapes.
    shape : Shape
        The output's.
    """

    def __init__(self, lowering: "Lowering", node: "Node", inputs: list[int], shapes: list[Shape]) -> None:
        self.builder, self.inputs, self.shapes, self.shape = lowering.builder, inputs, shapes, node.shape
        self._lowering, self._name = lowering, node.name

    def offset(self, parameter: str, *, of: str | None = None) -> int:
        """Return where a parameter of this layer, or of another, lies."""
        slot = self._lowering.slots.get(f"{of or self._name}.{parameter}")
        return p.NONE if slot is None else slot.begin

    def emit(
        self, op: Op, shape: Shape, *, x: int | None = None, y: int | None = None, x_shape: Shape | None = None,
        reals: Sequence[float] = (), **columns: int,
    ) -> int:  # fmt: skip
        """Append an instruction from `x` (default: the first input) to `y` (default: a new value), which it returns."""
        if x_shape is None:
            x_shape = self.shapes[0] if x is None else self.builder.shapes[x]
        x = self.inputs[0] if x is None else x
        y = self.builder.value(image(shape)) if y is None else y
        self.builder.emit(op, x, y, x_shape=image(x_shape), y_shape=image(shape), reals=reals, **columns)
        return y

    def activate(self, activation: Any, value: int) -> int:
        """Return the value after an activation, if there is one; the sum before it is named, too."""
        if activation is None:
            return value
        self._lowering.values[f"{self._name}.sum"] = (value, self.shape)
        self.inputs, self.shapes = [value], [self.shape]
        after: int = activation.lower(self)
        return after


class Lowering:
    """Lowers a network once."""

    def __init__(self, nodes: Mapping[str, "Node"], slots: Mapping[str, Slot], output: str) -> None:
        first, *others = nodes.values()
        self.builder, self.slots, self.output = Builder(image(first.shape)), slots, output
        self.values: dict[str, tuple[int, Shape]] = {first.name: (self.builder.source, first.shape)}
        for node in others:
            inputs, shapes = zip(*(self.values[name] for name in node.inputs), strict=True)
            site = Site(self, node, list(inputs), list(shapes))
            assert node.layer is not None
            self.values[node.name] = (node.layer.lower(site), node.shape)

    def check_loss(self, owner: str, loss: "Loss | None") -> None:
        """Raise if the network ends in the function that belongs to another cross-entropy."""
        output = self.values[self.output][0]
        for function, name, better in ENDINGS:
            if loss is None or loss.fused is None or loss.fused is function:
                continue
            if logits_of(self.builder, output, function) == output:
                continue
            raise InvalidParameter(owner, "loss", loss, f"{better}() for a network that ends in a {name}")

    def finish(self, loss: "Loss | None", input_gradient: bool, optimised: bool) -> Lowered:
        """Return the program."""
        builder, output = self.builder, self.values[self.output][0]
        if optimised:
            pool_first(builder, output)
        if optimised or loss is not None:
            prune(builder, output)
        logits = output if loss is None else logits_of(builder, output, loss.fused)
        for value in (output, logits):  # a flattened image is still one
            builder.shapes[value] = image(self.values[self.output][1])
        groups, masks = group_table(self.slots)
        program = builder.finish(
            output,
            groups=groups,
            masks=masks,
            n_parameters=max((slot.end for slot in self.slots.values()), default=0),
            logits=logits,
            loss=p.Loss.NONE if loss is None else loss.kind,
            loss_reals=(0.0,) if loss is None else loss.reals,
            input_gradient=input_gradient,
        )
        if logits != output:
            program.code[program.code[:, p.Y] == output, p.NEED_X] = 0  # the loss is this instruction's gradient
        return Lowered(program, self.values)


def pool_first(builder: Builder, output: int) -> None:
    """Let a maximum pool come before a monotone activation that nothing else reads: the same values, less work."""
    readers: dict[int, list[int]] = {output: [-1]}
    for k, row in enumerate(builder.rows):
        for x in {int(row[p.X]), int(row[p.X2])} - {p.NONE}:
            readers.setdefault(x, []).append(k)
    for k, row in enumerate(builder.rows):
        if row[p.OP] != Op.ACTIVATE or row[p.KIND] not in MONOTONE or len(readers.get(int(row[p.Y]), ())) != 1:
            continue
        other = readers[int(row[p.Y])][0]
        pool = builder.rows[other]
        if other < 0 or pool[p.OP] != Op.POOL or pool[p.KIND] != Pooling.MAXIMUM:
            continue
        value, shape = int(row[p.Y]), tuple(int(size) for size in pool[[p.CO, p.HO, p.WO]])
        builder.shapes[value] = (shape[0], shape[1], shape[2])
        pool[p.X], pool[p.Y], row[p.X], row[p.Y] = row[p.X], value, value, pool[p.Y]
        row[[p.CI, p.HI, p.WI]] = row[[p.CO, p.HO, p.WO]] = shape
        builder.rows[k], builder.rows[other] = pool, row
        builder.reals[k], builder.reals[other] = builder.reals[other], builder.reals[k]


def prune(builder: Builder, output: int) -> None:
    """Leave out the instructions that the output does not depend on."""
    live, keep = {output}, np.zeros(len(builder.rows), bool)
    for k in range(len(builder.rows) - 1, -1, -1):
        row = builder.rows[k]
        if int(row[p.Y]) in live:
            keep[k] = True
            live |= {int(row[p.X]), int(row[p.X2])}
    before = np.concatenate([[0], np.cumsum(keep)])
    builder.cuts[:] = sorted({int(before[cut]) for cut in builder.cuts})
    for rows in (builder.rows, builder.reals):
        rows[:] = [row for row, kept in zip(rows, keep, strict=True) if kept]


def logits_of(builder: Builder, output: int, fused: Op | Activation | None) -> int:
    """Return the value before the softmax or sigmoid that is a part of the loss, or the output."""
    for row in builder.rows:
        if fused is not None and row[p.Y] == output:
            if isinstance(fused, Op) and row[p.OP] == fused:
                return int(row[p.X])
            if isinstance(fused, Activation) and row[p.OP] == Op.ACTIVATE and row[p.KIND] == fused:
                return int(row[p.X])
    return output


def group_table(slots: Mapping[str, Slot]) -> tuple[np.ndarray, np.ndarray]:
    """Return the groups of a program, one for each parameter, and the masks."""
    groups = np.zeros((len(slots), 5), np.int64)
    masks, n_masks = [np.empty(0)], 0
    for row, slot in zip(groups, slots.values(), strict=True):
        parameter = slot.parameter
        row[:] = slot.begin, slot.end, parameter.decays, p.NONE, parameter.trained
        if parameter.mask is not None:
            row[p.MASK] = n_masks
            masks.append(np.asarray(parameter.mask, np.float64).ravel())
            n_masks += parameter.size
    return groups, np.concatenate(masks)
