"""The modern Hopfield network: continuous states, an exponential energy, and one softmax an update.

An update is two matrix products with a softmax between them. They are taken in tiles of probes by patterns that stay in
the cache, so that the (probes, patterns) matrix of the softmax never exists, as a running maximum and sum allow.
"""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from neurosim.core import checks, parallel
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.jit import one_blas_thread
from neurosim.hopfield.inputs import as_numbers, check_stored

NAME = "ModernHopfield"
PROBES, PATTERNS = 64, 2048  # of a tile


@dataclass(frozen=True)
class ModernRecall:
    """What the probes came to.

    Attributes
    ----------
    states : (probes, d) array
        In the network's dtype.
    updates : (probes,) int64
        The number of updates made.
    converged : (probes,) bool
        Whether the last update moved the state by no more than the tolerance.
    energies : (probes,) array
    """

    states: np.ndarray = field(repr=False)
    updates: np.ndarray = field(repr=False)
    converged: np.ndarray = field(repr=False)
    energies: np.ndarray = field(repr=False)


class ModernHopfield:
    """The modern Hopfield network with continuous states (Ramsauer et al. 2020).

    The stored patterns x_1 ... x_N are the columns of X. An update takes a state xi to X softmax(beta X^T xi), which
    never raises the energy ::

        E = -lse(beta, X^T xi) + 1/2 xi^T xi + ln(N) / beta + M^2 / 2,      M = max_i |x_i|

    with lse(beta, z) = ln(sum_i exp(beta z_i)) / beta. Where patterns are well apart, or beta is large, one update
    retrieves the pattern. A small beta leads to averages of similar patterns, in the end to the mean of all.

    The update is the attention of a transformer with X as keys and values. There are no projections, no normalisation
    and nothing to be trained: what is stored is what is recalled.

    Parameters
    ----------
    n_features : int >= 1
        d.
    beta : float > 0, default 1.0
        The inverse temperature of the softmax.
    dtype : "float64" or "float32", default "float64"
        What patterns are stored and states are computed in.

    Raises
    ------
    InvalidParameter
        If a value is outside its range.

    References
    ----------
    H. Ramsauer et al., "Hopfield networks is all you need", arXiv:2008.02217 (2020).

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.hopfield import ModernHopfield
    >>> patterns = np.random.default_rng(0).normal(size=(1000, 64))
    >>> network = ModernHopfield(64).store(patterns)
    >>> found = network.recall(patterns[:2] + 0.1)
    >>> bool(np.abs(found.states - patterns[:2]).max() < 1e-6), found.converged
    (True, array([ True,  True]))
    """

    def __init__(self, n_features: int, *, beta: float = 1.0, dtype: Any = "float64") -> None:
        checks.at_least(NAME, "n_features", n_features, 1)
        if dtype not in ("float64", "float32", np.float64, np.float32):
            raise InvalidParameter(NAME, "dtype", dtype, "float64 or float32")
        self.n_features, self.dtype = int(n_features), np.dtype(dtype).name
        limits = np.finfo(self.dtype)
        wanted = f"a number > 0, and neither too small nor too large for {self.dtype}"
        checks.number(NAME, "beta", beta, wanted, least=100 * float(limits.tiny), below=float(limits.max))
        self.beta = float(beta)
        self.patterns = np.empty((0, self.n_features), self.dtype)

    def __repr__(self) -> str:
        stored = f"{self.n_features} features, {len(self.patterns)} patterns"
        return f"{NAME}({stored}, beta={self.beta:g}, dtype={self.dtype!r})"

    @property
    def largest_norm(self) -> float:
        """M, the largest norm of a stored pattern."""
        return float(np.sqrt((self.patterns.astype(float) ** 2).sum(axis=1).max(initial=0.0)))

    def store(self, patterns: Any) -> Self:
        """Add patterns (N, d) to those that are stored, and return the network."""
        self.patterns = np.concatenate([self.patterns, self._rows("patterns", patterns)])
        return self

    def update(self, states: Any) -> np.ndarray:
        """Return the states (probes, d) after one update."""
        return self._update(self._rows("states", states))[0]

    def energy(self, states: Any) -> np.ndarray:
        """Return the energies of states (probes, d), shape (probes,)."""
        return self._energies(self._rows("states", states))

    def attention(self, states: Any) -> np.ndarray:
        """Return softmax(beta X^T xi) of states (probes, d), shape (probes, N): how much each pattern is present."""
        xi = self._rows("states", states)
        self._check_filled()
        z = xi @ self.patterns.T
        z -= z.max(axis=1, keepdims=True)
        with np.errstate(over="ignore"):
            weights = np.exp(self.beta * z)
        return weights / weights.sum(axis=1, keepdims=True)

    def separation(self) -> np.ndarray:
        """Return Delta_i = min_j (x_i^T x_i - x_i^T x_j), j != i, shape (N,): the larger, the better is recall."""
        self._check_filled()
        nearest = np.empty(len(self.patterns))
        for start in range(0, len(self.patterns), PATTERNS):
            products = self.patterns[start : start + PATTERNS].astype(float) @ self.patterns.T
            rows = np.arange(len(products))
            own = products[rows, start + rows].copy()
            products[rows, start + rows] = -np.inf
            nearest[start + rows] = own - products.max(axis=1)
        return nearest

    def recall(self, probes: Any, *, max_updates: int = 100, tolerance: float | None = None) -> ModernRecall:
        """Update every probe until it stays where it is.

        Parameters
        ----------
        probes : (probes, d) or (d,) array
        max_updates : int >= 1, default 100
            1 for the single update that is enough for patterns that are well apart.
        tolerance : float >= 0, optional
            A probe has converged when an update moves it by a distance <= tolerance. Default: M times 1e-9 for
            float64, M times 1e-5 for float32.
        """
        states = self._rows("probes", probes)
        checks.at_least(NAME, "max_updates", max_updates, 1)
        if tolerance is None:
            tolerance = self.largest_norm * (1e-9 if self.dtype == "float64" else 1e-5)
        checks.number(NAME, "tolerance", tolerance, "None or a number >= 0", least=0)
        updates, converged = np.zeros(len(states), np.int64), np.zeros(len(states), bool)
        with one_blas_thread():
            for _ in range(max_updates):
                going = np.flatnonzero(~converged)
                if not len(going):
                    break
                after, _ = self._update(states[going])
                moved = np.sqrt(((after - states[going]).astype(float) ** 2).sum(axis=1))
                states[going], converged[going] = after, moved <= tolerance
                updates[going] += 1
        return ModernRecall(states, updates, converged, self._energies(states))

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parameters and the state, for `neurosim.save`."""
        return {"n_features": self.n_features, "beta": self.beta, "dtype": self.dtype}, {"patterns": self.patterns}

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the network that `to_parts` took apart."""
        return cls(**parameters).store(state["patterns"])

    def _energies(self, xi: np.ndarray) -> np.ndarray:
        _, lse = self._update(xi)
        constant = np.log(len(self.patterns)) / self.beta + 0.5 * self.largest_norm**2
        energies: np.ndarray = (-lse + 0.5 * (xi**2).sum(axis=1) + constant).astype(self.dtype)
        return energies

    def _update(self, xi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return X softmax(beta X^T xi) and lse(beta, X^T xi) for states (probes, d)."""
        self._check_filled()
        after, lse = np.empty_like(xi), np.empty(len(xi), self.dtype)

        def tiles(begin: int, end: int) -> None:
            for block in range(begin, end):
                rows = slice(block * PROBES, (block + 1) * PROBES)
                after[rows], lse[rows] = self._tile(xi[rows])

        with one_blas_thread():
            parallel.run(tiles, -(-len(xi) // PROBES))
        return after, lse

    def _tile(self, xi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Go through the patterns of one block of probes; the sums are scaled by the largest product so far."""
        top = np.full((len(xi), 1), -np.inf, xi.dtype)
        total = np.zeros_like(top)
        mean = np.zeros_like(xi)
        for start in range(0, len(self.patterns), PATTERNS):
            x = self.patterns[start : start + PATTERNS]
            z = xi @ x.T
            higher = np.maximum(top, z.max(axis=1, keepdims=True))
            z -= higher
            with np.errstate(over="ignore"):  # a difference times a large beta may be -infinity
                z *= self.beta
                scale = np.exp(self.beta * (top - higher))
            np.exp(z, out=z)
            total = scale * total + z.sum(axis=1, keepdims=True)
            mean = scale * mean + z @ x
            top = higher
        return mean / total, top[:, 0] + np.log(total[:, 0]) / self.beta

    def _rows(self, name: str, values: Any) -> np.ndarray:
        array = as_numbers(NAME, name, values, self.n_features)
        if array.ndim > 2:
            raise DataError(f"{NAME}: {name} must have rows of {self.n_features}; got shape {array.shape}")
        largest = float(np.sqrt(float(np.finfo(self.dtype).max) / array.shape[-1]) / 2)
        if np.abs(array).max(initial=0.0) > largest:
            raise DataError(
                f"{NAME}: {name} must lie within +-{largest:.2g}; products of larger ones overflow {self.dtype}"
            )
        return np.array(np.atleast_2d(array), self.dtype)

    def _check_filled(self) -> None:
        check_stored(NAME, len(self.patterns))
