"""Arithmetic by nets: a counter of impulses and adders."""

from itertools import pairwise

from neurosim.core import checks
from neurosim.mcculloch_pitts.cells import Cell
from neurosim.mcculloch_pitts.network import McCullochPittsNetwork

ODD = ("100", "010", "001", "111")  # what three bits have to be for their sum to be odd


def binary_counter(bits: int) -> McCullochPittsNetwork:
    """Return a net that counts impulses, modulo 2**bits; they may come at every tick.

    The input is "pulse"; the outputs are bit0, bit1, ..., the lowest first. The outputs at time t are the number of
    impulses at 0, 1, ..., ``t - net.delay``, and ``net.delay`` is ``bits + 1``. Digit k is a cell that keeps itself
    active, `holdk`, and one that starts it, `setk`; its impulses Tk turn either off or, if both are off, the second on.
    An impulse that finds the digit on is passed to the next, Tk+1.

    Parameters
    ----------
    bits : int >= 1

    Examples
    --------
    >>> from neurosim.mcculloch_pitts import binary_counter
    >>> net = binary_counter(3)
    >>> run = net.run({"pulse": [1, 1, 0, 1, 1, 1]}, steps=6 + net.delay)
    >>> [int(sum(run[f"bit{k}"][t + net.delay] << k for k in range(3))) for t in range(6)]
    [1, 2, 2, 3, 4, 5]
    """
    checks.at_least("binary_counter", "bits", bits, 1)
    cells: dict[str, Cell] = {}
    for k in range(bits):
        turn, hold, start = "pulse" if k == 0 else f"T{k}", f"hold{k}", f"set{k}"
        cells[hold] = Cell({hold: 2, start: 2}, [turn])
        cells[start] = Cell({turn: 2}, [hold, start])
        if k < bits - 1:
            cells[f"T{k + 1}"] = Cell([turn, hold, start])
        cells |= _delayed(f"bit{k}", Cell({hold: 2, start: 2}), bits - 1 - k)
    outputs = [f"bit{k}" for k in range(bits)]
    return McCullochPittsNetwork(["pulse"], cells, outputs=outputs, delay=bits + 1)


def serial_adder() -> McCullochPittsNetwork:
    """Return a net that adds two numbers given digit by digit, the lowest first.

    The inputs are "a" and "b". The output "sum" at time ``t + 2`` is digit t of the sum (``net.delay`` = 2). The carry
    is one cell, the majority of the two digits and itself; the sum is a disjunction of four products.

    Examples
    --------
    >>> from neurosim.mcculloch_pitts import serial_adder
    >>> run = serial_adder().run({"a": [1, 1, 0, 0], "b": [1, 0, 1, 0]}, steps=6)  # 3 + 5, from the lowest digit
    >>> run["sum"][2:6].astype(int)
    array([0, 0, 0, 1])
    """
    cells = {"carry": Cell(["a", "b", "carry"])}
    cells |= _odd(("a", "b", "carry"), "sum")
    return McCullochPittsNetwork(["a", "b"], cells, outputs=["sum"], delay=2)


def full_adder() -> McCullochPittsNetwork:
    """Return a net that adds three bits.

    The inputs are "a", "b" and "c", the outputs "sum" and "carry", two ticks later (``net.delay`` = 2).

    Examples
    --------
    >>> from neurosim.mcculloch_pitts import full_adder
    >>> run = full_adder().run({"a": [1], "b": [1], "c": [1]}, steps=2)
    >>> bool(run["sum"][2]), bool(run["carry"][2])
    (True, True)
    """
    cells = _odd(("a", "b", "c"), "sum") | _delayed("carry", Cell(["a", "b", "c"]), 1)
    return McCullochPittsNetwork(["a", "b", "c"], cells, outputs=["sum", "carry"], delay=2)


def _odd(names: tuple[str, str, str], output: str) -> dict[str, Cell]:
    """Return the cells of the sum of three bits modulo 2, two ticks later."""
    cells: dict[str, Cell] = {}
    for digits in ODD:
        on, off = ([name for name, digit in zip(names, digits, strict=True) if digit == d] for d in "10")
        cells[".".join(on + [f"~{name}" for name in off])] = Cell(dict.fromkeys(on, 3 // len(on)), off, 3)
    return cells | {output: Cell(dict.fromkeys(cells, 2))}


def _delayed(name: str, cell: Cell, ticks: int) -> dict[str, Cell]:
    """Return a cell and the chain that brings it to the cell `name`, `ticks` later."""
    chain = [f"{name}-{ticks - i}" for i in range(ticks)] + [name]
    return {chain[0]: cell} | {later: Cell({now: 2}) for now, later in pairwise(chain)}
