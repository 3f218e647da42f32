"""The formulas of the self-organising map (Kohonen 1982, 2013), in the paper's symbols."""

from typing import NamedTuple

import numpy as np
from numba import njit


class Metrics(NamedTuple):
    """What one pass over the samples measures, as weighted means: distance, topographic mismatch, squared distance."""

    qe: float
    te: float
    mse: float


@njit
def wrapped(d, period):
    """Return |d|, or the shorter way round when the axis closes on itself after `period` (inf: it does not)."""
    d = abs(d)
    return min(d, period - d)


@njit
def map_distance2(dx, dy, width, height):
    """Return the squared distance on the map of two units that lie dx and dy apart, in steps between neighbours."""
    dx, dy = wrapped(dx, width), wrapped(dy, height)
    return dx * dx + dy * dy


def gaussian(d2, sigma):
    """Return the neighbourhood h = exp(-d^2 / 2 sigma^2) of an array of squared map distances."""
    return np.exp(-d2 / (2.0 * sigma * sigma))


@njit
def batch_mean(numerator, denominator, before):
    """Return sum_i h x / sum_i h (Kohonen's batch rule), or the weight as it was where no sample has a say.

    A unit that is 30 sigma or more from every winner has a denominator below 1e-195: rounding noise, not a mean.
    """
    return numerator / denominator if denominator > 1e-195 else before
