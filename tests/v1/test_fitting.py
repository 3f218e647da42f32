from functools import cache
from itertools import product

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1 import Gabor, fit_gabor, fit_gabors, fitting
from tests.v1 import naive_rc as naive

NAMES = ("wavelength", "orientation", "phase", "sigma_x", "sigma_y", "amplitude", "x0", "y0")


def even(gabor, size):
    return gabor.kernel(size).real


def turned(a, b, period):
    return abs((a - b + period / 2) % period - period / 2)


@cache
def noisy(fields=100, size=16, snr=5.0):
    """Random Gabors with n_x in [0.2, 0.6], in noise whose standard deviation is that of the field over `snr`."""
    rng = np.random.default_rng(8)
    cells, shown = [], []
    for _ in range(fields):
        wavelength, n_x, aspect = rng.uniform(3.5, 9), rng.uniform(0.2, 0.6), rng.uniform(0.8, 2)
        angle, phase, x0, y0 = rng.uniform(0, 180), rng.uniform(-180, 180), *rng.uniform(-2, 2, 2)
        widths = n_x * wavelength, min(aspect * n_x * wavelength, size / 3)
        cells.append(Gabor(wavelength, angle, phase, *widths, rng.uniform(0.1, 10), x0, y0))
        field = even(cells[-1], size)
        shown.append(field + rng.normal(0, field.std() / snr, field.shape))
    return cells, np.array(shown), fit_gabors(shown, random_state=0)


@pytest.mark.parametrize(
    "gabor",
    [
        Gabor(6, 30, 60, 2.5, 3.0, 2.0, 1.5, -2.0),
        Gabor(5, 0, 0, 1.5, 3.0),
        Gabor(5, 90, -90, 1.5, 1.0, 0.01),
        Gabor(4, 179, 180, 2.0, 2.0, 1e6),
        Gabor(9, 120, -150, 2.5, 4.0, 1.0, -3.0, 3.0),
        Gabor(3, 75, 10, 1.0, 1.0),
    ],
)
@pytest.mark.parametrize("shape", [(16, 16), (15, 21)])
def test_a_gabor_is_found_exactly(gabor, shape):
    fit = fit_gabor(even(gabor, shape), random_state=0)
    assert fit.r_squared == pytest.approx(1, abs=1e-12)
    assert np.abs(fit.residual).max() < 1e-6 * gabor.amplitude
    for name in ("wavelength", "sigma_x", "sigma_y", "amplitude"):
        assert getattr(fit.gabor, name) == pytest.approx(getattr(gabor, name), rel=1e-6)
    assert (fit.gabor.x0, fit.gabor.y0) == pytest.approx((gabor.x0, gabor.y0), abs=1e-5)
    assert turned(fit.gabor.orientation, gabor.orientation, 180) < 1e-4
    assert turned(fit.gabor.phase, gabor.phase, 360) < 1e-3
    assert 0 <= fit.gabor.orientation < 180
    assert -180 < fit.gabor.phase <= 180


def test_upright_fields_keep_the_sign_of_their_phase():
    for orientation, phase, wavelength, x0 in product((0, 180, -1e-15, 90), (60, -45, 90), (5, 8), (0, 0.5)):
        field = even(Gabor(wavelength, orientation, phase, 2.5, 3.0, x0=x0), 16)
        fit = fit_gabor(field, random_state=0)
        assert even(fit.gabor, 16) == pytest.approx(field - fit.residual, abs=1e-9)
        assert np.abs(fit.residual).max() < 1e-6


@pytest.mark.parametrize(
    ("angle", "phase", "expected"),
    [
        (-1e-17, 60, (0, 60)),
        (180 - 1e-15, 60, (0, -60)),
        (360, 60, (0, 60)),
        (-150, 60, (30, -60)),
        (570, 60, (30, -60)),
        (-330, 60, (30, 60)),
        (30, -180, (30, 180)),
        (210, 180, (30, 180)),
        (30, -179.9, (30, -179.9)),
        (210, -60, (30, 60)),
    ],
)
def test_one_name_for_each_wave(angle, phase, expected):
    assert fitting._upright(angle, phase) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("wavelength", [2.2, 2.5])
