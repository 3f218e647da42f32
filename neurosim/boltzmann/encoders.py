"""Encoders learned by annealing, a thousand machines at once: one machine is one lane of the kernels' vectors."""

from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from neurosim.boltzmann import rules
from neurosim.boltzmann.clamping import noise_pair
from neurosim.boltzmann.settling import MASK, SCHEDULE, SHIFT, Settling, temperatures_of
from neurosim.boltzmann.tasks import Task, encoder_task
from neurosim.core import checks, parallel
from neurosim.core.backend import choose, kernels
from neurosim.core.errors import InvalidParameter
from neurosim.core.jit import driver
from neurosim.core.progress import Callback, report
from neurosim.core.random import philox, seed_from

OWNER = "learn_encoders"
NOISE = np.uint64(3)  # stream of random numbers, beside those of `rules`
B2 = np.uint64(2)


@dataclass(frozen=True)
class EncoderRuns:
    """The result of `learn_encoders`.

    Attributes
    ----------
    solved_at : (runs,) int64
        The learning cycle, from 1 on, after which all codes of a machine first were far enough apart; -1 if never.
    distinct_at : (runs, v) int64
        The cycle after which a machine first had k + 1 different codes, in column k; -1 if never.
    codes : (runs, v, h) uint8
        The states of the hidden units that stand for each pattern, when the machine stopped to learn.
    weights, biases : (runs, units, units), (runs, units) float32
        At the same time.
    cycles : int
        Learning cycles until the last machine stopped: fewer than were asked for if all had solved the task by then, or
        if the callback stopped them.
    seed : int
        The key of the random numbers: the same call with ``random_state=seed`` gives the same result.
    backend : str
    """

    solved_at: np.ndarray = field(repr=False)
    distinct_at: np.ndarray = field(repr=False)
    codes: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)
    biases: np.ndarray = field(repr=False)
    cycles: int
    seed: int
    backend: str

    def __repr__(self) -> str:
        found = f"runs={len(self.solved_at)}, solved={self.solved:.4g}, median={self.quantile(0.5):g}"
        return f"EncoderRuns({found}, cycles={self.cycles}, backend={self.backend!r})"

    @property
    def solved(self) -> float:
        """The share of machines that solved their task."""
        return float(np.mean(self.solved_at > 0))

    def quantile(self, share: float, *, distinct: int | None = None) -> float:
        """Return the cycle after which a share of the machines had solved the task; inf if that never was so.

        Parameters
        ----------
        share : float in (0, 1]
            0.5 gives the median over all machines, among them those that failed.
        distinct : int in [1, v], optional
            Ask for so many different codes instead.
        """
        checks.number("EncoderRuns", "share", share, "a number in (0, 1]", above=0, below=np.nextafter(1, 2))
        at = self.solved_at
        if distinct is not None:
            v = self.distinct_at.shape[1]
            if not isinstance(distinct, int | np.integer) or not 1 <= distinct <= v:
                raise InvalidParameter("EncoderRuns", "distinct", distinct, f"an integer from 1 to {v}")
            at = self.distinct_at[:, distinct - 1]
        return float(np.quantile(np.where(at < 0, np.inf, at), share, method="inverted_cdf"))


class _Recipe(NamedTuple):
    """What stays the same in all cycles."""

    task: Task
    settling: Settling
    settlings: int
    noise: tuple[float, float]
    step: float
    decay: float
    distance: int


