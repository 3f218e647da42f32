"""S- and C-cells on a CUDA device: layers between those asked for stay there.

The excitation of S-cells is a product of two matrices, the windows of all places and the planes' weights. A block has
a tile of places by planes and a thread several of its cells; both factors go through shared memory, some terms at a
time. Every sum has a thread of its own and one order, so that the same input gives the same bits.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numba import cuda, int32

from neurosim.core import device
from neurosim.neocognitron import rules
from neurosim.neocognitron.recipe import CLayer, Inhibition, Pool, SLayer

# Threads of a block along places and planes, cells of a thread along both, terms that are shared at a time
DOWN, ALONG, OWN_PLACES, OWN_PLANES, TERMS = (2, 4, 2, 2, 4) if device.simulated() else (16, 8, 8, 4, 16)
THREADS, PLACES, PLANES = DOWN * ALONG, DOWN * OWN_PLACES, ALONG * OWN_PLANES
LINE = PLACES + 1  # of the shared windows, so that neighbouring terms lie in different banks of the memory
ROOM = 1 << 30  # bytes of layers that are on the device at a time, and places in them are counted by int32
SHUNTING, SUBTRACTIVE = int(Inhibition.SHUNTING), int(Inhibition.SUBTRACTIVE)
ROOT, L2, MAX = int(Pool.ROOT), int(Pool.L2), int(Pool.MAX)


class Weights(NamedTuple):
    """Weights of a layer of S-cells on the device."""

    a: Any  # (window^2 below * planes,)
    b: Any  # (planes,), times the efficacy
    c: Any  # (window, window)
    gain: np.floating
    efficacy: np.floating


class Pools(NamedTuple):
    """Weights of a layer of C-cells on the device; C-plane k joins members[starts[k] : starts[k + 1]]."""

    d: Any  # (window, window)
    starts: Any
    members: Any
    alpha: np.floating  # 0 for no saturation


def s_cells(u: np.ndarray, layer: SLayer) -> np.ndarray:
    """Return the responses of S-cells, as `cpu.s_cells`."""
    weights = _weights(layer, u.dtype)
    shape = (*layer.shape(*u.shape[1:3]), layer.a.shape[3])
    return _in_batches(u, shape, shape, lambda part: _s_cells(part, layer, weights))


def v_cells(u: np.ndarray, c: np.ndarray, pad: int) -> np.ndarray:
    """Return the responses of inhibitory cells, as `cpu.v_cells`."""
    weights = _copied(c, u.dtype)
    shape = tuple(n + 2 * pad - len(c) + 1 for n in u.shape[1:3])
    return _in_batches(u, shape, shape, lambda part: _v_cells(part, weights, pad))


def c_cells(u: np.ndarray, layer: CLayer) -> np.ndarray:
    """Return the responses of C-cells, as `cpu.c_cells`."""
    pools = _pools(layer, u.shape[3], u.dtype)
    shape = (*layer.shape(*u.shape[1:3]), layer.planes(u.shape[3]))
    return _in_batches(u, shape, shape, lambda part: _c_cells(part, layer, pools))


def stage(u: np.ndarray, s: SLayer, c: CLayer) -> np.ndarray:
    """Return the responses of C-cells to S-cells, as `cpu.stage`."""
    between = (*s.shape(*u.shape[1:3]), s.a.shape[3])
    weights, pools = _weights(s, u.dtype), _pools(c, between[2], u.dtype)
    shape = (*c.shape(*between[:2]), c.planes(between[2]))
    return _in_batches(u, shape, between, lambda part: _c_cells(_s_cells(part, s, weights), c, pools))


def _weights(layer, real):
    a, b, c = (_copied(array, real) for array in (layer.a.reshape(-1), layer.efficacy * layer.b, layer.c))
    return Weights(a, b, c, real.type(layer.gain), real.type(layer.efficacy))


def _pools(layer, planes, real):
    joins = np.arange(planes) if layer.joins is None else np.asarray(layer.joins)
    starts = np.searchsorted(np.sort(joins), np.arange(layer.planes(planes) + 1))
    members = np.argsort(joins, kind="stable")
    return Pools(
        _copied(layer.d, real), _copied(starts, np.int64), _copied(members, np.int64), real.type(layer.alpha or 0)
    )


def _copied(array, real):
    return device.to_device(np.ascontiguousarray(array, real))


def _in_batches(
    u: np.ndarray, shape: tuple[int, ...], largest: tuple[int, ...], compute: Callable[[Any], Any]
) -> np.ndarray:
    """Return (images, *shape) that `compute` makes on the device of some images at a time."""
    out = np.empty((len(u), *shape), u.dtype)
    cells = 3 * int(np.prod(u.shape[1:3])) + int(np.prod(u.shape[1:])) + 2 * int(np.prod(largest))
    for begin, end in _ranges(len(u), cells * u.itemsize):
        compute(_copied(u[begin:end], u.dtype)).copy_to_host(out[begin:end])
    return out


def _ranges(images: int, bytes_of_image: int) -> Iterator[tuple[int, int]]:
    batch = max(1, ROOM // bytes_of_image)
    for begin in range(0, images, batch):
        yield begin, min(begin + batch, images)


def _s_cells(u, layer, weights):
    """Return the responses (images, rows, columns, planes) on the device."""
    images, high, wide, _ = u.shape
    planes = layer.a.shape[3]
    s = device.empty((images, *layer.shape(high, wide), planes), u.dtype)
    row, places = s.ravel(), images * s.shape[1] * s.shape[2]
    blocks = -(-places // PLACES), -(-planes // PLANES)
    _excite[blocks, THREADS](u.shape, u.ravel(), weights.a, layer.window, layer.pad, s.shape, row)
    if layer.kind != Inhibition.NONE:
        inhibited = layer.kind in (SHUNTING, SUBTRACTIVE)
        v = _v_cells(u, weights.c, layer.pad).ravel() if inhibited else weights.b
        _respond[device.launch(places * planes)](weights.b, v, int(layer.kind), weights.gain, weights.efficacy, row)
    return s


def _v_cells(u, c, pad):
    images, high, wide, _ = u.shape
    squares = device.empty((images, high, wide), u.dtype)
    _square[device.launch(images * high * wide)](u, squares)
    v = device.empty((images, high + 2 * pad - c.shape[0] + 1, wide + 2 * pad - c.shape[0] + 1), u.dtype)
    _inhibit[device.launch(images * v.shape[1] * v.shape[2])](squares, c, pad, v)
    return v


def _c_cells(u, layer, pools):
    images, rows, columns, _ = u.shape
    c = device.empty((images, *layer.shape(rows, columns), len(pools.starts) - 1), u.dtype)
    places, saturates = images * c.shape[1] * c.shape[2], layer.alpha is not None
    _pool[device.launch(places * c.shape[3])](
        u, pools.d, pools.starts, pools.members, layer.stride, layer.pad, int(layer.pool),
        saturates and not layer.lateral, pools.alpha, c,
    )  # fmt: skip
    if layer.lateral:
        _inhibit_laterally[device.launch(places)](saturates, pools.alpha, c)
    return c


@cuda.jit
def _excite(below_shape, u, a, window, pad, shape, s):
    """Sums of the excitation of S-cells: a block has a tile of places and planes."""
    seen = cuda.shared.array((TERMS, LINE), u.dtype)
    weights = cuda.shared.array((TERMS, PLANES), u.dtype)
    corners = cuda.shared.array((3, PLACES), int32)  # of a place's window: row, column, number in `u`
    sums = cuda.local.array((OWN_PLACES, OWN_PLANES), u.dtype)
    thread, zero = np.uint32(cuda.threadIdx.x), u.dtype.type(0)  # never negative: numbers of cells need no test
    down, along = thread // ALONG, thread % ALONG
    first_place, first_plane = cuda.blockIdx.x * PLACES, cuda.blockIdx.y * PLANES
    images, rows, columns, planes = shape
    _, high, wide, below = below_shape
    terms = window * window * below
    _find_corners(corners, thread, first_place, images, rows, columns, high, wide, below, pad, window)
    for m in range(OWN_PLACES):
        for n in range(OWN_PLANES):
            sums[m, n] = zero
    cuda.syncthreads()
    for first in range(0, terms, TERMS):
        term = first + thread % TERMS
        kappa, i, j = term % below, term // below // window, term // below % window
        offset = (i * wide + j) * below + kappa
        for place in range(thread // TERMS, PLACES, THREADS // TERMS):
            inside = 0 <= corners[0, place] + i < high and 0 <= corners[1, place] + j < wide and term < terms
            seen[thread % TERMS, place] = u[corners[2, place] + offset] if inside else zero
        for at in range(thread, TERMS * PLANES, THREADS):
            row, plane = first + at // PLANES, first_plane + at % PLANES
            weights[at // PLANES, at % PLANES] = a[row * planes + plane] if row < terms and plane < planes else zero
        cuda.syncthreads()
        for t in range(TERMS):
            for m in range(OWN_PLACES):
                for n in range(OWN_PLANES):
                    sums[m, n] += seen[t, down + m * DOWN] * weights[t, along + n * ALONG]
        cuda.syncthreads()
    for m in range(OWN_PLACES):
        place = first_place + down + m * DOWN
        for n in range(OWN_PLANES):
            plane = first_plane + along + n * ALONG
            if place < images * rows * columns and plane < planes:
                s[place * planes + plane] = sums[m, n]


@cuda.jit(device=True)
def _find_corners(corners, thread, first_place, images, rows, columns, high, wide, below, pad, window):
    """Find where the windows of a block's places begin; that of a place beyond the last sees nothing."""
    for at in range(thread, PLACES, THREADS):
        place = first_place + at
        image, top, left = place // (rows * columns), place // columns % rows - pad, place % columns - pad
        if image >= images:
            image, top = 0, -window
        corners[0, at] = top
        corners[1, at] = left
        corners[2, at] = ((image * high + top) * wide + left) * below