def test_fine_waves_are_not_taken_for_finer_ones(wavelength, rng):
    for orientation in (0, 20, 90, 135):
        clean = even(Gabor(wavelength, orientation, 40, 2.5), 16)
        for field in (clean, clean + rng.normal(0, clean.std() / 5, clean.shape)):
            gabor = fit_gabor(field, random_state=0).gabor
            assert gabor.wavelength == pytest.approx(wavelength, rel=0.02)
            assert turned(gabor.orientation, orientation, 180) < 3


def test_the_finest_wave_runs_along_the_diagonal():
    fit = fit_gabor(even(Gabor(1.5, 45, 40, 2.5), 16), restarts=12, random_state=0)
    assert (fit.gabor.wavelength, fit.gabor.orientation) == pytest.approx((1.5, 45), abs=1e-4)


def test_slopes_of_the_search_are_those_by_differences(rng):
    problem = fitting._Problem(rng.normal(size=(7, 9)))
    for angle in (0.3, 1.2, 2.2, -0.5):
        free = np.append(rng.normal(size=5), angle)
        weights, basis, _ = problem.regress(problem.bounded(free))

        def values(free, weights=weights):
            _, _, envelope, turn = problem.waves(problem.bounded(free))
            return envelope * (weights[0] * np.cos(turn) + weights[1] * np.sin(turn))

        steps = 1e-6 * np.eye(6)
        slopes = np.stack([(values(free + step) - values(free - step)) / 2e-6 for step in steps], axis=1)
        assert problem.jacobian(free) == pytest.approx(slopes - basis @ (basis.T @ slopes), abs=1e-7)


def test_at_a_bound_the_error_is_infinite():
    y, x = np.mgrid[-8:8, -8:8]
    blob = fit_gabor(np.exp(-(x**2 + y**2) / 12.5), random_state=0)
    assert blob.gabor.wavelength == pytest.approx(128)
    assert blob.errors["wavelength"] == np.inf
    assert blob.errors["sigma_y"] < 1
    grating = fit_gabor(np.cos(2 * np.pi * x / 5), random_state=0)
    assert grating.errors["sigma_y"] == np.inf
    assert grating.errors["wavelength"] < 1
    inside = fit_gabor(even(Gabor(6, 30, 60, 2.0), 16), random_state=0)
    assert max(inside.errors.values()) < 1


def test_orientation_over_180_turns_the_phase_round():
    fit = fit_gabor(even(Gabor(6, 210, 60, 2.0), 16), random_state=0)
    assert (fit.gabor.orientation, fit.gabor.phase) == pytest.approx((30, -60), abs=1e-4)


def test_residual_is_field_minus_the_gabor_written_out():
    _, fields, fits = noisy()
    for field, fit in zip(fields[:3], fits, strict=False):
        model = [[naive.gabor(x - 8, y - 8, fit.gabor) for x in range(16)] for y in range(16)]
        assert field - fit.residual == pytest.approx(np.array(model), abs=1e-9 * np.abs(field).max())
        assert fit.r_squared == pytest.approx(1 - np.var(field - model) / np.var(field), abs=1e-3)


def test_random_gabors_in_noise():
    """Acceptance check 10: 100 fields, signal to noise 5."""
    cells, fields, fits = noisy()
    orientation = [turned(fit.gabor.orientation, cell.orientation, 180) for fit, cell in zip(fits, cells, strict=True)]
    frequency = [abs(cell.wavelength / fit.gabor.wavelength - 1) for fit, cell in zip(fits, cells, strict=True)]
    assert np.median(orientation) < 1
    assert np.median(frequency) < 0.03
    assert min(fit.r_squared for fit in fits) > 0.9
    lost = [((field - even(cell, 16)) ** 2).sum() for field, cell in zip(fields, cells, strict=True)]
    reached = [(fit.residual**2).sum() <= loss for fit, loss in zip(fits, lost, strict=True)]
    assert np.mean(reached) > 0.95  # an optimum is at least as good as the truth


def test_errors_equal_those_by_differences():
    _, fields, fits = noisy()
    for field, fit in zip(fields[:5], fits, strict=False):
        expected = naive.gabor_errors(field, fit.gabor, NAMES)
        assert {name: fit.errors[name] for name in NAMES} == pytest.approx(expected, rel=1e-3)


