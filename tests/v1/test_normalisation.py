"""Divisive normalisation against its closed forms: contrast response, masks, tuning width."""

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.v1 import EnergyCell, Gabor, NormalisedPopulation, SimpleCell
from neurosim.v1.stimuli import grating
from tests.v1 import naive_cells

SHAPE = (41, 41)
GABOR = Gabor(8, orientation=20, phase=30, sigma_x=3.5)
CONTRASTS = np.array([0.05, 0.1, 0.2, 0.5, 1.0])
PHASES = np.arange(0, 360, 30.0)
ANGLES = np.arange(0, 90.1, 1.5)


def population(**parameters):
    return NormalisedPopulation.ring(GABOR, 12, SHAPE, **parameters)


def over_phases(cell, orientation, contrast, mask=0.0):
    """Return the mean rate over all phases of a grating and, apart from that, of an orthogonal mask."""
    frames = contrast * grating(SHAPE, 8, orientation, PHASES)
    masks = mask * grating(SHAPE, 8, orientation + 90, PHASES)
    return cell.respond(frames[:, None] + masks).mean() if mask else cell.respond(frames).mean()


def naka_rushton(contrasts, rates, r_max):
    """Return exponent and c50 of r_max c^n / (c50^n + c^n), from log(r_max / r - 1) = n log c50 - n log c."""
    slope, offset = np.polyfit(np.log(contrasts), np.log(r_max / rates - 1), 1)
    return -slope, np.exp(offset / -slope)


@pytest.mark.parametrize("kind", ["complex", "simple"])
@pytest.mark.parametrize(("n", "c50", "r_max"), [(2, 0.2, 1), (2.4, 0.3, 50), (1.5, 0.1, 1)])
def test_contrast_response_of_the_matched_grating(kind, n, c50, r_max):
    cells = population(c50=c50, r_max=r_max, exponent=n, kind=kind)
    for i in (0, 5):
        gabor = cells.gabors[i]
        best = grating(SHAPE, 8, gabor.orientation, gabor.phase, CONTRASTS)
        expected = r_max * CONTRASTS**n / (c50**n + CONTRASTS**n)
        rates = cells.respond(best)[:, i]
        np.testing.assert_allclose(rates, expected, rtol=2e-3)
        assert naka_rushton(CONTRASTS, rates, r_max) == pytest.approx((n, c50), rel=0.01)


def test_contrast_response_of_the_notes():
    cell = population().cell(0)
    rates = [over_phases(cell, 20, c) for c in CONTRASTS]
    assert rates == pytest.approx([0.059, 0.2, 0.5, 0.862, 0.962], abs=6e-4)


def test_an_orthogonal_mask_divides():
    cell = population().cell(0)
    rates = np.array([over_phases(cell, 20, c, mask=0.5) for c in CONTRASTS])
    assert rates == pytest.approx([0.009, 0.033, 0.121, 0.463, 0.775], abs=5e-3)
    n, c50 = naka_rushton(CONTRASTS, rates, 1)
    assert n == pytest.approx(2, abs=0.02)
    assert c50 / 0.2 == pytest.approx(np.sqrt(1 + (0.5 / 0.2) ** 2), rel=0.03)
    assert over_phases(cell, 110, 0.5) < 1e-3  # alone the mask does nothing


def test_tuning_keeps_its_width_at_any_contrast_and_a_threshold_does_not():
    frames = np.stack([grating(SHAPE, 8, 20 + a, PHASES) for a in ANGLES])
    peak = np.pi * GABOR.sigma_x**2
    for cell, contrasts, low, high in (
        (population().cell(0), (0.05, 1.0), 0.99, 1.01),
        (population(kind="simple").cell(0), (0.05, 1.0), 0.99, 1.01),
        (SimpleCell(GABOR, SHAPE, threshold=0.04 * peak), (0.05, 1.0), 1.2, np.inf),
    ):
        widths = [naive_cells.half_width(ANGLES, cell.respond(c * frames).mean(axis=1)) for c in contrasts]
        assert low < widths[1] / widths[0] < high


