"""Presentations to a neocognitron of 1980, from equations 1 to 8; layers are (planes, rows, columns)."""

import numpy as np

ALPHA = 0.5
# window, zeros around the layer below, side of an S-column; window of the C-cells, zeros around the S-layer, stride
GEOMETRY = ((5, 2, 5, 5, 4, 2), (5, 1, 5, 5, 4, 2), (5, 0, 2, 2, 0, 1))


def distances(window):
    middle = (window - 1) / 2
    return np.array([[np.sqrt((i - middle) ** 2 + (j - middle) ** 2) for j in range(window)] for i in range(window)])


def patches(u, window, pad, stride=1):
    """Yield (row, column, patch (planes, window, window)) of every cell above."""
    planes, rows, columns = u.shape
    around = np.zeros((planes, rows + 2 * pad, columns + 2 * pad))
    around[:, pad : pad + rows, pad : pad + columns] = u
    for y in range((rows + 2 * pad - window) // stride + 1):
        for x in range((columns + 2 * pad - window) // stride + 1):
            top, left = y * stride, x * stride
            yield y, x, around[:, top : top + window, left : left + window].copy()


def side(u, window, pad, stride=1):
    return (u.shape[1] + 2 * pad - window) // stride + 1


def s_layer(u, a, b, c, r, window, pad):
    """Equations 1 and 3; a is (planes, planes below, window, window)."""
    n = side(u, window, pad)
    s = np.zeros((len(a), n, n))
    for y, x, patch in patches(u, window, pad):
        v = np.sqrt((c * patch**2).sum())
        for k in range(len(a)):
            fraction = (1 + (a[k] * patch).sum()) / (1 + 2 * r / (1 + r) * b[k] * v)
            s[k, y, x] = r * max(fraction - 1, 0)
    return s


def c_layer(s, d, window, pad, stride):
    """Equations 4 to 6."""
    n = side(s, window, pad, stride)
    u = np.zeros((len(s), n, n))
    for y, x, patch in patches(s, window, pad, stride):
        excited = (d * patch).sum(axis=(1, 2))
        inhibited = excited.sum() / len(s)
        for k in range(len(s)):
            argument = (1 + excited[k]) / (1 + inhibited) - 1
            u[k, y, x] = argument / (ALPHA + argument) if argument > 0 else 0
    return u


def representatives(s, column):
    """Return {plane: (row, column)}; of equal cells the first by rows, columns and planes."""
    _, rows, columns = s.shape
    candidates = {}
    for top in range(max(rows - column, 0) + 1):
        for left in range(max(columns - column, 0) + 1):
            cells = [
                (-s[k, y, x], y, x, k)
                for y in range(top, min(top + column, rows))
                for x in range(left, min(left + column, columns))
                for k in range(len(s))
            ]
            value, y, x, k = min(cells)
            if value < 0:
                candidates[k] = min(candidates.get(k, (0, 0, 0)), (value, y, x))
    return {k: (y, x) for k, (_, y, x) in candidates.items()}


def reinforce(s, u, a, b, c, q, window, pad, column):
    """Equations 7 and 8, in place."""
    seen = {(y, x): patch for y, x, patch in patches(u, window, pad)}
    for k, place in representatives(s, column).items():
        a[k] += q * c * seen[place]
        b[k] += q / 2 * np.sqrt((c * seen[place] ** 2).sum())


def responses(image, a, b, c, d, r):
    """Return the six layers."""
    layers, u = [], image[None]
    for stage, (window, pad, _, pool, pool_pad, stride) in enumerate(GEOMETRY):
        s = s_layer(u, a[stage], b[stage], c[stage], r[stage], window, pad)
        u = c_layer(s, d[stage], pool, pool_pad, stride)
        layers += [s, u]
    return layers


def present(image, a, b, c, d, r, q):
    """Show one image; every stage learns before the next one sees it."""
    u = image[None]
    for stage, (window, pad, column, pool, pool_pad, stride) in enumerate(GEOMETRY):
        s = s_layer(u, a[stage], b[stage], c[stage], r[stage], window, pad)
        reinforce(s, u, a[stage], b[stage], c[stage], q[stage], window, pad, column)
        s = s_layer(u, a[stage], b[stage], c[stage], r[stage], window, pad)
        u = c_layer(s, d[stage], pool, pool_pad, stride)
