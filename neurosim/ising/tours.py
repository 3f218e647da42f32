"""Travelling salesmen: cities, closed tours, and their shortening by simulated annealing."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.core.progress import Callback, report
from neurosim.core.random import seed_from
from neurosim.ising import tour_cpu, tour_start
from neurosim.ising.cities import Cities, check_tours
from neurosim.ising.cities import random_cities as random_cities
from neurosim.ising.results import reads_to_solution, share_at_most
from neurosim.ising.temperatures import schedule_of

KINDS = ("2-opt", "or-opt")
SHARES = {KINDS[:1]: tour_cpu.ALWAYS, KINDS[1:]: 0, KINDS: tour_cpu.ALWAYS // 2}
SWEEPS = 5000
BLOCK = 200_000  # proposals between two looks at the clock
OWNER = "anneal_tour"


@dataclass(frozen=True)
class TourAnnealing:
    """What `anneal_tour` found.

    Attributes
    ----------
    tours : (reads, n) int64
        The shortest tour that each read visited.
    lengths : (reads,) int64 or float64
        Their lengths, computed from the tours.
    last_tours, last_lengths : as above
        Where each read ended.
    temperatures, acceptance, mean_lengths : (sweeps,) float64
        Of each sweep that was done: the temperature, the share of proposals that were accepted and the length after
        it, both averaged over the reads.
    seconds : float
        Wall-clock time of the sweeps of all reads, without compilation and set-up.
    stopped : "finished", "time limit" or "callback"
    seed : int
        The run's key; as `random_state` it repeats the run.
    """

    tours: np.ndarray = field(repr=False)
    lengths: np.ndarray = field(repr=False)
    last_tours: np.ndarray = field(repr=False)
    last_lengths: np.ndarray = field(repr=False)
    temperatures: np.ndarray = field(repr=False)
    acceptance: np.ndarray = field(repr=False)
    mean_lengths: np.ndarray = field(repr=False)
    seconds: float
    stopped: str
    seed: int

    def __repr__(self) -> str:
        found = f"best_length={self.best_length:.10g}, reads={len(self.lengths)}, sweeps={len(self.temperatures)}"
        return f"TourAnnealing({found}, stopped={self.stopped!r}, seconds={self.seconds:.3g})"

    @property
    def best_tour(self) -> np.ndarray:
        """The shortest tour of all reads, (n,) int64."""
        return self.tours[self.lengths.argmin()]

    @property
    def best_length(self) -> Any:
        """Its length."""
        return self.lengths.min().item()

    def success_probability(self, target: float | None = None) -> float:
        """Return the share of reads whose best tour is at most `target` long; default: the best length found."""
        target = self.best_length if target is None else target
        checks.number("TourAnnealing", "target", target, "a length >= 0", least=0)
        return share_at_most(self.lengths, target)

    def time_to_solution(self, target: float | None = None, *, confidence: float = 0.99) -> float:
        """Return the seconds that reads like these need to reach `target` with some confidence.

        That is the time a read took times log(1 - confidence) / log(1 - p), but at least one read, where p is the
        `success_probability`; infinite if no read reached the target.
        """
        checks.number("TourAnnealing", "confidence", confidence, "a number in (0, 1)", above=0, below=1)
        return reads_to_solution(self.success_probability(target), confidence) * self.seconds / len(self.lengths)


def anneal_tour(
    cities: Cities,
    *,
    schedule: Any = "auto",
    sweeps: int | None = None,
    reads: int = 32,
    moves: Sequence[str] = ("2-opt", "or-opt"),
    neighbours: int = 10,
    temperature_range: tuple[float, float] | None = None,
    time_limit: float | None = None,
    initial: Any = "nearest",
    random_state: Any = None,
    callback: Callback | None = None,
) -> TourAnnealing:
    """Shorten closed tours by simulated annealing (Kirkpatrick, Gelatt & Vecchi 1983; Černý 1985).

    A sweep is one proposal a city: Metropolis' rule decides about the reversal of a path (2-opt) or about moving one to
    three cities elsewhere (Or-opt). Proposals are symmetric, so at a fixed temperature tours come up with Boltzmann's
    probability exp(-length / T) / Z.

    Parameters
    ----------
    cities : Cities
    schedule : "auto", "geometric", "linear", "log", array of temperatures >= 0 (one a sweep), or "2@20,2@15"
        "auto" is geometric; "log" lets 1 / T grow as the logarithm of the sweep (Geman & Geman 1984); "2@20,2@15" means
        2 sweeps at temperature 20, then 2 at 15.
    sweeps : int >= 1, optional
        Default: 5000. Left out where the schedule says how many.
    reads : int >= 1, default 32
        Independent runs, shared out among the threads.
    moves : "2-opt", "or-opt" or both
    neighbours : int >= 1, default 10
        Most proposals are about a city and one of so many nearest cities; one in 16 is about any two.
    temperature_range : (hot, cold), optional
        In units of length; default: from the differences that proposals make to short tours.
    time_limit : float > 0, optional
        Seconds.
    initial : "nearest", "random" or (n,) or (reads, n) array, default "nearest"
        Start at a random city and always go on to the nearest that is left, or from random tours, or from these.
    random_state : None, int, Generator or RandomState
    callback : callable, optional
        Called with `neurosim.core.progress.Progress` (metrics temperature, acceptance, mean_length) after every block
        of some 200,000 proposals; returning True stops the run.

    Returns
    -------
    TourAnnealing

    Raises
    ------
    InvalidParameter
        If a parameter is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> angles = np.arange(8) * np.pi / 4
    >>> ring = Cities.from_coordinates(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    >>> result = anneal_tour(ring, sweeps=100, random_state=0)
    >>> round(result.best_length, 6), result.stopped
    (6.122935, 'finished')
    """
    if not isinstance(cities, Cities):
        raise InvalidParameter(OWNER, "cities", type(cities).__name__, "Cities (Cities.from_coordinates makes them)")
    checks.at_least(OWNER, "reads", reads, 1)
    checks.at_least(OWNER, "neighbours", neighbours, 1)
    if time_limit is not None:
        checks.number(OWNER, "time_limit", time_limit, "a number of seconds > 0", above=0)
    key = seed_from(random_state)
    pairs, share = tour_start.near_pairs(cities.distances, neighbours), _share(moves)
    starts = _starts(cities, initial, reads, key)
    state = tour_cpu.begin(cities.distances, pairs, share, starts, cities.length(starts), key)
    if isinstance(schedule, str) and "@" not in schedule and sweeps is None:
        sweeps = SWEEPS
    temperatures = schedule_of(
        OWNER,
        schedule,
        sweeps,
        temperature_range,
        lambda: tour_start.automatic_range(cities.distances, pairs, share, key),
    )
    tour_cpu.advance(state, np.empty(0))  # compiles, or loads what was compiled
    began = time.perf_counter()
    stopped, acceptance, mean_lengths = _run(state, temperatures, began, time_limit, callback)
    tours = {name: found.astype(np.int64) for name, found in tour_cpu.fetch(state).items()}
    return TourAnnealing(
        tours["shortest"],
        cities.length(tours["shortest"]),
        tours["orders"],
        cities.length(tours["orders"]),
        temperatures[: len(acceptance)],
        acceptance,
        mean_lengths,
        time.perf_counter() - began,
        stopped,
        key,
    )


def _run(
    state: tour_cpu.State, temperatures: np.ndarray, began: float, limit: float | None, callback: Callback | None
) -> tuple[str, np.ndarray, np.ndarray]:
    """Do the sweeps; return why there are no more, and their acceptance and mean lengths."""
    reads, n = state.orders.shape
    total, block = len(temperatures), max(1, BLOCK // (reads * n))
    rates, lengths = np.empty(total), np.empty(total)
    for first in range(0, total, block):
        done = min(first + block, total)
        metrics = tour_cpu.advance(state, temperatures[first:done])
        rates[first:done] = metrics.accepted.mean(axis=0) / n
        lengths[first:done] = metrics.lengths.mean(axis=0)
        last = done - 1
        now = {"temperature": temperatures[last], "acceptance": rates[last], "mean_length": lengths[last]}
        if report(callback, done, total, **now) and done < total:
            return "callback", rates[:done], lengths[:done]
        if limit is not None and done < total and time.perf_counter() - began >= limit:
            return "time limit", rates[:done], lengths[:done]
    return "finished", rates, lengths


def _share(moves: Sequence[str]) -> int:
    listed = isinstance(moves, Sequence) and not isinstance(moves, str)
    chosen = tuple(name for name in KINDS if listed and name in moves)
    if not chosen or len(chosen) != len(moves):
        raise InvalidParameter(OWNER, "moves", moves, '("2-opt",), ("or-opt",) or ("2-opt", "or-opt")')
    return SHARES[chosen]


def _starts(cities: Cities, initial: Any, reads: int, key: int) -> np.ndarray:
    n = cities.n_cities
    if isinstance(initial, str):
        checks.one_of(OWNER, "initial", initial, ("nearest", "random"))
        if initial == "random":
            return tour_start.random_tours(n, reads, key)
        return tour_start.nearest_tours(cities.distances, reads, key)
    tours = check_tours(OWNER, "initial", initial, n)
    if tours.shape not in ((n,), (reads, n)):
        wanted = f'"nearest", "random", or tours of shape ({n},) or ({reads}, {n})'
        raise InvalidParameter(OWNER, "initial", tours.shape, wanted)
    return np.broadcast_to(tours, (reads, n))
