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
        total = dot_(w, x)
        add_scaled_(w, factor, x)
        return total

    for length in range(140):
        x = rng.integers(-9, 10, length + 2).astype(dtype)[1:-1]  # whole numbers: every order gives the same sum
        kept = rng.integers(-9, 10, length + 2).astype(dtype)
        w = kept.copy()
        assert both(w[1:-1], dtype(3), x) == kept[1:-1] @ x
        kept[1:-1] += 3 * x
        np.testing.assert_array_equal(w, kept)
