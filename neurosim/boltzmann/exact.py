"""All states of a small Boltzmann machine and what follows from them: the truth that sampling is held against."""

from dataclasses import dataclass, field
from math import isnan
from typing import Any, NamedTuple

import numpy as np
from scipy.special import logsumexp

from neurosim.boltzmann.clamping import clamped, environment, numbers
from neurosim.core.errors import DataError, InvalidParameter

MOST_UNITS = 20
ROUNDING = 1e-12  # of the range of energies: at T = 0 states this close count as equal


@dataclass(frozen=True, eq=False)
class ExactDistribution:
    """The Boltzmann distribution over all states of the free units, ``P(s) = exp(-E(s) / T) / Z``.

    Attributes
    ----------
    temperature : float
        T. The limits +0 and -0 stand for equal weights on the states of lowest and of highest energy, and +-inf for
        equal weights on all. At +0 the machine's own process may stay in a local minimum for ever; the limit does not.
    clamp : (n,) float64
        The values 0 or 1 of the clamped units, NaN for the free ones.
    free : (f,) int64
        The units that are free.
    energies, probabilities : (2**f,) float64
        Of each state; unit ``free[i]`` is on in state number k where bit i of k is set. Energies are those of the
        whole machine, clamped units and all.
    log_z : float
        ln Z, the sum over the states of the free units; at T = +-0 its limit, which may be infinite.
    cooccurrence : (n, n) float64
        p_ij, the probability that units i and j are both on; the diagonal is the probability that a unit is on.
    """

    temperature: float
    clamp: np.ndarray = field(repr=False)
    free: np.ndarray = field(repr=False)
    energies: np.ndarray = field(repr=False)
    probabilities: np.ndarray = field(repr=False)
    log_z: float
    cooccurrence: np.ndarray = field(repr=False)

    @property
    def activities(self) -> np.ndarray:
        """The probability that each unit is on, (n,)."""
        return self.cooccurrence.diagonal().copy()

    @property
    def mean_energy(self) -> float:
        """The mean of the energy."""
        return float(self.probabilities @ self.energies)

    @property
    def entropy(self) -> float:
        """The entropy in nats, ``-sum p ln p``."""
        p = self.probabilities[self.probabilities > 0]
        return float(-(p * np.log(p)).sum())

    @property
    def log_probabilities(self) -> np.ndarray:
        """ln P of every state, (2**f,), also where P itself is too small for a number."""
        if self.temperature == 0:
            with np.errstate(divide="ignore"):
                return np.log(self.probabilities)
        with np.errstate(over="ignore"):
            logs = -_excess(self.energies, self.temperature) / self.temperature
        return np.asarray(logs - np.log(np.exp(logs).sum()))

    def states(self, numbers: Any = None) -> np.ndarray:
        """Return the states of the whole machine for given state numbers (default all), (..., n) uint8."""
        k = np.arange(len(self.energies)) if numbers is None else np.asarray(numbers)
        states = np.empty((*k.shape, len(self.clamp)), np.uint8)
        states[...] = np.nan_to_num(self.clamp)
        states[..., self.free] = k[..., None] >> np.arange(len(self.free)) & 1
        return states

    def numbers(self, states: Any) -> np.ndarray:
        """Return the numbers of states (..., n) of 0 and 1, the inverse of `states`; clamped units do not count."""
        return (np.asarray(states)[..., self.free] > 0) @ (1 << np.arange(len(self.free)))

    def log_marginal(self, units: Any) -> np.ndarray:
        """Return ln P of every pattern of some free units, (2**m,); bit i of a pattern's number is ``units[i]``."""
        place = {unit: i for i, unit in enumerate(self.free)}
        wanted = np.atleast_1d(units).tolist()
        if len(set(wanted)) < len(wanted) or not set(wanted) <= set(place):
            raise InvalidParameter("ExactDistribution", "units", units, "different free units")
        f = len(self.free)
        kept = [f - 1 - place[unit] for unit in reversed(wanted)]
        summed = [axis for axis in range(f) if axis not in kept]
        table = self.log_probabilities.reshape((2,) * f).transpose(summed + kept)
        return np.asarray(logsumexp(table.reshape(-1, 1 << len(kept)), axis=0))

    def kl(self, patterns: Any, weights: Any = None) -> float:
        """Return the Kullback-Leibler divergence in nats of this machine from what it should say.

        That is ``G = sum P(v) ln(P(v) / P'(v))`` (Ackley, Hinton & Sejnowski 1985, their equation for G): P is the
        environment, P' this distribution's marginal over the visible units.

        Parameters
        ----------
        patterns : (m, v) array of 0 and 1
            The patterns of the environment, for units 0 to v - 1, which have to be free. Equal rows add up.
        weights : (m,) array of numbers >= 0, optional
            How often each comes; default equally often. Their sum does not matter.
        """
        rows, p = environment("ExactDistribution.kl", patterns, weights, len(self.clamp))
        codes, where = np.unique(rows @ (1 << np.arange(rows.shape[1])), return_inverse=True)
        target = np.bincount(where, p)
        codes, target = codes[target > 0], target[target > 0]
        return float(target @ (np.log(target) - self.log_marginal(range(rows.shape[1]))[codes]))


