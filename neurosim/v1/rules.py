"""The formulas of a bank's responses; both targets call them."""

import math

from numba import njit


@njit
def turned_real(real, imaginary, cosine, sine):
    """Return the real part of (real + i imaginary) (cosine + i sine)."""
    return real * cosine - imaginary * sine


@njit
def turned_imaginary(real, imaginary, cosine, sine):
    """Return the imaginary part of (real + i imaginary) (cosine + i sine)."""
    return imaginary * cosine + real * sine


@njit
def energy(real, imaginary):
    """Return the squared modulus (Adelson and Bergen 1985)."""
    return real * real + imaginary * imaginary


@njit
def magnitude(real, imaginary):
    """Return the modulus."""
    return math.sqrt(energy(real, imaginary))


@njit
def angle(real, imaginary):
    """Return the angle in degrees, in [-180, 180]; 0 where both parts are 0."""
    return math.degrees(math.atan2(imaginary, real))
