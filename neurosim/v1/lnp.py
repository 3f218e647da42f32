"""Linear-nonlinear-Poisson cells, and the estimate of their nonlinearity from spikes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1.covariance import blocks, frames, reals
from neurosim.v1.spikes import poisson_spikes

Function = Callable[[np.ndarray], Any]
POINTWISE: dict[str, Function] = {
    "linear": lambda z: z,
    "rectified": lambda z: np.maximum(z, 0.0),
    "half-squared": lambda z: np.maximum(z, 0.0) ** 2,
    "squared": np.square,
    "exponential": np.exp,
}


def pointwise(owner: str, nonlinearity: Any) -> Function:
    """Return the function that a name stands for, or the callable itself; raise InvalidParameter otherwise."""
    if callable(nonlinearity):
        return nonlinearity
    if not isinstance(nonlinearity, str) or nonlinearity not in POINTWISE:
        raise InvalidParameter(owner, "nonlinearity", nonlinearity, f"a callable or one of {', '.join(POINTWISE)}")
    return POINTWISE[nonlinearity]


class LNP:
    """A linear-nonlinear-Poisson cell: filters, a nonlinearity of their outputs, Poisson spikes.

    rate = scale * nonlinearity(z), with z_k the sum over pixels of filter k times the stimulus.

    Parameters
    ----------
    filters : (k, ...) array
        One or several; a stimulus has the shape (...). The even and odd parts of ``Gabor.kernel()`` with the
        nonlinearity "squared" make an energy cell.
    nonlinearity : "rectified", "half-squared", "squared", "exponential", "linear" or callable
        A named one is applied to every filter's output, and the results are added. A callable maps outputs (..., k) to
        values (...).
    scale : float > 0, default 1
        Spikes per stimulus, or per second, for a value of 1.

    Raises
    ------
    InvalidParameter, DataError
        If a parameter is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.v1 import LNP
    >>> cell = LNP([[1.0, -1.0]], "half-squared", scale=3)
    >>> cell.rate([[2.0, 1.0], [0.0, 1.0]])
    array([3., 0.])
    >>> cell.spikes([[2.0, 1.0], [0.0, 1.0]], random_state=0)
    array([2, 0])
    """

    def __init__(self, filters: Any, nonlinearity: str | Function = "half-squared", *, scale: float = 1.0) -> None:
        self.filters = reals("LNP", "filters", filters).astype(np.float64)
        if self.filters.ndim < 2 or self.filters.size == 0 or not np.isfinite(self.filters).all():
            raise DataError(f"LNP: filters must be finite numbers (k, ...); got shape {self.filters.shape}")
        checks.number("LNP", "scale", scale, "a finite number > 0", above=0.0)
        self.nonlinearity, self.scale = nonlinearity, float(scale)
        self._function = pointwise("LNP", nonlinearity)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a stimulus."""
        return self.filters.shape[1:]

    def linear(self, stimuli: Any) -> np.ndarray:
        """Return the filters' outputs z (..., k) for stimuli, whose last axes are those of a filter."""
        stimuli = reals("LNP", "stimuli", stimuli)
        axes = len(self.shape)
        if stimuli.shape[max(stimuli.ndim - axes, 0) :] != self.shape:
            raise DataError(
                f"LNP: stimuli must have the filters' shape {self.shape}, with any axes before; got {stimuli.shape}"
            )
        outer = stimuli.shape[: stimuli.ndim - axes]
        flat = self.filters.reshape(len(self.filters), -1).T
        found = np.empty((int(np.prod(outer)), len(self.filters)))
        if len(found):
            for index, part in blocks(stimuli.reshape(-1, *self.shape)):
                found[index] = part @ flat
        return found.reshape(*outer, len(self.filters))

    def rate(self, stimuli: Any) -> np.ndarray:
        """Return rates (...) for such stimuli; DataError where the nonlinearity is negative or NaN."""
        outputs = self.linear(stimuli)
        values = np.asarray(self._function(outputs), dtype=np.float64)
        if isinstance(self.nonlinearity, str):
            values = values.sum(axis=-1)
        if values.shape != outputs.shape[:-1]:
            raise DataError(f"LNP: the nonlinearity made {values.shape} of {outputs.shape}, not {outputs.shape[:-1]}")
        if not (np.isfinite(values).all() and (values >= 0.0).all()):
            raise DataError(f"LNP: rates must be finite and not negative; the nonlinearity gave {values.min():g}")
        return self.scale * values

    respond = rate

    def spikes(self, stimuli: Any, *, random_state: Any = None) -> np.ndarray:
        """Return Poisson spike counts (...) int64 for such stimuli, with the rates as means."""
        return poisson_spikes(self.rate(stimuli), random_state=random_state)


