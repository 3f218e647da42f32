"""Layers that join, part and surround values, and the radial units of LeNet-5."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from neurosim.cnn.activations import as_chain
from neurosim.cnn.layer import Counts, Layer, MisfitError, Parameter, Shape, image, one_input, volume
from neurosim.cnn.layers import check_flag
from neurosim.cnn.lowering import Site
from neurosim.cnn.program import Op
from neurosim.cnn.window import as_padding
from neurosim.core import checks
from neurosim.core.errors import InvalidParameter

if TYPE_CHECKING:
    from neurosim.cnn.graph import Graph, Node


@dataclass(frozen=True)
class Add(Layer):
    """The sum of two or more inputs of one shape."""

    label: ClassVar[str] = "add"

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the inputs' shape."""
        if len(shapes) < 2:
            raise MisfitError("one of several: graph.add(Add(), first, second) in a Graph, or Residual(layers)")
        if len(set(shapes)) != 1:
            raise MisfitError("of one shape, to be added")
        return shapes[0]

    def lower(self, site: Site) -> int:
        """Write the instructions and return the number of the output's value."""
        value = site.inputs[0]
        for other in site.inputs[1:]:
            value = site.emit(Op.ADD, image(site.shape), x=value, x2=other, x_shape=site.shape)
        return value


@dataclass(frozen=True)
class Concatenate(Layer):
    """The inputs one after the other: features of vectors, channels of images of one height and width."""

    label: ClassVar[str] = "concatenate"

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the shape of all together."""
        if len(shapes) < 2:
            raise MisfitError("one of several: graph.add(Concatenate(), first, second) in a Graph")
        if len({(len(shape), *shape[1:]) for shape in shapes}) != 1:
            raise MisfitError("those of vectors, or of images of one height and width")
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])

    def lower(self, site: Site) -> int:
        """Write the instructions and return the number of the output's value."""
        value, at = site.builder.value(image(site.shape)), 0
        for x, shape in zip(site.inputs, site.shapes, strict=True):
            site.emit(Op.COPY, image(site.shape), x=x, y=value, x_shape=shape, at=at, count=volume(shape))
            at += volume(shape)
        return value


@dataclass(frozen=True)
class Slice(Layer):
    """A part of the features of a vector or of the channels of an image.

    Parameters
    ----------
    begin : int >= 0
    end : int > begin
        The first that is not in it.
    """

    label: ClassVar[str] = "slice"
    begin: int
    end: int

    def __post_init__(self) -> None:
        checks.at_least("Slice", "begin", self.begin, 0)
        checks.at_least("Slice", "end", self.end, self.begin + 1)

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the part's shape."""
        shape = one_input(shapes)
        if shape[0] < self.end:
            raise MisfitError(f"of at least {self.end} features or channels")
        return (int(self.end - self.begin), *shape[1:])

    def lower(self, site: Site) -> int:
        """Write the instructions and return the number of the output's value."""
        columns: dict[str, Any] = {"from": self.begin * volume(site.shape[1:]), "count": volume(site.shape)}
        return site.emit(Op.COPY, image(site.shape), **columns)


@dataclass(frozen=True)
class Pad2D(Layer):
    """An image with a border of one value.

    Parameters
    ----------
    width : int, pair or ((top, bottom), (left, right))
    value : float, default 0
    """

    label: ClassVar[str] = "pad"
    width: Any
    value: float = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.width, str):
            raise InvalidParameter(
                "Pad2D", "width", self.width, "an int >= 0, a pair or ((top, bottom), (left, right))"
            )
        self._set(width=as_padding("Pad2D", self.width, "width"))
        checks.number("Pad2D", "value", self.value, "a finite number")

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the shape with the border."""
        channels, height, width = one_input(shapes, 3)
        return channels, height + sum(self.width[0]), width + sum(self.width[1])

    def lower(self, site: Site) -> int:
        """Write the instructions and return the number of the output's value."""
        top, left = self.width[0][0], self.width[1][0]
        return site.emit(Op.PAD, site.shape, reals=(float(self.value),), ph=top, pw=left)


