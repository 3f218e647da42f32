"""Fixed kernels: the formula, what each layer answers, and what it does not."""

import numpy as np
import pytest
from scipy.ndimage import correlate

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.neocognitron.fukushima1969 import ReluNetwork1969

SIDE = 45


@pytest.fixture(scope="module")
def network():
    return ReluNetwork1969()


def strokes(*lines, side=SIDE):
    """One image of straight strokes, each from (x, y) to (x, y) about the middle, y upwards; one pixel wide."""
    y, x = np.mgrid[:side, :side] - side // 2
    image = np.zeros((side, side))
    for (ax, ay), (bx, by) in lines:
        dx, dy = bx - ax, by - ay
        along = np.clip(((x - ax) * dx + (-y - ay) * dy) / (dx * dx + dy * dy), 0, 1)
        image = np.maximum(image, np.clip(1 - np.hypot(x - ax - along * dx, -y - ay - along * dy), 0, 1))
    return image[None]


def ray(degrees, length=16):
    return (0, 0), (length * np.cos(np.deg2rad(degrees)), length * np.sin(np.deg2rad(degrees)))


def test_every_layer_is_a_rectified_correlation_less_a_threshold(network, rng):
    images = strokes(ray(0), ray(90), side=23)[:, :, :19] + 0.1 * rng.uniform(size=(2, 23, 19))
    below = images[:, None]
    for kernels, theta, found in zip(network.kernels, (0.05, 0.4, 0.55), network.responses(images), strict=True):
        e = [
            [sum(correlate(u, a, mode="constant") for u, a in zip(image, planes, strict=True)) for planes in kernels]
            for image in below
        ]
        expected = np.maximum(np.array(e) - theta, 0)
        assert found.shape == expected.shape
        assert np.allclose(found, expected, atol=1e-12)
        below = found
    assert found.any()


def test_contrast_is_blind_to_even_ground_and_has_two_signs(network):
    on, off = (network.responses(np.pad(np.ones((1, 40, 20)), ((0, 0), (0, 0), (20, 0))))[0][0][k] for k in (0, 1))
    inside = np.s_[10:30]
    assert not on[inside, 26:34].any()  # even ground, far from the edges
    assert on[inside, 20].min() > 0.1
    assert off[inside, 19].min() > 0.1
    assert not on[inside, 19].any()
    assert not off[inside, 20].any()


def test_a_long_line_excites_its_plane_to_one_and_no_plane_45_degrees_away(network):
    for k, angle in enumerate(network.angles):
        response = network.responses(strokes(ray(angle, 40), ray(angle + 180, 40)))[1][0, :, SIDE // 2, SIDE // 2]
        assert response[k] == pytest.approx(1 - 0.4)
        assert response.argmax() == k
        apart = np.abs(network.angles - angle)
        assert not response[np.minimum(apart, 180 - apart) >= 45].any()


def test_straight_lines_have_no_bends(network):
    for angle in range(0, 180, 10):
        bends = network.responses(strokes(ray(angle, 40), ray(angle + 180, 40)))[2]
        assert not bends[:, :, 12:-12, 12:-12].any()


def test_ends_and_crossings_are_no_bends_but_corners_are(network):
    for angle in network.angles:
        end, corner = strokes(ray(angle)), strokes(ray(angle), ray(angle + 90))
        crossing = strokes(*(ray(angle + turn) for turn in (0, 90, 180, 270)))
        middle = np.s_[:, :, SIDE // 2 - 4 : SIDE // 2 + 5, SIDE // 2 - 4 : SIDE // 2 + 5]
        assert not network.responses(end)[2][middle].any()
        assert not network.responses(crossing)[2][middle].any()
        assert network.responses(corner)[2][middle].max() > 0.2


@pytest.mark.parametrize("first", [0, 67.5, 202.5, 315])
@pytest.mark.parametrize("turn", [67.5, 90, 112.5])
def test_the_plane_of_a_corner_names_its_two_directions(network, first, turn):
    bends = network.responses(strokes(ray(first), ray(first + turn)))[2][0]
    plane, row, column = np.unravel_index(bends.argmax(), bends.shape)
    assert sorted(network.bends[plane]) == sorted([first % 360, (first + turn) % 360])
    assert max(abs(row - SIDE // 2), abs(column - SIDE // 2)) <= 2


def test_responses_move_with_the_image(network):
    image = strokes(ray(20), ray(110))
    moved = np.roll(image, (2, -3), axis=(1, 2))
    for before, after in zip(network.responses(image), network.responses(moved), strict=True):
        inner = np.roll(before, (2, -3), axis=(2, 3))[:, :, 6:-6, 6:-6]
        assert np.allclose(inner, after[:, :, 6:-6, 6:-6], atol=1e-12)


def test_planes_are_pairs_45_to_135_degrees_apart():
    for orientations, planes in ((4, 8 * 3), (5, 10 * 2), (8, 16 * 5), (12, 24 * 7), (28, 56 * 15)):
        network = ReluNetwork1969(orientations=orientations, window=5, reach=5)
        assert [a.shape[0] for a in network.kernels] == [2, orientations, planes]
        turn = np.abs(network.bends[:, 0] - network.bends[:, 1])
        turn = np.minimum(turn, 360 - turn)
        assert turn.min() >= 45 - 1e-9
        assert turn.max() <= 135 + 1e-9
        assert len({tuple(pair) for pair in network.bends}) == planes


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"orientations": 3}, "orientations"),
        ({"window": 8}, "window"),
        ({"reach": 3}, "reach"),
        ({"centre": 0}, "centre"),
        ({"surround": 0.5}, "surround"),
        ({"thetas": (0.1, 0.2)}, "thetas"),
        ({"thetas": (0.1, -0.2, 0)}, "thetas"),
        ({"thetas": 0.5}, "thetas"),
        ({"thetas": None}, "thetas"),
        ({"thetas": (2, 0.4, 0.6)}, "thetas"),
        ({"thetas": (0.05, 1.5, 0.6)}, "thetas"),
    ],
)
def test_parameters_outside_their_range_are_refused(parameters, name):
    with pytest.raises(InvalidParameter, match=f"ReluNetwork1969: {name} must be"):
        ReluNetwork1969(**parameters)


@pytest.mark.parametrize("images", [np.zeros((5, 5)), np.zeros((0, 5, 5)), np.full((1, 5, 5), np.nan)])
def test_images_that_are_none_are_refused(network, images):
    with pytest.raises(DataError, match="ReluNetwork1969: images"):
        network.responses(images)


@pytest.mark.parametrize("images", [np.ones((1, 5, 5)) * 1j, np.full((1, 5, 5), "1"), [[[1], [1, 2]]]])
def test_images_without_real_numbers_are_refused(network, images):
    with pytest.raises(DataError, match="ReluNetwork1969: images must be an array of real numbers"):
        network.responses(images)
