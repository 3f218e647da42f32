"""Banks of filters on a CUDA device: only the maps that were asked for leave it.

A bank of circular filters takes two launches for a few pairs of filters: rows, by blocks that share a piece of a row,
and columns, by blocks that share a tile of the row passes and write both filters of a pair. Sums go through shared
memory by a few taps at a time, so that a kernel may have any size.
"""

from collections.abc import Iterator

import numpy as np
from numba import cuda

from neurosim.core import device
from neurosim.v1 import rules
from neurosim.v1.bank_recipe import Factors, Outputs

WIDE, HIGH = (4, 2) if device.simulated() else (32, 8)  # columns and rows of a block's tile
SPAN = WIDE * HIGH  # threads of a block
CHUNK = 16  # taps whose pixels are shared at a time
LINE, TALL = SPAN + CHUNK - 1, HIGH + CHUNK - 1
ROOM = 1 << 28  # bytes of the maps, and of the row passes, that are on the device at a time
REAL, IMAGINARY, ENERGY, MAGNITUDE, PHASE = 1, 2, 4, 8, 16  # what is asked for


def separable(padded: np.ndarray, factors: Factors, outputs: Outputs) -> None:
    """Filter images with circular Gabors, each by passes along rows and columns.

    Parameters
    ----------
    padded : (images, rows + K - 1, columns + K - 1), the border filled in
    """
    units, _, size = factors.rows.shape
    high, columns = padded.shape[1], padded.shape[2] - size + 1
    rows = high - size + 1
    taps = [device.to_device(np.ascontiguousarray(array)) for array in factors]
    for images, maps in _batches(padded, outputs):
        group = int(min(units, max(1, ROOM // (2 * len(images) * high * columns * padded.itemsize))))
        first = device.empty((group, 2, len(images), high, columns), padded.dtype)
        for unit in range(0, units, group):
            many = min(group, units - unit) * len(images)
            _across[many * high * -(-columns // SPAN), SPAN](images, taps[0], unit, first)
            _down[many * -(-rows // HIGH) * -(-columns // WIDE), SPAN](
                first, *taps[1:], unit, len(images), _asked(outputs), *maps
            )


def direct(padded: np.ndarray, kernels: np.ndarray, stride: int, outputs: Outputs) -> None:
    """Filter images with any kernels, at every stride-th pixel of both axes.

    Parameters
    ----------
    padded : (images, rows + K - 1, columns + L - 1), the border filled in
    kernels : (filters, 2, K, L), even and odd part
    """
    rows, columns = (-(-(n - k + 1) // stride) for n, k in zip(padded.shape[1:], kernels.shape[2:], strict=True))
    taps = device.to_device(np.ascontiguousarray(kernels))
    for images, maps in _batches(padded, outputs):
        blocks = len(images) * len(kernels) * -(-rows // HIGH) * -(-columns // WIDE)
        _direct[blocks, SPAN](images, taps, stride, rows, columns, _asked(outputs), *maps)


def _asked(outputs):
    return sum(
        bit for bit, array in zip((REAL, IMAGINARY, ENERGY, MAGNITUDE, PHASE), outputs, strict=True) if array.size
    )


def _batches(padded: np.ndarray, outputs: Outputs) -> Iterator[tuple]:
    """Yield images on the device and room for their maps, which are then copied to where they belong."""
    bytes_of_image = sum(array[0].nbytes for array in outputs if array.size)
    batch = max(1, ROOM // bytes_of_image)
    for i in range(0, len(padded), batch):
        wanted = [array[i : i + batch] for array in outputs]
        maps = [device.empty(array.shape if array.size else (1, 1, 1, 1), padded.dtype) for array in wanted]
        yield device.to_device(np.ascontiguousarray(padded[i : i + batch])), maps
        for found, array in zip(maps, wanted, strict=True):
            if array.size:
                found.copy_to_host(array)


@cuda.jit
def _across(images, taps, unit, first):
    """Row passes by cosine and sine: a block has a piece of a row and one pair of filters, a thread a pixel."""
    line = cuda.shared.array(LINE, images.dtype)
    thread, block = cuda.threadIdx.x, cuda.blockIdx.x
    count, high, wide = images.shape
    columns, size = first.shape[4], taps.shape[2]
    strips = (columns + SPAN - 1) // SPAN
    start, y, image, member = (
        block % strips * SPAN, block // strips % high, block // (strips * high) % count,
        block // (strips * high * count),
    )  # fmt: skip
    zero = images.dtype.type(0)
    cosine = sine = zero
    for k in range(0, size, CHUNK):
        for at in range(thread, LINE, SPAN):
            x = start + k + at
            line[at] = images[image, y, x] if x < wide else zero
        cuda.syncthreads()
        for j in range(min(CHUNK, size - k)):
            pixel = line[thread + j]
            cosine += taps[unit + member, 0, k + j] * pixel
            sine += taps[unit + member, 1, k + j] * pixel
        cuda.syncthreads()
    if start + thread < columns:
        first[member, 0, image, y, start + thread] = cosine
        first[member, 1, image, y, start + thread] = sine


@cuda.jit
def _down(
    first, taps, plus, minus, turns, signs, unit, count, asked, real, imaginary, energy, magnitude, phase
):  # fmt: skip
    """Column passes of both row passes, and the maps of both filters of a pair: a block has a tile of an image."""
    tile = cuda.shared.array((2, TALL, WIDE), first.dtype)
    thread, block = cuda.threadIdx.x, cuda.blockIdx.x
    high, columns, size = first.shape[3], first.shape[4], taps.shape[2]
    rows = high - size + 1
    strips, bands = (columns + WIDE - 1) // WIDE, (rows + HIGH - 1) // HIGH
    left, top = block % strips * WIDE, block // strips % bands * HIGH
    image, member = block // (strips * bands) % count, block // (strips * bands * count)
    x, y = thread % WIDE, thread // WIDE
    zero = first.dtype.type(0)
    ca = sb = cb = sa = zero
    for k in range(0, size, CHUNK):
        for at in range(y, TALL, HIGH):
            inside = top + k + at < high and left + x < columns
            for part in range(2):
                tile[part, at, x] = first[member, part, image, top + k + at, left + x] if inside else zero
        cuda.syncthreads()
        for j in range(min(CHUNK, size - k)):
            cosine, sine = taps[unit + member, 0, k + j], taps[unit + member, 1, k + j]
            ca += cosine * tile[0, y + j, x]
            sb += sine * tile[1, y + j, x]
            cb += cosine * tile[1, y + j, x]
            sa += sine * tile[0, y + j, x]
        cuda.syncthreads()
    if left + x < columns and top + y < rows:
        f = plus[unit + member]
        _write(
            ca - sb, first.dtype.type(signs[f]) * (cb + sa), turns[f, 0], turns[f, 1], asked, image, f, top + y,
            left + x, real, imaginary, energy, magnitude, phase,
        )  # fmt: skip
        f = minus[unit + member]
        if f >= 0:
            _write(
                ca + sb, first.dtype.type(signs[f]) * (cb - sa), turns[f, 0], turns[f, 1], asked, image, f, top + y,
                left + x, real, imaginary, energy, magnitude, phase,
            )  # fmt: skip


@cuda.jit
def _direct(images, taps, stride, rows, columns, asked, real, imaginary, energy, magnitude, phase):
    """Sums over both parts of a kernel: a block has a tile of the results of one filter, a thread a pixel."""
    thread, block = cuda.threadIdx.x, cuda.blockIdx.x
    filters, _, high, wide = taps.shape
    strips, bands = (columns + WIDE - 1) // WIDE, (rows + HIGH - 1) // HIGH
    x = block % strips * WIDE + thread % WIDE
    y = block // strips % bands * HIGH + thread // WIDE
    f, image = block // (strips * bands) % filters, block // (strips * bands * filters)
    if x >= columns or y >= rows:
        return
    even = odd = images.dtype.type(0)
    for k in range(high):
        for j in range(wide):
            pixel = images[image, y * stride + k, x * stride + j]
            even += taps[f, 0, k, j] * pixel
            odd += taps[f, 1, k, j] * pixel
    one, zero = images.dtype.type(1), images.dtype.type(0)
    _write(even, odd, one, zero, asked, image, f, y, x, real, imaginary, energy, magnitude, phase)


@cuda.jit(device=True)
def _write(even, odd, cosine, sine, asked, image, f, y, x, real, imaginary, energy, magnitude, phase):
    """Write what is asked for of a response, turned by a phase."""
    first, second = rules.turned_real(even, odd, cosine, sine), rules.turned_imaginary(even, odd, cosine, sine)
    size = cosine * cosine + sine * sine
    if asked & REAL:
        real[image, f, y, x] = first
    if asked & IMAGINARY:
        imaginary[image, f, y, x] = second
    if asked & ENERGY:
        energy[image, f, y, x] = rules.energy(even, odd) * size
    if asked & MAGNITUDE:
        magnitude[image, f, y, x] = rules.magnitude(first, second)
    if asked & PHASE:
        phase[image, f, y, x] = rules.angle(first, second)
