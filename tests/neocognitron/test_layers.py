"""Layers of S- and C-cells against plain loops: every kind, shapes, precision, threads and batches, limits."""

import numpy as np
import pytest

from neurosim.core import parallel
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.neocognitron import layers
from neurosim.neocognitron.recipe import CLayer, Inhibition, Pool, SLayer
from tests.neocognitron import naive

# window, pad, rows, columns: odd and even, none and full, larger than the planes, one place
S_SHAPES = [
    (1, 0, 3, 5),
    (3, 1, 6, 9),
    (5, 2, 7, 4),
    (4, 2, 5, 8),
    (2, 0, 6, 3),
    (5, 0, 5, 5),
    (6, 3, 3, 2),
    (3, 2, 4, 1),
]
# window, stride, pad, rows, columns
C_SHAPES = [(1, 1, 0, 3, 5), (3, 1, 2, 6, 4), (5, 2, 4, 7, 8), (7, 2, 5, 5, 9),
            (4, 2, 1, 8, 5), (2, 3, 0, 7, 4), (3, 3, 0, 3, 3)]  # fmt: skip
KINDS = ("1980", "1988", "subtractive", "threshold", "linear")
POOLS = {"average": Pool.AVERAGE, "root": Pool.ROOT, "l2": Pool.L2, "max": Pool.MAX}
JOINS = np.array([1, 0, 1, 2, 0])


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    return np.dtype(request.param)


def assert_close(found, expected, dtype):
    """Fail unless the largest error is 1e-5 of the largest response, 1e-10 in double precision."""
    assert found.dtype == dtype
    assert found.shape == expected.shape
    close = 1e-5 if dtype == np.float32 else 1e-10
    np.testing.assert_allclose(found, expected, rtol=0, atol=close * np.abs(expected).max())


def cells_below(rng, shape, dtype):
    """Return a layer with about half of its cells silent."""
    return np.maximum(rng.normal(size=shape), 0).astype(dtype)


def s_layer(rng, kind, below, planes, size, pad, dtype):
    """Return a layer with random weights and the plain function that has the same responses."""
    a = rng.normal(0.2, 0.6, (size, size, below, planes)).astype(dtype)
    b = rng.uniform(0.2, 2, planes).astype(dtype)
    c = layers.exponential(size, 0.8).astype(dtype) / dtype.type(size * size * below)
    match kind:
        case "1980":
            return SLayer.shunting1980(a, b, c, pad, 4.0), lambda u: naive.s_1980(u, a, b, c, pad, 4.0)
        case "1988":
            return SLayer.shunting(a, b, c, pad, 1.7), lambda u: naive.s_1988(u, a, b, c, pad, 1.7)
        case "subtractive":
            return SLayer.subtractive(a, c, pad, 0.55), lambda u: naive.s_subtractive(u, a, c, pad, 0.55)
        case "threshold":
            layer = SLayer(a, b, c, pad, Inhibition.THRESHOLD, 2.0, 0.5)
            return layer, lambda u: naive.s_threshold(u, a, c, pad, 0.5, 2.0)
    return SLayer(a, b, c, pad, Inhibition.NONE), lambda u: naive.s_linear(u, a, c, pad)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", S_SHAPES, ids=str)
def test_s_cells(kind, shape, dtype, rng):
    size, pad, rows, columns = shape
    layer, plain = s_layer(rng, kind, 3, 4, size, pad, dtype)
    u = cells_below(rng, (2, rows, columns, 3), dtype)
    expected = plain(u)
    assert layer.shape(rows, columns) == expected.shape[1:3]
    assert expected.max() > 0 or kind == "linear"
    assert_close(layers.s_cells(u, layer), expected, dtype)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("size", "pad"), [(1, 0), (2, 1), (3, 1), (4, 0), (5, 3)])
def test_s_cells_over_small_images_in_large_fields(kind, size, pad, dtype, rng):
    layer, plain = s_layer(rng, kind, 2, 3, size, pad, dtype)
    u = np.zeros((9, 9, 14, 2), dtype)
    for image in u[1:]:
        (top, bottom), (left, right) = (np.sort(rng.integers(0, n + 1, 2)) for n in image.shape[:2])
        image[top:bottom, left:right] = cells_below(rng, (bottom - top, right - left, 2), dtype)
    u[1, 0, 0], u[2, 8, 13, 1] = 1, 2  # in the corners alone
    assert_close(layers.s_cells(u, layer), plain(u), dtype)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("below", "planes"), [(1, 1), (1, 16), (3, 17), (16, 3), (17, 1), (2, 80), (80, 2), (16, 16)])
