"""S- and C-cells on the CPU: an image stays in the cache from the sums of its S-cells to its C-cells.

The sums of S-cells are those of `neurosim.core.contraction`: neighbouring places are the tile's rows, planes its lanes,
four registers of planes at a time, whose weights lie side by side. Planes are filled up to whole registers. C-cells
pool by rows and then by columns where their weights are a product, cell by cell else.
"""

from typing import NamedTuple

import numpy as np
from numba import types

from neurosim.core import parallel
from neurosim.core.contraction import SIGNATURE, contraction
from neurosim.core.jit import address, driver
from neurosim.core.vector import BITS
from neurosim.neocognitron import cpu_cells as cells
from neurosim.neocognitron.recipe import CLayer, Inhibition, Pool, SLayer

NONE, SHUNTING = int(Inhibition.NONE), int(Inhibition.SHUNTING)
L2 = int(Pool.L2)
TASK = 100_000_000  # multiply-adds of a task's images, some milliseconds: to start one takes a tenth of one
C_WORK = 50  # multiply-adds of a C-cell, roughly


class Sums(NamedTuple):
    """A layer of S-cells as the kernel takes it; planes of (rows, columns) over (high, wide) ones, and frames."""

    high: int
    wide: int
    below: int
    rows: int
    columns: int
    planes: int
    lanes: int  # planes, filled up
    slab: int  # planes whose weights lie side by side
    window: int
    pad: int
    kind: int
    a: np.ndarray  # slabs of (window^2 below, slab)
    b: np.ndarray  # (lanes,), times the efficacy
    c: np.ndarray
    gain: np.ndarray  # (1,)
    efficacy: np.ndarray


class Pools(NamedTuple):
    """A layer of C-cells as the kernel takes it; planes of (rows, columns)."""

    rows: int
    columns: int
    planes: int
    window: int
    stride: int
    pad: int
    kind: int
    lateral: bool
    saturates: bool
    separable: bool
    joined: bool
    d: np.ndarray
    down: np.ndarray
    along: np.ndarray
    joins: np.ndarray  # (S-planes,)
    alpha: np.ndarray


def s_cells(u: np.ndarray, layer: SLayer) -> np.ndarray:
    """Return the responses of S-cells, see `layers.s_cells`."""
    rows, columns = layer.shape(*u.shape[1:3])
    s = np.empty((len(u), rows, columns, layer.a.shape[3]), u.dtype)
    _run(u, layer, None, s, _none(u), _none(u))
    return s


def v_cells(u: np.ndarray, c: np.ndarray, pad: int) -> np.ndarray:
    """Return the responses of inhibitory cells, see `layers.v_cells`."""
    layer = SLayer(np.empty((*c.shape, u.shape[3], 0)), np.empty(0), c, pad, Inhibition.SHUNTING)
    v = np.empty((len(u), *layer.shape(*u.shape[1:3])), u.dtype)
    _run(u, layer, None, _none(u), v, _none(u))
    return v


def c_cells(u: np.ndarray, layer: CLayer) -> np.ndarray:
    """Return the responses of C-cells, see `layers.c_cells`."""
    c = np.empty((len(u), *layer.shape(*u.shape[1:3]), layer.planes(u.shape[3])), u.dtype)
    _run(u, None, layer, _none(u), _none(u), c)
    return c


def stage(u: np.ndarray, s: SLayer, c: CLayer) -> np.ndarray:
    """Return the responses of C-cells to S-cells, see `layers.stage`."""
    out = np.empty((len(u), *c.shape(*s.shape(*u.shape[1:3])), c.planes(s.a.shape[3])), u.dtype)
    _run(u, s, c, _none(u), _none(u), out)
    return out


def _none(u):
    return np.empty(0, u.dtype)


