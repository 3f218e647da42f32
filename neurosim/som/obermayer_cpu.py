"""Kohonen's rule on a sheet of units that see a retina, with the largest dot product as the winner.

The answer of a unit to stimulus s after a step of strength g towards stimulus t follows from the answers before:

    (w + g (x_t - w)) . x_s = (1 - g) w . x_s + g x_t . x_s.

So the winners of a block of stimuli are found from answers alone (`choose`), and weights are read and written once a
block (`advance`). But for rounding the result is that of one stimulus after the other.
"""

import numpy as np
from numba import njit

from neurosim.core.jit import FASTMATH, driver

BLOCK = 32  # stimuli
LEAST = 1e-8  # a step this small is lost in float32
FAINT = 1e-12  # weights below are 0: left to decay they would become subnormal numbers, which take long


@driver(nogil=True, fastmath=FASTMATH)
def advance(begin, end, weights, seen, strengths, shown, answers):
    """Move units towards the stimuli of one block, one after the other, then let them answer those of the next.

    A task is a row of units. Both halves go together because a unit's weights are then in the cache.

    Parameters
    ----------
    weights : (rows, columns, pixels) float32
        Every unit's sum to 1, also afterwards.
    seen, shown : (block, pixels) float32
        Each sums to 1.
    strengths : (block, rows, columns) float32
        The part of its way to each of `seen` that a unit goes; 0 out of reach.
    answers : (block, rows, columns) float32
        Set to the dot products of weights and `shown`.
    """
    shares = np.empty(len(seen), np.float32)
    for row in range(begin, end):
        for column in range(weights.shape[1]):
            w = weights[row, column]
            kept = np.float32(1)
            for t in range(len(seen) - 1, -1, -1):
                shares[t] = kept * strengths[t, row, column]
                kept -= shares[t]
            if kept < 1:
                approach(w, kept, seen, shares)
            for t in range(len(shown)):
                answers[t, row, column] = dot(w, shown[t])


@njit(fastmath=FASTMATH)
def approach(w, kept, seen, shares):
    """Replace w by a weighted mean of itself and stimuli, and scale it to sum 1."""
    for i in range(len(w)):
        w[i] *= kept
    for t in range(len(seen)):
        if shares[t] > 0:
            for i in range(len(w)):
                w[i] += shares[t] * seen[t, i]
    total = np.float32(0)
    for i in range(len(w)):
        total += w[i]
    scale, faint = np.float32(1) / total, np.float32(FAINT)
    for i in range(len(w)):
        w[i] = scale * w[i] if w[i] > faint else np.float32(0)


@njit(fastmath=FASTMATH)
def dot(w, x):
    """Return the answer of a unit."""
    total = np.float32(0)
    for i in range(len(w)):
        total += w[i] * x[i]
    return total


@driver(nogil=True, fastmath=FASTMATH)
def choose(answers, overlaps, sigmas, rates, strengths):
    """Find the winner of every stimulus of a block, and how strongly each unit goes towards it.

    Parameters
    ----------
    answers : (block, rows, columns) float32
        Of the units at the start of the block; changed on the way.
    overlaps : (block, block) float32
        Dot products of the stimuli.
    sigmas, rates : (block,) float64
        Width of the neighbourhood, in steps, on a sheet that closes on itself, and learning rate of every stimulus.
    strengths : (block, rows, columns) float32
        Set to rate * h round the unit with the largest answer; the first wins a tie.
    """
    block, rows, columns = answers.shape
    along_y, along_x = np.empty(rows, np.float32), np.empty(columns, np.float32)
    strengths[:] = 0
    for t in range(block):
        winner = strongest(answers[t].reshape(-1))
        fall(along_y, winner // columns, sigmas[t], rates[t])
        fall(along_x, winner % columns, sigmas[t], 1.0)
        for row in range(rows):
            if along_y[row] < LEAST:
                continue
            g = strengths[t, row]
            for column in range(columns):
                rate = along_y[row] * along_x[column]
                g[column] = rate if rate >= LEAST else np.float32(0)
            for s in range(t + 1, block):
                later, overlap = answers[s, row], overlaps[t, s]
                for column in range(columns):
                    later[column] += g[column] * (overlap - later[column])


@njit
def fall(along, centre, sigma, height):
    """Fill a closed axis with a Gaussian round `centre`."""
    for i in range(len(along)):
        d = abs(i - centre)
        d = min(d, len(along) - d)
        along[i] = height * np.exp(-d * d / (2.0 * sigma * sigma))


@njit
def strongest(answers):
    """Return the first unit with the largest answer."""
    most = answers[0]
    for u in range(1, len(answers)):
        most = max(most, answers[u])
    for u in range(len(answers)):
        if answers[u] == most:
            return u
    return 0
