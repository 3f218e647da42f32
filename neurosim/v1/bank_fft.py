"""Responses of a bank by the Fourier transform: for every filter a product of spectra and its inverse.

A filter is one task, and what a thread then works on stays in its core's cache, also with large images, which are cut
into overlapping tiles. That is what makes it quick: the same transforms of all filters at once go through memory.
"""

from collections.abc import Callable, Mapping
from itertools import product
from typing import NamedTuple

import numpy as np
import scipy.fft

from neurosim.core import parallel
from neurosim.v1.bank_sums import derive

TILE = 512  # pixels a side; larger images are cut
BLOCK = 1 << 20  # bytes of the spectra of small images that are done together
KEPT = 4  # spectra of all filters that a bank keeps

EVEN, ODD = "even", "odd"
Targets = Mapping[str, np.ndarray]


class Spectra:
    """The spectra of a bank's filters, made when first asked for and kept by their shape.

    Parameters
    ----------
    kernels : (filters, K, K) complex array
    """

    def __init__(self, kernels: np.ndarray) -> None:
        self.kernels = kernels
        self.size = kernels.shape[1]
        self.kept: dict[tuple[str, tuple[int, int]], np.ndarray] = {}

    def of(self, part: str, shape: tuple[int, int]) -> np.ndarray:
        """Return the spectra (filters, rows, columns // 2 + 1) of one part for transforms of some shape."""
        found = self.kept.pop((part, shape), None)
        if found is None:
            found = self._make(part, shape)
        self.kept[part, shape] = found  # the last one used is the last to go
        for oldest in list(self.kept)[:-KEPT]:
            self.kept.pop(oldest, None)
        return found

    def _make(self, part: str, shape: tuple[int, int]) -> np.ndarray:
        """Transform the filters, turned round the first pixel: a correlation."""
        kernels = self.kernels.real if part == EVEN else self.kernels.imag
        made = np.empty((len(kernels), shape[0], shape[1] // 2 + 1), self.kernels.dtype)
        before = self.size - 1 - self.size // 2

        def transform(begin: int, end: int) -> None:
            place = np.zeros(shape, kernels.dtype)
            for j in range(begin, end):
                place[: self.size, : self.size] = kernels[j, ::-1, ::-1]
                made[j] = scipy.fft.rfft2(np.roll(place, (-before, -before), (0, 1)))

        parallel.run(transform, len(kernels))
        return made


class Job(NamedTuple):
    """What the filters of one tile need: spectra, the columns of the transforms, and where the results lie in them."""

    image: np.ndarray
    even: np.ndarray | None
    odd: np.ndarray | None
    columns: int
    take: tuple[slice, ...]
    targets: Mapping[str, np.ndarray]


def respond(
    spectra: Spectra, images: np.ndarray, border: Callable[[], np.ndarray] | None, stride: int, targets: Targets
) -> None:
    """Write the responses of all filters to images.

    Parameters
    ----------
    spectra : Spectra
    images : (n, rows, columns) array in the bank's dtype
    border : function or None
        Returns the images with their border, (n, rows + K - 1, columns + K - 1); None if that is nothing but zeros.
    stride : int >= 1
    targets : dict of arrays (n, filters, ceil(rows / stride), ceil(columns / stride))
        What is asked for: some of real, imaginary, complex, energy, magnitude and phase.
    """
    size, before = spectra.size, spectra.size // 2
    count, *extent = images.shape
    steps = [_step(length, stride) for length in extent]
    # Results that wrap round meet the zeros behind the image; the border before it is left out
    source, origin, more = (images, 0, before) if border is None else (border(), before, size - 1)
    if border is None and steps != extent:
        source, origin, more = np.pad(images, ((0, 0), *[(before, size - 1 - before)] * 2)), before, size - 1
    height, width = (max(step + more, size) for step in steps)
    shape = scipy.fft.next_fast_len(height), scipy.fft.next_fast_len(width, real=True)
    even = spectra.of(EVEN, shape) if set(targets) != {"imaginary"} else None
    odd = spectra.of(ODD, shape) if set(targets) != {"real"} else None
    block = max(1, BLOCK // (shape[0] * shape[1] * images.itemsize))
    for i, y, x in product(range(0, count, block), range(0, extent[0], steps[0]), range(0, extent[1], steps[1])):
        tile = source[i : i + block, y : y + height, x : x + width]
        image = scipy.fft.rfft2(tile, shape, workers=parallel.threads())
        ends = min(steps[0], extent[0] - y), min(steps[1], extent[1] - x)
        take = tuple(slice(origin, origin + end, stride) for end in ends)
        rows, columns = (slice(at // stride, -(-(at + end) // stride)) for at, end in zip((y, x), ends, strict=True))
        here = {name: target[i : i + block, :, rows, columns] for name, target in targets.items()}
        parallel.run(_filters, len(spectra.kernels), Job(image, even, odd, shape[1], take, here))


def _step(length: int, stride: int) -> int:
    """Return the side of a tile: equal ones, as large as TILE, whose first pixels are of the stride."""
    tiles = -(-length // TILE)
    return length if tiles == 1 else -(-length // (tiles * stride)) * stride


def _filters(begin: int, end: int, job: Job) -> None:
    room = np.empty_like(job.image)
    real = imaginary = room  # one of them may stay unused
    for j in range(begin, end):
        if job.even is not None:
            real = _inverse(job, job.even[j], room)
        if job.odd is not None:
            imaginary = _inverse(job, job.odd[j], room)
        for name, target in job.targets.items():
            if name == "real":
                target[:, j] = real
            elif name == "imaginary":
                target[:, j] = imaginary
            else:
                derive(name, real, imaginary, target[:, j])


def _inverse(job: Job, spectrum: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Return the response of one real filter to a tile of images; rows that are not wanted are not transformed back."""
    np.multiply(job.image, spectrum, out=room)
    half = scipy.fft.ifft(room, axis=-2, overwrite_x=True)[:, job.take[0]]
    found: np.ndarray = scipy.fft.irfft(half, job.columns, axis=-1)
    return found[:, :, job.take[1]]
