"""Simple cells against plain loops and closed forms; Hubel and Wiesel's cell, its tuning and the iceberg."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.v1 import DifferenceOfGaussians, Gabor, HubelWieselCell, NormalisedPopulation, SimpleCell
from neurosim.v1.stimuli import drifting_grating, grating
from tests.v1 import naive_cells

SHAPE = (41, 41)
GABOR = Gabor(9, orientation=30, sigma_x=4)
ANGLES = np.arange(0, 90.1, 3)


def fourier(cell, frames=256):
    movie = drifting_grating(cell.shape, frames, cell.gabor.wavelength, cell.gabor.orientation)
    return naive_cells.first_harmonic(cell.respond(movie))


@cache
def drifts(orientation):
    """Return movies of drifting gratings at orientation + ANGLES, (angles, frames, rows, columns)."""
    return np.stack([drifting_grating(SHAPE, 16, 9, orientation + a) for a in ANGLES])


def tuning(cell, orientation=0, contrast=1.0):
    """Return the mean rates over a cycle at orientation + ANGLES."""
    return cell.respond(contrast * drifts(orientation)).mean(axis=1)


def width(cell, orientation=0, contrast=1.0):
    return naive_cells.half_width(ANGLES, tuning(cell, orientation, contrast))


def thresholded(lgn, n, share):
    """Return a Hubel-Wiesel cell whose threshold is a share of the largest drive that the best grating gives."""
    free = HubelWieselCell(lgn, n, flank=4.5)
    return HubelWieselCell(lgn, n, flank=4.5, threshold=share * free.respond(drifts(0)[0]).max())


def test_answers_are_those_of_plain_loops(rng):
    image = rng.normal(size=(9, 12))
    gabor = Gabor(5, orientation=70, phase=40, sigma_x=2, sigma_y=3, amplitude=1.5, x0=1, y0=-0.5)
    expected = naive_cells.linear(gabor, image)
    for sign in (1, -1):
        z = sign * expected
        for nonlinearity, threshold, rate in (
            ("rectified", 0.3, max(0, z - 0.3)),
            ("half-squared", 0.3, max(0, z - 0.3) ** 2),
            ("linear", 0, z),
            ("full", 0.3, max(0, abs(z) - 0.3)),
        ):
            cell = SimpleCell(gabor, (9, 12), nonlinearity=nonlinearity, threshold=threshold, gain=2)
            assert cell.linear(sign * image) == pytest.approx(z, rel=1e-11)
            assert cell.respond(sign * image) == pytest.approx(2 * rate, rel=1e-11)


def test_matched_grating_drives_with_half_the_volume_of_the_envelope():
    gabor = Gabor(9, orientation=30, phase=50, sigma_x=4, sigma_y=6, amplitude=0.7, x0=2)
    cell = SimpleCell(gabor, (81, 81))
    best = grating((81, 81), 9, 30, 50, 0.5, x0=2)
    assert cell.linear(best) == pytest.approx(0.5 * 0.7 * np.pi * 4 * 6, rel=1e-5)


@pytest.mark.parametrize(
    ("nonlinearity", "f1_over_f0"), [("rectified", np.pi / 2), ("half-squared", 16 / (3 * np.pi)), ("full", 0.0)]
)
def test_f1_over_f0_of_a_drifting_grating(nonlinearity, f1_over_f0):
    f0, f1, _ = fourier(SimpleCell(GABOR, SHAPE, nonlinearity=nonlinearity))
    assert f1 / f0 == pytest.approx(f1_over_f0, abs=0.002)


def test_a_linear_cell_answers_with_a_sinusoid_without_mean():
    f0, f1, phase = fourier(SimpleCell(GABOR, SHAPE, nonlinearity="linear"))
    assert f0 == pytest.approx(0, abs=1e-9)
    assert f1 == pytest.approx(np.pi * 16, rel=1e-4)
    assert phase == pytest.approx(0, abs=1e-9)


def test_half_squaring_narrows_a_gaussian_tuning_curve_by_the_square_root_of_two():
    # at its peak frequency a long field's tuning to orientation is nearly a Gaussian
    gabor = Gabor(10, sigma_x=6, sigma_y=12)
    widths = []
    fine = np.arange(0, 30, 0.05)
    frames = np.stack([grating((121, 121), 10, a) for a in np.arange(0, 30, 0.5)])
    for nonlinearity in ("rectified", "half-squared"):
        rates = SimpleCell(gabor, (121, 121), nonlinearity=nonlinearity).respond(frames)
        curve = np.exp(np.interp(fine, np.arange(0, 30, 0.5), np.log(np.maximum(rates, 1e-300))))
        widths.append(naive_cells.half_width(fine, curve))
    assert widths[0] == pytest.approx(gabor.orientation_bandwidth / 2, rel=0.003)
    assert widths[0] / widths[1] == pytest.approx(1.414, abs=0.005)


def test_half_squaring_takes_a_width_of_23_54_degrees_to_16_65():
    # a cell of one pixel, whose answer is the pixel: the nonlinearity alone
    angles = np.arange(0, 60, 0.01)
    drives = np.exp(-(angles**2) / (2 * 20.0**2))[:, None, None]
    widths = [
        naive_cells.half_width(angles, SimpleCell(Gabor(8), (1, 1), nonlinearity=n).respond(drives))
        for n in ("rectified", "half-squared")
    ]
    assert widths == pytest.approx([23.54, 16.65], abs=0.01)


def test_a_threshold_narrows_tuning_and_less_so_at_high_contrast():
    cell = SimpleCell(GABOR, SHAPE, threshold=0.25 * np.pi * 16)
    narrow, wide, free = width(cell, 30, 0.3), width(cell, 30), width(SimpleCell(GABOR, SHAPE), 30)
    assert narrow < 0.75 * wide
    assert wide < 0.85 * free


def test_hubel_wiesel_answers_are_those_of_plain_loops(rng):
    image = 3 * rng.normal(size=(13, 14))
    lgn = DifferenceOfGaussians(1.1, 2.2, (13, 14), ratio=0.8)
    cell = HubelWieselCell(lgn, 3, orientation=25, spacing=1.7, flank=2.5, threshold=0.05, gain=4)
    expected = naive_cells.hubel_wiesel(image, 3, 1.7, 25, 2.5, 0.05, 1.1, 2.2, 0.8)
    assert expected > 0
    assert cell.respond(image) == pytest.approx(4 * expected, rel=1e-11)
    assert cell.lgn_rates(image).shape == (len(cell.inputs),) == (9,)
    assert cell.linear(image) == pytest.approx((cell.field * image).sum(), rel=1e-11)


def test_inputs_that_are_never_silent_make_a_linear_sum(rng):
    image = 0.1 * rng.normal(size=SHAPE)
    cell = HubelWieselCell(DifferenceOfGaussians(shape=SHAPE, background=1.0), 6, flank=4)
    assert cell.respond(image) == pytest.approx(1.0 + cell.linear(image), rel=1e-12)


def test_rows_lie_along_the_bar_and_flanks_beside_it():
    cell = HubelWieselCell(n=3, orientation=90, spacing=2, flank=5)
    found = [(round(c.x0, 9) + 0.0, round(c.y0, 9) + 0.0, c.polarity) for c in cell.inputs]
    assert sorted(found) == sorted(
        [(x, 0.0, "on") for x in (-2.0, 0.0, 2.0)] + [(x, y, "off") for x in (-2.0, 0.0, 2.0) for y in (-5.0, 5.0)]
    )


def test_rows_lie_where_the_lgn_cell_does_two_standard_deviations_apart():
    lgn = DifferenceOfGaussians(1.25, x0=3, y0=-4, polarity="off")
    found = [(c.x0, c.y0, c.polarity) for c in HubelWieselCell(lgn, 2, flank=5).inputs]
    expected = [(3 + x, -4 + y, "off" if x == 0 else "on") for x in (0, -5, 5) for y in (-1.25, 1.25)]
    assert found == expected


def test_the_longer_the_row_the_narrower_the_tuning():
    lgn = DifferenceOfGaussians(1.5, shape=SHAPE)
    widths = [width(thresholded(lgn, n, 0.5)) for n in (2, 4, 8, 12)]
    assert widths[0] < 60
    assert all(later < 0.8 * earlier for earlier, later in pairwise(widths))


def test_without_a_threshold_the_mean_is_the_same_for_all_orientations():
    rates = tuning(HubelWieselCell(DifferenceOfGaussians(1.5, 4, SHAPE), 4, flank=4.5))
    assert rates.min() > 0.97 * rates.max()
    assert tuning(thresholded(DifferenceOfGaussians(1.5, 4, SHAPE), 4, 0.5))[-1] == 0


def test_the_iceberg_and_its_cure():
    cell = thresholded(DifferenceOfGaussians(1.5, shape=SHAPE), 8, 0.4)
    assert 1.2 * width(cell, contrast=0.5) < width(cell, contrast=1.0) < 60
    cured = NormalisedPopulation.ring(Gabor(9), 12, SHAPE, kind="simple").cell(0)
    assert width(cured, contrast=1.0) == pytest.approx(width(cured, contrast=0.25), rel=0.01)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: SimpleCell("gabor"), "SimpleCell: gabor"),
        (lambda: SimpleCell(GABOR, 33), "SimpleCell: shape"),
        (lambda: SimpleCell(GABOR, nonlinearity="cubic"), "SimpleCell: nonlinearity"),
        (lambda: SimpleCell(GABOR, threshold=-1), "SimpleCell: threshold"),
        (lambda: SimpleCell(GABOR, nonlinearity="linear", threshold=1), "SimpleCell: threshold"),
        (lambda: SimpleCell(GABOR, gain=0), "SimpleCell: gain"),
        (lambda: SimpleCell(GABOR, dc="all"), "dc"),
        (lambda: HubelWieselCell(GABOR), "HubelWieselCell: lgn"),
        (lambda: HubelWieselCell(n=0), "HubelWieselCell: n"),
        (lambda: HubelWieselCell(orientation=np.nan), "HubelWieselCell: orientation"),
        (lambda: HubelWieselCell(spacing=0), "HubelWieselCell: spacing"),
        (lambda: HubelWieselCell(flank=-1), "HubelWieselCell: flank"),
        (lambda: HubelWieselCell(threshold=-1), "HubelWieselCell: threshold"),
        (lambda: HubelWieselCell(gain=-1), "HubelWieselCell: gain"),
    ],
)
def test_bad_parameters_are_named(make, name):
    with pytest.raises(InvalidParameter, match=f"{name} must be"):
        make()