class ExactGradient(NamedTuple):
    """The divergence of a machine from its environment and its derivatives by the parameters.

    Attributes
    ----------
    kl : float
        G in nats, see `ExactDistribution.kl`.
    weights : (n, n) float64
        dG / dw_ij of the symmetric weight between two units, with a diagonal of 0.
    biases : (n,) float64
        dG / db_i.
    """

    kl: float
    weights: np.ndarray
    biases: np.ndarray


def distribution(
    weights: Any, biases: Any, temperature: float = 1.0, clamp: Any = None, *, owner: str = "exact"
) -> ExactDistribution:
    """Enumerate the states of a machine with at most 20 free units.

    Parameters
    ----------
    weights : (n, n) array
        Symmetric, diagonal 0. The energy is ``E(s) = -sum_{i<j} w_ij s_i s_j - sum_i b_i s_i`` with s of 0 and 1.
    biases : (n,) array
    temperature : float, default 1
        Any number, also +-0, negative and infinite ones; see `ExactDistribution`.
    clamp : (m,) array, m <= n, optional
        Values 0 or 1 for the first m units, NaN for those of them that are free; units from m on are free.
    owner : str, default "exact"
        What errors name.

    Raises
    ------
    InvalidParameter, DataError
        For more than 20 free units (2**20 states take about 50 MB), or arrays of the wrong shape or content.

    Examples
    --------
    Two units that support each other; both are on with probability e / (3 + e).

    >>> from neurosim.boltzmann.exact import distribution
    >>> exact = distribution([[0, 1], [1, 0]], [0, 0])
    >>> exact.cooccurrence.round(4)
    array([[0.6502, 0.4754],
           [0.4754, 0.6502]])
    >>> round(exact.log_z, 4)
    1.7437
    >>> distribution([[0, 1], [1, 0]], [0, 0], clamp=[1]).activities.round(4)  # the second is free
    array([1.    , 0.7311])
    """
    w, b = machine(owner, weights, biases)
    t = any_temperature(owner, temperature)
    held = clamped(owner, clamp, len(b))
    if held.ndim > 1:
        raise DataError(f"{owner}: clamp must have one dimension; got {held.shape}")
    free = np.flatnonzero(np.isnan(held))
    if len(free) > MOST_UNITS:
        raise InvalidParameter(owner, "free units", len(free), f"at most {MOST_UNITS}")
    values = np.nan_to_num(held)
    rest = -(values @ w @ values / 2 + b @ values)
    energies = rest + _energies(w[np.ix_(free, free)], (b + w @ values)[free])
    log_z, p = _boltzmann(energies, t)
    together = np.outer(values, values)
    together[np.ix_(free, free)] = _cooccurrence(p, len(free))
    on = together.diagonal()[free]
    together[free] += np.outer(on, values)
    together[:, free] += np.outer(values, on)
    return ExactDistribution(t, held, free, energies, p, log_z, together)


def gradient(
    weights: Any, biases: Any, patterns: Any, *, pattern_weights: Any = None, temperature: float = 1.0
) -> ExactGradient:
    """Return the divergence from the environment and its exact gradient, ``dG / dw_ij = -(p_ij - p'_ij) / T``.

    p_ij is the co-occurrence with the patterns clamped in turn, p'_ij without (Ackley, Hinton & Sejnowski 1985).

    Parameters
    ----------
    weights, biases
        As for `distribution`; at most 20 units in all.
    patterns : (m, v) array of 0 and 1
        The environment, for units 0 to v - 1; the others are hidden.
    pattern_weights : (m,) array of numbers >= 0, default equal
    temperature : float, default 1
        Not 0, where G has no derivative.
    """
    if temperature == 0:
        raise InvalidParameter("exact.gradient", "temperature", temperature, "a number other than 0")
    free_running = distribution(weights, biases, temperature, owner="exact.gradient")
    n, names = len(free_running.clamp), ("patterns", "pattern_weights")
    rows, p = environment("exact.gradient", patterns, pattern_weights, n, names)
    difference = free_running.cooccurrence - driven(free_running, rows, p)
    with np.errstate(over="ignore"):
        change = difference / free_running.temperature
    biases_change = change.diagonal().copy()
    np.fill_diagonal(change, 0)
    return ExactGradient(free_running.kl(patterns, pattern_weights), change, biases_change)


