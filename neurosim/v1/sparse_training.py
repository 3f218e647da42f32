"""How a dictionary is learned: first atoms, epochs of mini-batches, and the two rules that change the atoms.

With the l1 penalty, online dictionary learning (Mairal et al. 2010): the atoms are kept at their best for the codes of
all samples so far, of which the last ones count most. With the log penalty, Olshausen & Field's gradient steps, with
lengths of the atoms that bring all coefficients to one variance.
"""

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from neurosim.core import backend, checks, random
from neurosim.core.errors import DivergedError, InvalidParameter
from neurosim.core.jit import one_blas_thread
from neurosim.core.progress import Callback, report
from neurosim.core.schedules import decay
from neurosim.v1.sparse_cpu import update_dictionary
from neurosim.v1.sparse_inference import check_recipe, coder
from neurosim.v1.sparse_recipe import Recipe
from neurosim.v1.sparse_rules import forgetting

GOAL, VARIANCE_RATE, GAIN_POWER = 0.1, 0.001, 0.02  # of the coefficients, with the log penalty (sparsenet)
SHORTEST = 1e-3  # atom with the log penalty; one of no use would shrink until its numbers are slow to compute with
UNUSED = 1e-6  # mean squared coefficient of an atom that a sample replaces, as in scikit-learn
LONGEST = 10  # atom with the log penalty; 1 makes samples out of one coefficient; 0.35 is the most of a good run
NOISE = 0.01  # of a sample's standard deviation, so that two atoms from one sample differ


class DivergedAtoms(DivergedError):
    """Atoms that are not finite, or grow beyond all that samples could be made of; the attributes are the same."""

    def __init__(self, step: int, losses: np.ndarray, cause: str) -> None:
        super().__init__(step, losses, cause)
        before = ", ".join(f"{loss:.4g}" for loss in losses) or "none"
        self.args = (
            f"SparseCoding: the atoms outgrew all bounds by update {step} (objectives of the epochs before: {before}); "
            f"probably {cause}. The model keeps the atoms from before that epoch",
        )


def check(model: Any) -> None:
    """Raise InvalidParameter if a parameter is out of its range."""
    for name in ("n_components", "batch_size", "n_iter"):
        checks.at_least("SparseCoding", name, getattr(model, name), 1)
    check_recipe("SparseCoding", recipe(model))
    if not isinstance(model.shuffle, bool | np.bool_):
        raise InvalidParameter("SparseCoding", "shuffle", model.shuffle, "True or False")
    rates(model, 1)


def recipe(model: Any) -> Recipe:
    """Return how a model codes."""
    return Recipe(model.penalty, model.solver, model.alpha, model.sigma, model.tol, model.max_iter)


def rates(model: Any, steps: int) -> np.ndarray:
    """Return the learning rate of every step."""
    value = model.learning_rate
    if np.ndim(value) == 0:
        checks.number("SparseCoding", "learning_rate", value, "a number > 0 or (start, end)", above=0)
        return np.full(steps, float(value))
    start, end = checks.positive_pair("SparseCoding", "learning_rate", value)
    return decay("exponential", start, end, steps)


def first_atoms(model: Any, x: np.ndarray) -> np.ndarray:
    """Return the atoms before learning: `dict_init`, or samples of length 1."""
    if model.dict_init is None:
        own = random.seed_from(np.random.SeedSequence([model.seed_, 1]))
        atoms = samples_as_atoms(x, int(model.n_components), own, 0)
        lengths = np.linalg.norm(atoms, axis=1, keepdims=True)
        return np.ascontiguousarray(atoms / np.maximum(lengths, np.finfo(x.dtype).tiny), x.dtype)
    atoms = np.array(model.dict_init, x.dtype, order="C")
    wanted = (int(model.n_components), x.shape[1])
    if atoms.shape != wanted or not np.isfinite(atoms).all():
        got = f"shape {atoms.shape}" if atoms.shape != wanted else "NaN or infinity"
        what = f"finite, of shape (n_components, features) = {wanted}"
        raise InvalidParameter("SparseCoding", "dict_init", got, what)
    return atoms


def samples_as_atoms(x: np.ndarray, count: int, key: int, stream: int) -> np.ndarray:
    """Return some samples with a little noise, (count, features)."""
    draws = random.uniform(key, stream, (count, 1 + x.shape[1]))
    atoms = x[(draws[:, 0] * len(x)).astype(np.int64)]
    spread = atoms.std(axis=1, keepdims=True)
    noise = (draws[:, 1:] - 0.5) * np.sqrt(12)  # uniform, of standard deviation 1
    return np.asarray(atoms + NOISE * np.where(spread > 0, spread, 1) * noise, x.dtype)


def first_memory(model: Any, atoms: np.ndarray) -> dict[str, np.ndarray]:
    """Return what a rule keeps from step to step, before the first."""
    k, features = atoms.shape
    if model.penalty == "log":
        return {"variances": np.full(k, GOAL), "gains": np.linalg.norm(atoms, axis=1).astype(np.float64)}
    return {"products": np.zeros((k, k), atoms.dtype), "correlations": np.zeros((k, features), atoms.dtype)}


