"""All states of a small model, and the thermal means that follow: the truth that samplers are held against."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.ising.model import IsingModel

MOST_SPINS = 24
ROUNDING = 1e-12  # of the range of energies: states this close count as equal


def enumerate_states(model: IsingModel) -> "ExactEnsemble":
    """Return the energies of all 2**N states of a model with N <= 24 spins.

    Parameters
    ----------
    model : IsingModel
        24 spins take 200 MB and a few seconds.

    Raises
    ------
    InvalidParameter
        If the model has more spins.

    Examples
    --------
    >>> from neurosim.ising import enumerate_states, lattice
    >>> ensemble = enumerate_states(lattice((4, 4)))
    >>> ensemble.ground_energy, len(ensemble.ground_states())
    (-32.0, 2)
    >>> round(ensemble.mean_absolute_magnetisation(1 / 0.6), 6)
    0.972867
    """
    if not isinstance(model, IsingModel):
        raise InvalidParameter("enumerate_states", "model", model, "an IsingModel")
    if model.n_spins > MOST_SPINS:
        raise InvalidParameter("enumerate_states", "model", model, f"a model of at most {MOST_SPINS} spins")
    couplings = model.couplings.toarray() if model.is_sparse else model.couplings
    energies = np.empty(1 << model.n_spins)
    local = np.empty(max(1, len(energies) // 2))
    energies[0] = model.offset
    for k in range(model.n_spins):
        local[0] = model.fields[k]
        for j in range(k):
            local[1 << j : 2 << j] = local[: 1 << j] + couplings[k, j]
            local[: 1 << j] -= couplings[k, j]
        energies[1 << k : 2 << k] = energies[: 1 << k] - local[: 1 << k]
        energies[: 1 << k] += local[: 1 << k]
    return ExactEnsemble(model.n_spins, energies)


@dataclass(frozen=True, eq=False)
class ExactEnsemble:
    """All states of a model with their energies; methods return means over the Boltzmann distribution.

    In methods T >= 0 is a temperature in units of the energy; T = 0 means equal weights on all ground states.

    Attributes
    ----------
    n_spins : int
        N.
    energies : ndarray of float64, shape (2**N,)
        Energy of each state; spin i of state number k is 1 where bit i of k is set and -1 where it is not.
    """

    n_spins: int
    energies: np.ndarray = field(repr=False)

    @property
    def ground_energy(self) -> float:
        """The lowest energy."""
        return float(self.energies.min())

    def states(self, numbers: Any) -> np.ndarray:
        """Return the states of given numbers, an array of int, as int8 spins of shape (..., N)."""
        bits = np.asarray(numbers)[..., None] >> np.arange(self.n_spins) & 1
        return (2 * bits - 1).astype(np.int8)

    def numbers(self, states: Any) -> np.ndarray:
        """Return the numbers of states of shape (..., N), spins -1 and 1: the inverse of `states`."""
        return (np.asarray(states) > 0) @ (1 << np.arange(self.n_spins))

    def ground_states(self) -> np.ndarray:
        """Return all states of the lowest energy, int8 of shape (number of them, N)."""
        return self.states(np.flatnonzero(self._is_ground()))

    def probabilities(self, temperature: float) -> np.ndarray:
        """Return the Boltzmann probability of every state, (2**N,)."""
        _check_temperature(temperature, positive=False)
        if temperature == 0:
            weights = self._is_ground().astype(np.float64)
        else:
            weights = np.exp((self.ground_energy - self.energies) / temperature)
        return weights / weights.sum()

    def log_partition(self, temperature: float) -> float:
        """Return ln Z = ln sum exp(-E / T), T > 0."""
        _check_temperature(temperature, positive=True)
        ground = self.ground_energy
        return float(np.log(np.exp((ground - self.energies) / temperature).sum()) - ground / temperature)

    def mean_energy(self, temperature: float) -> float:
        """Return the mean of the energy."""
        return float(self.probabilities(temperature) @ self.energies)

    def mean_absolute_magnetisation(self, temperature: float) -> float:
        """Return the mean of ``abs(sum_i s_i) / N``."""
        up = np.bitwise_count(np.arange(len(self.energies), dtype=np.uint32)).astype(np.float64)
        return float(self.probabilities(temperature) @ np.abs(2 * up / self.n_spins - 1))

    def mean_spins(self, temperature: float) -> np.ndarray:
        """Return the mean of every spin, (N,)."""
        return _spin_sums(self.probabilities(temperature), self.n_spins)

    def pair_correlations(self, temperature: float) -> np.ndarray:
        """Return the means of s_i s_j, (N, N), with 1 on the diagonal."""
        correlations = np.eye(self.n_spins)
        rest = self.probabilities(temperature)
        for k in reversed(range(self.n_spins)):
            down, up = rest[: 1 << k], rest[1 << k :]
            correlations[k, :k] = correlations[:k, k] = _spin_sums(up - down, k)
            rest = down + up
        return correlations

    def _is_ground(self) -> np.ndarray:
        lowest = self.energies.min()
        close: np.ndarray = self.energies <= lowest + ROUNDING * (self.energies.max() - lowest)
        return close


def _spin_sums(weights: np.ndarray, n: int) -> np.ndarray:
    """Return sum_k weights[k] s_i(k) for each of n spins, where `weights` has one entry a state."""
    sums = np.empty(n)
    for i in reversed(range(n)):
        down, up = weights[: 1 << i], weights[1 << i :]
        sums[i] = (up - down).sum()
        weights = down + up
    return sums


def _check_temperature(temperature: float, positive: bool) -> None:
    if positive:
        checks.number("ExactEnsemble", "temperature", temperature, "a number > 0", above=0.0)
    else:
        checks.number("ExactEnsemble", "temperature", temperature, "a number >= 0", least=0.0)
