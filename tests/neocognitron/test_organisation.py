import numpy as np
import pytest
from scipy import stats

from neurosim.core import parallel
from neurosim.neocognitron import organisation, organisation_cpu
from neurosim.neocognitron.neocognitron1980 import Neocognitron1980
from neurosim.neocognitron.organisation import STAGES
from neurosim.neocognitron.stick_patterns import centred
from tests.neocognitron import naive_1980 as naive


def plan(**parameters):
    return Neocognitron1980(**parameters).plan()


def naive_weights(plan, key):
    """Return a, planes first, and b, c, d before learning."""
    a = [plan.first_weights(stage, key).transpose(3, 2, 0, 1).copy() for stage in range(3)]
    b = [np.zeros(k) for k in plan.planes]
    c, d = [], []
    for stage, (window, _, _, pool, _, _) in enumerate(naive.GEOMETRY):
        fall = plan.gamma[stage] ** naive.distances(window)
        c.append(fall / (fall.sum() * a[stage].shape[1]))
        d.append(plan.dbar[stage] * plan.delta[stage] ** naive.distances(pool))
    return a, b, c, d


@pytest.mark.parametrize(
    ("parameters", "key"),
    [
        ({"presentations": 3}, 0),
        ({"presentations": 2, "start": "deterministic"}, 1),
        ({"presentations": 6, "planes": (5, 7, 6), "r": (3.0, 2.0, 1.0), "q": (2.0, 8.0, 4.0), "shift": False}, 2),
    ],
)
def test_presentations_are_those_of_the_equations(parameters, key):
    chosen = plan(**parameters)
    images = centred("01234") * np.array([1, 0.5, 2, 1, 1])[:, None, None]
    order, moves = organisation.presented(images, chosen, key)
    a, b, c, d = naive_weights(chosen, key)
    for image, (down, right) in zip(images[order], moves, strict=True):
        naive.present(np.roll(image, (down, right), (0, 1)), a, b, c, d, chosen.r, chosen.q)
    ((found_a, found_b),) = organisation.organise(images, chosen, [key])
    for stage in range(3):
        np.testing.assert_allclose(found_a[stage].transpose(3, 2, 0, 1), a[stage], rtol=1e-10, atol=1e-15)
        np.testing.assert_allclose(found_b[stage], b[stage], rtol=1e-10, atol=1e-15)
        assert (b[stage] > 0).sum() >= 2


representatives = organisation_cpu.representatives.py_func  # compiled it is a part of `organise`


@pytest.mark.parametrize("column", [1, 2, 3, 5, 9])
def test_representatives_are_the_largest_candidates(rng, column):
    for shape in ((7, 6, 4), (2, 2, 5), (8, 8, 1)):
        for s in (
            rng.random(shape),
            rng.integers(0, 4, shape).astype(float),
            rng.random(shape) * (rng.random(shape) < 0.1),
        ):
            at = representatives(s, column)
            found = {k: divmod(place, shape[1]) for k, place in enumerate(at.tolist()) if place >= 0}
            assert found == naive.representatives(np.moveaxis(s, 2, 0), column)
            assert len(set(found.values())) == len(found)  # no two planes learn at one place


def test_nobody_represents_a_silent_layer():
    assert (representatives(np.zeros((4, 4, 3)), 2) == -1).all()


def test_planes_without_a_representative_stay_as_they_are():
    chosen = plan(presentations=1)
    ((a, b),) = organisation.organise(centred("1"), chosen, [0])
    for stage in range(3):
        same = (a[stage] == chosen.first_weights(stage, 0)).all(axis=(0, 1, 2))
        assert (same == (b[stage] == 0)).all()
        assert 0 < same.sum() < 24
    assert (b[2] > 0).sum() == 1  # one S-column covers the whole last layer


def test_geometry_gives_the_sizes_of_the_paper():
    chosen, u = plan(), np.zeros((16, 16))
    for stage, (s_side, c_side) in enumerate(((16, 10), (8, 6), (2, 1))):
        assert STAGES[stage].side == len(u)
        s, c = chosen.layers(stage, chosen.first_weights(stage, 0), np.zeros(24))
        assert s.shape(*u.shape) == (s_side, s_side) == (STAGES[stage].s_side,) * 2
        u = np.zeros(c.shape(s_side, s_side))
        assert u.shape == (c_side, c_side)


