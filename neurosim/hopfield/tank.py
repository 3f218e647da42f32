"""The travelling salesman's problem as the Lyapunov function of a network of graded neurons."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from neurosim.core import checks, parallel
from neurosim.core.errors import DataError
from neurosim.core.jit import one_blas_thread
from neurosim.core.random import seed_from, uniform
from neurosim.hopfield.continuous import ContinuousHopfield

NAME = "HopfieldTankTSP"
BLOCK = 128  # starts that are integrated together
# the ten cities of the paper's first example, as later studies print them
HOPFIELD_TANK_CITIES = np.array(
    [
        (0.4000, 0.4439), (0.2439, 0.1463), (0.1707, 0.2293), (0.2293, 0.7610), (0.5171, 0.9414),
        (0.8732, 0.6536), (0.6878, 0.5219), (0.8488, 0.3609), (0.6683, 0.2536), (0.6195, 0.2634),
    ]
)  # fmt: skip


@dataclass(frozen=True)
class TankResult:
    """What the network found from many starts.

    Attributes
    ----------
    outputs : (starts, N, N) float64
        The outputs V at the end, city by position.
    valid : (starts,) bool
        Whether exactly one output of every row and every column is above 1/2.
    tours : (starts, N) int64
        The city at each position; -1 for what is no tour.
    lengths : (starts,) float64
        The length of the closed tour; NaN for what is no tour.
    seed : int
        The key of the random numbers.
    """

    outputs: np.ndarray = field(repr=False)
    valid: np.ndarray = field(repr=False)
    tours: np.ndarray = field(repr=False)
    lengths: np.ndarray = field(repr=False)
    seed: int

    @property
    def valid_fraction(self) -> float:
        """The share of starts that ended in a tour."""
        return float(self.valid.mean())

    @property
    def best_length(self) -> float:
        """The length of the shortest tour, infinite if there is none."""
        return float(np.min(self.lengths[self.valid], initial=np.inf))

    @property
    def best_tour(self) -> np.ndarray | None:
        """The shortest tour (N,), None if there is none."""
        return self.tours[np.nanargmin(self.lengths)] if self.valid.any() else None

    def share_within(self, length: float, *, tolerance: float = 1e-6) -> float:
        """Return the share of all starts, valid or not, that ended in a tour of at most this length."""
        return float((self.lengths[self.valid] <= length + tolerance).sum() / len(self.valid))


class HopfieldTankTSP:
    """Hopfield and Tank's network for the travelling salesman's problem (1985).

    The output V_xi of N x N neurons says that city x is visited at position i. The network descends ::

        E = A/2 sum_x sum_(i != j) V_xi V_xj + B/2 sum_i sum_(x != y) V_xi V_yi
            + C/2 (sum_xi V_xi - n)^2 + D/2 sum_(x, y, i) d_xy V_xi (V_y,i+1 + V_y,i-1)

    which gives the weights and currents of a `ContinuousHopfield` network with V = (1 + tanh(u / u0)) / 2. It starts
    where all outputs are 1/N, apart from small noise.

    Most starts do not end in a tour. On the ten cities of the paper about 16 % do with the constants of the paper
    (2,000 starts), beside 16 of 20 in the paper and 15 % in Wilson & Pawley (1988; both not checked against the
    sources), and .4 % of all starts end in the shortest tour. With n = 10, the number of cities, none does.

    Parameters
    ----------
    cities : (N, 2) array, N >= 3, optional
        Coordinates. Default: `HOPFIELD_TANK_CITIES`.
    A, B, C, D : float >= 0, default 500, 500, 200, 500
        The weights of the four terms.
    n : float > 0, optional
        What the sum of all outputs is drawn to. Default: 1.5 N, which is 15 for ten cities as in the paper.
    u0 : float > 0, default 0.02
        The potential that saturates a neuron: the gain is 1 / u0.
    tau : float > 0, default 1.0
        The time constant R C of a neuron, with C = 1, in any unit of time.

    References
    ----------
    J. J. Hopfield, D. W. Tank, "'Neural' computation of decisions in optimization problems", Biological Cybernetics
    52:141-152 (1985). G. V. Wilson, G. S. Pawley, "On the stability of the travelling salesman problem algorithm of
    Hopfield and Tank", Biological Cybernetics 58:63-70 (1988).

    Examples
    --------
    >>> from neurosim.hopfield import HopfieldTankTSP
    >>> found = HopfieldTankTSP().solve(starts=64, random_state=1)
    >>> found.outputs.shape, bool(0 < found.valid_fraction < 0.4)
    ((64, 10, 10), True)
    """

    def __init__(
        self,
        cities: Any = None,
        *,
        A: float = 500.0,
        B: float = 500.0,
        C: float = 200.0,
        D: float = 500.0,
        n: float | None = None,
        u0: float = 0.02,
        tau: float = 1.0,
    ) -> None:
        self.cities = _places(HOPFIELD_TANK_CITIES if cities is None else cities)
        for name, value in (("A", A), ("B", B), ("C", C), ("D", D)):
            checks.number(NAME, name, value, "a number >= 0", least=0)
        n = 1.5 * len(self.cities) if n is None else n
        for name, value in (("n", n), ("u0", u0), ("tau", tau)):
            checks.number(NAME, name, value, "a number > 0", above=0)
        self.A, self.B, self.C, self.D = float(A), float(B), float(C), float(D)
        self.n, self.u0, self.tau = float(n), float(u0), float(tau)

    @property
    def distances(self) -> np.ndarray:
        """The distances of the cities, (N, N)."""
        d: np.ndarray = np.sqrt(((self.cities[:, None] - self.cities) ** 2).sum(-1))
        return d

    @property
    def network(self) -> ContinuousHopfield:
        """The network of N^2 graded neurons; neuron x N + i is city x at position i."""
        cities = len(self.cities)
        same = np.eye(cities)
        neighbours = np.roll(same, 1, axis=1) + np.roll(same, -1, axis=1)
        weights = (
            -self.A * np.kron(same, 1 - same)
            - self.B * np.kron(1 - same, same)
            - self.C
            - self.D * np.kron(self.distances, neighbours)
        )
        return ContinuousHopfield(
            cities**2,
            gain=1 / self.u0,
            activation="logistic",
            resistance=self.tau,
            weights=weights,
            currents=self.C * self.n,
        )

    def energy(self, outputs: Any) -> np.ndarray:
        """Return E of outputs (..., N, N), shape (...,); that of a tour with n = N is D times its length."""
        v = np.asarray(outputs, float)
        cities = len(self.cities)
        if v.shape[-2:] != (cities, cities):
            raise DataError(f"{NAME}: outputs must have shape (..., {cities}, {cities}); got {v.shape}")
        rows = (v.sum(-1) ** 2).sum(-1) - (v**2).sum((-2, -1))
        columns = (v.sum(-2) ** 2).sum(-1) - (v**2).sum((-2, -1))
        steps = np.roll(v, 1, axis=-1) + np.roll(v, -1, axis=-1)
        tour = (v * (self.distances @ steps)).sum((-2, -1))
        total = v.sum((-2, -1)) - self.n
        energy: np.ndarray = 0.5 * (self.A * rows + self.B * columns + self.C * total**2 + self.D * tour)
        return energy

    def tour_length(self, tours: Any) -> np.ndarray:
        """Return the lengths of closed tours (..., N), shape (...,)."""
        tour = np.asarray(tours)
        cities = len(self.cities)
        if tour.shape[-1:] != (cities,) or not (np.sort(tour, axis=-1) == np.arange(cities)).all():
            raise DataError(f"{NAME}: a tour must hold each of the cities 0 to {cities - 1} once")
        lengths: np.ndarray = self.distances[tour, np.roll(tour, -1, axis=-1)].sum(-1)
        return lengths

    def solve(
        self,
        starts: int = 100,
        *,
        steps: int = 1000,
        time_step: float = 1e-5,
        noise: float = 0.1,
        random_state: Any = None,
    ) -> TankResult:
        """Let the network run from many starts by Euler's method.

        Parameters
        ----------
        starts : int >= 1, default 100
        steps : int >= 1, default 1000
        time_step : float > 0, default 1e-5
            In the same unit of time as tau.
        noise : float >= 0, default 0.1
            The initial potentials are u00 + u0 times numbers drawn evenly from (-noise, noise), with
            u00 = -(u0/2) ln(N - 1).
        random_state : None, int or Generator
            See `neurosim.core.random.seed_from`.
        """
        checks.at_least(NAME, "starts", starts, 1)
        checks.at_least(NAME, "steps", steps, 1)
        checks.number(NAME, "time_step", time_step, "a number > 0", above=0)
        checks.number(NAME, "noise", noise, "a number >= 0", least=0)
        seed, cities = seed_from(random_state), len(self.cities)
        scatter = noise * (2 * uniform(seed, 0, (starts, cities**2)) - 1)
        u = self.u0 * (scatter - 0.5 * np.log(cities - 1))
        self._integrate(u, steps, time_step)
        outputs = self.network.output(u).reshape(starts, cities, cities)
        return TankResult(outputs, *self._read(outputs), seed)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parameters and the state, for `neurosim.save`."""
        return {name: getattr(self, name) for name in ("cities", "A", "B", "C", "D", "n", "u0", "tau")}, {}

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the solver that `to_parts` took apart."""
        return cls(**parameters, **state)

    def _integrate(self, u: np.ndarray, steps: int, time_step: float) -> None:
        """Move the potentials (starts, N^2) on in place."""
        network, dt = self.network, time_step

        def blocks(begin: int, end: int) -> None:
            for block in range(begin, end):
                rows = slice(block * BLOCK, (block + 1) * BLOCK)
                now = u[rows]
                for _ in range(steps):
                    now += dt * (network.output(now) @ network.weights - now / self.tau + network.currents)

        with one_blas_thread():
            parallel.run(blocks, -(-len(u) // BLOCK))

    def _read(self, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return which outputs are tours, the tours and their lengths."""
        on = outputs > 0.5
        valid = (on.sum(axis=1) == 1).all(axis=1) & (on.sum(axis=2) == 1).all(axis=1)
        tours = np.where(valid[:, None], on.argmax(axis=1), -1)
        lengths = np.full(len(outputs), np.nan)
        lengths[valid] = self.tour_length(tours[valid])
        return valid, tours, lengths


def _places(cities: Any) -> np.ndarray:
    try:
        places = np.array(cities, float)
    except (TypeError, ValueError):
        places = np.empty(0)
    if places.ndim != 2 or places.shape[1] != 2 or len(places) < 3 or not np.isfinite(places).all():
        wanted = "finite coordinates (N, 2) of at least 3 cities"
        raise DataError(f"{NAME}: cities must be {wanted}; got shape {np.shape(cities)}")
    return places
