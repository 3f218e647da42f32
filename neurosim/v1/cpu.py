"""Banks of filters on the CPU: all sums are those of `neurosim.core.contraction`, in strips of an image.

A strip of up to 256 columns keeps the passes of a few filters in the second cache. In the row pass the filters' taps
are the tile's rows and pixels its lanes. In the column pass six output rows are the tile's rows: they read the same
rows of the first pass, at taps shifted by one, which lie between zeros. Every strip of an image and group of filters is
a task: the results do not depend on the number of threads.
"""

import numpy as np
from numba import njit, types

from neurosim.core import parallel
from neurosim.core.contraction import ONE, SIGNATURE, ZERO, contract, contraction
from neurosim.core.jit import INNER, address, driver
from neurosim.v1 import rules
from neurosim.v1.bank_recipe import Factors, Outputs

STRIP = 256  # columns of a task of `separable`, at most
GROUP = 3  # of its units
ROWS = 6  # output rows of a column pass's tile
BAND, WIDE, FILTERS = 60, 64, 6  # output rows and columns, and filters, of a task of `direct`
loops = njit(error_model="numpy", **INNER)
U = np.uint64


def separable(padded: np.ndarray, factors: Factors, outputs: Outputs) -> None:
    """Filter images with circular Gabors, each by passes along rows and columns.

    Parameters
    ----------
    padded : (images, rows + K - 1, columns + K - 1), the border filled in
    """
    real, (units, _, size) = padded.dtype, factors.rows.shape
    rows, columns = padded.shape[1] - size + 1, padded.shape[2] - size + 1
    groups, strips, blocks = -(-units // GROUP), -(-columns // STRIP), -(-rows // ROWS)
    wide = -(-columns // (32 * strips)) * 32
    images = _enlarged(padded, blocks * ROWS + size - 1, strips * wide + size - 1)
    across = np.zeros((groups, size, 2 * GROUP), real)
    for unit, taps in enumerate(factors.rows):
        across[unit // GROUP, :, 2 * (unit % GROUP) : 2 * (unit % GROUP) + 2] = taps.T
    down = np.pad(factors.columns, ((0, 0), (0, 0), (ROWS - 1, ROWS - 1))).astype(real)
    parallel.run(
        _separable, len(padded) * groups * strips, _kernel(real), (rows, columns, size, units, blocks, strips, wide),
        images.reshape(-1), images.shape, across.reshape(-1), down.reshape(-1),
        factors.rows.any(axis=2), factors.columns.any(axis=2), factors._replace(turns=factors.turns.astype(real)),
        _flat(outputs),
    )  # fmt: skip


def direct(padded: np.ndarray, kernels: np.ndarray, stride: int, outputs: Outputs) -> None:
    """Filter images with any kernels, at every stride-th pixel of both axes.

    Parameters
    ----------
    padded : (images, rows + K - 1, columns + L - 1), the border filled in
    kernels : (filters, 2, K, L), even and odd part
    """
    real, (filters, _, high, wide) = padded.dtype, kernels.shape
    rows, columns = (-(-(n - k + 1) // stride) for n, k in zip(padded.shape[1:], (high, wide), strict=True))
    strips, bands, groups = -(-columns // WIDE), -(-rows // BAND), -(-filters // FILTERS)
    steps, parts = -(-wide // stride), 1 if sum(array.size for array in outputs) == outputs.real.size else 2
    # Columns p, p + stride ... of an image lie side by side in plane p, so that a tap's pixels are neighbours
    width = strips * WIDE + steps - 1
    planes = np.zeros((len(padded), stride, padded.shape[1], width), real)
    taps = np.zeros((groups, stride, high, steps, parts * FILTERS), real)
    for p in range(stride):
        part = padded[:, :, p::stride][:, :, :width]
        planes[:, p, :, : part.shape[2]] = part
        for f, kernel in enumerate(kernels[:, :parts, :, p::stride]):
            at = parts * (f % FILTERS)
            taps[f // FILTERS, p, :, : kernel.shape[2], at : at + parts] = kernel.transpose(1, 2, 0)
    parallel.run(
        _direct, len(padded) * groups * strips * bands, _kernel(real),
        (rows, columns, filters, stride, high, steps, parts), planes.reshape(-1), planes.shape, taps.reshape(-1),
        _flat(outputs),
    )  # fmt: skip


def _kernel(dtype):
    """Return the address of the sums for a type of real numbers."""
    return address(contraction(types.float32 if dtype == np.float32 else types.float64), SIGNATURE)


def _flat(outputs):
    """Return the outputs, C-contiguous arrays, as flat ones."""
    return Outputs(*(array.reshape(-1) for array in outputs))


def _enlarged(images, rows, columns):
    """Return a copy with rows and columns of zeros after the last ones."""
    large = np.zeros((len(images), rows, columns), images.dtype)
    large[:, : images.shape[1], : images.shape[2]] = images[:, :rows, :columns]
    return large


@driver(nogil=True)
def _separable(begin, end, kernel, sizes, images, shape, across, down, has_row, has_column, factors, outputs):
    """Both passes of a group of filters in a strip of an image."""
    rows, columns, size, units, blocks, strips, strip = sizes
    _, high, wide = shape
    groups, lanes, plane, part = -(-units // GROUP), np.int64(2 * GROUP), high * strip, blocks * ROWS * strip
    first, second, line = _lines(lanes * plane, images), _lines(4 * part, images), _lines(2 * strip, images)
    real, imaginary = _needs(outputs)
    for task in range(begin, end):
        image, group, x = task // (groups * strips), task // strips % groups, task % strips * strip
        members, wanted = min(GROUP, units - group * GROUP), min(strip, columns - x)
        contract(
            kernel, 2 * members, strip, (high, ZERO, wide, strip), across, group * size * lanes,
            (ZERO, ZERO, lanes, ONE), images, image * high * wide + x, (ZERO, ZERO, ONE), (ONE, ONE, size), first, ZERO,
            plane, first, ZERO, ZERO,
        )  # fmt: skip
        for member in range(members):
            unit = group * GROUP + member
            plus, minus = factors.plus[unit], factors.minus[unit]
            turned = factors.turns[plus, 1] != 0 or (minus >= 0 and factors.turns[minus, 1] != 0)
            parts = (real or turned, imaginary or turned)
            for sums in range(4):  # CA, SB, CB, SA
                row, column = np.int64(sums == 1 or sums == 2), np.int64(sums == 1 or sums == 3)
                if not parts[sums // 2]:
                    continue
                if has_row[unit, row] and has_column[unit, column]:
                    _down(kernel, down, 2 * unit + column, size, first, (2 * member + row) * plane, strip, blocks,
                          second, sums * part)  # fmt: skip
                else:
                    second[sums * part : (sums + 1) * part] = 0
            for sign, filtered in ((-1, plus), (1, minus)):
                for y in range(rows if filtered >= 0 else 0):
                    to = ((image * len(factors.turns) + filtered) * rows + y) * columns + x
                    _combine(second, part, y * strip, sign, factors.signs[filtered], parts, line)
                    _write(line, wanted, factors.turns[filtered, 0], factors.turns[filtered, 1], outputs, to)


@njit(**INNER)
def _down(kernel, taps, row, size, first, f, strip, blocks, second, s):
    """Pass along columns: every tile of `blocks` is ROWS rows of results."""
    steps = np.int64(size + ROWS - 1)
    contract(
        kernel, np.int64(ROWS), strip, (blocks, ZERO, ROWS * strip, ROWS * strip), taps,
        row * (steps + ROWS - 1) + ROWS - 1, (ZERO, ZERO, ONE, -ONE), first, f, (ZERO, ZERO, strip), (ONE, ONE, steps),
        second, s, strip, second, ZERO, ZERO,
    )  # fmt: skip


@driver(nogil=True)
def _direct(begin, end, kernel, sizes, planes, shape, taps, outputs):
    """The sums of a group of filters in a band of a strip of an image."""
    rows, columns, filters, stride, high, steps, parts = sizes
    _, _, tall, wide = shape
    strips, bands, groups = -(-columns // WIDE), -(-rows // BAND), -(-filters // FILTERS)
    lanes, part = np.int64(parts * FILTERS), np.int64(BAND * WIDE)
    sums, line = _lines(lanes * part, planes), _lines(2 * WIDE, planes)
    one, zero = planes.dtype.type(1), planes.dtype.type(0)
    for task in range(begin, end):
        image, group = task // (groups * bands * strips), task // (bands * strips) % groups
        y, x = task // strips % bands * BAND, task % strips * WIDE
        members, height, wanted = min(FILTERS, filters - group * FILTERS), min(BAND, rows - y), min(WIDE, columns - x)
        contract(
            kernel, parts * members, np.int64(WIDE), (height, ZERO, stride * wide, np.int64(WIDE)), taps,
            group * stride * high * steps * lanes, (high * steps * lanes, steps * lanes, lanes, ONE), planes,
            (image * stride * tall + y * stride) * wide + x, (tall * wide, wide, ONE), (stride, high, steps), sums,
            ZERO, part, sums, ZERO, ZERO,
        )  # fmt: skip
        for member in range(members):
            to = ((image * filters + group * FILTERS + member) * rows + y) * columns + x
            for row in range(height):
                for k in range(parts):
                    _copy(sums, (parts * member + k) * part + row * WIDE, line, k * WIDE)
                _write(line, wanted, one, zero, outputs, to + row * columns)


@loops
def _copy(sums, at, line, to):
    for k in range(U(WIDE)):
        line[U(to) + k] = sums[U(at) + k]


@loops
def _combine(sums, part, at, sign, flip, parts, line):
    """Set `line` to real parts CA +- SB and imaginary parts flip (CB -+ SA) of a row."""
    sign, at, part, second = sums.dtype.type(sign), U(at), U(part), U(len(line) // 2)
    if parts[0]:
        for k in range(second):
            line[k] = sums[at + k] + sign * sums[at + part + k]
    if parts[1]:
        flip = sums.dtype.type(flip)
        for k in range(second):
            line[second + k] = flip * (sums[at + U(2) * part + k] - sign * sums[at + U(3) * part + k])


@loops
def _write(line, wanted, cosine, sine, outputs, to):
    """Write what is asked for of a row of responses, turned by a phase."""
    to, second = U(to), U(len(line) // 2)
    if outputs.real.size:
        if sine == 0:
            for k in range(U(wanted)):
                outputs.real[to + k] = line[k] * cosine
        else:
            for k in range(U(wanted)):
                outputs.real[to + k] = rules.turned_real(line[k], line[second + k], cosine, sine)
    if outputs.imaginary.size:
        if sine == 0:
            for k in range(U(wanted)):
                outputs.imaginary[to + k] = line[second + k] * cosine
        else:
            for k in range(U(wanted)):
                outputs.imaginary[to + k] = rules.turned_imaginary(line[k], line[second + k], cosine, sine)
    size = cosine * cosine + sine * sine
    if outputs.energy.size:
        for k in range(U(wanted)):
            outputs.energy[to + k] = rules.energy(line[k], line[second + k]) * size
    if outputs.magnitude.size:
        size = np.sqrt(size)
        for k in range(U(wanted)):
            outputs.magnitude[to + k] = rules.magnitude(line[k], line[second + k]) * size
    if outputs.phase.size:
        for k in range(U(wanted)):
            real = rules.turned_real(line[k], line[second + k], cosine, sine)
            imaginary = rules.turned_imaginary(line[k], line[second + k], cosine, sine)
            outputs.phase[to + k] = rules.angle(real, imaginary)


@njit(**INNER)
def _lines(size, like):
    """Return room for numbers, from the start of a cache line on."""
    room = np.empty(size + 16, like.dtype)
    first = (-room.ctypes.data % 64) // room.itemsize
    return room[first : first + size]


@njit(**INNER)
def _needs(outputs):
    """Return whether real, and whether imaginary parts are needed for what was asked for."""
    whole = outputs.energy.size + outputs.magnitude.size + outputs.phase.size > 0
    return whole or outputs.real.size > 0, whole or outputs.imaginary.size > 0
