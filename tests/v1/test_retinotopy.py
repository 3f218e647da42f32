"""The map onto the cortex: printed millimetres, its inverse, angles, magnification, and pictures warped by it."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1 import LogPolarMap
from neurosim.v1.retinotopy import CorticalImage

HUMAN = LogPolarMap()
MAPS = (HUMAN, LogPolarMap(b=90.0), LogPolarMap(k=5, a=2.0, b=7.0))


@pytest.fixture
def field(rng):
    """Points of both hemifields, (1000,) complex, in degrees."""
    return rng.normal(0, 20, 1000) + 1j * rng.normal(0, 20, 1000)


def test_printed_millimetres():
    """Horton and Hoyt's human constants: places and magnification at 1, 2, 5, 10 and 20 degrees."""
    places = HUMAN.to_cortex([1, 2, 5, 10, 20])
    np.testing.assert_allclose(places.real, [14.66, 22.48, 35.24, 46.06, 57.44], atol=0.005)
    assert not places.imag.any()
    np.testing.assert_allclose(HUMAN.magnification([1, 2, 5, 10, 20]), [9.89, 6.29, 3.01, 1.61, 0.83], atol=0.005)
    assert HUMAN.to_cortex(0) == 0


def test_a_dipole_is_a_difference_of_two_monopoles():
    z = 3 + 4j
    both = LogPolarMap(k=2, a=1, b=10).to_cortex(z)
    np.testing.assert_allclose(both, LogPolarMap(k=2, a=1).to_cortex(z) - LogPolarMap(k=2, a=10).to_cortex(z))
    far = LogPolarMap(k=2, a=1, b=10).to_cortex(1e9)
    np.testing.assert_allclose(far, 2 * np.log(10))  # the whole field has an end
    np.testing.assert_allclose(LogPolarMap(b=1e12).to_cortex(z), HUMAN.to_cortex(z), rtol=1e-9)


@pytest.mark.parametrize("cortex", MAPS, ids=repr)
def test_there_and_back(cortex, field):
    assert np.abs(cortex.to_visual(cortex.to_cortex(field)) - field).max() < 1e-10
    meridian = 1j * np.linspace(-80, 80, 33)
    assert np.abs(cortex.to_visual(cortex.to_cortex(meridian)) - meridian).max() < 1e-10


@pytest.mark.parametrize("cortex", MAPS, ids=repr)
def test_angles_and_sizes_are_those_of_the_derivative(cortex, field):
    """Conformal: a small cross is turned and scaled alike, here within 0.1 degree."""
    field, h = field[np.abs(field.real) > 1e-3], 1e-5
    along, across = (
        (cortex.to_cortex(field + step) - cortex.to_cortex(field - step)) / (2 * h) for step in (h, 1j * h)
    )
    for z, first, second in zip(field, along, across, strict=True):
        turned = np.rad2deg(np.angle(second / first)) * np.sign(90)
        assert abs(turned - 90) < 0.1, z
    np.testing.assert_allclose(cortex.magnification(field), np.abs(along), rtol=1e-6)


def test_the_hemifields_are_mirror_images():
    z = 3 + 2j
    assert HUMAN.to_cortex(-z.conjugate()) == -HUMAN.to_cortex(z).conjugate()
    assert HUMAN.to_cortex(3 - 2j) == HUMAN.to_cortex(z).conjugate()
    assert HUMAN.magnification(-3) == HUMAN.magnification(3)


def test_places_that_nothing_maps_to_are_nan():
    beyond = HUMAN.to_cortex(10j) + 5j  # across the vertical meridian
    assert np.isnan(HUMAN.to_visual([beyond, 1e6, -40 + 60j])[[0, 2]]).all()
    assert np.isnan(LogPolarMap(b=90).to_visual(17.3 * np.log(90 / 0.75) + 1))  # beyond infinity


