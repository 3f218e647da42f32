"""How long work tells its caller where it is, and how the caller stops it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Progress(NamedTuple):
    """One report: `step` of `total` steps are done (1 after the first), and what was measured in this step."""

    step: int
    total: int
    metrics: dict[str, float]


Callback = Callable[[Progress], bool | None]
"""Called after every step; returning True stops the run after this step."""


def report(callback: Callback | None, step: int, total: int, **metrics: float) -> bool:
    """Call `callback`, if there is one, and return whether it asked to stop."""
    if callback is None:
        return False
    answer = callback(Progress(step, total, metrics))
    return isinstance(answer, bool | np.bool_) and bool(answer)
