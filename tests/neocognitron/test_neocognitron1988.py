"""The taught neocognitron: what a reinforcement does, the table's geometry, and what it recognises."""

from dataclasses import replace

import numpy as np
import pytest

from neurosim import load, save
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.neocognitron.layers import s_cells
from neurosim.neocognitron.neocognitron1988 import Neocognitron1988
from neurosim.neocognitron.recall import recall
from neurosim.neocognitron.stages import STAGES, Stage
from neurosim.neocognitron.strokes import draw, jittered
from neurosim.neocognitron.teaching import Pattern, Plane, TeachingSet

LINE, BEND = Pattern([[(0, 1), (4, 3)]], (5, 5)), Pattern([[(0, 2), (2, 2), (2, 4)]], (5, 5), (1, 3))
SMALL = (
    Stage(window=3, pad=1, pool=3, pool_pad=1, stride=1, r=1.7, gamma=0.9, delta=0.9, dbar=4.0),
    Stage(window=5, pad=0, pool=1, pool_pad=0, stride=1, r=1.0, gamma=0.8, delta=1.0, dbar=1.0),
)


@pytest.fixture(scope="module")
def net():
    return Neocognitron1988().teach()


def small(**options):
    """Return a net of two stages for images of 5 x 5, not taught: two planes joined, then one for each label."""
    stubs = tuple(Plane(str(i), 0, (Pattern([line], (3, 3)),)) for i, line in enumerate(([(1, 0), (1, 2)], [(0, 1)])))
    shown = TeachingSet(
        (stubs, (Plane("line", 0, (LINE,)), Plane("bend", 1, (Pattern(BEND.strokes, (5, 5)),)))), (4, 9)
    )
    return Neocognitron1988(pattern_set=shown, stages=SMALL, **options)


def shifts(images, labels):
    """Return all copies shifted by 1 to 4 cells in the eight directions that keep the drawing inside."""
    found = []
    for image, label in zip(images, labels, strict=True):
        rows, columns = np.nonzero(image)
        for by in range(1, 5):
            for d in [(i, j) for i in (-by, 0, by) for j in (-by, 0, by) if i or j]:
                r, c = rows + d[0], columns + d[1]
                if min(r.min(), c.min()) >= 0 and max(r.max(), c.max()) < 19:
                    moved = np.zeros_like(image)
                    moved[r, c] = 1
                    found.append((moved, label))
    return tuple(np.array(part) for part in zip(*found, strict=True))


def test_sizes_of_all_layers(net):
    """The table of the paper's layers."""
    shapes = {name: r.shape[1:] for name, r in net.responses(np.ones((1, 19, 19))).items()}
    assert shapes == {
        "U0": (1, 19, 19),
        "S1": (12, 19, 19), "C1": (8, 21, 21),
        "S2": (38, 21, 21), "C2": (19, 13, 13),
        "S3": (35, 13, 13), "C3": (23, 7, 7),
        "S4": (11, 3, 3), "C4": (10, 1, 1),
    }  # fmt: skip
    assert repr(net) == "Neocognitron1988(12-38-35-11 S-planes, 10 C-planes at the top)"
    assert [w.shape for w in net.weights] == [(12, 1, 3, 3), (38, 8, 5, 5), (35, 19, 5, 5), (11, 23, 5, 5)]
    thresholds = [s.efficacy for s, _ in net.layers]
    np.testing.assert_allclose(thresholds, [0.63, 0.8, 0.6, 0.5], atol=0.005)


