"""Drawings made of strokes."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.neocognitron.strokes import cells, draw, jittered

SQUARE = (((2, 2), (2, 6), (6, 6), (6, 2), (2, 2)), ((4, 4),))


def test_a_drawing():
    drawn = draw([[(0, 0), (0, 3), (3, 0)], [(3, 3)]], (4, 5))
    assert drawn.dtype == np.float32
    assert ["".join(".#"[int(v)] for v in row) for row in drawn] == ["####.", "..#..", ".#...", "#..#."]


def test_lines_are_one_cell_wide_and_the_same_in_both_directions():
    """Against the definition: a step along the longer direction, rounded across, halves to the larger number."""
    points = [(row, column) for row in range(-4, 5) for column in range(-4, 5)]
    for end in points:
        steps = max(abs(end[0]), abs(end[1]), 1)
        first, last = sorted(((0, 0), end))
        expected = [
            tuple(int(np.floor(a + (b - a) * t / steps + 0.5)) for a, b in zip(first, last, strict=True))
            for t in range(steps + 1)
        ]
        forth, back = ([tuple(c) for c in cells(*ends)] for ends in (((0, 0), end), (end, (0, 0))))
        assert forth == back
        assert forth == expected
        assert {(0, 0), end} <= set(forth)


def test_what_lies_outside_is_cut_off():
    assert draw([[(-5, 1), (9, 1)]], (3, 3)).tolist() == [[0, 1, 0]] * 3
    assert not draw([[(-5, -1), (-1, 9)]], (3, 3)).any()


def test_jitter_moves_each_point_by_at_most_the_amount():
    moves = []
    for seed in range(200):
        (a, *rest, e), (dot,) = jittered(SQUARE, amount=2, random_state=seed)
        assert a == e  # the closed line stays closed
        moves.append(np.array([a, *rest, dot]) - [(2, 2), (2, 6), (6, 6), (6, 2), (4, 4)])
    moves = np.array(moves)
    assert np.unique(moves).tolist() == [-2, -1, 0, 1, 2]
    # 2,000 equally probable moves of five values: each 400 times, standard deviation 18
    assert all(abs(int((moves == v).sum()) - 400) < 5 * 18 for v in range(-2, 3))
    correlations = np.corrcoef(moves.reshape(200, -1).T) - np.eye(10)
    assert np.abs(correlations).max() < 5 / np.sqrt(200)


def test_jitter_of_the_ends_alone():
    line = ((0, 0), (0, 5), (5, 5))
    made = [jittered([line], points="ends", random_state=seed)[0] for seed in range(50)]
    assert {points[1] for points in made} == {(0, 5)}
    for place in (0, 2):
        assert len({points[place] for points in made}) == 9
    with pytest.raises(InvalidParameter, match="jittered: points must be one of all, ends"):
        jittered([line], points="some")


def test_jitter_is_a_function_of_the_seed():
    assert jittered(SQUARE, random_state=3) == jittered(SQUARE, random_state=3)
    assert jittered(SQUARE, random_state=3) != jittered(SQUARE, random_state=4)
    assert jittered(SQUARE, amount=0) == SQUARE
    rng = np.random.default_rng(0)
    assert jittered(SQUARE, random_state=rng) != jittered(SQUARE, random_state=rng)


@pytest.mark.parametrize(
    "bad", [[], [[]], [(1, 2)], [[(1, 2, 3)]], [[(1.5, 2)]], [[(True, 2)]], [[(0, np.inf)]], "ab", None, 3]
)
def test_what_is_not_strokes(bad):
    for function in (lambda s: draw(s, (3, 3)), jittered):
        with pytest.raises(DataError, match=r"strokes must be lists of \(row, column\) points"):
            function(bad)


@pytest.mark.parametrize("shape", [(0, 3), (3,), (3, 2.5), (3, np.inf), None, "ab"])
def test_what_is_not_a_shape(shape):
    with pytest.raises(InvalidParameter, match="draw: shape must be"):
        draw(SQUARE, shape)


@pytest.mark.parametrize("amount", [-1, 0.5, None])
def test_what_is_not_an_amount(amount):
    with pytest.raises(InvalidParameter, match="jittered: amount must be an integer >= 0"):
        jittered(SQUARE, amount=amount)
