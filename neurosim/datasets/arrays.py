"""Arrays in files: NumPy's .npy and .npz, and the idx format of MNIST.

Every size is taken from the header and compared with the bytes that are there before an array is allocated.
Nothing is ever unpickled.
"""

import math
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from neurosim.core.errors import DataError
from neurosim.datasets import files
from neurosim.datasets.files import check_file, opened, problem

_IDX_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MAX_DIMS = 32  # NumPy's own limit is 64; no data set comes near either
_DEFLATE_RATIO = 1032  # the most that deflate can shrink anything


def read_idx(path: Path) -> NDArray[Any]:
    """Read an idx or idx.gz file: zero, zero, type, number of dimensions, the dimensions, the numbers; big-endian."""
    size = check_file(path)
    with opened(path) as stream:
        head = stream.read(4)
        if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _IDX_TYPES or not 1 <= head[3] <= _MAX_DIMS:
            raise problem(path, f"is not an idx file (it begins with {head.hex(' ') or 'nothing'})")
        dims = stream.read(4 * head[3])
        if len(dims) < 4 * head[3]:
            raise problem(path, f"is cut short: the header names {head[3]} dimensions")
        shape = struct.unpack(f">{head[3]}I", dims)
        dtype = np.dtype(_IDX_TYPES[head[2]])
        promised = math.prod(shape) * dtype.itemsize
        if promised > (min(files.MAX_UNPACKED, size * _DEFLATE_RATIO) if files.is_gzip(path) else size):
            raise problem(path, f"the header promises {promised} bytes {shape}, more than the file can hold")
        payload = stream.read(promised + 1)
    if len(payload) != promised:
        came = "more" if len(payload) > promised else len(payload)
        raise problem(path, f"the header promises {promised} bytes {shape}, {came} came")
    return np.frombuffer(payload, dtype).reshape(shape)


def read_npy(path: Path) -> NDArray[Any]:
    """Read a .npy file of plain numbers or text."""
    size = check_file(path)
    with opened(path) as stream, _numpy_errors(path):
        _check_header(path, stream, size)
        stream.seek(0)
        return np.lib.format.read_array(stream, allow_pickle=False)


class Archive:
    """The arrays of a .npz file: `shapes` from the headers alone, `read` for one of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._limit = max(files.MAX_UNPACKED, check_file(path))
        self.shapes: dict[str, tuple[int, ...]] = {}
        self._members: dict[str, zipfile.ZipInfo] = {}
        with self._zip() as archive:
            for member in archive.infolist():
                if member.filename.endswith(".npy"):
                    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                        raise problem(path, f"{member.filename} is packed in a way that NumPy does not write")
                    self._members[member.filename[:-4]] = member
            for name, member in self._members.items():
                with archive.open(member) as stream:
                    self.shapes[name] = self._check(member, stream)

    def read(self, *names: str) -> list[NDArray[Any]]:
        """Return these arrays."""
        return [self._read(name) for name in names]

    def _read(self, name: str) -> NDArray[Any]:
        if name not in self._members:
            raise problem(self.path, f"has no array {name} (it has {', '.join(sorted(self._members)) or 'none'})")
        with self._zip() as archive, archive.open(self._members[name]) as stream:
            return np.lib.format.read_array(stream, allow_pickle=False)

    def _check(self, member: zipfile.ZipInfo, stream: IO[bytes]) -> tuple[int, ...]:
        if member.file_size > self._limit:
            raise problem(self.path, f"{member.filename} unpacks to {member.file_size} bytes, limit {self._limit}")
        return _check_header(self.path, stream, member.file_size)

    @contextmanager
    def _zip(self) -> Iterator[zipfile.ZipFile]:
        with opened(self.path) as stream, _numpy_errors(self.path), zipfile.ZipFile(stream) as archive:
            yield archive


def _check_header(path: Path, stream: IO[bytes], size: int) -> tuple[int, ...]:
    """Return the shape that a .npy header names, once `size` bytes are just enough for it."""
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise problem(path, f"is .npy version {version[0]}.{version[1]}; 1.0 and 2.0 hold plain numbers")
    reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    try:
        shape, _, dtype = reader(stream)
    except Exception as error:  # NumPy lets pass whatever Python's tokenizer and parser raise on garbage
        raise problem(path, "is damaged (its header cannot be read)") from error
    if dtype.hasobject:
        raise problem(path, "holds Python objects, which are never unpickled; save an array of plain numbers")
    if any(length < 0 for length in shape):
        raise problem(path, f"is damaged (shape {shape})")
    promised, came = math.prod(shape) * dtype.itemsize, size - stream.tell()
    if promised != came:
        raise problem(path, f"is damaged: shape {shape} of {dtype} needs {promised} bytes, {came} came")
    return shape


@contextmanager
def _numpy_errors(path: Path) -> Iterator[None]:
    """Turn what NumPy and zipfile raise on damaged files into DataError."""
    try:
        with warnings.catch_warnings():
            # headers written by Python 2 are read correctly, with a warning
            warnings.simplefilter("ignore", UserWarning)
            yield
    except DataError:
        raise
    except (zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise problem(path, f"is a damaged zip archive ({error})") from error
    except (ValueError, SyntaxError, TypeError, KeyError, EOFError, RuntimeError, MemoryError) as error:
        raise problem(path, f"is damaged ({str(error) or type(error).__name__})") from error
