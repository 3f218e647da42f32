"""Training that goes on after an interruption: a model's file with the state of its training as notes."""

import os
import zlib
from dataclasses import dataclass, field, fields, is_dataclass
from numbers import Integral
from typing import Any

import numpy as np

from neurosim.core import random, storage
from neurosim.core.errors import InvalidParameter, StorageError


@dataclass
class Checkpoint:
    """The file that training writes after its epochs.

    Attributes
    ----------
    model : Storable
        What the file holds: `neurosim.load` returns it.
    path : path
    resume : bool
        Whether to go on from the file, if it is there; a file that is there is never overwritten by other training.
    earlier : list of two lists of float
        The curves of what the model went through before this training.
    """

    model: storage.Storable
    path: str | os.PathLike[str]
    resume: bool = False
    earlier: list[list[float]] = field(default_factory=lambda: [[], []])

    def read(self) -> dict[str, Any] | None:
        """Return the state of the training, or None if there is no file.

        Raises
        ------
        StorageError
            If there is a file and it may not be used, is damaged, or is no checkpoint.
        """
        if not os.path.exists(self.path):
            return None
        if not self.resume:
            raise StorageError(f"{self.path}: exists already; resume goes on from it, or choose another checkpoint")
        notes = storage.read_notes(self.path).get("training")
        if not isinstance(notes, dict) or "fingerprint" not in notes:
            raise StorageError(f"{self.path}: a model file, but no checkpoint of training")
        return notes

    def write(self, state: dict[str, Any]) -> None:
        """Write model and state; the older file stays whole until the new one is complete."""
        storage.save(self.model, self.path, notes={"training": state | {"earlier": self.earlier}})

    def key(self, notes: dict[str, Any] | None, random_state: Any) -> int:
        """Return the key of the training: that of the file, if there is one, else a new one."""
        if notes is None:
            return random.seed_from(random_state)
        if isinstance(random_state, Integral) and random.seed_from(random_state) != notes["seed"]:
            raise StorageError(f"{self.path}: the checkpoint of other training; random_state was {notes['seed']}")
        return int(notes["seed"])

    def compare(self, notes: dict[str, Any], fingerprint: dict[str, int]) -> None:
        """Raise StorageError unless the file belongs to the same data, network and settings."""
        differing = [name for name, value in fingerprint.items() if notes["fingerprint"].get(name) != value]
        if differing:
            verb = "differ" if len(differing) > 1 or differing[0].endswith("data") else "differs"
            raise StorageError(f"{self.path}: the checkpoint of other training; {' and '.join(differing)} {verb}")


def opened(
    owner: str, model: storage.Storable, path: str | os.PathLike[str] | None, resume: Any, parameters: dict[str, Any]
) -> Checkpoint | None:
    """Return the checkpoint at a path, or None without one; `parameters` are those that it has to store.

    Raises
    ------
    InvalidParameter
        If there is no such folder, a parameter cannot be stored, or there is nothing to resume from.
    """
    if not isinstance(resume, bool | np.bool_):
        raise InvalidParameter(owner, "resume", resume, "True or False")
    if path is None:
        if resume:
            raise InvalidParameter(owner, "resume", resume, "False without a checkpoint")
        return None
    if not os.path.isdir(os.path.dirname(os.path.abspath(path))):
        raise InvalidParameter(owner, "checkpoint", path, "a file in a folder that exists")
    for name, value in parameters.items():
        try:
            plain(value)
        except StorageError as error:
            raise InvalidParameter(owner, name, value, f"of a kind that a checkpoint can hold ({error})") from None
    return Checkpoint(model, path, bool(resume))


def checksum(*arrays: Any) -> int:
    """Return a number that tells arrays, or bytes, apart."""
    value = 0
    for array in arrays:
        value = zlib.crc32(array if isinstance(array, bytes) else np.ascontiguousarray(array).data, value)
    return value


def plain(value: Any) -> Any:
    """Return layers, optimisers and augmentations, also inside lists, as dictionaries for `neurosim.save`."""
    if isinstance(value, list | tuple):
        return type(value)(plain(item) for item in value)
    if isinstance(value, dict) and not all(isinstance(key, str) for key in value):
        return {"kind": "dict", "items": [[key, plain(item)] for key, item in value.items()]}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if value is None or isinstance(value, np.ndarray | np.generic | str | int | float):
        return value
    from neurosim import cnn

    name = type(value).__name__
    if not is_dataclass(value) or name not in cnn.__all__ or getattr(cnn, name) is not type(value):
        raise StorageError(f"{value!r} cannot be stored")
    given = [field.name for field in fields(value) if field.init]
    return {"kind": type(value).__name__, "fields": {name: plain(getattr(value, name)) for name in given}}


def from_plain(data: Any) -> Any:
    """Return what `plain` took apart; only public dataclasses of this package are made.

    Raises
    ------
    ValueError
        If something else is named.
    """
    if isinstance(data, list | tuple):
        return type(data)(from_plain(item) for item in data)
    if not isinstance(data, dict) or "kind" not in data:
        return data
    if data["kind"] == "dict":
        return {key: from_plain(item) for key, item in data["items"]}
    from neurosim import cnn

    kind = getattr(cnn, data["kind"]) if data["kind"] in cnn.__all__ else None
    if not isinstance(kind, type) or not is_dataclass(kind):
        raise ValueError(f"{data['kind']!r} is no part of a network or of its training")
    return kind(**{name: from_plain(value) for name, value in data["fields"].items()})
