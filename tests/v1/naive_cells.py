"""The cells in plain loops, from their equations, and measures of tuning curves."""

from math import atan2, cos, exp, factorial, hypot, pi, radians, sin

import numpy as np


def places(shape):
    """Yield (row, column, x, y) of all pixels."""
    for row in range(shape[0]):
        for column in range(shape[1]):
            yield row, column, column - shape[1] // 2, row - shape[0] // 2


def gabor(g, x, y, extra_phase=0.0):
    """Return the value of a Gabor function at a point, `extra_phase` in degrees."""
    angle = radians(g.orientation)
    across = (x - g.x0) * cos(angle) + (y - g.y0) * sin(angle)
    along = -(x - g.x0) * sin(angle) + (y - g.y0) * cos(angle)
    envelope = exp(-(across**2) / (2 * g.sigma_x**2) - along**2 / (2 * g.sigma_y**2))
    return g.amplitude * envelope * cos(2 * pi * across / g.wavelength + radians(g.phase + extra_phase))


def linear(g, image, extra_phase=0.0):
    """Return the answer of a Gabor field to one frame."""
    return sum(gabor(g, x, y, extra_phase) * image[row, column] for row, column, x, y in places(image.shape))


def energy(g, image):
    """Return the energy of the even field and the odd one, whose carrier is a quarter of a cycle behind (-90)."""
    return linear(g, image) ** 2 + linear(g, image, -90.0) ** 2


def difference_of_gaussians(image, center, surround, ratio, x0=0.0, y0=0.0, sign=1):
    """Return the linear answer of an LGN cell to one frame."""
    total = 0.0
    for row, column, x, y in places(image.shape):
        r2 = hypot(x - x0, y - y0) ** 2
        middle = exp(-r2 / (2 * center**2)) / (2 * pi * center**2)
        around = exp(-r2 / (2 * surround**2)) / (2 * pi * surround**2)
        total += sign * (middle - ratio * around) * image[row, column]
    return total


def hubel_wiesel(image, n, spacing, orientation, flank, threshold, center, surround, ratio):
    """Return the rate of a row of on cells between two rows of off cells."""
    angle, rates = radians(orientation), []
    for across, sign in ((0.0, 1), (flank, -1), (-flank, -1)):
        for i in range(n):
            along = (i - (n - 1) / 2) * spacing
            x0 = across * cos(angle) + along * cos(angle + pi / 2)
            y0 = across * sin(angle) + along * sin(angle + pi / 2)
            rates.append(max(0.0, difference_of_gaussians(image, center, surround, ratio, x0, y0, sign)))
    return max(0.0, sum(rates) / len(rates) - threshold)


def motion_energy(g, movie, period, sigma_t, sign=1):
    """Return the energy of two space-time Gabor fields that look back from the last frame, not scaled."""
    middle, even, odd = int(np.ceil(5 * sigma_t)), 0.0, 0.0
    for lag in range(2 * middle + 1):
        if lag >= len(movie):
            continue
        t = lag - middle
        envelope, turn = exp(-(t**2) / (2 * sigma_t**2)), sign * 360.0 * t / period
        frame = movie[len(movie) - 1 - lag]
        even += envelope * linear(g, frame, turn)
        odd += envelope * linear(g, frame, turn - 90.0)
    return even**2 + odd**2


def gamma(n, kt):
    """Return Adelson and Bergen's temporal filter of n stages at time kt."""
    return kt**n * exp(-kt) * (1 / factorial(n) - kt**2 / factorial(n + 2))


def first_harmonic(rates):
    """Return F0, F1 and the phase of F1 in radians of rates over one cycle."""
    n = len(rates)
    c = sum(2 / n * r * cos(2 * pi * t / n) for t, r in enumerate(rates))
    s = sum(2 / n * r * sin(2 * pi * t / n) for t, r in enumerate(rates))
    return sum(rates) / n, hypot(c, s), atan2(s, c)


def half_width(angles, rates):
    """Return the half width at half height of a tuning curve with its peak at angle 0, falling from there."""
    for i in range(1, len(angles)):
        if rates[i] <= rates[0] / 2 < rates[i - 1]:
            share = (rates[i - 1] - rates[0] / 2) / (rates[i - 1] - rates[i])
            return angles[i - 1] + share * (angles[i] - angles[i - 1])
    return float("inf")
