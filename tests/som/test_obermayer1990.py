"""The cortex that sees a retina: stimuli, the rule against a loop, features of known fields, and columns that arise."""

import numpy as np
import pytest

from neurosim.core import parallel
from neurosim.core.errors import InvalidParameter
from neurosim.som import obermayer_cpu
from neurosim.som.obermayer1990 import DRAWN, Obermayer1990
from neurosim.som.orientation_map import column_layout

from . import naive_obermayer


def small(**options):
    return Obermayer1990(**({"grid": (8, 10), "retina": 12, "spot": (2.0, 0.8), "sigma": (2.5, 1.5, 0.6)} | options))


def test_images_are_spots_of_sum_1():
    model = small()
    centres, angles = np.array([[6.0, 6.0], [0.3, 11.0], [3.5, 9.9]]), np.array([0.0, 0.7, 2.5])
    found = model.images(centres, angles)
    wanted = [naive_obermayer.spot(*spot, 2.0, 0.8, 12).ravel() for spot in zip(centres, angles, strict=True)]
    np.testing.assert_allclose(found, wanted, atol=2e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)


def test_stimuli_are_uniform_and_new_with_every_stream():
    model = small(random_state=1)
    centres, angles = model.draw(20_000)
    assert 0 <= centres.min() < 0.1 < 11.9 < centres.max() < 12
    assert 0 <= angles.min() < 0.01 < np.pi - 0.01 < angles.max() < np.pi
    assert centres.mean(axis=0) == pytest.approx(6, abs=0.12)  # five standard errors
    assert abs(np.exp(2j * angles).mean()) < 0.035
    assert not np.array_equal(centres, model.draw(20_000, stream=2)[0])


@pytest.mark.parametrize("start", ["random", "retinotopic"])
@pytest.mark.parametrize("count", [1, obermayer_cpu.BLOCK, 3 * obermayer_cpu.BLOCK + 5])
def test_develops_by_kohonens_rule(start, count):
    model = small(start=start, learning_rate=(0.5, 0.1), random_state=3)
    before, x = model.weights.copy(), model.images(*model.draw(count, stream=count))
    t = np.arange(count) / (count - 1) if count > 1 else np.ones(1)
    sigmas = np.where(t < 0.5, 2.5 - 2 * t, 1.5 - 1.8 * (t - 0.5))
    wanted, winners = naive_obermayer.develop(before, x.astype(np.float64), sigmas, 0.5 - 0.4 * t)
    found = model.develop(count)
    np.testing.assert_allclose(model.weights, wanted, atol=1e-5)
    np.testing.assert_allclose(model.weights.sum(axis=-1), 1, rtol=1e-5)
    np.testing.assert_array_equal(found.preference, model.features().preference)
    assert np.abs(wanted - before).max() > 5e-3
    assert len(set(winners)) >= min(count, 8)
    assert model.stimuli == count


def test_only_units_in_reach_are_touched():
    model = small(grid=(32, 32), sigma=(0.5, 0.5, 0.5), random_state=0)
    before = model.weights.copy()
    model.develop(1)
    changed = (model.weights != before).any(axis=-1)
    assert 9 <= changed.sum() <= 49
    x = model.images(*model.draw(1, stream=1))[0]
    winner = np.unravel_index(np.argmax(before @ x), (32, 32))
    near = (np.indices((32, 32)) - np.reshape(winner, (2, 1, 1)) + 16) % 32 - 16
    assert np.abs(near[:, changed]).max() <= 3


def test_the_first_of_equal_units_wins():
    answers = np.zeros((1, 4, 4), np.float32)
    answers[0, 1, 2] = answers[0, 3, 0] = 1
    strengths = np.empty_like(answers)
    obermayer_cpu.choose(answers, np.ones((1, 1), np.float32), np.array([0.7]), np.array([0.25]), strengths)
    assert strengths[0].argmax() == 6
    assert strengths[0, 1, 2] == 0.25
    assert strengths[0, 1, 1] == pytest.approx(0.25 * np.exp(-1 / 0.98), rel=1e-5)


