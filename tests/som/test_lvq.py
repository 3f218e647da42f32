"""LVQ: the kernel against the naive rules, what follows from the rules, LVQ_PAK's numbers."""

import numpy as np
import pytest

from neurosim.core import parallel
from neurosim.datasets import load_iris
from neurosim.som import lvq_cpu
from neurosim.som.lvq import ALGORITHMS, LVQ

from . import naive_lvq


# ------------------------------------------------------------------ the kernel
def problem(rng, n, d, p, classes, missing=0.0):
    """Samples of overlapping classes with holes, their classes, prototypes and theirs."""
    y = rng.integers(0, classes, n)
    x = rng.normal(size=(n, d)) + np.eye(classes, d)[y]
    owners = np.arange(p) % classes
    prototypes = rng.normal(size=(p, d)) + np.eye(classes, d)[owners]
    holes = rng.random((n, d)) < missing
    holes[np.arange(n), rng.integers(0, d, n)] = False
    return np.where(holes, np.nan, x), y, prototypes, owners


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(("d", "p", "missing"), [(1, 2, 0.0), (4, 16, 0.0), (7, 37, 0.0), (7, 5, 0.3)])
def test_training_is_the_naive_one(algorithm, d, p, missing, rng):
    x, y, prototypes, owners = problem(rng, 300, d, p, 3 if d > 1 else 2, missing)
    rates = np.linspace(0.3, 0.01, 300)
    weights, own = lvq_cpu.columns(prototypes), np.full(p, rates[0])
    order = rng.permutation(300)
    wrong, changes = lvq_cpu.train(weights, owners, x, y, order, rates, own, ALGORITHMS[algorithm], 0.4, 0.1)
    want, want_own, *counts = naive_lvq.train(prototypes, owners, x[order], y[order], algorithm, rates, 0.4, 0.1)
    np.testing.assert_allclose(weights[:, :p].T, want, rtol=1e-9, atol=1e-12)
    assert [wrong, changes] == counts
    assert changes > 20
    assert wrong < 280
    if algorithm == "olvq1":
        np.testing.assert_allclose(own, want_own, rtol=1e-12)
        assert own.max() == rates[0] or d == 1


def test_search_is_the_naive_one_for_any_number_of_threads(rng):
    x, _, prototypes, owners = problem(rng, 500, 7, 21, 4, 0.2)
    model = LVQ.from_codebook(prototypes, owners)
    threads = parallel.threads()
    try:
        runs = []
        for number in (1, 3):
            parallel.set_threads(number)
            runs.append((model.winners(x), model.decision_function(x)))
    finally:
        parallel.set_threads(threads)
    np.testing.assert_array_equal(runs[0][0], runs[1][0])
    np.testing.assert_array_equal(runs[0][1], runs[1][1])
    np.testing.assert_array_equal(runs[0][0], naive_lvq.nearest(x, prototypes))
    for k in range(4):
        rows = [np.sqrt(min(naive_lvq.squared_distances(s, prototypes[owners == k]))) for s in x]
        np.testing.assert_allclose(runs[0][1][:, k], -np.array(rows), rtol=1e-12)
    np.testing.assert_array_equal(model.predict(x), owners[runs[0][0]])


def test_two_classes_have_one_score(rng):
    x, _, prototypes, owners = problem(rng, 100, 3, 6, 2)
    model = LVQ.from_codebook(prototypes, owners)
    scores = model.decision_function(x)
    assert scores.shape == (100,)
    np.testing.assert_array_equal(model.predict(x), (scores > 0).astype(int))


def test_the_two_nearest_are_the_first_of_a_stable_sort(rng):
    for _ in range(300):
        squares = rng.integers(0, 4, rng.integers(2, 7)).astype(float)
        found = lvq_cpu._two_nearest(np.append(squares, 0.0), len(squares))  # what follows does not count
        assert list(found) == np.argsort(squares, kind="stable")[:2].tolist()


def test_the_lower_prototype_wins_a_tie():
    model = LVQ.from_codebook([[0.0], [2.0], [2.0]], ["b", "a", "b"])
    assert model.winners([[1.0], [3.0]]).tolist() == [0, 1]


def test_float32_agrees_with_float64():
    iris = load_iris()
    single = LVQ(4, random_state=0).fit(iris.data.astype(np.float32), iris.target)
    double = LVQ(4, random_state=0).fit(iris.data.astype(np.float32).astype(np.float64), iris.target)
    assert single.prototypes_.dtype == np.float32
    np.testing.assert_allclose(single.prototypes_, double.prototypes_, atol=1e-3)


# ------------------------------------------------------------------ the rules by their consequences
def test_with_right_answers_alone_olvq1_counts_all_samples_alike(rng):
    """From rate a the prototype becomes ((1 - a) m + a sum of x) / (1 + (n - 1) a)."""
    x, a = rng.normal(size=(40, 3)), 0.3
    model = LVQ(algorithm="olvq1", learning_rate=a, epochs=1, init=([[0.0, 1, 2], [99.0, 99, 99]], [0, 1]))
    model.fit(np.vstack([x, [[99.0, 99, 99]]]), [0] * 40 + [1])
    want = ((1 - a) * np.array([0, 1, 2]) + a * x.sum(0)) / (1 + 39 * a)
    np.testing.assert_allclose(model.prototypes_[0], want, rtol=1e-12)
    np.testing.assert_allclose(model.rates_, [a / (1 + 40 * a), a / (1 + a)])


