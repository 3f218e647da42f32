"""Annealing of one read as one would write it down: Python integers and floats, a loop over sites and neighbours."""

import math

import numpy as np

M32, M64 = 2**32 - 1, 2**64 - 1


class Xoshiro128Plus:
    """Blackman & Vigna's xoshiro128+."""

    def __init__(self, words):
        self.s = [int(w) for w in words]

    def word(self):
        s = self.s
        word = (s[0] + s[3]) & M32
        t = (s[1] << 9) & M32
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = ((s[3] << 11) | (s[3] >> 21)) & M32
        return word

    def uniform(self):
        return ((self.word() >> 9) + 0.5) / 2**23


class SplitMix64:
    """Steele, Lea & Flood's SplitMix."""

    def __init__(self, state):
        self.state = int(state)

    def word(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & M64
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
        return z ^ (z >> 31)

    def below(self, count):
        return ((self.word() >> 32) * count) >> 32

    def shuffle(self, order):
        for last in range(len(order) - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]


def energy(couplings, fields, spins):
    """Return -1/2 s J s - h s."""
    total = 0.0
    for i, row in enumerate(couplings):
        total -= fields[i] * spins[i]
        for j, coupling in enumerate(row):
            total -= coupling * spins[i] * spins[j] / 2
    return total


def probability(rule, change, temperature):
    """Return the probability of a flip that changes the energy by `change`."""
    if rule == "metropolis":
        if change <= 0:
            return 1.0
        return math.exp(-change / temperature) if temperature else 0.0
    if temperature == 0:
        return 0.5 if change == 0 else float(change < 0)
    return 1 / (1 + math.exp(min(change / temperature, 700)))


def sweep(couplings, fields, spins, temperature, rule, sites, uniform):
    """Offer every site in turn the flip of its spin, in place; return how many flipped."""
    flips = 0
    for k, i in enumerate(sites):
        local = fields[i] + sum(J * s for J, s in zip(couplings[i], spins, strict=True))
        if uniform(k) < probability(rule, 2 * spins[i] * local, temperature):
            spins[i] = -spins[i]
            flips += 1
    return flips


def boltzmann(couplings, fields, temperature):
    """Return all states (2^n, n) and their probabilities."""
    n = len(fields)
    states = 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1) - 1
    energies = np.array([energy(couplings, fields, s) for s in states])
    weights = np.exp(-(energies - energies.min()) / temperature)
    return states, weights / weights.sum()