def test_windows_fall_off_by_the_city_block_distance(net):
    for (s, c), spec, below in zip(net.layers, STAGES, (1, 8, 19, 23), strict=True):
        far = np.abs(np.arange(spec.window) - spec.window // 2)
        expected = spec.gamma ** (far[:, None] + far)
        np.testing.assert_allclose(s.c, expected / expected.sum() / below, rtol=1e-6)
        far = np.abs(np.arange(spec.pool) - spec.pool // 2)
        np.testing.assert_allclose(c.d, spec.dbar * spec.delta ** (far[:, None] + far), rtol=1e-6)


def test_a_reinforcement_adds_what_the_seed_sees():
    """da = q c u and db = q v, v = sqrt(sum c u^2), in plain loops; a corner of the window is outside the field."""
    net, image, (row, column) = small(q=50.0, dtype="float64"), BEND.image.astype(float), BEND.seed
    for times in (1, 2):
        net.reinforce(1, 1, BEND)
        c = np.array([[0.9 ** (abs(i) + abs(j)) for j in (-1, 0, 1)] for i in (-1, 0, 1)])
        c /= c.sum()
        padded = np.pad(image, 1)
        seen = np.array([[padded[row + i, column + j] for j in range(3)] for i in range(3)])
        s = net.layers[0][0]
        np.testing.assert_allclose(s.a[:, :, 0, 1], 50 * times * c * seen, rtol=1e-12)
        np.testing.assert_allclose(s.b, [0, 50 * times * np.sqrt((c * seen**2).sum())], rtol=1e-12)
        assert not s.a[..., 0].any()
    np.testing.assert_allclose(net.q * net.excitatory[0], net.layers[0][0].a)
    np.testing.assert_allclose(net.weights[0][1, 0], net.layers[0][0].a[:, :, 0, 1])


def test_teaching_is_one_reinforcement_after_the_other():
    taught, step = small().teach(), small()
    for number, planes in enumerate(step.pattern_set.stages, 1):
        for index, plane in enumerate(planes):
            step.reinforce(number, index, plane.patterns[0].image)
    again = taught.excitatory
    for a, b, c in zip(taught.excitatory, step.excitatory, taught.teach().excitatory, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a, c)
    assert again is not taught.excitatory


def test_the_seed_of_the_call_comes_before_the_patterns():
    nets = [small().reinforce(1, 0, BEND, (2, 2)), small().reinforce(1, 0, BEND.image), small().reinforce(1, 0, BEND)]
    first, middle, own = (net.excitatory[0][..., 0] for net in nets)
    np.testing.assert_array_equal(first, middle)
    assert (first != own).any()


def test_responses_are_the_limit_of_large_q(rng):
    """u = phi(s - theta) / (1 - theta) with the similarity s of the place and what was learned."""
    net = small(q=1e6, dtype="float64")
    net.reinforce(1, 0, LINE, (1, 1)).reinforce(1, 0, BEND, (1, 2))
    image = rng.random((5, 5))
    c = net.layers[0][0].c
    learned = net.excitatory[0][:, :, 0, 0] / net.inhibitory[0][0]
    padded, theta = np.pad(image, 1), 1.7 / 2.7
    response = net.responses(image[None])["S1"][0, 0]
    for row in range(5):
        for column in range(5):
            x = padded[row : row + 3, column : column + 3]
            s = (learned * x).sum() / np.sqrt((c * x * x).sum())
            assert response[row, column] == pytest.approx(max(s - theta, 0) / (1 - theta), abs=1e-3)
    alone = small(q=1e6, dtype="float64").reinforce(1, 0, LINE)
    assert alone.responses(LINE.image[None])["S1"][0, 0, 2, 2] == pytest.approx(1, abs=1e-3)


def test_all_training_patterns_are_recognised(net):
    images, labels = net.pattern_set.examples()
    found = net.recognise(images)
    np.testing.assert_array_equal(found.labels, labels)
    assert not found.rejected.any()
    assert found.responses.shape == (25, 10)
    ordered = np.sort(found.responses, axis=1)
    assert (ordered[:, -1] - ordered[:, -2]).min() > 0.02


def test_shifted_patterns_are_recognised(net):
    images, labels = shifts(*net.pattern_set.examples())
    assert len(images) > 500
    assert np.mean(net.predict(images) == labels) >= 0.99


@pytest.mark.parametrize(("points", "bar"), [("ends", 0.9), ("all", 0.72)])
def test_deformed_patterns_are_recognised(net, points, bar):
    """Points of strokes are displaced by up to one cell; these drawings were not used to choose the set."""
    rng = np.random.default_rng(2024)
    planes = net.pattern_set.stages[3]
    shown = [(p.strokes, net.pattern_set.labels[plane.join]) for plane in planes for p in plane.patterns] * 8
    images = np.array([draw(jittered(strokes, points=points, random_state=rng), (19, 19)) for strokes, _ in shown])
    assert np.mean(net.predict(images) == [label for _, label in shown]) >= bar


@pytest.mark.parametrize(("share", "bar"), [(0.01, 0.93), (0.05, 0.45)])
def test_patterns_with_flipped_cells_are_recognised(net, share, bar):
    images, labels = (np.repeat(part, 10, axis=0) for part in net.pattern_set.examples())
    flipped = np.abs(images - (np.random.default_rng(1).random(images.shape) < share))
    assert np.mean(net.predict(flipped) == labels) >= bar


def test_silence_and_weak_responses_are_rejected(net):
    images, _ = net.pattern_set.examples()
    shown = np.concatenate([np.zeros((1, 19, 19)), images])
    found = net.recognise(shown)
    assert found.labels[0] == -1
    assert found.rejected.tolist() == [True] + [False] * 25
    assert net.predict(shown)[0] == -1
    largest = found.responses.max(axis=1)
    bar = float(np.sort(largest)[10])  # reached by one image exactly
    strict = net.recognise(shown, threshold=bar)
    np.testing.assert_array_equal(strict.rejected, largest < bar)
    assert set(strict.labels[strict.rejected]) == {-1}
    np.testing.assert_array_equal(strict.labels[~strict.rejected], found.labels[~strict.rejected])


def test_all_ways_to_ask_agree(net):
    images, labels = net.pattern_set.examples()
    many = np.concatenate([images] * 4)
    found, layers = net.recognise(many), net.responses(many)
    np.testing.assert_allclose(layers["C4"][:, :, 0, 0], found.responses, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(layers["U0"][:, 0], many)
    np.testing.assert_array_equal(net.predict(many), np.concatenate([labels] * 4))
    np.testing.assert_array_equal(net.predict(images > 0), labels)
    exact = Neocognitron1988(dtype="float64").teach().recognise(images)
    np.testing.assert_allclose(found.responses[:25], exact.responses, atol=2e-3)


def test_the_last_cells_saturate_the_sum_of_their_planes(net):
    """psi[x] = x / (1 + x) of all S-cells of the digit's planes, whose window has weights 1; "4" has two planes."""
    layers = net.responses(net.pattern_set.examples()[0])
    sums = layers["S4"].sum(axis=(2, 3))
    x = np.stack([sums[:, net.pattern_set.joins(4) == label].sum(axis=1) for label in range(10)], axis=1)
    np.testing.assert_allclose(layers["C4"][:, :, 0, 0], x / (1 + x), rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e-8, 0.2, 255, 1e20, 1e300])
def test_the_strength_of_the_ink_does_not_matter(net, scale):
    images = net.pattern_set.examples()[0].astype(float)
    found = net.recognise(images * scale * np.linspace(0.5, 1, 25)[:, None, None])
    np.testing.assert_allclose(found.responses, net.recognise(images).responses, atol=1e-5)
    assert not found.rejected.any()
    first, second = (small().reinforce(1, 0, LINE.image * s) for s in (1.0, 100.0))
    np.testing.assert_array_equal(first.excitatory[0], second.excitatory[0])


def test_planes_of_the_first_and_of_the_last_stage_answer_all_that_they_were_taught(net):
    for number in (1, 4):
        s = net.layers[number - 1][0]
        for plane, taught in enumerate(net.pattern_set.stages[number - 1]):
            for pattern in taught.patterns:
                answers = s_cells(net._below(pattern.image[None], number), s)[0]
                seed = pattern.seed or tuple(n // 2 for n in answers.shape[:2])
                assert answers[(*seed, plane)] > 0.1, taught.name


def test_a_network_is_saved_with_all_it_was_taught(net, tmp_path):
    images = net.pattern_set.examples()[0]
    for model, shown in ((net, images), (small(q=50.0, dtype="float64").teach(), images[:3, :5, :5])):
        again = load(save(model, tmp_path / "net.npz"))
        assert (again.pattern_set, again.stages) == (model.pattern_set, model.stages)
        assert (again.q, again.dtype, repr(again)) == (model.q, model.dtype, repr(model))
        for name, responses in model.responses(shown).items():
            np.testing.assert_array_equal(again.responses(shown)[name], responses)
    again = Neocognitron1988.from_parts(*model.to_parts())
    before = model.excitatory[0].copy()
    again.reinforce(1, 0, BEND)
    np.testing.assert_array_equal(model.excitatory[0], before)
    parameters, state = model.to_parts()
    with pytest.raises(DataError, match=r"Neocognitron1988: inhibitory weights of shape \(3,\) in place of \(2,\)"):
        Neocognitron1988.from_parts(parameters, state | {"inhibitory": (np.zeros(3), np.zeros(2))})


def test_the_network_recalls(net):
    images, labels = net.pattern_set.examples()
    for options in ({}, {"alpha": 1.0, "beta": 0.5}):
        found, wanted = net.recall(images, **options), recall(net, images, **options)
        np.testing.assert_array_equal(found.pattern, wanted.pattern)
        np.testing.assert_array_equal(found.winners, wanted.winners)
    assert found.winners.tolist() == labels.tolist()


def test_a_network_that_was_taught_nothing_is_refused():
    net, image = small(), LINE.image[None]
    for ask in (net.predict, net.recognise, net.responses, net.recall):
        with pytest.raises(DataError, match="stage 1 of the network was taught nothing; call its teach"):
            ask(image)
    net.reinforce(1, 0, LINE)
    assert net.responses(image)["S1"].any()
    with pytest.raises(DataError, match="stage 2 of the network was taught nothing"):
        net.predict(image)


def test_a_shift_of_two_cells_shifts_c2_by_one(net):
    image = np.zeros((1, 31, 31))
    image[0, 6:25, 6:25] = net.pattern_set.examples()[0][7]
    moved = np.roll(image, (2, -2), (1, 2))
    here, there = (net.responses(x)["C2"][:, :, 3:-3, 3:-3] for x in (image, moved))
    assert here.max() > 0.5
    np.testing.assert_allclose(there[:, :, 1:, :-1], here[:, :, :-1, 1:], atol=1e-6)


def test_a_larger_field_is_searched(net):
    images, labels = net.pattern_set.examples()
    field = np.zeros((25, 35, 35), np.float32)
    field[:, 12:31, 4:23] = images
    assert net.responses(field[:1])["C4"].shape[2:] == (5, 5)
    np.testing.assert_array_equal(net.predict(field), labels)


def test_labels_are_the_sets():
    images, labels = small().pattern_set.examples()
    assert small().teach().predict(images).tolist() == labels.tolist() == [4, 9]


@pytest.mark.parametrize(("name", "value"), [("window", 0), ("pool_pad", -1), ("stride", 1.5), ("r", 0), ("dbar", "a")])
def test_stages_that_are_refused(name, value):
    with pytest.raises(InvalidParameter, match=f"Stage: {name} must be"):
        replace(STAGES[0], **{name: value})


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"q": 0}, "q"),
        ({"q": float("inf")}, "q"),
        ({"dtype": "int8"}, "dtype"),
        ({"pattern_set": [1]}, "pattern_set"),
        ({"stages": STAGES[:3]}, "stages"),
        ({"stages": None}, "stages"),
        ({"stages": 5}, "stages"),
        ({"stages": (1, 2, 3, 4)}, "stages"),
    ],
)
def test_parameters_that_are_refused(options, name):
    with pytest.raises(InvalidParameter, match=f"Neocognitron1988: {name} must be"):
        Neocognitron1988(**options)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((0, 0, LINE), "stage"),
        ((3, 0, LINE), "stage"),
        ((1, 2, LINE), "plane"),
        ((1, -1, LINE), "plane"),
        ((1, 0, LINE, (5, 0)), "seed"),
        ((1, 0, LINE, (0, -1)), "seed"),
        ((1, 0, LINE, 3), "seed"),
        ((1, 0, LINE, (1.7, 1)), "seed"),
        ((1, 0, LINE, ("a", 1)), "seed"),
        ((1, 0, LINE, (1, 1, 1)), "seed"),
    ],
)
def test_reinforcements_that_are_refused(arguments, name):
    with pytest.raises(InvalidParameter, match=f"Neocognitron1988: {name} must be"):
        small().reinforce(*arguments)


