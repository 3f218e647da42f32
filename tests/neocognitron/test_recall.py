"""The backward pass against the equations as plain loops, and what a taught network recalls (check 9)."""

from types import SimpleNamespace

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.neocognitron.layers import c_cells, s_cells
from neurosim.neocognitron.neocognitron1988 import Neocognitron1988
from neurosim.neocognitron.recall import inked, recall
from neurosim.neocognitron.recipe import CLayer, Pool, SLayer


@pytest.fixture(scope="module")
def net():
    return Neocognitron1988().teach()


def small_network(rng, joins=True):
    """Two stages over one plane, with odd and even windows, strides, pads and joined planes."""
    layers, below = [], 1
    for window, pad, pool, pool_pad, stride, planes in ((3, 1, 4, 2, 2, 5), (2, 0, 3, 1, 1, 4)):
        a = np.maximum(rng.normal(0.2, 0.5, (window, window, below, planes)), 0)
        c = rng.uniform(0.5, 1.0, (window, window))
        s = SLayer.shunting(a, rng.uniform(0.2, 1.0, planes), c, pad, rng.uniform(0.5, 2.0))
        to = np.array([0, 0, 1, 2, 1])[:planes] if joins else None
        pooled = CLayer(rng.uniform(0.2, 1.0, (pool, pool)), stride, pool_pad, Pool.AVERAGE, 1.0, joins=to)
        layers.append((s, pooled))
        below = pooled.planes(planes)
    return SimpleNamespace(layers=tuple(layers))


def slow_recall(net, image, alpha, beta):
    """Return the recalled pattern: every sum of the equations is a loop."""
    forward, u = [], image[None, :, :, None] / image.max()
    for s, c in net.layers:
        forward.append((u.shape[1:], s_cells(u, s)[0]))
        u = c_cells(s_cells(u, s), c)
    w = np.where(u[0] == u.max(), u[0], 0)
    for (s, c), (below, u_s) in zip(net.layers[::-1], forward[::-1], strict=True):
        drive, out = np.zeros_like(u_s), np.zeros(below)
        joins = range(u_s.shape[2]) if c.joins is None else c.joins
        for (y, x), k in ((place, k) for place in np.ndindex(w.shape[:2]) for k in range(u_s.shape[2])):
            for i, j in np.ndindex(c.d.shape):
                row, column = y * c.stride - c.pad + i, x * c.stride - c.pad + j
                if 0 <= row < u_s.shape[0] and 0 <= column < u_s.shape[1]:
                    drive[row, column, k] += c.d[i, j] * w[y, x, joins[k]]
        gated, c_sum = np.minimum(u_s, alpha * drive), s.c.sum() * below[2]
        for y, x, k in np.ndindex(gated.shape):
            for i, j, m in np.ndindex(s.a.shape[:3]):
                row, column = y - s.pad + i, x - s.pad + j
                if 0 <= row < below[0] and 0 <= column < below[1]:
                    # c over its sum, a and b as c of sum 1 would have made them, all times the number of synapses
                    share = s.a[i, j, m, k] / c_sum / (s.b[k] / np.sqrt(c_sum))
                    share -= s.gain / (1 + s.gain) * s.c[i, j] / c_sum
                    out[row, column, m] += beta * share * s.c.size * below[2] * gated[y, x, k]
        w = np.maximum(out, 0) / (1 + np.maximum(out, 0))
    return w[..., 0]


@pytest.mark.parametrize("joins", [False, True])
def test_the_backward_pass_is_that_of_the_equations(rng, joins):
    net = small_network(rng, joins)
    images = rng.uniform(0, 1, (3, 9, 8)) * (rng.uniform(0, 1, (3, 9, 8)) < 0.6)
    pattern = recall(net, images, alpha=0.7, beta=0.4).pattern
    slow = np.array([slow_recall(net, image, 0.7, 0.4) for image in images])
    assert slow.max(axis=(1, 2)).min() > 0.01
    np.testing.assert_allclose(pattern, slow, rtol=0, atol=1e-10)


def test_the_scale_of_the_weights_drops_out(rng):
    net, images = small_network(rng), rng.uniform(0, 1, (2, 9, 8))
    pairs = []
    for s, c in net.layers:
        q = 1e7
        other = SLayer.shunting(q * s.a, q / 2 * s.b, s.c * 4, s.pad, s.gain)  # v doubles, so b halves
        pairs.append((SLayer.shunting(q * s.a, q * s.b, s.c, s.pad, s.gain), c, other))
    first = recall(SimpleNamespace(layers=[(s, c) for s, c, _ in pairs]), images)
    second = recall(SimpleNamespace(layers=[(s, c) for _, c, s in pairs]), images)
    assert first.pattern.max() > 0.01
    np.testing.assert_allclose(first.pattern, second.pattern, rtol=1e-12)


