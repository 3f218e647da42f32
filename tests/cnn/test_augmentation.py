"""Random changes of images: what they do to a fixed image, how often, and that nothing but the key decides."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from neurosim.cnn import Affine, Compose, Distortion, RandomErasing, Shift
from neurosim.core import parallel
from neurosim.core.errors import DataError, InvalidParameter

ALL = [Shift(2), Affine(), Distortion(8.0, 2.0), RandomErasing(), Compose([Shift(1), Affine(), RandomErasing(1.0)])]
of_all = pytest.mark.parametrize("augmentation", ALL, ids=lambda a: type(a).__name__)


@of_all
def test_bits_are_those_of_any_number_of_threads(augmentation, rng):
    x = rng.random((50, 2, 9, 11), dtype=np.float32)
    before = parallel.threads()
    try:
        results = []
        for threads in (1, 2, 7):
            parallel.set_threads(threads)
            results.append(augmentation(x, epoch=3, random_state=5))
    finally:
        parallel.set_threads(before)
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


@of_all
def test_a_sample_depends_on_key_epoch_and_its_number_alone(augmentation, rng):
    x = rng.random((40, 1, 8, 8))
    whole = augmentation(x, epoch=1, random_state=9)
    np.testing.assert_array_equal(augmentation(x[:7], epoch=1, random_state=9), whole[:7])
    assert (augmentation(x, epoch=2, random_state=9) != whole).any()
    assert (augmentation(x, epoch=1, random_state=10) != whole).any()


@of_all
def test_in_place_is_as_into_another_array(augmentation, rng):
    x = rng.random((20, 3, 8, 8))
    out = np.empty_like(x)
    augmentation.write(x, out, 77, 4)
    copy = x.copy()
    augmentation.write(copy, copy, 77, 4)
    np.testing.assert_array_equal(copy, out)


@of_all
@pytest.mark.parametrize("shape", [(8, 9), (5, 8, 9), (5, 3, 8, 9)])
def test_shapes_and_dtypes(augmentation, shape, rng):
    x = rng.random(shape)
    before = x.copy()
    out = augmentation(x, random_state=1)
    assert (out.shape, out.dtype) == (shape, np.float64)
    np.testing.assert_array_equal(x, before)
    assert augmentation(x.astype(np.float32), random_state=1).dtype == np.float32


def test_shift_moves_by_every_distance_as_often(rng):
    n, pixels = 20_000, 2
    x = np.zeros((n, 1, 7, 7))
    x[:, 0, 3, 3] = 5.0
    out = Shift(pixels)(x, random_state=0)
    assert (out.sum((1, 2, 3)) == 5).all()
    counts = (out > 0).sum((0, 1))
    assert counts.sum() == counts[1:6, 1:6].sum() == n
    expected = n / 25
    chi2 = ((counts[1:6, 1:6] - expected) ** 2 / expected).sum()
    assert chi2 < 58.6  # 24 degrees of freedom, p = 1e-4


def test_shift_fills(rng):
    x = np.ones((200, 2, 4, 5), np.float32)
    out = Shift(6, fill=-1.0)(x, random_state=2)
    assert set(np.unique(out)) == {-1.0, 1.0}
    x = rng.random((300, 2, 4, 5))
    for image, shifted in zip(x, Shift(3)(x, random_state=2), strict=True):
        places = np.argwhere(shifted[0] > 0)
        if len(places):
            i, j = places[0]
            a, b = np.argwhere(image[0] == shifted[0, i, j])[0]
            wide = np.pad(image, ((0, 0), (3, 3), (3, 3)))
            np.testing.assert_array_equal(shifted, wide[:, 3 + a - i : 7 + a - i, 3 + b - j : 8 + b - j])


def test_affine_without_change_is_the_image(rng):
    x = rng.random((5, 2, 6, 7))
    np.testing.assert_array_equal(Affine(0.0, (1.0, 1.0), 0.0)(x, random_state=0), x)


@pytest.mark.parametrize(
    ("augmentation", "least", "most"),
    [
        (Affine(30.0, (1.0, 1.0), 0.0), (0.0, 0.0), (np.pi / 6, 0.0)),
        (Affine(0.0, (0.8, 1.25), 0.0), (np.log(0.8), 0.0), (np.log(1.25), 0.0)),
        (Affine(0.0, (1.0, 1.0), 0.3), (0.0, -0.3), (0.0, 0.3)),
    ],
    ids=["rotation", "scale", "shear"],
)
def test_affine_moves_a_linear_image_linearly(augmentation, least, most):
    """Of an image a y + b x, interpolation shows the inverse map exactly, away from the edges."""
    i, j = np.indices((41, 41)) - 20.0
    x = np.repeat(np.stack([i, j])[None], 300, axis=0)
    inner = augmentation(x, random_state=4)[:, :, 15:26, 15:26]
    rows, columns = i[15:26, 15:26].ravel(), j[15:26, 15:26].ravel()
    maps = np.linalg.lstsq(np.stack([rows, columns], 1), inner.reshape(-1, 121).T, rcond=None)
    np.testing.assert_allclose(maps[1], 0, atol=1e-6)
    inverse = maps[0].T.reshape(300, 2, 2)  # rows: what y and x of the source take from y and x
    forward = np.linalg.inv(inverse)
    scale = np.sqrt(np.linalg.det(forward))
    kind = augmentation
    if kind.rotation:
        np.testing.assert_allclose(scale, 1, rtol=1e-5)
        np.testing.assert_allclose(forward @ forward.transpose(0, 2, 1), np.repeat(np.eye(2)[None], 300, 0), atol=1e-5)
        drawn, limit = np.arctan2(forward[:, 0, 1], forward[:, 0, 0]), np.deg2rad(30)
    elif kind.shear:
        np.testing.assert_allclose(forward[:, 0], [[1, 0]] * 300, atol=1e-5)
        drawn, limit = forward[:, 1, 0], 0.3
    else:
        np.testing.assert_allclose(forward[:, 0, 1], 0, atol=1e-5)
        drawn, limit = scale - 1.025, 0.225
    assert np.abs(drawn).max() <= limit + 1e-5
    assert np.abs(drawn).max() > 0.95 * limit  # fails for 300 uniform draws with probability 2e-7
    assert abs(drawn.mean()) < 4 * limit / np.sqrt(3 * 300)


def reconstructed_displacements(distortion, shape, seed):
    """The displacements, read off images whose grey value is the row or the column."""
    rows, columns = np.indices(shape, dtype=float)
    out = distortion(np.stack([rows, columns])[None], random_state=seed)[0]
    return out[0] - rows, out[1] - columns


def test_distortion_reads_the_image_where_the_displacements_say(rng):
    distortion = Distortion(6.0, 2.0)
    down, right = reconstructed_displacements(distortion, (24, 26), 3)
    image = rng.random((24, 26))
    out = distortion(image, random_state=3)
    rows, columns = np.indices(image.shape)
    inside = (rows + down > 0) & (rows + down < 23) & (columns + right > 0) & (columns + right < 25)
    expected = map_coordinates(image, [rows + down, columns + right], order=1)
    inner = (slice(4, -4), slice(4, -4))
    assert inside[inner].all()
    np.testing.assert_allclose(out[inner], expected[inner], atol=1e-4)


def test_displacements_are_smoothed_uniform_noise():
    """Standard deviation and correlation with the neighbours as those of SciPy's Gaussian of such noise."""
    distortion, shape, inner = Distortion(10.0, 2.0), (30, 30), (slice(10, 20), slice(10, 20))
    ours = np.array([reconstructed_displacements(distortion, shape, seed) for seed in range(150)])[..., 10:20, 10:20]
    noise = np.random.default_rng(0).uniform(-1, 1, (300, *shape))
    theirs = np.array([10 * gaussian_filter(n, 2.0, mode="constant", truncate=3.0)[inner] for n in noise])
    np.testing.assert_allclose(ours.std(), theirs.std(), rtol=0.06)
    assert abs(ours.mean()) < 0.1
    for axis in (-1, -2):
        a, b = (np.take(ours, range(s, s + 8), axis).ravel() for s in (0, 2))
        c, d = (np.take(theirs, range(s, s + 8), axis).ravel() for s in (0, 2))
        np.testing.assert_allclose(np.corrcoef(a, b)[0, 1], np.corrcoef(c, d)[0, 1], atol=0.04)
    assert abs(np.corrcoef(ours[:, 0].ravel(), ours[:, 1].ravel())[0, 1]) < 0.08


