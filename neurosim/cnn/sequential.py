"""Networks as a chain of layers."""

from collections.abc import Iterable
from typing import Any

from neurosim.cnn.activations import as_chain
from neurosim.cnn.graph import Graph
from neurosim.cnn.layer import Layer
from neurosim.core.errors import InvalidParameter


class Sequential(Graph):
    """A network of layers, each after the other.

    Parameters
    ----------
    layers : sequence of layers
        Names of activations stand for these, lists, as `factorised_pair` returns, for their layers.
    input_shape : int or tuple of int
        (features,) of a vector, (channels, height, width) of an image; (height, width) is an image of one channel.
    dtype : "float32" or "float64", default "float32"
    random_state : None, int, Generator or RandomState
        Where the weights start.

    Raises
    ------
    InvalidParameter
        If a layer cannot take its input; the message names the layer and both shapes.

    Notes
    -----
    Layers are named by their kind and a number: "conv1", "pool1", "conv2". A `Graph` in all other ways.

    Examples
    --------
    >>> from neurosim.cnn import Conv2D, Dense, Flatten, Pool2D, Sequential
    >>> layers = [Conv2D(6, 5, activation="relu"), Pool2D(2), Flatten(), Dense(10)]
    >>> net = Sequential(layers, (1, 28, 28), random_state=0)
    >>> net
    Sequential(4 layers, (1, 28, 28) -> (10,), 8,806 parameters)
    >>> net([[0.0] * 784]).shape
    (1, 10)
    """

    def __init__(
        self, layers: Iterable[Any], input_shape: Any, *, dtype: str = "float32", random_state: Any = None
    ) -> None:
        if isinstance(layers, Layer):
            wanted = "a list, as Sequential([Conv2D(8, 3), Flatten(), Dense(10)], (1, 28, 28))"
            raise InvalidParameter(self._owner, "layers", layers, wanted)
        chain = as_chain(self._owner, "layers", layers)
        super().__init__(input_shape, dtype=dtype, random_state=random_state)
        for layer in chain:
            self.add(layer)
