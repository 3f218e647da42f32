"""What `neurosim cnn` trains on: labelled data in two parts, the network that suits them, how they become inputs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from neurosim.core.errors import DataError
from neurosim_cli.files import load_complete, parts
from neurosim_cli.scaling import Scaling

if TYPE_CHECKING:
    from neurosim.cnn import Graph, Preset
    from neurosim.datasets import Dataset

EPOCHS, BATCH = {"small": 20, "mlp": 100}, 32  # of the networks that are no presets
LEAST_SIDE = 4  # of what counts as an image
COLOURS = (1, 3, 4)  # channels of grey images, of coloured ones, and of those with opacity


@dataclass(frozen=True)
class Inputs:
    """How rows of data become a network's inputs: by a preset, or scaled and in a shape.

    Attributes
    ----------
    preset : str or None
    paper, full : float
        The smallest and the largest value of the data, as presets ask for them.
    scaling : Scaling or None
    shape : tuple of int
        Of an input of the network.
    features : int
        Columns of the data.
    channels_last : bool, default False
        Whether the data's images are (height, width, channels).
    """

    preset: str | None
    paper: float
    full: float
    scaling: Scaling | None
    shape: tuple[int, ...]
    features: int
    channels_last: bool = False

    def apply(self, data: np.ndarray, codes: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the inputs and the targets; without `codes`, the numbers of the classes, the latter mean nothing."""
        codes = np.zeros(len(data), np.int64) if codes is None else codes
        if self.scaling is not None:
            return self._arrange(self.scaling.apply(data).astype(np.float32)), codes
        return _preset(str(self.preset)).prepare(data, codes, paper=self.paper, full=self.full)  # type: ignore[call-arg]

    def _arrange(self, rows: np.ndarray) -> np.ndarray:
        if not self.channels_last:
            return rows.reshape(len(rows), *self.shape)
        channels, *size = self.shape
        return np.ascontiguousarray(rows.reshape(len(rows), *size, channels).transpose(0, 3, 1, 2))

    def to_notes(self) -> dict[str, Any]:
        """Return what a model file keeps of this."""
        scaling = None if self.scaling is None else self.scaling.to_notes()
        return {**vars(self), "scaling": scaling, "shape": list(self.shape)}

    @classmethod
    def from_notes(cls, notes: dict[str, Any]) -> "Inputs":
        """Return what `to_notes` took apart."""
        scaling = None if notes["scaling"] is None else Scaling(**notes["scaling"])
        return cls(**(notes | {"scaling": scaling, "shape": tuple(notes["shape"])}))


@dataclass(frozen=True)
class Part:
    """Samples to train on or to test with: inputs, targets, and the numbers of their classes if they have classes."""

    x: np.ndarray
    targets: np.ndarray
    codes: np.ndarray | None


@dataclass(frozen=True)
class Task:
    """A network, what it learns, and how."""

    name: str
    data: str
    network: "Graph"
    how: dict[str, Any]  # loss, optimiser, epochs, batch_size, shuffle, reduction
    known: Part
    held_out: Part | None
    classes: list[Any] | None
    inputs: Inputs | None
    preset: "Preset | None"


def own_patterns(name: str, seed: int, dtype: str) -> Task:
    """Return the task of a preset that brings its patterns along."""
    preset = _preset(name)
    x, targets = preset.prepare(None, None)
    known = Part(np.asarray(x), np.asarray(targets), None)
    return Task(name, "its own patterns", preset.build(seed, dtype), _recipe(preset), known, None, None, None, preset)


def of_data(data: str, name: str | None, share: float | None, seed: int, dtype: str) -> Task:
    """Return the task of a data set.

    Without `name`: LeNet-5 for ten classes of grey images of 28 x 28, a small convolutional network for other images,
    and one hidden layer for plain columns.
    """
    dataset = labelled(load_complete(data, "neurosim cnn predict"), 2)
    known, held_out = parts(data, dataset, share, seed)
    classes, codes = np.unique(np.asarray(known.labels), return_inverse=True)
    image, _ = image_shape(known.shape)
    digits = image == (1, 28, 28) and len(classes) == 10
    name = name or ("mlp" if image is None else "lenet5_modern" if digits else "small")
    if name in ("small", "mlp"):
        preset, network, inputs, how = None, *_plain(name, known, len(classes), seed, dtype)
    else:
        preset = _preset(name)
        network, how = preset.build(seed, dtype), _recipe(preset)
        inputs = _as_digits(name, known, len(classes), network)
    first = Part(*inputs.apply(known.data, codes), codes)
    second = None
    if held_out is not None:
        numbers = codes_of(held_out, classes.tolist())
        second = Part(*inputs.apply(held_out.data, numbers), numbers)
    return Task(name, data, network, how, first, second, classes.tolist(), inputs, preset)


