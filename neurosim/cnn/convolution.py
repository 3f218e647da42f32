"""Convolutional layers: shared weights, unshared weights, and the transposed convolution."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from neurosim.cnn import initialisers
from neurosim.cnn.activations import as_activation
from neurosim.cnn.layer import Counts, Layer, MisfitError, Parameter, Shape, one_input, volume
from neurosim.cnn.layers import check_flag
from neurosim.cnn.lowering import Site
from neurosim.cnn.program import Op
from neurosim.cnn.window import Window, as_connections, as_padding, pair
from neurosim.core import checks
from neurosim.core.errors import InvalidParameter

OPERATIONS = ("correlation", "convolution")


@dataclass(frozen=True, eq=False)
class Kernels(Layer):
    """What layers with kernels share."""

    maps: int
    kernel: Any
    stride: Any = field(default=1, kw_only=True)
    padding: Any = field(default="valid", kw_only=True)
    dilation: Any = field(default=1, kw_only=True)
    activation: Any = field(default=None, kw_only=True)
    bias: Any = field(default=True, kw_only=True)
    initialiser: Any = field(default="glorot_uniform", kw_only=True)
    bias_initialiser: Any = field(default=None, kw_only=True)
    trainable: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        checks.at_least(self._owner, "maps", self.maps, 1)
        check_flag(self._owner, "trainable", self.trainable)
        if self.bias is not True and self.bias is not False and self.bias != "unit":
            raise InvalidParameter(self._owner, "bias", self.bias, 'True, False or "unit", a bias per output place')
        initialisers.check(self._owner, "initialiser", self.initialiser)
        if self.bias_initialiser is not None:
            initialisers.check(self._owner, "bias_initialiser", self.bias_initialiser)
        self._set(
            kernel=pair(self._owner, "kernel", self.kernel, 1),
            stride=pair(self._owner, "stride", self.stride, 1),
            dilation=pair(self._owner, "dilation", self.dilation, 1),
            padding=as_padding(self._owner, self.padding),
            activation=as_activation(self._owner, self.activation),
        )

    def window(self, shape: Shape) -> Window:
        """Return how the kernel moves over an image (C, H, W)."""
        return Window.over(shape, self.kernel, self.stride, self.padding, self.dilation)

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return (maps, height, width)."""
        return (int(self.maps), *self.window(one_input(shapes, 3)).output)

    def _bias(self, fans: tuple[Any, Any], shape: Shape, unit: bool) -> list[Parameter]:
        """Return the bias: one a map, or one a unit."""
        if self.bias is False:
            return []
        start = initialisers.bias_rule(self.initialiser, self.bias_initialiser)
        if not unit:
            return [Parameter("bias", (int(self.maps),), start, fans, trained=self.trainable)]
        fans = tuple(np.reshape(fan, (-1, 1, 1)) for fan in fans)  # type: ignore[assignment]
        return [Parameter("bias", shape, start, fans, trained=self.trainable)]

    def _counts(self, outputs: int, per_place: int) -> Counts:
        """Return the counts for a number of output units and of weights at an output place."""
        weights = outputs // int(self.maps) * per_place
        return Counts(outputs, weights + outputs * (self.bias is not False), weights)


