"""Whitening against its formula and images whose spectrum is known."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets.dataset import Dataset
from neurosim.datasets.natural import make_dead_leaves
from neurosim.v1.whitening import radial_power, whiten, whitening_filter


def random_phase_image(rng, n=512):
    """An image whose amplitudes are exactly 1 / f."""
    cycles = np.fft.fftfreq(n) * n
    f = np.hypot(cycles[:, None], cycles)
    phases = np.angle(np.fft.fft2(rng.normal(size=(n, n))))  # of a real image
    amplitude = np.divide(1.0, f, out=np.zeros_like(f), where=f > 0)
    return np.fft.ifft2(amplitude * np.exp(1j * phases)).real


def test_filter():
    gain = whitening_filter((100, 50))
    assert gain.shape == (100, 50)
    assert gain[0, 0] == 0
    assert gain[40, 0] == gain[0, 20] == pytest.approx(0.4 * np.exp(-1), rel=1e-12)
    assert gain[3, 4] == pytest.approx(np.hypot(0.03, 0.08) * np.exp(-((np.hypot(0.03, 0.08) / 0.4) ** 4)), rel=1e-12)
    np.testing.assert_array_equal(gain[1:], gain[:0:-1])
    assert whitening_filter((100, 50), cut=0.2)[0, 10] == pytest.approx(0.2 / np.e, rel=1e-12)


def test_one_over_f_becomes_flat(rng):
    frequency, power = radial_power(whiten(random_phase_image(rng)))
    assert frequency[0] == 1
    band = power[(frequency >= 10) & (frequency <= 60)]
    assert band.max() / band.min() < 1.02
    _, before = radial_power(random_phase_image(rng))
    assert before[9] / before[59] > 30


def test_radial_power_follows_the_filter(rng):
    image = rng.normal(size=(5, 256, 256))
    frequency, white = radial_power(whiten(image, variance=None))
    f = frequency / 256
    _, before = radial_power(image)
    np.testing.assert_allclose(white[5:] / before[5:], (f * np.exp(-((f / 0.4) ** 4)))[5:] ** 2, rtol=0.1)


def test_radial_power_adds_up_to_the_variance():
    n = 64
    wave = np.cos(2 * np.pi * 5 * np.arange(n) / n) * np.ones((n, 1))
    frequency, power = radial_power(wave)
    ring = np.rint(np.hypot(*np.meshgrid(*[np.fft.fftfreq(n) * n] * 2)))
    assert power[4] * (ring == 5).sum() == pytest.approx(0.5)
    assert power[frequency != 5].max() < 1e-20


def test_whiten_scales_every_image_alone(rng):
    images = rng.normal(size=(3, 20, 33)) * np.array([1, 10, 100])[:, None, None] + 7
    white = whiten(images, variance=0.3)
    np.testing.assert_allclose(white.var(axis=(1, 2)), 0.3)
    np.testing.assert_allclose(white.mean(axis=(1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose(white[1], whiten(images[1], variance=0.3), atol=1e-12)
    assert whiten(np.arange(64, dtype=np.uint8).reshape(8, 8)).dtype == np.float64


def test_data_sets_are_images():
    leaves = make_dead_leaves((16, 16), 3, random_state=0)
    images = leaves.data.reshape(3, 16, 16)
    np.testing.assert_array_equal(whiten(leaves), whiten(images))
    np.testing.assert_array_equal(radial_power(leaves)[1], radial_power(images)[1])


def test_bad_input():
    points = Dataset("points", np.ones((3, 2)))
    for wrong in (np.ones(5), np.ones((0, 4)), np.full((4, 4), np.nan), "picture", [[1, 2], [3]], points):
        with pytest.raises(DataError, match="whiten: "):
            whiten(wrong)
    with pytest.raises(DataError, match="no contrast"):
        whiten(np.full((8, 8), 1 / 3))
    with pytest.raises(InvalidParameter, match="variance must be None or a number > 0; got 0"):
        whiten(np.eye(4), variance=0)
    with pytest.raises(InvalidParameter, match="cut must be a number > 0"):
        whitening_filter((8, 8), cut=-1)
    with pytest.raises(DataError, match="square"):
        radial_power(np.ones((8, 9)))
