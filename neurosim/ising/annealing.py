"""Simulated annealing (Kirkpatrick, Gelatt & Vecchi 1983) and sampling at one temperature (Metropolis et al. 1953)."""

import time
from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.core.progress import Callback, report
from neurosim.core.random import seed_from
from neurosim.ising import problem as problems
from neurosim.ising.graphs import as_spins
from neurosim.ising.model import IsingModel
from neurosim.ising.results import Annealing, Samples
from neurosim.ising.rules import ORDERS, RULES
from neurosim.ising.runs import METHODS, Run
from neurosim.ising.temperatures import schedule_of
from neurosim.ising.temperatures import temperature_range as natural_range

REPORTS = 100  # of a run, at least
PIECE = 0.1  # seconds between looks at the clock
FIRST = 16  # sweeps before the first look


def anneal(
    model: IsingModel,
    schedule: Any = "auto",
    *,
    sweeps: int | None = None,
    reads: int = 100,
    method: str = "auto",
    rule: str = "metropolis",
    order: str | None = None,
    temperature_range: tuple[float, float] | None = None,
    initial: Any = None,
    time_limit: float | None = None,
    random_state: Any = None,
    callback: Callback | None = None,
    backend: str = "auto",
) -> Annealing:
    """Look for states of low energy by cooling many independent reads.

    Parameters
    ----------
    model : IsingModel
    schedule : "auto", "geometric", "linear", "log", sequence of temperatures, or text as "2@20,2@15"
        The temperature of each sweep: by name within `temperature_range` ("auto" is geometric), number by number, or as
        sweeps@temperature.
    sweeps : int >= 1, default 1000
        Of each read: as many visits of sites as there are. Left out where the schedule says it.
    reads : int >= 1, default 100
        Independent runs.
    method : "auto", "replica", "multispin" or "scalar"
        64 reads at once, 64 reads in the bits of a word, or one read after the other. "multispin" takes couplings of
        one size without fields, at most 7 to a site; its reads share random numbers in part, so that each is a correct
        chain but they are not independent. "auto" never takes it.
    rule : "metropolis" or "heatbath"
        How a flip is decided.
    order : "sequential", "permutation", "random" or "coloured", optional
        In which sites are visited: by number, in a new random order every sweep, each drawn from all, or by colour
        classes. Default: "permutation" for at most 256 spins, "sequential" for more, and "coloured" on the device and
        for "multispin". Metropolis sweeps in a fixed order do not reach every state of some small models
        (docs/ising.md).
    temperature_range : (hot, cold), optional
        Default: `neurosim.ising.temperature_range`.
    initial : array of shape (N,) or (reads, N) of -1 and +1, optional
        Default: random spins.
    time_limit : float > 0, optional
        Seconds after which no further sweep begins.
    random_state : None, int, SeedSequence, Generator or RandomState
        The result is the same for any number of threads.
    callback : function of a `neurosim.core.progress.Progress`, optional
        Called 100 times, or more often if that takes long, with the temperature, the mean energy and the acceptance;
        True stops the run.
    backend : "auto", "cpu" or "cuda"

    Returns
    -------
    Annealing

    Raises
    ------
    InvalidParameter
        If a parameter is out of its range or does not go with another.
    BackendError
        If the backend is not there.

    Examples
    --------
    >>> from neurosim.ising import IsingModel, anneal, gset
    >>> model = IsingModel.from_graph(gset(1))
    >>> float(model.cut(anneal(model, random_state=0).best_state))
    11624.0
    """
    _check(model, reads, "reads", "anneal", method, rule, order)
    temperatures = schedule_of("anneal", schedule, sweeps, temperature_range, lambda: natural_range(model))
    if time_limit is not None:
        checks.number("anneal", "time_limit", time_limit, "a number of seconds > 0", above=0)
    key = seed_from(random_state)
    spins = _start("anneal", model, initial, reads, key)
    coldest = temperatures[temperatures > 0].min(initial=np.inf)
    run = Run("anneal", model, spins, key, coldest, method=method, rule=rule, order=order, backend=backend)
    run.load()
    began = time.perf_counter()
    acceptance, means, stopped = _cool(run, temperatures, time_limit, callback)
    last, best = run.fetch()
    seconds = time.perf_counter() - began
    last_energies, energies = run.energies(last), run.energies(best)
    lower = last_energies < energies  # of real couplings, as the energies along the way are rounded
    best[lower], energies[lower] = last[lower], last_energies[lower]
    return Annealing(
        states=best,
        energies=energies,
        last_states=last,
        last_energies=last_energies,
        temperatures=temperatures[: len(means)],
        acceptance=acceptance,
        mean_energies=means,
        seconds=seconds,
        stopped=stopped,
        method=run.method,
        order=run.order,
        rule=run.rule,
        backend=run.backend,
        seed=key,
    )


