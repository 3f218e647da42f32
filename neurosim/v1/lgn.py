"""Cells of retina and lateral geniculate nucleus, and what all cells of this family share: fields and frames.

Arrays are (..., rows, columns); x runs along the columns to the right, y along the rows downwards, in pixels from the
middle pixel (size // 2). A stimulus is a contrast: 0 is the mean luminance. A receptive field w answers a frame I with
sum_u w(u) I(u).
"""

from copy import copy
from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import DataError
from neurosim.core.jit import one_blas_thread
from neurosim.v1.stimuli import shape_of, turned

SHAPE = (33, 33)


def frames_of(owner: str, stimulus: Any, shape: tuple[int, int]) -> np.ndarray:
    """Return a stimulus as float64 frames (..., rows, columns) of the shape that a cell wants; raise DataError else."""
    try:
        frames = np.asarray(stimulus)
        if frames.dtype.kind not in "biuf":
            raise TypeError
    except (TypeError, ValueError):
        raise DataError(f"{owner}: the stimulus must be an array of real numbers (..., rows, columns)") from None
    if frames.shape[-2:] != shape:
        raise DataError(
            f"{owner}: the stimulus has the shape {frames.shape}; its last two axes must be {shape} as the cell's field"
        )
    frames = frames.astype(np.float64, copy=False)
    if not np.isfinite(frames).all():
        raise DataError(f"{owner}: the stimulus has values that are not finite")
    return frames


def project(fields: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Return the answers (..., cells) of real or complex fields (cells, rows, columns) to (..., rows, columns).

    Every frame is a product of its own, so that its answer has the same bits with any other frames and any threads.
    """
    if np.iscomplexobj(fields):
        answers = project(np.concatenate([fields.real, fields.imag]), frames)
        return answers[..., : len(fields)] + 1j * answers[..., len(fields) :]
    pixels = fields[0].size
    with one_blas_thread():
        return np.matmul(frames.reshape(*frames.shape[:-2], 1, pixels), fields.reshape(-1, pixels).T)[..., 0, :]


class DifferenceOfGaussians:
    """A ganglion cell or a relay cell: a Gaussian centre less a wider Gaussian surround (Rodieck 1965), rectified.

    rate = gain * max(0, background + sum_u w(u) I(u)), with w = +-(G(center) - ratio * G(surround)) and Gaussians G of
    volume 1. To a grating of frequency f the field answers with the amplitude
    exp(-2 pi^2 center^2 f^2) - ratio * exp(-2 pi^2 surround^2 f^2).

    Parameters
    ----------
    center : float >= 0.5, default 1.5
        Standard deviation of the centre in pixels.
    surround : float > center, optional
        That of the surround in pixels. Default: 4 * center, about the sizes of Stevens et al. (2013).
    shape : (rows, columns), default (33, 33)
        Of the field and of every frame. Fields that do not fit are cut off.
    ratio : float >= 0, default 0.55
        Volume of the surround over that of the centre: how much of a uniform field the surround takes away. 0.55 is
        what Croner and Kaplan (1995) found; 1 makes the cell blind to uniform fields where `shape` holds 5 standard
        deviations of the surround to every side. The default shape cuts the default surround off: 0.012 is left of 1.
    polarity : "on" or "off", default "on"
        Whether light in the centre excites the cell or darkness.
    x0, y0 : float, default 0
        Place of the field in pixels from the middle pixel.
    background : float >= 0, default 0
        Input without a stimulus, in units of contrast: with one that a stimulus does not exceed, the cell is linear.
    gain : float > 0, default 1
        Rate per unit of contrast.

    Attributes
    ----------
    field : (rows, columns) float64
        Receptive field w.

    Raises
    ------
    InvalidParameter
        If a parameter is outside its range.

    References
    ----------
    R. W. Rodieck, "Quantitative analysis of cat retinal ganglion cell response to visual stimuli", Vision Research
    5:583-601 (1965). L. J. Croner, E. Kaplan, "Receptive fields of P and M ganglion cells across the primate retina",
    Vision Research 35:7-24 (1995). J.-L. R. Stevens, J. S. Law, J. Antolik, J. A. Bednar, "Mechanisms for stable,
    robust, and adaptive development of orientation maps in the primary visual cortex", The Journal of Neuroscience
    33:15747-15766 (2013).

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.v1 import DifferenceOfGaussians
    >>> cell = DifferenceOfGaussians(1.5, shape=(65, 65))
    >>> uniform = np.full((65, 65), 0.5)
    >>> print(f"{cell.respond(uniform):.3f}")
    0.225
    """

    def __init__(
        self,
        center: float = 1.5,
        surround: float | None = None,
        shape: tuple[int, int] = SHAPE,
        *,
        ratio: float = 0.55,
        polarity: str = "on",
        x0: float = 0.0,
        y0: float = 0.0,
        background: float = 0.0,
        gain: float = 1.0,
    ) -> None:
        checks.number(type(self).__name__, "center", center, "a number >= 0.5 (pixels)", least=0.5)
        surround = 4.0 * center if surround is None else surround
        self.center, self.surround, self.ratio, self.polarity = center, surround, ratio, polarity
        self.x0, self.y0, self.background, self.gain = x0, y0, background, gain
        self.shape = shape_of(type(self).__name__, shape)
        self._check()
        self.field = self._draw()

    def _check(self) -> None:
        owner = type(self).__name__
        checks.number(owner, "surround", self.surround, "a number > center (pixels)", above=self.center)
        checks.number(owner, "ratio", self.ratio, "a number >= 0", least=0.0)
        checks.one_of(owner, "polarity", self.polarity, ("on", "off"))
        for name in ("x0", "y0"):
            checks.number(owner, name, getattr(self, name), "a finite number (pixels)")
        checks.number(owner, "background", self.background, "a number >= 0", least=0.0)
        checks.number(owner, "gain", self.gain, "a number > 0", above=0.0)

    def _draw(self) -> np.ndarray:
        x, y = turned(self.shape, 0.0, self.x0, self.y0)
        centre, surround = (
            np.exp(-(x**2 + y**2) / (2.0 * sigma**2)) / (2.0 * np.pi * sigma**2)
            for sigma in (self.center, self.surround)
        )
        return (1.0 if self.polarity == "on" else -1.0) * (centre - self.ratio * surround)

    def moved(self, x0: float, y0: float, polarity: str | None = None) -> "DifferenceOfGaussians":
        """Return the same cell at another place (pixels from the middle pixel) and, if asked, of another polarity."""
        other = copy(self)
        other.x0, other.y0 = x0, y0
        other.polarity = self.polarity if polarity is None else polarity
        other._check()
        other.field = other._draw()
        return other

    def linear(self, stimulus: Any) -> np.ndarray:
        """Return the signed answer sum_u w(u) I(u), in units of contrast.

        Parameters
        ----------
        stimulus : (..., rows, columns) array

        Returns
        -------
        (...) float64

        Raises
        ------
        DataError
            If the frames have another shape than the field, or values that are not finite.
        """
        return project(self.field[None], frames_of(type(self).__name__, stimulus, self.shape))[..., 0]

    def respond(self, stimulus: Any) -> np.ndarray:
        """Return the rate gain * max(0, background + linear) for every frame.

        Parameters
        ----------
        stimulus : (..., rows, columns) array

        Returns
        -------
        (...) float64, >= 0

        Raises
        ------
        DataError
            As `linear` does.
        """
        return self.gain * np.maximum(0.0, self.background + self.linear(stimulus))
