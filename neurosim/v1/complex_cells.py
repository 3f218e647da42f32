"""Complex cells: the energy of a quadrature pair, and the maximum over simple cells of several phases and places."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.v1.gabor import Gabor
from neurosim.v1.lgn import SHAPE, frames_of, project
from neurosim.v1.simple import SimpleCell, a_gabor
from neurosim.v1.stimuli import shape_of


class EnergyCell:
    """A complex cell by the energy model: rate = gain * ((even field . I)^2 + (odd field . I)^2).

    The rate does not depend on the phase of a grating but for a share of
    2 exp(-8 pi^2 n_x^2) / (1 + exp(-16 pi^2 n_x^2)), n_x = sigma_x / wavelength: 1e-5 at 1.5 octaves. A matched grating
    of contrast c gives gain * (amplitude * pi * sigma_x * sigma_y * c)^2.

    Parameters
    ----------
    gabor : Gabor
        Even field (with its phase); the odd field is its partner, of the phase - 90 degrees.
    shape : (rows, columns), default (33, 33)
        Of the fields and of every frame. What is outside is cut off. The share above needs 5 standard deviations to
        every side from 1.4 octaves on, and 8 at 1 octave, where it is 3e-11 (and 2e-7 with 5).
    gain : float > 0, default 1
        Rate per unit of energy, e.g. spikes per second. It only scales.
    dc : "none", "subtract" or "quadrature", default "none"
        How the answer to uniform fields is removed; see `Gabor.kernel`. "subtract" changes the even field alone, and
        the rate then depends on phase: 5e-3 at 1.5 octaves.

    Attributes
    ----------
    field : (rows, columns) complex128
        Even field + i odd field.

    Raises
    ------
    InvalidParameter
        If a parameter is outside its range.

    References
    ----------
    E. H. Adelson, J. R. Bergen, "Spatiotemporal energy models for the perception of motion", Journal of the Optical
    Society of America A 2:284-299 (1985).

    Examples
    --------
    >>> from neurosim.v1 import EnergyCell, Gabor
    >>> from neurosim.v1.stimuli import grating
    >>> cell = EnergyCell(Gabor(8, sigma_x=3))
    >>> cell.respond(grating((33, 33), 8, phase=[0, 45, 90, 135])).round()
    array([799., 799., 799., 799.])
    """

    def __init__(self, gabor: Gabor, shape: tuple[int, int] = SHAPE, *, gain: float = 1.0, dc: Any = "none") -> None:
        owner = type(self).__name__
        self.gabor, self.shape = a_gabor(owner, gabor), shape_of(owner, shape)
        checks.number(owner, "gain", gain, "a number > 0", above=0.0)
        self.gain, self.dc = gain, dc
        self.field = gabor.kernel(self.shape, dc=dc)

    def linear(self, stimulus: Any) -> np.ndarray:
        """Return the answers of both fields to frames (..., rows, columns): (...) complex128, even + i odd."""
        return project(self.field[None], frames_of(type(self).__name__, stimulus, self.shape))[..., 0]

    def respond(self, stimulus: Any) -> np.ndarray:
        """Return the rate gain * (even^2 + odd^2) for every frame.

        Parameters
        ----------
        stimulus : (..., rows, columns) array
            Contrasts.

        Returns
        -------
        (...) float64, >= 0

        Raises
        ------
        DataError
            If the frames have another shape than the field, or values that are not finite.
        """
        answer = self.linear(stimulus)
        return self.gain * (answer.real**2 + answer.imag**2)


class MaxCell:
    """A complex cell that takes the maximum over rectified simple cells of several phases and places.

    Hubel and Wiesel (1962) made complex cells of simple cells of one orientation, each of which suffices; the maximum
    is how Riesenhuber and Poggio (1999) wrote that down. With p evenly spaced phases and one place the answer to a
    drifting grating lies between cos(180 degrees / p) and 1, has the mean (p / pi) sin(pi / p), and repeats p times a
    cycle, so that F1 is 0.

    Parameters
    ----------
    gabors : Gabor or sequence of Gabor
        One, which is copied over `phases` and `positions`, or the simple cells' fields themselves.
    shape : (rows, columns), default (33, 33)
        Of the fields and of every frame.
    phases : sequence of float, default (0, 90, 180, 270)
        Degrees, added to each Gabor's phase.
    positions : sequence of (x, y), default ((0, 0),)
        Pixels, added to each Gabor's place.
    gain : float > 0, default 1
        Rate per unit of the simple cells' answers. It only scales.
    dc : "none", "subtract" or "quadrature", default "none"
        As in `SimpleCell`.

    Attributes
    ----------
    simple : list of SimpleCell
        The cells over which the maximum is taken.

    Raises
    ------
    InvalidParameter
        If a parameter is outside its range.

    References
    ----------
    M. Riesenhuber, T. Poggio, "Hierarchical models of object recognition in cortex", Nature Neuroscience 2:1019-1025
    (1999).

    Examples
    --------
    >>> from neurosim.v1 import Gabor, MaxCell
    >>> from neurosim.v1.stimuli import grating
    >>> cell = MaxCell(Gabor(8, sigma_x=3))
    >>> cell.respond(grating((33, 33), 8, phase=[0, 45, 90, 135])).round(1)
    array([28.3, 20. , 28.3, 20. ])
    """

    def __init__(
        self,
        gabors: Gabor | Iterable[Gabor],
        shape: tuple[int, int] = SHAPE,
        *,
        phases: Sequence[float] = (0.0, 90.0, 180.0, 270.0),
        positions: Sequence[tuple[float, float]] = ((0.0, 0.0),),
        gain: float = 1.0,
        dc: Any = "none",
    ) -> None:
        owner = type(self).__name__
        self.shape = shape_of(owner, shape)
        checks.number(owner, "gain", gain, "a number > 0", above=0.0)
        self.gain, self.dc = gain, dc
        turns = _numbers(owner, "phases", phases, 1, "one number (degrees) or more")
        places = _numbers(owner, "positions", positions, 2, "one pair (x, y) of pixels or more")
        self.simple = [
            SimpleCell(replace(g, phase=g.phase + turn, x0=g.x0 + x, y0=g.y0 + y), self.shape, dc=dc)
            for g in gabor_list(owner, gabors)
            for turn in turns
            for x, y in places
        ]
        self._fields = np.stack([cell.field for cell in self.simple])

    def respond(self, stimulus: Any) -> np.ndarray:
        """Return gain * the largest rectified answer of the simple cells for every frame.

        Parameters
        ----------
        stimulus : (..., rows, columns) array
            Contrasts.

        Returns
        -------
        (...) float64, >= 0

        Raises
        ------
        DataError
            If the frames have another shape than the fields, or values that are not finite.
        """
        answers = project(self._fields, frames_of(type(self).__name__, stimulus, self.shape))
        return self.gain * np.maximum(0.0, answers.max(axis=-1))


def gabor_list(owner: str, gabors: Any) -> list[Gabor]:
    """Return one Gabor or several as a list of one or more."""
    try:
        found = [gabors] if isinstance(gabors, Gabor) else list(gabors)
    except TypeError:
        found = []
    if not found or not all(isinstance(gabor, Gabor) for gabor in found):
        raise InvalidParameter(owner, "gabors", gabors, "a Gabor or a sequence of them")
    return found


def _numbers(owner: str, name: str, values: Any, axes: int, wanted: str) -> np.ndarray:
    """Return finite numbers (n,) or pairs (n, 2), n >= 1."""
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.ndim != axes or found.size == 0 or (axes == 2 and found.shape[1] != 2) or not np.isfinite(found).all():
        raise InvalidParameter(owner, name, values, wanted)
    return found
