"""Stimuli of the virtual laboratory: gratings, plaids, bars and edges, still and moving.

Stimuli are contrasts: 0 is the mean luminance, the range about -1 to 1. Arrays are (..., rows, columns) float64; x runs
with the columns, y downwards with the rows, in pixels from the middle pixel (size // 2). Angles are in degrees from x
towards y. An orientation is the direction in which luminance is modulated, the normal of the bars, as in `Gabor`; what
moves, moves that way: a and a + 180 show the same bars and opposite directions. Where an array may stand for a number,
there are as many stimuli as the arrays' common shape says. Numbers out of range raise InvalidParameter, arrays whose
shapes do not fit together DataError.
"""

from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter

Shape = tuple[int, int]
LIMITS = {
    "wavelength": (np.nextafter(0.0, 1.0), "numbers > 0"),
    "length": (0.0, "finite numbers >= 0"),
    "width": (0.0, "finite numbers >= 0"),
    "radius": (0.0, "None or numbers >= 0"),
}


def grating(
    shape: Shape,
    wavelength: Any,
    orientation: Any = 0.0,
    phase: Any = 0.0,
    contrast: Any = 1.0,
    *,
    radius: Any = None,
    x0: Any = 0.0,
    y0: Any = 0.0,
) -> np.ndarray:
    """Return sine gratings, contrast * cos(2 pi x' / wavelength + phase), x' = (x - x0) cos a + (y - y0) sin a.

    Parameters
    ----------
    shape : (rows, columns)
    wavelength : float or array > 0
        Pixels per cycle.
    orientation, phase : float or array, default 0
        Degrees.
    contrast : float or array, default 1
        Amplitude, which is the Michelson contrast.
    radius : float or array >= 0, optional
        Of a disc around (x0, y0) outside which there is mean luminance; its rim is one pixel wide.
    x0, y0 : float or array, default 0
        Where phase is counted from, pixels from the middle pixel.

    Returns
    -------
    (..., rows, columns) float64
        One grating, or as many as the parameters' common shape says.

    Examples
    --------
    >>> from neurosim.v1.stimuli import grating
    >>> grating((1, 5), 4).round(12) + 0.0
    array([[-1.,  0.,  1.,  0., -1.]])
    >>> grating((33, 33), 8, orientation=[0, 45, 90]).shape
    (3, 33, 33)
    """
    radius = np.inf if radius is None else radius
    named = {"wavelength": wavelength, "orientation": orientation, "phase": phase, "contrast": contrast}
    wavelength, angle, phase, contrast, radius, x0, y0 = read_numbers("grating", **named, radius=radius, x0=x0, y0=y0)
    x, y = turned(shape_of("grating", shape), angle, x0, y0)
    waves = contrast * np.cos(2.0 * np.pi * x / wavelength + np.deg2rad(phase))
    return waves * np.clip(radius + 0.5 - np.hypot(x, y), 0.0, np.minimum(1.0, 2.0 * radius))


def drifting_grating(
    shape: Shape,
    frames: int,
    wavelength: float,
    orientation: float = 0.0,
    *,
    cycles: int = 1,
    contrast: float = 1.0,
    phase: float = 0.0,
    **place: Any,
) -> np.ndarray:
    """Return (frames, rows, columns) of a grating that drifts in the direction `orientation` for whole cycles.

    Frame t shows contrast * cos(2 pi x' / wavelength + phase - 360 degrees * cycles * t / frames).

    Parameters
    ----------
    shape, wavelength, contrast
        As in `grating`, but one number each.
    frames : int >= 1
    orientation : float, default 0
        Degrees; the direction of drift, so that 0 to 360 are all different.
    cycles, phase : int, float
        Cycles of time in all frames, negative for the other way; degrees of the first frame.
    **place : float
        `radius`, `x0` and `y0` of `grating`.
    """
    _single("drifting_grating", wavelength=wavelength, orientation=orientation, phase=phase, contrast=contrast, **place)
    phases = phase - _turns("drifting_grating", frames, cycles)
    return grating(shape, wavelength, orientation, phases, contrast, **place)


def counterphase(
    shape: Shape,
    frames: int,
    wavelength: float,
    orientation: float = 0.0,
    phase: float = 0.0,
    *,
    cycles: int = 1,
    contrast: float = 1.0,
    **place: Any,
) -> np.ndarray:
    """Return a standing grating whose contrast goes with cos(360 degrees * cycles * t / frames).

    Parameters and result are those of `drifting_grating`; `phase` is the spatial phase in degrees.
    """
    _single("counterphase", wavelength=wavelength, orientation=orientation, phase=phase, contrast=contrast, **place)
    still = grating(shape, wavelength, orientation, phase, contrast, **place)
    return np.cos(np.deg2rad(_turns("counterphase", frames, cycles)))[:, None, None] * still


