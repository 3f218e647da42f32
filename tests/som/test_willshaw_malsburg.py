"""The retinotopic projection of Willshaw & von der Malsburg (1976): against a naive twin, and what markers do."""

import numpy as np
import pytest

from neurosim.core import parallel
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.som.malsburg_sheets import ORIENTATIONS, oriented, sheet
from neurosim.som.willshaw_malsburg1976 import WillshawMalsburg1976
from tests.som import naive_malsburg as naive

SPOTS = 15_000


def organised(seeds=8, spots=SPOTS, **parameters):
    nets = [WillshawMalsburg1976(random_state=seed, **parameters) for seed in range(seeds)]
    return nets, WillshawMalsburg1976.present_all(nets, spots)


def with_fields(cells):
    """A projection of side 6 in which every cell has a synapse from one cell alone."""
    net = WillshawMalsburg1976(random_state=0)
    net.synapses = np.eye(36)[cells]
    return net


def nearest(places):
    """The number of the cell at each place."""
    return (((places[:, None] - sheet(6)) ** 2).sum(axis=-1)).argmin(axis=1)


@pytest.mark.parametrize("side", [4, 5])
def test_learns_as_the_naive_twin(side):
    constants = {"excitation": 0.15, "inhibition": 0.07, "reach": 2.0, "threshold": 0.8, "time_step": 0.4, "steps": 9}
    net = WillshawMalsburg1976(
        side=side, h=0.05, spot=1.5, mean_synapse=0.15, variation=0.5, random_state=1, **constants
    )
    s, centres = net.synapses.tolist(), net._next_spots(12)
    naive.present_1976(side, s, centres, spot=1.5, h=0.05, mean=0.15, **constants)
    net.present(12)
    np.testing.assert_allclose(net.synapses, s, atol=1e-12)
    assert net.presentations == 12


def test_responds_as_the_naive_twin():
    net = WillshawMalsburg1976(side=4, random_state=1)
    net.present(200)
    drive = net.spots[5] @ net.synapses.T
    wanted = naive.settle_1976(4, drive.tolist())
    assert max(wanted) > 0
    np.testing.assert_allclose(net.respond(net.spots[5]), [wanted], atol=1e-12)
    np.testing.assert_allclose(net.respond()[5], wanted, atol=1e-12)


def test_all_spots_come_equally_often():
    counts = np.bincount(WillshawMalsburg1976(random_state=3)._next_spots(36_000), minlength=36)
    assert len(counts) == 36
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(1000)


def test_first_synapses():
    net = WillshawMalsburg1976(variation=0.3, marker_strength=4.0, mean_synapse=0.5, random_state=0)
    np.testing.assert_allclose(net.synapses.mean(axis=1), 0.5)
    strong = np.argwhere(net.synapses > 1.4)
    assert strong.tolist() == [[14, 14], [15, 15], [20, 20], [21, 21]]
    unmarked = net.synapses[0] / 0.5
    assert 0.65 < unmarked.min() < 0.8 < 1.2 < unmarked.max() < 1.35


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_orientation_is_recognised(orientation):
    order = with_fields(nearest(oriented(sheet(6), orientation))).order()
    assert order.orientation == orientation
    assert order.agreement == pytest.approx(1)
    assert order.distances == pytest.approx(1)
    assert order.field_size == pytest.approx(0)
    assert order.step == pytest.approx(1 / np.mean([np.hypot(*(a - b)) for a in sheet(6) for b in sheet(6)]) * 35 / 36)


def test_orientations_are_turned_anticlockwise_after_mirroring():
    right = np.array([[2.0, 1.0]])
    assert oriented(right, "rotated 90").tolist() == [[-1, 2]]
    assert oriented(right, "mirrored").tolist() == [[-2, 1]]
    assert oriented(right, "mirrored, rotated 90").tolist() == [[-1, -2]]
    assert sheet(3)[[0, 2, 6]].tolist() == [[-1, 1], [1, 1], [-1, -1]]


def test_order_of_a_random_projection():
    rng = np.random.default_rng(0)
    orders = [with_fields(rng.permutation(36)).order() for _ in range(50)]
    assert abs(np.mean([order.upright for order in orders])) < 0.1  # standard error .017
    assert abs(np.mean([order.step for order in orders]) - 1) < 0.05
    assert abs(np.mean([order.distances for order in orders])) < 0.05


def test_order_of_fields_all_in_one_place():
    order = with_fields(np.zeros(36, int)).order()
    assert (order.upright, order.distances, order.step) == (0, 0, 0)


@pytest.mark.parametrize("side", [6, 7])
def test_markers_lead_to_an_upright_map(side):
    nets, orders = organised(side=side)
    assert min(order.agreement for order in orders) > 0.95
    assert {order.orientation for order in orders} == {"upright"}
    assert max(order.step for order in orders) < 0.35
    assert max(order.field_size for order in orders) < 1.4
    for net in nets:
        np.testing.assert_allclose(net.synapses.mean(axis=1), 0.2)


@pytest.mark.parametrize("markers", ["rotated 270", "mirrored", "mirrored, rotated 90"])
def test_wrong_markers_lead_to_the_wrong_map(markers):
    _, orders = organised(markers=markers)
    assert {order.orientation for order in orders} == {markers}
    assert min(order.agreement for order in orders) > 0.95
    assert max(abs(order.upright) for order in orders) < 0.1


def test_without_markers_maps_lie_any_way_round():
    _, orders = organised(seeds=16, markers=None)
    assert len({order.orientation for order in orders}) >= 3
    assert 0.4 < np.mean([order.agreement for order in orders]) < 0.85
    assert np.mean([order.step for order in orders]) < 0.5  # neighbours do get to neighbours


