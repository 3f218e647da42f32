"""The layer of reference vectors: which vectors become references, contract, bad input."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

import neurosim
from neurosim.core import parallel
from neurosim.core.errors import InvalidParameter
from neurosim.datasets import load_digits
from neurosim.neocognitron import reference
from neurosim.neocognitron.reference import InterpolatingVectors

LEARNING = pytest.mark.parametrize("winner_learns", [False, True])


@parametrize_with_checks([InterpolatingVectors(), InterpolatingVectors(margin=0.0, winner_learns=True)])
def test_scikit_learn(estimator, check):
    check(estimator)


def naive(x, y, margin, winner_learns=False, passes=50):
    """One vector after another, as the rule says; returns sums, labels and what each pass added."""
    unit = [v / np.linalg.norm(v) if v.any() else v for v in np.asarray(x, float)]
    sums, labels, kept, added = [], [], set(), []
    while len(added) < passes and (not added or added[-1]):
        added.append(0)
        for i, v in enumerate(unit):
            scores = [v @ s / (np.linalg.norm(s) or 1) for s in sums]
            own = [(s, k) for k, s in enumerate(scores) if labels[k] == y[i]]
            other = [s for k, s in enumerate(scores) if labels[k] != y[i]]
            if own and max(own)[0] > max(other, default=-np.inf) + margin:
                if winner_learns:
                    sums[max(own)[1]] = sums[max(own)[1]] + v
            elif i not in kept and (v.any() or not own):
                kept.add(i)
                sums.append(v)
                labels.append(y[i])
                added[-1] += 1
    return np.array(sums), np.array(labels), added


@pytest.fixture
def clouds(rng):
    """Three overlapping classes, one of them rare, labelled by words; a few zero vectors."""
    y = rng.choice(["a", "b", "c"], 180, p=[0.6, 0.35, 0.05])
    centres = {"a": rng.normal(size=15), "b": rng.normal(size=15), "c": rng.normal(size=15)}
    x = np.array([centres[label] for label in y]) + 2 * rng.normal(size=(180, 15))
    x[[20, 60, 61]] = 0
    return x, y


@LEARNING
@pytest.mark.parametrize("margin", [0.0, 0.05, 0.2])
@pytest.mark.parametrize("block", [1, 7, 64, 1024])
def test_competition(clouds, margin, winner_learns, block, monkeypatch):
    monkeypatch.setattr(reference, "BLOCK", block)
    x, y = clouds
    top = InterpolatingVectors(margin=margin, winner_learns=winner_learns, max_passes=50).fit(x, y)
    sums, labels, added = naive(x, y, margin, winner_learns)
    order = np.argsort(labels, kind="stable")
    assert len(added) >= 3
    np.testing.assert_array_equal(top.added_, added)
    np.testing.assert_array_equal(top.labels_, labels[order])
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    np.testing.assert_allclose(top.references_, (sums / np.where(lengths, lengths, 1))[order], atol=1e-12)


@LEARNING
def test_blocks_and_threads_change_nothing_in_float32(winner_learns, monkeypatch):
    digits = load_digits()
    x = digits.data[:900].astype(np.float32)
    results = []
    for block, threads in ((1024, 2), (1024, 1), (100, 2), (333, 1)):
        monkeypatch.setattr(reference, "BLOCK", block)
        monkeypatch.setattr(parallel, "_threads", threads)
        results.append(InterpolatingVectors(margin=0.03, winner_learns=winner_learns).fit(x, digits.target[:900]))
    np.testing.assert_array_equal(results[0].references_, results[1].references_)
    for other in results[2:]:
        np.testing.assert_array_equal(other.labels_, results[0].labels_)
        np.testing.assert_allclose(other.references_, results[0].references_, atol=1e-6)


def test_every_vector_a_reference_is_nearest_neighbour(rng):
    digits = load_digits()
    x, y, new = digits.data[:500], digits.target[:500], digits.data[500:]
    top = InterpolatingVectors().fit(x, y)
    assert len(top.references_) == 500
    assert len(top.added_) == 0
    ours = KNeighborsClassifier(1, metric="cosine", algorithm="brute").fit(x, y)
    np.testing.assert_array_equal(top.predict(new), ours.predict(new))


def test_margin_is_kept_by_all_training_vectors(clouds):
    x, y = clouds
    top = InterpolatingVectors(margin=0.1).fit(x, y)
    assert top.added_[-1] == 0
    scores, codes = top.class_scores(x), np.searchsorted(top.classes_, y)
    own = scores[np.arange(len(x)), codes]
    scores[np.arange(len(x)), codes] = -np.inf
    reference_itself = own > 1 - 1e-12
    assert ((own > scores.max(axis=1) + 0.1) | reference_itself | ~x.any(axis=1)).all()
    assert (~reference_itself).sum() > 20


def test_passes_end_where_they_must(clouds):
    x, y = clouds
    top = InterpolatingVectors(margin=0.05, max_passes=1).fit(x, y)
    assert len(top.added_) == 1
    assert top.added_.sum() == len(top.labels_)
    same = np.ones((6, 3))  # the same vector with two labels: each can become a reference once
    top = InterpolatingVectors(margin=0.1, max_passes=9).fit(same, [0, 1, 0, 1, 0, 1])
    np.testing.assert_array_equal(top.added_, [6, 0])


def test_zero_vectors_are_like_nothing():
    x = np.array([[0.0, 0], [1, 0], [0, 1]])
    for how in ("none", "pairs", "trios"):
        top = InterpolatingVectors(interpolation=how).fit(x, [0, 1, 2])
        np.testing.assert_allclose(top.class_scores([[0, 0], [-1, 0], [3, 4]]), [[0, 0, 0], [0, -1, 0], [0, 0.6, 0.8]])
    assert InterpolatingVectors(margin=0).fit(np.zeros((4, 2)), [0, 0, 1, 1]).labels_.tolist() == [0, 1]


def test_scale_does_not_matter(rng):
    x, y = rng.normal(size=(60, 5)), np.arange(60) % 3
    scales = 10.0 ** rng.integers(-300, 300, (60, 1))
    top, scaled = (InterpolatingVectors(margin=0.1).fit(data, y) for data in (x, x * scales))
    np.testing.assert_allclose(scaled.references_, top.references_, atol=1e-12)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("interpolation", ["none", "pairs", "trios"])
def test_scores_do_not_depend_on_what_is_asked_with(rng, interpolation, kind):
    x, new = (rng.random((n, 300)).astype(kind) for n in (900, 530))
    top = InterpolatingVectors(interpolation=interpolation).fit(x, np.arange(900) % 10)
    together = top.class_scores(new)
    for size in (1, 2, 3, 100, 257):
        pieces = [top.class_scores(new[at : at + size]) for at in range(0, len(new), size)]
        np.testing.assert_array_equal(np.concatenate(pieces), together)


def test_what_may_be_changed_after_the_fit(clouds):
    x, y = clouds
    fits = [InterpolatingVectors(interpolation=how, nearest=n).fit(x, y) for how, n in (("none", 6), ("trios", 3))]
    changed = fits[0].set_params(interpolation="trios", nearest=3)
    np.testing.assert_array_equal(changed.class_scores(x[::3] + 1), fits[1].class_scores(x[::3] + 1))


def test_two_classes(rng):
    x, y = rng.normal(size=(40, 6)), np.arange(40) % 2
    top = InterpolatingVectors().fit(x, y)
    scores, new = top.class_scores(x[:5] + 0.5), x[:5] + 0.5
    np.testing.assert_array_equal(top.decision_function(new), scores[:, 1] - scores[:, 0])
    np.testing.assert_array_equal(top.predict(new), scores.argmax(axis=1))


def test_save_and_load(clouds, tmp_path):
    x, y = clouds
    top = InterpolatingVectors(margin=0.1, interpolation="trios").fit(x, y)
    again = neurosim.load(top.save(tmp_path / "top.npz"))
    np.testing.assert_array_equal(again.class_scores(x), top.class_scores(x))
    assert again.get_params() == top.get_params()


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("margin", -0.1, "None or a number in [0, 2)"),
        ("margin", np.nan, "None or a number in [0, 2)"),
        ("winner_learns", 1, "True or False"),
        ("winner_learns", True, "False where margin is None"),
        ("interpolation", "quads", "one of none, pairs, trios"),
        ("nearest", 0, "an integer in [1, 32]"),
        ("nearest", 2.0, "an integer in [1, 32]"),
        ("max_passes", 0, "an integer >= 1"),
    ],
)
def test_bad_parameters(name, value, wanted):
    with pytest.raises(InvalidParameter) as caught:
        InterpolatingVectors(**{name: value}).fit(np.eye(2), [0, 1])
    assert str(caught.value) == f"InterpolatingVectors: {name} must be {wanted}; got {value!r}"
