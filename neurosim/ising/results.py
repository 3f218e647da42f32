"""What annealing and sampling return."""

from dataclasses import dataclass, field
from math import inf, log

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter


@dataclass(frozen=True)
class Annealing:
    """The result of `anneal`.

    Attributes
    ----------
    states : (reads, N) int8 of -1 and +1
        The best state of each read among those at its start and at the ends of its sweeps; with
        ``method="multispin"`` among those at its start, after every eighth sweep and at its end.
    energies : (reads,) float64
        Their energies, computed anew from the model.
    last_states, last_energies : (reads, N) int8, (reads,) float64
        The states in which the reads ended.
    temperatures, acceptance, mean_energies : (sweeps,) float64
        Of each sweep that was done: its temperature, the fraction of flips that were accepted, and the mean energy of
        the reads after it.
    seconds : float
        How long the sweeps took, without compilation and checks.
    stopped : "finished", "time limit" or "callback"
        Why it ended.
    method, order, rule, backend : str
        What ran.
    seed : int
        The key of the random numbers: the same call with ``random_state=seed`` gives the same result.
    """

    states: np.ndarray = field(repr=False)
    energies: np.ndarray = field(repr=False)
    last_states: np.ndarray = field(repr=False)
    last_energies: np.ndarray = field(repr=False)
    temperatures: np.ndarray = field(repr=False)
    acceptance: np.ndarray = field(repr=False)
    mean_energies: np.ndarray = field(repr=False)
    seconds: float
    stopped: str
    method: str
    order: str
    rule: str
    backend: str
    seed: int

    def __repr__(self) -> str:
        found = f"best_energy={self.best_energy:.10g}, reads={len(self.energies)}, sweeps={self.sweeps}"
        return f"Annealing({found}, stopped={self.stopped!r}, method={self.method!r}, seconds={self.seconds:.3g})"

    @property
    def best_energy(self) -> float:
        """The lowest energy of all reads."""
        return float(self.energies.min())

    @property
    def best_state(self) -> np.ndarray:
        """A state (N,) with the lowest energy of all reads."""
        state: np.ndarray = self.states[int(self.energies.argmin())]
        return state

    @property
    def sweeps(self) -> int:
        """How many sweeps were done."""
        return len(self.temperatures)

    def success_probability(self, target: float | None = None) -> float:
        """Return the fraction of reads whose energy is at most `target` (default: the lowest energy found).

        Energies that differ by less than 1e-12 of the largest count as equal.
        """
        goal = self.best_energy if target is None else target
        checks.number("Annealing", "target", goal, "a finite number")
        return share_at_most(self.energies, goal)

    def time_to_solution(self, target: float | None = None, *, confidence: float = 0.99) -> float:
        """Return the seconds after which one of the reads that began reaches `target` with a probability.

        ``seconds / reads * ln(1 - confidence) / ln(1 - p)`` with the `success_probability` p, at least the seconds of
        one read; inf where no read reached the target. Two such times are comparable only on the same machine.

        Parameters
        ----------
        target : float, optional
            Default: the lowest energy found.
        confidence : float in (0, 1), default 0.99
        """
        checks.number("Annealing", "confidence", confidence, "a number in (0, 1)", above=0, below=1)
        return reads_to_solution(self.success_probability(target), confidence) * self.seconds / len(self.energies)


def share_at_most(values: np.ndarray, target: float) -> float:
    """Return the share of values that are at most `target`, but for rounding: 1e-12 of the largest."""
    return float(np.mean(values <= target + 1e-12 * max(abs(target), abs(values).max())))


def reads_to_solution(p: float, confidence: float) -> float:
    """Return how many reads reach with this confidence what one reaches with probability p, at least 1; may be inf."""
    return inf if p == 0 else 1.0 if p == 1 else max(1.0, log(1 - confidence) / log(1 - p))


@dataclass(frozen=True)
class Samples:
    """The result of `sample`.

    Attributes
    ----------
    states : (samples, chains, N) int8 of -1 and +1
        Chains are independent of each other; successive samples of one chain are not.
    energies : (samples, chains) float64
    acceptance : float
        The fraction of flips that were accepted.
    temperature : float
    stopped : "finished" or "callback"
    method, order, rule, backend : str
    seed : int
    """

    states: np.ndarray = field(repr=False)
    energies: np.ndarray = field(repr=False)
    acceptance: float
    temperature: float
    stopped: str
    method: str
    order: str
    rule: str
    backend: str
    seed: int

    @property
    def magnetisations(self) -> np.ndarray:
        """The mean spin of every sample, (samples, chains) float64."""
        means: np.ndarray = self.states.mean(axis=-1)
        return means

    def standard_error(self, values: np.ndarray) -> float:
        """Return the standard error of the mean of values (samples, chains), from the means of the chains."""
        if np.shape(values) != self.energies.shape or self.energies.shape[1] < 2:
            wanted = f"of shape {self.energies.shape}, with at least 2 chains"
            raise InvalidParameter("Samples", "values", np.shape(values), wanted)
        chains = np.mean(values, axis=0)
        return float(chains.std(ddof=1) / np.sqrt(len(chains)))
