"""The energy model and the max cell against plain loops and closed forms."""

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.v1 import EnergyCell, Gabor, HubelWieselCell, MaxCell, MotionEnergy, NormalisedPopulation, SimpleCell
from neurosim.v1.stimuli import bar, drifting_grating, grating
from tests.v1 import naive_cells

PHASES = np.arange(0, 360, 5.0)


def modulation(bandwidth, dc="none"):
    """Return (max - min) / (max + min) of the energy over the phase of the matched grating, and n_x."""
    gabor = Gabor.from_bandwidth(frequency=0.125, bandwidth=bandwidth, orientation=0)
    side = 2 * int(np.ceil(8 * gabor.sigma_x)) + 1
    rates = EnergyCell(gabor, (side, side), dc=dc).respond(grating((side, side), 8, phase=PHASES))
    return (rates.max() - rates.min()) / (rates.max() + rates.min()), gabor.n_x


def test_answers_are_those_of_plain_loops(rng):
    image = rng.normal(size=(9, 12))
    gabor = Gabor(5, orientation=70, phase=40, sigma_x=2, sigma_y=3, amplitude=1.5, x0=1, y0=-0.5)
    cell = EnergyCell(gabor, (9, 12), gain=2)
    assert cell.respond(image) == pytest.approx(2 * naive_cells.energy(gabor, image), rel=1e-11)
    assert cell.linear(image).real == pytest.approx(naive_cells.linear(gabor, image), rel=1e-11)
    assert cell.linear(image).imag == pytest.approx(naive_cells.linear(gabor, image, -90), rel=1e-11)


@pytest.mark.parametrize(("bandwidth", "known"), [(1.0, 2.9e-11), (1.5, 1.05e-5), (2.0, 9.0e-4)])
def test_energy_hardly_depends_on_phase(bandwidth, known):
    depth, n_x = modulation(bandwidth)
    theory = 2 * np.exp(-8 * np.pi**2 * n_x**2)
    assert theory == pytest.approx(known, rel=0.01)
    assert depth == pytest.approx(theory, rel=0.01)


@pytest.mark.parametrize(("bandwidth", "broken"), [(1.0, 7.6e-6), (1.5, 4.6e-3), (2.0, 4.3e-2)])
def test_subtracting_the_mean_of_the_even_field_breaks_the_pair(bandwidth, broken):
    assert modulation(bandwidth, "subtract")[0] == pytest.approx(broken, rel=0.02)
    assert modulation(bandwidth, "quadrature")[0] < 1e-9


def test_energy_has_no_first_harmonic():
    gabor = Gabor.from_bandwidth(frequency=0.125, bandwidth=1.5)
    f0, f1, _ = naive_cells.first_harmonic(EnergyCell(gabor).respond(drifting_grating((33, 33), 64, 8)))
    assert f1 / f0 < 1e-3
    assert f0 == pytest.approx((np.pi * gabor.sigma_x**2) ** 2, rel=1e-3)


def test_f1_over_f0_splits_simple_from_complex_cells_at_one():
    gabor, movie = Gabor(8, sigma_x=3), drifting_grating((33, 33), 64, 8)
    ring = NormalisedPopulation.ring
    simple = [
        SimpleCell(gabor),
        SimpleCell(gabor, nonlinearity="half-squared", threshold=2),
        HubelWieselCell(flank=4, threshold=0.1),
        ring(gabor, kind="simple").cell(0),
    ]
    complex_ = [EnergyCell(gabor), MaxCell(gabor), ring(gabor).cell(0), MotionEnergy(gabor, period=64, periodic=True)]
    for cells, low, high in ((simple, 1.3, 2.0), (complex_, 0.0, 0.1)):
        for cell in cells:
            f0, f1, _ = naive_cells.first_harmonic(cell.respond(movie))
            assert low <= f1 / f0 < high


def test_energy_goes_with_the_square_of_contrast_and_ignores_its_sign(rng):
    cell, image = EnergyCell(Gabor(8, sigma_x=3)), rng.normal(size=(33, 33))
    assert cell.respond(3 * image) == pytest.approx(9 * cell.respond(image), rel=1e-12)
    assert cell.respond(-image) == cell.respond(image)


