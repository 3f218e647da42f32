"""The models of von der Malsburg: the same bits in pieces and one by one, a callback, unbounded growth, bad input."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.som import malsburg_sheets, willshaw_malsburg1976
from neurosim.som.malsburg1973 import Malsburg1973
from neurosim.som.malsburg_sheets import BAR_ANGLES, BARS, neighbour_difference
from neurosim.som.willshaw_malsburg1976 import WillshawMalsburg1976


def test_one_bar_at_a_time_is_answered_as_all_at_once():
    """To the bit: sums are formed in one order, those of learning."""
    net = Malsburg1973(random_state=1)
    net.present(cycles=3)
    stimuli = np.random.default_rng(0).random((40, 19))
    found = net.respond(stimuli)
    one = [net.respond(stimulus) for stimulus in stimuli]
    np.testing.assert_array_equal(found.drive, np.concatenate([answer.drive for answer in one]))
    np.testing.assert_array_equal(found.excitatory, np.concatenate([answer.excitatory for answer in one]))
    in_order = [sum(s * a for s, a in zip(row, stimuli[0].tolist(), strict=True)) for row in net.synapses.tolist()]
    np.testing.assert_array_equal(found.drive[0], in_order)
    drives = np.array([[sum(s[BARS[b] > 0].tolist()) for s in net.synapses] for b in range(9)])
    waves = np.exp(2j * np.radians(BAR_ANGLES))[:, None] * drives
    np.testing.assert_array_equal(net.tuning(), waves.sum(axis=0) / drives.sum(axis=0))


def test_pieces_change_nothing(monkeypatch):
    """Noise of long lessons is drawn piece by piece."""
    nets = [Malsburg1973(random_state=4) for _ in range(2)]
    nets[0].present(cycles=5, noise=0.1)
    monkeypatch.setattr(malsburg_sheets, "PIECE", 20)
    nets[1].present(cycles=5, noise=0.1)
    np.testing.assert_array_equal(nets[0].synapses, nets[1].synapses)


def test_noise_is_drawn_from_where_it_is_needed_on(monkeypatch):
    """And not with all that was drawn before, which would take longer with every lesson."""
    drawn, net = [], Malsburg1973(random_state=4)
    net.presentations = 10**12
    uniform = malsburg_sheets.uniform
    monkeypatch.setattr(malsburg_sheets, "uniform", lambda *a: drawn.append(uniform(*a)) or drawn[-1])
    net.present(noise=0.1)
    assert [numbers.shape for numbers in drawn] == [(9, 19)]


def test_callback_watches_and_stops():
    seen, net = [], Malsburg1973(random_state=4)
    order = net.present(cycles=7, callback=lambda p: seen.append((p.step, p.total, net.presentations)) or p.step == 3)
    assert seen == [(1, 7, 9), (2, 7, 18), (3, 7, 27)]
    assert order.presentations == 27
    twin = Malsburg1973(random_state=4)
    twin.present(cycles=3)
    np.testing.assert_array_equal(net.synapses, twin.synapses)


@pytest.mark.parametrize(
    ("parameters", "stimuli"),
    [({"p": 2.0, "steps": 3000}, BARS), ({"h": 1e308}, BARS), ({"h": 1e307}, BARS), ({}, 1e308 * BARS)],
)
def test_what_grows_beyond_all_bounds_is_not_learned(parameters, stimuli):
    nets = [Malsburg1973(random_state=4), Malsburg1973(random_state=4, **parameters)]
    before = nets[0].synapses.copy()
    with pytest.raises(DataError, match="Malsburg1973: activities or synapses grew beyond all bounds"):
        Malsburg1973.present_all(nets, stimuli)
    for net in nets:
        np.testing.assert_array_equal(net.synapses, before)
        assert net.presentations == 0


def test_answers_beyond_all_bounds():
    with pytest.raises(DataError, match="Malsburg1973: the activities grew beyond all bounds"):
        Malsburg1973(p=2.0, steps=3000).respond()


def test_cells_without_any_synapse_do_not_count_as_lost():
    net = Malsburg1973(random_state=0).cut(1.0, [5])
    assert np.isfinite(net.present(cycles=2).selectivity)


def test_one_spot_at_a_time_is_answered_as_all_at_once():
    """To the bit, on sheets large enough for a library of matrices to share the sums among threads."""
    net = WillshawMalsburg1976(side=12, random_state=0)
    stimuli = np.random.default_rng(0).random((30, 144))
    found = net.respond(stimuli)
    np.testing.assert_array_equal(found, np.concatenate([net.respond(stimulus) for stimulus in stimuli]))
    drives = malsburg_sheets.driven(stimuli[:1], net.synapses)[0]
    in_order = [sum(s * a for s, a in zip(row, stimuli[0].tolist(), strict=True)) for row in net.synapses.tolist()]
    np.testing.assert_array_equal(drives, in_order)


def test_spots_in_pieces_and_a_late_start(monkeypatch):
    nets, drawn = [WillshawMalsburg1976(random_state=4) for _ in range(2)], []
    nets[0].present(50)
    monkeypatch.setattr(malsburg_sheets, "PIECE", 7)
    nets[1].present(50)
    np.testing.assert_array_equal(nets[0].synapses, nets[1].synapses)
    uniform = willshaw_malsburg1976.uniform
    monkeypatch.setattr(willshaw_malsburg1976, "uniform", lambda *a: drawn.append(uniform(*a)) or drawn[-1])
    nets[0].presentations = 10**12
    nets[0].present(6)
    assert [len(numbers) for numbers in drawn] == [6]


def test_callback_of_spots_watches_and_stops():
    seen, net = [], WillshawMalsburg1976(random_state=4)
    order = net.present(450, callback=lambda p: seen.append((p.step, p.total, net.presentations)) or p.step == 200)
    assert seen == [(100, 450, 100), (200, 450, 200)]
    assert order.presentations == 200


def test_projection_that_grows_beyond_all_bounds_is_not_learned():
    net = WillshawMalsburg1976(excitation=5, steps=3000, random_state=0)
    before = net.synapses.copy()
    with pytest.raises(DataError, match="WillshawMalsburg1976: activities or synapses grew beyond all bounds"):
        net.present(10)
    np.testing.assert_array_equal(net.synapses, before)
    assert net.presentations == 0
    with pytest.raises(DataError, match="WillshawMalsburg1976: the activities grew beyond all bounds"):
        net.respond()


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda n: n.present(BARS[:, :18]), DataError, r"shape \(n, 19\); got \(9, 18\)"),
        (lambda n: n.present(BARS[:0]), DataError, "n >= 1"),
        (lambda n: n.present(-BARS), DataError, "finite numbers >= 0"),
        (lambda n: n.present(BARS * np.nan), DataError, "finite numbers"),
        (lambda n: n.present(["bar"]), DataError, "must be real numbers"),
        (lambda n: n.present(BARS + 1j), DataError, "must be real numbers"),
        (lambda n: n.respond([[1, 2], [1]]), DataError, "must be real numbers"),
        (lambda n: n.present(2 * BARS, noise=0.1), DataError, r"in \[0, 1\] where there is noise; got 2"),
        (lambda n: n.present(cycles=0), InvalidParameter, "cycles must be"),
        (lambda n: n.present(noise=1.1), InvalidParameter, r"noise must be a number in \[0, 1\]; got 1.1"),
        (lambda n: n.cut(-0.1), InvalidParameter, "share must be"),
        (lambda n: n.cut(0.1, [169]), InvalidParameter, "cells must be a bool for each of the 169"),
        (lambda n: n.scramble("all"), InvalidParameter, "cells must be"),
        (lambda n: n.scramble(True), InvalidParameter, "cells must be"),
        (lambda n: n.scramble(slice(0, 3)), InvalidParameter, "cells must be"),
        (lambda n: n.scramble([-1]), InvalidParameter, "cells must be"),
        (lambda n: n.scramble([[1, 2], [3, 4]]), InvalidParameter, "cells must be"),
        (lambda n: n.scramble(np.ones(169, int)), InvalidParameter, "or their numbers, each once"),
        (lambda n: neighbour_difference(np.zeros(169), np.zeros(169, bool)), InvalidParameter, "one cell or more"),
        (lambda n: neighbour_difference(np.zeros(5)), DataError, r"angles must have shape \(n, 169\); got \(5,\)"),
        (lambda n: Malsburg1973.present_all(n), InvalidParameter, "one cortex or more"),
        (lambda n: Malsburg1973.present_all([1, 2]), InvalidParameter, "one cortex or more"),
        (lambda n: Malsburg1973.present_all([]), InvalidParameter, "cortices must be one cortex or more"),
        (lambda n: Malsburg1973.present_all([n, n]), InvalidParameter, "each once"),
    ],
)
def test_bad_input(call, kind, message):
    with pytest.raises(kind, match=message):
        call(Malsburg1973(random_state=0))
