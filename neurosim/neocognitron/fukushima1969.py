"""Layers of analog threshold elements with fixed kernels: rectified linear units before the neocognitron."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.neocognitron.layers import gaussian, s_cells
from neurosim.neocognitron.recipe import Inhibition, SLayer
from neurosim.neocognitron.tolerance import real_numbers

Array = NDArray[np.float64]


class ReluNetwork1969:
    """Three layers that find contrast, oriented lines and combinations of lines; nothing is learned.

    Every cell is an analog threshold element, ``u(n) = phi(sum over nu of a(nu) x(n + nu) - theta)`` with
    phi(x) = max(x, 0), and all cells of a plane have the same kernel a. Kernels are made by hand:

    1. *Contrast*: a plane of on-centre cells (difference of Gaussians, sum 0), a plane of off-centre cells (its
       negative).
    2. *Lines*: a plane for each orientation; an elongated ridge with flanks of the other sign on the on-cells, its
       negative on the off-cells.
    3. *Bends*: a plane for each pair of directions that are 45 to 135 degrees apart. On the line cells of each
       direction the kernel has a patch ahead and its negative behind: a line that runs through cancels, one that ends
       here does not. One end is below the threshold, two together are above it.

    The kernels of the last two layers are scaled: a long line of ink 1, one pixel wide, through the middle of the
    window excites the line cells of its orientation to 1; a half of it, ending there, excites each of its bends to 1/2.

    Parameters
    ----------
    orientations : int >= 4, default 8
        Plane k prefers lines at k 180 / orientations degrees, anticlockwise from the horizontal.
    thetas : (contrast, lines, bends), three numbers >= 0, default (0.05, 0.4, 0.55)
    centre, surround : float > 0, default 0.7 and 1.4
        Standard deviations of the two Gaussians of the contrast cells (pixels); `surround` is the larger one.
    width, length : float > 0, default 1.0 and 2.5
        Standard deviations of a line's ridge across and along (pixels).
    window : odd int >= 5, default 9
        Rows and columns of the kernels of contrast and lines.
    reach : odd int >= 5, default 11
        Rows and columns of the kernels of the bends.

    Attributes
    ----------
    layers : tuple of 3 SLayer
    angles : (orientations,) float64
        Of the lines, in degrees.
    bends : (planes, 2) float64
        The two directions that each plane of the third layer combines, in degrees below 360.

    Raises
    ------
    InvalidParameter
        If a parameter is outside its range, or lines cannot exceed the thresholds below.

    Notes
    -----
    After K. Fukushima, "Visual feature extraction by a multilayered network of analog threshold elements", IEEE
    Transactions on Systems Science and Cybernetics 5:322-333 (1969), as later sources describe it: element, fixed
    kernels, and the order contrast, lines, combinations. Not checked against the paper; the sizes and shapes of the
    kernels, the thresholds, and bends as the combinations are ours.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.neocognitron.fukushima1969 import ReluNetwork1969
    >>> corner = np.zeros((1, 31, 31))
    >>> corner[0, 15, 15:] = corner[0, 15:, 15] = 1
    >>> network = ReluNetwork1969()
    >>> contrast, lines, bends = network.responses(corner)
    >>> lines.shape, bends.shape
    ((1, 8, 31, 31), (1, 80, 31, 31))
    >>> plane, row, column = np.unravel_index(bends[0].argmax(), bends[0].shape)
    >>> network.bends[plane].tolist()
    [0.0, 270.0]
    """

    def __init__(
        self,
        *,
        orientations: int = 8,
        thetas: tuple[float, float, float] = (0.05, 0.4, 0.55),
        centre: float = 0.7,
        surround: float = 1.4,
        width: float = 1.0,
        length: float = 2.5,
        window: int = 9,
        reach: int = 11,
    ) -> None:
        name = type(self).__name__
        checks.at_least(name, "orientations", orientations, 4)
        for parameter, size in (("window", window), ("reach", reach)):
            checks.at_least(name, parameter, size, 5)
            if size % 2 == 0:
                raise InvalidParameter(name, parameter, size, "odd")
        for parameter, value in (("centre", centre), ("width", width), ("length", length)):
            checks.number(name, parameter, value, "a number > 0", above=0)
        checks.number(name, "surround", surround, f"a number > centre = {centre}", above=centre)
        if np.shape(thetas) != (3,):
            raise InvalidParameter(name, "thetas", thetas, "three numbers >= 0")
        for theta in thetas:
            checks.number(name, "thetas", theta, "three numbers >= 0", least=0)
        self.angles = np.arange(orientations) * 180 / orientations
        at = np.arange(2 * orientations)  # angles in integers: those of 45 and 135 degrees belong to the bends
        turn = np.abs(at[:, None] - at)
        turn = np.triu(np.minimum(turn, 2 * orientations - turn))
        directions = at * 180 / orientations
        pairs = np.argwhere((4 * turn >= orientations) & (4 * turn <= 3 * orientations))
        self.bends = directions[pairs]
        contrast = _layer(_contrast(window, centre, surround), thetas[0])
        lines = _layer(_lines(window, np.deg2rad(self.angles), width, length), thetas[1])
        lines = self._scaled_lines(contrast, lines)
        ends = self._scaled_ends(contrast, lines, _ends(reach, np.deg2rad(directions)))
        self.layers = contrast, lines, _layer(ends[..., pairs].sum(axis=-1), thetas[2])

    @property
    def kernels(self) -> tuple[Array, ...]:
        """The kernels of the three layers, each (planes, planes below, window, window)."""
        return tuple(np.moveaxis(layer.a, (3, 2), (0, 1)) for layer in self.layers)

    def responses(self, images: ArrayLike) -> tuple[Array, Array, Array]:
        """Return the responses of contrast, lines and bends.

        Parameters
        ----------
        images : (n, rows, columns) array
            Finite numbers, ink 1; the field outside is 0.

        Returns
        -------
        tuple of three (n, planes, rows, columns) float64 arrays
        """
        u = real_numbers(type(self).__name__, images).astype(np.float64)
        if u.ndim != 3 or not u.size or not np.isfinite(u).all():
            raise DataError(f"ReluNetwork1969: images must be finite, of shape (n, rows, columns); got shape {u.shape}")
        u = u[..., None]
        found = []
        for layer in self.layers:
            u = s_cells(np.ascontiguousarray(u), layer)
            found.append(np.moveaxis(u, 3, 1))
        return found[0], found[1], found[2]

    def _scaled_lines(self, contrast: SLayer, lines: SLayer) -> SLayer:
        """Return the layer, scaled so that a long line excites the plane of its orientation to 1."""
        planes, middle = np.arange(len(self.angles)), 2 * lines.window
        images = _long_lines(2 * middle + 1, np.deg2rad(self.angles))
        excitation = s_cells(s_cells(images, contrast), _linear(lines))[planes, middle, middle, planes]
        return _layer(lines.a / self._positive(excitation, contrast), lines.efficacy)

    def _scaled_ends(self, contrast: SLayer, lines: SLayer, ends: Array) -> Array:
        """Return the kernels, scaled so that half a line in the direction of a plane excites it to 1/2."""
        planes, middle = np.arange(ends.shape[3]), 2 * max(lines.window, len(ends))
        images = _long_lines(2 * middle + 1, np.pi * planes / len(self.angles), half=True)
        drawn = s_cells(s_cells(images, contrast), lines)
        excitation = s_cells(drawn, _linear(_layer(ends, 0)))[planes, middle, middle, planes]
        return ends / (2 * self._positive(excitation, lines))

    def _positive(self, excitation: Array, below: SLayer) -> Array:
        if excitation.min() <= 0:
            wanted = "low enough for lines of ink 1 to excite the next layer"
            raise InvalidParameter(type(self).__name__, "thetas", below.efficacy, wanted)
        return excitation


def _layer(a: Array, theta: float) -> SLayer:
    size, planes = a.shape[0], a.shape[3]
    a = np.ascontiguousarray(a, np.float64)
    return SLayer(a, np.zeros(planes), np.zeros((size, size)), size // 2, Inhibition.THRESHOLD, 1.0, float(theta))


def _linear(layer: SLayer) -> SLayer:
    return SLayer(layer.a, layer.b, layer.c, layer.pad, Inhibition.NONE)


def _contrast(size: int, centre: float, surround: float) -> Array:
    """Return (size, size, 1, 2) on- and off-centre kernels: sum 0, weights of the centre's sign add up to 1."""
    narrow, wide = gaussian(size, centre), gaussian(size, surround)
    difference = narrow / narrow.sum() - wide / wide.sum()
    difference /= np.maximum(difference, 0).sum()
    return np.stack([difference, -difference], axis=-1)[:, :, None]