@dataclass(frozen=True, eq=False)
class Conv2D(Kernels):
    """Maps of units that share a small kernel: y[o, i, j] = b[o] + sum_cpq w[o, c, p, q] x[c, i + p, j + q].

    Parameters
    ----------
    maps : int >= 1
        The output channels.
    kernel : int or (height, width)
    stride, dilation : int or pair, default 1
    padding : "valid", "same", "full", int, pair or ((top, bottom), (left, right)), default "valid"
        Zeros around the image: none; as many as keep height and width (with a stride s: 1/s of them, rounded up; an
        odd one at the bottom and on the right); as many as let the kernel touch the image; or so many.
    connections : (maps, channels) table of 0 and 1, optional
        Which maps see which channels. Default: all see all.
    operation : "correlation" or "convolution", default "correlation"
        The formula above, as in other libraries, or true convolution, whose kernel is turned by 180 degrees.
    activation : str or layer, optional
        As for `Dense`.
    bias : True, False or "unit", default True
        One bias a map, none, or one for every unit, as LeCun et al. (1989) had it.
    initialiser, bias_initialiser, trainable
        As for `Dense`; a unit's fan-in counts the channels that it sees.

    Notes
    -----
    The parameters are "weights" (maps, channels, height, width) and "bias" (maps,) or (maps, height, width).

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.cnn import Conv2D, Sequential
    >>> net = Sequential([Conv2D(1, 2, operation="convolution")], (2, 2))
    >>> net.parameters["conv1.weights"][:] = [[[[1, 2], [3, 4]]]]
    >>> float(net([[[[1.0, 0.0], [0.0, 0.0]]]])[0, 0, 0, 0])
    4.0
    """

    label: ClassVar[str] = "conv"
    connections: Any = field(default=None, kw_only=True, repr=False)
    operation: str = field(default="correlation", kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.one_of("Conv2D", "operation", self.operation, OPERATIONS)
        self._set(connections=as_connections(self.maps, self.connections))

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return (maps, height, width)."""
        channels = one_input(shapes, 3)[0]
        if self.connections is not None and self.connections.shape[1] != channels:
            raise MisfitError(f"({self.connections.shape[1]}, height, width), as connections {self.connections.shape}")
        return super().output_shape(*shapes)

    def _table(self, channels: int) -> np.ndarray:
        return np.ones((self.maps, channels), np.int64) if self.connections is None else self.connections

    def parameters(self, *shapes: Shape) -> list[Parameter]:
        """Return weights and bias."""
        channels, (height, width) = shapes[0][0], self.kernel
        table = self._table(channels)
        fans = table.sum(1) * height * width, table.sum(0).mean() * height * width
        shape = (channels, height, width, int(self.maps))
        mask = None if self.connections is None else np.broadcast_to(table.T[:, None, None, :], shape)
        flipped = slice(None, None, -1 if self.operation == "convolution" else 1)
        weights = Parameter(
            "weights", shape, self.initialiser, fans, decays=True, trained=self.trainable, mask=mask,
            view=lambda stored: stored.transpose(3, 0, 1, 2)[:, :, flipped, flipped],
        )  # fmt: skip
        return [weights, *self._bias(fans, self.output_shape(*shapes), self.bias == "unit")]

    def lower(self, site: Site) -> int:
        """Write the instructions and return the number of the output's value."""
        window, (height, width) = self.window(site.shapes[0]), self.kernel
        value = site.emit(
            Op.CONVOLVE, site.shape, kind=int(self.bias == "unit"), w=site.offset("weights"), b=site.offset("bias"),
            stride_c=height * width * self.maps, stride_kh=width * self.maps, stride_kw=self.maps, stride_o=1,
            **window.columns,
        )  # fmt: skip
        return site.activate(self.activation, value)

    def counts(self, *shapes: Shape) -> Counts:
        """Return what `Summary` says of this layer."""
        per_place = int(self._table(shapes[0][0]).sum()) * int(np.prod(self.kernel))
        return self._counts(volume(self.output_shape(*shapes)), per_place)


@dataclass(frozen=True, eq=False)
class LocallyConnected2D(Kernels):
    """Like `Conv2D`, but every place has weights and biases of its own.

    Parameters
    ----------
    maps, kernel, stride, padding, dilation, activation, initialiser, bias_initialiser, trainable
        As for `Conv2D`.
    bias : bool, default True
        One for every unit.

    Notes
    -----
    The parameters are "weights" (places_h, places_w, maps, channels, height, width) and "bias" (maps, places_h,
    places_w).
    """

    label: ClassVar[str] = "local"

    def parameters(self, *shapes: Shape) -> list[Parameter]:
        """Return weights and bias."""
        channels, (height, width), output = shapes[0][0], self.kernel, self.output_shape(*shapes)
        fans = channels * height * width, self.maps * height * width
        weights = Parameter(
            "weights", (*output[1:], channels, height, width, output[0]), self.initialiser, fans, decays=True,
            trained=self.trainable, view=lambda stored: stored.transpose(0, 1, 5, 2, 3, 4),
        )  # fmt: skip
        return [weights, *self._bias(fans, output, True)]

    def lower(self, site: Site) -> int:
        """Write the instructions and return the number of the output's value."""
        (channels, *_), (height, width), maps = site.shapes[0], self.kernel, self.maps
        value = site.emit(
            Op.CONVOLVE, site.shape, kind=1, w=site.offset("weights"), b=site.offset("bias"),
            stride_c=height * width * maps, stride_kh=width * maps, stride_kw=maps, stride_o=1,
            stride_place=channels * height * width * maps, **self.window(site.shapes[0]).columns,
        )  # fmt: skip
        return site.activate(self.activation, value)

    def counts(self, *shapes: Shape) -> Counts:
        """Return what `Summary` says of this layer."""
        per_place = shapes[0][0] * int(np.prod(self.kernel)) * self.maps
        return self._counts(volume(self.output_shape(*shapes)), per_place)


@dataclass(frozen=True, eq=False)
class ConvTranspose2D(Kernels):
    """The transpose of a correlation: every input unit adds its kernel to the output, which is larger.

    Parameters
    ----------
    maps, kernel, stride, dilation, activation, initialiser, bias_initialiser, trainable
        As for `Conv2D`; `stride` is the distance of two input units in the output.
    padding : int, pair or ((top, bottom), (left, right)), default 0
        How much of the output's border is cut off: the padding of the correlation that this is the transpose of.
    output_padding : int or pair, default 0
        Rows and columns more at the bottom and on the right, less than `stride`.
    bias : bool, default True

    Notes
    -----
    The height is (H - 1) stride + dilation (kernel - 1) + 1 - padding + output_padding. The parameters are "weights"
    (channels, maps, height, width) and "bias" (maps,).
    """

    label: ClassVar[str] = "convtranspose"
    padding: Any = field(default=0, kw_only=True)
    output_padding: Any = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_flag("ConvTranspose2D", "bias", self.bias)
        self._set(output_padding=pair("ConvTranspose2D", "output_padding", self.output_padding, 0))
        if self.padding in ("same", "full"):
            raise InvalidParameter("ConvTranspose2D", "padding", self.padding, "an int, a pair or two pairs")
        if any(more >= step for more, step in zip(self.output_padding, self.stride, strict=True)):
            raise InvalidParameter("ConvTranspose2D", "output_padding", self.output_padding, "less than stride")

    def window(self, shape: Shape) -> Window:
        """Return how the kernel moves over the output."""
        return Window.transposed(shape, self.kernel, self.stride, self.padding, self.dilation, self.output_padding)

    def parameters(self, *shapes: Shape) -> list[Parameter]:
        """Return weights and bias."""
        channels, (height, width) = shapes[0][0], self.kernel
        fans = channels * height * width, self.maps * height * width
        weights = Parameter(
            "weights", (channels, height, width, int(self.maps)), self.initialiser, fans, decays=True,
            trained=self.trainable, view=lambda stored: stored.transpose(0, 3, 1, 2),
        )  # fmt: skip
        return [weights, *self._bias(fans, (), False)]

    def lower(self, site: Site) -> int:
        """Write the instructions and return the number of the output's value."""
        height, width = self.kernel
        value = site.emit(
            Op.TRANSPOSED, site.shape, w=site.offset("weights"), b=site.offset("bias"),
            stride_c=height * width * self.maps, stride_kh=width * self.maps, stride_kw=self.maps, stride_o=1,
            **self.window(site.shapes[0]).columns,
        )  # fmt: skip
        return site.activate(self.activation, value)

    def counts(self, *shapes: Shape) -> Counts:
        """Return what `Summary` says of this layer."""
        outputs, weights = volume(self.output_shape(*shapes)), volume(shapes[0]) * self.maps * int(np.prod(self.kernel))
        return Counts(outputs, weights + outputs * self.bias, weights)


def factorised_pair(maps: int, kernel: int, **parameters: Any) -> list[Conv2D]:
    """Return two layers with kernels (kernel, 1) and (1, kernel) in place of one with a square kernel.

    Parameters
    ----------
    maps : int >= 1
        Of each of the two.
    kernel : int >= 1
    **parameters
        Of both, as for `Conv2D`; the activation is the second one's.

    Examples
    --------
    >>> from neurosim.cnn import Sequential, factorised_pair
    >>> Sequential(factorised_pair(8, 5), (8, 12, 12)).output_shape
    (8, 8, 8)
    """
    checks.at_least("factorised_pair", "kernel", kernel, 1)
    activation = parameters.pop("activation", None)
    return [
        Conv2D(maps, (kernel, 1), **parameters), Conv2D(maps, (1, kernel), activation=activation, **parameters)
    ]  # fmt: skip
