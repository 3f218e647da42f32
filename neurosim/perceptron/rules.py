"""What a sample x with label y (-1 or 1) and score s = w.x + b adds to the weights: tau x, and tau to the bias.

Every rule of the family is such a tau. Sources are given with the estimators.
"""

from numba import njit

CORRECTION, PASSIVE_AGGRESSIVE, LMS, NORMALISED_LMS = range(4)


@njit(inline="always")
def correction(y, s, margin, rate):
    """Return rate y if the sample is on the wrong side or within the margin, else 0 (Rosenblatt's error correction)."""
    return y * rate if y * s <= margin else rate - rate


@njit(inline="always")
def passive_aggressive(y, s, limit, slack, norm2):
    """Return y min(limit, loss / (|x|^2 + slack)) with the hinge loss max(0, 1 - y s)."""
    loss = 1 - y * s
    return y * min(limit, loss / (norm2 + slack)) if loss > 0 else norm2 - norm2


@njit(inline="always")
def lms(y, s, mu):
    """Return 2 mu (y - s): a step down the squared error (Widrow and Hoff)."""
    return 2 * mu * (y - s)


@njit(inline="always")
def normalised_lms(y, s, alpha, norm2):
    """Return alpha (y - s) / |x|^2: the error shrinks by the factor 1 - alpha, whatever the size of x."""
    return alpha * (y - s) / norm2


@njit(inline="always")
def tau(rule, y, s, first, second, norm2):
    """Return what one of the rules says; `first` and `second` are its parameters in their order above."""
    if rule == CORRECTION:
        return correction(y, s, first, second)
    if rule == PASSIVE_AGGRESSIVE:
        return passive_aggressive(y, s, first, second, norm2)
    if rule == LMS:
        return lms(y, s, first)
    return normalised_lms(y, s, first, norm2)
