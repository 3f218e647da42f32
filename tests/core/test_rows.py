"""Dot products, distances and updates against NumPy, in both forms and for every length around the vectors'."""

import numpy as np
import pytest
from numba import njit

from neurosim.core import rows

FORMS = {"wide": (rows._dot, rows._add_scaled), "plain": (rows._dot_plain, rows._add_scaled_plain)}
TILES = {"wide": (rows._squares, rows._move), "plain": (rows._squares_plain, rows._move_plain)}


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


@pytest.mark.parametrize("form", TILES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tiles(form, dtype, rng):
    squares_, move_ = TILES[form]

    @njit
    def both(w, x, g, which, out):
        squares_(w, 2, x, 1, out, 16)
        move_(w, 1, x, 0, g, which, 3)

    which, before = np.array([2, 5, 15, 0]), np.full((16, 48), 0.5)
    for features in (1, 2, 3, 7, 8, 13, 40):  # whole numbers: exact in every order
        w, x = (rng.integers(-9, 10, (tiles, features, 16)).astype(dtype) for tiles in (3, 2))
        g = rng.integers(-2, 3, (16, 48)).astype(dtype)
        out, moved, wanted = before.copy(), w.copy(), w.copy()
        for i in (2, 5, 15):
            wanted[1] += g[i, 16:32] * (x[0, :, i, None] - wanted[1])
        both(moved, x, g, which, out)
        np.testing.assert_array_equal(moved, wanted)
        np.testing.assert_array_equal(out[:, 16:32], ((x[1][:, :, None] - w[2][:, None]) ** 2).sum(0))
        np.testing.assert_array_equal(out[:, [*range(16), *range(32, 48)]], before[:, 16:])
