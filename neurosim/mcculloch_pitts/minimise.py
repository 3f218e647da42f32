"""Making sentences and truth tables short: simplified And and Or, and the method of Quine and McCluskey."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from neurosim.mcculloch_pitts.expression import FALSE, TRUE, And, Constant, Expression, Not, Or

FREE = 2  # a product may leave an input out
NODES = 5  # of the search for a cover: a limit of time would give other nets on other days


def conjunction(parts: Sequence[Expression]) -> Expression:
    """Return And of the parts, simplified: constants, repetitions, contradictions and absorbed parts go."""
    return _joined(And, parts, neutral=TRUE, absorbing=FALSE)


def disjunction(parts: Sequence[Expression]) -> Expression:
    """Return Or of the parts, simplified: constants, repetitions, contradictions and absorbed parts go."""
    return _joined(Or, parts, neutral=FALSE, absorbing=TRUE)


def negation(expression: Expression) -> Expression:
    """Return Not of an expression; two cancel."""
    if isinstance(expression, Constant):
        return Constant(not expression.value)
    return expression.expression if isinstance(expression, Not) else Not(expression)


def _joined(kind: type[And], parts: Sequence[Expression], *, neutral: Expression, absorbing: Expression) -> Expression:
    flat = [
        inner for part in parts for inner in (part.parts if type(part) is kind and isinstance(part, And) else [part])
    ]
    unique = {part: _operands(part, Or if kind is And else And) for part in flat if part != neutral}
    if absorbing in unique or any(negation(part) in unique for part in unique):
        return absorbing
    kept = [part for part, own in unique.items() if not any(other < own for other in unique.values())]
    if len(kept) < 2:
        return kept[0] if kept else neutral
    return kind(tuple(kept))


def _operands(expression: Expression, kind: type[And]) -> frozenset[Expression]:
    """Return the parts of an expression of this kind, or the expression alone."""
    return frozenset(expression.parts if type(expression) is kind and isinstance(expression, And) else [expression])


def prime_implicants(values: np.ndarray) -> np.ndarray:
    """Return the prime implicants of a truth table.

    Parameters
    ----------
    values : (2**n,) bool
        In counting order, the first input in the highest digit.

    Returns
    -------
    (products, n) int8
        0 or 1 where a product demands that of an input, 2 where it leaves it out.
    """
    n = int(values.size).bit_length() - 1
    implicant = values.reshape((2,) * n)
    for axis in range(n):  # where both values of an input will do, so does leaving it out
        implicant = np.concatenate([implicant, implicant.all(axis=axis, keepdims=True)], axis=axis)
    prime = implicant.copy()
    for axis in range(n):
        prime &= ~implicant.take([FREE], axis) | (np.arange(3) == FREE).reshape(
            [-1 if a == axis else 1 for a in range(n)]
        )
    return np.argwhere(prime).astype(np.int8)


class Cover(NamedTuple):
    """Prime implicants whose disjunction is a truth table, and whether they were proved to be a smallest set."""

    products: np.ndarray
    smallest: bool


def minimal_cover(values: np.ndarray) -> Cover:
    """Return the fewest prime implicants, among these with the fewest demands, whose disjunction is a truth table.

    Parameters and products are those of `prime_implicants`. The integer program is cut short after some nodes.
    """
    products = prime_implicants(values)
    n = products.shape[1]
    rows = np.flatnonzero(values)
    digits = rows[:, None] >> np.arange(n)[::-1] & 1
    covers = ((products[None] == FREE) | (products[None] == digits[:, None])).all(axis=2)
    essential = covers[covers.sum(axis=1) == 1].any(axis=0)
    left = ~covers[:, essential].any(axis=1)
    useful = np.flatnonzero(covers[left].any(axis=0))
    chosen, smallest = np.flatnonzero(essential), True
    if left.any():
        demands = (products[useful] != FREE).sum(axis=1)
        more, smallest = _set_cover(covers[np.ix_(left, useful)], 1 + demands / (n * len(rows) + 1))
        chosen = np.concatenate([chosen, useful[more]])
    return Cover(products[np.sort(chosen)], smallest)


def _set_cover(covers: np.ndarray, costs: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return columns that together have a True in every row, and whether they are proved to be those of least cost."""
    constraint = LinearConstraint(covers.astype(float), lb=1)
    solution = milp(
        costs, constraints=constraint, integrality=1, bounds=Bounds(0, 1),
        options={"node_limit": NODES, "mip_rel_gap": 0.0},
    )  # fmt: skip
    found = [np.flatnonzero(solution.x > 0.5)] if solution.x is not None else []
    return min([*found, _greedy_cover(covers, costs)], key=lambda some: costs[some].sum()), bool(solution.success)


def _greedy_cover(covers: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Return columns that together have a True in every row, each the one that adds most for its cost."""
    chosen: list[int] = []
    left = np.ones(len(covers), np.bool_)
    while left.any():
        chosen.append(int(np.argmax(covers[left].sum(axis=0) / costs)))
        left &= ~covers[:, chosen[-1]]
    return np.array(chosen)
