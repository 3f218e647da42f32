"""Temporal sentences, words and truth tables written down from their definitions: one time, one word at a time."""

from itertools import product

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import OptimizeResult

from neurosim.mcculloch_pitts.expression import Always, And, Atom, Clock, Constant, Delay, Ever, Not, Or

NAMES = ("a", "b", "c")
HARD_TABLE = np.random.default_rng(0).random(2**9) < 0.7  # no computer has been seen to prove its cover in 5 s


def true_at(e, history, t):
    """Whether a sentence is true at time t; `history` has a list of 0 and 1 for every name."""
    match e:
        case Constant(value):
            return value
        case Atom(name):
            given = history.get(name, [])
            return 0 <= t < len(given) and bool(given[t])
        case Clock(m, n):
            return (t - m) % n == 0
        case Delay(inner, n):
            return true_at(inner, history, t - n)
        case Not(inner):
            return not true_at(inner, history, t)
        case Or(parts):
            return any(true_at(part, history, t) for part in parts)
        case And(parts):
            return all(true_at(part, history, t) for part in parts)
        case Always(inner):
            return all(true_at(inner, history, x) for x in range(t + 1))
        case Ever(inner):
            return any(true_at(inner, history, x) for x in range(t + 1))
    raise AssertionError(e)


def expressions(names=NAMES, *, circles=True, clocks=True):
    """Strategy of sentences; without circles they are temporal propositional expressions."""
    leaves = [st.sampled_from(names).map(Atom)]
    if circles and clocks:
        leaves += [st.integers(1, 4).flatmap(lambda n: st.integers(0, n - 1).map(lambda m: Clock(m, n)))]
    if circles:
        leaves += [st.booleans().map(Constant)]

    def larger(inner):
        several = st.lists(inner, min_size=1, max_size=3).map(tuple)
        kinds = [several.map(And), several.map(Or), inner.map(Not), st.builds(Delay, inner, st.integers(0, 3))]
        return st.one_of(*kinds, *([inner.map(Ever), inner.map(Always)] if circles else []))

    return st.recursive(st.one_of(*leaves), larger, max_leaves=7)


def words(alphabet, longest):
    """All words up to a length."""
    return ["".join(letters) for length in range(longest + 1) for letters in product(alphabet, repeat=length)]


def rows(n):
    """All rows of a table in counting order, the first input in the highest digit."""
    return np.array(list(product([0, 1], repeat=n)))


def functions(n):
    """All truth tables of n inputs."""
    return (np.array(values, bool) for values in product([0, 1], repeat=2**n))


def holds(product_, row):
    """Whether a row satisfies a product, 2 where it leaves an input out."""
    return all(demand in (2, digit) for demand, digit in zip(product_, row, strict=True))


def cut_short(found):
    """Return an integer program's search that ends without proof: nothing found, or every column."""
    return lambda costs, **_: OptimizeResult(x=None if found is None else np.full(len(costs), found), success=False)
