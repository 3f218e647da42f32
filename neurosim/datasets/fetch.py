"""Data sets that are too large to bundle: looked for on this machine, else downloaded once, always verified.

A file is looked for below `data_home`, below the folder that the environment variable NEUROSIM_DATA names, and in
the user's cache; then it is downloaded into the cache. The public addresses are documented but untested: they could
not be tried where this was written. What they must deliver is tested: the SHA-256 of the decoded arrays.
"""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.core.errors import InvalidParameter
from neurosim.datasets.arrays import Archive, read_idx
from neurosim.datasets.dataset import Dataset
from neurosim.datasets.files import problem, read_bytes
from neurosim.datasets.hashes import FCPS, MNIST, USPS
from neurosim.datasets.store import check, find, obtain

MNIST_URL = "https://ossci-datasets.s3.amazonaws.com/mnist/"
USPS_URL = "https://hastie.su.domains/ElemStatLearn/datasets/"
_USPS_FILE = "usps/usps.npz"
_FCPS_FILE = "fcps/fcps.npz"
_Folder = str | os.PathLike[str] | None


def fetch_mnist(subset: str = "train", *, data_home: _Folder = None, download_if_missing: bool = True) -> Dataset:
    """Fetch the MNIST digits: 60000 to train with, 10000 to test, 28 x 28 grey values 0 (paper) to 255 (ink).

    Parameters
    ----------
    subset : {"train", "test"}
        Which part.
    data_home : path or None
        Folder to look in first, for ``mnist/train-images-idx3-ubyte.gz`` and its companions.
    download_if_missing : bool
        Whether a file that is not on this machine may be downloaded (12 MB in all). The address, an open mirror on
        ossci-datasets.s3.amazonaws.com, is untested.

    Returns
    -------
    Dataset
        `data` (N, 784) float32, `target` the digit 0..9, `shape` (28, 28).

    Raises
    ------
    DataError
        If a file cannot be had, is damaged, or its SHA-256 is not that of the published data.
    InvalidParameter
        If `subset` is neither.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document recognition. Proc. IEEE
    86:2278-2324, 1998. Licence: CC BY-SA 3.0, as usually stated.

    Examples
    --------
    >>> fetch_mnist("test")  # doctest: +SKIP
    <Dataset mnist-test: 10000 samples x 784 features, 10 classes>
    """
    prefix = _subset("fetch_mnist", subset, {"train": "train", "test": "t10k"})

    def array(kind: str) -> NDArray[Any]:
        file = f"{prefix}-{kind}-ubyte.gz"
        return obtain(
            f"mnist/{file}",
            lambda path: check(path, "its content", read_idx(path), MNIST[file]),
            url=MNIST_URL + file,
            origin=MNIST_URL + file,
            data_home=data_home,
            download=download_if_missing,
        )

    images = array("images-idx3")
    return Dataset(
        name="mnist" if subset == "train" else "mnist-test",
        data=images.reshape(len(images), -1).astype(np.float32),
        target=array("labels-idx1").astype(np.int64),
        target_names=tuple("0123456789"),
        shape=images.shape[1:],
        source="LeCun, Bottou, Bengio & Haffner 1998, Proc. IEEE 86:2278-2324; CC BY-SA 3.0 as usually stated",
    )


def fetch_usps(subset: str = "train", *, data_home: _Folder = None, download_if_missing: bool = True) -> Dataset:
    """Fetch the USPS digits: 7291 to train with, 2007 to test, 16 x 16 grey values -1 (paper) to 1 (ink).

    Parameters
    ----------
    subset : {"train", "test"}
        Which part.
    data_home : path or None
        Folder to look in first, for ``usps/usps.npz`` (x_train, y_train, x_test, y_test; grey values times 1000) or
        ``usps/zip.train.gz`` and ``usps/zip.test.gz``.
    download_if_missing : bool
        Whether a file that is not on this machine may be downloaded (2 MB). The address, the site of The Elements
        of Statistical Learning on hastie.su.domains, is untested.

    Returns
    -------
    Dataset
        `data` (N, 256) float64, `target` the digit 0..9, `shape` (16, 16).

    Raises
    ------
    DataError
        If a file cannot be had, is damaged, or its SHA-256 is not that of the published data.
    InvalidParameter
        If `subset` is neither.

    References
    ----------
    Y. LeCun et al.: Handwritten digit recognition with a back-propagation network. NIPS 2, 1990; the edition of
    T. Hastie, R. Tibshirani, J. Friedman: The Elements of Statistical Learning. No licence stated; research use.

    Examples
    --------
    >>> fetch_usps("test")  # doctest: +SKIP
    <Dataset usps-test: 2007 samples x 256 features, 10 classes>
    """
    part = _subset("fetch_usps", subset, {"train": "train", "test": "test"})
    as_text = find(_USPS_FILE, data_home) is None
    file = f"zip.{part}.gz"

    def decode(path: Path) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
        images, digits = _usps_text(path) if as_text else Archive(path).read(f"x_{part}", f"y_{part}")
        check(path, f"x_{part}", images, USPS[f"x_{part}"])
        return images, check(path, f"y_{part}", digits, USPS[f"y_{part}"])

    images, digits = obtain(
        f"usps/{file}" if as_text else _USPS_FILE,
        decode,
        url=USPS_URL + file,
        origin=USPS_URL + file,
        data_home=data_home,
        download=download_if_missing,
    )
    return Dataset(
        name="usps" if part == "train" else "usps-test",
        data=images.reshape(len(images), -1) / 1000,
        target=digits.astype(np.int64),
        target_names=tuple("0123456789"),
        shape=(16, 16),
        source="US Postal Service digits, edition of Hastie, Tibshirani & Friedman; no licence stated, research use",
    )


