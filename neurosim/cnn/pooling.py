"""Layers that reduce maps: pooling, and the trained subsampling of LeNet."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from neurosim.cnn import initialisers
from neurosim.cnn import program as p
from neurosim.cnn.activations import as_activation
from neurosim.cnn.layer import Counts, Layer, Parameter, Shape, image, one_input, volume
from neurosim.cnn.lowering import Site
from neurosim.cnn.program import Op, Pooling
from neurosim.cnn.window import Window, as_padding, pair
from neurosim.core import checks
from neurosim.core.errors import InvalidParameter

KINDS = {"max": Pooling.MAXIMUM, "average": Pooling.AVERAGE, "l2": Pooling.L2}


def emit_pool(site: Site, window: Window, kind: Pooling, shape: Shape) -> int:
    """Write a pooling instruction; the maximum keeps where it was found."""
    marks = site.builder.reserve(p.MARKS, volume(shape)) if kind == Pooling.MAXIMUM else p.NONE
    return site.emit(Op.POOL, shape, kind=kind, marks=marks, **window.columns)


@dataclass(frozen=True)
class Pool2D(Layer):
    """The maximum, the mean or the root of the mean square over a window, for every channel.

    Parameters
    ----------
    size : int or (height, width), default 2
    kind : "max", "average" or "l2", default "max"
    stride : int or pair, optional
        Default: `size`.
    padding : int, pair, ((top, bottom), (left, right)), "valid" or "same", default 0
        Places outside the image, which take no part: a mean is over the places inside.
    """

    label: ClassVar[str] = "pool"
    size: Any = 2
    kind: str = "max"
    stride: Any = None
    padding: Any = 0

    def __post_init__(self) -> None:
        checks.one_of("Pool2D", "kind", self.kind, tuple(KINDS))
        size = pair("Pool2D", "size", self.size, 1)
        stride = size if self.stride is None else pair("Pool2D", "stride", self.stride, 1)
        self._set(size=size, stride=stride, padding=as_padding("Pool2D", self.padding))
        if self.padding == "full" or (
            not isinstance(self.padding, str)
            and any(max(around) >= reach for around, reach in zip(self.padding, size, strict=True))
        ):
            raise InvalidParameter("Pool2D", "padding", self.padding, f"less than size, {size}")

    def window(self, shape: Shape) -> Window:
        """Return how the window moves over an image."""
        return Window.over(shape, self.size, self.stride, self.padding)

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return (channels, height, width)."""
        shape = one_input(shapes, 3)
        return (shape[0], *self.window(shape).output)

    def lower(self, site: Site) -> int:
        """Write the instructions and return the number of the output's value."""
        return emit_pool(site, self.window(site.shapes[0]), KINDS[self.kind], site.shape)

    def counts(self, *shapes: Shape) -> Counts:
        """Return what `Summary` says of this layer."""
        outputs = volume(self.output_shape(*shapes))
        return Counts(outputs, outputs * int(np.prod(self.size)))


@dataclass(frozen=True)
class GlobalPool2D(Layer):
    """One number for every channel: a vector (channels,).

    Parameters
    ----------
    kind : "max", "average" or "l2", default "average"
    """

    label: ClassVar[str] = "globalpool"
    kind: str = "average"

    def __post_init__(self) -> None:
        checks.one_of("GlobalPool2D", "kind", self.kind, tuple(KINDS))

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return (channels,)."""
        return one_input(shapes, 3)[:1]

    def lower(self, site: Site) -> int:
        """Write the instructions and return the number of the output's value."""
        _, height, width = site.shapes[0]
        window = Window.over(site.shapes[0], (height, width), (1, 1), "valid")
        return emit_pool(site, window, KINDS[self.kind], image(site.shape))

    def counts(self, *shapes: Shape) -> Counts:
        """Return what `Summary` says of this layer."""
        return Counts(shapes[0][0], volume(shapes[0]))


@dataclass(frozen=True)
class Subsample2D(Layer):
    """LeNet's subsampling: the sum over a window times a coefficient plus a bias, both learned, one pair a map.

    Parameters
    ----------
    size : int or (height, width), default 2
        Windows do not overlap.
    activation : str or layer, optional
        As for `Dense`.
    initialiser : str, Initialiser or number, optional
        Where the coefficients start. Default: 1 / (height * width), which makes it the mean.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio & P. Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE
    86:2278-2324 (1998).
    """

    label: ClassVar[str] = "subsample"
    size: Any = 2
    activation: Any = field(default=None, kw_only=True)
    initialiser: Any = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        size = pair("Subsample2D", "size", self.size, 1)
        if self.initialiser is not None:
            initialisers.check("Subsample2D", "initialiser", self.initialiser)
        self._set(size=size, activation=as_activation("Subsample2D", self.activation))

    def window(self, shape: Shape) -> Window:
        """Return how the window moves over an image."""
        return Window.over(shape, self.size, self.size, "valid")

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return (channels, height, width)."""
        shape = one_input(shapes, 3)
        return (shape[0], *self.window(shape).output)

    def parameters(self, *shapes: Shape) -> list[Parameter]:
        """Return coefficient and bias."""
        channels, places = shapes[0][0], int(np.prod(self.size))
        start = 1.0 / places if self.initialiser is None else self.initialiser
        return [
            Parameter("coefficient", (channels,), start, (places, 1), decays=True),
            Parameter("bias", (channels,), initialisers.bias_rule(start, None), (places, 1)),
        ]

    def lower(self, site: Site) -> int:
        """Write the instructions and return the number of the output's value."""
        value = emit_pool(site, self.window(site.shapes[0]), Pooling.SUM, site.shape)
        w, b = site.offset("coefficient"), site.offset("bias")
        return site.activate(self.activation, site.emit(Op.SCALE, site.shape, x=value, w=w, b=b))

    def counts(self, *shapes: Shape) -> Counts:
        """Return what `Summary` says of this layer."""
        outputs = volume(self.output_shape(*shapes))
        return Counts(outputs, outputs * (int(np.prod(self.size)) + 1), outputs)
