"""What both targets of the bank's kernels share: how a filter is factorised, and what is asked for.

A filter is g(x, y) = envelope(x, y) exp(i (2 pi x' / wavelength + phase)); its response at a pixel is the sum of
g(u) image(pixel + u). With a circular envelope, and whatever its orientation, g is a product of a function of x and one
of y. Filters at the orientations t and -t share all four sums of products: with A, B the row passes by cosine and sine
and C, S the column passes,

    real(t) = CA - SB    imaginary(t) = CB + SA    real(-t) = CA + SB    imaginary(-t) = CB - SA

(here CA is the column pass by cosine of A). At t + 180 degrees the imaginary part changes its sign. After that a phase
other than 0 turns the result by that angle.
"""

from typing import NamedTuple

import numpy as np


class Factors(NamedTuple):
    """The bank of circular filters as products; U units of one or two filters each, taps of K pixels, F filters.

    Attributes
    ----------
    rows : (U, 2, K), the row pass by cosine and by sine, in the bank's dtype
    columns : (U, 2, K), the column pass by cosine and by sine
    plus, minus : (U,) int64, the filter of orientation t, and that of -t, or -1 for none
    turns : (F, 2), amplitude cos(phase) and amplitude sin(phase) of each filter
    signs : (F,) int64, -1 where the filter's orientation is 180 degrees from t or -t, else 1
    """

    rows: np.ndarray
    columns: np.ndarray
    plus: np.ndarray
    minus: np.ndarray
    turns: np.ndarray
    signs: np.ndarray


class Outputs(NamedTuple):
    """Where responses go: arrays (images, filters, rows, columns), or (0, 0, 0, 0) for what nobody asked for.

    `real` and `imaginary` are those of the response; `energy` is its squared modulus, `magnitude` its modulus, `phase`
    its angle in degrees, in [-180, 180]: methods may differ
    in which end they give.
    """

    real: np.ndarray
    imaginary: np.ndarray
    energy: np.ndarray
    magnitude: np.ndarray
    phase: np.ndarray


# cpu.py and cuda.py export, with these names and parameters, both without a result:
#
# separable(padded, factors, outputs)
#     padded : (images, rows + K - 1, columns + K - 1), the border filled in by the caller
# direct(padded, kernels, stride, outputs)
#     kernels : (F, 2, K, L), real and imaginary part; padded : (images, rows + K - 1, columns + L - 1);
#     outputs have ceil(rows / stride) x ceil(columns / stride) pixels: every stride-th one, from the first
