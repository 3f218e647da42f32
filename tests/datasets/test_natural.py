"""Natural images, dead leaves and patches."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets.dataset import Dataset
from neurosim.datasets.natural import fetch_natural_images, make_dead_leaves, sample_patches


def test_natural_images(data_folder):
    found = fetch_natural_images(data_home=data_folder)
    assert found.data.shape == (10, 512 * 512)
    assert found.shape == (512, 512)
    assert found.data.dtype == np.float32
    assert found.data.var(axis=1).mean() == pytest.approx(0.0791, abs=1e-4)
    assert abs(found.data.mean()) < 1e-3


def test_natural_images_that_are_not_here(tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROSIM_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(DataError, match=r"olshausen_whitened.npz.*sparsenet.*NEUROSIM_DATA") as error:
        fetch_natural_images()
    assert "http" not in str(error.value)


def test_natural_images_that_are_others(tmp_path):
    (tmp_path / "natural_images").mkdir()
    np.savez(tmp_path / "natural_images/olshausen_whitened.npz", images=np.zeros((10, 512, 512), np.float32))
    with pytest.raises(DataError, match="not the published data"):
        fetch_natural_images(data_home=tmp_path)


def test_dead_leaves():
    leaves = make_dead_leaves((50, 70), 3, random_state=1)
    again = make_dead_leaves((50, 70), 2, random_state=1)
    assert leaves.shape == (50, 70)
    assert leaves.data.shape == (3, 3500)
    assert 0 < leaves.data.min() < leaves.data.max() < 1
    np.testing.assert_array_equal(again.data, leaves.data[:2])
    assert (leaves.data[0] != leaves.data[1]).mean() > 0.9
    assert (make_dead_leaves((50, 70), random_state=2).data != leaves.data[0]).mean() > 0.9


def test_one_leaf_over_all_is_a_disk():
    """With hardly any choice of radius, what has one grey lies within a disk of it, and the disk in front is whole."""
    image = make_dead_leaves((60, 60), smallest=10, largest=10.0001, random_state=3).data.reshape(60, 60)
    greys, counts = np.unique(image, return_counts=True)
    assert len(greys) > 3
    whole = 0
    for grey, count in zip(greys, counts, strict=True):
        places = np.argwhere(image == grey)
        assert np.ptp(places, axis=0).max() <= 20
        whole += 295 < count < 335  # pi 10^2 = 314 pixels, unless it reaches over the edge
    assert counts.max() < 335
    assert whole >= 1


def test_dead_leaves_have_radii_of_an_inverse_cube():
    """Amplitudes fall about as 1 / f, as those of natural images do."""
    from neurosim.v1.whitening import radial_power

    images = make_dead_leaves((128, 128), 8, random_state=0).data.reshape(-1, 128, 128)
    frequency, power = radial_power(images - images.mean(axis=(1, 2), keepdims=True))
    slope, _ = np.polyfit(np.log(frequency[2:30]), np.log(power[2:30]), 1)
    assert -2.4 < slope < -1.7


def test_patches(rng):
    images = np.arange(2 * 20 * 30).reshape(2, 20, 30)
    patches = sample_patches(images, (3, 5), 2000, border=2, random_state=0).reshape(-1, 3, 5)
    assert patches.dtype == np.float64
    image, row, column = (patches[:, 0, 0] // 600, patches[:, 0, 0] % 600 // 30, patches[:, 0, 0] % 30)
    for values, least, most in ((image, 0, 1), (row, 2, 15), (column, 2, 23)):
        assert (values.min(), values.max()) == (least, most)
    steps = patches - patches[:, :1, :1]
    np.testing.assert_array_equal(steps, np.broadcast_to(np.arange(3)[:, None] * 30 + np.arange(5), steps.shape))
    np.testing.assert_array_equal(
        sample_patches(images, (3, 5), 5, border=2, random_state=0), patches[:5].reshape(5, -1)
    )
    assert sample_patches(rng.normal(size=(9, 9)).astype(np.float32), 9, 2).dtype == np.float32
    leaves = make_dead_leaves((16, 16), 2, random_state=0)
    assert sample_patches(leaves, 16, 4, random_state=0).tolist()[0] in leaves.data.tolist()


def test_bad_input():
    for name, how in {
        "shape": {"shape": (0, 5)}, "n_images": {"n_images": 0}, "smallest": {"smallest": 0}, "largest": {"largest": 1},
    }.items():  # fmt: skip
        with pytest.raises(InvalidParameter, match=f"make_dead_leaves: {name} must be"):
            make_dead_leaves(**how)
    with pytest.raises(InvalidParameter, match="size must be at most the 8 x 9 pixels"):
        sample_patches(np.ones((8, 9)), 7, 3, border=1)
    with pytest.raises(InvalidParameter, match="n_patches"):
        sample_patches(np.ones((8, 9)), 7, 0)
    with pytest.raises(InvalidParameter, match=r"shape must be longer than 2 smallest = 3, .*; got \(2, 2\)"):
        make_dead_leaves((2, 2))
    points, hole = Dataset("points", np.ones((3, 2))), np.where(np.eye(4), np.nan, 1)
    for wrong in (np.ones(4), np.full((4, 4), "a"), points, [[1, 2], [3]], hole, np.ones((2, 2, 4, 4))):
        with pytest.raises(DataError, match="sample_patches: "):
            sample_patches(wrong, 2, 3)
