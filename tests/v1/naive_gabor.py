"""Gabor functions and other packages' kernels, point by point from their formulas, and measures of a kernel."""

from math import atan2, ceil, cos, exp, log, pi, sin, sqrt

import numpy as np
from scipy.optimize import brentq


def book(x, y, alpha, beta_x, beta_y, f, phi, tau, x0=0.0, y0=0.0):
    """The textbook form: angles in radians."""
    across = (x - x0) * cos(tau) + (y - y0) * sin(tau)
    along = -(x - x0) * sin(tau) + (y - y0) * cos(tau)
    return alpha * exp(-beta_x * across**2 - beta_y * along**2) * cos(f * across + phi)


def gamma_form(x, y, sigma, wavelength, theta, gamma, psi):
    """The form with sigma, lambda, gamma and psi: angles in radians."""
    across, along = x * cos(theta) + y * sin(theta), -x * sin(theta) + y * cos(theta)
    return exp(-(across**2 + (gamma * along) ** 2) / (2 * sigma**2)) * cos(2 * pi * across / wavelength + psi)


def skimage_kernel(frequency, theta=0, bandwidth=1, sigma_x=None, sigma_y=None, n_stds=3, offset=0):
    """The kernel of scikit-image, complex, of unit gain, on a window that depends on theta."""
    octaves = sqrt(log(2) / 2) / pi * (2**bandwidth + 1) / (2**bandwidth - 1)
    sigma_x, sigma_y = sigma_x or octaves / frequency, sigma_y or octaves / frequency
    half = [
        ceil(max(abs(n_stds * a * cos(theta)), abs(n_stds * b * sin(theta)), 1))
        for a, b in ((sigma_y, sigma_x), (sigma_x, sigma_y))
    ]
    kernel = np.empty((2 * half[0] + 1, 2 * half[1] + 1), complex)
    for row in range(kernel.shape[0]):
        for column in range(kernel.shape[1]):
            place = column - half[1], row - half[0]
            b = (0.5 / sigma_x**2, 0.5 / sigma_y**2, 2 * pi * frequency)
            real, imaginary = (book(*place, 1, *b, offset - turn, theta) for turn in (0, pi / 2))
            kernel[row, column] = (real + 1j * imaginary) / (2 * pi * sigma_x * sigma_y)
    return kernel


def opencv_kernel(ksize, sigma, theta, lambd, gamma, psi=pi / 2):
    """The kernel of OpenCV: ksize = (width, height), an even one made larger, and stored turned by 180 degrees."""
    right, down = ksize[0] // 2, ksize[1] // 2
    kernel = np.empty((2 * down + 1, 2 * right + 1))
    for y in range(-down, down + 1):
        for x in range(-right, right + 1):
            kernel[down - y, right - x] = gamma_form(x, y, sigma, lambd, theta, gamma, psi)
    return kernel


def response(kernel, frequency, orientation):
    """Sum of a kernel times the complex grating exp(2 pi i frequency x'), orientation in radians."""
    rows, columns = kernel.shape
    y, x = np.ogrid[:rows, :columns]
    across = (x - columns // 2) * cos(orientation) + (y - rows // 2) * sin(orientation)
    return (kernel * np.exp(2j * pi * frequency * across)).sum()


def gain(kernel, frequency, orientation):
    """Amplitude of the kernel's spectrum at a frequency in cycles per pixel and an orientation in radians."""
    return abs(response(kernel, -frequency, orientation))


def bandwidth(kernel, frequency, orientation):
    """Octaves between the two frequencies of half gain."""
    half = gain(kernel, frequency, orientation) / 2
    low, high = (
        brentq(lambda f: gain(kernel, f, orientation) - half, frequency, end) for end in (frequency / 20, 3 * frequency)
    )
    return np.log2(high / low)


def orientation_bandwidth(kernel, frequency, orientation):
    """Degrees between the two orientations of half gain at one frequency."""
    half = gain(kernel, frequency, orientation) / 2
    left, right = (
        brentq(lambda t: gain(kernel, frequency, t) - half, orientation, orientation + end) for end in (-1.5, 1.5)
    )
    return np.degrees(right - left)


def energy_modulation(kernel, frequency, orientation, phases=64):
    """Depth by which the energy of the pair varies over the phases of a real grating."""
    forwards, backwards = (response(kernel, sign * frequency, orientation) for sign in (1, -1))
    turns = np.exp(2j * pi * np.arange(phases) / phases)
    turns *= np.exp(0.5j * (atan2(backwards.imag, backwards.real) - atan2(forwards.imag, forwards.real)))
    energy = abs((forwards * turns + backwards / turns) / 2) ** 2
    return np.ptp(energy) / (energy.max() + energy.min())
