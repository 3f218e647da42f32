"""The first prototypes of learning vector quantisation."""

import warnings
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from neurosim.core import checks, random
from neurosim.core.errors import DataError, InvalidParameter

NEIGHBOURS = 5  # whose majority has to confirm a sample before it becomes a prototype
ROUNDS = 20  # of k-means at most: training moves the centres anyway
STREAM = 2**32 - 1  # of the random numbers; epochs have the streams from 0 on


def proportional_prototypes(y: Any, total: int) -> list[int]:
    """Return how many prototypes each class gets, in sorted order, if the classes share them as they share the samples.

    Parameters
    ----------
    y : (samples,) labels
    total : int >= number of classes
        The sum of what is returned; every class gets at least 1.

    Returns
    -------
    list of int
        For the parameter `prototypes` of `LVQ`; fractions are rounded so that the sum comes out.

    Examples
    --------
    >>> from neurosim.som.lvq_initial import proportional_prototypes
    >>> proportional_prototypes(["a"] * 60 + ["b"] * 35 + ["c"] * 5, 10)
    [6, 3, 1]
    """
    there = np.unique(np.asarray(y), return_counts=True)[1]
    checks.at_least("proportional_prototypes", "total", total, len(there))
    counts = np.ones(len(there), np.int64)
    for _ in range(total - len(there)):
        counts[np.argmax(there / counts)] += 1
    return [int(count) for count in counts]


def counts_of(prototypes: Any, codes: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the number of prototypes of every class, checked."""
    there = np.bincount(codes)
    try:
        counts = np.broadcast_to(np.asarray(prototypes), there.shape)
        whole = counts.dtype.kind in "iu" and counts.min() >= 1
    except ValueError:
        whole = False
    if not whole:
        wanted = f"an integer >= 1, or one for each of the {len(classes)} classes"
        raise InvalidParameter("LVQ", "prototypes", prototypes, wanted)
    if np.ndim(prototypes) == 0:
        return np.minimum(counts, there)
    for k in np.flatnonzero(counts > there):
        raise DataError(f"LVQ: class {classes[k]} has {there[k]} samples, too few for {counts[k]} prototypes")
    return counts


def given(init: Any, classes: np.ndarray, features: int, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return given prototypes and the numbers of their classes, checked."""
    wanted = f'"kmeans", "samples", or (finite prototypes (2 or more, {features}), all labels of y, one for each)'
    try:
        rows, labels = init
        prototypes, labels = np.array(rows, dtype), np.asarray(labels)
    except (TypeError, ValueError):
        raise InvalidParameter("LVQ", "init", init, wanted) from None
    if prototypes.shape != (len(labels), features) or len(labels) < 2 or not np.isfinite(prototypes).all():
        raise InvalidParameter("LVQ", "init", f"prototypes {prototypes.shape}, labels {labels.shape}", wanted)
    known = {label: code for code, label in enumerate(classes.tolist())}
    if unknown := [label for label in labels.tolist() if label not in known]:
        raise InvalidParameter("LVQ", "init", f"the label {unknown[0]}", wanted)
    if without := [label for label in known if label not in labels.tolist()]:
        raise InvalidParameter("LVQ", "init", f"no prototype of class {without[0]}", wanted)
    check_values(prototypes, "init", fitting=True)
    return prototypes, np.array([known[label] for label in labels.tolist()])


def check_values(x: np.ndarray, name: str = "X", *, fitting: bool = False) -> None:
    """Raise if a sample has no value at all, or values whose squares overflow or, in fitting, all vanish."""
    empty = np.flatnonzero(np.isnan(x).all(axis=1))
    if len(empty):
        raise DataError(f"LVQ: sample {empty[0]} (counted from 0) has no value but NaN")
    reach = 1e15 if x.dtype == np.float32 else 1e140
    largest = float(np.nanmax(np.abs(x)))
    if largest > reach or (fitting and 0 < largest < 1 / reach):
        within = f"{1 / reach:g} to {reach:g}"
        raise DataError(f"LVQ: the largest value of {name} is {largest:.3g}; {x.dtype} can do with {within}: scale it")


def chosen(init: str, x: np.ndarray, codes: np.ndarray, counts: np.ndarray, key: int) -> np.ndarray:
    """Return `counts` prototypes of every class, one class after the other."""
    full = filled(x, codes)
    choose = _centres if init == "kmeans" else _confirmed
    with threadpool_limits(1):  # k-means adds up in the order in which its threads end
        rows = [choose(full, codes, k, counts[k], key) for k in range(len(counts))]
    return np.concatenate(rows).astype(x.dtype)


def filled(x: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return the samples with the mean of their class, or else of all, for missing values."""
    missing = np.isnan(x)
    if not missing.any():
        return x
    for j in np.flatnonzero(missing.all(axis=0)):
        raise DataError(f"LVQ: feature {j} (counted from 0) has no value in any sample")
    means = np.tile(np.nanmean(x, axis=0), (codes.max() + 1, 1))
    for k in range(len(means)):
        some = ~missing[codes == k].all(axis=0)
        means[k, some] = np.nanmean(x[codes == k][:, some], axis=0)
    return np.where(missing, means[codes], x)


def _centres(x: np.ndarray, codes: np.ndarray, k: int, count: int, key: int) -> np.ndarray:
    members = x[codes == k]
    if count == 1:
        return members.mean(axis=0, keepdims=True)
    if count == len(members):
        return members
    seed = int(random.uniform(key, STREAM, k + 1)[k] * 2**31)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different samples than centres: some are equal
        found = KMeans(count, n_init=1, max_iter=ROUNDS, random_state=seed).fit(members)
    rows: np.ndarray = found.cluster_centers_
    return rows


def _confirmed(x: np.ndarray, codes: np.ndarray, k: int, count: int, key: int) -> np.ndarray:
    """Return samples of class k that the majority of their neighbours confirms, filled up with others if too few."""
    members = np.flatnonzero(codes == k)
    members = members[random.permutation(key, STREAM - 1 - k, len(members))]
    neighbours = NearestNeighbors(n_neighbors=min(NEIGHBOURS + 1, len(x))).fit(x)
    sure: list[int] = []
    unsure: list[int] = []
    for begin in range(0, len(members), 4 * count):
        some = members[begin : begin + 4 * count]
        near = neighbours.kneighbors(x[some], return_distance=False)
        for i, row in zip(some, near, strict=True):
            votes = np.bincount(codes[row[row != i][:NEIGHBOURS]], minlength=codes.max() + 1)
            (sure if votes[k] == votes.max() else unsure).append(int(i))
        if len(sure) >= count:
            break
    return x[(sure + unsure)[:count]]
