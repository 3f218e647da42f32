"""Experiments of the virtual laboratory: a cell is shown drifting gratings, and what varies makes a tuning curve.

A cell is anything with ``respond(stimulus)`` that maps frames (frames, rows, columns) to rates (frames,), or to
(frames, cells) for a population. Gratings drift by whole cycles in the direction of their orientation, and F0 and F1
are taken over whole cycles.

What all experiments share:

frames : int >= 3, optional
    Frames of a cycle, so that the temporal frequency is 1 / frames cycles per frame. Default: ``cell.period``, the
    period a cell with filters in time prefers, rounded; 32 for cells without. A kink in the rates limits the relative
    accuracy of F1 / F0 to (pi / frames)^2 / 3.
radius : float, optional
    Of a disc outside which there is mean luminance, pixels. Default: the grating fills the frame.
cycles : int >= 1, default 1
    Cycles that are measured.
settle : int >= 0, optional
    Cycles before them that are not. Default: as many as cover ``cell.memory`` frames, none for cells without memory.
phase, x0, y0 : float, default 0
    Of the grating; see `grating`.
shape : (rows, columns), optional
    Of the frames. Default: ``cell.shape``.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.v1.curves import NakaRushton, fit_contrast_response
from neurosim.v1.measures import TuningCurve, merged, narrowest
from neurosim.v1.presentation import Modulation, check_screen, frame_shape, points_of, present, rates_of
from neurosim.v1.stimuli import grating

ORIENTATIONS = np.arange(0.0, 180.0, 7.5)
FINEST = 0.9375  # degrees between orientations
FREQUENCIES = 2.0 ** np.arange(-6.0, -1.0, 0.25)
CONTRASTS = np.array([0.0, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0])
PHASES = np.arange(0.0, 360.0, 15.0)


def orientation_tuning(
    cell: Any,
    *,
    wavelength: float,
    orientations: Any = None,
    contrast: float = 1.0,
    frames: int | None = None,
    radius: float | None = None,
    **screen: Any,
) -> TuningCurve:
    """Show gratings of several orientations.

    Parameters
    ----------
    cell : object with ``respond``
    wavelength : float > 0
        Pixels per cycle.
    orientations : (points,) array, optional
        Directions of drift in degrees, ascending. Default: around 180 degrees in steps of 7.5, halved up to three times
        for cells whose half width at half height is less than two steps. Steps around 360 degrees give the curve a
        direction index, too.
    contrast : float, default 1
    frames, radius, **screen
        Of all experiments: see `neurosim.v1.experiments`.

    Returns
    -------
    TuningCurve

    Examples
    --------
    >>> from neurosim.v1 import EnergyCell, Gabor, orientation_tuning
    >>> cell = EnergyCell(Gabor(8, orientation=30, sigma_x=3.5))
    >>> curve = orientation_tuning(cell, wavelength=8)
    >>> round(curve.preferred, 1), round(curve.hwhh, 1), round(curve.f1f0, 3)
    (30.0, 17.4, 0.0)
    """
    fixed = {"wavelength": wavelength, "contrast": contrast, "frames": frames, "radius": radius}

    def measured(points: Any) -> TuningCurve:
        return _tuning(cell, "orientation", "degrees", points, lambda a: {"orientation": a, **fixed}, screen)

    if orientations is not None:
        return measured(points_of("orientations", orientations))
    curve, step = measured(ORIENTATIONS), ORIENTATIONS[1]
    while step > FINEST and narrowest(curve) < 2.0 * step:
        curve, step = merged(curve, measured(curve.x + step / 2)), step / 2
    return curve


def frequency_tuning(
    cell: Any,
    *,
    orientation: float = 0.0,
    frequencies: Any = FREQUENCIES,
    contrast: float = 1.0,
    frames: int | None = None,
    radius: float | None = None,
    **screen: Any,
) -> TuningCurve:
    """Show gratings of several spatial frequencies.

    Parameters are as for `orientation_tuning`, but for `frequencies`, (points,) in cycles per pixel, > 0 and ascending,
    by default 1/64 to 0.42 in quarters of an octave.
    """
    fixed = {"orientation": orientation, "contrast": contrast, "frames": frames, "radius": radius}
    points = points_of("frequencies", frequencies, above=0.0)
    return _tuning(cell, "frequency", "cycles/px", points, lambda f: {"wavelength": 1.0 / f, **fixed}, screen)


def size_tuning(
    cell: Any,
    *,
    wavelength: float,
    orientation: float = 0.0,
    radii: Any = None,
    contrast: float = 1.0,
    frames: int | None = None,
    **screen: Any,
) -> TuningCurve:
    """Show gratings in discs of several sizes.

    Parameters are as for `orientation_tuning`, but for `radii`, (points,) in pixels, >= 0 and ascending. Default: 17 to
    half of the smaller side of the frame.
    """
    if radii is None:
        radii = np.linspace(0.0, min(frame_shape(cell, screen.get("shape"))) / 2, 17)
    fixed = {"wavelength": wavelength, "orientation": orientation, "contrast": contrast, "frames": frames}
    points = points_of("radii", radii, least=0.0)
    return _tuning(cell, "radius", "px", points, lambda radius: {"radius": radius, **fixed}, screen)


def contrast_response(
    cell: Any,
    *,
    wavelength: float,
    orientation: float = 0.0,
    contrasts: Any = CONTRASTS,
    frames: int | None = None,
    radius: float | None = None,
    **screen: Any,
) -> TuningCurve:
    """Show a grating at several contrasts; `fit_contrast_response(curve.x, curve.response)` fits the curve.

    Parameters are as for `orientation_tuning`, but for `contrasts`, (points,), >= 0 and ascending, by default 0, 0.01
    doubled up to 0.64, and 1.
    """
    fixed = {"wavelength": wavelength, "orientation": orientation, "frames": frames, "radius": radius}
    points = points_of("contrasts", contrasts, least=0.0)
    return _tuning(cell, "contrast", "", points, lambda contrast: {"contrast": contrast, **fixed}, screen)


@dataclass(frozen=True)
class CrossOrientation:
    """Contrast responses to a grating alone and under a mask.

    Parameters
    ----------
    alone, masked : TuningCurve
    mask_contrast : float
    """

    alone: TuningCurve
    masked: TuningCurve
    mask_contrast: float

    def cell(self, index: int) -> "CrossOrientation":
        """Return what one cell of a population did."""
        return CrossOrientation(self.alone.cell(index), self.masked.cell(index), self.mask_contrast)

    @cached_property
    def responses(self) -> tuple[np.ndarray, np.ndarray]:
        """Responses alone and under the mask, (points,) each: both F1, or both F0, as the grating alone decides."""
        modulated = self.alone.response is self.alone.f1
        return self.alone.response, self.masked.f1 if modulated else self.masked.f0

    @property
    def suppression(self) -> np.ndarray:
        """1 - masked / alone at every contrast, (points,); NaN where the grating alone gives no response."""
        alone, masked = self.responses
        return 1.0 - np.divide(masked, alone, out=np.full_like(alone, np.nan), where=alone > 0)

    @cached_property
    def fits(self) -> tuple[NakaRushton, NakaRushton]:
        """The fits of both contrast responses."""
        alone, masked = (fit_contrast_response(self.alone.x, rates) for rates in self.responses)
        return alone, masked

    @property
    def shift(self) -> float:
        """Ratio of both c50, the shift on the axis of log contrast."""
        alone, masked = self.fits
        return masked.c50 / alone.c50


def cross_orientation_suppression(
    cell: Any,
    *,
    wavelength: float,
    orientation: float = 0.0,
    contrasts: Any = CONTRASTS,
    mask_orientation: float | None = None,
    mask_contrast: float = 0.5,
    mask_wavelength: float | None = None,
    mask_cycles: int = 2,
    frames: int | None = None,
    radius: float | None = None,
    **screen: Any,
) -> CrossOrientation:
    """Show a grating at several contrasts, alone and with a second one over it.

    Parameters
    ----------
    cell, wavelength, orientation, contrasts, frames, radius, **screen
        As for `contrast_response`.
    mask_orientation, mask_wavelength : float, optional
        Default: orientation + 90 degrees and the same wavelength.
    mask_contrast, mask_cycles : float, default 0.5, and int, default 2
        Cycles of the mask while the grating goes through one. With another temporal frequency than the grating's the
        mask takes all phases to it, and F1 tells the answer to the grating from that to the mask.

    Returns
    -------
    CrossOrientation
    """
    checks.at_least("cross_orientation_suppression", "mask_cycles", mask_cycles, -(2**31))
    points = points_of("contrasts", contrasts, least=0.0)
    mask = {
        "orientation": orientation + 90.0 if mask_orientation is None else mask_orientation,
        "wavelength": wavelength if mask_wavelength is None else mask_wavelength,
        "contrast": mask_contrast,
        "speed": mask_cycles,
    }
    fixed = {"wavelength": wavelength, "orientation": orientation, "frames": frames, "radius": radius}

    def curve(**over: Any) -> TuningCurve:
        return _tuning(cell, "contrast", "", points, lambda contrast: {"contrast": contrast, **fixed, **over}, screen)

    return CrossOrientation(curve(), curve(mask=mask), mask_contrast)


def modulation(
    cell: Any,
    *,
    wavelength: float,
    orientation: float = 0.0,
    contrast: float = 1.0,
    frames: int | None = None,
    radius: float | None = None,
    **screen: Any,
) -> Modulation:
    """Show one drifting grating. Parameters are as for `orientation_tuning`; cells without period get 128 frames.

    Examples
    --------
    >>> from neurosim.v1 import Gabor, SimpleCell, modulation
    >>> cell = SimpleCell(Gabor(8, sigma_x=4))
    >>> print(f"{modulation(cell, wavelength=8).ratio:.3f}")
    1.571
    """
    check_screen(screen)
    frames = 128 if frames is None and not hasattr(cell, "period") else frames
    fixed: dict[str, Any] = {"wavelength": wavelength, "orientation": orientation, "contrast": contrast}
    return present(cell, frames=frames, radius=radius, **fixed, **screen)


def phase_response(
    cell: Any,
    *,
    wavelength: float,
    orientation: float = 0.0,
    phases: Any = PHASES,
    contrast: float = 1.0,
    radius: float | None = None,
    x0: float = 0.0,
    y0: float = 0.0,
    shape: Any = None,
) -> TuningCurve:
    """Show standing gratings of several phases, (points,) in degrees; F1 of the curve is 0.

    ``curve.depth`` is the modulation by phase, (max - min) / (max + min). Cells with filters in time, to which these
    gratings would be a movie, raise InvalidParameter.
    """
    if getattr(cell, "memory", 0) or hasattr(cell, "period"):
        raise InvalidParameter("phase_response", "cell", cell, "a cell without memory or period")
    points = points_of("phases", phases)
    place = {"radius": radius, "x0": x0, "y0": y0}
    rates = rates_of(cell, grating(frame_shape(cell, shape), wavelength, orientation, points, contrast, **place))
    return TuningCurve("phase", "degrees", points, rates, np.zeros_like(rates))


def _tuning(cell: Any, parameter: str, unit: str, x: Any, shown: Any, screen: dict[str, Any]) -> TuningCurve:
    """Return the curve of a cell to drifting gratings, whose parameters `shown` makes of each point."""
    check_screen(screen)
    answers = [present(cell, **shown(point), **screen) for point in x]
    return TuningCurve(parameter, unit, x, np.array([a.f0 for a in answers]), np.array([a.f1 for a in answers]))
