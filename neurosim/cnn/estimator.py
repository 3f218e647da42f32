"""What the estimators share: the network that they train, streams, checkpoints, files."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from neurosim import cnn
from neurosim.cnn.activations import as_activation
from neurosim.cnn.checkpoints import Checkpoint, from_plain, opened, plain
from neurosim.cnn.graph import Graph
from neurosim.cnn.losses import Loss
from neurosim.cnn.optimisers import SGD, Adam, Optimiser, Schedule
from neurosim.cnn.plan import Plan
from neurosim.cnn.program import Program
from neurosim.cnn.targets import as_samples
from neurosim.cnn.trainer import Trainer
from neurosim.core import checks, random
from neurosim.core.errors import InvalidParameter
from neurosim.core.estimator import Learner
from neurosim.core.progress import Callback, Progress, report

SOLVERS = ("adam", "sgd")
RECTIFIERS = ("relu", "leaky_relu", "gelu")
NAMES = {"identity": None, "logistic": "sigmoid"}  # scikit-learn's names for ours


@dataclass
class Job:
    """Training that is ready to run, its checkpoint, and the curves of what went before."""

    trainer: Trainer
    file: Checkpoint | None
    losses: list[float]
    validation: list[float]


class NetworkLearner(Learner):
    """Trains `network_` by mini-batches. A child says which network and which loss."""

    network_: Graph
    seed_: int
    moments_: np.ndarray | None
    n_updates_: int
    n_iter_: int
    loss_curve_: list[float]
    validation_curve_: list[float]
    solver: Any
    alpha: float
    batch_size: int | str
    learning_rate_init: float
    momentum: float
    max_iter: int
    shuffle: bool
    tol: float
    n_iter_no_change: int | None
    early_stopping: bool
    validation_fraction: float
    warm_start: bool
    random_state: Any
    backend: str

    # what a child may say

    def _layers(self, features: int, outputs: int) -> tuple[list[Any], Any]:
        """Return the layers and the shape of the input."""
        raise NotImplementedError

    def _build(self, features: int, outputs: int, dtype: str, key: int) -> Graph:
        """Return the network with its first weights."""
        layers, shape = self._layers(features, outputs)
        return cnn.Sequential(layers, shape, dtype=dtype, random_state=key)

    def _augmentation(self) -> Any:
        return None

    # the work

    @contextmanager
    def _kept_if_refused(self) -> Iterator[None]:
        """Leave the model as it was if parameters or data are refused."""
        before = self.__dict__.copy()
        try:
            yield
        except (TypeError, ValueError):
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    def _prepare(
        self,
        x: np.ndarray,
        targets: np.ndarray,
        loss: Loss,
        sample_weight: Any,
        *,
        checkpoint: str | os.PathLike[str] | None = None,
        resume: bool = False,
        stream: bool = False,
    ) -> Job:
        """Return training on checked samples: from the start, or with `warm_start` or for a stream from what is there.

        A stream is one epoch.
        """
        if stream:
            self._check_stream()
        name, known = type(self).__name__, hasattr(self, "network_") and (stream or self.warm_start)
        parameters = {key: value for key, value in self.get_params(deep=False).items() if key != "random_state"}
        file = opened(name, self, checkpoint, resume, parameters)
        notes = None if file is None else file.read()
        self._begin(known, x, targets, file, notes)
        program, dtype = self.network_.lower(loss), self.network_.dtype
        samples = as_samples(name, x, targets, sample_weight, loss=loss, program=program, dtype=dtype)
        held = None
        if self.early_stopping and not stream:
            key = random.seed_from(np.random.SeedSequence([self.seed_, 1]))
            samples, held = samples.split(name, self.validation_fraction, key)
        plan = self._plan(program, len(samples), sample_weight, stream)
        trainer = Trainer(self.network_, plan, samples, held, epoch=self.n_iter_)
        if stream and known and self.moments_ is not None:
            trainer.remember(self.moments_, self.n_updates_)
        if file is not None and notes is not None:
            trainer.go_on(file, notes)
        return Job(trainer, file, self.loss_curve_, self.validation_curve_)

    def _begin(self, known: bool, x: np.ndarray, targets: np.ndarray, file: Checkpoint | None, notes: Any) -> None:
        """Set the key, the network and the curves to those that training begins with."""
        seed = self.seed_ if known else self.random_state
        self.seed_ = random.seed_from(seed) if file is None else file.key(notes, seed)
        if not known:
            self.network_ = self._build(x.shape[1], targets.shape[1], x.dtype.name, self.seed_)
            self.loss_curve_, self.validation_curve_ = [], []
        if notes is not None:
            self.loss_curve_, self.validation_curve_ = notes["earlier"]
        self.n_iter_ = len(self.loss_curve_)
        if file is not None:
            file.earlier = [self.loss_curve_, self.validation_curve_]

    def _plan(self, program: Program, n: int, sample_weight: Any, stream: bool) -> Plan:
        batch = min(200, n) if self.batch_size == "auto" else self.batch_size
        weight = 1.0 if sample_weight is None else float(np.asarray(sample_weight, float).mean())
        size = weight * (n if batch == "full" else min(int(batch), n))  # a weight of 2 is as two samples
        return Plan(
            program,
            self._optimiser(size),
            epochs=1 if stream else self.max_iter,
            batch_size=batch,
            shuffle=self.shuffle,
            augment=self._augmentation(),
            patience=None if stream else self.n_iter_no_change,
            tolerance=self.tol,
            keep_best=self.early_stopping and not stream,
            key=self.seed_,
            backend=self.backend,
            owner=type(self).__name__,
        )

    def _run(self, job: Job, callback: Callback | None = None) -> Self:
        """Train."""

        def watch(progress: Progress) -> bool:
            self._record(job)
            return report(callback, progress.step, progress.total, **progress.metrics)

        self._record(job)
        self.backend_ = job.trainer.backend
        self.moments_, self.n_updates_ = None, 0
        job.trainer.run(watch, None, job.file)
        self._record(job)
        self.moments_, self.n_updates_ = job.trainer.fitted.moments, job.trainer.fitted.step
        return self

    def _record(self, job: Job) -> None:
        """Set the curves to what was there before and what training has added."""
        arrays = job.trainer.arrays()
        self.loss_curve_ = job.losses + arrays["losses"].tolist()
        self.validation_curve_ = job.validation + arrays["validation_losses"].tolist()
        self.n_iter_ = len(self.loss_curve_)

    def _optimiser(self, size: float) -> Optimiser:
        """Return the optimiser for mini-batches of a size."""
        if isinstance(self.solver, Optimiser):
            return self.solver
        if self.solver == "sgd":
            return SGD(self.learning_rate_init, self.momentum, self.momentum > 0, l2=self.alpha / size)
        return Adam(self.learning_rate_init, l2=self.alpha / size)

    def _check(self) -> None:
        """Raise InvalidParameter if a parameter is out of its range."""
        name = type(self).__name__
        if not isinstance(self.solver, Optimiser) and self.solver not in SOLVERS:
            raise InvalidParameter(name, "solver", self.solver, "adam, sgd or an optimiser such as AdamW(1e-3)")
        for flag in ("early_stopping", "warm_start", "shuffle"):
            if not isinstance(getattr(self, flag), bool | np.bool_):
                raise InvalidParameter(name, flag, getattr(self, flag), "True or False")
        checks.number(name, "alpha", self.alpha, "a number >= 0", least=0)
        if not (isinstance(self.batch_size, str) and self.batch_size in ("auto", "full")):
            if isinstance(self.batch_size, str):
                raise InvalidParameter(name, "batch_size", self.batch_size, 'an integer >= 1, "auto" or "full"')
            checks.at_least(name, "batch_size", self.batch_size, 1)
        checks.number(name, "learning_rate_init", self.learning_rate_init, "a number > 0", above=0)
        checks.number(name, "momentum", self.momentum, "a number >= 0 and < 1", least=0, below=1)
        checks.at_least(name, "max_iter", self.max_iter, 1)
        checks.number(name, "tol", self.tol, "a number >= 0", least=0)
        if self.n_iter_no_change is not None:
            checks.at_least(name, "n_iter_no_change", self.n_iter_no_change, 1)
        wanted = "a number > 0 and < 1"
        checks.number(name, "validation_fraction", self.validation_fraction, wanted, above=0, below=1)

    def _check_stream(self) -> None:
        """Raise InvalidParameter if a parameter asks for more than a part of the samples."""
        name = type(self).__name__
        if self.early_stopping:
            raise InvalidParameter(name, "early_stopping", self.early_stopping, "False for partial_fit")
        for part in ("rate", "momentum", "beta1"):
            rate: Any = getattr(self.solver, part, 0.0)
            endless = rate.kind in ("step", "constant") if isinstance(rate, Schedule) else np.ndim(rate) == 0
            if not endless:
                wanted = 'one without a last step for partial_fit: rates that are numbers, {epoch: rate} or "step"'
                raise InvalidParameter(name, "solver", self.solver, wanted)

    def _outputs(self, X: Any) -> np.ndarray:
        """Return the network's outputs, (samples, outputs)."""
        check_is_fitted(self)
        x = self._samples(X)
        return self.network_.forward(x, backend=self.backend).reshape(len(x), -1)

    # files

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return parameters and fitted attributes, for `neurosim.core.storage`."""
        parameters, state = super().to_parts()
        if "network_" in state:
            network = dict(zip(("parameters", "state"), self.network_.to_parts(), strict=True))
            state["network_"] = network | {"class": type(self.network_).__name__}
        return {name: plain(value) for name, value in parameters.items()}, state

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the model that `to_parts` took apart."""
        if "network_" in state:
            parts = state["network_"]
            if parts["class"] not in ("Graph", "Sequential"):
                raise ValueError(f"{parts['class']!r} is no network")
            network = getattr(cnn, parts["class"]).from_parts(parts["parameters"], parts["state"])
            state = state | {"network_": network}
        return super().from_parts({name: from_plain(value) for name, value in parameters.items()}, state)


def sizes(owner: str, name: str, value: Any) -> list[int]:
    """Return the sizes of hidden layers, given as one or as a sequence."""
    given = [value] if np.ndim(value) == 0 else list(value)
    for size in given:
        if not isinstance(size, int | np.integer) or isinstance(size, bool) or size < 1:
            raise InvalidParameter(owner, name, value, "an integer >= 1 or a sequence of them")
    return [int(size) for size in given]


def activation(owner: str, name: str, value: Any) -> tuple[Any, str]:
    """Return a layer's activation and how its weights should start."""
    value = NAMES.get(value, value) if isinstance(value, str) else value
    try:
        layer = as_activation(owner, value)
    except InvalidParameter as error:
        raise InvalidParameter(owner, name, value, f"identity, logistic, or {error.wanted}") from None
    rectifier = layer is not None and layer.label in [known.replace("_", "") for known in RECTIFIERS]
    return layer, "he_uniform" if rectifier else "glorot_uniform"