@pytest.mark.parametrize(("sample", "changed"), [(0.399, False), (0.401, True), (0.599, True), (0.601, False)])
def test_the_window_of_lvq21(sample, changed):
    """Between 0 and 1 a window of 0.2 lets through what lies at 0.4 to 0.6: distances 2 : 3."""
    start = ([[0.0], [1.0], [99.0]], [0, 1, 1])
    model = LVQ(algorithm="lvq2.1", window=0.2, learning_rate=0.5, learning_rate_decay="constant", epochs=1, init=start)
    model.fit([[sample], [99.0]], [0, 1])
    assert model.updates_.tolist() == [int(changed)]
    want = [sample / 2, 1 + (1 - sample) / 2, 99] if changed else [0, 1, 99]
    np.testing.assert_allclose(model.prototypes_.ravel(), want, rtol=1e-12)


def test_lvq21_does_nothing_where_both_nearest_have_the_class_and_lvq3_attracts_both():
    start = ([[0.0], [1.0], [50.0]], ["a", "a", "b"])
    common = {"learning_rate": 0.5, "learning_rate_decay": "constant", "epochs": 1, "init": start, "epsilon": 0.4}
    x, y = [[0.1], [50.0]], ["a", "b"]
    np.testing.assert_array_equal(LVQ(algorithm="lvq2.1", **common).fit(x, y).prototypes_, start[0])
    moved = LVQ(algorithm="lvq3", **common).fit(x, y).prototypes_.ravel()
    np.testing.assert_allclose(moved, [0.02, 0.82, 50.0])


def test_the_rate_goes_on_falling_from_epoch_to_epoch(rng):
    x, y, prototypes, owners = problem(rng, 50, 3, 6, 3)
    model = LVQ(algorithm="lvq1", learning_rate=0.3, epochs=3, shuffle=False, init=(prototypes, owners)).fit(x, y)
    rates = 0.3 * (1 - np.arange(150) / 150)
    want, *_ = naive_lvq.train(prototypes, owners, np.tile(x, (3, 1)), np.tile(y, 3), "lvq1", rates)
    np.testing.assert_allclose(model.prototypes_, want, rtol=1e-9)


def test_a_single_rate_falls_to_zero_after_the_last_step():
    model = LVQ(algorithm="lvq1", learning_rate=0.4, epochs=2)
    np.testing.assert_allclose(model._rates(5), 0.4 * (1 - np.arange(10) / 10))
    np.testing.assert_allclose(LVQ(learning_rate=(0.4, 0.1), algorithm="lvq1", epochs=1)._rates(3), [0.4, 0.25, 0.1])
    np.testing.assert_array_equal(LVQ(learning_rate=(0.4, 0.1), algorithm="olvq1", epochs=1)._rates(3), [0.4] * 3)


# ------------------------------------------------------------------ LVQ_PAK 3.1
SQUARED = (1 - np.sqrt(0.7 / 1.3)) / (1 + np.sqrt(0.7 / 1.3))  # ours of its window 0.3, which it takes of squares
# its program's answers: prototypes 10 and 15 of 15 and the mean of all, on iris as it is, from the first five samples
# of each class, samples in their order, float32; -rlen, -alpha (-win 0.3 -epsilon 0.1)
LVQ_PAK = {
    "lvq1": (
        5000,
        0.05,
        [
            [6.24382, 2.7487, 4.54652, 1.38913],
            [6.71034, 3.14221, 5.50006, 2.24464],
            [5.880449, 3.077335, 3.787821, 1.221227],
        ],
    ),
    "olvq1": (
        600,
        0.3,
        [
            [6.43471, 2.69481, 4.50617, 1.38789],
            [6.7027, 3.13378, 5.5223, 2.24459],
            [5.92226, 3.077775, 3.820477, 1.229511],
        ],
    ),
    "lvq2.1": (
        1500,
        0.05,
        [
            [6.60612, 2.79404, 4.502, 1.36467],
            [6.51812, 3.00453, 5.76829, 2.20453],
            [5.916575, 3.056834, 3.845612, 1.228605],
        ],
    ),
    "lvq3": (
        1500,
        0.05,
        [
            [6.16333, 2.73344, 4.32098, 1.32453],
            [6.71883, 3.047, 5.77038, 2.15996],
            [5.907707, 3.065773, 3.829504, 1.222659],
        ],
    ),
}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_prototypes_are_those_of_lvq_pak(algorithm):
    steps, rate, rows = LVQ_PAK[algorithm]
    iris, first = load_iris(), [50 * k + i for k in range(3) for i in range(5)]
    shown = np.arange(steps) % 150
    x, y = iris.data.astype(np.float32), iris.target
    model = LVQ(algorithm=algorithm, learning_rate=rate, window=SQUARED, epsilon=0.1, epochs=1, shuffle=False)
    m = model.set_params(init=(x[first], y[first])).fit(x[shown], y[shown]).prototypes_
    np.testing.assert_allclose([m[9], m[14], m.mean(axis=0, dtype=np.float64)], rows, atol=2e-5)
