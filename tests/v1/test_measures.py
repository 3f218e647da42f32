"""Measures of curves whose values are known in closed form, and against slow versions."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1 import NakaRushton, TuningCurve, measures
from neurosim.v1.measures import fit_contrast_response

from . import naive_lab

AROUND = np.arange(0.0, 180.0, 7.5)
CONTRASTS = np.array([0.0, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0])


def gaussian(angles, middle=90.0, sigma=20.0):
    away = (np.asarray(angles) - middle + 90.0) % 180.0 - 90.0
    return np.exp(-(away**2) / (2 * sigma**2))


@pytest.mark.parametrize(
    ("wave", "f0", "f1"),
    [
        (lambda c: np.maximum(c, 0), 1 / np.pi, 1 / 2),
        (lambda c: np.maximum(c, 0) ** 2, 1 / 4, 4 / (3 * np.pi)),
        (np.abs, 2 / np.pi, 0),
        (lambda c: 3 - 2 * c, 3, 2),
    ],
)
def test_harmonics_in_closed_form(wave, f0, f1):
    turn = 2 * np.pi * 3 * np.arange(3000) / 3000
    found = measures.harmonics(wave(np.cos(turn + 0.3)), cycles=3)
    np.testing.assert_allclose(found, (f0, f1), atol=2e-6)


def test_harmonics_of_any_rates(rng):
    rates = rng.random((2, 3, 20))
    f0, f1 = measures.harmonics(rates, cycles=4)
    expected = [[naive_lab.harmonics(row, 4) for row in rows] for rows in rates]
    np.testing.assert_allclose(np.stack([f0, f1], axis=-1), expected)


def test_modulation_ratios():
    ratio = measures.modulation_ratio([2.0, 0.0, 0.0, -5.0], [3.0, 0.0, 1.0, 1.0])
    np.testing.assert_array_equal(ratio, [1.5, np.nan, np.inf, 0.2])


@pytest.mark.parametrize("middle", [0.0, 3.0, 91.3, 178.0])
def test_preferred_orientations(middle):
    rates = gaussian(AROUND, middle)
    for found in (measures.preferred(AROUND, rates), measures.vector_average(AROUND, rates)):
        assert abs((found - middle + 90) % 180 - 90) < 0.05
        assert 0 <= found < 180


def test_vector_averages_of_directions():
    around = np.arange(0.0, 360.0, 15.0)
    rates = 1.0 + np.cos(np.deg2rad(around - 250))
    assert measures.vector_average(around, rates, period=360) == pytest.approx(250)
    both = 1.0 + np.cos(2 * np.deg2rad(around - 250))
    assert measures.vector_average(around, both) == pytest.approx(70)


@pytest.mark.parametrize("middle", [0.0, 2.0, 90.0, 133.0])
def test_half_squaring_narrows_a_gaussian_by_the_root_of_two(middle):
    linear = measures.half_width(AROUND, gaussian(AROUND, middle))
    squared = measures.half_width(AROUND, gaussian(AROUND, middle) ** 2)
    assert linear == pytest.approx(20 * np.sqrt(2 * np.log(2)), abs=0.02)  # 23.55
    assert squared == pytest.approx(20 * np.sqrt(np.log(2)), abs=0.02)  # 16.65
    assert linear / squared == pytest.approx(np.sqrt(2), abs=0.003)


def test_widths_at_other_heights_and_of_open_curves():
    def skewed(x):
        return gaussian(x, 70, 25) + 0.4 * gaussian(x, 110, 15)

    x = np.arange(30.0, 151.0, 5.0)
    for height in (0.3, 0.5, 0.8):
        expected = naive_lab.half_width(skewed, measures.preferred(x, skewed(x)), height)
        assert measures.half_width(x, skewed(x), height=height) == pytest.approx(expected, abs=0.05)
    assert np.isnan(measures.half_width(x, skewed(x), height=0.001))
    assert np.isnan(measures.half_width(AROUND, 1 + gaussian(AROUND)))
    assert np.isnan(measures.half_width(AROUND, np.zeros(24)))


def test_circular_variance():
    angles = np.deg2rad(AROUND)
    for share in (0.0, 0.3, 1.0):  # the mean of (1 + m cos) exp(i) is m / 2
        rates = 1 + share * np.cos(2 * (angles - 0.4))
        assert measures.circular_variance(AROUND, rates) == pytest.approx(1 - share / 2)
    assert measures.circular_variance(AROUND, AROUND == 45.0) == pytest.approx(0)
    rates = gaussian(AROUND, 70, 13) + 0.2
    assert measures.circular_variance(AROUND, rates) == pytest.approx(naive_lab.circular_variance(AROUND, rates))
    twice = np.concatenate([AROUND, AROUND + 180]), np.concatenate([rates, rates])
    assert measures.circular_variance(*twice) == pytest.approx(naive_lab.circular_variance(AROUND, rates))
    assert np.isnan(measures.circular_variance(AROUND, np.zeros(24)))


def test_ringach_bandwidth():
    fine = np.arange(0.0, 180.0, 2.0)
    expected = naive_lab.half_width(lambda a: naive_lab.hanning_smoothed(gaussian, a), 90.0, np.sqrt(0.5))
    assert measures.ringach_bandwidth(fine, gaussian(fine)) == pytest.approx(expected, abs=0.03)
    assert measures.ringach_bandwidth(AROUND, gaussian(AROUND)) == pytest.approx(expected, abs=0.1)
    line = (fine == 90.0).astype(float)  # as wide as the window: 1 + cos = sqrt(2)
    window = 27 / np.pi * np.arccos(np.sqrt(2) - 1)
    assert measures.ringach_bandwidth(fine, line) == pytest.approx(window, abs=0.1)


def test_bandwidth_in_octaves():
    octave = np.arange(-6.0, -1.0, 0.25)
    rates = np.exp(-((octave + 3.4) ** 2) / (2 * 0.6**2))
    width = measures.bandwidth_octaves(2.0**octave, rates)
    assert width == pytest.approx(2 * 0.6 * np.sqrt(2 * np.log(2)), abs=0.005)
    quarter = measures.bandwidth_octaves(2.0**octave, rates, height=0.25)
    assert quarter == pytest.approx(np.sqrt(2) * width, abs=0.005)
    assert np.isnan(measures.bandwidth_octaves(2.0**octave, rates + 1.1))


def test_direction_index():
    around = np.arange(0.0, 360.0, 15.0)
    bump = np.exp(3 * (np.cos(np.deg2rad(around - 50)) - 1))
    other = np.exp(3 * (np.cos(np.deg2rad(around - 230)) - 1))
    assert measures.direction_index(around, bump + 0.25 * other) == pytest.approx(0.75, abs=0.005)
    assert measures.direction_index(around, bump + other) == pytest.approx(0, abs=1e-6)
    assert np.isnan(measures.direction_index(around, np.zeros(24)))


@pytest.mark.parametrize(
    ("r_max", "n", "c50", "base"), [(30.0, 2.0, 0.2, 0.0), (5.0, 3.4, 0.55, 2.0), (1, 0.8, 0.1, 0)]
)
def test_contrast_fits_find_the_parameters(r_max, n, c50, base):
    rates = base + r_max * CONTRASTS**n / (c50**n + CONTRASTS**n)
    np.testing.assert_allclose(NakaRushton(r_max, n, c50, base).respond(CONTRASTS), rates)
    free, known = fit_contrast_response(CONTRASTS, rates), fit_contrast_response(CONTRASTS, rates, baseline=base)
    for fit in (free, known):
        np.testing.assert_allclose(
            (fit.r_max, fit.n, fit.c50, fit.baseline), (r_max, n, c50, base), rtol=1e-5, atol=1e-6
        )
        assert fit.r_squared == pytest.approx(1)
    assert set(free.errors) == {"r_max", "n", "c50", "baseline"}
    assert set(known.errors) == {"r_max", "n", "c50"}
    in_percent = fit_contrast_response(100 * CONTRASTS, 1000 * rates)
    assert in_percent.c50 == pytest.approx(100 * c50, rel=1e-4)


def test_standard_errors_cover_the_truth(rng):
    contrasts = np.geomspace(0.02, 1, 30)
    truth = {"r_max": 20.0, "n": 2.5, "c50": 0.25}
    z = []
    for _ in range(150):
        rates = NakaRushton(**truth).respond(contrasts) + rng.normal(scale=0.5, size=30)
        fit = fit_contrast_response(contrasts, rates, baseline=0.0)
        z.append([(getattr(fit, name) - value) / fit.errors[name] for name, value in truth.items()])
        left = np.sum((rates - fit.respond(contrasts)) ** 2) / (30 * np.var(rates))
        assert fit.r_squared == pytest.approx(1 - left)
    spread = np.std(z, axis=0)  # t with 27 degrees of freedom: 1.04, standard error of 150: 0.06
    np.testing.assert_allclose(spread, 1.04, atol=0.27)


def test_contrast_fits_survive_noise_and_steps(rng):
    step = fit_contrast_response(CONTRASTS, (CONTRASTS > 0.3).astype(float))
    assert step.r_squared > 0.999
    assert 0.16 < step.c50 < 0.64
    assert np.isfinite(fit_contrast_response(CONTRASTS, rng.random(8)).r_squared)
    assert np.isfinite(NakaRushton(1, 50, 30).respond([0, 1e-300, 1e300])).all()


def test_errors_are_infinite_where_rates_do_not_determine_a_parameter():
    falls = fit_contrast_response(np.linspace(0, 1, 6), [5, 4, 3, 2, 1, 0])
    assert [falls.errors[name] for name in ("r_max", "n", "c50")] == [np.inf] * 3
    assert falls.errors["baseline"] == pytest.approx(np.sqrt(17.5 / 2 / 6))  # of a mean, with 6 - 4 degrees of freedom
    power = fit_contrast_response(CONTRASTS, CONTRASTS**2)  # c50 beyond all bounds; only n is known
    assert power.errors["r_max"] == power.errors["c50"] == np.inf
    assert power.n == pytest.approx(2, abs=0.01)
    assert power.errors["n"] < 0.01
    step = fit_contrast_response(CONTRASTS, (CONTRASTS > 0.3).astype(float))
    assert step.errors["n"] == np.inf
    assert step.errors["r_max"] < 1e-3


def curve(x, f0, f1=None, parameter="orientation"):
    return TuningCurve(parameter, "degrees", x, f0, np.zeros_like(f0) if f1 is None else f1)


def test_a_tuning_curve_reads_the_harmonic_of_its_kind():
    rates = gaussian(AROUND, 60)
    simple, complex_ = curve(AROUND, rates, 1.5 * rates), curve(AROUND, rates, 0.5 * rates)
    np.testing.assert_array_equal(simple.response, 1.5 * rates)
    np.testing.assert_array_equal(complex_.response, rates)
    assert simple.f1f0 == pytest.approx(1.5)
    for measure in ("preferred", "vector_average", "hwhh", "ringach_bandwidth", "circular_variance"):
        assert getattr(simple, measure) == pytest.approx(getattr(complex_, measure))
    assert simple.preferred == pytest.approx(60, abs=0.05)
    assert simple.hwhh == pytest.approx(23.55, abs=0.02)
    assert simple.circular_variance == pytest.approx(naive_lab.circular_variance(AROUND, rates))


def test_other_measures_of_a_tuning_curve():
    octave = np.arange(-6.0, -1.0, 0.25)
    frequency = curve(2.0**octave, np.exp(-((octave + 3.4) ** 2)), parameter="frequency")
    assert frequency.preferred == pytest.approx(2**-3.4, rel=1e-3)
    assert frequency.bandwidth_octaves == pytest.approx(2 * np.sqrt(np.log(2)), abs=0.005)
    size = curve(np.arange(5.0), np.array([0.0, 2, 4, 3, 1]), parameter="radius")
    assert size.suppression_index == pytest.approx(0.75)
    assert size.depth == 1
    assert np.isnan(curve(AROUND, np.zeros(24)).depth)
    assert curve(AROUND, np.ones(24)).depth == 0
    around = np.arange(0.0, 360.0, 30.0)
    assert curve(around, 1 + np.cos(np.deg2rad(around))).direction_index == pytest.approx(1)
    many = curve(AROUND, np.stack([gaussian(AROUND, 60), gaussian(AROUND, 120)], axis=1))
    assert many.cell(1).preferred == pytest.approx(120, abs=0.05)
    with pytest.raises(DataError, match=r"TuningCurve: measures need one cell; take cell\(i\)"):
        _ = many.hwhh
    assert many.cell(-2).preferred == pytest.approx(60, abs=0.05)
    for index in (2, -3, 99):
        with pytest.raises(InvalidParameter, match=f"TuningCurve.cell: index must be .* below 2; got {index}"):
            many.cell(index)
    with pytest.raises(DataError, match=r"TuningCurve: the curve is of one cell already"):
        size.cell(0)


def test_f1_over_f0_is_read_at_the_largest_of_both():
    assert curve(np.arange(3.0), np.array([2.0, 1, 0]), np.array([0.0, 3, 0])).f1f0 == 3
    assert curve(np.arange(3.0), np.array([2.0, 4, 0]), np.array([3.0, 1, 0])).f1f0 == 0.25


def test_only_angles_go_around():
    radii = np.arange(0.0, 180.0, 10.0)  # which could be taken for orientations
    grows = curve(radii, np.minimum(radii, 55.0) + radii / 100, parameter="radius")
    assert grows.preferred == 170
    assert np.isnan(grows.hwhh)
    around = gaussian(radii, 0)
    assert np.isnan(curve(radii, around, parameter="contrast").hwhh)
    assert np.isnan(curve(radii, around, parameter="phase").hwhh)  # half a turn of phases is not all of them
    turn = np.arange(0.0, 360.0, 15.0)
    phases = curve(turn, 1 + np.cos(np.deg2rad(turn - 352)), parameter="phase")
    assert phases.preferred == pytest.approx(352, abs=0.05)
    assert phases.hwhh == pytest.approx(90, abs=0.05)
    assert measures.preferred(radii, gaussian(radii, 178), periods=()) != measures.preferred(
        radii, gaussian(radii, 178)
    )
    assert np.isnan(measures.half_width(radii, around, periods=()))
    octave = np.linspace(0.0, 180.0, 5)[:4]  # log2 of frequencies that step like angles
    assert np.isnan(measures.bandwidth_octaves(2.0**octave, [3, 1, 1, 2]))
    for parameter in ("radius", "phase"):
        for measure in ("circular_variance", "vector_average", "ringach_bandwidth", "direction_index"):
            with pytest.raises(DataError, match=f"only curves of orientation .* one of {parameter}"):
                getattr(curve(turn, np.ones(24), parameter=parameter), measure)


@pytest.mark.parametrize("measure", ["f1f0", "response", "depth", "suppression_index", "preferred", "hwhh"])
@pytest.mark.parametrize("which", ["f0", "f1"])
def test_curves_with_gaps_are_refused(measure, which):
    rates = {"f0": gaussian(AROUND, 60), "f1": np.zeros(24)}
    rates[which] = np.where(AROUND == 15, np.nan, rates[which])
    with pytest.raises(DataError, match=f"TuningCurve: {which} must be finite"):
        getattr(curve(AROUND, **rates), measure)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: measures.preferred([0, 1], [1, 2]), "preferred: a curve needs one rate for each of 3 or more points"),
        (lambda: measures.preferred([0, 1, 2], [1, 2]), r"got shapes \(3,\) and \(2,\)"),
        (lambda: measures.half_width([0, 2, 1], [1, 2, 1]), "half_width: the points of a curve must ascend"),
        (lambda: measures.half_width([0, 1, 2], [1, np.nan, 1]), "half_width: rates must be finite"),
        (lambda: measures.half_width([0, 1, 2], ["a", "b", "c"]), "half_width: rates must be numbers"),
        (lambda: measures.circular_variance([0, 90, 180], [1, 1, 1]), "evenly spaced over 180 or 360 degrees"),
        (lambda: measures.circular_variance([0, 60, 120], [1, -1, 1]), "circular_variance: rates must be >= 0; got -1"),
        (lambda: measures.vector_average([0, 60, 120], [1, 1, 1], period=360), "evenly spaced over 360 degrees"),
        (lambda: measures.ringach_bandwidth([0, 50, 120], [1, 2, 1]), "ringach_bandwidth: angles must be evenly"),
        (lambda: measures.direction_index([0, 60, 120], [1, 2, 1]), "direction_index: angles must be directions"),
        (lambda: measures.bandwidth_octaves([0, 1, 2], [1, 2, 1]), "bandwidth_octaves: frequencies must be > 0; got 0"),
        (lambda: fit_contrast_response([0.1, 0.2, 0.3], [1, 2, 3]), "wanted more than 4 contrasts"),
        (lambda: fit_contrast_response(CONTRASTS, np.ones(8)), "rates that differ"),
        (lambda: fit_contrast_response(-CONTRASTS, CONTRASTS), "contrasts must be >= 0; got -1"),
    ],
)
def test_data_that_are_refused(call, message):
    with pytest.raises(DataError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: measures.harmonics(np.ones(8), 4), "harmonics: cycles must be less than half of the 8 frames; got 4"),
        (lambda: measures.harmonics(np.ones(8), 0), "harmonics: cycles must be an integer >= 1"),
        (lambda: measures.half_width([0, 1, 2], [0, 1, 0], height=1), "half_width: height must be a number between"),
        (lambda: measures.vector_average(AROUND, AROUND, period=90), "vector_average: period must be 180 or 360"),
        (lambda: fit_contrast_response(CONTRASTS, CONTRASTS, baseline=np.nan), "baseline must be None or a finite"),
    ],
)
def test_parameters_that_are_refused(call, message):
    with pytest.raises(InvalidParameter, match=message):
        call()
