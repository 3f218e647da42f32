"""The largest cosine of a vector with what lies between two or three reference vectors.

X_i are unit vectors, s_i the cosines of a vector with them, g_ij those between them. All positive combinations of two
references make an arc on the unit sphere, of three a triangle. The largest cosine with a point of it is the length of
the projection on the plane or space that they span, if that falls inside, and else lies on the border.
"""

import math

from numba import njit


@njit
def pair(s0, s1, g, flat):
    """Return the largest cosine with a positive combination of two references: Fukushima 2007.

    References whose squared area is below `flat` count as one: what lies between them adds less than flat / 8.
    """
    largest = max(s0, s1)
    area = 1 - g * g
    w0, w1 = s0 - g * s1, s1 - g * s0
    if area < flat or w0 <= 0 or w1 <= 0:
        return largest
    return max(largest, math.sqrt((s0 * w0 + s1 * w1) / area))


@njit
def trio(s0, s1, s2, g01, g02, g12, flat):
    """Return the largest cosine with a positive combination of three references, -1 if it lies on the border.

    Trios whose squared volume is below `flat` are left to their pairs: in float32 such as differ by cosines of 0.001.
    """
    volume = 1 + 2 * g01 * g02 * g12 - g01 * g01 - g02 * g02 - g12 * g12
    # the weights are the Gram matrix's adjugate times s, over its determinant
    w0 = (1 - g12 * g12) * s0 + (g02 * g12 - g01) * s1 + (g01 * g12 - g02) * s2
    w1 = (g02 * g12 - g01) * s0 + (1 - g02 * g02) * s1 + (g01 * g02 - g12) * s2
    w2 = (g01 * g12 - g02) * s0 + (g01 * g02 - g12) * s1 + (1 - g01 * g01) * s2
    if volume < flat or w0 <= 0 or w1 <= 0 or w2 <= 0:
        return -1.0
    return math.sqrt((s0 * w0 + s1 * w1 + s2 * w2) / volume)
