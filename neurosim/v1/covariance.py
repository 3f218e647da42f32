"""Spike-triggered covariance: the axes of stimulus space along which spikes change the variance.

O. Schwartz, J. W. Pillow, N. C. Rust, E. P. Simoncelli, "Spike-triggered neural characterization", Journal of Vision
6(4):13 (2006); N. C. Rust, O. Schwartz, J. A. Movshon, E. P. Simoncelli, "Spatiotemporal elements of macaque V1
receptive fields", Neuron 46:945-956 (2005).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, eigh, null_space, solve_triangular

from neurosim.core import checks, parallel
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.jit import one_blas_thread
from neurosim.core.random import seed_from

BLOCK = 2**17  # numbers converted to float64 at a time; they stay in the cache


@dataclass(frozen=True)
class SpikeTriggeredCovariance:
    """Result of `spike_triggered_covariance`.

    Attributes
    ----------
    eigenvalues : (axes,)
        Variance of the spike-triggered stimuli along each axis, largest first. On white noise of unit variance, or with
        `whiten`, 1 means that spikes leave it as it is.
    axes : (axes, ...)
        Filters of norm 1 in the same order, of the stimuli's shape. Their signs are arbitrary; so is any rotation among
        axes of equal eigenvalue.
    excitatory, suppressive : (found, ...)
        Axes along which the variance is significantly raised, and lowered; the strongest first.
    band : (low, high)
        What the extreme eigenvalues of the remaining axes keep between if spikes do not depend on these axes: the
        quantiles alpha / 2 and 1 - alpha / 2 of the permutations.
    p_values : (found + 1,)
        Of every step of the nested test; the last is above alpha unless no axis is left to test.
    spikes : float
        Total number of spikes.
    """

    eigenvalues: np.ndarray
    axes: np.ndarray
    excitatory: np.ndarray
    suppressive: np.ndarray
    band: tuple[float, float]
    p_values: np.ndarray
    spikes: float


def spike_triggered_covariance(
    stimuli: Any,
    spikes: Any,
    *,
    whiten: bool = False,
    remove_sta: bool = False,
    permutations: int = 1000,
    alpha: float = 0.001,
    min_shift: int = 0,
    random_state: Any = None,
) -> SpikeTriggeredCovariance:
    """Return the spike-triggered covariance's eigenvalues and axes, and those that are significant.

    Parameters
    ----------
    stimuli : (n, ...) array
        One stimulus for each entry of `spikes`, of any shape. Read in blocks, so that it may be a memory map.
    spikes : (n,) array >= 0
        Number of spikes, or rate, in answer to each stimulus.
    whiten : bool, default False
        Whether to compare with the stimuli's own covariance instead of with the unit matrix.
    remove_sta : bool, default False
        Whether to leave out the axis of the spike-triggered average; one axis fewer is returned.
    permutations : int >= 19 and >= 1 / alpha - 1, default 1000
        How many times spikes are dealt out to the stimuli in a random order. The time is proportional to it.
    alpha : float in (0, 1), default 0.001
        Level of the test.
    min_shift : int >= 0, default 0
        If above 0, the spikes keep their order in time and are shifted against the stimuli by at least so many, what
        leaves at one end coming in at the other. For windows of a movie that overlap, pass the number of their frames
        or more: a random order is right for independent stimuli only, and finds too many axes otherwise. There are only
        so many independent shifts as the recording is longer than the time scale of the spikes: `alpha` should be well
        above the inverse of that.
    random_state : None, int or Generator
        For the permutations or shifts.

    Returns
    -------
    SpikeTriggeredCovariance

    Raises
    ------
    DataError, InvalidParameter
        If the arrays do not fit, there are no spikes, the covariance of the stimuli is singular (with `whiten`), there
        is but one pixel (with `remove_sta`), there are fewer different shifts than permutations, or a parameter is out
        of range.

    Notes
    -----
    Stimuli should be Gaussian. Pixels of binary noise have fixed squares: variance along some axes can rise only where
    it falls along others, which looks like suppression and passes the test.

    The covariance is about the spike-triggered average. The nested test asks whether more than k axes matter, for k =
    0, 1, ...: the most extreme eigenvalue, in standard deviations of the same extreme over permutations and data, is
    compared with what the permutations give on the axes not yet found. p is (1 + permutations at least as extreme) /
    (1 + permutations). With 64 pixels and 100,000 stimuli 1,000 permutations take about 30 s if every stimulus has a
    rate, and in proportion less if only some have spikes. They are all kept: 4 bytes times permutations times pixels
    squared, 16 MB there and 4.2 GB with 1,024 pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.v1 import spike_triggered_covariance
    >>> s = np.random.default_rng(0).normal(size=(5000, 6))
    >>> stc = spike_triggered_covariance(s, s[:, 0] ** 2 / (1 + s[:, 1] ** 2), random_state=0)
    >>> stc.eigenvalues.round(1)
    array([3. , 1. , 1. , 1. , 0.9, 0.5])
    >>> len(stc.excitatory), len(stc.suppressive)
    (1, 1)
    """
    owner = "spike_triggered_covariance"
    stimuli, spikes = frames(owner, stimuli, spikes)
    checks.number(owner, "alpha", alpha, "a number in (0, 1)", above=0.0, below=1.0)
    checks.at_least(owner, "permutations", permutations, 19)
    if permutations < (needed := ceil(1.0 / alpha - 1e-9) - 1):
        raise InvalidParameter(owner, "permutations", permutations, f"at least {needed} for alpha = {alpha}")
    checks.at_least(owner, "min_shift", min_shift, 0)
    if min_shift and len(spikes) - 2 * min_shift + 1 < permutations:
        wanted = f"at most {(len(spikes) + 1 - permutations) // 2} for {len(spikes)} stimuli and so many permutations"
        raise InvalidParameter(owner, "min_shift", min_shift, wanted)
    if remove_sta and stimuli[0].size == 1:
        raise DataError(f"{owner}: stimuli of one pixel leave no axis besides the average's")
    with one_blas_thread():
        middle = moments(stimuli, np.ones(len(spikes)))[0]
    sta, covariance = moments(stimuli, spikes, middle)
    space = np.eye(len(sta))
    if whiten:
        space = whitening(owner, moments(stimuli, np.ones(len(spikes)), middle)[1])
    if remove_sta:
        space = space @ null_space((space.T @ sta)[None])
    values, vectors = eigh(space.T @ covariance @ space)
    values, vectors = values[::-1], space @ vectors[:, ::-1]
    unit = max(float(values.mean()), np.finfo(float).tiny)  # of the variance; nulls are single precision
    key, shifts = seed_from(random_state), None
    if min_shift:
        span = len(spikes) - 2 * min_shift + 1
        shifts = min_shift + np.random.default_rng(key).choice(span, permutations, replace=False)
    nulls = np.empty((permutations, len(values), len(values)), np.float32)
    with one_blas_thread():
        parallel.run(_permute, permutations, nulls, stimuli, spikes, middle, vectors / np.sqrt(unit), key, shifts)
        raised, lowered, (low, high), p_values = _nested(values / unit, nulls, alpha)
    band = low * unit, high * unit
    axes = (vectors / np.linalg.norm(vectors, axis=0)).T.reshape(-1, *stimuli.shape[1:])
    return SpikeTriggeredCovariance(
        values, axes, axes[:raised], axes[::-1][:lowered], band, p_values, float(spikes.sum())
    )


def _permute(
    begin: int,
    end: int,
    nulls: np.ndarray,
    stimuli: np.ndarray,
    spikes: np.ndarray,
    middle: np.ndarray,
    vectors: np.ndarray,
    key: int,
    shifts: np.ndarray | None,
) -> None:
    """Write covariances of permutations or shifts `begin` to `end`, in coordinates of `vectors`, into `nulls`."""
    for i in range(begin, end):
        if shifts is None:
            shuffled = np.random.default_rng((key, i)).permutation(spikes)
        else:
            shuffled = np.roll(spikes, shifts[i])
        nulls[i] = vectors.T @ moments(stimuli, shuffled, middle)[1] @ vectors


def _nested(values: np.ndarray, nulls: np.ndarray, alpha: float) -> tuple[int, int, tuple[float, float], np.ndarray]:
    """Return how many eigenvalues are significantly raised and lowered, the band of the others, and all p-values.

    Parameters
    ----------
    values : (axes,)
        Largest first.
    nulls : (permutations, axes, axes)
        Covariances of the permutations in the coordinates of the axes.
    alpha : float
    """
    first, last, p_values = 0, len(values), []
    while True:
        extremes = np.linalg.eigvalsh(nulls[:, first:last, first:last])[:, [0, -1]]
        pooled = np.vstack([extremes, [values[last - 1], values[first]]])  # ours, the last, is scored like any other
        scores = (pooled - pooled.mean(axis=0)) / (pooled.std(axis=0) + np.finfo(float).tiny) * (-1, 1)
        p_values.append(np.count_nonzero(scores.max(axis=1) >= scores[-1].max()) / len(scores))
        significant, highest = p_values[-1] <= alpha, scores[-1, 1] >= scores[-1, 0]
        if not significant or last - first == 1:
            break
        first, last = first + highest, last - (not highest)
    if significant:
        first, last = first + highest, last - (not highest)
    band = float(np.quantile(extremes[:, 0], alpha / 2)), float(np.quantile(extremes[:, 1], 1 - alpha / 2))
    return int(first), int(len(values) - last), band, np.array(p_values)


def reals(owner: str, name: str, values: Any) -> np.ndarray:
    """Return an array of real numbers of any type (a memory map is not read), or raise DataError."""
    if np.ma.isMaskedArray(values):
        raise DataError(f"{owner}: {name} must not be masked; leave masked entries out or fill them")
    try:
        array = np.asarray(values)
    except (TypeError, ValueError) as error:
        raise DataError(f"{owner}: {name} must be an array of real numbers ({error})") from None
    if array.dtype.kind not in "biuf":
        raise DataError(f"{owner}: {name} must be an array of real numbers; got dtype {array.dtype}")
    return array


def frames(owner: str, stimuli: Any, spikes: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return stimuli (n, ...) as they are and spikes (n,) float64, or raise DataError."""
    stimuli = reals(owner, "stimuli", stimuli)
    counts = reals(owner, "spikes", spikes).astype(np.float64)
    if stimuli.ndim < 2 or stimuli[:1].size == 0:
        raise DataError(f"{owner}: wanted stimuli (n, ...); got shape {stimuli.shape}")
    if counts.shape != stimuli.shape[:1] or len(counts) < 2:
        raise DataError(
            f"{owner}: wanted spikes (n,) for stimuli (n, ...), n >= 2; got {counts.shape} for {stimuli.shape}"
        )
    if not (np.isfinite(counts).all() and (counts >= 0.0).all()):
        raise DataError(f"{owner}: spikes must be finite and not negative")
    if not counts.any():
        raise DataError(f"{owner}: there are no spikes")
    return stimuli, counts