def test_distortion_of_strength_zero_is_the_image(rng):
    x = rng.random((4, 1, 9, 9))
    np.testing.assert_array_equal(Distortion(0.0)(x, random_state=0), x)


def test_outside_is_filled():
    out = Distortion(60.0, 2.0, fill=7.0)(np.zeros((20, 10, 10)), random_state=0)
    assert out.max() == pytest.approx(7.0, abs=1e-5)
    assert Affine(45.0, (0.5, 0.5), fill=7.0)(np.zeros((3, 10, 10)), random_state=0)[:, 0, 0].tolist() == [7, 7, 7]


def test_random_erasing_draws_rectangles():
    n, side = 5_000, 40
    erasing = RandomErasing(0.3, area=(0.02, 0.1), aspect=(0.5, 2.0), values=(2.0, 3.0))
    out = erasing(np.zeros((n, 2, side, side), np.float32), random_state=1)
    erased = out > 0
    np.testing.assert_array_equal(erased[:, 0], erased[:, 1])
    hit = erased[:, 0].any((1, 2))
    assert abs(hit.mean() - 0.3) < 4 * np.sqrt(0.21 / n)
    values = out[erased]
    assert 2 <= values.min() < 2.01 < 2.99 < values.max() <= 3
    assert abs(values.mean() - 2.5) < 0.01
    there = erased[hit, 0]
    heights, widths = there.any(2).sum(1), there.any(1).sum(1)
    np.testing.assert_array_equal(heights * widths, there.sum((1, 2)))
    areas = heights * widths / side**2
    assert 0.015 < areas.min() < 0.025
    assert 0.09 < areas.max() < 0.108
    ratios = heights / widths
    assert 0.42 < ratios.min() < 0.55
    assert 1.8 < ratios.max() < 2.4


