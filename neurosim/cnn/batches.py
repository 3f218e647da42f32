"""What goes into the kernels of both targets and what comes out."""

from typing import NamedTuple

import numpy as np


class Batches(NamedTuple):
    """Mini-batches for a number of steps.

    x (n, features) and targets (n, K) are C-contiguous, of the parameters' dtype, as weights (n,). order (steps *
    batch,) int64 names the samples; -1, only at the end of a mini-batch, stands for none. rates and momenta (steps,)
    are float64. The loss is the mean or the sum over a mini-batch.
    """

    x: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    order: np.ndarray
    rates: np.ndarray
    momenta: np.ndarray
    reduction: str = "mean"


class Fitted(NamedTuple):
    """What learning changes: parameters (P,), statistics (S,), moments (2, P), and the updates done."""

    parameters: np.ndarray
    statistics: np.ndarray
    moments: np.ndarray
    step: int


class Differentiated(NamedTuple):
    """A loss, the outputs (n, K), its gradient (P,), and values asked for with the loss's gradients by them."""

    loss: float
    outputs: np.ndarray
    gradient: np.ndarray
    values: list[np.ndarray]
    gradients: list[np.ndarray]
