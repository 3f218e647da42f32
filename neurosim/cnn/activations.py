"""The functions between the layers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from neurosim.cnn.layer import Layer, Shape, image, one_input
from neurosim.cnn.lowering import Site
from neurosim.cnn.program import Activation, Op
from neurosim.core import checks
from neurosim.core.errors import InvalidParameter


@dataclass(frozen=True)
class Elementwise(Layer):
    """A function of every number for itself."""

    function: ClassVar[Activation]

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the input's shape."""
        return one_input(shapes)

    def reals(self) -> tuple[float, ...]:
        """Return the function's constants."""
        return ()

    def lower(self, site: Site) -> int:
        """Write the instructions and return the number of the output's value."""
        return site.emit(Op.ACTIVATE, image(site.shape), kind=self.function, reals=self.reals())


@dataclass(frozen=True)
class Sigmoid(Elementwise):
    """The logistic function 1 / (1 + exp(-x))."""

    label: ClassVar[str] = "sigmoid"
    function: ClassVar[Activation] = Activation.SIGMOID


@dataclass(frozen=True)
class Tanh(Elementwise):
    """The hyperbolic tangent."""

    label: ClassVar[str] = "tanh"
    function: ClassVar[Activation] = Activation.TANH


@dataclass(frozen=True)
class LeCunTanh(Elementwise):
    """LeCun's scaled hyperbolic tangent, amplitude * tanh(slope x), about 1 at 1 and -1 at -1.

    Parameters
    ----------
    amplitude : float > 0, default 1.7159
    slope : float > 0, default 2/3
    """

    label: ClassVar[str] = "lecuntanh"
    function: ClassVar[Activation] = Activation.LECUN_TANH
    amplitude: float = 1.7159
    slope: float = 2.0 / 3.0

    def __post_init__(self) -> None:
        for name in ("amplitude", "slope"):
            checks.number("LeCunTanh", name, getattr(self, name), "a finite number > 0", above=0.0)

    def reals(self) -> tuple[float, ...]:
        """Return the function's constants."""
        return (float(self.amplitude), float(self.slope))


@dataclass(frozen=True)
class ReLU(Elementwise):
    """The rectifier max(x, 0); its derivative at 0 is 0."""

    label: ClassVar[str] = "relu"
    function: ClassVar[Activation] = Activation.RELU


@dataclass(frozen=True)
class LeakyReLU(Elementwise):
    """x where it is positive, else slope x.

    Parameters
    ----------
    slope : float >= 0, default 0.01
    """

    label: ClassVar[str] = "leakyrelu"
    function: ClassVar[Activation] = Activation.LEAKY_RELU
    slope: float = 0.01

    def __post_init__(self) -> None:
        checks.number("LeakyReLU", "slope", self.slope, "a finite number >= 0", least=0.0)

    def reals(self) -> tuple[float, ...]:
        """Return the function's constants."""
        return (float(self.slope),)


@dataclass(frozen=True)
class GELU(Elementwise):
    """x Phi(x), Phi being the normal distribution function (Hendrycks & Gimpel 2016, arXiv:1606.08415)."""

    label: ClassVar[str] = "gelu"
    function: ClassVar[Activation] = Activation.GELU


@dataclass(frozen=True)
class Softmax(Layer):
    """exp(x) over its sum, over the features of a vector or over the channels at every place of an image."""

    label: ClassVar[str] = "softmax"

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the input's shape."""
        return one_input(shapes)

    def lower(self, site: Site) -> int:
        """Write the instructions and return the number of the output's value."""
        return site.emit(Op.SOFTMAX, image(site.shape))


ACTIVATIONS: dict[str, type[Layer]] = {
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "lecun_tanh": LeCunTanh,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "gelu": GELU,
    "softmax": Softmax,
}
"""What `activation=` of a layer may name."""


def as_activation(owner: str, value: Any) -> Layer | None:
    """Return the layer that `activation=` stands for."""
    if value is None or isinstance(value, Elementwise | Softmax):
        return value
    if isinstance(value, str) and value in ACTIVATIONS:
        return ACTIVATIONS[value]()
    wanted = f"None, an activation such as ReLU(), or one of {', '.join(ACTIVATIONS)}"
    raise InvalidParameter(owner, "activation", value, wanted)


def as_layer(owner: str, name: str, value: Any) -> Layer:
    """Return a layer, or the activation that a name stands for."""
    if isinstance(value, Layer):
        return value
    if isinstance(value, str) and value in ACTIVATIONS:
        return ACTIVATIONS[value]()
    wanted = f"a layer, as Dense(10), or the name of an activation ({', '.join(ACTIVATIONS)})"
    if isinstance(value, type) and issubclass(value, Layer):
        wanted = f"a layer: {value.__name__}(...), with brackets"
    raise InvalidParameter(owner, name, value, wanted)


def as_chain(owner: str, name: str, value: Any) -> tuple[Layer, ...]:
    """Return the layers of a list, those of lists in it one by one."""
    if not isinstance(value, Iterable) or isinstance(value, str):
        raise InvalidParameter(owner, name, value, "a list of layers, as [Dense(10), ReLU()]")
    layers: list[Layer] = []
    for item in value:
        layers += as_chain(owner, name, item) if isinstance(item, list | tuple) else [as_layer(owner, name, item)]
    return tuple(layers)


def ends_in_softmax(layer: Layer | None) -> bool:
    """Return whether a layer is a softmax or has one as its activation."""
    return isinstance(layer, Softmax) or isinstance(getattr(layer, "activation", None), Softmax)