def test_erasing_never_and_plain():
    x = np.ones((50, 6, 6))
    np.testing.assert_array_equal(RandomErasing(0.0)(x, random_state=0), x)
    assert set(np.unique(RandomErasing(1.0, values=(0.5, 0.5))(x, random_state=0))) == {0.5, 1.0}


def test_compose_uses_numbers_of_its_own_for_each_part():
    x = np.zeros((400, 1, 15, 15))
    x[:, 0, 7, 7] = 1
    once, twice = Shift(2)(x, random_state=3), Compose([Shift(2), Shift(2)])(x, random_state=3)
    first, both = (np.argwhere(images)[:, 2:] - 7 for images in (once, twice))
    second = both - first
    assert np.abs(second).max() == 2
    assert (second != first).any(axis=1).mean() > 0.9


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Shift(0), "Shift: pixels must be an integer >= 1; got 0"),
        (lambda: Affine(rotation=200.0), "Affine: rotation must be a number from 0 to 180"),
        (lambda: Affine(scale=(1.2, 0.8)), r"Affine: scale must be \(smallest, largest\)"),
        (lambda: Distortion(sigma=0.0), "Distortion: sigma must be a number > 0"),
        (lambda: RandomErasing(1.5), "RandomErasing: probability"),
        (lambda: RandomErasing(area=(0.2, 1.5)), "RandomErasing: area"),
        (lambda: RandomErasing(values=3.0), "RandomErasing: values"),
        (lambda: RandomErasing(values=(0.0, "white")), "RandomErasing: values"),
        (lambda: RandomErasing(values=(0.0, 1.0, 2.0)), "RandomErasing: values"),
        (lambda: Compose([]), "Compose: parts"),
        (lambda: Compose([3]), "Compose: parts"),
    ],
)
def test_bad_parameters(make, message):
    with pytest.raises(InvalidParameter, match=message):
        make()


def test_bad_images():
    with pytest.raises(DataError, match=r"Shift: images of shape \(5,\)"):
        Shift()(np.zeros(5))
