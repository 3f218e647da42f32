"""Interpolated similarities against projections on cones, and against points between references."""

import numpy as np
import pytest
from scipy.optimize import nnls

from neurosim.neocognitron.interpolation import pair, trio
from neurosim.neocognitron.reference import InterpolatingVectors

FLAT = 1e-12


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def on_the_cone(x, references):
    """Return the largest cosine with a positive combination, by non-negative least squares."""
    weights, _ = nnls(references.T, x)
    projected = weights @ references
    return projected @ unit(projected) if weights.any() else (references @ x).max()


def triangle(x, r):
    s, g = r @ x, r @ r.T
    pairs = max(pair(s[i], s[j], g[i, j], FLAT) for i, j in ((0, 1), (0, 2), (1, 2)))
    return max(pairs, trio(*s, g[0, 1], g[0, 2], g[1, 2], FLAT))


@pytest.mark.parametrize("features", [2, 3, 4, 20])
def test_pair_is_the_projection(rng, features):
    inside = 0
    for _ in range(200):
        x, r = unit(rng.normal(size=features)), unit(rng.normal(size=(2, features)))
        ours = pair(*(r @ x), r[0] @ r[1], FLAT)
        assert ours == pytest.approx(on_the_cone(x, r), abs=1e-9)
        inside += ours > (r @ x).max() + 1e-6
    assert 10 < inside < 190


@pytest.mark.parametrize("features", [3, 4, 20])
def test_trio_is_the_projection(rng, features):
    inside = 0
    for _ in range(300):
        x, r = unit(rng.normal(size=features)), unit(rng.normal(size=(3, features)) + 0.3)
        ours = triangle(x, r)
        assert ours == pytest.approx(on_the_cone(x, r), abs=1e-9)
        inside += trio(*(r @ x), r[0] @ r[1], r[0] @ r[2], r[1] @ r[2], FLAT) >= 0
    assert 5 < inside < 250


def test_points_between(rng):
    """No point of a fine mesh comes nearer, and one comes almost as near."""
    share = np.linspace(0, 1, 101)
    a, b = (grid.ravel() for grid in np.meshgrid(share, share))
    mesh = np.stack([a, b, 1 - a - b], axis=1)[a + b <= 1 + 1e-12]
    for _ in range(50):
        x, r = unit(rng.normal(size=5)), unit(rng.normal(size=(3, 5)) + 0.5)
        cosines = unit(mesh @ r) @ x
        assert cosines.max() <= triangle(x, r) + 1e-12
        assert triangle(x, r) - cosines.max() < 1e-3


@pytest.mark.parametrize("apart", [0, 1e-12, 1e-8, 1e-5, 1e-3])
def test_references_that_hardly_differ(rng, apart):
    for _ in range(50):
        first = rng.normal(size=8)
        r = unit(first + apart * rng.normal(size=(3, 8)))
        x = unit(first + 0.5 * rng.normal(size=8))
        assert pair(*(r[:2] @ x), r[0] @ r[1], FLAT) == pytest.approx(on_the_cone(x, r[:2]), abs=1e-7)
        assert triangle(x, r) == pytest.approx(on_the_cone(x, r), abs=1e-7)


def test_opposite_references():
    assert pair(0.3, -0.3, -1.0, FLAT) == 0.3
    assert pair(-0.2, -0.4, 0.5, FLAT) == -0.2
    assert trio(1.0, -1.0, 0.0, -1.0, 0.0, 0.0, FLAT) == -1


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize(("interpolation", "together"), [("none", 1), ("pairs", 2), ("trios", 3)])
def test_class_scores(rng, interpolation, together, kind):
    """The nearest four of each class, and all their pairs and trios."""
    from itertools import combinations

    y = np.repeat([3, 5, 9], (2, 10, 18))
    x, new = rng.normal(size=(30, 12)).astype(kind), rng.normal(size=(40, 12)).astype(kind)
    top = InterpolatingVectors(interpolation=interpolation, nearest=4).fit(x, y)
    scores = top.class_scores(new)
    assert scores.dtype == kind
    for i in range(40):
        for c, label in enumerate((3, 5, 9)):
            mine = unit(x[y == label].astype(float))
            near = mine[np.argsort(-(mine @ unit(new[i].astype(float))))[:4]]
            groups = combinations(near, min(together, len(near)))
            wanted = max(on_the_cone(unit(new[i].astype(float)), np.array(group)) for group in groups)
            assert scores[i, c] == pytest.approx(wanted, abs=1e-6 if kind == np.float32 else 1e-12)


def test_interpolation_never_lowers_a_score(rng):
    y = rng.integers(0, 5, 300)
    x = rng.normal(size=(300, 10)).astype(np.float32)
    x[50:100] = x[:50]
    x[100:110] = 0
    new = np.concatenate([x, rng.normal(size=(300, 10)).astype(np.float32), -x])
    none, pairs, trios = (
        InterpolatingVectors(interpolation=how).fit(x, y).class_scores(new) for how in ("none", "pairs", "trios")
    )
    assert (pairs >= none).all()
    assert (trios >= pairs).all()
    assert (pairs > none + 1e-3).mean() > 0.5
    assert (trios > pairs + 1e-3).mean() > 0.3
    assert trios.max() < 1 + 1e-5