def driven(running: ExactDistribution, patterns: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return p_ij, (n, n), with patterns (m, v) clamped in turn; `running` is the free machine's distribution.

    At T = +-0, too: every pattern then comes with its own states of lowest, or highest, energy.
    """
    n, visible = len(running.clamp), patterns.shape[1]
    target = np.bincount(patterns @ (1 << np.arange(visible)), probabilities, 1 << visible)
    hidden = running.energies.reshape(-1, 1 << visible)
    p = _shares(hidden, running.temperature, float(np.ptp(hidden)))
    return _cooccurrence((p * (target / p.sum(axis=0))).ravel(), n)


def machine(owner: str, weights: Any, biases: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and biases as float64 once they are known to be a machine's."""
    w, b = numbers(owner, "weights", weights), numbers(owner, "biases", biases)
    if b.ndim != 1 or w.shape != (len(b), len(b)) or not len(b):
        raise DataError(f"{owner}: weights must be (n, n) and biases (n,), n >= 1; got {w.shape} and {b.shape}")
    if not (np.isfinite(w).all() and np.isfinite(b).all()):
        raise DataError(f"{owner}: weights and biases must be finite")
    if (w != w.T).any() or w.diagonal().any():
        raise DataError(f"{owner}: weights must be symmetric with a diagonal of 0")
    return w, b


def any_temperature(owner: str, value: Any) -> float:
    """Return the temperature: any number but NaN."""
    if not isinstance(value, int | float | np.integer | np.floating) or isinstance(value, bool) or isnan(value):
        raise InvalidParameter(owner, "temperature", value, "a number (+-0, negative and infinite ones are allowed)")
    return float(value)


def all_states(n: int) -> np.ndarray:
    """Return all 2**n states of n units, (2**n, n) float64 of 0 and 1; unit i is bit i of the row's number."""
    return (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(np.float64)


def _energies(w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the energies of all states; a state's lower and upper bits are a column and a row of a table."""
    low = len(b) // 2
    columns, rows = all_states(low), all_states(len(b) - low)
    inside_columns = columns @ b[:low] + np.einsum("ki,ij,kj->k", columns, w[:low, :low], columns, optimize=True) / 2
    inside_rows = rows @ b[low:] + np.einsum("ki,ij,kj->k", rows, w[low:, low:], rows, optimize=True) / 2
    return -(inside_rows[:, None] + inside_columns + rows @ w[low:, :low] @ columns.T).ravel()


def _boltzmann(energies: np.ndarray, t: float) -> tuple[float, np.ndarray]:
    """Return ln Z and the probabilities at any temperature."""
    best, p = energies.max() if np.signbit(t) else energies.min(), _shares(energies, t, float(np.ptp(energies)))
    total = p.sum()
    if t == 0:
        sign = best if np.signbit(t) else -best  # of -E / T
        return float(np.log(total) if sign == 0 else np.copysign(np.inf, sign)), p / total
    with np.errstate(over="ignore"):
        return float(np.log(total) - best / t), p / total


def _shares(energies: np.ndarray, t: float, spread: float) -> np.ndarray:
    """Return numbers proportional to the probabilities along the first axis; at T = 0 rounding is to `spread`."""
    if t == 0:
        return (np.abs(_excess(energies, t)) <= ROUNDING * spread).astype(np.float64)
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(-_excess(energies, t) / t))


def _excess(energies: np.ndarray, t: float) -> np.ndarray:
    """Return E less the likeliest one along the first axis: the lowest, or for T < 0 the highest."""
    return np.asarray(energies - (energies.max(axis=0) if np.signbit(t) else energies.min(axis=0)))


def _cooccurrence(p: np.ndarray, n: int) -> np.ndarray:
    """Return sum_k p_k s_i s_j, (n, n), for one weight a state."""
    low = n // 2
    columns, rows = all_states(low), all_states(n - low)
    table = p.reshape(len(rows), len(columns))
    sums = np.empty((n, n))
    sums[:low, :low] = columns.T @ (table.sum(axis=0)[:, None] * columns)
    sums[low:, low:] = rows.T @ (table.sum(axis=1)[:, None] * rows)
    sums[low:, :low] = rows.T @ table @ columns
    sums[:low, low:] = sums[low:, :low].T
    return sums
