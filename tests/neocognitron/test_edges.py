"""Images on a field, contrast and edges."""

import numpy as np
import pytest
from scipy.ndimage import zoom

from neurosim.core.errors import InvalidParameter
from neurosim.neocognitron.edges import (
    THETA,
    auto_scale,
    contrast_layer,
    edge_patches,
    edges_of_slopes,
    gradient_layer,
    on_field,
    shape_of,
)
from neurosim.neocognitron.features import Network, blurring, selective
from neurosim.neocognitron.layers import s_cells


@pytest.mark.parametrize("scale", [1, 2, 3, 7])
def test_images_are_interpolated_linearly_in_the_middle_of_the_field(rng, scale):
    images = rng.random((2, 5, 4))
    field = 40
    u = on_field(images, scale, field)
    assert u.shape == (2, field, field, 1)
    assert u.dtype == np.float32
    top, left = (field - 5 * scale) // 2, (field - 4 * scale) // 2
    inside = u[:, top : top + 5 * scale, left : left + 4 * scale, 0]
    wanted = [zoom(image, scale, order=1, mode="nearest", grid_mode=True) for image in images]
    np.testing.assert_allclose(inside, wanted, atol=1e-6)
    assert np.count_nonzero(u) == np.count_nonzero(inside) > 0


def test_small_scales_average():
    image = np.arange(16.0).reshape(1, 4, 4)
    halves = on_field(image, 0.5, 2)[0, :, :, 0]
    triangle = np.maximum(1 - 0.5 * np.abs(np.array([0.5, 2.5])[:, None] - np.arange(4)), 0)
    triangle /= triangle.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(halves, triangle @ image[0] @ triangle.T, rtol=1e-6)


def test_slopes_are_those_of_a_plane():
    rows, columns = np.mgrid[:24, :24]
    u = (0.3 * rows - 0.2 * columns).astype(np.float32)[None, :, :, None]
    g = s_cells(u, gradient_layer())[0, 5:-5, 5:-5]
    np.testing.assert_allclose(g[..., 0], -0.2, atol=1e-5)
    np.testing.assert_allclose(g[..., 1], 0.3, atol=1e-5)


def test_edge_cells_answer_to_the_direction_of_the_slope(rng):
    angle, length = rng.uniform(0, 2 * np.pi, 50), rng.uniform(0, 3, 50)
    g = np.stack([length * np.cos(angle), length * np.sin(angle)], axis=1).astype(np.float32)
    u = s_cells(g.reshape(50, 1, 1, 2), edges_of_slopes())[:, 0, 0]
    away = angle[:, None] - 2 * np.pi * np.arange(16) / 16
    np.testing.assert_allclose(u, length[:, None] * np.maximum(np.cos(away) - THETA, 0) / (1 - THETA), atol=1e-5)
    assert u[np.argmax(length)].max() > 0.9 * length.max()


def test_contrast_cells_see_differences_only(rng):
    u = np.full((1, 20, 20, 1), 0.7, np.float32)
    assert s_cells(u, contrast_layer())[:, 3:-3, 3:-3].max() < 1e-6
    u = rng.random((1, 20, 20, 1)).astype(np.float32)
    seen, turned = s_cells(u, contrast_layer()), s_cells(1 - u, contrast_layer())
    np.testing.assert_allclose(seen[:, 3:-3, 3:-3], turned[:, 3:-3, 3:-3, ::-1], atol=1e-6)
    assert (seen.min(axis=3) == 0).all()
    assert seen[..., 0].max() > 0.01 < seen[..., 1].max()
    spot = np.zeros((1, 9, 9, 1), np.float32)
    spot[0, 4, 4] = 1
    assert s_cells(spot, contrast_layer())[0, 4, 4].argmax() == 0  # on-centre first


@pytest.mark.parametrize("inhibition", ["subtractive", "shunting"])
def test_cells_that_learned_edges_tell_16_directions(inhibition):
    patches, c = edge_patches()
    layer = selective(patches, c, 0, THETA, inhibition)
    u = s_cells(patches, layer)[:, 0, 0]
    np.testing.assert_array_equal(u.argmax(axis=1), np.arange(16))
    np.testing.assert_allclose(u.max(axis=1) / u.max(), 1, atol=0.15)
    assert (np.diagonal(u) > 1.2 * np.diagonal(np.roll(u, 2, axis=1))).all()  # two steps are 45 degrees


def test_a_moved_image_moves_the_responses(rng):
    u = np.zeros((1, 64, 64, 1), np.float32)
    u[0, 20:40, 18:44, 0] = rng.random((20, 26))
    network = Network(gradient_layer(), ((edges_of_slopes(), blurring(1.8, "l2")),))
    here, there = network.c_layers(u)[0], network.c_layers(np.roll(u, (2, -4), (1, 2)))[0]
    assert here.shape == (1, 32, 32, 16)
    assert here.max() > 0.1
    np.testing.assert_allclose(np.roll(here, (1, -2), (1, 2))[:, 4:-4, 4:-4], there[:, 4:-4, 4:-4], atol=1e-6)


def test_shapes_and_scales():
    assert auto_scale((28, 28), 64) == 2.0
    assert auto_scale((8, 5), 64) == 7.0
    assert shape_of(64, None) == (8, 8)
    assert shape_of(7, None) == (1, 7)
    assert shape_of(6, (2, 3)) == (2, 3)
    for shape in ((2, 4), (6,), "ab", 6, (-2, -3)):
        with pytest.raises(InvalidParameter, match="image_shape"):
            shape_of(6, shape)
