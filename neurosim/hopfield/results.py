"""What recalls and measurements return."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Recall:
    """Where a network went from its probes.

    Attributes
    ----------
    states : (probes, units) int8
        The last states, in the coding of the network.
    sweeps : (probes,) int64
        Sweeps done until the probe stopped; 0 if it was a fixed point. A sweep is as many updates as there are units,
        or one parallel step.
    stopped : (probes,) str
        "fixed point", "2-cycle" (parallel order only: the state of two steps ago comes back for sure) or "limit".
    energies : (probes,) float64
        Energies of the last states, -1/2 s^T W s + theta^T s.
    flips : (probes,) int64
        How many updates changed a unit.
    dtype : str
        The type in which the fields were kept: "int16" or "int32" (exact) or "float64".
    backend : str
        "cpu" or "cuda".
    seed : int
        The key of the random numbers; as `random_state` it gives the same recall again.
    trajectory : (steps + 1, probes, units) int8 or None
        With ``record=True`` the states at first and after each sweep; a probe that has stopped keeps its state.
    """

    states: np.ndarray = field(repr=False)
    sweeps: np.ndarray = field(repr=False)
    stopped: np.ndarray = field(repr=False)
    energies: np.ndarray = field(repr=False)
    flips: np.ndarray = field(repr=False)
    dtype: str
    backend: str
    seed: int
    trajectory: np.ndarray | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Learning:
    """What a network was taught at last.

    Attributes
    ----------
    rule : str
    patterns : int
        How many patterns were given.
    epochs : int or None
        Passes over the patterns, of rules that repeat them.
    converged : bool or None
        Whether such a rule came to its end.
    """

    rule: str
    patterns: int
    epochs: int | None = None
    converged: bool | None = None


@dataclass(frozen=True)
class ContinuousRecall:
    """Where the network came to.

    Attributes
    ----------
    outputs, potentials : (probes, N) float64
        V and u.
    energies : (probes,) float64
    times : (probes,) float64
        How long each probe was integrated.
    settled : (probes,) bool
        Whether every net current had become smaller than the tolerance; the others ran into the time limit.
    states : (probes, N) int8
        The corner of the cube that is nearest, in -1/+1 or 0/1.
    """

    outputs: np.ndarray = field(repr=False)
    potentials: np.ndarray = field(repr=False)
    energies: np.ndarray = field(repr=False)
    times: np.ndarray = field(repr=False)
    settled: np.ndarray = field(repr=False)
    states: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class ContinuousRun:
    """A recorded trajectory.

    Attributes
    ----------
    times : (steps + 1,) float64
    potentials, outputs : (steps + 1, probes, N) float64
    energies : (steps + 1, probes) float64
    """

    times: np.ndarray = field(repr=False)
    potentials: np.ndarray = field(repr=False)
    outputs: np.ndarray = field(repr=False)
    energies: np.ndarray = field(repr=False)
