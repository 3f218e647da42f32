"""What stacks of restricted machines share: training layer by layer, a network made of them, fine-tuning, files."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from scipy.special import expit
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from neurosim.boltzmann.rbm import RBM
from neurosim.cnn.checkpoints import from_plain, plain
from neurosim.cnn.estimator import sizes
from neurosim.cnn.layers import Dense, Dropout
from neurosim.cnn.optimisers import Optimiser, as_optimiser
from neurosim.cnn.sequential import Sequential
from neurosim.cnn.training import train
from neurosim.core import backend, checks, random
from neurosim.core.errors import DivergedError, InvalidParameter
from neurosim.core.estimator import Learner
from neurosim.core.jit import one_blas_thread
from neurosim.core.progress import Callback, Progress, report

DOWN = 1  # a sample's stream of random numbers on the way down: layer k has DOWN + k


class Layer(NamedTuple):
    """A dense layer of the network: weights (inputs, units), bias (units,)."""

    name: str
    weights: np.ndarray
    bias: np.ndarray
    activation: str | None


@dataclass
class Stages:
    """Turns the epochs of each stage into those of the whole fit, for its callback."""

    callback: Callback | None
    total: int
    done: int = 0

    def stage(self, epochs: int, **fixed: float) -> Callback | None:
        """Return the callback of the next stage, of so many epochs; `fixed` metrics go with each report."""
        before, self.done = self.done, self.done + epochs
        if self.callback is None:
            return None

        def watch(progress: Progress) -> bool:
            return report(self.callback, before + progress.step, self.total, **fixed, **progress.metrics)

        return watch


class Stack(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Learner):
    """Restricted machines, each trained on the hidden probabilities of the one below, and the network they make."""

    rbms_: list[RBM]
    network_: Sequential
    loss_curve_: list[float]
    seed_: int
    backend_: str
    hidden_layer_sizes: Any
    visible: str
    method: Any
    steps: Any
    learning_rate: Any
    n_iter: Any
    momentum: Any
    weight_decay: float
    batch_size: int
    optimiser: Any
    tuning_epochs: int
    tuning_batch_size: int
    random_state: Any
    backend: str

    # training

    @contextmanager
    def _kept_if_refused(self) -> Iterator[None]:
        """Leave the model as it was if parameters or data are refused, and a fitted one if learning diverges."""
        before = self.__dict__.copy()
        try:
            yield
        except (TypeError, ValueError, DivergedError) as error:
            if "network_" in before or not isinstance(error, DivergedError):
                self.__dict__.clear()
                self.__dict__.update(before)
            raise

    def _pretrain(
        self,
        x: np.ndarray,
        layers: Sequence[int],
        epochs: Sequence[int],
        stages: Stages,
        labels: np.ndarray | None = None,
    ) -> np.ndarray:
        """Train a machine for each size on what the one below makes of the samples; the top one sees labels, too.

        Returns the hidden probabilities below the top one's.
        """
        rates, methods, steps = (self._of_layers(name, len(layers)) for name in ("learning_rate", "method", "steps"))
        self.rbms_ = []
        self.__dict__.pop("network_", None)  # until the new one is there
        for k, size in enumerate(layers):
            x = x if k == 0 else self.rbms_[-1].transform(x)
            seen = x if labels is None or k < len(layers) - 1 else np.hstack([x, labels])
            rbm = RBM(
                size, visible=self.visible if k == 0 else "bernoulli", method=methods[k], steps=steps[k],
                learning_rate=rates[k], batch_size=self.batch_size, n_iter=epochs[k], momentum=self.momentum,
                weight_decay=self.weight_decay, visible_samples=methods[k] == "pcd", random_state=self._key(k),
                backend=self.backend,
            )  # fmt: skip
            self.rbms_.append(rbm)
            rbm.fit(seen, callback=stages.stage(epochs[k], layer=k + 1))
        return x

    def _connect(self, features: int, layers: Sequence[Layer], dropout: float = 0.0) -> None:
        """Make `network_` of layers whose weights are known; training leaves out a share of the hidden units."""
        network = Sequential([], features, dtype=layers[0].weights.dtype.name, random_state=0)
        for k, layer in enumerate(layers):
            dense = Dense(len(layer.bias), activation=layer.activation, initialiser="zeros")
            network.add(dense, name=layer.name)
            if dropout > 0 and k < len(layers) - 1:
                network.add(Dropout(dropout), name=f"dropout{k + 1}")
        for layer in layers:
            network.parameters[f"{layer.name}.weights"][...] = layer.weights
            network.parameters[f"{layer.name}.bias"][...] = layer.bias
        self.network_, self.loss_curve_ = network, []
        self.backend_ = backend.choose(self.backend, "boltzmann", 0.0)

    def _fine_tune(self, x: np.ndarray, targets: np.ndarray, loss: str, stages: Stages) -> None:
        """Train `network_` by backpropagation."""
        if self.tuning_epochs == 0:
            return
        told = stages.stage(self.tuning_epochs)

        def watch(progress: Progress) -> bool:
            self.loss_curve_.append(progress.metrics["loss"])
            return told is not None and bool(told(progress))

        train(
            self.network_, x, targets, loss=loss, optimiser=self._optimiser(), epochs=self.tuning_epochs,
            batch_size=self.tuning_batch_size, callback=watch, random_state=self._key(len(self.rbms_) + 1),
            backend=self.backend,
        )  # fmt: skip

    def _descend(self, values: np.ndarray, key: int) -> np.ndarray:
        """Return the lowest machine's probabilities or means, given states of the units that the top one sees."""
        with one_blas_thread():
            for k in reversed(range(len(self.rbms_) - 1)):
                drive = values @ self.rbms_[k].components_ + self.rbms_[k].intercept_visible_
                values = drive if k == 0 and self.visible == "gaussian" else expit(drive)
                if k > 0:
                    values = (random.uniform(key, DOWN + k, values.shape) < values).astype(drive.dtype)
        return values

    def _key(self, stage: int) -> int:
        """Return the key of a stage's random numbers; the last stage is the fine-tuning."""
        return random.seed_from(np.random.SeedSequence([self.seed_, stage]))

    # parameters

    def _check(self) -> None:
        """Raise InvalidParameter if a parameter of this class, not of `RBM`, is out of its range."""
        name = type(self).__name__
        self._optimiser()
        checks.one_of(name, "visible", self.visible, ("bernoulli", "gaussian"))
        checks.at_least(name, "tuning_epochs", self.tuning_epochs, 0)
        checks.at_least(name, "tuning_batch_size", self.tuning_batch_size, 1)
        checks.one_of(name, "backend", self.backend, backend.BACKENDS)

    def _layers(self, least: int) -> list[int]:
        """Return the units of each hidden layer, so many layers or more."""
        name, given = type(self).__name__, self.hidden_layer_sizes
        layers = sizes(name, "hidden_layer_sizes", given)
        if len(layers) < least:
            raise InvalidParameter(name, "hidden_layer_sizes", given, "one layer or more")
        return layers

    def _optimiser(self) -> Optimiser:
        return as_optimiser(type(self).__name__, self.optimiser)

    def _of_layers(self, name: str, layers: int) -> list[Any]:
        """Return the value of a parameter for every layer: those of a list, or one for all."""
        value = getattr(self, name)
        if not isinstance(value, list | tuple):
            return [value] * layers
        if len(value) != layers:
            raise InvalidParameter(type(self).__name__, name, value, f"one for all, or a list of {layers}, one a layer")
        return list(value)

    def _epochs(self, layers: int) -> list[int]:
        epochs = self._of_layers("n_iter", layers)
        for number in epochs:
            checks.at_least(type(self).__name__, "n_iter", number, 1)
        return epochs

    # what is learned

    def _values(self, X: Any, name: str) -> np.ndarray:
        """Return the values of a layer of the network, (samples, units)."""
        check_is_fitted(self, "network_")
        x = self._samples(X)
        return self.network_.activations(x, name, backend=self.backend)[name].reshape(len(x), -1)

    def __sklearn_tags__(self) -> Any:
        """Return scikit-learn's tags."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        tags.target_tags.required = False
        return tags

    # files

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return parameters and fitted attributes, for `neurosim.core.storage`."""
        parameters, state = super().to_parts()
        parts = ("parameters", "state")
        if "network_" in state:
            state["network_"] = dict(zip(parts, self.network_.to_parts(), strict=True))
            state["rbms_"] = [dict(zip(parts, rbm.to_parts(), strict=True)) for rbm in self.rbms_]
        return {name: plain(value) for name, value in parameters.items()}, state

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the model that `to_parts` took apart."""
        if "network_" in state:
            network = Sequential.from_parts(state["network_"]["parameters"], state["network_"]["state"])
            rbms = [RBM.from_parts(part["parameters"], part["state"]) for part in state["rbms_"]]
            state = state | {"network_": network, "rbms_": rbms}
        return super().from_parts({name: from_plain(value) for name, value in parameters.items()}, state)
