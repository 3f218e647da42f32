"""Gabor functions from and to the parametrisations of the literature and of other packages."""

from math import degrees, log, pi, radians, sqrt, tanh
from typing import TYPE_CHECKING, Any, Self

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter

BANDWIDTH = 1.4  # octaves; the default, near the middle of what simple cells show
HALF = log(2) / (2 * pi**2)  # the spectrum exp(-2 pi^2 n^2 s^2) is at half height where n^2 s^2 is this


def cycles_of_bandwidth(bandwidth: float) -> float:
    """Return n_x of a bandwidth in octaves: sqrt(ln 2 / 2) / pi (2^b + 1) / (2^b - 1)."""
    return sqrt(HALF) / tanh(log(2) / 2 * bandwidth)


def _positive(owner: str, **values: Any) -> None:
    for name, value in values.items():
        checks.number(f"Gabor.{owner}", name, value, "a finite number > 0", above=0)


def _finite(owner: str, **values: Any) -> None:
    for name, value in values.items():
        checks.number(f"Gabor.{owner}", name, value, "a finite number")


class GaborConventions:
    """The converters of `Gabor`: a ``from_`` method takes a parametrisation, the ``as_`` method gives its arguments.

    Lengths are in pixels and angles in degrees where the parametrisation is ours (bandwidth, cycles, degrees), and
    angles in radians where it is the book's or a package's (book, gamma, skimage, opencv). All raise `InvalidParameter`
    that names the argument.
    """

    if TYPE_CHECKING:
        wavelength: float
        orientation: float
        phase: float
        sigma_x: float
        sigma_y: float
        amplitude: float
        x0: float
        y0: float
        pixels_per_degree: float | None

        def __init__(self, wavelength: float, **others: Any) -> None: ...

    @classmethod
    def from_bandwidth(
        cls, frequency: float, bandwidth: float, orientation: float = 0.0, *, aspect: float = 1.0, **others: Any
    ) -> Self:
        """Return the function of a frequency and a bandwidth.

        Parameters
        ----------
        frequency : float
            In cycles per pixel, > 0.
        bandwidth : float
            Full width at half amplitude of the frequency tuning in octaves, > 0.
        orientation : float, default 0.0
            In degrees.
        aspect : float, default 1.0
            sigma_y / sigma_x, > 0.
        **others
            phase (in degrees), amplitude, x0, y0, pixels_per_degree of `Gabor`.
        """
        _positive("from_bandwidth", frequency=frequency, bandwidth=bandwidth, aspect=aspect)
        sigma = cycles_of_bandwidth(bandwidth) / frequency
        return cls(1 / frequency, orientation=orientation, sigma_x=sigma, sigma_y=sigma * aspect, **others)

    def as_bandwidth(self) -> dict[str, float]:
        """Return frequency, bandwidth (inf for a low-pass function), orientation, aspect and phase."""
        names = ("frequency", "bandwidth", "orientation", "aspect", "phase")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_cycles(
        cls, n_x: float, n_y: float | None, frequency: float, orientation: float = 0.0, **others: Any
    ) -> Self:
        """Return the function whose envelope has standard deviations of n_x and n_y cycles of its carrier.

        The numbers of D. L. Ringach, "Spatial structure and symmetry of simple-cell receptive fields in macaque primary
        visual cortex", Journal of Neurophysiology 88:455-463 (2002). All > 0; `n_y` None stands for n_x. `frequency` is
        in cycles per pixel, `orientation` in degrees; `others` as in `from_bandwidth`.
        """
        n_y = n_x if n_y is None else n_y
        _positive("from_cycles", n_x=n_x, n_y=n_y, frequency=frequency)
        return cls(1 / frequency, orientation=orientation, sigma_x=n_x / frequency, sigma_y=n_y / frequency, **others)

    def as_cycles(self) -> dict[str, float]:
        """Return n_x, n_y, frequency, orientation and phase."""
        return {name: getattr(self, name) for name in ("n_x", "n_y", "frequency", "orientation", "phase")}

    @classmethod
    def from_degrees(
        cls,
        frequency: float,
        pixels_per_degree: float,
        *,
        orientation: float = 0.0,
        bandwidth: float | None = None,
        sigma_x: float | None = None,
        sigma_y: float | None = None,
        x0: float = 0.0,
        y0: float = 0.0,
        **others: Any,
    ) -> Self:
        """Return the function of a size in degrees of visual angle.

        Parameters
        ----------
        frequency : float
            In cycles per degree, > 0.
        pixels_per_degree : float
            Resolution of the image, > 0.
        orientation : float, default 0.0
            In degrees of rotation, as everywhere.
        bandwidth : float, optional
            In octaves, > 0; gives `sigma_x`, so that only one of the two may be set. By default 1.4.
        sigma_x, sigma_y : float, optional
            Standard deviations in degrees of visual angle; `sigma_y` is `sigma_x` by default.
        x0, y0 : float, default 0.0
            Centre in degrees of visual angle.
        **others
            phase (in degrees of the cycle) and amplitude of `Gabor`.
        """
        owner, scale = "from_degrees", pixels_per_degree
        _positive(owner, frequency=frequency, pixels_per_degree=scale)
        _finite(owner, x0=x0, y0=y0)
        if sigma_x is None:
            _positive(owner, bandwidth=BANDWIDTH if bandwidth is None else bandwidth)
            sigma_x = cycles_of_bandwidth(BANDWIDTH if bandwidth is None else bandwidth) / frequency
        elif bandwidth is not None:
            raise InvalidParameter("Gabor.from_degrees", "bandwidth", bandwidth, "None where sigma_x is given")
        sigma_y = sigma_x if sigma_y is None else sigma_y
        _positive(owner, sigma_x=sigma_x, sigma_y=sigma_y)
        pixels = {"sigma_x": sigma_x * scale, "sigma_y": sigma_y * scale, "x0": x0 * scale, "y0": y0 * scale}
        return cls(scale / frequency, orientation=orientation, pixels_per_degree=scale, **pixels, **others)

    def as_degrees(self) -> dict[str, float]:
        """Return frequency (cycles per degree), sigma_x, sigma_y, x0, y0 (degrees of visual angle) and the others.

        Raises InvalidParameter without `pixels_per_degree`.
        """
        if (scale := self.pixels_per_degree) is None:
            raise InvalidParameter("Gabor", "pixels_per_degree", None, "set to use degrees of visual angle")
        lengths = {name: getattr(self, name) / scale for name in ("sigma_x", "sigma_y", "x0", "y0")}
        others = {name: getattr(self, name) for name in ("pixels_per_degree", "orientation", "phase", "amplitude")}
        return {"frequency": scale / self.wavelength, **lengths, **others}

    @classmethod
    def from_book(
        cls,
        alpha: float,
        beta_x: float,
        beta_y: float,
        f: float,
        phi: float,
        tau: float,
        x0: float = 0.0,
        y0: float = 0.0,
    ) -> Self:
        """Return alpha exp(-beta_x x'^2 - beta_y y'^2) cos(f x' + phi), the textbook form.

        beta = 1 / (2 sigma^2) in 1 / pixel^2, > 0; f = 2 pi / wavelength in radians per pixel, > 0; phi and tau, the
        direction of x', in radians.
        """
        _positive("from_book", beta_x=beta_x, beta_y=beta_y, f=f)
        _finite("from_book", alpha=alpha, phi=phi, tau=tau)
        sigmas = {"sigma_x": sqrt(0.5 / beta_x), "sigma_y": sqrt(0.5 / beta_y)}
        return cls(2 * pi / f, orientation=degrees(tau), phase=degrees(phi), amplitude=alpha, x0=x0, y0=y0, **sigmas)

    def as_book(self) -> dict[str, float]:
        """Return alpha, beta_x, beta_y, f, phi, tau, x0 and y0; angles in radians."""
        widths = {"beta_x": 0.5 / self.sigma_x**2, "beta_y": 0.5 / self.sigma_y**2}
        angles = {"f": 2 * pi / self.wavelength, "phi": radians(self.phase), "tau": radians(self.orientation)}
        return {"alpha": self.amplitude, **widths, **angles, "x0": self.x0, "y0": self.y0}

    @classmethod
    def from_gamma(cls, sigma: float, wavelength: float, theta: float, gamma: float, psi: float, **others: Any) -> Self:
        """Return exp(-(x'^2 + gamma^2 y'^2) / (2 sigma^2)) cos(2 pi x' / wavelength + psi).

        theta, the direction of x', and psi in radians, the rest in pixels, all > 0; gamma = sigma_x / sigma_y, below 1
        for a field longer than wide. `others`: amplitude, x0, y0, pixels_per_degree.
        """
        _positive("from_gamma", sigma=sigma, wavelength=wavelength, gamma=gamma)
        _finite("from_gamma", theta=theta, psi=psi)
        sigmas = {"sigma_x": sigma, "sigma_y": sigma / gamma}
        return cls(wavelength, orientation=degrees(theta), phase=degrees(psi), **sigmas, **others)

    def as_gamma(self) -> dict[str, float]:
        """Return sigma, wavelength, theta, gamma and psi; angles in radians, amplitude and centre left out."""
        angles = {"theta": radians(self.orientation), "psi": radians(self.phase)}
        return {"sigma": self.sigma_x, "wavelength": self.wavelength, "gamma": self.sigma_x / self.sigma_y, **angles}

    @classmethod
    def from_skimage(
        cls,
        frequency: float,
        theta: float = 0.0,
        bandwidth: float = 1.0,
        sigma_x: float | None = None,
        sigma_y: float | None = None,
        offset: float = 0.0,
    ) -> Self:
        """Return the function of scikit-image's ``gabor_kernel``: `kernel` has the same values, complex.

        Each sigma that is None is that of `bandwidth`; angles in radians; the amplitude is 1 / (2 pi sigma_x sigma_y).
        """
        _positive("from_skimage", frequency=frequency, bandwidth=bandwidth)
        _finite("from_skimage", theta=theta, offset=offset)
        default = cycles_of_bandwidth(bandwidth) / frequency
        sigma_x, sigma_y = default if sigma_x is None else sigma_x, default if sigma_y is None else sigma_y
        _positive("from_skimage", sigma_x=sigma_x, sigma_y=sigma_y)
        others = {"sigma_x": sigma_x, "sigma_y": sigma_y, "amplitude": 1 / (2 * pi * sigma_x * sigma_y)}
        return cls(1 / frequency, orientation=degrees(theta), phase=degrees(offset), **others)

    def as_skimage(self) -> dict[str, float]:
        """Return the arguments of scikit-image's ``gabor_kernel``, which sets the amplitude and has no centre."""
        angles = {"theta": radians(self.orientation), "offset": radians(self.phase)}
        return {"frequency": 1 / self.wavelength, "sigma_x": self.sigma_x, "sigma_y": self.sigma_y, **angles}

    @classmethod
    def from_opencv(cls, sigma: float, theta: float, lambd: float, gamma: float, psi: float = pi / 2) -> Self:
        """Return the function of OpenCV's ``getGaborKernel``: the real part of `kernel` has the same values.

        OpenCV stores its formula turned by 180 degrees, so that phase = -psi. Angles in radians, psi pi / 2 by default:
        an odd function. OpenCV makes an even ksize one larger; `kernel` keeps it.
        """
        _positive("from_opencv", sigma=sigma, lambd=lambd, gamma=gamma)
        _finite("from_opencv", theta=theta, psi=psi)
        sigmas = {"sigma_x": sigma, "sigma_y": sigma / gamma}
        return cls(lambd, orientation=degrees(theta), phase=-degrees(psi), **sigmas)

    def as_opencv(self) -> dict[str, float]:
        """Return the arguments of OpenCV's ``getGaborKernel``, ksize apart; its amplitude is 1 and it has no centre."""
        angles = {"theta": radians(self.orientation), "psi": -radians(self.phase)}
        return {"sigma": self.sigma_x, "lambd": self.wavelength, "gamma": self.sigma_x / self.sigma_y, **angles}