def _lines(size: int, angles: Array, width: float, length: float) -> Array:
    """Return (size, size, 2, orientations) ridges with flanks, sum 0, on the on-cells, and their negatives."""
    across, along = _distances(size, angles)
    round_ = np.exp(-((across / width) ** 2 + (along / length) ** 2) / 2)
    ridges = (1 - (across / width) ** 2) * round_
    ridges -= round_ * ridges.sum((1, 2), keepdims=True) / round_.sum((1, 2), keepdims=True)
    return np.moveaxis(np.stack([ridges, -ridges]), (0, 1), (2, 3))


def _ends(size: int, directions: Array) -> Array:
    """Return (size, size, orientations, directions): on its own lines a patch ahead, and its negative behind."""
    orientations = len(directions) // 2
    across, along = _distances(size, directions)
    ahead = np.exp(-((across / 1.5) ** 2 + ((along - size / 4) / (size / 8)) ** 2) / 2)
    patches = ahead - ahead[:, ::-1, ::-1]
    a = np.zeros((size, size, orientations, 2 * orientations))
    for k, patch in enumerate(patches):
        a[:, :, k % orientations, k] = patch
    return a


def _long_lines(size: int, angles: Array, half: bool = False) -> Array:
    """Return (angles, size, size, 1) images of lines through the middle, one pixel wide, or of halves from there on."""
    across, along = _distances(size, angles)
    images = np.clip(1 - np.abs(across), 0, 1)
    return (images * np.clip(along + 1, 0, 1) if half else images)[..., None]


def _distances(size: int, angles: Array) -> tuple[Array, Array]:
    """Return the distances (angles, size, size) from lines through the middle: across them and along."""
    at = np.arange(size) - (size - 1) / 2
    x, y = at[None, None, :], -at[None, :, None]
    cos, sin = np.cos(angles)[:, None, None], np.sin(angles)[:, None, None]
    return y * cos - x * sin, x * cos + y * sin