def labelled(dataset: "Dataset", fewest: int = 1) -> "Dataset":
    """Return the samples that have labels, which must be classes, `fewest` or more."""
    name, target = dataset.name, dataset.target
    if target is None or not (there := target >= 0 if dataset.target_names else np.isfinite(target)).any():
        raise DataError(
            f"{name}: has no labels, and a network learns classes here; in a table they are the last column if it is "
            "text, or the one named label, class, target or species"
        )
    target = target[there]
    if (broken := target[target != np.rint(target)]).size:
        raise DataError(f"{name}: the labels are measured values, as {broken[0]}, not classes")
    if len(np.unique(target)) < fewest:
        raise DataError(f"{name}: all {len(target)} samples have the same label; two classes are needed")
    return replace(dataset, data=dataset.data[there], target=target.astype(np.int64))


def codes_of(dataset: "Dataset", classes: Sequence[Any]) -> np.ndarray:
    """Return the numbers of the classes of a data set's labels."""
    labels = np.asarray(dataset.labels)
    number = {str(label): k for k, label in enumerate(classes)}
    if unknown := sorted(set(map(str, np.unique(labels))) - set(number)):
        raise DataError(f"{dataset.name}: has the label {unknown[0]}; the network knows {', '.join(number)}")
    return np.array([number[str(label)] for label in labels])


def _preset(name: str) -> "Preset":
    from neurosim.cnn import PRESETS

    return PRESETS[name]


def _recipe(preset: "Preset") -> dict[str, Any]:
    """Return how a preset is trained."""
    return {key: getattr(preset, key) for key in ("loss", "optimiser", "epochs", "batch_size", "shuffle", "reduction")}


def image_shape(shape: tuple[int, ...] | None) -> tuple[tuple[int, int, int] | None, bool]:
    """Return (channels, height, width) of samples of a shape, None for no images, and whether channels come last.

    Of three numbers the first is the channels', unless only the last one is 1, 3 or 4: grey, colours, with opacity.
    """
    if shape is None or len(shape) not in (2, 3):
        return None, False
    last = len(shape) == 3 and shape[-1] in COLOURS and shape[0] not in COLOURS
    channels, high, wide = (shape[2], *shape[:2]) if last else (1, *shape)[-3:]
    return ((channels, high, wide), last) if min(high, wide) >= LEAST_SIDE else (None, False)


def _described(dataset: "Dataset") -> str:
    return "plain columns" if dataset.shape is None else f"images of {'×'.join(map(str, dataset.shape))}"


def _as_digits(name: str, known: "Dataset", classes: int, network: "Graph") -> Inputs:
    """Return how data become the inputs of a preset made for digits."""
    image, _ = image_shape(known.shape)
    if image is None or image[0] != 1 or image[1] != image[2]:
        raise click.UsageError(f"--preset {name} reads square grey images; {known.name} has {_described(known)}")
    outputs = int(np.prod(network.output_shape))
    if classes != outputs:
        raise click.UsageError(
            f"--preset {name} tells {outputs} classes apart; {known.name} has {classes}, for which there is "
            "--preset small"
        )
    low, high = float(known.data.min()), float(known.data.max())
    return Inputs(name, low, high, None, tuple(network.input_shape), known.data.shape[1])


def _plain(name: str, known: "Dataset", classes: int, seed: int, dtype: str) -> "tuple[Graph, Inputs, dict[str, Any]]":
    """Return a network for images of any size or for columns, its inputs, and how it is trained."""
    from neurosim.cnn import Adam, CrossEntropy, Dense, Sequential, Softmax
    from neurosim.cnn.convnet import default_layers

    features = known.data.shape[1]
    image, last = image_shape(known.shape)
    if name == "small" and image is None:
        raise click.UsageError(
            f"--preset small reads images of {LEAST_SIDE}×{LEAST_SIDE} or more; {known.name} has {_described(known)}"
        )
    if name == "small" and image is not None:
        shape: tuple[int, ...] = image
        mean, spread = float(known.data.mean()), float(known.data.std()) or 1.0
        scaling = Scaling("pixels", np.full(features, mean), np.full(features, spread), np.zeros(features, bool))
    else:
        shape, last, scaling = (features,), False, Scaling.of("zscore", known.data, known.name)
    hidden = default_layers(shape) if len(shape) == 3 else [Dense(100, activation="relu", initialiser="he_uniform")]
    network = Sequential([*hidden, Dense(classes), Softmax()], shape, dtype=dtype, random_state=seed)
    how = {"loss": CrossEntropy(), "optimiser": Adam(), "epochs": EPOCHS[name], "batch_size": BATCH, "shuffle": True,
           "reduction": "mean"}  # fmt: skip
    low, high = float(known.data.min()), float(known.data.max())
    return network, Inputs(None, low, high, scaling, shape, features, last), how


def where(data: str) -> str:
    """Return a data set's name, or a file's full path, for a model to remember."""
    return str(Path(data).resolve()) if Path(data).is_file() else data