def plaid(
    shape: Shape,
    wavelength: Any,
    orientation: Any = 0.0,
    phase: Any = 0.0,
    contrast: Any = 0.5,
    *,
    mask_wavelength: Any = None,
    mask_orientation: Any = None,
    mask_phase: Any = 0.0,
    mask_contrast: Any = 0.5,
    **place: Any,
) -> np.ndarray:
    """Return the sum of two gratings, by default at right angles.

    Parameters
    ----------
    shape, wavelength, orientation, phase, contrast, **place
        As in `grating`, with `radius`, `x0` and `y0` for `place`; they may be arrays. The contrast is 0.5 by default,
        so that the sum stays within -1 to 1.
    mask_wavelength, mask_orientation, mask_phase, mask_contrast
        Of the second grating; by default the wavelength of the first and its orientation + 90 degrees.
    """
    mask_wavelength = wavelength if mask_wavelength is None else mask_wavelength
    if mask_orientation is None:
        mask_orientation = read_numbers("plaid", orientation=orientation)[0][..., 0, 0] + 90.0
    test = grating(shape, wavelength, orientation, phase, contrast, **place)
    return test + grating(shape, mask_wavelength, mask_orientation, mask_phase, mask_contrast, **place)


def bar(
    shape: Shape, length: Any, width: Any, orientation: Any = 0.0, *, x0: Any = 0.0, y0: Any = 0.0, contrast: Any = 1.0
) -> np.ndarray:
    """Return bars; `orientation` is the direction across the bar, so that 0 is an upright bar.

    A pixel shows what part of it the bar covers, exactly: a bar thinner than a pixel is fainter.

    Parameters
    ----------
    shape, length, width : (rows, columns), float or array >= 0, float or array >= 0
        Pixels; the length along the bar, the width across.
    orientation, x0, y0, contrast : float or array
        Degrees; the bar's middle in pixels from the middle pixel; negative for a dark bar.

    Examples
    --------
    >>> from neurosim.v1.stimuli import bar
    >>> bar((1, 5), length=3, width=2)
    array([[0. , 0.5, 1. , 0.5, 0. ]])
    """
    named = {"length": length, "width": width, "orientation": orientation, "x0": x0, "y0": y0, "contrast": contrast}
    length, width, angle, x0, y0, contrast = read_numbers("bar", **named)
    return contrast * _covered(shape_of("bar", shape), length, width, np.deg2rad(angle), x0, y0)


def moving_bar(
    shape: Shape,
    frames: int,
    length: float,
    width: float,
    orientation: float = 0.0,
    *,
    distance: float | None = None,
    contrast: float = 1.0,
) -> np.ndarray:
    """Return a bar that moves in the direction `orientation`, across itself, at constant speed through the middle.

    Parameters
    ----------
    shape, length, width, orientation, contrast
        As in `bar`, but one number each.
    frames : int >= 1
    distance : float, optional
        Pixels from the first position to the last, the middle pixel halfway. Default: the smaller side of the stimulus.
    """
    checks.at_least("moving_bar", "frames", frames, 1)
    distance = min(shape_of("moving_bar", shape)) if distance is None else distance
    _single("moving_bar", length=length, width=width, orientation=orientation, distance=distance, contrast=contrast)
    angle, span = (value.item() for value in read_numbers("moving_bar", orientation=orientation, distance=distance))
    place, angle = span * (np.arange(frames) - (frames - 1) / 2) / max(frames - 1, 1), np.deg2rad(angle)
    return bar(shape, length, width, orientation, x0=place * np.cos(angle), y0=place * np.sin(angle), contrast=contrast)


def edge(shape: Shape, orientation: Any = 0.0, *, x0: Any = 0.0, y0: Any = 0.0, contrast: Any = 1.0) -> np.ndarray:
    """Return edges through (x0, y0), -contrast on one side and +contrast on the side to which `orientation` points.

    Parameters
    ----------
    shape, orientation : (rows, columns), float or array
        Degrees; 0 is an upright edge, bright on the right.
    x0, y0, contrast : float or array
        Pixels from the middle pixel; the step is 2 * contrast, and a pixel that the edge crosses is in between.

    Examples
    --------
    >>> from neurosim.v1.stimuli import edge
    >>> edge((1, 5))
    array([[-1., -1.,  0.,  1.,  1.]])
    """
    orientation, x0, y0, contrast = read_numbers("edge", orientation=orientation, x0=x0, y0=y0, contrast=contrast)
    return contrast * np.clip(2.0 * turned(shape_of("edge", shape), orientation, x0, y0)[0], -1.0, 1.0)


