"""The loop of training, in stretches of updates short enough for Ctrl-C and a look at the losses."""

import time
from typing import Any

import numpy as np

from neurosim.cnn import program as p
from neurosim.cnn.batches import Batches, Fitted
from neurosim.cnn.checkpoints import Checkpoint, checksum
from neurosim.cnn.divergence import first_updates, likely_cause
from neurosim.cnn.plan import Plan
from neurosim.cnn.targets import Samples, accuracy, mean_loss
from neurosim.core import backend, random
from neurosim.core.errors import DataError, DivergedError, InvalidParameter, StorageError
from neurosim.core.progress import Callback, report

STRETCH = 5e8  # multiply-adds between two looks at the losses: some hundredths of a second
WATCHED = 4096  # updates at most between two calls of a step_callback
INSTRUCTION = 3000  # what an instruction costs beside its multiply-adds
SECONDS = 0.5  # between two checkpoints
PROGRESS = ("epoch", "best", "anchor", "waited", "seconds", "stopped")
HISTORY = ("losses", "step_losses", "validation_losses", "validation_accuracies")


class Trainer:
    """Training of one network on given samples.

    Attributes
    ----------
    fitted : Fitted
        What learning has changed, after the last updates.
    """

    def __init__(
        self,
        network: Any,
        plan: Plan,
        samples: Samples,
        validation: Samples | None = None,
        *,
        epoch: int = 0,
    ) -> None:
        self.network, self.plan, self.samples, self.validation = network, plan, samples, validation
        self.batch = len(samples) if plan.batch_size == "full" else min(int(plan.batch_size), len(samples))
        self.steps = -(-len(samples) // self.batch)
        if self.batch == 1 and _normalises_single_numbers(plan):
            wanted = "2 or more, as the samples: batch normalisation of one sample is 0 whatever it is"
            raise InvalidParameter(plan.owner, "batch_size", plan.batch_size, wanted)
        self.rates, self.momenta = plan.optimiser.values(self.steps, epoch + plan.epochs)
        self.first = self.epoch = epoch
        work = self.batch * (3 * plan.program.multiply_adds) + INSTRUCTION * len(plan.program.code)
        self.stretch = int(min(max(STRETCH / work, 1), 65536))
        self.backend = backend.choose(plan.backend, "cnn", work)
        self.kernels = backend.kernels("cnn", self.backend)
        parameters, statistics = network.flat_parameters.copy(), network.flat_statistics.copy()
        if not np.isfinite(parameters).all():
            raise DataError(f"{plan.owner}: the network's weights are not finite")
        moments = np.zeros((2, len(parameters)), parameters.dtype)
        self.fitted = self.good = self.at_epoch = Fitted(parameters, statistics, moments, 0)
        self.history: dict[str, list[np.ndarray]] = {name: [] for name in HISTORY}
        self.best, self.anchor, self.waited = float("inf"), float("inf"), 0
        self.kept: tuple[np.ndarray, np.ndarray] | None = None
        self.seconds, self.stopped = 0.0, "epochs"
        self.images: np.ndarray | None = None
        self.stretches: list[tuple[Fitted, Batches, int]] = []  # the last two: what was there before, and the epoch
        self.sums: dict[str, int] = {}

    def remember(self, moments: np.ndarray, step: int) -> None:
        """Go on with what the optimiser remembered after so many updates."""
        self.fitted = self.good = self.at_epoch = self.fitted._replace(moments=moments, step=step)

    # the loop

    def run(
        self, callback: Callback | None = None, step_callback: Callback | None = None, file: Checkpoint | None = None
    ) -> None:
        """Train until the epochs are done, patience ends, or a callback stops."""
        began, written = time.perf_counter() - self.seconds, -np.inf
        watched = callback is not None or file is not None or self.validation is not None
        self.stretch = self.stretch if step_callback is None else min(self.stretch, WATCHED)
        together = 1 if watched or self.plan.augment or self.plan.patience else max(1, self.stretch // self.steps)
        last = self.first + self.plan.epochs
        ended = self.stopped == "patience" or self.epoch >= last
        self.stopped = self.stopped if ended else "epochs"
        self.state = self._begin(self.fitted)
        try:
            while not ended:
                epochs = range(self.epoch, min(self.epoch + together, last))
                ended = not self._pass(epochs, step_callback) or self._measured(callback)
                ended = ended or self.epoch >= last or self.stopped != "epochs"
                self.seconds = time.perf_counter() - began
                if file is not None and not ended and self.seconds - written > SECONDS:
                    file.write(self.state_of_training())
                    written = self.seconds
        except DivergedError:
            self.fitted = self.good
            raise
        finally:
            self._put(*(self.kept if self.kept is not None and ended else self.fitted[:2]))
        if file is not None:
            file.write(self.state_of_training())

    def _begin(self, fitted: Fitted) -> Any:
        """Return the kernels' state for going on from what was learned."""
        parameters, statistics, moments, step = fitted
        plan, key = self.plan, random.seed_from(np.random.SeedSequence([self.plan.key, 2]))
        return self.kernels.begin(
            plan.program, parameters, statistics, plan.optimiser.rule(), batch=self.batch, key=key, moments=moments,
            step=step,
        )  # fmt: skip

    def _pass(self, epochs: range, step_callback: Callback | None) -> bool:
        """Show the samples once for each epoch; return whether that was not stopped."""
        order = np.concatenate([self._order(epoch) for epoch in epochs])
        x = self._epoch_images(epochs[0])
        steps, losses = len(epochs) * self.steps, []
        start = epochs[0] * self.steps
        for begin in range(0, steps, self.stretch):
            end = min(begin + self.stretch, steps)
            rows = slice(begin * self.batch, end * self.batch)
            rates, momenta = (array[start + begin : start + end] for array in (self.rates, self.momenta))
            batches = Batches(
                x, self.samples.targets, self.samples.weights, order[rows], rates, momenta, self.plan.reduction
            )
            losses.append(self._advance(batches, epochs[0]))
            total = (self.first + self.plan.epochs) * self.steps
            stop = report(step_callback, start + end, total, loss=float(losses[-1].mean()))
            if stop and end < steps:
                self.history["step_losses"].append(np.concatenate(losses))
                self.stopped = "callback"
                return False
        self.history["step_losses"].append(np.concatenate(losses))
        self.history["losses"].append(self._epoch_losses(np.concatenate(losses)))
        self.epoch, self.at_epoch = epochs[-1] + 1, self.fitted
        self.stopped = "callback" if stop else self.stopped
        return True

    def _advance(self, batches: Batches, epoch: int) -> np.ndarray:
        losses: np.ndarray = self.kernels.advance(self.state, batches)
        self.stretches = [*self.stretches[-1:], (self.fitted, batches, epoch)]
        finite = np.isfinite(losses)
        if finite[0]:
            self.good = self.fitted
        if finite.all():
            fitted = self.kernels.fetch(self.state)
            if np.isfinite(fitted.parameters).all():
                self.fitted = fitted
                return losses
        first = int(finite.argmin()) if not finite.all() else len(finite)
        earlier = [losses[:first], *self.history["step_losses"][-1:]][::-1]
        step = self.fitted.step + first
        rate = self._go_back(first)
        raise DivergedError(step, np.concatenate(earlier)[-5:], likely_cause(batches, step, rate))

    def _go_back(self, first: int) -> float:
        """Repeat the updates up to the weights of the last finite loss, and return the rate of the update after it."""
        fitted, batches, epoch = self.stretches[-1 if first else 0]
        if not first and len(self.stretches) < 2:
            return float(batches.rates[0])
        updates = (first or len(batches.rates)) - 1
        self._epoch_images(epoch)
        again = first_updates(self.kernels, self._begin(fitted), batches, self.batch, updates) if updates else fitted
        self.good = again if again is not None else fitted
        return float(batches.rates[updates])

    def _order(self, epoch: int) -> np.ndarray:
        """Return the numbers of the samples in the order of an epoch, with -1 where the last mini-batch is not full."""
        n = len(self.samples)
        order = np.full(self.steps * self.batch, -1, np.int64)
        order[:n] = random.permutation(self.plan.key, epoch, n) if self.plan.shuffle else np.arange(n)
        return order

    def _epoch_images(self, epoch: int) -> np.ndarray:
        if self.plan.augment is None:
            return self.samples.x
        shape = (len(self.samples), *self.plan.program.shapes[self.plan.program.source])
        self.images = np.empty(shape, self.samples.x.dtype) if self.images is None else self.images
        key = random.seed_from(np.random.SeedSequence([self.plan.key, 3]))
        self.plan.augment.write(self.samples.x.reshape(shape), self.images, key, epoch)
        return self.images.reshape(self.samples.x.shape)

    def _epoch_losses(self, losses: np.ndarray) -> np.ndarray:
        """Return the loss of every epoch from those of its steps."""
        losses = losses.reshape(-1, self.steps)
        if self.plan.reduction == "sum":
            return np.asarray(losses.sum(axis=1))
        counts = np.full(self.steps, self.batch)
        counts[-1] = len(self.samples) - self.batch * (self.steps - 1)
        return np.asarray(np.average(losses, axis=1, weights=counts))

    def _measured(self, callback: Callback | None) -> bool:
        """Measure, keep the best weights, report, and return whether to stop."""
        self._put(*self.fitted[:2])
        metrics = {"loss": float(self.history["losses"][-1][-1])}
        if self.validation is not None:
            program = self.plan.program
            values = self.kernels.infer(program, *self.fitted[:2], self.validation.x, values=(program.logits,))
            logits = values[0].reshape(len(self.validation), -1)
            measured = mean_loss(program, logits, self.validation), accuracy(program, logits, self.validation)
            for name, value in zip(("validation_losses", "validation_accuracies"), measured, strict=True):
                self.history[name].append(np.array([value]))
            metrics["validation_loss"] = measured[0]
            if not np.isnan(measured[1]):
                metrics["validation_accuracy"] = measured[1]
        self._compare(metrics.get("validation_loss", metrics["loss"]))
        if report(callback, self.epoch - self.first, self.plan.epochs, **metrics):
            self.stopped = "callback"
        elif self.plan.patience is not None and self.waited >= self.plan.patience:
            self.stopped = "patience"
        return self.stopped != "epochs"

    def _compare(self, value: float) -> None:
        """Keep count of the best epoch and of those since the last that was clearly better."""
        if value < self.best:
            self.best = value
            if self.validation is not None and self.plan.keep_best:
                self.kept = self.fitted[:2]
        self.waited += 1
        if value < self.anchor - self.plan.tolerance:
            self.anchor, self.waited = value, 0

    def _put(self, parameters: np.ndarray, statistics: np.ndarray) -> None:
        self.network.flat_parameters[:] = parameters
        self.network.flat_statistics[:] = statistics

    # results and checkpoints

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the history, an array a measure."""
        return {name: np.concatenate([np.empty(0), *parts]) for name, parts in self.history.items()}

    def results(self) -> dict[str, Any]:
        """Return what `Training` holds."""
        arrays = self.arrays()
        losses = arrays["losses"] if self.validation is None else arrays["validation_losses"]
        return arrays | {
            "epochs": len(losses),
            "updates": len(arrays["step_losses"]),
            "best_epoch": int(losses.argmin()) + 1 if len(losses) else 0,
            "seconds": self.seconds,
            "stopped": self.stopped,
            "seed": self.plan.key,
            "backend": self.backend,
        }

    def fingerprint(self, updates: int) -> dict[str, int]:
        """Return numbers that tell whether a checkpoint belongs to this training after so many updates."""
        plan, held, program = self.plan, self.validation, self.plan.program
        names = ("shuffle", "reduction", "augment", "patience", "tolerance")
        settings = {"batch_size": self.batch} | {name: getattr(plan, name) for name in names}
        rule = np.array(plan.optimiser.rule(), np.float64)
        self.sums = self.sums or {
            "the data": checksum(self.samples.x, self.samples.targets, self.samples.weights),
            "the validation data": 0 if held is None else checksum(held.x, held.targets, held.weights),
            "the network": checksum(program.code[:, : p.NEED_X], program.reals, program.masks, program.groups),
            "the loss": checksum(np.array([program.loss]), program.loss_reals),
            **{name: checksum(repr(value).encode()) for name, value in settings.items()},
        }
        return self.sums | {"the optimiser": checksum(rule, self.rates[:updates], self.momenta[:updates])}

    def state_of_training(self) -> dict[str, Any]:
        """Return all that another process needs to go on from the last complete epoch."""
        updates = self.epoch * self.steps
        history = self.arrays()
        history["step_losses"] = history["step_losses"][:updates]
        return {name: getattr(self, name) for name in PROGRESS} | {
            "fitted": list(self.at_epoch),
            "kept": None if self.kept is None else list(self.kept),
            "history": history,
            "seed": self.plan.key,
            "updates": updates,
            "fingerprint": self.fingerprint(updates),
        }

    def go_on(self, file: Checkpoint, state: dict[str, Any]) -> None:
        """Go on from what `state_of_training` returned, if it belongs to this training."""
        if state["epoch"] > self.first + self.plan.epochs:
            name = "epochs" if self.plan.owner == "train" else "max_iter"
            done = state["epoch"] - self.first
            raise StorageError(f"{file.path}: has gone through {done} epochs, more than {name}, {self.plan.epochs}")
        file.compare(state, self.fingerprint(int(state["updates"])))
        for name in PROGRESS:
            setattr(self, name, state[name])
        self.fitted = self.good = self.at_epoch = Fitted(*state["fitted"])
        self.kept = None if state["kept"] is None else (state["kept"][0], state["kept"][1])
        self.history = {name: [array] for name, array in state["history"].items()}


def _normalises_single_numbers(plan: Plan) -> bool:
    code = plan.program.code
    rows = code[code[:, p.OP] == p.Op.MOMENTS]
    return bool((rows[:, p.HI] * rows[:, p.WI] == 1).any())
