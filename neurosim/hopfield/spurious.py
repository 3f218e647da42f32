"""What the fixed points of a network are: patterns, their negatives, mixtures of some patterns, or others."""

from dataclasses import dataclass, field

import numpy as np

from neurosim.hopfield.inputs import as_spins
from neurosim.hopfield.results import Recall

MIXED = (3, 5, 7)  # patterns of a mixture; an even number can leave units undecided


@dataclass(frozen=True)
class Spurious:
    """The fixed points that random starts fell into, the most frequent first.

    Attributes
    ----------
    states : (states, units) int8
        The different fixed points, in the network's coding.
    counts : (states,) int64
        How many starts ended in each.
    kinds : (states,) str
        "pattern", "negative", "3-mixture", "5-mixture", "7-mixture" or "other". A mixture is the sign of the sum of
        some patterns or their negatives; only those with the largest overlaps are tried.
    overlap : (states,) float64
        With the nearest state of that kind; for "other", with the nearest of any.
    probes : int
        Starts, of which those that did not end in a fixed point are in no count.
    """

    states: np.ndarray = field(repr=False)
    counts: np.ndarray = field(repr=False)
    kinds: np.ndarray = field(repr=False)
    overlap: np.ndarray = field(repr=False)
    probes: int

    def fractions(self) -> dict[str, float]:
        """Return the fraction of the starts that ended in each kind, and in no fixed point ("none")."""
        names = ["pattern", "negative", *(f"{k}-mixture" for k in MIXED), "other"]
        found = {name: float(self.counts[self.kinds == name].sum()) / self.probes for name in names}
        return {**found, "none": 1.0 - float(self.counts.sum()) / self.probes}

    def distinct(self) -> dict[str, int]:
        """Return how many different fixed points of each kind there are."""
        names, numbers = np.unique(self.kinds, return_counts=True)
        return {str(name): int(number) for name, number in zip(names, numbers, strict=True)}


def sort_attractors(found: Recall, patterns: np.ndarray, coding: str, least_overlap: float) -> Spurious:
    """Return the different fixed points of a recall and what kind each is."""
    fixed = found.states[found.stopped == "fixed point"]
    states, counts = np.unique(fixed, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    states, counts = states[order], counts[order]
    s, xi = as_spins(states, coding).astype(np.int64), as_spins(patterns, coding).astype(np.int64)
    names, overlaps = _candidates(s, xi)
    best = overlaps.argmax(axis=1)
    largest = overlaps[np.arange(len(s)), best]
    kinds = np.where(largest >= least_overlap, np.array(names)[best], "other")
    return Spurious(states, counts, kinds, largest, len(found.states))


def _candidates(s: np.ndarray, xi: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Return names of kinds, and the overlap of each state with the nearest state of each kind, nearly always.

    Of mixtures the one is taken whose patterns have the largest overlaps with the state.
    """
    n = s.shape[1]
    if not len(xi):
        return ["other"], np.zeros((len(s), 1))
    m = s @ xi.T
    names, overlaps = ["pattern", "negative"], [m.max(axis=1), (-m).max(axis=1)]
    xi = np.unique(xi * xi[:, :1], axis=0)  # equal ones and negatives once
    m = s @ xi.T
    nearest = np.argsort(-np.abs(m), axis=1, kind="stable")
    for k in MIXED:
        if k <= len(xi):
            some = nearest[:, :k]
            signs = np.where(np.take_along_axis(m, some, axis=1) < 0, -1, 1)
            mixture = np.sign(np.einsum("sk,skn->sn", signs, xi[some]))
            names.append(f"{k}-mixture")
            overlaps.append((s * mixture).sum(axis=1))
    return names, np.stack(overlaps, axis=1) / n
