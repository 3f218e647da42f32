"""Which units are held, and where: clamps, environments, groups of chains that have the same free units, noise."""

from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.random import uniform


def chains_of(owner: str, clamp: Any, initial: Any, chains: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the states (chains, n) uint8 in which chains begin and which units are free, (chains, n) bool.

    Parameters
    ----------
    clamp : (m,) or (chains, m) array of 0, 1 and NaN, m <= n, or None
    initial : (n,) or (chains, n) array of 0 and 1, or None
        None leaves the free units at 0.
    chains : int >= 1
        1 gives way to the number of rows of the others.
    """
    checks.at_least(owner, "chains", chains, 1)
    held = clamped(owner, clamp, n)
    start = np.zeros(n, np.uint8) if initial is None else binary(owner, "initial", initial, n)
    rows = {len(part) for part in (held, start) if part.ndim == 2} | ({chains} - {1})
    if len(rows) > 1:
        raise DataError(f"{owner}: clamp, initial and chains must agree in how many chains there are; got {rows}")
    count = rows.pop() if rows else 1
    held, start = (np.broadcast_to(part, (count, n)) for part in (held, start))
    is_free = np.isnan(held)
    return np.where(is_free, start, np.nan_to_num(held)).astype(np.uint8), is_free


def clamped(owner: str, clamp: Any, n: int, name: str = "clamp") -> np.ndarray:
    """Return the clamp of all n units, (n,) or (rows, n) float64 of 0, 1 and NaN; units that it leaves out are free."""
    given = np.empty(0) if clamp is None else numbers(owner, name, clamp)
    if given.ndim not in (1, 2) or given.shape[-1] > n:
        raise DataError(f"{owner}: {name} must be (m,) or (rows, m) with m <= {n} units; got {given.shape}")
    wrong = ~(np.isnan(given) | (given == 0) | (given == 1))
    if wrong.any():
        raise DataError(f"{owner}: {name} must hold 0, 1 and NaN (free) only; got {given[wrong][0]:g}")
    held = np.full((*given.shape[:-1], n), np.nan)
    held[..., : given.shape[-1]] = given
    return held


def numbers(owner: str, name: str, values: Any) -> np.ndarray:
    """Return values as float64."""
    try:
        return np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{owner}: {name} must be an array of numbers; got {values!r:.60}") from None


def environment(
    owner: str, patterns: Any, weights: Any, n: int, names: tuple[str, str] = ("patterns", "weights")
) -> tuple[np.ndarray, np.ndarray]:
    """Return the patterns as int64 and their probabilities; `names` are those of the two parameters."""
    rows = numbers(owner, names[0], patterns)
    if rows.ndim != 2 or not len(rows) or not 1 <= rows.shape[1] <= n or not ((rows == 0) | (rows == 1)).all():
        raise DataError(f"{owner}: {names[0]} must be (m, v) of 0 and 1 with 1 <= v <= {n}, m >= 1; got {rows.shape}")
    p = np.ones(len(rows)) if weights is None else numbers(owner, names[1], weights)
    if p.shape != (len(rows),) or not (p >= 0).all() or not 0 < p.sum() < np.inf:
        wanted = f"{len(rows)} finite numbers >= 0 with a sum > 0"
        raise DataError(f"{owner}: {names[1]} must be {wanted}; got {weights!r:.60}")
    return rows.astype(np.int64), p / p.sum()


def binary(owner: str, name: str, values: Any, n: int) -> np.ndarray:
    """Return states (n,) or (rows, n) as uint8."""
    given = numbers(owner, name, values)
    if given.ndim not in (1, 2) or given.shape[-1] != n or not ((given == 0) | (given == 1)).all():
        raise DataError(f"{owner}: {name} must be ({n},) or (rows, {n}) of 0 and 1; got shape {given.shape}")
    return given.astype(np.uint8)


def together(is_free: np.ndarray) -> np.ndarray:
    """Return a number for every row that rows with the same free units have in common, (rows,) int64."""
    numbers = np.zeros(len(is_free), np.int64)
    for number, (rows, _) in enumerate(groups(is_free)):
        numbers[rows] = number
    return numbers


def groups(is_free: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return (chains, free units), both int64, for every set of free units (chains, n) that some chains have."""
    if not len(is_free):
        return []
    if (is_free == is_free[:1]).all():
        return [(np.arange(len(is_free)), np.flatnonzero(is_free[0]))]
    sets, member = np.unique(is_free, axis=0, return_inverse=True)
    member = member.ravel()
    return [(np.flatnonzero(member == k), np.flatnonzero(units)) for k, units in enumerate(sets)]


def noise_pair(owner: str, noise: Any) -> tuple[float, float]:
    """Return the probabilities with which a clamped unit is turned off, and on; (0, 0) for None."""
    try:
        off, on = (0.0, 0.0) if noise is None else (float(p) for p in noise)
    except (TypeError, ValueError):
        off = on = np.nan
    if not (0 <= off <= 1 and 0 <= on <= 1):
        wanted = "(on to off, off to on), two probabilities, or None"
        raise InvalidParameter(owner, "noise", noise, wanted)
    return off, on


def noisy(patterns: np.ndarray, noise: tuple[float, float], key: int, stream: int) -> np.ndarray:
    """Return patterns of 0 and 1, each unit turned round with the probability that its state has."""
    if noise == (0.0, 0.0):
        return patterns
    turned = uniform(key, stream, patterns.shape) < np.where(patterns, *noise)
    return (patterns ^ turned).astype(patterns.dtype)


def noisy_environment(
    patterns: np.ndarray, probabilities: np.ndarray, noise: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return all patterns of 0 and 1 and how often noise makes each of them out of the environment's."""
    v, (off, on) = patterns.shape[1], noise
    table = np.bincount(patterns @ (1 << np.arange(v)), probabilities, 1 << v).reshape((2,) * v)
    kernel = np.array([[1 - on, off], [on, 1 - off]])
    for axis in range(v):
        table = np.moveaxis(np.tensordot(kernel, table, (1, axis)), 0, axis)
    return np.arange(1 << v)[:, None] >> np.arange(v) & 1, table.ravel()
