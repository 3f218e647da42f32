"""Boltzmann machines in plain Python, slow and obvious; nothing here comes from the package.

Sums and decisions are float32 (or float64, as the weights are) in the order that the twins promise, so that states and
counts can be compared bit by bit.
"""

import itertools
import math

import numpy as np

MASK32 = 2**32 - 1
F = np.float32
SERIES = tuple(map(F, (0.0018670984, 0.009017097, 0.055799866, 0.24016446, 0.6931513)))


def philox(counter, key):
    """Philox4x32-10 on Python integers: the four words of a block."""
    c, k = list(counter), [key & MASK32, key >> 32]
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & MASK32, (a >> 32) ^ c[3] ^ k[1], a & MASK32]
        k = [(k[0] + 0x9E3779B9) & MASK32, (k[1] + 0xBB67AE85) & MASK32]
    return c


def word(number, second, step, stream, key):
    return philox((number // 4, second, step, stream), key)[number % 4]


def power_of_two(y):
    whole = F(math.floor(y))
    f = F(y - whole)
    series = F(0)
    for coefficient in SERIES:
        series = F(F(series + coefficient) * f)
    return F(F(series + F(1)) * F(2.0 ** int(whole)))


def probability(gap, temperature):
    """P(on) from the definition, in float64."""
    if gap == 0 or math.isinf(temperature):
        return 0.5
    if temperature == 0:
        return float((gap > 0) != (math.copysign(1, temperature) < 0))
    x = gap / temperature
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def turns_on(u, gap, temperature, real):
    if temperature == 0:
        slope = math.copysign(math.inf, temperature)
    else:
        slope = 1 / (temperature * math.log(2))
    y = F(0) if gap == 0 else F(real(gap) * real(slope))
    e = power_of_two(min(max(y, F(-126)), F(126)))
    return int(F(u * F(F(1) + e)) < e)


def settle(weights, biases, states, free, temperatures, counted, randomise, *, key, step, names=None):
    """Return (states, counts): counts (machines, n, n), or (n, n) if all chains share the weights."""
    own = weights.ndim == 3
    machines, n = len(weights) if own else 1, states.shape[1]
    counts, states, f = np.zeros((machines, n, n), np.int64), states.copy(), len(free)
    for c, s in enumerate(states):
        name = c if names is None else int(names[c])
        w, b = (weights[c % machines], biases[c % machines]) if own else (weights, biases)
        if randomise:
            for k, i in enumerate(free):
                bits = philox((k // 128, name, step, 2), key)[k // 32 % 4]
                s[i] = bits >> k % 32 & 1
        for t, temperature in enumerate(temperatures):
            for q in range(f):
                i = free[word(q, t, step, 0, key) * f >> 32]
                gap = b[i]
                for j in range(n):
                    gap = weights.dtype.type(gap + w[i, j] * weights.dtype.type(s[j]))
                u = F(F((word(t * f + q, name, step, 1, key) >> 9) + 0.5) * F(2.0**-23))
                s[i] = turns_on(u, gap, temperature, weights.dtype.type)
            if t >= len(temperatures) - counted:
                counts[c % machines] += np.outer(s, s).astype(np.int64)
    return states, counts if own else counts[0]


def energy(weights, biases, s):
    n = len(s)
    pairs = sum(float(weights[i][j]) * int(s[i]) * int(s[j]) for i in range(n) for j in range(i))
    return -pairs - sum(float(biases[i]) * int(s[i]) for i in range(n))


def distribution(weights, biases, temperature, clamped=None):
    """Return (states, probabilities) of all states that agree with `clamped`, a dict from unit to state."""
    n, clamped = len(biases), clamped or {}
    states = [s for s in itertools.product((0, 1), repeat=n) if all(s[i] == v for i, v in clamped.items())]
    logs = np.array([-energy(weights, biases, s) / temperature for s in states])
    p = np.exp(logs - logs.max())
    return np.array(states), p / p.sum()


def cooccurrence(weights, biases, temperature, clamped=None):
    states, p = distribution(weights, biases, temperature, clamped)
    return np.einsum("s,si,sj->ij", p, states, states)


def log_likelihood(weights, biases, visible, patterns, probabilities):
    """Return the mean log probability at T = 1 of patterns of the first `visible` units."""
    states, p = distribution(weights, biases, 1.0)
    total = 0.0
    for pattern, share in zip(patterns, probabilities, strict=True):
        same = (states[:, :visible] == np.asarray(pattern)).all(1)
        total += share * math.log(p[same].sum())
    return total
