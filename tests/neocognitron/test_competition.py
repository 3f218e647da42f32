"""Winner-take-all and winner-kill-loser against loops that follow their description."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.neocognitron.competition import winner_kill_loser, winner_take_all

RULES = pytest.mark.parametrize("rule", [winner_take_all, winner_kill_loser])


class Naive:
    """Patches and similarities of images, place by place."""

    def __init__(self, features, window, c, pad, activity):
        self.features, self.window, self.c, self.pad, self.activity = features, window, c, pad, activity
        self.rows, self.columns = (n + 2 * pad - window + 1 for n in features.shape[1:3])

    def product(self, x, y):
        return (self.c[:, :, None] * x * y).sum()

    def similarity(self, x, y):
        return self.product(x, y) / np.sqrt(self.product(x, x) * self.product(y, y))

    def active(self, image):
        """Return {place: patch} and {place: r.m.s. input} of the active places."""
        patches, strengths = {}, {}
        for row in range(self.rows):
            for column in range(self.columns):
                patch = np.zeros((self.window, self.window, self.features.shape[3]))
                for i in range(self.window):
                    for j in range(self.window):
                        y, x = row + i - self.pad, column + j - self.pad
                        if 0 <= y < self.features.shape[1] and 0 <= x < self.features.shape[2]:
                            patch[i, j] = self.features[image, y, x]
                patches[row, column], strengths[row, column] = patch, np.sqrt(self.product(patch, patch))
        least = self.activity * max(strengths.values())
        strengths = {n: v for n, v in strengths.items() if v > least}
        return {n: patches[n] for n in strengths}, strengths


def around(n, places, area):
    return [m for m in places if max(abs(n[0] - m[0]), abs(n[1] - m[1])) <= area // 2]


def naive_take_all(features, window, c, pad, cells, theta, activity, area, order):
    net, planes = Naive(features, window, c, pad, activity), []
    for image in order:
        patches, strengths = net.active(image)
        s = [{n: net.similarity(plane, x) for n, x in patches.items()} for plane in planes]
        seeds = {}
        for n in patches:
            area_cells = [(s[k][m], k, m) for k in range(len(s)) for m in around(n, patches, area)]
            if area_cells and max(area_cells)[0] > theta:
                response, k, m = max(area_cells)
                if m == n:
                    seeds[k] = max(seeds.get(k, (-1, None)), (response, n))
        while len(planes) < cells:
            silent = [n for n in patches if all(plane[m] <= theta for plane in s for m in around(n, patches, area))]
            if not silent:
                break
            new = patches[max(silent, key=lambda n: strengths[n])].copy()
            planes.append(new)
            s.append({n: net.similarity(new, x) for n, x in patches.items()})
        for k, (_, n) in seeds.items():
            planes[k] = planes[k] + patches[n]
    return np.array(planes)


def naive_kill_loser(features, window, c, pad, cells, theta, activity, area, order):
    net, planes = Naive(features, window, c, pad, activity), []
    for image in order:
        patches, strengths = net.active(image)
        done = []
        for n in sorted(strengths, key=lambda n: -strengths[n]):
            if around(n, done, area):
                continue
            done.append(n)
            candidates = [k for k, plane in enumerate(planes) if net.similarity(plane, patches[n]) > theta]
            if candidates:
                winner = max(candidates, key=lambda k: net.similarity(planes[k], patches[n]))
                planes[winner] = planes[winner] + patches[n]
                planes = [plane for k, plane in enumerate(planes) if k == winner or k not in candidates]
            elif len(planes) < cells:
                planes.append(patches[n])
    return np.array(planes)


def images(rng, n=4):
    """Points in three planes on empty ground."""
    return rng.random((n, 9, 8, 3)) ** 3 * (rng.random((n, 9, 8, 1)) < 0.4)


@pytest.mark.parametrize(
    ("window", "pad", "area", "cells", "theta", "activity"),
    [(3, 1, 3, 40, 0.6, 0.3), (3, 1, 1, 25, 0.7, 0.0), (2, 0, 3, 4, 0.7, 0.5), (5, 2, 3, 30, 0.45, 0.2)],
)
@pytest.mark.parametrize(("rule", "naive"), [(winner_take_all, naive_take_all), (winner_kill_loser, naive_kill_loser)])
def test_rule(rng, rule, naive, window, pad, area, cells, theta, activity):
    features, c = images(rng), rng.uniform(0.2, 1, (window, window))
    ours = rule(features, window=window, c=c, pad=pad, cells=cells, theta=theta, activity=activity, area=area)
    wanted = naive(features, window, c, pad, cells, theta, activity, area, range(len(features)))
    assert ours.shape == (len(wanted), window, window, 3)
    np.testing.assert_allclose(ours, wanted, atol=1e-9)
    assert 2 < len(ours) <= cells


def test_losers_die(rng):
    """Two planes from either side of a patch: it goes to the nearer one, and the other is deleted."""
    features = np.zeros((3, 1, 1, 2))
    features[:, 0, 0] = [1, 0], [0.7, 0.7], [0.9, 0.3]
    ours = winner_kill_loser(features, window=1, c=np.ones((1, 1)), pad=0, cells=5, theta=0.8, activity=0.0)
    np.testing.assert_allclose(ours, [[[[1.9, 0.3]]]])


def test_winners_share_out_what_they_learn(rng):
    """Two features that come again and again: two planes, each the sum of all its appearances."""
    features = np.zeros((10, 9, 9, 2), np.float32)
    features[::2, 4, 2, 0], features[1::2, 4, 6, 1] = 1.0, 2.0
    for rule in (winner_take_all, winner_kill_loser):
        ours = rule(features, window=3, c=np.ones((3, 3)), pad=1, cells=9, theta=0.7, activity=0.3, area=5)
        assert ours.dtype == np.float32
        assert len(ours) == 2
        np.testing.assert_array_equal(sorted(ours.sum(axis=(1, 2, 3))), [5, 10])


@RULES
def test_blank_images(rule, rng):
    asked = {"window": 3, "c": np.ones((3, 3)), "pad": 1, "cells": 9, "theta": 0.6}
    features = images(rng)
    with pytest.raises(DataError, match=f"{rule.__name__}: no image excites the layer below"):
        rule(0 * features, **asked)
    among_blank = np.concatenate([features[:2], 0 * features, features[2:]])
    np.testing.assert_array_equal(rule(among_blank, **asked), rule(features, **asked))


@RULES
@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("window", 0, "an integer >= 1"),
        ("pad", -1, "an integer >= 0"),
        ("cells", 0, "an integer >= 1"),
        ("theta", 0.0, "a number in (0, 1)"),
        ("activity", -0.1, "a number in [0, 1)"),
        ("area", 4, "an odd integer >= 1"),
    ],
)
def test_bad_parameters(rule, rng, name, value, wanted):
    asked = {"window": 3, "c": np.ones((3, 3)), "pad": 1, "cells": 9, "theta": 0.6, "activity": 0.3}
    with pytest.raises(InvalidParameter) as caught:
        rule(images(rng), **asked | {name: value})
    assert str(caught.value) == f"{rule.__name__}: {name} must be {wanted}; got {value!r}"


@RULES
def test_integers_and_lists(rule, rng):
    features, c = rng.integers(0, 4, (8, 7, 7, 3)), np.array([[0.5, 0.9, 0.5], [0.9, 1, 0.9], [0.5, 0.9, 0.5]])
    asked = {"window": 3, "c": c, "pad": 1, "cells": 20, "theta": 0.75}
    wanted = rule(features.astype(float), **asked)
    assert len(wanted) > 2
    for given in (features, features.astype(np.uint8), features.tolist()):
        np.testing.assert_array_equal(rule(given, **asked), wanted)


@RULES
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_refused(rule, rng, bad):
    asked = {"window": 3, "c": np.ones((3, 3)), "pad": 0, "cells": 9, "theta": 0.6}
    with pytest.raises(DataError, match="features have to be finite"):
        rule(np.where(images(rng) > 0.5, bad, 0), **asked)
    with pytest.raises(InvalidParameter, match=f"{rule.__name__}: c must be"):
        rule(images(rng), **asked | {"c": np.full((3, 3), bad)})


@RULES
def test_bad_arrays(rule, rng):
    asked = {"window": 3, "c": np.ones((3, 3)), "pad": 0, "cells": 9, "theta": 0.6, "activity": 0.3}
    with pytest.raises(InvalidParameter, match=r"c must be a \(3, 3\) array of weights > 0"):
        rule(images(rng), **asked | {"c": np.zeros((3, 3))})
    for features in (np.ones((5, 2, 8, 3)), np.ones((5, 8, 8))):
        with pytest.raises(DataError, match="features have to be"):
            rule(features, **asked)
