"""Dense associative memories: energies of a higher order than Hopfield's, which hold far more patterns."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from scipy.special import logsumexp

from neurosim.core import checks, parallel
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.jit import one_blas_thread
from neurosim.core.random import seed_from
from neurosim.hopfield import dense_cpu
from neurosim.hopfield.inputs import as_states, check_stored

NAME = "DenseAssociativeMemory"
INTERACTIONS = ("polynomial", "rectified", "exponential")
BLOCK = 1 << 22  # overlaps whose energies are taken together
LONGEST = 16_000_000  # units: float32 holds the overlaps exactly


@dataclass(frozen=True)
class DenseRecall:
    """What the probes came to.

    Attributes
    ----------
    states : (probes, N) int8
        In -1/+1.
    sweeps : (probes,) int64
        How many times N units were looked at; the last sweep of a fixed point changed nothing.
    stopped : (probes,) str
        "fixed point", or "limit" where `max_sweeps` came first.
    energies : (probes,) float64
    seed : int
        The key of the random numbers.
    """

    states: np.ndarray = field(repr=False)
    sweeps: np.ndarray = field(repr=False)
    stopped: np.ndarray = field(repr=False)
    energies: np.ndarray = field(repr=False)
    seed: int


class DenseAssociativeMemory:
    """The dense associative memory of Krotov and Hopfield (2016).

    The energy of a state s of N units in -1/+1 is E = -sum_mu F(xi_mu . s), with F(x) = x^n ("polynomial"),
    F(x) = max(x, 0)^n ("rectified"), or F(x) = exp(x) ("exponential"; Demircigil et al. 2017). Units take turns, and
    each takes the sign of ::

        sum_mu F(xi_mu,i + rest_mu) - F(-xi_mu,i + rest_mu),        rest_mu = sum_(j != i) xi_mu,j s_j

    or keeps its state where this is 0, so that the energy never rises. n = 2 is Hopfield's network with Hebb's rule.
    Random patterns are all recalled without error up to about K = N^(n-1) / (2 (2n-3)!! ln N) of them. Sums of powers
    are exact below 2^53; beyond, and for exp, a sum within its rounding error counts as 0.

    For even n a pattern and its negative have the same energy, and both are recalled.

    Parameters
    ----------
    n_units : int >= 1
        N.
    interaction : "polynomial", "rectified" or "exponential", default "polynomial"
        F.
    degree : int >= 1, default 3
        n. With "exponential" it has no meaning. N^n must be a float64.

    Raises
    ------
    InvalidParameter
        If a value is outside its range.

    References
    ----------
    D. Krotov, J. J. Hopfield, "Dense associative memory for pattern recognition", NIPS 2016, equations 2, 3 and 6.
    M. Demircigil et al., "On a model of associative memory with huge storage capacity", J. Stat. Phys. 168 (2017).

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.hopfield import DenseAssociativeMemory
    >>> patterns = np.random.default_rng(0).choice([-1, 1], (300, 50))
    >>> memory = DenseAssociativeMemory(50, "rectified", 5).store(patterns)
    >>> probe = patterns[7] * np.where(np.arange(50) < 5, -1, 1)
    >>> bool((memory.recall(probe, random_state=0).states[0] == patterns[7]).all())
    True
    """

    def __init__(self, n_units: int, interaction: str = "polynomial", degree: int = 3) -> None:
        checks.at_least(NAME, "n_units", n_units, 1)
        if n_units > LONGEST:
            raise InvalidParameter(NAME, "n_units", n_units, f"at most {LONGEST}")
        checks.one_of(NAME, "interaction", interaction, INTERACTIONS)
        checks.at_least(NAME, "degree", degree, 1)
        if interaction != "exponential" and degree * np.log2(n_units + 2) > 1000:
            raise InvalidParameter(NAME, "degree", degree, f"so small that {n_units}**degree is a float64")
        self.n_units, self.interaction, self.degree = int(n_units), interaction, int(degree)
        self.patterns = np.empty((0, self.n_units), np.int8)

    def __repr__(self) -> str:
        degree = "" if self.interaction == "exponential" else f", degree={self.degree}"
        stored = f"{self.n_units} units, {len(self.patterns)} patterns"
        return f"{NAME}({stored}, interaction={self.interaction!r}{degree})"

    def store(self, patterns: Any) -> Self:
        """Add patterns (K, N) in -1/+1 to those that are stored, and return the memory."""
        self.patterns = np.concatenate([self.patterns, as_states(NAME, "patterns", patterns, self.n_units, -1)])
        return self

    def overlaps(self, states: Any) -> np.ndarray:
        """Return xi_mu . s of states (probes, N) with all patterns, (probes, K) int32."""
        s = as_states(NAME, "states", states, self.n_units, -1)
        self._check_filled()
        with one_blas_thread():
            return np.rint(s.astype(np.float32) @ self.patterns.T.astype(np.float32)).astype(np.int32)

    def energy(self, states: Any) -> np.ndarray:
        """Return the energies of states (probes, N), (probes,) float64.

        That of "exponential" is -log sum_mu exp(xi_mu . s), which orders the states alike and does not overflow.
        """
        s = as_states(NAME, "states", states, self.n_units, -1)
        self._check_filled()
        rows = max(1, BLOCK // len(self.patterns))
        return np.concatenate([self._energies(self.overlaps(s[i : i + rows])) for i in range(0, max(len(s), 1), rows)])

    def recall(
        self,
        probes: Any,
        *,
        order: str = "permutation",
        clamp: Any = None,
        max_sweeps: int = 100,
        random_state: Any = None,
    ) -> DenseRecall:
        """Let the units of every probe take turns until none changes.

        Parameters
        ----------
        probes : (probes, N) or (N,) array
            In -1/+1.
        order : "permutation", "sequential" or "random", default "permutation"
            A new order of all units in each sweep, the order of the units, or N units drawn with replacement.
        clamp : (N,) bool array, optional
            Units that keep the state of the probe.
        max_sweeps : int >= 1, default 100
        random_state : None, int or Generator
            See `neurosim.core.random.seed_from`. Probe k depends on its number k, not on the other probes.
        """
        states = as_states(NAME, "probes", probes, self.n_units, -1).copy()
        checks.one_of(NAME, "order", order, dense_cpu.ORDERS)
        checks.at_least(NAME, "max_sweeps", max_sweeps, 1)
        self._check_filled()
        seed, free = seed_from(random_state), self._free(clamp)
        sweeps, fixed = np.zeros(len(states), np.int64), np.zeros(len(states), bool)
        memories, (table, slack) = np.ascontiguousarray(self.patterns.T), self._table()
        kind, turns = INTERACTIONS.index(self.interaction), dense_cpu.ORDERS.index(order)
        rule = (memories, table, kind, slack, turns, free, max_sweeps)
        keys = (np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32))
        parallel.run(dense_cpu.recall, len(states), *rule, *keys, states, sweeps, fixed)
        return DenseRecall(states, sweeps, np.where(fixed, "fixed point", "limit"), self.energy(states), seed)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parameters and the state, for `neurosim.save`."""
        parameters = {"n_units": self.n_units, "interaction": self.interaction, "degree": self.degree}
        return parameters, {"patterns": self.patterns}

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the memory that `to_parts` took apart."""
        return cls(**parameters).store(state["patterns"])

    def _energies(self, overlaps: np.ndarray) -> np.ndarray:
        if self.interaction == "exponential":
            return -np.asarray(logsumexp(overlaps.astype(float), axis=1))
        n = self.n_units
        return -np.array([float(power) for power in self._powers(n)])[overlaps + n].sum(axis=1)

    def _powers(self, most: int) -> list[int]:
        """Return F of -most to most."""
        signed = range(-most, most + 1)
        return [(x if self.interaction == "polynomial" else max(x, 0)) ** self.degree for x in signed]

    def _table(self) -> tuple[np.ndarray, float]:
        """Return F(x + 1) - F(x - 1) for x from -N - 1 to N + 1, and the relative error of a sum of its entries.

        Exact integers where they fit into float64. For "exponential" the entries are exp(x - N - 1): the constant
        exp(1) - exp(-1) and any other factor leave the sign of the sum as it is.
        """
        n = self.n_units
        slack = 4 * len(self.patterns) * 2.0**-53
        if self.interaction == "exponential":
            return np.exp(np.arange(-2 * n - 2, 1.0)), slack
        powers = self._powers(n + 2)
        steps = [high - low for low, high in zip(powers, powers[2:], strict=False)]
        exact = max(map(abs, steps)) * len(self.patterns) < 2**53
        return np.array([float(step) for step in steps]), 0.0 if exact else slack

    def _free(self, clamp: Any) -> np.ndarray:
        """Return the numbers of the units that may change."""
        held = np.zeros(self.n_units, bool) if clamp is None else np.asarray(clamp)
        if held.shape != (self.n_units,) or held.dtype != bool:
            raise DataError(f"{NAME}: clamp must be a bool array ({self.n_units},); got {held.dtype} {held.shape}")
        return np.flatnonzero(~held)

    def _check_filled(self) -> None:
        check_stored(NAME, len(self.patterns))
