"""What is minimised."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from neurosim.cnn import program as p
from neurosim.cnn.program import Activation, Op
from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter


@dataclass(frozen=True)
class Loss:
    """A loss: summed over the outputs of a sample, then the mean or the sum over samples."""

    kind: ClassVar[p.Loss]
    fused: ClassVar[Op | Activation | None] = None
    """The function that the loss is computed together with, if a network ends in it."""

    @property
    def reals(self) -> tuple[float, ...]:
        """The loss's constants."""
        return (0.0,)

    def targets(self, y: Any, n_outputs: int, dtype: Any) -> np.ndarray:
        """Return targets (n, outputs) for what a user gives.

        Parameters
        ----------
        y : (n, ...) array with as many numbers a sample as there are outputs; for `CrossEntropy` also (n,) ints
        n_outputs : int
        dtype : dtype

        Raises
        ------
        DataError
            If the shape or a value does not fit.
        """
        y = np.asarray(y)
        if y.ndim == 1 and n_outputs == 1:
            y = y[:, None]
        size = int(np.prod(y.shape[1:]))
        if y.ndim < 2 or size != n_outputs:
            raise DataError(f"{type(self).__name__}: targets of shape {y.shape} for {n_outputs} outputs a sample")
        try:
            targets = np.ascontiguousarray(y.reshape(len(y), size), dtype)
        except (TypeError, ValueError):
            raise DataError(f"{type(self).__name__}: targets have to be numbers; got {y.dtype}") from None
        if not np.isfinite(targets).all():
            raise DataError(f"{type(self).__name__}: targets hold NaN or infinity")
        return targets


@dataclass(frozen=True)
class SquaredError(Loss):
    """1/2 sum (y - t)^2 over the outputs.

    Parameters
    ----------
    margin : float in [0, 0.5), default 0
        With targets 0 and 1: outputs above 1 - margin where 1 is wanted, or below margin where 0 is, count as right
        (Rumelhart, Hinton & Williams 1986 took 0.2).
    """

    kind: ClassVar[p.Loss] = p.Loss.SQUARED
    margin: float = 0.0

    def __post_init__(self) -> None:
        checks.number("SquaredError", "margin", self.margin, "a number in [0, 0.5)", least=0.0, below=0.5)

    @property
    def reals(self) -> tuple[float, ...]:
        """The loss's constants."""
        return (float(self.margin),)


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """-sum t log y over the classes, y being a softmax.

    A network that ends in `Softmax` is joined with the loss, which is then computed from the sums; another network's
    outputs are taken for these sums. Targets are labels, 0 to classes - 1, or probabilities.
    """

    kind: ClassVar[p.Loss] = p.Loss.CROSS_ENTROPY
    fused: ClassVar[Op | Activation | None] = Op.SOFTMAX

    def targets(self, y: Any, n_outputs: int, dtype: Any) -> np.ndarray:
        """Return targets (n, outputs): one-hot for labels (n,)."""
        y = np.asarray(y)
        if n_outputs == 1:
            raise DataError("CrossEntropy: one output has no classes; take two, or BinaryCrossEntropy and a sigmoid")
        if y.ndim != 1:
            targets = super().targets(y, n_outputs, dtype)
            sums = [np.sum(targets, axis=1), np.asarray(y, np.float64).sum(axis=1)]
            if (targets < 0).any() or not any(np.allclose(total, 1, atol=1e-3) for total in sums):
                raise DataError("CrossEntropy: targets have to be labels, or probabilities >= 0 with a sum of 1")
            return targets
        if y.dtype.kind not in "biu" or (y.size and not 0 <= int(y.min()) <= int(y.max()) < n_outputs):
            came = f"{y.dtype} {y.min()} to {y.max()}" if y.size and y.dtype.kind in "biuf" else str(y.dtype)
            raise DataError(f"CrossEntropy: labels have to be integers 0 to {n_outputs - 1}; got {came}")
        return np.eye(n_outputs, dtype=dtype)[y.astype(np.int64)]


@dataclass(frozen=True)
class BinaryCrossEntropy(Loss):
    """-sum t log y + (1 - t) log(1 - y) over the outputs, y being logistic units.

    A network that ends in `Sigmoid` is joined with the loss, which is then computed from the sums; another network's
    outputs are taken for these sums. Targets lie in [0, 1].
    """

    kind: ClassVar[p.Loss] = p.Loss.BINARY_CROSS_ENTROPY
    fused: ClassVar[Op | Activation | None] = Activation.SIGMOID

    def targets(self, y: Any, n_outputs: int, dtype: Any) -> np.ndarray:
        """Return targets (n, outputs), checked."""
        targets = super().targets(y, n_outputs, dtype)
        if targets.size and not 0 <= targets.min() <= targets.max() <= 1:
            came = f"{targets.min():g} to {targets.max():g}"
            raise DataError(f"BinaryCrossEntropy: targets have to lie in [0, 1]; got {came}")
        return targets


LOSSES: dict[str, type[Loss]] = {
    "squared_error": SquaredError,
    "cross_entropy": CrossEntropy,
    "binary_cross_entropy": BinaryCrossEntropy,
}


def as_loss(owner: str, value: Any) -> Loss:
    """Return the loss that a name stands for, or the loss."""
    if isinstance(value, Loss):
        return value
    if isinstance(value, str) and value in LOSSES:
        return LOSSES[value]()
    raise InvalidParameter(owner, "loss", value, f"a loss such as CrossEntropy(), or one of {', '.join(LOSSES)}")
