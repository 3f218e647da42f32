"""Motion energy against plain loops, and its sense of direction."""

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.v1 import EnergyCell, Gabor, MotionEnergy
from neurosim.v1.motion import PEAK
from neurosim.v1.stimuli import counterphase, drifting_grating, moving_bar
from tests.v1 import naive_cells

SHAPE = (33, 33)
GABOR = Gabor(8, orientation=25, sigma_x=3)


def drift(angle, frames=16, cycles=2, **parameters):
    return drifting_grating(SHAPE, frames, 8, angle, cycles=cycles, **parameters)


def gamma_index(u):
    """Return the direction index of the gamma pair for a frequency of u times its rate; continuous time."""
    return 4 * u / ((1 + u**2) ** 2 + 1)


def test_answers_are_those_of_plain_loops(rng):
    movie = rng.normal(size=(12, 7, 8))
    gabor = Gabor(5, orientation=70, phase=40, sigma_x=2, amplitude=1.5, x0=1)
    cell = MotionEnergy(gabor, (7, 8), period=6, sigma_t=1.5, gain=2)
    lags = range(-8, 9)
    scale = sum(np.exp(-(t**2) / (2 * 1.5**2)) for t in lags) ** 2
    last, opponent = cell.respond(movie)[-1], cell.opponent(movie)[-1]
    preferred, null = (naive_cells.motion_energy(gabor, movie, 6, 1.5, sign) for sign in (1, -1))
    assert last == pytest.approx(2 * preferred / scale, rel=1e-10)
    assert opponent == pytest.approx(2 * (preferred - null) / scale, rel=1e-10)
    assert cell.respond(movie[:5])[-1] == pytest.approx(
        2 * naive_cells.motion_energy(gabor, movie[:5], 6, 1.5) / scale, rel=1e-10
    )


def test_gamma_pair_is_the_formula():
    cell = MotionEnergy(GABOR, SHAPE, period=20, temporal="gamma")
    rate = 2 * np.pi / (PEAK * 20)
    ratio = cell.filter.real[1] / naive_cells.gamma(3, rate)
    for lag in (1, 2, 5, 10, 30):
        assert cell.filter[lag].real == pytest.approx(ratio * naive_cells.gamma(3, lag * rate), rel=1e-9)
        assert cell.filter[lag].imag == pytest.approx(ratio * naive_cells.gamma(5, lag * rate), rel=1e-9)
    assert cell.filter[0] == 0
    assert abs(cell.filter[-1]) < 1e-6 * abs(cell.filter).max()


@pytest.mark.parametrize(
    ("temporal", "period", "share", "null"),
    [
        ("gabor", 4, None, 0), ("gabor", 7, None, 0), ("gabor", 4, 0.25, 2.1e-4), ("gabor", 8, 0.25, 5.2e-5),
        ("gamma", 4, None, 0.313), ("gamma", 6, None, 0.167), ("gamma", 8, None, 0.15),
    ],
)  # fmt: skip
def test_the_share_of_the_null_direction_is_as_documented(temporal, period, share, null):
    sigma_t = None if share is None else share * period
    cell = MotionEnergy(GABOR, SHAPE, period=period, temporal=temporal, sigma_t=sigma_t, periodic=True)
    right, left = (cell.respond(drift(25, 2 * period, cycles)).mean() for cycles in (2, -2))
    assert left / right == pytest.approx(null, rel=0.02, abs=1e-9)


@pytest.mark.parametrize("temporal", ["gabor", "gamma"])
def test_memory_is_how_far_a_rate_looks_back(temporal, rng):
    cell = MotionEnergy(GABOR, SHAPE, period=5, temporal=temporal)
    assert cell.period == 5
    movie = rng.normal(size=(cell.memory + 3, *SHAPE))
    one, other = movie.copy(), movie.copy()
    one[2], other[3] = 0, 0  # the last frame but memory, and the first that counts
    assert cell.respond(one)[-1] == cell.respond(movie)[-1]
    assert cell.respond(other)[-1] != cell.respond(movie)[-1]
    assert MotionEnergy(GABOR, SHAPE, temporal=temporal, periodic=True).memory == 0
    assert (cell.sigma_t is None) == (temporal == "gamma")


@pytest.mark.parametrize("periodic", [False, True])
def test_no_frames_no_rates(periodic):
    cell = MotionEnergy(GABOR, SHAPE, periodic=periodic)
    for leading in ((0,), (3, 0), (0, 4)):
        assert cell.respond(np.zeros((*leading, *SHAPE))).shape == leading
        assert cell.opponent(np.zeros((*leading, *SHAPE))).shape == leading


@pytest.mark.parametrize("orientation", [25, 100, 205, 350])
def test_direction_index_of_a_matched_drift_is_one(orientation):
    cell = MotionEnergy(Gabor(8, orientation=orientation, sigma_x=3), SHAPE, periodic=True)
    right, left = (cell.respond(drift(orientation + a)).mean() for a in (0, 180))
    assert (right - left) / (right + left) == pytest.approx(1, abs=1e-6)


