"""Batch normalisation of a block on the CPU (Ioffe & Szegedy 2015; not checked against the paper).

Called from compiled code. MOMENTS and NORMALISE carry the same columns and reals. From PARTIALS on every block keeps,
per channel, its mean, its squared differences from that, and its sums of dy and of dy xhat; those of all blocks are
merged in the order of the blocks, so that the result does not depend on threads.
"""

import math

from neurosim.cnn.cpu_affine import give, weight
from neurosim.cnn.cpu_loops import U, affine, dispatch, loops, product, total
from neurosim.cnn.program import ADD_B, ADD_W, CI, HI, PARTIALS, STATISTICS, WI, B, W


@dispatch
def _runs(places, lanes, valid):
    """Return rows, width and stride of what belongs to samples in a channel: all of it, or lanes of every place."""
    full = valid == lanes
    return (1 if full else places), (places * lanes if full else valid), lanes


@loops
def moments(code, k, x, partials, block, valid, lanes):
    """Write mean and squared differences of this block."""
    g = code[k]
    size, real = g[HI] * g[WI] * lanes, x.dtype.type
    rows, width, stride = _runs(g[HI] * g[WI], lanes, valid[block])
    for c in range(g[CI]):
        mean = total(x, c * size, rows, width, stride) / max(rows * width, 1)
        partials[block, g[PARTIALS] + c] = mean
        squares = product(x, real(mean), x, real(mean), c * size, rows, width, stride)
        partials[block, g[PARTIALS] + g[CI] + c] = squares


@loops
def standards(g, epsilon, partials, valid, statistics, training, c):
    """Return count, mean and variance of channel c: of all blocks (Chan, Golub & LeVeque 1979), or the population's.

    The fourth number is 1 / standard deviation.
    """
    if training:
        at, count, mean, squares = g[PARTIALS] + c, 0, 0.0, 0.0
        for block in range(len(valid)):
            more = g[HI] * g[WI] * valid[block]
            if more > 0:
                d = partials[block, at] - mean
                squares += partials[block, at + g[CI]] + d * d * (count * more / (count + more))
                mean += d * (more / (count + more))
                count += more
        variance = squares / max(count, 1)
    else:
        count, at = 1, g[STATISTICS] + c
        mean, variance = float(statistics[at]), float(statistics[at + g[CI]])
    return count, mean, variance, 1.0 / math.sqrt(variance + epsilon)


@loops
def normalise(code, reals, k, x, y, partials, valid, parameters, statistics, lanes, training):
    """Set y."""
    g, epsilon = code[k], reals[k, 0]
    size, real = g[HI] * g[WI] * lanes, y.dtype.type
    for c in range(g[CI]):
        _, mean, _, scale = standards(g, epsilon, partials, valid, statistics, training, c)
        scale *= weight(g[W], c, parameters, real(1))
        affine(x, y, c * size, size, real(mean), real(scale), weight(g[B], c, parameters, real(0)))


@loops
def normalise_backward(
    code, reals, k, x, dy, partials, block, valid, parameters, statistics, gradients, lanes, training, accumulate
):
    """Write the sums of dy and dy xhat, which are also the parameters' gradients."""
    g, epsilon = code[k], reals[k, 0]
    size, real = g[HI] * g[WI] * lanes, x.dtype.type
    rows, width, stride = _runs(g[HI] * g[WI], lanes, valid[block])
    for c in range(g[CI]):
        _, mean, _, scale = standards(g, epsilon, partials, valid, statistics, training, c)
        shift = total(dy, c * size, rows, width, stride)
        slope = real(product(x, real(mean), dy, real(0), c * size, rows, width, stride) * scale)
        at = g[PARTIALS] + 2 * g[CI] + c
        partials[block, at], partials[block, at + g[CI]] = shift, slope
        give(gradients, g[B], c, shift, accumulate or g[ADD_B] != 0)
        give(gradients, g[W], c, slope, accumulate or g[ADD_W] != 0)


@loops
def moments_backward(code, reals, k, x, dx, dy, partials, block, valid, parameters, statistics, lanes, training):
    """Set dx, to 0 in lanes without a sample; outside training mean and variance are constants."""
    g, epsilon = code[k], reals[k, 0]
    size, real = g[HI] * g[WI] * lanes, x.dtype.type
    for c in range(g[CI]):
        count, mean, _, inverse = standards(g, epsilon, partials, valid, statistics, training, c)
        shift, slope = 0.0, 0.0
        if training:
            at = g[PARTIALS] + 2 * g[CI] + c
            for other in range(len(valid)):
                shift += partials[other, at] / count
                slope += partials[other, at + g[CI]] * inverse / count
        scale = real(inverse) * weight(g[W], c, parameters, real(1))
        mean, shift, slope, at = real(mean), real(shift), real(slope), U(c * size)
        for i in range(at, at + U(size)):
            dx[i] = scale * (dy[i] - shift - (x[i] - mean) * slope)
    if training:
        for place in range(g[CI] * g[HI] * g[WI]):
            for lane in range(valid[block], lanes):
                dx[place * lanes + lane] = 0


@loops
def move_statistics(code, reals, k, partials, valid, statistics):
    """Move the population's mean and unbiased variance towards those of the mini-batch by reals[1].

    A mini-batch with one value a channel has no variance and moves nothing.
    """
    g, rate = code[k], reals[k, 1]
    for c in range(g[CI]):
        count, mean, variance, _ = standards(g, reals[k, 0], partials, valid, statistics, True, c)
        if count > 1:
            at = g[STATISTICS] + c
            statistics[at] = (1.0 - rate) * statistics[at] + rate * mean
            at += g[CI]
            statistics[at] = (1.0 - rate) * statistics[at] + rate * variance * count / (count - 1)
