"""The formulas of restricted machines: normal numbers from random words, and softplus; for both targets.

What is float32 stays float32. The logistic function is that of `neurosim.cnn.rules`.
"""

import math

import numpy as np
from numba import njit

from neurosim.boltzmann.rules import fraction
from neurosim.cnn.rules import exp, log1p_unit
from neurosim.ising.rules import minus_log

F = np.float32
SEVEN, THIRTY = np.uint64(7), np.uint64(30)
LOW = np.uint64(2**23 - 1)
TO_UNIT = F(2.0**-23)
# (cos(pi f / 2) - 1) / f^2 and sin(pi f / 2) / f on [0, 1] as series in f^2, fitted by us to 8e-9
C0, C1, C2, C3, C4 = map(F, (-1.2337005138, 0.2536695004, -0.0208632182, 9.183905204e-4, -2.411010974e-5))
S0, S1, S2, S3, S4 = map(F, (1.5707963705, -0.6459638476, 0.0796902031, -0.0046745525, 1.518628123e-4))


@njit
def normal(word, other):
    """Return a standard normal float32 from two words (Box & Muller 1958)."""
    radius = F(math.sqrt(F(F(2.0) * minus_log(fraction(word)))))
    quadrant = other >> THIRTY
    f = F(F(np.int32((other >> SEVEN) & LOW)) * TO_UNIT)
    z = F(f * f)
    cosine = F(F(1.0) + z * F(C0 + z * F(C1 + z * F(C2 + z * F(C3 + z * C4)))))
    sine = F(f * F(S0 + z * F(S1 + z * F(S2 + z * F(S3 + z * S4)))))
    value = sine if quadrant == 1 or quadrant == 3 else cosine
    return F(-radius * value) if quadrant == 1 or quadrant == 2 else F(radius * value)


@njit
def softplus(x):
    """Return log(1 + e^x)."""
    zero = type(x)(0)
    return (x if x > zero else zero) + log1p_unit(exp(-abs(x)))
