"""Chains of a restricted machine on a CUDA device: Gibbs sampling, annealing's weights, and what learning shares."""

import numpy as np
from numba import cuda

from neurosim.boltzmann import rbm_rules as rules
from neurosim.boltzmann.rbm_recipe import ANNEALING, FIRST, HIDDEN, SWEEPS, VISIBLE
from neurosim.cnn.rules import sigmoid
from neurosim.core import device
from neurosim.core.random import MASK, SHIFT, philox


def gibbs(weights, visible_bias, hidden_bias, v, steps, *, gaussian=False, key, first=0, clamped=None):
    """Sample all hidden and then all visible units, as `rbm_cpu.gibbs`."""
    dtype, key, rows, (visible, hidden) = weights.dtype, halves(key), len(v), weights.shape
    machine = [upload(array, dtype) for array in (weights, visible_bias, hidden_bias)]
    given, v, mean = (upload(v, dtype) for _ in range(3))
    p, h = (upload(np.zeros((rows, hidden)), dtype) for _ in range(2))
    held = upload(np.zeros(visible) if clamped is None else clamped, np.uint8)
    for sweep in range(first, first + steps):
        find_hidden(machine, rows, v, p)
        draw(False, rows, p, key, sweep, SWEEPS + HIDDEN, h)
        find_visible(machine, rows, h, mean, gaussian)
        draw(gaussian, rows, mean, key, sweep, SWEEPS + VISIBLE, v)
        _hold[device.launch(rows * visible)](rows, held, given, mean, v)
    return tuple(array.copy_to_host()[:rows] for array in (v, mean, h))


def anneal(weights, visible_bias, hidden_bias, base_bias, betas, chains, *, key, v=None):
    """Weigh chains on the way between two distributions, as `rbm_cpu.anneal`."""
    dtype, key, (visible, hidden) = weights.dtype, halves(key), weights.shape
    real, wide, narrow = dtype.type, device.launch(chains * visible), device.launch(chains * hidden)
    weights, visible_bias, hidden_bias, base = (
        upload(array, dtype) for array in (weights, visible_bias, hidden_bias, base_bias)
    )
    fields, h = (upload(np.zeros((chains, hidden)), dtype) for _ in range(2))
    mean, start = upload(np.zeros((chains, visible)), dtype), v is None
    v = upload(np.zeros((chains, visible)) if start else v, dtype)
    if start:
        _blend[wide](chains, real(0), real(1), base, mean)
        _logistic[wide](chains, real(1), mean)
        draw(False, chains, mean, key, 0, FIRST, v)
    gains = upload(np.zeros((max(1, len(betas) - 1), chains)), dtype)
    for t in range(len(betas) - 1):
        low, high = float(betas[t]), float(betas[t + 1])
        _sum_hidden[narrow](chains, v, weights, hidden_bias, fields)
        _weigh[device.launch(chains)](
            chains, t, real(low), real(high), real(high - low), v, visible_bias, base, fields, gains
        )
        _logistic[narrow](chains, real(high), fields)
        draw(False, chains, fields, key, t, ANNEALING + HIDDEN, h)
        _sum_visible[wide](chains, h, weights, visible_bias, mean)
        _blend[wide](chains, real(high), real(1 - high), base, mean)
        _logistic[wide](chains, real(1), mean)
        draw(False, chains, mean, key, t, ANNEALING + VISIBLE, v)
    return gains.copy_to_host()[:, :chains].sum(axis=0, dtype=np.float64), v.copy_to_host()[:chains]


def upload(array, dtype):
    """Copy an array, C-contiguous; an empty one gets a row of zeros, which no thread reads."""
    array = np.ascontiguousarray(array, dtype)
    return device.to_device(array if array.size else np.zeros([max(1, n) for n in array.shape], dtype))


def halves(key):
    """Return a key's lower and upper 32 bits."""
    return np.uint64(key) & MASK, np.uint64(key) >> SHIFT


def find_hidden(machine, rows, v, p):
    """Set rows of p to P(h = 1 | v)."""
    launch, weights = device.launch(rows * p.shape[1]), machine[0]
    _sum_hidden[launch](rows, v, weights, machine[2], p)
    _logistic[launch](rows, weights.dtype.type(1), p)


