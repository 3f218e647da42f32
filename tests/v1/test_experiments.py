"""Experiments on cells whose answers are known in closed form."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1 import (
    EnergyCell,
    Gabor,
    NormalisedPopulation,
    SimpleCell,
    contrast_response,
    cross_orientation_suppression,
    experiments,
    frequency_tuning,
    modulation,
    orientation_tuning,
    size_tuning,
)
from neurosim.v1.measures import fit_contrast_response

from . import naive_lab

GABOR = Gabor(8, orientation=40, phase=25, sigma_x=3.2)
SHAPE = (41, 41)


def test_simple_cells_are_modulated_and_complex_cells_are_not():
    ratio = {
        nonlinearity: float(
            modulation(SimpleCell(GABOR, SHAPE, nonlinearity=nonlinearity), wavelength=8, orientation=40).ratio
        )
        for nonlinearity in ("rectified", "half-squared", "full")
    }
    assert ratio["rectified"] == pytest.approx(np.pi / 2, abs=0.002)
    assert ratio["half-squared"] == pytest.approx(16 / (3 * np.pi), abs=0.002)
    assert ratio["full"] < 1e-3
    energy = float(modulation(EnergyCell(GABOR, SHAPE), wavelength=8, orientation=40).ratio)
    assert energy < 1e-3
    assert ratio["rectified"] > 1 > energy


def test_modulation_of_a_membrane_potential():
    cell = SimpleCell(GABOR, SHAPE, nonlinearity="linear")
    found = modulation(cell, wavelength=8, orientation=40, contrast=0.3, frames=20)
    assert abs(found.f0) < 1e-9
    assert found.f1 == pytest.approx(0.3 * np.pi * 3.2**2, rel=1e-3)
    assert found.rates.shape == (20,)


def half_width(cells, n_x):
    """Closed form: the linear answer of a circular Gabor goes with exp(-4 pi^2 n_x^2 (1 - cos a))."""
    return np.rad2deg(np.arccos(1 - np.log(2) / (4 * np.pi**2 * n_x**2 * cells)))


def test_half_squaring_narrows_orientation_tuning():
    gabor = Gabor(6, orientation=40, sigma_x=7.2)
    linear, squared = (
        orientation_tuning(
            SimpleCell(gabor, (73, 73), nonlinearity=kind), wavelength=6, orientations=np.arange(0, 180, 3.0), frames=16
        )
        for kind in ("rectified", "half-squared")
    )
    assert linear.preferred == pytest.approx(40, abs=0.05)
    assert linear.hwhh == pytest.approx(half_width(1, 1.2), rel=2e-3)
    assert squared.hwhh == pytest.approx(half_width(2, 1.2), rel=2e-3)
    assert linear.hwhh / squared.hwhh == pytest.approx(np.sqrt(2), abs=0.005)


def test_orientation_tuning_reads_every_orientation():
    cell = SimpleCell(GABOR, (21, 19))
    curve = orientation_tuning(cell, wavelength=7, orientations=[10, 50], contrast=0.4, frames=12, radius=6)
    assert (curve.parameter, curve.unit) == ("orientation", "degrees")
    for i, angle in enumerate((10, 50)):
        rates = [
            cell.respond(naive_lab.grating((21, 19), 7, angle, -360 * t / 12, 0.4, radius=6)).item() for t in range(12)
        ]
        np.testing.assert_allclose((curve.f0[i], curve.f1[i]), naive_lab.harmonics(rates, 1), rtol=1e-9)


def test_default_orientations_are_dense_enough_for_narrow_cells():
    gabor = Gabor.from_bandwidth(1 / 8, 1.0, orientation=33, aspect=3)
    cell = SimpleCell(gabor, (71, 71))
    curve = orientation_tuning(cell, wavelength=8, frames=8)
    dense = orientation_tuning(cell, wavelength=8, frames=8, orientations=np.arange(0, 180, 1.0))
    assert curve.preferred == pytest.approx(33, abs=0.05)
    assert 2 * dense.hwhh == pytest.approx(gabor.orientation_bandwidth, rel=0.01)
    assert curve.hwhh == pytest.approx(dense.hwhh, rel=0.003)
    np.testing.assert_array_equal(curve.x, np.arange(0, 180, 180 / len(curve.x)))
    assert curve.circular_variance == pytest.approx(dense.circular_variance, rel=5e-3)


def test_default_orientations_stay_few_for_wide_cells_and_look_at_the_narrowest_of_a_population():
    curve = orientation_tuning(POPULATION, wavelength=8, frames=8)
    np.testing.assert_array_equal(curve.x, np.arange(0, 180, 7.5))

    class Silent:
        shape, cells = (9, 9), 0

        def respond(self, stimulus):
            self.cells += 1
            return np.zeros(len(stimulus))

    silent = Silent()
    assert len(orientation_tuning(silent, wavelength=4).x) == silent.cells == 24

    class Pair:
        shape = (33, 33)

        def respond(self, stimulus):
            return np.stack([EnergyCell(Gabor(8, sigma_x=s)).respond(stimulus) for s in (2, 5)], axis=1)

    assert len(orientation_tuning(Pair(), wavelength=8, frames=4).x) == 48


def test_frequency_tuning():
    gabor = Gabor.from_bandwidth(1 / 8, 1.4, orientation=40)
    cell = SimpleCell(gabor, (61, 61))
    curve = frequency_tuning(cell, orientation=40, frames=16)
    assert curve.preferred == pytest.approx(1 / 8, rel=0.02)
    assert curve.bandwidth_octaves == pytest.approx(1.4, abs=0.03)
    assert curve.unit == "cycles/px"
    np.testing.assert_allclose(curve.x[[0, 1, -1]], [1 / 64, 2**0.25 / 64, 2**-1.25])


class Suppressed:
    """A rectified centre less the energy of all the frame: best at a medium size."""

    shape = (41, 41)

    def respond(self, stimulus):
        centre = SimpleCell(Gabor(8, sigma_x=4), self.shape).respond(stimulus)
        return np.maximum(0, centre - 0.03 * (stimulus**2).sum(axis=(1, 2)))


def test_size_tuning():
    grows = size_tuning(SimpleCell(Gabor(8, sigma_x=4), SHAPE), wavelength=8, frames=16)
    assert len(grows.x) == 17
    assert grows.x[-1] == 20.5
    assert grows.f1[0] == 0
    assert abs(grows.suppression_index) < 0.01
    best = size_tuning(Suppressed(), wavelength=8, radii=np.arange(0, 21.0), frames=16)
    assert 6 < best.preferred < 14
    assert 0.1 < best.suppression_index < 0.9


def test_sizes_do_not_go_around():
    radii = np.arange(0, 180, 10.0)
    wide = SimpleCell(Gabor(40, sigma_x=10), (361, 361))
    curve = size_tuning(wide, wavelength=40, radii=radii, frames=4, phase=180)
    assert np.isnan(curve.hwhh)
    with pytest.raises(DataError, match="only curves of orientation have this measure; this is one of radius"):
        _ = curve.circular_variance


POPULATION = NormalisedPopulation.ring(Gabor(8, sigma_x=4), n=12, shape=(33, 33), c50=0.2, r_max=30)


def test_normalisation_saturates_as_set():
    curve = contrast_response(POPULATION, wavelength=8, frames=16).cell(0)
    fit = fit_contrast_response(curve.x, curve.response)
    assert fit.n == pytest.approx(2, abs=0.02)
    assert fit.c50 == pytest.approx(0.2, rel=0.01)
    assert fit.r_max == pytest.approx(30, rel=0.01)
    assert abs(fit.baseline) < 0.01


def test_an_orthogonal_mask_divides():
    found = cross_orientation_suppression(POPULATION, wavelength=8, frames=16).cell(0)
    assert found.shift == pytest.approx(np.sqrt(1 + (0.5 / 0.2) ** 2), rel=0.03)  # 2.69
    alone, masked = found.fits
    assert masked.r_max == pytest.approx(alone.r_max, rel=0.03)
    assert np.isnan(found.suppression[0])
    expected = 1 - (0.04 + found.alone.x[1:] ** 2) / (0.29 + found.alone.x[1:] ** 2)
    np.testing.assert_allclose(found.suppression[1:], expected, atol=0.02)


def test_a_simple_cell_under_a_mask_is_judged_by_f1():
    cell = SimpleCell(GABOR, SHAPE)
    found = cross_orientation_suppression(
        cell, wavelength=8, orientation=40, mask_orientation=40, mask_contrast=0.4, contrasts=[0.1, 0.5], frames=16
    )
    alone, masked = found.responses
    np.testing.assert_array_equal(alone, found.alone.f1)
    np.testing.assert_array_equal(masked, found.masked.f1)
    assert not np.allclose(found.masked.f0, found.masked.f1, rtol=0.1)
    complex_ = cross_orientation_suppression(EnergyCell(GABOR, SHAPE), wavelength=8, orientation=40, contrasts=[0, 1])
    np.testing.assert_array_equal(complex_.responses[1], complex_.masked.f0)


def test_masks_are_what_they_are_said_to_be():
    shown = []

    class Eye:
        def respond(self, stimulus):
            shown.append(stimulus)
            return 1.0 + stimulus.mean(axis=(1, 2))

    cross_orientation_suppression(
        Eye(), wavelength=6, orientation=10, contrasts=[0.3], mask_orientation=55, mask_contrast=0.2, mask_wavelength=9,
        mask_cycles=3, frames=8, radius=4, shape=(9, 9),
    )  # fmt: skip
    for t in range(8):
        test = naive_lab.grating((9, 9), 6, 10, -45 * t, 0.3, radius=4)
        mask = naive_lab.grating((9, 9), 9, 55, -3 * 45 * t, 0.2, radius=4)
        np.testing.assert_allclose(shown[0][t], test, atol=1e-12)
        np.testing.assert_allclose(shown[1][t], test + mask, atol=1e-12)
    cross_orientation_suppression(Eye(), wavelength=6, orientation=10, contrasts=[0.0], frames=8, shape=(9, 9))
    for t in range(8):
        np.testing.assert_allclose(shown[3][t], naive_lab.grating((9, 9), 6, 100, -90 * t, 0.5), atol=1e-12)


def test_tuning_keeps_its_width_only_with_normalisation():
    wide = np.arange(0, 180, 5.0)

    def widths(cell, contrasts, **kind):
        curves = [orientation_tuning(cell, wavelength=8, orientations=wide, contrast=c, frames=16) for c in contrasts]
        return [(curve.cell(0) if curve.f0.ndim == 2 else curve).hwhh for curve in curves]

    low, high = widths(POPULATION, (0.05, 1.0))
    assert abs(high / low - 1) < 0.01
    iceberg = SimpleCell(Gabor(8, sigma_x=4), (33, 33), threshold=0.04 * np.pi * 16)
    low, high = widths(iceberg, (0.05, 1.0))
    assert high / low > 1.2


def test_phase_response():
    n_x = 0.3924
    cell = EnergyCell(Gabor(10, orientation=20, sigma_x=10 * n_x), (51, 51))
    curve = experiments.phase_response(cell, wavelength=10, orientation=20)
    q = np.exp(-8 * np.pi**2 * n_x**2)
    assert curve.depth == pytest.approx(2 * q / (1 + q**2), rel=0.01)
    assert curve.x[-1] == 345
    simple = experiments.phase_response(SimpleCell(GABOR, SHAPE), wavelength=8, orientation=40)
    assert simple.preferred == pytest.approx(25, abs=0.5)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"orientations": [10, 10]}, InvalidParameter, "experiment: orientations must be ascending finite numbers"),
        ({"orientations": []}, InvalidParameter, "orientations must be ascending finite numbers"),
        ({"orientations": ["up"]}, InvalidParameter, "orientations must be ascending finite numbers"),
        (
            {"mask": {"contrast": 1}},
            InvalidParameter,
            "experiment: mask must be left out: here experiments take cycles",
        ),
        ({"orientation": 30}, InvalidParameter, "experiment: orientation must be left out"),
        ({"frames": 2}, InvalidParameter, "experiment: frames must be an integer >= 3; got 2"),
        ({"settle": -1}, InvalidParameter, "experiment: settle must be an integer >= 0; got -1"),
        ({"cycles": 0}, InvalidParameter, "experiment: cycles must be an integer >= 1; got 0"),
        ({"shape": (3,)}, InvalidParameter, "experiment: shape must be"),
        ({"shape": (9, 9)}, DataError, "SimpleCell"),
        ({"wavelength": -4}, InvalidParameter, "grating: wavelength must be numbers > 0; got -4"),
    ],
)
def test_refusals(options, error, message):
    with pytest.raises(error, match=message):
        orientation_tuning(SimpleCell(GABOR), **({"wavelength": 8} | options))


def test_other_refusals():
    class Mute:
        shape = (5, 5)

        def respond(self, stimulus):
            return stimulus

    with pytest.raises(
        DataError, match=r"Mute.respond must return \(32,\) or \(32, cells\); got the shape \(32, 5, 5\)"
    ):
        orientation_tuning(Mute(), wavelength=8)
    with pytest.raises(InvalidParameter, match="shape must be given for a cell that has no shape of its own"):
        modulation(object(), wavelength=8)
    with pytest.raises(InvalidParameter, match="frequencies must be ascending finite numbers > 0"):
        frequency_tuning(Mute(), frequencies=[0, 1])
    with pytest.raises(InvalidParameter, match="contrasts must be ascending finite numbers >= 0"):
        contrast_response(Mute(), wavelength=8, contrasts=[-1, 1])
