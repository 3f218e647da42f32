"""Data and models on disk, as the commands that learn from data use them."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from neurosim.datasets import Dataset
    from neurosim_cli.scaling import Scaling

SHARE = 0.25  # of every class, kept for the test where a data set has none of its own


def load_complete(data: str, verbs: str, *, missing: bool = False) -> "Dataset":
    """Return a data set by the name of its file or its own; `verbs` says what takes a model.

    It must hold no infinity, and no NaN unless values may be missing.
    """
    import numpy as np

    from neurosim.core import storage
    from neurosim.core.errors import DataError
    from neurosim.datasets import load

    if storage.is_model(data):
        raise DataError(f"{data}: is a model, not data; did you mean {verbs}?")
    dataset = load(data)
    finite = np.isfinite(dataset.data) | (np.isnan(dataset.data) & missing)
    if not finite.all():
        i, j = np.argwhere(~finite)[0]
        column = dataset.feature_names[j] if dataset.feature_names else j + 1
        wanted = "finite" if missing else "complete"
        raise DataError(
            f"{dataset.name}: column {column} of sample {i + 1} (the first is 1) is {dataset.data[i, j]}; "
            f"{(~finite).sum()} such values in all, and {wanted} data are needed"
        )
    return dataset


def parts(data: str, dataset: "Dataset", share: float | None, seed: int) -> "tuple[Dataset, Dataset | None]":
    """Return what to train on and what to test on: the data set's own test set, or a share of every class."""
    from dataclasses import replace

    import numpy as np

    from neurosim.datasets import load, names

    if share is None and f"{data}-test".lower() in names():
        return dataset, load(f"{data}-test")
    rng = np.random.default_rng(seed)
    target, test = np.asarray(dataset.target), np.zeros(len(dataset.data), bool)
    for label in np.unique(target):
        members = rng.permutation(np.flatnonzero(target == label))
        test[members[: int((SHARE if share is None else share) * len(members))]] = True
    known, held_out = (replace(dataset, data=dataset.data[rows], target=target[rows]) for rows in (~test, test))
    return known, held_out if test.any() else None


def notes_on(data: str, dataset: "Dataset", scaling: "Scaling") -> dict[str, Any]:
    """Return what a model or a checkpoint keeps of its data: where they are, their columns, their scaling."""
    where = str(Path(data).resolve()) if Path(data).is_file() else data
    names = list(dataset.feature_names) if dataset.feature_names else None
    return {"data": where, "features": names, "scaling": scaling.to_notes()}


def restore(
    path: Path, data: str | None, kinds: tuple[type, ...], load: "Callable[[str], Dataset]"
) -> "tuple[Any, Dataset, str, Scaling]":
    """Return the trained model of a file, data that fit it, their name, and the scaling that it was trained with."""
    import numpy as np

    from neurosim.core import storage
    from neurosim.core.errors import DataError, StorageError
    from neurosim_cli.scaling import Scaling

    model, notes = storage.load(path), storage.read_notes(path)
    kind = type(model).__name__
    if not isinstance(model, kinds):
        wanted = ", ".join(k.__name__ for k in kinds)
        raise StorageError(f"{path}: holds a {kind}, not {'a' if len(kinds) == 1 else 'one of'} {wanted}")
    if not hasattr(model, "n_features_in_"):
        raise StorageError(f"{path}: holds a {kind} that was not trained")
    name = data or notes.get("data")
    if not isinstance(name, str):
        raise click.UsageError("this model was not trained by the command; name the DATA too")
    if data is None and Path(name).is_absolute() and not Path(name).exists():
        raise DataError(f"{path}: was trained on {name}, which is not there any more; name the DATA")
    dataset, d = load(name), model.n_features_in_
    if dataset.data.shape[1] != d:
        raise DataError(f"{name}: has {dataset.data.shape[1]} features; the model was trained on {d}")
    known = notes.get("features")
    if known and dataset.feature_names and list(dataset.feature_names) != known:
        raise DataError(f"{name}: has the columns {', '.join(dataset.feature_names)}; the model {', '.join(known)}")
    none = {"kind": "none", "shift": np.zeros(d), "unit": np.ones(d), "constant": np.zeros(d, bool)}
    return model, dataset, name, Scaling(**notes.get("scaling", none))
