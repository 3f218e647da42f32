"""The banks of published models."""

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.v1 import GaborBank


@pytest.mark.parametrize("name", ["v1_like_2008", "hmax_2007"])
def test_even_filters_have_mean_zero_and_norm_one(name):
    bank = GaborBank.preset(name, dtype="float64")
    np.testing.assert_allclose(bank.kernels.sum(axis=(1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose((bank.kernels.real**2).sum(axis=(1, 2)), 1, rtol=1e-12)
    assert GaborBank.preset(name).kernels.dtype == np.complex64


def test_hmax_has_the_printed_table():
    bank = GaborBank.preset("hmax_2007", dtype="float64")
    assert bank.kernels.shape == (64, 37, 37)
    for i in range(16):
        four = bank.gabors[4 * i : 4 * i + 4]
        assert [gabor.orientation for gabor in four] == [0, 45, 90, 135]
        for gabor in four:
            # The rule behind the printed table; one wavelength, 12.78, is printed as 12.7
            assert gabor.wavelength == pytest.approx(2 * (7 + 2 * i) / (4 - 0.05 * i), abs=0.08)
            assert gabor.sigma_x == pytest.approx(1.6 * (7 + 2 * i) / (4 - 0.05 * i), abs=0.06)
            assert gabor.sigma_x / gabor.sigma_y == pytest.approx(0.3)
        kernels, edge = bank.kernels[4 * i : 4 * i + 4].real, 15 - i
        rows, columns = np.nonzero(kernels.any(axis=0))
        assert (rows.min(), rows.max(), columns.min(), columns.max()) == (edge, 36 - edge, edge, 36 - edge)
        corner = kernels[:, edge, edge : edge + 2]  # beyond the circle
        np.testing.assert_allclose(corner[:, 0], corner[:, 1], rtol=1e-12)
        # Turned by 90 degrees, which is exact on pixels
        np.testing.assert_allclose(kernels[2], kernels[0].T, atol=1e-12)
        assert abs(kernels[0, 18, :]).argmax() == 18


def test_v1_like_has_its_frequencies():
    bank = GaborBank.preset("v1_like_2008")
    assert bank.kernels.shape == (96, 43, 43)
    assert sorted({round(1 / gabor.frequency, 9) for gabor in bank.gabors}) == [2, 3, 4, 6, 11, 18]
    assert [gabor.orientation for gabor in bank.gabors[:16]] == [11.25 * k for k in range(16)]
    spectra = abs(np.fft.fft2(bank.kernels.real, (256, 256)))
    for gabor, spectrum in zip(bank.gabors, spectra, strict=True):
        v, u = np.unravel_index(spectrum[:, :129].argmax(), (256, 129))
        u, v = u / 256, (v - 256 * (v > 128)) / 256
        assert np.hypot(u, v) == pytest.approx(gabor.frequency, abs=0.01)


def test_v1_like_kernels_are_gabors_under_one_envelope():
    bank = GaborBank.preset("v1_like_2008", dtype="float64")
    y, x = np.mgrid[-21:22, -21:22]
    envelope = np.exp(-(x**2 + y**2) / (2 * 9**2))
    for f in (3, 40, 85):
        angle, wavelength = np.deg2rad(11.25 * (f % 16)), (2, 3, 4, 6, 11, 18)[f // 16]
        gabor = envelope * np.cos(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / wavelength)
        gabor -= gabor.mean()
        np.testing.assert_allclose(bank.kernels[f].real, gabor / np.linalg.norm(gabor), atol=1e-12)


def test_hmax_kernels_are_gabors_cut_to_a_circle_and_then_less_their_mean():
    bank = GaborBank.preset("hmax_2007", dtype="float64")
    for f, side, sigma, wavelength in ((1, 7, 2.8, 3.5), (30, 21, 9.2, 11.5), (63, 37, 18.2, 22.8)):
        y, x = np.mgrid[-(side // 2) : side // 2 + 1, -(side // 2) : side // 2 + 1]
        angle = np.deg2rad(45 * (f % 4))
        across, along = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        gabor = np.exp(-(across**2 + (0.3 * along) ** 2) / (2 * sigma**2)) * np.cos(2 * np.pi * across / wavelength)
        gabor[4 * (x**2 + y**2) > side**2] = 0
        gabor -= gabor.mean()
        edge = (37 - side) // 2
        found = bank.kernels[f, edge : 37 - edge, edge : 37 - edge].real
        np.testing.assert_allclose(found, gabor / np.linalg.norm(gabor), atol=1e-12)


def test_methods_agree_on_presets(rng):
    image = rng.normal(size=(40, 50))
    for name in ("v1_like_2008", "hmax_2007"):
        bank = GaborBank.preset(name)
        ref, comp = (bank.respond(image, "energy", method=method) for method in ("direct", "fft"))
        np.testing.assert_allclose(comp, ref, rtol=0, atol=1e-5 * ref.max())
        with pytest.raises(InvalidParameter, match="separable"):
            bank.respond(image, method="separable")


def test_unknown_presets():
    with pytest.raises(InvalidParameter, match=r"GaborBank.preset: name must be one of v1_like_2008, hmax_2007"):
        GaborBank.preset("vonenet")
