"""Changed images pixel by pixel, and what a curve counts."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.neocognitron.tolerance import deform, shifted, tolerance

EIGHT = np.array([(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)])


def box(rows=12, columns=11, *, value=1.0, top=3, left=4, height=4, width=2):
    """One image with a filled box of ink."""
    image = np.zeros((1, rows, columns))
    image[0, top : top + height, left : left + width] = value
    return image


def moved(image, down, right):
    """The naive shift of one image."""
    result = np.zeros_like(image)
    rows, columns = image.shape
    for i in range(rows):
        for j in range(columns):
            if 0 <= i - down < rows and 0 <= j - right < columns:
                result[i, j] = image[i - down, j - right]
    return result


@pytest.mark.parametrize("amount", [1, 3, 7, 20, 1e30])
def test_a_shift_goes_one_of_eight_ways_and_loses_what_leaves(rng, amount):
    images = rng.uniform(0.1, 1, (200, 6, 7))
    changed = deform(images, "shift", amount, random_state=1)
    ways = [np.array([moved(image, *(int(min(amount, 50)) * way)) for image in images]) for way in EIGHT]
    same = np.array([(changed == way).all(axis=(1, 2)) for way in ways])
    assert same.any(axis=0).all()
    if amount < 6:
        assert (same.sum(axis=0) == 1).all()
        assert (same.sum(axis=1) > 5).all()  # of 25 on average: fails a right program once in 10^6


def test_shifted_takes_numbers_for_each_image(rng):
    images = rng.integers(0, 9, (3, 4, 5))
    down, right = np.array([1, -2, 0]), np.array([0, 3, -1])
    expected = [moved(image, *by) for image, by in zip(images, zip(down, right, strict=True), strict=True)]
    assert np.array_equal(shifted(images, down, right), expected)
    assert np.array_equal(shifted(images, 1, -1)[2], moved(images[2], 1, -1))


@pytest.mark.parametrize("change", ["shift", "slant", "flip", "gaussian", "missing"])
def test_level_zero_changes_nothing(rng, change):
    for images in (rng.uniform(0, 1, (5, 8, 9)), np.float32(rng.uniform(0, 1, (5, 8, 9)) < 0.3)):
        changed = deform(images, change, 0, random_state=0)
        assert changed.dtype == images.dtype
        assert np.array_equal(changed, images)


def test_all_of_its_size_changes_nothing(rng):
    grey, binary = rng.uniform(0, 1, (5, 8, 9)), (rng.uniform(0, 1, (5, 8, 9)) < 0.3) * 3.0
    assert np.allclose(deform(grey, "scale", 100), grey, atol=1e-12)
    assert np.array_equal(deform(binary, "scale", 100), binary)


def test_scale_of_binary_images_keeps_the_middle_and_counts():
    double = deform(box(value=2), "scale", 200)
    rows, columns = np.nonzero(double[0])
    assert set(np.unique(double)) == {0, 2}
    assert (len(np.unique(rows)), len(np.unique(columns))) == (8, 4)
    assert abs(rows.mean() - 4.5) <= 0.5
    assert abs(columns.mean() - 4.5) <= 0.5
    half = np.argwhere(deform(box(), "scale", 50)[0])
    assert np.array_equal(np.unique(half[:, 0]), [4, 5])


@pytest.mark.parametrize("size", [35, 60, 80, 90, 110, 130])
def test_thin_strokes_of_binary_images_stay_whole(size):
    images = np.zeros((2, 30, 30))
    images[0, 8:20, 13] = images[1, 9, 5:22] = 1
    images[0, 11, 8:20] = images[1, 4:18, 8] = 1
    changed = deform(images, "scale", size)
    for image, before in zip(changed, images, strict=True):
        for axis in (0, 1):
            inked, length = np.flatnonzero(image.any(axis)), np.ptp(np.flatnonzero(before.any(axis))) + 1
            assert np.array_equal(inked, np.arange(inked[0], inked[-1] + 1))  # no gap
            assert abs(len(inked) - length * size / 100) < 1.5


def test_no_size_mirrors_an_image():
    for value in (0.5, 1.0):
        foot = np.zeros((1, 21, 21))
        foot[0, 4:17, 6] = foot[0, 16, 6:15] = value
        foot[0, 16, 7] = 1.0
        for size in (50, 70, 100, 140):
            rows, columns = (np.flatnonzero(deform(foot, "scale", size)[0].any(axis)) for axis in (1, 0))
            weight = deform(foot, "scale", size)[0] > 0
            assert weight[rows[-1]].sum() > weight[rows[0]].sum()
            assert weight[:, columns[0]].sum() > weight[:, columns[-1]].sum()


def test_scale_of_grey_images_keeps_mean_brightness():
    ramp = np.zeros((1, 40, 40))
    ramp[0, 10:31, 10:31] = 0.5 + np.arange(21) / 50
    for size in (50, 75, 125, 150):
        changed = deform(ramp, "scale", size)[0]
        assert changed.sum() == pytest.approx(ramp.sum() * (size / 100) ** 2, rel=0.02)
        inner = changed[20, 16:25]
        assert np.allclose(inner, 0.7 + (np.arange(16, 25) - 20) / 50 / (size / 100), atol=0.005)


def test_slant_moves_rows_about_the_middle_of_the_ink():
    bar = box(rows=13, columns=15, top=2, left=7, height=9, width=1)  # middle row 6
    grey = bar * 0.5
    grey[0, 0, 14] = 1.0  # makes the images grey, and the ink begin at row 0
    leaning = deform(bar, "slant", np.rad2deg(np.arctan(0.4)))
    expected = [7 + int(np.rint(0.4 * (6 - row))) for row in range(2, 11)]
    assert np.array_equal(leaning[0, 2:11].argmax(axis=1), expected)
    assert leaning.sum() == bar.sum()
    leaning = deform(grey, "slant", np.rad2deg(np.arctan(0.3)))[0]
    at = leaning[2:11] @ np.arange(15) / leaning[2:11].sum(axis=1)
    assert np.allclose(at, 7 + 0.3 * (5 - np.arange(2, 11)))
    mirrored = deform(grey[:, :, ::-1], "slant", -np.rad2deg(np.arctan(0.3)))[0]
    assert np.allclose(mirrored[:, ::-1], leaning)


def test_blank_images_stay_blank():
    for change, level in (("shift", 2), ("scale", 50), ("scale", 150), ("slant", 30), ("missing", 0.5)):
        assert not deform(np.zeros((2, 5, 6)), change, level, random_state=0).any()


def test_flips_invert_binary_and_salt_grey_images(rng):
    binary, grey = (rng.uniform(size=(50, 40, 40)) < 0.5) * 4.0, rng.uniform(0.1, 0.9, (50, 40, 40))
    struck = deform(binary, "flip", 0.1, random_state=3) != binary
    assert struck.mean() == pytest.approx(0.1, abs=0.005)  # 4.7 standard errors
    assert np.array_equal(deform(binary, "flip", 1, random_state=3), 4 - binary)
    grey[0, 0, 0] = 1
    salted = deform(grey, "flip", 0.1, random_state=3)
    changed = salted != grey
    assert changed.mean() == pytest.approx(0.1, abs=0.005)
    assert (salted[changed] == 1).mean() == pytest.approx(0.5, abs=0.03)
    assert set(np.unique(salted[changed])) == {0, 1}


def test_gaussian_noise_is_in_units_of_full_ink_and_cut_off():
    images = np.full((50, 40, 40), 128.0)
    images[:, 0] = 256
    changed = deform(images, "gaussian", 0.1, random_state=3)[:, 1:]
    assert changed.mean() == pytest.approx(128, abs=0.5)
    assert changed.std() == pytest.approx(25.6, rel=0.02)
    wild = deform(images, "gaussian", 5, random_state=3)
    assert (wild.min(), wild.max()) == (0, 256)


@pytest.mark.parametrize("share", [0.05, 0.3, 1])
def test_missing_takes_a_share_of_every_images_ink(rng, share):
    images = rng.uniform(size=(30, 12, 12)) * (rng.uniform(size=(30, 12, 12)) < 0.4)
    changed = deform(images, "missing", share, random_state=3)
    gone = (images > 0) & (changed == 0)
    assert np.array_equal(gone.sum((1, 2)), np.rint(share * (images > 0).sum((1, 2))))
    assert np.array_equal(np.where(gone, images, changed), images)
    if share < 1:
        assert gone[:, :6].sum() / gone.sum() == pytest.approx((images[:, :6] > 0).sum() / (images > 0).sum(), abs=0.12)


@pytest.mark.parametrize("change", ["shift", "flip", "gaussian", "missing"])
def test_draws_follow_the_random_state(rng, change):
    images, level = rng.uniform(size=(20, 8, 8)), 1 if change == "shift" else 0.3
    first = deform(images, change, level, random_state=5)
    assert np.array_equal(first, deform(images, change, level, random_state=5))
    assert not np.array_equal(first, deform(images, change, level, random_state=6))


def test_a_curve_counts_right_answers(rng):
    images = np.zeros((40, 9, 9))
    images[np.arange(40), 4, np.arange(40) % 9] = 1
    seen = []

    def column(u):
        seen.append(u)
        return np.where(u.any(axis=(1, 2)), u.sum(axis=1).argmax(axis=1), -1)

    labels = np.arange(40) % 9
    curve = tolerance(column, images, labels, levels=[0, 1, 2], repeats=5, random_state=2)
    assert (curve.change, curve.unit, curve.trials) == ("shift", "pixels", 200)
    assert curve.accuracy[0] == 1
    assert curve.error[0] == 0
    shares = np.array([(column(u) == labels) for u in seen[5:10]]).mean(axis=0)
    assert curve.accuracy[1] == pytest.approx(shares.mean())
    assert curve.error[1] == pytest.approx(shares.std() / np.sqrt(40))
    assert 0.05 < curve.accuracy[1] < 0.5  # two of the eight ways leave the column
    assert not np.array_equal(seen[5], seen[6])
    again = tolerance(column, images, labels, levels=[0, 1, 2], repeats=5, random_state=2)
    assert np.array_equal(again.accuracy, curve.accuracy)


def test_pixels_flipped_at_one_level_are_among_those_of_the_next():
    seen = []

    def keep(u):
        seen.append(u)
        return np.zeros(len(u))

    tolerance(keep, np.ones((3, 9, 9)), np.zeros(3), change="flip", levels=[0.1, 0.3], repeats=2, random_state=0)
    for little, much in ((0, 2), (1, 3)):
        assert (seen[much] <= seen[little]).all()
        assert (seen[much] < seen[little]).any()


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ("shift", 0.5),
        ("shift", -1),
        ("scale", 0),
        ("slant", 90),
        ("flip", 1.1),
        ("flip", -0.1),
        ("gaussian", np.nan),
        ("missing", 2),
        ("missing", "half"),
    ],
)
def test_levels_outside_their_range_are_refused(change, level):
    with pytest.raises(InvalidParameter, match="deform: level must be"):
        deform(box(), change, level)
    with pytest.raises(InvalidParameter, match="tolerance: level must be"):
        tolerance(len, box(), [0], change=change, levels=[level])


def test_missing_ink_and_flips_of_one_seed_do_not_strike_the_same_pixels():
    """A third of the 8000 erased pixels is inked again, with a standard deviation of .005."""
    full = np.ones((20, 40, 20))
    full[:, :, 0] = 0
    erased = deform(full, "missing", 0.5, random_state=3)
    gone = (full > 0) & (erased == 0)
    assert 0.27 < deform(erased, "flip", 0.3, random_state=3)[gone].mean() < 0.33


def test_what_else_is_refused():
    with pytest.raises(InvalidParameter, match="change must be one of shift"):
        deform(box(), "rotate", 1)
    with pytest.raises(InvalidParameter, match="repeats"):
        tolerance(len, box(), [0], levels=[1], repeats=0)
    with pytest.raises(InvalidParameter, match="levels"):
        tolerance(len, box(), [0], levels=[])
    with pytest.raises(DataError, match="shape"):
        deform(np.zeros((3, 3)), "shift", 1)
    with pytest.raises(DataError, match=">= 0"):
        deform(-box(), "shift", 1)
    with pytest.raises(DataError, match=">= 0"):
        deform(box() * np.nan, "shift", 1)
    with pytest.raises(InvalidParameter, match="levels"):
        tolerance(len, box(), [0], levels=2)
    for images in (box() * 1j, box().astype(str), [[[1], [1, 2]]], "ab"):
        with pytest.raises(DataError, match="deform: images must be an array of real numbers"):
            deform(images, "shift", 1)
        with pytest.raises(DataError, match="tolerance: images must be an array of real numbers"):
            tolerance(len, images, [0], levels=[1])
    with pytest.raises(DataError, match="labels must be one for each of 1"):
        tolerance(len, box(), [0, 1], levels=[1])
    with pytest.raises(DataError, match="predict must return 1 labels"):
        tolerance(lambda u: [1, 2], box(), [0], levels=[1])