def test_crossed_markers_fit_no_map():
    _, orders = organised(markers="twisted")
    assert np.mean([order.agreement for order in orders]) < 0.75


def test_without_lateral_connections_there_is_no_order():
    _, orders = organised(markers=None, excitation=0.0, inhibition=0.0, threshold=0.9)
    assert np.mean([order.step for order in orders]) > 0.8


def test_markers_of_your_own():
    pairs = np.array([[35, 0], [30, 5], [0, 35]])
    net = WillshawMalsburg1976(markers=pairs, marker_strength=20.0, random_state=0)
    assert [int(net.synapses[post].argmax()) for post in (0, 5, 35)] == [35, 30, 0]
    named = WillshawMalsburg1976(markers=[[21, 14], [20, 15], [15, 20], [14, 21]], random_state=0)
    np.testing.assert_array_equal(named.synapses, WillshawMalsburg1976(markers="rotated 180", random_state=0).synapses)


def test_the_same_in_pieces():
    whole, pieces = (WillshawMalsburg1976(random_state=4) for _ in range(2))
    whole.present(50)
    for n in (1, 19, 30):
        pieces.present(n)
    np.testing.assert_array_equal(whole.synapses, pieces.synapses)


def test_constants_can_be_changed_between_lessons():
    net, other = WillshawMalsburg1976(random_state=0), WillshawMalsburg1976(random_state=0, excitation=0.0, spot=2.0)
    assert (net.respond() != other.respond()).any()
    net.excitation, net.spot = 0.0, 2.0
    np.testing.assert_array_equal(net.respond(), other.respond())
    assert other.spots[14].sum() == 13


def test_markers_are_copied_and_count_once():
    pairs = np.array([[0, 0], [0, 0]])
    net = WillshawMalsburg1976(markers=pairs, random_state=0)
    np.testing.assert_array_equal(net.synapses, WillshawMalsburg1976(markers=pairs[:1], random_state=0).synapses)
    pairs[:] = -1
    assert WillshawMalsburg1976.from_parts(*net.to_parts()).markers.tolist() == [[0, 0], [0, 0]]


def test_the_same_for_any_number_of_threads():
    before, found = parallel.threads(), []
    try:
        for threads in (1, 2, 3):
            parallel.set_threads(threads)
            nets, _ = organised(3, 100)
            found.append([*(net.synapses for net in nets), nets[0].respond()])
    finally:
        parallel.set_threads(before)
    assert all(np.array_equal(a, b) for one in found[1:] for a, b in zip(one, found[0], strict=True))


def test_parts_go_on_alike_and_share_nothing():
    net = WillshawMalsburg1976(markers=[[0, 0]], h=0.03, random_state=np.random.default_rng(0))
    net.present(20)
    twin = WillshawMalsburg1976.from_parts(*net.to_parts())
    twin.present(20)
    assert (net.synapses != twin.synapses).any()
    net.present(20)
    np.testing.assert_array_equal(net.synapses, twin.synapses)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"side": 2}, "WillshawMalsburg1976: side must be an integer >= 3; got 2"),
        ({"markers": "up"}, "markers must be one of 'upright', 'rotated 90'"),
        ({"markers": [[0, 36]]}, r"pairs of integers in \[0, 36\)"),
        ({"markers": [0, 1]}, "markers must be"),
        ({"markers": [[0, 1], [2]]}, "markers must be"),
        ({"markers": [[0.5, 1]]}, "markers must be"),
        ({"marker_strength": -1}, "marker_strength must be"),
        ({"variation": 1.1}, r"variation must be a number in \[0, 1\]; got 1.1"),
        ({"h": np.nan}, "h must be"),
        ({"excitation": -0.1}, "excitation must be"),
        ({"inhibition": "strong"}, "inhibition must be"),
        ({"reach": 0}, "reach must be a finite number > 0; got 0"),
        ({"spot": -1}, "spot must be"),
        ({"threshold": -1}, "threshold must be"),
        ({"mean_synapse": 0}, "mean_synapse must be"),
        ({"time_step": 0}, r"time_step must be a number in \(0, 1\]; got 0"),
        ({"steps": 0}, "steps must be"),
        ({"random_state": 1.5}, "random_state must be"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(InvalidParameter, match=message):
        WillshawMalsburg1976(**parameters)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda n: n.present(0), InvalidParameter, "presentations must be"),
        (lambda n: n.respond(np.ones((2, 35))), DataError, r"shape \(n, 36\); got \(2, 35\)"),
        (lambda n: n.respond("spot"), DataError, "must be real numbers"),
        (lambda n: n.respond([[1], [1, 2]]), DataError, "must be real numbers"),
        (lambda n: n.respond(n.spots + 1j), DataError, "must be real numbers"),
        (lambda n: WillshawMalsburg1976.present_all(n), InvalidParameter, "one projection or more"),
        (lambda n: n.respond(np.full((2, 36), np.nan)), DataError, "finite"),
        (lambda n: WillshawMalsburg1976.present_all([]), InvalidParameter, "one projection or more"),
        (lambda n: WillshawMalsburg1976.present_all([n, n]), InvalidParameter, "each once"),
        (
            lambda n: WillshawMalsburg1976.present_all([n, WillshawMalsburg1976(side=4)]),
            InvalidParameter,
            "projections of the same side",
        ),
    ],
)
def test_bad_input(call, kind, message):
    with pytest.raises(kind, match=message):
        call(WillshawMalsburg1976(random_state=0))
