"""Dense layers, flattening, and what is thrown away in training."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from neurosim.cnn import initialisers
from neurosim.cnn import program as p
from neurosim.cnn.activations import as_activation
from neurosim.cnn.layer import Counts, Parameter, Shape, image, one_input, volume
from neurosim.cnn.layer import Layer as Layer
from neurosim.cnn.lowering import Site
from neurosim.cnn.program import Op
from neurosim.core import checks
from neurosim.core.errors import InvalidParameter


def check_flag(owner: str, name: str, value: Any) -> None:
    """Raise unless `value` is True or False."""
    if not isinstance(value, bool):
        raise InvalidParameter(owner, name, value, "True or False")


@dataclass(frozen=True)
class Dense(Layer):
    """Units that see the whole input: y = f(W^T x + b).

    Parameters
    ----------
    units : int >= 1
    activation : str or layer, optional
        "sigmoid", "tanh", "lecun_tanh", "relu", "leaky_relu", "gelu" or "softmax", or e.g. ``LeakyReLU(0.2)``.
    bias : bool, default True
    initialiser : str, Initialiser or number, default "glorot_uniform"
        Where the weights start: "lecun_uniform", "lecun_normal", "glorot_uniform", "glorot_normal", "he_uniform",
        "he_normal", "zeros", "pytorch" (uniform within 1 / sqrt(fan-in), biases, too), ``Uniform(limit)``,
        ``Normal(deviation)``, or a number.
    bias_initialiser : str, Initialiser or number, optional
        Default: 0, or as the weights if they start as "pytorch".
    weights_of : str or Dense, optional
        Use the transpose of another dense layer's weights, given by its name in the network or itself (tied weights).
    trainable : bool, default True

    Notes
    -----
    The input is a vector; put `Flatten` before for images. The parameters are "weights" (inputs, units) and "bias"
    (units,).

    Examples
    --------
    >>> from neurosim.cnn import Dense, Sequential
    >>> net = Sequential([Dense(2, activation="sigmoid"), Dense(1, activation="sigmoid")], 2, random_state=0)
    >>> net.parameters["dense1.weights"].shape
    (2, 2)
    """

    label: ClassVar[str] = "dense"
    units: int
    activation: Any = field(default=None, kw_only=True)
    bias: bool = field(default=True, kw_only=True)
    initialiser: Any = field(default="glorot_uniform", kw_only=True)
    bias_initialiser: Any = field(default=None, kw_only=True)
    weights_of: Any = field(default=None, kw_only=True)
    trainable: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        checks.at_least("Dense", "units", self.units, 1)
        check_flag("Dense", "bias", self.bias)
        check_flag("Dense", "trainable", self.trainable)
        initialisers.check("Dense", "initialiser", self.initialiser)
        if self.bias_initialiser is not None:
            initialisers.check("Dense", "bias_initialiser", self.bias_initialiser)
        if not isinstance(self.weights_of, str | Dense | None):
            raise InvalidParameter("Dense", "weights_of", self.weights_of, "the name of a Dense layer, or the layer")
        self._set(activation=as_activation("Dense", self.activation))

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return (units,)."""
        one_input(shapes, 1)
        return (int(self.units),)

    def parameters(self, *shapes: Shape) -> list[Parameter]:
        """Return weights and bias."""
        (inputs,) = one_input(shapes, 1)
        fans, units = (inputs, self.units), int(self.units)
        weights = Parameter("weights", (inputs, units), self.initialiser, fans, decays=True, trained=self.trainable)
        start = initialisers.bias_rule(self.initialiser, self.bias_initialiser)
        bias = Parameter("bias", (units,), start, fans, trained=self.trainable)
        return [*([weights] if self.weights_of is None else []), *([bias] if self.bias else [])]

    def lower(self, site: Site) -> int:
        """Write the instructions and return the number of the output's value."""
        (inputs,) = site.shapes[0]
        strides: dict[str, Any] = {"stride_c": self.units, "stride_o": 1}
        if self.weights_of is not None:
            strides = {"stride_c": 1, "stride_o": inputs}
        w, b = site.offset("weights", of=self.weights_of), site.offset("bias")
        value = site.emit(Op.CONVOLVE, site.shape, x_shape=(inputs,), w=w, b=b, **strides)
        return site.activate(self.activation, value)

    def counts(self, *shapes: Shape) -> Counts:
        """Return what `Summary` says of this layer."""
        (inputs,) = one_input(shapes, 1)
        return Counts(self.units, (inputs + self.bias) * self.units, inputs * self.units)


@dataclass(frozen=True)
class Flatten(Layer):
    """An image as a vector: channels, then rows, then columns. Nothing is moved."""

    label: ClassVar[str] = "flatten"

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return (features,)."""
        return (volume(one_input(shapes)),)

    def lower(self, site: Site) -> int:
        """Return the input's value."""
        return site.inputs[0]


@dataclass(frozen=True)
class Masking(Layer):
    """Set a part of the numbers to 0 in training, for denoising autoencoders; the others stay as they are.

    Parameters
    ----------
    rate : float in [0, 1)
        The probability of 0, drawn anew for every number.

    References
    ----------
    P. Vincent et al., "Extracting and composing robust features with denoising autoencoders", ICML 2008.
    """

    label: ClassVar[str] = "masking"
    rate: float

    def __post_init__(self) -> None:
        checks.number(self._owner, "rate", self.rate, "a number in [0, 1)", least=0.0, below=1.0)

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the input's shape."""
        return one_input(shapes)

    def gain(self) -> float:
        """Return what the numbers that stay are multiplied by."""
        return 1.0

    def lower(self, site: Site) -> int:
        """Write the instructions and return the number of the output's value."""
        if self.rate == 0:
            return site.inputs[0]
        marks = site.builder.reserve(p.MARKS, volume(site.shape))
        return site.emit(Op.DROPOUT, image(site.shape), marks=marks, reals=(self.rate, self.gain()))


@dataclass(frozen=True)
class Dropout(Masking):
    """Set a part of the numbers to 0 in training and multiply the others by 1 / (1 - rate).

    Parameters
    ----------
    rate : float in [0, 1)
        The probability of 0, drawn anew for every number.

    References
    ----------
    N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15:1929-1958
    (2014). There the weights are scaled after training instead, which is the same.
    """

    label: ClassVar[str] = "dropout"

    def gain(self) -> float:
        """Return what the numbers that stay are multiplied by."""
        return 1.0 / (1.0 - self.rate)
