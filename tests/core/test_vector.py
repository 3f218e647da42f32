"""The distance tile against argsort, in both of its forms."""

import numpy as np
import pytest
from numba import njit

from neurosim.core import vector
from neurosim.core.vector import GROUP, LANES, block_buffer

FORMS = {"wide": vector._two_best_wide, "plain": vector._two_best_plain}


def run(two_best, x, w, norms):
    """Search LANES samples with one of the forms."""

    @njit
    def search(x, w, norms, best, first, runner_up, second):
        xt = block_buffer(x.shape[1] * LANES, x)
        for i in range(LANES):
            for j in range(x.shape[1]):
                xt[j * LANES + i] = x[i, j]
        two_best(xt, w, norms, best, first, runner_up, second)

    best, runner_up = np.full(LANES, np.inf, x.dtype), np.full(LANES, np.inf, x.dtype)
    first, second = np.zeros(LANES, np.int32), np.zeros(LANES, np.int32)
    search(x, w, norms, best, first, runner_up, second)
    return best, first, runner_up, second


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_two_best(form, dtype, rng):
    for features in (1, 3, 17):
        x = rng.normal(size=(LANES, features)).astype(dtype)
        w = rng.normal(size=(4 * GROUP, features)).astype(dtype)
        norms = rng.normal(size=4 * GROUP).astype(dtype)
        norms[-3:] = np.inf
        scores = norms + x.astype(np.float64) @ w.T.astype(np.float64)
        order = np.argsort(scores, axis=1)
        best, first, runner_up, second = run(FORMS[form], x, w, norms)
        np.testing.assert_array_equal(first, order[:, 0])
        np.testing.assert_array_equal(second, order[:, 1])
        tolerance = {"rtol": 1e-5, "atol": 1e-5}
        np.testing.assert_allclose(best, np.take_along_axis(scores, order[:, :1], 1)[:, 0], **tolerance)
        np.testing.assert_allclose(runner_up, np.take_along_axis(scores, order[:, 1:2], 1)[:, 0], **tolerance)


@pytest.mark.parametrize("form", FORMS)
def test_the_lower_unit_wins_a_tie(form):
    x, w = np.ones((LANES, 2), np.float32), np.ones((2 * GROUP, 2), np.float32)
    _, first, _, second = run(FORMS[form], x, w, np.zeros(2 * GROUP, np.float32))
    assert (first == 0).all()
    assert (second == 1).all()


def test_block_buffer_starts_on_a_cache_line():
    @njit
    def address(n, like):
        buffer = block_buffer(n, like)
        return buffer.ctypes.data, len(buffer)

    for like in (np.empty(1, np.float32), np.empty(1)):
        for n in (1, 100, 4096):
            data, size = address(n, like)
            assert data % 64 == 0
            assert size == n
