"""What a layer is: plain data that says its output's shape, its parameters, and its instructions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from neurosim.cnn.keywords import Keywords
from neurosim.core.errors import InvalidParameter

if TYPE_CHECKING:
    from neurosim.cnn.lowering import Site

Shape = tuple[int, ...]
"""(features,) of a vector, (channels, height, width) of an image."""


class MisfitError(Exception):
    """A layer cannot take its inputs; the message says what it wants, the network adds which layer and what came."""


class Counts:
    """Units, connections (bias and padding included, as LeCun counts them) and multiply-adds of a layer."""

    def __init__(self, units: int = 0, connections: int = 0, multiply_adds: int = 0) -> None:
        self.units, self.connections, self.multiply_adds = int(units), int(connections), int(multiply_adds)


def as_stored(array: np.ndarray) -> np.ndarray:
    """Return what is stored as the user sees it."""
    return array


@dataclass(frozen=True)
class Parameter:
    """An array of parameters of a layer.

    Attributes
    ----------
    name : str
        As "weights".
    shape : tuple of int
        As it is stored, the output channel last.
    initialiser : Initialiser, str or number
    fans : (fan-in, fan-out)
        Of a unit; numbers, or arrays that broadcast against `shape`.
    view : callable
        From the stored array to a view of it as the user sees it.
    decays, trained : bool
        Whether weight decay applies, and whether learning changes it.
    mask : array, optional
        1 where there is a connection and 0 elsewhere, in the stored shape.
    """

    name: str
    shape: tuple[int, ...]
    initialiser: Any = 0.0
    fans: tuple[Any, Any] = (1, 1)
    view: Callable[[np.ndarray], np.ndarray] = as_stored
    decays: bool = False
    trained: bool = True
    mask: np.ndarray | None = None

    @property
    def size(self) -> int:
        """How many numbers are stored."""
        return int(np.prod(self.shape))

    @property
    def free(self) -> int:
        """How many numbers learning may change."""
        return (self.size if self.mask is None else int(self.mask.sum())) if self.trained else 0


class Layer(Keywords):
    """A part of a network: plain data, checked when it is made; the network that it is added to has the weights.

    Layers are frozen dataclasses. One object may be added to several networks, or several times to one; every addition
    has parameters of its own.
    """

    label: ClassVar[str] = "layer"
    """The first part of the names that networks give to such layers."""

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the shape of the output for inputs of these shapes."""
        raise NotImplementedError

    def parameters(self, *shapes: Shape) -> list[Parameter]:
        """Return the parameters for inputs of these shapes."""
        return []

    def statistics(self, *shapes: Shape) -> dict[str, tuple[int, float]]:
        """Return the numbers of the population that training collects: name to (size, first value)."""
        return {}

    def lower(self, site: "Site") -> int:
        """Write the instructions and return the number of the output's value."""
        raise NotImplementedError

    def counts(self, *shapes: Shape) -> Counts:
        """Return what `Summary` says of this layer."""
        return Counts()

    def config(self) -> dict[str, Any]:
        """Return this layer as plain data; `layer_from` puts it together again."""
        data = {field.name: plain(getattr(self, field.name)) for field in fields(self)}  # type: ignore[arg-type]
        return {"class": type(self).__name__, **data}

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def _owner(self) -> str:
        return type(self).__name__


def plain(value: Any) -> Any:
    """Return layers and initialisers, also inside lists, as dictionaries."""
    if isinstance(value, list | tuple):
        return type(value)(plain(item) for item in value)
    return value.config() if hasattr(value, "config") else value


def layer_from(data: Any) -> Any:
    """Return what `plain` took apart; only public layers and initialisers of this package are made.

    Raises
    ------
    ValueError
        If something else is named.
    """
    if isinstance(data, list | tuple):
        return type(data)(layer_from(item) for item in data)
    if not isinstance(data, Mapping):
        return data
    from neurosim import cnn
    from neurosim.cnn.initialisers import Initialiser

    kind = getattr(cnn, data["class"]) if data["class"] in cnn.__all__ else None
    if not isinstance(kind, type) or not issubclass(kind, Layer | Initialiser):
        raise ValueError(f"{data['class']!r} is no layer")
    return kind(**{name: layer_from(value) for name, value in data.items() if name != "class"})


def volume(shape: Shape) -> int:
    """Return the number of elements."""
    return int(np.prod(shape))


def image(shape: Shape) -> tuple[int, int, int]:
    """Return (channels, height, width), a vector being channels of 1 x 1."""
    channels, height, width = (*shape, 1, 1) if len(shape) == 1 else shape
    return channels, height, width


def one_input(shapes: Sequence[Shape], dimensions: int | None = None) -> Shape:
    """Return the only shape; `dimensions` is 1 for a vector, 3 for an image."""
    if len(shapes) != 1:
        raise MisfitError("that of a single input; Add() and Concatenate() join several")
    if dimensions and len(shapes[0]) != dimensions:
        raise MisfitError("a vector (features,): put Flatten() before" if dimensions == 1 else "an image (C, H, W)")
    return shapes[0]


def as_shape(owner: str, value: Any) -> Shape:
    """Return a shape given as n, (n,), (H, W) or (C, H, W)."""
    try:
        shape = tuple(int(size) for size in ((value,) if np.ndim(value) == 0 else value))
        exact = bool(np.all(np.equal(shape, value)))
    except (TypeError, ValueError):
        shape, exact = (), False
    shape = (1, *shape) if len(shape) == 2 else shape
    if len(shape) not in (1, 3) or min(shape) < 1 or not exact:
        raise InvalidParameter(owner, "input_shape", value, "(features,), (height, width) or (channels, height, width)")
    return shape
