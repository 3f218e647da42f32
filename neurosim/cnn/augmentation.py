"""Random changes of training images that leave their class: every epoch sees other versions of the same samples.

What is drawn is a function of (key, epoch, sample) alone: Philox counter (number, sample, epoch, place in a chain).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.cnn import cpu_augment as cpu
from neurosim.core import checks, parallel, random
from neurosim.core.errors import DataError, InvalidParameter


class Augmentation:
    """Base of the random changes of images."""

    def __call__(self, images: Any, *, epoch: int = 0, random_state: Any = None) -> np.ndarray:
        """Return changed copies.

        Parameters
        ----------
        images : (n, C, H, W), (n, H, W) or (H, W) array
            float32 stays float32; everything else becomes float64.
        epoch : int >= 0, default 0
            Other epochs give other copies.
        random_state : None, int, SeedSequence, Generator or RandomState, default None

        Returns
        -------
        (n, C, H, W), (n, H, W) or (H, W) array
        """
        given = np.asarray(images)
        if given.ndim not in (2, 3, 4) or given.size == 0:
            raise DataError(f"{type(self).__name__}: images of shape {given.shape}; wanted are (n, C, H, W), (n, H, W)"
                            " or (H, W)")  # fmt: skip
        checks.at_least(type(self).__name__, "epoch", epoch, 0)
        x = np.ascontiguousarray(given, np.float32 if given.dtype == np.float32 else np.float64)
        x = x.reshape((-1, *x.shape[-2:]) if x.ndim == 2 else x.shape)
        x = x[:, None] if x.ndim == 3 else x
        out = np.empty_like(x)
        self.write(x, out, random.seed_from(random_state), epoch)
        return out.reshape(given.shape)

    def write(self, images: np.ndarray, out: np.ndarray, key: int, epoch: int, stream: int = 0) -> int:
        """Write changed copies of images (n, C, H, W) to `out`, which may be `images`; return the next stream."""
        draw = np.array([key & 0xFFFFFFFF, key >> 32, epoch, stream], np.uint64)
        self._run(images, out, draw)
        return stream + 1

    def _run(self, images: np.ndarray, out: np.ndarray, draw: np.ndarray) -> None:
        raise NotImplementedError


@dataclass(frozen=True)
class Shift(Augmentation):
    """Shift by whole pixels, every distance up to the largest in either direction being as likely.

    Parameters
    ----------
    pixels : int >= 1, default 1
        The largest distance.
    fill : float, default 0.0
        What comes in from outside.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.cnn import Shift
    >>> Shift(1)(np.arange(9.0).reshape(3, 3), random_state=3)
    array([[0., 0., 0.],
           [1., 2., 0.],
           [4., 5., 0.]])
    """

    pixels: int = 1
    fill: float = 0.0

    def __post_init__(self) -> None:
        checks.at_least("Shift", "pixels", self.pixels, 1)
        checks.number("Shift", "fill", self.fill, "a number")

    def _run(self, images: np.ndarray, out: np.ndarray, draw: np.ndarray) -> None:
        parallel.run(cpu.shift, len(images), images, out, draw, int(self.pixels), images.dtype.type(self.fill))


@dataclass(frozen=True)
class Affine(Augmentation):
    """Rotate about the centre, scale and shear, with linear interpolation.

    Parameters
    ----------
    rotation : float in [0, 180], default 10.0
        The largest angle in degrees, to either side.
    scale : (smallest, largest), default (0.9, 1.1)
        Limits of the factor by which the image grows, > 0.
    shear : float >= 0, default 0.1
        The largest shift to the side per row, to either side.
    fill : float, default 0.0
        What lies outside the image.
    """

    rotation: float = 10.0
    scale: tuple[float, float] = (0.9, 1.1)
    shear: float = 0.1
    fill: float = 0.0

    def __post_init__(self) -> None:
        wanted = "a number from 0 to 180, in degrees"
        checks.number("Affine", "rotation", self.rotation, wanted, least=0, below=np.nextafter(180, 181))
        smallest, largest = checks.positive_pair("Affine", "scale", self.scale)
        if smallest > largest:
            raise InvalidParameter("Affine", "scale", self.scale, "(smallest, largest)")
        checks.number("Affine", "shear", self.shear, "a number >= 0", least=0)
        checks.number("Affine", "fill", self.fill, "a number")

    def _run(self, images: np.ndarray, out: np.ndarray, draw: np.ndarray) -> None:
        numbers = np.array([np.deg2rad(self.rotation), *self.scale, self.shear])
        parallel.run(cpu.affine, len(images), images, out, draw, numbers, images.dtype.type(self.fill))


@dataclass(frozen=True)
class Distortion(Augmentation):
    """Elastic distortion: every pixel moves a little, its neighbours nearly as much.

    The displacements across and down are uniform in [-1, 1] at every pixel, smoothed by a Gaussian (whose weights sum
    to 1; outside the image they are 0) and multiplied by `alpha`. With the default numbers they have a standard
    deviation of about 1.4 pixels. The image is read by linear interpolation.

    Parameters
    ----------
    alpha : float >= 0, default 34.0
        Strength, in pixels before smoothing.
    sigma : float > 0, default 4.0
        Standard deviation of the Gaussian, in pixels.
    fill : float, default 0.0
        What lies outside the image.

    References
    ----------
    P. Y. Simard, D. Steinkraus, J. C. Platt, "Best practices for convolutional neural networks applied to visual
    document analysis", ICDAR (2003). The default numbers are not checked against the paper.
    """

    alpha: float = 34.0
    sigma: float = 4.0
    fill: float = 0.0

    def __post_init__(self) -> None:
        checks.number("Distortion", "alpha", self.alpha, "a number >= 0", least=0)
        checks.number("Distortion", "sigma", self.sigma, "a number > 0 and <= 100", above=0, below=100.001)
        checks.number("Distortion", "fill", self.fill, "a number")

    def _run(self, images: np.ndarray, out: np.ndarray, draw: np.ndarray) -> None:
        reach = int(np.ceil(3 * self.sigma))
        gaussian = np.exp(-((np.arange(-reach, reach + 1) / self.sigma) ** 2) / 2)
        gaussian = np.append(gaussian / gaussian.sum(), np.zeros(-len(gaussian) % cpu.TAPS)).astype(np.float32)
        arguments = (images, out, draw, np.float32(self.alpha), reach, gaussian, images.dtype.type(self.fill))
        parallel.run(cpu.distort, len(images), *arguments)


@dataclass(frozen=True)
class RandomErasing(Augmentation):
    """Overwrite a random rectangle, in all channels the same one, with noise.

    Its share of the image and the ratio of its sides are uniform between their limits, its upper left corner is uniform
    in the image; what does not fit is drawn again.

    Parameters
    ----------
    probability : float in [0, 1], default 0.5
        Share of the images that are changed.
    area : (smallest, largest), default (0.02, 0.4)
        Share of the image, > 0 and <= 1.
    aspect : (smallest, largest), default (0.3, 1 / 0.3)
        Height divided by width, > 0.
    values : (lowest, highest), default (0.0, 1.0)
        The noise is uniform between them; two equal numbers give a plain rectangle.

    References
    ----------
    Z. Zhong, L. Zheng, G. Kang, S. Li, Y. Yang, "Random erasing data augmentation", arXiv:1708.04896 (2017). The
    default numbers are not checked against the paper.
    """

    probability: float = 0.5
    area: tuple[float, float] = (0.02, 0.4)
    aspect: tuple[float, float] = (0.3, 1 / 0.3)
    values: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        owner = "RandomErasing"
        checks.number(owner, "probability", self.probability, "a number from 0 to 1", least=0, below=1 + 1e-12)
        for name in ("area", "aspect"):
            smallest, largest = checks.positive_pair(owner, name, getattr(self, name))
            if smallest > largest or (name == "area" and largest > 1):
                raise InvalidParameter(owner, name, getattr(self, name), "(smallest, largest), areas up to 1")
        try:
            lowest, highest = (float(value) for value in self.values)
        except (TypeError, ValueError):
            lowest = highest = np.nan
        if not np.isfinite([lowest, highest]).all():
            raise InvalidParameter(owner, "values", self.values, "(lowest, highest), two numbers")

    def _run(self, images: np.ndarray, out: np.ndarray, draw: np.ndarray) -> None:
        numbers = np.array([self.probability, *self.area, *self.aspect, *self.values])
        parallel.run(cpu.erase, len(images), images, out, draw, numbers)


@dataclass(frozen=True)
class Compose(Augmentation):
    """One change after another, each with random numbers of its own.

    Parameters
    ----------
    parts : sequence of Augmentation
        At least one.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.cnn import Compose, RandomErasing, Shift
    >>> Compose((Shift(2), RandomErasing(1.0)))(np.zeros((5, 1, 28, 28)), random_state=0).shape
    (5, 1, 28, 28)
    """

    parts: tuple[Augmentation, ...]

    def __post_init__(self) -> None:
        if not (isinstance(self.parts, list | tuple) and self.parts):
            raise InvalidParameter("Compose", "parts", self.parts, "a sequence of augmentations, at least one")
        for part in self.parts:
            if not isinstance(part, Augmentation):
                raise InvalidParameter("Compose", "parts", part, "a sequence of augmentations")
        object.__setattr__(self, "parts", tuple(self.parts))

    def write(self, images: np.ndarray, out: np.ndarray, key: int, epoch: int, stream: int = 0) -> int:
        """Write changed copies of images (n, C, H, W) to `out`, which may be `images`; return the next stream."""
        for part in self.parts:
            stream = part.write(images, out, key, epoch, stream)
            images = out
        return stream
