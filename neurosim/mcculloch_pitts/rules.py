"""The arithmetic of a cell on words of 64 histories: bit b of a word belongs to history b."""

from numba import njit


@njit
def full_adder(a, b, c):
    """Return the sum and the carry of three bits, for every history of a word at once."""
    return a ^ b ^ c, (a & b) | (c & (a | b))


@njit
def half_adder(a, b):
    """Return the sum and the carry of two bits."""
    return a ^ b, a & b


@njit
def reaches(sum_bit, threshold_bit, below):
    """Return whether a number reaches a threshold, from one bit of either and whether the lower bits reach theirs."""
    return sum_bit & below if threshold_bit else sum_bit | below


@njit
def permit(excited, inhibitor):
    """Return the excitation that is left when an absolute inhibitor is active or not (equation 1)."""
    return excited & ~inhibitor