@dataclass(frozen=True, eq=False)
class RadialBasis(Layer):
    """Units that fall with the squared distance from their centres: y[o] = -sum_c (x[c] - w[o, c])^2.

    Parameters
    ----------
    units : int >= 1
    centres : (units, features) array, optional
        Default: random, -1 or 1.
    trainable : bool, default False

    Notes
    -----
    The output units of LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998), whose centres are bitmaps of the characters;
    there the distance itself is the output. The parameter is "centres" (units, features).
    """

    label: ClassVar[str] = "radialbasis"
    units: int
    centres: Any = field(default=None, kw_only=True, repr=False)
    trainable: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        checks.at_least("RadialBasis", "units", self.units, 1)
        check_flag("RadialBasis", "trainable", self.trainable)
        if self.centres is not None:
            centres = np.asarray(self.centres)
            if centres.ndim != 2 or len(centres) != self.units or centres.dtype.kind not in "iuf":
                came = f"{centres.dtype} {centres.shape}"
                raise InvalidParameter("RadialBasis", "centres", came, f"numbers ({self.units}, features)")
            self._set(centres=np.array(centres, np.float64))

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return (units,)."""
        shape = one_input(shapes, 1)
        if self.centres is not None and shape[0] != self.centres.shape[1]:
            units, features = self.centres.shape
            raise MisfitError(f"({features},), as each of the {units} centres has {features} numbers")
        return (int(self.units),)

    def parameters(self, *shapes: Shape) -> list[Parameter]:
        """Return the centres."""
        start = "signs" if self.centres is None else self.centres.T
        shape = (shapes[0][0], int(self.units))
        return [Parameter("centres", shape, start, trained=self.trainable, view=np.transpose)]

    def lower(self, site: Site) -> int:
        """Write the instructions and return the number of the output's value."""
        return site.emit(Op.RADIAL, site.shape, w=site.offset("centres"), stride_c=self.units, stride_o=1)

    def counts(self, *shapes: Shape) -> Counts:
        """Return what `Summary` says of this layer."""
        connections = shapes[0][0] * self.units
        return Counts(self.units, connections, connections)


@dataclass(frozen=True, eq=False)
class Residual(Layer):
    """Layers with a path around them: y = layers(x) + shortcut(x).

    In a network they become layers of their own, as "residual1.conv1", and their sum is "residual1".

    Parameters
    ----------
    layers : layer or sequence of layers
        What comes out has the shape of what goes in, unless there is a `shortcut` that changes it in the same way.
    shortcut : layer or sequence of layers, optional
        Default: nothing, the input itself.

    References
    ----------
    K. He, X. Zhang, S. Ren & J. Sun, "Deep residual learning for image recognition", CVPR 2016.
    """

    label: ClassVar[str] = "residual"
    layers: Any
    shortcut: Any = None

    def __post_init__(self) -> None:
        shortcut = () if self.shortcut is None else self.shortcut
        self._set(layers=_chain("layers", self.layers), shortcut=_chain("shortcut", shortcut))

    def expand(self, network: "Graph", inputs: list[str], name: str) -> "Node":
        """Add the layers and the sum to a network and return the last node."""
        where = network.place(self, inputs, name)
        if len(inputs) != 1:
            raise InvalidParameter(where, "inputs", inputs, "one node")
        ends = []
        for prefix, chain in ((name, self.layers), (f"{name}.shortcut", self.shortcut)):
            ends.append(inputs[0])
            for layer in chain:
                ends[-1] = network.insert(layer, [ends[-1]], network.free_name(f"{prefix}.{layer.label}")).name
        inner, around = (network.nodes[end].shape for end in ends)
        if inner != around:
            wanted = f"{around}, that of the shortcut"
            if not self.shortcut:
                keep = "as many units" if len(around) == 1 else 'padding="same" and as many maps'
                wanted = f"{around}, that of the input: take {keep}, or shortcut="
            raise InvalidParameter(where, "the shape of what its layers put out", inner, wanted)
        return network.insert(Add(), ends, name)


def _chain(name: str, value: Any) -> tuple[Layer, ...]:
    return as_chain("Residual", name, [value] if isinstance(value, Layer | str) else value)
