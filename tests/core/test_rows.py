"""Dot products and updates of rows against NumPy, in both forms and for every length around the vectors'."""

import numpy as np
import pytest
from numba import njit

from neurosim.core import rows

FORMS = {"wide": (rows._dot_wide, rows._add_scaled_wide), "plain": (rows._dot_plain, rows._add_scaled_plain)}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows(form, dtype, rng):
    dot_, add_scaled_ = FORMS[form]

    @njit
    def both(w, factor, x):
        total = dot_(w, 1, x, 2)
        add_scaled_(w, 1, x, 2, factor)
        return total

    for length in range(140):
        x = rng.integers(-9, 10, (4, length)).astype(dtype)  # whole numbers: every order gives the same sum
        kept = rng.integers(-9, 10, (3, length + 2)).astype(dtype)
        w = kept.copy()
        assert both(w, dtype(3), x) == kept[1, :length] @ x[2]
        kept[1, :length] += 3 * x[2]
        np.testing.assert_array_equal(w, kept)
