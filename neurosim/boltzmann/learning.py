"""The learning rule of Boltzmann machines: clamped minus free statistics, by chains, enumeration or mean field."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from neurosim.boltzmann import clamping, exact
from neurosim.boltzmann.mean_field import mean_field
from neurosim.boltzmann.results import Learning
from neurosim.boltzmann.settling import Settling
from neurosim.boltzmann.units import NAME, StochasticUnits
from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.progress import Callback, report
from neurosim.core.random import uniform

RULES = ("sign", "gradient")
ROUNDING = 1e-12  # a smaller |p - p'| has no sign
NOISE, STARTS = 1 << 31, 3 << 30  # streams; a cycle's settlings have the numbers 2 cycle and 2 cycle + 1 below


class Recipe(NamedTuple):
    """How a machine learns; see `BoltzmannMachine.learn`."""

    rule: str
    step: float
    schedule: np.ndarray
    temperature: float
    time: int
    settlings: int
    noise: Any
    method: str
    decay: float
    measure: int


class Environment(NamedTuple):
    """The patterns (m, visible) int64 and their probabilities (m,)."""

    patterns: np.ndarray
    probabilities: np.ndarray


Statistics = Callable[[StochasticUnits, Environment, Recipe, int, int], tuple[np.ndarray, np.ndarray]]


def learn(
    machine: StochasticUnits, X: Any, pattern_weights: Any, cycles: int, recipe: Recipe, callback: Callback | None,
    key: int,
) -> Learning:  # fmt: skip
    """Change a machine's weights and biases for some cycles."""
    recipe = _checked(recipe, cycles, machine.n_units)
    environment = _environment(machine, X, pattern_weights)
    used = machine.connections | np.eye(machine.n_units, dtype=bool)
    differences = np.zeros(cycles)
    divergences: dict[int, float] = {}
    work = len(environment.patterns) * recipe.settlings, len(recipe.schedule) + recipe.time
    target = machine.target(*work) if recipe.method == "annealed" else "cpu"
    done, stopped = 0, "finished"
    _measure(machine, environment, recipe, done, divergences)
    while done < cycles and stopped == "finished":
        driven, running = METHODS[recipe.method](machine, environment, recipe, key, done)
        difference = driven - running
        difference = (difference + difference.T) / 2  # sums of products may differ in their last bits
        differences[done] = np.abs(difference[used]).mean()
        _move(machine, difference, recipe, done)
        done += 1
        metrics = _measure(machine, environment, recipe, done, divergences)
        if report(callback, done, cycles, difference=differences[done - 1], **metrics) and done < cycles:
            stopped = "callback"
    measured_at, kl = np.array(list(divergences), np.int64), np.array(list(divergences.values()), np.float64)
    return Learning(
        done, differences[:done], measured_at, kl, recipe.rule, recipe.method, stopped, target, key
    )  # fmt: skip


def _measure(
    machine: StochasticUnits, environment: Environment, recipe: Recipe, done: int, divergences: dict[int, float]
) -> dict[str, float]:
    """Note the divergence after so many cycles, if it is time to, and return it for the report."""
    if not recipe.measure or done % recipe.measure:
        return {}
    found = exact.distribution(machine.weights, machine.biases, recipe.temperature)
    divergences[done] = found.kl(*environment)
    return {"kl": divergences[done]}


def _checked(recipe: Recipe, cycles: Any, n: int) -> Recipe:
    """Return the recipe with the noise as a pair, once all is in its range."""
    checks.at_least(NAME, "cycles", cycles, 0)
    checks.one_of(NAME, "rule", recipe.rule, RULES)
    checks.one_of(NAME, "method", recipe.method, tuple(METHODS))
    checks.number(NAME, "step", recipe.step, "a finite number > 0", above=0.0)
    checks.number(NAME, "decay", recipe.decay, "a number >= 0 and < 1", least=0.0, below=1.0)
    for name, value, least in (
        ("time", recipe.time, 1),
        ("settlings", recipe.settlings, 1),
        ("measure", recipe.measure, 0),
    ):
        checks.at_least(NAME, name, value, least)
    if n > exact.MOST_UNITS and recipe.method == "exact":
        raise InvalidParameter(NAME, "method", "exact", f"another one for more than {exact.MOST_UNITS} units ({n})")
    if n > exact.MOST_UNITS and recipe.measure:
        raise InvalidParameter(NAME, "measure", recipe.measure, f"0 for more than {exact.MOST_UNITS} units ({n})")
    temperature = exact.any_temperature(NAME, recipe.temperature)
    return recipe._replace(temperature=temperature, noise=clamping.noise_pair(NAME, recipe.noise))


