"""Model files: a zip of .npy arrays and one JSON header; nothing in a file is ever executed.

A model takes part by having ``to_parts()``, which returns (parameters, state) as two dictionaries, and the class method
``from_parts(parameters, state)``. Values may be numbers, strings, None, arrays, and lists, tuples and dictionaries of
these. A checkpoint is the file of a model that is not finished yet.
"""

import json
import os
import re
import tempfile
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Protocol, Self

import numpy as np

from neurosim.core.errors import StorageError

FORMAT = 1
HEADER = "header.json"
CLASS_NAME = re.compile(r"neurosim\.([a-z][a-z0-9_]*)\.([A-Z][A-Za-z0-9]*)")


class Storable(Protocol):
    """What a model has to have to be saved."""

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parameters of the constructor, and what running or fitting has added."""
        ...

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the model that `to_parts` took apart."""
        ...


def save(model: Storable, path: str | os.PathLike[str], *, notes: dict[str, Any] | None = None) -> Path:
    """Write a model to a file and return its path; an older file stays whole until the new one is complete.

    Parameters
    ----------
    model : Storable
        A model of this package, fitted or not.
    path : path
        The file to write; the usual ending is ``.npz``.
    notes : dict, optional
        Values to keep beside the model, read back by `read_notes`.
    """
    import neurosim

    parameters, state = model.to_parts()
    arrays: dict[str, np.ndarray] = {}
    header = {
        "format": FORMAT,
        "neurosim": neurosim.__version__,
        "class": _public_name(type(model)),
        "parameters": _encode(parameters, arrays),
        "state": _encode(state, arrays),
        "notes": _encode(notes or {}, arrays),
    }
    path = Path(path)
    with _replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr(HEADER, json.dumps(header, indent=1))
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)
    return path


def load(path: str | os.PathLike[str]) -> Any:
    """Return the model that a file holds.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    StorageError
        If the file is damaged, of another kind, or written by a newer version.
    """
    header, decode = _read(path)
    match = CLASS_NAME.fullmatch(str(header["class"]))
    try:
        if match is None:
            raise ImportError
        package = import_module(f"neurosim.{match[1]}")
        if match[2] not in package.__all__:
            raise ImportError
        model_class = getattr(package, match[2])
        return model_class.from_parts(decode(header["parameters"]), decode(header["state"]))
    except (ImportError, AttributeError):
        raise StorageError(f"{path}: holds a {header['class']!r}, which this version does not know") from None
    except (KeyError, TypeError, ValueError) as error:
        raise StorageError(f"{path}: damaged model file ({error})") from error


def read_notes(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the notes that were saved beside a model."""
    header, decode = _read(path)
    notes: dict[str, Any] = decode(header["notes"])
    return notes


def _public_name(kind: type) -> str:
    family = kind.__module__.split(".")
    return f"{family[0]}.{family[1]}.{kind.__name__}"


def _read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], Any]:
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path}: no such file")
    try:
        with zipfile.ZipFile(path) as archive:
            header = json.loads(archive.read(HEADER))
            version = int(header["format"])
            if version > FORMAT:
                raise StorageError(
                    f"{path}: written by neurosim {header['neurosim']} in format {version}; "
                    f"this version reads up to format {FORMAT}"
                )
            names = [name for name in archive.namelist() if name.endswith(".npy")]
            arrays = {name[:-4]: _read_array(archive, name) for name in names}
    except StorageError:
        raise
    except (OSError, KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile, NotImplementedError) as error:
        raise StorageError(f"{path}: not a neurosim model file, or a damaged one ({error})") from error
    return header, lambda value: _decode(value, arrays)


def _read_array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    info = archive.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name} is compressed")  # save never does: what it holds is as long as the file
    with archive.open(info) as entry:
        array: np.ndarray = np.lib.format.read_array(entry, allow_pickle=False)
        entry.read()  # to the end, so that the checksum is compared
    return array


def _encode(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            return {"@strings": [str(item) for item in value]}
        name = f"array{len(arrays)}"
        arrays[name] = value
        return {"@array": name}
    if isinstance(value, np.generic):
        return _encode(np.asarray(value), arrays) | {"@scalar": True}
    if isinstance(value, tuple):
        return {"@tuple": [_encode(item, arrays) for item in value]}
    if isinstance(value, list):
        return [_encode(item, arrays) for item in value]
    if isinstance(value, dict):
        return {str(key): _encode(item, arrays) for key, item in value.items()}
    if value is None or isinstance(value, str | int | float):
        return value
    raise StorageError(f"a value of type {type(value).__name__} cannot be stored")


def _decode(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_decode(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if "@array" in value:
        array = arrays[value["@array"]]
        return array[()] if value.get("@scalar") else array
    if "@strings" in value:
        return np.array(value["@strings"], dtype=object)
    if "@tuple" in value:
        return tuple(_decode(item, arrays) for item in value["@tuple"])
    return {key: _decode(item, arrays) for key, item in value.items()}


class _replacing:
    """Open a temporary file beside `path`; rename it to `path` on success and delete it on failure."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> BinaryIO:
        handle, self.temporary = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        self.file: BinaryIO = os.fdopen(handle, "wb")
        return self.file

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        if kind is None:
            os.chmod(self.temporary, 0o666 & ~_umask())
            os.replace(self.temporary, self.path)
        else:
            os.unlink(self.temporary)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
