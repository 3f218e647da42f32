"""Random wiring between a retina, or features, and a layer of threshold units."""

from typing import Any

import numpy as np

from neurosim.core.errors import InvalidParameter
from neurosim.core.random import uniform

BLOCK_BYTES = 32 << 20


def draw_origins(key: int, stream: int, n_units: int, connections: int, n_points: int) -> np.ndarray:
    """Return where the connections of every unit come from, drawn with replacement.

    Parameters
    ----------
    key, stream : int
        Seed and sequence; see `neurosim.core.random.uniform`.
    n_units, connections, n_points : int
        Units, connections of each, and points that they are drawn from.

    Returns
    -------
    (n_units, connections) array of indices in [0, n_points)
    """
    return (uniform(key, stream, (n_units, connections)) * n_points).astype(np.int32)


def draw_source_sets(owner: str, key: int, stream: int, source_sets: Any, n_responses: int, n_units: int) -> np.ndarray:
    """Return which units every response hears, bool (n_responses, n_units).

    "disjoint" deals the units out at random, as equally as possible; a share in (0, 1] makes every response draw as
    many for itself, at least one; an array is taken as it is. InvalidParameter for all else is in the name of `owner`.
    """
    if (
        isinstance(source_sets, np.ndarray)
        and source_sets.shape == (n_responses, n_units)
        and np.isin(source_sets, (0, 1)).all()
    ):
        return source_sets.astype(bool)
    if isinstance(source_sets, str) and source_sets == "disjoint":
        rank = uniform(key, stream, n_units).argsort().argsort()
        return np.arange(n_responses)[:, None] == rank % n_responses
    if isinstance(source_sets, float | int) and not isinstance(source_sets, bool) and 0 < source_sets <= 1:
        ranks = uniform(key, stream, (n_responses, n_units)).argsort(axis=1).argsort(axis=1)
        return np.asarray(ranks < max(1, round(source_sets * n_units)))
    wanted = f"'disjoint', a share in (0, 1] or a bool array of shape {(n_responses, n_units)}"
    raise InvalidParameter(owner, "source_sets", source_sets, wanted)


def input_sums(points: np.ndarray, origins: np.ndarray, excitatory: int) -> np.ndarray:
    """Return every unit's sum of excitatory minus inhibitory inputs, shape (units, samples).

    Parameters
    ----------
    points : (samples, points) array
        What the connections carry; bool counts as 0 and 1.
    origins : (units, connections) array
        Indices into the points; the first `excitatory` of a unit count +1, the others -1.
    excitatory : int

    Notes
    -----
    The terms are added in the order of the connections, so that a sample's sums are the same bits in any company.
    """
    counts = np.dtype(np.int16 if origins.shape[1] < 2**15 else np.int32)
    kind = counts if points.dtype == bool else points.dtype
    columns = np.ascontiguousarray(points.T, dtype=kind)
    sums = np.zeros((len(origins), len(points)), kind)
    for number, sources in enumerate(origins.T):
        if number < excitatory:
            sums += columns[sources]
        else:
            sums -= columns[sources]
    return sums


def fires(points: np.ndarray, origins: np.ndarray, excitatory: int, thresholds: np.ndarray | float) -> np.ndarray:
    """Return which units reach their threshold, bool (samples, units); see `input_sums` for the parameters."""
    active = np.empty((len(points), len(origins)), bool)
    limit = np.broadcast_to(np.asarray(thresholds), len(origins))[:, None]
    for block in _blocks(points, origins):
        active[block] = (input_sums(points[block], origins, excitatory) >= limit).T
    return active


def sum_range(points: np.ndarray, origins: np.ndarray, excitatory: int) -> tuple[np.ndarray, np.ndarray]:
    """Return every unit's least and largest input sum, two arrays (units,); see `input_sums` for the parameters."""
    ends = []
    for block in _blocks(points, origins):
        sums = input_sums(points[block], origins, excitatory)
        ends.append((sums.min(axis=1), sums.max(axis=1)))
    least, largest = zip(*ends, strict=True)
    return np.min(least, axis=0), np.max(largest, axis=0)


def _blocks(points: np.ndarray, origins: np.ndarray) -> list[slice]:
    """Return slices of samples whose sums fit into `BLOCK_BYTES`."""
    step = max(1, BLOCK_BYTES // (8 * max(len(origins), 1)))
    return [slice(first, first + step) for first in range(0, len(points), step)]
