"""Networks as text for Graphviz."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurosim.cnn.graph import Graph, Node


def to_dot(network: "Graph") -> str:
    """Return a network in the DOT language: a box for every layer, the shapes of values at the arrows.

    Examples
    --------
    >>> from neurosim.cnn import Dense, Sequential
    >>> print(Sequential([Dense(3, activation="tanh")], 2, random_state=0).to_dot())
    digraph network {
      rankdir=TB
      node [shape=box]
      "input" [label="input" shape=ellipse]
      "dense1" [label="dense1\\nDense, tanh"]
      "input" -> "dense1" [label="2"]
      "dense1" -> "output" [label="3"]
      "output" [label="output" shape=ellipse]
    }
    """
    lines = ["digraph network {", "  rankdir=TB", "  node [shape=box]", '  "input" [label="input" shape=ellipse]']
    for node in network.nodes.values():
        if node.layer is not None:
            lines.append(f'  "{node.name}" [label="{node.name}\\n{_kind(node)}"]')
            lines += [f'  "{name}" -> "{node.name}" [label="{_shape(network, name)}"]' for name in node.inputs]
    name, end = network.output.name, "output" if "output" not in network.nodes else "output of the network"
    lines += [f'  "{name}" -> "{end}" [label="{_shape(network, name)}"]', f'  "{end}" [label="output" shape=ellipse]']
    return "\n".join([*lines, "}"])


def _shape(network: "Graph", name: str) -> str:
    return " x ".join(map(str, network.nodes[name].shape))


def _kind(node: "Node") -> str:
    """Return what a layer is, with what matters most of it."""
    layer = node.layer
    parts = [type(layer).__name__]
    for attribute in ("kernel", "size"):
        if hasattr(layer, attribute):
            parts[0] += " {} x {}".format(*getattr(layer, attribute))
    stride = getattr(layer, "stride", (1, 1))
    if stride not in ((1, 1), getattr(layer, "size", None)):
        parts.append("stride {} x {}".format(*stride))
    if (rate := getattr(layer, "rate", None)) is not None:
        parts.append(f"{rate:g}")
    activation = getattr(layer, "activation", None)
    return ", ".join([*parts, *([activation.label] if activation else [])])