def learn_encoders(
    size: str = "4-2-4",
    *,
    runs: int = 1000,
    cycles: int = 4000,
    settlings: int = 2,
    noise: tuple[float, float] | None = (0.15, 0.05),
    step: float = 2.0,
    decay: float = 0.0,
    schedule: Any = SCHEDULE,
    time: int = 10,
    temperature: float = 10.0,
    distance: int = 1,
    random_state: Any = None,
    callback: Callback | None = None,
    backend: str = "auto",
) -> EncoderRuns:
    """Let many machines learn an encoder problem by annealing, each until it has solved it.

    A cycle has two phases. In the first each pattern is clamped some times, its bits disturbed anew each time, and the
    hidden units settle from random states by the annealing schedule; then it is counted, after each time unit, which
    pairs of units are on together. In the second nothing is clamped, and the whole net settles as often. Every weight
    whose pair was on more often in the first phase grows by a fixed step, and shrinks by it if it was less often;
    biases likewise. All weights start from 0.

    The code of a pattern are the hidden units whose bias and weights from the pattern's two units sum to more than 0.

    Parameters
    ----------
    size : str, default "4-2-4"
        "v-h-v" as for `encoder_task`.
    runs : int >= 1, default 1000
        Machines.
    cycles : int >= 1, default 4000
        Learning cycles at most.
    settlings : int >= 1, default 2
        How often each pattern is clamped in a cycle.
    noise : (float, float) in [0, 1], or None, default (0.15, 0.05)
        Probabilities that a bit that is on is clamped off, and that one that is off is clamped on.
    step : float from 1e-30 to 1e30, default 2
        By which weights and biases change, in the units of the temperature.
    decay : float in [0, 1), default 0
        The part of itself that every weight and bias loses in a cycle. Without it weights go on growing in machines
        that do not find a solution, and annealing no longer reaches equilibrium (the gallery compares it with
        enumeration). With 0.005 more machines solve 4-2-4, 4-3-4 and 8-3-8.
    schedule : str or sequence of temperatures, default "2@20,2@15,2@12,4@10"
        Annealing, as time units@temperature, or the temperature of every time unit. In a time unit as many units, drawn
        at random, decide anew as are free.
    time : int >= 1, default 10
        Time units whose states are counted after annealing,
    temperature : float > 0, default 10
        and their temperature.
    distance : int >= 1, default 1
        The task is solved if any two codes differ in so many hidden units.
    random_state : None, int, SeedSequence, Generator or RandomState
        A machine's random numbers do not depend on how many machines there are, nor on which have finished.
    callback : callable, optional
        Called after every cycle with a `Progress` whose metrics are `solved`, the share of machines, and `learning`,
        their number; returning True stops.
    backend : "auto", "cpu" or "cuda"

    Returns
    -------
    EncoderRuns

    Raises
    ------
    InvalidParameter
        If a parameter is out of its range.

    References
    ----------
    D. H. Ackley, G. E. Hinton, T. J. Sejnowski, "A learning algorithm for Boltzmann machines", Cognitive Science
    9:147-169 (1985), section 4: the default values. The paper's noise for 8-3-8 is (0.15, 0.02), its distance for 4-3-4
    is 2. `decay` is ours; see the gallery for what it changes.

    Examples
    --------
    >>> from neurosim.boltzmann import learn_encoders
    >>> found = learn_encoders("4-2-4", runs=64, cycles=300, random_state=1)
    >>> found.solved > 0.5
    True
    >>> machine = found.codes[found.solved_at > 0][0]  # four patterns, two hidden units
    >>> sorted(map(tuple, machine.tolist()))
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    """
    task = encoder_task(size)
    for name, value in (("runs", runs), ("cycles", cycles), ("settlings", settlings), ("time", time)):
        checks.at_least(OWNER, name, value, 1)
    checks.at_least(OWNER, "distance", distance, 1)
    checks.number(OWNER, "step", step, "a number from 1e-30 to 1e30", least=1e-30, below=np.nextafter(1e30, np.inf))
    checks.number(OWNER, "decay", decay, "a number in [0, 1)", least=0, below=1)
    checks.number(OWNER, "temperature", temperature, "a finite number > 0", above=0)
    temperatures = np.concatenate([temperatures_of(OWNER, schedule), np.full(time, float(temperature))])
    settling = Settling(temperatures, counted=int(time), randomise=True)
    recipe = _Recipe(task, settling, int(settlings), noise_pair(OWNER, noise), float(step), float(decay), int(distance))
    work = task.n_visible // 2 * settlings * len(temperatures) * float(runs) * task.connections.sum()
    target, key = choose(backend, "boltzmann", work), seed_from(random_state)
    return _learn(recipe, int(runs), int(cycles), kernels("boltzmann", target), target, key, callback)


def _learn(
    recipe: _Recipe, runs: int, cycles: int, twin: ModuleType, target: str, key: int, callback: Callback | None
) -> EncoderRuns:
    v, n = len(recipe.task.patterns), len(recipe.task.connections)
    final = np.zeros((runs, n, n), np.float32), np.zeros((runs, n), np.float32)
    solved_at, distinct_at = np.full(runs, -1), np.full((runs, v), -1)
    names, weights, biases = np.arange(runs), final[0].copy(), final[1].copy()
    done = 0
    for cycle in range(cycles):
        _cycle(recipe, weights, biases, names, twin, key, cycle)
        done = cycle + 1
        apart = _distances(_codes(recipe.task, weights, biases))
        _note(apart, names, done, distinct_at)
        solved = apart.min(axis=(1, 2)) >= recipe.distance
        if solved.any():
            solved_at[names[solved]] = done
            final[0][names[solved]], final[1][names[solved]] = weights[solved], biases[solved]
            names, weights, biases = names[~solved], weights[~solved], biases[~solved]
        metrics = {"solved": 1 - len(names) / runs, "learning": float(len(names))}
        if report(callback, done, cycles, **metrics) or not len(names):
            break
    final[0][names], final[1][names] = weights, biases
    return EncoderRuns(solved_at, distinct_at, _codes(recipe.task, *final), *final, done, key, target)


