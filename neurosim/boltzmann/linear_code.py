"""A restricted machine with linear hidden units, which holds the code of a deep autoencoder."""

from typing import NamedTuple

import numpy as np
from scipy.special import expit, ndtri

from neurosim.cnn.optimisers import in_time
from neurosim.core import random
from neurosim.core.errors import DivergedError
from neurosim.core.jit import one_blas_thread
from neurosim.core.progress import Callback, report

OWNER = "DeepAutoencoder"
DEVIATION = 0.1  # of the first weights
NOISE = 1 << 16  # streams of random numbers: the noise's; epoch e orders the samples by stream e


class LinearCode(NamedTuple):
    """A machine whose hidden units are real, normal with variance 1 about W^T v + c.

    Attributes
    ----------
    weights : (V, H)
    visible_bias : (V,)
    hidden_bias : (H,)
    errors : (epochs,)
        Mean squared distance of the samples from their reconstructions, before each update.
    """

    weights: np.ndarray
    visible_bias: np.ndarray
    hidden_bias: np.ndarray
    errors: np.ndarray


@one_blas_thread()
def learn_linear_code(
    x: np.ndarray,
    size: int,
    *,
    gaussian: bool,
    rate: float,
    momentum: float,
    decay: float,
    batch_size: int,
    epochs: int,
    key: int,
    callback: Callback | None = None,
) -> LinearCode:
    """Train a machine with linear hidden units by contrastive divergence with one step.

    Parameters
    ----------
    x : (n, V)
    size : int >= 1
        Hidden units.
    gaussian : bool
        Whether the visible units are linear, too; else logistic.
    rate, momentum : number, or as for `neurosim.cnn.SGD`
    decay : float >= 0
    batch_size, epochs : int >= 1
    key : int
        Seed of the first weights, the order of the samples and the noise.
    callback : optional
        Called after each epoch with the metric "error"; returning True stops.

    Raises
    ------
    DivergedError
        If the error of a mini-batch is not finite.
    """
    batch = min(batch_size, len(x))
    steps = -(-len(x) // batch)
    rates = in_time(OWNER, "code_learning_rate", rate, steps, epochs)
    momenta = in_time(OWNER, "momentum", momentum, steps, epochs, 1.0)
    weights = (DEVIATION * _normal(key, NOISE - 1, (x.shape[1], size))).astype(x.dtype)
    values = [weights, _first_bias(x, gaussian), np.zeros(size, x.dtype)]
    velocities = [np.zeros_like(value) for value in values]
    errors: list[float] = []
    for epoch in range(epochs):
        order = random.permutation(key, epoch, len(x))
        noise = _normal(key, NOISE + epoch, (len(x), size)).astype(x.dtype)
        error = 0.0
        for step in range(epoch * steps, (epoch + 1) * steps):
            rows = slice((step - epoch * steps) * batch, (step - epoch * steps + 1) * batch)
            gradients, distance = _contrast(x[order[rows]], noise[rows], values, gaussian, decay)
            if not np.isfinite(distance):
                cause = f"the learning rate of the code, {rates[step]:.3g}, is too large"
                raise DivergedError(step, np.array(errors[-5:]), cause)
            error += distance
            for value, velocity, gradient in zip(values, velocities, gradients, strict=True):
                velocity *= x.dtype.type(momenta[step])
                velocity += x.dtype.type(rates[step]) * gradient
                value += velocity
        errors.append(error / len(x))
        if report(callback, epoch + 1, epochs, error=errors[-1]):
            break
    return LinearCode(values[0], values[1], values[2], np.array(errors))


@np.errstate(over="ignore", invalid="ignore")
def _contrast(
    v: np.ndarray, noise: np.ndarray, values: list[np.ndarray], gaussian: bool, decay: float
) -> tuple[list[np.ndarray], float]:
    """Return the differences between data and reconstructions, in the order of `values`, and the squared error."""
    weights, visible_bias, hidden_bias = values
    n = v.dtype.type(len(v))
    code = v @ weights + hidden_bias
    drive = (code + noise) @ weights.T + visible_bias
    again = drive if gaussian else expit(drive)
    code_again = again @ weights + hidden_bias
    by_weights = (v.T @ code - again.T @ code_again) / n - v.dtype.type(decay) * weights
    distance = float(np.square(v - again, dtype=np.float64).sum())
    return [by_weights, (v - again).mean(axis=0), (code - code_again).mean(axis=0)], distance


def _first_bias(x: np.ndarray, gaussian: bool) -> np.ndarray:
    """Return visible biases with which the machine without hidden units has the samples' means."""
    mean = x.mean(axis=0, dtype=np.float64)
    if not gaussian:
        least = 0.5 / len(x)
        mean = np.clip(mean, least, 1.0 - least)
        mean = np.log(mean / (1.0 - mean))
    return mean.astype(x.dtype)


def _normal(key: int, stream: int, shape: tuple[int, int]) -> np.ndarray:
    return np.asarray(ndtri(random.uniform(key, stream, shape) + 2.0**-54))
