"""Operations with weights or windows, forward and backward, straight from their formulas.

An operation's `forward` fills y, its `backward` returns d loss / dx (and by x2), and adds what parameters get to
``net.gradient``. Arrays are (samples, channels, rows, columns).
"""

import numpy as np

from neurosim.cnn import program as p
from neurosim.cnn.program import Pooling


def taps(row, rows, columns, height, width):
    """Kernel places a, b, window places i, j, and what they see, h, v, inside height x width."""
    for i in range(rows):
        for j in range(columns):
            for a in range(row[p.KH]):
                for b in range(row[p.KW]):
                    h = row[p.SH] * i - row[p.PH] + row[p.DH] * a
                    v = row[p.SW] * j - row[p.PW] + row[p.DW] * b
                    if 0 <= h < height and 0 <= v < width:
                        yield a, b, i, j, h, v


def weight_places(row, a, b, place=0):
    """Offsets of the parameters w[c, a, b, o], (channels, maps)."""
    c, o = np.arange(row[p.CI])[:, None], np.arange(row[p.CO])[None, :]
    at = row[p.W] + c * row[p.STRIDE_C] + a * row[p.STRIDE_KH] + b * row[p.STRIDE_KW] + o * row[p.STRIDE_O]
    return at + place * row[p.STRIDE_PLACE]


def bias(net, row):
    """The bias of every map, or of every place of every map (KIND 1), (maps, 1 or rows, 1 or columns)."""
    maps, rows, columns = row[[p.CO, p.HO, p.WO]]
    if row[p.B] == p.NONE:
        return np.zeros((maps, 1, 1))
    shape = (maps, rows, columns) if row[p.KIND] == 1 else (maps, 1, 1)
    return net.parameters[row[p.B] : row[p.B] + np.prod(shape)].reshape(shape)


def bias_backward(net, row, dy):
    if row[p.B] != p.NONE:
        summed = dy.sum(0) if row[p.KIND] == 1 else dy.sum((0, 2, 3))
        net.gradient[row[p.B] : row[p.B] + summed.size] += summed.ravel()


def convolve(net, row, reals, x, x2, y):
    y[:] = bias(net, row)
    for a, b, i, j, h, v in taps(row, *y.shape[2:], *x.shape[2:]):
        y[:, :, i, j] += x[:, :, h, v] @ net.parameters[weight_places(row, a, b, i * row[p.WO] + j)]


def convolve_backward(net, row, reals, x, x2, y, dy):
    dx = np.zeros_like(x)
    for a, b, i, j, h, v in taps(row, *y.shape[2:], *x.shape[2:]):
        at = weight_places(row, a, b, i * row[p.WO] + j)
        dx[:, :, h, v] += dy[:, :, i, j] @ net.parameters[at].T
        net.gradient[at] += x[:, :, h, v].T @ dy[:, :, i, j]
    bias_backward(net, row, dy)
    return dx, None


def transposed(net, row, reals, x, x2, y):
    y[:] = bias(net, row)
    for a, b, i, j, h, v in taps(row, *x.shape[2:], *y.shape[2:]):
        y[:, :, h, v] += x[:, :, i, j] @ net.parameters[weight_places(row, a, b)]


def transposed_backward(net, row, reals, x, x2, y, dy):
    dx = np.zeros_like(x)
    for a, b, i, j, h, v in taps(row, *x.shape[2:], *y.shape[2:]):
        at = weight_places(row, a, b)
        dx[:, :, i, j] += dy[:, :, h, v] @ net.parameters[at].T
        net.gradient[at] += x[:, :, i, j].T @ dy[:, :, h, v]
    bias_backward(net, row, dy)
    return dx, None


def window(row, i, j, height, width):
    """Index of the part of x that the window of place (i, j) sees; windows of pools are not dilated."""
    top, left = row[p.SH] * i - row[p.PH], row[p.SW] * j - row[p.PW]
    bottom, right = min(top + row[p.KH], height), min(left + row[p.KW], width)
    return np.s_[:, :, max(top, 0) : bottom, max(left, 0) : right]


def pool(net, row, reals, x, x2, y):
    for i, j in np.ndindex(y.shape[2:]):
        seen = x[window(row, i, j, *x.shape[2:])]
        match Pooling(row[p.KIND]):
            case Pooling.MAXIMUM:
                y[:, :, i, j] = seen.max((2, 3))
            case Pooling.AVERAGE:
                y[:, :, i, j] = seen.mean((2, 3))
            case Pooling.L2:
                y[:, :, i, j] = np.sqrt((seen**2).mean((2, 3)))
            case Pooling.SUM:
                y[:, :, i, j] = seen.sum((2, 3))


def pool_backward(net, row, reals, x, x2, y, dy):
    """Of equal greatest numbers the first gets the gradient; of a window of zeros nothing under L2."""
    dx = np.zeros_like(x)
    for i, j in np.ndindex(y.shape[2:]):
        at = window(row, i, j, *x.shape[2:])
        seen, d = x[at], dy[:, :, i, j, None, None]
        places = seen.shape[2] * seen.shape[3]
        match Pooling(row[p.KIND]):
            case Pooling.MAXIMUM:
                flat = seen.reshape(*seen.shape[:2], places)
                first = np.arange(places) == flat.argmax(2)[:, :, None]
                dx[at] += d * first.reshape(seen.shape)
            case Pooling.AVERAGE:
                dx[at] += d / places
            case Pooling.L2:
                r = y[:, :, i, j, None, None]
                dx[at] += np.where(r > 0, d * seen / (places * np.where(r > 0, r, 1)), 0)
            case Pooling.SUM:
                dx[at] += d
    return dx, None


def radial(net, row, reals, x, x2, y):
    centres = net.parameters[weight_places(row, 0, 0)]
    for o in range(y.shape[1]):
        y[:, o, 0, 0] = -((x[:, :, 0, 0] - centres[:, o]) ** 2).sum(1)


def radial_backward(net, row, reals, x, x2, y, dy):
    at = weight_places(row, 0, 0)
    dx = np.zeros_like(x)
    for o in range(y.shape[1]):
        apart = x[:, :, 0, 0] - net.parameters[at[:, o]]
        dx[:, :, 0, 0] += -2 * apart * dy[:, o, 0]
        net.gradient[at[:, o]] += (2 * apart * dy[:, o, 0]).sum(0)
    return dx, None