def test_nothing_to_learn():
    with pytest.raises(DataError, match=r"no cell below \(4, 0\) of stage 1, plane 1, is active"):
        small().reinforce(1, 1, BEND, (4, 0))
    with pytest.raises(DataError, match="of stage 2, plane 0, is active"):
        small().reinforce(2, 0, LINE)
    with pytest.raises(DataError, match=r"a pattern must be \(rows, columns\); got the shape \(5,\)"):
        small().reinforce(1, 0, np.ones(5))


@pytest.mark.parametrize(
    "bad", [np.ones((19, 19)), np.ones((0, 19, 19)), -np.ones((1, 19, 19)), [[["1"]]], None, np.full((1, 19, 19), 1j)]
)
def test_images_that_are_refused(net, bad):
    for ask in (net.predict, net.responses, net.recognise):
        with pytest.raises(DataError, match="Neocognitron1988: images must"):
            ask(bad)


def test_images_that_are_too_small(net):
    for ask in (net.predict, net.responses, net.recognise, net.recall):
        for rows, columns in ((3, 3), (8, 8), (19, 5)):
            with pytest.raises(DataError, match=f": images of {rows} x {columns} pixels are too small"):
                ask(np.ones((1, rows, columns)))
    bare = Neocognitron1988(pattern_set=small().pattern_set, stages=(replace(SMALL[0], pad=0), SMALL[1]))
    with pytest.raises(DataError, match="images of 2 x 2 pixels are too small"):
        bare.reinforce(2, 0, np.ones((2, 2)))


@pytest.mark.parametrize("threshold", [-0.1, 1, "a"])
def test_thresholds_that_are_refused(net, threshold):
    with pytest.raises(InvalidParameter, match="threshold must be a number in"):
        net.recognise(np.ones((1, 19, 19)), threshold=threshold)
