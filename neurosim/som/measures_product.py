"""The topographic product: whether the map has the dimension of the data."""

from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils.validation import check_is_fitted

from neurosim.som.measures_common import distance_blocks, map_squares

if TYPE_CHECKING:
    from neurosim.som.som import SOM


def topographic_product(som: "SOM") -> float:
    """Return the topographic product of the weights: below 0 if the map has too few dimensions, above 0 if too many.

    For unit j let a_l be its l-th nearest unit on the map, b_l its l-th nearest by the weights, d_A and d_V the two
    distances. Then ``P = 1 / (M (M - 1)) sum_j sum_k log P3(j, k)`` with
    ``P3(j, k) = (prod_{l <= k} d_V(j, a_l) / d_V(j, b_l) * d_A(j, a_l) / d_A(j, b_l))^(1 / 2k)``.

    Parameters
    ----------
    som : SOM
        A fitted map.

    Returns
    -------
    float
        About 0 where distances on the map and between weights have the same order; 0 for a perfect lattice. NaN where
        two units have the same weights: the product is not defined then.

    Notes
    -----
    All orders of units that are equally far count as equally likely, and what is returned is the mean over them. The
    data take no part, so a map of curved data is judged by straight distances across them. Time M^2 log M, memory some
    rows of M.

    References
    ----------
    H.-U. Bauer, K. R. Pawelzik, "Quantifying the neighborhood preservation of self-organizing feature maps", IEEE
    Transactions on Neural Networks 3:570-579 (1992). The formula was not checked against the paper.

    Examples
    --------
    >>> from neurosim.datasets import make_uniform
    >>> from neurosim.som import SOM
    >>> from neurosim.som.measures_product import topographic_product
    >>> x = make_uniform(1000, random_state=0).data
    >>> sheet, chain = SOM(grid=(8, 8)).fit(x), SOM(grid=(1, 64)).fit(x)
    >>> topographic_product(chain) < -0.02 < topographic_product(sheet) < 0.02
    True
    """
    check_is_fitted(som)
    topology, weights = som.topology, som.weights_.astype(np.float64)
    units, total = topology.units, 0.0
    least = 1e-7 if som.metric in ("cosine", "correlation") else 0.0  # those of equal weights are 0 but for rounding
    share = np.cumsum(1.0 / (2.0 * np.arange(1, units)[::-1]))[::-1]  # sum over k >= l of 1 / 2k
    for block, apart in distance_blocks(som, weights, weights):
        away = np.sqrt(map_squares(topology, block))
        for j, in_data, on_map in zip(block, apart, away, strict=True):
            d_v, d_a = np.delete(in_data, j), np.delete(on_map, j)
            if not d_v.min() > least * d_v.max():
                return float("nan")
            total += float(share @ _log_ratios(np.log(d_v), np.log(d_a)))
    return total / (units * (units - 1))


def _log_ratios(v: np.ndarray, a: np.ndarray) -> np.ndarray:
    """Return log(d_V(a_l) / d_V(b_l)) + log(d_A(a_l) / d_A(b_l)) for all l, from the logarithms of the distances."""
    return _ordered(v, a) - np.sort(v) + np.sort(a) - _ordered(a, v)


def _ordered(values: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Return `values` in the order of `by`, each replaced by the mean over those with the same `by`."""
    order = np.argsort(by, kind="stable")
    ordered = by[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] > ordered[:-1]]))
    sizes = np.diff(np.append(starts, len(by)))
    mean: np.ndarray = np.repeat(np.add.reduceat(values[order], starts) / sizes, sizes)
    return mean
