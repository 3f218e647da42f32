"""Prime implicants and the smallest sets of them."""

from itertools import combinations, product

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp

from neurosim.mcculloch_pitts import minimise
from neurosim.mcculloch_pitts.minimise import minimal_cover, prime_implicants

from .naive_logic import HARD_TABLE, cut_short, functions, holds, rows


def naive_primes(values, n):
    """Products that imply the function while none that leaves out one more input does."""
    table = rows(n)
    implies = {
        p for p in product((0, 1, 2), repeat=n) if all(v for row, v in zip(table, values, strict=True) if holds(p, row))
    }
    return {p for p in implies if not any(p[i] != 2 and (*p[:i], 2, *p[i + 1 :]) in implies for i in range(n))}


def assert_smallest_cover(values, n):
    table = rows(n)
    primes = naive_primes(values, n)
    assert set(map(tuple, prime_implicants(values).tolist())) == primes
    products, smallest = minimal_cover(values)
    assert smallest
    cover = [tuple(p) for p in products.tolist()]
    assert [any(holds(p, row) for p in cover) for row in table] == values.tolist()
    assert set(cover) <= primes
    costs = [
        (size, sum(d != 2 for p in some for d in p))
        for size in range(len(cover) + 1)
        for some in combinations(primes, size)
        if [any(holds(p, row) for p in some) for row in table] == values.tolist()
    ]
    assert (len(cover), sum(d != 2 for p in cover for d in p)) == min(costs)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_prime_implicants_and_covers_of_all_functions(n):
    for values in functions(n):
        assert_smallest_cover(values, n)


def test_of_equally_many_products_the_shorter_are_taken():
    assert_smallest_cover(np.array(list("0011001100111101")) == "1", 4)


def test_the_cyclic_function_needs_a_choice():
    values = np.array([0, 1, 1, 1, 1, 1, 1, 0], bool)  # six primes, no essential one, three are enough
    assert len(prime_implicants(values)) == 6
    assert len(minimal_cover(values).products) == 3


@pytest.mark.parametrize("n", [5, 6, 7])
def test_larger_covers_are_the_smallest(n, rng):
    """By two integer programs with integers as costs: the number of products, then that of demands."""
    for _ in range(3):
        values = rng.random(2**n) < 0.6
        primes = np.array(sorted(naive_primes(values, n) if n < 6 else map(tuple, prime_implicants(values))))
        true = rows(n)[values]
        meets = ((primes == 2) | (primes == true[:, None])).all(axis=2).astype(float)
        exact = {"integrality": 1, "bounds": Bounds(0, 1), "options": {"mip_rel_gap": 0.0}}
        ones, demands, each = np.ones(len(primes)), (primes != 2).sum(axis=1), LinearConstraint(meets, lb=1)
        fewest = round(milp(ones, constraints=each, **exact).fun)
        least = milp(demands, constraints=[each, LinearConstraint(ones, ub=fewest)], **exact).fun
        cover = minimal_cover(values)
        assert cover.smallest
        assert (len(cover.products), (cover.products != 2).sum()) == (fewest, round(least))


def test_the_search_accepts_no_gap(monkeypatch):
    """No table is known whose cover the default gap of 1e-4 spoils, so that only the option shows."""
    asked = []

    def search(costs, *, options, **_):
        asked.append(options["mip_rel_gap"])
        return OptimizeResult(x=np.ones(len(costs)), success=False)

    monkeypatch.setattr(minimise, "milp", search)
    assert not minimal_cover(np.array([0, 1, 1, 1, 1, 1, 1, 0], bool)).smallest
    assert asked == [0.0]


@pytest.mark.parametrize("found", [None, 1])
def test_a_search_that_is_cut_short_does_no_worse_than_greed(found, monkeypatch):
    """It has found nothing, or all products."""
    monkeypatch.setattr(minimise, "milp", cut_short(found))
    cover = minimal_cover(HARD_TABLE)
    assert not cover.smallest
    assert (
        ((cover.products[:, None] == 2) | (cover.products[:, None] == rows(9))).all(axis=2).any(axis=0) == HARD_TABLE
    ).all()
    assert len(cover.products) < 90  # the search ends with 75
