"""Measures of orientation maps: pinwheels, the ring of the spectrum, hypercolumns, crossings with ocular dominance."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.core.errors import DataError, InvalidParameter

LEAST = 4  # rows and columns of a map that has a spectrum
TIE = 1e-6  # radians: a difference this near to a right angle is one, whatever its rounding


@dataclass(frozen=True)
class Pinwheels:
    """Points round which every orientation occurs once.

    Parameters
    ----------
    positions : (n, 2)
        Map coordinates (x, y) in steps between units: middles of squares of four units.
    charges : (n,) of +0.5 and -0.5
        Turns of the orientation on one walk round the point from the x axis towards the y axis, the direction in which
        angles of the map count as growing.
    """

    positions: np.ndarray
    charges: np.ndarray


@dataclass(frozen=True)
class Spectrum:
    """Power of a map over wave vectors, and the ring that it forms.

    Parameters
    ----------
    power : (rows, columns)
        Share of each wave vector, sum 1; the wave vector 0, which has none, is in the middle
        (``power[rows // 2, columns // 2]``).
    frequencies : (bins,)
        Wave numbers 1, 2, ... over the shorter side of the map, in cycles per step.
    profile : (bins,)
        Mean power of the wave vectors of about this wave number.
    wavelength : float
        One over the mean wave number, weighted by power, in steps: the distance of columns of like preference.
    width : float >= 0
        Standard deviation of the wave number over its mean: 0 for a circle.
    hole : float in [0, 1]
        Mean power of wave vectors shorter than half the mean wave number, over the largest of `profile`: near 0 inside
        a ring, 1 for a disc.
    anisotropy : float in [0, 1]
        How unevenly power lies round the ring, ``|sum p exp(2 i angle)|``: 0 for a ring, 1 for parallel stripes.
    """

    power: np.ndarray
    frequencies: np.ndarray
    profile: np.ndarray
    wavelength: float
    width: float
    hole: float
    anisotropy: float


@dataclass(frozen=True)
class ColumnLayout:
    """What `column_layout` measures.

    Parameters
    ----------
    pinwheels : Pinwheels
    spectrum : Spectrum
    hypercolumns : float
        Area of the map over the square of the wavelength. Averages over fewer than about 36 are uncertain.
    density : float
        Pinwheels per hypercolumn. A random map with the same spectrum has ``pi * (1 + width**2)`` on average.
    """

    pinwheels: Pinwheels
    spectrum: Spectrum
    hypercolumns: float
    density: float


def pinwheels(preference: Any, *, periodic: bool = True) -> Pinwheels:
    """Find the pinwheels of an orientation map by the winding number round every square of four units.

    Parameters
    ----------
    preference : (rows, columns)
        Preferred orientation of every unit in radians, of period pi.
    periodic : bool, default True
        Whether left and right, top and bottom of the map meet. Then both signs occur equally often in any map.

    Returns
    -------
    Pinwheels

    Raises
    ------
    DataError
        If `preference` is not a finite matrix of at least 4 x 4.

    Notes
    -----
    From unit to unit the orientation takes the shorter way round. Between orthogonal units, which are frequent where
    only 4 or 8 orientations were told apart, both ways are equally short; it is then taken to fall by a right angle to
    the right and downwards. Pinwheels at such steps may be a unit off, and pairs of opposite sign may be added: 4
    orientations are few.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.som.orientation_map import pinwheels
    >>> y, x = np.mgrid[-3:4, -3:4] + 0.5
    >>> found = pinwheels(np.arctan2(y, x) / 2, periodic=False)
    >>> found.positions, found.charges
    (array([[2.5, 2.5]]), array([0.5]))
    """
    angle = _checked("pinwheels", "preference", preference, real=True)
    right, down = (_folded(np.roll(angle, -1, axis) - angle) for axis in (1, 0))
    turns = np.rint((right + np.roll(down, -1, 1) - np.roll(right, -1, 0) - down) / np.pi)
    if not periodic:
        turns = turns[:-1, :-1]
    row, column = np.nonzero(turns)
    return Pinwheels(np.stack([column, row], axis=1) + 0.5, turns[row, column] / 2)


def spectrum(values: Any, *, periodic: bool = True) -> Spectrum:
    """Return the power spectrum of a map and the ring in it.

    Parameters
    ----------
    values : (rows, columns), real or complex
        For orientation ``selectivity * exp(2j * preference)``; for ocular dominance the map itself.
    periodic : bool, default True
        False: the map fades out towards its borders (a Hann window), which do not fit together.

    Returns
    -------
    Spectrum

    Raises
    ------
    DataError
        If `values` is not a finite matrix of at least 4 x 4, or the same everywhere.
    """
    z = _checked("spectrum", "values", values)
    rows, columns = z.shape
    if not periodic:
        window = np.outer(*(np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2 for n in z.shape))
        z = window * (z - (window * z).sum() / window.sum())
    power = np.abs(np.fft.fft2(z - z.mean())) ** 2
    total = power.sum()
    if not total > 1e-24 * np.abs(z).max() ** 2 * z.size**2:
        raise DataError("spectrum: the values are the same everywhere")
    power /= total
    fy, fx = np.meshgrid(np.fft.fftfreq(rows), np.fft.fftfreq(columns), indexing="ij")
    f = np.hypot(fx, fy)
    mean = (power * f).sum()
    side = min(z.shape)
    number = np.rint(f * side).astype(int)
    inside = (number >= 1) & (number <= side // 2)
    profile = np.bincount(number[inside], power[inside])[1:] / np.bincount(number[inside])[1:]
    short = (f > 0) & (f < mean / 2)
    return Spectrum(
        power=np.fft.fftshift(power),
        frequencies=np.arange(1, len(profile) + 1) / side,
        profile=profile,
        wavelength=float(1 / mean),
        width=float(np.sqrt((power * (f - mean) ** 2).sum()) / mean),
        hole=float(min(1.0, power[short].mean() / profile.max())) if short.any() else 0.0,
        anisotropy=float(abs((power * np.exp(2j * np.arctan2(fy, fx))).sum())),
    )


def column_layout(preference: Any, selectivity: Any = None, *, periodic: bool = True) -> ColumnLayout:
    """Measure an orientation map: pinwheels, spectrum, hypercolumns, pinwheels per hypercolumn.

    Parameters
    ----------
    preference : (rows, columns)
        Preferred orientation in radians, of period pi.
    selectivity : (rows, columns), >= 0, optional
        Weights of the units in the spectrum; default: all alike.
    periodic : bool, default True
        Whether the sides of the map meet.

    Returns
    -------
    ColumnLayout

    Raises
    ------
    DataError
        If an array is not a finite matrix of at least 4 x 4, or not of the other's shape.

    References
    ----------
    That maps of random waves have pi pinwheels per hypercolumn: F. Wolf, T. Geisel, "Spontaneous pinwheel annihilation
    during visual development", Nature 395:73-78 (1998); not checked against the paper, but by simulation.
    """
    angle = _checked("column_layout", "preference", preference, real=True)
    weight = np.ones(angle.shape) if selectivity is None else _checked("column_layout", "selectivity", selectivity)
    if weight.shape != angle.shape:
        raise DataError(f"column_layout: selectivity has shape {weight.shape}, preference {angle.shape}")
    found, ring = pinwheels(angle, periodic=periodic), spectrum(weight * np.exp(2j * angle), periodic=periodic)
    sides = angle.shape if periodic else tuple(n - 1 for n in angle.shape)
    hypercolumns = sides[0] * sides[1] / ring.wavelength**2
    return ColumnLayout(found, ring, hypercolumns, len(found.charges) / hypercolumns)


def crossing_angles(preference: Any, dominance: Any, *, share: float = 0.1) -> np.ndarray:
    """Return the angles at which lines of equal orientation cross the borders of ocular dominance stripes.

    Parameters
    ----------
    preference : (rows, columns)
        Preferred orientation in radians, of period pi, of a map whose sides meet.
    dominance : (rows, columns)
        Ocular dominance, of either sign; borders are where it is 0.
    share : float in (0, 1], default 0.1
        Share of the units, those with the least ``|dominance|``, that count as the border.

    Returns
    -------
    (n,) array
        Angles in radians from 0 to pi / 2; unrelated maps have all angles equally often.
    """
    angle = _checked("crossing_angles", "preference", preference, real=True)
    eye = _checked("crossing_angles", "dominance", dominance, real=True)
    if not 0 < share <= 1:
        raise InvalidParameter("crossing_angles", "share", share, "a number in (0, 1]")
    z = np.exp(2j * angle)
    slope = np.stack([(np.conj(z) * _slope(z, axis)).imag for axis in (1, 0)])
    across = np.stack([_slope(eye, axis) for axis in (1, 0)])
    border = np.abs(eye) <= np.quantile(np.abs(eye), share)
    lengths = np.linalg.norm(slope, axis=0) * np.linalg.norm(across, axis=0)
    border &= lengths > 0
    cosine = np.abs((slope * across).sum(axis=0)[border]) / lengths[border]
    return np.arccos(np.minimum(1.0, cosine))


def _folded(difference: np.ndarray) -> np.ndarray:
    """Return differences of orientations folded into [-pi / 2, pi / 2)."""
    folded: np.ndarray = (difference + np.pi / 2 + TIE) % np.pi - np.pi / 2 - TIE
    return folded


def _slope(values: np.ndarray, axis: int) -> np.ndarray:
    """Return the central difference along an axis that closes on itself."""
    return (np.roll(values, -1, axis) - np.roll(values, 1, axis)) / 2


def _checked(owner: str, name: str, values: Any, *, real: bool = False) -> np.ndarray:
    array = np.asarray(values)
    kinds = "biuf" if real else "biufc"
    if array.ndim != 2 or min(array.shape) < LEAST or array.dtype.kind not in kinds or not np.isfinite(array).all():
        wanted = f"a finite {'real ' if real else ''}matrix of at least {LEAST} x {LEAST}"
        raise DataError(f"{owner}: {name} has shape {array.shape} and type {array.dtype}; wanted {wanted}")
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
