"""The formulas of learning vector quantisation."""

from numba import njit

LVQ1, OLVQ1, LVQ21, LVQ3 = range(4)


@njit
def window_ratio(width):
    """Return the least ratio of the distances to the two nearest prototypes, nearer over farther, within the window."""
    return (1.0 - width) / (1.0 + width)


@njit
def steps(kind, first_right, second_right, inside, epsilon):
    """Return how far the nearest and the second nearest prototype go towards the sample, in learning rates.

    The first two arguments after `kind` say whether the prototype has the sample's class, `inside` whether the sample
    lies in the window between them, whose border is only for two of which one is right. Negative is away.
    """
    if kind <= OLVQ1:
        return (1.0, 0.0) if first_right else (-1.0, 0.0)
    if first_right != second_right:
        if not inside:
            return 0.0, 0.0
        return (1.0, -1.0) if first_right else (-1.0, 1.0)
    return (epsilon, epsilon) if kind == LVQ3 and first_right else (0.0, 0.0)


@njit
def next_rate(rate, right, largest):
    """Return a prototype's own learning rate after a sample that it won (OLVQ1)."""
    return rate / (1.0 + rate) if right else min(rate / (1.0 - rate), largest)
