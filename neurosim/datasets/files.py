"""Opening files: plain or gzip, never more than a bounded number of bytes, every failure one line with the name."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from neurosim.core.errors import DataError

MAX_UNPACKED = 2**30
"""Most bytes that a compressed file may unpack to: a small file must not fill the memory."""


def problem(path: Path, message: object) -> DataError:
    """Build the one-line error about a file."""
    return DataError(f"{path.name or path}: {' '.join(str(message).split())}")


def check_file(path: Path) -> int:
    """Return the size in bytes of a regular, non-empty file; anything else is an error."""
    try:
        if path.is_dir():
            raise problem(path, "is a folder, not a file")
        if not path.exists():
            raise problem(path, f"no such file (in {path.absolute().parent})")
        if not path.is_file():
            raise problem(path, "is not a regular file")
        size = path.stat().st_size
    except OSError as error:
        raise problem(path, f"cannot be read ({error.strerror})") from error
    if size == 0:
        raise problem(path, "is empty")
    return size


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, through gzip where its name ends in .gz; damage shows as DataError."""
    check_file(path)
    try:
        with path.open("rb") as plain:
            yield cast(IO[bytes], gzip.GzipFile(fileobj=plain)) if is_gzip(path) else plain
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise problem(path, f"is a damaged gzip file ({error})") from error
    except OSError as error:
        raise problem(path, f"cannot be read ({error.strerror or error})") from error


def read_bytes(path: Path) -> bytes:
    """Return all bytes of a file, unpacked; at most MAX_UNPACKED of them where it is compressed."""
    with opened(path) as stream:
        content = stream.read(MAX_UNPACKED + 1 if is_gzip(path) else -1)
    if is_gzip(path) and len(content) > MAX_UNPACKED:
        raise problem(path, f"unpacks to more than {MAX_UNPACKED} bytes, the limit for compressed files")
    if not content:
        raise problem(path, "is empty")
    return content


def read_lines(path: Path) -> list[str]:
    """Return the lines of a UTF-8 text file, without their ends."""
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise problem(path, f"is not UTF-8 text (byte {error.start})") from error
    if "\0" in text:
        raise problem(path, "is not text (it contains zero bytes)")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def parse_number(text: str) -> float:
    """Return the number that `text` spells, as np.loadtxt reads it; ValueError otherwise."""
    if "_" in text:  # Python's float() allows 1_000
        raise ValueError(text)
    return float(text)


def is_gzip(path: Path) -> bool:
    """Tell whether the name ends in .gz."""
    return path.name.lower().endswith(".gz")
