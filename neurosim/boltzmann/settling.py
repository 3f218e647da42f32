"""What both targets share: how a settling goes, and which unit each of its probes visits."""

from typing import Any, NamedTuple

import numpy as np

from neurosim.boltzmann import rules
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.jit import driver
from neurosim.core.schedules import stages

SCHEDULE = "2@20,2@15,2@12,4@10"  # of the encoders of Ackley, Hinton & Sejnowski (1985)
PIECE = 1 << 20  # probes whose order is kept at a time
LIMIT = 1 << 34  # decisions of a step
MASK, SHIFT = 0xFFFFFFFF, 32


class Settling(NamedTuple):
    """How the free units of all chains settle.

    A time unit is as many probes as there are free units; each visits one of them, drawn with replacement.

    Attributes
    ----------
    temperatures : (t,) float64
        One a time unit, from -inf over -0 and +0 to inf.
    counted : int
        After each of this many last time units the states are counted.
    randomise : bool
        Whether the free units start from fair coins, not from the states given.
    """

    temperatures: np.ndarray
    counted: int = 0
    randomise: bool = False


def temperatures_of(owner: str, schedule: Any) -> np.ndarray:
    """Return the temperature of every time unit, from text such as "2@20,2@15" or from a sequence of numbers."""
    try:
        numbers = stages(owner, schedule) if isinstance(schedule, str) else np.asarray(schedule, np.float64)
    except (TypeError, ValueError) as error:
        if isinstance(error, InvalidParameter):
            raise
        numbers = np.empty((0, 0))
    if numbers.ndim != 1 or not len(numbers) or np.isnan(numbers).any():
        wanted = 'stages as in "2@20,2@15" (time units@temperature) or one temperature a time unit, at least one'
        raise InvalidParameter(owner, "schedule", schedule, wanted)
    return np.asarray(numbers, np.float64)


def check(weights: np.ndarray, chains: int, free: np.ndarray, settling: Settling) -> None:
    """Raise unless chains can settle: the checks of both targets."""
    time, machines = len(settling.temperatures), len(weights)
    if weights.ndim == 3 and chains and (not machines or chains % machines):
        raise DataError(f"settle: chains must be a multiple of the {machines} machines; got {chains}")
    if time * len(free) >= LIMIT:
        raise DataError(f"settle: {time} time units of {len(free)} probes are more than the {LIMIT} of a step")


def slopes(temperatures: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return 1 / (T ln 2) of every time unit: inf for T = +0, -inf for -0, and 0 for an infinite T."""
    with np.errstate(divide="ignore", over="ignore"):
        return (1.0 / (np.asarray(temperatures, np.float64) * np.log(2.0))).astype(dtype)


def visiting_order(free: np.ndarray, begin: int, end: int, key: int, step: int) -> np.ndarray:
    """Return the units that the probes of the time units from `begin` to `end` visit, (probes,) int64.

    They are the same in all chains, so that chains can be lanes of a vector. Each chain by itself is exactly a process
    of random order; only between chains are the orders, not the decisions, shared.
    """
    order = np.empty((end - begin) * len(free), np.int64)
    _order(free, begin, end, np.uint64(key & MASK), np.uint64(key >> SHIFT), step, order)
    return order


@driver()
def _order(free, begin, end, k0, k1, step, order):  # type: ignore[no-untyped-def]
    place = 0
    for t in range(begin, end):
        for q in range(len(free)):
            order[place] = free[rules.visited(q, t, step, len(free), k0, k1)]
            place += 1