@cuda.jit
def _respond(b, v, kind, gain, efficacy, s):
    """Turn sums of excitation into responses, a thread a cell."""
    cell = cuda.grid(1)
    if cell >= len(s):
        return
    if kind == SHUNTING:
        s[cell] = gain * rules.shunted(s[cell], b[cell % len(b)] * v[cell // len(b)])
    elif kind == SUBTRACTIVE:
        s[cell] = gain * rules.subtracted(s[cell], b[cell % len(b)] * v[cell // len(b)])
    else:
        s[cell] = gain * rules.subtracted(s[cell], efficacy)


@cuda.jit
def _square(u, squares):
    """Sums of the squares of a place's planes, a thread a place."""
    place = cuda.grid(1)
    images, high, wide, below = u.shape
    if place >= images * high * wide:
        return
    image, y, x = place // (high * wide), place // wide % high, place % wide
    total = u.dtype.type(0)
    for k in range(below):
        total += u[image, y, x, k] * u[image, y, x, k]
    squares[image, y, x] = total


@cuda.jit
def _inhibit(squares, c, pad, v):
    """Responses of inhibitory cells, a thread a place."""
    place = cuda.grid(1)
    images, rows, columns = v.shape
    if place >= images * rows * columns:
        return
    image, row, column = place // (rows * columns), place // columns % rows, place % columns
    total = squares.dtype.type(0)
    for i in range(c.shape[0]):
        y = row + i - pad
        for j in range(c.shape[0]):
            x = column + j - pad
            if 0 <= y < squares.shape[1] and 0 <= x < squares.shape[2]:
                total += c[i, j] * squares[image, y, x]
    v[image, row, column] = rules.rooted(total)


@cuda.jit
def _pool(u, d, starts, members, stride, pad, kind, saturates, alpha, c):
    """Pools of C-cells without lateral inhibition, a thread a cell."""
    cell = cuda.grid(1)
    images, rows, columns, planes = c.shape
    if cell >= images * rows * columns * planes:
        return
    plane, place = cell % planes, cell // planes
    image, row, column = place // (rows * columns), place // columns % rows, place % columns
    total, size = u.dtype.type(0), d.shape[0]
    for member in range(starts[plane], starts[plane + 1]):
        for i in range(size):
            y = row * stride + i - pad
            for j in range(size):
                x, term = column * stride + j - pad, u.dtype.type(0)
                if 0 <= y < u.shape[1] and 0 <= x < u.shape[2]:
                    term = u[image, y, x, members[member]]
                term *= d[i, j] * term if kind == L2 else d[i, j]
                if kind != MAX:
                    total += term
                elif i == 0 and j == 0 and member == starts[plane]:
                    total = term
                else:
                    total = rules.larger(total, term)
    if kind in (ROOT, L2):
        total = rules.rooted(total)
    c[image, row, column, plane] = rules.saturated(total, alpha) if saturates else total


@cuda.jit
def _inhibit_laterally(saturates, alpha, c):
    """Inhibit the C-cells of a place by their mean, a thread a place (Fukushima 1980, eq. 4 and 6)."""
    place = cuda.grid(1)
    images, rows, columns, planes = c.shape
    if place >= images * rows * columns:
        return
    image, row, column = place // (rows * columns), place // columns % rows, place % columns
    one, mean = c.dtype.type(1), c.dtype.type(0)
    for k in range(planes):
        mean += c[image, row, column, k]
    mean /= c.dtype.type(planes)
    for k in range(planes):
        inhibited = (c[image, row, column, k] - mean) / (one + mean)
        c[image, row, column, k] = rules.saturated(inhibited, alpha) if saturates else inhibited
