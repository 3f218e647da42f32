"""Images shifted, turned, distorted and erased: a task is an image, and an image's numbers are its own."""

import numpy as np
from numba import njit

from neurosim.core import random
from neurosim.core.jit import driver

F = np.float32
LOW, HIGH = np.uint64(0xFFFFFFFF), np.uint64(32)
TWO, THREE, FOUR = np.uint64(2), np.uint64(3), np.uint64(4)
TAPS = 5  # weights of the Gaussian that are added at a time
ATTEMPTS = 100  # rectangles drawn until one fits
NOISE = 128  # the first number of what fills it


@njit
def _words(draw, sample, number):
    """Return the four 32-bit words of a number of a sample."""
    return random.philox(np.uint64(number), np.uint64(sample) & LOW, draw[2], draw[3], draw[0], draw[1])


@njit
def _unit(word):
    """Return a float64 in [0, 1)."""
    return np.float64(word) * 2.0**-32


@driver(nogil=True)
def shift(begin, end, images, out, draw, pixels, fill):
    """Shift the images [begin, end) by up to `pixels`."""
    channels, height, width = images.shape[1:]
    source = np.empty(images.shape[1:], images.dtype)
    span = np.uint64(2 * pixels + 1)
    for s in range(begin, end):
        a, b, _, _ = _words(draw, s, 0)
        down, right = np.int64((a * span) >> HIGH) - pixels, np.int64((b * span) >> HIGH) - pixels
        source[:] = images[s]
        for c in range(channels):
            for i in range(height):
                inside = 0 <= i - down < height
                first = min(max(right, 0), width) if inside else width
                last = max(min(width + right, width), first) if inside else width
                out[s, c, i, :first] = fill
                if last > first:
                    out[s, c, i, first:last] = source[c, i - down, first - right : last - right]
                out[s, c, i, last:] = fill


@njit
def _frame(image, fill, framed):
    """Copy an image (C, H, W) into the middle of one that is a pixel larger on all sides."""
    framed[:] = fill
    framed[:, 1:-1, 1:-1] = image


@njit
def _read(framed, c, y, x):
    """Return the interpolated pixel (y, x) of the image within the frame; outside is what the frame holds."""
    height, width = framed.shape[1] - 2, framed.shape[2] - 2
    y, x = min(max(y, F(-1)), F(height)), min(max(x, F(-1)), F(width))
    i, j = min(np.int64(np.floor(y)), height - 1), min(np.int64(np.floor(x)), width - 1)
    down, right = y - F(i), x - F(j)
    above = framed[c, i + 1, j + 1] * (F(1) - right) + framed[c, i + 1, j + 2] * right
    below = framed[c, i + 2, j + 1] * (F(1) - right) + framed[c, i + 2, j + 2] * right
    return above * (F(1) - down) + below * down


@driver(nogil=True)
def affine(begin, end, images, out, draw, numbers, fill):
    """Turn, scale and shear the images [begin, end); numbers: largest angle, both scales, largest shear."""
    channels, height, width = images.shape[1:]
    framed = np.empty((channels, height + 2, width + 2), images.dtype)
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    rotation, smallest, largest, most_shear = numbers
    for s in range(begin, end):
        a, b, c, _ = _words(draw, s, 0)
        angle, shear = rotation * (2 * _unit(a) - 1), most_shear * (2 * _unit(c) - 1)
        scale = smallest + (largest - smallest) * _unit(b)
        cosine, sine = np.cos(angle) / scale, np.sin(angle) / scale
        _frame(images[s], fill, framed)
        for i in range(height):
            for j in range(width):
                y, x = i - middle_y, j - middle_x
                row = cosine * y - sine * x
                column = cosine * x + sine * y - shear * row
                for c_ in range(channels):
                    out[s, c_, i, j] = _read(framed, c_, F(row + middle_y), F(column + middle_x))


@njit
def _add(target, at, source, begin, step, weights, t, count):
    """Add `source` from `begin`, `begin + step`, ... on, times weights t, t + 1, ..., t + 4, to `target`."""
    at, begin, step = np.uint64(at), np.uint64(begin), np.uint64(step)
    w0, w1, w2, w3, w4 = weights[t], weights[t + 1], weights[t + 2], weights[t + 3], weights[t + 4]
    b1, b2, b3, b4 = begin + step, begin + step * TWO, begin + step * THREE, begin + step * FOUR
    for e in range(np.uint64(count)):
        near = w0 * source[begin + e] + w1 * source[b1 + e] + w2 * source[b2 + e]
        target[at + e] += near + (w3 * source[b3 + e] + w4 * source[b4 + e])