def test_s_cells_of_few_and_many_planes(kind, below, planes, dtype, rng):
    layer, plain = s_layer(rng, kind, below, planes, 3, 1, dtype)
    u = cells_below(rng, (1, 3, 4, below), dtype)
    assert_close(layers.s_cells(u, layer), plain(u), dtype)


@pytest.mark.parametrize("shape", S_SHAPES, ids=str)
@pytest.mark.parametrize("planes", [1, 3, 17])
def test_v_cells(shape, planes, dtype, rng):
    size, pad, rows, columns = shape
    u, c = cells_below(rng, (2, rows, columns, planes), dtype), rng.uniform(0, 1, (size, size)).astype(dtype)
    assert_close(layers.v_cells(u, c, pad), naive.v_cells(u, c, pad), dtype)


@pytest.mark.parametrize("joined", [False, True], ids=["alone", "joined"])
@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("shape", C_SHAPES, ids=str)
def test_pools(pool, shape, joined, dtype, rng):
    size, stride, pad, rows, columns = shape
    joins = JOINS if joined else None
    u, d = cells_below(rng, (2, rows, columns, 5), dtype), rng.uniform(0, 1, (size, size)).astype(dtype)
    layer = CLayer(d, stride, pad, POOLS[pool], joins=joins)
    expected = naive.c_pool(u, d, stride, pad, pool, joins)
    assert (layer.shape(rows, columns), layer.planes(5)) == (expected.shape[1:3], expected.shape[3])
    assert_close(layers.c_cells(u, layer), expected, dtype)


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("planes", [1, 3, 16, 17, 80])
def test_pools_of_few_and_many_planes(pool, planes, dtype, rng):
    u, d = cells_below(rng, (1, 5, 6, planes), dtype), layers.gaussian(3, 1.2)
    found = layers.c_cells(u, CLayer(d, 2, 1, POOLS[pool]))
    assert_close(found, naive.c_pool(u, d, 2, 1, pool), dtype)


@pytest.mark.parametrize("joined", [False, True], ids=["alone", "joined"])
@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("d", [layers.gaussian(3, 1.2), np.diag([1.0, -2.0, 0.5])], ids=["product", "general"])
def test_pools_of_cells_of_both_signs(pool, d, joined, dtype, rng):
    """A place outside counts as 0 for the largest, the root of a negative sum is 0."""
    u, joins = rng.normal(size=(2, 4, 5, 5)).astype(dtype), JOINS if joined else None
    found = layers.c_cells(u, CLayer(d, 2, 2, POOLS[pool], joins=joins))
    assert_close(found, naive.c_pool(u, d, 2, 2, pool, joins), dtype)


def test_lateral_inhibition_without_saturation(dtype, rng):
    u, d = cells_below(rng, (2, 4, 5, 5), dtype), layers.gaussian(3, 1.2)
    pooled = naive.c_pool(u, d, 2, 1, "average", JOINS)
    found = layers.c_cells(u, CLayer(d, 2, 1, Pool.AVERAGE, None, True, JOINS))
    assert_close(found, (1 + pooled) / (1 + pooled.mean(3, keepdims=True)) - 1, dtype)


@pytest.mark.parametrize("planes", [1, 3, 17, 80])
@pytest.mark.parametrize("shape", C_SHAPES, ids=str)
def test_c_cells_of_1980(shape, planes, dtype, rng):
    size, stride, pad, rows, columns = shape
    u, d = cells_below(rng, (2, rows, columns, planes), dtype), 0.3 * layers.exponential(size, 0.95).astype(dtype)
    found = layers.c_cells(u, CLayer(d, stride, pad, Pool.AVERAGE, alpha=0.5, lateral=True))
    expected = naive.c_1980(u, d, stride, pad, 0.5)
    assert expected.max() > 0 or planes == 1  # a plane alone inhibits itself to nothing
    assert_close(found, expected, dtype) if planes > 1 else np.testing.assert_allclose(found, 0, atol=1e-6)


@pytest.mark.parametrize("shape", C_SHAPES, ids=str)
def test_c_cells_of_1988(shape, dtype, rng):
    size, stride, pad, rows, columns = shape
    u = cells_below(rng, (2, rows, columns, 5), dtype)
    d = 4 * layers.exponential(size, 0.9, "cityblock")
    found = layers.c_cells(u, CLayer(d, stride, pad, Pool.AVERAGE, alpha=1.0, joins=JOINS))
    assert_close(found, naive.c_1988(u, d, JOINS, stride, pad), dtype)


