"""A preset: a published experiment with all that it takes to run it, and the paper's numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from neurosim.cnn.graph import Graph
    from neurosim.cnn.losses import Loss
    from neurosim.cnn.optimisers import Optimiser


@dataclass(frozen=True)
class Preset:
    """A published experiment: network, task and training as its authors describe them.

    Attributes
    ----------
    name : str
        What it is called in the registry `PRESETS`.
    title : str
        One line that says what it shows.
    build : callable (random_state, dtype) -> Sequential or Graph
        Makes the network with its initial weights; dtype is "float32" or "float64".
    loss : loss
        What is minimised, e.g. `SquaredError()`.
    optimiser : optimiser
        The rule with its rates, e.g. `SGD(rate=0.1, momentum=0.9)`.
    epochs : int
        Passes over the patterns.
    batch_size : int or "full"
        Patterns per update.
    shuffle : bool
        Whether every epoch has an order of its own.
    reduction : "sum" or "mean"
        How a mini-batch's losses become one: accumulated, as the early papers do, or averaged.
    prepare : callable (images, labels) -> (x, targets)
        Turns data into the network's inputs and the loss's targets. A preset that brings its patterns along takes
        None for both.
    reference : dict of str to float
        The published numbers, each under a name that says what it is.
    source : str
        The publication.
    """

    name: str
    title: str
    build: "Callable[[Any, str], Graph]"
    loss: "Loss"
    optimiser: "Optimiser"
    epochs: int
    batch_size: "int | str"
    shuffle: bool
    reduction: str
    prepare: Callable[[Any, Any], tuple[np.ndarray, np.ndarray]]
    reference: Mapping[str, float]
    source: str

    @property
    def settings(self) -> dict[str, Any]:
        """What `train` takes beside the network and the data.

        Examples
        --------
        >>> from neurosim.cnn import PRESETS, train
        >>> preset = PRESETS["rhw_xor"]
        >>> network = preset.build(0, "float32")
        >>> training = train(network, *preset.prepare(None, None), **preset.settings)
        >>> bool(training.losses[-1] < 0.001)
        True
        """
        names = ("loss", "optimiser", "epochs", "batch_size", "shuffle", "reduction")
        return {name: getattr(self, name) for name in names}
