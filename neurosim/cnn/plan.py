"""How a network is trained, checked."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.cnn.augmentation import Augmentation
from neurosim.cnn.optimisers import Optimiser
from neurosim.cnn.program import Program
from neurosim.core import checks
from neurosim.core.errors import InvalidParameter


@dataclass(frozen=True)
class Plan:
    """How a network is trained; see `neurosim.cnn.train`."""

    program: Program
    optimiser: Optimiser
    epochs: int
    batch_size: int | str
    shuffle: bool = True
    reduction: str = "mean"
    augment: Any = None
    patience: int | None = None
    tolerance: float = 0.0
    keep_best: bool = False
    key: int = 0
    backend: str = "auto"
    owner: str = "train"

    def __post_init__(self) -> None:
        checks.at_least(self.owner, "epochs", self.epochs, 1)
        if self.batch_size != "full":
            wanted = 'an integer >= 1 or "full"'
            if not isinstance(self.batch_size, int | np.integer) or self.batch_size < 1 or self.batch_size is True:
                raise InvalidParameter(self.owner, "batch_size", self.batch_size, wanted)
        if not isinstance(self.shuffle, bool | np.bool_):
            raise InvalidParameter(self.owner, "shuffle", self.shuffle, "True or False")
        checks.one_of(self.owner, "reduction", self.reduction, ("mean", "sum"))
        if not isinstance(self.optimiser, Optimiser):
            raise InvalidParameter(self.owner, "optimiser", self.optimiser, "an optimiser such as Adam(1e-3)")
        if not isinstance(self.augment, Augmentation | None):
            raise InvalidParameter(self.owner, "augment", self.augment, "None or an augmentation such as Shift(2)")
        if self.augment is not None and self.program.shapes[self.program.source][1:] == (1, 1):
            wanted = "None for a network of vectors; (channels, height, width) can be its input_shape"
            raise InvalidParameter(self.owner, "augment", self.augment, wanted)
        if self.patience is not None:
            checks.at_least(self.owner, "patience", self.patience, 1)
        checks.number(self.owner, "tolerance", self.tolerance, "a number >= 0", least=0)
