"""Nets from truth tables: two layers of cells, or one cell where a function is a threshold function."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets.files import read_lines
from neurosim.mcculloch_pitts.cells import Cell
from neurosim.mcculloch_pitts.minimise import FREE, minimal_cover
from neurosim.mcculloch_pitts.network import McCullochPittsNetwork
from neurosim.mcculloch_pitts.packing import as_bits

Product = tuple[int, ...]  # 0 or 1 for what it demands of an input, FREE where it leaves it out

MOST_INPUTS = 10
CUT_SHORT = "{} may have more products than needed: the search for the fewest was cut short"
CONSTANT = "a constantly active cell, {}, was added: {} true when all inputs are silent"


@dataclass(frozen=True)
class TruthTable:
    """A truth table with names.

    Parameters
    ----------
    inputs, outputs : tuple of str
    values : (2**inputs, outputs) bool
        Rows in counting order: the first input is the highest binary digit of the number of a row.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    values: np.ndarray


def read_table(source: str | os.PathLike[str]) -> TruthTable:
    """Read a truth table.

    Parameters
    ----------
    source : path, or text of several lines
        The first line has the names of the inputs, ``|``, and those of the outputs; every further line a row of 0 and
        1 in the same form. Within a side commas or spaces separate; "#" begins a comment. The rows may come in any
        order; each of the 2**inputs rows has to be there once.

    Raises
    ------
    DataError
        If the table is not as described; the message names the line.

    Examples
    --------
    >>> from neurosim.mcculloch_pitts.tables import read_table
    >>> read_table("a b | both\\n0 0 | 0\\n0 1 | 0\\n1 0 | 0\\n1 1 | 1").values[:, 0].astype(int)
    array([0, 0, 0, 1])
    """
    is_text = isinstance(source, str) and "\n" in source
    text = str(source).splitlines() if is_text else read_lines(Path(source))
    where = "the table" if is_text else str(source)
    lines = [(number, line.split("#")[0]) for number, line in enumerate(text, 1)]
    rows = [(number, _sides(where, number, line)) for number, line in lines if line.strip()]
    if not rows:
        raise DataError(f"read_table: {where}: empty")
    inputs, outputs = rows[0][1]
    if not inputs or not outputs or len(inputs) > MOST_INPUTS:
        raise DataError(f"read_table: {where}, line {rows[0][0]}: 1 to {MOST_INPUTS} inputs, | and outputs are wanted")
    _check_names(f"read_table: {where}, line {rows[0][0]}", [*inputs, *outputs])
    found: dict[str, list[str]] = {}
    for number, (digits, results) in rows[1:]:
        at, key = f"read_table: {where}, line {number}", "".join(digits)
        if wrong := [value for value in (*digits, *results) if value not in ("0", "1")]:
            raise DataError(f"{at}: {wrong[0]!r} is neither 0 nor 1")
        if (len(digits), len(results)) != (len(inputs), len(outputs)):
            raise DataError(f"{at}: {len(inputs)} and {len(outputs)} of 0 and 1 are wanted, with | between")
        if key in found:
            raise DataError(f"{at}: the row {' '.join(digits)} comes twice")
        found[key] = results
    missing = [key for row in range(2 ** len(inputs)) if (key := f"{row:0{len(inputs)}b}") not in found]
    if missing:
        raise DataError(f"read_table: {where}: no row {' '.join(missing[0])}; {len(missing)} of them are missing")
    return TruthTable(tuple(inputs), tuple(outputs), np.array([found[key] for key in sorted(found)]) == "1")


def _sides(where: str, number: int, line: str) -> tuple[list[str], list[str]]:
    """Return what is left and right of the stroke."""
    sides = [re.findall(r"[^\s,;]+", side) for side in line.split("|")]
    if len(sides) != 2:
        raise DataError(f"read_table: {where}, line {number}: one | between inputs and outputs is wanted")
    return sides[0], sides[1]


def _check_names(where: str, names: list[str]) -> None:
    """Raise unless these are names, all different."""
    if not {*names} - {"0", "1"}:
        raise DataError(f"{where}: has to be the names of the inputs, | and those of the outputs")
    if twice := [name for name in names if names.count(name) > 1]:
        raise DataError(f"{where}: the name {twice[0]!r} comes twice")