def test_any_number_of_threads_gives_the_same_bits():
    found, before = [], parallel.threads()
    try:
        for threads in (1, 2, 5):
            parallel.set_threads(threads)
            model = small(grid=(16, 16), random_state=2)
            model.develop(300)
            found.append(model.weights)
    finally:
        parallel.set_threads(before)
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_a_second_call_and_a_second_drawing_see_new_stimuli(monkeypatch):
    shown = []
    images = Obermayer1990.images
    monkeypatch.setattr(Obermayer1990, "images", lambda *a: shown.append(images(*a)) or shown[-1])
    model = small(random_state=5)
    model.develop(DRAWN + 40)
    model.develop(40)
    assert model.stimuli == DRAWN + 80
    assert len(np.unique(np.concatenate(shown), axis=0)) == DRAWN + 80


def test_features_of_known_fields():
    model = small(grid=(8, 12), retina=24, spot=(3.0, 1.5))
    model.weights[:] = model.images(np.full((96, 2), 12.0), np.zeros(96)).reshape(8, 12, -1)
    angles = np.array([0.3, 1.2, 2.9])
    model.weights[0, :3] = model.images([[5.2, 7.9], [0.1, 12.0], [23.8, 23.5]], angles)
    found = model.features()
    np.testing.assert_allclose(found.preference[0, :3], angles, atol=0.01)
    np.testing.assert_allclose(found.selectivity[0, :3], (9 - 2.25) / (9 + 2.25), atol=0.01)
    np.testing.assert_allclose(found.retina[0, 0], (5.2 / 2 - 0.5, 7.9 / 3 - 0.5), atol=0.01)
    np.testing.assert_allclose(found.retina[0, 1], (0.05 - 0.5 + 12, 3.5), atol=0.01)
    assert not found.dominance.any()


def test_starts():
    found = small(grid=(10, 20), random_state=0).features()
    y, x = np.mgrid[:10, :20]
    np.testing.assert_allclose((found.retina[..., 0] - x + 1) % 20 - 1, 0, atol=0.2)
    np.testing.assert_allclose((found.retina[..., 1] - y + 1) % 10 - 1, 0, atol=0.1)
    assert found.selectivity.max() < 0.1
    scattered = small(grid=(10, 20), start="random", random_state=0).features()
    assert abs(np.exp(2j * np.pi * (scattered.retina[..., 0] - x) / 20).mean()) < 0.3


def test_columns_arise_for_elongated_spots_only():
    options = {"grid": (40, 40), "retina": 16, "sigma": (5.0, 3.5, 0.8), "random_state": 0}
    model = Obermayer1990(spot=(4.0, 1.0), **options)
    found = model.develop(10_000)
    blank = Obermayer1990(spot=(2.0, 2.0), **options).develop(10_000)
    assert found.selectivity.mean() > 0.25
    assert blank.selectivity.mean() < 0.1
    layout = column_layout(found.preference, found.selectivity)
    assert 8 < layout.spectrum.wavelength < 20
    assert 1.5 < layout.density < 5
    y, x = np.mgrid[:40, :40]
    turn = np.exp(2j * np.pi * (found.retina - np.stack([x, y], axis=-1)) / 40)
    assert np.abs(turn.mean(axis=(0, 1))).min() > 0.95


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"grid": (4, 8)}, "at least 8 each"),
        ({"retina": 7}, "retina must be an integer >= 8"),
        ({"spot": 3}, "spot must be"),
        ({"spot": (1.0, 2.0)}, "length >= width"),
        ({"spot": (4.0, 1.0)}, "retina / 4 = 3"),
        ({"sigma": (3, 1)}, r"sigma must be \(start, middle, end\)"),
        ({"sigma": (3, 1, 0)}, "three numbers > 0"),
        ({"learning_rate": (0.1, 1.5)}, r"two numbers in \(0, 1\]"),
        ({"start": "ordered"}, "start must be one of retinotopic, random"),
        ({"random_state": -1}, "random_state must be"),
    ],
)
def test_bad_parameters(options, message):
    with pytest.raises(InvalidParameter, match=message):
        small(**options)


def test_bad_number_of_stimuli():
    with pytest.raises(InvalidParameter, match="stimuli must be an integer >= 1"):
        small().develop(0)
