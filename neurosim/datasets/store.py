"""Where fetched files lie, how they get there, and whether they are what they should be."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from neurosim.core.errors import DataError
from neurosim.datasets.files import problem

Decoded = TypeVar("Decoded")


def folders(data_home: str | os.PathLike[str] | None = None) -> list[Path]:
    """Return the folders that are searched, in order: `data_home`, NEUROSIM_DATA, the cache."""
    given = (data_home, os.environ.get("NEUROSIM_DATA"))
    return [*(Path(folder).expanduser() for folder in given if folder), cache_folder()]


def cache_folder() -> Path:
    """Return the folder that downloads go to, the same as ``pooch.os_cache("neurosim")``."""
    from platformdirs import user_cache_dir  # what pooch itself asks; importing pooch takes ten times as long

    return Path(user_cache_dir("neurosim"))


def find(file: str, data_home: str | os.PathLike[str] | None = None) -> Path | None:
    """Return the first copy of a file, named relative to a data folder, or None."""
    return next((folder / file for folder in folders(data_home) if (folder / file).is_file()), None)


def obtain(
    file: str,
    decode: Callable[[Path], Decoded],
    *,
    url: str | None,
    origin: str,
    data_home: str | os.PathLike[str] | None,
    download: bool,
) -> Decoded:
    """Return the decoded first copy of a file; without one, download it into the cache where that is allowed.

    A download that cannot be decoded is deleted, so that the next call tries again.
    """
    found = find(file, data_home)
    if found:
        return decode(found)
    if not download or url is None:
        raise problem(Path(file), f"is not here; it can be had from {origin}; put it at {_wanted(file)}")
    path = _download(file, url)
    try:
        return decode(path)
    except DataError:
        path.unlink(missing_ok=True)
        raise


def check(path: Path, what: str, array: NDArray[Any], expected: str) -> NDArray[Any]:
    """Return the array if the SHA-256 of its bytes is the expected one."""
    found = hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
    if found != expected:
        raise problem(path, f"{what} is not the published data: SHA-256 expected {expected}, found {found} in {path}")
    return array


def _wanted(file: str) -> str:
    return f"<folder>/{file}, where <folder> is NEUROSIM_DATA, data_home or {cache_folder()}"


def _download(file: str, url: str) -> Path:
    import logging

    import pooch

    target = cache_folder() / file
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.WARNING)  # pooch announces every download; a library is silent
    try:
        return Path(pooch.retrieve(url, known_hash=None, fname=target.name, path=target.parent))
    except (OSError, ValueError) as error:  # requests' errors are OSErrors
        response = getattr(error, "response", None)
        if response is not None:
            response.close()  # pooch leaves the connection of a refused request open
        reason = " ".join(str(error).split())
        raise DataError(f"{target.name}: could not be had from {url} ({reason}); put it at {_wanted(file)}") from error
    finally:
        logger.setLevel(level)
