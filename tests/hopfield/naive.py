"""Hopfield networks in plain Python, slow and obvious; nothing here comes from the package."""

import math

import numpy as np

MASK32, MASK64 = 2**32 - 1, 2**64 - 1


def philox(counter, key):
    """Philox4x32-10 on Python integers: the four words of a block."""
    c, k = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & MASK32, (a >> 32) ^ c[3] ^ k[1], a & MASK32]
        k = [(k[0] + 0x9E3779B9) & MASK32, (k[1] + 0xBB67AE85) & MASK32]
    return c


class Generator:
    """SplitMix64 that starts from the Philox block of (key, probe)."""

    def __init__(self, key, probe):
        high, low, _, _ = philox((probe & MASK32, probe >> 32, 0x484F5046, 0), (key & MASK32, key >> 32))
        self.state = high << 32 | low

    def bits(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK64
        z = self.state
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK64
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK64
        return z ^ z >> 31


def field(w, theta, s, i):
    return sum(w[i][j] * int(s[j]) for j in range(len(s))) - theta[i]


def energy(w, theta, s):
    n = len(s)
    pairs = sum(w[i][j] * int(s[i]) * int(s[j]) for i in range(n) for j in range(n))
    return -pairs / 2 + sum(theta[i] * int(s[i]) for i in range(n))


def decide(f, now, low, tie, coin):
    """The state that a unit takes at T = 0."""
    if f > 0:
        return 1
    if f < 0:
        return low
    return {"keep": now, "plus": 1, "minus": low, "random": coin}[tie]


def stable(w, theta, s, low, tie, free):
    """Whether no free unit can change."""
    for i in free:
        f = field(w, theta, s, i)
        if f == 0 and tie == "random":
            return False
        if decide(f, s[i], low, tie, None) != s[i]:
            return False
    return True


def units_of_sweep(order, n, random):
    """The units of a sweep, in their order; a draw gives the choices number q and half + q."""
    if order == "sequential":
        return list(range(n))
    half = (n + 1) // 2
    draws = [random.bits() for _ in range(half)]
    words = [d >> 32 for d in draws] + [d & MASK32 for d in draws]
    if order == "random":
        return [words[q] * n >> 32 for q in range(n)]
    left, units = list(range(n)), []
    for q in range(n):
        other = q + (words[q] * (n - q) >> 32)
        units.append(left[other])
        left[other] = left[q]
    return units


def recall(w, theta, probe, key, number, *, low, order, temperature=0.0, tie="keep", clamped=(), max_sweeps=100):
    """One probe; returns the states at first and after every sweep, and how the run stopped."""
    if order == "parallel":
        return recall_parallel(w, theta, probe, key, number, low, temperature, tie, clamped, max_sweeps)
    s, n, random = [int(x) for x in probe], len(probe), Generator(key, number)
    free = [i for i in range(n) if i not in clamped]
    path = [list(s)]
    while True:
        if temperature == 0 and stable(w, theta, s, low, tie, free):
            return np.array(path), "fixed point"
        if len(path) > max_sweeps:
            return np.array(path), "limit"
        units = units_of_sweep(order, n, random)
        noise = [random.bits() for _ in range(n)] if temperature > 0 else []
        for q, i in enumerate(units):
            f = field(w, theta, s, i)
            if i in clamped:
                continue
            if temperature > 0:
                s[i] = heat_bath(f, low, temperature, noise[q])
            else:
                coin = (1 if random.bits() >> 63 else low) if f == 0 and tie == "random" else None
                s[i] = decide(f, s[i], low, tie, coin)
        path.append(list(s))


def heat_bath(f, low, temperature, bits):
    up = 1 / (1 + math.exp(-(1 - low) * f / temperature))
    return 1 if (bits >> 11) * 2.0**-53 < up else low


def recall_parallel(w, theta, probe, key, number, low, temperature, tie, clamped, max_sweeps):
    s, n, random = [int(x) for x in probe], len(probe), Generator(key, number)
    path, sure = [list(s)], False
    while True:
        fields = [field(w, theta, s, i) for i in range(n)]
        noise = [random.bits() for _ in range(n)]
        then, coins = list(s), 0
        for i in range(n):
            if i in clamped:
                continue
            if temperature > 0:
                then[i] = heat_bath(fields[i], low, temperature, noise[i])
            else:
                coins += tie == "random" and fields[i] == 0
                then[i] = decide(fields[i], s[i], low, tie, 1 if noise[i] >> 63 else low)
        if temperature == 0 and coins == 0:
            if then == s:
                return np.array(path), "fixed point"
            if sure and then == path[-2]:
                return np.array(path), "2-cycle"
        if len(path) > max_sweeps:
            return np.array(path), "limit"
        sure = temperature == 0 and coins == 0
        s = then
        path.append(list(s))


def hebb(patterns, unit):
    """Hopfield's sum over patterns, zero diagonal."""
    n = patterns.shape[1]
    w = np.zeros((n, n))
    for xi in patterns.tolist():
        for i in range(n):
            for j in range(n):
                if i != j:
                    w[i, j] += xi[i] * xi[j] * unit
    return w


def storkey(patterns):
    """Storkey's rule with the local field of which units i and j are no part."""
    n = patterns.shape[1]
    w = np.zeros((n, n))
    for xi in patterns.tolist():
        old = w.copy()

        def h(i, j, old=old, xi=xi):
            return sum(old[i, k] * xi[k] for k in range(n) if k not in (i, j))

        for i in range(n):
            for j in range(n):
                w[i, j] = old[i, j] + (xi[i] * xi[j] - xi[i] * h(j, i) - h(i, j) * xi[j]) / n
    return w


def bounded(patterns, bound):
    """Sums of patterns that are cut after each."""
    n = patterns.shape[1]
    w = np.zeros((n, n))
    for xi in patterns.tolist():
        for i in range(n):
            for j in range(n):
                if i != j:
                    w[i, j] = max(-bound, min(bound, w[i, j] + xi[i] * xi[j]))
    return w