def _environment(machine: StochasticUnits, X: Any, pattern_weights: Any) -> Environment:
    environment = Environment(
        *clamping.environment(NAME, X, pattern_weights, machine.n_visible, ("X", "pattern_weights"))
    )
    if environment.patterns.shape[1] != machine.n_visible:
        raise DataError(f"{NAME}: X must be (patterns, {machine.n_visible}); got shape {environment.patterns.shape}")
    return environment


def _move(machine: StochasticUnits, difference: np.ndarray, recipe: Recipe, cycle: int) -> None:
    """Change weights and biases by what the rule makes of p - p'."""
    sign = np.sign(np.where(np.abs(difference) < ROUNDING, 0.0, difference))
    change = recipe.step * (sign if recipe.rule == "sign" else difference)
    keep = 1.0 - recipe.decay
    weights = keep * machine.weights.astype(np.float64) + np.where(machine.connections, change, 0.0)
    biases = keep * machine.biases.astype(np.float64) + change.diagonal()
    largest = max(np.abs(weights).max(), np.abs(biases).max())
    if not largest <= machine.largest:
        said = f"weights or biases of {largest:.3g} (at most {machine.largest:.2g})"
        raise DataError(f"{NAME}: learning ran away in cycle {cycle + 1}, to {said}; take a smaller step or some decay")
    machine.set_parameters(weights, biases)


def _annealed(
    machine: StochasticUnits, environment: Environment, recipe: Recipe, key: int, cycle: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return p and p' counted in chains that settle, one a pattern and settling."""
    n, (patterns, probabilities) = machine.n_units, environment
    statistics = np.full(recipe.time, recipe.temperature)
    settling = Settling(np.concatenate([recipe.schedule, statistics]), recipe.time, True)
    clamped = clamping.noisy(np.tile(patterns, (recipe.settlings, 1)), recipe.noise, key, NOISE + cycle)
    states = np.zeros((len(clamped), n), np.uint8)
    states[:, : machine.n_visible] = clamped
    is_free = np.zeros(states.shape, bool)
    is_free[:, machine.n_visible :] = True
    share = np.tile(probabilities / probabilities.max(), recipe.settlings)  # exactly 1 if all come equally often
    driven = np.zeros((n, n))
    for weight in np.unique(share):
        same = np.flatnonzero(share == weight)
        driven += weight * machine.run(states[same], is_free[same], settling, key, 2 * cycle, names=same)
    running = machine.run(states, np.ones_like(is_free), settling, key, 2 * cycle + 1)
    return driven / (share.sum() * recipe.time), running / (len(states) * recipe.time)


def _exact(
    machine: StochasticUnits, environment: Environment, recipe: Recipe, key: int, cycle: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return p and p' by enumeration."""
    if recipe.noise != (0.0, 0.0):
        environment = Environment(*clamping.noisy_environment(*environment, recipe.noise))
    running = exact.distribution(machine.weights, machine.biases, recipe.temperature)
    return exact.driven(running, *environment), running.cooccurrence


def _mean_field(
    machine: StochasticUnits, environment: Environment, recipe: Recipe, key: int, cycle: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return p and p' of independent units in the mean field, from random starts."""
    patterns = clamping.noisy(np.tile(environment.patterns, (recipe.settlings, 1)), recipe.noise, key, NOISE + cycle)
    share = np.tile(environment.probabilities, recipe.settlings) / recipe.settlings
    initial = uniform(key, STARTS + cycle, (len(patterns), machine.n_units))
    free = np.full_like(initial, np.nan)
    statistics = []
    for clamp, shares in ((patterns, share), (free, np.full(len(free), 1 / len(free)))):
        found = mean_field(machine.weights, machine.biases, recipe.temperature, clamp, initial=initial)
        m = found.activities
        together = (m * shares[:, None]).T @ m
        np.fill_diagonal(together, shares @ m)
        statistics.append(together)
    return statistics[0], statistics[1]


METHODS: dict[str, Statistics] = {"annealed": _annealed, "exact": _exact, "mean_field": _mean_field}