@dataclass(frozen=True)
class Nonlinearity:
    """Mean answer as a function of a filter's output; calling it interpolates, so that it can drive an `LNP`.

    Attributes
    ----------
    z : (bins,)
        Mean output of the filter in each bin, strictly ascending.
    rate : (bins,)
        Mean number of spikes per stimulus.
    error : (bins,)
        Standard error of `rate`; NaN in bins of one stimulus.
    count : (bins,)
        Number of stimuli.
    """

    z: np.ndarray
    rate: np.ndarray
    error: np.ndarray
    count: np.ndarray

    def __call__(self, outputs: Any) -> np.ndarray:
        """Return the rates (...) for the outputs (..., 1) of the filter: linear between bins, constant beyond."""
        outputs = np.asarray(outputs)
        if outputs.shape[-1:] != (1,):
            raise DataError(f"Nonlinearity: wanted outputs (..., 1) of one filter; got shape {outputs.shape}")
        return np.interp(outputs[..., 0], self.z, self.rate)


def estimate_nonlinearity(stimuli: Any, spikes: Any, field: Any, *, bins: int = 20) -> Nonlinearity:
    """Return the mean number of spikes as a function of a filter's output.

    Parameters
    ----------
    stimuli : (n, ...) array
    spikes : (n,) array >= 0
    field : (...) array
        The filter, such as a spike-triggered average or a significant axis.
    bins : int >= 1, default 20
        With equally many stimuli in each; but equal outputs, as of binary noise, share a bin, so that there may be
        fewer.

    Returns
    -------
    Nonlinearity

    Raises
    ------
    DataError, InvalidParameter
        If the arrays do not fit, or there are more bins than stimuli.

    Notes
    -----
    The average of the same spikes fits their noise, which steepens the curve: estimate the filter on one half of the
    data and the nonlinearity on the other.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.v1 import estimate_nonlinearity
    >>> z = np.linspace(-1, 1, 1001)
    >>> estimate_nonlinearity(z[:, None], np.maximum(z, 0), [1.0], bins=4).rate.round(2)
    array([0.  , 0.  , 0.25, 0.75])
    """
    owner = "estimate_nonlinearity"
    stimuli, spikes = frames(owner, stimuli, spikes)
    checks.at_least(owner, "bins", bins, 1)
    if bins > len(spikes):
        raise InvalidParameter(owner, "bins", bins, f"at most {len(spikes)}, the number of stimuli")
    field = reals(owner, "field", field)
    if field.shape != stimuli.shape[1:] or not np.isfinite(field).all():
        raise DataError(f"{owner}: wanted a finite field {stimuli.shape[1:]} for these stimuli; got {field.shape}")
    outputs = LNP(field[None], "linear").linear(stimuli)[:, 0]
    if not np.isfinite(outputs).all():
        raise DataError(f"{owner}: there are NaN or infinite stimuli")
    order = np.argsort(outputs, kind="stable")
    edges = _untied(outputs[order], len(order) * np.arange(bins) // bins)
    count = np.diff(np.append(edges, len(order)))

    def mean(values: np.ndarray) -> np.ndarray:
        return np.asarray(np.add.reduceat(values, edges) / count)

    z, rate = mean(outputs[order]), mean(spikes[order])
    square = mean((spikes[order] - np.repeat(rate, count)) ** 2)
    error = np.sqrt(np.divide(square, count - 1.0, out=np.full(len(edges), np.nan), where=count > 1))
    return Nonlinearity(z, rate, error, count)


def _untied(ascending: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the first indices of bins moved back to where a value begins; values equal but for rounding are one."""
    gaps = np.diff(ascending) > 1e-12 * np.abs(ascending).max()
    begins = np.append(0, np.flatnonzero(gaps) + 1)
    return np.unique(begins[np.searchsorted(begins, edges, side="right") - 1])
