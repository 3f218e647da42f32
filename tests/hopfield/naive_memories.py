"""The relatives of the Hopfield network as the papers write them: slow, obvious, importing nothing from the library."""

from itertools import permutations
from math import exp, log, sqrt, tanh

import numpy as np


def graded_derivative(u, weights, gain, capacitance, resistance, currents, logistic):
    """C du/dt = sum T V - u/R + I, neuron by neuron."""
    v = [0.5 * (1 + tanh(gain * x)) if logistic else tanh(gain * x) for x in u]
    n = len(u)
    received = [sum(weights[i][j] * v[j] for j in range(n)) for i in range(n)]
    return np.array([(received[i] - u[i] / resistance[i] + currents[i]) / capacitance[i] for i in range(n)])


def lyapunov(u, weights, gain, resistance, currents, logistic):
    """E with the integral of the inverse of g taken by the midpoint rule from the output of potential 0."""
    n = len(u)
    v = [0.5 * (1 + tanh(gain * x)) if logistic else tanh(gain * x) for x in u]
    energy = -0.5 * sum(weights[i][j] * v[i] * v[j] for i in range(n) for j in range(n))
    for i in range(n):
        start = 0.5 if logistic else 0.0
        width = (v[i] - start) / 20000
        middles = start + width * (np.arange(20000) + 0.5)
        inverse = np.arctanh(2 * middles - 1 if logistic else middles) / gain
        energy += inverse.sum() * width / resistance[i] - currents[i] * v[i]
    return energy


def tank_energy(v, distances, a, b, c, d, n):
    """Equation by equation: rows, columns, the number of ones, the length."""
    cities = len(v)
    energy = 0.0
    for x in range(cities):
        for i in range(cities):
            energy += sum(a / 2 * v[x][i] * v[x][j] for j in range(cities) if j != i)
            energy += sum(b / 2 * v[x][i] * v[y][i] for y in range(cities) if y != x)
            for y in range(cities):
                energy += d / 2 * distances[x][y] * v[x][i] * (v[y][(i + 1) % cities] + v[y][i - 1])
    return energy + c / 2 * (sum(map(sum, v)) - n) ** 2


def tour_lengths(cities):
    """The lengths of all closed tours that start at city 0, each in both directions."""
    n = len(cities)
    d = [[sqrt((x - p) ** 2 + (y - q) ** 2) for p, q in cities] for x, y in cities]
    first = np.array(list(permutations(range(1, n))), np.int8)
    tours = np.concatenate([np.zeros((len(first), 1), np.int8), first], axis=1)
    return np.array(d)[tours, np.roll(tours, -1, axis=1)].sum(axis=1)


def interaction(kind, degree, x):
    """F, in whole numbers where it has such."""
    if kind == "exponential":
        return exp(x)
    return x**degree if kind == "polynomial" or x > 0 else 0


def dense_field(patterns, state, unit, kind, degree):
    """sum_mu F(xi_i + rest) - F(-xi_i + rest)."""
    total = 0
    for xi in patterns.tolist():
        rest = sum(xi[j] * int(state[j]) for j in range(len(state)) if j != unit)
        total += interaction(kind, degree, rest + xi[unit]) - interaction(kind, degree, rest - xi[unit])
    return total


def dense_energy(patterns, state, kind, degree):
    return -sum(interaction(kind, degree, int(xi @ state)) for xi in patterns.astype(int))


def dense_recall(patterns, probe, kind, degree, max_sweeps=100):
    """Units take turns in their order until a sweep changes nothing."""
    state = probe.copy()
    for sweep in range(max_sweeps):
        before = state.copy()
        for unit in range(len(state)):
            field = dense_field(patterns, state, unit, kind, degree)
            if field:
                state[unit] = 1 if field > 0 else -1
        if (state == before).all():
            return state, sweep + 1
    return state, max_sweeps


def softmax_update(patterns, state, beta):
    z = [beta * float(x @ state) for x in patterns]
    weights = [exp(value - max(z)) for value in z]
    return sum(w * x for w, x in zip(weights, patterns, strict=True)) / sum(weights)


def softmax_energy(patterns, state, beta):
    lse = log(sum(exp(beta * float(x @ state)) for x in patterns)) / beta
    largest = max(float(x @ x) for x in patterns)
    return -lse + 0.5 * float(state @ state) + log(len(patterns)) / beta + 0.5 * largest


def willshaw_weights(inputs, outputs):
    weights = np.zeros((outputs.shape[1], inputs.shape[1]), int)
    for x, y in zip(inputs, outputs, strict=True):
        for j in range(len(y)):
            for i in range(len(x)):
                if x[i] and y[j]:
                    weights[j, i] = 1
    return weights


def bam_recall(weights, x, y, low, first):
    """Layers in turn, `first` says which; until two updates change nothing."""
    layers, quiet, turn, steps = [list(x), list(y)], 0, first, 0
    while quiet < 2:
        own, other = layers[turn], layers[1 - turn]
        after = []
        for k in range(len(own)):
            received = sum(other[j] * (weights[k][j] if turn == 0 else weights[j][k]) for j in range(len(other)))
            after.append(1 if received > 0 else low if received < 0 else own[k])
        quiet = quiet + 1 if after == own else 0
        layers[turn], turn, steps = after, 1 - turn, steps + 1
    return layers[0], layers[1], steps
