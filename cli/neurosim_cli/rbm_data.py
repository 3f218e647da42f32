"""Data as restricted machines and nets of them take them: scaled for their visible units, in two parts."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.core.errors import DataError, StorageError
from neurosim_cli.files import load_complete, parts
from neurosim_cli.scaling import Scaling

if TYPE_CHECKING:
    from neurosim.datasets import Dataset

SHARE, FEW = 0.1, 100  # kept for the test; of fewer samples nothing is


@dataclass(frozen=True)
class Source:
    """Samples in two parts, scaled, and where they come from."""

    name: str
    known: np.ndarray
    held_out: np.ndarray | None
    scaling: Scaling
    threshold: float | None
    shape: tuple[int, int] | None
    labels: np.ndarray | None = None  # of the samples known
    held_out_labels: np.ndarray | None = None
    unused: bool = False  # there is a target, but it is no classes

    @property
    def shown(self) -> np.ndarray:
        """The samples held out, or those known if there are none."""
        return self.known if self.held_out is None else self.held_out

    def parts(self) -> dict[str, np.ndarray]:
        """Return the samples known and those held out, by their names."""
        return {"training": self.known} | ({} if self.held_out is None else {"test": self.held_out})

    def notes(self) -> dict[str, Any]:
        """Return what a model's file keeps of its data."""
        where = str(Path(self.name).resolve()) if Path(self.name).is_file() else self.name
        return {"data": where, "shape": self.shape, "threshold": self.threshold, "scaling": self.scaling.to_notes()}


def source_of(data: str, share: float | None, threshold: float | None, gaussian: bool, dtype: str, seed: int) -> Source:
    """Return the samples of DATA for Bernoulli or Gaussian visible units."""
    dataset = load_complete(data, "neurosim rbm logz or neurosim rbm sample")
    if unused := dataset.target is not None and not has_classes(dataset):
        dataset = replace(dataset, target=None)
    known, held_out = _split(data, dataset, share, seed)
    scaling = _scaling(known, gaussian, threshold, data)
    first, second = (
        None if part is None else _apply(part.data, scaling, threshold, dtype) for part in (known, held_out)
    )
    assert first is not None
    if threshold is not None and (first == first.flat[0]).all():
        raise DataError(f"{data}: no value is {'up to' if first.flat[0] else 'above'} the threshold {threshold:g}")
    labels, others = (
        None if part is None or part.target is None else np.asarray(part.labels) for part in (known, held_out)
    )
    return Source(data, first, second, scaling, threshold, _picture(dataset), labels, others, unused)


def has_classes(dataset: "Dataset") -> bool:
    """Return whether a target is classes: names, or whole numbers of which each stands for three samples on average."""
    target = np.asarray(dataset.target)
    if dataset.target_names or target.dtype.kind not in "iuf":
        return True
    different = np.unique(target)
    few = len(different) <= max(2, len(target) // 3)
    return bool(few and np.isfinite(different).all() and (different == np.round(different)).all())


def again(data: str | None, notes: dict[str, Any], model: Any, path: Path) -> np.ndarray:
    """Return all samples of DATA, or of what a model was trained on, scaled as these were."""
    name = data or notes.get("data")
    if not isinstance(name, str):
        raise DataError(f"{path}: was not trained by the command; name the DATA too")
    if data is None and Path(name).is_absolute() and not Path(name).exists():
        raise DataError(f"{path}: was trained on {name}, which is not there any more; name the DATA")
    dataset = load_complete(name, "neurosim rbm logz or neurosim rbm sample")
    if dataset.data.shape[1] != model.n_features_in_:
        raise DataError(
            f"{name}: has {dataset.data.shape[1]} features; the model was trained on {model.n_features_in_}"
        )
    dtype = getattr(model, "components_", np.empty(0, np.float64)).dtype
    return _apply(dataset.data, scaling_of(notes, model), notes.get("threshold"), dtype.name)


def scaling_of(notes: dict[str, Any], model: Any) -> Scaling:
    """Return the scaling that a model's file keeps, or none."""
    d = model.n_features_in_
    none = {"kind": "none", "shift": np.zeros(d), "unit": np.ones(d), "constant": np.zeros(d, bool)}
    return Scaling(**notes.get("scaling", none))


def restore(path: Path, kinds: tuple[type, ...]) -> tuple[Any, dict[str, Any]]:
    """Return the trained model of a file and its notes."""
    from neurosim.core import storage

    model, notes = storage.load(path), storage.read_notes(path)
    kind, wanted = type(model).__name__, " or ".join(k.__name__ for k in kinds)
    if not isinstance(model, kinds):
        raise StorageError(f"{path}: holds a {kind}, not a {wanted}")
    if not hasattr(model, "n_features_in_"):
        raise StorageError(f"{path}: holds a {kind} that was not trained")
    return model, notes


def as_data(values: np.ndarray, notes: dict[str, Any], model: Any) -> np.ndarray:
    """Return visible units in the units of the data."""
    scaling = scaling_of(notes, model)
    return np.asarray(values * scaling.unit + scaling.shift).astype(values.dtype)


def _split(data: str, dataset: "Dataset", share: float | None, seed: int) -> "tuple[Dataset, Dataset | None]":
    """Return what to train on and what to test on."""
    from neurosim.datasets import names

    own = share is None and f"{data}-test".lower() in names()
    share = None if own else (SHARE if len(dataset.data) >= FEW else 0.0) if share is None else share
    if dataset.target is not None:
        return parts(data, dataset, share, seed)
    order = np.random.default_rng(seed).permutation(len(dataset.data))
    test, rest = np.split(order, [int((share or 0.0) * len(order))])
    known = replace(dataset, data=dataset.data[np.sort(rest)])
    return known, replace(dataset, data=dataset.data[np.sort(test)]) if len(test) else None


def _scaling(known: "Dataset", gaussian: bool, threshold: float | None, name: str) -> Scaling:
    """Return how samples are scaled: all values of images alike onto 0 to 1, columns each by itself."""
    x, d = known.data, known.data.shape[1]
    if gaussian:
        return Scaling.of("zscore", x, name)
    low, high = float(x.min()), float(x.max())
    if threshold is not None or (low >= 0 and high <= 1):
        return Scaling("none", np.zeros(d), np.ones(d), np.zeros(d, bool))
    if known.shape is None:
        return Scaling.of("range", x, name)
    return Scaling("range", np.full(d, low), np.full(d, high - low or 1.0), np.zeros(d, bool))


def _apply(x: np.ndarray, scaling: Scaling, threshold: float | None, dtype: str) -> np.ndarray:
    """Return scaled samples; other data than those that the scaling was made of may reach beyond its range."""
    if threshold is not None:
        return (x > threshold).astype(dtype)
    scaled = scaling.apply(x).astype(dtype)
    return np.clip(scaled, 0.0, 1.0) if scaling.kind == "range" else scaled


def _picture(dataset: "Dataset") -> tuple[int, int] | None:
    shape = dataset.shape
    return None if shape is None or len(shape) != 2 else (int(shape[0]), int(shape[1]))
