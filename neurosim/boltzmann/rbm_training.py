"""How a restricted machine learns: first values, epochs of mini-batches, what to do when numbers grow too large.

The model keeps the arrays of `rbm_recipe.Arrays` under scikit-learn's names, and the rest of them in `memory_`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.sparse import issparse
from scipy.special import logit

from neurosim.boltzmann.rbm_recipe import FIRST, Arrays, Recipe
from neurosim.cnn.divergence import UNSCALED
from neurosim.cnn.initialisers import normal
from neurosim.cnn.optimisers import Schedule, in_time
from neurosim.core import backend, checks, random
from neurosim.core.errors import DivergedError, InvalidParameter
from neurosim.core.progress import Callback, report

DEVIATION = 0.01  # of the first weights (Hinton 2010)
OFFSET_RATE = 0.01  # how quickly the offsets of centring follow the means
STRETCH = 5e9  # multiply-adds between two looks at the errors
DENSE = 2**26  # bytes of sparse samples that are made dense at a time
MEMORY = ("weight_velocity", "visible_velocity", "hidden_velocity", "visible_offset", "hidden_offset", "activity")


def check(model: Any) -> None:
    """Raise InvalidParameter if a parameter is out of its range."""
    for name in ("n_components", "steps", "batch_size", "n_iter"):
        checks.at_least("RBM", name, getattr(model, name), 1)
    checks.one_of("RBM", "visible", model.visible, ("bernoulli", "gaussian"))
    checks.one_of("RBM", "method", model.method, ("pcd", "cd"))
    if not isinstance(model.visible_samples, bool | np.bool_):
        raise InvalidParameter("RBM", "visible_samples", model.visible_samples, "True or False")
    if not isinstance(model.centred, bool | np.bool_):
        checks.number("RBM", "centred", model.centred, "True, False or a rate > 0 and <= 1", above=0, below=1.0000001)
    wanted = "a number >= 0"
    for name in ("weight_decay", "sparsity_cost"):
        checks.number("RBM", name, getattr(model, name), wanted, least=0)
    if model.sparsity_target is not None:
        checks.number("RBM", "sparsity_target", model.sparsity_target, "None or a number > 0 and < 1", above=0, below=1)
    if (model.sparsity_target is not None) != (model.sparsity_cost > 0):
        raise InvalidParameter("RBM", "sparsity_cost", model.sparsity_cost, "> 0 with a sparsity_target, else 0")
    for name, below in (("learning_rate", np.inf), ("momentum", 1.0)):
        value = getattr(model, name)
        if not isinstance(value, Schedule | Mapping) and not callable(value) and np.ndim(value) == 0:
            words = "a number >= 0 and < 1, or a schedule" if below == 1 else "a number >= 0, or a schedule"
            checks.number("RBM", name, value, words, least=0, below=below)


def check_stream(model: Any) -> None:
    """Raise InvalidParameter if a rate needs to know the number of epochs."""
    for name in ("learning_rate", "momentum"):
        value = getattr(model, name)
        endless = value.kind in ("step", "constant") if isinstance(value, Schedule) else np.ndim(value) == 0
        if not endless:
            wanted = 'without a last step for partial_fit: a number, {epoch: value} or a schedule of kind "step"'
            raise InvalidParameter("RBM", name, value, wanted)


def check_known(model: Any) -> None:
    """Raise InvalidParameter if a parameter that gave the kept arrays their shapes has changed since."""
    chains = (model.batch_size if model.method == "pcd" else 0, model.n_components)
    if model.chains_.shape != chains:
        name = "n_components" if model.chains_.shape[1] != chains[1] else "batch_size, method"
        wanted = f"as it was in the first call, with chains_ of shape {model.chains_.shape}"
        raise InvalidParameter("RBM", name, f"chains of shape {chains}", wanted)


def recipe(model: Any) -> Recipe:
    """Return the recipe that the parameters stand for."""
    rate = (OFFSET_RATE if model.centred else 0.0) if isinstance(model.centred, bool | np.bool_) else model.centred
    return Recipe(
        batch=int(model.batch_size),
        sweeps=int(model.steps),
        persistent=model.method == "pcd",
        gaussian=model.visible == "gaussian",
        visible_samples=bool(model.visible_samples),
        decay=float(model.weight_decay),
        target=float(model.sparsity_target or 0.0),
        cost=float(model.sparsity_cost),
        offset_rate=float(rate),
    )


def first_arrays(x: Any, components: int, how: Recipe, seed: int) -> Arrays:
    """Return the arrays before learning: small random weights, visible biases that give the means of the data."""
    key = random.seed_from(np.random.SeedSequence([seed, 1]))
    n, visible = x.shape
    means = np.asarray(x.sum(axis=0, dtype=np.float64)).reshape(-1) / n
    bias = means if how.gaussian else logit((n * np.clip(means, 0, 1) + 1) / (n + 2))
    chains = random.uniform(key, FIRST, (how.batch if how.persistent else 0, components)) < 0.5
    zeros = np.zeros
    offsets = (means, np.full(components, 0.5)) if how.offset_rate else (zeros(visible), zeros(components))
    arrays = Arrays(
        weights=DEVIATION * normal(random.uniform(key, 0, (visible, components))),
        visible_bias=bias,
        hidden_bias=zeros(components),
        weight_velocity=zeros((visible, components)),
        visible_velocity=zeros(visible),
        hidden_velocity=zeros(components),
        chains=chains,
        visible_offset=offsets[0],
        hidden_offset=offsets[1],
        activity=np.full(components, 0.5),
    )
    return Arrays(*(np.ascontiguousarray(array, x.dtype) for array in arrays))


def arrays_of(model: Any) -> Arrays:
    """Return the arrays that a model keeps."""
    return Arrays(
        weights=np.ascontiguousarray(model.components_.T),
        visible_bias=model.intercept_visible_,
        hidden_bias=model.intercept_hidden_,
        chains=model.chains_,
        **model.memory_,
    )


def keep(model: Any, arrays: Arrays) -> None:
    """Let a model keep arrays."""
    model.components_ = arrays.weights.T
    model.intercept_visible_, model.intercept_hidden_ = arrays.visible_bias, arrays.hidden_bias
    model.chains_ = arrays.chains
    model.memory_ = {name: getattr(arrays, name) for name in MEMORY}


class Run:
    """Epochs of learning of a model that keeps arrays, on samples that are an array or CSR."""

    def __init__(self, model: Any, x: Any, epochs: int) -> None:
        self.model, self.epochs, self.first = model, epochs, model.n_iter_
        self.x = x if issparse(x) or x.flags.writeable else x.copy()  # kernels would copy it at every call
        self.recipe, n = recipe(model), x.shape[0]
        self.steps = -(-n // self.recipe.batch)
        self.counts = np.minimum(self.recipe.batch, n - self.recipe.batch * np.arange(self.steps))
        time = self.steps, self.first + epochs
        self.rates = in_time("RBM", "learning_rate", model.learning_rate, *time)[-self.steps * epochs :]
        self.momenta = in_time("RBM", "momentum", model.momentum, *time, 1.0)[-self.steps * epochs :]
        work = 4.0 * self.recipe.batch * (self.recipe.sweeps + 1) * model.components_.size
        self.stretch = max(1, int(STRETCH / work))
        if issparse(x):
            self.stretch = max(1, min(self.stretch, DENSE // (self.recipe.batch * x.shape[1] * x.dtype.itemsize)))
        model.backend_ = backend.choose(model.backend, "boltzmann", work)
        self.kernels = backend.kernels("boltzmann", f"rbm_{model.backend_}")
        key = random.seed_from(np.random.SeedSequence([model.seed_, 2]))
        self.arrays = self.good = arrays_of(model)
        self.state = self.kernels.begin(self.arrays, self.recipe, key=key, step=model.n_updates_)

    def train(self, callback: Callback | None) -> None:
        """Show the samples `epochs` times.

        Raises
        ------
        DivergedError
            If an error or a weight is not finite; the model keeps the weights of the last look at which all was.
        """
        model = self.model
        for epoch in range(self.epochs):
            errors = self._pass(epoch)
            model.errors_ = np.append(model.errors_, np.average(errors, weights=self.counts))
            model.n_iter_ += 1
            if report(callback, epoch + 1, self.epochs, error=float(model.errors_[-1])):
                return

    def _pass(self, epoch: int) -> np.ndarray:
        """Show all samples once in a random order and return the error of every step."""
        n, batch = self.x.shape[0], self.recipe.batch
        order = np.full(self.steps * batch, -1, np.int64)
        order[:n] = random.permutation(self.model.seed_, self.first + epoch, n)
        errors = np.empty(self.steps)
        for begin in range(0, self.steps, self.stretch):
            end = min(begin + self.stretch, self.steps)
            times = slice(epoch * self.steps + begin, epoch * self.steps + end)
            errors[begin:end] = self._advance(order[begin * batch : end * batch], times)
        return errors

    def _advance(self, rows: np.ndarray, times: slice) -> np.ndarray:
        """Do the steps with these rows, rates and momenta, and keep what they learn."""
        x = self.x
        if issparse(x):
            x, rows = x[rows[rows >= 0]].toarray(), np.where(rows >= 0, np.arange(len(rows)), -1)
        errors: np.ndarray = self.kernels.advance(self.state, x, rows, self.rates[times], self.momenta[times])
        before, self.arrays = self.arrays, self.kernels.fetch(self.state)
        self.good = before if np.isfinite(errors[0]) else self.good
        finite = np.isfinite(errors)
        if not (finite.all() and np.isfinite(self.arrays.weights).all()):
            keep(self.model, self.good)
            first = int(finite.argmin()) if not finite.all() else len(finite)
            rate = float(self.rates[times][max(first - 1, 0)])
            raise DivergedError(self.model.n_updates_ + first, errors[:first][-5:], likely_cause(x, rate))
        keep(self.model, self.arrays)
        self.model.n_updates_ += len(errors)
        return errors


def likely_cause(x: np.ndarray, rate: float) -> str:
    """Return what probably made an error infinite."""
    largest = float(np.abs(x).max())
    unscaled = f"the samples are not scaled: they reach {largest:.3g}, and should be about 1, or "
    return (unscaled if largest > UNSCALED else "") + f"the learning rate, {rate:.3g}, is too large"