def test_answers_are_those_of_plain_loops(rng):
    image = rng.normal(size=(9, 12))
    gabors = [Gabor(5, orientation=a, phase=30, sigma_x=2, x0=x) for a, x in ((0, 1), (40, 0), (100, -1))]
    matched = [grating((9, 12), 5, gabor.orientation, [0, 90]) for gabor in gabors]  # mean energy over all phases

    def mean_energy(gabor, frames):
        return np.mean([naive_cells.energy(gabor, frame) for frame in frames])

    scales = [mean_energy(gabor, frames) for gabor, frames in zip(gabors, matched, strict=True)]
    pairs = list(zip(gabors, scales, strict=True))
    pool = sum(naive_cells.energy(g, image) / s for g, s in pairs)
    cells = NormalisedPopulation(gabors, (9, 12), c50=0.3, r_max=5).respond(image)
    simple = NormalisedPopulation(gabors, (9, 12), c50=0.3, r_max=5, kind="simple").respond(image)
    for i, (gabor, scale) in enumerate(pairs):
        divisor = 0.09 + pool / sum(mean_energy(g, matched[i]) / s for g, s in pairs)
        assert cells[i] == pytest.approx(5 * naive_cells.energy(gabor, image) / scale / divisor, rel=1e-10)
        half_squared = max(0, naive_cells.linear(gabor, image)) ** 2
        assert simple[i] == pytest.approx(5 * half_squared / scale / divisor, rel=1e-10)


def test_weak_stimuli_are_answered_as_by_the_energy_model(rng):
    image = 1e-6 * rng.normal(size=SHAPE)
    energy = EnergyCell(GABOR, SHAPE).respond(image) / (np.pi * GABOR.sigma_x**2) ** 2
    assert population(c50=0.2).respond(image)[0] == pytest.approx(energy / 0.2**2, rel=1e-4)


def test_a_ring_covers_half_a_turn_and_a_cell_is_one_column(rng):
    cells = population()
    assert [g.orientation for g in cells.gabors] == pytest.approx([20 + 15 * i for i in range(12)])
    frames = rng.normal(size=(2, 3, *SHAPE))
    assert cells.respond(frames).shape == (2, 3, 12)
    assert (cells.cell(3).respond(frames) == cells.respond(frames)[..., 3]).all()
    assert cells.cell(3).gabor is cells.gabors[3]


def test_no_stimulus_no_rate():
    assert (population().respond(np.zeros(SHAPE)) == 0).all()


@pytest.mark.parametrize(
    "gabor", [Gabor(8, amplitude=-1e-9), Gabor(8, x0=18), Gabor(2, 0, 90, 3), Gabor(200, sigma_x=80), Gabor(2.1)]
)
def test_fields_that_answer_a_little_are_scaled(gabor):
    cells = NormalisedPopulation(gabor, SHAPE)
    phases = np.arange(0, 360, 15)
    rates = cells.respond(grating(SHAPE, gabor.wavelength, 0, phases, 0.2))[:, 0]
    assert np.isfinite(rates).all()
    assert 0 <= rates.min() < rates.max() < 1
    assert (abs(cells.linear(grating(SHAPE, gabor.wavelength, 0, phases))) ** 2).mean() == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: NormalisedPopulation([]), "NormalisedPopulation: gabors"),
        (lambda: NormalisedPopulation([1]), "NormalisedPopulation: gabors"),
        (lambda: NormalisedPopulation(GABOR, 33), "NormalisedPopulation: shape"),
        (lambda: population(c50=0), "NormalisedPopulation: c50"),
        (lambda: population(r_max=-1), "NormalisedPopulation: r_max"),
        (lambda: population(exponent=np.nan), "NormalisedPopulation: exponent"),
        (lambda: population(kind="max"), "NormalisedPopulation: kind"),
        (lambda: NormalisedPopulation([GABOR, Gabor(8, x0=300)]), r"NormalisedPopulation: gabors .*number 1 does not"),
        (lambda: NormalisedPopulation(Gabor(8, y0=36)), "NormalisedPopulation: gabors"),
        (lambda: NormalisedPopulation(Gabor(8, amplitude=0)), "NormalisedPopulation: gabors"),
        (lambda: NormalisedPopulation(Gabor(8, amplitude=1e300)), "NormalisedPopulation: gabors"),
        (lambda: NormalisedPopulation(Gabor(2, 0, 90, 3), kind="simple"), "NormalisedPopulation: gabors"),
        (lambda: NormalisedPopulation.ring(GABOR, 0), "NormalisedPopulation: n"),
        (lambda: NormalisedPopulation.ring("gabor"), "NormalisedPopulation: gabor"),
        (lambda: population().cell(12), "NormalisedPopulation.cell: i must be a cell, 0 to 11;"),
        (lambda: population().cell(-1), "NormalisedPopulation.cell: i"),
    ],
)
def test_bad_parameters_are_named(make, name):
    with pytest.raises(InvalidParameter, match=name):
        make()
