"""Basins of attraction: how often a pattern is recalled, against how many of its units were turned round."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.random import seed_from, uniform
from neurosim.hopfield.inputs import as_spins

if TYPE_CHECKING:
    from neurosim.hopfield.network import HopfieldNetwork

NAME = "HopfieldNetwork.basin"


@dataclass(frozen=True)
class Basin:
    """How often patterns were recalled.

    Attributes
    ----------
    patterns : (patterns,) int64
        Their numbers in the network.
    flips : (distances,) int64
        How many units of the pattern were turned round.
    probability : (patterns, distances) float64
        Fraction of the probes that ended within `errors` units of the pattern.
    overlap : (patterns, distances) float64
        Mean overlap of the last states with the pattern.
    probes : int
        For each pattern and distance.
    errors : int
    """

    patterns: np.ndarray = field(repr=False)
    flips: np.ndarray = field(repr=False)
    probability: np.ndarray = field(repr=False)
    overlap: np.ndarray = field(repr=False)
    probes: int
    errors: int


def measure_basin(
    network: "HopfieldNetwork",
    patterns: Any,
    flips: Any,
    probes: int,
    errors: int,
    random_state: Any,
    options: dict[str, Any],
) -> Basin:
    """Recall each pattern from random states at each distance; see `HopfieldNetwork.basin`."""
    n = network.n_units
    if not len(network.patterns):
        raise DataError(f"{NAME}: the network must have stored patterns; it has none")
    chosen = _numbers("patterns", patterns, np.arange(len(network.patterns)), len(network.patterns) - 1)
    distances = _numbers("flips", flips, np.unique(np.linspace(0, n // 2, 11).astype(np.int64)), n)
    checks.at_least(NAME, "probes", probes, 1)
    checks.at_least(NAME, "errors", errors, 0)
    key = seed_from(random_state)
    seeds = (uniform(key, 0, len(network.patterns)) * 2**53).astype(np.uint64)
    overlaps = np.empty((len(chosen), len(distances), probes))
    for k, number in enumerate(chosen):
        pattern = network.patterns[number]
        states = np.tile(pattern, (len(distances), probes, 1))
        other = -pattern if network.coding == "spin" else 1 - pattern
        for some, distance, draws in zip(states, distances, uniform(key, 1 + int(number), states.shape), strict=True):
            if distance:
                least = np.partition(draws, distance - 1, axis=1)[:, distance - 1]
                np.copyto(some, other, where=draws <= least[:, None])
        found = network.recall(states.reshape(-1, n), random_state=seeds[number], **options).states
        same = as_spins(found, network.coding).astype(np.int64) @ as_spins(pattern, network.coding)
        overlaps[k] = (same / n).reshape(len(distances), probes)
    recalled = overlaps >= 1.0 - (2 * errors + 1) / n
    return Basin(chosen, distances, recalled.mean(axis=2), overlaps.mean(axis=2), int(probes), int(errors))


def _numbers(name: str, values: Any, default: np.ndarray, most: int) -> np.ndarray:
    """Return one or more integers from 0 to `most`."""
    array = default if values is None else np.atleast_1d(np.asarray(values))
    if array.ndim != 1 or not len(array) or array.dtype.kind not in "iu" or array.min() < 0 or array.max() > most:
        raise InvalidParameter(NAME, name, values, f"None, or one or more integers from 0 to {most}")
    return array.astype(np.int64)
