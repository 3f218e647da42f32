"""Measures of orientation maps on maps whose pinwheels, wavelengths and angles are known."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.som.orientation_map import column_layout, crossing_angles, pinwheels, spectrum


def known_map(shape, places, charges):
    """Return the orientations around pinwheels at given places (x, y) of a sheet."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    turns = [charge * np.arctan2(y - b, x - a) for (a, b), charge in zip(places, charges, strict=True)]
    return np.sum(turns, axis=0) % np.pi


def random_waves(side, wavelength, width, rng):
    """Return a complex periodic Gaussian field whose power lies on a ring of wave numbers of a relative width."""
    fy, fx = np.meshgrid(*[np.fft.fftfreq(side)] * 2, indexing="ij")
    f = np.hypot(fx, fy) * wavelength
    noise = rng.normal(size=(2, side, side))
    return np.fft.ifft2(np.exp(-((f - 1) ** 2) / (4 * width**2)) * (f > 0) * (noise[0] + 1j * noise[1]))


def angle_of(z):
    return np.angle(z) / 2 % np.pi


def test_known_pinwheels_are_found_with_place_and_sign():
    places, charges = [(5.5, 4.5), (14.5, 4.5), (8.5, 15.5)], [0.5, -0.5, 0.5]
    found = pinwheels(known_map((20, 24), places, charges), periodic=False)
    want = sorted(zip(map(tuple, places), charges, strict=True))
    assert sorted(zip(map(tuple, found.positions), found.charges, strict=True)) == want


def test_signs_turn_round_with_a_mirror_and_a_constant_does_not_matter():
    angle = known_map((20, 24), [(5.5, 4.5), (14.5, 9.5)], [0.5, 0.5])
    mirrored = pinwheels(angle[:, ::-1], periodic=False)
    assert sorted(map(tuple, mirrored.positions)) == [(8.5, 9.5), (17.5, 4.5)]
    assert (mirrored.charges == -0.5).all()
    shifted = pinwheels(angle + 1.234, periodic=False)
    np.testing.assert_array_equal(shifted.positions, pinwheels(angle, periodic=False).positions)


def test_a_lattice_of_pinwheels_has_four_in_a_period():
    y, x = (np.mgrid[:48, :48] + 0.5) * 2 * np.pi / 16
    found = pinwheels(angle_of(np.cos(x) + 1j * np.cos(y)))
    assert len(found.charges) == 4 * 9
    assert found.charges.sum() == 0
    assert set(found.positions.ravel() % 8) == {3.5}


@pytest.mark.parametrize("orientations", [4, 6, 8, 16])
def test_quantised_maps(orientations, rng):
    """A step of a right angle goes either way; both squares beside it must be told the same."""
    angle = angle_of(random_waves(64, 16, 0.1, rng))
    exact = pinwheels(angle)
    steps = np.rint(angle * orientations / np.pi)
    for coarse in (steps % orientations, 1 + steps % orientations, steps + 0.1 - 3 * orientations):
        found = pinwheels(coarse * np.pi / orientations)
        assert set(found.charges) == {-0.5, 0.5}
        assert found.charges.sum() == 0
        assert abs(len(found.charges) - len(exact.charges)) <= (0.4 if orientations == 4 else 0.1) * len(exact.charges)
        same = pinwheels(steps * np.pi / orientations)
        np.testing.assert_array_equal(found.positions, same.positions)  # whatever the rounding
    noise = pinwheels(rng.integers(orientations, size=(64, 64)) * np.pi / orientations)
    assert set(noise.charges) == {-0.5, 0.5}
    assert noise.charges.sum() == 0


def test_stripes_have_no_pinwheels_and_an_anisotropic_spectrum():
    x = np.broadcast_to(np.arange(40), (30, 40))
    layout = column_layout(np.pi * x / 10 % np.pi)
    assert len(layout.pinwheels.charges) == 0
    assert spectrum(np.cos(np.pi * x / 5)).anisotropy == pytest.approx(1)
    ring = layout.spectrum
    assert ring.wavelength == pytest.approx(10)
    assert ring.width == pytest.approx(0, abs=1e-6)
    assert ring.anisotropy == pytest.approx(1)
    assert layout.hypercolumns == pytest.approx(12)
    assert ring.power[15, 20 + 4] == pytest.approx(1)
    assert ring.frequencies[ring.profile.argmax()] == pytest.approx(3 / 30)


