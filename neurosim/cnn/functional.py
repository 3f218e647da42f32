"""Convolution and cross-correlation of one image with one kernel, in three ways that give the same numbers."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike
from scipy import signal

from neurosim.core import checks
from neurosim.core.errors import DataError

MODES = ("valid", "same", "full")
METHODS = ("direct", "im2col", "fft")


def correlate2d(image: ArrayLike, kernel: ArrayLike, mode: str = "valid", method: str = "direct") -> np.ndarray:
    """Return the cross-correlation of an image with a kernel, which is what `Conv2D` computes by default.

    y[i, j] = sum_pq w[p, q] x[i + p, j + q], the image being surrounded by zeros where `mode` asks for it.

    Parameters
    ----------
    image : array_like of shape (H, W)
        Real numbers, computed with in float64.
    kernel : array_like of shape (h, w)
        Real numbers.
    mode : {"valid", "same", "full"}, default "valid"
        "valid": the kernel stays inside the image, giving (H - h + 1, W - w + 1) numbers. "same": zeros all around,
        (h - 1) // 2 rows above and h // 2 below, columns likewise, giving (H, W). "full": wherever the kernel meets
        the image, (H + h - 1, W + w - 1).
    method : {"direct", "im2col", "fft"}, default "direct"
        "direct": the sum itself. "im2col": every window becomes a row of a matrix, which is multiplied by the kernel,
        as frameworks do. "fft": a product in the frequency domain, worth it for large kernels; its rounding errors are
        relative to the largest number of the result.

    Returns
    -------
    numpy.ndarray of float64

    Raises
    ------
    InvalidParameter
        If there is no such mode or method.
    DataError
        If an array is not a matrix of finite real numbers, or the kernel does not fit into the image ("valid").

    Examples
    --------
    >>> correlate2d([[1, 2, 3], [4, 5, 6]], [[0, 1]])
    array([[2., 3.],
           [5., 6.]])
    """
    return _correlate("correlate2d", image, kernel, mode, method, flipped=False)


def convolve2d(image: ArrayLike, kernel: ArrayLike, mode: str = "valid", method: str = "direct") -> np.ndarray:
    """Return the convolution of an image with a kernel: the cross-correlation with the kernel turned by 180 degrees.

    y[i, j] = sum_pq w[p, q] x[i + h - 1 - p, j + w - 1 - q]. Unlike cross-correlation, convolution is commutative
    ("full"). `Conv2D` computes it if ``operation="convolution"``.

    Parameters
    ----------
    image : array_like of shape (H, W)
        Real numbers, computed with in float64.
    kernel : array_like of shape (h, w)
        Real numbers.
    mode : {"valid", "same", "full"}, default "valid"
        As with `correlate2d`.
    method : {"direct", "im2col", "fft"}, default "direct"
        As with `correlate2d`.

    Returns
    -------
    numpy.ndarray of float64

    Raises
    ------
    InvalidParameter
        If there is no such mode or method.
    DataError
        If an array is not a matrix of finite real numbers, or the kernel does not fit into the image ("valid").

    Examples
    --------
    >>> convolve2d([[1, 2, 3], [4, 5, 6]], [[0, 1]])
    array([[1., 2.],
           [4., 5.]])
    """
    return _correlate("convolve2d", image, kernel, mode, method, flipped=True)


def _correlate(owner: str, image: ArrayLike, kernel: ArrayLike, mode: str, method: str, *, flipped: bool) -> np.ndarray:
    checks.one_of(owner, "mode", mode, MODES)
    checks.one_of(owner, "method", method, METHODS)
    x, w = _matrix(owner, "image", image), _matrix(owner, "kernel", kernel)
    if mode == "valid" and (w.shape[0] > x.shape[0] or w.shape[1] > x.shape[1]):
        raise DataError(f"{owner}: a kernel of shape {w.shape} does not fit into an image of shape {x.shape}")
    if flipped:
        w = w[::-1, ::-1]
    if mode == "same":
        x = np.pad(x, [((size - 1) // 2, size // 2) for size in w.shape])
    elif mode == "full":
        x = np.pad(x, [(size - 1, size - 1) for size in w.shape])
    if method == "fft":
        return signal.fftconvolve(x, w[::-1, ::-1], "valid")
    if method == "direct":
        return signal.correlate2d(x, w, "valid")
    windows = sliding_window_view(x, w.shape)
    return (windows.reshape(-1, w.size) @ w.ravel()).reshape(windows.shape[:2])


def _matrix(owner: str, name: str, array: ArrayLike) -> np.ndarray:
    try:
        matrix = np.asarray(array)
        if matrix.dtype.kind not in "biuf":
            raise TypeError
        matrix = matrix.astype(np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{owner}: {name} must be a matrix of real numbers; got {array!r}") from None
    if matrix.ndim != 2 or matrix.size == 0 or not np.isfinite(matrix).all():
        what = f"shape {matrix.shape}" if matrix.ndim != 2 or matrix.size == 0 else "numbers that are not finite"
        raise DataError(f"{owner}: {name} must be a matrix of finite real numbers, 1 x 1 at least; got {what}")
    return matrix
