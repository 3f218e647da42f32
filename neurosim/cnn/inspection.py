"""Running a network and looking inside: outputs, activations, gradients, hooks."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.cnn.layer import Layer, Shape, volume
from neurosim.cnn.losses import as_loss
from neurosim.cnn.lowering import Lowered
from neurosim.cnn.weights import Weights
from neurosim.core import backend as backend_
from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.random import seed_from

if TYPE_CHECKING:
    from neurosim.cnn.graph import Node

Hook = Callable[[str, np.ndarray], Any]


@dataclass(frozen=True)
class Gradients:
    """A loss and its derivatives.

    Attributes
    ----------
    loss : float
    outputs : (n, output shape) array
        What the network put out.
    parameters : dict of arrays
        d loss / d parameter by name, as "conv1.weights", in the parameters' shapes.
    flat : (stored,) array
        The same in the order of `Graph.flat_parameters`.
    input : (n, input shape) array
        d loss / d input.
    values : dict of arrays (n, shape)
        d loss / d value of the nodes.
    activations : dict of arrays (n, shape)
        The values of these nodes.
    """

    loss: float
    outputs: np.ndarray
    parameters: Mapping[str, np.ndarray]
    flat: np.ndarray
    input: np.ndarray
    values: dict[str, np.ndarray]
    activations: dict[str, np.ndarray]


class Inspected(Weights):
    """Running a network and looking inside; see `Graph`."""

    def __init__(self, dtype: str, key: int) -> None:
        super().__init__(dtype, key)
        self._hooks: dict[str, list[tuple[str, Hook]]] = {"forward": [], "backward": []}

    @property
    def layers(self) -> Mapping[str, Layer]:
        """The layers by name, in order."""
        raise NotImplementedError

    @property
    def output(self) -> "Node":
        """The node whose values are the network's outputs."""
        raise NotImplementedError

    @property
    def input_shape(self) -> Shape:
        """The shape of a sample."""
        raise NotImplementedError

    def lowered(self, loss: Any = None, *, input_gradient: bool = False, optimised: bool = True) -> Lowered:
        """Return the program and the numbers of the nodes' values."""
        raise NotImplementedError

    def forward(self, x: Any, *, hooks: Mapping[str, Hook] | None = None, backend: str = "auto") -> np.ndarray:
        """Return the outputs, (n, output shape), with dropout off and the population's statistics.

        Of a classifier these are the probabilities or sums of all classes; ``forward(x).argmax(1)`` are the classes.
        `predict` and calling the network are the same.

        Parameters
        ----------
        x : (n, input shape) or (n, features) array
        hooks : mapping from names to functions (name, values), optional
            What is to be called, beside `on_forward`'s, with the values of a node.
        backend : "auto", "cpu" or "cuda", default "auto"

        Raises
        ------
        DataError
            If the samples have another shape.
        """
        called = [*self._hooks["forward"], *(hooks or {}).items()]
        names = [self.output.name, *(name for name, _ in called)]
        values = infer(self, x, names, backend, optimised=not called)
        for (name, function), array in zip(called, values[1:], strict=True):
            function(name, array)
        return values[0]

    __call__ = predict = forward

    def __getitem__(self, which: int | str) -> Layer:
        """Return a layer by its place or its name."""
        return self.layers[which] if isinstance(which, str) else list(self.layers.values())[which]

    def activations(
        self, x: Any, names: str | Iterable[str] | None = None, *, backend: str = "auto"
    ) -> dict[str, np.ndarray]:
        """Return the values of nodes, (n, shape) each.

        Parameters
        ----------
        x : (n, input shape) or (n, features) array
        names : str or iterable of str, optional
            Nodes, or "dense1.sum" for the weighted sums before a layer's activation. Default: all nodes.
        backend : "auto", "cpu" or "cuda", default "auto"
        """
        chosen = list(self.layers) if names is None else as_names(names)
        return dict(zip(chosen, infer(self, x, chosen, backend, optimised=False), strict=True))

    def gradients(
        self, x: Any, y: Any, loss: Any, *, training: bool = True, sample_weight: Any = None, reduction: str = "mean",
        names: str | Iterable[str] | None = None, random_state: Any = None, backend: str = "auto",
    ) -> Gradients:  # fmt: skip
        """Return a loss and its derivatives by parameters, inputs and the values of nodes.

        Parameters
        ----------
        x : (n, input shape) or (n, features) array
        y : (n, outputs) array, or (n,) labels for the cross-entropy
        loss : Loss or str
        training : bool, default True
            Whether dropout is on and batch normalisation goes by the samples given; else by the population.
        sample_weight : (n,) array, optional
        reduction : "mean" or "sum", default "mean"
            Over the samples.
        names : str or iterable of str, optional
            Nodes, or "dense1.sum". Default: all nodes but a softmax or a sigmoid that is a part of the loss.
        random_state : None, int, Generator or RandomState
            Decides what dropout keeps.
        backend : "auto", "cpu" or "cuda", default "auto"
        """
        return differentiate(
            self, x, y, loss, training=training, sample_weight=sample_weight, reduction=reduction, names=names,
            random_state=random_state, backend=backend,
        )  # fmt: skip

    def on_forward(self, name: str, function: Hook) -> Callable[[], None]:
        """Call function(name, values) whenever `forward` or `gradients` has run; return what ends this."""
        return self._hook("forward", name, function)

    def on_backward(self, name: str, function: Hook) -> Callable[[], None]:
        """Call function(name, d loss / d values) whenever `gradients` has run; return what ends this."""
        return self._hook("backward", name, function)

    def _hook(self, kind: str, name: str, function: Hook) -> Callable[[], None]:
        """Register a hook and return what removes it."""
        if not callable(function):
            raise InvalidParameter(type(self).__name__, "function", function, "callable as function(name, values)")
        look_up(self, self.lowered(optimised=False), [name])
        entry = (name, function)
        self._hooks[kind].append(entry)

        def remove() -> None:
            self._hooks[kind] = [other for other in self._hooks[kind] if other is not entry]

        return remove


