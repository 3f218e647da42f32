"""Showing movies to a cell and reading the harmonics of its rates: what all experiments have in common."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1.curves import finite
from neurosim.v1.stimuli import drifting_grating, shape_of

FRAMES = 32  # a cycle
SCREEN = ("cycles", "settle", "phase", "x0", "y0", "shape")


def harmonics(rates: Any, cycles: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean F0 and the amplitude F1 of the first harmonic of rates during whole cycles.

    F1 is the amplitude of the sinusoid, so that max(0, cos) has F0 = 1 / pi, F1 = 1 / 2 and F1 / F0 = pi / 2. A jump or
    kink in the rates limits the accuracy: for max(0, cos) in n frames the ratio is off by up to (pi / n)^2 / 3 of it.

    Parameters
    ----------
    rates : (..., frames) array
    cycles : int >= 1, default 1
        Cycles of the stimulus in all frames, less than half their number.

    Returns
    -------
    f0, f1 : (...) float64

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.v1.presentation import harmonics
    >>> f0, f1 = harmonics(5 + 3 * np.cos(2 * np.pi * np.arange(16) / 16))
    >>> float(round(f0, 9)), float(round(f1, 9))
    (5.0, 3.0)
    """
    rates = finite("harmonics", "rates", rates)
    frames = rates.shape[-1] if rates.ndim else 0
    checks.at_least("harmonics", "cycles", cycles, 1)
    checks.number("harmonics", "cycles", cycles, f"less than half of the {frames} frames", below=frames / 2)
    wave = np.exp(-2j * np.pi * cycles * np.arange(frames) / frames)
    return rates.mean(axis=-1), 2.0 * np.abs(rates @ wave) / frames


def modulation_ratio(f0: Any, f1: Any) -> np.ndarray:
    """Return F1 / abs(F0); NaN where both are 0, infinity where a membrane potential has no mean."""
    f0, f1 = np.asarray(f0, dtype=np.float64), np.asarray(f1, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(f0 != 0, f1 / np.abs(f0), np.where(f1 > 0, np.inf, np.nan))


@dataclass(frozen=True)
class Modulation:
    """How a drifting grating modulates a cell.

    Parameters
    ----------
    rates : (frames,) or (frames, cells) float64
        During the cycles measured.
    f0, f1 : float64 or (cells,) float64
        Mean, and amplitude of the first harmonic.
    """

    rates: np.ndarray
    f0: np.ndarray
    f1: np.ndarray

    @property
    def ratio(self) -> np.ndarray:
        """F1 / F0: above 1 the cell is classed as simple, below as complex (Skottun et al. 1991)."""
        return modulation_ratio(self.f0, self.f1)


def present(
    cell: Any,
    *,
    frames: int | None = None,
    cycles: int = 1,
    settle: int | None = None,
    shape: Any = None,
    mask: dict[str, Any] | None = None,
    **stimulus: Any,
) -> Modulation:
    """Show a drifting grating, and a mask over it if there is one, and return the rates and their harmonics."""
    frames = round(getattr(cell, "period", FRAMES)) if frames is None else frames
    checks.at_least("experiment", "frames", frames, 3)
    settle = -(-getattr(cell, "memory", 0) // frames) if settle is None else settle
    checks.at_least("experiment", "cycles", cycles, 1)
    checks.at_least("experiment", "settle", settle, 0)
    shape, shown = frame_shape(cell, shape), cycles + settle
    movie = drifting_grating(shape, shown * frames, cycles=shown, **stimulus)
    if mask is not None:
        speed = {key: value for key, value in mask.items() if key != "speed"}
        movie += drifting_grating(shape, shown * frames, cycles=shown * mask["speed"], **(stimulus | speed))
    rates = rates_of(cell, movie)[settle * frames :]
    return Modulation(rates, *harmonics(np.moveaxis(rates, 0, -1), cycles))


def check_screen(screen: dict[str, Any]) -> None:
    """Raise InvalidParameter for an option that experiments do not share."""
    for name, value in screen.items():
        if name not in SCREEN:
            raise InvalidParameter("experiment", name, value, f"left out: here experiments take {', '.join(SCREEN)}")


def rates_of(cell: Any, movie: np.ndarray) -> np.ndarray:
    """Return a cell's rates to a movie, (frames,) or (frames, cells) float64."""
    rates = np.asarray(cell.respond(movie), dtype=np.float64)
    if rates.ndim not in (1, 2) or len(rates) != len(movie):
        wanted = f"({len(movie)},) or ({len(movie)}, cells)"
        raise DataError(f"experiment: {type(cell).__name__}.respond must return {wanted}; got the shape {rates.shape}")
    return rates


def frame_shape(cell: Any, shape: Any) -> tuple[int, int]:
    """Return the shape of the frames: the one given, or the cell's."""
    shape = getattr(cell, "shape", None) if shape is None else shape
    if shape is None:
        raise InvalidParameter("experiment", "shape", None, "given for a cell that has no shape of its own")
    return shape_of("experiment", shape)


def points_of(name: str, values: Any, *, least: float = -np.inf, above: float = -np.inf) -> np.ndarray:
    """Return the values of a varied parameter, (points,) float64, finite and ascending."""
    try:
        points = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        points = np.empty(0)
    inside = np.isfinite(points) & (points >= least) & (points > above)
    if points.ndim != 1 or not len(points) or not inside.all() or not (np.diff(points) > 0).all():
        limits = f" >= {least:g}" if least > -np.inf else f" > {above:g}" if above > -np.inf else ""
        raise InvalidParameter("experiment", name, values, f"ascending finite numbers{limits}")
    return points