def test_c_adds_up_to_one_and_falls_off():
    chosen = plan(planes=(3, 24, 24), gamma=(0.5, 0.75, 0.75), delta=(0.9, 1, 1), dbar=(2, 1, 1))
    for stage, below in enumerate((1, 3, 24)):
        assert chosen.c(stage).sum() * below == pytest.approx(1, rel=1e-12)
    c, d = chosen.c(0), chosen.d(0)
    assert c[2, 3] / c[2, 2] == pytest.approx(0.5)
    assert c[0, 4] / c[2, 2] == pytest.approx(0.5 ** np.sqrt(8))
    assert (d[2, 2], d[2, 4]) == pytest.approx((2, 2 * 0.81))


def test_random_first_weights():
    chosen = plan(epsilon=(0.5, 1.0, 2.0))
    for stage, epsilon in enumerate((0.5, 1.0, 2.0)):
        a = chosen.first_weights(stage, 3)
        assert 0 <= a.min() < 0.02 * epsilon < 0.98 * epsilon < a.max() < epsilon
        assert not np.array_equal(a, chosen.first_weights(stage, 4))
    draws = [chosen.first_weights(stage, 3).ravel()[:600] / (0.5, 1.0, 2.0)[stage] for stage in range(3)]
    assert np.abs(np.corrcoef(draws) - np.eye(3)).max() < 4 / np.sqrt(600)


def test_deterministic_first_weights_prefer_an_orientation():
    chosen = plan(start="deterministic", epsilon=(1.0, 1.0, 1.0), planes=(8, 4, 24))
    a = chosen.first_weights(0, 0)[:, :, 0]
    assert np.array_equal(chosen.first_weights(0, 0), chosen.first_weights(0, 1))
    assert a[2, 2] == pytest.approx(np.ones(8))
    assert a[2, 0, 0] == a[2, 4, 0] == pytest.approx(1.5)  # plane 0: horizontal
    assert a[0, 2, 0] == a[4, 2, 0] == pytest.approx(0.5)
    assert a[0, 4, 2] == a[4, 0, 2] == pytest.approx(1.5)  # plane 2: 45 degrees, up to the right
    assert a[0, 2, 4] == pytest.approx(1.5)  # plane 4: upright
    above = chosen.first_weights(1, 0)
    assert (above == above[0, 0]).all()
    assert above[0, 0, :, 1] == pytest.approx(1 + 0.5 * np.cos(2 * np.pi * (np.arange(8) / 8 - 0.25)))


def test_all_positions_are_equally_likely():
    image = np.zeros((2, 16, 16))
    image[0, 3:12, 5:12] = 1
    image[1, 0, 0] = 1
    order = np.tile([0, 1], 8000)
    moves = organisation.random_moves(image, order, 5)
    for i, (rows, columns, corner) in enumerate(((8, 10, (3, 5)), (16, 16, (0, 0)))):
        places = moves[order == i] + corner
        counts = np.zeros((rows, columns))
        np.add.at(counts, tuple(places.T), 1)
        assert stats.chisquare(counts.ravel()).pvalue > 1e-3
    assert np.array_equal(moves, organisation.random_moves(image, order, 5))
    assert not np.array_equal(moves, organisation.random_moves(image, order, 6))


def test_room_around_the_ink():
    images = np.zeros((2, 16, 16))
    images[0, 2, 7], images[0, 10, 4] = 0.5, 1
    assert organisation.room(images).tolist() == [[2, 5, 4, 8], [0, 0, 0, 0]]


def test_networks_do_not_depend_on_threads_or_on_each_other():
    images, chosen = centred("XYTZ"), plan(presentations=2)
    before = parallel.threads()
    try:
        parallel.set_threads(1)
        alone = organisation.organise(images, chosen, [7])
        parallel.set_threads(3)
        many = organisation.organise(images, chosen, [1, 7, 3, 9])
    finally:
        parallel.set_threads(before)
    for one, other in zip(alone[0], many[1], strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(one, other, strict=True))
    assert not np.array_equal(many[0][0][1], many[1][0][1])


def test_cells_inhibited_below_minus_alpha_are_silent():
    """There x / (alpha + x) would be positive."""
    s = np.zeros((3, 3, 2))
    s[:, :, 0] = 10
    u = np.empty((3, 3, 2))
    organisation_cpu.c_cells.py_func(s, np.ones((1, 1)), 0, 1, 0.5, u, 0)
    assert (u[:, :, 0] > 0.5).all()
    assert (u[:, :, 1] == 0).all()
