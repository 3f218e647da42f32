"""What the kernels see of a model: its couplings by rows, in the narrowest type that holds every local field."""

from typing import NamedTuple

import numpy as np

from neurosim.core import parallel
from neurosim.core.jit import driver
from neurosim.core.random import MASK, philox

START, SITES, LANES = range(3)  # streams of random numbers under the key of a run
BLOCK = 64  # reads whose energies are summed together
MOST8, MOST16 = 127, 16_383  # the largest sum of a row's couplings: twice a coupling has to fit, too


class Problem(NamedTuple):
    """Couplings in compressed rows; `couplings` and `fields` have one type, in which every local field has room."""

    first: np.ndarray  # (N + 1,) int64: the couplings of spin i are first[i] ... first[i + 1] - 1
    neighbours: np.ndarray  # (couplings,) int32
    couplings: np.ndarray  # (couplings,) int8 (only +1 and -1), int16 or float32
    fields: np.ndarray  # (N,) external fields


def pose(first: np.ndarray, neighbours: np.ndarray, couplings: np.ndarray, fields: np.ndarray) -> tuple[Problem, float]:
    """Return the problem in its narrowest type, and the unit of energy in which it stands.

    Couplings and fields that are whole multiples of one number become integers; a QUBO of integers is such a case.
    """
    values = np.concatenate([couplings, fields])
    sizes = abs(values[values != 0])
    units = [sizes.min(), sizes.min() / 2, 1.0] if len(sizes) else [1.0]
    unit = next((u for u in units if (np.rint(values / u) * u == values).all()), 0.0)
    largest = np.inf
    if unit:
        couplings, fields = np.rint(couplings / unit), np.rint(fields / unit)
        largest = (row_sums(first, abs(couplings)) + abs(fields)).max()
    kind: type = np.float32
    if largest <= MOST8 and (abs(couplings) == 1).all():
        kind = np.int8
    elif largest <= MOST16:
        kind = np.int16
    else:
        unit = unit or 1.0
    problem = Problem(
        np.ascontiguousarray(first, np.int64),
        np.ascontiguousarray(neighbours, np.int32),
        np.ascontiguousarray(couplings, kind),
        np.ascontiguousarray(fields, kind),
    )
    return problem, float(unit)


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


def aligned(shape: tuple[int, ...], kind: type) -> np.ndarray:
    """Return zeros that start on a cache line: a vector across two lines costs twice."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    octets = np.zeros(size + 64, np.uint8)
    start = -octets.ctypes.data % 64
    return octets[start : start + size].view(kind).reshape(shape)
