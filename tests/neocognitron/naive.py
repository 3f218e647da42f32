"""The cells of the neocognitron, place after place; a layer is (images, rows, columns, planes), 0 outside.

S-cells of 1980 (eq. 1 and 3), of 1988 and with subtractive inhibition; C-cells of 1980 (eq. 4 to 6) and 1988, pools.
"""

import math

import numpy as np


def phi(x):
    return max(x, 0.0)


def psi(x, alpha):
    return x / (alpha + x) if x > 0 else 0.0


def at(plane_rows, y, x):
    """Return the cells (planes,) at a place, None outside."""
    inside = 0 <= y < len(plane_rows) and 0 <= x < len(plane_rows[0])
    return plane_rows[y][x] if inside else None


def excitation(image, a, pad, y, x, k):
    """Return the sum of a(nu, kappa, k) u(n + nu, kappa)."""
    total = 0.0
    for i in range(len(a)):
        for j in range(len(a)):
            cells = at(image, y + i - pad, x + j - pad)
            for kappa in range(len(a[i][j]) if cells else 0):
                total += a[i][j][kappa][k] * cells[kappa]
    return total


def inhibition(image, c, pad, y, x):
    """Return the root of the sum of c(nu) u(n + nu, kappa)^2."""
    total = 0.0
    for i in range(len(c)):
        for j in range(len(c)):
            for cell in at(image, y + i - pad, x + j - pad) or ():
                total += c[i][j] * cell**2
    return math.sqrt(total)


def v_cells(u, c, pad):
    """Return (images, rows, columns)."""
    rows, columns = (n + 2 * pad - len(c) + 1 for n in u.shape[1:3])
    c = np.asarray(c, float).tolist()
    found = [[[inhibition(m, c, pad, y, x) for x in range(columns)] for y in range(rows)] for m in lists(u)]
    return np.array(found).reshape(len(u), rows, columns)


def s_cells(u, a, c, pad, response):
    """Return what `response(e, v, k)` makes of excitation and inhibition at every place and plane."""
    size, _, _, planes = a.shape
    rows, columns = (n + 2 * pad - size + 1 for n in u.shape[1:3])
    found = np.empty((len(u), rows, columns, planes))
    a, c = np.asarray(a, float).tolist(), np.asarray(c, float).tolist()
    for n, image in enumerate(lists(u)):
        for y in range(rows):
            for x in range(columns):
                v = inhibition(image, c, pad, y, x)
                for k in range(planes):
                    found[n, y, x, k] = response(excitation(image, a, pad, y, x, k), v, k)
    return found


def s_1980(u, a, b, c, pad, r):
    return s_cells(u, a, c, pad, lambda e, v, k: r * phi((1 + e) / (1 + 2 * r / (1 + r) * b[k] * v) - 1))


def s_1988(u, a, b, c, pad, r):
    return s_cells(u, a, c, pad, lambda e, v, k: r * phi((1 + e) / (1 + r / (1 + r) * b[k] * v) - 1))


def s_subtractive(u, a, c, pad, theta):
    return s_cells(u, a, c, pad, lambda e, v, k: phi(e - theta * v) / (1 - theta))


def s_threshold(u, a, c, pad, theta, gain):
    return s_cells(u, a, c, pad, lambda e, v, k: gain * phi(e - theta))


def s_linear(u, a, c, pad):
    return s_cells(u, a, c, pad, lambda e, v, k: e)


def weighted(u, d, stride, pad, power=1):
    """Return d(nu) u(n + nu)^power for every place, plane and nu: (images, rows, columns, planes, window^2)."""
    size = len(d)
    rows, columns = ((n + 2 * pad - size) // stride + 1 for n in u.shape[1:3])
    found = np.zeros((len(u), rows, columns, u.shape[3], size * size))
    for n, image in enumerate(lists(u)):
        for y in range(rows):
            for x in range(columns):
                for i in range(size):
                    for j in range(size):
                        for k, cell in enumerate(at(image, y * stride + i - pad, x * stride + j - pad) or ()):
                            found[n, y, x, k, i * size + j] = d[i][j] * cell**power
    return found


def c_1980(u, d, stride, pad, alpha):
    sums = weighted(u, d, stride, pad).sum(4)
    found = np.empty_like(sums)
    for place in np.ndindex(sums.shape[:3]):
        v = sum(sums[place]) / len(sums[place])
        for k, excited in enumerate(sums[place]):
            found[(*place, k)] = psi((1 + excited) / (1 + v) - 1, alpha)
    return found


def c_1988(u, d, joins, stride, pad, alpha=1.0):
    sums = weighted(u, d, stride, pad).sum(4)
    found = np.empty((*sums.shape[:3], max(joins) + 1))
    for *place, k in np.ndindex(found.shape):
        joined = sum(sums[(*place, kappa)] for kappa in range(len(joins)) if joins[kappa] == k)
        found[(*place, k)] = psi(joined, alpha)
    return found


def c_pool(u, d, stride, pad, pool, joins=None):
    """Return C-cells without saturation; `pool` is "average", "root", "l2" or "max"."""
    joins = range(u.shape[3]) if joins is None else joins
    terms = weighted(u, d, stride, pad, 2 if pool == "l2" else 1)
    found = np.empty((*terms.shape[:3], max(joins) + 1))
    for *place, k in np.ndindex(found.shape):
        joined = [term for kappa in range(len(joins)) if joins[kappa] == k for term in terms[(*place, kappa)]]
        total = max(joined) if pool == "max" else sum(joined)
        found[(*place, k)] = math.sqrt(phi(total)) if pool in ("root", "l2") else total
    return found


def reinforcement(patch, c, q, halved):
    """Return what a and b of a plane grow by, 1980's eq. 7 and 8 if `halved`, at a seed that sees `patch`."""
    v = math.sqrt(sum(c[i, j] * x**2 for (i, j, _), x in np.ndenumerate(patch)))
    a = np.array([q * c[i, j] * x for (i, j, _), x in np.ndenumerate(patch)]).reshape(patch.shape)
    return a, q * v / 2 if halved else q * v


def similarity(one, other, c):
    """Return the cosine of two patches (window, window, planes) weighted by c."""
    product = norm = other_norm = 0.0
    for (i, j, k), x in np.ndenumerate(one):
        product += c[i, j] * x * other[i, j, k]
        norm += c[i, j] * x**2
        other_norm += c[i, j] * other[i, j, k] ** 2
    return product / math.sqrt(norm * other_norm)


def lists(u):
    return np.asarray(u, float).tolist()
