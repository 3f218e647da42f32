"""Gratings, bars, edges and noise against pixel-by-pixel versions and the identities that define them."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1 import DifferenceOfGaussians, stimuli, stimuli_noise

from . import naive_lab


@pytest.mark.parametrize("radius", [None, 4.3, 0.2])
def test_gratings(radius):
    place = {"radius": radius, "x0": 1.5, "y0": -2.0}
    expected = naive_lab.grating((11, 14), 6.5, 35, 50, 0.7, **place)
    np.testing.assert_allclose(stimuli.grating((11, 14), 6.5, 35, 50, 0.7, **place), expected, atol=1e-13)


def test_arrays_make_many_gratings():
    orientations, phases = np.array([0, 30, 120])[:, None], np.array([0, 90, 200, 300])
    many = stimuli.grating((9, 8), 5, orientations, phases, contrast=0.5, radius=[1, 2, 3, 4])
    assert many.shape == (3, 4, 9, 8)
    one = stimuli.grating((9, 8), 5, 120, 90, contrast=0.5, radius=2)
    np.testing.assert_array_equal(many[2, 1], one)


def test_a_drifting_grating_moves_in_its_direction():
    movie = stimuli.drifting_grating((9, 24), 12, wavelength=12, orientation=0, phase=70, contrast=0.3)
    for t in range(12):  # a pixel to the right per frame, on a width of whole wavelengths
        np.testing.assert_allclose(movie[t], np.roll(movie[0], t, axis=1), atol=1e-13)
    down = stimuli.drifting_grating((24, 9), 12, wavelength=12, orientation=90)
    np.testing.assert_allclose(down[1], np.roll(down[0], 1, axis=0), atol=1e-13)
    back = stimuli.drifting_grating((9, 24), 12, wavelength=12, orientation=180)
    np.testing.assert_allclose(back[1], np.roll(back[0], -1, axis=1), atol=1e-13)
    twice = stimuli.drifting_grating((9, 24), 12, 12, cycles=2, phase=70, contrast=0.3)
    np.testing.assert_allclose(twice[:6], movie[::2], atol=1e-13)


def test_counterphase_is_the_mean_of_opposite_drifts():
    standing = stimuli.counterphase((9, 13), 16, 7, 25, 40, cycles=3, radius=4)
    there, back = (stimuli.drifting_grating((9, 13), 16, 7, 25, cycles=c, phase=40, radius=4) for c in (3, -3))
    np.testing.assert_allclose(standing, (there + back) / 2, atol=1e-13)
    np.testing.assert_allclose(standing[0], stimuli.grating((9, 13), 7, 25, 40, radius=4))


def test_plaids_are_sums():
    both = stimuli.plaid((9, 9), 6, 20, 30, contrast=[0.1, 0.2], mask_phase=50, mask_contrast=0.4)
    one = stimuli.grating((9, 9), 6, 20, 30, [0.1, 0.2])
    np.testing.assert_allclose(both - one, [stimuli.grating((9, 9), 6, 110, 50, 0.4)] * 2, atol=1e-15)
    other = stimuli.plaid((9, 9), 6, mask_wavelength=4, mask_orientation=60, mask_phase=45, radius=3)
    mask = naive_lab.grating((9, 9), 4, 60, 45, 0.5, radius=3)
    np.testing.assert_allclose(other, naive_lab.grating((9, 9), 6, 0, 0, 0.5, radius=3) + mask, atol=1e-13)
    assert np.abs(stimuli.plaid((33, 33), 8)).max() <= 1


@pytest.mark.parametrize("orientation", [0, 30, 45, 90, 133, 200, 270, 305])
def test_bars(orientation):
    for width in (2.25, 0.3):
        ours = stimuli.bar((13, 12), 7.5, width, orientation, x0=0.5, y0=-1.25, contrast=-0.8)
        expected = naive_lab.bar((13, 12), 7.5, width, orientation, 0.5, -1.25, -0.8, fine=100)
        np.testing.assert_allclose(ours, expected, atol=0.8 * 0.015)
        assert ours.sum() == pytest.approx(-0.8 * 7.5 * width, rel=1e-9)
        assert (ours[expected == 0] > -0.01).all()


def test_turned_bars_that_leave_the_frame_or_hide_in_a_pixel():
    turned = stimuli.bar((5, 7), 100, 3, 45)
    np.testing.assert_allclose(turned, naive_lab.bar((5, 7), 100, 3, 45, 0, 0, 1, fine=100), atol=0.015)
    dots = stimuli.bar((5, 5), 0.2, 0.3, orientation=[0, 17, 200], x0=0.1, y0=-0.15)
    np.testing.assert_allclose(dots[:, 2, 2], 0.06)
    assert np.count_nonzero(dots) == 3
    assert (stimuli.bar((9, 9), [0, 5], [5, 0], 33) == 0).all()


@pytest.mark.parametrize("width", [0.1, 0.5, 1, 2])
def test_turning_a_thin_bar_makes_no_tuning(width):
    round_field = DifferenceOfGaussians(1.5, shape=(61, 61))
    answers = round_field.linear(stimuli.bar((61, 61), 30, width, np.arange(0, 180, 7.5)))
    assert np.ptp(answers) < 0.05 * answers.mean()


def test_thin_bars_are_faint_and_moving_bars_cross_the_middle():
    assert stimuli.bar((9, 9), 9, 0.25).max() == pytest.approx(0.25)
    assert stimuli.bar((9, 9), 5, 0).sum() == 0
    movie = stimuli.moving_bar((21, 21), 5, 9, 3, 90, distance=8)
    for frame, y in zip(movie, (-4, -2, 0, 2, 4), strict=True):
        np.testing.assert_allclose(frame, stimuli.bar((21, 21), 9, 3, 90, y0=y), atol=1e-12)
    across = stimuli.moving_bar((21, 15), 3, 9, 3, 180)
    np.testing.assert_allclose(across[0], stimuli.bar((21, 15), 9, 3, x0=7.5), atol=1e-12)
    np.testing.assert_allclose(stimuli.moving_bar((9, 9), 1, 5, 2)[0], stimuli.bar((9, 9), 5, 2))


def test_edges():
    for orientation in (0, 45, 90, 210):
        image = stimuli.edge((21, 21), orientation, x0=1, y0=2, contrast=0.4)
        angle = np.deg2rad(orientation)
        for row, column, x, y in naive_lab.pixels((21, 21)):
            side = (x - 1) * np.cos(angle) + (y - 2) * np.sin(angle)
            expected = 0.4 * np.sign(side) if abs(side) >= 0.5 else 0.8 * side
            assert image[row, column] == pytest.approx(expected, abs=1e-12)
    assert stimuli.edge((3, 3), x0=[0, 1]).shape == (2, 3, 3)


def test_gaussian_noise():
    frames = stimuli_noise.gaussian_noise(400, (9, 11), contrast=0.25, random_state=3)
    n = frames.size
    assert abs(frames.mean()) < 4 * 0.25 / np.sqrt(n)
    assert abs(frames.std() / 0.25 - 1) < 4 / np.sqrt(2 * n)
    np.testing.assert_array_equal(frames, stimuli_noise.gaussian_noise(400, (9, 11), contrast=0.25, random_state=3))
    assert not np.array_equal(frames, stimuli_noise.gaussian_noise(400, (9, 11), contrast=0.25, random_state=4))


def test_binary_noise():
    frames = stimuli_noise.binary_noise(500, (7, 8), size=3, contrast=0.5, random_state=1)
    assert frames.shape == (500, 7, 8)
    assert set(np.unique(frames)) == {-0.5, 0.5}
    checks = frames[:, ::3, ::3]
    np.testing.assert_array_equal(frames, checks.repeat(3, axis=1).repeat(3, axis=2)[:, :7, :8])
    correlation = np.corrcoef(checks.reshape(500, -1).T)
    assert np.abs(correlation - np.eye(9)).max() < 5 / np.sqrt(500)
    again, other = (stimuli_noise.binary_noise(500, (7, 8), size=3, contrast=0.5, random_state=s) for s in (1, 2))
    np.testing.assert_array_equal(frames, again)
    assert 0.4 < np.mean(frames == other) < 0.6
    assert abs(checks.mean()) < 4 * 0.5 / np.sqrt(checks.size)


def test_pixels_of_an_m_sequence_have_exact_correlations():
    frames = stimuli_noise.m_sequence(7, (4, 5), contrast=0.5).reshape(127, 20)
    assert set(np.unique(frames)) == {-0.5, 0.5}
    expected = np.where(np.eye(20), 1, -1 / 127)
    np.testing.assert_allclose(frames.T @ frames / (127 * 0.25), expected, atol=1e-12)
    later = np.roll(frames, -1, axis=0)
    assert np.abs(np.diag(frames.T @ later)).max() * 4 == pytest.approx(1)
    lag = 127 // 20
    np.testing.assert_array_equal(frames[:, 1], np.roll(frames[:, 0], -lag))
    assert stimuli_noise.m_sequence(3, (1, 7)).shape == (7, 1, 7)


def test_sparse_noise_shows_every_square_once_a_round():
    kinds = 2 * 3 * 4
    frames = stimuli_noise.sparse_noise(2 * kinds, (6, 7), size=2, contrast=0.5, random_state=0)
    shown = frames[:, ::2, ::2]
    assert (np.count_nonzero(shown, axis=(1, 2)) == 1).all()
    np.testing.assert_array_equal(frames, shown.repeat(2, axis=1).repeat(2, axis=2)[:, :6, :7])
    for half in (shown[:kinds], shown[kinds:]):
        assert (np.sum(half == 0.5, axis=0) == 1).all()
        assert (np.sum(half == -0.5, axis=0) == 1).all()
    assert not np.array_equal(shown[:kinds], shown[kinds:])
    np.testing.assert_array_equal(stimuli_noise.sparse_noise(5, (6, 7), size=2, random_state=0), 2 * frames[:5])


@pytest.mark.parametrize("noise", [stimuli_noise.binary_noise, stimuli_noise.sparse_noise])
def test_sides_of_noise_may_be_whole_floats(noise):
    found = noise(3, (8.0, np.float64(7)), size=2, random_state=0)
    np.testing.assert_array_equal(found, noise(3, (8, 7), size=2, random_state=0))


@pytest.mark.parametrize("shape", [(8, 8), (7, 10)])
def test_hartley_sets(shape):
    found = stimuli_noise.hartley(shape, 3)
    assert found.stimuli.shape == (96, *shape)
    for image, kx, ky, sign in zip(found.stimuli, found.kx, found.ky, found.sign, strict=True):
        np.testing.assert_allclose(image, sign * naive_lab.hartley(shape, kx, ky), atol=1e-13)
    half = found.stimuli[:48].reshape(48, -1)
    np.testing.assert_allclose(half @ half.T, np.eye(48) * np.prod(shape) / 2, atol=1e-10)
    assert len({(kx, ky, sign) for kx, ky, sign in zip(found.kx, found.ky, found.sign, strict=True)}) == 96
    which = int(np.flatnonzero((found.kx == 2) & (found.ky == 2))[0])
    expected = np.rad2deg(np.arctan2(2 / shape[0], 2 / shape[1]))
    assert found.orientation[which] == pytest.approx(expected)
    assert found.frequency[which] == pytest.approx(np.hypot(2 / shape[0], 2 / shape[1]))
    assert ((found.orientation >= 0) & (found.orientation < 180)).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: stimuli.grating((5, 5), 0), "grating: wavelength must be numbers > 0; got 0"),
        (lambda: stimuli.grating((5, 5), 4, np.nan), "grating: orientation must be finite numbers; got nan"),
        (lambda: stimuli.grating((5, 5), 4, radius=-1), "grating: radius must be None or numbers >= 0; got -1"),
        (lambda: stimuli.grating((5, 5), 4, contrast="high"), "contrast must be finite numbers; got 'high'"),
        (lambda: stimuli.grating((3, 3), "4"), "grating: wavelength must be numbers > 0; got '4'"),
        (lambda: stimuli.bar((3, 3), 3, ["1", "2"]), "bar: width must be finite numbers >= 0"),
        (lambda: stimuli.drifting_grating((9, 9), 4, 8, [0, 90]), "drifting_grating: orientation must be one number"),
        (lambda: stimuli.drifting_grating((9, 9), 4, 8, radius=np.arange(4)), "radius must be one number"),
        (lambda: stimuli.counterphase((9, 9), 4, 8, phase=[0] * 4), "counterphase: phase must be one number"),
        (lambda: stimuli.counterphase((9, 9), 4, 8, x0=(0, 1, 2, 3)), "counterphase: x0 must be one number"),
        (lambda: stimuli.moving_bar((9, 9), 3, [8, 9, 10], 2), "moving_bar: length must be one number, not an array"),
        (lambda: stimuli.moving_bar((9, 9), 3, 8, 2, [0, 1, 2]), "moving_bar: orientation must be one number"),
        (lambda: stimuli.grating((5, 0), 4), "grating: shape must be .* two integers >= 1"),
        (lambda: stimuli.grating(5, 4), "grating: shape must be"),
        (lambda: stimuli.bar((5, 5), -1, 2), "bar: length must be finite numbers >= 0; got -1"),
        (lambda: stimuli.bar((5, 5), 1, np.inf), "bar: width must be finite numbers >= 0"),
        (lambda: stimuli.drifting_grating((5, 5), 0, 4), "drifting_grating: frames must be an integer >= 1; got 0"),
        (lambda: stimuli.drifting_grating((5, 5), 8, 4, cycles=1.5), "cycles must be an integer"),
        (lambda: stimuli.moving_bar((5, 5), 3, 4, 2, distance=np.inf), "moving_bar: distance must be finite"),
        (lambda: stimuli_noise.gaussian_noise(0, (5, 5)), "gaussian_noise: n must be an integer >= 1"),
        (lambda: stimuli_noise.binary_noise(3, (5, 5), size=0), "binary_noise: size must be an integer >= 1"),
        (lambda: stimuli_noise.sparse_noise(3, (5, 5), contrast=0), "sparse_noise: contrast must be"),
        (lambda: stimuli_noise.m_sequence(4, (4, 4)), "m_sequence: bits must be an integer in 5 .. 24"),
        (lambda: stimuli_noise.m_sequence(25, (4, 4)), "m_sequence: bits must be an integer in 5 .. 24"),
        (lambda: stimuli_noise.hartley((8, 9), 4), "hartley: highest must be less than half of .* 8 px; got 4"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(InvalidParameter, match=message):
        make()


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match=r"grating: .* do not fit together: .*wavelength \(2,\), orientation \(3,\)"):
        stimuli.grating((5, 5), [4, 5], [0, 1, 2])