def turned(shape: Shape, angle: Any, x0: Any, y0: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the coordinates along `angle` (degrees) and 90 degrees further in pixels from (x0, y0)."""
    y, x = (np.arange(side) - side // 2 for side in shape)
    x, y, cosine, sine = x - x0, y[:, None] - y0, np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    return x * cosine + y * sine, y * cosine - x * sine


def shape_of(owner: str, shape: Any) -> Shape:
    """Return (rows, columns), two integers >= 1, or raise InvalidParameter."""
    try:
        rows, columns = (int(side) if int(side) == side else 0 for side in shape)
    except (TypeError, ValueError, OverflowError):
        rows = columns = 0
    if min(rows, columns) < 1:
        raise InvalidParameter(owner, "shape", shape, "(rows, columns), two integers >= 1")
    return rows, columns


def read_numbers(owner: str, **values: Any) -> list[np.ndarray]:
    """Return float64 arrays (..., 1, 1) of the named parameters, after a check of their ranges and shapes."""
    arrays = []
    for name, value in values.items():
        try:
            array = np.asarray(np.nan if np.asarray(value).dtype.kind in "SU" else value, dtype=np.float64)
        except (TypeError, ValueError):
            array = np.array(np.nan)
        least, wanted = LIMITS.get(name, (-np.inf, "finite numbers"))
        if not ((array >= least) & (np.isfinite(array) | (name == "radius"))).all():
            raise InvalidParameter(owner, name, value, wanted)
        arrays.append(array[..., None, None])
    try:
        np.broadcast_shapes(*(array.shape for array in arrays))
    except ValueError:
        shapes = ", ".join(f"{name} {np.shape(value)}" for name, value in values.items())
        raise DataError(f"{owner}: arrays of these shapes do not fit together: {shapes}") from None
    return arrays


def _single(owner: str, **values: Any) -> None:
    """Raise InvalidParameter for arrays where a movie takes one number."""
    for name, value in values.items():
        if isinstance(value, list | tuple) or np.ndim(value):
            raise InvalidParameter(owner, name, value, "one number, not an array")


def _turns(owner: str, frames: int, cycles: int) -> np.ndarray:
    """Return the temporal phase of each frame in degrees, (frames,)."""
    checks.at_least(owner, "frames", frames, 1)
    checks.at_least(owner, "cycles", cycles, -(2**31))
    return 360.0 * cycles * np.arange(frames) / frames


def _covered(shape: Shape, length: Any, width: Any, angle: Any, x0: Any, y0: Any) -> np.ndarray:
    """Return how much of each pixel, a unit square, lies in a rectangle turned by `angle` (radians)."""
    middle, turn = x0 + 1j * y0, np.exp(1j * angle) / 2
    corners = [middle + turn * (i * width + 1j * j * length) for i, j in ((1, 1), (-1, 1), (-1, -1), (1, -1))]
    return np.round(sum(_right_of(shape, corners[i - 1], corners[i]) for i in range(4)), 12) + 0.0


def _right_of(shape: Shape, start: Any, end: Any) -> np.ndarray:
    """Return each pixel's area beside a line x + i y, to its right: > 0 for a line to smaller y, < 0 to larger."""
    y, x = (np.arange(side) - side // 2 for side in shape)
    sign = np.where(start.imag > end.imag, 1.0, -1.0)
    top, bottom = np.where(sign > 0, end, start), np.where(sign > 0, start, end)
    level = bottom.imag == top.imag
    slope = (bottom - top).real / np.where(level, 1.0, (bottom - top).imag)
    upper, lower = (np.clip(y[:, None] + half, top.imag, bottom.imag) for half in (-0.5, 0.5))
    first, last = (x + 0.5 - top.real - slope * (at - top.imag) for at in (upper, lower))
    a, b = np.clip(first, 0.0, 1.0), np.clip(last, 0.0, 1.0)  # the line's distance from the pixel's right side
    sum_along = (b - a) * (a + b) / 2 + np.maximum(last - 1.0, 0.0) - np.maximum(first - 1.0, 0.0)
    return sign * (lower - upper) * np.where(first == last, a, sum_along / np.where(first == last, 1.0, last - first))
