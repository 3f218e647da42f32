"""Two sets of small pictures from S. Roweis' collection: letters and digits, and faces."""

import io
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.datasets import files
from neurosim.datasets.arrays import Archive
from neurosim.datasets.dataset import Dataset
from neurosim.datasets.files import problem, read_bytes
from neurosim.datasets.hashes import ALPHADIGITS, OLIVETTI
from neurosim.datasets.store import check, find, obtain

URL = "https://cs.nyu.edu/~roweis/data/"
CHARACTERS = tuple("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
HEAD, PACKED = 128, 15  # bytes before the first element of a MATLAB 5 file; the type of a compressed element
_Folder = str | os.PathLike[str] | None
_Pictures = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def fetch_alphadigits(*, data_home: _Folder = None, download_if_missing: bool = True) -> Dataset:
    """Fetch the binary alphadigits: 39 pictures each of 0 to 9 and A to Z, 20 x 16 pixels of 0 (paper) or 1 (ink).

    Parameters
    ----------
    data_home : path or None
        Folder to look in first, for ``alphadigits/binaryalphadigs.npz`` (images, labels) or
        ``alphadigits/binaryalphadigs.mat``.
    download_if_missing : bool
        Whether the .mat file may be downloaded (about 0.5 MB). The address, S. Roweis' page on cs.nyu.edu, is untested.

    Returns
    -------
    Dataset
        `data` (1404, 320) float32, `target` 0..35, `target_names` the characters, `shape` (20, 16).

    Raises
    ------
    DataError
        If the file cannot be had, is damaged, or its SHA-256 is not that of the published data.

    References
    ----------
    S. Roweis: Data for MATLAB hackers, from pictures of S. Lucas. No licence stated; research use.

    Examples
    --------
    >>> fetch_alphadigits()  # doctest: +SKIP
    <Dataset alphadigits: 1404 samples x 320 features, 36 classes>
    """
    images, labels = _pictures("alphadigits/binaryalphadigs", ALPHADIGITS, _alphadigits, data_home, download_if_missing)
    return Dataset(
        name="alphadigits",
        data=images.reshape(len(images), -1).astype(np.float32),
        target=labels.astype(np.int64),
        target_names=CHARACTERS,
        shape=images.shape[1:],
        source="S. Roweis, Data for MATLAB hackers, from pictures of S. Lucas; no licence stated, research use",
    )


def fetch_olivetti(*, data_home: _Folder = None, download_if_missing: bool = True) -> Dataset:
    """Fetch the Olivetti faces: ten pictures each of 40 people, 64 x 64 grey values 0 (black) to 242.

    Parameters
    ----------
    data_home : path or None
        Folder to look in first, for ``olivetti/olivettifaces.npz`` (images, person) or ``olivetti/olivettifaces.mat``.
    download_if_missing : bool
        Whether the .mat file may be downloaded (about 1.5 MB). The address, S. Roweis' page on cs.nyu.edu, is untested.

    Returns
    -------
    Dataset
        `data` (400, 4096) float32, `target` the person 0..39, `shape` (64, 64).

    Raises
    ------
    DataError
        If the file cannot be had, is damaged, or its SHA-256 is not that of the published data.

    References
    ----------
    F. Samaria, A. Harter: Parameterisation of a stochastic model for human face identification. Proc. 2nd IEEE
    Workshop on Applications of Computer Vision, 1994. Free to use with credit to AT&T Laboratories Cambridge.

    Examples
    --------
    >>> fetch_olivetti()  # doctest: +SKIP
    <Dataset olivetti: 400 samples x 4096 features>
    """
    images, person = _pictures("olivetti/olivettifaces", OLIVETTI, _olivetti, data_home, download_if_missing)
    return Dataset(
        name="olivetti",
        data=images.reshape(len(images), -1).astype(np.float32),
        target=person.astype(np.int64),
        shape=images.shape[1:],
        source="AT&T Laboratories Cambridge (Samaria & Harter 1994), edition of S. Roweis; free with credit to them",
    )


def _pictures(
    stem: str, hashes: dict[str, str], from_matlab: Callable[[Path], _Pictures], data_home: _Folder, download: bool
) -> _Pictures:
    """Return pictures and their labels, from the arrays that `hashes` names or from the public MATLAB file."""
    as_matlab = find(f"{stem}.npz", data_home) is None

    def decode(path: Path) -> _Pictures:
        arrays = from_matlab(path) if as_matlab else Archive(path).read(*hashes)
        named = zip(hashes, arrays, strict=True)
        images, labels = (check(path, name, array, hashes[name]) for name, array in named)
        return images, labels

    url = f"{URL}{Path(stem).name}.mat"
    file = f"{stem}.mat" if as_matlab else f"{stem}.npz"
    return obtain(file, decode, url=url, origin=url, data_home=data_home, download=download)


def _alphadigits(path: Path) -> _Pictures:
    cells = _matlab(path, "dat")
    try:
        images = np.array([[np.asarray(cell, np.uint8) for cell in row] for row in cells]).reshape(-1, 20, 16)
    except (TypeError, ValueError) as error:
        raise problem(path, f"its dat holds no pictures of 20 x 16 pixels ({error})") from error
    return images, np.repeat(np.arange(len(cells), dtype=np.uint8), cells.shape[1])


def _olivetti(path: Path) -> _Pictures:
    faces = _matlab(path, "faces")
    if faces.shape != (4096, 400):
        raise problem(path, f"its faces have shape {faces.shape}, (4096, 400) wanted")
    upright = faces.T.reshape(400, 64, 64).transpose(0, 2, 1)  # MATLAB goes down the columns
    return np.ascontiguousarray(upright, np.uint8), np.repeat(np.arange(40, dtype=np.uint8), 10)


def _matlab(path: Path, name: str) -> NDArray[Any]:
    """Return a variable of two dimensions of a MATLAB 5 file."""
    from scipy.io import loadmat

    content = _unpacked(path, read_bytes(path))
    try:
        variable: NDArray[Any] = np.asarray(loadmat(io.BytesIO(content), variable_names=[name])[name])
    except Exception as error:  # SciPy lets pass whatever its parser meets in a damaged file
        raise problem(path, f"is no MATLAB file with a variable {name}") from error
    if variable.ndim != 2:
        raise problem(path, f"its {name} has {variable.ndim} dimensions, 2 wanted")
    return variable


def _unpacked(path: Path, content: bytes) -> bytes:
    """Return a MATLAB 5 file without compression, at most MAX_UNPACKED bytes of it."""
    parts, place, left = [content[:HEAD]], HEAD, files.MAX_UNPACKED
    while place + 8 <= len(content):
        kind, size = (int.from_bytes(content[at : at + 4], "little") for at in (place, place + 4))
        element = content[place : place + 8 + size]
        if kind == PACKED:
            stream = zlib.decompressobj()
            try:
                element = stream.decompress(element[8:], max(left, 1))
            except zlib.error as error:
                raise problem(path, f"is a damaged MATLAB file ({error})") from error
            if stream.unconsumed_tail:
                raise problem(path, f"unpacks to more than {files.MAX_UNPACKED} bytes")
        parts.append(element)
        left -= len(element)
        place += 8 + size
    return b"".join(parts)
