"""Slow and obvious versions of the laboratory: pixel by pixel and sample by sample."""

import math

import numpy as np


def pixels(shape):
    """Yield row, column and the coordinates x, y from the middle pixel."""
    for row in range(shape[0]):
        for column in range(shape[1]):
            yield row, column, column - shape[1] // 2, row - shape[0] // 2


def grating(shape, wavelength, orientation, phase, contrast, radius=None, x0=0.0, y0=0.0):
    image = np.zeros(shape)
    angle = math.radians(orientation)
    for row, column, x, y in pixels(shape):
        along = (x - x0) * math.cos(angle) + (y - y0) * math.sin(angle)
        image[row, column] = contrast * math.cos(2 * math.pi * along / wavelength + math.radians(phase))
        if radius is not None:
            image[row, column] *= min(1.0, 2 * radius, max(0.0, radius + 0.5 - math.hypot(x - x0, y - y0)))
    return image


def bar(shape, length, width, orientation, x0, y0, contrast, fine=20):
    """Count which of fine x fine points of every pixel, an upright square, lie in the bar."""
    image = np.zeros(shape)
    angle = math.radians(orientation)
    offsets = (np.arange(fine) + 0.5) / fine - 0.5
    for row, column, x, y in pixels(shape):
        right, down = x - x0 + offsets, y - y0 + offsets[:, None]
        across = right * math.cos(angle) + down * math.sin(angle)
        along = down * math.cos(angle) - right * math.sin(angle)
        inside = (abs(across) <= width / 2) & (abs(along) <= length / 2)
        image[row, column] = contrast * inside.sum() / fine**2
    return image


def hartley(shape, kx, ky):
    """Return cas(2 pi (kx x / columns + ky y / rows)) / sqrt(2)."""
    image = np.zeros(shape)
    for row, column, x, y in pixels(shape):
        angle = 2 * math.pi * (kx * x / shape[1] + ky * y / shape[0])
        image[row, column] = (math.cos(angle) + math.sin(angle)) / math.sqrt(2)
    return image


def harmonics(rates, cycles):
    """Return the mean and the amplitude of a harmonic by sums of cosines and sines."""
    n = len(rates)
    even = sum(r * math.cos(2 * math.pi * cycles * t / n) for t, r in enumerate(rates))
    odd = sum(r * math.sin(2 * math.pi * cycles * t / n) for t, r in enumerate(rates))
    return sum(rates) / n, 2 / n * math.hypot(even, odd)


def circular_variance(angles, rates):
    east = sum(r * math.cos(math.radians(2 * a)) for a, r in zip(angles, rates, strict=True))
    south = sum(r * math.sin(math.radians(2 * a)) for a, r in zip(angles, rates, strict=True))
    return 1 - math.hypot(east, south) / sum(rates)


def half_width(curve, peak, share, farthest=90.0, step=0.01):
    """Walk from the peak of a function to both sides until it has fallen to a share of its height."""
    ends = []
    for side in (-1, 1):
        away = 0.0
        while curve(peak + side * away) > share * curve(peak):
            away += step
            if away > farthest:
                return math.nan
        ends.append(away)
    return sum(ends) / 2


def hanning_smoothed(curve, angle, step=0.5):
    """Return the weighted mean of a function around an angle; the weights are a Hanning window 54 degrees wide."""
    offsets = np.arange(-27, 27 + step / 2, step)
    weights = 1 + np.cos(np.pi * offsets / 27)
    return sum(weights * curve(angle + offsets)) / sum(weights)