def test_a_warped_picture_shows_what_lies_there(rng):
    """Of a picture that is its own coordinate, every pixel of the cortex says where it came from."""
    rows, columns = np.mgrid[:61, :81] - np.array([30, 40])[:, None, None]
    per_degree = 2.0
    warped = [HUMAN.warp(part, pixels_per_degree=per_degree, pixels_per_mm=2, oversample=1) for part in (rows, columns)]
    down, right = (part.image / per_degree for part in warped)
    top, left = warped[0].origin
    y, x = np.mgrid[: down.shape[0], : down.shape[1]]
    z = HUMAN.to_visual(((x - left) + 1j * (y - top)) / 2)
    known = ~np.isnan(down)
    inside = known & (np.abs(z.imag) < 14.9) & (np.abs(z.real) < 19.9)
    np.testing.assert_allclose(down[inside], z.imag[inside], atol=1e-9)
    np.testing.assert_allclose(right[inside], z.real[inside], atol=1e-9)
    assert inside.sum() > 5000
    assert known.sum() < down.size
    beyond = np.isnan(z) | (np.abs(z.imag) > 15.3) | (np.abs(z.real) > 20.3)
    assert np.isnan(down[beyond]).all()


def test_the_result_is_large_enough_for_the_whole_picture():
    corner = HUMAN.to_cortex(20 - 10j)
    warped = HUMAN.warp(np.ones((41, 81)), pixels_per_degree=2)
    left, right, bottom, top = warped.extent
    assert right >= corner.real
    assert right == pytest.approx(-left, abs=0.5)
    assert bottom == pytest.approx(-top, abs=0.5)
    assert bottom >= HUMAN.to_cortex(10j).imag
    assert np.isnan(warped.image).any(axis=0).all()  # nothing was cut off above and below


def test_the_extent_reaches_to_the_edges_of_the_outer_pixels():
    """Of an image of 5 x 8 pixels of half a millimetre, with the centre of gaze between rows 1 and 2 of column 3."""
    assert CorticalImage(np.zeros((5, 8)), 2.0, (1.5, 3.0)).extent == (-1.75, 2.25, 1.5, -1.0)


@pytest.mark.parametrize(("shape", "middle"), [((30, 40), (15, 20)), ((31, 40), (15, 20)), ((30, 41), (15, 20))])
def test_the_eye_looks_at_the_middle(rng, shape, middle):
    """At pixel size // 2, as everywhere in this family."""
    picture = rng.random(shape)
    usual, fixed = HUMAN.warp(picture), HUMAN.warp(picture, fixation=middle)
    np.testing.assert_array_equal(usual.image, fixed.image)
    np.testing.assert_array_equal(HUMAN.unwarp(usual, shape), HUMAN.unwarp(usual, shape, fixation=middle))
    assert not np.array_equal(HUMAN.warp(picture, fixation=(14, 19)).image, usual.image, equal_nan=True)


@pytest.mark.parametrize("cortex", MAPS, ids=repr)
def test_what_is_not_finite_is_nan(cortex):
    beyond = [np.inf, -np.inf, 1j * np.inf, np.nan]
    assert np.isnan(cortex.to_cortex(beyond)).all()
    assert np.isnan(cortex.to_visual(beyond)).all()
    assert np.isnan(cortex.magnification(beyond)).all()
    np.testing.assert_array_equal(cortex.to_cortex([5, np.inf])[0], cortex.to_cortex(5))


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_unknown_pixels_of_any_channel_stay_unknown(rng, channel):
    """What is unknown in one channel is known in the others, and nothing around it is lost."""
    picture = rng.random((24, 24, 3))
    holed = picture.copy()
    holed[10:13, 15:18, channel] = np.nan
    whole, seen = (HUMAN.warp(part, oversample=1).image for part in (picture, holed))
    for k in range(3):
        lost = np.isnan(seen[..., k]) & ~np.isnan(whole[..., k])
        assert lost.any() == (k == channel)
        assert lost.mean() < 0.1
    others = [k for k in range(3) if k != channel]
    np.testing.assert_array_equal(seen[..., others], whole[..., others])


