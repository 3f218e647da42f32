"""How a map is trained: epochs of the batch rule, or of one sample after the other."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from neurosim.core import backend, checks, random
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.schedules import DECAYS, decay
from neurosim.som import online_cpu
from neurosim.som.space import Space
from neurosim.som.topology import NEIGHBOURHOODS, Topology

ALGORITHMS = ("batch", "online")
LEAST_SIGMA = 1e-6  # steps; squares of far smaller ones would vanish
HISTORY = {"batch": ("sigma", "qe", "te"), "online": ("sigma", "learning_rate", "qe")}


class Schedule(NamedTuple):
    """Sigma and learning rate from (start, end), and how many updates they have: epochs, or samples shown."""

    sigma: tuple[float, float]
    sigma_decay: str
    learning_rate: tuple[float, float]
    learning_rate_decay: str
    updates: int

    def part(self, begin: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Return sigma and learning rate of the updates from `begin` to before `stop`."""
        return (
            decay(self.sigma_decay, *self.sigma, self.updates, begin, stop),
            decay(self.learning_rate_decay, *self.learning_rate, self.updates, begin, stop),
        )


class Epoch(NamedTuple):
    """What an epoch gives: a row of the history, the weights, of the run's space, and sigma at its last update."""

    row: dict[str, float]
    weights: np.ndarray
    sigma: float


class Run(NamedTuple):
    """What every epoch takes: samples in the metric's space, their weights, and how to train on them."""

    x: Any
    sample_weight: np.ndarray
    topology: Topology
    space: Space
    neighbourhood: str
    schedule: Schedule
    epochs: int


def schedule_of(som: Any, updates: int, longer_side: int) -> Schedule:
    """Check the parameters of a map's schedule and return it."""
    sigma = (max(1.0, longer_side / 2), 1.0) if som.sigma is None else som.sigma
    ends = checks.positive_pair("SOM", "sigma", sigma)
    if min(ends) < LEAST_SIGMA:
        raise InvalidParameter("SOM", "sigma", sigma, f"(start, end), two numbers >= {LEAST_SIGMA:g}")
    rates = checks.positive_pair("SOM", "learning_rate", som.learning_rate)
    if max(rates) > 1:
        raise InvalidParameter("SOM", "learning_rate", som.learning_rate, "(start, end), two numbers in (0, 1]")
    checks.one_of("SOM", "sigma_decay", som.sigma_decay, tuple(DECAYS))
    checks.one_of("SOM", "learning_rate_decay", som.learning_rate_decay, tuple(DECAYS))
    return Schedule(ends, som.sigma_decay, rates, som.learning_rate_decay, updates)


def check(som: Any) -> None:
    """Raise unless the parameters of training are as described."""
    checks.one_of("SOM", "algorithm", som.algorithm, ALGORITHMS)
    checks.one_of("SOM", "neighbourhood", som.neighbourhood, tuple(NEIGHBOURHOODS))
    checks.at_least("SOM", "epochs", som.epochs, 1)
    checks.at_least("SOM", "n_iter_no_change", som.n_iter_no_change, 1)
    if som.steps is not None:
        checks.at_least("SOM", "steps", som.steps, 1)
    if som.steps is not None and som.algorithm == "batch":
        raise InvalidParameter("SOM", "steps", som.steps, "None with algorithm='batch', which counts epochs")
    if som.tol is not None:
        checks.number("SOM", "tol", som.tol, "None or a number >= 0", least=0)
    if not isinstance(som.shuffle, bool | np.bool_):
        raise InvalidParameter("SOM", "shuffle", som.shuffle, "True or False")
    if som.neighbourhood == "mexican_hat" and som.algorithm == "batch":
        wanted = "gaussian, bubble or cut_gaussian with algorithm='batch': its sums may be negative and have no mean"
        raise InvalidParameter("SOM", "neighbourhood", som.neighbourhood, wanted)


def batch(run: Run, weights: np.ndarray, target: str, begin: int) -> Iterator[Epoch]:
    """Train in batches from epoch `begin` on; yield each."""
    kernels, topology = backend.kernels("som", target), run.topology
    compiled = {} if run.space.distance is None else {"distance": run.space.distance}
    state = kernels.begin(
        run.x, run.sample_weight, weights, topology.positions, topology.periods, topology.reach2(), **compiled
    )
    for sigma in run.schedule.part(begin, run.epochs)[0]:
        metrics = kernels.advance(state, topology.smoothing(sigma, run.neighbourhood))
        if run.space.unit_length:
            kernels.normalise(state)
        row = {"sigma": float(sigma), "qe": run.space.error(metrics), "te": float(metrics.te)}
        yield Epoch(row, kernels.fetch(state, ("weights",))["weights"], float(sigma))


def online(run: Run, weights: np.ndarray, begin: int, key: int | None) -> Iterator[Epoch]:
    """Show the samples one by one, from epoch `begin` on; yield each epoch.

    `key`: of the order of the samples, a new one for each epoch; None takes them as they come.
    """
    n, updates = len(run.x), run.schedule.updates
    for epoch in range(begin, run.epochs):
        count = min(n, updates - epoch * n)
        order = np.arange(n) if key is None else random.permutation(key, 1 + epoch, n)
        shown = show(run, weights, order[:count], *run.schedule.part(epoch * n, epoch * n + count))
        weights = shown.weights
        yield shown


def show(run: Run, weights: np.ndarray, order: np.ndarray, sigmas: np.ndarray, rates: np.ndarray) -> Epoch:
    """Show samples in this order.

    A sample of weight k moves the map as one shown k times at a fixed winner would (SOM_PAK): 1 - (1 - rate)^k.
    """
    weights, row = weights.copy(), {"sigma": float(sigmas[0]), "learning_rate": float(rates[0])}
    shares = run.sample_weight[order].astype(np.float64)
    if (shares != 1).any():
        rates = 1.0 - (1.0 - rates) ** shares
    kind = NEIGHBOURHOODS[run.neighbourhood]
    total = online_cpu.train(weights, run.x, order, sigmas, rates, run.topology, kind, run.space.online_distance)
    if not np.isfinite(total):
        raise DataError("SOM: the metric gives no finite distance from any unit for a sample of X")
    row["qe"] = float(total) / len(order)
    return Epoch(row, run.space.weights(weights) if run.space.unit_length else weights, float(sigmas[-1]))