def find_visible(machine, rows, h, mean, gaussian):
    """Set rows of `mean` to the means of the visible units given h."""
    launch, weights = device.launch(rows * mean.shape[1]), machine[0]
    _sum_visible[launch](rows, h, weights, machine[1], mean)
    if not gaussian:
        _logistic[launch](rows, weights.dtype.type(1), mean)


def draw(gaussian, rows, mean, key, step, stream, states):
    """Draw units of rows with these means."""
    kernel, elements = (_normal, 2) if gaussian else (_bernoulli, 4)
    blocks = -(-mean.shape[1] // elements)
    kernel[device.launch(rows * blocks)](rows, blocks, mean, np.uint64(step) & MASK, np.uint64(stream), *key, states)


@cuda.jit
def _sum_hidden(rows, v, weights, bias, fields):
    """Set fields = v W + c."""
    item = cuda.grid(1)
    row, k = item // fields.shape[1], item % fields.shape[1]
    if row < rows:
        total = bias[k]
        for i in range(weights.shape[0]):
            total += v[row, i] * weights[i, k]
        fields[row, k] = total


@cuda.jit
def _sum_visible(rows, h, weights, bias, fields):
    """Set fields = h W^T + b."""
    item = cuda.grid(1)
    row, i = item // fields.shape[1], item % fields.shape[1]
    if row < rows:
        total = bias[i]
        for k in range(weights.shape[1]):
            total += h[row, k] * weights[i, k]
        fields[row, i] = total


@cuda.jit
def _blend(rows, factor, rest, base, x):
    """Set x = factor x + rest base."""
    item = cuda.grid(1)
    row, i = item // x.shape[1], item % x.shape[1]
    if row < rows:
        x[row, i] = factor * x[row, i] + rest * base[i]


@cuda.jit
def _logistic(rows, factor, x):
    """Set x = 1 / (1 + e^(-factor x))."""
    item = cuda.grid(1)
    row, i = item // x.shape[1], item % x.shape[1]
    if row < rows:
        x[row, i] = sigmoid(x.dtype.type(factor * x[row, i]))


@cuda.jit
def _bernoulli(rows, blocks, p, step, stream, key0, key1, states):
    """Set states to 1 with probability p, else 0: a thread for four units, which share a block of random words."""
    item = cuda.grid(1)
    row, block = item // blocks, item % blocks
    if row >= rows:
        return
    one, two, three, four = philox(np.uint64(block), np.uint64(row), step, stream, key0, key1)
    for j in range(min(4, p.shape[1] - 4 * block)):
        word = (one if j == 0 else two) if j < 2 else (three if j == 2 else four)
        on = rules.fraction(np.uint64(word)) < p[row, 4 * block + j]
        states[row, 4 * block + j] = 1 if on else 0


@cuda.jit
def _normal(rows, blocks, mean, step, stream, key0, key1, states):
    """Set states to the mean plus a standard normal number: a thread for two units."""
    item = cuda.grid(1)
    row, block = item // blocks, item % blocks
    if row >= rows:
        return
    one, two, three, four = philox(np.uint64(block), np.uint64(row), step, stream, key0, key1)
    for j in range(min(2, mean.shape[1] - 2 * block)):
        number = rules.normal(np.uint64(three if j else one), np.uint64(four if j else two))
        states[row, 2 * block + j] = mean[row, 2 * block + j] + mean.dtype.type(number)


@cuda.jit
def _hold(rows, held, given, mean, states):
    """Set the units that are held to what was given."""
    item = cuda.grid(1)
    row, i = item // states.shape[1], item % states.shape[1]
    if row < rows and held[i]:
        mean[row, i] = states[row, i] = given[row, i]


@cuda.jit
def _weigh(chains, t, low, high, difference, v, visible_bias, base, fields, gains):
    """Set gains[t] to ln f_high(v) - ln f_low(v), a thread for a chain."""
    chain = cuda.grid(1)
    if chain >= chains:
        return
    gain, hidden = v.dtype.type(0), v.dtype.type(0)
    for i in range(v.shape[1]):
        gain += v[chain, i] * (visible_bias[i] - base[i])
    for k in range(fields.shape[1]):
        field = fields[chain, k]
        hidden += rules.softplus(v.dtype.type(high * field)) - rules.softplus(v.dtype.type(low * field))
    gains[t, chain] = difference * gain + hidden
