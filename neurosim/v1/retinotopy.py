"""Retinotopy: the log-polar map of the visual field onto primary visual cortex, and pictures warped by it."""

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from scipy import ndimage

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter

HEMIFIELDS = ("both", "left", "right")
SHORTER_SIDE = 40.0  # degrees of visual angle that a picture is taken to span
EDGE = 400  # points of each edge of the visual field that tell how far its map reaches
MERIDIAN = 1e-9  # how far beyond the vertical meridian rounding may carry a point, relative to its distance


@dataclass(frozen=True)
class CorticalImage:
    """A picture on the flattened cortex.

    Attributes
    ----------
    image : (rows, columns) or (rows, columns, channels) float64 array
        NaN where no point of the picture maps to.
    pixels_per_mm : float
    origin : (row, column)
        The pixel of the centre of gaze, with fractions.
    """

    image: np.ndarray
    pixels_per_mm: float
    origin: tuple[float, float]

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """The image's (left, right, bottom, top) in millimetres from the centre of gaze, as matplotlib takes it."""
        (row, column), (rows, columns) = self.origin, self.image.shape[:2]
        left, top = (-0.5 - column) / self.pixels_per_mm, (-0.5 - row) / self.pixels_per_mm
        return left, left + columns / self.pixels_per_mm, top + rows / self.pixels_per_mm, top