@pytest.mark.parametrize("pool", POOLS)
def test_a_stage_is_both_layers(pool, dtype, rng):
    s, plain = s_layer(rng, "subtractive", 3, 5, 4, 2, dtype)
    c = CLayer(layers.gaussian(5, 1.2).astype(dtype), 2, 3, POOLS[pool], alpha=0.5, lateral=True, joins=JOINS)
    u = cells_below(rng, (3, 7, 10, 3), dtype)
    found = layers.stage(u, s, c)
    assert_close(found, layers.c_cells(layers.s_cells(u, s), c).astype(float), dtype)
    pooled = naive.c_pool(plain(u), c.d, 2, 3, pool, JOINS)
    excited = (1 + pooled) / (1 + pooled.mean(3, keepdims=True)) - 1
    assert_close(found, np.maximum(excited, 0) / (0.5 + np.maximum(excited, 0)), dtype)


@pytest.fixture
def threads():
    """Set the number of threads, and the old one afterwards."""
    before = parallel.threads()
    yield parallel.set_threads
    parallel.set_threads(before)


def computed(u, s, c):
    cells = layers.s_cells(u, s)
    return layers.v_cells(u, s.c, s.pad), cells, layers.c_cells(cells, c), layers.stage(u, s, c)


@pytest.mark.parametrize("planes", [(1, 12), (16, 24), (3, 80)])
@pytest.mark.parametrize("pool", POOLS)
def test_the_same_bits_for_any_threads_and_batches(planes, pool, dtype, rng, threads):
    below, many = planes
    s, _ = s_layer(rng, "1988", below, many, 5, 2, dtype)
    c = CLayer(layers.gaussian(5, 1.2).astype(dtype), 2, 2, POOLS[pool], alpha=0.5, lateral=many == 24)
    u = cells_below(rng, (13, 11, 14, below), dtype)
    threads(1)
    reference = computed(u, s, c)
    threads(2)
    for one, other in zip(computed(u, s, c), reference, strict=True):
        np.testing.assert_array_equal(one, other)
    for cuts in ([1], [5, 6], [2, 4, 9], range(1, 13)):
        parts = [computed(part, s, c) for part in np.split(u, cuts)]
        for k, other in enumerate(reference):
            np.testing.assert_array_equal(np.concatenate([part[k] for part in parts]), other)


def test_views_and_integers(rng):
    s, _ = s_layer(rng, "1980", 3, 5, 3, 1, np.dtype(float))
    c = CLayer(layers.gaussian(3, 1.0), 2, 1, Pool.L2)
    u = rng.integers(0, 4, (4, 6, 7, 3))
    reference = computed(u.astype(float), s, c)
    view = np.ascontiguousarray(np.moveaxis(u, 3, 1).astype(float)[::-1])
    for other in (u, np.moveaxis(view, 1, 3)[::-1]):
        for one, expected in zip(computed(other, s, c), reference, strict=True):
            np.testing.assert_array_equal(one, expected)


def test_what_does_not_fit_is_refused(rng):
    s, _ = s_layer(rng, "1980", 3, 5, 4, 0, np.dtype(float))
    c = CLayer(np.ones((6, 6)), 2, 1, Pool.L2)
    for function, shape, arguments in (
        (layers.s_cells, (6, 6, 3), (s,)), (layers.s_cells, (2, 6, 6, 4), (s,)), (layers.s_cells, (2, 3, 6, 3), (s,)),
        (layers.c_cells, (6, 6, 3), (c,)), (layers.c_cells, (2, 6, 3, 3), (c,)), (layers.v_cells, (6, 6), (s.c, 0)),
        (layers.stage, (2, 6, 6, 3), (s, c)), (layers.stage, (2, 9, 9, 2), (s, c)),
    ):  # fmt: skip
        with pytest.raises(DataError, match="planes"):
            function(np.zeros(shape), *arguments)
    with pytest.raises(InvalidParameter, match="backend"):
        layers.s_cells(np.zeros((1, 6, 6, 3)), s, backend="gpu")