def test_errors_cover_the_truth():
    cells, _, fits = noisy()
    well = [(cell, fit) for cell, fit in zip(cells, fits, strict=True) if cell.n_x > 0.35]
    for name, period in (("wavelength", np.inf), ("orientation", 180), ("x0", np.inf), ("y0", np.inf)):
        off = np.array([getattr(fit.gabor, name) - getattr(cell, name) for cell, fit in well])
        if period < np.inf:
            off = (off + period / 2) % period - period / 2
        scores = off / [fit.errors[name] for _, fit in well]
        # a variance of 1 estimated from n scores has a standard deviation of sqrt(2 / n)
        assert abs(np.mean(scores**2) - 1) < 4 * np.sqrt(2 / len(well)), name


def test_same_seed_same_fit_and_a_field_does_not_depend_on_the_others():
    _, fields, fits = noisy()
    again = fit_gabors(fields[:2], random_state=0)
    assert [fit.gabor for fit in again] == [fit.gabor for fit in fits[:2]]
    assert fit_gabor(fields[0], random_state=0).gabor == fits[0].gabor


@pytest.mark.parametrize("factor", [1e-200, 1e200])
def test_any_scale(factor):
    fit = fit_gabor(factor * even(Gabor(6, 30, 60, 2.0), 16), random_state=0)
    assert fit.gabor.amplitude == pytest.approx(factor, rel=1e-6)


def test_integers_are_converted():
    field = np.round(100 * even(Gabor(6, 30, 60, 2.0), 16))
    assert fit_gabor(field.astype(np.int8), random_state=0).gabor == fit_gabor(field, random_state=0).gabor


@pytest.mark.parametrize("kind", ["blob", "edge", "grating", "pixel", "slope", "row"])
def test_what_is_no_gabor_gives_finite_numbers(kind):
    y, x = np.mgrid[-8:8, -8:8]
    fields = {
        "blob": np.exp(-(x**2 + y**2) / 8),
        "edge": np.sign(x + 0.5),
        "grating": np.cos(x + 0.3 * y),
        "pixel": (x == 0) & (y == 0),
        "slope": x,
        "row": y == 3,
    }
    fit = fit_gabor(fields[kind], random_state=0)
    assert fit.r_squared > 0.85
    assert np.isfinite([getattr(fit.gabor, name) for name in NAMES]).all()
    assert not np.isnan(list(fit.errors.values())).any()


def test_noise_is_not_well_fitted():
    fits = fit_gabors(np.random.default_rng(0).normal(size=(10, 12, 12)), restarts=2, random_state=0)
    assert max(fit.r_squared for fit in fits) < 0.5


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (np.zeros((8, 8)), "same value everywhere"),
        (np.full((8, 8), np.nan), "NaN"),
        (np.ones(64), r"\(rows, columns\)"),
        (np.ones((2, 8)), "3 x 3"),
        ([["a"]], "array of real numbers"),
        ([[1], [1, 2]], "array of real numbers"),
        (np.eye(5) * 1j, "array of real numbers; got dtype complex128"),
        (np.ma.masked_greater(np.eye(5), 0.5), "must not be masked"),
    ],
)
def test_bad_fields(field, said):
    with pytest.raises(DataError, match=f"fit_gabor: .*{said}"):
        fit_gabor(field)


def test_a_constant_field_does_not_spoil_the_others():
    field = even(Gabor(6, 30, 60, 2.0), 16)
    first, dead = fit_gabors([field, np.full((16, 16), 2.0)], random_state=0)
    assert first.gabor == fit_gabor(field, random_state=0).gabor
    assert (dead.gabor.amplitude, dead.r_squared, set(dead.errors.values())) == (0.0, 0.0, {np.inf})
    assert dead.errors.keys() == first.errors.keys()
    assert (dead.residual == 2).all()
    with pytest.raises(DataError, match="fit_gabors: every field has the same value"):
        fit_gabors(np.ones((2, 5, 5)))
    assert fit_gabors(np.empty((0, 5, 5))) == []


def test_bad_restarts():
    with pytest.raises(InvalidParameter, match="restarts must be an integer >= 1; got 0"):
        fit_gabors(np.eye(5)[None], restarts=0)