def infer(network: Inspected, x: Any, names: list[str], backend: str, *, optimised: bool) -> list[np.ndarray]:
    """Return the values of nodes, (n, shape) each."""
    samples = as_samples(network, x)
    lowered = network.lowered(optimised=optimised)
    numbers, shapes = look_up(network, lowered, names)
    if not len(samples):
        return [np.zeros((0, *shape), network.dtype) for shape in shapes]
    kernels = backend_.kernels("cnn", backend_.choose(backend, "cnn", lowered.program.multiply_adds * len(samples)))
    arrays = kernels.infer(lowered.program, network.flat_parameters, network.flat_statistics, samples, tuple(numbers))
    return [np.asarray(a).reshape(len(samples), *shape) for a, shape in zip(arrays, shapes, strict=True)]


def differentiate(
    network: Inspected, x: Any, y: Any, loss: Any, *, training: bool = True, sample_weight: Any = None,
    reduction: str = "mean", names: str | Iterable[str] | None = None, random_state: Any = None,
    backend: str = "auto",
) -> Gradients:  # fmt: skip
    """See `Graph.gradients`."""
    owner = type(network).__name__
    checks.one_of(owner, "reduction", reduction, ("mean", "sum"))
    loss = as_loss(owner, loss)
    samples, size = as_samples(network, x), volume(network.output.shape)
    targets = loss.targets(y, size, network.dtype)
    if len(targets) != len(samples) or not len(samples):
        raise DataError(f"{owner}: {len(samples)} samples, but targets for {len(targets)}")
    lowered = network.lowered(loss, input_gradient=True, optimised=False)
    wanted = _differentiable(network, lowered, names)
    hooks = network._hooks["forward"], network._hooks["backward"]
    asked = list(dict.fromkeys(["input", *wanted, *(name for hook in hooks for name, _ in hook)]))
    numbers, shapes = look_up(network, lowered, asked)
    kernels = backend_.kernels("cnn", backend_.choose(backend, "cnn", lowered.program.multiply_adds * len(samples)))
    found = kernels.differentiate(
        lowered.program, network.flat_parameters, network.flat_statistics, samples, targets,
        _weights(owner, sample_weight, len(samples), network.dtype), reduction=reduction, training=training,
        key=seed_from(random_state), values=tuple(numbers),
    )  # fmt: skip
    each = [(len(samples), *shape) for shape in shapes]
    values = {name: np.asarray(a).reshape(s) for name, a, s in zip(asked, found.values, each, strict=True)}
    gradients = {name: np.asarray(a).reshape(s) for name, a, s in zip(asked, found.gradients, each, strict=True)}
    for arrays, hook in zip((values, gradients), hooks, strict=True):
        for name, function in hook:
            function(name, arrays[name])
    return Gradients(
        float(found.loss), np.asarray(found.outputs).reshape(len(samples), *network.output.shape),
        network.views(found.gradient), found.gradient, gradients["input"],
        {name: gradients[name] for name in wanted}, {name: values[name] for name in wanted},
    )  # fmt: skip