@pytest.mark.parametrize("width", [0.02, 0.1, 0.3])
def test_random_waves_have_pi_pinwheels_per_hypercolumn(width, rng):
    """The density of phase singularities of a Gaussian field is its mean squared wave number times pi."""
    layouts = [column_layout(angle_of(z), abs(z)) for z in (random_waves(128, 12, width, rng) for _ in range(12))]
    assert all(layout.pinwheels.charges.sum() == 0 for layout in layouts)
    theory = np.mean([np.pi * (1 + layout.spectrum.width**2) for layout in layouts])
    density = [layout.density for layout in layouts]
    assert np.mean(density) == pytest.approx(theory, abs=0.15)  # 4 standard errors
    f = np.linspace(0.001, 3, 3000)
    power = f * np.exp(-((f - 1) ** 2) / (2 * width**2))
    mean = np.average(f, weights=power)
    spread = np.sqrt(np.average((f - mean) ** 2, weights=power)) / mean
    assert np.mean([layout.spectrum.width for layout in layouts]) == pytest.approx(spread, rel=0.1)
    assert np.mean([layout.spectrum.wavelength for layout in layouts]) == pytest.approx(12 / mean, rel=0.03)
    assert max(layout.spectrum.anisotropy for layout in layouts) < 0.55


def test_ring_and_disc(rng):
    ring = spectrum(random_waves(128, 10, 0.1, rng))
    assert ring.hole < 0.01
    fy, fx = np.meshgrid(*[np.fft.fftfreq(128)] * 2, indexing="ij")
    disc = spectrum(np.fft.ifft2((np.hypot(fx, fy) < 0.2) * rng.normal(size=(128, 128))))
    assert disc.hole > 0.3
    assert ring.power.sum() == pytest.approx(1)
    assert ring.profile.argmax() == pytest.approx(128 / 10 - 1, abs=1.5)


def test_borders_of_a_sheet_are_faded_out():
    """Without the fading, the step from border to border would put power along the axes."""
    y, x = np.mgrid[:61, :61]
    wave = np.exp(2j * np.pi * (x * np.cos(0.5) + y * np.sin(0.5)) / 9.7)
    faded, not_faded = spectrum(wave, periodic=False), spectrum(wave)
    assert faded.wavelength == pytest.approx(9.7, rel=0.02)
    assert faded.width < not_faded.width / 2


def test_selectivity_weighs_the_spectrum():
    x = np.broadcast_to(np.arange(64), (64, 64))
    left = x < 32
    angle = np.where(left, np.pi * x / 8, np.pi * x / 16) % np.pi
    assert column_layout(angle, left.astype(float)).spectrum.wavelength == pytest.approx(8, rel=0.1)


@pytest.mark.parametrize(("turn", "wanted"), [(0.0, 90.0), (45.0, 45.0), (90.0, 0.0)])
def test_crossing_angles_of_stripes(turn, wanted):
    """Orientation changes along x, dominance along a direction turned by so much from y."""
    y, x = np.mgrid[:80, :80] * 2 * np.pi / 20
    direction = {0.0: y, 45.0: x + y, 90.0: x}[turn]
    found = np.degrees(crossing_angles(x / 2 % np.pi, np.cos(direction + 0.1)))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_only_the_border_counts():
    y, x = np.mgrid[:80, :80] * 2 * np.pi / 20
    dominance = np.cos(y + 0.1)
    angle = np.where(np.abs(dominance) < 0.6, x, y) / 2 % np.pi
    found = crossing_angles(angle, dominance)
    assert 0.08 * 6400 < len(found) < 0.22 * 6400
    np.testing.assert_allclose(found, np.pi / 2, atol=1e-6)


def test_unrelated_maps_cross_at_all_angles(rng):
    angles = [
        crossing_angles(angle_of(random_waves(64, 8, 0.1, rng)), random_waves(64, 8, 0.1, rng).real) for _ in range(20)
    ]
    assert np.degrees(np.concatenate(angles)).mean() == pytest.approx(45, abs=1.5)


@pytest.mark.parametrize(
    "bad", [np.zeros(5), np.zeros((3, 9)), np.full((5, 5), np.nan), np.array([["a"] * 5] * 5), np.ones((5, 5), complex)]
)
def test_bad_maps(bad):
    with pytest.raises(DataError, match="pinwheels: preference has shape"):
        pinwheels(bad)


def test_bad_pairs():
    with pytest.raises(DataError, match="the same everywhere"):
        spectrum(np.ones((8, 8)))
    with pytest.raises(DataError, match=r"selectivity has shape \(8, 9\), preference \(8, 8\)"):
        column_layout(np.eye(8), np.ones((8, 9)))
    with pytest.raises(InvalidParameter, match="share must be"):
        crossing_angles(np.eye(8), np.eye(8), share=0)
