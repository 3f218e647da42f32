"""What every loader and reader returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MISSING_LABELS = frozenset({"", "na", "nan", "n/a"})
"""Spellings, in lower case, of a value that is not there."""


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Samples in rows, with what is known about them.

    Parameters
    ----------
    name : str
        The data set's name, or the file's.
    data : ndarray, shape (N, D), float32 or float64
        One sample a row. NaN marks a missing value.
    target : ndarray, shape (N,), or None
        Class numbers, or the measured quantity. Where `target_names` is given, indices into it; -1 means unlabelled.
    feature_names : tuple of str, length D, or None
        Names of the columns.
    target_names : tuple of str, or None
        Names of the classes.
    shape : tuple of int, or None
        Shape of one sample where it is an image: ``data[0].reshape(shape)``.
    weights : ndarray, shape (N,), or None
        How much each sample counts, where the file says so (SOM_PAK's ``weight=``).
    source : str
        Where the data come from, how to cite them, and their licence.

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> load_iris()
    <Dataset iris: 150 samples x 4 features, 3 classes>
    """

    name: str
    data: NDArray[np.floating[Any]]
    target: NDArray[Any] | None = None
    feature_names: tuple[str, ...] | None = None
    target_names: tuple[str, ...] | None = None
    shape: tuple[int, ...] | None = None
    weights: NDArray[np.float64] | None = None
    source: str = ""

    @property
    def labels(self) -> NDArray[Any] | None:
        """The targets as they read: names where there are names ("" for an unlabelled sample), else the numbers."""
        if self.target is None or self.target_names is None:
            return self.target
        return np.array((*self.target_names, ""))[self.target]

    def __repr__(self) -> str:
        samples, features = self.data.shape
        classes = "" if self.target_names is None else f", {len(self.target_names)} classes"
        return f"<Dataset {self.name}: {samples} samples x {features} features{classes}>"


def encode(labels: Sequence[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Number the distinct labels in sorted order; a missing one becomes -1."""
    names = tuple(sorted(label for label in set(labels) if label.lower() not in MISSING_LABELS))
    number = {label: i for i, label in enumerate(names)}
    return np.fromiter((number.get(label, -1) for label in labels), np.int64, len(labels)), names
