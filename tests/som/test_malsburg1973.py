"""The cortex of von der Malsburg (1973): against a naive twin, its acceptance check, noise and repair."""

import numpy as np
import pytest

from neurosim.core import parallel
from neurosim.core.errors import InvalidParameter
from neurosim.som.malsburg1973 import Malsburg1973
from neurosim.som.malsburg_sheets import (
    BAR_ANGLES,
    BARS,
    CORTEX,
    FAR,
    NEAR,
    PAIRS,
    RETINA,
    axial_difference,
    disturbed,
    neighbour_difference,
)
from tests.som import naive_malsburg as naive


def mean(orders, name):
    return np.mean([getattr(order, name) for order in orders])


@pytest.fixture(scope="module")
def organised():
    """Eight cortices, their orders before and after 100 cycles."""
    nets = [Malsburg1973(random_state=seed) for seed in range(8)]
    before = [net.order() for net in nets]
    return nets, before, Malsburg1973.present_all(nets, cycles=100)


def again(net):
    return Malsburg1973.from_parts(*net.to_parts())


@pytest.mark.parametrize(("places", "side"), [(RETINA, 3), (CORTEX, 8)])
def test_places(places, side):
    """y goes up, rows come from the top."""
    np.testing.assert_allclose(places, [(x / 2, -row * np.sqrt(0.75)) for row, x in naive.hexagon(side)], atol=1e-12)


def test_338_cells_and_their_neighbours():
    assert len(CORTEX) == 169
    for found, wanted in zip((NEAR, FAR), naive.cortex_1973(), strict=True):
        assert [sorted(n for n in row if n < 169) for row in found.tolist()] == [sorted(row) for row in wanted]
    assert len(PAIRS) == sum(len(row) for row in naive.cortex_1973()[0]) / 2


def test_bars():
    """Seven cells through the middle, the same upside down; mirror images of bars are bars; about 20 degrees apart."""
    assert (BARS.sum(axis=1) == 7).all()
    assert (BARS[:, 9] == 1).all()
    np.testing.assert_array_equal(BARS, BARS[:, ::-1])
    mirror = [int(np.argmin(np.abs(RETINA - place).sum(axis=1))) for place in RETINA * (-1, 1)]
    assert set(map(tuple, BARS[:, mirror])) == set(map(tuple, BARS))
    assert len(np.unique(BARS, axis=0)) == 9
    gaps = np.diff(np.sort(BAR_ANGLES), append=BAR_ANGLES.min() + 180)
    assert 18 < gaps.min() <= gaps.max() < 23


def test_angles_of_bars_are_anticlockwise_with_the_first_row_on_top():
    upright, level = BARS[np.abs(BAR_ANGLES - 90).argmin()], BARS[axial_difference(BAR_ANGLES, 30).argmin()]
    assert np.ptp(RETINA[upright > 0][:, 0]) < np.ptp(RETINA[upright > 0][:, 1])
    right = RETINA[level > 0][RETINA[level > 0][:, 0] > 0.6]
    assert right[:, 1].mean() > 0  # 30 degrees: on the right it is above the middle


def test_learns_as_the_naive_twin():
    net = Malsburg1973(random_state=3, p=0.35, q=0.25, r=0.3, threshold=0.9, steps=7, h=0.1, synapse_sum=2.5)
    net.cut(0.2, np.arange(100)).scramble([5, 6])
    s, intact = net.synapses.tolist(), net.intact.tolist()
    stimuli = np.vstack([BARS[:4], 0.5 + 0.5 * BARS[4]])
    naive.present_1973(s, stimuli, intact, p=0.35, q=0.25, r=0.3, threshold=0.9, steps=7, h=0.1, total=2.5)
    net.present(stimuli)
    np.testing.assert_allclose(net.synapses, s, atol=1e-12)
    assert net.presentations == 5


def test_responds_as_the_naive_twin(organised):
    net = organised[0][0]
    found = net.respond(BARS[2:4])
    for drive, e, i in zip(found.drive, found.excitatory, found.inhibitory, strict=True):
        wanted = naive.settle_1973(drive.tolist(), *naive.cortex_1973())
        np.testing.assert_allclose([e, i], wanted, atol=1e-12)
    np.testing.assert_allclose(found.drive, BARS[2:4] @ net.synapses.T)


