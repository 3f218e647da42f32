"""The formulas of the self-organising map (Kohonen 1982, 2013), in the paper's symbols."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

GAUSSIAN, BUBBLE, CUT_GAUSSIAN, MEXICAN_HAT = range(4)


def has_gaps(x):
    """Return whether an array, dense or CSR, has NaN: without a copy, and where a sum would overflow."""
    values = getattr(x, "data", x) if hasattr(x, "indptr") else x
    return bool(values.size and np.isnan(values.min()))


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
def neighbourhood(kind, d2, sigma):
    """Return h for one squared map distance; `kind` is GAUSSIAN, BUBBLE, CUT_GAUSSIAN or MEXICAN_HAT.

    The bubble takes in its rim, with room for rounding: on a hexagonal lattice the square of sqrt(3)/2 is not 3/4.
    """
    scaled = d2 / (sigma * sigma) * (1.0 - 1e-12)
    if kind == BUBBLE:
        return 1.0 if scaled <= 1.0 else 0.0
    if kind == CUT_GAUSSIAN and scaled > 1.0:
        return 0.0
    h = math.exp(-0.5 * scaled)
    return (1.0 - scaled) * h if kind == MEXICAN_HAT else h


@njit
def batch_mean(numerator, denominator, before):
    """Return sum_i h x / sum_i h (Kohonen's batch rule), or the weight as it was where no sample has a say.

    A unit that is 30 sigma or more from every winner has a denominator below 1e-195: rounding noise, not a mean.
    """
    return numerator / denominator if denominator > 1e-195 else before