def test_four_half_squared_simple_cells_add_up_to_the_energy(rng):
    image = rng.normal(size=(33, 33))
    parts = [
        SimpleCell(Gabor(8, sigma_x=3, phase=phase), nonlinearity="half-squared").respond(image)
        for phase in (0, 90, 180, 270)
    ]
    assert EnergyCell(Gabor(8, sigma_x=3)).respond(image) == pytest.approx(sum(parts), rel=1e-12)


@pytest.mark.parametrize("n", [2, 4, 8])
def test_max_over_phases_of_a_drifting_grating(n):
    cell = MaxCell(Gabor(8, sigma_x=4), (49, 49), phases=np.arange(n) * 360 / n, gain=3)
    rates = cell.respond(grating((49, 49), 8, phase=np.arange(0, 360, 0.5)))
    best = 3 * np.pi * 16
    assert rates.max() == pytest.approx(best, rel=1e-5)
    assert rates.min() == pytest.approx(best * max(0, np.cos(np.pi / n)), abs=1e-3 * best)
    f0, f1, _ = naive_cells.first_harmonic(rates)
    assert f0 == pytest.approx(best * n / np.pi * np.sin(np.pi / n), rel=1e-4)
    assert f1 < 1e-3 * f0


def test_max_over_places_answers_a_bar_wherever_it_lies():
    gabor = Gabor(10, sigma_x=2.5)
    cell = MaxCell(gabor, phases=(0,), positions=[(x, 0) for x in range(-6, 7)])
    one = SimpleCell(gabor)
    bars = bar((33, 33), 20, 3, x0=np.arange(-6, 7))
    assert cell.respond(bars).min() > 0.99 * one.respond(bars).max()
    assert one.respond(bars).min() == 0
    assert cell.respond(-bars).max() < one.respond(bars).max()


def test_max_is_the_largest_of_its_simple_cells(rng):
    gabors = [Gabor(8, orientation=20, sigma_x=3), Gabor(6, orientation=25, sigma_x=3, phase=90)]
    cell = MaxCell(gabors, phases=(0, 90), positions=((0, 0), (2, 1)))
    frames = rng.normal(size=(20, 33, 33))
    each = np.array([simple.respond(frames) for simple in cell.simple])
    assert each.shape == (8, 20)
    np.testing.assert_allclose(cell.respond(frames), each.max(axis=0), rtol=1e-10)
    assert MaxCell(gabors[0], phases=(0,)).respond(-cell.simple[0].field) == 0


def test_phases_and_places_are_added_to_the_gabors(rng):
    image = rng.normal(size=(33, 33))
    cell = MaxCell(Gabor(8, phase=10, sigma_x=3, x0=1, y0=-1), phases=(50,), positions=((3, -2),))
    moved = SimpleCell(Gabor(8, phase=60, sigma_x=3, x0=4, y0=-3))
    assert cell.respond(image) == pytest.approx(moved.respond(image), rel=1e-10)
    assert cell.respond(-image) == pytest.approx(moved.respond(-image), rel=1e-10)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: EnergyCell(8), "EnergyCell: gabor"),
        (lambda: EnergyCell(Gabor(8), (33, 0)), "EnergyCell: shape"),
        (lambda: EnergyCell(Gabor(8), gain=-1), "EnergyCell: gain"),
        (lambda: EnergyCell(Gabor(8), dc="most"), "dc"),
        (lambda: MaxCell([]), "MaxCell: gabors"),
        (lambda: MaxCell(8), "MaxCell: gabors"),
        (lambda: MaxCell([Gabor(8), 8]), "MaxCell: gabors"),
        (lambda: MaxCell(Gabor(8), phases=()), "MaxCell: phases"),
        (lambda: MaxCell(Gabor(8), phases=90), "MaxCell: phases"),
        (lambda: MaxCell(Gabor(8), positions=()), "MaxCell: positions"),
        (lambda: MaxCell(Gabor(8), positions=(1, 2)), "MaxCell: positions"),
        (lambda: MaxCell(Gabor(8), gain=0), "MaxCell: gain"),
    ],
)
def test_bad_parameters_are_named(make, name):
    with pytest.raises(InvalidParameter, match=f"{name} must be"):
        make()