@pytest.mark.parametrize("kind", KINDS)
def test_no_images(kind, dtype, rng):
    s, _ = s_layer(rng, kind, 3, 5, 3, 1, dtype)
    u = np.zeros((0, 6, 8, 3), dtype)
    c = CLayer(np.ones((3, 3), dtype), 2, 1, Pool.L2, 1.0, True, JOINS)
    assert layers.s_cells(u, s).shape == (0, 6, 8, 5)
    assert layers.v_cells(u, s.c, 1).shape == (0, 6, 8)
    assert layers.c_cells(layers.s_cells(u, s), c).shape == layers.stage(u, s, c).shape == (0, 3, 4, 3)
    assert layers.stage(u, s, c).dtype == dtype


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("kind", KINDS)
def test_silence_below(kind, pool, dtype, rng):
    s, _ = s_layer(rng, kind, 2, 3, 3, 1, dtype)
    u = np.zeros((2, 5, 6, 2), dtype)
    c = CLayer(np.ones((3, 3), dtype), 1, 1, POOLS[pool], 0.5, True)
    for cells in computed(u, s, c):
        assert not cells.any()


@pytest.mark.parametrize("kind", KINDS)
def test_not_a_number_is_seen(kind, rng):
    """A cell that sees NaN is NaN, or NaN is refused; no other cell changes."""
    s, _ = s_layer(rng, kind, 3, 17, 3, 1, np.dtype(float))
    u = cells_below(rng, (3, 7, 8, 3), float)
    clean = layers.s_cells(u, s)
    u[1, 2, 3, 1] = np.nan
    try:
        found = layers.s_cells(u, s)
    except DataError:
        return
    sees = np.zeros(found.shape, bool)
    sees[1, 1:4, 2:5] = True
    assert np.isnan(found[sees]).all()
    np.testing.assert_array_equal(found[~sees], clean[~sees])


@pytest.mark.parametrize("lateral", [False, True])
@pytest.mark.parametrize("pool", POOLS)
def test_pools_see_what_is_not_a_number(pool, lateral, rng):
    c = CLayer(layers.gaussian(3, 1.0), 2, 1, POOLS[pool], 0.5, lateral)
    u = cells_below(rng, (2, 9, 9, 3), float)
    clean = layers.c_cells(u, c)
    u[0, 4, 4, 1] = np.nan
    try:
        found = layers.c_cells(u, c)
    except DataError:
        return
    sees = np.zeros(found.shape, bool)
    sees[0, 2, 2, slice(None) if lateral else 1] = True
    assert np.isnan(found[sees]).all()
    np.testing.assert_array_equal(found[~sees], clean[~sees])


@pytest.mark.parametrize(("form", "r"), [("1980", 4.0), ("1980", 1.5), ("1988", 1.7), ("1988", 0.5)])
def test_limit_of_many_reinforcements(form, r, rng):
    """The response becomes phi(s - theta) / (1 - theta), s the similarity to the learnt patch; 1 for the patch."""
    below, planes, size, theta = 4, 6, 5, r / (1 + r)
    c = layers.exponential(size, 0.75)
    c /= below * c.sum()
    learnt = rng.uniform(0, 1, (planes, size, size, below)) ** 2
    grown = [naive.reinforcement(patch, c, 1e6, form == "1980") for patch in learnt]
    a, b = np.stack([a for a, _ in grown], axis=3), np.array([b for _, b in grown])
    layer = (SLayer.shunting1980 if form == "1980" else SLayer.shunting)(a, b, c, 0, r)
    mixed = rng.uniform(0, 1, (40, 1, 1, 1)) * learnt[rng.integers(0, planes, 40)]
    seen = np.concatenate([learnt, mixed + rng.uniform(0, 1, (40, size, size, below)) ** 3])
    u = layers.s_cells(seen, layer)[:, 0, 0]
    s = np.array([[naive.similarity(patch, x, c) for patch in learnt] for x in seen])
    expected = np.maximum(s - theta, 0) / (1 - theta)
    assert np.abs(u - expected).max() < 1e-3
    assert np.abs(np.diagonal(u) - 1).max() < 1e-3
    assert 0.2 < expected[planes:].max() < 0.999


def test_subtractive_responses_are_the_limit_times_the_norm(rng):
    theta, c = 0.6, layers.gaussian(3, 1.0)
    learnt = rng.uniform(0, 1, (5, 3, 3, 2))
    norms = naive.v_cells(learnt, c, 0)[:, 0, 0]
    a = np.moveaxis(c[..., None] * learnt / norms[:, None, None, None], 0, 3)
    x = rng.uniform(0, 1, (20, 3, 3, 2)) ** 2
    s = np.array([[naive.similarity(patch, one, c) for patch in learnt] for one in x])
    v = naive.v_cells(x, c, 0)[:, 0]
    expected = v * np.maximum(s - theta, 0) / (1 - theta)
    found = layers.s_cells(np.ascontiguousarray(x), SLayer.subtractive(np.ascontiguousarray(a), c, 0, theta))
    assert_close(found[:, 0, 0], expected, np.dtype(float))


