"""Model files: a zip of .npy arrays and one JSON header; nothing in a file is ever executed.

A model takes part by having ``to_parts()``, which returns (parameters, state) as two dictionaries, and the class method
``from_parts(parameters, state)``. Values may be numbers, strings, None, arrays, and lists, tuples and dictionaries of
these. A checkpoint is the file of a model that is not finished yet.
"""

import io
import json
import os
import re
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, Protocol, Self

import numpy as np

from neurosim.core.errors import StorageError

FORMAT = 1
HEADER = "header.json"
DAMAGE = (
    OSError, KeyError, TypeError, ValueError, EOFError, AttributeError, RuntimeError, OverflowError, MemoryError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
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
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {path.parent}")
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
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
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise StorageError(f"{path}: damaged model file ({error})") from error


def is_model(path: str | os.PathLike[str]) -> bool:
    """Return whether a file looks like one that `save` wrote."""
    try:
        with zipfile.ZipFile(path) as archive:
            return HEADER in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def read_notes(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the notes that were saved beside a model."""
    header, decode = _read(path)
    notes: dict[str, Any] = decode(header["notes"])
    return notes


def _public_name(kind: type) -> str:
    family = kind.__module__.split(".")
    if family[0] != "neurosim" or len(family) < 3:
        raise StorageError(f"{kind.__module__}.{kind.__name__} is no model of this package and cannot be stored")
    return f"neurosim.{family[1]}.{kind.__name__}"


def _read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], Any]:
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path}: no such file")
    try:
        with zipfile.ZipFile(path) as archive:
            header = json.loads(_entry(archive, HEADER))
            version = int(header["format"])
            if version > FORMAT:
                raise StorageError(
                    f"{path}: written by neurosim {header['neurosim']} in format {version}; "
                    f"this version reads up to format {FORMAT}"
                )
            if missing := {"class", "parameters", "state", "notes"} - set(header):
                raise ValueError(f"the header has no {', '.join(sorted(missing))}")
            names = [name for name in archive.namelist() if name.endswith(".npy")]
            arrays = {name[:-4]: _array(_entry(archive, name)) for name in names}
    except StorageError:
        raise
    except DAMAGE as error:
        raise StorageError(f"{path}: not a neurosim model file, or a damaged one ({error})") from error
    return header, lambda value: _decode(value, arrays)


def _entry(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return the bytes of an entry, whose checksum is compared on the way."""
    info = archive.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name} is compressed")  # `save` never does: what a file holds is as long as the file
    return archive.read(info)


def _array(content: bytes) -> np.ndarray:
    """Return the array of a .npy file, if its header asks for as many bytes as there are."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read_header(file)
    if dtype.hasobject or prod(shape) * dtype.itemsize != len(content) - file.tell():
        raise ValueError(f"an array of shape {shape} and type {dtype} does not fit its bytes")
    file.seek(0)
    array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
    return array


def _encode(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, np.ndarray):
        if value.dtype == object and value.ndim == 1 and all(isinstance(item, str) for item in value):
            return {"@strings": list(value)}
        if value.dtype.hasobject:
            raise StorageError("an array of objects cannot be stored")
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
        if any(not isinstance(key, str) or key.startswith("@") for key in value):
            raise StorageError("a dictionary can be stored only with words as keys, and none that starts with @")
        return {key: _encode(item, arrays) for key, item in value.items()}
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


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path`; rename it to `path` on success and delete it on failure."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
