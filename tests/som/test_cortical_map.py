"""Cortical maps: stimuli, the rule against a loop, and the threshold of orientation."""

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.som.cortical_map import CorticalMap, orientation_threshold
from neurosim.som.orientation_map import column_layout, crossing_angles


def test_stimuli():
    model = CorticalMap((16, 32), orientation=6.0, ocularity=2.0, random_state=3)
    x = model.draw(20_000).astype(np.float64)
    np.testing.assert_allclose(np.hypot(x[:, 0], x[:, 1]), 32 / (2 * np.pi), rtol=1e-6)
    np.testing.assert_allclose(np.hypot(x[:, 2], x[:, 3]), 16 / (2 * np.pi), rtol=1e-6)
    q = np.hypot(x[:, 4], x[:, 5])
    assert q.max() <= 6.0001
    assert np.mean(q < 3) == pytest.approx(0.25, abs=0.015)  # uniform in the disc
    assert x[:, 4:6].mean(axis=0) == pytest.approx(0, abs=0.12)
    assert (x[:, 6].min(), x[:, 6].max()) == (pytest.approx(-2, abs=0.01), pytest.approx(2, abs=0.01))
    turn = np.arctan2(x[:, 1], x[:, 0])
    assert np.mean(turn < 0) == pytest.approx(0.5, abs=0.02)


def test_start_is_retinotopic():
    found = CorticalMap((10, 20), ocularity=1.0, random_state=0).features()
    y, x = np.mgrid[:10, :20]
    places = found.retina + 0.5  # away from the seam
    np.testing.assert_allclose(places[..., 0] % 20 - 0.5, x, atol=1e-4)
    np.testing.assert_allclose(places[..., 1] % 10 - 0.5, y, atol=1e-4)
    assert found.selectivity.max() < 0.3
    assert 0 < np.abs(found.dominance).max() <= 0.02


def test_develops_by_kohonens_rule():
    model = CorticalMap((8, 10), orientation=5.0, sigma=(2.0, 1.0), learning_rate=(0.3, 0.1), random_state=1)
    w = model.weights.astype(np.float64)
    x = CorticalMap((8, 10), orientation=5.0, random_state=1).draw(60)
    for t in range(60):
        sigma, rate = 2.0 * 0.5 ** (t / 59), 0.3 * (0.1 / 0.3) ** (t / 59)
        winner = np.argmin(((w - x[t]) ** 2).sum(axis=1))
        for u in range(80):
            d = model.topology.distance(winner, u)
            w[u] += rate * np.exp(-(d**2) / (2 * sigma**2)) * (x[t] - w[u])
    found = model.develop(60)
    np.testing.assert_allclose(model.weights, w, atol=1e-4)
    z = found.selectivity * np.exp(2j * found.preference)
    np.testing.assert_allclose(z.ravel(), w[:, 4] + 1j * w[:, 5], atol=1e-4)
    assert (found.preference >= 0).all()
    assert (found.preference <= np.pi).all()


def test_development_in_pieces():
    """Stimuli are numbered from the first on, whatever the calls; 16 is a number that the kernel takes at a time."""
    whole, pieces = (CorticalMap((8, 10), orientation=5.0, random_state=2) for _ in range(2))
    np.testing.assert_array_equal(whole.draw(999)[500:], whole.draw(499, first=500))
    np.testing.assert_array_equal(whole.draw(999)[501:], whole.draw(498, first=501))
    found = whole.develop(70_000)
    for count in (16, 16 * 70, 70_000 - 16 * 71):
        pieces.develop(count)
    assert pieces.stimuli == whole.stimuli == 70_000
    np.testing.assert_array_equal(pieces.features().preference, found.preference)
    few, odd = (CorticalMap((8, 10), orientation=5.0, random_state=2) for _ in range(2))
    few.develop(200)
    odd.develop(77)
    odd.develop(123)
    np.testing.assert_allclose(odd.weights, few.weights, atol=1e-4)


def test_a_second_call_sees_new_stimuli_and_seeds_repeat():
    once, again = (CorticalMap((8, 8), random_state=5) for _ in range(2))
    first = once.develop(50)
    np.testing.assert_array_equal(first.preference, again.develop(50).preference)
    before = once.weights.copy()
    once.develop(50)
    assert once.stimuli == 100
    assert not np.array_equal(once.draw(10, first=50), once.draw(10, first=100))
    assert np.abs(once.weights - before).max() > 0.01


def test_orientation_arises_above_the_threshold_only():
    sigma = 2.0
    threshold = orientation_threshold(sigma)
    assert threshold == pytest.approx(4.6632, abs=1e-4)
    share = [
        np.sqrt(np.mean(found.selectivity**2)) / (r * threshold)
        for r in (0.8, 1.25)
        for found in [CorticalMap((40, 40), orientation=r * threshold, sigma=sigma, random_state=0).develop(60_000)]
    ]
    assert share[0] < 0.12
    assert share[1] > 0.2


def test_layout_of_a_map_with_both_features():
    found = CorticalMap((48, 48), orientation=6.0, ocularity=5.0, sigma=2.0, random_state=0).develop(60_000)
    layout = column_layout(found.preference, found.selectivity)
    assert 4.0 < layout.spectrum.wavelength / 2.0 < 6.5  # sqrt(2) pi = 4.44 at the threshold, growing above it
    assert 1.5 < layout.density < 4.5
    assert layout.spectrum.hole < 0.4
    assert np.degrees(crossing_angles(found.preference, found.dominance)).mean() > 46


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"grid": (4, 8)}, "at least 8 each"),
        ({"grid": "8x8"}, "grid must be"),
        ({"orientation": -1}, "orientation must be a number >= 0"),
        ({"ocularity": None}, "ocularity must be"),
        ({"sigma": 0}, "sigma must be"),
        ({"sigma": (1, 2, 3)}, "sigma must be"),
        ({"learning_rate": 1.5}, r"learning_rate must be one or two numbers in \(0, 1\]"),
        ({"decay": "fast"}, "decay must be one of"),
        ({"random_state": "a"}, "random_state must be"),
    ],
)
def test_bad_parameters(options, message):
    with pytest.raises(InvalidParameter, match=message):
        CorticalMap(**({"grid": (8, 8)} | options))


def test_bad_number_of_stimuli_or_width():
    with pytest.raises(InvalidParameter, match="stimuli must be an integer >= 1"):
        CorticalMap((8, 8)).develop(0)
    with pytest.raises(InvalidParameter, match="sigma must be a number > 0"):
        orientation_threshold(0)