def test_a_matched_drift_gives_the_energy_of_the_space_pair():
    cell = MotionEnergy(GABOR, SHAPE, periodic=True, gain=2)
    expected = EnergyCell(GABOR, SHAPE).respond(drift(25)[0])
    np.testing.assert_allclose(cell.respond(drift(25)), 2 * expected, rtol=1e-4)


@pytest.mark.parametrize("temporal", ["gabor", "gamma"])
def test_opponent_energy_changes_sign_with_direction_and_not_with_contrast(temporal):
    cell = MotionEnergy(GABOR, SHAPE, periodic=True, temporal=temporal)
    right, left, dark = (cell.opponent(m).mean() for m in (drift(25), drift(205), drift(25, contrast=-1)))
    assert right > 0
    assert left == pytest.approx(-right, rel=1e-3)
    assert dark == pytest.approx(right, rel=1e-12)
    standing = counterphase(SHAPE, 16, 8, 25, 40, cycles=2)
    assert abs(cell.opponent(standing).mean()) < 1e-3 * right
    assert cell.respond(standing).mean() > 0.1 * right


def test_the_gamma_pair_answers_the_null_direction_a_little():
    # slow against fast: cells fire less often than frames come, so that sums come near integrals
    cell = MotionEnergy(GABOR, SHAPE, period=64, temporal="gamma", periodic=True)
    rates = {c: cell.respond(drift(25, 128, c)).mean() for c in (-6, -4, -2, -1, 1, 2, 4, 6)}
    for cycles in (1, 2, 4, 6):
        index = (rates[cycles] - rates[-cycles]) / (rates[cycles] + rates[-cycles])
        assert index == pytest.approx(gamma_index(PEAK * cycles / 2), abs=2e-3)
    assert gamma_index(PEAK) == pytest.approx(0.742, abs=1e-3)
    assert rates[-2] / rates[2] == pytest.approx(0.148, abs=2e-3)


def test_gamma_pair_prefers_its_period():
    u = np.linspace(0.3, 0.7, 40001)
    power = u**2 * (4 + u**2) / (1 + u**2) ** 6 * (1 + 1 / (1 + u**2) ** 2 + 4 * u / (1 + u**2) ** 2)
    assert u[power.argmax()] == pytest.approx(PEAK, abs=1e-4)
    cell = MotionEnergy(GABOR, SHAPE, period=32, temporal="gamma", periodic=True)
    rates = [cell.respond(drift(25, 128, cycles)).mean() for cycles in (2, 3, 4, 5, 6)]
    assert int(np.argmax(rates)) == 2


def test_a_cell_that_looks_back_knows_nothing_of_what_comes(rng):
    movie = rng.normal(size=(30, 33, 33))
    cell = MotionEnergy(GABOR, SHAPE)
    np.testing.assert_allclose(cell.respond(movie)[:20], cell.respond(movie[:20]), rtol=1e-12)
    padded = np.concatenate([np.zeros((40, 33, 33)), movie])
    np.testing.assert_allclose(MotionEnergy(GABOR, SHAPE, periodic=True).respond(padded)[40:], cell.respond(movie))


def test_a_periodic_movie_may_begin_anywhere(rng):
    movie = rng.normal(size=(5, 33, 33))
    cell = MotionEnergy(GABOR, SHAPE, periodic=True)
    np.testing.assert_allclose(cell.respond(np.roll(movie, 2, 0)), np.roll(cell.respond(movie), 2), rtol=1e-10)


def test_a_bar_of_either_contrast_has_a_direction():
    cell = MotionEnergy(GABOR, SHAPE)
    for contrast in (1, -1):
        there = moving_bar(SHAPE, 33, 20, 3, 25, distance=32, contrast=contrast)
        assert cell.opponent(there).sum() > 0 > cell.opponent(there[::-1]).sum()


def test_movies_keep_their_leading_axes(rng):
    movies = rng.normal(size=(2, 3, 10, 33, 33))
    rates = MotionEnergy(GABOR, SHAPE).respond(movies)
    assert rates.shape == (2, 3, 10)
    np.testing.assert_allclose(rates[1, 2], MotionEnergy(GABOR, SHAPE).respond(movies[1, 2]), rtol=1e-10)


def test_one_frame_is_no_movie():
    with pytest.raises(ValueError, match=r"MotionEnergy.*movie.*\(33, 33\)"):
        MotionEnergy(GABOR, SHAPE).respond(np.zeros(SHAPE))


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"gabor": 1}, "gabor"),
        ({"shape": 3}, "shape"),
        ({"period": 3.9}, "period"),
        ({"period": "long"}, "period"),
        ({"temporal": "exponential"}, "temporal"),
        ({"sigma_t": 1.99}, "sigma_t"),
        ({"sigma_t": "long"}, "sigma_t"),
        ({"sigma_t": 3, "temporal": "gamma"}, "sigma_t"),
        ({"periodic": "no"}, "periodic"),
        ({"periodic": 1}, "periodic"),
        ({"gain": 0}, "gain"),
    ],
)
def test_bad_parameters_are_named(parameters, name):
    with pytest.raises(InvalidParameter, match=f"MotionEnergy: {name} must be"):
        MotionEnergy(**{"gabor": GABOR, **parameters})