@njit
def _draw_noise(draw, sample, height, width, reach, noise):
    """Write uniform numbers in [-1, 1) for both directions, row r of direction d at (d height + r) stride + reach."""
    stride = width + 2 * reach
    numbers = 2 * height * width
    drawn = np.empty(numbers + 3, F)
    for block in range((numbers + 3) // 4):
        a, b, c, d = _words(draw, sample, block)
        drawn[4 * block] = F(a) * F(2.0**-31) - F(1)
        drawn[4 * block + 1] = F(b) * F(2.0**-31) - F(1)
        drawn[4 * block + 2] = F(c) * F(2.0**-31) - F(1)
        drawn[4 * block + 3] = F(d) * F(2.0**-31) - F(1)
    for row in range(2 * height):
        noise[row * stride + reach : (row + 1) * stride - reach] = drawn[row * width : (row + 1) * width]


@njit
def _smooth(noise, begin, rows, stride, reach, gaussian, across, smooth):
    """Write noise from `begin` on, smoothed along rows and columns, to `smooth`; `across` is zero beyond the rows."""
    across[reach * stride : (reach + rows) * stride] = F(0)
    smooth[:] = F(0)
    for t in range(0, len(gaussian), TAPS):
        _add(across, reach * stride, noise, begin + t, 1, gaussian, t, rows * stride - 2 * reach)
    for t in range(0, len(gaussian), TAPS):
        _add(smooth, 0, across, t * stride, stride, gaussian, t, rows * stride)


@driver(nogil=True)
def distort(begin, end, images, out, draw, alpha, reach, gaussian, fill):
    """Distort the images [begin, end); `gaussian` has 2 reach + 1 weights, and zeros up to a multiple of TAPS."""
    channels, height, width = images.shape[1:]
    stride = width + 2 * reach
    framed = np.empty((channels, height + 2, width + 2), images.dtype)
    noise = np.zeros(2 * height * stride + TAPS, F)  # the last weights may be zeros that pad them
    across = np.zeros((height + 2 * reach + TAPS) * stride, F)
    down, right = np.empty(height * stride, F), np.empty(height * stride, F)
    for s in range(begin, end):
        _draw_noise(draw, s, height, width, reach, noise)
        _smooth(noise, 0, height, stride, reach, gaussian, across, down)
        _smooth(noise, height * stride, height, stride, reach, gaussian, across, right)
        _frame(images[s], fill, framed)
        for c in range(channels):
            for i in range(height):
                for j in range(width):
                    y = F(i) + alpha * down[i * stride + j]
                    x = F(j) + alpha * right[i * stride + j]
                    out[s, c, i, j] = _read(framed, c, y, x)


@driver(nogil=True)
def erase(begin, end, images, out, draw, numbers):
    """Overwrite a rectangle of the images [begin, end); numbers: those of `RandomErasing`."""
    channels, height, width = images.shape[1:]
    probability, least, most, flattest, steepest, lowest, highest = numbers
    for s in range(begin, end):
        out[s] = images[s]
        if _unit(_words(draw, s, 0)[0]) >= probability:
            continue
        for attempt in range(1, ATTEMPTS + 1):
            a, b, c, d = _words(draw, s, attempt)
            area = (least + (most - least) * _unit(a)) * height * width
            aspect = flattest + (steepest - flattest) * _unit(b)
            rows, columns = round(np.sqrt(area * aspect)), round(np.sqrt(area / aspect))
            top, left = np.int64(_unit(c) * height), np.int64(_unit(d) * width)
            if min(rows, columns) >= 1 and top + rows <= height and left + columns <= width:
                for n in range(channels * rows * columns):
                    word = _words(draw, s, NOISE + n // 4)[n % 4]
                    place, column = divmod(n, columns)
                    channel, row = divmod(place, rows)
                    out[s, channel, top + row, left + column] = lowest + (highest - lowest) * _unit(word)
                break
