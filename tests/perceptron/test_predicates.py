"""Orders of predicates: against brute force, against formulas, and what the known theorems say of small ones."""

from itertools import combinations, product

import numpy as np
import pytest
from scipy.ndimage import label
from scipy.optimize import nnls

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.perceptron.predicates import (
    connectedness,
    least_coefficient,
    one_in_a_box,
    order_of_predicate,
    parity,
)


def naive_order(table):
    """The order by another solver, from 0/1 products written out, for plain tables."""
    n = table.ndim
    pictures = list(product([0, 1], repeat=n))
    signs = np.array([1.0 if table[p] else -1.0 for p in pictures])
    for k in range(n + 1):
        masks = [s for j in range(k + 1) for s in combinations(range(n), j)]
        features = np.array([[all(p[i] for i in s) for s in masks] for p in pictures], float)
        rows = signs[:, None] * features
        # 0 lies in the convex hull of the rows if and only if no hyperplane parts the classes
        _, distance = nnls(np.vstack([rows.T, np.ones(len(rows))]), np.append(np.zeros(len(masks)), 1.0), maxiter=9999)
        if distance > 1e-6:
            return k
    raise AssertionError


def test_orders_by_another_solver(rng):
    for n in (1, 2, 3, 4):
        for _ in range(12):
            table = rng.random((2,) * n) < rng.choice([0.3, 0.5])
            assert order_of_predicate(table) == naive_order(table)
    assert order_of_predicate(connectedness(2, 3)) == naive_order(connectedness(2, 3)) == 2


@pytest.mark.parametrize("n", range(1, 8))
def test_order_of_parity_is_the_number_of_points(n):
    assert order_of_predicate(parity(n)) == n
    assert order_of_predicate(~parity(n)) == n


def test_grouped_tables_say_the_same(rng):
    for n in (2, 5, 8):
        by_count = rng.random(n + 1) < 0.5
        plain = by_count[np.indices((2,) * n).sum(axis=0)]
        changes = np.count_nonzero(np.diff(by_count.astype(int)))
        assert order_of_predicate(by_count) == order_of_predicate(plain) == changes
    boxes = np.indices((2,) * 6).reshape(2, 3, *(2,) * 6).any(axis=1).all(axis=0)
    assert order_of_predicate(boxes) == order_of_predicate(one_in_a_box(2, 3)) == 2
    assert order_of_predicate(parity(30, grouped=True)) == 30


def test_constants_have_order_0_and_threshold_functions_order_1():
    assert order_of_predicate(np.ones((2, 2), bool)) == 0
    ones = np.indices((2,) * 5).sum(axis=0)
    assert [order_of_predicate(ones >= k) for k in range(1, 6)] == [1] * 5
    assert order_of_predicate(ones == 2) == 2


def test_connected_pictures_are_counted_as_by_labelling():
    for rows, columns in ((1, 6), (2, 3), (3, 3), (2, 4)):
        pictures = product([0, 1], repeat=rows * columns)
        expected = [label(np.reshape(p, (rows, columns)))[1] <= 1 for p in pictures]
        np.testing.assert_array_equal(connectedness(rows, columns).ravel(), expected)


@pytest.mark.parametrize(
    ("rows", "columns", "order"),
    [(1, 2, 0), (1, 3, 1), (1, 5, 2), (1, 9, 2), (2, 2, 2), (2, 4, 2), (2, 5, 3), (3, 3, 3)],
)
def test_order_of_connectedness(rows, columns, order):
    assert order_of_predicate(connectedness(rows, columns)) == order


def test_on_a_line_connectedness_is_a_count_of_runs():
    x = np.indices((2,) * 8)
    runs = x.sum(axis=0) - (x[1:] * x[:-1]).sum(axis=0)  # products of two points are enough
    np.testing.assert_array_equal(runs <= 1, connectedness(1, 8))


@pytest.mark.parametrize("boxes", [1, 2, 3])
def test_one_in_a_box_needs_as_many_points_as_boxes(boxes):
    """With 4 m^2 points a box: m boxes need order m."""
    if boxes < 3:
        assert order_of_predicate(one_in_a_box(boxes, 4 * boxes**2)) == boxes
    else:
        assert [order_of_predicate(one_in_a_box(boxes, size)) for size in (1, 2, 3, 4, 6)] == [1, 2, 2, 3, 3]


@pytest.mark.parametrize("n", range(1, 11))
def test_coefficients_of_parity_double_with_every_point(n):
    assert least_coefficient(parity(n, grouped=True)) == pytest.approx(2 ** (n - 1))
    if n <= 5:
        assert least_coefficient(parity(n)) == pytest.approx(2 ** (n - 1))


def test_the_coefficients_of_parity_are_attained():
    """a_S = (-2)^(|S|-1) is 1 for odd and 0 for even pictures."""
    n = 6
    pictures = np.indices((2,) * n).reshape(n, -1).T
    total = sum(
        (-2) ** (j - 1) * pictures[:, list(s)].all(axis=1) for j in range(1, n + 1) for s in combinations(range(n), j)
    )
    np.testing.assert_array_equal(total, parity(n).ravel())


def test_least_coefficients_of_small_gates():
    gate = np.array([[False, False], [False, True]])
    assert least_coefficient(gate) == pytest.approx(0.5)  # (x + y + xy - 1) / 2
    assert least_coefficient(gate, 1) == pytest.approx(1)  # x + y - 1
    assert least_coefficient(np.ones((2, 2), bool), 0) == pytest.approx(1)
    assert least_coefficient(parity(3), 3) == pytest.approx(4)
    with pytest.raises(DataError, match="at most 1 points"):
        least_coefficient(parity(2), 1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: order_of_predicate([0, 2]), "table must be an array of 0 and 1"),
        (lambda: order_of_predicate(np.ones((2, 1), bool)), "table"),
        (lambda: order_of_predicate(np.ones(40, bool)), "table"),
        (lambda: order_of_predicate(np.ones((2,) * 13, bool)), "table"),
        (lambda: least_coefficient(parity(2), -1), "order"),
        (lambda: parity(0), "points"),
        (lambda: parity(13), "points"),
        (lambda: connectedness(4, 4), "rows"),
        (lambda: connectedness(0, 4), "rows"),
        (lambda: one_in_a_box(4, 16), "size"),
        (lambda: one_in_a_box(2.5, 1), "boxes"),
    ],
)
def test_errors_name_the_parameter(call, words):
    with pytest.raises(InvalidParameter, match=words):
        call()