def test_measures_as_the_naive_twin(organised):
    net = organised[0][1]
    drives = (BARS @ net.synapses.T).T.tolist()
    angle, selectivity = zip(*(naive.preferred(row, BAR_ANGLES) for row in drives), strict=True)
    np.testing.assert_allclose(net.preferred_angles(), angle)
    np.testing.assert_allclose(net.selectivity(), selectivity)
    near, _ = naive.cortex_1973()
    turns = [abs(angle[k] - angle[m]) for k in range(169) for m in near[k]]
    assert net.order().neighbour_difference == pytest.approx(np.mean([min(t, 180 - t) for t in turns]))
    active = net.respond().excitatory > 0
    assert net.order().active == pytest.approx(active.any(axis=0).mean())
    assert net.order().cells_per_bar == pytest.approx(active.sum() / 9)
    assert net.order().bars_per_cell == pytest.approx(active.sum() / active.any(axis=0).sum())
    assert net.order().best_drive == pytest.approx(np.mean([max(row) for row in drives]))


def test_orientation_columns(organised):
    """The acceptance check: eight seeds, 100 cycles."""
    _, before, after = organised
    assert mean(before, "neighbour_difference") >= 41
    assert mean(before, "selectivity") <= 0.12
    assert mean(after, "active") >= 0.94
    assert min(order.active for order in after) >= 0.88
    assert mean(after, "selectivity") >= 0.33
    assert mean(after, "neighbour_difference") <= 33
    assert 1.9 < mean(after, "best_drive") < 2.15
    assert {order.presentations for order in after} == {900}