def _run(u, s, c, s_out, v_out, c_out):
    """Run the layers that are not None, and write what has room."""
    shape = u.shape[1:]
    sums = _sums(s, shape, u.dtype) if s else _given(shape, u.dtype)
    pools = _pools(c, sums, u.dtype) if c else _pools(CLayer(np.ones((1, 1)), 1, 0, Pool.AVERAGE), sums, u.dtype)
    kernel = address(contraction(types.float32 if u.dtype == np.float32 else types.float64), SIGNATURE)
    work = 1 + sums.rows * sums.columns * (sums.a.size + sums.lanes * C_WORK)
    group = max(1, min(TASK // work, len(u) // (2 * parallel.threads())))
    parallel.run(
        _images, -(-len(u) // group), group, kernel, sums, pools, bool(s), bool(c), u.reshape(-1), s_out.reshape(-1),
        v_out.reshape(-1), c_out.reshape(-1), len(u),
    )  # fmt: skip


def _sums(layer, shape, real):
    """Return an S-layer over a layer of some (rows, columns, planes) for the kernel."""
    high, wide, below = shape
    size, planes, width = layer.window, layer.a.shape[3], BITS // (8 * real.itemsize)
    lanes, slab = -(-planes // width) * width, 4 * width
    slabs, steps = -(-lanes // slab), size * size * below
    rows, columns = layer.shape(high, wide)
    a = np.zeros((slabs, steps, slab), real)
    flat = layer.a.reshape(steps, planes)
    for k in range(slabs):
        part = flat[:, k * slab : (k + 1) * slab]
        a[k, :, : part.shape[1]] = part
    b = np.zeros(lanes, real)
    b[:planes] = layer.efficacy * layer.b
    return Sums(
        high, wide, below, rows, columns, planes, lanes, slab, size, layer.pad, int(layer.kind),
        a.reshape(-1), b, layer.c.astype(real).reshape(-1), np.array([layer.gain], real),
        np.array([layer.efficacy], real),
    )  # fmt: skip


def _given(shape, real):
    """Return what takes the place of an S-layer whose responses are given."""
    width, empty = BITS // (8 * real.itemsize), np.empty(0, real)
    lanes = -(-shape[2] // width) * width
    rows, columns, planes = shape
    return Sums(
        rows, columns, planes, rows, columns, planes, lanes, lanes, 1, 0, NONE, empty, empty, empty, empty, empty,
    )  # fmt: skip


def _pools(layer, sums, real):
    """Return a C-layer over an S-layer for the kernel."""
    left, values, right = np.linalg.svd(layer.d)
    accuracy = 16 * np.finfo(layer.d.dtype).eps if layer.d.dtype.kind == "f" else 1e-14
    separable = layer.pool != Pool.MAX and values[1:].sum() < accuracy * values[0]
    scale = np.sqrt(values[0]) * np.sign(left[0, 0] or 1)
    joins = np.arange(sums.planes) if layer.joins is None else np.asarray(layer.joins)
    rows, columns = layer.shape(sums.rows, sums.columns)
    return Pools(
        rows, columns, layer.planes(sums.planes), layer.window, layer.stride, layer.pad,
        int(layer.pool), bool(layer.lateral), layer.alpha is not None, bool(separable),
        layer.joins is not None,
        layer.d.astype(real).reshape(-1), (left[:, 0] * scale).astype(real), (right[0] * scale).astype(real),
        joins.astype(np.int64), np.array([layer.alpha or 0.0], real),
    )  # fmt: skip


@driver(nogil=True, error_model="numpy")
def _images(begin, end, group, kernel, S, C, has_s, has_c, u, s_out, v_out, c_out, count):
    """Compute the layers of some groups of images."""
    inside, places = S.high * S.wide * S.below, S.rows * S.columns
    tall, broad = S.high + 2 * S.pad, S.wide + 2 * S.pad
    frame, squares = cells.zeros(tall * broad * S.below, u), cells.zeros(tall * broad, u)
    v, s = cells.zeros(places, u), cells.zeros(places * S.lanes, u)
    line, pooled, joined = cells.zeros(S.columns * S.lanes, u), cells.zeros(S.lanes, u), cells.zeros(C.planes, u)
    for image in range(begin * group, min(end * group, count)):
        if has_s:
            cells.frame(u, image * inside, S, frame)
            cells.excite(kernel, S, frame, s)
            if S.kind >= SHUNTING:
                cells.inhibit(S, frame, squares, v)
            cells.respond(S, v, s)
        else:
            cells.fill(u, image * inside, S, s)
        if s_out.size:
            cells.copy(S, s, s_out, image * places * S.planes)
        if v_out.size:
            v_out[image * places : (image + 1) * places] = v
        if has_c:
            if C.kind == L2:
                cells.square(s)
            cells.pool(S, C, s, line, pooled, joined, c_out, image * C.rows * C.columns * C.planes)