def test_saturation_is_silent_below_zero(dtype):
    """psi(x) = 0 for all x <= 0, also x < -alpha, where x / (alpha + x) would be positive."""
    levels = np.array([-3.0, -0.6, -0.5, -0.4, -1e-3, 0.0, 1e-3, 0.5, 4.0], dtype)
    layer = CLayer(np.ones((1, 1), dtype), 1, 0, Pool.AVERAGE, alpha=0.5)
    found = layers.c_cells(levels.reshape(1, 1, -1, 1), layer)[0, 0, :, 0]
    assert not found[:6].any()
    np.testing.assert_allclose(found[6:], [1e-3 / 0.501, 0.5, 4 / 4.5], rtol=1e-5)


def test_lateral_inhibition_below_minus_alpha_is_silent(dtype):
    """One plane of two responds: the other's argument, 1 / (1 + 50) - 1, is below -alpha."""
    u = np.zeros((1, 1, 1, 2), dtype)
    u[..., 0] = 100
    found = layers.c_cells(u, CLayer(np.ones((1, 1), dtype), 1, 0, Pool.AVERAGE, 0.5, True))[0, 0, 0]
    np.testing.assert_allclose(found, [(101 / 51 - 1) / (101 / 51 - 0.5), 0], rtol=1e-5)


@pytest.mark.parametrize("lateral", [False, True])
def test_equivariance(lateral, dtype, rng):
    """An input moved by 2 moves the C-cells by 1, those of the next stage by 1 at 4."""
    drawn = cells_below(rng, (2, 6, 7, 1), dtype)
    first, _ = s_layer(rng, "1980", 1, 5, 3, 1, dtype)
    second, _ = s_layer(rng, "1988", 5, 6, 3, 1, dtype)
    c = CLayer(layers.exponential(5, 0.9).astype(dtype), 2, 2, Pool.L2, 0.5, lateral)
    found = {}
    for y, x in ((8, 8), (10, 8), (8, 6), (12, 4)):
        u = np.zeros((2, 28, 28, 1), dtype)
        u[:, y : y + 6, x : x + 7] = drawn
        one = layers.stage(u, first, c)
        found[y, x] = one, layers.stage(one, second, c)
    still, _ = found[8, 8]
    assert np.abs(still - found[10, 8][0]).max() > 0.1
    assert np.abs(still[:, 1:-2] - found[10, 8][0][:, 2:-1]).max() < 1e-6
    assert np.abs(still[:, :, 2:-1] - found[8, 6][0][:, :, 1:-2]).max() < 1e-6
    assert np.abs(found[8, 8][1][:, 1:-2, 2:-1] - found[12, 4][1][:, 2:-1, 1:-2]).max() < 1e-6


def test_sizes_of_the_tables():
    """Rows of S- and C-planes of 1980 and 1988."""
    sizes = {
        1980: (16, [(5, 2, 5, 4, 2), (5, 1, 5, 4, 2), (5, 0, 2, 0, 1)], [(16, 10), (8, 6), (2, 1)]),
        1988: (19, [(3, 1, 3, 2, 1), (5, 2, 7, 5, 2), (5, 2, 5, 2, 2), (5, 0, 3, 0, 1)],
               [(19, 21), (21, 13), (13, 7), (3, 1)]),
    }  # fmt: skip
    for rows, stages, expected in sizes.values():
        for (window, pad, pool, around, stride), (s_rows, c_rows) in zip(stages, expected, strict=True):
            s = SLayer(np.zeros((window, window, 1, 1)), np.zeros(1), np.zeros((window, window)), pad, Inhibition.NONE)
            c = CLayer(np.zeros((pool, pool)), stride, around, Pool.L2)
            assert s.shape(rows, rows) == (s_rows, s_rows)
            assert c.shape(s_rows, s_rows) == (c_rows, c_rows)
            rows = c_rows


@pytest.mark.parametrize("size", [1, 2, 5, 6])
def test_windows(size):
    middle = (size - 1) / 2
    for y in range(size):
        for x in range(size):
            far, blocks = ((y - middle) ** 2 + (x - middle) ** 2) ** 0.5, abs(y - middle) + abs(x - middle)
            assert layers.exponential(size, 0.7)[y, x] == pytest.approx(0.7**far, rel=1e-12)
            assert layers.exponential(size, 0.7, "cityblock")[y, x] == pytest.approx(0.7**blocks, rel=1e-12)
            assert layers.gaussian(size, 1.3)[y, x] == pytest.approx(np.exp(-(far**2) / (2 * 1.3**2)), rel=1e-12)
