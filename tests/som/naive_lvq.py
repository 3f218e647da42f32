"""Learning vector quantisation sample by sample, slow and obvious, and importing nothing from the kernels."""

import numpy as np


def squared_distances(sample, prototypes):
    """Over the features that the sample has."""
    known = ~np.isnan(sample)
    return [sum((sample[known] - prototype[known]) ** 2) for prototype in prototypes]


def move(prototype, sample, rate):
    """Towards the sample, or away with a negative rate."""
    known = ~np.isnan(sample)
    prototype[known] = prototype[known] + rate * (sample[known] - prototype[known])


def train(prototypes, classes, x, y, algorithm, rates, window=0.25, epsilon=0.2):
    """Show the samples in their order; return the prototypes, their own rates, wrong answers and changes."""
    m = prototypes.copy()
    own = [rates[0]] * len(m)
    border = (1 - window) / (1 + window)
    wrong = changes = 0
    for sample, label, rate in zip(x, y, rates, strict=True):
        d = np.sqrt(squared_distances(sample, m))
        i, j = np.argsort(d, kind="stable")[:2]
        before = m.copy()
        if algorithm == "lvq1":
            move(m[i], sample, rate if classes[i] == label else -rate)
        elif algorithm == "olvq1":
            right = classes[i] == label
            move(m[i], sample, own[i] if right else -own[i])
            own[i] = own[i] / (1 + own[i]) if right else min(own[i] / (1 - own[i]), rates[0])
        elif classes[i] != classes[j] and label in (classes[i], classes[j]):
            if min(d[i] / d[j], d[j] / d[i]) > border:
                move(m[i], sample, rate if classes[i] == label else -rate)
                move(m[j], sample, rate if classes[j] == label else -rate)
        elif algorithm == "lvq3" and classes[i] == classes[j] == label:
            move(m[i], sample, epsilon * rate)
            move(m[j], sample, epsilon * rate)
        wrong += classes[i] != label
        changes += (m != before).any()
    return m, np.array(own), wrong, changes


def nearest(x, prototypes):
    """The nearest prototype of every sample."""
    return np.array([int(np.argmin(squared_distances(sample, prototypes))) for sample in x])
