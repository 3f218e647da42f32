"""The Gabor function against its formula and closed-form numbers, its kernels, and its errors."""

from dataclasses import FrozenInstanceError, replace
from math import cosh, inf, isclose, nan, pi, radians

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.v1 import Gabor
from tests.v1 import naive_gabor as naive

OCTAVES = (1.0, 1.5, 2.0)
DC = ("none", "subtract", "quadrature")


def gabor(bandwidth=1.5, orientation=30.0, wavelength=8.0, **others):
    return Gabor.from_bandwidth(1 / wavelength, bandwidth, orientation, **others)


def wide(cell, sigmas=8):
    """Return an odd size that reaches as many sigmas as asked."""
    return 2 * int(np.ceil(sigmas * max(cell.sigma_x, cell.sigma_y))) + 1


def measured(measure, cell, kernel):
    return measure(kernel, cell.frequency, radians(cell.orientation))


def test_values_are_those_of_the_formula(rng):
    cell = Gabor(7.3, 25, 40, 3.1, 4.7, amplitude=-1.7, x0=0.6, y0=-1.2)
    x, y = rng.uniform(-9, 9, (2, 50))
    expected = [naive.book(a, b, **cell.as_book()) for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(cell.evaluate(x, y), expected, rtol=0, atol=1e-13)
    assert cell.evaluate(0, 0).dtype == np.float64


@pytest.mark.parametrize("size", [9, (6, 9), (1, 4), None])
def test_kernel_samples_the_function_around_the_middle_pixel(size):
    cell = Gabor(6, 70, 33, 1.5, 2.5, amplitude=2, x0=0.25, y0=-0.5)
    kernel = cell.kernel(size)
    rows, columns = kernel.shape
    assert (rows, columns) == (size if isinstance(size, tuple) else (size, size) if size else (17, 17))
    if isinstance(size, tuple):
        np.testing.assert_array_equal(cell.kernel(np.array(size)), kernel)
        np.testing.assert_array_equal(cell.kernel(list(size)), kernel)
    x, y = np.arange(columns) - columns // 2, np.arange(rows)[:, None] - rows // 2
    np.testing.assert_allclose(kernel.real, cell.evaluate(x, y), rtol=0, atol=1e-14)
    odd = replace(cell, phase=cell.phase - 90)
    np.testing.assert_allclose(kernel.imag, odd.evaluate(x, y), rtol=0, atol=1e-14)


def test_orientation_is_the_direction_of_modulation_clockwise_in_an_image():
    kernel = Gabor(8, 30, sigma_x=5).kernel(41)
    v, u = np.unravel_index(np.argmax(abs(np.fft.fft2(kernel, (256, 256)))), (256, 256))
    assert np.degrees(np.arctan2(v, u)) == pytest.approx(30, abs=1)
    assert np.hypot(u, v) == pytest.approx(32, abs=0.6)
    ahead = Gabor(8, 90, -90, sigma_x=5).kernel(41).real
    assert ahead[22, 20] > 0.5
    assert ahead[18, 20] < -0.5


def test_default_size_is_odd_reaches_three_sigma_and_does_not_turn():
    sizes = {Gabor(8, angle, 0, 2.5, 4.1).kernel().shape for angle in range(0, 180, 15)}
    assert sizes == {(27, 27)}
    assert Gabor(8, sigma_x=2.5, x0=-3.2).size == 2 * 11 + 1
    assert Gabor(8, sigma_x=2.5, x0=1, y0=-4.2).size == 2 * 12 + 1


def test_defaults():
    cell = Gabor(10)
    assert cell.bandwidth == pytest.approx(1.4, abs=1e-12)
    assert cell.sigma_x == pytest.approx(4.161, abs=5e-4)
    assert cell.sigma_y == cell.sigma_x
    assert cell.aspect == 1
    assert isinstance(Gabor(8, 0, 0, 2).sigma_x, float)
    with pytest.raises(FrozenInstanceError):
        cell.phase = 3
    assert hash(cell) == hash(Gabor(10))
    assert cell == Gabor(10.0)


@pytest.mark.parametrize(("octaves", "n_x", "dc"), [(1, 0.5622, 0.0039), (1.4, 0.4161, 0.0656), (1.5, 0.3924, 0.0958)])
def test_bandwidth_gives_n_x_and_dc(octaves, n_x, dc):
    cell = gabor(octaves)
    assert cell.n_x == pytest.approx(n_x, abs=5e-5)
    assert cell.dc_ratio == pytest.approx(dc, abs=5e-5)
    assert cell.n_y == cell.n_x
    assert cell.bandwidth == pytest.approx(octaves, abs=1e-12)


@pytest.mark.parametrize(
    ("octaves", "aspect", "width"), [(1.5, 1.5, 36.9), (1.4, 1.5, 34.8), (1.5, 1, 55.3), (1.4, 1, 52.1)]
)
def test_orientation_bandwidth(octaves, aspect, width):
    cell = gabor(octaves, aspect=aspect)
    assert cell.orientation_bandwidth == pytest.approx(width, abs=0.05)


def test_bandwidths_measured_on_a_kernel():
    """Hyvarinen, Gutmann & Hoyer (2005) state 37 degrees for an aspect of 1.5 and 1.5 octaves."""
    cell = gabor(1.5, aspect=1.5)
    kernel = cell.kernel(wide(cell))
    assert measured(naive.bandwidth, cell, kernel) == pytest.approx(1.5, abs=0.02)
    assert measured(naive.orientation_bandwidth, cell, kernel) == pytest.approx(36.9, abs=0.5)


@pytest.mark.parametrize(("n_x", "n_y"), [(0.3, 0.3), (0.5, 0.25), (0.35, 0.8), (0.9, 0.2), (0.2, 1.4)])
def test_bandwidth_formulas_hold_for_any_envelope(n_x, n_y):
    cell = Gabor.from_cycles(n_x, n_y, 1 / 8, 17)
    kernel = cell.kernel(wide(cell))
    if n_x > 0.25:
        assert cell.bandwidth == pytest.approx(measured(naive.bandwidth, cell, kernel), abs=1e-6)
    assert cell.orientation_bandwidth == pytest.approx(measured(naive.orientation_bandwidth, cell, kernel), abs=1e-6)


def test_a_low_pass_function_has_no_bandwidth():
    blob = Gabor.from_cycles(0.1, 0.1, 0.1)
    assert blob.bandwidth == inf
    assert blob.orientation_bandwidth == 180
    assert Gabor.from_cycles(0.1874, None, 0.1).bandwidth > 9


@pytest.mark.parametrize("n_x", [0.08, 0.2, 0.31, 0.39, 0.5])
def test_dc_and_modulation_measured_on_a_kernel(n_x):
    cell = Gabor.from_cycles(n_x, None, 0.05, 20)
    pair = cell.kernel(wide(cell))
    assert isclose(pair.real.sum() / measured(naive.gain, cell, pair.real), cell.dc_ratio, rel_tol=1e-6)
    assert measured(naive.energy_modulation, cell, pair) == pytest.approx(cell.energy_modulation, rel=1e-5, abs=1e-12)


@pytest.mark.parametrize(("octaves", "depth"), [(1.0, 2.9e-11), (1.5, 1.05e-5), (2.0, 9.0e-4)])
def test_energy_modulation_of_the_exact_pair(octaves, depth):
    cell = gabor(octaves, aspect=1.5)
    found = measured(naive.energy_modulation, cell, cell.kernel(wide(cell)))
    assert found == pytest.approx(2 * np.exp(-8 * (pi * cell.n_x) ** 2), rel=0.01)
    assert cell.energy_modulation == pytest.approx(depth, rel=0.02)
    assert found < 1.02 * depth


@pytest.mark.parametrize(
    ("octaves", "sigmas", "depth"),
    [(1, 3, 5.3e-4), (1, 5, 2.1e-7), (1, 8, 2.9e-11), (1.4, 3, 6.6e-4), (1.4, 5, 2.5e-6)],
)
def test_energy_modulation_needs_more_than_the_default_size(octaves, sigmas, depth):
    cell = Gabor.from_bandwidth(1 / 8, octaves)
    assert wide(cell, 3) == cell.size
    found = measured(naive.energy_modulation, cell, cell.kernel(wide(cell, sigmas)))
    assert found == pytest.approx(depth, rel=0.03)


@pytest.mark.parametrize(("octaves", "depth"), [(1.0, 7.6e-6), (1.5, 4.6e-3), (2.0, 4.3e-2)])
def test_subtracting_the_mean_breaks_quadrature(octaves, depth):
    cell = gabor(octaves)
    found = measured(naive.energy_modulation, cell, cell.kernel(wide(cell), dc="subtract"))
    assert found == pytest.approx(depth, rel=0.02)
    assert isclose(found, 1 / cosh((2 * pi * cell.n_x) ** 2), rel_tol=1e-4)


@pytest.mark.parametrize("size", [None, 25, 64, (40, 31)])
@pytest.mark.parametrize("octaves", OCTAVES)
@pytest.mark.parametrize("dc", DC[1:])
def test_without_dc_both_filters_sum_to_zero(dc, octaves, size):
    kernel = gabor(octaves, phase=50, aspect=1.3, x0=0.4, amplitude=3).kernel(size, dc=dc)
    assert abs(kernel.real.sum()) < 1e-12
    assert abs(kernel.imag.sum()) < 1e-12


@pytest.mark.parametrize("size", [None, 25, 64, (40, 31)])
@pytest.mark.parametrize("octaves", OCTAVES)
@pytest.mark.parametrize("orientation", [0, 30, 90, 137, 250])
def test_quadrature_pair_has_constant_energy(octaves, size, orientation):
    cell = gabor(octaves, orientation, phase=50, aspect=1.3, x0=0.4)
    kernel = cell.kernel(size, dc="quadrature")
    assert measured(naive.energy_modulation, cell, kernel) < 1e-12
    assert measured(naive.gain, cell, kernel) == pytest.approx(measured(naive.gain, cell, cell.kernel(size)), rel=0.02)


@pytest.mark.parametrize("octaves", OCTAVES)
def test_quadrature_pair_stays_a_one_sided_gabor(octaves):
    cell = gabor(octaves)
    none, subtract, pair = (cell.kernel(wide(cell), dc=dc) for dc in DC)
    assert np.linalg.norm(pair.imag - none.imag) < 0.01 * np.linalg.norm(none.imag)
    assert np.linalg.norm(pair.real - none.real) < 0.6 * np.linalg.norm(subtract.real - none.real)
    for factor in (0.5, 0.7):
        depths = [naive.energy_modulation(k, factor / 8, radians(30)) for k in (subtract, pair)]
        assert depths[1] < 0.2 * depths[0]


@pytest.mark.parametrize("orientation", [0, 30, 137, 250])
def test_quadrature_pair_has_no_spectrum_behind(orientation):
    cell = gabor(1.5, orientation, phase=50, aspect=1.3, x0=0.4)
    shares = []
    for dc in DC:
        power = abs(np.fft.fft2(cell.kernel(41, dc=dc))) ** 2
        v, u = np.meshgrid(*2 * [np.fft.fftfreq(41)], indexing="ij")
        ahead = u * np.cos(radians(orientation)) + v * np.sin(radians(orientation))
        shares.append(power[ahead < 1e-12].sum() / power.sum())
    assert shares[2] < 1e-6 < 3e-4 < min(shares[:2])


@pytest.mark.parametrize("dc", DC)
def test_phase_turns_the_pair(dc):
    even, turned = (gabor(phase=phase, y0=0.3).kernel(31, dc=dc) for phase in (0, 37))
    np.testing.assert_allclose(turned, even * np.exp(1j * radians(37)), rtol=0, atol=1e-14)


@pytest.mark.parametrize("dc", DC)
def test_types_of_kernels(dc):
    full, short = gabor().kernel(dc=dc), gabor().kernel(dc=dc, dtype="complex64")
    assert (full.dtype, short.dtype) == (np.complex128, np.complex64)
    np.testing.assert_array_equal(short, full.astype(np.complex64))


@pytest.mark.parametrize("dc", DC)
def test_windows_that_hold_nothing_give_finite_kernels(dc):
    assert np.all(np.isfinite(Gabor(8, sigma_x=2, x0=900).kernel(5, dc=dc)))
    assert not np.any(Gabor(8, amplitude=0).kernel(5, dc=dc))
    assert np.all(abs(Gabor(2.5, sigma_x=2).kernel(1, dc=dc)) < 1.01)


@pytest.mark.parametrize(
    ("name", "value"),
    [("wavelength", v) for v in (0, -1, nan, inf, "8", None, True)]
    + [(s, v) for s in ("sigma_x", "sigma_y", "pixels_per_degree") for v in (0, -2.0, nan, inf, "3")]
    + [(s, v) for s in ("orientation", "phase", "amplitude", "x0", "y0") for v in (nan, inf, None, [1])],
)
def test_bad_parameters_are_named(name, value):
    with pytest.raises(InvalidParameter, match=f"^Gabor: {name} must be") as error:
        Gabor(**{"wavelength": 8, name: value})
    assert error.value.name == name


BAD_SIZES = [0, -3, 5.0, "9", (3,), (3, 4, 5), (3, 0), (3, 2.5), True, np.array([3.0, 4.0]), np.ones((2, 2), int)]


@pytest.mark.parametrize("size", BAD_SIZES)
def test_bad_sizes_are_refused(size):
    with pytest.raises(InvalidParameter, match=r"^Gabor\.kernel: size"):
        Gabor(8).kernel(size)


@pytest.mark.parametrize(
    ("name", "value"), [("dc", "mean"), ("dc", None), ("dtype", float), ("dtype", "foo"), ("dtype", None)]
)
def test_bad_options_are_refused(name, value):
    with pytest.raises(InvalidParameter, match=rf"^Gabor\.kernel: {name}"):
        Gabor(8).kernel(**{name: value})


def test_short_wavelengths_are_computed_as_asked():
    cell = Gabor(1.5, sigma_x=3)
    assert cell.kernel(5).real[2, 3] == pytest.approx(np.exp(-1 / 18) * np.cos(2 * pi / 1.5), abs=1e-15)
    with pytest.raises(InvalidParameter, match="dc must be another where the wavelength"):
        cell.kernel(5, dc="quadrature")


@pytest.mark.parametrize("wavelength", [2.1, 2.5, 3.0])
def test_quadrature_holds_close_to_the_finest_grating(wavelength):
    cell = Gabor(wavelength, 20, sigma_x=4)
    pair = cell.kernel(33, dc="quadrature")
    assert measured(naive.energy_modulation, cell, pair) < 1e-12
    assert measured(naive.gain, cell, pair) == pytest.approx(measured(naive.gain, cell, cell.kernel(33)), rel=0.03)
