"""Banks of published models.

``"v1_like_2008"``: the first stage of the V1-like model: 96 filters, 16 orientations at 1/2, 1/3, 1/4, 1/6, 1/11 and
1/18 cycles per pixel, 43 x 43 pixels, one circular envelope for all. Its standard deviation of 9 pixels was not checked
against the paper.

N. Pinto, D. D. Cox and J. J. DiCarlo, "Why is real-world visual object recognition hard?", PLoS Computational Biology
4:e27 (2008).

``"hmax_2007"``: the S1 units of HMAX: 64 filters, 4 orientations at 16 sizes s = 7, 9 ... 37, with the printed sigmas
and wavelengths, sigma_x / sigma_y = 0.3, cut to a circle of the diameter s. The mean is taken away from the whole
square of s x s pixels after that, so that its corners hold minus the mean. The sizes are centred in the largest.

T. Serre, L. Wolf, S. Bileschi, M. Riesenhuber and T. Poggio, "Robust object recognition with cortex-like mechanisms",
IEEE Transactions on Pattern Analysis and Machine Intelligence 29:411-426 (2007).

In both models a kernel has mean zero and norm one. They have the even filters alone; an odd partner has mean zero and
the factor of the even one.
"""

from collections.abc import Callable

import numpy as np

from neurosim.v1.gabor import Gabor

Filters = tuple[list[Gabor], np.ndarray]
PERIODS = (2, 3, 4, 6, 11, 18)
SIZES = tuple(range(7, 38, 2))
SIGMAS = (2.8, 3.6, 4.5, 5.4, 6.3, 7.3, 8.2, 9.2, 10.2, 11.3, 12.3, 13.4, 14.6, 15.8, 17.0, 18.2)
WAVELENGTHS = (3.5, 4.6, 5.6, 6.8, 7.9, 9.1, 10.3, 11.5, 12.7, 14.1, 15.4, 16.8, 18.2, 19.7, 21.2, 22.8)


def v1_like_2008() -> Filters:
    """Return Gabors and kernels (96, 43, 43), orientations within frequencies, high ones first."""
    gabors = [Gabor(w, 180 / 16 * k, sigma_x=9) for w in PERIODS for k in range(16)]
    return gabors, np.array([_normalised(gabor.kernel(43)) for gabor in gabors])


def hmax_2007() -> Filters:
    """Return Gabors and kernels (64, 37, 37), orientations within sizes, small ones first."""
    gabors, kernels = [], []
    for size, sigma, wavelength in zip(SIZES, SIGMAS, WAVELENGTHS, strict=True):
        at = np.arange(size) - size // 2
        circle = np.hypot(at, at[:, None]) <= size / 2
        for k in range(4):
            gabors.append(Gabor(wavelength, 45 * k, sigma_x=sigma, sigma_y=sigma / 0.3))
            kernels.append(np.pad(_normalised(gabors[-1].kernel(size) * circle), (SIZES[-1] - size) // 2))
    return gabors, np.array(kernels)


def _normalised(kernel: np.ndarray) -> np.ndarray:
    """Return a pair with means 0, its even filter with norm 1."""
    centred = kernel - kernel.mean()
    found: np.ndarray = centred / np.linalg.norm(centred.real)
    return found


PRESETS: dict[str, Callable[[], Filters]] = {"v1_like_2008": v1_like_2008, "hmax_2007": hmax_2007}
