"""Many tiny networks trained at once, side by side in one, and a look at when each has learned its task."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from neurosim.cnn.convolution import Conv2D
from neurosim.cnn.graph import Graph
from neurosim.cnn.layers import Flatten
from neurosim.cnn.sequential import Sequential
from neurosim.cnn.training import train
from neurosim.core.progress import Progress

GROUP = 25  # networks in one; more take longer, because the connections that are not there are computed, too


def train_many(
    networks: Sequence[Sequential],
    x: np.ndarray,
    targets: np.ndarray,
    *,
    tolerance: float,
    every: int = 10,
    stop: bool = True,
    **settings: Any,
) -> np.ndarray:
    """Train networks of dense layers, alike in shape, on the same task; their weights change in place.

    Parameters
    ----------
    networks : sequence of Sequential
        As a preset builds them with one seed each.
    x, targets : (n, inputs) and (n, outputs) arrays
    tolerance : float > 0
        A network has learned when all its outputs are nearer to their targets.
    every : int >= 1, default 10
        Look after every so many epochs.
    stop : bool, default True
        Whether to stop when all networks, 25 at a time, have learned.
    **settings
        As for `neurosim.cnn.train`; the reduction has to be "sum".

    Returns
    -------
    (networks,) int array
        The epoch, counted from 1, at which each was first seen to have learned, 0 if it was not.
    """
    found = []
    for first in range(0, len(networks), GROUP):
        some = networks[first : first + GROUP]
        joint, wanted = side_by_side(some), np.tile(targets, (1, len(some)))
        watch = Within(joint, x, wanted, tolerance, parts=len(some), every=every, stop=stop)
        train(joint, x, wanted, callback=watch, **settings)
        separate(joint, some)
        found.append(watch.epochs)
    return np.concatenate(found)


class Within:
    """A callback that notes after which epoch every output is close to its target.

    Parameters
    ----------
    network : Sequential or Graph
        What is trained.
    x, targets : arrays
        Its inputs (n, ...) and the outputs wanted (n, K).
    tolerance : float > 0
        An output is close if it differs from its target by less.
    parts : int >= 1
        How many networks stand side by side in `network`, see `side_by_side`.
    every : int >= 1
        Look after every so many epochs.
    stop : bool
        Whether to stop training when all parts are close.

    Attributes
    ----------
    epochs : (parts,) int array
        For each part the first such epoch that was looked at, counted from 1; 0 as long as there is none.
    """

    def __init__(
        self, network: Graph, x: np.ndarray, targets: np.ndarray, tolerance: float, *, parts: int = 1,
        every: int = 1, stop: bool = True,
    ) -> None:  # fmt: skip
        self.network, self.x, self.targets, self.tolerance = network, x, targets, tolerance
        self.every, self.stop = every, stop
        self.epochs = np.zeros(parts, np.int64)

    def __call__(self, progress: Progress) -> bool:
        """Look at the outputs; return whether training is to stop."""
        if progress.step % self.every:
            return False
        far = np.abs(self.network.forward(self.x) - self.targets) >= self.tolerance
        close = ~far.reshape(len(far), len(self.epochs), -1).any(axis=(0, 2))
        self.epochs[close & (self.epochs == 0)] = progress.step
        return self.stop and bool(self.epochs.all())


def side_by_side(networks: Sequence[Sequential]) -> Sequential:
    """Return one network in which networks of dense layers, alike in shape, stand side by side on the same inputs.

    Parameters
    ----------
    networks : sequence of Sequential
        Their weights are copied.

    Returns
    -------
    Sequential
        Its outputs are theirs, one after the other. No connection leads from one to another, so that each learns as it
        would alone (with reduction "sum", and but for rounding), while tiny ones learn a hundred times as fast.
    """
    n, first = len(networks), networks[0]
    layers: list[Any] = []
    for name, layer in first.layers.items():
        inputs, units = first.parameters[f"{name}.weights"].shape
        table = np.kron(np.eye(n), np.ones((units, inputs))) if layers else np.ones((n * units, inputs))
        layers.append(Conv2D(n * units, 1, connections=table.astype(int), activation=layer.activation))  # type: ignore
    joint = Sequential([*layers, Flatten()], (first.input_shape[0], 1, 1), dtype=first.flat_parameters.dtype.name)
    for part, network in enumerate(networks):
        for own, shared in zip(_part(joint, part, n), network.parameters.values(), strict=True):
            own[:] = shared.T
    return joint


def separate(joint: Sequential, networks: Sequence[Sequential]) -> None:
    """Give `networks` the weights that they have in `joint`, which `side_by_side` made of them."""
    for part, network in enumerate(networks):
        for own, shared in zip(_part(joint, part, len(networks)), network.parameters.values(), strict=True):
            shared[:] = own.T


def _part(joint: Sequential, part: int, n: int) -> Iterator[np.ndarray]:
    """Yield views of the weights (units, inputs) and biases (units,) of one of n networks, layer by layer."""
    for number in range(1, len(joint.layers)):
        weights, bias = (joint.parameters[f"conv{number}.{kind}"] for kind in ("weights", "bias"))
        units = len(bias) // n
        own = slice(part * units, (part + 1) * units)
        inputs = weights.shape[1] // n
        columns = slice(None) if number == 1 else slice(part * inputs, (part + 1) * inputs)
        yield weights[own, columns, 0, 0]
        yield bias[own]
