"""Recall against vectorised NumPy, hopfieldkit and hopfieldnetwork: the same weights, probes and end at a fixed point.

    python -m benchmarks hopfield [--quick]

1,000 units with 100 patterns stored by Hebb's rule; each of 100 probes is a pattern with a fifth of the units turned
round. All sides return the states in which the probes end.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness import compare, write
from neurosim.core import parallel
from neurosim.hopfield import HopfieldNetwork


def by_numpy(weights: np.ndarray, probes: np.ndarray) -> np.ndarray:
    """Update unit after unit in a new random order a sweep, all probes at once."""
    rng = np.random.default_rng(0)
    states = np.ascontiguousarray(probes.T, np.float32)
    while True:
        before = states.copy()
        for unit in rng.permutation(len(weights)):
            states[unit] = np.where(weights[unit] @ states >= 0, 1, -1)
        if (states == before).all():
            return states.T


def recall(units: int, stored: int, count: int) -> list[dict[str, Any]]:
    """Time recall from `count` probes."""
    import hopfieldkit
    import hopfieldnetwork

    rng = np.random.default_rng(0)
    patterns = rng.choice([-1, 1], (stored, units)).astype(np.int8)
    probes = patterns[np.arange(count) % stored].copy()
    probes[rng.random(probes.shape) < 0.2] *= -1
    net = HopfieldNetwork(units).store(patterns)
    weights = net.weights
    single = weights.astype(np.float32)
    seeds = iter(range(10**6))

    def one_after_another() -> np.ndarray:
        peer = hopfieldkit.HopfieldNetwork(units)
        peer.weights = weights
        return np.array([peer.recall(probe, seed=k) for k, probe in enumerate(probes)])

    def until_stable() -> np.ndarray:
        peer, ends = hopfieldnetwork.HopfieldNetwork(units), []
        peer.w = weights
        for probe in probes:
            peer.S = probe.astype(np.float64)
            peer.update_neurons(1, "async", run_max=True)
            ends.append(peer.S.copy())
        return np.array(ends)

    def quality(states: Any) -> dict[str, float]:
        states = np.asarray(states)
        overlaps = (states * patterns[np.arange(count) % stored]).mean(1)
        stable = ((weights @ states.T).T * states >= -1e-9).all(1)  # a field of 0 may be rounded
        return {"overlap": float(overlaps.mean()), "recalled": float((overlaps > 0.95).mean()), "stable": stable.mean()}

    runs: dict[str, Callable[[], Any]] = {
        "neurosim": lambda: net.recall(probes, order="permutation", random_state=next(seeds)).states,
        "neurosim, random order": lambda: net.recall(probes, random_state=next(seeds)).states,
        "numpy, all probes at once": lambda: by_numpy(single, probes),
        "hopfieldkit": one_after_another,
        "hopfieldnetwork": until_stable,
    }
    name = f"recall, N = {units}, P = {stored}, {count} probes to the fixed point"
    few = ("hopfieldkit", "hopfieldnetwork")
    return compare(name, runs, reference="neurosim", quality=quality, rounds=15, few=few)


def main(quick: bool = False) -> None:
    """Run all and write benchmarks/results/hopfield.json."""
    if quick:
        recall(100, 10, 5)
        return
    records = recall(1000, 100, 100)
    for record in records:
        record["threads"] = 1 if record["implementation"].startswith("hopfield") else parallel.threads()
    print(f"wrote {write('hopfield', records)}")
