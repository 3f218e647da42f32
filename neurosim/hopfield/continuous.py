"""Graded neurons: Hopfield's network of 1984 as a circuit of amplifiers, resistors and capacitors.

A step is a matrix product and a hyperbolic tangent, which BLAS and NumPy do well: no kernel of our own is needed.
"""

from typing import Any, Self

import numpy as np

from neurosim.core import checks, parallel
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.jit import one_blas_thread
from neurosim.hopfield.inputs import as_numbers, as_states, check_stored
from neurosim.hopfield.results import ContinuousRecall, ContinuousRun

NAME = "ContinuousHopfield"
BLOCK = 128  # probes that are integrated together
CLIPPED = 0.999  # the largest activity that recall starts from: that of 1 has an infinite potential


class ContinuousHopfield:
    """Hopfield's network of graded neurons (1984).

    The potentials u and outputs V of N amplifiers follow ::

        C_i du_i/dt = sum_j T_ij V_j - u_i / R_i + I_i,      V_i = g(gain u_i)

    with g(x) = tanh(x), V in (-1, 1), or g(x) = (1 + tanh(x)) / 2, V in (0, 1). For symmetric T the function ::

        E = -1/2 sum_ij T_ij V_i V_j + sum_i (1/R_i) int^V_i g^-1(V) dV / gain - sum_i I_i V_i

    never rises. The larger the gain, the closer are its minima to the corners of the cube, which are the states of the
    network of 1982.

    Parameters
    ----------
    n_units : int >= 1
    gain : float > 0, default 4.0
        The steepest slope of V(u) for "tanh", twice that slope for "logistic". For "tanh" without currents nothing but
        V = 0 is stable below 1 / (R largest eigenvalue of T), about 1 after Hebb's rule.
    activation : "tanh" or "logistic", default "tanh"
        Which g, and with it the coding of patterns: -1/+1 or 0/1.
    capacitance, resistance : float > 0 or (N,) array, default 1.0
        C and R; their product is the time constant of a neuron without connections.
    weights : (N, N) array, optional
        T, symmetric. Default: zero, to be filled by `store`.
    currents : (N,) array, optional
        I. Default: zero.

    Raises
    ------
    InvalidParameter
        If a value is outside its range or an array has another shape.
    DataError
        If the weights are not symmetric or not finite; the message names a pair.

    References
    ----------
    J. J. Hopfield, "Neurons with graded response have collective computational properties like those of two-state
    neurons", PNAS 81:3088-3092 (1984). Not checked against the paper.

    Examples
    --------
    >>> from neurosim.hopfield import ContinuousHopfield
    >>> net = ContinuousHopfield(6).store([[1, 1, 1, -1, -1, -1]])
    >>> found = net.recall([[1, 1, -1, -1, -1, -1]])
    >>> found.states, found.settled
    (array([[ 1,  1,  1, -1, -1, -1]], dtype=int8), array([ True]))
    """

    def __init__(
        self,
        n_units: int,
        *,
        gain: float = 4.0,
        activation: str = "tanh",
        capacitance: Any = 1.0,
        resistance: Any = 1.0,
        weights: Any = None,
        currents: Any = None,
    ) -> None:
        checks.at_least(NAME, "n_units", n_units, 1)
        checks.one_of(NAME, "activation", activation, ("tanh", "logistic"))
        self.n_units, self.gain, self.activation = int(n_units), _positive("gain", gain), activation
        self.capacitance = self._per_unit("capacitance", capacitance, positive=True)
        self.resistance = self._per_unit("resistance", resistance, positive=True)
        self.currents = self._per_unit("currents", 0.0 if currents is None else currents)
        self.weights = np.zeros((n_units, n_units)) if weights is None else self._symmetric(weights)

    def __repr__(self) -> str:
        return f"{NAME}({self.n_units} units, gain={self.gain:g}, activation={self.activation!r})"

    def store(self, patterns: Any) -> Self:
        """Add patterns by Hebb's rule, T_ij += sum xi_i xi_j / N for i != j, and return the network.

        Parameters
        ----------
        patterns : (patterns, N) array
            In -1/+1 for "tanh". In 0/1 for "logistic": there xi = 2 V - 1, the weights are doubled, and the currents
            change by -sum_j xi_i xi_j / N, so that the potentials move as they do with "tanh".
        """
        low = -1 if self.activation == "tanh" else 0
        xi = as_states(NAME, "patterns", patterns, self.n_units, low).astype(float)
        xi = xi if low else 2 * xi - 1
        hebb = xi.T @ xi / self.n_units
        np.fill_diagonal(hebb, 0.0)
        self.weights = self.weights + (hebb if low else 2 * hebb)
        if not low:
            self.currents = self.currents - hebb.sum(axis=1)
        return self

    def output(self, potentials: Any) -> np.ndarray:
        """Return V = g(gain u), same shape as `potentials`."""
        v: np.ndarray = np.tanh(self.gain * np.asarray(potentials, float))
        return v if self.activation == "tanh" else 0.5 * (1.0 + v)

    def potential(self, outputs: Any) -> np.ndarray:
        """Return u = g^-1(V) / gain; outputs beyond 0.999 of their range are taken as 0.999."""
        v = self._checked("outputs", outputs)
        signed = v if self.activation == "tanh" else 2 * v - 1
        if np.abs(signed).max(initial=0) > 1:
            raise DataError(f"{NAME}: outputs must be in [{-1 if self.activation == 'tanh' else 0}, 1]")
        return np.asarray(np.arctanh(np.clip(signed, -CLIPPED, CLIPPED)) / self.gain)

    def lyapunov(self, potentials: Any) -> np.ndarray:
        """Return the Lyapunov function E of potentials (..., N), shape (...,); it is 0 for V = 0 ("tanh")."""
        u = self._checked("potentials", potentials)
        v, x = self.output(u), np.abs(self.gain * u)
        signed, scale = (v, 1.0) if self.activation == "tanh" else (2 * v - 1, 0.5)
        log_cosh = x + np.log1p(np.exp(-2 * x)) - np.log(2.0)
        integral = scale * (u * signed - log_cosh / self.gain)
        return (-0.5 * v * (v @ self.weights) + integral / self.resistance - self.currents * v).sum(axis=-1)

    def stable_step(self) -> float:
        """Return a short time step: half the inverse of a bound on all rates."""
        slope = self.gain * (1.0 if self.activation == "tanh" else 0.5)
        rates = (1 / self.resistance + slope * np.abs(self.weights).sum(axis=1)) / self.capacitance
        return float(0.5 / rates.max())

    def run(self, potentials: Any, *, steps: int, time_step: float | None = None) -> ContinuousRun:
        """Integrate from potentials by the classical Runge-Kutta method and record every step.

        Parameters
        ----------
        potentials : (probes, N) array
            The potentials u at time 0.
        steps : int >= 1
        time_step : float > 0, optional
            Default: `stable_step`.
        """
        u = np.atleast_2d(self._checked("potentials", potentials))
        checks.at_least(NAME, "steps", steps, 1)
        dt = self.stable_step() if time_step is None else _positive("time_step", time_step)
        recorded = np.empty((steps + 1, *u.shape))
        recorded[0] = u
        with one_blas_thread():
            for step in range(steps):
                recorded[step + 1] = self._advance(recorded[step], self._currents(recorded[step]), dt)
        return ContinuousRun(np.arange(steps + 1) * dt, recorded, self.output(recorded), self.lyapunov(recorded))

    def recall(
        self,
        probes: Any,
        *,
        max_time: float = 100.0,
        time_step: float | None = None,
        tolerance: float = 1e-6,
    ) -> ContinuousRecall:
        """Start from outputs and integrate until the circuit rests.

        Parameters
        ----------
        probes : (probes, N) or (N,) array
            The outputs V at time 0; a corner of the cube is taken as 0.999 of it.
        max_time : float > 0, default 100.0
            Where to stop, in units of the largest R C.
        time_step : float > 0, optional
            Default: `stable_step`.
        tolerance : float >= 0, default 1e-6
            A probe has settled when no net current C du/dt is larger in size.
        """
        checks.number(NAME, "tolerance", tolerance, "a number >= 0", least=0)
        dt = self.stable_step() if time_step is None else _positive("time_step", time_step)
        u = self.potential(np.atleast_2d(self._checked("probes", probes)))
        longest = _positive("max_time", max_time) * float((self.resistance * self.capacitance).max())
        check_stored(NAME, self.weights.any() or self.currents.any())
        steps, settled = self._settle(u, int(np.ceil(longest / dt)), dt, tolerance)
        states = np.where(u > 0, 1, -1 if self.activation == "tanh" else 0).astype(np.int8)
        return ContinuousRecall(self.output(u), u, self.lyapunov(u), steps * dt, settled, states)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parameters and the state, for `neurosim.save`."""
        names = ("n_units", "gain", "activation", "capacitance", "resistance", "weights", "currents")
        return {name: getattr(self, name) for name in names}, {}

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the network that `to_parts` took apart."""
        return cls(**parameters, **state)

    def _settle(self, u: np.ndarray, most: int, dt: float, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
        """Integrate the rows of `u` in place until they settle; return their steps and which have settled."""
        steps, settled = np.zeros(len(u), np.int64), np.zeros(len(u), bool)

        def blocks(begin: int, end: int) -> None:
            for block in range(begin, end):
                going = np.arange(block * BLOCK, min((block + 1) * BLOCK, len(u)))
                for step in range(most + 1):
                    currents = self._currents(u[going])
                    rests = np.abs(currents).max(axis=1) <= tolerance
                    settled[going[rests]] = True
                    going, currents = going[~rests], currents[~rests]
                    if step == most or not len(going):
                        break
                    u[going] = self._advance(u[going], currents, dt)
                    steps[going] += 1

        with one_blas_thread():
            parallel.run(blocks, -(-len(u) // BLOCK))
        return steps, settled

    def _currents(self, u: np.ndarray) -> np.ndarray:
        """Return C du/dt."""
        return self.output(u) @ self.weights - u / self.resistance + self.currents

    def _advance(self, u: np.ndarray, currents: np.ndarray, dt: float) -> np.ndarray:
        """Return the potentials one step later; `currents` are those at `u`."""
        h = dt / self.capacitance
        second = self._currents(u + 0.5 * h * currents)
        third = self._currents(u + 0.5 * h * second)
        fourth = self._currents(u + h * third)
        return u + h / 6 * (currents + 2 * (second + third) + fourth)

    def _per_unit(self, name: str, value: Any, *, positive: bool = False) -> np.ndarray:
        """Return a number for every unit."""
        try:
            values = np.array(np.broadcast_to(np.asarray(value, float), (self.n_units,)))
        except (TypeError, ValueError):
            values = np.array([np.nan])
        if not np.isfinite(values).all() or (positive and values.min() <= 0):
            kind = "finite number > 0" if positive else "finite number"
            raise InvalidParameter(NAME, name, value, f"a {kind} or {self.n_units} of them")
        return values

    def _checked(self, name: str, values: Any) -> np.ndarray:
        return as_numbers(NAME, name, values, self.n_units)

    def _symmetric(self, weights: Any) -> np.ndarray:
        w = np.array(self._checked("weights", weights))
        if w.shape != (self.n_units, self.n_units):
            raise DataError(f"{NAME}: weights must have shape ({self.n_units}, {self.n_units}); got {w.shape}")
        unequal = np.argwhere(np.abs(w - w.T) > 1e-12 * np.abs(w).max(initial=0))
        if len(unequal):
            i, j = unequal[0]
            raise DataError(f"{NAME}: weights must be symmetric; [{i}, {j}] is {w[i, j]} and [{j}, {i}] is {w[j, i]}")
        return w


def _positive(name: str, value: Any) -> float:
    checks.number(NAME, name, value, "a number > 0", above=0)
    return float(value)
