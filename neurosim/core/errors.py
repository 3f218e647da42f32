"""The errors neurosim raises; each is also the builtin that a caller would expect."""

from typing import Any


class NeurosimError(Exception):
    """Root of all errors raised on purpose by neurosim."""


class InvalidParameter(NeurosimError, ValueError):
    """A parameter has a value outside its range; the message names it, what came and what was wanted.

    A `table` of what is supported follows on lines of its own.
    """

    def __init__(self, owner: str, name: str, value: object, wanted: str, table: str = "") -> None:
        self.owner, self.name, self.value, self.wanted, self.table = owner, name, value, wanted, table
        super().__init__(f"{owner}: {name} must be {wanted}; got {value!r}" + ("\n" + table if table else ""))

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), (self.owner, self.name, self.value, self.wanted, self.table)


class DataError(NeurosimError, ValueError):
    """A data set or an input array cannot be used; the message says where and why."""


class StorageError(NeurosimError, ValueError):
    """A model file or a checkpoint is damaged, of another kind, or newer than this version."""


class BackendError(NeurosimError, RuntimeError):
    """The backend asked for is not there; the message says what to install or choose."""


class DivergedError(NeurosimError, FloatingPointError):
    """A loss or a weight is not finite.

    Attributes
    ----------
    step : int
        The update, counted from 0, whose loss was the first that is not finite.
    losses : (up to 5,) array
        The last finite losses before it.
    cause : str
        What probably led to it.
    """

    def __init__(self, step: int, losses: Any, cause: str) -> None:
        self.step, self.losses, self.cause = step, losses, cause
        before = ", ".join(f"{loss:.4g}" for loss in losses) or "none"
        super().__init__(
            f"the loss is not finite at update {step} (losses before: {before}); probably {cause}. "
            "The network keeps the last good weights"
        )

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), (self.step, self.losses, self.cause)
