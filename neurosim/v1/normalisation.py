"""Divisive normalisation: cells divided by the pooled energy of their population."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.v1.complex_cells import gabor_list
from neurosim.v1.gabor import Gabor
from neurosim.v1.lgn import SHAPE, frames_of, project
from neurosim.v1.simple import a_gabor
from neurosim.v1.stimuli import grating, shape_of

LEAST = 1e-6  # of the answer to the matched grating, in parts of that of a field which the frame holds whole


class NormalisedPopulation:
    """Cells that divide each other's responses (Heeger 1992).

    Every cell i has a drive A_i in units of contrast^exponent: its energy (or half-squared linear answer), scaled so
    that its matched grating of contrast c gives c^exponent. The cell answers

        rate_i = r_max A_i / (c50^exponent + pool_i),   pool_i = sum_j A_j / s_i,

    where j runs over the energies of all cells, and s_i makes the pool c^exponent, too, for the cell's matched grating.
    That grating therefore gives r_max c^n / (c50^n + c^n). If the cells cover all orientations evenly, the pool is the
    same for all, tuning keeps its width at any contrast, and for n = 2 an orthogonal grating of contrast m divides: it
    shifts the contrast response to the right by sqrt(1 + (m / c50)^2).

    Parameters
    ----------
    gabors : Gabor or sequence of Gabor
        The cells, which are the pool, too: see `ring`.
    shape : (rows, columns), default (33, 33)
        Of the fields and of every frame.
    c50 : float > 0, default 0.2
        Semi-saturation constant, the contrast of the matched grating that gives half of `r_max`.
    r_max : float > 0, default 1
        Rate that a matched grating of high contrast approaches, e.g. in spikes per second.
    exponent : float > 0, default 2
        Of the drive and of c50.
    kind : "complex" or "simple", default "complex"
        Whether a cell's drive is its energy^(exponent / 2), the same for all phases, or max(0, linear)^exponent, which
        reaches the values above at the best phase. The pool is energies in both cases: half-squared cells of four
        phases add up to them.
    dc : "none", "subtract" or "quadrature", default "none"
        How answers to uniform fields are removed; see `Gabor.kernel`.

    Attributes
    ----------
    gabors : list of Gabor
    field : (cells, rows, columns) complex128
        Even + i odd fields, scaled to answer a matched grating of contrast 1 with energy 1.

    Raises
    ------
    InvalidParameter
        If a parameter is outside its range, or a cell's field does not answer its own matched grating: it has the
        amplitude 0, lies outside the frame, or, with kind="simple", is zero at every pixel.

    References
    ----------
    D. J. Heeger, "Normalization of cell responses in cat striate cortex", Visual Neuroscience 9:181-197 (1992).
    M. Carandini, D. J. Heeger, J. A. Movshon, "Linearity and normalization in simple cells of the macaque primary
    visual cortex", The Journal of Neuroscience 17:8621-8644 (1997).

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.v1 import Gabor, NormalisedPopulation
    >>> from neurosim.v1.stimuli import grating
    >>> cells = NormalisedPopulation.ring(Gabor(8, sigma_x=3), n=12)
    >>> contrast = np.array([0.05, 0.1, 0.2, 0.5, 1])
    >>> cells.respond(grating((33, 33), 8, contrast=contrast))[:, 0].round(3)
    array([0.059, 0.2  , 0.5  , 0.862, 0.961])
    """

    def __init__(
        self,
        gabors: Gabor | Iterable[Gabor],
        shape: tuple[int, int] = SHAPE,
        *,
        c50: float = 0.2,
        r_max: float = 1.0,
        exponent: float = 2.0,
        kind: str = "complex",
        dc: Any = "none",
    ) -> None:
        owner = type(self).__name__
        self.gabors, self.shape = gabor_list(owner, gabors), shape_of(owner, shape)
        for name, value in (("c50", c50), ("r_max", r_max), ("exponent", exponent)):
            checks.number(owner, name, value, "a number > 0", above=0.0)
        checks.one_of(owner, "kind", kind, ("complex", "simple"))
        self.c50, self.r_max, self.exponent, self.kind, self.dc = c50, r_max, exponent, kind, dc
        self.field = np.stack([gabor.kernel(self.shape, dc=dc) for gabor in self.gabors])
        matched = [self._matched_grating(gabor) for gabor in self.gabors]
        self.field /= np.array([self._own(i, frames) for i, frames in enumerate(matched)])[:, None, None]
        pooled = [np.abs(project(self.field, frames)) ** exponent for frames in matched]
        self._share = np.array([drives.sum(axis=-1).mean() for drives in pooled])

    @classmethod
    def ring(
        cls, gabor: Gabor, n: int = 12, shape: tuple[int, int] = SHAPE, **parameters: Any
    ) -> "NormalisedPopulation":
        """Return a population of n copies of a Gabor whose orientations cover 180 degrees evenly, its own first.

        Parameters
        ----------
        gabor : Gabor
        n : int >= 1, default 12
        shape, **parameters
            As for the class.
        """
        owner = cls.__name__
        checks.at_least(owner, "n", n, 1)
        angle = a_gabor(owner, gabor).orientation
        return cls([replace(gabor, orientation=angle + 180.0 * i / n) for i in range(n)], shape, **parameters)

    def _own(self, i: int, frames: np.ndarray) -> float:
        """Return the root of the mean energy that cell i has for its matched grating; raise if there is hardly any."""
        answers, gabor = project(self.field[i : i + 1], frames), self.gabors[i]
        with np.errstate(over="ignore"):
            size = float(np.sqrt(np.mean(np.abs(answers) ** 2)))
            drive = size if self.kind == "complex" else float(np.sqrt(np.mean(answers.real**2)))
        if not LEAST * abs(gabor.amplitude) * gabor.sigma_x * gabor.sigma_y < drive < np.inf:
            wanted = f"fields that answer their own gratings within the frame of {self.shape} (number {i} does not)"
            raise InvalidParameter(type(self).__name__, "gabors", gabor, wanted)
        return size

    def _matched_grating(self, gabor: Gabor) -> np.ndarray:
        """Return the grating of a cell at four phases, whose mean energy is that over all phases."""
        return grating(self.shape, gabor.wavelength, gabor.orientation, [0.0, 45.0, 90.0, 135.0])

    def linear(self, stimulus: Any) -> np.ndarray:
        """Return the answers of the fields, even + i odd, to frames (..., rows, columns): (..., cells) complex128."""
        return project(self.field, frames_of(type(self).__name__, stimulus, self.shape))

    def respond(self, stimulus: Any) -> np.ndarray:
        """Return the normalised rates of all cells for every frame.

        Parameters
        ----------
        stimulus : (..., rows, columns) array
            Contrasts.

        Returns
        -------
        (..., cells) float64, >= 0

        Raises
        ------
        DataError
            If the frames have another shape than the fields, or values that are not finite.
        """
        answers = self.linear(stimulus)
        energies = np.abs(answers) ** self.exponent
        drives = energies if self.kind == "complex" else np.maximum(0.0, answers.real) ** self.exponent
        pool = energies.sum(axis=-1, keepdims=True) / self._share
        return self.r_max * drives / (self.c50**self.exponent + pool)

    def cell(self, i: int) -> "PopulationCell":
        """Return cell i, which answers with its own rate alone: for experiments on one cell."""
        if not isinstance(i, int | np.integer) or not 0 <= i < len(self.gabors):
            raise InvalidParameter(f"{type(self).__name__}.cell", "i", i, f"a cell, 0 to {len(self.gabors) - 1}")
        return PopulationCell(self, int(i))


class PopulationCell:
    """One cell of a `NormalisedPopulation`; `respond` returns (...) instead of (..., cells)."""

    def __init__(self, population: NormalisedPopulation, i: int) -> None:
        self.population, self.i = population, i
        self.gabor, self.shape = population.gabors[i], population.shape

    def respond(self, stimulus: Any) -> np.ndarray:
        """Return this cell's rates to frames (..., rows, columns): (...) float64, >= 0."""
        return self.population.respond(stimulus)[..., self.i]
