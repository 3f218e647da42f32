"""The other operations, number by number or channel by channel; see naive_windows.py for the functions' form."""

from math import erf, exp, pi, sqrt

import numpy as np

from neurosim.cnn import program as p
from neurosim.cnn.program import Activation


def logistic(x):
    return 1 / (1 + exp(-x)) if x > 0 else exp(x) / (1 + exp(x))


def slope_of_tanh(x):
    return 4 * logistic(2 * x) * logistic(-2 * x)


def function_and_slope(kind, reals, x):
    """f(x) and f'(x) of one number."""
    match Activation(kind):
        case Activation.SIGMOID:
            return logistic(x), logistic(x) * logistic(-x)
        case Activation.TANH:
            return np.tanh(x), slope_of_tanh(x)
        case Activation.LECUN_TANH:
            return reals[0] * np.tanh(reals[1] * x), reals[0] * reals[1] * slope_of_tanh(reals[1] * x)
        case Activation.RELU:
            return max(x, 0), float(x > 0)
        case Activation.LEAKY_RELU:
            return (x, 1) if x > 0 else (reals[0] * x, reals[0])
        case Activation.GELU:
            below = (1 + erf(x / sqrt(2))) / 2
            return x * below, below + x * exp(-x * x / 2) / sqrt(2 * pi)


def activate(net, row, reals, x, x2, y):
    y.flat = [function_and_slope(row[p.KIND], reals, v)[0] for v in x.flat]


def activate_backward(net, row, reals, x, x2, y, dy):
    slopes = np.array([function_and_slope(row[p.KIND], reals, v)[1] for v in x.flat])
    return dy * slopes.reshape(dy.shape), None


def softmax(net, row, reals, x, x2, y):
    y[:] = np.exp(x - x.max(1, keepdims=True))
    y /= y.sum(1, keepdims=True)


def softmax_backward(net, row, reals, x, x2, y, dy):
    return y * (dy - (y * dy).sum(1, keepdims=True)), None


def per_channel(net, row, column, otherwise):
    """A parameter per channel, (channels, 1, 1)."""
    if row[column] == p.NONE:
        return np.full((row[p.CO], 1, 1), otherwise)
    return net.parameters[row[column] : row[column] + row[p.CO]].reshape(-1, 1, 1)


def per_channel_backward(net, row, column, summed):
    if row[column] != p.NONE:
        net.gradient[row[column] : row[column] + row[p.CO]] += summed.sum((0, 2, 3))


def scale(net, row, reals, x, x2, y):
    y[:] = per_channel(net, row, p.W, 1.0) * x + per_channel(net, row, p.B, 0.0)


def scale_backward(net, row, reals, x, x2, y, dy):
    per_channel_backward(net, row, p.W, x * dy)
    per_channel_backward(net, row, p.B, dy)
    return per_channel(net, row, p.W, 1.0) * dy, None


def mean_and_variance(net, row, x):
    if net.training:
        return x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
    channels, at = row[p.CO], row[p.STATISTICS]
    both = net.statistics[at : at + 2 * channels].reshape(2, 1, channels, 1, 1)
    return both[0], both[1]


def normalise(net, row, reals, x, x2, y):
    mean, variance = mean_and_variance(net, row, x)
    xhat = (x - mean) / np.sqrt(variance + reals[0])
    y[:] = per_channel(net, row, p.W, 1.0) * xhat + per_channel(net, row, p.B, 0.0)
    if net.training:
        channels, at = row[p.CO], row[p.STATISTICS]
        count = x.size // channels
        if count == 1:  # there is no variance
            return
        seen = np.concatenate([mean.ravel(), variance.ravel() * count / (count - 1)])
        net.moved[at : at + 2 * channels] = (1 - reals[1]) * net.statistics[at : at + 2 * channels] + reals[1] * seen


def normalise_backward(net, row, reals, x, x2, y, dy):
    mean, variance = mean_and_variance(net, row, x)
    per_channel_backward(net, row, p.W, dy * (x - mean) / np.sqrt(variance + reals[0]))
    per_channel_backward(net, row, p.B, dy)
    return None, None


def moments_backward(net, row, reals, x, x2, y, dy):
    """Ioffe & Szegedy 2015, the equations after algorithm 1; without training mean and variance are constants."""
    mean, variance = mean_and_variance(net, row, x)
    reals = net.reals_of_normalise(row)
    deviation = np.sqrt(variance + reals[0])
    dxhat = per_channel(net, row, p.W, 1.0) * dy
    if not net.training:
        return dxhat / deviation, None
    over = (0, 2, 3)
    m = x.size // x.shape[1]
    dvariance = (dxhat * (x - mean)).sum(over, keepdims=True) * -0.5 / deviation**3
    dmean = -dxhat.sum(over, keepdims=True) / deviation
    return dxhat / deviation + dvariance * 2 * (x - mean) / m + dmean / m, None


def philox(counter, key):
    """The four words of a Philox4x32-10 block (Salmon et al. 2011) in Python's integers."""
    word = 2**32
    c, k = list(counter), [key % word, key // word]
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(second // word) ^ c[1] ^ k[0], second % word, (first // word) ^ c[3] ^ k[1], first % word]
        k = [(k[0] + 0x9E3779B9) % word, (k[1] + 0xBB67AE85) % word]
    return c


def kept(net, row, reals, shape):
    """Factors of dropout, 0 or reals[1], for samples at positions 0, 1, ... of the mini-batch."""
    if not net.training:
        return np.ones(shape)
    factors = np.empty((shape[0], int(np.prod(shape[1:]))))
    for s in range(shape[0]):
        for e in range(factors.shape[1]):
            draw = philox((e // 4, s, net.step, int(row[p.STREAM])), net.key)[e % 4]
            factors[s, e] = reals[1] if draw >= reals[0] * 2**32 else 0
    return factors.reshape(shape)


def dropout(net, row, reals, x, x2, y):
    y[:] = x * kept(net, row, reals, x.shape)


def dropout_backward(net, row, reals, x, x2, y, dy):
    return dy * kept(net, row, reals, x.shape), None


def add(net, row, reals, x, x2, y):
    y[:] = x + x2


def copied(row):
    """Elements of x and of y that COPY concerns."""
    return np.s_[row[p.FROM] : row[p.FROM] + row[p.COUNT]], np.s_[row[p.AT] : row[p.AT] + row[p.COUNT]]


def copy(net, row, reals, x, x2, y):
    source, target = copied(row)
    y.reshape(len(y), -1)[:, target] = x.reshape(len(x), -1)[:, source]


def copy_backward(net, row, reals, x, x2, y, dy):
    source, target = copied(row)
    dx = np.zeros_like(x)
    dx.reshape(len(x), -1)[:, source] = dy.reshape(len(y), -1)[:, target]
    return dx, None


def inner(row):
    return np.s_[:, :, row[p.PH] : row[p.PH] + row[p.HI], row[p.PW] : row[p.PW] + row[p.WI]]


def pad(net, row, reals, x, x2, y):
    y[:] = reals[0]
    y[inner(row)] = x


def pad_backward(net, row, reals, x, x2, y, dy):
    return dy[inner(row)], None
