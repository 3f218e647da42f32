"""Training whose losses outgrow all numbers, and why."""

from typing import Any

import numpy as np

from neurosim.cnn.batches import Batches, Fitted

UNSCALED = 20  # numbers beyond this are probably not scaled


def likely_cause(batches: Batches, step: int, rate: float) -> str:
    """Return what probably made the loss infinite at an update; the one before it had this rate."""
    causes = []
    for name, array in (("inputs", batches.x), ("targets", batches.targets)):
        largest = max(abs(float(array.min())), abs(float(array.max())))
        if largest > UNSCALED:
            causes.append(f"the {name} are not scaled: they reach {largest:.3g}, and should be about 1")
    if step == 0 and not causes:
        causes.append("the initial weights are too large")
    causes.append(f"the learning rate, {rate:.3g}, is too large")
    return ", or ".join(causes)


def first_updates(kernels: Any, state: Any, batches: Batches, size: int, updates: int) -> Fitted | None:
    """Return what the first updates of a stretch learn, or None if that is not finite; `state` is that before it."""
    rows = slice(0, updates * size)
    part = batches._replace(order=batches.order[rows], rates=batches.rates[:updates], momenta=batches.momenta[:updates])
    losses = kernels.advance(state, part)
    fitted: Fitted = kernels.fetch(state)
    return fitted if np.isfinite(losses).all() and np.isfinite(fitted.parameters).all() else None