def _cycle(
    recipe: _Recipe, weights: np.ndarray, biases: np.ndarray, names: np.ndarray, twin: ModuleType, key: int, cycle: int
) -> None:
    """Settle all machines with their patterns clamped and without, and change their weights."""
    task, machines = recipe.task, len(weights)
    n, visible = len(task.connections), task.n_visible
    chains = len(task.patterns) * recipe.settlings
    chain_names = (names * chains + np.arange(chains)[:, None]).ravel()
    states = np.zeros((chains * machines, n), np.uint8)
    k0, k1, step = np.uint64(key & MASK), np.uint64(key >> SHIFT), 2 * cycle
    drawn = chain_names.astype(np.uint64), np.uint64(step), k0, k1
    parallel.run(_clamp, len(states), task.patterns, machines, *map(np.float32, recipe.noise), *drawn, states)
    hidden, every = np.arange(visible, n), np.arange(n)
    random = {"key": key, "names": chain_names}
    clamped = twin.settle(weights, biases, states, hidden, recipe.settling, step=step, **random)
    free = twin.settle(weights, biases, states, every, recipe.settling, step=step + 1, **random)
    change, keep = np.float32(recipe.step), np.float32(1 - recipe.decay)
    parallel.run(_change, machines, clamped, free, task.connections, change, keep, weights, biases)


@driver(nogil=True)
def _clamp(begin, end, patterns, machines, on_off, off_on, names, step, k0, k1, states):  # type: ignore[no-untyped-def]
    """Set the visible units of the chains from `begin` to `end`: pattern after pattern, each in all machines."""
    for chain in range(begin, end):
        pattern = chain // machines % len(patterns)
        a = b = c = d = np.uint64(0)
        for i in range(patterns.shape[1]):
            if i % 4 == 0:
                a, b, c, d = philox(np.uint64(i) >> B2, names[chain], step, NOISE, k0, k1)
            u = rules.fraction(a)
            a, b, c = b, c, d
            on = patterns[pattern, i]
            states[chain, i] = on ^ np.uint8(u < (on_off if on else off_on))


@driver(nogil=True)
def _change(begin, end, clamped, free, connections, step, keep, weights, biases):  # type: ignore[no-untyped-def]
    """Change the weights of the machines from `begin` to `end` by a step with the sign of the difference."""
    n = len(connections)
    for m in range(begin, end):
        for i in range(n):
            for j in range(n):
                change = step * np.float32(np.sign(clamped[m, i, j] - free[m, i, j]))
                if i == j:
                    biases[m, i] = biases[m, i] * keep + change
                elif connections[i, j]:
                    weights[m, i, j] = weights[m, i, j] * keep + change


def _codes(task: Task, weights: np.ndarray, biases: np.ndarray) -> np.ndarray:
    """Return the hidden states that stand for the patterns, (machines, v, h) uint8."""
    hidden, v = task.groups["H"], len(task.patterns)
    gaps = biases[:, hidden, None] + weights[:, hidden, :v] + weights[:, hidden, v : 2 * v]
    return (gaps > 0).transpose(0, 2, 1).astype(np.uint8)


def _distances(codes: np.ndarray) -> np.ndarray:
    """Return in how many units every two codes of a machine differ, (machines, v, v); h + 1 on the diagonal."""
    apart: np.ndarray = (codes[:, :, None] != codes[:, None]).sum(axis=3)
    apart[:, range(codes.shape[1]), range(codes.shape[1])] = codes.shape[2] + 1
    return apart


def _note(apart: np.ndarray, names: np.ndarray, cycle: int, distinct_at: np.ndarray) -> None:
    """Note how many different codes the machines have: those that are not the same as an earlier pattern's."""
    v = apart.shape[1]
    repeated = ((apart == 0) & np.tri(v, k=-1, dtype=bool)).any(axis=2)
    most = np.arange(v) < v - repeated.sum(axis=1)[:, None]
    rows = distinct_at[names]
    distinct_at[names] = np.where((rows < 0) & most, cycle, rows)
