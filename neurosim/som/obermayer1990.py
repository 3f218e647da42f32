"""A cortex whose units see a retina of pixels (Obermayer, Ritter & Schulten 1990)."""

from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.core import checks, parallel, random
from neurosim.core.errors import InvalidParameter
from neurosim.som import obermayer_cpu
from neurosim.som.cortical_map import FeatureMap
from neurosim.som.obermayer_cpu import BLOCK

NAME = "Obermayer1990"
STARTS = ("retinotopic", "random")
DRAWN = 128 * BLOCK  # stimuli whose places and angles are drawn at a time
DARK = 14.0  # exponent from which on a stimulus is 0
START = 0  # stream of random numbers; stimuli have those from 1 on


class Obermayer1990:
    """A sheet of cortex that sees pictures of elongated spots, and learns where units look and what they prefer.

    Every unit has a weight from every pixel of the retina; these sum to 1. A stimulus is an elongated Gaussian spot of
    random centre and orientation whose pixels sum to 1. The unit with the largest dot product of weights w and stimulus
    x wins, and all units learn by Kohonen's rule, w += rate h (x - w), with h = exp(-d^2 / 2 sigma^2) at d steps from
    the winner. Over one call of `develop` the rate goes linearly from its start to its end, and sigma in two linear
    parts: to the middle one in the first half, to the last one in the second.

    Sheet and retina close on themselves, so that no border disturbs the columns.

    Parameters
    ----------
    grid : (rows, columns), default (64, 64)
        At least 8 each.
    retina : int >= 8, default 24
        Pixels along a side of the retina, a square.
    spot : (length, width), default (4.0, 1.0)
        Standard deviations of the stimulus along and across, in pixels; length >= width > 0, and length at most a
        quarter of the retina.
    sigma : (start, middle, end) > 0, default (6.0, 4.0, 0.8)
        Width of the neighbourhood, in steps.
    learning_rate : (start, end) in (0, 1], default (0.09, 0.02)
    start : "retinotopic" or "random", default "retinotopic"
        First weights: round receptive fields in order, of the length of the spot, disturbed at random by 2 percent, or
        uniform random numbers. From a random start a sheet needs a wide neighbourhood at first, such as
        ``sigma=(20, 6, 0.8)``, and may get twisted nevertheless.
    random_state : None, int, SeedSequence, Generator or RandomState, default None

    Attributes
    ----------
    weights : (rows, columns, retina * retina) float32
    stimuli : int
        Stimuli shown so far.
    seed : int
        The key that `random_state` stood for.

    Raises
    ------
    InvalidParameter
        If a parameter is not as described.

    Notes
    -----
    The paper was not at hand. The rule and the rates are those of a port to another simulator, which gives for the
    paper 256 x 256 units, a retina of 30 x 30 pixels, spots of 4.9 x 1.9 pixels, 30 000 stimuli, sigma 240, 60, 2 and a
    random start. A smaller sheet has few columns with such spots and widths, so the default spot is narrower and longer
    in proportion, and sigma starts where order needs it. The same input gives the same bits for any number of threads.

    References
    ----------
    K. Obermayer, H. Ritter, K. Schulten, "A principle for the formation of the spatial structure of cortical feature
    maps", PNAS 87:8345-8349 (1990).

    Examples
    --------
    >>> from neurosim.som.obermayer1990 import Obermayer1990
    >>> cortex = Obermayer1990((32, 32), retina=16, sigma=(4, 3, 0.8), random_state=0)
    >>> before = cortex.features().selectivity.mean()
    >>> found = cortex.develop(3000)
    >>> bool(before < 0.05), bool(found.selectivity.mean() > 0.15)
    (True, True)
    """

    def __init__(
        self,
        grid: tuple[int, int] = (64, 64),
        retina: int = 24,
        *,
        spot: tuple[float, float] = (4.0, 1.0),
        sigma: tuple[float, float, float] = (6.0, 4.0, 0.8),
        learning_rate: tuple[float, float] = (0.09, 0.02),
        start: str = "retinotopic",
        random_state: Any = None,
    ) -> None:
        self.grid = checks.grid_of_units(NAME, "grid", grid)
        if min(self.grid) < 8:
            raise InvalidParameter(NAME, "grid", grid, "(rows, columns), at least 8 each")
        checks.at_least(NAME, "retina", retina, 8)
        checks.one_of(NAME, "start", start, STARTS)
        self.retina = int(retina)
        self.spot = checks.positive_pair(NAME, "spot", spot)
        if not self.spot[1] <= self.spot[0] <= self.retina / 4:
            wanted = f"(length, width) with length >= width > 0 and length <= retina / 4 = {self.retina / 4:g}"
            raise InvalidParameter(NAME, "spot", spot, wanted)
        self.sigma = _three(sigma)
        self.learning_rate = checks.positive_pair(NAME, "learning_rate", learning_rate)
        if max(self.learning_rate) > 1:
            raise InvalidParameter(NAME, "learning_rate", learning_rate, "(start, end), two numbers in (0, 1]")
        self.seed = random.seed_from(random_state)
        self.stimuli = 0
        self.weights = self._start(start)

    def _start(self, start: str) -> NDArray[np.float32]:
        """Return the first weights."""
        weights = random.uniform(self.seed, START, (*self.grid, self.retina**2))
        if start == "retinotopic":
            pixels = np.arange(self.retina) + 0.5
            places = [(np.arange(n) + 0.5) * self.retina / n for n in self.grid]
            y, x = (np.exp(-(self._way(pixels, p[:, None]) ** 2) / (2 * self.spot[0] ** 2)) for p in places)
            round_fields = (y[:, None, :, None] * x[None, :, None, :]).reshape(weights.shape)
            weights = round_fields * (0.98 + 0.04 * weights)
        weights /= weights.sum(axis=-1, keepdims=True)
        return weights.astype(np.float32)

    def _way(self, to: NDArray, start: NDArray) -> NDArray:
        """Return the shorter way on a closed axis of the retina, in [-retina / 2, retina / 2)."""
        return (to - start + self.retina / 2) % self.retina - self.retina / 2

    def draw(self, count: int, stream: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Draw stimuli: centres (count, 2), x and y in pixels, and orientations (count,) in radians, in [0, pi)."""
        drawn = random.uniform(self.seed, stream, (count, 3))
        return drawn[:, :2] * self.retina, drawn[:, 2] * pi

    def images(self, centres: Any, orientations: Any) -> NDArray[np.float32]:
        """Return spots as the retina sees them, (count, retina * retina) float32, row by row, each of sum 1.

        Parameters
        ----------
        centres : (count, 2)
            x and y in pixels, from the corner of the first pixel.
        orientations : (count,)
            In radians, from the x axis towards the y axis.
        """
        centres, pixels = np.asarray(centres, float), np.arange(self.retina) + 0.5
        dx, dy = self._way(pixels, centres[:, :1])[:, None, :], self._way(pixels, centres[:, 1:])[:, :, None]
        angle, (length, width) = np.asarray(orientations, float)[:, None, None], self.spot
        along, across = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
        exponent = along**2 / (2 * length**2) + across**2 / (2 * width**2)
        spots = np.where(exponent < DARK, np.exp(-exponent), 0).reshape(len(centres), -1)
        return (spots / spots.sum(axis=1, keepdims=True)).astype(np.float32)

    def develop(self, stimuli: int = 30_000) -> FeatureMap:
        """Show stimuli and learn from each; a second call goes on with new ones, from the first sigma and rate again.

        Parameters
        ----------
        stimuli : int >= 1, default 30000

        Returns
        -------
        FeatureMap
            See `features`.
        """
        checks.at_least(NAME, "stimuli", stimuli, 1)
        t = np.linspace(0, 1, stimuli) if stimuli > 1 else np.ones(1)
        sigmas, rates = np.interp(t, (0, 0.5, 1), self.sigma), np.interp(t, (0, 1), self.learning_rate)
        seen = np.zeros((0, self.retina**2), np.float32)
        strengths = np.zeros((0, *self.grid), np.float32)
        for first in range(0, stimuli, DRAWN):
            count = min(DRAWN, stimuli - first)
            self.stimuli += count
            drawn = self.draw(count, stream=self.stimuli)
            for begin in range(0, count, BLOCK):
                shown = self.images(*(values[begin : begin + BLOCK] for values in drawn))
                answers = self._advance(seen, strengths, shown)
                part = slice(first + begin, first + begin + len(shown))
                overlaps = np.einsum("si,ti->st", shown, shown)
                strengths, seen = np.empty_like(answers), shown
                obermayer_cpu.choose(answers, overlaps, sigmas[part], rates[part], strengths)
        self._advance(seen, strengths, seen[:0])
        return self.features()

    def _advance(self, seen: NDArray, strengths: NDArray, shown: NDArray) -> NDArray[np.float32]:
        """Move the units towards a block of stimuli, and return their answers to the next."""
        answers = np.empty((len(shown), *self.grid), np.float32)
        parallel.run(obermayer_cpu.advance, self.grid[0], self.weights, seen, strengths, shown, answers)
        return answers

    def receptive_fields(self) -> NDArray[np.float32]:
        """Return a view of the weights as pictures, (rows, columns, retina, retina)."""
        return self.weights.reshape(*self.grid, self.retina, self.retina)

    def features(self) -> FeatureMap:
        """Return what the units prefer now, by the moments of their receptive fields.

        Returns
        -------
        FeatureMap
            Position: centre of mass, on circles, in steps between units, of which the retina has as many as the sheet.
            By the second moments about it, preference: the long axis; selectivity: the difference of the variances
            along the long and the short axis over their sum, from 0, round, to 1. Ocular dominance: 0, the model has
            one eye.
        """
        fields, pixels = self.receptive_fields().astype(np.float64), np.arange(self.retina) + 0.5
        sums = fields.sum(axis=2), fields.sum(axis=3)  # over y and over x
        turn = np.exp(2j * pi * pixels / self.retina)
        centre = np.stack([np.angle(profile @ turn) / (2 * pi) * self.retina for profile in sums], axis=-1)
        dx, dy = (self._way(pixels, centre[..., i, None]) for i in (0, 1))
        xx, yy = ((profile * d**2).sum(axis=-1) for profile, d in zip(sums, (dx, dy), strict=True))
        xy = np.einsum("rcyx,rcy,rcx->rc", fields, dy, dx, optimize=True)
        rows, columns = self.grid
        sides = np.array([columns, rows])
        return FeatureMap(
            preference=np.arctan2(2 * xy, xx - yy) / 2 % pi,
            selectivity=np.hypot(2 * xy, xx - yy) / (xx + yy),
            dominance=np.zeros(self.grid),
            retina=(centre / self.retina * sides - 0.5) % sides,
        )


def _three(value: Any) -> tuple[float, float, float]:
    """Return (start, middle, end) of sigma."""
    try:
        start, middle, end = (float(v) for v in value)
    except (TypeError, ValueError):
        start = middle = end = 0.0
    if not all(0 < v < np.inf for v in (start, middle, end)):
        raise InvalidParameter(NAME, "sigma", value, "(start, middle, end), three numbers > 0")
    return start, middle, end
