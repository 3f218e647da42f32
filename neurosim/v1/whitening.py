"""Whitening of natural images: a filter that makes their spectrum flat, up to where noise begins."""

from typing import Any

import numpy as np
from scipy import fft

from neurosim.core import checks
from neurosim.core.errors import DataError
from neurosim.datasets.natural import pictures_of

CUT = 0.4  # cycles/pixel: 200 cycles in a picture of 512 pixels, nearly


def whitening_filter(shape: tuple[int, int], *, cut: float = CUT) -> np.ndarray:
    """Return the filter R(f) = f exp(-(f / cut)^4) of Olshausen & Field on the grid of ``numpy.fft.fft2``.

    The amplitudes of natural images fall as 1 / f; the rising part undoes that. The falling part takes away the highest
    frequencies, which hold noise, and of which a square grid has more along its diagonals.

    Parameters
    ----------
    shape : (rows, columns)
    cut : float > 0, default 0.4
        f0, in cycles/pixel: 0.4 N cycles/picture for pictures of N x N pixels.

    Returns
    -------
    (rows, columns) float64 array
        In cycles/pixel, as f: 0 at frequency 0 and cut / e at the cut.

    Raises
    ------
    InvalidParameter
        If a parameter is not as described.

    References
    ----------
    B. A. Olshausen, D. J. Field, "Sparse coding with an overcomplete basis set: a strategy employed by V1?", Vision
    Research 37:3311-3325 (1997), not checked; their program has 0.4 N for f0.

    Examples
    --------
    >>> from neurosim.v1.whitening import whitening_filter
    >>> gain = whitening_filter((10, 10))
    >>> float(gain[0, 0]), round(float(gain[0, 4] / gain[0, 1]), 3)
    (0.0, 1.477)
    """
    rows, columns = checks.grid_of_units("whitening_filter", "shape", shape)
    checks.number("whitening_filter", "cut", cut, "a number > 0", above=0)
    frequency = np.hypot(fft.fftfreq(rows)[:, None], fft.fftfreq(columns))
    gain: np.ndarray = frequency * np.exp(-((frequency / cut) ** 4))
    return gain


def whiten(images: Any, *, cut: float = CUT, variance: float | None = 0.1) -> np.ndarray:
    """Whiten images by `whitening_filter`.

    Parameters
    ----------
    images : (..., rows, columns) array, finite, or a Dataset of images
        Luminances; a logarithm before, or none. Edges count as joined to those opposite.
    cut : float > 0, default 0.4
        In cycles/pixel.
    variance : float > 0 or None, default 0.1
        To which each image is scaled, as Olshausen & Field do for their settings; None leaves it as filtered.

    Returns
    -------
    (..., rows, columns) float64 array
        Every image has mean 0.

    Raises
    ------
    InvalidParameter, DataError
        If a parameter is not as described, or an image is not finite, or has no contrast that could be scaled.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.datasets.natural import make_dead_leaves
    >>> from neurosim.v1.whitening import whiten
    >>> leaves = make_dead_leaves((64, 64), random_state=0)
    >>> round(float(whiten(leaves).var()), 6)
    0.1
    """
    if variance is not None:
        checks.number("whiten", "variance", variance, "None or a number > 0", above=0)
    pictures = pictures_of("whiten", images).astype(np.float64, copy=False)
    shape = pictures.shape[-2:]
    half = whitening_filter(shape, cut=cut)[:, : shape[1] // 2 + 1]
    white: np.ndarray = fft.irfft2(fft.rfft2(pictures) * half, shape)
    if variance is None:
        return white
    spread = white.std(axis=(-2, -1), keepdims=True)
    if not (spread > 1e-12 * np.abs(pictures).max()).all():
        raise DataError(
            "whiten: an image has no contrast, so that it cannot be scaled; leave it out or give variance=None"
        )
    return white * (np.sqrt(variance) / spread)


def radial_power(images: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the power of square images on rings of frequencies, on average.

    Parameters
    ----------
    images : (..., N, N) array, finite, or a Dataset of images

    Returns
    -------
    frequency : (N // 2 - 1,) array
        1, 2, ... cycles/picture; a ring reaches half a cycle to both sides.
    power : (N // 2 - 1,) array
        Mean squared amplitude, divided by N^4, so that all amplitudes of all rings would add up to the variance.

    Raises
    ------
    DataError
        If the images are not square and finite, with N >= 4.
    """
    pictures = pictures_of("radial_power", images).astype(np.float64, copy=False)
    side = pictures.shape[-1]
    if pictures.shape[-2] != side or side < 4:
        raise DataError(f"radial_power: images must be square, of 4 x 4 pixels or more; got {pictures.shape[-2:]}")
    power = (np.abs(fft.fft2(pictures)) ** 2).reshape(-1, side, side).mean(axis=0) / side**4
    cycles = fft.fftfreq(side) * side
    ring = np.rint(np.hypot(cycles[:, None], cycles)).astype(np.int64).ravel()
    sums, counts = np.bincount(ring, power.ravel()), np.bincount(ring)
    wanted = np.arange(1, side // 2)
    return wanted.astype(float), sums[wanted] / counts[wanted]
