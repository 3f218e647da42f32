"""Samples as mixtures of the units of a map."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import nnls
from scipy.sparse import csr_array, issparse
from sklearn.utils.validation import check_is_fitted

from neurosim.core import checks

if TYPE_CHECKING:
    from neurosim.som.som import SOM


@dataclass(frozen=True)
class Mixture:
    """Samples as mixtures of the units' weight vectors.

    Attributes
    ----------
    coefficients : (samples, units) csr_array, >= 0
        ``coefficients @ som.weights_`` approximates the samples.
    residuals : (samples,) array
        Euclidean distances of the samples from their mixtures.
    """

    coefficients: csr_array
    residuals: np.ndarray


def mixture(som: "SOM", X: Any, *, most: int | None = None) -> Mixture:
    """Represent every sample by the non-negative linear combination of weight vectors that is nearest to it.

    Parameters
    ----------
    som : SOM
        A fitted map.
    X : (samples, features) array
        On the scale that the map was trained on; as an array or CSR. Missing values (NaN) are left out of the fit.
    most : int >= 1, optional
        Units in a mixture at most. They are taken one by one, each time the one whose direction is nearest to that of
        what is left of the sample, and all are fitted again (non-negative matching pursuit). Default: the best mixture
        of all units, which has no more of them than features.

    Raises
    ------
    InvalidParameter, ValueError
        If a parameter or X is not as described.

    Notes
    -----
    The non-negative least squares are scipy's, one sample at a time. The origin matters: with centred data the weights
    of opposite sides of the map are not mixed.

    References
    ----------
    T. Kohonen, "Essentials of the self-organizing map", Neural Networks 37:52-65 (2013), not checked against the paper
    in detail; `most` is ours.

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> from neurosim.som import SOM, mixture
    >>> x = load_iris().data
    >>> som = SOM(grid=(6, 8)).fit(x)
    >>> found = mixture(som, x, most=3)
    >>> found.coefficients.shape
    (150, 48)
    >>> bool(found.residuals.mean() < -som.score(x))
    True
    """
    check_is_fitted(som)
    if most is not None:
        checks.at_least("mixture", "most", most, 1)
    x = som._samples(X)
    models = np.ascontiguousarray(som.weights_.T, dtype=np.float64)
    samples = x.shape[0]
    columns, values, residuals = [], [], np.empty(samples)
    for i in range(samples):
        row = x[[i]].toarray()[0] if issparse(x) else x[i]
        known = ~np.isnan(row)
        target = row[known].astype(np.float64)
        units, shares, residuals[i] = _combination(models[known], target, most)
        columns.append(units)
        values.append(shares)
    ends = np.cumsum([0, *(len(units) for units in columns)])
    parts = (np.concatenate(values), np.concatenate(columns), ends)
    return Mixture(csr_array(parts, shape=(samples, models.shape[1])), residuals)


def _combination(models: np.ndarray, target: np.ndarray, most: int | None) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the units of a mixture in ascending order, their coefficients > 0, and the distance that is left."""
    if most is None:
        shares, residual = nnls(models, target)
        units = np.flatnonzero(shares)
        return units, shares[units], float(residual)
    lengths = np.linalg.norm(models, axis=0)
    directions = models / np.where(lengths > 0, lengths, np.inf)
    units, shares, residual = np.empty(0, np.intp), np.empty(0), float(np.linalg.norm(target))
    least = 1e-12 * residual
    for _ in range(most):
        fit = (target - models[:, units] @ shares) @ directions
        if fit.max() <= least:
            break
        units = np.union1d(units, fit.argmax())
        shares, residual = nnls(models[:, units], target)
        units, shares = units[shares > 0], shares[shares > 0]
    return units, shares, float(residual)
