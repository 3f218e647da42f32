"""Natural images, dead leaves that stand for them where there are none, and patches of both."""

import os
from math import ceil, floor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.core import checks, random
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets.arrays import Archive
from neurosim.datasets.dataset import Dataset
from neurosim.datasets.store import check, obtain

_FILE = "natural_images/olshausen_whitened.npz"
_SHA256 = "bdc7754847b8044cd06f08eaf361212acd6762329ae0cb1ee801e5d272c46885"
_ORIGIN = (
    "the training set of B. Olshausen's sparsenet (C/Tcl edition), image0 to image9, each 512 x 512 big-endian "
    "float32, stored with numpy.savez as one float32 array images (10, 512, 512)"
)
LEAVES = 4096  # disks drawn at a time


def fetch_natural_images(
    *, data_home: str | os.PathLike[str] | None = None, download_if_missing: bool = True
) -> Dataset:
    """Fetch the ten natural images of Olshausen & Field: rocks, logs, foliage, mountains, a lake; whitened.

    Parameters
    ----------
    data_home : path or None
        Folder to look in first, for ``natural_images/olshausen_whitened.npz``; then come the folder NEUROSIM_DATA and
        the user's cache.
    download_if_missing : bool
        There is no address to download them from: the images are not ours to give away. The error without the file says
        what it has to hold.

    Returns
    -------
    Dataset
        `data` (10, 262144) float32 of mean 0 and mean variance 0.079, `shape` (512, 512).

    Raises
    ------
    DataError
        If the file is not here, is damaged, or its SHA-256 is not that of the published data.

    References
    ----------
    B. A. Olshausen, D. J. Field: Emergence of simple-cell receptive field properties by learning a sparse code for
    natural images. Nature 381:607-609, 1996. No licence stated; research use.

    Examples
    --------
    >>> fetch_natural_images()  # doctest: +SKIP
    <Dataset natural-images: 10 samples x 262144 features>
    """

    def decode(path: Path) -> NDArray[np.float32]:
        (images,) = Archive(path).read("images")
        pictures: NDArray[np.float32] = check(path, "images", images, _SHA256)
        return pictures

    images = obtain(_FILE, decode, url=None, origin=_ORIGIN, data_home=data_home, download=download_if_missing)
    return Dataset(
        name="natural-images",
        data=images.reshape(len(images), -1),
        shape=images.shape[1:],
        source="B. Olshausen's sparsenet; Olshausen & Field 1996, Nature 381:607-609; research use",
    )


def make_dead_leaves(
    shape: tuple[int, int] = (256, 256),
    n_images: int = 1,
    *,
    smallest: float = 1.5,
    largest: float | None = None,
    random_state: Any = None,
) -> Dataset:
    """Draw dead leaves: disks that lie over each other, small ones in plenty, as objects in a scene do.

    The number of disks of radius r falls as 1 / r^3, which makes the images look alike at all scales: they have edges,
    and amplitudes of about 1 / f. Disks are drawn from the front to the back until no pixel is bare, each in a grey
    that is uniform in [0, 1).

    Parameters
    ----------
    shape : (rows, columns), default (256, 256)
    n_images : int >= 1, default 1
    smallest : float > 0, default 1.5
        The least radius in pixels.
    largest : float > smallest, optional
        The greatest one; half of the longer side by default.
    random_state : None, int, SeedSequence, Generator

    Returns
    -------
    Dataset
        `data` (n_images, rows * columns) float64 in [0, 1), `shape` as given.

    Raises
    ------
    InvalidParameter
        If a parameter is out of its range, or the shape too small for the default of `largest`.

    References
    ----------
    A. B. Lee, D. Mumford, J. Huang: Occlusion models for natural images: a statistical study of a scale-invariant dead
    leaves model. Int. J. Computer Vision 41:35-59, 2001 (not checked).

    Examples
    --------
    >>> from neurosim.datasets.natural import make_dead_leaves
    >>> make_dead_leaves((32, 48), 3, random_state=0)
    <Dataset dead-leaves: 3 samples x 1536 features>
    """
    owner = "make_dead_leaves"
    rows, columns = checks.grid_of_units(owner, "shape", shape)
    checks.at_least(owner, "n_images", n_images, 1)
    checks.number(owner, "smallest", smallest, "a number > 0", above=0)
    reach = max(rows, columns) / 2 if largest is None else largest
    if largest is None and reach <= smallest:
        raise InvalidParameter(owner, "shape", shape, f"longer than 2 smallest = {2 * smallest:g}, without `largest`")
    checks.number(owner, "largest", reach, f"a number > smallest = {smallest}", above=smallest)
    key = random.seed_from(random_state)
    keys = [random.seed_from(np.random.SeedSequence([key, image])) for image in range(n_images)]
    images = [_leaves(rows, columns, smallest, reach, own) for own in keys]
    data = np.array(images).reshape(n_images, -1)
    return Dataset("dead-leaves", data, shape=(rows, columns), source="disks of radii with density 1 / r^3")