def sample(
    model: IsingModel,
    temperature: float,
    *,
    samples: int = 1000,
    chains: int = 64,
    burn_in: int = 100,
    thin: int = 1,
    method: str = "auto",
    rule: str = "metropolis",
    order: str | None = None,
    initial: Any = None,
    random_state: Any = None,
    callback: Callback | None = None,
    backend: str = "auto",
) -> Samples:
    """Draw states with the Boltzmann weights exp(-E / T) at a fixed temperature.

    Parameters
    ----------
    model : IsingModel
    temperature : float >= 0
    samples, chains : int >= 1
        States taken from each chain, and independent chains.
    burn_in, thin : int >= 0, int >= 1
        Sweeps before the first sample, and from one to the next.
    method, rule, order, initial, random_state, callback, backend
        As in `anneal`, but that the order is "permutation" by default for every size: fixed orders may leave states
        out. The callback hears of every sample.

    Returns
    -------
    Samples

    Examples
    --------
    >>> from neurosim.ising import lattice, sample
    >>> cold = sample(lattice((8, 8)), 1.0, samples=20, initial=[1] * 64, random_state=0)
    >>> bool(cold.magnetisations.mean() > 0.99)
    True
    """
    _check(model, chains, "chains", "sample", method, rule, order)
    for name, value, least in (("samples", samples, 1), ("burn_in", burn_in, 0), ("thin", thin, 1)):
        checks.at_least("sample", name, value, least)
    checks.number("sample", "temperature", temperature, "a number >= 0", least=0)
    key = seed_from(random_state)
    spins = _start("sample", model, initial, chains, key)
    run = Run(
        "sample",
        model,
        spins,
        key,
        temperature or np.inf,
        method=method,
        rule=rule,
        order=order,
        backend=backend,
        usual="permutation",
    )
    states = np.empty((samples, chains, model.n_spins), np.int8)
    energies, accepted = np.empty((samples, chains)), np.zeros(samples)
    if burn_in:
        run.advance(np.full(burn_in, float(temperature)))
    stopped, done = "finished", samples
    for k in range(samples):
        fractions, _ = run.advance(np.full(thin, float(temperature)))
        states[k], accepted[k] = run.fetch()[0], fractions.mean()
        energies[k] = run.energies(states[k])
        if report(callback, k + 1, samples, energy=energies[k].mean(), acceptance=accepted[k]):
            stopped, done = "callback" if k + 1 < samples else "finished", k + 1
            break
    return Samples(
        states=states[:done],
        energies=energies[:done],
        acceptance=float(accepted[:done].mean()),
        temperature=float(temperature),
        stopped=stopped,
        method=run.method,
        order=run.order,
        rule=run.rule,
        backend=run.backend,
        seed=key,
    )


def _check(model: Any, reads: Any, name: str, owner: str, method: Any, rule: Any, order: Any) -> None:
    if not isinstance(model, IsingModel):
        raise InvalidParameter(
            owner,
            "model",
            type(model).__name__,
            "an IsingModel (IsingModel.from_graph, from_edges and from_qubo make one)",
        )
    checks.at_least(owner, name, reads, 1)
    checks.one_of(owner, "method", method, METHODS)
    checks.one_of(owner, "rule", rule, RULES)
    if order is not None:
        checks.one_of(owner, "order", order, (*ORDERS, "coloured"))


def _start(owner: str, model: IsingModel, initial: Any, reads: int, key: int) -> np.ndarray:
    """Return the spins (N, reads) int8 from which the reads begin."""
    if initial is None:
        return problems.random_spins(key, model.n_spins, reads)
    spins = as_spins(owner, initial, model.n_spins, "spin", name="initial")
    if spins.shape not in ((model.n_spins,), (reads, model.n_spins)):
        wanted = f"of shape ({model.n_spins},) or ({reads}, {model.n_spins})"
        raise InvalidParameter(owner, "initial", spins.shape, wanted)
    return np.ascontiguousarray(np.broadcast_to(spins, (reads, model.n_spins)).T, np.int8)


def _cool(
    run: Run, temperatures: np.ndarray, time_limit: float | None, callback: Callback | None
) -> tuple[np.ndarray, np.ndarray, str]:
    """Take a run through its schedule; return acceptance and mean energy of the sweeps done, and why it ended."""
    total, done = len(temperatures), 0
    acceptance, means = np.empty(total), np.empty(total)
    most = total if callback is None else -(-total // REPORTS)
    piece, began = min(FIRST, most), time.perf_counter()
    while done < total:
        some = slice(done, min(done + piece, total))
        started = time.perf_counter()
        acceptance[some], means[some] = run.advance(temperatures[some])
        done, now = some.stop, time.perf_counter()
        quick, slow = now - started < PIECE / 2, now - started > PIECE
        piece = min(2 * piece, most) if quick else max(1, piece // 2) if slow else piece
        metrics = {"temperature": temperatures[done - 1], "energy": means[done - 1], "acceptance": acceptance[done - 1]}
        if report(callback, done, total, **metrics) and done < total:
            return acceptance[:done], means[:done], "callback"
        if time_limit is not None and now - began >= time_limit and done < total:
            return acceptance[:done], means[:done], "time limit"
    return acceptance, means, "finished"
