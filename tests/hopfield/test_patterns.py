"""Letters, random patterns and noise."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binom, chisquare

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.hopfield.patterns import ALPHABET, LETTER_SHAPE, corrupt, letters, random_patterns, unlike_letters


def test_letters_are_pictures_of_two_values():
    spins, bits = letters(ALPHABET), letters(ALPHABET, coding="binary")
    assert spins.shape == (36, 120) == (36, np.prod(LETTER_SHAPE))
    assert spins.dtype == bits.dtype == np.int8
    assert set(np.unique(spins)) == {-1, 1}
    np.testing.assert_array_equal(bits, (spins + 1) // 2)
    np.testing.assert_array_equal(letters("x"), letters("X"))
    assert 0.3 < bits.mean(axis=1).min() < bits.mean(axis=1).max() < 0.65


def test_every_letter_is_its_own():
    overlap = letters(ALPHABET).astype(int) @ letters(ALPHABET).T
    assert overlap[~np.eye(36, dtype=bool)].max() < 110  # two letters differ in more than five cells


@pytest.mark.parametrize("text", ["A", "H", "I", "M", "O", "T", "U", "V", "W", "X", "Y", "8"])
def test_symmetric_letters_are_symmetric(text):
    picture = letters(text).reshape(LETTER_SHAPE)
    np.testing.assert_array_equal(picture, picture[:, ::-1])


def test_strokes_fill_the_frame():
    """A shifted or cut picture would leave its first or last row or column empty."""
    for picture in letters("ABCDEFGHKMNOPQRSUVWXYZ", coding="binary").reshape(-1, *LETTER_SHAPE):
        for edge in (picture[0], picture[-1], picture[:, 0], picture[:, -1]):
            assert edge.any()


def test_a_letter_by_hand():
    rows = ["##........"] * 10 + ["##########"] * 2
    wanted = [[cell == "#" for cell in row] for row in rows]
    np.testing.assert_array_equal(letters("L", coding="binary").reshape(LETTER_SHAPE), wanted)


def test_unlike_letters_are_little_alike():
    order = unlike_letters(36)
    assert sorted(order) == sorted(ALPHABET)
    assert all(unlike_letters(n) == order[:n] for n in (1, 5, 6, 20))
    alike = np.abs(letters(order).astype(int) @ letters(order).T)
    worst = [alike[n, :n].max() for n in range(1, 36)]
    assert max(worst[:4]) <= 0.3 * 120
    for n in range(5, 35):  # no later one would have been less alike
        assert worst[n - 1] == min(alike[k, :n].max() for k in range(n, 36))
    assert all(a <= b for a, b in pairwise(worst[4:]))


@pytest.mark.parametrize(("coding", "values"), [("spin", (-1, 1)), ("binary", (0, 1))])
def test_random_patterns(coding, values):
    patterns = random_patterns(200, 500, activity=0.2, coding=coding, random_state=3)
    assert patterns.shape == (200, 500)
    assert patterns.dtype == np.int8
    assert set(np.unique(patterns)) == set(values)
    assert abs((patterns == 1).mean() - 0.2) < 4 * (0.16 / 1e5) ** 0.5
    np.testing.assert_array_equal(patterns, random_patterns(200, 500, activity=0.2, coding=coding, random_state=3))
    assert (patterns != random_patterns(200, 500, activity=0.2, coding=coding, random_state=4)).any()
    assert (random_patterns(2, 9, activity=0, coding=coding) == values[0]).all()
    assert (random_patterns(2, 9, activity=1, coding=coding) == values[1]).all()


@pytest.mark.parametrize("coding", ["spin", "binary"])
@pytest.mark.parametrize(("noise", "flips"), [(0.0, 0), (0.1, 12), (0.254, 30), (0.296, 36), (1.0, 120)])
def test_exact_noise_turns_as_many_units_of_every_pattern(coding, noise, flips):
    patterns = letters("HOPFIELD", coding=coding)
    before = patterns.copy()
    noisy = corrupt(patterns, noise, coding=coding, random_state=1)
    np.testing.assert_array_equal(patterns, before)
    assert noisy.dtype == np.int8
    assert set(np.unique(noisy)) <= set(np.unique(patterns))
    np.testing.assert_array_equal((noisy != patterns).sum(axis=1), flips)


def test_exact_noise_is_anywhere():
    turned = corrupt(np.ones((6000, 10), int), 0.3, random_state=2) < 0
    assert chisquare(turned.sum(axis=0)).pvalue > 1e-4  # less spread than independent counts, so never too strict
    assert len(np.unique(turned, axis=0)) == 120  # all choices of 3 of 10


def test_independent_noise_is_binomial():
    turned = (corrupt(np.zeros((20000, 8), int), 0.3, coding="binary", exact=False, random_state=3) > 0).sum(axis=1)
    seen = np.bincount(turned, minlength=9)
    wanted = binom(8, 0.3).pmf(np.arange(9)) * 20000
    seen, wanted = (np.append(values[:7], values[7:].sum()) for values in (seen, wanted))
    assert chisquare(seen, wanted).pvalue > 1e-4


def test_noise_on_one_pattern_has_its_shape_and_a_generator_goes_on():
    pattern = letters("Q")[0]
    generator = np.random.default_rng(1)
    first, second = (corrupt(pattern, 0.1, random_state=generator) for _ in range(2))
    assert first.shape == pattern.shape
    assert (first != second).any()


BAD = {
    "empty text": (lambda: letters(""), "letters: text must be letters A to Z and digits 0 to 9, at least one; got ''"),
    "other letter": (lambda: letters("A-B"), "letters: text must be .*; got 'A-B'"),
    "no text": (lambda: letters(5), "letters: text must be .*; got 5"),
    "coding": (lambda: letters("A", coding="01"), "letters: coding must be one of spin, binary; got '01'"),
    "too many": (lambda: unlike_letters(37), "unlike_letters: count must be at most 36"),
    "none": (lambda: unlike_letters(0), "unlike_letters: count must be an integer >= 1; got 0"),
    "no units": (lambda: random_patterns(1, 0), "random_patterns: n_units must be an integer >= 1; got 0"),
    "no patterns": (lambda: random_patterns(0, 1), "random_patterns: count must be an integer >= 1; got 0"),
    "activity": (lambda: random_patterns(1, 1, activity=1.1), r"activity must be a number in \[0, 1\]; got 1.1"),
    "noise": (lambda: corrupt([[1]], -0.1), r"corrupt: noise must be a number in \[0, 1\]; got -0.1"),
    "seed": (lambda: corrupt([[1]], 0.1, random_state=-1), "random_state must be"),
}


@pytest.mark.parametrize(("call", "message"), BAD.values(), ids=BAD)
def test_wrong_parameters(call, message):
    with pytest.raises(InvalidParameter, match=message):
        call()


@pytest.mark.parametrize(
    ("patterns", "coding", "message"),
    [
        ([[1, 0]], "spin", "patterns hold 0; coding='spin' has -1 and 1 alone"),
        ([[1, -1]], "binary", "patterns hold -1; coding='binary' has 0 and 1 alone"),
        ([[1.0, np.nan]], "spin", "patterns hold nan"),
        ([], "spin", r"got shape \(0,\)"),
        (1, "spin", r"got shape \(\)"),
        ([["a"]], "spin", "array of numbers"),
    ],
)
def test_wrong_patterns(patterns, coding, message):
    with pytest.raises(DataError, match=message):
        corrupt(patterns, 0.5, coding=coding)