def test_all_orientations_are_preferred(organised):
    """No orientation, of six classes, takes more than a third of the cells or less than a twentieth."""
    angles = np.concatenate([net.preferred_angles() for net in organised[0]])
    share = np.bincount((angles // 30).astype(int), minlength=6) / len(angles)
    assert 0.05 < share.min() < share.max() < 0.34


def test_cells_learn_the_one_bar_that_they_see():
    net = Malsburg1973(random_state=1)
    net.present(BARS[:1], cycles=200)
    answering = net.respond(BARS[:1]).excitatory[0] > 0
    assert 20 < answering.sum() < 100
    assert axial_difference(net.preferred_angles()[answering], 90).max() < 1
    assert axial_difference(net.preferred_angles()[~answering], 90).mean() > 30


def test_without_learning_nothing_changes():
    net = Malsburg1973(h=0.0, random_state=1)
    before = net.synapses.copy()
    net.present(cycles=3)
    np.testing.assert_allclose(net.synapses, before, atol=1e-12)


def test_sums_of_synapses_are_kept(organised):
    for net in organised[0]:
        np.testing.assert_allclose(net.synapses.sum(axis=1), 2.375)
        assert net.synapses.min() >= 0


def test_orders_from_noisy_bars():
    nets = [Malsburg1973(random_state=seed) for seed in range(8)]
    after = Malsburg1973.present_all(nets, cycles=100, noise=0.1)
    assert mean(after, "neighbour_difference") <= 33
    assert 0.25 <= mean(after, "selectivity") <= 0.34


def test_repair(organised):
    """A patch of random synapses takes its order from the cells around it, and first the old orientations."""
    nets, patch = [again(net) for net in organised[0]], np.linalg.norm(CORTEX, axis=1) < 3.01
    old = [net.preferred_angles() for net in nets]
    for net in nets:
        net.scramble(patch)
    inside = [neighbour_difference(net.preferred_angles(), patch) for net in nets]
    assert np.mean(inside) >= 41
    Malsburg1973.present_all(nets, cycles=10)
    changed = [axial_difference(net.preferred_angles(), was)[patch].mean() for net, was in zip(nets, old, strict=True)]
    assert np.mean(changed) < 36  # 45 by chance
    Malsburg1973.present_all(nets, cycles=90)
    assert np.mean([neighbour_difference(net.preferred_angles(), patch) for net in nets]) <= 35


def test_scramble_changes_the_chosen_cells_alone(organised):
    net = again(organised[0][0])
    net.scramble((3, 4))
    changed = (net.synapses != organised[0][0].synapses).any(axis=1)
    assert np.flatnonzero(changed).tolist() == [3, 4]
    np.testing.assert_allclose(net.synapses.sum(axis=1), 2.375)
    first = net.synapses.copy()
    assert (net.scramble([3, 4]).synapses[[3, 4]] != first[[3, 4]]).any(axis=1).all()


def test_cut_synapses_stay_away_and_cells_make_up_for_them(organised):
    nets = [again(net) for net in organised[0]]
    at_once = [net.cut(0.7).order() for net in nets]
    assert all(0.65 < 1 - net.intact.mean() < 0.75 for net in nets)
    assert all((net.synapses[~net.intact] == 0).all() for net in nets)
    later = Malsburg1973.present_all(nets, cycles=10)
    assert mean(at_once, "active") < 0.4
    assert mean(later, "active") > 0.85
    assert all((net.synapses[~net.intact] == 0).all() for net in nets)
    assert all(np.allclose(net.synapses.sum(axis=1)[net.intact.any(axis=1)], 2.375) for net in nets)


def test_cut_takes_cells_and_all():
    net = Malsburg1973(random_state=2).cut(1.0, [7])
    assert not net.synapses[7].any()
    assert net.intact[np.arange(169) != 7].all()
    assert np.isfinite(net.present(cycles=2).neighbour_difference)
    assert net.cut(1.0).order().active == 0
    assert not net.scramble(range(169)).synapses.any()


def test_noise_turns_activities_round():
    shown = np.tile(BARS, (100, 1))
    noisy = disturbed(shown, 0.2, key=5, first=0)
    assert set(np.unique(noisy)) == {0.0, 1.0}
    assert abs((noisy != shown).mean() - 0.2) < 0.015  # 17,100 draws: five standard errors
    np.testing.assert_array_equal(disturbed(shown, 1.0, key=5, first=0), 1 - shown)
    np.testing.assert_array_equal(disturbed(shown[40:], 0.2, key=5, first=40), noisy[40:])


def test_the_same_in_pieces():
    whole, pieces = (Malsburg1973(random_state=4) for _ in range(2))
    whole.present(cycles=5, noise=0.1)
    for _ in range(5):
        pieces.present(noise=0.1)
    np.testing.assert_array_equal(whole.synapses, pieces.synapses)


def test_the_same_for_any_number_of_threads():
    before, found = parallel.threads(), []
    try:
        for threads in (1, 2, 3):
            parallel.set_threads(threads)
            nets = [Malsburg1973(random_state=seed) for seed in range(3)]
            Malsburg1973.present_all(nets, cycles=3, noise=0.05)
            found.append([[net.synapses for net in nets], [net.respond().excitatory for net in nets]])
    finally:
        parallel.set_threads(before)
    assert all(np.array_equal(a, b) for one in found[1:] for a, b in zip(one, found[0], strict=True))


def test_difference_of_neighbours_in_part_of_the_cortex():
    """Pairs count of which one cell belongs to the part, or both."""
    angles, cells = np.zeros(169), np.arange(169) < 1
    near = NEAR[0][NEAR[0] < 169]
    angles[near[0]] = 60
    assert neighbour_difference(angles, cells) == pytest.approx(60 / len(near))
    assert neighbour_difference(angles, [0]) == pytest.approx(60 / len(near))


def test_together_as_alone():
    """Cortices of different parameters learn side by side as they do alone."""
    together = [Malsburg1973(random_state=1), Malsburg1973(random_state=2, h=0.1, steps=12)]
    Malsburg1973.present_all((net for net in together), cycles=2, noise=0.1)
    alone = Malsburg1973(random_state=2, h=0.1, steps=12)
    alone.present(cycles=2, noise=0.1)
    np.testing.assert_array_equal(together[1].synapses, alone.synapses)


def test_parts_go_on_alike_and_share_nothing():
    net = Malsburg1973(h=0.1, random_state=np.random.default_rng(0)).cut(0.1)
    net.present(cycles=2)
    twin = again(net)
    twin.present(cycles=2, noise=0.1)
    twin.scramble([0])
    net.present(cycles=2, noise=0.1)
    np.testing.assert_array_equal(net.synapses[1:], twin.synapses[1:])
    assert (net.synapses[0] != twin.synapses[0]).any()
    np.testing.assert_array_equal(net.scramble([0]).synapses, twin.synapses)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"h": -0.1}, "Malsburg1973: h must be a finite number >= 0; got -0.1"),
        ({"p": np.nan}, "p must be"),
        ({"q": "much"}, "q must be"),
        ({"r": np.inf}, "r must be"),
        ({"threshold": -1}, "threshold must be"),
        ({"steps": 0}, "steps must be an integer >= 1; got 0"),
        ({"synapse_sum": 0}, "synapse_sum must be a finite number > 0; got 0"),
        ({"random_state": "seven"}, "random_state must be"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(InvalidParameter, match=message):
        Malsburg1973(**parameters)
