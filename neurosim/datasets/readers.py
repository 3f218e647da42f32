"""`read`: any file of a known format becomes a Dataset."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.core.errors import InvalidParameter
from neurosim.datasets.arrays import Archive, read_idx, read_npy
from neurosim.datasets.dataset import Dataset, encode
from neurosim.datasets.files import check_file, problem
from neurosim.datasets.lrn import read_lrn
from neurosim.datasets.sompak import read_dat
from neurosim.datasets.tables import read_table

_DATA_NAMES = ("X", "x", "data")
_TARGET_NAMES = ("y", "target", "labels", "label")
_KNOWN = ".npy .npz .csv .tsv .txt .dat .idx (or as train-images-idx3-ubyte) .lrn; all but .npy and .npz also with .gz"


def read(path: str | os.PathLike[str]) -> Dataset:
    """Read a data set from a file; the ending tells the format.

    ========================== =====================================================================================
    .npy                       one array (N, D); (N, height, width, ...) is flattened and its shape kept
    .npz                       the array X or data, or the only one of two or more dimensions; labels from y, target
                               or labels
    .csv .tsv .txt [.gz]       numbers between commas, semicolons, tabs or blanks; header and labels are found
    .dat [.gz]                 SOM_PAK: dimension, samples, x for a missing value, labels, ``weight=``
    .lrn [.gz]                 ESOM Tools, Somoclu: samples with a key, data and a class, as its header says
    .idx, ...-idx3-ubyte [.gz] the format of MNIST, images flattened and their shape kept
    ========================== =====================================================================================

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    Dataset
        `data` is float32 where the file holds float32, float16 or integers of at most 16 bits, else float64. NaN
        marks what is missing: whether that is allowed is for the model to say.

    Raises
    ------
    DataError
        One line that begins with the file's name: missing, empty or damaged file, wrong dimension, text where
        numbers belong (with line and column), lines of unequal length, unknown ending. Python objects are never
        unpickled, and compressed files may not unpack to more than 1 GiB.
    InvalidParameter
        If `path` is no path at all.

    References
    ----------
    T. Kohonen et al.: SOM_PAK, the self-organizing map program package. Report A31, Helsinki University of
    Technology, 1996 (the .dat format).

    Examples
    --------
    >>> import os, tempfile
    >>> from neurosim.datasets import read
    >>> path = os.path.join(tempfile.mkdtemp(), "colours.csv")
    >>> with open(path, "w") as file:
    ...     _ = file.write("red,green,blue,label\\n1,0,0,warm\\n0,0,,cold\\n")
    >>> colours = read(path)
    >>> colours.data.tolist(), colours.labels.tolist()
    ([[1.0, 0.0, 0.0], [0.0, 0.0, nan]], ['warm', 'cold'])
    """
    try:
        file = Path(path)
    except TypeError:
        raise InvalidParameter("read", "path", path, "a path") from None
    check_file(file)
    return _reader(file)(file)


def _reader(path: Path) -> Callable[[Path], Dataset]:
    name = path.name.lower()
    if name.endswith(".npy"):
        return _read_npy
    if name.endswith(".npz"):
        return _read_npz
    name = name.removesuffix(".gz")
    if name.endswith((".csv", ".tsv", ".txt")):
        return read_table
    if name.endswith(".dat"):
        return read_dat
    if name.endswith(".lrn"):
        return read_lrn
    if re.search(r"\.idx$|[-.]idx\d-[a-z]+$", name):
        return _read_idx
    raise problem(path, f"has no ending that tells its format; known are {_KNOWN}")


def _read_npy(path: Path) -> Dataset:
    return _dataset(path, read_npy(path))


def _read_idx(path: Path) -> Dataset:
    return _dataset(path, read_idx(path))


def _read_npz(path: Path) -> Dataset:
    archive = Archive(path)
    chosen = next((name for name in _DATA_NAMES if name in archive.shapes), None)
    if chosen is None:
        wide = sorted(name for name, shape in archive.shapes.items() if len(shape) >= 2)
        if len(wide) != 1:
            raise problem(path, f"which array holds the samples? Name one X; it has {_listing(archive)}")
        chosen = wide[0]
    found = next((name for name in _TARGET_NAMES if name in archive.shapes), None)
    return _dataset(path, *archive.read(*(name for name in (chosen, found) if name)))


def _listing(archive: Archive) -> str:
    listed = [f"{name} {shape}" for name, shape in sorted(archive.shapes.items())]
    return ", ".join(listed[:6]) + (f" and {len(listed) - 6} more" if len(listed) > 6 else "") or "no arrays"


def _dataset(path: Path, array: NDArray[Any], target: NDArray[Any] | None = None) -> Dataset:
    data, shape = as_matrix(path, array)
    names = None
    if target is not None:
        if target.shape != (len(data),):
            raise problem(path, f"{len(data)} samples but labels of shape {target.shape}")
        if target.dtype.kind in "US":
            target, names = encode([str(label) for label in target.astype(str)])
        elif target.dtype.kind not in "biuf":
            raise problem(path, f"labels are {target.dtype}, not numbers or text")
    return Dataset(path.name, data, target, target_names=names, shape=shape, source=f"read from {path}")


def as_matrix(path: Path, array: NDArray[Any]) -> tuple[NDArray[np.floating[Any]], tuple[int, ...] | None]:
    """Return the array of a file as (samples, features) floats, and the shape of one sample if that was flattened."""
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind not in "biuf":
        raise problem(path, f"holds {'text' if kind in 'US' else 'values'} of type {array.dtype}, not plain numbers")
    if array.ndim < 2:
        raise problem(
            path,
            f"is {array.ndim}-D with shape {array.shape}; wanted is (samples, features): save array.reshape(-1, 1) "
            "for one feature or array.reshape(1, -1) for one sample",
        )
    if 0 in array.shape:
        raise problem(path, f"is empty: shape {array.shape}")
    exact = (kind == "f" and size <= 4) or size <= 2  # these fit a float32 without loss
    flat = array.reshape(len(array), -1)
    data: NDArray[np.floating[Any]] = flat.astype(np.float32 if exact else np.float64, order="C")
    return data, array.shape[1:] if array.ndim > 2 else None
