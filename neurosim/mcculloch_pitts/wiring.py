"""A net as arrays, the form in which the kernels of both targets take it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from neurosim.core.errors import InvalidParameter
from neurosim.mcculloch_pitts.cells import Cell

MOST_LEVELS = 31  # binary digits of a sum of synapses


class Wiring(NamedTuple):
    """Synapses by cell and binary digit: a synapse of multiplicity 6 appears in the digits 1 and 2.

    Row i of the activity is name i, first the inputs, then the cells. Row ``names + i`` stands for the complement of
    row ``inverted[i]``: relative inhibition of weight v is the complement as excitation of weight v, with the threshold
    raised by v.
    """

    first: np.ndarray  # (cells, levels + 1) int64: the terms of cell c, digit k are terms[first[c, k] : first[c, k+1]]
    terms: np.ndarray  # int32 rows
    inhibitors_first: np.ndarray  # (cells + 1,) int64
    inhibitors: np.ndarray  # int32 rows of the absolute inhibitors
    thresholds: np.ndarray  # (cells,) int64
    levels: np.ndarray  # (cells,) int64, binary digits of the largest sum or of the threshold if that is more
    inverted: np.ndarray  # int32 rows whose complements are wanted


def wire(inputs: Sequence[str], cells: Mapping[str, Cell], relative: bool) -> Wiring:
    """Return the arrays of a net."""
    row = {name: i for i, name in enumerate((*inputs, *cells))}
    complement: dict[str, int] = {}
    terms: list[tuple[int, int, int]] = []  # cell, row, multiplicity
    inhibitors: list[list[int]] = []
    thresholds = np.empty(len(cells), np.int64)
    for c, cell in enumerate(cells.values()):
        terms += [(c, row[name], number) for name, number in cell.excitatory.items()]
        inhibitors.append([] if relative else [row[name] for name in cell.inhibitory])
        thresholds[c] = min(cell.threshold, 2**MOST_LEVELS)
        for name, number in cell.inhibitory.items() if relative else ():
            terms.append((c, complement.setdefault(name, len(row) + len(complement)), number))
            thresholds[c] += number
    inverted = np.array([row[name] for name in complement], np.int32)
    first, in_order, levels = _by_digit(terms, thresholds)
    starts = np.cumsum([0, *map(len, inhibitors)], dtype=np.int64)
    flat = np.array([i for some in inhibitors for i in some], np.int32)
    return Wiring(first, in_order, starts, flat, thresholds, levels, inverted)


def _by_digit(terms: list[tuple[int, int, int]], thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the terms sorted by cell and binary digit, where those of each digit begin, and the digits of a cell."""
    cell, row, number = np.array(terms, np.int64).reshape(-1, 3).T
    largest = np.maximum(np.bincount(cell, number, len(thresholds)).astype(np.int64), thresholds)
    levels = np.array([int(n).bit_length() for n in largest], np.int64)
    width = int(levels.max(initial=1))
    if width > MOST_LEVELS:
        most = 2**MOST_LEVELS - 1
        raise InvalidParameter("McCullochPittsNetwork", "cells", int(largest.max()), f"sums and thresholds <= {most}")
    digits = [np.flatnonzero(number >> k & 1) for k in range(width)]
    place = np.concatenate([cell[d] * width + k for k, d in enumerate(digits)])
    order = np.argsort(place, kind="stable")
    starts = np.zeros(len(thresholds) * width + 1, np.int64)
    np.cumsum(np.bincount(place, minlength=len(starts) - 1), out=starts[1:])
    first = np.stack([starts[k : len(starts) - width + k : width] for k in range(width + 1)], axis=1)
    return np.ascontiguousarray(first), row[np.concatenate(digits)[order]].astype(np.int32), levels
