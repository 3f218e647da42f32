"""Codes of samples in a dictionary that is known, and the locally competitive algorithm as a circuit in time."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from neurosim.core import backend as backends
from neurosim.core import checks
from neurosim.core.errors import DataError
from neurosim.v1.sparse_recipe import PENALTIES, SOLVERS, Coded, Recipe

BLOCK = 4096  # samples coded at a time
THRESHOLDS = ("soft", "hard")


def check_recipe(owner: str, how: Recipe) -> None:
    """Raise InvalidParameter if a sample cannot be coded so."""
    checks.one_of(owner, "penalty", how.penalty, PENALTIES)
    checks.one_of(owner, "solver", how.solver, SOLVERS)
    for name in ("alpha", "sigma"):
        checks.number(owner, name, getattr(how, name), "a number > 0", above=0)
    checks.number(owner, "tol", how.tol, "a number >= 0", least=0)
    checks.at_least(owner, "max_iter", how.most, 1)


def coder(target: str) -> Callable[[np.ndarray, np.ndarray, Recipe], Coded]:
    """Return the kernel that codes on "cpu" or "cuda"."""
    code: Callable[[np.ndarray, np.ndarray, Recipe], Coded] = backends.kernels("v1", f"sparse_{target}").code
    return code


def code_all(x: np.ndarray, dictionary: np.ndarray, how: Recipe, target: str) -> Coded:
    """Code samples, a block at a time; warn of those for which the rounds were not enough."""
    dictionary = np.ascontiguousarray(dictionary, x.dtype)
    parts = [coder(target)(x[begin : begin + BLOCK], dictionary, how) for begin in range(0, len(x), BLOCK)]
    found = Coded(*(np.concatenate(part) for part in zip(*parts, strict=True)))
    if left := int((found.rounds < 0).sum()):
        message = f"sparse coding: {left} of {len(x)} samples were not within tol = {how.tol:g} after {how.most} rounds"
        warnings.warn(f"{message}; raise max_iter or tol", ConvergenceWarning, stacklevel=3)
    return found


def sparse_codes(
    X: Any,
    dictionary: Any,
    *,
    alpha: float = 1.0,
    penalty: str = "l1",
    sigma: float = 0.316,
    solver: str = "cd",
    tol: float = 1e-4,
    max_iter: int = 1000,
    backend: str = "auto",
) -> np.ndarray:
    """Return the sparse codes of samples in a dictionary; the parameters are those of `SparseCoding`.

    Parameters
    ----------
    X : (samples, features) array, finite
    dictionary : (atoms, features) array, finite

    Returns
    -------
    (samples, atoms) array
        float32 if the samples are, else float64.

    Raises
    ------
    InvalidParameter, DataError
        If a parameter or an array is not as described.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.v1.sparse_inference import sparse_codes
    >>> sparse_codes([[3.0, 0.5]], np.eye(2), alpha=1.0).tolist()
    [[2.0, 0.0]]
    """
    how = Recipe(penalty, solver, alpha, sigma, tol, max_iter)
    check_recipe("sparse_codes", how)
    x = _matrix("sparse_codes", "X", X)
    atoms = _matrix("sparse_codes", "dictionary", dictionary)
    if x.shape[1] != atoms.shape[1]:
        raise DataError(f"sparse_codes: samples have {x.shape[1]} features and atoms {atoms.shape[1]}; they must agree")
    return code_all(x, atoms, how, backends.choose(backend, "v1", float(len(x)) * atoms.size)).codes


@dataclass(frozen=True, eq=False)
class LCARun:
    """What the units of a locally competitive circuit did.

    Attributes
    ----------
    time : (steps + 1,) array, seconds
    potentials, outputs : (steps + 1, stimuli, units) arrays
        u and a = T(u).
    objective : (steps + 1, stimuli) array
        `|x - a D|^2 / 2 + alpha sum |a_j|` for the soft threshold; for the hard one alpha^2 / 2 times the number of
        active units instead of the sum.
    """

    time: np.ndarray
    potentials: np.ndarray
    outputs: np.ndarray
    objective: np.ndarray


class LCA:
    """The locally competitive algorithm: leaky integrators that inhibit each other as much as their fields overlap.

    tau du_j/dt = x . d_j - u_j - sum_{k != j} (d_j . d_k) a_k, with a = T(u). A unit that is below the threshold is
    silent, and a loud one takes from the others what it explains. With the soft threshold, T(u) = u - alpha above
    alpha, the units settle at the least cost of the l1 penalty; with the hard one, T(u) = u above alpha, in a minimum
    of a cost that counts active units, of which there are many.

    Parameters
    ----------
    dictionary : (units, features) array
        The fields d_j. Fields of length 1 are usual.
    alpha : float > 0
        The threshold.
    threshold : "soft" or "hard", default "soft"
    tau : float > 0, default 0.01
        Time constant of the units in seconds.
    step : float > 0, default 0.001
        Time step in seconds; the circuit is unstable where step / tau is not below 2 / the largest eigenvalue of D D^T.

    Raises
    ------
    InvalidParameter, DataError
        If a parameter is not as described.

    References
    ----------
    C. J. Rozell, D. H. Johnson, R. G. Baraniuk, B. A. Olshausen, "Sparse coding via thresholding and local competition
    in neural circuits", Neural Computation 20:2526-2563 (2008). Not checked against the paper.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.v1.sparse_inference import LCA
    >>> run = LCA(np.eye(2), alpha=1.0).run([3.0, 0.5], duration=0.2)
    >>> run.outputs[-1, 0].round(3).tolist()
    [2.0, 0.0]
    """

    def __init__(
        self, dictionary: Any, *, alpha: float, threshold: str = "soft", tau: float = 0.01, step: float = 0.001
    ) -> None:
        self.dictionary = _matrix("LCA", "dictionary", dictionary).astype(np.float64)
        for name, value in (("alpha", alpha), ("tau", tau), ("step", step)):
            checks.number("LCA", name, value, "a number > 0", above=0)
        checks.one_of("LCA", "threshold", threshold, THRESHOLDS)
        largest = float(np.linalg.eigvalsh(self.dictionary @ self.dictionary.T)[-1])
        limit = 2 * tau / max(largest, 1.0)
        checks.number("LCA", "step", step, f"below {limit:.3g}, from where on the circuit is unstable", below=limit)
        self.alpha, self.threshold, self.tau, self.step = alpha, threshold, tau, step

    def outputs(self, potentials: np.ndarray) -> np.ndarray:
        """Return T(u)."""
        active = np.abs(potentials) > self.alpha
        shift = np.sign(potentials) * self.alpha if self.threshold == "soft" else 0.0
        return np.where(active, potentials - shift, 0.0)

    def run(self, stimuli: Any, *, duration: float = 0.2) -> LCARun:
        """Let the units, at rest at first, see stimuli for some time.

        Parameters
        ----------
        stimuli : (stimuli, features) or (features,) array, finite
        duration : float > 0, default 0.2
            Seconds.

        Returns
        -------
        LCARun
        """
        checks.number("LCA", "duration", duration, "a number of seconds > 0", above=0)
        x = _matrix("LCA", "stimuli", np.atleast_2d(stimuli)).astype(np.float64)
        d = self.dictionary
        if x.shape[1] != d.shape[1]:
            raise DataError(f"LCA: stimuli have {x.shape[1]} features and the dictionary {d.shape[1]}; they must agree")
        steps = max(1, round(duration / self.step))
        u = np.zeros((steps + 1, len(x), len(d)))
        drive, inhibition = x @ d.T, d @ d.T - np.eye(len(d))
        for t in range(steps):
            u[t + 1] = u[t] + self.step / self.tau * (drive - u[t] - self.outputs(u[t]) @ inhibition)
        a = self.outputs(u)
        soft = self.threshold == "soft"
        cost = self.alpha * np.abs(a) if soft else self.alpha**2 / 2 * (a != 0)
        objective = 0.5 * ((x - a @ d) ** 2).sum(axis=2) + cost.sum(axis=2)
        return LCARun(self.step * np.arange(steps + 1), u, a, objective)


def _matrix(owner: str, name: str, values: Any) -> np.ndarray:
    """Return a finite matrix that is not empty, C-contiguous, float32 or float64."""
    try:
        matrix = np.asarray(values)
        matrix = np.ascontiguousarray(matrix, np.float32 if matrix.dtype == np.float32 else np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{owner}: {name} must be an array of numbers") from None
    if np.ndim(values) != 2 or matrix.size == 0 or not np.isfinite(matrix).all():
        raise DataError(f"{owner}: {name} must be a finite matrix, not empty; got shape {np.shape(values)}")
    return matrix