def fetch_fcps(name: str, *, data_home: _Folder = None, download_if_missing: bool = True) -> Dataset:
    """Fetch one set of the Fundamental Clustering Problems Suite: small, and each hard in its own way.

    Parameters
    ----------
    name : str
        Atom, Chainlink, EngyTime, GolfBall, Hepta, Lsun, Lsun3D, Target, Tetra, TwoDiamonds or WingNut; upper and
        lower case do not matter.
    data_home : path or None
        Folder to look in first, for ``fcps/fcps.npz`` with an array X_Hepta (N, 2 or 3) float64 and y_Hepta (N,)
        uint8 for each set.
    download_if_missing : bool
        Has no effect yet: no public address holds these arrays. They are the data of the R package FCPS 1.4.2
        (https://github.com/Mthrun/FCPS), saved as described.

    Returns
    -------
    Dataset
        `data` (N, 2 or 3) float64, `target` the class from 1. Target's classes 3 to 6 are meant as outliers.

    Raises
    ------
    DataError
        If the file is not on this machine, is damaged, or its SHA-256 is not that of the published data.
    InvalidParameter
        If there is no such set.

    References
    ----------
    A. Ultsch: Clustering with SOM: U*C. Proc. WSOM 2005:75-82. M. C. Thrun, A. Ultsch: Clustering benchmark
    datasets exploiting the fundamental clustering problems. Data in Brief 30:105501, 2020. Licence: CC BY 4.0.

    Examples
    --------
    >>> fetch_fcps("hepta")  # doctest: +SKIP
    <Dataset fcps-hepta: 212 samples x 3 features>
    """
    key = next((key for key in FCPS if key.lower() == str(name).lower()), None)
    if key is None:
        raise InvalidParameter("fetch_fcps", "name", name, f"one of {', '.join(FCPS)}")

    def decode(path: Path) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        points, classes = Archive(path).read(f"X_{key}", f"y_{key}")
        check(path, f"X_{key}", points, FCPS[key][0])
        return points, check(path, f"y_{key}", classes, FCPS[key][1])

    points, classes = obtain(
        _FCPS_FILE,
        decode,
        url=None,
        origin=f"https://github.com/Mthrun/FCPS as arrays X_{key} and y_{key}",
        data_home=data_home,
        download=download_if_missing,
    )
    return Dataset(
        name=f"fcps-{key.lower()}",
        data=points,
        target=classes.astype(np.int64),
        source="Ultsch 2005; Thrun & Ultsch 2020, Data in Brief 30:105501; CC BY 4.0",
    )


def _subset(owner: str, subset: str, choices: dict[str, str]) -> str:
    if subset not in choices:
        raise InvalidParameter(owner, "subset", subset, " or ".join(map(repr, choices)))
    return choices[subset]


def _usps_text(path: Path) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """Read lines of the digit and 256 grey values with at most three decimals."""
    try:
        table = np.loadtxt(io.BytesIO(read_bytes(path)), ndmin=2)
    except ValueError as error:
        raise problem(path, f"is not a table of numbers ({error})") from error
    if table.shape[1] != 257:
        raise problem(path, f"has {table.shape[1]} columns, 257 wanted")
    return np.rint(table[:, 1:] * 1000).astype(np.int16).reshape(-1, 16, 16), table[:, 0].astype(np.uint8)