class Run:
    """Epochs of learning of a model that has atoms."""

    def __init__(self, model: Any, x: np.ndarray, epochs: int, *, last_rate: bool = False) -> None:
        self.model, self.x, self.epochs = model, x, epochs
        self.batch, self.recipe = int(model.batch_size), recipe(model)
        self.steps = -(-len(x) // self.batch)
        work = float(self.batch) * model.components_.size
        model.backend_ = backend.choose(model.backend, "v1", work)
        self.code = coder(model.backend_)
        every = rates(model, self.steps * epochs)
        self.rates = np.full_like(every, every[-1]) if last_rate else every
        self.key = random.seed_from(np.random.SeedSequence([model.seed_, 2]))
        self.shown = self.unsolved = 0
        with np.errstate(over="ignore"):
            self.mean_square = float(np.einsum("ij,ij->i", x, x).mean(dtype=np.float64)) / x.shape[1]

    def train(self, callback: Callback | None) -> None:
        """Show the samples `epochs` times; warn if `max_iter` rounds were not enough for some codes.

        Raises
        ------
        DivergedAtoms
            If the atoms are not finite or grow beyond bounds; the model keeps those from before that epoch.
        """
        model = self.model
        for epoch in range(self.epochs):
            every = self.rates[epoch * self.steps : (epoch + 1) * self.steps]
            atoms, updates = model.components_.copy(), model.n_updates_
            memory = {name: array.copy() for name, array in model.memory_.items()}
            with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
                total = self._pass(every)
            if not (np.isfinite(total) and np.isfinite(model.components_).all()) or self._outgrown(memory):
                failed = model.n_updates_
                model.components_, model.memory_, model.n_updates_ = atoms, memory, updates
                raise DivergedAtoms(failed, model.objective_[-5:], self._likely_cause(every.max()))
            model.objective_ = np.append(model.objective_, total / len(self.x))
            model.n_iter_ += 1
            if report(callback, epoch + 1, self.epochs, objective=float(model.objective_[-1])):
                break
        if self.unsolved:
            much = f"{self.unsolved} of {self.shown} codes, over all epochs, were not within tol = {self.recipe.tol:g}"
            message = f"SparseCoding: {much} after {self.recipe.most} rounds; raise max_iter or tol"
            warnings.warn(message, ConvergenceWarning, stacklevel=3)

    def _outgrown(self, before: dict[str, np.ndarray]) -> bool:
        """Return whether an atom grew beyond what coefficients of the variance aimed at can need."""
        if self.recipe.penalty != "log":
            return False
        longest = float(self.model.memory_["gains"].max())
        bound = LONGEST * np.sqrt(self.x.shape[1] * self.mean_square / GOAL)
        return longest > max(bound, float(before["gains"].max()))

    def _likely_cause(self, rate: float) -> str:
        """Return what probably made the atoms grow."""
        if self.recipe.penalty != "log":
            return f"the samples are too large: their mean square is {self.mean_square:.3g}"
        unscaled = f"X is not scaled: its mean square is {self.mean_square:.3g}, and should be about {GOAL:g}"
        return f"the learning_rate, {rate:.3g}, is too large, or {unscaled}"

    def _pass(self, every: np.ndarray) -> float:
        """Show the samples once, a mini-batch a rate, and return what they cost, added up."""
        order = random.permutation(self.model.seed_, self.model.n_iter_, len(self.x)) if self.model.shuffle else None
        total = 0.0
        for step, rate in enumerate(every):
            rows = slice(step * self.batch, (step + 1) * self.batch)
            total += self._step(self.x[rows if order is None else order[rows]], rate)
        return total

    def _step(self, x: np.ndarray, rate: float) -> float:
        """Learn from a mini-batch and return what its samples cost before, added up."""
        model = self.model
        coded = self.code(x, model.components_, self.recipe)
        if self.recipe.penalty == "log":
            follow_gradient(model.components_, model.memory_, x, coded.codes, rate)
        else:
            self._minimise(x, coded.codes)
        model.n_updates_ += 1
        self.shown += len(x)
        self.unsolved += int((coded.rounds < 0).sum())
        return float(coded.costs.sum(dtype=np.float64))

    def _minimise(self, x: np.ndarray, codes: np.ndarray) -> None:
        """Add the codes to the sums and set the atoms to their best for these."""
        model, n = self.model, len(x)
        products, correlations = model.memory_["products"], model.memory_["correlations"]
        kept = x.dtype.type(forgetting(model.n_updates_, n))
        for sums, other in ((products, codes), (correlations, x)):
            sums *= kept
            sums += (codes.T @ other) / x.dtype.type(n)
        unused = np.flatnonzero(np.diag(products) <= UNUSED)
        if len(unused):
            model.components_[unused] = samples_as_atoms(x, len(unused), self.key, model.n_updates_)
            products[unused, unused] = 0
        update_dictionary(model.components_, products, correlations)


def follow_gradient(
    atoms: np.ndarray, memory: dict[str, np.ndarray], x: np.ndarray, codes: np.ndarray, rate: float
) -> None:
    """Move the atoms by rate <a^T (x - a D)>, and give each the length that its coefficients' variance asks for."""
    variances, gains = memory["variances"], memory["gains"]
    atoms += atoms.dtype.type(rate / len(x)) * (codes.T @ (x - codes @ atoms))
    variances += VARIANCE_RATE * ((codes.astype(np.float64) ** 2).mean(axis=0) - variances)
    np.maximum(gains * (variances / GOAL) ** GAIN_POWER, SHORTEST, out=gains)
    lengths = np.linalg.norm(atoms, axis=1)
    atoms *= (gains / np.maximum(lengths, np.finfo(atoms.dtype).tiny)).astype(atoms.dtype)[:, None]