def as_samples(network: Inspected, x: Any) -> np.ndarray:
    """Return samples as the kernels want them, (n, features) in the network's precision.

    Raises
    ------
    DataError
        If they are not (n, input shape), (n, features), or (n, height, width) for one channel.
    """
    shape, owner = network.input_shape, type(network).__name__
    try:
        samples = np.ascontiguousarray(x, network.dtype)
    except (TypeError, ValueError):
        raise DataError(f"{owner}: samples have to be numbers, all of one shape {shape}") from None
    allowed = {shape, (volume(shape),), shape[1:] if shape[0] == 1 else shape}
    if samples.ndim < 2 or samples.shape[1:] not in allowed:
        wanted = " or ".join(str(("n", *one)).replace("'", "") for one in sorted(allowed, key=len, reverse=True))
        turned = len(shape) == 3 and samples.shape[1:] in ((*shape[1:], shape[0]), (shape[2], *shape[:2]))
        hint = ": (channels, height, width), channels come first" if turned else ""
        raise DataError(f"{owner}: samples of shape {samples.shape}, but {wanted} was wanted{hint}")
    return samples.reshape(len(samples), volume(shape))


def _weights(owner: str, weights: Any, n: int, dtype: np.dtype) -> np.ndarray:
    weights = np.ones(n, dtype) if weights is None else np.ascontiguousarray(weights, dtype)
    if weights.shape != (n,) or not (np.isfinite(weights) & (weights >= 0)).all():
        raise DataError(f"{owner}: sample_weight has to be ({n},) numbers >= 0; got shape {weights.shape}")
    return weights


def as_names(names: str | Iterable[str]) -> list[str]:
    """Return one name, or several, as a list."""
    return [names] if isinstance(names, str) else list(names)


def look_up(network: Inspected, lowered: Lowered, names: list[str]) -> tuple[list[int], list[Shape]]:
    """Return the numbers and the shapes of the values of nodes."""
    for name in names:
        if name not in lowered.values:
            raise InvalidParameter(type(network).__name__, "name", name, f"one of {', '.join(lowered.values)}")
    return [lowered.values[name][0] for name in names], [lowered.values[name][1] for name in names]


def _differentiable(network: Inspected, lowered: Lowered, names: str | Iterable[str] | None) -> list[str]:
    """Return the names asked for, or all whose gradient is computed; a function that the loss contains has none."""
    program = lowered.program
    missing = program.output if program.logits != program.output else -1
    if names is None:
        return [name for name in network.layers if lowered.values[name][0] != missing]
    wanted = as_names(names)
    for name, number in zip(wanted, look_up(network, lowered, wanted)[0], strict=True):
        if number == missing:
            before = next(name for name, (value, _) in lowered.values.items() if value == program.logits)
            raise InvalidParameter(
                type(network).__name__,
                "names",
                name,
                f"another: it is computed together with the loss; take {before!r}",
            )
    return wanted