def blocks(stimuli: np.ndarray, chosen: np.ndarray | None = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield numbers of stimuli and these stimuli as float64 (block, pixels); all, or those `chosen` (n,) bool."""
    height = max(1, BLOCK // stimuli[0].size)
    for begin in range(0, len(stimuli), height):
        index = np.arange(begin, min(begin + height, len(stimuli)))
        if chosen is not None:
            index = index[chosen[index]]
        if index.size:
            whole = index[-1] - index[0] + 1 == index.size
            part = stimuli[index[0] : index[-1] + 1] if whole else stimuli[index]
            yield index, part.reshape(index.size, -1).astype(np.float64)


def moments(stimuli: np.ndarray, weights: np.ndarray, middle: Any = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return the weighted mean (pixels,) and covariance about it (pixels, pixels) of the stimuli minus `middle`."""
    first, second = 0.0, 0.0
    for index, part in blocks(stimuli, weights > 0.0):
        part -= middle
        scaled = part * np.sqrt(weights[index])[:, None]
        first = first + weights[index] @ part
        second = second + scaled.T @ scaled
    mean = np.asarray(first) / weights.sum()
    covariance = np.asarray(second) / weights.sum() - np.outer(mean, mean)
    if not np.isfinite(covariance).all():
        raise DataError("reverse correlation: there are NaN or infinite stimuli")
    return mean, covariance


def whitening(owner: str, covariance: np.ndarray) -> np.ndarray:
    """Return the matrix by which stimuli of this covariance are multiplied from the right to become white."""
    least, largest = eigh(covariance, eigvals_only=True)[[0, -1]]
    if least <= 1e-12 * largest:
        raise DataError(f"{owner}: the stimuli's covariance is singular: more stimuli than pixels are needed to whiten")
    factor, lower = cho_factor(covariance, lower=True)
    return solve_triangular(factor, np.eye(len(covariance)), lower=lower, trans="T")