class LogPolarMap:
    """The log-polar map of Schwartz (1977) from the visual field to the surface of primary visual cortex.

    The visual field is the complex plane z = x + iy in degrees of visual angle from the centre of gaze, x to the right
    and y DOWNWARDS, as rows of an image are. The right half of it goes to

        w = k log(1 + z / a)                       (monopole),
        w = k log(1 + z / a) - k log(1 + z / b)    (dipole, with b),

    in millimetres, with w = 0 for the centre of gaze. The left half goes to the mirror image, so that both hemispheres
    lie side by side as they would be seen: the right hemifield on the right, although the left hemisphere holds it. The
    map is conformal: local angles are kept.

    Parameters
    ----------
    k : float > 0, default 17.3
        Millimetres of cortex for each e-fold of eccentricity.
    a : float > 0, default 0.75
        Degrees, within which the map is nearly linear. The defaults are human: Horton & Hoyt (1991) have 17.3 / (E +
        0.75) mm per degree (not checked against the paper).
    b : float > a, optional
        Degrees; where the far periphery is compressed, the second pole of Balasubramanian, Polimeni and Schwartz
        (2002). Default: a monopole.

    Raises
    ------
    InvalidParameter
        If a parameter is out of range.

    Examples
    --------
    >>> cortex = LogPolarMap()
    >>> float(cortex.to_cortex(5).real.round(2))  # millimetres from the foveal pole at 5 degrees
    35.24
    >>> float(cortex.magnification(5).round(2))  # mm per degree
    3.01
    """

    def __init__(self, k: float = 17.3, a: float = 0.75, b: float | None = None) -> None:
        for name, value in (("k", k), ("a", a)):
            checks.number("LogPolarMap", name, value, "a number > 0", above=0)
        if b is not None:
            checks.number("LogPolarMap", "b", b, "a number > a, or None", above=a)
        self.k, self.a, self.b = k, a, b

    def __repr__(self) -> str:
        return f"LogPolarMap(k={self.k}, a={self.a}, b={self.b})"

    def to_cortex(self, z: Any) -> np.ndarray:
        """Return where points of the visual field lie on the cortex.

        Parameters
        ----------
        z : array of complex numbers, any shape
            x + iy in degrees from the centre of gaze, y downwards.

        Returns
        -------
        complex128 array of the shape of z
            Millimetres; the real part is negative for the left hemifield. NaN for points that are not finite.
        """
        z, left = _folded("LogPolarMap.to_cortex", "z", z)
        w = self.k * np.log1p(z / self.a)
        if self.b is not None:
            w = w - self.k * np.log1p(z / self.b)
        return _mirrored(w, left)

    def to_visual(self, w: Any) -> np.ndarray:
        """Return what point of the visual field lies at a point of the cortex: the inverse of `to_cortex`.

        Parameters
        ----------
        w : array of complex numbers, any shape
            Millimetres, as `to_cortex` returns them.

        Returns
        -------
        complex128 array of the shape of w
            Degrees; NaN for points outside of the map of the visual field.
        """
        w, left = _folded("LogPolarMap.to_visual", "w", w)
        with np.errstate(all="ignore"):  # far outside of the map the exponential overflows
            ratio = np.exp(w / self.k)
            z = np.expm1(w / self.k) / (1 / self.a - (0 if self.b is None else ratio / self.b))
            outside = ~(z.real >= -MERIDIAN * np.abs(z)) | (np.abs(w.imag) > np.pi * self.k)
        z = np.where(outside, complex(np.nan, np.nan), np.maximum(z.real, 0) + 1j * z.imag)
        return _mirrored(z, left)

    def magnification(self, eccentricity: Any) -> np.ndarray:
        """Return the cortical magnification `|dw/dz|` in mm per degree; its square is the areal one.

        Parameters
        ----------
        eccentricity : array of real or complex numbers, any shape
            Degrees from the centre of gaze along the horizontal meridian, or complex points x + iy of the visual field.

        Returns
        -------
        float64 array of that shape
            k / (E + a) along the horizontal meridian of a monopole.
        """
        z, _ = _folded("LogPolarMap.magnification", "eccentricity", eccentricity)
        slope = self.k / np.abs(z + self.a)
        return np.asarray(slope if self.b is None else slope * (self.b - self.a) / np.abs(z + self.b))

    def warp(
        self,
        image: Any,
        *,
        pixels_per_degree: float | None = None,
        pixels_per_mm: float = 5.0,
        fixation: tuple[float, float] | None = None,
        hemifield: str = "both",
        oversample: int = 2,
    ) -> CorticalImage:
        """Draw a picture as it lies on the cortex.

        Parameters
        ----------
        image : (rows, columns) or (rows, columns, channels) array
            Of any real type; the result is of floats.
        pixels_per_degree : float > 0, optional
            Of the picture; by default its shorter side spans 40 degrees of visual angle.
        pixels_per_mm : float > 0, default 5
            Of the result.
        fixation : (row, column), optional
            The pixel that the eye looks at, inside the picture; default: the middle one.
        hemifield : "both", "left" or "right"
            Which half of the visual field is drawn.
        oversample : int >= 1, default 2
            Points along each side of a pixel of the result that are averaged; single ones would be speckles.

        Returns
        -------
        CorticalImage
        """
        pixels, per_degree, gaze = _picture("LogPolarMap.warp", image, pixels_per_degree, fixation)
        checks.number("LogPolarMap.warp", "pixels_per_mm", pixels_per_mm, "a number > 0", above=0)
        checks.one_of("LogPolarMap.warp", "hemifield", hemifield, HEMIFIELDS)
        checks.at_least("LogPolarMap.warp", "oversample", oversample, 1)
        reach = self.to_cortex(_outline(pixels.shape[:2], per_degree, gaze, hemifield))
        top, bottom = (ceil(pixels_per_mm * end) for end in (-reach.imag.min(), reach.imag.max()))
        left = 0 if hemifield == "right" else ceil(-pixels_per_mm * reach.real.min())
        right = 0 if hemifield == "left" else ceil(pixels_per_mm * reach.real.max())
        rows, columns = top + 1 + bottom, left + 1 + right
        shifts = (np.arange(oversample) + 0.5) / oversample - 0.5
        y = (np.arange(rows)[:, None] + shifts).ravel() - top
        x = (np.arange(columns)[:, None] + shifts).ravel() - left
        z = self.to_visual((x + 1j * y[:, None]) / pixels_per_mm)
        seen = _sample(pixels, gaze[0] + per_degree * z.imag, gaze[1] + per_degree * z.real)
        unwanted = {"both": np.zeros_like(x, bool), "left": x > 0, "right": x < 0}[hemifield]
        seen[:, unwanted] = np.nan
        blocks = seen.reshape(rows, oversample, columns, oversample, *pixels.shape[2:])
        return CorticalImage(_mean_of_known(blocks), float(pixels_per_mm), (float(top), float(left)))

    def unwarp(self, cortical: CorticalImage, shape: tuple[int, int], *, pixels_per_degree: float | None = None,
               fixation: tuple[float, float] | None = None) -> np.ndarray:  # fmt: skip
        """Draw a picture of the visual field from one on the cortex: sharp at the centre of gaze, coarse far from it.

        Parameters
        ----------
        cortical : CorticalImage
            As `warp` returns it.
        shape : (rows, columns)
            Of the result.
        pixels_per_degree, fixation : optional
            Of the result; as in `warp`.

        Returns
        -------
        (rows, columns) or (rows, columns, channels) float64 array
            NaN where the cortical image has no value.
        """
        if not isinstance(cortical, CorticalImage):
            raise InvalidParameter("LogPolarMap.unwarp", "cortical", cortical, "a CorticalImage, as warp returns it")
        rows, columns = checks.grid_of_units("LogPolarMap.unwarp", "shape", shape)
        _, per_degree, gaze = _picture("LogPolarMap.unwarp", np.zeros((rows, columns)), pixels_per_degree, fixation)
        z = ((np.arange(columns) - gaze[1]) + 1j * (np.arange(rows)[:, None] - gaze[0])) / per_degree
        w = cortical.pixels_per_mm * self.to_cortex(z)
        return _sample(cortical.image, cortical.origin[0] + w.imag, cortical.origin[1] + w.real)