def from_table(
    table: Any, *, inputs: Sequence[str] | None = None, outputs: Sequence[str] | None = None
) -> McCullochPittsNetwork:
    """Return a net with one layer of products and one of sums for a truth table.

    The products of every output are a smallest set of prime implicants (Quine 1952 and McCluskey 1956, from memory),
    unless the search for it is cut short, as happens from about 9 inputs on: `net.notes` tells. Outputs share products.
    Every path has two cells, so that ``net.delay`` is 2; or 1 where
    each output is one product. A product that demands no input to be active is driven by a constantly active cell,
    which `net.notes` tells.

    Parameters
    ----------
    table : (2**n, outputs) or (2**n,) of 0 and 1, mapping from output name to (2**n,), or TruthTable
        Rows in counting order: the first input is the highest binary digit of the number of a row. n is 1 to 10.
    inputs, outputs : sequence of str, optional
        Names. Default: those of the table, else x1, x2, ... and "out" or out1, out2, ...

    Raises
    ------
    InvalidParameter
        If the table or the names are not as described.

    Examples
    --------
    >>> from neurosim.mcculloch_pitts import from_table
    >>> net = from_table([0, 1, 1, 0])
    >>> sorted(net.cells), net.delay
    (['out', 'x1.~x2', '~x1.x2'], 2)
    """
    named = _table("from_table", table, inputs, outputs)
    found = {name: minimal_cover(column) for name, column in zip(named.outputs, named.values.T, strict=True)}
    covers = {output: list(map(tuple, cover.products.tolist())) for output, cover in found.items()}
    single = all(len(cover) == 1 for cover in covers.values())
    taken = {*named.inputs, *named.outputs}
    active = unused_name("const", taken)
    names = _product_names([product for cover in covers.values() for product in cover], named.inputs, taken)
    cells: dict[str, Cell] = {}
    ends: dict[str, Cell] = {}
    for output, cover in covers.items():
        products = {names[product]: _product(product, named.inputs, active) for product in cover}
        if single:
            ends[output] = next(iter(products.values()))
        else:
            cells |= products
            ends[output] = Cell(dict.fromkeys(products, 2), initial=bool(named.values[0, named.outputs.index(output)]))
    drivers = {active: Cell({active: 2}, initial=True)}
    driven = any(active in cell.excitatory for cell in (*cells.values(), *ends.values()))
    true = " and ".join(o for o, first in zip(named.outputs, named.values[0], strict=True) if first)
    notes = [CONSTANT.format(active, f"{true} {'are' if ' and ' in true else 'is'}")] if driven else []
    notes += [CUT_SHORT.format(output) for output, cover in found.items() if not cover.smallest]
    return McCullochPittsNetwork(
        named.inputs,
        (drivers if driven else {}) | cells | ends,
        outputs=named.outputs,
        delay=1 if single else 2,
        notes=notes,
    )


def _product(product: Product, inputs: Sequence[str], active: str) -> Cell:
    """Return the cell of a product, one tick after its inputs."""
    positive, negative = ([name for name, d in zip(inputs, product, strict=True) if d == digit] for digit in (1, 0))
    if not positive:
        return Cell({active: 2}, negative, initial=True)
    return Cell(dict.fromkeys(positive, 2 if len(positive) == 1 else 1), negative, max(2, len(positive)))


def _product_names(products: Iterable[Product], inputs: Sequence[str], taken: set[str]) -> dict[Product, str]:
    """Return a name for every product, a new one for each: inputs "a.b" and "c" have the product of "a" and "b.c"."""
    names: dict[Product, str] = {}
    for product in dict.fromkeys(products):
        name = ".".join(("~", "")[d] + name for name, d in zip(inputs, product, strict=True) if d != FREE) or "true"
        names[product] = unused_name(f"[{name}]" if name in taken else name, taken)
    return names


def unused_name(name: str, taken: set[str]) -> str:
    """Return the name with as many primes as make it a new one, which is then taken too."""
    while name in taken:
        name += "'"
    taken.add(name)
    return name


def is_threshold_function(table: Any) -> bool:
    """Return whether one cell can compute a truth table, inhibition being relative and a constant input allowed.

    That is whether integer weights of the inputs, of any sign, and a threshold exist; asked of a linear program.

    Parameters
    ----------
    table : (2**n,) of 0 and 1, n from 1 to 10
        In counting order.

    Examples
    --------
    >>> from neurosim.mcculloch_pitts import is_threshold_function
    >>> is_threshold_function([0, 1, 1, 1]), is_threshold_function([0, 1, 1, 0])
    (True, False)
    """
    signed, wanted = _separation(_table("is_threshold_function", table, None, None))
    status: int = linprog(np.zeros(signed.shape[1]), A_ub=-signed, b_ub=-wanted, bounds=(None, None)).status
    return status == 0


