"""Add-if-silent against plain loops, and what must hold of its cells."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.neocognitron.add_if_silent import add_if_silent
from neurosim.neocognitron.layers import gaussian

C = gaussian(3, 0.9)
OPTIONS = {"window": 3, "c": C, "pad": 1, "theta": 0.7, "activity": 0.3}


def seen(u):
    """What every place sees, (places, 3, 3, planes)."""
    padded = np.pad(u, ((1, 1), (1, 1), (0, 0)))
    return np.array([padded[i : i + 3, j : j + 3] for i in range(u.shape[0]) for j in range(u.shape[1])])


def similarity(x, y):
    """The cosine of two patches, weighted."""
    inner = [(C[:, :, None] * a * b).sum() for a, b in ((x, y), (x, x), (y, y))]
    return inner[0] / np.sqrt(inner[1] * inner[2])


def strengths(patches):
    """The r.m.s. of what places see."""
    return np.sqrt([(C[:, :, None] * p * p).sum() for p in patches])


def naive(features, cells, theta, activity):
    """Add-if-silent, one place and one cell at a time."""
    learned = []
    for u in features:
        patches = seen(u)
        v = strengths(patches)
        while len(learned) < cells:
            silent = [
                n
                for n in range(len(patches))
                if v[n] > activity * v.max() and all(similarity(patches[n], x) < theta for x in learned)
            ]
            if not silent:
                break
            learned.append(patches[max(silent, key=lambda n: v[n])])
    return np.array(learned)


@pytest.fixture
def features(rng):
    """Images of which a fourth is empty, and of few patterns, so that similar patches come again."""
    patterns = rng.random((4, 3, 3, 2)) * (rng.random((4, 3, 3, 2)) < 0.6)
    u = np.zeros((8, 6, 6, 2))
    for n in range(8):
        for _ in range(2 * (n % 4 > 0)):
            i, j = rng.integers(0, 4), rng.integers(0, 4)
            u[n, i : i + 3, j : j + 3] += patterns[rng.integers(4)] * rng.uniform(0.5, 2)
    return u


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("theta", [0.5, 0.7, 0.85])
@pytest.mark.parametrize("cells", [3, 1000])
def test_like_plain_loops(features, theta, cells, dtype):
    u = features.astype(dtype)
    got = add_if_silent(u, **OPTIONS | {"theta": theta}, cells=cells)
    wanted = naive(u.astype(float), cells, theta, 0.3)
    assert len(wanted) == cells or (cells == 1000 and len(wanted) > 3)
    np.testing.assert_array_equal(got, wanted)
    assert got.dtype == dtype


@pytest.mark.parametrize("chunk", [1, 2, 5, 12])
def test_chunks_do_not_matter(rng, chunk):
    u = np.maximum(rng.normal(size=(40, 8, 8, 6)), 0).astype(np.float32)
    wanted = add_if_silent(u, **OPTIONS | {"theta": 0.5}, cells=300)
    assert 20 < len(wanted) < 300
    np.testing.assert_array_equal(add_if_silent(u, **OPTIONS | {"theta": 0.5}, cells=300, chunk=chunk), wanted)


def test_invariants(features):
    learned = add_if_silent(features, **OPTIONS, cells=1000)
    patches = [seen(u) for u in features]
    for x in learned:  # unchanged: what one place of one image shows
        assert any((x == p).all(axis=(1, 2, 3)).any() for p in patches)
    for one in patches:  # nothing that is seen leaves all cells silent
        v = strengths(one)
        for n in np.flatnonzero(v > 0.3 * v.max()):
            assert max(similarity(one[n], x) for x in learned) >= 0.7 - 1e-9
    for k, x in enumerate(learned):  # no cell answered what a later one learned
        assert all(similarity(x, y) < 0.7 + 1e-9 for y in learned[k + 1 :])


def test_active_places_only(features):
    few = add_if_silent(features, **OPTIONS | {"activity": 0.9}, cells=1000)
    assert 1 <= len(few) < len(add_if_silent(features, **OPTIONS | {"activity": 0.0}, cells=1000))
    assert strengths(few).min() > 0


def test_integers_and_lists(rng):
    u = rng.integers(0, 4, (6, 7, 7, 2))
    wanted = add_if_silent(u.astype(float), **OPTIONS, cells=20)
    for given in (u, u.astype(np.uint8), u.tolist(), u.astype(np.float16)):
        got = add_if_silent(given, **OPTIONS | {"c": C.tolist()}, cells=20)
        np.testing.assert_array_equal(got, wanted)
        assert got.dtype == np.float64


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_refused(features, bad):
    with pytest.raises(DataError, match=r"add_if_silent: features .* finite"):
        add_if_silent(np.where(features > 0, bad, 0), **OPTIONS, cells=2)
    with pytest.raises(DataError, match=r"add_if_silent: .* c "):
        add_if_silent(features, **OPTIONS | {"c": np.full((3, 3), bad)}, cells=2)


def test_refused(features):
    with pytest.raises(DataError, match="nothing to learn"):
        add_if_silent(np.zeros((2, 4, 4, 1)), **OPTIONS, cells=2)
    for name, value in (("pad", -1), ("cells", 0), ("theta", 1.0), ("theta", 0), ("activity", 1), ("chunk", 0)):
        with pytest.raises(InvalidParameter, match=f"add_if_silent: {name}"):
            add_if_silent(features, **OPTIONS | {"cells": 3, name: value})
    for changed in ({"c": np.ones((5, 5))}, {"c": np.zeros((3, 3))}, {"window": 5}):
        with pytest.raises(DataError, match="window"):
            add_if_silent(features, **OPTIONS | changed, cells=2)
    with pytest.raises(DataError, match="shape"):
        add_if_silent(features[0], **OPTIONS, cells=2)
