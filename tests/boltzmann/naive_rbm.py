"""Restricted Boltzmann machines in plain NumPy, slow and obvious; nothing here comes from the package.

A draw for element e of row r is word e % 4 of the Philox block (e // 4, r, step, stream), and
u = (word >> 9 + 1/2) / 2^23. Everything is float64 but the uniform numbers, which are exact in float32.
"""

from itertools import pairwise, product

import numpy as np

MASK = np.uint64(0xFFFFFFFF)
HIDDEN, VISIBLE = 0, 1
FIRST, SWEEPS, ANNEALING = 1 << 16, 2 << 16, 3 << 16
ACTIVITY_RATE = 0.1


def philox(counter, key):
    """Philox4x32-10 on arrays of uint64: the four words of every block."""
    c = [np.asarray(word, np.uint64) for word in counter]
    k0, k1 = np.uint64(key & 0xFFFFFFFF), np.uint64(key >> 32)
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        high = np.uint64(32)
        c = [(b >> high) ^ c[1] ^ k0, b & MASK, (a >> high) ^ c[3] ^ k1, a & MASK]
        k0, k1 = (k0 + np.uint64(0x9E3779B9)) & MASK, (k1 + np.uint64(0xBB67AE85)) & MASK
    return c


def words(key, step, stream, rows, count):
    """The random words of (rows, count) elements."""
    blocks = np.arange((count + 3) // 4, dtype=np.uint64)
    row = np.arange(rows, dtype=np.uint64)[:, None]
    zero = np.zeros((rows, len(blocks)), np.uint64)
    four = philox((blocks + zero, row + zero, zero + np.uint64(step), zero + np.uint64(stream)), key)
    return np.stack(four, axis=-1).reshape(rows, -1)[:, :count]


def uniform(key, step, stream, rows, count):
    return ((words(key, step, stream, rows, count) >> np.uint64(9)).astype(np.float64) + 0.5) / 2**23


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def softplus(x):
    return np.logaddexp(0, x)


def bernoulli(p, key, step, stream):
    return (uniform(key, step, stream, *p.shape) < p).astype(np.float64)


def normal(mean, key, step, stream):
    """Box and Muller: a radius from one word, an angle from the upper 25 bits of the next."""
    rows, count = mean.shape
    pairs = words(key, step, stream, rows, 2 * count).reshape(rows, count, 2)
    u = ((pairs[..., 0] >> np.uint64(9)).astype(np.float64) + 0.5) / 2**23
    turn = (pairs[..., 1] >> np.uint64(7)).astype(np.float64) / 2**25
    return mean + np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * turn)


def random_rbm(rng, visible, hidden, scale=1.0):
    """Weights and biases of a machine."""
    return tuple(scale * rng.normal(size=shape) for shape in ((visible, hidden), visible, hidden))


def states(n):
    """All states of n units."""
    return np.array(list(product((0, 1), repeat=n)), float)


def mean_visible(h, weights, bias, gaussian):
    field = h @ weights.T + bias
    return field if gaussian else sigmoid(field)


def draw_visible(mean, gaussian, key, step, stream):
    return normal(mean, key, step, stream) if gaussian else bernoulli(mean, key, step, stream)


def negative_phase(a, r, ph, key, step):
    """The last visible units and probabilities of hidden ones, the new chains, the first means of visible units."""
    first = None
    for sweep in range(r.sweeps):
        going_on = r.persistent and sweep == 0
        h = a["chains"] if going_on else bernoulli(ph, key, step, HIDDEN + 2 * sweep)
        mean = mean_visible(h, a["weights"], a["visible_bias"], r.gaussian)
        v = draw_visible(mean, r.gaussian, key, step, VISIBLE + 2 * sweep) if r.visible_samples else mean
        first = mean if first is None else first
        ph = sigmoid(v @ a["weights"] + a["hidden_bias"])
    return v, ph, bernoulli(ph, key, step, HIDDEN + 2 * r.sweeps), first


