"""Self-organisation of a neocognitron (Fukushima 1980): all presentations of one network inside one compiled call.

A presentation waits for the one before it, so networks are the tasks, and there is no CUDA twin. Layers are arrays
(rows, columns, planes), with zeros around them where windows above need these; weights have the network as first axis.
"""

import numpy as np
from numba import njit

from neurosim.core.jit import INNER, driver
from neurosim.neocognitron import rules

loops = njit(error_model="numpy", **INNER)


@driver(nogil=True)
def organise(begin, end, images, order, moves, a, b, c, d, below, above, geometry, r, q, alpha):
    """Present images one after another to networks begin..end-1 and reinforce their weights in place.

    A stage responds, learns, and responds again before the next one sees it.

    Parameters
    ----------
    images : (images, rows, columns)
    order : (networks, presentations) int64
        Which image is presented.
    moves : (networks, presentations, 2) int64
        By how many rows and columns it is moved; nothing may leave the field.
    a : 3 arrays (networks, window, window, planes below, planes)
    b : 3 arrays (networks, planes)
    c, d : 3 arrays (window, window)
    below, above : 3 tuples (rows, columns, planes)
        Shapes of the layers below the S-layers, with zeros around them, and of the S-layers.
    geometry : (3, 4) int64
        Of every stage: zeros around the layer below and around the S-layer, stride of the C-cells, side of an S-column.
    r, q : (3,) float64
    alpha : float
    """
    u = (np.zeros(below[0]), np.zeros(below[1]), np.zeros(below[2]))
    s = (np.zeros(above[0]), np.zeros(above[1]), np.zeros(above[2]))
    for network in range(begin, end):
        for time in range(order.shape[1]):
            place(images, order[network, time], moves[network, time, 0], moves[network, time, 1], u[0], geometry[0, 0])
            for stage in range(3):
                weights, inhibition = a[stage][network], b[stage][network]
                pad, stride, column = geometry[stage, 1], geometry[stage, 2], geometry[stage, 3]
                s_cells(u[stage], weights, inhibition, c[stage], r[stage], s[stage])
                reinforce(s[stage], u[stage], column, weights, inhibition, c[stage], q[stage])
                if stage < 2:
                    s_cells(u[stage], weights, inhibition, c[stage], r[stage], s[stage])
                    c_cells(s[stage], d[stage], pad, stride, alpha, u[stage + 1], geometry[stage + 1, 0])


@loops
def place(images, image, down, right, u0, pad):
    """Copy an image, moved, into the input layer."""
    u0[:] = 0
    for i in range(images.shape[1]):
        for j in range(images.shape[2]):
            if images[image, i, j] != 0:
                u0[pad + i + down, pad + j + right, 0] = images[image, i, j]


@loops
def s_cells(u, a, b, c, r, s):
    """Set S-cells from the layer below, eq. 1 and 3, by its cells that are not 0."""
    window, below, planes = a.shape[0], a.shape[2], a.shape[3]
    weights = a.reshape(window * window * below, planes)
    places, values = np.empty(len(weights), np.uint64), np.empty(len(weights))
    e = np.empty(planes)
    for i in range(s.shape[0]):
        for j in range(s.shape[1]):
            count, v2 = gather(u, c, i, j, places, values)
            v = np.sqrt(v2)
            add_rows(weights, places, values, count, e)
            for k in range(planes):
                s[i, j, k] = r * rules.shunted(e[k], 2 * r / (1 + r) * b[k] * v)


@loops
def gather(u, c, i, j, places, values):
    """List the inputs of a window that are not 0; return their number and the sum of c u^2."""
    window, below = c.shape[0], u.shape[2]
    count, v2 = 0, 0.0
    for di in range(window):
        for dj in range(window):
            for kappa in range(below):
                x = u[i + di, j + dj, kappa]
                if x != 0:
                    places[count] = (di * window + dj) * below + kappa
                    values[count] = x
                    count += 1
                    v2 += c[di, dj] * x * x
    return count, v2


@loops
def add_rows(weights, places, values, count, e):
    """Set e to the sum of rows of weights times values, in their order."""
    planes = len(e)
    e[:] = 0
    whole = count // 4 * 4
    for p in range(0, whole, 4):
        p0, p1, p2, p3 = places[p], places[p + 1], places[p + 2], places[p + 3]
        x0, x1, x2, x3 = values[p], values[p + 1], values[p + 2], values[p + 3]
        for k in range(planes):
            e[k] = e[k] + weights[p0, k] * x0 + weights[p1, k] * x1 + weights[p2, k] * x2 + weights[p3, k] * x3
    for p in range(whole, count):
        p0, x0 = places[p], values[p]
        for k in range(planes):
            e[k] += weights[p0, k] * x0


@loops
def c_cells(s, d, pad, stride, alpha, u, pad_next):
    """Set C-cells from their S-cells: eq. 4 to 6."""
    rows, width, planes, window = s.shape[0], s.shape[1], s.shape[2], d.shape[0]
    pooled = np.empty(planes)
    for i in range(u.shape[0] - 2 * pad_next):
        for j in range(u.shape[1] - 2 * pad_next):
            pooled[:] = 0
            top, left = i * stride - pad, j * stride - pad
            for y in range(max(top, 0), min(top + window, rows)):
                for x in range(max(left, 0), min(left + window, width)):
                    weight = d[y - top, x - left]
                    for k in range(planes):
                        pooled[k] += weight * s[y, x, k]
            v = pooled.sum() / planes
            for k in range(planes):
                u[pad_next + i, pad_next + j, k] = rules.saturated(rules.shunted(pooled[k], v), alpha)


@loops
def reinforce(s, u, column, a, b, c, q):
    """Reinforce the representatives of the planes: eq. 7 and 8."""
    planes = s.shape[2]
    at = representatives(s, column)
    for k in range(planes):
        if at[k] < 0:
            continue
        i, j = at[k] // s.shape[1], at[k] % s.shape[1]
        v2 = 0.0
        for di in range(len(c)):
            for dj in range(len(c)):
                for kappa in range(u.shape[2]):
                    x = u[i + di, j + dj, kappa]
                    a[di, dj, kappa, k] += q * c[di, dj] * x
                    v2 += c[di, dj] * x * x
        b[k] += q / 2 * np.sqrt(v2)


@loops
def representatives(s, column):
    """Return the place of every plane's representative, row by row, -1 without one.

    The largest cell of each S-column, all planes over a square of places, is a candidate if it responds; a plane's
    largest candidate is its representative. Of equals the first one counts, by rows, columns and planes.
    """
    rows, width, planes = s.shape
    largest, which = np.zeros((rows, width)), np.empty((rows, width), np.int64)
    for i in range(rows):
        for j in range(width):
            for k in range(planes):
                if s[i, j, k] > largest[i, j]:
                    largest[i, j], which[i, j] = s[i, j, k], k
    at, best = np.full(planes, -1), np.zeros(planes)
    for top in range(max(rows - column, 0) + 1):
        for left in range(max(width - column, 0) + 1):
            value, y, x = 0.0, 0, 0
            for i in range(top, min(top + column, rows)):
                for j in range(left, min(left + column, width)):
                    if largest[i, j] > value:
                        value, y, x = largest[i, j], i, j
            if value > 0:
                k, place = which[y, x], y * width + x
                if value > best[k] or (value == best[k] and place < at[k]):
                    best[k], at[k] = value, place
    return at
