"""Mean field: every unit sees the mean states of the others instead of their changing states.

Used for Boltzmann machines by C. Peterson and J. R. Anderson, "A mean field theory learning algorithm for neural
networks", Complex Systems 1:995-1019 (1987); not checked against the paper.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import entr, expit

from neurosim.boltzmann.clamping import clamped, numbers
from neurosim.boltzmann.exact import any_temperature, machine
from neurosim.core import checks
from neurosim.core.errors import DataError


@dataclass(frozen=True, eq=False)
class MeanField:
    """A solution of ``m_i = 1 / (1 + exp(-(sum_j w_ij m_j + b_i) / T))`` for the free units.

    Attributes
    ----------
    temperature : float
        T.
    activities : (n,) or (rows, n) float64
        m, the estimated probability that each unit is on; clamped units have their values.
    log_z : float or (rows,) float64
        ``-E(m) / T + S(m)`` with S the entropy of independent units: a lower bound of ln Z; at T = +-0 its limit.
    sweeps : int
        How often every free unit was visited.
    converged : bool
        Whether no unit changed by more than the tolerance in the last sweep.
    """

    temperature: float
    activities: np.ndarray = field(repr=False)
    log_z: Any
    sweeps: int
    converged: bool

    @property
    def cooccurrence(self) -> np.ndarray:
        """The estimate ``m_i m_j`` of p_ij, (n, n) or (rows, n, n) float64, with m_i on the diagonal."""
        m = self.activities
        together = m[..., :, None] * m[..., None, :]
        units = np.arange(m.shape[-1])
        together[..., units, units] = m
        return together


def mean_field(
    weights: Any,
    biases: Any,
    temperature: float = 1.0,
    clamp: Any = None,
    *,
    initial: Any = None,
    max_sweeps: int = 1000,
    tolerance: float = 1e-10,
    owner: str = "mean_field",
) -> MeanField:
    """Solve the mean-field equations, one unit after the other.

    A visit puts a unit where `log_z` is largest with the others fixed, so that the bound rises until it rests. There
    may be several solutions; which is found depends on where the search begins.

    Parameters
    ----------
    weights : (n, n) array
        Symmetric, diagonal 0.
    biases : (n,) array
    temperature : float, default 1
        Any number, also +-0, negative and infinite ones. At T = 0 a unit is 0, 1, or 1/2 where its gap is 0.
    clamp : (m,) or (rows, m) array, m <= n, optional
        Values 0 or 1 for the first m units, NaN for those that are free; every row is a problem of its own.
    initial : (n,) or (rows, n) array in [0, 1], optional
        Where the search begins; default 1/2. Where the machine is symmetric under an exchange of units the search stays
        symmetric, so begin elsewhere if the symmetry is to break.
    max_sweeps : int, default 1000
    tolerance : float, default 1e-10
    owner : str, default "mean_field"
        What errors name.

    Raises
    ------
    InvalidParameter, DataError
        If a parameter is out of its range or an array of the wrong shape or content.

    Examples
    --------
    >>> from neurosim.boltzmann.mean_field import mean_field
    >>> found = mean_field([[0, 1], [1, 0]], [0, 0])
    >>> found.activities.round(4)  # exactly 0.6502
    array([0.659, 0.659])
    >>> round(found.log_z, 4)  # exactly 1.7437
    1.7177
    """
    w, b = machine(owner, weights, biases)
    t = any_temperature(owner, temperature)
    held = clamped(owner, clamp, len(b))
    checks.at_least(owner, "max_sweeps", max_sweeps, 1)
    checks.number(owner, "tolerance", tolerance, "a number >= 0", least=0)
    m = np.atleast_2d(_beginning(owner, initial, held))
    is_free = np.isnan(np.atleast_2d(held))
    sweeps, change = 0, np.inf
    while sweeps < max_sweeps and change > tolerance:
        before = m.copy()
        for i in np.flatnonzero(is_free.any(axis=0)):
            m[:, i] = np.where(is_free[:, i], turned_on(m @ w[i] + b[i], t), m[:, i])
        sweeps, change = sweeps + 1, float(np.abs(m - before).max(initial=0.0))
    log_z = _bound(m, w, b, t)
    if held.ndim == 1:
        return MeanField(t, m[0], float(log_z[0]), sweeps, change <= tolerance)
    return MeanField(t, m, log_z, sweeps, change <= tolerance)


def turned_on(gap: np.ndarray, t: float) -> np.ndarray:
    """Return the probability that a unit with this gap is on, at any temperature."""
    if t == 0:
        return np.heaviside(-gap if np.signbit(t) else gap, 0.5)
    with np.errstate(over="ignore"):
        return np.asarray(expit(gap / t))


def _beginning(owner: str, initial: Any, held: np.ndarray) -> np.ndarray:
    """Return the first activities: the clamped values, and 1/2 or what was given elsewhere."""
    given = numbers(owner, "initial", 0.5 if initial is None else initial)
    fits = initial is None or given.shape in (held.shape, held.shape[-1:])
    if not fits or not ((given >= 0) & (given <= 1)).all():
        wanted = f"numbers in [0, 1] of shape {held.shape}"
        raise DataError(f"{owner}: initial must be {wanted}; got shape {given.shape}")
    return np.where(np.isnan(held), given, held)


def _bound(m: np.ndarray, w: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    """Return the lower bound of ln Z for each row."""
    energy = -(np.einsum("ri,ij,rj->r", m, w, m, optimize=True) / 2 + m @ b)
    entropy = (entr(m) + entr(1 - m)).sum(axis=1)
    if t == 0:
        sign = np.sign(energy) if np.signbit(t) else -np.sign(energy)
        return np.where(sign == 0, entropy, np.copysign(np.inf, sign))
    with np.errstate(over="ignore"):
        return -energy / t + entropy