def update(a, r, x, hx, v, hv, rate, momentum):
    """Change the arrays by one step of learning, in the symbols of `rbm_recipe`."""
    mu, lam = a["visible_offset"], a["hidden_offset"]
    dw = x.T @ hx / len(x) - v.T @ hv / len(v) - r.decay * a["weights"]
    dv, dh = x.mean(axis=0) - v.mean(axis=0), hx.mean(axis=0) - hv.mean(axis=0)
    a["activity"] = a["activity"] + ACTIVITY_RATE * (hx.mean(axis=0) - a["activity"])
    if r.offset_rate:
        dw = dw - np.outer(mu, dh) - np.outer(dv, lam)
    dh = dh + r.cost * (r.target - a["activity"])
    for name, velocity, d in (
        ("weights", "weight_velocity", dw),
        ("visible_bias", "visible_velocity", dv),
        ("hidden_bias", "hidden_velocity", dh),
    ):
        a[velocity] = momentum * a[velocity] + rate * d
        a[name] = a[name] + a[velocity]
    if r.offset_rate:
        a["visible_bias"] = a["visible_bias"] - a["weight_velocity"] @ lam
        a["hidden_bias"] = a["hidden_bias"] - mu @ a["weight_velocity"]
        a["visible_offset"] = mu + r.offset_rate * (x.mean(axis=0) - mu)
        a["hidden_offset"] = lam + r.offset_rate * (hx.mean(axis=0) - lam)


def advance(arrays, recipe, x, order, rates, momenta, *, key, step=0):
    """One step of learning for each of the rates; returns the new arrays, a dict, and the errors."""
    a = {name: np.array(value, np.float64) for name, value in arrays._asdict().items()}
    errors = np.full(len(rates), np.nan)
    for t, batch in enumerate(np.reshape(order, (len(rates), recipe.batch))):
        rows = np.array(x, np.float64)[batch[batch >= 0]]
        ph = sigmoid(rows @ a["weights"] + a["hidden_bias"])
        v, hv, chains, first = negative_phase(a, recipe, ph, key, step + t)
        if recipe.persistent:
            error = ((rows.mean(axis=0) - v.mean(axis=0)) ** 2).sum()
        else:
            error = ((rows - first) ** 2).sum() / len(rows)
        if not np.isfinite(error):
            break
        errors[t] = error
        update(a, recipe, rows, ph, v, hv, rates[t], momenta[t])
        if recipe.persistent:
            a["chains"] = chains
    return a, errors


def gibbs(weights, visible_bias, hidden_bias, v, steps, *, gaussian=False, key, first=0, clamped=None):
    """Visible samples, their means, hidden samples after some sweeps of alternating sampling."""
    given = np.array(v, np.float64)
    held = np.zeros(given.shape[1], bool) if clamped is None else np.asarray(clamped)
    now = given
    for sweep in range(first, first + steps):
        h = bernoulli(sigmoid(now @ weights + hidden_bias), key, sweep, SWEEPS + HIDDEN)
        mean = np.where(held, given, mean_visible(h, weights, visible_bias, gaussian))
        now = np.where(held, given, draw_visible(mean, gaussian, key, sweep, SWEEPS + VISIBLE))
    return now, mean, h


def log_f(v, weights, visible_bias, hidden_bias, base, b):
    """ln of the unnormalised probability of v in the distribution between base (b = 0) and machine (b = 1)."""
    return (1 - b) * v @ base + b * v @ visible_bias + softplus(b * (v @ weights + hidden_bias)).sum(axis=1)


def anneal(weights, visible_bias, hidden_bias, base_bias, betas, chains, *, key, v=None):
    """Annealed importance sampling: log weights of the chains and their last visible states."""
    if v is None:
        v = bernoulli(np.tile(sigmoid(base_bias), (chains, 1)), key, 0, FIRST)
    v = np.array(v, np.float64)
    total = np.zeros(chains)
    machine = weights, visible_bias, hidden_bias, base_bias
    for step, (b, after) in enumerate(pairwise(betas)):
        total += log_f(v, *machine, after) - log_f(v, *machine, b)
        h = bernoulli(sigmoid(after * (v @ weights + hidden_bias)), key, step, ANNEALING + HIDDEN)
        field = (1 - after) * base_bias + after * (h @ weights.T + visible_bias)
        v = bernoulli(sigmoid(field), key, step, ANNEALING + VISIBLE)
    return total, v