def test_hemifields_and_fixation(rng):
    picture = rng.random((40, 60))
    both, right, left = (HUMAN.warp(picture, hemifield=which, oversample=1) for which in ("both", "right", "left"))
    assert right.origin[1] == 0
    columns = right.image.shape[1]
    np.testing.assert_array_equal(right.image, both.image[:, -columns:])
    np.testing.assert_array_equal(left.image, both.image[:, : left.image.shape[1]])
    assert left.image.shape[1] + columns == both.image.shape[1] + 1  # both have the column of the centre of gaze
    fixed = HUMAN.warp(picture, fixation=(10, 50), oversample=1)
    row, column = (round(v) for v in fixed.origin)
    assert fixed.image[row, column] == pytest.approx(picture[10, 50])


def test_averages_stand_in_for_points():
    """Stripes that are finer than the pixels of the periphery become grey, not speckles."""
    stripes = (np.arange(400) % 2)[None] * np.ones((400, 1))
    rough, smooth = (HUMAN.warp(stripes, pixels_per_mm=2, oversample=n).image for n in (1, 8))
    far = np.s_[:, -10:]
    assert np.nanstd(smooth[far]) < 0.5 * np.nanstd(rough[far])
    assert np.nanmean(smooth) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("shape", [(30, 40), (31, 41, 3)])
def test_unwarped_pictures_are_sharp_at_the_centre_only(shape):
    y, x = np.mgrid[: shape[0], : shape[1]]
    picture = np.cos(0.6 * x + 0.3 * y)
    picture = picture if len(shape) == 2 else np.stack([picture, 2 * picture, -picture], axis=-1)
    again = HUMAN.unwarp(HUMAN.warp(picture, pixels_per_mm=4), shape[:2])
    assert again.shape == shape
    middle = np.s_[shape[0] // 2 - 5 : shape[0] // 2 + 6, shape[1] // 2 - 5 : shape[1] // 2 + 6]
    assert np.abs(again - picture)[middle].max() < 0.35
    assert np.isnan(again).mean() < 0.03
    assert np.nanmean((again - picture) ** 2) > 2 * np.mean((again - picture)[middle] ** 2)


def test_whole_numbers_do_not_wrap():
    picture = np.full((20, 20), 255, np.uint8)
    warped = HUMAN.warp(picture)
    assert warped.image.dtype == np.float64
    np.testing.assert_allclose(warped.image[~np.isnan(warped.image)], 255)


BAD = {
    "k": (lambda: LogPolarMap(k=0), "k must be a number > 0; got 0"),
    "a": (lambda: LogPolarMap(a=-1), "a must be a number > 0"),
    "b": (lambda: LogPolarMap(a=2, b=2), "b must be a number > a"),
    "text": (lambda: HUMAN.to_cortex("five"), "z must be complex numbers"),
    "picture": (lambda: HUMAN.warp(np.ones(3)), r"image must be \(rows, columns\).*got \(3,\)"),
    "complex": (lambda: HUMAN.warp(np.ones((3, 3)) * 1j), "of real numbers"),
    "fixation": (lambda: HUMAN.warp(np.ones((3, 3)), fixation=(5, 1)), "fixation must be .* inside the 3 x 3 picture"),
    "word": (lambda: HUMAN.warp(np.ones((3, 3)), hemifield="up"), "hemifield must be one of both, left, right"),
    "scale": (lambda: HUMAN.warp(np.ones((3, 3)), pixels_per_degree=0), "pixels_per_degree must be a number > 0"),
    "mm": (lambda: HUMAN.warp(np.ones((3, 3)), pixels_per_mm=-1), "pixels_per_mm must be a number > 0"),
    "oversample": (lambda: HUMAN.warp(np.ones((3, 3)), oversample=0), "oversample must be an integer >= 1"),
    "cortical": (lambda: HUMAN.unwarp(np.ones((3, 3)), (3, 3)), "cortical must be a CorticalImage"),
    "shape": (lambda: HUMAN.unwarp(CorticalImage(np.ones((2, 2)), 1.0, (0, 0)), (0, 3)), "shape must be"),
}


@pytest.mark.parametrize(("call", "message"), BAD.values(), ids=BAD)
def test_bad_input(call, message):
    with pytest.raises((InvalidParameter, DataError), match=message):
        call()
