"""Temperatures of an annealing run: the range that a model asks for, and schedules in it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.core.random import seed_from
from neurosim.core.schedules import stages
from neurosim.ising import problem as problems
from neurosim.ising import scalar
from neurosim.ising.model import IsingModel
from neurosim.ising.rules import METROPOLIS, SEQUENTIAL

SAMPLES = 8  # states from which a range is taken
DESCENT = 50  # sweeps at T = 0 to a state near a local minimum
EXCITED = 0.3  # flips that are expected to be open to a state at the cold end,
SHARE = 0.02  # but at most this share of those that cost something, for small models
SCHEDULES = ("auto", "geometric", "linear", "log")


def temperature_range(model: IsingModel, *, random_state: Any = 0) -> tuple[float, float]:
    """Return the temperatures between which a model freezes: (hot, cold).

    Both come from energy differences of single flips, so that they scale with the model. Hot is the root mean square of
    those in random states: nearly every flip is then accepted. For cold, random states are led downhill to where few
    flips lower the energy any more; at that temperature 0.3 uphill flips are expected to be
    accepted in a sweep, or 2 % of them in a small model.

    Parameters
    ----------
    model : IsingModel
    random_state : None, int, SeedSequence, Generator or RandomState, default 0
        For the states.

    Returns
    -------
    hot, cold : float > 0
        In the units of the energy. (1, 1) where no flip changes the energy.

    Examples
    --------
    >>> from neurosim.ising import lattice, temperature_range
    >>> hot, cold = temperature_range(lattice((16, 16)))
    >>> bool(2.3 < hot < 10 and 0.2 < cold < 2.3)  # the critical temperature is 2.27
    True
    """
    key = seed_from(random_state)
    problem, unit = problems.pose(*model_rows(model))
    spins = problems.random_spins(key, model.n_spins, SAMPLES)
    hot = np.sqrt(np.mean((2 / unit * model.local_fields(spins.T)) ** 2))
    if hot == 0:
        return 1.0, 1.0
    state = scalar.begin(problem, spins, np.zeros(SAMPLES), key, METROPOLIS, SEQUENTIAL)
    scalar.advance(state, np.zeros(DESCENT))
    settled = scalar.fetch(state)["last"]
    costs = 2 / unit * settled * model.local_fields(settled)
    costs = costs[costs > 1e-12 * hot]
    return float(hot * unit), float((_cold(costs, hot) if len(costs) else hot / 10) * unit)


def _cold(costs: np.ndarray, hot: float) -> float:
    """Return T with sum exp(-dE / T) = EXCITED per state, or SHARE of its terms, by bisection of log T."""
    low, high = np.log(min(costs.min() / 100, hot)), np.log(hot)
    wanted = min(EXCITED, SHARE * len(costs) / SAMPLES)
    for _ in range(60):
        middle = (low + high) / 2
        excited = np.exp(-costs / np.exp(middle)).sum() / SAMPLES
        low, high = (middle, high) if excited < wanted else (low, middle)
    return float(np.exp(high))


def model_rows(model: IsingModel) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return (first, neighbours, couplings, fields) of a model, its couplings in compressed rows."""
    if model.is_sparse:
        rows = model.couplings
        return rows.indptr, rows.indices, rows.data, model.fields
    row, column = np.nonzero(model.couplings)
    first = np.searchsorted(row, np.arange(model.n_spins + 1))
    return first, column, model.couplings[row, column], model.fields


def schedule_of(
    owner: str, schedule: Any, sweeps: int | None, given: Any, natural: Callable[[], tuple[float, float]]
) -> np.ndarray:
    """Return the temperature of every sweep; `given` is the range that the caller wants, or None for `natural()`."""
    if isinstance(schedule, str) and "@" in schedule:
        temperatures = stages(owner, schedule)
    elif isinstance(schedule, str):
        checks.one_of(owner, "schedule", schedule, (*SCHEDULES, '"2@20,2@15" (sweeps@temperature)'))
        sweeps = 1000 if sweeps is None else sweeps
        checks.at_least(owner, "sweeps", sweeps, 1)
        if given is not None:
            hot, cold = checks.positive_pair(owner, "temperature_range", given)
            if cold > hot:
                raise InvalidParameter(owner, "temperature_range", given, "(hot, cold) with hot >= cold")
        else:
            hot, cold = natural()
        return _between(schedule, hot, cold, int(sweeps))
    else:
        temperatures = _numbers(schedule)
    if not len(temperatures) or not (np.isfinite(temperatures) & (temperatures >= 0)).all():
        wanted = 'a name, temperatures >= 0 (one a sweep), or "2@20,2@15" (sweeps@temperature)'
        raise InvalidParameter(owner, "schedule", schedule, wanted)
    for name, value in (("sweeps", sweeps), ("temperature_range", given)):
        if value is not None and not (name == "sweeps" and value == len(temperatures)):
            raise InvalidParameter(owner, name, value, f"left out, as the schedule has {len(temperatures)} sweeps")
    return temperatures


def _numbers(schedule: Any) -> np.ndarray:
    """Return a sequence of numbers as an array, or an empty one for what is no such sequence."""
    try:
        numbers = np.asarray(schedule)
        return numbers.astype(np.float64) if numbers.ndim == 1 and numbers.dtype.kind in "iuf" else np.empty(0)
    except ValueError:
        return np.empty(0)


def _between(name: str, hot: float, cold: float, sweeps: int) -> np.ndarray:
    """Return temperatures from hot to cold; a single sweep is cold."""
    t = np.linspace(0.0, 1.0, sweeps) if sweeps > 1 else np.ones(1)
    if name == "linear":
        return hot + (cold - hot) * t
    if name == "log":  # 1 / T grows as the logarithm of the sweep's number (Geman & Geman 1984)
        t = np.log1p(np.arange(sweeps)) / np.log(sweeps) if sweeps > 1 else t
        return 1 / (1 / hot + (1 / cold - 1 / hot) * t)
    return hot * (cold / hot) ** t