def threshold_cell(
    table: Any, *, inputs: Sequence[str] | None = None, outputs: Sequence[str] | None = None
) -> McCullochPittsNetwork:
    """Return the net of one cell that computes a truth table with relative inhibition, one tick later.

    The numbers of synapses are the integers with the smallest sum, by an integer program. A function that is true when
    all inputs are silent gets a constantly active cell beside it, which `net.notes` tells.

    Parameters
    ----------
    table, inputs, outputs
        As of `from_table`, with one output.

    Raises
    ------
    InvalidParameter
        If the table is not as described.
    DataError
        If it is not a threshold function.

    Examples
    --------
    >>> from neurosim.mcculloch_pitts import threshold_cell
    >>> threshold_cell([0, 0, 0, 1, 0, 1, 1, 1]).cells["out"]
    Cell(excitatory={'x1': 1, 'x2': 1, 'x3': 1}, inhibitory={}, threshold=2, initial=False)
    """
    named = _table("threshold_cell", table, inputs, outputs)
    signed, wanted = _separation(named)
    n = len(named.inputs)
    split = np.hstack([signed[:, :n], -signed[:, :n], signed[:, n:]])  # w = w+ - w-
    bounds = Bounds(np.r_[np.zeros(2 * n), -np.inf], np.full(2 * n + 1, np.inf))
    costs = np.r_[np.ones(2 * n), 0.0]
    constraint, exact = LinearConstraint(split, lb=wanted), {"mip_rel_gap": 0.0}
    found = milp(costs, constraints=constraint, integrality=1, bounds=bounds, options=exact)
    if found.x is None:
        raise DataError("threshold_cell: the table is not a threshold function; no single cell computes it")
    *synapses, threshold = np.rint(found.x).astype(int).tolist()
    excitatory = {name: count for name, count in zip(named.inputs, synapses[:n], strict=True) if count}
    inhibitory = {name: count for name, count in zip(named.inputs, synapses[n:], strict=True) if count}
    (output,) = named.outputs
    cells: dict[str, Cell] = {}
    notes: tuple[str, ...] = ()
    if threshold < 1:
        active = unused_name("const", {*named.inputs, output})
        excitatory[active], threshold = 1 - threshold, 1
        cells[active] = Cell({active: 2}, initial=True)
        notes = (CONSTANT.format(active, f"{output} is"),)
    cells[output] = Cell(excitatory, inhibitory, threshold, bool(named.values[0, 0]))
    return McCullochPittsNetwork(named.inputs, cells, outputs=[output], inhibition="relative", delay=1, notes=notes)


def _separation(named: TruthTable) -> tuple[np.ndarray, np.ndarray]:
    """Return A and b of A (w, theta) >= b: w.x - theta >= 0 where the function is true, <= -1 where it is false."""
    n = len(named.inputs)
    points = np.hstack([np.arange(2**n)[:, None] >> np.arange(n)[::-1] & 1, np.full((2**n, 1), -1)])
    true = named.values[:, 0]
    return np.where(true, 1, -1)[:, None] * points, np.where(true, 0.0, 1.0)


def _table(owner: str, table: Any, inputs: Sequence[str] | None, outputs: Sequence[str] | None) -> TruthTable:
    """Return any of the accepted forms with names; one output unless it is for from_table."""
    if isinstance(table, TruthTable):
        inputs, outputs, table = inputs or table.inputs, outputs or table.outputs, table.values
    if isinstance(table, Mapping):
        outputs = outputs or tuple(table)
        each = [as_bits(owner, f"table[{name!r}]", values) for name, values in table.items()]
        if len({column.shape for column in each}) != 1:
            raise InvalidParameter(owner, "table", "columns of different lengths, or none", "columns of 2**n values")
        table = np.transpose(each)
    values = as_bits(owner, "table", table)
    values = values.reshape(-1, 1) if values.ndim < 2 else values
    n = len(values).bit_length() - 1
    columns = 1 if owner != "from_table" else max(1, values.shape[-1])
    if len(values) != 2**n or not 1 <= n <= MOST_INPUTS:
        wanted = f"2, 4, 8, ... or {2**MOST_INPUTS}: 2**n for n inputs" + (
            f", here {inputs}" if inputs is not None else ""
        )
        raise InvalidParameter(owner, "number of rows of table", len(values), wanted)
    if values.ndim != 2 or values.shape[1] != columns:
        raise InvalidParameter(owner, "table", values.shape, "of shape (2**n, outputs)" if columns > 1 else "a column")
    names = tuple(f"x{i + 1}" for i in range(n)) if inputs is None else tuple(inputs)
    own = ("out",) if columns == 1 else tuple(f"out{i + 1}" for i in range(columns))
    own = own if outputs is None else tuple(outputs)
    for parameter, given, number in (("inputs", names, n), ("outputs", own, columns)):
        if len(set(given)) != number or len(given) != number:
            raise InvalidParameter(owner, parameter, given, f"{number} different names")
    return TruthTable(names, own, values)
