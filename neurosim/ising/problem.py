"""What the kernels see of a model: its couplings by rows, in the narrowest type that holds every local field."""

from typing import NamedTuple

import numpy as np

from neurosim.core import parallel
from neurosim.core.jit import driver
from neurosim.core.random import MASK, philox

START, SITES, LANES = range(3)  # streams of random numbers under the key of a run
BLOCK = 64  # reads whose energies are summed together
MOST8, MOST16 = 127, 16_383  # the largest sum of a row's couplings: twice a coupling has to fit, too
MOST_EXACT = {np.float32: 2.0**23, np.float64: 2.0**51}  # the same for whole numbers that stay exact
RANGE = 2.0**13  # of a local field over the temperature, up to which float32 gives dE / T to 2^-10


class Problem(NamedTuple):
    """Couplings in compressed rows; `couplings` and `fields` have one type, in which every local field has room."""

    first: np.ndarray  # (N + 1,) int64: the couplings of spin i are first[i] ... first[i + 1] - 1
    neighbours: np.ndarray  # (couplings,) int32
    couplings: np.ndarray  # (couplings,) int8 (only +1 and -1), int16, float32 or float64
    fields: np.ndarray  # (N,) external fields


def pose(
    first: np.ndarray, neighbours: np.ndarray, couplings: np.ndarray, fields: np.ndarray, coldest: float = np.inf
) -> tuple[Problem, float]:
    """Return the problem in its narrowest type, and the unit of energy in which it stands.

    Couplings and fields that are whole multiples of one number become integers; a QUBO of integers is such a case. Real
    ones are scaled by a power of two. They get float64 where the rounding of float32 would be felt at the `coldest`
    temperature that is not zero: weak couplings beside strong ones.
    """
    values = np.concatenate([couplings, fields])
    sizes = abs(values[values != 0])
    unit = _common_unit(values, sizes)
    rows = (row_sums(first, abs(couplings)) + abs(fields)).max(initial=0.0) / unit
    whole = unit * rows < np.inf and np.array_equal(np.rint(values / unit) * unit, values)
    if whole and rows <= MOST8 and (abs(couplings) == unit).all():
        kind: type = np.int8
    elif whole and rows <= MOST16:
        kind = np.int16
    elif whole and rows <= MOST_EXACT[np.float64]:
        kind = np.float32 if rows <= MOST_EXACT[np.float32] else np.float64
    else:
        unit = float(2.0 ** np.floor(np.log2(sizes.max())))
        rows = (row_sums(first, abs(couplings / unit)) + abs(fields / unit)).max()
        kind = np.float32 if rows <= RANGE * (coldest / unit) else np.float64
    scaled = np.rint(couplings / unit) if kind in (np.int8, np.int16) else couplings / unit
    problem = Problem(
        np.ascontiguousarray(first, np.int64),
        np.ascontiguousarray(neighbours, np.int32),
        np.ascontiguousarray(scaled, kind),
        np.ascontiguousarray(np.rint(fields / unit) if kind in (np.int8, np.int16) else fields / unit, kind),
    )
    return problem, float(unit)


def _common_unit(values: np.ndarray, sizes: np.ndarray) -> float:
    """Return a number of which all values are whole multiples, or else the smallest of their sizes."""
    if not len(sizes):
        return 1.0
    with np.errstate(over="ignore"):
        for unit in (sizes.min(), sizes.min() / 2, 1.0):
            if unit and np.array_equal(np.rint(values / unit) * unit, values):
                return float(unit)
    return float(sizes.min())


def row_sums(first: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the sum of the values of each row, of which some may be empty."""
    total = np.concatenate([[0], np.cumsum(values)])
    return total[first[1:]] - total[first[:-1]]


def random_spins(key: int, n_spins: int, reads: int) -> np.ndarray:
    """Return random spins (N, reads) int8; those of a read depend on the key and the read alone."""
    words = -(-reads // 128)
    site, word = np.meshgrid(np.arange(n_spins, dtype=np.uint64), np.arange(words, dtype=np.uint64), indexing="ij")
    none = np.zeros_like(site)
    drawn = philox.py_func(
        site & MASK, word, none + np.uint64(START), none, np.uint64(key & 0xFFFFFFFF), np.uint64(key >> 32)
    )
    octets = np.stack(drawn, axis=-1).astype("<u4").view(np.uint8).reshape(n_spins, -1)
    bits = np.unpackbits(octets, axis=1, count=reads, bitorder="little")
    return (2 * bits.astype(np.int8) - 1).astype(np.int8)


def generator_words(key: int, stream: int, count: int) -> np.ndarray:
    """Return four random words (count, 4) uint64 below 2**32, the start of as many generators."""
    number = np.arange(count, dtype=np.uint64)
    none = np.zeros_like(number)
    words = philox.py_func(
        number, none, none + np.uint64(stream), none, np.uint64(key & 0xFFFFFFFF), np.uint64(key >> 32)
    )
    return np.stack(words, axis=1)


def integer_energies(problem: Problem, spins: np.ndarray) -> np.ndarray:
    """Return the exact energies (reads,) int64 of spins (N, reads) int8 in a problem of integers."""
    blocks = -(-spins.shape[1] // BLOCK)
    energies = np.zeros(spins.shape[1], np.int64)
    parallel.run(_energies, blocks, *problem, np.ascontiguousarray(spins), energies)
    return energies


@driver(nogil=True)
def _energies(begin, end, first, neighbours, couplings, fields, spins, energies):  # type: ignore[no-untyped-def]
    """Sum the energies of some blocks of reads; a site adds less than 2^15 to each."""
    one, total = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int64)
    for block in range(begin, end):
        start = block * BLOCK
        reads = min(BLOCK, spins.shape[1] - start)
        total[:] = 0
        for i in range(len(fields)):
            for r in range(reads):
                one[r] = 2 * fields[i]
            for p in range(first[i], first[i + 1]):
                row, coupling = neighbours[p], np.int32(couplings[p])
                for r in range(reads):
                    one[r] += coupling * spins[row, start + r]
            for r in range(reads):
                total[r] += one[r] * spins[i, start + r]
        for r in range(reads):
            energies[start + r] = -total[r] // 2


def in_order(totals: np.ndarray) -> np.ndarray:
    """Return the sums of the columns, each added from the first row on, however many columns there are."""
    sums: np.ndarray = np.cumsum(totals, axis=0)[-1]
    return sums


def aligned(shape: tuple[int, ...], kind: type) -> np.ndarray:
    """Return zeros that start on a cache line: a vector across two lines costs twice."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    octets = np.zeros(size + 64, np.uint8)
    start = -octets.ctypes.data % 64
    return octets[start : start + size].view(kind).reshape(shape)
