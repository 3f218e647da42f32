"""Networks as graphs of layers, with all weights in one array."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from neurosim.cnn.activations import Softmax, as_layer, ends_in_softmax
from neurosim.cnn.inspection import Inspected
from neurosim.cnn.layer import Layer, MisfitError, Shape, as_shape, layer_from
from neurosim.cnn.layers import Dense
from neurosim.cnn.losses import as_loss
from neurosim.cnn.lowering import Lowered, Lowering
from neurosim.cnn.program import Program
from neurosim.cnn.structure import Residual
from neurosim.cnn.summary import Summary, summarise
from neurosim.core import checks, storage
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.random import seed_from

if TYPE_CHECKING:
    from neurosim.cnn.gradcheck import GradientCheck

DTYPES = ("float32", "float64")
INPUT = "input"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Node:
    """A layer in its place: its name, the names of its inputs, and the shape of its output."""

    name: str
    layer: Layer | None
    inputs: tuple[str, ...]
    shape: Shape


class Graph(Inspected):
    """A network of layers that may branch and join; it is run in the order in which the layers were added.

    Parameters
    ----------
    input_shape : int or tuple of int
        (features,) of a vector, (channels, height, width) of an image; (height, width) is an image of one channel.
    dtype : "float32" or "float64", default "float32"
    random_state : None, int, Generator or RandomState
        Where the weights start: each array has its own random numbers, a function of the seed and of its place in the
        order of addition.

    Raises
    ------
    InvalidParameter
        If a layer cannot take its input; the message names the layer and both shapes.

    Examples
    --------
    >>> from neurosim.cnn import Add, Dense, Graph
    >>> net = Graph(4, random_state=0)
    >>> first = net.add(Dense(4, activation="tanh"))
    >>> second = net.add(Dense(4, activation="tanh"))
    >>> joined = net.add(Add(), first, second)
    >>> out = net.add(Dense(2), name="out")
    >>> net([[1.0, 2.0, 3.0, 4.0]]).shape, net.n_parameters
    ((1, 2), 50)
    """

    def __init__(self, input_shape: Any, *, dtype: str = "float32", random_state: Any = None) -> None:
        checks.one_of(self._owner, "dtype", dtype, DTYPES)
        super().__init__(dtype, seed_from(random_state))
        self._nodes = {INPUT: Node(INPUT, None, (), as_shape(self._owner, input_shape))}
        self._programs: dict[Any, Lowered] = {}
        self._output: str | None = None

    def add(self, layer: Layer | str, *inputs: Node | str, name: str | None = None) -> Node:
        """Add a layer and return its node.

        Parameters
        ----------
        layer : Layer or str
            A layer, or the name of an activation, as "relu".
        *inputs : Node or str
            Nodes of this graph or their names. Default: the node added last.
        name : str, optional
            Letters, digits and underscores. Default: the layer's kind with a number, as "conv1".

        Raises
        ------
        InvalidParameter
            If the layer cannot take such inputs, or the name is taken or none.
        """
        layer = as_layer(self._owner, "layer", layer)
        if name is not None and (not isinstance(name, str) or not NAME.fullmatch(name) or name in self._nodes):
            raise InvalidParameter(self._owner, "name", name, "a new name of letters, digits and underscores")
        names = [self._known(node) for node in inputs] or [next(reversed(self._nodes))]
        return self.insert(layer, names, name or self.free_name(layer.label))

    @property
    def input(self) -> Node:
        """The node of the input."""
        return self._nodes[INPUT]

    @property
    def output(self) -> Node:
        """The node whose values are the network's outputs: the last one, unless another is assigned."""
        return self._nodes[self._output or next(reversed(self._nodes))]

    @output.setter
    def output(self, node: Node | str) -> None:
        self._output = self._known(node)

    @property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes by name, in order; the first is the input."""
        return MappingProxyType(self._nodes)

    @property
    def layers(self) -> Mapping[str, Layer]:
        """The layers by name, in order."""
        return MappingProxyType({node.name: node.layer for node in self._nodes.values() if node.layer is not None})

    @property
    def input_shape(self) -> Shape:
        """(features,) or (channels, height, width) of a sample."""
        return self.input.shape

    @property
    def output_shape(self) -> Shape:
        """(features,) or (channels, height, width) of a sample's output."""
        return self.output.shape

    def lower(self, loss: Any = None, *, input_gradient: bool = False, optimised: bool = True) -> Program:
        """Return the network as a table of instructions.

        Parameters
        ----------
        loss : Loss or str, optional
        input_gradient : bool, default False
            Whether the derivatives by the inputs are wanted.
        optimised : bool, default True
            Let a maximum pool come before the activation whose only reader it is. The values between the two are not
            there then.
        """
        return self.lowered(loss, input_gradient=input_gradient, optimised=optimised).program

    def lowered(self, loss: Any = None, *, input_gradient: bool = False, optimised: bool = True) -> Lowered:
        """Return the program and the numbers of the nodes' values; parameters as for `lower`."""
        if len(self._nodes) == 1:
            raise DataError(f"{self._owner}: the network has no layers")
        loss = None if loss is None else as_loss(self._owner, loss)
        key = (loss, input_gradient, optimised, self.output.name)
        if key not in self._programs:
            lowering = Lowering(self._nodes, self._slots, self.output.name)
            lowering.check_loss(self._owner, loss)
            self._programs[key] = lowering.finish(loss, input_gradient, optimised)
        return self._programs[key]

    def gradcheck(self, x: Any, y: Any, loss: Any, **settings: Any) -> "GradientCheck":
        """Compare `gradients` with differences of the loss in float64; see `neurosim.cnn.gradcheck.gradcheck`.

        Parameters
        ----------
        x, y, loss
            As for `gradients`; a few samples are enough.
        **settings
            step=1e-5, at_most=100 (numbers checked of an array), training=True, random_state=0.
        """
        from neurosim.cnn.gradcheck import gradcheck

        return gradcheck(self, x, y, loss, **settings)

    def summary(self) -> Summary:
        """Return parameters, connections and multiply-adds of all layers; `print` it for a table."""
        return summarise(self)

    def to_dot(self) -> str:
        """Return the network in the DOT language of Graphviz."""
        from neurosim.cnn.drawing import to_dot

        return to_dot(self)

    def astype(self, dtype: str) -> Self:
        """Return a copy whose parameters have another precision."""
        checks.one_of(self._owner, "dtype", dtype, DTYPES)
        parameters, state = self.to_parts()
        return self.from_parts(parameters | {"dtype": dtype}, state)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write this network to a file that `neurosim.load` reads back; see `neurosim.save`."""
        return storage.save(self, path)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parts of the network, for `neurosim.core.storage`; hooks are left out."""
        layers = [
            {"name": node.name, "inputs": list(node.inputs), "layer": node.layer.config()}
            for node in self._nodes.values()
            if node.layer is not None
        ]
        parameters = {
            "input_shape": self.input_shape, "dtype": self.dtype.name, "key": self._key, "layers": layers,
            "output": self._output,
        }  # fmt: skip
        return parameters, {"parameters": self.flat_parameters.copy(), "statistics": self.flat_statistics.copy()}

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the network that `to_parts` took apart."""
        network = cls.__new__(cls)
        Graph.__init__(
            network, parameters["input_shape"], dtype=parameters["dtype"], random_state=int(parameters["key"])
        )
        for part in parameters["layers"]:
            network.insert(layer_from(part["layer"]), list(part["inputs"]), part["name"])
        network._output = parameters["output"]
        network._restore(state["parameters"], state["statistics"])
        return network

    def __reduce__(self) -> Any:
        return type(self).from_parts, self.to_parts()

    def __str__(self) -> str:
        return str(self.summary())

    def __repr__(self) -> str:
        shapes = f"{self.input_shape} -> {self.output_shape}"
        return f"{self._owner}({len(self._nodes) - 1} layers, {shapes}, {self.n_parameters:,} parameters)"

    @property
    def _owner(self) -> str:
        return type(self).__name__

    def _known(self, node: Any) -> str:
        name = node.name if isinstance(node, Node) else node
        if not isinstance(name, str) or name not in self._nodes:
            raise InvalidParameter(self._owner, "node", name, f"one of {', '.join(self._nodes)}")
        return name

    def free_name(self, label: str) -> str:
        """Return a label with the first number that is free."""
        number = 1
        while f"{label}{number}" in self._nodes:
            number += 1
        return f"{label}{number}"

    def insert(self, layer: Layer, inputs: list[str], name: str) -> Node:
        """Add a layer under a name, which may be that of a part, as "residual1.conv1"."""
        if isinstance(layer, Residual):
            return self._insert_parts(layer, inputs, name)
        layer = self._named_tie(layer)
        shapes = [self._nodes[other].shape for other in inputs]
        try:
            shape = layer.output_shape(*shapes)
        except MisfitError as misfit:
            came, of = (shapes[0], "the input's shape") if len(shapes) == 1 else (shapes, "the inputs' shapes")
            raise InvalidParameter(self.place(layer, inputs, name), of, came, str(misfit)) from None
        if isinstance(layer, Softmax) and ends_in_softmax(self._nodes[inputs[0]].layer):
            wanted = f"left out: {inputs[0]!r} ends in a softmax already"
            raise InvalidParameter(self.place(layer, inputs, name), "a second softmax", layer, wanted)
        if isinstance(layer, Dense) and layer.weights_of is not None:
            self._check_tie(layer, name, shapes[0])
        self._declare(name, layer, shapes)
        self._nodes[name] = Node(name, layer, tuple(inputs), shape)
        self._programs.clear()
        return self._nodes[name]

    def place(self, layer: Layer, inputs: list[str], name: str) -> str:
        """Return where a layer is or was to be, for messages."""
        return f"{self._owner}, layer {name!r} ({type(layer).__name__}) after {', '.join(inputs)}"

    def _insert_parts(self, layer: Residual, inputs: list[str], name: str) -> Node:
        kept = dict(self._nodes), dict(self._slots), dict(self._statistic_slots)  # all parts are added or none
        try:
            return layer.expand(self, inputs, name)
        except InvalidParameter:
            self._nodes, self._slots, self._statistic_slots = kept
            raise

    def _named_tie(self, layer: Layer) -> Layer:
        """Replace the layer whose weights are used by its name."""
        if not isinstance(layer, Dense) or not isinstance(layer.weights_of, Dense):
            return layer
        for node in self._nodes.values():
            if node.layer is layer.weights_of:
                return replace(layer, weights_of=node.name)
        raise InvalidParameter("Dense", "weights_of", layer.weights_of, "a layer that was added before")

    def _check_tie(self, layer: Dense, name: str, inputs: Shape) -> None:
        slot = self._slots.get(f"{layer.weights_of}.weights")
        other = self._nodes.get(layer.weights_of)
        if slot is None or other is None or not isinstance(other.layer, Dense):
            wanted = "the name of a Dense layer with weights"
            raise InvalidParameter(self._owner, "weights_of", layer.weights_of, wanted)
        if slot.parameter.shape != (layer.units, *inputs):
            raise InvalidParameter(
                f"{self._owner}, layer {name!r}", "weights_of", layer.weights_of,
                f"a layer of weights {(layer.units, *inputs)}, the transpose of this one's, not {slot.parameter.shape}",
            )  # fmt: skip