def sample_patches(
    images: Any, size: int | tuple[int, int], n_patches: int, *, border: int = 0, random_state: Any = None
) -> np.ndarray:
    """Cut patches from images, at places drawn at random.

    Parameters
    ----------
    images : (n, rows, columns) or (rows, columns) array, finite, or a Dataset of images
    size : int or (rows, columns)
        Of a patch.
    n_patches : int >= 1
    border : int >= 0, default 0
        Pixels at the edges of an image that no patch may hold.
    random_state : None, int, SeedSequence, Generator

    Returns
    -------
    (n_patches, rows * columns) array of the images' dtype
        Integers become float64.

    Raises
    ------
    InvalidParameter, DataError
        If a parameter is out of its range, or the images are too small, not finite, or no images.

    Examples
    --------
    >>> from neurosim.datasets.natural import make_dead_leaves, sample_patches
    >>> sample_patches(make_dead_leaves((64, 64), random_state=0), 12, 500, random_state=1).shape
    (500, 144)
    """
    owner = "sample_patches"
    pictures = pictures_of(owner, images)
    if pictures.ndim > 3:
        raise DataError(f"{owner}: images must be (n, rows, columns) or (rows, columns); got {pictures.shape}")
    pictures = pictures.reshape(-1, *pictures.shape[-2:])
    height, width = checks.grid_of_units(owner, "size", (size, size) if np.ndim(size) == 0 else size)
    checks.at_least(owner, "n_patches", n_patches, 1)
    checks.at_least(owner, "border", border, 0)
    free = np.array(pictures.shape) - (0, height + 2 * border - 1, width + 2 * border - 1)
    if (free < 1).any():
        wanted = f"at most the {pictures.shape[1]} x {pictures.shape[2]} pixels of an image, without its border"
        raise InvalidParameter(owner, "size", (height, width), wanted)
    draws = random.uniform(random.seed_from(random_state), 0, (n_patches, 3))
    image, row, column = (draws * free).astype(np.int64).T
    windows = np.lib.stride_tricks.sliding_window_view(pictures, (height, width), axis=(1, 2))
    patches: np.ndarray = windows[image, row + border, column + border].reshape(n_patches, -1)
    return patches


def pictures_of(owner: str, images: Any) -> np.ndarray:
    """Return images, of a Dataset or as (..., rows, columns), as finite floats (..., rows, columns)."""
    if isinstance(images, Dataset):
        if images.shape is None or len(images.shape) != 2:
            raise DataError(f"{owner}: {images.name} holds no grey images")
        images = images.data.reshape(-1, *images.shape)
    try:
        pictures = np.asarray(images)
    except ValueError:
        raise DataError(f"{owner}: images must be an array of numbers, all rows as long as each other") from None
    if pictures.dtype.kind not in "fiub" or pictures.ndim < 2 or pictures.size == 0:
        got = f"shape {pictures.shape} of {pictures.dtype}"
        raise DataError(f"{owner}: images must be numbers of shape (..., rows, columns), not empty; got {got}")
    if not np.isfinite(pictures).all():
        raise DataError(f"{owner}: an image has NaN or infinity")
    return pictures if pictures.dtype.kind == "f" else pictures.astype(np.float64)


def _leaves(rows: int, columns: int, smallest: float, largest: float, key: int) -> np.ndarray:
    """Return an image of disks, the first of which is in front."""
    grey, bare, block = np.zeros((rows, columns)), np.ones((rows, columns), bool), 0
    while bare.any():
        u = random.uniform(key, block, (LEAVES, 4))
        radii = 1 / np.sqrt(smallest**-2 - u[:, 0] * (smallest**-2 - largest**-2))
        # centres may lie outside, or the edges would see fewer disks
        y, x = u[:, 1] * (rows + 2 * largest) - largest, u[:, 2] * (columns + 2 * largest) - largest
        seen = (abs(y - (rows - 1) / 2) < rows / 2 + radii) & (abs(x - (columns - 1) / 2) < columns / 2 + radii)
        for leaf in zip(radii[seen], y[seen], x[seen], u[seen, 3], strict=True):
            _lay(grey, bare, *leaf)
        block += 1
    return grey


def _lay(grey: np.ndarray, bare: np.ndarray, radius: float, y: float, x: float, shade: float) -> None:
    """Put a disk under what lies there."""
    top, left = max(0, ceil(y - radius)), max(0, ceil(x - radius))
    place = np.s_[top : max(top, floor(y + radius) + 1), left : max(left, floor(x + radius) + 1)]
    if bare[place].any():
        height, width = bare[place].shape
        i, j = np.ogrid[top : top + height, left : left + width]
        inside = ((i - y) ** 2 + (j - x) ** 2 <= radius**2) & bare[place]
        grey[place][inside] = shade
        bare[place][inside] = False
