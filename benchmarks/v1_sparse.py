"""Dictionary learning against scikit-learn, on patches of random scenes.

The same samples, first atoms, order, mini-batches and penalty on all sides, one epoch. scikit-learn takes part of the
patches, its seconds are multiplied by how many times the mini-batches these are: its time for one hardly changes. Every
dictionary is judged by the least cost of other patches, which one and the same solver finds. In float32 scikit-learn's
coordinate descent does not reach the gap that it waits for and goes on to its limit, so that both types are timed.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness import compare
from neurosim.datasets.natural import make_dead_leaves, sample_patches
from neurosim.v1 import SparseCoding
from neurosim.v1.sparse_inference import sparse_codes

SIDE, ATOMS, ALPHA, BATCH, PART = 12, 144, 1.0, 256, 5


def patches(n: int, seed: int) -> np.ndarray:
    """Return n patches of dead leaves behind 1 / f noise, of mean 0 each and variance 1 together, (n, 144) float32."""
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.rfftfreq(256))
    white = np.fft.rfft2(np.random.default_rng(seed).normal(size=(8, 256, 256)))
    clouds = np.fft.irfft2(white / np.maximum(frequency, 1 / 256))
    leaves = make_dead_leaves((256, 256), 8, random_state=seed).data.reshape(clouds.shape)
    found = sample_patches(leaves / leaves.std() + clouds / clouds.std(), SIDE, n, random_state=seed)
    found = found - found.mean(axis=1, keepdims=True)
    return np.asarray(found / found.std(), np.float32)


def by_neurosim(x: np.ndarray, atoms: np.ndarray) -> np.ndarray:
    """Learn for an epoch, with codes as exact as float32 allows."""
    return SparseCoding(ATOMS, alpha=ALPHA, batch_size=BATCH, shuffle=False, dict_init=atoms, tol=0).fit(x).components_


def by_scikit_learn(x: np.ndarray, atoms: np.ndarray, algorithm: str) -> np.ndarray:
    """Learn for an epoch with coordinate descent ("cd") or least angles ("lars")."""
    from sklearn.decomposition import MiniBatchDictionaryLearning
    from sklearn.exceptions import ConvergenceWarning

    peer = MiniBatchDictionaryLearning(
        n_components=ATOMS, alpha=ALPHA, batch_size=BATCH, max_iter=1, fit_algorithm=algorithm, dict_init=atoms.copy(),
        shuffle=False, random_state=0, tol=0, max_no_improvement=None,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return peer.fit(x).components_


def least_cost(x: np.ndarray) -> Callable[[np.ndarray], dict[str, float]]:
    """Return the quality of a dictionary: mean cost of samples and active atoms of a sample."""

    def quality(atoms: np.ndarray) -> dict[str, float]:
        codes = sparse_codes(x, np.asarray(atoms, np.float64), alpha=ALPHA, tol=1e-8)
        cost = ((x - codes @ atoms) ** 2).sum(axis=1) / 2 + ALPHA * np.abs(codes).sum(axis=1)
        return {"cost": float(cost.mean()), "active": float((codes != 0).sum(axis=1).mean())}

    return quality


def batches(n: int) -> int:
    """Return the mini-batches of an epoch of n patches."""
    return -(-n // BATCH)


def records(quick: bool) -> list[dict[str, Any]]:
    """Time an epoch of learning, and how well as many patches as scikit-learn takes are learned from."""
    n = 10 * BATCH if quick else 50_000
    x, unseen = patches(n, 0), patches(2000, 77).astype(np.float64)
    atoms = x[np.random.default_rng(3).choice(n, ATOMS, replace=False)]
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    part = x[: n // PART]
    wide, wide_atoms, factor = part.astype(np.float64), atoms.astype(np.float64), batches(n) / batches(len(part))
    runs: dict[str, Callable[[], np.ndarray]] = {
        "neurosim": lambda: by_neurosim(x, atoms),
        "scikit-learn, cd": lambda: by_scikit_learn(part, atoms, "cd"),
        "scikit-learn, cd, float64": lambda: by_scikit_learn(wide, wide_atoms, "cd"),
        "scikit-learn, lars": lambda: by_scikit_learn(part, atoms, "lars"),
    }
    name = f"dictionary learning, {n:,} x {SIDE * SIDE}, {ATOMS} atoms, alpha {ALPHA:g}, batch {BATCH}, one epoch"
    peers = list(runs)[1:]
    notes = dict.fromkeys(peers, f"{len(part):,} patches, times {factor:g}")
    how: dict[str, Any] = {"reference": "neurosim", "quality": least_cost(unseen), "rounds": 2 if quick else 3}
    found = compare(name, runs, **how, notes=notes, scale=dict.fromkeys(peers, factor))
    same = {
        "neurosim": lambda: by_neurosim(part, atoms),
        "neurosim, float64": lambda: by_neurosim(wide, wide_atoms),
        **{name: runs[name] for name in ("scikit-learn, cd", "scikit-learn, cd, float64")},
    }
    return found + compare(f"dictionary learning, {len(part):,} x {SIDE * SIDE}, one epoch", same, **how)
