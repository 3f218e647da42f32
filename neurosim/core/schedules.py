"""Everything that decays during a run: one number per step."""

import re
from collections.abc import Callable

import numpy as np

from neurosim.core.errors import InvalidParameter

STAGE = re.compile(r"\s*([0-9]{1,9})\s*@\s*([-+]?inf|[0-9.eE+-]+)\s*")

DECAYS: dict[str, Callable[[float, float, np.ndarray], np.ndarray]] = {
    "constant": lambda start, end, t: np.full_like(t, start),
    "linear": lambda start, end, t: start + (end - start) * t,
    "exponential": lambda start, end, t: start * (end / start) ** t,
    "inverse": lambda start, end, t: start / (1.0 + (start / end - 1.0) * t),
}


def decay(kind: str, start: float, end: float, steps: int, begin: int = 0, stop: int | None = None) -> np.ndarray:
    """Return the value of a decaying parameter at each of `steps` steps, or at those from `begin` to before `stop`.

    The first step has `start` and the last `end` (a single step has `end`), except that "constant" stays at `start`.

    Parameters
    ----------
    kind : "constant", "linear", "exponential" (geometric) or "inverse" (start / (1 + c t))
    start, end : float > 0
    steps : int >= 1
    """
    if kind not in DECAYS:
        raise InvalidParameter("decay", "kind", kind, f"one of {', '.join(DECAYS)}")
    stop = steps if stop is None else stop
    t = np.arange(begin, stop) * (1.0 / (steps - 1)) if steps > 1 else np.ones(stop - begin)
    if stop == steps and len(t):
        t[-1] = 1.0
    return DECAYS[kind](float(start), float(end), t)


def stages(owner: str, text: str) -> np.ndarray:
    """Return the temperature of every step of "steps@temperature,...", (steps,) float64.

    Ackley, Hinton & Sejnowski (1985) write annealing schedules so.
    """
    parts = [STAGE.fullmatch(part) for part in text.split(",")]
    try:
        pairs = [(int(part[1]), float(part[2])) for part in parts]  # type: ignore[index]
    except (TypeError, ValueError):
        raise InvalidParameter(owner, "schedule", text, 'stages as in "2@20,2@15" (steps@temperature)') from None
    return np.repeat([temperature for _, temperature in pairs], [steps for steps, _ in pairs])
