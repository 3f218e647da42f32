"""What a network is shown and what it should answer, checked once; and how good its answers are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import log_expit, log_softmax

from neurosim.cnn import program as p
from neurosim.cnn.losses import Loss
from neurosim.cnn.program import Program
from neurosim.core import random
from neurosim.core.errors import DataError, InvalidParameter


@dataclass(frozen=True)
class Samples:
    """Inputs (n, features), targets (n, outputs) and weights (n,) with a mean of 1, all of one dtype."""

    x: np.ndarray
    targets: np.ndarray
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: np.ndarray) -> "Samples":
        """Return some of the samples."""
        weights = self.weights[rows]
        return Samples(self.x[rows], self.targets[rows], weights / weights.mean())

    def split(self, owner: str, fraction: float, key: int) -> tuple["Samples", "Samples"]:
        """Return a random part of 1 - `fraction` of the samples to learn from, and the rest."""
        held = min(max(round(fraction * len(self)), 1), len(self) - 1)
        order = random.permutation(key, 0, len(self))
        parts = np.sort(order[held:]), np.sort(order[:held])
        for rows, part in zip(parts, ("that is learned", "set aside for the validation"), strict=True):
            if not self.weights[rows].any():
                wanted = "> 0 for some of the samples learned and some of those set aside"
                raise InvalidParameter(owner, "sample_weight", f"zeros only in the part {part}", wanted)
        return self.take(parts[0]), self.take(parts[1])


def as_inputs(owner: str, x: Any, program: Program, dtype: Any) -> np.ndarray:
    """Return inputs as C-contiguous rows (n, features).

    Raises
    ------
    DataError
        If they are no numbers, not finite, or do not fit the network.
    """
    shape = program.shapes[program.source]
    features = int(np.prod(shape))
    try:
        x = np.asarray(x)
        rows = np.ascontiguousarray(x, dtype)
    except (TypeError, ValueError):
        came = f"an array of {x.dtype}" if isinstance(x, np.ndarray) else f"a {type(x).__name__} of other things"
        raise DataError(f"{owner}: x has to be an array of numbers, one sample a row; got {came}") from None
    allowed = {shape, (features,), shape[1:] if shape[0] == 1 else shape}
    if x.ndim < 2 or len(x) == 0 or x.shape[1:] not in allowed:
        raise DataError(
            f"{owner}: x has shape {x.shape}{' and no samples' if x.ndim and not len(x) else ''}; the network takes "
            f"(samples, {features}), C x H x W = {shape}{channels_last(x.shape[1:], shape)}"
        )
    rows = rows.reshape(len(x), features)
    if not np.isfinite(rows).all():
        sample, feature = np.argwhere(~np.isfinite(rows))[0]
        raise DataError(f"{owner}: x is not finite, first at sample {sample}, feature {feature} (counted from 0)")
    return rows


def channels_last(seen: tuple[int, ...], wanted: tuple[int, ...] | None = None) -> str:
    """Return advice for images (height, width, channels), "" for others."""
    if len(seen) != 3 or seen[-1] not in (1, 3) or (wanted is not None and (seen[2], *seen[:2]) != tuple(wanted)):
        return ""
    return "; its channels seem to come last: numpy.transpose(x, (0, 3, 1, 2)) makes them the first axis of an image"


def as_samples(
    owner: str, x: Any, y: Any, sample_weight: Any, *, loss: Loss, program: Program, dtype: Any
) -> Samples:  # fmt: skip
    """Return checked samples."""
    rows = as_inputs(owner, x, program, dtype)
    targets = loss.targets(y, int(np.prod(program.shapes[program.logits])), dtype)
    if len(targets) != len(rows):
        raise DataError(f"{owner}: x has {len(rows)} samples and y {len(targets)}")
    if sample_weight is None:
        return Samples(rows, targets, np.ones(len(rows), dtype))
    weights = np.asarray(sample_weight, np.float64)
    if weights.shape != (len(rows),) or not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        wanted = f"{len(rows)} finite numbers >= 0, one a sample, not all zero"
        raise InvalidParameter(owner, "sample_weight", f"an array of shape {weights.shape}", wanted)
    return Samples(rows, targets, (weights / weights.mean()).astype(dtype))


def mean_loss(program: Program, logits: np.ndarray, samples: Samples) -> float:
    """Return the mean of the samples' weighted losses; `logits` (n, outputs) are what the loss is computed from."""
    y, t = logits.astype(np.float64), samples.targets.astype(np.float64)
    if program.loss == p.Loss.CROSS_ENTROPY:
        losses = -(t * log_softmax(_places(program, y), axis=1).reshape(y.shape)).sum(axis=1)
    elif program.loss == p.Loss.BINARY_CROSS_ENTROPY:
        losses = -(t * log_expit(y) + (1 - t) * log_expit(-y)).sum(axis=1)
    else:
        margin = program.loss_reals[0]
        right = (margin > 0) & (((t > 0.5) & (y > 1 - margin)) | ((t < 0.5) & (y < margin)))
        losses = (np.where(right, 0.0, y - t) ** 2).sum(axis=1) / 2
    return float(np.average(losses, weights=samples.weights))


def accuracy(program: Program, logits: np.ndarray, samples: Samples) -> float:
    """Return the weighted share of samples, and of their places if there are several, whose largest output is right.

    That is the target's; NaN if there are no classes.
    """
    if program.loss != p.Loss.CROSS_ENTROPY:
        return float("nan")
    right = _places(program, logits).argmax(axis=1) == _places(program, samples.targets).argmax(axis=1)
    return float(np.average(right.mean(axis=1), weights=samples.weights))


def _places(program: Program, outputs: np.ndarray) -> np.ndarray:
    """Return outputs (n, K) as (n, classes, places)."""
    return outputs.reshape(len(outputs), -1, program.logit_places)
