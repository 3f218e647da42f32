"""What a Boltzmann machine returns."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Settled:
    """Where chains came to rest.

    Attributes
    ----------
    states : (chains, units) uint8
        0 or 1, after the last time unit.
    energies : (chains,) float64
        Of these states.
    temperatures : (time units,) float64
        The schedule.
    backend : str
        "cpu" or "cuda".
    seed : int
        The key of the random numbers; as `random_state` it gives the same states again.
    """

    states: np.ndarray = field(repr=False)
    energies: np.ndarray = field(repr=False)
    temperatures: np.ndarray = field(repr=False)
    backend: str
    seed: int


@dataclass(frozen=True, eq=False)
class Cooccurrence:
    """How often two units are on together, estimated from batches of chains that are independent of each other.

    Attributes
    ----------
    values : (units, units) float64
        The estimates of p_ij; the diagonal is the probability that a unit is on.
    standard_errors : (units, units) float64
        From the differences between batches of chains; 0 where all agree.
    chains, batches : int
        A batch's chains are counted together.
    backend : str
    seed : int
    """

    values: np.ndarray = field(repr=False)
    standard_errors: np.ndarray = field(repr=False)
    chains: int
    batches: int
    backend: str
    seed: int


@dataclass(frozen=True, eq=False)
class Completion:
    """Visible patterns with the missing units filled in.

    Attributes
    ----------
    states : (patterns, visible) uint8
        Of the trial that ended with the lowest energy.
    probabilities : (patterns, visible) float64
        In which share of the trials a unit ended on.
    trials : (trials, patterns, units) uint8
        Where each trial ended, hidden units and all.
    energies : (trials, patterns) float64
    seed : int
    """

    states: np.ndarray = field(repr=False)
    probabilities: np.ndarray = field(repr=False)
    trials: np.ndarray = field(repr=False)
    energies: np.ndarray = field(repr=False)
    seed: int


@dataclass(frozen=True, eq=False)
class Learning:
    """How a machine learned.

    Attributes
    ----------
    cycles : int
        Cycles done.
    differences : (cycles,) float64
        The mean size of p_ij - p'_ij over the connections and the biases, in each cycle, before its step.
    measured_at : (reports,) int64
        The cycles after which the divergence was measured, 0 being the start.
    kl : (reports,) float64
        The Kullback-Leibler divergence in nats of the machine, at the temperature of the statistics, from its
        environment.
    rule, method : str
        As given.
    stopped : str
        "finished" or "callback".
    backend : str
    seed : int
    """

    cycles: int
    differences: np.ndarray = field(repr=False)
    measured_at: np.ndarray = field(repr=False)
    kl: np.ndarray = field(repr=False)
    rule: str
    method: str
    stopped: str
    backend: str
    seed: int
