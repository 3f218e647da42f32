"""The Gabor function, its kernel and its many parametrisations.

J. G. Daugman, "Uncertainty relation for resolution in space, spatial frequency, and orientation optimized by
two-dimensional visual cortical filters", Journal of the Optical Society of America A 2:1160-1169 (1985); the form with
alpha, beta, f, phi and tau is that of textbooks. Which package means what is told in ``docs/v1_conventions.md``.
"""

from dataclasses import asdict, dataclass, fields
from math import acos, ceil, cos, degrees, exp, inf, log2, pi, radians, sin, sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.v1.gabor_conventions import BANDWIDTH, HALF, GaborConventions, cycles_of_bandwidth

Kernel = NDArray[np.complexfloating[Any]]
COMPLEX = (np.dtype("complex64"), np.dtype("complex128"))
Dc = Literal["none", "subtract", "quadrature"]


@dataclass(frozen=True)
class Gabor(GaborConventions):
    """A Gabor function: a Gaussian envelope times a sinusoidal carrier.

    With x to the right, y downwards, and x' = (x - x0) cos(orientation) + (y - y0) sin(orientation),
    y' = -(x - x0) sin(orientation) + (y - y0) cos(orientation)::

        g(x, y) = amplitude exp(-x'^2 / (2 sigma_x^2) - y'^2 / (2 sigma_y^2)) cos(2 pi x' / wavelength + phase)

    Parameters
    ----------
    wavelength : float
        Period of the carrier in pixels, > 0. At 2 or below the sampled carrier is aliased; it is computed as asked.
    orientation : float, default 0.0
        Direction of x', the one in which luminance is modulated (the bars are perpendicular to it), in degrees from the
        x axis towards the y axis, so clockwise in an image whose rows run downwards.
    phase : float, default 0.0
        Phase of the carrier at the centre in degrees: 0 even and bright in the middle, -90 the sine.
    sigma_x : float, optional
        Standard deviation of the envelope along x' in pixels, > 0. By default that of a bandwidth of 1.4 octaves.
    sigma_y : float, optional
        Standard deviation along the bars in pixels, > 0; by default `sigma_x`.
    amplitude : float, default 1.0
        Height of the envelope.
    x0, y0 : float, default 0.0
        Centre in pixels, right and down from the middle pixel of a kernel.
    pixels_per_degree : float, optional
        Pixels per degree of visual angle, > 0; used by `describe` alone.

    Raises
    ------
    InvalidParameter
        If a parameter is not a finite number in its range.

    Examples
    --------
    >>> from neurosim.v1 import Gabor
    >>> cell = Gabor.from_bandwidth(frequency=0.1, bandwidth=1.5, orientation=30, aspect=1.5)
    >>> round(cell.sigma_x, 2), round(cell.orientation_bandwidth, 1), cell.kernel().shape
    (3.92, 36.9, (37, 37))
    """

    wavelength: float
    orientation: float = 0.0
    phase: float = 0.0
    sigma_x: float = None  # type: ignore[assignment]
    sigma_y: float = None  # type: ignore[assignment]
    amplitude: float = 1.0
    x0: float = 0.0
    y0: float = 0.0
    pixels_per_degree: float | None = None

    def __post_init__(self) -> None:
        owner = type(self).__name__
        for name in ("orientation", "phase", "amplitude", "x0", "y0"):
            checks.number(owner, name, getattr(self, name), "a finite number")
        checks.number(owner, "wavelength", self.wavelength, "a number of pixels > 0", above=0)
        if self.sigma_x is None:
            object.__setattr__(self, "sigma_x", cycles_of_bandwidth(BANDWIDTH) * self.wavelength)
        if self.sigma_y is None:
            object.__setattr__(self, "sigma_y", self.sigma_x)
        for name in ("sigma_x", "sigma_y"):
            checks.number(owner, name, getattr(self, name), "a number of pixels > 0, or None", above=0)
        if self.pixels_per_degree is not None:
            checks.number(owner, "pixels_per_degree", self.pixels_per_degree, "a number > 0, or None", above=0)
        for field in fields(self):
            if (value := getattr(self, field.name)) is not None:
                object.__setattr__(self, field.name, float(value))

    @property
    def frequency(self) -> float:
        """Frequency of the carrier in cycles per pixel, 1 / wavelength: the peak of the complex filter's spectrum."""
        return 1 / self.wavelength

    @property
    def n_x(self) -> float:
        """Width of the envelope in cycles of the carrier, sigma_x * frequency (Ringach 2002)."""
        return self.sigma_x / self.wavelength

    @property
    def n_y(self) -> float:
        """Length of the envelope in cycles of the carrier, sigma_y * frequency."""
        return self.sigma_y / self.wavelength

    @property
    def aspect(self) -> float:
        """Length over width of the envelope, sigma_y / sigma_x: the reciprocal of gamma."""
        return self.sigma_y / self.sigma_x

    @property
    def bandwidth(self) -> float:
        """Full width of the frequency tuning at half amplitude in octaves; inf where it does not fall to half at 0.

        Of the complex filter, whose spectrum is one Gaussian: log2((n_x + d) / (n_x - d)), d = sqrt(2 ln 2) / (2 pi).
        """
        half = sqrt(HALF)
        return log2((self.n_x + half) / (self.n_x - half)) if self.n_x > half else inf

    @property
    def orientation_bandwidth(self) -> float:
        """Full width of the orientation tuning at half amplitude, at the peak frequency, in degrees.

        Of the complex filter; 180 where the response to the orthogonal grating is above half.
        """
        n, m = self.n_x**2, self.n_y**2
        if n + m <= HALF:
            return 180.0
        return 2 * degrees(acos(1 - HALF / (m + sqrt(m**2 + (n - m) * HALF))))

    @property
    def dc_ratio(self) -> float:
        """Gain of the even filter (phase 0) for a uniform field over that for its own grating, >= 0.

        2 exp(-a) / (1 + exp(-4 a)), a = 2 pi^2 n_x^2, for fine pixels; above 1 for a low-pass function.
        """
        a = 2 * (pi * self.n_x) ** 2
        return 2 * exp(-a) / (1 + exp(-4 * a))

    @property
    def energy_modulation(self) -> float:
        """Depth, (max - min) / (max + min), by which the energy of the pair varies with the phase of its own grating.

        1 / cosh(8 pi^2 n_x^2), which is about 2 exp(-8 pi^2 n_x^2): 1.05e-5 at 1.5 octaves. Subtracting the mean
        raises it to 1 / cosh(4 pi^2 n_x^2). A kernel has to reach 5 sigma to every side for that from 1.4 octaves on,
        and 8 at 1 octave, where the depth is 2.9e-11: 5 sigma leave 2e-7 there, and those 3 of `size` some 5e-4.
        """
        a = 8 * (pi * self.n_x) ** 2
        return 2 * exp(-a) / (1 + exp(-2 * a))

    @property
    def size(self) -> int:
        """Side of the default kernel in pixels: odd, at least 3 sigma to each side, the same for all orientations.

        Enough for filtering. Closed forms such as `energy_modulation` need larger kernels, as said there.
        """
        return 2 * ceil(3 * max(self.sigma_x, self.sigma_y) + max(abs(self.x0), abs(self.y0))) + 1

    def evaluate(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
        """Return the real values at points in pixels right and down from the middle; x and y broadcast."""
        envelope, angle = self._parts(np.asarray(x, np.float64), np.asarray(y, np.float64))
        return self.amplitude * envelope * np.cos(angle + radians(self.phase))

    def kernel(
        self, size: int | tuple[int, int] | None = None, *, dc: Dc = "none", dtype: DTypeLike = np.complex128
    ) -> Kernel:
        """Return the quadrature pair on the pixels of a window, centred on pixel size // 2.

        Parameters
        ----------
        size : int or (int, int), optional
            Side, or rows and columns, each >= 1, odd or even, kept as asked. By default `size`.
        dc : {"none", "subtract", "quadrature"}, default "none"
            What is done about the even filter's response to a uniform field, see Notes.
        dtype : dtype, default complex128
            complex64 or complex128; computed in double precision in both cases.

        Returns
        -------
        array of shape (size, size) or (rows, columns), complex
            envelope exp(i (2 pi x' / wavelength + phase)): the real part is the Gabor function, the imaginary part
            its partner a quarter of a period away.

        Raises
        ------
        InvalidParameter
            If an argument is none of these, or `dc` is "quadrature" for a wavelength of 2 pixels or less, where the
            pixels show the grating and the reversed one alike.

        Notes
        -----
        "none" leaves the function as it is. "subtract" takes away from both filters the share of the envelope that
        makes their sums zero (a Morlet wavelet): no longer a quadrature pair, so that the energy varies with phase, see
        `energy_modulation`. "quadrature" keeps the odd Gabor, which sums to zero, and makes its Hilbert partner on the
        window the even filter: the pair has no spectrum on the side of the frequency plane opposite to `orientation`.
        Then its responses, some 1e-3, to a uniform field and to its own grating drifting backwards are removed with
        multiples of the envelope, plain and modulated. So both filters sum to zero, and the energy for the pair's own
        grating is free of modulation at rounding level on a window of any size. For other frequencies some modulation
        is left, since no filter of finite size is one-sided, but far less than after "subtract".
        """
        checks.one_of("Gabor.kernel", "dc", dc, ("none", "subtract", "quadrature"))
        if dc == "quadrature" and self.wavelength <= 2:
            raise InvalidParameter("Gabor.kernel", "dc", dc, "another where the wavelength is 2 pixels or less")
        if dtype not in COMPLEX:
            raise InvalidParameter("Gabor.kernel", "dtype", dtype, "complex64 or complex128")
        rows, columns = _window(self.size if size is None else size)
        y, x = np.ogrid[:rows, :columns]
        envelope, angle = self._parts(x - columns // 2, y - rows // 2)
        carrier = np.exp(1j * angle)
        pair = envelope * carrier
        if dc == "subtract":
            pair -= pair.sum() / max(envelope.sum(), np.finfo(float).tiny) * envelope
        elif dc == "quadrature":
            pair = _one_sided(pair.imag, radians(self.orientation))
            pair = _without(pair, [np.ones_like(carrier), carrier], [envelope, envelope * carrier.conj()])
        return (self.amplitude * np.exp(1j * radians(self.phase)) * pair).astype(dtype)

    def describe(self) -> dict[str, dict[str, float] | None]:
        """Return the function in every parametrisation.

        Returns
        -------
        dict
            "pixels" (the parameters), "shape" (bandwidths and other numbers without a unit of length), "degrees" (of
            visual angle, None without `pixels_per_degree`), "book", "gamma", "skimage", "opencv" (see the ``as_``
            methods).
        """
        names = ("n_x", "n_y", "aspect", "bandwidth", "orientation_bandwidth", "dc_ratio", "energy_modulation")
        return {
            "pixels": {**asdict(self), "frequency": self.frequency},
            "shape": {name: getattr(self, name) for name in names},
            "degrees": self.as_degrees() if self.pixels_per_degree else None,
            "book": self.as_book(),
            "gamma": self.as_gamma(),
            "skimage": self.as_skimage(),
            "opencv": self.as_opencv(),
        }

    def _parts(self, x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the envelope of height 1 and the angle of the carrier without phase, in radians."""
        c, s = cos(radians(self.orientation)), sin(radians(self.orientation))
        across, along = (x - self.x0) * c + (y - self.y0) * s, (y - self.y0) * c - (x - self.x0) * s
        envelope = np.exp(-((across / self.sigma_x) ** 2) / 2 - (along / self.sigma_y) ** 2 / 2)
        return envelope, 2 * pi / self.wavelength * across


def _window(size: Any) -> tuple[int, int]:
    pair = isinstance(size, tuple | list) or (isinstance(size, np.ndarray) and size.ndim > 0)
    sides = tuple(size) if pair else (size, size)
    if len(sides) != 2:
        raise InvalidParameter("Gabor.kernel", "size", size, "an integer or (rows, columns)")
    for side in sides:
        checks.at_least("Gabor.kernel", "size", side, 1)
    return sides


def _one_sided(odd: NDArray[np.float64], direction: float) -> NDArray[np.complex128]:
    """Return the pair of a filter and its Hilbert partner, the filter as the imaginary part."""
    v, u = (np.fft.fftfreq(n) for n in odd.shape)
    ahead = (u * cos(direction) + v[:, None] * sin(direction)) > 1e-12
    return 2j * np.fft.ifft2(np.fft.fft2(odd) * ahead)


def _without(pair: Any, gratings: list[Any], corrections: list[Any]) -> NDArray[np.complex128]:
    """Return the pair less the multiples of the corrections that make its responses to the gratings zero."""
    gains = np.array([[(g * c).sum() for c in corrections] for g in gratings])
    responses = np.array([(g * pair).sum() for g in gratings])
    for factor, correction in zip(np.linalg.lstsq(gains, responses)[0], corrections, strict=True):
        pair = pair - factor * correction
    return pair
