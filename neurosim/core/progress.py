"""How long work tells its caller where it is, and how the caller stops it."""

from collections.abc import Callable
from typing import NamedTuple


class Progress(NamedTuple):
    """One report: `step` of `total` steps are done (1 after the first), and what was measured in this step."""

    step: int
    total: int
    metrics: dict[str, float]


Callback = Callable[[Progress], bool | None]
"""Called after every step; returning True stops the run after this step."""


def report(callback: Callback | None, step: int, total: int, **metrics: float) -> bool:
    """Call `callback`, if there is one, and return whether it asked to stop."""
    return callback is not None and callback(Progress(step, total, metrics)) is True
