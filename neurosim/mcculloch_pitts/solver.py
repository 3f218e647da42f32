"""From nets without circles to temporal propositional expressions (McCulloch & Pitts 1943, Theorem 1)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from neurosim.core.errors import InvalidParameter
from neurosim.mcculloch_pitts.cells import Cell
from neurosim.mcculloch_pitts.expression import Atom, Expression
from neurosim.mcculloch_pitts.minimise import conjunction, disjunction, negation

OWNER = "McCullochPittsNetwork.to_expression"
MOST_SETS = 2000  # of afferents that together fire one cell
MOST_LENGTH = 100_000  # characters of an expression


def solve(cells: Mapping[str, Cell], inputs: Sequence[str], name: str, *, relative: bool = False) -> Expression:
    """Return the expression of the inputs that a cell tells, with the delays at the atoms.

    The cell at t fires if one of the smallest sets of afferents that reach the threshold fired at t - 1 and no
    inhibitory afferent did; put the same in place of every afferent that is a cell. The expression takes all cells to
    be silent at first: a cell that is active at t = 0 all the same differs from it for as many ticks as its longest
    path to the solved one has cells.

    Parameters
    ----------
    cells : mapping from name to Cell
    inputs : sequence of str
    name : str
        The cell; its longest path from the inputs may have some hundred cells.
    relative : bool, default False
        Inhibitory afferents raise the threshold by their synapses instead of forbidding that the cell fires.

    Raises
    ------
    InvalidParameter
        If the cell is on a circle or fed by one, or if the expression would be too long.

    Examples
    --------
    >>> from neurosim.mcculloch_pitts import Cell
    >>> from neurosim.mcculloch_pitts.solver import solve
    >>> cells = {"a": Cell({"1": 2}), "3": Cell({"a": 2, "2": 2})}
    >>> print(solve(cells, ["1", "2"], "3"))
    N1(t-2) v N2(t-1)
    """
    if name not in cells:
        raise InvalidParameter(OWNER, "output", name, "the name of a cell")
    solved: dict[str, Expression] = {one: Atom(one) for one in inputs}
    for one in _in_order(cells, name):
        try:
            solved[one] = _threshold(cells[one], solved, relative).delayed(1)
            length = len(str(solved[one]))
        except (OverflowError, RecursionError):
            length = MOST_LENGTH + 1
        if length > MOST_LENGTH:
            raise InvalidParameter(
                OWNER, "output", name, f"a cell whose expression is shorter; {one} alone is too long"
            )
    return solved[name]


def _in_order(cells: Mapping[str, Cell], name: str) -> list[str]:
    """Return the cells that act on a cell and itself, each after its afferents."""
    graph: dict[str, list[str]] = {}
    open_ = [name]
    while open_:
        one = open_.pop()
        graph[one] = [source for source in (*cells[one].excitatory, *cells[one].inhibitory) if source in cells]
        open_ += [source for source in graph[one] if source not in graph]
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise InvalidParameter(OWNER, "output", name, f"a cell that no circle acts on, as {circle} does") from None


def _threshold(cell: Cell, solved: Mapping[str, Expression], relative: bool) -> Expression:
    """Return what a cell tells one tick later."""
    weights: Counter[Expression] = Counter()
    for source, number in cell.excitatory.items():
        weights[solved[source]] += number
    inhibitors = [(negation(solved[source]), number) for source, number in cell.inhibitory.items()]
    threshold = cell.threshold
    if relative:  # -v x is v (1 - x) with the threshold raised by v
        for one, number in inhibitors:
            weights[one] += number
            threshold += number
    excited = disjunction([conjunction(some) for some in _reaching(weights, threshold)])
    return excited if relative else conjunction([excited, *(one for one, _ in inhibitors)])


def _reaching(weights: Mapping[Expression, int], threshold: int) -> list[list[Expression]]:
    """Return the smallest sets whose weights reach a threshold."""
    ordered = sorted(weights.items(), key=lambda item: -item[1])
    place = {one: i for i, one in enumerate(weights)}
    rest = [sum(weight for _, weight in ordered[i:]) for i in range(len(ordered) + 1)]
    found: list[list[Expression]] = []
    open_: list[tuple[int, int, list[Expression]]] = [(0, threshold, [])]
    while open_:
        i, missing, some = open_.pop()
        if missing <= 0:  # the largest weights come first, so that without the last one, and any other, it fails
            found.append(sorted(some, key=place.__getitem__))
            if len(found) > MOST_SETS:
                raise OverflowError
        elif missing <= rest[i]:
            one, weight = ordered[i]
            open_ += [(i + 1, missing, some), (i + 1, missing - weight, [*some, one])]
    return sorted(found, key=lambda some: [place[one] for one in some])