def _folded(owner: str, name: str, values: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return complex values, NaN if not finite, with the left half plane mirrored onto the right one; and what was."""
    try:
        z = np.asarray(values, np.complex128)
    except (TypeError, ValueError) as error:
        raise DataError(f"{owner}: {name} must be complex numbers; {error}") from None
    z = np.where(np.isfinite(z), z, complex(np.nan, np.nan))
    left = z.real < 0
    return _mirrored(z, left), left


def _mirrored(z: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Return z with the real parts of some turned round."""
    return np.where(left, -z.conj(), z)


def _picture(
    owner: str, image: Any, pixels_per_degree: float | None, fixation: Any
) -> tuple[np.ndarray, float, tuple[float, float]]:
    """Return a picture as floats, its pixels per degree and the pixel that the eye looks at."""
    pixels = np.asarray(image)
    if pixels.ndim not in (2, 3) or min(pixels.shape) < 1 or pixels.dtype.kind not in "biuf":
        wanted = "(rows, columns) or (rows, columns, channels) of real numbers"
        raise DataError(f"{owner}: image must be {wanted}; got {pixels.shape} of {pixels.dtype}")
    rows, columns = pixels.shape[:2]
    if pixels_per_degree is None:
        pixels_per_degree = min(rows, columns) / SHORTER_SIDE
    checks.number(owner, "pixels_per_degree", pixels_per_degree, "a number > 0", above=0)
    try:
        row, column = (rows // 2, columns // 2) if fixation is None else (float(part) for part in fixation)
    except (TypeError, ValueError):
        row = column = -1
    if not (0 <= row <= rows - 1 and 0 <= column <= columns - 1):
        raise InvalidParameter(owner, "fixation", fixation, f"(row, column) inside the {rows} x {columns} picture")
    return pixels.astype(np.float64), float(pixels_per_degree), (float(row), float(column))


def _outline(shape: tuple[int, ...], per_degree: float, gaze: tuple[float, float], hemifield: str) -> np.ndarray:
    """Return points of the visual field whose maps enclose that of the picture: its edges and the vertical meridian."""
    top, bottom = (-gaze[0] - 0.5) / per_degree, (shape[0] - 0.5 - gaze[0]) / per_degree
    left = 0.0 if hemifield == "right" else (-gaze[1] - 0.5) / per_degree
    right = 0.0 if hemifield == "left" else (shape[1] - 0.5 - gaze[1]) / per_degree
    x, y = np.linspace(left, right, EDGE), np.linspace(top, bottom, EDGE)
    return np.concatenate([x + 1j * top, x + 1j * bottom, left + 1j * y, right + 1j * y, 1j * y, [0]])


def _sample(image: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return a picture at places between its pixels, linear between those that are known; NaN elsewhere."""
    high, wide = image.shape[:2]
    inside = (np.abs(rows - (high - 1) / 2) <= high / 2) & (np.abs(columns - (wide - 1) / 2) <= wide / 2)
    places = np.stack([np.where(inside, part, 0.0) for part in (rows, columns)])
    channels = np.moveaxis(np.atleast_3d(image), -1, 0)
    out = np.stack([_interpolated(part, places) for part in channels], axis=-1)
    return np.where(inside[..., None], out, np.nan).reshape(*rows.shape, *image.shape[2:])


def _interpolated(channel: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return a channel at places, weighted over its known pixels; NaN where none is near."""
    known = ~np.isnan(channel)
    seen: np.ndarray = ndimage.map_coordinates(np.where(known, channel, 0.0), places, order=1, mode="nearest")
    if known.all():
        return seen
    with np.errstate(invalid="ignore"):  # 0 / 0
        return seen / ndimage.map_coordinates(known.astype(float), places, order=1, mode="nearest")


def _mean_of_known(blocks: np.ndarray) -> np.ndarray:
    """Return the means over axes 1 and 3 of what is not NaN; where nothing is known, NaN."""
    known = ~np.isnan(blocks)
    count = known.sum(axis=(1, 3))
    total = np.where(known, blocks, 0.0).sum(axis=(1, 3))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