def test_a_taught_network_recalls_its_digits(net):
    images, labels = net.pattern_set.examples()
    found = recall(net, images)
    drawn = images > 0
    assert (np.array(net.pattern_set.labels)[found.winners] == labels).all()
    assert np.mean([ink[one].mean() for ink, one in zip(found.ink, drawn, strict=True)]) >= 0.87
    assert (found.ink & ~drawn).sum(axis=(1, 2)).mean() <= 0.5


def test_what_is_silent_recalls_nothing(net):
    found = recall(net, np.zeros((2, 19, 19)))
    assert found.winners.tolist() == [-1, -1]
    assert not found.pattern.any()
    assert not found.ink.any()


def test_ink_is_what_reaches_a_quarter_of_the_largest_value():
    assert inked(np.array([[[0.0, 0.2], [0.05, 0.049]], [[0.0, 0.0], [0.0, 0.0]]])).tolist() == [
        [[False, True], [True, False]],
        [[False, False], [False, False]],
    ]


def test_a_larger_field_recalls_the_same(net):
    images, _ = net.pattern_set.examples()
    wide = np.zeros((1, 19, 38))
    wide[0, :, 19:] = images[0]
    wide_pattern = recall(net, wide).pattern[0]
    assert not wide_pattern[:, :17].any()
    assert (inked(wide_pattern[None])[0, :, 19:] == recall(net, images[:1]).ink[0]).mean() > 0.97


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda net: recall(net, np.zeros((19, 19))), DataError, r"must be \(images, rows, columns\); got the shape"),
        (lambda net: recall(net, np.full((1, 19, 19), -1.0)), DataError, "finite numbers >= 0"),
        (lambda net: recall(net, np.full((1, 19, 19), np.nan)), DataError, "finite numbers >= 0"),
        (lambda net: recall(net, [["a"]]), DataError, "array of real numbers"),
        (lambda net: recall(net, np.zeros((1, 4, 4))), DataError, "4 x 4 pixels are too small"),
        (lambda net: recall(net, np.zeros((1, 19, 19)), alpha=0), InvalidParameter, "alpha must be a number > 0"),
        (lambda net: recall(net, np.zeros((1, 19, 19)), beta=-1), InvalidParameter, "beta must be a number > 0"),
        (lambda net: recall(None, np.zeros((1, 19, 19))), InvalidParameter, "net must be a network with layers"),
    ],
)
def test_bad_input_is_refused(net, call, error, message):
    with pytest.raises(error, match=message):
        call(net)


@pytest.mark.parametrize("images", [np.ones((1, 19, 19)) * 1j, [[["1"] * 19] * 19], [[[1], [1, 2]]]])
def test_images_that_are_no_real_numbers_are_refused(net, images):
    with pytest.raises(DataError, match="recall: images must be an array of real numbers"):
        recall(net, images)


def test_cells_that_do_not_saturate_are_refused(rng):
    layers = tuple((s, CLayer(c.d, c.stride, c.pad, c.pool, None, joins=c.joins)) for s, c in small_network(rng).layers)
    with pytest.raises(InvalidParameter, match="C-cells that add and saturate"):
        recall(SimpleNamespace(layers=layers), np.ones((1, 9, 8)))


def test_a_network_that_was_taught_nothing_is_refused():
    with pytest.raises(DataError, match="recall: stage 1 of the network was taught nothing"):
        recall(Neocognitron1988(), np.ones((1, 19, 19)))


def test_s_planes_without_cells_are_refused(rng):
    """The pad of the C-cells must not hide that there is nothing below them."""
    s, c = small_network(rng).layers[0]
    s = SLayer.shunting(s.a, s.b, s.c, 0, s.gain)
    with pytest.raises(DataError, match="2 x 2 pixels are too small"):
        recall(SimpleNamespace(layers=((s, c),)), np.ones((1, 2, 2)))


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1 / 256, 255, 1e30, 1e300])
def test_the_strength_of_the_ink_does_not_matter(net, scale):
    images = net.pattern_set.examples()[0].astype(float)[:5]
    found, wanted = recall(net, images * scale), recall(net, images)
    np.testing.assert_array_equal(found.winners, wanted.winners)
    np.testing.assert_allclose(found.pattern, wanted.pattern, atol=1e-5)


def test_planes_not_yet_taught_recall_nothing(rng):
    taught = small_network(rng)
    images, layers = rng.uniform(0, 1, (2, 9, 8)), []
    for s, c in taught.layers:
        a, b = (np.concatenate([w, np.zeros_like(w[..., :1])], axis=-1) for w in (s.a, s.b))
        joins = np.append(c.joins, 0)
        layers.append(
            (SLayer.shunting(a, b, s.c, s.pad, s.gain), CLayer(c.d, c.stride, c.pad, c.pool, 1.0, joins=joins))
        )
    found = recall(SimpleNamespace(layers=layers), images)
    np.testing.assert_allclose(found.pattern, recall(taught, images).pattern, rtol=1e-12)
