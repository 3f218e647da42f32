"""Parts of a block's values on the CPU, [value][C][H][W][lane]; called from compiled code."""

from neurosim.cnn.cpu_loops import add, copy, dispatch
from neurosim.cnn.program import HI, HO, PH, PW, WI, WO


@dispatch
def value(v, places, values, lanes):
    """Return the part of the block's values that is value v."""
    return values[places[v] * lanes : places[v + 1] * lanes]


@dispatch
def rows(code, k, row, lanes):
    """Return where row `row` (c, i) of x starts in the framed y and in x, and its length."""
    c = row // code[k, HI]
    at = ((c * code[k, HO] + row - c * code[k, HI] + code[k, PH]) * code[k, WO] + code[k, PW]) * lanes
    return at, row * code[k, WI] * lanes, code[k, WI] * lanes


@dispatch
def hand_on(dy, dx, more):
    """Set dx to dy, or add it."""
    if more:
        add(dx, dy, dx)
    else:
        copy(dy, dx)
